package expr

import (
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// compareFunctions are the comparison operators, and the functions btrees and greatest/least are made of, of all types. A family is
// named by the sources of its six operators: prefix + eq, ne, lt, le, gt, ge.
func compareFunctions() []entry {
	var out []entry
	add := func(name func(op string) string, cmp func(a, b datum) int) {
		out = append(out, comparisons(name, cmp)...)
	}
	plain := func(prefix string) func(string) string { return func(op string) string { return prefix + op } }
	underscore := func(prefix string) func(string) string { return func(op string) string { return prefix + "_" + op } }
	for _, prefix := range []string{"int2", "int4", "int8", "int24", "int42", "int28", "int82", "int48", "int84", "oid", "bool", "char", "xid8"} {
		out = append(out, intComparisons(plain(prefix))...)
	}
	for _, prefix := range []string{"date", "time", "timestamp", "pg_lsn", "cash"} {
		out = append(out, intComparisons(underscore(prefix))...)
	}
	for _, prefix := range []string{"float4", "float8", "float48", "float84"} {
		add(plain(prefix), func(a, b datum) int { return compareFloats(a.Float(), b.Float()) })
	}
	text := func(a, b datum) int { return strings.Compare(a.Str(), b.Str()) }
	add(func(op string) string {
		if op == "eq" || op == "ne" {
			return "text" + op
		}
		return "text_" + op
	}, text)
	add(plain("name"), text)
	add(func(op string) string { return "name" + op + "text" }, text)
	add(func(op string) string { return "text" + op + "name" }, text)
	add(plain("bytea"), text)
	add(underscore("uuid"), text)
	add(plain("bpchar"), func(a, b datum) int { return strings.Compare(trimBlanks(a.Str()), trimBlanks(b.Str())) })
	for prefix, t := range map[string]oid{
		"numeric": sqltypes.NumericOID, "timetz": sqltypes.TimeTZOID, "interval": sqltypes.IntervalOID, "jsonb": sqltypes.JSONBOID,
		"network": sqltypes.InetOID, "range": sqltypes.AnyRangeOID,
	} {
		add(underscore(prefix), func(a, b datum) int { return compareValues(t, a, b) })
	}
	add(plain("bit"), func(a, b datum) int { return compareValues(sqltypes.VarBitOID, a, b) })
	add(underscore("array"), func(a, b datum) int { return compareValues(sqltypes.AnyArrayOID, a, b) })
	add(underscore("record"), func(a, b datum) int { return compareValues(sqltypes.RecordOID, a, b) })
	out = append(out, intComparisons(func(op string) string {
		switch op {
		case "eq":
			return "xideq"
		case "ne":
			return "xidneq"
		}
		return ""
	})...)
	out = append(out, fn2("cideq", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(a.Int() == b.Int()), nil }))
	for prefix, cmp := range map[string]func(a, b datum) int{
		"text_pattern": text, "bpchar_pattern": func(a, b datum) int { return strings.Compare(trimBlanks(a.Str()), trimBlanks(b.Str())) },
	} {
		for _, op := range []string{"lt", "le", "gt", "ge"} {
			test := compareTest(op)
			out = append(out, fn2(prefix+"_"+op, func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(test(cmp(a, b))), nil }))
		}
	}
	out = append(out, vectorComparisons()...)
	return append(append(out, orderFunctions()...), largerFunctions()...)
}

// vectorComparisons are those of oidvector and record images.
func vectorComparisons() []entry {
	cmp := func(a, b datum) int { return compareVectors(a.Array(), b.Array()) }
	return comparisons(func(op string) string { return "oidvector" + op }, cmp)
}

// compareVectors orders by length first, as PostgreSQL does for oidvector.
func compareVectors(a, b *sqltypes.Array) int {
	if len(a.Elements) != len(b.Elements) {
		return compareInts(int64(len(a.Elements)), int64(len(b.Elements)))
	}
	for i := range a.Elements {
		if c := compareInts(a.Elements[i].Int(), b.Elements[i].Int()); c != 0 {
			return c
		}
	}
	return 0
}

func compareTest(op string) func(c int) bool {
	switch op {
	case "eq":
		return func(c int) bool { return c == 0 }
	case "ne":
		return func(c int) bool { return c != 0 }
	case "lt":
		return func(c int) bool { return c < 0 }
	case "le":
		return func(c int) bool { return c <= 0 }
	case "gt":
		return func(c int) bool { return c > 0 }
	}
	return func(c int) bool { return c >= 0 }
}

func comparisons(name func(op string) string, cmp func(a, b datum) int) []entry {
	var out []entry
	for _, op := range []string{"eq", "ne", "lt", "le", "gt", "ge"} {
		test := compareTest(op)
		out = append(out, fn2(name(op), func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(test(cmp(a, b))), nil }))
	}
	return out
}

