package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// ExplainOptions shape the text of a plan.
type ExplainOptions struct {
	Costs   bool
	Verbose bool
	// Measures are those of an execution, for EXPLAIN ANALYZE; Timing shows the times among them.
	Measures map[Node]*Measure
	Timing   bool
}

// Explain writes a plan in the service's format: PostgreSQL's, with the storage requests of each scan below it.
func Explain(p *Plan, o ExplainOptions) []string {
	e := &explainer{ExplainOptions: o, plan: p}
	e.node(p.Root, 0)
	for _, s := range p.Subplans {
		e.line(2, subplanLabel(s))
		e.node(s.Plan, 4)
	}
	return e.lines
}

type explainer struct {
	ExplainOptions
	plan  *Plan
	lines []string
}

func (e *explainer) line(indent int, text string) {
	e.lines = append(e.lines, strings.Repeat(" ", indent)+text)
}

func (e *explainer) cost(est *Estimate) string {
	if !e.Costs {
		return ""
	}
	return fmt.Sprintf("(cost=%.2f..%.2f rows=%.0f width=%d)", est.Startup, est.Total, est.Rows, est.Width)
}

// node writes an operator and what is below it. The root stands at the margin, the others behind an arrow.
func (e *explainer) node(n Node, indent int) {
	arrow, inner := "", indent+2
	if indent > 0 {
		arrow, inner = "->  ", indent+6
	}
	head := arrow + e.title(n)
	if c := e.cost(n.Estimate()); c != "" {
		head += "  " + c
	}
	if a := e.actual(n, false, rowsGiven); a != "" {
		head += " " + a
	}
	e.line(indent, head)
	e.details(n, inner)
	children := n.Children()
	if j, ok := n.(*HashJoin); ok && j.BuildOuter {
		children = []Node{j.Inner, j.Outer} // the hashed side stands second
	}
	for _, child := range children {
		e.node(child, inner)
	}
	if w, ok := n.(*With); ok {
		for _, c := range w.CTEs {
			e.line(inner, "CTE "+c.Name)
			e.node(c.Plan, inner+2)
		}
	}
}

func (e *explainer) title(n Node) string {
	switch n := n.(type) {
	case *Scan:
		return e.scanTitle(n)
	case *SystemScan:
		return "Seq Scan on " + relationTitle(n.System.Name, n.Alias)
	case *FunctionScan:
		return "Function Scan on " + n.Alias
	case *CTEScan:
		if n.Work {
			return "WorkTable Scan on " + n.Alias
		}
		return "CTE Scan on " + n.Alias
	case *Values:
		return "Values Scan on \"*VALUES*\""
	case *NestLoop:
		return joinTitle("Nested Loop", n.Kind, false)
	case *HashJoin:
		return hashTitle(n)
	case *Aggregate:
		switch {
		case n.Plain:
			return "Aggregate"
		case len(n.Sets) > 0:
			return "MixedAggregate"
		}
		return "HashAggregate"
	case *Modify:
		return map[bind.Command]string{bind.Insert: "Insert on ", bind.Update: "Update on ", bind.Delete: "Delete on "}[n.Command] + n.Table.Name
	}
	return plainTitle(n)
}

func plainTitle(n Node) string {
	switch n := n.(type) {
	case *Result, *Project, *Filter, *With:
		return "Result"
	case *ProjectSet:
		return "ProjectSet"
	case *Sort:
		return "Sort"
	case *Unique:
		return "Unique"
	case *HashDistinct:
		return "HashAggregate"
	case *Limit:
		return "Limit"
	case *Append:
		return "Append"
	case *RecursiveUnion:
		return "Recursive Union"
	case *SetOp:
		word := "Intersect"
		if n.Except {
			word = "Except"
		}
		if n.All {
			word += " All"
		}
		return "HashSetOp " + word
	case *WindowAgg:
		return "WindowAgg"
	case *LockRows:
		return "LockRows"
	}
	return fmt.Sprintf("%T", n)
}

