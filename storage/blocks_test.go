package storage

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/opendsql/opendsql/journal"
)

// wordBlock is a block of rows written as "key=value", in each of its parts.
type wordBlock struct {
	parts  int
	words  []string
	sealed bool
}

// wordDecoder makes wordBlocks. Each row may set something off.
type wordDecoder struct {
	onRow func()
	cells int // values decoded
}

func (d *wordDecoder) New(parts []int) any { return &wordBlock{parts: len(parts)} }

func (d *wordDecoder) Add(block any, key, value []byte) error {
	b := block.(*wordBlock)
	if b.sealed {
		panic("a sealed block is added to")
	}
	b.words = append(b.words, word(key, value))
	d.cells += b.parts
	if d.onRow != nil {
		d.onRow()
	}
	return nil
}

func (d *wordDecoder) Seal(block any) (parts []Part) {
	b := block.(*wordBlock)
	b.sealed = true
	for range b.parts {
		parts = append(parts, Part{Values: slices.Clone(b.words), Bytes: 50 * len(b.words)})
	}
	return parts
}

func word(key, value []byte) string { return fmt.Sprintf("%x=%s", key, value) }

// words lists what a view shows, in key order, as all of its parts have it.
func words(v *BlockView) (out []string) {
	for i := range v.Parts {
		got := partWords(v, i)
		if i > 0 && !slices.Equal(got, out) {
			panic(fmt.Sprintf("part %d shows %v, the one before %v", i, got, out))
		}
		out = got
	}
	return out
}

func partWords(v *BlockView, part int) (out []string) {
	block := v.Parts[part].([]string)
	var fresh []string
	if v.Fresh != nil {
		fresh = v.Fresh[part].([]string)
	}
	f, skip := 0, v.Skip
	for row := v.From; row <= v.To; row++ {
		for f < v.FreshRows && int(v.FreshAt[f]) <= row {
			out = append(out, fresh[f])
			f++
		}
		switch {
		case row == v.To:
		case len(skip) > 0 && int(skip[0]) == row:
			skip = skip[1:]
		default:
			out = append(out, block[row])
		}
	}
	if f != v.FreshRows || len(skip) > 0 || len(out) != v.Rows() {
		panic(fmt.Sprintf("view of %d rows shows %d; %d of %d fresh rows, %v still to skip", v.Rows(), len(out), f, v.FreshRows, skip))
	}
	return out
}

func smallTiles() tileSizes {
	return tileSizes{rowsMax: 6, rowsMin: 2, bytesMax: 1 << 20, bytesMin: 1 << 20, changesMin: 2, changesBytesMax: 1 << 20}
}

// checkBlocks verifies what the cache promises itself: tiles in order without overlap, memory counted, nothing dead in the index.
func checkBlocks(t rapid.TB, b *blocks) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var before *tile
	built := 0
	b.tiles.Scan(func(t1 *tile) bool {
		if before != nil && (len(before.end) == 0 || bytes.Compare(before.end, t1.start) > 0) {
			t.Fatalf("tile [%x, %x) overlaps the one at %x", before.start, before.end, t1.start)
		}
		if t1.dead || len(t1.variants) == 0 {
			t.Fatalf("tile at %x is dead in the index", t1.start)
		}
		for _, v := range t1.variants {
			if v.built {
				built++
			}
		}
		before = t1
		return true
	})
	bytes, keys := int64(0), map[*rowKeys]bool{}
	for i, v := range b.pool.variants {
		if !keys[v.rows] {
			keys[v.rows] = true
			bytes += v.rows.size()
		}
		if v.index != i || v.tile.variants[v.layout] != v {
			t.Fatalf("variant %d is counted and not in its tile", i)
		}
		bytes += v.bytes
	}
	if p := b.pool; bytes != b.bytes || bytes != p.bytes.Load() || built != len(p.variants) || (p.bytesMax > 0 && bytes > p.bytesMax) {
		t.Fatalf("%d and %d bytes counted, %d found, %d allowed; %d variants counted, %d found", b.bytes, p.bytes.Load(), bytes, p.bytesMax, len(p.variants), built)
	}
}

