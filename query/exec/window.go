package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// windowAgg adds the functions of one window to its sorted input. It holds the rows of whole partitions, as columns: those that are being given, and the one
// that is being read. Results are computed a batch at a time.
type windowAgg struct {
	rt        *runtime
	node      *plan.WindowAgg
	child     operator
	partition []sortSlot
	order     []sortSlot
	calls     []*windowCall
	start     expr.Eval
	end       expr.Eval

	rows  *Batch // of the input
	spare *Batch
	ends  []int // of the partitions that were read whole and not begun
	begin int   // where the partition begins that is being read
	given int   // how many of the rows before it were given
	ended bool
	out   Batch
	part  windowPartition // that results are computed of
	used  usage
	chunk usage // of the results of the batch
}

type sortSlot struct {
	slot             int
	typ              sqltypes.OID
	desc, nullsFirst bool
}

// windowCall is one function of the window.
type windowCall struct {
	args    *rowEval
	filter  *rowEval
	window  expr.WindowFunction
	agg     expr.Aggregate
	extreme func(value, best sqltypes.Datum) bool // of max and min; nil for others
	values  []sqltypes.Datum                      // of the arguments
	results sqltypes.Vec                          // of the batch

	// Of the partition, up to the row that was computed last:
	bounds frameBounds
	state  expr.AggState // nil: none yet
	held   rowRun        // what it holds
	kept   usage         // of the state, or of the queue
	last   sqltypes.Datum
	queue  []candidate // of max and min over frames that move on
}

func (b *builder) windowAgg(n *plan.WindowAgg) (operator, error) {
	child, err := b.build(n.Child)
	if err != nil {
		return nil, err
	}
	header := n.Child.Header()
	w := &windowAgg{rt: b.rt, node: n, child: child, rows: newBatch(header), spare: newBatch(header)}
	w.out.Cols = make([]sqltypes.Vec, len(n.Cols))
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
		c, err := b.windowCall(f, len(header))
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
	c := &windowCall{values: make([]sqltypes.Datum, len(f.Args)), results: sqltypes.NewVec(f.Typ.OID, 0)}
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
		c.extreme = expr.Extreme(f.Proc)
		c.agg, err = expr.LookupAggregate(f.Proc, info)
		return c, err
	}
	c.window, err = expr.LookupWindow(f.Proc, info)
	return c, err
}

func (w *windowAgg) open() error {
	w.forget()
	return w.child.open()
}

func (w *windowAgg) close() {
	w.child.close()
	w.forget()
}

func (w *windowAgg) forget() {
	w.used.free(w.rt)
	w.chunk.free(w.rt)
	header := w.node.Child.Header()
	w.rows, w.spare = newBatch(header), newBatch(header)
	w.ends, w.begin, w.given, w.ended, w.part = w.ends[:0], 0, 0, false, windowPartition{}
	for i, c := range w.calls {
		c.begin(w.rt)
		c.results = sqltypes.NewVec(w.node.Funcs[i].Typ.OID, 0)
	}
}

// begin forgets a partition.
func (c *windowCall) begin(rt *runtime) {
	c.kept.free(rt)
	c.bounds, c.state, c.held, c.last, c.queue = frameBounds{}, nil, rowRun{}, sqltypes.Null, c.queue[:0]
}

func (w *windowAgg) next() (*Batch, error) {
	if w.given == w.begin {
		if err := w.read(); err != nil {
			return nil, err
		}
	}
	w.chunk.free(w.rt)
	for _, c := range w.calls {
		c.results.Reset()
	}
	from, to := w.given, w.given
	for to < w.begin && to-from < batchRows && w.chunk.bytes < batchBytesMax {
		n, err := w.compute(to)
		if err != nil {
			return nil, err
		}
		to += n
	}
	if from == to {
		return nil, nil
	}
	for i := range w.rows.Cols {
		w.out.Cols[i] = windowColumn(&w.rows.Cols[i], from, to)
	}
	for i, c := range w.calls {
		w.out.Cols[len(w.rows.Cols)+i] = c.results
	}
	w.out.N, w.given = to-from, to
	return &w.out, nil
}

