package query

import (
	"context"
	"errors"
	"time"

	crand "crypto/rand"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/txn"
)

// PostgreSQL's defaults of autovacuum_analyze_threshold and autovacuum_analyze_scale_factor: a table is analysed again when so many rows and such
// a part of it have changed.
const (
	analyzeThreshold = 50
	analyzeFraction  = 0.1
)

const (
	// analyzeShare is the part of its time that automatic ANALYZE works: after each table it rests for so many times as long as that took.
	analyzeShare = 20
	// analyzeTries is how often a table is tried again when the catalog changes under it.
	analyzeTries = 3
	// jobsKeptFor is how long jobs that have ended can be seen. They go when another begins.
	// Source: observed on the service, more than 30 minutes.
	jobsKeptFor = 31 * time.Minute
)

// changesAllowed is how many rows of a table may change before it is analysed again.
func changesAllowed(s *catalog.Snapshot, table catalog.OID) float64 {
	if st := s.StatisticsFor(table); st != nil {
		return analyzeThreshold + analyzeFraction*st.Rows
	}
	return analyzeThreshold
}

// analyzeSoon starts to look after tables that have changed much, unless that is being done. It goes on until none is left: where nothing happens, nothing
// runs.
func (d *Database) analyzeSoon() {
	if !d.analyzing.CompareAndSwap(false, true) {
		return
	}
	d.collecting.Lock()
	defer d.collecting.Unlock()
	if d.closed {
		return
	}
	d.work.Go(func() { d.analyzeDue(d.background) })
}

// analyzeDue analyses one table after another. It first waits for more changes to come, so that a table that is being filled is not read at each step.
func (d *Database) analyzeDue(ctx context.Context) {
	for ctx.Err() == nil {
		d.pause(d.AutoAnalyze)
		for ctx.Err() == nil {
			table, err := d.mostChanged(ctx)
			if err != nil || table == 0 {
				break
			}
			began := time.Now()
			changes := d.activity.changes(table)
			err = d.analyzeJob(ctx, table)
			if ctx.Err() != nil {
				return
			}
			if err == nil {
				d.activity.analyzed(table, changes, true, true, d.Now())
			} else { // it is not tried again before there are new changes
				d.activity.of(table).changed.Add(-changes)
			}
			d.pause(analyzeShare * time.Since(began))
		}
		d.analyzing.Store(false)
		if table, err := d.mostChanged(ctx); err != nil || table == 0 || !d.analyzing.CompareAndSwap(false, true) {
			return
		}
	}
}

// mostChanged is the table to be analysed next, 0 when there is none.
func (d *Database) mostChanged(ctx context.Context) (catalog.OID, error) {
	t, err := d.DB.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer t.Rollback()
	snapshot, err := d.catalog(ctx, t)
	if err != nil {
		return 0, err
	}
	return d.activity.mostChanged(snapshot), nil
}

// analyzeJob analyses a table as a job that sys.jobs shows.
func (d *Database) analyzeJob(ctx context.Context, oid catalog.OID) error {
	var job *catalog.Job
	for try := 1; ; try++ {
		err := d.analyzeOnce(ctx, oid, &job)
		if errors.Is(err, txn.ErrStaleRead) && try < analyzeTries {
			continue
		}
		if job == nil || ctx.Err() != nil {
			return err
		}
		job.Status = "completed"
		if err != nil {
			job.Status, job.Details = "failed", err.Error()
		}
		return errors.Join(err, d.putJob(ctx, job))
	}
}

func (d *Database) analyzeOnce(ctx context.Context, oid catalog.OID, job **catalog.Job) error {
	t, err := d.DB.Begin(ctx)
	if err != nil {
		return err
	}
	defer t.Rollback()
	snapshot, err := d.catalog(ctx, t)
	if err != nil {
		return err
	}
	table := snapshot.Table(oid)
	if table == nil || table.Kind != catalog.KindTable {
		return nil
	}
	if *job == nil {
		now := clock.Time(d.Now().UnixNano())
		*job = &catalog.Job{
			Status: "processing", Type: "ANALYZE", Class: catalog.ClassRelation, Object: oid, Table: oid,
			ObjectName: snapshot.SchemaName(table.Schema) + "." + table.Name, Owner: table.Owner, Started: now,
		}
		_, _ = crand.Read((*job).ID[:]) // never fails
		if err := d.putJob(ctx, *job); err != nil {
			return err
		}
	}
	columns, err := columnsToAnalyze(table, nil)
	if err != nil {
		return err
	}
	st, _, err := analyzeTable(ctx, t, snapshot, table, columns)
	if err != nil {
		return err
	}
	return d.putStatistics(ctx, snapshot.Version, st)
}

// putJob commits a job's record. With a new one it forgets those of its kind that ended long ago, or were cut off.
func (d *Database) putJob(ctx context.Context, j *catalog.Job) error {
	t, err := d.DB.Begin(ctx)
	if err != nil {
		return err
	}
	defer t.Rollback()
	now := clock.Time(d.Now().UnixNano())
	if j.Updated == 0 {
		jobs, err := catalog.Jobs(t)
		if err != nil {
			return err
		}
		for _, old := range jobs {
			if old.Type == j.Type && time.Duration(now-max(old.Started, old.Updated)) > jobsKeptFor {
				catalog.DropJob(t, old.ID)
			}
		}
	}
	j.Updated = now
	catalog.PutJob(t, j)
	_, err = t.Commit(ctx)
	return err
}
