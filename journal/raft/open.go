package raft

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/opendsql/opendsql/journal"
)

// firstBytes is the size of a journal's first segment. Each next one is twice as large, up to the maximum, so that a cluster
// nobody uses costs little to create and to keep.
const firstBytes = 1 << 20

// openStore opens the log in dir, or makes it: a group of the voters.
func openStore(fs vfs.FS, dir string, voters []uint64, o Options) (*store, error) {
	s := &store{fs: fs, dir: dir, key: o.Key, maxBytes: o.SegmentBytes, inline: o.inline, cacheMax: 4 << 20}
	s.ready = sync.NewCond(&s.mu)
	var err error
	if s.dirFile, err = fs.OpenDir(dir); err != nil {
		return nil, err
	}
	numbers, err := s.list()
	if err == nil {
		var made bool
		if made, err = s.readIdentity(); err == nil && !made {
			err = s.create(numbers, voters)
		} else if err == nil {
			err = s.recover(numbers)
		}
	}
	if err != nil {
		_ = s.close() // the first error is the one to tell
		return nil, err
	}
	return s, nil
}

// list returns the numbers of the segments, in order and without holes.
func (s *store) list() ([]uint64, error) {
	names, err := s.fs.List(s.dir)
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, name := range names {
		if n, ok := parseSegmentName(name); ok {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	for i := 1; i < len(numbers); i++ {
		if numbers[i] != numbers[i-1]+1 {
			return nil, fmt.Errorf("%w: %s is missing", journal.ErrCorrupt, s.path(segmentName(numbers[i-1]+1)))
		}
	}
	return numbers, nil
}

const identityText = "OpenDSQL journal, format %d, identity %016x\n"

// readIdentity reads the file that says a journal has been made here.
func (s *store) readIdentity() (bool, error) {
	if _, err := s.fs.Stat(s.path(identityFile)); err != nil {
		names, listErr := s.fs.List(s.dir)
		if listErr != nil || slices.Contains(names, identityFile) {
			return false, err
		}
		return false, nil
	}
	f, err := s.fs.Open(s.path(identityFile))
	if err != nil {
		return false, err
	}
	text, err := io.ReadAll(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return false, err
	}
	var format int
	if _, err := fmt.Sscanf(string(text), identityText, &format, &s.identity); err != nil {
		return false, fmt.Errorf("%w: %s is not a journal's identity", journal.ErrCorrupt, s.path(identityFile))
	}
	switch {
	case format != formatVersion && format != sealedVersion:
		return false, fmt.Errorf("%s: journal has format %d, this program reads up to %d", s.path(identityFile), format, sealedVersion)
	case format == sealedVersion && s.key == nil:
		return false, fmt.Errorf("%s: the journal is encrypted, and its key was not given", s.path(identityFile))
	case format == formatVersion && s.key != nil:
		return false, fmt.Errorf("%s: the journal is not encrypted, and a key was given", s.path(identityFile))
	}
	return true, nil
}

// create makes an empty journal. The identity file is the last thing to become durable: without it, segments are what a
// crash during creation left, and hold nothing.
func (s *store) create(numbers []uint64, voters []uint64) error {
	for _, n := range numbers {
		if err := s.removeUnborn(n); err != nil {
			return err
		}
	}
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return err
	}
	s.identity = binary.LittleEndian.Uint64(id[:])
	seg, err := s.makeSegment(1, min(firstBytes, s.maxBytes))
	if err != nil {
		return err
	}
	s.segments = []*segment{seg}
	s.conf = &pb.ConfState{Voters: voters}
	conf, err := proto.Marshal(s.conf)
	if err != nil {
		return err
	}
	seg.begin(base{conf: conf})
	b := endGroup(appendBase(beginGroup(nil), seg.base), groupHeader{identity: s.identity, segment: 1, number: 1}, seg.seal)
	if err := writeSynced(seg.file, b, 0); err != nil {
		return err
	}
	s.newest, s.number, s.tail = seg, 1, int64(len(b))
	return s.writeIdentity()
}

func (s *store) writeIdentity() error {
	f, err := s.fs.Create(s.path(identityFile+".new"), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	format := formatVersion
	if s.key != nil {
		format = sealedVersion
	}
	_, err = fmt.Fprintf(f, identityText, format, s.identity)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = s.fs.Rename(s.path(identityFile+".new"), s.path(identityFile))
	}
	if err == nil {
		err = s.dirFile.Sync()
	}
	return err
}

// removeUnborn removes a segment that was made before the journal was. One with more than its base is data that lost its
// identity file, which is not ours to delete.
func (s *store) removeUnborn(number uint64) error {
	seg, err := s.openSegment(number)
	if err != nil {
		return err
	}
	b, err := readAll(seg)
	if closeErr := seg.file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if at := findGroup(b, sectorBytes, func(groupHeader) bool { return true }); at >= 0 || number != 1 {
		return fmt.Errorf("%w: %s is missing beside %s", journal.ErrCorrupt, s.path(identityFile), segmentName(number))
	}
	if err := s.fs.Remove(s.path(segmentName(number))); err != nil {
		return err
	}
	return s.dirFile.Sync()
}

// recovery is the state of reading the segments at a start.
type recovery struct {
	s       *store
	waiting []entry // read and not yet known to be committed; their data is cut to the proposal's head
	lastAt  int64   // where the newest group is
	last    []byte  // its bytes
	items   []byte  // of the group that was unsealed last
}

// recover reads every segment and finds the end of the log.
func (s *store) recover(numbers []uint64) error {
	r := &recovery{s: s}
	for i, n := range numbers {
		seg, err := s.openSegment(n)
		if err != nil {
			return err
		}
		used, err := r.segment(seg, i == len(numbers)-1)
		if err != nil {
			if !slices.Contains(s.segments, seg) {
				_ = seg.file.Close() // the first error is the one to tell
			}
			return err
		}
		if !used {
			s.prepared = seg
		}
	}
	if len(s.segments) == 0 {
		return fmt.Errorf("%w: %s has an identity and no segment", journal.ErrCorrupt, s.dir)
	}
	// The newest group may be there only because the kernel still remembers a write whose sync failed. Writing it again
	// makes sure; only then may it be acted on.
	seg := s.active()
	s.newest = seg
	if err := writeSynced(seg.file, r.last, r.lastAt); err != nil {
		return fmt.Errorf("write the newest group of %s again: %w", segmentName(seg.number), err)
	}
	return s.dirFile.Sync()
}

// segment reads one segment's groups. It is not used when it has no first group, which only the newest file may lack.
func (r *recovery) segment(seg *segment, newest bool) (used bool, err error) {
	b, err := readAll(seg)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", segmentName(seg.number), err)
	}
	s := r.s
	before, at := s.number, 0
	for at < len(b) {
		h, body, n, err := parseGroup(b[at:])
		if errors.Is(err, errNoGroup) || err == nil && h.segment != seg.number {
			break // torn, or from the file's former life
		}
		if err == nil && h.identity != s.identity {
			err = errors.New("raft: belongs to another journal")
		}
		if err == nil && h.number != s.number+1 && len(s.segments) > 0 {
			err = fmt.Errorf("%w: group %d follows group %d, the end of %s is damaged", journal.ErrCorrupt, h.number, s.number, segmentName(s.active().number))
		}
		if err == nil {
			s.number = h.number
			r.items, err = unseal(r.items, b[at:], body, h, seg.seal)
		}
		if err == nil {
			err = r.group(seg, r.items, int64(at))
		}
		if err != nil {
			return false, fmt.Errorf("read %s at %d: %w", s.path(segmentName(seg.number)), at, err)
		}
		end := min(at+n, len(b))
		r.lastAt, r.last = int64(at), b[at:end]
		at = end
	}
	// A group is written only after the one before it is durable. So a group further on proves that what stands here was
	// durable once, and is damaged now.
	later := findGroup(b, at+sectorBytes, func(h groupHeader) bool {
		return h.identity == s.identity && h.segment == seg.number && h.number > s.number
	})
	if later >= 0 || at == 0 && (!newest || len(s.segments) == 0) {
		return false, fmt.Errorf("%w: %s at %d: group %d is damaged, and others follow", journal.ErrCorrupt, s.path(segmentName(seg.number)), at, s.number+1)
	}
	if s.number > before {
		s.tail = int64(at)
	}
	return at > 0, nil
}

