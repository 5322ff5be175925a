// Package raft is the consensus group that keeps a journal: today one voter, later three or five.
//
// The promise: what was acknowledged survives the loss of power, in order, exactly once; what was not acknowledged was
// either recorded or not, and the next owner finds out which. A failed write or sync stops the voter for good: every
// pending append is told that its outcome is unknown, every later one is refused, nothing is retried in place. What is on
// disk is the truth, and the next start reads it.
//
// Three plain parts and one goroutine:
//
//   - store: the group's log in preallocated, checksummed segment files, and what a restart makes of them;
//   - machine: what the group's entries mean: epochs, and positions of commits;
//   - voter: the consensus algorithm over the two, a state machine without goroutine, clock or network;
//   - [Journal]: the goroutine that feeds the voter with whatever waited while the last sync ran (group commit).
//
// Cost of an append: one encoding, one copy into the segment's write, and a share of one fdatasync. A lone append waits for
// nothing but its own sync; an idle group costs nothing, since one voter needs neither ticks nor heartbeats.
//
// The bytes on disk are described in docs/formats/journal.md.
package raft
