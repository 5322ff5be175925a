package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/plan"
)

// sortedAggregate groups rows of which those with equal keys come one behind the other. It holds the groups of one batch of rows at most, and gives them
// when the next group begins.
type sortedAggregate struct {
	*aggregate
	slots         []int
	types         []sqltypes.OID
	last          []sqltypes.Datum // keys of the group that may go on; nil: there is none
	in            *Batch           // a batch of which rows from at on are to be grouped; nil: take the next one
	from          int
	part          Batch
	giving, ended bool
}

func (b *builder) sortedAggregate(n *plan.Aggregate) (operator, error) {
	a, err := b.aggregate(n)
	if err != nil {
		return nil, err
	}
	s := &sortedAggregate{aggregate: a}
	for _, k := range n.Keys {
		s.slots, s.types = append(s.slots, slotsOf(k)...), append(s.types, k.Type().OID)
	}
	return s, nil
}

func (s *sortedAggregate) open() error {
	s.last, s.in, s.giving, s.ended = nil, nil, false, false
	return s.aggregate.open()
}

func (s *sortedAggregate) next() (*Batch, error) {
	for {
		if s.giving {
			out, err := s.results()
			if out != nil || err != nil {
				return out, err
			}
			s.begin()
			s.giving = false
		}
		if s.ended {
			return nil, nil
		}
		if err := s.group(); err != nil {
			return nil, err
		}
	}
}

// group takes the rows of the next batch up to where its last group begins, and those behind it when the groups before were given.
func (s *sortedAggregate) group() error {
	if in := s.in; in != nil {
		s.in = nil
		return s.takeRows(in, s.from, in.N)
	}
	if err := s.rt.check(); err != nil {
		return err
	}
	in, err := s.child.next()
	if err != nil {
		return err
	}
	if in == nil {
		s.ended, s.giving = true, true
		return nil
	}
	from := s.lastGroup(in)
	other := s.last != nil && !s.same(in, 0)
	s.last = s.last[:0]
	for _, slot := range s.slots {
		s.last = append(s.last, in.Cols[slot].At(from))
	}
	if from == 0 && !other {
		return s.takeRows(in, 0, in.N)
	}
	s.in, s.from, s.giving = in, from, true
	return s.takeRows(in, 0, from)
}

// lastGroup is the first row of the last group of a batch.
func (s *sortedAggregate) lastGroup(in *Batch) int {
	for i := in.N - 1; i > 0; i-- {
		for k, slot := range s.slots {
			c := &in.Cols[slot]
			if compareNulls(s.types[k], c.At(i-1), c.At(i), false) != 0 {
				return i
			}
		}
	}
	return 0
}

func (s *sortedAggregate) same(in *Batch, i int) bool {
	for k, slot := range s.slots {
		if compareNulls(s.types[k], s.last[k], in.Cols[slot].At(i), false) != 0 {
			return false
		}
	}
	return true
}

// takeRows groups some rows of a batch.
func (s *sortedAggregate) takeRows(in *Batch, from, to int) error {
	if from == to {
		return nil
	}
	s.part.window(in, from, to)
	return s.takeBatch(&s.part)
}
