package plan

import (
	"math"
	"slices"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// orderKey says that rows are ordered by a column, or by any that is equal to it in the join. What they are ordered by comes first in a list of them.
type orderKey struct {
	equal            int // number of the set of equal columns
	desc, nullsFirst bool
	noNulls          bool // where NULLs stand does not matter
}

// meets tells whether rows ordered by k are ordered as want asks.
func (k orderKey) meets(want orderKey) bool {
	return k.equal == want.equal && k.desc == want.desc && (k.noNulls || k.nullsFirst == want.nullsFirst)
}

// slotOrder is an orderKey of a planned relation: the slots of columns that are equal.
type slotOrder struct {
	slots            []int
	desc, nullsFirst bool
	noNulls          bool
}

// wantedColumn is a column of ORDER BY, or of GROUP BY.
type wantedColumn struct {
	column           varKey
	desc, nullsFirst bool
}

// joinWants is what is done with the rows of a join.
type joinWants struct {
	columns []wantedColumn
	grouped bool    // in any order of the columns, rows with equal ones together
	limit   float64 // as limitOf says
}

// wantJoinOrder notes in which order the rows of FROM are of use to what is done with them.
func (s *scope) wantJoinOrder() {
	q := s.q
	s.wants = joinWants{}
	if len(s.pulled) > 0 && !q.Aggregates || len(q.Windows) > 0 || q.SetReturning || q.Distinct {
		return
	}
	add := func(e expr.Expr, desc, nullsFirst bool) bool {
		v, ok := e.(*expr.Var)
		if !ok || v.Level != 0 || v.Rel < 0 || v.Column < 0 {
			return false
		}
		s.wants.columns = append(s.wants.columns, wantedColumn{varKey{v.Rel, v.Column}, desc, nullsFirst})
		return true
	}
	if q.Aggregates {
		if q.GroupingSets != nil {
			return
		}
		s.wants.grouped, s.wants.limit = true, groupLimit(q)
		for _, e := range q.GroupBy {
			if !add(e, false, false) {
				s.wants = joinWants{}
				return
			}
		}
		return
	}
	s.wants.limit = limitOf(q)
	for _, o := range q.OrderBy {
		if !add(q.Targets[o.Target].Expr, o.Desc, o.NullsFirst) {
			return
		}
	}
}

// equalColumns numbers the sets of columns that are equal in every row of the join.
type equalColumns struct {
	number map[varKey]int
	where  []relset // the members that have columns of a set
	fixed  []bool   // it has one value
}

func (q *equalColumns) of(v varKey, member relset) int {
	n, ok := q.number[v]
	if !ok {
		n = len(q.where)
		q.number[v] = n
		q.where, q.fixed = append(q.where, relset{}), append(q.fixed, false)
	}
	q.where[n] = q.where[n].union(member)
	return n
}

func (q *equalColumns) join(a, b int) {
	if a == b {
		return
	}
	for v, n := range q.number {
		if n == b {
			q.number[v] = a
		}
	}
	q.where[a] = q.where[a].union(q.where[b])
	q.fixed[a] = q.fixed[a] || q.fixed[b]
}

// plainColumn is the column of this query that an expression is, relabelling aside.
func plainColumn(e expr.Expr) (varKey, bool) {
	for {
		r, ok := e.(*expr.Relabel)
		if !ok || !sameKey(r.Arg.Type().OID, r.Typ.OID) {
			break
		}
		e = r.Arg
	}
	v, ok := e.(*expr.Var)
	if !ok || v.Level != 0 || v.Rel < 0 || v.Column < 0 {
		return varKey{}, false
	}
	return varKey{v.Rel, v.Column}, true
}

// equalOf is the number of a column.
func (b *search) equalOf(v varKey) int { return b.equals.of(v, b.membersOf(single(v.rel))) }

// makeEquals finds the columns that are equal in every row, and what is asked of the order of rows.
func (b *search) makeEquals() {
	b.equals = &equalColumns{number: map[varKey]int{}}
	equate := func(cond expr.Expr) { b.equals.equate(cond, b.equalOf) }
	for _, k := range b.classes {
		for _, t := range k.terms[1:] {
			equate(k.equals(k.terms[0].e, t.e))
		}
	}
	for _, c := range b.clauses {
		if c.special == nil && c.needs == c.uses {
			equate(c.cond)
		} else if l, r, _, ok := equality(c.cond); ok { // not equal, but compared
			for _, e := range []expr.Expr{l, r} {
				if v, ok := plainColumn(e); ok {
					n := b.equalOf(v)
					b.equals.where[n] = b.equals.where[n].union(c.uses)
				}
			}
		}
	}
	for i, m := range b.members {
		for _, q := range m.own {
			if b.delayed(single(i), false) == single(i) {
				equate(q)
			}
		}
	}
	for _, w := range b.wants.columns {
		k := orderKey{equal: b.equalOf(w.column), desc: w.desc, nullsFirst: w.nullsFirst}
		if !b.equals.fixed[k.equal] && !slices.ContainsFunc(b.order, func(o orderKey) bool { return o.equal == k.equal }) {
			b.order = append(b.order, k)
		}
	}
}

// useful is the part of an order that somebody above a set of members can use: as the order that is wanted, or to merge with others.
func (b *search) useful(set relset, order []orderKey) []orderKey {
	n := b.wanted(order)
	for i, k := range order {
		if i >= n && !b.mergeable(set, k) {
			break
		}
		n = max(n, i+1)
	}
	return order[:n:n]
}

func (b *search) mergeable(set relset, k orderKey) bool {
	return !set.contains(b.equals.where[k.equal])
}

// wanted is how many of the first keys of an order are those that are asked for.
func (b *search) wanted(order []orderKey) int {
	n := 0
	for n < len(order) && n < len(b.order) {
		if b.wants.grouped && !slices.ContainsFunc(b.order, func(w orderKey) bool { return w.equal == order[n].equal }) {
			break
		}
		if !b.wants.grouped && !order[n].meets(b.order[n]) {
			break
		}
		n++
	}
	return n
}

// pathOrder is the order of the rows of a path.
func (b *search) pathOrder(m *member, p *path, reverse bool) (order []orderKey) {
	ix := b.indexOf(m.rel, p.access.Index)
	if ix == nil {
		return nil
	}
	for n := p.access.Fixed(); n < len(ix.columns); n++ {
		i := ix.columns[n]
		if i < 0 {
			break
		}
		o := orderKey{equal: b.equalOf(varKey{m.rel, i}), desc: reverse, nullsFirst: ix.nullsFirst(n) != reverse, noNulls: !b.mayBeNull(m.rel, i)}
		if !b.equals.fixed[o.equal] && !slices.ContainsFunc(order, func(have orderKey) bool { return have.equal == o.equal }) {
			order = append(order, o)
		}
	}
	return order
}

// orderedMembers offers the ways to read a table in an order that is of use.
func (b *search) orderedMembers(i int) {
	m := b.members[i]
	if m.tree != nil || m.rel < 0 || b.q.Rels[m.rel].Kind != bind.TableRel {
		return
	}
	r := b.q.Rels[m.rel]
	set := single(i)
	builder := &baseBuilder{scope: b.scope, rel: m.rel}
	best := builder.bestPath(r, m.own)
	b.best[set].order = b.useful(set, b.pathOrder(m, best, false))
	paths := []*path{best}
	for _, ix := range r.Table.Indexes {
		if p := builder.orderedPath(r, ix, m.own); p != nil && ix != best.access.Index {
			paths = append(paths, p)
		}
	}
	for k, p := range paths {
		for _, reverse := range []bool{false, true} {
			order := b.useful(set, b.pathOrder(m, p, reverse))
			if len(order) == 0 || reverse && b.wanted(order) == 0 || k == 0 && !reverse {
				continue
			}
			b.offer(&joined{set: set, size: m.size, cost: p.effort(), member: m, path: p, reverse: reverse, order: order})
		}
	}
}

// orderedPath reads a table along an index, whatever that costs; nil where that is not possible.
func (b *baseBuilder) orderedPath(r *bind.Rel, ix *catalog.Index, quals []expr.Expr) *path {
	if !ix.Valid || ix.Predicate != "" {
		return nil
	}
	total, likely := b.tableRows(r.Table), estimator{b.scope, true}.tableSize(r.Table)
	if ix.Primary {
		return &path{access: Access{Table: r.Table, Index: ix}, used: map[expr.Expr]bool{}, rows: total, size: likely,
			cost: Estimate{Startup: 100 + 0.125*total, Total: 100 + 0.125*total + total*cpuTupleCost}}
	}
	lookups := 0.0
	p := &path{access: Access{Table: r.Table, Index: ix}, used: map[expr.Expr]bool{}, rows: total, size: likely}
	if !b.covers(r, ix) {
		lookups, p.lookups = total*4, true
	}
	p.cost = Estimate{Startup: 100 + 0.125*total, Total: 100 + 0.125*total + total*cpuTupleCost + lookups}
	return p
}

// offer keeps a way to join a set: the cheapest, and beside it the cheapest of each order that is of use.
func (b *search) offer(c *joined) {
	have := b.best[c.set]
	if have == nil || c.cost < have.cost {
		b.best[c.set] = c
		if have != nil && len(have.order) > 0 {
			b.offerOrder(have)
		}
		return
	}
	if len(c.order) > 0 && !startsWith(have.order, c.order) {
		b.offerOrder(c)
	}
}

// worth tells whether a way of such a cost to join a set would be kept.
func (b *search) worth(set relset, cost float64, order []orderKey) bool {
	best := b.best[set]
	if best == nil || cost < best.cost {
		return true
	}
	if len(order) == 0 || startsWith(best.order, order) {
		return false
	}
	list := b.orders[set]
	for _, have := range list {
		if slices.Equal(have.order, order) {
			return cost < have.cost
		}
	}
	return len(list) < ordersMax
}

// startsWith tells whether an order includes another.
func startsWith(order, prefix []orderKey) bool {
	return len(order) >= len(prefix) && slices.Equal(order[:len(prefix)], prefix)
}

// ordersMax is how many orders of a set are kept.
const ordersMax = 4

func (b *search) offerOrder(c *joined) {
	list := b.orders[c.set]
	for i, have := range list {
		if slices.Equal(have.order, c.order) {
			if c.cost < have.cost {
				list[i] = c
			}
			return
		}
	}
	if len(list) < ordersMax {
		b.orders[c.set] = append(list, c)
	}
}

// ways are all ways that are kept for a set.
func (b *search) ways(set relset) []*joined {
	return append([]*joined{b.best[set]}, b.orders[set]...)
}

// sortEffort is what sorting rows costs.
func sortEffort(rows float64) float64 { return rows * math.Log2(rows+2) * effortSort }

// cheapest is the way that costs least together with what must be done about the order of the rows behind it.
func (b *search) cheapest(all relset) *joined {
	best := b.best[all]
	if best == nil || len(b.order) == 0 {
		return best
	}
	least := math.Inf(1)
	for _, c := range b.ways(all) {
		if cost := b.ordering(c); cost < least {
			best, least = c, cost
		}
	}
	return best
}

// ordering is the cost of a way and of the sort or the grouping behind it.
func (b *search) ordering(c *joined) float64 {
	rows, n := c.size.likely, b.wanted(c.order)
	part, wanted := 1.0, rows
	if b.wants.grouped && b.wants.limit > 0 {
		wanted = estimator{b.scope, true}.groups(b.q.GroupBy, rows)
	}
	switch {
	case b.wants.limit > 0:
		part = min(1, b.wants.limit/wanted)
	case b.wants.limit < 0:
		part = 0.1
	}
	switch {
	case n == len(b.order):
		return c.startup + (c.cost-c.startup)*part
	case b.wants.grouped:
		return c.cost + rows*effortBuild + b.penalty("enable_hashagg")
	case n > 0 && !b.options.Disabled["enable_incremental_sort"]:
		return c.startup + (c.cost-c.startup)*max(part, 0.05) + sortEffort(rows)*part/2
	case part < 1:
		return c.cost + rows*effortSort*2 + b.penalty("enable_sort")
	}
	return c.cost + sortEffort(rows) + b.penalty("enable_sort")
}

// slotsOf gives an order over the slots of a relation.
func (b *search) slotOrders(order []orderKey, l layout) (out []slotOrder) {
	for _, k := range order {
		s := slotOrder{desc: k.desc, nullsFirst: k.nullsFirst, noNulls: k.noNulls}
		for v, n := range b.equals.number {
			if slot, ok := l[v]; ok && n == k.equal {
				s.slots = append(s.slots, slot)
			}
		}
		if len(s.slots) == 0 {
			return out
		}
		slices.Sort(s.slots)
		out = append(out, s)
	}
	return out
}

// presorted is how many of the sort keys the rows of a relation are ordered by already.
func presorted(order []slotOrder, keys []SortKey) int {
	n, at := 0, 0
	for n < len(keys) {
		k := keys[n]
		before := func(o slotOrder) bool { return slices.Contains(o.slots, k.Slot) }
		switch {
		case slices.ContainsFunc(order[:at], before):
		case at < len(order) && before(order[at]) && order[at].desc == k.Desc && (order[at].noNulls || order[at].nullsFirst == k.NullsFirst):
			at++
		default:
			return n
		}
		n++
	}
	return n
}

// scanOrder is the order of the rows of a table's scan.
func (s *scope) scanOrder(rel int, n Node) (order []slotOrder) {
	scan, ok := n.(*Scan)
	if !ok || s.q.Rels[rel].Kind != bind.TableRel {
		return nil
	}
	ix := s.indexOf(rel, scan.Index)
	if ix == nil {
		return nil
	}
	for n := scan.Fixed(); n < len(ix.columns); n++ {
		slot := slices.Index(scan.Fetch, ix.columns[n])
		if ix.columns[n] < 0 || slot < 0 {
			break
		}
		order = append(order, slotOrder{slots: []int{slot}, desc: scan.Reverse, nullsFirst: ix.nullsFirst(n) != scan.Reverse,
			noNulls: !s.mayBeNull(rel, ix.columns[n])})
	}
	return order
}
