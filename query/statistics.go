package query

import (
	"sync"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/plan"
	"github.com/opendsql/opendsql/txn"
)

// tableStats tells the planner what ANALYZE saw.
type tableStats struct {
	snapshot *catalog.Snapshot
	db       *Database
}

// Bytes is about how much a table takes on disk.
func (t tableStats) Bytes(table *catalog.Table) int64 {
	start, end := catalog.TableSpan(table.StorageID)
	n, err := t.db.DB.Size(txn.Span{Start: start, End: end})
	if err != nil {
		return 0
	}
	return n
}

// Rows is the number of rows of an analysed table.
func (t tableStats) Rows(table *catalog.Table) (float64, bool) {
	if st := t.snapshot.StatisticsFor(table.OID); st != nil {
		return st.Rows, true
	}
	return 0, false
}

// Column is what is known of a column's values.
func (t tableStats) Column(table *catalog.Table, attr int16) *plan.ColumnStats {
	st := t.snapshot.StatisticsFor(table.OID)
	if st == nil {
		return nil
	}
	return t.db.columns.of(t.snapshot, table, st)[attr]
}

// columnCache keeps the statistics of tables in the planner's form, so that their texts are read once and not for every plan. Safe for concurrent use.
type columnCache struct {
	mu     sync.Mutex
	tables map[catalog.OID]cachedColumns
}

// cachedColumns is what was made of one table's statistics.
type cachedColumns struct {
	from    *catalog.Statistics
	columns map[int16]*plan.ColumnStats
}

// of gives the columns of a table's statistics by their numbers.
func (c *columnCache) of(s *catalog.Snapshot, t *catalog.Table, st *catalog.Statistics) map[int16]*plan.ColumnStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	if have, ok := c.tables[t.OID]; ok && have.from == st {
		return have.columns
	}
	columns := make(map[int16]*plan.ColumnStats, len(st.Columns))
	for i := range st.Columns {
		column := t.Column(st.Columns[i].Column)
		if column == nil || column.Dropped {
			continue
		}
		if cs := columnStats(s, column.Type, &st.Columns[i]); cs != nil {
			columns[column.ID] = cs
		}
	}
	if c.tables == nil || len(c.tables) > 2*len(s.Tables())+16 { // most of it is of tables that are gone
		c.tables = map[catalog.OID]cachedColumns{}
	}
	c.tables[t.OID] = cachedColumns{from: st, columns: columns}
	return columns
}

// columnStats reads the values of a column's statistics; nil when they are not of the column's type.
func columnStats(s *catalog.Snapshot, t sqltypes.Type, st *catalog.ColumnStatistics) *plan.ColumnStats {
	common, err := s.StatisticsValues(t, st.Common)
	if err != nil {
		return nil
	}
	histogram, err := s.StatisticsValues(t, st.Histogram)
	if err != nil {
		return nil
	}
	cs := &plan.ColumnStats{
		NullFraction: float64(st.NullFraction), Distinct: float64(st.Distinct), Width: int(st.Width), Common: common, Histogram: histogram,
		Correlation: float64(st.Correlation), Ordered: st.HasCorrelated,
	}
	for _, f := range st.CommonParts {
		cs.CommonParts = append(cs.CommonParts, float64(f))
	}
	return cs
}
