package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// subLink binds a sub-query in an expression.
func (s *scope) subLink(e *parse.SubLink) expr.Expr {
	q := s.subLinkQuery(e.Select, e)
	link := &expr.SubLink{Base: expr.Base{Typ: boolType, At: e.Pos()}, Query: q}
	switch e.Kind {
	case parse.ExistsSubLink:
		link.Kind = expr.ExistsLink
	case parse.ExprSubLink, parse.ArraySubLink:
		_, types := resultColumns(q)
		if len(types) != 1 {
			s.fail(pgerror.SyntaxError, e.Pos(), "subquery must return only one column")
		}
		link.Kind, link.Typ = expr.ScalarLink, types[0]
		if e.Kind == parse.ArraySubLink {
			link.Kind = expr.ArrayLink
			link.Typ = sqlType{OID: s.arrayOf(types[0].OID), Mod: types[0].Mod}
			if info := s.typeInfo(types[0].OID); info != nil && info.IsTrueArray() {
				link.Typ.OID = types[0].OID
			}
			if link.Typ.OID == 0 {
				s.fail(pgerror.UndefinedObject, e.Pos(), "could not find array type for data type %s", s.typeName(types[0].OID))
			}
		}
	default:
		link.Kind = expr.AnyLink
		if e.Kind == parse.AllSubLink {
			link.Kind = expr.AllLink
		}
		op := e.Operator
		if op == nil {
			op = []string{"="}
		}
		s.compareRows(link, s.expression(e.Test), op, e.Pos())
	}
	return link
}

// rowSubLink binds ROW(…) op (SELECT …).
func (s *scope) rowSubLink(left *parse.RowExpr, op []string, e *parse.SubLink, at int) expr.Expr {
	link := &expr.SubLink{Base: expr.Base{Typ: boolType, At: at}, Kind: expr.RowLink, Query: s.subLinkQuery(e.Select, e)}
	s.compareRows(link, s.expression(left), op, at)
	return link
}

// compareRows sets what a sub-query's rows are compared with.
func (s *scope) compareRows(link *expr.SubLink, test expr.Expr, op []string, at int) {
	left := []expr.Expr{test}
	if row, ok := test.(*expr.Row); ok {
		left = row.Fields
	}
	_, types := resultColumns(link.Query.(*Query))
	var right []expr.Expr
	for i, t := range types {
		right = append(right, &expr.SubColumn{Base: expr.Base{Typ: t, At: -1}, Index: i})
	}
	if len(left) < len(right) {
		s.fail(pgerror.SyntaxError, link.At, "subquery has too many columns")
	}
	if len(left) > len(right) {
		s.fail(pgerror.SyntaxError, link.At, "subquery has too few columns")
	}
	link.Combine = s.rowComparison(op, left, right, at)
	link.Test = leftSides(link.Combine, left)
}

// leftSides are the operands on the left after coercion, in the order of the columns.
func leftSides(combine expr.Expr, fallback []expr.Expr) []expr.Expr {
	switch c := combine.(type) {
	case *expr.Func:
		return c.Args[:1]
	case *expr.Bool:
		var out []expr.Expr
		for _, a := range c.Args {
			if f, ok := a.(*expr.Func); ok {
				out = append(out, f.Args[0])
			}
		}
		if len(out) == len(fallback) {
			return out
		}
	case *expr.RowCompare:
		return c.Left
	}
	return fallback
}

// subLinkQuery binds the query of a sub-link where one is allowed.
func (s *scope) subLinkQuery(stmt *parse.SelectStmt, e *parse.SubLink) *Query {
	what := ""
	switch s.kind {
	case kindCheck:
		what = "check constraint"
	case kindDefault:
		what = "DEFAULT expression"
	case kindIndexExpression:
		what = "index expression"
	case kindIndexPredicate:
		what = "index predicate"
	case kindGenerated:
		what = "column generation expression"
	case kindCopyWhere:
		what = "COPY FROM WHERE condition"
	}
	if what != "" {
		s.fail(pgerror.FeatureNotSupported, e.Pos(), "cannot use subquery in %s", what)
	}
	s.hasSubLinks = true
	c := s.child()
	c.resolveUnknowns = true
	q := c.selectStatement(stmt)
	if s.subQueries == nil {
		s.subQueries = map[*parse.SubLink]*Query{}
	}
	s.subQueries[e] = q
	return q
}

