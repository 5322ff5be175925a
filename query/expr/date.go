package expr

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func timestampOutOfRange() error {
	return pgerror.New(pgerror.DatetimeValueOutOfRange, "timestamp out of range")
}

func dateOutOfRange() error {
	return pgerror.New(pgerror.DatetimeValueOutOfRange, "date out of range")
}

// dateFunctions are the operators and casts of dates, times and timestamps. Intervals alone are in interval.go.
func dateFunctions() []entry {
	out := crossComparisons()
	out = append(out,
		fn2("date_mi", func(_ *Env, a, b datum) (datum, error) {
			if !sqltypes.IsFiniteDate(a.Int()) || !sqltypes.IsFiniteDate(b.Int()) {
				return sqltypes.Null, pgerror.New(pgerror.DatetimeValueOutOfRange, "cannot subtract infinite dates")
			}
			return sqltypes.Int(a.Int() - b.Int()), nil
		}),
		fn2("date_pli", func(_ *Env, a, b datum) (datum, error) { return addDays(a.Int(), b.Int()) }),
		fn2("date_mii", func(_ *Env, a, b datum) (datum, error) { return addDays(a.Int(), -b.Int()) }),
		fn2("sql_integer_pl_date_2550", func(_ *Env, a, b datum) (datum, error) { return addDays(b.Int(), a.Int()) }),
		fn2("timestamp_mi", subtractTimestamps), fn2("time_mi_time", func(_ *Env, a, b datum) (datum, error) {
			return sqltypes.FromInterval(&sqltypes.Interval{Micros: a.Int() - b.Int()}), nil
		}),
		fn2("datetime_timestamp", dateTime), fn2("sql_timedate_pl_1296", func(env *Env, a, b datum) (datum, error) { return dateTime(env, b, a) }),
		fn2("datetimetz_timestamptz", dateTimeTZ), fn2("sql_timetzdate_pl_1298", func(env *Env, a, b datum) (datum, error) { return dateTimeTZ(env, b, a) }),
		fn2("sql_timestamptz_1176", func(env *Env, a, b datum) (datum, error) {
			t, err := dateTime(env, a, b)
			if err != nil {
				return sqltypes.Null, err
			}
			return fromLocal(t.Int(), env.location())
		}),
		fn1("date_timestamp", func(_ *Env, a datum) (datum, error) {
			t, err := dateToTimestamp(a.Int())
			return sqltypes.Int(t), err
		}),
		fn1("date_timestamptz", func(env *Env, a datum) (datum, error) {
			t, err := dateToTimestampTZ(a.Int(), env.location())
			return sqltypes.Int(t), err
		}),
		fn1("timestamp_date", func(_ *Env, a datum) (datum, error) { return sqltypes.Int(timestampToDate(a.Int())), nil }),
		fn1("timestamptz_date", func(env *Env, a datum) (datum, error) {
			return sqltypes.Int(timestampToDate(localMicros(a.Int(), env.location()))), nil
		}),
		fn1("timestamp_timestamptz", func(env *Env, a datum) (datum, error) { return fromLocal(a.Int(), env.location()) }),
		fn1("timestamptz_timestamp", func(env *Env, a datum) (datum, error) { return toLocal(a.Int(), env.location()) }),
		fn1("timestamp_time", func(_ *Env, a datum) (datum, error) { return timeOfDay(a.Int(), a.Int()), nil }),
		fn1("timestamptz_time", func(env *Env, a datum) (datum, error) {
			return timeOfDay(a.Int(), localMicros(a.Int(), env.location())), nil
		}),
		fn1("timestamptz_timetz", func(env *Env, a datum) (datum, error) {
			if !sqltypes.IsFiniteTimestamp(a.Int()) {
				return sqltypes.Null, nil
			}
			east := sqltypes.OffsetAt(a.Int(), env.location())
			return sqltypes.TimeTZ(floorMod(a.Int()+int64(east)*microsPerSecond, microsPerDay), int32(-east)), nil
		}),
		fn1("time_timetz", func(env *Env, a datum) (datum, error) {
			today := floorDiv(localMicros(env.transactionStart(), env.location()), microsPerDay) * microsPerDay
			east := sqltypes.LocalOffset(today+a.Int(), env.location())
			return sqltypes.TimeTZ(a.Int(), int32(-east)), nil
		}),
		fn1("timetz_time", func(_ *Env, a datum) (datum, error) { return sqltypes.Int(a.Word()), nil }),
		fn1("float8_timestamptz", fromUnix),
		fn1("date_finite", func(_ *Env, a datum) (datum, error) { return sqltypes.Bool(sqltypes.IsFiniteDate(a.Int())), nil }),
		fn1("timestamp_finite", func(_ *Env, a datum) (datum, error) { return sqltypes.Bool(sqltypes.IsFiniteTimestamp(a.Int())), nil }),
		fn1("interval_finite", func(*Env, datum) (datum, error) { return sqltypes.Bool(true), nil }),
	)
	for source, t := range map[string]oid{"timestamp_scale": sqltypes.TimestampOID, "timestamptz_scale": sqltypes.TimestampTZOID,
		"time_scale": sqltypes.TimeOID, "timetz_scale": sqltypes.TimeTZOID, "interval_scale": sqltypes.IntervalOID} {
		out = append(out, fn2(source, func(_ *Env, a, b datum) (datum, error) {
			return sqltypes.CoerceTypmod(sqltypes.Type{OID: t, Mod: int32(b.Int())}, a, false)
		}))
	}
	return append(append(append(out, zoneFunctions()...), makeFunctions()...), overlapFunctions()...)
}

