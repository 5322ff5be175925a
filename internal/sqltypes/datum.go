// Package sqltypes keeps SQL values and knows their types: text and binary forms, order, and arithmetic, exactly as PostgreSQL 16 has them.
//
// A Datum is immutable and has no idea of its type, which travels beside it. Nothing here knows tables, expressions or clients.
package sqltypes

import (
	"math"
	"unsafe"
)

// Kind is how a Datum keeps its value. It says nothing about the SQL type beyond that; the type travels beside the value.
type Kind uint8

// The kinds, and the SQL types that use each.
const (
	KindNull     Kind = iota
	KindInt           // bool (0, 1), "char", int2, int4, int8, oid and reg*, xid, cid, xid8, pg_lsn, tid (block × 65536 + offset), date (days since 2000-01-01), time (µs), timestamp and timestamptz (µs since 2000-01-01 UTC)
	KindFloat         // float4 (already rounded to float32), float8
	KindBytes         // text, varchar, bpchar, name, unknown, bytea, json, jsonb (our binary form), uuid (16 bytes), inet and cidr, bit and varbit, cstring, everything kept as a run of bytes
	KindDecimal       // numeric that fits an int64 coefficient: number = coefficient, aux = display scale
	KindBig           // numeric that does not: *Big
	KindInterval      // *Interval
	KindTimeTZ        // timetz: number = µs of day, aux = zone in seconds west of UTC, as PostgreSQL keeps it
	KindArray         // *Array (also oidvector and int2vector, and multiranges as arrays of their ranges)
	KindRecord        // *Record
	KindRange         // *Range
	KindOther         // *Other: rare run-time types kept as a Go value
)

// Datum is one SQL value or NULL, in 24 bytes and without an allocation of its own for numbers and for runs of bytes that
// live elsewhere. The zero Datum is NULL. A Datum is immutable; the bytes it points at must not change while it is alive.
type Datum struct {
	ref    unsafe.Pointer // bytes, or the struct that the kind names
	number int64          // the number, or the length of the bytes
	aux    int32
	kind   Kind
}

// Null is the SQL NULL.
var Null = Datum{}

// Int makes a Datum of KindInt.
func Int(n int64) Datum { return Datum{number: n, kind: KindInt} }

// Bool makes a boolean.
func Bool(b bool) Datum {
	if b {
		return Datum{number: 1, kind: KindInt}
	}
	return Datum{kind: KindInt}
}

// Float makes a Datum of KindFloat; a float4 must have been rounded by the caller.
func Float(f float64) Datum { return Datum{number: int64(math.Float64bits(f)), kind: KindFloat} }

// Bytes makes a Datum of KindBytes that shares b's memory.
func Bytes(b []byte) Datum {
	return Datum{ref: unsafe.Pointer(unsafe.SliceData(b)), number: int64(len(b)), kind: KindBytes}
}

// String makes a Datum of KindBytes that shares s's memory.
func String(s string) Datum {
	return Datum{ref: unsafe.Pointer(unsafe.StringData(s)), number: int64(len(s)), kind: KindBytes}
}

// SmallDecimal makes a numeric of coefficient × 10^-scale, shown with scale digits behind the point.
func SmallDecimal(coefficient int64, scale int32) Datum {
	return Datum{number: coefficient, aux: scale, kind: KindDecimal}
}

// TimeTZ makes a timetz of microseconds of day and a zone in seconds west of UTC.
func TimeTZ(micros int64, zoneWest int32) Datum {
	return Datum{number: micros, aux: zoneWest, kind: KindTimeTZ}
}

// FromInterval, FromArray, FromRecord, FromBig, FromRange and FromOther make Datums that point at their argument.
func FromInterval(v *Interval) Datum { return Datum{ref: unsafe.Pointer(v), kind: KindInterval} }

// FromArray makes an array Datum.
func FromArray(v *Array) Datum { return Datum{ref: unsafe.Pointer(v), kind: KindArray} }

// FromRecord makes a record Datum.
func FromRecord(v *Record) Datum { return Datum{ref: unsafe.Pointer(v), kind: KindRecord} }

// FromBig makes a numeric Datum that does not fit SmallDecimal.
func FromBig(v *Big) Datum { return Datum{ref: unsafe.Pointer(v), kind: KindBig} }

