package exec

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// joinCase is one form of keys: the type of each on both sides, the type they hash by, and values to draw from.
type joinCase struct {
	name         string
	outer, inner []sqltypes.OID
	hash         []sqltypes.OID
	value        func(r *rand.Rand, key int) sqltypes.Datum
}

func joinCases() []joinCase {
	same := func(name string, t sqltypes.OID, value func(r *rand.Rand) sqltypes.Datum) joinCase {
		list := []sqltypes.OID{t}
		return joinCase{name, list, list, list, func(r *rand.Rand, _ int) sqltypes.Datum { return value(r) }}
	}
	text := func(r *rand.Rand) sqltypes.Datum {
		return sqltypes.String(strings.Repeat("k", r.IntN(5)) + fmt.Sprint(r.IntN(20)))
	}
	small := func(r *rand.Rand) sqltypes.Datum { return sqltypes.Int(int64(r.IntN(40) - 20)) }
	return []joinCase{
		same("int", sqltypes.Int4OID, small),
		same("far apart", sqltypes.Int8OID, func(r *rand.Rand) sqltypes.Datum {
			return sqltypes.Int([]int64{math.MinInt64, math.MaxInt64, 0, -1, 1 << 40, 3 << 40, int64(r.IntN(30)) << 33}[r.IntN(7)])
		}),
		same("timestamp", sqltypes.TimestampOID, func(r *rand.Rand) sqltypes.Datum { return sqltypes.Int(int64(r.IntN(30)) * 86_400_000_000) }),
		same("text", sqltypes.TextOID, text),
		same("char", sqltypes.BPCharOID, func(r *rand.Rand) sqltypes.Datum {
			return sqltypes.String(fmt.Sprint(r.IntN(9)) + strings.Repeat(" ", r.IntN(3)))
		}),
		same("uuid", sqltypes.UUIDOID, func(r *rand.Rand) sqltypes.Datum { return sqltypes.Bytes(append(make([]byte, 15), byte(r.IntN(30)))) }),
		same("numeric", sqltypes.NumericOID, func(r *rand.Rand) sqltypes.Datum {
			d, err := sqltypes.ParseText(sqltypes.T(sqltypes.NumericOID), fmt.Sprint(r.IntN(9))+[]string{"", ".0", ".5", ".50"}[r.IntN(4)], nil)
			if err != nil {
				panic(err)
			}
			return d
		}),
		same("float", sqltypes.Float8OID, func(r *rand.Rand) sqltypes.Datum {
			return sqltypes.Float([]float64{0, math.Copysign(0, -1), math.NaN(), -math.NaN(), 1.5, math.Inf(1), float64(r.IntN(9))}[r.IntN(7)])
		}),
		{"int with bigint", []sqltypes.OID{sqltypes.Int4OID}, []sqltypes.OID{sqltypes.Int8OID}, []sqltypes.OID{sqltypes.Int8OID},
			func(r *rand.Rand, _ int) sqltypes.Datum { return small(r) }},
		{"int and text", []sqltypes.OID{sqltypes.Int4OID, sqltypes.TextOID}, []sqltypes.OID{sqltypes.Int4OID, sqltypes.TextOID},
			[]sqltypes.OID{sqltypes.Int8OID, sqltypes.TextOID}, func(r *rand.Rand, key int) sqltypes.Datum {
				if key == 0 {
					return sqltypes.Int(int64(r.IntN(5)))
				}
				return text(r)
			}},
		{"two ints", []sqltypes.OID{sqltypes.Int4OID, sqltypes.Int8OID}, []sqltypes.OID{sqltypes.Int8OID, sqltypes.Int4OID},
			[]sqltypes.OID{sqltypes.Int8OID, sqltypes.Int8OID}, func(r *rand.Rand, _ int) sqltypes.Datum { return sqltypes.Int(int64(r.IntN(7))) }},
		{name: "no keys"},
	}
}

// joinInput is the rows of one side: its keys, then an int.
type joinInput struct {
	types []sqltypes.OID
	rows  [][]sqltypes.Datum
}

func (c *joinCase) input(r *rand.Rand, types []sqltypes.OID, rows int, nulls float64) *joinInput {
	in := &joinInput{types: append(slices.Clone(types), sqltypes.Int4OID)}
	for range rows {
		row := make([]sqltypes.Datum, len(types)+1)
		for k := range types {
			if r.Float64() >= nulls {
				row[k] = c.value(r, k)
			}
		}
		if r.Float64() >= nulls {
			row[len(types)] = sqltypes.Int(int64(r.IntN(50)))
		}
		in.rows = append(in.rows, row)
	}
	return in
}

func (in *joinInput) plan() *plan.Values {
	v := &plan.Values{}
	for i, t := range in.types {
		v.Cols = append(v.Cols, plan.Column{Name: fmt.Sprint("c", i), Type: sqltypes.T(t)})
	}
	for _, row := range in.rows {
		exprs := make([]expr.Expr, len(row))
		for i, d := range row {
			exprs[i] = &expr.Const{Base: expr.Base{Typ: sqltypes.T(in.types[i]), At: -1}, Value: d}
		}
		v.Rows = append(v.Rows, exprs)
	}
	return v
}

