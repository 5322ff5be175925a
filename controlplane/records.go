package controlplane

import (
	"context"
	"errors"
)

// ErrConflict says that a record was not as expected when Apply looked at it.
// Nothing was written; reading again and trying again is right.
var ErrConflict = errors.New("controlplane: a record changed since it was read")

// KeyValue is one record. Keys are printable ASCII, values are never empty.
type KeyValue struct {
	Key   string
	Value []byte
}

// Expectation is a record's value as it was read; a nil Value means there was none.
type Expectation struct {
	Key   string
	Value []byte
}

// Records keeps the control plane's records durable. (declared here, fulfilled
// in package cluster over the reserved cluster's transactional store)
//
// All methods are safe for concurrent use.
type Records interface {
	// Get reads one record, as of the last acknowledged Apply.
	Get(ctx context.Context, key string) (value []byte, ok bool, err error)
	// List reads all records whose key starts with prefix, in ascending order of keys.
	List(ctx context.Context, prefix string) ([]KeyValue, error)
	// Apply writes and deletes all, durably, if every expectation holds, and else
	// returns ErrConflict. Deleting what is not there is no error. Any other error
	// leaves the outcome unknown.
	Apply(ctx context.Context, puts []KeyValue, deletes []string, expect []Expectation) error
}
