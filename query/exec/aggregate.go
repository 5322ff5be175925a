package exec

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// aggregate groups rows by keys in a hash table, one for each grouping set. Groups come out in the order in which they were first seen.
type aggregate struct {
	rt     *runtime
	node   *plan.Aggregate
	child  operator
	keys   *columnEval
	calls  []*aggCall
	sets   []groupSet
	out    *Batch
	done   bool
	at     int // set and group to give next
	group  int
	row    []sqltypes.Datum
	size   int // of the results in the batch
	used   usage
	groups []int32
	masked []sqltypes.Vec // the keys of a grouping set
}

// aggCall is one aggregate of the operator, compiled. Calls of at most one argument that do not depend on the order of rows work on columns; the others
// have a state for each group.
type aggCall struct {
	node    *expr.Agg
	agg     expr.Aggregate
	args    *rowEval // arguments, then the sort keys
	filter  *vectorFilter
	direct  *rowEval
	nargs   int
	order   *rowOrder
	types   []sqltypes.OID
	argType sqltypes.OID // of the lone argument, 0 for none
	column  *columnEval  // the lone argument; nil: the call has a state for each group
	unique  bool         // DISTINCT by a table of what was seen
	used    *usage       // of the operator
	sel     []int32
	picked  []int32
	where   sqltypes.Vec // the group of each row, as a key of the table of what was seen
}

// groupSet is the table of one grouping set.
type groupSet struct {
	mask   []bool // which keys belong to the set
	table  *groupTable
	sums   []expr.Accumulator // of each call, nil for those that have states
	seen   []*groupTable      // of each call with DISTINCT: group and argument
	states [][]aggState       // of each call without an accumulator
}

// aggState is one aggregate of one group.
type aggState struct {
	state expr.AggState
	rows  [][]sqltypes.Datum // kept for DISTINCT and ORDER BY
}

func (b *builder) aggregate(n *plan.Aggregate) (*aggregate, error) {
	child, err := b.buildFor(n.Child, aggregateSlots(n))
	if err != nil {
		return nil, err
	}
	width := len(n.Child.Header())
	a := &aggregate{rt: b.rt, node: n, child: child, out: newBatch(n.Cols), row: make([]sqltypes.Datum, len(n.Cols))}
	if a.keys, err = b.columnEval(width, n.Keys...); err != nil {
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
		c.order = b.rt.rowOrder(keys, cols)
	}
	if g.Distinct && len(g.OrderBy) == 0 && c.nargs == 1 && expr.AnyOrder(g.Proc, c.types[0]) {
		c.order, c.unique = nil, true
	}
	if c.args, err = b.rowEval(width, args...); err != nil {
		return nil, err
	}
	if c.nargs <= 1 && c.order == nil && len(g.Direct) == 0 {
		if c.column, err = b.columnEval(width, args...); err != nil {
			return nil, err
		}
		if c.nargs == 1 {
			c.argType = c.types[0]
		}
	}
	if c.direct, err = b.rowEval(grouped, g.Direct...); err != nil {
		return nil, err
	}
	c.filter, err = b.vectorTruth(g.Filter, width)
	return c, err
}

func (a *aggregate) open() error {
	a.begin()
	return a.child.open()
}

// begin forgets all groups.
func (a *aggregate) begin() {
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
		set := groupSet{mask: make([]bool, len(types)), sums: make([]expr.Accumulator, len(a.calls)), seen: make([]*groupTable, len(a.calls)),
			states: make([][]aggState, len(a.calls))}
		for _, i := range s {
			set.mask[i] = true
		}
		if len(s) == 0 {
			types := types[:0:0] // no key tells groups apart
			set.table = a.rt.groupTable(types)
			set.table.n = 1 // the set of everything gives its row even when there is no input
		} else {
			set.table = a.rt.groupTable(types)
		}
		for i, c := range a.calls {
			if c.column != nil {
				set.sums[i] = expr.NewAccumulator(c.node.Proc, c.argType, c.agg)
			}
			if c.unique {
				set.seen[i] = a.rt.groupTable([]sqltypes.OID{sqltypes.Int4OID, c.argType})
			}
		}
		a.grow(&set)
		a.sets = append(a.sets, set)
	}
}

