package sim

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/opendsql/opendsql/adjudicator"
	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// processor is a query processor with one session: one transaction after the other.
type processor struct {
	world   *World
	number  int
	current *transaction
}

// transaction is one attempt to do something, and everything its client was told.
type transaction struct {
	candidate adjudicator.Candidate
	replica   *replica
	kind      kind
	needed    clock.Time // acknowledged when it began: its snapshot must not be older
	patience  int        // how often it still waits for its snapshot

	asked   int  // questions put so far
	told    bool // the client has its answer
	outcome adjudicator.Outcome
	commit  adjudicator.Outcome // the first "committed" anybody said
}

func transactionID(n int) (id journal.ID) {
	binary.BigEndian.PutUint64(id[:], uint64(n)+1)
	return id
}

// begin starts the next transaction.
func (p *processor) begin() {
	w := p.world
	if w.started >= w.settings.Transactions {
		return
	}
	t := &transaction{replica: w.replicas[w.chance(len(w.replicas))], kind: w.kind(), needed: w.acked, patience: 60}
	t.candidate.ID = transactionID(w.started)
	w.started++
	p.current = t
	if len(w.owners) == 1 && w.chance(4) == 0 {
		if at, err := w.owners[0].seal(w.owners[0].Now()); err == nil && at >= firstCommit {
			t.candidate.Start = at
			t.needed = min(t.needed, at)
		}
	}
	p.reach(t)
}

// reach waits until the replica has the snapshot.
func (p *processor) reach(t *transaction) {
	w := p.world
	want := max(t.needed, t.candidate.Start)
	plants := w.settings.Plants
	if t.replica.state.Applied() >= want || plants.ServedEarly || plants.ServedStale {
		if t.candidate.Start == 0 {
			t.candidate.Start = t.replica.state.Applied()
		}
		if plants.ServedEarly {
			t.candidate.Start = max(t.candidate.Start, want)
		}
		if t.candidate.Start < t.needed {
			w.broken("I3: transaction %x begins at %d, commits through %d were acknowledged before", t.candidate.ID, t.candidate.Start, t.needed)
		}
		pause := 1 + w.chance(40)
		if w.chance(20) == 0 {
			pause += w.chance(int(w.ageMax) * 3 / 2)
		}
		w.after(pause, func() { p.work(t) })
		return
	}
	if t.patience--; t.patience < 0 {
		p.abort()
		return
	}
	w.after(10+w.chance(40), func() { p.reach(t) })
}

// work reads, decides what to write, and asks to commit.
func (p *processor) work(t *transaction) {
	w := p.world
	r := &reader{world: w, t: t}
	t.kind(r)
	if r.err != nil || w.violation != nil {
		if r.err != nil && !errors.Is(r.err, errUnreached) && !errors.Is(r.err, errNothing) {
			w.broken("read: %v", r.err)
		}
		p.abort()
		return
	}
	if len(t.candidate.Marks) == 0 { // nothing to commit: no message
		p.tell(t, adjudicator.Outcome{})
		return
	}
	w.candidates[t.candidate.ID] = t
	p.ask(t)
}

func (p *processor) abort() {
	p.world.Counts.Aborted++
	p.finish()
}

func (p *processor) finish() {
	p.current = nil
	p.world.after(1+p.world.chance(30), p.begin)
}

// ask puts the question to some owner. When no answer comes in time, it is put again, perhaps to another one. A question
// is not under way longer than the patience: its connection is closed.
func (p *processor) ask(t *transaction) {
	w := p.world
	t.asked++
	number := t.asked
	o := w.owners[w.chance(len(w.owners))]
	question := t.candidate
	question.Asked = number > 1
	w.after(1+w.chance(20), func() {
		o.adjudicator.Submit(w.settings.Plants.candidate(w, &question), func(answer adjudicator.Outcome) {
			if errors.Is(answer.Err, adjudicator.ErrUnknownOutcome) || errors.Is(answer.Err, adjudicator.ErrUnavailable) {
				o.wake()
			}
			w.after(1+w.chance(20), func() { p.answer(t, number, answer) })
		})
	})
	w.after(100+w.chance(400), func() { p.again(t, number) })
}

