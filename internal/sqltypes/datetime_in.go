package sqltypes

import (
	"strings"
	"time"
)

// decoder gathers the parts of a date or time while its fields are read.
type decoder struct {
	Civil
	f         *Format
	mask      uint32
	prefix    int // a unit that labels the next field
	meridiem  int // 1 AM, 2 PM
	yearDay   int
	textMonth bool
	julian    bool
	twoDigits bool
	bc        bool
	east      int // the offset so far
	named     *time.Location
	abbrev    *ZoneAbbrev
	reserved  int    // wordEpoch, wordLate or wordEarly when one was given
	badZone   string // goes with decodeBadZone
	timeOnly  bool
	fields    []dateField
	room      [8]dateField // for fields
}

// parseFields splits and reads text as a date with an optional time, or as a time with an optional date.
func (d *decoder) parse(s string) decodeError {
	fields, e := splitFields(s, d.room[:0], 153)
	if e != decodeGood {
		return e
	}
	d.fields = fields
	for i := range fields {
		seen, skip, e := d.field(i)
		if e != decodeGood {
			return e
		}
		if skip {
			continue
		}
		if seen&d.mask != 0 {
			return decodeBadFormat
		}
		d.mask |= seen
	}
	if d.prefix != 0 {
		return decodeBadFormat
	}
	if d.timeOnly {
		return d.finishTime()
	}
	if d.reserved != 0 {
		return decodeGood
	}
	return d.finishDate()
}

// field reads one field; seen is what it adds to the mask.
func (d *decoder) field(i int) (seen uint32, skip bool, e decodeError) {
	text := d.fields[i].text
	switch d.fields[i].kind {
	case fieldDate:
		seen, e = d.dateField(i, text)
	case fieldTime:
		if d.prefix != 0 {
			if d.prefix != unitTime {
				return 0, false, decodeBadFormat
			}
			d.prefix = 0
		}
		seen, e = d.clock(text)
		if e == decodeGood && !d.timeOnly && d.timeOverflows() {
			e = decodeOverflow
		}
	case fieldTZ:
		seen = maskTZ
		d.east, e = decodeZone(text)
	case fieldNumber:
		seen, e = d.numberField(i, text)
	default:
		return d.word(text)
	}
	return seen, false, e
}

// dateField reads a field with date punctuation: a date, a zone name, or a run-together time with an offset.
func (d *decoder) dateField(i int, text string) (uint32, decodeError) {
	if d.timeOnly {
		last := len(d.fields) - 1
		if i == 0 && last >= 1 && (d.fields[last].kind == fieldDate || d.fields[1].kind == fieldTime) {
			return d.date(text)
		}
		if isDigit(text[0]) {
			return d.timeWithZone(text, d.mask|maskDate)
		}
		return d.zoneName(text)
	}
	switch {
	case d.prefix == unitJulian:
		n, rest, overflow := leadingInt(text, 32)
		if overflow || n < 0 {
			return 0, decodeOverflow
		}
		d.Year, d.Month, d.Day = FromJulianDay(int(n))
		d.julian = true
		east, e := decodeZone(rest)
		if e != decodeGood {
			return 0, e
		}
		d.east, d.prefix = east, 0
		return maskDate | maskTime | maskTZ, decodeGood
	case d.prefix != 0 || d.mask&(1<<tokenMonth|1<<tokenDay) == 1<<tokenMonth|1<<tokenDay:
		if !isDigit(text[0]) && d.prefix == 0 {
			return d.zoneName(text)
		}
		if d.prefix != 0 && d.prefix != unitTime {
			return 0, decodeBadFormat
		}
		d.prefix = 0
		return d.timeWithZone(text, d.mask)
	}
	return d.date(text)
}

func (d *decoder) zoneName(text string) (uint32, decodeError) {
	loc, ok := LoadZone(text)
	if !ok {
		d.badZone = text
		return 0, decodeBadZone
	}
	d.named = loc
	return maskTZ, decodeGood
}

