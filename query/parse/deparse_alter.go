package parse

import "strconv"

func (d *deparser) alterTable(s *AlterTableStmt) {
	d.w("ALTER", s.Kind.String()).when(s.Async, "ASYNC").ifExists(s.MissingOK).relation(s.Relation)
	each(d, s.Cmds, func(c *AlterTableCmd) {
		if s.Kind == ObjectTypeType && d.alterAttribute(c) {
			return
		}
		d.alterCmd(c)
	})
}

// alterAttribute writes an action of ALTER TYPE on a composite type.
func (d *deparser) alterAttribute(c *AlterTableCmd) bool {
	switch c.Kind {
	case AlterAddColumn:
		d.w("ADD ATTRIBUTE").columnDef(c.Def.(*ColumnDef))
	case AlterDropColumn:
		d.w("DROP ATTRIBUTE").ifExists(c.MissingOK).name(c.Name)
	case AlterColumnType:
		def := c.Def.(*ColumnDef)
		d.w("ALTER ATTRIBUTE").name(c.Name).w("TYPE").typeName(def.Type).collateClause(def.Collate)
	default:
		return false
	}
	d.behavior(c.Behavior)
	return true
}

var alterPlainWords = map[AlterTableKind]string{
	AlterDropCluster: "SET WITHOUT CLUSTER", AlterSetLogged: "SET LOGGED", AlterSetUnlogged: "SET UNLOGGED",
	AlterDropOids: "SET WITHOUT OIDS", AlterEnableTriggerAll: "ENABLE TRIGGER ALL",
	AlterDisableTriggerAll: "DISABLE TRIGGER ALL", AlterEnableTriggerUser: "ENABLE TRIGGER USER",
	AlterDisableTriggerUser: "DISABLE TRIGGER USER", AlterDropOf: "NOT OF",
	AlterEnableRowSecurity: "ENABLE ROW LEVEL SECURITY", AlterDisableRowSecurity: "DISABLE ROW LEVEL SECURITY",
	AlterForceRowSecurity: "FORCE ROW LEVEL SECURITY", AlterNoForceRowSecurity: "NO FORCE ROW LEVEL SECURITY",
}

var alterNameWords = map[AlterTableKind]string{
	AlterValidateConstraint: "VALIDATE CONSTRAINT", AlterClusterOn: "CLUSTER ON",
	AlterSetAccessMethod: "SET ACCESS METHOD", AlterSetTablespace: "SET TABLESPACE",
	AlterEnableTrigger: "ENABLE TRIGGER", AlterEnableAlwaysTrigger: "ENABLE ALWAYS TRIGGER",
	AlterEnableReplicaTrigger: "ENABLE REPLICA TRIGGER", AlterDisableTrigger: "DISABLE TRIGGER",
	AlterEnableRule: "ENABLE RULE", AlterEnableAlwaysRule: "ENABLE ALWAYS RULE",
	AlterEnableReplicaRule: "ENABLE REPLICA RULE", AlterDisableRule: "DISABLE RULE",
}

var alterDefWords = map[AlterTableKind]string{
	AlterAddInherit: "INHERIT", AlterDropInherit: "NO INHERIT",
}

// alterCmd writes an action of ALTER TABLE.
func (d *deparser) alterCmd(c *AlterTableCmd) {
	if word := alterPlainWords[c.Kind]; word != "" {
		d.w(word)
		return
	}
	if word := alterNameWords[c.Kind]; word != "" {
		d.w(word).name(c.Name)
		return
	}
	if word := alterDefWords[c.Kind]; word != "" {
		d.w(word).node(c.Def)
		return
	}
	switch c.Kind {
	case AlterAddOf:
		d.w("OF").qualified(c.Def.(*TypeName).Names)
	case AlterAddColumn:
		d.w("ADD COLUMN").ifNotExists(c.MissingOK).columnDef(c.Def.(*ColumnDef))
	case AlterDropColumn:
		d.w("DROP COLUMN").ifExists(c.MissingOK).name(c.Name).behavior(c.Behavior)
	case AlterAddConstraint:
		d.w("ADD").tableConstraint(c.Def.(*Constraint))
	case AlterAlterConstraint:
		con := c.Def.(*Constraint)
		d.w("ALTER CONSTRAINT").name(con.Name).deferrable(con.Deferrable, con.InitiallyDeferred)
	case AlterDropConstraint:
		d.w("DROP CONSTRAINT").ifExists(c.MissingOK).name(c.Name).behavior(c.Behavior)
	case AlterChangeOwner:
		d.w("OWNER TO").role(c.NewOwner)
	case AlterSetRelOptions:
		d.w("SET").relOptions(c.Options)
	case AlterResetRelOptions:
		d.w("RESET").relOptions(c.Options)
	case AlterGenericOptions:
		d.genericOptions(c.Options)
	case AlterReplicaIdentity:
		r := c.Def.(*ReplicaIdentity)
		d.w("REPLICA IDENTITY", map[byte]string{'n': "NOTHING", 'f': "FULL", 'd': "DEFAULT", 'i': "USING INDEX"}[r.Kind])
		if r.Kind == 'i' {
			d.name(r.Name)
		}
	case AlterAttachPartition:
		cmd := c.Def.(*PartitionCmd)
		d.w("ATTACH PARTITION").relation(cmd.Name)
		if cmd.Bound != nil {
			d.partitionBound(cmd.Bound)
		}
	case AlterDetachPartition, AlterDetachPartitionFinalize:
		cmd := c.Def.(*PartitionCmd)
		d.w("DETACH PARTITION").relation(cmd.Name).when(cmd.Concurrent, "CONCURRENTLY")
		d.when(c.Kind == AlterDetachPartitionFinalize, "FINALIZE")
	default:
		d.alterColumn(c)
	}
}

