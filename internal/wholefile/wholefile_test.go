package wholefile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// Readers find a whole content at any moment, with the mode asked for, and nothing else is left in the directory.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	content := func(n int) []byte { return make([]byte, 10_000+n) }
	if err := Replace(path, content(0), Private); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if got, err := os.ReadFile(path); err != nil || len(got) < 10_000 {
				t.Errorf("%d bytes, %v", len(got), err)
				return
			}
		}
	})
	for n := range 50 {
		mode := Private
		if n%2 == 0 {
			mode = 0o644
		}
		if err := Replace(path, content(n), mode); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode || info.Size() != int64(10_000+n) {
			t.Fatalf("%v %v", info, err)
		}
	}
	close(stop)
	reader.Wait()
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
}

// What cannot be put in place leaves nothing behind.
func TestReplaceFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "taken", "by a directory"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Replace(filepath.Join(dir, "taken"), nil, Private); err == nil {
		t.Error("a directory was replaced")
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	if err := Replace(filepath.Join(dir, "none", "file"), nil, Private); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// Takers of a lock follow one another: none of their changes is lost.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n")
	if err := Replace(path, []byte("0"), Private); err != nil {
		t.Fatal(err)
	}
	var takers sync.WaitGroup
	for range 8 {
		takers.Go(func() {
			for range 5 {
				lock, err := Lock(t.Context(), path+".lock")
				if err != nil {
					t.Error(err)
					return
				}
				text, err := os.ReadFile(path)
				n, syntax := strconv.Atoi(string(text))
				if err = errors.Join(err, syntax, Replace(path, strconv.AppendInt(nil, int64(n+1), 10), Private), lock.Close()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	takers.Wait()
	if text, err := os.ReadFile(path); err != nil || string(text) != "40" {
		t.Errorf("%s %v", text, err)
	}
}

// Waiting ends with the context, and is not begun for a lock that nobody can ever have.
func TestLockGivesUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	held, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if l, err := Lock(ended, path); err == nil {
		t.Error("a lock was had twice", l.Close())
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err := Lock(t.Context(), path); err != nil {
		t.Error("a lock that was given back", err)
	} else if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Lock(t.Context(), filepath.Join(path, "below", "a file")); err == nil {
		t.Error("a lock without a file")
	}
}
