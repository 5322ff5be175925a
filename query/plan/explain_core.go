package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// filters tells whether conditions on an operator's rows are part of it.
func filters(n Node) bool {
	for {
		switch v := n.(type) {
		case *Filter:
			n = v.Child
		case *Project:
			n = v.Child
		case *With:
			n = v.Child
		case *Scan, *SystemScan, *FunctionScan, *CTEScan, *Values, *NestLoop, *HashJoin, *MergeJoin, *Aggregate, *HashDistinct, *Result:
			return true
		default:
			return false
		}
	}
}

// core describes an operator without what stands above it.
func (e *explainer) core(n Node) *described {
	var d *described
	switch n := n.(type) {
	case *Scan:
		d = e.scan(n)
	case *SystemScan:
		d = e.systemScan(n)
	case *FunctionScan:
		d = e.functionScan(n)
	case *CTEScan:
		d = e.cteScan(n)
	case *Values:
		if len(n.Rows) == 1 {
			d = &described{Description: Description{Kind: "Result"}, out: n.Rows[0], projects: true, qualified: e.many || e.Verbose}
			break
		}
		d = e.relation("Values Scan", n, "")
		for i := range d.out {
			d.out[i].(*relColumn).name = "column" + strconv.Itoa(i+1)
		}
	case *Result:
		d = &described{Description: Description{Kind: "Result"}, out: n.Exprs, projects: true, qualified: e.many || e.Verbose}
		if neverTrue(n.Once) && !slices.ContainsFunc(n.Exprs, func(x expr.Expr) bool { c, ok := x.(*expr.Const); return !ok || !c.Value.IsNull() }) {
			d.out = columns(&rel{}, n.Cols) // it stands for a relation that need not be read
		}
		if n.Once != nil {
			d.before = []Property{{Label: "One-Time Filter", Value: e.text(n.Once, d.qualified)}}
		}
	case *Gate:
		d = &described{Description: Description{Kind: "Result"}, projects: true, qualified: e.many || e.Verbose}
		d.out = e.inputs(d, outerInput, n.Child)
		d.before = []Property{{Label: "One-Time Filter", Value: e.conjunctionText(conjuncts(n.Once), d.qualified)}}
	case *NestLoop:
		d = e.nestLoop(n)
	case *HashJoin:
		d = e.hashJoin(n)
	case *MergeJoin:
		d = e.mergeJoin(n)
	case *Aggregate:
		d = e.aggregate(n)
	case *HashDistinct:
		d = e.hashDistinct(n)
	case *Modify:
		d = e.modify(n)
	default:
		d = e.plain(n)
	}
	d.filters = filters(n)
	if d.shown == nil {
		d.shown = e.givenOf(n, d.out)
	}
	if d.Title == "" {
		d.Title = d.Kind
	}
	return d
}

// plain describes the operators that pass their input's rows on.
func (e *explainer) plain(n Node) *described {
	d := &described{}
	switch n := n.(type) {
	case *Sort:
		d.Kind = "Sort"
		d.out = e.inputs(d, outerInput, n.Child)
		d.before = []Property{{Label: "Sort Key", Value: e.sortKeys(n.Keys, d.out)}}
		if n.Presorted > 0 {
			d.Kind = "Incremental Sort"
			d.before = append(d.before, Property{Label: "Presorted Key", Value: e.sortKeys(n.Keys[:n.Presorted], d.out)})
		} else {
			d.before = append(d.before, e.sortMethod(n)...)
		}
	case *Unique:
		d.Kind = "Unique"
		d.out = e.inputs(d, outerInput, n.Child)
	case *Limit:
		d.Kind = "Limit"
		d.out = e.inputs(d, outerInput, n.Child)
		e.mention(n.Count, n.Offset)
	case *LockRows:
		d.Kind = "LockRows"
		d.out = e.inputs(d, outerInput, n.Child)
	case *ProjectSet:
		d.Kind = "ProjectSet"
		d.out = overAll(n.Exprs, e.inputs(d, outerInput, n.Child))
	case *WindowAgg:
		d.Kind, d.projects = "WindowAgg", true
		row := e.inputs(d, outerInput, n.Child)
		d.out = slices.Clone(row)
		for _, f := range n.Funcs {
			d.out = append(d.out, over(f, row))
		}
	case *Append:
		d.Kind, d.silent = "Append", true
		row := e.inputs(d, []string{"Member"}, n.Inputs...)
		d.out = row[:len(n.Cols)]
		d.after = []Property{structured("Subplans Removed", int64(0))}
	case *RecursiveUnion:
		d.Kind, d.silent = "Recursive Union", true
		d.out = e.inputs(d, bothInputs, n.Base, n.Step)[:len(n.Cols)]
	case *SetOp:
		e.setOp(d, n)
	default:
		return e.unknown(n)
	}
	return d
}

