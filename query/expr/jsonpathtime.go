package expr

import (
	"regexp"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// pathTime is the value of a string item that .datetime() gave.
type pathTime struct {
	t     oid
	value datum
	zone  *time.Location // of a timestamptz: the one it was written with
}

// A datetime is a string item like others but for its address, under which a run knows its value: items are never copied.
func (r *pathRun) timeOf(j jsonb) *pathTime { return r.times[unsafe.SliceData(j)] }

func (r *pathRun) newTime(v *pathTime) jsonb {
	text := sqltypes.Text(v.t, v.value, nil)
	switch v.t {
	case sqltypes.DateOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID:
		text = xmlTime(v.t, v.value, v.zone)
	case sqltypes.TimeTZOID:
		if i := strings.LastIndexAny(text, "+-"); len(text)-i == 3 {
			text += ":00"
		}
	}
	j := sqltypes.JSONBString(text)
	if r.times == nil {
		r.times = map[*byte]*pathTime{}
	}
	r.times[unsafe.SliceData(j)] = v
	return j
}

// isoTime matches what .datetime() reads without a template: a date, a time, or both, a time with or without a zone.
var isoTime = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(\d{1,4})-(\d{1,2})-(\d{1,2}))?([ T])?(?:(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,6})?)?( ?[+-]\d{1,2}(?::\d{1,2})?)?$`)
})

func (r *pathRun) datetime(n *pathNode, j jsonb) (jsonb, error) {
	if j.Type() != sqltypes.JSONString || r.timeOf(j) != nil {
		return nil, pathError(pgerror.InvalidArgumentForSQLJSONDatetimeFunction, "jsonpath item method .datetime() can only be applied to a string")
	}
	if len(n.kids) > 1 {
		template, err := r.items(n.kids[1])
		if err != nil {
			return nil, err
		}
		if len(template) != 1 || template[0].Type() != sqltypes.JSONString {
			return nil, pathError(pgerror.InvalidArgumentForSQLJSONDatetimeFunction, "jsonpath item method .datetime() argument must be a string")
		}
		return r.templateTime(j.Str(), template[0].Str())
	}
	m := isoTime().FindStringSubmatch(j.Str())
	bad := pgerror.New(pgerror.InvalidArgumentForSQLJSONDatetimeFunction, "datetime format is not recognized: \"%s\"", j.Str()).
		WithHint("Use a datetime template argument to specify the input data format.")
	if m == nil || m[1] == "" && (m[4] != "" || m[5] == "") || (m[1] == "" || m[5] == "") != (m[4] == "") || m[9] != "" && m[5] == "" {
		return nil, bad
	}
	v := &pathTime{zone: time.UTC}
	zone := strings.TrimLeft(m[9], " ")
	clock := m[5] + ":" + m[6] + ":" + m[7] + m[8]
	if m[5] != "" && (len(m[5]) == 2 && m[5] > "23" || len(m[6]) == 2 && m[6] > "59" || len(m[7]) == 2 && m[7] > "59") {
		return nil, bad
	}
	if zone != "" {
		at, err := sqltypes.ParseText(sqltypes.T(sqltypes.TimeTZOID), "00:00:00"+zone, nil)
		if err != nil {
			return nil, bad
		}
		v.zone = time.FixedZone("", -int(at.Zone()))
	}
	date := strings.Repeat("0", max(0, 4-len(m[1]))) + m[1] + "-" + m[2] + "-" + m[3]
	text := date + " " + clock + zone
	switch {
	case m[5] == "":
		v.t, text = sqltypes.DateOID, date
	case m[1] == "" && zone == "":
		v.t, text = sqltypes.TimeOID, clock
	case m[1] == "":
		v.t, text = sqltypes.TimeTZOID, clock+zone
	case zone == "":
		v.t = sqltypes.TimestampOID
	default:
		v.t = sqltypes.TimestampTZOID
	}
	var err error
	if v.value, err = sqltypes.ParseText(sqltypes.T(v.t), text, nil); err != nil {
		return nil, bad
	}
	return r.newTime(v), nil
}

// templateTime reads a text by a template as to_timestamp does; the template's fields tell what it is.
func (r *pathRun) templateTime(text, template string) (jsonb, error) {
	nodes, _ := parseDateFormat(template)
	date, clock, zone := false, false, false
	for _, n := range nodes {
		switch {
		case n.key == "":
			if c := strings.TrimLeft(n.text, " ,-./:;'"); c != "" && !strings.Contains(template, `"`) {
				return nil, pathError(pgerror.InvalidDatetimeFormat, "invalid datetime format separator: \"%s\"", c[:1])
			}
		case strings.HasPrefix(n.key, "TZ") || n.key == "OF":
			zone = true
		case strings.Contains(" HH24 HH12 HH MI SS SSSS SSSSS MS US FF1 FF2 FF3 FF4 FF5 FF6 AM PM A.M. P.M. ", " "+n.key+" "):
			clock = true
		default:
			date = true
		}
	}
	p, err := readDate(r.env, text, template)
	if err != nil {
		return nil, err
	}
	if p.rest != "" {
		return nil, pathError(pgerror.InvalidDatetimeFormat, "trailing characters remain in input string after datetime format")
	}
	days := int64(sqltypes.JulianDay(p.Year, p.Month, p.Day) - sqltypes.EpochJulian)
	micros := p.TimeOfDay()
	v := &pathTime{zone: time.UTC}
	switch {
	case date && clock && zone:
		v.t, v.zone = sqltypes.TimestampTZOID, time.FixedZone("", p.offset)
		v.value = sqltypes.Int(days*microsPerDay + micros - int64(p.offset)*microsPerSecond)
	case date && clock:
		v.t, v.value = sqltypes.TimestampOID, sqltypes.Int(days*microsPerDay+micros)
	case date:
		v.t, v.value = sqltypes.DateOID, sqltypes.Int(days)
	case zone:
		v.t, v.value = sqltypes.TimeTZOID, sqltypes.TimeTZ(micros, int32(-p.offset))
	default:
		v.t, v.value = sqltypes.TimeOID, sqltypes.Int(micros)
	}
	return r.newTime(v), nil
}

