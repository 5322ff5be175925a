package raft

import (
	"crypto/cipher"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/journal"
)

// segment is one file of the log and where its entries are.
type segment struct {
	number uint64
	file   vfs.File
	size   int64       // allocated
	seal   cipher.AEAD // of its groups; nil: they are not sealed
	base   base
	from   uint64  // index of the first place
	places []place // of consecutive entries
	users  int     // readers that have the file in use
}

// place is where an entry is, and what it counted to. Eight bytes, because there is one for every entry held.
type place struct {
	sector  uint32 // where its group begins
	through uint32 // commits from the segment's base through this entry; notApplied before that is known
}

// notApplied is larger than every count, which keeps the places of a segment in order.
const notApplied = 1<<32 - 1

// The names of the files.
const (
	segmentSuffix = ".segment"
	identityFile  = "journal"
	lockFile      = "LOCK"
)

func segmentName(number uint64) string { return fmt.Sprintf("%020d%s", number, segmentSuffix) }

// parseSegmentName is the number in a segment's name.
func parseSegmentName(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil && n > 0
}

// begin sets what was before the segment. Its first entry is the next one, or an older one when the group's leader changed and
// the next write replaces entries of older segments.
func (s *segment) begin(b base) { s.base, s.from = b, b.last+1 }

// first is the index of the first entry the segment has or will have.
func (s *segment) first() uint64 { return s.from }

// end is the index after its last entry.
func (s *segment) end() uint64 { return s.first() + uint64(len(s.places)) }

// find is the index of the entry that holds the commit at the position, which must be applied and in the segment.
func (s *segment) find(p journal.Position) uint64 {
	i := sort.Search(len(s.places), func(i int) bool {
		return s.base.machine.position+journal.Position(s.places[i].through) >= p
	})
	return s.first() + uint64(i)
}

// zeroFill allocates a file by writing it, so that later writes overwrite blocks that exist: no allocation, no metadata, one
// fast fdatasync.
func zeroFill(f vfs.File, from, size int64) error {
	const chunkBytes, syncBytes = 256 << 10, 4 << 20
	zeros := make([]byte, min(chunkBytes, max(size-from, 0)))
	unsynced := 0
	for at := from; at < size; {
		n, err := f.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at)
		if err != nil {
			return err
		}
		at += int64(n)
		if unsynced += n; unsynced >= syncBytes {
			if err := f.SyncData(); err != nil {
				return err
			}
			unsynced = 0
		}
	}
	return f.Sync()
}
