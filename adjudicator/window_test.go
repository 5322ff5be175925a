package adjudicator

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

func id(n int) (id journal.ID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n)+1)
	return id
}

func mark(key string, s journal.Strength) journal.Mark {
	return journal.Mark{Key: []byte(key), Strength: s}
}

// Two marks of concurrent transactions conflict when their strengths add up to 2: the service's matrix.
func TestConflictMatrix(t *testing.T) {
	conflict := [3][3]bool{
		journal.KeyShare: {false, false, true},
		journal.Change:   {false, true, true},
		journal.Replace:  {true, true, true},
	}
	for first := range journal.Replace + 1 {
		for second := range journal.Replace + 1 {
			for _, concurrent := range []bool{true, false} {
				w := NewWindow(time.Minute, 1000)
				d, err := w.Decide(&Candidate{ID: id(1), Start: 5, Marks: []journal.Mark{mark("k", first), mark("other", 2)}}, 10)
				if err != nil || d.At != 10 || d.Position != 1 {
					t.Fatalf("first: %+v, %v", d, err)
				}
				start := clock.Time(10)
				if concurrent {
					start = 9
				}
				_, err = w.Decide(&Candidate{ID: id(2), Start: start, Marks: []journal.Mark{mark("free", 2), mark("k", second)}}, 20)
				if got := err != nil; got != (concurrent && conflict[first][second]) {
					t.Fatalf("strength %d then %d, concurrent %t: %v", first, second, concurrent, err)
				}
				var c *ConflictError
				if err != nil && (!errors.Is(err, ErrConflict) || errors.Is(err, ErrStaleRead) || !errors.As(err, &c) ||
					string(c.Key) != "k" || c.With != id(1) || c.At != 10) {
					t.Fatalf("wrong details: %v", err)
				}
			}
		}
	}
}

// A key relied on must not have been changed; that somebody else shared it does not matter, and relying publishes nothing.
func TestReads(t *testing.T) {
	for s, stale := range []bool{journal.KeyShare: false, journal.Change: true, journal.Replace: true} {
		w := NewWindow(time.Minute, 1000)
		decide := func(n int, c Candidate) error {
			c.ID = id(n)
			_, err := w.Decide(&c, clock.Time(10*n))
			return err
		}
		if err := decide(1, Candidate{Marks: []journal.Mark{mark("catalog", journal.Strength(s))}}); err != nil {
			t.Fatal(err)
		}
		err := decide(2, Candidate{Start: 5, Reads: [][]byte{[]byte("catalog")}})
		if (err != nil) != stale || stale && (!errors.Is(err, ErrStaleRead) || errors.Is(err, ErrConflict)) {
			t.Fatalf("strength %d: %v", s, err)
		}
		if err := decide(3, Candidate{Start: 10, Reads: [][]byte{[]byte("catalog")}}); err != nil {
			t.Fatalf("read of the newest: %v", err)
		}
		if err := decide(4, Candidate{Start: 10, Marks: []journal.Mark{mark("catalog", 2)}}); err != nil {
			t.Fatalf("change beside a reader: %v", err)
		}
	}
}

// Commit times increase whatever the clock says, lie after the start and after every seal.
func TestTimesIncrease(t *testing.T) {
	w := NewWindow(time.Minute, 1000)
	last := clock.Time(0)
	for i, c := range []struct{ now, start, seal, want clock.Time }{
		{now: 100, want: 100}, {now: 100, want: 101}, {now: 50, want: 102}, {now: 50, start: 200, want: 201},
		{now: 0, seal: 300, want: 301}, {now: 302, seal: 250, want: 302},
	} {
		w.Seal(c.seal)
		d, err := w.Decide(&Candidate{ID: id(i), Start: c.start}, c.now)
		if err != nil || d.At != c.want || d.At <= last || d.Position != journal.Position(i+1) {
			t.Fatalf("case %d: %+v, %v", i, d, err)
		}
		last = d.At
	}
}

