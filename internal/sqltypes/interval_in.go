package sqltypes

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// intervalSum gathers an interval; ok turns false when a part overflows.
type intervalSum struct {
	micros              int64
	years, months, days int32
}

func parseInterval(s string, mod int32, f *Format) (Datum, error) {
	fields := 0
	if mod >= 0 {
		if fields = int(mod>>16) & 0x7FFF; fields == IntervalFullRange {
			fields = 0
		}
	}
	v := &intervalSum{}
	var room [8]dateField
	list, e := splitFields(s, room[:0], 256)
	if e == decodeGood {
		e = v.decode(list, fields, f.IntervalStyle)
	}
	if e == decodeBadFormat {
		*v = intervalSum{}
		e = v.decodeISO(s)
	}
	if e == decodeOverflow {
		e = decodeIntervalOverflow
	}
	if e != decodeGood {
		return Null, e.err("interval", s, "")
	}
	months := int64(v.years)*12 + int64(v.months)
	if months != int64(int32(months)) {
		return Null, pgerror.New(pgerror.DatetimeValueOutOfRange, "interval out of range")
	}
	out, err := coerceInterval(mod, Interval{Micros: v.micros, Days: v.days, Months: int32(months)})
	if err != nil {
		return Null, err
	}
	return FromInterval(&out), nil
}

// decode reads the fields backwards, so that a unit is known before its number.
func (v *intervalSum) decode(list []dateField, fields int, style IntervalStyle) (e decodeError) {
	if len(list) == 0 {
		return decodeBadFormat
	}
	force := style == IntervalSQLStandard && list[0].text[0] == '-'
	for _, f := range list[1:] {
		if force && (f.text[0] == '-' || f.text[0] == '+') {
			force = false
		}
	}
	unit, ago := wordNone, false
	mask := uint32(0)
	for i := len(list) - 1; i >= 0; i-- {
		f := list[i]
		seen := uint32(0)
		switch f.kind {
		case fieldString, fieldSpecial:
			t, ok := unitToken(f.text)
			if !ok {
				t, _ = dateToken(f.text)
			}
			switch t.kind {
			case tokenIgnore:
				continue
			case tokenUnits:
				unit = t.value
			case tokenAgo:
				ago = true
				unit = unitOther
			default:
				return decodeBadFormat
			}
		default:
			if seen, unit, e = v.value(f, unit, fields, force); e != decodeGood {
				return e
			}
		}
		if seen&mask != 0 {
			return decodeBadFormat
		}
		mask |= seen
	}
	if mask == 0 {
		return decodeBadFormat
	}
	if ago {
		return v.negate()
	}
	return decodeGood
}

func (v *intervalSum) negate() decodeError {
	if v.micros == math.MinInt64 || v.days == math.MinInt32 || v.months == math.MinInt32 || v.years == math.MinInt32 {
		return decodeOverflow
	}
	v.micros, v.days, v.months, v.years = -v.micros, -v.days, -v.months, -v.years
	return decodeGood
}

// value reads a time or a number with the unit that followed it; next is the unit for a number before it.
func (v *intervalSum) value(f dateField, unit, fields int, force bool) (seen uint32, next int, e decodeError) {
	signed := f.kind == fieldTZ
	if f.kind == fieldTime || signed && strings.Contains(f.text[1:], ":") {
		text := f.text
		if signed {
			text = text[1:]
		}
		c, e := decodeClock(text, fields)
		var micros int64
		if e == decodeGood {
			hours, ok := mulInt64(c.hours, MicrosPerHour)
			micros = hours + int64(c.minutes)*MicrosPerMinute + int64(c.seconds)*MicrosPerSecond + int64(c.micros)
			if !ok || micros < 0 {
				e = decodeOverflow
			}
		}
		if e == decodeGood {
			if signed && f.text[0] == '-' || force && micros > 0 {
				micros = -micros
			}
			v.micros = micros
			return maskTime, unitDay, decodeGood
		}
		if !signed {
			return 0, 0, e
		}
	}
	if unit == wordNone {
		unit = lastUnit(fields)
	}
	n, frac, unit, e := intervalNumber(f.text, unit)
	if e != decodeGood {
		return 0, 0, e
	}
	if force {
		n, frac = -absInt64(n), -math.Abs(frac)
	}
	seen, ok := v.add(n, frac, unit)
	switch {
	case !ok:
		return 0, 0, decodeOverflow
	case seen == 0:
		return 0, 0, decodeBadFormat
	case unit == unitHour:
		unit = unitDay
	}
	return seen, unit, decodeGood
}

// lastUnit is the unit of a number without one: the last field of the interval's type.
func lastUnit(fields int) int {
	switch {
	case fields&IntervalSecond != 0:
		return unitSecond
	case fields&IntervalMinute != 0:
		return unitMinute
	case fields&IntervalHour != 0:
		return unitHour
	case fields&IntervalDay != 0:
		return unitDay
	case fields&IntervalMonth != 0:
		return unitMonth
	case fields&IntervalYear != 0:
		return unitYear
	}
	return unitSecond
}