func (env *Env) transactionStart() int64 {
	if env.Session == nil {
		return 0
	}
	return env.Session.TransactionStart
}

func addDays(day, n int64) (datum, error) {
	if !sqltypes.IsFiniteDate(day) {
		return sqltypes.Int(day), nil
	}
	if !sqltypes.ValidDate(day + n) {
		return sqltypes.Null, dateOutOfRange()
	}
	return sqltypes.Int(day + n), nil
}

func dateToTimestamp(day int64) (int64, error) {
	switch day {
	case sqltypes.DateInfinity:
		return sqltypes.TimestampInfinity, nil
	case sqltypes.DateMinusInfinity:
		return sqltypes.TimestampMinusInfinity, nil
	}
	t, ok := multiply64(day, microsPerDay)
	if !ok || !sqltypes.ValidTimestamp(t) {
		return 0, pgerror.New(pgerror.DatetimeValueOutOfRange, "date out of range for timestamp")
	}
	return t, nil
}

func dateToTimestampTZ(day int64, zone *time.Location) (int64, error) {
	t, err := dateToTimestamp(day)
	if err != nil {
		return 0, err
	}
	at, ok := sqltypes.FromLocal(t, zone)
	if !ok {
		return 0, pgerror.New(pgerror.DatetimeValueOutOfRange, "date out of range for timestamp")
	}
	return at, nil
}

func timestampToDate(t int64) int64 {
	switch t {
	case sqltypes.TimestampInfinity:
		return sqltypes.DateInfinity
	case sqltypes.TimestampMinusInfinity:
		return sqltypes.DateMinusInfinity
	}
	return floorDiv(t, microsPerDay)
}

func timeOfDay(t, local int64) datum {
	if !sqltypes.IsFiniteTimestamp(t) {
		return sqltypes.Null
	}
	return sqltypes.Int(floorMod(local, microsPerDay))
}

func dateTime(_ *Env, day, micros datum) (datum, error) {
	t, err := dateToTimestamp(day.Int())
	if err != nil || !sqltypes.IsFiniteTimestamp(t) {
		return sqltypes.Int(t), err
	}
	if t += micros.Int(); !sqltypes.ValidTimestamp(t) {
		return sqltypes.Null, timestampOutOfRange()
	}
	return sqltypes.Int(t), nil
}

