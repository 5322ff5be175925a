// Package txn is a transaction as the query processor sees it: a snapshot, a write buffer, and one question at the end.
//
// A transaction reads the state as of its start plus its own writes of earlier statements, and is never blocked by another one. Its writes
// stay in memory until Commit, which asks the adjudicator once; a transaction without writes and marks commits without any message.
// Nothing above this package knows the journal.
//
// What is promised:
//
//   - Begin reads as of the newest applied commit, and waits until every commit acknowledged through this DB is visible, so a client that
//     heard "committed" finds its rows in whatever it begins next.
//   - Commit returns a time only after the record is durable (I4). ErrUnknownOutcome means just that (I9); every other error means that nothing was or
//     will be committed.
//   - A transaction older than the age limit cannot commit, and its reads answer ErrTooOld once versions it needs may be gone (I8).
//
// Cost of one autocommit row: the transaction object, a slice of writes, and what the adjudicator does. A get allocates only when its
// chunk of result memory is full.
package txn

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/opendsql/opendsql/adjudicator"
	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/storage"
)

var (
	// ErrConflict: a transaction that committed first touched the same key. The error is a *ConflictError.
	ErrConflict = errors.New("txn: conflict with another transaction")
	// ErrStaleRead: a key the transaction relied on was changed. The error is a *ConflictError.
	ErrStaleRead = errors.New("txn: a key relied on was changed")
	// ErrTooOld: the transaction is older than the age limit.
	ErrTooOld = errors.New("txn: transaction is older than the age limit")
	// ErrUnknownOutcome: the transaction may or may not have committed; its ID can be asked about.
	ErrUnknownOutcome = errors.New("txn: outcome of the commit is unknown")
	// ErrUnavailable: the database cannot answer now; nothing was committed.
	ErrUnavailable = errors.New("txn: unavailable")
	// ErrReadOnly: the database has nobody to decide commits.
	ErrReadOnly = errors.New("txn: database is read-only")
	// ErrFinished: the transaction was committed or rolled back before.
	ErrFinished = errors.New("txn: transaction has ended")
)

// ConflictError says which key made a transaction lose, and to whom. It matches ErrConflict, or ErrStaleRead when Stale.
type ConflictError struct {
	Key   []byte // nil when it is not known any more
	With  journal.ID
	At    clock.Time
	Stale bool
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%v: key %x, transaction %x at %d", e.kind(), e.Key, e.With, e.At)
}

func (e *ConflictError) kind() error {
	if e.Stale {
		return ErrStaleRead
	}
	return ErrConflict
}

// Unwrap makes errors.Is match the kind.
func (e *ConflictError) Unwrap() error { return e.kind() }

// Txn is one transaction. Used by one goroutine; ended by Commit or Rollback.
type Txn struct {
	db       *DB
	snapshot storage.Snapshot
	began    clock.Time // when it was begun, which is not Start: an idle database's newest commit can be old
	id       journal.ID
	finished bool

	done, current buffer // writes of earlier statements, of the current one
	marks         []journal.Mark
	marksDone     int // marks of earlier statements come first
	marksCompact  int // when to look for repeated marks
	reads         [][]byte

	results arena
	walks   *Iterator // open iterators, linked
}

// Start is the time the transaction reads as of.
func (t *Txn) Start() clock.Time { return t.snapshot.At() }

// ID names the transaction on the journal.
func (t *Txn) ID() journal.ID {
	if t.id == (journal.ID{}) {
		rand.Read(t.id[:]) // never fails
	}
	return t.id
}

// Get finds a key in the snapshot and the writes of earlier statements. The value is valid until the transaction ends and must not be changed.
func (t *Txn) Get(key []byte) (value []byte, ok bool, err error) {
	if w := t.done.find(key); w != nil {
		return w.Value, !w.Deleted, nil
	}
	return t.read(key)
}

// GetLatest is Get that also sees the writes of the current statement, as a check for duplicates must.
func (t *Txn) GetLatest(key []byte) (value []byte, ok bool, err error) {
	if w := t.current.find(key); w != nil {
		return w.Value, !w.Deleted, nil
	}
	return t.Get(key)
}

func (t *Txn) read(key []byte) ([]byte, bool, error) {
	if t.finished {
		return nil, false, ErrFinished
	}
	value, ok, err := t.snapshot.Get(t.results.room(), key)
	if err != nil || !ok {
		return nil, false, fromStorage(err)
	}
	return t.results.took(value), true, nil
}

// Put sets a key in the current statement. It takes ownership of both slices.
func (t *Txn) Put(key, value []byte) {
	t.current.set(journal.Write{Key: key, Value: value})
}

