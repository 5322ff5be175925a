package sqltypes

import (
	"math"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// fieldType is what the splitter takes a field of date/time text for.
type fieldType uint8

const (
	fieldNumber fieldType = iota
	fieldString
	fieldDate
	fieldTime
	fieldTZ
	fieldSpecial
)

// tokenType is what a word means; each is a bit in the mask of what has been seen.
type tokenType uint8

const (
	tokenReserved tokenType = iota
	tokenMonth
	tokenYear
	tokenDay
	tokenTZ
	tokenDTZ
	tokenDynTZ
	tokenIgnore
	tokenAMPM
	tokenHour
	tokenMinute
	tokenSecond
	tokenMilli
	tokenMicro
	tokenDOY
	tokenDOW
	tokenUnits
	tokenADBC
	tokenAgo
	tokenISOTime
	tokenWeek
	tokenDecade
	tokenCentury
	tokenMillennium
	tokenDTZMod
	tokenUnknown
)

const (
	maskDate    = 1<<tokenYear | 1<<tokenMonth | 1<<tokenDay
	maskSeconds = 1<<tokenSecond | 1<<tokenMilli | 1<<tokenMicro
	maskTime    = 1<<tokenHour | 1<<tokenMinute | maskSeconds
	maskTZ      = 1 << tokenTZ
)

// The values that go with tokenReserved, tokenUnits and tokenISOTime.
const (
	wordNone = iota
	wordNow
	wordToday
	wordTomorrow
	wordYesterday
	wordZulu
	wordEpoch
	wordLate
	wordEarly
	unitJulian
	unitTime
	unitMicro
	unitMilli
	unitSecond
	unitMinute
	unitHour
	unitDay
	unitWeek
	unitMonth
	unitQuarter
	unitYear
	unitDecade
	unitCentury
	unitMillennium
	unitOther
)

type token struct {
	kind  tokenType
	value int
}

// tokenMax is how many characters of a word count.
const tokenMax = 10

func clipToken(word string) string { return word[:min(len(word), tokenMax)] }

// dateToken finds a word of dates.
func dateToken(word string) (token, bool) {
	if t, ok := monthOrDay(word); ok {
		return t, true
	}
	switch clipToken(word) {
	case "+infinity", "infinity":
		return token{tokenReserved, wordLate}, true
	case "-infinity":
		return token{tokenReserved, wordEarly}, true
	case "ad":
		return token{tokenADBC, 0}, true
	case "bc":
		return token{tokenADBC, 1}, true
	case "allballs":
		return token{tokenReserved, wordZulu}, true
	case "am":
		return token{tokenAMPM, 1}, true
	case "pm":
		return token{tokenAMPM, 2}, true
	case "at", "on":
		return token{tokenIgnore, 0}, true
	case "d":
		return token{tokenUnits, unitDay}, true
	case "dow", "doy", "isodow", "isoyear":
		return token{tokenUnits, unitOther}, true
	case "dst":
		return token{tokenDTZMod, 3600}, true
	case "epoch":
		return token{tokenReserved, wordEpoch}, true
	case "h":
		return token{tokenUnits, unitHour}, true
	case "j", "jd", "julian":
		return token{tokenUnits, unitJulian}, true
	case "m":
		return token{tokenUnits, unitMonth}, true
	case "now":
		return token{tokenReserved, wordNow}, true
	case "s":
		return token{tokenUnits, unitSecond}, true
	case "t":
		return token{tokenISOTime, unitTime}, true
	case "today":
		return token{tokenReserved, wordToday}, true
	case "tomorrow":
		return token{tokenReserved, wordTomorrow}, true
	case "y":
		return token{tokenUnits, unitYear}, true
	case "yesterday":
		return token{tokenReserved, wordYesterday}, true
	}
	return token{tokenUnknown, 0}, false
}

func monthOrDay(word string) (token, bool) {
	if len(word) < 3 {
		return token{}, false
	}
	for i, name := range monthNames {
		if lower := strings.ToLower(name); word == lower || word == lower[:3] || i == 8 && word == "sept" {
			return token{tokenMonth, i + 1}, true
		}
	}
	for i, name := range dayNames {
		lower := strings.ToLower(name)
		if word == lower || word == lower[:3] {
			return token{tokenDOW, i}, true
		}
	}
	switch word {
	case "tues":
		return token{tokenDOW, 2}, true
	case "weds":
		return token{tokenDOW, 3}, true
	case "thur", "thurs":
		return token{tokenDOW, 4}, true
	}
	return token{}, false
}

// unitToken finds a word of intervals.
func unitToken(word string) (token, bool) {
	units := func(unit int) (token, bool) { return token{tokenUnits, unit}, true }
	switch clipToken(word) {
	case "ago":
		return token{tokenAgo, 0}, true
	case "c", "cent", "centuries", "century":
		return units(unitCentury)
	case "d", "day", "days":
		return units(unitDay)
	case "dec", "decade", "decades", "decs":
		return units(unitDecade)
	case "h", "hour", "hours", "hr", "hrs":
		return units(unitHour)
	case "m", "min", "mins", "minute", "minutes":
		return units(unitMinute)
	case "microsecon", "us", "usec", "useconds", "usecond", "usecs":
		return units(unitMicro)
	case "mil", "millennia", "millennium", "mils":
		return units(unitMillennium)
	case "millisecon", "ms", "msec", "msecond", "mseconds", "msecs":
		return units(unitMilli)
	case "mon", "mons", "month", "months":
		return units(unitMonth)
	case "qtr", "quarter":
		return units(unitQuarter)
	case "s", "sec", "second", "seconds", "secs":
		return units(unitSecond)
	case "timezone", "timezone_h", "timezone_m":
		return units(unitOther)
	case "w", "week", "weeks":
		return units(unitWeek)
	case "y", "year", "years", "yr", "yrs":
		return units(unitYear)
	}
	return token{tokenUnknown, 0}, false
}

// decodeError tells what is wrong with date/time text; the zero value is "nothing".
type decodeError uint8

const (
	decodeGood decodeError = iota
	decodeBadFormat
	decodeOverflow
	decodeMonthDayOverflow
	decodeIntervalOverflow
	decodeZoneOverflow
	decodeBadZone
)

func (e decodeError) err(typeName, s, zone string) error {
	switch e {
	case decodeGood:
		return nil
	case decodeOverflow:
		return pgerror.New(pgerror.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", s)
	case decodeMonthDayOverflow:
		return pgerror.New(pgerror.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", s).
			WithHint("Perhaps you need a different \"datestyle\" setting.")
	case decodeIntervalOverflow:
		return pgerror.New(pgerror.IntervalFieldOverflow, "interval field value out of range: \"%s\"", s)
	case decodeZoneOverflow:
		return pgerror.New(pgerror.InvalidTimeZoneDisplacementValue, "time zone displacement out of range: \"%s\"", s)
	case decodeBadZone:
		return pgerror.New(pgerror.InvalidParameterValue, "time zone \"%s\" not recognized", zone)
	}
	return pgerror.New(pgerror.InvalidDatetimeFormat, "invalid input syntax for type %s: \"%s\"", typeName, s)
}

// dateField is one field of date/time text.
type dateField struct {
	text string
	kind fieldType
}

const dateFieldsMax = 25

func isPunct(c byte) bool {
	return c > ' ' && c < 0x7F && !isDigit(c) && !isAlpha(c)
}

func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) }

func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			return strings.ToLower(s)
		}
	}
	return s
}

