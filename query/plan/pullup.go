package plan

import (
	"slices"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// pulled is a sub-query of WHERE that became a relation of the query, to be joined to all of FROM.
type pulled struct {
	kind      bind.JoinKind // Semi or Anti
	rel       int
	on        expr.Expr
	nullAware bool
}

// pullUp turns EXISTS, IN, and their negations, where they are conditions of WHERE that must all hold, into semi and anti joins. Done first, while
// expressions are as they were bound. What it cannot turn stays, and is run as a sub-plan.
func (s *scope) pullUp(q *bind.Query) {
	if q.Where == nil || q.Command == bind.Select && len(q.From) == 0 || q.SetOp != nil {
		return
	}
	if rest := remaining(q.Where, func(c expr.Expr) bool { return s.pull(q, c) }); len(s.pulled) > 0 {
		q.Where = rest
	}
}

// pull turns one condition into a join; false when it is none of those, or is better left alone.
func (s *scope) pull(q *bind.Query, cond expr.Expr) bool {
	kind := bind.Semi
	if not, ok := cond.(*expr.Bool); ok && not.Op == expr.Not {
		cond, kind = not.Args[0], bind.Anti
	}
	link, ok := cond.(*expr.SubLink)
	if !ok || len(q.Rels) >= relationsMax {
		return false
	}
	sub, ok := link.Query.(*bind.Query)
	if !ok || sub.Command != bind.Select || len(sub.Locks) > 0 || len(sub.From) == 0 && sub.SetOp == nil {
		return false
	}
	link = expandLink(link, q.Rels)
	p := pulled{kind: kind, rel: len(q.Rels)}
	var rel *bind.Rel
	switch link.Kind {
	case expr.ExistsLink:
		rel, p.on = pullExists(sub, p.rel)
	case expr.AnyLink:
		rel, p.on, p.nullAware = pullAny(q, link, sub, p.rel, kind == bind.Anti)
	}
	if rel == nil {
		return false
	}
	q.Rels = append(slices.Clip(q.Rels), rel)
	s.pulled = append(s.pulled, p)
	return true
}

// expandLink is a sub-query whose left side is in terms of base relations.
func expandLink(l *expr.SubLink, rels []*bind.Rel) *expr.SubLink {
	c := *l
	c.Test = make([]expr.Expr, len(l.Test))
	for i, t := range l.Test {
		c.Test[i] = expandJoins(t, rels)
	}
	c.Combine = expandJoins(l.Combine, rels)
	return &c
}

// joinPulled puts the joins with pulled sub-queries above the FROM list.
func (s *scope) joinPulled(list []bind.JoinNode) []bind.JoinNode {
	if len(s.pulled) == 0 || len(list) == 0 {
		return list
	}
	all := list[0]
	for _, n := range list[1:] {
		all = &bind.Join{Kind: bind.Inner, Left: all, Right: n, Rel: -1}
	}
	for _, p := range s.pulled {
		all = &bind.Join{Kind: p.kind, Left: all, Right: bind.RelRef{Rel: p.rel}, On: p.on, Rel: -1, NullAware: p.nullAware}
	}
	return []bind.JoinNode{all}
}

// plain tells whether a query gives a row for each row of FROM and WHERE, before duplicates are dropped.
func plain(q *bind.Query) bool {
	return !q.Aggregates && !q.SetReturning && len(q.CTEs) == 0 && len(q.Windows) == 0 && len(q.GroupBy) == 0 && q.GroupingSets == nil &&
		q.Having == nil && q.Limit == nil && q.Offset == nil && q.SetOp == nil
}

// anyRow is a query that gives a row if the query does, without what does not matter for that: its columns, grouping, duplicates, order, and a LIMIT of one
// row or more. False when it is not that simple.
func anyRow(q *bind.Query) (*bind.Query, bool) {
	if q.Having != nil || q.GroupingSets != nil || q.Limit != nil && !someRows(q.Limit) || q.WithTies {
		return nil, false
	}
	for _, t := range q.Targets {
		if has(t.Expr, func(n expr.Expr) bool { a, ok := n.(*expr.Agg); return ok && a.Level == 0 }) {
			return nil, false
		}
	}
	c := *q
	c.Targets, c.GroupBy, c.Distinct, c.DistinctOn, c.OrderBy, c.Limit, c.Aggregates = nil, nil, false, nil, nil, nil, false
	return &c, plainQuery(&c)
}

// pullExists makes a relation and a join condition of the query of EXISTS, which must depend on the row of the query around it. Nil: it cannot.
func pullExists(sub *bind.Query, at int) (*bind.Rel, expr.Expr) {
	sub, ok := anyRow(sub)
	if !ok || sub.Where == nil || expr.ContainsVolatile(sub.Where) {
		return nil, nil
	}
	if rel, ok := onlyTable(sub); ok && !hasSubLink(sub.Where) {
		if !readsParent(sub.Where) {
			return nil, nil
		}
		return rel, raise(sub.Where, at)
	}
	inner := *sub
	var own, outer []expr.Expr
	for _, c := range conjuncts(sub.Where) {
		if readsParent(c) {
			outer = append(outer, c)
		} else {
			own = append(own, c)
		}
	}
	inner.Where = conjunction(own)
	on := conjunction(outer)
	if on == nil || hasSubLink(on) || reachesOut(&inner, 1) {
		return nil, nil
	}
	rel := &bind.Rel{Kind: bind.SubqueryRel, Alias: "exists", Query: &inner}
	on = expr.Rewrite(on, func(n expr.Expr) (expr.Expr, bool) {
		v, isVar := n.(*expr.Var)
		if !isVar || v.Level > 0 {
			return n, false
		}
		ok = ok && v.Column >= 0
		return &expr.Var{Base: v.Base, Rel: at, Column: column(rel, v), Name: v.Name}, true
	})
	if !ok {
		return nil, nil
	}
	return rel, lower(on)
}

// column is the number of the column by which a sub-query gives one of its columns.
func column(rel *bind.Rel, v *expr.Var) int {
	for i, t := range rel.Query.Targets {
		if expr.Equal(t.Expr, v) {
			return i
		}
	}
	rel.Query.Targets = append(rel.Query.Targets, bind.Target{Expr: v, Name: v.Name})
	rel.Names, rel.Types = append(rel.Names, v.Name), append(rel.Types, v.Typ)
	return len(rel.Types) - 1
}

// pullAny makes a relation and a join condition of x IN (…), or of its negation. The sub-query must not depend on the row around it, and the left side must.
// NOT IN is an anti join as it stands only where no NULL can be; else one that knows of NULLs, which takes a single equality.
func pullAny(q *bind.Query, link *expr.SubLink, sub *bind.Query, at int, not bool) (rel *bind.Rel, on expr.Expr, nullAware bool) {
	if expr.ContainsVolatile(link.Combine) || hasSubLink(link.Combine) || reachesOut(sub, 1) {
		return nil, nil, false
	}
	for _, t := range link.Test {
		if relsOf(t).empty() {
			return nil, nil, false
		}
	}
	values := make([]expr.Expr, 0, len(sub.Targets))
	var where expr.Expr
	if rel = direct(sub); rel != nil {
		where = raise(sub.Where, at)
		for _, t := range sub.Targets {
			values = append(values, raise(t.Expr, at))
		}
	} else {
		rel = &bind.Rel{Kind: bind.SubqueryRel, Alias: "any", Query: sub}
		for i, t := range sub.Targets {
			if t.Hidden {
				break
			}
			rel.Names, rel.Types = append(rel.Names, t.Name), append(rel.Types, t.Expr.Type())
			values = append(values, &expr.Var{Base: expr.Base{Typ: t.Expr.Type(), At: -1}, Rel: at, Column: i, Name: t.Name})
		}
	}
	on = expr.Rewrite(link.Combine, func(n expr.Expr) (expr.Expr, bool) {
		if c, ok := n.(*expr.SubColumn); ok {
			return values[c.Index], true
		}
		return n, false
	})
	if not && !neverNull(q, rel, at, on) {
		if _, _, _, ok := equality(on); !ok {
			return nil, nil, false
		}
		if where != nil || relsOf(expr.FoldLate(values[0], nil)).empty() { // the equality must be the only condition, and of both sides
			return pullWhole(link, sub, at)
		}
		nullAware = true
	}
	return rel, conjunction(append(conjuncts(where), conjuncts(on)...)), nullAware
}

// pullWhole is pullAny for NOT IN with a sub-query that stays one.
func pullWhole(link *expr.SubLink, sub *bind.Query, at int) (*bind.Rel, expr.Expr, bool) {
	t := sub.Targets[0]
	rel := &bind.Rel{Kind: bind.SubqueryRel, Alias: "any", Query: sub}
	rel.Names, rel.Types = append(rel.Names, t.Name), append(rel.Types, t.Expr.Type())
	value := &expr.Var{Base: expr.Base{Typ: t.Expr.Type(), At: -1}, Rel: at, Name: t.Name}
	on := expr.Rewrite(link.Combine, func(n expr.Expr) (expr.Expr, bool) {
		if _, ok := n.(*expr.SubColumn); ok {
			return value, true
		}
		return n, false
	})
	return rel, on, true
}

// direct gives the one table that a sub-query reads, when nothing but conditions and computed values stands between its rows and the sub-query's. Its
// indexes can then serve the join.
func direct(sub *bind.Query) *bind.Rel {
	rel, ok := onlyTable(sub)
	if !ok || !plain(sub) || len(sub.DistinctOn) > 0 || sub.Where != nil && (hasSubLink(sub.Where) || expr.ContainsVolatile(sub.Where)) {
		return nil
	}
	for _, t := range sub.Targets {
		if hasSubLink(t.Expr) || expr.ContainsVolatile(t.Expr) || t.Hidden {
			return nil
		}
	}
	return rel
}

// onlyTable gives the relation of a query that reads a single user's table.
func onlyTable(q *bind.Query) (*bind.Rel, bool) {
	if len(q.Rels) != 1 || len(q.From) != 1 || q.Rels[0].Kind != bind.TableRel {
		return nil, false
	}
	_, ok := asRef(q.From[0])
	return q.Rels[0], ok
}

// neverNull tells whether both sides of every comparison are columns that hold no NULL, whichever joins they come through.
func neverNull(q *bind.Query, inner *bind.Rel, at int, on expr.Expr) bool {
	for _, n := range q.From {
		if _, ok := asRef(n); !ok {
			return false
		}
	}
	for _, c := range conjuncts(on) {
		left, right, _, ok := equality(c)
		if !ok {
			return false
		}
		for _, side := range []expr.Expr{left, right} {
			v, ok := side.(*expr.Var)
			if !ok || v.Level != 0 || v.Column < 0 {
				return false
			}
			rel := inner
			if v.Rel != at {
				rel = q.Rels[v.Rel]
			}
			if rel.Kind != bind.TableRel || !rel.Table.Columns[v.Column].NotNull {
				return false
			}
		}
	}
	return true
}

// raise moves an expression of a sub-query over one table into the query around it, where the table is relation at.
func raise(e expr.Expr, at int) expr.Expr {
	if e == nil {
		return nil
	}
	return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
		v, ok := n.(*expr.Var)
		if !ok {
			return n, false
		}
		c := *v
		if c.Level == 0 {
			c.Rel = at
		} else {
			c.Level--
		}
		return &c, true
	})
}

// lower moves the columns of enclosing queries one level nearer.
func lower(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
		v, ok := n.(*expr.Var)
		if !ok || v.Level == 0 {
			return n, ok
		}
		c := *v
		c.Level--
		return &c, true
	})
}

// readsParent tells whether an expression of a sub-query reads the row of the query around it, not counting what sub-queries in it read.
func readsParent(e expr.Expr) bool {
	return has(e, func(n expr.Expr) bool { v, ok := n.(*expr.Var); return ok && v.Level == 1 })
}

// hasSubLink also finds aggregates and the like of outer levels, which cannot be moved either.
func hasSubLink(e expr.Expr) bool {
	return has(e, func(n expr.Expr) bool {
		switch n.(type) {
		case *expr.SubLink, *expr.Agg, *expr.Grouping, *expr.WindowFunc:
			return true
		}
		return false
	})
}
