package catalog

import (
	"context"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

func informationSchemaGenerators() map[string]generator {
	return map[string]generator{
		"schemata": infoSchemata, "tables": infoTables, "columns": infoColumns, "views": infoViews, "sequences": infoSequences,
		"table_constraints": infoTableConstraints, "key_column_usage": infoKeyColumnUsage, "constraint_column_usage": infoConstraintColumnUsage,
		"constraint_table_usage": infoConstraintTableUsage, "referential_constraints": infoReferentialConstraints,
		"check_constraints": infoCheckConstraints, "table_privileges": infoTablePrivileges, "role_table_grants": infoTablePrivileges,
		"column_privileges": infoColumnPrivileges, "role_column_grants": infoColumnPrivileges, "routines": infoRoutines,
		"parameters": infoParameters, "domains": infoDomains, "domain_constraints": infoDomainConstraints,
		"column_domain_usage": infoColumnDomainUsage, "enabled_roles": infoEnabledRoles, "applicable_roles": infoApplicableRoles,
		"administrable_role_authorizations": infoAdministrableRoles, "information_schema_catalog_name": infoCatalogName,
		"character_sets": infoCharacterSets, "collations": infoCollations, "view_table_usage": infoViewTableUsage,
		"view_column_usage":                     infoViewColumnUsage,
		"collation_character_set_applicability": infoCollationCharacterSets,
	}
}

// namedRow is a row of an information_schema view in the making: columns by name, NULL unless set.
type namedRow struct {
	v      *view
	index  map[string]int
	values []sqltypes.Datum
}

// named begins rows of an information_schema view.
func (v *view) named(relation string) *namedRow {
	r := systemRelations().byName[relationName{InformationSchemaOID, relation}]
	n := &namedRow{v: v, index: make(map[string]int, len(r.Columns))}
	for i, c := range r.Columns {
		n.index[c.Name] = i
	}
	n.values = make([]sqltypes.Datum, len(r.Columns))
	return n
}

func (n *namedRow) set(column string, d sqltypes.Datum) *namedRow {
	i, ok := n.index[column]
	if !ok {
		panic("information_schema has no column " + column)
	}
	n.values[i] = d
	return n
}

func (n *namedRow) text(column, s string) *namedRow { return n.set(column, sqltypes.String(s)) }

func (n *namedRow) yesNo(column string, b bool) *namedRow {
	if b {
		return n.text(column, "YES")
	}
	return n.text(column, "NO")
}

// object sets prefix_catalog, prefix_schema and prefix_name.
func (n *namedRow) object(prefix, schema, name string) *namedRow {
	return n.text(prefix+"_catalog", DatabaseName).text(prefix+"_schema", schema).text(prefix+"_name", name)
}

// emit gives the row and begins the next.
func (n *namedRow) emit() {
	row := n.values
	n.values = make([]sqltypes.Datum, len(row))
	n.v.emit(row...)
}

// relationOf is a table or view, of a user or of the system, as information_schema sees it.
type relationOf struct {
	oid     OID
	schema  string
	name    string
	kind    byte
	owner   OID
	columns []Column
	table   *Table // nil for a system relation
}

// relations walks over tables and views that the user may do anything with.
func (v *view) relations(take func(relationOf)) {
	const all = allTablePrivileges
	for _, r := range SystemRelations() {
		if v.HasTablePrivilege(v.info.User, r.OID, all) {
			take(relationOf{oid: r.OID, schema: v.SchemaName(r.Schema), name: r.Name, kind: r.Kind, owner: BootstrapRoleOID, columns: r.Columns})
		}
	}
	for _, t := range v.userTables() {
		if t.Kind != KindSequence && (v.HasRole(v.info.User, t.Owner) || v.HasAnyColumnPrivilege(v.info.User, t.OID, all)) {
			take(relationOf{oid: t.OID, schema: v.SchemaName(t.Schema), name: t.Name, kind: t.Kind, owner: t.Owner, columns: t.Columns, table: t})
		}
	}
}

// writable tells whether rows can be changed through the relation.
func (r *relationOf) writable() bool {
	return r.kind == KindTable || r.table != nil && r.table.Updatable
}

func infoCatalogName(_ context.Context, v *view) error {
	v.emit(text(DatabaseName))
	return nil
}

func infoSchemata(_ context.Context, v *view) error {
	n := v.named("schemata")
	for _, o := range v.Schemas() {
		if v.HasRole(v.info.User, o.Owner) || v.HasSchemaPrivilege(v.info.User, o.OID, allSchemaPrivileges) {
			n.text("catalog_name", DatabaseName).text("schema_name", o.Name).text("schema_owner", v.RoleName(o.Owner)).emit()
		}
	}
	return nil
}

func infoTables(_ context.Context, v *view) error {
	n := v.named("tables")
	v.relations(func(r relationOf) {
		kind := "BASE TABLE"
		if r.kind == KindView {
			kind = "VIEW"
		}
		n.object("table", r.schema, r.name).text("table_type", kind).yesNo("is_insertable_into", r.writable()).yesNo("is_typed", false).emit()
	})
	return nil
}

func infoViews(_ context.Context, v *view) error {
	n := v.named("views")
	v.relations(func(r relationOf) {
		if r.kind != KindView {
			return
		}
		check := "NONE"
		if r.table != nil {
			check = checkOption(r.table.ViewOptions)
			if definition, _ := v.ViewDef(r.oid); v.HasRole(v.info.User, r.owner) {
				n.text("view_definition", definition)
			}
		}
		n.object("table", r.schema, r.name).text("check_option", check).yesNo("is_updatable", r.writable()).
			yesNo("is_insertable_into", r.writable()).yesNo("is_trigger_updatable", false).yesNo("is_trigger_deletable", false).
			yesNo("is_trigger_insertable_into", false).emit()
	})
	return nil
}

func checkOption(options []string) string {
	for _, o := range options {
		switch o {
		case "check_option=local":
			return "LOCAL"
		case "check_option=cascaded":
			return "CASCADED"
		}
	}
	return "NONE"
}

func infoSequences(_ context.Context, v *view) error {
	n := v.named("sequences")
	for _, t := range v.userTables() {
		q := t.Sequence
		if q == nil || q.Identity || !v.HasTablePrivilege(v.info.User, t.OID, allSequencePrivileges) {
			continue
		}
		n.object("sequence", v.SchemaName(t.Schema), t.Name).text("data_type", "bigint").set("numeric_precision", intDatum(64)).
			set("numeric_precision_radix", intDatum(2)).set("numeric_scale", intDatum(0)).text("start_value", decimal(q.Start)).
			text("minimum_value", decimal(q.Min)).text("maximum_value", decimal(q.Max)).text("increment", decimal(q.Increment)).
			yesNo("cycle_option", q.Cycle).emit()
	}
	return nil
}

func infoEnabledRoles(_ context.Context, v *view) error {
	for _, r := range v.Roles() {
		if v.HasRole(v.info.User, r.OID) {
			v.emit(text(r.Name))
		}
	}
	return nil
}

// memberRoles walks over memberships of roles the user has.
func (v *view) memberRoles(relation string, take func(m *Membership) bool) {
	n := v.named(relation)
	for _, m := range v.Memberships() {
		if v.HasRole(v.info.User, m.Member) && take(m) {
			n.text("grantee", v.RoleName(m.Member)).text("role_name", v.RoleName(m.Role)).yesNo("is_grantable", m.Admin).emit()
		}
	}
}

func infoApplicableRoles(_ context.Context, v *view) error {
	v.memberRoles("applicable_roles", func(*Membership) bool { return true })
	return nil
}

func infoAdministrableRoles(_ context.Context, v *view) error {
	v.memberRoles("administrable_role_authorizations", func(m *Membership) bool { return m.Admin })
	return nil
}

func infoCharacterSets(_ context.Context, v *view) error {
	v.named("character_sets").text("character_set_name", "UTF8").text("character_repertoire", "UCS").text("form_of_use", "UTF8").
		object("default_collate", "pg_catalog", "C").emit()
	return nil
}

func infoCollations(_ context.Context, v *view) error {
	n := v.named("collations")
	for _, c := range v.data.Collations() {
		n.object("collation", "pg_catalog", c.Name).text("pad_attribute", "NO PAD").emit()
	}
	return nil
}

func infoCollationCharacterSets(_ context.Context, v *view) error {
	n := v.named("collation_character_set_applicability")
	for _, c := range v.data.Collations() {
		n.object("collation", "pg_catalog", c.Name).text("character_set_name", "UTF8").emit()
	}
	return nil
}

// viewUses walks over the relations (column 0) and columns that views of the user read and that the user owns.
func (v *view) viewUses(take func(t *Table, used OID, schema, name string, column int16)) {
	for _, t := range v.userTables() {
		if t.Kind != KindView {
			continue
		}
		for _, d := range t.DependsOn {
			schema, name, ok := v.RelationName(d.Object)
			owner, _, _ := v.RelationACL(d.Object)
			if d.Class == ClassRelation && ok && v.HasRole(v.info.User, owner) {
				take(t, d.Object, v.SchemaName(schema), name, d.Column)
			}
		}
	}
}

func infoViewTableUsage(_ context.Context, v *view) error {
	n := v.named("view_table_usage")
	seen := map[[2]OID]bool{}
	v.viewUses(func(t *Table, used OID, schema, name string, _ int16) {
		if !seen[[2]OID{t.OID, used}] {
			seen[[2]OID{t.OID, used}] = true
			n.object("view", v.SchemaName(t.Schema), t.Name).object("table", schema, name).emit()
		}
	})
	return nil
}

func infoViewColumnUsage(_ context.Context, v *view) error {
	n := v.named("view_column_usage")
	v.viewUses(func(t *Table, used OID, schema, name string, column int16) {
		source := v.tables[used]
		if column == 0 || source == nil || source.Column(column) == nil {
			return
		}
		n.object("view", v.SchemaName(t.Schema), t.Name).object("table", schema, name).text("column_name", source.Column(column).Name).emit()
	})
	return nil
}
