package cluster

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/opendsql/opendsql/adjudicator"
	"github.com/opendsql/opendsql/internal/wholefile"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/journal/raft"
	"github.com/opendsql/opendsql/storage"
	"github.com/opendsql/opendsql/txn"
)

// plane is a data plane without a database on it: journal, adjudicator, transactions.
type plane struct {
	journal     *raft.Journal
	adjudicator *adjudicator.Adjudicator
	db          *txn.DB
	stop        context.CancelFunc
	stopped     chan struct{}
}

// planeOptions are what planes differ in.
type planeOptions struct {
	dir      string
	storage  storage.Options
	ageLimit time.Duration
	pace     time.Duration // of trimming the journal
	log      *slog.Logger
}

// openPlane opens the data plane in a directory, making it when nothing but its key is there.
func openPlane(ctx context.Context, o planeOptions) (*plane, error) {
	j, err := raft.Open(filepath.Join(o.dir, "journal"), raft.Options{FS: o.storage.FS, Key: o.storage.Key, Logger: o.log})
	if err != nil {
		return nil, err
	}
	p := &plane{journal: j, stopped: make(chan struct{})}
	p.adjudicator = adjudicator.New(adjudicator.Config{Journal: j, AgeMax: o.ageLimit, Alone: true, Logger: o.log})
	background, stop := context.WithCancel(context.Background())
	p.stop = stop
	go p.own(background, o.log)
	p.db, err = txn.Open(ctx, txn.Config{
		Dir: filepath.Join(o.dir, "store"), Storage: o.storage, Journals: []journal.Journal{j},
		Adjudicator: p.adjudicator, Log: o.log, AgeLimit: o.ageLimit, TrimEvery: o.pace,
	})
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// own keeps the journal owned. When that ends for good, reads go on and every commit is refused until the program is started again.
func (p *plane) own(ctx context.Context, log *slog.Logger) {
	defer close(p.stopped)
	if err := p.adjudicator.Run(ctx); ctx.Err() == nil && !errors.Is(err, journal.ErrClosed) {
		log.Error("journal has stopped, nothing can be committed before a restart", "error", err)
	}
}

// close closes the parts from the top down. Every transaction must have ended.
func (p *plane) close() error {
	var err error
	if p.db != nil {
		err = p.db.Close()
	}
	p.stop()
	<-p.stopped
	return errors.Join(err, p.journal.Close())
}

// makeDir makes a directory whose name survives a crash.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return wholefile.SyncDir(filepath.Dir(dir))
}
