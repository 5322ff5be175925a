package storage

import (
	"fmt"

	"github.com/opendsql/opendsql/internal/clock"
)

// Snapshot reads the state as of one time. Used by one goroutine; Close it.
type Snapshot struct {
	store *Store
	at    clock.Time
	point *cursor
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
	if value, ok, known := s.store.rows.get(dst, key, s.at); known {
		return value, ok, s.check()
	}
	stored, ok, err := s.read(key)
	if err != nil {
		return dst, false, err
	}
	s.store.rows.add(key, stored, ok, s.at)
	return append(dst, stored...), ok, nil
}

// read finds the value of a key in the engine. The value is valid until the next read or Close.
func (s *Snapshot) read(key []byte) (value []byte, ok bool, err error) {
	if s.point == nil {
		if s.point, err = s.store.points.take(s.at); err != nil {
			return nil, false, err
		}
	}
	if err := s.check(); err != nil {
		return nil, false, err
	}
	c := s.point
	c.key = appendKey(c.key[:0], key, s.at)
	if !c.it.SeekPrefixGE(c.key) {
		if err := c.it.Error(); err != nil {
			return nil, false, fmt.Errorf("get: %w", err)
		}
		return nil, false, nil
	}
	stored, err := c.it.ValueAndErr()
	if err != nil {
		return nil, false, fmt.Errorf("get: %w", err)
	}
	return live(stored)
}

// Close gives back what the snapshot holds. Iterators made from it are closed separately.
func (s *Snapshot) Close() error {
	if s.point == nil {
		return nil
	}
	c := s.point
	s.point = nil
	if err := s.store.points.give(c); err != nil {
		return fmt.Errorf("close snapshot: %w", err)
	}
	return nil
}

// Span is a range of keys, Start ≤ key < End, and the direction to walk it in. An empty End is after every key.
type Span struct {
	Start, End []byte
	Reverse    bool
}
