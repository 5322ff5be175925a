package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// project computes a row from each row. A LIMIT above tells it how many rows it wants at most, so that the rows behind them are not computed.
type project struct {
	child   operator
	columns *columnEval
	ordered bool // rows must be computed one after the other
	out     *Batch
	in      *Batch // what is left of it is computed next, nil: ask the child
	at      int    // next row of in
	most    int64  // rows wanted from the next call, negative: all
	part    Batch
}

func (b *builder) project(n *plan.Project) (operator, error) {
	child, err := b.buildFor(n.Child, slotsOf(n.Exprs...))
	if err != nil {
		return nil, err
	}
	p := &project{child: child, out: newBatch(n.Cols), most: -1}
	for _, e := range n.Exprs {
		p.ordered = p.ordered || expr.ContainsVolatile(e)
	}
	p.columns, err = b.columnEval(len(n.Child.Header()), n.Exprs...)
	return p, err
}

func (p *project) open() error {
	p.in, p.most = nil, -1
	return p.child.open()
}

func (p *project) close() {
	p.in = nil
	p.child.close()
}

func (p *project) atMost(rows int64) {
	p.most = rows
	if p.in == nil {
		limitRows(p.child, rows)
	}
}

// limited is an operator that can stop early within a batch. Rows are wanted by the next call of next; what it gives may be more.
type limited interface{ atMost(rows int64) }

// limitRows tells an operator how many rows are wanted of its next batch.
func limitRows(op operator, rows int64) {
	if m, ok := op.(*measured); ok {
		op = m.operator
	}
	if l, ok := op.(limited); ok {
		l.atMost(rows)
	}
}

func (p *project) next() (*Batch, error) {
	if p.in == nil {
		in, err := p.child.next()
		if err != nil || in == nil {
			return nil, err
		}
		p.in, p.at = in, 0
	}
	in := p.in
	to := in.N
	if p.most >= 0 && p.columns.scalar && int64(to-p.at) > p.most {
		to = p.at + max(int(p.most), 1)
	}
	if p.at > 0 || to < in.N {
		if p.part.Cols == nil {
			p.part.Cols = make([]sqltypes.Vec, len(in.Cols))
		}
		p.part.N = to - p.at
		for c := range in.Cols {
			if absent(&in.Cols[c], in.N) {
				p.part.Cols[c] = in.Cols[c]
			} else {
				p.part.Cols[c] = windowColumn(&in.Cols[c], p.at, to)
			}
		}
		in = &p.part
	}
	if err := p.compute(in); err != nil {
		return nil, err
	}
	if p.at += p.out.N; p.at == p.in.N {
		p.in = nil
	}
	return p.out, nil
}

// compute fills the output with the rows of a batch: all, or fewer when what they hold gets large.
func (p *project) compute(in *Batch) error {
	c := p.columns
	p.out.N = in.N
	c.load(in)
	rows := false // something is computed row by row
	for i := range p.out.Cols {
		if p.rowwise(i) {
			rows = true
			continue
		}
		v, err := c.quick(i, in)
		if err != nil {
			return p.computeRows(in) // which finds the error that comes first
		}
		p.out.Cols[i] = *v
	}
	if rows {
		return p.computeRest(in)
	}
	return nil
}

// rowwise tells whether column i has no code for batches, or must not be computed by it.
func (p *project) rowwise(i int) bool {
	return p.columns.rows.plain[i] < 0 && (p.ordered || p.columns.vectors[i] == nil)
}

// batchBytesMax is about how large values a batch may hold in all.
const batchBytesMax = 1 << 20

// computeRest computes the columns that have no code for batches, row by row.
func (p *project) computeRest(in *Batch) error {
	c := p.columns
	for i := range p.out.Cols {
		if p.rowwise(i) {
			c.own[i].Reset()
		}
	}
	n, size := 0, 0
	for ; n < in.N && size < batchBytesMax; n++ {
		if n&31 == 31 {
			if err := c.rt.check(); err != nil {
				return err
			}
		}
		for i := range p.out.Cols {
			if !p.rowwise(i) {
				continue
			}
			c.rows.load(in, n)
			d, err := c.rows.at(i)
			if err != nil {
				return err
			}
			c.own[i].Append(d)
			size += sizeOf(d)
			if err := c.rt.hold(size); err != nil {
				return err
			}
		}
	}
	for i := range p.out.Cols {
		if p.rowwise(i) {
			p.out.Cols[i] = c.own[i]
		} else if n < in.N {
			p.out.Cols[i] = windowColumn(&p.out.Cols[i], 0, n)
		}
	}
	p.out.N = n
	return nil
}

// computeRows computes everything row by row.
func (p *project) computeRows(in *Batch) error {
	c := p.columns
	for i := range c.own {
		c.own[i].Reset()
	}
	n, size := 0, 0
	for ; n < in.N && size < batchBytesMax; n++ {
		if n&31 == 31 {
			if err := c.rt.check(); err != nil {
				return err
			}
		}
		for i := range c.own {
			c.rows.load(in, n)
			d, err := c.rows.at(i)
			if err != nil {
				return err
			}
			c.own[i].Append(d)
			size += sizeOf(d)
			if err := c.rt.hold(size); err != nil {
				return err
			}
		}
	}
	copy(p.out.Cols, c.own)
	p.out.N = n
	return nil
}
