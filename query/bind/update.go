package bind

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// hiddenFromFrom runs f while the written table cannot be referred to laterally.
func (s *scope) hiddenFromFrom(it *item, f func()) {
	it.lateralOnly, it.lateralOK = true, false
	f()
	it.lateralOnly, it.lateralOK = false, true
}

// update binds UPDATE.
func (s *scope) update(stmt *parse.UpdateStmt) *Query {
	q := s.q
	q.Command = Update
	s.with(stmt.With)
	it := s.writeTarget(stmt.Relation, stmt.Relation.Alias)
	it.need(func(a *Access) { a.Update = true })
	s.addNames(it, true, true)
	s.fromWith(it, stmt.From)
	q.Where = s.booleanClause(stmt.Where, kindWhere, "WHERE")
	s.returning(stmt.Returning)
	columns, exprs := s.assignments(stmt.Set)
	q.Columns, q.Assign = s.completeUpdate(columns, exprs)
	s.viewWhere()
	s.finishSelect()
	s.rules()
	return q
}

// fromWith binds FROM or USING beside the written table.
func (s *scope) fromWith(it *item, list []parse.TableRef) {
	s.hiddenFromFrom(it, func() {
		s.fromClause(list)
	})
}

// deleteFrom binds DELETE.
func (s *scope) deleteFrom(stmt *parse.DeleteStmt) *Query {
	q := s.q
	q.Command = Delete
	s.with(stmt.With)
	it := s.writeTarget(stmt.Relation, stmt.Relation.Alias)
	it.need(func(a *Access) { a.Delete = true })
	s.addNames(it, true, true)
	s.fromWith(it, stmt.Using)
	q.Where = s.booleanClause(stmt.Where, kindWhere, "WHERE")
	s.returning(stmt.Returning)
	s.viewWhere()
	return q
}

// viewWhere restricts a statement to the rows that the written view shows.
func (s *scope) viewWhere() {
	if v := s.target.view; v != nil && v.where != nil {
		for _, w := range localVars(v.where) {
			s.markRead(w.Rel, w.Column)
		}
		s.q.Where = conjunctionOf(s.q.Where, v.where)
	}
}

// setValue is a value of SET before it meets its column.
type setValue struct {
	target *parse.AssignTarget
	value  expr.Expr
}

// assignments binds a SET list: first all values, then their columns, as PostgreSQL does.
func (s *scope) assignments(set []*parse.Assignment) (columns []insertColumn, exprs []expr.Expr) {
	var values []setValue
	s.in(kindUpdateSource, func() {
		for _, a := range set {
			if a.Multi {
				values = append(values, s.multiAssign(a)...)
				continue
			}
			values = append(values, setValue{a.Targets[0], s.valueOrDefault(a.Value)})
		}
	})
	for _, v := range values {
		i := s.target.column(v.target.Name)
		if i < 0 {
			s.missingTarget(v.target)
		}
		c := insertColumn{index: s.target.cols[i].index, column: i, name: v.target.Name, steps: v.target.Steps, at: v.target.Pos()}
		columns = append(columns, c)
		exprs = append(exprs, s.assign(v.value, c, kindUpdateTarget))
		s.needColumn(s.target, i, func(a *Access, n int16) {
			a.Update = true
			a.Updates = addAttnum(a.Updates, n)
		})
	}
	return columns, exprs
}

func (s *scope) missingTarget(target *parse.AssignTarget) {
	s.fail(pgerror.UndefinedColumn, target.Pos(), "column \"%s\" of relation \"%s\" does not exist", target.Name, s.targetName())
}

func (s *scope) valueOrDefault(e parse.Expr) expr.Expr {
	if d, ok := e.(*parse.SetToDefault); ok {
		return &expr.Default{Base: expr.Base{Typ: sqltypes.T(sqltypes.UnknownOID), At: d.Pos()}}
	}
	return s.expression(e)
}

