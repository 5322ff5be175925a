package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// createRole reads CREATE ROLE, USER or GROUP behind that word.
func (p *parser) createRole(at Loc, kind RoleStmtKind) Statement {
	s := &CreateRoleStmt{Loc: at, Kind: kind, Role: p.roleID()}
	p.optWith()
	for {
		d := p.roleOption(true)
		if d == nil {
			return s
		}
		s.Options = append(s.Options, d)
	}
}

func (p *parser) optWith() {
	if p.oneOf(kwWith, tokWithLA) {
		p.advance()
	}
}

// roleOption reads an option of CREATE or ALTER ROLE, nil if none starts here.
func (p *parser) roleOption(create bool) *DefElem {
	d := &DefElem{Loc: p.loc()}
	switch p.t.kind {
	case kwPassword:
		p.advance()
		d.Name = "password"
		if !p.accept(kwNull) {
			d.Arg = p.stringNode()
		}
	case kwEncrypted:
		p.advance()
		p.expect(kwPassword)
		d.Name, d.Arg = "password", p.stringNode()
	case kwUnencrypted:
		p.advance()
		p.expect(kwPassword)
		p.sconst()
		panic(p.errorAt(pgerror.FeatureNotSupported, int(d.Loc), "UNENCRYPTED PASSWORD is no longer supported").
			WithHint("Remove UNENCRYPTED to store the password in encrypted form instead."))
	case kwInherit:
		p.advance()
		d.Name, d.Arg = "inherit", boolNode(true)
	case kwConnection:
		p.advance()
		p.expect(kwLimit)
		at := p.loc()
		d.Name, d.Arg = "connectionlimit", &IntegerConst{Loc: at, Value: int64(p.signedIconst())}
	case kwValid:
		p.advance()
		p.expect(kwUntil)
		d.Name, d.Arg = "validUntil", p.stringNode()
	case kwUser:
		p.advance()
		d.Name, d.Arg = "rolemembers", p.roleDefList()
	case tokIdent:
		p.identRoleOption(d)
	default:
		if create {
			return p.createRoleOption(d)
		}
		return nil
	}
	return d
}

// identRoleOption reads the options that are no keywords.
func (p *parser) identRoleOption(d *DefElem) {
	word := p.take()
	options := [...]struct{ word, name string }{
		{"superuser", "superuser"}, {"createrole", "createrole"}, {"replication", "isreplication"},
		{"createdb", "createdb"}, {"login", "canlogin"}, {"bypassrls", "bypassrls"},
	}
	for _, o := range options {
		if word == o.word || word == "no"+o.word {
			d.Name, d.Arg = o.name, boolNode(word == o.word)
			return
		}
	}
	if word == "noinherit" {
		d.Name, d.Arg = "inherit", boolNode(false)
		return
	}
	panic(p.errorAt(pgerror.SyntaxError, int(d.Loc), "unrecognized role option \"%s\"", word))
}

func (p *parser) createRoleOption(d *DefElem) *DefElem {
	switch p.t.kind {
	case kwSysid:
		p.advance()
		at := p.loc()
		d.Name, d.Arg = "sysid", &IntegerConst{Loc: at, Value: int64(p.iconst())}
	case kwAdmin:
		p.advance()
		d.Name, d.Arg = "adminmembers", p.roleDefList()
	case kwRole:
		p.advance()
		d.Name, d.Arg = "rolemembers", p.roleDefList()
	case kwIn:
		p.advance()
		if !p.oneOf(kwRole, kwGroup) {
			p.fail()
		}
		p.advance()
		d.Name, d.Arg = "addroleto", p.roleDefList()
	default:
		return nil
	}
	return d
}

func (p *parser) roleDefList() *DefList {
	l := &DefList{Loc: p.loc()}
	for _, r := range p.roleList() {
		l.Items = append(l.Items, r)
	}
	return l
}

