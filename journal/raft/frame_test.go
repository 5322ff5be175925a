package raft

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/opendsql/opendsql/internal/sealed"
	"github.com/opendsql/opendsql/journal"
)

func sampleGroup(seal cipher.AEAD) []byte {
	b := appendBase(beginGroup(nil), base{machine: machine{index: 7, term: 2, epoch: 3, position: 40, at: 99}, last: 7, commit: 7, conf: []byte("conf")})
	b = appendHard(b, hard{term: 2, vote: 1, commit: 7})
	data := make([]byte, proposalBytes)
	proposal{kind: proposeCommit, epoch: 3, nonce: 5, count: 1, first: 100, last: 100}.put(data)
	c := commitNo(10)
	data = journal.AppendRecord(data, &c)
	b = appendEntry(b, &pb.Entry{Term: new(uint64(2)), Index: new(uint64(8)), Type: pb.EntryNormal.Enum(), Data: data})
	return endGroup(b, groupHeader{identity: 1, segment: 2, number: 3}, seal)
}

// Every changed bit of a group is noticed, up to its padding.
func TestGroupChecksum(t *testing.T) {
	good := sampleGroup(nil)
	h, items, n, err := parseGroup(good)
	if err != nil || h != (groupHeader{1, 2, 3, false}) || n != len(good) || n%sectorBytes != 0 {
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

func testKey(t testing.TB) *sealed.Key {
	k, err := sealed.KeyOf(bytes.Repeat([]byte{7}, sealed.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// testSeal is the seal of a segment of the journal with identity 1.
func testSeal(t testing.TB, segment uint64) cipher.AEAD {
	a, err := (&store{identity: 1, key: testKey(t)}).seal(segment)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A sealed group shows nothing of its items, opens to them, and every changed bit is noticed even by one who mends the checksum.
func TestSealedGroup(t *testing.T) {
	_, want, _, err := parseGroup(sampleGroup(nil))
	if err != nil {
		t.Fatal(err)
	}
	seal := testSeal(t, 2)
	good := sampleGroup(seal)
	h, body, n, err := parseGroup(good)
	if err != nil || h != (groupHeader{1, 2, 3, true}) || n != len(good) || bytes.Contains(good, want[:20]) {
		t.Fatalf("%+v, %d of %d, %v", h, n, len(good), err)
	}
	if items, err := unseal(nil, good, body, h, seal); err != nil || !bytes.Equal(items, want) {
		t.Fatalf("%d items' bytes of %d, %v", len(items), len(want), err)
	}
	for name, other := range map[string]cipher.AEAD{"another segment's": testSeal(t, 3), "none": nil} {
		if _, err := unseal(nil, good, body, h, other); !errors.Is(err, journal.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	used, _ := groupBytes(good)
	for bit := 8 * 8; bit < used*8; bit++ {
		b := bytes.Clone(good)
		b[bit/8] ^= 1 << (bit % 8)
		if n, ok := groupBytes(b); ok && n <= len(b) {
			binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(b[8:n], castagnoli))
		}
		h, body, _, err := parseGroup(b)
		if err == nil {
			_, err = unseal(nil, b, body, h, seal)
		}
		if err == nil {
			t.Fatalf("bit %d", bit)
		}
	}
}

// FuzzGroup: no bytes make the decoders panic or take without bound.
func FuzzGroup(f *testing.F) {
	f.Add(sampleGroup(nil))
	f.Add(sampleGroup(testSeal(f, 2)))
	seal := testSeal(f, 2)
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, body, _, err := parseGroup(b); err == nil {
			fuzzItems(body)
			_, _ = unseal(nil, b, body, h, seal)
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
