package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// explainer describes the operators of one plan.
type explainer struct {
	ExplainOptions
	plan      *Plan
	names     *namer
	many      bool              // the query has more than one relation
	params    map[int]expr.Expr // run-time parameters, as values of the rows they are taken from
	initPlans []Child           // of the query level that is being described
	subPlans  []Child           // of the operator that is being described
	described map[int]bool      // sub-plans
	gives     map[Node][]bool   // the columns that an operator gives; not there: all
}

func newExplainer(p *Plan, o ExplainOptions) *explainer {
	e := &explainer{ExplainOptions: o, plan: p, params: map[int]expr.Expr{}, described: map[int]bool{}, gives: map[Node][]bool{}}
	e.names = &namer{taken: map[string]bool{}, rels: map[Node]*rel{}, ctes: map[int]string{}}
	e.names.plan(p)
	e.many = max(len(e.names.taken), relations(o.Query)) > 1
	return e
}

// relations counts the relations, joins and sub-queries a query has in its FROM lists.
func relations(q *bind.Query) int {
	if q == nil {
		return 0
	}
	n := len(q.Rels)
	for _, r := range q.Rels {
		n += relations(r.Query)
	}
	for _, c := range q.CTEs {
		n += relations(c.Query)
	}
	return n
}

// described is an operator with what those above need to know of it.
type described struct {
	Description
	out     []expr.Expr // its output, as its own expressions say it
	shown   []expr.Expr // its Output line, where that is not out
	conds   []expr.Expr // applied to its rows
	removed int64       // rows that did not meet them
	before  []Property  // details that stand before the conditions
	after   []Property  // and behind them
	// What is done with the output of the operator can be done in it: conditions, other expressions.
	filters, projects bool
	qualified         bool // conditions name the relations of their columns
	silent            bool // has no Output line
	ctes              []Child
}

// query describes the operators of one query level, whose InitPlans stand below its top.
func (e *explainer) query(n Node) *described {
	outer := e.initPlans
	e.initPlans = nil
	e.given(n, allRead(n))
	d := e.node(n)
	d.Children = append(append(d.ctes, e.initPlans...), d.Children...)
	d.ctes = nil
	e.initPlans = outer
	return d
}

// node describes an operator. Filters, projections and WITH above it become part of it, as they are in PostgreSQL's plans.
func (e *explainer) node(n Node) *described {
	outer := e.subPlans
	defer func() { e.subPlans = outer }()
	var wrappers []Node
	core := n
	for {
		child := wrapped(core)
		if child == nil {
			break
		}
		wrappers = append(wrappers, core)
		core = child
	}
	e.subPlans = nil
	d := e.core(core)
	if d.Actual = e.actual(core); d.Estimate == nil {
		d.Estimate = core.Estimate()
	}
	for _, w := range slices.Backward(wrappers) {
		d = e.wrap(w, d)
	}
	e.finish(d)
	return d
}

// wrapped is the operator that n adds something to.
func wrapped(n Node) Node {
	switch v := n.(type) {
	case *Filter:
		return v.Child
	case *Project:
		return v.Child
	case *With:
		return v.Child
	}
	return nil
}

// wrap adds a filter, a projection or WITH queries to an operator, or puts an operator of its own above it.
func (e *explainer) wrap(n Node, d *described) *described {
	switch v := n.(type) {
	case *With:
		for _, c := range v.CTEs {
			d.ctes = append(d.ctes, Child{Relationship: "InitPlan", Name: "CTE " + c.Name, Node: &e.query(c.Plan).Description})
		}
	case *Filter:
		if !d.filters {
			d = e.subqueryScan(v, d)
		}
		d.conds = append(d.conds, conjuncts(over(v.Cond, d.out))...)
		if in, out := e.Measures[v.Child], e.Measures[v]; in != nil && out != nil {
			d.removed += in.Rows - out.Rows
		}
	case *Project:
		switch plain := onlySlots(v.Exprs); {
		case d.projects:
			d.out, d.shown = overAll(v.Exprs, d.out), nil
		case plain:
			if d.shown == nil {
				d.shown = d.out // the operator gives columns that nobody reads, too
			}
			d.out = overAll(v.Exprs, d.out)
		default:
			e.finish(d)
			above := &described{Description: Description{Kind: "Result", Title: "Result"}, out: overAll(v.Exprs, seenAll(d.out)), projects: true, qualified: e.many}
			above.Children = []Child{{Relationship: "Outer", Node: &d.Description}}
			d, e.subPlans = above, nil
		}
	}
	d.Estimate, d.Actual = n.Estimate(), e.actual(n)
	return d
}

