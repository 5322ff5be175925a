package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// statement binds a statement of any of the kinds into the scope's query.
func (s *scope) statement(stmt parse.Statement) *Query {
	switch stmt := stmt.(type) {
	case *parse.SelectStmt:
		return s.selectStatement(stmt)
	case *parse.InsertStmt:
		return s.collated(s.insert(stmt))
	case *parse.UpdateStmt:
		return s.collated(s.update(stmt))
	case *parse.DeleteStmt:
		return s.collated(s.deleteFrom(stmt))
	case *parse.MergeStmt:
		s.fail(pgerror.FeatureNotSupported, -1, "unsupported statement type: MERGE")
	}
	s.fail(pgerror.FeatureNotSupported, -1, "unsupported statement")
	return nil
}

// selectStatement binds any form of SELECT.
func (s *scope) selectStatement(stmt *parse.SelectStmt) *Query {
	s.enter(stmt.Pos())
	defer s.leave()
	switch {
	case stmt.Op != parse.SetNone:
		return s.setOperation(stmt)
	case stmt.Values != nil:
		return s.valuesStatement(stmt)
	}
	return s.plainSelect(stmt)
}

// plainSelect binds SELECT … FROM …, clause by clause in PostgreSQL's order, which decides the error a client sees first.
func (s *scope) plainSelect(stmt *parse.SelectStmt) *Query {
	q := s.q
	s.with(stmt.With)
	if stmt.Into != nil {
		s.fail(pgerror.SyntaxError, stmt.Into.Relation.Pos(), "SELECT ... INTO is not allowed here")
	}
	s.windowDefs = append([]*parse.WindowDef(nil), stmt.Windows...)
	s.fromClause(stmt.From)
	q.Targets = s.targetList(stmt.Targets, kindSelectTarget)
	q.Where = s.booleanClause(stmt.Where, kindWhere, "WHERE")
	q.Having = s.booleanClause(stmt.Having, kindHaving, "HAVING")
	s.orderBy(stmt.OrderBy)
	s.groupBy(stmt.GroupBy, stmt.GroupDistinct)
	s.distinct(stmt)
	s.limits(stmt)
	s.windows()
	if s.resolveUnknowns {
		s.resolveUnknownTargets(q.Targets)
	}
	s.locking(stmt.Locking)
	s.finishSelect()
	if s.hasAggs || len(stmt.GroupBy) > 0 || q.Having != nil {
		s.checkGrouping()
	}
	return q
}

func (s *scope) finishSelect() {
	s.checkCollations()
	s.q.Aggregates = s.hasAggs || s.q.GroupBy != nil || s.q.GroupingSets != nil || s.q.Having != nil
	s.q.SetReturning = s.hasSRF
}

// limits binds LIMIT, OFFSET and WITH TIES.
func (s *scope) limits(stmt *parse.SelectStmt) {
	s.q.Offset = s.limit(stmt.Offset, kindOffset, "OFFSET", false)
	s.q.Limit = s.limit(stmt.Limit, kindLimit, "LIMIT", stmt.WithTies)
	s.q.WithTies = stmt.WithTies
}

func (s *scope) limit(e parse.Expr, k exprKind, word string, ties bool) expr.Expr {
	if e == nil {
		return nil
	}
	x := s.coerceToSpecific(s.expressionIn(e, k), sqltypes.T(sqltypes.Int8OID), word)
	if vars := localVars(x); len(vars) > 0 {
		s.fail(pgerror.InvalidColumnReference, vars[0].At, "argument of %s must not contain variables", word)
	}
	if _, null := e.(*parse.NullConst); null {
		if ties {
			s.fail(pgerror.InvalidRowCountInLimitClause, -1, "row count cannot be null in FETCH FIRST ... WITH TIES clause")
		}
		return nil
	}
	return x
}

