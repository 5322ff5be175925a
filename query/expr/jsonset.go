package expr

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func jsonArgument(format string, args ...any) error {
	return pgerror.New(pgerror.InvalidParameterValue, format, args...)
}

func jsonSets() map[string]func(*CallInfo) setFn {
	out := map[string]func(*CallInfo) setFn{
		"json_each":                 plainSet(jsonEach(false)),
		"json_each_text":            plainSet(jsonEach(true)),
		"jsonb_each":                plainSet(jsonbEach("jsonb_each", false)),
		"jsonb_each_text":           plainSet(jsonbEach("jsonb_each_text", true)),
		"json_object_keys":          plainSet(jsonKeys),
		"jsonb_object_keys":         plainSet(jsonbKeys),
		"json_array_elements":       plainSet(jsonElements("json_array_elements", false)),
		"json_array_elements_text":  plainSet(jsonElements("json_array_elements_text", true)),
		"jsonb_array_elements":      plainSet(jsonbElements(false)),
		"jsonb_array_elements_text": plainSet(jsonbElements(true)),
	}
	for _, source := range []string{"json_to_record", "jsonb_to_record", "json_populate_record", "jsonb_populate_record"} {
		out[source] = func(call *CallInfo) setFn { return recordRow(call, source) }
	}
	for _, source := range []string{"json_to_recordset", "jsonb_to_recordset", "json_populate_recordset", "jsonb_populate_recordset"} {
		out[source] = func(call *CallInfo) setFn { return recordRows(call, source) }
	}
	return out
}

func jsonEach(asText bool) setFn {
	return func(_ *Env, args []datum) (RowSource, error) {
		v, err := wholeJSON(args[0].Str())
		if err != nil {
			return nil, err
		}
		switch v.kind {
		case sqltypes.JSONArrayStart:
			return nil, jsonArgument("cannot deconstruct an array as an object")
		case sqltypes.JSONObjectStart:
		default:
			return nil, jsonArgument("cannot deconstruct a scalar")
		}
		out := &sliceRows{}
		var inner error
		err = v.each(func(key string, value jsonValue) bool {
			d := sqltypes.String(value.text)
			if asText {
				d, inner = value.textOf()
			}
			out.add(sqltypes.String(key), d)
			return inner == nil
		})
		if err == nil {
			err = inner
		}
		return out, err
	}
}

func jsonbEach(name string, asText bool) setFn {
	return func(_ *Env, args []datum) (RowSource, error) {
		j := jb(args[0])
		if j.Type() != sqltypes.JSONObject {
			return nil, jsonArgument("cannot call %s on a non-object", name)
		}
		out := &sliceRows{}
		for i := range j.Len() {
			d := jbDatum(j.Value(i))
			if asText {
				d = jbText(j.Value(i))
			}
			out.add(sqltypes.String(j.Key(i)), d)
		}
		return out, nil
	}
}

func jsonKeys(_ *Env, args []datum) (RowSource, error) {
	v, err := wholeJSON(args[0].Str())
	if err != nil {
		return nil, err
	}
	switch v.kind {
	case sqltypes.JSONArrayStart:
		return nil, jsonArgument("cannot call json_object_keys on an array")
	case sqltypes.JSONObjectStart:
	default:
		return nil, jsonArgument("cannot call json_object_keys on a scalar")
	}
	out := &sliceRows{}
	err = v.each(func(key string, _ jsonValue) bool {
		out.add(sqltypes.String(key))
		return true
	})
	return out, err
}

func jsonbKeys(_ *Env, args []datum) (RowSource, error) {
	j := jb(args[0])
	switch {
	case j.IsScalar():
		return nil, jsonArgument("cannot call jsonb_object_keys on a scalar")
	case j.Type() == sqltypes.JSONArray:
		return nil, jsonArgument("cannot call jsonb_object_keys on an array")
	}
	out := &sliceRows{}
	for i := range j.Len() {
		out.add(sqltypes.String(j.Key(i)))
	}
	return out, nil
}

func jsonElements(name string, asText bool) setFn {
	return func(_ *Env, args []datum) (RowSource, error) {
		v, err := wholeJSON(args[0].Str())
		if err != nil {
			return nil, err
		}
		switch v.kind {
		case sqltypes.JSONObjectStart:
			return nil, jsonArgument("cannot call %s on a non-array", name)
		case sqltypes.JSONArrayStart:
		default:
			return nil, jsonArgument("cannot call %s on a scalar", name)
		}
		out := &sliceRows{}
		var inner error
		err = v.each(func(_ string, value jsonValue) bool {
			d := sqltypes.String(value.text)
			if asText {
				d, inner = value.textOf()
			}
			out.add(d)
			return inner == nil
		})
		if err == nil {
			err = inner
		}
		return out, err
	}
}

