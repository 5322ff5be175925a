package sqltypes

import "math"

// Units of time and the bounds PostgreSQL sets.
const (
	MicrosPerSecond = int64(1_000_000)
	MicrosPerMinute = 60 * MicrosPerSecond
	MicrosPerHour   = 60 * MicrosPerMinute
	MicrosPerDay    = 24 * MicrosPerHour

	// EpochJulian and UnixEpochJulian are the Julian days of 2000-01-01 and 1970-01-01.
	EpochJulian     = 2451545
	UnixEpochJulian = 2440588
	// UnixEpochMicros is 1970-01-01 as a timestamp.
	UnixEpochMicros = -946684800 * MicrosPerSecond

	DateMinusInfinity      = int64(math.MinInt32)
	DateInfinity           = int64(math.MaxInt32)
	TimestampMinusInfinity = int64(math.MinInt64)
	TimestampInfinity      = int64(math.MaxInt64)

	dateMin      = -EpochJulian               // 4714-11-24 BC
	dateEnd      = 2147483494 - EpochJulian   // the day after 5874897-12-31
	timestampMin = -211813488000000000        // 4714-11-24 00:00:00 BC
	timestampEnd = int64(9223371331200000000) // 294277-01-01 00:00:00
)

// IsFiniteTimestamp and IsFiniteDate tell infinities from times.
func IsFiniteTimestamp(t int64) bool { return t != TimestampInfinity && t != TimestampMinusInfinity }

// IsFiniteDate tells infinities from days.
func IsFiniteDate(d int64) bool { return d != DateInfinity && d != DateMinusInfinity }

// ValidTimestamp tells whether a finite timestamp is one PostgreSQL can keep.
func ValidTimestamp(t int64) bool { return t >= timestampMin && t < timestampEnd }

// ValidDate tells whether a finite date is one PostgreSQL can keep.
func ValidDate(d int64) bool { return d >= dateMin && d < dateEnd }

// JulianDay is the Julian day of a date of the proleptic Gregorian calendar; year 0 is 1 BC.
func JulianDay(year, month, day int) int {
	if month > 2 {
		month++
		year += 4800
	} else {
		month += 13
		year += 4799
	}
	century := year / 100
	julian := year*365 - 32167
	julian += year/4 - century + century/4
	return julian + 7834*month/256 + day
}

// FromJulianDay is the reverse of JulianDay for days that are not negative.
func FromJulianDay(julianDay int) (year, month, day int) {
	julian := uint32(julianDay)
	julian += 32044
	quad := julian / 146097
	extra := (julian-quad*146097)*4 + 3
	julian += 60 + quad*3 + extra/146097
	quad = julian / 1461
	julian -= quad * 1461
	y := int(julian * 4 / 1461)
	if y != 0 {
		julian = (julian+305)%365 + 123
	} else {
		julian = (julian+306)%366 + 123
	}
	y += int(quad * 4)
	quad = julian * 2141 / 65536
	return y - 4800, int(quad+10)%12 + 1, int(julian - 7834*quad/256)
}

// Weekday is the day of the week of a Julian day; Sunday is 0.
func Weekday(julianDay int) int {
	day := (julianDay + 1) % 7
	if day < 0 {
		day += 7
	}
	return day
}

// IsLeapYear tells whether the year (0 is 1 BC) has a 29 February.
func IsLeapYear(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

var monthDays = [12]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// DaysInMonth is the length of a month 1…12.
func DaysInMonth(year, month int) int {
	if month == 2 && IsLeapYear(year) {
		return 29
	}
	return monthDays[month-1]
}

// validJulian tells whether JulianDay works for the date.
func validJulian(year, month int) bool {
	return (year > -4713 || year == -4713 && month >= 11) && (year < 5874898 || year == 5874898 && month < 6)
}

// ISOWeek is the ISO 8601 week and the year it belongs to.
func ISOWeek(year, month, day int) (isoYear, week int) {
	today := JulianDay(year, month, day)
	isoYear = year
	start := isoYearStart(year)
	if today < start {
		isoYear--
		start = isoYearStart(isoYear)
	} else if next := isoYearStart(year + 1); today >= next {
		isoYear++
		start = next
	}
	return isoYear, (today-start)/7 + 1
}

// isoYearStart is the Monday of the week that holds 4 January.
func isoYearStart(year int) int {
	fourth := JulianDay(year, 1, 4)
	return fourth - (Weekday(fourth)+6)%7
}

// ISOWeekDay is the Julian day of the Monday of an ISO week.
func ISOWeekDay(isoYear, week int) int { return isoYearStart(isoYear) + (week-1)*7 }

// Civil is a moment taken apart. Year 0 is 1 BC. Offset is in seconds east of UTC.
type Civil struct {
	Year, Month, Day     int
	Hour, Minute, Second int
	Micros               int
	Offset               int
	Zone                 string
	IsDST                bool
}

// SplitTimestamp takes a finite timestamp apart, without a zone.
func SplitTimestamp(t int64) Civil {
	days, micros := floorDiv(t, MicrosPerDay)
	var c Civil
	c.Year, c.Month, c.Day = FromJulianDay(int(days) + EpochJulian)
	c.setTime(micros)
	return c
}

func (c *Civil) setTime(micros int64) {
	c.Hour = int(micros / MicrosPerHour)
	micros %= MicrosPerHour
	c.Minute = int(micros / MicrosPerMinute)
	micros %= MicrosPerMinute
	c.Second = int(micros / MicrosPerSecond)
	c.Micros = int(micros % MicrosPerSecond)
}

// TimeOfDay is the time part in microseconds.
func (c *Civil) TimeOfDay() int64 {
	return int64(c.Hour)*MicrosPerHour + int64(c.Minute)*MicrosPerMinute + int64(c.Second)*MicrosPerSecond + int64(c.Micros)
}

// Timestamp puts the parts together, without regard to a zone; false when out of PostgreSQL's range.
func (c *Civil) Timestamp() (int64, bool) {
	t, ok := c.unchecked()
	return t, ok && ValidTimestamp(t)
}

// unchecked is Timestamp before the range check, for adding an offset.
func (c *Civil) unchecked() (int64, bool) {
	if !validJulian(c.Year, c.Month) {
		return 0, false
	}
	days, ok := mulInt64(int64(JulianDay(c.Year, c.Month, c.Day)-EpochJulian), MicrosPerDay)
	t := days + c.TimeOfDay()
	if !ok || t < days != (c.TimeOfDay() < 0) {
		return 0, false
	}
	return t, true
}

func floorDiv(a, b int64) (quotient, remainder int64) {
	q, r := a/b, a%b
	if r < 0 {
		q, r = q-1, r+b
	}
	return q, r
}
