package journal

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/opendsql/opendsql/internal/clock"
)

func sample() Commit {
	return Commit{
		ID: ID{1, 2, 3}, Start: 41, At: 42,
		Writes: []Write{
			{Key: []byte("row"), Value: []byte("value")},
			{Key: []byte("index"), Value: []byte{}},
			{Key: []byte("gone"), Deleted: true},
		},
		Marks: []Mark{{Key: []byte("row"), Strength: Replace}, {Key: []byte("parent"), Strength: KeyShare}, {Key: []byte("gone"), Strength: Change}},
	}
}

func TestRecordRoundTrip(t *testing.T) {
	many := Commit{ID: ID{9}, At: 1 << 60}
	for i := range 300 {
		key := bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 1+i%40)
		many.Writes = append(many.Writes, Write{Key: key, Value: make([]byte, i)})
		if i%7 != 0 {
			many.Marks = append(many.Marks, Mark{Key: key, Strength: Strength(i % 3)})
		}
	}
	commits := []Commit{sample(), {}, {ID: ID{7}, Marks: []Mark{{Key: []byte{}, Strength: Replace}}}, many}
	var b []byte
	for i := range commits {
		before := len(b)
		b = AppendRecord(b, &commits[i])
		if n := len(b) - before; n > commits[i].Bytes() {
			t.Fatalf("commit %d takes %d bytes, more than the %d foretold", i, n, commits[i].Bytes())
		}
	}
	for i := range commits {
		got, rest, err := DecodeRecord(b)
		if err != nil || !reflect.DeepEqual(got, commits[i]) {
			t.Fatalf("commit %d: %v\n%+v\n%+v", i, err, got, commits[i])
		}
		b = rest
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	c := sample()
	good := AppendRecord(nil, &c)
	for bit := range len(good) * 8 {
		b := bytes.Clone(good)
		b[bit/8] ^= 1 << (bit % 8)
		if _, _, err := DecodeRecord(b); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("bit %d: %v", bit, err)
		}
	}
	for n := range good {
		if _, _, err := DecodeRecord(good[:n]); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("first %d bytes: %v", n, err)
		}
	}
}

// FuzzDecode: whatever decodes encodes to a record that decodes to the same commit; nothing panics or allocates without bound.
func FuzzDecode(f *testing.F) {
	c := sample()
	f.Add(AppendRecord(nil, &c))
	f.Add(AppendRecord(nil, &Commit{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, _, err := DecodeRecord(b)
		if err != nil {
			if len(b) < fixedBytes {
				return
			}
			d := decoder{b: b} // reach what the checksum guards
			w := d.writes()
			d.marks(w)
			return
		}
		again, rest, err := DecodeRecord(AppendRecord(nil, &c))
		if err != nil || len(rest) > 0 || !reflect.DeepEqual(again, c) {
			t.Fatalf("%v: %+v became %+v", err, c, again)
		}
	})
}

func randomCommit(r *rand.Rand, at clock.Time) Commit {
	c := Commit{Start: at - 1, At: at}
	for i := range c.ID {
		c.ID[i] = byte(r.Uint32())
	}
	for range 1 + r.IntN(3) {
		c.Writes = append(c.Writes, Write{Key: []byte{byte(r.Uint32())}, Value: make([]byte, r.IntN(60))})
	}
	c.Marks = append(c.Marks, Mark{Key: c.Writes[0].Key, Strength: Change})
	return c
}

func BenchmarkRecord(b *testing.B) {
	c := Commit{ID: ID{1}, Start: 1, At: 2}
	c.Writes = []Write{{Key: make([]byte, 24), Value: make([]byte, 440)}}
	c.Marks = []Mark{{Key: c.Writes[0].Key, Strength: Change}}
	b.Run("encode", func(b *testing.B) {
		var buf []byte
		for b.Loop() {
			buf = AppendRecord(buf[:0], &c)
		}
	})
	b.Run("decode", func(b *testing.B) {
		buf := AppendRecord(nil, &c)
		for b.Loop() {
			if _, _, err := DecodeRecord(buf); err != nil {
				b.Fatal(err)
			}
		}
	})
}
