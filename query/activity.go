package query

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/opendsql/opendsql/query/catalog"
)

// activity counts what happens to tables while the database is open. Safe for concurrent use.
type activity struct {
	tables sync.Map // catalog.OID → *tableActivity
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

func (a *activity) of(table catalog.OID) *tableActivity {
	if t, ok := a.tables.Load(table); ok {
		return t.(*tableActivity)
	}
	t, _ := a.tables.LoadOrStore(table, &tableActivity{})
	return t.(*tableActivity)
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
