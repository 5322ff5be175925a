package sim

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/storage"
)

// state is what a replica keeps: package storage, or a map that follows the same contract.
type state interface {
	Apply(entries []journal.Entry) error
	Applied() clock.Time
	Position() journal.Position
	Durable() journal.Position
	read(at clock.Time, key string) (value string, found bool, err error)
	flush() error
	crash() error // loses what was not flushed
	close()
}

// errUnreached: the snapshot is not complete here, or no longer.
var errUnreached = errors.New("sim: snapshot is not complete")

// replica applies the journal's records in pieces, behind the others, and crashes.
type replica struct {
	world *World
	state state
}

func newReplica(w *World, number int) (*replica, error) {
	r := &replica{world: w, state: &mapState{world: w, keys: map[string][]version{}}}
	if w.settings.RealStorage {
		s := &storageState{world: w, fs: vfs.NewCrashableMem(), dir: fmt.Sprint("replica", number)}
		if err := s.open(); err != nil {
			return nil, err
		}
		r.state = s
	}
	return r, nil
}

// deliver applies what the journal has, or a part of it, and comes back.
func (r *replica) deliver() {
	w := r.world
	if w.over() {
		return
	}
	w.after(5+w.chance(60), r.deliver)
	switch w.chance(60) {
	case 0:
		w.Counts.Crashes++
		if err := r.state.crash(); err != nil {
			w.broken("replica crashes: %v", err)
			return
		}
	case 1, 2, 3:
		if err := r.state.flush(); err != nil {
			w.broken("replica flushes: %v", err)
			return
		}
		w.trim()
	}
	from := r.state.Position()
	if from < w.journal.trimmed {
		w.broken("replica is at %d, trimmed through %d", from, w.journal.trimmed)
		return
	}
	n := min(int(w.journal.Last()-from), 1+w.chance(12))
	if n <= 0 {
		return
	}
	if from > 0 && w.chance(8) == 0 {
		from-- // deliver one twice
		n++
		if from < w.journal.trimmed {
			return
		}
	}
	entries := append([]journal.Entry(nil), w.journal.history[from:int(from)+n]...)
	if w.settings.Plants.ReplicaSkips && w.chance(30) == 0 {
		entries[0].Commit.Writes = nil
	}
	if err := r.state.Apply(entries); err != nil {
		w.broken("replica applies: %v", err)
	}
}

// trim lets the journal forget what every replica has and no owner needs.
func (w *World) trim() {
	through := w.journal.Last()
	for _, r := range w.replicas {
		through = min(through, r.state.Durable())
	}
	for _, o := range w.owners {
		through = min(through, o.adjudicator.Keep())
	}
	if w.chance(4) == 0 && through > 0 {
		_ = w.journal.Trim(through) // the fake never fails to
	}
}

type version struct {
	at      clock.Time
	value   string
	deleted bool
}

// mapState is the replica in its simplest form. Versions are in time order.
type mapState struct {
	world    *World
	keys     map[string][]version
	position journal.Position
	applied  clock.Time
	durable  journal.Position
	flushed  clock.Time
}

func (s *mapState) Apply(entries []journal.Entry) error {
	for _, e := range entries {
		if e.Position <= s.position {
			continue
		}
		for _, wr := range e.Commit.Writes {
			key := string(wr.Key)
			s.keys[key] = append(s.keys[key], version{e.Commit.At, string(wr.Value), wr.Deleted})
		}
		s.position, s.applied = e.Position, e.Commit.At
	}
	return nil
}

func (s *mapState) Applied() clock.Time        { return s.applied }
func (s *mapState) Position() journal.Position { return s.position }
func (s *mapState) Durable() journal.Position  { return s.durable }
func (s *mapState) close()                     {}

func (s *mapState) read(at clock.Time, key string) (string, bool, error) {
	if at > s.applied && !s.world.settings.Plants.ServedEarly {
		return "", false, errUnreached
	}
	v, found := newestAt(s.keys[key], at)
	return v, found, nil
}

// newestAt finds what a key was at a time.
func newestAt(versions []version, at clock.Time) (string, bool) {
	i := sort.Search(len(versions), func(i int) bool { return versions[i].at > at })
	if i == 0 || versions[i-1].deleted {
		return "", false
	}
	return versions[i-1].value, true
}

func (s *mapState) flush() error {
	s.durable, s.flushed = s.position, s.applied
	return nil
}

func (s *mapState) crash() error {
	for key, versions := range s.keys { // order does not matter: each key is cut on its own
		i := sort.Search(len(versions), func(i int) bool { return versions[i].at > s.flushed })
		s.keys[key] = versions[:i]
	}
	if !s.world.settings.Plants.ReplicaForgets {
		s.position, s.applied = s.durable, s.flushed
	}
	return nil
}

// storageState is the replica with the real storage on a file system in memory.
type storageState struct {
	*storage.Store
	world *World
	fs    *vfs.MemFS
	dir   string
}

func (s *storageState) open() (err error) {
	s.Store, err = storage.Open(s.dir, storage.Options{
		FS: s.fs, Clock: s.world, AgeLimit: time.Duration(s.world.ageMax), CacheSizes: storage.CacheSizes{FileBytes: 1 << 20}, MemtableBytes: 256 << 10, Manual: true,
	})
	return err
}

func (s *storageState) read(at clock.Time, key string) (string, bool, error) {
	snapshot, err := s.Snapshot(at)
	if err == nil {
		var value []byte
		var found bool
		value, found, err = snapshot.Get(nil, []byte(key))
		text := string(value)
		if closeErr := snapshot.Close(); err == nil {
			err = closeErr
		}
		if err == nil {
			return text, found, nil
		}
	}
	if errors.Is(err, storage.ErrIncomplete) || errors.Is(err, storage.ErrTooOld) {
		return "", false, errUnreached
	}
	return "", false, err
}

// flush also removes the versions that no snapshot within the age limit can need.
func (s *storageState) flush() error {
	if err := s.Flush(); err != nil {
		return err
	}
	return s.Sweep(context.Background())
}

func (s *storageState) crash() error {
	fs := s.fs.CrashClone(vfs.CrashCloneCfg{})
	if err := s.Store.Close(); err != nil {
		return err
	}
	s.fs = fs
	return s.open()
}

func (s *storageState) close() {
	if err := s.Store.Close(); err != nil {
		panic(err)
	}
}
