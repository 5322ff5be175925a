package exec

import (
	"context"
	procs "runtime"
	"sync"
	"sync/atomic"

	"github.com/opendsql/opendsql/txn"
)

// The first scan of a table decodes its rows, which takes far longer than to read them decoded. From its aheadFrom-th block on a scan divides what is
// left into parts, and a second goroutine decodes parts from the end on, into the cache that transactions share, until the two meet. The scan itself
// goes on in order, finds those parts decoded, and needs no place to keep rows meanwhile.
const (
	aheadFrom  = 2
	aheadParts = 8
)

// ahead decodes the later parts of a scan's span. What it meets it keeps to itself: the scan meets the same.
type ahead struct {
	walks   []*txn.BlockIterator // of each part; nil for the first, which is the scan's
	stopped atomic.Bool
	ended   sync.WaitGroup

	mu      sync.Mutex
	claimed []bool
	done    []chan struct{} // of each part the goroutine has claimed
	at      int             // part the scan begins next
}

// begin starts decoding the rest of the scan's span ahead of it, where that is worth it.
func (s *blockScan) begin() error {
	s.alone = true
	if procs.GOMAXPROCS(0) < 2 || !s.it.Roomy() {
		return nil
	}
	parts, err := s.rt.Txn.Split(s.it.Rest(), aheadParts)
	if err != nil || len(parts) < 2 {
		return err
	}
	a := &ahead{walks: make([]*txn.BlockIterator, len(parts)), claimed: make([]bool, len(parts)), done: make([]chan struct{}, len(parts))}
	for i := 1; i < len(parts); i++ {
		a.walks[i] = s.walk(parts[i])
	}
	s.it, s.spans, s.ahead = nil, append(parts, s.spans...), a
	a.ended.Add(1)
	go a.run()
	return nil
}

func (a *ahead) run() {
	defer a.ended.Done()
	for i := len(a.walks) - 1; i > 0 && a.claim(i); i-- {
		a.decode(i)
	}
}

// claim takes a part for the goroutine; false when the scan has it.
func (a *ahead) claim(i int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.claimed[i] || a.stopped.Load() {
		return false
	}
	a.claimed[i], a.done[i] = true, make(chan struct{})
	return true
}

func (a *ahead) decode(i int) {
	defer close(a.done[i])
	defer func() { _ = recover() }() // the scan will come by the same rows, in its session
	for walk := a.walks[i]; !a.stopped.Load() && walk.Roomy() && walk.Next(); {
	}
}

// enter takes the next part for the scan, or waits until it is decoded.
func (a *ahead) enter(ctx context.Context) {
	a.mu.Lock()
	i := a.at
	a.at++
	if i >= len(a.claimed) || !a.claimed[i] {
		if i < len(a.claimed) {
			a.claimed[i] = true
		}
		a.mu.Unlock()
		return
	}
	done := a.done[i]
	a.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// stop ends the goroutine. It waits for the block it is at.
func (a *ahead) stop() {
	a.stopped.Store(true)
	a.ended.Wait()
}
