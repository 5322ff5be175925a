// Package crossbar brings commits from the journals to a reader's storage in commit order, and knows how complete the reader is.
//
// One goroutine reads the journal and applies what it delivers, so a commit becomes visible in the order of the journal and
// exactly once, also across a restart: reading begins after the position the storage has applied. WaitApplied returns once every commit through
// a time is visible (I3). When the journal cannot be read or the storage cannot apply, the crossbar stops for good and everybody who
// waits hears why.
//
// Cost: for one journal no queue, no copy, one atomic load for a reader that need not wait.
package crossbar

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// ErrStopped: commits are no longer applied; the cause is wrapped.
var ErrStopped = errors.New("crossbar: stopped")

// Storage is what the commits go to.
type Storage interface {
	Apply(entries []journal.Entry) error
	Applied() clock.Time
	Position() journal.Position
	// Durable is the newest position the storage would not ask for again after a crash.
	Durable() journal.Position
}

// Source is the part of a journal that a reader needs.
type Source interface {
	Read(ctx context.Context, after journal.Position, deliver func([]journal.Entry) error) error
	Last() journal.Position
	Trim(through journal.Position) error
}

// Crossbar feeds one storage. Safe for concurrent use.
type Crossbar struct {
	storage Storage
	source  Source
	stop    context.CancelFunc
	done    chan struct{}

	waiting atomic.Int32 // how many are in waiters; lets the applying goroutine skip the lock

	mu      sync.Mutex
	waiters []*waiter
	cause   error // set when stopped
}

// waiter waits for a time and a position, either of which may be zero.
type waiter struct {
	at       clock.Time
	position journal.Position
	ready    chan struct{}
}

// New starts bringing commits from the journals to the storage. There is one journal per cluster to begin with; merging several needs
// their seals, which the journal's interface does not have yet, so more than one is refused.
func New(storage Storage, sources []Source) (*Crossbar, error) {
	if len(sources) != 1 {
		return nil, fmt.Errorf("crossbar: one journal is supported, not %d", len(sources))
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &Crossbar{storage: storage, source: sources[0], stop: stop, done: make(chan struct{})}
	go c.run(ctx)
	return c, nil
}

func (c *Crossbar) run(ctx context.Context) {
	defer close(c.done)
	err := c.source.Read(ctx, c.storage.Position(), func(entries []journal.Entry) error {
		if err := c.storage.Apply(entries); err != nil {
			return err
		}
		if c.waiting.Load() > 0 {
			c.wake()
		}
		return nil
	})
	switch {
	case ctx.Err() != nil:
		err = ErrStopped
	case err == nil:
		err = fmt.Errorf("%w: the journal ended", ErrStopped)
	default:
		err = fmt.Errorf("%w: %w", ErrStopped, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cause = err
	for _, w := range c.waiters {
		close(w.ready)
	}
	c.waiters = nil
}

// wake lets those go whose commits have become visible.
func (c *Crossbar) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.waiters[:0]
	for _, w := range c.waiters {
		if c.reached(w.at, w.position) {
			close(w.ready)
			c.waiting.Add(-1)
		} else {
			kept = append(kept, w)
		}
	}
	clear(c.waiters[len(kept):])
	c.waiters = kept
}

func (c *Crossbar) reached(at clock.Time, position journal.Position) bool {
	return c.storage.Applied() >= at && c.storage.Position() >= position
}

// WaitApplied returns once every commit through the time is visible in the storage.
func (c *Crossbar) WaitApplied(ctx context.Context, at clock.Time) error {
	if c.storage.Applied() >= at {
		return nil
	}
	return c.wait(ctx, &waiter{at: at, ready: make(chan struct{})})
}

// WaitPosition returns once the storage has applied the journal through the position.
func (c *Crossbar) WaitPosition(ctx context.Context, position journal.Position) error {
	if c.storage.Position() >= position {
		return nil
	}
	return c.wait(ctx, &waiter{position: position, ready: make(chan struct{})})
}

func (c *Crossbar) wait(ctx context.Context, w *waiter) error {
	c.mu.Lock()
	if c.cause != nil {
		defer c.mu.Unlock()
		return c.cause
	}
	c.waiters = append(c.waiters, w)
	c.waiting.Add(1)
	c.mu.Unlock()
	// The commit may have been applied between the caller's look and now, by a goroutine that saw nobody waiting.
	if c.reached(w.at, w.position) {
		c.forget(w)
		return nil
	}
	select {
	case <-w.ready:
	case <-ctx.Done():
		c.forget(w)
		return ctx.Err()
	}
	if c.reached(w.at, w.position) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// forget takes a waiter off the list when it is still on it.
func (c *Crossbar) forget(w *waiter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, other := range c.waiters {
		if other == w {
			c.waiters = append(c.waiters[:i], c.waiters[i+1:]...)
			c.waiting.Add(-1)
			return
		}
	}
}

// Err is why the crossbar stopped; nil while it runs.
func (c *Crossbar) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// Last is the position of the newest durable record of the journal.
func (c *Crossbar) Last() journal.Position { return c.source.Last() }

// Trim lets the journal forget what the storage has made durable, except what lies above keep: others read the journal too.
func (c *Crossbar) Trim(keep journal.Position) error {
	through := min(c.storage.Durable(), keep)
	if through == 0 {
		return nil
	}
	if err := c.source.Trim(through); err != nil {
		return fmt.Errorf("trim journal through %d: %w", through, err)
	}
	return nil
}

// Close stops applying.
func (c *Crossbar) Close() {
	c.stop()
	<-c.done
}
