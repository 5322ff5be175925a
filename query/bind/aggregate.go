package bind

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// aggregate builds an aggregate call and finds the query level it belongs to.
func (s *scope) aggregate(c *call, f *catalog.FunctionCall, args []expr.Expr, variadic bool) expr.Expr {
	e := c.syntax
	if e == nil {
		e = &parse.FuncCall{}
	}
	if len(args) == 0 && !e.Star && !e.WithinGroup {
		s.fail(pgerror.WrongObjectType, c.at, "%s(*) must be used to call a parameterless aggregate function", c.text())
	}
	if len(c.argNames) > 0 {
		s.fail(pgerror.FeatureNotSupported, c.at, "aggregates cannot use named arguments")
	}
	a := &expr.Agg{Base: expr.Base{Typ: sqltypes.T(f.Result), At: c.at}, Proc: f.OID, Name: f.Name, Star: e.Star, Distinct: e.Distinct,
		Filter: c.filter, Within: e.WithinGroup, Variadic: variadic}
	if e.WithinGroup {
		direct := len(args) - len(e.OrderBy)
		if direct < 0 { // variadic direct and ordering arguments were gathered together
			direct = 0
		}
		a.Direct = args[:direct]
		for i, o := range e.OrderBy {
			a.OrderBy = append(a.OrderBy, s.sortKey(s.knownType(args[direct+i]), o))
		}
	} else {
		a.Args = args
		s.aggregateOrder(a, e)
	}
	s.placeAggregate(a)
	return a
}

// knownType makes an untyped literal text.
func (a *analyzer) knownType(e expr.Expr) expr.Expr {
	if e.Type().OID == sqltypes.UnknownOID {
		return a.coerceType(e, sqltypes.T(sqltypes.TextOID), coerceImplicit, expr.ImplicitCast, -1)
	}
	return e
}

