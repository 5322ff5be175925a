package exec

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// windowAgg adds the functions of one window to its sorted input. It holds one partition at a time.
type windowAgg struct {
	rt        *runtime
	node      *plan.WindowAgg
	child     operator
	partition []sortSlot
	order     []sortSlot
	calls     []*windowCall
	start     expr.Eval
	end       expr.Eval
	out       *Batch

	pending [][]sqltypes.Datum // first row of the next partition
	in      *Batch
	at      int
	ended   bool
	rows    [][]sqltypes.Datum
	give    int
	part    windowPartition
	used    usage
}

type sortSlot struct {
	slot             int
	typ              sqltypes.OID
	desc, nullsFirst bool
}

// windowCall is one function of the window.
type windowCall struct {
	args   *rowEval
	filter *rowEval
	window expr.WindowFunction
	agg    expr.Aggregate
}

func (b *builder) windowAgg(n *plan.WindowAgg) (operator, error) {
	child, err := b.build(n.Child)
	if err != nil {
		return nil, err
	}
	w := &windowAgg{rt: b.rt, node: n, child: child, out: newBatch(n.Cols)}
	for _, p := range n.Partition {
		w.partition = append(w.partition, sortSlot{slot: p.(*expr.Slot).Index, typ: p.Type().OID})
	}
	for _, k := range n.Order {
		w.order = append(w.order, sortSlot{slot: k.Expr.(*expr.Slot).Index, typ: k.Expr.Type().OID, desc: k.Desc, nullsFirst: k.NullsFirst})
	}
	if w.start, err = b.compile(n.Frame.Start.Offset); err != nil {
		return nil, err
	}
	if w.end, err = b.compile(n.Frame.End.Offset); err != nil {
		return nil, err
	}
	for _, f := range n.Funcs {
		c, err := b.windowCall(f, len(n.Child.Header()))
		if err != nil {
			return nil, err
		}
		w.calls = append(w.calls, c)
	}
	return w, nil
}

func (b *builder) windowCall(f *expr.WindowFunc, width int) (*windowCall, error) {
	info := &expr.CallInfo{Proc: f.Proc, Name: f.Name, Result: f.Typ}
	for _, a := range f.Args {
		info.Args = append(info.Args, a.Type())
	}
	c := &windowCall{}
	var err error
	if c.args, err = b.rowEval(width, f.Args...); err != nil {
		return nil, err
	}
	if f.Filter != nil {
		if c.filter, err = b.rowEval(width, f.Filter); err != nil {
			return nil, err
		}
	}
	if f.Aggregate {
		c.agg, err = expr.LookupAggregate(f.Proc, info)
		return c, err
	}
	c.window, err = expr.LookupWindow(f.Proc, info)
	return c, err
}

func (w *windowAgg) open() error {
	w.used.free(w.rt)
	w.pending, w.in, w.at, w.ended, w.rows, w.give = nil, nil, 0, false, nil, 0
	return w.child.open()
}

func (w *windowAgg) close() {
	w.child.close()
	w.rows, w.pending, w.part = nil, nil, windowPartition{}
	w.used.free(w.rt)
}

func (w *windowAgg) next() (*Batch, error) {
	w.out.reset()
	for w.out.N < batchRows {
		if w.give >= len(w.rows) {
			more, err := w.nextPartition()
			if err != nil {
				return nil, err
			}
			if !more {
				break
			}
		}
		w.out.append(w.rows[w.give])
		w.give++
	}
	if w.out.N == 0 {
		return nil, nil
	}
	return w.out, nil
}

// nextPartition reads the rows of the next partition and computes its functions.
func (w *windowAgg) nextPartition() (bool, error) {
	rows := w.pending
	w.pending = nil
	width := len(w.node.Child.Header())
	for !w.ended {
		if w.in == nil || w.at >= w.in.N {
			in, err := w.child.next()
			if err != nil {
				return false, err
			}
			if in == nil {
				w.ended = true
				break
			}
			w.in, w.at = in, 0
		}
		row := make([]sqltypes.Datum, len(w.node.Cols))
		w.in.row(w.at, row[:width])
		w.at++
		if err := w.used.add(w.rt, rowSize(row)); err != nil {
			return false, err
		}
		if len(rows) > 0 && !sameSlots(w.partition, rows[0], row) {
			w.pending = [][]sqltypes.Datum{row}
			break
		}
		rows = append(rows, row)
	}
	w.rows, w.give = rows, 0
	if len(rows) == 0 {
		return false, nil
	}
	return true, w.compute(width)
}

func sameSlots(slots []sortSlot, a, b []sqltypes.Datum) bool {
	for _, s := range slots {
		if compareNulls(s.typ, a[s.slot], b[s.slot], false) != 0 {
			return false
		}
	}
	return true
}

// compute fills the function columns of the partition.
func (w *windowAgg) compute(width int) error {
	w.part = windowPartition{window: w, rows: w.rows}
	p := &w.part
	p.group = make([]int, len(w.rows))
	for i := range w.rows {
		if i == 0 {
			p.firsts = append(p.firsts, 0)
			continue
		}
		if len(w.order) > 0 && !sameSlots(w.order, w.rows[i-1], w.rows[i]) {
			p.firsts = append(p.firsts, i)
		}
		p.group[i] = len(p.firsts) - 1
	}
	if err := p.offsets(); err != nil {
		return err
	}
	for i, c := range w.calls {
		p.call = c
		if c.agg != nil {
			if err := p.aggregate(c, width+i); err != nil {
				return err
			}
			continue
		}
		for r := range w.rows {
			p.current, p.frameOf = r, -1
			d, err := c.window.Value(&w.rt.env, p)
			if err == nil {
				err = p.err
			}
			if err != nil {
				return err
			}
			w.rows[r][width+i] = d
		}
	}
	return nil
}