// again asks once more when question number is still open.
func (p *processor) again(t *transaction, number int) {
	w := p.world
	if t.told || t.asked != number {
		return
	}
	if number >= 8 {
		p.tell(t, adjudicator.Outcome{Err: adjudicator.ErrUnknownOutcome})
		return
	}
	w.Counts.Retries++
	p.ask(t)
}

// answer takes an answer to question number. A "no" to a question that was given up says nothing.
func (p *processor) answer(t *transaction, number int, o adjudicator.Outcome) {
	w := p.world
	if o.Err == nil {
		if t.commit.At == 0 {
			t.commit = o
		}
		if t.commit != o {
			w.broken("I7: transaction %x was told that it committed as %+v, then as %+v", t.candidate.ID, t.commit, o)
		}
		if t.told && t.outcome.Err != nil && !errors.Is(t.outcome.Err, adjudicator.ErrUnknownOutcome) {
			w.broken("I9: transaction %x was refused with %v, then committed", t.candidate.ID, t.outcome.Err)
		}
		if !t.told {
			p.tell(t, o)
		}
		return
	}
	if t.told || number != t.asked {
		return
	}
	if errors.Is(o.Err, adjudicator.ErrUnknownOutcome) && w.settings.Plants.UnknownIsConflict {
		o.Err = adjudicator.ErrConflict
	}
	if errors.Is(o.Err, adjudicator.ErrUnknownOutcome) || errors.Is(o.Err, adjudicator.ErrUnavailable) && number < 8 {
		return // ask again when the patience ends
	}
	p.tell(t, o)
}

// tell gives the client its answer.
func (p *processor) tell(t *transaction, o adjudicator.Outcome) {
	w := p.world
	t.told, t.outcome = true, o
	switch {
	case o.Err == nil && o.At > 0:
		w.Counts.Committed++
		w.acked = max(w.acked, o.At)
	case o.Err == nil:
		w.Counts.Seen++
	case errors.Is(o.Err, adjudicator.ErrUnknownOutcome):
		w.Counts.Unknown++
	default:
		w.Counts.Refused++
	}
	p.finish()
}

// reader is how a transaction sees its snapshot and notes what it wants.
type reader struct {
	world *World
	t     *transaction
	err   error
}

// errNothing: the transaction finds nothing to do.
var errNothing = errors.New("sim: nothing to do")

// get reads a key; what it saw is checked at the end of the run.
func (r *reader) get(key string) (string, bool) {
	if r.err != nil {
		return "", false
	}
	value, found, err := r.t.replica.state.read(r.t.candidate.Start, key)
	if err != nil {
		r.err = err
		return "", false
	}
	r.world.observed = append(r.world.observed, observation{r.t.candidate.Start, key, value, found})
	return value, found
}

func (r *reader) number(key string) int {
	value, found := r.get(key)
	if !found {
		return 0
	}
	var n int
	if _, err := fmt.Sscan(value, &n); err != nil {
		r.err = err
	}
	return n
}

func (r *reader) mark(key string, s journal.Strength) {
	c := &r.t.candidate
	c.Marks = append(c.Marks, journal.Mark{Key: []byte(key), Strength: s})
}

func (r *reader) put(key string, s journal.Strength, value any) {
	r.mark(key, s)
	c := &r.t.candidate
	c.Writes = append(c.Writes, journal.Write{Key: []byte(key), Value: fmt.Append(nil, value)})
}

func (r *reader) remove(key string) {
	r.mark(key, journal.Replace)
	c := &r.t.candidate
	c.Writes = append(c.Writes, journal.Write{Key: []byte(key), Deleted: true})
}

func (r *reader) relyOn(key string) {
	c := &r.t.candidate
	c.Reads = append(c.Reads, []byte(key))
}
