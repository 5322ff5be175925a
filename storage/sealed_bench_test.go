package storage

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/internal/sealed"
)

// BenchmarkEncrypted is what encryption costs a store on the machine's disk: hot, with the engine's cache at its default size, and cold, with
// one that holds little more than indexes, where every block is read, opened and decoded anew. Rows and decoded ranges are not kept, so that the engine is asked.
func BenchmarkEncrypted(b *testing.B) {
	const rows = 200_000
	for _, c := range []struct {
		name  string
		key   *sealed.Key
		cache int64
	}{{"hot/plain", nil, 0}, {"hot/sealed", sealed.NewKey(), 0}, {"cold/plain", nil, 2 << 20}, {"cold/sealed", sealed.NewKey(), 2 << 20}} {
		b.Run(c.name, func(b *testing.B) {
			b.Chdir(b.TempDir())
			s := benchStoreWith(b, rows, Options{FS: vfs.Default, Manual: true, Key: c.key, CacheSizes: CacheSizes{FileBytes: c.cache, BlockBytes: -1, RowBytes: -1}})
			snapshot, err := s.Snapshot(s.Applied())
			if err != nil {
				b.Fatal(err)
			}
			defer snapshot.Close()
			b.Run("get", func(b *testing.B) {
				i := 0
				for b.Loop() {
					i += 7919
					if _, ok, err := snapshot.Get(nil, benchKey(i%rows)); err != nil || !ok {
						b.Fatal(ok, err)
					}
				}
			})
			b.Run("scan", func(b *testing.B) {
				for b.Loop() {
					n := 0
					it := snapshot.Scan(Span{})
					for it.Next() {
						n++
					}
					if err := it.Close(); err != nil || n != rows {
						b.Fatal(n, err)
					}
				}
			})
		})
	}
}
