package adjudicator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// start runs an adjudicator over a journal in memory until stop.
func start(t testing.TB, cfg Config) (a *Adjudicator, m *journal.Memory, stop func() error) {
	m = journal.NewMemory()
	cfg.Journal = m
	a = New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	return a, m, func() error {
		cancel()
		err := <-ended
		if closeErr := m.Close(); closeErr != nil {
			t.Error(closeErr)
		}
		return err
	}
}

func candidate(n int, start clock.Time, keys ...string) Candidate {
	c := Candidate{ID: id(n), Start: start}
	for _, key := range keys {
		c.Marks = append(c.Marks, mark(key, journal.Replace))
		c.Writes = append(c.Writes, journal.Write{Key: []byte(key), Value: fmt.Append(nil, n)})
	}
	return c
}

// recorded reads everything the journal holds.
func recorded(t testing.TB, m *journal.Memory) []journal.Commit {
	t.Helper()
	var commits []journal.Commit
	last := m.Last()
	if last == 0 {
		return nil
	}
	errEnough := errors.New("enough")
	err := m.Read(context.Background(), 0, func(entries []journal.Entry) error {
		for _, e := range entries {
			commits = append(commits, e.Commit)
		}
		if len(commits) == int(last) {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	return commits
}

// One after the other commits, concurrent ones on one key do not, and the journal holds exactly what was told.
func TestCommit(t *testing.T) {
	a, m, stop := start(t, Config{})
	ctx := context.Background()
	first := a.Commit(ctx, candidate(1, 0, "x"))
	if first.Err != nil || first.Position != 1 {
		t.Fatalf("%+v", first)
	}
	if o := a.Commit(ctx, candidate(2, 0, "x")); !errors.Is(o.Err, ErrConflict) {
		t.Fatalf("%+v", o)
	}
	second := a.Commit(ctx, candidate(3, first.At, "x"))
	if second.Err != nil || second.At <= first.At || second.Position != 2 {
		t.Fatalf("%+v", second)
	}
	if again := a.Commit(ctx, candidate(1, 0, "x")); again != first {
		t.Fatalf("asked again: %+v, first %+v", again, first)
	}
	if got := recorded(t, m); len(got) != 2 || got[0].ID != id(1) || got[1].At != second.At {
		t.Fatalf("%+v", got)
	}
	sealed := second.At + clock.Time(time.Hour)
	if newest, err := a.Seal(sealed); err != nil || newest.At != second.At {
		t.Fatalf("%+v, %v", newest, err)
	}
	if o := a.Commit(ctx, candidate(4, second.At, "x")); o.Err != nil || o.At <= sealed {
		t.Fatalf("commit after a seal: %+v", o)
	}
	if c := a.Counts(); c.Committed != 3 || c.Conflicts != 1 || c.Ownerships != 1 || c.WindowKeys != 1 {
		t.Fatalf("%+v", c)
	}
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if o := a.Commit(ctx, candidate(5, 0)); !errors.Is(o.Err, ErrUnavailable) {
		t.Fatalf("after the end: %+v", o)
	}
}

// A question about a commit in flight is answered when the commit is durable, not before (I4).
func TestAskedWhileInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, m, stop := start(t, Config{})
		synctest.Wait()
		m.Hold()
		var outcomes [3]atomic.Pointer[Outcome]
		for i := range outcomes {
			go func() {
				o := a.Commit(context.Background(), candidate(1, 0, "x"))
				outcomes[i].Store(&o)
			}()
		}
		synctest.Wait()
		for i := range outcomes {
			if o := outcomes[i].Load(); o != nil {
				t.Fatalf("answered before durable: %+v", o)
			}
		}
		m.Release()
		synctest.Wait()
		for i := range outcomes {
			if o := outcomes[i].Load(); o == nil || *o != *outcomes[0].Load() || o.Err != nil {
				t.Fatalf("%+v", o)
			}
		}
		if len(recorded(t, m)) != 1 {
			t.Fatal("recorded more than once")
		}
		_ = stop()
	})
}

