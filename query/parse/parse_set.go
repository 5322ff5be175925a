package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// setStmt reads SET and SET CONSTRAINTS.
func (p *parser) setStmt() Statement {
	at := p.loc()
	p.advance()
	if p.t.kind == kwConstraints && !p.namesVariable() {
		return p.setConstraints(at)
	}
	local := false
	switch {
	case p.t.kind == kwLocal && !p.namesVariable():
		p.advance()
		local = true
	case p.t.kind == kwSession && !p.namesVariable() && !p.sessionIsForm():
		p.advance()
	}
	s := p.setRest(at)
	s.IsLocal = local
	return s
}

// namesVariable tells whether the word here is the name of a setting.
func (p *parser) namesVariable() bool {
	if !p.t.kind.isColID() {
		return false
	}
	switch p.peek(1) {
	case kwTo, '=', '.', kwFrom:
		return true
	}
	return false
}

// sessionIsForm: SESSION belongs to SESSION AUTHORIZATION or CHARACTERISTICS.
func (p *parser) sessionIsForm() bool {
	switch p.peek(1) {
	case kwAuthorization:
		return true
	case kwCharacteristics:
		switch p.peek(2) {
		case kwTo, '=', '.', kwFrom:
			return false
		}
		return true
	}
	return false
}

// setRest reads what follows SET [LOCAL | SESSION].
func (p *parser) setRest(at Loc) *VariableSetStmt {
	if !p.namesVariable() {
		switch {
		case p.t.kind == kwTransaction && p.peek(1) != kwSnapshot:
			p.advance()
			return &VariableSetStmt{Loc: at, Kind: VarSetMulti, Name: "TRANSACTION", Args: defNodes(p.transactionModes(true))}
		case p.t.kind == kwSession && p.peek(1) == kwCharacteristics:
			p.advance()
			p.expect(kwCharacteristics, kwAs, kwTransaction)
			return &VariableSetStmt{Loc: at, Kind: VarSetMulti, Name: "SESSION CHARACTERISTICS", Args: defNodes(p.transactionModes(true))}
		}
	}
	return p.setRestMore(at)
}

func defNodes(defs []*DefElem) []Node {
	nodes := make([]Node, len(defs))
	for i, d := range defs {
		nodes[i] = d
	}
	return nodes
}

// setRestMore reads the forms of SET that CREATE FUNCTION allows as well.
func (p *parser) setRestMore(at Loc) *VariableSetStmt {
	if p.namesVariable() {
		return p.genericSet(at, true)
	}
	s := &VariableSetStmt{Loc: at}
	kind := p.t.kind
	switch kind {
	case kwTime:
		p.advance()
		p.expect(kwZone)
		s.Name = "timezone"
		p.zoneValue(s)
	case kwCatalog:
		p.advance()
		where := int(p.t.start)
		p.sconst()
		p.raise(pgerror.FeatureNotSupported, where, "current database cannot be changed")
	case kwSchema:
		p.advance()
		s.Name = "search_path"
		s.Args = []Node{p.stringNode()}
	case kwNames:
		p.advance()
		s.Name = "client_encoding"
		s.Kind = VarSetDefault
		if p.t.kind == tokString {
			s.Kind = VarSetValue
			s.Args = []Node{p.stringNode()}
		} else {
			p.accept(kwDefault)
		}
	case kwRole:
		p.advance()
		s.Name = "role"
		s.Args = []Node{p.wordNode()}
	case kwSession:
		p.advance()
		p.expect(kwAuthorization)
		s.Name = "session_authorization"
		if p.accept(kwDefault) {
			s.Kind = VarSetDefault
		} else {
			s.Args = []Node{p.wordNode()}
		}
	case kwXml:
		p.advance()
		p.expect(kwOption)
		s.Name = "xmloption"
		value := &StringConst{Loc: p.loc(), Value: "CONTENT"}
		if p.documentOrContent() {
			value.Value = "DOCUMENT"
		}
		s.Args = []Node{value}
	case kwTransaction:
		p.advance()
		p.expect(kwSnapshot)
		s.Kind, s.Name = VarSetMulti, "TRANSACTION SNAPSHOT"
		s.Args = []Node{p.stringNode()}
	default:
		return p.genericSet(at, true)
	}
	return s
}

// wordNode reads a word or a string, as a string.
func (p *parser) wordNode() *StringConst {
	at := p.loc()
	return &StringConst{Loc: at, Value: p.nonReservedOrString()}
}

// varName reads the name of a setting.
func (p *parser) varName() string {
	name := p.colID()
	for p.accept('.') {
		name += "." + p.colID()
	}
	return name
}

// genericSet reads name = values.
func (p *parser) genericSet(at Loc, fromCurrent bool) *VariableSetStmt {
	s := &VariableSetStmt{Loc: at, Name: p.varName()}
	if fromCurrent && p.accept(kwFrom) {
		p.expect(kwCurrent)
		s.Kind = VarSetCurrent
		return s
	}
	if p.t.kind != kwTo && p.t.kind != '=' {
		p.fail()
	}
	p.advance()
	if p.accept(kwDefault) {
		s.Kind = VarSetDefault
		return s
	}
	s.Args = list(p, p.varValue)
	return s
}

