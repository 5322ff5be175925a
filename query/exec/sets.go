package exec

import (
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
	d.seen = d.rt.groupTable(d.types)
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
	var err error
	if d.rows, err = d.seen.number(in.Cols, in.N, d.rows); err != nil {
		return nil, err
	}
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
	slots []sortSlot
	last  *Batch // the last row of the batch before; empty at the beginning
	sel   []int32
	out   *Batch
}

func (b *builder) unique(n *plan.Unique) (operator, error) {
	child, err := b.build(n.Child)
	if err != nil {
		return nil, err
	}
	header := n.Child.Header()
	u := &unique{child: child, last: newBatch(header), out: newBatch(header)}
	for _, s := range n.Slots {
		u.slots = append(u.slots, sortSlot{slot: s, typ: header[s].Type.OID})
	}
	return u, nil
}

func (u *unique) open() error { u.last.reset(); return u.child.open() }
func (u *unique) close()      { u.child.close() }

func (u *unique) next() (*Batch, error) {
	for {
		in, err := u.child.next()
		if err != nil || in == nil {
			return nil, err
		}
		u.sel = u.sel[:0]
		for i := range in.N {
			before, at := in, i-1
			if i == 0 {
				before, at = u.last, u.last.N-1
			}
			if at < 0 || !sameSlots(u.slots, before, at, in, i) {
				u.sel = append(u.sel, int32(i))
			}
		}
		u.last.reset()
		u.last.take(in, in.N-1)
		switch len(u.sel) {
		case 0:
		case in.N:
			return in, nil
		default:
			u.out.gather(in, u.sel)
			return u.out, nil
		}
	}
}

// setOp is INTERSECT or EXCEPT: it counts the rows of the right side, then walks the left side.
type setOp struct {
	rt          *runtime
	node        *plan.SetOp
	left, right operator
	types       []sqltypes.OID
	table       *groupTable
	counts      []int64 // of each group of the table
	groups      []int32
	sel         []int32
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
	s.table, s.counts, s.counted = s.rt.groupTable(s.types), nil, false
	s.table.turned = true
	return nil
}

func (s *setOp) close() {
	s.left.close()
	s.right.close()
	s.table, s.counts = nil, nil
	s.used.free(s.rt)
}

// number gives the groups of a batch, with a count for each new one.
func (s *setOp) number(in *Batch) error {
	before, table := s.table.n, s.table.tableBytes()
	var err error
	if s.groups, err = s.table.number(in.Cols, in.N, s.groups); err != nil {
		return err
	}
	for len(s.counts) < s.table.n {
		s.counts = append(s.counts, 0)
	}
	return s.used.add(s.rt, s.table.bytes(before)+s.table.tableBytes()-table+8*(s.table.n-before))
}

func (s *setOp) count() error {
	if err := s.right.open(); err != nil {
		return err
	}
	err := s.rt.eachBatch(s.right, func(in *Batch) error {
		err := s.number(in)
		for _, g := range s.groups {
			s.counts[g]++
		}
		return err
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
	for {
		if err := s.rt.check(); err != nil {
			return nil, err
		}
		in, err := s.left.next()
		if err != nil || in == nil {
			return nil, err
		}
		if s.node.Except && !s.node.All || s.table.rt != nil {
			err = s.number(in)
		} else {
			s.groups = s.table.find(in.Cols, in.N, s.groups)
		}
		if err != nil {
			return nil, err
		}
		s.sel = s.sel[:0]
		for i, g := range s.groups {
			if s.keep(g) {
				s.sel = append(s.sel, int32(i))
			}
		}
		switch len(s.sel) {
		case 0:
		case in.N:
			return in, nil
		default:
			s.out.gather(in, s.sel)
			return s.out, nil
		}
	}
}

// keep decides about a row of the left side by its group, -1 for none. With ALL every row of the right side pairs with one of the left; without, a row is
// given once.
func (s *setOp) keep(g int32) bool {
	switch {
	case s.node.All:
		paired := g >= 0 && s.counts[g] > 0
		if paired {
			s.counts[g]--
		}
		return paired != s.node.Except
	case s.node.Except:
		fresh := s.counts[g] == 0
		s.counts[g]++
		return fresh
	}
	if g < 0 || s.counts[g] == 0 {
		return false
	}
	s.counts[g] = 0
	return true
}
