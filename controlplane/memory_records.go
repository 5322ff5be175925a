package controlplane

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
)

// MemoryRecords keeps records in memory: the plainest form of what Records
// promises, for tests and for instances that are thrown away. The zero value is empty.
type MemoryRecords struct {
	mu     sync.Mutex
	values map[string][]byte
}

// Get reads one record.
func (m *MemoryRecords) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.values[key]
	return bytes.Clone(v), ok, nil
}

// List reads the records under a prefix, in order.
func (m *MemoryRecords) List(ctx context.Context, prefix string) ([]KeyValue, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []KeyValue
	for _, key := range slices.Sorted(maps.Keys(m.values)) {
		if strings.HasPrefix(key, prefix) {
			list = append(list, KeyValue{key, bytes.Clone(m.values[key])})
		}
	}
	return list, nil
}

// Apply writes all or nothing.
func (m *MemoryRecords) Apply(ctx context.Context, puts []KeyValue, deletes []string, expect []Expectation) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range expect {
		v, ok := m.values[e.Key]
		if ok != (e.Value != nil) || !bytes.Equal(v, e.Value) {
			return ErrConflict
		}
	}
	if m.values == nil {
		m.values = map[string][]byte{}
	}
	for _, kv := range puts {
		m.values[kv.Key] = bytes.Clone(kv.Value)
	}
	for _, key := range deletes {
		delete(m.values, key)
	}
	return nil
}
