package txn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/opendsql/opendsql/adjudicator"
	"github.com/opendsql/opendsql/crossbar"
	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/storage"
)

// Adjudicator decides commits; *adjudicator.Adjudicator does.
type Adjudicator interface {
	// Commit returns when the commit is durable or refused.
	Commit(ctx context.Context, c adjudicator.Candidate) adjudicator.Outcome
	// Seal promises that nothing at or before t is committed from now on, and returns the newest commit decided.
	Seal(t clock.Time) (adjudicator.Decision, error)
	// Keep is the position through which the journal may be trimmed for the adjudicator's part.
	Keep() journal.Position
}

// Config is what a DB is made of. The caller runs the adjudicator and closes the journal; the DB owns the storage in Dir.
type Config struct {
	Dir         string
	Storage     storage.Options // its Clock, Log and AgeLimit are taken from here
	Journals    []journal.Journal
	Adjudicator Adjudicator // nil: read-only
	Clock       clock.Clock
	Log         *slog.Logger
	AgeLimit    time.Duration // default 300 s
	TrimEvery   time.Duration // default 30 s; negative: never
}

// Defaults of Config.
const (
	ageLimitDefault  = 300 * time.Second
	trimEveryDefault = 30 * time.Second
)

// DB is the data plane of one cluster, as transactions see it. Safe for concurrent use.
type DB struct {
	store       *storage.Store
	crossbar    *crossbar.Crossbar
	adjudicator Adjudicator
	clock       clock.Clock
	log         *slog.Logger
	ageLimit    time.Duration

	acknowledged atomic.Int64 // time of the newest commit a client was told of
	open         atomic.Int64 // transactions
	closed       atomic.Bool
	stop         context.CancelFunc
	work         sync.WaitGroup
	release      func() error // closes what OpenMemory made
}

// Open wires storage, crossbar and adjudicator together, and returns once everything that is durable on the journal is visible.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.AgeLimit <= 0 {
		cfg.AgeLimit = ageLimitDefault
	}
	if cfg.TrimEvery == 0 {
		cfg.TrimEvery = trimEveryDefault
	}
	cfg.Storage.Clock, cfg.Storage.Log, cfg.Storage.AgeLimit = cfg.Clock, cfg.Log, cfg.AgeLimit
	store, err := storage.Open(cfg.Dir, cfg.Storage)
	if err != nil {
		return nil, err
	}
	sources := make([]crossbar.Source, len(cfg.Journals))
	for i, j := range cfg.Journals {
		sources[i] = j
	}
	bar, err := crossbar.New(store, sources)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	background, stop := context.WithCancel(context.Background())
	db := &DB{
		store: store, crossbar: bar, adjudicator: cfg.Adjudicator,
		clock: cfg.Clock, log: cfg.Log, ageLimit: cfg.AgeLimit, stop: stop,
	}
	if err := bar.WaitPosition(ctx, bar.Last()); err != nil {
		return nil, errors.Join(fmt.Errorf("catch up with the journal: %w", err), db.Close())
	}
	if cfg.TrimEvery > 0 && cfg.Adjudicator != nil {
		db.work.Go(func() { db.trimInBackground(background, cfg.TrimEvery) })
	}
	return db, nil
}

// Begin starts a transaction that reads as of the newest applied commit. It waits until every commit acknowledged before is visible.
func (db *DB) Begin(ctx context.Context) (*Txn, error) {
	if acknowledged := clock.Time(db.acknowledged.Load()); acknowledged > db.store.Applied() {
		if err := db.wait(ctx, acknowledged); err != nil {
			return nil, err
		}
	}
	return db.begin(db.store.Applied())
}

// BeginAt starts a transaction that reads as of a time, which must lie within the age limit and not in the future. It
// waits until the state of that time is complete.
func (db *DB) BeginAt(ctx context.Context, at clock.Time) (*Txn, error) {
	if at <= db.store.Applied() {
		return db.begin(at)
	}
	if now := db.clock.Now(); at > now {
		return nil, fmt.Errorf("txn: time %d is in the future, it is %d", at, now)
	}
	if db.adjudicator != nil {
		// No commit at or before the time will follow the newest one decided, so its state is the state of the time.
		newest, err := db.adjudicator.Seal(at)
		if err != nil {
			return nil, fromAdjudicator(err)
		}
		at = min(at, newest.At)
	}
	if err := db.wait(ctx, at); err != nil {
		return nil, err
	}
	return db.begin(at)
}

func (db *DB) begin(at clock.Time) (*Txn, error) {
	db.open.Add(1) // before looking whether the database is closed: Close looks at it afterwards
	if db.closed.Load() {
		db.open.Add(-1)
		return nil, fmt.Errorf("%w: database is closed", ErrUnavailable)
	}
	snapshot, err := db.store.Snapshot(at)
	if err != nil {
		db.open.Add(-1)
		return nil, fromStorage(err)
	}
	return &Txn{db: db, snapshot: snapshot, began: db.clock.Now()}, nil
}

func (db *DB) wait(ctx context.Context, at clock.Time) error {
	err := db.crossbar.WaitApplied(ctx, at)
	if errors.Is(err, crossbar.ErrStopped) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// Applied is the time of the newest visible commit.
func (db *DB) Applied() clock.Time { return db.store.Applied() }

// Size estimates the bytes a span takes on disk, of all versions. What was written in the last seconds does not count.
func (db *DB) Size(s Span) (int64, error) {
	n, err := db.store.Size(storage.Span{Start: s.Start, End: s.End})
	return n, fromStorage(err)
}

// Size is DB.Size.
func (t *Txn) Size(s Span) (int64, error) { return t.db.Size(s) }

// Measures say how the storage is doing.
func (db *DB) Measures() storage.Measures { return db.store.Measures() }

// Transactions is how many are open.
func (db *DB) Transactions() int { return int(db.open.Load()) }

// acknowledge notes that somebody is about to hear of a commit.
func (db *DB) acknowledge(at clock.Time) {
	for {
		old := db.acknowledged.Load()
		if int64(at) <= old || db.acknowledged.CompareAndSwap(old, int64(at)) {
			return
		}
	}
}

// trimInBackground lets the journal forget what neither storage nor adjudicator will ask for.
func (db *DB) trimInBackground(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := db.crossbar.Trim(db.adjudicator.Keep()); err != nil {
				db.log.Warn("journal could not be trimmed", "error", err)
			}
		}
	}
}

// age shows an age as people say it.
func (db *DB) age(nanoseconds clock.Time) string {
	return fmt.Sprintf("age %v exceeds %v", time.Duration(nanoseconds).Truncate(time.Millisecond), db.ageLimit)
}

// Close stops applying and closes the storage. Every transaction must have ended.
func (db *DB) Close() error {
	if db.closed.Swap(true) {
		return nil
	}
	db.stop()
	db.work.Wait()
	db.crossbar.Close()
	var err error
	if db.release != nil {
		err = db.release()
	}
	if n := db.open.Load(); n > 0 {
		return errors.Join(err, fmt.Errorf("txn: close with %d transactions open", n))
	}
	return errors.Join(err, db.store.Close())
}
