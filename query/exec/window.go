package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// windowAgg adds the functions of one window to its sorted input. It holds whole partitions, as columns: those that are being given, and the one that is
// being read.
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
	begin int // where the partition begins that is being read; those before it were computed
	given int // how many of those rows were given
	ended bool
	out   Batch
	part  windowPartition
	used  usage
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
	keeps   bool                                  // the state keeps every value
	kept    usage                                 // of a state that does
	values  []sqltypes.Datum                      // of the arguments
	results sqltypes.Vec                          // for the rows that were computed
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
		c.extreme, c.keeps = expr.Extreme(f.Proc), expr.Collects(f.Proc)
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
	header := w.node.Child.Header()
	w.rows, w.spare = newBatch(header), newBatch(header)
	w.begin, w.given, w.ended, w.part = 0, 0, false, windowPartition{}
	for i, c := range w.calls {
		c.results = sqltypes.NewVec(w.node.Funcs[i].Typ.OID, 0)
	}
}

func (w *windowAgg) next() (*Batch, error) {
	if w.given == w.begin {
		if err := w.read(); err != nil {
			return nil, err
		}
	}
	if w.given == w.begin {
		return nil, nil
	}
	to := min(w.given+batchRows, w.begin)
	for i := range w.rows.Cols {
		w.out.Cols[i] = windowColumn(&w.rows.Cols[i], w.given, to)
	}
	for i, c := range w.calls {
		w.out.Cols[len(w.rows.Cols)+i] = windowColumn(&c.results, w.given, to)
	}
	w.out.N = to - w.given
	w.given = to
	return &w.out, nil
}

// read goes on until a partition has ended, and computes those that have.
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
			return w.compute(w.rows.N)
		}
		from := w.rows.N
		if err := w.take(in, 0, in.N); err != nil {
			return err
		}
		for i := max(from, 1); i < w.rows.N; i++ {
			if !sameSlots(w.partition, w.rows, i-1, w.rows, i) {
				if err := w.compute(i); err != nil {
					return err
				}
			}
		}
	}
	return nil
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
	for _, c := range w.calls {
		c.results.Reset()
	}
	err := w.take(before, w.begin, before.N)
	w.begin, w.given = 0, 0
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

// compute adds the results for the partition that ends before a row.
func (w *windowAgg) compute(end int) error {
	p := &w.part
	if err := p.start(w, w.begin, end); err != nil {
		return err
	}
	w.begin = end
	for _, c := range w.calls {
		p.call, p.bounds = c, frameBounds{}
		var err error
		switch {
		case c.agg == nil:
			err = p.values(c)
		case c.extreme != nil && p.slides():
			err = p.extremes(c)
		default:
			err = p.aggregate(c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// give adds the result for the next row.
func (p *windowPartition) give(c *windowCall, d sqltypes.Datum) error {
	c.results.Append(d)
	size := 8
	if !c.results.Fixed {
		size = 24 + sizeOf(d)
	}
	return p.window.used.add(p.window.rt, size)
}

// values computes a window function for every row.
func (p *windowPartition) values(c *windowCall) error {
	env := &p.window.rt.env
	for r := range p.n {
		if err := p.enter(r); err != nil {
			return err
		}
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
