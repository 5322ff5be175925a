package txn

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/opendsql/opendsql/journal"
)

func benchKey(i int) []byte {
	return binary.BigEndian.AppendUint64([]byte{0, 0, 0, 42, 0x15}, uint64(i))
}

// load commits rows of 100 bytes in transactions of 1000.
func load(b testing.TB, db *DB, rows int) {
	for i := 0; i < rows; {
		tx := begin(b, db)
		for range min(1000, rows-i) {
			tx.Put(benchKey(i), make([]byte, 100))
			i++
		}
		commit(b, tx)
	}
}

func BenchmarkBeginGetEnd(b *testing.B) {
	db := openMemory(b, Config{})
	load(b, db, 1000)
	key := benchKey(7)
	b.ReportAllocs()
	for b.Loop() {
		tx, err := db.Begin(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		if _, ok, err := tx.Get(key); err != nil || !ok {
			b.Fatal(ok, err)
		}
		if _, err := tx.Commit(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAutocommitOneRow(b *testing.B) {
	db := openMemory(b, Config{})
	load(b, db, 1000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		tx, err := db.Begin(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		key := benchKey(i % 1000)
		if _, ok, err := tx.Get(key); err != nil || !ok {
			b.Fatal(ok, err)
		}
		tx.Put(key, make([]byte, 100))
		tx.Mark(key, journal.Change)
		if _, err := tx.Commit(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBulkPut(b *testing.B) {
	db := openMemory(b, Config{})
	const rows = 3000
	value := make([]byte, 100)
	keys := make([][]byte, rows)
	for i := range keys {
		keys[i] = benchKey(i * 7919 % rows)
	}
	for b.Loop() {
		tx, err := db.Begin(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		for _, key := range keys {
			if _, ok, err := tx.GetLatest(key); ok || err != nil {
				b.Fatal(ok, err)
			}
			tx.Put(key, value)
			tx.Mark(key, journal.Replace)
		}
		tx.EndStatement()
		tx.Rollback()
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkScan(b *testing.B) {
	db := openMemory(b, Config{})
	const rows = 200_000
	load(b, db, rows)
	for _, own := range []int{0, 3, 1000} {
		name := map[int]string{0: "own=0", 3: "own=3", 1000: "own=1000"}[own]
		b.Run(name, func(b *testing.B) {
			tx := begin(b, db)
			for i := range own {
				tx.Put(benchKey(i*7919%rows), make([]byte, 100))
			}
			tx.EndStatement()
			for b.Loop() {
				n := 0
				it := tx.Scan(Span{})
				for it.Next() {
					n++
				}
				if err := it.Close(); err != nil || n != rows {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkShortScan is an index lookup of ten rows inside a transaction, as a join makes many.
func BenchmarkShortScan(b *testing.B) {
	db := openMemory(b, Config{})
	const rows = 100_000
	load(b, db, rows)
	tx := begin(b, db)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i += 7919
		k := i % (rows - 10)
		n := 0
		it := tx.Scan(Span{Start: benchKey(k), End: benchKey(k + 10)})
		for it.Next() {
			n++
		}
		if err := it.Close(); err != nil || n != 10 {
			b.Fatal(n, err)
		}
	}
}
