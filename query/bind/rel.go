package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// addRel appends a range-table entry whose columns can be called names, and returns its item, not yet in the namespace.
func (s *scope) addRel(rel *Rel, names []string, hasAlias bool) *item {
	info := &relInfo{rel: rel, hasAlias: hasAlias}
	index := len(s.q.Rels)
	it := &item{rel: index, info: info, alias: rel.Alias, names: names, cols: make([]column, len(names))}
	for i := range it.cols {
		it.cols[i] = column{rel: index, index: i, typ: rel.Types[i]}
	}
	info.item = it
	s.q.Rels = append(s.q.Rels, rel)
	s.rels = append(s.rels, info)
	return it
}

// markRead notes that column i (-1: the whole row) of a range-table entry is read, through joins down to tables.
func (s *scope) markRead(rel, i int) {
	if rel < 0 || rel >= len(s.rels) {
		return
	}
	info := s.rels[rel]
	if info.rel.Kind == JoinRel {
		if i < 0 {
			for c := range info.rel.JoinVars {
				s.markRead(rel, c)
			}
			return
		}
		for _, e := range info.rel.JoinVars[i : i+1] {
			for _, v := range localVars(e) {
				s.markRead(v.Rel, v.Column)
			}
		}
		return
	}
	if i >= 0 {
		info.rel.Reads = addInt(info.rel.Reads, i)
	} else {
		for c := range info.rel.Names {
			info.rel.Reads = addInt(info.rel.Reads, c)
		}
	}
	if info.access == nil {
		return
	}
	info.access.Select = true
	attnum := int16(0)
	if i >= 0 {
		attnum = int16(i + 1)
		if info.rel.Table != nil {
			attnum = info.rel.Table.Columns[i].ID
		}
	}
	info.access.Reads = addAttnum(info.access.Reads, attnum)
}

func addInt(list []int, n int) []int {
	for i, x := range list {
		if x == n {
			return list
		}
		if x > n {
			return append(list[:i:i], append([]int{n}, list[i:]...)...)
		}
	}
	return append(list, n)
}

func addAttnum(list []int16, n int16) []int16 {
	for _, x := range list {
		if x == n {
			return list
		}
	}
	return append(list, n)
}

// localVars are the Vars of an expression's own level.
func localVars(e expr.Expr) []*expr.Var {
	var out []*expr.Var
	walk(e, 0, func(e expr.Expr, depth int) bool {
		if v, ok := e.(*expr.Var); ok && v.Level == depth {
			out = append(out, v)
		}
		return true
	})
	return out
}

// applyAlias lays the column aliases of FROM over the names of a relation. Dropped columns do not take an alias.
func (s *scope) applyAlias(alias *parse.Alias, relation string, names []string, dropped func(i int) bool, at int) []string {
	if alias == nil || len(alias.Columns) == 0 {
		return names
	}
	out := append([]string(nil), names...)
	next, live := 0, 0
	for i := range out {
		if dropped != nil && dropped(i) {
			continue
		}
		live++
		if next < len(alias.Columns) {
			out[i] = alias.Columns[next]
			next++
		}
	}
	if next < len(alias.Columns) {
		s.fail(pgerror.InvalidColumnReference, -1, "table \"%s\" has %d columns available but %d columns specified", relation, live, len(alias.Columns))
	}
	return out
}

func aliasName(alias *parse.Alias, fallback string) string {
	if alias != nil {
		return alias.Name
	}
	return fallback
}

// addTable adds a user's table under an alias.
func (s *scope) addTable(t *catalog.Table, alias *parse.Alias, at int) *item {
	rel := &Rel{Kind: TableRel, Alias: aliasName(alias, t.Name), Table: t}
	for i := range t.Columns {
		name := t.Columns[i].Name
		if t.Columns[i].Dropped {
			name = ""
		}
		rel.Names = append(rel.Names, name)
		rel.Types = append(rel.Types, t.Columns[i].Type)
	}
	names := s.applyAlias(alias, rel.Alias, rel.Names, func(i int) bool { return t.Columns[i].Dropped }, at)
	it := s.addRel(rel, names, alias != nil)
	for i := range it.cols {
		it.cols[i].dropped = t.Columns[i].Dropped
	}
	it.info.relname, it.info.table, it.info.rowOID = t.Name, t.OID, t.RowType
	it.info.schema = s.schemaName(t.Schema)
	it.info.access = s.newAccess(t.OID, it.info.schema, t.Name)
	return it
}

// addSystem adds a relation of the system under an alias.
func (s *scope) addSystem(t *catalog.System, alias *parse.Alias, at int) *item {
	names, types := s.systemColumns(t)
	rel := &Rel{Kind: SystemRel, Alias: aliasName(alias, t.Name), System: t, Names: names, Types: types}
	it := s.addRel(rel, s.applyAlias(alias, rel.Alias, names, nil, at), alias != nil)
	it.info.relname, it.info.table, it.info.rowOID = t.Name, t.OID, t.RowType
	it.info.schema = s.schemaName(t.Schema)
	it.info.access = s.newAccess(t.OID, it.info.schema, t.Name)
	it.info.access.System = true
	return it
}

func (a *analyzer) newAccess(relation oid, schema, name string) *Access {
	x := &Access{Relation: relation, Schema: schema, Name: name, AsUser: a.asUser}
	a.access = append(a.access, x)
	return x
}

// addSubquery adds a bound query as a member of FROM.
func (s *scope) addSubquery(q *Query, alias *parse.Alias, lateral bool, fallback string, at int) *item {
	rel := &Rel{Kind: SubqueryRel, Alias: aliasName(alias, fallback), Query: q, Lateral: lateral}
	rel.Names, rel.Types = resultColumns(q)
	rel.Names = s.applyAlias(alias, rel.Alias, rel.Names, nil, at)
	return s.addRel(rel, rel.Names, alias != nil)
}

// resultColumns are the names and types of the rows a query returns.
func resultColumns(q *Query) (names []string, types []sqlType) {
	list := q.Targets
	if q.Command != Select {
		list = q.Returning
	}
	for i := range list {
		if !list[i].Hidden {
			names = append(names, list[i].Name)
			types = append(types, list[i].Expr.Type())
		}
	}
	return names, types
}

// systemColumn finds one of the columns every table has beside its own: only tableoid is kept.
func (s *scope) systemColumn(p *scope, it *item, level int, name string, at int) expr.Expr {
	kind := it.info.rel.Kind
	if name != "tableoid" || it.view != nil || kind != TableRel && kind != SystemRel || it.info.table == 0 {
		return nil
	}
	if it.info.access != nil {
		it.info.access.Select = true
	}
	return &expr.Const{Base: expr.Base{Typ: sqltypes.T(sqltypes.OIDOID), At: at}, Value: sqltypes.Int(int64(it.info.table))}
}

// expandItem gives all columns of an item as "*" does, with their names.
func (s *scope) expandItem(p *scope, it *item, level, at int) (exprs []expr.Expr, names []string) {
	for i := range it.cols {
		if it.cols[i].hidden || it.cols[i].dropped {
			continue
		}
		exprs = append(exprs, s.columnVar(p, it, level, i, at))
		names = append(names, it.names[i])
	}
	return exprs, names
}

// scopeAt is the scope level levels out.
func (s *scope) scopeAt(level int) *scope {
	p := s
	for ; level > 0; level-- {
		p = p.parent
	}
	return p
}
