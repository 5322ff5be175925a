package expr

import (
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

type jsonb = sqltypes.JSONB

func jb(d datum) jsonb { return jsonb(d.Bytes()) }

func jbDatum(j jsonb) datum { return sqltypes.Bytes(j) }

// jbText is ->> of a value.
func jbText(j jsonb) datum {
	switch j.Type() {
	case sqltypes.JSONNull:
		return sqltypes.Null
	case sqltypes.JSONString:
		return sqltypes.String(j.Str())
	}
	return sqltypes.String(j.String())
}

func jbElement(j jsonb, n int64) (jsonb, bool) {
	if j.IsScalar() && (n == 0 || n == -1) {
		return j, true // a lone scalar is kept as an array of one
	}
	if j.Type() != sqltypes.JSONArray {
		return nil, false
	}
	if n < 0 {
		n += int64(j.Len())
	}
	if n < 0 || n >= int64(j.Len()) {
		return nil, false
	}
	return j.Element(int(n)), true
}

func jbPath(j jsonb, steps []datum) (jsonb, bool) {
	for _, s := range steps {
		if s.IsNull() {
			return nil, false
		}
		var ok bool
		switch j.Type() {
		case sqltypes.JSONObject:
			j, ok = j.Field(s.Str())
		case sqltypes.JSONArray:
			n, isNumber := pathIndex(s.Str())
			if !isNumber {
				return nil, false
			}
			j, ok = jbElement(j, n)
		}
		if !ok {
			return nil, false
		}
	}
	return j, true
}

func jsonbFunctions() []entry {
	get := func(asText bool, f func(j jsonb, key datum) (jsonb, bool)) func(*Env, datum, datum) (datum, error) {
		return func(_ *Env, a, b datum) (datum, error) {
			found, ok := f(jb(a), b)
			switch {
			case !ok:
				return sqltypes.Null, nil
			case asText:
				return jbText(found), nil
			}
			return jbDatum(found), nil
		}
	}
	field := func(j jsonb, key datum) (jsonb, bool) { return j.Field(key.Str()) }
	element := func(j jsonb, key datum) (jsonb, bool) { return jbElement(j, key.Int()) }
	path := func(j jsonb, key datum) (jsonb, bool) { return jbPath(j, key.Array().Elements) }
	truth := func(source string, f func(a, b datum) bool) entry {
		return fn2(source, func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(f(a, b)), nil })
	}
	out := []entry{
		fn2("jsonb_object_field", get(false, field)), fn2("jsonb_object_field_text", get(true, field)),
		fn2("jsonb_array_element", get(false, element)), fn2("jsonb_array_element_text", get(true, element)),
		fn2("jsonb_extract_path", get(false, path)), fn2("jsonb_extract_path_text", get(true, path)),
		fn1("jsonb_array_length", func(_ *Env, a datum) (datum, error) {
			switch j := jb(a); j.Type() {
			case sqltypes.JSONArray:
				return sqltypes.Int(int64(j.Len())), nil
			case sqltypes.JSONObject:
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot get array length of a non-array")
			}
			return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot get array length of a scalar")
		}),
		fn1("jsonb_typeof", func(_ *Env, a datum) (datum, error) { return str(jbTypeName(jb(a))) }),
		fn1("jsonb_strip_nulls", func(_ *Env, a datum) (datum, error) { return jbDatum(stripNulls(jb(a))), nil }),
		fn1("jsonb_pretty", func(_ *Env, a datum) (datum, error) { return sqltypes.Bytes(appendPretty(nil, jb(a), 0)), nil }),
		truth("jsonb_contains", func(a, b datum) bool { return jbContains(jb(a), jb(b), true) }),
		truth("jsonb_contained", func(a, b datum) bool { return jbContains(jb(b), jb(a), true) }),
		truth("jsonb_exists", func(a, b datum) bool { return jbExists(jb(a), b.Str()) }),
		truth("jsonb_exists_any", func(a, b datum) bool { return jbExistsList(jb(a), b.Array().Elements, false) }),
		truth("jsonb_exists_all", func(a, b datum) bool { return jbExistsList(jb(a), b.Array().Elements, true) }),
		fn2("jsonb_concat", func(_ *Env, a, b datum) (datum, error) { return jbDatum(jbConcat(jb(a), jb(b))), nil }),
		fn2("jsonb_delete", func(_ *Env, a, b datum) (datum, error) { return deleteKeys(jb(a), b) }),
		fn2("jsonb_delete_array", func(_ *Env, a, b datum) (datum, error) {
			if err := flatPath(b); err != nil {
				return sqltypes.Null, err
			}
			return deleteKeys(jb(a), b.Array().Elements...)
		}),
		fn2("jsonb_delete_idx", func(_ *Env, a, b datum) (datum, error) { return deleteIndex(jb(a), b.Int()) }),
		fn2("jsonb_delete_path", func(_ *Env, a, b datum) (datum, error) {
			if err := flatPath(b); err != nil {
				return sqltypes.Null, err
			}
			if jb(a).IsScalar() {
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot delete path in scalar")
			}
			if jb(a).Len() == 0 {
				return a, nil
			}
			return changePath(a, b, nil, pathDelete)
		}),
		fnN("jsonb_set", func(_ *Env, a []datum) (datum, error) { return jsonbSet(a) }),
		fnN("jsonb_set_lax", jsonbSetLax),
		fnN("jsonb_insert", func(_ *Env, a []datum) (datum, error) {
			if err := flatPath(a[1]); err != nil {
				return sqltypes.Null, err
			}
			if jb(a[0]).IsScalar() {
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot set path in scalar")
			}
			mode := pathInsertBefore
			if a[3].Bool() {
				mode = pathInsertAfter
			}
			return changePath(a[0], a[1], jb(a[2]), mode)
		}),
	}
	return append(out, jsonbCasts()...)
}

