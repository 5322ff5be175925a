package raft

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/opendsql/opendsql/internal/sealed"
	"github.com/opendsql/opendsql/journal"
)

// group is three voters on a network that loses and reorders, driven step by step. (The algorithm draws its election
// timeouts itself, so a seed gives the same troubles, not the same run.)
type group struct {
	t      *testing.T
	rng    *rand.Rand
	fs     [3]*vfs.MemFS
	voters [3]*voter
	owners [3]*ownership
	wire   []*pb.Message
	nonce  uint64

	founders []uint64
	key      *sealed.Key       // nil: the voters' logs are readable
	truth    map[uint64]string // what each index of the log turned out to be, on whichever voter first
	commits  int
	acked    map[uint64]uint64 // nonce to index, of commits whose proposer saw them count
}

// ownership is what a leading voter's owner knows.
type ownership struct {
	asked uint64 // nonce of the wish to own
	epoch journal.Epoch
	next  int // of the next commit's time
}

func newGroup(t *testing.T, seed uint64, founders ...uint64) *group {
	g := &group{t: t, rng: rand.New(rand.NewPCG(seed, 3)), truth: map[uint64]string{}, acked: map[uint64]uint64{}, founders: founders}
	if seed%2 == 0 {
		g.key = testKey(t)
	}
	for i := range g.voters {
		g.fs[i] = vfs.NewCrashableMem()
		if err := makeDir(g.fs[i], "dir"); err != nil {
			t.Fatal(err)
		}
		g.start(i)
	}
	return g
}

func (g *group) start(i int) {
	s, err := openStore(g.fs[i], "dir", g.founders, Options{SegmentBytes: 4 << 10, Key: g.key, inline: true})
	if err != nil {
		g.t.Fatalf("voter %d: %v", i+1, err)
	}
	s.cacheMax = 500
	v, err := newVoter(uint64(i+1), s, slog.New(slog.DiscardHandler))
	if err != nil {
		g.t.Fatalf("voter %d: %v", i+1, err)
	}
	g.voters[i], g.owners[i] = v, &ownership{}
	v.send = func(messages []*pb.Message) {
		for _, m := range messages {
			g.wire = append(g.wire, proto.Clone(m).(*pb.Message))
		}
	}
	v.applied = func(p proposal, counts bool, first journal.Position, _ []byte) { g.applied(i, p, counts, first) }
	v.changed = func(uint64) { g.owners[i] = &ownership{} }
}

// applied checks that every voter takes the log for the same thing.
func (g *group) applied(i int, p proposal, counts bool, first journal.Position) {
	v := g.voters[i]
	index := v.machine.index
	what := fmt.Sprint(p, counts, first, v.machine)
	if old, known := g.truth[index]; !known {
		g.truth[index] = what
		if counts && p.kind == proposeCommit {
			g.commits++
		}
	} else if old != what {
		g.t.Fatalf("entry %d is %s on voter %d, and was %s", index, what, i+1, old)
	}
	o := g.owners[i]
	switch {
	case p.kind == proposeOwn && p.nonce == o.asked:
		o.epoch, o.next = v.machine.epoch, int(v.machine.at/10)+1
	case p.kind == proposeCommit && counts && p.epoch == o.epoch:
		g.acked[p.nonce] = index
	}
}

func (g *group) settle(i int) {
	if err := g.voters[i].settle(); err != nil {
		g.t.Fatalf("voter %d: %v", i+1, err)
	}
}

// deliver takes one message off the wire.
func (g *group) deliver(lose int) {
	if len(g.wire) == 0 {
		return
	}
	k := g.rng.IntN(min(len(g.wire), 8))
	m := g.wire[k]
	g.wire = append(g.wire[:k], g.wire[k+1:]...)
	if g.rng.IntN(100) < lose {
		return
	}
	i := int(m.GetTo()) - 1
	_ = g.voters[i].step(m) // the algorithm refuses what does not concern it
	g.settle(i)
}

// propose lets the owner beside a leading voter own, then commit.
func (g *group) propose() {
	for i, v := range g.voters {
		if v.node.BasicStatus().RaftState != etcd.StateLeader {
			continue
		}
		o := g.owners[i]
		if o.asked != 0 && o.epoch == 0 && g.rng.IntN(20) > 0 {
			continue
		}
		g.nonce++
		p := proposal{kind: proposeOwn, nonce: g.nonce}
		data := make([]byte, proposalBytes)
		if o.epoch == 0 {
			o.asked = g.nonce
		} else {
			c := commitNo(o.next)
			o.next++
			p = proposal{kind: proposeCommit, epoch: o.epoch, nonce: g.nonce, count: 1, first: c.At, last: c.At}
			data = journal.AppendRecord(data, &c)
		}
		p.put(data)
		_ = v.propose(data) // dropped when it does not lead any more
		g.settle(i)
	}
}