// intComparisons have code of their own: they are the hottest functions of all.
func intComparisons(name func(op string) string) []entry {
	all := []entry{
		fn2(name("eq"), func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(a.Int() == b.Int()), nil }),
		fn2(name("ne"), func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(a.Int() != b.Int()), nil }),
		fn2(name("lt"), func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(a.Int() < b.Int()), nil }),
		fn2(name("le"), func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(a.Int() <= b.Int()), nil }),
		fn2(name("gt"), func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(a.Int() > b.Int()), nil }),
		fn2(name("ge"), func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(a.Int() >= b.Int()), nil }),
	}
	out := all[:0]
	for _, e := range all {
		if e.source != "" {
			out = append(out, e)
		}
	}
	return out
}

// orderFunctions are the three-way comparisons.
func orderFunctions() []entry {
	three := func(source string, cmp func(a, b datum) int) entry {
		return fn2(source, func(_ *Env, a, b datum) (datum, error) { return sqltypes.Int(int64(cmp(a, b))), nil })
	}
	ints := func(a, b datum) int { return compareInts(a.Int(), b.Int()) }
	text := func(a, b datum) int { return strings.Compare(a.Str(), b.Str()) }
	floats := func(a, b datum) int { return compareFloats(a.Float(), b.Float()) }
	var out []entry
	for _, source := range []string{"btint2cmp", "btint4cmp", "btint8cmp", "btint24cmp", "btint42cmp", "btint28cmp", "btint82cmp",
		"btint48cmp", "btint84cmp", "btoidcmp", "btboolcmp", "btcharcmp", "date_cmp", "time_cmp", "timestamp_cmp", "pg_lsn_cmp", "xid8cmp"} {
		out = append(out, three(source, ints))
	}
	for _, source := range []string{"btfloat4cmp", "btfloat8cmp", "btfloat48cmp", "btfloat84cmp"} {
		out = append(out, three(source, floats))
	}
	for _, source := range []string{"bttextcmp", "btnamecmp", "btnametextcmp", "bttextnamecmp", "byteacmp", "uuid_cmp", "bttext_pattern_cmp"} {
		out = append(out, three(source, text))
	}
	for source, t := range map[string]oid{
		"numeric_cmp": sqltypes.NumericOID, "timetz_cmp": sqltypes.TimeTZOID, "interval_cmp": sqltypes.IntervalOID,
		"jsonb_cmp": sqltypes.JSONBOID, "network_cmp": sqltypes.InetOID, "range_cmp": sqltypes.AnyRangeOID, "bitcmp": sqltypes.VarBitOID,
		"btarraycmp": sqltypes.AnyArrayOID, "btrecordcmp": sqltypes.RecordOID, "bpcharcmp": sqltypes.BPCharOID,
		"btbpchar_pattern_cmp": sqltypes.BPCharOID,
	} {
		out = append(out, three(source, func(a, b datum) int { return compareValues(t, a, b) }))
	}
	return append(out, three("btoidvectorcmp", func(a, b datum) int { return compareVectors(a.Array(), b.Array()) }))
}

// largerFunctions are X_larger and X_smaller.
func largerFunctions() []entry {
	var out []entry
	add := func(larger, smaller string, t oid) {
		out = append(out,
			fn2(larger, func(_ *Env, a, b datum) (datum, error) {
				if compareValues(t, a, b) > 0 {
					return a, nil
				}
				return b, nil
			}),
			fn2(smaller, func(_ *Env, a, b datum) (datum, error) {
				if compareValues(t, a, b) < 0 {
					return a, nil
				}
				return b, nil
			}))
	}
	for prefix, t := range map[string]oid{
		"int2": sqltypes.Int2OID, "int4": sqltypes.Int4OID, "int8": sqltypes.Int8OID, "oid": sqltypes.OIDOID,
		"float4": sqltypes.Float4OID, "float8": sqltypes.Float8OID,
	} {
		add(prefix+"larger", prefix+"smaller", t)
	}
	for prefix, t := range map[string]oid{
		"text": sqltypes.TextOID, "bpchar": sqltypes.BPCharOID, "date": sqltypes.DateOID, "time": sqltypes.TimeOID,
		"timetz": sqltypes.TimeTZOID, "timestamp": sqltypes.TimestampOID, "interval": sqltypes.IntervalOID,
		"numeric": sqltypes.NumericOID, "network": sqltypes.InetOID, "array": sqltypes.AnyArrayOID,
	} {
		add(prefix+"_larger", prefix+"_smaller", t)
	}
	return out
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// compareFloats orders NaN above everything and equal to itself.
func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	case a != a && b != b:
		return 0
	case a != a:
		return 1
	}
	return -1
}

func trimBlanks(s string) string { return strings.TrimRight(s, " ") }

// compareValues is the btree order of two values that are not NULL.
func compareValues(t oid, a, b datum) int {
	switch a.Kind() {
	case sqltypes.KindInt:
		if t == sqltypes.PGLSNOID || t == sqltypes.XID8OID {
			break
		}
		return compareInts(a.Int(), b.Int())
	case sqltypes.KindFloat:
		return compareFloats(a.Float(), b.Float())
	}
	return sqltypes.Compare(t, a, b)
}
