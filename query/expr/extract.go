package expr

import (
	"math"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// field is a unit of extract, date_part and date_trunc.
type field uint8

const (
	unknownField field = iota
	fieldMicrosecond
	fieldMillisecond
	fieldSecond
	fieldMinute
	fieldHour
	fieldDay
	fieldWeek
	fieldMonth
	fieldQuarter
	fieldYear
	fieldDecade
	fieldCentury
	fieldMillennium
	fieldJulian
	fieldISOYear
	fieldISODow
	fieldDow
	fieldDoy
	fieldEpoch
	fieldZone
	fieldZoneHour
	fieldZoneMinute
)

// fieldOf reads a unit's name; only its first ten letters count.
func fieldOf(name string) field {
	if len(name) > 10 {
		name = name[:10]
	}
	switch name {
	case "us", "usec", "usecs", "usecond", "useconds", "microsecon":
		return fieldMicrosecond
	case "ms", "msec", "msecs", "msecond", "mseconds", "millisecon":
		return fieldMillisecond
	case "s", "sec", "secs", "second", "seconds":
		return fieldSecond
	case "m", "min", "mins", "minute", "minutes":
		return fieldMinute
	case "h", "hr", "hrs", "hour", "hours":
		return fieldHour
	case "d", "day", "days":
		return fieldDay
	case "w", "week", "weeks":
		return fieldWeek
	case "mon", "mons", "month", "months":
		return fieldMonth
	case "qtr", "quarter":
		return fieldQuarter
	case "y", "yr", "yrs", "year", "years":
		return fieldYear
	case "dec", "decs", "decade", "decades":
		return fieldDecade
	case "c", "cent", "century", "centuries":
		return fieldCentury
	case "mil", "mils", "millennia", "millennium":
		return fieldMillennium
	case "j", "jd", "julian":
		return fieldJulian
	case "isoyear":
		return fieldISOYear
	case "isodow":
		return fieldISODow
	case "dow":
		return fieldDow
	case "doy":
		return fieldDoy
	case "epoch":
		return fieldEpoch
	case "timezone":
		return fieldZone
	case "timezone_h":
		return fieldZoneHour
	case "timezone_m":
		return fieldZoneMinute
	}
	return unknownField
}

// truncFieldOf knows only the units date_trunc counts as such.
func truncFieldOf(name string) field {
	switch f := fieldOf(name); f {
	case fieldEpoch, fieldDow, fieldDoy, fieldISODow, fieldISOYear, fieldJulian:
		return unknownField
	default:
		return f
	}
}

func unitNotRecognized(unit string, t oid) error {
	return pgerror.New(pgerror.InvalidParameterValue, "unit \"%s\" not recognized for type %s", unit, sqltypes.TypeName(sqltypes.T(t)))
}

func unitNotSupported(unit string, t oid) error {
	return pgerror.New(pgerror.FeatureNotSupported, "unit \"%s\" not supported for type %s", unit, sqltypes.TypeName(sqltypes.T(t)))
}

// part is an extracted value: whole × 10^-scale, or NULL, or an infinity.
type part struct {
	whole    int64
	scale    int32
	null     bool
	infinite int
	fraction datum // a value that needs more digits: Julian days with a time
}

func (p part) numeric() datum {
	switch {
	case p.null:
		return sqltypes.Null
	case p.infinite != 0:
		return sqltypes.NumericInfinity(p.infinite < 0)
	case !p.fraction.IsNull():
		return p.fraction
	}
	return sqltypes.SmallDecimal(p.whole, p.scale)
}

func (p part) float() datum {
	switch {
	case p.null:
		return sqltypes.Null
	case p.infinite != 0:
		return sqltypes.Float(math.Inf(p.infinite))
	case !p.fraction.IsNull():
		f, err := sqltypes.NumericToFloat8(p.fraction)
		if err != nil {
			return sqltypes.Null
		}
		return sqltypes.Float(f)
	}
	return sqltypes.Float(float64(p.whole) / math.Pow10(int(p.scale)))
}

type extractor func(env *Env, unit string, d datum) (part, error)

func extractFunctions() []entry {
	var out []entry
	for name, f := range map[string]extractor{
		"date": extractDate, "timestamp": extractTimestamp, "timestamptz": extractTimestampTZ, "interval": extractInterval,
		"time": extractTime, "timetz": extractTimeTZ,
	} {
		out = append(out, fn2("extract_"+name, func(env *Env, a, b datum) (datum, error) {
			p, err := f(env, lowerASCII(a.Str()), b)
			if err != nil {
				return sqltypes.Null, err
			}
			return p.numeric(), nil
		}))
		if name == "date" {
			continue
		}
		out = append(out, fn2(name+"_part", func(env *Env, a, b datum) (datum, error) {
			p, err := f(env, lowerASCII(a.Str()), b)
			if err != nil {
				return sqltypes.Null, err
			}
			return p.float(), nil
		}))
	}
	return append(out,
		fn2("sql_date_part_1384", func(env *Env, a, b datum) (datum, error) {
			t, err := dateToTimestamp(b.Int())
			if err != nil {
				return sqltypes.Null, err
			}
			p, err := extractTimestamp(env, lowerASCII(a.Str()), sqltypes.Int(t))
			if err != nil {
				return sqltypes.Null, err
			}
			return p.float(), nil
		}),
		fn2("timestamp_trunc", func(_ *Env, a, b datum) (datum, error) {
			t, err := truncTimestamp(lowerASCII(a.Str()), b.Int(), sqltypes.TimestampOID)
			return sqltypes.Int(t), err
		}),
		fn2("timestamptz_trunc", func(env *Env, a, b datum) (datum, error) { return truncTimestampTZ(a.Str(), b.Int(), env.location()) }),
		fnN("timestamptz_trunc_zone", func(_ *Env, a []datum) (datum, error) {
			if !sqltypes.IsFiniteTimestamp(a[1].Int()) {
				return a[1], nil
			}
			zone, err := zoneByName(a[2].Str())
			if err != nil {
				return sqltypes.Null, err
			}
			return truncTimestampTZ(a[0].Str(), a[1].Int(), zone)
		}),
		fn2("interval_trunc", truncInterval))
}

func extractDate(_ *Env, unit string, d datum) (part, error) {
	f := fieldOf(unit)
	switch f {
	case unknownField:
		return part{}, unitNotRecognized(unit, sqltypes.DateOID)
	case fieldMicrosecond, fieldMillisecond, fieldSecond, fieldMinute, fieldHour, fieldZone, fieldZoneHour, fieldZoneMinute:
		return part{}, unitNotSupported(unit, sqltypes.DateOID)
	}
	if !sqltypes.IsFiniteDate(d.Int()) {
		return infinitePart(f, d.Int()), nil
	}
	switch f {
	case fieldEpoch:
		return part{whole: d.Int()*86400 + 946684800}, nil
	case fieldJulian:
		return part{whole: d.Int() + sqltypes.EpochJulian}, nil
	}
	var c sqltypes.Civil
	c.Year, c.Month, c.Day = sqltypes.FromJulianDay(int(d.Int()) + sqltypes.EpochJulian)
	p, _ := civilPart(f, &c)
	return p, nil
}

// infinitePart: what grows with time is infinite too, the rest is unknown.
func infinitePart(f field, sign int64) part {
	switch f {
	case fieldYear, fieldDecade, fieldCentury, fieldMillennium, fieldJulian, fieldISOYear, fieldEpoch:
		if sign < 0 {
			return part{infinite: -1}
		}
		return part{infinite: 1}
	}
	return part{null: true}
}

// civilPart gives the fields that a calendar date and time of day have.
func civilPart(f field, c *sqltypes.Civil) (part, bool) {
	year := int64(c.Year)
	whole := func(n int64) (part, bool) { return part{whole: n}, true }
	switch f {
	case fieldMicrosecond:
		return whole(int64(c.Second)*1_000_000 + int64(c.Micros))
	case fieldMillisecond:
		return part{whole: int64(c.Second)*1_000_000 + int64(c.Micros), scale: 3}, true
	case fieldSecond:
		return part{whole: int64(c.Second)*1_000_000 + int64(c.Micros), scale: 6}, true
	case fieldMinute:
		return whole(int64(c.Minute))
	case fieldHour:
		return whole(int64(c.Hour))
	case fieldDay:
		return whole(int64(c.Day))
	case fieldMonth:
		return whole(int64(c.Month))
	case fieldQuarter:
		return whole(int64(c.Month-1)/3 + 1)
	case fieldWeek:
		_, week := sqltypes.ISOWeek(c.Year, c.Month, c.Day)
		return whole(int64(week))
	case fieldYear:
		if year <= 0 {
			year-- // there is no year 0
		}
		return whole(year)
	case fieldDecade:
		return whole(floorDiv(year, 10))
	case fieldCentury:
		return whole(period(year, 100))
	case fieldMillennium:
		return whole(period(year, 1000))
	case fieldISOYear:
		isoYear, _ := sqltypes.ISOWeek(c.Year, c.Month, c.Day)
		if isoYear <= 0 {
			isoYear--
		}
		return whole(int64(isoYear))
	}
	day := sqltypes.JulianDay(c.Year, c.Month, c.Day)
	switch f {
	case fieldDow:
		return whole(int64(sqltypes.Weekday(day)))
	case fieldISODow:
		return whole(int64((sqltypes.Weekday(day)+6)%7 + 1))
	case fieldDoy:
		return whole(int64(day - sqltypes.JulianDay(c.Year, 1, 1) + 1))
	case fieldJulian:
		if c.TimeOfDay() == 0 {
			return julianPart(int64(day), 0)
		}
		return julianPart(int64(day), c.TimeOfDay())
	}
	return part{}, false
}

// period counts centuries or millennia from 1, and from -1 before our era.
func period(year, length int64) int64 {
	if year > 0 {
		return (year + length - 1) / length
	}
	return -((length - 1 - (year - 1)) / length)
}

func julianPart(day, micros int64) (part, bool) {
	share, err := sqltypes.NumericDiv(sqltypes.NumericFromInt64(micros), sqltypes.NumericFromInt64(microsPerDay))
	if err != nil {
		return part{}, false
	}
	sum, err := sqltypes.NumericAdd(sqltypes.NumericFromInt64(day), share)
	return part{fraction: sum}, err == nil
}

func extractTimestamp(_ *Env, unit string, d datum) (part, error) {
	return extractMoment(unit, d.Int(), time.UTC, sqltypes.TimestampOID)
}

func extractTimestampTZ(env *Env, unit string, d datum) (part, error) {
	return extractMoment(unit, d.Int(), env.location(), sqltypes.TimestampTZOID)
}

func extractMoment(unit string, t int64, zone *time.Location, typ oid) (part, error) {
	f := fieldOf(unit)
	switch f {
	case unknownField:
		return part{}, unitNotRecognized(unit, typ)
	}
	if !sqltypes.IsFiniteTimestamp(t) {
		return infinitePart(f, t), nil
	}
	switch f {
	case fieldEpoch:
		return part{whole: t + unixEpochMicros, scale: 6}, nil
	case fieldZone, fieldZoneHour, fieldZoneMinute:
		if typ == sqltypes.TimestampOID {
			return part{}, unitNotSupported(unit, typ)
		}
		return zonePart(f, int64(sqltypes.OffsetAt(t, zone))), nil
	}
	c := sqltypes.SplitTimestamp(localMicros(t, zone))
	p, ok := civilPart(f, &c)
	if !ok {
		return part{}, unitNotSupported(unit, typ)
	}
	return p, nil
}

func zonePart(f field, east int64) part {
	switch f {
	case fieldZoneHour:
		return part{whole: east / 3600}
	case fieldZoneMinute:
		return part{whole: east % 3600 / 60}
	}
	return part{whole: east}
}

func extractTime(_ *Env, unit string, d datum) (part, error) {
	return extractTimeOfDay(unit, d.Int(), 0, sqltypes.TimeOID)
}

func extractTimeTZ(_ *Env, unit string, d datum) (part, error) {
	return extractTimeOfDay(unit, d.Word(), int64(d.Zone()), sqltypes.TimeTZOID)
}

func extractTimeOfDay(unit string, micros, west int64, typ oid) (part, error) {
	f := fieldOf(unit)
	switch f {
	case unknownField:
		return part{}, unitNotRecognized(unit, typ)
	case fieldEpoch:
		return part{whole: micros + west*microsPerSecond, scale: 6}, nil
	case fieldMicrosecond, fieldMillisecond, fieldSecond, fieldMinute, fieldHour:
		c := sqltypes.Civil{
			Hour: int(micros / microsPerHour), Minute: int(micros / microsPerMinute % 60),
			Second: int(micros / microsPerSecond % 60), Micros: int(micros % microsPerSecond),
		}
		p, _ := civilPart(f, &c)
		return p, nil
	case fieldZone, fieldZoneHour, fieldZoneMinute:
		if typ == sqltypes.TimeTZOID {
			return zonePart(f, -west), nil
		}
	}
	return part{}, unitNotSupported(unit, typ)
}

func extractInterval(_ *Env, unit string, d datum) (part, error) {
	v := d.Interval()
	year, month := int64(v.Months/12), int64(v.Months%12)
	seconds := v.Micros % microsPerMinute
	switch fieldOf(unit) {
	case unknownField:
		return part{}, unitNotRecognized(unit, sqltypes.IntervalOID)
	case fieldMicrosecond:
		return part{whole: seconds}, nil
	case fieldMillisecond:
		return part{whole: seconds, scale: 3}, nil
	case fieldSecond:
		return part{whole: seconds, scale: 6}, nil
	case fieldMinute:
		return part{whole: v.Micros / microsPerMinute % 60}, nil
	case fieldHour:
		return part{whole: v.Micros / microsPerHour}, nil
	case fieldDay:
		return part{whole: int64(v.Days)}, nil
	case fieldMonth:
		return part{whole: month}, nil
	case fieldQuarter:
		return part{whole: month/3 + 1}, nil
	case fieldYear:
		return part{whole: year}, nil
	case fieldDecade:
		return part{whole: year / 10}, nil
	case fieldCentury:
		return part{whole: year / 100}, nil
	case fieldMillennium:
		return part{whole: year / 1000}, nil
	case fieldEpoch:
		// A year has 365.25 days here, a month 30.
		seconds := year*31557600 + (month*30+int64(v.Days))*86400
		whole, ok := multiply64(seconds, microsPerSecond)
		if whole, ok2 := add64(whole, v.Micros); ok && ok2 {
			return part{whole: whole, scale: 6}, nil
		}
		sum, err := sqltypes.NumericAdd(sqltypes.SmallDecimal(v.Micros, 6), sqltypes.NumericFromInt64(seconds))
		return part{fraction: sum}, err
	}
	return part{}, unitNotSupported(unit, sqltypes.IntervalOID)
}

// truncCivil sets what is smaller than the unit to its start; it tells whether the date changed too.
func truncCivil(f field, c *sqltypes.Civil) (dateChanged, ok bool) {
	midnight := func() { c.Hour, c.Minute, c.Second, c.Micros = 0, 0, 0, 0 }
	switch f {
	case fieldMicrosecond:
	case fieldMillisecond:
		c.Micros = c.Micros / 1000 * 1000
	case fieldSecond:
		c.Micros = 0
	case fieldMinute:
		c.Second, c.Micros = 0, 0
	case fieldHour:
		c.Minute, c.Second, c.Micros = 0, 0, 0
	case fieldDay:
		midnight()
		return true, true
	case fieldWeek:
		year, week := sqltypes.ISOWeek(c.Year, c.Month, c.Day)
		c.Year, c.Month, c.Day = sqltypes.FromJulianDay(sqltypes.ISOWeekDay(year, week))
		midnight()
		return true, true
	case fieldMonth:
		c.Day = 1
		midnight()
		return true, true
	case fieldQuarter:
		c.Month, c.Day = (c.Month-1)/3*3+1, 1
		midnight()
		return true, true
	case fieldYear, fieldDecade, fieldCentury, fieldMillennium:
		c.Year, c.Month, c.Day = truncYear(f, c.Year), 1, 1
		midnight()
		return true, true
	default:
		return false, false
	}
	return false, true
}

func truncYear(f field, year int) int {
	y := int64(year)
	switch f {
	case fieldDecade:
		y = floorDiv(y, 10) * 10
	case fieldCentury:
		y = floorDiv(y-1, 100)*100 + 1
	case fieldMillennium:
		y = floorDiv(y-1, 1000)*1000 + 1
	}
	return int(y)
}

func truncTimestamp(unit string, t int64, typ oid) (int64, error) {
	if !sqltypes.IsFiniteTimestamp(t) {
		return t, nil
	}
	f := truncFieldOf(unit)
	if f == unknownField {
		return 0, unitNotRecognized(unit, typ)
	}
	c := sqltypes.SplitTimestamp(t)
	if _, ok := truncCivil(f, &c); !ok {
		return 0, unitNotSupported(unit, typ)
	}
	out, ok := c.Timestamp()
	if !ok {
		return 0, timestampOutOfRange()
	}
	return out, nil
}

func truncTimestampTZ(name string, t int64, zone *time.Location) (datum, error) {
	if !sqltypes.IsFiniteTimestamp(t) {
		return sqltypes.Int(t), nil
	}
	unit := lowerASCII(name)
	f := truncFieldOf(unit)
	if f == unknownField {
		return sqltypes.Null, unitNotRecognized(unit, sqltypes.TimestampTZOID)
	}
	probe := sqltypes.Civil{Year: 2000, Month: 1, Day: 1}
	if _, ok := truncCivil(f, &probe); !ok {
		return sqltypes.Null, unitNotSupported(unit, sqltypes.TimestampTZOID)
	}
	east := int64(sqltypes.OffsetAt(t, zone))
	c := sqltypes.SplitTimestamp(t + east*microsPerSecond)
	dateChanged, _ := truncCivil(f, &c)
	local, ok := c.Timestamp()
	if !ok {
		return sqltypes.Null, timestampOutOfRange()
	}
	if dateChanged {
		return fromLocal(local, zone)
	}
	return sqltypes.Int(local - east*microsPerSecond), nil
}

func truncInterval(_ *Env, a, b datum) (datum, error) {
	unit := lowerASCII(a.Str())
	v := *b.Interval()
	cut := func(micros int64) (datum, error) {
		v.Micros = v.Micros / micros * micros
		return sqltypes.FromInterval(&v), nil
	}
	years := func(n int32) (datum, error) {
		return sqltypes.FromInterval(&interval{Months: v.Months / (12 * n) * (12 * n)}), nil
	}
	switch f := truncFieldOf(unit); f {
	case unknownField:
		return sqltypes.Null, unitNotRecognized(unit, sqltypes.IntervalOID)
	case fieldMicrosecond:
		return b, nil
	case fieldMillisecond:
		return cut(1000)
	case fieldSecond:
		return cut(microsPerSecond)
	case fieldMinute:
		return cut(microsPerMinute)
	case fieldHour:
		return cut(microsPerHour)
	case fieldDay:
		return sqltypes.FromInterval(&interval{Months: v.Months, Days: v.Days}), nil
	case fieldMonth:
		return sqltypes.FromInterval(&interval{Months: v.Months}), nil
	case fieldQuarter:
		return sqltypes.FromInterval(&interval{Months: v.Months / 3 * 3}), nil
	case fieldYear:
		return years(1)
	case fieldDecade:
		return years(10)
	case fieldCentury:
		return years(100)
	case fieldMillennium:
		return years(1000)
	case fieldWeek:
		return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "unit \"%s\" not supported for type interval", unit).
			WithDetail("Months usually have fractional weeks.")
	}
	return sqltypes.Null, unitNotSupported(unit, sqltypes.IntervalOID)
}
