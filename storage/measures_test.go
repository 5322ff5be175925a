package storage

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Sizes follow what was written where, and measures what is held.
func TestMeasures(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem(), Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fill(t, s, 10_000, 1000)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	size := func(span Span) int64 {
		t.Helper()
		n, err := s.Size(span)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	all, half := size(Span{}), size(Span{Start: benchKey(0), End: benchKey(5000)})
	none, backwards := size(Span{Start: []byte{255}}), size(Span{Start: []byte{2}, End: []byte{1}})
	if all < 100_000 || half < all/4 || half > 3*all/4 || none != 0 || backwards != 0 {
		t.Errorf("sizes: all %d, half %d, none %d, backwards %d", all, half, none, backwards)
	}
	if err := compareWalks(s, s.Applied(), []any{"x"}, Span{}); err != nil {
		t.Fatal(err)
	}
	if err := compareWalks(s, s.Applied(), []any{"x"}, Span{}); err != nil {
		t.Fatal(err)
	}
	m := s.Measures()
	if m.Applied != s.Applied() || m.Durable != s.Position() || m.DiskBytes < all || m.Tiles != 2 || m.BlocksMade != 2 || m.BlocksShown != 2 || m.BlockBytes == 0 {
		t.Errorf("measures: %+v", m)
	}
}
