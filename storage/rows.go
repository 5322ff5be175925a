package storage

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// rows keeps the newest version of keys that were read lately, so that a point read needs neither an engine iterator nor a walk through the
// engine's memtables and levels. Safe for concurrent use.
//
// An entry says: since a time, and through everything applied so far, this is the key's state. Why no reader is shown another state than that of
// its time S, whatever is applied, added and evicted at the same time:
//
//   - Apply brings the entries of a commit's keys up to date before the commit is published, and S was published before its reader began. So
//     an entry a reader finds holds every commit through S; if one after S has touched the key, the entry is of a time after S and not used.
//   - What a reader at S found in the engine becomes an entry only if no commit after S has touched the key's shard: both are done under
//     the shard's lock.
type rows struct {
	seed   maphash.Seed
	pool   *rowPool
	shards [rowShards]rowShard
}

const (
	rowShards     = 64
	rowChunkBytes = 32 << 10
	rowHeadBytes  = 20                // since, lengths of key and value, room for the value
	rowBytesMax   = rowChunkBytes / 4 // of an entry; longer ones are left to the engine
	rowDeleted    = 1 << 31           // in the length of the value
)

// rowShard holds entries in chunks of the pool: where memory ends, the oldest chunk's entries make room, of this shard or of another one. No entry is an
// object of its own, so that the garbage collector has nothing to look at.
type rowShard struct {
	seed    maphash.Seed
	pool    *rowPool
	mu      sync.Mutex
	closed  bool
	written clock.Time        // of the newest commit that touched the shard
	index   map[uint64]uint32 // hash of a key → where its entry is
	chunks  []rowChunk
	held    int   // chunks that have memory
	filling int   // the chunk that takes new entries
	used    int64 // by the pool's turns
}

// rowChunk is a chunk, or the place of one that was given up.
type rowChunk struct {
	bytes []byte // as long as it is filled
	begun int64  // by the pool's turns
}

// init makes rows empty, for a store whose newest applied commit is of a time.
func (r *rows) init(pool *rowPool, applied clock.Time) {
	r.seed, r.pool = maphash.MakeSeed(), pool
	for i := range r.shards {
		s := &r.shards[i]
		s.seed, s.pool, s.written = r.seed, pool, applied
	}
}

// bytes is the memory that is held.
func (r *rows) bytes() int64 {
	chunks := 0
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		chunks += s.held
		s.mu.Unlock()
	}
	return int64(chunks) * rowChunkBytes
}

// release gives everything back to the pool. Nothing is kept afterwards.
func (r *rows) release() {
	own := make(map[*rowShard]bool, rowShards)
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		s.closed = true
		s.clear()
		s.mu.Unlock()
		own[s] = true
	}
	r.pool.forget(func(s *rowShard) bool { return own[s] })
}

func (r *rows) hash(key []byte) uint64 { return maphash.Bytes(r.seed, key) }

func (r *rows) shard(h uint64) *rowShard { return &r.shards[h%rowShards] }