// valuesStatement binds VALUES as a query over a VALUES entry.
func (s *scope) valuesStatement(stmt *parse.SelectStmt) *Query {
	q := s.q
	s.with(stmt.With)
	rows := s.valuesRows(stmt.Values, kindValues, true)
	rel := s.commonRows(rows)
	it := s.addRel(rel, rel.Names, false)
	it.info.inFrom = true
	s.addNames(it, true, true)
	q.From = []JoinNode{RelRef{it.rel}}
	for i := range rel.Names {
		q.Targets = append(q.Targets, Target{Expr: s.columnVar(s, it, 0, i, -1), Name: rel.Names[i]})
	}
	s.orderBy(stmt.OrderBy)
	s.limits(stmt)
	if len(stmt.Locking) > 0 {
		s.fail(pgerror.FeatureNotSupported, -1, "%s cannot be applied to VALUES", lockName(stmt.Locking[0].Strength))
	}
	return s.collated(q)
}

// valuesRows binds the rows of VALUES; all must be of one length. DEFAULT is refused unless an INSERT replaced it before.
func (s *scope) valuesRows(list [][]parse.Expr, k exprKind, checkDefault bool) (rows [][]expr.Expr) {
	s.in(k, func() {
		for _, row := range list {
			var out []expr.Expr
			for _, e := range row {
				if d, ok := e.(*parse.SetToDefault); ok && !checkDefault {
					out = append(out, &expr.Default{Base: expr.Base{Typ: sqltypes.T(sqltypes.UnknownOID), At: d.Pos()}})
					continue
				}
				if exprs, _, ok := s.expandStar(e); ok {
					out = append(out, exprs...)
					continue
				}
				out = append(out, s.expression(e))
			}
			if len(rows) > 0 && len(out) != len(rows[0]) {
				s.fail(pgerror.SyntaxError, exprListAt(out), "VALUES lists must all be the same length")
			}
			rows = append(rows, out)
		}
	})
	return rows
}

// commonRows gives each column of VALUES its common type.
func (s *scope) commonRows(rows [][]expr.Expr) *Rel {
	rel := &Rel{Kind: ValuesRel, Alias: "*VALUES*", Values: rows}
	for i := range rows[0] {
		column := make([]expr.Expr, len(rows))
		for r := range rows {
			column[r] = rows[r][i]
		}
		typ := s.commonType(column, "VALUES", nil)
		var c *collation
		for _, e := range column {
			c = s.mergeCollation(c, s.collations[e])
		}
		for r := range rows {
			rows[r][i] = s.coerceToCommon(column[r], typ, "VALUES")
			column[r] = rows[r][i]
		}
		rel.Names = append(rel.Names, valuesName(i))
		rel.Types = append(rel.Types, sqlType{OID: typ, Mod: sameMod(column, typ)})
	}
	for _, row := range rows {
		for _, e := range row {
			if len(localVars(e)) > 0 {
				s.fail(pgerror.InvalidColumnReference, exprAt(e), "VALUES must not contain table references")
			}
		}
	}
	return rel
}

var lockNames = [...]string{parse.ForKeyShare: "FOR KEY SHARE", parse.ForShare: "FOR SHARE", parse.ForNoKeyUpdate: "FOR NO KEY UPDATE", parse.ForUpdate: "FOR UPDATE"}

func lockName(l parse.LockStrength) string { return lockNames[l] }

// locking binds FOR UPDATE and FOR KEY SHARE.
func (s *scope) locking(list []*parse.LockingClause) {
	for _, l := range list {
		s.checkLockable(l)
		if len(l.Relations) == 0 {
			for i, info := range s.rels {
				if info.inFrom {
					s.lock(i, l)
				}
			}
			continue
		}
		for _, rv := range l.Relations {
			s.lockNamed(rv, l)
		}
	}
}

