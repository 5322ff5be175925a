package bind

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

// Dump writes a bound query as text, for tests and for people who want to see what a statement was taken to mean. Positions are left out, so two
// texts are the same when the trees are.
func Dump(q *Query) string {
	d := &dumper{}
	d.query(q)
	return strings.TrimPrefix(d.String(), "\n") + "\n"
}

// fingerprint is a text that two expressions share when they compute the same.
func fingerprint(e expr.Expr) string {
	d := &dumper{}
	d.expr(e)
	return d.String()
}

// dumper writes a query one clause a line, what is inside of it indented.
type dumper struct {
	strings.Builder
	indent int
}

func (d *dumper) line(format string, args ...any) {
	d.WriteByte('\n')
	for range d.indent {
		d.WriteString("  ")
	}
	fmt.Fprintf(&d.Builder, format, args...)
}

// clause writes a line with expressions behind a word.
func (d *dumper) clause(word string, list ...expr.Expr) {
	if len(list) == 0 || list[0] == nil && len(list) == 1 {
		return
	}
	d.line("%s ", word)
	d.exprs(list)
}

func (d *dumper) exprs(list []expr.Expr) {
	for i, e := range list {
		if i > 0 {
			d.WriteString(", ")
		}
		d.expr(e)
	}
}

var commandNames = [...]string{"select", "insert", "update", "delete"}

func (d *dumper) query(q *Query) {
	d.line("%s", commandNames[q.Command])
	d.indent++
	d.flags(q)
	for i, c := range q.CTEs {
		d.cte(i, c)
	}
	for i, r := range q.Rels {
		d.rel(i, r)
	}
	for _, n := range q.From {
		d.line("from ")
		d.join(n)
	}
	d.clause("where", q.Where)
	if q.SetOp != nil {
		d.line("set ")
		d.setOp(q.SetOp)
	}
	d.targets("target", q.Targets)
	d.clause("group by", q.GroupBy...)
	if q.GroupingSets != nil {
		d.line("grouping sets %v", q.GroupingSets)
	}
	d.clause("having", q.Having)
	d.windows(q.Windows)
	for _, o := range q.OrderBy {
		d.line("order by target %d%s%s", o.Target, word(o.Desc, " desc"), word(o.NullsFirst, " nulls first"))
	}
	d.clause("limit", q.Limit)
	d.clause("offset", q.Offset)
	for _, l := range q.Locks {
		d.line("lock rel %d%s", l.Rel, word(l.KeyShare, " key share"))
	}
	d.modify(q)
	d.indent--
}

func word(on bool, text string) string {
	if on {
		return text
	}
	return ""
}

func (d *dumper) flags(q *Query) {
	text := word(q.Recursive, " recursive") + word(q.Aggregates, " aggregates") + word(q.SetReturning, " set-returning") +
		word(q.Distinct, " distinct") + word(q.WithTies, " with ties")
	if q.DistinctOn != nil {
		text += fmt.Sprintf(" distinct on %v", q.DistinctOn)
	}
	d.WriteString(text)
}

func (d *dumper) targets(title string, list []Target) {
	for i, t := range list {
		d.line("%s %d %s", title, i, t.Name)
		d.WriteString(word(t.Hidden, "(hidden)"))
		if t.Table != 0 {
			fmt.Fprintf(&d.Builder, " [column %d]", t.Column)
		}
		d.WriteString(" ")
		d.expr(t.Expr)
	}
}

func (d *dumper) cte(i int, c *CTE) {
	d.line("cte %d %s(%s)%s references %d", i, c.Name, columnsText(c.Names, c.Types), word(c.Recursive, " recursive"), c.References)
	if c.Materialized != nil {
		d.WriteString(" materialized " + strconv.FormatBool(*c.Materialized))
	}
	d.indent++
	d.query(c.Query)
	d.indent--
}

func columnsText(names []string, types []sqlType) string {
	parts := make([]string, len(names))
	for i := range names {
		parts[i] = names[i] + " " + shortType(types[i])
	}
	return strings.Join(parts, ", ")
}

var relNames = [...]string{"table", "system", "subquery", "values", "function", "cte", "join", "excluded"}

