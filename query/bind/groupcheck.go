package bind

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// groupCheck looks for columns that a grouped query may not mention outside of aggregates.
type groupCheck struct {
	*scope
	groups   []expr.Expr // with joins flattened
	common   []int       // grouping expressions in every grouping set
	vars     map[[2]int]bool
	complex  bool         // some grouping expression is no Var
	grouped  map[int]bool // entries whose primary key is grouped by
	refused  map[int]bool
	inDirect bool
}

// checkGrouping enforces that every output of a grouped query depends on its groups, and ties GROUPING to the grouping expressions.
func (s *scope) checkGrouping() {
	q := s.q
	if s.recursiveTerm && s.hasAggs {
		s.fail(pgerror.InvalidRecursion, s.firstAggregate(), "aggregate functions are not allowed in a recursive query's recursive term")
	}
	c := &groupCheck{scope: s, vars: map[[2]int]bool{}, grouped: map[int]bool{}, refused: map[int]bool{}}
	for _, g := range q.GroupBy {
		flat := s.flatten(g)
		c.groups = append(c.groups, flat)
		if v, ok := flat.(*expr.Var); ok && v.Level == 0 {
			c.vars[[2]int{v.Rel, v.Column}] = true
		} else {
			c.complex = true
		}
	}
	c.findCommon()
	for _, t := range q.Targets {
		c.bindGrouping(t.Expr, 0)
	}
	for i, t := range q.Targets {
		c.checkExpr(c.flatten(t.Expr), 0)
		q.Targets[i].Expr = c.reuse(t.Expr)
	}
	if q.Having != nil {
		c.finish(q.Having)
	}
	for _, w := range q.Windows {
		for _, e := range w.PartitionBy {
			c.finish(e)
		}
		for _, k := range w.OrderBy {
			c.finish(k.Expr)
		}
	}
}

// reuse shares a grouping expression that holds sub-queries, so that it is recognised again.
func (c *groupCheck) reuse(e expr.Expr) expr.Expr {
	for _, g := range c.q.GroupBy {
		if e != g && hasSubLink(g) && sameExpr(e, g) {
			return g
		}
	}
	return e
}

func (s *scope) firstAggregate() int {
	list := []expr.Expr{s.q.Having}
	for _, t := range s.q.Targets {
		list = append(list, t.Expr)
	}
	return s.aggregateAt(0, list)
}

func (c *groupCheck) findCommon() {
	q := c.q
	for i := range q.GroupBy {
		if !slices.ContainsFunc(q.GroupingSets, func(set []int) bool { return !slices.Contains(set, i) }) {
			c.common = append(c.common, i)
		}
	}
}

// flatten replaces Vars of joins by what they stand for, everywhere in an expression.
func (s *scope) flatten(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) (expr.Expr, bool) {
		v, ok := e.(*expr.Var)
		if !ok || v.Level != 0 || v.Column < 0 || s.q.Rels[v.Rel].Kind != JoinRel {
			return e, false
		}
		return s.flatten(s.q.Rels[v.Rel].JoinVars[v.Column]), true
	})
}

// finish checks one expression and completes the GROUPING calls in it.
func (c *groupCheck) finish(e expr.Expr) {
	c.bindGrouping(e, 0)
	c.checkExpr(c.flatten(e), 0)
}

// bindGrouping gives GROUPING calls of this level the indexes of their arguments.
func (c *groupCheck) bindGrouping(e expr.Expr, depth int) {
	walk(e, depth, func(e expr.Expr, depth int) bool {
		g, ok := e.(*expr.Grouping)
		if !ok || g.Level != depth {
			return true
		}
		g.Args = nil
		for _, x := range g.Exprs {
			i := c.groupIndex(x, depth)
			if i < 0 {
				c.fail(pgerror.GroupingError, exprAt(x), "arguments to GROUPING must be grouping expressions of the associated query level")
			}
			g.Args = append(g.Args, i)
		}
		return false
	})
}

func (c *groupCheck) groupIndex(x expr.Expr, depth int) int {
	if depth > 0 {
		x = lowerLevels(x, depth)
	} else {
		x = c.flatten(x)
	}
	for i, g := range c.groups {
		if sameExpr(g, x) {
			return i
		}
	}
	return -1
}

