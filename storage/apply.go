package storage

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// batchBytesMax is where Apply ends a batch of the engine, between two commits.
const batchBytesMax = 4 << 20

// Apply adds the commits in journal order. Entries at or below Position are skipped, so delivering one twice is harmless.
// Called by one goroutine. When it returns, snapshots at the new Applied are served.
func (s *Store) Apply(entries []journal.Entry) error {
	if s.closed.Load() {
		return ErrClosed
	}
	for len(entries) > 0 {
		n, err := s.applySome(entries)
		if err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// applySome adds as many commits as one batch of the engine takes, at least one, and says how many.
func (s *Store) applySome(entries []journal.Entry) (n int, err error) {
	s.blocks.applying.Lock()
	defer s.blocks.applying.Unlock()
	last := applied{Position: s.Position(), At: s.Applied()}
	batch := s.db.NewBatchWithSize(batchSize(entries))
	for n < len(entries) && batch.Len() < batchBytesMax {
		e := &entries[n]
		n++
		if e.Position <= last.Position {
			continue
		}
		if e.Commit.At <= last.At {
			panic(fmt.Sprintf("storage: commit %d at %d does not follow the one at %d", e.Position, e.Commit.At, last.At))
		}
		s.blocks.mark(&e.Commit) // before anybody can see the commit
		s.noteKeys(e)            // likewise
		s.note(&e.Commit)
		for i := range e.Commit.Writes {
			if err := addWrite(batch, &e.Commit.Writes[i], e.Commit.At); err != nil {
				return 0, errors.Join(fmt.Errorf("apply commit %d: %w", e.Position, err), batch.Close())
			}
		}
		last = applied{Position: e.Position, At: e.Commit.At}
	}
	if last.Position == s.Position() {
		return n, batch.Close()
	}
	if err := batch.Set(appliedKey, last.encode(), nil); err != nil {
		return 0, errors.Join(fmt.Errorf("apply commit %d: %w", last.Position, err), batch.Close())
	}
	if err := s.db.Apply(batch, pebble.NoSync); err != nil {
		return 0, errors.Join(fmt.Errorf("apply commit %d: %w", last.Position, err), batch.Close())
	}
	s.publish(last)
	return n, batch.Close()
}

// noteKeys tells what point reads look at of a commit.
func (s *Store) noteKeys(e *journal.Entry) {
	s.hashes = s.hashes[:0]
	for i := range e.Commit.Writes {
		s.hashes = append(s.hashes, s.rows.hash(e.Commit.Writes[i].Key))
	}
	s.recent.add(e.Position, s.hashes)
	s.rows.apply(&e.Commit, s.hashes)
}

// publish lets readers see what was applied.
func (s *Store) publish(a applied) {
	s.appliedPosition.Store(uint64(a.Position))
	s.appliedTime.Store(int64(a.At))
	s.past.note(s.clock.Now(), a)
}

// addWrite adds one version to a batch without an intermediate copy.
func addWrite(batch *pebble.Batch, w *journal.Write, at clock.Time) error {
	keyLen := 1 + len(w.Key) + versionsLen
	valueLen := 0
	if !w.Deleted {
		valueLen = 1 + len(w.Value)
	}
	op := batch.SetDeferred(keyLen, valueLen)
	if n := len(appendKey(op.Key[:0], w.Key, at)); n != keyLen {
		panic(fmt.Sprintf("storage: key of %d bytes where %d were expected", n, keyLen))
	}
	if !w.Deleted {
		op.Value[0] = liveMark
		copy(op.Value[1:], w.Value)
	}
	return op.Finish()
}

// batchSize estimates the bytes of the entries' batch, to allocate it once.
func batchSize(entries []journal.Entry) int {
	const overhead = 32 // per write: kind, two lengths, space, time
	n := 128
	for i := range entries {
		for j := range entries[i].Commit.Writes {
			w := &entries[i].Commit.Writes[j]
			n += len(w.Key) + len(w.Value) + overhead
		}
		if n > batchBytesMax {
			break
		}
	}
	return n
}

// applied says through which commit the store is complete.
type applied struct {
	Position journal.Position
	At       clock.Time
}

const appliedLen = 17

func (a applied) encode() []byte {
	b := make([]byte, 0, appliedLen)
	b = append(b, liveMark)
	b = binary.BigEndian.AppendUint64(b, uint64(a.Position))
	return binary.BigEndian.AppendUint64(b, uint64(a.At))
}

func decodeApplied(b []byte) (applied, error) {
	if len(b) != appliedLen || b[0] != liveMark {
		return applied{}, fmt.Errorf("storage: record of the applied position is damaged: %x", b)
	}
	return applied{
		Position: journal.Position(binary.BigEndian.Uint64(b[1:])),
		At:       clock.Time(binary.BigEndian.Uint64(b[9:])),
	}, nil
}

// readApplied reads the record of the applied position: the newest, or the newest that would survive a crash now.
func (s *Store) readApplied(durable bool) (a applied, err error) {
	it, err := s.db.NewIter(&pebble.IterOptions{OnlyReadGuaranteedDurable: durable})
	if err != nil {
		return applied{}, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	if !it.SeekPrefixGE(appliedKey) {
		return applied{}, it.Error()
	}
	value, err := it.ValueAndErr()
	if err != nil {
		return applied{}, err
	}
	return decodeApplied(value)
}

// readTime reads one of the store's records that holds a time; zero when it was never written.
func (s *Store) readTime(key []byte) (t clock.Time, err error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	if len(value) != 9 || value[0] != liveMark {
		return 0, fmt.Errorf("storage: record %q is damaged: %x", key[1], value)
	}
	return clock.Time(binary.BigEndian.Uint64(value[1:])), nil
}

func encodeTime(t clock.Time) []byte {
	return binary.BigEndian.AppendUint64([]byte{liveMark}, uint64(t))
}
