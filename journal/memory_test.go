package journal

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/opendsql/opendsql/internal/clock"
)

type appended struct {
	last Position
	err  error
}

// add appends one commit and waits.
func add(m *Memory, epoch Epoch, commits ...Commit) (Position, error) {
	done := make(chan appended, 1)
	m.Append(epoch, commits, func(p Position, err error) { done <- appended{p, err} })
	r := <-done
	return r.last, r.err
}

// own begins an epoch that cannot fail to begin.
func own(t *testing.T, m *Memory) Epoch {
	t.Helper()
	epoch, err := m.Own(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return epoch
}

// Only the newest owner appends; asking with no commits tells whether one is it.
func TestMemoryEpochs(t *testing.T) {
	m := NewMemory()
	r := rand.New(rand.NewPCG(1, 1))
	first := own(t, m)
	if p, err := add(m, first, randomCommit(r, 10), randomCommit(r, 20)); p != 2 || err != nil {
		t.Fatal(p, err)
	}
	second := own(t, m)
	if _, err := add(m, first, randomCommit(r, 30)); !errors.Is(err, ErrFenced) {
		t.Fatal(err)
	}
	if _, err := add(m, first); !errors.Is(err, ErrFenced) {
		t.Fatal(err)
	}
	if p, err := add(m, second); p != 2 || err != nil {
		t.Fatal(p, err)
	}
	for fault, recorded := range map[Fault]bool{FailLost: false, FailRecorded: true, FailFenced: false} {
		epoch, before := own(t, m), m.Last()
		m.Inject(func([]Commit) Fault { return fault })
		_, err := add(m, epoch, randomCommit(r, clock.Time(1000*int(before))))
		if want := fault != FailFenced; errors.Is(err, ErrUnknown) != want || err == nil {
			t.Fatalf("fault %d: %v", fault, err)
		}
		m.Inject(nil)
		if _, err := add(m, epoch, randomCommit(r, 1<<40)); !errors.Is(err, ErrFenced) {
			t.Fatalf("after fault %d: %v", fault, err)
		}
		if got := m.Last() > before; got != recorded {
			t.Fatalf("fault %d: recorded %t", fault, got)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Own(context.Background()); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	if _, err := add(m, second); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
}

// Readers wait for records, and for nothing that is not recorded yet; an owner waits for what is in flight.
func TestMemoryHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		r := rand.New(rand.NewPCG(2, 2))
		epoch := own(t, m)
		var read []Position
		ended, owned := make(chan error, 1), make(chan Epoch, 1)
		go func() {
			ended <- m.Read(context.Background(), 0, func(entries []Entry) error {
				for _, e := range entries {
					read = append(read, e.Position)
				}
				return nil
			})
		}()
		m.Hold()
		done := make(chan appended, 1)
		m.Append(epoch, []Commit{randomCommit(r, 1)}, func(p Position, err error) { done <- appended{p, err} })
		synctest.Wait()
		go func() {
			epoch, err := m.Own(context.Background())
			if err != nil {
				t.Error(err)
			}
			owned <- epoch
		}()
		synctest.Wait()
		if len(read) > 0 || len(done) > 0 || len(owned) > 0 {
			t.Fatal("something was told before the record was durable")
		}
		m.Release()
		synctest.Wait()
		if a := <-done; a.last != 1 || a.err != nil || len(read) != 1 || <-owned != epoch+1 {
			t.Fatalf("%+v, %v", a, read)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, ErrClosed) {
			t.Fatal(err)
		}
	})
}

// Trimming keeps the newest record; Since points before the newest record at or before a time.
func TestMemoryTrim(t *testing.T) {
	m := NewMemory()
	r := rand.New(rand.NewPCG(3, 3))
	epoch := own(t, m)
	for at := clock.Time(10); at <= 100; at += 10 {
		if _, err := add(m, epoch, randomCommit(r, at)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		trim  Position
		since clock.Time
		want  Position
	}{{0, 5, 0}, {0, 10, 0}, {0, 25, 1}, {0, 1000, 9}, {4, 25, 4}, {4, 55, 4}, {4, 65, 5}, {99, 0, 9}, {3, 1000, 9}} {
		if err := m.Trim(c.trim); err != nil {
			t.Fatal(err)
		}
		if p, err := m.Since(c.since); p != c.want || err != nil {
			t.Fatalf("trimmed through %d, since %d: %d, %v, want %d", c.trim, c.since, p, err, c.want)
		}
	}
	nothing := func([]Entry) error { return nil }
	if err := m.Read(context.Background(), 8, nothing); !errors.Is(err, ErrTrimmed) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := m.Read(ctx, 10, nothing); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}
