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

// joinParts makes one column of those of an INSERT that give parts of the same column.
func joinParts(columns []insertColumn, row insertRow) ([]insertColumn, insertRow) {
	rows := row.values
	if rows == nil {
		rows = [][]expr.Expr{row.exprs}
	}
	if len(rows[0]) != len(columns) {
		return columns, row
	}
	first := map[int]int{} // of each column, where it is given first
	var keep []int
	for i, c := range columns {
		at, again := first[c.index]
		if !again {
			first[c.index] = i
			keep = append(keep, i)
			continue
		}
		for _, r := range rows {
			if both, ok := replaceOld(r[i], r[at]); ok {
				r[at] = both
			}
		}
	}
	if len(keep) == len(columns) {
		return columns, row
	}
	var left []insertColumn
	for _, i := range keep {
		left = append(left, columns[i])
	}
	for k, r := range rows {
		out := make([]expr.Expr, len(keep))
		for n, i := range keep {
			out[n] = r[i]
		}
		rows[k] = out
	}
	row.exprs = rows[0]
	return left, row
}
