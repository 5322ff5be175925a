package keys

import (
	"encoding/binary"
	"math"
	"math/big"

	"github.com/klauspost/compress/s2"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// CompressMin is the size in bytes from which text, bytea and json are kept compressed when that saves an eighth.
const CompressMin = 2048

// expandedMax bounds what a compressed value may become; greater values are kept as they are.
const expandedMax = 256 << 20

// The first byte of a run of bytes in a row that has codecs.
const (
	codecNone = 0
	codecS2   = 1
)

func compressible(t sqltypes.OID) bool {
	switch t {
	case sqltypes.TextOID, sqltypes.VarCharOID, sqltypes.BPCharOID, sqltypes.ByteaOID, sqltypes.JSONOID, sqltypes.JSONBOID:
		return true
	}
	return false
}

func compress(b []byte) ([]byte, bool) {
	if len(b) > expandedMax {
		return nil, false
	}
	packed := s2.Encode(nil, b)
	return packed, len(packed) <= len(b)-len(b)/8
}

// StoredSize is the number of bytes a value takes in a row, compressed if it is kept so; the size limits of text, bytea and
// json are about this number.
func StoredSize(t sqltypes.OID, d sqltypes.Datum) int {
	switch {
	case d.IsNull():
		return 0
	case d.Kind() != sqltypes.KindBytes:
		return len(appendValue(nil, t, d))
	}
	b := d.Bytes()
	if len(b) >= CompressMin && compressible(t) {
		if packed, ok := compress(b); ok {
			return len(packed)
		}
	}
	return len(b)
}

func valueSizeMax(d sqltypes.Datum) int {
	switch d.Kind() {
	case sqltypes.KindInt, sqltypes.KindFloat:
		return 8
	case sqltypes.KindDecimal:
		return 16
	case sqltypes.KindInterval, sqltypes.KindTimeTZ:
		return 16
	case sqltypes.KindBig:
		return 16 + d.Big().Coeff.BitLen()/8
	}
	return math.MaxUint16 + 1 // rare and of unknown size: wide ends
}

// appendValue writes a value that is not a run of bytes.
func appendValue(dst []byte, t sqltypes.OID, d sqltypes.Datum) []byte {
	le := binary.LittleEndian
	switch d.Kind() {
	case sqltypes.KindInt:
		return appendShort(dst, d.Int())
	case sqltypes.KindFloat:
		if t == sqltypes.Float4OID {
			return le.AppendUint32(dst, math.Float32bits(float32(d.Float())))
		}
		return le.AppendUint64(dst, math.Float64bits(d.Float()))
	case sqltypes.KindDecimal:
		if d.Scale() > numericScaleMax {
			return appendBig(dst, d)
		}
		return appendShort(append(dst, byte(d.Scale())), d.Coefficient())
	case sqltypes.KindBig:
		return appendBig(dst, d)
	case sqltypes.KindInterval:
		v := d.Interval()
		return le.AppendUint32(le.AppendUint32(le.AppendUint64(dst, uint64(v.Micros)), uint32(v.Days)), uint32(v.Months))
	case sqltypes.KindTimeTZ:
		return le.AppendUint32(le.AppendUint64(dst, uint64(d.Int())), uint32(d.Zone()))
	}
	out, err := sqltypes.AppendBinary(dst, t, d)
	if err != nil {
		panic("keys: a value that rows cannot hold: " + err.Error())
	}
	return out
}

// appendShort writes a number in as few bytes as show it, the lowest first; 0 in none.
func appendShort(dst []byte, n int64) []byte {
	if n == 0 {
		return dst
	}
	for n < -128 || n > 127 {
		dst = append(dst, byte(n))
		n >>= 8
	}
	return append(dst, byte(n))
}

// shortInt reads what appendShort writes.
func shortInt(b []byte) (int64, bool) {
	switch len(b) {
	case 0:
		return 0, true
	case 1:
		return int64(int8(b[0])), true
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b))), true
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b))), true
	case 8:
		return int64(binary.LittleEndian.Uint64(b)), true
	case 3, 5, 6, 7:
		n := int64(int8(b[len(b)-1]))
		for i := len(b) - 2; i >= 0; i-- {
			n = n<<8 | int64(b[i])
		}
		return n, true
	}
	return 0, false
}

// The first byte of a numeric: its scale up to numericScaleMax with the coefficient as a short number behind it, or one of these.
const (
	numericScaleMax    = 0xF0
	numericRowBig      = 0xFB // uvarint scale, sign byte, magnitude with the highest byte first
	numericRowMinusInf = 0xFC
	numericRowInf      = 0xFD
	numericRowNaN      = 0xFE
)

func appendBig(dst []byte, d sqltypes.Datum) []byte {
	switch sqltypes.NumericSpecial(d) {
	case 'n':
		return append(dst, numericRowNaN)
	case '+':
		return append(dst, numericRowInf)
	case '-':
		return append(dst, numericRowMinusInf)
	}
	v, scale := sqltypes.NumericParts(d)
	dst = binary.AppendUvarint(append(dst, numericRowBig), uint64(scale))
	sign := byte(0)
	if v.Sign() < 0 {
		sign = 1
	}
	return append(append(dst, sign), v.Bytes()...)
}