func joinTitle(word string, kind bind.JoinKind, hash bool) string {
	words := map[bind.JoinKind]string{bind.Left: " Left", bind.Right: " Right", bind.Full: " Full", bind.Semi: " Semi", bind.Anti: " Anti"}
	if hash || words[kind] != "" {
		return word + words[kind] + " Join"
	}
	return word
}

// hashTitle names a hash join from the side that is not hashed, as PostgreSQL does.
func hashTitle(n *HashJoin) string {
	switch {
	case n.NullAware:
		return "Hash Null-Aware Anti Join"
	case !n.BuildOuter:
		return joinTitle("Hash", n.Kind, true)
	case n.Kind == bind.Left:
		return "Hash Right Join"
	}
	return "Hash Right" + strings.TrimPrefix(joinTitle("Hash", n.Kind, true), "Hash")
}

func relationTitle(name, alias string) string {
	name = catalog.QuoteIdentifier(name)
	if alias != "" && alias != name {
		return name + " " + catalog.QuoteIdentifier(alias)
	}
	return name
}

func (e *explainer) scanTitle(n *Scan) string {
	on := relationTitle(n.Table.Name, n.Alias)
	if n.Index == nil || n.Index.Primary && len(n.Equal) == 0 && n.Lower == nil && n.Upper == nil && n.In == nil && n.Filter != nil {
		return "Full Scan (btree-table) on " + on
	}
	word := "Index Scan"
	if n.Covering {
		word = "Index Only Scan"
	}
	if n.Reverse {
		word += " Backward"
	}
	return word + " using " + catalog.QuoteIdentifier(n.Index.Name) + " on " + on
}

// details writes the property lines of an operator.
func (e *explainer) details(n Node, indent int) {
	switch n := n.(type) {
	case *Scan:
		e.scan(n, indent)
	case *SystemScan:
		e.condition(indent, "Filter", n.Filter, n)
	case *CTEScan:
		e.condition(indent, "Filter", n.Filter, n)
	case *Filter:
		e.condition(indent, "Filter", n.Cond, n.Child)
	case *Result:
		e.condition(indent, "One-Time Filter", n.Once, n)
	case *NestLoop:
		e.condition(indent, "Join Filter", n.On, n.Outer, n.Inner)
	case *HashJoin:
		var keys []string
		for i := range n.OuterKeys {
			left, right := e.print(n.OuterKeys[i], n.Outer), e.print(n.InnerKeys[i], n.Inner)
			if n.BuildOuter {
				left, right = right, left
			}
			keys = append(keys, "("+left+" = "+right+")")
		}
		if len(keys) == 1 {
			e.line(indent, "Hash Cond: "+keys[0])
		} else if len(keys) > 1 {
			e.line(indent, "Hash Cond: ("+strings.Join(keys, " AND ")+")")
		}
		e.condition(indent, "Join Filter", n.On, n.Outer, n.Inner)
	case *Aggregate:
		if len(n.Keys) > 0 {
			e.line(indent, "Group Key: "+e.printAll(n.Keys, n.Child))
		}
	case *HashDistinct:
		var names []string
		for _, c := range n.Child.Header() {
			names = append(names, c.Name)
		}
		e.line(indent, "Group Key: "+strings.Join(names, ", "))
	case *Sort:
		e.line(indent, "Sort Key: "+sortKeys(n))
	}
}

func sortKeys(n *Sort) string {
	var keys []string
	for _, k := range n.Keys {
		text := n.Child.Header()[k.Slot].Name
		if k.Desc {
			text += " DESC"
		}
		if k.NullsFirst != k.Desc {
			text += map[bool]string{true: " NULLS FIRST", false: " NULLS LAST"}[k.NullsFirst]
		}
		keys = append(keys, text)
	}
	return strings.Join(keys, ", ")
}

