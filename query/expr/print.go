package expr

import (
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
)

// Print writes an expression as PostgreSQL's EXPLAIN and pg_get_expr do. name is asked first about every node: it answers what only the
// caller knows (Var, Slot, ExecParam, External, SubLink, WindowFunc, columns of a Grouping) and may answer for any other node too.
func Print(e Expr, name func(Expr) (string, bool)) string {
	p := printer{name: name}
	p.expr(e, false)
	return p.String()
}

type printer struct {
	strings.Builder
	name func(Expr) (string, bool)
}

func (p *printer) list(list []Expr) {
	for i, e := range list {
		if i > 0 {
			p.WriteString(", ")
		}
		p.expr(e, true)
	}
}

// expr prints one node; implicit tells whether implicit casts are shown.
func (p *printer) expr(e Expr, implicit bool) {
	if p.name != nil {
		if s, ok := p.name(e); ok {
			p.WriteString(s)
			return
		}
	}
	switch e := e.(type) {
	case nil:
	case *Const:
		p.constant(e, true)
	case *Param:
		p.WriteString("$" + strconv.Itoa(e.Number))
	case *Var:
		p.WriteString(parse.QuoteIdent(e.Name))
	case *Slot:
		p.WriteString(parse.QuoteIdent(e.Name))
	case *ExecParam:
		p.WriteString("$" + strconv.Itoa(e.Index))
	case *External:
		p.WriteString("(" + e.Label + ")")
	case *SubColumn:
		p.WriteString("$" + strconv.Itoa(e.Index))
	case *CaseTest:
		p.WriteString("CASE_TEST_EXPR")
	case *Func:
		p.function(e, implicit)
	case *Bool:
		p.boolean(e)
	case *NullTest:
		p.suffix(e.Arg, " IS NULL", " IS NOT NULL", e.Not)
	case *BoolTest:
		words := [...]string{" IS TRUE", " IS NOT TRUE", " IS FALSE", " IS NOT FALSE", " IS UNKNOWN", " IS NOT UNKNOWN"}
		p.suffix(e.Arg, words[e.Test], "", false)
	case *DistinctFrom:
		p.distinct(e)
	case *NullIf:
		p.WriteString("NULLIF(")
		p.list([]Expr{e.Left, e.Right})
		p.WriteByte(')')
	case *ArrayOp:
		p.arrayOp(e)
	case *Case:
		p.caseExpr(e)
	case *Coalesce:
		p.call("COALESCE", e.Args)
	case *MinMax:
		if e.Least {
			p.call("LEAST", e.Args)
		} else {
			p.call("GREATEST", e.Args)
		}
	default:
		p.constructor(e, implicit)
	}
}

func (p *printer) constructor(e Expr, implicit bool) {
	switch e := e.(type) {
	case *ArrayExpr:
		p.WriteString("ARRAY[")
		p.list(e.Elements)
		p.WriteByte(']')
		if len(e.Elements) == 0 {
			p.WriteString("::" + sqltypes.TypeName(sqltypes.T(e.Typ.OID)))
		}
	case *Row:
		p.call("ROW", e.Fields)
	case *RowCompare:
		p.WriteByte('(')
		p.call("ROW", e.Left)
		p.WriteString(" " + [...]string{"<", "<=", "=", ">=", ">", "<>"}[e.Op] + " ")
		p.call("ROW", e.Right)
		p.WriteByte(')')
	case *FieldSelect:
		p.WriteByte('(')
		p.expr(e.Arg, true)
		p.WriteString(")." + parse.QuoteIdent(e.Name))
	case *Subscript:
		p.subscript(e, implicit)
	case *Relabel:
		p.cast(e.Arg, e.Typ, e.Cast, implicit)
	case *CoerceIO:
		p.cast(e.Arg, e.Typ, e.Cast, implicit)
	case *CoerceTypmod:
		p.typmodCast(e, implicit)
	case *ArrayCoerce:
		p.cast(e.Arg, e.Typ, e.Cast, implicit)
	case *IsJSON:
		p.isJSON(e)
	case *SQLValue:
		p.sqlValue(e)
	case *Agg:
		p.aggregate(e)
	case *WindowFunc:
		p.WriteString(QuoteName(e.Name) + "(")
		if e.Star {
			p.WriteByte('*')
		}
		p.list(e.Args)
		p.WriteByte(')')
		p.filter(e.Filter)
		p.WriteString(" OVER (?)")
	case *Grouping:
		p.call("GROUPING", e.Exprs)
	case *Default:
		p.WriteString("DEFAULT")
	default:
		p.WriteString("(SubPlan)")
	}
}

func (p *printer) call(name string, args []Expr) {
	p.WriteString(name + "(")
	p.list(args)
	p.WriteByte(')')
}

func (p *printer) suffix(arg Expr, plain, negated string, not bool) {
	p.WriteByte('(')
	p.expr(arg, true)
	if not {
		plain = negated
	}
	p.WriteString(plain + ")")
}