func jbTypeName(j jsonb) string {
	return [...]string{"null", "string", "number", "boolean", "array", "object"}[j.Type()]
}

func jsonbCasts() []entry {
	cast := func(source, name string, want sqltypes.JSONType, f func(j jsonb) (datum, error)) entry {
		return fn1(source, func(_ *Env, a datum) (datum, error) {
			j := jb(a)
			if j.Type() != want {
				kind := jbTypeName(j)
				switch kind {
				case "number":
					kind = "numeric"
				}
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot cast jsonb %s to type %s", kind, name)
			}
			return f(j)
		})
	}
	integer := func(f func(d datum) (int64, error)) func(j jsonb) (datum, error) {
		return func(j jsonb) (datum, error) {
			n, err := f(j.Number())
			return sqltypes.Int(n), err
		}
	}
	float := func(f func(d datum) (float64, error)) func(j jsonb) (datum, error) {
		return func(j jsonb) (datum, error) {
			n, err := f(j.Number())
			return sqltypes.Float(n), err
		}
	}
	return []entry{
		cast("jsonb_bool", "boolean", sqltypes.JSONBool, func(j jsonb) (datum, error) { return sqltypes.Bool(j.Bool()), nil }),
		cast("jsonb_numeric", "numeric", sqltypes.JSONNumber, func(j jsonb) (datum, error) { return j.Number(), nil }),
		cast("jsonb_int2", "smallint", sqltypes.JSONNumber, integer(sqltypes.NumericToInt16)),
		cast("jsonb_int4", "integer", sqltypes.JSONNumber, integer(sqltypes.NumericToInt32)),
		cast("jsonb_int8", "bigint", sqltypes.JSONNumber, integer(sqltypes.NumericToInt64)),
		cast("jsonb_float4", "real", sqltypes.JSONNumber, float(sqltypes.NumericToFloat4)),
		cast("jsonb_float8", "double precision", sqltypes.JSONNumber, float(sqltypes.NumericToFloat8)),
	}
}

func elementsOf(j jsonb) []jsonb {
	out := make([]jsonb, j.Len())
	for i := range out {
		out[i] = j.Element(i)
	}
	return out
}

func pairsOf(j jsonb) []sqltypes.JSONBPair {
	out := make([]sqltypes.JSONBPair, j.Len())
	for i := range out {
		out[i] = sqltypes.JSONBPair{Key: j.Key(i), Value: j.Value(i)}
	}
	return out
}

func stripNulls(j jsonb) jsonb {
	switch j.Type() {
	case sqltypes.JSONArray:
		list := elementsOf(j)
		for i := range list {
			list[i] = stripNulls(list[i])
		}
		return sqltypes.JSONBArray(list...)
	case sqltypes.JSONObject:
		var pairs []sqltypes.JSONBPair
		for _, p := range pairsOf(j) {
			if p.Value.Type() != sqltypes.JSONNull {
				pairs = append(pairs, sqltypes.JSONBPair{Key: p.Key, Value: stripNulls(p.Value)})
			}
		}
		return sqltypes.JSONBObject(pairs...)
	}
	return j
}

func appendPretty(dst []byte, j jsonb, depth int) []byte {
	newline := func(d int) { dst = append(append(dst, '\n'), strings.Repeat("    ", d)...) }
	switch j.Type() {
	case sqltypes.JSONArray:
		dst = append(dst, '[')
		for i := range j.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			newline(depth + 1)
			dst = appendPretty(dst, j.Element(i), depth+1)
		}
		newline(depth)
		return append(dst, ']')
	case sqltypes.JSONObject:
		dst = append(dst, '{')
		for i := range j.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			newline(depth + 1)
			dst = append(sqltypes.AppendJSONString(dst, j.Key(i)), ": "...)
			dst = appendPretty(dst, j.Value(i), depth+1)
		}
		newline(depth)
		return append(dst, '}')
	}
	return j.AppendText(dst)
}