func onlySlots(list []expr.Expr) bool {
	return !slices.ContainsFunc(list, func(x expr.Expr) bool { _, ok := x.(*expr.Slot); return !ok })
}

// subqueryScan filters the rows of an operator that cannot do it itself.
func (e *explainer) subqueryScan(f *Filter, d *described) *described {
	e.finish(d)
	e.subPlans = nil
	above := &described{Description: Description{Kind: "Result", Title: "Result"}, out: seenAll(d.out), filters: true, projects: true, qualified: true}
	above.Children = []Child{{Relationship: "Outer", Node: &d.Description}}
	if r := e.names.rels[f]; r != nil {
		above.Kind, above.Title = "Subquery Scan", "Subquery Scan on "+parse.QuoteIdent(r.alias)
		above.Identity = []Property{{Label: "Alias", Value: r.alias}}
		above.Children[0].Relationship = "Subquery"
		above.out = columns(r, f.Header())
	}
	return above
}

// finish writes the details of an operator whose output and conditions are all known.
func (e *explainer) finish(d *described) {
	if !e.Costs {
		d.Estimate = nil
	}
	if d.shown == nil {
		d.shown = d.out
	}
	output := e.texts(d.shown, e.many)
	if e.Verbose && !d.silent && len(output) > 0 {
		d.Details = append(d.Details, Property{Label: "Output", Value: output})
	}
	d.Details = append(d.Details, d.before...)
	if len(d.conds) > 0 {
		d.Details = append(d.Details, Property{Label: "Filter", Value: e.conjunctionText(d.conds, d.qualified)})
	}
	d.Details = append(d.Details, d.after...)
	if len(d.conds) > 0 {
		d.Details = append(d.Details, e.removed("Rows Removed by Filter", d.removed, d.Actual)...)
	}
	d.Details = append(d.Details, e.counters()...)
	slices.SortStableFunc(e.subPlans, func(a, b Child) int { return planNumber(a.Name) - planNumber(b.Name) })
	d.Children = append(d.Children, e.subPlans...)
	e.subPlans = nil
}

// planNumber is the number in the name of a sub-plan.
func planNumber(name string) int {
	_, digits, _ := strings.Cut(strings.TrimPrefix(name, "hashed "), " ")
	n, _ := strconv.Atoi(digits)
	return n
}

// removed says how many rows a condition left out in each loop; TEXT says so when there were any.
func (e *explainer) removed(label string, rows int64, a *Actual) []Property {
	if a == nil {
		return nil
	}
	p := Property{Label: label, Value: Number{float64(rows) / float64(max(1, a.Loops)), 0, ""}}
	if rows <= 0 {
		p.Line = "-"
	}
	return []Property{p}
}

// counters are PostgreSQL's of its buffers and log, which nothing here goes through.
func (e *explainer) counters() (list []Property) {
	if e.Buffers {
		list = append(list, BufferCounters()...)
	}
	if e.WAL {
		for _, label := range []string{"WAL Records", "WAL FPI", "WAL Bytes"} {
			list = append(list, structured(label, int64(0)))
		}
	}
	return list
}