// multiAssign binds (a, b) = ROW(…) or (SELECT …).
func (s *scope) multiAssign(a *parse.Assignment) (out []setValue) {
	switch source := a.Value.(type) {
	case *parse.RowExpr:
		var fields []expr.Expr
		for _, f := range source.Fields {
			if exprs, _, ok := s.expandStar(f); ok {
				fields = append(fields, exprs...)
			} else {
				fields = append(fields, s.valueOrDefault(f))
			}
		}
		if len(fields) != len(a.Targets) {
			s.fail(pgerror.SyntaxError, source.Pos(), "number of columns does not match number of values")
		}
		for i, t := range a.Targets {
			out = append(out, setValue{t, fields[i]})
		}
		return out
	case *parse.SubLink:
		if source.Kind == parse.ExprSubLink {
			return s.multiAssignQuery(a, source)
		}
	}
	s.fail(pgerror.FeatureNotSupported, rawAt(a.Value), "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
	return nil
}

// multiAssignQuery makes one row value of the sub-query, shared by the columns, which each take a field of it.
func (s *scope) multiAssignQuery(a *parse.Assignment, source *parse.SubLink) (out []setValue) {
	s.hasSubLinks = true
	wrapper := s.child()
	inner := wrapper.child()
	inner.resolveUnknowns = true
	q := inner.selectStatement(source.Select)
	names, types := resultColumns(q)
	if len(types) != len(a.Targets) {
		s.fail(pgerror.SyntaxError, source.Pos(), "number of columns does not match number of values")
	}
	it := wrapper.addSubquery(q, nil, false, "*SELECT*", -1)
	row := &expr.Row{Base: expr.Base{Typ: sqltypes.T(sqltypes.RecordOID), At: -1}, Names: names}
	for i := range types {
		row.Fields = append(row.Fields, wrapper.columnVar(wrapper, it, 0, i, -1))
	}
	wrapper.q.From = []JoinNode{RelRef{it.rel}}
	wrapper.q.Targets = []Target{{Expr: row, Name: "row"}}
	link := &expr.SubLink{Base: expr.Base{Typ: row.Typ, At: source.Pos()}, Kind: expr.ScalarLink, Query: wrapper.q}
	for i, t := range a.Targets {
		at := exprAt(resultTarget(q, i).Expr)
		out = append(out, setValue{t, &expr.FieldSelect{Base: expr.Base{Typ: types[i], At: at}, Arg: link, Field: i, Name: names[i]}})
	}
	return out
}

// completeUpdate applies DEFAULT and the rules of generated and identity columns.
func (s *scope) completeUpdate(columns []insertColumn, exprs []expr.Expr) (list []int, assign []expr.Expr) {
	t := s.table()
	for i, c := range columns {
		if at := slices.Index(list, c.index); at >= 0 {
			if both, ok := replaceOld(exprs[i], assign[at]); ok {
				assign[at] = both
				continue
			}
			s.fail(pgerror.SyntaxError, -1, "multiple assignments to same column \"%s\"", c.name)
		}
		list = append(list, c.index)
		assign = append(assign, exprs[i])
	}
	var outList []int
	var outAssign []expr.Expr
	for i, index := range list {
		e := assign[i]
		c := &t.Columns[index]
		if !isDefault(e) {
			s.refuseComputed(c)
		} else {
			if c.Generated != "" {
				continue
			}
			e = s.defaultOrNull(index)
		}
		outList, outAssign = append(outList, index), append(outAssign, e)
	}
	return outList, outAssign
}

// refuseComputed refuses a value for a column that computes its own.
func (s *scope) refuseComputed(c *catalog.Column) {
	detail := ""
	switch {
	case c.Identity == 'a':
		detail = "Column \"%s\" is an identity column defined as GENERATED ALWAYS."
	case c.Generated != "":
		detail = "Column \"%s\" is a generated column."
	default:
		return
	}
	s.raise(s.errorAt(pgerror.GeneratedAlways, -1, "column \"%s\" can only be updated to DEFAULT", c.Name).WithDetail(detail, c.Name))
}
