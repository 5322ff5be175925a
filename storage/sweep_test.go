package storage

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// A sweep leaves of each key the newest version at or before the horizon and everything newer, and nothing of a key deleted before it.
func TestSweepLeavesOnlyWhatIsNeeded(t *testing.T) {
	c := &stoppedClock{now: 1000}
	s, err := Open("store", Options{FS: vfs.NewMem(), Clock: c, AgeLimit: modelAge, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	apply := func(at clock.Time, writes ...journal.Write) {
		t.Helper()
		if err := s.Apply([]journal.Entry{{Position: s.Position() + 1, Commit: journal.Commit{At: at, Writes: writes}}}); err != nil {
			t.Fatal(err)
		}
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	w := func(key, value string) journal.Write {
		return journal.Write{Key: []byte(key), Value: []byte(value), Deleted: value == ""}
	}
	apply(1, w("changed", "a"), w("gone", "a"), w("still", "a"))
	apply(2, w("changed", "b"), w("gone", ""))
	apply(3, w("changed", "c"), w("changing", "a"))
	c.now += modelAge / 2
	apply(4, w("changed", "d"), w("changing", ""), w("again", "a"))
	check := func(key string, want ...clock.Time) {
		t.Helper()
		got, err := s.versions([]byte(key))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s has versions %v, want %v (%v)", key, got, want, err)
		}
	}
	sweep := func() {
		t.Helper()
		if err := s.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	check("changed", 4, 3, 2, 1)
	c.now += modelAge / 2
	sweep() // the commit at 3 became old, the one at 4 not
	check("changed", 4, 3)
	check("gone")
	check("still", 1)
	check("changing", 4, 3)
	if _, err := s.Snapshot(2); !errors.Is(err, ErrTooOld) {
		t.Errorf("snapshot at 2: %v", err)
	}
	if _, err := s.Snapshot(3); err != nil {
		t.Errorf("snapshot at 3: %v", err)
	}
	c.now += modelAge
	sweep()
	check("changed", 4)
	check("changing")
	check("again", 4)
	if _, err := s.Snapshot(4); err != nil {
		t.Errorf("the newest commit of an idle store: %v", err)
	}
}

// A walk that began before a sweep sees its snapshot to the end or says that it is too old; it never shows another state.
func TestSweepUnderOpenSnapshots(t *testing.T) {
	c := &stoppedClock{now: 1000}
	s, err := Open("store", Options{FS: vfs.NewMem(), Clock: c, AgeLimit: modelAge, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const rows = 3 * checkEvery
	write := func(value string) {
		commit := journal.Commit{At: s.Applied() + 1}
		for i := range rows {
			commit.Writes = append(commit.Writes, journal.Write{Key: benchKey(i), Value: []byte(value)})
		}
		if err := s.Apply([]journal.Entry{{Position: s.Position() + 1, Commit: commit}}); err != nil {
			t.Fatal(err)
		}
	}
	write("old")
	snapshot, err := s.Snapshot(s.Applied())
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	if _, ok, err := snapshot.Get(nil, benchKey(0)); !ok || err != nil {
		t.Fatal(ok, err)
	}
	it := snapshot.Scan(Span{})
	it.Next()
	write("new")
	c.now += modelAge
	if err := s.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	c.now += modelAge
	if err := s.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	for it.Next() {
		if !bytes.Equal(it.Value(), []byte("old")) {
			t.Fatalf("the walk shows %s", it.Value())
		}
	}
	if err := it.Close(); !errors.Is(err, ErrTooOld) {
		t.Fatalf("walk: %v", err)
	}
	if _, _, err := snapshot.Get(nil, benchKey(0)); !errors.Is(err, ErrTooOld) {
		t.Fatalf("get: %v", err)
	}
}
