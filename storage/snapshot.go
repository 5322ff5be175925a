package storage

import (
	"errors"
	"fmt"

	"github.com/opendsql/opendsql/internal/clock"
)

// Snapshot reads the state as of one time. Used by one goroutine; Close it.
type Snapshot struct {
	store   *Store
	at      clock.Time
	point   *cursor // sees everything applied through at
	settled *cursor // sees files
}

// Snapshot fixes the time to read at. It answers ErrIncomplete when not every commit through it is applied, and ErrTooOld
// when the time is older than the age limit.
func (s *Store) Snapshot(at clock.Time) (Snapshot, error) {
	if s.closed.Load() {
		return Snapshot{}, ErrClosed
	}
	if at > s.Applied() {
		return Snapshot{}, fmt.Errorf("%w: %d, applied %d", ErrIncomplete, at, s.Applied())
	}
	snapshot := Snapshot{store: s, at: at}
	return snapshot, snapshot.check()
}

// At is the time of the snapshot.
func (s *Snapshot) At() clock.Time { return s.at }

// check refuses a snapshot whose versions may be gone. Call it after the state to read was fixed.
func (s *Snapshot) check() error {
	if horizon := s.store.Horizon(); s.at < horizon {
		return fmt.Errorf("%w: %d, horizon %d", ErrTooOld, s.at, horizon)
	}
	return nil
}

// Get finds the value of a key and appends it to dst, which lends its room.
func (s *Snapshot) Get(dst, key []byte) (value []byte, ok bool, err error) {
	if s.at == 0 {
		return dst, false, s.check()
	}
	h := s.store.rows.hash(key)
	if value, ok, known := s.store.rows.get(dst, h, key, s.at); known {
		return value, ok, s.check()
	}
	c, err := s.cursorFor(h)
	if err != nil {
		return dst, false, err
	}
	if err := s.check(); err != nil {
		return dst, false, err
	}
	stored, ok, err := c.get(key, s.at)
	if err != nil {
		return dst, false, err
	}
	s.store.rows.add(h, key, stored, ok, s.at)
	return append(dst, stored...), ok, nil
}

// cursorFor is a cursor that sees every version of the key of a hash that the snapshot may.
func (s *Snapshot) cursorFor(h uint64) (*cursor, error) {
	written, floor := s.store.recent.has(h)
	if written {
		return s.hold(&s.point, &s.store.points, int64(s.at))
	}
	return s.hold(&s.settled, &s.store.settled, int64(floor))
}

// hold keeps a cursor of a pool for the snapshot's next reads, as long as its state will do.
func (s *Snapshot) hold(held **cursor, pool *cursorPool, state int64) (c *cursor, err error) {
	if *held != nil && (*held).state >= state {
		return *held, nil
	}
	if *held != nil {
		c, *held = *held, nil
		if err := c.it.Close(); err != nil {
			return nil, fmt.Errorf("close cursor: %w", err)
		}
	}
	*held, err = pool.take(state)
	return *held, err
}

// Close gives back what the snapshot holds. Iterators made from it are closed separately.
func (s *Snapshot) Close() error {
	var err error
	if c := s.point; c != nil {
		s.point, err = nil, s.store.points.give(c)
	}
	if c := s.settled; c != nil {
		s.settled, err = nil, errors.Join(err, s.store.settled.give(c))
	}
	if err != nil {
		return fmt.Errorf("close snapshot: %w", err)
	}
	return nil
}

// Span is a range of keys, Start ≤ key < End, and the direction to walk it in. An empty End is after every key.
type Span struct {
	Start, End []byte
	Reverse    bool
}
