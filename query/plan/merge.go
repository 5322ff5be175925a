package plan

import (
	"slices"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// mergeKey is an equality that a merge join compares by, as the columns of its sides.
type mergeKey struct {
	outer, inner int // numbers of columns
	desc         bool
}

// mergePair is an equality of plain columns of the sides of a join.
type mergePair struct {
	clause       *clause
	outer, inner varKey
}

// mergePairs adds to a list the equalities that a merge join of two sets can compare by.
func (b *search) mergePairs(l, r relset, on []*clause, pairs []mergePair) []mergePair {
	for _, c := range on {
		left, right, _, ok := equality(c.cond)
		if !ok || c.left.empty() || c.right.empty() {
			continue
		}
		if r.contains(c.left) && l.contains(c.right) {
			left, right = right, left
		} else if !l.contains(c.left) || !r.contains(c.right) {
			continue
		}
		x, isX := plainColumn(left)
		y, isY := plainColumn(right)
		if isX && isY {
			pairs = append(pairs, mergePair{c, x, y})
		}
	}
	return pairs
}

// merges tries merge joins: along the order that the left side has, or sorting it by all keys.
func (b *search) merges(j *joint) {
	sorting := b.options.Disabled["enable_hashjoin"]
	best, others := b.best[j.right.set], b.orders[j.right.set]
	if !sorting && len(j.left.order) == 0 && len(best.order) == 0 && len(others) == 0 {
		return
	}
	b.pairs = b.mergePairs(j.left.set, j.right.set, j.on, b.pairs[:0])
	pairs := b.pairs
	if len(pairs) == 0 {
		return
	}
	for i := -1; i < len(others); i++ {
		right := best
		if i >= 0 {
			right = others[i]
		}
		if keys := b.keysAlong(j.left.order, pairs, true); len(keys) > 0 {
			sorted := b.comesIn(right.order, keys)
			if sorted || right == best {
				b.mergeAlong(j, right, keys, [2]bool{false, !sorted})
			}
		} else if keys := b.keysAlong(right.order, pairs, false); len(keys) > 0 {
			b.mergeAlong(j, right, keys, [2]bool{true, false})
		} else if sorting && right == best {
			for _, p := range pairs {
				keys = append(keys, mergeKey{outer: b.equalOf(p.outer), inner: b.equalOf(p.inner)})
			}
			b.mergeAlong(j, right, keys, [2]bool{true, true})
		}
	}
}

// keysAlong are the keys that an order of one side lets a join be merged by. They are valid until the next call.
func (b *search) keysAlong(order []orderKey, pairs []mergePair, outer bool) []mergeKey {
	keys := b.keys[:0]
	for _, o := range order {
		at := slices.IndexFunc(pairs, func(p mergePair) bool {
			v := p.inner
			if outer {
				v = p.outer
			}
			return b.equalOf(v) == o.equal
		})
		if at < 0 {
			break
		}
		keys = append(keys, mergeKey{outer: b.equalOf(pairs[at].outer), inner: b.equalOf(pairs[at].inner), desc: o.desc})
	}
	b.keys = keys
	return keys
}

// comesIn tells whether an order of the right side is that of the keys.
func (b *search) comesIn(order []orderKey, keys []mergeKey) bool {
	if len(order) < len(keys) {
		return false
	}
	for i, k := range keys {
		if order[i].equal != k.inner || order[i].desc != k.desc {
			return false
		}
	}
	return true
}

// mergeAlong offers a merge join.
func (b *search) mergeAlong(j *joint, right *joined, keys []mergeKey, sorts [2]bool) {
	o := *j
	o.right = right
	startup, cost := j.left.startup+right.startup, j.left.cost+right.cost
	for i, side := range []*joined{j.left, right} {
		if sorts[i] {
			startup = cost
			cost += sortEffort(side.size.likely) + b.penalty("enable_sort")
		}
	}
	cost += (j.left.size.likely+right.size.likely)*effortMerge + j.give + b.penalty("enable_mergejoin")
	order := j.left.order
	if sorts[0] {
		order = nil
		for _, k := range keys {
			order = append(order, orderKey{equal: k.outer, desc: k.desc, nullsFirst: k.desc})
		}
	}
	if c := b.keep(&o, byMerge, startup, cost, order); c != nil {
		c.merge, c.sorts = slices.Clone(keys), sorts
	}
}

// buildMerge plans a merge join that was chosen.
func (b *search) buildMerge(c *joined, outer, inner *relation, on []*clause) (*relation, error) {
	pairs := b.mergePairs(c.left.set, c.right.set, on, nil)
	m := &HashJoin{Kind: c.kind}
	var rest []expr.Expr
	used := make([]bool, len(pairs))
	var keys []SortKey
	for _, k := range c.merge {
		at := -1
		for i, p := range pairs {
			if !used[i] && b.equalOf(p.outer) == k.outer && b.equalOf(p.inner) == k.inner {
				at = i
				break
			}
		}
		if at >= 0 && b.hashKey(m, pairs[at].clause.cond, outer, inner) {
			used[at] = true
			keys = append(keys, SortKey{Desc: k.desc, NullsFirst: k.desc})
		}
	}
	for _, q := range on {
		if at := slices.IndexFunc(pairs, func(p mergePair) bool { return p.clause == q }); at < 0 || !used[at] {
			rest = append(rest, q.cond)
		}
	}
	if c.sorts[0] {
		outer = sortedBy(outer, m.OuterKeys, keys)
	}
	if c.sorts[1] {
		inner = sortedBy(inner, m.InnerKeys, keys)
	}
	return b.mergeRelation(m, keys, outer, inner, rest)
}

// sortedBy sorts a relation by columns.
func sortedBy(rel *relation, columns []expr.Expr, keys []SortKey) *relation {
	var by []SortKey
	for i, e := range columns {
		slot, _ := plainSlot(e)
		by = append(by, SortKey{Slot: slot, Desc: keys[i].Desc, NullsFirst: keys[i].NullsFirst})
	}
	if presorted(rel.order, by) == len(by) {
		return rel
	}
	return &relation{node: newSort(rel.node, by), layout: rel.layout, rels: rel.rels}
}

// plainSlot is the column that an expression is, relabelling aside.
func plainSlot(e expr.Expr) (int, bool) {
	for {
		r, ok := e.(*expr.Relabel)
		if !ok {
			break
		}
		e = r.Arg
	}
	s, ok := e.(*expr.Slot)
	if !ok {
		return 0, false
	}
	return s.Index, true
}

// mergeRelation makes a merge join of a hash join's keys, both sides of which come in the order of the keys.
func (s *scope) mergeRelation(h *HashJoin, keys []SortKey, outer, inner *relation, rest []expr.Expr) (*relation, error) {
	h.Outer, h.Inner = outer.node, inner.node
	rel, err := s.hashRelation(h, h.Kind, outer, inner, rest)
	if err != nil {
		return nil, err
	}
	m := &MergeJoin{Output: h.Output, Kind: h.Kind, Outer: h.Outer, Inner: h.Inner, OuterKeys: h.OuterKeys, InnerKeys: h.InnerKeys, KeyTypes: h.KeyTypes,
		Keys: keys, On: h.On}
	o, i := outer.node.Estimate(), inner.node.Estimate()
	m.Est.Startup = o.Startup + i.Startup
	m.Est.Total = o.Total + i.Total + (o.Rows+i.Rows)*cpuOperatorCost + m.Est.Rows*cpuTupleCost
	rel.node = m
	return rel, nil
}

// fullMerge carries out a full join by sorting both sides; nil where its keys are no plain columns.
func (s *scope) fullMerge(h *HashJoin, outer, inner *relation, rest []expr.Expr) (*relation, error) {
	keys := make([]SortKey, len(h.KeyTypes))
	for _, e := range slices.Concat(h.OuterKeys, h.InnerKeys) {
		if _, ok := plainSlot(e); !ok {
			return nil, nil
		}
	}
	h.Kind = bind.Full
	return s.mergeRelation(h, keys, sortedBy(outer, h.OuterKeys, keys), sortedBy(inner, h.InnerKeys, keys), rest)
}