// crash takes the power from a voter and starts it again.
func (g *group) crash(i int) {
	g.fs[i] = g.fs[i].CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: g.rng.IntN(101), RNG: rand.New(rand.NewPCG(g.rng.Uint64(), 1))})
	if err := g.voters[i].store.close(); err != nil {
		g.t.Fatal(err)
	}
	g.start(i)
}

// trim forgets what every voter has applied.
func (g *group) trim(i int) {
	through := g.voters[0].machine.position
	for _, v := range g.voters {
		through = min(through, v.machine.position)
	}
	if err := g.voters[i].store.trim(through); err != nil {
		g.t.Fatal(err)
	}
}

// Three voters that lose messages, leaders and power agree on every entry, and keep every acknowledged one.
func TestThreeVoters(t *testing.T) {
	commits := 0
	for seed := range uint64(6) {
		g := newGroup(t, seed, 1, 2, 3)
		for range 6000 {
			switch n := g.rng.IntN(1000); {
			case n < 650:
				g.deliver(3)
			case n < 850:
				i := g.rng.IntN(3)
				g.voters[i].tick()
				g.settle(i)
			case n < 990:
				g.propose()
			case n < 994:
				g.crash(g.rng.IntN(3))
			case n < 997:
				_ = g.voters[g.rng.IntN(3)].campaign() // a leader refuses to
			default:
				g.trim(g.rng.IntN(3))
			}
		}
		g.agree(seed)
		commits += g.commits
	}
	if commits < 200 {
		t.Fatalf("only %d commits", commits)
	}
}

// A group of one grows to three while it works: a change of membership, not another product.
func TestGrow(t *testing.T) {
	g := newGroup(t, 1, 1)
	if err := g.voters[0].campaign(); err != nil {
		t.Fatal(err)
	}
	g.settle(0)
	for range 60 {
		g.propose()
	}
	alone := g.voters[0].machine.position
	if !g.voters[0].alone() || alone < 50 || len(g.wire) > 0 {
		t.Fatalf("alone %t, %d commits, %d messages", g.voters[0].alone(), alone, len(g.wire))
	}
	change := &pb.ConfChangeV2{Changes: []*pb.ConfChangeSingle{
		{Type: pb.ConfChangeAddNode.Enum(), NodeId: new(uint64(2))}, {Type: pb.ConfChangeAddNode.Enum(), NodeId: new(uint64(3))},
	}}
	if err := g.voters[0].node.ProposeConfChange(change); err != nil {
		t.Fatal(err)
	}
	g.settle(0)
	for range 300 {
		if g.rng.IntN(3) == 0 {
			g.voters[0].tick()
			g.settle(0)
		}
		for range 4 {
			g.deliver(0)
		}
		g.propose()
	}
	for i := range g.voters {
		g.crash(i)
	}
	g.agree(1)
	for i, v := range g.voters {
		if len(v.store.conf.Voters) != 3 || len(v.store.conf.VotersOutgoing) > 0 || v.machine.position <= alone {
			t.Fatalf("voter %d: %v, %d commits", i+1, v.store.conf, v.machine.position)
		}
	}
}

// agree heals everything, waits until all voters are equal, and compares.
func (g *group) agree(seed uint64) {
	equal := func() bool {
		a, b, c := g.voters[0], g.voters[1], g.voters[2]
		return a.machine == b.machine && b.machine == c.machine && a.store.last == a.machine.index && b.store.last == a.store.last &&
			c.store.last == a.store.last && len(g.wire) == 0 && a.machine.index > 0
	}
	for round := 0; !equal(); round++ {
		if round > 20000 {
			g.t.Fatalf("seed %d: the voters do not agree: %+v, %+v, %+v", seed, g.voters[0].machine, g.voters[1].machine, g.voters[2].machine)
		}
		if len(g.wire) == 0 {
			for i := range g.voters {
				g.voters[i].tick()
				g.settle(i)
			}
		}
		g.deliver(0)
	}
	last := g.voters[0].machine.index
	for nonce, index := range g.acked {
		if index > last {
			g.t.Fatalf("seed %d: proposal %d was acknowledged as entry %d, the log ends at %d", seed, nonce, index, last)
		}
	}
	for i, v := range g.voters {
		p := v.store.segments[0].base.machine.position
		for p < v.machine.position {
			entries, err := v.store.commitsAfter(p)
			if err != nil || entries[0].Position != p+1 {
				g.t.Fatalf("seed %d: voter %d, after %d: %v, %v", seed, i+1, p, entries, err)
			}
			p = entries[len(entries)-1].Position
		}
		if err := v.store.close(); err != nil {
			g.t.Fatal(err)
		}
	}
}
