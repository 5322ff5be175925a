package expr

import (
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
)

// sliceRows are rows that were all computed at once.
type sliceRows struct {
	rows [][]datum
	at   int
}

func (s *sliceRows) Next(*Env) ([]datum, bool, error) {
	if s.at >= len(s.rows) {
		return nil, false, nil
	}
	s.at++
	return s.rows[s.at-1], true, nil
}

func (s *sliceRows) add(row ...datum) { s.rows = append(s.rows, row) }

// nextRow is a source of one column from a function that gives value after value.
type nextRow func(env *Env) (d datum, ok bool, err error)

func (f nextRow) Next(env *Env) ([]datum, bool, error) {
	d, ok, err := f(env)
	if !ok || err != nil {
		return nil, false, err
	}
	return []datum{d}, true, nil
}

func plainSet(f setFn) func(*CallInfo) setFn { return func(*CallInfo) setFn { return f } }

func setFunctions() map[string]func(*CallInfo) setFn {
	out := map[string]func(*CallInfo) setFn{
		"generate_series_int4":                plainSet(intSeries),
		"generate_series_step_int4":           plainSet(intSeries),
		"generate_series_int8":                plainSet(intSeries),
		"generate_series_step_int8":           plainSet(intSeries),
		"generate_series_numeric":             plainSet(numericSeries),
		"generate_series_step_numeric":        plainSet(numericSeries),
		"generate_series_timestamp":           plainSet(timestampSeries),
		"generate_series_timestamptz":         plainSet(timestampTZSeries),
		"generate_series_timestamptz_at_zone": plainSet(timestampTZSeries),
		"generate_subscripts":                 plainSet(subscripts),
		"generate_subscripts_nodir":           plainSet(subscripts),
		"array_unnest":                        plainSet(unnest),
		"sql__pg_expandarray_13128":           plainSet(expandArray),
		"text_to_table":                       plainSet(textToTable),
		"text_to_table_null":                  plainSet(textToTable),
		"pg_get_keywords":                     plainSet(keywordRows),
		"pg_timezone_names":                   plainSet(zoneNameRows),
		"pg_timezone_abbrevs":                 plainSet(zoneAbbrevRows),
		"pg_options_to_table":                 plainSet(optionRows),
		"tsvector_unnest":                     plainSet(vectorRows),
		"multirange_unnest":                   plainSet(multirangeRows),
		"pg_snapshot_xip":                     plainSet(snapshotRows),
		"aclexplode":                          plainSet(explodeACL),
	}
	for source, f := range regexpSets() {
		out[source] = f
	}
	for source, f := range jsonSets() {
		out[source] = f
	}
	for source, f := range configurationSets() {
		out[source] = f
	}
	for source, f := range jsonPathSets() {
		out[source] = f
	}
	return out
}

func zeroStep() error {
	return pgerror.New(pgerror.InvalidParameterValue, "step size cannot equal zero")
}

func intSeries(_ *Env, args []datum) (RowSource, error) {
	at, stop, step := args[0].Int(), args[1].Int(), int64(1)
	if len(args) > 2 {
		step = args[2].Int()
	}
	if step == 0 {
		return nil, zeroStep()
	}
	return &intRows{at: at, stop: stop, step: step}, nil
}

// intRows reuses its row: it is the source of every benchmark.
type intRows struct {
	at, stop, step int64
	done           bool
	row            [1]datum
}

func (s *intRows) Next(*Env) ([]datum, bool, error) {
	if s.done || s.step > 0 && s.at > s.stop || s.step < 0 && s.at < s.stop {
		return nil, false, nil
	}
	s.row[0] = sqltypes.Int(s.at)
	next, ok := add64(s.at, s.step)
	s.at, s.done = next, !ok
	return s.row[:], true, nil
}

func numericSeries(_ *Env, args []datum) (RowSource, error) {
	step := sqltypes.NumericFromInt64(1)
	if len(args) > 2 {
		step = args[2]
	}
	for i, word := range []string{"start value", "stop value", "step size"} {
		d := step
		if i < 2 {
			d = args[i]
		}
		if sqltypes.NumericIsNaN(d) {
			return nil, pgerror.New(pgerror.InvalidParameterValue, "%s cannot be NaN", word)
		}
		if sqltypes.NumericIsInf(d) {
			return nil, pgerror.New(pgerror.InvalidParameterValue, "%s cannot be infinity", word)
		}
	}
	sign := sqltypes.NumericSign(step)
	if sign == 0 {
		return nil, zeroStep()
	}
	at, stop := args[0], args[1]
	return nextRow(func(*Env) (datum, bool, error) {
		if sqltypes.NumericCompare(at, stop)*sign > 0 {
			return sqltypes.Null, false, nil
		}
		value := at
		var err error
		at, err = sqltypes.NumericAdd(at, step)
		return value, true, err
	}), nil
}

// timeSeries steps by an interval in one direction.
func timeSeries(at, stop int64, step *sqltypes.Interval, add func(t int64, step *sqltypes.Interval) (int64, error)) (RowSource, error) {
	sign := compareIntervals(step, &sqltypes.Interval{})
	if sign == 0 {
		return nil, zeroStep()
	}
	return nextRow(func(*Env) (datum, bool, error) {
		if sign > 0 && at > stop || sign < 0 && at < stop {
			return sqltypes.Null, false, nil
		}
		value := at
		var err error
		at, err = add(at, step)
		return sqltypes.Int(value), true, err
	}), nil
}

