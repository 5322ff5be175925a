package storage

import (
	"fmt"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// Measures say how a store is doing.
type Measures struct {
	Applied  clock.Time
	Horizon  clock.Time
	Position journal.Position
	Durable  journal.Position

	DiskBytes     int64 // of files, live and being deleted
	MemtableBytes int64 // of writes that are not in files yet
	CacheBytes    int64 // of file blocks, of all stores that share the cache

	RowBytes                          int64 // of single rows
	BlockBytes                        int64 // of decoded ranges
	Tiles                             int
	BlocksShown, BlocksMade, Unshared uint64 // views of kept blocks, blocks decoded to be kept, views decoded for one reader
}

// Measures reads the current measures. A closed store has none of its engine's.
func (s *Store) Measures() Measures {
	b := &s.blocks
	b.mu.Lock()
	blockBytes := b.bytes
	b.mu.Unlock()
	m := Measures{
		Applied: s.Applied(), Horizon: s.Horizon(), Position: s.Position(), Durable: s.Durable(),
		RowBytes: s.rows.bytes(), BlockBytes: blockBytes, Tiles: int(b.count.Load()),
		BlocksShown: b.shown.Load(), BlocksMade: b.made.Load(), Unshared: b.unshared.Load(),
	}
	if !s.closed.Load() {
		engine := s.db.Metrics()
		m.DiskBytes = int64(engine.DiskSpaceUsage())
		m.MemtableBytes = int64(engine.MemTable.Size)
		m.CacheBytes = engine.BlockCache.Size
	}
	return m
}

// Size estimates the bytes that the versions of a span take in files. What was written since the last flush does not count.
func (s *Store) Size(span Span) (int64, error) {
	if s.closed.Load() {
		return 0, ErrClosed
	}
	if len(span.End) > 0 && !beforeEnd(span.Start, span.End) {
		return 0, nil
	}
	n, err := s.db.EstimateDiskUsage(appendPrefix(nil, span.Start), appendEnd(nil, span.End))
	if err != nil {
		return 0, fmt.Errorf("size of a span: %w", err)
	}
	return int64(n), nil
}
