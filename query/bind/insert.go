package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// writeTarget adds the table that a statement writes as the first range-table entry.
func (s *scope) writeTarget(rv *parse.RangeVar, alias *parse.Alias) *item {
	table, system := s.lookupRelation(rv)
	var it *item
	switch {
	case system != nil:
		word := "table"
		if system.Kind == 'v' {
			word = "view"
		}
		s.fail(pgerror.InsufficientPrivilege, -1, "permission denied for %s %s", word, system.Name)
	case table.Kind == catalog.KindSequence:
		s.fail(pgerror.WrongObjectType, -1, "cannot change sequence \"%s\"", table.Name)
	case table.Kind == catalog.KindView:
		it = s.viewTarget(table, alias)
	default:
		it = s.addTable(table, alias, rv.Pos())
		s.q.Rels[it.rel].Indexes = s.indexExprs(table)
	}
	s.q.Target, s.target = it.rel, it
	return it
}

// insertColumn is a column that is written, by its index in the table and in the item (which differ for a view).
type insertColumn struct {
	index  int
	column int
	name   string
	steps  []parse.IndirectionStep
	at     int
}

// insert binds INSERT.
func (s *scope) insert(stmt *parse.InsertStmt) *Query {
	q := s.q
	q.Command = Insert
	s.with(stmt.With)
	it := s.writeTarget(stmt.Relation, stmt.Relation.Alias)
	it.need(func(a *Access) { a.Insert = true })
	columns := s.insertColumns(stmt, it)
	for _, c := range columns {
		s.needColumn(it, c.column, func(a *Access, n int16) { a.Inserts = addAttnum(a.Inserts, n) })
	}
	columns, row := joinParts(columns, s.insertSource(stmt, columns))
	s.addNames(it, true, true)
	s.onConflict(stmt.OnConflict, it)
	s.names = nil
	s.addNames(it, true, true)
	s.returning(stmt.Returning)
	s.completeInsert(stmt, columns, row)
	s.rules()
	s.copyWhere()
	return q
}

// copyWhere binds the condition of COPY FROM. The columns it reads need no right of their own.
func (s *scope) copyWhere() {
	if s.CopyWhere == nil {
		return
	}
	a := *s.analyzer
	a.shared = &shared{functions: s.functions}
	n := a.scope(nil)
	n.addNames(n.addTable(s.table(), nil, -1), true, true)
	s.q.CopyWhere = n.booleanClause(s.CopyWhere, kindCopyWhere, "WHERE")
	s.functions = a.functions
	for _, v := range localVars(s.q.CopyWhere) {
		if c := s.table().Columns; v.Column >= 0 && c[v.Column].Generated != "" {
			s.raise(pgerror.New(pgerror.InvalidColumnReference, "generated columns are not supported in COPY FROM WHERE conditions").
				WithDetail("Column \"%s\" is a generated column.", c[v.Column].Name))
		}
	}
}

func (s *scope) table() *catalog.Table { return s.q.Rels[s.q.Target].Table }

func (s *scope) attnum(index int) int16 { return s.table().Columns[index].ID }

// insertColumns are the columns named, or all of them.
func (s *scope) insertColumns(stmt *parse.InsertStmt, it *item) (list []insertColumn) {
	if len(stmt.Columns) == 0 {
		for i, name := range it.names {
			if !it.cols[i].dropped {
				list = append(list, insertColumn{index: it.cols[i].index, column: i, name: name, at: -1})
			}
		}
		return list
	}
	whole, part := map[int]bool{}, map[int]bool{}
	for _, c := range stmt.Columns {
		i := it.column(c.Name)
		if i < 0 {
			s.fail(pgerror.UndefinedColumn, c.Pos(), "column \"%s\" of relation \"%s\" does not exist", c.Name, s.targetName())
		}
		if whole[i] || len(c.Steps) == 0 && part[i] {
			s.fail(pgerror.DuplicateColumn, c.Pos(), "column \"%s\" specified more than once", c.Name)
		}
		whole[i], part[i] = len(c.Steps) == 0, true
		list = append(list, insertColumn{index: it.cols[i].index, column: i, name: c.Name, steps: c.Steps, at: c.Pos()})
	}
	return list
}

// column is the index of a live column by its name, -1 when there is none.
func (it *item) column(name string) int {
	for i, n := range it.names {
		if n == name && !it.cols[i].dropped {
			return i
		}
	}
	return -1
}

// targetName is the name of the relation the statement writes.
func (s *scope) targetName() string {
	if s.target.view != nil {
		return s.target.view.view.Name
	}
	return s.table().Name
}

