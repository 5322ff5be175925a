package bind

import (
	"fmt"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// setColumn is a column of one side of a set operation.
type setColumn struct {
	e    expr.Expr
	leaf *Target // the column of a leaf query, whose literals take the common type
}

// setOperation binds UNION, INTERSECT and EXCEPT with the clauses that follow the whole.
func (s *scope) setOperation(stmt *parse.SelectStmt) *Query {
	q := s.q
	s.checkInto(stmt)
	if len(stmt.Locking) > 0 {
		s.fail(pgerror.FeatureNotSupported, -1, "%s is not allowed with UNION/INTERSECT/EXCEPT", lockName(stmt.Locking[0].Strength))
	}
	s.with(stmt.With)
	op, _ := s.setTree(stmt, true)
	q.SetOp = op
	s.coerceLeaves(op, op.Types)
	leaf := op
	for leaf.Kind != SetLeaf {
		leaf = leaf.Left
	}
	names, _ := resultColumns(q.Rels[leaf.Rel].Query)
	it := &item{rel: leaf.Rel, info: s.rels[leaf.Rel], names: names, colsVisible: true, lateralOK: true}
	for i, t := range op.Types {
		it.cols = append(it.cols, column{rel: leaf.Rel, index: i, typ: t})
		v := &expr.Var{Base: expr.Base{Typ: t, At: exprAt(resultTarget(q.Rels[leaf.Rel].Query, i).Expr)}, Rel: leaf.Rel, Column: i, Name: names[i]}
		q.Targets = append(q.Targets, Target{Expr: v, Name: names[i]})
	}
	s.setOrder(stmt, it)
	s.limits(stmt)
	s.finishSelect()
	return q
}

// checkInto refuses INTO, which only the first SELECT may have, where it reaches a top level that does not do it.
func (s *scope) checkInto(stmt *parse.SelectStmt) {
	leaf := stmt
	for leaf.Op != parse.SetNone {
		leaf = leaf.Left
	}
	if leaf.Into != nil {
		s.fail(pgerror.SyntaxError, leaf.Into.Relation.Pos(), "SELECT ... INTO is not allowed here")
	}
}

// setOrder binds ORDER BY of a set operation, which knows the result's columns and nothing else.
func (s *scope) setOrder(stmt *parse.SelectStmt, it *item) {
	n := len(s.q.Targets)
	saved := s.names
	s.names = []*item{it}
	s.orderBy(stmt.OrderBy)
	s.names = saved
	if len(s.q.Targets) > n {
		s.raise(s.errorAt(pgerror.FeatureNotSupported, exprAt(s.q.Targets[n].Expr), "invalid UNION/INTERSECT/EXCEPT ORDER BY clause").
			WithDetail("Only result column names can be used, not expressions or functions.").
			WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause."))
	}
}

var setWords = [...]string{parse.SetUnion: "UNION", parse.SetIntersect: "INTERSECT", parse.SetExcept: "EXCEPT"}

// setTree binds a node of the tree. One with clauses of its own is a leaf.
func (s *scope) setTree(stmt *parse.SelectStmt, top bool) (*SetOp, []setColumn) {
	s.enter(stmt.Pos())
	defer s.leave()
	if !top && stmt.Into != nil {
		s.fail(pgerror.SyntaxError, stmt.Into.Relation.Pos(), "INTO is only allowed on first SELECT of UNION/INTERSECT/EXCEPT")
	}
	if len(stmt.Locking) > 0 {
		s.fail(pgerror.FeatureNotSupported, -1, "%s is not allowed with UNION/INTERSECT/EXCEPT", lockName(stmt.Locking[0].Strength))
	}
	if stmt.Op == parse.SetNone || !top && isSetLeaf(stmt) {
		return s.setLeaf(stmt)
	}
	word := setWords[stmt.Op]
	left, lc := s.setTree(stmt.Left, false)
	recursive := top && s.parentCTE != nil && s.parentCTE.recursive
	if recursive {
		s.recursiveColumns(left, lc)
	}
	right, rc := s.setTree(stmt.Right, false)
	if len(lc) != len(rc) {
		at := -1
		for i := range rc {
			at = leftmostFirst(at, exprAt(rc[i].e))
		}
		s.fail(pgerror.SyntaxError, at, "each %s query must have the same number of columns", word)
	}
	op := &SetOp{Kind: SetOpKind(stmt.Op), All: stmt.All, Left: left, Right: right}
	columns := make([]setColumn, len(lc))
	for i := range lc {
		columns[i] = s.setColumn(op, lc[i], rc[i], word, recursive)
		op.Types = append(op.Types, columns[i].e.Type())
	}
	if recursive && right.Kind != SetLeaf {
		op.Right = s.wrapSetOp(right)
	}
	return op, columns
}

// isSetLeaf tells whether a side of a set operation is a query of its own, not a part of the tree.
func isSetLeaf(stmt *parse.SelectStmt) bool {
	return stmt.Op == parse.SetNone || stmt.OrderBy != nil || stmt.Offset != nil || stmt.Limit != nil || stmt.With != nil
}

func leftmostFirst(a, b int) int {
	if a >= 0 {
		return a
	}
	return b
}

func (s *scope) setLeaf(stmt *parse.SelectStmt) (*SetOp, []setColumn) {
	c := s.child()
	c.recursiveTerm = s.recursiveTerm || s.parentCTE != nil && s.parentCTE.recursive && s.parentCTE.out.Names != nil
	q := c.selectStatement(stmt)
	it := s.addSubquery(q, nil, false, fmt.Sprintf("*SELECT* %d", len(s.q.Rels)+1), -1)
	it.info.inner = c
	op := &SetOp{Rel: it.rel, Types: s.q.Rels[it.rel].Types}
	var columns []setColumn
	for i := range q.Targets {
		if t := &q.Targets[i]; !t.Hidden {
			columns = append(columns, setColumn{t.Expr, t})
		}
	}
	return op, columns
}

// setColumn finds the common type of a column; untyped literals of a leaf take it.
func (s *scope) setColumn(op *SetOp, l, r setColumn, word string, recursive bool) setColumn {
	which := 0
	both := []expr.Expr{l.e, r.e}
	typ := s.commonType(both, word, &which)
	at := exprAt(both[which])
	collation := s.mergeCollation(s.collations[l.e], s.collations[r.e])
	s.checkCollations()
	for i, c := range []setColumn{l, r} {
		_, isConst := c.e.(*expr.Const)
		_, isParam := c.e.(*expr.Param)
		unknown := c.e.Type().OID == sqltypes.UnknownOID
		if unknown && !isConst && !isParam {
			continue
		}
		both[i] = s.coerceToCommon(c.e, typ, word)
		if unknown && c.leaf != nil {
			c.leaf.Expr = both[i]
		}
	}
	mod := sameMod(both, typ)
	if op.Kind != Union || !op.All {
		_, err := s.cs.GroupOperators(typ)
		s.check(err, at)
		if recursive && s.cs.DefaultOrdering(typ).HashEqual == 0 {
			s.raise(s.errorAt(pgerror.FeatureNotSupported, -1, "could not implement recursive UNION").WithDetail("All column datatypes must be hashable."))
		}
	}
	out := &expr.Default{Base: expr.Base{Typ: sqlType{OID: typ, Mod: mod}, At: at}}
	if collation != nil {
		s.collations[out] = collation
	}
	return setColumn{e: out}
}

// coerceLeaves gives every leaf the expressions that bring its columns to the types of the operation above it. An operation whose own types are not
// those of the one above becomes a query of its own, so that its duplicates are found by its own types.
func (s *scope) coerceLeaves(op *SetOp, want []sqlType) {
	if op.Kind != SetLeaf {
		for _, side := range []**SetOp{&op.Left, &op.Right} {
			if (*side).Kind != SetLeaf && !sameOIDs((*side).Types, op.Types) {
				*side = s.wrapSetOp(*side)
			}
			s.coerceLeaves(*side, op.Types)
		}
		return
	}
	rel := s.q.Rels[op.Rel]
	_, rel.Types = resultColumns(rel.Query)
	for i, t := range rel.Types {
		var e expr.Expr = &expr.Var{Base: expr.Base{Typ: t, At: -1}, Rel: op.Rel, Column: i, Name: rel.Names[i]}
		e = s.coerceToCommon(e, want[i].OID, "UNION")
		if e.Type().Mod != want[i].Mod {
			e = relabel(e, want[i], expr.ImplicitCast, -1)
		}
		op.Coerce = append(op.Coerce, e)
		rel.Reads = addInt(rel.Reads, i)
	}
	op.Types = want
}

func sameOIDs(a, b []sqlType) bool {
	for i := range a {
		if a[i].OID != b[i].OID {
			return false
		}
	}
	return true
}

// wrapSetOp makes a sub-tree a query of its own and returns the leaf that stands for it.
func (s *scope) wrapSetOp(op *SetOp) *SetOp {
	inner := &Query{Target: -1, Source: -1, SetOp: op}
	shifted := map[any]bool{}
	var move func(o *SetOp)
	first, alias := -1, ""
	move = func(o *SetOp) {
		if o.Kind != SetLeaf {
			move(o.Left)
			move(o.Right)
			return
		}
		if first < 0 {
			first, alias = o.Rel, s.q.Rels[o.Rel].Alias
		}
		rel := s.q.Rels[o.Rel]
		shiftLevels(rel.Query, 1, shifted)
		inner.Rels = append(inner.Rels, rel)
		s.q.Rels[o.Rel] = &Rel{Kind: SubqueryRel, Alias: rel.Alias, Query: &Query{Target: -1, Source: -1}} // nothing refers to it any more
		o.Rel = len(inner.Rels) - 1
	}
	move(op)
	c := s.child()
	c.q = inner
	c.coerceLeaves(op, op.Types)
	names := inner.Rels[0].Names
	for i, t := range op.Types {
		inner.Targets = append(inner.Targets, Target{Expr: &expr.Var{Base: expr.Base{Typ: t, At: -1}, Column: i, Name: names[i]}, Name: names[i]})
	}
	rel := &Rel{Kind: SubqueryRel, Alias: alias, Query: inner, Names: names, Types: op.Types}
	s.q.Rels[first] = rel
	s.rels[first].rel = rel
	return &SetOp{Rel: first, Types: op.Types}
}

// shiftLevels moves a query one level further in: what it refers to outside of itself is one level further out. depth counts the queries entered.
func shiftLevels(q *Query, depth int, done map[any]bool) {
	once := func(p any) bool {
		if done[p] {
			return false
		}
		done[p] = true
		return true
	}
	walkQuery(q, depth, func(e expr.Expr, depth int) bool {
		switch e := e.(type) {
		case *expr.Var:
			if e.Level >= depth && once(e) {
				e.Level++
			}
		case *expr.Agg:
			if e.Level >= depth && once(e) {
				e.Level++
			}
		case *expr.Grouping:
			if e.Level >= depth && once(e) {
				e.Level++
			}
		}
		return true
	})
	eachQuery(q, depth, func(q *Query, depth int) {
		for _, r := range q.Rels {
			if r.Kind == CTERel && r.CTELevel >= depth && once(r) {
				r.CTELevel++
			}
		}
	})
}

// eachQuery visits a query and those in its FROM, WITH and expressions.
func eachQuery(q *Query, depth int, f func(q *Query, depth int)) {
	f(q, depth)
	for _, c := range q.CTEs {
		eachQuery(c.Query, depth+1, f)
	}
	for _, r := range q.Rels {
		if r.Query != nil {
			eachQuery(r.Query, depth+1, f)
		}
	}
	seen := map[*Query]bool{}
	walkOwn(q, func(e expr.Expr) {
		if link, ok := e.(*expr.SubLink); ok {
			if inner := link.Query.(*Query); !seen[inner] {
				seen[inner] = true
				eachQuery(inner, depth+1, f)
			}
		}
	})
}

// walkOwn visits the expressions of a query's own level.
func walkOwn(q *Query, f func(e expr.Expr)) {
	walkQuery(q, 0, func(e expr.Expr, depth int) bool {
		if depth == 0 {
			f(e)
		}
		return depth == 0
	})
}
