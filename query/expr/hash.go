package expr

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// hasher computes PostgreSQL's hashes: of 32 bits, or, extended, of 64 bits from a seed. Clients use them to spread rows, and the values are kept.
type hasher struct {
	extended bool
	seed     uint64
}

// mixing is the state of Bob Jenkins' lookup3.
type mixing struct{ a, b, c uint32 }

func (h hasher) begin(length int) mixing {
	n := 0x9e3779b9 + uint32(length) + 3923095
	m := mixing{n, n, n}
	if h.extended && h.seed != 0 {
		m.a += uint32(h.seed >> 32)
		m.b += uint32(h.seed)
		m.mix()
	}
	return m
}

func (m *mixing) mix() {
	rot := bits.RotateLeft32
	m.a -= m.c
	m.a ^= rot(m.c, 4)
	m.c += m.b
	m.b -= m.a
	m.b ^= rot(m.a, 6)
	m.a += m.c
	m.c -= m.b
	m.c ^= rot(m.b, 8)
	m.b += m.a
	m.a -= m.c
	m.a ^= rot(m.c, 16)
	m.c += m.b
	m.b -= m.a
	m.b ^= rot(m.a, 19)
	m.a += m.c
	m.c -= m.b
	m.c ^= rot(m.b, 4)
	m.b += m.a
}

func (h hasher) end(m mixing) uint64 {
	rot := bits.RotateLeft32
	m.c ^= m.b
	m.c -= rot(m.b, 14)
	m.a ^= m.c
	m.a -= rot(m.c, 11)
	m.b ^= m.a
	m.b -= rot(m.a, 25)
	m.c ^= m.b
	m.c -= rot(m.b, 16)
	m.a ^= m.c
	m.a -= rot(m.c, 4)
	m.b ^= m.a
	m.b -= rot(m.a, 14)
	m.c ^= m.b
	m.c -= rot(m.b, 24)
	if h.extended {
		return uint64(m.b)<<32 | uint64(m.c)
	}
	return uint64(m.c)
}

func (h hasher) bytes(k []byte) uint64 {
	m := h.begin(len(k))
	le := binary.LittleEndian
	for ; len(k) >= 12; k = k[12:] {
		m.a += le.Uint32(k)
		m.b += le.Uint32(k[4:])
		m.c += le.Uint32(k[8:])
		m.mix()
	}
	for i, c := range k {
		switch v := uint32(c) << (8 * (i % 4)); {
		case i < 4:
			m.a += v
		case i < 8:
			m.b += v
		default:
			m.c += v << 8 // the lowest byte is the length's
		}
	}
	return h.end(m)
}

func (h hasher) uint32(n uint32) uint64 {
	m := h.begin(4)
	m.a += n
	return h.end(m)
}

func (h hasher) int64(n int64) uint64 {
	low, high := uint32(n), uint32(n>>32)
	if n >= 0 {
		low ^= high
	} else {
		low ^= ^high
	}
	return h.uint32(low)
}

func (h hasher) float(f float64) uint64 {
	if f == 0 {
		return h.nothing()
	}
	if math.IsNaN(f) {
		f = math.Float64frombits(0x7ff8 << 48)
	}
	return h.bytes(binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)))
}

// nothing is the hash of what has no digits.
func (h hasher) nothing() uint64 {
	if h.extended {
		return h.seed
	}
	return 0
}

// numeric hashes the digits in base 10000 without the zeros around them, and their weight.
func (h hasher) numeric(d datum) uint64 {
	if isSpecial(d) {
		return h.nothing()
	}
	v, scale := sqltypes.NumericParts(d)
	if v.Sign() == 0 {
		return h.nothing() - 1
	}
	digits := new(big.Int).Abs(v).String()
	for pad := (4 - int(scale)%4) % 4; pad > 0; pad-- {
		digits += "0"
		scale++
	}
	for len(digits)%4 != 0 {
		digits = "0" + digits
	}
	weight := int64(len(digits)-int(scale))/4 - 1
	var out []byte
	for i := 0; i < len(digits); i += 4 {
		n := 0
		for _, c := range digits[i : i+4] {
			n = n*10 + int(c-'0')
		}
		if n == 0 && len(out) == 0 {
			weight--
			continue
		}
		out = binary.LittleEndian.AppendUint16(out, uint16(n))
	}
	for len(out) > 2 && out[len(out)-1] == 0 && out[len(out)-2] == 0 {
		out = out[:len(out)-2]
	}
	if h.extended {
		return h.bytes(out) ^ uint64(weight)
	}
	return uint64(uint32(h.bytes(out)) ^ uint32(weight))
}