// constant prints a literal, with its type where reading it back would give another one. label false leaves the type away.
func (p *printer) constant(e *Const, label bool) {
	t := e.Typ
	if e.Value.IsNull() {
		p.WriteString("NULL")
		if label {
			p.WriteString("::" + sqltypes.TypeName(t))
		}
		return
	}
	text := sqltypes.Text(t.OID, e.Value, nil)
	need := true
	switch t.OID {
	case sqltypes.Int4OID:
		need = text[0] == '-'
		if !need {
			p.WriteString(text)
		}
	case sqltypes.NumericOID:
		bare := text[0] >= '0' && text[0] <= '9' && strings.ContainsAny(text, "eE.")
		if bare {
			p.WriteString(text)
		}
		need = !bare || t.Mod >= 0
		if bare {
			if need && label {
				p.WriteString("::" + sqltypes.TypeName(t))
			}
			return
		}
	case sqltypes.BoolOID:
		p.WriteString(strconv.FormatBool(text == "t"))
		return
	case sqltypes.UnknownOID:
		p.WriteString(quoteLiteral(text))
		return
	}
	if need {
		p.WriteString(quoteLiteral(text))
		if label {
			p.WriteString("::" + sqltypes.TypeName(t))
		}
	}
}

func (p *printer) function(e *Func, implicit bool) {
	switch {
	case e.Cast == ImplicitCast && !implicit && len(e.Args) > 0:
		p.expr(e.Args[0], false)
		return
	case e.Cast != NotCast && len(e.Args) > 0:
		p.cast(e.Args[0], e.Typ, ExplicitCast, true)
		return
	case e.Operator != 0:
		p.operator(e)
		return
	}
	if p.syntax(e) {
		return
	}
	p.WriteString(QuoteName(e.Name) + "(")
	for i, a := range e.Args {
		if i > 0 {
			p.WriteString(", ")
		}
		if e.Variadic && i == len(e.Args)-1 {
			p.WriteString("VARIADIC ")
		}
		p.expr(a, true)
	}
	p.WriteByte(')')
}

// syntax prints functions that have a syntax of their own.
func (p *printer) syntax(e *Func) bool {
	switch e.Name {
	case "extract":
		if c, ok := e.Args[0].(*Const); ok && len(e.Args) == 2 && !c.Value.IsNull() {
			p.WriteString("EXTRACT(" + c.Value.Str() + " FROM ")
			p.expr(e.Args[1], false)
			p.WriteByte(')')
			return true
		}
	case "timezone":
		if len(e.Args) == 2 {
			p.WriteByte('(')
			p.expr(e.Args[1], false)
			p.WriteString(" AT TIME ZONE ")
			p.expr(e.Args[0], false)
			p.WriteByte(')')
			return true
		}
	}
	return false
}

func (p *printer) operator(e *Func) {
	p.WriteByte('(')
	if len(e.Args) == 1 {
		p.WriteString(e.Name + " ")
		p.expr(e.Args[0], true)
	} else {
		p.expr(e.Args[0], true)
		p.WriteString(" " + e.Name + " ")
		p.expr(e.Args[1], true)
	}
	p.WriteByte(')')
}

func (p *printer) boolean(e *Bool) {
	p.WriteByte('(')
	if e.Op == Not {
		p.WriteString("NOT ")
		p.expr(e.Args[0], false)
	} else {
		word := " AND "
		if e.Op == Or {
			word = " OR "
		}
		for i, a := range e.Args {
			if i > 0 {
				p.WriteString(word)
			}
			p.expr(a, false)
		}
	}
	p.WriteByte(')')
}

func (p *printer) distinct(e *DistinctFrom) {
	if e.Not {
		p.WriteString("(NOT ")
	}
	p.WriteByte('(')
	p.expr(e.Left, true)
	p.WriteString(" IS DISTINCT FROM ")
	p.expr(e.Right, true)
	p.WriteByte(')')
	if e.Not {
		p.WriteByte(')')
	}
}

func (p *printer) arrayOp(e *ArrayOp) {
	p.WriteByte('(')
	p.expr(e.Left, true)
	word := " ANY ("
	if e.All {
		word = " ALL ("
	}
	p.WriteString(" " + e.Name + word)
	p.expr(e.Right, true)
	p.WriteString("))")
}

func (p *printer) caseExpr(e *Case) {
	p.WriteString("CASE")
	if e.Arg != nil {
		p.WriteByte(' ')
		p.expr(e.Arg, true)
	}
	for _, w := range e.Whens {
		cond := w.Cond
		if f, ok := cond.(*Func); ok && e.Arg != nil && len(f.Args) == 2 && holdsCaseTest(f.Args[0]) {
			cond = f.Args[1]
		}
		p.WriteString(" WHEN ")
		p.expr(cond, false)
		p.WriteString(" THEN ")
		p.expr(w.Result, true)
	}
	p.WriteString(" ELSE ")
	p.expr(e.Default, true)
	p.WriteString(" END")
}

