package bind

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// onConflict binds ON CONFLICT. Only the target is in the namespace when it is called.
func (s *scope) onConflict(c *parse.OnConflictClause, it *item) {
	if c == nil {
		return
	}
	out := &OnConflict{DoUpdate: c.Update, Excluded: -1}
	s.q.OnConflict = out
	var excluded *item
	if c.Update {
		excluded = s.excluded()
		out.Excluded = excluded.rel
	}
	s.arbiter(c, out, it)
	if !c.Update {
		return
	}
	s.addNames(excluded, true, true)
	columns, exprs := s.assignments(c.Set)
	out.Where = s.booleanClause(c.Where, kindWhere, "WHERE")
	out.Columns, out.Assign = s.completeUpdate(columns, exprs)
	it.need(func(a *Access) { a.Update = true })
}

// excluded adds the row proposed for insertion, under the names that the target has.
func (s *scope) excluded() *item {
	t := s.table()
	target := s.q.Rels[s.q.Target]
	rel := &Rel{Kind: ResultRel, Alias: "excluded", Table: t, Names: target.Names, Types: target.Types}
	it := s.addRel(rel, rel.Names, true)
	it.names, it.cols = s.target.names, make([]column, len(s.target.cols))
	for i, c := range s.target.cols {
		switch {
		case c.expr != nil:
			c.expr = expr.Rewrite(c.expr, func(e expr.Expr) (expr.Expr, bool) {
				if v, ok := e.(*expr.Var); ok && v.Level == 0 && v.Rel == s.q.Target {
					out := *v
					out.Rel = it.rel
					return &out, true
				}
				return e, false
			})
		default:
			c.rel = it.rel
		}
		it.cols[i] = c
	}
	it.info.relname, it.info.table, it.info.rowOID = t.Name, t.OID, t.RowType
	return it
}

// arbiter finds the unique indexes whose conflicts the clause is about.
func (s *scope) arbiter(c *parse.OnConflictClause, out *OnConflict, it *item) {
	if c.Infer == nil {
		if c.Update {
			s.raise(s.errorAt(pgerror.SyntaxError, c.Pos(), "ON CONFLICT DO UPDATE requires inference specification or constraint name").
				WithHint("For example, ON CONFLICT (column_name)."))
		}
		return
	}
	if c.Infer.Constraint != "" {
		s.arbiterConstraint(c.Infer.Constraint, out)
		return
	}
	var columns []int
	var exprs []expr.Expr
	for _, e := range c.Infer.Elems {
		x := s.arbiterElement(c.Infer, e)
		if v, ok := x.(*expr.Var); ok && v.Column >= 0 {
			columns = append(columns, v.Column)
		} else {
			exprs = append(exprs, x)
		}
	}
	where := s.booleanClause(c.Infer.Where, kindIndexPredicate, "WHERE")
	t := s.table()
	for _, index := range t.Indexes {
		if index.Unique && index.Ready && s.infers(t, index, columns, exprs, where) {
			out.Arbiters = append(out.Arbiters, index)
		}
	}
	if len(out.Arbiters) == 0 {
		s.fail(pgerror.InvalidColumnReference, -1, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
	}
}

func (s *scope) arbiterConstraint(name string, out *OnConflict) {
	t := s.table()
	constraint := t.ConstraintByName(name)
	if constraint == nil {
		s.fail(pgerror.UndefinedObject, -1, "constraint \"%s\" for table \"%s\" does not exist", name, t.Name)
	}
	index := t.IndexByOID(constraint.Index)
	if constraint.Kind != 'p' && constraint.Kind != 'u' || index == nil {
		s.fail(pgerror.WrongObjectType, -1, "constraint in ON CONFLICT clause has no associated index")
	}
	out.Arbiters = []*catalog.Index{index}
	for _, id := range constraint.Columns {
		s.rels[s.q.Target].access.Reads = addAttnum(s.rels[s.q.Target].access.Reads, id)
	}
}

// arbiterElement binds one column or expression of the conflict target.
func (s *scope) arbiterElement(infer *parse.InferClause, e *parse.IndexElem) expr.Expr {
	if e.Dir != parse.SortDefault {
		s.fail(pgerror.InvalidColumnReference, infer.Pos(), "ASC/DESC is not allowed in ON CONFLICT clause")
	}
	if e.Nulls != parse.NullsDefault {
		s.fail(pgerror.InvalidColumnReference, infer.Pos(), "NULLS FIRST/LAST is not allowed in ON CONFLICT clause")
	}
	if len(e.Collation) > 0 {
		s.checkCollation(e.Collation, infer.Pos())
	}
	raw := e.Expr
	if raw == nil {
		raw = &parse.ColumnRef{Loc: infer.Loc, Fields: []string{e.Name}}
	}
	return s.expressionIn(raw, kindIndexExpression)
}

// infers tells whether an index has exactly these keys and no predicate that the clause's condition does not imply.
func (s *scope) infers(t *catalog.Table, index *catalog.Index, columns []int, exprs []expr.Expr, where expr.Expr) bool {
	var own []expr.Expr
	var keys []int
	for _, k := range index.Keys {
		if k.Column == 0 {
			own = append(own, s.storedExpr(k.Expr, t, nil, kindIndexExpression))
			continue
		}
		keys = append(keys, slices.IndexFunc(t.Columns, func(c catalog.Column) bool { return c.ID == k.Column }))
	}
	for _, c := range columns {
		if !slices.Contains(keys, c) {
			return false
		}
	}
	for _, k := range keys {
		if !slices.Contains(columns, k) {
			return false
		}
	}
	for _, e := range exprs {
		if !containsExpr(own, e) {
			return false
		}
	}
	for _, e := range own {
		if !containsExpr(exprs, e) {
			return false
		}
	}
	return index.Predicate == "" || where != nil && implies(where, s.storedExpr(index.Predicate, t, &boolType, kindIndexPredicate))
}

// implies tells whether every part of a conjunction stands in another one.
func implies(where, predicate expr.Expr) bool {
	have := conjuncts(where)
	for _, p := range conjuncts(predicate) {
		if !containsExpr(have, p) {
			return false
		}
	}
	return true
}

func conjuncts(e expr.Expr) []expr.Expr {
	if b, ok := e.(*expr.Bool); ok && b.Op == expr.And {
		var out []expr.Expr
		for _, a := range b.Args {
			out = append(out, conjuncts(a)...)
		}
		return out
	}
	return []expr.Expr{e}
}
