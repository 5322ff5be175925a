package bind

import (
	"errors"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

func (a *analyzer) typeInfo(t oid) *catalog.TypeInfo { return a.Snapshot.Type(t) }

func (a *analyzer) typeKind(t oid) byte {
	if info := a.typeInfo(t); info != nil {
		return info.Kind
	}
	return 'b'
}

// typeName is format_type without a modifier, for messages.
func (a *analyzer) typeName(t oid) string { return a.cs.TypeName(t) }

func (a *analyzer) baseType(t sqlType) sqlType {
	o, mod := a.cs.BaseTypeMod(t.OID, t.Mod)
	return sqlType{OID: o, Mod: mod}
}

func (a *analyzer) elementOf(t oid) oid { return a.cs.ElementType(t) }

func (a *analyzer) arrayOf(t oid) oid { return a.cs.ArrayType(t) }

func (a *analyzer) proc(p oid) *catalog.Proc { return a.Snapshot.Proc(p) }

// isComposite tells a named row type.
func (a *analyzer) isComposite(t oid) bool { return a.cs.IsComposite(t) }

// isRowType tells any row type.
func (a *analyzer) isRowType(t oid) bool { return t == sqltypes.RecordOID || a.isComposite(t) }

func (a *analyzer) isCollatable(t oid) bool {
	info := a.typeInfo(t)
	return info != nil && info.Collation != 0
}

func (a *analyzer) schemaName(schema oid) string { return a.Snapshot.SchemaName(schema) }

func (a *analyzer) databaseName() string { return catalog.DatabaseName }

// checkCollation accepts the names of collations.
func (a *analyzer) checkCollation(name []string, at int) { a.collation(name, at) }

// collation finds a collation by its name.
func (a *analyzer) collation(name []string, at int) oid {
	schema, collation := "", name[len(name)-1]
	if len(name) > 1 {
		schema = name[len(name)-2]
		if a.Snapshot.SchemaByName(schema) == nil {
			a.fail(pgerror.UndefinedSchema, at, "schema \"%s\" does not exist", schema)
		}
	}
	if schema == "" || schema == "pg_catalog" {
		for _, c := range a.data.Collations() {
			if c.Name == collation {
				return c.OID
			}
		}
	}
	text := name[0]
	for _, n := range name[1:] {
		text += "." + n
	}
	a.fail(pgerror.UndefinedObject, at, "collation \"%s\" for encoding \"UTF8\" does not exist", text)
	return 0
}

// isUndefinedFunction tells "there is no such function" from the other ways a call can fail to be resolved.
func isUndefinedFunction(err error) bool {
	var e *pgerror.Error
	return errors.As(err, &e) && e.Code == pgerror.UndefinedFunction
}

// relationOID finds a relation by name without complaint: 0 when there is none.
func (a *analyzer) relationOID(schema, name string) oid { return a.cs.FindRelation(schema, name) }

// lookupRelation finds a relation that must exist; exactly one of the results is set.
func (s *scope) lookupRelation(rv *parse.RangeVar) (*catalog.Table, *catalog.System) {
	if rv.Catalog != "" && rv.Catalog != s.databaseName() {
		s.fail(pgerror.FeatureNotSupported, rv.Pos(), "cross-database references are not implemented: \"%s.%s.%s\"", rv.Catalog, rv.Schema, rv.Name)
	}
	table, system, err := s.cs.ResolveTable(rv.Schema, rv.Name)
	if err == nil {
		return table, system
	}
	e := *pgerror.From(err)
	if e.Code == pgerror.UndefinedTable && rv.Schema == "" && s.futureCTE(rv.Name) {
		e.WithDetail("There is a WITH item named \"%s\", but it cannot be referenced from this part of the query.", rv.Name)
		e.WithHint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references.")
	}
	s.check(&e, rv.Pos())
	return nil, nil
}

func (a *analyzer) systemByOID(relation oid) *catalog.System {
	system, ok := catalog.SystemRelation(relation)
	if !ok {
		return nil
	}
	return system
}

func (a *analyzer) systemColumns(t *catalog.System) (names []string, types []sqlType) {
	for i := range t.Columns {
		names, types = append(names, t.Columns[i].Name), append(types, t.Columns[i].Type)
	}
	return names, types
}

// sortable tells whether values of the type have an order.
func (a *analyzer) sortable(t oid) bool { return a.cs.DefaultOrdering(t).Less != 0 }

// parseText is a type's input function; at is where the text stands.
func (a *analyzer) parseText(t sqlType, text string, at int) sqltypes.Datum {
	if isReg(t.OID) {
		value, err := a.cs.ParseReg(t.OID, text, a.warnAt(at))
		if err != nil {
			e := *pgerror.From(err)
			e.Position = 0 // one within the text
			a.check(&e, at)
		}
		return sqltypes.Int(int64(value))
	}
	if a.typeKind(t.OID) == 'c' {
		return a.parseRow(t.OID, text, at)
	}
	var format *sqltypes.Format
	if a.Session != nil {
		format = a.Session.Format
	}
	d, err := expr.ParseText(t, text, format)
	a.check(err, at)
	return d
}

// isReg tells the types that are OIDs written as names.
func isReg(t oid) bool {
	switch t {
	case sqltypes.RegProcOID, sqltypes.RegProcedureOID, sqltypes.RegOperOID, sqltypes.RegOperatorOID, sqltypes.RegClassOID,
		sqltypes.RegTypeOID, sqltypes.RegConfigOID, sqltypes.RegDictionaryOID, sqltypes.RegNamespaceOID, sqltypes.RegRoleOID, sqltypes.RegCollationOID:
		return true
	}
	return false
}

// parseExpr reads the SQL text of an expression.
func (a *analyzer) parseExpr(text string) parse.Expr {
	e, err := parse.ParseExpr(text)
	a.check(err, -1)
	return e
}

// viewsMax is how deep views may be built on views.
const viewsMax = 100

// view adds a view as the sub-query it stands for. What it reads is checked with the rights of its owner.
func (s *scope) view(t *catalog.Table, alias *parse.Alias, at int) *item {
	for _, v := range s.views {
		if v == t.OID {
			s.fail(pgerror.InvalidObjectDefinition, -1, "infinite recursion detected in rules for relation \"%s\"", t.Name)
		}
	}
	access := s.newAccess(t.OID, s.schemaName(t.Schema), t.Name)
	n := s.nested(t.View)
	n.views = append(append([]oid(nil), s.views...), t.OID)
	if len(n.views) > viewsMax {
		s.fail(pgerror.StatementTooComplex, -1, "stack depth limit exceeded")
	}
	if !hasOption(t.ViewOptions, "security_invoker") {
		n.asUser = t.Owner
	}
	stmts, err := parse.Parse(t.View)
	s.check(err, -1)
	c := n.scope(nil)
	c.resolveUnknowns = true
	query := stmts[0].Stmt.(*parse.SelectStmt)
	q := c.selectStatement(query)
	rel := &Rel{Kind: SubqueryRel, View: true, Alias: aliasName(alias, t.Name), Query: q}
	_, types := resultColumns(q)
	for i := range t.Columns {
		if i < len(types) {
			rel.Names, rel.Types = append(rel.Names, t.Columns[i].Name), append(rel.Types, types[i])
		}
	}
	it := s.addRel(rel, s.applyAlias(alias, rel.Alias, rel.Names, nil, at), alias != nil)
	it.info.relname, it.info.table, it.info.rowOID, it.info.schema = t.Name, t.OID, t.RowType, access.Schema
	it.info.access, it.info.inner = access, c
	return it
}

// sequenceView is a sequence as the one row that PostgreSQL shows of it.
func (s *scope) sequenceView(t *catalog.Table) *catalog.Table {
	v := *t
	v.View = "SELECT coalesce(last_value, start_value), 0::pg_catalog.int8, last_value IS NOT NULL FROM pg_catalog.pg_sequences WHERE schemaname = " +
		catalog.QuoteLiteral(s.schemaName(t.Schema)) + " AND sequencename = " + catalog.QuoteLiteral(t.Name)
	v.Columns = nil
	for i, c := range []struct {
		name string
		typ  oid
	}{{"last_value", sqltypes.Int8OID}, {"log_cnt", sqltypes.Int8OID}, {"is_called", sqltypes.BoolOID}} {
		v.Columns = append(v.Columns, catalog.Column{ID: int16(i + 1), Name: c.name, Type: sqltypes.T(c.typ), NotNull: true})
	}
	return &v
}

func hasOption(list []string, name string) bool {
	for _, o := range list {
		key, value, _ := strings.Cut(o, "=")
		if key == name && (value == "" || value == "true" || value == "on" || value == "1") {
			return true
		}
	}
	return false
}
