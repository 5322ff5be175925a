package txn

import (
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/adjudicator"
	"github.com/opendsql/opendsql/journal"
)

// OpenMemory opens a database that lives in memory only and ends with Close: the real storage, crossbar and adjudicator over a journal
// that forgets. For tests of what is built on transactions. Of the configuration, the fields that name parts are filled in here.
func OpenMemory(ctx context.Context, cfg Config) (*DB, error) {
	j := journal.NewMemory()
	a := adjudicator.New(adjudicator.Config{Journal: j, Clock: cfg.Clock, AgeMax: cfg.AgeLimit, Logger: cfg.Log})
	if err := a.Own(ctx); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	cfg.Journals, cfg.Adjudicator = []journal.Journal{j}, a
	cfg.Storage.FS = vfs.NewMem()
	cfg.Dir = "store"
	db, err := Open(ctx, cfg)
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	db.release = j.Close
	return db, nil
}
