package sqltypes

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// fuzzed are the types whose text and binary input take arbitrary bytes.
var fuzzed = []Type{
	T(BoolOID), T(CharOID), T(Int2OID), T(Int4OID), T(Int8OID), T(OIDOID), T(XID8OID), T(Float4OID), T(Float8OID), T(NumericOID),
	{NumericOID, MakeNumericTypmod(10, 3)}, T(TextOID), {VarCharOID, 9}, {BPCharOID, 9}, T(NameOID), T(ByteaOID), T(UUIDOID), T(DateOID),
	T(TimeOID), T(TimeTZOID), T(TimestampOID), T(TimestampTZOID), {TimestampOID, 3}, T(IntervalOID), T(JSONOID), T(JSONBOID), T(VarBitOID),
	T(InetOID), T(CIDROID), T(PGLSNOID), T(TIDOID), T(Int4ArrayOID), T(TextArrayOID), T(NumericArrayOID), T(Int4RangeOID), T(NumRangeOID),
	T(TSTZRangeOID), T(DateRangeOID), T(Int4multirangeOID), T(Int2VectorOID), T(OIDVectorOID), T(JSONBArrayOID), T(TimestampArrayOID), T(RecordOID),
}

// FuzzText demands that what ParseText takes is written as text that reads back as the same value.
func FuzzText(f *testing.F) {
	for i, s := range []string{"t", "a", "-32768", "0x1F", "9223372036854775807", "1", "5", "1e-45", "1.7976931348623157e308", "1e100", "12.345", "NaN",
		"abc  ", "abcde", "é", `\x00ff`, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "Feb 3 2001 BC", "04:05:06.7 PST", "T040506-08", "J2451187", "1999.008",
		"20010203T040506.789 America/New_York", "1 year -2 mons +3 days ago", `{"a":[1,null,"\ud83d\ude00"]}`, "{1,NULL,{2}}", "[0:1]={a,\"b\"}", "[1,5)", "{[1,2),(3,)}",
		"P1Y2M3DT4H5M6.7S", "1-2 3 4:05", "10.0.0.0/8"} {
		for j := range fuzzed {
			if (i+j)%4 == 0 {
				f.Add(byte(j), s)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which byte, s string) {
		typ := fuzzed[int(which)%len(fuzzed)]
		d, err := ParseText(typ, s, nil)
		if err != nil || !utf8.ValidString(s) {
			return
		}
		text := string(AppendText(nil, typ.OID, d, nil))
		back, err := ParseText(typ, text, nil)
		if err != nil {
			t.Fatalf("%s: %q reads as %q, which does not read: %v", TypeName(typ), s, text, err)
		}
		if !Equal(typ.OID, d, back) || Hash(typ.OID, 1, d) != Hash(typ.OID, 1, back) {
			t.Fatalf("%s: %q reads as %q, which is another value", TypeName(typ), s, text)
		}
		if again := string(AppendText(nil, typ.OID, back, nil)); again != text && typ.OID != Float4OID && typ.OID != Float8OID {
			t.Fatalf("%s: %q is written as %q, then as %q", TypeName(typ), s, text, again)
		}
	})
}

// FuzzBinary demands that what ParseBinary takes can be written in both forms, and that the binary form reads back.
func FuzzBinary(f *testing.F) {
	for j, typ := range fuzzed {
		for _, s := range []string{"1", "{1,2}", "2001-02-03 04:05:06", "[1,2)", `{"a":1}`, "1 day", "101"} {
			if d, err := ParseText(typ, s, nil); err == nil {
				if b, err := AppendBinary(nil, typ.OID, d); err == nil {
					f.Add(byte(j), b)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		typ := fuzzed[int(which)%len(fuzzed)]
		d, err := ParseBinary(typ, b)
		if err != nil {
			return
		}
		AppendText(nil, typ.OID, d, nil)
		out, err := AppendBinary(nil, typ.OID, d)
		if err != nil {
			t.Fatalf("%s: %x reads but is not written: %v", TypeName(typ), b, err)
		}
		back, err := ParseBinary(typ, out)
		if err != nil || !Equal(typ.OID, d, back) || Hash(typ.OID, 3, d) != Hash(typ.OID, 3, back) {
			t.Fatalf("%s: %x is written as %x, which reads otherwise: %v", TypeName(typ), b, out, err)
		}
	})
}

// FuzzJSON compares the lexer with encoding/json, which accepts the same texts but for nesting and broken characters.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"x\n\u00e9"],"b":null}`, `[]`, `"\ud83d\ude00"`, ` true `, `[1,]`, `{"a":1,"a":2}`, "-0.0", "01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		err := ValidateJSON(s)
		if valid := json.Valid([]byte(s)); valid != (err == nil) && len(s) < JSONDepthMax {
			t.Fatalf("%q: %v, encoding/json says %v", s, err, valid)
		}
		j, err := ParseJSONB(s)
		if err != nil {
			return
		}
		text := j.String()
		back, err := ParseJSONB(text)
		if err != nil || !bytes.Equal(back.AppendText(nil), []byte(text)) || CompareJSONB(j, back) != 0 {
			t.Fatalf("%q is written as %q, which reads otherwise: %v", s, text, err)
		}
		if j.Type() == JSONObject {
			for i := range j.Len() {
				if v, ok := j.Field(j.Key(i)); !ok || CompareJSONB(v, j.Value(i)) != 0 {
					t.Fatalf("%s: field %q is not found", text, j.Key(i))
				}
			}
		}
	})
}
