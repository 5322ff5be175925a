package raft

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// A group is what one sync made durable together: a header, then items. It starts on a sector, so that writing a group
// never rewrites a sector of an older one.
const (
	sectorBytes = 512
	groupMagic  = 0x314a444f // "ODJ1" read as little endian
	headerBytes = 40
	tagBytes    = 16 // behind the items of a sealed group: the seal's tag, and
	nonceBytes  = 12 // its nonce
)

// The kinds of items.
const (
	itemBase  = 1 // the state before the segment; the first item of every segment
	itemHard  = 2 // the voter's promise: term and vote
	itemEntry = 3 // an entry of the group's log
)

// errNoGroup: the bytes are not a group of this segment. Torn, stale, damaged or never written look alike here.
var errNoGroup = errors.New("raft: no group")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// groupHeader says which group of which journal follows.
type groupHeader struct {
	identity uint64 // of the journal: files of two journals are never mixed up
	segment  uint64 // groups of the file's former life are told apart by it
	number   uint64 // 1 for the first group of a journal, then one more each
	sealed   bool   // the items are encrypted
}

// base is what a segment needs to be the oldest one: the machine and the voter as they were before it.
type base struct {
	machine machine
	last    uint64 // index of the newest entry in older segments; entries after machine.index were not applied yet
	commit  uint64
	conf    []byte // the group's membership, a marshalled ConfState
}

// hard is the durable part of a voter's promise.
type hard struct{ term, vote, commit uint64 }

// beginGroup makes room for the header in an empty buffer.
func beginGroup(b []byte) []byte { return append(b[:0], make([]byte, headerBytes)...) }

func appendBase(b []byte, s base) []byte {
	m := s.machine
	b = append(b, itemBase)
	for _, v := range []uint64{m.index, m.term, uint64(m.epoch), uint64(m.position), uint64(m.at), s.last, s.commit, uint64(len(s.conf))} {
		b = binary.AppendUvarint(b, v)
	}
	return append(b, s.conf...)
}

func appendHard(b []byte, h hard) []byte {
	b = append(b, itemHard)
	b = binary.AppendUvarint(b, h.term)
	b = binary.AppendUvarint(b, h.vote)
	return binary.AppendUvarint(b, h.commit)
}

func appendEntry(b []byte, e *pb.Entry) []byte {
	b = append(b, itemEntry)
	b = binary.AppendUvarint(b, uint64(e.GetType()))
	b = binary.AppendUvarint(b, e.GetTerm())
	b = binary.AppendUvarint(b, e.GetIndex())
	b = binary.AppendUvarint(b, uint64(len(e.GetData())))
	return append(b, e.GetData()...)
}

// endGroup fills in the header, seals the items unless seal is nil, and pads to the sector. The seal covers the header as well, so that a
// group stands for no other.
func endGroup(b []byte, h groupHeader, seal cipher.AEAD) []byte {
	le := binary.LittleEndian
	items := len(b) - headerBytes
	version, body := uint32(formatVersion), items
	if seal != nil {
		version, body = sealedVersion, items+tagBytes+nonceBytes
	}
	le.PutUint32(b, groupMagic)
	le.PutUint32(b[8:], version)
	le.PutUint32(b[12:], uint32(body))
	le.PutUint64(b[16:], h.identity)
	le.PutUint64(b[24:], h.segment)
	le.PutUint64(b[32:], h.number)
	if seal != nil {
		b = append(b, make([]byte, tagBytes+nonceBytes)...)
		nonce := b[len(b)-nonceBytes:]
		rand.Read(nonce) // never fails: crypto/rand ends the program instead
		seal.Seal(b[headerBytes:headerBytes], nonce, b[headerBytes:headerBytes+items], b[8:headerBytes])
	}
	le.PutUint32(b[4:], crc32.Checksum(b[8:], castagnoli))
	if n := len(b) % sectorBytes; n > 0 {
		b = append(b, make([]byte, sectorBytes-n)...)
	}
	return b
}