// jbContains is a @> b. At the top a scalar counts as an array of one, on the right side.
func jbContains(a, b jsonb, top bool) bool {
	if top && a.Type() == sqltypes.JSONArray && b.IsScalar() {
		return arrayHas(a, b)
	}
	if a.Type() != b.Type() {
		return false
	}
	switch b.Type() {
	case sqltypes.JSONObject:
		for i := range b.Len() {
			v, ok := a.Field(b.Key(i))
			if !ok || !jbContains(v, b.Value(i), false) {
				return false
			}
		}
		return true
	case sqltypes.JSONArray:
		for i := range b.Len() {
			if !arrayHas(a, b.Element(i)) {
				return false
			}
		}
		return true
	}
	return sqltypes.CompareJSONB(a, b) == 0
}

func arrayHas(a, e jsonb) bool {
	for i := range a.Len() {
		x := a.Element(i)
		if x.IsScalar() == e.IsScalar() && jbContains(x, e, false) {
			return true
		}
	}
	return false
}

func jbExists(j jsonb, key string) bool {
	switch j.Type() {
	case sqltypes.JSONObject:
		_, ok := j.Field(key)
		return ok
	case sqltypes.JSONArray:
		for i := range j.Len() {
			if e := j.Element(i); e.Type() == sqltypes.JSONString && e.Str() == key {
				return true
			}
		}
	case sqltypes.JSONString:
		return j.Str() == key
	}
	return false
}

func jbExistsList(j jsonb, keys []datum, all bool) bool {
	for _, k := range keys {
		if !k.IsNull() && jbExists(j, k.Str()) != all {
			return !all
		}
	}
	return all
}

func jbConcat(a, b jsonb) jsonb {
	if a.Type() == sqltypes.JSONObject && b.Type() == sqltypes.JSONObject {
		return sqltypes.JSONBObject(append(pairsOf(a), pairsOf(b)...)...)
	}
	list := func(j jsonb) []jsonb {
		if j.Type() == sqltypes.JSONArray {
			return elementsOf(j)
		}
		return []jsonb{j}
	}
	return sqltypes.JSONBArray(append(list(a), list(b)...)...)
}

func deleteKeys(j jsonb, keys ...datum) (datum, error) {
	if j.IsScalar() {
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot delete from scalar")
	}
	gone := func(s string) bool {
		for _, k := range keys {
			if !k.IsNull() && k.Str() == s {
				return true
			}
		}
		return false
	}
	if j.Type() == sqltypes.JSONArray {
		var list []jsonb
		for _, e := range elementsOf(j) {
			if e.Type() != sqltypes.JSONString || !gone(e.Str()) {
				list = append(list, e)
			}
		}
		return jbDatum(sqltypes.JSONBArray(list...)), nil
	}
	var pairs []sqltypes.JSONBPair
	for _, p := range pairsOf(j) {
		if !gone(p.Key) {
			pairs = append(pairs, p)
		}
	}
	return jbDatum(sqltypes.JSONBObject(pairs...)), nil
}

func deleteIndex(j jsonb, n int64) (datum, error) {
	switch j.Type() {
	case sqltypes.JSONObject:
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot delete from object using integer index")
	case sqltypes.JSONArray:
	default:
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot delete from scalar")
	}
	if n < 0 {
		n += int64(j.Len())
	}
	if n < 0 || n >= int64(j.Len()) {
		return jbDatum(j), nil
	}
	list := elementsOf(j)
	return jbDatum(sqltypes.JSONBArray(append(list[:n:n], list[n+1:]...)...)), nil
}

// pathMode is what happens at the end of a path.
type pathMode uint8

const (
	pathReplace pathMode = iota
	pathCreate
	pathInsertBefore
	pathInsertAfter
	pathDelete
)

func (m pathMode) adds() bool {
	return m == pathCreate || m == pathInsertBefore || m == pathInsertAfter
}

// flatPath refuses a path of more than one dimension.
func flatPath(path datum) error {
	if len(path.Array().Lengths) > 1 {
		return pgerror.New(pgerror.ArraySubscriptError, "wrong number of array subscripts")
	}
	return nil
}

func jsonbSet(a []datum) (datum, error) {
	if err := flatPath(a[1]); err != nil {
		return sqltypes.Null, err
	}
	if jb(a[0]).IsScalar() {
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot set path in scalar")
	}
	mode := pathReplace
	if a[3].Bool() {
		mode = pathCreate
	}
	if jb(a[0]).Len() == 0 && mode == pathReplace {
		return a[0], nil
	}
	return changePath(a[0], a[1], jb(a[2]), mode)
}

