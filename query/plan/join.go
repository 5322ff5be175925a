package plan

import (
	"math"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// joinItems joins the members of a group in the cheapest order found, left-deep: each step adds the member that gives the fewest rows,
// through an index where the rows so far are few, by a hash table otherwise.
func (s *scope) joinItems(items []*item, quals []expr.Expr) (*relation, error) {
	quals, err := s.pushGroup(items, quals)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		if it.rel >= 0 {
			it.rows = s.itemRows(it, quals)
		}
	}
	var done *relation
	left := items
	for len(left) > 0 {
		i := s.nextItem(done, left, quals)
		if i < 0 {
			return nil, pgerror.New(pgerror.FeatureNotSupported, "this LATERAL reference across an outer join is not supported")
		}
		it := left[i]
		left = append(left[:i:i], left[i+1:]...)
		if done == nil {
			done, quals, err = s.firstItem(it, quals)
		} else {
			var usable, on []expr.Expr
			usable, quals = applicable(quals, done.rels.union(it.rels))
			var own []expr.Expr
			for _, q := range usable {
				if it.rels.contains(relsOf(q)) {
					own = append(own, q)
				} else {
					on = append(on, q)
				}
			}
			done, err = s.joinItem(bind.Inner, done, it, own, on)
		}
		if err != nil {
			return nil, err
		}
	}
	return s.filterRelation(done, quals)
}

// pushGroup plans the sub-queries among the members of a group under the conditions on them alone, and gives the conditions that are left.
func (s *scope) pushGroup(items []*item, quals []expr.Expr) ([]expr.Expr, error) {
	for _, it := range items {
		if it.rel < 0 || s.q.Rels[it.rel].Kind != bind.SubqueryRel {
			continue
		}
		var own, others []expr.Expr
		for _, q := range quals {
			if relsOf(q) == it.rels {
				own = append(own, q)
			} else {
				others = append(others, q)
			}
		}
		rest, err := s.planSubquery(it.rel, own)
		if err != nil {
			return nil, err
		}
		quals = append(others, rest...)
	}
	return quals, nil
}

// firstItem plans the member that the join begins with.
func (s *scope) firstItem(it *item, quals []expr.Expr) (*relation, []expr.Expr, error) {
	usable, rest := applicable(quals, it.rels)
	rel, err := s.alone(it, usable)
	return rel, rest, err
}

// alone plans a member without the relations joined before it, but for those beside the whole tree.
func (s *scope) alone(it *item, quals []expr.Expr) (*relation, error) {
	if it.rel < 0 {
		return s.filterRelation(it.planned, quals)
	}
	rel, params, err := s.base(it.rel, quals, relset{})
	if err == nil && s.beside != nil {
		s.beside.params = append(s.beside.params, params...)
	}
	return rel, err
}

// applicable splits the conditions into those over the relations alone and the rest. Conditions without relations wait for the first.
func applicable(quals []expr.Expr, rels relset) (usable, rest []expr.Expr) {
	for _, q := range quals {
		if rels.contains(relsOf(q)) {
			usable = append(usable, q)
		} else {
			rest = append(rest, q)
		}
	}
	return usable, rest
}

// filterRelation applies conditions above a planned relation.
func (s *scope) filterRelation(rel *relation, quals []expr.Expr) (*relation, error) {
	if len(quals) == 0 {
		return rel, nil
	}
	cond, err := resolve(conjunction(quals), rel.layout)
	if err != nil {
		return nil, err
	}
	out := outputOf(rel.node)
	out.Est.Rows = max(1, out.Est.Rows*s.selectivity(quals))
	return &relation{node: &Filter{Output: out, Child: rel.node, Cond: cond}, layout: rel.layout, rels: rel.rels}, nil
}