// timeWithZone reads hhmmss-zz.
func (d *decoder) timeWithZone(text string, mask uint32) (uint32, decodeError) {
	if d.mask&maskTime == maskTime {
		return 0, decodeBadFormat
	}
	at := strings.IndexByte(text, '-')
	if at < 0 {
		return 0, decodeBadFormat
	}
	east, e := decodeZone(text[at:])
	if e != decodeGood {
		return 0, e
	}
	d.east = east
	seen, e := d.joined(text[:at], mask)
	return seen | maskTZ, e
}

// date reads a date whose parts are separated by punctuation.
func (d *decoder) date(text string) (uint32, decodeError) {
	var room [6]string
	parts := room[:0]
	for i := 0; i < len(text); {
		i = scan(text, i, func(c byte) bool { return !isAlnum(c) })
		if i >= len(text) {
			return 0, decodeBadFormat
		}
		end := i
		if isDigit(text[i]) {
			end = scan(text, i, isDigit)
		} else {
			end = scan(text, i, isAlpha)
		}
		parts = append(parts, text[i:end])
		i = end + 1
		if len(parts) > dateFieldsMax {
			return 0, decodeBadFormat
		}
	}
	mask, seen := d.mask, uint32(0)
	add := func(bit uint32) bool {
		clash := mask&bit != 0
		mask |= bit
		seen |= bit
		return !clash
	}
	textMonth := false
	for i, part := range parts {
		if !isAlpha(part[0]) {
			continue
		}
		t, _ := dateToken(part)
		if t.kind == tokenIgnore {
			continue
		}
		if t.kind != tokenMonth || !add(1<<tokenMonth) {
			return 0, decodeBadFormat
		}
		d.Month, textMonth = t.value, true
		parts[i] = ""
	}
	for _, part := range parts {
		if part == "" {
			continue
		}
		if isAlpha(part[0]) {
			return 0, decodeBadFormat
		}
		bit, e := d.number(part, textMonth, mask)
		if e != decodeGood {
			return 0, e
		}
		if !add(bit) {
			return 0, decodeBadFormat
		}
	}
	if mask&^(1<<tokenDOY|maskTZ) != maskDate {
		return 0, decodeBadFormat
	}
	return seen, decodeGood
}

// clock reads hh:mm, hh:mm:ss with a fraction, or mm:ss.fraction.
func (d *decoder) clock(text string) (uint32, decodeError) {
	c, e := decodeClock(text, 0)
	if e != decodeGood {
		return 0, e
	}
	if c.hours > 1<<31-1 {
		return 0, decodeOverflow
	}
	d.Hour, d.Minute, d.Second, d.Micros = int(c.hours), c.minutes, c.seconds, c.micros
	return maskTime, decodeGood
}

type clockParts struct {
	hours                    int64
	minutes, seconds, micros int
}

// decodeClock reads a time of day or a length of time; fields are the interval's field bits, 0 for any.
func decodeClock(text string, fields int) (c clockParts, e decodeError) {
	hours, rest, overflow := leadingInt(text, 64)
	if overflow {
		return c, decodeOverflow
	}
	if !strings.HasPrefix(rest, ":") {
		return c, decodeBadFormat
	}
	minutes, rest, overflow := leadingInt(rest[1:], 32)
	if overflow {
		return c, decodeOverflow
	}
	var seconds int64
	shift := false
	switch {
	case rest == "":
		shift = fields == IntervalMinute|IntervalSecond
	case rest[0] == '.':
		if c.micros, e = fractionMicros(rest); e != decodeGood {
			return c, e
		}
		shift = true
	case rest[0] == ':':
		if seconds, rest, overflow = leadingInt(rest[1:], 32); overflow {
			return c, decodeOverflow
		}
		if strings.HasPrefix(rest, ".") {
			if c.micros, e = fractionMicros(rest); e != decodeGood {
				return c, e
			}
		} else if rest != "" {
			return c, decodeBadFormat
		}
	default:
		return c, decodeBadFormat
	}
	if shift {
		if hours != int64(int32(hours)) {
			return c, decodeOverflow
		}
		hours, minutes, seconds = 0, hours, minutes
	}
	if hours < 0 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60 {
		return c, decodeOverflow
	}
	c.hours, c.minutes, c.seconds = hours, int(minutes), int(seconds)
	return c, decodeGood
}

