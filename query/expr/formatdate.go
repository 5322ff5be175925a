package expr

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// dateKeys are the patterns of date pictures; longer ones stand before their beginnings. All but the names also exist in lower case.
var dateKeys = [...]string{
	"A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "Day", "Dy", "D", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6",
	"FX", "HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J", "MI", "MM", "MONTH", "MON", "MS", "Month", "Mon",
	"OF", "P.M.", "PM", "Q", "RM", "SSSSS", "SSSS", "SS", "TZH", "TZM", "TZ", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y",
	"a.d.", "a.m.", "ad", "am", "b.c.", "bc", "cc", "day", "ddd", "dd", "dy", "d", "ff1", "ff2", "ff3", "ff4", "ff5", "ff6",
	"fx", "hh24", "hh12", "hh", "iddd", "id", "iw", "iyyy", "iyy", "iy", "i", "j", "mi", "mm", "month", "mon", "ms",
	"of", "p.m.", "pm", "q", "rm", "sssss", "ssss", "ss", "tzh", "tzm", "tz", "us", "ww", "w", "y,yyy", "yyyy", "yyy", "yy", "y",
}

// dateNode is a pattern with its modifiers, or text.
type dateNode struct {
	key      string // upper case
	written  string // as it stands in the picture: tells the case of names
	text     string
	isSpace  bool
	quoted   bool
	fill, tm bool
	th       string // th or TH behind it
}

func parseDateFormat(picture string) (nodes []dateNode, fixed bool) {
	for i := 0; i < len(picture); {
		var n dateNode
		start := i
	prefixes:
		for {
			switch {
			case strings.HasPrefix(picture[i:], "FM"), strings.HasPrefix(picture[i:], "fm"):
				n.fill = true
			case strings.HasPrefix(picture[i:], "TM"), strings.HasPrefix(picture[i:], "tm"):
				n.tm, n.fill = true, true
			default:
				break prefixes
			}
			i += 2
		}
		key := prefixOf(picture[i:], dateKeys[:])
		if key == "" {
			if i > start { // a prefix with nothing behind it vanishes
				continue
			}
			text, size := literalAt(picture[i:])
			space := text == " " || len(text) == 1 && text[0] >= '\t' && text[0] <= '\r'
			nodes = append(nodes, dateNode{text: text, isSpace: space, quoted: picture[i] == '"' || size > len(text)})
			i += size
			continue
		}
		i += len(key)
		n.key, n.written = strings.ToUpper(key), key
		if n.key == "FX" {
			fixed = true
			continue
		}
		if rest := picture[i:]; strings.HasPrefix(rest, "TH") || strings.HasPrefix(rest, "th") {
			n.th = rest[:2]
			i += 2
		}
		if rest := picture[i:]; strings.HasPrefix(rest, "SP") || strings.HasPrefix(rest, "sp") {
			i += 2
		}
		nodes = append(nodes, n)
	}
	return nodes, fixed
}

var (
	monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	dayNames   = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	romanMonth = [...]string{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}
)

// moment is what a date picture shows.
type moment struct {
	sqltypes.Civil
	julian     int
	dayOfYear  int
	isInterval bool
	hasZone    bool
}

func formatFunctions() []entry {
	out := []entry{
		fn2("timestamp_to_char", func(_ *Env, a, b datum) (datum, error) {
			if b.Str() == "" || !sqltypes.IsFiniteTimestamp(a.Int()) {
				return sqltypes.Null, nil
			}
			return showDate(civilMoment(sqltypes.SplitTimestamp(a.Int())), b.Str())
		}),
		fn2("timestamptz_to_char", func(env *Env, a, b datum) (datum, error) {
			if b.Str() == "" || !sqltypes.IsFiniteTimestamp(a.Int()) {
				return sqltypes.Null, nil
			}
			m := civilMoment(sqltypes.SplitTimestampTZ(a.Int(), env.location()))
			m.hasZone = true
			return showDate(m, b.Str())
		}),
		fn2("interval_to_char", func(_ *Env, a, b datum) (datum, error) {
			if b.Str() == "" {
				return sqltypes.Null, nil
			}
			v := a.Interval()
			m := moment{isInterval: true}
			m.Year, m.Month, m.Day = int(v.Months/12), int(v.Months%12), int(v.Days)
			m.Hour, m.Minute = int(v.Micros/microsPerHour), int(v.Micros/microsPerMinute%60)
			m.Second, m.Micros = int(v.Micros/microsPerSecond%60), int(v.Micros%microsPerSecond)
			m.dayOfYear = int(v.Months)*30 + m.Day
			m.julian = sqltypes.JulianDay(m.Year, m.Month, m.Day)
			return showDate(m, b.Str())
		}),
		fn2("to_date", func(env *Env, a, b datum) (datum, error) {
			p, err := readDate(env, a.Str(), b.Str())
			if err != nil {
				return sqltypes.Null, err
			}
			day := int64(sqltypes.JulianDay(p.Year, p.Month, p.Day) - sqltypes.EpochJulian)
			if p.Year < -4713 || p.Year > 5874898 || !sqltypes.ValidDate(day) {
				return sqltypes.Null, pgerror.New(pgerror.DatetimeValueOutOfRange, "date out of range: \"%s\"", a.Str())
			}
			return sqltypes.Int(day), nil
		}),
		fn2("to_timestamp", func(env *Env, a, b datum) (datum, error) {
			p, err := readDate(env, a.Str(), b.Str())
			if err != nil {
				return sqltypes.Null, err
			}
			local, ok := p.Timestamp()
			if ok && p.hasOffset {
				t := local - int64(p.offset)*microsPerSecond
				return sqltypes.Int(t), nil
			}
			if !ok {
				return sqltypes.Null, timestampOutOfRange()
			}
			return fromLocal(local, env.location())
		}),
		fn2("numeric_to_number", toNumber),
	}
	number := func(source string, show func(d datum, picture string) (string, error)) entry {
		return fn2(source, func(_ *Env, a, b datum) (datum, error) {
			s, err := show(a, b.Str())
			return sqltypes.String(s), err
		})
	}
	ofInt := func(d datum, picture string) (string, error) {
		return numericToChar(sqltypes.NumericFromInt64(d.Int()), picture)
	}
	return append(out, number("numeric_to_char", numericToChar), number("int4_to_char", ofInt), number("int8_to_char", ofInt),
		number("float4_to_char", func(d datum, picture string) (string, error) { return floatToChar(d.Float(), 6, picture) }),
		number("float8_to_char", func(d datum, picture string) (string, error) { return floatToChar(d.Float(), 15, picture) }))
}