func (d *dumper) rel(i int, r *Rel) {
	d.line("rel %d %s %s%s%s reads %v", i, relNames[r.Kind], r.Alias, word(r.Lateral, " lateral"), word(r.View, " view"), r.Reads)
	if r.Kind != TableRel && r.Kind != SystemRel && r.Kind != ResultRel {
		d.WriteString(" (" + columnsText(r.Names, r.Types) + ")")
	}
	if r.Kind == CTERel {
		fmt.Fprintf(&d.Builder, " cte %d level %d", r.CTE, r.CTELevel)
	}
	d.indent++
	if r.Query != nil {
		d.query(r.Query)
	}
	for _, row := range r.Values {
		d.clause("row", row...)
	}
	for _, f := range r.Functions {
		d.clause("call", f.Call)
	}
	if r.Ordinality {
		d.line("ordinality")
	}
	d.clause("columns", r.JoinVars...)
	d.indent--
}

var joinNames = [...]string{"inner", "left", "right", "full", "semi", "anti"}

func (d *dumper) join(n JoinNode) {
	j, ok := n.(*Join)
	if !ok {
		d.WriteString(strconv.Itoa(n.(RelRef).Rel))
		return
	}
	d.WriteString(joinNames[j.Kind] + "(")
	d.join(j.Left)
	d.WriteString(", ")
	d.join(j.Right)
	if j.On != nil {
		d.WriteString(" on ")
		d.expr(j.On)
	}
	d.WriteString(")")
	if j.Rel >= 0 {
		d.WriteString(" as " + strconv.Itoa(j.Rel))
	}
}

var setNames = [...]string{"leaf", "union", "intersect", "except"}

func (d *dumper) setOp(o *SetOp) {
	if o.Kind == SetLeaf {
		fmt.Fprintf(&d.Builder, "%d[", o.Rel)
		d.exprs(o.Coerce)
		d.WriteString("]")
		return
	}
	d.WriteString(setNames[o.Kind] + word(o.All, " all") + "(")
	d.setOp(o.Left)
	d.WriteString(", ")
	d.setOp(o.Right)
	d.WriteString(")")
}

func (d *dumper) windows(list []Window) {
	for i, w := range list {
		d.line("window %d %s", i, w.Name)
		d.indent++
		d.clause("partition by", w.PartitionBy...)
		for _, k := range w.OrderBy {
			d.line("order by ")
			d.sortKey(k)
		}
		if f := w.Frame; w.framed {
			d.line("frame mode %d from %d to %d exclude %d", f.Mode, f.Start.Kind, f.End.Kind, f.Exclude)
			d.clause("start", f.Start.Offset)
			d.clause("end", f.End.Offset)
		}
		d.indent--
	}
}

func (d *dumper) modify(q *Query) {
	if q.Command == Select {
		return
	}
	d.line("into rel %d", q.Target)
	if q.Command == Insert {
		d.line("source rel %d", q.Source)
	}
	d.assign(q.Columns, q.Assign)
	if o := q.OnConflict; o != nil {
		d.line("on conflict excluded %d%s", o.Excluded, word(o.DoUpdate, " update"))
		d.indent++
		if o.Arbiter != nil {
			d.line("arbiter %s", o.Arbiter.Name)
		}
		if o.Infer != nil {
			for _, e := range o.Infer.Elems {
				d.clause("infer", e.Expr)
			}
			d.clause("infer where", o.Infer.Where)
		}
		d.assign(o.Columns, o.Assign)
		d.clause("where", o.Where)
		d.indent--
	}
	for _, g := range q.Generated {
		d.clause("generated "+strconv.Itoa(g.Column), g.Expr)
	}
	for _, c := range q.Checks {
		d.clause("check "+c.Name+c.Domain, c.Expr)
	}
	d.targets("returning", q.Returning)
}

func (d *dumper) assign(columns []int, list []expr.Expr) {
	for i, c := range columns {
		d.clause("column "+strconv.Itoa(c), list[i])
	}
}

