package raft

import (
	"encoding/binary"
	"fmt"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// machine is what the entries of the group's log add up to. It is a plain value: every voter that applies the same entries
// holds the same machine.
type machine struct {
	index    uint64 // of the newest entry applied
	term     uint64 // of that entry
	epoch    journal.Epoch
	position journal.Position // of the newest commit
	at       clock.Time       // of the newest commit
}

// The kinds of proposals.
const (
	proposeOwn    = 1 // begin a new epoch
	proposeCommit = 2 // record commits
)

// proposal is the head of an entry's data; the records of the commits follow it.
type proposal struct {
	kind        byte
	epoch       journal.Epoch // the owner's
	nonce       uint64        // tells the proposer which of its proposals this is
	count       uint32
	first, last clock.Time // times of the first and the last commit
}

const proposalBytes = 1 + 1 + 8 + 8 + 4 + 8 + 8

// put writes the head over the first bytes of b.
func (p proposal) put(b []byte) {
	le := binary.LittleEndian
	b[0], b[1] = formatVersion, p.kind
	le.PutUint64(b[2:], uint64(p.epoch))
	le.PutUint64(b[10:], p.nonce)
	le.PutUint32(b[18:], p.count)
	le.PutUint64(b[22:], uint64(p.first))
	le.PutUint64(b[30:], uint64(p.last))
}

// parseProposal reads the head and returns the records.
func parseProposal(b []byte) (proposal, []byte, error) {
	if len(b) < proposalBytes || b[0] != formatVersion {
		return proposal{}, nil, fmt.Errorf("raft: an entry of %d bytes is no proposal of format %d", len(b), formatVersion)
	}
	le := binary.LittleEndian
	return proposal{
		kind: b[1], epoch: journal.Epoch(le.Uint64(b[2:])), nonce: le.Uint64(b[10:]), count: le.Uint32(b[18:]),
		first: clock.Time(le.Uint64(b[22:])), last: clock.Time(le.Uint64(b[30:])),
	}, b[proposalBytes:], nil
}

// apply takes in one entry and says whether its commits (or its new epoch) count.
func (m *machine) apply(index, term uint64, data []byte) (p proposal, counts bool, err error) {
	if index != m.index+1 {
		panic(fmt.Sprintf("raft: entry %d is applied after %d", index, m.index))
	}
	m.index, m.term = index, term
	if len(data) == 0 { // a new leader's first entry
		return proposal{}, false, nil
	}
	p, _, err = parseProposal(data)
	if err != nil {
		return p, false, fmt.Errorf("entry %d: %w", index, err)
	}
	switch p.kind {
	case proposeOwn:
		m.epoch++
		return p, true, nil
	case proposeCommit:
		if p.epoch != m.epoch { // fenced
			return p, false, nil
		}
		if p.count == 0 { // an owner asked whether it is one
			return p, true, nil
		}
		if p.first <= m.at || p.last < p.first { // I1
			return p, false, fmt.Errorf("raft: entry %d holds %d commits at %d to %d after one at %d", index, p.count, p.first, p.last, m.at)
		}
		m.position += journal.Position(p.count)
		m.at = p.last
		return p, true, nil
	}
	return p, false, fmt.Errorf("raft: entry %d holds a proposal of kind %d", index, p.kind)
}

// decodeCommits reads the commits of an entry; the first one gets the position. They point into data.
func decodeCommits(data []byte, first journal.Position) ([]journal.Entry, error) {
	p, records, err := parseProposal(data)
	if err != nil {
		return nil, err
	}
	if uint64(p.count) > uint64(len(records)) {
		return nil, fmt.Errorf("raft: %d commits in %d bytes", p.count, len(records))
	}
	entries := make([]journal.Entry, p.count)
	for i := range entries {
		entries[i].Position = first + journal.Position(i)
		if entries[i].Commit, records, err = journal.DecodeRecord(records); err != nil {
			return nil, fmt.Errorf("position %d: %w", entries[i].Position, err)
		}
	}
	if len(records) > 0 {
		return nil, fmt.Errorf("raft: %d bytes follow the commits", len(records))
	}
	return entries, nil
}
