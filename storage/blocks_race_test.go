package storage

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// compareWalks walks one snapshot by blocks and plainly.
func compareWalks(s *Store, at clock.Time, layouts []any, span Span) error {
	snapshot, err := s.Snapshot(at)
	if err != nil {
		return err
	}
	defer snapshot.Close()
	var got, want []string
	blocks := snapshot.ScanBlocks(span, layouts, &wordDecoder{}, nil)
	for blocks.Next() {
		got = append(got, words(blocks.View())...)
	}
	plain := snapshot.Scan(span)
	for plain.Next() {
		want = append(want, word(plain.Key(), plain.Value()))
	}
	if err := errors.Join(blocks.Err(), plain.Close()); err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("at %d: %d rows by blocks, %d by the plain walk", at, len(got), len(want))
	}
	return nil
}

// Many readers and a writer at the same time: each walk by blocks equals the plain walk of the same snapshot. Large commits make the time between
// marking and publishing long; few rows make tiles come and go.
func TestBlocksConcurrently(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem(), Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.blocks.sizes = tileSizes{rowsMax: 64, rowsMin: 16, bytesMax: 1 << 20, bytesMin: 1 << 20, changesMin: 40, changesBytesMax: 1 << 20}
	const keys, commits = 500, 1500
	var work sync.WaitGroup
	stop := make(chan struct{})
	for reader := range 4 {
		work.Go(func() {
			for n := clock.Time(0); ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				at := s.Applied()
				if n%3 == 0 {
					at = max(0, at-n%200)
				}
				if err := compareWalks(s, at, [][]any{{0}, {1}, {0, 1}, {1, 2}}[reader], Span{}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	random := rand.New(rand.NewPCG(1, 1))
	for i := range journal.Position(commits) {
		c := journal.Commit{At: clock.Time(2 * (i + 1))}
		for _, k := range random.Perm(keys)[:1+random.IntN(30)] {
			c.Writes = append(c.Writes, journal.Write{Key: benchKey(k), Value: fmt.Append(nil, i), Deleted: random.IntN(4) == 0})
		}
		if err := s.Apply([]journal.Entry{{Position: i + 1, Commit: c}}); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	work.Wait()
	checkBlocks(t, &s.blocks)
}

// readingClock reads at the moment a commit has just become visible: the store asks for the time then.
type readingClock struct{ read func() }

func (c *readingClock) Now() clock.Time {
	if c.read != nil {
		c.read()
	}
	return 1
}

// A commit is marked before anybody can read as of it.
func TestBlocksMarkedBeforeVisible(t *testing.T) {
	c := &readingClock{}
	s, err := Open("store", Options{FS: vfs.NewMem(), Clock: c, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fill(t, s, 1000, 1000)
	if err := compareWalks(s, s.Applied(), []any{"x"}, Span{}); err != nil {
		t.Fatal(err)
	}
	before, reads := s.Applied(), 0
	c.read = func() {
		reads++
		if s.Applied() != before+1 {
			t.Errorf("read at %d", s.Applied())
		}
		// Within the tile: the walk must not wait for the commit, as one that makes a tile does.
		if err := compareWalks(s, s.Applied(), []any{"x"}, Span{End: benchKey(900)}); err != nil {
			t.Error(err)
		}
	}
	changed := journal.Commit{At: before + 1}
	for i := range 20 {
		changed.Writes = append(changed.Writes, journal.Write{Key: benchKey(i), Value: []byte("changed")})
	}
	if err := s.Apply([]journal.Entry{{Position: s.Position() + 1, Commit: changed}}); err != nil {
		t.Fatal(err)
	}
	c.read = nil
	if reads == 0 {
		t.Error("nobody read")
	}
}

// A tile that rows are inserted into is divided in time, and a walk that begins in its middle goes on from there.
func TestBlocksOutgrown(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem(), Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.blocks.sizes = smallTiles()
	random := rand.New(rand.NewPCG(3, 3))
	largest := 0
	for i := range journal.Position(400) {
		c := journal.Commit{At: clock.Time(i + 1)}
		for _, k := range random.Perm(100)[:3] {
			c.Writes = append(c.Writes, journal.Write{Key: fmt.Appendf(nil, "%02d.%04d", k, i), Value: []byte("v")})
		}
		slices.SortFunc(c.Writes, func(a, b journal.Write) int { return bytes.Compare(a.Key, b.Key) })
		if err := s.Apply([]journal.Entry{{Position: i + 1, Commit: c}}); err != nil {
			t.Fatal(err)
		}
		span := Span{}
		if i%3 > 0 {
			span = Span{Start: fmt.Appendf(nil, "%02d", random.IntN(50)), End: fmt.Appendf(nil, "%02d", 50+random.IntN(50))}
		}
		for _, layouts := range [][]any{{"x"}, {"y", "x"}}[i%2:] {
			if err := compareWalks(s, s.Applied(), layouts, span); err != nil {
				t.Fatal(err)
			}
		}
		for _, v := range s.blocks.pool.variants {
			largest = max(largest, v.rows.len())
		}
		checkBlocks(t, &s.blocks)
	}
	if bound := 2 * s.blocks.sizes.rowsMax; largest > bound || largest <= s.blocks.sizes.rowsMax {
		t.Errorf("the largest tile had %d rows, bound %d", largest, bound)
	}
}

// A walk may find a tile at its position while the tile is being built, and see it built after it was cut before the position. It must not show it then: it would
// go back to the tile's end and show rows twice.
func TestBlocksCutBeforePosition(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem(), Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.blocks.sizes.rowsMax, s.blocks.sizes.rowsMin = 64, 16
	fill(t, s, 1000, 1000)
	at := s.Applied()
	found := make(chan *tile, 1)
	decoder := &wordDecoder{onRow: func() { // the tile is in the index, with the whole gap as its range
		s.blocks.mu.Lock()
		defer s.blocks.mu.Unlock()
		if t, _ := s.blocks.find(benchKey(500)); t != nil && len(found) == 0 {
			found <- t
		}
	}}
	snapshot, err := s.Snapshot(at)
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	walk := snapshot.ScanBlocks(Span{}, []any{"x"}, decoder, nil)
	if !walk.Next() {
		t.Fatal(walk.Err())
	}
	tile := <-found
	if _, _, verdict := s.blocks.use(tile, []any{"x"}, benchKey(10), at); verdict != useBlock {
		t.Errorf("within the tile: %d", verdict)
	}
	for _, layout := range []string{"x", "y"} {
		if _, _, verdict := s.blocks.use(tile, []any{layout}, benchKey(500), at); verdict != goPlain {
			t.Errorf("behind the tile, layout %s: %d", layout, verdict)
		}
		late := snapshot.ScanBlocks(Span{Start: benchKey(500)}, []any{layout}, &wordDecoder{}, nil)
		if v := s.blocks.begin(late, tile, nil); v != nil {
			t.Errorf("layout %s is built anew behind the tile", layout)
		}
	}
}
