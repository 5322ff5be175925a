package keys

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// storable are the types that keys and rows are tested with.
var storable = []sqltypes.Type{
	sqltypes.T(sqltypes.BoolOID), sqltypes.T(sqltypes.CharOID), sqltypes.T(sqltypes.Int2OID), sqltypes.T(sqltypes.Int4OID),
	sqltypes.T(sqltypes.Int8OID), sqltypes.T(sqltypes.OIDOID), sqltypes.T(sqltypes.XID8OID), sqltypes.T(sqltypes.Float4OID),
	sqltypes.T(sqltypes.Float8OID), sqltypes.T(sqltypes.NumericOID), {OID: sqltypes.NumericOID, Mod: sqltypes.MakeNumericTypmod(30, 7)},
	sqltypes.T(sqltypes.TextOID), sqltypes.T(sqltypes.VarCharOID), sqltypes.T(sqltypes.BPCharOID), {OID: sqltypes.BPCharOID, Mod: 14},
	sqltypes.T(sqltypes.NameOID), sqltypes.T(sqltypes.ByteaOID), sqltypes.T(sqltypes.UUIDOID), sqltypes.T(sqltypes.DateOID),
	sqltypes.T(sqltypes.TimeOID), sqltypes.T(sqltypes.TimeTZOID), sqltypes.T(sqltypes.TimestampOID), sqltypes.T(sqltypes.TimestampTZOID),
	sqltypes.T(sqltypes.IntervalOID), sqltypes.T(sqltypes.JSONOID), sqltypes.T(sqltypes.JSONBOID), sqltypes.T(sqltypes.VarBitOID),
	sqltypes.T(sqltypes.InetOID), sqltypes.T(sqltypes.Int4ArrayOID), sqltypes.T(sqltypes.TextArrayOID), sqltypes.T(sqltypes.NumericArrayOID),
	sqltypes.T(sqltypes.Int4RangeOID), sqltypes.T(sqltypes.NumRangeOID), sqltypes.T(sqltypes.TSRangeOID), sqltypes.T(sqltypes.Int4multirangeOID),
	sqltypes.T(sqltypes.OIDVectorOID), sqltypes.T(sqltypes.PGLSNOID),
}

func parse(t rapid.TB, typ sqltypes.Type, s string) sqltypes.Datum {
	d, err := sqltypes.ParseText(typ, s, nil)
	if err != nil {
		t.Fatalf("%s %q: %v", sqltypes.TypeName(typ), s, err)
	}
	return d
}