func slotExpr(t sqltypes.OID, i int) expr.Expr {
	return &expr.Slot{Base: expr.Base{Typ: sqltypes.T(t), At: -1}, Index: i}
}

// join makes the plan of a join. lessThan adds the condition that the outer int is less than the inner one.
func (c *joinCase) join(kind bind.JoinKind, outer, inner *joinInput, lessThan, buildOuter, nullAware bool) *plan.HashJoin {
	o, i := outer.plan(), inner.plan()
	n := &plan.HashJoin{Kind: kind, Outer: o, Inner: i, KeyTypes: c.hash, BuildOuter: buildOuter, NullAware: nullAware}
	n.Cols = slices.Clone(o.Cols)
	if kind != bind.Semi && kind != bind.Anti {
		n.Cols = append(n.Cols, i.Cols...)
	}
	for k := range c.hash {
		n.OuterKeys, n.InnerKeys = append(n.OuterKeys, slotExpr(c.outer[k], k)), append(n.InnerKeys, slotExpr(c.inner[k], k))
	}
	if lessThan {
		const int4lt = 66
		n.On = &expr.Func{Base: expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}, Proc: int4lt, Name: "<", Operator: 97, Args: []expr.Expr{
			slotExpr(sqltypes.Int4OID, len(c.outer)), slotExpr(sqltypes.Int4OID, len(outer.types)+len(c.inner))}}
	}
	return n
}

// model joins row by row.
func (c *joinCase) model(n *plan.HashJoin, outer, inner *joinInput) (out []string) {
	width := len(inner.types)
	used := make([]bool, len(inner.rows))
	for _, o := range outer.rows {
		met, unknown := false, false
		for i, row := range inner.rows {
			switch equal, null := c.equal(o, row); {
			case null:
				unknown = true
				continue
			case !equal:
				continue
			}
			if n.On != nil {
				a, b := o[len(c.outer)], row[len(c.inner)]
				if a.IsNull() || b.IsNull() || a.Int() >= b.Int() {
					continue
				}
			}
			if n.Kind != bind.Semi && n.Kind != bind.Anti {
				out = append(out, rowText(append(slices.Clone(o), row...), append(slices.Clone(outer.types), inner.types...)))
			}
			met, used[i] = true, true
		}
		unknown = unknown && n.NullAware
		switch {
		case n.Kind == bind.Semi && met, n.Kind == bind.Anti && !met && !unknown:
			out = append(out, rowText(o, outer.types))
		case (n.Kind == bind.Left || n.Kind == bind.Full) && !met:
			out = append(out, rowText(append(slices.Clone(o), make([]sqltypes.Datum, width)...), append(slices.Clone(outer.types), inner.types...)))
		}
	}
	for i, row := range inner.rows {
		if n.Kind == bind.Full && !used[i] {
			blank := make([]sqltypes.Datum, len(outer.types))
			out = append(out, rowText(append(blank, row...), append(slices.Clone(outer.types), inner.types...)))
		}
	}
	slices.Sort(out)
	return out
}

// equal compares the keys of two rows; null tells that a NULL decides.
func (c *joinCase) equal(outer, inner []sqltypes.Datum) (equal, null bool) {
	for k, t := range c.hash {
		switch {
		case outer[k].IsNull() || inner[k].IsNull():
			null = true
		case sqltypes.Compare(t, outer[k], inner[k]) != 0:
			return false, false
		}
	}
	return !null, null
}

func rowText(row []sqltypes.Datum, types []sqltypes.OID) string {
	parts := make([]string, len(row))
	for i, d := range row {
		parts[i] = "NULL"
		if !d.IsNull() {
			parts[i] = sqltypes.Text(types[i], d, nil)
		}
	}
	return strings.Join(parts, "|")
}

// runPlan gives the rows of a plan as sorted texts.
func runPlan(t *testing.T, root plan.Node, memory int) ([]string, error) {
	t.Helper()
	out, err := rowsOf(t, root, memory)
	slices.Sort(out)
	return out, err
}

