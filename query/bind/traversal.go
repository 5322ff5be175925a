package bind

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// traverser rewrites a bound recursive query with SEARCH or CYCLE into one without: each term becomes a sub-query of a SELECT that adds the columns
// asked for.
//
// Left term:  SELECT columns, ARRAY[ROW(by)] AS sequence, default AS mark, ARRAY[ROW(by)] AS path FROM (left)
// Right term: SELECT columns, sequence || ROW(by), CASE WHEN ROW(by) = ANY (path) THEN value ELSE default END, path || ROW(by)
// FROM (right, with the reference's sequence, mark and path added), WHERE the reference's mark is not value
type traverser struct {
	*scope
	entry          *cteEntry
	search         *parse.CTESearch
	cycle          *parse.CTECycle
	value, initial expr.Expr // of the cycle mark
	names          []string  // of the added columns, in their order: sequence, mark, path
	types          []sqlType
}

// newTraverser prepares a WITH item's SEARCH and CYCLE clauses; nil when it has none. It gives the item the columns they add.
func (s *scope) newTraverser(entry *cteEntry) *traverser {
	t := &traverser{scope: s, entry: entry, search: entry.stmt.Search, cycle: entry.stmt.Cycle}
	if t.search == nil && t.cycle == nil {
		return nil
	}
	records := sqltypes.T(sqltypes.RecordArrayOID)
	if t.search != nil {
		typ := records
		if t.search.BreadthFirst {
			typ = sqltypes.T(sqltypes.RecordOID)
		}
		t.names, t.types = append(t.names, t.search.Sequence), append(t.types, typ)
	}
	if t.cycle != nil {
		t.bindMark()
		t.names, t.types = append(t.names, t.cycle.Mark, t.cycle.Path), append(t.types, t.value.Type(), records)
	}
	entry.addedNames, entry.addedTypes = t.names, t.types
	return t
}

// bindMark binds the two values of the cycle mark.
func (t *traverser) bindMark() {
	both := []expr.Expr{t.expressionIn(t.cycle.Value, kindCycleMark), t.expressionIn(t.cycle.Default, kindCycleMark)}
	typ := t.commonType(both, "CYCLE", nil)
	both[0] = t.coerceToCommon(both[0], typ, "CYCLE/SET/TO")
	both[1] = t.coerceToCommon(both[1], typ, "CYCLE/SET/DEFAULT")
	if t.cs.DefaultOrdering(typ).Equal == 0 {
		t.fail(pgerror.UndefinedFunction, -1, "could not identify an equality operator for type %s", t.typeName(typ))
	}
	t.value, t.initial = both[0], both[1]
}

// check refuses queries that the clauses cannot be about, columns that do not exist and names that are taken.
func (t *traverser) check(q *Query) {
	if !t.entry.recursive {
		t.fail(pgerror.SyntaxError, t.entry.stmt.Pos(), "WITH query is not recursive")
	}
	if q.SetOp.Left.Kind != SetLeaf {
		t.fail(pgerror.FeatureNotSupported, -1, "with a SEARCH or CYCLE clause, the left side of the UNION must be a SELECT")
	}
	if !isSetLeaf(t.entry.stmt.Query.(*parse.SelectStmt).Right) {
		t.fail(pgerror.SyntaxError, -1, "with a SEARCH or CYCLE clause, the right side of the UNION must be a SELECT")
	}
	if t.search != nil {
		t.columns("search", t.search.Columns, t.search.Pos())
		t.free("search sequence column", t.search.Sequence, t.search.Pos())
	}
	if t.cycle == nil {
		return
	}
	c, at := t.cycle, t.cycle.Pos()
	t.columns("cycle", c.Columns, at)
	t.free("cycle mark column", c.Mark, at)
	t.free("cycle path column", c.Path, at)
	switch {
	case c.Mark == c.Path:
		t.fail(pgerror.SyntaxError, at, "cycle mark column name and cycle path column name are the same")
	case t.search != nil && t.search.Sequence == c.Mark:
		t.fail(pgerror.SyntaxError, t.search.Pos(), "search sequence column name and cycle mark column name are the same")
	case t.search != nil && t.search.Sequence == c.Path:
		t.fail(pgerror.SyntaxError, t.search.Pos(), "search sequence column name and cycle path column name are the same")
	}
}

