package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

var (
	// ErrTooOld: the time asked for is older than the age limit; versions it needs may be gone.
	ErrTooOld = errors.New("storage: the snapshot is older than the age limit")
	// ErrIncomplete: not every commit through the time asked for has been applied yet.
	ErrIncomplete = errors.New("storage: not complete through the snapshot's time")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("storage: closed")
)

// Store keeps the versions of one cluster. Safe for concurrent use; Apply is called by one goroutine.
type Store struct {
	db      *pebble.DB
	clock   clock.Clock
	log     *slog.Logger
	options Options

	appliedTime     atomic.Int64  // clock.Time of the newest applied commit
	appliedPosition atomic.Uint64 // its journal position
	durable         atomic.Uint64 // position of the newest commit that survives a crash
	horizon         atomic.Int64  // reads before this time are refused

	points cursorPool // for Get: filters of the lowest level are consulted
	scans  cursorPool // for ranges
	// settled is for Get of keys that are in files only; its states are positions.
	settled cursorPool
	cache   *Cache
	recent  recent // keys that may not be in files
	blocks  blocks // decoded ranges
	rows    rows   // newest versions

	past    past // which commit was the newest, and when
	swept   clock.Time
	sweepMu sync.Mutex // one sweep at a time; guards swept

	failureLogged atomic.Int64 // when a failure in the background was logged last
	failed        chan error   // has room for one failure in the background

	flushed chan struct{} // capacity 1: a flush has ended
	stop    context.CancelFunc
	done    sync.WaitGroup
	closed  atomic.Bool

	watches []*Watch // guarded by blocks.applying
	hashes  []uint64 // likewise; of the keys of the commit being applied
}

// Open opens the store in dir, making it when dir is empty, and starts its background work.
func Open(dir string, options Options) (*Store, error) {
	options = options.withDefaults()
	if err := checkFormat(options, dir); err != nil {
		return nil, err
	}
	s := &Store{clock: options.Clock, log: options.Log, options: options, flushed: make(chan struct{}, 1), failed: make(chan error, 1)}
	cache := options.Cache
	if cache == nil {
		cache = NewCache(options.CacheSizes)
		defer cache.Close()
	}
	db, err := pebble.Open(dir, s.pebbleOptions(cache))
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	s.db = db
	s.points.init(db, s.appliedTime.Load, &pebble.IterOptions{UseL6Filters: true})
	s.scans.init(db, s.appliedTime.Load, nil)
	durable := func() int64 { return int64(s.durable.Load()) }
	s.settled.init(db, durable, &pebble.IterOptions{UseL6Filters: true, OnlyReadGuaranteedDurable: true})
	s.cache = cache
	s.blocks.init(&cache.blocks)
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", dir, err), db.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	if !options.Manual {
		s.done.Go(func() { s.flushInBackground(ctx) })
		s.done.Go(func() { s.sweepInBackground(ctx) })
	}
	return s, nil
}

// load reads the applied state and the horizon that the last run left.
func (s *Store) load() error {
	a, err := s.readApplied(false)
	if err != nil {
		return err
	}
	s.appliedTime.Store(int64(a.At))
	s.appliedPosition.Store(uint64(a.Position))
	s.durable.Store(uint64(a.Position))
	horizon, err := s.readTime(horizonKey)
	if err != nil {
		return err
	}
	s.horizon.Store(int64(horizon))
	if s.swept, err = s.readTime(sweptKey); err != nil {
		return err
	}
	s.past.spacing = s.options.AgeLimit / 64
	s.past.note(s.clock.Now(), a)
	s.rows.init(&s.cache.rows, a.At)
	s.recent.floor = a.Position
	return nil
}

// Applied is the time of the newest applied commit: the store is complete through it. Zero before the first.
func (s *Store) Applied() clock.Time { return clock.Time(s.appliedTime.Load()) }

// Position is the journal position of the newest applied commit; reading the journal goes on after it.
func (s *Store) Position() journal.Position { return journal.Position(s.appliedPosition.Load()) }

// Durable is the journal position of the newest commit that a crash of this store would not lose.
func (s *Store) Durable() journal.Position { return journal.Position(s.durable.Load()) }

// Horizon is the oldest time that is still served.
func (s *Store) Horizon() clock.Time { return clock.Time(s.horizon.Load()) }

// Close flushes what was applied and releases the directory. Every snapshot and iterator must be closed before.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.stop()
	s.done.Wait()
	err := s.purgeCursors()
	s.blocks.release()
	s.rows.release()
	if s.Durable() < s.Position() {
		err = errors.Join(err, s.lastFlush())
	}
	return errors.Join(err, s.db.Close())
}

func (s *Store) purgeCursors() error {
	return errors.Join(s.points.purge(), s.scans.purge(), s.settled.purge())
}