func dateTimeTZ(_ *Env, day, micros datum) (datum, error) {
	t, err := dateToTimestamp(day.Int())
	if err != nil || !sqltypes.IsFiniteTimestamp(t) {
		return sqltypes.Int(t), err
	}
	if t += micros.Word() + int64(micros.Zone())*microsPerSecond; !sqltypes.ValidTimestamp(t) {
		return sqltypes.Null, timestampOutOfRange()
	}
	return sqltypes.Int(t), nil
}

func toLocal(t int64, zone *time.Location) (datum, error) {
	local, ok := sqltypes.ToLocal(t, zone)
	if !ok {
		return sqltypes.Null, timestampOutOfRange()
	}
	return sqltypes.Int(local), nil
}

func fromLocal(local int64, zone *time.Location) (datum, error) {
	t, ok := sqltypes.FromLocal(local, zone)
	if !ok {
		return sqltypes.Null, timestampOutOfRange()
	}
	return sqltypes.Int(t), nil
}

func subtractTimestamps(_ *Env, a, b datum) (datum, error) {
	if !sqltypes.IsFiniteTimestamp(a.Int()) || !sqltypes.IsFiniteTimestamp(b.Int()) {
		return sqltypes.Null, pgerror.New(pgerror.DatetimeValueOutOfRange, "cannot subtract infinite timestamps")
	}
	d := a.Int() - b.Int()
	if (a.Int() >= b.Int()) != (d >= 0) {
		return sqltypes.Null, intervalOutOfRange()
	}
	return sqltypes.FromInterval(&sqltypes.Interval{Days: int32(d / microsPerDay), Micros: d % microsPerDay}), nil
}

func fromUnix(_ *Env, a datum) (datum, error) {
	s := a.Float()
	switch {
	case math.IsNaN(s):
		return sqltypes.Null, pgerror.New(pgerror.DatetimeValueOutOfRange, "timestamp cannot be NaN")
	case math.IsInf(s, 1):
		return sqltypes.Int(sqltypes.TimestampInfinity), nil
	case math.IsInf(s, -1):
		return sqltypes.Int(sqltypes.TimestampMinusInfinity), nil
	}
	s = math.RoundToEven((s - 946684800) * 1e6)
	if !(s >= -9.3e18 && s < 9.2233720368547748e18) || !sqltypes.ValidTimestamp(int64(s)) {
		return sqltypes.Null, pgerror.New(pgerror.DatetimeValueOutOfRange, "timestamp out of range: \"%s\"", shortFloat(a.Float()))
	}
	return sqltypes.Int(int64(s)), nil
}

// shortFloat writes a number as C's %g does.
func shortFloat(f float64) string {
	if math.IsInf(f, 0) {
		return sqltypes.Text(sqltypes.Float8OID, sqltypes.Float(f), nil)
	}
	return strconv.FormatFloat(f, 'g', 6, 64)
}

// seconds writes a number with two characters at least.
func seconds(f float64) string {
	if text := shortFloat(f); len(text) > 1 {
		return text
	} else {
		return "0" + text
	}
}

