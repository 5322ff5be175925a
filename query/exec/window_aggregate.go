package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
)

// aggregate computes an aggregate over the frames of rows. Rows that come into a frame are added; those that leave it are removed, where the aggregate
// can do that and give what it would give had it never seen them. Otherwise it begins anew.
func (p *windowPartition) aggregate(c *windowCall, rows rowRun) error {
	excludes := p.window.node.Frame.Exclude != bind.ExcludeNone
	for r := rows.lo; r < rows.hi; r++ {
		p.enter(r)
		p.frame()
		if p.err != nil {
			return p.err
		}
		if c.state != nil && !excludes && c.held == (rowRun{p.lo, p.hi}) {
			c.results.Append(c.last)
			continue
		}
		anew := c.state == nil || excludes || p.hi < c.held.hi || p.lo >= c.held.hi && p.lo > c.held.lo
		var err error
		if anew || !p.remove(c, c.held.lo, p.lo) {
			c.kept.free(p.window.rt)
			c.state = c.agg.New()
			for i := 0; i < len(p.runs) && err == nil; i++ {
				err = p.add(c, p.runs[i].lo, p.runs[i].hi)
			}
		} else {
			err = p.add(c, c.held.hi, p.hi)
		}
		if err != nil {
			return err
		}
		c.held = rowRun{p.lo, p.hi}
		if c.last, err = c.state.Result(&p.window.rt.env); err != nil {
			return err
		}
		if err := p.give(c, c.last); err != nil {
			return err
		}
	}
	return nil
}

// add puts rows into the state.
func (p *windowPartition) add(c *windowCall, from, to int) error {
	rt := p.window.rt
	for row := from; row < to; row++ {
		if row&1023 == 1023 {
			if err := rt.check(); err != nil {
				return err
			}
		}
		args, ok, err := p.arguments(c, row)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := c.state.Add(&rt.env, args); err != nil {
			return err
		}
		if err := c.kept.add(rt, c.state.Held()-c.kept.bytes); err != nil {
			return err
		}
	}
	return nil
}

// remove takes rows out of the state; false when it cannot.
func (p *windowPartition) remove(c *windowCall, from, to int) bool {
	for row := from; row < to; row++ {
		args, ok, err := p.arguments(c, row)
		if err != nil || ok && !c.state.Remove(&p.window.rt.env, args) {
			return false
		}
	}
	return true
}

// arguments computes the arguments of a call for a row; false when its filter leaves the row out.
func (p *windowPartition) arguments(c *windowCall, row int) ([]sqltypes.Datum, bool, error) {
	rows, at := p.window.rows, p.from+row
	if c.filter != nil {
		c.filter.load(rows, at)
		if ok, err := c.filter.truth(); err != nil || !ok {
			return nil, false, err
		}
	}
	c.args.load(rows, at)
	return c.values, true, c.args.all(c.values)
}

// candidate is a row of a frame with a value that no later row of it takes the place of.
type candidate struct {
	row   int
	value sqltypes.Datum
}

// bytes is the memory of a candidate.
func (c candidate) bytes() int { return 32 + c.value.Size() }

// extremes computes max or min over frames that move on: of the rows of a frame it keeps those that no later one takes the place of, the best of which is
// the first.
func (p *windowPartition) extremes(c *windowCall, rows rowRun) error {
	for r := rows.lo; r < rows.hi; r++ {
		p.enter(r)
		p.frame()
		if p.err != nil {
			return p.err
		}
		bytes := 0
		for row := max(c.held.hi, p.lo); row < p.hi; row++ {
			args, ok, err := p.arguments(c, row)
			if err != nil {
				return err
			}
			if !ok || args[0].IsNull() {
				continue
			}
			for len(c.queue) > 0 && c.extreme(args[0], c.queue[len(c.queue)-1].value) {
				bytes -= c.queue[len(c.queue)-1].bytes()
				c.queue = c.queue[:len(c.queue)-1]
			}
			c.queue = append(c.queue, candidate{row, args[0]})
			bytes += c.queue[len(c.queue)-1].bytes()
		}
		c.held = rowRun{p.lo, max(c.held.hi, p.hi)}
		for len(c.queue) > 0 && c.queue[0].row < p.lo {
			bytes -= c.queue[0].bytes()
			c.queue = c.queue[1:]
		}
		if err := c.kept.add(p.window.rt, bytes); err != nil {
			return err
		}
		c.last = sqltypes.Null
		if len(c.queue) > 0 {
			c.last = c.queue[0].value
		}
		if err := p.give(c, c.last); err != nil {
			return err
		}
	}
	return nil
}