// rotate turns a hash by a bit; each half of 64 bits by itself.
func (h hasher) rotate(v uint64) uint64 {
	if !h.extended {
		return uint64(bits.RotateLeft32(uint32(v), 1))
	}
	return v<<1&0xfffffffefffffffe | v>>31&0x100000001
}

func (h hasher) jsonb(j sqltypes.JSONB) uint64 {
	if !j.IsScalar() && j.Len() == 0 {
		return h.nothing()
	}
	v := uint64(0)
	if j.IsScalar() { // a scalar is kept in an array of its own
		v = h.jsonOpen(v, 0x40000000)
	}
	return h.jsonPart(v, j)
}

func (h hasher) jsonOpen(v, flag uint64) uint64 {
	if h.extended {
		return v ^ (flag<<32 | flag)
	}
	return v ^ flag
}

func (h hasher) jsonPart(v uint64, j sqltypes.JSONB) uint64 {
	one := func(v, part uint64) uint64 { return h.rotate(v) ^ part }
	switch j.Type() {
	case sqltypes.JSONNull:
		return one(v, h.nothing()+1)
	case sqltypes.JSONString:
		return one(v, h.bytes([]byte(j.Str())))
	case sqltypes.JSONNumber:
		return one(v, h.numeric(j.Number()))
	case sqltypes.JSONBool:
		n := uint64(4)
		if j.Bool() {
			n = 2
		}
		if h.extended && h.seed != 0 {
			n = h.uint32(uint32(2 - n/2))
		}
		return one(v, n)
	case sqltypes.JSONArray:
		v = h.jsonOpen(v, 0x40000000)
		for i := range j.Len() {
			v = h.jsonPart(v, j.Element(i))
		}
		return v
	}
	v = h.jsonOpen(v, 0x20000000)
	for i := range j.Len() {
		v = h.jsonPart(one(v, h.bytes([]byte(j.Key(i)))), j.Value(i))
	}
	return v
}

func (h hasher) span(r *span) (uint64, error) {
	flags, lower, upper := uint32(0), uint64(0), uint64(0)
	t, _ := sqltypes.RangeSubtype(r.TypeOID)
	var err error
	if r.Empty {
		flags = 1
	} else {
		for _, f := range []struct {
			is   bool
			flag uint32
		}{{r.LowerInc, 2}, {r.UpperInc, 4}, {r.Lower.IsNull(), 8}, {r.Upper.IsNull(), 16}} {
			if f.is {
				flags |= f.flag
			}
		}
		if !r.Lower.IsNull() {
			lower, err = h.value(t, r.Lower)
		}
		if !r.Upper.IsNull() && err == nil {
			upper, err = h.value(t, r.Upper)
		}
	}
	return h.rotate(h.uint32(flags)^lower) ^ upper, err
}

// list combines the hashes of elements; NULL counts as 0.
func (h hasher) list(v uint64, n int, at func(i int) (oid, datum)) (uint64, error) {
	for i := range n {
		part := uint64(0)
		if t, d := at(i); !d.IsNull() {
			var err error
			if part, err = h.value(t, d); err != nil {
				return 0, err
			}
		}
		v = v<<5 - v + part
	}
	return v, nil
}

// value is the hash of the default hash operator class of a type.
func (h hasher) value(t oid, d datum) (uint64, error) {
	switch t {
	case sqltypes.BoolOID, sqltypes.CharOID:
		return h.uint32(uint32(int8(d.Int()))), nil
	case sqltypes.Int2OID, sqltypes.Int4OID, sqltypes.OIDOID, sqltypes.DateOID, sqltypes.XIDOID, sqltypes.CIDOID:
		return h.uint32(uint32(d.Int())), nil
	case sqltypes.Int8OID, sqltypes.TimeOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID, sqltypes.PGLSNOID, sqltypes.XID8OID:
		return h.int64(d.Int()), nil
	case sqltypes.Float4OID, sqltypes.Float8OID:
		return h.float(d.Float()), nil
	case sqltypes.NumericOID:
		return h.numeric(d), nil
	case sqltypes.BPCharOID:
		return h.bytes([]byte(trimBlanks(d.Str()))), nil
	case sqltypes.TextOID, sqltypes.VarCharOID, sqltypes.NameOID, sqltypes.ByteaOID, sqltypes.UUIDOID, sqltypes.InetOID, sqltypes.CIDROID, sqltypes.MacAddrOID, sqltypes.MacAddr8OID:
		return h.bytes(d.Bytes()), nil
	case sqltypes.JSONBOID:
		return h.jsonb(d.Bytes()), nil
	case sqltypes.IntervalOID:
		return h.int64(intervalSpan(d.Interval())), nil
	case sqltypes.TimeTZOID:
		return h.int64(d.Int()) ^ h.uint32(uint32(d.Zone())), nil
	case sqltypes.TIDOID:
		n := uint64(d.Int())
		block := uint32(n >> 16)
		b := binary.LittleEndian.AppendUint16(nil, uint16(block>>16))
		b = binary.LittleEndian.AppendUint16(b, uint16(block))
		return h.bytes(binary.LittleEndian.AppendUint16(b, uint16(n))), nil
	case sqltypes.OIDVectorOID:
		var b []byte
		for _, e := range d.Array().Elements {
			b = binary.LittleEndian.AppendUint32(b, uint32(e.Int()))
		}
		return h.bytes(b), nil
	}
	if isReg(t) {
		return h.uint32(uint32(d.Int())), nil
	}
	return h.composed(t, d)
}

