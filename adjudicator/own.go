package adjudicator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// Run owns the journal until ctx ends or the journal is closed or has stopped for good, and owns it again whenever an
// append fails. It returns why it ended.
func (a *Adjudicator) Run(ctx context.Context) error {
	wait := ownWaitMin
	for {
		err := a.Own(ctx)
		switch {
		case err == nil:
			wait = ownWaitMin
			err = a.lost(ctx)
		case ctx.Err() != nil:
			err = ctx.Err()
		case errors.Is(err, journal.ErrClosed) || errors.Is(err, journal.ErrStopped):
		default:
			a.cfg.Logger.Warn("journal cannot be owned, trying again", "wait", wait, "error", err.Error())
			err = pause(ctx, wait)
			wait = min(2*wait, ownWaitMax)
		}
		if err != nil {
			a.stop(err)
			return err
		}
	}
}

// How long Run waits between two tries to own the journal.
const (
	ownWaitMin = 5 * time.Millisecond
	ownWaitMax = time.Second
)

// Own takes the journal over and rebuilds the window from its recent records. Run does this; the simulation does it itself.
func (a *Adjudicator) Own(ctx context.Context) error {
	epoch, err := a.cfg.Journal.Own(ctx)
	if err != nil {
		return fmt.Errorf("own the journal: %w", err)
	}
	w, err := a.replay(ctx)
	if err != nil {
		return fmt.Errorf("replay the journal's recent records: %w", err)
	}
	a.mu.Lock()
	if a.stopped != nil {
		defer a.mu.Unlock()
		return a.stopped
	}
	w.Seal(a.sealed)
	lost := a.waiting // they asked the window before
	a.waiting = nil
	a.window, a.epoch, a.durable = w, epoch, w.last
	a.counts.Ownerships++
	a.signal()
	a.cfg.Logger.Info("journal owned", "epoch", uint64(epoch), "position", uint64(w.position), "window_keys", w.Keys())
	a.mu.Unlock()
	tellLost(lost)
	return nil
}

// errReplayed ends the reading of a replay.
var errReplayed = errors.New("adjudicator: replayed")

// replay makes the window of a new owner: every record the window of one owner that had always been there would hold.
func (a *Adjudicator) replay(ctx context.Context) (*Window, error) {
	w := NewWindow(a.cfg.AgeMax, a.cfg.MarksMax)
	last := a.cfg.Journal.Last()
	if last == 0 {
		return w, nil
	}
	if a.cfg.Alone && a.ownerships() == 0 {
		err := a.cfg.Journal.Read(ctx, last-1, func(entries []journal.Entry) error {
			w.Resume(entries[0])
			return errReplayed
		})
		if !errors.Is(err, errReplayed) {
			return nil, err
		}
		return w, nil
	}
	now := a.cfg.Clock.Now()
	after, err := a.cfg.Journal.Since(now - clock.Time(a.cfg.AgeMax))
	if err != nil {
		return nil, err
	}
	err = a.cfg.Journal.Read(ctx, after, func(entries []journal.Entry) error {
		for _, e := range entries {
			switch {
			case e.Position > last:
			case w.position == 0 && e.Position > 1:
				w.Resume(e)
			default:
				w.Record(e)
			}
			w.Forget(now, len(entries)+1)
			if e.Position >= last {
				return errReplayed
			}
		}
		return nil
	})
	if !errors.Is(err, errReplayed) {
		return nil, err
	}
	return w, nil
}

// ownerships is how often the journal was owned before.
func (a *Adjudicator) ownerships() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts.Ownerships
}

// lost waits until the ownership has ended; an error means that it is over for good.
func (a *Adjudicator) lost(ctx context.Context) error {
	for {
		a.mu.Lock()
		owned, changed := a.window != nil, a.changed
		a.mu.Unlock()
		if !owned {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// stop ends all deciding. Appends in flight still get their outcome from the journal.
func (a *Adjudicator) stop(err error) {
	a.mu.Lock()
	lost := a.waiting
	a.stopped, a.window, a.waiting = err, nil, nil
	a.signal()
	a.mu.Unlock()
	tellLost(lost)
}

// tellLost answers those who asked about a commit of a window that is gone.
func tellLost(waiting []waiter) {
	for _, q := range waiting {
		q.done(Outcome{Err: ErrUnknownOutcome, lost: true})
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
