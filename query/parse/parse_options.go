package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// relOptions reads ( storage parameters ).
func (p *parser) relOptions() []*DefElem { return parenList(p, p.relOption) }

func (p *parser) relOption() *DefElem {
	d := &DefElem{Loc: p.loc(), Name: p.colLabel()}
	if p.accept('.') {
		d.Namespace, d.Name = d.Name, p.colLabel()
	}
	if p.accept('=') {
		d.Arg = p.defArg()
	}
	return d
}

// definition reads ( name = value, … ) of CREATE OPERATOR and the like.
func (p *parser) definition() []*DefElem {
	return parenList(p, func() *DefElem {
		d := &DefElem{Loc: p.loc(), Name: p.colLabel()}
		if p.accept('=') {
			d.Arg = p.defArg()
		}
		return d
	})
}

// defArg reads the value of an option: a type, a keyword, an operator, a
// number or a string. Reserved words and NONE arrive as strings.
func (p *parser) defArg() Node {
	at := p.loc()
	switch {
	case p.t.kind == tokString:
		return &StringConst{Loc: at, Value: p.take()}
	case p.t.kind == kwNone, p.t.kind.isReserved():
		return &StringConst{Loc: at, Value: p.take()}
	case p.isNumericOnly() && !p.signIsOperator():
		return p.numericOnly()
	case p.t.kind == kwOperator && p.peek(1) == '(', isOperator(p.t.kind):
		return &ObjectName{Loc: at, Parts: p.qualAllOp()}
	}
	return p.funcType()
}

// signIsOperator: a sign that no number follows is an operator.
func (p *parser) signIsOperator() bool {
	if !p.oneOf('+', '-') {
		return false
	}
	next := p.peek(1)
	return next != tokIntConst && next != tokFloatConst
}

// optGenericOptions reads [OPTIONS (name 'value', …)].
func (p *parser) optGenericOptions() []*DefElem {
	if !p.accept(kwOptions) {
		return nil
	}
	return parenList(p, func() *DefElem { return p.genericOption(DefUnspecified) })
}

// alterGenericOptions reads OPTIONS ([ADD | SET | DROP] name 'value', …).
func (p *parser) alterGenericOptions() []*DefElem {
	p.expect(kwOptions)
	return parenList(p, func() *DefElem {
		named := p.peek(1) == tokString // SET 'x' names an option SET
		switch {
		case p.t.kind == kwSet && !named:
			p.advance()
			return p.genericOption(DefSet)
		case p.t.kind == kwAdd && !named:
			p.advance()
			return p.genericOption(DefAdd)
		case p.t.kind == kwDrop && !named:
			p.advance()
			return &DefElem{Loc: p.loc(), Name: p.colLabel(), Action: DefDrop}
		}
		return p.genericOption(DefUnspecified)
	})
}

func (p *parser) genericOption(action DefAction) *DefElem {
	d := &DefElem{Loc: p.loc(), Name: p.colLabel(), Action: action}
	d.Arg = &StringConst{Loc: p.loc(), Value: p.sconst()}
	return d
}

// utilityOptions reads ( name [value], … ) of EXPLAIN, VACUUM and the like.
func (p *parser) utilityOptions() []*DefElem {
	return parenList(p, func() *DefElem {
		d := &DefElem{Loc: p.loc()}
		switch {
		case p.oneOf(kwAnalyze, kwAnalyse):
			p.advance()
			d.Name = "analyze"
		case p.t.kind == tokFormatLA:
			p.advance()
			d.Name = "format"
		default:
			d.Name = p.nonReserved()
		}
		if p.isNumericOnly() {
			d.Arg = p.numericOnly()
		} else if p.startsBooleanOrString() {
			d.Arg = p.booleanOrString()
		}
		return d
	})
}

func (p *parser) startsBooleanOrString() bool {
	return p.oneOf(kwTrue, kwFalse, kwOn, tokString) || p.t.kind.isNonReserved()
}

// booleanOrString reads TRUE, FALSE, ON, a word or a string, as a string.
func (p *parser) booleanOrString() *StringConst {
	if !p.startsBooleanOrString() {
		p.fail()
	}
	at := p.loc()
	return &StringConst{Loc: at, Value: p.take()}
}

