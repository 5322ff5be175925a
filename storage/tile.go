package storage

import (
	"bytes"
	"cmp"
	"slices"
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

// variant is a tile decoded to one layout: exactly the rows of its range as of a time.
type variant struct {
	tile   *tile
	layout any
	of     *blocks
	index  int // in the pool's list; guarded by its lock
	uses   uses

	asOf   clock.Time // the rows are those of this time; later changes are in the tile's list
	joined bool       // the build was begun with a tile right behind
	built  bool       // what follows is set, once; guarded by tile.mu

	end       []byte     // of the tile
	validFrom clock.Time // the newest change at or before asOf: the rows are those of any time between, too
	block     any
	rows      rowKeys
	bytes     int64
}

// rowKeys are the keys of a block's rows, in order.
type rowKeys struct {
	data []byte
	ends []uint32
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
