package exec

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// aggregate groups rows by keys in a hash table, one for each grouping set. Groups come out in the order in which they were first seen.
type aggregate struct {
	rt    *runtime
	node  *plan.Aggregate
	child operator
	keys  *rowEval
	calls []*aggCall
	sets  []groupSet
	out   *Batch
	done  bool
	at    int // set and group to give next
	group int
	row   []sqltypes.Datum
	used  usage
	all   []int32 // every row of a batch
	cols  []*sqltypes.Vec
}

// aggCall is one aggregate of the operator, compiled.
type aggCall struct {
	node   *expr.Agg
	agg    expr.Aggregate
	args   *rowEval // arguments, then the sort keys
	filter *rowEval
	direct *rowEval
	nargs  int
	order  *rowOrder
	types  []sqltypes.OID
	one    [1]sqltypes.Datum // a lone argument
	vector expr.Vector       // computes a lone argument column by column, nil: row by row
	column sqltypes.Vec      // what it computed
	used   *usage            // of the operator
}

// groupSet is the table of one grouping set.
type groupSet struct {
	mask   []bool // which keys belong to the set
	table  hashTable
	states [][]aggState
}

// aggState is one aggregate of one group.
type aggState struct {
	state expr.AggState
	rows  [][]sqltypes.Datum // kept for DISTINCT and ORDER BY
}

func (b *builder) aggregate(n *plan.Aggregate) (operator, error) {
	child, err := b.buildFor(n.Child, aggregateSlots(n))
	if err != nil {
		return nil, err
	}
	width := len(n.Child.Header())
	a := &aggregate{rt: b.rt, node: n, child: child, out: newBatch(n.Cols), row: make([]sqltypes.Datum, len(n.Cols))}
	if a.keys, err = b.rowEval(width, n.Keys...); err != nil {
		return nil, err
	}
	for _, g := range n.Aggs {
		call, err := b.aggCall(g, width, len(n.Keys))
		if err != nil {
			return nil, err
		}
		call.used = &a.used
		a.calls = append(a.calls, call)
	}
	return a, nil
}

// aggregateSlots are the columns that a grouping reads.
func aggregateSlots(n *plan.Aggregate) []int {
	read := slices.Clone(n.Keys)
	for _, g := range n.Aggs {
		read = append(append(read, g.Args...), g.Filter)
		for _, k := range g.OrderBy {
			read = append(read, k.Expr)
		}
	}
	return slotsOf(read...)
}

