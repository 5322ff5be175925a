package storage

import (
	"bytes"
	"cmp"
	"math"
	"testing"

	"github.com/cockroachdb/pebble/v2/cockroachkvs"

	"github.com/opendsql/opendsql/internal/clock"
)

// Keys come apart as they were put together, pass the engine's own check, and sort by object key, then newest first.
func FuzzKey(f *testing.F) {
	f.Add([]byte(""), int64(1), []byte("\x00"), int64(math.MaxInt64))
	f.Add([]byte("a"), int64(9), []byte("a\x00\x09"), int64(9))
	f.Add([]byte("same"), int64(1), []byte("same"), int64(2))
	f.Fuzz(func(t *testing.T, a []byte, atA int64, b []byte, atB int64) {
		if atA <= 0 || atB <= 0 {
			return
		}
		rawA, rawB := appendKey(nil, a, clock.Time(atA)), appendKey(nil, b, clock.Time(atB))
		for _, raw := range [][]byte{rawA, rawB, appendPrefix(nil, a), appendEnd(nil, b), appliedKey, horizonKey, sweptKey} {
			if err := cockroachkvs.Comparer.ValidateKey.Validate(raw); err != nil {
				t.Fatalf("%x: %v", raw, err)
			}
		}
		if key, at := splitKey(rawA); !bytes.Equal(key, a) || at != clock.Time(atA) {
			t.Fatalf("%x at %d became %x at %d", a, atA, key, at)
		}
		want := cmp.Or(bytes.Compare(a, b), cmp.Compare(atB, atA))
		if got := cockroachkvs.Comparer.Compare(rawA, rawB); got != want {
			t.Fatalf("%x at %d against %x at %d: %d, want %d", a, atA, b, atB, got, want)
		}
		if prefix := appendPrefix(nil, a); cockroachkvs.Comparer.Compare(prefix, rawA) >= 0 {
			t.Fatalf("prefix %x is not before %x", prefix, rawA)
		}
		if cockroachkvs.Comparer.Compare(rawA, appendEnd(nil, nil)) >= 0 {
			t.Fatalf("%x is not before the end", rawA)
		}
	})
}

// A damaged record of the applied position is refused, never taken for a position.
func FuzzDecodeApplied(f *testing.F) {
	f.Add(applied{Position: 7, At: 9}.encode())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := decodeApplied(b); err == nil && !bytes.Equal(a.encode(), b) {
			t.Fatalf("%x became %v", b, a)
		}
	})
}
