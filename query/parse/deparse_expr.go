package parse

import (
	"strconv"
	"strings"
)

// isOperand tells whether e is written so that nothing around it can pull it
// apart.
func isOperand(e Expr) bool {
	switch x := e.(type) {
	case *ColumnRef, *ParamRef, *StringConst, *BitConst, *BoolConst, *NullConst, *CaseExpr, *CoalesceExpr, *MinMaxExpr,
		*NullIfExpr, *ArrayExpr, *RowExpr, *TypeCast, *Indirection, *GroupingFunc, *SQLValueFunction, *XMLSerialize,
		*JSONObjectConstructor, *JSONArrayConstructor, *JSONArrayQueryConstructor, *JSONObjectAgg, *JSONArrayAgg:
		return true
	case *IntegerConst:
		return x.Value >= 0
	case *FloatConst:
		return x.Text[0] != '-'
	case *FuncCall:
		return !isInfix(x)
	case *SubLink:
		return x.Kind == ExprSubLink || x.Kind == ExistsSubLink || x.Kind == ArraySubLink
	case *XMLExpr:
		return x.Op != XMLIsDocument
	}
	return false
}

// isInfix: the call is written as an operator.
func isInfix(f *FuncCall) bool {
	if !f.SQLSyntax {
		return false
	}
	switch f.Name[1] {
	case "timezone", "overlaps", "is_normalized":
		return true
	}
	return false
}

// operand writes e, in parentheses unless it stands by itself.
func (d *deparser) operand(e Expr) *deparser {
	if isOperand(e) {
		return d.expr(e)
	}
	return d.parenExpr(e)
}

func (d *deparser) parenExpr(e Expr) *deparser {
	d.open().expr(e)
	return d.close()
}

func (d *deparser) exprs(list []Expr) *deparser {
	each(d, list, func(e Expr) { d.expr(e) })
	return d
}

// args writes name( list ).
func (d *deparser) args(name string, list []Expr) *deparser {
	d.w(name).call().exprs(list)
	return d.close()
}

// expr writes an expression.
func (d *deparser) expr(n Expr) *deparser {
	switch e := n.(type) {
	case *ColumnRef:
		return d.columnRef(e)
	case *ParamRef:
		return d.w("$" + strconv.FormatInt(int64(uint32(e.Number)), 10))
	case *IntegerConst:
		return d.w(strconv.FormatInt(e.Value, 10))
	case *FloatConst:
		return d.w(e.Text)
	case *StringConst:
		return d.str(e.Value)
	case *BitConst:
		prefix := "B"
		if e.Hex {
			prefix = "X"
		}
		return d.w(prefix + "'" + e.Text + "'")
	case *BoolConst:
		return d.w(strings.ToUpper(strconv.FormatBool(e.Value)))
	case *NullConst:
		return d.w("NULL")
	case *SetToDefault:
		return d.w("DEFAULT")
	case *CurrentOf:
		return d.w("CURRENT OF").name(e.Cursor)
	case *NamedArg:
		return d.name(e.Name).w("=>").expr(e.Value)
	case *FuncCall:
		return d.funcCall(e)
	case *TypeCast:
		d.operand(e.Arg).raw("::")
		d.glue = true
		return d.typeName(e.Type)
	case *Indirection:
		return d.indirection(e)
	case *SubLink:
		return d.subLink(e)
	case *GroupingSet:
		return d.groupingSet(e)
	}
	return d.operatorExpr(n)
}

// operatorExpr writes the expressions that are not operands.
func (d *deparser) operatorExpr(n Expr) *deparser {
	switch e := n.(type) {
	case *OpExpr:
		if e.Left != nil {
			return d.operand(e.Left).qualOp(e.Name).operand(e.Right)
		}
		if len(e.Name) == 1 && e.Name[0] == "-" && isNumber(e.Right) {
			return d.w("OPERATOR(-)").operand(e.Right)
		}
		return d.qualOp(e.Name).operand(e.Right)
	case *BoolExpr:
		return d.boolExpr(e)
	case *NullTest:
		return d.operand(e.Arg).w("IS").when(e.Not, "NOT").w("NULL")
	case *BooleanTest:
		words := [...]string{"TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN", "NOT UNKNOWN"}
		return d.operand(e.Arg).w("IS", words[e.Kind])
	case *BetweenExpr:
		d.operand(e.Arg).when(e.Not, "NOT").w("BETWEEN").when(e.Symmetric, "SYMMETRIC")
		return d.operand(e.Low).w("AND").operand(e.High)
	case *InExpr:
		d.operand(e.Arg).when(e.Not, "NOT").w("IN").open().exprs(e.List)
		return d.close()
	case *LikeExpr:
		words := [...]string{"LIKE", "ILIKE", "SIMILAR TO"}
		d.operand(e.Arg).when(e.Not, "NOT").w(words[e.Kind]).operand(e.Pattern)
		if e.Escape != nil {
			d.w("ESCAPE").operand(e.Escape)
		}
		return d
	case *DistinctExpr:
		return d.operand(e.Left).w("IS").when(e.Not, "NOT").w("DISTINCT FROM").operand(e.Right)
	case *AnyAllExpr:
		word := "ANY"
		if e.All {
			word = "ALL"
		}
		return d.operand(e.Left).qualOp(e.Operator).w(word).parenExpr(e.Right)
	case *CollateClause:
		return d.operand(e.Arg).w("COLLATE").qualified(e.Name)
	case *XMLExpr, *XMLSerialize:
		return d.xml(n)
	case *JSONIsPredicate:
		words := [...]string{"", "OBJECT", "ARRAY", "SCALAR"}
		return d.operand(e.Arg).w("IS JSON", words[e.Item]).when(e.Unique, "WITH UNIQUE KEYS")
	}
	return d.constructor(n)
}

