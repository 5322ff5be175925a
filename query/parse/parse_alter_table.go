package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// alterRelation reads ALTER of a relation behind the words of its kind.
func (p *parser) alterRelation(at Loc, kind ObjectType) Statement {
	async := false
	if kind == ObjectTable && p.t.kind == kwAsync {
		p.advance()
		async = true
	}
	if p.t.kind == kwAll && !async && kind != ObjectSequence && kind != ObjectView && kind != ObjectForeignTable {
		return p.moveAll(at, kind)
	}
	missingOK := p.ifExists()
	var r *RangeVar
	if kind == ObjectTable || kind == ObjectForeignTable {
		r = p.relationExpr()
	} else {
		r = p.qualifiedName()
	}
	if async {
		return p.alterTableAsync(at, r, missingOK)
	}
	next := p.peek1()
	switch {
	case p.t.kind == kwRename:
		return p.renameRelation(at, kind, r, missingOK)
	case p.t.kind == kwSet && next == kwSchema && kind != ObjectIndex:
		p.advance()
		p.advance()
		return &AlterObjectSchemaStmt{Loc: at, Kind: kind, Relation: r, NewSchema: p.colID(), MissingOK: missingOK}
	case (p.t.kind == kwDepends || p.t.kind == kwNo && next == kwDepends) && !missingOK && (kind == ObjectIndex || kind == ObjectMaterializedView):
		return p.dependsOn(&AlterObjectDependsStmt{Loc: at, Kind: kind, Relation: r})
	case kind == ObjectSequence && p.startsSequenceOption(next):
		return &AlterSeqStmt{Loc: at, Sequence: r, Options: p.sequenceOptions(true), MissingOK: missingOK}
	}
	s := &AlterTableStmt{Loc: at, Kind: kind, Relation: r, MissingOK: missingOK}
	if cmd := p.partitionCmd(kind, missingOK); cmd != nil {
		s.Cmds = []*AlterTableCmd{cmd}
		return s
	}
	s.Cmds = list(p, p.alterTableCmd)
	return s
}

func (p *parser) alterTableAsync(at Loc, r *RangeVar, missingOK bool) Statement {
	s := &AlterTableStmt{Loc: at, Kind: ObjectTable, Relation: r, MissingOK: missingOK, Async: true}
	c := &AlterTableCmd{Loc: p.loc(), Kind: AlterValidateConstraint}
	p.expect(kwValidate, kwConstraint)
	c.Name = p.colID()
	s.Cmds = []*AlterTableCmd{c}
	return s
}

func (p *parser) startsSequenceOption(next tok) bool {
	switch p.t.kind {
	case kwAs, kwCache, kwCycle, kwIncrement, kwMaxvalue, kwMinvalue, kwLogged, kwUnlogged, kwOwned, kwSequence, kwStart, kwRestart:
		return true
	case kwNo:
		return next != kwInherit && next != kwForce
	}
	return false
}

// moveAll reads ALL IN TABLESPACE ….
func (p *parser) moveAll(at Loc, kind ObjectType) Statement {
	p.advance()
	p.expect(kwIn, kwTablespace)
	s := &AlterTableMoveAllStmt{Loc: at, Kind: kind, From: p.colID()}
	if p.accept2(kwOwned, kwBy) {
		s.OwnedBy = p.roleList()
	}
	p.expect(kwSet, kwTablespace)
	s.To = p.colID()
	s.NoWait = p.accept(kwNowait)
	return s
}

// renameRelation reads RENAME … behind a relation.
func (p *parser) renameRelation(at Loc, kind ObjectType, r *RangeVar, missingOK bool) Statement {
	s := &RenameStmt{Loc: at, Kind: kind, Relation: r, MissingOK: missingOK}
	p.advance()
	columns := kind != ObjectSequence && kind != ObjectIndex
	switch {
	case p.t.kind == kwTo:
	case kind == ObjectTable && p.accept(kwConstraint):
		s.Kind, s.SubName = ObjectTableConstraint, p.colID()
	case columns:
		p.accept(kwColumn)
		s.Kind, s.RelationKind, s.SubName = ObjectColumn, kind, p.colID()
	}
	p.expect(kwTo)
	s.NewName = p.colID()
	return s
}

