package expr

import (
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// inOutFunctions are the input, output and send functions of all types, and those of their modifiers. A client can call them: an untyped literal is a
// cstring where one is asked for.
func inOutFunctions() []entry {
	var out []entry
	seen := map[string]bool{}
	add := func(source string, f func(call *CallInfo) (callFn, error)) {
		if !seen[source] {
			seen[source] = true
			out = append(out, fnMake(source, f))
		}
	}
	for i := range procRows {
		row := &procRows[i]
		switch {
		case row.args == 1 && row.result == sqltypes.CStringOID && strings.HasSuffix(row.source, "typmodout"):
			add(row.source, modifierOut(row.source))
		case row.args == 1 && row.result == sqltypes.Int4OID && strings.HasSuffix(row.source, "typmodin"):
			add(row.source, modifierIn(row.source))
		case isPseudoIO(row.source):
			add(row.source, pseudoIO(row.source))
		case row.args == 1 && row.result == sqltypes.CStringOID && strings.HasSuffix(row.source, "out"):
			add(row.source, outputCall)
		case row.args == 1 && row.result == sqltypes.ByteaOID && strings.HasSuffix(row.source, "send"):
			add(row.source, sendCall)
		case inputSources[row.source]:
			add(row.source, inputCall)
		}
	}
	return out
}

// inputSources are the input functions of types with values; the longer ones take the element's, range's or row's type and a modifier too.
var inputSources = func() map[string]bool {
	out := map[string]bool{}
	for source := range strings.FieldsSeq("byteain charin namein int2in int2vectorin int4in regprocin textin tidin xidin cidin oidvectorin boolin oidin float4in float8in int8in " +
		"macaddr_in macaddr8_in inet_in cidr_in bpcharin varcharin date_in time_in timestamp_in timestamptz_in interval_in timetz_in bit_in varbit_in numeric_in regprocedurein regoperin " +
		"regoperatorin regclassin regcollationin regtypein regrolein regnamespacein regconfigin regdictionaryin uuid_in pg_lsn_in tsvectorin tsqueryin json_in jsonb_in jsonpath_in " +
		"txid_snapshot_in pg_snapshot_in xid8in array_in range_in multirange_in record_in domain_in unknownin") {
		out[source] = true
	}
	return out
}()

func inputCall(call *CallInfo) (callFn, error) {
	t := sqltypes.T(call.Result.OID)
	return func(env *Env, a []datum) (datum, error) {
		if a[0].IsNull() {
			return sqltypes.Null, nil
		}
		t := t
		if len(a) == 3 {
			of := oid(a[1].Int())
			switch t.OID {
			case sqltypes.AnyArrayOID:
				array, ok := sqltypes.ArrayOf(of)
				if !ok {
					return sqltypes.Null, pgerror.New(pgerror.InternalError, "cache lookup failed for type %d", of)
				}
				t.OID = array
			case sqltypes.AnyRangeOID, sqltypes.AnyMultirangeOID:
				if _, known := sqltypes.Lookup(of); !known {
					return sqltypes.Null, pgerror.New(pgerror.UndefinedObject, "type with OID %d does not exist", of)
				}
				if _, ok := sqltypes.RangeSubtype(of); t.OID == sqltypes.AnyRangeOID && !ok {
					return sqltypes.Null, pgerror.New(pgerror.InternalError, "type %d is not a range type", of)
				}
				if _, ok := sqltypes.MultirangeRange(of); t.OID == sqltypes.AnyMultirangeOID && !ok {
					return sqltypes.Null, pgerror.New(pgerror.InternalError, "type %d is not a multirange type", of)
				}
				t.OID = of
			case sqltypes.RecordOID, sqltypes.AnyOID:
				if info, ok := sqltypes.Lookup(of); ok && of != sqltypes.RecordOID {
					if t.OID == sqltypes.AnyOID {
						return sqltypes.Null, pgerror.New(pgerror.DatatypeMismatch, "type %s is not a domain", info.SQLName)
					}
					return sqltypes.Null, pgerror.New(pgerror.WrongObjectType, "type %s is not composite", info.SQLName)
				}
				t.OID = of
			}
			t.Mod = int32(a[2].Int())
		}
		if _, known := sqltypes.Lookup(t.OID); !known && len(a) == 3 {
			known := false
			if env.Session != nil && env.Session.Catalog != nil {
				_, _, known = env.Session.Catalog.RowType(t.OID)
			}
			if !known {
				return sqltypes.Null, pgerror.New(pgerror.UndefinedObject, "type with OID %d does not exist", t.OID)
			}
		}
		return inputValue(env, t, a[0].Str())
	}, nil
}

func outputCall(call *CallInfo) (callFn, error) {
	t := call.Args[0].OID
	return func(env *Env, a []datum) (datum, error) { return str(outputText(env, t, a[0])) }, nil
}

func sendCall(call *CallInfo) (callFn, error) {
	t := call.Args[0].OID
	return func(_ *Env, a []datum) (datum, error) {
		b, err := sqltypes.AppendBinary([]byte{}, t, a[0])
		return sqltypes.Bytes(b), err
	}, nil
}

// pseudoTypes are the types whose input and output functions refuse every value.
var pseudoTypes = strings.Fields("any anyelement anynonarray anyenum anyrange anymultirange anycompatible anycompatiblenonarray anycompatiblerange anycompatiblemultirange anyarray " +
	"anycompatiblearray trigger event_trigger language_handler fdw_handler tsm_handler internal pg_ddl_command table_am_handler index_am_handler pg_node_tree pg_ndistinct pg_dependencies " +
	"pg_mcv_list brin_bloom_summary brin_minmax_multi_summary gtsvector shell")

func isPseudoIO(source string) bool {
	for _, name := range pseudoTypes {
		if rest, ok := strings.CutPrefix(source, name); ok {
			switch rest {
			case "_in", "in", "_out", "out":
				return name != "anyarray" && name != "anycompatiblearray" && name != "anyrange" && name != "anymultirange" && name != "anycompatiblerange" &&
					name != "anycompatiblemultirange" && !strings.HasPrefix(name, "pg_") && !strings.HasPrefix(name, "brin_") && name != "anyenum" && rest != "out" || rest == "_in"
			}
		}
	}
	return false
}

func pseudoIO(source string) func(call *CallInfo) (callFn, error) {
	name, input := strings.CutSuffix(source, "in")
	if !input {
		name = strings.TrimSuffix(source, "out")
	}
	name = strings.TrimSuffix(name, "_")
	if strings.HasPrefix(name, "brin_") {
		name = "pg_" + name
	}
	return func(*CallInfo) (callFn, error) {
		return func(*Env, []datum) (datum, error) {
			switch {
			case name == "shell":
				return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "cannot %s a value of a shell type", acceptOrDisplay(input))
			}
			return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "cannot %s a value of type %s", acceptOrDisplay(input), name)
		}, nil
	}
}