// draw makes a value of the type.
func draw(t *rapid.T, typ sqltypes.Type, label string) sqltypes.Datum {
	oneOf := func(words ...string) sqltypes.Datum {
		return parse(t, typ, rapid.SampledFrom(words).Draw(t, label))
	}
	switch typ.OID {
	case sqltypes.BoolOID:
		return sqltypes.Bool(rapid.Bool().Draw(t, label))
	case sqltypes.CharOID:
		return sqltypes.Int(int64(rapid.Byte().Draw(t, label)))
	case sqltypes.Int2OID:
		return sqltypes.Int(int64(rapid.Int16().Draw(t, label)))
	case sqltypes.Int4OID:
		return sqltypes.Int(int64(rapid.Int32().Draw(t, label)))
	case sqltypes.Int8OID, sqltypes.XID8OID, sqltypes.PGLSNOID:
		return sqltypes.Int(rapid.Int64().Draw(t, label))
	case sqltypes.OIDOID:
		return sqltypes.Int(int64(rapid.Uint32().Draw(t, label)))
	case sqltypes.Float4OID:
		return sqltypes.Float(float64(float32(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1),
			float64(rapid.Float32().Draw(t, label+" f"))}).Draw(t, label))))
	case sqltypes.Float8OID:
		return sqltypes.Float(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1),
			rapid.Float64().Draw(t, label+" f")}).Draw(t, label))
	case sqltypes.NumericOID:
		return drawNumeric(t, typ, label)
	case sqltypes.TextOID, sqltypes.VarCharOID, sqltypes.NameOID, sqltypes.JSONOID:
		return sqltypes.String(rapid.StringMatching(`[ab\x01é ]{0,5}`).Draw(t, label))
	case sqltypes.BPCharOID:
		return parse(t, typ, rapid.StringMatching(`[ab\x01 ]{0,5}`).Draw(t, label))
	case sqltypes.ByteaOID:
		return sqltypes.Bytes(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 254, 255}), 0, 5).Draw(t, label))
	case sqltypes.UUIDOID:
		return sqltypes.Bytes(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, label))
	case sqltypes.DateOID:
		return sqltypes.Int(rapid.Int64Range(-2451545, 2145031948).Draw(t, label))
	case sqltypes.TimeOID:
		return sqltypes.Int(rapid.Int64Range(0, sqltypes.MicrosPerDay).Draw(t, label))
	case sqltypes.TimeTZOID:
		return sqltypes.TimeTZ(rapid.Int64Range(0, 5).Draw(t, label)*17_000_000_000, rapid.Int32Range(-57599, 57599).Draw(t, label+" zone"))
	case sqltypes.TimestampOID, sqltypes.TimestampTZOID:
		return sqltypes.Int(rapid.Int64Range(-211813488000000000, 9223371331199999999).Draw(t, label))
	case sqltypes.IntervalOID:
		return sqltypes.FromInterval(&sqltypes.Interval{Micros: rapid.Int64().Draw(t, label+" us"), Days: rapid.Int32().Draw(t, label+" days"),
			Months: rapid.Int32().Draw(t, label+" months")})
	case sqltypes.JSONBOID:
		return oneOf("null", "true", "false", "1", "1.0", "-2.5", "1e30", `""`, `"a"`, `"ab"`, "[]", "[[]]", "[1]", "[1, 2]", `["a"]`, "{}", `{"a":1}`,
			`{"a":2}`, `{"b":1}`, `{"aa":1,"b":2}`, `[{"a":[1.00]}]`, `"\u00e9"`)
	case sqltypes.VarBitOID:
		return parse(t, typ, rapid.StringMatching(`[01]{0,18}`).Draw(t, label))
	case sqltypes.InetOID:
		return oneOf("10.0.0.0/8", "10.1.2.3/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0", "::1", "::/0", "2001:db8::1/32", "255.255.255.255")
	case sqltypes.Int4ArrayOID, sqltypes.NumericArrayOID:
		return oneOf("{}", "{1}", "{1,2}", "{{1},{2}}", "{{1,2}}", "[0:1]={1,2}", "{NULL}", "{1,NULL}", "{-5,300}", "{2}")
	case sqltypes.TextArrayOID:
		return oneOf("{}", "{a}", "{a,b}", `{""}`, "{NULL}", "{a,NULL}", "{ab}", "{{a},{b}}")
	case sqltypes.Int4RangeOID, sqltypes.NumRangeOID:
		return oneOf("empty", "(,)", "[1,5)", "(1,5]", "[1,5]", "(1,5)", "(,5)", "[1,)", "[2,3)", "[-7,1000)")
	case sqltypes.TSRangeOID:
		return oneOf("empty", "(,)", "[2001-01-01,2002-01-01)", "(2001-01-01,2002-01-01]", "(,infinity)")
	case sqltypes.Int4multirangeOID:
		return oneOf("{}", "{[1,2)}", "{[1,2),[5,7)}", "{(,)}")
	case sqltypes.OIDVectorOID:
		return oneOf("", "1", "1 2", "2", "300")
	}
	t.Fatalf("no values of type %s", sqltypes.TypeName(typ))
	return sqltypes.Null
}

func drawNumeric(t *rapid.T, typ sqltypes.Type, label string) sqltypes.Datum {
	s := rapid.StringMatching(`-?[0-9]{1,20}(\.[0-9]{1,7})?`).Draw(t, label)
	if typ.Mod < 0 {
		s = rapid.SampledFrom([]string{s, "NaN", "Infinity", "-Infinity", "0", "0.00", "1e50", "1.10", "1.1", "-1e-50", "100", "1e2", "10.5"}).Draw(t, label+" or")
		if rapid.Bool().Draw(t, label+" exponent") && strings.ContainsAny(s, "0123456789") {
			s = strings.SplitN(s, "e", 2)[0] + "e" + rapid.SampledFrom([]string{"-40", "-3", "-1", "1", "2", "30"}).Draw(t, label+" e")
		}
	}
	return parse(t, typ, s)
}

func same(t sqltypes.Type, a, b sqltypes.Datum) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() == b.IsNull()
	}
	return sqltypes.Text(t.OID, a, nil) == sqltypes.Text(t.OID, b, nil)
}

func sign(n int) int { return min(max(n, -1), 1) }