// group takes in one group's items.
func (r *recovery) group(seg *segment, items []byte, at int64) error {
	s := r.s
	for first := at == 0; len(items) > 0; first = false {
		it, rest, err := nextItem(items)
		if err != nil {
			return err
		}
		if (it.kind == itemBase) != first {
			return fmt.Errorf("%w: a segment's base is its first item and no other", journal.ErrCorrupt)
		}
		items = rest
		switch it.kind {
		case itemBase:
			err = r.base(seg, it.base)
		case itemHard:
			s.hard = it.hard
		case itemEntry:
			err = r.entry(seg, it.entry, at)
		}
		if err != nil {
			return err
		}
	}
	return r.apply()
}

// base begins a segment.
func (r *recovery) base(seg *segment, b base) error {
	s := r.s
	b.conf = slices.Clone(b.conf)
	seg.begin(b)
	s.hard.commit = max(s.hard.commit, b.commit)
	if len(s.segments) == 0 {
		if b.machine.index != b.last {
			return fmt.Errorf("%w: the oldest segment begins at entry %d with the state of entry %d", journal.ErrCorrupt, b.last+1, b.machine.index)
		}
		s.now, s.last = b.machine, b.last
		s.conf = &pb.ConfState{}
		if err := proto.Unmarshal(b.conf, s.conf); err != nil {
			return fmt.Errorf("%w: membership: %w", journal.ErrCorrupt, err)
		}
	}
	if b.last < s.now.index || b.last > s.last || b.machine.index == s.now.index && b.machine != s.now {
		return fmt.Errorf("%w: segment begins after entry %d with %+v, the one before ends at entry %d with %+v", journal.ErrCorrupt, b.last, b.machine, s.last, s.now)
	}
	s.segments = append(s.segments, seg)
	return nil
}

