package expr

import (
	"strconv"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// gapMax is how many elements an assignment beyond the end of an array may add.
const gapMax = 1 << 24

// subscriptKey is a subscript as text.
func subscriptKey(key datum, t oid) datum {
	if t != sqltypes.TextOID && key.Kind() == sqltypes.KindInt {
		return sqltypes.String(formatInt(key.Int()))
	}
	return key
}

// assignJSONB is j with j['key'][0] set to a value. A NULL j counts as an empty array where the first subscript is an integer, else as an empty object.
func assignJSONB(arg Eval, at []Eval, types []oid, value Eval) Eval {
	return func(env *Env) (datum, error) {
		a, err := arg(env)
		if err != nil {
			return sqltypes.Null, err
		}
		path := make([]datum, len(at))
		for i, f := range at {
			key, err := f(env)
			if err != nil {
				return sqltypes.Null, err
			}
			if key.IsNull() {
				return sqltypes.Null, pgerror.New(pgerror.NullValueNotAllowed, "jsonb subscript in assignment must not be null")
			}
			path[i] = subscriptKey(key, types[i])
		}
		v, err := value(env)
		if err != nil {
			return sqltypes.Null, err
		}
		fresh := sqltypes.JSONBNull()
		if !v.IsNull() {
			fresh = jb(v)
		}
		old := sqltypes.JSONBObject()
		if !a.IsNull() {
			old = jb(a)
		} else if types[0] != sqltypes.TextOID {
			old = sqltypes.JSONBArray()
		}
		if old.IsScalar() {
			return sqltypes.Null, notComposite()
		}
		out, err := assignPath(old, path, 0, types, fresh)
		return jbDatum(out), err
	}
}

func notComposite() error {
	return pgerror.New(pgerror.InvalidParameterValue, "cannot replace existing key").
		WithDetail("The path assumes key is a composite object, but it is a scalar value.")
}

func assignPath(j jsonb, path []datum, level int, types []oid, value jsonb) (jsonb, error) {
	if level == len(path) {
		return value, nil
	}
	switch j.Type() {
	case sqltypes.JSONObject:
		return assignField(j, path, level, types, value)
	case sqltypes.JSONArray:
		return assignElement(j, path, level, types, value)
	}
	return nil, notComposite()
}

// missing is what stands at a level that does not exist yet: the value, inside of new objects and arrays for the subscripts that are left.
func missing(path []datum, level int, types []oid, value jsonb) (jsonb, error) {
	if level == len(path) {
		return value, nil
	}
	if types[level] == sqltypes.TextOID {
		return assignField(sqltypes.JSONBObject(), path, level, types, value)
	}
	return assignElement(sqltypes.JSONBArray(), path, level, types, value)
}

func assignField(j jsonb, path []datum, level int, types []oid, value jsonb) (jsonb, error) {
	key, pairs := path[level].Str(), pairsOf(j)
	for i := range pairs {
		if pairs[i].Key != key {
			continue
		}
		inner, err := assignPath(pairs[i].Value, path, level+1, types, value)
		pairs[i].Value = inner
		return sqltypes.JSONBObject(pairs...), err
	}
	inner, err := missing(path, level+1, types, value)
	return sqltypes.JSONBObject(append(pairs, sqltypes.JSONBPair{Key: key, Value: inner})...), err
}

func assignElement(j jsonb, path []datum, level int, types []oid, value jsonb) (jsonb, error) {
	n, err := strconv.ParseInt(path[level].Str(), 10, 32)
	if err != nil {
		return nil, pgerror.New(pgerror.InvalidTextRepresentation, "path element at position %d is not an integer: \"%s\"", level+1, path[level].Str())
	}
	list := elementsOf(j)
	size := int64(len(list))
	if n < 0 {
		if n += size; n < 0 {
			return nil, pgerror.New(pgerror.InvalidParameterValue, "path element at position %d is out of range: %d", level+1, n-size)
		}
	}
	if n < size {
		list[n], err = assignPath(list[n], path, level+1, types, value)
		return sqltypes.JSONBArray(list...), err
	}
	if n-size > gapMax {
		return nil, pgerror.New(pgerror.ProgramLimitExceeded, "number of jsonb array elements exceeds the maximum allowed (%d)", gapMax)
	}
	for ; size < n; size++ {
		list = append(list, sqltypes.JSONBNull())
	}
	inner, err := missing(path, level+1, types, value)
	return sqltypes.JSONBArray(append(list, inner)...), err
}
