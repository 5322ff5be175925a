package parse

// grantStmt reads GRANT of privileges and, where allowed, of roles.
func (p *parser) grantStmt(roles bool) Statement {
	at := p.loc()
	p.advance()
	privileges, all := p.privileges()
	if roles && !all && p.t.kind == kwTo {
		return p.grantRole(at, privileges)
	}
	s := &GrantStmt{Loc: at, IsGrant: true, Privileges: privileges}
	p.expect(kwOn)
	p.privilegeTarget(s)
	p.expect(kwTo)
	s.Grantees = list(p, p.grantee)
	if p.accept(kwWith) {
		p.expect(kwGrant, kwOption)
		s.GrantOption = true
	}
	s.GrantedBy = p.grantedBy()
	return s
}

func (p *parser) grantRole(at Loc, roles []*AccessPriv) Statement {
	s := &GrantRoleStmt{Loc: at, IsGrant: true, Roles: roles}
	p.advance()
	s.Grantees = p.roleList()
	if p.accept(kwWith) {
		s.Options = list(p, func() *DefElem {
			d := &DefElem{Loc: p.loc(), Name: p.colLabel()}
			if !p.oneOf(kwOption, kwTrue, kwFalse) {
				p.fail()
			}
			d.Arg = &BoolConst{Loc: p.loc(), Value: p.t.kind != kwFalse}
			p.advance()
			return d
		})
	}
	s.GrantedBy = p.grantedBy()
	return s
}

// revokeStmt reads REVOKE.
func (p *parser) revokeStmt() Statement {
	at := p.loc()
	p.advance()
	grantOption := false
	switch {
	case p.t.kind == kwGrant:
		p.advance()
		p.expect(kwOption, kwFor)
		grantOption = true
	case p.t.kind.isColID() && p.peek(1) == kwOption:
		option := &DefElem{Loc: p.loc(), Name: p.take(), Arg: boolNode(false)}
		p.advance()
		p.expect(kwFor)
		return p.revokeRole(at, list(p, p.privilege), []*DefElem{option})
	}
	privileges, all := p.privileges()
	if !all && !grantOption && p.t.kind == kwFrom {
		return p.revokeRole(at, privileges, nil)
	}
	s := &GrantStmt{Loc: at, Privileges: privileges, GrantOption: grantOption}
	p.expect(kwOn)
	p.privilegeTarget(s)
	p.expect(kwFrom)
	s.Grantees = list(p, p.grantee)
	s.GrantedBy = p.grantedBy()
	s.Behavior = p.behavior()
	return s
}

func (p *parser) revokeRole(at Loc, roles []*AccessPriv, options []*DefElem) Statement {
	s := &GrantRoleStmt{Loc: at, Roles: roles, Options: options}
	p.expect(kwFrom)
	s.Grantees = p.roleList()
	s.GrantedBy = p.grantedBy()
	s.Behavior = p.behavior()
	return s
}

// privileges reads ALL or a list of privileges or roles.
func (p *parser) privileges() (privileges []*AccessPriv, all bool) {
	at := p.loc()
	if !p.accept(kwAll) {
		return list(p, p.privilege), false
	}
	p.accept(kwPrivileges)
	if p.t.kind == '(' {
		return []*AccessPriv{{Loc: at, Columns: p.parenNames()}}, true
	}
	return nil, true
}

func (p *parser) privilege() *AccessPriv {
	a := &AccessPriv{Loc: p.loc()}
	switch {
	case p.t.kind == kwAlter && p.peek(1) == kwSystem:
		p.advance()
		p.advance()
		a.Name = "alter system"
		return a
	case p.oneOf(kwSelect, kwReferences, kwCreate):
		a.Name = p.take()
	default:
		a.Name = p.colID()
	}
	a.Columns = p.optParenNames()
	return a
}

func (p *parser) grantee() *RoleSpec {
	if p.t.kind == kwGroup {
		p.advance()
	}
	return p.roleSpec()
}

func (p *parser) grantedBy() *RoleSpec {
	if !p.accept2(kwGranted, kwBy) {
		return nil
	}
	return p.roleSpec()
}

// nameFollows tells whether the word here is a keyword with a name behind it
// rather than a name itself.
func (p *parser) nameFollows() bool {
	switch p.peek(1) {
	case kwTo, kwFrom, ',', '.', '[', tokEOF, ';':
		return false
	}
	return true
}

// privilegeTarget reads what privileges are granted on.
func (p *parser) privilegeTarget(s *GrantStmt) {
	s.Kind = ObjectTable
	kind := p.t.kind
	switch {
	case kind == kwAll:
		p.allInSchema(s)
		return
	case kind == kwTable:
		p.advance()
	case kind == kwForeign:
		p.advance()
		s.Kind = ObjectForeignServer
		if p.accept2(kwData, kwWrapper) {
			s.Kind = ObjectForeignDataWrapper
		} else {
			p.expect(kwServer)
		}
		s.Objects = p.nameNodes()
		return
	case !p.nameFollows():
	default:
		if p.keywordTarget(s) {
			return
		}
	}
	for _, r := range list(p, p.qualifiedName) {
		s.Objects = append(s.Objects, r)
	}
}