// checkLockable refuses queries whose result rows are not rows of tables.
func (s *scope) checkLockable(l *parse.LockingClause) {
	refuse := func(what string) {
		s.fail(pgerror.FeatureNotSupported, -1, "%s is not allowed with %s", lockName(l.Strength), what)
	}
	q := s.q
	switch {
	case q.SetOp != nil:
		refuse("UNION/INTERSECT/EXCEPT")
	case q.Distinct || q.DistinctOn != nil:
		refuse("DISTINCT clause")
	case s.groupClauses != nil || q.GroupingSets != nil:
		refuse("GROUP BY clause")
	case q.Having != nil:
		refuse("HAVING clause")
	case s.hasAggs:
		refuse("aggregate functions")
	case s.hasWindows:
		refuse("window functions")
	case s.hasSRF:
		refuse("set-returning functions in the target list")
	}
}

func (s *scope) lockNamed(rv *parse.RangeVar, l *parse.LockingClause) {
	if rv.Catalog != "" || rv.Schema != "" {
		s.fail(pgerror.SyntaxError, rv.Pos(), "%s must specify unqualified relation names", lockName(l.Strength))
	}
	for i, info := range s.rels {
		if !info.inFrom && info.rel.Kind != JoinRel || info.item.alias != rv.Name || info.rel.Kind == JoinRel && !info.hasAlias {
			continue
		}
		what := ""
		switch info.rel.Kind {
		case JoinRel:
			what = "a join"
		case FunctionRel:
			what = "a function"
		case ValuesRel:
			what = "VALUES"
		case CTERel:
			what = "a WITH query"
		}
		if what != "" {
			s.fail(pgerror.FeatureNotSupported, rv.Pos(), "%s cannot be applied to %s", lockName(l.Strength), what)
		}
		s.lock(i, l)
		return
	}
	s.fail(pgerror.UndefinedTable, rv.Pos(), "relation \"%s\" in %s clause not found in FROM clause", rv.Name, lockName(l.Strength))
}

// lock locks the rows of a table, or of the tables in a sub-query.
func (s *scope) lock(rel int, l *parse.LockingClause) {
	info := s.rels[rel]
	kind := info.rel.Kind
	if (kind == TableRel || kind == SubqueryRel) && nullable(s.q.From, rel, false) {
		s.fail(pgerror.FeatureNotSupported, -1, "%s cannot be applied to the nullable side of an outer join", lockName(l.Strength))
	}
	switch kind {
	case TableRel, SystemRel:
		if l.Strength != parse.ForUpdate && l.Strength != parse.ForKeyShare {
			s.fail(pgerror.FeatureNotSupported, -1, "locking clauses other than FOR UPDATE/FOR KEY SHARE are not supported")
		}
		if info.access != nil {
			info.access.Select, info.access.Update = true, true
		}
		s.q.Locks = addLock(s.q.Locks, Lock{Rel: rel, KeyShare: l.Strength == parse.ForKeyShare})
	case SubqueryRel:
		if info.inner != nil {
			info.inner.locking([]*parse.LockingClause{{Strength: l.Strength, Wait: l.Wait, Loc: l.Loc}})
		}
	}
}

// nullable tells whether a range-table entry stands where an outer join may put NULLs in the place of its rows.
func nullable(list []JoinNode, rel int, inside bool) bool {
	for _, n := range list {
		switch n := n.(type) {
		case RelRef:
			if n.Rel == rel && inside {
				return true
			}
		case *Join:
			if nullable([]JoinNode{n.Left}, rel, inside || n.Kind == Right || n.Kind == Full) ||
				nullable([]JoinNode{n.Right}, rel, inside || n.Kind == Left || n.Kind == Full) {
				return true
			}
		}
	}
	return false
}

// addLock keeps the stronger of two locks on one entry.
func addLock(list []Lock, l Lock) []Lock {
	for i := range list {
		if list[i].Rel == l.Rel {
			list[i].KeyShare = list[i].KeyShare && l.KeyShare
			return list
		}
	}
	return append(list, l)
}
