package bind

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// viewInfo is what the item of a written view remembers beyond that of the table beneath it.
type viewInfo struct {
	view   *catalog.Table
	access *Access
	where  expr.Expr // what the view, and the views beneath it, select; nil: everything
	checks []Check   // of WITH CHECK OPTION
}

var writeWords = [...]struct{ refusal, wish, event string }{
	Insert: {"cannot insert into view \"%s\"", "inserting into", "INSERT"},
	Update: {"cannot update view \"%s\"", "updating", "UPDATE"},
	Delete: {"cannot delete from view \"%s\"", "deleting from", "DELETE"},
}

// refuseView ends the analysis: a view of this kind cannot be written through.
func (s *scope) refuseView(t *catalog.Table, detail string) {
	w := writeWords[s.q.Command]
	s.raise(s.errorAt(pgerror.ObjectNotInPrerequisiteState, -1, w.refusal, t.Name).WithDetail("%s", detail).
		WithHint("To enable %s the view, provide an INSTEAD OF %s trigger or an unconditional ON %s DO INSTEAD rule.", w.wish, w.event, w.event))
}

// viewTarget adds the table beneath a simple view as the table to write, under the names of the view.
func (s *scope) viewTarget(t *catalog.Table, alias *parse.Alias) *item {
	for _, v := range s.views {
		if v == t.OID {
			s.fail(pgerror.InvalidObjectDefinition, -1, "infinite recursion detected in rules for relation \"%s\"", t.Name)
		}
	}
	info := &viewInfo{view: t, access: s.newAccess(t.OID, s.schemaName(t.Schema), t.Name)}
	stmts, err := parse.Parse(t.View)
	s.check(err, -1)
	stmt := stmts[0].Stmt.(*parse.SelectStmt)
	s.simpleView(t, stmt)
	n := s.nested(t.View)
	n.views = append(append([]oid(nil), s.views...), t.OID)
	if !hasOption(t.ViewOptions, "security_invoker") {
		n.asUser = t.Owner
	}
	c := n.scope(nil)
	c.q = s.q
	rv := stmt.From[0].(*parse.RangeVar)
	base := c.writeTarget(rv, rv.Alias)
	c.addNames(base, true, true)
	targets := c.targetList(stmt.Targets, kindSelectTarget)
	info.where = c.booleanClause(stmt.Where, kindWhere, "WHERE")
	switch {
	case c.hasAggs:
		s.refuseView(t, "Views that return aggregate functions are not automatically updatable.")
	case c.hasWindows:
		s.refuseView(t, "Views that return window functions are not automatically updatable.")
	case c.hasSRF:
		s.refuseView(t, "Views that return set-returning functions are not automatically updatable.")
	}
	s.rels = c.rels
	it := s.viewItem(t, alias, base, targets, info)
	info.checks = checkOption(t, base, info.where)
	if base.view != nil && base.view.where != nil {
		info.where = conjunctionOf(info.where, base.view.where)
	}
	return it
}

// simpleView refuses views whose rows are not rows of one table, as far as the text tells.
func (s *scope) simpleView(t *catalog.Table, stmt *parse.SelectStmt) {
	single := false
	if len(stmt.From) == 1 {
		_, single = stmt.From[0].(*parse.RangeVar)
	}
	for _, c := range []struct {
		bad    bool
		detail string
	}{
		{stmt.Distinct || stmt.DistinctOn != nil, "Views containing DISTINCT"},
		{stmt.GroupBy != nil, "Views containing GROUP BY"},
		{stmt.Having != nil, "Views containing HAVING"},
		{stmt.Op != parse.SetNone, "Views containing UNION, INTERSECT, or EXCEPT"},
		{stmt.With != nil, "Views containing WITH"},
		{stmt.Limit != nil || stmt.Offset != nil, "Views containing LIMIT or OFFSET"},
		{!single, "Views that do not select from a single table or view"},
	} {
		if c.bad {
			s.refuseView(t, c.detail+" are not automatically updatable.")
		}
	}
}

