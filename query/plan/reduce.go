package plan

import (
	"slices"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// reducer makes less of the outer joins of a SELECT before anything of it is planned: those whose other side adds neither columns nor rows are left out,
// and those of which only the rows without a partner are wanted become anti joins.
type reducer struct {
	*scope
	quals   []expr.Expr // WHERE
	reads   relset      // relations that everything else but WHERE, FROM and its conditions reads
	tree    relset      // relations of FROM
	changed bool
}

// reduceJoins does what there is to reduce.
func (s *scope) reduceJoins() error {
	q := s.q
	if !slices.ContainsFunc(q.From, hasOuterJoin) {
		return nil
	}
	if err := s.lateral(); err != nil {
		return err
	}
	r := &reducer{scope: s, quals: conjuncts(q.Where)}
	s.eachClause(func(e expr.Expr) { r.reads = r.reads.union(relsOf(e)) })
	for _, l := range q.Locks {
		r.reads = r.reads.union(single(l.Rel))
	}
	var before relset
	for _, n := range q.From {
		before = before.union(treeRels(n))
	}
	reduced := false
	for r.changed = true; r.changed; reduced = reduced || r.changed { // what is left out may have been the only reader of another's columns
		r.changed, r.tree = false, relset{}
		for _, n := range q.From {
			r.tree = r.tree.union(treeRels(n))
		}
		for i, n := range q.From {
			q.From[i] = r.node(simplify(n, r.quals), relset{}, true)
		}
	}
	if reduced {
		q.Where = conjunction(r.quals)
		s.gone = before.minus(r.tree)
		return s.noteAgain()
	}
	return nil
}

func hasOuterJoin(n bind.JoinNode) bool {
	j, ok := n.(*bind.Join)
	return ok && (j.Kind != bind.Inner || hasOuterJoin(j.Left) || hasOuterJoin(j.Right))
}

// eachClause gives the expressions of the query's own level but for those of FROM and WHERE.
func (s *scope) eachClause(f func(expr.Expr)) {
	c := *s.q
	c.From, c.Rels, c.Where = nil, nil, nil
	eachExpr(&c, func(e expr.Expr) {
		if e != nil {
			f(e)
		}
	})
	for _, p := range s.pulled {
		f(p.on)
	}
}

// noteAgain finds out anew which columns are needed, after joins were left out.
func (s *scope) noteAgain() error {
	s.needed, s.subs = map[varKey]bool{}, nil
	s.eachClause(s.note)
	c := bind.Query{Where: s.q.Where, From: s.q.From}
	for i, r := range s.q.Rels {
		if (r.Kind == bind.ValuesRel || r.Kind == bind.FunctionRel) && !s.gone.has(i) {
			c.Rels = append(c.Rels, r)
		}
	}
	eachExpr(&c, s.note)
	for _, l := range s.q.Locks {
		s.needed[varKey{l.Rel, rowKey}] = true
	}
	return s.lateral()
}

// node reduces the joins below a member of FROM. above are the relations that the conditions of joins above it read; all: WHERE applies to its rows as
// they are.
func (r *reducer) node(n bind.JoinNode, above relset, all bool) bind.JoinNode {
	j, ok := n.(*bind.Join)
	if !ok {
		return n
	}
	c := *j
	if c.Kind == bind.Right {
		c.Kind, c.Left, c.Right = bind.Left, j.Right, j.Left
	}
	below := above
	if c.On != nil {
		below = above.union(relsOf(c.On))
	}
	c.Left = r.node(c.Left, below, all && c.Kind != bind.Full)
	c.Right = r.node(c.Right, below, all && c.Kind == bind.Inner)
	if c.Kind != bind.Left {
		return &c
	}
	on, own := conjuncts(c.On), treeRels(c.Right)
	if r.onePartner(c.Right, on) && !r.read(own, above, nil) {
		r.changed = true
		return c.Left
	}
	if i := r.missing(&c, on, own); all && i >= 0 && !r.read(own, above, r.quals[i]) {
		r.changed = true
		r.quals = slices.Delete(slices.Clone(r.quals), i, i+1)
		c.Kind = bind.Anti
	}
	return &c
}

// read tells whether anything reads columns of the relations, but for one condition of WHERE and for the joins they stand in.
func (r *reducer) read(own, above relset, but expr.Expr) bool {
	if r.reads.overlaps(own) || above.overlaps(own) {
		return true
	}
	for _, q := range r.quals {
		if q != but && relsOf(q).overlaps(own) {
			return true
		}
	}
	for rel := range r.tree.minus(own).members() {
		if r.deps(rel).overlaps(own) {
			return true
		}
	}
	return false
}

// onePartner tells whether the right side of a join has at most one row for a row of the left side.
func (r *reducer) onePartner(n bind.JoinNode, on []expr.Expr) bool {
	rel, ok := asRef(n)
	if !ok || slices.ContainsFunc(on, expr.ContainsVolatile) {
		return false
	}
	if of := r.q.Rels[rel]; of.Kind == bind.SubqueryRel {
		return oneRowFor(of.Query, fixedColumns(rel, of, on)) && !volatileQuery(of.Query)
	}
	return r.uniqueOn(rel, on)
}

// fixedColumns are the columns of a relation that conditions compare for equality with what does not depend on it.
func fixedColumns(rel int, of *bind.Rel, on []expr.Expr) map[int]bool {
	fixed := map[int]bool{}
	for _, q := range on {
		if c, ok := comparisonOf(q, rel, of); ok && c.equal() && c.column >= 0 {
			fixed[c.column] = true
		}
	}
	return fixed
}

// oneRowFor tells whether a query gives at most one row for one value of each of the columns.
func oneRowFor(q *bind.Query, columns map[int]bool) bool {
	if q.Command != bind.Select || q.SetReturning {
		return false
	}
	all := func(kept func(i int) bool) bool {
		for i, t := range q.Targets {
			if kept(i) && !t.Hidden && !columns[i] {
				return false
			}
		}
		return true
	}
	switch {
	case q.SetOp != nil:
		return !q.SetOp.All && all(func(int) bool { return true })
	case q.Distinct:
		return all(func(int) bool { return true })
	case len(q.DistinctOn) > 0:
		return !slices.ContainsFunc(q.DistinctOn, func(i int) bool { return !columns[i] })
	}
	return q.Aggregates && q.GroupingSets == nil && !slices.ContainsFunc(q.GroupBy, func(key expr.Expr) bool {
		for i, t := range q.Targets {
			if columns[i] && expr.Equal(t.Expr, key) {
				return false
			}
		}
		return true
	})
}

// missing finds the condition of WHERE that a row of a left join meets only where it has no partner; -1 for none.
func (r *reducer) missing(j *bind.Join, on []expr.Expr, own relset) int {
	if of := relsOf(j.On); !of.overlaps(own) || own.contains(of) {
		return -1
	}
	filled := nullableRels([]bind.JoinNode{j.Right})
	return slices.IndexFunc(r.quals, func(q expr.Expr) bool {
		test, ok := q.(*expr.NullTest)
		if !ok || test.Not || test.RowValue {
			return false
		}
		v, ok := test.Arg.(*expr.Var)
		if !ok || v.Level > 0 || v.Column < 0 || !own.has(v.Rel) {
			return false
		}
		table := r.q.Rels[v.Rel].Table
		return table != nil && table.Columns[v.Column].NotNull && !filled.has(v.Rel) ||
			slices.ContainsFunc(on, func(c expr.Expr) bool { return strictOn(c, func(x *expr.Var) bool { return expr.Equal(x, v) }) })
	})
}
