package storage

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/tidwall/btree"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// Decoder turns keys and values into the reader's own form, a block, row by row in key order. A block has parts, such as columns, each of which is kept and
// given up for itself. Key and value are only lent for the call.
type Decoder interface {
	// New begins a block of some of the reader's parts, by their numbers.
	New(parts []int) any
	Add(block any, key, value []byte) error
	// Seal ends a block and gives its parts, in the order of New.
	Seal(block any) []Part
}

// Part is one part of a block that has ended, and the memory it takes. Many readers are shown it at once, so it never changes again.
type Part struct {
	Values any
	Bytes  int
}

// tileSizes bound a tile. Small ones are not worth keeping; a reader decodes them each time.
type tileSizes struct {
	rowsMax, rowsMin   int
	bytesMax, bytesMin int // of keys and values
	changesMin         int // how many changes may be shown over a block, and one more for each 16 rows
	changesBytesMax    int // what the changes of a tile may take; not counted against the cache's bound
}

func defaultTileSizes() tileSizes {
	return tileSizes{
		rowsMax: 8192, rowsMin: 128, bytesMax: 4 << 20, bytesMin: 32 << 10,
		changesMin: 64, changesBytesMax: 256 << 10,
	}
}

// changesMax is how many changes are shown over a block of so many rows before it is decoded anew.
func (s *tileSizes) changesMax(rows int) int { return s.changesMin + rows/16 }

// blocks is the cache of decoded ranges. The package comment says why it never shows a wrong state.
//
// The key space is divided into tiles that do not overlap. A tile has a variant for each layout that a part of it was decoded to, and the list of keys
// changed since its oldest variant was built. Safe for concurrent use. Locks are taken in the order applying, mu, tile.mu, the pool's.
type blocks struct {
	sizes    tileSizes
	pool     *blockPool
	applying sync.Mutex // held while a batch is marked, written and published; and to begin a build

	count atomic.Int32 // tiles; lets Apply skip the index

	shown, made, unshared atomic.Uint64 // for measures

	mu    sync.Mutex
	tiles *btree.BTreeG[*tile] // by start
	pivot tile                 // to search tiles with
	bytes int64                // of this store's part of the pool
}

func (b *blocks) init(pool *blockPool) {
	b.pool, b.sizes = pool, defaultTileSizes()
	b.tiles = btree.NewBTreeGOptions(
		func(a, b *tile) bool { return bytes.Compare(a.start, b.start) < 0 }, btree.Options{NoLocks: true},
	)
}

// beforeEnd says whether a key lies before the end of a range, where an empty end is after every key.
func beforeEnd(key, end []byte) bool { return len(end) == 0 || bytes.Compare(key, end) < 0 }

// find gives the tile of a key, or the start of the next tile after it, nil when there is none. mu is held.
func (b *blocks) find(key []byte) (found *tile, next []byte) {
	pivot := &b.pivot
	pivot.start = key
	b.tiles.Descend(pivot, func(t *tile) bool {
		if beforeEnd(key, t.end) {
			found = t
		}
		return false
	})
	if found != nil {
		return found, nil
	}
	b.tiles.Ascend(pivot, func(t *tile) bool {
		next = t.start
		return false
	})
	return nil, next
}

// mark notes the keys of a commit in the tiles they lie in. It runs before readers can see the commit.
func (b *blocks) mark(c *journal.Commit) {
	if b.count.Load() == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var last *tile
	var gap Span // without a tile
	for i := range c.Writes {
		w := &c.Writes[i]
		if last == nil && i > 0 && bytes.Compare(w.Key, gap.Start) >= 0 && beforeEnd(w.Key, gap.End) {
			continue
		}
		if last == nil || bytes.Compare(w.Key, last.start) < 0 || !beforeEnd(w.Key, last.end) {
			if last, gap.End = b.find(w.Key); last == nil {
				gap.Start = w.Key
				continue
			}
		}
		if !b.markTile(last, w, c.At) {
			b.remove(last)
			gap, last = Span{Start: last.start, End: last.end}, nil
		}
	}
}

