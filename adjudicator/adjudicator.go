package adjudicator

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// Config is what an adjudicator needs. Zero values of the limits mean their defaults.
type Config struct {
	Journal  journal.Journal
	Clock    clock.Clock   // default: the machine's
	AgeMax   time.Duration // how far back snapshots can be judged; default 300 s
	MarksMax int           // bound of the window, marks and commits together; default 2 Mi (about 200 MB)
	// Alone: no transaction is older than this adjudicator, and nobody else owns the journal. Then the first ownership need not
	// read back the age limit's worth of records, and need not keep the journal from being trimmed. Where it is not true,
	// transactions are refused that could have committed; none commits that should not.
	Alone   bool
	WaitMax time.Duration // how long Commit waits for the journal to be owned again; default 10 s
	Logger  *slog.Logger  // default: none
}

// Outcome is the answer to a candidate.
type Outcome struct {
	At       clock.Time
	Position journal.Position
	Err      error // nil, *ConflictError (ErrConflict, ErrStaleRead), ErrTooOld, ErrUnknownOutcome or ErrUnavailable

	lost bool // asking again after the next ownership gives a definite answer
}

// Adjudicator owns a journal and decides what is appended to it. Safe for concurrent use.
//
// Decisions are made one after the other under mu and appended in that order; they go on while earlier appends are in
// flight, which is what lets the journal put many commits under one sync.
type Adjudicator struct {
	cfg     Config
	replies sync.Pool // of *reply

	mu      sync.Mutex
	window  *Window // nil while the journal is not owned
	epoch   journal.Epoch
	durable clock.Time // commits of this window at or before it are durable
	waiting []waiter   // questions about commits that are decided, not yet durable, oldest first
	sealed  clock.Time // outlives the window
	changed chan struct{}
	stopped error // Run has ended
	counts  Counts
}

// waiter asked for a transaction whose first append is still in flight.
type waiter struct {
	decision Decision
	done     func(Outcome)
}

// Counts are for measures.
type Counts struct {
	Committed, Conflicts, StaleReads, TooOld, Unknown uint64
	Ownerships                                        uint64
	WindowKeys                                        int
}