// rowsOf gives the rows of a plan as texts, in their order.
func rowsOf(t *testing.T, root plan.Node, memory int) ([]string, error) {
	t.Helper()
	prog, err := Compile(&plan.Plan{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	modified := 0
	in := Input{Context: context.Background(), Modified: &modified, MemoryMax: memory}
	Defaults(&in)
	var types []sqltypes.OID
	for _, c := range root.Header() {
		types = append(types, c.Type.OID)
	}
	var out []string
	for range 2 { // operators keep their memory between runs: the second must not see the first
		out = nil
		if err := prog.Open(in); err != nil {
			return nil, err
		}
		for {
			b, err := prog.Next()
			if err != nil {
				prog.Close()
				return nil, err
			}
			if b == nil {
				break
			}
			row := make([]sqltypes.Datum, len(b.Cols))
			for i := range b.N {
				b.row(i, row)
				out = append(out, rowText(row, types))
			}
		}
		prog.Close()
		if prog.rt.memory != 0 {
			t.Fatalf("%d bytes are still counted", prog.rt.memory)
		}
	}
	return out, nil
}

// Every kind of join over every form of keys gives what a comparison of all rows with all rows gives: with NULL keys, duplicates, empty sides, with and
// without a further condition, whichever side the table is built from.
func TestHashJoin(t *testing.T) {
	kinds := map[bind.JoinKind]string{bind.Inner: "inner", bind.Left: "left", bind.Full: "full", bind.Semi: "semi", bind.Anti: "anti"}
	sizes := []struct{ outer, inner int }{{0, 0}, {0, 9}, {9, 0}, {1, 1}, {30, 200}, {200, 30}, {700, 300}}
	for _, c := range joinCases() {
		for kind, name := range kinds {
			for _, size := range sizes {
				if size.outer > 200 && c.name != "int" && c.name != "two ints" {
					continue // long chains of duplicates: once for words, once for hashes
				}
				for variant := range 24 {
					lessThan, buildOuter, nullAware := variant&1 != 0, variant&2 != 0, variant&4 != 0
					nulls := []float64{0, 0.2, 0.9}[variant/8]
					if size.outer > 200 && nulls > 0.2 {
						continue
					}
					if buildOuter && (kind == bind.Inner || kind == bind.Full || nullAware) || nullAware && (kind != bind.Anti || lessThan || len(c.hash) != 1) {
						continue
					}
					seed := uint64(variant)
					r := rand.New(rand.NewPCG(seed, uint64(size.outer)))
					outer, inner := c.input(r, c.outer, size.outer, nulls), c.input(r, c.inner, size.inner, nulls)
					n := c.join(kind, outer, inner, lessThan, buildOuter, nullAware)
					got, err := runPlan(t, n, 1<<30)
					want := c.model(n, outer, inner)
					if err != nil || !slices.Equal(got, want) {
						t.Fatalf("%s join of %d × %d rows by %s, condition %v, build outer %v, null-aware %v, NULLs %v: %d rows, want %d, error %v",
							name, size.outer, size.inner, c.name, lessThan, buildOuter, nullAware, nulls, len(got), len(want), err)
					}
				}
			}
		}
	}
}

// Columns that nobody above reads are left out of a join's batches, through a filter and another join.
func TestHashJoinColumns(t *testing.T) {
	c := joinCases()[0]
	r := rand.New(rand.NewPCG(1, 1))
	a, b, d := c.input(r, c.outer, 100, 0.1), c.input(r, c.inner, 100, 0.1), c.input(r, c.inner, 50, 0.1)
	low := c.join(bind.Left, a, b, true, false, false)
	top := &plan.HashJoin{Kind: bind.Inner, Outer: low, Inner: d.plan(), KeyTypes: c.hash,
		OuterKeys: []expr.Expr{slotExpr(sqltypes.Int4OID, 0)}, InnerKeys: []expr.Expr{slotExpr(sqltypes.Int4OID, 0)}}
	top.Cols = append(slices.Clone(low.Cols), top.Inner.Header()...)
	const int4lt = 66
	filter := &plan.Filter{Child: top, Cond: &expr.Func{Base: expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}, Proc: int4lt, Name: "<", Operator: 97,
		Args: []expr.Expr{slotExpr(sqltypes.Int4OID, 0), slotExpr(sqltypes.Int4OID, 1)}}}
	filter.Cols = top.Cols
	for _, slots := range [][]int{{}, {3}, {5, 2}, {0, 1, 2, 3, 4, 5}} {
		project := &plan.Project{Child: filter}
		for _, s := range slots {
			project.Exprs = append(project.Exprs, slotExpr(sqltypes.Int4OID, s))
			project.Cols = append(project.Cols, top.Cols[s])
		}
		got, err := runPlan(t, project, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := runPlan(t, filter, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, line := range whole {
			parts := strings.Split(line, "|")
			var picked []string
			for _, s := range slots {
				picked = append(picked, parts[s])
			}
			want = append(want, strings.Join(picked, "|"))
		}
		slices.Sort(want)
		if !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("columns %v: %d rows, want %d", slots, len(got), len(want))
		}
	}
}

// The kept side of a join counts against the memory of the query.
func TestHashJoinMemory(t *testing.T) {
	c := joinCases()[3]
	r := rand.New(rand.NewPCG(1, 1))
	outer, inner := c.input(r, c.outer, 10, 0), c.input(r, c.inner, 5000, 0)
	n := c.join(bind.Semi, outer, inner, false, false, false)
	if _, err := runPlan(t, n, limits.QueryMemoryBytes); err != nil {
		t.Error(err)
	}
	if _, err := runPlan(t, n, 100_000); !pgerror.HasCode(err, pgerror.ProgramLimitExceeded) {
		t.Errorf("5,000 texts in 100 kB: %v", err)
	}
	n.BuildOuter = true
	if _, err := runPlan(t, n, 100_000); err != nil {
		t.Errorf("10 texts in 100 kB: %v", err)
	}
}
