package storage

import (
	"sync/atomic"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// Watch remembers when a key was last written. Safe for concurrent use.
type Watch struct {
	key  string
	last atomic.Int64
}

// Changed is the time of the newest applied commit that wrote the key. Before the first one it is when the watch began, or earlier. A commit that a snapshot
// can see counts already.
func (w *Watch) Changed() clock.Time { return clock.Time(w.last.Load()) }

// Watch begins to watch a key, until the store is closed. Watches are few: every write is compared with each.
func (s *Store) Watch(key []byte) *Watch {
	s.blocks.applying.Lock()
	defer s.blocks.applying.Unlock()
	w := &Watch{key: string(key)}
	w.last.Store(int64(s.Applied()))
	s.watches = append(s.watches, w)
	return w
}

// note tells the watches of a commit before anybody can see it.
func (s *Store) note(c *journal.Commit) {
	for _, w := range s.watches {
		for i := range c.Writes {
			if string(c.Writes[i].Key) == w.key {
				w.last.Store(int64(c.At))
			}
		}
	}
}
