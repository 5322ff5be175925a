package controlplane

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// action is what the loop has to do for a cluster.
type action string

const (
	rest      action = "rest"
	provision action = "provision"
	retire    action = "retire"
	conclude  action = "conclude" // the deletion of both of two linked clusters
	rekey     action = "rekey"
)

// next decides what a cluster needs now. The same record always needs the same.
func next(c *clusterRecord) action {
	switch c.Status {
	case StatusCreating:
		return provision
	case StatusDeleting:
		return retire
	case StatusPendingDelete:
		if c.MultiRegion.Ending {
			return conclude
		}
	case StatusUpdating:
		return rekey
	}
	return rest
}

// provisioned decides what becomes of a cluster after an attempt to provision it.
// While there is time left a failed attempt changes nothing and is repeated.
func provisioned(c *clusterRecord, failure error, now time.Time, limit time.Duration) (after *clusterRecord, retry bool) {
	after = c.copy()
	switch {
	case failure == nil:
		after.Status = StatusActive
	case now.Sub(c.begun()) < limit:
		return c, true
	default:
		after.Status = StatusFailed
	}
	return after, false
}

const (
	retryFirst = 50 * time.Millisecond
	retryMax   = 10 * time.Second
	// lookEvery is how often the loop looks without being woken: for wishes that
	// another process recorded and did not live to carry out.
	lookEvery = time.Minute
	// forgetEvery is how often dead client tokens are swept out.
	forgetEvery = time.Hour
)

// backoff is the pause before the next attempt, after n failed ones.
func backoff(n int) time.Duration {
	if n > 8 {
		return retryMax
	}
	return min(retryFirst<<max(n-1, 0), retryMax)
}

// loop is what Run remembers while it runs; used by its goroutine only.
type loop struct {
	busy     map[string]bool      // being carried out
	failures map[string]int       // attempts in a row that failed
	due      map[string]time.Time // not before
	done     chan result
}

type result struct {
	id  string
	err error
}

// Run carries out the wishes on record until ctx ends, first those a former
// process left behind. It returns nil when ctx ended and all it had begun has stopped.
func (a *API) Run(ctx context.Context) error {
	l := &loop{busy: map[string]bool{}, failures: map[string]int{}, due: map[string]time.Time{}, done: make(chan result)}
	defer func() {
		for range l.busy {
			<-l.done
		}
	}()
	forget := time.NewTicker(forgetEvery)
	defer forget.Stop()
	keys := time.NewTicker(keyLookEvery)
	defer keys.Stop()
	listFailures := 0
	for {
		pause, err := a.start(ctx, l)
		if err != nil && ctx.Err() == nil {
			listFailures++
			pause = backoff(listFailures)
			a.log.Warn("the wishes could not be read", "error", err, "retry_in", pause)
		} else {
			listFailures = 0
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-a.woken:
		case <-timer.C:
		case <-forget.C:
			if err := a.forgetTokens(ctx); err != nil {
				a.log.Warn("old client tokens could not be forgotten", "error", err)
			}
		case <-keys.C:
			if err := a.impairStreams(ctx); err != nil && ctx.Err() == nil {
				a.log.Warn("streams could not be looked through for lost keys", "error", err)
			}
		case r := <-l.done:
			a.finish(l, r)
		}
		timer.Stop()
	}
}

// start begins every wish that is due, as far as there is room, and returns the
// time until the next one is.
func (a *API) start(ctx context.Context, l *loop) (pause time.Duration, err error) {
	work, err := a.records.List(ctx, workPrefix)
	if err != nil {
		return 0, err
	}
	pause = lookEvery
	now := time.Now()
	for _, kv := range work {
		id := strings.TrimPrefix(kv.Key, workPrefix)
		if l.busy[id] || len(l.busy) >= a.limits.Provisioning {
			continue // finishing anything looks again
		}
		if wait := l.due[id].Sub(now); wait > 0 {
			pause = min(pause, wait)
			continue
		}
		l.busy[id] = true
		go func() { l.done <- result{id, a.carryOut(ctx, id)} }()
	}
	return pause, nil
}

// finish notes how an attempt went.
func (a *API) finish(l *loop, r result) {
	delete(l.busy, r.id)
	if r.err == nil {
		delete(l.failures, r.id)
		delete(l.due, r.id)
		return
	}
	l.failures[r.id]++
	wait := backoff(l.failures[r.id])
	l.due[r.id] = time.Now().Add(wait)
	if !errors.Is(r.err, context.Canceled) {
		a.log.Warn("a cluster's wish could not be carried out", "cluster", r.id, "attempts", l.failures[r.id], "retry_in", wait, "error", r.err)
	}
}

// carryOut does what one cluster needs, and records that it is done. It may stop
// between any two lines and be done again from the start.
func (a *API) carryOut(ctx context.Context, id string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if stream, ok := strings.CutPrefix(id, streamPrefix); ok {
		return a.carryOutStream(ctx, stream)
	}
	c, raw, err := a.load(ctx, id)
	if err != nil {
		return err
	}
	if c == nil {
		return a.settle(ctx, id, change{deletes: []string{workKey(id)}})
	}
	switch next(c) {
	case provision:
		failure := a.provisioner.Provision(ctx, c.spec())
		if failure != nil && ctx.Err() != nil {
			return failure // stopped, not failed
		}
		after, retry := provisioned(c, failure, a.now(), a.limits.ProvisionMax)
		if retry {
			return fmt.Errorf("provision: %w", failure)
		}
		if failure != nil {
			a.log.Error("a cluster could not be provisioned and is given up", "cluster", id, "error", failure)
		}
		w := change{deletes: []string{workKey(id)}}
		w.relyOn(clusterKey(id), raw)
		w.put(clusterKey(id), encodeRecord(after))
		return a.settle(ctx, id, w)
	case retire:
		if err := a.provisioner.Retire(ctx, id); err != nil {
			return fmt.Errorf("retire: %w", err)
		}
		return a.remove(ctx, id)
	case conclude:
		return a.conclude(ctx, id)
	case rekey:
		return a.rekey(ctx, c, raw)
	case rest:
		w := change{deletes: []string{workKey(id)}}
		w.relyOn(clusterKey(id), raw)
		return a.settle(ctx, id, w)
	}
	panic("controlplane: unknown action for status " + string(c.Status))
}

// remove takes a retired cluster off the records. Its scope is shared with
// handlers that create, so a conflict only means to look again.
func (a *API) remove(ctx context.Context, id string) error {
	for range attemptsMax {
		c, raw, err := a.load(ctx, id)
		if err != nil || c == nil {
			return err
		}
		scope, scopeRaw, err := a.loadScope(ctx, c.Account, c.Region)
		if err != nil {
			return err
		}
		scope.count(c, -1)
		w := change{deletes: []string{clusterKey(id), workKey(id), orderKey(c.Account, c.Region, c.Sequence)}}
		if err := a.removeStreams(ctx, id, &w); err != nil {
			return err
		}
		w.relyOn(clusterKey(id), raw)
		w.relyOn(scopeKey(c.Account, c.Region), scopeRaw)
		w.put(scopeKey(c.Account, c.Region), encodeRecord(scope))
		if err := a.settle(ctx, id, w); !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return ErrConflict
}

// settle writes the outcome of a wish.
func (a *API) settle(ctx context.Context, id string, w change) error {
	if err := a.records.Apply(ctx, w.puts, w.deletes, w.expect); err != nil {
		return fmt.Errorf("settle %s: %w", id, err)
	}
	a.announce()
	return nil
}
