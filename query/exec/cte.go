package exec

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/plan"
)

// store holds the rows of a WITH query that its readers have asked for so far. The source runs only as far as that: a recursive query without an
// end may be read with a LIMIT.
type store struct {
	source operator
	rows   [][]sqltypes.Datum
	opened bool
	done   bool
	work   [][]sqltypes.Datum // of a recursive one: the rows of the step before
	used   usage
}

// with runs its child with fresh stores. A query of WITH that writes runs when it is first read, and after the child's end when nothing read it:
// then a later one comes before an earlier one. All see the same snapshot: what they write is not seen before the statement ends. So that it is
// written even when a client asks for no more rows, the child's rows are gathered first.
type with struct {
	rt     *runtime
	node   *plan.With
	ctes   []operator
	child  operator
	writes bool
	ended  bool
	rows   [][]sqltypes.Datum
	at     int
	out    *Batch
	used   usage
}

func (b *builder) with(n *plan.With) (operator, error) {
	w := &with{rt: b.rt, node: n, out: newBatch(n.Header())}
	for _, c := range n.CTEs {
		w.writes = w.writes || c.Modifying
		op, err := b.build(c.Plan)
		if err != nil {
			return nil, err
		}
		w.ctes = append(w.ctes, op)
	}
	var err error
	w.child, err = b.build(n.Child)
	return w, err
}

func (w *with) open() error {
	w.ended, w.rows, w.at = false, nil, 0
	w.used.free(w.rt)
	for i, c := range w.node.CTEs {
		w.rt.stores[c.Store].used.free(w.rt)
		w.rt.stores[c.Store] = store{source: w.ctes[i]}
	}
	return w.child.open()
}

func (w *with) close() {
	w.child.close()
	for i, c := range w.node.CTEs {
		w.ctes[i].close()
		w.rt.stores[c.Store].used.free(w.rt)
		w.rt.stores[c.Store] = store{}
	}
	w.rows = nil
	w.used.free(w.rt)
}

func (w *with) next() (*Batch, error) {
	if !w.writes {
		return w.child.next()
	}
	if !w.ended {
		w.ended = true
		err := w.rt.collect(w.child, func(row []sqltypes.Datum) error {
			w.rows = append(w.rows, row)
			return w.used.add(w.rt, rowSize(row))
		})
		if err != nil {
			return nil, err
		}
		for _, c := range slices.Backward(w.node.CTEs) {
			if !c.Modifying {
				continue
			}
			if err := w.rt.fill(c.Store); err != nil {
				return nil, err
			}
		}
	}
	return nextRows(w.out, w.rows, &w.at)
}

// fill runs a WITH query to its end.
func (rt *runtime) fill(i int) error {
	for {
		if more, err := rt.pull(i); err != nil || !more {
			return err
		}
	}
}

// pull adds the next rows of a WITH query to its store; false when there are none.
func (rt *runtime) pull(i int) (bool, error) {
	s := &rt.stores[i]
	if s.done || s.source == nil {
		return false, nil
	}
	if err := rt.check(); err != nil {
		return false, err
	}
	if !s.opened {
		s.opened = true
		if err := s.source.open(); err != nil {
			return false, err
		}
	}
	source, affected := s.source, rt.affected
	in, err := source.next()
	rt.affected = affected // the statement's own count
	if err != nil {
		return false, err
	}
	s = &rt.stores[i]
	if in == nil {
		source.close()
		s.done = true
		return false, nil
	}
	return true, copyRows(in, func(row []sqltypes.Datum) error {
		s.rows = append(s.rows, row)
		return s.used.add(rt, rowSize(row))
	})
}

// cteScan reads a store, or the work table of a recursive query.
type cteScan struct {
	rt   *runtime
	node *plan.CTEScan
	out  *Batch
	rows [][]sqltypes.Datum
	at   int
}

func (b *builder) cteScan(n *plan.CTEScan) (operator, error) {
	return &cteScan{rt: b.rt, node: n, out: newBatch(n.Cols)}, nil
}

func (c *cteScan) open() error {
	c.at = 0
	if c.node.Work {
		c.rows = c.rt.stores[c.node.Store].work
		return nil
	}
	c.rows = c.rt.stores[c.node.Store].rows
	return nil
}

func (c *cteScan) close() { c.rows = nil }

func (c *cteScan) next() (*Batch, error) {
	for !c.node.Work && c.at >= len(c.rows) {
		more, err := c.rt.pull(c.node.Store)
		if err != nil {
			return nil, err
		}
		if c.rows = c.rt.stores[c.node.Store].rows; c.at >= len(c.rows) && !more {
			break
		}
	}
	return nextRows(c.out, c.rows, &c.at)
}

// recursiveUnion runs the base once, then the step over the rows of the step before until it gives none.
type recursiveUnion struct {
	rt         *runtime
	node       *plan.RecursiveUnion
	base, step operator
	types      []sqltypes.OID
	seen       hashTable
	rows       [][]sqltypes.Datum
	at         int
	started    bool
	out        *Batch
	used       usage
}

func (b *builder) recursiveUnion(n *plan.RecursiveUnion) (operator, error) {
	base, err := b.build(n.Base)
	if err != nil {
		return nil, err
	}
	step, err := b.build(n.Step)
	if err != nil {
		return nil, err
	}
	return &recursiveUnion{rt: b.rt, node: n, base: base, step: step, types: typesOf(n.Cols), out: newBatch(n.Cols)}, nil
}

func (r *recursiveUnion) open() error {
	r.seen, r.rows, r.at, r.started = hashTable{types: r.types}, nil, 0, false
	r.used.free(r.rt)
	return nil
}

func (r *recursiveUnion) close() {
	r.base.close()
	r.step.close()
	r.rows, r.seen = nil, hashTable{}
	r.used.free(r.rt)
}

func (r *recursiveUnion) next() (*Batch, error) {
	for r.at >= len(r.rows) {
		if err := r.advance(); err != nil {
			return nil, err
		}
		if len(r.rows) == 0 {
			return nil, nil
		}
	}
	return nextRows(r.out, r.rows, &r.at)
}

// advance runs the base, or the step over the last rows.
func (r *recursiveUnion) advance() error {
	if err := r.rt.check(); err != nil {
		return err
	}
	source := r.base
	if r.started {
		if len(r.rows) == 0 {
			return nil
		}
		r.rt.stores[r.node.Store].work = r.rows
		source = r.step
	}
	r.started = true
	var fresh [][]sqltypes.Datum
	if err := source.open(); err != nil {
		return err
	}
	err := r.rt.collect(source, func(row []sqltypes.Datum) error {
		if r.node.Distinct {
			if r.seen.first(row) >= 0 {
				return nil
			}
			r.seen.add(row, nil)
		}
		fresh = append(fresh, row)
		if !r.node.Distinct {
			return nil
		}
		return r.used.add(r.rt, rowSize(row)+48)
	})
	source.close()
	r.rows, r.at = fresh, 0
	return err
}
