package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

const anonymous = "?column?"

// targetsMax is the most columns a result may have.
const targetsMax = 1664

// targetList binds a select list or RETURNING.
func (s *scope) targetList(list []*parse.ResTarget, k exprKind) (out []Target) {
	s.in(k, func() {
		for _, t := range list {
			if exprs, names, ok := s.expandStar(t.Value); ok {
				for i, e := range exprs {
					target := Target{Expr: e, Name: names[i]}
					s.findOrigin(&target, nil)
					out = append(out, target)
				}
				continue
			}
			e := s.expression(t.Value)
			name := t.Name
			if name == "" {
				name = s.columnName(t.Value)
			}
			target := Target{Expr: e, Name: name}
			s.findOrigin(&target, t.Value)
			out = append(out, target)
		}
	})
	if len(out) > targetsMax {
		s.fail(pgerror.TooManyColumns, -1, "target lists can have at most %d entries", targetsMax)
	}
	return out
}

// expandStar gives the columns that "*", "t.*" or "(row).*" stand for.
func (s *scope) expandStar(e parse.Expr) (exprs []expr.Expr, names []string, ok bool) {
	switch e := e.(type) {
	case *parse.ColumnRef:
		if !e.Star {
			return nil, nil, false
		}
		if len(e.Fields) == 0 {
			exprs, names = s.expandAll(e.Pos())
			return exprs, names, true
		}
		schema, rel, _ := s.splitColumn(e)
		it, level := s.findRelation(schema, rel, e.Pos())
		if it == nil {
			s.missingRelation(schema, rel, e.Pos())
		}
		exprs, names = s.expandItem(s.scopeAt(level), it, level, e.Pos())
		return exprs, names, true
	case *parse.Indirection:
		n := len(e.Steps) - 1
		if n < 0 || e.Steps[n].Kind != parse.StarStep {
			return nil, nil, false
		}
		row := s.expression(e.Arg)
		row = s.applySteps(row, e.Steps[:n], e.Pos())
		exprs, names = s.expandRow(row)
		return exprs, names, true
	}
	return nil, nil, false
}

func (s *scope) expandAll(at int) (exprs []expr.Expr, names []string) {
	found := false
	for _, it := range s.names {
		if !it.colsVisible {
			continue
		}
		found = true
		if it.info.access != nil {
			it.info.access.Select = true
		}
		e, n := s.expandItem(s, it, 0, at)
		exprs, names = append(exprs, e...), append(names, n...)
	}
	if !found {
		s.fail(pgerror.SyntaxError, at, "SELECT * with no tables specified is not valid")
	}
	return exprs, names
}

// expandRow gives the fields of a row value.
func (s *scope) expandRow(row expr.Expr) (exprs []expr.Expr, names []string) {
	if v, ok := row.(*expr.Var); ok && v.Column < 0 {
		p := s.scopeAt(v.Level)
		return s.expandItem(p, p.rels[v.Rel].item, v.Level, v.At)
	}
	fields, types, ok := s.rowColumns(row)
	if !ok {
		t := row.Type().OID
		if t == sqltypes.RecordOID {
			s.fail(pgerror.WrongObjectType, -1, "record type has not been registered")
		}
		s.fail(pgerror.WrongObjectType, -1, "type %s is not composite", s.typeName(t))
	}
	for i, n := range fields {
		if n == "" && s.isComposite(row.Type().OID) {
			continue
		}
		if r, isRow := row.(*expr.Row); isRow {
			exprs = append(exprs, r.Fields[i])
		} else {
			exprs = append(exprs, &expr.FieldSelect{Base: expr.Base{Typ: types[i], At: -1}, Arg: row, Field: i, Name: n})
		}
		names = append(names, n)
	}
	return exprs, names
}

// columnName is the name of an unnamed result column.
func (s *scope) columnName(e parse.Expr) string {
	name, strength := s.figure(e)
	if strength == 0 {
		return anonymous
	}
	return name
}

// IndexColumnName is what an index calls the column of an expression.
func IndexColumnName(e parse.Expr) string {
	name, strength := (&scope{}).figure(e)
	if strength == 0 {
		return "expr"
	}
	return name
}

// figureName is columnName where no sub-query can be.
func figureName(e parse.Expr) string { return (&scope{}).columnName(e) }

var valueFunctionNames = [...]string{
	parse.CurrentDate: "current_date", parse.CurrentTime: "current_time", parse.CurrentTimestamp: "current_timestamp",
	parse.LocalTime: "localtime", parse.LocalTimestamp: "localtimestamp", parse.CurrentRole: "current_role", parse.CurrentUser: "current_user",
	parse.User: "user", parse.SessionUser: "session_user", parse.CurrentCatalog: "current_catalog", parse.CurrentSchema: "current_schema",
}

