package plan

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// fromPuller makes plain sub-queries of a query's FROM part of the query. The entry of a sub-query becomes one of a join, whose columns stand for what the
// sub-query computes: references to it need no change.
type fromPuller struct{ q *bind.Query }

// place tells where in the tree of joins a member stands.
type place struct {
	nullable bool   // some join above fills its columns with NULLs
	liftable bool   // conditions on it may be applied above it
	keep     bool   // it cannot be left out
	outer    bool   // an outer join stands above; the nearest is over these relations
	rels     relset // meaningful with outer
}

// pullSubqueries pulls up what can be pulled up in the query, whose sub-queries are flat already.
func pullSubqueries(q *bind.Query) {
	if q.Command == bind.Insert {
		pullConstants(q)
		return
	}
	p := &fromPuller{q: q}
	top := place{liftable: true, keep: q.Command != bind.Select}
	var from []bind.JoinNode
	var conditions []expr.Expr
	for _, n := range q.From {
		out, lifted := p.node(n, top)
		conditions = append(conditions, lifted)
		if out != nil {
			from = append(from, out)
		}
	}
	q.From, q.Where = from, levels(append(conditions, q.Where)...)
}

// pullConstants puts the constants of a plain sub-query whose rows are inserted where its columns are read.
func pullConstants(q *bind.Query) {
	if q.Source < 0 || q.Rels[q.Source].Kind != bind.SubqueryRel {
		return
	}
	sub := q.Rels[q.Source].Query
	if sub.Command != bind.Select || !plainQuery(sub) || sub.Distinct || len(sub.DistinctOn) > 0 || len(sub.OrderBy) > 0 || len(sub.Locks) > 0 {
		return
	}
	q.Assign = slices.Clone(q.Assign)
	for i, a := range q.Assign {
		q.Assign[i] = expr.Rewrite(a, func(n expr.Expr) (expr.Expr, bool) {
			v, ok := n.(*expr.Var)
			if !ok || v.Rel != q.Source || v.Level > 0 || v.Column < 0 {
				return n, false
			}
			if c, ok := expr.FoldLate(sub.Targets[v.Column].Expr, nil).(*expr.Const); ok {
				return c, true
			}
			return n, true
		})
	}
}

// node pulls up below a member of FROM. It gives the member that stays, nil for none, and the condition that must be applied above it.
func (p *fromPuller) node(n bind.JoinNode, at place) (bind.JoinNode, expr.Expr) {
	if rel, ok := asRef(n); ok {
		return p.reference(n, rel, at)
	}
	j, ok := n.(*bind.Join)
	if !ok {
		return n, nil
	}
	c := *j
	left, right := at, at
	if j.Kind != bind.Inner {
		left.outer, left.keep, left.rels = true, true, treeRels(j)
		right = left
	}
	switch j.Kind {
	case bind.Left:
		right.nullable, right.liftable = true, true
	case bind.Right:
		left.nullable, left.liftable = true, true
	case bind.Full:
		left.nullable, left.liftable = true, false
		right.nullable, right.liftable = true, false
	}
	var l, r expr.Expr
	c.Left, l = p.node(j.Left, left)
	c.Right, r = p.node(j.Right, right)
	switch j.Kind {
	case bind.Left:
		c.On = levels(r, j.On)
		return &c, l
	case bind.Right:
		c.On = levels(l, j.On)
		return &c, r
	case bind.Inner:
		c.On = levels(l, r, j.On)
		if c.Left == nil {
			return c.Right, c.On
		}
		if c.Right == nil {
			return c.Left, c.On
		}
	}
	return &c, nil
}

// reference pulls up one sub-query.
func (p *fromPuller) reference(n bind.JoinNode, rel int, at place) (bind.JoinNode, expr.Expr) {
	r := p.q.Rels[rel]
	if r.Kind != bind.SubqueryRel || r.Query == nil || !p.pullable(r.Query, at) {
		return n, nil
	}
	first := len(p.q.Rels)
	sub := raiseQuery(r.Query, first)
	rels := append(slices.Clip(p.q.Rels), sub.Rels...)
	columns := make([]expr.Expr, len(sub.Targets))
	for i, t := range sub.Targets {
		columns[i] = t.Expr
	}
	if at.nullable && (!nullable(columns, rels, sub.From) || !p.presence(rel, &columns, rels, sub.From)) {
		return n, nil
	}
	c := *r
	c.Kind, c.Query, c.JoinVars, c.Nullable = bind.JoinRel, nil, columns, at.nullable
	rels[rel] = &c
	p.q.Rels = rels
	if len(sub.From) == 0 {
		return nil, sub.Where
	}
	node := sub.From[0]
	for _, other := range sub.From[1:] {
		node = &bind.Join{Kind: bind.Inner, Left: node, Right: other, Rel: -1}
	}
	return node, sub.Where
}

