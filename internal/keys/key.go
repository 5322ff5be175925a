// Package keys turns SQL values into the bytes that storage keeps: keys whose byte order is the values' order, and rows whose
// columns can be read one by one.
//
// For values a and b of one type, bytes.Compare(AppendKey(a), AppendKey(b)) is sqltypes.Compare(a, b), in particular equal values
// have equal keys; every key ends itself, so keys of several columns are simply put one after the other. A row holds (column id, value)
// pairs of the columns that are not NULL, so that adding or dropping a column touches the catalog only. Every byte is described in
// docs/formats/rows.md. Bytes from disk are never trusted: what is not a key or a row is an error.
package keys

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// ErrCorrupt is the error of bytes that no key or row has.
var ErrCorrupt = errors.New("keys: corrupt bytes")

func corrupt(what string, t sqltypes.OID) error {
	return fmt.Errorf("%w: %s of type %s", ErrCorrupt, what, sqltypes.BaseTypeName(t))
}

// The first byte of a value in a key.
const (
	nullFirst = 0x00
	listEnd   = 0x00 // ends the elements of an array and the fields of a record
	present   = 0x01 // the bytes of the value follow
	nullLast  = 0xFF

	// Integers carry their size in the first byte, small ones themselves.
	intNegative = 0x10 // … 0x17: eight to one byte of a negative number
	intSmall    = 0x18 // … 0xE7: the numbers 0 to 207
	intPositive = 0xE8 // … 0xEF: one to eight bytes of a greater number
	intSmallMax = intPositive - intSmall - 1
)

// AppendKey appends the key of a value; NULL stands behind all values, or before them.
func AppendKey(dst []byte, t sqltypes.OID, d sqltypes.Datum, nullsFirst bool) []byte {
	if d.IsNull() {
		if nullsFirst {
			return append(dst, nullFirst)
		}
		return append(dst, nullLast)
	}
	switch d.Kind() {
	case sqltypes.KindInt:
		switch t {
		case sqltypes.XID8OID, sqltypes.PGLSNOID:
			return appendUint(dst, uint64(d.Int()))
		}
		return appendInt(dst, d.Int())
	case sqltypes.KindFloat:
		return appendFloat(append(dst, present), t, d.Float())
	case sqltypes.KindBytes:
		return appendBytesKey(dst, t, d)
	case sqltypes.KindDecimal, sqltypes.KindBig:
		return appendNumeric(dst, d)
	case sqltypes.KindInterval:
		days, micros := intervalSpan(d.Interval())
		dst = binary.BigEndian.AppendUint64(append(dst, present), flip(days))
		return binary.BigEndian.AppendUint64(dst, uint64(micros))
	case sqltypes.KindTimeTZ:
		dst = binary.BigEndian.AppendUint64(append(dst, present), flip(d.Int()+int64(d.Zone())*sqltypes.MicrosPerSecond))
		return binary.BigEndian.AppendUint32(dst, uint32(d.Zone())^1<<31)
	case sqltypes.KindArray:
		dst = append(dst, present)
		if t == sqltypes.OIDVectorOID { // the shorter one comes first
			dst = appendInt(dst, int64(len(d.Array().Elements)))
		}
		return appendArray(dst, d.Array())
	case sqltypes.KindRecord:
		r := d.Record()
		dst = append(dst, present)
		for i, f := range r.Fields {
			dst = AppendKey(dst, r.Types[i].OID, f, false)
		}
		return append(dst, listEnd)
	case sqltypes.KindRange:
		return appendRange(dst, d.Range())
	}
	return appendEscaped(append(dst, present), []byte(d.Other().Text))
}