func jsonbSetLax(_ *Env, a []datum) (datum, error) {
	if a[0].IsNull() || a[1].IsNull() || a[3].IsNull() {
		return sqltypes.Null, nil
	}
	if a[4].IsNull() {
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue,
			"null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"")
	}
	if !a[2].IsNull() {
		return jsonbSet(a)
	}
	switch a[4].Str() {
	case "raise_exception":
		return sqltypes.Null, pgerror.New(pgerror.NullValueNotAllowed, "JSON value must not be null").
			WithDetail("Exception was raised because null_value_treatment is \"raise_exception\".").
			WithHint("To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.")
	case "use_json_null":
		return jsonbSet([]datum{a[0], a[1], jbDatum(sqltypes.JSONBNull()), a[3]})
	case "delete_key":
		return changePath(a[0], a[1], nil, pathDelete)
	case "return_target":
		return a[0], nil
	}
	return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue,
		"null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"")
}

func changePath(target, path datum, value jsonb, mode pathMode) (datum, error) {
	p := path.Array()
	if len(p.Lengths) > 1 {
		return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "wrong number of array subscripts")
	}
	if len(p.Elements) == 0 {
		return target, nil
	}
	out, err := setPath(jb(target), p.Elements, 0, value, mode)
	return jbDatum(out), err
}

func setPath(j jsonb, path []datum, level int, value jsonb, mode pathMode) (jsonb, error) {
	if path[level].IsNull() {
		return nil, pgerror.New(pgerror.NullValueNotAllowed, "path element at position %d is null", level+1)
	}
	switch j.Type() {
	case sqltypes.JSONObject:
		return setObjectPath(j, path, level, value, mode)
	case sqltypes.JSONArray:
		return setArrayPath(j, path, level, value, mode)
	}
	return j, nil
}

func setObjectPath(j jsonb, path []datum, level int, value jsonb, mode pathMode) (jsonb, error) {
	key, last := path[level].Str(), level == len(path)-1
	pairs := pairsOf(j)
	for i, p := range pairs {
		if p.Key != key {
			continue
		}
		switch {
		case !last:
			inner, err := setPath(p.Value, path, level+1, value, mode)
			if err != nil {
				return nil, err
			}
			pairs[i].Value = inner
		case mode == pathInsertBefore || mode == pathInsertAfter:
			return nil, pgerror.New(pgerror.InvalidParameterValue, "cannot replace existing key").
				WithHint("Try using the function jsonb_set to replace key value.")
		case mode == pathDelete:
			pairs = append(pairs[:i], pairs[i+1:]...)
		default:
			pairs[i].Value = value
		}
		return sqltypes.JSONBObject(pairs...), nil
	}
	if last && mode.adds() {
		pairs = append(pairs, sqltypes.JSONBPair{Key: key, Value: value})
	}
	return sqltypes.JSONBObject(pairs...), nil
}

func setArrayPath(j jsonb, path []datum, level int, value jsonb, mode pathMode) (jsonb, error) {
	text, last := path[level].Str(), level == len(path)-1
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return nil, pgerror.New(pgerror.InvalidTextRepresentation, "path element at position %d is not an integer: \"%s\"", level+1, text)
	}
	list := elementsOf(j)
	size := int64(len(list))
	first := false
	switch {
	case n < 0 && -n > size:
		first = true
	case n < 0:
		n += size
	case n > size:
		n = size
	}
	if (first || size == 0) && last && mode.adds() {
		return sqltypes.JSONBArray(append([]jsonb{value}, list...)...), nil
	}
	if first || n >= size {
		if last && mode.adds() {
			list = append(list, value)
		}
		return sqltypes.JSONBArray(list...), nil
	}
	if !last {
		inner, err := setPath(list[n], path, level+1, value, mode)
		if err != nil {
			return nil, err
		}
		list[n] = inner
		return sqltypes.JSONBArray(list...), nil
	}
	out := append([]jsonb(nil), list[:n]...)
	switch mode {
	case pathInsertBefore:
		out = append(out, value, list[n])
	case pathInsertAfter:
		out = append(out, list[n], value)
	case pathReplace, pathCreate:
		out = append(out, value)
	}
	return sqltypes.JSONBArray(append(out, list[n+1:]...)...), nil
}

// subscriptJSONB is j['key'][0].
func subscriptJSONB(arg Eval, at []Eval, types []oid) Eval {
	return func(env *Env) (datum, error) {
		a, err := arg(env)
		if err != nil || a.IsNull() {
			return sqltypes.Null, err
		}
		j := jb(a)
		for i, f := range at {
			key, err := f(env)
			if err != nil || key.IsNull() {
				return sqltypes.Null, err
			}
			key = subscriptKey(key, types[i])
			var ok bool
			if j, ok = jbPath(j, []datum{key}); !ok {
				return sqltypes.Null, nil
			}
		}
		return jbDatum(j), nil
	}
}
