package expr

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// vecTypes are the types of the columns of the random batches, two of each.
var vecTypes = []oid{sqltypes.Int4OID, sqltypes.NumericOID, sqltypes.TextOID, sqltypes.BPCharOID, sqltypes.DateOID, sqltypes.Float8OID}

func randomDatum(r *rand.Rand, t oid) datum {
	switch t {
	case sqltypes.Int4OID:
		return sqltypes.Int([]int64{0, 1, -1, math.MaxInt32, math.MinInt32, r.Int64N(20)}[r.IntN(6)])
	case sqltypes.NumericOID:
		switch r.IntN(10) {
		case 0:
			return []datum{sqltypes.NumericNaN(), sqltypes.NumericInfinity(true), sqltypes.NumericInfinity(false)}[r.IntN(3)]
		case 1:
			return sqltypes.SmallDecimal([]int64{math.MaxInt64, math.MinInt64 + 1, 1 << 31, -1 << 31, 1<<31 - 1}[r.IntN(5)], int32(r.IntN(12)))
		case 2:
			d, _ := sqltypes.NumericMul(sqltypes.SmallDecimal(math.MaxInt64, 3), sqltypes.SmallDecimal(math.MaxInt64, int32(r.IntN(20))))
			return d
		}
		return sqltypes.SmallDecimal(r.Int64N(2000)-1000, int32(r.IntN(4)))
	case sqltypes.DateOID:
		return sqltypes.Int([]int64{math.MaxInt32, math.MinInt32, 0, -1, 365, 366, r.Int64N(4000), -r.Int64N(900_000)}[r.IntN(8)])
	case sqltypes.Float8OID:
		return sqltypes.Float([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), 1e308, r.Float64() * 9}[r.IntN(6)])
	case sqltypes.BPCharOID:
		return sqltypes.String(fmt.Sprintf("%-4s", []string{"", "a", "ab", "b", "ä", "ab\t"}[r.IntN(6)]))
	}
	return sqltypes.String([]string{"", "a", "ab", "special", "a special way", "special requests, special", "%", "ää"}[r.IntN(8)])
}

func procBySource(t *testing.T, source string) *procRow {
	for i := range procRows {
		if procRows[i].source == source {
			return &procRows[i]
		}
	}
	t.Fatalf("no function has the source %s", source)
	return nil
}

// vecMaker makes random expressions.
type vecMaker struct {
	t *testing.T
	r *rand.Rand
}

func (m vecMaker) call(source string, args ...Expr) Expr {
	row := procBySource(m.t, source)
	return &Func{Base: Base{Typ: sqltypes.T(row.result), At: -1}, Proc: row.oid, Name: row.name, Args: args}
}

func (m vecMaker) constant(t oid) Expr {
	c := &Const{Base: Base{Typ: sqltypes.T(t), At: -1}}
	if m.r.IntN(12) > 0 {
		c.Value = randomDatum(m.r, t)
	}
	return c
}

func (m vecMaker) of(t oid, depth int) Expr {
	base := Base{Typ: sqltypes.T(t), At: -1}
	if depth == 0 || m.r.IntN(5) == 0 {
		if m.r.IntN(4) == 0 {
			return m.constant(t)
		}
		return &Slot{Base: base, Index: 2*slices.Index(vecTypes, t) + m.r.IntN(2)}
	}
	depth--
	switch m.r.IntN(6) {
	case 0:
		e := &Case{Base: base, Default: m.of(t, depth)}
		for range 1 + m.r.IntN(2) {
			e.Whens = append(e.Whens, When{m.condition(depth), m.of(t, depth)})
		}
		return e
	case 1:
		return &Coalesce{Base: base, Args: []Expr{m.of(t, depth), m.of(t, depth), m.of(t, depth)}}
	}
	pick := func(list ...string) string { return list[m.r.IntN(len(list))] }
	switch t {
	case sqltypes.Int4OID:
		return m.call(pick("int4pl", "int4mi", "int4mul", "int4div", "int4mod"), m.of(t, depth), m.of(t, depth))
	case sqltypes.NumericOID:
		switch m.r.IntN(7) {
		case 0:
			return m.call("int4_numeric", m.of(sqltypes.Int4OID, depth))
		case 1:
			unit := &Const{Base: Base{Typ: sqltypes.T(sqltypes.TextOID), At: -1}, Value: sqltypes.String(pick("year", "month"))}
			return m.call("extract_date", unit, m.of(sqltypes.DateOID, depth))
		}
		return m.call(pick("numeric_add", "numeric_sub", "numeric_mul", "numeric_div"), m.of(t, depth), m.of(t, depth))
	case sqltypes.TextOID:
		if m.r.IntN(2) == 0 {
			return m.call("textcat", m.of(t, depth), m.of(t, depth))
		}
		return m.call(pick("lower", "upper"), m.of(t, depth))
	case sqltypes.Float8OID:
		return m.call(pick("float8pl", "float8mi", "float8mul", "float8div"), m.of(t, depth), m.of(t, depth))
	}
	return m.of(t, 0)
}

