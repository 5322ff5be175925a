package catalog

import (
	"context"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// constraints walks over the constraints of users' tables that the user may see; NOT NULL of columns comes as check constraints without OID.
func (v *view) constraints(take func(t *Table, k *Constraint)) {
	const visible = allTablePrivileges &^ PrivSelect
	for _, t := range v.userTables() {
		if t.Kind != KindTable || !v.HasRole(v.info.User, t.Owner) && !v.HasAnyColumnPrivilege(v.info.User, t.OID, visible) {
			continue
		}
		for _, k := range t.Constraints {
			take(t, k)
		}
		for i := range t.Columns {
			if c := &t.Columns[i]; c.NotNull && !c.Dropped {
				take(t, &Constraint{Name: notNullName(t, c), Kind: 'c', Columns: []int16{c.ID}, Expr: c.Name + " IS NOT NULL"})
			}
		}
	}
}

// notNullName is the name that information_schema gives to the NOT NULL of a column.
func notNullName(t *Table, c *Column) string {
	return itoa(t.Schema) + "_" + itoa(t.OID) + "_" + decimal(c.ID) + "_not_null"
}

var constraintKinds = map[byte]string{'p': "PRIMARY KEY", 'u': "UNIQUE", 'c': "CHECK", 'f': "FOREIGN KEY"}

func infoTableConstraints(_ context.Context, v *view) error {
	n := v.named("table_constraints")
	v.constraints(func(t *Table, k *Constraint) {
		n.object("constraint", v.SchemaName(t.Schema), k.Name).object("table", v.SchemaName(t.Schema), t.Name).
			text("constraint_type", constraintKinds[k.Kind]).yesNo("is_deferrable", k.Deferrable).yesNo("initially_deferred", k.Deferred).
			yesNo("enforced", true)
		if i := t.IndexByOID(k.Index); i != nil && k.Kind == 'u' {
			n.yesNo("nulls_distinct", !i.NullsNotDistinct)
		}
		n.emit()
	})
	return nil
}

func infoCheckConstraints(_ context.Context, v *view) error {
	n := v.named("check_constraints")
	v.constraints(func(t *Table, k *Constraint) {
		if k.Kind == 'c' {
			n.object("constraint", v.SchemaName(t.Schema), k.Name).text("check_clause", v.checkClause(t, k)).emit()
		}
	})
	for _, t := range v.userDomains() {
		for _, k := range t.Checks {
			n.object("constraint", v.SchemaName(t.Namespace), k.Name).text("check_clause", v.checkClause(nil, k)).emit()
		}
	}
	return nil
}

// checkClause is what follows the word CHECK, and for the NOT NULL of a column its text.
func (v *view) checkClause(t *Table, k *Constraint) string {
	if k.OID == 0 {
		return k.Expr
	}
	return strings.TrimPrefix(v.constraintText(t, k, false), "CHECK ")
}

func infoKeyColumnUsage(_ context.Context, v *view) error {
	n := v.named("key_column_usage")
	v.constraints(func(t *Table, k *Constraint) {
		if k.Kind == 'c' {
			return
		}
		for i, id := range k.Columns {
			n.object("constraint", v.SchemaName(t.Schema), k.Name).object("table", v.SchemaName(t.Schema), t.Name).
				text("column_name", t.Column(id).Name).set("ordinal_position", intDatum(i+1))
			if k.Kind == 'f' {
				n.set("position_in_unique_constraint", v.uniquePosition(k, i))
			}
			n.emit()
		}
	})
	return nil
}

// uniquePosition is where the referenced column of a foreign key's i-th column stands in the unique constraint.
func (v *view) uniquePosition(k *Constraint, i int) sqltypes.Datum {
	if t := v.tables[k.RefTable]; t != nil {
		if index := t.IndexByOID(k.Index); index != nil {
			for n, key := range index.Keys {
				if key.Column == k.RefColumns[i] {
					return intDatum(n + 1)
				}
			}
		}
	}
	return intDatum(i + 1)
}

// constrainedTable is the table whose columns a constraint uses: the referenced one of a foreign key.
func (v *view) constrainedTable(t *Table, k *Constraint) (*Table, []int16) {
	if k.Kind == 'f' {
		return v.tables[k.RefTable], k.RefColumns
	}
	return t, k.Columns
}

func infoConstraintColumnUsage(_ context.Context, v *view) error {
	n := v.named("constraint_column_usage")
	v.constraints(func(t *Table, k *Constraint) {
		used, columns := v.constrainedTable(t, k)
		if used == nil || k.OID == 0 || !v.HasRole(v.info.User, used.Owner) {
			return
		}
		for _, id := range columns {
			n.object("table", v.SchemaName(used.Schema), used.Name).text("column_name", used.Column(id).Name).
				object("constraint", v.SchemaName(t.Schema), k.Name).emit()
		}
	})
	return nil
}

func infoConstraintTableUsage(_ context.Context, v *view) error {
	n := v.named("constraint_table_usage")
	v.constraints(func(t *Table, k *Constraint) {
		used, _ := v.constrainedTable(t, k)
		if used != nil && k.Kind != 'c' && v.HasRole(v.info.User, used.Owner) {
			n.object("table", v.SchemaName(used.Schema), used.Name).object("constraint", v.SchemaName(t.Schema), k.Name).emit()
		}
	})
	return nil
}

var ruleNames = map[byte]string{0: "NO ACTION", 'a': "NO ACTION", 'r': "RESTRICT", 'c': "CASCADE", 'n': "SET NULL", 'd': "SET DEFAULT"}

func infoReferentialConstraints(_ context.Context, v *view) error {
	n := v.named("referential_constraints")
	v.constraints(func(t *Table, k *Constraint) {
		if k.Kind != 'f' {
			return
		}
		match := "NONE"
		if k.Match == 'f' {
			match = "FULL"
		}
		n.object("constraint", v.SchemaName(t.Schema), k.Name).text("match_option", match).text("update_rule", ruleNames[k.OnUpdate]).
			text("delete_rule", ruleNames[k.OnDelete])
		if referenced := v.tables[k.RefTable]; referenced != nil {
			for _, u := range referenced.Constraints {
				if u.Index == k.Index && u.Kind != 'f' {
					n.object("unique_constraint", v.SchemaName(referenced.Schema), u.Name)
				}
			}
		}
		n.emit()
	})
	return nil
}
