package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// result gives one row, or none when its condition fails.
type result struct {
	rt    *runtime
	exprs []expr.Eval
	once  expr.Eval
	out   *Batch
	row   []sqltypes.Datum
	done  bool
}

func (b *builder) result(n *plan.Result) (operator, error) {
	r := &result{rt: b.rt, out: newBatch(n.Cols), row: make([]sqltypes.Datum, len(n.Exprs))}
	var err error
	if r.exprs, err = b.compileAll(n.Exprs); err != nil {
		return nil, err
	}
	r.once, err = b.compile(n.Once)
	return r, err
}

func (r *result) open() error { r.done = false; return nil }
func (r *result) close()      {}

func (r *result) next() (*Batch, error) {
	if r.done {
		return nil, nil
	}
	r.done = true
	if r.once != nil {
		d, err := r.rt.constant(r.once)
		if err != nil || !d.Bool() {
			return nil, err
		}
	}
	size := 0
	for i, e := range r.exprs {
		d, err := r.rt.constant(e)
		if err != nil {
			return nil, err
		}
		r.row[i] = d
		size += d.Size()
		if err := r.rt.hold(size); err != nil {
			return nil, err
		}
	}
	r.out.reset()
	r.out.append(r.row)
	return r.out, nil
}

// values gives rows of expressions.
type values struct {
	rt   *runtime
	rows [][]expr.Eval
	out  *Batch
	row  []sqltypes.Datum
	at   int
}

func (b *builder) values(n *plan.Values) (operator, error) {
	v := &values{rt: b.rt, out: newBatch(n.Cols), row: make([]sqltypes.Datum, len(n.Cols))}
	for _, row := range n.Rows {
		evals, err := b.compileAll(row)
		if err != nil {
			return nil, err
		}
		v.rows = append(v.rows, evals)
	}
	return v, nil
}

func (v *values) open() error { v.at = 0; return nil }
func (v *values) close()      {}

func (v *values) next() (*Batch, error) {
	v.out.reset()
	size := 0
	for ; v.at < len(v.rows) && v.out.N < batchRows && size < batchBytesMax; v.at++ {
		for i, e := range v.rows[v.at] {
			d, err := v.rt.constant(e)
			if err != nil && v.out.N > 0 {
				return v.out, nil // who stops before this row does not hear of it
			}
			if err != nil {
				return nil, err
			}
			v.row[i] = d
			size += d.Size()
			if err := v.rt.hold(size); err != nil {
				return nil, err
			}
		}
		v.out.append(v.row)
	}
	if v.out.N == 0 {
		return nil, nil
	}
	return v.out, nil
}

// filter keeps the rows that meet a condition.
type filter struct {
	rt    *runtime
	child operator
	cond  *vectorFilter
	sel   []int32
	out   *Batch
	in    *Batch  // a batch that is not done, nil: ask the child
	rest  []int32 // its rows that are left
	most  int64   // rows wanted from the next call, negative: all
}

func (b *builder) filter(n *plan.Filter, wanted []int) (operator, error) {
	var child operator
	var err error
	if wanted == nil {
		child, err = b.build(n.Child)
	} else {
		child, err = b.buildFor(n.Child, append(wanted, slotsOf(n.Cond)...))
	}
	if err != nil {
		return nil, err
	}
	cond, err := b.vectorFilter(n.Cond, len(n.Child.Header()))
	if err != nil {
		return nil, err
	}
	return &filter{rt: b.rt, child: child, cond: cond, out: newBatch(n.Child.Header()), most: -1}, nil
}

func (f *filter) open() error {
	f.in, f.most = nil, -1
	return f.child.open()
}

func (f *filter) close() {
	f.in = nil
	f.child.close()
}

func (f *filter) atMost(rows int64) { f.most = rows }

func (f *filter) next() (*Batch, error) {
	for {
		if f.in == nil {
			if err := f.rt.check(); err != nil {
				return nil, err
			}
			in, err := f.child.next()
			if err != nil || in == nil {
				return nil, err
			}
			decided := false
			if f.sel, decided = f.cond.narrow(in, f.sel[:0]); decided {
				if out := f.give(in, f.sel); out != nil {
					return out, nil
				}
				continue
			}
			f.in, f.rest = in, f.sel
		}
		kept, looked, err := f.cond.decide(f.in, f.rest, f.most)
		if err != nil {
			return nil, err
		}
		in := f.in
		if f.rest = f.rest[looked:]; len(f.rest) == 0 {
			f.in = nil
		}
		if out := f.give(in, kept); out != nil {
			return out, nil
		}
	}
}