// insertRow is what an INSERT gives its columns: one row of expressions, over the source.
type insertRow struct {
	exprs []expr.Expr
	// values are the rows of VALUES; nil for other sources.
	values [][]expr.Expr
}

// insertSource binds what the rows come from.
func (s *scope) insertSource(stmt *parse.InsertStmt, columns []insertColumn) insertRow {
	sel := stmt.Select
	switch {
	case sel == nil:
		return insertRow{}
	case sel.Values == nil || sel.OrderBy != nil || sel.Limit != nil || sel.Offset != nil || sel.Locking != nil || sel.With != nil:
		return s.insertSelect(stmt, columns)
	}
	kind := kindValues
	if len(sel.Values) == 1 {
		kind = kindValuesSingle
	}
	var rows [][]expr.Expr
	for _, raw := range sel.Values {
		row := s.valuesRows([][]parse.Expr{raw}, kind, false)[0]
		if len(rows) > 0 && len(row) != len(rows[0]) {
			s.fail(pgerror.SyntaxError, exprListAt(row), "VALUES lists must all be the same length")
		}
		rows = append(rows, s.assignRow(row, columns, len(stmt.Columns) > 0))
	}
	return insertRow{values: rows, exprs: rows[0]}
}

func (s *scope) insertSelect(stmt *parse.InsertStmt, columns []insertColumn) insertRow {
	c := s.child()
	q := c.selectStatement(stmt.Select)
	it := s.addSubquery(q, nil, false, "*SELECT*", -1)
	s.q.Source = it.rel
	var list []expr.Expr
	for i := range q.Targets {
		t := &q.Targets[i]
		if t.Hidden {
			continue
		}
		_, isConst := t.Expr.(*expr.Const)
		_, isParam := t.Expr.(*expr.Param)
		if t.Expr.Type().OID == sqltypes.UnknownOID && (isConst || isParam) {
			list = append(list, t.Expr)
			continue
		}
		list = append(list, s.columnVar(s, it, 0, len(list), exprAt(t.Expr)))
	}
	list = s.assignRow(list, columns, len(stmt.Columns) > 0)
	for i := range q.Targets { // untyped literals were copied; the column itself is read by nobody
		q.Targets[i].Expr = s.knownConst(q.Targets[i].Expr)
	}
	s.q.Rels[it.rel].Names, s.q.Rels[it.rel].Types = resultColumns(q)
	return insertRow{exprs: list}
}

// knownConst makes what is left untyped in a source text. Parameters got their type from the column they go to.
func (s *scope) knownConst(e expr.Expr) expr.Expr {
	if p, ok := e.(*expr.Param); ok && p.Typ.OID == sqltypes.UnknownOID {
		return &expr.Param{Base: expr.Base{Typ: sqltypes.T(s.params[p.Number-1]), At: p.At}, Number: p.Number}
	}
	return s.knownType(e)
}

// assignRow converts a row of values to the columns' types.
func (s *scope) assignRow(row []expr.Expr, columns []insertColumn, named bool) []expr.Expr {
	if len(row) > len(columns) {
		s.fail(pgerror.SyntaxError, exprAt(row[len(columns)]), "INSERT has more expressions than target columns")
	}
	if named && len(row) < len(columns) {
		e := s.errorAt(pgerror.SyntaxError, columns[len(row)].at, "INSERT has more target columns than expressions")
		if len(row) == 1 && s.rowWidth(row[0]) == len(columns) {
			e.WithHint("The insertion source is a row expression containing the same number of columns expected by the INSERT. Did you accidentally use extra parentheses?")
		}
		s.raise(e)
	}
	out := make([]expr.Expr, len(row))
	for i, e := range row {
		out[i] = s.assign(e, columns[i], kindInsertTarget)
	}
	return out
}

// rowWidth is the number of fields of a row value, -1 for other values.
func (s *scope) rowWidth(e expr.Expr) int {
	if row, ok := e.(*expr.Row); ok {
		return len(row.Fields)
	}
	if v, ok := e.(*expr.Var); ok && v.Typ.OID == sqltypes.RecordOID {
		if q := s.q.Rels[v.Rel].Query; q != nil {
			if row, ok := resultTarget(q, v.Column).Expr.(*expr.Row); ok {
				return len(row.Fields)
			}
		}
	}
	return -1
}

