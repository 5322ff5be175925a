package plan

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// arbiters are the unique indexes whose conflicts ON CONFLICT is about; none: all of them.
func (s *scope) arbiters(fix *fixer) ([]*catalog.Index, error) {
	c := s.q.OnConflict
	switch {
	case c.Arbiter != nil:
		return []*catalog.Index{c.Arbiter}, nil
	case c.Infer == nil:
		return nil, nil
	}
	elems := make([]bind.InferenceElem, len(c.Infer.Elems))
	for i, e := range c.Infer.Elems {
		elems[i] = e
		elems[i].Expr = expr.FoldLate(fix.rewrite(e.Expr), s.options.Session)
	}
	var where []expr.Expr
	if c.Infer.Where != nil {
		where = conjuncts(normalize(expr.FoldLate(fix.rewrite(c.Infer.Where), s.options.Session)))
	}
	var found []*catalog.Index
	for _, ix := range s.indexesOf(s.q.Target) {
		if ix.Unique && s.infers(ix, elems) && impliedBy(ix.predicate, where) {
			found = append(found, ix.Index)
		}
	}
	if len(found) == 0 {
		return nil, pgerror.New(pgerror.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
	}
	return found, nil
}

// infers tells whether an index has exactly the keys that are asked for.
func (s *scope) infers(ix *tableIndex, elems []bind.InferenceElem) bool {
	asked := make([]bool, len(ix.keys))
	for _, e := range elems {
		column := -1
		if v, ok := e.Expr.(*expr.Var); ok {
			column = v.Column
		}
		found := false
		for k := range ix.keys {
			if ix.same(k, column, e.Expr) && s.sortedBy(ix.keys[k].Type().OID, e) {
				found, asked[k] = true, true
			}
		}
		if !found {
			return false
		}
	}
	for _, a := range asked {
		if !a {
			return false
		}
	}
	return true
}

// sortedBy tells whether an index sorts values of a type by the collation and operator class that are asked for.
func (s *scope) sortedBy(t sqltypes.OID, e bind.InferenceElem) bool {
	snapshot := s.options.Snapshot
	if e.Collation != 0 && snapshot.Type(t).Collation != e.Collation {
		return false
	}
	own := snapshot.BtreeClassOf(t)
	return e.Class == nil || own != nil && own.Family == e.Class.Family && own.Input == e.Class.Input
}
