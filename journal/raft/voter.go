package raft

import (
	"errors"
	"fmt"
	"log/slog"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/opendsql/opendsql/journal"
)

// voter is one member of the group: the consensus algorithm over a store. It is driven: it does what it is told and nothing
// by itself, has no goroutine, clock or network, and the same calls give the same answers. Used by one goroutine.
//
// More voters need two things from the outside, and nothing else here: a network that carries what send is given to the
// others' step, and somebody who calls tick.
type voter struct {
	id      uint64
	node    *etcd.RawNode
	store   *store
	machine machine
	send    func([]*pb.Message)                                             // nil in a group of one
	applied func(p proposal, counts bool, first journal.Position, b []byte) // an entry took effect
	changed func(leader uint64)                                             // the group has another leader, or none (0)
}

// newVoter makes the voter of a store. A voter that is alone leads at once.
func newVoter(id uint64, s *store, log *slog.Logger) (*voter, error) {
	v := &voter{id: id, store: s, machine: s.now}
	s.hard.commit = max(s.hard.commit, s.now.index)
	node, err := etcd.NewRawNode(&etcd.Config{
		ID: id, ElectionTick: 10, HeartbeatTick: 1, Storage: s, Applied: s.now.index,
		MaxSizePerMsg: 1 << 20, MaxCommittedSizePerReady: 16 << 20, MaxInflightMsgs: 256,
		CheckQuorum: true, PreVote: true, DisableProposalForwarding: true, Logger: logger{log},
	})
	if err != nil {
		return nil, err
	}
	v.node = node
	return v, nil
}

// alone says whether this voter is the whole group.
func (v *voter) alone() bool {
	c := v.store.conf
	return len(c.Voters) == 1 && c.Voters[0] == v.id && len(c.VotersOutgoing) == 0 && len(c.Learners) == 0
}

func (v *voter) campaign() error { return v.node.Campaign() }

// propose puts data to the group. errDropped means that nothing of it is or will be recorded.
func (v *voter) propose(data []byte) error {
	if err := v.node.Propose(data); errors.Is(err, etcd.ErrProposalDropped) {
		return errDropped
	} else if err != nil {
		return err
	}
	return nil
}

var errDropped = errors.New("raft: the voter does not lead")

func (v *voter) step(m *pb.Message) error { return v.node.Step(m) }

func (v *voter) tick() { v.node.Tick() }

// settle does everything that follows from what the voter was told: one write and one sync for all of it, then messages,
// then what became committed. An error stops the voter for good.
func (v *voter) settle() error {
	for v.node.HasReady() {
		rd := v.node.Ready()
		if rd.SoftState != nil && v.changed != nil {
			v.changed(rd.SoftState.Lead)
		}
		if rd.Snapshot != nil && !etcd.IsEmptySnap(rd.Snapshot) {
			return errors.New("raft: another voter sent a snapshot, which a journal cannot take")
		}
		// A leader's appends go out before its own sync: the others' syncs run beside it. They promise nothing on its behalf.
		early := rd.Messages
		if v.leads() {
			v.sendAll(early)
			early = nil
		}
		if err := v.persist(rd); err != nil {
			return err
		}
		v.sendAll(early)
		for _, e := range rd.CommittedEntries {
			if err := v.apply(e); err != nil {
				return err
			}
		}
		v.node.Advance(rd)
	}
	return nil
}

func (v *voter) leads() bool { return v.node.BasicStatus().RaftState == etcd.StateLeader }

func (v *voter) sendAll(messages []*pb.Message) {
	if len(messages) > 0 && v.send != nil {
		v.send(messages)
	}
}

// persist makes a Ready's promise and entries durable. A new commit index alone is not worth a sync: it can be found again.
func (v *voter) persist(rd etcd.Ready) error {
	var h *hard
	if rd.HardState != nil {
		h = &hard{term: rd.HardState.GetTerm(), vote: rd.HardState.GetVote(), commit: rd.HardState.GetCommit()}
	}
	if len(rd.Entries) == 0 && !rd.MustSync {
		if h != nil {
			v.store.hard = *h
		}
		return nil
	}
	return v.store.append(h, rd.Entries)
}

// apply lets the machine take in one committed entry.
func (v *voter) apply(e *pb.Entry) error {
	data := e.GetData()
	if t := e.GetType(); t != pb.EntryNormal {
		if err := v.changeMembers(t, data); err != nil {
			return fmt.Errorf("entry %d: %w", e.GetIndex(), err)
		}
		data = nil
	}
	first := v.machine.position + 1
	p, counts, err := v.machine.apply(e.GetIndex(), e.GetTerm(), data)
	if err != nil {
		return err
	}
	v.store.applied(v.machine)
	if p.kind != 0 && v.applied != nil {
		v.applied(p, counts, first, data)
	}
	return nil
}

// changeMembers makes a committed change of the membership true.
func (v *voter) changeMembers(kind pb.EntryType, data []byte) error {
	var change pb.ConfChangeI
	if kind == pb.EntryConfChange {
		c := &pb.ConfChange{}
		if err := proto.Unmarshal(data, c); err != nil {
			return err
		}
		change = c
	} else {
		c := &pb.ConfChangeV2{}
		if err := proto.Unmarshal(data, c); err != nil {
			return err
		}
		change = c
	}
	conf := v.node.ApplyConfChange(change)
	v.store.mu.Lock()
	v.store.conf = conf
	v.store.mu.Unlock()
	return nil
}

// logger gives the algorithm's own words to the log, at debug level: what matters of them is told elsewhere.
type logger struct{ log *slog.Logger }

func (l logger) Debug(v ...any)              {}
func (l logger) Debugf(f string, v ...any)   {}
func (l logger) Info(v ...any)               { l.log.Debug(fmt.Sprint(v...)) }
func (l logger) Infof(f string, v ...any)    { l.log.Debug(fmt.Sprintf(f, v...)) }
func (l logger) Warning(v ...any)            { l.log.Warn(fmt.Sprint(v...)) }
func (l logger) Warningf(f string, v ...any) { l.log.Warn(fmt.Sprintf(f, v...)) }
func (l logger) Error(v ...any)              { l.log.Error(fmt.Sprint(v...)) }
func (l logger) Errorf(f string, v ...any)   { l.log.Error(fmt.Sprintf(f, v...)) }
func (l logger) Fatal(v ...any)              { panic(fmt.Sprint(v...)) }
func (l logger) Fatalf(f string, v ...any)   { panic(fmt.Sprintf(f, v...)) }
func (l logger) Panic(v ...any)              { panic(fmt.Sprint(v...)) }
func (l logger) Panicf(f string, v ...any)   { panic(fmt.Sprintf(f, v...)) }

var _ etcd.Logger = logger{}
