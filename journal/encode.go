package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/opendsql/opendsql/internal/clock"
)

// A record's bytes are described in docs/formats/journal.md.
const (
	recordVersion = 1
	headerBytes   = 8 // length of the body, checksum of the body
	fixedBytes    = 1 + 16 + 8 + 8

	// RecordBytesMax is the longest record: room for the service's 10 MiB per transaction, its index entries and its marks.
	RecordBytesMax = 64 << 20

	// keysAhead is how many writes a mark looks ahead for its key.
	keysAhead = 32
)

// ErrCorrupt: bytes are not what was written.
var ErrCorrupt = errors.New("journal: record is corrupt")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendRecord appends the bytes of c to b. A record longer than RecordBytesMax cannot be read back: see Bytes.
func AppendRecord(b []byte, c *Commit) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, recordVersion)
	b = append(b, c.ID[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(c.Start))
	b = binary.LittleEndian.AppendUint64(b, uint64(c.At))
	b = binary.AppendUvarint(b, uint64(len(c.Writes)))
	for i := range c.Writes {
		w := &c.Writes[i]
		b = binary.AppendUvarint(b, uint64(len(w.Key)))
		b = append(b, w.Key...)
		if w.Deleted {
			b = append(b, 0)
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(w.Value))+1)
		b = append(b, w.Value...)
	}
	b = appendMarks(b, c)
	body := b[start+headerBytes:]
	binary.LittleEndian.PutUint32(b[start:], uint32(len(body)))
	binary.LittleEndian.PutUint32(b[start+4:], crc32.Checksum(body, castagnoli))
	return b
}

// appendMarks writes the marks. Most marks are on a key that is also written, in the same order, so a mark names the write
// instead of repeating its key: head = strength + 4 * (how many writes further, from 1), or 4 * 0 when the key follows.
func appendMarks(b []byte, c *Commit) []byte {
	b = binary.AppendUvarint(b, uint64(len(c.Marks)))
	next := 0
	for i := range c.Marks {
		m := &c.Marks[i]
		ahead := 0
		for j := next; j < len(c.Writes) && j < next+keysAhead; j++ {
			if bytes.Equal(c.Writes[j].Key, m.Key) {
				ahead = j - next + 1
				break
			}
		}
		b = append(b, byte(m.Strength)|byte(ahead)<<2)
		if ahead == 0 {
			b = binary.AppendUvarint(b, uint64(len(m.Key)))
			b = append(b, m.Key...)
			continue
		}
		next += ahead
	}
	return b
}

// Bytes is about how long the record of c is, never less than it is.
func (c *Commit) Bytes() int {
	n := headerBytes + fixedBytes + 2*binary.MaxVarintLen32
	for i := range c.Writes {
		n += len(c.Writes[i].Key) + len(c.Writes[i].Value) + 2*binary.MaxVarintLen32
	}
	for i := range c.Marks {
		n += len(c.Marks[i].Key) + 1 + binary.MaxVarintLen32
	}
	return n
}

// DecodeRecord reads the record at the start of b and returns what follows it. The commit points into b.
func DecodeRecord(b []byte) (c Commit, rest []byte, err error) {
	if len(b) < headerBytes+fixedBytes {
		return c, nil, fmt.Errorf("%w: %d bytes", ErrCorrupt, len(b))
	}
	n := binary.LittleEndian.Uint32(b)
	if n < fixedBytes || n > RecordBytesMax || uint64(n) > uint64(len(b)-headerBytes) {
		return c, nil, fmt.Errorf("%w: length %d of %d", ErrCorrupt, n, len(b)-headerBytes)
	}
	body := b[headerBytes : headerBytes+int(n)]
	if sum := crc32.Checksum(body, castagnoli); sum != binary.LittleEndian.Uint32(b[4:]) {
		return c, nil, fmt.Errorf("%w: checksum %08x", ErrCorrupt, sum)
	}
	if body[0] != recordVersion {
		return c, nil, fmt.Errorf("%w: version %d", ErrCorrupt, body[0])
	}
	copy(c.ID[:], body[1:])
	c.Start = clock.Time(binary.LittleEndian.Uint64(body[17:]))
	c.At = clock.Time(binary.LittleEndian.Uint64(body[25:]))
	d := decoder{b: body[fixedBytes:]}
	c.Writes = d.writes()
	c.Marks = d.marks(c.Writes)
	if d.bad || len(d.b) > 0 {
		return Commit{}, nil, fmt.Errorf("%w: commit %x", ErrCorrupt, c.ID)
	}
	return c, b[headerBytes+int(n):], nil
}

// decoder reads from b until something is wrong, then nothing.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) writes() []Write {
	n := d.count(2)
	if n == 0 {
		return nil
	}
	writes := make([]Write, n)
	for i := range writes {
		w := &writes[i]
		w.Key = d.take(d.uvarint())
		if size := d.uvarint(); size == 0 {
			w.Deleted = true
		} else {
			w.Value = d.take(size - 1)
		}
	}
	return writes
}

func (d *decoder) marks(writes []Write) []Mark {
	n := d.count(1)
	if n == 0 {
		return nil
	}
	marks := make([]Mark, n)
	next := 0
	for i := range marks {
		m := &marks[i]
		head := byte(0)
		if one := d.take(1); one != nil {
			head = one[0]
		}
		m.Strength = Strength(head & 3)
		ahead := int(head >> 2)
		switch {
		case m.Strength > Replace || ahead > keysAhead || next+ahead > len(writes):
			d.bad = true
			return nil
		case ahead == 0:
			m.Key = d.take(d.uvarint())
		default:
			next += ahead
			m.Key = writes[next-1].Key
		}
	}
	return marks
}

// count reads how many things follow, each of at least so many bytes.
func (d *decoder) count(bytesMin int) int {
	n := d.uvarint()
	if n > uint64(len(d.b)/bytesMin) {
		d.bad = true
		return 0
	}
	return int(n)
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if d.bad || n <= 0 {
		d.bad = true
		return 0
	}
	d.b = d.b[n:]
	return v
}

// take returns the next n bytes, never nil unless they are not there.
func (d *decoder) take(n uint64) []byte {
	if d.bad || n > uint64(len(d.b)) {
		d.bad = true
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}
