package exec

import (
	"bytes"
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/plan"
	"github.com/opendsql/opendsql/txn"
)

// scan reads a table through its key, through a covering index, or through an index and lookups.
type scan struct {
	rt     *runtime
	node   *plan.Scan
	codec  *tableCodec
	index  *indexCodec // nil: by the table's own key
	access *access
	points bool // it names whole primary keys
	rows   *rowReader
	fromIx *indexReader // set when the index covers the scan
	filter *rowEval

	counts *scanCounts // nil: not wanted

	spans []txn.Span
	it    *txn.Iterator
	row   []sqltypes.Datum
	out   *Batch
	arena arena
	key   []byte // of a lookup
	size  int    // of the values in the batch
	most  int    // rows wanted from the next call, 0: as many as a batch holds

	later   lateError
	asked   []txn.Span // read instead of what access says; nil: they are not
	number  int        // of the span being read, of asked
	numbers []int32    // for each row of the batch, the span it was found in
}

func (b *builder) scan(n *plan.Scan) (operator, error) {
	s := &scan{rt: b.rt, node: n, codec: b.rt.codec(n.Table), out: newBatch(n.Cols), row: make([]sqltypes.Datum, len(n.Cols))}
	if n.Index != nil && !n.Index.Primary {
		s.index = newIndexCodec(s.codec, n.Index)
	}
	a, err := b.access(&n.Access, s.codec, s.index)
	if err != nil {
		return nil, err
	}
	s.access, s.points = a, n.Points()
	pushed, counts, err := b.scanCounts(n)
	if err != nil {
		return nil, err
	}
	s.counts = counts
	if readsBlocks(n) {
		return b.blockScan(n, a, pushed, counts)
	}
	if s.index != nil && n.Covering {
		s.fromIx = newIndexReader(s.codec, s.index, n.Fetch)
	} else {
		s.rows = newRowReader(s.codec, n.Fetch)
	}
	if pushed != nil {
		if s.filter, err = b.condition(len(n.Cols), pushed); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *scan) open() error {
	s.close()
	if s.number = -1; s.asked != nil {
		return nil
	}
	spans, err := s.access.spans()
	if err != nil {
		return err
	}
	if s.node.Reverse {
		slices.Reverse(spans)
	}
	s.spans = spans
	return nil
}

func (s *scan) atMost(rows int64) { s.most = int(min(rows, batchRows)) }

func (s *scan) close() {
	if s.it != nil {
		s.it.Close()
		s.it = nil
	}
	s.spans, s.most, s.later = nil, 0, lateError{}
	s.arena = arena{}
}

func (s *scan) next() (*Batch, error) {
	if err := s.rt.check(); err != nil {
		return nil, err
	}
	if err := s.later.err; err != nil {
		return nil, err
	}
	s.out.reset()
	if s.asked != nil {
		return s.nextAsked()
	}
	if s.node.Point {
		return s.point()
	}
	most := batchRows
	if s.most > 0 {
		most = min(most, s.most)
	}
	s.size = 0
	for s.out.N < most && s.size < batchBytesMax {
		if s.it == nil {
			if len(s.spans) == 0 {
				break
			}
			span := s.spans[0]
			s.spans = s.spans[1:]
			if s.points && oneKey(span) {
				if err := s.get(span.Start); err != nil {
					return s.later.after(s.out, err)
				}
				continue
			}
			span.Reverse = s.node.Reverse
			s.it = s.rt.Txn.Scan(span)
		}
		if !s.it.Next() {
			err := s.it.Err()
			s.it.Close()
			s.it = nil
			if err != nil {
				return nil, err
			}
			continue
		}
		if err := s.take(s.it.Key(), s.it.Value()); err != nil {
			return s.later.after(s.out, err)
		}
	}
	if s.out.N == 0 {
		return nil, nil
	}
	return s.out, nil
}

// nextAsked reads the spans that were asked for, one behind the other.
func (s *scan) nextAsked() (*Batch, error) {
	s.numbers, s.size = s.numbers[:0], 0
	for s.out.N < batchRows && s.size < batchBytesMax {
		var err error
		switch {
		case s.it != nil && s.it.Next():
			err = s.take(s.it.Key(), s.it.Value())
		case s.it != nil:
			err = s.it.Err()
			s.it.Close()
			s.it = nil
		case s.number+1 == len(s.asked):
			return s.gave()
		default:
			s.number++
			err = s.begin(s.asked[s.number])
		}
		if err != nil {
			return nil, err
		}
		for len(s.numbers) < s.out.N {
			s.numbers = append(s.numbers, int32(s.number))
		}
	}
	return s.gave()
}

// begin starts to read a span, and reads all of one that is a single row.
func (s *scan) begin(span txn.Span) error {
	if !s.node.Point {
		s.it = s.rt.Txn.Scan(span)
		return nil
	}
	value, ok, err := s.rt.Txn.Get(span.Start)
	if err != nil || !ok {
		return err
	}
	return s.take(span.Start, value)
}

// gave is the batch, nil when it is empty.
func (s *scan) gave() (*Batch, error) {
	if s.out.N == 0 {
		return nil, nil
	}
	return s.out, nil
}

// point reads the one row that a whole primary key names.
func (s *scan) point() (*Batch, error) {
	if len(s.spans) == 0 {
		return nil, nil
	}
	key := s.spans[0].Start
	s.spans = nil
	if err := s.get(key); err != nil || s.out.N == 0 {
		return nil, err
	}
	return s.out, nil
}

// get reads the row of a whole primary key.
func (s *scan) get(key []byte) error {
	value, ok, err := s.rt.Txn.Get(key)
	if err != nil || !ok {
		return err
	}
	return s.take(key, value)
}

// oneKey tells whether a span of whole primary keys holds one of them.
func oneKey(span txn.Span) bool {
	last := len(span.Start) - 1
	return len(span.End) == last+1 && span.End[last] == span.Start[last]+1 && bytes.Equal(span.Start[:last], span.End[:last])
}

// take adds the row of an entry to the batch if it passes the filter.
func (s *scan) take(key, value []byte) error {
	var err error
	if s.counts != nil {
		s.counts.m.Read += int64(len(key) + len(value))
	}
	switch {
	case s.fromIx != nil:
		err = s.fromIx.decode(key, value, s.row)
	case s.index != nil:
		var suffix []byte
		if suffix, _, err = s.index.split(key, value); err != nil {
			return err
		}
		s.key = append(append(s.key[:0], s.codec.prefix...), suffix...)
		row, ok, getErr := s.rt.Txn.Get(s.key)
		if getErr != nil || !ok {
			return getErr
		}
		if s.counts != nil {
			s.counts.m.Read += int64(len(s.key) + len(row))
		}
		err = s.rows.decode(s.key, row, s.row)
	default:
		err = s.rows.decode(key, value, s.row)
	}
	if err != nil {
		return err
	}
	if s.filter != nil {
		s.filter.loadRow(s.row)
		keep, err := s.filter.truth()
		if err != nil {
			return err
		}
		if !keep {
			if s.counts != nil {
				s.counts.m.Removed++
			}
			return nil
		}
	}
	if s.counts != nil {
		if keep, err := s.counts.keeps(s.row); err != nil || !keep {
			return err
		}
	}
	s.size += len(value)
	for i, d := range s.row {
		s.out.Cols[i].Append(s.arena.own(d))
	}
	s.out.N++
	return nil
}