func (h hasher) composed(t oid, d datum) (uint64, error) {
	switch d.Kind() {
	case sqltypes.KindArray:
		a := d.Array()
		v, err := h.list(1, len(a.Elements), func(i int) (oid, datum) { return a.Element, a.Elements[i] })
		if _, multirange := sqltypes.RangeSubtype(a.Element); multirange {
			v = 1
			for _, e := range a.Elements {
				part, err := h.span(e.Range())
				if err != nil {
					return 0, err
				}
				v = v<<5 - v + part
			}
		}
		return v, err
	case sqltypes.KindRange:
		return h.span(d.Range())
	case sqltypes.KindRecord:
		r := d.Record()
		return h.list(0, len(r.Fields), func(i int) (oid, datum) { return r.Types[i].OID, r.Fields[i] })
	}
	which := ""
	if h.extended {
		which = "extended "
	}
	return 0, pgerror.New(pgerror.UndefinedFunction, "could not identify %shash function for type %s", articleFor(which), sqltypes.BaseTypeName(t))
}

func articleFor(which string) string {
	if which == "" {
		return "a "
	}
	return "an " + which
}

// intervalSpan takes a month for 30 days and a day for 24 hours, in µs, of which the lowest 64 bits count.
func intervalSpan(v *sqltypes.Interval) int64 {
	return v.Micros + (int64(v.Months)*30+int64(v.Days))*microsPerDay
}

// hashFunctions are the support functions of hash operator classes, by source; the extended ones take a seed.
func hashFunctions() []entry {
	var out []entry
	for source, t := range map[string]oid{
		"hashint2": sqltypes.Int2OID, "hashint4": sqltypes.Int4OID, "hashint8": sqltypes.Int8OID, "hashfloat4": sqltypes.Float4OID, "hashfloat8": sqltypes.Float8OID,
		"hashoid": sqltypes.OIDOID, "hashchar": sqltypes.CharOID, "hashname": sqltypes.NameOID, "hashtext": sqltypes.TextOID, "hashvarlena": sqltypes.ByteaOID,
		"hashbpchar": sqltypes.BPCharOID, "hashoidvector": sqltypes.OIDVectorOID, "hashinet": sqltypes.InetOID, "hashmacaddr": sqltypes.MacAddrOID, "hashmacaddr8": sqltypes.MacAddr8OID,
		"hash_numeric": sqltypes.NumericOID, "hash_array": sqltypes.AnyArrayOID, "hash_range": sqltypes.AnyRangeOID, "hash_multirange": sqltypes.AnyMultirangeOID,
		"hash_record": sqltypes.RecordOID, "timetz_hash": sqltypes.TimeTZOID, "interval_hash": sqltypes.IntervalOID, "time_hash": sqltypes.TimeOID,
		"timestamp_hash": sqltypes.TimestampOID, "uuid_hash": sqltypes.UUIDOID, "pg_lsn_hash": sqltypes.PGLSNOID, "hashtid": sqltypes.TIDOID, "jsonb_hash": sqltypes.JSONBOID,
	} {
		extended := source + "extended"
		if source[len(source)-5:] == "_hash" || source[:5] == "hash_" {
			extended = source + "_extended"
		}
		out = append(out,
			fn1(source, func(_ *Env, a datum) (datum, error) {
				v, err := hasher{}.value(t, a)
				return sqltypes.Int(int64(int32(v))), err
			}),
			fn2(extended, func(_ *Env, a, seed datum) (datum, error) {
				v, err := hasher{extended: true, seed: uint64(seed.Int())}.value(t, a)
				return sqltypes.Int(int64(v)), err
			}))
	}
	return out
}