// pullable tells whether a sub-query is nothing but a join under conditions, which may become part of the query around it at the place.
func (p *fromPuller) pullable(sub *bind.Query, at place) bool {
	if sub.Command != bind.Select || !plainQuery(sub) || sub.Distinct || len(sub.DistinctOn) > 0 || len(sub.OrderBy) > 0 || len(sub.Locks) > 0 ||
		len(p.q.Rels)+len(sub.Rels) > relationsMax {
		return false
	}
	if len(sub.From) == 0 && (at.keep || !at.liftable) {
		return false
	}
	if sub.Where != nil && (!at.liftable || at.outer && hasSubLink(sub.Where) || expr.ContainsVolatile(sub.Where)) {
		return false
	}
	for _, n := range sub.From {
		if outerReadsParent(n, sub.Rels, at.outer) {
			return false
		}
	}
	columns := map[*expr.Var]bool{}
	for _, t := range sub.Targets {
		v, ok := t.Expr.(*expr.Var)
		if t.Hidden || volatileDeep(t.Expr) || p.q.GroupingSets != nil && (!ok || v.Level > 0 || v.Column < 0 || !fresh(columns, v)) {
			return false
		}
	}
	if !at.outer {
		return true
	}
	return !anyDeep(sub, 1, sought{node: func(n expr.Expr, level int) bool {
		v, ok := n.(*expr.Var)
		return ok && v.Level == level && (p.q.Rels[v.Rel].Kind == bind.JoinRel || !at.rels.has(v.Rel))
	}})
}

// outerReadsParent tells whether the condition of an outer join, or of a join below one, reads the row of the query around.
func outerReadsParent(n bind.JoinNode, rels []*bind.Rel, below bool) bool {
	j, ok := n.(*bind.Join)
	if !ok {
		return false
	}
	below = below || j.Kind != bind.Inner
	return below && j.On != nil && exprReachesOut(expandJoins(j.On, rels)) || outerReadsParent(j.Left, rels, below) || outerReadsParent(j.Right, rels, below)
}

// exprReachesOut tells whether an expression of a query, or a sub-query in it, reads the row of the query around.
func exprReachesOut(e expr.Expr) bool {
	return reachesOut(&bind.Query{Where: e}, 1)
}

// fresh adds a column to the set and tells whether it was not in it.
func fresh(columns map[*expr.Var]bool, v *expr.Var) bool {
	for have := range columns {
		if expr.Equal(have, v) {
			return false
		}
	}
	columns[v] = true
	return true
}

// plainQuery is plain, for a flat query: WITH queries that nobody reads any more do not count.
func plainQuery(q *bind.Query) bool {
	c := *q
	c.CTEs = nil
	for _, w := range q.CTEs {
		if w.Query.Command != bind.Select || w.References > 0 || w.Recursive {
			return false
		}
	}
	return plain(&c)
}

// volatileDeep tells whether an expression, or a sub-query in it, calls a volatile function.
func volatileDeep(e expr.Expr) bool {
	return expr.ContainsVolatile(e) || has(e, func(n expr.Expr) bool {
		link, ok := n.(*expr.SubLink)
		if !ok {
			return false
		}
		q, ok := link.Query.(*bind.Query)
		return ok && volatileQuery(q)
	})
}

// raiseQuery is a sub-query in terms of the query around it, in which its relations are those from first on.
func raiseQuery(sub *bind.Query, first int) *bind.Query {
	m := &treeMap{
		node: func(n expr.Expr, depth int) (expr.Expr, bool) {
			if v, ok := n.(*expr.Var); ok && v.Level == depth {
				c := *v
				c.Rel += first
				return &c, false
			}
			return raised(n, depth+1, -1), false
		},
		level: func(level, depth int) int {
			if level > depth {
				return level - 1
			}
			return level
		},
	}
	out := m.body(sub, 0)
	for i, n := range out.From {
		out.From[i] = moved(n, first)
	}
	return out
}