func timestampSeries(_ *Env, args []datum) (RowSource, error) {
	return timeSeries(args[0].Int(), args[1].Int(), args[2].Interval(), addToTimestamp)
}

func timestampTZSeries(env *Env, args []datum) (RowSource, error) {
	zone := env.location()
	if len(args) > 3 {
		var err error
		if zone, err = zoneByName(args[3].Str()); err != nil {
			return nil, err
		}
	}
	return timeSeries(args[0].Int(), args[1].Int(), args[2].Interval(), func(t int64, step *sqltypes.Interval) (int64, error) {
		return addToTimestampTZ(t, step, zone)
	})
}

func subscripts(_ *Env, args []datum) (RowSource, error) {
	a, dim := args[0].Array(), args[1].Int()
	if dim < 1 || dim > int64(len(a.Lengths)) {
		return noRows{}, nil
	}
	first := int64(a.Lowers[dim-1])
	last := first + int64(a.Lengths[dim-1]) - 1
	if len(args) > 2 && args[2].Bool() {
		return &intRows{at: last, stop: first, step: -1}, nil
	}
	return &intRows{at: first, stop: last, step: 1}, nil
}

func unnest(_ *Env, args []datum) (RowSource, error) {
	elements := args[0].Array().Elements
	i := 0
	return nextRow(func(*Env) (datum, bool, error) {
		if i >= len(elements) {
			return sqltypes.Null, false, nil
		}
		i++
		return elements[i-1], true, nil
	}), nil
}

// expandArray is information_schema._pg_expandarray: each element with its number.
func expandArray(_ *Env, args []datum) (RowSource, error) {
	out := &sliceRows{}
	a := args[0].Array()
	if len(a.Lengths) > 1 { // an element of the first dimension is no value
		for i := range a.Lengths[0] {
			out.add(sqltypes.Null, sqltypes.Int(int64(i+1)))
		}
		return out, nil
	}
	for i, e := range a.Elements {
		out.add(e, sqltypes.Int(int64(i+1)))
	}
	return out, nil
}

func textToTable(_ *Env, args []datum) (RowSource, error) {
	out := &sliceRows{}
	if !args[0].IsNull() {
		splitText(args, func(d datum) { out.add(d) })
	}
	return out, nil
}

func keywordRows(*Env, []datum) (RowSource, error) {
	out := &sliceRows{}
	for _, k := range parse.Keywords() {
		class, label := "unreserved", "can be bare label"
		switch k.Class {
		case 'C':
			class = "unreserved (cannot be function or type name)"
		case 'T':
			class = "reserved (can be function or type name)"
		case 'R':
			class = "reserved"
		}
		if !k.Bare {
			label = "requires AS"
		}
		out.add(sqltypes.String(k.Word), sqltypes.Int(int64(k.Class)), sqltypes.Bool(k.Bare), sqltypes.String(class), sqltypes.String(label))
	}
	return out, nil
}

func zoneNameRows(env *Env, _ []datum) (RowSource, error) {
	out := &sliceRows{}
	at := sqltypes.ToTime(env.Session.TransactionStart)
	for _, name := range sqltypes.ZoneNames() {
		zone, ok := sqltypes.LoadZone(name)
		if !ok {
			continue
		}
		local := at.In(zone)
		abbrev, offset := local.Zone()
		out.add(sqltypes.String(name), sqltypes.String(abbrev),
			sqltypes.FromInterval(&sqltypes.Interval{Micros: int64(offset) * microsPerSecond}), sqltypes.Bool(local.IsDST()))
	}
	return out, nil
}

func zoneAbbrevRows(env *Env, _ []datum) (RowSource, error) {
	out := &sliceRows{}
	for _, a := range sqltypes.ZoneAbbrevs() {
		offset, dst := a.Offset, a.IsDST
		if a.Zone != "" {
			if zone, ok := sqltypes.LoadZone(a.Zone); ok {
				offset, dst = abbrevIn(zone, upperASCII(a.Abbrev), sqltypes.ToTime(env.Session.TransactionStart))
			}
		}
		out.add(sqltypes.String(upperASCII(a.Abbrev)), sqltypes.FromInterval(&sqltypes.Interval{Micros: int64(offset) * microsPerSecond}),
			sqltypes.Bool(dst))
	}
	return out, nil
}

// abbrevIn is what an abbreviation last meant in a zone before a time.
func abbrevIn(zone *time.Location, abbrev string, at time.Time) (offset int, dst bool) {
	for t := at.In(zone); t.Year() > 1900; {
		name, east := t.Zone()
		if name == abbrev {
			return east, t.IsDST()
		}
		start, _ := t.ZoneBounds()
		if start.IsZero() {
			break
		}
		t = start.Add(-time.Second)
	}
	_, offset = at.In(zone).Zone()
	return offset, false
}

func optionRows(_ *Env, args []datum) (RowSource, error) {
	out := &sliceRows{}
	for _, e := range args[0].Array().Elements {
		if e.IsNull() {
			return nil, pgerror.New(pgerror.NullValueNotAllowed, "null array element not allowed in this context")
		}
		name, value, found := cutString(e.Str(), '=')
		row := sqltypes.Null
		if found {
			row = sqltypes.String(value)
		}
		out.add(sqltypes.String(name), row)
	}
	return out, nil
}

func cutString(s string, sep byte) (before, after string, found bool) {
	for i := range len(s) {
		if s[i] == sep {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}
