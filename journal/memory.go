package journal

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"sync"

	"github.com/opendsql/opendsql/internal/clock"
)

// Fault says what becomes of one append of a [Memory].
type Fault uint8

// The faults.
const (
	Works        Fault = iota
	FailLost           // nothing is recorded, the owner is told ErrUnknown
	FailRecorded       // everything is recorded, the owner is told ErrUnknown
	FailFenced         // the epoch ends first: nothing is recorded, the owner is told ErrFenced
)

// Memory is a journal in memory, for tests and for clusters that may forget. It keeps the contract of [Journal] except
// that nothing outlives the process, and can be told to fail. Safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	entries []Entry
	trimmed Position
	epoch   Epoch
	queue   []memoryAppend
	fault   func(commits []Commit) Fault
	held    bool
	closed  bool
	changed chan struct{} // closed when anything above changes
	ended   chan struct{} // closed when the goroutine has ended
}

type memoryAppend struct {
	epoch   Epoch
	commits []Commit
	done    func(Position, error)
}

// NewMemory makes an empty journal. Close ends its goroutine.
func NewMemory() *Memory {
	m := &Memory{changed: make(chan struct{}), ended: make(chan struct{})}
	go m.run()
	return m
}

// Inject makes every append ask f what becomes of it; nil makes them work. f runs under the journal's lock.
func (m *Memory) Inject(f func(commits []Commit) Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = f
}

// Hold keeps appends in flight until Release.
func (m *Memory) Hold() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held = true
}

// Release lets held appends go on.
func (m *Memory) Release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held = false
	m.signal()
}

func (m *Memory) signal() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// Own begins a new epoch once all appends in flight have their outcome.
func (m *Memory) Own(ctx context.Context) (Epoch, error) {
	for {
		m.mu.Lock()
		if m.closed {
			m.mu.Unlock()
			return 0, ErrClosed
		}
		if len(m.queue) == 0 {
			m.epoch++
			epoch := m.epoch
			m.mu.Unlock()
			return epoch, nil
		}
		changed := m.changed
		m.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// Append queues the commits for the journal's goroutine.
func (m *Memory) Append(epoch Epoch, commits []Commit, done func(Position, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		go done(0, ErrClosed)
		return
	}
	m.queue = append(m.queue, memoryAppend{epoch, commits, done})
	m.signal()
}

// run gives every append its outcome, in order.
func (m *Memory) run() {
	defer close(m.ended)
	for {
		m.mu.Lock()
		for len(m.queue) == 0 || m.held && !m.closed {
			if m.closed {
				m.mu.Unlock()
				return
			}
			changed := m.changed
			m.mu.Unlock()
			<-changed
			m.mu.Lock()
		}
		a := m.queue[0]
		last, err := m.record(a)
		m.mu.Unlock()
		a.done(last, err)
		m.mu.Lock()
		m.queue = m.queue[1:] // only now: Own waits for outcomes, not for records
		m.signal()
		m.mu.Unlock()
	}
}

func (m *Memory) record(a memoryAppend) (Position, error) {
	fault := Works
	if m.fault != nil && a.epoch == m.epoch {
		fault = m.fault(a.commits)
	}
	if fault == FailFenced {
		m.epoch++
	}
	if a.epoch != m.epoch {
		return 0, ErrFenced
	}
	if fault == FailLost {
		m.epoch++
		return 0, ErrUnknown
	}
	for _, c := range a.commits {
		if n := len(m.entries); n > 0 && c.At <= m.entries[n-1].Commit.At {
			panic(fmt.Sprintf("journal: commit %x at %d follows one at %d", c.ID, c.At, m.entries[n-1].Commit.At))
		}
		m.entries = append(m.entries, Entry{Position: m.last() + 1, Commit: c})
	}
	if fault == FailRecorded {
		m.epoch++
		return 0, ErrUnknown
	}
	return m.last(), nil
}

func (m *Memory) last() Position { return m.trimmed + Position(len(m.entries)) }

// Read delivers records in order and waits for more.
func (m *Memory) Read(ctx context.Context, after Position, deliver func([]Entry) error) error {
	for {
		m.mu.Lock()
		switch {
		case after < m.trimmed:
			trimmed := m.trimmed
			m.mu.Unlock()
			return fmt.Errorf("read after %d, trimmed through %d: %w", after, trimmed, ErrTrimmed)
		case after >= m.last():
			changed, closed := m.changed, m.closed
			m.mu.Unlock()
			if closed {
				return ErrClosed
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return ctx.Err()
			}
			continue
		}
		entries := slices.Clone(m.entries[after-m.trimmed:])
		m.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := deliver(entries); err != nil {
			return err
		}
		after = entries[len(entries)-1].Position
	}
}

// Last is the newest record's position.
func (m *Memory) Last() Position {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last()
}

// Since is the position before the newest record at or before t.
func (m *Memory) Since(t clock.Time) (Position, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	later := sort.Search(len(m.entries), func(i int) bool { return m.entries[i].Commit.At > t })
	return m.trimmed + Position(max(0, later-1)), nil
}

// Trim forgets records, never the newest.
func (m *Memory) Trim(through Position) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if last := m.last(); last > 0 {
		through = min(through, last-1)
	}
	if through > m.trimmed {
		m.entries = slices.Clone(m.entries[through-m.trimmed:])
		m.trimmed = through
	}
	return nil
}

// Close ends the goroutine after the appends in flight.
func (m *Memory) Close() error {
	m.mu.Lock()
	if !m.closed {
		m.closed = true
		m.signal()
	}
	m.mu.Unlock()
	<-m.ended
	return nil
}
