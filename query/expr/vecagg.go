package expr

import (
	"math"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Accumulator adds up many groups of one aggregate call, a batch of rows at a time. Groups are numbers from 0 on. It gives what an AggState for each
// group would give, the rows of a group added in their order. Used by one goroutine.
type Accumulator interface {
	// Grow makes room for groups below n.
	Grow(n int)
	// Add puts row i of the column of the single argument into groups[i]; the column is nil for a call without arguments. What the values of the groups take
	// more is taken from the environment's room; it ends with ErrRoom when there is none.
	Add(env *Env, groups []int32, column *sqltypes.Vec) error
	// Result is that of one group.
	Result(env *Env, group int) (sqltypes.Datum, error)
	// Width is the memory of a group in bytes, roughly; Held what the values of all groups take beside.
	Width() int
	Held() int
}

// AnyOrder tells that an aggregate gives the same for any order of its rows, and cannot tell equal values apart.
func AnyOrder(proc sqltypes.OID, argument sqltypes.OID) bool {
	switch proc {
	case 2147: // count
		return true
	case 2107, 2100, 2101, 2102, 2108, 2109: // sum and avg of integers
		return true
	case 2517, 2518, 2519: // bool_and, bool_or, every
		return true
	}
	_, isMax := maxTypes()[proc]
	_, isMin := minTypes()[proc]
	kind, fixed := sqltypes.FixedKind(argument)
	return (isMax || isMin) && (fixed && kind == sqltypes.KindInt || argument == sqltypes.TextOID)
}

// NewAccumulator makes the accumulator of an aggregate of one argument of the type given, or of none (0). Aggregates without code for columns have a
// state for each group in it.
func NewAccumulator(proc sqltypes.OID, argument sqltypes.OID, agg Aggregate) Accumulator {
	kind, fixed := sqltypes.FixedKind(argument)
	switch proc {
	case 2803:
		return &countColumn{star: true}
	case 2147:
		return &countColumn{}
	case 2108, 2109:
		return &intSumColumn{}
	case 2107, 2114, 2100, 2101, 2102, 2103:
		return &numericColumn{average: proc != 2107 && proc != 2114}
	case 2111:
		return &floatSumColumn{}
	case 2104, 2105:
		return &floatStatsColumn{}
	}
	t, isMax := maxTypes()[proc]
	sign := 1
	if !isMax {
		t, isMax = minTypes()[proc]
		sign = -1
	}
	switch {
	case isMax && fixed && kind == sqltypes.KindInt && t != sqltypes.XID8OID && t != sqltypes.PGLSNOID:
		return &extremeWords{sign: int64(sign)}
	case isMax:
		return &extremeColumn{t: t, sign: sign}
	}
	return &stateColumn{agg: agg, none: argument == 0}
}

// grown makes a slice of at least n elements.
func grown[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	out := make([]T, n, max(2*cap(s), n))
	copy(out, s)
	return out
}

type countColumn struct {
	plain
	star bool
	n    []int64
}

func (c *countColumn) Grow(n int) { c.n = grown(c.n, n) }
func (c *countColumn) Width() int { return 8 }

func (c *countColumn) Add(_ *Env, groups []int32, column *sqltypes.Vec) error {
	if c.star || column.Nulls == nil {
		for _, g := range groups {
			c.n[g]++
		}
		return nil
	}
	for i, g := range groups {
		if !column.Nulls[i] {
			c.n[g]++
		}
	}
	return nil
}

func (c *countColumn) Result(_ *Env, g int) (datum, error) { return sqltypes.Int(c.n[g]), nil }

type intSumColumn struct {
	plain
	sums []intSum
}

func (c *intSumColumn) Grow(n int) { c.sums = grown(c.sums, n) }
func (c *intSumColumn) Width() int { return 16 }

func (c *intSumColumn) Add(_ *Env, groups []int32, column *sqltypes.Vec) error {
	for i, g := range groups {
		if column.Nulls != nil && column.Nulls[i] {
			continue
		}
		s := &c.sums[g]
		sum, ok := add64(s.sum, column.Words[i])
		if !ok {
			return int8Width.outOfRange()
		}
		s.n, s.sum = s.n+1, sum
	}
	return nil
}

func (c *intSumColumn) Result(env *Env, g int) (datum, error) { return c.sums[g].Result(env) }

// numericColumn is sum and avg of numerics and bigints, and avg of all integers.
type numericColumn struct {
	average bool
	sums    []sqltypes.NumericSum
	held    int
}

func (c *numericColumn) Grow(n int) { c.sums = grown(c.sums, n) }
func (c *numericColumn) Width() int { return 72 }

func (c *numericColumn) Add(env *Env, groups []int32, column *sqltypes.Vec) error {
	if column.Fixed {
		for i, g := range groups {
			if column.Nulls == nil || !column.Nulls[i] {
				c.sums[g].AddInt64(column.Words[i])
			}
		}
		return nil
	}
	for i, g := range groups {
		switch d := column.Datums[i]; d.Kind() {
		case sqltypes.KindNull:
		case sqltypes.KindDecimal:
			c.sums[g].Add(d)
		default:
			held := c.sums[g].Held()
			c.sums[g].Add(d)
			held = c.sums[g].Held() - held
			c.held += held
			if env.Room -= held; env.Room < 0 {
				return ErrRoom
			}
		}
	}
	return nil
}

func (c *numericColumn) Held() int { return c.held }

func (c *numericColumn) Result(env *Env, g int) (datum, error) {
	s := numericSum{sum: c.sums[g], average: c.average}
	return s.Result(env)
}

// floatSumColumn is sum of double precision, added in the order of the rows.
type floatSumColumn struct {
	plain
	any  []bool
	sums []float64
}

func (c *floatSumColumn) Grow(n int) { c.any, c.sums = grown(c.any, n), grown(c.sums, n) }
func (c *floatSumColumn) Width() int { return 9 }

func (c *floatSumColumn) Add(env *Env, groups []int32, column *sqltypes.Vec) error {
	for i, g := range groups {
		if column.Nulls != nil && column.Nulls[i] {
			continue
		}
		f := math.Float64frombits(uint64(column.Words[i]))
		if !c.any[g] {
			c.any[g], c.sums[g] = true, f
			continue
		}
		sum, err := float8Add(env, sqltypes.Float(c.sums[g]), sqltypes.Float(f))
		if err != nil {
			return err
		}
		c.sums[g] = sum.Float()
	}
	return nil
}

func (c *floatSumColumn) Result(_ *Env, g int) (datum, error) {
	if !c.any[g] {
		return sqltypes.Null, nil
	}
	return sqltypes.Float(c.sums[g]), nil
}

// floatStatsColumn is avg of floats.
type floatStatsColumn struct {
	plain
	stats []floatStats
}

func (c *floatStatsColumn) Grow(n int) { c.stats = grown(c.stats, n) }
func (c *floatStatsColumn) Width() int { return 32 }

func (c *floatStatsColumn) Add(env *Env, groups []int32, column *sqltypes.Vec) error {
	var one [1]datum
	for i, g := range groups {
		if column.Nulls != nil && column.Nulls[i] {
			continue
		}
		one[0] = sqltypes.FromWord(sqltypes.KindFloat, column.Words[i])
		if err := c.stats[g].Add(env, one[:]); err != nil {
			return err
		}
	}
	return nil
}

func (c *floatStatsColumn) Result(_ *Env, g int) (datum, error) {
	if c.stats[g].n == 0 {
		return sqltypes.Null, nil
	}
	return floatAverage(&c.stats[g]), nil
}

// extremeWords is min and max of words that are ordered as numbers.
type extremeWords struct {
	plain
	sign int64
	any  []bool
	best []int64
}

func (c *extremeWords) Grow(n int) { c.any, c.best = grown(c.any, n), grown(c.best, n) }
func (c *extremeWords) Width() int { return 9 }

func (c *extremeWords) Add(_ *Env, groups []int32, column *sqltypes.Vec) error {
	for i, g := range groups {
		if column.Nulls != nil && column.Nulls[i] {
			continue
		}
		w := column.Words[i]
		if !c.any[g] || c.sign > 0 && w > c.best[g] || c.sign < 0 && w < c.best[g] {
			c.any[g], c.best[g] = true, w
		}
	}
	return nil
}

func (c *extremeWords) Result(_ *Env, g int) (datum, error) {
	if !c.any[g] {
		return sqltypes.Null, nil
	}
	return sqltypes.Int(c.best[g]), nil
}

// extremeColumn is min and max of everything else.
type extremeColumn struct {
	t    oid
	sign int
	best []datum
	held int
}

func (c *extremeColumn) Grow(n int) { c.best = grown(c.best, n) }
func (c *extremeColumn) Width() int { return 24 }

func (c *extremeColumn) Add(env *Env, groups []int32, column *sqltypes.Vec) error {
	for i, g := range groups {
		d := column.At(i)
		if d.IsNull() {
			continue
		}
		best := &c.best[g]
		if !best.IsNull() {
			compared, err := compareAlike(c.t, *best, d, true)
			if err != nil {
				return err
			}
			if !replaces(c.t, c.sign, -compared) {
				continue
			}
		}
		held := d.Size() - best.Size()
		c.held += held
		*best = d
		if env.Room -= held; env.Room < 0 {
			return ErrRoom
		}
	}
	return nil
}

func (c *extremeColumn) Held() int { return c.held }

func (c *extremeColumn) Result(_ *Env, g int) (datum, error) { return c.best[g], nil }

// stateColumn has a state for each group.
type stateColumn struct {
	agg    Aggregate
	none   bool
	states []AggState
	one    [1]datum
	held   int
}

func (c *stateColumn) Grow(n int) {
	for len(c.states) < n {
		c.states = append(c.states, c.agg.New())
	}
}

func (c *stateColumn) Width() int { return 64 }

func (c *stateColumn) Add(env *Env, groups []int32, column *sqltypes.Vec) error {
	for i, g := range groups {
		var args []datum
		if !c.none {
			c.one[0] = column.At(i)
			args = c.one[:]
		}
		held := c.states[g].Held()
		if err := c.states[g].Add(env, args); err != nil {
			return err
		}
		held = c.states[g].Held() - held
		c.held += held
		if env.Room -= held; env.Room < 0 {
			return ErrRoom
		}
	}
	return nil
}

func (c *stateColumn) Held() int { return c.held }

func (c *stateColumn) Result(env *Env, g int) (datum, error) { return c.states[g].Result(env) }