// figure proposes a name: strength 2 is a good one, 1 a makeshift, 0 none.
func (s *scope) figure(e parse.Expr) (name string, strength int) {
	switch e := e.(type) {
	case *parse.ColumnRef:
		if n := len(e.Fields); n > 0 {
			return e.Fields[n-1], 2
		}
	case *parse.Indirection:
		for i := len(e.Steps) - 1; i >= 0; i-- {
			if e.Steps[i].Kind == parse.FieldStep {
				return e.Steps[i].Name, 2
			}
		}
		return s.figure(e.Arg)
	case *parse.FuncCall:
		return e.Name[len(e.Name)-1], 2
	case *parse.NullIfExpr:
		return "nullif", 2
	case *parse.TypeCast:
		if name, strength = s.figure(e.Arg); strength <= 1 && len(e.Type.Names) > 0 {
			return e.Type.Names[len(e.Type.Names)-1], 1
		}
		return name, strength
	case *parse.CollateClause:
		return s.figure(e.Arg)
	case *parse.GroupingFunc:
		return "grouping", 2
	case *parse.SubLink:
		return s.figureSubLink(e)
	case *parse.CaseExpr:
		if e.Else != nil {
			name, strength = s.figure(e.Else)
		}
		if strength <= 1 {
			return "case", 1
		}
		return name, strength
	}
	return figureConstructor(e)
}

func figureConstructor(e parse.Expr) (name string, strength int) {
	switch e := e.(type) {
	case *parse.ArrayExpr:
		return "array", 2
	case *parse.RowExpr:
		return "row", 2
	case *parse.CoalesceExpr:
		return "coalesce", 2
	case *parse.MinMaxExpr:
		if e.Greatest {
			return "greatest", 2
		}
		return "least", 2
	case *parse.SQLValueFunction:
		return valueFunctionNames[e.Func], 2
	case *parse.JSONObjectConstructor:
		return "json_object", 2
	case *parse.JSONArrayConstructor, *parse.JSONArrayQueryConstructor:
		return "json_array", 2
	case *parse.JSONObjectAgg:
		return "json_objectagg", 2
	case *parse.JSONArrayAgg:
		return "json_arrayagg", 2
	}
	return "", 0
}

func (s *scope) figureSubLink(e *parse.SubLink) (string, int) {
	switch e.Kind {
	case parse.ExistsSubLink:
		return "exists", 2
	case parse.ArraySubLink:
		return "array", 2
	case parse.ExprSubLink:
		if q := s.subQueries[e]; q != nil {
			if t := resultTarget(q, 0); t != nil {
				return t.Name, 2
			}
		}
	}
	return "", 0
}

// tableOIDColumn is the attribute number of tableoid.
const tableOIDColumn = -6

// findOrigin notes for a plain column which table column it is.
func (s *scope) findOrigin(t *Target, raw parse.Expr) {
	if _, ok := raw.(*parse.CollateClause); ok {
		return
	}
	if s.target != nil && s.target.view != nil {
		for i, c := range s.target.cols {
			if v, ok := t.Expr.(*expr.Var); t.Expr == c.expr || ok && v.Level == 0 && v.Rel == c.rel && v.Column == c.index {
				t.Table, t.Column = s.target.view.view.OID, int16(i+1)
				return
			}
		}
	}
	switch e := t.Expr.(type) {
	case *expr.Var:
		t.Table, t.Column = s.origin(e)
	case *expr.Const:
		if c, ok := raw.(*parse.ColumnRef); ok && e.Typ.OID == sqltypes.OIDOID && c.Fields[len(c.Fields)-1] == "tableoid" {
			t.Table, t.Column = oid(e.Value.Int()), tableOIDColumn
		}
	}
}

func (s *scope) origin(v *expr.Var) (oid, int16) {
	p := s.scopeAt(v.Level)
	if v.Rel >= len(p.rels) {
		return 0, 0
	}
	info := p.rels[v.Rel]
	if v.Column < 0 {
		return info.table, 0
	}
	switch rel := info.rel; rel.Kind {
	case TableRel:
		return info.table, rel.Table.Columns[v.Column].ID
	case SystemRel:
		return info.table, int16(v.Column + 1)
	case SubqueryRel:
		if info.table != 0 {
			return info.table, int16(v.Column + 1)
		}
		if t := resultTarget(rel.Query, v.Column); t != nil {
			return t.Table, t.Column
		}
	case JoinRel:
		if inner, ok := rel.JoinVars[v.Column].(*expr.Var); ok {
			return p.origin(inner)
		}
	case CTERel:
		c := p.scopeAt(rel.CTELevel).q.CTEs[rel.CTE]
		if c.Query != nil && v.Column < len(c.Names) {
			if t := resultTarget(c.Query, v.Column); t != nil {
				return t.Table, t.Column
			}
		}
	}
	return 0, 0
}

// resolveUnknownTargets makes untyped literals and parameters of a result text.
func (s *scope) resolveUnknownTargets(list []Target) {
	for i := range list {
		list[i].Expr = s.knownType(list[i].Expr)
	}
}