// aggCall compiles an aggregate over rows of width columns; its direct arguments are over those of a group's keys.
func (b *builder) aggCall(g *expr.Agg, width, grouped int) (*aggCall, error) {
	info := &expr.CallInfo{Proc: g.Proc, Name: g.Name, Result: g.Typ, Variadic: g.Variadic}
	if g.Within {
		info.Order = g.OrderBy
	}
	c := &aggCall{node: g, nargs: len(g.Args)}
	args := slices.Clone(g.Args)
	if g.Within {
		args = nil
		for _, k := range g.OrderBy {
			args = append(args, k.Expr)
		}
		c.nargs = len(args)
	}
	for _, e := range g.Direct {
		info.Args = append(info.Args, e.Type())
	}
	for _, e := range args {
		info.Args = append(info.Args, e.Type())
	}
	var err error
	if c.agg, err = expr.LookupAggregate(g.Proc, info); err != nil {
		return nil, err
	}
	var cols []plan.Column
	for _, e := range args {
		cols = append(cols, plan.Column{Type: e.Type()})
		c.types = append(c.types, e.Type().OID)
	}
	var keys []plan.SortKey
	for i, k := range g.OrderBy {
		slot := i
		if !g.Within {
			slot = len(args)
			args = append(args, k.Expr)
			cols = append(cols, plan.Column{Type: k.Expr.Type()})
		}
		keys = append(keys, plan.SortKey{Slot: slot, Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	if g.Distinct && len(keys) == 0 {
		for i := range c.nargs {
			keys = append(keys, plan.SortKey{Slot: i})
		}
	}
	if len(keys) > 0 {
		c.order = newRowOrder(keys, cols)
	}
	if c.args, err = b.rowEval(width, args...); err != nil {
		return nil, err
	}
	if c.nargs == 1 && c.order == nil && c.args.plain[0] < 0 {
		if v, ok := expr.CompileVector(args[0]); ok {
			c.vector, c.column = v, sqltypes.NewVec(args[0].Type().OID, 0)
		}
	}
	if c.direct, err = b.rowEval(grouped, g.Direct...); err != nil {
		return nil, err
	}
	if g.Filter != nil {
		c.filter, err = b.rowEval(width, g.Filter)
	}
	return c, err
}

func (a *aggregate) open() error {
	a.used.free(a.rt)
	a.done, a.at, a.group = false, 0, 0
	a.sets = nil
	types := make([]sqltypes.OID, len(a.node.Keys))
	for i, k := range a.node.Keys {
		types[i] = k.Type().OID
	}
	sets := a.node.Sets
	if sets == nil {
		all := make([]int, len(types))
		for i := range all {
			all[i] = i
		}
		sets = [][]int{all}
	}
	for _, s := range sets {
		set := groupSet{mask: make([]bool, len(types)), table: hashTable{types: types}}
		for _, i := range s {
			set.mask[i] = true
		}
		a.sets = append(a.sets, set)
		if len(s) == 0 {
			// The set of everything gives its row even when there is no input.
			a.newGroup(&a.sets[len(a.sets)-1], make([]sqltypes.Datum, len(types)))
		}
	}
	return a.child.open()
}

func (a *aggregate) close() {
	a.child.close()
	a.sets = nil
	a.used.free(a.rt)
}

func (a *aggregate) newGroup(set *groupSet, keys []sqltypes.Datum) int {
	states := make([]aggState, len(a.calls))
	for i, c := range a.calls {
		states[i].state = c.agg.New()
	}
	set.states = append(set.states, states)
	return set.table.add(keys, nil)
}

// read takes in the whole input.
func (a *aggregate) read() error {
	keys := make([]sqltypes.Datum, len(a.node.Keys))
	var own arena
	return a.rt.eachBatch(a.child, func(in *Batch) error {
		if err := a.rt.check(); err != nil {
			return err
		}
		if len(keys) == 0 && len(a.sets) == 1 {
			return a.readPlain(in)
		}
		for i := range in.N {
			a.keys.load(in, i)
			if err := a.keys.all(keys); err != nil {
				return err
			}
			for s := range a.sets {
				if err := a.add(&a.sets[s], in, i, keys, &own); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// readPlain feeds a batch to the one group there is, call by call.
func (a *aggregate) readPlain(in *Batch) error {
	states := a.sets[0].states[0]
	for i, c := range a.calls {
		if c.order == nil && c.filter == nil && (c.nargs == 0 || c.nargs == 1 && (c.vector != nil || c.args.plain[0] >= 0)) {
			if err := a.feedColumn(c, states[i].state, in); err != nil {
				return err
			}
			continue
		}
		for row := range in.N {
			if err := c.feed(a.rt, &states[i], in, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// feedColumn gives a whole batch to an aggregate of one argument or none.
func (a *aggregate) feedColumn(c *aggCall, s expr.AggState, in *Batch) error {
	if c.nargs == 0 {
		return expr.AddColumn(&a.rt.env, s, nil, in.N)
	}
	if c.vector == nil {
		return expr.AddColumn(&a.rt.env, s, &in.Cols[c.args.plain[0]], in.N)
	}
	for len(a.all) < in.N {
		a.all = append(a.all, int32(len(a.all)))
	}
	a.cols = a.cols[:0]
	for i := range in.Cols {
		a.cols = append(a.cols, &in.Cols[i])
	}
	if err := c.vector(&a.rt.env, a.cols, a.all[:in.N], &c.column); err != nil {
		return err
	}
	return expr.AddColumn(&a.rt.env, s, &c.column, in.N)
}

// add puts a row into its group of one grouping set.
func (a *aggregate) add(set *groupSet, in *Batch, row int, all []sqltypes.Datum, own *arena) error {
	keys := all
	if len(a.sets) > 1 {
		keys = slices.Clone(all)
		for i, in := range set.mask {
			if !in {
				keys[i] = sqltypes.Null
			}
		}
	}
	group := set.table.first(keys)
	if group < 0 {
		kept := make([]sqltypes.Datum, len(keys))
		for i, k := range keys {
			kept[i] = own.own(k)
		}
		group = a.newGroup(set, kept)
		if err := a.used.add(a.rt, rowSize(kept)+96+64*len(a.calls)); err != nil {
			return err
		}
	}
	states := set.states[group]
	for i, c := range a.calls {
		if err := c.feed(a.rt, &states[i], in, row); err != nil {
			return err
		}
	}
	return nil
}

// feed gives one input row to an aggregate.
func (c *aggCall) feed(rt *runtime, s *aggState, in *Batch, row int) error {
	if c.filter != nil {
		c.filter.load(in, row)
		if ok, err := c.filter.truth(); err != nil || !ok {
			return err
		}
	}
	if c.nargs == 0 && c.order == nil {
		return s.state.Add(&rt.env, nil)
	}
	if c.order == nil && c.nargs == 1 && c.args.plain[0] >= 0 {
		c.one[0] = in.Cols[c.args.plain[0]].At(row)
		return s.state.Add(&rt.env, c.one[:])
	}
	c.args.load(in, row)
	if c.order != nil {
		kept := make([]sqltypes.Datum, len(c.args.evals))
		if err := c.args.all(kept); err != nil {
			return err
		}
		s.rows = append(s.rows, kept)
		return c.used.add(rt, rowSize(kept))
	}
	var few [4]sqltypes.Datum
	args := few[:]
	if c.nargs > len(few) {
		args = make([]sqltypes.Datum, c.nargs)
	}
	args = args[:c.nargs]
	if err := c.args.all(args); err != nil {
		return err
	}
	return s.state.Add(&rt.env, args)
}

// finish feeds the kept rows in order and gives the result for a group with these keys.
func (c *aggCall) finish(rt *runtime, s *aggState, keys []sqltypes.Datum) (sqltypes.Datum, error) {
	if c.order != nil {
		slices.SortStableFunc(s.rows, c.order.compare)
		for i, row := range s.rows {
			if c.node.Distinct && i > 0 && c.sameArgs(row, s.rows[i-1]) {
				continue
			}
			if err := s.state.Add(&rt.env, row[:c.nargs]); err != nil {
				return sqltypes.Null, err
			}
		}
		s.rows = nil
	}
	direct := make([]sqltypes.Datum, len(c.direct.evals))
	c.direct.loadRow(keys)
	if err := c.direct.all(direct); err != nil {
		return sqltypes.Null, err
	}
	return s.state.Result(&rt.env, direct...)
}

func (c *aggCall) sameArgs(a, b []sqltypes.Datum) bool {
	for i := range c.nargs {
		if compareNulls(c.types[i], a[i], b[i], false) != 0 {
			return false
		}
	}
	return true
}

func (a *aggregate) next() (*Batch, error) {
	if !a.done {
		if err := a.read(); err != nil {
			return nil, err
		}
		a.done = true
	}
	a.out.reset()
	for a.at < len(a.sets) && a.out.N < batchRows {
		set := &a.sets[a.at]
		if a.group >= len(set.states) {
			a.at, a.group = a.at+1, 0
			continue
		}
		if err := a.give(set, a.group); err != nil {
			return nil, err
		}
		a.group++
	}
	if a.out.N == 0 {
		return nil, nil
	}
	return a.out, nil
}

// give puts a group's row into the batch.
func (a *aggregate) give(set *groupSet, group int) error {
	n := copy(a.row, set.table.keys[group])
	for i, c := range a.calls {
		d, err := c.finish(a.rt, &set.states[group][i], a.row[:n])
		if err != nil {
			return err
		}
		a.row[n+i] = d
	}
	n += len(a.calls)
	for i, g := range a.node.Grouping {
		value := int64(0)
		for _, k := range g.Args {
			value <<= 1
			if !set.mask[k] {
				value |= 1
			}
		}
		a.row[n+i] = sqltypes.Int(value)
	}
	a.out.append(a.row)
	return nil
}