// splitFields cuts date/time text into fields; bytesMax bounds their text with a byte for the end of each.
func splitFields(s string, fields []dateField, bytesMax int) ([]dateField, decodeError) {
	used := 0
	for i := 0; i < len(s); {
		c := s[i]
		if isSpace(c) {
			i++
			continue
		}
		if c != '.' && c != '+' && c != '-' && isPunct(c) && len(fields) < dateFieldsMax {
			i++
			continue
		}
		if len(fields) >= dateFieldsMax {
			return nil, decodeBadFormat
		}
		var f dateField
		next, ok := i, true
		switch {
		case isDigit(c):
			f, next = splitNumber(s, i)
		case c == '.':
			next = i + 1
			for next < len(s) && isDigit(s[next]) {
				next++
			}
			f = dateField{s[i:next], fieldNumber}
		case isAlpha(c):
			f, next = splitWord(s, i)
		case c == '+' || c == '-':
			f, next, ok = splitSigned(s, i)
		default:
			ok = false
		}
		if !ok {
			return nil, decodeBadFormat
		}
		if used += len(f.text) + 1; used > bytesMax {
			return nil, decodeBadFormat
		}
		fields = append(fields, f)
		i = next
	}
	return fields, decodeGood
}

func scan(s string, i int, take func(c byte) bool) int {
	for i < len(s) && take(s[i]) {
		i++
	}
	return i
}

