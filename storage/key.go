package storage

import (
	"encoding/binary"
	"fmt"

	"github.com/opendsql/opendsql/internal/clock"
)

// The engine's comparer understands one shape of key and panics on any other, so every key, those of the store's own
// records too, is made here:
//
//	space (1) | object key | 0x00 | commit time, 8 bytes big endian | 0x09
//
// A key of no time ends after the 0x00. The engine sorts the part through 0x00 as bytes and then times newest first, no time
// before any time. The 0x00 never disturbs the order of object keys: of two keys one of which begins the other, the shorter is first either way.
const (
	metaSpace byte = 0x01
	dataSpace byte = 0x02

	suffixLen   = 9 // time and its length byte
	versionsLen = suffixLen + 1
)

// The store's own records.
var (
	appliedKey = []byte{metaSpace, 'a', 0}
	horizonKey = []byte{metaSpace, 'h', 0}
	sweptKey   = []byte{metaSpace, 's', 0}
)

// appendKey makes the key of the version of an object key that was committed at a time. A seek to it finds the newest version at or
// before that time. Zero is before every commit and has no version.
func appendKey(dst, key []byte, at clock.Time) []byte {
	dst = appendPrefix(dst, key)
	dst = binary.BigEndian.AppendUint64(dst, uint64(at))
	return append(dst, suffixLen)
}

// appendPrefix makes the key that sorts before all versions of an object key.
func appendPrefix(dst, key []byte) []byte {
	dst = append(dst, dataSpace)
	dst = append(dst, key...)
	return append(dst, 0)
}

// appendEnd makes the upper bound of a span: before all versions of end, or after every object key when end is empty.
func appendEnd(dst, end []byte) []byte {
	if len(end) == 0 {
		return append(dst, dataSpace+1, 0)
	}
	return appendPrefix(dst, end)
}

// splitKey takes a key of the data space apart. The object key aliases raw.
func splitKey(raw []byte) (key []byte, at clock.Time) {
	n := len(raw) - versionsLen
	if n < 1 || raw[len(raw)-1] != suffixLen || raw[0] != dataSpace {
		panic(fmt.Sprintf("storage: key without a time: %x", raw))
	}
	return raw[1:n], clock.Time(binary.BigEndian.Uint64(raw[n+1:]))
}

// A value is liveMark and the bytes given; a deleted version is empty.
const liveMark byte = 0x01

// live takes a stored value apart; ok is false for a deleted version.
func live(stored []byte) (value []byte, ok bool, err error) {
	if len(stored) == 0 {
		return nil, false, nil
	}
	if stored[0] != liveMark {
		return nil, false, fmt.Errorf("storage: value of unknown form %#x", stored[0])
	}
	return stored[1:], true, nil
}
