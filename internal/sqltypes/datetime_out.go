package sqltypes

import (
	"strconv"
	"time"
)

// appendPadded writes n with at least width digits.
func appendPadded(dst []byte, n, width int) []byte {
	var buf [20]byte
	b := strconv.AppendInt(buf[:0], int64(n), 10)
	for i := len(b); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, b...)
}

func append2(dst []byte, n int) []byte {
	if n < 100 {
		return append(dst, byte('0'+n/10), byte('0'+n%10))
	}
	return appendPadded(dst, n, 2)
}

// appendFraction writes microseconds as .ffffff without the zeros that end it; nothing for 0.
func appendFraction(dst []byte, micros int) []byte {
	if micros == 0 {
		return dst
	}
	high, low := micros/1000, micros%1000
	dst = append(dst, '.', byte('0'+high/100), byte('0'+high/10%10), byte('0'+high%10),
		byte('0'+low/100), byte('0'+low/10%10), byte('0'+low%10))
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendYear writes the year without its sign, which BC tells.
func appendYear(dst []byte, year int) []byte {
	if year <= 0 {
		year = 1 - year
	}
	if year < 10000 {
		return append(dst, byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10))
	}
	return appendPadded(dst, year, 4)
}

func appendDate(dst []byte, days int64, f *Format) []byte {
	switch days {
	case DateInfinity:
		return append(dst, "infinity"...)
	case DateMinusInfinity:
		return append(dst, "-infinity"...)
	}
	year, month, day := FromJulianDay(int(days) + EpochJulian)
	dst = appendYMD(dst, year, month, day, f)
	if year <= 0 {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendYMD writes a date in the date style.
func appendYMD(dst []byte, year, month, day int, f *Format) []byte {
	separator, first, second := byte('-'), month, day
	switch f.DateStyle {
	case DateISO:
		dst = append(appendYear(dst, year), '-')
		return append2(append(append2(dst, month), '-'), day)
	case DateSQL:
		separator = '/'
	case DateGerman:
		separator = '.'
	}
	if f.DateStyle == DateGerman || f.DateOrder == OrderDMY {
		first, second = day, month
	}
	dst = append(append2(dst, first), separator)
	dst = append(append2(dst, second), separator)
	return appendYear(dst, year)
}

func appendClock(dst []byte, c *Civil) []byte {
	dst = append(append2(dst, c.Hour), ':')
	dst = append(append2(dst, c.Minute), ':')
	return appendFraction(append2(dst, c.Second), c.Micros)
}

func appendTime(dst []byte, micros int64) []byte {
	var c Civil
	c.setTime(micros)
	return appendClock(dst, &c)
}

func appendTimeTZ(dst []byte, d Datum, f *Format) []byte {
	return appendZone(appendTime(dst, d.Int()), -int(d.Zone()))
}

// appendZone writes an offset as +hh, +hh:mm or +hh:mm:ss.
func appendZone(dst []byte, east int) []byte {
	sign := byte('+')
	if east < 0 {
		sign, east = '-', -east
	}
	dst = append2(append(dst, sign), east/3600)
	if east%3600 != 0 {
		dst = append2(append(dst, ':'), east/60%60)
	}
	if east%60 != 0 {
		dst = append2(append(dst, ':'), east%60)
	}
	return dst
}

var (
	dayNames   = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
		"November", "December"}
)

func appendTimestamp(dst []byte, t int64, f *Format) []byte {
	if !IsFiniteTimestamp(t) {
		return appendInfinity(dst, t)
	}
	c := SplitTimestamp(t)
	return appendMoment(dst, &c, f, false)
}

func appendInfinity(dst []byte, t int64) []byte {
	if t == TimestampInfinity {
		return append(dst, "infinity"...)
	}
	return append(dst, "-infinity"...)
}

func appendTimestampTZ(dst []byte, t int64, f *Format) []byte {
	if !IsFiniteTimestamp(t) {
		return appendInfinity(dst, t)
	}
	c := SplitTimestampTZ(t, f.location())
	return appendMoment(dst, &c, f, true)
}

// SplitTimestampTZ takes a finite timestamptz apart as the zone's clocks show it.
func SplitTimestampTZ(t int64, loc *time.Location) Civil {
	if loc == nil || loc == time.UTC {
		c := SplitTimestamp(t)
		c.Zone = "UTC"
		return c
	}
	at := unixTime(t).In(loc)
	name, offset := at.Zone()
	c := SplitTimestamp(t + int64(offset)*MicrosPerSecond)
	c.Zone, c.Offset, c.IsDST = name, offset, at.IsDST()
	return c
}

// appendMoment writes date, time and zone in the date style.
func appendMoment(dst []byte, c *Civil, f *Format, zone bool) []byte {
	if f.DateStyle == DatePostgres {
		dst = append(dst, dayNames[Weekday(JulianDay(c.Year, c.Month, c.Day))][:3]...)
		dst = append(dst, ' ')
		month := monthNames[c.Month-1][:3]
		if f.DateOrder == OrderDMY {
			dst = append(append(append2(dst, c.Day), ' '), month...)
		} else {
			dst = append2(append(append(dst, month...), ' '), c.Day)
		}
		dst = append(appendClock(append(dst, ' '), c), ' ')
		dst = appendYear(dst, c.Year)
	} else {
		dst = append(appendYMD(dst, c.Year, c.Month, c.Day, f), ' ')
		dst = appendClock(dst, c)
	}
	if zone {
		if f.DateStyle == DateISO {
			dst = appendZone(dst, c.Offset)
		} else {
			dst = append(append(dst, ' '), c.Zone[:min(len(c.Zone), 10)]...)
		}
	}
	if c.Year <= 0 {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendInterval writes an interval in the interval style.
func appendInterval(dst []byte, v *Interval, style IntervalStyle) []byte {
	p := splitInterval(v)
	switch style {
	case IntervalPostgresVerbose:
		return p.appendVerbose(dst)
	case IntervalSQLStandard:
		return p.appendSQL(dst)
	case IntervalISO8601:
		return p.appendISO(dst)
	}
	return p.appendPostgres(dst)
}

// intervalParts is an interval with its months and microseconds taken apart; all of a part's fields have its sign.
type intervalParts struct {
	years, months, days, hours, minutes, seconds, micros int64
}

func splitInterval(v *Interval) intervalParts {
	t := v.Micros
	return intervalParts{
		years: int64(v.Months / 12), months: int64(v.Months % 12), days: int64(v.Days),
		hours: t / MicrosPerHour, minutes: t % MicrosPerHour / MicrosPerMinute,
		seconds: t % MicrosPerMinute / MicrosPerSecond, micros: t % MicrosPerSecond,
	}
}

func (p *intervalParts) hasTime() bool { return p.hours|p.minutes|p.seconds|p.micros != 0 }

func (p *intervalParts) negativeTime() bool {
	return p.hours < 0 || p.minutes < 0 || p.seconds < 0 || p.micros < 0
}

func (p *intervalParts) appendSeconds(dst []byte, pad bool) []byte {
	seconds := int(absInt64(p.seconds))
	if pad {
		dst = append2(dst, seconds)
	} else {
		dst = strconv.AppendInt(dst, int64(seconds), 10)
	}
	return appendFraction(dst, int(absInt64(p.micros)))
}

func (p *intervalParts) appendPostgres(dst []byte) []byte {
	first, negative := true, false
	for _, part := range [...]struct {
		value int64
		unit  string
	}{{p.years, "year"}, {p.months, "mon"}, {p.days, "day"}} {
		if part.value == 0 {
			continue
		}
		if !first {
			dst = append(dst, ' ')
		}
		if negative && part.value > 0 {
			dst = append(dst, '+')
		}
		dst = append(append(strconv.AppendInt(dst, part.value, 10), ' '), part.unit...)
		if part.value != 1 {
			dst = append(dst, 's')
		}
		first, negative = false, part.value < 0
	}
	if !first && !p.hasTime() {
		return dst
	}
	if !first {
		dst = append(dst, ' ')
	}
	if p.negativeTime() {
		dst = append(dst, '-')
	} else if negative {
		dst = append(dst, '+')
	}
	dst = append(appendPadded(dst, int(absInt64(p.hours)), 2), ':')
	return p.appendSeconds(append(append2(dst, int(absInt64(p.minutes))), ':'), true)
}

func (p *intervalParts) appendVerbose(dst []byte) []byte {
	dst = append(dst, '@')
	first, ago := true, false
	for _, part := range [...]struct {
		value int64
		unit  string
	}{{p.years, "year"}, {p.months, "mon"}, {p.days, "day"}, {p.hours, "hour"}, {p.minutes, "min"}} {
		n := part.value
		if n == 0 {
			continue
		}
		if first {
			ago, n = n < 0, absInt64(n)
		} else if ago {
			n = -n
		}
		dst = append(append(strconv.AppendInt(append(dst, ' '), n, 10), ' '), part.unit...)
		if n != 1 {
			dst = append(dst, 's')
		}
		first = false
	}
	if p.seconds != 0 || p.micros != 0 {
		dst = append(dst, ' ')
		if p.seconds < 0 || p.micros < 0 {
			if first {
				ago = true
			} else if !ago {
				dst = append(dst, '-')
			}
		} else if ago {
			dst = append(dst, '-')
		}
		dst = append(p.appendSeconds(dst, false), " sec"...)
		if absInt64(p.seconds) != 1 || p.micros != 0 {
			dst = append(dst, 's')
		}
		first = false
	}
	if first {
		dst = append(dst, " 0"...)
	}
	if ago {
		dst = append(dst, " ago"...)
	}
	return dst
}

func (p *intervalParts) appendSQL(dst []byte) []byte {
	negative := p.years < 0 || p.months < 0 || p.days < 0 || p.negativeTime()
	positive := p.years > 0 || p.months > 0 || p.days > 0 || p.hours > 0 || p.minutes > 0 || p.seconds > 0 || p.micros > 0
	yearMonth, dayTime := p.years|p.months != 0, p.days != 0 || p.hasTime()
	if !negative && !positive {
		return append(dst, '0')
	}
	sign := func(minus bool) {
		if minus {
			dst = append(dst, '-')
		} else {
			dst = append(dst, '+')
		}
	}
	number := func(n int64, after byte) { dst = append(strconv.AppendInt(dst, absInt64(n), 10), after) }
	clock := func() []byte {
		number(p.hours, ':')
		return p.appendSeconds(append(append2(dst, int(absInt64(p.minutes))), ':'), true)
	}
	if negative && positive || yearMonth && dayTime {
		sign(p.years < 0 || p.months < 0)
		number(p.years, '-')
		number(p.months, ' ')
		sign(p.days < 0)
		number(p.days, ' ')
		sign(p.negativeTime())
		return clock()
	}
	if negative {
		dst = append(dst, '-')
	}
	if yearMonth {
		number(p.years, '-')
		return strconv.AppendInt(dst, absInt64(p.months), 10)
	}
	if p.days != 0 {
		number(p.days, ' ')
	}
	return clock()
}

func (p *intervalParts) appendISO(dst []byte) []byte {
	dst = append(dst, 'P')
	start := len(dst)
	part := func(n int64, unit byte) {
		if n != 0 {
			dst = append(strconv.AppendInt(dst, n, 10), unit)
		}
	}
	part(p.years, 'Y')
	part(p.months, 'M')
	part(p.days, 'D')
	if p.hasTime() {
		dst = append(dst, 'T')
	}
	part(p.hours, 'H')
	part(p.minutes, 'M')
	if p.seconds != 0 || p.micros != 0 {
		if p.seconds < 0 || p.micros < 0 {
			dst = append(dst, '-')
		}
		dst = append(p.appendSeconds(dst, false), 'S')
	}
	if len(dst) == start {
		return append(dst, "T0S"...)
	}
	return dst
}