// intervalNumber reads a number with a fraction, or years-months.
func intervalNumber(text string, unit int) (n int64, frac float64, unitOut int, e decodeError) {
	n, rest, overflow := leadingInt(text, 64)
	if overflow {
		return 0, 0, 0, decodeOverflow
	}
	negative := text[0] == '-'
	switch {
	case rest == "":
	case rest[0] == '-':
		months, after, overflow := leadingInt(rest[1:], 32)
		if overflow || months < 0 || months >= 12 {
			return 0, 0, 0, decodeOverflow
		}
		if after != "" {
			return 0, 0, 0, decodeBadFormat
		}
		if negative {
			months = -months
		}
		product, ok := mulInt64(n, 12)
		if !ok || (product+months > product) != (months > 0) && months != 0 {
			return 0, 0, 0, decodeOverflow
		}
		return product + months, 0, unitMonth, decodeGood
	case rest[0] == '.':
		if frac, e = fraction(rest); e != decodeGood {
			return 0, 0, 0, e
		}
		if negative {
			frac = -frac
		}
	default:
		return 0, 0, 0, decodeBadFormat
	}
	return n, frac, unit, decodeGood
}

// add adds a number of units; seen is 0 for a unit that intervals do not have.
func (v *intervalSum) add(n int64, frac float64, unit int) (seen uint32, ok bool) {
	switch unit {
	case unitMicro:
		return 1 << tokenMicro, v.addMicros(n, frac, 1)
	case unitMilli:
		return 1 << tokenMilli, v.addMicros(n, frac, 1000)
	case unitSecond:
		if frac != 0 {
			return maskSeconds, v.addMicros(n, frac, MicrosPerSecond)
		}
		return 1 << tokenSecond, v.addMicros(n, frac, MicrosPerSecond)
	case unitMinute:
		return 1 << tokenMinute, v.addMicros(n, frac, MicrosPerMinute)
	case unitHour:
		return 1 << tokenHour, v.addMicros(n, frac, MicrosPerHour)
	case unitDay:
		return 1 << tokenDay, v.addDays(n, 1) && v.addFraction(frac, MicrosPerDay)
	case unitWeek:
		return 1 << tokenWeek, v.addDays(n, 7) && v.addDayFraction(frac, 7)
	case unitMonth:
		return 1 << tokenMonth, v.addMonths(n) && v.addDayFraction(frac, 30)
	case unitYear:
		return 1 << tokenYear, v.addYears(n, frac, 1)
	case unitDecade:
		return 1 << tokenDecade, v.addYears(n, frac, 10)
	case unitCentury:
		return 1 << tokenCentury, v.addYears(n, frac, 100)
	case unitMillennium:
		return 1 << tokenMillennium, v.addYears(n, frac, 1000)
	}
	return 0, true
}

func (v *intervalSum) addMicros(n int64, frac float64, scale int64) bool {
	product, ok := mulInt64(n, scale)
	if !ok || !addInto(&v.micros, product) {
		return false
	}
	return v.addFraction(frac, scale)
}

func addInto(to *int64, n int64) bool {
	sum, _ := bits.Add64(uint64(*to), uint64(n), 0)
	if (*to >= 0) == (n >= 0) && (int64(sum) >= 0) != (n >= 0) {
		return false
	}
	*to = int64(sum)
	return true
}

// addFraction adds a fraction of a unit, rounded to microseconds.
func (v *intervalSum) addFraction(frac float64, scale int64) bool {
	if frac == 0 {
		return true
	}
	frac *= float64(scale)
	whole := int64(frac)
	if rest := frac - float64(whole); rest > 0.5 {
		whole++
	} else if rest < -0.5 {
		whole--
	}
	return addInto(&v.micros, whole)
}

func (v *intervalSum) addDayFraction(frac float64, scale int64) bool {
	if frac == 0 {
		return true
	}
	frac *= float64(scale)
	whole := int64(frac)
	return addInt32(&v.days, whole) && v.addFraction(frac-float64(whole), MicrosPerDay)
}

func addInt32(to *int32, n int64) bool {
	if n != int64(int32(n)) {
		return false
	}
	sum := int64(*to) + n
	*to = int32(sum)
	return sum == int64(int32(sum))
}

func (v *intervalSum) addDays(n, scale int64) bool {
	return n == int64(int32(n)) && addInt32(&v.days, n*scale)
}

func (v *intervalSum) addMonths(n int64) bool { return addInt32(&v.months, n) }

func (v *intervalSum) addYears(n int64, frac float64, scale int64) bool {
	return n == int64(int32(n)) && addInt32(&v.years, n*scale) &&
		addInt32(&v.months, int64(math.RoundToEven(frac*float64(scale)*12)))
}