var (
	outerInput = []string{"Outer"}
	bothInputs = []string{"Outer", "Inner"}
)

// mention describes the sub-plans of expressions that are not written themselves.
func (e *explainer) mention(list ...expr.Expr) {
	for _, x := range list {
		if x != nil {
			e.text(x, true)
		}
	}
}

// relation describes an operator that gives the rows of a relation; object is what the relation is called where that is not its alias.
func (e *explainer) relation(kind string, n Node, object string) *described {
	r := e.names.rels[n]
	d := &described{Description: Description{Kind: kind, Title: kind + " on "}, projects: true, qualified: e.Verbose, out: columns(r, n.Header())}
	alias := parse.QuoteIdent(r.alias)
	switch _, base, dotted := strings.Cut(object, "."); {
	case object == "":
		d.Title += alias
	case object == alias || dotted && base == alias:
		d.Title += object
	default:
		d.Title += object + " " + alias
	}
	d.Identity = []Property{{Label: "Alias", Value: r.alias}}
	return d
}

// object is a name with its schema where VERBOSE asks for it, and the properties that say the same.
func (e *explainer) object(label, name string, schema catalog.OID) (string, []Property) {
	list := []Property{{Label: label, Value: name}}
	text := parse.QuoteIdent(name)
	if e.Verbose && e.Schema != nil {
		s := e.Schema(schema)
		list = append(list, Property{Label: "Schema", Value: s})
		text = parse.QuoteIdent(s) + "." + text
	}
	return text, list
}

func (e *explainer) systemScan(n *SystemScan) *described {
	text, identity := e.object("Relation Name", n.System.Name, n.System.Schema)
	d := e.relation("Seq Scan", n, text)
	d.Identity = append(identity, d.Identity...)
	d.conds = overAll(conjuncts(n.Filter), d.out)
	if m := e.Measures[n]; m != nil {
		d.removed = m.Removed
	}
	return d
}

func (e *explainer) functionScan(n *FunctionScan) *described {
	object := ""
	var identity []Property
	var calls []string
	for _, f := range n.Functions {
		calls = append(calls, e.text(f.Call, e.Verbose))
	}
	if len(n.Functions) == 1 {
		if f, ok := n.Functions[0].Call.(*expr.Func); ok && f.Operator == 0 {
			name, schema := f.Name, catalog.OID(catalog.PgCatalogOID)
			if s, base, dotted := strings.Cut(name, "."); dotted {
				name, object = base, parse.QuoteIdent(s)+"."+parse.QuoteIdent(base)
				identity = []Property{{Label: "Function Name", Value: base}, {Label: "Schema", Value: s}}
				if !e.Verbose {
					object, identity = parse.QuoteIdent(base), identity[:1]
				}
			} else {
				object, identity = e.object("Function Name", name, schema)
			}
		}
	}
	d := e.relation("Function Scan", n, object)
	d.Identity = append(identity, d.Identity...)
	if e.Verbose {
		d.before = []Property{{Label: "Function Call", Value: strings.Join(calls, ", ")}}
	}
	d.conds = overAll(conjuncts(n.Filter), d.out)
	return d
}

func (e *explainer) cteScan(n *CTEScan) *described {
	kind, name := "CTE Scan", e.names.ctes[n.Store]
	if n.Work {
		kind = "WorkTable Scan"
	}
	d := e.relation(kind, n, parse.QuoteIdent(name))
	d.Identity = append([]Property{{Label: "CTE Name", Value: name}}, d.Identity...)
	d.conds = overAll(conjuncts(n.Filter), d.out)
	return d
}

var joinWords = map[bind.JoinKind]string{bind.Inner: "Inner", bind.Left: "Left", bind.Right: "Right", bind.Full: "Full", bind.Semi: "Semi", bind.Anti: "Anti"}

func (e *explainer) nestLoop(n *NestLoop) *described {
	d := &described{Description: Description{Kind: "Nested Loop", Title: "Nested Loop"}, projects: true, qualified: e.many || e.Verbose}
	word := joinWords[n.Kind]
	switch {
	case n.Batched:
		d.Title += " (Batched Join)"
	case n.Kind != bind.Inner:
		d.Title += " " + word + " Join"
	}
	d.Identity = []Property{{Label: "Join Type", Value: word}}
	outer := e.inputs(d, outerInput, n.Outer)
	for _, p := range n.Params {
		e.params[p.Index] = over(p.Expr, outer)
	}
	row := append(outer, e.inputs(d, []string{"Inner"}, n.Inner)...)
	d.out = row[:len(n.Cols)]
	if n.Batched && n.Kind != bind.Inner {
		d.before = append(d.before, Property{Line: "Join Type: " + word})
	}
	d.before = append(d.before, e.innerUnique(n.OneRow))
	if n.Batched {
		d.before = append(d.before, Property{Label: "Recheck Cond", Value: e.conjunctionText(overAll(conjuncts(n.Recheck), row), e.many || e.Verbose)})
	}
	d.before = append(d.before, e.joinFilter(n, n.On, row)...)
	return d
}

