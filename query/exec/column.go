package exec

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// nullAt tells whether a column's value in a row is NULL.
func nullAt(v *sqltypes.Vec, row int) bool {
	return v.Nulls != nil && v.Nulls[row] || !v.Fixed && v.Datums[row].IsNull()
}

// appendColumn adds rows from ≤ row < to of a column of the same type to another.
func appendColumn(dst, src *sqltypes.Vec, from, to int) {
	n := dst.Len()
	if src.Nulls != nil && dst.Nulls == nil {
		dst.Nulls = make([]bool, n, max(n+to-from, cap(dst.Words), cap(dst.Datums)))
	}
	if dst.Fixed {
		dst.Words = append(dst.Words, src.Words[from:to]...)
	} else {
		dst.Datums = append(dst.Datums, src.Datums[from:to]...)
	}
	switch {
	case src.Nulls != nil:
		dst.Nulls = append(dst.Nulls, src.Nulls[from:to]...)
	case dst.Nulls != nil:
		dst.Nulls = slices.Grow(dst.Nulls, to-from)[:n+to-from]
		clear(dst.Nulls[n:])
	}
}

// pickColumn makes dst, which must own its memory, the chosen rows of a column. Row -1 is NULL; holes tells whether there is one.
func pickColumn(dst, src *sqltypes.Vec, rows []int32, holes bool) {
	dst.Kind, dst.Fixed = src.Kind, src.Fixed
	if src.Fixed {
		dst.Words = slices.Grow(dst.Words[:0], len(rows))[:len(rows)]
	} else {
		dst.Datums = slices.Grow(dst.Datums[:0], len(rows))[:len(rows)]
	}
	if !holes && src.Nulls == nil {
		dst.Nulls = nil
		if src.Fixed {
			words, from := dst.Words, src.Words
			for i, row := range rows {
				words[i] = from[row]
			}
			return
		}
		for i, row := range rows {
			dst.Datums[i] = src.Datums[row]
		}
		return
	}
	dst.Nulls = slices.Grow(dst.Nulls[:0], len(rows))[:len(rows)]
	for i, row := range rows {
		dst.Nulls[i] = row < 0 || nullAt(src, int(row))
		switch {
		case dst.Fixed && row < 0:
			dst.Words[i] = 0
		case dst.Fixed:
			dst.Words[i] = src.Words[row]
		case row < 0:
			dst.Datums[i] = sqltypes.Null
		default:
			dst.Datums[i] = src.Datums[row]
		}
	}
}

// columnBytes is the memory of rows from ≤ row < to of a column.
func columnBytes(v *sqltypes.Vec, from, to int) int {
	n := 0
	if v.Nulls != nil {
		n = to - from
	}
	if v.Fixed {
		return n + 8*(to-from)
	}
	for _, d := range v.Datums[from:to] {
		n += 24 + d.Size()
	}
	return n
}

// windowColumn shows rows from ≤ row < to of a column.
func windowColumn(v *sqltypes.Vec, from, to int) sqltypes.Vec {
	out := sqltypes.Vec{Kind: v.Kind, Fixed: v.Fixed}
	if v.Fixed {
		out.Words = v.Words[from:to:to]
	} else {
		out.Datums = v.Datums[from:to:to]
	}
	if v.Nulls != nil {
		out.Nulls = v.Nulls[from:to:to]
	}
	return out
}

// absent tells whether a column of a batch was left out because nobody asked for it.
func absent(v *sqltypes.Vec, rows int) bool { return rows > 0 && v.Len() == 0 }

// nullColumn is a column of n NULLs.
func nullColumn(t sqltypes.OID, n int) sqltypes.Vec {
	v := sqltypes.NewVec(t, n)
	if v.Fixed {
		v.Words = v.Words[:n]
	} else {
		v.Datums = v.Datums[:n]
	}
	v.Nulls = make([]bool, n)
	for i := range v.Nulls {
		v.Nulls[i] = true
	}
	return v
}