// New makes an adjudicator. It decides nothing before Run (or Own) has taken the journal over.
func New(cfg Config) *Adjudicator {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.AgeMax == 0 {
		cfg.AgeMax = 300 * time.Second
	}
	if cfg.MarksMax == 0 {
		cfg.MarksMax = 2 << 20
	}
	if cfg.WaitMax == 0 {
		cfg.WaitMax = 10 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Adjudicator{cfg: cfg, changed: make(chan struct{})}
}

// Submit decides c and calls done once with the outcome: before Submit returns when nothing has to be appended, else on
// the journal's goroutine. done must not block. It never waits for an ownership; Commit does.
func (a *Adjudicator) Submit(c *Candidate, done func(Outcome)) {
	check(c)
	if o, known := a.submit(c, done); known {
		done(o)
	}
}

// submit decides c. Either the outcome is known at once, or done will be called.
func (a *Adjudicator) submit(c *Candidate, done func(Outcome)) (o Outcome, known bool) {
	a.mu.Lock()
	sound := false
	defer func() {
		if !sound { // a broken invariant: the window may hold a decision that was not appended
			a.window = nil
			a.signal()
		}
		a.mu.Unlock()
	}()
	w := a.window
	switch d, err := a.decide(c); {
	case w == nil:
		o, known = Outcome{Err: err, lost: true}, true
	case err != nil && c.Asked:
		// The first try may be known to another owner by now. "No" is only true if this one still is the owner.
		a.cfg.Journal.Append(a.epoch, nil, func(_ journal.Position, lost error) { a.confirmed(w, err, lost, done) })
	case err != nil:
		a.count(err)
		o, known = Outcome{Err: err}, true
	case d.Again && d.At > a.durable: // I4: the first append has not come back yet
		a.waiting = append(a.waiting, waiter{d, done})
	case d.Again:
		o, known = Outcome{At: d.At, Position: d.Position}, true
	default:
		asked := c.Asked
		commits := []journal.Commit{{ID: c.ID, Start: c.Start, At: d.At, Marks: c.Marks, Writes: c.Writes}}
		a.cfg.Journal.Append(a.epoch, commits, func(last journal.Position, err error) { a.appended(w, d, asked, last, err, done) })
	}
	sound = true
	return o, known
}

// decide asks the window, if there is one; mu is held.
func (a *Adjudicator) decide(c *Candidate) (Decision, error) {
	switch {
	case a.window != nil:
		return a.window.Decide(c, a.cfg.Clock.Now())
	case c.Asked:
		return Decision{}, ErrUnknownOutcome
	}
	return Decision{}, ErrUnavailable
}

// check refuses candidates no query processor makes.
func check(c *Candidate) {
	if c.ID == (journal.ID{}) {
		panic("adjudicator: a candidate has no ID")
	}
	for i := range c.Marks {
		if c.Marks[i].Strength > journal.Replace {
			panic(fmt.Sprintf("adjudicator: a mark has strength %d", c.Marks[i].Strength))
		}
	}
}

// appended takes the journal's word about one decision of window w.
func (a *Adjudicator) appended(w *Window, d Decision, asked bool, last journal.Position, err error, done func(Outcome)) {
	a.mu.Lock()
	var answered, lost []waiter
	o := Outcome{At: d.At, Position: last}
	switch {
	case err != nil:
		o = failed(err, asked)
		lost = a.drop(w, err)
	case w == a.window:
		if last != d.Position || d.At <= a.durable {
			panic(fmt.Sprintf("adjudicator: commit at %d was decided for position %d and appended at %d, after %d", d.At, d.Position, last, a.durable))
		}
		a.durable = d.At
		for len(a.waiting) > 0 && a.waiting[0].decision.At <= a.durable {
			answered, a.waiting = append(answered, a.waiting[0]), a.waiting[1:]
		}
	}
	a.count(o.Err)
	a.mu.Unlock()
	done(o)
	for _, q := range answered {
		q.done(Outcome{At: q.decision.At, Position: q.decision.Position})
	}
	tellLost(lost)
}

// confirmed takes the journal's word on whether window w was the owner's when it refused.
func (a *Adjudicator) confirmed(w *Window, refusal, err error, done func(Outcome)) {
	a.mu.Lock()
	o := Outcome{Err: refusal}
	var lost []waiter
	if err != nil {
		o = failed(err, true)
		lost = a.drop(w, err)
	}
	a.count(o.Err)
	a.mu.Unlock()
	done(o)
	tellLost(lost)
}

// failed is the outcome of a candidate whose append failed. It is a definite "no" only when nothing of it was recorded and it
// had not been asked before.
func failed(err error, asked bool) Outcome {
	if !asked && (errors.Is(err, journal.ErrFenced) || errors.Is(err, journal.ErrStopped) || errors.Is(err, journal.ErrClosed)) {
		return Outcome{Err: fmt.Errorf("%w: %w", ErrUnavailable, err), lost: true}
	}
	return Outcome{Err: fmt.Errorf("%w: %w", ErrUnknownOutcome, err), lost: true}
}

// drop ends the ownership if w is still its window (I6): what w believes about its own commits is not known to be true any
// more. It returns who waits for those commits; mu is held.
func (a *Adjudicator) drop(w *Window, err error) []waiter {
	if w != a.window {
		return nil
	}
	a.cfg.Logger.Warn("journal lost, owning again", "epoch", uint64(a.epoch), "error", err.Error())
	lost := a.waiting
	a.waiting, a.window = nil, nil
	a.signal()
	return lost
}

// signal wakes everybody who waits for an ownership to begin or end; mu is held.
func (a *Adjudicator) signal() {
	close(a.changed)
	a.changed = make(chan struct{})
}

func (a *Adjudicator) count(err error) {
	switch {
	case err == nil:
		a.counts.Committed++
	case errors.Is(err, ErrConflict):
		a.counts.Conflicts++
	case errors.Is(err, ErrStaleRead):
		a.counts.StaleReads++
	case errors.Is(err, ErrTooOld):
		a.counts.TooOld++
	case errors.Is(err, ErrUnknownOutcome):
		a.counts.Unknown++
	}
}

// Counts are the measures so far.
func (a *Adjudicator) Counts() Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.counts
	if a.window != nil {
		c.WindowKeys = a.window.Keys()
	}
	return c
}

// Seal promises that nothing at or before t is committed from now on (I2), and returns the newest commit decided: whoever
// has applied that one is complete through t. The promise holds as long as this adjudicator lives; to whoever asks
// another one, the promise is the newest durable record.
func (a *Adjudicator) Seal(t clock.Time) (Decision, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.window == nil {
		return Decision{}, ErrUnavailable
	}
	a.sealed = max(a.sealed, t)
	a.window.Seal(t)
	return a.window.Last(), nil
}

// Keep is the highest position up to which the journal may be trimmed without the next owner missing a commit it could
// be asked about; zero while the journal is not owned. Called now and then, it also lets an idle adjudicator forget what
// has become old and give the memory back.
func (a *Adjudicator) Keep() journal.Position {
	now := a.cfg.Clock.Now()
	for {
		keep, more := a.rest(now)
		if more {
			continue
		}
		if a.cfg.Alone {
			return math.MaxUint64
		}
		return keep
	}
}

// restMax is how many commits are forgotten under one hold of the lock: well under a millisecond.
const restMax = 2000

func (a *Adjudicator) rest(now clock.Time) (keep journal.Position, more bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.window == nil {
		return 0, false
	}
	a.window.Forget(now, restMax)
	if a.window.Old(now) {
		return 0, true
	}
	a.window.Shrink()
	return a.window.Keep(), false
}
