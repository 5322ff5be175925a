package expr

import (
	"strings"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// isStructured tells whether a value becomes a JSON array or object of several parts: the ones json_agg puts on lines of their own.
func isStructured(t oid, d datum) bool {
	k := d.Kind()
	return k == sqltypes.KindRecord || k == sqltypes.KindArray && t != sqltypes.Int2VectorOID && t != sqltypes.OIDVectorOID
}

func jsonQuote(s string) string { return string(sqltypes.AppendJSONString(nil, s)) }

// appendJSONValue writes any value as to_json does.
func appendJSONValue(dst []byte, env *Env, t sqltypes.Type, d datum) ([]byte, error) {
	return appendJSON(dst, env, t.OID, d, ",", 0)
}

// maxJSONDepth bounds the nesting of what is written.
const maxJSONDepth = 5000

// appendJSON puts sep between the parts of the outermost array or object; those inside have plain commas.
func appendJSON(dst []byte, env *Env, t oid, d datum, sep string, depth int) ([]byte, error) {
	if depth > maxJSONDepth {
		return nil, pgerror.New(pgerror.StatementTooComplex, "stack depth limit exceeded")
	}
	if d.IsNull() {
		return append(dst, "null"...), nil
	}
	switch t {
	case sqltypes.BoolOID:
		if d.Bool() {
			return append(dst, "true"...), nil
		}
		return append(dst, "false"...), nil
	case sqltypes.Int2OID, sqltypes.Int4OID, sqltypes.Int8OID, sqltypes.Float4OID, sqltypes.Float8OID, sqltypes.NumericOID:
		start := len(dst)
		dst = sqltypes.AppendText(dst, t, d, env.format())
		if c := dst[len(dst)-1]; c < '0' || c > '9' { // NaN, Infinity
			word := string(dst[start:])
			return sqltypes.AppendJSONString(dst[:start], word), nil
		}
		return dst, nil
	case sqltypes.JSONOID:
		return append(dst, d.Bytes()...), nil
	case sqltypes.JSONBOID:
		return sqltypes.JSONB(d.Bytes()).AppendText(dst), nil
	case sqltypes.DateOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID:
		return sqltypes.AppendJSONString(dst, xmlTime(t, d, env.location())), nil
	}
	if !isStructured(t, d) {
		return sqltypes.AppendJSONString(dst, outputText(env, t, d)), nil
	}
	if d.Kind() == sqltypes.KindRecord {
		return appendJSONRecord(dst, env, d.Record(), sep, depth)
	}
	return appendJSONArray(dst, env, d.Array(), d.Array().Elements, 0, sep, depth)
}

func appendJSONArray(dst []byte, env *Env, a *sqltypes.Array, elements []datum, dim int, sep string, depth int) ([]byte, error) {
	dst = append(dst, '[')
	if len(elements) > 0 {
		n := int(a.Lengths[dim])
		size := len(elements) / n
		for i := range n {
			if i > 0 {
				dst = append(dst, sep...)
			}
			var err error
			if dim+1 < len(a.Lengths) {
				dst, err = appendJSONArray(dst, env, a, elements[i*size:(i+1)*size], dim+1, ",", depth)
			} else {
				dst, err = appendJSON(dst, env, a.Element, elements[i], ",", depth+1)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return append(dst, ']'), nil
}

func appendJSONRecord(dst []byte, env *Env, r *sqltypes.Record, sep string, depth int) ([]byte, error) {
	dst = append(dst, '{')
	for i, f := range r.Fields {
		if i > 0 {
			dst = append(dst, sep...)
		}
		name := "f" + formatInt(int64(i+1))
		if i < len(r.Names) {
			name = r.Names[i]
		}
		dst = append(sqltypes.AppendJSONString(dst, name), ':')
		var err error
		if dst, err = appendJSON(dst, env, r.Types[i].OID, f, ",", depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// xmlTime writes dates and timestamps as ISO 8601 has them, with a T and a zone of hours and minutes.
func xmlTime(t oid, d datum, zone *time.Location) string {
	s := sqltypes.Text(t, d, &sqltypes.Format{Location: zone})
	if t == sqltypes.DateOID || !sqltypes.IsFiniteTimestamp(d.Int()) {
		return s
	}
	s, era := strings.TrimSuffix(s, " BC"), s
	bc := era != s
	s = strings.Replace(s, " ", "T", 1)
	if t == sqltypes.TimestampTZOID {
		if i := strings.LastIndexAny(s, "+-"); len(s)-i == 3 {
			s += ":00"
		}
	}
	if bc {
		s += " BC"
	}
	return s
}

// appendJSONKey writes the key of an object: a scalar as a string.
func appendJSONKey(dst []byte, env *Env, t sqltypes.Type, d datum) ([]byte, error) {
	if isStructured(t.OID, d) || t.OID == sqltypes.JSONOID || t.OID == sqltypes.JSONBOID {
		return nil, pgerror.New(pgerror.InvalidParameterValue, "key value must be scalar, not array, composite, or json")
	}
	var key string
	switch t.OID {
	case sqltypes.BoolOID:
		key = castText(env, t.OID, d)
	case sqltypes.DateOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID:
		key = xmlTime(t.OID, d, env.location())
	default:
		key = outputText(env, t.OID, d)
	}
	return sqltypes.AppendJSONString(dst, key), nil
}

func jsonFunctions() []entry {
	out := append(append(jsonBuilders(), jsonTextFunctions()...), jsonbFunctions()...)
	return append(out, jsonRecordFunctions()...)
}

// jsonBuilders make JSON of other values.
func jsonBuilders() []entry {
	var out []entry
	for prefix, binary := range map[string]bool{"json": false, "jsonb": true} {
		out = append(out,
			fnMake("to_"+prefix, func(call *CallInfo) (callFn, error) {
				t := call.Args[0]
				return func(env *Env, a []datum) (datum, error) {
					text, err := appendJSONValue(nil, env, t, a[0])
					if err != nil {
						return sqltypes.Null, err
					}
					return jsonResult(text, binary)
				}, nil
			}),
			fnMake(prefix+"_build_array", func(call *CallInfo) (callFn, error) { return buildArray(call, binary), nil }),
			fn0(prefix+"_build_array_noargs", func(*Env) (datum, error) { return jsonResult([]byte("[]"), binary) }),
			fnMake(prefix+"_build_object", func(call *CallInfo) (callFn, error) { return buildObject(call, binary), nil }),
			fn0(prefix+"_build_object_noargs", func(*Env) (datum, error) { return jsonResult([]byte("{}"), binary) }),
			fn1(prefix+"_object", func(_ *Env, a datum) (datum, error) { return objectOfPairs(a.Array(), binary) }),
			fn2(prefix+"_object_two_arg", func(_ *Env, a, b datum) (datum, error) { return objectOfLists(a.Array(), b.Array(), binary) }))
	}
	pretty := func(a []datum) string {
		if len(a) > 1 && a[1].Bool() {
			return ",\n "
		}
		return ","
	}
	whole := func(env *Env, a []datum) (datum, error) {
		t := sqltypes.RecordOID
		if a[0].Kind() == sqltypes.KindArray {
			t = sqltypes.AnyArrayOID
		}
		text, err := appendJSON(nil, env, t, a[0], pretty(a), 0)
		return sqltypes.Bytes(text), err
	}
	return append(out, fnN("array_to_json", whole), fnN("array_to_json_pretty", whole), fnN("row_to_json", whole), fnN("row_to_json_pretty", whole))
}

func buildArray(call *CallInfo, binary bool) callFn {
	args := anyArgs(call, 0)
	return func(env *Env, a []datum) (datum, error) {
		if call.Variadic && a[0].IsNull() {
			return sqltypes.Null, nil
		}
		text := []byte{'['}
		var err error
		args(env, a, func(t oid, d datum) {
			if call.JSON.AbsentOnNull && d.IsNull() {
				return
			}
			if len(text) > 1 {
				text = append(text, ", "...)
			}
			if err == nil {
				text, err = appendJSONValue(text, env, sqltypes.T(t), d)
			}
		})
		if err != nil {
			return sqltypes.Null, err
		}
		return jsonResult(append(text, ']'), binary)
	}
}

func buildObject(call *CallInfo, binary bool) callFn {
	args := anyArgs(call, 0)
	name := "json_build_object()"
	if binary {
		name = "jsonb_build_object()"
	}
	return func(env *Env, a []datum) (datum, error) {
		if call.Variadic && a[0].IsNull() {
			return sqltypes.Null, nil
		}
		o := &objectText{text: []byte{'{'}, JSONOptions: call.JSON, binary: binary}
		n := 0
		args(env, a, func(t oid, d datum) {
			n++
			switch {
			case o.err != nil:
			case n%2 == 0:
				o.value(env, t, d)
			case d.IsNull() && binary:
				o.err = pgerror.New(pgerror.InvalidParameterValue, "argument %d: key must not be null", n)
			case d.IsNull():
				o.err = pgerror.New(pgerror.NullValueNotAllowed, "null value not allowed for object key")
			default:
				o.key(env, t, d)
			}
		})
		if n%2 == 1 {
			return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "argument list must have even number of elements").
				WithHint("The arguments of %s must consist of alternating keys and values.", name)
		}
		if o.err != nil {
			return sqltypes.Null, o.err
		}
		return jsonResult(append(o.text, '}'), binary)
	}
}

// objectText writes a JSON object, key after value.
type objectText struct {
	JSONOptions
	text   []byte
	binary bool
	begun  int // where the last key's text began, its comma included
	keys   map[string]bool
	err    error
}

func (o *objectText) key(env *Env, t oid, d datum) {
	o.begun = len(o.text)
	if o.begun > 1 {
		o.text = append(o.text, ", "...)
	}
	at := len(o.text)
	if o.text, o.err = appendJSONKey(o.text, env, sqltypes.T(t), d); o.err != nil || !o.UniqueKeys {
		return
	}
	key := string(o.text[at:])
	switch {
	case o.keys[key] && o.binary:
		o.err = pgerror.New(pgerror.DuplicateJSONObjectKeyValue, "duplicate JSON object key value")
	case o.keys[key]:
		o.err = pgerror.New(pgerror.DuplicateJSONObjectKeyValue, "duplicate JSON object key value: %s", key)
	case o.keys == nil:
		o.keys = map[string]bool{key: true}
	default:
		o.keys[key] = true
	}
}

func (o *objectText) value(env *Env, t oid, d datum) {
	if o.AbsentOnNull && d.IsNull() {
		o.text = o.text[:o.begun]
		return
	}
	o.text, o.err = appendJSONValue(append(o.text, " : "...), env, sqltypes.T(t), d)
}

func nullKey() error {
	return pgerror.New(pgerror.NullValueNotAllowed, "null value not allowed for object key")
}

func appendTextOrNull(dst []byte, d datum) []byte {
	if d.IsNull() {
		return append(dst, "null"...)
	}
	return sqltypes.AppendJSONString(dst, d.Str())
}

// objectOfPairs is json_object of one array: {k, v, k, v} or {{k, v}, {k, v}}.
func objectOfPairs(a *sqltypes.Array, binary bool) (datum, error) {
	switch {
	case len(a.Lengths) == 0:
		return jsonResult([]byte("{}"), binary)
	case len(a.Lengths) == 1 && a.Lengths[0]%2 == 1:
		return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "array must have even number of elements")
	case len(a.Lengths) == 2 && a.Lengths[1] != 2:
		return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "array must have two columns")
	case len(a.Lengths) > 2:
		return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "wrong number of array subscripts")
	}
	text := []byte{'{'}
	for i := 0; i+1 < len(a.Elements); i += 2 {
		if a.Elements[i].IsNull() {
			return sqltypes.Null, nullKey()
		}
		if i > 0 {
			text = append(text, ", "...)
		}
		text = append(sqltypes.AppendJSONString(text, a.Elements[i].Str()), " : "...)
		text = appendTextOrNull(text, a.Elements[i+1])
	}
	return jsonResult(append(text, '}'), binary)
}

func objectOfLists(keys, values *sqltypes.Array, binary bool) (datum, error) {
	if len(keys.Lengths) > 1 || len(keys.Lengths) != len(values.Lengths) {
		return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "wrong number of array subscripts")
	}
	if len(keys.Elements) != len(values.Elements) {
		return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "mismatched array dimensions")
	}
	text := []byte{'{'}
	for i, k := range keys.Elements {
		if k.IsNull() {
			return sqltypes.Null, nullKey()
		}
		if i > 0 {
			text = append(text, ", "...)
		}
		text = append(sqltypes.AppendJSONString(text, k.Str()), " : "...)
		text = appendTextOrNull(text, values.Elements[i])
	}
	return jsonResult(append(text, '}'), binary)
}
