package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// traversalNames are what the two terms are called when they are wrapped.
const (
	leftTerm  = "*TLOCRN*"
	rightTerm = "*TROCRN*"
)

// traverser rewrites a recursive query with SEARCH or CYCLE into one without: both terms are wrapped in a SELECT that adds the columns asked for.
//
// Left term:  SELECT columns, ARRAY[ROW(by)] AS sequence, default AS mark, ARRAY[ROW(by)] AS path FROM (left)
// Right term: SELECT columns, sequence || ROW(by), CASE WHEN ROW(by) = ANY (path) THEN value ELSE default END, path || ROW(by)
// FROM (right, with the reference's sequence, mark and path added), WHERE the reference's mark is not value
type traverser struct {
	*scope
	entry  *cteEntry
	names  []string
	search *parse.CTESearch
	cycle  *parse.CTECycle
}

// traversal is the query of a WITH item with what its SEARCH and CYCLE clauses stand for written out.
func (s *scope) traversal(entry *cteEntry) parse.Statement {
	t := &traverser{scope: s, entry: entry, search: entry.stmt.Search, cycle: entry.stmt.Cycle}
	t.checkMark()
	if !entry.recursive {
		names, types := resultColumns(s.child().statement(entry.stmt.Query)) // its own mistakes come first
		s.cteColumns(entry, names, types)
		s.fail(pgerror.SyntaxError, entry.stmt.Pos(), "WITH query is not recursive")
	}
	stmt := entry.stmt.Query.(*parse.SelectStmt)
	for i, side := range []*parse.SelectStmt{stmt.Left, stmt.Right} {
		if side.Op != parse.SetNone {
			t.refuse(pgerror.SyntaxError, -1, "with a SEARCH or CYCLE clause, the %s side of the UNION must be a SELECT", [...]string{"left", "right"}[i])
		}
	}
	t.columnNames(stmt.Left)
	t.check()
	out := *stmt
	out.Left, out.Right = t.left(stmt.Left), t.right(stmt.Right)
	return &out
}

// columnNames finds the names of the query's own columns.
func (t *traverser) columnNames(left *parse.SelectStmt) {
	probe := t.child()
	names, types := resultColumns(probe.selectStatement(left))
	probeEntry := &cteEntry{stmt: t.entry.stmt, out: &CTE{}}
	t.cteColumns(probeEntry, names, types)
	t.names = probeEntry.out.Names
}

// checkMark binds the two values of the cycle mark.
func (t *traverser) checkMark() {
	if t.cycle == nil {
		return
	}
	value, other := t.expressionIn(t.cycle.Value, kindCycleMark), t.expressionIn(t.cycle.Default, kindCycleMark)
	typ := t.commonType([]expr.Expr{value, other}, "CYCLE", nil)
	t.coerceToCommon(value, typ, "CYCLE/SET/TO")
	t.coerceToCommon(other, typ, "CYCLE/SET/DEFAULT")
	if t.cs.DefaultOrdering(typ).Equal == 0 {
		t.fail(pgerror.UndefinedFunction, -1, "could not identify an equality operator for type %s", t.typeName(typ))
	}
}

// refuse reports a mistake of the clauses, unless the query has mistakes of its own, which come first.
func (t *traverser) refuse(code pgerror.Code, at int, format string, args ...any) {
	own := t.child()
	own.parentCTE, own.resolveUnknowns = t.entry, true
	own.statement(t.entry.stmt.Query)
	t.fail(code, at, format, args...)
}

// check refuses columns that do not exist and names that are taken.
func (t *traverser) check() {
	if t.search != nil {
		t.columns("search", t.search.Columns, t.search.Pos())
		t.free("search sequence column", t.search.Sequence, t.search.Pos())
		t.entry.extra++
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
		t.refuse(pgerror.SyntaxError, at, "cycle mark column name and cycle path column name are the same")
	case t.search != nil && t.search.Sequence == c.Mark:
		t.refuse(pgerror.SyntaxError, t.search.Pos(), "search sequence column name and cycle mark column name are the same")
	case t.search != nil && t.search.Sequence == c.Path:
		t.refuse(pgerror.SyntaxError, t.search.Pos(), "search sequence column name and cycle path column name are the same")
	}
	t.entry.extra += 2
}

func (t *traverser) columns(word string, list []string, at int) {
	seen := map[string]bool{}
	for _, name := range list {
		if !t.isColumn(name) {
			t.refuse(pgerror.SyntaxError, at, "%s column \"%s\" not in WITH query column list", word, name)
		}
		if seen[name] {
			t.refuse(pgerror.DuplicateColumn, at, "%s column \"%s\" specified more than once", word, name)
		}
		seen[name] = true
	}
}

func (t *traverser) isColumn(name string) bool {
	for _, n := range t.names {
		if n == name {
			return true
		}
	}
	return false
}

func (t *traverser) free(what, name string, at int) {
	if t.isColumn(name) {
		t.refuse(pgerror.SyntaxError, at, "%s name \"%s\" already used in WITH query column list", what, name)
	}
}

func ref(parts ...string) parse.Expr { return &parse.ColumnRef{Loc: parse.NoLoc, Fields: parts} }

func named(name string, e parse.Expr) *parse.ResTarget {
	return &parse.ResTarget{Loc: parse.NoLoc, Name: name, Value: e}
}

func rowOf(rel string, columns []string, first ...parse.Expr) parse.Expr {
	row := &parse.RowExpr{Loc: parse.NoLoc, Explicit: true, Fields: first}
	for _, c := range columns {
		row.Fields = append(row.Fields, ref(rel, c))
	}
	return row
}

