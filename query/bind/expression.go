package bind

import (
	"math"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

var (
	boolType = sqltypes.T(sqltypes.BoolOID)
	int8Type = sqltypes.T(sqltypes.Int8OID)
)

// expressionIn binds an expression that stands in a clause of the given kind.
func (s *scope) expressionIn(e parse.Expr, k exprKind) (out expr.Expr) {
	s.in(k, func() { out = s.expression(e) })
	return out
}

func (s *scope) expressions(list []parse.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = s.expression(e)
	}
	return out
}

// expression binds an expression by its form.
func (s *scope) expression(e parse.Expr) expr.Expr {
	s.enter(e.Pos())
	defer s.leave()
	out := s.expressionOf(e)
	s.noteCollation(e, out)
	return out
}

func (s *scope) expressionOf(e parse.Expr) expr.Expr {
	switch e := e.(type) {
	case *parse.ColumnRef:
		return s.columnRef(e)
	case *parse.ParamRef:
		return s.param(e)
	case *parse.IntegerConst, *parse.FloatConst, *parse.StringConst, *parse.BitConst, *parse.BoolConst, *parse.NullConst:
		return s.literal(e)
	case *parse.FuncCall:
		return s.funcCall(e)
	case *parse.OpExpr:
		return s.opExpr(e)
	case *parse.BoolExpr:
		return s.boolExpr(e)
	case *parse.NullTest:
		arg := s.expression(e.Arg)
		return &expr.NullTest{Base: expr.Base{Typ: boolType, At: e.Pos()}, Arg: arg, Not: e.Not, RowValue: s.isRowType(arg.Type().OID)}
	case *parse.BooleanTest:
		words := [...]string{"IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE", "IS UNKNOWN", "IS NOT UNKNOWN"}
		arg := s.coerceToBoolean(s.expression(e.Arg), words[e.Kind])
		return &expr.BoolTest{Base: expr.Base{Typ: boolType, At: e.Pos()}, Arg: arg, Test: expr.BoolTestKind(e.Kind)}
	case *parse.BetweenExpr:
		return s.between(e)
	case *parse.InExpr:
		return s.inList(e)
	case *parse.LikeExpr:
		return s.like(e)
	case *parse.DistinctExpr:
		return s.distinctFrom(e)
	case *parse.NullIfExpr:
		return s.nullIf(e)
	case *parse.AnyAllExpr:
		left, right := s.expression(e.Left), s.expression(e.Right)
		return s.arrayOp(e.Operator, !e.All, left, right, e.Pos())
	case *parse.SubLink:
		return s.subLink(e)
	case *parse.CaseExpr:
		return s.caseExpr(e)
	}
	return s.constructor(e)
}

// constructor binds the forms that build a value of others, and casts.
func (s *scope) constructor(e parse.Expr) expr.Expr {
	switch e := e.(type) {
	case *parse.CoalesceExpr:
		return s.coalesce(e)
	case *parse.MinMaxExpr:
		return s.minMax(e)
	case *parse.ArrayExpr:
		return s.arrayExpr(e, 0, 0, -1)
	case *parse.RowExpr:
		return s.rowExpr(e)
	case *parse.TypeCast:
		return s.typeCast(e)
	case *parse.CollateClause:
		return s.collate(e)
	case *parse.Indirection:
		return s.indirection(e)
	case *parse.GroupingFunc:
		return s.grouping(e)
	case *parse.SQLValueFunction:
		return s.sqlValue(e)
	case *parse.SetToDefault:
		s.fail(pgerror.SyntaxError, e.Pos(), "DEFAULT is not allowed in this context")
	case *parse.CurrentOf:
		s.fail(pgerror.InvalidCursorName, -1, "cursor \"%s\" does not exist", e.Cursor)
	case *parse.NamedArg:
		return s.expression(e.Value)
	case *parse.JSONValueExpr, *parse.JSONObjectConstructor, *parse.JSONArrayConstructor, *parse.JSONArrayQueryConstructor,
		*parse.JSONObjectAgg, *parse.JSONArrayAgg, *parse.JSONIsPredicate:
		return s.jsonExpr(e)
	case *parse.XMLExpr, *parse.XMLSerialize:
		s.fail(pgerror.FeatureNotSupported, -1, "datatype xml not supported")
	}
	s.fail(pgerror.FeatureNotSupported, e.Pos(), "expression not supported here")
	return nil
}

