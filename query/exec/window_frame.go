package exec

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// windowPartition shows a partition to the window functions. Its rows count from 0.
type windowPartition struct {
	window   *windowAgg
	from, n  int     // its rows among those of the window
	group    []int32 // peer group of each row; empty: not asked for yet
	firsts   []int32 // first row of each peer group
	current  int
	call     *windowCall
	lo, hi   int       // the frame without exclusions
	runs     [3]rowRun // what is left of it; unused ones are empty
	frameOf  int       // row whose frame is known, -1 for none
	startOff sqltypes.Datum
	endOff   sqltypes.Datum
	err      error
}

// rowRun is rows lo ≤ row < hi.
type rowRun struct{ lo, hi int }

func (r rowRun) len() int { return max(r.hi-r.lo, 0) }

// frameBounds are how far the bounds of RANGE frames have moved. They only move on while the current row does.
type frameBounds struct{ lo, hi int }

// start makes rows, of which there are some, the partition, and evaluates the offsets of the frame.
func (p *windowPartition) start(w *windowAgg, from, end int) error {
	*p = windowPartition{window: w, from: from, n: end - from, group: p.group[:0], firsts: p.firsts[:0], frameOf: -1}
	for _, o := range []struct {
		eval expr.Eval
		to   *sqltypes.Datum
		name string
	}{{w.start, &p.startOff, "starting"}, {w.end, &p.endOff, "ending"}} {
		if o.eval == nil {
			continue
		}
		d, err := w.rt.constant(o.eval)
		if err != nil {
			return err
		}
		if d.IsNull() {
			return pgerror.New(pgerror.NullValueNotAllowed, "frame %s offset must not be null", o.name)
		}
		if w.node.Frame.Mode != bind.FrameRange && d.Int() < 0 {
			return pgerror.New(pgerror.InvalidPrecedingOrFollowingSize, "frame %s offset must not be negative", o.name)
		}
		*o.to = d
	}
	return nil
}

// enter makes a row the current one.
func (p *windowPartition) enter(row int) { p.current, p.frameOf = row, -1 }

// groups numbers the peer groups.
func (p *windowPartition) groups() {
	if len(p.group) > 0 {
		return
	}
	w := p.window
	for i := range p.n {
		if i == 0 || len(w.order) > 0 && !sameSlots(w.order, w.rows, p.from+i-1, w.rows, p.from+i) {
			p.firsts = append(p.firsts, int32(i))
		}
		p.group = append(p.group, int32(len(p.firsts)-1))
	}
}

// Len, Current, Group and Peers are those of expr.Partition.
func (p *windowPartition) Len() int { return p.n }

// Current is the current row.
func (p *windowPartition) Current() int { return p.current }

// Group is the peer group of a row.
func (p *windowPartition) Group(row int) int {
	p.groups()
	return int(p.group[row])
}

// Peers are the rows of a row's peer group.
func (p *windowPartition) Peers(row int) (first, end int) {
	g := p.Group(row)
	return int(p.firsts[g]), p.groupEnd(g)
}

func (p *windowPartition) groupEnd(g int) int {
	if g+1 < len(p.firsts) {
		return int(p.firsts[g+1])
	}
	return p.n
}

// Arg computes an argument over a row.
func (p *windowPartition) Arg(_ *expr.Env, arg, row int) (sqltypes.Datum, error) {
	a := p.call.args
	if slot := a.plain[arg]; slot >= 0 {
		return p.window.rows.Cols[slot].At(p.from + row), nil
	}
	a.load(p.window.rows, p.from+row)
	return a.at(arg)
}

// FrameLen is the size of the current row's frame.
func (p *windowPartition) FrameLen() int {
	p.frame()
	return p.runs[0].len() + p.runs[1].len() + p.runs[2].len()
}

// FrameRow is the k-th row of the frame.
func (p *windowPartition) FrameRow(k int) int {
	p.frame()
	for _, r := range p.runs {
		if k < r.len() {
			return r.lo + k
		}
		k -= r.len()
	}
	panic("exec: a row behind the end of a window frame")
}

// frame finds the frame of the current row.
func (p *windowPartition) frame() {
	if p.frameOf == p.current {
		return
	}
	p.frameOf = p.current
	f := &p.window.node.Frame
	lo, err := p.bound(f.Mode, f.Start, p.startOff, true)
	if err != nil {
		p.err = err
	}
	hi, err := p.bound(f.Mode, f.End, p.endOff, false)
	if err != nil {
		p.err = err
	}
	p.lo, p.hi = max(lo, 0), min(hi, p.n)
	p.hi = max(p.hi, p.lo)
	p.runs = [3]rowRun{{p.lo, p.hi}}
	if f.Exclude != bind.ExcludeNone {
		p.exclude(f.Exclude)
	}
}

func (p *windowPartition) exclude(what bind.FrameExclude) {
	first, end, kept := p.current, p.current+1, rowRun{}
	if what != bind.ExcludeCurrentRow {
		first, end = p.Peers(p.current)
	}
	if what == bind.ExcludeTies && p.current >= p.lo && p.current < p.hi {
		kept = rowRun{p.current, p.current + 1}
	}
	p.runs = [3]rowRun{{p.lo, min(p.hi, first)}, kept, {max(p.lo, end), p.hi}}
}

// slides tells whether frames only move on, and rows leave them at their start.
func (p *windowPartition) slides() bool {
	f := &p.window.node.Frame
	return f.Exclude == bind.ExcludeNone && f.Start.Kind != bind.UnboundedPreceding
}

// bound is the first row of the frame, or the row after its last.
func (p *windowPartition) bound(mode bind.FrameMode, b bind.FrameBound, offset sqltypes.Datum, start bool) (int, error) {
	sign := 0
	switch b.Kind {
	case bind.UnboundedPreceding:
		return 0, nil
	case bind.UnboundedFollowing:
		return p.n, nil
	case bind.Preceding:
		sign = -1
	case bind.Following:
		sign = 1
	}
	switch mode {
	case bind.FrameRows:
		row := int64(p.current) + int64(sign)*rowOffset(sign, offset)
		if !start {
			row++
		}
		return int(min(max(row, 0), int64(p.n))), nil
	case bind.FrameGroups:
		return p.groupBound(int64(p.Group(p.current))+int64(sign)*rowOffset(sign, offset), start), nil
	}
	if sign == 0 {
		return p.groupBound(int64(p.Group(p.current)), start), nil
	}
	return p.rangeBound(sign, offset, start)
}

func rowOffset(sign int, offset sqltypes.Datum) int64 {
	if sign == 0 {
		return 0
	}
	return min(offset.Int(), 1<<40)
}

func (p *windowPartition) groupBound(g int64, start bool) int {
	switch {
	case g < 0:
		return 0
	case g >= int64(len(p.firsts)):
		return p.n
	case start:
		return int(p.firsts[g])
	}
	return p.groupEnd(int(g))
}