func isNumber(e Expr) bool {
	switch e.(type) {
	case *IntegerConst, *FloatConst:
		return true
	}
	return false
}

// constructor writes the expressions that look like calls.
func (d *deparser) constructor(n Expr) *deparser {
	switch e := n.(type) {
	case *CaseExpr:
		return d.caseExpr(e)
	case *CoalesceExpr:
		return d.args("COALESCE", e.Args)
	case *MinMaxExpr:
		if e.Greatest {
			return d.args("GREATEST", e.Args)
		}
		return d.args("LEAST", e.Args)
	case *NullIfExpr:
		return d.args("NULLIF", []Expr{e.Left, e.Right})
	case *GroupingFunc:
		return d.args("GROUPING", e.Args)
	case *ArrayExpr:
		d.w("ARRAY").raw("[")
		d.glue = true
		d.exprs(e.Elements)
		return d.raw("]")
	case *RowExpr:
		if e.Explicit {
			return d.args("ROW", e.Fields)
		}
		d.open().exprs(e.Fields)
		return d.close()
	case *SQLValueFunction:
		d.w(strings.ToUpper(valueFunctionWords[e.Func]))
		if e.Precision >= 0 {
			d.raw("(" + strconv.Itoa(e.Precision) + ")")
		}
		return d
	}
	return d.json(n)
}

func (d *deparser) columnRef(e *ColumnRef) *deparser {
	if len(e.Fields) == 0 {
		return d.w("*")
	}
	text := qualifiedText(e.Fields)
	if e.Star {
		text += ".*"
	}
	return d.w(text)
}

func (d *deparser) boolExpr(e *BoolExpr) *deparser {
	if e.Op == Not {
		return d.w("NOT").operand(e.Args[0])
	}
	word := "AND"
	if e.Op == Or {
		word = "OR"
	}
	for i, a := range e.Args {
		if i > 0 {
			d.w(word)
		}
		d.operand(a)
	}
	return d
}

func (d *deparser) caseExpr(e *CaseExpr) *deparser {
	d.w("CASE")
	if e.Arg != nil {
		d.expr(e.Arg)
	}
	for _, w := range e.Whens {
		d.w("WHEN").expr(w.Cond).w("THEN").expr(w.Result)
	}
	if e.Else != nil {
		d.w("ELSE").expr(e.Else)
	}
	return d.w("END")
}

func (d *deparser) indirection(e *Indirection) *deparser {
	switch arg := e.Arg.(type) {
	case *ParamRef, *SubLink:
		if s, ok := arg.(*SubLink); ok && s.Kind != ExprSubLink {
			d.parenExpr(e.Arg)
		} else {
			d.expr(e.Arg)
		}
	case *ColumnRef:
		if first := e.Steps[0].Kind; arg.Star || first == FieldStep || first == StarStep {
			d.parenExpr(e.Arg)
		} else {
			d.expr(e.Arg)
		}
	default:
		d.parenExpr(e.Arg)
	}
	return d.steps(e.Steps)
}

func (d *deparser) steps(steps []IndirectionStep) *deparser {
	for _, s := range steps {
		switch s.Kind {
		case FieldStep:
			d.raw("." + quoteName(s.Name))
		case StarStep:
			d.raw(".*")
		case SubscriptStep:
			d.raw("[")
			d.glue = true
			d.expr(s.Upper).raw("]")
		case SliceStep:
			d.raw("[")
			d.glue = true
			if s.Lower != nil {
				d.operand(s.Lower)
			}
			// A blank keeps two colons, and a colon and an equals sign, apart.
			d.raw(" : ")
			d.glue = true
			if s.Upper != nil {
				d.operand(s.Upper)
			}
			d.raw("]")
		}
	}
	return d
}