// partitionCmd reads ATTACH and DETACH PARTITION, nil if none starts here.
func (p *parser) partitionCmd(kind ObjectType, missingOK bool) *AlterTableCmd {
	c := &AlterTableCmd{Loc: p.loc()}
	switch {
	case p.t.kind == kwAttach && (kind == ObjectTable || kind == ObjectIndex && !missingOK):
		p.advance()
		p.expect(kwPartition)
		c.Kind = AlterAttachPartition
		cmd := &PartitionCmd{Loc: p.loc(), Name: p.qualifiedName()}
		if kind == ObjectTable {
			cmd.Bound = p.partitionBound()
		}
		c.Def = cmd
		return c
	case p.t.kind == kwDetach && kind == ObjectTable:
		p.advance()
		p.expect(kwPartition)
		c.Kind = AlterDetachPartition
		cmd := &PartitionCmd{Loc: p.loc(), Name: p.qualifiedName()}
		c.Def = cmd
		if p.accept(kwFinalize) {
			c.Kind = AlterDetachPartitionFinalize
		} else {
			cmd.Concurrent = p.accept(kwConcurrently)
		}
		return c
	}
	return nil
}

// alterTableCmd reads one action of ALTER TABLE.
func (p *parser) alterTableCmd() *AlterTableCmd {
	c := &AlterTableCmd{Loc: p.loc()}
	switch p.t.kind {
	case kwAdd:
		p.alterAdd(c)
	case kwAlter:
		p.alterAlter(c)
	case kwDrop:
		p.alterDrop(c)
	case kwSet:
		p.alterSet(c)
	case kwReset:
		p.advance()
		c.Kind, c.Options = AlterResetRelOptions, p.relOptions()
	case kwValidate:
		p.advance()
		p.expect(kwConstraint)
		c.Kind, c.Name = AlterValidateConstraint, p.colID()
	case kwCluster:
		p.advance()
		p.expect(kwOn)
		c.Kind, c.Name = AlterClusterOn, p.colID()
	case kwEnable, kwDisable:
		p.alterEnable(c)
	case kwOwner:
		p.advance()
		p.expect(kwTo)
		c.Kind, c.NewOwner = AlterChangeOwner, p.roleSpec()
	case kwReplica:
		p.advance()
		p.expect(kwIdentity)
		c.Kind, c.Def = AlterReplicaIdentity, p.replicaIdentity()
	case kwOptions:
		c.Kind, c.Options = AlterGenericOptions, p.alterGenericOptions()
	default:
		p.alterInheritance(c)
	}
	return c
}

// alterInheritance reads the actions about parents, types and row security.
func (p *parser) alterInheritance(c *AlterTableCmd) {
	switch p.t.kind {
	case kwInherit:
		p.advance()
		c.Kind, c.Def = AlterAddInherit, p.qualifiedName()
	case kwNo:
		p.advance()
		if p.accept(kwForce) {
			p.expect(kwRow, kwLevel, kwSecurity)
			c.Kind = AlterNoForceRowSecurity
			return
		}
		p.expect(kwInherit)
		c.Kind, c.Def = AlterDropInherit, p.qualifiedName()
	case kwForce:
		p.advance()
		p.expect(kwRow, kwLevel, kwSecurity)
		c.Kind = AlterForceRowSecurity
	case kwOf:
		p.advance()
		name := p.anyName()
		c.Kind, c.Def = AlterAddOf, &TypeName{Loc: name.Loc, Names: name.Parts}
	case kwNot:
		p.advance()
		p.expect(kwOf)
		c.Kind = AlterDropOf
	default:
		p.fail()
	}
}

func (p *parser) replicaIdentity() Node {
	r := &ReplicaIdentity{Loc: p.loc()}
	switch p.t.kind {
	case kwNothing:
		r.Kind = 'n'
	case kwFull:
		r.Kind = 'f'
	case kwDefault:
		r.Kind = 'd'
	default:
		p.expect(kwUsing, kwIndex)
		r.Kind, r.Name = 'i', p.colID()
		return r
	}
	p.advance()
	return r
}

