package query

import (
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
)

// The planner gets values of the column's type, and the texts are read once.
func TestColumnStatsOfTable(t *testing.T) {
	table := &catalog.Table{OID: 20000, Columns: []catalog.Column{
		{ID: 1, Name: "n", Type: sqltypes.T(sqltypes.Int4OID)}, {ID: 2, Name: "gone", Type: sqltypes.T(sqltypes.Int4OID), Dropped: true},
		{ID: 3, Name: "d", Type: sqltypes.T(sqltypes.DateOID)},
	}}
	snapshot := catalog.Base().WithStatistics(&catalog.Statistics{Table: 20000, Rows: 5, Columns: []catalog.ColumnStatistics{
		{Column: 1, NullFraction: 0.25, Width: 4, Distinct: -0.5, Common: []string{"7"}, CommonParts: []float32{0.5}, Histogram: []string{"1", "9"},
			Correlation: 0.5, HasCorrelated: true},
		{Column: 2, Common: []string{"1"}, CommonParts: []float32{1}},
		{Column: 3, Histogram: []string{"2024-01-31", "not a date"}},
	}})
	stats := tableStats{snapshot, &Database{}}
	got := stats.Column(table, 1)
	if got == nil {
		t.Fatal("nothing known of the column")
	}
	if got.NullFraction != 0.25 || got.Width != 4 || got.Distinct != -0.5 || got.Correlation != 0.5 || !got.Ordered || got.CommonParts[0] != 0.5 {
		t.Errorf("numbers: %+v", got)
	}
	if got.Common[0].Int() != 7 || got.Histogram[0].Int() != 1 || got.Histogram[1].Int() != 9 {
		t.Errorf("values: %+v", got)
	}
	if again := stats.Column(table, 1); again != got {
		t.Error("the texts were read again")
	}
	for _, attr := range []int16{2, 3, 4} {
		if got := stats.Column(table, attr); got != nil {
			t.Errorf("column %d: %+v", attr, got)
		}
	}
	newer := tableStats{snapshot.WithStatistics(&catalog.Statistics{Table: 20000, Columns: []catalog.ColumnStatistics{{Column: 1, Common: []string{"8"}}}}), stats.db}
	if got := newer.Column(table, 1); got.Common[0].Int() != 8 {
		t.Errorf("newer statistics: %+v", got)
	}
}