// groupBytes says how long the group is whose header is at the start of b, if there is one.
func groupBytes(b []byte) (int, bool) {
	if len(b) < headerBytes || binary.LittleEndian.Uint32(b) != groupMagic {
		return 0, false
	}
	return headerBytes + int(binary.LittleEndian.Uint32(b[12:])), true
}

// parseGroup checks the group at the start of b and returns its header, its items, which may be sealed, and its length with padding.
func parseGroup(b []byte) (groupHeader, []byte, int, error) {
	n, ok := groupBytes(b)
	if !ok || n > len(b) {
		return groupHeader{}, nil, 0, errNoGroup
	}
	le := binary.LittleEndian
	if crc32.Checksum(b[8:n], castagnoli) != le.Uint32(b[4:]) {
		return groupHeader{}, nil, 0, errNoGroup
	}
	v := le.Uint32(b[8:])
	if v != formatVersion && v != sealedVersion {
		return groupHeader{}, nil, 0, fmt.Errorf("raft: journal has format %d, this program reads up to %d", v, sealedVersion)
	}
	h := groupHeader{identity: le.Uint64(b[16:]), segment: le.Uint64(b[24:]), number: le.Uint64(b[32:]), sealed: v == sealedVersion}
	return h, b[headerBytes:n], sectors(n), nil
}

// unseal opens the items of the group at the start of b, whose body parseGroup gave. The result may overwrite dst; what is not sealed is given as it is.
func unseal(dst, b, body []byte, h groupHeader, seal cipher.AEAD) ([]byte, error) {
	switch {
	case h.sealed != (seal != nil):
		return nil, fmt.Errorf("%w: a group is encrypted and the others are not, or the other way round", journal.ErrCorrupt)
	case seal == nil:
		return body, nil
	case len(body) < tagBytes+nonceBytes:
		return nil, fmt.Errorf("%w: group %d is too short to be sealed", journal.ErrCorrupt, h.number)
	}
	end := len(body) - nonceBytes
	items, err := seal.Open(dst[:0], body[end:], body[:end], b[8:headerBytes])
	if err != nil {
		return nil, fmt.Errorf("%w: group %d was sealed with another key or changed", journal.ErrCorrupt, h.number)
	}
	return items, nil
}

// sectors rounds up to whole sectors.
func sectors(n int) int { return (n + sectorBytes - 1) / sectorBytes * sectorBytes }

// item is one decoded item of a group.
type item struct {
	kind  byte
	base  base
	hard  hard
	entry entry
}

// entry is an entry of the group's log without its envelope.
type entry struct {
	kind        pb.EntryType
	term, index uint64
	data        []byte // points into the group
}

// nextItem decodes the first item of b and returns the rest. The checksum has passed, so a mistake here is a mistake of the
// program that wrote it; it is an error all the same.
func nextItem(b []byte) (item, []byte, error) {
	if len(b) == 0 {
		return item{}, nil, errors.New("raft: group ends within an item")
	}
	r := reader{b: b[1:]}
	it := item{kind: b[0]}
	switch it.kind {
	case itemBase:
		m := &it.base.machine
		m.index, m.term = r.uvarint(), r.uvarint()
		m.epoch, m.position, m.at = journal.Epoch(r.uvarint()), journal.Position(r.uvarint()), clock.Time(r.uvarint())
		it.base.last, it.base.commit = r.uvarint(), r.uvarint()
		it.base.conf = r.take(r.uvarint())
	case itemHard:
		it.hard = hard{term: r.uvarint(), vote: r.uvarint(), commit: r.uvarint()}
	case itemEntry:
		it.entry = entry{kind: pb.EntryType(r.uvarint()), term: r.uvarint(), index: r.uvarint()}
		it.entry.data = r.take(r.uvarint())
	default:
		return item{}, nil, fmt.Errorf("raft: group has an item of kind %d", it.kind)
	}
	if r.bad {
		return item{}, nil, fmt.Errorf("raft: group ends within an item of kind %d", it.kind)
	}
	return it, r.b, nil
}

// reader reads from b until something is wrong, then nothing.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if r.bad || n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}