// rowComparison compares two rows field by field: = and <> by their operators, the others by a RowCompare.
func (s *scope) rowComparison(op []string, left, right []expr.Expr, at int) expr.Expr {
	if len(left) != len(right) {
		s.fail(pgerror.SyntaxError, at, "unequal number of entries in row expressions")
	}
	if len(left) == 0 {
		s.fail(pgerror.FeatureNotSupported, at, "cannot compare rows of zero length")
	}
	var list []expr.Expr
	strategies := -1
	for i := range left {
		cmp := s.operator(op, left[i], right[i], at).(*expr.Func)
		if cmp.Typ.OID != sqltypes.BoolOID {
			s.fail(pgerror.DatatypeMismatch, at, "row comparison operator must yield type boolean, not type %s", s.typeName(cmp.Typ.OID))
		}
		if returnsSet(cmp) {
			s.fail(pgerror.DatatypeMismatch, at, "row comparison operator must not return a set")
		}
		list = append(list, cmp)
		strategies &= s.comparison(cmp.Operator)
	}
	if len(list) == 1 {
		return list[0]
	}
	both := func(op expr.BoolOp) expr.Expr {
		return &expr.Bool{Base: expr.Base{Typ: boolType, At: at}, Op: op, Args: list}
	}
	for i, o := range []expr.CompareOp{expr.LT, expr.LE, expr.EQ, expr.GE, expr.GT, expr.NE} {
		if strategies&(1<<(i+1)) == 0 {
			continue
		}
		switch o {
		case expr.EQ:
			return both(expr.And)
		case expr.NE:
			return both(expr.Or)
		}
		return s.rowCompare(o, op, list, at)
	}
	s.raise(s.errorAt(pgerror.FeatureNotSupported, at, "could not determine interpretation of row comparison operator %s", op[len(op)-1]).
		WithHint("Row comparison operators must be associated with btree operator families."))
	return nil
}

// comparison tells as a set of bits which B-tree comparison an operator is: 1 <, 2 <=, 3 =, 4 >=, 5 >, 6 <>.
func (s *scope) comparison(operator oid) int {
	o := s.Snapshot.Operator(operator)
	family := s.cs.DefaultOrdering(o.Left).Family
	if family == 0 {
		return 0
	}
	bits := 0
	if n := s.Snapshot.OperatorStrategy(operator, family); n > 0 {
		bits |= 1 << n
	}
	if o.Negator != 0 && s.Snapshot.OperatorStrategy(o.Negator, family) == 3 {
		bits |= 1 << 6
	}
	return bits
}

// rowCompare brings both sides of each column to one type and compares them as rows.
func (s *scope) rowCompare(o expr.CompareOp, op []string, list []expr.Expr, at int) expr.Expr {
	out := &expr.RowCompare{Base: expr.Base{Typ: boolType, At: at}, Op: o}
	for _, e := range list {
		f := e.(*expr.Func)
		l, r := f.Args[0], f.Args[1]
		if declared := s.Snapshot.Operator(f.Operator); declared.Left != declared.Right && !catalog.IsPolymorphic(declared.Left) {
			if typ := s.tryCommonType([]expr.Expr{l, r}); typ != 0 {
				l, r = s.coerceToCommon(l, typ, "ROW"), s.coerceToCommon(r, typ, "ROW")
			}
		}
		out.Left, out.Right = append(out.Left, l), append(out.Right, r)
		out.Types = append(out.Types, l.Type().OID)
	}
	return out
}
