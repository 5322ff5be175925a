package plan

import (
	"slices"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// treeMap copies bound queries with changes. What is bound is never changed in place: a prepared statement is planned from it again.
type treeMap struct {
	// node answers the replacement of a node and whether it is final, as expr.Rewrite's function does. depth counts the queries entered. Nil: all stay.
	node func(n expr.Expr, depth int) (expr.Expr, bool)
	// level answers the new level of a reference to a WITH query. Nil: all stay.
	level func(level, depth int) int
	// query replaces a query inside, instead of mapping it. Nil: it is mapped.
	query func(q *bind.Query) *bind.Query
	// rel may replace a range-table entry before its parts are mapped. Nil: all stay.
	rel func(r *bind.Rel) *bind.Rel
	// links keeps what became of each sub-query in an expression: its comparison and its left side name the same ones.
	links map[*expr.SubLink]*expr.SubLink
}

// expression maps an expression that stands in a query at depth.
func (m *treeMap) expression(e expr.Expr, depth int) expr.Expr {
	if e == nil {
		return nil
	}
	return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
		if m.node != nil {
			out, final := m.node(n, depth)
			if final {
				return out, true
			}
			n = out
		}
		if link, ok := n.(*expr.SubLink); ok {
			return m.link(link, depth), true
		}
		return n, false
	})
}

func (m *treeMap) link(l *expr.SubLink, depth int) expr.Expr {
	if have, ok := m.links[l]; ok {
		return have
	}
	c := *l
	if q, ok := l.Query.(*bind.Query); ok {
		c.Query = m.inner(q, depth+1)
	}
	c.Test = m.list(l.Test, depth)
	c.Combine = m.expression(l.Combine, depth)
	if m.links == nil {
		m.links = map[*expr.SubLink]*expr.SubLink{}
	}
	m.links[l] = &c
	return &c
}

func (m *treeMap) inner(q *bind.Query, depth int) *bind.Query {
	if q == nil {
		return nil
	}
	if m.query != nil {
		return m.query(q)
	}
	return m.whole(q, depth)
}

func (m *treeMap) list(list []expr.Expr, depth int) []expr.Expr {
	out := slices.Clone(list)
	for i, e := range out {
		out[i] = m.expression(e, depth)
	}
	return out
}

func (m *treeMap) targets(list []bind.Target, depth int) []bind.Target {
	out := slices.Clone(list)
	for i := range out {
		out[i].Expr = m.expression(out[i].Expr, depth)
	}
	return out
}

// whole maps a query with its WITH queries.
func (m *treeMap) whole(q *bind.Query, depth int) *bind.Query {
	c := m.body(q, depth)
	c.CTEs = slices.Clone(q.CTEs)
	for i, w := range c.CTEs {
		with := *w
		with.Query = m.inner(w.Query, depth+1)
		c.CTEs[i] = &with
	}
	return c
}

// body maps a query but for its WITH queries.
func (m *treeMap) body(q *bind.Query, depth int) *bind.Query {
	c := *q
	c.Rels = slices.Clone(q.Rels)
	for i, r := range c.Rels {
		c.Rels[i] = m.relation(r, depth)
	}
	c.From = slices.Clone(q.From)
	for i, n := range c.From {
		c.From[i] = m.join(n, depth)
	}
	c.Where, c.Having = m.expression(q.Where, depth), m.expression(q.Having, depth)
	c.Limit, c.Offset = m.expression(q.Limit, depth), m.expression(q.Offset, depth)
	c.Targets, c.Returning = m.targets(q.Targets, depth), m.targets(q.Returning, depth)
	c.GroupBy, c.Assign = m.list(q.GroupBy, depth), m.list(q.Assign, depth)
	c.Windows = slices.Clone(q.Windows)
	for i := range c.Windows {
		w := &c.Windows[i]
		w.PartitionBy = m.list(w.PartitionBy, depth)
		w.OrderBy = slices.Clone(w.OrderBy)
		for j := range w.OrderBy {
			w.OrderBy[j].Expr = m.expression(w.OrderBy[j].Expr, depth)
		}
		w.Frame.Start.Offset, w.Frame.End.Offset = m.expression(w.Frame.Start.Offset, depth), m.expression(w.Frame.End.Offset, depth)
	}
	c.SetOp = m.setOp(q.SetOp, depth)
	m.writes(&c, depth)
	return &c
}