// entry takes in one entry.
func (r *recovery) entry(seg *segment, e entry, at int64) error {
	s := r.s
	if e.index <= s.now.index || e.index > s.last+1 {
		return fmt.Errorf("%w: entry %d follows entry %d, applied %d", journal.ErrCorrupt, e.index, s.last, s.now.index)
	}
	r.waiting = r.waiting[:e.index-s.now.index-1]
	s.place(seg, e.index, e.term, at)
	e.data = slices.Clone(e.data[:min(len(e.data), proposalBytes)])
	r.waiting = append(r.waiting, e)
	return nil
}

// apply applies what is known to be committed. In a group of one voter that is everything. A change of membership is left
// to the voter, and so is everything after it.
func (r *recovery) apply() error {
	s := r.s
	commit := s.hard.commit
	if len(s.conf.Voters) == 1 && len(s.conf.VotersOutgoing) == 0 {
		commit = s.last
	}
	for len(r.waiting) > 0 && r.waiting[0].index <= commit && r.waiting[0].kind == pb.EntryNormal {
		e, m := r.waiting[0], s.now
		if _, _, err := m.apply(e.index, e.term, e.data); err != nil {
			return err
		}
		s.applied(m)
		r.waiting = r.waiting[1:]
	}
	return nil
}

func readAll(seg *segment) ([]byte, error) {
	b := make([]byte, seg.size)
	n, err := seg.file.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b[:n], nil
}

// findGroup looks for a whole group that matches, from an offset on; -1 when there is none.
func findGroup(b []byte, from int, matches func(groupHeader) bool) int {
	for at := from; at < len(b); at += sectorBytes {
		if h, _, _, err := parseGroup(b[at:]); err == nil && matches(h) {
			return at
		}
	}
	return -1
}

var _ etcd.Storage = (*store)(nil)