// crossComparisons compare dates with timestamps, and timestamps with timestamptzs as the session's zone shows them. A date beyond the
// timestamps is later than all of them but infinity.
func crossComparisons() []entry {
	dayAsTimestamp := func(d int64) int64 {
		t, err := dateToTimestamp(d)
		if err != nil {
			return sqltypes.TimestampInfinity - 1
		}
		return t
	}
	dayAsInstant := func(env *Env, d int64) int64 {
		t, err := dateToTimestampTZ(d, env.location())
		if err != nil {
			return sqltypes.TimestampInfinity - 1
		}
		return t
	}
	instant := func(env *Env, t int64) int64 {
		at, ok := sqltypes.FromLocal(t, env.location())
		if !ok {
			if t > 0 {
				return sqltypes.TimestampInfinity - 1
			}
			return sqltypes.TimestampMinusInfinity + 1
		}
		return at
	}
	families := map[[2]string]func(env *Env, a, b int64) int{
		{"date", "timestamp"}:        func(_ *Env, a, b int64) int { return compareInts(dayAsTimestamp(a), b) },
		{"date", "timestamptz"}:      func(env *Env, a, b int64) int { return compareInts(dayAsInstant(env, a), b) },
		{"timestamp", "date"}:        func(_ *Env, a, b int64) int { return compareInts(a, dayAsTimestamp(b)) },
		{"timestamptz", "date"}:      func(env *Env, a, b int64) int { return compareInts(a, dayAsInstant(env, b)) },
		{"timestamp", "timestamptz"}: func(env *Env, a, b int64) int { return compareInts(instant(env, a), b) },
		{"timestamptz", "timestamp"}: func(env *Env, a, b int64) int { return compareInts(a, instant(env, b)) },
	}
	var out []entry
	for names, cmp := range families {
		for _, op := range []string{"eq", "ne", "lt", "le", "gt", "ge"} {
			test := compareTest(op)
			out = append(out, fn2(names[0]+"_"+op+"_"+names[1], func(env *Env, a, b datum) (datum, error) {
				return sqltypes.Bool(test(cmp(env, a.Int(), b.Int()))), nil
			}))
		}
		out = append(out, fn2(names[0]+"_cmp_"+names[1], func(env *Env, a, b datum) (datum, error) {
			return sqltypes.Int(int64(cmp(env, a.Int(), b.Int()))), nil
		}))
	}
	return out
}

// zoneFunctions are AT TIME ZONE.
func zoneFunctions() []entry {
	intervalZone := func(env *Env, d datum) (*time.Location, error) {
		v := d.Interval()
		if v.Months != 0 || v.Days != 0 {
			return nil, pgerror.New(pgerror.InvalidParameterValue, "interval time zone \"%s\" must not include months or days",
				sqltypes.Text(sqltypes.IntervalOID, d, env.format()))
		}
		return time.FixedZone("", int(int32(v.Micros/microsPerSecond))), nil
	}
	named := func(_ *Env, d datum) (*time.Location, error) { return zoneByName(d.Str()) }
	var out []entry
	for suffix, zoneOf := range map[string]func(*Env, datum) (*time.Location, error){"_zone": named, "_izone": intervalZone} {
		out = append(out,
			fn2("timestamp"+suffix, func(env *Env, a, b datum) (datum, error) {
				if !sqltypes.IsFiniteTimestamp(b.Int()) {
					return b, nil
				}
				zone, err := zoneOf(env, a)
				if err != nil {
					return sqltypes.Null, err
				}
				return fromLocal(b.Int(), zone)
			}),
			fn2("timestamptz"+suffix, func(env *Env, a, b datum) (datum, error) {
				if !sqltypes.IsFiniteTimestamp(b.Int()) {
					return b, nil
				}
				zone, err := zoneOf(env, a)
				if err != nil {
					return sqltypes.Null, err
				}
				return toLocal(b.Int(), zone)
			}),
			fn2("timetz"+suffix, func(env *Env, a, b datum) (datum, error) {
				zone, err := zoneOf(env, a)
				if err != nil {
					return sqltypes.Null, err
				}
				west := -int64(sqltypes.OffsetAt(env.transactionStart(), zone))
				micros := floorMod(b.Word()+(int64(b.Zone())-west)*microsPerSecond, microsPerDay)
				return sqltypes.TimeTZ(micros, int32(west)), nil
			}))
	}
	return out
}

