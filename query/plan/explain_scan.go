package plan

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// scan describes the scan of a table with its requests to storage: a scan of the index or table, and where rows must be looked up, a lookup.
func (e *explainer) scan(n *Scan) *described {
	table, identity := e.object("Relation Name", n.Table.Name, n.Table.Schema)
	d := e.relation(scanKind(n), n, table)
	d.out = scanColumns(e.names.rels[n], n)
	d.Identity = append(identity, d.Identity...)
	full := d.Kind == fullScan
	if !full {
		direction := "Forward"
		on := " using " + parse.QuoteIdent(n.Index.Name) + d.Title[len(d.Kind):]
		d.Title = d.Kind + on
		if n.Reverse {
			direction, d.Title = "Backward", d.Kind+" Backward"+on
		}
		d.Identity = append([]Property{{Label: "Scan Direction", Value: direction}, {Label: "Index Name", Value: n.Index.Name}}, d.Identity...)
	}
	var condition []Property
	if conds := e.indexConds(n); len(conds) > 0 {
		condition = []Property{{Label: "Index Cond", Value: e.conjunctionText(conds, e.Verbose)}}
	}
	d.before = condition
	pushed, own := PushedDown(n.Filter)
	pushed, own = overAll(pushed, d.out), overAll(own, d.out)
	d.conds = own
	if m := e.Measures[n]; m != nil {
		d.removed = m.Dropped
	}
	e.storage(d, n, full, condition, pushed)
	return d
}

const fullScan = "Full Scan (btree-table)"

// scanKind names the way a table is read. Its primary key is the table: without conditions on it, but with others, it is a full scan.
func scanKind(n *Scan) string {
	if n.Index == nil {
		return fullScan
	}
	if n.Index.Primary && len(n.Ranges) == 0 {
		if pushed, _ := PushedDown(n.Filter); len(pushed) > 0 {
			return fullScan
		}
	}
	switch {
	case n.Covering:
		return "Index Only Scan"
	}
	return "Index Scan"
}

// scanColumns are the columns a scan gives; the row's key is what PostgreSQL would call its place.
func scanColumns(r *rel, n *Scan) []expr.Expr {
	out := columns(r, n.Cols)
	for i, f := range n.Fetch {
		switch {
		case f == RowKey:
			out[i].(*relColumn).name = "ctid"
		case f < len(n.Table.Columns):
			out[i].(*relColumn).name = n.Table.Columns[f].Name
		}
	}
	return out
}

// indexConds are the conditions that the access answers, over the table's own columns.
func (e *explainer) indexConds(n *Scan) []expr.Expr {
	table := tableColumns(e.names.rels[n], n.Table)
	out := make([]expr.Expr, len(n.IndexConds))
	for i, c := range n.IndexConds {
		out[i] = expr.Rewrite(c, func(x expr.Expr) (expr.Expr, bool) {
			if v, ok := x.(*expr.Var); ok && v.Column >= 0 && v.Column < len(table) {
				return table[v.Column], true
			}
			return x, false
		})
	}
	return out
}

