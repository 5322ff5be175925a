package exec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/plan"
)

// randomColumn makes a column of values that meet again, extremes and NULLs among them.
func randomColumn(r *rand.Rand, t sqltypes.OID, n int) sqltypes.Vec {
	v := sqltypes.NewVec(t, n)
	for range n {
		if r.IntN(9) == 0 {
			v.Append(sqltypes.Null)
			continue
		}
		v.Append(randomValue(r, t))
	}
	return v
}

func randomValue(r *rand.Rand, t sqltypes.OID) sqltypes.Datum {
	switch t {
	case sqltypes.Int4OID, sqltypes.Int8OID:
		return sqltypes.Int([]int64{0, -1, 1, math.MaxInt32, math.MinInt32, r.Int64N(50), r.Int64N(100_000)}[r.IntN(7)])
	case sqltypes.Float8OID:
		return sqltypes.Float([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), -1.5, r.Float64(), float64(r.IntN(9))}[r.IntN(8)])
	case sqltypes.NumericOID:
		switch r.IntN(12) {
		case 0:
			return sqltypes.NumericNaN()
		case 1:
			return sqltypes.NumericInfinity(r.IntN(2) == 0)
		}
		return sqltypes.SmallDecimal(r.Int64N(4000)-2000, int32(r.IntN(4)))
	case sqltypes.BPCharOID:
		return sqltypes.String(fmt.Sprintf("%-*s", 6, string("abc"[:r.IntN(4)])))
	case sqltypes.IntervalOID:
		return sqltypes.FromInterval(&sqltypes.Interval{Days: int32(r.IntN(3)), Micros: int64(r.IntN(3)) * sqltypes.MicrosPerDay})
	}
	long := []string{"", "a", "same beginning of a text", "same beginning of a text, longer", "same beginning"}[r.IntN(5)]
	return sqltypes.String(long + "xyz"[:r.IntN(4)] + fmt.Sprint(r.IntN(3)))
}

var randomTypes = []sqltypes.OID{sqltypes.Int4OID, sqltypes.Int8OID, sqltypes.Float8OID, sqltypes.NumericOID, sqltypes.BPCharOID, sqltypes.TextOID, sqltypes.IntervalOID}

// The table of groups gives two rows the same number when their keys are equal, NULLs too, and numbers rise in the order of first sight.
func TestGroupTable(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		var types []sqltypes.OID
		for range 1 + r.IntN(3) {
			types = append(types, randomTypes[r.IntN(len(randomTypes))])
		}
		table, plain := new(runtime).groupTable(types), hashTable{types: types}
		for range 1 + r.IntN(5) {
			n := r.IntN(700)
			var keys []sqltypes.Vec
			for _, typ := range types {
				keys = append(keys, randomColumn(r, typ, n))
			}
			found := slices.Clone(table.find(keys, n, nil))
			groups, _ := table.number(keys, n, nil)
			for i := range n {
				row := make([]sqltypes.Datum, len(types))
				for k := range keys {
					row[k] = keys[k].At(i)
				}
				want := plain.first(row)
				known := want >= 0
				if !known {
					want = plain.add(row, nil)
				}
				if int(groups[i]) != want {
					t.Fatalf("seed %d: row %d of %v is in group %d instead of %d", seed, i, types, groups[i], want)
				}
				if found[i] >= 0 && int(found[i]) != want || found[i] >= 0 && !known {
					t.Fatalf("seed %d: row %d of %v was found in group %d", seed, i, types, found[i])
				}
			}
		}
		if table.n != len(plain.rows) {
			t.Fatalf("seed %d: %d groups instead of %d", seed, table.n, len(plain.rows))
		}
	}
}

// Sorting by bits gives the order that comparing values gives, and keeps the order of equal rows.
func TestRowSorter(t *testing.T) {
	for seed := range uint64(120) {
		r := rand.New(rand.NewPCG(seed, 2))
		n := r.IntN(3000)
		rows := &Batch{N: n}
		var keys []plan.SortKey
		var types []sqltypes.OID
		for k := range 1 + r.IntN(3) {
			typ := randomTypes[r.IntN(len(randomTypes))]
			column := randomColumn(r, typ, n)
			if typ == sqltypes.NumericOID && seed%2 == 0 { // one scale, no special values: the short way
				column = sqltypes.NewVec(typ, n)
				for range n {
					column.Append(sqltypes.SmallDecimal(r.Int64N(400)-200, int32(r.IntN(3))))
				}
			}
			rows.Cols = append(rows.Cols, column)
			types = append(types, typ)
			keys = append(keys, plan.SortKey{Slot: k, Desc: r.IntN(2) == 0, NullsFirst: r.IntN(2) == 0})
		}
		order := &rowOrder{keys: keys, types: types}
		want := make([]int32, n)
		for i := range want {
			want[i] = int32(i)
		}
		row := func(i int32) []sqltypes.Datum {
			out := make([]sqltypes.Datum, len(rows.Cols))
			rows.row(int(i), out)
			return out
		}
		slices.SortStableFunc(want, func(a, b int32) int { return order.compare(row(a), row(b)) })
		rt := &runtime{Input: Input{Context: t.Context()}}
		got := (&rowSorter{rt: rt, rows: rows, keys: keys, types: types}).sort()
		if !slices.Equal(got, want) {
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("seed %d: keys %v of %v: place %d holds row %d instead of %d: %v, %v", seed, keys, types, i, got[i], want[i], row(got[i]), row(want[i]))
				}
			}
		}
	}
}