// isoNumber reads a number of an ISO 8601 interval.
func isoNumber(s string) (n int64, frac float64, rest string, e decodeError) {
	if s == "" || !isDigit(s[0]) && s[0] != '-' && s[0] != '.' {
		return 0, 0, s, decodeBadFormat
	}
	length, hexFloat := floatPrefix(s)
	if length == 0 {
		return 0, 0, s, decodeBadFormat
	}
	number := s[:length]
	if hexFloat && !strings.ContainsAny(number, "pP") {
		number += "p0"
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, 0, s, decodeBadFormat
	}
	if f < -1e15 || f > 1e15 {
		return 0, 0, s, decodeOverflow
	}
	n = int64(f)
	return n, f - float64(n), s[length:], decodeGood
}

// isoWidth is the number of digits an ISO 8601 number starts with.
func isoWidth(s string) int {
	s = strings.TrimPrefix(s, "-")
	return scan(s, 0, isDigit)
}

// decodeISO reads PnYnMnDTnHnMnS and the alternative formats PyyyymmddThhmmss and Pyyyy-mm-ddThh:mm:ss.
func (v *intervalSum) decodeISO(s string) decodeError {
	if len(s) < 2 || s[0] != 'P' {
		return decodeBadFormat
	}
	s = s[1:]
	inTime, any := false, false
	for s != "" {
		if s[0] == 'T' {
			inTime, any, s = true, false, s[1:]
			continue
		}
		start := s
		n, frac, rest, e := isoNumber(s)
		if e != decodeGood {
			return e
		}
		unit := byte(0)
		if rest != "" {
			unit, rest = rest[0], rest[1:]
		}
		units := map[byte]int{'Y': unitYear, 'M': unitMonth, 'W': unitWeek, 'D': unitDay}
		if inTime {
			units = map[byte]int{'H': unitHour, 'M': unitMinute, 'S': unitSecond}
		}
		if u, ok := units[unit]; ok {
			if _, ok := v.add(n, frac, u); !ok {
				return decodeOverflow
			}
			any, s = true, rest
			continue
		}
		done := false
		if inTime {
			done, s, e = true, "", v.isoAlternativeTime(start, unit, n, frac, rest, any)
		} else {
			done, s, e = v.isoAlternativeDate(start, unit, n, frac, rest, any)
		}
		if e != decodeGood || done {
			return e
		}
		inTime, any = true, false
	}
	return decodeGood
}

// isoAlternativeDate reads yyyymmdd or yyyy-mm-dd; not done means that a time follows in rest.
func (v *intervalSum) isoAlternativeDate(start string, unit byte, n int64, frac float64, rest string, any bool) (done bool, after string, e decodeError) {
	if unit != 'T' && unit != 0 && unit != '-' {
		return true, "", decodeBadFormat
	}
	if unit != '-' && isoWidth(start) == 8 && !any {
		if !v.addYears(n/10000, 0, 1) || !v.addMonths(n/100%100) || !v.addDays(n%100, 1) || !v.addFraction(frac, MicrosPerDay) {
			return true, "", decodeOverflow
		}
		return unit == 0, rest, decodeGood
	}
	if any {
		return true, "", decodeBadFormat
	}
	for i, part := range []int{unitYear, unitMonth, unitDay} {
		if i > 0 {
			if n, frac, rest, e = isoNumber(rest); e != decodeGood {
				return true, "", e
			}
			unit = 0
			if rest != "" {
				unit, rest = rest[0], rest[1:]
			}
		}
		if _, ok := v.add(n, frac, part); !ok {
			return true, "", decodeOverflow
		}
		if unit == 0 || unit == 'T' {
			return unit == 0, rest, decodeGood
		}
		if unit != '-' {
			break
		}
	}
	return true, "", decodeBadFormat
}

// isoAlternativeTime reads hhmmss or hh:mm:ss.
func (v *intervalSum) isoAlternativeTime(start string, unit byte, n int64, frac float64, rest string, any bool) (e decodeError) {
	if unit != 0 && unit != ':' {
		return decodeBadFormat
	}
	if unit == 0 && isoWidth(start) == 6 && !any {
		if !v.addMicros(n/10000, 0, MicrosPerHour) || !v.addMicros(n/100%100, 0, MicrosPerMinute) ||
			!v.addMicros(n%100, 0, MicrosPerSecond) || !v.addFraction(frac, 1) {
			return decodeOverflow
		}
		return decodeGood
	}
	if any {
		return decodeBadFormat
	}
	for i, scale := range []int64{MicrosPerHour, MicrosPerMinute, MicrosPerSecond} {
		if i > 0 {
			if n, frac, rest, e = isoNumber(rest); e != decodeGood {
				return e
			}
			unit = 0
			if rest != "" {
				unit, rest = rest[0], rest[1:]
			}
		}
		if !v.addMicros(n, frac, scale) {
			return decodeOverflow
		}
		if unit == 0 {
			return decodeGood
		}
		if unit != ':' {
			break
		}
	}
	return decodeBadFormat
}