// read goes on until a partition has ended.
func (w *windowAgg) read() error {
	if err := w.drop(); err != nil {
		return err
	}
	for !w.ended && w.begin == 0 {
		if err := w.rt.check(); err != nil {
			return err
		}
		in, err := w.child.next()
		if err != nil {
			return err
		}
		if in == nil {
			w.ended = true
			w.endPartition(w.rows.N)
			return nil
		}
		from := w.rows.N
		if err := w.take(in, 0, in.N); err != nil {
			return err
		}
		for i := max(from, 1); i < w.rows.N; i++ {
			if !sameSlots(w.partition, w.rows, i-1, w.rows, i) {
				w.endPartition(i)
			}
		}
	}
	return nil
}

// endPartition notes that the partition that is being read ends before a row.
func (w *windowAgg) endPartition(row int) {
	if row > w.begin {
		w.ends = append(w.ends, row)
		w.begin = row
	}
}

// drop forgets the partitions that were given.
func (w *windowAgg) drop() error {
	if w.begin == 0 {
		return nil
	}
	w.used.free(w.rt)
	before := w.rows
	w.rows, w.spare = w.spare, before
	w.rows.reset()
	err := w.take(before, w.begin, before.N)
	w.ends, w.begin, w.given, w.part = w.ends[:0], 0, 0, windowPartition{group: w.part.group, firsts: w.part.firsts}
	return err
}

// take adds rows to those that are held.
func (w *windowAgg) take(in *Batch, from, to int) error {
	size := 0
	for c := range in.Cols {
		appendColumn(&w.rows.Cols[c], &in.Cols[c], from, to)
		size += columnBytes(&in.Cols[c], from, to)
	}
	w.rows.N += to - from
	return w.used.add(w.rt, size)
}

// sameSlots tells whether row i of a batch and row j of another are equal in some columns.
func sameSlots(slots []sortSlot, a *Batch, i int, b *Batch, j int) bool {
	for _, s := range slots {
		v, w := &a.Cols[s.slot], &b.Cols[s.slot]
		if v.Fixed && v.Kind == sqltypes.KindInt && v.Nulls == nil && w.Nulls == nil {
			if v.Words[i] != w.Words[j] {
				return false
			}
			continue
		}
		x, y := v.At(i), w.At(j)
		if x.Kind() == sqltypes.KindBytes && y.Kind() == sqltypes.KindBytes && x.Str() == y.Str() {
			continue // the same bytes are equal, whatever the type
		}
		if compareNulls(s.typ, x, y, false) != 0 {
			return false
		}
	}
	return true
}

// computeRows is for how many rows one function after the other is computed.
const computeRows = 64

// compute adds the results for some rows of a partition from one on, and tells for how many.
func (w *windowAgg) compute(from int) (int, error) {
	p := &w.part
	if from == p.from+p.n {
		if err := p.start(w, from, w.ends[0]); err != nil {
			return 0, err
		}
		w.ends = w.ends[1:]
		for _, c := range w.calls {
			c.begin(w.rt)
		}
	}
	if err := w.rt.check(); err != nil {
		return 0, err
	}
	rows := rowRun{from - p.from, min(p.n, from-p.from+computeRows)}
	for _, c := range w.calls {
		p.call = c
		var err error
		switch {
		case c.agg == nil:
			err = p.values(c, rows)
		case c.extreme != nil && p.slides():
			err = p.extremes(c, rows)
		default:
			err = p.aggregate(c, rows)
		}
		if err != nil {
			return 0, err
		}
	}
	return rows.len(), nil
}

// give adds the result for the next row.
func (p *windowPartition) give(c *windowCall, d sqltypes.Datum) error {
	c.results.Append(d)
	size := 8
	if !c.results.Fixed {
		size = 24 + d.Size()
	}
	return p.window.chunk.add(p.window.rt, size)
}

// values computes a window function.
func (p *windowPartition) values(c *windowCall, rows rowRun) error {
	env := &p.window.rt.env
	for r := rows.lo; r < rows.hi; r++ {
		p.enter(r)
		d, err := c.window.Value(env, p)
		if err == nil {
			err = p.err
		}
		if err != nil {
			return err
		}
		if err := p.give(c, d); err != nil {
			return err
		}
	}
	return nil
}
