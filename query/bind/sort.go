package bind

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// sameExpr tells whether two expressions compute the same.
func sameExpr(a, b expr.Expr) bool {
	if a == b || expr.Equal(a, b) {
		return true
	}
	return hasSubLink(a) && hasSubLink(b) && fingerprint(a) == fingerprint(b)
}

func hasSubLink(e expr.Expr) bool {
	return contains(e, func(e expr.Expr) bool { _, ok := e.(*expr.SubLink); return ok })
}

// stripImplicit removes the casts nobody wrote from the top of an expression.
func stripImplicit(e expr.Expr) expr.Expr {
	for {
		switch x := e.(type) {
		case *expr.Func:
			if x.Cast != expr.ImplicitCast {
				return e
			}
			e = x.Args[0]
		case *expr.Relabel:
			if x.Cast != expr.ImplicitCast {
				return e
			}
			e = x.Arg
		case *expr.CoerceIO:
			if x.Cast != expr.ImplicitCast {
				return e
			}
			e = x.Arg
		case *expr.CoerceTypmod:
			if x.Cast != expr.ImplicitCast {
				return e
			}
			e = x.Arg
		case *expr.ArrayCoerce:
			if x.Cast != expr.ImplicitCast {
				return e
			}
			e = x.Arg
		default:
			return e
		}
	}
}

// findTarget finds the column that an item of ORDER BY, GROUP BY or DISTINCT ON means by SQL-92's rules: a name or a number of a result column.
// It is -1 when the item is an expression.
func (s *scope) findTarget(e parse.Expr, k exprKind) int {
	switch e := e.(type) {
	case *parse.ColumnRef:
		if len(e.Fields) == 1 && !e.Star {
			return s.findTargetName(e, k)
		}
	case *parse.IntegerConst:
		if int64(int32(e.Value)) != e.Value {
			s.fail(pgerror.SyntaxError, e.Pos(), "non-integer constant in %s", kindNames[k])
		}
		return s.findTargetNumber(e, k)
	case *parse.FloatConst, *parse.StringConst, *parse.BitConst, *parse.BoolConst, *parse.NullConst:
		s.fail(pgerror.SyntaxError, e.Pos(), "non-integer constant in %s", kindNames[k])
	}
	return -1
}

func (s *scope) findTargetName(e *parse.ColumnRef, k exprKind) int {
	name := e.Fields[0]
	if k == kindGroupBy && s.hasOwnColumn(name, e.Pos()) {
		return -1
	}
	found := -1
	for i, t := range s.q.Targets {
		if t.Hidden || t.Name != name {
			continue
		}
		if found >= 0 && !sameExpr(s.q.Targets[found].Expr, t.Expr) {
			s.fail(pgerror.AmbiguousColumn, e.Pos(), "%s \"%s\" is ambiguous", kindNames[k], name)
		}
		if found < 0 {
			found = i
		}
	}
	if found >= 0 {
		s.checkTarget(found, k)
	}
	return found
}

// hasOwnColumn tells whether FROM has a column of that name at this level.
func (s *scope) hasOwnColumn(name string, at int) bool {
	found := false
	for _, it := range s.names {
		if !it.colsVisible {
			continue
		}
		for i, n := range it.names {
			if n == name && !it.cols[i].dropped {
				if found {
					s.fail(pgerror.AmbiguousColumn, at, "column reference \"%s\" is ambiguous", name)
				}
				found = true
			}
		}
	}
	return found
}

func (s *scope) findTargetNumber(e *parse.IntegerConst, k exprKind) int {
	n := int64(0)
	for i, t := range s.q.Targets {
		if t.Hidden {
			continue
		}
		if n++; n == e.Value {
			s.checkTarget(i, k)
			return i
		}
	}
	s.fail(pgerror.InvalidColumnReference, e.Pos(), "%s position %d is not in select list", kindNames[k], e.Value)
	return -1
}

// checkTarget refuses grouping by a result column that is computed from groups.
func (s *scope) checkTarget(i int, k exprKind) {
	if k != kindGroupBy {
		return
	}
	e := s.q.Targets[i].Expr
	if at := s.aggregateAt(0, []expr.Expr{e}); at >= 0 {
		s.fail(pgerror.GroupingError, at, "aggregate functions are not allowed in %s", kindNames[k])
	}
	if contains(e, isWindowFunc) {
		s.fail(pgerror.WindowingError, windowAt([]expr.Expr{e}), "window functions are not allowed in %s", kindNames[k])
	}
}

// targetFor is findTarget that takes an expression too, adding a hidden column when it is no result column.
func (s *scope) targetFor(e parse.Expr, k exprKind) int {
	if i := s.findTarget(e, k); i >= 0 {
		return i
	}
	return s.hiddenTarget(s.expressionIn(e, k))
}

