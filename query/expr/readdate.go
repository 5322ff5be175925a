package expr

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// dateParts are the values a date picture found in a text.
type dateParts struct {
	sqltypes.Civil
	offset    int
	hasOffset bool

	year, yearDigits        int
	century, quarter        int
	hasYear, bc             bool
	pm, am, twelveHours     bool
	month, day, dayOfYear   int
	week, weekOfMonth       int
	julian, secondsOfDay    int
	isoYear, isoWeek, isoDY int
	weekday                 int // ISO: Monday 1 … Sunday 7; 0 unknown
	isISO, isGregorian      bool
	zoneSign, zoneHour      int
	zoneMinute              int
	rest                    string // of the text, behind what the picture took
}

func badDateText(format string, args ...any) *pgerror.Error {
	return pgerror.New(pgerror.InvalidDatetimeFormat, format, args...)
}

type dateReader struct {
	text  string
	at    int
	fixed bool
	dateParts
}

func isSpaceByte(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isSeparator(c byte) bool {
	return c > ' ' && c < 127 && !isAlnum(c)
}

// readDate is to_date and to_timestamp.
func readDate(env *Env, text, picture string) (*dateParts, error) {
	nodes, fixed := parseDateFormat(picture)
	r := &dateReader{text: text, fixed: fixed}
	extra := 0
	for i := range nodes {
		n := &nodes[i]
		if r.at >= len(text) {
			break
		}
		if n.key == "" {
			extra = r.separator(n, extra)
			continue
		}
		if !fixed {
			for r.at < len(text) && isSpaceByte(text[r.at]) {
				r.at++
				extra++
			}
		}
		// A sign behind more separators than the picture has belongs to the zone.
		if (n.key == "TZH") && extra > 0 && r.at > 0 && (text[r.at-1] == '-' || text[r.at-1] == '+') && (r.at >= len(text) || !strings.ContainsAny(text[r.at:min(r.at+1, len(text))], "+-")) {
			r.at--
		}
		next := (*dateNode)(nil)
		if i+1 < len(nodes) {
			next = &nodes[i+1]
		}
		if err := r.field(n, next); err != nil {
			return nil, err
		}
		extra = 0
		if n.th != "" && r.at+2 <= len(text) {
			r.at += 2
		}
	}
	if err := r.finish(env); err != nil {
		return nil, err
	}
	r.rest = strings.TrimLeft(text[min(r.at, len(text)):], " \t\n\r\f\v")
	return &r.dateParts, nil
}

// separator passes over what stands between fields: any run of spaces and separators for a separator of the picture.
func (r *dateReader) separator(n *dateNode, extra int) int {
	switch {
	case r.fixed || n.quoted || !n.isSpace && !(len(n.text) == 1 && isSeparator(n.text[0])):
		for range n.text {
			if r.at < len(r.text) {
				if extra > 0 && !r.fixed {
					extra--
					continue
				}
				r.at++
			}
		}
		return extra
	case extra > 0:
		return extra - 1
	}
	for r.at < len(r.text) && isSpaceByte(r.text[r.at]) {
		r.at++
		extra++
	}
	if r.at < len(r.text) && isSeparator(r.text[r.at]) {
		r.at++
		extra++
		for r.at < len(r.text) && isSpaceByte(r.text[r.at]) {
			r.at++
			extra++
		}
	}
	return max(extra-1, 0)
}

// digitsFollow tells whether the next pattern reads digits too, so that this one must keep to its width.
func digitsFollow(next *dateNode) bool {
	if next == nil {
		return false
	}
	if next.key == "" {
		return next.text != "" && next.text[0] >= '0' && next.text[0] <= '9'
	}
	switch next.key {
	case "A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "DAY", "DY", "MONTH", "MON", "P.M.", "PM", "RM", "TZ", "TZH", "OF":
		return false
	}
	return true
}

// integer reads a number of at most width digits, or of any number when no digits follow it in the picture.
func (r *dateReader) integer(n, next *dateNode, width int) (value, digits int, err error) {
	start := r.at
	for !r.fixed && r.at < len(r.text) && isSpaceByte(r.text[r.at]) {
		r.at++
	}
	rest := r.text[r.at:]
	if n.fill || !digitsFollow(next) {
		end := 0
		if end < len(rest) && (rest[end] == '-' || rest[end] == '+') {
			end++
		}
		for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
			end++
		}
		rest = rest[:end]
	} else {
		if len(rest) < width {
			return 0, 0, badDateText("source string too short for \"%s\" formatting field", n.written).
				WithDetail("Field requires %d characters, but only %d remain.", width, len(rest)).
				WithHint("If your source string is not fixed-width, try using the \"FM\" modifier.")
		}
		rest = rest[:min(width, len(rest))]
		end := 0
		if end < len(rest) && (rest[end] == '-' || rest[end] == '+') {
			end++
		}
		for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
			end++
		}
		if end == 0 && r.at < len(r.text) {
			rest = r.text[r.at : r.at+end]
		} else if end < len(rest) && digitsFollow(next) && end < width && end > 0 {
			shown := r.text[r.at : r.at+min(width, len(r.text)-r.at)]
			return 0, 0, badDateText("invalid value \"%s\" for \"%s\"", shown, n.written).
				WithDetail("Field requires %d characters, but only %d could be parsed.", width, end).
				WithHint("If your source string is not fixed-width, try using the \"FM\" modifier.")
		} else {
			rest = rest[:end]
		}
	}
	v, err := strconv.ParseInt(rest, 10, 64)
	if err != nil {
		if len(rest) > 9 {
			return 0, 0, rangeOfField(n)
		}
		shown := r.text[r.at:]
		shown = shown[:min(len(shown), max(width, 1))]
		r.at = start
		return 0, 0, badDateText("invalid value \"%s\" for \"%s\"", shown, n.written).WithDetail("Value must be an integer.")
	}
	if v > maxInt32 || v < -maxInt32-1 {
		return 0, 0, rangeOfField(n)
	}
	r.at += len(rest)
	return int(v), len(strings.TrimLeft(rest, "+-")), nil
}