// The same question gets the same answer, even when the answer would be another now.
func TestAskedAgain(t *testing.T) {
	w := NewWindow(time.Minute, 1000)
	c := Candidate{ID: id(1), Start: 1, Marks: []journal.Mark{mark("k", 2)}}
	first, err := w.Decide(&c, 10)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.Decide(&c, 99)
	if err != nil || again.At != first.At || again.Position != first.Position || !again.Again {
		t.Fatalf("%+v, %v", again, err)
	}
}

// Snapshots older than what the window remembers are refused; age alone is no reason while nobody else commits.
func TestHorizon(t *testing.T) {
	w := NewWindow(100, 1000)
	decide := func(n int, start, now clock.Time) error {
		_, err := w.Decide(&Candidate{ID: id(n), Start: start, Marks: []journal.Mark{mark(fmt.Sprint(n), 2)}}, now)
		return err
	}
	for n, at := range []clock.Time{10, 20, 30} {
		if err := decide(n, 0, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := decide(3, 30, 1000); err != nil {
		t.Fatalf("the newest snapshot, though old: %v", err)
	}
	if w.Horizon() != 30 || w.Keys() != 1 || w.Keep() != 3 {
		t.Fatalf("horizon %d, %d keys, keep %d", w.Horizon(), w.Keys(), w.Keep())
	}
	if err := decide(4, 30, 1000); err != nil {
		t.Fatalf("snapshot at the horizon: %v", err)
	}
	if err := decide(5, 29, 1000); !errors.Is(err, ErrTooOld) {
		t.Fatalf("snapshot before the horizon: %v", err)
	}
	if _, err := w.Decide(&Candidate{ID: id(0), Start: 5, Asked: true}, 1000); !errors.Is(err, ErrUnknownOutcome) {
		t.Fatalf("a forgotten commit, asked again: %v", err)
	}
}

// The window is bounded: too many marks move the horizon, and who loses by that is told to retry.
func TestBound(t *testing.T) {
	w := NewWindow(time.Hour, 100)
	for n := range 1000 {
		c := Candidate{ID: id(n), Start: clock.Time(1000 + n), Marks: []journal.Mark{mark(fmt.Sprint(n), 2), mark(fmt.Sprint(n, "b"), 1)}}
		if _, err := w.Decide(&c, clock.Time(1001+n)); err != nil {
			t.Fatal(err)
		}
		if size := w.hashes.len() + w.records.len(); size > 100 || len(w.byID) != w.records.len() || w.Keys() > 100 {
			t.Fatalf("%d remembered, %d keys", size, w.Keys())
		}
	}
	if _, err := w.Decide(&Candidate{ID: id(5000), Start: 1500}, 2001); !errors.Is(err, ErrConflict) {
		t.Fatal(err)
	}
}

// After a burst the window gives its memory back and still decides the same.
func TestShrink(t *testing.T) {
	w := NewWindow(1000, 1<<20)
	const burst = 100_000
	for n := range burst {
		c := Candidate{ID: id(n), Start: clock.Time(n), Marks: []journal.Mark{mark(fmt.Sprint(n), 2)}}
		if _, err := w.Decide(&c, clock.Time(n+1)); err != nil {
			t.Fatal(err)
		}
		if n%1000 == 0 {
			w.Forget(0, 1) // nothing is old enough
		}
	}
	for w.Old(burst + 900) {
		w.Forget(burst+900, 2000)
	}
	before := w.Keys()
	w.peak = max(w.peak, peakMin)
	w.Shrink()
	if w.Keys() != before || w.peak >= peakMin || w.records.len() != before {
		t.Fatalf("%d keys, %d records, before %d; peak %d", w.Keys(), w.records.len(), before, w.peak)
	}
	if _, err := w.Decide(&Candidate{ID: id(burst + 1), Start: burst - 1, Marks: []journal.Mark{mark(fmt.Sprint(burst-1), 2)}}, burst); !errors.Is(err, ErrConflict) {
		t.Fatal(err)
	}
	if d, err := w.Decide(&Candidate{ID: id(burst - 50), Start: burst - 60}, burst); err != nil || !d.Again || d.At != burst-49 || d.Position != burst-49 {
		t.Fatalf("%+v, %v", d, err)
	}
}

// history is the window without any cleverness.
type history []journal.Commit

func (h history) decide(c *Candidate, horizon clock.Time) (error, bool) {
	for _, old := range h {
		if old.ID == c.ID {
			return nil, true
		}
	}
	if c.Start < horizon {
		return ErrTooOld, false
	}
	for _, old := range h {
		for _, m := range old.Marks {
			for _, key := range c.Reads {
				if old.At > c.Start && string(key) == string(m.Key) && m.Strength >= journal.Change {
					return ErrStaleRead, false
				}
			}
		}
	}
	for _, old := range h {
		for _, m := range old.Marks {
			for _, mine := range c.Marks {
				if old.At > c.Start && string(mine.Key) == string(m.Key) && m.Strength+mine.Strength >= 2 {
					return ErrConflict, false
				}
			}
		}
	}
	return nil, false
}

func randomCandidate(r *rand.Rand, n int, now clock.Time) Candidate {
	c := Candidate{ID: id(n), Start: now - clock.Time(r.IntN(120))}
	for range r.IntN(4) {
		c.Marks = append(c.Marks, mark(fmt.Sprint(r.IntN(12)), journal.Strength(r.IntN(3))))
	}
	for range r.IntN(2) {
		c.Reads = append(c.Reads, []byte(fmt.Sprint(r.IntN(12))))
	}
	return c
}

// The window decides like a history that forgets nothing, and a window rebuilt from the records decides like the one that
// made them.
func TestAgainstHistory(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 7))
		w, h := NewWindow(100, 1<<20), history{}
		var asked []Candidate
		for n := range 200 {
			now := clock.Time(5 * n)
			c := randomCandidate(r, n, now)
			if len(asked) > 0 && r.IntN(10) == 0 {
				c = asked[r.IntN(len(asked))]
			}
			asked = append(asked, c)
			if r.IntN(25) == 0 {
				w = rebuilt(h, now)
			}
			wantErr, again := h.decide(&c, w.Horizon())
			d, err := w.Decide(&c, now)
			if !errors.Is(err, wantErr) && !(wantErr == ErrTooOld && err != nil) {
				if again && c.Start < w.Horizon() { // forgotten, which only moves a yes to a refusal
					continue
				}
				t.Fatalf("seed %d, candidate %d: %v, want %v", seed, n, err, wantErr)
			}
			if err == nil && !d.Again {
				h = append(h, journal.Commit{ID: c.ID, Start: c.Start, At: d.At, Marks: c.Marks})
			}
		}
	}
}

