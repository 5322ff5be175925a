package plan

import (
	"math"

	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// PostgreSQL's cost units, and its default selectivities where nothing is known of the values.
const (
	cpuTupleCost     = 0.01
	cpuOperatorCost  = 0.0025
	equalSelectivity = 0.005
	rangeSelectivity = 0.3333333333333333
	// unanalysedRows is what the service assumes of a table that was never analysed.
	unanalysedRows = 1000000
)

func (s *scope) tableRows(t *catalog.Table) float64 {
	if s.options.Stats == nil {
		return unanalysedRows
	}
	rows, known := s.options.Stats.Rows(t)
	if !known {
		return unanalysedRows
	}
	return max(rows, 1)
}

func sortCost(rows float64) float64 {
	if rows < 2 {
		return cpuOperatorCost
	}
	return 2 * cpuOperatorCost * rows * math.Log2(rows)
}

// selectivity estimates how many of the rows meet all conditions.
func selectivity(quals []expr.Expr) float64 {
	sel := 1.0
	for _, q := range quals {
		sel *= selectivityOf(q)
	}
	return sel
}

func selectivityOf(q expr.Expr) float64 {
	switch v := q.(type) {
	case *expr.Func:
		switch v.Name {
		case "=":
			return equalSelectivity
		case "<", "<=", ">", ">=":
			return rangeSelectivity
		case "<>":
			return 1 - equalSelectivity
		case "~~", "~", "~~*", "~*":
			return 0.01
		}
	case *expr.NullTest:
		if v.Not {
			return 0.995
		}
		return 0.005
	case *expr.ArrayOp:
		return min(1, equalSelectivity*arrayLength(v.Right))
	case *expr.Bool:
		switch v.Op {
		case expr.And:
			return selectivity(v.Args)
		case expr.Or:
			miss := 1.0
			for _, a := range v.Args {
				miss *= 1 - selectivityOf(a)
			}
			return 1 - miss
		case expr.Not:
			return 1 - selectivityOf(v.Args[0])
		}
	}
	return 0.5
}

func scanEstimate(rows float64, quals []expr.Expr) Estimate {
	return Estimate{Total: rows * cpuTupleCost, Rows: max(1, rows*selectivity(quals))}
}