// literal binds a constant. A quoted string is of type unknown until its place tells more.
func (s *scope) literal(e parse.Expr) expr.Expr {
	switch e := e.(type) {
	case *parse.IntegerConst:
		t := sqltypes.Int8OID
		if e.Value >= math.MinInt32 && e.Value <= math.MaxInt32 {
			t = sqltypes.Int4OID
		}
		return constant(sqltypes.T(t), sqltypes.Int(e.Value), e.Pos())
	case *parse.FloatConst:
		return constant(sqltypes.T(sqltypes.NumericOID), s.parseText(sqltypes.T(sqltypes.NumericOID), e.Text, e.Pos()), e.Pos())
	case *parse.StringConst:
		return constant(sqltypes.T(sqltypes.UnknownOID), sqltypes.String(e.Value), e.Pos())
	case *parse.BitConst:
		text := "b" + e.Text
		if e.Hex {
			text = "x" + e.Text
		}
		return constant(sqltypes.T(sqltypes.BitOID), s.parseText(sqltypes.T(sqltypes.BitOID), text, e.Pos()), e.Pos())
	case *parse.BoolConst:
		return constant(boolType, sqltypes.Bool(e.Value), e.Pos())
	}
	return constant(sqltypes.T(sqltypes.UnknownOID), sqltypes.Null, e.Pos())
}

func constant(t sqlType, d sqltypes.Datum, at int) *expr.Const {
	return &expr.Const{Base: expr.Base{Typ: t, At: at}, Value: d}
}

// paramsMax is the greatest number a parameter may have.
const paramsMax = 65535

func (s *scope) param(e *parse.ParamRef) expr.Expr {
	if s.function != nil && e.Number > 0 && e.Number <= len(s.function.types) {
		return s.parameter(e.Number-1, e.Pos())
	}
	if s.noParams || e.Number <= 0 || e.Number > paramsMax {
		s.fail(pgerror.UndefinedParameter, e.Pos(), "there is no parameter $%d", e.Number)
	}
	for len(s.params) < e.Number {
		s.params = append(s.params, 0)
	}
	t := s.params[e.Number-1]
	if t == 0 {
		t = sqltypes.UnknownOID
		s.params[e.Number-1] = t
	}
	return &expr.Param{Base: expr.Base{Typ: sqltypes.T(t), At: e.Pos()}, Number: e.Number}
}

// columnRef finds what a name means: a column, or the whole row of a relation, or a function of it.
func (s *scope) columnRef(e *parse.ColumnRef) expr.Expr {
	if s.kind == kindDefault {
		s.fail(pgerror.FeatureNotSupported, e.Pos(), "cannot use column reference in DEFAULT expression")
	}
	if s.domainValue != nil && len(e.Fields) == 1 && e.Fields[0] == "value" {
		return s.domainValue
	}
	if len(e.Fields) == 1 && !e.Star {
		if v := s.findColumn(e.Fields[0], e.Pos()); v != nil {
			return v
		}
		if it, level := s.findRelation("", e.Fields[0], e.Pos()); it != nil {
			return s.wholeRow(s.scopeAt(level), it, level, e.Pos())
		}
		if v := s.namedParameter(e.Fields, e.Pos()); v != nil {
			return v
		}
		s.missingColumn("", e.Fields[0], e.Pos())
	}
	schema, rel, column := s.splitColumn(e)
	it, level := s.findRelation(schema, rel, e.Pos())
	if it == nil {
		if v := s.namedParameter(e.Fields, e.Pos()); v != nil && !e.Star {
			return v
		}
		s.missingRelation(schema, rel, e.Pos())
	}
	p := s.scopeAt(level)
	if e.Star {
		return s.wholeRow(p, it, level, e.Pos())
	}
	if v := s.itemColumn(p, it, level, column, e.Pos()); v != nil {
		return v
	}
	row := s.wholeRow(p, it, level, e.Pos())
	if v := s.functionOrField(column, row, e.Pos()); v != nil {
		return v
	}
	s.missingColumn(rel, column, e.Pos())
	return nil
}

