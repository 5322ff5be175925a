package sqltypes

import (
	"encoding/binary"
	"math"
	"math/big"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// AppendBinary appends what the type's send function gives for d, which must not be NULL.
func AppendBinary(dst []byte, t OID, d Datum) ([]byte, error) {
	be := binary.BigEndian
	switch t {
	case BoolOID, CharOID:
		return append(dst, byte(d.Int())), nil
	case Int2OID:
		return be.AppendUint16(dst, uint16(d.Int())), nil
	case Int8OID, TimeOID, TimestampOID, TimestampTZOID, XID8OID, PGLSNOID:
		return be.AppendUint64(dst, uint64(d.Int())), nil
	case Float4OID:
		return be.AppendUint32(dst, math.Float32bits(float32(d.Float()))), nil
	case Float8OID:
		return be.AppendUint64(dst, math.Float64bits(d.Float())), nil
	case NumericOID:
		return appendNumericBinary(dst, d), nil
	case JSONBOID:
		return JSONB(d.Bytes()).AppendText(append(dst, 1)), nil
	case JSONPathOID:
		return append(append(dst, 1), d.Bytes()...), nil
	case InetOID, CIDROID:
		return appendInetBinary(dst, d.Bytes(), t == CIDROID), nil
	case TIDOID:
		dst = be.AppendUint32(dst, uint32(d.Int()>>16))
		return be.AppendUint16(dst, uint16(d.Int())), nil
	case VoidOID:
		return dst, nil
	case TSVectorOID:
		return appendTSVectorBinary(dst, d), nil
	case TSQueryOID:
		return dst, pgerror.New(pgerror.FeatureNotSupported, "binary output of type tsquery not supported")
	case PgSnapshotOID, TxidSnapshotOID:
		list := d.Array().Elements
		dst = be.AppendUint32(dst, uint32(len(list)-2))
		for _, e := range list {
			dst = be.AppendUint64(dst, uint64(e.Int()))
		}
		return dst, nil
	}
	switch d.Kind() {
	case KindInt:
		return be.AppendUint32(dst, uint32(d.Int())), nil
	case KindBytes:
		return append(dst, d.Bytes()...), nil
	case KindInterval:
		v := d.Interval()
		dst = be.AppendUint64(dst, uint64(v.Micros))
		return be.AppendUint32(be.AppendUint32(dst, uint32(v.Days)), uint32(v.Months)), nil
	case KindTimeTZ:
		return be.AppendUint32(be.AppendUint64(dst, uint64(d.Int())), uint32(d.Zone())), nil
	case KindArray:
		if _, ok := MultirangeRange(t); ok {
			return appendMultirangeBinary(dst, t, d)
		}
		return appendArrayBinary(dst, d.Array())
	case KindRecord:
		return appendRecordBinary(dst, d.Record())
	case KindRange:
		return appendRangeBinary(dst, d.Range())
	}
	return dst, pgerror.New(pgerror.UndefinedFunction, "no binary output function available for type %s", BaseTypeName(t))
}

// AppendLengthBinary appends a value behind its length in 4 bytes, or the length -1 for NULL.
func AppendLengthBinary(dst []byte, t OID, d Datum) ([]byte, error) {
	if d.IsNull() {
		return append(dst, 0xFF, 0xFF, 0xFF, 0xFF), nil
	}
	start := len(dst)
	dst, err := AppendBinary(append(dst, 0, 0, 0, 0), t, d)
	if err != nil {
		return dst, err
	}
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst, nil
}

// message reads the binary form of a value; the first thing wrong with it stays in err.
type message struct {
	b   []byte
	err error
}

func (m *message) fail(code pgerror.Code, text string) {
	if m.err == nil {
		m.err = pgerror.New(code, "%s", text)
	}
}

func (m *message) take(n int) []byte {
	if n < 0 || n > len(m.b) {
		m.fail(pgerror.ProtocolViolation, "insufficient data left in message")
		m.b = nil
		return nil
	}
	out := m.b[:n:n]
	m.b = m.b[n:]
	return out
}

func (m *message) uint(n int) uint64 {
	var v uint64
	for _, c := range m.take(n) {
		v = v<<8 | uint64(c)
	}
	return v
}

func (m *message) int32() int32 { return int32(m.uint(4)) }

func (m *message) text() string {
	b := m.take(len(m.b))
	if err := CheckText(b); err != nil && m.err == nil {
		m.err = err
	}
	return string(b)
}

// ParseBinary is the type's receive function with the coercion to the modifier. The value does not share b's memory.
func ParseBinary(t Type, b []byte) (Datum, error) {
	m := &message{b: b}
	d := receive(t, m)
	if m.err != nil {
		return Null, m.err
	}
	if len(m.b) > 0 {
		return Null, pgerror.New(pgerror.InvalidBinaryRepresentation, "incorrect binary data format")
	}
	return CoerceTypmod(t, d, false)
}

func receive(t Type, m *message) Datum {
	switch t.OID {
	case BoolOID:
		return Bool(m.uint(1) != 0)
	case CharOID:
		return Int(int64(m.uint(1)))
	case Int2OID:
		return Int(int64(int16(m.uint(2))))
	case Int4OID:
		return Int(int64(m.int32()))
	case Int8OID, XID8OID, PGLSNOID:
		return Int(int64(m.uint(8)))
	case Float4OID:
		return Float(float64(math.Float32frombits(uint32(m.uint(4)))))
	case Float8OID:
		return Float(math.Float64frombits(m.uint(8)))
	case NumericOID:
		return receiveNumeric(m)
	case ByteaOID:
		return Bytes(append([]byte{}, m.take(len(m.b))...))
	case TextOID, VarCharOID, BPCharOID, UnknownOID, CStringOID, RefCursorOID, XMLOID:
		return String(m.text())
	case NameOID:
		s := m.text()
		if len(s) >= NameDataLen {
			m.err = pgerror.New(pgerror.NameTooLong, "identifier too long").
				WithDetail("Identifier must be less than %d characters.", NameDataLen)
		}
		return String(s)
	case UUIDOID:
		return Bytes(append([]byte{}, m.take(16)...))
	case DateOID, TimeOID, TimeTZOID, TimestampOID, TimestampTZOID, IntervalOID:
		return receiveMoment(t.OID, m)
	case JSONOID:
		s := m.text()
		if m.err == nil {
			m.err = ValidateJSON(s)
		}
		return String(s)
	case JSONBOID, JSONPathOID:
		return receiveJSONB(t.OID, m)
	case BitOID, VarBitOID:
		return receiveBits(t.OID, m)
	case InetOID, CIDROID:
		return receiveInet(t.OID == CIDROID, m)
	case TIDOID:
		block := m.uint(4)
		return Int(int64(block<<16 | m.uint(2)))
	}
	return receiveRare(t, m)
}

func receiveRare(t Type, m *message) Datum {
	info, ok := Lookup(t.OID)
	if element, isArray := ElementOf(t.OID); isArray {
		d := receiveArray(Type{element, -1}, m)
		if (t.OID == Int2VectorOID || t.OID == OIDVectorOID) && !d.IsNull() {
			a := d.Array()
			if len(a.Lengths) > 1 {
				m.fail(pgerror.InvalidBinaryRepresentation, "invalid "+info.Name+" data")
			}
			a.Lengths, a.Lowers = []int32{int32(len(a.Elements))}, []int32{0}
		}
		return d
	}
	if subtype, isRange := RangeSubtype(t.OID); isRange {
		return receiveRange(t.OID, subtype, m)
	}
	if rangeType, isMulti := MultirangeRange(t.OID); isMulti {
		return receiveMultirange(rangeType, m)
	}
	if kind, fixed := FixedKind(t.OID); fixed && kind == KindInt && ok && info.Len == 4 {
		return Int(int64(uint32(m.uint(4))))
	}
	switch t.OID {
	case RecordOID:
		m.fail(pgerror.FeatureNotSupported, "input of anonymous composite types is not implemented")
	default:
		if m.err == nil {
			m.err = pgerror.New(pgerror.UndefinedFunction, "no binary input function available for type %s", BaseTypeName(t.OID))
		}
	}
	return Null
}

func receiveMoment(t OID, m *message) Datum {
	switch t {
	case DateOID:
		d := int64(m.int32())
		if IsFiniteDate(d) && !ValidDate(d) {
			m.fail(pgerror.DatetimeValueOutOfRange, "date out of range")
		}
		return Int(d)
	case IntervalOID:
		v := &Interval{Micros: int64(m.uint(8))}
		v.Days, v.Months = m.int32(), m.int32()
		return FromInterval(v)
	}
	micros := int64(m.uint(8))
	switch t {
	case TimestampOID, TimestampTZOID:
		if IsFiniteTimestamp(micros) && !ValidTimestamp(micros) {
			m.fail(pgerror.DatetimeValueOutOfRange, "timestamp out of range")
		}
		return Int(micros)
	}
	if micros < 0 || micros > MicrosPerDay {
		m.fail(pgerror.DatetimeValueOutOfRange, "time out of range")
	}
	if t == TimeOID {
		return Int(micros)
	}
	zone := m.int32()
	if zone <= -16*3600 || zone >= 16*3600 {
		m.fail(pgerror.InvalidTimeZoneDisplacementValue, "time zone displacement out of range")
	}
	return TimeTZ(micros, zone)
}

func receiveJSONB(t OID, m *message) Datum {
	name := "jsonb"
	if t == JSONPathOID {
		name = "jsonpath"
	}
	if version := m.uint(1); version != 1 && m.err == nil {
		m.err = pgerror.New(pgerror.InternalError, "unsupported %s version number %d", name, version)
	}
	s := m.text()
	if m.err != nil || t == JSONPathOID {
		return String(s)
	}
	var b JSONB
	b, m.err = ParseJSONB(s)
	return Bytes(b)
}

// The sign word of numeric's binary form.
const (
	numericPositive = 0x0000
	numericNegative = 0x4000
	numericNaNWord  = 0xC000
	numericPlusInf  = 0xD000
	numericMinusInf = 0xF000
)

// appendNumericBinary writes base-10000 digits: their number, the weight of the first, the sign, the display scale, the digits.
func appendNumericBinary(dst []byte, d Datum) []byte {
	be := binary.BigEndian
	switch numericSpecial(d) {
	case 'n':
		return append(dst, 0, 0, 0, 0, numericNaNWord>>8, 0, 0, 0)
	case '+':
		return append(dst, 0, 0, 0, 0, numericPlusInf>>8, 0, 0, 0x20)
	case '-':
		return append(dst, 0, 0, 0, 0, numericMinusInf>>8, 0, 0, 0x20)
	}
	scale := int(NumericScale(d))
	var room [24]byte
	var text []byte
	if d.kind == KindDecimal {
		text = appendDecimal(room[:0], d.number, 0)
		if d.number < 0 {
			text = text[1:]
		}
	} else {
		text = d.Big().Coeff.Append(nil, 10)
	}
	// Groups of four digits are counted from the point: pad on the right to a multiple, and on the left in effect.
	right := (4 - scale%4) % 4
	total := len(text) + right
	groups := (total + 3) / 4
	first := total - (groups-1)*4 // digits in the first group
	digits := make([]uint16, groups)
	at := 0
	for g := range digits {
		size := 4
		if g == 0 {
			size = first
		}
		n := uint16(0)
		for range size {
			n *= 10
			if at < len(text) {
				n += uint16(text[at] - '0')
			}
			at++
		}
		digits[g] = n
	}
	weight := groups - 1 - (scale+right)/4
	for len(digits) > 0 && digits[0] == 0 {
		digits, weight = digits[1:], weight-1
	}
	for len(digits) > 0 && digits[len(digits)-1] == 0 {
		digits = digits[:len(digits)-1]
	}
	sign := uint16(numericPositive)
	if NumericSign(d) < 0 {
		sign = numericNegative
	}
	if len(digits) == 0 {
		weight = 0
	}
	dst = be.AppendUint16(be.AppendUint16(dst, uint16(len(digits))), uint16(int16(weight)))
	dst = be.AppendUint16(be.AppendUint16(dst, sign), uint16(scale))
	for _, n := range digits {
		dst = be.AppendUint16(dst, n)
	}
	return dst
}

func receiveNumeric(m *message) Datum {
	count := int(m.uint(2))
	weight := int(int16(m.uint(2)))
	sign := m.uint(2)
	scale := int(m.uint(2))
	switch sign {
	case numericPositive, numericNegative:
	case numericNaNWord:
		m.take(2 * count)
		return NumericNaN()
	case numericPlusInf, numericMinusInf:
		m.take(2 * count)
		return NumericInfinity(sign == numericMinusInf)
	default:
		m.fail(pgerror.InvalidBinaryRepresentation, "invalid sign in external \"numeric\" value")
	}
	if scale > NumericScaleMax {
		m.fail(pgerror.InvalidBinaryRepresentation, "invalid scale in external \"numeric\" value")
	}
	raw := m.take(2 * count)
	text := make([]byte, 0, 4*count+1)
	for i := 0; i < len(raw); i += 2 {
		n := binary.BigEndian.Uint16(raw[i:])
		if n > 9999 {
			m.fail(pgerror.InvalidBinaryRepresentation, "invalid digit in external \"numeric\" value")
		}
		text = append(text, byte('0'+n/1000%10), byte('0'+n/100%10), byte('0'+n/10%10), byte('0'+n%10))
	}
	if m.err != nil || len(text) == 0 {
		return SmallDecimal(0, int32(scale))
	}
	v, _ := new(big.Int).SetString(string(text), 10)
	if sign == numericNegative {
		v.Neg(v)
	}
	// The digits end 4 × (count - 1 - weight) decimal places behind the point; what the scale does not show is cut off.
	places := 4 * (count - 1 - weight)
	if places > scale {
		v.Quo(v, pow10Big(places-scale))
	} else {
		v.Mul(v, pow10Big(scale-places))
	}
	d, err := numericChecked(v, int32(scale))
	if err != nil && m.err == nil {
		m.err = err
	}
	return d
}
