package exec

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// sort puts the rows in the order of keys that stand in the first columns.
func (in *joinInput) sort(types []sqltypes.OID, keys []plan.SortKey) {
	slices.SortStableFunc(in.rows, func(a, b []sqltypes.Datum) int {
		for i, k := range keys {
			c := 0
			if x, y := a[i], b[i]; x.IsNull() || y.IsNull() {
				if c = cmp.Compare(fmt.Sprint(x.IsNull()), fmt.Sprint(y.IsNull())); k.NullsFirst {
					c = -c
				}
			} else if c = sqltypes.Compare(types[i], x, y); k.Desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
}

// A merge join of sides of several batches gives what a hash join of them gives: by every form of keys, in either direction, with NULLs at either end, with
// few and with many rows of equal keys.
func TestMergeJoin(t *testing.T) {
	kinds := map[bind.JoinKind]string{bind.Inner: "inner", bind.Left: "left", bind.Full: "full", bind.Semi: "semi", bind.Anti: "anti"}
	cases := append(joinCases(), joinCase{"sparse", []sqltypes.OID{sqltypes.Int4OID}, []sqltypes.OID{sqltypes.Int4OID}, []sqltypes.OID{sqltypes.Int4OID},
		func(r *rand.Rand, _ int) sqltypes.Datum { return sqltypes.Int(int64(r.IntN(4000))) }})
	sizes := []struct{ outer, inner int }{{0, 1500}, {1500, 0}, {1, 2100}, {2500, 1100}, {1025, 2049}}
	for _, c := range cases {
		for kind, name := range kinds {
			for i, size := range sizes {
				if len(c.hash) == 0 || size.outer > 1 && size.inner > 1 && c.name != "sparse" && c.name != "text" && c.name != "two ints" {
					continue
				}
				r := rand.New(rand.NewPCG(uint64(i), uint64(kind)))
				nulls := []float64{0, 0.1}[r.IntN(2)]
				outer, inner := c.input(r, c.outer, size.outer, nulls), c.input(r, c.inner, size.inner, nulls)
				hash := c.join(kind, outer, inner, r.IntN(2) == 0, false, false)
				checkMerge(t, fmt.Sprintf("%s join of %d × %d rows by %s", name, size.outer, size.inner, c.name), hash, r, outer, inner)
			}
		}
	}
	// One group is larger than what is kept at a time.
	for kind, name := range kinds {
		r := rand.New(rand.NewPCG(7, uint64(kind)))
		c := cases[len(cases)-1]
		outer, inner := c.input(r, c.outer, 40, 0), c.input(r, c.inner, mergeRowsMax+3000, 0)
		for i, row := range inner.rows {
			if i%20 > 0 {
				row[0] = sqltypes.Int(2000)
			}
		}
		for _, row := range outer.rows[:5] {
			row[0] = sqltypes.Int(2000)
		}
		checkMerge(t, name+" join with a large group", c.join(kind, outer, inner, true, false, false), r, outer, inner)
	}
}

// checkMerge compares a hash join with the merge join of the same rows put in order.
func checkMerge(t *testing.T, name string, hash *plan.HashJoin, r *rand.Rand, outer, inner *joinInput) {
	t.Helper()
	want, err := runPlan(t, hash, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	n := &plan.MergeJoin{Output: hash.Output, Kind: hash.Kind, OuterKeys: hash.OuterKeys, InnerKeys: hash.InnerKeys, KeyTypes: hash.KeyTypes, On: hash.On}
	for i := range hash.KeyTypes {
		n.Keys = append(n.Keys, plan.SortKey{Slot: i, Desc: r.IntN(2) == 0, NullsFirst: r.IntN(2) == 0})
	}
	outer.sort(hash.KeyTypes, n.Keys)
	inner.sort(hash.KeyTypes, n.Keys)
	n.Outer, n.Inner = outer.plan(), inner.plan()
	got, err := runPlan(t, n, 1<<30)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%s, keys %v, condition %v: %d rows, want %d, error %v", name, n.Keys, n.On != nil, len(got), len(want), err)
	}
}

// numbered makes rows of a text key, a small int and the number of the row.
func numbered(r *rand.Rand, rows, keys int) *joinInput {
	in := &joinInput{types: []sqltypes.OID{sqltypes.TextOID, sqltypes.Int4OID, sqltypes.Int4OID}}
	for i := range rows {
		row := []sqltypes.Datum{sqltypes.String(fmt.Sprintf("key %06d", r.IntN(keys))), sqltypes.Int(int64(r.IntN(9))), sqltypes.Int(int64(i))}
		for k := range 2 {
			if r.IntN(20) == 0 {
				row[k] = sqltypes.Null
			}
		}
		in.rows = append(in.rows, row)
	}
	return in
}

// texts are rows from ≤ row < to as texts.
func (in *joinInput) texts(from, to int) (out []string) {
	for _, row := range in.rows[min(from, len(in.rows)):min(to, len(in.rows))] {
		out = append(out, rowText(row, in.types))
	}
	return out
}

// What an incremental sort gives of rows in the order of the first key is the whole sort: of groups of one row, of many, of more than are sorted together, with
// and without a bound.
func TestIncrementalSort(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		in := numbered(r, r.IntN(9000), []int{1, 3, 200, 100_000}[seed%4])
		keys := []plan.SortKey{{Slot: 0}, {Slot: 1}, {Slot: 2, Desc: r.IntN(2) == 0}}
		for i := range 2 {
			keys[i].Desc, keys[i].NullsFirst = r.IntN(2) == 0, r.IntN(2) == 0
		}
		in.sort(in.types, keys[:1])
		child := in.plan()
		n := &plan.Sort{Output: child.Output, Child: child, Keys: keys, Presorted: 1}
		most := len(in.rows)
		if r.IntN(2) == 0 {
			most = r.IntN(3000)
			n.Bound = &expr.Const{Base: expr.Base{Typ: sqltypes.T(sqltypes.Int8OID), At: -1}, Value: sqltypes.Int(int64(most))}
		}
		got, err := rowsOf(t, n, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		in.sort(in.types, keys)
		want := in.texts(0, most)
		if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
			t.Fatalf("seed %d: %d rows by %v, up to %d, are not in order", seed, len(in.rows), keys, most)
		}
	}
}

// Grouping rows whose equal keys come one behind the other gives the groups in their order, also when groups go over the ends of batches.
func TestSortedAggregate(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		in := numbered(r, r.IntN(7000), []int{1, 3, 200, 100_000}[seed%4])
		keys := []plan.SortKey{{Slot: 0, Desc: r.IntN(2) == 0, NullsFirst: r.IntN(2) == 0}, {Slot: 1}}[:1+r.IntN(2)]
		in.sort(in.types, keys)
		child := in.plan()
		n := &plan.Aggregate{Child: child, Sorted: true}
		for i := range keys {
			n.Keys, n.Cols = append(n.Keys, slotExpr(in.types[i], i)), append(n.Cols, child.Cols[i])
		}
		const count, sum, arrayAgg = 2803, 2108, 2335
		number := []expr.Expr{slotExpr(sqltypes.Int4OID, 2)}
		for _, a := range []struct {
			proc, result sqltypes.OID
			args         []expr.Expr
		}{{count, sqltypes.Int8OID, nil}, {sum, sqltypes.Int8OID, number}, {arrayAgg, sqltypes.Int4ArrayOID, number}} {
			n.Aggs = append(n.Aggs, &expr.Agg{Base: expr.Base{Typ: sqltypes.T(a.result), At: -1}, Proc: a.proc, Args: a.args})
			n.Cols = append(n.Cols, plan.Column{Type: sqltypes.T(a.result)})
		}
		got, err := rowsOf(t, n, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		if want := in.groups(len(keys)); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %d rows by %d keys give %d groups, want %d", seed, len(in.rows), len(keys), len(got), len(want))
		}
	}
}

// groups are the groups of rows that stand together: keys, count, sum and list of the numbers.
func (in *joinInput) groups(keys int) (out []string) {
	for from := 0; from < len(in.rows); {
		row := in.rows[from]
		key, to, sum, list := rowText(row[:keys], in.types), from, int64(0), ""
		for ; to < len(in.rows) && rowText(in.rows[to][:keys], in.types) == key; to++ {
			sum += in.rows[to][2].Int()
			list += fmt.Sprint(",", in.rows[to][2].Int())
		}
		out = append(out, fmt.Sprintf("%s|%d|%d|{%s}", key, to-from, sum, list[1:]))
		from = to
	}
	return out
}
