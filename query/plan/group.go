package plan

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// computed is the relation number under which computed columns stand in a layout: aggregates, grouping keys, window functions.
const computed = -1

// aggregate groups the rows and rewrites the targets into terms of the groups.
func (s *scope) aggregate(rel *relation, targets []expr.Expr) (*relation, []expr.Expr, error) {
	a := &aggregation{scope: s, keys: append([]expr.Expr(nil), s.q.GroupBy...)}
	out := make([]expr.Expr, len(targets))
	for i, t := range targets {
		out[i] = a.over(t)
	}
	having := a.over(s.q.Having)
	windows := append([]bind.Window(nil), s.q.Windows...)
	for i := range windows {
		a.window(&windows[i])
	}
	s.q.Windows = windows
	node, order, err := a.node(rel)
	if err != nil {
		return nil, nil, err
	}
	grouped := &relation{node: node, layout: layout{}, rels: rel.rels, order: order}
	for i := range node.Cols {
		grouped.layout[varKey{computed, i}] = i
	}
	for i := range out {
		out[i] = a.place(out[i])
	}
	for i := range windows {
		a.placeWindow(&windows[i])
	}
	if having != nil {
		cond, err := resolve(filterOf(conjuncts(a.place(having))), grouped.layout)
		if err != nil {
			return nil, nil, err
		}
		o := outputOf(node)
		o.Est.Rows = max(1, o.Est.Rows/3)
		grouped.node = &Filter{Output: o, Child: node, Cond: cond}
	}
	return grouped, out, nil
}

// aggregation collects what one grouping must compute.
type aggregation struct {
	*scope
	keys      []expr.Expr
	aggs      []*expr.Agg
	groupings []*expr.Grouping
}

// The places of a grouping's output while their final slots are not known.
const (
	keyPlace      = -10
	aggPlace      = -11
	groupingPlace = -12
)

// over rewrites an expression into terms of the grouping's output. Columns that depend on the keys become keys.
func (a *aggregation) over(e expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
		for i, k := range a.keys {
			if expr.Equal(n, k) {
				return a.at(n, keyPlace, i), true
			}
		}
		switch v := n.(type) {
		case *expr.Agg:
			return a.at(n, aggPlace, a.agg(v)), true
		case *expr.Grouping:
			a.groupings = append(a.groupings, v)
			return a.at(n, groupingPlace, len(a.groupings)-1), true
		case *expr.Var:
			if v.Rel >= 0 {
				a.keys = append(a.keys, v)
				return a.at(n, keyPlace, len(a.keys)-1), true
			}
		}
		return n, false
	})
}

func (a *aggregation) at(e expr.Expr, place, i int) expr.Expr {
	name := ""
	if v, ok := e.(*expr.Var); ok {
		name = v.Name
	}
	return &expr.Var{Base: expr.Base{Typ: e.Type(), At: e.Pos()}, Rel: place, Column: i, Name: name}
}

// agg adds an aggregate. Its direct arguments are computed for a group, not for a row: they read the keys.
func (a *aggregation) agg(v *expr.Agg) int {
	if len(v.Direct) > 0 {
		c := *v
		c.Direct = mapExprs(v.Direct, a.over)
		v = &c
	}
	for i, have := range a.aggs {
		if expr.Equal(have, v) {
			return i
		}
	}
	a.aggs = append(a.aggs, v)
	return len(a.aggs) - 1
}

func (a *aggregation) window(w *bind.Window) {
	w.PartitionBy = mapExprs(w.PartitionBy, a.over)
	w.OrderBy = mapKeys(w.OrderBy, a.over)
	w.Frame.Start.Offset, w.Frame.End.Offset = a.over(w.Frame.Start.Offset), a.over(w.Frame.End.Offset)
}

func (a *aggregation) placeWindow(w *bind.Window) {
	w.PartitionBy = mapExprs(w.PartitionBy, a.place)
	w.OrderBy = mapKeys(w.OrderBy, a.place)
	w.Frame.Start.Offset, w.Frame.End.Offset = a.place(w.Frame.Start.Offset), a.place(w.Frame.End.Offset)
}

