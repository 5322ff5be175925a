package raft

import (
	"fmt"

	"github.com/opendsql/opendsql/journal"
)

// run is the journal's goroutine: take what is queued, propose it, settle, tell. It sleeps when nothing is queued.
func (j *Journal) run() {
	defer close(j.ended)
	for {
		batches, more := j.take()
		if !more {
			return
		}
		for i, b := range batches {
			b.put(b.data)
			j.inflight = append(j.inflight, b)
			if err := j.voter.propose(b.data); err != nil {
				j.inflight = append(j.inflight, batches[i+1:]...)
				j.fail(err)
				return
			}
		}
		err := j.voter.settle()
		j.publish()
		if err != nil {
			j.fail(err)
			return
		}
	}
}

// take waits for something to do and returns what fits in one group. After Close it returns false once nothing is left.
func (j *Journal) take() ([]*batch, bool) {
	for {
		j.mu.Lock()
		if len(j.queue) > 0 {
			n, bytes := 0, 0
			for n < len(j.queue) && (n == 0 || bytes+len(j.queue[n].data) <= groupBytesMax) {
				bytes += len(j.queue[n].data)
				n++
			}
			batches := j.queue[:n:n]
			if j.queue = j.queue[n:]; len(j.queue) == 0 {
				j.queue = nil
			}
			j.sizes = len(batches[n-1].data)
			j.mu.Unlock()
			return batches, true
		}
		closing := j.closing
		if closing {
			j.wakeReaders()
		}
		j.mu.Unlock()
		if closing {
			return nil, false
		}
		<-j.wake
	}
}

// applied is told by the voter that a proposal took effect. In a group of one these are this journal's own, in order.
func (j *Journal) applied(p proposal, counts bool, first journal.Position, _ []byte) {
	if len(j.inflight) == 0 || j.inflight[0].nonce != p.nonce {
		panic(fmt.Sprintf("raft: proposal %d took effect, which was not proposed here", p.nonce))
	}
	b := j.inflight[0]
	j.inflight = j.inflight[1:]
	b.counts, b.start = counts, first-1
	if counts {
		for i := range b.entries {
			b.entries[i].Position = first + journal.Position(i)
		}
	}
	b.epoch = j.voter.machine.epoch
	j.finished = append(j.finished, b)
}

// publish makes what took effect visible to readers, then tells those who appended it (I4: the voter has made it durable).
func (j *Journal) publish() {
	j.mu.Lock()
	j.stats.Groups, j.stats.Bytes, j.stats.SyncTime = j.store.groups, j.store.bytes, j.store.syncTime
	for _, b := range j.finished {
		if !b.counts || len(b.entries) == 0 {
			continue
		}
		j.last = b.entries[len(b.entries)-1].Position
		j.stats.Commits += uint64(len(b.entries))
		t := tailBatch{b.entries, len(b.data) + len(b.entries)*entryBytes}
		j.tail = append(j.tail, t)
		j.tailed += t.bytes
	}
	for len(j.tail) > 1 && j.tailed > j.opts.TailBytes {
		j.tailed -= j.tail[0].bytes
		j.tail[0] = tailBatch{}
		j.tail = j.tail[1:]
	}
	followers := j.following(j.finished)
	j.mu.Unlock()
	for _, b := range j.finished {
		for _, w := range b.waiters {
			switch {
			case !b.counts:
				w.done(0, journal.ErrFenced)
			case b.kind == proposeOwn:
				w.done(journal.Position(b.epoch), nil)
			case w.through == 0:
				w.done(b.start, nil)
			default:
				w.done(b.entries[w.through-1].Position, nil)
			}
		}
	}
	for _, f := range followers {
		j.deliver(f, j.finished)
	}
	clear(j.finished)
	j.finished = j.finished[:0]
}

// fail stops the voter for good: nobody knows any more what is on the disk. The next start reads the truth.
func (j *Journal) fail(cause error) {
	j.log.Error("journal stopped, restart to read what is on disk", "error", cause.Error())
	j.mu.Lock()
	j.failure = fmt.Errorf("%w: %w", journal.ErrStopped, cause)
	pending := append(j.inflight, j.queue...)
	j.inflight, j.queue = nil, nil
	j.wakeReaders()
	j.mu.Unlock()
	for _, b := range pending {
		for _, w := range b.waiters {
			w.done(0, fmt.Errorf("%w: %w", journal.ErrUnknown, cause))
		}
	}
}
