package exec

import (
	"slices"

	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// project computes a row from each row. A LIMIT above tells it how many rows it wants at most, so that the rows behind them are not computed.
type project struct {
	child   operator
	columns *columnEval
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
	if p.columns, err = b.columnEval(len(n.Child.Header()), n.Exprs...); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(n.Exprs, expr.ContainsVolatile) {
		p.columns.inOrder()
	}
	return p, nil
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
		p.part.window(in, p.at, to)
		in = &p.part
	}
	n, err := p.columns.compute(in, nil)
	if err != nil {
		return nil, err
	}
	copy(p.out.Cols, p.columns.out)
	p.out.N = n
	if p.at += n; p.at == p.in.N {
		p.in = nil
	}
	return p.out, nil
}