// stringNode reads a string constant as a node.
func (p *parser) stringNode() *StringConst {
	at := p.loc()
	return &StringConst{Loc: at, Value: p.sconst()}
}

func boolNode(value bool) *BoolConst { return &BoolConst{Loc: NoLoc, Value: value} }

// sequenceOptions reads the options of a sequence; at least one if required.
func (p *parser) sequenceOptions(required bool) []*DefElem {
	var options []*DefElem
	for {
		d := p.sequenceOption()
		if d == nil {
			break
		}
		options = append(options, d)
	}
	if required && options == nil {
		p.fail()
	}
	return options
}

// sequenceOption reads one option of a sequence, nil if none starts here.
func (p *parser) sequenceOption() *DefElem {
	d := &DefElem{Loc: p.loc()}
	switch p.t.kind {
	case kwAs:
		p.advance()
		d.Name, d.Arg = "as", p.simpleType()
	case kwCache:
		p.advance()
		d.Name, d.Arg = "cache", p.numericOnly()
	case kwCycle:
		p.advance()
		d.Name, d.Arg = "cycle", boolNode(true)
	case kwNo:
		p.advance()
		switch p.t.kind {
		case kwCycle:
			d.Name, d.Arg = "cycle", boolNode(false)
		case kwMaxvalue:
			d.Name = "maxvalue"
		case kwMinvalue:
			d.Name = "minvalue"
		default:
			p.fail()
		}
		p.advance()
	case kwLogged, kwUnlogged:
		d.Name = p.take()
	case kwIncrement:
		p.advance()
		p.accept(kwBy)
		d.Name, d.Arg = "increment", p.numericOnly()
	case kwMaxvalue:
		p.advance()
		d.Name, d.Arg = "maxvalue", p.numericOnly()
	case kwMinvalue:
		p.advance()
		d.Name, d.Arg = "minvalue", p.numericOnly()
	case kwOwned:
		p.advance()
		p.expect(kwBy)
		d.Name, d.Arg = "owned_by", p.anyName()
	case kwSequence:
		p.advance()
		p.expect(kwName)
		d.Name, d.Arg = "sequence_name", p.anyName()
	case kwStart:
		p.advance()
		p.optWith()
		d.Name, d.Arg = "start", p.numericOnly()
	case kwRestart:
		p.advance()
		d.Name = "restart"
		if p.oneOf(kwWith, tokWithLA) || p.isNumericOnly() {
			p.optWith()
			d.Arg = p.numericOnly()
		}
	default:
		return nil
	}
	return d
}

// roleSpec reads a role or a word that stands for one.
func (p *parser) roleSpec() *RoleSpec {
	r := &RoleSpec{Loc: p.loc()}
	switch p.t.kind {
	case kwCurrentRole:
		p.advance()
		r.Kind = RoleCurrentRole
		return r
	case kwCurrentUser:
		p.advance()
		r.Kind = RoleCurrentUser
		return r
	case kwSessionUser:
		p.advance()
		r.Kind = RoleSessionUser
		return r
	}
	name := p.nonReserved()
	switch {
	case name == "public":
		r.Kind = RolePublic
	case name == "none":
		panic(p.errorAt(pgerror.ReservedName, int(r.Loc), "role name \"%s\" is reserved", "none"))
	default:
		r.Name = name
	}
	return r
}

func (p *parser) roleList() []*RoleSpec { return list(p, p.roleSpec) }

// roleID reads the name of a role that is created or renamed.
func (p *parser) roleID() string {
	r := p.roleSpec()
	p.checkRoleID(r)
	return r.Name
}

// checkRoleID refuses the words that stand for a role.
func (p *parser) checkRoleID(r *RoleSpec) {
	const reserved, unusable = "role name \"%s\" is reserved", "%s cannot be used as a role name here"
	switch r.Kind {
	case RolePublic:
		panic(p.errorAt(pgerror.ReservedName, int(r.Loc), reserved, "public"))
	case RoleSessionUser:
		panic(p.errorAt(pgerror.ReservedName, int(r.Loc), unusable, "SESSION_USER"))
	case RoleCurrentUser:
		panic(p.errorAt(pgerror.ReservedName, int(r.Loc), unusable, "CURRENT_USER"))
	case RoleCurrentRole:
		panic(p.errorAt(pgerror.ReservedName, int(r.Loc), unusable, "CURRENT_ROLE"))
	}
}