// lowerLevels rewrites an expression as it would stand depth queries further out.
func lowerLevels(e expr.Expr, depth int) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) (expr.Expr, bool) {
		if v, ok := e.(*expr.Var); ok {
			out := *v
			out.Level -= depth
			return &out, true
		}
		return e, false
	})
}

// checkExpr refuses ungrouped columns of the checked query in an expression depth queries further in.
func (c *groupCheck) checkExpr(e expr.Expr, depth int) {
	expr.Walk(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case nil:
			return false
		case *expr.Agg:
			if e.Level == depth {
				c.inDirect = true
				for _, d := range e.Direct {
					c.checkExpr(d, depth)
				}
				c.inDirect = false
				return false
			}
			return e.Level < depth
		case *expr.Grouping:
			if e.Level == depth {
				return false
			}
		}
		if depth == 0 && c.complex {
			for _, g := range c.groups {
				if sameExpr(g, e) {
					return false
				}
			}
		}
		switch e := e.(type) {
		case *expr.Var:
			if e.Level == depth {
				c.checkVar(e, depth)
			}
		case *expr.SubLink:
			walkQuery(e.Query.(*Query), depth+1, func(e expr.Expr, inner int) bool { return c.checkInner(e, inner) })
		}
		return true
	})
}

// checkInner is checkExpr for one node of a sub-query.
func (c *groupCheck) checkInner(e expr.Expr, depth int) bool {
	switch e := e.(type) {
	case *expr.Agg:
		return e.Level < depth
	case *expr.Grouping:
		return e.Level != depth
	case *expr.Var:
		if e.Level == depth {
			c.checkVar(e, depth)
		}
	}
	return true
}

func (c *groupCheck) checkVar(v *expr.Var, depth int) {
	if c.q.Rels[v.Rel].Kind == JoinRel && v.Column >= 0 {
		for _, inner := range localVars(c.flatten(&expr.Var{Base: v.Base, Rel: v.Rel, Column: v.Column})) {
			c.checkVar(&expr.Var{Base: expr.Base{Typ: inner.Typ, At: v.At}, Rel: inner.Rel, Column: inner.Column}, depth)
		}
		return
	}
	if c.vars[[2]int{v.Rel, v.Column}] || c.dependent(v.Rel) {
		return
	}
	info := c.rels[v.Rel]
	name := ""
	switch {
	case v.Column >= 0:
		name = info.item.names[v.Column]
	default:
		name = "*"
	}
	if depth > 0 {
		c.fail(pgerror.GroupingError, v.At, "subquery uses ungrouped column \"%s.%s\" from outer query", info.item.alias, name)
	}
	e := c.errorAt(pgerror.GroupingError, v.At, "column \"%s.%s\" must appear in the GROUP BY clause or be used in an aggregate function", info.item.alias, name)
	if c.inDirect {
		e.WithDetail("Direct arguments of an ordered-set aggregate must use only grouped columns.")
	}
	c.raise(e)
}

// dependent tells whether the primary key of a table is grouped by in every grouping set: then each group has one row of it.
func (c *groupCheck) dependent(rel int) bool {
	if c.grouped[rel] || c.refused[rel] {
		return c.grouped[rel]
	}
	r := c.q.Rels[rel]
	c.refused[rel] = true
	if r.Kind != TableRel {
		return false
	}
	for _, constraint := range r.Table.Constraints {
		if constraint.Kind == 'p' && !constraint.Deferrable && c.covers(rel, r.Table, constraint.Columns) {
			c.grouped[rel] = true
		}
	}
	return c.grouped[rel]
}

func (c *groupCheck) covers(rel int, t *catalog.Table, columns []int16) bool {
	for _, id := range columns {
		index := slices.IndexFunc(t.Columns, func(k catalog.Column) bool { return k.ID == id })
		if !slices.ContainsFunc(c.common, func(g int) bool {
			v, ok := c.groups[g].(*expr.Var)
			return ok && v.Level == 0 && v.Rel == rel && v.Column == index
		}) {
			return false
		}
	}
	return len(columns) > 0
}