func appendBytesKey(dst []byte, t sqltypes.OID, d sqltypes.Datum) []byte {
	b := d.Bytes()
	dst = append(dst, present)
	switch t {
	case sqltypes.UUIDOID:
		return append(dst, b...)
	case sqltypes.BPCharOID:
		return appendEscaped(dst, sqltypes.TrimBlanks(b))
	case sqltypes.BitOID, sqltypes.VarBitOID:
		return append(appendEscaped(dst, b[4:]), b[:4]...)
	case sqltypes.InetOID, sqltypes.CIDROID:
		// The network before the mask before the whole address is PostgreSQL's order.
		address, mask := sqltypes.InetParts(d)
		network, err := address.Prefix(mask)
		if err != nil {
			panic(fmt.Sprintf("keys: inet with a mask of %d bits", mask))
		}
		dst = append(append(dst, b[0]), network.Addr().AsSlice()...)
		return append(append(dst, b[1]), b[2:]...)
	case sqltypes.JSONBOID:
		return appendJSONB(dst, b)
	}
	return appendEscaped(dst, b)
}

// flip makes signed numbers compare as unsigned ones.
func flip(n int64) uint64 { return uint64(n) ^ 1<<63 }

func appendInt(dst []byte, n int64) []byte {
	if n >= 0 {
		return appendUint(dst, uint64(n))
	}
	size := 1
	for size < 8 && n>>(8*size) != -1 {
		size++
	}
	dst = append(dst, byte(intNegative+8-size))
	return appendBytesOf(dst, uint64(n), size)
}

func appendUint(dst []byte, n uint64) []byte {
	if n <= intSmallMax {
		return append(dst, byte(intSmall+n))
	}
	size := 1
	for size < 8 && n>>(8*size) != 0 {
		size++
	}
	return appendBytesOf(append(dst, byte(intPositive+size-1)), n, size)
}

func appendBytesOf(dst []byte, n uint64, size int) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	return append(dst, b[8-size:]...)
}

// takeInt reads what appendInt and appendUint write.
func takeInt(b []byte) (n int64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	first, b := b[0], b[1:]
	size := 0
	switch {
	case first >= intNegative && first < intSmall:
		size, n = 8-int(first-intNegative), -1
	case first >= intSmall && first < intPositive:
		return int64(first - intSmall), b, true
	case first >= intPositive && first < intPositive+8:
		size = int(first-intPositive) + 1
	default:
		return 0, nil, false
	}
	if size > len(b) {
		return 0, nil, false
	}
	for _, c := range b[:size] {
		n = n<<8 | int64(c)
	}
	return n, b[size:], true
}

// appendFloat makes bits whose unsigned order is that of floats; both zeros and all NaNs are one.
func appendFloat(dst []byte, t sqltypes.OID, f float64) []byte {
	if f == 0 {
		f = 0
	}
	if t == sqltypes.Float4OID {
		bits := math.Float32bits(float32(f))
		switch {
		case math.IsNaN(f):
			bits = 0x7FC00000
		case f == 0:
			bits = 0
		}
		if bits>>31 != 0 {
			return binary.BigEndian.AppendUint32(dst, ^bits)
		}
		return binary.BigEndian.AppendUint32(dst, bits|1<<31)
	}
	bits := math.Float64bits(f)
	switch {
	case math.IsNaN(f):
		bits = 0x7FF8000000000000
	case f == 0:
		bits = 0
	}
	if bits>>63 != 0 {
		return binary.BigEndian.AppendUint64(dst, ^bits)
	}
	return binary.BigEndian.AppendUint64(dst, bits|1<<63)
}

// A run of bytes ends with 00 01; a zero inside it is written 00 FF.
const (
	escape     = 0x00
	escapeEnd  = 0x01
	escapeZero = 0xFF
)

func appendEscaped(dst, b []byte) []byte {
	start := 0
	for i, c := range b {
		if c == escape {
			dst = append(append(dst, b[start:i]...), escape, escapeZero)
			start = i + 1
		}
	}
	return append(append(dst, b[start:]...), escape, escapeEnd)
}

// takeEscaped reads what appendEscaped writes; without a zero inside it shares b's memory.
func takeEscaped(b []byte) (value, rest []byte, ok bool) {
	var out []byte
	start := 0
	for i := 0; i+1 < len(b); i++ {
		if b[i] != escape {
			continue
		}
		switch b[i+1] {
		case escapeEnd:
			if out == nil {
				return b[:i:i], b[i+2:], true
			}
			return append(out, b[start:i]...), b[i+2:], true
		case escapeZero:
			out = append(append(out, b[start:i]...), 0)
			start = i + 2
			i++
		default:
			return nil, nil, false
		}
	}
	return nil, nil, false
}

