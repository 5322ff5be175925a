package exec

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// windowRows makes rows of a partition key, an order key and a value, sorted by the first two.
func windowRows(r *rand.Rand, value sqltypes.OID) *joinInput {
	in := &joinInput{types: []sqltypes.OID{sqltypes.Int4OID, sqltypes.Int4OID, value}}
	partitions, keys := 1+r.IntN(5), 1+r.IntN(40)
	for range r.IntN(400) {
		row := []sqltypes.Datum{sqltypes.Int(int64(r.IntN(partitions))), sqltypes.Int(int64(r.IntN(keys))), sqltypes.Null}
		for i := range 2 {
			if r.IntN(20) == 0 {
				row[i] = sqltypes.Null
			}
		}
		if r.IntN(9) > 0 {
			row[2] = randomValue(r, value)
		}
		in.rows = append(in.rows, row)
	}
	order := &rowOrder{keys: []plan.SortKey{{Slot: 0}, {Slot: 1}}, types: in.types}
	slices.SortStableFunc(in.rows, order.compare)
	return in
}

// windowCallsOf are calls whose results depend on the frame, and on values of one type.
func windowCallsOf(value sqltypes.OID) []*expr.WindowFunc {
	call := func(proc sqltypes.OID, name string, result sqltypes.OID, aggregate bool, args ...expr.Expr) *expr.WindowFunc {
		return &expr.WindowFunc{Base: expr.Base{Typ: sqltypes.T(result), At: -1}, Proc: proc, Name: name, Aggregate: aggregate, Args: args}
	}
	v := slotExpr(value, 2)
	list := []*expr.WindowFunc{
		call(2147, "count", sqltypes.Int8OID, true, v), call(3112, "first_value", value, false, v), call(3113, "last_value", value, false, v),
		call(3114, "nth_value", value, false, v, &expr.Const{Base: expr.Base{Typ: sqltypes.T(sqltypes.Int4OID), At: -1}, Value: sqltypes.Int(3)}),
		call(3100, "row_number", sqltypes.Int8OID, false), call(3101, "rank", sqltypes.Int8OID, false), call(3102, "dense_rank", sqltypes.Int8OID, false),
	}
	switch value {
	case sqltypes.Int4OID:
		list = append(list, call(2108, "sum", sqltypes.Int8OID, true, v), call(2101, "avg", sqltypes.NumericOID, true, v),
			call(2116, "max", value, true, v), call(2132, "min", value, true, v), call(2335, "array_agg", sqltypes.Int4ArrayOID, true, v))
	case sqltypes.NumericOID:
		list = append(list, call(2114, "sum", value, true, v), call(2103, "avg", value, true, v), call(2130, "max", value, true, v), call(2146, "min", value, true, v))
	case sqltypes.Float8OID:
		list = append(list, call(2111, "sum", value, true, v), call(2105, "avg", value, true, v), call(2120, "max", value, true, v), call(2136, "min", value, true, v))
	case sqltypes.TextOID:
		list = append(list, call(2129, "max", value, true, v), call(2145, "min", value, true, v))
	}
	return list
}

// randomFrame draws a frame whose bounds may stand together. RANGE with offsets is of the integer key.
func randomFrame(r *rand.Rand) bind.Frame {
	bound := func(kinds ...bind.FrameBoundKind) bind.FrameBound {
		b := bind.FrameBound{Kind: kinds[r.IntN(len(kinds))]}
		if b.Kind == bind.Preceding || b.Kind == bind.Following {
			b.Offset = &expr.Const{Base: expr.Base{Typ: sqltypes.T(sqltypes.Int8OID), At: -1}, Value: sqltypes.Int(int64(r.IntN(6)))}
		}
		return b
	}
	for {
		f := bind.Frame{Mode: bind.FrameMode(r.IntN(3)), Exclude: bind.FrameExclude(max(0, r.IntN(8)-4)),
			Start: bound(bind.UnboundedPreceding, bind.Preceding, bind.CurrentRow, bind.Following),
			End:   bound(bind.UnboundedFollowing, bind.Following, bind.CurrentRow, bind.Preceding)}
		if f.Start.Kind <= f.End.Kind {
			return f
		}
	}
}

// inFrame tells by the definition whether row j is in the frame of row i, of rows of one partition.
func inFrame(f bind.Frame, rows [][]sqltypes.Datum, group []int, i, j int) bool {
	key := func(row int) sqltypes.Datum { return rows[row][1] }
	within := func(b bind.FrameBound, start bool) bool {
		n := int64(0)
		switch b.Kind {
		case bind.UnboundedPreceding, bind.UnboundedFollowing:
			return true
		case bind.Preceding:
			n = -b.Offset.(*expr.Const).Value.Int()
		case bind.Following:
			n = b.Offset.(*expr.Const).Value.Int()
		}
		var at, from int64
		switch {
		case f.Mode == bind.FrameRows:
			at, from = int64(j), int64(i)
		case f.Mode == bind.FrameGroups || b.Kind == bind.CurrentRow || key(i).IsNull():
			at, from = int64(group[j]), int64(group[i])
			if f.Mode == bind.FrameRange {
				n = 0
			}
		case key(j).IsNull(): // NULLs come last
			return start
		default:
			at, from = key(j).Int(), key(i).Int()
		}
		if start {
			return at >= from+n
		}
		return at <= from+n
	}
	peer := group[i] == group[j]
	switch {
	case f.Exclude == bind.ExcludeCurrentRow && i == j, f.Exclude == bind.ExcludeGroup && peer, f.Exclude == bind.ExcludeTies && peer && i != j:
		return false
	}
	return within(f.Start, true) && within(f.End, false)
}