// Delete removes a key in the current statement. It takes ownership of the slice.
func (t *Txn) Delete(key []byte) {
	t.current.set(journal.Write{Key: key, Deleted: true})
}

// Mark says that the current statement touched a key, for conflicts. It takes ownership of the slice.
func (t *Txn) Mark(key []byte, s journal.Strength) {
	t.marks = append(t.marks, journal.Mark{Key: key, Strength: s})
}

// Rely says that the transaction must not commit if the key changes before it does. It takes ownership of the slice.
func (t *Txn) Rely(key []byte) { t.reads = append(t.reads, key) }

// EndStatement makes the writes of the current statement visible to Get and Scan.
func (t *Txn) EndStatement() {
	t.done.take(&t.current)
	t.marksDone = len(t.marks)
	t.compactMarks()
}

// AbortStatement forgets the writes and marks of the current statement. What it relied on stays relied on.
func (t *Txn) AbortStatement() {
	t.current.reset()
	clear(t.marks[t.marksDone:])
	t.marks = t.marks[:t.marksDone]
}

// Wrote says whether any write is buffered.
func (t *Txn) Wrote() bool { return t.done.len() > 0 || t.current.len() > 0 }

// Bytes is the size of the buffered writes, keys and values.
func (t *Txn) Bytes() int { return t.done.bytes + t.current.bytes }

// Commit makes the writes and marks a fact, and returns the time from which they are visible. The transaction ends in any case. Without
// writes and marks nobody is asked, and the time is Start.
func (t *Txn) Commit(ctx context.Context) (clock.Time, error) {
	if t.finished {
		return 0, ErrFinished
	}
	t.EndStatement()
	err := t.finish()
	if age := t.db.clock.Now() - t.began; age > clock.Time(t.db.ageLimit) {
		return 0, fmt.Errorf("%w: %v", ErrTooOld, t.db.age(age))
	}
	if t.done.len() == 0 && len(t.marks) == 0 {
		return t.Start(), err
	}
	if t.db.adjudicator == nil {
		return 0, ErrReadOnly
	}
	outcome := t.db.adjudicator.Commit(ctx, adjudicator.Candidate{
		ID: t.ID(), Start: t.Start(), Reads: t.reads, Marks: t.marks, Writes: t.done.list(),
	})
	if outcome.Err != nil {
		err := fromAdjudicator(outcome.Err)
		t.db.letRetry(ctx, err)
		return 0, err
	}
	t.db.acknowledge(outcome.At)
	return outcome.At, nil
}

// Rollback forgets the transaction. After Commit or Rollback it does nothing.
func (t *Txn) Rollback() {
	if t.finished {
		return
	}
	if err := t.finish(); err != nil {
		t.db.log.Warn("transaction could not release its snapshot", "error", err)
	}
}

// finish closes the open iterators and the snapshot.
func (t *Txn) finish() error {
	t.finished = true
	var err error
	for t.walks != nil {
		err = errors.Join(err, t.walks.Close())
	}
	err = errors.Join(err, fromStorage(t.snapshot.Close()))
	t.db.open.Add(-1)
	return err
}

// fromStorage says an error of the storage in this package's words.
func fromStorage(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, storage.ErrTooOld):
		return fmt.Errorf("%w: %w", ErrTooOld, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// conflictWaitMax bounds how long the answer to a conflict is held back. The commit it was lost to is visible long before, unless its append failed.
const conflictWaitMax = 250 * time.Millisecond

// letRetry holds the answer to a conflict back until the commit that was in the way is visible: a retry that began earlier would only lose to it again.
func (db *DB) letRetry(ctx context.Context, err error) {
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.At <= db.store.Applied() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, conflictWaitMax)
	defer cancel()
	_ = db.wait(ctx, conflict.At) // whether it came or not, the answer is the conflict
}

// fromAdjudicator says a refusal in this package's words.
func fromAdjudicator(err error) error {
	var conflict *adjudicator.ConflictError
	switch {
	case errors.As(err, &conflict):
		return &ConflictError{Key: conflict.Key, With: conflict.With, At: conflict.At, Stale: conflict.Stale}
	case errors.Is(err, adjudicator.ErrConflict):
		return fmt.Errorf("%w: %w", ErrConflict, err)
	case errors.Is(err, adjudicator.ErrStaleRead):
		return fmt.Errorf("%w: %w", ErrStaleRead, err)
	case errors.Is(err, adjudicator.ErrTooOld):
		return fmt.Errorf("%w: %w", ErrTooOld, err)
	case errors.Is(err, adjudicator.ErrUnavailable):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return fmt.Errorf("%w: %w", ErrUnknownOutcome, err) // also for an error that nobody foresaw
}
