package plan

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// subquery is a sub-query of FROM that stays one. It is planned when the conditions on it are known.
type subquery struct {
	node   Node // nil: not planned yet
	params []ParamSet
	deps   relset // the neighbours whose values it reads
}

// lateral finds out which columns of their neighbours the sub-queries of FROM read.
func (s *scope) lateral() error {
	if s.subs != nil {
		return nil
	}
	s.subs = map[int]*subquery{}
	fix := &fixer{scope: s}
	for i, r := range s.q.Rels {
		if r.Kind != bind.SubqueryRel || r.Query == nil || s.gone.has(i) {
			continue
		}
		sub := &subquery{}
		anyDeep(r.Query, 1, sought{node: func(n expr.Expr, level int) bool {
			if v, ok := n.(*expr.Var); ok && v.Level == level {
				value := fix.rewrite(atLevelZero(v))
				s.note(value)
				sub.deps = sub.deps.union(relsOf(value))
			}
			return false
		}})
		if fix.err != nil {
			return fix.err
		}
		s.subs[i] = sub
	}
	return nil
}

// planSubquery plans a sub-query of FROM under conditions on its rows, as far as they can be applied inside it. It gives those that cannot.
func (s *scope) planSubquery(rel int, quals []expr.Expr) ([]expr.Expr, error) {
	sub := s.subs[rel]
	if sub.node != nil {
		return quals, nil
	}
	q := s.q.Rels[rel].Query
	var rest []expr.Expr
	for _, c := range quals {
		in, ok := q, false
		if relsOf(c) == single(rel) && !expr.ContainsVolatile(c) && !hasExternal(c) {
			in, ok = pushed(q, rel, c)
		}
		if q = in; !ok {
			rest = append(rest, c)
		}
	}
	q = pruned(q, func(column int) bool { return s.needed[varKey{rel, column}] })
	child := &scope{planner: s.planner, q: q, parent: s}
	node, err := child.query()
	if err != nil {
		return nil, err
	}
	sub.node = node
	fix := &fixer{scope: s}
	for _, a := range child.args {
		sub.params = append(sub.params, ParamSet{Index: a.param, Expr: fix.rewrite(a.value)})
	}
	return rest, fix.err
}

func hasExternal(e expr.Expr) bool {
	return has(e, func(n expr.Expr) bool { _, ok := n.(*expr.External); return ok })
}

// pushed is a query whose rows meet a condition besides, which is over columns of the query as relation rel; false when the query cannot take it without
// becoming another.
func pushed(q *bind.Query, rel int, cond expr.Expr) (*bind.Query, bool) {
	if q.Command != bind.Select || q.Limit != nil || q.Offset != nil || len(q.Locks) > 0 {
		return q, false
	}
	c := *q
	if q.SetOp != nil {
		c.Rels = slices.Clone(q.Rels)
		if !pushedLeaves(&c, q.SetOp, rel, cond) {
			return q, false
		}
		return &c, true
	}
	ok := true
	cond = expr.Rewrite(cond, func(n expr.Expr) (expr.Expr, bool) {
		v, isVar := n.(*expr.Var)
		if !isVar {
			return n, false
		}
		if v.Rel != rel || v.Column < 0 || v.Column >= len(q.Targets) || !filterable(q, v.Column) {
			ok = false
			return n, true
		}
		return q.Targets[v.Column].Expr, true
	})
	switch {
	case !ok:
		return q, false
	case q.Aggregates:
		c.Having = conjunction(append(conjuncts(q.Having), cond))
	default:
		c.Where = levels(q.Where, cond)
	}
	return &c, true
}

// pushedLeaves puts a condition on the result of a set operation into all queries that it is made of.
func pushedLeaves(q *bind.Query, op *bind.SetOp, rel int, cond expr.Expr) bool {
	if op.Kind != bind.SetLeaf {
		return pushedLeaves(q, op.Left, rel, cond) && pushedLeaves(q, op.Right, rel, cond)
	}
	over := expr.Rewrite(cond, func(n expr.Expr) (expr.Expr, bool) {
		if v, ok := n.(*expr.Var); ok && v.Rel == rel && v.Column >= 0 && v.Column < len(op.Coerce) {
			return op.Coerce[v.Column], true
		}
		return n, false
	})
	leaf := *q.Rels[op.Rel]
	var ok bool
	if leaf.Query, ok = pushed(leaf.Query, op.Rel, over); ok {
		q.Rels[op.Rel] = &leaf
	}
	return ok
}

