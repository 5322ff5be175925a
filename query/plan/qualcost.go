package plan

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

// filterOf is the condition that all of a list hold, the cheap ones first: a row that one of them drops is not shown to those behind it. Conditions
// that cost the same stay in their order.
func filterOf(list []expr.Expr) expr.Expr {
	if len(list) < 2 {
		return conjunction(list)
	}
	type costed struct {
		cond expr.Expr
		cost float64
	}
	byCost := make([]costed, len(list))
	for i, c := range list {
		byCost[i] = costed{c, calls(c)}
	}
	slices.SortStableFunc(byCost, func(a, b costed) int {
		switch {
		case a.cost < b.cost:
			return -1
		case a.cost > b.cost:
			return 1
		}
		return 0
	})
	out := make([]expr.Expr, len(list))
	for i, c := range byCost {
		out[i] = c.cond
	}
	return conjunction(out)
}

// subqueryCalls is more calls than conditions make that hold no sub-query.
const subqueryCalls = 1e6

// unknownElements is how many elements an array is taken to have that is not known while planning.
const unknownElements = 10

// calls is how many functions one evaluation of an expression calls.
func calls(e expr.Expr) float64 {
	sum := 0.0
	expr.Walk(e, func(n expr.Expr) bool {
		switch v := n.(type) {
		case *expr.Agg, *expr.WindowFunc, *expr.Grouping:
			return false
		case *expr.External:
			sum += subqueryCalls
			return false
		case *expr.Func, *expr.DistinctFrom, *expr.NullIf, *expr.MinMax, *expr.SQLValue, *expr.CoerceTypmod:
			sum++
		case *expr.CoerceIO:
			sum += 2
		case *expr.ArrayOp:
			sum += elements(v.Right) / 2
		case *expr.ArrayCoerce:
			sum += calls(v.Arg) + calls(v.Element)*elements(v.Arg)
			return false
		case *expr.RowCompare:
			sum += float64(len(v.Left))
		}
		return true
	})
	return sum
}

// elements estimates how many elements an array has.
func elements(e expr.Expr) float64 {
	switch v := e.(type) {
	case *expr.Const:
		if v.Value.Kind() == sqltypes.KindArray {
			return float64(len(v.Value.Array().Elements))
		}
	case *expr.ArrayExpr:
		if !v.Nested {
			return float64(len(v.Elements))
		}
	case *expr.ArrayCoerce:
		return elements(v.Arg)
	}
	return unknownElements
}
