package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
)

// fuzzy gathers the best spellings for a column nobody knows, as PostgreSQL's FuzzyAttrMatchState does.
type fuzzy struct {
	distance      int
	first, second *suggestion
	exact         []*relInfo
}

type suggestion struct {
	info *relInfo
	name string
}

const fuzzyMax = 3

// missingColumn ends the analysis: qualifier (which may be "") has no column of that name. It suggests others.
func (s *scope) missingColumn(qualifier, name string, at int) {
	f := &fuzzy{distance: fuzzyMax + 1}
	for p := s; p != nil; p = p.parent {
		for _, info := range p.rels {
			if info.rel.Kind != JoinRel {
				f.consider(info, qualifier, name)
			}
		}
	}
	e := s.errorAt(pgerror.UndefinedColumn, at, "column \"%s\" does not exist", name)
	if qualifier != "" {
		e = s.errorAt(pgerror.UndefinedColumn, at, "column %s.%s does not exist", qualifier, name)
	}
	switch {
	case len(f.exact) > 1:
		e.WithDetail("There are columns named \"%s\", but they are in tables that cannot be referenced from this part of the query.", name)
		if qualifier == "" {
			e.WithHint("Try using a table-qualified name.")
		}
	case len(f.exact) == 1:
		x := f.exact[0]
		e.WithDetail("There is a column named \"%s\" in table \"%s\", but it cannot be referenced from this part of the query.", name, x.item.alias)
		if s.visibleIfLateral(x) {
			e.WithHint("To reference that column, you must mark this subquery with LATERAL.")
		} else if qualifier == "" && s.visibleIfQualified(x) {
			e.WithHint("To reference that column, you must use a table-qualified name.")
		}
	case f.first != nil && f.second != nil:
		e.WithHint("Perhaps you meant to reference the column \"%s.%s\" or the column \"%s.%s\".",
			f.first.info.item.alias, f.first.name, f.second.info.item.alias, f.second.name)
	case f.first != nil:
		e.WithHint("Perhaps you meant to reference the column \"%s.%s\".", f.first.info.item.alias, f.first.name)
	}
	s.raise(e)
}

// visibleIfLateral tells whether marking a sub-query LATERAL would make the entry visible.
func (s *scope) visibleIfLateral(info *relInfo) bool {
	return !s.lateralActive && s.anyItem(info, func(p *scope, it *item) bool { return it.lateralOnly && it.lateralOK && !p.lateralActive })
}

func (s *scope) visibleIfQualified(info *relInfo) bool {
	return s.anyItem(info, func(_ *scope, it *item) bool { return it.relVisible && !it.colsVisible })
}

func (s *scope) anyItem(info *relInfo, ok func(p *scope, it *item) bool) bool {
	for p := s; p != nil; p = p.parent {
		for _, it := range p.names {
			if it.info == info {
				return ok(p, it)
			}
		}
	}
	return false
}

func (f *fuzzy) consider(info *relInfo, qualifier, name string) {
	penalty := 0
	if qualifier != "" {
		penalty = levenshtein(qualifier, info.item.alias)
	}
	for i, n := range info.item.names {
		if info.item.cols[i].dropped {
			continue
		}
		if n == name && penalty == 0 {
			if len(f.exact) < 2 {
				f.exact = append(f.exact, info)
			}
			return
		}
		f.update(penalty, info, n, name)
	}
}

func (f *fuzzy) update(penalty int, info *relInfo, actual, match string) {
	if penalty > f.distance || actual == "" {
		return
	}
	d := levenshtein(actual, match)
	if d > len(match)/2 {
		return
	}
	d += penalty
	switch {
	case d < f.distance:
		f.distance, f.first, f.second = d, &suggestion{info, actual}, nil
	case d > f.distance:
	case f.second != nil:
		f.first, f.second = nil, nil
	case f.first != nil:
		f.second = &suggestion{info, actual}
	}
}

// levenshtein is the edit distance of two names, counted in characters.
func levenshtein(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(y)]
}

// missingRelation ends the analysis: nothing in FROM goes by that name.
func (s *scope) missingRelation(schema, name string, at int) {
	info := s.searchRelation(schema, name)
	if info == nil {
		s.fail(pgerror.UndefinedTable, at, "missing FROM-clause entry for table \"%s\"", name)
	}
	e := s.errorAt(pgerror.UndefinedTable, at, "invalid reference to FROM-clause entry for table \"%s\"", name)
	if info.hasAlias && info.item.alias != name {
		if it, _ := s.findRelation("", info.item.alias, at); it != nil && it.info == info {
			s.raise(e.WithHint("Perhaps you meant to reference the table alias \"%s\".", info.item.alias))
		}
	}
	e.WithDetail("There is an entry for table \"%s\", but it cannot be referenced from this part of the query.", info.item.alias)
	if s.visibleIfLateral(info) {
		e.WithHint("To reference that table, you must mark this subquery with LATERAL.")
	}
	s.raise(e)
}

// searchRelation looks for an entry by its table's own name or its alias, visible or not.
func (s *scope) searchRelation(schema, name string) *relInfo {
	var table oid
	var cte *cteEntry
	if schema == "" {
		cte, _ = s.findCTE(name)
	}
	if cte == nil {
		table = s.relationOID(schema, name)
	}
	for p, level := s, 0; p != nil; p, level = p.parent, level+1 {
		for _, info := range p.rels {
			switch {
			case info.rel.Kind == JoinRel && !info.hasAlias:
				continue
			case table != 0 && info.table == table:
				return info
			case cte != nil && info.rel.Kind == CTERel && info.relname == name:
				return info
			case info.item.alias == name:
				return info
			}
		}
	}
	return nil
}