func numericValue(b []byte) (sqltypes.Datum, bool) {
	if len(b) == 0 {
		return sqltypes.Null, false
	}
	first, rest := b[0], b[1:]
	if first <= numericScaleMax {
		n, ok := shortInt(rest)
		return sqltypes.SmallDecimal(n, int32(first)), ok
	}
	switch first {
	case numericRowNaN:
		return sqltypes.NumericNaN(), len(rest) == 0
	case numericRowInf, numericRowMinusInf:
		return sqltypes.NumericInfinity(first == numericRowMinusInf), len(rest) == 0
	case numericRowBig:
	default:
		return sqltypes.Null, false
	}
	scale, n := binary.Uvarint(rest)
	if n <= 0 || scale > sqltypes.NumericScaleMax || len(rest) <= n || rest[n] > 1 || len(rest) > 1<<17 {
		return sqltypes.Null, false
	}
	v := new(big.Int).SetBytes(rest[n+1:])
	if rest[n] == 1 {
		v.Neg(v)
	}
	return sqltypes.NumericUnchecked(v, int32(scale)), true
}

// decoder is the way a type's values are read.
type decoder uint8

const (
	decodeInt decoder = iota
	decodeBytes
	decodeFloat4
	decodeFloat8
	decodeNumeric
	decodeInterval
	decodeTimeTZ
	decodeUUID
	decodeSized // runs of bytes that have parts
	decodeBinary
)

func decoderOf(t sqltypes.OID) decoder {
	if kind, fixed := sqltypes.FixedKind(t); fixed && kind == sqltypes.KindInt {
		return decodeInt
	}
	switch t {
	case sqltypes.PGLSNOID, sqltypes.TIDOID:
		return decodeInt
	case sqltypes.Float4OID:
		return decodeFloat4
	case sqltypes.Float8OID:
		return decodeFloat8
	case sqltypes.NumericOID:
		return decodeNumeric
	case sqltypes.IntervalOID:
		return decodeInterval
	case sqltypes.TimeTZOID:
		return decodeTimeTZ
	case sqltypes.UUIDOID:
		return decodeUUID
	case sqltypes.BitOID, sqltypes.VarBitOID, sqltypes.InetOID, sqltypes.CIDROID, sqltypes.JSONBOID:
		return decodeSized
	}
	if info, ok := sqltypes.Lookup(t); ok && (info.Class == 'r' || info.Class == 'm' || info.Element != 0) {
		return decodeBinary
	}
	return decodeBytes
}

func (r *Reader) value(how decoder, b []byte, t sqltypes.OID) (sqltypes.Datum, bool) {
	switch how {
	case decodeInt:
		n, ok := shortInt(b)
		return sqltypes.Int(n), ok
	case decodeBytes, decodeUUID, decodeSized:
		if r.codecs {
			var ok bool
			if b, ok = expand(b); !ok {
				return sqltypes.Null, false
			}
		}
		return sqltypes.Bytes(b), how == decodeBytes || validBytes(t, b)
	}
	return wideValue(how, b, t)
}

func wideValue(how decoder, b []byte, t sqltypes.OID) (sqltypes.Datum, bool) {
	le := binary.LittleEndian
	switch how {
	case decodeNumeric:
		return numericValue(b)
	case decodeFloat4:
		if len(b) != 4 {
			return sqltypes.Null, false
		}
		return sqltypes.Float(float64(math.Float32frombits(le.Uint32(b)))), true
	case decodeFloat8:
		if len(b) != 8 {
			return sqltypes.Null, false
		}
		return sqltypes.Float(math.Float64frombits(le.Uint64(b))), true
	case decodeInterval:
		if len(b) != 16 {
			return sqltypes.Null, false
		}
		return sqltypes.FromInterval(&sqltypes.Interval{Micros: int64(le.Uint64(b)), Days: int32(le.Uint32(b[8:])),
			Months: int32(le.Uint32(b[12:]))}), true
	case decodeTimeTZ:
		if len(b) != 12 {
			return sqltypes.Null, false
		}
		return sqltypes.TimeTZ(int64(le.Uint64(b)), int32(le.Uint32(b[8:]))), true
	}
	d, err := sqltypes.ParseBinary(sqltypes.T(t), b)
	return d, err == nil
}

// validBytes tells whether a run of bytes has the parts its type needs.
func validBytes(t sqltypes.OID, b []byte) bool {
	switch t {
	case sqltypes.UUIDOID:
		return len(b) == 16
	case sqltypes.BitOID, sqltypes.VarBitOID:
		return len(b) >= 4 && (int(binary.BigEndian.Uint32(b))+7)/8 == len(b)-4
	case sqltypes.InetOID, sqltypes.CIDROID:
		return len(b) > 2 && (b[0] == 2 || b[0] == 3) && len(b) == 2+addressSize(b[0]) && int(b[1]) <= 8*addressSize(b[0])
	}
	return len(b) > 0 // jsonb ends with a tag
}

// expand undoes the codec of a run of bytes.
func expand(b []byte) ([]byte, bool) {
	if len(b) == 0 {
		return nil, false
	}
	switch codec, rest := b[0], b[1:]; codec {
	case codecNone:
		return rest, true
	case codecS2:
		n, err := s2.DecodedLen(rest)
		if err != nil || n > expandedMax {
			return nil, false
		}
		out, err := s2.Decode(nil, rest)
		return out, err == nil
	}
	return nil, false
}