func jsonbElements(asText bool) setFn {
	return func(_ *Env, args []datum) (RowSource, error) {
		j := jb(args[0])
		switch {
		case j.IsScalar():
			return nil, jsonArgument("cannot extract elements from a scalar")
		case j.Type() == sqltypes.JSONObject:
			return nil, jsonArgument("cannot extract elements from an object")
		}
		i := 0
		return nextRow(func(*Env) (datum, bool, error) {
			if i >= j.Len() {
				return sqltypes.Null, false, nil
			}
			e := j.Element(i)
			i++
			if asText {
				return jbText(e), true, nil
			}
			return jbDatum(e), true, nil
		}), nil
	}
}

// source tells the two JSON types apart: what is read is json text in both cases.
func jsonText(source string, d datum) string {
	if source[4] == 'b' {
		return jb(d).String()
	}
	return d.Str()
}

// rowShape is the columns of the records a function makes: from a column definition list, from a record given, or from a row type.
type rowShape struct {
	typeOID oid
	names   []string
	types   []sqltypes.Type
}

func shapeOf(env *Env, call *CallInfo, base datum) (rowShape, error) {
	if len(call.ColumnTypes) > 0 {
		return rowShape{call.Result.OID, call.ColumnNames, call.ColumnTypes}, nil
	}
	if base.Kind() == sqltypes.KindRecord {
		r := base.Record()
		shape := rowShape{r.TypeOID, r.Names, r.Types}
		for i := len(shape.names); i < len(r.Types); i++ {
			shape.names = append(shape.names, "f"+formatInt(int64(i+1)))
		}
		return shape, nil
	}
	if env.Session != nil && env.Session.Catalog != nil && call.Result.OID != sqltypes.RecordOID {
		if names, types, ok := env.Session.Catalog.RowType(call.Result.OID); ok {
			return rowShape{call.Result.OID, names, types}, nil
		}
	}
	name := call.Name
	if row, ok := findProc(call.Proc); ok {
		name = row.name
	}
	if strings.Contains(name, "populate_record") && call.Result.OID != sqltypes.RecordOID {
		return rowShape{}, pgerror.New(pgerror.DatatypeMismatch, "first argument of %s must be a row type", name)
	}
	return rowShape{}, pgerror.New(pgerror.FeatureNotSupported, "could not determine row type for result of %s", name).
		WithHint("Provide a non-null record argument, or call the function in the FROM clause using a column definition list.")
}

// jsonRecordFunctions are the functions that give one record.
func jsonRecordFunctions() []entry {
	var out []entry
	for _, source := range []string{"json_to_record", "jsonb_to_record", "json_populate_record", "jsonb_populate_record"} {
		out = append(out, fnMake(source, func(call *CallInfo) (callFn, error) {
			return func(env *Env, args []datum) (datum, error) {
				base, value := recordArguments(args)
				shape, err := shapeOf(env, call, base)
				if err != nil {
					return sqltypes.Null, err
				}
				if value.IsNull() {
					return base, nil
				}
				v, err := wholeJSON(jsonText(source, value))
				if err != nil {
					return sqltypes.Null, err
				}
				fields, err := populate(env, v, shape, base)
				if err != nil {
					return sqltypes.Null, err
				}
				return sqltypes.FromRecord(&sqltypes.Record{TypeOID: shape.typeOID, Types: shape.types, Names: shape.names, Fields: fields}), nil
			}, nil
		}))
	}
	return out
}

// recordArguments tells the base record, if there is one, from the JSON.
func recordArguments(args []datum) (base, value datum) {
	if len(args) == 1 {
		return sqltypes.Null, args[0]
	}
	return args[0], args[1]
}

func recordRow(call *CallInfo, source string) setFn {
	return func(env *Env, args []datum) (RowSource, error) {
		base, value := recordArguments(args)
		shape, err := shapeOf(env, call, base)
		if err != nil {
			return nil, err
		}
		if value.IsNull() {
			if base.IsNull() {
				return &sliceRows{rows: [][]datum{make([]datum, len(shape.types))}}, nil
			}
			return &sliceRows{rows: [][]datum{base.Record().Fields}}, nil
		}
		v, err := wholeJSON(jsonText(source, value))
		if err != nil {
			return nil, err
		}
		fields, err := populate(env, v, shape, base)
		return &sliceRows{rows: [][]datum{fields}}, err
	}
}

func recordRows(call *CallInfo, source string) setFn {
	return func(env *Env, args []datum) (RowSource, error) {
		base, value := recordArguments(args)
		shape, err := shapeOf(env, call, base)
		if err != nil {
			return nil, err
		}
		if value.IsNull() {
			return noRows{}, nil
		}
		v, err := wholeJSON(jsonText(source, value))
		if err != nil {
			return nil, err
		}
		switch {
		case v.kind == sqltypes.JSONArrayStart:
		case source[4] == 'b':
			return nil, jsonArgument("cannot call %s on a non-array", source)
		case v.kind == sqltypes.JSONObjectStart:
			return nil, jsonArgument("cannot call %s on an object", source)
		default:
			return nil, jsonArgument("cannot call %s on a scalar", source)
		}
		out := &sliceRows{}
		var inner error
		err = v.each(func(_ string, row jsonValue) bool {
			if row.kind != sqltypes.JSONObjectStart {
				inner = jsonArgument("argument of %s must be an array of objects", source)
				return false
			}
			var fields []datum
			fields, inner = populate(env, row, shape, base)
			out.rows = append(out.rows, fields)
			return inner == nil
		})
		if err == nil {
			err = inner
		}
		return out, err
	}
}

