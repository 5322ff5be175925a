package sqltypes

import (
	"archive/zip"
	"bytes"
	_ "embed" // the zone database
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// zoneinfo is the tz database (public domain), the compiled files of all zones in a zip archive. It is used instead of the machine's,
// so that every machine gives the same answers. Like PostgreSQL's it is made of the database's main files alone: many systems add
// the histories of "backzone", which differ before 1970. To renew it, compile the files africa … southamerica, etcetera and
// backward with zic, zip the result, and take zoneNameText from the list of files.
//
//go:embed zoneinfo/zoneinfo.zip
var zoneinfo []byte

// zoneTables are the parsed lists of names and abbreviations.
type zoneTables struct {
	names   map[string]func() *time.Location // by lower case; loads the zone once, nil when the database lacks it
	abbrevs map[string]ZoneAbbrev
}

// ZoneAbbrev is one entry of PostgreSQL's default set of time zone abbreviations: a fixed offset in seconds east of UTC,
// or a zone in whose history the abbreviation is looked up.
type ZoneAbbrev struct {
	Abbrev string
	Offset int
	IsDST  bool
	Zone   string
}

var zones = sync.OnceValue(func() *zoneTables {
	archive, err := zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		panic("sqltypes: the zone database is damaged: " + err.Error())
	}
	t := &zoneTables{names: map[string]func() *time.Location{}, abbrevs: map[string]ZoneAbbrev{}}
	for name := range strings.FieldsSeq(zoneNameText) {
		t.names[strings.ToLower(name)] = sync.OnceValue(func() *time.Location { return loadNamed(archive, name) })
	}
	for line := range strings.SplitSeq(strings.TrimSpace(zoneAbbrevText), "\n") {
		f := strings.Fields(line)
		a := ZoneAbbrev{Abbrev: f[0], IsDST: len(f) > 2}
		if offset, err := strconv.Atoi(f[1]); err == nil {
			a.Offset = offset
		} else {
			a.Zone = f[1]
		}
		t.abbrevs[f[0]] = a
	}
	return t
})

// ZoneNames are the names pg_timezone_names lists, sorted.
func ZoneNames() []string { return strings.Fields(zoneNameText) }

// ZoneAbbrevs are the entries pg_timezone_abbrevs lists, sorted.
func ZoneAbbrevs() []ZoneAbbrev {
	lines := strings.Split(strings.TrimSpace(zoneAbbrevText), "\n")
	out := make([]ZoneAbbrev, len(lines))
	for i, line := range lines {
		word, _, _ := strings.Cut(line, " ")
		out[i] = zones().abbrevs[word]
	}
	return out
}

// LookupAbbrev finds an abbreviation in any case.
func LookupAbbrev(word string) (ZoneAbbrev, bool) {
	a, ok := zones().abbrevs[strings.ToLower(clipToken(word))]
	return a, ok
}

// LoadZone finds a time zone by its full name in any case, or makes one from a POSIX description such as UTC+3 or
// EST5EDT,M3.2.0,M11.1.0. Abbreviations are not zones.
func LoadZone(name string) (*time.Location, bool) {
	if name == "" || len(name) > 255 {
		return nil, false
	}
	if load, ok := zones().names[strings.ToLower(name)]; ok {
		if loc := load(); loc != nil {
			return loc, true
		}
	}
	return posixZone(strings.ToUpper(name))
}

func loadNamed(archive *zip.Reader, name string) *time.Location {
	switch name {
	case "UTC":
		return time.UTC
	case "GMT":
		return time.FixedZone(name, 0)
	}
	file, err := archive.Open(name)
	if err != nil {
		return nil
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return nil
	}
	loc, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return nil
	}
	return loc
}

// FixedZoneWest makes the zone of SET TIME ZONE <number>: its abbreviation is the offset as ISO 8601 writes it.
func FixedZoneWest(secondsWest int) *time.Location {
	east := -secondsWest
	return time.FixedZone(string(appendZone(nil, east)), east)
}

// posixZone reads std offset [dst [offset] [,rule]].
func posixZone(s string) (*time.Location, bool) {
	std, rest := posixName(s)
	offset, rest, ok := posixOffset(rest)
	if std == "" || !ok {
		return nil, false
	}
	if rest == "" {
		return time.FixedZone(std, -offset), true
	}
	dst, after := posixName(rest)
	if dst == "" {
		return nil, false
	}
	if after != "" && after[0] != ',' {
		if _, after, ok = posixOffset(after); !ok {
			return nil, false
		}
	}
	switch {
	case after == "":
		s += ",M3.2.0,M11.1.0"
	case after[0] != ',':
		return nil, false
	}
	loc, err := time.LoadLocationFromTZData(std, ruleZoneFile(s, std, -offset))
	return loc, err == nil
}

func posixName(s string) (name, rest string) {
	if strings.HasPrefix(s, "<") {
		end := strings.IndexByte(s, '>')
		if end < 0 {
			return "", s
		}
		return s[1:end], s[end+1:]
	}
	i := 0
	for i < len(s) && !isDigit(s[i]) && s[i] != ',' && s[i] != '-' && s[i] != '+' {
		i++
	}
	return s[:i], s[i:]
}

// posixOffset reads [+-]hh[:mm[:ss]] in seconds west.
func posixOffset(s string) (seconds int, rest string, ok bool) {
	sign := 1
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	unit, limit := 3600, 167
	for {
		i := 0
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		n, err := strconv.Atoi(s[:i])
		if err != nil || n > limit {
			return 0, s, false
		}
		seconds += n * unit
		s = s[i:]
		if s == "" || s[0] != ':' || unit == 1 {
			return sign * seconds, s, true
		}
		s, unit, limit = s[1:], unit/60, 59
	}
}