func (d *decoder) timeOverflows() bool {
	return d.Hour < 0 || d.Hour > 24 || d.Minute < 0 || d.Minute > 59 || d.Second < 0 || d.Second > 60 ||
		d.TimeOfDay() > MicrosPerDay
}

// validate checks and completes year, month and day.
func (d *decoder) validate() decodeError {
	if d.mask&(1<<tokenYear) != 0 && !d.julian {
		switch {
		case d.bc:
			if d.Year <= 0 {
				return decodeOverflow
			}
			d.Year = 1 - d.Year
		case d.twoDigits:
			switch {
			case d.Year < 0:
				return decodeOverflow
			case d.Year < 70:
				d.Year += 2000
			case d.Year < 100:
				d.Year += 1900
			}
		case d.Year <= 0:
			return decodeOverflow
		}
	}
	if d.mask&(1<<tokenDOY) != 0 {
		d.Year, d.Month, d.Day = FromJulianDay(JulianDay(d.Year, 1, 1) + d.yearDay - 1)
	}
	if d.mask&(1<<tokenMonth) != 0 && (d.Month < 1 || d.Month > 12) {
		return decodeMonthDayOverflow
	}
	if d.mask&(1<<tokenDay) != 0 && (d.Day < 1 || d.Day > 31) {
		return decodeMonthDayOverflow
	}
	if d.mask&maskDate == maskDate && d.Day > DaysInMonth(d.Year, d.Month) {
		return decodeOverflow
	}
	return decodeGood
}

func (d *decoder) applyMeridiem() decodeError {
	switch {
	case d.meridiem == 0:
	case d.Hour > 12:
		return decodeOverflow
	case d.meridiem == 1 && d.Hour == 12:
		d.Hour = 0
	case d.meridiem == 2 && d.Hour != 12:
		d.Hour += 12
	}
	return decodeGood
}

// finishDate completes a date with an optional time.
func (d *decoder) finishDate() decodeError {
	if e := d.validate(); e != decodeGood {
		return e
	}
	if e := d.applyMeridiem(); e != decodeGood {
		return e
	}
	if d.mask&maskDate != maskDate {
		return decodeBadFormat
	}
	if (d.named != nil || d.abbrev != nil || d.mask&maskTZ == 0) && d.mask&(1<<tokenDTZMod) != 0 {
		return decodeBadFormat
	}
	d.resolveZone()
	return decodeGood
}

// resolveZone finds the offset of a zone whose offset depends on the moment.
func (d *decoder) resolveZone() {
	if d.named == nil && d.abbrev == nil && d.mask&maskTZ != 0 {
		return
	}
	local, ok := d.unchecked()
	if !ok {
		return
	}
	switch {
	case d.named != nil:
		d.east = LocalOffset(local, d.named)
	case d.abbrev != nil:
		d.east = d.abbrev.LocalOffset(local)
	default:
		d.east = LocalOffset(local, d.f.location())
	}
}

// finishTime completes a time with an optional date.
func (d *decoder) finishTime() decodeError {
	if e := d.validate(); e != decodeGood {
		return e
	}
	if e := d.applyMeridiem(); e != decodeGood {
		return e
	}
	if d.timeOverflows() {
		return decodeOverflow
	}
	if d.mask&maskTime != maskTime {
		return decodeBadFormat
	}
	modifier := d.mask&(1<<tokenDTZMod) != 0
	dated := d.mask&maskDate == maskDate
	if d.named != nil {
		if modifier {
			return decodeBadFormat
		}
		if east, ok := constantOffset(d.named); ok {
			d.east = east
			return decodeGood
		}
		if !dated {
			return decodeBadFormat
		}
	}
	if d.abbrev != nil || d.mask&maskTZ == 0 {
		if modifier || !dated && d.mask&maskDate != 0 {
			return decodeBadFormat
		}
		if !dated {
			d.Year, d.Month, d.Day = FromJulianDay(d.today())
		}
	}
	d.resolveZone()
	return decodeGood
}

// constantOffset is the offset of a zone that has never had another.
func constantOffset(loc *time.Location) (int, bool) {
	t := time.Unix(0, 0).In(loc)
	start, end := t.ZoneBounds()
	_, offset := t.Zone()
	return offset, start.IsZero() && end.IsZero()
}
