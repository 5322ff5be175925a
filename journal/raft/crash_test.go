package raft

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/opendsql/opendsql/internal/sealed"
	"github.com/opendsql/opendsql/journal"
)

// story is a life of a journal on a file system that fails or loses power: what it was told is what must be found later.
type story struct {
	acked   int // commits acknowledged
	tried   int // commits appended, acknowledged or not
	trimmed int // trims asked for, at most

	rng          *rand.Rand // what is done next
	segmentBytes int64
	key          *sealed.Key // of every second story
}

func newStory(seed uint64) *story {
	rng := rand.New(rand.NewPCG(seed, 4))
	s := &story{rng: rng, segmentBytes: 2048 << rng.IntN(3)}
	if seed%2 == 1 {
		s.key = sealed.NewKey()
	}
	return s
}

// live opens the journal, owns, appends, trims, restarts, as long as nothing fails. It keeps the story up to date before
// every step, so that the story is right whenever the power goes.
func (s *story) live(fs vfs.FS) error {
	for range 2 {
		j, err := Open("dir", Options{FS: fs, SegmentBytes: s.segmentBytes, Key: s.key, TailBytes: 1000, inline: true})
		if err != nil {
			return err
		}
		if err := s.use(j); err != nil {
			// Whatever fails once must stop everything after it.
			if _, ownErr := j.Own(context.Background()); ownErr == nil && errors.Is(err, journal.ErrUnknown) {
				return fmt.Errorf("owned after %w", err)
			}
			_ = j.Close() // the first error is the one to tell
			return err
		}
		if err := j.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) use(j *Journal) error {
	s.tried = int(j.Last())
	epoch, err := j.Own(context.Background())
	if err != nil {
		return err
	}
	for i := range 22 {
		n := s.tried + 1 + s.rng.IntN(4)
		from := s.tried + 1
		s.tried = n
		if _, err := appendCommits(j, epoch, from, n); err != nil {
			return err
		}
		s.acked = n
		if i == 4 || i == 20 { // the second time, several segments at once
			s.trimmed = max(0, n-s.rng.IntN(12))
			if err := j.Trim(journal.Position(s.trimmed)); err != nil {
				return err
			}
		}
	}
	return nil
}

// check opens what the crash left and compares it with the story; then it lives on.
func (s *story) check(fs *vfs.MemFS) error {
	j, err := Open("dir", Options{FS: fs, SegmentBytes: 4 << 10, Key: s.key, TailBytes: 1000, inline: true})
	if err != nil {
		return err
	}
	last := int(j.Last())
	if last < s.acked || last > s.tried {
		return fmt.Errorf("%d commits are there, %d were acknowledged and %d tried", last, s.acked, s.tried)
	}
	after := int(j.store.segments[0].base.machine.position)
	if after > max(0, s.trimmed) {
		return fmt.Errorf("commits through %d are gone, trimmed were those through %d", after, s.trimmed)
	}
	if count, err := readAllCommits(j, journal.Position(after)); err != nil || count != last-after {
		return fmt.Errorf("read %d of %d: %w", count, last-after, err)
	}
	again := *s
	again.rng = rand.New(rand.NewPCG(1, 1))
	if err := again.use(j); err != nil {
		return fmt.Errorf("live on: %w", err)
	}
	if count, err := readAllCommits(j, j.store.segments[0].base.machine.position); err != nil {
		return fmt.Errorf("after living on, read %d: %w", count, err)
	}
	return j.Close()
}

// changes says whether an operation can change what is on the disk.
func changes(op errorfs.Op) bool {
	return op.Kind.ReadOrWrite() == errorfs.OpIsWrite
}

// After power loss at any moment, with any part of what was not synced, every acknowledged commit is there, in order,
// exactly once.
func TestPowerLossAnywhere(t *testing.T) {
	for seed := range uint64(2) {
		powerLossAnywhere(t, seed)
	}
}

func powerLossAnywhere(t *testing.T, seed uint64) {
	var points int
	for point := 0; ; point++ {
		mem, s := vfs.NewCrashableMem(), newStory(seed)
		var left []*vfs.MemFS
		var then story
		count := 0
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if changes(op) {
				if count == point {
					rng := rand.New(rand.NewPCG(uint64(point), 1))
					for _, percent := range []int{0, 30, 70, 100} {
						left = append(left, mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng}))
					}
					then = *s
				}
				count++
			}
			return nil
		}))
		if err := s.live(fs); err != nil {
			t.Fatal(err)
		}
		if left == nil {
			points = count
			break
		}
		for i, crashed := range left {
			if err := then.check(crashed); err != nil {
				t.Fatalf("seed %d, power lost before change %d, case %d: %v", seed, point, i, err)
			}
		}
	}
	if points < 100 {
		t.Fatalf("only %d moments", points)
	}
}

