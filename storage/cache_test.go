package storage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/journal"
)

// sharers are stores of one cache, each with rows that lie in files.
func sharers(t testing.TB, cache *Cache, n, rows int) []*Store {
	t.Helper()
	stores := make([]*Store, n)
	for i := range stores {
		s, err := Open("store", Options{FS: vfs.NewMem(), Manual: true, Cache: cache, MemtableBytes: 256 << 10})
		if err != nil {
			t.Fatal(err)
		}
		fill(t, s, rows, 1000)
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		stores[i] = s
	}
	return stores
}

func closeAll(t testing.TB, stores []*Store) {
	t.Helper()
	for _, s := range stores {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// readRow gets one row of a store; readAll walks it in blocks.
func readRow(t testing.TB, s *Store, i int) {
	t.Helper()
	snapshot, err := s.Snapshot(s.Applied())
	if err == nil {
		var ok bool
		if _, ok, err = snapshot.Get(nil, benchKey(i)); err == nil && !ok {
			err = fmt.Errorf("row %d is missing", i)
		}
		err = errors.Join(err, snapshot.Close())
	}
	if err != nil {
		t.Error(err)
	}
}

func readAll(t testing.TB, s *Store, want int) (built int) {
	t.Helper()
	snapshot, err := s.Snapshot(s.Applied())
	if err != nil {
		t.Error(err)
		return 0
	}
	defer snapshot.Close()
	it, rows := snapshot.ScanBlocks(Span{}, []any{"words"}, &wordDecoder{}, nil), 0
	for it.Next() {
		rows += it.View().Rows()
	}
	if it.Err() != nil || rows != want {
		t.Errorf("%d rows, want %d: %v", rows, want, it.Err())
	}
	return it.Built()
}

// Busy stores of one cache keep within its sizes together, whatever they read and write at the same time, and leave nothing behind.
func TestSharedSizes(t *testing.T) {
	const rows, stores = 4000, 24
	cache := NewCache(CacheSizes{FileBytes: 8 << 20, BlockBytes: 2 << 20, RowBytes: 4 << 20})
	defer cache.Close()
	all := sharers(t, cache, stores, rows)
	var work sync.WaitGroup
	for w := range 4 {
		random := rand.New(rand.NewPCG(7, uint64(w)))
		work.Go(func() {
			for range 1500 {
				i := random.IntN(stores)
				s := all[i]
				switch {
				case random.IntN(40) == 0:
					readAll(t, s, rows)
				case random.IntN(4) == 0 && i%4 == w: // one writer each
					c := journal.Commit{At: s.Applied() + 1, Writes: []journal.Write{{Key: benchKey(random.IntN(rows)), Value: make([]byte, random.IntN(2000))}}}
					if err := s.Apply([]journal.Entry{{Position: s.Position() + 1, Commit: c}}); err != nil {
						t.Error(err)
					}
				default:
					readRow(t, s, random.IntN(rows))
				}
			}
		})
	}
	work.Wait()
	rowBytes, blockBytes := int64(0), int64(0)
	for _, s := range all {
		m := s.Measures()
		rowBytes += m.RowBytes
		blockBytes += m.BlockBytes
	}
	if rowBytes > 4<<20 || rowBytes < 3<<20 || rowBytes != int64(len(cache.rows.held)*rowChunkBytes) {
		t.Errorf("%d bytes of rows are held, %d chunks counted", rowBytes, len(cache.rows.held))
	}
	if blockBytes > 2<<20 || blockBytes == 0 || blockBytes != cache.blocks.bytes.Load() {
		t.Errorf("%d bytes of blocks are held, %d counted", blockBytes, cache.blocks.bytes.Load())
	}
	closeAll(t, all)
	if len(cache.rows.held) != 0 || cache.rows.room.Load() != int64(cache.rows.chunksMax) || cache.blocks.bytes.Load() != 0 || len(cache.blocks.variants) != 0 {
		t.Errorf("left by closed stores: %d chunks, %d bytes of blocks", len(cache.rows.held), cache.blocks.bytes.Load())
	}
}

// A store that is not used makes room for one that is, of rows and of blocks; two that are used alike have about as much.
func TestSharedFairly(t *testing.T) {
	const rows = 20_000 // 2.7 MB of rows and 1.3 MB of blocks a store, of which the cache takes less than all of one
	cache := NewCache(CacheSizes{FileBytes: 8 << 20, BlockBytes: 1 << 20, RowBytes: 2 << 20})
	defer cache.Close()
	all := sharers(t, cache, 2, rows)
	defer closeAll(t, all)
	use := func(s *Store, times int) {
		for range times {
			readAll(t, s, rows)
			for i := range rows {
				readRow(t, s, i)
			}
		}
	}
	part := func(s *Store) (ofRows, ofBlocks float64) {
		m := s.Measures()
		return float64(m.RowBytes/rowChunkBytes) / float64(len(cache.rows.held)), float64(m.BlockBytes) / float64(cache.blocks.bytes.Load())
	}
	for n, s := range []*Store{all[0], all[1], all[0]} {
		use(s, 8)
		if r, b := part(s); r < 0.9 || b < 0.9 {
			t.Errorf("turn %d: the only store that is used has %.2f of the rows and %.2f of the blocks", n, r, b)
		}
	}
	for range 4 {
		for i := range rows {
			readRow(t, all[0], i)
			readRow(t, all[1], i)
		}
	}
	if r, _ := part(all[0]); r < 0.3 || r > 0.7 {
		t.Errorf("of two stores that are used alike, one has %.2f of the rows", r)
	}
}
