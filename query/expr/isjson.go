package expr

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// compileIsJSON compiles IS JSON. A value that is no JSON at all makes it false, never an error; NULL makes it NULL.
func compileIsJSON(e *IsJSON) (Eval, error) {
	arg, err := Compile(e.Arg)
	if err != nil {
		return nil, err
	}
	item, unique, binary := e.Item, e.Unique, e.Arg.Type().OID == sqltypes.JSONBOID
	known := e.Arg.Type().OID == sqltypes.JSONOID // valid already
	return func(env *Env) (datum, error) {
		d, err := arg(env)
		if err != nil || d.IsNull() {
			return sqltypes.Null, err
		}
		if binary {
			return sqltypes.Bool(isItem(item, sqltypes.JSONB(d.Bytes()).Type())), nil
		}
		text := d.Str()
		if item != AnyJSON {
			if t, ok := firstJSON(text); !ok || !isItem(item, t) {
				return sqltypes.Bool(false), nil
			}
		}
		switch {
		case unique:
			return sqltypes.Bool(sqltypes.UniqueJSON(text)), nil
		case known:
			return sqltypes.Bool(true), nil
		}
		return sqltypes.Bool(sqltypes.ValidateJSON(text) == nil), nil
	}, nil
}

// firstJSON tells what the text is if it is JSON: the first token says it.
func firstJSON(text string) (sqltypes.JSONType, bool) {
	l := sqltypes.NewJSONLexer(text, false)
	if l.Next() != nil {
		return 0, false
	}
	switch l.Token {
	case sqltypes.JSONObjectStart:
		return sqltypes.JSONObject, true
	case sqltypes.JSONArrayStart:
		return sqltypes.JSONArray, true
	}
	return sqltypes.JSONNull, true // one scalar or another
}

func isItem(item JSONItem, t sqltypes.JSONType) bool {
	switch item {
	case JSONObject:
		return t == sqltypes.JSONObject
	case JSONArray:
		return t == sqltypes.JSONArray
	case JSONScalar:
		return t != sqltypes.JSONObject && t != sqltypes.JSONArray
	}
	return true
}

func (p *printer) isJSON(e *IsJSON) {
	p.suffix(e.Arg, " IS JSON", "", false)
	p.WriteString([...]string{"", " OBJECT", " ARRAY", " SCALAR"}[e.Item])
	if e.Unique {
		p.WriteString(" WITH UNIQUE KEYS")
	}
}