// innerUnique says whether a row meets one partner at most. TEXT says so only where it is so, and only under VERBOSE.
func (e *explainer) innerUnique(is bool) Property {
	p := Property{Label: "Inner Unique", Value: is}
	if !e.Verbose || !is {
		p.Line = "-"
	}
	return p
}

func (e *explainer) joinFilter(n Node, on expr.Expr, row []expr.Expr) []Property {
	if on == nil {
		return nil
	}
	list := []Property{{Label: "Join Filter", Value: e.conjunctionText(overAll(conjuncts(on), row), e.many || e.Verbose)}}
	if m := e.Measures[n]; m != nil {
		list = append(list, e.removed("Rows Removed by Join Filter", m.Unjoined, e.actual(n))...)
	}
	return list
}

// hashJoin describes a hash join from the side that is not hashed, as PostgreSQL does, with the hash table as an operator of its own.
func (e *explainer) hashJoin(n *HashJoin) *described {
	d := &described{Description: Description{Kind: "Hash Join"}, projects: true, qualified: e.many || e.Verbose}
	word := joinWords[n.Kind]
	switch {
	case n.NullAware:
		word = "Null-Aware Anti"
	case n.BuildOuter && n.Kind == bind.Left:
		word = "Right"
	case n.BuildOuter && n.Kind != bind.Full:
		word = "Right " + word
	}
	d.Title = "Hash " + word + " Join"
	if n.Kind == bind.Inner {
		d.Title = "Hash Join"
	}
	d.Identity = []Property{{Label: "Join Type", Value: word}}
	outer, inner := e.inputs(d, outerInput, n.Outer), e.inputs(d, []string{"Inner"}, n.Inner)
	row := append(slices.Clone(outer), inner...)
	d.out = row[:len(n.Cols)]
	built := n.Inner
	if n.BuildOuter {
		slices.Reverse(d.Children)
		d.Children[0].Relationship, d.Children[1].Relationship = "Outer", "Inner"
		built, inner = n.Outer, outer
	}
	d.Children[1].Node = e.hash(n, built, d.Children[1].Node, inner)
	var keys []string
	for i := range n.OuterKeys {
		left, right := e.text(over(n.OuterKeys[i], row[:len(n.Outer.Header())]), d.qualified), e.text(over(n.InnerKeys[i], row[len(n.Outer.Header()):]), d.qualified)
		if n.BuildOuter {
			left, right = right, left
		}
		keys = append(keys, "("+left+" = "+right+")")
	}
	d.before = append(d.before, e.innerUnique(false))
	if len(keys) == 1 {
		d.before = append(d.before, Property{Label: "Hash Cond", Value: keys[0]})
	} else if len(keys) > 1 {
		d.before = append(d.before, Property{Label: "Hash Cond", Value: "(" + strings.Join(keys, " AND ") + ")"})
	}
	d.before = append(d.before, e.joinFilter(n, n.On, row)...)
	return d
}

// mergeJoin describes a merge join.
func (e *explainer) mergeJoin(n *MergeJoin) *described {
	word := joinWords[n.Kind]
	d := &described{Description: Description{Kind: "Merge Join", Title: "Merge " + word + " Join"}, projects: true, qualified: e.many || e.Verbose}
	if n.Kind == bind.Inner {
		d.Title = "Merge Join"
	}
	d.Identity = []Property{{Label: "Join Type", Value: word}}
	row := append(e.inputs(d, outerInput, n.Outer), e.inputs(d, []string{"Inner"}, n.Inner)...)
	d.out = row[:len(n.Cols)]
	var keys []string
	for i := range n.OuterKeys {
		keys = append(keys, "("+e.text(over(n.OuterKeys[i], row[:len(n.Outer.Header())]), d.qualified)+" = "+
			e.text(over(n.InnerKeys[i], row[len(n.Outer.Header()):]), d.qualified)+")")
	}
	cond := keys[0]
	if len(keys) > 1 {
		cond = "(" + strings.Join(keys, " AND ") + ")"
	}
	d.before = append(d.before, e.innerUnique(false), Property{Label: "Merge Cond", Value: cond})
	d.before = append(d.before, e.joinFilter(n, n.On, row)...)
	return d
}

