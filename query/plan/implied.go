package plan

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

// impliedBy tells whether a predicate can be proved to be true of every row that meets all of the conditions. The proof goes by the forms of the conditions,
// as PostgreSQL's does: what it cannot see is not taken to follow.
func impliedBy(predicate expr.Expr, conditions []expr.Expr) bool {
	if predicate == nil {
		return true
	}
	return implies(&expr.Bool{Op: expr.And, Args: conditions}, predicate)
}

// implies takes the conditions apart from the outside in: what is left are pairs of plain conditions.
func implies(have, want expr.Expr) bool {
	kind, parts := partsOfCondition(have)
	wantKind, wantParts := partsOfCondition(want)
	all := func(list []expr.Expr, f func(expr.Expr) bool) bool {
		for _, e := range list {
			if !f(e) {
				return false
			}
		}
		return true
	}
	some := func(list []expr.Expr, f func(expr.Expr) bool) bool {
		return !all(list, func(e expr.Expr) bool { return !f(e) })
	}
	fromHave := func(w expr.Expr) bool { return implies(have, w) }
	toWant := func(h expr.Expr) bool { return implies(h, want) }
	switch {
	case wantKind == expr.And:
		return all(wantParts, fromHave)
	case kind == expr.And && wantKind == expr.Or:
		return some(wantParts, fromHave) || some(parts, toWant)
	case kind == expr.And:
		return some(parts, toWant)
	case kind == expr.Or && wantKind == expr.Or:
		return all(parts, func(h expr.Expr) bool { return some(wantParts, func(w expr.Expr) bool { return implies(h, w) }) })
	case kind == expr.Or:
		return all(parts, toWant)
	case wantKind == expr.Or:
		return some(wantParts, fromHave)
	}
	return impliesPlain(have, want)
}

// oneCondition is the kind of a condition that is neither a conjunction nor a disjunction.
const oneCondition = expr.Not

// listMax is the longest list of constants that is taken for a disjunction or conjunction.
const listMax = 100

// partsOfCondition gives the arms of AND and OR, and the comparisons that one with a list of values stands for.
func partsOfCondition(e expr.Expr) (expr.BoolOp, []expr.Expr) {
	switch v := e.(type) {
	case *expr.Bool:
		if v.Op != expr.Not {
			return v.Op, v.Args
		}
	case *expr.ArrayOp:
		values, ok := elementsOf(v.Right)
		if !ok || len(values) > listMax || v.Operator == 0 {
			break
		}
		list := make([]expr.Expr, len(values))
		for i, value := range values {
			list[i] = &expr.Func{Base: v.Base, Proc: v.Proc, Operator: v.Operator, Name: v.Name, Args: []expr.Expr{v.Left, value}}
		}
		if v.All {
			return expr.And, list
		}
		return expr.Or, list
	}
	return oneCondition, nil
}

// elementsOf are the elements of an array that is written out or a constant.
func elementsOf(e expr.Expr) ([]expr.Expr, bool) {
	switch v := e.(type) {
	case *expr.ArrayExpr:
		return v.Elements, !v.Nested
	case *expr.Const:
		element, isArray := sqltypes.ElementOf(v.Typ.OID)
		if !isArray || v.Value.Kind() != sqltypes.KindArray {
			return nil, false
		}
		values := v.Value.Array().Elements
		list := make([]expr.Expr, len(values))
		for i, d := range values {
			list[i] = &expr.Const{Base: expr.Base{Typ: sqltypes.T(element), At: -1}, Value: d}
		}
		return list, true
	}
	return nil, false
}

// impliesPlain is implies for plain conditions.
func impliesPlain(have, want expr.Expr) bool {
	if expr.Equal(have, want) && !expr.ContainsVolatile(want) {
		return true
	}
	if c, ok := want.(*expr.Const); ok && !c.Value.IsNull() && c.Value.Bool() {
		return true
	}
	if w, ok := want.(*expr.NullTest); ok {
		return w.Not && !w.RowValue && strictFor(have, w.Arg, true)
	}
	return impliesComparison(have, want)
}