func mapExprs(list []expr.Expr, f func(expr.Expr) expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = f(e)
	}
	return out
}

func mapKeys(list []expr.SortKey, f func(expr.Expr) expr.Expr) []expr.SortKey {
	out := make([]expr.SortKey, len(list))
	for i, k := range list {
		k.Expr = f(k.Expr)
		out[i] = k
	}
	return out
}

// place gives the places their columns in the grouping's output: keys, then aggregates, then GROUPING values.
func (a *aggregation) place(e expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
		v, ok := n.(*expr.Var)
		if !ok || v.Rel > keyPlace {
			return n, false
		}
		c := *v
		c.Rel = computed
		switch v.Rel {
		case aggPlace:
			c.Column += len(a.keys)
		case groupingPlace:
			c.Column += len(a.keys) + len(a.aggs)
		}
		return &c, true
	})
}

// node builds the grouping operator over the relation, and tells the order of its rows.
func (a *aggregation) node(rel *relation) (*Aggregate, []slotOrder, error) {
	n := &Aggregate{Sets: a.q.GroupingSets, Grouping: a.groupings}
	n.Plain = len(a.keys) == 0 && len(a.q.GroupingSets) == 0
	var err error
	if n.Keys, err = resolveAll(a.keys, rel.layout); err != nil {
		return nil, nil, err
	}
	n.Child, n.Keys = a.setsBelow(rel.node, n.Keys)
	for i, k := range a.keys {
		name := ""
		if v, ok := k.(*expr.Var); ok {
			name = v.Name
		}
		n.Cols = append(n.Cols, Column{Name: name, Type: a.keys[i].Type()})
	}
	keys := layout{}
	for i := range a.keys {
		keys[varKey{keyPlace, i}] = i
	}
	for _, g := range a.aggs {
		own := *g
		own.Direct = nil
		e, err := resolve(&own, rel.layout)
		if err != nil {
			return nil, nil, err
		}
		agg := *e.(*expr.Agg)
		if agg.Direct, err = resolveAll(g.Direct, keys); err != nil {
			return nil, nil, err
		}
		n.Aggs = append(n.Aggs, &agg)
		n.Cols = append(n.Cols, Column{Name: g.Name, Type: g.Typ})
	}
	for range a.groupings {
		n.Cols = append(n.Cols, Column{Name: "grouping", Type: sqltypes.T(sqltypes.Int4OID)})
	}
	if len(a.keys) > len(a.q.GroupBy) {
		// Columns that depend on the keys belong to every set that has the key they depend on: to all of them.
		for i := range n.Sets {
			n.Sets[i] = append([]int(nil), n.Sets[i]...)
			for k := len(a.q.GroupBy); k < len(a.keys); k++ {
				n.Sets[i] = append(n.Sets[i], k)
			}
		}
	}
	in := rel.node.Estimate()
	n.Est = Estimate{Startup: in.Total, Total: in.Total + in.Rows*cpuOperatorCost*float64(1+len(n.Aggs)), Rows: 1, Width: widthOf(n.Cols)}
	if !n.Plain {
		n.Est.Rows = estimator{scope: a.scope}.groups(a.keys, in.Rows)
	}
	return n, a.inOrder(n, rel), nil
}

