package exec

import (
	"math"
	"math/bits"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// joinTable finds the rows of one side of a join by their keys. Keys stand in columns; rows are numbers. Rows with equal keys are chained in
// the order in which they were added. There are three ways to the first row of a key:
//
//   - one key of words that lie close together: a row number for every word between the least and the greatest;
//   - one key of words: a table with open addressing that holds the words beside the row numbers;
//   - anything else: a table with open addressing over hashes of the keys, which are compared in their columns.
//
// It is filled once, by build, and then only read.
type joinTable struct {
	types []sqltypes.OID
	keys  []sqltypes.Vec // of each key, the values of all rows
	rows  int
	nexts []int32 // the following row with the same keys, -1 at the end; nil while no two rows have the same

	low    int64     // least word of a direct table
	direct []int32   // row of each word from low on, -1 for none
	words  []wordRow // table of words
	hashes []uint64  // of each row
	slots  []int32   // table of hashes: a row, -1 for a free slot
	shift  uint      // turns a hash into a place in words or slots
}

// wordRow is a place of a table of words; row is -1 when it is free.
type wordRow struct {
	word int64
	row  int32
}

// ofWords tells whether the table has one key, of words.
func (t *joinTable) ofWords() bool { return len(t.keys) == 1 && t.keys[0].Fixed }

// build makes the way from keys to rows. Rows with a NULL key are left out: they match nothing.
func (t *joinTable) build() {
	if t.ofWords() {
		t.buildWords()
		return
	}
	t.hashes = hashKeys(t.types, t.keys, t.rows, nil)
	size := tableSize(t.rows)
	t.shift = uint(64 - bits.TrailingZeros(uint(size)))
	t.slots = filled(size)
	// Backwards, so that each row is put before the later ones of its chain.
	for row := t.rows - 1; row >= 0; row-- {
		if t.hasNull(row) {
			continue
		}
		at := t.place(t.hashes[row])
		for t.slots[at] >= 0 && !t.same(int(t.slots[at]), t.hashes[row], t.keys, row) {
			at = (at + 1) & (size - 1)
		}
		t.link(row, t.slots[at])
		t.slots[at] = int32(row)
	}
}

// buckets is how many places the table has.
func (t *joinTable) buckets() int { return max(len(t.direct), len(t.words), len(t.slots)) }

// tableSize is a power of two that leaves at least half of the places free.
func tableSize(rows int) int { return 1 << bits.Len(uint(2*rows)) }

func filled(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = -1
	}
	return out
}

func (t *joinTable) buildWords() {
	words := t.keys[0].Words
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for row, w := range words {
		if !nullAt(&t.keys[0], row) {
			low, high = min(low, w), max(high, w)
		}
	}
	if low > high {
		return // no row has a key
	}
	if span := uint64(high) - uint64(low); span < uint64(max(4*t.rows, 1024)) {
		t.low, t.direct = low, filled(int(span)+1)
		for row := t.rows - 1; row >= 0; row-- {
			if nullAt(&t.keys[0], row) {
				continue
			}
			at := words[row] - t.low
			t.link(row, t.direct[at])
			t.direct[at] = int32(row)
		}
		return
	}
	size := tableSize(t.rows)
	t.shift = uint(64 - bits.TrailingZeros(uint(size)))
	t.words = make([]wordRow, size)
	for i := range t.words {
		t.words[i].row = -1
	}
	for row := t.rows - 1; row >= 0; row-- {
		if nullAt(&t.keys[0], row) {
			continue
		}
		w := words[row]
		at := t.place(hashWord(w))
		for t.words[at].row >= 0 && t.words[at].word != w {
			at = (at + 1) & (size - 1)
		}
		t.link(row, t.words[at].row)
		t.words[at] = wordRow{w, int32(row)}
	}
}

// link puts a row before the one that its place held.
func (t *joinTable) link(row int, before int32) {
	if before < 0 {
		return
	}
	if t.nexts == nil {
		t.nexts = filled(t.rows)
	}
	t.nexts[row] = before
}