func arrayOf(e parse.Expr) parse.Expr {
	return &parse.ArrayExpr{Loc: parse.NoLoc, Elements: []parse.Expr{e}}
}

// wrap is SELECT list FROM (query) AS rel (columns).
func wrap(query *parse.SelectStmt, rel string, columns []string, list []*parse.ResTarget) *parse.SelectStmt {
	from := &parse.RangeSubselect{Loc: parse.NoLoc, Query: query, Alias: &parse.Alias{Name: rel, Columns: columns}}
	return &parse.SelectStmt{Loc: parse.NoLoc, Targets: list, From: []parse.TableRef{from}}
}

// mark is the cycle mark: value when cond holds, else the default.
func (t *traverser) mark(cond parse.Expr) parse.Expr {
	return &parse.CaseExpr{Loc: parse.NoLoc, Whens: []*parse.CaseWhen{{Loc: parse.NoLoc, Cond: cond, Result: t.cycle.Value}}, Else: t.cycle.Default}
}

func (t *traverser) left(query *parse.SelectStmt) *parse.SelectStmt {
	var list []*parse.ResTarget
	for _, n := range t.names {
		list = append(list, named(n, ref(leftTerm, n)))
	}
	if t.search != nil {
		e := arrayOf(rowOf(leftTerm, t.search.Columns))
		if t.search.BreadthFirst {
			zero := &parse.TypeCast{Loc: parse.NoLoc, Arg: &parse.IntegerConst{Loc: parse.NoLoc}, Type: &parse.TypeName{Loc: parse.NoLoc, Names: []string{"pg_catalog", "int8"}}}
			e = rowOf(leftTerm, t.search.Columns, zero)
		}
		list = append(list, named(t.search.Sequence, e))
	}
	if t.cycle != nil {
		list = append(list, named(t.cycle.Mark, t.mark(&parse.BoolConst{Loc: parse.NoLoc})), named(t.cycle.Path, arrayOf(rowOf(leftTerm, t.cycle.Columns))))
	}
	return wrap(query, leftTerm, t.names, list)
}

func (t *traverser) right(query *parse.SelectStmt) *parse.SelectStmt {
	self := t.reference(query.From)
	if self == "" {
		t.fail(pgerror.FeatureNotSupported, -1, "with a SEARCH or CYCLE clause, the recursive reference to WITH query \"%s\" must be at the top level of its right-hand SELECT",
			t.entry.stmt.Name)
	}
	inner := *query
	inner.Targets = append([]*parse.ResTarget(nil), query.Targets...)
	columns := append([]string(nil), t.names...)
	add := func(name string) {
		inner.Targets = append(inner.Targets, named(name, ref(self, name)))
		columns = append(columns, name)
	}
	var list []*parse.ResTarget
	for _, n := range t.names {
		list = append(list, named(n, ref(rightTerm, n)))
	}
	if t.search != nil {
		add(t.search.Sequence)
		list = append(list, named(t.search.Sequence, t.nextSequence()))
	}
	if c := t.cycle; c != nil {
		add(c.Mark)
		add(c.Path)
		open := &parse.OpExpr{Loc: parse.NoLoc, Name: []string{"<>"}, Left: ref(self, c.Mark), Right: c.Value}
		if inner.Where == nil {
			inner.Where = open
		} else {
			inner.Where = &parse.BoolExpr{Loc: parse.NoLoc, Op: parse.And, Args: []parse.Expr{inner.Where, open}}
		}
		row := rowOf(rightTerm, c.Columns)
		closed := &parse.AnyAllExpr{Loc: parse.NoLoc, Left: row, Operator: []string{"="}, Right: ref(rightTerm, c.Path)}
		list = append(list, named(c.Mark, t.mark(closed)), named(c.Path, concat(ref(rightTerm, c.Path), arrayOf(row))))
	}
	return wrap(&inner, rightTerm, columns, list)
}

// nextSequence is the search sequence of a row found from another: the path to it, or its depth, with its own columns.
func (t *traverser) nextSequence() parse.Expr {
	before := ref(rightTerm, t.search.Sequence)
	if !t.search.BreadthFirst {
		return concat(before, arrayOf(rowOf(rightTerm, t.search.Columns)))
	}
	depth := &parse.Indirection{Loc: parse.NoLoc, Arg: before, Steps: []parse.IndirectionStep{{Kind: parse.FieldStep, Name: "f1"}}}
	next := &parse.FuncCall{Loc: parse.NoLoc, Name: []string{"pg_catalog", "int8inc"}, Args: []parse.Expr{depth}}
	return rowOf(rightTerm, t.search.Columns, next)
}

func concat(a, b parse.Expr) parse.Expr {
	return &parse.FuncCall{Loc: parse.NoLoc, Name: []string{"pg_catalog", "array_cat"}, Args: []parse.Expr{a, b}}
}

// reference finds the name that the query goes by in its own FROM; "" when it is not there.
func (t *traverser) reference(list []parse.TableRef) string {
	for _, r := range list {
		switch r := r.(type) {
		case *parse.RangeVar:
			if r.Schema == "" && r.Name == t.entry.stmt.Name {
				return aliasName(r.Alias, r.Name)
			}
		case *parse.JoinExpr:
			if name := t.reference([]parse.TableRef{r.Left, r.Right}); name != "" {
				return name
			}
		}
	}
	return ""
}