func rebuilt(h history, now clock.Time) *Window {
	w := NewWindow(100, 1<<20)
	for i, c := range h {
		w.Record(journal.Entry{Position: journal.Position(i + 1), Commit: c})
	}
	w.Forget(now, len(h))
	return w
}

func BenchmarkDecide(b *testing.B) {
	for _, marks := range []int{1, 3, 100} {
		b.Run(fmt.Sprintf("marks=%d", marks), func(b *testing.B) {
			w := NewWindow(300*time.Second, 1<<20)
			now := clock.Time(1 << 60)
			c := Candidate{Reads: [][]byte{[]byte("catalog version")}}
			keys := make([]byte, marks*24)
			for i := range marks {
				c.Marks = append(c.Marks, journal.Mark{Key: keys[i*24 : i*24+24], Strength: journal.Change})
			}
			n := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				n++
				now += clock.Time(100 * time.Microsecond)
				binary.LittleEndian.PutUint64(c.ID[:], n)
				c.Start = now - 1
				for i := range marks {
					binary.LittleEndian.PutUint64(keys[i*24:], (n*uint64(marks)+uint64(i))*0x9e3779b97f4a7c15>>40)
				}
				if _, err := w.Decide(&c, now); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*marks), "ns/mark")
		})
	}
}
