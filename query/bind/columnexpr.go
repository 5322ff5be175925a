package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// ColumnExprKind is what an expression of a table's definition is for.
type ColumnExprKind uint8

// The kinds of expressions in a table's definition.
const (
	DefaultExpr ColumnExprKind = iota
	CheckExpr
	GeneratedExpr
	IndexExpr
	PredicateExpr
)

var columnKinds = [...]exprKind{
	DefaultExpr: kindDefault, CheckExpr: kindCheck, GeneratedExpr: kindGenerated, IndexExpr: kindIndexExpression, PredicateExpr: kindIndexPredicate,
}

// BindColumnExpr binds an expression of a table's definition over the table's columns, as Vars of entry 0. want is the type of the column of a default
// or generated column, whose name is column; checks and predicates are boolean. table may be nil where no column can be mentioned.
func BindColumnExpr(e parse.Expr, table *catalog.Table, o Options, want *sqltypes.Type, kind ColumnExprKind, column string) (out expr.Expr, err error) {
	a := newAnalyzer(o)
	defer recoverAbort(&err)
	a.noParams = true
	return a.tableExpr(e, table, want, columnKinds[kind], column), nil
}

// BindDomainCheck binds a constraint of a domain over its base type. VALUE is what CaseTest stands for.
func BindDomainCheck(e parse.Expr, base sqltypes.Type, o Options) (out expr.Expr, err error) {
	a := newAnalyzer(o)
	defer recoverAbort(&err)
	a.noParams = true
	s := a.scope(nil)
	s.domainValue = &expr.CaseTest{Base: expr.Base{Typ: base, At: -1}}
	return s.booleanClause(e, kindCheck, "CHECK"), nil
}

// CoerceTo converts a bound expression to a type as a cast would in the context. It fails with 42846 when there is no way.
func CoerceTo(e expr.Expr, target sqltypes.Type, context catalog.CoercionContext, o Options) (out expr.Expr, err error) {
	a := newAnalyzer(o)
	defer recoverAbort(&err)
	form := expr.ImplicitCast
	if context == catalog.Explicit {
		form = expr.ExplicitCast
	}
	out = a.coerceToTarget(e, target, context, form, -1)
	if out == nil {
		a.fail(pgerror.CannotCoerce, exprAt(e), "cannot cast type %s to %s", a.typeName(e.Type().OID), a.typeName(target.OID))
	}
	return out, nil
}

// BindExpr binds an expression that stands alone: an argument of EXECUTE or CALL, an option's value.
func BindExpr(e parse.Expr, o Options) (out expr.Expr, err error) {
	a := newAnalyzer(o)
	defer recoverAbort(&err)
	return a.scope(nil).expressionIn(e, kindOther), nil
}

// tableExpr is BindColumnExpr within an analysis.
func (a *analyzer) tableExpr(e parse.Expr, t *catalog.Table, want *sqlType, k exprKind, column string) expr.Expr {
	s := a.scope(nil)
	if t != nil {
		s.addNames(s.addTable(t, nil, -1), true, true)
	}
	out := s.tableClause(e, k)
	s.checkCollations()
	if k == kindCheck || k == kindIndexPredicate {
		return out
	}
	if k == kindIndexExpression || want == nil {
		return s.knownType(out)
	}
	if k == kindGenerated {
		s.checkGenerated(out, t)
	}
	coerced := s.coerceToTarget(out, *want, coerceAssignment, expr.ImplicitCast, -1)
	if coerced == nil {
		what := "default"
		if k == kindGenerated {
			what = "generation"
		}
		s.raise(s.errorAt(pgerror.DatatypeMismatch, -1, "column \"%s\" is of type %s but %s expression is of type %s",
			column, s.typeName(want.OID), what, s.typeName(out.Type().OID)).WithHint("You will need to rewrite or cast the expression."))
	}
	return coerced
}

func (s *scope) tableClause(e parse.Expr, k exprKind) expr.Expr {
	switch k {
	case kindCheck:
		return s.booleanClause(e, k, "CHECK")
	case kindIndexPredicate:
		return s.booleanClause(e, k, "WHERE")
	}
	return s.expressionIn(e, k)
}

// checkGenerated refuses generated columns computed from other generated columns or from the whole row.
func (s *scope) checkGenerated(e expr.Expr, t *catalog.Table) {
	if t == nil {
		return
	}
	for _, v := range localVars(e) {
		if v.Column < 0 {
			s.raise(s.errorAt(pgerror.InvalidObjectDefinition, v.At, "cannot use whole-row variable in column generation expression").
				WithDetail("This would cause the generated column to depend on its own value."))
		}
		if t.Columns[v.Column].Generated != "" {
			s.raise(s.errorAt(pgerror.InvalidObjectDefinition, v.At, "cannot use generated column \"%s\" in column generation expression", v.Name).
				WithDetail("A generated column cannot reference another generated column."))
		}
	}
}