func rangeOfField(n *dateNode) error {
	return badDateText("value for \"%s\" in source string is out of range", n.written).
		WithDetail("Value must be in the range %d to %d.", -maxInt32-1, maxInt32)
}

// name finds the longest of the names the text goes on with.
func (r *dateReader) name(n *dateNode, names []string) (int, error) {
	rest := strings.ToLower(r.text[r.at:])
	best, size := -1, 0
	for i, name := range names {
		if l := strings.ToLower(name); strings.HasPrefix(rest, l) && len(l) > size {
			best, size = i, len(l)
		}
	}
	if best < 0 {
		shown := r.text[r.at:]
		if i := strings.IndexFunc(shown, func(c rune) bool { return c < 0x80 && isSpaceByte(byte(c)) }); i >= 0 {
			shown = shown[:i]
		}
		return 0, badDateText("invalid value \"%s\" for \"%s\"", shown, n.written).
			WithDetail("The given value did not match any of the allowed values for this field.")
	}
	r.at += size
	return best, nil
}

func shortNames(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n[:3]
	}
	return out
}

func (r *dateReader) field(n, next *dateNode) error {
	if n.key == "" || r.at > len(r.text) {
		return nil
	}
	if err := r.mixing(n.key); err != nil {
		return err
	}
	var to *int
	width := 2
	switch n.key {
	case "HH24":
		to = &r.Hour
	case "HH", "HH12":
		to = &r.Hour
		r.twelveHours = true
	case "MI":
		to = &r.Minute
	case "SS":
		to = &r.Second
	case "SSSS", "SSSSS":
		to, width = &r.secondsOfDay, len(n.key)
	case "MM":
		to = &r.month
	case "DD":
		to = &r.day
	case "DDD":
		to, width = &r.dayOfYear, 3
	case "IDDD":
		to, width = &r.isoDY, 3
	case "WW":
		to = &r.week
	case "W":
		to, width = &r.weekOfMonth, 1
	case "IW":
		to = &r.isoWeek
	case "CC":
		to = &r.century
	case "J":
		to, width = &r.julian, maxInt32
	case "Q":
		to, width = &r.quarter, 1
	case "TZM":
		to = &r.zoneMinute
	}
	if to != nil {
		v, _, err := r.integer(n, next, width)
		if err != nil {
			return err
		}
		*to = v
		return nil
	}
	return r.specialField(n, next)
}

// mixing refuses a date told in both calendars, before a field of it is read.
func (r *dateReader) mixing(key string) error {
	switch key {
	case "IYYY", "IYY", "IY", "I", "IDDD", "IW", "ID":
		r.isISO = true
	case "Y,YYY", "YYYY", "YYY", "YY", "Y", "MM", "MONTH", "MON", "RM", "DDD", "DD", "D", "WW", "W":
		r.isGregorian = true
	}
	if r.isISO && r.isGregorian {
		return badDateText("invalid combination of date conventions").
			WithHint("Do not mix Gregorian and ISO week date conventions in a formatting template.")
	}
	return nil
}