// hash is the hash table of a join.
func (e *explainer) hash(n *HashJoin, built Node, child *Description, row []expr.Expr) *Description {
	est := *built.Estimate()
	est.Startup = est.Total
	h := &described{Description: Description{Kind: "Hash", Title: "Hash", Estimate: &est}, out: row, shown: e.givenOf(built, row)}
	h.Children = []Child{{Relationship: "Outer", Node: child}}
	if a := e.actual(built); a != nil {
		hashed := *a
		hashed.Startup = hashed.Total
		h.Actual = &hashed
		if m := e.Measures[n]; m != nil && a.Loops > 0 {
			kb := kilobytes(m.Memory)
			h.after = []Property{{Line: "Buckets: " + strconv.FormatInt(m.Buckets, 10) + "  Batches: 1  Memory Usage: " + strconv.FormatInt(kb, 10) + "kB",
				Label: "Hash Buckets", Value: m.Buckets}, structured("Original Hash Buckets", m.Buckets), structured("Hash Batches", int64(1)),
				structured("Original Hash Batches", int64(1)), structured("Peak Memory Usage", kb)}
		}
	}
	outer := e.subPlans
	e.subPlans = nil
	e.finish(h)
	e.subPlans = outer
	return &h.Description
}

func kilobytes(bytes int64) int64 { return (bytes + 1023) / 1024 }

// aggregate describes a grouping.
func (e *explainer) aggregate(n *Aggregate) *described {
	d := &described{Description: Description{Kind: "Aggregate"}, projects: true, qualified: e.many || e.Verbose}
	row := e.inputs(d, outerInput, n.Child)
	keys := overAll(n.Keys, row)
	d.out = seenAll(keys)
	for _, a := range n.Aggs {
		d.out = append(d.out, over(a, row))
	}
	for _, g := range n.Grouping {
		c := *g
		c.Exprs = nil
		for _, i := range g.Args {
			c.Exprs = append(c.Exprs, keys[i])
		}
		d.out = append(d.out, &c)
	}
	strategy := "Hashed"
	switch {
	case n.Plain:
		d.Title, strategy = "Aggregate", "Plain"
	case len(n.Sets) > 0:
		d.Title = "HashAggregate"
		if slices.ContainsFunc(n.Sets, func(s []int) bool { return len(s) == 0 }) {
			d.Title, strategy = "MixedAggregate", "Mixed"
		}
		d.before = e.groupingSets(n, keys, d.qualified)
	case n.Sorted:
		d.Title, strategy = "GroupAggregate", "Sorted"
		d.before = []Property{{Label: "Group Key", Value: e.texts(keys, d.qualified)}}
	default:
		d.Title = "HashAggregate"
		d.before = []Property{{Label: "Group Key", Value: e.texts(keys, d.qualified)}}
	}
	d.Identity = []Property{{Label: "Strategy", Value: strategy}, {Label: "Partial Mode", Value: "Simple"}}
	if strategy != "Plain" && strategy != "Sorted" {
		d.after = e.hashAggregateMemory(n)
	}
	return d
}

// groupingSets lists the keys of each grouping set.
func (e *explainer) groupingSets(n *Aggregate, keys []expr.Expr, qualified bool) (list []Property) {
	var sets []Group
	for _, s := range n.Sets {
		texts := []string{}
		for _, k := range s {
			texts = append(texts, e.text(keys[k], qualified))
		}
		line, label := "Hash Key: "+strings.Join(texts, ", "), "Hash Keys"
		if len(s) == 0 {
			line, label = "Group Key: ()", "Group Keys"
		}
		sets = append(sets, Group{Item: "Grouping Set", Properties: []Property{{Label: label, Value: Nested{texts}}}})
		list = append(list, Property{Line: line})
	}
	list[0].Label, list[0].Value = "Grouping Sets", sets
	return list
}

func (e *explainer) hashAggregateMemory(n Node) []Property {
	var list []Property
	if e.Costs {
		list = append(list, structured("Planned Partitions", int64(0)))
	}
	m := e.Measures[n]
	if m == nil || m.Loops == 0 {
		return list
	}
	kb := kilobytes(m.Memory)
	return append(list, Property{Line: "Batches: 1  Memory Usage: " + strconv.FormatInt(kb, 10) + "kB", Label: "HashAgg Batches", Value: int64(1)},
		structured("Peak Memory Usage", kb), structured("Disk Usage", int64(0)))
}

