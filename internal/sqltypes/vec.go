package sqltypes

// Vec is a column of a batch. Words holds the values of fixed-width kinds (KindInt, and KindFloat as its bits) and Datums those of
// every other kind: exactly one of the two is in use, told by Fixed. Nulls is nil when no value is NULL.
type Vec struct {
	Kind   Kind // KindInt or KindFloat when Fixed
	Fixed  bool
	Words  []int64
	Datums []Datum
	Nulls  []bool
}

// FixedKind tells whether values of the type stand in a Vec's Words, and as which kind.
func FixedKind(t OID) (Kind, bool) {
	switch t {
	case BoolOID, CharOID, Int2OID, Int4OID, Int8OID, OIDOID, DateOID, TimeOID, TimestampOID, TimestampTZOID,
		RegProcOID, RegProcedureOID, RegOperOID, RegOperatorOID, RegClassOID, RegTypeOID, RegRoleOID, RegNamespaceOID,
		RegConfigOID, RegDictionaryOID, RegCollationOID, XIDOID, CIDOID, XID8OID:
		return KindInt, true
	case Float4OID, Float8OID:
		return KindFloat, true
	}
	return KindNull, false
}

// NewVec makes an empty column for values of the type, with room for n.
func NewVec(t OID, n int) Vec {
	if k, ok := FixedKind(t); ok {
		return Vec{Kind: k, Fixed: true, Words: make([]int64, 0, n)}
	}
	return Vec{Datums: make([]Datum, 0, n)}
}

// Len is the number of values.
func (v *Vec) Len() int {
	if v.Fixed {
		return len(v.Words)
	}
	return len(v.Datums)
}

// At is the i-th value.
func (v *Vec) At(i int) Datum {
	if v.Nulls != nil && v.Nulls[i] {
		return Null
	}
	if v.Fixed {
		return FromWord(v.Kind, v.Words[i])
	}
	return v.Datums[i]
}

// Append adds one value.
func (v *Vec) Append(d Datum) {
	null := d.IsNull()
	if null && v.Nulls == nil {
		v.Nulls = make([]bool, v.Len(), max(v.Len()+1, cap(v.Words), cap(v.Datums)))
	}
	if v.Fixed {
		v.Words = append(v.Words, d.Word())
	} else {
		v.Datums = append(v.Datums, d)
	}
	if v.Nulls != nil {
		v.Nulls = append(v.Nulls, null)
	}
}

// Reset empties the column and keeps its memory.
func (v *Vec) Reset() {
	v.Words, v.Datums, v.Nulls = v.Words[:0], v.Datums[:0], nil
}
