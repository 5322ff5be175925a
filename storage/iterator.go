package storage

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/opendsql/opendsql/internal/clock"
)

// stepsMax is how many versions a walk steps over before it seeks instead.
const stepsMax = 4

// checkEvery is after how many keys a walk looks at the age limit again.
const checkEvery = 1024

// Iterator walks the live keys of a span as of a snapshot's time. Used by one goroutine; Close it.
type Iterator struct {
	snapshot Snapshot
	cursor   *cursor
	reverse  bool
	started  bool
	ended    bool
	valid    bool // the engine's iterator stands on the next entry to look at (reverse walks only)
	keys     int
	key      []byte
	value    []byte
	err      error

	keyBuffer, valueBuffer []byte // reverse walks copy: they learn only on the next key that a version was the newest
}

// Scan walks a span. Errors, ErrTooOld among them, show in Err.
func (s *Snapshot) Scan(span Span) *Iterator {
	it := new(Iterator)
	s.ScanInto(it, span)
	return it
}

// ScanInto is Scan into an iterator of the caller's, which was never used or is closed.
func (s *Snapshot) ScanInto(it *Iterator, span Span) {
	*it = Iterator{
		snapshot: Snapshot{store: s.store, at: s.at}, reverse: span.Reverse,
		keyBuffer: it.keyBuffer, valueBuffer: it.valueBuffer,
	}
	if s.at == 0 || (len(span.End) > 0 && bytes.Compare(span.Start, span.End) >= 0) {
		it.err = s.check()
		it.started = true
		return
	}
	c, err := s.store.scans.take(int64(s.at))
	if err != nil {
		it.err = err
		return
	}
	it.cursor = c
	if it.err = s.check(); it.err != nil {
		return
	}
	c.setBounds(span.Start, span.End)
}

// Next steps to the next live key in the walk's direction; false at the end or after an error.
func (it *Iterator) Next() bool {
	if it.ended || it.err != nil || it.cursor == nil {
		return false
	}
	if it.keys++; it.keys%checkEvery == 0 {
		if it.err = it.snapshot.check(); it.err != nil {
			return false
		}
	}
	found := false
	if it.reverse {
		found = it.previous()
	} else {
		found = it.next()
	}
	if found {
		return true
	}
	it.ended = true
	if it.err == nil {
		if err := it.cursor.it.Error(); err != nil {
			it.err = fmt.Errorf("scan: %w", err)
		}
	}
	return false
}

// next finds the next key that has a live version at the time. Versions are met newest first.
func (it *Iterator) next() bool {
	engine := it.cursor.it
	valid := false
	if it.started {
		valid = engine.NextPrefix()
	} else {
		it.started = true
		valid = engine.First()
	}
	for valid {
		raw := engine.Key()
		n := len(raw) - versionsLen
		at := clock.Time(binary.BigEndian.Uint64(raw[n+1:]))
		if at > it.snapshot.at {
			valid = it.cursor.skipNewer(raw, it.snapshot.at)
			continue
		}
		stored, err := engine.ValueAndErr()
		if err != nil {
			it.err = fmt.Errorf("scan: %w", err)
			return false
		}
		value, ok, err := live(stored)
		if err != nil {
			it.err = err
			return false
		}
		if ok {
			it.key, it.value = raw[1:n], value
			return true
		}
		valid = engine.NextPrefix()
	}
	return false
}

// skipNewer leaves a version that is newer than the time: to the newest version of its key at or before the time, or to another key.
func (c *cursor) skipNewer(raw []byte, at clock.Time) bool {
	c.key = append(c.key[:0], raw[:len(raw)-suffixLen]...)
	for range stepsMax {
		if !c.it.Next() {
			return false
		}
		raw = c.it.Key()
		version := clock.Time(binary.BigEndian.Uint64(raw[len(raw)-suffixLen:]))
		if version <= at || !bytes.Equal(raw[:len(raw)-suffixLen], c.key) {
			return true
		}
	}
	return c.seekAt(at)
}

