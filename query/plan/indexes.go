package plan

import (
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// tableIndex is an index as a relation of the query sees it.
type tableIndex struct {
	*catalog.Index
	keys      []expr.Expr // over the relation's Vars, relabelling aside
	columns   []int       // of the keys, then of the primary key, by which equal entries are ordered: indexes into Table.Columns, -1 for an expression
	predicate expr.Expr   // nil: none
}

// indexesOf are the indexes by which a table of the query may be read.
func (s *scope) indexesOf(rel int) []*tableIndex {
	if rel < len(s.indexes) && s.indexes[rel] != nil {
		return s.indexes[rel]
	}
	r := s.q.Rels[rel]
	fix := &fixer{scope: s}
	own := func(e expr.Expr) expr.Expr {
		return expr.FoldLate(fix.rewrite(overRel(e, rel)), s.options.Session)
	}
	list := make([]*tableIndex, 0, len(r.Table.Indexes))
	for n, ix := range r.Table.Indexes {
		if !ix.Valid {
			continue
		}
		t := &tableIndex{Index: ix, keys: make([]expr.Expr, 0, len(ix.Keys)), columns: make([]int, 0, len(ix.Keys)+1)}
		for i, k := range ix.Keys {
			column := columnIndex(r.Table, k.Column)
			t.columns = append(t.columns, column)
			if column >= 0 {
				t.keys = append(t.keys, &expr.Var{Base: expr.Base{Typ: r.Types[column], At: -1}, Rel: rel, Column: column, Name: r.Table.Columns[column].Name})
			} else {
				t.keys = append(t.keys, unrelabelled(own(r.Indexes[n].Keys[i])))
			}
		}
		if r.Indexes != nil && r.Indexes[n].Predicate != nil {
			t.predicate = normalize(own(r.Indexes[n].Predicate))
		}
		if fix.err == nil {
			list = append(list, t)
		}
	}
	if primary := r.Table.PrimaryKey(); primary != nil {
		for _, t := range list {
			for _, k := range primary.Keys {
				if !t.Primary {
					t.columns = append(t.columns, columnIndex(r.Table, k.Column))
				}
			}
		}
	}
	for len(s.indexes) < len(s.q.Rels) {
		s.indexes = append(s.indexes, nil)
	}
	s.indexes[rel] = list
	return list
}

// indexOf is an index of the table as the relation sees it; nil for none.
func (s *scope) indexOf(rel int, ix *catalog.Index) *tableIndex {
	for _, t := range s.indexesOf(rel) {
		if t.Index == ix {
			return t
		}
	}
	return nil
}

// nullsFirst tells where the NULLs of a key, or of the primary key's columns behind it, stand.
func (t *tableIndex) nullsFirst(key int) bool {
	return key < len(t.keys) && !t.Primary && t.Keys[key].NullsFirst
}

// overRel turns an expression over entry 0 into one over another relation.
func overRel(e expr.Expr, rel int) expr.Expr {
	return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
		if v, ok := n.(*expr.Var); ok && v.Level == 0 && v.Rel != rel {
			c := *v
			c.Rel = rel
			return &c, true
		}
		return n, false
	})
}

// same tells whether a key of the index is a column (-1: none) or an expression.
func (t *tableIndex) same(key, column int, e expr.Expr) bool {
	if t.columns[key] >= 0 {
		return t.columns[key] == column
	}
	return expr.Equal(t.keys[key], unrelabelled(e))
}

// hasExpressions tells whether any of the indexes is over an expression.
func hasExpressions(list []*tableIndex) bool {
	for _, t := range list {
		for _, c := range t.columns {
			if c < 0 {
				return true
			}
		}
	}
	return false
}

func columnIndex(t *catalog.Table, id int16) int {
	for i := range t.Columns {
		if t.Columns[i].ID == id && id != 0 {
			return i
		}
	}
	return -1
}
