package plan

import (
	"slices"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// shortenOrder leaves keys of ORDER BY out that cannot decide: columns that have one value in all rows, or the value of an earlier key. DISTINCT and WITH TIES
// compare rows by their keys and keep them.
func (s *scope) shortenOrder() {
	q := s.q
	if len(q.OrderBy) == 0 || q.WithTies || q.Distinct || len(q.DistinctOn) > 0 || q.GroupingSets != nil {
		return
	}
	equals := &equalColumns{number: map[varKey]int{}}
	of := func(v varKey) int { return equals.of(v, relset{}) }
	for _, cond := range append(conjuncts(q.Where), conditionsOfAll(q.From)...) {
		equals.equate(cond, of)
	}
	var kept []bind.SortItem
	seen := map[int]bool{}
	for _, o := range q.OrderBy {
		if v, ok := plainColumn(q.Targets[o.Target].Expr); ok {
			n := of(v)
			if equals.fixed[n] || seen[n] {
				continue
			}
			seen[n] = true
		}
		kept = append(kept, o)
	}
	q.OrderBy = kept
}

// conditionsOfAll are the conditions of joins that all rows of FROM meet.
func conditionsOfAll(list []bind.JoinNode) (out []expr.Expr) {
	for _, n := range list {
		j, ok := n.(*bind.Join)
		if !ok {
			continue
		}
		switch j.Kind {
		case bind.Inner:
			out = slices.Concat(out, conjuncts(j.On), conditionsOfAll([]bind.JoinNode{j.Left, j.Right}))
		case bind.Left, bind.Semi, bind.Anti:
			out = append(out, conditionsOfAll([]bind.JoinNode{j.Left})...)
		case bind.Right:
			out = append(out, conditionsOfAll([]bind.JoinNode{j.Right})...)
		}
	}
	return out
}

// equate notes that a condition holds of every row: that two columns are equal, or that one has a single value. of numbers columns.
func (q *equalColumns) equate(cond expr.Expr, of func(varKey) int) {
	l, r, _, ok := equality(cond)
	if !ok {
		return
	}
	x, isX := plainColumn(l)
	y, isY := plainColumn(r)
	switch {
	case isX && isY:
		q.join(of(x), of(y))
	case isX && relsOf(r).empty() && !expr.ContainsVolatile(r):
		q.fixed[of(x)] = true
	case isY && relsOf(l).empty() && !expr.ContainsVolatile(l):
		q.fixed[of(y)] = true
	}
}
