package plan

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// modify plans INSERT, UPDATE and DELETE.
func (s *scope) modify() (Node, error) {
	if err := s.prepare(); err != nil {
		return nil, err
	}
	s.plan.Writes = true
	q := s.q
	r := q.Rels[q.Target]
	m := &Modify{Command: q.Command, Table: r.Table, Alias: r.Alias, Columns: q.Columns, Extra: len(r.Table.Columns)}
	var err error
	var child layout
	if q.Command == bind.Insert {
		m.Child, err = s.insertSource()
		child = layout{}
	} else {
		m.Child, child, err = s.targetRows(r)
	}
	if err != nil {
		return nil, err
	}
	fix := &fixer{scope: s}
	own := s.rowLayout(q.Target, 0, len(r.Table.Columns), layout{})
	if err := s.rules(m, fix, own); err != nil {
		return nil, err
	}
	for key, slot := range child {
		if key.rel != q.Target {
			own[key] = m.Extra + slot
		}
	}
	for _, t := range q.Returning {
		e, err := resolve(t.Expr, own)
		if err != nil {
			return nil, err
		}
		m.Returning = append(m.Returning, e)
		m.Cols = append(m.Cols, Column{Name: t.Name, Type: t.Expr.Type()})
	}
	m.Est = Estimate{Rows: 0}
	if m.Child != nil {
		m.Est = *m.Child.Estimate()
	}
	return m, fix.err
}

// rowLayout puts the columns of a relation at the slots from first on.
func (s *scope) rowLayout(rel, first, n int, l layout) layout {
	for i := range n {
		l[varKey{rel, i}] = first + i
	}
	return l
}

// rules resolves constraints, generated columns and ON CONFLICT over the rows of the table.
func (s *scope) rules(m *Modify, fix *fixer, own layout) error {
	q, n := s.q, len(m.Table.Columns)
	over := func(e expr.Expr, l layout) (expr.Expr, error) {
		if e == nil {
			return nil, nil
		}
		return resolve(expr.FoldLate(fix.rewrite(e), s.options.Session), l)
	}
	for _, c := range q.Checks {
		e, err := over(c.Expr, own)
		if err != nil {
			return err
		}
		c.Expr = e
		m.Checks = append(m.Checks, c)
	}
	for _, g := range q.Generated {
		e, err := over(g.Expr, own)
		if err != nil {
			return err
		}
		m.Generated = append(m.Generated, bind.Assignment{Column: g.Column, Expr: e})
	}
	for _, ix := range q.Rels[q.Target].Indexes {
		out := bind.IndexExprs{Keys: make([]expr.Expr, len(ix.Keys))}
		for i, e := range ix.Keys {
			var err error
			if out.Keys[i], err = over(overRel(e, q.Target), own); err != nil {
				return err
			}
		}
		var err error
		if out.Predicate, err = over(overRel(ix.Predicate, q.Target), own); err != nil {
			return err
		}
		m.Indexes = append(m.Indexes, out)
	}
	var err error
	if m.CopyWhere, err = over(q.CopyWhere, own); err != nil {
		return err
	}
	if q.OnConflict == nil {
		return nil
	}
	both := s.rowLayout(q.Target, 0, n, layout{})
	s.rowLayout(q.OnConflict.Excluded, n, n, both)
	c := &Conflict{DoUpdate: q.OnConflict.DoUpdate, Columns: q.OnConflict.Columns}
	if c.Arbiters, err = s.arbiters(fix); err != nil {
		return err
	}
	if c.Assign, err = resolveAll(q.OnConflict.Assign, both); err != nil {
		return err
	}
	c.Where, err = resolve(q.OnConflict.Where, both)
	m.Conflict = c
	return err
}

// insertSource plans the rows to insert: the values of Columns.
func (s *scope) insertSource() (Node, error) {
	q := s.q
	rel := &relation{node: &Result{Output: Output{Est: Estimate{Rows: 1, Total: cpuTupleCost}}}, layout: layout{}}
	if q.Source >= 0 {
		var err error
		if rel, err = s.from([]bind.JoinNode{bind.RelRef{Rel: q.Source}}, nil); err != nil {
			return nil, err
		}
	}
	exprs, err := resolveAll(q.Assign, rel.layout)
	if err != nil {
		return nil, err
	}
	return s.project(rel.node, exprs), nil
}

// targetRows plans the rows to update or delete: key, old row, assigned values, then everything else that was read.
func (s *scope) targetRows(r *bind.Rel) (Node, layout, error) {
	q := s.q
	s.needed[varKey{q.Target, rowKey}] = true
	for i, c := range r.Table.Columns {
		if !c.Dropped {
			s.needed[varKey{q.Target, i}] = true
		}
	}
	from := q.From
	if !holdsRel(from, q.Target) {
		from = append([]bind.JoinNode{bind.RelRef{Rel: q.Target}}, from...)
	}
	rel, err := s.from(from, q.Where)
	if err != nil {
		return nil, nil, err
	}
	key, err := resolve(&expr.Var{Base: expr.Base{Typ: sqltypes.T(sqltypes.ByteaOID)}, Rel: q.Target, Column: rowKey}, rel.layout)
	if err != nil {
		return nil, nil, err
	}
	exprs := []expr.Expr{key}
	for i, c := range r.Table.Columns {
		if c.Dropped {
			exprs = append(exprs, &expr.Const{Base: expr.Base{Typ: sqltypes.T(sqltypes.Int4OID)}})
			continue
		}
		exprs = append(exprs, slotOf(Column{Name: c.Name, Type: c.Type}, rel.layout[varKey{q.Target, i}]))
	}
	assign, err := resolveAll(q.Assign, rel.layout)
	if err != nil {
		return nil, nil, err
	}
	exprs = append(exprs, assign...)
	out := layout{}
	for k, slot := range rel.layout {
		if k.rel != q.Target {
			out[k] = len(exprs)
			exprs = append(exprs, slotOf(rel.node.Header()[slot], slot))
		}
	}
	return s.project(rel.node, exprs), out, nil
}

func holdsRel(list []bind.JoinNode, rel int) bool {
	for _, n := range list {
		if treeRels(n).has(rel) {
			return true
		}
	}
	return false
}
