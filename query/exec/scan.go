package exec

import (
	"bytes"
	"slices"

	"github.com/opendsql/opendsql/internal/keys"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
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
}

// access computes the spans of keys that an Access stands for.
type access struct {
	rt           *runtime
	prefix       []byte
	types        []sqltypes.OID // of the key columns
	nullsFirst   []bool
	equal        []expr.Eval
	lower, upper expr.Eval
	in           expr.Eval
	node         *plan.Access
}

func (b *builder) scan(n *plan.Scan) (operator, error) {
	s := &scan{rt: b.rt, node: n, codec: b.rt.codec(n.Table), out: newBatch(n.Cols), row: make([]sqltypes.Datum, len(n.Cols))}
	a := &access{rt: b.rt, node: &n.Access, prefix: s.codec.prefix}
	if n.Index != nil && !n.Index.Primary {
		s.index = newIndexCodec(s.codec, n.Index)
		a.prefix = s.index.prefix
	}
	if n.Index != nil {
		for _, k := range n.Index.Keys {
			a.types = append(a.types, n.Table.Columns[columnByID(n.Table, k.Column)].Type.OID)
			a.nullsFirst = append(a.nullsFirst, k.NullsFirst && !n.Index.Primary)
		}
	}
	var err error
	if a.equal, err = b.compileAll(n.Equal); err != nil {
		return nil, err
	}
	if n.Lower != nil {
		if a.lower, err = b.compile(n.Lower.Expr); err != nil {
			return nil, err
		}
	}
	if n.Upper != nil {
		if a.upper, err = b.compile(n.Upper.Expr); err != nil {
			return nil, err
		}
	}
	if a.in, err = b.compile(n.In); err != nil {
		return nil, err
	}
	s.access = a
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
		if s.filter, err = b.rowEval(len(n.Cols), pushed); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *scan) open() error {
	s.close()
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
	s.spans, s.most = nil, 0
	s.arena = arena{}
}

func (s *scan) next() (*Batch, error) {
	if err := s.rt.check(); err != nil {
		return nil, err
	}
	s.out.reset()
	if s.node.Point && s.node.In == nil {
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
			span.Reverse = s.node.Reverse
			s.spans = s.spans[1:]
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
			return nil, err
		}
	}
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
	value, ok, err := s.rt.Txn.Get(key)
	if err != nil || !ok {
		return nil, err
	}
	if err := s.take(key, value); err != nil || s.out.N == 0 {
		return nil, err
	}
	return s.out, nil
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
		if suffix, _, err = s.index.split(s.codec, key, value); err != nil {
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

// spans computes the spans of keys, in ascending order. None: the conditions cannot be met.
func (a *access) spans() ([]txn.Span, error) {
	start := append(make([]byte, 0, len(a.prefix)+32), a.prefix...)
	for i, e := range a.equal {
		d, err := a.rt.constant(e)
		if err != nil {
			return nil, err
		}
		if d.IsNull() {
			return nil, nil
		}
		start = keys.AppendKey(start, a.types[i], d, a.nullsFirst[i])
	}
	if a.in != nil {
		return a.inSpans(start)
	}
	if a.lower == nil && a.upper == nil {
		if a.node.Index != nil && len(a.equal) == len(a.types) && a.node.Index.Primary {
			return []txn.Span{{Start: start, End: append(slices.Clip(start), 0)}}, nil
		}
		return []txn.Span{{Start: start, End: prefixEnd(start)}}, nil
	}
	return a.rangeSpan(start)
}

// inSpans gives one span for each distinct element of the array.
func (a *access) inSpans(start []byte) ([]txn.Span, error) {
	d, err := a.rt.constant(a.in)
	if err != nil || d.IsNull() {
		return nil, err
	}
	i := len(a.equal)
	var starts [][]byte
	for _, e := range d.Array().Elements {
		if !e.IsNull() {
			starts = append(starts, keys.AppendKey(slices.Clip(start), a.types[i], e, a.nullsFirst[i]))
		}
	}
	slices.SortFunc(starts, bytes.Compare)
	starts = slices.CompactFunc(starts, bytes.Equal)
	spans := make([]txn.Span, len(starts))
	for j, s := range starts {
		spans[j] = txn.Span{Start: s, End: prefixEnd(s)}
	}
	return spans, nil
}

// rangeSpan bounds the column behind the fixed ones. NULLs are outside every range.
func (a *access) rangeSpan(prefix []byte) ([]txn.Span, error) {
	i := len(a.equal)
	t, nullsFirst := a.types[i], a.nullsFirst[i]
	null := keys.AppendKey(slices.Clip(prefix), t, sqltypes.Null, nullsFirst)
	start, end := slices.Clip(prefix), null
	if nullsFirst {
		start, end = prefixEnd(null), prefixEnd(prefix)
	}
	if a.lower != nil {
		d, err := a.rt.constant(a.lower)
		if err != nil || d.IsNull() {
			return nil, err
		}
		start = keys.AppendKey(slices.Clip(prefix), t, d, nullsFirst)
		if !a.node.Lower.Inclusive {
			start = prefixEnd(start)
		}
	}
	if a.upper != nil {
		d, err := a.rt.constant(a.upper)
		if err != nil || d.IsNull() {
			return nil, err
		}
		end = keys.AppendKey(slices.Clip(prefix), t, d, nullsFirst)
		if a.node.Upper.Inclusive {
			end = prefixEnd(end)
		}
	}
	if bytes.Compare(start, end) >= 0 {
		return nil, nil
	}
	return []txn.Span{{Start: start, End: end}}, nil
}