func (p *parser) varValue() Node {
	if p.isNumericOnly() {
		return p.numericOnly()
	}
	return p.booleanOrString()
}

// zoneValue reads the value of SET TIME ZONE.
func (p *parser) zoneValue(s *VariableSetStmt) {
	switch p.t.kind {
	case tokString, tokIdent:
		at := p.loc()
		s.Args = []Node{&StringConst{Loc: at, Value: p.take()}}
	case kwDefault, kwLocal:
		p.advance()
		s.Kind = VarSetDefault
	case kwInterval:
		at := p.loc()
		p.advance()
		t := systemType(at, "interval")
		if p.intervalPrecision(t) {
			s.Args = []Node{p.constOfType(t, at)}
			return
		}
		e := p.constOfType(t, at)
		where := int(p.t.start)
		t.Mods = p.intervalFields()
		if len(t.Mods) > 0 {
			if mask := t.Mods[0].(*IntegerConst).Value; mask&^(intervalHour|intervalMinute) != 0 {
				p.raise(pgerror.SyntaxError, where, "time zone interval must be HOUR or HOUR TO MINUTE")
			}
		}
		s.Args = []Node{e}
	default:
		s.Args = []Node{p.numericOnly()}
	}
}

// setConstraints reads SET CONSTRAINTS behind SET.
func (p *parser) setConstraints(at Loc) Statement {
	s := &ConstraintsSetStmt{Loc: at}
	p.advance()
	if !p.accept(kwAll) {
		s.Constraints = list(p, p.qualifiedName)
	}
	s.Deferred = p.accept(kwDeferred)
	if !s.Deferred {
		p.expect(kwImmediate)
	}
	return s
}

// resetStmt reads RESET.
func (p *parser) resetStmt() *VariableSetStmt {
	s := &VariableSetStmt{Loc: p.loc(), Kind: VarReset}
	p.advance()
	switch next := p.peek1(); {
	case p.t.kind == kwAll:
		p.advance()
		s.Kind = VarResetAll
	default:
		s.Name = p.specialName(next)
	}
	return s
}

// peek1 is peek(1), but does not read past the end of the text.
func (p *parser) peek1() tok {
	if p.t.kind == tokEOF || p.t.kind == tokError {
		return tokEOF
	}
	return p.peek(1)
}

// specialName reads the name of a setting or one of SQL's names for one.
func (p *parser) specialName(next tok) string {
	switch {
	case p.t.kind == kwTime && next == kwZone:
		p.advance()
		p.advance()
		return "timezone"
	case p.t.kind == kwTransaction && next == kwIsolation:
		p.advance()
		p.advance()
		p.expect(kwLevel)
		return "transaction_isolation"
	case p.t.kind == kwSession && next == kwAuthorization:
		p.advance()
		p.advance()
		return "session_authorization"
	}
	return p.varName()
}

// showStmt reads SHOW.
func (p *parser) showStmt() Statement {
	s := &VariableShowStmt{Loc: p.loc()}
	p.advance()
	if p.accept(kwAll) {
		s.Name = "all"
		return s
	}
	s.Name = p.specialName(p.peek1())
	return s
}

// setResetClause reads the SET or RESET of ALTER ROLE and ALTER DATABASE.
func (p *parser) setResetClause() *VariableSetStmt {
	if p.t.kind == kwReset {
		return p.resetStmt()
	}
	at := p.loc()
	p.expect(kwSet)
	return p.setRest(at)
}

// transactionModes reads transaction modes, with or without commas between
// them; at least one if required.
func (p *parser) transactionModes(required bool) []*DefElem {
	var modes []*DefElem
	for {
		d := p.transactionMode()
		if d == nil {
			if required {
				p.fail()
			}
			return modes
		}
		modes = append(modes, d)
		required = p.accept(',')
	}
}

func (p *parser) transactionMode() *DefElem {
	d := &DefElem{Loc: p.loc()}
	switch p.t.kind {
	case kwIsolation:
		p.advance()
		p.expect(kwLevel)
		d.Name = "transaction_isolation"
		d.Arg = p.isolationLevel()
	case kwRead:
		p.advance()
		d.Name = "transaction_read_only"
		value := &IntegerConst{Loc: p.loc()}
		if p.accept(kwOnly) {
			value.Value = 1
		} else {
			p.expect(kwWrite)
		}
		d.Arg = value
	case kwDeferrable:
		d.Name, d.Arg = "transaction_deferrable", &IntegerConst{Loc: p.loc(), Value: 1}
		p.advance()
	case kwNot:
		d.Name, d.Arg = "transaction_deferrable", &IntegerConst{Loc: p.loc()}
		p.advance()
		p.expect(kwDeferrable)
	default:
		return nil
	}
	return d
}

func (p *parser) isolationLevel() Node {
	s := &StringConst{Loc: p.loc()}
	switch p.t.kind {
	case kwRead:
		p.advance()
		s.Value = "read committed"
		if p.accept(kwUncommitted) {
			s.Value = "read uncommitted"
		} else {
			p.expect(kwCommitted)
		}
	case kwRepeatable:
		p.advance()
		p.expect(kwRead)
		s.Value = "repeatable read"
	default:
		p.expect(kwSerializable)
		s.Value = "serializable"
	}
	return s
}
