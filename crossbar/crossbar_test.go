package crossbar

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// shelf is a storage that only remembers how far it is.
type shelf struct {
	t        testing.TB
	at       atomic.Int64
	position atomic.Uint64
	durable  journal.Position
	fail     error
}

func (s *shelf) Apply(entries []journal.Entry) error {
	if s.fail != nil {
		return s.fail
	}
	for _, e := range entries {
		if e.Position != s.Position()+1 {
			s.t.Errorf("position %d delivered after %d", e.Position, s.Position())
		}
		s.position.Store(uint64(e.Position))
		s.at.Store(int64(e.Commit.At))
	}
	return nil
}

func (s *shelf) Applied() clock.Time        { return clock.Time(s.at.Load()) }
func (s *shelf) Position() journal.Position { return journal.Position(s.position.Load()) }
func (s *shelf) Durable() journal.Position  { return s.durable }

func appendAt(t *testing.T, j *journal.Memory, epoch journal.Epoch, at ...clock.Time) {
	t.Helper()
	commits := make([]journal.Commit, len(at))
	for i := range at {
		commits[i] = journal.Commit{ID: journal.ID{byte(at[i])}, At: at[i]}
	}
	done := make(chan error, 1)
	j.Append(epoch, commits, func(_ journal.Position, err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T) (*journal.Memory, journal.Epoch) {
	t.Helper()
	j := journal.NewMemory()
	epoch, err := j.Own(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return j, epoch
}

// Who waits for a time goes on exactly when the storage has applied it, however many wait and in whichever order.
func TestWaitApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, epoch := open(t)
		defer j.Close()
		s := &shelf{t: t}
		c, err := New(s, []Source{j})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var passed [4]atomic.Bool
		for at := range clock.Time(len(passed)) {
			go func() {
				if err := c.WaitApplied(context.Background(), 10*at); err != nil {
					t.Error(err)
				}
				if s.Applied() < 10*at {
					t.Errorf("passed %d, applied %d", 10*at, s.Applied())
				}
				passed[at].Store(true)
			}()
		}
		for i, at := range []clock.Time{0, 9, 20, 35} {
			if at > 0 {
				appendAt(t, j, epoch, at)
			}
			synctest.Wait()
			for k := range passed {
				if want := 10*clock.Time(k) <= at; passed[k].Load() != want {
					t.Errorf("step %d, applied %d: waiter for %d passed: %v", i, at, 10*k, !want)
				}
			}
		}
		if n := c.waiting.Load(); n != 0 {
			t.Errorf("%d still waiting", n)
		}
	})
}

// Reading begins after what the storage has, and catching up is a wait for the journal's last position.
func TestResume(t *testing.T) {
	j, epoch := open(t)
	defer j.Close()
	appendAt(t, j, epoch, 1, 2, 3)
	s := &shelf{t: t}
	s.position.Store(2)
	s.at.Store(2)
	c, err := New(s, []Source{j})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.WaitPosition(context.Background(), c.Last()); err != nil || s.Position() != 3 {
		t.Fatal(err, s.Position())
	}
	s.durable = 3
	if err := c.Trim(2); err != nil {
		t.Fatal(err)
	}
	err = j.Read(context.Background(), 1, func([]journal.Entry) error { return nil })
	if !errors.Is(err, journal.ErrTrimmed) {
		t.Fatalf("read below the trimmed position: %v", err)
	}
}

// When the storage cannot apply, or the journal ends, or the crossbar is closed, everybody who waits hears of it.
func TestStopped(t *testing.T) {
	sick := errors.New("sick")
	for _, c := range []struct {
		name string
		stop func(j *journal.Memory, epoch journal.Epoch, c *Crossbar)
		want error
	}{
		{"storage", func(j *journal.Memory, epoch journal.Epoch, c *Crossbar) { appendAt(t, j, epoch, 1) }, sick},
		{"journal", func(j *journal.Memory, _ journal.Epoch, _ *Crossbar) { j.Close() }, journal.ErrClosed},
		{"closed", func(_ *journal.Memory, _ journal.Epoch, c *Crossbar) { c.Close() }, ErrStopped},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j, epoch := open(t)
				defer j.Close()
				bar, err := New(&shelf{t: t, fail: sick}, []Source{j})
				if err != nil {
					t.Fatal(err)
				}
				heard := make(chan error, 1)
				go func() { heard <- bar.WaitApplied(context.Background(), 1) }()
				synctest.Wait()
				c.stop(j, epoch, bar)
				early, late := <-heard, bar.WaitApplied(context.Background(), 1)
				for _, err := range []error{early, late, bar.Err()} {
					if !errors.Is(err, c.want) || !errors.Is(err, ErrStopped) {
						t.Errorf("heard %v, want %v", err, c.want)
					}
				}
				bar.Close()
			})
		})
	}
}

// A wait that is given up leaves nothing behind.
func TestWaitGivenUp(t *testing.T) {
	j, _ := open(t)
	defer j.Close()
	c, err := New(&shelf{t: t}, []Source{j})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.WaitApplied(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if len(c.waiters) != 0 || c.waiting.Load() != 0 {
		t.Fatal("the waiter was kept")
	}
}

// Several journals are refused by name.
func TestOneJournal(t *testing.T) {
	if _, err := New(&shelf{t: t}, nil); err == nil {
		t.Error("no journal was accepted")
	}
	if _, err := New(&shelf{t: t}, make([]Source, 2)); err == nil {
		t.Error("two journals were accepted")
	}
}