func (r *dateReader) specialField(n, next *dateNode) error {
	switch n.key {
	case "A.M.", "P.M.", "AM", "PM":
		names := []string{"am", "pm"}
		if strings.Contains(n.key, ".") {
			names = []string{"a.m.", "p.m."}
		}
		i, err := r.name(n, names)
		r.am, r.pm, r.twelveHours = i == 0, i == 1, true
		return err
	case "A.D.", "B.C.", "AD", "BC":
		names := []string{"ad", "bc"}
		if strings.Contains(n.key, ".") {
			names = []string{"a.d.", "b.c."}
		}
		i, err := r.name(n, names)
		r.bc = i == 1
		return err
	case "MONTH", "MON", "RM":
		names := monthNames[:]
		switch n.key {
		case "MON":
			names = shortNames(names)
		case "RM":
			names = romanMonth[:]
		}
		i, err := r.name(n, names)
		r.month = i + 1
		return err
	case "DAY", "DY":
		names := dayNames[:]
		if n.key == "DY" {
			names = shortNames(names)
		}
		i, err := r.name(n, names)
		r.weekday = (i+6)%7 + 1
		return err
	case "D", "ID":
		v, _, err := r.integer(n, next, 1)
		r.weekday = v
		if n.key == "D" {
			r.weekday = (v+5)%7 + 1
		}
		return err
	case "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		return r.fraction(n, next)
	case "TZH":
		return r.zoneHours(n, next)
	case "TZ", "OF":
		if n.key == "TZ" || n.key == "OF" {
			return pgerror.New(pgerror.FeatureNotSupported, "formatting field \"%s\" is only supported in to_char", n.written)
		}
	case "Y,YYY":
		return r.groupedYear()
	}
	return r.readYear(n, next)
}

func (r *dateReader) fraction(n, next *dateNode) error {
	width := 6
	switch {
	case n.key == "MS":
		width = 3
	case n.key != "US":
		width = int(n.key[2] - '0')
	}
	start := r.at
	v, digits, err := r.integer(n, next, width)
	if err != nil {
		return err
	}
	if digits > width && n.key != "MS" {
		digits = width
		if v, err = strconv.Atoi(r.text[start : start+width]); err != nil {
			return err
		}
	}
	for ; digits < 6; digits++ {
		v *= 10
	}
	for ; digits > 6; digits-- {
		v /= 10
	}
	r.Micros = v
	return nil
}

func (r *dateReader) zoneHours(n, next *dateNode) error {
	r.zoneSign, r.hasOffset = 1, true
	if r.at < len(r.text) && strings.IndexByte("+- ", r.text[r.at]) >= 0 {
		if r.text[r.at] == '-' {
			r.zoneSign = -1
		}
		r.at++
	}
	v, _, err := r.integer(n, next, 2)
	r.zoneHour = v
	return err
}

func (r *dateReader) readYear(n, next *dateNode) error {
	width := len(strings.TrimPrefix(n.key, "I"))
	iso := n.key[0] == 'I'
	if iso {
		width = len(n.key)
	}
	v, digits, err := r.integer(n, next, width)
	if err != nil {
		return err
	}
	// One to three digits are completed to the year nearest to 2020.
	if width < 4 && digits < 4 {
		switch {
		case v < 70 && digits <= 2:
			v += 2000
		case v < 100 && digits <= 2:
			v += 1900
		case v < 520 && digits == 3:
			v += 2000
		case v < 1000 && digits == 3:
			v += 1000
		}
	}
	if iso {
		r.isoYear = v
	}
	r.year, r.hasYear, r.yearDigits = v, true, width
	return nil
}