// splitColumn takes a qualified column name apart; with Star there is no column.
func (s *scope) splitColumn(e *parse.ColumnRef) (schema, rel, column string) {
	fields := e.Fields
	if !e.Star && len(fields) > 0 {
		fields, column = fields[:len(fields)-1], fields[len(fields)-1]
	}
	switch len(fields) {
	case 1:
		return "", fields[0], column
	case 2:
		return fields[0], fields[1], column
	case 3:
		if fields[0] != s.databaseName() {
			s.fail(pgerror.FeatureNotSupported, e.Pos(), "cross-database references are not implemented: %s", dotted(e))
		}
		return fields[1], fields[2], column
	}
	s.fail(pgerror.SyntaxError, e.Pos(), "improper qualified name (too many dotted names): %s", dotted(e))
	return "", "", ""
}

func dotted(e *parse.ColumnRef) string {
	text := strings.Join(e.Fields, ".")
	if e.Star {
		text += ".*"
	}
	return text
}

func (s *scope) boolExpr(e *parse.BoolExpr) expr.Expr {
	out := &expr.Bool{Base: expr.Base{Typ: boolType, At: e.Pos()}, Op: expr.BoolOp(e.Op)}
	word := [...]string{"AND", "OR", "NOT"}[e.Op]
	for _, a := range e.Args {
		out.Args = append(out.Args, s.coerceToBoolean(s.expression(a), word))
	}
	return out
}

// booleanClause binds a condition such as WHERE.
func (s *scope) booleanClause(e parse.Expr, k exprKind, word string) expr.Expr {
	if e == nil {
		return nil
	}
	return s.coerceToBoolean(s.expressionIn(e, k), word)
}

func (s *scope) opExpr(e *parse.OpExpr) expr.Expr {
	if left, ok := e.Left.(*parse.RowExpr); ok {
		switch right := e.Right.(type) {
		case *parse.SubLink:
			if right.Kind == parse.ExprSubLink {
				return s.rowSubLink(left, e.Name, right, e.Pos())
			}
		case *parse.RowExpr:
			l, r := s.rowExpr(left), s.rowExpr(right)
			return s.rowComparison(e.Name, l.Fields, r.Fields, e.Pos())
		}
	}
	var left expr.Expr
	if e.Left != nil {
		left = s.expression(e.Left)
	}
	return s.operator(e.Name, left, s.expression(e.Right), e.Pos())
}

// between binds [NOT] BETWEEN as the comparisons it stands for.
func (s *scope) between(e *parse.BetweenExpr) expr.Expr {
	compare := func(op string, right parse.Expr) parse.Expr {
		return &parse.OpExpr{Loc: e.Loc, Name: []string{op}, Left: e.Arg, Right: right}
	}
	both := func(op parse.BoolOp, a, b parse.Expr) parse.Expr {
		return &parse.BoolExpr{Loc: e.Loc, Op: op, Args: []parse.Expr{a, b}}
	}
	inner, outer, low, high := parse.And, parse.Or, ">=", "<="
	if e.Not {
		inner, outer, low, high = parse.Or, parse.And, "<", ">"
	}
	tree := both(inner, compare(low, e.Low), compare(high, e.High))
	if e.Symmetric {
		tree = both(outer, tree, both(inner, compare(low, e.High), compare(high, e.Low)))
	}
	return s.expression(tree)
}