func (d *deparser) subLink(e *SubLink) *deparser {
	switch e.Kind {
	case ExistsSubLink:
		d.w("EXISTS")
	case ArraySubLink:
		d.w("ARRAY").call()
		d.query(e.Select)
		return d.close()
	case AnySubLink, AllSubLink:
		d.operand(e.Test)
		switch {
		case e.Operator == nil:
			d.w("IN")
		case e.Kind == AnySubLink:
			d.qualOp(e.Operator).w("ANY")
		default:
			d.qualOp(e.Operator).w("ALL")
		}
	}
	return d.subquery(e.Select)
}

// subquery writes ( query ).
func (d *deparser) subquery(s *SelectStmt) *deparser {
	d.open().query(s)
	return d.close()
}

func (d *deparser) groupingSet(e *GroupingSet) *deparser {
	words := [...]string{"", "ROLLUP", "CUBE", "GROUPING SETS"}
	return parens(d.w(words[e.Kind]), e.Content, func(x Expr) { d.expr(x) })
}

// funcCall writes a call.
func (d *deparser) funcCall(f *FuncCall) *deparser {
	if f.SQLSyntax {
		return d.sqlSyntax(f)
	}
	d.w(funcIdents(f.Name)).call()
	d.when(f.Distinct, "DISTINCT")
	if f.Star {
		d.w("*")
	}
	for i, a := range f.Args {
		if i > 0 {
			d.raw(",")
		}
		d.when(f.Variadic && i == len(f.Args)-1, "VARIADIC").expr(a)
	}
	if f.OrderBy != nil && !f.WithinGroup {
		d.orderBy(f.OrderBy)
	}
	d.close()
	if f.WithinGroup {
		d.w("WITHIN GROUP").open().orderBy(f.OrderBy).close()
	}
	return d.filterOver(f.Filter, f.Over)
}

// funcIdents quotes a function's name; a single word that is any keyword too.
func funcIdents(name []string) string {
	if len(name) == 1 && isPlainIdent(name[0]) && lookupKeyword(name[0]) != tokIdent {
		return `"` + name[0] + `"`
	}
	return qualifiedText(name)
}

func (d *deparser) filterOver(filter Expr, over *WindowDef) *deparser {
	if filter != nil {
		d.w("FILTER").open().w("WHERE").expr(filter).close()
	}
	if over == nil {
		return d
	}
	d.w("OVER")
	if over.Name != "" {
		return d.name(over.Name)
	}
	return d.windowSpec(over)
}

// sqlSyntax writes a call in SQL's own form.
func (d *deparser) sqlSyntax(f *FuncCall) *deparser {
	a := f.Args
	switch f.Name[1] {
	case "timezone":
		return d.operand(a[1]).w("AT TIME ZONE").operand(a[0])
	case "overlaps":
		d.open().exprs(a[:2]).close().w("OVERLAPS").open().exprs(a[2:])
		return d.close()
	case "is_normalized":
		d.operand(a[0]).w("IS")
		if len(a) > 1 {
			d.w(a[1].(*StringConst).Value)
		}
		return d.w("NORMALIZED")
	case "extract":
		return d.w("EXTRACT").call().expr(a[0]).w("FROM").expr(a[1]).close()
	case "normalize":
		d.w("NORMALIZE").call().expr(a[0])
		if len(a) > 1 {
			d.raw(",").w(a[1].(*StringConst).Value)
		}
		return d.close()
	case "position":
		return d.w("POSITION").call().operand(a[1]).w("IN").operand(a[0]).close()
	case "overlay":
		d.w("OVERLAY").call().expr(a[0]).w("PLACING").expr(a[1]).w("FROM").expr(a[2])
		if len(a) > 3 {
			d.w("FOR").expr(a[3])
		}
		return d.close()
	case "substring":
		return d.substring(a)
	case "btrim", "ltrim", "rtrim":
		words := map[string]string{"btrim": "BOTH", "ltrim": "LEADING", "rtrim": "TRAILING"}
		return d.w("TRIM").call().w(words[f.Name[1]]).exprs(a).close()
	case "xmlexists":
		return d.w("XMLEXISTS").call().operand(a[0]).w("PASSING").operand(a[1]).close()
	case "pg_collation_for":
		return d.w("COLLATION FOR").open().exprs(a).close()
	}
	return d.w("SYSTEM_USER")
}

// substring writes FROM and FOR; three arguments may as well have been
// SIMILAR … ESCAPE, which means the same.
func (d *deparser) substring(a []Expr) *deparser {
	d.w("SUBSTRING").call().operand(a[0]).w("FROM").operand(a[1])
	if len(a) > 2 {
		d.w("FOR").operand(a[2])
	}
	return d.close()
}
