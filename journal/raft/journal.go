package raft

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/internal/sealed"
	"github.com/opendsql/opendsql/journal"
)

// Options are the journal's settings; zero values mean the defaults.
type Options struct {
	FS           vfs.FS // default: the machine's; tests put one in memory here
	SegmentBytes int64  // of the largest segment; default 16 MiB
	TailBytes    int    // of the newest records kept in memory for readers, about; default 4 MiB
	Logger       *slog.Logger
	Key          *sealed.Key // what is written is encrypted with it; nil: it is not

	inline bool
}

// The bounds of group commit.
const (
	batchBytesMax = 1 << 20 // of one entry of the group's log, unless one append alone is larger
	groupBytesMax = 8 << 20 // of one sync, likewise
)

// voterID is this voter in a group of one.
const voterID = 1

// Journal is a voter with the goroutine that drives it. Safe for concurrent use.
type Journal struct {
	opts  Options
	log   *slog.Logger
	lock  io.Closer
	store *store
	wake  chan struct{} // something was queued, or closing began
	ended chan struct{} // the goroutine has ended

	// Used by the goroutine only.
	voter    *voter
	inflight []*batch // proposed, oldest first
	finished []*batch // took effect, not yet published

	mu        sync.Mutex
	queue     []*batch // waits for the goroutine
	coming    machine  // what the machine becomes with all that is queued
	nonce     uint64
	sizes     int // of the newest batch: the next one will be about as large
	last      journal.Position
	tail      []tailBatch // the newest records
	tailed    int         // bytes of tail, about
	stats     Stats
	closing   bool
	failure   error       // set once: why nothing can be appended any more
	followers []*follower // readers that have seen everything
}

// batch is one proposal: the commits of one owner that were queued together, or the wish to own.
type batch struct {
	proposal
	data    []byte
	entries []journal.Entry
	waiters []waiter
	counts  bool
	start   journal.Position // of the newest commit before the batch
}

// waiter is one append of a batch.
type waiter struct {
	done    func(journal.Position, error)
	through int // entries of the batch up to the append's last
}

// Stats count what the journal did.
type Stats struct {
	Commits, Groups uint64        // Commits / Groups is how many commits shared a sync
	Bytes           uint64        // written
	SyncTime        time.Duration // spent in writes and syncs
	Segments        int
}

// Open opens the journal in dir, or makes an empty one. Nobody else can have it open.
func Open(dir string, o Options) (*Journal, error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = 16 << 20
	}
	if o.TailBytes == 0 {
		o.TailBytes = 4 << 20
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	j := &Journal{opts: o, log: o.Logger, wake: make(chan struct{}, 1), ended: make(chan struct{}), nonce: rand.Uint64()}
	if err := j.open(dir); err != nil {
		return nil, fmt.Errorf("open journal %s: %w", dir, err)
	}
	go j.run()
	return j, nil
}

func (j *Journal) open(dir string) (err error) {
	fs := j.opts.FS
	if err := makeDir(fs, dir); err != nil {
		return err
	}
	if j.lock, err = fs.Lock(fs.PathJoin(dir, lockFile)); err != nil {
		return fmt.Errorf("another process uses it: %w", err)
	}
	defer func() {
		if err != nil {
			_ = j.lock.Close() // the first error is the one to tell
		}
	}()
	if j.store, err = openStore(fs, dir, []uint64{voterID}, j.opts); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = j.store.close() // the first error is the one to tell
		}
	}()
	if j.voter, err = newVoter(voterID, j.store, j.log); err != nil {
		return err
	}
	j.voter.applied = j.applied
	if err = j.voter.campaign(); err == nil {
		err = j.voter.settle()
	}
	if err == nil && !j.voter.alone() {
		err = fmt.Errorf("the group has voters %v, this program keeps groups of one", j.store.conf.Voters)
	}
	j.coming, j.last = j.voter.machine, j.voter.machine.position
	return err
}

// makeDir makes the directory, durably.
func makeDir(fs vfs.FS, dir string) error {
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	parent, err := fs.OpenDir(fs.PathDir(dir))
	if err != nil {
		return err
	}
	err = parent.Sync()
	if closeErr := parent.Close(); err == nil {
		err = closeErr
	}
	return err
}

