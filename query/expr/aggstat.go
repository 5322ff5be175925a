package expr

import (
	"math"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// addVariances adds the variance and standard deviation family: over numbers by exact sums, over floats by Youngs and Cramer.
func addVariances(out map[oid]func(*CallInfo) (Aggregate, error)) {
	for _, family := range []struct {
		first        oid // the five members: bigint, integer, smallint, real, double precision, numeric
		root, sample bool
	}{{2718, false, false}, {2641, false, true}, {2148, false, true}, {2724, true, false}, {2712, true, true}, {2154, true, true}} {
		for _, k := range []oid{0, 1, 2, 5} {
			out[family.first+k] = simple(func() AggState { return &variance{root: family.root, sample: family.sample} })
		}
		result := func(s *floatStats) datum { return s.variance(family.sample, family.root) }
		for _, k := range []oid{3, 4} {
			out[family.first+k] = simple(func() AggState { return &floatStats{result: result} })
		}
	}
}

type variance struct {
	sums         sqltypes.NumericVariance
	root, sample bool
}

func (s *variance) Add(_ *Env, args []datum) error {
	switch args[0].Kind() {
	case sqltypes.KindNull:
	case sqltypes.KindInt:
		s.sums.Add(sqltypes.NumericFromInt64(args[0].Int()))
	default:
		s.sums.Add(args[0])
	}
	return nil
}

func (s *variance) Remove(*Env, []datum) bool { return false }

func (s *variance) Merge(o AggState) bool {
	s.sums.Merge(&o.(*variance).sums)
	return true
}

func (s *variance) Held() int { return s.sums.Held() }

func (s *variance) Result(*Env, ...datum) (datum, error) {
	if s.root {
		return s.sums.StdDev(s.sample)
	}
	return s.sums.Variance(s.sample)
}

// floatStats keeps count, sum and sum of squared deviations of floats.
type floatStats struct {
	plain
	oneWay
	n, sum, squares float64
	result          func(*floatStats) datum
}

func (s *floatStats) Add(_ *Env, args []datum) error {
	if args[0].IsNull() {
		return nil
	}
	v := args[0].Float()
	old, first := s.sum, !(s.n > 0)
	s.n++
	s.sum += v
	if first {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			s.squares = math.NaN()
		}
		return nil
	}
	d := v*s.n - s.sum
	s.squares += d * d / (s.n * (s.n - 1))
	if math.IsInf(s.sum, 0) || math.IsInf(s.squares, 0) {
		if !math.IsInf(old, 0) && !math.IsInf(v, 0) {
			return floatOverflow()
		}
		s.squares = math.NaN()
	}
	return nil
}

func (s *floatStats) Result(*Env, ...datum) (datum, error) {
	if s.n == 0 {
		return sqltypes.Null, nil
	}
	return s.result(s), nil
}

func floatAverage(s *floatStats) datum { return sqltypes.Float(s.sum / s.n) }

func (s *floatStats) variance(sample, root bool) datum {
	n := s.n
	if sample {
		n--
	}
	if n <= 0 {
		return sqltypes.Null
	}
	v := s.squares / n
	if root {
		v = math.Sqrt(v)
	}
	return sqltypes.Float(v)
}

// regression keeps the sums of the two-argument statistics; y is the first argument.
type regression struct {
	plain
	oneWay
	n, sx, sxx, sy, syy, sxy float64
	result                   func(*regression) (float64, bool)
	count                    bool
}

func (s *regression) Add(_ *Env, args []datum) error {
	if args[0].IsNull() || args[1].IsNull() {
		return nil
	}
	y, x := args[0].Float(), args[1].Float()
	oldX, oldY := s.sx, s.sy
	if s.n++; s.count {
		return nil
	}
	s.sx += x
	s.sy += y
	if s.n == 1 {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			s.sxx, s.sxy = math.NaN(), math.NaN()
		}
		if math.IsNaN(y) || math.IsInf(y, 0) {
			s.syy, s.sxy = math.NaN(), math.NaN()
		}
		return nil
	}
	dx, dy, scale := x*s.n-s.sx, y*s.n-s.sy, 1/(s.n*(s.n-1))
	s.sxx += dx * dx * scale
	s.syy += dy * dy * scale
	s.sxy += dx * dy * scale
	inf := func(v float64) bool { return math.IsInf(v, 0) }
	if inf(s.sx) || inf(s.sxx) || inf(s.sy) || inf(s.syy) || inf(s.sxy) {
		newX, newY := !inf(oldX) && !inf(x), !inf(oldY) && !inf(y)
		if (inf(s.sx) || inf(s.sxx)) && newX || (inf(s.sy) || inf(s.syy)) && newY || inf(s.sxy) && newX && newY {
			return floatOverflow()
		}
		if inf(s.sxx) {
			s.sxx = math.NaN()
		}
		if inf(s.syy) {
			s.syy = math.NaN()
		}
		if inf(s.sxy) {
			s.sxy = math.NaN()
		}
	}
	return nil
}

func (s *regression) Result(*Env, ...datum) (datum, error) {
	if s.count {
		return sqltypes.Int(int64(s.n)), nil
	}
	if s.n < 1 {
		return sqltypes.Null, nil
	}
	v, ok := s.result(s)
	if !ok {
		return sqltypes.Null, nil
	}
	return sqltypes.Float(v), nil
}

func addRegressions(out map[oid]func(*CallInfo) (Aggregate, error)) {
	out[2818] = simple(func() AggState { return &regression{count: true} })
	for proc, f := range regressionResults() {
		out[proc] = simple(func() AggState { return &regression{result: f} })
	}
}

// regressionResults compute each statistic of two variables from the sums; false answers NULL.
func regressionResults() map[oid]func(*regression) (float64, bool) {
	return map[oid]func(*regression) (float64, bool){
		2819: func(s *regression) (float64, bool) { return s.sxx, true },
		2820: func(s *regression) (float64, bool) { return s.syy, true },
		2821: func(s *regression) (float64, bool) { return s.sxy, true },
		2822: func(s *regression) (float64, bool) { return s.sx / s.n, true },
		2823: func(s *regression) (float64, bool) { return s.sy / s.n, true },
		2824: func(s *regression) (float64, bool) {
			if s.sxx == 0 {
				return 0, false
			}
			if s.syy == 0 {
				return 1, true
			}
			return s.sxy * s.sxy / (s.sxx * s.syy), true
		},
		2825: func(s *regression) (float64, bool) { return s.sxy / s.sxx, s.sxx != 0 },
		2826: func(s *regression) (float64, bool) { return (s.sy - s.sx*s.sxy/s.sxx) / s.n, s.sxx != 0 },
		2827: func(s *regression) (float64, bool) { return s.sxy / s.n, true },
		2828: func(s *regression) (float64, bool) { return s.sxy / (s.n - 1), s.n >= 2 },
		2829: func(s *regression) (float64, bool) { return s.sxy / math.Sqrt(s.sxx*s.syy), s.sxx != 0 && s.syy != 0 },
	}
}
