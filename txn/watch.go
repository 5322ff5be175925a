package txn

import (
	"context"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/storage"
)

// Watch remembers when a key was last written; see DB.Watch.
type Watch = storage.Watch

// Watch begins to watch a key: the Watch tells the time of the newest visible commit that wrote it. What was read of the key at a start time is still true at a
// later one when the key has not changed since the first.
func (db *DB) Watch(key []byte) *Watch { return db.store.Watch(key) }

// Settle waits until every commit acknowledged before is visible, to watches too.
func (db *DB) Settle(ctx context.Context) error {
	if acknowledged := clock.Time(db.acknowledged.Load()); acknowledged > db.store.Applied() {
		return db.wait(ctx, acknowledged)
	}
	return nil
}
