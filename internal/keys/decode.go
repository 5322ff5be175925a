package keys

import (
	"bytes"
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// KeyLossless tells whether DecodeKey gives back every value of the type exactly, so that the row need not repeat it. Of the other
// types some values come back exactly too: ask KeyKeeps.
func KeyLossless(t sqltypes.Type) bool {
	switch t.OID {
	case sqltypes.Float4OID, sqltypes.Float8OID: // -0 and 0 are one key
		return false
	case sqltypes.NumericOID, sqltypes.BPCharOID: // the scale and the blanks are known from the modifier
		return t.Mod >= 4
	case sqltypes.IntervalOID, sqltypes.JSONBOID, sqltypes.RecordOID:
		return false
	}
	if element, ok := sqltypes.ElementOf(t.OID); ok {
		return KeyLossless(sqltypes.Type{OID: element, Mod: t.Mod})
	}
	if subtype, ok := sqltypes.RangeSubtype(t.OID); ok {
		return KeyLossless(sqltypes.T(subtype))
	}
	if rangeType, ok := sqltypes.MultirangeRange(t.OID); ok {
		return KeyLossless(sqltypes.T(rangeType))
	}
	return true
}

// KeyKeeps tells whether DecodeKey gives back this value of the type exactly.
func KeyKeeps(t sqltypes.Type, d sqltypes.Datum) bool {
	if d.IsNull() || KeyLossless(t) {
		return true
	}
	switch t.OID {
	case sqltypes.Float4OID, sqltypes.Float8OID:
		f := d.Float()
		return f != 0 && !math.IsNaN(f) || math.Float64bits(f) == 0
	case sqltypes.NumericOID:
		return int(sqltypes.NumericScale(d)) == sqltypes.NumericMinScale(d)
	case sqltypes.BPCharOID:
		b := d.Bytes()
		return len(b) == 0 || b[len(b)-1] != ' '
	}
	return false
}

// DecodeKey reads one value off a key written with either order of NULLs. The value is equal to the one written, and the same where
// KeyKeeps says so; runs of bytes may share b's memory. Keys of intervals, jsonb and records
// cannot be read.
func DecodeKey(b []byte, t sqltypes.Type) (d sqltypes.Datum, rest []byte, err error) {
	d, rest, ok := takeKey(b, t, 0)
	if !ok {
		return sqltypes.Null, nil, corrupt("a key", t.OID)
	}
	return d, rest, nil
}

// SkipKey is DecodeKey without the value.
func SkipKey(b []byte, t sqltypes.Type) (rest []byte, err error) {
	_, rest, err = DecodeKey(b, t)
	return rest, err
}

const depthMax = 8

func takeKey(b []byte, t sqltypes.Type, depth int) (d sqltypes.Datum, rest []byte, ok bool) {
	if len(b) == 0 || depth > depthMax {
		return sqltypes.Null, nil, false
	}
	first := b[0]
	if first == nullFirst || first == nullLast {
		return sqltypes.Null, b[1:], true
	}
	if kind, fixed := sqltypes.FixedKind(t.OID); fixed && kind == sqltypes.KindInt || t.OID == sqltypes.PGLSNOID || t.OID == sqltypes.TIDOID {
		n, rest, ok := takeInt(b)
		return sqltypes.Int(n), rest, ok
	}
	b = b[1:]
	if t.OID == sqltypes.NumericOID {
		return takeNumeric(first, b, t.Mod)
	}
	if subtype, isRange := sqltypes.RangeSubtype(t.OID); isRange {
		return takeRange(first, b, t.OID, subtype, depth)
	}
	if first != present {
		return sqltypes.Null, nil, false
	}
	element, isArray := sqltypes.ElementOf(t.OID)
	if !isArray {
		element, isArray = sqltypes.MultirangeRange(t.OID)
	}
	if isArray {
		if t.OID == sqltypes.OIDVectorOID {
			if _, b, ok = takeInt(b); !ok {
				return sqltypes.Null, nil, false
			}
		}
		return takeArray(b, sqltypes.Type{OID: element, Mod: t.Mod}, depth)
	}
	return takeFixed(b, t)
}

// takeFixed reads the types of a fixed number of bytes, and runs of bytes.
func takeFixed(b []byte, t sqltypes.Type) (d sqltypes.Datum, rest []byte, ok bool) {
	size := 0
	switch t.OID {
	case sqltypes.Float4OID:
		size = 4
	case sqltypes.Float8OID:
		size = 8
	case sqltypes.UUIDOID:
		size = 16
	case sqltypes.TimeTZOID:
		size = 12
	default:
		return takeBytes(b, t)
	}
	if len(b) < size {
		return sqltypes.Null, nil, false
	}
	be, rest := binary.BigEndian, b[size:]
	switch t.OID {
	case sqltypes.Float4OID:
		bits := be.Uint32(b)
		if bits>>31 != 0 {
			bits ^= 1 << 31
		} else {
			bits = ^bits
		}
		return sqltypes.Float(float64(math.Float32frombits(bits))), rest, true
	case sqltypes.Float8OID:
		bits := be.Uint64(b)
		if bits>>63 != 0 {
			bits ^= 1 << 63
		} else {
			bits = ^bits
		}
		return sqltypes.Float(math.Float64frombits(bits)), rest, true
	case sqltypes.UUIDOID:
		return sqltypes.Bytes(b[:16:16]), rest, true
	case sqltypes.TimeTZOID:
		zone := int32(be.Uint32(b[8:]) ^ 1<<31)
		micros := int64(be.Uint64(b)^1<<63) - int64(zone)*sqltypes.MicrosPerSecond
		return sqltypes.TimeTZ(micros, zone), rest, micros >= 0 && micros <= sqltypes.MicrosPerDay
	}
	panic("keys: a size without a decoder for " + sqltypes.BaseTypeName(t.OID))
}

func takeBytes(b []byte, t sqltypes.Type) (d sqltypes.Datum, rest []byte, ok bool) {
	switch t.OID {
	case sqltypes.InetOID, sqltypes.CIDROID:
		if len(b) == 0 || b[0] != 2 && b[0] != 3 {
			return sqltypes.Null, nil, false
		}
		size := addressSize(b[0])
		if len(b) < 2+2*size {
			return sqltypes.Null, nil, false
		}
		d, ok = makeInet(b[2+size:2+2*size], b[1+size])
		return d, b[2+2*size:], ok
	case sqltypes.JSONBOID, sqltypes.RecordOID, sqltypes.IntervalOID:
		return sqltypes.Null, nil, false
	}
	value, rest, ok := takeEscaped(b)
	if !ok {
		return sqltypes.Null, nil, false
	}
	switch t.OID {
	case sqltypes.BPCharOID:
		return sqltypes.Bytes(padBlanks(value, t.Mod)), rest, true
	case sqltypes.BitOID, sqltypes.VarBitOID:
		if len(rest) < 4 {
			return sqltypes.Null, nil, false
		}
		length := int(binary.BigEndian.Uint32(rest))
		if (length+7)/8 != len(value) {
			return sqltypes.Null, nil, false
		}
		return sqltypes.MakeBits(length, value), rest[4:], true
	}
	return sqltypes.Bytes(value), rest, true
}

// padBlanks gives a char(n) its blanks back.
func padBlanks(b []byte, mod int32) []byte {
	missing := int(mod) - 4 - utf8.RuneCount(b)
	if mod < 4 || missing <= 0 {
		return b
	}
	return append(append(make([]byte, 0, len(b)+missing), b...), bytes.Repeat([]byte{' '}, missing)...)
}

func takeArray(b []byte, element sqltypes.Type, depth int) (d sqltypes.Datum, rest []byte, ok bool) {
	a := &sqltypes.Array{Element: element.OID}
	for {
		if len(b) == 0 {
			return sqltypes.Null, nil, false
		}
		if b[0] == listEnd {
			b = b[1:]
			break
		}
		var e sqltypes.Datum
		if e, b, ok = takeKey(b, element, depth+1); !ok {
			return sqltypes.Null, nil, false
		}
		a.Elements = append(a.Elements, e)
	}
	dimensions, b, ok := takeInt(b)
	if !ok || dimensions < 0 || dimensions > sqltypes.ArrayDimensionsMax {
		return sqltypes.Null, nil, false
	}
	count := int64(1)
	for i := range 2 * dimensions {
		var n int64
		if n, b, ok = takeInt(b); !ok || n != int64(int32(n)) {
			return sqltypes.Null, nil, false
		}
		if i < dimensions {
			if n < 0 || n > sqltypes.ArrayElementsMax {
				return sqltypes.Null, nil, false
			}
			if count *= n; count > int64(len(a.Elements)) {
				return sqltypes.Null, nil, false
			}
			a.Lengths = append(a.Lengths, int32(n))
		} else {
			a.Lowers = append(a.Lowers, int32(n))
		}
	}
	if dimensions == 0 {
		count = 0
	}
	return sqltypes.FromArray(a), b, count == int64(len(a.Elements))
}

func takeRange(first byte, b []byte, t, subtype sqltypes.OID, depth int) (d sqltypes.Datum, rest []byte, ok bool) {
	r := &sqltypes.Range{TypeOID: t}
	if first == rangeEmpty {
		r.Empty = true
		return sqltypes.FromRange(r), b, true
	}
	if first != rangeFilled {
		return sqltypes.Null, nil, false
	}
	bound := func(infinite byte) (v sqltypes.Datum, flag byte, ok bool) {
		if len(b) == 0 {
			return v, 0, false
		}
		mark := b[0]
		if b = b[1:]; mark == infinite {
			return v, 0, true
		}
		v, rest, ok := takeKey(b, sqltypes.T(subtype), depth+1)
		if !ok || v.IsNull() || len(rest) == 0 || rest[0] > 1 {
			return v, 0, false
		}
		b = rest[1:]
		return v, rest[0], true
	}
	var flag byte
	if r.Lower, flag, ok = bound(lowerInfinite); !ok {
		return sqltypes.Null, nil, false
	}
	r.LowerInc = !r.Lower.IsNull() && flag == 0
	if r.Upper, flag, ok = bound(upperInfinite); !ok {
		return sqltypes.Null, nil, false
	}
	r.UpperInc = flag == 1
	return sqltypes.FromRange(r), b, true
}