// expr writes an expression on one line, sub-queries indented below it.
func (d *dumper) expr(e expr.Expr) {
	switch e := e.(type) {
	case nil:
		d.WriteString("-")
	case *expr.Const:
		text := "NULL"
		if !e.Value.IsNull() {
			text = "'" + sqltypes.Text(e.Typ.OID, e.Value, nil) + "'"
		}
		d.WriteString(text)
	case *expr.Var:
		d.WriteString("$" + strings.Repeat("^", e.Level) + strconv.Itoa(e.Rel) + "." + strconv.Itoa(e.Column))
	case *expr.Func:
		d.node(e, e.Name+"#"+strconv.Itoa(int(e.Proc)), e.Args)
	case *expr.Agg:
		d.aggregate(e)
	case *expr.SubLink:
		d.subLink(e)
	case *expr.Case:
		var list []expr.Expr
		for _, w := range e.Whens {
			list = append(list, w.Cond, w.Result)
		}
		d.node(e, "Case", append(append([]expr.Expr{e.Arg}, list...), e.Default))
	default:
		d.other(e)
	}
	if e != nil {
		d.WriteString(":" + shortType(e.Type()))
	}
}

// shortType is a short form of a type: its name in pg_type and its modifier.
func shortType(t sqlType) string {
	name := strconv.Itoa(int(t.OID))
	if info, ok := sqltypes.Lookup(t.OID); ok {
		name = info.Name
	}
	if t.Mod >= 0 {
		name += "(" + strconv.Itoa(int(t.Mod)) + ")"
	}
	return name
}

func (d *dumper) node(e expr.Expr, name string, args []expr.Expr) {
	d.WriteString(name + "(")
	for i, a := range args {
		if i > 0 {
			d.WriteString(", ")
		}
		d.expr(a)
	}
	d.WriteString(")")
	if f, ok := e.(*expr.Func); ok {
		if f.Cast == expr.ImplicitCast {
			d.WriteString("~")
		}
		if f.ReturnsSet {
			d.WriteString("*")
		}
	}
}

func (d *dumper) aggregate(e *expr.Agg) {
	d.node(e, e.Name+"#"+strconv.Itoa(int(e.Proc)), e.Args)
	for _, flag := range []struct {
		on   bool
		text string
	}{{e.Star, " star"}, {e.Distinct, " distinct"}, {e.Within, " within"}, {e.Variadic, " variadic"}, {e.Level > 0, " level " + strconv.Itoa(e.Level)}} {
		if flag.on {
			d.WriteString(flag.text)
		}
	}
	if len(e.Direct) > 0 {
		d.node(nil, " direct", e.Direct)
	}
	for _, k := range e.OrderBy {
		d.WriteString(" order ")
		d.sortKey(k)
	}
	if e.Filter != nil {
		d.node(nil, " filter", []expr.Expr{e.Filter})
	}
}

func (d *dumper) sortKey(k expr.SortKey) {
	d.expr(k.Expr)
	if k.Desc {
		d.WriteString(" desc")
	}
	if k.NullsFirst {
		d.WriteString(" nulls first")
	}
}

var linkNames = [...]string{"Exists", "Any", "All", "Scalar", "Row", "Array"}

func (d *dumper) subLink(e *expr.SubLink) {
	d.WriteString(linkNames[e.Kind])
	if e.Combine != nil {
		d.node(nil, "", []expr.Expr{e.Combine})
	}
	d.indent++
	d.query(e.Query.(*Query))
	d.line("")
	d.indent--
}

// other writes a node by its name, its plain fields and its parts.
func (d *dumper) other(e expr.Expr) {
	v := reflect.ValueOf(e).Elem()
	d.WriteString(v.Type().Name() + "(")
	sep := ""
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if name == "Base" || name == "Names" || name == "Name" || f.IsZero() {
			continue
		}
		d.WriteString(sep)
		sep = ", "
		switch x := f.Interface().(type) {
		case expr.Expr:
			d.expr(x)
		case []expr.Expr:
			for k, a := range x {
				if k > 0 {
					d.WriteString(", ")
				}
				d.expr(a)
			}
		default:
			fmt.Fprintf(&d.Builder, "%s %v", strings.ToLower(name), x)
		}
	}
	d.WriteString(")")
}