// modelWindow computes the result of a call for row i of a partition from its whole frame.
func modelWindow(t *testing.T, c *expr.WindowFunc, frame []int, rows [][]sqltypes.Datum, group []int, i int) sqltypes.Datum {
	switch c.Name {
	case "row_number":
		return sqltypes.Int(int64(i + 1))
	case "rank":
		return sqltypes.Int(int64(slices.Index(group, group[i]) + 1))
	case "dense_rank":
		return sqltypes.Int(int64(group[i] + 1))
	case "first_value", "last_value", "nth_value":
		k := map[string]int{"first_value": 0, "last_value": len(frame) - 1, "nth_value": 2}[c.Name]
		if k < 0 || k >= len(frame) {
			return sqltypes.Null
		}
		return rows[frame[k]][2]
	}
	agg, err := expr.LookupAggregate(c.Proc, &expr.CallInfo{Proc: c.Proc, Name: c.Name, Result: c.Typ, Args: []sqltypes.Type{c.Args[0].Type()}})
	if err != nil {
		t.Fatal(err)
	}
	state := agg.New()
	for _, row := range frame {
		if err := state.Add(nil, []sqltypes.Datum{rows[row][2]}); err != nil {
			t.Fatal(err)
		}
	}
	d, err := state.Result(nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Functions over running and sliding frames give what their whole frames give, to the last digit.
func TestWindowFrames(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		value := []sqltypes.OID{sqltypes.Int4OID, sqltypes.NumericOID, sqltypes.Float8OID, sqltypes.TextOID, sqltypes.BPCharOID}[r.IntN(5)]
		in := windowRows(r, value)
		if value == sqltypes.Int4OID {
			for _, row := range in.rows { // sums of these stay within a bigint
				if !row[2].IsNull() {
					row[2] = sqltypes.Int(row[2].Int() % 1000)
				}
			}
		}
		child := in.plan()
		n := &plan.WindowAgg{Child: child, Frame: randomFrame(r), Partition: []expr.Expr{slotExpr(sqltypes.Int4OID, 0)},
			Order: []expr.SortKey{{Expr: slotExpr(sqltypes.Int4OID, 1)}}, Funcs: windowCallsOf(value)}
		n.Cols = slices.Clone(child.Cols)
		types := slices.Clone(in.types)
		for _, f := range n.Funcs {
			n.Cols = append(n.Cols, plan.Column{Name: f.Name, Type: f.Typ})
			types = append(types, f.Typ.OID)
		}
		var want []string
		for from := 0; from < len(in.rows); {
			end := from + 1
			for end < len(in.rows) && compareNulls(sqltypes.Int4OID, in.rows[from][0], in.rows[end][0], false) == 0 {
				end++
			}
			part := in.rows[from:end]
			group := make([]int, len(part))
			for i := 1; i < len(part); i++ {
				group[i] = group[i-1]
				if compareNulls(sqltypes.Int4OID, part[i-1][1], part[i][1], false) != 0 {
					group[i]++
				}
			}
			for i, row := range part {
				var frame []int
				for j := range part {
					if inFrame(n.Frame, part, group, i, j) {
						frame = append(frame, j)
					}
				}
				out := slices.Clone(row)
				for _, f := range n.Funcs {
					out = append(out, modelWindow(t, f, frame, part, group, i))
				}
				want = append(want, rowText(out, types))
			}
			from = end
		}
		if got := runRows(t, n, types); !slices.Equal(got, want) {
			for i := range got {
				if i >= len(want) || got[i] != want[i] {
					t.Fatalf("seed %d: frame %+v over %s: row %d of %d is %s, want %s", seed, n.Frame, sqltypes.TypeName(sqltypes.T(value)), i, len(got), got[i], want[min(i, len(want)-1)])
				}
			}
			t.Fatalf("seed %d: %d rows instead of %d", seed, len(got), len(want))
		}
	}
}

// runRows runs a plan and gives its rows as text.
func runRows(t *testing.T, n plan.Node, types []sqltypes.OID) (out []string) {
	t.Helper()
	prog, err := Compile(&plan.Plan{Root: n})
	if err != nil {
		t.Fatal(err)
	}
	modified := 0
	in := Input{Context: t.Context(), Modified: &modified}
	Defaults(&in)
	if err := prog.Open(in); err != nil {
		t.Fatal(err)
	}
	defer func() {
		prog.Close()
		if prog.rt.memory != 0 {
			t.Errorf("%d bytes are still counted after the end", prog.rt.memory)
		}
	}()
	for {
		b, err := prog.Next()
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			return out
		}
		row := make([]sqltypes.Datum, len(types))
		for i := range b.N {
			b.row(i, row)
			out = append(out, rowText(row, types))
		}
	}
}

