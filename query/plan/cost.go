package plan

import (
	"math"

	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// PostgreSQL's cost units.
const (
	cpuTupleCost    = 0.01
	cpuOperatorCost = 0.0025
	// unanalysedRows is what the service assumes of a table that was never analysed.
	unanalysedRows = 1000000
)

func (s *scope) tableRows(t *catalog.Table) float64 { return estimator{scope: s}.tableSize(t) }

func sortCost(rows float64) float64 {
	if rows < 2 {
		return cpuOperatorCost
	}
	return 2 * cpuOperatorCost * rows * math.Log2(rows)
}

// scanEstimate is the estimate of rows that are read and filtered by the query processor itself.
func (s *scope) scanEstimate(rows float64, quals []expr.Expr) Estimate {
	return Estimate{Total: rows * cpuTupleCost, Rows: max(1, rows*s.selectivity(quals))}
}