// keywordTarget reads a target that starts with an unreserved keyword; it
// reports false if the word is the name of a table after all.
func (p *parser) keywordTarget(s *GrantStmt) bool {
	kind := p.t.kind
	switch kind {
	case kwSequence:
		p.advance()
		s.Kind = ObjectSequence
		for _, r := range list(p, p.qualifiedName) {
			s.Objects = append(s.Objects, r)
		}
	case kwFunction, kwProcedure, kwRoutine:
		p.advance()
		s.Kind = map[tok]ObjectType{kwFunction: ObjectFunction, kwProcedure: ObjectProcedure, kwRoutine: ObjectRoutine}[kind]
		for _, f := range list(p, p.functionWithArgs) {
			s.Objects = append(s.Objects, f)
		}
	case kwDomain, kwType:
		p.advance()
		s.Kind = map[tok]ObjectType{kwDomain: ObjectDomain, kwType: ObjectTypeType}[kind]
		for _, n := range list(p, p.anyName) {
			s.Objects = append(s.Objects, n)
		}
	case kwLarge:
		p.advance()
		p.expect(kwObject)
		s.Kind = ObjectLargeObject
		for _, n := range list(p, p.numericOnly) {
			s.Objects = append(s.Objects, n)
		}
	case kwParameter:
		p.advance()
		s.Kind = ObjectParameter
		for _, n := range list(p, p.parameterName) {
			s.Objects = append(s.Objects, n)
		}
	case kwDatabase, kwLanguage, kwSchema, kwTablespace:
		p.advance()
		s.Kind = map[tok]ObjectType{kwDatabase: ObjectDatabase, kwLanguage: ObjectLanguage, kwSchema: ObjectSchema, kwTablespace: ObjectTablespace}[kind]
		s.Objects = p.nameNodes()
	default:
		return false
	}
	return true
}

func (p *parser) parameterName() *ObjectName {
	n := &ObjectName{Loc: p.loc(), Parts: []string{p.colID()}}
	for p.accept('.') {
		n.Parts = append(n.Parts, p.colID())
	}
	return n
}

func (p *parser) nameNodes() []Node {
	var nodes []Node
	for _, n := range list(p, p.nameNode) {
		nodes = append(nodes, n)
	}
	return nodes
}

// allInSchema reads ALL TABLES IN SCHEMA … and its kin.
func (p *parser) allInSchema(s *GrantStmt) {
	p.advance()
	s.Target = GrantOnAllInSchema
	switch p.t.kind {
	case kwTables:
		s.Kind = ObjectTable
	case kwSequences:
		s.Kind = ObjectSequence
	case kwFunctions:
		s.Kind = ObjectFunction
	case kwProcedures:
		s.Kind = ObjectProcedure
	case kwRoutines:
		s.Kind = ObjectRoutine
	default:
		p.fail()
	}
	p.advance()
	p.expect(kwIn, kwSchema)
	s.Objects = p.nameNodes()
}

// alterDefaultPrivileges reads ALTER DEFAULT PRIVILEGES behind ALTER.
func (p *parser) alterDefaultPrivileges(at Loc) Statement {
	p.expect(kwDefault, kwPrivileges)
	s := &AlterDefaultPrivilegesStmt{Loc: at}
	for p.oneOf(kwIn, kwFor) {
		d := &DefElem{Loc: p.loc()}
		l := &DefList{Loc: NoLoc}
		if p.accept2(kwIn, kwSchema) {
			d.Name = "schemas"
			l.Items = p.nameNodes()
		} else {
			p.advance()
			if !p.oneOf(kwRole, kwUser) {
				p.fail()
			}
			p.advance()
			d.Name = "roles"
			for _, r := range p.roleList() {
				l.Items = append(l.Items, r)
			}
		}
		d.Arg = l
		s.Options = append(s.Options, d)
	}
	s.Action = p.defaultPrivilegesAction()
	return s
}

func (p *parser) defaultPrivilegesAction() *GrantStmt {
	g := &GrantStmt{Loc: p.loc(), Target: GrantOnDefaults, IsGrant: p.t.kind == kwGrant}
	if !g.IsGrant && p.t.kind != kwRevoke {
		p.fail()
	}
	p.advance()
	if !g.IsGrant && p.accept(kwGrant) {
		p.expect(kwOption, kwFor)
		g.GrantOption = true
	}
	g.Privileges, _ = p.privileges()
	p.expect(kwOn)
	switch p.t.kind {
	case kwTables:
		g.Kind = ObjectTable
	case kwFunctions, kwRoutines:
		g.Kind = ObjectFunction
	case kwSequences:
		g.Kind = ObjectSequence
	case kwTypes:
		g.Kind = ObjectTypeType
	case kwSchemas:
		g.Kind = ObjectSchema
	default:
		p.fail()
	}
	p.advance()
	if g.IsGrant {
		p.expect(kwTo)
	} else {
		p.expect(kwFrom)
	}
	g.Grantees = list(p, p.grantee)
	if !g.IsGrant {
		g.Behavior = p.behavior()
	} else if p.accept(kwWith) {
		p.expect(kwGrant, kwOption)
		g.GrantOption = true
	}
	return g
}

// awsStmt reads AWS IAM GRANT and AWS IAM REVOKE.
func (p *parser) awsStmt() Statement {
	s := &AwsIamGrantStmt{Loc: p.loc()}
	p.advance()
	p.expect(kwIam)
	s.IsGrant = p.t.kind == kwGrant
	if !s.IsGrant && p.t.kind != kwRevoke {
		p.fail()
	}
	p.advance()
	s.Role = p.roleSpec()
	if s.IsGrant {
		p.expect(kwTo)
	} else {
		p.expect(kwFrom)
	}
	s.ARNLoc = p.loc()
	s.ARN = p.sconst()
	return s
}
