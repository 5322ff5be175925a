package expr

import (
	"cmp"
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
	for _, prefix := range []string{"int2", "int4", "int8", "int24", "int42", "int28", "int82", "int48", "int84", "oid", "bool", "char"} {
		out = append(out, intComparisons(plain(prefix))...)
	}
	for _, prefix := range []string{"date", "time", "timestamp"} {
		out = append(out, intComparisons(underscore(prefix))...)
	}
	for _, prefix := range []string{"float4", "float8", "float48", "float84"} {
		add(plain(prefix), func(a, b datum) int { return compareFloats(a.Float(), b.Float()) })
	}
	add(plain("xid8"), compareUnsigned)
	add(underscore("pg_lsn"), compareUnsigned)
	add(plain("tid"), compareUnsigned)
	add(underscore("macaddr"), func(a, b datum) int { return strings.Compare(a.Str(), b.Str()) })
	add(underscore("macaddr8"), func(a, b datum) int { return strings.Compare(a.Str(), b.Str()) })
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
	out = append(out, comparisonsAlike(underscore("array"))...)
	out = append(out, comparisonsAlike(underscore("record"))...)
	add(underscore("multirange"), func(a, b datum) int { return compareValues(sqltypes.AnyArrayOID, a, b) })
	out = append(out, // with an integer on the right too
		fn2("xideq", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(uint32(a.Int()) == uint32(b.Int())), nil }),
		fn2("xidneq", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(uint32(a.Int()) != uint32(b.Int())), nil }))
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
		return len(a.Elements) - len(b.Elements)
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

// comparisonsAlike are those of arrays and records, which may hold records that cannot be compared.
func comparisonsAlike(name func(op string) string) []entry {
	var out []entry
	for _, op := range []string{"eq", "ne", "lt", "le", "gt", "ge"} {
		test := compareTest(op)
		out = append(out, fn2(name(op), func(_ *Env, a, b datum) (datum, error) {
			c, err := sqltypes.CompareAlike(a, b, op != "eq" && op != "ne")
			return sqltypes.Bool(test(c)), err
		}))
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
	text := func(a, b datum) int { return byteDistance(a.Bytes(), b.Bytes()) }
	floats := func(a, b datum) int { return compareFloats(a.Float(), b.Float()) }
	var out []entry
	for _, source := range []string{"btint4cmp", "btint8cmp", "btint24cmp", "btint42cmp", "btint28cmp", "btint82cmp",
		"btint48cmp", "btint84cmp", "btoidcmp", "btboolcmp", "date_cmp", "time_cmp", "timestamp_cmp"} {
		out = append(out, three(source, ints))
	}
	for _, source := range []string{"btfloat4cmp", "btfloat8cmp", "btfloat48cmp", "btfloat84cmp"} {
		out = append(out, three(source, floats))
	}
	for _, source := range []string{"bttextcmp", "btnametextcmp", "bttextnamecmp", "byteacmp", "uuid_cmp", "bttext_pattern_cmp"} {
		out = append(out, three(source, text))
	}
	for source, t := range map[string]oid{
		"numeric_cmp": sqltypes.NumericOID, "timetz_cmp": sqltypes.TimeTZOID, "interval_cmp": sqltypes.IntervalOID,
		"jsonb_cmp": sqltypes.JSONBOID, "range_cmp": sqltypes.AnyRangeOID, "multirange_cmp": sqltypes.AnyArrayOID,
	} {
		out = append(out, three(source, func(a, b datum) int { return compareValues(t, a, b) }))
	}
	for _, source := range []string{"btarraycmp", "btrecordcmp"} {
		out = append(out, fn2(source, func(_ *Env, a, b datum) (datum, error) {
			c, err := sqltypes.CompareAlike(a, b, true)
			return sqltypes.Int(int64(c)), err
		}))
	}
	bytewise := func(a, b datum) int { return strings.Compare(a.Str(), b.Str()) }
	padded := func(a, b datum) int { return byteDistance([]byte(trimBlanks(a.Str())), []byte(trimBlanks(b.Str()))) }
	name := func(a, b datum) int { // names are compared with the zero bytes behind them
		x, y := a.Str(), b.Str()
		n := min(len(x), len(y))
		if c := byteDistance([]byte(x[:n]), []byte(y[:n])); c != 0 || len(x) == len(y) {
			return c
		}
		if len(x) > n {
			return int(x[n])
		}
		return -int(y[n])
	}
	return append(out, three("btnamecmp", name),
		three("btoidvectorcmp", func(a, b datum) int { return compareVectors(a.Array(), b.Array()) }),
		three("btint2cmp", func(a, b datum) int { return int(a.Int() - b.Int()) }),
		three("btcharcmp", func(a, b datum) int { return int(byte(a.Int())) - int(byte(b.Int())) }),
		three("macaddr_cmp", bytewise), three("macaddr8_cmp", bytewise), three("pg_lsn_cmp", compareUnsigned), three("xid8cmp", compareUnsigned), three("bttidcmp", compareUnsigned),
		three("bpcharcmp", padded), three("btbpchar_pattern_cmp", padded),
		three("bitcmp", func(a, b datum) int {
			x, y := sqltypes.BitBytes(a), sqltypes.BitBytes(b)
			n := min(len(x), len(y))
			if c := byteDistance(x[:n], y[:n]); c != 0 {
				return c
			}
			return compareInts(int64(sqltypes.BitLength(a)), int64(sqltypes.BitLength(b)))
		}),
		three("network_cmp", networkDistance))
}

// byteDistance compares as C's memcmp does where the oracle runs: by how far the first bytes that differ are apart.
func byteDistance(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return int(a[i]) - int(b[i])
		}
	}
	return compareInts(int64(len(a)), int64(len(b)))
}

