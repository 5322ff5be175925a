package sqltypes

import (
	"sort"
	"strconv"
)

// TypeInfo is what PostgreSQL's pg_type says about a built-in type.
type TypeInfo struct {
	OID       OID
	Name      string // typname: int4, _int4
	SQLName   string // format_type without a modifier: integer, integer[]
	Class     byte   // typtype: b base, p pseudo, r range, m multirange
	Category  byte   // typcategory
	Preferred bool
	Len       int16 // typlen: -1 variable, -2 a C string
	Element   OID   // of an array type
	Array     OID   // the array type over this type
	Subtype   OID   // of a range or multirange type
}

// Lookup finds a built-in type; row types of tables and types made by users are not here.
func Lookup(t OID) (*TypeInfo, bool) {
	i := sort.Search(len(typeRows), func(i int) bool { return typeRows[i].OID >= t })
	if i < len(typeRows) && typeRows[i].OID == t {
		return &typeRows[i], true
	}
	return nil, false
}

// ElementOf is the element type of an array type (int2vector and oidvector too).
func ElementOf(array OID) (OID, bool) {
	if info, ok := Lookup(array); ok && info.Element != 0 {
		return info.Element, true
	}
	return 0, false
}

// ArrayOf is the array type over an element type.
func ArrayOf(element OID) (OID, bool) {
	if info, ok := Lookup(element); ok && info.Array != 0 {
		return info.Array, true
	}
	return 0, false
}

// IsArray tells whether values of the type are of KindArray.
func IsArray(t OID) bool {
	_, ok := ElementOf(t)
	return ok
}

// RangeSubtype is the type of the bounds of a range type.
func RangeSubtype(t OID) (OID, bool) {
	if info, ok := Lookup(t); ok && info.Class == 'r' && info.Subtype != 0 {
		return info.Subtype, true
	}
	return 0, false
}

// MultirangeRange is the range type a multirange type is made of.
func MultirangeRange(t OID) (OID, bool) {
	switch t {
	case Int4multirangeOID:
		return Int4RangeOID, true
	case Int8multirangeOID:
		return Int8RangeOID, true
	case NummultirangeOID:
		return NumRangeOID, true
	case TsmultirangeOID:
		return TSRangeOID, true
	case TstzmultirangeOID:
		return TSTZRangeOID, true
	case DatemultirangeOID:
		return DateRangeOID, true
	}
	return 0, false
}

// Category is pg_type's typcategory; X for a type that is not built in.
func Category(t OID) byte {
	if info, ok := Lookup(t); ok {
		return info.Category
	}
	return 'X'
}

// IsPreferred is pg_type's typispreferred.
func IsPreferred(t OID) bool {
	info, ok := Lookup(t)
	return ok && info.Preferred
}

// TypeLen is pg_type's typlen: the size in bytes of fixed-size types, -1 for variable ones, -2 for C strings.
func TypeLen(t OID) int16 {
	if info, ok := Lookup(t); ok {
		return info.Len
	}
	return -1
}

// BaseTypeName is the type as error messages spell it, without a modifier: format_type(oid, NULL).
func BaseTypeName(t OID) string {
	if info, ok := Lookup(t); ok {
		return info.SQLName
	}
	return "???"
}

// TypeName is the type as SQL spells it, with its modifier: format_type(oid, typmod). A char or bit without a modifier
// is written bpchar or "bit", since the bare word would mean a length of one.
func TypeName(t Type) string {
	if element, ok := ElementOf(t.OID); ok && t.OID != Int2VectorOID && t.OID != OIDVectorOID {
		return TypeName(Type{element, t.Mod}) + "[]"
	}
	info, ok := Lookup(t.OID)
	if !ok {
		return "???"
	}
	if t.Mod < 0 {
		switch t.OID {
		case BPCharOID:
			return "bpchar"
		case BitOID:
			return `"bit"`
		}
		return info.SQLName
	}
	switch t.OID {
	case BPCharOID, VarCharOID:
		if t.Mod < 4 {
			return info.SQLName
		}
		name := info.SQLName
		if t.OID == BPCharOID {
			name = "character"
		}
		return name + "(" + strconv.Itoa(int(t.Mod-4)) + ")"
	case NumericOID:
		if t.Mod < 4 {
			return info.SQLName
		}
		p, s := NumericTypmod(t.Mod)
		return "numeric(" + strconv.Itoa(p) + "," + strconv.Itoa(s) + ")"
	case BitOID, VarBitOID:
		return info.SQLName + "(" + strconv.Itoa(int(t.Mod)) + ")"
	case TimeOID, TimestampOID:
		word := "time"
		if t.OID == TimestampOID {
			word = "timestamp"
		}
		return word + "(" + strconv.Itoa(int(t.Mod)) + ") without time zone"
	case TimeTZOID, TimestampTZOID:
		word := "time"
		if t.OID == TimestampTZOID {
			word = "timestamp"
		}
		return word + "(" + strconv.Itoa(int(t.Mod)) + ") with time zone"
	case IntervalOID:
		return "interval" + intervalTypmodText(t.Mod)
	}
	return info.SQLName + "(" + strconv.Itoa(int(t.Mod)) + ")"
}

// NumericTypmod splits the modifier of numeric(precision, scale).
func NumericTypmod(mod int32) (precision, scale int) {
	m := mod - 4
	return int(m>>16) & 0xFFFF, int(((m & 0x7FF) ^ 1024) - 1024)
}

// MakeNumericTypmod is the modifier of numeric(precision, scale).
func MakeNumericTypmod(precision, scale int) int32 {
	return int32(precision)<<16 | int32(scale)&0x7FF + 4
}

// The field bits of an interval's modifier, as PostgreSQL numbers them, and its two "no restriction" values.
const (
	IntervalMonth         = 1 << 1
	IntervalYear          = 1 << 2
	IntervalDay           = 1 << 3
	IntervalHour          = 1 << 10
	IntervalMinute        = 1 << 11
	IntervalSecond        = 1 << 12
	IntervalFullRange     = 0x7FFF
	IntervalFullPrecision = 0xFFFF
)

// MakeIntervalTypmod is the modifier of an interval restricted to the fields and the digits of a second.
func MakeIntervalTypmod(fields, precision int) int32 {
	return int32(fields)<<16 | int32(precision)&0xFFFF
}

func intervalTypmodText(mod int32) string {
	fields, precision := int(mod>>16)&0x7FFF, int(mod)&0xFFFF
	text := ""
	switch fields {
	case IntervalYear:
		text = " year"
	case IntervalMonth:
		text = " month"
	case IntervalDay:
		text = " day"
	case IntervalHour:
		text = " hour"
	case IntervalMinute:
		text = " minute"
	case IntervalSecond:
		text = " second"
	case IntervalYear | IntervalMonth:
		text = " year to month"
	case IntervalDay | IntervalHour:
		text = " day to hour"
	case IntervalDay | IntervalHour | IntervalMinute:
		text = " day to minute"
	case IntervalDay | IntervalHour | IntervalMinute | IntervalSecond:
		text = " day to second"
	case IntervalHour | IntervalMinute:
		text = " hour to minute"
	case IntervalHour | IntervalMinute | IntervalSecond:
		text = " hour to second"
	case IntervalMinute | IntervalSecond:
		text = " minute to second"
	}
	if precision != IntervalFullPrecision {
		text += "(" + strconv.Itoa(precision) + ")"
	}
	return text
}