// inOrder groups rows that come in the order of the keys as they come, where that is better than a hash table or LIMIT wants few of the groups, and gives
// the order of the groups. Rows are sorted first where hash tables are not wanted.
func (a *aggregation) inOrder(n *Aggregate, rel *relation) []slotOrder {
	if n.Plain || n.Sets != nil || n.Child != rel.node {
		return nil
	}
	var keys []int
	for _, k := range n.Keys {
		slot, ok := plainSlot(k)
		if !ok {
			return nil
		}
		keys = append(keys, slot)
	}
	order := rel.order
	together := len(order) >= len(keys)
	for i := 0; together && i < len(keys); i++ {
		together = slices.ContainsFunc(order[i].slots, func(slot int) bool { return slices.Contains(keys, slot) })
	}
	rows := a.sizeOf(rel.node)
	groups, few := estimator{a.scope, true}.groups(a.keys, rows), groupLimit(a.q)
	switch disabled := a.options.Disabled["enable_hashagg"]; {
	case together && (disabled || len(a.q.OrderBy) > 0 || groups > rows/15 || few > 0 && few < groups/2):
	case !disabled:
		return nil
	default:
		var by []SortKey
		order = nil
		for i, slot := range keys {
			by = append(by, SortKey{Slot: slot})
			order = append(order, slotOrder{slots: []int{keys[i]}})
		}
		n.Child = newSort(rel.node, by)
	}
	n.Sorted = true
	var out []slotOrder
	for _, o := range order[:min(len(order), len(keys))] {
		o.slots = nil
		for i, slot := range keys {
			if slices.Contains(order[len(out)].slots, slot) {
				o.slots = append(o.slots, i)
			}
		}
		out = append(out, o)
	}
	return out
}

// groupLimit is how many of the groups LIMIT and OFFSET want, as limitOf says, where the first of them will do.
func groupLimit(q *bind.Query) float64 {
	if len(q.OrderBy) > 0 || q.Having != nil || len(q.Windows) > 0 || q.Distinct || len(q.DistinctOn) > 0 || q.SetReturning {
		return 0
	}
	return limitOf(q)
}

// windows computes the window functions, one operator a window, and rewrites the targets to read their results.
func (s *scope) windows(rel *relation, targets []expr.Expr) (*relation, []expr.Expr, error) {
	var funcs []*expr.WindowFunc
	collect := func(e expr.Expr) expr.Expr {
		return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
			w, ok := n.(*expr.WindowFunc)
			if !ok {
				return n, false
			}
			funcs = append(funcs, w)
			return &expr.Var{Base: w.Base, Rel: windowPlace, Column: len(funcs) - 1, Name: w.Name}, true
		})
	}
	targets = mapExprs(targets, collect)
	current := &relation{node: rel.node, layout: layout{}, rels: rel.rels, order: rel.order}
	for k, v := range rel.layout {
		current.layout[k] = v
	}
	out, err := s.windowSets(current, targets, funcs)
	if err != nil {
		return nil, nil, err
	}
	for w := range s.q.Windows {
		var own []int
		for i, f := range funcs {
			if f.Window == w {
				own = append(own, i)
			}
		}
		if len(own) == 0 {
			continue
		}
		if err := s.window(current, &s.q.Windows[w], funcs, own); err != nil {
			return nil, nil, err
		}
	}
	return current, out, nil
}

// windowSets runs the set-returning functions of window definitions below the windows, and reads their results in the definitions and in targets that
// have the same.
func (s *scope) windowSets(rel *relation, targets []expr.Expr, funcs []*expr.WindowFunc) ([]expr.Expr, error) {
	var sets []expr.Expr
	read := func(e expr.Expr) expr.Expr {
		for i, x := range sets {
			if expr.Equal(e, x) {
				return &expr.Var{Base: expr.Base{Typ: e.Type(), At: e.Pos()}, Rel: windowSetPlace, Column: i}
			}
		}
		return nil
	}
	key := func(e expr.Expr) expr.Expr {
		if setDepth([]expr.Expr{e}) == 0 {
			return e
		}
		if v := read(e); v != nil {
			return v
		}
		sets = append(sets, e)
		return read(e)
	}
	windows := append([]bind.Window(nil), s.q.Windows...)
	for i := range windows {
		w := &windows[i]
		if !slices.ContainsFunc(funcs, func(f *expr.WindowFunc) bool { return f.Window == i }) {
			continue // the definition of a window that nothing uses is a hidden target
		}
		w.PartitionBy, w.OrderBy = mapExprs(w.PartitionBy, key), mapKeys(w.OrderBy, key)
	}
	if len(sets) == 0 {
		return targets, nil
	}
	s.q.Windows = windows
	resolved, err := resolveAll(sets, rel.layout)
	if err != nil {
		return nil, err
	}
	rel.node, resolved = s.setsBelow(rel.node, resolved)
	rel.order = nil
	for i, e := range resolved {
		rel.layout[varKey{windowSetPlace, i}] = e.(*expr.Slot).Index
	}
	return mapExprs(targets, func(e expr.Expr) expr.Expr {
		return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
			if v := read(n); v != nil {
				return v, true
			}
			return n, false
		})
	}), nil
}