// scan writes the storage requests of a scan: a scan of the index or table and, where rows must be looked up, a lookup.
func (e *explainer) scan(n *Scan, indent int) {
	cost, read := "", ""
	if e.Costs {
		cost = " " + e.cost(&n.Est)
	}
	if e.Measures != nil {
		cost, read = cost+" "+e.actual(n, true, rowsGiven), cost+" "+e.actual(n, true, rowsRead)
	} else {
		read = cost
	}
	var conds []string
	for _, c := range n.IndexConds {
		conds = append(conds, e.printOver(c, n))
	}
	index := strings.Join(conds, " AND ")
	if len(conds) > 1 {
		index = "(" + index + ")"
	}
	if index != "" {
		e.line(indent, "Index Cond: "+index)
	}
	source := n.Table.Name
	if n.Index != nil {
		source = n.Index.Name
	}
	full := strings.HasPrefix(e.scanTitle(n), "Full Scan")
	if full {
		source = n.Table.Name
	}
	e.line(indent+1, "-> Storage Scan on "+source+cost)
	if n.Covering {
		e.projections(n, indent+5)
	}
	e.line(indent+5, "-> B-Tree Scan on "+source+read)
	if index != "" {
		e.line(indent+9, "Index Cond: "+index)
	}
	if !n.Covering {
		e.line(indent+1, "-> Storage Lookup on "+n.Table.Name+cost)
		e.projections(n, indent+5)
		e.line(indent+5, "-> B-Tree Lookup on "+n.Table.Name+read)
	}
}

func (e *explainer) projections(n *Scan, indent int) {
	var names []string
	for i, f := range n.Fetch {
		if f >= 0 {
			names = append(names, n.Cols[i].Name)
		}
	}
	if len(names) > 0 {
		e.line(indent, "Projections: "+strings.Join(names, ", "))
	}
	if n.Filter != nil {
		e.line(indent, "Filters: "+e.print(n.Filter, n))
		if m := e.Measures[n]; m != nil && m.Removed > 0 {
			e.line(indent, fmt.Sprintf("Rows Filtered: %d", m.Removed/max(1, m.Loops)))
		}
	}
}

func (e *explainer) condition(indent int, label string, cond expr.Expr, inputs ...Node) {
	if cond != nil {
		e.line(indent, label+": "+e.print(cond, inputs...))
	}
}

func (e *explainer) printAll(list []expr.Expr, inputs ...Node) string {
	var out []string
	for _, x := range list {
		out = append(out, e.print(x, inputs...))
	}
	return strings.Join(out, ", ")
}

// print writes an expression over the rows of the inputs, one behind the other.
func (e *explainer) print(x expr.Expr, inputs ...Node) string {
	var cols []Column
	for _, n := range inputs {
		cols = append(cols, n.Header()...)
	}
	return expr.Print(x, func(n expr.Expr) (string, bool) {
		switch v := n.(type) {
		case *expr.Slot:
			if v.Name != "" {
				return catalog.QuoteIdentifier(v.Name), true
			}
			if v.Index < len(cols) {
				return catalog.QuoteIdentifier(cols[v.Index].Name), true
			}
		case *expr.ExecParam:
			return "$" + strconv.Itoa(v.Index), true
		case *expr.External:
			return "(" + v.Label + ")", true
		}
		return "", false
	})
}

// printOver writes a condition over a table's own columns.
func (e *explainer) printOver(x expr.Expr, n *Scan) string {
	return expr.Print(x, func(node expr.Expr) (string, bool) {
		switch v := node.(type) {
		case *expr.Var:
			if v.Column >= 0 && v.Column < len(n.Table.Columns) {
				return catalog.QuoteIdentifier(n.Table.Columns[v.Column].Name), true
			}
		case *expr.ExecParam:
			return "$" + strconv.Itoa(v.Index), true
		}
		return "", false
	})
}
