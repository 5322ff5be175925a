package adjudicator

import (
	"context"
	"errors"
	"time"
)

// Commit decides c and returns once the commit is durable, or refused. When the answer is lost with an ownership, the same
// question is put to the next one (I7), so a failover is a wait, not an error. When ctx or the patience ends first, the
// outcome is unknown. The candidate's marks and writes belong to the journal from here on and must not be changed.
func (a *Adjudicator) Commit(ctx context.Context, c Candidate) Outcome {
	a.mu.Lock()
	changed := a.changed
	a.mu.Unlock()
	var patience <-chan time.Time
	for {
		o := a.ask(ctx, &c)
		if !o.lost {
			return o
		}
		if errors.Is(o.Err, ErrUnknownOutcome) {
			c.Asked = true
		}
		if patience == nil {
			t := time.NewTimer(a.cfg.WaitMax)
			defer t.Stop()
			patience = t.C
		}
		for {
			a.mu.Lock()
			owned, stopped, next := a.window != nil, a.stopped, a.changed
			a.mu.Unlock()
			if stopped != nil || ctx.Err() != nil {
				return o
			}
			if owned && changed != next {
				changed = next
				break
			}
			select {
			case <-next:
			case <-ctx.Done():
			case <-patience:
				return o
			}
		}
	}
}

// ask submits c and waits for the outcome.
func (a *Adjudicator) ask(ctx context.Context, c *Candidate) Outcome {
	r := a.reply()
	a.Submit(c, r.done)
	select {
	case o := <-r.outcome:
		a.replies.Put(r)
		return o
	case <-ctx.Done():
		return Outcome{Err: ErrUnknownOutcome, lost: true} // the reply is left to the garbage collector: it may still be written
	}
}

// reply carries one outcome from the journal's goroutine to the one that waits.
type reply struct {
	outcome chan Outcome
	done    func(Outcome)
}

// reply takes a reply from the pool.
func (a *Adjudicator) reply() *reply {
	if r, ok := a.replies.Get().(*reply); ok {
		return r
	}
	r := &reply{outcome: make(chan Outcome, 1)}
	r.done = func(o Outcome) { r.outcome <- o }
	return r
}
