package exec

import (
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// gate gives its input's rows if a condition that is the same for all of them is true, and reads nothing otherwise.
type gate struct {
	rt     *runtime
	child  operator
	once   expr.Eval
	tested bool
	passes bool
	most   int64 // rows wanted from the next call, negative: all
}

func (b *builder) gate(n *plan.Gate, wanted []int) (operator, error) {
	b.wanted = wanted
	child, err := b.build(n.Child)
	if err != nil {
		return nil, err
	}
	g := &gate{rt: b.rt, child: child}
	g.once, err = b.compile(n.Once)
	return g, err
}

func (g *gate) open() error {
	g.tested, g.passes, g.most = false, false, -1
	return nil
}

func (g *gate) close() { g.child.close() }

func (g *gate) test() error {
	g.tested = true
	d, err := g.rt.constant(g.once)
	if err != nil || d.IsNull() || !d.Bool() {
		return err
	}
	g.passes = true
	return g.child.open()
}

func (g *gate) atMost(rows int64) { g.most = rows }

func (g *gate) next() (*Batch, error) {
	if !g.tested {
		if err := g.test(); err != nil {
			return nil, err
		}
	}
	if !g.passes {
		return nil, nil
	}
	if g.most >= 0 {
		limitRows(g.child, g.most)
	}
	return g.child.next()
}