// strictFor tells whether a condition cannot be true (or, asked of a part of it, is NULL) when an expression is NULL. A condition may be the expression itself.
func strictFor(e, part expr.Expr, condition bool) bool {
	e, part = unrelabelled(e), unrelabelled(part)
	if expr.Equal(e, part) {
		return true
	}
	switch v := e.(type) {
	case *expr.Func:
		if v.ReturnsSet || !expr.ProcStrict(v.Proc) {
			return false
		}
		for _, a := range v.Args {
			if strictFor(a, part, false) {
				return true
			}
		}
	case *expr.CoerceIO:
		return strictFor(v.Arg, part, false)
	case *expr.CoerceTypmod:
		return strictFor(v.Arg, part, false)
	case *expr.ArrayOp:
		if !expr.ProcStrict(v.Proc) {
			return false
		}
		values, known := elementsOf(v.Right)
		some := known && len(values) > 0
		return (some || condition && !v.All) && strictFor(v.Left, part, false)
	case *expr.Bool:
		return v.Op == expr.Not && strictFor(v.Args[0], part, false)
	}
	return false
}

func unrelabelled(e expr.Expr) expr.Expr {
	for {
		r, ok := e.(*expr.Relabel)
		if !ok {
			return e
		}
		e = r.Arg
	}
}

// proofs tells, for a condition x op1 a that holds and one x op2 b that is wanted, how b must compare with a: rows are op1, columns op2.
var proofs = map[expr.CompareOp]map[expr.CompareOp]expr.CompareOp{
	expr.LT: {expr.LT: expr.GE, expr.LE: expr.GE, expr.NE: expr.GE},
	expr.LE: {expr.LT: expr.GT, expr.LE: expr.GE, expr.NE: expr.GT},
	expr.EQ: {expr.LT: expr.GT, expr.LE: expr.GE, expr.EQ: expr.EQ, expr.GE: expr.LE, expr.GT: expr.LT, expr.NE: expr.NE},
	expr.GE: {expr.GE: expr.LE, expr.GT: expr.LT, expr.NE: expr.LT},
	expr.GT: {expr.GE: expr.LE, expr.GT: expr.LE, expr.NE: expr.LE},
	expr.NE: {expr.NE: expr.EQ},
}

// impliesComparison proves a comparison from another one of the same expression.
func impliesComparison(have, want expr.Expr) bool {
	h, ok := comparedWith(have)
	if !ok {
		return false
	}
	w, ok := comparedWith(want)
	if !ok || expr.ContainsVolatile(have) || expr.ContainsVolatile(want) {
		return false
	}
	for _, h := range []sides{h, h.turned()} {
		for _, w := range []sides{w, w.turned()} {
			if expr.Equal(h.left, w.left) && h.proves(w) {
				return true
			}
		}
	}
	return false
}

// proves tells whether a comparison that holds proves another one of the same left side.
func (h sides) proves(w sides) bool {
	test, ok := proofs[h.op][w.op]
	if !ok {
		return false
	}
	if expr.Equal(h.right, w.right) {
		return holds(test, 0)
	}
	a, aConst := h.right.(*expr.Const)
	b, bConst := w.right.(*expr.Const)
	if !aConst || !bConst || !sameKey(a.Typ.OID, b.Typ.OID) || !sameKey(a.Typ.OID, h.left.Type().OID) {
		return false
	}
	if a.Value.IsNull() || b.Value.IsNull() {
		return a.Value.IsNull() // no row meets a comparison with NULL
	}
	return holds(test, sqltypes.Compare(keyFamily(a.Typ.OID), b.Value, a.Value))
}

// sides is a comparison taken apart.
type sides struct {
	left, right expr.Expr
	op          expr.CompareOp
}

func (s sides) turned() sides {
	op := s.op
	if t, ok := flipped[op]; ok {
		op = t
	}
	return sides{s.right, s.left, op}
}

// comparedWith takes apart a comparison by one of the operators of a B-tree index, or by <>.
func comparedWith(e expr.Expr) (sides, bool) {
	f, ok := e.(*expr.Func)
	if !ok || f.Operator == 0 || len(f.Args) != 2 {
		return sides{}, false
	}
	op, ok := compareOps[f.Name]
	if f.Name == "<>" {
		op, ok = expr.NE, true
	}
	return sides{f.Args[0], f.Args[1], op}, ok
}