// alterRole reads ALTER ROLE and ALTER USER behind that word.
func (p *parser) alterRole(at Loc) Statement {
	if p.accept(kwAll) {
		return p.alterRoleSet(at, nil)
	}
	role := p.roleSpec()
	switch p.t.kind {
	case kwRename:
		return p.renameRole(at, role)
	case kwIn, kwSet, kwReset:
		return p.alterRoleSet(at, role)
	}
	s := &AlterRoleStmt{Loc: at, Role: role, Action: 1}
	p.optWith()
	for {
		d := p.roleOption(false)
		if d == nil {
			return s
		}
		s.Options = append(s.Options, d)
	}
}

func (p *parser) alterRoleSet(at Loc, role *RoleSpec) Statement {
	s := &AlterRoleSetStmt{Loc: at, Role: role}
	if p.accept2(kwIn, kwDatabase) {
		s.Database = p.colID()
	}
	s.Set = p.setResetClause()
	return s
}

// renameRole reads RENAME TO behind a role.
func (p *parser) renameRole(at Loc, role *RoleSpec) Statement {
	p.checkRoleID(role)
	p.advance()
	p.expect(kwTo)
	return &RenameStmt{Loc: at, Kind: ObjectRole, SubName: role.Name, NewName: p.roleID()}
}

// alterGroup reads ALTER GROUP behind that word.
func (p *parser) alterGroup(at Loc) Statement {
	role := p.roleSpec()
	s := &AlterRoleStmt{Loc: at, Role: role, Action: 1, Group: true}
	switch p.t.kind {
	case kwRename:
		return p.renameRole(at, role)
	case kwDrop:
		s.Action = -1
	case kwAdd:
	default:
		p.lookedAhead()
		p.checkRoleID(role)
		p.fail()
	}
	p.advance()
	where := p.loc()
	p.expect(kwUser)
	s.Options = []*DefElem{{Loc: where, Name: "rolemembers", Arg: p.roleDefList()}}
	return s
}

// dropRole reads DROP ROLE, USER or GROUP behind that word.
func (p *parser) dropRole(at Loc) Statement {
	return &DropRoleStmt{Loc: at, MissingOK: p.ifExists(), Roles: p.roleList()}
}

// createSchema reads CREATE SCHEMA behind that word.
func (p *parser) createSchema(at Loc) Statement {
	s := &CreateSchemaStmt{Loc: at, IfNotExists: p.ifNotExists()}
	if p.t.kind != kwAuthorization {
		s.Name = p.colID()
	}
	if p.accept(kwAuthorization) {
		s.Authid = p.roleSpec()
	}
	elementsAt := int(p.t.start)
	for p.oneOf(kwCreate, kwGrant) {
		s.Elements = append(s.Elements, p.schemaElement())
	}
	if s.IfNotExists && s.Elements != nil {
		p.raise(pgerror.FeatureNotSupported, elementsAt, "CREATE SCHEMA IF NOT EXISTS cannot include schema elements")
	}
	return s
}

// schemaElement reads a statement inside CREATE SCHEMA.
func (p *parser) schemaElement() Statement {
	if p.t.kind == kwGrant {
		return p.grantStmt(false)
	}
	at := p.loc()
	p.advance()
	switch p.t.kind {
	case kwUnique, kwIndex:
		return p.indexStmt(at)
	case kwTrigger, kwConstraint:
		return p.createTrigger(at, false)
	case kwView, kwRecursive:
		return p.createView(at, false, Permanent)
	case kwOr:
		p.advance()
		p.expect(kwReplace)
		switch p.t.kind {
		case kwTrigger, kwConstraint:
			return p.createTrigger(at, true)
		}
		return p.createView(at, true, p.persistence())
	}
	persistence := p.persistence()
	switch p.t.kind {
	case kwTable:
		return p.createTable(at, persistence, false)
	case kwSequence:
		return p.createSequence(at, persistence)
	case kwView, kwRecursive:
		return p.createView(at, false, persistence)
	}
	p.fail()
	return nil
}
