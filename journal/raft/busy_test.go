package raft

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// Writers, a reader that follows, readers of the past, and trims at once, on the machine's file system, through rotations
// that are prepared in the background; then a restart.
func TestBusy(t *testing.T) {
	dir := t.TempDir()
	open := func() *Journal {
		j, err := Open(dir, Options{SegmentBytes: 16 << 10, TailBytes: 4 << 10})
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	j := open()
	ctx := context.Background()
	epoch, err := j.Own(ctx)
	if err != nil {
		t.Fatal(err)
	}
	const commits, keep = 800, 100
	var work, reading sync.WaitGroup
	follow := func(after journal.Position) {
		defer reading.Done()
		err := j.Read(ctx, after, func(entries []journal.Entry) error {
			for _, e := range entries {
				if e.Position != after+1 || e.Commit.At != clock.Time(10*e.Position) {
					t.Errorf("position %d at %d follows %d", e.Position, e.Commit.At, after)
				}
				after = e.Position
			}
			if after == commits {
				return errEnough
			}
			return nil
		})
		if !errors.Is(err, errEnough) && !errors.Is(err, journal.ErrTrimmed) {
			t.Error(err)
		}
	}
	reading.Add(1)
	go follow(0)
	var mu sync.Mutex
	n := 0
	for range 8 {
		work.Go(func() {
			done := make(chan error, 1)
			for {
				mu.Lock()
				if n == commits {
					mu.Unlock()
					return
				}
				n++
				mine := n
				j.Append(epoch, []journal.Commit{commitNo(n)}, func(p journal.Position, err error) {
					if err == nil && int(p) != mine {
						err = errors.New("wrong position")
					}
					done <- err
				})
				mu.Unlock()
				if err := <-done; err != nil {
					t.Error(err)
					return
				}
				if mine%20 == 0 && mine > keep {
					if err := j.Trim(journal.Position(mine - keep)); err != nil {
						t.Error(err)
					}
					reading.Add(1)
					go follow(journal.Position(mine - keep))
				}
			}
		})
	}
	work.Wait()
	reading.Wait()
	if s := j.Stats(); s.Commits != commits || s.Groups == 0 || s.Bytes == 0 || s.SyncTime == 0 {
		t.Fatalf("%+v", s)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = open()
	if count, err := readAllCommits(j, commits-keep); count != keep || err != nil {
		t.Fatalf("%d, %v", count, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}