// splitNumber takes a time, a date or a number.
func splitNumber(s string, start int) (dateField, int) {
	i := scan(s, start, isDigit)
	if i >= len(s) {
		return dateField{s[start:], fieldNumber}, i
	}
	switch delimiter := s[i]; delimiter {
	case ':':
		i = scan(s, i+1, func(c byte) bool { return isDigit(c) || c == ':' || c == '.' })
		return dateField{s[start:i], fieldTime}, i
	case '-', '/', '.':
		i++
		if i < len(s) && isDigit(s[i]) {
			kind := fieldDate
			if delimiter == '.' {
				kind = fieldNumber
			}
			i = scan(s, i, isDigit)
			if i < len(s) && s[i] == delimiter {
				kind = fieldDate
				i = scan(s, i+1, func(c byte) bool { return isDigit(c) || c == delimiter })
			}
			return dateField{s[start:i], kind}, i
		}
		i = scan(s, i, func(c byte) bool { return isAlnum(c) || c == delimiter })
		return dateField{lowerASCII(s[start:i]), fieldDate}, i
	}
	return dateField{s[start:i], fieldNumber}, i
}

// splitWord takes a word, or a date or zone name with punctuation inside.
func splitWord(s string, start int) (dateField, int) {
	i := scan(s, start, isAlpha)
	date := false
	if i < len(s) {
		switch c := s[i]; {
		case c == '-' || c == '/' || c == '.':
			date = true
		case c == '+' || isDigit(c):
			_, known := dateToken(lowerASCII(s[start:i]))
			date = !known
		}
	}
	if !date {
		return dateField{lowerASCII(s[start:i]), fieldString}, i
	}
	i = scan(s, i+1, func(c byte) bool {
		return isAlnum(c) || c == '+' || c == '-' || c == '/' || c == '_' || c == '.' || c == ':'
	})
	return dateField{lowerASCII(s[start:i]), fieldDate}, i
}

// splitSigned takes a zone offset, a signed number or a word with a sign.
func splitSigned(s string, start int) (dateField, int, bool) {
	i := scan(s, start+1, isSpace)
	if i >= len(s) {
		return dateField{}, i, false
	}
	from := i
	kind := fieldTZ
	switch {
	case isDigit(s[i]):
		i = scan(s, i, func(c byte) bool { return isDigit(c) || c == ':' || c == '.' || c == '-' })
	case isAlpha(s[i]):
		kind = fieldSpecial
		i = scan(s, i, isAlpha)
	default:
		return dateField{}, i, false
	}
	text := s[start:i]
	if from != start+1 {
		text = s[start:start+1] + s[from:i]
	}
	return dateField{lowerASCII(text), kind}, i, true
}

// leadingInt reads what C's strtol reads: the number, what follows it, and whether it was too big for the bits.
func leadingInt(s string, bits int) (n int64, rest string, overflow bool) {
	i := scan(s, 0, isSpace)
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	digits := i
	i = scan(s, i, isDigit)
	if i == digits {
		return 0, s, false
	}
	n, err := strconv.ParseInt(strings.TrimLeft(s[:i], " \t\n\v\f\r"), 10, bits)
	return n, s[i:], err != nil
}

// leadingDigits is atoi for text of digits; it stops at the bounds of an int32.
func leadingDigits(s string) int {
	n, _, overflow := leadingInt(s, 64)
	if overflow || n != int64(int32(n)) {
		return int(int32(uint32(n)))
	}
	return int(n)
}

// fraction reads .digits, the whole of s.
func fraction(s string) (float64, decodeError) {
	if s == "." {
		return 0, decodeGood
	}
	if scan(s, 1, isDigit) != len(s) {
		return 0, decodeBadFormat
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, decodeBadFormat
	}
	return f, decodeGood
}

func fractionMicros(s string) (int, decodeError) {
	f, e := fraction(s)
	return int(math.RoundToEven(f * 1e6)), e
}

// decodeZone reads an offset: sign, hh, hhmm, hh:mm or hh:mm:ss. The result is in seconds east.
func decodeZone(s string) (east int, e decodeError) {
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, decodeBadFormat
	}
	hour, rest, overflow := leadingInt(s[1:], 32)
	if overflow {
		return 0, decodeZoneOverflow
	}
	var minute, second int64
	switch {
	case strings.HasPrefix(rest, ":"):
		if minute, rest, overflow = leadingInt(rest[1:], 32); overflow {
			return 0, decodeZoneOverflow
		}
		if strings.HasPrefix(rest, ":") {
			if second, rest, overflow = leadingInt(rest[1:], 32); overflow {
				return 0, decodeZoneOverflow
			}
		}
	case rest == "" && len(s) > 3:
		hour, minute = hour/100, hour%100
	}
	if hour < 0 || hour > 15 || minute < 0 || minute >= 60 || second < 0 || second >= 60 {
		return 0, decodeZoneOverflow
	}
	east = int(hour*3600 + minute*60 + second)
	if s[0] == '-' {
		east = -east
	}
	if rest != "" {
		return 0, decodeBadFormat
	}
	return east, decodeGood
}
