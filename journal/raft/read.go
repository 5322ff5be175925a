package raft

import (
	"errors"
	"fmt"
	"io"
	"sort"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// The methods in this first part are what the consensus algorithm wants to know of its log (etcd.Storage). It calls them
// on the writing goroutine.

// InitialState is the promise and the membership at the start.
func (s *store) InitialState() (*pb.HardState, *pb.ConfState, error) {
	h := s.hard
	if h == (hard{}) {
		return nil, s.conf, nil
	}
	return &pb.HardState{Term: &h.term, Vote: &h.vote, Commit: &h.commit}, s.conf, nil
}

// Entries returns entries lo to hi-1, or as many as fit in the size, at least one.
func (s *store) Entries(lo, hi, sizeMax uint64) ([]*pb.Entry, error) {
	s.mu.Lock()
	first, last := s.segments[0].first(), s.last
	s.mu.Unlock()
	if lo < first {
		return nil, etcd.ErrCompacted
	}
	if hi > last+1 {
		return nil, etcd.ErrUnavailable
	}
	var entries []*pb.Entry
	var size uint64
	for i := lo; i < hi; i++ {
		e, err := s.entry(i)
		if err != nil {
			return nil, err
		}
		if size += uint64(len(e.GetData())); size > sizeMax && len(entries) > 0 {
			break
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// entry is one entry, from memory or from its segment.
func (s *store) entry(index uint64) (*pb.Entry, error) {
	if n := len(s.cache); n > 0 && index >= s.cache[0].GetIndex() {
		return s.cache[index-s.cache[0].GetIndex()], nil
	}
	e, err := s.readEntry(index)
	if err != nil {
		return nil, err
	}
	return &pb.Entry{Type: &e.kind, Term: &e.term, Index: &e.index, Data: e.data}, nil
}

// Term is the term of an entry, or of the one before the oldest.
func (s *store) Term(index uint64) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	oldest := s.segments[0]
	switch {
	case index == oldest.base.last:
		return oldest.base.machine.term, nil
	case index < oldest.base.last:
		return 0, etcd.ErrCompacted
	case index > s.last:
		return 0, etcd.ErrUnavailable
	}
	i := sort.Search(len(s.terms), func(i int) bool { return s.terms[i].index > index })
	return s.terms[i-1].term, nil
}

// LastIndex is the index of the newest entry.
func (s *store) LastIndex() (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, nil
}

// FirstIndex is the index of the oldest entry.
func (s *store) FirstIndex() (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.segments[0].first(), nil
}

// Snapshot is asked for when a voter is so far behind that its entries are trimmed. What it needs is a checkpoint of the
// storage, which is not the journal's to give.
func (s *store) Snapshot() (*pb.Snapshot, error) { return nil, etcd.ErrSnapshotTemporarilyUnavailable }

// readEntry reads an entry back from its segment. Safe for concurrent use.
func (s *store) readEntry(index uint64) (entry, error) {
	s.mu.Lock()
	if len(s.segments) == 0 {
		s.mu.Unlock()
		return entry{}, journal.ErrClosed
	}
	if index < s.segments[0].first() {
		s.mu.Unlock()
		return entry{}, journal.ErrTrimmed
	}
	seg := s.segmentOf(index)
	at := int64(seg.places[index-seg.first()].sector) * sectorBytes
	seg.users++
	size := seg.size
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		seg.users--
		s.ready.Broadcast()
		s.mu.Unlock()
	}()
	items, err := s.readGroup(seg, at, size)
	for err == nil && len(items) > 0 {
		var it item
		if it, items, err = nextItem(items); err == nil && it.kind == itemEntry && it.entry.index == index {
			return it.entry, nil
		}
	}
	if err == nil {
		err = errors.New("raft: the group does not hold it")
	}
	return entry{}, fmt.Errorf("read entry %d at %d of %s: %w", index, at, segmentName(seg.number), err)
}

// readGroup reads the items of the group at an offset of a segment of the size.
func (s *store) readGroup(seg *segment, at, size int64) ([]byte, error) {
	head := make([]byte, headerBytes)
	if _, err := seg.file.ReadAt(head, at); err != nil {
		return nil, err
	}
	n, ok := groupBytes(head)
	if !ok || at+int64(n) > size {
		return nil, fmt.Errorf("%w: header", journal.ErrCorrupt)
	}
	b := make([]byte, n)
	if _, err := seg.file.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	h, body, _, err := parseGroup(b)
	switch {
	case errors.Is(err, errNoGroup):
		return nil, fmt.Errorf("%w: checksum", journal.ErrCorrupt)
	case err != nil:
		return nil, err
	case h.identity != s.identity || h.segment != seg.number:
		return nil, fmt.Errorf("%w: group %d of segment %d", journal.ErrCorrupt, h.number, h.segment)
	}
	return unseal(body, b, body, h, seg.seal)
}

// commitsAfter reads the entry that holds the commit after the position, which must be applied. Safe for concurrent use.
func (s *store) commitsAfter(after journal.Position) ([]journal.Entry, error) {
	s.mu.Lock()
	if len(s.segments) == 0 {
		s.mu.Unlock()
		return nil, journal.ErrClosed
	}
	oldest := s.segments[0]
	if after < oldest.base.machine.position {
		s.mu.Unlock()
		return nil, fmt.Errorf("read after %d, trimmed through %d: %w", after, oldest.base.machine.position, journal.ErrTrimmed)
	}
	i := len(s.segments) - 1
	for len(s.segments[i].places) == 0 || s.through(s.segments[i].first()-1) > after {
		i--
	}
	index := s.segments[i].find(after + 1)
	first := s.through(index-1) + 1
	s.mu.Unlock()
	e, err := s.readEntry(index)
	if err != nil {
		return nil, err
	}
	entries, err := decodeCommits(e.data, first)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", index, err)
	}
	return entries[after+1-first:], nil
}

// through is the newest position at or before an entry; larger than any when the entry is not applied. mu is held.
func (s *store) through(index uint64) journal.Position {
	if oldest := s.segments[0]; index == oldest.base.last {
		return oldest.base.machine.position
	}
	seg := s.segmentOf(index)
	p := seg.places[index-seg.first()].through
	if p == notApplied {
		return 1<<64 - 1
	}
	return seg.base.machine.position + journal.Position(p)
}

// since is a position at or before the newest record at or before t, or what was trimmed.
func (s *store) since(t clock.Time) journal.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.segments) == 0 {
		return 0
	}
	trimmed := s.segments[0].base.machine.position
	if s.now.position > trimmed && s.now.at <= t {
		return s.now.position - 1
	}
	for i := len(s.segments) - 1; i > 0; i-- {
		if m := s.segments[i].base.machine; m.at <= t && m.position > trimmed {
			return m.position - 1
		}
	}
	return trimmed
}