// networkDistance orders networks: by the bytes both masks cover, the bits they cover, the masks, the addresses.
func networkDistance(x, y datum) int {
	a, m := sqltypes.InetParts(x)
	b, n := sqltypes.InetParts(y)
	p, q := a.AsSlice(), b.AsSlice()
	if len(p) != len(q) {
		return compareInts(int64(len(p)), int64(len(q)))
	}
	common := min(m, n)
	if c := byteDistance(p[:common/8], q[:common/8]); c != 0 {
		return c
	}
	if rest := common % 8; rest != 0 {
		shift := 8 - rest
		if c := compareInts(int64(p[common/8]>>shift), int64(q[common/8]>>shift)); c != 0 {
			return c
		}
	}
	if m != n {
		return m - n
	}
	return byteDistance(p, q)
}

func compareUnsigned(a, b datum) int { return cmp.Compare(uint64(a.Int()), uint64(b.Int())) }

// largerFunctions are X_larger and X_smaller.
func largerFunctions() []entry {
	var out []entry
	add := func(larger, smaller string, t oid) {
		out = append(out,
			fn2(larger, func(_ *Env, a, b datum) (datum, error) {
				if c, err := compareAlike(t, a, b, true); c > 0 || err != nil {
					return a, err
				}
				return b, nil
			}),
			fn2(smaller, func(_ *Env, a, b datum) (datum, error) {
				if c, err := compareAlike(t, a, b, true); c < 0 || err != nil {
					return a, err
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
		"text": sqltypes.TextOID, "date": sqltypes.DateOID, "time": sqltypes.TimeOID,
		"timetz": sqltypes.TimeTZOID, "timestamp": sqltypes.TimestampOID, "interval": sqltypes.IntervalOID,
		"numeric": sqltypes.NumericOID, "network": sqltypes.InetOID, "array": sqltypes.AnyArrayOID,
	} {
		add(prefix+"_larger", prefix+"_smaller", t)
	}
	blank := func(source string, keep func(c int) bool) entry { // of two that differ in their blanks alone, the first
		return fn2(source, func(_ *Env, a, b datum) (datum, error) {
			if keep(compareValues(sqltypes.BPCharOID, a, b)) {
				return a, nil
			}
			return b, nil
		})
	}
	out = append(out, blank("bpchar_larger", func(c int) bool { return c >= 0 }), blank("bpchar_smaller", func(c int) bool { return c <= 0 }))
	add("xid8_larger", "xid8_smaller", sqltypes.XID8OID)
	add("pg_lsn_larger", "pg_lsn_smaller", sqltypes.PGLSNOID)
	add("tidlarger", "tidsmaller", sqltypes.TIDOID)
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

// compareAlike is compareValues with an error for rows of other types. order tells that not only equality is asked for.
func compareAlike(t oid, a, b datum, order bool) (int, error) {
	if k := a.Kind(); k == sqltypes.KindRecord || k == sqltypes.KindArray && t != sqltypes.OIDVectorOID {
		return sqltypes.CompareAlike(a, b, order)
	}
	return compareValues(t, a, b), nil
}

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
