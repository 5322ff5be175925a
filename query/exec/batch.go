package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/plan"
)

// batchRows is how many rows a batch holds at most.
const batchRows = 1024

// Batch is a run of rows as columns. It is valid until the operator that gave it is asked for the next one.
type Batch struct {
	Cols []sqltypes.Vec
	N    int
}

func newBatch(cols []plan.Column) *Batch {
	b := &Batch{Cols: make([]sqltypes.Vec, len(cols))}
	for i, c := range cols {
		b.Cols[i] = sqltypes.NewVec(c.Type.OID, 0)
	}
	return b
}

func (b *Batch) reset() {
	for i := range b.Cols {
		b.Cols[i].Reset()
	}
	b.N = 0
}

// append adds a row.
func (b *Batch) append(row []sqltypes.Datum) {
	for i := range b.Cols {
		b.Cols[i].Append(row[i])
	}
	b.N++
}

// row copies row i into dst, which has a place for every column.
func (b *Batch) row(i int, dst []sqltypes.Datum) {
	for c := range b.Cols {
		dst[c] = b.Cols[c].At(i)
	}
}

// slots copies the given columns of row i into dst.
func (b *Batch) slots(i int, slots []int, dst []sqltypes.Datum) {
	for _, c := range slots {
		dst[c] = b.Cols[c].At(i)
	}
}

// take adds row i of another batch of the same columns.
func (b *Batch) take(from *Batch, i int) {
	for c := range b.Cols {
		b.Cols[c].Append(from.Cols[c].At(i))
	}
	b.N++
}

// wideColumns are those columns whose values may take memory of their own.
func wideColumns(cols []plan.Column) (wide []int) {
	for i, c := range cols {
		if _, fixed := sqltypes.FixedKind(c.Type.OID); !fixed {
			wide = append(wide, i)
		}
	}
	return wide
}

// lateError is an error that an operator tells behind the rows before it: who stops there does not hear of it.
type lateError struct{ err error }

// after gives the rows, and keeps the error for the next call; without rows it gives the error.
func (l *lateError) after(out *Batch, err error) (*Batch, error) {
	if out.N == 0 {
		return nil, err
	}
	l.err = err
	return out, nil
}

// arena keeps copies of short runs of bytes, many in one allocation, which are larger the more it is given. What it gave stays valid: full chunks are
// left to the collector.
type arena struct {
	free  []byte
	chunk int
}

const (
	arenaChunkMin = 256
	arenaChunkMax = 32 << 10
)

func (a *arena) bytes(b []byte) []byte {
	if len(b) > len(a.free) {
		if len(b) > arenaChunkMax/4 {
			return append([]byte(nil), b...)
		}
		a.chunk = min(max(arenaChunkMin, 2*a.chunk, 4*len(b)), arenaChunkMax)
		a.free = make([]byte, a.chunk)
	}
	out := a.free[:len(b):len(b)]
	copy(out, b)
	a.free = a.free[len(b):]
	return out
}

// own gives a value that does not share memory with its source.
func (a *arena) own(d sqltypes.Datum) sqltypes.Datum {
	if d.Kind() == sqltypes.KindBytes {
		return sqltypes.Bytes(a.bytes(d.Bytes()))
	}
	return d
}

// rowSize is the memory of a row of its own, in bytes.
func rowSize(row []sqltypes.Datum) int {
	n := 24 * len(row)
	for _, d := range row {
		n += d.Size()
	}
	return n
}

// slab is room for byte strings that are built by appending: many in one allocation. What it gave stays valid.
type slab struct {
	free []byte
	size int
}

// Sizes of slabs: each is twice as large as the one before. Strings that do not fit into what is left of one get memory of their own.
const (
	slabBytesMin = 4 << 10
	slabBytesMax = 64 << 10
)

// begin gives an empty slice to append to; end takes it back and gives the finished string.
func (s *slab) begin() []byte {
	if cap(s.free) < s.size/16 || s.size == 0 {
		s.size = min(max(2*s.size, slabBytesMin), slabBytesMax)
		s.free = make([]byte, 0, s.size)
	}
	return s.free[:0]
}

func (s *slab) end(b []byte) []byte {
	if len(b) <= cap(s.free) && cap(b) == cap(s.free) {
		s.free = s.free[len(b):cap(s.free)][:0]
	}
	return b[:len(b):len(b)]
}