// Append queues the commits; everything queued while a sync runs shares the next one.
func (j *Journal) Append(epoch journal.Epoch, commits []journal.Commit, done func(journal.Position, error)) {
	bytes := 0
	for i := range commits {
		if n := commits[i].Bytes(); n > journal.RecordBytesMax {
			go done(0, fmt.Errorf("journal: commit %x has %d bytes, the most is %d", commits[i].ID, n, journal.RecordBytesMax))
			return
		} else {
			bytes += n
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.refuse(); err != nil {
		go done(0, err)
		return
	}
	b := j.batchFor(proposeCommit, epoch, bytes)
	for i := range commits {
		c := &commits[i]
		if epoch == j.coming.epoch { // I1, before anything is written; appends of other epochs will be fenced
			if c.At <= j.coming.at {
				panic(fmt.Sprintf("raft: commit %x at %d is appended after one at %d", c.ID, c.At, j.coming.at))
			}
			j.coming.at = c.At
		}
		if b.count == 0 {
			b.first = c.At
		}
		b.last = c.At
		b.count++
		b.data = journal.AppendRecord(b.data, c)
		b.entries = append(b.entries, journal.Entry{Commit: *c})
	}
	b.waiters = append(b.waiters, waiter{done, len(b.entries)})
	j.signal()
}

// refuse says why nothing can be appended; mu is held.
func (j *Journal) refuse() error {
	if j.failure != nil {
		return j.failure
	}
	if j.closing {
		return journal.ErrClosed
	}
	return nil
}

// batchFor is the batch that a proposal of so many more bytes joins; mu is held.
func (j *Journal) batchFor(kind byte, epoch journal.Epoch, bytes int) *batch {
	if n := len(j.queue); n > 0 && kind == proposeCommit {
		if b := j.queue[n-1]; b.kind == kind && b.epoch == epoch && len(b.data)+bytes <= batchBytesMax {
			return b
		}
	}
	j.nonce++
	b := &batch{proposal: proposal{kind: kind, epoch: epoch, nonce: j.nonce}}
	b.data = make([]byte, proposalBytes, proposalBytes+max(bytes, min(j.sizes, batchBytesMax)))
	j.queue = append(j.queue, b)
	return b
}

// signal wakes the goroutine; mu is held.
func (j *Journal) signal() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// Own begins a new epoch. Appends of older epochs that were queued before are recorded first, later ones are fenced.
func (j *Journal) Own(ctx context.Context) (journal.Epoch, error) {
	type result struct {
		epoch journal.Position
		err   error
	}
	owned := make(chan result, 1)
	j.mu.Lock()
	if err := j.refuse(); err != nil {
		j.mu.Unlock()
		return 0, err
	}
	b := j.batchFor(proposeOwn, 0, 0)
	j.coming.epoch++
	b.waiters = append(b.waiters, waiter{done: func(p journal.Position, err error) { owned <- result{p, err} }})
	j.signal()
	j.mu.Unlock()
	select {
	case r := <-owned:
		return journal.Epoch(r.epoch), r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Last is the newest durable record's position.
func (j *Journal) Last() journal.Position {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// Since is a position to read from in order to see every record later than t.
func (j *Journal) Since(t clock.Time) (journal.Position, error) {
	j.mu.Lock()
	err := j.refuse()
	j.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return j.store.since(t), nil
}

// Trim removes the segments that hold nothing after the position.
func (j *Journal) Trim(through journal.Position) error {
	j.mu.Lock()
	err := j.refuse()
	j.mu.Unlock()
	if err != nil {
		return err
	}
	return j.store.trim(through)
}

// Stats are the counts so far.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	s := j.stats
	j.mu.Unlock()
	j.store.mu.Lock()
	s.Segments = len(j.store.segments)
	j.store.mu.Unlock()
	return s
}

// Close records what is queued and releases the directory.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closing {
		j.mu.Unlock()
		<-j.ended
		return nil
	}
	j.closing = true
	j.signal()
	j.mu.Unlock()
	<-j.ended
	j.store.trimming.Lock() // a trim that has begun is let to its end
	defer j.store.trimming.Unlock()
	return errors.Join(j.store.close(), j.lock.Close())
}

var _ journal.Journal = (*Journal)(nil)
