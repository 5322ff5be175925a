package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// aggregate computes an aggregate over the frame of every row. Rows that come into a frame are added; those that leave it are removed, where the aggregate
// can do that and give what it would give had it never seen them. Otherwise it begins anew.
func (p *windowPartition) aggregate(c *windowCall) error {
	env := &p.window.rt.env
	var state expr.AggState
	held := rowRun{} // what the state holds
	excludes := p.window.node.Frame.Exclude != bind.ExcludeNone
	defer c.kept.free(p.window.rt)
	for r := range p.n {
		if err := p.enter(r); err != nil {
			return err
		}
		p.frame()
		if p.err != nil {
			return p.err
		}
		if state != nil && !excludes && held == (rowRun{p.lo, p.hi}) {
			c.results.Append(c.results.At(c.results.Len() - 1))
			continue
		}
		switch {
		case state == nil || excludes || p.hi < held.hi || p.lo >= held.hi && p.lo > held.lo || !p.remove(c, state, held.lo, p.lo):
			c.kept.free(p.window.rt)
			state = c.agg.New()
			for _, run := range p.runs {
				if err := p.add(c, state, run.lo, run.hi); err != nil {
					return err
				}
			}
		default:
			if err := p.add(c, state, held.hi, p.hi); err != nil {
				return err
			}
		}
		held = rowRun{p.lo, p.hi}
		d, err := state.Result(env)
		if err != nil {
			return err
		}
		if err := p.give(c, d); err != nil {
			return err
		}
	}
	return nil
}

// add puts rows into a state.
func (p *windowPartition) add(c *windowCall, state expr.AggState, from, to int) error {
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
		if err := state.Add(&rt.env, args); err != nil {
			return err
		}
		if c.keeps {
			if err := c.kept.add(rt, rowSize(args)); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove takes rows out of a state; false when it cannot.
func (p *windowPartition) remove(c *windowCall, state expr.AggState, from, to int) bool {
	for row := from; row < to; row++ {
		args, ok, err := p.arguments(c, row)
		if err != nil || ok && !state.Remove(&p.window.rt.env, args) {
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

// extremes computes max or min over frames that move on: of the rows of a frame it keeps those that no later one takes the place of, the best of which is
// the first.
func (p *windowPartition) extremes(c *windowCall) error {
	type candidate struct {
		row   int
		value sqltypes.Datum
	}
	var kept []candidate
	hi := 0
	for r := range p.n {
		if err := p.enter(r); err != nil {
			return err
		}
		p.frame()
		if p.err != nil {
			return p.err
		}
		for hi = max(hi, p.lo); hi < p.hi; hi++ {
			args, ok, err := p.arguments(c, hi)
			if err != nil {
				return err
			}
			if !ok || args[0].IsNull() {
				continue
			}
			for len(kept) > 0 && c.extreme(args[0], kept[len(kept)-1].value) {
				kept = kept[:len(kept)-1]
			}
			kept = append(kept, candidate{hi, args[0]})
		}
		for len(kept) > 0 && kept[0].row < p.lo {
			kept = kept[1:]
		}
		best := sqltypes.Null
		if len(kept) > 0 {
			best = kept[0].value
		}
		if err := p.give(c, best); err != nil {
			return err
		}
	}
	return nil
}