// When an append fails, the question goes to the next ownership: committed once when it was recorded, once when it was not.
func TestFailover(t *testing.T) {
	for _, fault := range []journal.Fault{journal.FailLost, journal.FailRecorded, journal.FailFenced} {
		synctest.Test(t, func(t *testing.T) {
			a, m, stop := start(t, Config{})
			ctx := context.Background()
			if o := a.Commit(ctx, candidate(1, 0, "x")); o.Err != nil {
				t.Fatalf("%+v", o)
			}
			failures := 3
			m.Inject(func([]journal.Commit) journal.Fault {
				if failures--; failures >= 0 {
					return fault
				}
				return journal.Works
			})
			var wg sync.WaitGroup
			for n := 2; n < 10; n++ {
				wg.Go(func() {
					if o := a.Commit(ctx, candidate(n, clock.Now(), fmt.Sprint(n))); o.Err != nil {
						t.Errorf("fault %d: commit %d: %+v", fault, n, o)
					}
				})
			}
			wg.Wait()
			if o := a.Commit(ctx, candidate(20, 0, "x")); !errors.Is(o.Err, ErrConflict) {
				t.Fatalf("fault %d: the window was lost: %+v", fault, o)
			}
			seen := map[journal.ID]bool{}
			for _, c := range recorded(t, m) {
				if seen[c.ID] {
					t.Fatalf("fault %d: %x recorded twice", fault, c.ID)
				}
				seen[c.ID] = true
			}
			if len(seen) != 9 {
				t.Fatalf("fault %d: %d recorded", fault, len(seen))
			}
			_ = stop()
		})
	}
}

// Without an owner the answer comes when the patience or the context ends: unavailable when nothing was appended, unknown
// when something was.
func TestNoOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := journal.NewMemory()
		a := New(Config{Journal: m, WaitMax: time.Minute})
		began := time.Now()
		if o := a.Commit(context.Background(), candidate(1, 0, "x")); !errors.Is(o.Err, ErrUnavailable) {
			t.Fatalf("%+v", o)
		}
		if d := time.Since(began); d != time.Minute {
			t.Fatalf("waited %v", d)
		}
		if err := a.Own(context.Background()); err != nil {
			t.Fatal(err)
		}
		m.Inject(func([]journal.Commit) journal.Fault { return journal.FailRecorded })
		if o := a.Commit(context.Background(), candidate(2, 0, "x")); !errors.Is(o.Err, ErrUnknownOutcome) {
			t.Fatalf("%+v", o)
		}
		m.Inject(nil)
		if err := a.Own(context.Background()); err != nil {
			t.Fatal(err)
		}
		m.Hold()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if o := a.Commit(ctx, candidate(3, 0, "y")); !errors.Is(o.Err, ErrUnknownOutcome) {
			t.Fatalf("%+v", o)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if err := a.Run(context.Background()); !errors.Is(err, journal.ErrClosed) {
			t.Fatal(err)
		}
	})
}

// A new owner that finds the journal trimmed refuses what it cannot judge, and goes on.
func TestTrimmedJournal(t *testing.T) {
	a, m, stop := start(t, Config{})
	ctx := context.Background()
	var at []clock.Time
	for n := range 10 {
		o := a.Commit(ctx, candidate(n, 0, fmt.Sprint(n)))
		if o.Err != nil {
			t.Fatalf("%+v", o)
		}
		at = append(at, o.At)
	}
	if keep := a.Keep(); keep != 0 {
		t.Fatalf("keep %d: everything is young", keep)
	}
	if err := m.Trim(7); err != nil {
		t.Fatal(err)
	}
	b := New(Config{Journal: m})
	if err := b.Own(ctx); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		n     int
		start clock.Time
		key   string
		err   error
	}{{30, at[6], "a", ErrConflict}, {31, at[7], "9", ErrConflict}, {32, at[7], "7", nil}, {33, at[9], "9", nil}} {
		if o := b.Commit(ctx, candidate(c.n, c.start, c.key)); !errors.Is(o.Err, c.err) {
			t.Fatalf("candidate %d: %+v", c.n, o)
		}
	}
	if o := b.Commit(ctx, candidate(8, 0, "8")); o.Err != nil || o.At != at[8] {
		t.Fatalf("asked again: %+v", o)
	}
	_ = stop()
}

// Alone, an adjudicator begins after the newest record: what is older is told to retry, the same question still gets its
// answer if it is the newest one's, and a later failover remembers what this one decided.
func TestAlone(t *testing.T) {
	a, m, stop := start(t, Config{})
	ctx := context.Background()
	var at []clock.Time
	for n := range 3 {
		o := a.Commit(ctx, candidate(n, 0, fmt.Sprint(n)))
		if o.Err != nil {
			t.Fatalf("%+v", o)
		}
		at = append(at, o.At)
	}
	b := New(Config{Journal: m, Alone: true})
	if err := b.Own(ctx); err != nil {
		t.Fatal(err)
	}
	if o := b.Commit(ctx, candidate(10, at[1], "free")); !errors.Is(o.Err, ErrConflict) {
		t.Fatalf("a transaction of before: %+v", o)
	}
	if o := b.Commit(ctx, candidate(2, 0, "2")); o.Err != nil || o.At != at[2] || o.Position != 3 {
		t.Fatalf("asked again: %+v", o)
	}
	first := b.Commit(ctx, candidate(11, at[2], "x"))
	if first.Err != nil || first.Position != 4 || b.Keep() < 4 {
		t.Fatalf("%+v, keep %d", first, b.Keep())
	}
	if err := b.Own(ctx); err != nil {
		t.Fatal(err)
	}
	if o := b.Commit(ctx, candidate(12, at[2], "x")); !errors.Is(o.Err, ErrConflict) {
		t.Fatalf("%+v", o)
	}
	if o := b.Commit(ctx, candidate(13, at[2], "y")); o.Err != nil {
		t.Fatalf("%+v", o)
	}
	_ = stop()
}

