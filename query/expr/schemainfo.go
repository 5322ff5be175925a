package expr

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// schemaInfoFunctions are the helpers of information_schema, which PostgreSQL has in SQL: what a type and its modifier say of a column.
func schemaInfoFunctions() []entry {
	number := func(source string, f func(t oid, mod int64) (int64, bool)) entry {
		return fn2(source, func(_ *Env, a, b datum) (datum, error) {
			n, ok := f(oid(a.Int()), b.Int())
			if !ok {
				return sqltypes.Null, nil
			}
			return sqltypes.Int(n), nil
		})
	}
	length := func(t oid, mod int64) (int64, bool) {
		switch t {
		case sqltypes.BPCharOID, sqltypes.VarCharOID:
			return mod - 4, mod != -1
		case sqltypes.BitOID, sqltypes.VarBitOID:
			return mod, mod != -1
		}
		return 0, false
	}
	field := func(name string) func(row datum) datum {
		return func(row datum) datum {
			r := row.Record()
			for i, n := range r.Names {
				if n == name {
					return r.Fields[i]
				}
			}
			return sqltypes.Null
		}
	}
	trueType := func(source, ofDomain, ofColumn string) entry {
		class, base, own := field("typtype"), field(ofDomain), field(ofColumn)
		return fn2(source, func(_ *Env, column, t datum) (datum, error) {
			if class(t).Int() == 'd' {
				return base(t), nil
			}
			return own(column), nil
		})
	}
	return []entry{
		number("sql__pg_char_max_length_13132", length),
		number("sql__pg_char_octet_length_13133", func(t oid, mod int64) (int64, bool) {
			if t != sqltypes.TextOID && t != sqltypes.BPCharOID && t != sqltypes.VarCharOID {
				return 0, false
			}
			if mod == -1 {
				return 1 << 30, true
			}
			n, ok := length(t, mod)
			return 4 * n, ok // a character has at most 4 bytes
		}),
		number("sql__pg_numeric_precision_13135", func(t oid, mod int64) (int64, bool) {
			if t == sqltypes.NumericOID {
				return (mod - 4) >> 16 & 65535, mod != -1
			}
			n := map[oid]int64{sqltypes.Int2OID: 16, sqltypes.Int4OID: 32, sqltypes.Int8OID: 64, sqltypes.Float4OID: 24, sqltypes.Float8OID: 53}[t]
			return n, n != 0
		}),
		number("sql__pg_numeric_precision_radix_13136", func(t oid, _ int64) (int64, bool) {
			switch t {
			case sqltypes.Int2OID, sqltypes.Int4OID, sqltypes.Int8OID, sqltypes.Float4OID, sqltypes.Float8OID:
				return 2, true
			}
			return 10, t == sqltypes.NumericOID
		}),
		number("sql__pg_numeric_scale_13137", func(t oid, mod int64) (int64, bool) {
			if t == sqltypes.NumericOID {
				return (mod - 4) & 65535, mod != -1
			}
			return 0, t == sqltypes.Int2OID || t == sqltypes.Int4OID || t == sqltypes.Int8OID
		}),
		number("sql__pg_datetime_precision_13138", func(t oid, mod int64) (int64, bool) {
			switch t {
			case sqltypes.DateOID:
				return 0, true
			case sqltypes.TimeOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID, sqltypes.TimeTZOID:
				if mod < 0 {
					return 6, true
				}
				return mod, true
			case sqltypes.IntervalOID:
				if mod < 0 || mod&65535 == 65535 {
					return 6, true
				}
				return mod & 65535, true
			}
			return 0, false
		}),
		fn2("sql__pg_interval_type_13139", func(_ *Env, a, b datum) (datum, error) {
			if oid(a.Int()) != sqltypes.IntervalOID {
				return sqltypes.Null, nil
			}
			text := strings.TrimPrefix(sqltypes.TypeName(sqltypes.Type{OID: sqltypes.IntervalOID, Mod: int32(b.Int())}), "interval")
			text = strings.TrimLeft(text, "()0123456789")
			if !strings.HasPrefix(text, " ") {
				return sqltypes.Null, nil
			}
			return str(strings.ToUpper(text[1:]))
		}),
		trueType("sql__pg_truetypid_13130", "typbasetype", "atttypid"), trueType("sql__pg_truetypmod_13131", "typtypmod", "atttypmod"),
		fn2("pg_input_error_info", inputErrorInfo),
	}
}

// inputErrorInfo is the error that reading a text as a type gives, as a row: message, detail, hint, code.
func inputErrorInfo(env *Env, text, name datum) (datum, error) {
	fault, err := inputError(env, text.Str(), name.Str())
	if err != nil {
		return sqltypes.Null, err
	}
	r := &sqltypes.Record{TypeOID: sqltypes.RecordOID, Names: []string{"message", "detail", "hint", "sql_error_code"}}
	for i := range r.Names {
		d := sqltypes.Null
		if fault != nil {
			if s := []string{fault.Message, fault.Detail, fault.Hint, string(fault.Code)}[i]; s != "" {
				d = sqltypes.String(s)
			}
		}
		r.Types, r.Fields = append(r.Types, sqltypes.T(sqltypes.TextOID)), append(r.Fields, d)
	}
	return sqltypes.FromRecord(r), nil
}

// The service has text search functions but no configurations, dictionaries and parsers: what needs one says so.

func noConfiguration() error {
	return pgerror.New(pgerror.UndefinedObject, "text search configuration \"english\" does not exist")
}

// byConfiguration are the functions that look for the default configuration, or are given one that cannot exist, by name.
var byConfiguration = map[string]bool{"to_tsvector": true, "to_tsquery": true, "plainto_tsquery": true, "phraseto_tsquery": true, "websearch_to_tsquery": true, "ts_headline": true,
	"json_to_tsvector": true, "jsonb_to_tsvector": true, "get_current_ts_config": true, "ts_match_tt": true, "ts_match_tq": true}

func configurationFunctions() []entry {
	var out []entry
	seen := map[string]bool{}
	for i := range procRows {
		row := &procRows[i]
		if byConfiguration[row.name] && row.kind == 'f' && !seen[row.source] {
			seen[row.source] = true
			out = append(out, fnN(row.source, func(*Env, []datum) (datum, error) { return sqltypes.Null, noConfiguration() }))
		}
	}
	return append(out, fn2("ts_lexize", func(_ *Env, a, _ datum) (datum, error) {
		return sqltypes.Null, pgerror.New(pgerror.InternalError, "cache lookup failed for text search dictionary %d", a.Int())
	}))
}

func configurationSets() map[string]func(*CallInfo) setFn {
	out := map[string]func(*CallInfo) setFn{}
	for i := range procRows {
		row := &procRows[i]
		name := row.name
		switch name {
		case "ts_debug", "ts_parse", "ts_token_type":
			out[row.source] = func(call *CallInfo) setFn {
				return func(_ *Env, a []datum) (RowSource, error) {
					switch {
					case name == "ts_debug":
						return nil, noConfiguration()
					case a[0].Kind() == sqltypes.KindBytes:
						return nil, pgerror.New(pgerror.UndefinedObject, "text search parser \"%s\" does not exist", a[0].Str())
					}
					return nil, pgerror.New(pgerror.InternalError, "cache lookup failed for text search parser %d", a[0].Int())
				}
			}
		}
	}
	return out
}