// FromRange makes a range Datum.
func FromRange(v *Range) Datum { return Datum{ref: unsafe.Pointer(v), kind: KindRange} }

// FromOther makes a Datum of a rare run-time type.
func FromOther(v *Other) Datum { return Datum{ref: unsafe.Pointer(v), kind: KindOther} }

// Kind tells how the value is kept; KindNull for NULL.
func (d Datum) Kind() Kind { return d.kind }

// IsNull tells whether the value is NULL.
func (d Datum) IsNull() bool { return d.kind == KindNull }

// Int is the number of a KindInt value.
func (d Datum) Int() int64 { return d.number }

// Bool is the truth of a boolean; NULL is false.
func (d Datum) Bool() bool { return d.number != 0 && d.kind == KindInt }

// Float is the number of a KindFloat value.
func (d Datum) Float() float64 { return math.Float64frombits(uint64(d.number)) }

// Bytes shares the memory of a KindBytes value; the caller must not change it.
func (d Datum) Bytes() []byte { return unsafe.Slice((*byte)(d.ref), int(d.number)) }

// Str shares the memory of a KindBytes value as a string.
func (d Datum) Str() string { return unsafe.String((*byte)(d.ref), int(d.number)) }

// Coefficient and Scale are the parts of a KindDecimal value.
func (d Datum) Coefficient() int64 { return d.number }

// Scale is the display scale of a KindDecimal value.
func (d Datum) Scale() int32 { return d.aux }

// Zone is the zone of a KindTimeTZ value in seconds west of UTC.
func (d Datum) Zone() int32 { return d.aux }

// Interval is the value of a KindInterval.
func (d Datum) Interval() *Interval { return (*Interval)(d.ref) }

// Array is the value of a KindArray.
func (d Datum) Array() *Array { return (*Array)(d.ref) }

// Record is the value of a KindRecord.
func (d Datum) Record() *Record { return (*Record)(d.ref) }

// Big is the value of a KindBig.
func (d Datum) Big() *Big { return (*Big)(d.ref) }

// Range is the value of a KindRange.
func (d Datum) Range() *Range { return (*Range)(d.ref) }

// Other is the value of a KindOther.
func (d Datum) Other() *Other { return (*Other)(d.ref) }

// Size is about how much memory a value takes behind its Datum, in bytes.
func (d Datum) Size() int {
	const head = 48 // of a value that is a struct of its own
	switch d.kind {
	case KindBytes:
		return int(d.number)
	case KindArray:
		return sizeOfAll(d.Array().Elements)
	case KindRecord:
		return sizeOfAll(d.Record().Fields)
	case KindBig:
		return head + d.Big().Coeff.BitLen()/8
	case KindRange:
		r := d.Range()
		return head + r.Lower.Size() + r.Upper.Size()
	case KindOther:
		return head + len(d.Other().Text)
	case KindInterval:
		return head
	}
	return 0
}

func sizeOfAll(list []Datum) int {
	n := 64 + 24*len(list)
	for _, d := range list {
		n += d.Size()
	}
	return n
}

// Word is the 8-byte number of a KindInt or KindFloat value as it stands in a Vec's Words.
func (d Datum) Word() int64 { return d.number }

// FromWord is the reverse of Word for the kinds KindInt and KindFloat.
func FromWord(k Kind, w int64) Datum { return Datum{number: w, kind: k} }

// Interval is PostgreSQL's interval: three parts that are not converted into each other.
type Interval struct {
	Micros int64
	Days   int32
	Months int32
}

// Array is a value of an array type: Elements in row-major order, one length and one lower bound per dimension.
// An empty array has no dimensions.
type Array struct {
	Element  OID
	Lengths  []int32
	Lowers   []int32
	Elements []Datum
}

// Record is a row value with the types of its fields. TypeOID is RecordOID, or the row type of a table.
type Record struct {
	TypeOID OID
	Types   []Type
	Names   []string // nil when the fields have no names of their own (f1, f2, … then)
	Fields  []Datum
}

// Range is a value of a range type. An empty range has Empty set and nothing else.
type Range struct {
	TypeOID            OID
	Lower, Upper       Datum // NULL: unbounded
	LowerInc, UpperInc bool
	Empty              bool
}

// Other is a value of a rare run-time type (tsvector, point, …) kept as its canonical text.
type Other struct {
	Text string
}