// TestKeyOrder demands that the bytes of keys order as the values do, with NULLs at the chosen end, and read back.
func TestKeyOrder(t *testing.T) {
	for _, typ := range storable {
		t.Run(sqltypes.TypeName(typ), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a, b := draw(t, typ, "a"), draw(t, typ, "b")
				ka, kb := AppendKey(nil, typ.OID, a, false), AppendKey(nil, typ.OID, b, false)
				if got, want := bytes.Compare(ka, kb), sign(sqltypes.Compare(typ.OID, a, b)); got != want {
					t.Fatalf("%s against %s: keys %x %x say %d, want %d", sqltypes.Text(typ.OID, a, nil), sqltypes.Text(typ.OID, b, nil), ka, kb, got, want)
				}
				// What follows a key must not matter unless the values are equal.
				if c := sqltypes.Compare(typ.OID, a, b); c != 0 {
					if got := bytes.Compare(append(bytes.Clone(ka), 0xFF), append(bytes.Clone(kb), 0x00)); got != sign(c) {
						t.Fatalf("keys %x %x do not end themselves", ka, kb)
					}
				}
				if bytes.Compare(ka, AppendKey(nil, typ.OID, sqltypes.Null, false)) >= 0 || bytes.Compare(ka, AppendKey(nil, typ.OID, sqltypes.Null, true)) <= 0 {
					t.Fatalf("key %x is beyond NULL", ka)
				}
				checkDecode(t, typ, a, ka)
			})
		})
	}
}

func checkDecode(t *rapid.T, typ sqltypes.Type, a sqltypes.Datum, key []byte) {
	switch typ.OID {
	case sqltypes.JSONBOID, sqltypes.IntervalOID:
		if _, _, err := DecodeKey(key, typ); err == nil {
			t.Fatalf("a key of %s was read", sqltypes.TypeName(typ))
		}
		return
	}
	d, rest, err := DecodeKey(append(bytes.Clone(key), 7), typ)
	if err != nil || len(rest) != 1 {
		t.Fatalf("%x: %v, rest %x", key, err, rest)
	}
	if !sqltypes.Equal(typ.OID, a, d) || KeyKeeps(typ, a) && !same(typ, a, d) {
		t.Fatalf("%s reads back as %s", sqltypes.Text(typ.OID, a, nil), sqltypes.Text(typ.OID, d, nil))
	}
	if KeyLossless(typ) && !KeyKeeps(typ, a) {
		t.Fatal("a lossless type has a value it does not keep")
	}
}

