package sqltypes

import (
	"github.com/opendsql/opendsql/internal/pgerror"
)

func dateOutOfRange(s string) error {
	return pgerror.New(pgerror.DatetimeValueOutOfRange, "date out of range: \"%s\"", s)
}

func timestampOutOfRange(s string) error {
	return pgerror.New(pgerror.DatetimeValueOutOfRange, "timestamp out of range: \"%s\"", s)
}

// parseISO reads the form that programs write: yyyy-mm-dd, then perhaps a space or T and hh:mm:ss with a fraction, then perhaps Z or
// an offset of hours and minutes. It is much faster than the decoder, which it leaves everything else and everything wrong to.
func parseISO(s string) (c Civil, zoned, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return c, false, false
	}
	century, ok1 := twoDigits(s, 0)
	year, ok2 := twoDigits(s, 2)
	month, ok3 := twoDigits(s, 5)
	day, ok4 := twoDigits(s, 8)
	c.Year, c.Month, c.Day = century*100+year, month, day
	if !ok1 || !ok2 || !ok3 || !ok4 || c.Year == 0 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(c.Year, month) {
		return c, false, false
	}
	if len(s) == 10 {
		return c, false, true
	}
	if len(s) < 19 || s[10] != ' ' && s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return c, false, false
	}
	c.Hour, ok1 = twoDigits(s, 11)
	c.Minute, ok2 = twoDigits(s, 14)
	c.Second, ok3 = twoDigits(s, 17)
	if !ok1 || !ok2 || !ok3 || c.Hour > 23 || c.Minute > 59 || c.Second > 59 {
		return c, false, false
	}
	s = s[19:]
	if s != "" && s[0] == '.' {
		end := scan(s, 1, isDigit)
		if end == 1 || end > 7 {
			return c, false, false
		}
		for i := 1; i < 7; i++ {
			c.Micros *= 10
			if i < end {
				c.Micros += int(s[i] - '0')
			}
		}
		s = s[end:]
	}
	switch {
	case s == "":
		return c, false, true
	case s == "Z":
		return c, true, true
	case len(s) != 3 && len(s) != 6 || s[0] != '+' && s[0] != '-':
		return c, false, false
	}
	hour, ok1 := twoDigits(s, 1)
	minute := 0
	if len(s) == 6 {
		minute, ok2 = twoDigits(s, 4)
		ok1 = ok1 && ok2 && s[3] == ':'
	}
	if c.Offset = hour*3600 + minute*60; s[0] == '-' {
		c.Offset = -c.Offset
	}
	return c, true, ok1 && hour <= 15 && minute <= 59
}

func twoDigits(s string, at int) (int, bool) {
	high, low := s[at]-'0', s[at+1]-'0'
	return int(high)*10 + int(low), high <= 9 && low <= 9
}

func parseDate(s string, f *Format) (Datum, error) {
	if c, zoned, ok := parseISO(s); ok && !zoned {
		return Int(int64(JulianDay(c.Year, c.Month, c.Day) - EpochJulian)), nil
	}
	d := decoder{f: f}
	if e := d.parse(s); e != decodeGood {
		return Null, e.err("date", s, d.badZone)
	}
	switch d.reserved {
	case wordLate:
		return Int(DateInfinity), nil
	case wordEarly:
		return Int(DateMinusInfinity), nil
	case wordEpoch:
		return Int(UnixEpochJulian - EpochJulian), nil
	}
	if !validJulian(d.Year, d.Month) {
		return Null, dateOutOfRange(s)
	}
	days := int64(JulianDay(d.Year, d.Month, d.Day) - EpochJulian)
	if !ValidDate(days) {
		return Null, dateOutOfRange(s)
	}
	return Int(days), nil
}

func parseTimestamp(s string, mod int32, f *Format) (Datum, error) {
	if c, _, ok := parseISO(s); ok {
		t, _ := c.unchecked()
		return coerceTimestamp(mod, t)
	}
	d := decoder{f: f}
	if e := d.parse(s); e != decodeGood {
		return Null, e.err("timestamp", s, d.badZone)
	}
	t, ok := d.special()
	if !ok {
		if t, ok = d.Timestamp(); !ok {
			return Null, timestampOutOfRange(s)
		}
	}
	return coerceTimestamp(mod, t)
}

