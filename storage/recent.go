package storage

import (
	"sync"

	"github.com/opendsql/opendsql/journal"
)

// recent remembers which keys were written by commits that may not be in files yet. The others can be read from files alone: without the walk
// through what was written since the last flush, and with an iterator that later commits do not make stale.
//
// Of a key it does not hold, nothing was written after its floor; and the floor is never above what is durable. So an iterator that sees the
// files of a durable position at or above the floor sees every version of the key that is applied. Keys are held by their hashes: two that share one are both
// taken for written. Safe for concurrent use; add is called by one goroutine.
type recent struct {
	mu          sync.RWMutex
	floor       journal.Position // commits through it are in files, and forgotten
	generations []*generation    // oldest first
}

// generation holds the keys of some commits in a row.
type generation struct {
	last   journal.Position // newest commit
	hashes []uint64         // open addressing, zero is free; a power of two, at most half full
	n      int
}

// generationKeys is how many keys fill a generation: what a flush makes forgotten is rounded down to whole ones.
const generationKeys = 32 << 10

// add notes the keys of a commit before anybody can see it.
func (r *recent) add(position journal.Position, hashes []uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.generations); n == 0 || r.generations[n-1].n >= generationKeys {
		r.generations = append(r.generations, &generation{})
	}
	g := r.generations[len(r.generations)-1]
	for _, h := range hashes {
		g.add(h)
	}
	g.last = position
}

// has says whether the key of a hash may have been written after the floor.
func (r *recent) has(h uint64) (written bool, floor journal.Position) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, g := range r.generations {
		if g.has(h) {
			return true, r.floor
		}
	}
	return false, r.floor
}

// forget drops the generations whose commits are all durable.
func (r *recent) forget(durable journal.Position) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for n < len(r.generations) && r.generations[n].last <= durable {
		r.floor = max(r.floor, r.generations[n].last)
		n++
	}
	r.generations = append(r.generations[:0:0], r.generations[n:]...)
}

func (g *generation) add(h uint64) {
	h |= 1 // zero is free
	if 2*(g.n+1) > len(g.hashes) {
		old := g.hashes
		g.hashes, g.n = make([]uint64, max(64, 2*len(old))), 0
		for _, h := range old {
			if h != 0 {
				g.add(h)
			}
		}
	}
	at, found := g.find(h)
	if !found {
		g.hashes[at] = h
		g.n++
	}
}

func (g *generation) has(h uint64) bool {
	if g.n == 0 {
		return false
	}
	_, found := g.find(h | 1)
	return found
}

// find is where a hash stands, or where it would. The low bits chose the shard of the cache of rows; the middle ones choose the place here.
func (g *generation) find(h uint64) (at int, found bool) {
	mask := len(g.hashes) - 1
	for at = int(h>>16) & mask; g.hashes[at] != 0; at = (at + 1) & mask {
		if g.hashes[at] == h {
			return at, true
		}
	}
	return at, false
}
