package storage

import (
	"bytes"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/opendsql/opendsql/internal/clock"
)

// The parts of a span follow each other without a hole, whatever the boundaries are.
func TestDivide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := Span{Start: modelKey.Draw(t, "start")}
		if rapid.Bool().Draw(t, "bounded") {
			span.End = append(bytes.Clone(span.Start), 1)
		}
		var found []boundary
		for _, key := range rapid.SliceOf(modelKey).Draw(t, "keys") {
			found = append(found, boundary{key: key, weight: rapid.Uint64Range(0, 9).Draw(t, "weight")})
		}
		parts := rapid.IntRange(2, 5).Draw(t, "parts")
		out := divide(span, parts, found)
		if len(out) == 0 || len(out) > parts || !bytes.Equal(out[0].Start, span.Start) || !bytes.Equal(out[len(out)-1].End, span.End) {
			t.Fatalf("%v into %d: %v", span, parts, out)
		}
		for i := 1; i < len(out); i++ {
			if !bytes.Equal(out[i-1].End, out[i].Start) || bytes.Compare(out[i-1].Start, out[i-1].End) >= 0 {
				t.Fatalf("%v into %d: %v", span, parts, out)
			}
		}
	})
}

// A large span is divided by files, as evenly as compactions left them, and evenly by tiles; the parts together have its rows once.
func TestSplit(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem(), Manual: true, MemtableBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const rows = 100_000
	fill(t, s, rows, 1000)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	check := func(by string, at clock.Time, rowsMin int) {
		t.Helper()
		for _, reverse := range []bool{false, true} {
			parts, err := s.Split(Span{Reverse: reverse}, 3)
			if err != nil || len(parts) < 2 {
				t.Fatalf("by %s: %v, %v", by, parts, err)
			}
			sum := 0
			for _, part := range parts {
				n := scanAll(t, s, at, part)
				if n < rowsMin {
					t.Errorf("by %s: a part has %d rows", by, n)
				}
				sum += n
			}
			if sum != rows {
				t.Errorf("by %s: %d rows", by, sum)
			}
		}
	}
	check("files", s.Applied(), 1)
	if err := compareWalks(s, s.Applied(), []any{"x"}, Span{}); err != nil {
		t.Fatal(err)
	}
	check("tiles", s.Applied(), rows/4)
	if parts, err := s.Split(Span{Start: []byte{255}}, 3); err != nil || len(parts) != 1 {
		t.Errorf("an empty span: %v, %v", parts, err)
	}
}

// No file holds both the store's own records and data, neither after flushes nor after compactions: each flush writes such a record, and one file from there
// to the end of a growing table would make every compaction write the whole table anew.
func TestOwnRecordsApart(t *testing.T) {
	s := benchStore(t, 0)
	check := func(when string) {
		t.Helper()
		levels, err := s.db.SSTables()
		if err != nil {
			t.Fatal(err)
		}
		own, data := 0, 0
		for _, files := range levels {
			for _, f := range files {
				switch first, last := f.Smallest.UserKey[0], f.Largest.UserKey[0]; {
				case first != last:
					t.Errorf("%s, a file from %x to %x", when, f.Smallest.UserKey, f.Largest.UserKey)
				case first == dataSpace:
					data++
				default:
					own++
				}
			}
		}
		if own == 0 || data == 0 {
			t.Errorf("%s, %d files of own records and %d of data", when, own, data)
		}
	}
	for range 3 {
		fill(t, s, 5000, 1000)
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		check("after a flush")
	}
	if err := s.db.Compact(t.Context(), appliedKey, appendEnd(nil, nil), false); err != nil {
		t.Fatal(err)
	}
	check("after a compaction")
}
