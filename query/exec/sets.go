package exec

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/plan"
)

func typesOf(cols []plan.Column) []sqltypes.OID {
	types := make([]sqltypes.OID, len(cols))
	for i, c := range cols {
		types[i] = c.Type.OID
	}
	return types
}

// hashDistinct drops rows that were given before. NULLs are equal here.
type hashDistinct struct {
	rt    *runtime
	child operator
	types []sqltypes.OID
	seen  *groupTable
	out   *Batch
	rows  []int32
	fresh []int32
	used  usage
}

func (b *builder) hashDistinct(n *plan.HashDistinct) (operator, error) {
	child, err := b.build(n.Child)
	if err != nil {
		return nil, err
	}
	return &hashDistinct{rt: b.rt, child: child, types: typesOf(n.Child.Header()), out: newBatch(n.Child.Header())}, nil
}

func (d *hashDistinct) open() error {
	d.used.free(d.rt)
	d.seen = newGroupTable(d.types)
	return d.child.open()
}

func (d *hashDistinct) close() {
	d.child.close()
	d.seen = nil
	d.used.free(d.rt)
}

func (d *hashDistinct) next() (*Batch, error) {
	for {
		if err := d.rt.check(); err != nil {
			return nil, err
		}
		in, err := d.child.next()
		if err != nil || in == nil {
			return nil, err
		}
		if d.fresh, err = d.new(in); err != nil {
			return nil, err
		}
		switch len(d.fresh) {
		case 0:
		case in.N:
			return in, nil
		default:
			for c := range d.out.Cols {
				pickColumn(&d.out.Cols[c], &in.Cols[c], d.fresh, false)
			}
			d.out.N = len(d.fresh)
			return d.out, nil
		}
	}
}

// new finds the rows of a batch that were not seen before.
func (d *hashDistinct) new(in *Batch) ([]int32, error) {
	before, table := d.seen.n, d.seen.tableBytes()
	d.rows = d.seen.number(in.Cols, in.N, d.rows)
	fresh, next := d.fresh[:0], int32(before)
	for i, n := range d.rows {
		if n == next {
			fresh = append(fresh, int32(i))
			next++
		}
	}
	return fresh, d.used.add(d.rt, d.seen.bytes(before)+d.seen.tableBytes()-table)
}

// unique drops rows that equal the row before in some columns.
type unique struct {
	child operator
	slots []int
	types []sqltypes.OID
	last  []sqltypes.Datum
	out   *Batch
}

func (b *builder) unique(n *plan.Unique) (operator, error) {
	child, err := b.build(n.Child)
	if err != nil {
		return nil, err
	}
	return &unique{child: child, slots: n.Slots, types: typesOf(n.Child.Header()), out: newBatch(n.Child.Header())}, nil
}

func (u *unique) open() error { u.last = nil; return u.child.open() }
func (u *unique) close()      { u.child.close() }

func (u *unique) next() (*Batch, error) {
	for {
		in, err := u.child.next()
		if err != nil || in == nil {
			return nil, err
		}
		u.out.reset()
		for i := range in.N {
			if u.last != nil && u.same(in, i) {
				continue
			}
			if u.last == nil {
				u.last = make([]sqltypes.Datum, len(in.Cols))
			}
			in.row(i, u.last)
			u.out.append(u.last)
		}
		if u.out.N > 0 {
			return u.out, nil
		}
	}
}

func (u *unique) same(in *Batch, i int) bool {
	for _, s := range u.slots {
		if compareNulls(u.types[s], u.last[s], in.Cols[s].At(i), false) != 0 {
			return false
		}
	}
	return true
}

// setOp is INTERSECT or EXCEPT: it counts the rows of the right side, then walks the left side.
type setOp struct {
	rt          *runtime
	node        *plan.SetOp
	left, right operator
	types       []sqltypes.OID
	table       hashTable
	counts      []int
	out         *Batch
	counted     bool
	used        usage
}

func (b *builder) setOp(n *plan.SetOp) (operator, error) {
	left, err := b.build(n.Left)
	if err != nil {
		return nil, err
	}
	right, err := b.build(n.Right)
	if err != nil {
		return nil, err
	}
	return &setOp{rt: b.rt, node: n, left: left, right: right, types: typesOf(n.Cols), out: newBatch(n.Cols)}, nil
}

func (s *setOp) open() error {
	s.used.free(s.rt)
	s.table, s.counts, s.counted = hashTable{types: s.types}, nil, false
	return nil
}

func (s *setOp) close() {
	s.left.close()
	s.right.close()
	s.table, s.counts = hashTable{}, nil
	s.used.free(s.rt)
}

func (s *setOp) count() error {
	if err := s.right.open(); err != nil {
		return err
	}
	err := s.rt.collect(s.right, func(row []sqltypes.Datum) error {
		if i := s.table.first(row); i >= 0 {
			s.counts[i]++
			return nil
		}
		s.table.add(row, nil)
		s.counts = append(s.counts, 1)
		return s.used.add(s.rt, rowSize(row)+56)
	})
	if err != nil {
		return err
	}
	s.counted = true
	return s.left.open()
}

func (s *setOp) next() (*Batch, error) {
	if !s.counted {
		if err := s.count(); err != nil {
			return nil, err
		}
	}
	row := make([]sqltypes.Datum, len(s.types))
	for {
		in, err := s.left.next()
		if err != nil || in == nil {
			return nil, err
		}
		s.out.reset()
		for i := range in.N {
			in.row(i, row)
			keep, err := s.keep(row)
			if err != nil {
				return nil, err
			}
			if keep {
				s.out.append(row)
			}
		}
		if s.out.N > 0 {
			return s.out, nil
		}
	}
}

// keep decides about a row of the left side. With ALL every row of the right side pairs with one of the left; without, a row is given once.
func (s *setOp) keep(row []sqltypes.Datum) (bool, error) {
	i := s.table.first(row)
	if s.node.All {
		paired := i >= 0 && s.counts[i] > 0
		if paired {
			s.counts[i]--
		}
		return paired != s.node.Except, nil
	}
	if s.node.Except {
		if i >= 0 {
			return false, nil
		}
		kept := slices.Clone(row)
		s.table.add(kept, nil)
		s.counts = append(s.counts, 0)
		return true, s.used.add(s.rt, rowSize(kept)+56)
	}
	if i < 0 || s.counts[i] == 0 {
		return false, nil
	}
	s.counts[i] = 0
	return true, nil
}