// ruleZoneFile is a zone file (TZif version 2) without transitions whose footer is the rule.
func ruleZoneFile(rule, std string, east int) []byte {
	header := func(b []byte) []byte {
		b = append(b, "TZif2"...)
		b = append(b, make([]byte, 15)...)
		for _, n := range []int{0, 0, 0, 0, 1, len(std) + 1} {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
		b = binary.BigEndian.AppendUint32(b, uint32(int32(east)))
		b = append(b, 0, 0)
		return append(append(b, std...), 0)
	}
	b := header(header(nil))
	return append(append(append(b, '\n'), rule...), '\n')
}

// unixTime turns a timestamp's microseconds into Go's time.
func unixTime(t int64) time.Time {
	seconds, micros := floorDiv(t, MicrosPerSecond)
	return time.Unix(seconds+946684800, micros*1000)
}

// ToTime is the Go time of a finite timestamptz, in UTC.
func ToTime(t int64) time.Time { return unixTime(t).UTC() }

// FromTime is the timestamptz of a Go time, cut to microseconds.
func FromTime(t time.Time) int64 {
	return (t.Unix()-946684800)*MicrosPerSecond + int64(t.Nanosecond()/1000)
}

// OffsetAt is the offset in seconds east of UTC that the zone has at a finite timestamptz.
func OffsetAt(t int64, loc *time.Location) int {
	if loc == nil || loc == time.UTC {
		return 0
	}
	_, offset := unixTime(t).In(loc).Zone()
	return offset
}

// LocalOffset is the offset in seconds east of UTC that holds in the zone when its clocks show local (a timestamp). A time that
// does not exist is read with the offset before the gap; of a time that happens twice the second one is meant.
func LocalOffset(local int64, loc *time.Location) int {
	if loc == nil || loc == time.UTC {
		return 0
	}
	seconds, _ := floorDiv(local, MicrosPerSecond)
	seconds += 946684800
	before := time.Unix(seconds-24*3600, 0).In(loc)
	_, beforeOffset := before.Zone()
	_, end := before.ZoneBounds()
	if end.IsZero() {
		return beforeOffset
	}
	_, afterOffset := end.Zone()
	beforeTime, afterTime, boundary := seconds-int64(beforeOffset), seconds-int64(afterOffset), end.Unix()
	switch {
	case beforeTime < boundary && afterTime < boundary:
		return beforeOffset
	case beforeTime > boundary && afterTime >= boundary:
		return afterOffset
	case beforeTime > afterTime:
		return beforeOffset
	}
	return afterOffset
}

// LocalOffset is the offset in seconds east of UTC that the abbreviation means beside a local time.
func (a ZoneAbbrev) LocalOffset(local int64) int {
	loc, ok := LoadZone(a.Zone)
	if a.Zone == "" || !ok {
		return a.Offset
	}
	offset, _ := a.at(local-int64(LocalOffset(local, loc))*MicrosPerSecond, loc)
	return offset
}

// At is the offset in seconds east of UTC that the abbreviation means at a timestamptz, and whether that is daylight saving time.
func (a ZoneAbbrev) At(t int64) (offset int, dst bool) {
	loc, ok := LoadZone(a.Zone)
	if a.Zone == "" || !ok {
		return a.Offset, a.IsDST
	}
	return a.at(t, loc)
}

// at looks the abbreviation up in its zone's history: as it was last used before, or first used after; an abbreviation the zone
// never used means the zone's own offset.
func (a ZoneAbbrev) at(t int64, loc *time.Location) (offset int, dst bool) {
	now := unixTime(t).In(loc)
	name := strings.ToUpper(a.Abbrev)
	for at := now; ; {
		if zone, offset := at.Zone(); zone == name {
			return offset, at.IsDST()
		}
		start, _ := at.ZoneBounds()
		if start.IsZero() {
			break
		}
		at = start.Add(-time.Second)
	}
	for at, step := now, 0; step < 400; step++ {
		_, end := at.ZoneBounds()
		if end.IsZero() {
			break
		}
		at = end
		if zone, offset := at.Zone(); zone == name {
			return offset, at.IsDST()
		}
	}
	_, offset = now.Zone()
	return offset, now.IsDST()
}

// ZoneOf finds the zone that AT TIME ZONE or SET TIME ZONE names: an abbreviation, a full name or a POSIX description.
// An abbreviation with a fixed offset comes back as a zone of that offset, one that is looked up in a zone's history as that zone:
// where the difference matters, ask LookupAbbrev first.
func ZoneOf(name string) (*time.Location, error) {
	if a, ok := LookupAbbrev(name); ok {
		if a.Zone == "" {
			return time.FixedZone(strings.ToUpper(a.Abbrev), a.Offset), nil
		}
		if loc, ok := LoadZone(a.Zone); ok {
			return loc, nil
		}
	}
	if loc, ok := LoadZone(name); ok {
		return loc, nil
	}
	return nil, pgerror.New(pgerror.InvalidParameterValue, "time zone \"%s\" not recognized", name)
}

// ToLocal is the time the zone's clocks show at a timestamptz: timestamptz AT TIME ZONE zone. False: out of range.
func ToLocal(t int64, loc *time.Location) (int64, bool) {
	if !IsFiniteTimestamp(t) {
		return t, true
	}
	local := t + int64(OffsetAt(t, loc))*MicrosPerSecond
	return local, ValidTimestamp(local)
}

// FromLocal is the timestamptz at which the zone's clocks show local: timestamp AT TIME ZONE zone. False: out of range.
func FromLocal(local int64, loc *time.Location) (int64, bool) {
	if !IsFiniteTimestamp(local) {
		return local, true
	}
	t := local - int64(LocalOffset(local, loc))*MicrosPerSecond
	return t, ValidTimestamp(t)
}