func (t *traverser) columns(word string, list []string, at int) {
	for i, name := range list {
		if !slices.Contains(t.entry.out.Names, name) {
			t.fail(pgerror.SyntaxError, at, "%s column \"%s\" not in WITH query column list", word, name)
		}
		if slices.Contains(list[:i], name) {
			t.fail(pgerror.DuplicateColumn, at, "%s column \"%s\" specified more than once", word, name)
		}
	}
}

func (t *traverser) free(what, name string, at int) {
	if slices.Contains(t.entry.out.Names, name) {
		t.fail(pgerror.SyntaxError, at, "%s name \"%s\" already used in WITH query column list", what, name)
	}
}

// rewrite wraps the two terms of the bound query and adds the columns to it.
func (t *traverser) rewrite(q *Query) {
	left, right := q.SetOp.Left, q.SetOp.Right
	t.searchTerm(q.Rels[right.Rel].Query)
	t.wrap(q, left, "*TLOCRN*", 0, t.first)
	t.wrap(q, right, "*TROCRN*", len(t.names), t.next)
	for i, name := range t.names {
		at := len(q.Targets)
		v := &expr.Var{Base: expr.Base{Typ: t.types[i], At: -1}, Rel: left.Rel, Column: at, Name: name}
		q.Targets = append(q.Targets, Target{Expr: v, Name: name})
	}
	q.SetOp.Types = left.Types
	out := t.entry.out
	out.Names, out.Types = append(out.Names, t.names...), append(out.Types, t.types...)
}

// searchTerm adds the columns of the self-reference to the recursive term, which leaves out rows after those that closed a cycle.
func (t *traverser) searchTerm(q *Query) {
	self := slices.IndexFunc(q.Rels, func(r *Rel) bool { return r.Kind == CTERel && r.CTE == t.entry.index && r.CTELevel == 2 })
	if self < 0 {
		t.fail(pgerror.FeatureNotSupported, -1, "with a SEARCH or CYCLE clause, the recursive reference to WITH query \"%s\" must be at the top level of its right-hand SELECT",
			t.entry.stmt.Name)
	}
	rel, n := q.Rels[self], len(t.entry.out.Names)
	var added []Target
	for i, name := range t.names {
		v := &expr.Var{Base: expr.Base{Typ: t.types[i], At: -1}, Rel: self, Column: n + i, Name: rel.Names[n+i]}
		rel.Reads = addInt(rel.Reads, n+i)
		added = append(added, Target{Expr: v, Name: name})
	}
	if q.Distinct {
		q.Distinct = false
		for i := range n {
			q.DistinctOn = append(q.DistinctOn, i)
		}
	}
	q.addTargets(n, added)
	if t.cycle == nil {
		return
	}
	mark := added[len(added)-2].Expr
	open := t.operator([]string{"pg_catalog", "<>"}, mark, t.value, -1)
	if q.Where != nil {
		open = conjunction([]expr.Expr{q.Where, open})
	}
	q.Where = open
}

// addTargets puts targets before those from index n on, which are hidden ones.
func (q *Query) addTargets(n int, added []Target) {
	q.Targets = slices.Insert(q.Targets, n, added...)
	for i := range q.DistinctOn {
		if q.DistinctOn[i] >= n {
			q.DistinctOn[i] += len(added)
		}
	}
	for i := range q.OrderBy {
		if q.OrderBy[i].Target >= n {
			q.OrderBy[i].Target += len(added)
		}
	}
}

// term is the SELECT around one of the two terms.
type term struct {
	*scope
	it    *item
	named map[string]expr.Expr // the query's own columns; of two with one name the first
	added []expr.Expr          // what the term itself has of the added columns
}