// windowSetPlace is the relation number of the sets of window definitions in a layout.
const windowSetPlace = -21

// windowPlace is the relation number of window results in a layout.
const windowPlace = -20

// window sorts for one window and adds its functions' columns.
func (s *scope) window(rel *relation, w *bind.Window, funcs []*expr.WindowFunc, own []int) error {
	partition, err := resolveAll(w.PartitionBy, rel.layout)
	if err != nil {
		return err
	}
	order := make([]expr.SortKey, len(w.OrderBy))
	for i, k := range w.OrderBy {
		order[i] = k
		if order[i].Expr, err = resolve(k.Expr, rel.layout); err != nil {
			return err
		}
	}
	child, keys := s.windowSort(rel, partition, order)
	n := &WindowAgg{Output: outputOf(child), Child: child, Frame: w.Frame}
	n.Cols = append([]Column(nil), n.Cols...)
	for i := range partition {
		n.Partition = append(n.Partition, slotOf(child.Header()[keys[i].Slot], keys[i].Slot))
	}
	for i, k := range order {
		slot := keys[len(partition)+i].Slot
		n.Order = append(n.Order, expr.SortKey{Expr: slotOf(child.Header()[slot], slot), Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	if n.Frame.Start.Offset, err = resolve(w.Frame.Start.Offset, rel.layout); err != nil {
		return err
	}
	if n.Frame.End.Offset, err = resolve(w.Frame.End.Offset, rel.layout); err != nil {
		return err
	}
	for _, i := range own {
		f, err := resolve(funcs[i], rel.layout)
		if err != nil {
			return err
		}
		rel.layout[varKey{windowPlace, i}] = len(n.Cols)
		n.Cols = append(n.Cols, Column{Name: funcs[i].Name, Type: funcs[i].Typ})
		n.Funcs = append(n.Funcs, f.(*expr.WindowFunc))
	}
	rel.node = n
	return nil
}

// windowSort adds the partition and order expressions as columns where they are not plain ones, and sorts by them what is not in their order.
func (s *scope) windowSort(rel *relation, partition []expr.Expr, order []expr.SortKey) (Node, []SortKey) {
	child := rel.node
	cols := child.Header()
	exprs := make([]expr.Expr, len(cols))
	for i, c := range cols {
		exprs[i] = slotOf(c, i)
	}
	var keys []SortKey
	add := func(e expr.Expr, desc, nullsFirst bool) {
		slot, ok := e.(*expr.Slot)
		if !ok {
			slot = &expr.Slot{Base: expr.Base{Typ: e.Type()}, Index: len(exprs)}
			exprs = append(exprs, e)
		}
		keys = append(keys, SortKey{Slot: slot.Index, Desc: desc, NullsFirst: nullsFirst})
	}
	for _, p := range partition {
		add(p, false, false)
	}
	for _, k := range order {
		add(k.Expr, k.Desc, k.NullsFirst)
	}
	if len(exprs) > len(cols) {
		out := outputOf(child)
		out.Cols = append([]Column(nil), cols...)
		for _, e := range exprs[len(cols):] {
			out.Cols = append(out.Cols, Column{Type: e.Type()})
		}
		child = &Project{Output: out, Child: child, Exprs: exprs}
	}
	ordered := presorted(rel.order, keys)
	if ordered == len(keys) {
		return child, keys
	}
	sort := newSort(child, keys)
	if !s.options.Disabled["enable_incremental_sort"] {
		sort.Presorted = ordered
	}
	rel.order = nil
	for _, k := range keys {
		rel.order = append(rel.order, slotOrder{slots: []int{k.Slot}, desc: k.Desc, nullsFirst: k.NullsFirst})
	}
	return sort, keys
}