// like binds the pattern matches as their operators.
func (s *scope) like(e *parse.LikeExpr) expr.Expr {
	pattern := e.Pattern
	call := func(name string, args ...parse.Expr) parse.Expr {
		return &parse.FuncCall{Loc: e.Loc, Name: []string{"pg_catalog", name}, Args: args}
	}
	op := [...]string{parse.Like: "~~", parse.ILike: "~~*", parse.SimilarTo: "~"}[e.Kind]
	switch {
	case e.Kind == parse.SimilarTo && e.Escape != nil:
		pattern = call("similar_to_escape", pattern, e.Escape)
	case e.Kind == parse.SimilarTo:
		pattern = call("similar_to_escape", pattern)
	case e.Escape != nil:
		pattern = call("like_escape", pattern, e.Escape)
	}
	if e.Not {
		op = "!" + op
	}
	return s.opExpr(&parse.OpExpr{Loc: e.Loc, Name: []string{op}, Left: e.Arg, Right: pattern})
}

// inList binds IN over values: an array comparison over those without Vars, comparisons one by one for the rest.
func (s *scope) inList(e *parse.InExpr) expr.Expr {
	op, word := "=", expr.Or
	if e.Not {
		op, word = "<>", expr.And
	}
	left := s.expression(e.Arg)
	var all, plain, vars []expr.Expr
	for _, r := range e.List {
		x := s.expression(r)
		all = append(all, x)
		if len(localVars(x)) > 0 {
			vars = append(vars, x)
		} else {
			plain = append(plain, x)
		}
	}
	var result expr.Expr
	if len(plain) > 1 {
		if result = s.inArray(op, !e.Not, left, plain, e.Pos()); result != nil {
			all = vars
		}
		if _, ok := left.(*expr.Param); ok && result != nil { // the array settled its type
			left = s.expression(e.Arg)
		}
	}
	for _, r := range all {
		var cmp expr.Expr
		lrow, lok := left.(*expr.Row)
		rrow, rok := r.(*expr.Row)
		if lok && rok {
			cmp = s.rowComparison([]string{op}, lrow.Fields, rrow.Fields, e.Pos())
		} else {
			cmp = s.operator([]string{op}, left, r, e.Pos())
		}
		cmp = s.coerceToBoolean(cmp, "IN")
		if result == nil {
			result = cmp
		} else {
			result = &expr.Bool{Base: expr.Base{Typ: boolType, At: e.Pos()}, Op: word, Args: []expr.Expr{result, cmp}}
		}
	}
	return result
}

// inArray tries the form with an array; nil when the values have no common type an array could be made of.
func (s *scope) inArray(op string, any bool, left expr.Expr, list []expr.Expr, at int) expr.Expr {
	both := append([]expr.Expr{left}, list...)
	typ := s.tryCommonType(both)
	if typ == 0 || typ == sqltypes.RecordOID || !s.allCoercible(typ, both) {
		return nil
	}
	array := s.arrayOf(typ)
	if array == 0 {
		return nil
	}
	node := &expr.ArrayExpr{Base: expr.Base{Typ: sqltypes.T(array), At: -1}, Element: typ}
	for _, x := range list {
		node.Elements = append(node.Elements, s.coerceToCommon(x, typ, "IN"))
	}
	return s.arrayOp([]string{op}, any, left, node, at)
}

func (s *scope) distinctFrom(e *parse.DistinctExpr) expr.Expr {
	isNull := func(x parse.Expr) bool { _, ok := x.(*parse.NullConst); return ok }
	nullTest := func(x parse.Expr) expr.Expr {
		return &expr.NullTest{Base: expr.Base{Typ: boolType, At: e.Pos()}, Arg: s.expression(x), Not: !e.Not}
	}
	if isNull(e.Right) {
		return nullTest(e.Left)
	}
	if isNull(e.Left) {
		return nullTest(e.Right)
	}
	left, right := s.expression(e.Left), s.expression(e.Right)
	lrow, lok := left.(*expr.Row)
	rrow, rok := right.(*expr.Row)
	if lok && rok {
		return s.rowDistinct(lrow, rrow, e)
	}
	return s.distinctOp(left, right, e.Not, e.Pos())
}

