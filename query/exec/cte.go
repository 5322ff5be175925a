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
	rows   *Batch // nil: none yet
	opened bool
	done   bool
	work   *Batch // of a recursive one: the rows of the step before
	used   usage
}

// keep adds the rows of a batch to those that are kept in another, and counts their memory, twice: columns grow by being copied.
func (b *Batch) keep(rt *runtime, in *Batch, used *usage) error {
	size := 0
	for c := range in.Cols {
		appendColumn(&b.Cols[c], &in.Cols[c], 0, in.N)
		size += columnBytes(&in.Cols[c], 0, in.N)
	}
	b.N += in.N
	return used.add(rt, 2*size)
}

// give shows the next rows of those that are kept in a batch, nil at their end.
func (b *Batch) give(of *Batch, at *int) *Batch {
	if of == nil || *at >= of.N {
		return nil
	}
	to := min(*at+batchRows, of.N)
	b.window(of, *at, to)
	*at = to
	return b
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
	rows   *Batch
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
		w.ended, w.rows = true, newBatch(w.node.Header())
		if err := w.rt.eachBatch(w.child, func(in *Batch) error { return w.rows.keep(w.rt, in, &w.used) }); err != nil {
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
	return w.out.give(w.rows, &w.at), nil
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
	if s.rows == nil {
		s.rows = &Batch{Cols: make([]sqltypes.Vec, len(in.Cols))}
		for i := range in.Cols {
			s.rows.Cols[i].Kind, s.rows.Cols[i].Fixed = in.Cols[i].Kind, in.Cols[i].Fixed
		}
	}
	return true, s.rows.keep(rt, in, &s.used)
}

// cteScan reads a store, or the work table of a recursive query.
type cteScan struct {
	rt   *runtime
	node *plan.CTEScan
	out  *Batch
	work *Batch
	at   int
}

func (b *builder) cteScan(n *plan.CTEScan) (operator, error) {
	return &cteScan{rt: b.rt, node: n, out: newBatch(n.Cols)}, nil
}

func (c *cteScan) open() error {
	c.at = 0
	c.work = c.rt.stores[c.node.Store].work
	return nil
}

func (c *cteScan) close() { c.work = nil }

func (c *cteScan) next() (*Batch, error) {
	if c.node.Work {
		return c.out.give(c.work, &c.at), nil
	}
	for {
		if out := c.out.give(c.rt.stores[c.node.Store].rows, &c.at); out != nil {
			return out, nil
		}
		if more, err := c.rt.pull(c.node.Store); err != nil || !more {
			return nil, err
		}
	}
}

// recursiveUnion runs the base once, then the step over the rows of the step before until it gives none.
type recursiveUnion struct {
	rt         *runtime
	node       *plan.RecursiveUnion
	base, step operator
	distinct   *hashDistinct // of the rows of all steps; nil for UNION ALL
	rows       *Batch        // of the last step
	spare      *Batch        // of the step before it, to be filled anew
	kept       usage         // of the rows of the last step
	picked     *Batch
	at         int
	started    bool
	out        *Batch
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
	r := &recursiveUnion{rt: b.rt, node: n, base: base, step: step, out: newBatch(n.Cols), picked: newBatch(n.Cols)}
	if n.Distinct {
		r.distinct = &hashDistinct{rt: b.rt, types: typesOf(n.Cols)}
	}
	return r, nil
}

func (r *recursiveUnion) open() error {
	r.forget()
	return nil
}

func (r *recursiveUnion) close() {
	r.base.close()
	r.step.close()
	r.forget()
}

func (r *recursiveUnion) forget() {
	r.rows, r.spare, r.at, r.started = newBatch(r.node.Cols), newBatch(r.node.Cols), 0, false
	r.kept.free(r.rt)
	if r.distinct != nil {
		r.distinct.used.free(r.rt)
		r.distinct.seen = r.rt.groupTable(r.distinct.types)
	}
}

func (r *recursiveUnion) next() (*Batch, error) {
	for {
		if out := r.out.give(r.rows, &r.at); out != nil {
			return out, nil
		}
		if r.started && r.rows.N == 0 {
			return nil, nil
		}
		if err := r.advance(); err != nil {
			return nil, err
		}
	}
}

// advance runs the base, or the step over the last rows.
func (r *recursiveUnion) advance() error {
	if err := r.rt.check(); err != nil {
		return err
	}
	source := r.base
	if r.started {
		r.rt.stores[r.node.Store].work = r.rows
		source = r.step
	}
	r.started = true
	if err := source.open(); err != nil {
		return err
	}
	var kept usage
	fresh := r.spare
	fresh.reset()
	err := r.rt.eachBatch(source, func(in *Batch) error {
		if r.distinct == nil {
			return fresh.keep(r.rt, in, &kept)
		}
		sel, err := r.distinct.new(in)
		r.distinct.fresh = sel
		if err != nil || len(sel) == 0 {
			return err
		}
		r.picked.gather(in, sel)
		return fresh.keep(r.rt, r.picked, &kept)
	})
	source.close()
	r.kept.free(r.rt)
	r.rows, r.spare, r.at, r.kept = fresh, r.rows, 0, kept
	return err
}
