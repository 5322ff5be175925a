package query

import (
	"context"
	"errors"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/exec"
	"github.com/opendsql/opendsql/txn"
)

// blockState is where the session stands between BEGIN and COMMIT.
type blockState uint8

const (
	blockNone   blockState = iota // statements are transactions of their own
	blockOpen                     // after BEGIN
	blockFailed                   // after an error in it, until its end
)

// transaction is an open transaction: one snapshot of the data and the catalog of that snapshot.
type transaction struct {
	txn      *txn.Txn
	snapshot *catalog.Snapshot
	version  uint64 // of the catalog at the start
	began    time.Time
	ddl, dml bool
	readOnly bool
	modified int // rows changed
	changes  exec.Changes
}

// begin opens a transaction if none is open: its start time is fixed by its first statement.
func (s *Session) begin(ctx context.Context) error {
	if s.tx != nil {
		return s.current(ctx)
	}
	if s.who.Allowed != nil {
		if err := s.who.Allowed(); err != nil {
			return err
		}
	}
	t, err := s.db.DB.Begin(ctx)
	if err != nil {
		return s.translate(err)
	}
	snapshot, err := s.db.catalog(ctx, t)
	if err != nil {
		t.Rollback()
		return s.translate(err)
	}
	s.tx = &transaction{txn: t, snapshot: snapshot, version: snapshot.Version, began: s.now, readOnly: s.settings.readOnly()}
	if s.block == blockOpen {
		s.tx.readOnly = s.settings.blockReadOnly
	}
	s.expr.TransactionStart = postgresMicros(s.now)
	return nil
}

// current checks that an open transaction may go on: it is not too old, and nobody has changed the catalog under it.
func (s *Session) current(ctx context.Context) error {
	if age := s.age(); age > s.db.Limits.TransactionAge {
		return s.tooOld(age)
	}
	return s.sameCatalog(ctx)
}

// sameCatalog checks that the newest catalog is still the one the transaction began with.
func (s *Session) sameCatalog(ctx context.Context) error {
	changed, err := s.db.changedSince(ctx, s.tx.txn)
	if err != nil {
		return s.translate(err)
	}
	if changed {
		return errSchemaChanged(nil)
	}
	return nil
}

func (s *Session) tooOld(age time.Duration) error {
	limit := int(s.db.Limits.TransactionAge.Seconds())
	return pgerror.New(pgerror.ProgramLimitExceeded, "transaction age limit of %ds exceeded", limit).
		WithDetail("Current transaction age %ds exceeds %ds", int(age.Seconds()), limit)
}

// commit ends the open transaction, implicit or not. The block is over whatever the outcome.
func (s *Session) commit(ctx context.Context) error {
	t, explicit := s.tx, s.block != blockNone
	if t == nil {
		s.endBlock()
		s.settings.commit()
		return nil
	}
	err := s.mayCommit(ctx, t, explicit)
	s.endBlock()
	s.tx = nil
	if err != nil {
		t.txn.Rollback()
		s.settings.rollback()
		return err
	}
	if t.txn.Wrote() && !t.ddl {
		t.txn.Rely(catalog.VersionKey())
	}
	if _, err := t.txn.Commit(ctx); err != nil {
		s.settings.rollback()
		return s.translate(err)
	}
	s.settings.commit()
	if t.ddl {
		s.db.collect()
	}
	if t.dml {
		s.db.noteChanges(t)
	}
	return nil
}

// mayCommit holds a transaction against its limits. A block that only read is held against the catalog too: nobody else will do that.
func (s *Session) mayCommit(ctx context.Context, t *transaction, explicit bool) error {
	if n, most := t.txn.Bytes(), s.db.Limits.TransactionBytes; n > most {
		return pgerror.New(pgerror.ProgramLimitExceeded, "transaction size limit %dmb exceeded", megabytes(most)).
			WithDetail("Current transaction size %dmb > %dmb", megabytes(n), megabytes(most))
	}
	if age := s.age(); age > s.db.Limits.TransactionAge {
		return s.tooOld(age)
	}
	if !explicit || t.txn.Wrote() {
		return nil
	}
	return s.sameCatalog(ctx)
}

// megabytes rounds up.
func megabytes(n int) int { return (n + 1<<20 - 1) >> 20 }

// rollback ends the open transaction without a trace.
func (s *Session) rollback() {
	s.closePortals() // while their transaction is there
	if s.tx != nil {
		s.tx.txn.Rollback()
		s.tx = nil
	}
	s.settings.rollback()
	s.endBlock()
}

func (s *Session) endBlock() {
	s.block = blockNone
	s.closePortals()
}

// fail marks the block as failed, or ends an implicit transaction.
func (s *Session) fail() {
	if s.block == blockNone {
		s.rollback()
		return
	}
	s.closePortals()
	if s.tx != nil {
		s.tx.txn.Rollback()
		s.tx = nil
	}
	s.settings.rollback()
	s.block = blockFailed
}

// translate turns errors of the data plane into SQL errors.
func (s *Session) translate(err error) error {
	var known *pgerror.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, txn.ErrConflict):
		return pgerror.Wrap(err, pgerror.SerializationFailure, "change conflicts with another transaction, please retry: (OC000)")
	case errors.Is(err, txn.ErrStaleRead):
		return errSchemaChanged(err)
	case errors.Is(err, txn.ErrTooOld):
		return s.tooOld(max(s.age(), s.db.Limits.TransactionAge+time.Second))
	case errors.Is(err, context.Canceled):
		return pgerror.Wrap(err, pgerror.QueryCanceled, "canceling statement due to user request")
	case errors.Is(err, txn.ErrUnknownOutcome):
		return pgerror.Wrap(err, pgerror.InternalError, "server unavailable").WithHint("Whether the transaction was committed is not known.")
	case errors.Is(err, txn.ErrUnavailable):
		return pgerror.Wrap(err, pgerror.InternalError, "server unavailable").
			WithHint("The transaction was not committed; the server's log says why.")
	}
	return pgerror.From(err)
}

func (s *Session) age() time.Duration {
	if s.tx == nil {
		return 0
	}
	return s.db.Now().Sub(s.tx.began)
}

func errSchemaChanged(cause error) error {
	return pgerror.Wrap(cause, pgerror.SerializationFailure, "schema has been updated by another transaction, please retry: (OC001)")
}

// markDDL notes that the transaction changes the catalog: once, and never beside data.
func (s *Session) markDDL() error {
	switch {
	case s.tx.ddl:
		return pgerror.New(pgerror.FeatureNotSupported, "multiple ddl statements not supported in a transaction")
	case s.tx.dml:
		return pgerror.New(pgerror.FeatureNotSupported, "ddl and dml are not supported in the same transaction")
	}
	s.tx.ddl = true
	return nil
}

// markDML notes that the transaction changes data: never beside the catalog.
func (s *Session) markDML() error {
	if s.tx.ddl {
		return pgerror.New(pgerror.FeatureNotSupported, "ddl and dml are not supported in the same transaction")
	}
	s.tx.dml = true
	return nil
}
