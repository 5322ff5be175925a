package sqltypes

import (
	"encoding/hex"
	"errors"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
)

func TestTypeName(t *testing.T) {
	for _, c := range []struct {
		t    Type
		want string
	}{
		{T(Int4OID), "integer"}, {T(BPCharOID), "bpchar"}, {Type{BPCharOID, 7}, "character(3)"}, {Type{VarCharOID, 14}, "character varying(10)"},
		{Type{VarCharArrayOID, 14}, "character varying(10)[]"}, {T(BitOID), `"bit"`}, {Type{BitOID, 3}, "bit(3)"}, {T(CharOID), `"char"`},
		{Type{TimestampTZOID, 3}, "timestamp(3) with time zone"}, {T(TimestampTZOID), "timestamp with time zone"}, {Type{TimeOID, 0}, "time(0) without time zone"},
		{Type{NumericOID, MakeNumericTypmod(10, -2)}, "numeric(10,-2)"}, {Type{NumericArrayOID, MakeNumericTypmod(10, 2)}, "numeric(10,2)[]"},
		{Type{IntervalOID, MakeIntervalTypmod(IntervalDay|IntervalHour|IntervalMinute|IntervalSecond, 3)}, "interval day to second(3)"},
		{Type{IntervalOID, MakeIntervalTypmod(IntervalFullRange, 2)}, "interval(2)"}, {T(Int2VectorOID), "int2vector"}, {T(999999), "???"},
	} {
		if got := TypeName(c.t); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	if got := BaseTypeName(BPCharOID); got != "character" {
		t.Errorf("got %s", got)
	}
}

func TestLookups(t *testing.T) {
	for _, info := range typeRows {
		if got, ok := Lookup(info.OID); !ok || got.Name != info.Name {
			t.Fatalf("%s is not found", info.Name)
		}
		if array, ok := ArrayOf(info.OID); ok {
			if element, ok := ElementOf(array); !ok || element != info.OID {
				if !strings.HasPrefix(info.Name, "_") {
					t.Errorf("%s: array %d has element %d", info.Name, array, element)
				}
			}
		}
	}
	if e, _ := ElementOf(Int4ArrayOID); e != Int4OID || Category(TextOID) != 'S' || !IsPreferred(TextOID) || TypeLen(Int8OID) != 8 || Category(123456) != 'X' {
		t.Error("wrong facts")
	}
}

func TestCoercion(t *testing.T) {
	for _, c := range []struct {
		t        Type
		input    string
		explicit bool
		want     string
	}{
		{Type{VarCharOID, 7}, "abcd", true, "abc"}, {Type{VarCharOID, 7}, "abcd", false, "!22001 value too long for type character varying(3)"},
		{Type{VarCharOID, 7}, "éàü ", false, "éàü"}, {Type{BPCharOID, 7}, "abcd", true, "abc"}, {Type{BPCharOID, 9}, "é", false, "é    "},
		{Type{BPCharOID, 7}, "abcd", false, "!22001 value too long for type character(3)"},
		{Type{NumericOID, MakeNumericTypmod(4, 1)}, "123.45", false, "123.5"},
		{Type{NumericOID, MakeNumericTypmod(4, 1)}, "999.95", false, "!22003 numeric field overflow"},
		{Type{TimestampOID, 0}, "2001-02-03 04:05:06.5", false, "2001-02-03 04:05:07"}, {Type{TimeOID, 1}, "23:59:59.99", false, "24:00:00"},
		{Type{BitOID, 4}, "101", true, "1010"}, {Type{BitOID, 2}, "101", true, "10"}, {Type{BitOID, 4}, "101", false, "!22026 bit string length 3 does not match type bit(4)"},
		{Type{VarBitOID, 2}, "101", true, "10"}, {Type{VarCharArrayOID, 5}, "{abc,d}", true, "{a,d}"},
		{Type{IntervalOID, MakeIntervalTypmod(IntervalHour, IntervalFullPrecision)}, "1 day 02:59", false, "1 day 02:00:00"},
	} {
		d, err := ParseText(T(c.t.OID), c.input, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		var e *pgerror.Error
		if d, err = CoerceTypmod(c.t, d, c.explicit); errors.As(err, &e) {
			got = "!" + string(e.Code) + " " + e.Message
		} else {
			got = Text(c.t.OID, d, nil)
		}
		if got != c.want {
			t.Errorf("%s %q: got %q, want %q", TypeName(c.t), c.input, got, c.want)
		}
	}
}

// Words such as now depend on the transaction's start and the session's zone.
func TestNow(t *testing.T) {
	loc, _ := LoadZone("america/new_york")
	f := &Format{Location: loc, Now: func() time.Time { return time.Date(2001, 7, 5, 3, 30, 15, 250_000_000, time.UTC) }}
	for _, c := range []struct {
		t           OID
		input, want string
	}{
		{TimestampTZOID, "now", "2001-07-04 23:30:15.25-04"}, {TimestampOID, "now", "2001-07-04 23:30:15.25"}, {DateOID, "now", "2001-07-04"},
		{DateOID, "today", "2001-07-04"}, {DateOID, "tomorrow", "2001-07-05"}, {DateOID, "yesterday", "2001-07-03"}, {TimeOID, "now", "23:30:15.25"},
		{TimeTZOID, "now", "23:30:15.25-04"}, {TimestampOID, "tomorrow 04:05", "2001-07-05 04:05:00"}, {TimestampTZOID, "yesterday 10:00 UTC", "2001-07-03 06:00:00-04"},
		{TimestampTZOID, "today allballs", "2001-07-03 20:00:00-04"}, {TimeTZOID, "04:05", "04:05:00-04"},
	} {
		d, err := ParseText(T(c.t), c.input, f)
		if err != nil || Text(c.t, d, f) != c.want {
			t.Errorf("%s %q: %v %v, want %s", BaseTypeName(c.t), c.input, Text(c.t, d, f), err, c.want)
		}
	}
}

func TestZones(t *testing.T) {
	for _, name := range []string{"UTC", "america/new_york", "Europe/Berlin", "EST5EDT", "UTC+3", "<+03>-3", "FOO-5:30", "ABC3DEF,M3.2.0/2,M11.1.0/2", "Zulu"} {
		if _, ok := LoadZone(name); !ok {
			t.Errorf("%s is not found", name)
		}
	}
	for _, name := range []string{"", "PST", "Nowhere/City", "UTC+", "A", "../etc/passwd", "America", "UTC+200", strings.Repeat("x", 300)} {
		if loc, ok := LoadZone(name); ok && name != "A" {
			t.Errorf("%q is %v", name, loc)
		}
	}
	if len(ZoneNames()) < 500 || len(ZoneAbbrevs()) < 190 {
		t.Error("zones are missing")
	}
	if _, err := ZoneOf("nowhere"); err == nil {
		t.Error("nowhere is a zone")
	}
	if loc, err := ZoneOf("pst"); err != nil || OffsetAt(0, loc) != -8*3600 {
		t.Error("pst is no zone")
	}
	msk, _ := LookupAbbrev("msk")
	for at, want := range map[string]int{"2000-01-01": 3 * 3600, "2012-01-01": 4 * 3600, "2020-01-01": 3 * 3600} {
		d, _ := ParseText(T(TimestampTZOID), at, nil)
		if offset, dst := msk.At(d.Int()); offset != want || dst {
			t.Errorf("msk is %d at %s", offset, at)
		}
	}
	berlin, _ := LoadZone("Europe/Berlin")
	r := rand.New(rand.NewSource(1))
	for range 2000 {
		at := r.Int63n(2_000_000_000_000_000) - 1_000_000_000_000_000
		local, ok := ToLocal(at, berlin)
		back, ok2 := FromLocal(local, berlin)
		if !ok || !ok2 || back != at && back-at != MicrosPerHour {
			t.Fatalf("%d becomes %d", at, back)
		}
	}
}

func TestCalendar(t *testing.T) {
	for day := 0; day < 6_000_000; day += 13 {
		y, m, d := FromJulianDay(day)
		if JulianDay(y, m, d) != day || d < 1 || d > DaysInMonth(y, m) {
			t.Fatalf("day %d is %d-%d-%d", day, y, m, d)
		}
		if day > UnixEpochJulian-700_000 && day < UnixEpochJulian+700_000 {
			g := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
			wy, ww := g.ISOWeek()
			if y2, w2 := ISOWeek(y, m, d); int(g.Weekday()) != Weekday(day) || y2 != wy || w2 != ww {
				t.Fatalf("%v: weekday %d, ISO week %d of %d", g, Weekday(day), w2, y2)
			}
		}
	}
}

func TestCheckText(t *testing.T) {
	for text, want := range map[string]string{
		"abc é 日本 😀": "", "a\x00": `invalid byte sequence for encoding "UTF8": 0x00`, "\xe9": `invalid byte sequence for encoding "UTF8": 0xe9`,
		"a\xe9bc": `invalid byte sequence for encoding "UTF8": 0xe9 0x62 0x63`, "\xff": `invalid byte sequence for encoding "UTF8": 0xff`,
		"\xed\xa0\x80": `invalid byte sequence for encoding "UTF8": 0xed 0xa0 0x80`, "\xc0\x80": `invalid byte sequence for encoding "UTF8": 0xc0 0x80`,
	} {
		got := ""
		if err := CheckText([]byte(text)); err != nil {
			got = pgerror.From(err).Message
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestJSONB(t *testing.T) {
	j, err := ParseJSONB(`{"b": [1, {"x": "é\n"}, 2.50], "a": null, "b2": true, "big": 123456789012345678901234567890}`)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := j.Field("b")
	x, ok := b.Element(1).Field("x")
	if !ok || x.Str() != "é\n" || b.Len() != 3 || Text(NumericOID, b.Element(2).Number(), nil) != "2.50" {
		t.Error("values are not found")
	}
	if _, ok := j.Field("c"); ok {
		t.Error("a missing field was found")
	}
	if big, _ := j.Field("big"); Text(NumericOID, big.Number(), nil) != "123456789012345678901234567890" {
		t.Error("a big number changed")
	}
	var pairs []JSONBPair
	for i := range 20000 {
		pairs = append(pairs, JSONBPair{strings.Repeat("k", i%7) + string(rune('a'+i%26)) + Text(Int4OID, Int(int64(i)), nil), JSONBNumber(NumericFromInt64(int64(i)))})
	}
	large := JSONBObject(pairs...)
	for _, p := range pairs {
		if v, ok := large.Field(p.Key); !ok || CompareJSONB(v, p.Value) != 0 {
			t.Fatalf("%s is not found", p.Key)
		}
	}
	if got := JSONBArray(JSONBNull(), JSONBBool(true), JSONBString("a\"b"), JSONBObject(JSONBPair{"x", JSONBArray()})).String(); got != `[null, true, "a\"b", {"x": []}]` {
		t.Error(got)
	}
}

func TestNumericSumKeepsExact(t *testing.T) {
	r := rand.New(rand.NewSource(9))
	var s, left, right NumericSum
	want := SmallDecimal(0, 0)
	var err error
	for i := range 5000 {
		d := SmallDecimal(int64(r.Uint64()), int32(r.Intn(12)))
		if i%100 == 0 {
			d = mustNumeric(t, "1234567890123456789012345678901234567890.123")
		}
		s.Add(d)
		if i%2 == 0 {
			left.Add(d)
		} else {
			right.Add(d)
		}
		if want, err = NumericAdd(want, d); err != nil {
			t.Fatal(err)
		}
	}
	left.Merge(&right)
	for _, sum := range []*NumericSum{&s, &left} {
		if got, err := sum.Sum(); err != nil || Text(NumericOID, got, nil) != Text(NumericOID, want, nil) {
			t.Errorf("got %s, want %s", Text(NumericOID, got, nil), Text(NumericOID, want, nil))
		}
	}
	var ints NumericSum
	for range 3 {
		ints.AddInt64(1<<63 - 1)
	}
	ints.RemoveInt64(5)
	if got, _ := ints.Sum(); Text(NumericOID, got, nil) != "27670116110564327416" || ints.Count != 2 {
		t.Errorf("got %s of %d", Text(NumericOID, got, nil), ints.Count)
	}
}

// hot are the values whose text must not cost an allocation.
func hot() map[string]struct {
	t OID
	d Datum
} {
	return map[string]struct {
		t OID
		d Datum
	}{
		"int4": {Int4OID, Int(-123456)}, "int8": {Int8OID, Int(1 << 60)}, "text": {TextOID, String("hello")}, "timestamp": {TimestampOID, Int(812345678901234)},
		"timestamptz": {TimestampTZOID, Int(812345678901234)}, "date": {DateOID, Int(9000)}, "numeric": {NumericOID, SmallDecimal(-1234567, 2)},
		"float8": {Float8OID, Float(1234.5678)}, "bool": {BoolOID, Bool(true)}, "uuid": {UUIDOID, Bytes(make([]byte, 16))},
	}
}

func TestTextDoesNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 256)
	berlin, _ := LoadZone("Europe/Berlin")
	f := &Format{Location: berlin}
	for name, c := range hot() {
		if n := testing.AllocsPerRun(100, func() { buf = AppendText(buf[:0], c.t, c.d, f) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
		if n := testing.AllocsPerRun(100, func() { buf, _ = AppendBinary(buf[:0], c.t, c.d) }); n != 0 && name != "numeric" {
			t.Errorf("%s: %v allocations in binary", name, n)
		}
	}
	sum := &NumericSum{}
	if n := testing.AllocsPerRun(100, func() { sum.Add(SmallDecimal(1<<62, 3)) }); n != 0 {
		t.Errorf("sum: %v allocations", n)
	}
}

func BenchmarkAppendText(b *testing.B) {
	for name, c := range hot() {
		b.Run(name, func(b *testing.B) {
			buf := make([]byte, 0, 256)
			for b.Loop() {
				buf = AppendText(buf[:0], c.t, c.d, nil)
			}
		})
	}
}

func BenchmarkParseText(b *testing.B) {
	for name, c := range map[string]struct {
		t Type
		s string
	}{"int4": {T(Int4OID), "-123456"}, "numeric": {T(NumericOID), "-12345.67"}, "timestamp": {T(TimestampOID), "2001-02-03 04:05:06.789"},
		"timestamptz": {T(TimestampTZOID), "2001-02-03 04:05:06.789+02"}, "date": {T(DateOID), "2001-02-03"}, "uuid": {T(UUIDOID), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		"jsonb": {T(JSONBOID), `{"id": 12345, "name": "Ann", "tags": ["a", "b"], "address": {"city": "Paris"}}`}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseText(c.t, c.s, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNumeric(b *testing.B) {
	x, y := SmallDecimal(1234567, 2), SmallDecimal(98765, 4)
	for name, f := range map[string]func(a, b Datum) (Datum, error){"add": NumericAdd, "mul": NumericMul, "div": NumericDiv} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := f(x, y); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The text and bytes are those of PostgreSQL's ROW(1, 'a b', NULL, ”, E'x"y\\z,(', ARRAY[1,2], '[1,2)'::int4range).
func TestRecord(t *testing.T) {
	r := &Record{TypeOID: RecordOID}
	for _, f := range []struct {
		t    OID
		text string
	}{{Int4OID, "1"}, {TextOID, "a b"}, {TextOID, "NULL"}, {TextOID, ""}, {TextOID, `x"y\z,(`}, {Int4ArrayOID, "{1,2}"}, {Int4RangeOID, "[1,2)"}} {
		d, err := ParseText(T(f.t), f.text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if f.text == "NULL" {
			d = Null
		}
		r.Types, r.Fields = append(r.Types, T(f.t)), append(r.Fields, d)
	}
	d := FromRecord(r)
	if got, want := Text(RecordOID, d, nil), `(1,"a b",,"","x""y\\z,(","{1,2}","[1,2)")`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	b, err := AppendBinary(nil, RecordOID, d)
	const want = "00000007" + "00000017" + "0000000400000001" + "00000019" + "00000003612062" + "00000019" + "ffffffff" + "00000019" + "00000000" +
		"00000019" + "00000007782279" + "5c7a2c28" + "000003ef" + "0000002400000001000000000000001700000002000000010000000400000001" + "0000000400000002" +
		"00000f40" + "000000110200000004000000010000000400000002"
	if err != nil || hex.EncodeToString(b) != want {
		t.Errorf("got %x (%v)", b, err)
	}
	if _, err := ParseText(T(RecordOID), "(1,2)", nil); !pgerror.HasCode(err, pgerror.FeatureNotSupported) {
		t.Error(err)
	}
	smaller := FromRecord(&Record{TypeOID: RecordOID, Types: r.Types, Fields: append([]Datum{Int(0)}, r.Fields[1:]...)})
	if Compare(RecordOID, smaller, d) != -1 || Compare(RecordOID, d, d) != 0 || Hash(RecordOID, 1, d) != Hash(RecordOID, 1, FromRecord(r)) {
		t.Error("records compare wrongly")
	}
}
