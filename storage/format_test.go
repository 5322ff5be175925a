package storage

import (
	"errors"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A directory of another format, or of something else, is refused by name and left alone.
func TestUnknownFormatIsRefused(t *testing.T) {
	for _, c := range []struct{ name, file, text, says string }{
		{"newer", formatFile, "opendsql storage 2\n", `"opendsql storage 2\n"`},
		{"empty", formatFile, "", `""`},
		{"foreign", "photos.zip", "PK", "no FORMAT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs := vfs.NewMem()
			if err := fs.MkdirAll("store", 0o755); err != nil {
				t.Fatal(err)
			}
			f, err := fs.Create("store/"+c.file, vfs.WriteCategoryUnspecified)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write([]byte(c.text)); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := Open("store", Options{FS: fs, Manual: true}); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("open: %v", err)
			}
			if names, err := fs.List("store"); err != nil || len(names) != 1 {
				t.Fatalf("directory now has %v (%v)", names, err)
			}
		})
	}
}

// A crash in any moment of the first open leaves a directory that opens.
func TestCrashDuringFirstOpen(t *testing.T) {
	for n := range 40 {
		fs := vfs.NewCrashableMem()
		var clone *vfs.MemFS
		writes := 0
		watched := onWrite(fs, func() error {
			if writes++; writes == n {
				clone = fs.CrashClone(vfs.CrashCloneCfg{})
			}
			return nil
		})
		s, err := Open("store", Options{FS: watched, Manual: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if clone == nil {
			continue
		}
		s, err = Open("store", Options{FS: clone, Manual: true})
		if err != nil {
			t.Fatalf("crash after write %d: %v", n, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
