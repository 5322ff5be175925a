package raft

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// commitNo is the n-th commit of a test: everything in it follows from n.
func commitNo(n int) journal.Commit {
	c := journal.Commit{Start: clock.Time(10*n - 5), At: clock.Time(10 * n)}
	binary.BigEndian.PutUint64(c.ID[:], uint64(n))
	for i := range 1 + n%3 {
		key := fmt.Appendf(nil, "key %d of commit %d", i, n)
		c.Writes = append(c.Writes, journal.Write{Key: key, Value: make([]byte, n*7%300)})
		c.Marks = append(c.Marks, journal.Mark{Key: key, Strength: journal.Replace})
	}
	return c
}

// append records commits from to to and waits.
func appendCommits(j journal.Journal, epoch journal.Epoch, from, to int) (journal.Position, error) {
	type result struct {
		p   journal.Position
		err error
	}
	var commits []journal.Commit
	for n := from; n <= to; n++ {
		commits = append(commits, commitNo(n))
	}
	done := make(chan result, 1)
	j.Append(epoch, commits, func(p journal.Position, err error) { done <- result{p, err} })
	r := <-done
	return r.p, r.err
}

var errEnough = errors.New("enough")

// readAllCommits reads the records after the position and checks that they are the test's commits.
func readAllCommits(j journal.Journal, after journal.Position) (int, error) {
	last := j.Last()
	if last <= after {
		return 0, nil
	}
	count := 0
	err := j.Read(context.Background(), after, func(entries []journal.Entry) error {
		for _, e := range entries {
			after++
			count++
			if e.Position != after {
				return fmt.Errorf("position %d follows %d", e.Position, after-1)
			}
			if want := commitNo(int(e.Position)); !reflect.DeepEqual(e.Commit, want) {
				return fmt.Errorf("position %d holds %+v", e.Position, e.Commit)
			}
		}
		if after >= last {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		return count, err
	}
	return count, nil
}

func mustOpen(t testing.TB, fs vfs.FS, segmentBytes int64) *Journal {
	t.Helper()
	j, err := Open("dir", Options{FS: fs, SegmentBytes: segmentBytes, TailBytes: 2000, inline: true})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// What was appended is read back in order: from memory, from segments, and after restarts, through many segments.
func TestAppendReadRestart(t *testing.T) {
	fs := vfs.NewMem()
	n := 0
	for round := range 4 {
		j := mustOpen(t, fs, 8<<10)
		if int(j.Last()) != n {
			t.Fatalf("round %d: last is %d, want %d", round, j.Last(), n)
		}
		epoch, err := j.Own(context.Background())
		if err != nil || int(epoch) != round+1 {
			t.Fatalf("round %d: epoch %d, %v", round, epoch, err)
		}
		for range 40 {
			size := 1 + rand.IntN(4)
			p, err := appendCommits(j, epoch, n+1, n+size)
			if n += size; err != nil || int(p) != n {
				t.Fatalf("append through %d: position %d, %v", n, p, err)
			}
		}
		for range 10 {
			after := rand.IntN(n)
			if count, err := readAllCommits(j, journal.Position(after)); err != nil || count != n-after {
				t.Fatalf("read after %d: %d of %d, %v", after, count, n-after, err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// An owner's appends fail once somebody else owns, and leave nothing behind.
func TestFencing(t *testing.T) {
	j := mustOpen(t, vfs.NewMem(), 1<<20)
	defer j.Close()
	ctx := context.Background()
	first, _ := j.Own(ctx)
	if _, err := appendCommits(j, first, 1, 2); err != nil {
		t.Fatal(err)
	}
	second, err := j.Own(ctx)
	if err != nil || second <= first {
		t.Fatalf("epoch %d after %d, %v", second, first, err)
	}
	if _, err := appendCommits(j, first, 3, 3); !errors.Is(err, journal.ErrFenced) {
		t.Fatalf("append of an ended epoch: %v", err)
	}
	if p, err := appendCommits(j, second, 3, 3); err != nil || p != 3 {
		t.Fatalf("append of the new epoch: %d, %v", p, err)
	}
	if count, err := readAllCommits(j, 0); count != 3 || err != nil {
		t.Fatalf("%d, %v", count, err)
	}
}

// An owner whose times go back is stopped before anything is written: such a record could never be read again.
func TestTimesGoBack(t *testing.T) {
	fs := vfs.NewMem()
	j := mustOpen(t, fs, 1<<20)
	first, _ := j.Own(context.Background())
	if _, err := appendCommits(j, first, 5, 5); err != nil {
		t.Fatal(err)
	}
	second, _ := j.Own(context.Background())
	for _, n := range []int{4, 5} {
		func() {
			defer func() {
				if recover() == nil {
					t.Fatalf("commit %d was taken after commit 5", n)
				}
			}()
			j.Append(second, []journal.Commit{commitNo(n)}, func(journal.Position, error) {})
		}()
	}
	if _, err := appendCommits(j, first, 4, 4); !errors.Is(err, journal.ErrFenced) {
		t.Fatal(err)
	}
	if p, err := appendCommits(j, second, 6, 6); p != 2 || err != nil {
		t.Fatal(p, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = mustOpen(t, fs, 1<<20)
	if j.Last() != 2 {
		t.Fatal(j.Last())
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// Trimming removes files, keeps the newest commit, reuses files, and what is gone is ErrTrimmed, after a restart too.
func TestTrim(t *testing.T) {
	fs := vfs.NewMem()
	j := mustOpen(t, fs, 8<<10)
	epoch, _ := j.Own(context.Background())
	n := 0
	for round := range 20 {
		for range 30 {
			n++
			if _, err := appendCommits(j, epoch, n, n); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Trim(journal.Position(n)); err != nil {
			t.Fatal(err)
		}
		if s := j.Stats().Segments; s > 3 {
			t.Fatalf("%d segments after a trim through everything", s)
		}
		if round%5 == 4 {
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			j = mustOpen(t, fs, 8<<10)
			epoch, _ = j.Own(context.Background())
		}
		if _, err := readAllCommits(j, 0); !errors.Is(err, journal.ErrTrimmed) {
			t.Fatalf("read of trimmed records: %v", err)
		}
		after, err := j.Since(clock.Time(10 * n))
		if err != nil || after >= journal.Position(n) {
			t.Fatalf("since %d: %d, %v: the newest commit must be held", 10*n, after, err)
		}
		if count, err := readAllCommits(j, after); err != nil || count != n-int(after) {
			t.Fatalf("read after %d: %d, %v", after, count, err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// Since never skips a record later than asked, whatever is held.
func TestSince(t *testing.T) {
	j := mustOpen(t, vfs.NewMem(), 4<<10)
	defer j.Close()
	epoch, _ := j.Own(context.Background())
	if p, err := j.Since(5); p != 0 || err != nil {
		t.Fatalf("empty journal: %d, %v", p, err)
	}
	if _, err := appendCommits(j, epoch, 1, 10); err != nil {
		t.Fatal(err)
	}
	for n := 11; n <= 200; n++ {
		if _, err := appendCommits(j, epoch, n, n); err != nil {
			t.Fatal(err)
		}
	}
	for at := range 2010 {
		want := max(at/10-1, 0) // the newest record at or before is delivered too
		if p, err := j.Since(clock.Time(at)); err != nil || int(p) > want {
			t.Fatalf("since %d: %d is after %d, %v", at, p, want, err)
		}
	}
}

// A reader gets new records as they become durable, and an end when the journal closes.
func TestReadFollows(t *testing.T) {
	j := mustOpen(t, vfs.NewMem(), 1<<20)
	epoch, _ := j.Own(context.Background())
	got := make(chan journal.Position, 100)
	ended := make(chan error)
	go func() {
		ended <- j.Read(context.Background(), 0, func(entries []journal.Entry) error {
			for _, e := range entries {
				got <- e.Position
			}
			return nil
		})
	}()
	for n := 1; n <= 50; n++ {
		if _, err := appendCommits(j, epoch, n, n); err != nil {
			t.Fatal(err)
		}
		if p := <-got; int(p) != n {
			t.Fatalf("got %d, want %d", p, n)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, journal.ErrClosed) {
		t.Fatal(err)
	}
	if _, err := j.Own(context.Background()); !errors.Is(err, journal.ErrClosed) {
		t.Fatal(err)
	}
	if _, err := appendCommits(j, epoch, 51, 51); !errors.Is(err, journal.ErrClosed) {
		t.Fatal(err)
	}
}

// A directory in use is refused, on the machine's own file system.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	j, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); err == nil {
		t.Fatal("opened twice")
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if j, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// A commit larger than a segment gets a larger segment.
func TestLargeCommit(t *testing.T) {
	fs := vfs.NewMem()
	j := mustOpen(t, fs, 4<<10)
	epoch, _ := j.Own(context.Background())
	c := commitNo(1)
	c.Writes[0].Value = make([]byte, 3<<20)
	done := make(chan error, 1)
	j.Append(epoch, []journal.Commit{c}, func(_ journal.Position, err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for n := 2; n < 30; n++ {
		if _, err := appendCommits(j, epoch, n, n); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = mustOpen(t, fs, 4<<10)
	defer j.Close()
	if count, err := readAllCommits(j, 1); count != 28 || err != nil {
		t.Fatalf("%d, %v", count, err)
	}
}
