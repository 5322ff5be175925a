package query

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/parse"
)

func refuseCreateTable(v *parse.CreateTableStmt) error {
	refused := func(what string) error { return unsupported(what + " not supported for CREATE TABLE") }
	switch {
	case v.Relation.Persistence == parse.Temporary:
		return refused("TEMPORARY or TEMP table")
	case v.Relation.Persistence == parse.Unlogged:
		return refused("UNLOGGED table")
	case v.PartitionBy != nil:
		return refused("PARTITION BY clause")
	case v.Partition != nil:
		return refused("PARTITION OF clause")
	case len(v.Inherits) > 0:
		return refused("INHERITS clause")
	case v.OfType != nil:
		return refused("OF type clause")
	case v.AccessMethod != "":
		return refused("USING clause")
	case v.OnCommit != parse.OnCommitDefault:
		return refused("ON COMMIT clause")
	case v.Tablespace != "":
		return refused("TABLESPACE clause")
	}
	for _, o := range v.Options {
		if o.Name != "oids" {
			return refused("WITH clause")
		}
	}
	for _, e := range v.Elements {
		if d, ok := e.(*parse.ColumnDef); ok {
			if err := refuseIdentity(d); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuseIdentity refuses identity columns without the service's cache sizes.
func refuseIdentity(d *parse.ColumnDef) error {
	for _, k := range d.Constraints {
		if k.Kind != parse.ConstraintIdentity {
			continue
		}
		if d.Type != nil && len(d.Type.Names) > 0 {
			switch d.Type.Names[len(d.Type.Names)-1] {
			case "int8", "bigint":
			case "int4", "int2":
				name := map[string]string{"int4": "integer", "int2": "smallint"}[d.Type.Names[len(d.Type.Names)-1]]
				return unsupported("datatype " + name + " not supported, identity column type must be bigint")
			default:
				return pgerror.New(pgerror.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
			}
		}
		return refuseCache(k.Options, "identity column")
	}
	return nil
}

// tableActions are the words of the actions of ALTER TABLE. Those that are refused stand in refusedActions.
var tableActions = map[parse.AlterTableKind]string{
	parse.AlterAddColumn: "ADD COLUMN", parse.AlterColumnDefault: "ALTER COLUMN ... SET DEFAULT", parse.AlterDropNotNull: "ALTER COLUMN ... DROP NOT NULL",
	parse.AlterDropExpression: "ALTER COLUMN ... DROP EXPRESSION", parse.AlterSetStorage: "ALTER COLUMN ... SET STORAGE",
	parse.AlterDropColumn: "DROP COLUMN", parse.AlterAddIdentity: "ALTER COLUMN ... ADD GENERATED", parse.AlterSetIdentity: "ALTER COLUMN ... SET GENERATED",
	parse.AlterDropIdentity: "ALTER COLUMN ... DROP IDENTITY", parse.AlterAddConstraint: "ADD CONSTRAINT", parse.AlterAlterConstraint: "ALTER CONSTRAINT",
	parse.AlterDropConstraint: "DROP CONSTRAINT", parse.AlterChangeOwner: "OWNER TO", parse.AlterValidateConstraint: "VALIDATE CONSTRAINT",
	parse.AlterEnableTriggerAll: "ENABLE TRIGGER", parse.AlterEnableTriggerUser: "ENABLE TRIGGER", parse.AlterDisableTriggerAll: "DISABLE TRIGGER",
	parse.AlterDisableTriggerUser: "DISABLE TRIGGER", parse.AlterSetRelOptions: "SET", parse.AlterResetRelOptions: "RESET",
}

// refusedActions are the actions of ALTER TABLE that the service refuses whatever they say.
var refusedActions = map[parse.AlterTableKind]string{
	parse.AlterColumnType: "ALTER COLUMN ... SET DATA TYPE", parse.AlterSetNotNull: "ALTER COLUMN ... SET NOT NULL",
	parse.AlterSetStatistics: "ALTER COLUMN ... SET STATISTICS", parse.AlterSetCompression: "ALTER COLUMN ... SET COMPRESSION",
	parse.AlterSetOptions: "ALTER COLUMN ... SET", parse.AlterResetOptions: "ALTER COLUMN ... RESET",
	parse.AlterColumnGenericOptions: "ALTER COLUMN ... OPTIONS", parse.AlterClusterOn: "CLUSTER ON", parse.AlterDropCluster: "SET WITHOUT CLUSTER",
	parse.AlterSetLogged: "SET LOGGED", parse.AlterSetUnlogged: "SET UNLOGGED", parse.AlterDropOids: "SET WITHOUT OIDS",
	parse.AlterSetAccessMethod: "SET ACCESS METHOD", parse.AlterSetTablespace: "SET TABLESPACE", parse.AlterGenericOptions: "OPTIONS",
	parse.AlterEnableTrigger: "ENABLE TRIGGER", parse.AlterEnableAlwaysTrigger: "ENABLE ALWAYS TRIGGER",
	parse.AlterEnableReplicaTrigger: "ENABLE REPLICA TRIGGER", parse.AlterDisableTrigger: "DISABLE TRIGGER",
	parse.AlterEnableRule: "ENABLE RULE", parse.AlterEnableAlwaysRule: "ENABLE ALWAYS RULE", parse.AlterEnableReplicaRule: "ENABLE REPLICA RULE",
	parse.AlterDisableRule: "DISABLE RULE", parse.AlterAddInherit: "INHERIT", parse.AlterDropInherit: "NO INHERIT", parse.AlterAddOf: "OF",
	parse.AlterDropOf: "NOT OF", parse.AlterEnableRowSecurity: "ENABLE ROW SECURITY", parse.AlterDisableRowSecurity: "DISABLE ROW SECURITY",
	parse.AlterForceRowSecurity: "FORCE ROW SECURITY", parse.AlterNoForceRowSecurity: "NO FORCE ROW SECURITY",
	parse.AlterReplicaIdentity: "REPLICA IDENTITY", parse.AlterAttachPartition: "ATTACH PARTITION", parse.AlterDetachPartition: "DETACH PARTITION",
}

// tableAction is the first action of a statement in words.
func tableAction(v *parse.AlterTableStmt) string {
	if len(v.Cmds) == 0 {
		return ""
	}
	return tableActions[v.Cmds[0].Kind]
}

func refuseAlterTable(v *parse.AlterTableStmt) error {
	if v.Kind == parse.ObjectTypeType {
		return unsupported("ALTER TYPE not supported")
	}
	if v.Kind == parse.ObjectForeignTable || v.Kind == parse.ObjectMaterializedView { // neither can be made
		return unsupported("unsupported statement: AlterTable")
	}
	refused := func(what string) error {
		return unsupported("unsupported ALTER " + v.Kind.String() + " " + what + " statement")
	}
	for _, c := range v.Cmds {
		if words, ok := refusedActions[c.Kind]; ok {
			return refused(words)
		}
		switch c.Kind {
		case parse.AlterAddColumn:
			if d, ok := c.Def.(*parse.ColumnDef); ok && len(d.Constraints) > 0 {
				return unsupported("ALTER TABLE ADD COLUMN with constraint not supported")
			}
		case parse.AlterAddConstraint:
			if k, ok := c.Def.(*parse.Constraint); ok && !addable(k) {
				return refused("ADD CONSTRAINT")
			}
		case parse.AlterValidateConstraint:
			if !v.Async {
				return refused("VALIDATE CONSTRAINT")
			}
		case parse.AlterSetRelOptions, parse.AlterResetRelOptions:
			if v.Kind == parse.ObjectTable {
				return refused(tableActions[c.Kind])
			}
		}
	}
	return nil
}

// addable tells whether a constraint may be added to a table that exists: CHECK and FOREIGN KEY with NOT VALID, and UNIQUE by an index.
func addable(k *parse.Constraint) bool {
	switch k.Kind {
	case parse.ConstraintCheck, parse.ConstraintForeign:
		return k.NotValid
	case parse.ConstraintUnique:
		return k.IndexName != ""
	}
	return false
}