// assign converts a value to the type of the column it is assigned to. DEFAULT stays until the statement is complete.
func (s *scope) assign(e expr.Expr, c insertColumn, k exprKind) expr.Expr {
	if c.index < 0 {
		s.refuseViewColumn(c.name)
	}
	column := &s.table().Columns[c.index]
	if d, ok := e.(*expr.Default); ok {
		if len(c.steps) > 0 {
			what := "a subfield"
			if c.steps[0].Kind != parse.FieldStep {
				what = "an array element"
			}
			s.fail(pgerror.FeatureNotSupported, c.at, "cannot set %s to DEFAULT", what)
		}
		return &expr.Default{Base: expr.Base{Typ: column.Type, At: d.At}}
	}
	if len(c.steps) > 0 {
		return s.assignPart(e, c, column, k == kindUpdateTarget)
	}
	out := s.coerceToTarget(e, column.Type, coerceAssignment, expr.ImplicitCast, -1)
	if out == nil {
		s.raise(s.errorAt(pgerror.DatatypeMismatch, exprAt(e), "column \"%s\" is of type %s but expression is of type %s",
			c.name, s.typeName(column.Type.OID), s.typeName(e.Type().OID)).WithHint("You will need to rewrite or cast the expression."))
	}
	return out
}

// returning binds RETURNING.
func (s *scope) returning(list []*parse.ResTarget) {
	if len(list) == 0 {
		return
	}
	s.q.Returning = s.targetList(list, kindReturning)
	if len(s.q.Returning) == 0 {
		s.fail(pgerror.SyntaxError, rawAt(list[0].Value), "RETURNING must have at least one column")
	}
	if s.resolveUnknowns {
		s.resolveUnknownTargets(s.q.Returning)
	}
}

// completeInsert applies defaults and the rules of generated and identity columns, and settles how each column gets its value.
func (s *scope) completeInsert(stmt *parse.InsertStmt, columns []insertColumn, row insertRow) {
	q, t := s.q, s.table()
	given := map[int]int{}
	for i := range row.exprs {
		given[columns[i].index] = i
	}
	drop := map[int]bool{}
	var wanted []int // positions in the row whose value is used
	for index := range t.Columns {
		c := &t.Columns[index]
		i, ok := given[index]
		if c.Dropped || !ok {
			continue
		}
		if s.takesDefault(c, row, i, stmt.Overriding) {
			drop[index] = true
		} else {
			wanted = append(wanted, i)
		}
	}
	s.valuesSource(row, columns)
	for _, i := range wanted {
		q.Columns = append(q.Columns, columns[i].index)
		q.Assign = append(q.Assign, s.sourceValue(row, columns, i))
	}
	for index := range t.Columns {
		if _, ok := given[index]; t.Columns[index].Dropped || ok && !drop[index] {
			continue
		}
		if e := s.columnDefault(t, index); e != nil {
			q.Columns, q.Assign = append(q.Columns, index), append(q.Assign, e)
		}
	}
}

// takesDefault tells whether a column gets its default whatever the row says, and refuses values for columns that compute their own.
func (s *scope) takesDefault(c *catalog.Column, row insertRow, i int, overriding parse.Overriding) bool {
	all := row.onlyDefaults(i)
	refuse := func(detail string) *pgerror.Error {
		return s.errorAt(pgerror.GeneratedAlways, -1, "cannot insert a non-DEFAULT value into column \"%s\"", c.Name).WithDetail(detail, c.Name)
	}
	switch {
	case c.Generated != "":
		if !all {
			s.raise(refuse("Column \"%s\" is a generated column."))
		}
		return true
	case c.Identity == 'a' && overriding == parse.OverridingNone && !all:
		s.raise(refuse("Column \"%s\" is an identity column defined as GENERATED ALWAYS.").WithHint("Use OVERRIDING SYSTEM VALUE to override."))
	case c.Identity != 0 && overriding == parse.OverridingUser:
		return true
	}
	return all
}

func (r insertRow) onlyDefaults(i int) bool {
	if r.values == nil {
		return isDefault(r.exprs[i])
	}
	for _, row := range r.values {
		if !isDefault(row[i]) {
			return false
		}
	}
	return true
}

func isDefault(e expr.Expr) bool { _, ok := e.(*expr.Default); return ok }

// valuesSource adds the rows of VALUES as a range-table entry, DEFAULT replaced by what it stands for.
func (s *scope) valuesSource(row insertRow, columns []insertColumn) {
	if row.values == nil || len(row.exprs) == 0 {
		return
	}
	rel := &Rel{Kind: ValuesRel, Alias: "*VALUES*"}
	for _, values := range row.values {
		out := make([]expr.Expr, len(values))
		for i, e := range values {
			if isDefault(e) {
				e = s.defaultOrNull(columns[i].index)
			}
			out[i] = e
		}
		rel.Values = append(rel.Values, out)
	}
	for i := range row.exprs {
		rel.Names = append(rel.Names, valuesName(i))
		rel.Types = append(rel.Types, s.table().Columns[columns[i].index].Type)
	}
	if s.hasSRF {
		q := &Query{Target: -1, Source: -1, SetReturning: true}
		for i, e := range rel.Values[0] {
			q.Targets = append(q.Targets, Target{Expr: e, Name: rel.Names[i]})
		}
		shiftLevels(q, 0, map[any]bool{})
		rel.Kind, rel.Query, rel.Values = SubqueryRel, q, nil
	}
	it := s.addRel(rel, rel.Names, false)
	s.q.Source = it.rel
}