// viewItem is the written table as the view shows it.
func (s *scope) viewItem(t *catalog.Table, alias *parse.Alias, base *item, targets []Target, info *viewInfo) *item {
	it := &item{rel: base.rel, info: base.info, alias: aliasName(alias, t.Name), view: info}
	updatable := false
	for i := range t.Columns {
		c := column{rel: -1, index: -1, typ: targets[i].Expr.Type(), expr: targets[i].Expr}
		if v, ok := targets[i].Expr.(*expr.Var); ok && v.Level == 0 && v.Column >= 0 {
			c = column{rel: v.Rel, index: v.Column, typ: v.Typ}
			updatable = true
		}
		it.names, it.cols = append(it.names, t.Columns[i].Name), append(it.cols, c)
	}
	if !updatable && s.q.Command != Delete {
		s.refuseView(t, "Views that have no updatable columns are not automatically updatable.")
	}
	it.info.item, it.info.hasAlias = it, alias != nil
	it.info.table, it.info.relname, it.info.schema = t.OID, t.Name, info.access.Schema
	s.q.Rels[it.rel].Alias = it.alias
	return it
}

// checkOption is what WITH CHECK OPTION demands of rows written through the view. CASCADED extends it to the views beneath.
func checkOption(t *catalog.Table, base *item, where expr.Expr) (list []Check) {
	cascaded := false
	for _, o := range t.ViewOptions {
		switch name, value, _ := strings.Cut(o, "="); {
		case name == "check_option" && where != nil:
			list = append(list, Check{Name: t.Name, Expr: where, View: true})
			cascaded = value == "cascaded"
		case name == "check_option":
			cascaded = value == "cascaded"
		}
	}
	if base.view == nil {
		return list
	}
	if cascaded && base.view.where != nil {
		return append(list, Check{Name: base.view.view.Name, Expr: base.view.where, View: true})
	}
	return append(list, base.view.checks...)
}

func conjunctionOf(list ...expr.Expr) expr.Expr {
	var have []expr.Expr
	for _, e := range list {
		if e != nil {
			have = append(have, e)
		}
	}
	if len(have) == 0 {
		return nil
	}
	return conjunction(have)
}

// need notes rights on the written table and, when it is written through views, on the outermost view.
func (it *item) need(f func(a *Access)) {
	f(it.info.access)
	if it.view != nil {
		f(it.view.access)
	}
}

// needColumn notes a right on column i of an item: by the table's attribute number, and by the view's.
func (s *scope) needColumn(it *item, i int, f func(a *Access, attnum int16)) {
	if c := it.cols[i]; c.index >= 0 {
		f(it.info.access, s.attnum(c.index))
	}
	if it.view != nil {
		f(it.view.access, int16(i+1))
	}
}

// refuseViewColumn refuses to write a column that a view computes.
func (s *scope) refuseViewColumn(name string) {
	verb := "update column"
	if s.q.Command == Insert {
		verb = "insert into column"
	}
	s.raise(s.errorAt(pgerror.FeatureNotSupported, -1, "cannot %s \"%s\" of view \"%s\"", verb, name, s.target.view.view.Name).
		WithDetail("View columns that are not columns of their base relation are not updatable."))
}

// raiseLevels rewrites an expression of this level as it stands level queries further in.
func raiseLevels(e expr.Expr, level int) expr.Expr {
	if level == 0 {
		return e
	}
	return lowerLevels(e, -level)
}

// viewRow is the whole row of a written view.
func (s *scope) viewRow(p *scope, it *item, level, at int) expr.Expr {
	row := &expr.Row{Base: expr.Base{Typ: sqltypes.T(it.view.view.RowType), At: at}, Names: it.names}
	for i := range it.cols {
		row.Fields = append(row.Fields, s.columnVar(p, it, level, i, at))
	}
	return row
}
