package storage

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"sync"

	"github.com/opendsql/opendsql/internal/clock"
)

// tile is a range of keys, start ≤ key < end, with what was decoded of it.
type tile struct {
	start []byte
	end   []byte // written with blocks.mu and mu held, read with either: a build begins with the whole gap and ends with what it took
	merge bool   // small, and so is the tile behind it; guarded by blocks.mu

	mu       sync.Mutex
	dead     bool // no longer marked, so no longer used
	fixed    bool // end is final
	variants map[any]*variant
	dirty    []change
	dirtyMax int
	bytes    int // of keys and values in dirty
}

// change is a version that a key got after a tile was decoded.
type change struct {
	at      clock.Time
	key     []byte
	value   []byte
	deleted bool
}

// compareChanges sorts by key, then newest first.
func compareChanges(a, b change) int {
	return cmp.Or(bytes.Compare(a.key, b.key), cmp.Compare(b.at, a.at))
}

// variant is one part of a tile, decoded to a layout: of exactly the rows of its range as of a time.
type variant struct {
	tile   *tile
	layout any
	of     *blocks
	index  int // in the pool's list; guarded by its lock
	uses   uses

	asOf  clock.Time // the rows are those of this time; later changes are in the tile's list
	built bool       // what follows is set, once; guarded by tile.mu

	end       []byte     // of the tile
	validFrom clock.Time // the newest change at or before asOf: the rows are those of any time between, too
	values    any
	rows      *rowKeys
	bytes     int64 // without the rows' keys
}

// keysAlone is the layout of a variant without values, made for a reader that wants no part.
type keysAlone struct{}

// newest is the variant that was built last, nil: none was. mu is held.
func (t *tile) newest() (found *variant) {
	for _, v := range t.variants {
		if v.built && (found == nil || v.asOf > found.asOf) {
			found = v
		}
	}
	return found
}

// oldest is the time of the oldest variant of a list. Nil ones do not count.
func oldest(list []*variant) (at clock.Time) {
	first := true
	for _, v := range list {
		if v != nil && (first || v.asOf < at) {
			at, first = v.asOf, false
		}
	}
	return at
}

// cover finds the variants of parts that can be shown together as of a time: they have the same rows, and few changes since. It leaves nil where there is none,
// and tells whether somebody is at one. Whichever has been built last will do for a reader that wants no part. The tile's mu is held.
func (b *blocks) cover(t *tile, layouts []any, at clock.Time) (found []*variant, missing, busy bool) {
	if len(layouts) == 0 {
		found = []*variant{t.newest()}
		if found[0] == nil {
			busy = t.variants[keysAlone{}] != nil
		}
	}
	var last *variant
	for _, l := range layouts {
		v := t.variants[l]
		if v != nil && !v.built {
			busy, v = true, nil
		}
		if v != nil && (last == nil || v.asOf > last.asOf) {
			last = v
		}
		found = append(found, v)
	}
	for i, v := range found {
		if v != nil && last != nil && v.rows != last.rows || v != nil && t.changes(v.asOf, at) > b.sizes.changesMax(v.rows.len()) {
			found[i] = nil
		}
		missing = missing || found[i] == nil
	}
	return found, missing, busy
}

// rowKeys are the keys of a block's rows, in order. The parts of a tile share them.
type rowKeys struct {
	data    []byte
	ends    []uint32
	holders int // variants that are counted; guarded by the pool's lock
}

func (r *rowKeys) len() int { return len(r.ends) }

func (r *rowKeys) at(i int) []byte {
	if i == 0 {
		return r.data[:r.ends[0]]
	}
	return r.data[r.ends[i-1]:r.ends[i]]
}

func (r *rowKeys) add(key []byte) {
	r.data = append(r.data, key...)
	r.ends = append(r.ends, uint32(len(r.data)))
}

// roomFrom is from how many rows on a tile's keys get room for as many as the tile before it had.
const roomFrom = 256

// grow makes room for so many keys of the length seen so far.
func (r *rowKeys) grow(rows int) {
	more := rows - r.len()
	r.ends = slices.Grow(r.ends, more)
	r.data = slices.Grow(r.data, more*(len(r.data)/r.len()+1))
}

// size is the memory the keys take.
func (r *rowKeys) size() int64 { return int64(len(r.data) + 4*len(r.ends)) }

func (r *rowKeys) equal(o *rowKeys) bool {
	return bytes.Equal(r.data, o.data) && slices.Equal(r.ends, o.ends)
}

// search gives the first row at or after a key, and whether it is the key's.
func (r *rowKeys) search(key []byte) (int, bool) {
	low, high := 0, r.len()
	for low < high {
		middle := int(uint(low+high) >> 1)
		if bytes.Compare(r.at(middle), key) < 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, low < r.len() && bytes.Equal(r.at(low), key)
}

// since is the first of the changes after a time.
func (t *tile) since(at clock.Time) int {
	return sort.Search(len(t.dirty), func(i int) bool { return t.dirty[i].at > at })
}

// changes counts the changes after a time through another.
func (t *tile) changes(after, through clock.Time) int { return t.since(through) - t.since(after) }

// changed gives the changes after a time through another, the last first: of two writes of a key in one commit the last counts.
func (t *tile) changed(after, through clock.Time) []change {
	out := slices.Clone(t.dirty[min(t.since(after), t.since(through)):t.since(through)])
	slices.Reverse(out)
	return out
}

// sameKeys tells whether all changes after a time left the keys as they are.
func (t *tile) sameKeys(rows *rowKeys, after clock.Time) bool {
	for _, c := range t.dirty[t.since(after):] {
		if _, found := rows.search(c.key); found == c.deleted {
			return false
		}
	}
	return true
}

// trim forgets the changes at or before a time.
func (t *tile) trim(through clock.Time) {
	kept := t.dirty[:0]
	t.bytes = 0
	for _, c := range t.dirty {
		if c.at > through {
			kept = append(kept, c)
			t.bytes += len(c.key) + len(c.value)
		}
	}
	clear(t.dirty[len(kept):])
	t.dirty = kept
}
