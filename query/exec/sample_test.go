package exec

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/txn"
)

// sampledTable is a table of rows whose columns are functions of the row's number, from 1 on.
func sampledTable(t testing.TB, rows int, columns map[string]func(i int64) sqltypes.Datum, types map[string]sqltypes.OID) (*txn.Txn, *catalog.Table, []string) {
	t.Helper()
	ctx := context.Background()
	db, err := txn.OpenMemory(ctx, txn.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	table := &catalog.Table{OID: 20000, StorageID: 7, Columns: []catalog.Column{{ID: 1, Name: "id", Type: sqltypes.T(sqltypes.Int8OID), NotNull: true}}}
	table.Indexes = []*catalog.Index{{OID: 20001, Primary: true, Unique: true, Valid: true, Ready: true, StorageID: 7,
		Keys: []catalog.IndexKey{{Column: 1, Type: sqltypes.T(sqltypes.Int8OID)}}}}
	names := []string{"id"}
	for name := range columns {
		typ := sqltypes.Int8OID
		if other, ok := types[name]; ok {
			typ = other
		}
		table.Columns = append(table.Columns, catalog.Column{ID: int16(len(names) + 1), Name: name, Type: sqltypes.T(typ)})
		names = append(names, name)
	}
	codec, row := newTableCodec(table), make([]sqltypes.Datum, len(names))
	for from := 1; from <= rows; {
		tx, err := db.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for ; from <= rows; from++ {
			row[0] = sqltypes.Int(int64(from))
			for c, name := range names[1:] {
				row[c+1] = columns[name](int64(from))
			}
			tx.Put(codec.appendKey(nil, row, nil), codec.appendValue(nil, row))
			if from%20000 == 0 {
				from++
				break
			}
		}
		if _, err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tx.Rollback)
	return tx, table, names
}

// Statistics of a large table are as near to the truth as PostgreSQL 16's, which came from three runs of its ANALYZE over the same 400,000 rows.
func TestSampleOfLargeTable(t *testing.T) {
	const rows = 400_000
	number := func(f func(i int64) int64) func(int64) sqltypes.Datum {
		return func(i int64) sqltypes.Datum { return sqltypes.Int(f(i)) }
	}
	tx, table, names := sampledTable(t, rows, map[string]func(int64) sqltypes.Datum{
		"ten": number(func(i int64) int64 { return i * 7919 % 10000 }), "hundred": number(func(i int64) int64 { return i * 7919 % 100000 }),
		"skew": number(func(i int64) int64 { return rows / i }), "four": number(func(i int64) int64 { return i / 4 }),
		"few": number(func(i int64) int64 { return i % 90 }), "square": number(func(i int64) int64 { return i * i % 400009 }),
		"half": func(i int64) sqltypes.Datum {
			if i%2 == 0 {
				return sqltypes.Int(i * 31 % 5000)
			}
			return sqltypes.Null
		},
	}, nil)
	all := make([]int, len(names))
	for i := range all {
		all[i] = i
	}
	for mode, sizes := range map[string]sampleSizes{"whole": sampleSizesDefault, "places": {whole: 1 << 20, count: 256 << 10, leaf: 32 << 10}} {
		s, err := sampleTable(context.Background(), tx, table, all, 30000, sizes)
		if err != nil {
			t.Fatal(err)
		}
		if mode == "whole" && s.Seen != rows || mode == "places" && s.Seen == rows {
			t.Errorf("%s: %v rows read", mode, s.Seen)
		}
		slack := 1.0
		if mode == "places" {
			slack = 3
		}
		t.Run(mode, func(t *testing.T) { checkLargeSample(t, s, names, slack) })
	}
}

// checkLargeSample allows so many times the deviation that a sample of rows read whole may have: what lies in which file, and so the places, differs from run to run.
func checkLargeSample(t *testing.T, s *Sample, names []string, slack float64) {
	if s.N < 28000 || s.N > 30000 || math.Abs(s.Rows-400_000) > 20_000 {
		t.Errorf("%d rows of %v", s.N, s.Rows)
	}
	near := func(what string, got float32, want, tolerance float64) {
		t.Helper()
		if math.Abs(float64(got)-want) > tolerance {
			t.Errorf("%s: %v, PostgreSQL has %v", what, got, want)
		}
	}
	want := map[string]struct {
		nulls, distinct, tolerance, correlation float64
		commonMin, commonMax                    int
		first                                   float64 // part of the most common value
	}{
		"id":      {distinct: -1, correlation: 1},
		"few":     {distinct: 90, commonMin: 90, commonMax: 90, first: 0.0125},
		"four":    {distinct: -0.2535, tolerance: 0.03, correlation: 1}, // places near each other meet the same value more often
		"half":    {nulls: 0.4985, distinct: 2500, tolerance: 25, commonMax: 15, first: 0.0005},
		"hundred": {distinct: -0.248, tolerance: 0.02},
		"skew":    {distinct: 313, tolerance: 30, correlation: -0.74, commonMin: 50, commonMax: 80, first: 0.5},
		"square":  {distinct: -0.497, tolerance: 0.05},
		"ten":     {distinct: 9990, tolerance: 150, commonMax: 25, first: 0.00037},
	}
	for c, name := range names {
		st, w := s.Distribution(c, sqltypes.Int8OID, 100), want[name]
		near(name+": nulls", st.NullFraction, w.nulls, 0.01*slack)
		near(name+": distinct", st.Distinct, w.distinct, w.tolerance*slack)
		near(name+": correlation", st.Correlation, w.correlation, 0.025*slack)
		if n := len(st.Common); n < int(float64(w.commonMin)/slack) || n > w.commonMax+int(10*(slack-1)) {
			t.Errorf("%s: %d common values", name, n)
		}
		if len(st.Common) > 0 && w.first > 0 {
			near(name+": most common", st.CommonParts[0], w.first, w.first/4*slack)
		}
		if n := len(st.Histogram); n != 101 && name != "few" {
			t.Errorf("%s: %d bounds", name, n)
		}
		if st.Width != 8 {
			t.Errorf("%s: width %d", name, st.Width)
		}
	}
}

// A value too wide to be kept counts in width, nulls and number of values only, as PostgreSQL has it.
func TestSampleOfWideValues(t *testing.T) {
	text := func(f func(i int64) string) func(int64) sqltypes.Datum {
		return func(i int64) sqltypes.Datum { return sqltypes.String(f(i)) }
	}
	tx, table, names := sampledTable(t, 1000, map[string]func(int64) sqltypes.Datum{
		"wide": text(func(i int64) string { return strings.Repeat("x", 2000) }),
		"some": text(func(i int64) string {
			if i%10 == 0 {
				return strings.Repeat("y", 1021)
			}
			return strings.Repeat("z", int(i%2)+1)
		}),
	}, map[string]sqltypes.OID{"wide": sqltypes.TextOID, "some": sqltypes.TextOID})
	s, err := SampleTable(context.Background(), tx, table, []int{0, 1, 2}, 30000)
	if err != nil {
		t.Fatal(err)
	}
	for c, name := range names {
		switch st := s.Distribution(c, table.Columns[c].Type.OID, 100); name {
		case "wide":
			if st.Distinct != -1 || st.Width != 2004 || len(st.Common)+len(st.Histogram) > 0 || st.HasCorrelated {
				t.Errorf("wide: %+v", st)
			}
		case "some": // 100 wide ones, each taken for another, and 2 that repeat
			if st.Distinct != -0.102 || st.Width != 104 || len(st.Common) != 2 || st.CommonParts[0] != 0.5 || st.CommonParts[1] != 0.4 {
				t.Errorf("some: %+v", st)
			}
		}
	}
}

// Where rows are so large that the sample would not fit, it has fewer of them, and each is as likely as before.
func TestSampleReduced(t *testing.T) {
	r := newReservoir(nil, 1, 1000, 1)
	total := 0.0
	for i := range 100_000 {
		r.seen++
		if slot := r.choose(); slot >= 0 {
			r.row[0] = sqltypes.Int(int64(i))
			r.keep(slot)
		}
		if i == 5000 || i == 50_000 {
			r.reduce(len(r.order) / 2)
		}
	}
	s := r.sample()
	if s.N != 250 {
		t.Fatalf("%d rows", s.N)
	}
	for row := range s.N {
		total += float64(s.at(row, 0).Int())
		if row > 0 && s.at(row, 0).Int() <= s.at(row-1, 0).Int() {
			t.Fatal("the rows are not in order")
		}
	}
	if mean := total / float64(s.N); math.Abs(mean-50_000) > 6000 { // three standard deviations
		t.Errorf("mean %v", mean)
	}
}

func BenchmarkSampleTable(b *testing.B) {
	number := func(m int64) func(int64) sqltypes.Datum {
		return func(i int64) sqltypes.Datum { return sqltypes.Int(i * 7919 % m) }
	}
	tx, table, names := sampledTable(b, 1_000_000, map[string]func(int64) sqltypes.Datum{
		"a": number(1000), "b": number(100000), "c": number(7), "d": number(1 << 40),
		"e": func(i int64) sqltypes.Datum {
			return sqltypes.String(strings.Repeat("t", 20) + string(rune('a'+i*7919%26)))
		},
	}, map[string]sqltypes.OID{"e": sqltypes.TextOID})
	columns := []int{0, 1, 2, 3, 4, 5}
	for b.Loop() {
		s, err := SampleTable(context.Background(), tx, table, columns, 30000)
		if err != nil {
			b.Fatal(err)
		}
		for c := range names {
			s.Distribution(c, table.Columns[c].Type.OID, 100)
		}
	}
}