func civilMoment(c sqltypes.Civil) moment {
	m := moment{Civil: c}
	m.julian = sqltypes.JulianDay(c.Year, c.Month, c.Day)
	m.dayOfYear = m.julian - sqltypes.JulianDay(c.Year, 1, 1) + 1
	return m
}

func showDate(m moment, picture string) (datum, error) {
	nodes, _ := parseDateFormat(picture)
	var out []byte
	for i := range nodes {
		n := &nodes[i]
		if n.key == "" {
			out = append(out, n.text...)
			continue
		}
		if m.isInterval && !strings.Contains(" HH24 HH12 HH MI SS SSSS SSSSS MS US FF1 FF2 FF3 FF4 FF5 FF6 YYYY YYY YY Y Y,YYY MM DD DDD IDDD RM CC Q J WW W IW IYYY IYY IY I ", " "+n.key+" ") &&
			!strings.ContainsAny(n.key[:1], "AP") {
			return sqltypes.Null, pgerror.New(pgerror.InvalidDatetimeFormat, "invalid format specification for an interval value").
				WithHint("Intervals are not tied to specific calendar dates.")
		}
		text, numeric := m.show(n)
		if n.th != "" && numeric && text != "" {
			text += ordinal(text, n.th == "TH")
		}
		out = append(out, text...)
	}
	return sqltypes.Bytes(out), nil
}

// zeros pads a number to a width, one more for a minus sign; not in fill mode.
func (n *dateNode) zeros(value, width int) (string, bool) {
	text := strconv.Itoa(value)
	if n.fill {
		return text, true
	}
	negative := value < 0
	if negative {
		text = text[1:]
	}
	text = strings.Repeat("0", max(0, width-len(text))) + text
	if negative {
		text = "-" + text
	}
	return text, true
}

// digits pads a number to a width, a minus sign included; not in fill mode.
func (n *dateNode) digits(value, width int) (string, bool) {
	if n.fill {
		width = 0
	}
	return fmt.Sprintf("%0*d", width, value), true
}

// word gives a name the case the pattern is written in, padded to 9 letters unless fill mode is on.
func (n *dateNode) word(name string, width int) (string, bool) {
	switch {
	case n.written == strings.ToUpper(n.written):
		name = strings.ToUpper(name)
	case n.written == strings.ToLower(n.written):
		name = strings.ToLower(name)
	}
	if !n.fill && len(name) < width {
		name += strings.Repeat(" ", width-len(name))
	}
	return name, false
}

func (m *moment) show(n *dateNode) (text string, numeric bool) {
	switch n.key {
	case "A.M.", "P.M.", "AM", "PM":
		name := "am"
		if m.Hour%24 >= 12 {
			name = "pm"
		}
		if strings.Contains(n.key, ".") {
			name = name[:1] + ".m."
		}
		return n.word(name, 0)
	case "HH", "HH12":
		hour := m.Hour % 12
		if hour == 0 {
			hour = 12
		}
		return n.zeros(hour, 2)
	case "HH24":
		return n.zeros(m.Hour, 2)
	case "MI":
		return n.zeros(m.Minute, 2)
	case "SS":
		return n.zeros(m.Second, 2)
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		digits, unit := int(n.key[2]-'0'), 1
		for range 6 - digits {
			unit *= 10
		}
		return fmt.Sprintf("%0*d", digits, m.Micros/unit), true
	case "MS":
		return fmt.Sprintf("%03d", m.Micros/1000), true
	case "US":
		return fmt.Sprintf("%06d", m.Micros), true
	case "SSSS", "SSSSS":
		return strconv.Itoa(m.Hour*3600 + m.Minute*60 + m.Second), true
	case "TZ":
		if !m.hasZone {
			return "", false
		}
		return n.word(zoneText(m.Zone, m.Offset), 0)
	case "TZH", "TZM", "OF":
		return m.showOffset(n.key), n.key != "OF"
	}
	return m.showCalendar(n)
}

