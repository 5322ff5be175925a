package sqltypes

import (
	"strings"
)

// numberField reads a field of digits, with a point perhaps.
func (d *decoder) numberField(i int, text string) (uint32, decodeError) {
	if d.prefix != 0 {
		return d.labelled(text)
	}
	point := strings.IndexByte(text, '.')
	if d.timeOnly {
		mask := d.mask | maskDate
		last := len(d.fields) - 1
		switch {
		case point >= 0 && i == 0 && last >= 1 && d.fields[last].kind == fieldDate:
			return d.date(text)
		case point > 2, point < 0 && len(text) > 4:
			return d.joined(text, mask)
		case point >= 0:
			return 0, decodeBadFormat
		}
		return d.number(text, false, mask)
	}
	switch {
	case point >= 0 && d.mask&maskDate == 0:
		return d.date(text)
	case point > 2:
		return d.joined(text, d.mask)
	case len(text) >= 6 && (d.mask&maskDate == 0 || d.mask&maskTime == 0):
		return d.joined(text, d.mask)
	}
	return d.number(text, d.textMonth, d.mask)
}

// labelled reads a number that a unit before it gives a meaning: a Julian day or a time.
func (d *decoder) labelled(text string) (uint32, decodeError) {
	n, rest, overflow := leadingInt(text, 32)
	if overflow {
		return 0, decodeOverflow
	}
	if rest != "" && rest[0] != '.' {
		return 0, decodeBadFormat
	}
	switch d.prefix {
	case unitJulian:
		if n < 0 {
			return 0, decodeOverflow
		}
		d.prefix = 0
		d.Year, d.Month, d.Day = FromJulianDay(int(n))
		d.julian = true
		if rest == "" {
			return maskDate, decodeGood
		}
		f, e := fraction(rest)
		if e != decodeGood {
			return 0, e
		}
		d.setTime(int64(f * float64(MicrosPerDay)))
		return maskDate | maskTime, decodeGood
	case unitTime:
		d.prefix = 0
		seen, e := d.joined(text, d.mask|maskDate)
		if e == decodeGood && seen != maskTime {
			e = decodeBadFormat
		}
		return seen, e
	}
	return 0, decodeBadFormat
}

// joined reads digits run together: yyyymmdd, yymmdd, hhmmss or hhmm.
func (d *decoder) joined(text string, mask uint32) (uint32, decodeError) {
	if point := strings.IndexByte(text, '.'); point >= 0 {
		end := scan(text, point+1, isDigit)
		micros, e := fractionMicros(text[point:end])
		if e != decodeGood {
			return 0, e
		}
		d.Micros = micros
		text = text[:point]
	} else if mask&maskDate != maskDate && len(text) >= 6 {
		n := len(text)
		d.Day, d.Month, d.Year = leadingDigits(text[n-2:]), leadingDigits(text[n-4:n-2]), leadingDigits(text[:n-4])
		if n == 6 {
			d.twoDigits = true
		}
		return maskDate, decodeGood
	}
	if mask&maskTime != maskTime {
		switch len(text) {
		case 6:
			d.Second = leadingDigits(text[4:])
			d.Minute, d.Hour = leadingDigits(text[2:4]), leadingDigits(text[:2])
			return maskTime, decodeGood
		case 4:
			d.Second = 0
			d.Minute, d.Hour = leadingDigits(text[2:]), leadingDigits(text[:2])
			return maskTime, decodeGood
		}
	}
	return 0, decodeBadFormat
}

// number decides by what is known already whether a number is the year, the month or the day.
func (d *decoder) number(text string, textMonth bool, mask uint32) (uint32, decodeError) {
	n, rest, overflow := leadingInt(text, 32)
	if overflow {
		return 0, decodeOverflow
	}
	if len(rest) == len(text) {
		return 0, decodeBadFormat
	}
	if strings.HasPrefix(rest, ".") {
		if len(text)-len(rest) > 2 {
			return d.joined(text, mask|maskDate)
		}
		micros, e := fractionMicros(rest)
		if e != decodeGood {
			return 0, e
		}
		d.Micros = micros
	} else if rest != "" {
		return 0, decodeBadFormat
	}
	value, length := int(n), len(text)
	if length == 3 && mask&maskDate == 1<<tokenYear && value >= 1 && value <= 366 {
		d.yearDay = value
		return 1<<tokenDOY | 1<<tokenMonth | 1<<tokenDay, decodeGood
	}
	return d.datePart(text, value, textMonth, mask)
}

