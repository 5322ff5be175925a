package raft

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/opendsql/opendsql/internal/sealed"
)

// The versions of everything on disk: readable, and sealed with a key. A directory of another version is refused by name.
const (
	formatVersion = 1
	sealedVersion = 2
)

// store is the group's log in segment files. One goroutine writes (append, applied); any goroutine reads and trims.
//
// A group is written at the end of the newest segment and synced before append returns, so at most one group, the last one,
// can be torn. Everything a segment needs to be the oldest one stands in its first item, so trimming removes whole files
// and nothing else.
type store struct {
	fs       vfs.FS
	dir      string
	dirFile  vfs.File
	identity uint64
	key      *sealed.Key // nil: groups are not sealed
	maxBytes int64       // of a segment; a larger group makes a larger segment
	inline   bool        // prepare the next segment on the writer's goroutine: tests count operations

	// Used by the writing goroutine only.
	buf       []byte
	newest    *segment // written to
	number    uint64   // of the newest group
	tail      int64    // where the next group goes in the newest segment
	hard      hard
	cache     []*pb.Entry // the newest entries, consecutive
	cacheSize int
	cacheMax  int
	groups    uint64 // written
	bytes     uint64
	syncTime  time.Duration

	trimming sync.Mutex // one trim at a time

	mu        sync.Mutex // guards the following; held for no I/O
	segments  []*segment // oldest first; the newest is written to
	terms     []termStart
	last      uint64 // index of the newest entry
	now       machine
	conf      *pb.ConfState
	prepared  *segment // the next segment: a file without a valid first group
	taken     uint64   // number of the newest segment that was prepared and taken, which may not be among segments yet
	preparing bool
	prepErr   error
	ready     *sync.Cond // preparing has ended, or a reader is done with a segment
}

// termStart says that entries from the index on are of the term, up to the next one.
type termStart struct{ index, term uint64 }

func (s *store) path(name string) string { return s.fs.PathJoin(s.dir, name) }

// active is the newest segment; mu is held.
func (s *store) active() *segment { return s.segments[len(s.segments)-1] }

// append writes one group and makes it durable. After an error nobody knows what is on the disk: the store must not be
// written to again.
func (s *store) append(h *hard, entries []*pb.Entry) error {
	if h != nil {
		s.hard = *h
	}
	s.buf = beginGroup(s.buf)
	if h != nil {
		s.buf = appendHard(s.buf, s.hard)
	}
	for _, e := range entries {
		s.buf = appendEntry(s.buf, e)
	}
	seg := s.newest
	if s.tail+int64(sectors(len(s.buf)+tagBytes+nonceBytes)) > seg.size {
		next, err := s.rotate(entries)
		if err != nil {
			return err
		}
		seg, s.tail = next, 0
	}
	began := time.Now()
	s.buf = endGroup(s.buf, groupHeader{identity: s.identity, segment: seg.number, number: s.number + 1}, seg.seal)
	write := writeThenSync
	if s.fs == vfs.Default { // no test is in between that counts writes and syncs, or lets them fail
		write = writeSynced
	}
	err := write(seg.file, s.buf, s.tail)
	s.groups, s.bytes, s.syncTime = s.groups+1, s.bytes+uint64(len(s.buf)), s.syncTime+time.Since(began)
	if err != nil {
		return fmt.Errorf("write group %d to %s: %w", s.number+1, segmentName(seg.number), err)
	}
	s.took(seg, entries)
	return nil
}

// rotate takes the prepared segment and rewrites the group in buf to begin with the segment's base. The segment counts as
// the newest one when the group is durable, not before.
func (s *store) rotate(entries []*pb.Entry) (*segment, error) {
	next, err := s.takePrepared()
	if err != nil {
		return nil, fmt.Errorf("prepare a segment: %w", err)
	}
	s.mu.Lock()
	before := base{machine: s.now, last: s.last, commit: max(s.hard.commit, s.now.index)}
	conf := s.conf
	s.mu.Unlock()
	if len(entries) > 0 {
		before.last = entries[0].GetIndex() - 1
	}
	if before.conf, err = proto.Marshal(conf); err != nil {
		return nil, err
	}
	next.begin(before)
	s.buf = appendBase(beginGroup(s.buf), next.base)
	s.buf = appendHard(s.buf, s.hard)
	for _, e := range entries {
		s.buf = appendEntry(s.buf, e)
	}
	return next, nil
}

