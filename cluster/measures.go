package cluster

import (
	"github.com/opendsql/opendsql/adjudicator"
	"github.com/opendsql/opendsql/journal/raft"
	"github.com/opendsql/opendsql/storage"
)

// Measures say how one open cluster is doing.
type Measures struct {
	ID           string
	Sessions     int
	Transactions int
	Adjudicator  adjudicator.Counts
	Journal      raft.Stats
	Storage      storage.Measures
}

// Measures are those of every open data plane, under the id of its cluster or the one that names it for two, and of the control plane's under the name
// control.
func (s *Set) Measures() []Measures {
	list := []Measures{s.control.measures("control")}
	for name, p := range s.places() {
		if !p.mu.TryLock() { // one that is being opened or closed has nothing to measure
			continue
		}
		if p.data != nil {
			m := p.data.plane.measures(name)
			for _, c := range p.clusters {
				m.Sessions += c.Sessions()
			}
			list = append(list, m)
		}
		p.mu.Unlock()
	}
	return list
}

func (p *plane) measures(id string) Measures {
	return Measures{
		ID: id, Transactions: p.db.Transactions(), Adjudicator: p.adjudicator.Counts(), Journal: p.journal.Stats(), Storage: p.db.Measures(),
	}
}
