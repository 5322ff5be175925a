package raft

import (
	"context"
	"slices"
	"sort"
	"sync"

	"github.com/opendsql/opendsql/journal"
)

// entryBytes is about what a commit costs in memory beside its keys and values.
const entryBytes = 160

// tailBatch is the commits of one entry, never changed once readers can see them.
type tailBatch struct {
	entries []journal.Entry
	bytes   int
}

// Read delivers records after the position: the newest ones as soon as they are durable, from memory; older ones from the
// segments, entry by entry.
func (j *Journal) Read(ctx context.Context, after journal.Position, deliver func([]journal.Entry) error) error {
	f := &follower{deliver: deliver, after: after}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		entries, err := j.next(ctx, f)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			continue
		}
		if err := deliver(entries); err != nil {
			return err
		}
		f.after = entries[len(entries)-1].Position
	}
}

// follower is a reader that has seen everything. While it is among the followers, the journal's goroutine delivers to it what is small: waking
// another goroutine costs more than most commits take to apply.
type follower struct {
	deliver func([]journal.Entry) error
	woken   chan struct{} // closed when it must go on by itself

	mu    sync.Mutex // held while something is delivered
	after journal.Position
	err   error // of deliver
	left  bool  // not among the followers any more
}

// inlineBytesMax bounds what is delivered on the journal's goroutine: the next sync waits for it.
const inlineBytesMax = 32 << 10

// next returns some of the records after the follower's position, if there are any. Else it follows until something else happens than that a
// record was delivered.
func (j *Journal) next(ctx context.Context, f *follower) ([]journal.Entry, error) {
	j.mu.Lock()
	if f.after < j.last {
		entries := j.fromTail(f.after + 1)
		j.mu.Unlock()
		if entries != nil {
			return entries, nil
		}
		return j.store.commitsAfter(f.after)
	}
	if err := j.refuse(); err != nil {
		j.mu.Unlock()
		return nil, err
	}
	f.woken, f.left = make(chan struct{}), false
	j.followers = append(j.followers, f)
	j.mu.Unlock()
	select {
	case <-f.woken:
	case <-ctx.Done():
		j.mu.Lock()
		j.leave(f)
		j.mu.Unlock()
	}
	f.mu.Lock() // nothing is being delivered any more
	defer f.mu.Unlock()
	f.left = true
	return nil, f.err
}

// leave takes a follower off the list, if it is on it; mu is held.
func (j *Journal) leave(f *follower) {
	if i := slices.Index(j.followers, f); i >= 0 {
		j.followers = slices.Delete(j.followers, i, i+1)
	}
}

// wakeReaders makes every follower go on by itself; mu is held.
func (j *Journal) wakeReaders() {
	for _, f := range j.followers {
		close(f.woken)
	}
	j.followers = nil
}

// following are those to whom the batches are to be delivered; they become readers again when the batches are large. mu is held.
func (j *Journal) following(batches []*batch) []*follower {
	bytes := 0
	for _, b := range batches {
		bytes += len(b.data)
	}
	if bytes > inlineBytesMax {
		j.wakeReaders()
	}
	return slices.Clone(j.followers)
}

// deliver gives the batches that took effect to a follower.
func (j *Journal) deliver(f *follower, batches []*batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range batches {
		if f.left || f.err != nil || !b.counts || len(b.entries) == 0 {
			continue
		}
		if f.err = f.deliver(b.entries); f.err == nil {
			f.after = b.entries[len(b.entries)-1].Position
			continue
		}
		j.mu.Lock()
		if slices.Contains(j.followers, f) {
			j.leave(f)
			close(f.woken)
		}
		j.mu.Unlock()
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