// itemRows estimates the rows of a base relation under its own conditions.
func (s *scope) itemRows(it *item, quals []expr.Expr) float64 {
	own, _ := applicable(quals, it.rels)
	r := s.q.Rels[it.rel]
	switch r.Kind {
	case bind.TableRel:
		b := &baseBuilder{scope: s, rel: it.rel}
		p := b.bestPath(r, own)
		var rest []expr.Expr
		for _, q := range own {
			if !p.used[q] {
				rest = append(rest, q)
			}
		}
		return max(1, p.rows*s.selectivity(rest))
	case bind.SubqueryRel:
		return max(1, s.subs[it.rel].node.Estimate().Rows*s.selectivity(own))
	case bind.ValuesRel:
		return max(1, float64(len(r.Values))*s.selectivity(own))
	}
	return max(1, 1000*s.selectivity(own))
}

// nextItem picks the member to join next: the one whose join gives the fewest rows, connected ones first. -1: all wait for relations of elsewhere.
func (s *scope) nextItem(done *relation, left []*item, quals []expr.Expr) int {
	best, bestScore := -1, math.Inf(1)
	for i, it := range left {
		var have relset
		rows := 1.0
		if done != nil {
			have, rows = done.rels, done.node.Estimate().Rows
		}
		if !have.union(s.besideRels()).contains(it.deps) {
			continue
		}
		var score float64
		if done != nil {
			on := joinQuals(quals, have, it.rels)
			score = s.joinRows(rows, it.rows, on, it)
			if len(on) == 0 && it.deps.empty() {
				score = score*1e6 + 1e12
			}
		} else {
			score = s.startScore(it, left, quals)
		}
		if score < bestScore {
			best, bestScore = i, score
		}
	}
	return best
}

// startScore prefers to begin with the member that leaves the fewest rows; among unconnected ones the smallest.
func (s *scope) startScore(it *item, left []*item, quals []expr.Expr) float64 {
	return it.rows
}

// joinQuals are the conditions that a join of the two sets could apply.
func joinQuals(quals []expr.Expr, have, add relset) []expr.Expr {
	var on []expr.Expr
	both := have.union(add)
	for _, q := range quals {
		set := relsOf(q)
		if both.contains(set) && set.overlaps(add) && set.overlaps(have) {
			on = append(on, q)
		}
	}
	return on
}

// joinRows estimates the size of a join.
func (s *scope) joinRows(outer, inner float64, on []expr.Expr, it *item) float64 {
	rows := outer * inner
	unique := it != nil && it.rel >= 0 && s.uniqueOn(it.rel, on)
	for _, q := range on {
		if _, _, _, ok := equality(q); ok {
			rows /= max(1, min(max(outer, inner), 1e7))
			if unique {
				rows = min(rows, outer)
			}
		} else {
			rows *= s.selectivity([]expr.Expr{q})
		}
	}
	return max(1, rows)
}

// uniqueOn tells whether the join conditions fix a whole unique key of the relation.
func (s *scope) uniqueOn(rel int, on []expr.Expr) bool {
	r := s.q.Rels[rel]
	if r.Kind != bind.TableRel {
		return false
	}
	fixed := map[int16]bool{}
	for _, q := range on {
		if c, ok := comparisonOf(q, rel, r); ok && c.op == expr.EQ && !c.in {
			fixed[r.Table.Columns[c.column].ID] = true
		}
	}
	for _, ix := range r.Table.Indexes {
		if !ix.Unique || !ix.Valid || ix.Predicate != "" {
			continue
		}
		all := true
		for _, k := range ix.Keys {
			all = all && k.Column != 0 && fixed[k.Column]
		}
		if all {
			return true
		}
	}
	return false
}

// joinItem joins a member to what is planned already. own are conditions over the member alone, on those over both.
func (s *scope) joinItem(kind bind.JoinKind, outer *relation, it *item, own, on []expr.Expr) (*relation, error) {
	if it.tree != nil {
		return s.nestTree(kind, outer, it.tree, own, on)
	}
	if it.rel < 0 {
		inner, err := s.filterRelation(it.planned, own)
		if err != nil {
			return nil, err
		}
		return s.joinRelations(kind, outer, inner, on)
	}
	if !it.deps.empty() && outer.rels.overlaps(it.deps) {
		return s.nestWithParams(kind, outer, it, own, on)
	}
	if s.indexJoinWins(outer, it, own, on) {
		return s.nestWithParams(kind, outer, it, append(own, on...), nil)
	}
	inner, err := s.alone(it, own)
	if err != nil {
		return nil, err
	}
	return s.joinRelations(kind, outer, inner, on)
}

