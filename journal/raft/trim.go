package raft

import (
	"crypto/cipher"
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/journal"
)

// trim removes segments that hold no commit after the position. The newest commit always stays, and so does the newest
// segment. One file becomes the next segment when there is none yet.
func (s *store) trim(through journal.Position) error {
	s.trimming.Lock()
	defer s.trimming.Unlock()
	for {
		s.mu.Lock()
		if len(s.segments) == 0 || s.oldestKept(through) == 0 || s.segments[0].users > 0 {
			s.mu.Unlock()
			return nil
		}
		seg := s.segments[0]
		// The list first, then the file: nobody can begin to read it. A file left over after an error is trimmed after the next start.
		s.segments = s.segments[1:]
		for len(s.terms) > 1 && s.terms[1].index <= s.segments[0].first() {
			s.terms = s.terms[1:]
		}
		reuse := s.prepared == nil && !s.preparing && seg.size <= 2*s.maxBytes
		s.preparing = s.preparing || reuse
		number := s.following()
		s.mu.Unlock()
		if err := s.discard(seg, reuse, number); err != nil {
			return err
		}
	}
}

// oldestKept is the index of the segment that becomes the oldest. A segment can be the oldest when its base is complete:
// everything before it was applied when it began. mu is held.
func (s *store) oldestKept(through journal.Position) int {
	for i := len(s.segments) - 1; i > 0; i-- {
		b := s.segments[i].base
		if b.machine.index == b.last && b.machine.position <= through && b.machine.position < s.now.position {
			return i
		}
	}
	return 0
}

// discard removes a segment's file, or makes it the next segment. The directory is synced each time, so that a crash never
// leaves a hole in the numbers.
func (s *store) discard(seg *segment, reuse bool, number uint64) error {
	err := seg.file.Close()
	if !reuse {
		if err == nil {
			err = s.fs.Remove(s.path(segmentName(seg.number)))
		}
		if err == nil {
			err = s.dirFile.Sync()
		}
		return err
	}
	var next *segment
	if err == nil {
		err = s.fs.Rename(s.path(segmentName(seg.number)), s.path(segmentName(number)))
	}
	if err == nil {
		next, err = s.openSegment(number)
	}
	if err == nil {
		err = s.dirFile.Sync()
	}
	s.prepareEnded(next, err)
	return err
}

// prepare begins to make the next segment, unless it is there or being made.
func (s *store) prepare() {
	s.mu.Lock()
	if s.prepared != nil || s.preparing || s.prepErr != nil {
		s.mu.Unlock()
		return
	}
	s.preparing = true
	number, size := s.following(), min(2*s.active().size, s.maxBytes)
	s.mu.Unlock()
	make := func() { s.prepareEnded(s.makeSegment(number, size)) }
	if s.inline {
		make()
		return
	}
	go make()
}

func (s *store) prepareEnded(seg *segment, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prepared, s.prepErr, s.preparing = seg, err, false
	s.ready.Broadcast()
}

// makeSegment makes a segment's file, of zeros.
func (s *store) makeSegment(number uint64, size int64) (*segment, error) {
	seg, err := s.openSegment(number)
	if err != nil {
		return nil, err
	}
	if err = zeroFill(seg.file, seg.size, size); err == nil {
		seg.size = max(seg.size, size)
		err = s.dirFile.Sync()
	}
	if err != nil {
		_ = seg.file.Close() // the first error is the one to tell
		return nil, err
	}
	return seg, nil
}

// openSegment opens a segment's file, and makes it when there is none.
func (s *store) openSegment(number uint64) (*segment, error) {
	f, err := s.fs.OpenReadWrite(s.path(segmentName(number)), vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // the first error is the one to tell
		return nil, err
	}
	seal, err := s.seal(number)
	if err != nil {
		_ = f.Close() // the first error is the one to tell
		return nil, err
	}
	return &segment{number: number, file: f, size: info.Size(), seal: seal}, nil
}

// seal is what seals the groups of a segment. Each segment has a key of its own, under which so few groups are sealed that their random
// nonces never meet.
func (s *store) seal(number uint64) (cipher.AEAD, error) {
	if s.key == nil {
		return nil, nil
	}
	salt := binary.LittleEndian.AppendUint64(nil, s.identity)
	return s.key.AEAD("opendsql journal segment", binary.LittleEndian.AppendUint64(salt, number))
}

// takePrepared waits for the next segment, and makes it when nobody has begun.
func (s *store) takePrepared() (*segment, error) {
	s.prepare()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.preparing {
		s.ready.Wait()
	}
	seg := s.prepared
	if s.prepared = nil; seg != nil {
		s.taken = seg.number
	}
	return seg, s.prepErr
}
