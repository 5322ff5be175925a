package sealed

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"
)

// testKey is always the same, so that failures can be repeated.
func testKey(n byte) *Key { return &Key{secret: [KeyBytes]byte{n}} }

func text(n int, seed uint64) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func readAll(fs vfs.FS, name string) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(f)
	return b, errors.Join(err, f.Close())
}

// What a sync made durable is there after a crash, and nothing that was never written is.
func TestCrash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mem := vfs.NewCrashableMem()
		fs := NewFS(mem, testKey(1))
		if err := mem.MkdirAll("d", 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := fs.Create("d/f", vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"/", "d"} {
			dir, err := fs.OpenDir(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
				t.Fatal(err)
			}
		}
		var all []byte
		durable := 0
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			b := text(rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(4000, 4200), rapid.IntRange(0, 40000)).Draw(t, "bytes"), uint64(len(all)))
			all = append(all, b...)
			if n, err := f.Write(b); err != nil || n != len(b) {
				t.Fatal(n, err)
			}
			if info, err := f.Stat(); err != nil || info.Size() != int64(len(all)) {
				t.Fatal(info.Size(), len(all), err)
			}
			if rapid.IntRange(0, 2).Draw(t, "sync") == 0 {
				if err := f.Sync(); err != nil {
					t.Fatal(err)
				}
				durable = len(all)
			}
		}
		crashed := mem.CrashClone(vfs.CrashCloneCfg{
			UnsyncedDataPercent: rapid.IntRange(0, 100).Draw(t, "kept"), RNG: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)),
		})
		got, err := readAll(NewFS(crashed, testKey(1)), "d/f")
		// A file that was never synced but at its end is used whole or not at all: there, an error may tell of what was not durable.
		if err != nil && (durable > 0 || !errors.Is(err, ErrDamaged)) {
			t.Fatalf("%v, %d of %d were durable", err, durable, len(all))
		}
		if len(got) < durable || !bytes.HasPrefix(all, got) {
			t.Fatalf("%d bytes of %d, %d were durable", len(got), len(all), durable)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err = readAll(fs, "d/f"); err != nil || !bytes.Equal(got, all) {
			t.Fatalf("%d bytes of %d, %v", len(got), len(all), err)
		}
		readParts(t, fs, all)
	})
}