func (s *scope) hiddenTarget(x expr.Expr) int {
	for i, t := range s.q.Targets {
		if sameExpr(stripImplicit(t.Expr), x) {
			return i
		}
	}
	s.q.Targets = append(s.q.Targets, Target{Expr: x, Hidden: true})
	return len(s.q.Targets) - 1
}

// orderBy binds ORDER BY.
func (s *scope) orderBy(list []*parse.SortBy) {
	for _, o := range list {
		i := s.targetFor(o.Expr, kindOrderBy)
		t := &s.q.Targets[i]
		t.Expr = s.knownType(t.Expr)
		k := s.sortKey(t.Expr, o)
		if s.sortedBy(i) {
			continue
		}
		s.q.OrderBy = append(s.q.OrderBy, SortItem{Target: i, Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
}

func (s *scope) sortedBy(target int) bool {
	for _, o := range s.q.OrderBy {
		if o.Target == target {
			return true
		}
	}
	return false
}

// sortKey settles the direction of a sort item and checks that the type can be sorted.
func (s *scope) sortKey(e expr.Expr, o *parse.SortBy) expr.SortKey {
	at := o.Pos()
	if at < 0 {
		at = rawAt(o.Expr)
	}
	k := expr.SortKey{Expr: e, Desc: o.Dir == parse.SortDesc}
	if o.Dir == parse.SortUsing {
		k.Desc = s.usingOperator(e, o.Using, at)
	} else {
		_, err := s.cs.SortOperators(e.Type().OID)
		s.check(err, at)
	}
	k.NullsFirst = o.Nulls == parse.NullsFirst || o.Nulls == parse.NullsDefault && k.Desc
	return k
}

// usingOperator tells whether ORDER BY … USING an operator sorts downwards.
func (s *scope) usingOperator(e expr.Expr, name []string, at int) bool {
	t := e.Type().OID
	o, err := s.cs.ResolveOperator(name, t, t)
	s.check(err, at)
	family, desc, ok := s.Snapshot.OrderingOperator(o.OID)
	if !ok {
		s.raise(s.errorAt(pgerror.WrongObjectType, at, "operator %s is not a valid ordering operator", name[len(name)-1]).
			WithHint("Ordering operators must be \"<\" or \">\" members of btree operator families."))
	}
	if own := s.cs.DefaultOrdering(t); own.Family != family && !slices.Contains(patternFamilies, family) {
		s.fail(pgerror.FeatureNotSupported, at, "ORDER BY USING operator %s not supported", name[len(name)-1])
	}
	return desc
}

// patternFamilies are text_pattern_ops and bpchar_pattern_ops, which order by bytes: as the one collation there is does.
var patternFamilies = []oid{2095, 2097}

// distinct binds DISTINCT and DISTINCT ON.
func (s *scope) distinct(stmt *parse.SelectStmt) {
	switch {
	case len(stmt.DistinctOn) > 0:
		s.distinctOn(stmt)
	case stmt.Distinct:
		s.plainDistinct()
	}
}

func (s *scope) plainDistinct() {
	q := s.q
	for _, o := range q.OrderBy {
		if q.Targets[o.Target].Hidden {
			s.fail(pgerror.InvalidColumnReference, exprAt(q.Targets[o.Target].Expr), "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
		}
	}
	n := 0
	for i := range q.Targets {
		if q.Targets[i].Hidden {
			continue
		}
		n++
		s.groupableTarget(i, exprAt(q.Targets[i].Expr))
	}
	if n == 0 {
		s.fail(pgerror.SyntaxError, -1, "SELECT DISTINCT must have at least one column")
	}
	q.Distinct = true
}

// groupableTarget makes sure that values of a column can be told equal.
func (s *scope) groupableTarget(i, at int) {
	t := &s.q.Targets[i]
	t.Expr = s.knownType(t.Expr)
	_, err := s.cs.GroupOperators(t.Expr.Type().OID)
	s.check(err, at)
}

func (s *scope) distinctOn(stmt *parse.SelectStmt) {
	q := s.q
	var list []int
	for _, e := range stmt.DistinctOn {
		list = append(list, s.targetFor(e, kindDistinctOn))
	}
	mismatch := func(at int) {
		s.fail(pgerror.InvalidColumnReference, at, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
	}
	var result []int
	skipped := false
	for _, o := range q.OrderBy {
		at := -1
		for i, t := range list {
			if t == o.Target {
				at = i
				break
			}
		}
		switch {
		case at < 0:
			skipped = true
		case skipped:
			mismatch(rawAt(stmt.DistinctOn[at]))
		default:
			result = append(result, o.Target)
		}
	}
	for i, t := range list {
		if containsInt(result, t) {
			continue
		}
		if skipped {
			mismatch(rawAt(stmt.DistinctOn[i]))
		}
		s.groupableTarget(t, rawAt(stmt.DistinctOn[i]))
		result = append(result, t)
	}
	q.DistinctOn = result
}

func containsInt(list []int, n int) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}
