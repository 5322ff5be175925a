package exec

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/plan"
)

// rowSorter finds the order of rows that stand in columns. Rows are numbers with a key of 64 bits beside them: what a sort key has in its first bytes, in
// an order that unsigned numbers have too. Runs of rows with equal bits are ordered by the key's next bytes, or by comparing values where a type has no
// such form, then by the next sort key. Rows that are equal in all keys stay in their order.
type rowSorter struct {
	rt      *runtime
	rows    *Batch
	keys    []plan.SortKey
	types   []sqltypes.OID
	forms   []keyForm
	spare   []sortItem
	steps   int
	stopped bool // the statement was cancelled: comparing makes no sense any more
}

type sortItem struct {
	key uint64
	row int32
}

const sortItemBytes = 16

// keyForm is how a sort key becomes bits.
type keyForm struct {
	kind  byte // 'i' whole numbers, 'u' unsigned ones, 'f' floats, 't' texts, 'b' texts padded with blanks, 'd' numerics of one scale, 0: compared
	scale int32
}

// Sizes: from how many rows on keys are sorted byte by byte, by what power of ten numerics may be multiplied to come to one scale, and how far texts are
// looked at as bits.
const (
	radixFrom    = 512
	scaleMax     = 18
	textBytesMax = 64
)

func (s *rowSorter) sort() []int32 {
	items := make([]sortItem, s.rows.N)
	for i := range items {
		items[i].row = int32(i)
	}
	for k := range s.keys {
		s.forms = append(s.forms, s.form(k))
	}
	s.run(items, 0, 0)
	places := make([]int32, len(items))
	for i := range items {
		places[i] = items[i].row
	}
	return places
}

// form chooses how key k becomes bits.
func (s *rowSorter) form(k int) keyForm {
	column := &s.rows.Cols[s.keys[k].Slot]
	switch t := s.types[k]; t {
	case sqltypes.XID8OID, sqltypes.PGLSNOID:
		if column.Fixed {
			return keyForm{kind: 'u'}
		}
	case sqltypes.TextOID, sqltypes.VarCharOID, sqltypes.NameOID, sqltypes.UUIDOID:
		return keyForm{kind: 't'}
	case sqltypes.BPCharOID:
		return keyForm{kind: 'b'}
	case sqltypes.NumericOID:
		return decimalForm(column)
	default:
		if column.Fixed && column.Kind == sqltypes.KindFloat {
			return keyForm{kind: 'f'}
		}
		if column.Fixed {
			return keyForm{kind: 'i'}
		}
	}
	return keyForm{}
}

// decimalForm brings numerics to the greatest scale among them, if all fit 64 bits then.
func decimalForm(column *sqltypes.Vec) keyForm {
	f := keyForm{kind: 'd'}
	for _, d := range column.Datums {
		if d.Kind() == sqltypes.KindDecimal {
			f.scale = max(f.scale, d.Scale())
		}
	}
	for _, d := range column.Datums {
		if d.IsNull() {
			continue
		}
		if d.Kind() != sqltypes.KindDecimal || f.scale-d.Scale() > scaleMax {
			return keyForm{}
		}
		if c, by := d.Coefficient(), powersOfTen[f.scale-d.Scale()]; c > math.MaxInt64/by || c < -(math.MaxInt64/by) {
			return keyForm{}
		}
	}
	return f
}

