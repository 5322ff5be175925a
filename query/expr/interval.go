package expr

import (
	"math"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

type interval = sqltypes.Interval

func intervalOutOfRange() error {
	return pgerror.New(pgerror.DatetimeValueOutOfRange, "interval out of range")
}

func intervalFunctions() []entry {
	binary := func(source string, f func(a, b interval) (interval, error)) entry {
		return fn2(source, func(_ *Env, a, b datum) (datum, error) {
			v, err := f(*a.Interval(), *b.Interval())
			return sqltypes.FromInterval(&v), err
		})
	}
	unary := func(source string, f func(v interval) (interval, error)) entry {
		return fn1(source, func(_ *Env, a datum) (datum, error) {
			v, err := f(*a.Interval())
			return sqltypes.FromInterval(&v), err
		})
	}
	swap := func(source string, f func(env *Env, a, b datum) (datum, error)) entry {
		return fn2(source, func(env *Env, a, b datum) (datum, error) { return f(env, b, a) })
	}
	minus := func(source string, f func(env *Env, a, b datum) (datum, error)) entry {
		return fn2(source, func(env *Env, a, b datum) (datum, error) {
			v, err := negateInterval(*b.Interval())
			if err != nil {
				return sqltypes.Null, err
			}
			return f(env, a, sqltypes.FromInterval(&v))
		})
	}
	out := []entry{
		binary("interval_pl", addIntervals), binary("interval_mi", subtractIntervals), unary("interval_um", negateInterval),
		fn2("interval_mul", func(_ *Env, a, b datum) (datum, error) {
			v, err := multiplyInterval(*a.Interval(), b.Float())
			return sqltypes.FromInterval(&v), err
		}),
		fn2("mul_d_interval", func(_ *Env, a, b datum) (datum, error) {
			v, err := multiplyInterval(*b.Interval(), a.Float())
			return sqltypes.FromInterval(&v), err
		}),
		fn2("interval_div", func(_ *Env, a, b datum) (datum, error) {
			v, err := divideInterval(*a.Interval(), b.Float())
			return sqltypes.FromInterval(&v), err
		}),
		unary("interval_justify_hours", justifyHours), unary("interval_justify_days", justifyDays),
		unary("interval_justify_interval", justifyInterval),
		fn2("timestamp_pl_interval", timestampPlus), fn2("timestamptz_pl_interval", timestampTZPlus),
		fn2("date_pl_interval", datePlus), fn2("time_pl_interval", timePlus), fn2("timetz_pl_interval", timeTZPlus),
		minus("timestamp_mi_interval", timestampPlus), minus("timestamptz_mi_interval", timestampTZPlus),
		minus("date_mi_interval", datePlus), minus("time_mi_interval", timePlus), minus("timetz_mi_interval", timeTZPlus),
		swap("sql_interval_pl_date_2546", datePlus), swap("sql_interval_pl_time_1848", timePlus),
		swap("sql_interval_pl_timestamp_2548", timestampPlus), swap("sql_interval_pl_timestamptz_2549", timestampTZPlus),
		swap("sql_interval_pl_timetz_2547", timeTZPlus),
		fnN("timestamptz_pl_interval_at_zone", func(_ *Env, a []datum) (datum, error) {
			return timestampPlusAt(a[0], *a[1].Interval(), a[2].Str())
		}),
		fnN("timestamptz_mi_interval_at_zone", func(_ *Env, a []datum) (datum, error) {
			v, err := negateInterval(*a[1].Interval())
			if err != nil {
				return sqltypes.Null, err
			}
			return timestampPlusAt(a[0], v, a[2].Str())
		}),
	}
	return append(append(out, ageFunctions()...), inRangeFunctions()...)
}

// ageFunctions are the functions between intervals and times that are not operators.
func ageFunctions() []entry {
	return []entry{
		fn1("time_interval", func(_ *Env, a datum) (datum, error) { return sqltypes.FromInterval(&interval{Micros: a.Int()}), nil }),
		fn1("interval_time", func(_ *Env, a datum) (datum, error) {
			return sqltypes.Int(floorMod(a.Interval().Micros, microsPerDay)), nil
		}),
		fn2("timestamp_age", func(_ *Env, a, b datum) (datum, error) { return age(a.Int(), b.Int(), time.UTC) }),
		fn2("timestamptz_age", func(env *Env, a, b datum) (datum, error) { return age(a.Int(), b.Int(), env.location()) }),
		fn1("sql_age_2059", func(env *Env, a datum) (datum, error) { return age(env.today(), a.Int(), time.UTC) }),
		fn1("sql_age_1386", func(env *Env, a datum) (datum, error) {
			midnight, err := fromLocal(env.today(), env.location())
			if err != nil {
				return sqltypes.Null, err
			}
			return age(midnight.Int(), a.Int(), env.location())
		}),
		fnN("make_interval", makeInterval),
		fnN("timestamp_bin", bin), fnN("timestamptz_bin", bin),
	}
}

// today is midnight of the transaction's day, as the session's clocks show it.
func (env *Env) today() int64 {
	return floorDiv(localMicros(env.transactionStart(), env.location()), microsPerDay) * microsPerDay
}

func add32(a, b int32) (int32, bool) {
	n := int64(a) + int64(b)
	return int32(n), n == int64(int32(n))
}

func addIntervals(a, b interval) (interval, error) {
	months, ok1 := add32(a.Months, b.Months)
	days, ok2 := add32(a.Days, b.Days)
	micros, ok3 := add64(a.Micros, b.Micros)
	if !ok1 || !ok2 || !ok3 {
		return interval{}, intervalOutOfRange()
	}
	return interval{Months: months, Days: days, Micros: micros}, nil
}

func subtractIntervals(a, b interval) (interval, error) {
	months, days := int64(a.Months)-int64(b.Months), int64(a.Days)-int64(b.Days)
	micros := a.Micros - b.Micros
	overflow := (a.Micros >= 0) != (b.Micros >= 0) && (micros >= 0) != (a.Micros >= 0)
	if overflow || months != int64(int32(months)) || days != int64(int32(days)) {
		return interval{}, intervalOutOfRange()
	}
	return interval{Months: int32(months), Days: int32(days), Micros: micros}, nil
}

func negateInterval(v interval) (interval, error) {
	if v.Micros == math.MinInt64 || v.Days == math.MinInt32 || v.Months == math.MinInt32 {
		return v, intervalOutOfRange()
	}
	return interval{Months: -v.Months, Days: -v.Days, Micros: -v.Micros}, nil
}

func compareIntervals(a, b *interval) int {
	return compareValues(sqltypes.IntervalOID, sqltypes.FromInterval(a), sqltypes.FromInterval(b))
}

// roundMicros rounds seconds or days to six digits.
func roundMicros(f float64) float64 { return math.RoundToEven(f*1e6) / 1e6 }

func multiplyInterval(v interval, factor float64) (interval, error) {
	return scaleInterval(v, func(f float64) float64 { return f * factor })
}

func divideInterval(v interval, by float64) (interval, error) {
	if by == 0 {
		return v, divisionByZero()
	}
	return scaleInterval(v, func(f float64) float64 { return f / by })
}

// scaleInterval lets fractions of months become days and fractions of days time, never the other way round.
func scaleInterval(v interval, scale func(float64) float64) (interval, error) {
	months, days := scale(float64(v.Months)), scale(float64(v.Days))
	fits := func(f float64) bool { return f >= math.MinInt32 && f <= math.MaxInt32 }
	if !fits(months) || !fits(days) {
		return v, intervalOutOfRange()
	}
	out := interval{Months: int32(months), Days: int32(days)}
	monthDays := roundMicros((months - float64(out.Months)) * 30)
	seconds := roundMicros((days - float64(out.Days) + monthDays - math.Trunc(monthDays)) * 86400)
	if math.Abs(seconds) >= 86400 {
		whole := int32(seconds / 86400)
		var ok bool
		if out.Days, ok = add32(out.Days, whole); !ok {
			return v, intervalOutOfRange()
		}
		seconds -= float64(whole) * 86400
	}
	var ok bool
	if out.Days, ok = add32(out.Days, int32(monthDays)); !ok {
		return v, intervalOutOfRange()
	}
	micros := math.RoundToEven(scale(float64(v.Micros)) + seconds*1e6)
	if !(micros >= math.MinInt64 && micros < math.MaxInt64) {
		return v, intervalOutOfRange()
	}
	out.Micros = int64(micros)
	return out, nil
}

func justifyHours(v interval) (interval, error) {
	days, ok := add32(v.Days, int32(v.Micros/microsPerDay))
	if !ok || v.Micros/microsPerDay != int64(int32(v.Micros/microsPerDay)) {
		return v, intervalOutOfRange()
	}
	v.Days, v.Micros = days, v.Micros%microsPerDay
	if v.Days > 0 && v.Micros < 0 {
		v.Days, v.Micros = v.Days-1, v.Micros+microsPerDay
	} else if v.Days < 0 && v.Micros > 0 {
		v.Days, v.Micros = v.Days+1, v.Micros-microsPerDay
	}
	return v, nil
}

func justifyDays(v interval) (interval, error) {
	months, ok := add32(v.Months, v.Days/30)
	if !ok {
		return v, intervalOutOfRange()
	}
	v.Months, v.Days = months, v.Days%30
	if v.Months > 0 && v.Days < 0 {
		v.Months, v.Days = v.Months-1, v.Days+30
	} else if v.Months < 0 && v.Days > 0 {
		v.Months, v.Days = v.Months+1, v.Days-30
	}
	return v, nil
}

func justifyInterval(v interval) (interval, error) {
	// Days and time of one sign first come as near to each other as they can, to keep out of the way of an overflow.
	if v.Days > 0 && v.Micros > 0 || v.Days < 0 && v.Micros < 0 {
		months, ok := add32(v.Months, v.Days/30)
		if !ok {
			return v, intervalOutOfRange()
		}
		v.Months, v.Days = months, v.Days%30
	}
	days, ok := add32(v.Days, int32(v.Micros/microsPerDay))
	if !ok {
		return v, intervalOutOfRange()
	}
	v.Days, v.Micros = days, v.Micros%microsPerDay
	months, ok := add32(v.Months, v.Days/30)
	if !ok {
		return v, intervalOutOfRange()
	}
	v.Months, v.Days = months, v.Days%30
	switch {
	case v.Months > 0 && (v.Days < 0 || v.Days == 0 && v.Micros < 0):
		v.Days, v.Months = v.Days+30, v.Months-1
	case v.Months < 0 && (v.Days > 0 || v.Days == 0 && v.Micros > 0):
		v.Days, v.Months = v.Days-30, v.Months+1
	}
	switch {
	case v.Days > 0 && v.Micros < 0:
		v.Micros, v.Days = v.Micros+microsPerDay, v.Days-1
	case v.Days < 0 && v.Micros > 0:
		v.Micros, v.Days = v.Micros-microsPerDay, v.Days+1
	}
	return v, nil
}

// addMonthsDays moves a local time by months, cutting off at the month's end, and then by days.
func addMonthsDays(t int64, v *interval) (int64, bool) {
	if v.Months != 0 {
		c := sqltypes.SplitTimestamp(t)
		m := int64(c.Year)*12 + int64(c.Month) - 1 + int64(v.Months)
		c.Year, c.Month = int(floorDiv(m, 12)), int(floorMod(m, 12))+1
		if c.Year < -4713 || c.Year > 294277 {
			return 0, false
		}
		c.Day = min(c.Day, sqltypes.DaysInMonth(c.Year, c.Month))
		var ok bool
		if t, ok = c.Timestamp(); !ok {
			return 0, false
		}
	}
	if v.Days != 0 {
		days, ok := multiply64(int64(v.Days), microsPerDay)
		if !ok {
			return 0, false
		}
		if t, ok = add64(t, days); !ok || !sqltypes.ValidTimestamp(t) {
			return 0, false
		}
	}
	return t, true
}

func addToTimestamp(t int64, v *interval) (int64, error) {
	if !sqltypes.IsFiniteTimestamp(t) {
		return t, nil
	}
	out, ok := addMonthsDays(t, v)
	if ok {
		out, ok = add64(out, v.Micros)
	}
	if !ok || !sqltypes.ValidTimestamp(out) {
		return 0, timestampOutOfRange()
	}
	return out, nil
}

// addToTimestampTZ adds months and days as the zone's calendar has them, the time as it passes.
func addToTimestampTZ(t int64, v *interval, zone *time.Location) (int64, error) {
	if !sqltypes.IsFiniteTimestamp(t) {
		return t, nil
	}
	if v.Months != 0 || v.Days != 0 {
		local, _ := sqltypes.ToLocal(t, zone) // the zone's clocks may show a time beyond the last timestamp
		local, ok := addMonthsDays(local, v)
		if ok {
			t, ok = sqltypes.FromLocal(local, zone)
		}
		if !ok {
			return 0, timestampOutOfRange()
		}
	}
	out, ok := add64(t, v.Micros)
	if !ok || !sqltypes.ValidTimestamp(out) {
		return 0, timestampOutOfRange()
	}
	return out, nil
}

func timestampPlus(_ *Env, a, b datum) (datum, error) {
	t, err := addToTimestamp(a.Int(), b.Interval())
	return sqltypes.Int(t), err
}

func timestampTZPlus(env *Env, a, b datum) (datum, error) {
	t, err := addToTimestampTZ(a.Int(), b.Interval(), env.location())
	return sqltypes.Int(t), err
}

func timestampPlusAt(a datum, v interval, name string) (datum, error) {
	zone, err := zoneByName(name)
	if err != nil {
		return sqltypes.Null, err
	}
	t, err := addToTimestampTZ(a.Int(), &v, zone)
	return sqltypes.Int(t), err
}

func datePlus(_ *Env, a, b datum) (datum, error) {
	t, err := dateToTimestamp(a.Int())
	if err != nil {
		return sqltypes.Null, err
	}
	t, err = addToTimestamp(t, b.Interval())
	return sqltypes.Int(t), err
}

func timePlus(_ *Env, a, b datum) (datum, error) {
	return sqltypes.Int(floorMod(a.Int()+b.Interval().Micros, microsPerDay)), nil // the sum wraps round, as it does in PostgreSQL
}

func timeTZPlus(_ *Env, a, b datum) (datum, error) {
	return sqltypes.TimeTZ(floorMod(a.Word()+b.Interval().Micros, microsPerDay), a.Zone()), nil
}

// age is the difference in years, months, days and time. PostgreSQL 16 takes infinity for the time that its number stands for.
func age(a, b int64, zone *time.Location) (datum, error) {
	swapped := a < b
	if swapped {
		a, b = b, a
	}
	if b == sqltypes.TimestampMinusInfinity {
		return sqltypes.Null, pgerror.New(pgerror.DatetimeValueOutOfRange, "timestamp out of range")
	}
	x, y := splitLocal(a, zone), splitLocal(b, zone)
	micros := x.TimeOfDay() - y.TimeOfDay()
	days, months := x.Day-y.Day, (x.Year-y.Year)*12+x.Month-y.Month
	if micros < 0 {
		micros += microsPerDay
		days--
	}
	for days < 0 {
		days += sqltypes.DaysInMonth(y.Year, y.Month)
		months--
	}
	v := interval{Months: int32(months), Days: int32(days), Micros: micros}
	if swapped {
		v = interval{Months: -v.Months, Days: -v.Days, Micros: -v.Micros}
	}
	return sqltypes.FromInterval(&v), nil
}

// splitLocal takes a time apart as the clocks of a zone show it. Infinity is the last time that a timestamp can hold.
func splitLocal(at int64, zone *time.Location) sqltypes.Civil {
	if at != sqltypes.TimestampInfinity || zone == time.UTC {
		return sqltypes.SplitTimestamp(localMicros(at, zone))
	}
	fields := sqltypes.SplitTimestamp(localMicros(at-microsPerDay, zone))
	fields.Day++
	return fields
}

func makeInterval(_ *Env, a []datum) (datum, error) {
	seconds := a[6].Float()
	if math.IsNaN(seconds) || math.IsInf(seconds, 0) {
		return sqltypes.Null, intervalOutOfRange()
	}
	months := a[0].Int()*12 + a[1].Int()
	days := a[2].Int()*7 + a[3].Int()
	micros := math.RoundToEven(seconds * 1e6)
	whole := a[4].Int()*microsPerHour + a[5].Int()*microsPerMinute
	if !(micros >= math.MinInt64 && micros < math.MaxInt64) {
		return sqltypes.Null, intervalOutOfRange()
	}
	// The parts wrap round silently, as they do in PostgreSQL 16.
	return sqltypes.FromInterval(&interval{Months: int32(months), Days: int32(days), Micros: whole + int64(micros)}), nil
}

// bin is date_bin: the start of the stride a timestamp is in.
func bin(_ *Env, a []datum) (datum, error) {
	stride, t, origin := a[0].Interval(), a[1].Int(), a[2].Int()
	if !sqltypes.IsFiniteTimestamp(t) {
		return a[1], nil
	}
	if !sqltypes.IsFiniteTimestamp(origin) {
		return sqltypes.Null, pgerror.New(pgerror.DatetimeValueOutOfRange, "origin out of range")
	}
	if stride.Months != 0 {
		return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "timestamps cannot be binned into intervals containing months or years")
	}
	days, ok := multiply64(int64(stride.Days), microsPerDay)
	step, ok2 := add64(days, stride.Micros)
	if !ok || !ok2 {
		return sqltypes.Null, intervalOutOfRange()
	}
	if step <= 0 {
		return sqltypes.Null, pgerror.New(pgerror.DatetimeValueOutOfRange, "stride must be greater than zero")
	}
	difference := t - origin
	if (t >= origin) != (difference >= 0) {
		return sqltypes.Null, intervalOutOfRange()
	}
	out := origin + floorDiv(difference, step)*step
	if !sqltypes.ValidTimestamp(out) {
		return sqltypes.Null, timestampOutOfRange()
	}
	return sqltypes.Int(out), nil
}
