package sim

import (
	"context"
	"errors"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// fakeJournal keeps journal.Journal's contract at its worst: appends take long, get lost, are recorded though the owner is
// told that nobody knows, or are cut off by a crash in the middle of what is in flight.
type fakeJournal struct {
	world    *World
	history  []journal.Entry // every record ever, also those trimmed
	trimmed  journal.Position
	epoch    journal.Epoch
	inflight []*inflightAppend
	answerAt clock.Time // of the newest answer: answers keep the order of appends
}

type inflightAppend struct {
	epoch    journal.Epoch
	commits  []journal.Commit
	done     func(journal.Position, error)
	answered bool // told before it was true: a planted bug
}

var errNotNow = errors.New("sim: the journal cannot be reached")

// Own makes everything in flight final: a prefix of it was recorded, nobody knows how long a one.
func (j *fakeJournal) Own(context.Context) (journal.Epoch, error) {
	if j.world.chance(10) == 0 {
		return 0, errNotNow
	}
	j.crash()
	j.epoch++
	return j.epoch, nil
}

// crash ends the epoch.
func (j *fakeJournal) crash() {
	recorded := 0
	if n := len(j.inflight); n > 0 {
		recorded = j.world.chance(n + 1)
	}
	for i, a := range j.inflight {
		switch {
		case a.epoch != j.epoch:
			j.answer(a, 0, journal.ErrFenced)
		case i < recorded:
			j.record(a)
			j.answer(a, 0, journal.ErrUnknown)
		default:
			j.answer(a, 0, journal.ErrUnknown)
		}
	}
	j.inflight = nil
	j.epoch++
}

// Append puts the commits in flight.
func (j *fakeJournal) Append(epoch journal.Epoch, commits []journal.Commit, done func(journal.Position, error)) {
	a := &inflightAppend{epoch: epoch, commits: commits, done: done}
	j.inflight = append(j.inflight, a)
	w := j.world
	if w.settings.Plants.AckEarly && epoch == j.epoch {
		last := j.Last()
		for _, b := range j.inflight {
			last += journal.Position(len(b.commits))
		}
		j.answer(a, last, nil)
	}
	delay := 1 + w.chance(20)
	if w.chance(10) == 0 {
		delay += w.chance(200)
	}
	w.after(delay, j.next)
}

// next gives the oldest append in flight its fate.
func (j *fakeJournal) next() {
	if len(j.inflight) == 0 {
		return
	}
	a := j.inflight[0]
	w := j.world
	fate := w.chance(100)
	switch {
	case a.epoch != j.epoch && !w.settings.Plants.NoFencing:
		j.inflight = j.inflight[1:]
		j.answer(a, 0, journal.ErrFenced)
	case fate == 0 || fate == 1:
		w.Counts.Faults++
		j.inflight = j.inflight[1:]
		if fate == 1 {
			j.record(a)
		}
		j.answer(a, 0, journal.ErrUnknown)
		if !w.settings.Plants.RetryInPlace {
			j.epoch++
		}
	case fate == 2:
		w.Counts.Crashes++
		j.crash()
	default:
		j.inflight = j.inflight[1:]
		j.record(a)
		j.answer(a, j.Last(), nil)
	}
}

func (j *fakeJournal) record(a *inflightAppend) {
	plants := j.world.settings.Plants
	for _, c := range a.commits {
		if n := len(j.history); n > 0 && plants.DuplicateTime && j.world.chance(20) == 0 {
			c.At = j.history[n-1].Commit.At
		}
		j.history = append(j.history, journal.Entry{Position: journal.Position(len(j.history) + 1), Commit: c})
	}
}

// answer tells the owner, later and in order.
func (j *fakeJournal) answer(a *inflightAppend, last journal.Position, err error) {
	if a.answered {
		return
	}
	a.answered = true
	j.answerAt = max(j.answerAt, j.world.now+clock.Time(j.world.chance(30)))
	j.world.after(int(j.answerAt-j.world.now), func() { a.done(last, err) })
}

// settle makes what is still in flight final at the end of a run.
func (j *fakeJournal) settle() {
	j.crash()
}

// Read delivers what there is, in pieces, then ends: the simulation has nobody who waits.
func (j *fakeJournal) Read(_ context.Context, after journal.Position, deliver func([]journal.Entry) error) error {
	if after < j.trimmed {
		return journal.ErrTrimmed
	}
	for after < j.Last() {
		n := min(1+j.world.chance(40), int(j.Last()-after))
		if err := deliver(j.history[after : after+journal.Position(n)]); err != nil {
			return err
		}
		after += journal.Position(n)
	}
	return journal.ErrClosed
}

func (j *fakeJournal) Last() journal.Position { return journal.Position(len(j.history)) }

func (j *fakeJournal) Since(t clock.Time) (journal.Position, error) {
	p := j.trimmed
	for p+1 < j.Last() && j.history[p+1].Commit.At <= t {
		p++
	}
	if early := journal.Position(j.world.chance(20)); p >= j.trimmed+early {
		p -= early
	}
	return p, nil
}

func (j *fakeJournal) Trim(through journal.Position) error {
	if last := j.Last(); last > 0 {
		j.trimmed = max(j.trimmed, min(through, last-1))
	}
	return nil
}

func (j *fakeJournal) Close() error { return nil }
