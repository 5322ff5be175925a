package parse

// alterType reads ALTER TYPE behind that word.
func (p *parser) alterType(at Loc) Statement {
	name := p.anyName()
	next := p.peek1()
	switch {
	case p.t.kind == kwAdd && next == kwValue, p.t.kind == kwRename && next == kwValue:
		return p.alterEnum(at, name)
	case p.t.kind == kwRename && next == kwAttribute:
		p.advance()
		p.advance()
		s := &RenameStmt{Loc: at, Kind: ObjectAttribute, RelationKind: ObjectTypeType, SubName: p.colID()}
		p.expect(kwTo)
		s.NewName = p.colID()
		s.Behavior = p.behavior()
		s.Relation = p.rangeVarFromAny(name)
		return s
	case p.t.kind == kwSet && next == '(':
		p.advance()
		return &AlterTypeStmt{Loc: at, Type: name.Parts, Options: p.operatorOptions()}
	case p.oneOf(kwAdd, kwDrop, kwAlter):
		s := &AlterTableStmt{Loc: at, Kind: ObjectTypeType, Cmds: list(p, p.alterAttribute)}
		s.Relation = p.rangeVarFromAny(name)
		return s
	}
	return p.alterCommon(at, ObjectTypeType, name, canRename|canOwner|canSchema)
}

// alterAttribute reads one action of ALTER TYPE on a composite type.
func (p *parser) alterAttribute() *AlterTableCmd {
	c := &AlterTableCmd{Loc: p.loc()}
	kind := p.t.kind
	if !p.oneOf(kwAdd, kwDrop, kwAlter) {
		p.fail()
	}
	p.advance()
	p.expect(kwAttribute)
	switch kind {
	case kwAdd:
		c.Kind, c.Def = AlterAddColumn, p.tableFuncElement()
	case kwDrop:
		c.Kind, c.MissingOK = AlterDropColumn, p.ifExists()
		c.Name = p.colID()
	default:
		c.Kind, c.Name = AlterColumnType, p.colID()
		p.accept2(kwSet, kwData)
		p.expect(kwType)
		def := &ColumnDef{Loc: c.Loc, Type: p.typeName()}
		def.Collate = p.optCollateClause()
		c.Def = def
	}
	c.Behavior = p.behavior()
	return c
}

func (p *parser) alterEnum(at Loc, name *ObjectName) Statement {
	s := &AlterEnumStmt{Loc: at, Type: name.Parts, Rename: p.t.kind == kwRename}
	p.advance()
	p.advance()
	if s.Rename {
		s.OldValue = p.sconst()
		p.expect(kwTo)
		s.NewValue = p.sconst()
		return s
	}
	s.IfNotExists = p.onlyIfNotExists()
	s.NewValue = p.sconst()
	if p.oneOf(kwBefore, kwAfter) {
		s.HasNeighbor, s.After = true, p.t.kind == kwAfter
		p.advance()
		s.Neighbor = p.sconst()
	}
	return s
}

// alterDomain reads ALTER DOMAIN behind that word.
func (p *parser) alterDomain(at Loc) Statement {
	name := p.anyName()
	s := &AlterDomainStmt{Loc: at, Domain: name.Parts}
	next := p.peek1()
	switch {
	case p.t.kind == kwRename && next == kwConstraint:
		p.advance()
		p.advance()
		r := &RenameStmt{Loc: at, Kind: ObjectDomainConstraint, Object: name, SubName: p.colID()}
		p.expect(kwTo)
		r.NewName = p.colID()
		return r
	case p.t.kind == kwAdd:
		p.advance()
		s.Kind, s.Constraint = AlterDomainAddConstraint, p.tableConstraint()
	case p.t.kind == kwValidate:
		p.advance()
		p.expect(kwConstraint)
		s.Kind, s.Name = AlterDomainValidate, p.colID()
	case p.t.kind == kwSet && next == kwDefault:
		p.advance()
		p.advance()
		s.Def = p.aExpr()
	case p.t.kind == kwSet && next == kwNot:
		p.advance()
		p.advance()
		p.expect(kwNull)
		s.Kind = AlterDomainSetNotNull
	case p.t.kind == kwDrop:
		p.alterDomainDrop(s)
	default:
		return p.alterCommon(at, ObjectDomain, name, canRename|canOwner|canSchema)
	}
	return s
}

func (p *parser) alterDomainDrop(s *AlterDomainStmt) {
	p.advance()
	switch p.t.kind {
	case kwDefault:
		p.advance()
	case kwNot:
		p.advance()
		p.expect(kwNull)
		s.Kind = AlterDomainDropNotNull
	default:
		p.expect(kwConstraint)
		s.Kind, s.MissingOK = AlterDomainDropConstraint, p.ifExists()
		s.Name = p.colID()
		s.Behavior = p.behavior()
	}
}