func (t *joinTable) place(hash uint64) int { return int(hash >> t.shift) }

// hashWord spreads words over the upper bits, where place takes them from.
func hashWord(w int64) uint64 {
	h := uint64(w)
	h = (h ^ h>>32) * 0x9E3779B97F4A7C15
	return (h ^ h>>29) * 0xBF58476D1CE4E5B9
}

func (t *joinTable) hasNull(row int) bool {
	for i := range t.keys {
		if nullAt(&t.keys[i], row) {
			return true
		}
	}
	return false
}

// same tells whether a row of the table has the keys that stand in row at of the columns given.
func (t *joinTable) same(row int, hash uint64, keys []sqltypes.Vec, at int) bool {
	if t.hashes[row] != hash {
		return false
	}
	for i := range t.keys {
		a, b := &t.keys[i], &keys[i]
		if a.Fixed {
			if a.Words[row] != b.Words[at] {
				return false
			}
		} else if !sqltypes.Equal(t.types[i], a.Datums[row], b.Datums[at]) {
			return false
		}
	}
	return true
}

// probe gives the first row of the table for each of n rows of keys, -1 where there is none, in the memory of heads.
func (t *joinTable) probe(keys []sqltypes.Vec, n int, heads []int32, hashes *[]uint64) []int32 {
	if cap(heads) < n {
		heads = make([]int32, n)
	}
	heads = heads[:n]
	switch {
	case t.direct != nil:
		t.probeDirect(keys[0].Words, heads)
	case t.words != nil:
		t.probeWords(keys[0].Words, heads)
	case t.slots != nil:
		*hashes = hashKeys(t.types, keys, n, *hashes)
		t.probeHashes(keys, *hashes, heads)
	default:
		for i := range heads {
			heads[i] = -1
		}
		return heads
	}
	for k := range keys {
		if keys[k].Nulls == nil {
			continue
		}
		for i, null := range keys[k].Nulls[:n] {
			if null {
				heads[i] = -1
			}
		}
	}
	return heads
}

func (t *joinTable) probeDirect(words []int64, heads []int32) {
	direct, low := t.direct, uint64(t.low)
	for i := range heads {
		head := int32(-1)
		if at := uint64(words[i]) - low; at < uint64(len(direct)) {
			head = direct[at]
		}
		heads[i] = head
	}
}

func (t *joinTable) probeWords(words []int64, heads []int32) {
	mask := len(t.words) - 1
	for i := range heads {
		w := words[i]
		at := t.place(hashWord(w))
		for t.words[at].row >= 0 && t.words[at].word != w {
			at = (at + 1) & mask
		}
		heads[i] = t.words[at].row
	}
}

func (t *joinTable) probeHashes(keys []sqltypes.Vec, hashes []uint64, heads []int32) {
	mask := len(t.slots) - 1
	for i := range heads {
		at := t.place(hashes[i])
		for t.slots[at] >= 0 && !t.same(int(t.slots[at]), hashes[i], keys, i) {
			at = (at + 1) & mask
		}
		heads[i] = t.slots[at]
	}
}

// bytes is the memory of a table over so many rows besides the keys, roughly.
func (t *joinTable) bytes() int {
	return 4*(cap(t.nexts)+cap(t.direct)+cap(t.slots)) + 16*cap(t.words) + 8*cap(t.hashes)
}

// hashKeys hashes n rows of keys into the memory of out. A row with a NULL key gets some hash: nobody asks for it.
func hashKeys(types []sqltypes.OID, keys []sqltypes.Vec, n int, out []uint64) []uint64 {
	if cap(out) < n {
		out = make([]uint64, n)
	}
	out = out[:n]
	clear(out)
	for k := range keys {
		v := &keys[k]
		if v.Fixed {
			for i := range out {
				out[i] = hashWord(v.Words[i] ^ int64(out[i]))
			}
			continue
		}
		for i := range out {
			if d := v.Datums[i]; !d.IsNull() {
				out[i] = sqltypes.Hash(types[k], out[i], d)
			}
		}
	}
	return out
}
