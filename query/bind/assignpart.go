package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// assignPart makes the new value of a column from its old one and a value for a part of it; the old value of a new row is NULL.
// Of the types that a column can have only jsonb has parts.
func (s *scope) assignPart(e expr.Expr, c insertColumn, column *catalog.Column, update bool) expr.Expr {
	t := column.Type.OID
	for _, step := range c.steps {
		if step.Kind == parse.FieldStep {
			s.fail(pgerror.DatatypeMismatch, c.at, "cannot assign to field \"%s\" of column \"%s\" because its type %s is not a composite type",
				step.Name, c.name, s.typeName(t))
		}
	}
	if t != sqltypes.JSONBOID {
		at := -1 // a new row has no column yet to point at
		if update {
			at = c.at
		}
		s.fail(pgerror.DatatypeMismatch, at, "cannot subscript type %s because it does not support subscripting", s.typeName(t))
	}
	var old expr.Expr = constant(column.Type, sqltypes.Null, -1)
	if update {
		old = s.columnVar(s, s.target, 0, c.column, -1)
	}
	out := s.jsonbSubscript(old, c.steps).(*expr.Subscript)
	out.Typ = column.Type
	if out.Assign = s.coerceToTarget(e, sqltypes.T(sqltypes.JSONBOID), coerceAssignment, expr.ImplicitCast, -1); out.Assign == nil {
		s.raise(s.errorAt(pgerror.DatatypeMismatch, c.at, "subscripted assignment to \"%s\" requires type %s but expression is of type %s",
			c.name, s.typeName(t), s.typeName(e.Type().OID)).WithHint("You will need to rewrite or cast the expression."))
	}
	return out
}

// replaceOld puts the value that an earlier assignment of the same statement makes in the place of the old value.
func replaceOld(part, earlier expr.Expr) (expr.Expr, bool) {
	sub, ok := part.(*expr.Subscript)
	if !ok || sub.Assign == nil {
		return nil, false
	}
	if e, ok := earlier.(*expr.Subscript); !ok || e.Assign == nil {
		return nil, false
	}
	c := *sub
	c.Arg = earlier
	return &c, true
}
