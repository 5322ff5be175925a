package storage

import (
	"context"
	"fmt"
	"time"
)

// Flush writes everything applied so far to disk and moves Durable.
func (s *Store) Flush() error {
	if s.closed.Load() {
		return ErrClosed
	}
	if s.Position() > s.Durable() {
		if err := s.db.Flush(); err != nil {
			return fmt.Errorf("flush: %w", err)
		}
	}
	return s.noteDurable()
}

// lastFlush writes what can be written before the end. The engine repeats a flush that fails for ever; here the first failure ends the wait: what is
// not on disk is in the journal and will be applied again.
func (s *Store) lastFlush() error {
	select {
	case <-s.failed: // of the past
	default:
	}
	flushed, err := s.db.AsyncFlush()
	if err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	select {
	case <-flushed:
		return nil
	case err := <-s.failed:
		return fmt.Errorf("flush: %w", err)
	}
}

// noteDurable reads from the engine which commits are in its files. A file holds a prefix of what was applied, because the record of the
// applied position was written in the same batch as the commit.
func (s *Store) noteDurable() error {
	a, err := s.readApplied(true)
	if err != nil {
		return fmt.Errorf("read durable position: %w", err)
	}
	s.durable.Store(max(uint64(a.Position), s.durable.Load()))
	s.recent.forget(a.Position)
	return nil
}

// flushInBackground bounds the journal that a restart would replay, and lets go of idle cursors that keep flushed memory alive.
func (s *Store) flushInBackground(ctx context.Context) {
	ticker := time.NewTicker(s.options.FlushEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if s.Position() > s.Durable() {
				if _, err := s.db.AsyncFlush(); err != nil {
					s.log.Error("storage could not start a flush", "error", err)
				}
			}
		case <-s.flushed:
			if err := s.purgeCursors(); err != nil {
				s.log.Error("storage could not close idle cursors", "error", err)
			}
			if err := s.noteDurable(); err != nil {
				s.log.Error("storage could not read its durable position", "error", err)
			}
		}
	}
}