// readParts reads the file at random places.
func readParts(t *rapid.T, fs vfs.FS, all []byte) {
	r, err := fs.Open("d/f")
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		from := rapid.IntRange(0, len(all)).Draw(t, "from")
		b := make([]byte, rapid.IntRange(0, 2*chunkBytes).Draw(t, "length"))
		n, err := r.ReadAt(b, int64(from))
		want := all[from:min(from+len(b), len(all))]
		if !bytes.Equal(b[:n], want) || (err == nil) != (n == len(b)) || err != nil && !errors.Is(err, io.EOF) {
			t.Fatalf("at %d: %d bytes of %d, %v", from, n, len(want), err)
		}
		if err := r.Prefetch(int64(from), int64(len(b))); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := fs.Stat("d/f"); err != nil || info.Size() != int64(len(all)) {
		t.Fatal(info, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// sample makes a file with short chunks, and gives its bytes on disk; the contents through proven were durable when the last chunk was written.
func sample(t testing.TB, sizes ...int) (contents, disk []byte, proven int) {
	mem := vfs.NewMem()
	f, err := NewFS(mem, testKey(1)).Create("f", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range sizes {
		b := text(n, uint64(i))
		proven = len(contents)
		contents = append(contents, b...)
		if _, err := f.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if disk, err = readAll(mem, "f"); err != nil {
		t.Fatal(err)
	}
	return contents, disk, proven
}

func put(t testing.TB, fs vfs.FS, b []byte) {
	f, err := fs.Create("f", vfs.WriteCategoryUnspecified)
	if err == nil {
		_, err = f.Write(b)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// Every changed bit of what a later chunk proves durable is an error; one in the newest chunk is that or a torn write. None changes contents.
func TestEveryBit(t *testing.T) {
	contents, disk, proven := sample(t, 100, 40, 0, 300, 1, 60)
	mem := vfs.NewMem()
	fs := NewFS(mem, testKey(1))
	newest := len(disk) - 60 - chunkOverhead
	for bit := range len(disk) * 8 {
		b := bytes.Clone(disk)
		b[bit/8] ^= 1 << (bit % 8)
		put(t, mem, b)
		got, err := readAll(fs, "f")
		if bit/8 < newest && err == nil {
			t.Fatalf("bit %d is not noticed", bit)
		}
		if err == nil && !bytes.Equal(got, contents[:proven]) {
			t.Fatalf("bit %d: %d bytes", bit, len(got))
		}
	}
}

// A file that was synced once has no newest write to be torn: every changed bit but those of its last chunk is an error, and that makes it shorter.
func TestEveryBitOfATable(t *testing.T) {
	contents, disk, _ := sample(t, 2*chunkBytes+77)
	mem := vfs.NewMem()
	fs := NewFS(mem, testKey(1))
	for at := range disk {
		b := bytes.Clone(disk)
		b[at] ^= 0x10
		put(t, mem, b)
		if got, err := readAll(fs, "f"); err == nil && (len(got) == len(contents) || !bytes.HasPrefix(contents, got)) {
			t.Fatalf("byte %d is not noticed", at)
		}
	}
}

// Chunks and files are not exchanged, and another key opens nothing.
func TestExchanged(t *testing.T) {
	_, disk, _ := sample(t, 3*chunkBytes)
	mem := vfs.NewMem()
	fs := NewFS(mem, testKey(1))
	const step = chunkBytes + chunkOverhead
	swapped := bytes.Clone(disk)
	copy(swapped[headerBytes:], disk[headerBytes+step:][:step])
	copy(swapped[headerBytes+step:], disk[headerBytes:][:step])
	_, other, _ := sample(t, 3*chunkBytes)
	foreign := bytes.Clone(disk)
	copy(foreign[headerBytes:], other[headerBytes:][:step])
	for name, b := range map[string][]byte{"swapped": swapped, "foreign": foreign, "plain": text(5000, 1)} {
		put(t, mem, b)
		if _, err := readAll(fs, "f"); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	put(t, mem, disk)
	if _, err := readAll(NewFS(mem, testKey(2)), "f"); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

// FuzzReader: whatever stands on the disk, what is read was written, or it is an error.
func FuzzReader(f *testing.F) {
	contents, disk, _ := sample(f, 100, 5000, 9000, 3)
	f.Add(disk, 0, byte(0))
	f.Add(disk[:5000], 70, byte(9))
	f.Add([]byte(magic), 0, byte(0))
	f.Fuzz(func(t *testing.T, b []byte, at int, change byte) {
		if at >= 0 && at < len(b) {
			b[at] ^= change
		}
		mem := vfs.NewMem()
		put(t, mem, b)
		got, err := readAll(NewFS(mem, testKey(1)), "f")
		if err == nil && !bytes.HasPrefix(contents, got) {
			t.Fatalf("%d bytes that nobody wrote", len(got))
		}
	})
}

func TestWrap(t *testing.T) {
	outer, inner := NewKey(), NewKey()
	wrapped, err := outer.Wrap(inner, "cluster a")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := outer.Unwrap(wrapped, "cluster a"); err != nil || *got != *inner {
		t.Fatal(err)
	}
	if _, err := outer.Unwrap(wrapped, "cluster b"); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	if _, err := inner.Unwrap(wrapped, "cluster a"); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	for i := range wrapped {
		b := bytes.Clone(wrapped)
		b[i] ^= 1
		if _, err := outer.Unwrap(b, "cluster a"); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}
