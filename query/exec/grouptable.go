package exec

import (
	"math/bits"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// groupTable numbers the distinct keys it is shown, from 0 on in the order in which they come. Keys stand in columns; NULLs are equal here. There are
// two ways to the number of a key: one key of words has a table with open addressing that holds the words beside the numbers; anything else has one
// over hashes of the keys, which are compared in their columns.
type groupTable struct {
	types []sqltypes.OID
	keys  []sqltypes.Vec // of each key, the values of all groups
	n     int

	words  []wordRow // table of words
	null   int32     // the group of the NULL word, -1: none yet
	hashes []uint64  // of each group
	slots  []int32   // table of hashes: a group, -1 for a free slot
	shift  uint      // turns a hash into a place in words or slots
	batch  []uint64  // hashes of the rows that are being numbered
	rt     *runtime  // not nil when a key may hold rows of any types: those that cannot be compared are an error
	sorted []int32   // with rt, the groups in order
	turned bool      // keys that come later stand on the left in what is compared
	own    arena
}

// groupSlotsMin is the size of the smallest table.
const groupSlotsMin = 64

func (rt *runtime) groupTable(types []sqltypes.OID) *groupTable {
	t := &groupTable{types: types, keys: make([]sqltypes.Vec, len(types)), null: -1}
	for i, typ := range types {
		if typ == sqltypes.RecordOID || typ == sqltypes.RecordArrayOID {
			t.rt = rt
		}
		t.keys[i] = sqltypes.NewVec(typ, 0)
	}
	t.resize(groupSlotsMin)
	return t
}

// ofWords tells whether there is one key, of words that are equal when their bits are.
func (t *groupTable) ofWords() bool {
	return len(t.keys) == 1 && t.keys[0].Fixed && t.keys[0].Kind == sqltypes.KindInt
}

// resize makes the table anew with so many places, a power of two.
func (t *groupTable) resize(size int) {
	t.shift = uint(64 - bits.TrailingZeros(uint(size)))
	if !t.ofWords() {
		t.slots = filled(size)
		for g, h := range t.hashes {
			at := int(h >> t.shift)
			for t.slots[at] >= 0 {
				at = (at + 1) & (size - 1)
			}
			t.slots[at] = int32(g)
		}
		return
	}
	old := t.words
	t.words = make([]wordRow, size)
	for i := range t.words {
		t.words[i].row = -1
	}
	for _, w := range old {
		if w.row < 0 {
			continue
		}
		at := int(hashWord(w.word) >> t.shift)
		for t.words[at].row >= 0 {
			at = (at + 1) & (size - 1)
		}
		t.words[at] = w
	}
}

// number gives the group of each of n rows, in the memory of groups. Keys that were not seen before become groups.
func (t *groupTable) number(keys []sqltypes.Vec, n int, groups []int32) ([]int32, error) {
	if cap(groups) < n {
		groups = make([]int32, n)
	}
	groups = groups[:n]
	switch {
	case len(t.keys) == 0:
		clear(groups)
		t.n = max(t.n, min(n, 1))
	case t.ofWords():
		t.numberWords(&keys[0], groups)
	default:
		t.numberHashes(keys, groups)
	}
	if t.rt != nil {
		return groups, t.rt.check()
	}
	return groups, nil
}

func (t *groupTable) numberWords(key *sqltypes.Vec, groups []int32) {
	mask := len(t.words) - 1
	for i := range groups {
		if key.Nulls != nil && key.Nulls[i] {
			if t.null < 0 {
				t.null = t.add(&t.keys[0], sqltypes.Null)
			}
			groups[i] = t.null
			continue
		}
		w := key.Words[i]
		at := int(hashWord(w) >> t.shift)
		for t.words[at].row >= 0 && t.words[at].word != w {
			at = (at + 1) & mask
		}
		if t.words[at].row < 0 {
			t.words[at] = wordRow{w, t.add(&t.keys[0], sqltypes.FromWord(sqltypes.KindInt, w))}
			if 2*t.n > len(t.words) {
				groups[i] = int32(t.n - 1)
				t.resize(2 * len(t.words))
				mask = len(t.words) - 1
				continue
			}
		}
		groups[i] = t.words[at].row
	}
}

// add appends a group of one word.
func (t *groupTable) add(to *sqltypes.Vec, d sqltypes.Datum) int32 {
	to.Append(d)
	t.n++
	return int32(t.n - 1)
}

func (t *groupTable) numberHashes(keys []sqltypes.Vec, groups []int32) {
	t.batch = hashRows(t.types, keys, len(groups), t.batch)
	mask := len(t.slots) - 1
	for i, h := range t.batch {
		at := int(h >> t.shift)
		for t.slots[at] >= 0 && !t.same(int(t.slots[at]), h, keys, i) {
			at = (at + 1) & mask
		}
		if t.slots[at] >= 0 {
			groups[i] = t.slots[at]
			continue
		}
		t.slots[at] = int32(t.n)
		groups[i] = int32(t.n)
		for k := range t.keys {
			t.keys[k].Append(t.own.own(keys[k].At(i)))
		}
		t.hashes = append(t.hashes, h)
		t.n++
		if t.rt != nil {
			t.sortNew()
		}
		if 2*t.n > len(t.slots) {
			t.resize(2 * len(t.slots))
			mask = len(t.slots) - 1
		}
	}
}

// sortNew finds the place of the last group among those before, which compares it with all that it might not be comparable with: they stand together,
// for they are alike up to the column that differs.
func (t *groupTable) sortNew() {
	g := int32(t.n - 1)
	at, _ := slices.BinarySearchFunc(t.sorted, g, func(other, g int32) int {
		for k := range t.keys {
			x, y := t.keys[k].At(int(other)), t.keys[k].At(int(g))
			var c int
			switch {
			case x.IsNull() || y.IsNull():
				c = compareNulls(t.types[k], x, y, false)
			case t.turned:
				c = -t.rt.compare(t.types[k], y, x)
			default:
				c = t.rt.compare(t.types[k], x, y)
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	t.sorted = slices.Insert(t.sorted, at, g)
}

// same tells whether a group has the keys that stand in row at of the columns given.
func (t *groupTable) same(group int, hash uint64, keys []sqltypes.Vec, at int) bool {
	if t.hashes[group] != hash {
		return false
	}
	for k := range t.keys {
		a, b := &t.keys[k], &keys[k]
		if x, y := nullAt(a, group), nullAt(b, at); x || y {
			if x != y {
				return false
			}
			continue
		}
		if a.Fixed && a.Kind == sqltypes.KindInt {
			if a.Words[group] != b.Words[at] {
				return false
			}
			continue
		}
		if x, y := a.At(group), b.At(at); x.Kind() == sqltypes.KindBytes && y.Kind() == sqltypes.KindBytes && x.Str() == y.Str() {
			continue // the same bytes are equal, whatever the type
		}
		if t.rt != nil {
			if t.rt.compare(t.types[k], a.At(group), b.At(at)) != 0 {
				return false
			}
		} else if !sqltypes.Equal(t.types[k], a.At(group), b.At(at)) {
			return false
		}
	}
	return true
}

// find gives the group of a row of keys, -1 when there is none.
func (t *groupTable) find(keys []sqltypes.Vec, n int, groups []int32) []int32 {
	if cap(groups) < n {
		groups = make([]int32, n)
	}
	groups = groups[:n]
	if len(t.keys) == 0 {
		for i := range groups {
			groups[i] = int32(min(t.n, 1)) - 1
		}
		return groups
	}
	if t.ofWords() {
		mask := len(t.words) - 1
		for i := range groups {
			if nullAt(&keys[0], i) {
				groups[i] = t.null
				continue
			}
			w := keys[0].Words[i]
			at := int(hashWord(w) >> t.shift)
			for t.words[at].row >= 0 && t.words[at].word != w {
				at = (at + 1) & mask
			}
			groups[i] = t.words[at].row
		}
		return groups
	}
	t.batch = hashRows(t.types, keys, n, t.batch)
	mask := len(t.slots) - 1
	for i, h := range t.batch {
		at := int(h >> t.shift)
		for t.slots[at] >= 0 && !t.same(int(t.slots[at]), h, keys, i) {
			at = (at + 1) & mask
		}
		groups[i] = t.slots[at]
	}
	return groups
}

// bytes is the memory of the groups from the given one on and of the table, roughly.
func (t *groupTable) bytes(from int) int {
	n := 0
	for k := range t.keys {
		n += columnBytes(&t.keys[k], from, t.n)
	}
	return n + (t.n-from)*8
}

// tableBytes is the memory of the table without its keys.
func (t *groupTable) tableBytes() int { return 16*cap(t.words) + 4*cap(t.slots) }

// hashRows hashes n rows of keys into the memory of out. NULLs have a hash of their own.
func hashRows(types []sqltypes.OID, keys []sqltypes.Vec, n int, out []uint64) []uint64 {
	if cap(out) < n {
		out = make([]uint64, n)
	}
	out = out[:n]
	clear(out)
	for k := range keys {
		v := &keys[k]
		switch {
		case v.Fixed && v.Kind == sqltypes.KindInt:
			for i := range out {
				w := v.Words[i]
				if v.Nulls != nil && v.Nulls[i] {
					w = nullWord
				}
				out[i] = hashWord(w ^ int64(out[i]*0x9E3779B97F4A7C15))
			}
		case types[k] == sqltypes.TextOID || types[k] == sqltypes.VarCharOID || types[k] == sqltypes.BPCharOID:
			hashTexts(v, types[k] == sqltypes.BPCharOID, out)
		default:
			for i := range out {
				if nullAt(v, i) {
					out[i] = hashWord(nullWord ^ int64(out[i]*0x9E3779B97F4A7C15))
				} else {
					out[i] = hashWord(int64(sqltypes.Hash(types[k], out[i], v.At(i))))
				}
			}
		}
	}
	return out
}

// hashTexts hashes a column of texts, short ones as a word. Blanks that end padded ones do not count.
func hashTexts(v *sqltypes.Vec, padded bool, out []uint64) {
	for i := range out {
		d := v.Datums[i]
		before := int64(out[i] * 0x9E3779B97F4A7C15)
		if d.IsNull() {
			out[i] = hashWord(nullWord ^ before)
			continue
		}
		b := d.Bytes()
		if padded {
			b = sqltypes.TrimBlanks(b)
		}
		if len(b) <= 8 {
			out[i] = hashWord(int64(textKey(b, 0)) ^ before)
		} else {
			out[i] = hashWord(int64(xxhash.Sum64(b)) ^ before)
		}
	}
}

// nullWord is what a NULL is hashed as.
const nullWord = 0x5bd1e9955bd1e995
