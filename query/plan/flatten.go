package plan

import (
	"slices"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// flatten makes a bound query, and those in it, as flat as their meaning allows, before anything of it is planned: WITH queries that are read once become
// sub-queries where they are read, and plain sub-queries of FROM become part of the query around them, so that their tables are joined in any order.
func flatten(q *bind.Query) *bind.Query {
	return flattenIn(q, nil)
}

// withQueries are the WITH queries of one query that are put where they are read; nil for those that are not.
type withQueries struct{ inline []*bind.Query }

// flattenIn flattens a query inside others, whose WITH queries are given from the outermost on.
func flattenIn(q *bind.Query, outer []*withQueries) *bind.Query {
	if isFlat(q) {
		return q
	}
	own := &withQueries{}
	around := append(slices.Clip(outer), own)
	ctes := slices.Clone(q.CTEs)
	for i, w := range ctes {
		c := *w
		c.Query = flattenIn(w.Query, around)
		own.inline = append(own.inline, nil)
		if inlines(&c) {
			own.inline[i] = c.Query
			c.References = 0
		}
		ctes[i] = &c
	}
	placed := map[*bind.Query]bool{} // these are flat already
	m := &treeMap{query: func(sub *bind.Query) *bind.Query {
		if placed[sub] {
			return sub
		}
		return flattenIn(sub, around)
	}}
	m.rel = func(r *bind.Rel) *bind.Rel {
		in := inlineReference(r, around)
		if in != r {
			placed[in.Query] = true
		}
		return in
	}
	out := m.body(q, 0)
	out.CTEs = ctes
	if out.SetOp == nil {
		pullValues(out)
		pullSubqueries(out)
	}
	return out
}

// pullValues makes of a query over nothing but one row of VALUES one that computes from no row.
func pullValues(q *bind.Query) {
	if !overOneRow(q) {
		return
	}
	r := *q.Rels[0]
	for _, e := range r.Values[0] {
		if volatileDeep(e) || setDepth([]expr.Expr{e}) > 0 {
			return
		}
	}
	r.Kind, r.JoinVars, r.Values = bind.JoinRel, r.Values[0], nil
	q.Rels, q.From = []*bind.Rel{&r}, nil
}

func overOneRow(q *bind.Query) bool {
	return q.Command == bind.Select && len(q.Rels) == 1 && len(q.From) == 1 && q.Rels[0].Kind == bind.ValuesRel && len(q.Rels[0].Values) == 1
}

// isFlat tells whether there is nothing to flatten: no sub-query anywhere.
func isFlat(q *bind.Query) bool {
	if len(q.CTEs) > 0 || q.SetOp != nil || q.OnConflict != nil || overOneRow(q) {
		return false
	}
	for _, r := range q.Rels {
		if r.Kind == bind.SubqueryRel || r.Kind == bind.CTERel {
			return false
		}
	}
	flat := true
	look := func(e expr.Expr) {
		if flat && e != nil {
			flat = !has(e, func(n expr.Expr) bool { _, ok := n.(*expr.SubLink); return ok })
		}
	}
	eachExpr(q, look)
	for _, c := range q.Checks {
		look(c.Expr)
	}
	for _, g := range q.Generated {
		look(g.Expr)
	}
	return flat
}

// inlines tells whether a WITH query becomes part of its reader: it only reads, calls nothing volatile, and is read once, unless the statement says otherwise.
func inlines(c *bind.CTE) bool {
	if c.Query.Command != bind.Select || c.Recursive || c.References == 0 {
		return false
	}
	if c.Materialized != nil && *c.Materialized || c.Materialized == nil && c.References > 1 {
		return false
	}
	return !volatileQuery(c.Query)
}

// volatileQuery tells whether running the query as part of another could change what it does: it calls volatile functions, locks or writes.
func volatileQuery(q *bind.Query) bool {
	return anyDeep(q, 0, sought{whole: expr.ContainsVolatile, node: func(expr.Expr, int) bool { return false }, query: func(q *bind.Query) bool {
		return len(q.Locks) > 0 || q.Command != bind.Select
	}})
}

// inlineReference makes a sub-query of a reference to a WITH query that is put where it is read. What the query reads of further out is then further out still.
func inlineReference(r *bind.Rel, around []*withQueries) *bind.Rel {
	if r.Kind != bind.CTERel || r.CTELevel >= len(around) {
		return r
	}
	owner := around[len(around)-1-r.CTELevel]
	if r.CTE >= len(owner.inline) || owner.inline[r.CTE] == nil {
		return r
	}
	c := *r
	c.Kind, c.Query = bind.SubqueryRel, relevel(1, r.CTELevel).whole(owner.inline[r.CTE], 0)
	return &c
}
