package plan

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
)

// Stats tells what is known of a table's content.
type Stats interface {
	// Rows is the number of rows, and whether the table was ever analysed.
	Rows(t *catalog.Table) (rows float64, known bool)
	// Bytes is about how much a table takes on disk, analysed or not.
	Bytes(t *catalog.Table) int64
	// Column is what ANALYZE saw of a column's values, or nil when nothing is known. It is shared and must not be changed.
	Column(t *catalog.Table, attr int16) *ColumnStats
}

// ColumnStats describes the values of a column, as pg_stats does; the values are of the column's type.
type ColumnStats struct {
	NullFraction float64
	// Distinct is the number of values that are not NULL; below zero, its negation as a fraction of the rows; 0 when it is not known.
	Distinct float64
	Width    int // average bytes of a value that is not NULL
	// Common are the most common values, the most common first, and CommonParts how often each occurs, as a fraction of all rows.
	Common      []sqltypes.Datum
	CommonParts []float64
	// Histogram are bounds, in rising order, of ranges that hold equally many of the rows that are neither NULL nor among Common. It has none or two at least.
	Histogram []sqltypes.Datum
	// Correlation is that of the values' order with the order the rows are stored in, from -1 to 1, when Ordered: the type can be sorted, and a value was seen.
	Correlation float64
	Ordered     bool
}