func (m vecMaker) condition(depth int) Expr {
	boolean := Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}
	t := vecTypes[m.r.IntN(len(vecTypes))]
	if depth > 0 {
		switch m.r.IntN(6) {
		case 0:
			return &Bool{Base: boolean, Op: And, Args: []Expr{m.condition(depth - 1), m.condition(depth - 1)}}
		case 1:
			return &Bool{Base: boolean, Op: Or, Args: []Expr{m.condition(depth - 1), m.condition(depth - 1), m.condition(depth - 1)}}
		case 2:
			return &Bool{Base: boolean, Op: Not, Args: []Expr{m.condition(depth - 1)}}
		}
		depth--
	}
	if m.r.IntN(8) == 0 {
		return &NullTest{Base: boolean, Arg: m.of(t, 0), Not: m.r.IntN(2) == 0}
	}
	family := map[oid]string{sqltypes.Int4OID: "int4", sqltypes.NumericOID: "numeric_", sqltypes.TextOID: "text", sqltypes.BPCharOID: "bpchar",
		sqltypes.DateOID: "date_", sqltypes.Float8OID: "float8"}[t]
	op := []string{"eq", "ne", "lt", "le", "gt", "ge"}[m.r.IntN(6)]
	if m.r.IntN(4) == 0 && t != sqltypes.Float8OID {
		all := m.r.IntN(2) == 0
		op = "eq"
		if all {
			op = "ne"
		}
		array := &sqltypes.Array{Element: t}
		for range m.r.IntN(12) {
			if m.r.IntN(30) == 0 {
				array.Elements = append(array.Elements, sqltypes.Null)
			} else {
				array.Elements = append(array.Elements, randomDatum(m.r, t))
			}
		}
		if n := len(array.Elements); n > 0 {
			array.Lengths, array.Lowers = []int32{int32(n)}, []int32{1}
		}
		arrayType, _ := sqltypes.ArrayOf(t)
		right := &Const{Base: Base{Typ: sqltypes.T(arrayType), At: -1}, Value: sqltypes.FromArray(array)}
		return &ArrayOp{Base: boolean, Proc: procBySource(m.t, family+op).oid, Name: "=", All: all, Left: m.of(t, depth), Right: right}
	}
	if t == sqltypes.DateOID && m.r.IntN(2) == 0 {
		moments := []int64{sqltypes.TimestampInfinity, sqltypes.TimestampMinusInfinity, 0, -1, 1, 365 * sqltypes.MicrosPerDay, -3*sqltypes.MicrosPerDay + 5,
			m.r.Int64N(4000)*sqltypes.MicrosPerDay + m.r.Int64N(2)}
		moment := &Const{Base: Base{Typ: sqltypes.T(sqltypes.TimestampOID), At: -1}, Value: sqltypes.Int(moments[m.r.IntN(len(moments))])}
		return m.call("date_"+op+"_timestamp", m.of(t, depth), moment)
	}
	if t == sqltypes.TextOID {
		if m.r.IntN(3) == 0 {
			patterns := []string{"a%", "%special%", "%special%requests%", "%a", "_b", "", "%", "a", `\%`, "%special%special%"}
			pattern := &Const{Base: Base{Typ: sqltypes.T(t), At: -1}, Value: sqltypes.String(patterns[m.r.IntN(len(patterns))])}
			return m.call([]string{"textlike", "textnlike"}[m.r.IntN(2)], m.of(t, depth), pattern)
		}
		if op != "eq" && op != "ne" {
			op = "_" + op
		}
	}
	return m.call(family+op, m.of(t, depth), m.of(t, depth))
}

