package cluster

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/txn"
)

// records keeps the control plane's records as keys of a data plane. Safe for concurrent use.
//
// An expectation is checked in the transaction's snapshot and relied on at its commit, so it held at the very moment of the write.
type records struct{ db *txn.DB }

// Get reads one record, as of the last acknowledged Apply.
func (r *records) Get(ctx context.Context, key string) ([]byte, bool, error) {
	t, err := r.db.Begin(ctx)
	if err != nil {
		return nil, false, err
	}
	defer t.Rollback()
	value, ok, err := t.Get([]byte(key))
	return bytes.Clone(value), ok, err
}

// List reads the records under a prefix, in order.
func (r *records) List(ctx context.Context, prefix string) ([]controlplane.KeyValue, error) {
	t, err := r.db.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.Rollback()
	var list []controlplane.KeyValue
	it := t.Scan(txn.Span{Start: []byte(prefix), End: after(prefix)})
	for it.Next() {
		list = append(list, controlplane.KeyValue{Key: string(it.Key()), Value: bytes.Clone(it.Value())})
	}
	return list, it.Close()
}

// after is the first key behind all those with a prefix; empty when there is none. Keys are ASCII, so the last byte can be raised.
func after(prefix string) []byte {
	if prefix == "" {
		return nil
	}
	end := []byte(prefix)
	end[len(end)-1]++
	return end
}

// Apply writes all or nothing.
func (r *records) Apply(ctx context.Context, puts []controlplane.KeyValue, deletes []string, expect []controlplane.Expectation) error {
	t, err := r.db.Begin(ctx)
	if err != nil {
		return err
	}
	defer t.Rollback()
	for _, e := range expect {
		value, ok, err := t.Get([]byte(e.Key))
		if err != nil {
			return err
		}
		if ok != (e.Value != nil) || !bytes.Equal(value, e.Value) {
			return controlplane.ErrConflict
		}
		t.Rely([]byte(e.Key))
	}
	for _, kv := range puts {
		t.Put([]byte(kv.Key), slices.Clone(kv.Value))
		t.Mark([]byte(kv.Key), journal.Replace)
	}
	for _, key := range deletes {
		t.Delete([]byte(key))
		t.Mark([]byte(key), journal.Replace)
	}
	_, err = t.Commit(ctx)
	if errors.Is(err, txn.ErrConflict) || errors.Is(err, txn.ErrStaleRead) {
		return controlplane.ErrConflict
	}
	return err
}
