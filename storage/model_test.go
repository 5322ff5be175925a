package storage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/internal/sealed"
	"github.com/opendsql/opendsql/journal"
)

// stoppedClock moves when it is told to.
type stoppedClock struct{ now clock.Time }

func (c *stoppedClock) Now() clock.Time { return c.now }

const modelAge = 100 // of the models, in their clock's nanoseconds

// model is the reference: every commit, and the wall time from which it was the newest.
type model struct {
	clock    *stoppedClock
	fs       *vfs.MemFS
	store    *Store
	entries  []journal.Entry
	rowBytes int64       // of the store
	key      *sealed.Key // of the store; nil: not encrypted
	since    []clock.Time
}

func (m *model) open(t rapid.TB) {
	store, err := Open("store", Options{FS: m.fs, Clock: m.clock, AgeLimit: modelAge, Manual: true, MemtableBytes: 64 << 10, CacheSizes: CacheSizes{RowBytes: m.rowBytes}, Key: m.key})
	if err != nil {
		t.Fatal(err)
	}
	m.store = store
}

// replay gives the store what the journal has after its position.
func (m *model) replay(t rapid.TB) {
	if err := m.store.Apply(m.entries[m.store.Position():]); err != nil {
		t.Fatal(err)
	}
}

func (m *model) last() clock.Time {
	if len(m.entries) == 0 {
		return 0
	}
	return m.entries[len(m.entries)-1].Commit.At
}

// state is what a snapshot at the time must show, in key order.
func (m *model) state(at clock.Time) (keys []string, values map[string]string) {
	values = map[string]string{}
	for _, e := range m.entries {
		if e.Commit.At > at {
			break
		}
		for _, w := range e.Commit.Writes {
			if w.Deleted {
				delete(values, string(w.Key))
			} else {
				values[string(w.Key)] = string(w.Value)
			}
		}
	}
	for k := range values {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys, values
}

// oldest is the oldest time that must still be served: what was the newest commit an age limit ago.
func (m *model) oldest() clock.Time {
	oldest := clock.Time(0)
	for i, e := range m.entries {
		if m.since[i] <= m.clock.now-modelAge {
			oldest = e.Commit.At
		}
	}
	return oldest
}

var modelKey = rapid.Custom(func(t *rapid.T) []byte {
	return rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 9, 'a', 255}), 0, 3).Draw(t, "key")
})

func (m *model) commit(t *rapid.T) {
	c := journal.Commit{At: m.last() + clock.Time(rapid.IntRange(1, 9).Draw(t, "gap"))}
	for _, key := range rapid.SliceOfNDistinct(modelKey, 0, 5, func(k []byte) string { return string(k) }).Draw(t, "keys") {
		w := journal.Write{Key: key, Deleted: rapid.IntRange(0, 3).Draw(t, "delete") == 0}
		if !w.Deleted {
			w.Value = fmt.Appendf(nil, "%d", c.At)[:rapid.IntRange(0, 1).Draw(t, "length")]
			w.Value = append(w.Value, fmt.Sprint(c.At)...)
		}
		c.Writes = append(c.Writes, w)
	}
	m.entries = append(m.entries, journal.Entry{Position: journal.Position(len(m.entries) + 1), Commit: c})
	m.since = append(m.since, m.clock.now)
}

func (m *model) compare(t *rapid.T) {
	if m.store.Applied() != m.last() {
		t.Fatalf("applied %d, journal %d", m.store.Applied(), m.last())
	}
	at := clock.Time(rapid.Int64Range(int64(m.oldest()), int64(m.last())).Draw(t, "at"))
	snapshot, err := m.store.Snapshot(at)
	if err != nil {
		t.Fatalf("snapshot at %d, oldest %d: %v", at, m.oldest(), err)
	}
	defer snapshot.Close()
	keys, values := m.state(at)
	span := Span{Start: modelKey.Draw(t, "start"), End: modelKey.Draw(t, "end"), Reverse: rapid.Bool().Draw(t, "reverse")}
	want := []string{}
	for _, k := range keys {
		if k >= string(span.Start) && (len(span.End) == 0 || k < string(span.End)) {
			want = append(want, fmt.Sprintf("%x=%s", k, values[k]))
		}
	}
	if span.Reverse {
		slices.Reverse(want)
	}
	got := []string{}
	it := snapshot.Scan(span)
	for it.Next() {
		got = append(got, fmt.Sprintf("%x=%s", it.Key(), it.Value()))
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("scan %v at %d: %v, want %v", span, at, got, want)
	}
	key := modelKey.Draw(t, "get")
	value, ok, err := snapshot.Get(nil, key)
	wantValue, wantOK := values[string(key)]
	if err != nil || ok != wantOK || string(value) != wantValue {
		t.Fatalf("get %x at %d: %s %v %v, want %s %v", key, at, value, ok, err, wantValue, wantOK)
	}
}

// Whatever happens between applies — flushes, sweeps, restarts, crashes — every snapshot within the age limit shows what the journal says.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{clock: &stoppedClock{now: 1000}, fs: vfs.NewCrashableMem(), rowBytes: rapid.SampledFrom([]int64{-1, 4 << 20}).Draw(t, "row bytes")}
		if rapid.Bool().Draw(t, "encrypted") {
			m.key = sealed.NewKey()
		}
		m.open(t)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "crash seed"), 0))
		t.Repeat(map[string]func(*rapid.T){
			"commit": func(t *rapid.T) {
				for range rapid.IntRange(1, 8).Draw(t, "commits") {
					m.commit(t)
				}
				m.replay(t)
			},
			"again": func(t *rapid.T) { // delivered twice
				if err := m.store.Apply(m.entries); err != nil {
					t.Fatal(err)
				}
			},
			"flush": func(t *rapid.T) {
				if err := m.store.Flush(); err != nil {
					t.Fatal(err)
				}
				if m.store.Durable() != m.store.Position() {
					t.Fatalf("durable %d, applied %d", m.store.Durable(), m.store.Position())
				}
			},
			"sweep": func(t *rapid.T) {
				m.clock.now += clock.Time(rapid.IntRange(0, 2*modelAge).Draw(t, "time"))
				if err := m.store.Sweep(context.Background()); err != nil {
					t.Fatal(err)
				}
			},
			"restart": func(t *rapid.T) {
				if err := m.store.Close(); err != nil {
					t.Fatal(err)
				}
				m.open(t)
				m.replay(t)
			},
			"crash": func(t *rapid.T) {
				durable := m.store.Durable()
				clone := m.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rapid.IntRange(0, 100).Draw(t, "kept"), RNG: random})
				if err := m.store.Close(); err != nil {
					t.Fatal(err)
				}
				m.fs = clone
				m.open(t)
				if m.store.Position() < durable {
					t.Fatalf("found %d, promised %d", m.store.Position(), durable)
				}
				m.replay(t)
			},
			"": m.compare,
		})
		if err := m.store.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// I3: a snapshot that is not complete is refused.
func TestSnapshotBeforeItIsComplete(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem(), AgeLimit: time.Hour, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Snapshot(1); !errors.Is(err, ErrIncomplete) {
		t.Fatal(err)
	}
	if _, err := s.Snapshot(0); err != nil {
		t.Fatal(err)
	}
}

// I1, I10: a commit that does not follow the one before stops the store.
func TestApplyOutOfOrderPanics(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem(), Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Apply([]journal.Entry{{Position: 1, Commit: journal.Commit{At: 5}}}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a commit at the same time was applied")
		}
	}()
	_ = s.Apply([]journal.Entry{{Position: 2, Commit: journal.Commit{At: 5}}})
}
