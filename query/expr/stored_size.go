package expr

import "github.com/opendsql/opendsql/internal/sqltypes"

// StoredSize is the size that a value of a type which tables can hold has in a row of PostgreSQL's, uncompressed: with a short head where it is short.
func StoredSize(t sqltypes.OID, d sqltypes.Datum) int {
	if n := sqltypes.TypeLen(t); n > 0 {
		return int(n)
	}
	n := 0
	switch d.Kind() {
	case sqltypes.KindBytes:
		if n = len(d.Bytes()); t == sqltypes.JSONBOID {
			n = jsonbSize(sqltypes.JSONB(d.Bytes())) - fullHead
		}
	case sqltypes.KindDecimal, sqltypes.KindBig:
		n = int(numericSize(d)) - shortHead
	default:
		n = len(sqltypes.AppendText(nil, t, d, nil))
	}
	if n+shortHead <= shortSizeMax {
		return n + shortHead
	}
	return n + fullHead
}

// jsonbSize is the size of PostgreSQL's form of a jsonb value with its head of four bytes. A number for the length and one for each part, keys and values
// alike, stand before the parts; numerics and containers begin at a multiple of four. A scalar is kept as an array of one.
func jsonbSize(j sqltypes.JSONB) int {
	const head = 4
	if j.IsScalar() {
		return jsonbPart(j, head+8)
	}
	return jsonbPart(j, head)
}

// jsonbPart is where the part ends that begins at a place, or at the next one where it may.
func jsonbPart(j sqltypes.JSONB, at int) int {
	aligned := (at + 3) &^ 3
	switch j.Type() {
	case sqltypes.JSONString:
		return at + len(j.Str())
	case sqltypes.JSONNumber:
		return aligned + int(numericSize(j.Number())) + 3 // its head is not a short one
	case sqltypes.JSONArray:
		at = aligned + 4 + 4*j.Len()
		for i := range j.Len() {
			at = jsonbPart(j.Element(i), at)
		}
	case sqltypes.JSONObject:
		at = aligned + 4 + 8*j.Len()
		for i := range j.Len() {
			at += len(j.Key(i))
		}
		for i := range j.Len() {
			at = jsonbPart(j.Value(i), at)
		}
	}
	return at
}
