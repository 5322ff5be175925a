// Package journal keeps the ordered, durable record of committed transactions.
//
// A record on the journal is a fact: the transaction committed, at that time,
// with those writes. Readers apply records; they never judge them.
package journal

import (
	"context"
	"errors"

	"github.com/opendsql/opendsql/internal/clock"
)

// ID names a transaction, chosen by its query processor before it asks for a decision. 16 random bytes.
type ID [16]byte

// Strength is how strongly a transaction touched a key. Two marks of concurrent transactions on one key conflict when their
// strengths add up to 2 or more. Source: conflict matrix of the service, since 2026-08-25.
type Strength uint8

// The strengths.
const (
	KeyShare Strength = 0 // FOR KEY SHARE
	Change   Strength = 1 // UPDATE of non-key columns
	Replace  Strength = 2 // INSERT, DELETE, UPDATE of a key column, FOR UPDATE
)

// Mark is a key that counts for conflicts, with its strength.
type Mark struct {
	Key      []byte
	Strength Strength
}

// Write is the post-image of one key: a row or an index entry. A deleted key has no value.
type Write struct {
	Key     []byte
	Value   []byte
	Deleted bool
}

// Commit is one committed transaction. Only decided commits reach a journal.
type Commit struct {
	ID     ID
	Start  clock.Time
	At     clock.Time
	Marks  []Mark
	Writes []Write
}

// Position is the place of a record on a journal: 1 for the first, then increasing. Zero is before the first record.
type Position uint64

// Epoch numbers the ownerships of a journal. An append of an older epoch fails.
type Epoch uint64

// Entry is a record with its place.
type Entry struct {
	Position Position
	Commit   Commit
}

var (
	// ErrFenced: the append's epoch has ended; nothing of it was or will be recorded.
	ErrFenced = errors.New("journal: epoch has ended")
	// ErrUnknown: whether the append was recorded is not known; ask by transaction ID after owning again.
	ErrUnknown = errors.New("journal: outcome of append is unknown")
	// ErrClosed: the journal was closed.
	ErrClosed = errors.New("journal: closed")
	// ErrTrimmed: the position asked for is below what the journal still holds.
	ErrTrimmed = errors.New("journal: position was trimmed")
	// ErrStopped: the voter stopped for good after a failed write or sync; nothing more is appended before a restart.
	ErrStopped = errors.New("journal: voter has stopped")
)

// Journal is the consensus group that keeps the records. It is an interface because the simulation puts its own in.
// Safe for concurrent use.
type Journal interface {
	// Own begins a new epoch and returns once every record of older epochs is final.
	// The owner decides; nobody else appends.
	Own(ctx context.Context) (Epoch, error)

	// Append records the commits in order, durably, as one unit of group commit, and calls done exactly once when they are durable
	// (or have failed): it does not block on the disk, so decisions go on while an append is in flight. done runs on the journal's goroutine and
	// must not block, and it never runs before Append has returned to its caller's goroutine: a caller may hold a lock that done takes.
	// An append of no commits records nothing and succeeds if the epoch still holds: the owner asks whether it is one.
	// Commit times increase from commit to commit. The commits and everything they point to belong to the journal from here on:
	// readers are given the same memory, so nobody may change it.
	Append(epoch Epoch, commits []Commit, done func(last Position, err error))

	// Read delivers records after the position, in order, waiting for new ones, until ctx ends or deliver returns an error. deliver may run on
	// the journal's goroutine, which the next append waits for, never twice at once and not after Read has returned.
	// Only durable records are delivered. The entries are shared with other readers and must not be changed; the slice itself is lent until
	// deliver returns. A position below what was trimmed is ErrTrimmed.
	Read(ctx context.Context, after Position, deliver func([]Entry) error) error

	// Last is the position of the newest durable record.
	Last() Position

	// Since is a position from which Read delivers every held record later than t and, if there is one, the newest record at or before t.
	// It may be earlier than that needs, never later.
	Since(t clock.Time) (Position, error)

	// Trim allows the journal to forget records at or below the position. The newest record is kept in any case: the next owner learns
	// from it which times are taken.
	Trim(through Position) error

	Close() error
}
