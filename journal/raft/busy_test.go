package raft

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// busy is a journal on the machine's file system with writers, readers and trims at once.
type busy struct {
	t       *testing.T
	journal *Journal
	epoch   journal.Epoch
	reading sync.WaitGroup

	mu sync.Mutex
	n  int // of the newest commit appended
}

// The commits of a busy journal, and how many of the newest are kept from trims.
const busyCommits, busyKeep = 800, 100

// follow reads from a position to the last commit, unless a trim is faster.
func (b *busy) follow(after journal.Position) {
	err := b.journal.Read(context.Background(), after, func(entries []journal.Entry) error {
		for _, e := range entries {
			if e.Position != after+1 || e.Commit.At != clock.Time(10*e.Position) {
				b.t.Errorf("position %d at %d follows %d", e.Position, e.Commit.At, after)
			}
			after = e.Position
		}
		if after == busyCommits {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) && !errors.Is(err, journal.ErrTrimmed) {
		b.t.Error(err)
	}
}

// write appends until all commits are there, trims behind itself, and starts readers of the past.
func (b *busy) write() {
	done := make(chan error, 1)
	for {
		b.mu.Lock()
		if b.n == busyCommits {
			b.mu.Unlock()
			return
		}
		b.n++
		mine := b.n
		b.journal.Append(b.epoch, []journal.Commit{commitNo(mine)}, func(p journal.Position, err error) {
			if err == nil && int(p) != mine {
				err = errors.New("wrong position")
			}
			done <- err
		})
		b.mu.Unlock()
		if err := <-done; err != nil {
			b.t.Error(err)
			return
		}
		if mine%20 == 0 && mine > busyKeep {
			if err := b.journal.Trim(journal.Position(mine - busyKeep)); err != nil {
				b.t.Error(err)
			}
			b.reading.Go(func() { b.follow(journal.Position(mine - busyKeep)) })
		}
	}
}

// Everything at once through rotations that are prepared in the background, then a restart.
func TestBusy(t *testing.T) {
	dir := t.TempDir()
	open := func() *Journal {
		j, err := Open(dir, Options{SegmentBytes: 16 << 10, TailBytes: 4 << 10})
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	b := &busy{t: t, journal: open()}
	var err error
	if b.epoch, err = b.journal.Own(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.reading.Go(func() { b.follow(0) })
	var writing sync.WaitGroup
	for range 8 {
		writing.Go(b.write)
	}
	writing.Wait()
	b.reading.Wait()
	if s := b.journal.Stats(); s.Commits != busyCommits || s.Groups == 0 || s.Bytes == 0 || s.SyncTime == 0 {
		t.Fatalf("%+v", s)
	}
	if err := b.journal.Close(); err != nil {
		t.Fatal(err)
	}
	j := open()
	if count, err := readAllCommits(j, busyCommits-busyKeep); count != busyKeep || err != nil {
		t.Fatalf("%d, %v", count, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}
