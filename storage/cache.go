package storage

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// CacheSizes bound what is kept in memory to be read again. Zero: the default. They grow as they are used.
type CacheSizes struct {
	FileBytes  int64 // of uncompressed blocks of files; default 128 MiB
	BlockBytes int64 // of decoded ranges (ScanBlocks), default 256 MiB; negative: none are kept
	RowBytes   int64 // of single rows for point reads, default 160 MiB; negative: none are kept
}

func (s CacheSizes) withDefaults() CacheSizes {
	if s.FileBytes <= 0 {
		s.FileBytes = cacheBytesDefault
	}
	if s.BlockBytes == 0 {
		s.BlockBytes = blockBytesDefault
	}
	if s.RowBytes == 0 {
		s.RowBytes = rowBytesDefault
	}
	return s
}

// Cache is what stores keep in memory to be read again. Stores of one process share one: its sizes bound all of them together, and what one has not used
// for a while makes room for another. Safe for concurrent use.
type Cache struct {
	files  *pebble.Cache
	rows   rowPool
	blocks blockPool
}

// NewCache makes a cache of certain sizes.
func NewCache(sizes CacheSizes) *Cache {
	sizes = sizes.withDefaults()
	c := &Cache{files: pebble.NewCache(sizes.FileBytes)}
	c.rows.chunksMax = int(min(max(sizes.RowBytes, 0)/rowChunkBytes, rowChunksMax))
	c.rows.room.Store(int64(c.rows.chunksMax))
	c.blocks.bytesMax = sizes.BlockBytes
	return c
}

// Close gives up the caller's hold; stores that use the cache keep theirs.
func (c *Cache) Close() { c.files.Unref() }

// rowPool hands out the chunks of memory that rows of all stores are kept in. Locks are taken in the order of a shard's, then the pool's; a second shard is only
// tried.
type rowPool struct {
	chunksMax int
	room      atomic.Int64 // chunks that nobody has taken yet
	turns     atomic.Int64 // chunks begun; the time that shards know their last use by

	mu   sync.Mutex
	held []*rowShard // the owner of each chunk that was handed out
}

// rowChunksMax is how many chunks a shard can tell apart.
const rowChunksMax = 1 << 32 / rowChunkBytes

// take gives a shard, whose lock is held, a chunk more: a new one, or, when there is no room for that, the oldest one of the less recently used
// of two shards at random. The more chunks a shard has, the sooner it gives one up. Nil: the shard is to make do with what it has.
func (p *rowPool) take(s *rowShard) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.held) < p.chunksMax {
		p.held = append(p.held, s)
		p.room.Add(-1)
		return make([]byte, 0, rowChunkBytes)
	}
	if len(p.held) == 0 {
		return nil
	}
	var victim *rowShard
	at := 0
	for range 2 {
		i := rand.IntN(len(p.held))
		switch v := p.held[i]; {
		case v == s || v == victim || !v.mu.TryLock():
		case victim == nil:
			victim, at = v, i
		case v.used < victim.used:
			victim.mu.Unlock()
			victim, at = v, i
		default:
			v.mu.Unlock()
		}
	}
	if victim == nil {
		return nil
	}
	defer victim.mu.Unlock()
	chunk := victim.drop()
	if chunk != nil { // else its store is being closed
		p.held[at] = s
	}
	return chunk
}

// forget takes back what shards had that hold nothing any more.
func (p *rowPool) forget(gone func(*rowShard) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := len(p.held)
	p.held = slices.DeleteFunc(p.held, gone)
	p.room.Add(int64(before - len(p.held)))
}

// blockPool counts the decoded ranges of all stores, and gives some up when there are too many. Its lock is taken last.
type blockPool struct {
	bytesMax int64        // negative: nothing is kept
	bytes    atomic.Int64 // of what is counted
	epoch    atomic.Int64 // ends whenever half of bytesMax was built

	mu       sync.Mutex
	built    int64 // bytes, in this epoch
	variants []*variant
}

// add counts a variant, and its keys with the first that has them. Whoever adds one calls shrink without any lock.
func (p *blockPool) add(v *variant) (bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v.index = len(p.variants)
	p.variants = append(p.variants, v)
	bytes = v.bytes
	if v.rows.holders++; v.rows.holders == 1 {
		bytes += v.rows.size()
	}
	p.bytes.Add(bytes)
	if p.built += bytes; p.built > p.bytesMax/2 {
		p.built = 0
		p.epoch.Add(1)
	}
	return bytes
}

// remove forgets a variant, and its keys with the last that has them; false when it was not counted.
func (p *blockPool) remove(v *variant) (bytes int64, counted bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v.index >= len(p.variants) || p.variants[v.index] != v {
		return 0, false
	}
	last := len(p.variants) - 1
	p.variants[v.index] = p.variants[last]
	p.variants[v.index].index = v.index
	p.variants[last] = nil
	p.variants = p.variants[:last]
	bytes = v.bytes
	if v.rows.holders--; v.rows.holders == 0 {
		bytes += v.rows.size()
	}
	p.bytes.Add(-bytes)
	return bytes, true
}

// shrink gives variants up, whosever they are, until the rest fits.
func (p *blockPool) shrink() {
	for p.bytes.Load() > p.bytesMax {
		v := p.pick()
		if v == nil {
			return
		}
		v.of.evict(v)
	}
}

// pick finds the less used of two variants at random. Strict order of use would give up everything when a table larger than the cache is scanned over and
// over.
func (p *blockPool) pick() *variant {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.variants) == 0 {
		return nil
	}
	v, other := p.variants[rand.IntN(len(p.variants))], p.variants[rand.IntN(len(p.variants))]
	if other.uses.fewer(&v.uses) {
		return other
	}
	return v
}

// uses is how often something was used, and in which epoch the last time: what was not for a whole epoch counts less than what was, however often it had been.
type uses struct{ packed atomic.Int64 } // the epoch, and 32 bits of a count

func (u *uses) note(epoch int64) {
	was := u.packed.Load()
	if was>>32 == epoch {
		u.packed.Add(1) // an overflow only makes it newer
		return
	}
	u.packed.Store(epoch<<32 | (was&(1<<32-1)/2 + 1)) // two at once may lose one
}

func (u *uses) fewer(o *uses) bool {
	a, b := u.packed.Load(), o.packed.Load()
	if ea, eb := a>>32, b>>32; ea+1 < eb || eb+1 < ea {
		return ea < eb
	}
	return a&(1<<32-1) < b&(1<<32-1)
}