func zoneText(name string, offset int) string {
	if name != "" {
		return name
	}
	return time.Unix(0, 0).In(time.FixedZone("", offset)).Format("-07")
}

func (m *moment) showOffset(key string) string {
	sign, offset := "+", m.Offset
	if offset < 0 {
		sign, offset = "-", -offset
	}
	hours, minutes := fmt.Sprintf("%02d", offset/3600), fmt.Sprintf("%02d", offset%3600/60)
	switch {
	case key == "TZH":
		return sign + hours
	case key == "TZM":
		return minutes
	case offset%3600 != 0:
		return sign + hours + ":" + minutes
	}
	return sign + hours
}

// displayYear counts the years before our era from 1.
func displayYear(year int, isInterval bool) int {
	if year <= 0 && !isInterval {
		return 1 - year
	}
	return year
}

func (m *moment) showCalendar(n *dateNode) (text string, numeric bool) {
	year := displayYear(m.Year, m.isInterval)
	isoYear, isoWeek := sqltypes.ISOWeek(m.Year, m.Month, m.Day)
	switch n.key {
	case "A.D.", "B.C.", "AD", "BC":
		name := "ad"
		if m.Year <= 0 {
			name = "bc"
		}
		if strings.Contains(n.key, ".") {
			name = name[:1] + "." + name[1:] + "."
		}
		return n.word(name, 0)
	case "MONTH":
		return n.word(monthNames[m.Month-1], 9)
	case "MON":
		return n.word(monthNames[m.Month-1][:3], 0)
	case "MM":
		return n.zeros(m.Month, 2)
	case "DAY":
		return n.word(dayNames[sqltypes.Weekday(m.julian)], 9)
	case "DY":
		return n.word(dayNames[sqltypes.Weekday(m.julian)][:3], 0)
	case "DDD":
		return n.digits(m.dayOfYear, 3)
	case "IDDD":
		return n.digits(m.julian-sqltypes.ISOWeekDay(isoYear, 1)+1, 3)
	case "DD":
		return n.digits(m.Day, 2)
	case "D":
		return strconv.Itoa(sqltypes.Weekday(m.julian) + 1), true
	case "ID":
		return strconv.Itoa((sqltypes.Weekday(m.julian)+6)%7 + 1), true
	case "WW":
		return n.digits((m.dayOfYear-1)/7+1, 2)
	case "IW":
		return n.digits(isoWeek, 2)
	case "W":
		return strconv.Itoa((m.Day-1)/7 + 1), true
	case "Q":
		if m.Month == 0 {
			return "", false
		}
		return strconv.Itoa((m.Month-1)/3 + 1), true
	case "CC":
		century := int(period(int64(m.Year), 100))
		if m.isInterval {
			century = m.Year / 100
		}
		if century <= 99 && century >= -99 {
			return n.zeros(century, 2)
		}
		return strconv.Itoa(century), true
	case "RM":
		return m.showRoman(n), false
	case "J":
		return strconv.Itoa(m.julian), true
	}
	return n.showYear(year, displayYear(isoYear, m.isInterval)), true
}

func (m *moment) showRoman(n *dateNode) string {
	month := m.Month
	if m.isInterval && month <= 0 {
		if month == 0 && m.Year == 0 {
			return ""
		}
		switch { // the months of a negative interval count from the end of the year
		case month < 0:
			month += 13
		case m.Year < 0:
			month = 1
		default:
			month = 12
		}
	}
	name, _ := n.word(romanMonth[month-1], 4)
	return name
}

// showYear shows a year, or its last digits; patterns with an I ask for the year of ISO weeks. A negative year makes either a letter wider.
func (n *dateNode) showYear(year, isoYear int) string {
	text, wide := "", 0
	if year < 0 {
		wide = 1
	}
	switch n.key {
	case "Y,YYY":
		return fmt.Sprintf("%d,%03d", year/1000, year%1000)
	case "YYYY", "IYYY":
		text, _ = n.digits(pickInt(n.key == "YYYY", year, isoYear), 4+wide)
	case "YYY", "IYY":
		text, _ = n.digits(pickInt(n.key == "YYY", year, isoYear)%1000, 3+wide)
	case "YY", "IY":
		text, _ = n.digits(pickInt(n.key == "YY", year, isoYear)%100, 2+wide)
	case "Y", "I":
		return strconv.Itoa(pickInt(n.key == "Y", year, isoYear) % 10)
	}
	return text
}

func pickInt(first bool, a, b int) int {
	if first {
		return a
	}
	return b
}