// aggregateOrder binds ORDER BY and checks DISTINCT of an aggregate's arguments.
func (s *scope) aggregateOrder(a *expr.Agg, e *parse.FuncCall) {
	for _, o := range e.OrderBy {
		x := s.expressionIn(o.Expr, kindOrderBy)
		if i := slices.IndexFunc(a.Args, func(arg expr.Expr) bool { return sameExpr(arg, x) }); i >= 0 {
			x = a.Args[i]
		}
		written := x
		if x = s.knownType(x); x != written && a.Distinct { // an untyped literal is no argument, whatever the argument says
			s.fail(pgerror.InvalidColumnReference, exprAt(x), "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
		}
		a.OrderBy = addSortKey(a.OrderBy, s.sortKey(x, o))
	}
	if !a.Distinct {
		return
	}
	for i, k := range a.OrderBy {
		if !containsExpr(a.Args, k.Expr) {
			s.fail(pgerror.InvalidColumnReference, exprAt(a.OrderBy[i].Expr), "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
		}
	}
	for i := range a.Args {
		a.Args[i] = s.knownType(a.Args[i])
		arg := a.Args[i]
		o, err := s.cs.GroupOperators(arg.Type().OID)
		s.check(err, exprAt(arg))
		if o.Less == 0 {
			s.raise(s.errorAt(pgerror.UndefinedFunction, exprAt(arg), "could not identify an ordering operator for type %s", s.typeName(arg.Type().OID)).
				WithDetail("Aggregates with DISTINCT must be able to sort their inputs."))
		}
	}
}

func addSortKey(list []expr.SortKey, k expr.SortKey) []expr.SortKey {
	for _, o := range list {
		if sameExpr(o.Expr, k.Expr) {
			return list
		}
	}
	return append(list, k)
}

func containsExpr(list []expr.Expr, e expr.Expr) bool {
	for _, x := range list {
		if sameExpr(x, e) {
			return true
		}
	}
	return false
}

// levels finds the innermost query level that the Vars and the aggregates of expressions belong to; -1 for none.
type levels struct{ vars, aggs int }

func (s *scope) findLevels(list ...expr.Expr) levels {
	l := levels{-1, -1}
	least := func(n *int, level int) {
		if level >= 0 && (*n < 0 || level < *n) {
			*n = level
		}
	}
	for _, e := range list {
		if e == nil {
			continue
		}
		walk(e, 0, func(e expr.Expr, depth int) bool {
			switch e := e.(type) {
			case *expr.Var:
				least(&l.vars, e.Level-depth)
			case *expr.Agg:
				least(&l.aggs, e.Level-depth)
			case *expr.Grouping:
				least(&l.aggs, e.Level-depth)
			case *expr.Func:
				if e.ReturnsSet && depth == 0 {
					s.raise(s.errorAt(pgerror.FeatureNotSupported, e.At, "aggregate function calls cannot contain set-returning function calls").WithHint(lateralHint))
				}
			case *expr.WindowFunc:
				if depth == 0 {
					s.fail(pgerror.GroupingError, e.At, "aggregate function calls cannot contain window function calls")
				}
			}
			return true
		})
	}
	return l
}

// placeAggregate finds the level an aggregate belongs to, from the Vars in its arguments, and checks that it may stand there.
func (s *scope) placeAggregate(a *expr.Agg) {
	list := append([]expr.Expr{a.Filter}, a.Args...)
	for _, k := range a.OrderBy {
		list = append(list, k.Expr)
	}
	l := s.findLevels(list...)
	a.Level = l.level()
	if l.aggs >= 0 && a.Level == l.aggs {
		s.fail(pgerror.GroupingError, s.aggregateAt(a.Level, list), "aggregate function calls cannot be nested")
	}
	if len(a.Direct) > 0 {
		d := s.findLevels(a.Direct...)
		if d.vars >= 0 && d.vars < a.Level {
			s.fail(pgerror.GroupingError, exprListAt(a.Direct), "outer-level aggregate cannot contain a lower-level variable in its direct arguments")
		}
		if d.aggs >= 0 && d.aggs <= a.Level {
			s.fail(pgerror.GroupingError, s.aggregateAt(d.aggs, a.Direct), "aggregate function calls cannot be nested")
		}
	}
	p := s.scopeAt(a.Level)
	p.hasAggs = true
	p.checkAggregatePlace("aggregate functions", a.At)
}

func (l levels) level() int {
	switch {
	case l.vars < 0 && l.aggs < 0:
		return 0
	case l.vars < 0:
		return l.aggs
	case l.aggs < 0:
		return l.vars
	}
	return min(l.vars, l.aggs)
}

// aggregateAt finds the position of the first aggregate or GROUPING of a level.
func (s *scope) aggregateAt(level int, list []expr.Expr) int {
	at := -1
	for _, e := range list {
		if e == nil {
			continue
		}
		walk(e, 0, func(e expr.Expr, depth int) bool {
			switch e := e.(type) {
			case *expr.Agg:
				if at < 0 && e.Level-depth == level {
					at = e.At
				}
			case *expr.Grouping:
				if at < 0 && e.Level-depth == level {
					at = e.At
				}
			}
			return at < 0
		})
	}
	return at
}

// checkAggregatePlace refuses aggregates ("aggregate functions") and GROUPING ("grouping operations") outside of grouped clauses.
func (s *scope) checkAggregatePlace(what string, at int) {
	switch s.kind {
	case kindNone, kindOther, kindHaving, kindWindowPartition, kindWindowOrder, kindSelectTarget, kindOrderBy, kindDistinctOn:
	case kindFromSubselect:
		s.fail(pgerror.GroupingError, at, "%s are not allowed in FROM clause of their own query level", what)
	default:
		s.fail(pgerror.GroupingError, at, "%s are not allowed in %s", what, s.kind.phrase())
	}
}

// grouping binds GROUPING(…); its arguments are matched with the grouping expressions once those are known.
func (s *scope) grouping(e *parse.GroupingFunc) expr.Expr {
	if len(e.Args) > 31 {
		s.fail(pgerror.TooManyArguments, e.Pos(), "GROUPING must have fewer than 32 arguments")
	}
	g := &expr.Grouping{Base: expr.Base{Typ: sqltypes.T(sqltypes.Int4OID), At: e.Pos()}}
	g.Exprs = s.expressions(e.Args)
	l := s.findLevels(g.Exprs...)
	g.Level = l.level()
	if l.aggs >= 0 && l.aggs == g.Level {
		s.fail(pgerror.GroupingError, s.aggregateAt(g.Level, g.Exprs), "aggregate function calls cannot be nested")
	}
	p := s.scopeAt(g.Level)
	p.hasAggs = true
	p.checkAggregatePlace("grouping operations", e.Pos())
	return g
}

// windowCall builds a call with OVER.
func (s *scope) windowCall(c *call, f *catalog.FunctionCall, args []expr.Expr) expr.Expr {
	e := c.syntax
	unsupported := func(format string, a ...any) { s.fail(pgerror.FeatureNotSupported, c.at, format, a...) }
	w := &expr.WindowFunc{Base: expr.Base{Typ: sqltypes.T(f.Result), At: c.at}, Proc: f.OID, Name: f.Name, Args: args, Star: e.Star, Filter: c.filter,
		Aggregate: f.Kind == 'a'}
	switch {
	case len(c.argNames) > 0:
		unsupported("window functions cannot use named arguments")
	case e.Distinct:
		unsupported("DISTINCT is not implemented for window functions")
	case w.Aggregate && len(args) == 0 && !e.Star:
		s.fail(pgerror.WrongObjectType, c.at, "%s(*) must be used to call a parameterless aggregate function", c.text())
	case len(e.OrderBy) > 0:
		unsupported("aggregate ORDER BY is not implemented for window functions")
	case !w.Aggregate && c.filter != nil:
		unsupported("FILTER is not implemented for non-aggregate window functions")
	case s.lastSRF != c.lastSRF:
		s.raise(s.errorAt(pgerror.FeatureNotSupported, exprAt(s.lastSRF), "window function calls cannot contain set-returning function calls").WithHint(lateralHint))
	}
	s.placeWindow(w)
	w.Window = s.windowIndex(e.Over)
	s.hasWindows = true
	return w
}

func (s *scope) placeWindow(w *expr.WindowFunc) {
	for _, a := range w.Args {
		if contains(a, isWindowFunc) {
			s.fail(pgerror.WindowingError, windowAt(w.Args), "window function calls cannot be nested")
		}
	}
	switch s.kind {
	case kindNone, kindOther, kindSelectTarget, kindOrderBy, kindDistinctOn:
	case kindFrameRange, kindFrameRows, kindFrameGroups:
		s.fail(pgerror.WindowingError, w.At, "window functions are not allowed in window definitions")
	default:
		s.fail(pgerror.WindowingError, w.At, "window functions are not allowed in %s", s.kind.phrase())
	}
}

func isWindowFunc(e expr.Expr) bool { _, ok := e.(*expr.WindowFunc); return ok }

func windowAt(list []expr.Expr) int {
	at := -1
	for _, e := range list {
		contains(e, func(e expr.Expr) bool {
			if at < 0 && isWindowFunc(e) {
				at = e.Pos()
			}
			return at >= 0
		})
	}
	return at
}

// windowIndex finds or adds the window definition a call refers to.
func (s *scope) windowIndex(def *parse.WindowDef) int {
	for i, w := range s.windowDefs {
		if def.Name != "" {
			if w.Name == def.Name {
				return i
			}
			continue
		}
		if w.RefName == def.RefName && parse.Same(w.PartitionBy, def.PartitionBy) && parse.Same(w.OrderBy, def.OrderBy) && parse.Same(w.Frame, def.Frame) {
			return i
		}
	}
	if def.Name != "" {
		s.fail(pgerror.UndefinedObject, def.Pos(), "window \"%s\" does not exist", def.Name)
	}
	s.windowDefs = append(s.windowDefs, def)
	return len(s.windowDefs) - 1
}