// TestRow writes rows of all types with NULLs and reads them whole, in part, and with columns they do not have.
func TestRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var cols []Column
		var values []sqltypes.Datum
		id := uint32(0)
		for range rapid.IntRange(0, 12).Draw(t, "columns") {
			id += rapid.SampledFrom([]uint32{1, 2, 1, 1, 300}).Draw(t, "step")
			c := Column{id, rapid.SampledFrom(storable).Draw(t, "type")}
			v := sqltypes.Null
			if rapid.IntRange(0, 4).Draw(t, "null") > 0 {
				v = draw(t, c.Type, "value")
				if c.Type.OID == sqltypes.TextOID && rapid.IntRange(0, 5).Draw(t, "long") == 0 {
					v = sqltypes.String(strings.Repeat(v.Str()+"x", rapid.SampledFrom([]int{100, 3000, 70000}).Draw(t, "repeat")))
				}
			}
			cols, values = append(cols, c), append(values, v)
		}
		row := AppendRow([]byte("head"), cols, values)[4:]
		var wanted []Wanted
		for i := range cols {
			if rapid.Bool().Draw(t, "want") {
				wanted = append(wanted, Wanted{cols[i], i})
			}
		}
		wanted = append(wanted, Wanted{Column{id + 1, sqltypes.T(sqltypes.Int4OID)}, len(cols)})
		r := NewReader(rapid.Permutation(wanted).Draw(t, "order"))
		for range 2 { // the second time the head is known
			out := make([]sqltypes.Datum, len(cols)+1)
			if err := r.Decode(row, out); err != nil {
				t.Fatal(err)
			}
			for _, w := range wanted {
				want := sqltypes.Null
				if w.Out < len(values) {
					want = values[w.Out]
				}
				if !same(w.Type, want, out[w.Out]) {
					t.Fatalf("column %d reads %v", w.ID, out[w.Out])
				}
			}
			if err := r.Decode(AppendRow(nil, nil, nil), out); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestCompression(t *testing.T) {
	cols := []Column{{1, sqltypes.T(sqltypes.TextOID)}, {2, sqltypes.T(sqltypes.ByteaOID)}, {3, sqltypes.T(sqltypes.Int4OID)}}
	text := sqltypes.String(strings.Repeat("all work and no play ", 50_000))
	row := AppendRow(nil, cols, []sqltypes.Datum{text, sqltypes.String("raw"), sqltypes.Int(5)})
	if len(row) > 100_000 || StoredSize(sqltypes.TextOID, text) > 100_000 {
		t.Fatalf("a text of a million bytes takes %d", len(row))
	}
	out := make([]sqltypes.Datum, 3)
	if err := NewRowReader(cols).Decode(row, out); err != nil {
		t.Fatal(err)
	}
	if out[0].Str() != text.Str() || out[1].Str() != "raw" || out[2].Int() != 5 {
		t.Fatal("the row reads back differently")
	}
}

func FuzzDecodeRow(f *testing.F) {
	var wanted []Column
	for i, typ := range storable {
		wanted = append(wanted, Column{uint32(i + 1), typ})
	}
	f.Add(AppendRow(nil, wanted[:5], []sqltypes.Datum{sqltypes.Bool(true), sqltypes.Null, sqltypes.Int(3), sqltypes.Int(-4), sqltypes.Int(1 << 40)}))
	f.Add(AppendRow(nil, wanted[11:12], []sqltypes.Datum{sqltypes.String(strings.Repeat("x", 5000))}))
	f.Add([]byte{rowVersion, 2, 9, 10, 1, 2, 0, 0})
	f.Fuzz(func(t *testing.T, row []byte) {
		out := make([]sqltypes.Datum, len(wanted))
		r := NewRowReader(wanted)
		if err := r.Decode(row, out); err != nil {
			return
		}
		if err := r.Decode(row, out); err != nil {
			t.Fatalf("second time: %v", err)
		}
	})
}

func FuzzDecodeKey(f *testing.F) {
	for i := range storable {
		f.Add(byte(i), []byte{present, 1, 2, 3, 0, 1})
	}
	f.Add(byte(9), AppendKey(nil, sqltypes.NumericOID, sqltypes.SmallDecimal(-12345, 3), false))
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		typ := storable[int(which)%len(storable)]
		d, rest, err := DecodeKey(b, typ)
		if err != nil || d.IsNull() {
			return
		}
		// Keys that are not the shortest form read too; writing such a value and reading it again must be stable.
		key := AppendKey(nil, typ.OID, d, false)
		back, _, err := DecodeKey(key, typ)
		if err != nil || !sqltypes.Equal(typ.OID, d, back) {
			t.Fatalf("%x (rest %x) reads as a value whose key %x does not read back: %v", b, rest, key, err)
		}
	})
}

func benchmarkRow() ([]Column, []sqltypes.Datum) {
	return []Column{{1, sqltypes.T(sqltypes.Int4OID)}, {2, sqltypes.T(sqltypes.Int4OID)}, {3, sqltypes.T(sqltypes.Int8OID)},
			{4, sqltypes.T(sqltypes.TimestampOID)}, {5, sqltypes.T(sqltypes.BPCharOID)}},
		[]sqltypes.Datum{sqltypes.Int(123456), sqltypes.Int(7), sqltypes.Int(-98765), sqltypes.Int(812345678901234), sqltypes.String(strings.Repeat(" ", 84))}
}

func BenchmarkDecodeRow(b *testing.B) {
	cols, values := benchmarkRow()
	row := AppendRow(nil, cols, values)
	r, out := NewRowReader(cols), make([]sqltypes.Datum, len(cols))
	for b.Loop() {
		if err := r.Decode(row, out); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendRow(b *testing.B) {
	cols, values := benchmarkRow()
	var row []byte
	for b.Loop() {
		row = AppendRow(row[:0], cols, values)
	}
}

func BenchmarkAppendKey(b *testing.B) {
	for name, c := range map[string]struct {
		t sqltypes.OID
		d sqltypes.Datum
	}{"int8": {sqltypes.Int8OID, sqltypes.Int(123456)}, "uuid": {sqltypes.UUIDOID, sqltypes.Bytes(make([]byte, 16))},
		"text": {sqltypes.TextOID, sqltypes.String("customer-12345")}, "numeric": {sqltypes.NumericOID, sqltypes.SmallDecimal(1234567, 2)}} {
		b.Run(name, func(b *testing.B) {
			var key []byte
			for b.Loop() {
				key = AppendKey(key[:0], c.t, c.d, false)
			}
		})
	}
}
