package sim

import (
	"context"
	"errors"

	"github.com/opendsql/opendsql/adjudicator"
	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// Plants are bugs to be found. Each is what somebody could really get wrong.
type Plants struct {
	NoConflictCheck   bool // the adjudicator does not look at marks
	NoKeyShare        bool // marks of FOR KEY SHARE are dropped
	NoForUpdate       bool // FOR UPDATE counts like FOR KEY SHARE
	NoReads           bool // keys relied on are not checked
	DuplicateTime     bool // two records get one time
	AckEarly          bool // appends are acknowledged before they are durable
	NoFencing         bool // an owner that was replaced still appends
	RetryInPlace      bool // an append that failed is appended again, the epoch goes on
	WindowLost        bool // a new owner does not learn the marks of older records
	IdentityLost      bool // a new owner does not learn the IDs of older records
	AgeIgnored        bool // a snapshot older than the window is taken for one as old as the window
	SealIgnored       bool // a seal is promised and not kept
	ServedEarly       bool // a replica serves a snapshot that it has not reached
	ServedStale       bool // a transaction begins before what was acknowledged is visible
	ReplicaSkips      bool // a replica leaves a record out
	ReplicaForgets    bool // a replica restarts with a position beyond what it kept
	UnknownIsConflict bool // an unknown outcome is told as a refusal
	AnswerChanges     bool // a question asked again is decided again
}

// candidate is what the adjudicator gets to see.
func (p Plants) candidate(w *World, c *adjudicator.Candidate) *adjudicator.Candidate {
	seen := *c
	if p.NoConflictCheck || p.NoKeyShare || p.NoForUpdate {
		seen.Marks = nil
		for _, m := range c.Marks {
			switch {
			case p.NoConflictCheck, p.NoKeyShare && m.Strength == journal.KeyShare:
				continue
			case p.NoForUpdate && !writes(c, m.Key):
				m.Strength = journal.KeyShare
			}
			seen.Marks = append(seen.Marks, m)
		}
	}
	if p.NoReads {
		seen.Reads = nil
	}
	if p.AgeIgnored {
		seen.Start = max(seen.Start, w.now-w.ageMax+200)
	}
	if p.AnswerChanges && c.Asked {
		seen.ID[15] ^= byte(1 + w.chance(200))
	}
	return &seen
}

func writes(c *adjudicator.Candidate, key []byte) bool {
	for _, w := range c.Writes {
		if string(w.Key) == string(key) {
			return true
		}
	}
	return false
}

// brokenJournal is the journal as an owner with planted bugs sees it.
type brokenJournal struct {
	*fakeJournal
}

// Read hides from a new owner what a bug would lose.
func (j brokenJournal) Read(ctx context.Context, after journal.Position, deliver func([]journal.Entry) error) error {
	p := j.world.settings.Plants
	return j.fakeJournal.Read(ctx, after, func(entries []journal.Entry) error {
		if p.WindowLost || p.IdentityLost {
			seen := append([]journal.Entry(nil), entries...)
			for i := range seen {
				if p.WindowLost {
					seen[i].Commit.Marks = nil
				}
				if p.IdentityLost {
					seen[i].Commit.ID[0] ^= 0xff
				}
			}
			entries = seen
		}
		return deliver(entries)
	})
}

// Append tries a failed append again, when that is the bug.
func (j brokenJournal) Append(epoch journal.Epoch, commits []journal.Commit, done func(journal.Position, error)) {
	if !j.world.settings.Plants.RetryInPlace {
		j.fakeJournal.Append(epoch, commits, done)
		return
	}
	j.fakeJournal.Append(epoch, commits, func(last journal.Position, err error) {
		if errors.Is(err, journal.ErrUnknown) {
			j.fakeJournal.Append(epoch, commits, done)
			return
		}
		done(last, err)
	})
}

// owner is a process with an adjudicator and a clock of its own.
type owner struct {
	world       *World
	adjudicator *adjudicator.Adjudicator
	skew        clock.Time
	waking      bool
}

func newOwner(w *World, _ int) *owner {
	o := &owner{world: w, skew: clock.Time(w.chance(200) - 100)}
	bound := 0
	if w.chance(4) == 0 {
		bound = 60 + w.chance(200)
	}
	o.adjudicator = adjudicator.New(adjudicator.Config{
		Journal: brokenJournal{w.journal}, Clock: o, AgeMax: w.ageMax.Wall().Sub(clock.Time(0).Wall()), MarksMax: bound,
	})
	return o
}

// Now is what the owner's clock says. It jumps at times, also back.
func (o *owner) Now() clock.Time { return o.world.now + o.skew }

// takeOver owns the journal, now and then again, wanted or not.
func (o *owner) takeOver() {
	w := o.world
	o.waking = false
	if w.over() {
		return
	}
	if w.chance(5) == 0 {
		o.skew = clock.Time(w.chance(200) - 100)
	}
	w.Counts.Failovers++
	if err := o.adjudicator.Own(context.Background()); err != nil {
		o.wake()
	}
	w.after(500+w.chance(5000)*len(w.owners), o.takeOver)
}

// wake owns again soon.
func (o *owner) wake() {
	if !o.waking {
		o.waking = true
		o.world.after(5+o.world.chance(100), func() {
			if o.waking {
				o.waking = false
				if err := o.adjudicator.Own(context.Background()); err != nil && !o.world.over() {
					o.wake()
				}
			}
		})
	}
}

// seal asks the owner for a time that is complete once the returned one is applied.
func (o *owner) seal(t clock.Time) (clock.Time, error) {
	w := o.world
	if w.settings.Plants.SealIgnored {
		w.seals = append(w.seals, seal{t, w.acked, len(w.journal.history)})
		return min(t, w.acked), nil
	}
	newest, err := o.adjudicator.Seal(t)
	if err != nil {
		return 0, err
	}
	w.seals = append(w.seals, seal{t, newest.At, len(w.journal.history)})
	return min(t, newest.At), nil
}