// get appends the value of the key of a hash as of a time to dst. It knows nothing of the key unless known.
func (r *rows) get(dst []byte, h uint64, key []byte, at clock.Time) (value []byte, ok, known bool) {
	s := r.shard(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(h, key)
	if e == nil || e.since() > at {
		return dst, false, false
	}
	s.used = s.pool.turns.Load()
	value, deleted := e.value()
	if deleted {
		return dst, false, true
	}
	return append(dst, value...), true, true
}

// add notes what a reader at a time has found in the engine.
func (r *rows) add(h uint64, key, value []byte, found bool, at clock.Time) {
	size := rowSize(len(key), len(value))
	if size > rowBytesMax {
		return
	}
	s := r.shard(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.written > at {
		return
	}
	s.put(h, key, value, !found, at)
}

// rowsPushMax is up to how many writes of a commit push out older entries. A bulk load takes only room that nobody has taken yet.
const rowsPushMax = 16

// apply brings the entries of a commit's keys up to date. The hashes are those of the keys.
func (r *rows) apply(c *journal.Commit, hashes []uint64) {
	for i := range c.Writes {
		w, h := &c.Writes[i], hashes[i]
		s := r.shard(h)
		s.mu.Lock()
		s.written = c.At
		e := s.find(h, w.Key)
		if e == nil || !e.set(w.Value, w.Deleted, c.At) {
			fits := rowSize(len(w.Key), len(w.Value)) <= rowBytesMax
			switch {
			case fits && (e != nil || len(c.Writes) <= rowsPushMax || r.pool.room.Load() > 0):
				s.put(h, w.Key, w.Value, w.Deleted, c.At)
			case e != nil:
				delete(s.index, h)
			}
		}
		s.mu.Unlock()
	}
}

// find is the entry of a key, nil when there is none.
func (s *rowShard) find(h uint64, key []byte) rowEntry {
	at, ok := s.index[h]
	if !ok {
		return nil
	}
	e := rowEntry(s.chunks[at/rowChunkBytes].bytes[at%rowChunkBytes:])
	if string(e.key()) != string(key) {
		return nil
	}
	return e
}

// put makes an entry, if there is memory for it. One of another key with the same hash is replaced, or forgotten.
func (s *rowShard) put(h uint64, key, value []byte, deleted bool, since clock.Time) {
	size := rowSize(len(key), len(value))
	if s.held == 0 || len(s.chunks[s.filling].bytes)+size > rowChunkBytes {
		if !s.turn() {
			delete(s.index, h)
			return
		}
	}
	chunk := &s.chunks[s.filling].bytes
	from := len(*chunk)
	*chunk = (*chunk)[:from+size]
	e := rowEntry((*chunk)[from:])
	le := binary.LittleEndian
	le.PutUint32(e[8:], uint32(len(key)))
	le.PutUint32(e[16:], uint32(size-rowHeadBytes-len(key)))
	copy(e[rowHeadBytes:], key)
	e.set(value, deleted, since)
	s.index[h] = uint32(s.filling*rowChunkBytes + from)
}

// turn makes an empty chunk the one to fill: one more, or the shard's oldest. False when it can have none.
func (s *rowShard) turn() bool {
	if s.closed || s.pool.chunksMax == 0 {
		return false
	}
	s.used = s.pool.turns.Add(1)
	if chunk := s.pool.take(s); chunk != nil {
		if s.index == nil {
			s.index = map[uint64]uint32{}
		}
		at := slices.IndexFunc(s.chunks, func(c rowChunk) bool { return c.bytes == nil })
		if at < 0 {
			at = len(s.chunks)
			s.chunks = append(s.chunks, rowChunk{})
		}
		s.chunks[at].bytes = chunk
		s.held++
		s.filling = at
	} else if s.held > 0 {
		s.filling = s.oldest()
		s.empty(s.filling)
	} else {
		return false
	}
	s.chunks[s.filling].begun = s.used
	return true
}

// oldest is the chunk that was begun first.
func (s *rowShard) oldest() int {
	at := -1
	for i := range s.chunks {
		if s.chunks[i].bytes != nil && (at < 0 || s.chunks[i].begun < s.chunks[at].begun) {
			at = i
		}
	}
	return at
}

// empty forgets what is in a chunk.
func (s *rowShard) empty(i int) {
	chunk := s.chunks[i].bytes
	for at := 0; at < len(chunk); {
		e := rowEntry(chunk[at:])
		h := maphash.Bytes(s.seed, e.key())
		if s.index[h] == uint32(i*rowChunkBytes+at) {
			delete(s.index, h)
		}
		at += e.size()
	}
	s.chunks[i].bytes = chunk[:0]
}

// drop gives up the oldest chunk, nil when there is none.
func (s *rowShard) drop() []byte {
	at := s.oldest()
	if at < 0 {
		return nil
	}
	if s.held == 1 {
		chunk := s.chunks[at].bytes[:0]
		s.clear()
		return chunk
	}
	s.empty(at)
	chunk := s.chunks[at].bytes
	s.chunks[at].bytes = nil
	s.held--
	return chunk
}

// clear forgets everything, and the memory for it.
func (s *rowShard) clear() { s.index, s.chunks, s.held, s.filling = nil, nil, 0, 0 }

// rowEntry is the bytes of an entry: since when it holds (8), lengths of key (4) and value (4), room for the value (4), key, value.
type rowEntry []byte

// rowSize is what an entry takes.
func rowSize(key, value int) int { return (rowHeadBytes + key + value + 7) &^ 7 }

func (e rowEntry) since() clock.Time { return clock.Time(binary.LittleEndian.Uint64(e)) }
func (e rowEntry) keyLen() int       { return int(binary.LittleEndian.Uint32(e[8:])) }
func (e rowEntry) room() int         { return int(binary.LittleEndian.Uint32(e[16:])) }
func (e rowEntry) size() int         { return rowHeadBytes + e.keyLen() + e.room() }
func (e rowEntry) key() []byte       { return e[rowHeadBytes : rowHeadBytes+e.keyLen()] }

func (e rowEntry) value() (value []byte, deleted bool) {
	n := binary.LittleEndian.Uint32(e[12:])
	from := rowHeadBytes + e.keyLen()
	return e[from : from+int(n&^rowDeleted)], n&rowDeleted != 0
}

// set changes the state of the key; false when there is no room for the value.
func (e rowEntry) set(value []byte, deleted bool, since clock.Time) bool {
	if len(value) > e.room() {
		return false
	}
	n := uint32(len(value))
	if deleted {
		n = rowDeleted
	}
	le := binary.LittleEndian
	le.PutUint64(e, uint64(since))
	le.PutUint32(e[12:], n)
	copy(e[rowHeadBytes+e.keyLen():], value)
	return true
}