// makeFunctions build values from their parts.
func makeFunctions() []entry {
	return []entry{
		fnN("make_date", func(_ *Env, a []datum) (datum, error) {
			year := a[0].Int()
			shown := year
			if year < 0 && year > -maxInt32 {
				shown++ // there is no year 0
			}
			day, err := makeDateShown(year, a[1].Int(), a[2].Int(), shown)
			return sqltypes.Int(day), err
		}),
		fnN("make_time", func(_ *Env, a []datum) (datum, error) {
			t, err := makeTime(a[0].Int(), a[1].Int(), a[2].Float())
			return sqltypes.Int(t), err
		}),
		fnN("make_timestamp", func(_ *Env, a []datum) (datum, error) { return makeTimestamp(a) }),
		fnN("make_timestamptz", func(env *Env, a []datum) (datum, error) {
			t, err := makeTimestamp(a)
			if err != nil {
				return sqltypes.Null, err
			}
			return fromLocal(t.Int(), env.location())
		}),
		fnN("make_timestamptz_at_timezone", func(_ *Env, a []datum) (datum, error) {
			t, err := makeTimestamp(a[:6])
			if err != nil {
				return sqltypes.Null, err
			}
			zone, err := zoneByName(a[6].Str())
			if err != nil {
				return sqltypes.Null, err
			}
			return fromLocal(t.Int(), zone)
		}),
	}
}

func makeDate(year, month, day int64) (int64, error) {
	return makeDateShown(year, month, day, year)
}

// makeDateShown is makeDate with the year that an error names.
func makeDateShown(year, month, day, shown int64) (int64, error) {
	bad := pgerror.New(pgerror.DatetimeFieldOverflow, "date field value out of range: %d-%02d-%02d", shown, month, day)
	y := year
	if y < 0 {
		y++
	}
	if year == 0 || month < 1 || month > 12 || day < 1 || day > int64(sqltypes.DaysInMonth(int(y), int(month))) {
		return 0, bad
	}
	if year < -maxInt32 {
		return 0, bad
	}
	if y < -4800 || y > 6_000_000 {
		return 0, pgerror.New(pgerror.DatetimeValueOutOfRange, "date out of range: %d-%02d-%02d", year, month, day)
	}
	n := int64(sqltypes.JulianDay(int(y), int(month), int(day)) - sqltypes.EpochJulian)
	if !sqltypes.ValidDate(n) {
		return 0, pgerror.New(pgerror.DatetimeValueOutOfRange, "date out of range: %d-%02d-%02d", year, month, day)
	}
	return n, nil
}

func makeTime(hour, minute int64, second float64) (int64, error) {
	micros := math.RoundToEven(second * 1e6)
	valid := hour >= 0 && hour <= 24 && minute >= 0 && minute < 60 && micros >= 0 && micros <= 60e6
	t := hour*microsPerHour + minute*microsPerMinute
	if valid {
		t += int64(micros)
	}
	if !valid || t > microsPerDay {
		return 0, pgerror.New(pgerror.DatetimeFieldOverflow, "time field value out of range: %d:%02d:%s", hour, minute, seconds(second))
	}
	return t, nil
}

func makeTimestamp(a []datum) (datum, error) {
	day, err := makeDate(a[0].Int(), a[1].Int(), a[2].Int())
	if err != nil {
		return sqltypes.Null, err
	}
	micros, err := makeTime(a[3].Int(), a[4].Int(), a[5].Float())
	if err != nil {
		return sqltypes.Null, err
	}
	t, ok := multiply64(day, microsPerDay)
	if t += micros; !ok || !sqltypes.ValidTimestamp(t) {
		return sqltypes.Null, pgerror.New(pgerror.DatetimeValueOutOfRange, "timestamp out of range: %d-%02d-%02d %d:%02d:%s",
			a[0].Int(), a[1].Int(), a[2].Int(), a[3].Int(), a[4].Int(), seconds(a[5].Float()))
	}
	return sqltypes.Int(t), nil
}

