package query

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/txn"
)

const (
	// collectKeys is how many keys of dropped tables one transaction removes.
	collectKeys = 2000
	// collectPause keeps the removal from getting in the way of others.
	collectPause = 10 * time.Millisecond
)

// collect starts to remove what dropped tables have left behind, unless that is being done. It goes on until nothing is left.
func (d *Database) collect() {
	d.collecting.Lock()
	defer d.collecting.Unlock()
	if d.closed || d.active {
		d.again = d.active
		return
	}
	d.active = true
	d.work.Go(func() {
		for {
			if err := d.collectAll(d.background); err != nil && d.background.Err() == nil {
				d.pause(time.Second)
			}
			d.collecting.Lock()
			more := d.again && !d.closed
			d.again, d.active = false, more
			d.collecting.Unlock()
			if !more {
				return
			}
		}
	})
}

// Busy tells whether there is background work under way, which Close would cut off.
func (d *Database) Busy() bool {
	d.collecting.Lock()
	defer d.collecting.Unlock()
	return d.active
}

func (d *Database) pause(t time.Duration) {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.background.Done():
	}
}

// collectAll removes the keys of every dropped table and index, a few at a time. Snapshots that were taken before the drop go on seeing them.
func (d *Database) collectAll(ctx context.Context) error {
	var at place
	for ctx.Err() == nil {
		more, err := d.collectSome(ctx, &at)
		if err != nil && !errors.Is(err, txn.ErrConflict) {
			return err
		}
		if !more && err == nil {
			return nil
		}
		d.pause(collectPause)
	}
	return ctx.Err()
}

// place is how far the removal of one storage ID has come: what lies before next is gone, and need not be walked over again.
type place struct {
	id   uint64
	next []byte
}

// collectSome removes one transaction's worth of keys, from a place on; false when nothing is left.
func (d *Database) collectSome(ctx context.Context, at *place) (more bool, err error) {
	t, err := d.DB.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer t.Rollback()
	ids, err := catalog.Garbage(t)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	start, end := catalog.TableSpan(ids[0])
	if at.id == ids[0] {
		start = at.next
	}
	var last []byte
	it := t.Scan(txn.Span{Start: start, End: end})
	n := 0
	for n < collectKeys && it.Next() {
		last = slices.Clone(it.Key())
		t.Delete(last)
		n++
	}
	it.Close()
	if err := it.Err(); err != nil {
		return false, err
	}
	if n < collectKeys {
		catalog.Collected(t, ids[0])
	}
	if _, err = t.Commit(ctx); err == nil && n > 0 {
		*at = place{id: ids[0], next: append(slices.Clone(last), 0)}
	}
	return true, err
}

// Close ends the background work. The sessions must be closed before, the txn.DB after.
func (d *Database) Close() {
	d.collecting.Lock()
	d.closed = true
	d.collecting.Unlock()
	d.stop()
	d.work.Wait()
}
