package plan

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// filterRelation applies conditions above a planned relation.
func (s *scope) filterRelation(rel *relation, quals []expr.Expr) (*relation, error) {
	if len(quals) == 0 {
		return rel, nil
	}
	cond, err := resolve(filterOf(quals), rel.layout)
	if err != nil {
		return nil, err
	}
	out := outputOf(rel.node)
	out.Est.Rows = max(1, out.Est.Rows*s.selectivity(quals))
	return &relation{node: &Filter{Output: out, Child: rel.node, Cond: cond}, layout: rel.layout, rels: rel.rels, order: rel.order}, nil
}

// uniqueOn tells whether conditions fix a whole unique key of the relation.
func (s *scope) uniqueOn(rel int, on []expr.Expr) bool {
	r := s.q.Rels[rel]
	if r.Kind != bind.TableRel {
		return false
	}
	o := s.operandsOf(rel, r)
	var list []comparison
	for _, q := range on {
		list = append(list, o.all(q)...)
	}
	for _, ix := range s.indexesOf(rel) {
		if !ix.Unique || !impliedBy(ix.predicate, on) {
			continue
		}
		m := o.match(ix, list)
		if m.unique(ix) && m.lists() == 1 {
			return true
		}
	}
	return false
}

// nestWithParams joins by running the member's scan for every outer row, with values of that row in it.
func (s *scope) nestWithParams(kind bind.JoinKind, outer *relation, it *member, own, on []expr.Expr) (*relation, error) {
	inner, params, err := s.base(it.rel, own, outer.rels)
	if err != nil {
		return nil, err
	}
	if params, err = s.resolveParams(params, outer); err != nil {
		return nil, err
	}
	return s.nest(kind, outer, inner, params, on)
}

// nest builds a nested loop.
func (s *scope) nest(kind bind.JoinKind, outer, inner *relation, params []ParamSet, on []expr.Expr) (*relation, error) {
	l, cols := joinedLayout(kind, outer, inner)
	full, _ := joinedLayout(bind.Inner, outer, inner)
	cond, err := resolve(filterOf(on), full)
	if err != nil {
		return nil, err
	}
	o, i := outer.node.Estimate(), inner.node.Estimate()
	est := Estimate{Startup: o.Startup + i.Startup, Total: o.Total + o.Rows*i.Total, Rows: max(1, o.Rows*i.Rows*s.selectivity(on)), Width: o.Width + i.Width}
	if kind != bind.Inner {
		est.Rows = max(est.Rows, o.Rows)
	}
	n := &NestLoop{Output: Output{Cols: cols, Est: est}, Kind: kind, Outer: outer.node, Inner: inner.node, Params: params, On: cond, Rescan: len(params) > 0}
	if scan, ok := inner.node.(*Scan); ok {
		n.OneRow = scan.Point
	}
	return &relation{node: n, layout: l, rels: outer.rels.union(inner.rels)}, nil
}

// joinedLayout puts the inner columns behind the outer ones; semi and anti joins give the outer ones only.
func joinedLayout(kind bind.JoinKind, outer, inner *relation) (layout, []Column) {
	l := layout{}
	cols := append([]Column(nil), outer.node.Header()...)
	for k, slot := range outer.layout {
		l[k] = slot
	}
	if kind == bind.Semi || kind == bind.Anti {
		return l, cols
	}
	for k, slot := range inner.layout {
		l[k] = slot + len(cols)
	}
	return l, append(cols, inner.node.Header()...)
}

// joinRelations joins two planned relations by a full join: by hash where an equality allows it, else by comparing all pairs.
func (s *scope) joinRelations(kind bind.JoinKind, outer, inner *relation, on []expr.Expr) (*relation, error) {
	h := &HashJoin{Kind: kind, Outer: outer.node, Inner: inner.node}
	var rest []expr.Expr
	for _, q := range on {
		if !s.hashKey(h, q, outer, inner) {
			rest = append(rest, q)
		}
	}
	if len(h.KeyTypes) == 0 {
		if kind == bind.Full {
			if !fullJoinable(on, outer.rels, inner.rels) {
				return nil, pgerror.New(pgerror.FeatureNotSupported, "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions")
			}
			return s.hashRelation(h, kind, outer, inner, rest)
		}
		return s.nest(kind, outer, inner, nil, on)
	}
	if s.options.Disabled["enable_hashjoin"] && !s.options.Disabled["enable_mergejoin"] {
		if rel, err := s.fullMerge(h, outer, inner, rest); rel != nil || err != nil {
			return rel, err
		}
	}
	return s.hashRelation(h, kind, outer, inner, rest)
}

// nullAware joins for NOT IN, by the one equality it compares with.
func (s *scope) nullAware(outer, inner *relation, on []expr.Expr) (*relation, error) {
	h := &HashJoin{Kind: bind.Anti, Outer: outer.node, Inner: inner.node, NullAware: true}
	if len(on) != 1 || !s.hashKey(h, on[0], outer, inner) {
		return nil, pgerror.New(pgerror.InternalError, "NOT IN is joined by %d conditions", len(on))
	}
	return s.hashRelation(h, bind.Anti, outer, inner, nil)
}

func (s *scope) hashRelation(h *HashJoin, kind bind.JoinKind, outer, inner *relation, rest []expr.Expr) (*relation, error) {
	l, cols := joinedLayout(kind, outer, inner)
	full, _ := joinedLayout(bind.Inner, outer, inner)
	cond, err := resolve(filterOf(rest), full)
	if err != nil {
		return nil, err
	}
	o, i := outer.node.Estimate(), inner.node.Estimate()
	h.On, h.Cols = cond, cols
	rows := o.Rows * i.Rows * s.selectivity(rest)
	if len(h.KeyTypes) > 0 {
		rows /= max(1, max(o.Rows, i.Rows))
	}
	h.Est = Estimate{Startup: i.Total + i.Rows*cpuOperatorCost, Rows: max(1, rows), Width: o.Width + i.Width}
	if kind != bind.Inner {
		h.Est.Rows = max(rows, o.Rows)
	}
	h.Est.Total = h.Est.Startup + o.Total + h.Est.Rows*cpuTupleCost
	return &relation{node: h, layout: l, rels: outer.rels.union(inner.rels)}, nil
}

// hashKey adds an equality between the two sides to the join's keys.
func (s *scope) hashKey(h *HashJoin, q expr.Expr, outer, inner *relation) bool {
	left, right, t, ok := equality(q)
	if !ok || expr.ContainsVolatile(q) {
		return false
	}
	constant := relsOf(left).empty() || relsOf(right).empty()
	if constant && !h.NullAware { // a condition of one side; NOT IN alone must compare it here
		return false
	}
	if inner.rels.contains(relsOf(left)) && outer.rels.contains(relsOf(right)) && !(relsOf(left).empty() && relsOf(right).empty()) {
		left, right = right, left
	}
	if !outer.rels.contains(relsOf(left)) || !inner.rels.contains(relsOf(right)) {
		return false
	}
	l, err := resolve(left, outer.layout)
	if err != nil {
		return false
	}
	r, err := resolve(right, inner.layout)
	if err != nil {
		return false
	}
	h.OuterKeys, h.InnerKeys, h.KeyTypes = append(h.OuterKeys, l), append(h.InnerKeys, r), append(h.KeyTypes, t)
	return true
}
