package sim

import (
	"errors"
	"fmt"

	"github.com/opendsql/opendsql/adjudicator"
	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// check compares the history on the journal with everything anybody was told.
func (w *World) check() error {
	place := map[journal.ID]adjudicator.Outcome{}
	for i, e := range w.journal.history {
		c := e.Commit
		if first, twice := place[c.ID]; twice {
			return fmt.Errorf("I6, I7: transaction %x is recorded at %d and again at %d", c.ID, first.Position, e.Position)
		}
		if i > 0 && c.At <= w.journal.history[i-1].Commit.At {
			return fmt.Errorf("I1: record %d is at %d, the one before at %d", e.Position, c.At, w.journal.history[i-1].Commit.At)
		}
		if w.candidates[c.ID] == nil {
			return fmt.Errorf("record %d is of transaction %x, which nobody asked for", e.Position, c.ID)
		}
		place[c.ID] = adjudicator.Outcome{At: c.At, Position: e.Position}
	}
	if err := w.checkSeals(); err != nil {
		return err
	}
	if err := w.checkConflicts(); err != nil {
		return err
	}
	if err := w.checkAnswers(place); err != nil {
		return err
	}
	return w.checkReads()
}

// checkSeals: I2.
func (w *World) checkSeals() error {
	for _, s := range w.seals {
		for _, e := range w.journal.history[min(s.history, len(w.journal.history)):] {
			if at := e.Commit.At; at <= s.at && at > s.newest {
				return fmt.Errorf("I2: a record at %d follows the seal of %d, when %d was the newest", at, s.at, s.newest)
			}
		}
	}
	return nil
}

// checkConflicts: I5, from what the transactions asked for, not from what the records say.
func (w *World) checkConflicts() error {
	last := map[string]*[3]clock.Time{}
	for _, e := range w.journal.history {
		c := &w.candidates[e.Commit.ID].candidate
		for _, key := range c.Reads {
			if at := last[string(key)]; at != nil && max(at[journal.Change], at[journal.Replace]) > c.Start {
				return fmt.Errorf("I5: transaction %x started at %d and committed at %d, %s changed between: %v", c.ID, c.Start, e.Commit.At, key, *at)
			}
		}
		for _, m := range c.Marks {
			if last[string(m.Key)] == nil {
				last[string(m.Key)] = &[3]clock.Time{}
			}
			for s, at := range last[string(m.Key)] {
				if at > c.Start && at < e.Commit.At && s+int(m.Strength) >= 2 {
					return fmt.Errorf("I5: transaction %x started at %d and committed at %d with strength %d on %s, at %d somebody had strength %d", c.ID, c.Start, e.Commit.At, m.Strength, m.Key, at, s)
				}
			}
		}
		for _, m := range c.Marks {
			last[string(m.Key)][m.Strength] = e.Commit.At
		}
	}
	return nil
}

// checkAnswers: I4, I7, I9: a "yes" is on the journal as told, a "no" is not on it.
func (w *World) checkAnswers(place map[journal.ID]adjudicator.Outcome) error {
	for n := range w.started {
		t := w.candidates[transactionID(n)]
		if t == nil {
			continue
		}
		truth, recorded := place[t.candidate.ID]
		if t.commit.At > 0 && t.commit != truth {
			return fmt.Errorf("I4: transaction %x was told that it committed as %+v, the journal says %+v", t.candidate.ID, t.commit, truth)
		}
		refused := t.told && t.outcome.Err != nil && !errors.Is(t.outcome.Err, adjudicator.ErrUnknownOutcome)
		if refused && recorded {
			return fmt.Errorf("I9: transaction %x was refused with %v, the journal has it as %+v", t.candidate.ID, t.outcome.Err, truth)
		}
	}
	return nil
}

// checkReads: I3, I10: every snapshot on every replica showed the history up to its time, no more and no less.
func (w *World) checkReads() error {
	keys := map[string][]version{}
	for _, e := range w.journal.history {
		for _, wr := range e.Commit.Writes {
			keys[string(wr.Key)] = append(keys[string(wr.Key)], version{e.Commit.At, string(wr.Value), wr.Deleted})
		}
	}
	for _, o := range w.observed {
		if value, found := newestAt(keys[o.key], o.at); value != o.value || found != o.found {
			return fmt.Errorf("I3, I10: a snapshot at %d showed %s as %q (%t), the history says %q (%t)", o.at, o.key, o.value, o.found, value, found)
		}
	}
	last := w.now + 1<<40
	for i := range pairs {
		first, _ := newestAt(keys[dutyKey(i, 0)], last)
		second, _ := newestAt(keys[dutyKey(i, 1)], last)
		if first == "0" && second == "0" {
			return fmt.Errorf("write skew: nobody of pair %d is on duty", i)
		}
	}
	for i := range children {
		if parent, found := newestAt(keys[childKey(i)], last); found {
			if _, there := newestAt(keys[parent], last); !there {
				return fmt.Errorf("a child has lost its %s", parent)
			}
		}
	}
	return nil
}
