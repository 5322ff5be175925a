package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/cockroachkvs"

	"github.com/opendsql/opendsql/internal/clock"
)

// Bounds of one step of a sweep, so that it holds no state of the engine for long and no batch is large.
const (
	sweepKeysMax  = 16 << 10
	sweepBytesMax = 256 << 10
)

// A sweep works this part of the time at most: it rests for so many times as long as it worked.
const sweepRests = 4

// Sweep removes the versions that no snapshot within the age limit can need: for each key all that are older than its newest version
// at or before the horizon, and that one too when it says the key is deleted. Blocks without a version committed since the
// last sweep are skipped by their recorded time interval, so its cost follows what was written, not what is stored.
func (s *Store) Sweep(ctx context.Context) error { return s.sweep(ctx, func(time.Duration) {}) }

func (s *Store) sweep(ctx context.Context, rest func(worked time.Duration)) error {
	s.sweepMu.Lock()
	defer s.sweepMu.Unlock()
	if s.closed.Load() {
		return ErrClosed
	}
	now := s.clock.Now()
	s.past.note(now, applied{Position: s.Position(), At: s.Applied()})
	horizon := max(s.past.asOf(now-clock.Time(s.options.AgeLimit)).At, s.Horizon())
	s.horizon.Store(int64(horizon)) // before anything is deleted: see the package comment
	if horizon <= s.swept {
		return nil
	}
	w := sweeper{store: s, after: s.swept, horizon: horizon, from: appendPrefix(nil, nil)}
	for len(w.from) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		began := time.Now()
		if err := w.step(); err != nil {
			return fmt.Errorf("sweep old versions: %w", err)
		}
		rest(time.Since(began))
	}
	if err := s.db.Set(sweptKey, encodeTime(horizon), pebble.NoSync); err != nil {
		return fmt.Errorf("sweep old versions: %w", err)
	}
	s.swept = horizon
	return nil
}

// sweepInBackground sweeps some times per age limit, and rests longer the longer it worked.
func (s *Store) sweepInBackground(ctx context.Context) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	wait := func(d time.Duration) bool {
		pause.Reset(d)
		select {
		case <-ctx.Done():
			return false
		case <-pause.C:
			return true
		}
	}
	for wait(max(s.options.AgeLimit/10, 10*time.Millisecond)) {
		err := s.sweep(ctx, func(worked time.Duration) { wait(sweepRests * worked) })
		if err != nil && ctx.Err() == nil {
			s.log.Error("storage could not remove old versions", "error", err)
		}
	}
}

// sweeper removes what became unneeded between two horizons.
type sweeper struct {
	store   *Store
	after   clock.Time // the last sweep's horizon
	horizon clock.Time
	from    []byte // where the next step begins; empty when everything was seen

	batch *pebble.Batch
	key   []byte
}

// step looks at a bounded number of keys.
func (w *sweeper) step() (err error) {
	recent, err := w.open(cockroachkvs.NewMVCCTimeIntervalFilter(uint64(w.after)+1, uint64(w.horizon)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, recent.Close()) }()
	full, err := w.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, full.Close()) }()
	w.batch = w.store.db.NewBatch()
	defer func() { err = errors.Join(err, w.batch.Close()) }()

	seen, valid := 0, recent.SeekGE(w.from)
	for ; valid && seen < sweepKeysMax && w.batch.Len() < sweepBytesMax; seen++ {
		raw := recent.Key()
		_, at := splitKey(raw)
		switch {
		case at > w.horizon:
			valid = recent.Next()
			continue
		case at > w.after:
			if err := w.sweepKey(full, raw); err != nil {
				return err
			}
		}
		valid = recent.NextPrefix()
	}
	w.from = w.from[:0]
	if valid {
		w.from = append(w.from, recent.Key()...)
	}
	return errors.Join(recent.Error(), w.flush())
}

func (w *sweeper) open(filters ...pebble.BlockPropertyFilter) (*pebble.Iterator, error) {
	return w.store.db.NewIter(&pebble.IterOptions{
		LowerBound:      appendPrefix(nil, nil),
		UpperBound:      appendEnd(nil, nil),
		PointKeyFilters: filters,
	})
}

// sweepKey deletes the versions older than the one given, which is the newest at or before the horizon. That one stays until they are
// gone, so that an interrupted sweep finds the key again.
func (w *sweeper) sweepKey(full *pebble.Iterator, newest []byte) error {
	w.key = append(w.key[:0], newest...)
	prefix := w.key[:len(w.key)-suffixLen]
	if !full.SeekGE(w.key) || !bytes.Equal(full.Key(), w.key) {
		return full.Error() // the iterators may see different moments, but nobody else deletes
	}
	stored, err := full.ValueAndErr()
	if err != nil {
		return err
	}
	deleted := len(stored) == 0
	for full.Next() {
		raw := full.Key()
		if !bytes.Equal(raw[:len(raw)-suffixLen], prefix) {
			break
		}
		if err := w.delete(raw); err != nil {
			return err
		}
	}
	if err := full.Error(); err != nil {
		return err
	}
	if deleted {
		return w.delete(w.key)
	}
	return nil
}

func (w *sweeper) delete(raw []byte) error {
	if err := w.batch.Delete(raw, nil); err != nil {
		return err
	}
	if w.batch.Len() < 4*sweepBytesMax {
		return nil
	}
	return w.flush() // a key with very many versions
}

// flush commits the deletions together with the horizon that allows them.
func (w *sweeper) flush() error {
	if w.batch.Empty() {
		return nil
	}
	if err := w.batch.Set(horizonKey, encodeTime(w.horizon), nil); err != nil {
		return err
	}
	if err := w.store.db.Apply(w.batch, pebble.NoSync); err != nil {
		return err
	}
	err := w.batch.Close()
	w.batch = w.store.db.NewBatch()
	return err
}