// The second walk of an unchanged table decodes nothing, and a few changed keys are decoded alone.
func TestBlocksAreReused(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem(), Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const rows = 50_000
	fill(t, s, rows, 1000)
	decoded := 0
	d := &wordDecoder{onRow: func() { decoded++ }}
	walk := func(span Span) (n int) {
		t.Helper()
		decoded = 0
		snapshot, err := s.Snapshot(s.Applied())
		if err != nil {
			t.Fatal(err)
		}
		defer snapshot.Close()
		it := snapshot.ScanBlocks(span, []any{"layout"}, d, nil)
		for it.Next() {
			n += it.View().Rows()
		}
		if it.Err() != nil {
			t.Fatal(it.Err())
		}
		return n
	}
	for _, c := range []struct {
		name          string
		change        int
		span          Span
		rows, decoded int
	}{
		{"first", 0, Span{}, rows, rows},
		{"again", 0, Span{}, rows, 0},
		{"a part", 0, Span{Start: benchKey(100), End: benchKey(30_000)}, 29_900, 0},
		{"few changed", 10, Span{}, rows, 10},
		{"many changed", 5000, Span{}, rows, 8192},
		{"again after that", 0, Span{}, rows, 0},
	} {
		if c.change > 0 {
			commit := journal.Commit{At: s.Applied() + 1}
			for i := range c.change {
				commit.Writes = append(commit.Writes, journal.Write{Key: benchKey(i), Value: []byte("changed")})
			}
			if err := s.Apply([]journal.Entry{{Position: s.Position() + 1, Commit: commit}}); err != nil {
				t.Fatal(err)
			}
		}
		if n := walk(c.span); n != c.rows || decoded != c.decoded {
			t.Errorf("%s: %d rows, %d decoded; want %d and %d", c.name, n, decoded, c.rows, c.decoded)
		}
	}
}

// A table that grows between walks does not end up in many small tiles.
func TestBlocksMerge(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem(), Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const batch, batches = 200, 300
	decoded := 0
	d := &wordDecoder{onRow: func() { decoded++ }}
	for i := range batches {
		c := journal.Commit{At: s.Applied() + 1}
		for k := range batch {
			c.Writes = append(c.Writes, journal.Write{Key: benchKey(i*batch + k), Value: []byte("v")})
		}
		if err := s.Apply([]journal.Entry{{Position: s.Position() + 1, Commit: c}}); err != nil {
			t.Fatal(err)
		}
		snapshot, err := s.Snapshot(s.Applied())
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		it := snapshot.ScanBlocks(Span{}, []any{"layout"}, d, nil)
		for it.Next() {
			n += it.View().Rows()
		}
		if err := errors.Join(it.Err(), snapshot.Close()); err != nil || n != (i+1)*batch {
			t.Fatalf("%d rows of %d: %v", n, (i+1)*batch, err)
		}
		checkBlocks(t, &s.blocks)
	}
	if tiles := s.blocks.count.Load(); tiles > 30 {
		t.Errorf("%d tiles of %d rows", tiles, batch*batches)
	}
	if decoded > 10*batch*batches {
		t.Errorf("%d rows were decoded %d times", batch*batches, decoded)
	}
	t.Logf("%d tiles, %d rows decoded of %d", s.blocks.count.Load(), decoded, batch*batches)
}

// A decoder that refuses a row ends the walk with its error and leaves nothing half made behind.
func TestBlocksDecoderFails(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem(), Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fill(t, s, 5000, 1000)
	snapshot, err := s.Snapshot(s.Applied())
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	it := snapshot.ScanBlocks(Span{}, []any{"layout"}, &failingDecoder{}, nil)
	if it.Next() || !errors.Is(it.Err(), errRow) {
		t.Fatal(it.Err())
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		snapshot.ScanBlocks(Span{}, []any{"layout"}, &wordDecoder{onRow: func() { panic("row") }}, nil).Next()
	}()
	if n := s.blocks.count.Load(); n != 0 {
		t.Errorf("%d tiles were left behind", n)
	}
	checkBlocks(t, &s.blocks)
}

var errRow = errors.New("row is damaged")

type failingDecoder struct{ wordDecoder }

func (*failingDecoder) Add(any, []byte, []byte) error { return errRow }
