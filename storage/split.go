package storage

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// boundary is a key at which a span can be divided, and how much lies between it and the next one.
type boundary struct {
	key    []byte
	weight uint64
}

// Split divides a span into at most so many parts of roughly equal size, in key order, for readers that work at the same time. It looks at the
// decoded tiles when there are enough of them, else at the bounds of files; a span without either stays whole.
func (s *Store) Split(span Span, parts int) ([]Span, error) {
	if s.closed.Load() {
		return nil, ErrClosed
	}
	if parts < 2 || (len(span.End) > 0 && !beforeEnd(span.Start, span.End)) {
		return []Span{span}, nil
	}
	found := s.blocks.boundaries(span)
	if len(found) < 2*parts {
		var err error
		if found, err = s.fileBoundaries(span); err != nil {
			return nil, fmt.Errorf("split a span: %w", err)
		}
	}
	out := divide(span, parts, found)
	if span.Reverse {
		slices.Reverse(out)
	}
	return out, nil
}

// boundaries are the tiles that begin within a span.
func (b *blocks) boundaries(span Span) (found []boundary) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tiles.Ascend(&tile{start: span.Start}, func(t *tile) bool {
		if !beforeEnd(t.start, span.End) {
			return false
		}
		found = append(found, boundary{key: t.start, weight: 1})
		return true
	})
	return found
}

// fileBoundaries are the first and last keys of the files that overlap a span. The weight of a file counts from its first key on.
func (s *Store) fileBoundaries(span Span) ([]boundary, error) {
	levels, err := s.db.SSTables(pebble.WithKeyRangeFilter(appendPrefix(nil, span.Start), appendEnd(nil, span.End)))
	if err != nil {
		return nil, err
	}
	var found []boundary
	for _, files := range levels {
		for i := range files {
			found = append(found,
				boundary{key: dataKey(files[i].Smallest.UserKey), weight: files[i].Size},
				boundary{key: dataKey(files[i].Largest.UserKey)})
		}
	}
	slices.SortFunc(found, func(a, b boundary) int { return cmp.Or(bytes.Compare(a.key, b.key), cmp.Compare(a.weight, b.weight)) })
	return found, nil
}

// dataKey is the object key of a bound of a file; empty, which is before all, for one of the store's own records.
func dataKey(raw []byte) []byte {
	if raw[0] != dataSpace {
		return nil
	}
	key, _ := splitKey(raw)
	return key
}

// divide cuts a span where each part has had its share of the weight.
func divide(span Span, parts int, found []boundary) (out []Span) {
	total := uint64(0)
	for _, f := range found {
		total += f.weight
	}
	start, before := span.Start, uint64(0)
	for _, f := range found {
		share := total * uint64(len(out)+1) / uint64(parts)
		if before >= share && len(out) < parts-1 && bytes.Compare(f.key, start) > 0 && beforeEnd(f.key, span.End) {
			out = append(out, Span{Start: start, End: bytes.Clone(f.key), Reverse: span.Reverse})
			start = bytes.Clone(f.key)
		}
		before += f.weight
	}
	return append(out, Span{Start: start, End: span.End, Reverse: span.Reverse})
}