// What code over columns computes is what the same expression gives row by row, for whole batches and parts of them; it fails only where a row does.
func TestVectorAgrees(t *testing.T) {
	agreed := 0
	defer func() {
		if agreed < 4000 {
			t.Errorf("only %d expressions had values to compare", agreed)
		}
	}()
	for seed := range uint64(4000) {
		m := vecMaker{t, rand.New(rand.NewPCG(seed, 3))}
		n := 1 + m.r.IntN(40)
		var cols []*sqltypes.Vec
		for i := range 2 * len(vecTypes) {
			v := sqltypes.NewVec(vecTypes[i/2], n)
			nulls := m.r.IntN(2) == 0
			for range n {
				if nulls && m.r.IntN(4) == 0 {
					v.Append(sqltypes.Null)
				} else {
					v.Append(randomDatum(m.r, vecTypes[i/2]))
				}
			}
			cols = append(cols, &v)
		}
		var sel []int32
		for i := range n {
			if seed%2 == 0 || m.r.IntN(3) > 0 {
				sel = append(sel, int32(i))
			}
		}
		if seed%3 == 0 {
			agreeCondition(t, seed, m.condition(3), cols, sel, &agreed)
		} else {
			agreeValue(t, seed, m.of(vecTypes[m.r.IntN(len(vecTypes))], 4), cols, sel, &agreed)
		}
	}
}

// vecRoom is room enough for the values of these tests.
const vecRoom = 1 << 30

// scalars computes an expression row by row; failed tells that some row has an error.
func scalars(t *testing.T, e Expr, cols []*sqltypes.Vec, sel []int32) (values []datum, failed bool) {
	run, err := Compile(e)
	if err != nil {
		t.Fatal(err)
	}
	env := &Env{Row: make([]datum, len(cols))}
	for _, row := range sel {
		for c := range cols {
			env.Row[c] = cols[c].At(int(row))
		}
		d, err := run(env)
		if err != nil {
			return nil, true
		}
		values = append(values, d)
	}
	return values, false
}

func agreeCondition(t *testing.T, seed uint64, e Expr, cols []*sqltypes.Vec, sel []int32, agreed *int) {
	filter, ok := CompileFilter(e)
	if !ok {
		return
	}
	values, failed := scalars(t, e, cols, sel)
	for range 2 { // what a run leaves behind must not matter to the next
		env := &Env{Room: vecRoom}
		got, err := filter(env, cols, slices.Clone(sel))
		if failed || err != nil {
			continue // which parts are computed for a row, and so which fail, may differ: the executor goes by what comes row by row then
		}
		if env.Room != vecRoom {
			t.Fatalf("seed %d: %s keeps %d bytes of room", seed, Print(e, nil), vecRoom-env.Room)
		}
		*agreed++
		var want []int32
		for i, d := range values {
			if d.Bool() {
				want = append(want, sel[i])
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s keeps %v instead of %v", seed, Print(e, nil), got, want)
		}
	}
}

func agreeValue(t *testing.T, seed uint64, e Expr, cols []*sqltypes.Vec, sel []int32, agreed *int) {
	vector, ok := CompileVector(e)
	if !ok {
		return
	}
	values, failed := scalars(t, e, cols, sel)
	out := sqltypes.NewVec(e.Type().OID, 0)
	for range 2 {
		env := &Env{Room: vecRoom}
		err := vector(env, cols, sel, &out)
		if failed || err != nil {
			continue
		}
		held := 0
		for i := range out.Len() {
			held += out.At(i).Size()
		}
		if taken := vecRoom - env.Room; taken > held || taken < 0 {
			t.Fatalf("seed %d: %s takes %d bytes of room for %d", seed, Print(e, nil), taken, held)
		}
		*agreed++
		if out.Len() != len(sel) {
			t.Fatalf("seed %d: %s gives %d values instead of %d", seed, Print(e, nil), out.Len(), len(sel))
		}
		for i, want := range values {
			got := out.At(i)
			if got.IsNull() != want.IsNull() || !want.IsNull() && sqltypes.Text(e.Type().OID, got, nil) != sqltypes.Text(e.Type().OID, want, nil) {
				t.Fatalf("seed %d: %s is %s instead of %s in row %d", seed, Print(e, nil), shown(e, got), shown(e, want), sel[i])
			}
		}
	}
}

func shown(e Expr, d datum) string {
	if d.IsNull() {
		return "NULL"
	}
	return sqltypes.Text(e.Type().OID, d, nil)
}

// Accumulators give what a state for each group gives.
func TestAccumulatorAgrees(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 4))
		for _, c := range []struct{ proc, typ oid }{{2803, 0}, {2147, sqltypes.TextOID}, {2108, sqltypes.Int4OID}, {2107, sqltypes.Int8OID}, {2101, sqltypes.Int4OID},
			{2114, sqltypes.NumericOID}, {2103, sqltypes.NumericOID}, {2111, sqltypes.Float8OID}, {2105, sqltypes.Float8OID}, {2116, sqltypes.Int4OID},
			{2132, sqltypes.Int4OID}, {2130, sqltypes.NumericOID}, {2146, sqltypes.NumericOID}, {2129, sqltypes.TextOID}, {2145, sqltypes.TextOID}, {2138, sqltypes.DateOID},
			{2120, sqltypes.Float8OID}, {2136, sqltypes.Float8OID}, {2245, sqltypes.BPCharOID}, {2716, sqltypes.Float8OID}, {2159, sqltypes.NumericOID}} {
			agg, err := LookupAggregate(c.proc, &CallInfo{Proc: c.proc, Args: []sqltypes.Type{sqltypes.T(c.typ)}})
			if err != nil {
				t.Fatal(err)
			}
			result := procRowOf(c.proc).result
			groups := 1 + r.IntN(5)
			acc := NewAccumulator(c.proc, c.typ, agg)
			acc.Grow(groups)
			states := make([]AggState, groups)
			for g := range states {
				states[g] = agg.New()
			}
			failed := false
			for range 3 {
				var column *sqltypes.Vec
				var of []int32
				n := r.IntN(20)
				if c.typ != 0 {
					v := sqltypes.NewVec(c.typ, n)
					column = &v
				}
				for range n {
					g := int32(r.IntN(groups))
					of = append(of, g)
					var args []datum
					if column != nil {
						d := sqltypes.Null
						switch {
						case r.IntN(5) == 0:
						case c.typ == sqltypes.Int8OID:
							d = sqltypes.Int(r.Int64() - r.Int64())
						default:
							d = randomDatum(r, c.typ)
						}
						column.Append(d)
						args = []datum{d}
					}
					failed = states[g].Add(&Env{}, args) != nil || failed
				}
				if err := acc.Add(&Env{Room: vecRoom}, of, column); (err != nil) != failed {
					t.Fatalf("seed %d: aggregate %d fails with %v, row by row: %v", seed, c.proc, err, failed)
				}
				if failed {
					break
				}
			}
			for g := range states {
				if failed {
					break
				}
				want, err := states[g].Result(&Env{})
				got, err2 := acc.Result(&Env{}, g)
				e := &Const{Base: Base{Typ: sqltypes.T(result)}}
				if (err == nil) != (err2 == nil) || shown(e, got) != shown(e, want) {
					t.Fatalf("seed %d: aggregate %d of %d gives %s (%v) instead of %s (%v)", seed, c.proc, c.typ, shown(e, got), err2, shown(e, want), err)
				}
			}
		}
	}
}

