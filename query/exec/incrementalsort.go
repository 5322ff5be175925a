package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// incrementalSort orders an input that comes in the order of the first keys: it sorts the rows with equal first keys by the others, a few such groups at
// a time, and keeps no more. With a bound it ends when it has given enough.
type incrementalSort struct {
	rt            *runtime
	child         operator
	header        []plan.Column
	keys          []plan.SortKey
	first         []plan.SortKey // those the input is ordered by
	types         []sqltypes.OID // of the first keys
	bound, offset expr.Eval
	most          int64 // rows that are wanted; negative: all
	opened        bool
	gathered      *Batch // rows to sort next: whole groups, and one that may go on
	whole         int    // how many are of whole groups
	sorted        *Batch // rows of groups that were sorted
	places        []int32
	at            int
	given         int64
	ended         bool
	out           *Batch
	used          usage
}

// sortTogether is how many rows of whole groups are sorted together, or bytes from which on there are fewer.
const (
	sortTogether      = 4096
	sortTogetherBytes = 16 << 20
)

func (b *builder) incrementalSort(n *plan.Sort) (operator, error) {
	child, err := b.build(n.Child)
	if err != nil {
		return nil, err
	}
	header := n.Child.Header()
	s := &incrementalSort{rt: b.rt, child: child, header: header, keys: n.Keys, first: n.Keys[:n.Presorted], out: newBatch(header)}
	for _, k := range s.first {
		s.types = append(s.types, header[k.Slot].Type.OID)
	}
	if s.bound, err = b.compile(n.Bound); err != nil {
		return nil, err
	}
	s.offset, err = b.compile(n.BoundOffset)
	return s, err
}

func (s *incrementalSort) open() error {
	s.forget()
	return s.child.open()
}

func (s *incrementalSort) close() {
	s.child.close()
	s.forget()
}

func (s *incrementalSort) forget() {
	s.used.free(s.rt)
	s.gathered, s.sorted, s.places, s.at, s.whole, s.given, s.ended, s.opened = newBatch(s.header), nil, nil, 0, 0, 0, false, false
}

// begin finds out how many rows are wanted.
func (s *incrementalSort) begin() error {
	var err error
	s.opened = true
	if s.most, err = s.rt.count(s.bound, -1, "LIMIT"); err != nil || s.most < 0 {
		return err
	}
	skip, err := s.rt.count(s.offset, 0, "OFFSET")
	s.most += skip
	return err
}

func (s *incrementalSort) next() (*Batch, error) {
	if !s.opened {
		if err := s.begin(); err != nil {
			return nil, err
		}
	}
	for s.at >= len(s.places) {
		if s.ended && s.gathered.N == 0 || s.most >= 0 && s.given >= s.most {
			return nil, nil
		}
		if err := s.gather(); err != nil {
			return nil, err
		}
		if err := s.sortWhole(); err != nil {
			return nil, err
		}
	}
	to := min(s.at+batchRows, len(s.places))
	for c := range s.out.Cols {
		pickColumn(&s.out.Cols[c], &s.sorted.Cols[c], s.places[s.at:to], false)
	}
	s.out.N = to - s.at
	s.given += int64(s.out.N)
	s.at = to
	return s.out, nil
}

// gather reads rows until there are enough of whole groups.
func (s *incrementalSort) gather() error {
	enough := int64(sortTogether)
	if s.most >= 0 {
		enough = min(enough, max(1, s.most-s.given))
	}
	for held := 0; !s.ended && int64(s.whole) < enough && (s.whole == 0 || held < sortTogetherBytes); {
		if err := s.rt.check(); err != nil {
			return err
		}
		in, err := s.child.next()
		if err != nil {
			return err
		}
		if in == nil {
			s.ended = true
			break
		}
		from, size := s.gathered.N, 0
		for c := range in.Cols {
			appendColumn(&s.gathered.Cols[c], &in.Cols[c], 0, in.N)
			size += columnBytes(&in.Cols[c], 0, in.N)
		}
		s.gathered.N += in.N
		held += size
		if err := s.used.add(s.rt, size); err != nil {
			return err
		}
		for i := s.gathered.N - 1; i >= max(from, 1); i-- {
			if !sameKeys(s.gathered, i-1, i, s.first, s.types) {
				s.whole = i
				break
			}
		}
	}
	if s.ended {
		s.whole = s.gathered.N
	}
	return nil
}

// sameKeys tells whether two rows of a batch have the same keys.
func sameKeys(b *Batch, i, k int, keys []plan.SortKey, types []sqltypes.OID) bool {
	for n, key := range keys {
		c := &b.Cols[key.Slot]
		if compareNulls(types[n], c.At(i), c.At(k), false) != 0 {
			return false
		}
	}
	return true
}

// sortWhole sorts the rows of whole groups, and keeps the others for the next time.
func (s *incrementalSort) sortWhole() error {
	s.sorted, s.at = s.gathered, 0
	s.gathered = newBatch(s.header)
	rest := s.sorted.N - s.whole
	size := 0
	if rest > 0 {
		for c := range s.sorted.Cols {
			appendColumn(&s.gathered.Cols[c], &s.sorted.Cols[c], s.whole, s.sorted.N)
			size += columnBytes(&s.gathered.Cols[c], 0, rest)
		}
		s.gathered.N = rest
		var part Batch
		part.window(s.sorted, 0, s.whole)
		s.sorted = &part
	}
	s.whole = 0
	s.used.free(s.rt)
	for c := range s.sorted.Cols {
		size += columnBytes(&s.sorted.Cols[c], 0, s.sorted.N)
	}
	sorter := &rowSorter{rt: s.rt, rows: s.sorted, keys: s.keys, types: s.rt.rowOrder(s.keys, s.header).types}
	s.places = sorter.sort()
	if err := s.rt.check(); err != nil {
		return err
	}
	return s.used.add(s.rt, size+4*len(s.places))
}