func intervalSpan(v *sqltypes.Interval) (days, micros int64) {
	days, micros = v.Micros/sqltypes.MicrosPerDay, v.Micros%sqltypes.MicrosPerDay
	if micros < 0 {
		days, micros = days-1, micros+sqltypes.MicrosPerDay
	}
	return days + int64(v.Months)*30 + int64(v.Days), micros
}

func appendArray(dst []byte, a *sqltypes.Array) []byte {
	for _, e := range a.Elements {
		dst = AppendKey(dst, a.Element, e, false)
	}
	dst = append(dst, listEnd)
	dst = appendInt(dst, int64(len(a.Lengths)))
	for _, n := range a.Lengths {
		dst = appendInt(dst, int64(n))
	}
	for _, n := range a.Lowers {
		dst = appendInt(dst, int64(n))
	}
	return dst
}

// The marks of a range: an empty one comes first; an unbounded begin before every bound, an unbounded end behind.
const (
	rangeEmpty    = 0x02
	rangeFilled   = 0x03
	lowerInfinite = 0x01
	lowerBound    = 0x02
	upperBound    = 0x01
	upperInfinite = 0x02
)

func appendRange(dst []byte, r *sqltypes.Range) []byte {
	if r.Empty {
		return append(dst, rangeEmpty)
	}
	subtype, _ := sqltypes.RangeSubtype(r.TypeOID)
	flag := func(b bool) byte {
		if b {
			return 1
		}
		return 0
	}
	dst = append(dst, rangeFilled)
	if r.Lower.IsNull() {
		dst = append(dst, lowerInfinite)
	} else {
		dst = append(AppendKey(append(dst, lowerBound), subtype, r.Lower, false), flag(!r.LowerInc))
	}
	if r.Upper.IsNull() {
		return append(dst, upperInfinite)
	}
	return append(AppendKey(append(dst, upperBound), subtype, r.Upper, false), flag(r.UpperInc))
}

// appendJSONB follows jsonb's order: a lone empty array, lone scalars, arrays, objects.
func appendJSONB(dst []byte, b []byte) []byte {
	j := sqltypes.JSONB(b)
	class := byte(2)
	switch {
	case j.Type() == sqltypes.JSONObject:
		class = 4
	case j.Type() == sqltypes.JSONArray && j.Len() > 0:
		class = 3
	case j.Type() == sqltypes.JSONArray:
		class = 1
	}
	return appendJSON(append(dst, class), j)
}

func appendJSON(dst []byte, j sqltypes.JSONB) []byte {
	kind := j.Type()
	dst = append(dst, byte(kind))
	switch kind {
	case sqltypes.JSONString:
		return appendEscaped(dst, []byte(j.Str()))
	case sqltypes.JSONNumber:
		return appendNumeric(dst, j.Number())
	case sqltypes.JSONBool:
		if j.Bool() {
			return append(dst, 1)
		}
		return append(dst, 0)
	case sqltypes.JSONArray:
		dst = appendInt(dst, int64(j.Len()))
		for i := range j.Len() {
			dst = appendJSON(dst, j.Element(i))
		}
	case sqltypes.JSONObject:
		dst = appendInt(dst, int64(j.Len()))
		for i := range j.Len() {
			dst = appendJSON(appendEscaped(dst, []byte(j.Key(i))), j.Value(i))
		}
	}
	return dst
}

// addressSize is the number of bytes of an address of the family.
func addressSize(family byte) int {
	if family == 2 {
		return 4
	}
	return 16
}

func makeInet(b []byte, mask byte) (sqltypes.Datum, bool) {
	address, ok := netip.AddrFromSlice(b)
	if !ok || int(mask) > address.BitLen() {
		return sqltypes.Null, false
	}
	return sqltypes.MakeInet(address, int(mask)), true
}
