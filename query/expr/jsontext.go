package expr

import (
	"strconv"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// jsonValue is a part of a json text, as it stands there.
type jsonValue struct {
	text string
	kind sqltypes.JSONToken
}

func wholeJSON(text string) (jsonValue, error) {
	l := sqltypes.NewJSONLexer(text, true)
	if err := l.Next(); err != nil {
		return jsonValue{}, err
	}
	return jsonValue{text, l.Token}, nil
}

// textOf is ->>: NULL for null, a string without its quotes and escapes, anything else as it stands.
func (v jsonValue) textOf() (datum, error) {
	switch v.kind {
	case sqltypes.JSONNullToken:
		return sqltypes.Null, nil
	case sqltypes.JSONStringToken:
		l := sqltypes.NewJSONLexer(v.text, true)
		if err := l.Next(); err != nil {
			return sqltypes.Null, err
		}
		return str(l.Str())
	}
	return str(v.text)
}

// eachJSON visits the elements of an array or the pairs of an object in the order of the text; f answers false to stop.
func (v jsonValue) each(f func(key string, value jsonValue) bool) error {
	l := sqltypes.NewJSONLexer(v.text, true)
	if err := l.Next(); err != nil {
		return err
	}
	object := l.Token == sqltypes.JSONObjectStart
	if !object && l.Token != sqltypes.JSONArrayStart {
		return nil
	}
	if err := l.Next(); err != nil {
		return err
	}
	for l.Token != sqltypes.JSONObjectEnd && l.Token != sqltypes.JSONArrayEnd {
		key := ""
		if object {
			key = l.Str()
			for range 2 { // the colon and the value
				if err := l.Next(); err != nil {
					return err
				}
			}
		}
		start, kind := l.Start, l.Token
		end, err := skipJSON(l)
		if err != nil {
			return err
		}
		if !f(key, jsonValue{v.text[start:end], kind}) {
			return nil
		}
		if l.Token == sqltypes.JSONComma {
			if err := l.Next(); err != nil {
				return err
			}
		}
	}
	return nil
}

// skipJSON goes behind the value the lexer stands on and tells where it ended.
func skipJSON(l *sqltypes.JSONLexer) (end int, err error) {
	depth := 0
	for {
		switch l.Token {
		case sqltypes.JSONObjectStart, sqltypes.JSONArrayStart:
			depth++
		case sqltypes.JSONObjectEnd, sqltypes.JSONArrayEnd:
			depth--
		case sqltypes.JSONEnd:
			return len(l.Text), nil
		}
		end = l.End
		if err := l.Next(); err != nil {
			return 0, err
		}
		if depth == 0 {
			return end, nil
		}
	}
}

func (v jsonValue) field(key string) (out jsonValue, ok bool, err error) {
	if v.kind != sqltypes.JSONObjectStart {
		return out, false, nil
	}
	err = v.each(func(k string, value jsonValue) bool {
		if k == key {
			out, ok = value, true // the last one wins
		}
		return true
	})
	return out, ok, err
}

func (v jsonValue) element(n int64) (out jsonValue, ok bool, err error) {
	if v.kind != sqltypes.JSONArrayStart {
		return out, false, nil
	}
	if n < 0 {
		count := int64(0)
		if err := v.each(func(string, jsonValue) bool { count++; return true }); err != nil {
			return out, false, err
		}
		if n += count; n < 0 {
			return out, false, nil
		}
	}
	err = v.each(func(_ string, value jsonValue) bool {
		if n == 0 {
			out, ok = value, true
		}
		n--
		return !ok
	})
	return out, ok, err
}

// path follows #>: keys in objects, numbers in arrays.
func (v jsonValue) path(steps []datum) (jsonValue, bool, error) {
	for _, s := range steps {
		if s.IsNull() {
			return v, false, nil
		}
		var ok bool
		var err error
		switch v.kind {
		case sqltypes.JSONObjectStart:
			v, ok, err = v.field(s.Str())
		case sqltypes.JSONArrayStart:
			n, isNumber := pathIndex(s.Str())
			if !isNumber {
				return v, false, nil
			}
			v, ok, err = v.element(n)
		}
		if !ok || err != nil {
			return v, false, err
		}
	}
	return v, true, nil
}

// pathIndex reads an array index in a path.
func pathIndex(s string) (int64, bool) {
	for len(s) > 0 && (s[0] == ' ' || s[0] >= '\t' && s[0] <= '\r') {
		s = s[1:]
	}
	n, err := strconv.ParseInt(s, 10, 32)
	return n, err == nil
}

func jsonTextFunctions() []entry {
	// get wraps an access: asText for the ->> forms.
	get := func(asText bool, f func(v jsonValue, key datum) (jsonValue, bool, error)) func(*Env, datum, datum) (datum, error) {
		return func(_ *Env, a, b datum) (datum, error) {
			v, err := wholeJSON(a.Str())
			if err != nil {
				return sqltypes.Null, err
			}
			found, ok, err := f(v, b)
			if err != nil || !ok {
				return sqltypes.Null, err
			}
			if asText {
				return found.textOf()
			}
			return str(found.text)
		}
	}
	field := func(v jsonValue, key datum) (jsonValue, bool, error) { return v.field(key.Str()) }
	element := func(v jsonValue, key datum) (jsonValue, bool, error) { return v.element(key.Int()) }
	path := func(v jsonValue, key datum) (jsonValue, bool, error) { return v.path(key.Array().Elements) }
	return []entry{
		fn2("json_object_field", get(false, field)), fn2("json_object_field_text", get(true, field)),
		fn2("json_array_element", get(false, element)), fn2("json_array_element_text", get(true, element)),
		fn2("json_extract_path", get(false, path)), fn2("json_extract_path_text", get(true, path)),
		fn1("json_array_length", func(_ *Env, a datum) (datum, error) {
			v, err := wholeJSON(a.Str())
			if err != nil {
				return sqltypes.Null, err
			}
			switch v.kind {
			case sqltypes.JSONObjectStart:
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot get array length of a non-array")
			case sqltypes.JSONArrayStart:
			default:
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot get array length of a scalar")
			}
			n := int64(0)
			err = v.each(func(string, jsonValue) bool { n++; return true })
			return sqltypes.Int(n), err
		}),
		fn1("json_typeof", func(_ *Env, a datum) (datum, error) {
			v, err := wholeJSON(a.Str())
			return sqltypes.String(v.typeName()), err
		}),
		fn1("json_strip_nulls", func(_ *Env, a datum) (datum, error) {
			v, err := wholeJSON(a.Str())
			if err != nil {
				return sqltypes.Null, err
			}
			out, err := v.appendStripped(nil)
			return sqltypes.Bytes(out), err
		}),
	}
}

func (v jsonValue) typeName() string {
	switch v.kind {
	case sqltypes.JSONObjectStart:
		return "object"
	case sqltypes.JSONArrayStart:
		return "array"
	case sqltypes.JSONStringToken:
		return "string"
	case sqltypes.JSONNumberToken:
		return "number"
	case sqltypes.JSONNullToken:
		return "null"
	}
	return "boolean"
}

// appendStripped writes a value without the pairs whose value is null, and without white space.
func (v jsonValue) appendStripped(dst []byte) ([]byte, error) {
	if v.kind != sqltypes.JSONObjectStart && v.kind != sqltypes.JSONArrayStart {
		l := sqltypes.NewJSONLexer(v.text, true)
		if err := l.Next(); err != nil {
			return nil, err
		}
		if v.kind == sqltypes.JSONStringToken {
			return sqltypes.AppendJSONString(dst, l.Str()), nil
		}
		return append(dst, l.Text[l.Start:l.End]...), nil
	}
	object := v.kind == sqltypes.JSONObjectStart
	open, end := byte('['), byte(']')
	if object {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	first := true
	var inner error
	err := v.each(func(key string, value jsonValue) bool {
		if object && value.kind == sqltypes.JSONNullToken {
			return true
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if object {
			dst = append(sqltypes.AppendJSONString(dst, key), ':')
		}
		dst, inner = value.appendStripped(dst)
		return inner == nil
	})
	if err == nil {
		err = inner
	}
	return append(dst, end), err
}