func acceptOrDisplay(input bool) string {
	if input {
		return "accept"
	}
	return "display"
}

// modifiedTypes are the types whose modifiers have functions, by the beginning of their source.
var modifiedTypes = map[string]oid{
	"bpchar": sqltypes.BPCharOID, "varchar": sqltypes.VarCharOID, "numeric": sqltypes.NumericOID, "bit": sqltypes.BitOID, "varbit": sqltypes.VarBitOID, "time": sqltypes.TimeOID,
	"timetz": sqltypes.TimeTZOID, "timestamp": sqltypes.TimestampOID, "timestamptz": sqltypes.TimestampTZOID, "interval": sqltypes.IntervalOID,
}

// modifierOut is what format_type writes behind the name of the type.
func modifierOut(source string) func(call *CallInfo) (callFn, error) {
	t := modifiedTypes[strings.TrimSuffix(source, "typmodout")]
	return func(*CallInfo) (callFn, error) {
		return func(_ *Env, a []datum) (datum, error) {
			mod := int32(a[0].Int())
			switch t {
			case sqltypes.TimeOID, sqltypes.TimestampOID, sqltypes.TimeTZOID, sqltypes.TimestampTZOID:
				words := " without time zone"
				if t == sqltypes.TimeTZOID || t == sqltypes.TimestampTZOID {
					words = " with time zone"
				}
				if mod < 0 {
					return str(words)
				}
				return str("(" + strconv.Itoa(int(mod)) + ")" + words)
			case sqltypes.BitOID, sqltypes.VarBitOID:
				if mod < 0 {
					return str("")
				}
				return str("(" + strconv.Itoa(int(mod)) + ")")
			case sqltypes.BPCharOID, sqltypes.VarCharOID:
				if mod <= 4 {
					return str("")
				}
				return str("(" + strconv.Itoa(int(mod-4)) + ")")
			}
			if mod < 0 {
				return str("")
			}
			if t == sqltypes.IntervalOID {
				if _, err := intervalModifier([]int64{int64(mod >> 16 & 0x7FFF)}); err != nil {
					return sqltypes.Null, pgerror.New(pgerror.InternalError, "invalid INTERVAL typmod: 0x%x", mod)
				}
			}
			return str(strings.TrimPrefix(sqltypes.TypeName(sqltypes.Type{OID: t, Mod: mod}), sqltypes.BaseTypeName(t)))
		}, nil
	}
}