func (e *explainer) hashDistinct(n *HashDistinct) *described {
	d := &described{Description: Description{Kind: "Aggregate", Title: "HashAggregate"}, projects: true, qualified: e.many || e.Verbose}
	d.Identity = []Property{{Label: "Strategy", Value: "Hashed"}, {Label: "Partial Mode", Value: "Simple"}}
	d.out = e.inputs(d, outerInput, n.Child)
	d.before = []Property{{Label: "Group Key", Value: e.texts(unwrapped(d.out), d.qualified)}}
	d.after = e.hashAggregateMemory(n)
	return d
}

// unwrapped are values as PostgreSQL writes them among the keys of a grouping: without the parentheses of a value computed below.
func unwrapped(list []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, x := range list {
		if r, ok := x.(*referent); ok {
			x = r.of
		}
		out[i] = x
	}
	return out
}

// sortKeys writes what a sort orders by.
func (e *explainer) sortKeys(keys []SortKey, row []expr.Expr) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		text := ""
		if k.Slot < len(row) {
			text = e.text(row[k.Slot], e.many || e.Verbose)
		}
		switch {
		case k.Desc && k.NullsFirst:
			text += " DESC"
		case k.Desc:
			text += " DESC NULLS LAST"
		case k.NullsFirst:
			text += " NULLS FIRST"
		}
		out[i] = text
	}
	return out
}

// sortMethod tells how a sort was done, and in how much memory.
func (e *explainer) sortMethod(n *Sort) []Property {
	m := e.Measures[n]
	if m == nil || m.Loops == 0 {
		return nil
	}
	method, kb := "quicksort", kilobytes(m.Memory)
	if in := e.Measures[n.Child]; n.Bound != nil && !n.Ties && in != nil && in.Rows > m.Rows {
		method = "top-N heapsort"
	}
	return []Property{{Line: "Sort Method: " + method + "  Memory: " + strconv.FormatInt(kb, 10) + "kB", Label: "Sort Method", Value: method},
		structured("Sort Space Used", kb), structured("Sort Space Type", "Memory")}
}

// modify describes INSERT, UPDATE and DELETE.
func (e *explainer) modify(n *Modify) *described {
	word := map[bind.Command]string{bind.Insert: "Insert", bind.Update: "Update", bind.Delete: "Delete"}[n.Command]
	text, identity := e.object("Relation Name", n.Table.Name, n.Table.Schema)
	d := e.relation(word, n, text)
	d.Kind, d.projects = "ModifyTable", false
	d.Identity = append(append([]Property{{Label: "Operation", Value: word}}, identity...), d.Identity...)
	d.out = nil
	var child []expr.Expr
	if n.Child != nil {
		child = e.inputs(d, outerInput, n.Child)
	}
	r := e.names.rels[n]
	table := tableColumns(r, n.Table)
	row := append(slices.Clone(table), child...)
	d.out = overAll(n.Returning, row)
	if len(n.Returning) == 0 {
		d.Estimate = &Estimate{Startup: n.Est.Startup, Total: n.Est.Total}
	}
	if c := n.Conflict; c != nil {
		d.before = e.conflict(n, c, r, table)
	}
	return d
}

// tableColumns are all columns of a table.
func tableColumns(r *rel, t *catalog.Table) []expr.Expr {
	cols := make([]Column, len(t.Columns))
	for i, c := range t.Columns {
		cols[i] = Column{Name: c.Name, Type: c.Type}
	}
	return columns(r, cols)
}

func (e *explainer) conflict(n *Modify, c *Conflict, r *rel, table []expr.Expr) []Property {
	resolution := "NOTHING"
	if c.DoUpdate {
		resolution = "UPDATE"
	}
	list := []Property{{Label: "Conflict Resolution", Value: resolution}}
	if len(c.Arbiters) > 0 {
		var names []string
		for _, ix := range c.Arbiters {
			names = append(names, ix.Name)
		}
		list = append(list, Property{Label: "Conflict Arbiter Indexes", Value: names})
	}
	if c.Where != nil {
		both := append(slices.Clone(table), tableColumns(&rel{alias: "excluded"}, n.Table)...)
		list = append(list, Property{Label: "Conflict Filter", Value: e.conjunctionText(overAll(conjuncts(c.Where), both), true)})
	}
	if m := e.Measures[n]; m != nil && m.Loops > 0 {
		in := e.Measures[n.Child]
		var rows int64
		if in != nil {
			rows = in.Rows
		}
		list = append(list, Property{Label: "Tuples Inserted", Value: rows - m.Conflicts}, Property{Label: "Conflicting Tuples", Value: m.Conflicts})
	}
	return list
}