// alterColumn writes ALTER COLUMN.
func (d *deparser) alterColumn(c *AlterTableCmd) {
	d.w("ALTER COLUMN")
	if c.Number != 0 {
		d.w(strconv.Itoa(c.Number))
	} else {
		d.name(c.Name)
	}
	switch c.Kind {
	case AlterColumnDefault:
		if c.Def == nil {
			d.w("DROP DEFAULT")
		} else {
			d.w("SET DEFAULT").node(c.Def)
		}
	case AlterDropNotNull:
		d.w("DROP NOT NULL")
	case AlterSetNotNull:
		d.w("SET NOT NULL")
	case AlterDropExpression:
		d.w("DROP EXPRESSION").ifExists(c.MissingOK)
	case AlterSetStatistics:
		d.w("SET STATISTICS").node(c.Def)
	case AlterSetOptions:
		d.w("SET").relOptions(c.Options)
	case AlterResetOptions:
		d.w("RESET").relOptions(c.Options)
	case AlterSetStorage:
		d.w("SET STORAGE").nameOrDefault(c.Def.(*StringConst).Value)
	case AlterSetCompression:
		d.w("SET COMPRESSION").nameOrDefault(c.Def.(*StringConst).Value)
	case AlterColumnGenericOptions:
		d.genericOptions(c.Options)
	case AlterAddIdentity:
		d.w("ADD")
		d.columnConstraint(c.Def.(*Constraint))
	case AlterSetIdentity:
		for _, o := range c.Options {
			d.when(o.Name != "restart", "SET")
			d.sequenceOption(o)
		}
	case AlterDropIdentity:
		d.w("DROP IDENTITY").ifExists(c.MissingOK)
	case AlterColumnType:
		def := c.Def.(*ColumnDef)
		d.w("TYPE").typeName(def.Type).collateClause(def.Collate)
		if def.Constraints != nil {
			d.w("USING").expr(def.Constraints[0].Expr)
		}
	}
}

// objectKind writes the words of a kind of object and the object itself.
func (d *deparser) objectKind(kind ObjectType, object Node) *deparser {
	d.w(kind.String())
	if kind == ObjectOpClass || kind == ObjectOpFamily {
		parts := object.(*ObjectName).Parts
		return d.qualified(parts[1:]).w("USING").name(parts[0])
	}
	return d.node(object)
}

