package keys

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Column is a column of a table as rows know it: an id that is never used again, and its type.
type Column struct {
	ID   uint32
	Type sqltypes.Type
}

// The first byte of a row: the version, the sizes of ids and ends, and whether runs of bytes carry a codec byte.
const (
	rowVersion     = 0x01
	rowVersionMask = 0x0F
	rowWideIDs     = 0x10 // ids take four bytes instead of one
	rowEnds2       = 0x20 // ends take two bytes instead of one
	rowEnds4       = 0x40 // ends take four bytes
	rowCodecs      = 0x80 // each run of bytes begins with its codec
	rowColumnsMax  = math.MaxUint16
)

// AppendRow appends a row of the values that are not NULL. The columns stand in ascending order of their ids.
//
// A row is its head (flags, number of values, ids, the ends of the values) and the values. It panics on columns out of order: the
// layout comes from the catalog, never from a client.
func AppendRow(dst []byte, cols []Column, values []sqltypes.Datum) []byte {
	var w rowWriter
	w.plan(cols, values)
	start := len(dst)
	dst = w.appendHead(dst, cols, values)
	body := len(dst)
	end := start + w.headSize() - w.endSize*w.count
	for i, v := range values {
		if v.IsNull() {
			continue
		}
		dst = w.appendValue(dst, cols[i].Type.OID, v, i)
		putEnd(dst[end:], w.endSize, len(dst)-body)
		end += w.endSize
	}
	return dst
}

// rowWriter holds what must be known before the first byte is written.
type rowWriter struct {
	count, endSize int
	wideIDs        bool
	packed         []packedValue // values that are kept compressed
}

type packedValue struct {
	column int
	bytes  []byte
}

// plan counts, compresses and bounds the size of the values.
func (w *rowWriter) plan(cols []Column, values []sqltypes.Datum) {
	size, last := 0, uint32(0)
	for i, v := range values {
		if i > 0 && cols[i].ID <= last {
			panic("keys: columns of a row are not in ascending order of their ids")
		}
		last = cols[i].ID
		if v.IsNull() {
			continue
		}
		w.count++
		w.wideIDs = w.wideIDs || last > math.MaxUint8
		if v.Kind() == sqltypes.KindBytes {
			n := len(v.Bytes())
			if n >= CompressMin && compressible(cols[i].Type.OID) {
				if b, ok := compress(v.Bytes()); ok {
					w.packed = append(w.packed, packedValue{i, b})
					n = len(b)
				}
			}
			size += n + 1
			continue
		}
		size += valueSizeMax(v)
	}
	if w.count > rowColumnsMax {
		panic("keys: more values in a row than a table has columns")
	}
	switch {
	case size <= math.MaxUint8:
		w.endSize = 1
	case size <= math.MaxUint16:
		w.endSize = 2
	default:
		w.endSize = 4
	}
}

func (w *rowWriter) idSize() int {
	if w.wideIDs {
		return 4
	}
	return 1
}

func (w *rowWriter) headSize() int {
	return 1 + countSize(w.count) + w.count*(w.idSize()+w.endSize)
}

// countSize is the size of the number of values: one byte, or three with the first one 255.
func countSize(n int) int {
	if n < math.MaxUint8 {
		return 1
	}
	return 3
}

func (w *rowWriter) appendHead(dst []byte, cols []Column, values []sqltypes.Datum) []byte {
	flags := byte(rowVersion)
	if w.wideIDs {
		flags |= rowWideIDs
	}
	switch w.endSize {
	case 2:
		flags |= rowEnds2
	case 4:
		flags |= rowEnds4
	}
	if w.packed != nil {
		flags |= rowCodecs
	}
	dst = append(dst, flags)
	if w.count < math.MaxUint8 {
		dst = append(dst, byte(w.count))
	} else {
		dst = binary.LittleEndian.AppendUint16(append(dst, math.MaxUint8), uint16(w.count))
	}
	for i, v := range values {
		switch {
		case v.IsNull():
		case w.wideIDs:
			dst = binary.LittleEndian.AppendUint32(dst, cols[i].ID)
		default:
			dst = append(dst, byte(cols[i].ID))
		}
	}
	for range w.count * w.endSize {
		dst = append(dst, 0)
	}
	return dst
}

func putEnd(b []byte, size, end int) {
	switch size {
	case 1:
		b[0] = byte(end)
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(end))
	default:
		binary.LittleEndian.PutUint32(b, uint32(end))
	}
}

func (w *rowWriter) appendValue(dst []byte, t sqltypes.OID, v sqltypes.Datum, column int) []byte {
	if v.Kind() != sqltypes.KindBytes {
		return appendValue(dst, t, v)
	}
	if w.packed == nil {
		return append(dst, v.Bytes()...)
	}
	if len(w.packed) > 0 && w.packed[0].column == column {
		dst = append(append(dst, codecS2), w.packed[0].bytes...)
		w.packed = w.packed[1:]
		return dst
	}
	return append(append(dst, codecNone), v.Bytes()...)
}