// compareRows fails when two lists of rows differ.
func compareRows(t *testing.T, says string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: %d rows\n%s\nwant %d\n%s", says, len(got), strings.Join(got[:min(20, len(got))], "\n"), len(want), strings.Join(want[:min(20, len(want))], "\n"))
	}
}

// INTERSECT and EXCEPT pair rows as the definition says, with ALL by how often they come.
func TestSetOperations(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 4))
		var types []sqltypes.OID
		for range r.IntN(4) {
			types = append(types, randomTypes[r.IntN(len(randomTypes))])
		}
		side := func() *joinInput {
			in := &joinInput{types: types}
			for range r.IntN(300) {
				row := make([]sqltypes.Datum, len(types))
				for k, typ := range types {
					if r.IntN(9) > 0 {
						row[k] = randomValue(r, typ)
					}
				}
				in.rows = append(in.rows, row)
			}
			return in
		}
		left, right := side(), side()
		if len(left.rows) > 0 {
			for range r.IntN(200) {
				right.rows = append(right.rows, left.rows[r.IntN(len(left.rows))])
			}
		}
		plain := hashTable{types: types}
		var counts, given []int
		number := func(row []sqltypes.Datum) int {
			if i := plain.first(row); i >= 0 {
				return i
			}
			counts, given = append(counts, 0), append(given, 0)
			return plain.add(row, nil)
		}
		for _, row := range right.rows {
			counts[number(row)]++
		}
		n := &plan.SetOp{Except: r.IntN(2) == 0, All: r.IntN(2) == 0, Left: left.plan(), Right: right.plan()}
		n.Cols = left.plan().Cols
		var want []string
		for _, row := range left.rows {
			g := number(row)
			given[g]++
			keep := counts[g] > 0 != n.Except && given[g] == 1
			if n.All {
				keep = given[g] <= counts[g] != n.Except
			}
			if keep {
				want = append(want, rowText(row, types))
			}
		}
		compareRows(t, fmt.Sprintf("seed %d: except %v, all %v of %v", seed, n.Except, n.All, types), runRows(t, n, types), want)
	}
}

// A sort with a bound gives the first rows of the whole sort: few or many of them, with and without those that are equal to the last.
func TestTopRows(t *testing.T) {
	constant := func(n int) expr.Expr {
		return &expr.Const{Base: expr.Base{Typ: sqltypes.T(sqltypes.Int8OID), At: -1}, Value: sqltypes.Int(int64(n))}
	}
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 5))
		in := &joinInput{types: []sqltypes.OID{randomTypes[r.IntN(len(randomTypes))], randomTypes[r.IntN(len(randomTypes))], sqltypes.Int4OID}}
		for i := range r.IntN(40_000) {
			row := []sqltypes.Datum{sqltypes.Null, sqltypes.Null, sqltypes.Int(int64(i))}
			for k := range 2 {
				if r.IntN(9) > 0 {
					row[k] = randomValue(r, in.types[k])
				}
			}
			in.rows = append(in.rows, row)
		}
		child := in.plan()
		n := &plan.Sort{Child: child, Bound: constant(r.IntN([]int{4, 200, 20_000}[r.IntN(3)])), Ties: r.IntN(2) == 0}
		n.Cols = child.Cols
		if r.IntN(3) == 0 {
			n.BoundOffset = constant(r.IntN(100))
		}
		for k := range 1 + r.IntN(2) {
			n.Keys = append(n.Keys, plan.SortKey{Slot: k, Desc: r.IntN(2) == 0, NullsFirst: r.IntN(2) == 0})
		}
		order := &rowOrder{keys: n.Keys, types: in.types}
		sorted := slices.Clone(in.rows)
		slices.SortStableFunc(sorted, order.compare)
		most := int(n.Bound.(*expr.Const).Value.Int())
		if n.BoundOffset != nil {
			most += int(n.BoundOffset.(*expr.Const).Value.Int())
		}
		most = min(most, len(sorted))
		for n.Ties && most > 0 && most < len(sorted) && order.compare(sorted[most-1], sorted[most]) == 0 {
			most++
		}
		var want []string
		for _, row := range sorted[:most] {
			want = append(want, rowText(row, in.types))
		}
		compareRows(t, fmt.Sprintf("seed %d: first %d of %d, ties %v, by %v of %v", seed, most, len(sorted), n.Ties, n.Keys, in.types), runRows(t, n, in.types), want)
	}
}
