package plan

import (
	"slices"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// build plans the operators of a join that was chosen.
func (b *search) build(c *joined) (*relation, error) {
	if c.member != nil {
		return b.buildMember(c)
	}
	on, after := b.conditions(c.set, c.left, c.right, c.special, nil, nil)
	outer, err := b.buildSide(c, c.left)
	if err != nil {
		return nil, err
	}
	var rel *relation
	conds := condsOf(on)
	switch c.method {
	case byRow:
		m := c.right.member
		if m.tree != nil {
			rel, err = b.nestTree(c.kind, outer, m.tree, m.own, conds)
		} else {
			rel, err = b.nestWithParams(c.kind, outer, m, m.own, conds)
		}
	case byLookup:
		m := c.right.member
		rel, err = b.nestWithParams(c.kind, outer, m, append(m.own[:len(m.own):len(m.own)], conds...), nil)
	case byBatch:
		rel, err = b.nestBatched(c, outer, conds)
	default:
		var inner *relation
		if inner, err = b.buildSide(c, c.right); err != nil {
			return nil, err
		}
		if c.kind == bind.Left && slices.ContainsFunc(conds, neverTrue) {
			inner.node = noRows(inner.node)
			rel, err = b.nest(c.kind, outer, inner, nil, nil)
		} else if c.method == byMerge {
			rel, err = b.buildMerge(c, outer, inner, on)
		} else if c.method == byLoop {
			rel, err = b.nest(c.kind, outer, inner, nil, conds)
		} else {
			rel, err = b.hash(c.kind, outer, inner, conds, c.method == byHashed)
		}
	}
	if err != nil {
		return nil, err
	}
	b.sized(rel.node, c.size)
	if rel, err = b.filterRelation(rel, condsOf(after)); err == nil && len(after) > 0 {
		b.sized(rel.node, c.size)
	}
	return rel, err
}

// nestBatched joins by looking the rows of a member up for many outer rows together. What the lookup does not answer is the join's own condition.
func (b *search) nestBatched(c *joined, outer *relation, conds []expr.Expr) (*relation, error) {
	m := c.right.member
	builder := &baseBuilder{scope: b.scope, rel: m.rel, outer: outer.rels}
	p := builder.bestPath(b.q.Rels[m.rel], append(m.own[:len(m.own):len(m.own)], conds...))
	quals := m.own[:len(m.own):len(m.own)]
	var answered, rest []expr.Expr
	for _, q := range conds {
		if p.used[q] {
			answered, quals = append(answered, q), append(quals, q)
		} else {
			rest = append(rest, q)
		}
	}
	inner, params, err := b.base(m.rel, quals, outer.rels)
	if err != nil {
		return nil, err
	}
	if params, err = b.resolveParams(params, outer); err != nil {
		return nil, err
	}
	rel, err := b.nest(c.kind, outer, inner, params, rest)
	if err != nil {
		return nil, err
	}
	n := rel.node.(*NestLoop)
	scan, ok := n.Inner.(*Scan)
	if n.Batched = ok && scan.byEqualKeys(); n.Batched {
		full, _ := joinedLayout(bind.Inner, outer, inner)
		n.Recheck, err = resolve(conjunction(answered), full)
	}
	return rel, err
}

// sized notes the rows that were estimated for an operator.
func (p *planner) sized(n Node, s size) {
	n.Estimate().Rows = s.shown
	if p.sizes == nil {
		p.sizes = map[Node]float64{}
	}
	p.sizes[n] = s.likely
}

func condsOf(list []*clause) []expr.Expr {
	var out []expr.Expr
	for _, c := range list {
		out = append(out, c.cond)
	}
	return out
}

// buildMember plans a member by itself.
func (b *search) buildMember(c *joined) (*relation, error) {
	var rel *relation
	var err error
	m := c.member
	switch {
	case m.rel < 0:
		rel, err = b.filterRelation(m.planned, m.own)
	case c.path != nil:
		builder := &baseBuilder{scope: b.scope, rel: m.rel, outer: b.besideRels(), layout: layout{}, along: c.path}
		if rel, _, err = builder.table(b.q.Rels[m.rel], m.own); err == nil {
			rel.node.(*Scan).Reverse = c.reverse
		}
	default:
		rel, err = b.only(m.rel, m.own)
	}
	if err != nil {
		return nil, err
	}
	if p := b.planner; p.sizes == nil {
		p.sizes = map[Node]float64{}
	}
	b.planner.sizes[rel.node] = c.size.likely
	return rel, nil
}

// buildSide plans a side of a join, without duplicates where the join wants it so.
func (b *search) buildSide(c, side *joined) (*relation, error) {
	rel, err := b.build(side)
	if err != nil || c.distinct == nil || side.set != c.distinct.allRight {
		return rel, err
	}
	var exprs []expr.Expr
	var out Output
	l := layout{}
	for i, e := range c.distinct.distinct {
		v := e.(*expr.Var)
		slot := rel.layout[varKey{v.Rel, v.Column}]
		col := rel.node.Header()[slot]
		exprs = append(exprs, slotOf(col, slot))
		out.Cols = append(out.Cols, col)
		l[varKey{v.Rel, v.Column}] = i
	}
	out.Est = *rel.node.Estimate()
	child := rel.node
	if !isIdentity(exprs, child.Header()) {
		child = &Project{Output: out, Child: child, Exprs: exprs}
	}
	n := b.distinctSize(c.distinct, side)
	node := &HashDistinct{Output: outputOf(child), Child: child}
	node.Est.Startup, node.Est.Total = node.Est.Total, node.Est.Total+n*cpuTupleCost
	b.sized(node, size{n, n})
	return &relation{node: node, layout: l, rels: rel.rels}, nil
}

// hash joins by equal keys.
func (b *search) hash(kind bind.JoinKind, outer, inner *relation, on []expr.Expr, buildOuter bool) (*relation, error) {
	h := &HashJoin{Kind: kind, Outer: outer.node, Inner: inner.node, BuildOuter: buildOuter}
	var rest []expr.Expr
	for _, q := range on {
		if !b.hashKey(h, q, outer, inner) {
			rest = append(rest, q)
		}
	}
	if len(h.KeyTypes) == 0 {
		return b.nest(kind, outer, inner, nil, on)
	}
	return b.hashRelation(h, kind, outer, inner, rest)
}

// sizeOf estimates how many rows an operator gives, for choices.
func (p *planner) sizeOf(n Node) float64 {
	if rows, ok := p.sizes[n]; ok {
		return rows
	}
	est := n.Estimate().Rows
	if s, ok := n.(*Scan); ok {
		return p.scanSize(s)
	}
	children := n.Children()
	if len(children) == 0 {
		return est
	}
	sum, shown := 0.0, 0.0
	for _, c := range children {
		sum, shown = sum+p.sizeOf(c), shown+c.Estimate().Rows
	}
	if l, ok := n.(*Limit); ok && l.Count != nil {
		return min(est, max(sum, 1))
	}
	return max(1, est*min(1, sum/max(shown, 1)))
}

// rowBytes is what a row of a table that was never analysed is taken to need on disk.
const rowBytes = 32

// scanSize is sizeOf for a scan: of tables that were never analysed all are taken to be of one size for costs, as the service does; here their size on
// disk tells which is the smaller.
func (p *planner) scanSize(s *Scan) float64 {
	if p.options.Stats == nil {
		return s.Est.Rows
	}
	if _, known := p.options.Stats.Rows(s.Table); known || len(s.Ranges) > 0 && len(s.Ranges[0].Equal) > 0 {
		return s.Est.Rows
	}
	return max(1, s.Est.Rows/unanalysedRows*max(float64(p.options.Stats.Bytes(s.Table))/rowBytes, unanalysedLeast))
}
