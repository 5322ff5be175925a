package raft

import (
	"context"
	"sort"

	"github.com/opendsql/opendsql/journal"
)

// entryBytes is about what a commit costs in memory beside its keys and values.
const entryBytes = 160

// tailBatch is the commits of one entry, never changed once readers can see them.
type tailBatch struct {
	entries []journal.Entry
	bytes   int
}

// Read delivers records after the position: the newest ones from memory, as soon as they are durable; older ones from the
// segments, entry by entry.
func (j *Journal) Read(ctx context.Context, after journal.Position, deliver func([]journal.Entry) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		entries, err := j.next(ctx, after)
		if err != nil {
			return err
		}
		if err := deliver(entries); err != nil {
			return err
		}
		after = entries[len(entries)-1].Position
	}
}

// next waits for the records after the position and returns some of them.
func (j *Journal) next(ctx context.Context, after journal.Position) ([]journal.Entry, error) {
	for {
		j.mu.Lock()
		if after < j.last {
			entries := j.fromTail(after + 1)
			j.mu.Unlock()
			if entries != nil {
				return entries, nil
			}
			return j.store.commitsAfter(after)
		}
		if err := j.refuse(); err != nil {
			j.mu.Unlock()
			return nil, err
		}
		changed := j.changed
		j.waiting++
		j.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// fromTail is the rest of the batch that holds the position, if it is in memory; mu is held.
func (j *Journal) fromTail(p journal.Position) []journal.Entry {
	if len(j.tail) == 0 || p < j.tail[0].entries[0].Position {
		return nil
	}
	i := sort.Search(len(j.tail), func(i int) bool { return j.tail[i].entries[0].Position > p }) - 1
	b := j.tail[i].entries
	return b[p-b[0].Position:]
}

// wakeReaders lets readers look again; mu is held.
func (j *Journal) wakeReaders() {
	if j.waiting > 0 {
		close(j.changed)
		j.changed = make(chan struct{})
		j.waiting = 0
	}
}
