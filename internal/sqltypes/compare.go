package sqltypes

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// Compare is the order of the type's btree operator class; neither value is NULL. Text compares by bytes, as collation C does.
func Compare(t OID, a, b Datum) int {
	switch t {
	case XID8OID, PGLSNOID:
		return cmp.Compare(uint64(a.Int()), uint64(b.Int()))
	case BPCharOID:
		return bytes.Compare(TrimBlanks(a.Bytes()), TrimBlanks(b.Bytes()))
	case JSONBOID:
		return CompareJSONB(a.Bytes(), b.Bytes())
	case BitOID, VarBitOID:
		return compareBits(a.Bytes(), b.Bytes())
	case InetOID, CIDROID:
		return compareInet(a.Bytes(), b.Bytes())
	case OIDVectorOID:
		return compareOIDVector(a.Array(), b.Array())
	case TSVectorOID:
		return CompareTSVector(a, b)
	case TSQueryOID:
		return CompareTSQuery(a, b)
	}
	switch a.kind {
	case KindInt:
		return cmp.Compare(a.number, b.number)
	case KindFloat:
		return compareFloat(a.Float(), b.Float())
	case KindBytes:
		return bytes.Compare(a.Bytes(), b.Bytes())
	case KindDecimal, KindBig:
		return NumericCompare(a, b)
	case KindInterval:
		return CompareInterval(a.Interval(), b.Interval())
	case KindTimeTZ:
		x, y := a.number+int64(a.aux)*MicrosPerSecond, b.number+int64(b.aux)*MicrosPerSecond
		if c := cmp.Compare(x, y); c != 0 {
			return c
		}
		return cmp.Compare(a.aux, b.aux)
	case KindArray:
		return new(comparer).array(a.Array(), b.Array())
	case KindRecord:
		return new(comparer).record(a.Record(), b.Record())
	case KindRange:
		return compareRange(a.Range(), b.Range())
	case KindOther:
		return compareOther(t, a.Other(), b.Other())
	}
	panic("sqltypes: NULL compared")
}

// CompareAlike is Compare of arrays and records with PostgreSQL's errors: for columns whose types differ (42804; Compare orders by those types), and for
// types that have no comparison or, without order, no equality (42883).
func CompareAlike(a, b Datum, order bool) (int, error) {
	c := comparer{order: order}
	d := c.compare(0, a, b)
	return d, c.err
}

// comparer compares values that may hold others, and keeps the first error.
type comparer struct {
	order bool // not only equality is asked for
	err   error
}

// known refuses types without operators to compare with.
func (c *comparer) known(t OID) {
	switch t {
	case JSONOID, JSONPathOID, UnknownOID, RefCursorOID, GTSVectorOID, PgSnapshotOID, TxidSnapshotOID:
	case XIDOID, CIDOID, ACLItemOID:
		if !c.order {
			return
		}
	default:
		return
	}
	what := "an equality operator"
	if c.order {
		what = "a comparison function"
	}
	c.fail(pgerror.UndefinedFunction, "could not identify %s for type %s", what, BaseTypeName(t))
}

func (c *comparer) compare(t OID, a, b Datum) int {
	switch a.kind {
	case KindArray:
		return c.array(a.Array(), b.Array())
	case KindRecord:
		return c.record(a.Record(), b.Record())
	}
	return Compare(t, a, b)
}

// Equal tells whether two values that are not NULL are the same to the type's = operator.
func Equal(t OID, a, b Datum) bool {
	if a.kind == KindInt && b.kind == KindInt {
		return a.number == b.number
	}
	switch t {
	case TextOID, VarCharOID, ByteaOID, UUIDOID, NameOID:
		return a.Str() == b.Str()
	}
	return Compare(t, a, b) == 0
}

// Identical tells whether two values are certainly the same in every respect. Of equal values that are not simple it may say no.
func Identical(a, b Datum) bool {
	switch {
	case a.kind != b.kind:
		return false
	case a.kind == KindBytes:
		return a.Str() == b.Str()
	case a.kind == KindInterval:
		return *a.Interval() == *b.Interval()
	}
	return a == b
}

// TrimBlanks drops the blanks that end a char(n), which do not count.
func TrimBlanks(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	// NaN equals NaN and is greater than every number.
	aNaN, bNaN := math.IsNaN(a), math.IsNaN(b)
	switch {
	case aNaN && bNaN:
		return 0
	case aNaN:
		return 1
	}
	return -1
}

// span takes a month for 30 days and a day for 24 hours; the microseconds are 0 to a day.
func (v *Interval) span() (days, micros int64) {
	whole, rest := floorDiv(v.Micros, MicrosPerDay)
	return int64(v.Months)*30 + int64(v.Days) + whole, rest
}

// CompareInterval takes a month for 30 days and a day for 24 hours.
func CompareInterval(a, b *Interval) int {
	ad, am := a.span()
	bd, bm := b.span()
	if c := cmp.Compare(ad, bd); c != 0 {
		return c
	}
	return cmp.Compare(am, bm)
}

// nullable puts NULL behind everything.
func (c *comparer) nullable(t OID, a, b Datum) int {
	switch {
	case a.IsNull() && b.IsNull():
		return 0
	case a.IsNull():
		return 1
	case b.IsNull():
		return -1
	}
	return c.compare(t, a, b)
}