// markTile notes a change; false when there are too many and the tile must go. mu is held.
func (b *blocks) markTile(t *tile, w *journal.Write, at clock.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	size := len(w.Key) + len(w.Value)
	if (len(t.dirty) >= t.dirtyMax || t.bytes+size > b.sizes.changesBytesMax) && !b.shorten(t) {
		return false
	}
	copied := append(append(make([]byte, 0, size), w.Key...), w.Value...)
	t.dirty = append(t.dirty, change{at: at, key: copied[:len(w.Key):len(w.Key)], value: copied[len(w.Key):], deleted: w.Deleted})
	t.bytes += size
	return true
}

// shorten gives up the variants that keep the list of changes long, all but the newest, and reports whether the list became short enough
// to go on. mu and the tile's mu are held.
func (b *blocks) shorten(t *tile) bool {
	newest := clock.Time(0)
	for _, v := range t.variants {
		if !v.built {
			return false
		}
		newest = max(newest, v.asOf)
	}
	for layout, v := range t.variants {
		if v.asOf < newest {
			delete(t.variants, layout)
			b.discount(v)
		}
	}
	t.trim(newest)
	return len(t.dirty) < t.dirtyMax/2 && t.bytes < b.sizes.changesBytesMax/2
}

// insert puts a tile into the index. mu is held.
func (b *blocks) insert(t *tile) {
	b.tiles.Set(t)
	b.count.Store(int32(b.tiles.Len()))
}

// suggestMerge notes that a new tile and the one right before it could be one. Requiring that they are about equal keeps the work of a table that
// grows row by row within a small multiple of its size. mu is held.
func (b *blocks) suggestMerge(v *variant) {
	b.tiles.Descend(&tile{start: v.tile.start}, func(t *tile) bool {
		if t == v.tile {
			return true
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		if before := t.newest(); before != nil && t.fixed && bytes.Equal(t.end, v.tile.start) {
			rows := before.rows.len()
			t.merge = rows+v.rows.len() <= b.sizes.rowsMax && rows <= 2*v.rows.len()
		}
		return false
	})
}

// mergeAt removes a tile and the one behind it, when that was suggested and a walk from the tile's start through its end would
// make them anew as one. mu is held.
func (b *blocks) mergeAt(t *tile, position, end []byte) bool {
	if !t.merge || !bytes.Equal(t.start, position) {
		return false
	}
	t.merge = false
	behind, _ := b.find(t.end)
	if behind == nil || len(behind.end) == 0 || !beforeEnd(behind.end, end) {
		return false
	}
	b.remove(behind)
	b.remove(t)
	return true
}

// remove takes a tile out of the index, after which it is not marked and so not used. mu is held.
func (b *blocks) remove(t *tile) {
	if found, ok := b.tiles.Get(t); ok && found == t {
		b.tiles.Delete(t)
		b.count.Store(int32(b.tiles.Len()))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dead, t.dirty = true, nil
	for _, v := range t.variants {
		b.discount(v)
	}
	t.variants = nil
}

// account counts a variant that was built. mu is held; the pool is to be shrunk without it.
func (b *blocks) account(v *variant) {
	v.of = b
	v.uses.note(b.pool.epoch.Load())
	b.bytes += b.pool.add(v)
}

// discount forgets a variant's memory; false when it was not counted. mu is held.
func (b *blocks) discount(v *variant) bool {
	bytes, counted := b.pool.remove(v)
	b.bytes -= bytes
	return counted
}

// evict gives up a variant that the pool has picked, unless it was given up meanwhile.
func (b *blocks) evict(v *variant) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.discount(v) {
		return
	}
	t := v.tile
	t.mu.Lock()
	if t.variants[v.layout] == v {
		delete(t.variants, v.layout)
	}
	empty := len(t.variants) == 0
	t.mu.Unlock()
	if empty {
		b.remove(t)
	}
}

// release gives everything up.
func (b *blocks) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.tiles.Items() {
		b.remove(t)
	}
}