func (s *scope) distinctOp(left, right expr.Expr, not bool, at int) expr.Expr {
	f := s.equality("IS DISTINCT FROM", left, right, at)
	return &expr.DistinctFrom{Base: expr.Base{Typ: boolType, At: at}, Proc: f.Proc, Operator: f.Operator, Left: f.Args[0], Right: f.Args[1], Not: not}
}

// equality is "left = right" for the constructs built on it.
func (s *scope) equality(word string, left, right expr.Expr, at int) *expr.Func {
	f := s.operator([]string{"="}, left, right, at).(*expr.Func)
	if f.Typ.OID != sqltypes.BoolOID {
		s.fail(pgerror.DatatypeMismatch, at, "%s requires = operator to yield boolean", word)
	}
	if f.ReturnsSet {
		s.fail(pgerror.DatatypeMismatch, at, "%s must not return a set", word)
	}
	return f
}

func (s *scope) rowDistinct(l, r *expr.Row, e *parse.DistinctExpr) expr.Expr {
	if len(l.Fields) != len(r.Fields) {
		s.fail(pgerror.SyntaxError, e.Pos(), "unequal number of entries in row expressions")
	}
	var list []expr.Expr
	for i := range l.Fields {
		list = append(list, s.distinctOp(l.Fields[i], r.Fields[i], false, e.Pos()))
	}
	var out expr.Expr
	switch len(list) {
	case 0:
		out = constant(boolType, sqltypes.Bool(false), e.Pos())
	case 1:
		out = list[0]
	default:
		out = list[0]
		for _, x := range list[1:] {
			out = &expr.Bool{Base: expr.Base{Typ: boolType, At: e.Pos()}, Op: expr.Or, Args: []expr.Expr{out, x}}
		}
	}
	if e.Not {
		out = &expr.Bool{Base: expr.Base{Typ: boolType, At: e.Pos()}, Op: expr.Not, Args: []expr.Expr{out}}
	}
	return out
}

func (s *scope) nullIf(e *parse.NullIfExpr) expr.Expr {
	f := s.equality("NULLIF", s.expression(e.Left), s.expression(e.Right), e.Pos())
	return &expr.NullIf{Base: expr.Base{Typ: f.Args[0].Type(), At: e.Pos()}, Proc: f.Proc, Left: f.Args[0], Right: f.Args[1]}
}

func (s *scope) sqlValue(e *parse.SQLValueFunction) expr.Expr {
	types := [...]oid{
		parse.CurrentDate: sqltypes.DateOID, parse.CurrentTime: sqltypes.TimeTZOID, parse.CurrentTimestamp: sqltypes.TimestampTZOID,
		parse.LocalTime: sqltypes.TimeOID, parse.LocalTimestamp: sqltypes.TimestampOID, parse.CurrentRole: sqltypes.NameOID,
		parse.CurrentUser: sqltypes.NameOID, parse.User: sqltypes.NameOID, parse.SessionUser: sqltypes.NameOID,
		parse.CurrentCatalog: sqltypes.NameOID, parse.CurrentSchema: sqltypes.NameOID,
	}
	t := sqlType{OID: types[e.Func], Mod: -1}
	if e.Precision >= 0 {
		t.Mod = catalog.Precision(t.OID, e.Precision, s.warnAt(-1))
	}
	return &expr.SQLValue{Base: expr.Base{Typ: t, At: e.Pos()}, Kind: expr.SQLValueKind(e.Func)}
}

// collate accepts the names of collations, which all order alike.
func (s *scope) collate(e *parse.CollateClause) expr.Expr {
	arg := s.expression(e.Arg)
	if t := arg.Type().OID; t != sqltypes.UnknownOID && !s.isCollatable(t) {
		s.fail(pgerror.DatatypeMismatch, e.Pos(), "collations are not supported by type %s", s.typeName(t))
	}
	s.checkCollation(e.Name, e.Pos())
	return arg
}
