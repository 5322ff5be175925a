package query

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/opendsql/opendsql/query/catalog"
)

// activity counts what happens to tables while the database is open. Safe for concurrent use.
type activity struct {
	mu     sync.RWMutex
	tables map[catalog.OID]*tableActivity
}

// tableActivity is what happened to one table.
type tableActivity struct {
	inserted, updated, deleted atomic.Int64
	changed                    atomic.Int64 // rows, since the last ANALYZE of all columns

	mu                sync.Mutex
	counted           int64 // rows inserted less those deleted, when it was analysed last
	manual, automatic int64 // runs of ANALYZE
	manualAt, autoAt  time.Time
}

// known is what happened to a table, nil when nothing did.
func (a *activity) known(table catalog.OID) *tableActivity {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.tables[table]
}

func (a *activity) of(table catalog.OID) *tableActivity {
	if t := a.known(table); t != nil {
		return t
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tables == nil {
		a.tables = map[catalog.OID]*tableActivity{}
	}
	t := a.tables[table]
	if t == nil {
		t = &tableActivity{}
		a.tables[table] = t
	}
	return t
}

// mostChanged is the table that has changed the most beyond what is allowed, 0 when none has. It forgets tables that are gone.
func (a *activity) mostChanged(s *catalog.Snapshot) (most catalog.OID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	ratio := 1.0
	for oid, t := range a.tables {
		if s.Table(oid) == nil {
			delete(a.tables, oid)
		} else if r := float64(t.changed.Load()) / changesAllowed(s, oid); r > ratio {
			most, ratio = oid, r
		}
	}
	return most
}

// changes is how many rows of a table have changed since it was analysed.
func (a *activity) changes(table catalog.OID) int64 { return a.of(table).changed.Load() }

// analyzed notes an ANALYZE that began after so many changes. Only that of all columns makes the next one wait for as many again.
func (a *activity) analyzed(table catalog.OID, changes int64, whole, automatic bool, at time.Time) {
	t := a.of(table)
	if whole {
		t.changed.Add(-changes)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counted = t.inserted.Load() - t.deleted.Load()
	if automatic {
		t.automatic, t.autoAt = t.automatic+1, at
	} else {
		t.manual, t.manualAt = t.manual+1, at
	}
}

// noteChanges counts what a committed transaction wrote, and sees to it that tables that have changed much are analysed.
func (d *Database) noteChanges(t *transaction) {
	for i := range t.changes.Tables() {
		c := t.changes.At(i)
		a := d.activity.of(c.Table)
		for _, n := range [...]struct {
			to   *atomic.Int64
			rows int64
		}{{&a.inserted, c.Inserted}, {&a.updated, c.Updated}, {&a.deleted, c.Deleted}} {
			if n.rows > 0 {
				n.to.Add(n.rows)
			}
		}
		changed := a.changed.Add(c.Inserted + c.Updated + c.Deleted)
		if d.AutoAnalyze > 0 && float64(changed) > changesAllowed(t.snapshot, c.Table) {
			d.analyzeSoon()
		}
	}
}