// After an error of any write or sync, the voter stops; the restart, with and without power loss, finds every acknowledged
// commit.
func TestErrorAnywhere(t *testing.T) {
	for seed := range uint64(2) {
		errorAnywhere(t, seed)
	}
}

func errorAnywhere(t *testing.T, seed uint64) {
	for point := 0; ; point++ {
		mem, s := vfs.NewCrashableMem(), newStory(seed)
		count, hit := 0, ""
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if !changes(op) {
				return nil
			}
			if count++; count == point+1 {
				hit = fmt.Sprintf("%v of %s", op.Kind, op.Path)
				return errorfs.ErrInjected
			}
			return nil
		}))
		err := s.live(fs)
		if hit == "" {
			if point < 100 {
				t.Fatalf("only %d changes", point)
			}
			return
		}
		// Closing a file or an unlock may fail without harm; whatever stops an append must name its cause.
		if err != nil && !errors.Is(err, errorfs.ErrInjected) && !errors.Is(err, journal.ErrStopped) {
			t.Fatalf("seed %d, error at change %d (%s): %v", seed, point, hit, err)
		}
		rng := rand.New(rand.NewPCG(uint64(point), 2))
		for _, percent := range []int{0, 50, 100} {
			crashed := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng})
			if err := s.check(crashed); err != nil {
				t.Fatalf("seed %d, error at change %d (%s), %d percent of what was not synced: %v", seed, point, hit, percent, err)
			}
		}
	}
}

// fill makes a journal of several segments and returns how many commits it has.
func fill(t *testing.T, fs vfs.FS) int {
	t.Helper()
	j := mustOpen(t, fs, 4<<10)
	epoch, err := j.Own(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 30; n++ {
		if _, err := appendCommits(j, epoch, n, n); err != nil {
			t.Fatal(err)
		}
	}
	if s := j.Stats().Segments; s < 3 {
		t.Fatalf("%d segments", s)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return 30
}

// A flipped bit is never taken for the truth: in the middle it is an error that names the file, in the newest group it is
// a torn tail.
func TestDamage(t *testing.T) {
	clean := vfs.NewCrashableMem()
	n := fill(t, clean)
	names, err := clean.List("dir")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range names {
		number, ok := parseSegmentName(name)
		if !ok {
			continue
		}
		info, err := clean.Stat(clean.PathJoin("dir", name))
		if err != nil {
			t.Fatal(err)
		}
		for at := int64(0); at < info.Size(); at += 97 {
			fs := clean.CrashClone(vfs.CrashCloneCfg{})
			f, err := fs.OpenReadWrite(fs.PathJoin("dir", name), vfs.WriteCategoryUnspecified)
			if err != nil {
				t.Fatal(err)
			}
			var b [1]byte
			if _, err := f.ReadAt(b[:], at); err != nil {
				t.Fatal(err)
			}
			b[0] ^= 0x10
			if _, err := f.WriteAt(b[:], at); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			j, err := Open("dir", Options{FS: fs, SegmentBytes: 4 << 10, inline: true})
			if err != nil {
				if !errors.Is(err, journal.ErrCorrupt) || !strings.Contains(err.Error(), segmentName(number)) {
					t.Fatalf("%s at %d: the error does not name the file: %v", name, at, err)
				}
				found++
				continue
			}
			if int(j.Last()) < n-1 {
				t.Fatalf("%s at %d: %d commits were lost in silence", name, at, n-int(j.Last()))
			}
			if _, err := readAllCommits(j, 0); err != nil {
				t.Fatalf("%s at %d: %v", name, at, err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if found < 50 {
		t.Fatalf("only %d of the damages were found", found)
	}
}

// A missing segment, a missing identity and another format are refused by name.
func TestRefusedDirectories(t *testing.T) {
	for name, change := range map[string]func(fs *vfs.MemFS) error{
		"00000000000000000002.segment": func(fs *vfs.MemFS) error { return fs.Remove("dir/00000000000000000002.segment") },
		"dir/journal":                  func(fs *vfs.MemFS) error { return fs.Remove("dir/journal") },
		"format 7": func(fs *vfs.MemFS) error {
			f, err := fs.Create("dir/journal", vfs.WriteCategoryUnspecified)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(f, identityText, 7, 1); err != nil {
				return err
			}
			return f.Close()
		},
	} {
		fs := vfs.NewMem()
		fill(t, fs)
		if err := change(fs); err != nil {
			t.Fatal(err)
		}
		if _, err := Open("dir", Options{FS: fs}); err == nil || !strings.Contains(err.Error(), name) {
			t.Fatalf("%s: %v", name, err)
		}
	}
}
