package bind

import (
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// onConflict binds ON CONFLICT. Only the target is in the namespace when it is called.
func (s *scope) onConflict(c *parse.OnConflictClause, it *item) {
	if c == nil {
		return
	}
	out := &OnConflict{DoUpdate: c.Update, Excluded: -1}
	s.q.OnConflict = out
	var excluded *item
	if c.Update {
		excluded = s.excluded()
		out.Excluded = excluded.rel
	}
	s.arbiter(c, out, it)
	if !c.Update {
		return
	}
	s.addNames(excluded, true, true)
	columns, exprs := s.assignments(c.Set)
	out.Where = s.booleanClause(c.Where, kindWhere, "WHERE")
	out.Columns, out.Assign = s.completeUpdate(columns, exprs)
	it.need(func(a *Access) { a.Update = true })
}

// excluded adds the row proposed for insertion, under the names that the target has.
func (s *scope) excluded() *item {
	t := s.table()
	target := s.q.Rels[s.q.Target]
	rel := &Rel{Kind: ResultRel, Alias: "excluded", Table: t, Names: target.Names, Types: target.Types}
	it := s.addRel(rel, rel.Names, true)
	it.names, it.cols = s.target.names, make([]column, len(s.target.cols))
	for i, c := range s.target.cols {
		switch {
		case c.expr != nil:
			c.expr = expr.Rewrite(c.expr, func(e expr.Expr) (expr.Expr, bool) {
				if v, ok := e.(*expr.Var); ok && v.Level == 0 && v.Rel == s.q.Target {
					out := *v
					out.Rel = it.rel
					return &out, true
				}
				return e, false
			})
		default:
			c.rel = it.rel
		}
		it.cols[i] = c
	}
	it.info.relname, it.info.table, it.info.rowOID = t.Name, t.OID, t.RowType
	return it
}

// arbiter binds what says which unique indexes' conflicts the clause is about.
func (s *scope) arbiter(c *parse.OnConflictClause, out *OnConflict, it *item) {
	if c.Infer == nil {
		if c.Update {
			s.raise(s.errorAt(pgerror.SyntaxError, c.Pos(), "ON CONFLICT DO UPDATE requires inference specification or constraint name").
				WithHint("For example, ON CONFLICT (column_name)."))
		}
		return
	}
	if c.Infer.Constraint != "" {
		s.arbiterConstraint(c.Infer.Constraint, out)
		return
	}
	infer := &Inference{}
	for _, e := range c.Infer.Elems {
		infer.Elems = append(infer.Elems, s.arbiterElement(c.Infer, e))
	}
	if c.Infer.Where != nil {
		infer.Where = s.expressionIn(c.Infer.Where, kindIndexPredicate) // of any type: it is compared with predicates, never computed
	}
	out.Infer = infer
}

func (s *scope) arbiterConstraint(name string, out *OnConflict) {
	t := s.table()
	constraint := t.ConstraintByName(name)
	if constraint == nil {
		s.fail(pgerror.UndefinedObject, -1, "constraint \"%s\" for table \"%s\" does not exist", name, t.Name)
	}
	index := t.IndexByOID(constraint.Index)
	if constraint.Kind != 'p' && constraint.Kind != 'u' || index == nil {
		s.fail(pgerror.WrongObjectType, -1, "constraint in ON CONFLICT clause has no associated index")
	}
	out.Arbiter = index
	for _, id := range constraint.Columns {
		s.rels[s.q.Target].access.Reads = addAttnum(s.rels[s.q.Target].access.Reads, id)
	}
}

// arbiterElement binds one column or expression of the conflict target.
func (s *scope) arbiterElement(infer *parse.InferClause, e *parse.IndexElem) InferenceElem {
	if e.Dir != parse.SortDefault {
		s.fail(pgerror.InvalidColumnReference, infer.Pos(), "ASC/DESC is not allowed in ON CONFLICT clause")
	}
	if e.Nulls != parse.NullsDefault {
		s.fail(pgerror.InvalidColumnReference, infer.Pos(), "NULLS FIRST/LAST is not allowed in ON CONFLICT clause")
	}
	raw := e.Expr
	if raw == nil {
		raw = &parse.ColumnRef{Loc: infer.Loc, Fields: []string{e.Name}}
	}
	out := InferenceElem{Expr: s.expressionIn(raw, kindIndexExpression)}
	if len(e.Collation) > 0 {
		out.Collation = s.collation(e.Collation, raw.Pos())
	}
	if len(e.OpClass) > 0 {
		out.Class = s.operatorClass(e.OpClass)
	}
	return out
}

// operatorClass finds a B-tree operator class by name.
func (s *scope) operatorClass(name []string) *catalog.OpClass {
	schema, class := "", name[len(name)-1]
	if len(name) > 1 {
		schema = name[len(name)-2]
		if s.Snapshot.SchemaByName(schema) == nil {
			s.fail(pgerror.UndefinedSchema, -1, "schema \"%s\" does not exist", schema)
		}
	}
	if schema == "" || schema == "pg_catalog" {
		if c := s.Snapshot.BtreeClass(class); c != nil {
			return c
		}
	}
	s.fail(pgerror.UndefinedObject, -1, "operator class \"%s\" does not exist for access method \"btree\"", strings.Join(name, "."))
	return nil
}

// indexExprs binds the expressions of a table's indexes; nil when there are none.
func (s *scope) indexExprs(t *catalog.Table) []IndexExprs {
	if !slices.ContainsFunc(t.Indexes, func(ix *catalog.Index) bool { return !ix.Plain() }) {
		return nil
	}
	out := make([]IndexExprs, len(t.Indexes))
	for i, ix := range t.Indexes {
		out[i].Keys = make([]expr.Expr, len(ix.Keys))
		for k, key := range ix.Keys {
			if key.Column == 0 {
				out[i].Keys[k] = s.storedExpr(key.Expr, t, nil, kindIndexExpression)
			}
		}
		if ix.Predicate != "" {
			out[i].Predicate = s.storedExpr(ix.Predicate, t, &boolType, kindIndexPredicate)
		}
	}
	return out
}
