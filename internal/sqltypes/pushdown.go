package sqltypes

// SupportedType is a type that tables can hold.
type SupportedType struct {
	OID      OID
	Pushdown bool // storage evaluates conditions on its values
}

// SupportedTypes are the types that tables can hold, in the order of sys.supported_datatypes().
//
// Which of them storage evaluates conditions on is not documented; what compares by its key bytes is taken to be.
func SupportedTypes() []SupportedType {
	return []SupportedType{
		{BoolOID, true}, {Int2OID, true}, {Int4OID, true}, {Int8OID, true}, {Float4OID, true}, {Float8OID, true}, {NumericOID, true}, {BPCharOID, true},
		{VarCharOID, true}, {TextOID, true}, {DateOID, true}, {TimeOID, true}, {TimeTZOID, false}, {TimestampOID, true}, {TimestampTZOID, true},
		{IntervalOID, false}, {ByteaOID, true}, {UUIDOID, true}, {JSONOID, false}, {JSONBOID, false},
	}
}

// SupportedInPushdown tells whether storage evaluates conditions on values of a type.
func SupportedInPushdown(t OID) bool {
	switch t {
	case BoolOID, Int2OID, Int4OID, Int8OID, Float4OID, Float8OID, NumericOID, BPCharOID, VarCharOID, TextOID, DateOID, TimeOID, TimestampOID, TimestampTZOID,
		ByteaOID, UUIDOID:
		return true
	}
	return false
}