// populate fills the columns of a row from the fields of an object; what is missing keeps the base's value.
func populate(env *Env, v jsonValue, shape rowShape, base datum) ([]datum, error) {
	switch v.kind {
	case sqltypes.JSONObjectStart:
	case sqltypes.JSONArrayStart:
		return nil, jsonArgument("cannot call populate_composite on an array")
	default:
		return nil, jsonArgument("cannot call populate_composite on a scalar")
	}
	fields := make([]datum, len(shape.types))
	if base.Kind() == sqltypes.KindRecord && len(base.Record().Fields) == len(fields) {
		copy(fields, base.Record().Fields)
	}
	values := map[string]jsonValue{}
	if err := v.each(func(key string, value jsonValue) bool { values[key] = value; return true }); err != nil {
		return nil, err
	}
	for i, t := range shape.types {
		value, ok := values[shape.names[i]]
		if !ok {
			continue
		}
		var err error
		if fields[i], err = fromJSON(env, value, t, shape.names[i]); err != nil {
			return nil, err
		}
	}
	return fields, nil
}

// fromJSON converts a JSON value to a type; column names the place in hints.
func fromJSON(env *Env, v jsonValue, t sqltypes.Type, column string) (datum, error) {
	if v.kind == sqltypes.JSONNullToken && t.OID != sqltypes.JSONOID && t.OID != sqltypes.JSONBOID {
		return sqltypes.Null, nil
	}
	switch t.OID {
	case sqltypes.JSONOID:
		return str(v.text)
	case sqltypes.JSONBOID:
		b, err := sqltypes.ParseJSONB(v.text)
		return jbDatum(b), err
	}
	if element, ok := sqltypes.ElementOf(t.OID); ok && v.kind != sqltypes.JSONStringToken {
		if v.kind != sqltypes.JSONArrayStart {
			return sqltypes.Null, pgerror.New(pgerror.InvalidTextRepresentation, "expected JSON array").
				WithHint("See the value of key \"%s\".", column)
		}
		return arrayFromJSON(env, v, sqltypes.Type{OID: element, Mod: t.Mod}, column)
	}
	if v.kind == sqltypes.JSONObjectStart && env.Session != nil && env.Session.Catalog != nil {
		if names, types, ok := env.Session.Catalog.RowType(t.OID); ok {
			fields, err := populate(env, v, rowShape{t.OID, names, types}, sqltypes.Null)
			return sqltypes.FromRecord(&sqltypes.Record{TypeOID: t.OID, Types: types, Names: names, Fields: fields}), err
		}
	}
	text, err := v.textOf()
	if err != nil || text.IsNull() {
		return sqltypes.Null, err
	}
	return inputValue(env, t, text.Str())
}

// arrayFromJSON takes nested JSON arrays as dimensions, as deep as the first elements go.
func arrayFromJSON(env *Env, v jsonValue, t sqltypes.Type, column string) (datum, error) {
	out := &sqltypes.Array{Element: t.OID}
	var lengths []int32
	var walk func(v jsonValue, dim int) error
	walk = func(v jsonValue, dim int) error {
		var list []jsonValue
		if err := v.each(func(_ string, e jsonValue) bool { list = append(list, e); return true }); err != nil {
			return err
		}
		if dim == len(lengths) {
			lengths = append(lengths, int32(len(list)))
		} else if lengths[dim] != int32(len(list)) {
			return pgerror.New(pgerror.InvalidTextRepresentation, "malformed JSON array").
				WithDetail("Multidimensional arrays must have sub-arrays with matching dimensions.")
		}
		for i, e := range list {
			nested := e.kind == sqltypes.JSONArrayStart && (dim+1 < len(lengths) || i == 0 && len(out.Elements) == 0)
			if nested && dim+1 < maxDimensions {
				if err := walk(e, dim+1); err != nil {
					return err
				}
				continue
			}
			if dim+1 < len(lengths) {
				return pgerror.New(pgerror.InvalidTextRepresentation, "expected JSON array").
					WithHint("See the array element %s of key \"%s\".", "["+formatInt(int64(i))+"]", column)
			}
			d, err := fromJSON(env, e, t, column)
			if err != nil {
				return err
			}
			out.Elements = append(out.Elements, d)
		}
		return nil
	}
	if err := walk(v, 0); err != nil {
		return sqltypes.Null, err
	}
	if len(out.Elements) > 0 {
		out.Lengths = lengths
		for range lengths {
			out.Lowers = append(out.Lowers, 1)
		}
	}
	return sqltypes.FromArray(out), nil
}