func (d *decoder) datePart(text string, value int, textMonth bool, mask uint32) (uint32, decodeError) {
	const year, month, day = 1 << tokenYear, 1 << tokenMonth, 1 << tokenDay
	length := len(text)
	var seen uint32
	switch mask & maskDate {
	case 0:
		switch {
		case length >= 3 || d.f.DateOrder == OrderYMD:
			seen = year
		case d.f.DateOrder == OrderDMY:
			seen = day
		default:
			seen = month
		}
	case year:
		seen = month
	case month:
		seen = day
		if textMonth && (length >= 3 || d.f.DateOrder == OrderYMD) {
			seen = year
		}
	case year | month:
		if textMonth && length >= 3 && d.twoDigits {
			d.Day, d.Year, d.twoDigits = d.Year, value, false
			return day, decodeGood
		}
		seen = day
	case day:
		seen = month
	case month | day:
		seen = year
	case year | month | day:
		return d.joined(text, mask)
	default:
		return 0, decodeBadFormat
	}
	switch seen {
	case year:
		d.Year, d.twoDigits = value, length <= 2
	case month:
		d.Month = value
	case day:
		d.Day = value
	}
	return seen, decodeGood
}

// word reads a month, a zone abbreviation, a special date, and the rest of the words.
func (d *decoder) word(text string) (seen uint32, skip bool, e decodeError) {
	if a, ok := LookupAbbrev(text); ok {
		seen, e = d.zoneAbbrev(a)
		return seen, false, e
	}
	t, _ := dateToken(text)
	if t.kind == tokenIgnore {
		return 0, true, decodeGood
	}
	seen = 1 << t.kind
	switch t.kind {
	case tokenReserved:
		seen, e = d.reservedWord(t.value)
		return seen, false, e
	case tokenMonth:
		if d.timeOnly {
			return 0, false, decodeBadFormat
		}
		if d.mask&(1<<tokenMonth) != 0 && !d.textMonth && d.mask&(1<<tokenDay) == 0 && d.Month >= 1 && d.Month <= 31 {
			d.Day = d.Month
			seen = 1 << tokenDay
		}
		d.textMonth, d.Month = true, t.value
	case tokenDTZMod:
		seen |= 1 << tokenDTZ
		d.east += t.value
	case tokenAMPM:
		d.meridiem = t.value
	case tokenADBC:
		d.bc = t.value == 1
	case tokenDOW:
		if d.timeOnly {
			return 0, false, decodeBadFormat
		}
	case tokenUnits, tokenISOTime:
		if d.prefix != 0 || t.kind == tokenISOTime && !d.timeOnly && d.mask&maskDate != maskDate {
			return 0, false, decodeBadFormat
		}
		d.prefix, seen = t.value, 0
	case tokenUnknown:
		loc, ok := LoadZone(text)
		if !ok {
			return 0, false, decodeBadFormat
		}
		d.named, seen = loc, maskTZ
	default:
		return 0, false, decodeBadFormat
	}
	return seen, false, decodeGood
}

func (d *decoder) zoneAbbrev(a ZoneAbbrev) (uint32, decodeError) {
	switch {
	case a.Zone != "":
		d.abbrev = &a
		return 1<<tokenDynTZ | maskTZ, decodeGood
	case a.IsDST:
		d.east = a.Offset
		return 1<<tokenDTZ | maskTZ, decodeGood
	}
	d.east = a.Offset
	return maskTZ, decodeGood
}

func (d *decoder) reservedWord(value int) (uint32, decodeError) {
	if d.timeOnly && value != wordNow && value != wordZulu {
		return 0, decodeBadFormat
	}
	switch value {
	case wordNow:
		c := SplitTimestampTZ(FromTime(d.f.now()), d.f.location())
		d.Hour, d.Minute, d.Second, d.Micros = c.Hour, c.Minute, c.Second, c.Micros
		if d.timeOnly {
			return maskTime, decodeGood
		}
		d.Year, d.Month, d.Day, d.east = c.Year, c.Month, c.Day, c.Offset
		return maskDate | maskTime | maskTZ, decodeGood
	case wordToday, wordTomorrow, wordYesterday:
		day := d.today()
		switch value {
		case wordTomorrow:
			day++
		case wordYesterday:
			day--
		}
		d.Year, d.Month, d.Day = FromJulianDay(day)
		return maskDate, decodeGood
	case wordZulu:
		d.Hour, d.Minute, d.Second = 0, 0, 0
		if !d.timeOnly {
			d.east = 0
		}
		return maskTime | maskTZ, decodeGood
	}
	d.reserved = value
	return maskDate | maskTime | maskTZ, decodeGood
}

// today is the Julian day in the session's zone.
func (d *decoder) today() int {
	c := SplitTimestampTZ(FromTime(d.f.now()), d.f.location())
	return JulianDay(c.Year, c.Month, c.Day)
}
