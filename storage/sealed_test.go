package storage

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/internal/sealed"
)

// An encrypted store opens with its key alone; its tables lie in full chunks, so that opening one does not read it.
func TestEncryptedStore(t *testing.T) {
	t.Chdir(t.TempDir())
	key := sealed.NewKey()
	s, err := Open("store", Options{Manual: true, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, 50_000, 1000)
	if err := errors.Join(s.Flush(), s.Close()); err != nil {
		t.Fatal(err)
	}
	tables, err := filepath.Glob("store/*.sst")
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	const header, full = 40, 4096 + 28
	for _, name := range tables {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, benchKey(7)[:8]) {
			t.Errorf("%s is readable", name)
		}
		for at, n := header, byte(0); at < len(b) && n < 255; at, n = at+full, n+1 {
			if b[at] != n {
				t.Fatalf("%s: no chunk %d at %d", name, n, at)
			}
		}
	}
	for _, c := range []struct {
		key  *sealed.Key
		says string
	}{{nil, "its key was not given"}, {sealed.NewKey(), "another key"}} {
		if _, err := Open("store", Options{Manual: true, Key: c.key}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, want %s", err, c.says)
		}
	}
	if s, err = Open("store", Options{Manual: true, Key: key}); err != nil {
		t.Fatal(err)
	}
	snapshot, err := s.Snapshot(s.Applied())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := snapshot.Get(nil, benchKey(777)); !ok || err != nil {
		t.Error(ok, err)
	}
	snapshot.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	plain := vfs.NewMem()
	if s, err = Open("store", Options{FS: plain, Manual: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("store", Options{FS: plain, Manual: true, Key: key}); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
}