func procRowOf(proc oid) *procRow {
	row, _ := findProc(proc)
	return row
}

// Functions over columns hold no more than there is room for: for too many rows they end with ErrRoom, and what they let go of has room again.
func TestVectorRoom(t *testing.T) {
	text := Base{Typ: sqltypes.T(sqltypes.TextOID), At: -1}
	m := vecMaker{t: t}
	slot := &Slot{Base: text}
	upper := m.call("upper", m.call("textcat", slot, m.call("lower", slot)))
	whole := &Case{Base: text, Whens: []When{{Cond: m.call("textlike", slot, &Const{Base: text, Value: sqltypes.String("a%")}), Result: upper}}, Default: m.call("lower", slot)}
	length := m.call("textlen", upper)
	large := sqltypes.String(strings.Repeat("ab", 500_000))
	column := sqltypes.NewVec(sqltypes.TextOID, 0)
	sel := make([]int32, 100)
	for i := range sel {
		sel[i] = int32(i)
		column.Append(large)
	}
	for _, e := range []Expr{upper, whole, length} {
		vector, ok := CompileVector(e)
		if !ok {
			t.Fatalf("%s has no code for columns", Print(e, nil))
		}
		out := sqltypes.NewVec(e.Type().OID, 0)
		env := &Env{Room: 50 << 20}
		if err := vector(env, []*sqltypes.Vec{&column}, sel, &out); err != ErrRoom {
			t.Errorf("%s of 100 texts of 1 MB: %v", Print(e, nil), err)
		}
		env.Room = 50 << 20
		if err := vector(env, []*sqltypes.Vec{&column}, sel[:10], &out); err != nil || out.Len() != 10 {
			t.Errorf("%s of 10 texts of 1 MB: %v", Print(e, nil), err)
		}
		held := 0
		for i := range out.Len() {
			held += out.At(i).Size()
		}
		if env.Room != 50<<20-held {
			t.Errorf("%s holds %d bytes for values of %d", Print(e, nil), 50<<20-env.Room, held)
		}
	}
}
