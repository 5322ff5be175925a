package iam

import (
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// followed is the registry file a store follows. Its zero value follows nothing.
type followed struct {
	path string
	log  *slog.Logger

	mu   sync.Mutex // held while the file is looked at
	seen *sight     // nil: to be read in any case
}

// sight is what a look at a file has shown.
type sight struct {
	info fs.FileInfo // nil when there was an error
	err  error
}

// same tells whether nothing has changed between two looks.
func (a *sight) same(b *sight) bool {
	switch {
	case a == nil:
		return false
	case a.err != nil || b.err != nil:
		return a.err != nil && b.err != nil && a.err.Error() == b.err.Error()
	}
	return os.SameFile(a.info, b.info) && a.info.Size() == b.info.Size() && a.info.ModTime().Equal(b.info.ModTime())
}

// clockGrain is how long after a change of a file another one may leave its time as it is.
const clockGrain = 50 * time.Millisecond

// Follow makes the principals of a registry file known, now and as it changes:
// every question to the store looks whether it has. A file that becomes wrong is
// logged and changes nothing; one that is wrong now is an error. It may be missing.
func (s *Store) Follow(path string, log *slog.Logger) error {
	registry, err := ReadRegistry(path)
	if err != nil {
		return err
	}
	made, err := registry.compile()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.roster = made
	s.mu.Unlock()
	s.followed.mu.Lock()
	defer s.followed.mu.Unlock()
	s.followed.path, s.followed.log = path, log
	return nil
}

// Declare replaces the registry.
func (s *Store) Declare(r *Registry) error {
	made, err := r.compile()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roster = made
	return nil
}

// refresh reads the registry again if its file has changed.
func (s *Store) refresh() {
	f := &s.followed
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" {
		return
	}
	info, err := os.Stat(f.path)
	now := &sight{info, err}
	if f.seen.same(now) {
		return
	}
	f.seen = now
	if err == nil && time.Since(info.ModTime()) < clockGrain {
		f.seen = nil // what comes right behind could look the same
	}
	if err == nil || os.IsNotExist(err) {
		var registry *Registry
		if registry, err = ReadRegistry(f.path); err == nil {
			err = s.Declare(registry)
		}
	}
	if err != nil && f.log != nil {
		f.log.Error("the registry of principals cannot be used, what was known before still counts", "file", f.path, "error", err)
	}
}