// writes maps what only INSERT, UPDATE and DELETE have.
func (m *treeMap) writes(c *bind.Query, depth int) {
	if c.Command == bind.Select {
		return
	}
	c.CopyWhere = m.expression(c.CopyWhere, depth)
	c.Checks = slices.Clone(c.Checks)
	for i := range c.Checks {
		c.Checks[i].Expr = m.expression(c.Checks[i].Expr, depth)
	}
	c.Generated = slices.Clone(c.Generated)
	for i := range c.Generated {
		c.Generated[i].Expr = m.expression(c.Generated[i].Expr, depth)
	}
	if c.OnConflict != nil {
		on := *c.OnConflict
		on.Assign, on.Where = m.list(on.Assign, depth), m.expression(on.Where, depth)
		if on.Infer != nil {
			infer := *on.Infer
			infer.Where, infer.Elems = m.expression(infer.Where, depth), slices.Clone(infer.Elems)
			for i := range infer.Elems {
				infer.Elems[i].Expr = m.expression(infer.Elems[i].Expr, depth)
			}
			on.Infer = &infer
		}
		c.OnConflict = &on
	}
}

func (m *treeMap) relation(r *bind.Rel, depth int) *bind.Rel {
	if m.rel != nil {
		r = m.rel(r)
	}
	c := *r
	switch r.Kind {
	case bind.SubqueryRel:
		if m.rel == nil || r.Query != nil {
			c.Query = m.inner(r.Query, depth+1)
		}
	case bind.ValuesRel:
		c.Values = make([][]expr.Expr, len(r.Values))
		for i, row := range r.Values {
			c.Values[i] = m.list(row, depth)
		}
	case bind.FunctionRel:
		c.Functions = slices.Clone(r.Functions)
		for i := range c.Functions {
			c.Functions[i].Call = m.expression(c.Functions[i].Call, depth)
		}
	case bind.JoinRel:
		c.JoinVars = m.list(r.JoinVars, depth)
	case bind.CTERel:
		if m.level != nil {
			c.CTELevel = m.level(r.CTELevel, depth)
		}
	default:
		return r
	}
	return &c
}

func (m *treeMap) join(n bind.JoinNode, depth int) bind.JoinNode {
	j, ok := n.(*bind.Join)
	if !ok {
		return n
	}
	c := *j
	c.Left, c.Right, c.On = m.join(j.Left, depth), m.join(j.Right, depth), m.expression(j.On, depth)
	return &c
}

func (m *treeMap) setOp(op *bind.SetOp, depth int) *bind.SetOp {
	if op == nil {
		return nil
	}
	c := *op
	c.Left, c.Right = m.setOp(op.Left, depth), m.setOp(op.Right, depth)
	c.Coerce = m.list(op.Coerce, depth)
	return &c
}

// relevel is a map that changes the levels of whatever refers out of the mapped query: by is added to those that reach at least from levels further out.
func relevel(from, by int) *treeMap {
	return &treeMap{
		node: func(n expr.Expr, depth int) (expr.Expr, bool) { return raised(n, depth+from, by), false },
		level: func(level, depth int) int {
			if level >= depth+from {
				return level + by
			}
			return level
		},
	}
}

// raised is a node with by added to its level where that is at least least.
func raised(n expr.Expr, least, by int) expr.Expr {
	if by == 0 || levelOf(n) < least {
		return n
	}
	switch v := n.(type) {
	case *expr.Var:
		c := *v
		c.Level += by
		return &c
	case *expr.Agg:
		c := *v
		c.Level += by
		return &c
	case *expr.Grouping:
		c := *v
		c.Level += by
		return &c
	}
	return n
}