var powersOfTen = func() (p [scaleMax + 1]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// run orders rows that are equal in all keys before k, and in the bytes of key k before from.
func (s *rowSorter) run(items []sortItem, k, from int) {
	if k == len(s.keys) || len(items) < 2 || s.stopped {
		return
	}
	column := &s.rows.Cols[s.keys[k].Slot]
	if column.Nulls != nil && from == 0 {
		nulls := s.part(items, column, s.keys[k].NullsFirst)
		if s.keys[k].NullsFirst {
			s.run(items[:nulls], k+1, 0)
			items = items[nulls:]
		} else {
			s.run(items[len(items)-nulls:], k+1, 0)
			items = items[:len(items)-nulls]
		}
		if len(items) < 2 {
			return
		}
	}
	form := s.forms[k]
	if form.kind == 0 || from >= textBytesMax {
		s.compareRun(items, k)
		return
	}
	if !s.fill(items, column, form, from, s.keys[k].Desc) {
		s.sortItems(items)
	}
	for i := 0; i < len(items); {
		end := i + 1
		for end < len(items) && items[end].key == items[i].key {
			end++
		}
		if end-i > 1 {
			if (form.kind == 't' || form.kind == 'b') && s.longer(items[i:end], column, form.kind, from+8) {
				s.run(items[i:end], k, from+8)
			} else {
				s.run(items[i:end], k+1, 0)
			}
		}
		i = end
	}
}

// part brings the rows with NULL to one end, all in their order, and tells how many there are.
func (s *rowSorter) part(items []sortItem, column *sqltypes.Vec, first bool) int {
	spare := s.room(len(items))
	nulls, others := 0, 0
	for _, it := range items {
		if column.Nulls[it.row] {
			spare[nulls] = it
			nulls++
		} else {
			items[others] = it
			others++
		}
	}
	if first {
		copy(items[nulls:], items[:others])
		copy(items, spare[:nulls])
	} else {
		copy(items[others:], spare[:nulls])
	}
	return nulls
}

func (s *rowSorter) room(n int) []sortItem {
	if len(s.spare) < n {
		s.spare = make([]sortItem, n)
	}
	return s.spare[:n]
}

// fill puts the bits of a key beside the rows. It tells whether they are in order already.
func (s *rowSorter) fill(items []sortItem, column *sqltypes.Vec, form keyForm, from int, desc bool) bool {
	flip := uint64(0)
	if desc {
		flip = math.MaxUint64
	}
	ordered, before := true, uint64(0)
	for i := range items {
		row := items[i].row
		var key uint64
		switch form.kind {
		case 'i':
			key = uint64(column.Words[row]) ^ 1<<63
		case 'u':
			key = uint64(column.Words[row])
		case 'f':
			key = floatKey(column.Words[row])
		case 'd':
			d := column.Datums[row]
			key = uint64(d.Coefficient()*powersOfTen[form.scale-d.Scale()]) ^ 1<<63
		case 't':
			key = textKey(column.Datums[row].Bytes(), from)
		case 'b':
			key = textKey(sqltypes.TrimBlanks(column.Datums[row].Bytes()), from)
		}
		key ^= flip
		ordered = ordered && before <= key
		before = key
		items[i].key = key
	}
	return ordered
}

// floatKey orders floats: both zeros are equal, and NaN, of which there is one, is the greatest.
func floatKey(w int64) uint64 {
	f := math.Float64frombits(uint64(w))
	switch {
	case f != f:
		return math.MaxUint64
	case f == 0:
		return 1 << 63
	case w < 0:
		return ^uint64(w)
	}
	return uint64(w) | 1<<63
}

// textKey is the eight bytes of a text from a place on, with zeros behind its end. No text has a zero in it.
func textKey(b []byte, from int) uint64 {
	if from >= len(b) {
		return 0
	}
	if b = b[from:]; len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	var key uint64
	for i, c := range b {
		key |= uint64(c) << (56 - 8*i)
	}
	return key
}

// longer tells whether a text of the rows goes on behind a place.
func (s *rowSorter) longer(items []sortItem, column *sqltypes.Vec, kind byte, than int) bool {
	for _, it := range items {
		b := column.Datums[it.row].Bytes()
		if kind == 'b' {
			b = sqltypes.TrimBlanks(b)
		}
		if len(b) > than {
			return true
		}
	}
	return false
}

// sortItems orders by the bits.
func (s *rowSorter) sortItems(items []sortItem) {
	if len(items) >= radixFrom {
		s.radix(items)
		return
	}
	slices.SortFunc(items, func(a, b sortItem) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return cmp.Compare(a.row, b.row)
	})
}

// radix orders by one byte of the bits after the other, from the last on. Bytes that all rows share are passed over.
func (s *rowSorter) radix(items []sortItem) {
	var counts [8][256]int32
	for i := range items {
		key := items[i].key
		for b := range counts {
			counts[b][byte(key>>(8*b))]++
		}
	}
	from, to := items, s.room(len(items))
	for b := range counts {
		if counts[b][byte(items[0].key>>(8*b))] == int32(len(items)) {
			continue
		}
		sum := int32(0)
		for i, n := range counts[b] {
			counts[b][i] = sum
			sum += n
		}
		for _, it := range from {
			at := &counts[b][byte(it.key>>(8*b))]
			to[*at] = it
			*at++
		}
		from, to = to, from
	}
	if &from[0] != &items[0] {
		copy(items, from)
	}
}

// compareRun orders rows by comparing their values from key k on.
func (s *rowSorter) compareRun(items []sortItem, k int) {
	compare := func(a, b sortItem) int {
		for k := k; k < len(s.keys); k++ {
			key := s.keys[k]
			column := &s.rows.Cols[key.Slot]
			x, y := column.At(int(a.row)), column.At(int(b.row))
			if x.IsNull() || y.IsNull() {
				if c := compareNulls(s.types[k], x, y, key.NullsFirst); c != 0 {
					return c
				}
				continue
			}
			if c := s.rt.compare(s.types[k], x, y); c != 0 {
				if key.Desc {
					return -c
				}
				return c
			}
		}
		return -1
	}
	slices.SortFunc(items, func(a, b sortItem) int {
		if s.steps++; s.steps&4095 == 0 && s.rt.check() != nil {
			s.stopped = true
		}
		if s.stopped {
			return 0
		}
		if a.row > b.row { // the earlier row first: errors name the two in this order
			return -compare(b, a)
		}
		return compare(a, b)
	})
}
