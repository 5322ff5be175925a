package bind

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// Dump writes a bound query as text, for tests and for people who want to see what a statement was taken to mean. Positions are left out, so two
// texts are the same when the trees are.
func Dump(q *Query) string {
	d := &dumper{}
	d.value(reflect.ValueOf(q))
	return strings.TrimPrefix(d.String(), "\n") + "\n"
}

// fingerprint is a text that two expressions share when they compute the same.
func fingerprint(e expr.Expr) string {
	d := &dumper{}
	d.expr(e)
	return d.String()
}

// dumper writes nested values, one field with something in it a line.
type dumper struct {
	strings.Builder
	indent int
}

func (d *dumper) line(text string) {
	d.WriteByte('\n')
	for range d.indent {
		d.WriteString("  ")
	}
	d.WriteString(text)
}

var exprType = reflect.TypeFor[expr.Expr]()

// value writes anything but an expression.
func (d *dumper) value(v reflect.Value) {
	if v.Type() == exprType || v.CanInterface() && v.Type().Implements(exprType) {
		d.expr(v.Interface().(expr.Expr))
		return
	}
	switch x := v.Interface().(type) {
	case sqltypes.Type:
		d.WriteString(sqltypes.TypeName(x))
		return
	case *catalog.Table:
		d.WriteString(x.Name)
		return
	case *catalog.System:
		d.WriteString(x.Name)
		return
	case *catalog.Index:
		d.WriteString(x.Name)
		return
	case RelRef:
		d.WriteString("rel " + strconv.Itoa(x.Rel))
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		d.value(v.Elem())
	case reflect.Struct:
		d.fields(v)
	case reflect.Slice:
		d.list(v)
	case reflect.String:
		d.WriteString(v.String())
	case reflect.Bool:
		d.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		d.WriteString(strconv.FormatInt(v.Int(), 10))
	default:
		d.WriteString(strconv.FormatUint(v.Uint(), 10))
	}
}

func (d *dumper) fields(v reflect.Value) {
	d.WriteString(v.Type().Name())
	d.indent++
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || v.Field(i).IsZero() && f.Name != "Rel" || f.Name == "Reads" {
			continue
		}
		d.line(f.Name + ": ")
		d.value(v.Field(i))
	}
	d.indent--
}

func (d *dumper) list(v reflect.Value) {
	nested := false
	for i := range v.Len() {
		k := v.Index(i).Kind()
		nested = nested || k == reflect.Struct && v.Index(i).Type() != reflect.TypeFor[sqltypes.Type]() || k == reflect.Pointer || k == reflect.Interface
	}
	d.indent++
	for i := range v.Len() {
		switch {
		case nested:
			d.line("- ")
		case i > 0:
			d.WriteString(", ")
		}
		d.value(v.Index(i))
	}
	d.indent--
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
	d.indent += 2
	d.line("")
	d.value(reflect.ValueOf(e.Query.(*Query)))
	d.indent -= 2
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
			d.WriteString(strings.ToLower(name) + " ")
			d.value(f)
		}
	}
	d.WriteString(")")
}
