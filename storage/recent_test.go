package storage

import (
	"math/rand/v2"
	"testing"

	"github.com/opendsql/opendsql/journal"
)

// A key written after the floor is always known, whatever is forgotten; one never written seldom is; and the floor never passes what is durable.
func TestRecentAgainstMap(t *testing.T) {
	var r recent
	random := rand.New(rand.NewPCG(3, 4))
	written := map[uint64]journal.Position{}
	durable := journal.Position(0)
	for position := journal.Position(1); position < 3000; position++ {
		hashes := make([]uint64, random.IntN(100))
		for i := range hashes {
			hashes[i] = random.Uint64() >> 20 << 17 // few distinct low bits
			written[hashes[i]] = position
		}
		r.add(position, hashes)
		if random.IntN(50) == 0 {
			durable = position - journal.Position(random.IntN(int(min(position-durable, 40))))
			r.forget(durable)
		}
		for h, at := range written {
			known, floor := r.has(h)
			if floor > durable {
				t.Fatalf("floor %d, durable %d", floor, durable)
			}
			if !known && at > floor {
				t.Fatalf("a key written at %d is not known, floor %d", at, floor)
			}
			if random.IntN(10) == 0 {
				break
			}
		}
	}
	r.forget(3000)
	if len(r.generations) > 0 {
		t.Fatal("what is durable is remembered")
	}
	if known, _ := r.has(random.Uint64()); known {
		t.Fatal("a key is known that was never written")
	}
}