// indexJoinWins tells whether looking each outer row's partners up by an index costs less than reading the whole relation once.
func (s *scope) indexJoinWins(outer *relation, it *item, own, on []expr.Expr) bool {
	r := s.q.Rels[it.rel]
	if r.Kind != bind.TableRel || len(on) == 0 || s.options.Disabled["enable_nestloop"] {
		return false
	}
	b := &baseBuilder{scope: s, rel: it.rel, outer: outer.rels}
	quals := append(append([]expr.Expr(nil), own...), on...)
	p := b.bestPath(r, quals)
	usesOuter := false
	for _, q := range on {
		usesOuter = usesOuter || p.used[q]
	}
	if !usesOuter {
		return false
	}
	if s.options.Disabled["enable_hashjoin"] {
		return true
	}
	alone := b.bestPath(r, own)
	const lookup = 3 // a lookup costs about as much as reading three rows in order
	return outer.node.Estimate().Rows*(lookup+p.rows) < alone.rows
}

// nestWithParams joins by running the member's scan for every outer row, with values of that row in it.
func (s *scope) nestWithParams(kind bind.JoinKind, outer *relation, it *item, own, on []expr.Expr) (*relation, error) {
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
	cond, err := resolve(conjunction(on), full)
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

// joinRelations joins two planned relations: by hash where an equality allows it, else by a nested loop over the kept inner rows.
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
	if kind == bind.Inner && s.buildRows(inner.node) > 2*s.buildRows(outer.node) {
		return s.swapped(outer, inner, on)
	}
	switch kind {
	case bind.Left, bind.Semi, bind.Anti:
		h.BuildOuter = s.buildRows(inner.node) > 2*s.buildRows(outer.node)
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

// swapped builds the hash table from the smaller side and restores the column order, which the layout describes.
func (s *scope) swapped(outer, inner *relation, on []expr.Expr) (*relation, error) {
	h := &HashJoin{Kind: bind.Inner, Outer: inner.node, Inner: outer.node}
	var rest []expr.Expr
	for _, q := range on {
		if !s.hashKey(h, q, inner, outer) {
			rest = append(rest, q)
		}
	}
	return s.hashRelation(h, bind.Inner, inner, outer, rest)
}

func (s *scope) hashRelation(h *HashJoin, kind bind.JoinKind, outer, inner *relation, rest []expr.Expr) (*relation, error) {
	l, cols := joinedLayout(kind, outer, inner)
	full, _ := joinedLayout(bind.Inner, outer, inner)
	cond, err := resolve(conjunction(rest), full)
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
	if relsOf(left).empty() || relsOf(right).empty() {
		return false
	}
	if inner.rels.contains(relsOf(left)) && outer.rels.contains(relsOf(right)) {
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

// rowBytes is what a row of a table that was never analysed is taken to need on disk.
const rowBytes = 32

// buildRows estimates how many rows a hash table of the node's rows would hold. Of tables that were never analysed all are taken to be of one size for
// costs, as the service does; here their size on disk tells which is the smaller.
func (s *scope) buildRows(n Node) float64 {
	switch v := n.(type) {
	case *Scan:
		if s.options.Stats == nil {
			break
		}
		if _, known := s.options.Stats.Rows(v.Table); known || len(v.Equal) > 0 || v.In != nil {
			break
		}
		return v.Est.Rows / unanalysedRows * float64(s.options.Stats.Bytes(v.Table)) / rowBytes
	case *Filter:
		return s.buildRows(v.Child) * v.Est.Rows / max(v.Child.Estimate().Rows, 1)
	case *Project:
		return s.buildRows(v.Child)
	}
	return n.Estimate().Rows
}
