// Package sim runs the data plane under a seed: one goroutine, one source of chance, no wall clock.
//
// A [World] has the real adjudicators and the real window, a journal that delays, fails and crashes, replicas that apply
// what the journal delivers and crash, and query processors that read, write, ask, lose answers and ask again. Every
// message is an event at a virtual time. After a run the history on the journal is compared with everything anybody was
// told: the invariants I1 to I7, I9 and I10 of the architecture, snapshot reads, sums that transfers keep, references
// that must not dangle.
//
// The promise: the same seed and the same settings give the same run. A checker is trusted because each of the planted
// bugs in [Plants] is found.
package sim

import (
	"container/heap"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// Settings say what world it is. Chance decides the rest.
type Settings struct {
	Seed         uint64
	Transactions int  // to be started; default 120
	RealStorage  bool // replicas keep their state in package storage instead of a map
	Plants       Plants
}

// World is everything there is. Used by one goroutine.
type World struct {
	settings Settings
	rng      *rand.Rand
	now      clock.Time
	queue    events
	sequence int
	ageMax   clock.Time

	journal    *fakeJournal
	owners     []*owner
	replicas   []*replica
	processors []*processor

	candidates map[journal.ID]*transaction // everything anybody ever asked to commit
	started    int
	acked      clock.Time // the newest commit anybody was told of
	seals      []seal
	observed   []observation
	violation  error // the first one seen while running

	Counts Counts
}

// Counts say what happened in a run, so that a test can demand that it was not boring.
type Counts struct {
	Committed, Refused, Unknown, Aborted      int
	Failovers, Faults, Crashes, Retries, Seen int
}

// seal is a promise that nothing at or before at is decided any more; newest was the newest decided then.
type seal struct {
	at, newest clock.Time
	history    int // records when it was given
}

// observation is what a snapshot showed.
type observation struct {
	at    clock.Time
	key   string
	value string
	found bool
}

type event struct {
	at       clock.Time
	sequence int
	do       func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].sequence < e[j].sequence
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(v any)   { *e = append(*e, v.(event)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	v := (*e)[last]
	(*e)[last] = event{}
	*e = (*e)[:last]
	return v
}

// firstCommit is when the data were loaded.
const firstCommit clock.Time = 1_000_000

// New makes a world before its first event.
func New(s Settings) (*World, error) {
	if s.Transactions == 0 {
		s.Transactions = 120
	}
	w := &World{settings: s, rng: rand.New(rand.NewPCG(s.Seed, 0x5eed)), now: firstCommit, candidates: map[journal.ID]*transaction{}}
	w.ageMax = clock.Time(1500 + w.chance(3000))
	w.journal = &fakeJournal{world: w}
	owners := 1
	if w.chance(2) == 0 {
		owners = 2 + w.chance(2)
	}
	for i := range owners {
		w.owners = append(w.owners, newOwner(w, i))
	}
	for i := range 1 + w.chance(3) {
		r, err := newReplica(w, i)
		if err != nil {
			return nil, err
		}
		w.replicas = append(w.replicas, r)
	}
	for i := range 2 + w.chance(5) {
		w.processors = append(w.processors, &processor{world: w, number: i})
	}
	return w, nil
}

// Run lets everything happen and checks it. An assertion that fails on the way is a finding like any other.
func (w *World) Run() (err error) {
	defer w.close()
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(fmt.Errorf("assertion: %v", p), w.check())
		}
	}()
	w.load()
	for _, o := range w.owners {
		w.after(w.chance(2000), o.takeOver)
	}
	for _, r := range w.replicas {
		w.after(1, r.deliver)
	}
	for _, p := range w.processors {
		w.after(w.chance(50), p.begin)
	}
	for steps := 0; w.queue.Len() > 0 && w.violation == nil; steps++ {
		if steps > 2_000_000 {
			return fmt.Errorf("the run does not end")
		}
		e := heap.Pop(&w.queue).(event)
		w.now = e.at
		e.do()
	}
	if w.violation != nil {
		return errors.Join(w.violation, w.check())
	}
	w.journal.settle()
	return w.check()
}

func (w *World) close() {
	for _, r := range w.replicas {
		r.state.close()
	}
}

// over says that no transaction is under way or will be, so that what repeats itself can end.
func (w *World) over() bool {
	if w.started < w.settings.Transactions {
		return false
	}
	for _, p := range w.processors {
		if p.current != nil {
			return false
		}
	}
	return true
}

// chance is a number from 0 to n-1.
func (w *World) chance(n int) int { return w.rng.IntN(n) }

// after makes something happen later.
func (w *World) after(delay int, do func()) {
	w.sequence++
	heap.Push(&w.queue, event{at: w.now + clock.Time(max(delay, 1)), sequence: w.sequence, do: do})
}

// broken notes a violation; the run ends.
func (w *World) broken(format string, args ...any) {
	if w.violation == nil {
		w.violation = fmt.Errorf(format, args...)
	}
}

// Now is the true time, which only the replicas' stores know.
func (w *World) Now() clock.Time { return w.now }
