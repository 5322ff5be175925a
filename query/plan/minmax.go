package plan

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// minMax makes of the aggregates of a query that asks for nothing but the least and greatest values of a table's columns sub-queries that read the first
// row in the order of an index. It must come before anything of the query is rewritten.
func (s *scope) minMax() {
	q := s.q
	if !q.Aggregates || len(q.GroupBy) > 0 || q.GroupingSets != nil || q.Having != nil || len(q.Windows) > 0 || q.SetReturning || len(q.Locks) > 0 ||
		len(q.From) != 1 || len(q.CTEs) > 0 || q.Where != nil && (hasSubLink(q.Where) || expr.ContainsVolatile(q.Where)) {
		return
	}
	rel, ok := asRef(q.From[0])
	if !ok || q.Rels[rel].Kind != bind.TableRel || len(q.Rels) != 1 {
		return
	}
	found := true
	targets := make([]bind.Target, len(q.Targets))
	for i, t := range q.Targets {
		t.Expr = expr.Rewrite(t.Expr, func(n expr.Expr) (expr.Expr, bool) {
			switch v := n.(type) {
			case *expr.Agg:
				link := s.endOf(v, rel)
				found = found && link != nil
				return link, true
			case *expr.Var:
				found = found && v.Level > 0
			case *expr.SubLink, *expr.Grouping:
				found = false
			}
			return n, !found
		})
		if !found {
			return
		}
		targets[i] = t
	}
	c := *q
	c.Targets, c.From, c.Where, c.Aggregates = targets, nil, nil, false
	s.q = &c
}

// endOf is the sub-query for one aggregate; nil when no index has its value at an end.
func (s *scope) endOf(a *expr.Agg, rel int) expr.Expr {
	if a.Name != "min" && a.Name != "max" || a.Level > 0 || len(a.Args) != 1 || a.Distinct || a.Filter != nil || len(a.OrderBy) > 0 || a.Within {
		return nil
	}
	at, ok := plainColumn(a.Args[0])
	if !ok || at.rel != rel || a.Args[0].Type().OID != a.Typ.OID {
		return nil
	}
	key := s.endKey(at)
	if key == nil {
		return nil
	}
	desc := a.Name == "max"
	one := &expr.Const{Base: expr.Base{Typ: sqltypes.T(sqltypes.Int8OID), At: -1}, Value: sqltypes.Int(1)}
	sub := &bind.Query{Rels: s.q.Rels, From: s.q.From, Where: relevel(1, 1).expression(s.q.Where, 0), Limit: one,
		Targets: []bind.Target{{Expr: a.Args[0], Name: a.Name}}, OrderBy: []bind.SortItem{{Desc: desc, NullsFirst: desc != key.NullsFirst}}}
	if !s.q.Rels[rel].Table.Columns[at.column].NotNull {
		there := &expr.NullTest{Base: expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}, Arg: a.Args[0], Not: true}
		sub.Where = conjunction(append(conjuncts(sub.Where), there))
	}
	return &expr.SubLink{Base: a.Base, Kind: expr.ScalarLink, Query: sub}
}

// endKey is the key of an index at whose ends the values of a column stand, among the rows that meet WHERE: the keys before it are fixed, and WHERE asks
// for nothing else. Nil: there is none.
func (s *scope) endKey(v varKey) *catalog.IndexKey {
	r := s.q.Rels[v.rel]
	table := r.Table
	fixed := map[int16]bool{}
	for _, c := range conjuncts(s.q.Where) {
		is, ok := operands{rel: v.rel, r: r}.comparison(c)
		switch {
		case !ok || is.kind != compares && is.kind != isNotNull:
			return nil
		case is.kind == compares && is.op == expr.EQ:
			fixed[table.Columns[is.column].ID] = true
		case is.column != v.column:
			return nil
		}
	}
	for _, ix := range table.Indexes {
		if !ix.Valid || !ix.Plain() {
			continue
		}
		used := 0
		for i, k := range ix.Keys {
			if k.Column == table.Columns[v.column].ID {
				if !fixed[k.Column] && used == len(fixed) {
					return &ix.Keys[i]
				}
				break
			}
			if !fixed[k.Column] {
				break
			}
			used++
		}
	}
	return nil
}
