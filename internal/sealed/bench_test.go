package sealed

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// eachFS runs a benchmark on the machine's file system as it is and sealed.
func eachFS(b *testing.B, f func(b *testing.B, fs vfs.FS)) {
	for _, c := range []struct {
		name string
		fs   vfs.FS
	}{{"plain", vfs.Default}, {"sealed", NewFS(vfs.Default, testKey(1))}} {
		b.Run(c.name, func(b *testing.B) { f(b, c.fs) })
	}
}

const benchBytes = 64 << 20

func benchFile(b *testing.B, fs vfs.FS) vfs.File {
	b.Helper()
	path := filepath.Join(b.TempDir(), "f")
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		b.Fatal(err)
	}
	part := text(1<<20, 1)
	for range benchBytes >> 20 {
		if _, err := f.Write(part); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	if f, err = fs.Open(path); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := f.Close(); err != nil {
			b.Error(err)
		}
	})
	return f
}

// The file is in the system's memory: this is the processor's part.
func BenchmarkReadSequential(b *testing.B) {
	eachFS(b, func(b *testing.B, fs vfs.FS) {
		f, p := benchFile(b, fs), make([]byte, 256<<10)
		b.SetBytes(int64(len(p)))
		at := int64(0)
		for b.Loop() {
			if _, err := f.ReadAt(p, at); err != nil {
				b.Fatal(err)
			}
			at = (at + int64(len(p))) % benchBytes
		}
	})
}

func BenchmarkReadRandom(b *testing.B) {
	for _, size := range []int{4 << 10, 32 << 10} {
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			eachFS(b, func(b *testing.B, fs vfs.FS) {
				f, p, r := benchFile(b, fs), make([]byte, size), rand.New(rand.NewPCG(1, 1))
				b.SetBytes(int64(size))
				for b.Loop() {
					if _, err := f.ReadAt(p, r.Int64N(benchBytes-int64(size))); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	mem := vfs.NewMem()
	for _, c := range []struct {
		name string
		fs   vfs.FS
	}{{"plain", mem}, {"sealed", NewFS(mem, testKey(1))}} {
		b.Run(c.name, func(b *testing.B) {
			put(b, c.fs, text(4<<20, 1))
			for b.Loop() {
				f, err := c.fs.Open("f")
				if err != nil {
					b.Fatal(err)
				}
				if err := f.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Blocks of a table, written one after the other as the engine does.
func BenchmarkAppend(b *testing.B) {
	eachFS(b, func(b *testing.B, fs vfs.FS) {
		f, err := fs.Create(filepath.Join(b.TempDir(), "f"), vfs.WriteCategoryUnspecified)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		p := text(32<<10, 1)
		b.SetBytes(int64(len(p)))
		n := 0
		for b.Loop() {
			if _, err := f.Write(p); err != nil {
				b.Fatal(err)
			}
			if n++; n%8192 == 0 { // 256 MiB are enough for one file
				b.StopTimer()
				if err := f.Close(); err != nil {
					b.Fatal(err)
				}
				if f, err = fs.Create(filepath.Join(b.TempDir(), "f"), vfs.WriteCategoryUnspecified); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		}
	})
}
