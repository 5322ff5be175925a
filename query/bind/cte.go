package bind

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
)

// cteEntry is a WITH item as names see it.
type cteEntry struct {
	stmt      *parse.CommonTableExpr
	out       *CTE
	index     int
	recursive bool
	// modifying tells a data-modifying item; its columns are those of RETURNING.
	modifying bool
	needs     []*cteEntry // items it refers to, for WITH RECURSIVE
	left      *Query      // of a recursive item: its non-recursive term, or the first query of it
	// addedNames and addedTypes are the columns that SEARCH and CYCLE add.
	addedNames []string
	addedTypes []sqlType
}

// findCTE finds the WITH item a bare name means, and how many levels out it stands.
func (s *scope) findCTE(name string) (*cteEntry, int) {
	for p, level := s, 0; p != nil; p, level = p.parent, level+1 {
		for _, c := range p.ctes {
			if c.stmt.Name == name {
				return c, level
			}
		}
	}
	return nil, 0
}

// futureCTE tells whether a name is that of a WITH item that comes too late to be seen.
func (s *scope) futureCTE(name string) bool {
	for p := s; p != nil; p = p.parent {
		for _, c := range p.future {
			if c.Name == name {
				return true
			}
		}
	}
	return false
}

// with binds the WITH clause of the scope's query.
func (s *scope) with(w *parse.WithClause) {
	if w == nil {
		return
	}
	s.q.Recursive = w.Recursive
	for i, c := range w.CTEs {
		for _, other := range w.CTEs[:i] {
			if other.Name == c.Name {
				s.fail(pgerror.DuplicateAlias, c.Pos(), "WITH query name \"%s\" specified more than once", c.Name)
			}
		}
	}
	if w.Recursive {
		s.withRecursive(w)
		return
	}
	s.future = w.CTEs
	for _, c := range w.CTEs {
		entry := newCTE(c)
		s.bindCTE(entry)
		s.addCTE(entry)
		s.future = s.future[1:]
	}
}

func newCTE(c *parse.CommonTableExpr) *cteEntry {
	entry := &cteEntry{stmt: c, out: &CTE{Name: c.Name}}
	if _, ok := c.Query.(*parse.SelectStmt); !ok {
		entry.modifying = true
	}
	switch c.Materialized {
	case parse.MaterializeAlways, parse.MaterializeNever:
		always := c.Materialized == parse.MaterializeAlways
		entry.out.Materialized = &always
	}
	return entry
}

func (s *scope) addCTE(entry *cteEntry) {
	entry.index = len(s.q.CTEs)
	s.q.CTEs = append(s.q.CTEs, entry.out)
	s.ctes = append(s.ctes, entry)
}

// bindCTE binds the query of a WITH item.
func (s *scope) bindCTE(entry *cteEntry) {
	t := s.newTraverser(entry)
	c := s.child()
	c.parentCTE = entry
	c.resolveUnknowns = true
	q := c.statement(entry.stmt.Query)
	entry.out.Query = q
	if q.Command != Select && s.parent != nil {
		s.fail(pgerror.FeatureNotSupported, entry.stmt.Pos(), "WITH clause containing a data-modifying statement must be at the top level")
	}
	if !entry.recursive {
		names, types := resultColumns(q)
		s.cteColumns(entry, names, types)
	} else {
		s.checkRecursiveTypes(entry)
	}
	if t != nil {
		t.check(q)
		t.rewrite(q)
	}
}

// cteColumns names the columns of a WITH item.
func (s *scope) cteColumns(entry *cteEntry, names []string, types []sqlType) {
	list := entry.stmt.Columns
	if len(list) > len(names) {
		s.fail(pgerror.InvalidColumnReference, entry.stmt.Pos(), "WITH query \"%s\" has %d columns available but %d columns specified",
			entry.stmt.Name, len(names), len(list))
	}
	entry.out.Names = append(append([]string{}, list...), names[len(list):]...)
	entry.out.Types = append([]sqlType{}, types...)
}

// recursiveColumns settles the columns of a recursive item once its non-recursive term is known.
func (s *scope) recursiveColumns(left *SetOp, columns []setColumn) {
	leaf := left
	for leaf.Kind != SetLeaf {
		leaf = leaf.Left
	}
	names, _ := resultColumns(s.q.Rels[leaf.Rel].Query)
	var types []sqlType
	for _, c := range columns {
		t := c.e.Type()
		if t.OID == sqltypes.UnknownOID {
			t = sqltypes.T(sqltypes.TextOID)
		}
		types = append(types, t)
	}
	s.cteColumns(s.parentCTE, names, types)
	s.parentCTE.left = s.q.Rels[leaf.Rel].Query
}

// checkRecursiveTypes sees to it that the recursive term did not change the types the non-recursive term gave.
func (s *scope) checkRecursiveTypes(entry *cteEntry) {
	i := 0
	for _, t := range entry.out.Query.Targets {
		if t.Hidden {
			continue
		}
		if have, want := t.Expr.Type(), entry.out.Types[i]; have != want {
			s.raise(s.errorAt(pgerror.DatatypeMismatch, exprAt(t.Expr), "recursive query \"%s\" column %d has type %s in non-recursive term but type %s overall",
				entry.stmt.Name, i+1, s.cs.FormatColumnType(want), s.cs.FormatColumnType(have)).
				WithHint("Cast the output of the non-recursive term to the correct type."))
		}
		i++
	}
}

// cteReference binds a mention of a WITH item in FROM.
func (s *scope) cteReference(entry *cteEntry, level int, rv *parse.RangeVar) *item {
	out := entry.out
	self := out.Query == nil
	if !self && out.Query.Command != Select && len(out.Query.Returning) == 0 {
		s.fail(pgerror.FeatureNotSupported, rv.Pos(), "WITH query \"%s\" does not have a RETURNING clause", entry.stmt.Name)
	}
	if self {
		out.Recursive = true
	} else {
		out.References++
	}
	rel := &Rel{Kind: CTERel, Alias: aliasName(rv.Alias, rv.Name), CTE: entry.index, CTELevel: level}
	own := len(out.Names)
	if !self {
		own -= len(entry.addedNames)
	}
	rel.Names = append(slices.Clone(s.applyAlias(rv.Alias, rel.Alias, out.Names[:own], nil, rv.Pos())), entry.addedNames...)
	rel.Types = append(slices.Clone(out.Types[:own]), entry.addedTypes...)
	it := s.addRel(rel, rel.Names, rv.Alias != nil)
	it.info.relname = rv.Name
	for i := own; level > 0 && i < len(it.cols); i++ {
		it.cols[i].hidden = true // "*" does not mean the columns added, except beside the WITH clause
	}
	return it
}