// BufferCounters are PostgreSQL's counters of its buffers. Nothing here goes through buffers, so all are zero.
func BufferCounters() (list []Property) {
	for _, kind := range []string{"Shared", "Local"} {
		for _, what := range []string{"Hit", "Read", "Dirtied", "Written"} {
			list = append(list, structured(kind+" "+what+" Blocks", int64(0)))
		}
	}
	return append(list, structured("Temp Read Blocks", int64(0)), structured("Temp Written Blocks", int64(0)))
}

// external describes a sub-plan where an expression first mentions it, and gives the text that stands for it there.
func (e *explainer) external(v *expr.External) string {
	if v.ID < 0 || v.ID >= len(e.plan.Subplans) {
		return "(" + v.Label + ")"
	}
	s := e.plan.Subplans[v.ID]
	name, initial := "SubPlan "+strconv.Itoa(s.Number), isInitPlan(s)
	if initial {
		name = fmt.Sprintf("InitPlan %d (returns %s)", s.Number, strings.Join(s.returns(), ","))
	}
	if !e.described[s.ID] {
		e.described[s.ID] = true
		for i, p := range s.Params {
			if i < len(v.Args) {
				e.params[p] = v.Args[i]
			}
		}
		outer := e.subPlans
		node := &e.query(s.Plan).Description
		e.subPlans = outer
		if initial {
			e.initPlans = append(e.initPlans, Child{Relationship: "InitPlan", Name: name, Node: node})
		} else {
			e.subPlans = append(e.subPlans, Child{Relationship: "SubPlan", Name: name, Node: node})
			if k := s.Keyed; k != nil && e.Measures[k.Plan] != nil && e.Measures[k.Plan].Loops > 0 {
				outer, node = e.subPlans, &e.query(k.Plan).Description
				e.subPlans = append(outer, Child{Relationship: "SubPlan", Name: "hashed " + name, Node: node})
			}
		}
	}
	switch {
	case initial && len(s.Returns) == 1:
		return s.returns()[0]
	case initial:
		return "(" + strings.Join(s.returns(), ", ") + ")"
	case len(s.HashTypes) > 0:
		return "(hashed " + name + ")"
	}
	return "(" + name + ")"
}

// isInitPlan tells whether a sub-plan runs once, before the query that uses its value.
func isInitPlan(s *Subplan) bool {
	return !s.Correlated && s.Kind != expr.AnyLink && s.Kind != expr.AllLink
}

// returns are the names of the parameters that carry an InitPlan's value.
func (s *Subplan) returns() []string {
	out := make([]string, len(s.Returns))
	for i, p := range s.Returns {
		out[i] = "$" + strconv.Itoa(p)
	}
	return out
}

// inputs describes the inputs of an operator, with their place in the tree, and gives their rows one behind the other.
func (e *explainer) inputs(d *described, relationship []string, nodes ...Node) []expr.Expr {
	var row []expr.Expr
	for i, n := range nodes {
		child := e.node(n)
		child.Children = append(child.ctes, child.Children...)
		d.Children = append(d.Children, Child{Relationship: relationship[min(i, len(relationship)-1)], Node: &child.Description})
		row = append(row, seenAll(child.out)...)
	}
	return row
}

// unknown describes an operator that nothing more is known of: its name, and its inputs.
func (e *explainer) unknown(n Node) *described {
	_, name, _ := strings.Cut(fmt.Sprintf("%T", n), ".")
	var title strings.Builder
	for i, c := range name {
		if i > 0 && c >= 'A' && c <= 'Z' {
			title.WriteByte(' ')
		}
		title.WriteRune(c)
	}
	d := &described{Description: Description{Kind: title.String(), Title: title.String()}}
	row := e.inputs(d, []string{"Outer", "Inner"}, n.Children()...)
	if cols := n.Header(); len(row) == len(cols) {
		d.out = row
	} else {
		d.out = columns(&rel{alias: strings.ToLower(name)}, cols)
	}
	return d
}
