package expr

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// The heads of values of changing length.
const (
	fullHead     = 4
	shortHead    = 1
	shortSizeMax = 127
)

// columnSize is the size that PostgreSQL's form of a value has, without compression. The head is short of a short value that is read from a row.
func columnSize(t oid, d datum, stored bool) int64 {
	switch {
	case d.IsNull():
		return 0
	case sqltypes.TypeLen(t) > 0:
		return int64(sqltypes.TypeLen(t))
	case t == sqltypes.UnknownOID || t == sqltypes.CStringOID:
		return int64(len(d.Bytes())) + 1
	}
	n := contentSize(t, d)
	if stored && packs(t) && n+shortHead < shortSizeMax {
		return n + shortHead
	}
	return n + fullHead
}

// packs tells whether short values of a type have a short head in rows and ranges.
func packs(t oid) bool {
	return t != sqltypes.TSQueryOID && t != sqltypes.OIDVectorOID && t != sqltypes.Int2VectorOID && t != sqltypes.UnknownOID && t != sqltypes.CStringOID
}

// alignment is of what numbers of bytes the place of a value is a multiple.
func alignment(t oid) int64 {
	if element, ok := sqltypes.ElementOf(t); ok && sqltypes.TypeLen(t) < 0 {
		return max(4, alignment(element))
	}
	if subtype, ok := sqltypes.RangeSubtype(t); ok {
		return max(4, alignment(subtype))
	}
	if r, ok := sqltypes.MultirangeRange(t); ok {
		return alignment(r)
	}
	switch t {
	case sqltypes.UnknownOID, sqltypes.CStringOID, sqltypes.NameOID, sqltypes.UUIDOID:
		return 1
	case sqltypes.TIDOID:
		return 2
	case sqltypes.TimeTZOID, sqltypes.IntervalOID, sqltypes.RecordOID:
		return 8
	}
	switch n := sqltypes.TypeLen(t); n {
	case 1, 2, 8:
		return int64(n)
	}
	return 4
}

func align(at, to int64) int64 { return (at + to - 1) / to * to }

// packed is where a value ends that is put behind others at a place.
func packed(at int64, t oid, d datum) int64 {
	if n := columnSize(t, d, true); sqltypes.TypeLen(t) < 0 && packs(t) && n < shortSizeMax {
		return at + n
	}
	return align(at, alignment(t)) + columnSize(t, d, false)
}

// contentSize is the size of a value without its head.
func contentSize(t oid, d datum) int64 {
	switch d.Kind() {
	case sqltypes.KindBytes:
		switch t {
		case sqltypes.JSONBOID:
			return int64(jsonbSize(sqltypes.JSONB(d.Bytes()))) - fullHead
		case sqltypes.BitOID, sqltypes.VarBitOID:
			return int64(len(sqltypes.AppendText(nil, t, d, nil))+7)/8 + 4
		case sqltypes.TSVectorOID:
			return vectorSize(d.Str()) - fullHead
		case sqltypes.TSQueryOID:
			if q, err := sqltypes.ParseTSQuery(d.Str()); err == nil {
				return 4 + querySize(q)
			}
		}
		return int64(len(d.Bytes()))
	case sqltypes.KindDecimal, sqltypes.KindBig:
		return numericSize(d) - shortHead
	case sqltypes.KindArray:
		if r, ok := sqltypes.MultirangeRange(t); ok {
			return multirangeSize(r, d.Array()) - fullHead
		}
		return arraySize(d.Array()) - fullHead
	case sqltypes.KindRecord:
		return recordSize(d.Record()) - fullHead
	case sqltypes.KindRange:
		return rangeSize(t, d.Range()) - fullHead
	}
	return int64(len(sqltypes.AppendText(nil, t, d, nil)))
}

func arraySize(a *sqltypes.Array) int64 {
	size := int64(16 + 8*len(a.Lengths))
	if slices.ContainsFunc(a.Elements, datum.IsNull) {
		size += int64(len(a.Elements)+7) / 8
	}
	size = align(size, 8)
	for _, e := range a.Elements {
		size = align(size+columnSize(a.Element, e, false), alignment(a.Element))
	}
	return size
}

func recordSize(r *sqltypes.Record) int64 {
	const head = 23
	size := int64(head)
	if slices.ContainsFunc(r.Fields, datum.IsNull) {
		size += int64(len(r.Fields)+7) / 8
	}
	size = align(size, 8)
	for i, f := range r.Fields {
		if !f.IsNull() {
			size = packed(size, r.Types[i].OID, f)
		}
	}
	return size
}

func rangeSize(t oid, r *sqltypes.Range) int64 {
	const head, flags = 8, 1
	subtype, _ := sqltypes.RangeSubtype(t)
	size := int64(head)
	for _, bound := range []datum{r.Lower, r.Upper} {
		if !bound.IsNull() {
			size = packed(size, subtype, bound)
		}
	}
	return size + flags
}

func multirangeSize(of oid, a *sqltypes.Array) int64 {
	const head, rangeHead = 12, 9
	n := int64(len(a.Elements))
	to := alignment(of)
	size := align(head+max(0, n-1)*4+n, to)
	for _, r := range a.Elements {
		size += align(rangeSize(of, r.Range())-rangeHead, to)
	}
	return size
}

// vectorSize is that of a tsvector, whose text is given: an entry for each word, then the words with their positions.
func vectorSize(text string) int64 {
	words, err := sqltypes.ParseTSVector(text)
	if err != nil {
		return int64(len(text))
	}
	size := int64(0)
	for _, w := range words {
		if size += int64(len(w.Word)); len(w.Positions) > 0 {
			size = align(size, 2) + 2 + 2*int64(len(w.Positions))
		}
	}
	return 8 + 4*int64(len(words)) + size
}

// querySize is that of the items and words of a tsquery.
func querySize(q *sqltypes.TSQuery) int64 {
	if q == nil {
		return 0
	}
	const item = 12
	size := item + querySize(q.Left) + querySize(q.Right)
	if q.Op == 0 {
		size += int64(len(q.Word)) + 1
	}
	return size
}
