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

// Measures are those of every open cluster, and of the control plane's data plane under the name control.
func (s *Set) Measures() []Measures {
	list := []Measures{s.control.measures("control")}
	for id, c := range s.living() {
		m := c.plane.measures(id)
		m.Sessions = c.Sessions()
		list = append(list, m)
	}
	return list
}

func (p *plane) measures(id string) Measures {
	return Measures{
		ID: id, Transactions: p.db.Transactions(), Adjudicator: p.adjudicator.Counts(), Journal: p.journal.Stats(), Storage: p.db.Measures(),
	}
}
