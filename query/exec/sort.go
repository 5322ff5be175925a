package exec

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// compareNulls orders two values that may be NULL.
func compareNulls(t sqltypes.OID, a, b sqltypes.Datum, nullsFirst bool) int {
	switch an, bn := a.IsNull(), b.IsNull(); {
	case an && bn:
		return 0
	case an || bn:
		if an == nullsFirst {
			return -1
		}
		return 1
	}
	return sqltypes.Compare(t, a, b)
}

// compare is the order of two values that are not NULL. The error of rows of types that cannot be compared is kept for check.
func (rt *runtime) compare(t sqltypes.OID, a, b sqltypes.Datum) int {
	if k := a.Kind(); k != sqltypes.KindRecord && k != sqltypes.KindArray || t == sqltypes.OIDVectorOID {
		return sqltypes.Compare(t, a, b)
	}
	c, err := sqltypes.CompareAlike(a, b, true)
	if err != nil && rt.unlike == nil {
		rt.unlike = err
	}
	return c
}

// rowOrder compares rows by sort keys.
type rowOrder struct {
	rt    *runtime
	keys  []plan.SortKey
	types []sqltypes.OID
}

func (rt *runtime) rowOrder(keys []plan.SortKey, cols []plan.Column) *rowOrder {
	o := &rowOrder{rt: rt, keys: keys}
	for _, k := range keys {
		o.types = append(o.types, cols[k.Slot].Type.OID)
	}
	return o
}

func (o *rowOrder) compare(a, b []sqltypes.Datum) int {
	for i, k := range o.keys {
		x, y := a[k.Slot], b[k.Slot]
		if x.IsNull() || y.IsNull() {
			if c := compareNulls(o.types[i], x, y, k.NullsFirst); c != 0 {
				return c
			}
			continue
		}
		c := o.rt.compare(o.types[i], x, y)
		if c != 0 {
			if k.Desc {
				return -c
			}
			return c
		}
	}
	return 0
}

// count evaluates a LIMIT or OFFSET; absent is what a missing or NULL one means.
func (rt *runtime) count(eval expr.Eval, absent int64, clause string) (int64, error) {
	if eval == nil {
		return absent, nil
	}
	d, err := rt.constant(eval)
	if err != nil || d.IsNull() {
		return absent, err
	}
	if d.Int() < 0 {
		code := pgerror.InvalidRowCountInLimitClause
		if clause == "OFFSET" {
			code = pgerror.InvalidRowCountInResultOffsetClause
		}
		return 0, pgerror.New(code, "%s must not be negative", clause)
	}
	return d.Int(), nil
}

// sort orders its input. With a bound it keeps no more rows than are wanted.
type sort struct {
	rt            *runtime
	child         operator
	keys          []plan.SortKey
	header        []plan.Column
	order         *rowOrder
	bound, offset expr.Eval
	ties          bool // rows equal to the last one of the bound are wanted, too
	out           *Batch
	rows          *Batch // all of the input
	places        []int32
	at            int // next of places
	sorted        bool
	used          usage
}

func (b *builder) sort(n *plan.Sort) (operator, error) {
	child, err := b.build(n.Child)
	if err != nil {
		return nil, err
	}
	header := n.Child.Header()
	s := &sort{rt: b.rt, child: child, keys: n.Keys, header: header, order: b.rt.rowOrder(n.Keys, header), ties: n.Ties, out: newBatch(header)}
	if s.bound, err = b.compile(n.Bound); err != nil {
		return nil, err
	}
	s.offset, err = b.compile(n.BoundOffset)
	return s, err
}

func (s *sort) open() error {
	s.used.free(s.rt)
	s.rows, s.places, s.at, s.sorted = nil, nil, 0, false
	return s.child.open()
}

func (s *sort) close() {
	s.child.close()
	s.rows, s.places = nil, nil
	s.used.free(s.rt)
}

func (s *sort) next() (*Batch, error) {
	if !s.sorted {
		s.rows = newBatch(s.header)
		if err := s.sortAll(); err != nil {
			return nil, err
		}
		s.sorted = true
	}
	if err := s.rt.check(); err != nil {
		return nil, err
	}
	if s.at >= len(s.places) {
		return nil, nil
	}
	to := min(s.at+batchRows, len(s.places))
	for c := range s.out.Cols {
		pickColumn(&s.out.Cols[c], &s.rows.Cols[c], s.places[s.at:to], false)
	}
	s.out.N = to - s.at
	s.at = to
	return s.out, nil
}

func (s *sort) sortAll() error {
	most, err := s.rt.count(s.bound, -1, "LIMIT")
	if err != nil {
		return err
	}
	if most >= 0 {
		skip, err := s.rt.count(s.offset, 0, "OFFSET")
		if err != nil {
			return err
		}
		if most <= topRowsMax-skip {
			return s.top(int(most + skip))
		}
	}
	if err := s.rt.eachBatch(s.child, func(in *Batch) error {
		size := 0
		for c := range in.Cols {
			appendColumn(&s.rows.Cols[c], &in.Cols[c], 0, in.N)
			size += columnBytes(&in.Cols[c], 0, in.N)
		}
		s.rows.N += in.N
		return s.used.add(s.rt, size)
	}); err != nil {
		return err
	}
	if err := s.used.add(s.rt, s.rows.N*(4+2*sortItemBytes)); err != nil {
		return err
	}
	sorter := &rowSorter{rt: s.rt, rows: s.rows, keys: s.keys, types: s.order.types}
	s.places = sorter.sort()
	s.used.sub(s.rt, s.rows.N*2*sortItemBytes)
	return s.rt.check()
}

// collect gives every row of an operator as a row of its own.
func (rt *runtime) collect(op operator, add func(row []sqltypes.Datum) error) error {
	for {
		if err := rt.check(); err != nil {
			return err
		}
		in, err := op.next()
		if err != nil || in == nil {
			return err
		}
		if err := copyRows(in, add); err != nil {
			return err
		}
	}
}

// copyRows gives every row of a batch in memory of its own.
func copyRows(in *Batch, add func(row []sqltypes.Datum) error) error {
	width := len(in.Cols)
	block := make([]sqltypes.Datum, in.N*width)
	for i := range in.N {
		row := block[i*width : (i+1)*width : (i+1)*width]
		in.row(i, row)
		if err := add(row); err != nil {
			return err
		}
	}
	return nil
}

func (rt *runtime) eachBatch(op operator, f func(*Batch) error) error {
	for {
		if err := rt.check(); err != nil {
			return err
		}
		in, err := op.next()
		if err != nil || in == nil {
			return err
		}
		if err := f(in); err != nil {
			return err
		}
	}
}
