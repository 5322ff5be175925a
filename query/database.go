// Package query is the query processor: a session, its transaction, its statements.
//
// It promises PostgreSQL 16's meaning of every statement it accepts, and the service's refusal, by name, of every statement the service does not
// have. A transaction reads one snapshot and the catalog of that snapshot; what it writes stays here until COMMIT.
package query

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/txn"
)

// Limits are the quotas of a database that can be rehearsed with other values. The zero value of a field means the service's.
type Limits struct {
	TransactionRows  int
	TransactionBytes int
	TransactionAge   time.Duration
	QueryMemoryBytes int
}

func (l *Limits) fill() {
	if l.TransactionRows == 0 {
		l.TransactionRows = limits.TransactionRows
	}
	if l.TransactionBytes == 0 {
		l.TransactionBytes = limits.TransactionBytes
	}
	if l.TransactionAge == 0 {
		l.TransactionAge = limits.TransactionAge
	}
	if l.QueryMemoryBytes == 0 {
		l.QueryMemoryBytes = limits.QueryMemoryBytes
	}
}

// Database is what the sessions of one cluster share. Safe for concurrent use.
type Database struct {
	DB     *txn.DB
	Limits Limits
	// Now is the wall clock: what statements call the time, and what the age of transactions is measured with.
	Now func() time.Time

	current atomic.Pointer[catalog.Snapshot]
	newest  atomic.Pointer[known]
	changes *txn.Watch // of the catalog's version key
	seen    *txn.Watch // of the key that every ANALYZE writes
	loading sync.Mutex
	columns columnCache

	// AutoAnalyze is how long changes of a table are gathered before it is analysed by itself; 0: it is not. It is set before the first session.
	AutoAnalyze time.Duration
	activity    activity
	analyzing   atomic.Bool // tables that have changed much are being looked after

	// The removal of what dropped tables leave behind; see collect.
	background context.Context
	stop       context.CancelFunc
	work       sync.WaitGroup
	collecting sync.Mutex
	active     bool // it is being done
	again      bool // there is more since it began
	closed     bool
}

// OpenDatabase makes the catalog of a new cluster, or finds the one that is there.
func OpenDatabase(ctx context.Context, db *txn.DB, l Limits) (*Database, error) {
	l.fill()
	d := &Database{DB: db, Limits: l, Now: time.Now}
	d.changes, d.seen = db.Watch(catalog.VersionKey()), db.Watch(catalog.StatisticsKey())
	d.background, d.stop = context.WithCancel(context.Background())
	t, err := db.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.Rollback()
	version, err := catalog.Version(t)
	if err != nil {
		return nil, err
	}
	if version != 0 {
		if _, err := d.catalog(ctx, t); err != nil {
			return nil, err
		}
		d.collect()
		return d, nil
	}
	if err := catalog.Bootstrap(ctx, t); err != nil {
		return nil, err
	}
	if _, err := t.Commit(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// known is a catalog and the time it was read at. It is the catalog of every later time until the version key is written again, or there are newer
// statistics.
type known struct {
	snapshot *catalog.Snapshot
	asOf     clock.Time
}

// catalog is the catalog as a transaction that has changed nothing of it sees it. Sessions share one copy of each version.
func (d *Database) catalog(ctx context.Context, t *txn.Txn) (*catalog.Snapshot, error) {
	if k := d.newest.Load(); k != nil && t.Start() >= k.asOf && d.changes.Changed() <= k.asOf && d.seen.Changed() <= k.asOf {
		return k.snapshot, nil
	}
	version, err := catalog.Version(t)
	if err != nil {
		return nil, err
	}
	d.loading.Lock()
	defer d.loading.Unlock()
	old := d.current.Load()
	if old == nil || old.Version != version {
		s, err := catalog.Reload(ctx, t, old)
		if err != nil {
			return nil, err
		}
		if old != nil && s.Version < old.Version {
			return s, nil // an older transaction's
		}
		old = s
		d.current.Store(s)
	}
	if k := d.newest.Load(); k == nil || k.asOf < t.Start() {
		s, err := old.RefreshStatistics(t)
		if err != nil {
			return nil, err
		}
		old = s
		d.current.Store(s)
		d.newest.Store(&known{snapshot: old, asOf: t.Start()})
	}
	return old, nil
}

// changedSince tells whether the catalog was changed after the transaction's start.
func (d *Database) changedSince(ctx context.Context, t *txn.Txn) (bool, error) {
	if err := d.DB.Settle(ctx); err != nil {
		return false, err
	}
	return d.changes.Changed() > t.Start(), nil
}