// filterable tells whether a query's rows may be filtered by one of its columns before the query is done: all rows that DISTINCT ON or a window function
// looks at together have the same value, and computing the value twice does no harm.
func filterable(q *bind.Query, column int) bool {
	t := q.Targets[column]
	if setDepth([]expr.Expr{t.Expr}) > 0 || volatileDeep(t.Expr) || hasLink(t.Expr) {
		return false
	}
	if len(q.DistinctOn) > 0 && !slices.Contains(q.DistinctOn, column) {
		return false
	}
	for _, w := range q.Windows {
		if !slices.ContainsFunc(w.PartitionBy, func(e expr.Expr) bool { return expr.Equal(e, t.Expr) }) {
			return false
		}
	}
	return !has(t.Expr, func(n expr.Expr) bool { _, ok := n.(*expr.WindowFunc); return ok })
}

func hasLink(e expr.Expr) bool {
	return has(e, func(n expr.Expr) bool { _, ok := n.(*expr.SubLink); return ok })
}

// pruned is a query that computes none of the columns that nobody reads.
func pruned(q *bind.Query, needed func(column int) bool) *bind.Query {
	if q.Command != bind.Select || q.Distinct {
		return q
	}
	used := map[int]bool{}
	for _, o := range q.OrderBy {
		used[o.Target] = true
	}
	for _, t := range q.DistinctOn {
		used[t] = true
	}
	c := *q
	if q.SetOp != nil {
		c.Rels = slices.Clone(q.Rels)
		c.SetOp = prunedLeaves(&c, q.SetOp, func(column int) bool { return used[column] || needed(column) })
		return &c
	}
	c.Targets = slices.Clone(q.Targets)
	for i, t := range c.Targets {
		if t.Hidden || used[i] || needed(i) || setDepth([]expr.Expr{t.Expr}) > 0 || volatileDeep(t.Expr) {
			continue
		}
		c.Targets[i].Expr = noValue(t.Expr)
	}
	return &c
}

func noValue(e expr.Expr) expr.Expr {
	return &expr.Const{Base: expr.Base{Typ: e.Type(), At: e.Pos()}, Value: sqltypes.Null}
}

// prunedLeaves is pruned for the queries of a UNION ALL; other set operations compare all columns.
func prunedLeaves(q *bind.Query, op *bind.SetOp, needed func(column int) bool) *bind.SetOp {
	c := *op
	switch {
	case op.Kind == bind.Union && op.All:
		c.Left, c.Right = prunedLeaves(q, op.Left, needed), prunedLeaves(q, op.Right, needed)
	case op.Kind == bind.SetLeaf:
		leaf := *q.Rels[op.Rel]
		leaf.Query = pruned(leaf.Query, needed)
		q.Rels[op.Rel] = &leaf
		c.Coerce = slices.Clone(op.Coerce)
		for i, e := range c.Coerce {
			if !needed(i) {
				c.Coerce[i] = noValue(e)
			}
		}
	}
	return &c
}

// havingBelow moves the conditions of HAVING that read grouping keys only to WHERE: groups that do not meet them are never made.
func havingBelow(q *bind.Query) {
	if len(q.GroupBy) == 0 || q.GroupingSets != nil || q.Having == nil {
		return
	}
	var rest []expr.Expr
	where := conjuncts(q.Where)
	for _, c := range conjuncts(q.Having) {
		if hasSubLink(c) || hasExternal(c) || expr.ContainsVolatile(c) {
			rest = append(rest, c)
		} else {
			where = append(where, c)
		}
	}
	q.Where, q.Having = conjunction(where), conjunction(rest)
}