// windowPartition shows a partition to the window functions.
type windowPartition struct {
	window   *windowAgg
	rows     [][]sqltypes.Datum
	group    []int // peer group of each row
	firsts   []int // first row of each peer group
	current  int
	call     *windowCall
	frame    []int // rows of the frame when something is excluded
	lo, hi   int   // the frame as a range otherwise
	frameOf  int   // row whose frame is known
	startOff sqltypes.Datum
	endOff   sqltypes.Datum
	err      error
}

// Len, Current, Group and Peers are those of expr.Partition.
func (p *windowPartition) Len() int { return len(p.rows) }

// Current is the current row.
func (p *windowPartition) Current() int { return p.current }

// Group is the peer group of a row.
func (p *windowPartition) Group(row int) int { return p.group[row] }

// Peers are the rows of a row's peer group.
func (p *windowPartition) Peers(row int) (first, end int) {
	return p.firsts[p.group[row]], p.groupEnd(p.group[row])
}

func (p *windowPartition) groupEnd(g int) int {
	if g+1 < len(p.firsts) {
		return p.firsts[g+1]
	}
	return len(p.rows)
}

// Arg computes an argument over a row.
func (p *windowPartition) Arg(env *expr.Env, arg, row int) (sqltypes.Datum, error) {
	p.call.args.loadRow(p.rows[row])
	return p.call.args.at(arg)
}

// FrameLen is the size of the current row's frame.
func (p *windowPartition) FrameLen() int {
	p.computeFrame()
	if p.frame != nil {
		return len(p.frame)
	}
	return p.hi - p.lo
}

// FrameRow is the k-th row of the frame.
func (p *windowPartition) FrameRow(k int) int {
	p.computeFrame()
	if p.frame != nil {
		return p.frame[k]
	}
	return p.lo + k
}

func (p *windowPartition) computeFrame() {
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
	p.lo, p.hi = max(lo, 0), min(hi, len(p.rows))
	if p.hi < p.lo {
		p.hi = p.lo
	}
	p.frame = nil
	if f.Exclude != bind.ExcludeNone {
		p.exclude(f.Exclude)
	}
}

func (p *windowPartition) exclude(what bind.FrameExclude) {
	first, end := p.Peers(p.current)
	p.frame = []int{}
	for r := p.lo; r < p.hi; r++ {
		switch {
		case what == bind.ExcludeCurrentRow && r == p.current:
		case what == bind.ExcludeGroup && r >= first && r < end:
		case what == bind.ExcludeTies && r >= first && r < end && r != p.current:
		default:
			p.frame = append(p.frame, r)
		}
	}
}

// offsets evaluates the offsets of the frame, once a partition.
func (p *windowPartition) offsets() error {
	p.frameOf = -1
	w := p.window
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

// bound is the first row of the frame, or the row after its last.
func (p *windowPartition) bound(mode bind.FrameMode, b bind.FrameBound, offset sqltypes.Datum, start bool) (int, error) {
	switch b.Kind {
	case bind.UnboundedPreceding:
		return 0, nil
	case bind.UnboundedFollowing:
		return len(p.rows), nil
	}
	sign := 0
	switch b.Kind {
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
		return int(min(max(row, 0), int64(len(p.rows)))), nil
	case bind.FrameGroups:
		return p.groupBound(int64(p.group[p.current])+int64(sign)*rowOffset(sign, offset), start), nil
	}
	if sign == 0 {
		return p.groupBound(int64(p.group[p.current]), start), nil
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
		return len(p.rows)
	case start:
		return p.firsts[g]
	}
	return p.groupEnd(int(g))
}

// aggregate computes an aggregate over the frame of every row. A frame that only grows is added to; any other is begun anew when its start moves.
func (p *windowPartition) aggregate(c *windowCall, column int) error {
	env := &p.window.rt.env
	state := c.agg.New()
	lo, hi := 0, 0
	for r := range p.rows {
		if r&255 == 255 {
			if err := p.window.rt.check(); err != nil {
				return err
			}
		}
		p.current, p.frameOf = r, -1
		p.computeFrame()
		if p.err != nil {
			return p.err
		}
		if p.frame != nil || p.lo != lo || p.hi < hi {
			state = c.agg.New()
			lo, hi = p.lo, p.lo
			for _, i := range p.frame {
				if err := p.feed(c, state, i); err != nil {
					return err
				}
			}
			if p.frame != nil {
				lo, hi = -1, -1
			}
		}
		for ; p.frame == nil && hi < p.hi; hi++ {
			if err := p.feed(c, state, hi); err != nil {
				return err
			}
		}
		d, err := state.Result(env)
		if err != nil {
			return err
		}
		p.rows[r][column] = d
	}
	return nil
}

func (p *windowPartition) feed(c *windowCall, state expr.AggState, row int) error {
	if c.filter != nil {
		c.filter.loadRow(p.rows[row])
		if ok, err := c.filter.truth(); err != nil || !ok {
			return err
		}
	}
	args := make([]sqltypes.Datum, len(c.args.evals))
	c.args.loadRow(p.rows[row])
	if err := c.args.all(args); err != nil {
		return err
	}
	return state.Add(&p.window.rt.env, args)
}