// alterStmt writes what ALTER has for most kinds of objects.
func (d *deparser) alterStmt(n Statement) bool {
	switch s := n.(type) {
	case *RenameStmt:
		d.rename(s)
	case *AlterObjectSchemaStmt:
		d.w("ALTER")
		if s.Relation != nil {
			d.w(s.Kind.String()).ifExists(s.MissingOK).relation(s.Relation)
		} else {
			d.objectKind(s.Kind, s.Object)
		}
		d.w("SET SCHEMA").name(s.NewSchema)
	case *AlterOwnerStmt:
		d.w("ALTER").objectKind(s.Kind, s.Object).w("OWNER TO").role(s.NewOwner)
	case *AlterObjectDependsStmt:
		d.w("ALTER")
		switch {
		case s.Kind == ObjectTrigger:
			d.w("TRIGGER").node(s.Object).w("ON").relation(s.Relation)
		case s.Relation != nil:
			d.w(s.Kind.String()).relation(s.Relation)
		default:
			d.objectKind(s.Kind, s.Object)
		}
		d.when(s.Remove, "NO").w("DEPENDS ON EXTENSION").name(s.Extension)
	case *AlterTableMoveAllStmt:
		d.w("ALTER", s.Kind.String(), "ALL IN TABLESPACE").name(s.From)
		if s.OwnedBy != nil {
			d.w("OWNED BY").roles(s.OwnedBy)
		}
		d.w("SET TABLESPACE").name(s.To).when(s.NoWait, "NOWAIT")
	case *AlterSeqStmt:
		d.w("ALTER SEQUENCE").ifExists(s.MissingOK).relation(s.Sequence).sequenceOptions(s.Options)
	case *AlterDomainStmt:
		d.alterDomain(s)
	case *AlterEnumStmt:
		d.alterEnum(s)
	case *AlterTypeStmt:
		d.w("ALTER TYPE").qualified(s.Type).w("SET").operatorOptions(s.Options)
	case *AlterOperatorStmt:
		d.w("ALTER OPERATOR").node(s.Operator).w("SET").operatorOptions(s.Options)
	case *AlterFunctionStmt:
		d.w("ALTER").objectKind(s.Kind, s.Func).functionOptions(s.Actions)
	default:
		return false
	}
	return true
}

func (d *deparser) operatorOptions(list []*DefElem) *deparser {
	return parens(d, list, func(o *DefElem) {
		d.label(o.Name).w("=")
		if o.Arg == nil {
			d.w("NONE")
		} else {
			d.defArg(o.Arg)
		}
	})
}

func (d *deparser) rename(s *RenameStmt) {
	d.w("ALTER")
	switch {
	case s.Kind == ObjectColumn:
		d.w(s.RelationKind.String()).ifExists(s.MissingOK).relation(s.Relation).w("RENAME COLUMN").name(s.SubName)
	case s.Kind == ObjectAttribute:
		d.w("TYPE").relation(s.Relation).w("RENAME ATTRIBUTE").name(s.SubName)
	case s.Kind == ObjectTableConstraint:
		d.w("TABLE").ifExists(s.MissingOK).relation(s.Relation).w("RENAME CONSTRAINT").name(s.SubName)
	case s.Kind == ObjectDomainConstraint:
		d.w("DOMAIN").node(s.Object).w("RENAME CONSTRAINT").name(s.SubName)
	case s.Kind == ObjectPolicy || s.Kind == ObjectRule || s.Kind == ObjectTrigger:
		d.w(s.Kind.String()).ifExists(s.MissingOK).name(s.SubName).w("ON").relation(s.Relation).w("RENAME")
	case s.Kind == ObjectRole:
		d.w("ROLE").name(s.SubName).w("RENAME")
	case s.Relation != nil:
		d.w(s.Kind.String()).ifExists(s.MissingOK).relation(s.Relation).w("RENAME")
	default:
		d.objectKind(s.Kind, s.Object).w("RENAME")
	}
	d.w("TO").name(s.NewName).behavior(s.Behavior)
}

func (d *deparser) alterDomain(s *AlterDomainStmt) {
	d.w("ALTER DOMAIN").qualified(s.Domain)
	switch s.Kind {
	case AlterDomainDefault:
		if s.Def == nil {
			d.w("DROP DEFAULT")
		} else {
			d.w("SET DEFAULT").expr(s.Def)
		}
	case AlterDomainDropNotNull:
		d.w("DROP NOT NULL")
	case AlterDomainSetNotNull:
		d.w("SET NOT NULL")
	case AlterDomainAddConstraint:
		d.w("ADD").tableConstraint(s.Constraint)
	case AlterDomainDropConstraint:
		d.w("DROP CONSTRAINT").ifExists(s.MissingOK).name(s.Name).behavior(s.Behavior)
	case AlterDomainValidate:
		d.w("VALIDATE CONSTRAINT").name(s.Name)
	}
}

func (d *deparser) alterEnum(s *AlterEnumStmt) {
	d.w("ALTER TYPE").qualified(s.Type)
	if s.Rename {
		d.w("RENAME VALUE").str(s.OldValue).w("TO").str(s.NewValue)
		return
	}
	d.w("ADD VALUE").ifNotExists(s.IfNotExists).str(s.NewValue)
	if s.HasNeighbor {
		d.w(map[bool]string{true: "AFTER", false: "BEFORE"}[s.After]).str(s.Neighbor)
	}
}
