package catalog

import (
	"slices"
	"strconv"

	"context"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// The OIDs of relations that name the class of an object in pg_description and pg_depend.
const (
	ClassType         OID = 1247
	ClassProc         OID = 1255
	ClassRelation     OID = 1259
	ClassAuthID       OID = 1260
	ClassDatabase     OID = 1262
	ClassAttrDef      OID = 2604
	ClassConstraint   OID = 2606
	ClassRewrite      OID = 2618
	ClassNamespace    OID = 2615
	ClassStatisticExt OID = 3381
)

// null is short for what many columns hold.
var null = sqltypes.Null

// Short names for the makers of values; the row makers below are lists of them.
var (
	yes = sqltypes.Bool(true)
	no  = sqltypes.Bool(false)
)

func pgCatalogGenerators() map[string]generator {
	return map[string]generator{
		"pg_class": pgClass, "pg_attribute": pgAttribute, "pg_attrdef": pgAttrdef, "pg_index": pgIndex, "pg_constraint": pgConstraint,
		"pg_namespace": pgNamespace, "pg_type": pgType, "pg_proc": pgProc, "pg_am": pgAm, "pg_database": pgDatabase,
		"pg_authid": pgAuthid, "pg_roles": pgRoles, "pg_user": pgUser, "pg_shadow": pgUser, "pg_group": pgGroup,
		"pg_auth_members": pgAuthMembers, "pg_description": pgDescription, "pg_shdescription": pgShdescription,
		"pg_tablespace": pgTablespace, "pg_depend": pgDepend, "pg_sequence": pgSequence, "pg_rewrite": pgRewrite,
		"pg_sequences": pgSequences, "pg_settings": pgSettings, "pg_tables": pgTables, "pg_views": pgViews, "pg_indexes": pgIndexes,
		"pg_stats": pgStats, "pg_statistic": pgStatistic, "pg_stat_ssl": pgStatSSL, "pg_stat_all_tables": pgStatTables(true, true),
		"pg_stat_user_tables": pgStatTables(true, false), "pg_stat_sys_tables": pgStatTables(false, true), "pg_timezone_names": pgTimezoneNames, "pg_extension": pgExtension,
		"pg_default_acl": pgDefaultACL, "pg_statistic_ext": pgStatisticExt, "pg_prepared_statements": pgPreparedStatements,
		"pg_stats_ext": pgStatsExt,
	}
}

// userTables are the tables, views and sequences of users, by OID.
func (s *Snapshot) userTables() []*Table {
	list := make([]*Table, 0, len(s.tables))
	for _, oid := range sortedKeys(s.tables) {
		list = append(list, s.tables[oid])
	}
	return list
}

// Tables are the tables, views and sequences of users, by OID.
func (s *Snapshot) Tables() []*Table { return s.userTables() }

// Schemas are all schemas, by OID.
func (s *Snapshot) Schemas() []*Schema {
	list := make([]*Schema, 0, len(s.schemas))
	for _, oid := range sortedKeys(s.schemas) {
		list = append(list, s.schemas[oid])
	}
	return list
}

// Roles are all roles, by OID.
func (s *Snapshot) Roles() []*Role {
	list := make([]*Role, 0, len(s.roles))
	for _, oid := range sortedKeys(s.roles) {
		list = append(list, s.roles[oid])
	}
	return list
}

// UserTypes are the types of users: row types, domains, and arrays of them, by OID.
func (s *Snapshot) UserTypes() []*TypeInfo {
	list := make([]*TypeInfo, 0, len(s.types))
	for _, oid := range sortedKeys(s.types) {
		list = append(list, s.types[oid])
	}
	return list
}

// UserProcs are the functions of users, by OID.
func (s *Snapshot) UserProcs() []*Proc {
	list := make([]*Proc, 0, len(s.procs))
	for _, oid := range sortedKeys(s.procs) {
		list = append(list, s.procs[oid])
	}
	return list
}

// ExtendedStatistics are all statistics objects, by OID.
func (s *Snapshot) ExtendedStatistics() []*ExtendedStatistics {
	list := make([]*ExtendedStatistics, 0, len(s.statistics))
	for _, oid := range sortedKeys(s.statistics) {
		list = append(list, s.statistics[oid])
	}
	return list
}

func (v *view) acl(acl ACL) sqltypes.Datum {
	if acl == nil {
		return null
	}
	return textArray(sqltypes.ACLItemOID, v.ACLText(acl))
}

func text(s string) sqltypes.Datum { return sqltypes.String(s) }

func boolean(b bool) sqltypes.Datum { return sqltypes.Bool(b) }

func textsOrNull(list []string) sqltypes.Datum {
	if len(list) == 0 {
		return null
	}
	return textArray(sqltypes.TextOID, list)
}

func real(f float64) sqltypes.Datum { return sqltypes.Float(float64(float32(f))) }

// classRow is one row of pg_class.
type classRow struct {
	oid, schema, rowType, owner, method OID
	name                                string
	kind                                byte
	rows                                float64
	pages                               int64
	columns, checks                     int
	indexed, rules, triggers            bool
	acl                                 sqltypes.Datum
	options                             []string
}

func (v *view) emitClass(c classRow) {
	storage := oidDatum(c.oid)
	if c.kind == KindView {
		storage = oidDatum(0)
	}
	replica := byte('d')
	if c.kind == KindView || c.kind == KindIndex || c.kind == KindSequence || c.schema == SysOID {
		replica = 'n'
	}
	v.emit(oidDatum(c.oid), text(c.name), oidDatum(c.schema), oidDatum(c.rowType), oidDatum(0), oidDatum(c.owner), oidDatum(c.method), storage,
		oidDatum(0), intDatum(c.pages), real(c.rows), intDatum(0), oidDatum(0), boolean(c.indexed), no, charDatum('p'), charDatum(c.kind),
		intDatum(c.columns), intDatum(c.checks), boolean(c.rules), boolean(c.triggers), no, no, no, yes, charDatum(replica), no, oidDatum(0),
		oidDatum(0), oidDatum(0), c.acl, textsOrNull(c.options), null)
}

func pgClass(_ context.Context, v *view) error {
	for _, r := range sysRelations() {
		v.emitClass(classRow{oid: r.OID, name: r.Name, schema: r.Schema, owner: BootstrapRoleOID, kind: r.Kind, rows: -1,
			columns: len(r.Columns), rules: true, acl: v.acl(r.ACL)})
	}
	referenced := v.referencedTables()
	for _, t := range v.userTables() {
		c := classRow{oid: t.OID, name: t.Name, schema: t.Schema, rowType: t.RowType, owner: t.Owner, kind: t.Kind, rows: -1,
			columns: len(t.Columns), rules: t.Kind == KindView, indexed: len(t.Indexes) > 0, acl: v.acl(t.ACL), options: t.ViewOptions}
		switch t.Kind {
		case KindTable:
			c.method = BtreeTableOID
		case KindSequence:
			c.rows, c.pages = 1, 1
		}
		if st := v.columnStatistics[t.OID]; st != nil {
			c.rows, c.pages = st.Rows, st.Pages
		}
		for _, k := range t.Constraints {
			if k.Kind == 'c' {
				c.checks++
			}
			c.triggers = c.triggers || k.Kind == 'f'
		}
		c.triggers = c.triggers || referenced[t.OID]
		rows, pages := c.rows, c.pages
		v.emitClass(c)
		for _, i := range t.Indexes {
			v.emitClass(classRow{oid: i.OID, name: i.Name, schema: t.Schema, owner: t.Owner, method: BtreeIndexOID, kind: KindIndex, rows: rows,
				pages: pages, columns: len(indexColumns(t, i)), acl: null})
		}
	}
	return nil
}

// referencedTables are the tables that foreign keys point at.
func (s *Snapshot) referencedTables() map[OID]bool {
	set := map[OID]bool{}
	for _, t := range s.tables {
		for _, k := range t.Constraints {
			if k.Kind == 'f' {
				set[k.RefTable] = true
			}
		}
	}
	return set
}

// ReferencedBy lists the foreign keys that point at a table, by the OID of their own table.
func (s *Snapshot) ReferencedBy(table OID) (list []ForeignKey) {
	for _, t := range s.userTables() {
		for _, k := range t.Constraints {
			if k.Kind == 'f' && k.RefTable == table {
				list = append(list, ForeignKey{Table: t, Constraint: k})
			}
		}
	}
	return list
}

// ForeignKey is a constraint with the table that it is on.
type ForeignKey struct {
	Table *Table
	*Constraint
}

// indexColumn is one attribute of an index: a column of the table, or an expression.
type indexColumn struct {
	name   string
	typ    sqltypes.Type
	column int16
	key    bool
	nulls  bool // NULLS FIRST
}

// indexColumns are the attributes of an index: its keys, then what it includes. The primary key's index is the table and includes all of it.
func indexColumns(t *Table, i *Index) []indexColumn {
	var list []indexColumn
	add := func(c indexColumn, name string) {
		c.name = freeName(name, list)
		list = append(list, c)
	}
	for _, k := range i.Keys {
		c := indexColumn{typ: k.Type, column: k.Column, key: true, nulls: k.NullsFirst}
		name := k.Name
		if k.Column != 0 {
			column := t.Column(k.Column)
			name, c.typ = column.Name, column.Type
		}
		add(c, name)
	}
	for _, id := range includedColumns(t, i) {
		column := t.Column(id)
		add(indexColumn{typ: column.Type, column: id}, column.Name)
	}
	return list
}

// IndexColumnNames are the names of an index's attributes: its keys', then those of what it includes.
func IndexColumnNames(t *Table, i *Index) []string {
	var names []string
	for _, c := range indexColumns(t, i) {
		names = append(names, c.name)
	}
	return names
}

// freeName is the name, with a number behind it when a column before has it, cut so that it fits.
func freeName(name string, before []indexColumn) string {
	taken := func(s string) bool {
		return slices.ContainsFunc(before, func(c indexColumn) bool { return c.name == s })
	}
	chosen := name
	for n := 1; taken(chosen); n++ {
		number := strconv.Itoa(n)
		chosen = clip(name, identifierBytesMax-len(number)) + number
	}
	return chosen
}

// indexReads are the columns of the table that an index cannot do without, each once; 0, when it has none as they are, stands for the whole table.
func indexReads(t *Table, i *Index) []int16 {
	var list []int16
	add := func(id int16) {
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	for _, c := range indexColumns(t, i) {
		if c.column != 0 {
			add(c.column)
		}
	}
	if len(list) == 0 {
		add(0)
	}
	for _, id := range i.Reads {
		add(id)
	}
	return list
}

// includedColumns are the columns that an index holds besides its keys.
func includedColumns(t *Table, i *Index) []int16 {
	if !i.Primary {
		return i.Include
	}
	var list []int16
columns:
	for k := range t.Columns {
		c := &t.Columns[k]
		if c.Dropped {
			continue
		}
		for _, key := range i.Keys {
			if key.Column == c.ID {
				continue columns
			}
		}
		list = append(list, c.ID)
	}
	return list
}
