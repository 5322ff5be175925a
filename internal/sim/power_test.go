package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/opendsql/opendsql/adjudicator"
	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/journal/raft"
)

// counters is a tiny database over the real journal and the real adjudicator, with goroutines: committers increment
// counters, a reader follows the journal.
type counters struct {
	journal     *raft.Journal
	adjudicator *adjudicator.Adjudicator

	mu      sync.Mutex
	applied clock.Time
	values  map[string]uint64
	acked   map[journal.ID]adjudicator.Outcome
	asked   map[journal.ID]adjudicator.Candidate
}

func openCounters(fs vfs.FS) (*counters, error) {
	j, err := raft.Open("dir", raft.Options{FS: fs, SegmentBytes: 8 << 10})
	if err != nil {
		return nil, err
	}
	return &counters{
		journal: j, adjudicator: adjudicator.New(adjudicator.Config{Journal: j}), values: map[string]uint64{},
		acked: map[journal.ID]adjudicator.Outcome{}, asked: map[journal.ID]adjudicator.Candidate{},
	}, nil
}

// apply is the replica: every commit must build on the one before it.
func (c *counters) apply(entries []journal.Entry) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range entries {
		for _, w := range e.Commit.Writes {
			n := binary.BigEndian.Uint64(w.Value)
			if n != c.values[string(w.Key)]+1 {
				return fmt.Errorf("position %d sets %s to %d, it is %d", e.Position, w.Key, n, c.values[string(w.Key)])
			}
			c.values[string(w.Key)] = n
		}
		c.applied = e.Commit.At
	}
	return nil
}

// increment tries once to add one to a counter.
func (c *counters) increment(ctx context.Context, id journal.ID, key string) adjudicator.Outcome {
	c.mu.Lock()
	candidate := adjudicator.Candidate{
		ID: id, Start: c.applied, Marks: []journal.Mark{{Key: []byte(key), Strength: journal.Change}},
		Writes: []journal.Write{{Key: []byte(key), Value: binary.BigEndian.AppendUint64(nil, c.values[key]+1)}},
	}
	c.asked[id] = candidate
	c.mu.Unlock()
	o := c.adjudicator.Commit(ctx, candidate)
	if o.Err == nil {
		c.mu.Lock()
		c.acked[id] = o
		c.mu.Unlock()
	}
	return o
}

// live increments with several committers until each has tried often enough, or nothing works any more.
func (c *counters) live() error {
	ctx, cancel := context.WithCancel(context.Background())
	var background, work sync.WaitGroup
	var readErr error
	background.Go(func() { _ = c.adjudicator.Run(ctx) }) // it ends with the journal or with ctx
	background.Go(func() { readErr = c.journal.Read(ctx, 0, c.apply) })
	for n := range 4 {
		work.Go(func() {
			tries := uint64(n) << 32
			for i := 0; i < 25; {
				tries++
				o := c.increment(ctx, transactionID(int(tries)), fmt.Sprint("counter ", i%2))
				switch {
				case o.Err == nil:
					i++
				case errors.Is(o.Err, adjudicator.ErrConflict):
					runtime.Gosched() // until the reader has seen who was faster
				default:
					return
				}
			}
		})
	}
	work.Wait()
	cancel()
	background.Wait()
	if !errors.Is(readErr, context.Canceled) && !errors.Is(readErr, journal.ErrStopped) {
		return readErr
	}
	return c.journal.Close()
}

// after checks what a crash left: every acknowledged commit is there, the same question gets the same answer, and every
// increment builds on the one before it.
func (c *counters) after(fs vfs.FS) error {
	d, err := openCounters(fs)
	if err != nil {
		return err
	}
	defer d.journal.Close()
	ctx := context.Background()
	if err := d.adjudicator.Own(ctx); err != nil {
		return err
	}
	if last := d.journal.Last(); last > 0 {
		errEnd := errors.New("end")
		err := d.journal.Read(ctx, 0, func(entries []journal.Entry) error {
			if err := d.apply(entries); err != nil {
				return err
			}
			if entries[len(entries)-1].Position == last {
				return errEnd
			}
			return nil
		})
		if !errors.Is(err, errEnd) {
			return err
		}
	}
	for id, told := range c.acked {
		again := c.asked[id]
		again.Asked = true
		if o := d.adjudicator.Commit(ctx, again); o != told {
			return fmt.Errorf("transaction %x was told %+v, after the crash %+v", id, told, o)
		}
	}
	return nil
}

// TestPowerLossUnderLoad: whenever the power goes or a write fails, what was acknowledged stays.
func TestPowerLossUnderLoad(t *testing.T) {
	acked, crashes := 0, 0
	for round := range 120 {
		mem := vfs.NewCrashableMem()
		var count int
		var c *counters
		var mu sync.Mutex
		var left []*vfs.MemFS
		then := &counters{}
		point, fails := 12+round, round%3 == 0
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			mu.Lock()
			defer mu.Unlock()
			if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
				return nil
			}
			if count++; count != point || c == nil {
				return nil
			}
			c.mu.Lock() // acknowledged before the power goes: first the list, then the disk
			then.acked, then.asked = map[journal.ID]adjudicator.Outcome{}, map[journal.ID]adjudicator.Candidate{}
			for id, o := range c.acked {
				then.acked[id], then.asked[id] = o, c.asked[id]
			}
			c.mu.Unlock()
			rng := rand.New(rand.NewPCG(uint64(round), 9))
			for _, percent := range []int{0, 50, 100} {
				left = append(left, mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng}))
			}
			if fails {
				return errorfs.ErrInjected
			}
			return nil
		}))
		opened, err := openCounters(fs)
		if err != nil {
			if errors.Is(err, errorfs.ErrInjected) {
				continue
			}
			t.Fatal(err)
		}
		mu.Lock()
		c = opened
		mu.Unlock()
		if err := opened.live(); err != nil && !errors.Is(err, errorfs.ErrInjected) {
			t.Fatalf("round %d: %v", round, err)
		}
		crashes += len(left)
		for i, crashed := range left {
			acked += len(then.acked)
			if err := then.after(crashed); err != nil {
				t.Fatalf("round %d, case %d: %v", round, i, err)
			}
		}
		if err := opened.after(mem.CrashClone(vfs.CrashCloneCfg{})); err != nil {
			t.Fatalf("round %d, at the end: %v", round, err)
		}
	}
	t.Logf("%d crashes with %d commits acknowledged before", crashes, acked)
	if crashes < 100 || acked < 500 {
		t.Fatalf("%d crashes with %d commits acknowledged before", crashes, acked)
	}
}
