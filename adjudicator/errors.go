package adjudicator

import (
	"errors"
	"fmt"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

var (
	// ErrConflict: a concurrent transaction that committed first touched the same key too strongly. The error is a *ConflictError.
	ErrConflict = errors.New("adjudicator: conflict with another transaction")
	// ErrStaleRead: a key the transaction relied on, such as the catalog's version, was changed. The error is a *ConflictError.
	ErrStaleRead = errors.New("adjudicator: a key relied on was changed")
	// ErrTooOld: the transaction started before the age limit and commits were forgotten since.
	ErrTooOld = errors.New("adjudicator: transaction is too old")
	// ErrUnknownOutcome: the transaction may or may not have committed.
	ErrUnknownOutcome = errors.New("adjudicator: outcome is unknown")
	// ErrUnavailable: nobody could decide; the transaction has not committed and will not.
	ErrUnavailable = errors.New("adjudicator: unavailable")
)

// ConflictError says which key made a transaction lose, and to whom.
type ConflictError struct {
	Key   []byte     // nil when the window had to forget marks within the age limit, and so cannot rule a conflict out
	With  journal.ID // the transaction that committed first
	At    clock.Time // when it committed
	Stale bool       // the key was relied on (ErrStaleRead), not touched (ErrConflict)
}

func (e *ConflictError) Error() string {
	switch {
	case e.Key == nil:
		return "adjudicator: conflict cannot be ruled out, marks were forgotten"
	case e.Stale:
		return fmt.Sprintf("adjudicator: key %x relied on was changed by transaction %x at %d", e.Key, e.With, e.At)
	}
	return fmt.Sprintf("adjudicator: conflict on key %x with transaction %x at %d", e.Key, e.With, e.At)
}

// Is makes errors.Is match ErrConflict or ErrStaleRead.
func (e *ConflictError) Is(target error) bool {
	if e.Stale {
		return target == ErrStaleRead
	}
	return target == ErrConflict
}
