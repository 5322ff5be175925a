package catalog

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/txn"
)

// Statistics is what ANALYZE saw of a table. It is data about data: writing it does not make a new catalog version, and a snapshot holds what was
// there when it was loaded. It is not changed once it is in a snapshot.
type Statistics struct {
	Table    OID
	Rows     float64
	Pages    int64
	Analyzed clock.Time
	Columns  []ColumnStatistics `json:"-"` // by number; each is kept under a key of its own

	stamp uint64 // of the ANALYZE that wrote the table's key
}

// ColumnStatistics describes the values of a column, as pg_stats does. Values are in the text form of the column's type.
type ColumnStatistics struct {
	Column        int16
	NullFraction  float32
	Width         int32
	Distinct      float32 // below zero: a fraction of the rows
	Common        []string
	CommonParts   []float32 // how often each of Common occurs, as a fraction of the rows
	Histogram     []string
	Correlation   float32
	HasCorrelated bool // Correlation was computed: the type can be sorted
}

// Bytes is about what the column's statistics take where they are kept.
func (c *ColumnStatistics) Bytes() int {
	n := 128 + 16*len(c.CommonParts)
	for _, list := range [][]string{c.Common, c.Histogram} {
		for _, text := range list {
			n += len(text) + 4
		}
	}
	return n
}

// StatisticsFor is what is known of a table's rows, or nil.
func (s *Snapshot) StatisticsFor(table OID) *Statistics { return s.columnStatistics[table] }

// StatisticsStamp is different in two snapshots of one catalog version whose statistics are not the same.
func (s *Snapshot) StatisticsStamp() uint64 { return s.statisticsStamp }

// WithStatistics is the same catalog with newer statistics of one table.
func (s *Snapshot) WithStatistics(st *Statistics) *Snapshot {
	next := *s
	next.columnStatistics = make(map[OID]*Statistics, len(s.columnStatistics)+1)
	for k, v := range s.columnStatistics {
		next.columnStatistics[k] = v
	}
	next.columnStatistics[st.Table] = st
	return &next
}

// StatisticsValues reads values as ANALYZE writes them: with every setting at its default, whatever the session's are. t is the column's type.
func (s *Snapshot) StatisticsValues(t sqltypes.Type, texts []string) ([]sqltypes.Datum, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	t.OID, t.Mod = s.BaseTypeMod(t.OID, t.Mod)
	values, format := make([]sqltypes.Datum, len(texts)), &sqltypes.Format{}
	for i, text := range texts {
		var err error
		if values[i], err = sqltypes.ParseText(t, text, format); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Statistics are kept under the key of their kind and the table's OID, those of a column under one that has the column's number behind. The bare key of the
// kind holds the stamp of the newest ANALYZE of any table.

// StatisticsKey is the key that every ANALYZE writes.
func StatisticsKey() []byte { return objectKey(kindStatistics) }

func columnStatisticsKey(table OID, column int16) []byte {
	return binary.BigEndian.AppendUint16(objectKey(kindStatistics, table), uint16(column))
}

// PutStatistics keeps what an ANALYZE saw: the numbers of the table, and the columns given; what is known of others stays. The stamp is one that no
// ANALYZE had before.
func PutStatistics(t *txn.Txn, st *Statistics, stamp uint64) {
	for i := range st.Columns {
		c := &st.Columns[i]
		t.Put(columnStatisticsKey(st.Table, c.Column), encodeValue(stamp, c))
	}
	t.Put(objectKey(kindStatistics, st.Table), encodeValue(stamp, st))
	t.Put(StatisticsKey(), encodeValue(stamp, stamp))
}

// dropStatistics forgets what is known of a table, also what an ANALYZE wrote that the transaction does not see.
func dropStatistics(t *txn.Txn, table *Table) {
	t.Delete(objectKey(kindStatistics, table.OID))
	for i := range table.Columns {
		t.Delete(columnStatisticsKey(table.OID, table.Columns[i].ID))
	}
}

// RefreshStatistics is the same catalog with the statistics that the transaction sees; the same snapshot when it has them.
func (s *Snapshot) RefreshStatistics(t *txn.Txn) (*Snapshot, error) {
	stamp, err := readStatisticsStamp(t)
	if err != nil || stamp == s.statisticsStamp {
		return s, err
	}
	next := *s
	return &next, next.loadStatistics(t, s)
}

func readStatisticsStamp(t *txn.Txn) (uint64, error) {
	value, ok, err := t.Get(StatisticsKey())
	if err != nil || !ok {
		return 0, err
	}
	stamp, _, err := splitValue(value)
	return stamp, err
}

// loadStatistics reads all statistics, and takes those of a table over from an older snapshot, which may be nil, when they have not been written since.
func (s *Snapshot) loadStatistics(t *txn.Txn, old *Snapshot) error {
	s.columnStatistics, s.statisticsStamp = map[OID]*Statistics{}, 0
	start, end := kindSpan(kindStatistics, kindStatistics+1)
	it := t.Scan(txn.Span{Start: start, End: end})
	defer it.Close()
	var table *Statistics // that the columns belong to; nil: they are known
	for it.Next() {
		stamp, text, err := splitValue(it.Value())
		if err != nil {
			return fmt.Errorf("catalog key %q: %w", it.Key(), err)
		}
		rest := it.Key()[catalogPrefixSize:]
		switch len(rest) {
		case 0:
			s.statisticsStamp = stamp
			continue
		case oidBytes:
			oid := OID(binary.BigEndian.Uint32(rest))
			if old != nil && old.columnStatistics[oid] != nil && old.columnStatistics[oid].stamp == stamp {
				s.columnStatistics[oid], table = old.columnStatistics[oid], nil
				continue
			}
			table = &Statistics{stamp: stamp}
			err = json.Unmarshal(text, table)
			s.columnStatistics[oid] = table
		default:
			if table == nil || OID(binary.BigEndian.Uint32(rest)) != table.Table {
				continue
			}
			var c ColumnStatistics
			err = json.Unmarshal(text, &c)
			table.Columns = append(table.Columns, c)
		}
		if err != nil {
			return fmt.Errorf("%w: statistics under %q: %v", ErrFormat, it.Key(), err)
		}
	}
	return it.Err()
}