// seekAt seeks the newest version at or before the time of the key whose prefix is in the key buffer.
func (c *cursor) seekAt(at clock.Time) bool {
	c.key = binary.BigEndian.AppendUint64(c.key, uint64(at))
	c.key = append(c.key, suffixLen)
	return c.it.SeekGE(c.key)
}

// previous finds the key before that has a live version at the time. Versions are met oldest first.
func (it *Iterator) previous() bool {
	engine := it.cursor.it
	if !it.started {
		it.started = true
		it.valid = engine.Last()
	}
	for it.valid {
		raw := engine.Key()
		n := len(raw) - versionsLen
		it.keyBuffer = append(it.keyBuffer[:0], raw[:n+1]...)
		found := it.newestBackwards()
		if it.err != nil {
			return false
		}
		if !found {
			continue
		}
		value, ok, err := live(it.valueBuffer)
		if err != nil {
			it.err = err
			return false
		}
		if ok {
			it.key, it.value = it.keyBuffer[1:n], value
			return true
		}
	}
	return false
}

// newestBackwards stands on the oldest version of the key in keyBuffer. It copies the newest version at or before the time into valueBuffer,
// reports whether there is one, and leaves the engine's iterator on the key before.
func (it *Iterator) newestBackwards() (found bool) {
	engine, prefix := it.cursor.it, it.keyBuffer
	for steps := 0; ; steps++ {
		raw := engine.Key()
		if !bytes.Equal(raw[:len(raw)-suffixLen], prefix) {
			return found
		}
		at := clock.Time(binary.BigEndian.Uint64(raw[len(raw)-suffixLen:]))
		if at > it.snapshot.at { // this one and those still to come are too new
			it.valid = it.leaveBackwards()
			return found
		}
		if steps == stepsMax {
			return it.seekNewest()
		}
		if !it.copyValue() {
			return false
		}
		found = true
		if it.valid = engine.Prev(); !it.valid {
			return found
		}
	}
}

// leaveBackwards moves to the key before the one in keyBuffer.
func (it *Iterator) leaveBackwards() bool {
	engine := it.cursor.it
	for range stepsMax {
		if !engine.Prev() {
			return false
		}
		raw := engine.Key()
		if !bytes.Equal(raw[:len(raw)-suffixLen], it.keyBuffer) {
			return true
		}
	}
	return engine.SeekLT(it.keyBuffer)
}

// seekNewest finds the newest version by seeking: the key has many.
func (it *Iterator) seekNewest() bool {
	c := it.cursor
	c.key = append(c.key[:0], it.keyBuffer...)
	if !c.seekAt(it.snapshot.at) || !it.copyValue() {
		if err := c.it.Error(); err != nil && it.err == nil {
			it.err = fmt.Errorf("scan: %w", err)
		}
		it.valid = false
		return false
	}
	it.valid = c.it.SeekLT(it.keyBuffer)
	return true
}

func (it *Iterator) copyValue() bool {
	stored, err := it.cursor.it.ValueAndErr()
	if err != nil {
		it.err = fmt.Errorf("scan: %w", err)
		return false
	}
	it.valueBuffer = append(it.valueBuffer[:0], stored...)
	return true
}

// Key is the key Next found, without its time. Valid until the next Next or Close.
func (it *Iterator) Key() []byte { return it.key }

// Value is its value. Valid until the next Next or Close.
func (it *Iterator) Value() []byte { return it.value }

// Err is why the walk ended early; nil when it reached its end.
func (it *Iterator) Err() error { return it.err }

// Close gives back what the iterator holds and returns Err.
func (it *Iterator) Close() error {
	c := it.cursor
	if c == nil {
		return it.err
	}
	it.cursor, it.key, it.value = nil, nil, nil
	if err := it.snapshot.store.scans.give(c); err != nil && it.err == nil {
		it.err = fmt.Errorf("close scan: %w", err)
	}
	return it.err
}