// compareTimes orders two datetimes; ok is false for a date and a time of day. One with a zone and one without compare by the session's zone, which
// only the _tz functions may look at.
func (r *pathRun) compareTimes(a, b *pathTime) (c int, ok bool, err error) {
	ofDay := func(v *pathTime) bool { return v.t == sqltypes.TimeOID || v.t == sqltypes.TimeTZOID }
	zoned := func(v *pathTime) bool { return v.t == sqltypes.TimeTZOID || v.t == sqltypes.TimestampTZOID }
	if ofDay(a) != ofDay(b) {
		return 0, false, nil
	}
	target := sqltypes.TimestampOID
	switch {
	case a.t == b.t:
		return compareValues(a.t, a.value, b.value), true, nil
	case ofDay(a):
		target = sqltypes.TimeTZOID
	case zoned(a) || zoned(b):
		target = sqltypes.TimestampTZOID
	}
	convert := func(v *pathTime) (datum, error) {
		if v.t == target {
			return v.value, nil
		}
		if zoned(&pathTime{t: target}) && !r.useZone {
			short := map[oid]string{sqltypes.DateOID: "date", sqltypes.TimeOID: "time", sqltypes.TimestampOID: "timestamp", sqltypes.TimeTZOID: "timetz",
				sqltypes.TimestampTZOID: "timestamptz"}
			return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "cannot convert value from %s to %s without time zone usage", short[v.t], short[target]).
				WithHint("Use *_tz() function for time zone support.")
		}
		switch {
		case target == sqltypes.TimeTZOID:
			return sqltypes.TimeTZ(v.value.Int(), int32(-sqltypes.OffsetAt(r.env.transactionStart(), r.env.location()))), nil
		case v.t == sqltypes.DateOID && target == sqltypes.TimestampOID:
			t, err := dateToTimestamp(v.value.Int())
			return sqltypes.Int(t), err
		case v.t == sqltypes.DateOID:
			t, err := dateToTimestampTZ(v.value.Int(), r.env.location())
			return sqltypes.Int(t), err
		}
		return fromLocal(v.value.Int(), r.env.location())
	}
	x, err := convert(a)
	if err != nil {
		return 0, false, err
	}
	y, err := convert(b)
	if err != nil {
		return 0, false, err
	}
	return compareValues(target, x, y), true, nil
}