func (p *parser) alterAdd(c *AlterTableCmd) {
	p.advance()
	if p.startsTableConstraint() {
		c.Kind, c.Def = AlterAddConstraint, p.tableConstraint()
		return
	}
	p.accept(kwColumn)
	c.Kind = AlterAddColumn
	c.MissingOK = p.ifNotExists()
	c.Def = p.columnDef()
}

func (p *parser) alterDrop(c *AlterTableCmd) {
	p.advance()
	c.Kind = AlterDropColumn
	if p.accept(kwConstraint) {
		c.Kind = AlterDropConstraint
	} else {
		p.accept(kwColumn)
	}
	c.MissingOK = p.ifExists()
	c.Name = p.colID()
	c.Behavior = p.behavior()
}

func (p *parser) alterSet(c *AlterTableCmd) {
	p.advance()
	switch p.t.kind {
	case kwWithout:
		p.advance()
		if p.accept(kwCluster) {
			c.Kind = AlterDropCluster
			return
		}
		p.expect(kwOids)
		c.Kind = AlterDropOids
	case kwLogged:
		p.advance()
		c.Kind = AlterSetLogged
	case kwUnlogged:
		p.advance()
		c.Kind = AlterSetUnlogged
	case kwAccess:
		p.advance()
		p.expect(kwMethod)
		c.Kind, c.Name = AlterSetAccessMethod, p.colID()
	case kwTablespace:
		p.advance()
		c.Kind, c.Name = AlterSetTablespace, p.colID()
	default:
		c.Kind, c.Options = AlterSetRelOptions, p.relOptions()
	}
}

// alterEnable reads ENABLE and DISABLE of triggers, rules and row security.
func (p *parser) alterEnable(c *AlterTableCmd) {
	enable := p.t.kind == kwEnable
	p.advance()
	if p.t.kind == kwRow {
		p.advance()
		p.expect(kwLevel, kwSecurity)
		c.Kind = AlterDisableRowSecurity
		if enable {
			c.Kind = AlterEnableRowSecurity
		}
		return
	}
	trigger, rule := AlterDisableTrigger, AlterDisableRule
	plain := true
	switch {
	case enable && p.accept(kwAlways):
		trigger, rule, plain = AlterEnableAlwaysTrigger, AlterEnableAlwaysRule, false
	case enable && p.accept(kwReplica):
		trigger, rule, plain = AlterEnableReplicaTrigger, AlterEnableReplicaRule, false
	case enable:
		trigger, rule = AlterEnableTrigger, AlterEnableRule
	}
	if p.accept(kwRule) {
		c.Kind, c.Name = rule, p.colID()
		return
	}
	p.expect(kwTrigger)
	switch {
	case plain && p.accept(kwAll):
		c.Kind = AlterDisableTriggerAll
		if enable {
			c.Kind = AlterEnableTriggerAll
		}
	case plain && p.accept(kwUser):
		c.Kind = AlterDisableTriggerUser
		if enable {
			c.Kind = AlterEnableTriggerUser
		}
	default:
		c.Kind, c.Name = trigger, p.colID()
	}
}

// alterAlter reads ALTER [COLUMN] and ALTER CONSTRAINT.
func (p *parser) alterAlter(c *AlterTableCmd) {
	p.advance()
	if p.accept(kwConstraint) {
		c.Kind = AlterAlterConstraint
		con := &Constraint{Loc: c.Loc, Kind: ConstraintForeign, Name: p.colID()}
		p.constraintAttributes(con, "FOREIGN KEY", attrDeferrable|attrDeferred)
		c.Def = con
		return
	}
	p.accept(kwColumn)
	if p.t.kind == tokIntConst {
		at := int(p.t.start)
		c.Number = p.iconst()
		p.expect(kwSet, kwStatistics)
		c.Kind = AlterSetStatistics
		p.statisticsTarget(c)
		if c.Number <= 0 || c.Number > 32767 {
			p.raise(pgerror.InvalidParameterValue, at, "column number must be in range from 1 to %d", 32767)
		}
		return
	}
	c.Name = p.colID()
	switch p.t.kind {
	case kwSet:
		p.alterColumnSet(c)
	case kwDrop:
		p.alterColumnDrop(c)
	case kwReset:
		p.advance()
		c.Kind, c.Options = AlterResetOptions, p.relOptions()
	case kwAdd:
		p.advance()
		con := &Constraint{Loc: p.loc(), Kind: ConstraintIdentity}
		p.expect(kwGenerated)
		con.ByDefault = p.generatedWhen()
		p.expect(kwAs, kwIdentity)
		if p.accept('(') {
			con.Options = p.sequenceOptions(true)
			p.expect(')')
		}
		c.Kind, c.Def = AlterAddIdentity, con
	case kwRestart:
		p.alterIdentity(c)
	case kwType:
		p.alterColumnType(c)
	case kwOptions:
		c.Kind, c.Options = AlterColumnGenericOptions, p.alterGenericOptions()
	default:
		p.fail()
	}
}