func (a *aggregate) close() {
	a.child.close()
	a.sets = nil
	a.used.free(a.rt)
}

// grow gives every call room for the groups there are.
func (a *aggregate) grow(set *groupSet) {
	for i, c := range a.calls {
		if set.sums[i] != nil {
			set.sums[i].Grow(set.table.n)
			continue
		}
		for len(set.states[i]) < set.table.n {
			set.states[i] = append(set.states[i], aggState{state: c.agg.New()})
		}
	}
}

// read takes in the whole input.
func (a *aggregate) read() error {
	return a.rt.eachBatch(a.child, a.takeBatch)
}

// takeBatch puts the rows of a batch into their groups.
func (a *aggregate) takeBatch(in *Batch) error { return a.keys.each(in, a.takePart) }

// takePart puts rows whose keys are computed into their groups.
func (a *aggregate) takePart(in *Batch) error {
	for s := range a.sets {
		if err := a.take(&a.sets[s], in, a.keys.out); err != nil {
			return err
		}
	}
	return nil
}

// take puts the rows of a batch into the groups of one grouping set.
func (a *aggregate) take(set *groupSet, in *Batch, keys []sqltypes.Vec) error {
	before, table := set.table.n, set.table.tableBytes()
	var err error
	if a.groups, err = set.table.number(a.mask(set, keys, in.N), in.N, a.groups); err != nil {
		return err
	}
	if set.table.n > before {
		a.grow(set)
		width := 0
		for _, s := range set.sums {
			if s == nil {
				width += 64
			} else {
				width += s.Width()
			}
		}
		if err := a.used.add(a.rt, set.table.bytes(before)+set.table.tableBytes()-table+width*(set.table.n-before)); err != nil {
			return err
		}
	}
	for i, c := range a.calls {
		if err := c.take(a.rt, set, i, in, a.groups); err != nil {
			return err
		}
	}
	return nil
}

// mask makes NULL of the keys that do not belong to a grouping set.
func (a *aggregate) mask(set *groupSet, keys []sqltypes.Vec, n int) []sqltypes.Vec {
	if len(set.table.keys) == 0 || len(a.sets) == 1 {
		return keys
	}
	a.masked = append(a.masked[:0], keys...)
	for i, in := range set.mask {
		if in {
			continue
		}
		a.masked[i] = nullColumn(a.node.Keys[i].Type().OID, n)
	}
	return a.masked
}

// take gives the rows of a batch to call i of a grouping set.
func (c *aggCall) take(rt *runtime, set *groupSet, i int, in *Batch, groups []int32) error {
	var chosen []int32
	if c.filter != nil {
		var err error
		if c.sel, err = c.filter.apply(in, c.sel[:0]); err != nil {
			return err
		}
		if len(c.sel) < in.N {
			chosen = c.sel
			groups = c.pick(groups)
		}
	}
	if c.column == nil {
		return c.takeRows(rt, set.states[i], in, chosen, groups)
	}
	if c.nargs == 0 {
		return c.add(rt, set.sums[i], groups, nil)
	}
	for {
		n, err := c.column.compute(in, chosen)
		if err != nil {
			return err
		}
		column := &c.column.out[0]
		if c.unique {
			err = c.takeNew(rt, set.sums[i], set.seen[i], column, groups[:n])
		} else {
			err = c.add(rt, set.sums[i], groups[:n], column)
		}
		if err != nil || n == len(groups) {
			return err
		}
		if chosen == nil {
			chosen = c.column.all[:in.N]
		}
		groups, chosen = groups[n:], chosen[n:]
	}
}

// add gives values to their groups, and counts the memory that the groups keep.
func (c *aggCall) add(rt *runtime, sum expr.Accumulator, groups []int32, column *sqltypes.Vec) error {
	held := sum.Held()
	rt.env.Room = rt.MemoryMax - rt.memory
	err := sum.Add(&rt.env, groups, column)
	if err := c.used.add(rt, sum.Held()-held); err != nil {
		return err
	}
	return err
}

