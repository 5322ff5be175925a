package adjudicator

import (
	"fmt"
	"sort"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// Candidate is a transaction that asks to commit.
type Candidate struct {
	ID     journal.ID
	Start  clock.Time      // its snapshot: it has seen every commit at or before Start and none after
	Reads  [][]byte        // keys relied on: checked, not published
	Marks  []journal.Mark  // keys touched: checked and published
	Writes []journal.Write // post-images, recorded as they are
	Asked  bool            // it was asked before and the answer was lost: "too old" is then an unknown outcome
}

// Decision is the place a transaction got in the order of commits.
type Decision struct {
	At       clock.Time
	Position journal.Position
	Again    bool // the decision was made earlier, for the same ID
}

// Window remembers when each key was last marked, as far back as a live transaction can reach. It is a plain value: the
// same calls give the same answers. Used by one goroutine at a time.
//
// Keys are kept as 64-bit hashes. Two keys with one hash are taken for one key: that can refuse a transaction that had no
// conflict (one in 10^12 at a million keys), it can never admit one that had. In exchange the maps hold no pointers, so
// the garbage collector does not walk a window of millions of marks.
type Window struct {
	ageMax   time.Duration
	marksMax int

	horizon  clock.Time       // the newest commit forgotten; snapshots before it cannot be judged
	sealed   clock.Time       // I2: no decision at or before it
	last     clock.Time       // time of the newest commit
	position journal.Position // of the newest commit

	touched map[uint64]touches
	byID    map[journal.ID]uint32 // number of the record, see numbered
	records queue[record]         // what touched and byID hold, oldest first
	peak    int                   // most keys and records since the maps were made
	gone    uint32                // records that were forgotten: the number of the oldest record; it may wrap around
	hashes  queue[uint64]         // the marks of records, in the same order
}

// touches says when a key was last marked with at least the strength that is the index.
type touches [3]clock.Time

// record is a commit the window remembers.
type record struct {
	id    journal.ID
	at    clock.Time
	marks int
}

// strengthsMax is the sum of strengths from which on two marks conflict.
const strengthsMax = 2

// NewWindow makes an empty window. It remembers commits for ageMax, or less when there are more than marksMax marks.
func NewWindow(ageMax time.Duration, marksMax int) *Window {
	return &Window{ageMax: ageMax, marksMax: marksMax, touched: map[uint64]touches{}, byID: map[journal.ID]uint32{}}
}

// Decide returns the place of c in the order of commits, or why c must not commit: *ConflictError, ErrTooOld or
// ErrUnknownOutcome. The decision is final for this window: whoever asked must append the commit, or drop the window.
func (w *Window) Decide(c *Candidate, now clock.Time) (Decision, error) {
	if number, ok := w.byID[c.ID]; ok {
		return w.numbered(number), nil // I7: the same question, asked again after a failover
	}
	if c.Start < w.horizon {
		return Decision{}, w.refuseOld(c, now)
	}
	for _, key := range c.Reads { // I5
		if at := w.touched[xxhash.Sum64(key)][journal.Change]; at > c.Start {
			return Decision{}, &ConflictError{Key: key, With: w.idAt(at), At: at, Stale: true}
		}
	}
	for i := range c.Marks { // I5
		m := &c.Marks[i]
		if at := w.touched[xxhash.Sum64(m.Key)][strengthsMax-m.Strength]; at > c.Start {
			return Decision{}, &ConflictError{Key: m.Key, With: w.idAt(at), At: at}
		}
	}
	d := Decision{At: max(now, w.last+1, w.sealed+1, c.Start+1), Position: w.position + 1} // I1, I2
	w.remember(c.ID, c.Marks, d)
	w.Forget(now, 4)
	return d, nil
}

// refuseOld says why a candidate from before the horizon does not commit. Whether it conflicts is not known any more.
// (The horizon is a commit, not a moment: when nobody else committed, a snapshot as old as the last commit is fine.)
func (w *Window) refuseOld(c *Candidate, now clock.Time) error {
	switch {
	case c.Asked:
		return ErrUnknownOutcome // I9: its commit may be among the forgotten ones
	case c.Start < now-clock.Time(w.ageMax):
		return ErrTooOld // I8
	}
	return &ConflictError{} // forgotten early, to bound memory: a new try will pass
}

// Record takes over a commit that is on the journal: how a new owner learns what older owners decided.
func (w *Window) Record(e journal.Entry) {
	c := &e.Commit
	if c.At <= w.last || e.Position != w.position+1 {
		panic(fmt.Sprintf("adjudicator: commit %x at %d, position %d, follows %d, position %d", c.ID, c.At, e.Position, w.last, w.position))
	}
	w.remember(c.ID, c.Marks, Decision{At: c.At, Position: e.Position})
}

// Resume starts an empty window after a commit whose predecessors are not known. Snapshots before it cannot be judged.
func (w *Window) Resume(e journal.Entry) {
	w.horizon, w.last, w.position = e.Commit.At, e.Commit.At, e.Position
	w.byID[e.Commit.ID] = 0
	w.records.push(record{id: e.Commit.ID, at: e.Commit.At})
}

func (w *Window) remember(id journal.ID, marks []journal.Mark, d Decision) {
	for i := range marks {
		h := xxhash.Sum64(marks[i].Key)
		t := w.touched[h]
		for s := range marks[i].Strength + 1 {
			t[s] = d.At
		}
		w.touched[h] = t
		w.hashes.push(h)
	}
	w.byID[id] = w.gone + uint32(w.records.len())
	w.records.push(record{id: id, at: d.At, marks: len(marks)})
	w.last, w.position = d.At, d.Position
	w.peak = max(w.peak, len(w.touched)+len(w.byID))
}

// numbered is the decision of a record, found again. Positions have no holes, so the place in the list tells the position.
func (w *Window) numbered(number uint32) Decision {
	i := int(number - w.gone)
	return Decision{At: w.records.at(i).at, Position: w.position - journal.Position(w.records.len()-1-i), Again: true}
}

// Forget drops commits older than the age limit, at most n of them, and any number when the window is over its bound.
func (w *Window) Forget(now clock.Time, n int) {
	for w.records.len() > 1 { // the newest stays: its ID may still be asked for
		r := w.records.front()
		if w.hashes.len()+w.records.len() <= w.marksMax && (n <= 0 || r.at > now-clock.Time(w.ageMax)) {
			return
		}
		w.records.pop()
		w.gone++
		delete(w.byID, r.id)
		for range r.marks {
			h := w.hashes.pop()
			if w.touched[h][journal.KeyShare] <= r.at {
				delete(w.touched, h)
			}
		}
		w.horizon = r.at
		n--
	}
}

// Old says whether there is something to forget.
func (w *Window) Old(now clock.Time) bool {
	return w.records.len() > 1 && w.records.front().at <= now-clock.Time(w.ageMax)
}

// peakMin is how large the maps may stay.
const peakMin = 1 << 16

// Shrink gives memory back after a burst: a map never does by itself. It copies what is left, once that is little.
func (w *Window) Shrink() {
	size := len(w.touched) + len(w.byID)
	if w.peak < peakMin || size > w.peak/32 {
		return
	}
	touched, byID := make(map[uint64]touches, len(w.touched)), make(map[journal.ID]uint32, len(w.byID))
	for k, v := range w.touched {
		touched[k] = v
	}
	for k, v := range w.byID {
		byID[k] = v
	}
	w.touched, w.byID, w.peak = touched, byID, size
}

// Seal promises that nothing at or before t is decided from now on (I2).
func (w *Window) Seal(t clock.Time) { w.sealed = max(w.sealed, t) }

// Last is the newest commit decided or recorded; its time is zero before the first.
func (w *Window) Last() Decision { return Decision{At: w.last, Position: w.position} }

// Horizon is the oldest snapshot that can still be judged.
func (w *Window) Horizon() clock.Time { return w.horizon }

// Keep is the position before the oldest commit remembered: trimming the journal no further than this loses nothing a
// new owner would want to know.
func (w *Window) Keep() journal.Position {
	if w.records.len() == 0 {
		return w.position
	}
	return w.position - journal.Position(w.records.len())
}

// Keys is how many different keys the window remembers.
func (w *Window) Keys() int { return len(w.touched) }

// idAt finds the transaction that committed at the time.
func (w *Window) idAt(at clock.Time) journal.ID {
	i := sort.Search(w.records.len(), func(i int) bool { return w.records.at(i).at >= at })
	if i == w.records.len() || w.records.at(i).at != at {
		panic(fmt.Sprintf("adjudicator: a key was marked at %d by no known commit", at))
	}
	return w.records.at(i).id
}