// moved is a member of FROM whose relations are those from first on.
func moved(n bind.JoinNode, first int) bind.JoinNode {
	if rel, ok := asRef(n); ok {
		return bind.RelRef{Rel: rel + first}
	}
	j, ok := n.(*bind.Join)
	if !ok {
		return n
	}
	c := *j
	c.Left, c.Right = moved(j.Left, first), moved(j.Right, first)
	if c.Rel >= 0 {
		c.Rel += first
	}
	return &c
}

// nullable changes the columns that a sub-query computes so that they are NULL where an outer join has no row of it; false when it cannot be told whether
// there is one. A column of the sub-query's own is NULL then, and what is computed strictly of one; any other is computed only where a column that holds
// no NULL is none.
func nullable(columns []expr.Expr, rels []*bind.Rel, from []bind.JoinNode) bool {
	var own relset
	for _, n := range from {
		own = own.union(treeRels(n))
	}
	var witness expr.Expr
	for i, e := range columns {
		if nullOn(expandJoins(e, rels), columnsOfRels(own)) {
			continue
		}
		if witness == nil {
			if witness = neverNullColumn(rels, from); witness == nil {
				return false
			}
		}
		there := &expr.NullTest{Base: expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}, Arg: witness, Not: true}
		columns[i] = &expr.Case{Base: expr.Base{Typ: e.Type(), At: e.Pos()}, Whens: []expr.When{{Cond: there, Result: e}},
			Default: &expr.Const{Base: expr.Base{Typ: e.Type(), At: -1}, Value: sqltypes.Null}}
	}
	return true
}

// presence adds a column that holds no NULL to those of a sub-query whose whole row the query reads; false when there is none.
func (p *fromPuller) presence(rel int, columns *[]expr.Expr, rels []*bind.Rel, from []bind.JoinNode) bool {
	whole := anyDeep(p.q, 0, sought{node: func(n expr.Expr, level int) bool {
		v, ok := n.(*expr.Var)
		return ok && v.Level == level && v.Rel == rel && v.Column == -1
	}})
	if !whole {
		return true
	}
	witness := neverNullColumn(rels, from)
	*columns = append(*columns, witness)
	return witness != nil
}

// expandJoins replaces the columns of joins by what they stand for.
func expandJoins(e expr.Expr, rels []*bind.Rel) expr.Expr {
	return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
		v, ok := n.(*expr.Var)
		if !ok || v.Level > 0 || v.Column < 0 || rels[v.Rel].Kind != bind.JoinRel || v.Column >= len(rels[v.Rel].JoinVars) {
			return n, false
		}
		return expandJoins(rels[v.Rel].JoinVars[v.Column], rels), true
	})
}

// neverNullColumn finds a column that holds no NULL in any row of a join; nil for none.
func neverNullColumn(rels []*bind.Rel, from []bind.JoinNode) expr.Expr {
	for _, n := range from {
		if e := nodeNeverNull(rels, n); e != nil {
			return e
		}
	}
	return nil
}

func nodeNeverNull(rels []*bind.Rel, n bind.JoinNode) expr.Expr {
	if rel, ok := asRef(n); ok {
		return relNeverNull(rels[rel], rel)
	}
	j, ok := n.(*bind.Join)
	if !ok {
		return nil
	}
	switch j.Kind {
	case bind.Inner:
		return neverNullColumn(rels, []bind.JoinNode{j.Left, j.Right})
	case bind.Left:
		return nodeNeverNull(rels, j.Left)
	case bind.Right:
		return nodeNeverNull(rels, j.Right)
	}
	return nil
}

func relNeverNull(r *bind.Rel, at int) expr.Expr {
	column := -1
	switch r.Kind {
	case bind.TableRel:
		column = slices.IndexFunc(r.Table.Columns, func(c catalog.Column) bool { return c.NotNull && !c.Dropped })
	case bind.SystemRel:
		column = slices.Index(r.Names, "oid")
	}
	if column < 0 {
		return nil
	}
	return &expr.Var{Base: expr.Base{Typ: r.Types[column], At: -1}, Rel: at, Column: column, Name: r.Names[column]}
}