func (p *parser) statisticsTarget(c *AlterTableCmd) {
	at := p.loc()
	c.Def = &IntegerConst{Loc: at, Value: int64(p.signedIconst())}
}

// alterColumnSet reads SET behind a column.
func (p *parser) alterColumnSet(c *AlterTableCmd) {
	switch p.peek1() {
	case kwDefault:
		p.advance()
		p.advance()
		c.Kind, c.Def = AlterColumnDefault, p.aExpr()
	case kwNot:
		p.advance()
		p.advance()
		p.expect(kwNull)
		c.Kind = AlterSetNotNull
	case kwStatistics:
		p.advance()
		p.advance()
		c.Kind = AlterSetStatistics
		p.statisticsTarget(c)
	case '(':
		p.advance()
		c.Kind, c.Options = AlterSetOptions, p.relOptions()
	case kwStorage:
		p.advance()
		p.advance()
		c.Kind, c.Def = AlterSetStorage, &StringConst{Loc: p.loc(), Value: p.colIDOrDefault()}
	case kwCompression:
		p.advance()
		p.advance()
		c.Kind, c.Def = AlterSetCompression, &StringConst{Loc: p.loc(), Value: p.colIDOrDefault()}
	case kwData:
		p.advance()
		p.advance()
		p.alterColumnType(c)
	default:
		p.alterIdentity(c)
	}
}

// alterColumnType reads TYPE … [COLLATE …] [USING …].
func (p *parser) alterColumnType(c *AlterTableCmd) {
	p.expect(kwType)
	c.Kind = AlterColumnType
	def := &ColumnDef{Loc: c.Loc, Type: p.typeName()}
	def.Collate = p.optCollateClause()
	if p.t.kind == kwUsing {
		at := p.loc()
		p.advance()
		def.Constraints = []*Constraint{{Loc: at, Kind: ConstraintDefault, Expr: p.aExpr()}}
	}
	c.Def = def
}

// alterIdentity reads alter_identity_column_option_list.
func (p *parser) alterIdentity(c *AlterTableCmd) {
	c.Kind = AlterSetIdentity
	for p.oneOf(kwSet, kwRestart) {
		if p.t.kind == kwRestart {
			c.Options = append(c.Options, p.sequenceOption())
			continue
		}
		p.advance()
		at := p.loc()
		if p.accept(kwGenerated) {
			d := &DefElem{Loc: at, Name: "generated", Arg: &StringConst{Loc: p.loc(), Value: "always"}}
			if p.generatedWhen() {
				d.Arg.(*StringConst).Value = "by default"
			}
			c.Options = append(c.Options, d)
			continue
		}
		d := p.sequenceOption()
		if d == nil {
			p.fail()
		}
		switch d.Name {
		case "as", "restart", "owned_by":
			p.raise(pgerror.SyntaxError, int(at), "sequence option \"%s\" not supported here", d.Name)
		}
		c.Options = append(c.Options, d)
	}
}

func (p *parser) alterColumnDrop(c *AlterTableCmd) {
	p.advance()
	switch p.t.kind {
	case kwDefault:
		p.advance()
		c.Kind = AlterColumnDefault
	case kwNot:
		p.advance()
		p.expect(kwNull)
		c.Kind = AlterDropNotNull
	case kwExpression:
		p.advance()
		c.Kind, c.MissingOK = AlterDropExpression, p.onlyIfExists()
	case kwIdentity:
		p.advance()
		c.Kind, c.MissingOK = AlterDropIdentity, p.onlyIfExists()
	default:
		p.fail()
	}
}