func parseTimestampTZ(s string, mod int32, f *Format) (Datum, error) {
	if c, zoned, ok := parseISO(s); ok {
		t, _ := c.unchecked()
		if !zoned {
			c.Offset = LocalOffset(t, f.location())
		}
		return coerceTimestamp(mod, t-int64(c.Offset)*MicrosPerSecond)
	}
	d := decoder{f: f}
	if e := d.parse(s); e != decodeGood {
		return Null, e.err("timestamp with time zone", s, d.badZone)
	}
	t, ok := d.special()
	if !ok {
		local, valid := d.unchecked()
		if t = local - int64(d.east)*MicrosPerSecond; !valid || !ValidTimestamp(t) {
			return Null, timestampOutOfRange(s)
		}
	}
	return coerceTimestamp(mod, t)
}

// special is the timestamp of a special word.
func (d *decoder) special() (int64, bool) {
	switch d.reserved {
	case wordLate:
		return TimestampInfinity, true
	case wordEarly:
		return TimestampMinusInfinity, true
	case wordEpoch:
		return UnixEpochMicros, true
	}
	return 0, false
}

func parseTime(s string, mod int32, f *Format) (Datum, error) {
	d := decoder{f: f, timeOnly: true}
	if e := d.parse(s); e != decodeGood {
		return Null, e.err("time", s, d.badZone)
	}
	return Int(roundTime(mod, d.TimeOfDay())), nil
}

func parseTimeTZ(s string, mod int32, f *Format) (Datum, error) {
	d := decoder{f: f, timeOnly: true}
	if e := d.parse(s); e != decodeGood {
		return Null, e.err("time with time zone", s, d.badZone)
	}
	return TimeTZ(roundTime(mod, d.TimeOfDay()), int32(-d.east)), nil
}

// fractionUnits are the microseconds in the last of 0…6 digits of a second.
var fractionUnits = [...]int64{1000000, 100000, 10000, 1000, 100, 10, 1}

// roundMicros rounds half away from zero to a number of digits of a second.
func roundMicros(t int64, digits int32) int64 {
	unit := fractionUnits[digits]
	if t >= 0 {
		return (t + unit/2) / unit * unit
	}
	return -((-t + unit/2) / unit * unit)
}

func roundTime(mod int32, t int64) int64 {
	if mod < 0 || mod >= 6 {
		return t
	}
	return roundMicros(t, mod)
}

func coerceTimestamp(mod int32, t int64) (Datum, error) {
	if mod == -1 || mod == 6 || !IsFiniteTimestamp(t) {
		return Int(t), nil
	}
	if mod < 0 || mod > 6 {
		return Null, pgerror.New(pgerror.InvalidParameterValue, "timestamp(%d) precision must be between %d and %d", mod, 0, 6)
	}
	return Int(roundMicros(t, mod)), nil
}

// coerceInterval drops the fields the modifier does not name and rounds the seconds.
func coerceInterval(mod int32, v Interval) (Interval, error) {
	if mod < 0 {
		return v, nil
	}
	fields, precision := int(mod>>16)&0x7FFF, mod&0xFFFF
	unit := int64(1)
	switch fields {
	case IntervalYear:
		v = Interval{Months: v.Months / 12 * 12}
	case IntervalMonth, IntervalYear | IntervalMonth:
		v = Interval{Months: v.Months}
	case IntervalDay:
		v.Micros = 0
	case IntervalHour, IntervalDay | IntervalHour:
		unit = MicrosPerHour
	case IntervalMinute, IntervalDay | IntervalHour | IntervalMinute, IntervalHour | IntervalMinute:
		unit = MicrosPerMinute
	case IntervalSecond, IntervalDay | IntervalHour | IntervalMinute | IntervalSecond, IntervalHour | IntervalMinute | IntervalSecond, IntervalMinute | IntervalSecond,
		IntervalFullRange:
	default:
		return v, pgerror.New(pgerror.InternalError, "unrecognized interval typmod: %d", mod)
	}
	v.Micros = v.Micros / unit * unit
	if precision != IntervalFullPrecision && precision > 6 {
		return v, pgerror.New(pgerror.InvalidParameterValue, "interval(%d) precision must be between %d and %d", precision, 0, 6)
	}
	if precision < 6 {
		// Next to the ends of the range this wraps around, as it does in PostgreSQL 16.
		v.Micros = roundMicros(v.Micros, precision)
	}
	return v, nil
}