// storage adds the requests of a scan to storage.
func (e *explainer) storage(d *described, n *Scan, full bool, condition []Property, pushed []expr.Expr) {
	source, label := n.Table.Name, "Relation Name"
	if !full {
		source, label = n.Index.Name, "Index Name"
	}
	table, _ := e.object("", n.Table.Name, n.Table.Schema)
	sourceText := parse.QuoteIdent(source)
	if full {
		sourceText = table
	}
	made := func(kind, on, label, name string, rows func(*Measure) int64, read bool) *Description {
		s := &Description{Kind: kind, Title: kind + " on " + on, Identity: []Property{{Label: label, Value: name}}, Storage: true, Index: !full}
		if e.Costs {
			est := n.Est
			if read && n.Reads > 0 {
				est.Rows = n.Reads
			}
			s.Estimate = &est
		}
		s.Actual = e.actualOf(n, rows, false)
		return s
	}
	// Rows pass the filters in storage before the query processor's own.
	passed := func(m *Measure) int64 { return m.Rows + m.Dropped }
	read := func(m *Measure) int64 { return m.Rows + m.Dropped + m.Removed }
	request := e.projections(n, pushed)
	if n.Covering {
		scan := made("Storage Scan", sourceText, label, source, passed, false)
		if scan.Details = request; n.Wanted > 0 {
			scan.Details = append(request, Property{Label: "Limit", Value: n.Wanted})
		}
		tree := made("B-Tree Scan", sourceText, label, source, read, true)
		tree.Details = condition
		scan.Children = []Child{{Relationship: "Outer", Node: tree}}
		d.Children = append(d.Children, Child{Relationship: "Outer", Node: scan})
		return
	}
	scan := made("Storage Scan", sourceText, label, source, read, true)
	tree := made("B-Tree Scan", sourceText, label, source, read, true)
	tree.Details = condition
	scan.Children = []Child{{Relationship: "Outer", Node: tree}}
	lookup := made("Storage Lookup", table, "Relation Name", n.Table.Name, passed, false)
	lookup.Details = request
	lookup.Children = []Child{{Relationship: "Outer", Node: made("B-Tree Lookup", table, "Relation Name", n.Table.Name, read, true)}}
	d.Children = append(d.Children, Child{Relationship: "Outer", Node: scan}, Child{Relationship: "Inner", Node: lookup})
}

// projections says what a request ships of each row, for the query processor's own conditions too, and which rows it leaves out.
func (e *explainer) projections(n *Scan, pushed []expr.Expr) (list []Property) {
	names := []string{}
	shipped := slices.Clone(e.gives[n])
	_, own := PushedDown(n.Filter)
	readBy(shipped, own...)
	for i, f := range n.Fetch {
		if f >= 0 && shipped[i] {
			names = append(names, parse.QuoteIdent(n.Table.Columns[f].Name))
		}
	}
	p := Property{Label: "Projections", Value: names}
	if len(names) == 0 {
		p.Line = "Projections:"
	}
	list = append(list, p)
	if len(pushed) == 0 {
		return list
	}
	list = append(list, Property{Label: "Filters", Value: e.conjunctionText(pushed, e.Verbose)})
	if m := e.Measures[n]; m != nil {
		list = append(list, e.removed("Rows Filtered", m.Removed, e.actual(n))...)
	}
	return list
}

// PushedDown splits the filter of a scan into the conditions that storage evaluates, which know only some types and functions, and those left to the
// query processor.
func PushedDown(filter expr.Expr) (storage, processor []expr.Expr) {
	for _, c := range conjuncts(filter) {
		if pushable(c) {
			storage = append(storage, c)
		} else {
			processor = append(processor, c)
		}
	}
	return storage, processor
}

// pushable tells whether storage can evaluate an expression.
func pushable(e expr.Expr) bool {
	can := true
	expr.Walk(e, func(n expr.Expr) bool {
		t := n.Type().OID
		if element, array := sqltypes.ElementOf(t); array {
			t = element
		}
		switch v := n.(type) {
		case *expr.Slot, *expr.Const, *expr.Param, *expr.ExecParam, *expr.Bool, *expr.NullTest, *expr.BoolTest, *expr.ArrayOp, *expr.ArrayExpr, *expr.Relabel, *expr.DistinctFrom:
		case *expr.Func:
			can = can && (v.Operator != 0 && pushedOperators[v.Name] || v.Cast != expr.NotCast)
		default:
			can = false
		}
		can = can && sqltypes.SupportedInPushdown(t)
		return can
	})
	return can
}

// pushedOperators are the operators that storage knows.
var pushedOperators = map[string]bool{
	"=": true, "<>": true, "<": true, "<=": true, ">": true, ">=": true, "~~": true, "!~~": true, "+": true, "-": true, "*": true, "/": true, "%": true,
}