func (s *scope) sourceValue(row insertRow, columns []insertColumn, i int) expr.Expr {
	if row.values == nil {
		return row.exprs[i]
	}
	rel := s.q.Rels[s.q.Source]
	rel.Reads = addInt(rel.Reads, i)
	return &expr.Var{Base: expr.Base{Typ: rel.Types[i], At: -1}, Rel: s.q.Source, Column: i, Name: rel.Names[i]}
}

func (s *scope) defaultOrNull(index int) expr.Expr {
	t := s.table()
	if e := s.columnDefault(t, index); e != nil {
		return e
	}
	return constant(t.Columns[index].Type, sqltypes.Null, -1)
}

// columnDefault is the default of a column; nil when that is NULL, or when the column is computed from others.
func (s *scope) columnDefault(t *catalog.Table, index int) expr.Expr {
	c := &t.Columns[index]
	switch {
	case c.Generated != "":
		return nil
	case c.Identity != 0:
		sequence := constant(sqltypes.T(sqltypes.RegClassOID), sqltypes.Int(int64(c.Sequence)), -1)
		e := s.coerceToTarget(s.invoke("nextval", -1, sequence), c.Type, coerceAssignment, expr.ImplicitCast, -1)
		return e
	case c.Default != "":
		return s.storedExpr(c.Default, t, &c.Type, kindDefault)
	}
	return s.domainDefault(c.Type)
}

// domainDefault is the default a domain gives to columns of its type.
func (s *scope) domainDefault(t sqlType) expr.Expr {
	info := s.typeInfo(t.OID)
	if info == nil || info.Kind != 'd' || !info.HasDefault {
		return nil
	}
	return s.storedExpr(info.Default, nil, &t, kindDefault)
}

// storedExpr binds SQL text of the catalog over the columns of a table, as Vars of entry 0.
func (s *scope) storedExpr(text string, t *catalog.Table, want *sqlType, k exprKind) expr.Expr {
	n := s.nested(text)
	n.shared = &shared{} // what a default or check reads asks for no rights of the user
	return n.tableExpr(n.parseExpr(text), t, want, k, "")
}

// rules binds the CHECK constraints and generated columns of the target.
func (s *scope) rules() {
	q, t := s.q, s.table()
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Dropped {
			continue
		}
		if c.Generated != "" {
			q.Generated = append(q.Generated, Assignment{Column: i, Expr: s.storedExpr(c.Generated, t, &c.Type, kindGenerated)})
		}
		s.domainChecks(i, c)
	}
	if s.target.view != nil {
		q.Checks = append(q.Checks, s.target.view.checks...)
	}
	for _, c := range t.Constraints {
		if c.Kind == 'c' {
			q.Checks = append(q.Checks, Check{Name: c.Name, Expr: s.storedExpr(c.Expr, t, &boolType, kindCheck)})
		}
	}
}

// domainChecks adds what the domains of a column's type demand.
func (s *scope) domainChecks(index int, c *catalog.Column) {
	v := &expr.Var{Base: expr.Base{Typ: c.Type, At: -1}, Rel: s.q.Target, Column: index, Name: c.Name}
	for info := s.typeInfo(c.Type.OID); info != nil && info.Kind == 'd'; info = s.typeInfo(info.BaseType) {
		base := sqlType{OID: info.BaseType, Mod: info.BaseMod}
		var value expr.Expr = &expr.Relabel{Base: expr.Base{Typ: base, At: -1}, Arg: v, Cast: expr.ImplicitCast}
		if info.NotNull {
			q := &expr.NullTest{Base: expr.Base{Typ: boolType, At: -1}, Arg: v, Not: true}
			s.q.Checks = append(s.q.Checks, Check{Expr: q, Domain: info.Name, Column: index})
		}
		for _, check := range info.Checks {
			n := s.nested(check.Expr)
			inner := n.scope(nil)
			inner.domainValue = value
			e := inner.booleanClause(n.parseExpr(check.Expr), kindCheck, "CHECK")
			s.q.Checks = append(s.q.Checks, Check{Name: check.Name, Expr: e, Domain: info.Name, Column: index})
		}
	}
}