// Wanted is a column to read and the place of its value.
type Wanted struct {
	Column
	Out int
}

// Reader reads certain columns out of rows. It remembers where they stood in the row before, because rows of a table mostly
// have the same columns. It is made once per layout and used by one goroutine.
type Reader struct {
	wanted  []Wanted
	decode  []decoder
	head    []byte // flags, count and ids of the row that places is for
	places  []int  // per wanted column its position among the row's values, -1 for a NULL
	endSize int
	count   int
	codecs  bool
}

// NewReader makes a reader of the wanted columns; a column the row does not have reads as NULL.
func NewReader(wanted []Wanted) *Reader {
	r := &Reader{wanted: slices.Clone(wanted), places: make([]int, len(wanted))}
	slices.SortStableFunc(r.wanted, func(a, b Wanted) int { return int(int64(a.ID) - int64(b.ID)) })
	for _, w := range r.wanted {
		r.decode = append(r.decode, decoderOf(w.Type.OID))
	}
	return r
}

// NewRowReader makes a reader of all the columns given, in their order.
func NewRowReader(cols []Column) *Reader {
	wanted := make([]Wanted, len(cols))
	for i, c := range cols {
		wanted[i] = Wanted{c, i}
	}
	return NewReader(wanted)
}

// Decode reads the wanted columns of a row into out. Runs of bytes share the row's memory unless they were compressed.
func (r *Reader) Decode(row []byte, out []sqltypes.Datum) error {
	n := len(r.head)
	if n == 0 || len(row) < n || string(row[:n]) != string(r.head) {
		if err := r.learn(row); err != nil {
			return err
		}
		n = len(r.head)
	}
	body := n + r.count*r.endSize
	if len(row) < body {
		return corrupt("a row", 0)
	}
	ends, values := row[n:body], row[body:]
	for i := range r.wanted {
		w := &r.wanted[i]
		place := r.places[i]
		if place < 0 {
			out[w.Out] = sqltypes.Null
			continue
		}
		start, end := 0, 0
		switch r.endSize {
		case 1:
			end = int(ends[place])
			if place > 0 {
				start = int(ends[place-1])
			}
		default:
			start, end = r.bounds(ends, place)
		}
		if start > end || end > len(values) {
			return corrupt("a row", w.Type.OID)
		}
		d, ok := r.value(r.decode[i], values[start:end:end], w.Type.OID)
		if !ok {
			return corrupt("a value in a row", w.Type.OID)
		}
		out[w.Out] = d
	}
	return nil
}

func (r *Reader) bounds(ends []byte, place int) (start, end int) {
	if r.endSize == 2 {
		end = int(binary.LittleEndian.Uint16(ends[2*place:]))
		if place > 0 {
			start = int(binary.LittleEndian.Uint16(ends[2*place-2:]))
		}
		return start, end
	}
	end = int(binary.LittleEndian.Uint32(ends[4*place:]))
	if place > 0 {
		start = int(binary.LittleEndian.Uint32(ends[4*place-4:]))
	}
	return start, end
}

// learn reads the head of a row whose columns are not those of the row before.
func (r *Reader) learn(row []byte) error {
	r.head = r.head[:0]
	if len(row) < 2 || row[0]&rowVersionMask != rowVersion || row[0]&(rowEnds2|rowEnds4) == rowEnds2|rowEnds4 {
		return corrupt("a row", 0)
	}
	flags, at := row[0], 2
	r.count, r.endSize, r.codecs = int(row[1]), 1, flags&rowCodecs != 0
	if r.count == math.MaxUint8 {
		if len(row) < 4 {
			return corrupt("a row", 0)
		}
		r.count, at = int(binary.LittleEndian.Uint16(row[2:])), 4
	}
	switch {
	case flags&rowEnds2 != 0:
		r.endSize = 2
	case flags&rowEnds4 != 0:
		r.endSize = 4
	}
	idSize := 1
	if flags&rowWideIDs != 0 {
		idSize = 4
	}
	if len(row) < at+r.count*(idSize+r.endSize) {
		return corrupt("a row", 0)
	}
	id := func(i int) uint32 {
		if idSize == 1 {
			return uint32(row[at+i])
		}
		return binary.LittleEndian.Uint32(row[at+4*i:])
	}
	for i := 1; i < r.count; i++ {
		if id(i) <= id(i-1) {
			return corrupt("a row", 0)
		}
	}
	place := 0
	for i, w := range r.wanted {
		for place < r.count && id(place) < w.ID {
			place++
		}
		r.places[i] = -1
		if place < r.count && id(place) == w.ID {
			r.places[i] = place
		}
	}
	r.head = append(r.head, row[:at+r.count*idSize]...)
	return nil
}