// writeThenSync writes b and makes it durable, in two steps.
func writeThenSync(f vfs.File, b []byte, at int64) error {
	if _, err := f.WriteAt(b, at); err != nil {
		return err
	}
	return f.SyncData()
}

// took notes a group that is durable.
func (s *store) took(seg *segment, entries []*pb.Entry) {
	s.mu.Lock()
	if seg != s.active() {
		s.segments = append(s.segments, seg)
		s.newest = seg
	}
	for _, e := range entries {
		s.place(seg, e.GetIndex(), e.GetTerm(), s.tail)
	}
	s.number++
	s.tail += int64(len(s.buf))
	seg.size = max(seg.size, s.tail)
	s.mu.Unlock()
	s.remember(entries)
	if cap(s.buf) > 4<<20 {
		s.buf = nil
	}
	if s.tail > seg.size/2 {
		s.prepare()
	}
}

// place notes where an entry is. An entry at or below the last one replaces it and all that follow: the group's leader
// changed before they were committed. mu is held.
func (s *store) place(seg *segment, index, term uint64, at int64) {
	if index <= s.last {
		s.dropFrom(index)
	}
	if len(seg.places) == 0 {
		seg.from = index
	}
	if index != s.last+1 || index != seg.end() {
		panic(fmt.Sprintf("raft: entry %d of term %d follows entry %d in segment %d, which ends at %d", index, term, s.last, seg.number, seg.end()))
	}
	seg.places = append(seg.places, place{sector: uint32(at / sectorBytes), through: notApplied})
	if n := len(s.terms); n == 0 || s.terms[n-1].term != term {
		s.terms = append(s.terms, termStart{index, term})
	}
	s.last = index
}

// dropFrom forgets entries from the index on. mu is held.
func (s *store) dropFrom(index uint64) {
	if index <= s.now.index {
		panic(fmt.Sprintf("raft: entry %d is replaced, but entries through %d are applied", index, s.now.index))
	}
	for _, seg := range s.segments {
		if seg.end() > index {
			seg.places = seg.places[:max(index, seg.first())-seg.first()]
		}
	}
	for n := len(s.terms); n > 0 && s.terms[n-1].index >= index; n-- {
		s.terms = s.terms[:n-1]
	}
	s.last = index - 1
}

// remember keeps the newest entries in memory.
func (s *store) remember(entries []*pb.Entry) {
	if len(entries) == 0 {
		return
	}
	first := entries[0].GetIndex()
	for n := len(s.cache); n > 0 && s.cache[n-1].GetIndex() >= first; n-- {
		s.cacheSize -= len(s.cache[n-1].GetData())
		s.cache = s.cache[:n-1]
	}
	for _, e := range entries {
		s.cacheSize += len(e.GetData())
	}
	s.cache = append(s.cache, entries...)
	drop := 0
	for s.cacheSize > s.cacheMax && s.cache[drop].GetIndex() <= s.now.index {
		s.cacheSize -= len(s.cache[drop].GetData())
		s.cache[drop] = nil
		drop++
	}
	s.cache = s.cache[drop:]
}

// applied notes what the machine became with its newest entry.
func (s *store) applied(m machine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seg := s.segmentOf(m.index)
	seg.places[m.index-seg.first()].through = uint32(m.position - seg.base.machine.position)
	s.now = m
	s.hard.commit = max(s.hard.commit, m.index)
}

// segmentOf is the segment that holds the entry. mu is held.
func (s *store) segmentOf(index uint64) *segment {
	for i := len(s.segments) - 1; i >= 0; i-- {
		if seg := s.segments[i]; seg.first() <= index && index < seg.end() {
			return seg
		}
	}
	panic(fmt.Sprintf("raft: entry %d is not held", index))
}

// following is the number of the segment to prepare; mu is held.
func (s *store) following() uint64 { return max(s.active().number, s.taken) + 1 }

func (s *store) close() error {
	s.mu.Lock()
	for s.preparing || slices.ContainsFunc(s.segments, func(seg *segment) bool { return seg.users > 0 }) {
		s.ready.Wait()
	}
	files := []vfs.File{s.dirFile}
	for _, seg := range s.segments {
		files = append(files, seg.file)
	}
	if s.prepared != nil {
		files = append(files, s.prepared.file)
	}
	s.segments, s.prepared, s.dirFile = nil, nil, nil
	s.mu.Unlock()
	var first error
	for _, f := range files {
		if f == nil {
			continue
		}
		if err := f.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
