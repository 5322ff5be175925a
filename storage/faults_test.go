package storage

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/opendsql/opendsql/journal"
)

// onWrite calls f before every operation that changes the file system.
func onWrite(fs vfs.FS, f func() error) vfs.FS {
	return errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return f()
		}
		return nil
	}))
}

var errDisk = errors.New("disk is unwell")

// A read error is an error of the read, never a missing row, and passes when the disk recovers.
func TestReadErrors(t *testing.T) {
	var failing atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if failing.Load() && op.Kind == errorfs.OpFileReadAt && strings.HasSuffix(op.Path, ".sst") {
			return errDisk
		}
		return nil
	}))
	s, err := Open("store", Options{FS: fs, Manual: true, CacheSizes: CacheSizes{FileBytes: 1, RowBytes: -1}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const rows = 5000
	fill(t, s, rows, 1000)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	read := func() (getErr, scanErr error, n int) {
		snapshot, err := s.Snapshot(s.Applied())
		if err != nil {
			t.Fatal(err)
		}
		defer snapshot.Close()
		_, ok, getErr := snapshot.Get(nil, benchKey(rows/2))
		if getErr == nil && !ok {
			t.Fatal("a row is missing")
		}
		it := snapshot.Scan(Span{})
		for it.Next() {
			n++
		}
		return getErr, it.Close(), n
	}
	failing.Store(true)
	if getErr, scanErr, n := read(); getErr == nil || scanErr == nil {
		t.Fatalf("errors were swallowed: %v, %v, %d rows", getErr, scanErr, n)
	}
	failing.Store(false)
	if getErr, scanErr, n := read(); getErr != nil || scanErr != nil || n != rows {
		t.Fatalf("after recovery: %v, %v, %d rows", getErr, scanErr, n)
	}
}

// A flush that cannot write is tried again; until it succeeds nothing counts as durable, and reads go on.
func TestFlushErrors(t *testing.T) {
	var failures atomic.Int32
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWrite && strings.HasSuffix(op.Path, ".sst") && failures.Add(-1) >= 0 {
			return errDisk
		}
		return nil
	}))
	s, err := Open("store", Options{FS: fs, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fill(t, s, 1000, 100)
	failures.Store(3)
	if err := s.Flush(); err != nil { // the engine tries again by itself
		t.Fatal(err)
	}
	if failures.Load() >= 0 {
		t.Fatal("no write failed")
	}
	if s.Durable() != s.Position() || scanAll(t, s, s.Applied(), Span{}) != 1000 {
		t.Fatalf("durable %d of %d", s.Durable(), s.Position())
	}
}

// Left alone, the store flushes what was applied and removes what became too old.
func TestBackgroundWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open("store", Options{FS: vfs.NewMem()})
		if err != nil {
			t.Fatal(err)
		}
		key := []byte("k")
		for at := range journal.Position(3) {
			now := s.clock.Now()
			commit := journal.Commit{At: now, Writes: []journal.Write{{Key: key, Value: []byte("v")}}}
			if err := s.Apply([]journal.Entry{{Position: at + 1, Commit: commit}}); err != nil {
				t.Fatal(err)
			}
			<-time.After(100 * time.Second)
		}
		if s.Durable() != 3 {
			t.Errorf("durable %d", s.Durable())
		}
		if times, err := s.versions(key); err != nil || len(times) != 3 {
			t.Errorf("within the age limit: versions %v (%v)", times, err)
		}
		<-time.After(400 * time.Second)
		if times, err := s.versions(key); err != nil || len(times) != 1 {
			t.Errorf("after the age limit: versions %v (%v)", times, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A closed store refuses work.
func TestClosed(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	_, snapshotErr := s.Snapshot(0)
	for name, err := range map[string]error{
		"apply": s.Apply(nil), "flush": s.Flush(), "sweep": s.Sweep(context.Background()), "snapshot": snapshotErr,
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
