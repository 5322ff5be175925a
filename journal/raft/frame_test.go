package raft

import (
	"bytes"
	"testing"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/opendsql/opendsql/journal"
)

func sampleGroup() []byte {
	b := appendBase(beginGroup(nil), base{machine: machine{index: 7, term: 2, epoch: 3, position: 40, at: 99}, last: 7, commit: 7, conf: []byte("conf")})
	b = appendHard(b, hard{term: 2, vote: 1, commit: 7})
	data := make([]byte, proposalBytes)
	proposal{kind: proposeCommit, epoch: 3, nonce: 5, count: 1, first: 100, last: 100}.put(data)
	c := commitNo(10)
	data = journal.AppendRecord(data, &c)
	b = appendEntry(b, &pb.Entry{Term: new(uint64(2)), Index: new(uint64(8)), Type: pb.EntryNormal.Enum(), Data: data})
	return endGroup(b, groupHeader{identity: 1, segment: 2, number: 3})
}

// Every changed bit of a group is noticed, up to its padding.
func TestGroupChecksum(t *testing.T) {
	good := sampleGroup()
	h, items, n, err := parseGroup(good)
	if err != nil || h != (groupHeader{1, 2, 3}) || n != len(good) || n%sectorBytes != 0 {
		t.Fatalf("%+v, %d of %d, %v", h, n, len(good), err)
	}
	var kinds []byte
	for len(items) > 0 {
		var it item
		if it, items, err = nextItem(items); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, it.kind)
		if it.kind == itemEntry {
			entries, err := decodeCommits(it.entry.data, 41)
			if err != nil || len(entries) != 1 || entries[0].Position != 41 || it.entry.index != 8 {
				t.Fatalf("%+v, %v", entries, err)
			}
		}
	}
	if !bytes.Equal(kinds, []byte{itemBase, itemHard, itemEntry}) {
		t.Fatalf("items %v", kinds)
	}
	used, _ := groupBytes(good)
	for bit := range used * 8 {
		b := bytes.Clone(good)
		b[bit/8] ^= 1 << (bit % 8)
		if _, _, _, err := parseGroup(b); err == nil {
			t.Fatalf("bit %d", bit)
		}
	}
}

// FuzzGroup: no bytes make the decoders panic or take without bound.
func FuzzGroup(f *testing.F) {
	f.Add(sampleGroup())
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, items, _, err := parseGroup(b); err == nil {
			fuzzItems(items)
		}
		if len(b) > headerBytes {
			fuzzItems(b[headerBytes:]) // reach what the checksum guards
		}
		_, _ = decodeCommits(b, 1)
		_ = findGroup(b, 0, func(groupHeader) bool { return true })
		m := machine{}
		_, _, _ = m.apply(1, 1, b)
	})
}

func fuzzItems(items []byte) {
	for len(items) > 0 {
		it, rest, err := nextItem(items)
		if err != nil {
			return
		}
		if it.kind == itemEntry {
			_, _ = decodeCommits(it.entry.data, 1)
		}
		items = rest
	}
}