// modifierIn turns the numbers in parentheses behind a type's name into its modifier.
func modifierIn(source string) func(call *CallInfo) (callFn, error) {
	t := modifiedTypes[strings.TrimSuffix(source, "typmodin")]
	return func(*CallInfo) (callFn, error) {
		return func(_ *Env, a []datum) (datum, error) {
			var list []int64
			array := a[0].Array()
			switch {
			case array.Element != sqltypes.CStringOID:
				return sqltypes.Null, pgerror.New(pgerror.ArrayElementError, "typmod array must be type cstring[]")
			case len(array.Lengths) != 1:
				return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "typmod array must be one-dimensional")
			}
			for _, e := range array.Elements {
				if e.IsNull() {
					return sqltypes.Null, pgerror.New(pgerror.NullValueNotAllowed, "typmod array must not contain nulls")
				}
				n, err := sqltypes.ParseText(sqltypes.T(sqltypes.Int4OID), e.Str(), nil)
				if err != nil {
					return sqltypes.Null, err
				}
				list = append(list, n.Int())
			}
			mod, err := typeModifier(t, list)
			return sqltypes.Int(mod), err
		}, nil
	}
}

func typeModifier(t oid, list []int64) (int64, error) {
	invalid := func(format string, args ...any) (int64, error) {
		return 0, pgerror.New(pgerror.InvalidParameterValue, format, args...)
	}
	n := list[0]
	if t != sqltypes.NumericOID && t != sqltypes.IntervalOID && len(list) != 1 {
		return invalid("invalid type modifier")
	}
	switch t {
	case sqltypes.BPCharOID, sqltypes.VarCharOID:
		name := "char"
		if t == sqltypes.VarCharOID {
			name = "varchar"
		}
		if n < 1 {
			return invalid("length for type %s must be at least 1", name)
		}
		if n > 10485760 {
			return invalid("length for type %s cannot exceed 10485760", name)
		}
		return n + 4, nil
	case sqltypes.BitOID, sqltypes.VarBitOID:
		name := "bit"
		if t == sqltypes.VarBitOID {
			name = "varbit"
		}
		if n < 1 {
			return invalid("length for type %s must be at least 1", name)
		}
		if n > 83886080 {
			return invalid("length for type %s cannot exceed 83886080", name)
		}
		return n, nil
	case sqltypes.NumericOID:
		if len(list) > 2 {
			return invalid("invalid NUMERIC type modifier")
		}
		scale := int64(0)
		if n < 1 || n > 1000 {
			return invalid("NUMERIC precision %d must be between 1 and 1000", n)
		}
		if len(list) == 2 {
			if scale = list[1]; scale < -1000 || scale > 1000 {
				return invalid("NUMERIC scale %d must be between -1000 and 1000", scale)
			}
		}
		return int64(sqltypes.MakeNumericTypmod(int(n), int(scale))), nil
	case sqltypes.IntervalOID:
		return intervalModifier(list)
	}
	name := map[oid]string{sqltypes.TimeOID: "TIME(%d)", sqltypes.TimeTZOID: "TIME(%d) WITH TIME ZONE", sqltypes.TimestampOID: "TIMESTAMP(%d)",
		sqltypes.TimestampTZOID: "TIMESTAMP(%d) WITH TIME ZONE"}[t]
	if n < 0 {
		return invalid(name+" precision must not be negative", n)
	}
	return min(n, 6), nil
}

func intervalModifier(list []int64) (int64, error) {
	const month, year, day, hour, minute, second = sqltypes.IntervalMonth, sqltypes.IntervalYear, sqltypes.IntervalDay, sqltypes.IntervalHour, sqltypes.IntervalMinute, sqltypes.IntervalSecond
	switch list[0] {
	case year, month, year | month, day, hour, minute, second, day | hour, day | hour | minute, day | hour | minute | second, hour | minute, hour | minute | second, minute | second,
		sqltypes.IntervalFullRange:
	default:
		return 0, pgerror.New(pgerror.InvalidParameterValue, "invalid INTERVAL type modifier")
	}
	switch len(list) {
	case 1:
		if list[0] == sqltypes.IntervalFullRange {
			return -1, nil
		}
		return int64(sqltypes.MakeIntervalTypmod(int(list[0]), sqltypes.IntervalFullPrecision)), nil
	case 2:
		if list[1] < 0 {
			return 0, pgerror.New(pgerror.InvalidParameterValue, "INTERVAL(%d) precision must not be negative", list[1])
		}
		return int64(sqltypes.MakeIntervalTypmod(int(list[0]), int(min(list[1], 6)))), nil
	}
	return 0, pgerror.New(pgerror.InvalidParameterValue, "invalid INTERVAL type modifier")
}
