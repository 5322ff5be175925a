package storage

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// However the ring turns and values grow and shrink, what is known of a key is its newest state, and memory stays within its bound.
func TestRowsAgainstMap(t *testing.T) {
	const bytesMax = rowShards * rowChunkBytes * 2
	cache := NewCache(CacheSizes{RowBytes: bytesMax})
	defer cache.Close()
	var r rows
	r.init(&cache.rows, 0)
	random := rand.New(rand.NewPCG(1, 2))
	type state struct {
		value   string
		deleted bool
		at      clock.Time
	}
	want := map[string]state{}
	known := 0
	for now := clock.Time(1); now < 200_000; now++ {
		key := fmt.Appendf(nil, "key %d", random.IntN(40_000))
		s, there := want[string(key)]
		if random.IntN(3) == 0 {
			s = state{deleted: random.IntN(4) == 0, at: now}
			if !s.deleted {
				s.value = string(bytes.Repeat([]byte{byte(now)}, random.IntN(300)))
				if random.IntN(1000) == 0 {
					s.value = string(bytes.Repeat([]byte{byte(now)}, rowBytesMax))
				}
			}
			r.apply(&journal.Commit{At: now, Writes: []journal.Write{{Key: key, Value: []byte(s.value), Deleted: s.deleted}}}, []uint64{r.hash(key)})
			want[string(key)] = s
			continue
		}
		value, ok, is := r.get([]byte("before "), r.hash(key), key, now)
		if is {
			known++
			if ok != (there && !s.deleted) || ok && string(value) != "before "+s.value {
				t.Fatalf("at %d %s: %q %v, want %q %v", now, key, value, ok, s.value, !s.deleted)
			}
			if _, _, is := r.get(nil, r.hash(key), key, s.at-1); is && there {
				t.Fatalf("at %d %s is shown to a reader from before its change at %d", now, key, s.at)
			}
			continue
		}
		r.add(r.hash(key), key, []byte(s.value), there && !s.deleted, now)
	}
	if known < 20_000 {
		t.Fatalf("only %d reads were answered", known)
	}
	bytes := 0
	for i := range r.shards {
		bytes += r.shards[i].held * rowChunkBytes
	}
	if bytes > bytesMax || bytes < bytesMax/2 || bytes != len(cache.rows.held)*rowChunkBytes {
		t.Fatalf("%d bytes, the most is %d, the pool knows of %d chunks", bytes, bytesMax, len(cache.rows.held))
	}
	r.release()
	if len(cache.rows.held) != 0 || cache.rows.room.Load() != int64(cache.rows.chunksMax) {
		t.Fatalf("%d chunks were not given back", len(cache.rows.held))
	}
}

// What a reader found before a commit is not kept when that commit has touched the key meanwhile.
func TestRowsLateAdd(t *testing.T) {
	var r rows
	cache := NewCache(CacheSizes{})
	defer cache.Close()
	r.init(&cache.rows, 0)
	key := []byte("k")
	r.apply(&journal.Commit{At: 10, Writes: []journal.Write{{Key: key, Value: []byte("new")}}}, []uint64{r.hash(key)})
	r.add(r.hash(key), key, []byte("old"), true, 9)
	if value, ok, known := r.get(nil, r.hash(key), key, 10); !known || !ok || string(value) != "new" {
		t.Fatalf("%s %v %v", value, ok, known)
	}
}

// Concurrent readers never see a counter go back or stay behind what was published before they began.
func TestRowsRace(t *testing.T) {
	s := benchStore(t, 1)
	const last = 3000
	key := benchKey(0)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				snapshot, err := s.Snapshot(s.Applied())
				if err != nil {
					t.Error(err)
					return
				}
				value, ok, err := snapshot.Get(nil, key)
				if err != nil || !ok {
					t.Error(ok, err)
					return
				}
				if got := fmt.Sprint(snapshot.At()); snapshot.At() > 2 && string(value) != got {
					t.Errorf("at %s: %s", got, value)
					return
				}
				if err := snapshot.Close(); err != nil || snapshot.At() >= last {
					return
				}
			}
		})
	}
	for at := s.Applied() + 1; at <= last; at++ {
		e := journal.Entry{Position: s.Position() + 1, Commit: journal.Commit{At: at, Writes: []journal.Write{{Key: key, Value: fmt.Append(nil, at)}}}}
		if err := s.Apply([]journal.Entry{e}); err != nil {
			t.Fatal(err)
		}
	}
	readers.Wait()
}