// wrap makes the leaf a SELECT of the leaf's columns and those that more gives, over what the leaf was, which has the last n of the added columns itself.
func (t *traverser) wrap(q *Query, leaf *SetOp, alias string, n int, more func(*term) []expr.Expr) {
	inner := q.Rels[leaf.Rel].Query
	shiftLevels(inner, 1, map[any]bool{})
	w := &term{scope: t.child(), named: map[string]expr.Expr{}}
	w.it = w.addSubquery(inner, nil, false, alias, -1)
	own := t.entry.out.Names
	rel := w.it.info.rel
	rel.Names = append(append([]string{}, own...), t.names[:n]...)
	w.it.names = rel.Names
	w.q.From = []JoinNode{RelRef{w.it.rel}}
	for i, name := range own {
		v := w.columnVar(w.scope, w.it, 0, i, -1)
		e := expr.Rewrite(leaf.Coerce[i], func(e expr.Expr) (expr.Expr, bool) {
			if _, ok := e.(*expr.Var); ok {
				return v, true
			}
			return e, false
		})
		if w.named[name] == nil {
			w.named[name] = v
		}
		w.q.Targets = append(w.q.Targets, Target{Expr: e, Name: name})
	}
	for i := range n {
		w.added = append(w.added, w.columnVar(w.scope, w.it, 0, len(own)+i, -1))
	}
	for i, e := range more(w) {
		w.q.Targets = append(w.q.Targets, Target{Expr: e, Name: t.names[i]})
	}
	outer := &Rel{Kind: SubqueryRel, Alias: q.Rels[leaf.Rel].Alias, Query: w.q}
	outer.Names, outer.Types = resultColumns(w.q)
	q.Rels[leaf.Rel] = outer
	leaf.Types, leaf.Coerce = outer.Types, nil
	for i, typ := range outer.Types {
		leaf.Coerce = append(leaf.Coerce, &expr.Var{Base: expr.Base{Typ: typ, At: -1}, Rel: leaf.Rel, Column: i, Name: outer.Names[i]})
		outer.Reads = addInt(outer.Reads, i)
	}
}

// first are the added columns of the rows that the search begins with.
func (t *traverser) first(w *term) (out []expr.Expr) {
	if s := t.search; s != nil && s.BreadthFirst {
		out = append(out, w.row(s.Columns, constant(int8Type, sqltypes.Int(0), -1)))
	} else if s != nil {
		out = append(out, w.path(s.Columns))
	}
	if t.cycle != nil {
		out = append(out, t.initial, w.path(t.cycle.Columns))
	}
	return out
}

// next are the added columns of a row found from another.
func (t *traverser) next(w *term) (out []expr.Expr) {
	if s := t.search; s != nil && s.BreadthFirst {
		depth := &expr.FieldSelect{Base: expr.Base{Typ: int8Type, At: -1}, Arg: w.added[0], Name: "f1"}
		out = append(out, w.row(s.Columns, w.builtin("int8inc", depth)))
	} else if s != nil {
		out = append(out, w.builtin("array_cat", w.added[0], w.path(s.Columns)))
	}
	if t.cycle != nil {
		before := w.added[len(w.added)-1]
		closed := w.arrayOp([]string{"pg_catalog", "="}, true, w.row(t.cycle.Columns), before, -1)
		mark := &expr.Case{Base: expr.Base{Typ: t.value.Type(), At: -1}, Whens: []expr.When{{Cond: closed, Result: t.value}}, Default: t.initial}
		out = append(out, mark, w.builtin("array_cat", before, w.path(t.cycle.Columns)))
	}
	return out
}

func (w *term) builtin(name string, args ...expr.Expr) expr.Expr {
	return w.callFunction(&call{name: []string{"pg_catalog", name}, args: args, at: -1})
}

// row is ROW(first, columns).
func (w *term) row(columns []string, first ...expr.Expr) expr.Expr {
	row := &expr.Row{Base: expr.Base{Typ: sqltypes.T(sqltypes.RecordOID), At: -1}, Fields: first}
	for _, name := range columns {
		row.Fields = append(row.Fields, w.named[name])
	}
	return row
}

// path is ARRAY[ROW(columns)].
func (w *term) path(columns []string) expr.Expr {
	return &expr.ArrayExpr{Base: expr.Base{Typ: sqltypes.T(sqltypes.RecordArrayOID), At: -1}, Element: sqltypes.RecordOID, Elements: []expr.Expr{w.row(columns)}}
}