// holdsCaseTest tells whether e is the CASE's value, maybe under implicit casts.
func holdsCaseTest(e Expr) bool {
	switch e := e.(type) {
	case *CaseTest:
		return true
	case *Relabel:
		return holdsCaseTest(e.Arg)
	case *Func:
		return e.Cast == ImplicitCast && len(e.Args) > 0 && holdsCaseTest(e.Args[0])
	case *CoerceIO:
		return holdsCaseTest(e.Arg)
	}
	return false
}

func (p *printer) subscript(e *Subscript, implicit bool) {
	switch e.Arg.(type) {
	case *Var, *Slot, *Param, *Subscript:
		p.expr(e.Arg, implicit)
	default:
		p.WriteByte('(')
		p.expr(e.Arg, implicit)
		p.WriteByte(')')
	}
	for i, u := range e.Uppers {
		p.WriteByte('[')
		if e.Slice {
			if e.Lowers[i] != nil {
				p.expr(e.Lowers[i], false)
			}
			p.WriteByte(':')
		}
		if u != nil {
			p.expr(u, false)
		}
		p.WriteByte(']')
	}
}

// cast prints (arg)::type, or the argument alone for an implicit cast that is not to be shown.
func (p *printer) cast(arg Expr, t sqltypes.Type, form CastForm, implicit bool) {
	if form == ImplicitCast && !implicit {
		p.expr(arg, false)
		return
	}
	if c, ok := arg.(*Const); ok && c.Typ.OID == t.OID && c.Typ.Mod == -1 {
		p.constant(c, false)
	} else {
		p.WriteByte('(')
		p.expr(arg, false)
		p.WriteByte(')')
	}
	p.WriteString("::" + sqltypes.TypeName(t))
}

// typmodCast prints one cast for a conversion and the application of a modifier on top of it.
func (p *printer) typmodCast(e *CoerceTypmod, implicit bool) {
	arg := e.Arg
	if e.Cast == ExplicitCast || implicit {
		switch inner := arg.(type) {
		case *Relabel:
			if inner.Cast == ImplicitCast {
				arg = inner.Arg
			}
		case *CoerceIO:
			if inner.Cast == ImplicitCast {
				arg = inner.Arg
			}
		case *Func:
			if inner.Cast == ImplicitCast && len(inner.Args) > 0 {
				arg = inner.Args[0]
			}
		}
	}
	p.cast(arg, e.Typ, e.Cast, implicit)
}

func (p *printer) sqlValue(e *SQLValue) {
	words := [...]string{"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP", "CURRENT_ROLE",
		"CURRENT_USER", "USER", "SESSION_USER", "CURRENT_CATALOG", "CURRENT_SCHEMA"}
	p.WriteString(words[e.Kind])
	if e.Typ.Mod >= 0 && e.Kind >= CurrentTime && e.Kind <= LocalTimestamp {
		p.WriteString("(" + strconv.Itoa(int(e.Typ.Mod)) + ")")
	}
}

func (p *printer) aggregate(e *Agg) {
	p.WriteString(QuoteName(e.Name) + "(")
	if e.Distinct {
		p.WriteString("DISTINCT ")
	}
	switch {
	case e.Within:
		p.list(e.Direct)
		p.WriteString(") WITHIN GROUP (ORDER BY ")
		p.keys(e.OrderBy)
	case e.Star:
		p.WriteByte('*')
	default:
		for i, a := range e.Args {
			if i > 0 {
				p.WriteString(", ")
			}
			if e.Variadic && i == len(e.Args)-1 {
				p.WriteString("VARIADIC ")
			}
			p.expr(a, true)
		}
		if len(e.OrderBy) > 0 {
			p.WriteString(" ORDER BY ")
			p.keys(e.OrderBy)
		}
	}
	p.WriteByte(')')
	p.filter(e.Filter)
}

func (p *printer) filter(e Expr) {
	if e != nil {
		p.WriteString(" FILTER (WHERE ")
		p.expr(e, false)
		p.WriteByte(')')
	}
}

func (p *printer) keys(keys []SortKey) {
	for i, k := range keys {
		if i > 0 {
			p.WriteString(", ")
		}
		p.expr(k.Expr, true)
		if k.Desc {
			p.WriteString(" DESC")
			if !k.NullsFirst {
				p.WriteString(" NULLS LAST")
			}
		} else if k.NullsFirst {
			p.WriteString(" NULLS FIRST")
		}
	}
}

// QuoteName quotes a name that may have a schema in front.
func QuoteName(name string) string {
	if schema, rest, ok := strings.Cut(name, "."); ok && schema != "" && rest != "" {
		return parse.QuoteIdent(schema) + "." + parse.QuoteIdent(rest)
	}
	return parse.QuoteIdent(name)
}

// quoteLiteral writes a string constant; one with a backslash in the E” form.
func quoteLiteral(s string) string {
	out := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		return "E" + strings.ReplaceAll(out, `\`, `\\`)
	}
	return out
}
