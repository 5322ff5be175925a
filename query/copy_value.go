package query

import (
	"unsafe"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// copyColumn is how a column of COPY FROM reads its values.
type copyColumn struct {
	name  string
	index int           // in the table
	typ   sqltypes.Type // below domains
}

// copyColumnError is an error about a value of a column.
type copyColumnError struct {
	error
	column, value string
	null          bool
}

// Unwrap gives the error itself.
func (e *copyColumnError) Unwrap() error { return e.error }

// parseCopied reads a value of the text and CSV formats. The most common types are read as they stand in the data, whose memory texts share; ascii
// tells that a byte is a character.
func parseCopied(t sqltypes.Type, b []byte, ascii bool, f *sqltypes.Format) (sqltypes.Datum, error) {
	switch t.OID {
	case sqltypes.Int4OID, sqltypes.Int8OID, sqltypes.Int2OID:
		if n, ok := shortInt(b); ok && (t.OID == sqltypes.Int8OID || n == int64(int16(n)) || t.OID == sqltypes.Int4OID && n == int64(int32(n))) {
			return sqltypes.Int(n), nil
		}
	case sqltypes.TextOID:
		return sqltypes.Bytes(b), nil
	case sqltypes.VarCharOID:
		if t.Mod < 0 || ascii && len(b) <= int(t.Mod-4) {
			return sqltypes.Bytes(b), nil
		}
	case sqltypes.BPCharOID:
		if t.Mod < 0 || ascii && len(b) == int(t.Mod-4) {
			return sqltypes.Bytes(b), nil
		}
	}
	return sqltypes.ParseText(t, unsafe.String(unsafe.SliceData(b), len(b)), f)
}

// shortInt reads a whole number of a sign and few digits; ok is false for anything else, be it a number or not.
func shortInt(b []byte) (n int64, ok bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}
