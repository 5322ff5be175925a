package expr

import (
	"math"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// transitionFunctions are the steps of aggregates whose states are SQL values: a client can call them by themselves.
func transitionFunctions() []entry {
	return append(append(floatTransitions(), integerTransitions()...), intervalTransitions()...)
}

// floatState takes the numbers of an aggregate's state.
func floatState(d datum, name string, n int) ([]float64, error) {
	a := d.Array()
	if len(a.Lengths) != 1 || len(a.Elements) != n || hasNull(a.Elements) {
		return nil, pgerror.New(pgerror.InternalError, "%s: expected %d-element float8 array", name, n)
	}
	out := make([]float64, n)
	for i, e := range a.Elements {
		out[i] = e.Float()
	}
	return out, nil
}

func hasNull(list []datum) bool {
	for _, d := range list {
		if d.IsNull() {
			return true
		}
	}
	return false
}

func floatsOf(list ...float64) datum {
	var out []datum
	for _, f := range list {
		out = append(out, sqltypes.Float(f))
	}
	return sqltypes.FromArray(newArray(sqltypes.Float8OID, out))
}

func (s *floatStats) state() datum { return floatsOf(s.n, s.sum, s.squares) }

func floatStatsOf(d datum, name string) (*floatStats, error) {
	v, err := floatState(d, name, 3)
	if err != nil {
		return nil, err
	}
	return &floatStats{n: v[0], sum: v[1], squares: v[2]}, nil
}

func regressionOf(d datum, name string) (*regression, error) {
	v, err := floatState(d, name, 6)
	if err != nil {
		return nil, err
	}
	return &regression{n: v[0], sx: v[1], sxx: v[2], sy: v[3], syy: v[4], sxy: v[5]}, nil
}

func (s *regression) state() datum { return floatsOf(s.n, s.sx, s.sxx, s.sy, s.syy, s.sxy) }

func floatTransitions() []entry {
	var out []entry
	for _, source := range []string{"float4_accum", "float8_accum"} {
		out = append(out, fn2(source, func(env *Env, a, b datum) (datum, error) {
			s, err := floatStatsOf(a, source)
			if err != nil {
				return sqltypes.Null, err
			}
			if err := s.Add(env, []datum{b}); err != nil {
				return sqltypes.Null, err
			}
			return s.state(), nil
		}))
	}
	final := func(source string, f func(s *floatStats) datum) {
		out = append(out, fn1(source, func(_ *Env, a datum) (datum, error) {
			s, err := floatStatsOf(a, source)
			if err != nil || s.n == 0 {
				return sqltypes.Null, err
			}
			return f(s), nil
		}))
	}
	final("float8_avg", floatAverage)
	population := func(s *floatStats) float64 { return s.squares / s.n }
	final("float8_var_pop", func(s *floatStats) datum { return sqltypes.Float(population(s)) })
	final("float8_var_samp", func(s *floatStats) datum { return s.variance(true, false) })
	final("float8_stddev_pop", func(s *floatStats) datum { return sqltypes.Float(math.Sqrt(population(s))) })
	final("float8_stddev_samp", func(s *floatStats) datum { return s.variance(true, true) })
	out = append(out, fn2("float8_combine", combineFloats), fn2("float8_regr_combine", combineRegressions),
		fnN("float8_regr_accum", func(env *Env, a []datum) (datum, error) {
			s, err := regressionOf(a[0], "float8_regr_accum")
			if err != nil {
				return sqltypes.Null, err
			}
			if err := s.Add(env, a[1:]); err != nil {
				return sqltypes.Null, err
			}
			return s.state(), nil
		}))
	for source, proc := range map[string]oid{"float8_regr_sxx": 2819, "float8_regr_syy": 2820, "float8_regr_sxy": 2821, "float8_regr_avgx": 2822, "float8_regr_avgy": 2823,
		"float8_regr_r2": 2824, "float8_regr_slope": 2825, "float8_regr_intercept": 2826, "float8_covar_pop": 2827, "float8_covar_samp": 2828, "float8_corr": 2829} {
		result := regressionResults()[proc]
		out = append(out, fn1(source, func(_ *Env, a datum) (datum, error) {
			s, err := regressionOf(a, source)
			if err != nil || s.n < 1 {
				return sqltypes.Null, err
			}
			v, ok := result(s)
			if !ok {
				return sqltypes.Null, nil
			}
			return sqltypes.Float(v), nil
		}))
	}
	return out
}

// combineFloats adds two states by Youngs and Cramer.
func combineFloats(_ *Env, x, y datum) (datum, error) {
	a, err := floatStatsOf(x, "float8_combine")
	if err != nil {
		return sqltypes.Null, err
	}
	b, err := floatStatsOf(y, "float8_combine")
	switch {
	case err != nil:
		return sqltypes.Null, err
	case a.n == 0:
		return b.state(), nil
	case b.n == 0:
		return a.state(), nil
	}
	n, sum := a.n+b.n, a.sum+b.sum
	d := a.sum/a.n - b.sum/b.n
	squares := a.squares + b.squares + a.n*b.n*d*d/n
	inf := func(v float64) bool { return math.IsInf(v, 0) }
	if inf(sum) && !inf(a.sum) && !inf(b.sum) || inf(squares) && !inf(a.squares) && !inf(b.squares) {
		return sqltypes.Null, floatOverflow()
	}
	return floatsOf(n, sum, squares), nil
}

func combineRegressions(_ *Env, x, y datum) (datum, error) {
	a, err := regressionOf(x, "float8_regr_combine")
	if err != nil {
		return sqltypes.Null, err
	}
	b, err := regressionOf(y, "float8_regr_combine")
	switch {
	case err != nil:
		return sqltypes.Null, err
	case a.n == 0:
		return b.state(), nil
	case b.n == 0:
		return a.state(), nil
	}
	n := a.n + b.n
	out := &regression{n: n, sx: a.sx + b.sx, sy: a.sy + b.sy}
	dx, dy := a.sx/a.n-b.sx/b.n, a.sy/a.n-b.sy/b.n
	out.sxx = a.sxx + b.sxx + a.n*b.n*dx*dx/n
	out.syy = a.syy + b.syy + a.n*b.n*dy*dy/n
	out.sxy = a.sxy + b.sxy + a.n*b.n*dx*dy/n
	over := func(v, p, q float64) bool { return math.IsInf(v, 0) && !math.IsInf(p, 0) && !math.IsInf(q, 0) }
	if over(out.sx, a.sx, b.sx) || over(out.sxx, a.sxx, b.sxx) || over(out.sy, a.sy, b.sy) || over(out.syy, a.syy, b.syy) || over(out.sxy, a.sxy, b.sxy) {
		return sqltypes.Null, floatOverflow()
	}
	return out.state(), nil
}

// averageState is the count and the sum of integers.
func averageState(d datum) (n, sum int64, err error) {
	a := d.Array()
	if len(a.Lengths) != 1 || len(a.Elements) != 2 || hasNull(a.Elements) {
		return 0, 0, pgerror.New(pgerror.InternalError, "expected 2-element int8 array")
	}
	return a.Elements[0].Int(), a.Elements[1].Int(), nil
}

func integerTransitions() []entry {
	var out []entry
	for source, sign := range map[string]int64{"int2_avg_accum": 1, "int4_avg_accum": 1, "int2_avg_accum_inv": -1, "int4_avg_accum_inv": -1} {
		out = append(out, fn2(source, func(_ *Env, a, b datum) (datum, error) {
			n, sum, err := averageState(a)
			if err != nil {
				return sqltypes.Null, err
			}
			out := *a.Array()
			out.Elements = []datum{sqltypes.Int(n + sign), sqltypes.Int(sum + sign*b.Int())}
			return sqltypes.FromArray(&out), nil
		}))
	}
	add := func(source string, sum func(a, b datum) (datum, error), first func(b datum) datum) {
		out = append(out, fn2(source, func(_ *Env, a, b datum) (datum, error) {
			switch {
			case a.IsNull() && b.IsNull():
				return sqltypes.Null, nil
			case a.IsNull():
				return first(b), nil
			case b.IsNull():
				return a, nil
			}
			return sum(a, b)
		}))
	}
	same := func(b datum) datum { return b }
	wrap := func(a, b datum) (datum, error) { return sqltypes.Int(a.Int() + b.Int()), nil }
	add("int2_sum", wrap, same)
	add("int4_sum", wrap, same)
	number := func(b datum) datum { return sqltypes.NumericFromInt64(b.Int()) }
	add("int8_sum", func(a, b datum) (datum, error) { return sqltypes.NumericAdd(a, number(b)) }, number)
	count := func(source string, step int64) {
		out = append(out, fnN(source, func(_ *Env, a []datum) (datum, error) {
			n, ok := add64(a[0].Int(), step)
			if !ok {
				return sqltypes.Null, int8Width.outOfRange()
			}
			return sqltypes.Int(n), nil
		}))
	}
	count("int8inc_any", 1)
	count("int8dec_any", -1)
	count("int8inc_float8_float8", 1)
	return append(out,
		fn1("int8_avg", func(_ *Env, a datum) (datum, error) {
			n, sum, err := averageState(a)
			if err != nil || n == 0 {
				return sqltypes.Null, err
			}
			return sqltypes.NumericDiv(sqltypes.NumericFromInt64(sum), sqltypes.NumericFromInt64(n))
		}),
		fn1("int2int4_sum", func(_ *Env, a datum) (datum, error) {
			n, sum, err := averageState(a)
			if err != nil || n == 0 {
				return sqltypes.Null, err
			}
			return sqltypes.Int(sum), nil
		}),
		fn2("int4_avg_combine", func(*Env, datum, datum) (datum, error) {
			return sqltypes.Null, pgerror.New(pgerror.InternalError, "aggregate function called in non-aggregate context")
		}),
		fn2("any_value_transfn", func(_ *Env, a, _ datum) (datum, error) { return a, nil }))
}

// intervalTransitions keep the sum and, as an interval of so many microseconds, the count.
func intervalTransitions() []entry {
	state := func(d datum) (sum, n interval, err error) {
		a := d.Array()
		if hasNull(a.Elements) {
			return sum, n, pgerror.New(pgerror.NullValueNotAllowed, "null array element not allowed in this context")
		}
		if len(a.Elements) != 2 {
			return sum, n, pgerror.New(pgerror.InternalError, "expected 2-element interval array")
		}
		return *a.Elements[0].Interval(), *a.Elements[1].Interval(), nil
	}
	pair := func(sum, n interval, more int64) datum {
		n.Micros += more
		return sqltypes.FromArray(newArray(sqltypes.IntervalOID, []datum{sqltypes.FromInterval(&sum), sqltypes.FromInterval(&n)}))
	}
	step := func(source string, add func(a, b interval) (interval, error), n int64) entry {
		return fn2(source, func(_ *Env, a, b datum) (datum, error) {
			sum, count, err := state(a)
			if err != nil {
				return sqltypes.Null, err
			}
			out, err := add(sum, *b.Interval())
			return pair(out, count, n), err
		})
	}
	return []entry{
		step("interval_accum", addIntervals, 1), step("interval_accum_inv", subtractIntervals, -1),
		fn2("interval_combine", func(_ *Env, a, b datum) (datum, error) {
			sum, n, err := state(a)
			if err != nil {
				return sqltypes.Null, err
			}
			sum2, n2, err := state(b)
			if err != nil {
				return sqltypes.Null, err
			}
			out, err := addIntervals(sum, sum2)
			return pair(out, n, n2.Micros), err
		}),
		fn1("interval_avg", func(_ *Env, a datum) (datum, error) {
			sum, n, err := state(a)
			if err != nil || n.Micros == 0 {
				return sqltypes.Null, err
			}
			out, err := divideInterval(sum, float64(n.Micros))
			return sqltypes.FromInterval(&out), err
		}),
	}
}
