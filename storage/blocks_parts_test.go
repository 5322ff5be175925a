package storage

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/journal"
)

// A walk decodes only the parts that no walk before it has decoded, unless rows came or went since: parts of different rows cannot be shown together.
func TestBlocksParts(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem(), Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const rows, tile = 50_000, 8192
	fill(t, s, rows, 1000)
	apply := func(writes ...journal.Write) {
		t.Helper()
		if err := s.Apply([]journal.Entry{{Position: s.Position() + 1, Commit: journal.Commit{At: s.Applied() + 1, Writes: writes}}}); err != nil {
			t.Fatal(err)
		}
	}
	walk := func(parts ...any) (n, cells int) {
		t.Helper()
		snapshot, err := s.Snapshot(s.Applied())
		if err != nil {
			t.Fatal(err)
		}
		defer snapshot.Close()
		d := &wordDecoder{}
		it := snapshot.ScanBlocks(Span{}, parts, d, nil)
		for it.Next() {
			if words := words(it.View()); len(words) > 0 && len(words) != it.View().Rows() {
				t.Fatalf("%d words of %d rows", len(words), it.View().Rows())
			}
			n += it.View().Rows()
		}
		if it.Err() != nil {
			t.Fatal(it.Err())
		}
		return n, d.cells
	}
	for _, c := range []struct {
		name        string
		before      func()
		parts       []any
		rows, cells int
	}{
		{"nothing", nil, nil, rows, 0},
		{"a", nil, []any{"a"}, rows, rows},
		{"no part again", nil, nil, rows, 0},
		{"a and b", nil, []any{"a", "b"}, rows, rows},
		{"b and a", nil, []any{"b", "a"}, rows, 0},
		{"c, after a row was changed", func() { apply(journal.Write{Key: benchKey(5), Value: []byte("x")}) }, []any{"a", "c"}, rows, rows + 2},
		{"d, after one was deleted", func() { apply(journal.Write{Key: benchKey(5), Deleted: true}) }, []any{"d", "a"}, rows - 1, rows - 1 + tile - 1},
		{"c and d, of other rows", nil, []any{"c", "d"}, rows - 1, tile - 1},
		{"all", nil, []any{"d", "c", "b", "a"}, rows - 1, tile - 1},
		{"all again", nil, []any{"d", "c", "b", "a"}, rows - 1, 0},
	} {
		if c.before != nil {
			c.before()
		}
		if n, cells := walk(c.parts...); n != c.rows || cells != c.cells {
			t.Errorf("%s: %d rows, %d values decoded; want %d and %d", c.name, n, cells, c.rows, c.cells)
		}
		checkBlocks(t, &s.blocks)
	}
}
