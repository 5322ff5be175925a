package parse

// dropStmt reads DROP.
func (p *parser) dropStmt() Statement {
	at := p.loc()
	p.advance()
	switch p.t.kind {
	case kwRole, kwGroup:
		p.advance()
		return p.dropRole(at)
	case kwUser:
		p.advance()
		if next := p.peek1(); p.t.kind == kwMapping && (next == kwFor || next == kwIf) {
			return p.dropUserMapping(at)
		}
		return p.dropRole(at)
	case kwOwned:
		p.advance()
		p.expect(kwBy)
		return &DropOwnedStmt{Loc: at, Roles: p.roleList(), Behavior: p.behavior()}
	case kwDatabase:
		p.advance()
		return p.dropDatabase(at)
	case kwTablespace:
		p.advance()
		return &DropTableSpaceStmt{Loc: at, MissingOK: p.ifExists(), Name: p.colID()}
	case kwSubscription:
		p.advance()
		return &DropSubscriptionStmt{Loc: at, MissingOK: p.ifExists(), Name: p.colID(), Behavior: p.behavior()}
	}
	s := &DropStmt{Loc: at}
	p.dropObjects(s)
	s.Behavior = p.behavior()
	return s
}

func (p *parser) dropObjects(s *DropStmt) {
	if kind, ok := p.anyNameObject(); ok {
		s.Kind = kind
		if kind == ObjectIndex {
			s.Concurrent = p.accept(kwConcurrently)
		}
		s.MissingOK = p.ifExists()
		s.Objects = asNodes(list(p, p.anyName))
		return
	}
	if kind, ok := onTableKinds[p.t.kind]; ok {
		p.advance()
		s.Kind = kind
		s.MissingOK = p.ifExists()
		s.Objects = []Node{p.onTableRef()}
		return
	}
	switch p.t.kind {
	case kwType, kwDomain:
		s.Kind = ObjectTypeType
		if p.t.kind == kwDomain {
			s.Kind = ObjectDomain
		}
		p.advance()
		s.MissingOK = p.ifExists()
		s.Objects = asNodes(list(p, p.typeName))
	case kwFunction, kwProcedure, kwRoutine:
		s.Kind = routineKinds[p.t.kind]
		p.advance()
		s.MissingOK = p.ifExists()
		s.Objects = asNodes(list(p, p.functionWithArgs))
	case kwAggregate:
		s.Kind = ObjectAggregate
		p.advance()
		s.MissingOK = p.ifExists()
		s.Objects = asNodes(list(p, p.aggregateWithArgs))
	case kwOperator:
		p.dropOperator(s)
	case kwCast:
		p.advance()
		s.Kind, s.MissingOK = ObjectCast, p.onlyIfExists()
		s.Objects = []Node{p.parenCast()}
	case kwTransform:
		p.advance()
		s.Kind, s.MissingOK = ObjectTransform, p.onlyIfExists()
		s.Objects = []Node{p.transformRef()}
	default:
		kind, ok := p.plainNameObject()
		if !ok {
			p.fail()
		}
		s.Kind, s.MissingOK = kind, p.ifExists()
		s.Objects = p.nameNodes()
	}
}

var routineKinds = map[tok]ObjectType{kwFunction: ObjectFunction, kwProcedure: ObjectProcedure, kwRoutine: ObjectRoutine}

func asNodes[T Node](items []T) []Node {
	nodes := make([]Node, len(items))
	for i, item := range items {
		nodes[i] = item
	}
	return nodes
}

func (p *parser) dropOperator(s *DropStmt) {
	p.advance()
	if p.oneOf(kwClass, kwFamily) && p.peek(1) != '.' {
		s.Kind = ObjectOpClass
		if p.t.kind == kwFamily {
			s.Kind = ObjectOpFamily
		}
		p.advance()
		s.MissingOK = p.ifExists()
		name := p.anyName()
		p.expect(kwUsing)
		name.Parts = append([]string{p.colID()}, name.Parts...)
		s.Objects = []Node{name}
		return
	}
	s.Kind = ObjectOperator
	s.MissingOK = p.ifExists()
	s.Objects = asNodes(list(p, p.operatorWithArgs))
}

func (p *parser) dropDatabase(at Loc) Statement {
	s := &DropdbStmt{Loc: at, MissingOK: p.ifExists(), Name: p.colID()}
	if p.oneOf(kwWith, tokWithLA) || p.t.kind == '(' {
		p.optWith()
		s.Options = parenList(p, func() *DefElem {
			d := &DefElem{Loc: p.loc(), Name: "force"}
			p.expect(kwForce)
			return d
		})
	}
	return s
}

func (p *parser) dropUserMapping(at Loc) Statement {
	p.advance()
	s := &DropUserMappingStmt{Loc: at, MissingOK: p.onlyIfExists()}
	p.expect(kwFor)
	s.User = p.mappedUser()
	p.expect(kwServer)
	s.Server = p.colID()
	return s
}

// mappedUser reads the user of a user mapping; USER is CURRENT_USER.
func (p *parser) mappedUser() *RoleSpec {
	if p.t.kind == kwUser {
		r := &RoleSpec{Loc: p.loc(), Kind: RoleCurrentUser}
		p.advance()
		return r
	}
	return p.roleSpec()
}