// brokenJournal panics in an append, as a journal does whose owner breaks an invariant.
type brokenJournal struct {
	*journal.Memory
	broken bool
}

func (j *brokenJournal) Append(epoch journal.Epoch, commits []journal.Commit, done func(journal.Position, error)) {
	if j.broken {
		panic("broken")
	}
	j.Memory.Append(epoch, commits, done)
}

// A panic in the middle of a decision ends the ownership, and nothing else.
func TestPanic(t *testing.T) {
	j := &brokenJournal{Memory: journal.NewMemory()}
	a := New(Config{Journal: j})
	ctx := context.Background()
	if err := a.Own(ctx); err != nil {
		t.Fatal(err)
	}
	j.broken = true
	func() {
		defer func() { _ = recover() }() // as a session does
		a.Commit(ctx, candidate(1, 0, "x"))
	}()
	j.broken = false
	if err := a.Own(ctx); err != nil {
		t.Fatal(err)
	}
	if o := a.Commit(ctx, candidate(2, 0, "x")); o.Err != nil || o.Position != 1 {
		t.Fatalf("%+v", o)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// An owner that was replaced does not say "no" to a question that another owner may have answered "yes".
func TestReplacedOwnerDoesNotRefuse(t *testing.T) {
	m := journal.NewMemory()
	a, b := New(Config{Journal: m}), New(Config{Journal: m})
	ctx := context.Background()
	for _, owner := range []*Adjudicator{a, b} {
		if err := owner.Own(ctx); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(owner *Adjudicator, c Candidate) Outcome {
		answer := make(chan Outcome, 1)
		owner.Submit(&c, func(o Outcome) { answer <- o })
		return <-answer
	}
	if o := ask(b, candidate(1, 0, "x")); o.Err != nil {
		t.Fatalf("%+v", o)
	}
	c := candidate(2, 0, "x")
	c.Asked = true
	if o := ask(b, c); !errors.Is(o.Err, ErrConflict) {
		t.Fatalf("the owner: %+v", o)
	}
	c = candidate(1, 0, "x")
	c.Asked = true
	if o := ask(a, c); !errors.Is(o.Err, ErrUnknownOutcome) {
		t.Fatalf("the replaced owner: %+v", o)
	}
	if o := ask(a, c); !errors.Is(o.Err, ErrUnknownOutcome) {
		t.Fatalf("without a window: %+v", o)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}

// Many committers at once: counters never lose an increment.
func TestConcurrentCommits(t *testing.T) {
	a, m, stop := start(t, Config{})
	ctx := context.Background()
	var applied sync.Mutex
	newest := map[string]clock.Time{}
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				key := fmt.Sprint(i % 5)
				applied.Lock()
				start := newest[key]
				applied.Unlock()
				o := a.Commit(ctx, candidate(int(n.Add(1)), start, key))
				if o.Err != nil && !errors.Is(o.Err, ErrConflict) {
					t.Errorf("%+v", o)
				}
				if o.Err == nil {
					applied.Lock()
					newest[key] = max(newest[key], o.At)
					applied.Unlock()
				}
			}
		})
	}
	wg.Wait()
	last := map[string]clock.Time{}
	for _, c := range recorded(t, m) {
		key := string(c.Marks[0].Key)
		if c.Start < last[key] {
			t.Fatalf("%x started at %d and did not see the commit at %d", c.ID, c.Start, last[key])
		}
		last[key] = c.At
	}
	_ = stop()
}

func BenchmarkCommit(b *testing.B) {
	a, _, stop := start(b, Config{})
	var n atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := int(n.Add(1))
			if o := a.Commit(context.Background(), candidate(i, clock.Now(), fmt.Sprint(i))); o.Err != nil {
				b.Errorf("%+v", o)
			}
		}
	})
	_ = stop()
}
