package expr

import (
	"math"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func badSize() error {
	return pgerror.New(pgerror.InvalidPrecedingOrFollowingSize, "invalid preceding or following size in window function")
}

// inRangeFunctions tell whether a value is within an offset of a base: the frames of RANGE … PRECEDING.
func inRangeFunctions() []entry {
	var out []entry
	for _, source := range []string{"int8_int8", "int4_int8", "int4_int4", "int4_int2", "int2_int8", "int2_int4", "int2_int2"} {
		out = append(out, fnN("in_range_"+source, func(_ *Env, a []datum) (datum, error) {
			value, base, offset, sub, less := a[0].Int(), a[1].Int(), a[2].Int(), a[3].Bool(), a[4].Bool()
			if offset < 0 {
				return sqltypes.Null, badSize()
			}
			if sub {
				offset = -offset
			}
			sum, ok := add64(base, offset)
			if !ok {
				return sqltypes.Bool(sub != less), nil
			}
			if less {
				return sqltypes.Bool(value <= sum), nil
			}
			return sqltypes.Bool(value >= sum), nil
		}))
	}
	generic := inRange
	back := func(f func(env *Env, a, b datum) (datum, error)) func(env *Env, a, b datum) (datum, error) {
		return func(env *Env, a, b datum) (datum, error) {
			v, err := negateInterval(*b.Interval())
			if err != nil {
				return sqltypes.Null, err
			}
			return f(env, a, sqltypes.FromInterval(&v))
		}
	}
	dates := func(env *Env, a []datum) (datum, error) {
		value, err := dateToTimestamp(a[0].Int())
		if err != nil {
			return sqltypes.Null, err
		}
		base, err := dateToTimestamp(a[1].Int())
		if err != nil {
			return sqltypes.Null, err
		}
		return generic(sqltypes.TimestampOID, timestampPlus, back(timestampPlus))(env, []datum{sqltypes.Int(value), sqltypes.Int(base), a[2], a[3], a[4]})
	}
	// Times do not wrap round here: the sum may lie beyond the day.
	times := func(_ *Env, a, b datum) (datum, error) { return sqltypes.Int(a.Int() + b.Interval().Micros), nil }
	timesBack := func(_ *Env, a, b datum) (datum, error) { return sqltypes.Int(a.Int() - b.Interval().Micros), nil }
	timeTZs := func(_ *Env, a, b datum) (datum, error) {
		return sqltypes.TimeTZ(a.Word()+b.Interval().Micros, a.Zone()), nil
	}
	timeTZsBack := func(_ *Env, a, b datum) (datum, error) {
		return sqltypes.TimeTZ(a.Word()-b.Interval().Micros, a.Zone()), nil
	}
	spans := func(f func(a, b interval) (interval, error)) func(env *Env, a, b datum) (datum, error) {
		return func(_ *Env, a, b datum) (datum, error) {
			v, err := f(*a.Interval(), *b.Interval())
			return sqltypes.FromInterval(&v), err
		}
	}
	numbers := func(f func(a, b datum) (datum, error)) func(env *Env, a, b datum) (datum, error) {
		return func(_ *Env, a, b datum) (datum, error) { return f(a, b) }
	}
	return append(out,
		fnN("in_range_float8_float8", inRangeFloats), fnN("in_range_float4_float8", inRangeFloats),
		fnN("in_range_numeric_numeric", generic(sqltypes.NumericOID, numbers(sqltypes.NumericAdd), numbers(sqltypes.NumericSub))),
		fnN("in_range_timestamp_interval", generic(sqltypes.TimestampOID, timestampPlus, back(timestampPlus))),
		fnN("in_range_timestamptz_interval", generic(sqltypes.TimestampTZOID, timestampTZPlus, back(timestampTZPlus))),
		fnN("in_range_date_interval", dates),
		fnN("in_range_time_interval", generic(sqltypes.TimeOID, times, timesBack)),
		fnN("in_range_timetz_interval", generic(sqltypes.TimeTZOID, timeTZs, timeTZsBack)),
		fnN("in_range_interval_interval", generic(sqltypes.IntervalOID, spans(addIntervals), spans(subtractIntervals))))
}

func inRangeFloats(_ *Env, a []datum) (datum, error) {
	value, base, offset, sub, less := a[0].Float(), a[1].Float(), a[2].Float(), a[3].Bool(), a[4].Bool()
	if !(offset >= 0) {
		return sqltypes.Null, badSize()
	}
	switch {
	case math.IsNaN(value):
		return sqltypes.Bool(math.IsNaN(base) || !less), nil
	case math.IsNaN(base):
		return sqltypes.Bool(less), nil
	case math.IsInf(offset, 1) && math.IsInf(base, 1) && sub || math.IsInf(offset, 1) && math.IsInf(base, -1) && !sub:
		return sqltypes.Bool(true), nil
	}
	sum := base + offset
	if sub {
		sum = base - offset
	}
	if less {
		return sqltypes.Bool(value <= sum), nil
	}
	return sqltypes.Bool(value >= sum), nil
}

// inRange compares with the base moved by the offset.
func inRange(t oid, plus, minus func(env *Env, a, b datum) (datum, error)) callFn {
	return func(env *Env, a []datum) (datum, error) {
		if v := a[2]; v.Kind() == sqltypes.KindInterval {
			clock := t == sqltypes.TimeOID || t == sqltypes.TimeTZOID // there only the time part counts
			if clock && v.Interval().Micros < 0 || !clock && compareIntervals(v.Interval(), &interval{}) < 0 {
				return sqltypes.Null, badSize()
			}
		} else if sqltypes.NumericIsNaN(a[2]) || sqltypes.NumericSign(a[2]) < 0 {
			return sqltypes.Null, badSize()
		} else if sqltypes.NumericIsNaN(a[0]) {
			return sqltypes.Bool(sqltypes.NumericIsNaN(a[1]) || !a[4].Bool()), nil
		} else if sqltypes.NumericIsInf(a[2]) && sqltypes.NumericIsInf(a[1]) && a[3].Bool() == (sqltypes.NumericSign(a[1]) > 0) {
			return sqltypes.Bool(true), nil // infinity less infinity is any number, as with floats
		}
		move := plus
		if a[3].Bool() {
			move = minus
		}
		sum, err := move(env, a[1], a[2])
		if err != nil {
			return sqltypes.Null, err
		}
		c := compareValues(t, a[0], sum)
		return sqltypes.Bool(a[4].Bool() && c <= 0 || !a[4].Bool() && c >= 0), nil
	}
}
