package storage

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// benchKey looks like a row's key: an object id and an integer column.
func benchKey(i int) []byte {
	k := make([]byte, 0, 13)
	k = binary.BigEndian.AppendUint32(k, 42)
	k = append(k, 0x15)
	return binary.BigEndian.AppendUint64(k, uint64(i))
}

// fill writes n rows of about 100 bytes, perCommit rows in a commit, beginning with a commit.
func fill(b testing.TB, s *Store, n, perCommit int) {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	position, at := s.Position(), s.Applied()
	for i := 0; i < n; {
		position, at = position+1, at+1
		c := journal.Commit{At: at}
		for range perCommit {
			value := make([]byte, 100)
			for j := 0; j < 40; j += 8 {
				binary.BigEndian.PutUint64(value[j:], random.Uint64())
			}
			c.Writes = append(c.Writes, journal.Write{Key: benchKey(i), Value: value})
			i++
		}
		if err := s.Apply([]journal.Entry{{Position: position, Commit: c}}); err != nil {
			b.Fatal(err)
		}
	}
}

func benchStore(b testing.TB, rows int) *Store {
	b.Helper()
	return benchStoreWith(b, rows, Options{FS: vfs.NewMem(), Manual: true})
}

func benchStoreWith(b testing.TB, rows int, o Options) *Store {
	b.Helper()
	s, err := Open("bench", o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	fill(b, s, rows, 1000)
	if err := s.Flush(); err != nil {
		b.Fatal(err)
	}
	return s
}

func BenchmarkApplyBulk(b *testing.B) {
	s := benchStore(b, 0)
	for b.Loop() {
		fill(b, s, 10_000, 1000)
	}
	b.ReportMetric(float64(10_000*b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkApplyOneRow(b *testing.B) {
	s := benchStore(b, 1000)
	value := make([]byte, 100)
	key := benchKey(7)
	for b.Loop() {
		err := s.Apply([]journal.Entry{{
			Position: s.Position() + 1,
			Commit:   journal.Commit{At: s.Applied() + 1, Writes: []journal.Write{{Key: key, Value: value}}},
		}})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	s := benchStore(b, 100_000)
	for _, spread := range []int{1, 100_000} {
		b.Run(fmt.Sprintf("among=%d", spread), func(b *testing.B) {
			snapshot, err := s.Snapshot(s.Applied())
			if err != nil {
				b.Fatal(err)
			}
			defer snapshot.Close()
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i += 7919
				if _, ok, err := snapshot.Get(nil, benchKey(i%spread)); err != nil || !ok {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

func BenchmarkSnapshotGetClose(b *testing.B) {
	s := benchStore(b, 1000)
	key := benchKey(7)
	b.ReportAllocs()
	for b.Loop() {
		snapshot, err := s.Snapshot(s.Applied())
		if err != nil {
			b.Fatal(err)
		}
		if _, ok, err := snapshot.Get(nil, key); err != nil || !ok {
			b.Fatal(ok, err)
		}
		if err := snapshot.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpdateAmong reads a row and writes it again, as an UPDATE by key does, with a hundred thousand rows and many versions in the memtable.
func BenchmarkUpdateAmong(b *testing.B) {
	for _, rowBytes := range []int64{-1, 160 << 20} {
		b.Run(fmt.Sprintf("rowMiB=%d", max(rowBytes, 0)>>20), func(b *testing.B) {
			const keys = 100_000
			s := benchStoreWith(b, keys, Options{FS: vfs.NewMem(), Manual: true, CacheSizes: CacheSizes{RowBytes: rowBytes}})
			i := 0
			update := func() {
				i += 7919
				snapshot, err := s.Snapshot(s.Applied())
				if err != nil {
					b.Fatal(err)
				}
				key := benchKey(i % keys)
				value, ok, err := snapshot.Get(nil, key)
				if err != nil || !ok {
					b.Fatal(ok, err)
				}
				if err := snapshot.Close(); err != nil {
					b.Fatal(err)
				}
				e := journal.Entry{Position: s.Position() + 1, Commit: journal.Commit{At: s.Applied() + 1, Writes: []journal.Write{{Key: key, Value: value}}}}
				if err := s.Apply([]journal.Entry{e}); err != nil {
					b.Fatal(err)
				}
			}
			for range keys {
				update()
			}
			b.ReportAllocs()
			for b.Loop() {
				update()
			}
		})
	}
}

// BenchmarkGetAfterApply is a read whose state no idle cursor covers.
func BenchmarkGetAfterApply(b *testing.B) {
	s := benchStore(b, 1000)
	key := benchKey(7)
	b.ReportAllocs()
	for b.Loop() {
		s.points.purge()
		snapshot, err := s.Snapshot(s.Applied())
		if err != nil {
			b.Fatal(err)
		}
		if _, ok, err := snapshot.Get(nil, key); err != nil || !ok {
			b.Fatal(ok, err)
		}
		if err := snapshot.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func scanAll(b testing.TB, s *Store, at clock.Time, span Span) (rows int) {
	snapshot, err := s.Snapshot(at)
	if err != nil {
		b.Fatal(err)
	}
	defer snapshot.Close()
	it := snapshot.Scan(span)
	for it.Next() {
		rows++
	}
	if err := it.Close(); err != nil {
		b.Fatal(err)
	}
	return rows
}

func BenchmarkScan(b *testing.B) {
	const rows = 1_000_000
	s := benchStore(b, rows)
	for _, c := range []struct {
		name string
		span Span
	}{{"forward", Span{}}, {"reverse", Span{Reverse: true}}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if n := scanAll(b, s, s.Applied(), c.span); n != rows {
					b.Fatal(n)
				}
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
	fill(b, s, rows, 1000) // a second version of every row
	if err := s.Flush(); err != nil {
		b.Fatal(err)
	}
	b.Run("two-versions", func(b *testing.B) {
		for b.Loop() {
			if n := scanAll(b, s, s.Applied(), Span{}); n != rows {
				b.Fatal(n)
			}
		}
		b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("old-snapshot", func(b *testing.B) {
		for b.Loop() {
			if n := scanAll(b, s, s.Applied()/2, Span{}); n != rows {
				b.Fatal(n)
			}
		}
		b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

func BenchmarkShortScan(b *testing.B) {
	s := benchStore(b, 100_000)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i += 7919
		k := i % 99_000
		if n := scanAll(b, s, s.Applied(), Span{Start: benchKey(k), End: benchKey(k + 10)}); n != 10 {
			b.Fatal(n)
		}
	}
}

// BenchmarkSweep removes the old version of every row, and looks in vain at rows that have one version only.
func BenchmarkSweep(b *testing.B) {
	const rows = 100_000
	for _, versions := range []int{1, 2, 10} {
		b.Run(fmt.Sprintf("versions=%d", versions), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				c := &stoppedClock{now: 1000}
				s, err := Open("bench", Options{FS: vfs.NewMem(), Clock: c, AgeLimit: modelAge, Manual: true})
				if err != nil {
					b.Fatal(err)
				}
				for range versions {
					fill(b, s, rows, 1000)
				}
				if err := s.Flush(); err != nil {
					b.Fatal(err)
				}
				c.now += modelAge
				b.StartTimer()
				if err := s.Sweep(context.Background()); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows*versions*b.N), "ns/version")
		})
	}
}
