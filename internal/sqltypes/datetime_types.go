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

func parseDate(s string, f *Format) (Datum, error) {
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
	if mod >= 0 && mod < 6 && IsFiniteTimestamp(t) {
		t = roundMicros(t, mod)
	}
	return Int(t), nil
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
	}
	v.Micros = v.Micros / unit * unit
	if precision < 6 {
		// Next to the ends of the range this wraps around, as it does in PostgreSQL 16.
		v.Micros = roundMicros(v.Micros, precision)
	}
	return v, nil
}