// overlapFunctions are OVERLAPS, in which an end may be given as a length.
func overlapFunctions() []entry {
	out := []entry{
		fnN("overlaps_timestamp", func(_ *Env, a []datum) (datum, error) { return overlaps(sqltypes.TimestampOID, a), nil }),
		fnN("overlaps_time", func(_ *Env, a []datum) (datum, error) { return overlaps(sqltypes.TimeOID, a), nil }),
		fnN("overlaps_timetz", func(_ *Env, a []datum) (datum, error) { return overlaps(sqltypes.TimeTZOID, a), nil }),
	}
	type add = func(env *Env, a, b datum) (datum, error)
	withLengths := func(source string, t oid, plus add, first, second bool) entry {
		return fnN(source, func(env *Env, a []datum) (datum, error) {
			ends := [4]datum{a[0], a[1], a[2], a[3]}
			for i, length := range [2]bool{first, second} {
				from, to := 2*i, 2*i+1
				if !length {
					continue
				}
				if a[from].IsNull() || a[to].IsNull() {
					ends[to] = sqltypes.Null
					continue
				}
				end, err := plus(env, a[from], a[to])
				if err != nil {
					return sqltypes.Null, err
				}
				ends[to] = end
			}
			return overlaps(t, ends[:]), nil
		})
	}
	ts, tz, tm := timestampPlus, timestampTZPlus, timePlus
	return append(out,
		withLengths("sql_overlaps_1305", sqltypes.TimestampTZOID, tz, true, true), withLengths("sql_overlaps_1306", sqltypes.TimestampTZOID, tz, false, true),
		withLengths("sql_overlaps_1307", sqltypes.TimestampTZOID, tz, true, false), withLengths("sql_overlaps_1309", sqltypes.TimeOID, tm, true, true),
		withLengths("sql_overlaps_1310", sqltypes.TimeOID, tm, false, true), withLengths("sql_overlaps_1311", sqltypes.TimeOID, tm, true, false),
		withLengths("sql_overlaps_2042", sqltypes.TimestampOID, ts, true, true), withLengths("sql_overlaps_2043", sqltypes.TimestampOID, ts, false, true),
		withLengths("sql_overlaps_2044", sqltypes.TimestampOID, ts, true, false))
}

// overlaps is the standard's OVERLAPS: the ends of a period may be swapped, and one that is NULL is unknown.
func overlaps(t oid, a []datum) datum {
	s1, e1, s2, e2 := a[0], a[1], a[2], a[3]
	order := func(s, e datum) (datum, datum) {
		switch {
		case s.IsNull():
			return e, sqltypes.Null
		case !e.IsNull() && compareValues(t, s, e) > 0:
			return e, s
		}
		return s, e
	}
	if s1.IsNull() && e1.IsNull() || s2.IsNull() && e2.IsNull() {
		return sqltypes.Null
	}
	s1, e1 = order(s1, e1)
	s2, e2 = order(s2, e2)
	c := compareValues(t, s1, s2)
	if c == 0 {
		if e1.IsNull() || e2.IsNull() {
			return sqltypes.Null
		}
		return sqltypes.Bool(true)
	}
	if c < 0 {
		s1, e1, s2, e2 = s2, e2, s1, e1
	}
	// Now s1 is the later start.
	if e2.IsNull() {
		return sqltypes.Null
	}
	if compareValues(t, s1, e2) < 0 {
		return sqltypes.Bool(true)
	}
	if e1.IsNull() {
		return sqltypes.Null
	}
	return sqltypes.Bool(false)
}

// zoneByName finds a zone by name, abbreviation or description; a bare number is hours west of Greenwich, as POSIX has it.
func zoneByName(name string) (*time.Location, error) {
	zone, err := sqltypes.ZoneOf(name)
	if err == nil {
		return zone, nil
	}
	if west, ok := offsetWest(name); ok {
		return time.FixedZone("", -west), nil
	}
	return nil, err
}

// offsetWest reads hours, with minutes and seconds or without, west of UTC.
func offsetWest(text string) (seconds int, ok bool) {
	sign := 1
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		text, sign = rest, -1
	} else {
		text = strings.TrimPrefix(text, "+")
	}
	parts := strings.Split(text, ":")
	if len(parts) > 3 {
		return 0, false
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || i == 0 && n >= 168 || i > 0 && n >= 60 {
			return 0, false
		}
		seconds += int(n) * []int{3600, 60, 1}[i]
	}
	return sign * seconds, true
}