// finish puts the parts together into a date and a time.
func (r *dateReader) finish(env *Env) error {
	out := func() error {
		return pgerror.New(pgerror.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", r.text)
	}
	if r.secondsOfDay != 0 {
		r.Hour, r.Minute, r.Second = cmp.Or(r.Hour, r.secondsOfDay/3600), cmp.Or(r.Minute, r.secondsOfDay%3600/60), cmp.Or(r.Second, r.secondsOfDay%60)
	}
	if r.twelveHours {
		if r.Hour < 1 || r.Hour > 12 {
			return badDateText("hour \"%d\" is invalid for the 12-hour clock", r.Hour).
				WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
		}
		if r.pm && r.Hour < 12 {
			r.Hour += 12
		} else if r.am && r.Hour == 12 {
			r.Hour = 0
		}
	}
	r.Year, r.Month, r.Day = 0, 1, 1
	if err := r.finishYear(); err != nil {
		return err
	}
	if r.quarter != 0 && r.month == 0 && r.quarter >= 1 && r.quarter <= 4 && r.julian == 0 {
		// The quarter says too little to place a date; PostgreSQL passes over it.
		r.quarter = 0
	}
	if r.month != 0 {
		r.Month = r.month
	}
	if r.day != 0 {
		r.Day = r.day
	}
	if err := r.finishDay(out); err != nil {
		return err
	}
	if r.Month < 1 || r.Month > 12 || r.Day < 1 || r.Day > sqltypes.DaysInMonth(r.Year, r.Month) ||
		r.Hour < 0 || r.Hour >= 24 || r.Minute < 0 || r.Minute >= 60 || r.Second < 0 || r.Second > 60 || r.Micros < 0 {
		return out()
	}
	if r.hasOffset {
		if r.zoneHour > 15 || r.zoneMinute > 59 || r.zoneHour < 0 || r.zoneMinute < 0 {
			return out()
		}
		r.offset = r.zoneSign * (r.zoneHour*3600 + r.zoneMinute*60)
	}
	return nil
}

func (r *dateReader) finishYear() error {
	switch {
	case r.hasYear && r.century != 0 && r.yearDigits <= 2:
		year := r.year % 100
		switch {
		case r.bc || r.century < 0:
			century := r.century
			if century < 0 {
				century = -century
			}
			if year != 0 {
				r.Year = 1 - (century*100 - (99 - year)) - 0
			}
		case year != 0:
			r.Year = year + (r.century-1)*100
		default:
			r.Year = r.century * 100
		}
	case r.hasYear:
		r.Year = r.year
		if r.bc {
			r.Year = -r.Year
		}
		if r.Year < 0 {
			r.Year++
		}
	case r.century != 0:
		century := r.century
		if r.bc {
			century = -century
		}
		if century >= 0 {
			r.Year = (century-1)*100 + 1
		} else {
			r.Year = century*100 + 1
		}
	}
	return nil
}

// finishDay places the day by Julian day, ISO week, day of year or week.
func (r *dateReader) finishDay(out func() error) error {
	set := func(julian int) { r.Year, r.Month, r.Day = sqltypes.FromJulianDay(julian) }
	switch {
	case r.julian != 0:
		set(r.julian)
	case r.isISO && r.isoWeek != 0:
		weekday := max(r.weekday, 1)
		if r.isoWeek > 53 {
			return out()
		}
		set(sqltypes.ISOWeekDay(r.Year, r.isoWeek) + weekday - 1)
	case r.isISO && r.isoDY != 0:
		set(sqltypes.ISOWeekDay(r.Year, 1) + r.isoDY - 1)
	case r.dayOfYear != 0 && r.month == 0:
		if !r.hasYear && r.century == 0 {
			return badDateText("cannot calculate day of year without year information")
		}
		if r.dayOfYear > 366 || r.dayOfYear == 366 && !sqltypes.IsLeapYear(r.Year) || r.dayOfYear < 1 {
			return out()
		}
		set(sqltypes.JulianDay(r.Year, 1, 1) + r.dayOfYear - 1)
	case r.week != 0 && r.month == 0:
		if r.week > 53 {
			return out()
		}
		set(sqltypes.JulianDay(r.Year, 1, 1) + (r.week-1)*7)
	case r.weekOfMonth != 0 && r.day == 0:
		r.Day = (r.weekOfMonth-1)*7 + 1
	}
	return nil
}

// groupedYear reads a year with a comma behind its thousands.
func (r *dateReader) groupedYear() error {
	rest := r.text[r.at:]
	thousands, after, ok := strings.Cut(rest, ",")
	v, err := strconv.Atoi(strings.TrimSpace(thousands))
	if !ok || err != nil || len(after) < 3 {
		return badDateText("invalid input string for \"Y,YYY\"")
	}
	w, err := strconv.Atoi(after[:3])
	if err != nil {
		return badDateText("invalid input string for \"Y,YYY\"")
	}
	r.at += len(thousands) + 4
	r.year, r.hasYear, r.yearDigits = v*1000+w, true, 4
	return nil
}