func (c *comparer) array(a, b *Array) int {
	c.known(a.Element)
	for i := range min(len(a.Elements), len(b.Elements)) {
		if d := c.nullable(a.Element, a.Elements[i], b.Elements[i]); d != 0 {
			return d
		}
	}
	if d := cmp.Compare(len(a.Elements), len(b.Elements)); d != 0 {
		return d
	}
	if d := cmp.Compare(len(a.Lengths), len(b.Lengths)); d != 0 {
		return d
	}
	if d := slices.Compare(a.Lengths, b.Lengths); d != 0 {
		return d
	}
	return slices.Compare(a.Lowers, b.Lowers)
}

// compareOIDVector puts shorter vectors first.
func compareOIDVector(a, b *Array) int {
	if d := cmp.Compare(len(a.Elements), len(b.Elements)); d != 0 {
		return d
	}
	return new(comparer).array(a, b)
}

// record goes column by column; a column of another type is an error where the ones before are equal, and so is another number of columns.
func (c *comparer) record(a, b *Record) int {
	for i := range min(len(a.Fields), len(b.Fields)) {
		x, y := a.Types[i].OID, b.Types[i].OID
		if x != y {
			c.fail(pgerror.DatatypeMismatch, "cannot compare dissimilar column types %s and %s at record column %d", BaseTypeName(x), BaseTypeName(y), i+1)
			return cmp.Compare(x, y)
		}
		c.known(x)
		if d := c.nullable(x, a.Fields[i], b.Fields[i]); d != 0 {
			return d
		}
	}
	d := cmp.Compare(len(a.Fields), len(b.Fields))
	if d != 0 {
		c.fail(pgerror.DatatypeMismatch, "cannot compare record types with different numbers of columns")
	}
	return d
}

func (c *comparer) fail(code pgerror.Code, format string, args ...any) {
	if c.err == nil {
		c.err = pgerror.New(code, format, args...)
	}
}

// Hash gives equal values (in the sense of Equal) of a type the same number. It depends on nothing but its arguments.
func Hash(t OID, seed uint64, d Datum) uint64 {
	switch t {
	case BPCharOID:
		return hashBytes(seed, TrimBlanks(d.Bytes()))
	case JSONBOID:
		return hashJSONB(seed, d.Bytes())
	}
	switch d.kind {
	case KindInt:
		return mix(seed, uint64(d.number))
	case KindFloat:
		f := d.Float()
		switch {
		case f == 0:
			f = 0
		case math.IsNaN(f):
			f = math.NaN()
		}
		return mix(seed, math.Float64bits(f+0))
	case KindBytes:
		return hashBytes(seed, d.Bytes())
	case KindDecimal, KindBig:
		return hashNumeric(seed, d)
	case KindInterval:
		days, micros := d.Interval().span()
		return mix(mix(seed, uint64(days)), uint64(micros))
	case KindTimeTZ:
		return mix(mix(seed, uint64(d.number+int64(d.aux)*MicrosPerSecond)), uint64(d.aux))
	case KindArray:
		a := d.Array()
		for _, e := range a.Elements {
			seed = hashNullable(a.Element, seed, e)
		}
		return mix(seed, uint64(len(a.Elements)))
	case KindRecord:
		r := d.Record()
		for i, f := range r.Fields {
			seed = hashNullable(r.Types[i].OID, seed, f)
		}
		return mix(seed, uint64(len(r.Fields)))
	case KindRange:
		return hashRange(seed, d.Range())
	case KindOther:
		return hashOther(t, seed, d.Other())
	}
	panic("sqltypes: NULL hashed")
}

func hashNullable(t OID, seed uint64, d Datum) uint64 {
	if d.IsNull() {
		return mix(seed, 0x9E3779B97F4A7C15)
	}
	return Hash(t, seed, d)
}

// mix is the finisher of splitmix64 over both numbers.
func mix(seed, n uint64) uint64 {
	z := seed*0x9E3779B97F4A7C15 + n + 0x632BE59BD9B4E019
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func hashBytes(seed uint64, b []byte) uint64 { return mix(seed, xxhash.Sum64(b)) }

// hashNumeric drops the zeros that end the coefficient, so that 1.0 and 1.00 are the same.
func hashNumeric(seed uint64, d Datum) uint64 {
	if special := numericSpecial(d); special != 0 {
		return mix(seed, uint64(special)|1<<32)
	}
	if d.kind == KindDecimal {
		n, scale := d.number, d.aux
		if n == 0 {
			return mix(seed, 0)
		}
		for n%10 == 0 {
			n /= 10
			scale--
		}
		return mix(mix(seed, uint64(n)), uint64(int64(scale)))
	}
	v, scale := numericInt(d)
	v, zeros := stripZeros(v)
	scale -= int32(zeros)
	if v.IsInt64() {
		return mix(mix(seed, uint64(v.Int64())), uint64(int64(scale)))
	}
	var tail [5]byte
	binary.BigEndian.PutUint32(tail[:], uint32(scale))
	tail[4] = byte(v.Sign())
	return hashBytes(hashBytes(seed, v.Bytes()), tail[:])
}
