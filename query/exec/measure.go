package exec

import (
	"time"

	"github.com/opendsql/opendsql/query/plan"
)

// measured runs an operator for EXPLAIN ANALYZE and notes what it did.
type measured struct {
	operator
	m     *plan.Measure
	loop  time.Duration // spent in this loop
	first bool          // no row of this loop has come yet
}

// measure makes an operator tell what it does.
func measure(op operator, m *plan.Measure) operator {
	switch op := op.(type) {
	case *scan:
		op.removed = &m.Removed
	case *blockScan:
		op.removed = &m.Removed
	}
	return &measured{operator: op, m: m}
}

func (o *measured) open() error {
	start := time.Now()
	err := o.operator.open()
	o.loop, o.first = time.Since(start), true
	o.m.Loops++
	o.m.Total += o.loop
	return err
}

func (o *measured) next() (*Batch, error) {
	start := time.Now()
	out, err := o.operator.next()
	d := time.Since(start)
	o.loop += d
	o.m.Total += d
	if o.first {
		o.first = false
		o.m.Startup += o.loop
	}
	if out != nil {
		o.m.Rows += int64(out.N)
	}
	return out, err
}

// CompileMeasured is Compile for EXPLAIN ANALYZE: an execution of the program fills the measures of the plan's nodes.
func CompileMeasured(p *plan.Plan) (*Program, map[plan.Node]*plan.Measure, error) {
	measures := map[plan.Node]*plan.Measure{}
	prog, err := compile(p, measures)
	return prog, measures, err
}