// pick gives the groups of the rows that passed the filter.
func (c *aggCall) pick(groups []int32) []int32 {
	c.picked = c.picked[:0]
	for _, row := range c.sel {
		c.picked = append(c.picked, groups[row])
	}
	return c.picked
}

// takeNew adds the values that their group has not seen.
func (c *aggCall) takeNew(rt *runtime, sum expr.Accumulator, seen *groupTable, column *sqltypes.Vec, groups []int32) error {
	c.where = sqltypes.Vec{Kind: sqltypes.KindInt, Fixed: true, Words: c.where.Words[:0]}
	for _, g := range groups {
		c.where.Words = append(c.where.Words, int64(g))
	}
	before, table := seen.n, seen.tableBytes()
	next := int32(before)
	var fresh, to []int32
	numbers, err := seen.number([]sqltypes.Vec{c.where, *column}, len(groups), nil)
	if err != nil {
		return err
	}
	for i, n := range numbers {
		if n == next {
			fresh, to = append(fresh, int32(i)), append(to, groups[i])
			next++
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	var values sqltypes.Vec
	pickColumn(&values, column, fresh, false)
	if err := c.add(rt, sum, to, &values); err != nil {
		return err
	}
	return c.used.add(rt, seen.bytes(before)+seen.tableBytes()-table)
}

// takeRows gives rows, all of a batch or those chosen, to states.
func (c *aggCall) takeRows(rt *runtime, states []aggState, in *Batch, chosen, groups []int32) error {
	for i, g := range groups {
		if i&31 == 31 {
			if err := rt.check(); err != nil {
				return err
			}
		}
		row := i
		if chosen != nil {
			row = int(chosen[i])
		}
		if err := c.feed(rt, &states[g], in, row); err != nil {
			return err
		}
	}
	return nil
}

// feed gives one input row to an aggregate.
func (c *aggCall) feed(rt *runtime, s *aggState, in *Batch, row int) error {
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
	return c.addRow(rt, s.state, args)
}

// addRow gives a row to a state, and counts the memory that it keeps.
func (c *aggCall) addRow(rt *runtime, s expr.AggState, args []sqltypes.Datum) error {
	held := s.Held()
	if err := s.Add(&rt.env, args); err != nil {
		return err
	}
	return c.used.add(rt, s.Held()-held)
}

// finish feeds the kept rows in order and gives the result for a group with these keys.
func (c *aggCall) finish(rt *runtime, s *aggState, keys []sqltypes.Datum) (sqltypes.Datum, error) {
	if c.order != nil {
		// The sort asks about the later row first; errors name the two in the order of rows.
		slices.SortStableFunc(s.rows, func(a, b []sqltypes.Datum) int { return -c.order.compare(b, a) })
		if err := rt.check(); err != nil {
			return sqltypes.Null, err
		}
		for i, row := range s.rows {
			if c.node.Distinct && i > 0 && c.sameArgs(row, s.rows[i-1]) {
				continue
			}
			if err := c.addRow(rt, s.state, row[:c.nargs]); err != nil {
				return sqltypes.Null, err
			}
		}
		for _, row := range s.rows {
			c.used.sub(rt, rowSize(row))
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
	return a.results()
}

// results gives the rows of groups that are done; nil at their end.
func (a *aggregate) results() (*Batch, error) {
	a.out.reset()
	a.size = 0
	for a.at < len(a.sets) && a.out.N < batchRows && a.size < batchBytesMax {
		set := &a.sets[a.at]
		if a.group >= set.table.n {
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
	n := len(a.node.Keys)
	clear(a.row[:n])
	for i := range set.table.keys {
		a.row[i] = set.table.keys[i].At(group)
	}
	for i, c := range a.calls {
		var d sqltypes.Datum
		var err error
		if set.sums[i] != nil {
			d, err = set.sums[i].Result(&a.rt.env, group)
		} else {
			d, err = c.finish(a.rt, &set.states[i][group], a.row[:n])
		}
		if err != nil {
			return err
		}
		a.row[n+i] = d
		a.size += d.Size()
		if err := a.rt.hold(a.size); err != nil {
			return err
		}
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