// give makes a batch of the rows kept, nil of none.
func (f *filter) give(in *Batch, kept []int32) *Batch {
	switch len(kept) {
	case 0:
		return nil
	case in.N:
		return in
	}
	f.out.gather(in, kept)
	return f.out
}

// nextRows gives the kept rows a batch at a time.
func nextRows(out *Batch, rows [][]sqltypes.Datum, at *int) (*Batch, error) {
	if *at >= len(rows) {
		return nil, nil
	}
	out.reset()
	for ; *at < len(rows) && out.N < batchRows; *at++ {
		out.append(rows[*at])
	}
	return out, nil
}

// limit skips and counts rows.
type limit struct {
	rt            *runtime
	child         operator
	count, offset expr.Eval
	node          *plan.Limit
	out           *Batch
	skip, left    int64      // left < 0: no bound
	keys          []sortSlot // WITH TIES: what rows are equal by
	last          *Batch     // the last row within the bound
	ties          bool       // rows equal to it are wanted
}

func (b *builder) limit(n *plan.Limit) (operator, error) {
	child, err := b.build(n.Child)
	if err != nil {
		return nil, err
	}
	l := &limit{rt: b.rt, child: child, node: n, out: newBatch(n.Child.Header()), last: newBatch(n.Child.Header())}
	for _, k := range n.TieKeys {
		l.keys = append(l.keys, sortSlot{slot: k.Slot, typ: n.Child.Header()[k.Slot].Type.OID})
	}
	if l.count, err = b.compile(n.Count); err != nil {
		return nil, err
	}
	l.offset, err = b.compile(n.Offset)
	return l, err
}

func (l *limit) open() error {
	var err error
	l.ties = false
	if l.left, err = l.rt.count(l.count, -1, "LIMIT"); err != nil {
		return err
	}
	if l.skip, err = l.rt.count(l.offset, 0, "OFFSET"); err != nil {
		return err
	}
	return l.child.open()
}

func (l *limit) close() { l.child.close() }

func (l *limit) next() (*Batch, error) {
	for l.left != 0 || l.ties {
		if l.left > 0 {
			limitRows(l.child, l.skip+l.left)
		}
		in, err := l.child.next()
		if err != nil || in == nil {
			return nil, err
		}
		from := int(min(l.skip, int64(in.N)))
		l.skip -= int64(from)
		to := in.N
		if l.left >= 0 {
			to = from + int(min(l.left, int64(in.N-from)))
			if to > from {
				l.left -= int64(to - from)
				l.tie(in, to-1)
			}
			for to < in.N && l.ties {
				if l.ties = sameSlots(l.keys, l.last, 0, in, to); l.ties {
					to++
				}
			}
		}
		switch {
		case from == to:
		case from == 0 && to == in.N:
			return in, nil
		default:
			l.out.window(in, from, to)
			return l.out, nil
		}
	}
	return nil, nil
}

// tie notes the last row within the bound, whose equals are given as well.
func (l *limit) tie(in *Batch, row int) {
	if l.left == 0 && l.node.WithTies {
		l.last.reset()
		l.last.take(in, row)
		l.ties = true
	}
}

// appendAll gives the rows of its inputs one after the other.
type appendAll struct {
	inputs []operator
	at     int
	opened bool
}

func (b *builder) appendAll(n *plan.Append) (operator, error) {
	a := &appendAll{}
	for _, in := range n.Inputs {
		op, err := b.build(in)
		if err != nil {
			return nil, err
		}
		a.inputs = append(a.inputs, op)
	}
	return a, nil
}

func (a *appendAll) open() error { a.close(); a.at, a.opened = 0, false; return nil }

func (a *appendAll) close() {
	if a.opened && a.at < len(a.inputs) {
		a.inputs[a.at].close()
	}
	a.opened = false
}

func (a *appendAll) next() (*Batch, error) {
	for a.at < len(a.inputs) {
		if !a.opened {
			if err := a.inputs[a.at].open(); err != nil {
				return nil, err
			}
			a.opened = true
		}
		out, err := a.inputs[a.at].next()
		if err != nil || out != nil {
			return out, err
		}
		a.inputs[a.at].close()
		a.at, a.opened = a.at+1, false
	}
	return nil, nil
}
