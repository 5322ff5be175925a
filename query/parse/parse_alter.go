package parse

// alterStmt reads ALTER.
func (p *parser) alterStmt() Statement {
	at := p.loc()
	p.advance()
	kind := p.t.kind
	switch kind {
	case kwTable:
		p.advance()
		return p.alterRelation(at, ObjectTable)
	case kwIndex:
		p.advance()
		return p.alterRelation(at, ObjectIndex)
	case kwSequence:
		p.advance()
		return p.alterRelation(at, ObjectSequence)
	case kwView:
		p.advance()
		return p.alterRelation(at, ObjectView)
	case kwMaterialized:
		p.advance()
		p.expect(kwView)
		return p.alterRelation(at, ObjectMaterializedView)
	case kwForeign:
		p.advance()
		if p.accept(kwTable) {
			return p.alterRelation(at, ObjectForeignTable)
		}
		p.expect(kwData, kwWrapper)
		return p.alterFdw(at)
	case kwRole:
		p.advance()
		return p.alterRole(at)
	case kwUser:
		p.advance()
		if p.t.kind == kwMapping && p.peek(1) == kwFor {
			return p.alterUserMapping(at)
		}
		return p.alterRole(at)
	case kwGroup:
		p.advance()
		return p.alterGroup(at)
	case kwDefault:
		return p.alterDefaultPrivileges(at)
	case kwSystem:
		return p.alterSystem(at)
	case kwFunction, kwProcedure, kwRoutine:
		p.advance()
		return p.alterRoutine(at, routineKinds[kind])
	case kwType:
		p.advance()
		return p.alterType(at)
	case kwDomain:
		p.advance()
		return p.alterDomain(at)
	}
	return p.alterOther(at)
}

func (p *parser) alterOther(at Loc) Statement {
	kind := p.t.kind
	switch kind {
	case kwAggregate:
		p.advance()
		return p.alterCommon(at, ObjectAggregate, p.aggregateWithArgs(), canRename|canOwner|canSchema)
	case kwCollation:
		p.advance()
		name := p.anyName()
		if p.accept2(kwRefresh, kwVersion) {
			return &AlterCollationStmt{Loc: at, Collation: name.Parts}
		}
		return p.alterCommon(at, ObjectCollation, name, canRename|canOwner|canSchema)
	case kwConversion:
		p.advance()
		return p.alterCommon(at, ObjectConversion, p.anyName(), canRename|canOwner|canSchema)
	case kwDatabase:
		p.advance()
		return p.alterDatabase(at)
	case kwEvent:
		p.advance()
		p.expect(kwTrigger)
		return p.alterEventTrigger(at)
	case kwExtension:
		p.advance()
		return p.alterExtension(at)
	case kwLanguage, kwProcedural:
		p.accept(kwProcedural)
		p.expect(kwLanguage)
		return p.alterCommon(at, ObjectLanguage, p.nameNode(), canRename|canOwner)
	case kwLarge:
		p.advance()
		p.expect(kwObject)
		return p.alterCommon(at, ObjectLargeObject, p.numericOnly(), canOwner)
	case kwOperator:
		return p.alterOperator(at)
	case kwPolicy:
		p.advance()
		return p.alterPolicy(at)
	case kwPublication:
		p.advance()
		return p.alterPublication(at)
	case kwRule, kwTrigger:
		p.advance()
		return p.alterOnTable(at, onTableKinds[kind])
	case kwSchema:
		p.advance()
		return p.alterCommon(at, ObjectSchema, p.nameNode(), canRename|canOwner)
	case kwServer:
		p.advance()
		return p.alterServer(at)
	case kwStatistics:
		p.advance()
		return p.alterStatistics(at)
	case kwSubscription:
		p.advance()
		return p.alterSubscription(at)
	case kwTablespace:
		p.advance()
		return p.alterTablespace(at)
	case kwText:
		p.advance()
		p.expect(kwSearch)
		return p.alterTextSearch(at)
	}
	p.fail()
	return nil
}

// alterAction is a set of the actions ALTER has for most kinds of objects.
type alterAction uint8

const (
	canRename alterAction = 1 << iota
	canOwner
	canSchema
	canDepend
)

// alterCommon reads RENAME TO, OWNER TO, SET SCHEMA or DEPENDS ON EXTENSION,
// as far as allowed, and fails at anything else.
func (p *parser) alterCommon(at Loc, kind ObjectType, object Node, allowed alterAction) Statement {
	if s := p.tryAlterCommon(at, kind, object, allowed); s != nil {
		return s
	}
	p.fail()
	return nil
}

func (p *parser) tryAlterCommon(at Loc, kind ObjectType, object Node, allowed alterAction) Statement {
	switch {
	case p.t.kind == kwRename && allowed&canRename != 0:
		p.advance()
		p.expect(kwTo)
		return &RenameStmt{Loc: at, Kind: kind, Object: object, NewName: p.colID()}
	case p.t.kind == kwOwner && allowed&canOwner != 0:
		p.advance()
		p.expect(kwTo)
		return &AlterOwnerStmt{Loc: at, Kind: kind, Object: object, NewOwner: p.roleSpec()}
	case p.t.kind == kwSet && allowed&canSchema != 0:
		p.advance()
		p.expect(kwSchema)
		return &AlterObjectSchemaStmt{Loc: at, Kind: kind, Object: object, NewSchema: p.colID()}
	case p.oneOf(kwNo, kwDepends) && allowed&canDepend != 0:
		return p.dependsOn(&AlterObjectDependsStmt{Loc: at, Kind: kind, Object: object})
	}
	return nil
}

func (p *parser) dependsOn(s *AlterObjectDependsStmt) Statement {
	s.Remove = p.accept(kwNo)
	p.expect(kwDepends, kwOn, kwExtension)
	s.Extension = p.colID()
	return s
}

func (p *parser) alterSystem(at Loc) Statement {
	p.advance()
	s := &AlterSystemStmt{Loc: at}
	where := p.loc()
	if p.accept(kwReset) {
		s.Set = &VariableSetStmt{Loc: where, Kind: VarReset}
		if p.accept(kwAll) {
			s.Set.Kind = VarResetAll
		} else {
			s.Set.Name = p.varName()
		}
		return s
	}
	p.expect(kwSet)
	s.Set = p.genericSet(where, false)
	return s
}

// alterRoutine reads ALTER FUNCTION, PROCEDURE and ROUTINE behind that word.
func (p *parser) alterRoutine(at Loc, kind ObjectType) Statement {
	f := p.functionWithArgs()
	if p.t.kind == kwSet && p.peek(1) == kwSchema && p.peek(2) != tokString && !p.setsVariableSchema() ||
		p.oneOf(kwRename, kwOwner, kwNo, kwDepends) {
		return p.alterCommon(at, kind, f, canRename|canOwner|canSchema|canDepend)
	}
	s := &AlterFunctionStmt{Loc: at, Kind: kind, Func: f}
	for {
		d := p.functionOption(false)
		if d == nil {
			break
		}
		s.Actions = append(s.Actions, d)
	}
	if s.Actions == nil {
		p.fail()
	}
	p.accept(kwRestrict)
	return s
}

// setsVariableSchema: SET SCHEMA = … sets a variable of that name.
func (p *parser) setsVariableSchema() bool {
	switch p.peek(2) {
	case '=', kwTo, '.', kwFrom:
		return true
	}
	return false
}

func (p *parser) alterDatabase(at Loc) Statement {
	name := p.nameNode()
	next := p.peek1()
	switch {
	case p.t.kind == kwRename || p.t.kind == kwOwner && next == kwTo:
		return p.alterCommon(at, ObjectDatabase, name, canRename|canOwner)
	case p.t.kind == kwRefresh:
		p.advance()
		p.expect(kwCollation, kwVersion)
		return &AlterDatabaseRefreshCollStmt{Loc: at, Name: name.Parts[0]}
	case p.t.kind == kwSet && next == kwTablespace && !p.setsVariableSchema():
		p.advance()
		p.advance()
		where := p.loc()
		value := &StringConst{Loc: where, Value: p.colID()}
		return &AlterDatabaseStmt{Loc: at, Name: name.Parts[0], Options: []*DefElem{{Loc: where, Name: "tablespace", Arg: value}}}
	case p.oneOf(kwSet, kwReset):
		return &AlterDatabaseSetStmt{Loc: at, Name: name.Parts[0], Set: p.setResetClause()}
	}
	s := &AlterDatabaseStmt{Loc: at, Name: name.Parts[0]}
	p.accept(kwWith)
	s.Options = p.databaseOptions()
	return s
}

func (p *parser) alterEventTrigger(at Loc) Statement {
	name := p.nameNode()
	s := &AlterEventTrigStmt{Loc: at, Name: name.Parts[0]}
	switch p.t.kind {
	case kwEnable:
		p.advance()
		s.Enabled = 'O'
		if p.accept(kwReplica) {
			s.Enabled = 'R'
		} else if p.accept(kwAlways) {
			s.Enabled = 'A'
		}
		return s
	case kwDisable:
		p.advance()
		s.Enabled = 'D'
		return s
	}
	return p.alterCommon(at, ObjectEventTrigger, name, canRename|canOwner)
}

func (p *parser) alterExtension(at Loc) Statement {
	name := p.nameNode()
	switch p.t.kind {
	case kwUpdate:
		p.advance()
		s := &AlterExtensionStmt{Loc: at, Name: name.Parts[0]}
		for p.t.kind == kwTo {
			d := &DefElem{Loc: p.loc(), Name: "new_version"}
			p.advance()
			d.Arg = p.wordNode()
			s.Options = append(s.Options, d)
		}
		return s
	case kwAdd, kwDrop:
		s := &AlterExtensionContentsStmt{Loc: at, Name: name.Parts[0], Drop: p.t.kind == kwDrop}
		p.advance()
		s.Kind, s.Object = p.objectRef()
		if s.Object != nil {
			return s
		}
		switch p.t.kind {
		case kwCast:
			p.advance()
			s.Kind, s.Object = ObjectCast, p.parenCast()
		case kwOperator:
			s.Kind, s.Object = p.operatorRef()
		case kwTransform:
			p.advance()
			s.Kind, s.Object = ObjectTransform, p.transformRef()
		default:
			p.fail()
		}
		return s
	}
	return p.alterCommon(at, ObjectExtension, name, canSchema)
}

func (p *parser) alterFdw(at Loc) Statement {
	name := p.nameNode()
	if p.oneOf(kwRename, kwOwner) {
		return p.alterCommon(at, ObjectForeignDataWrapper, name, canRename|canOwner)
	}
	s := &AlterFdwStmt{Loc: at, Name: name.Parts[0], FuncOptions: p.fdwOptions()}
	if s.FuncOptions == nil || p.t.kind == kwOptions {
		s.Options = p.alterGenericOptions()
	}
	return s
}

func (p *parser) alterServer(at Loc) Statement {
	name := p.nameNode()
	s := &AlterForeignServerStmt{Loc: at, Name: name.Parts[0]}
	switch p.t.kind {
	case kwVersion:
		p.advance()
		s.HasVersion = true
		if !p.accept(kwNull) {
			s.Version = p.stringNode()
		}
		if p.t.kind == kwOptions {
			s.Options = p.alterGenericOptions()
		}
		return s
	case kwOptions:
		s.Options = p.alterGenericOptions()
		return s
	}
	return p.alterCommon(at, ObjectForeignServer, name, canRename|canOwner)
}

func (p *parser) alterUserMapping(at Loc) Statement {
	p.advance()
	p.expect(kwFor)
	s := &AlterUserMappingStmt{Loc: at, User: p.mappedUser()}
	p.expect(kwServer)
	s.Server = p.colID()
	s.Options = p.alterGenericOptions()
	return s
}

func (p *parser) alterOperator(at Loc) Statement {
	p.advance()
	if p.oneOf(kwClass, kwFamily) && p.peek(1) != '.' {
		kind := ObjectOpClass
		if p.t.kind == kwFamily {
			kind = ObjectOpFamily
		}
		p.advance()
		name := p.anyName()
		p.expect(kwUsing)
		method := p.colID()
		if kind == ObjectOpFamily && p.oneOf(kwAdd, kwDrop) {
			s := &AlterOpFamilyStmt{Loc: at, Name: name.Parts, AccessMethod: method, IsDrop: p.t.kind == kwDrop}
			p.advance()
			if s.IsDrop {
				s.Items = list(p, p.opClassDrop)
			} else {
				s.Items = list(p, p.opClassItem)
			}
			return s
		}
		name.Parts = append([]string{method}, name.Parts...)
		return p.alterCommon(at, kind, name, canRename|canOwner|canSchema)
	}
	o := p.operatorWithArgs()
	if p.t.kind == kwSet && p.peek(1) == '(' {
		p.advance()
		return &AlterOperatorStmt{Loc: at, Operator: o, Options: p.operatorOptions()}
	}
	return p.alterCommon(at, ObjectOperator, o, canOwner|canSchema)
}

// operatorOptions reads ( name = value, … ) of ALTER OPERATOR and ALTER TYPE.
func (p *parser) operatorOptions() []*DefElem {
	return parenList(p, func() *DefElem {
		d := &DefElem{Loc: p.loc(), Name: p.colLabel()}
		p.expect('=')
		if !p.accept(kwNone) {
			d.Arg = p.defArg()
		}
		return d
	})
}

func (p *parser) alterPolicy(at Loc) Statement {
	missingOK := p.ifExists()
	s := &AlterPolicyStmt{Loc: at, Name: p.colID()}
	p.expect(kwOn)
	s.Table = p.qualifiedName()
	if p.t.kind == kwRename || missingOK {
		p.expect(kwRename, kwTo)
		return &RenameStmt{Loc: at, Kind: ObjectPolicy, Relation: s.Table, SubName: s.Name, NewName: p.colID(), MissingOK: missingOK}
	}
	s.Roles = p.optToRoles()
	s.Using, s.WithCheck = p.policyExprs()
	return s
}

// alterOnTable reads ALTER RULE and ALTER TRIGGER behind that word.
func (p *parser) alterOnTable(at Loc, kind ObjectType) Statement {
	name := p.nameNode()
	p.expect(kwOn)
	r := p.qualifiedName()
	if kind == ObjectTrigger && p.oneOf(kwNo, kwDepends) {
		return p.dependsOn(&AlterObjectDependsStmt{Loc: at, Kind: kind, Relation: r, Object: name})
	}
	p.expect(kwRename, kwTo)
	return &RenameStmt{Loc: at, Kind: kind, Relation: r, SubName: name.Parts[0], NewName: p.colID()}
}

func (p *parser) alterPublication(at Loc) Statement {
	name := p.nameNode()
	s := &AlterPublicationStmt{Loc: at, Name: name.Parts[0]}
	switch p.t.kind {
	case kwAdd:
		s.Action = PublicationAdd
	case kwDrop:
		s.Action = PublicationDrop
	case kwSet:
		if p.peek(1) == '(' {
			p.advance()
			s.Options = p.definition()
			return s
		}
		s.Action = PublicationSet
	default:
		return p.alterCommon(at, ObjectPublication, name, canRename|canOwner)
	}
	p.advance()
	s.Objects = p.publicationObjects(list(p, p.publicationEntry))
	return s
}

func (p *parser) alterStatistics(at Loc) Statement {
	missingOK := p.ifExists()
	name := p.anyName()
	if missingOK || p.t.kind == kwSet && p.peek(1) == kwStatistics {
		p.expect(kwSet, kwStatistics)
		return &AlterStatsStmt{Loc: at, Name: name.Parts, MissingOK: missingOK, Target: p.signedIconst()}
	}
	return p.alterCommon(at, ObjectStatistics, name, canRename|canOwner|canSchema)
}

func (p *parser) alterSubscription(at Loc) Statement {
	name := p.nameNode()
	s := &AlterSubscriptionStmt{Loc: at, Name: name.Parts[0]}
	switch p.t.kind {
	case kwConnection:
		p.advance()
		s.Action, s.Connection = SubscriptionConnection, p.sconst()
	case kwRefresh:
		p.advance()
		p.expect(kwPublication)
		s.Action, s.Options = SubscriptionRefresh, p.optDefinition()
	case kwEnable:
		p.advance()
		s.Action = SubscriptionEnable
	case kwDisable:
		p.advance()
		s.Action = SubscriptionDisable
	case kwSkip:
		p.advance()
		s.Action, s.Options = SubscriptionSkip, p.definition()
	case kwAdd, kwDrop, kwSet:
		word := p.t.kind
		p.advance()
		if word == kwSet && p.t.kind == '(' {
			s.Options = p.definition()
			return s
		}
		s.Action = map[tok]SubscriptionAction{kwAdd: SubscriptionAddPublication, kwDrop: SubscriptionDropPublication, kwSet: SubscriptionSetPublication}[word]
		p.expect(kwPublication)
		s.Publications = p.names()
		s.Options = p.optDefinition()
	default:
		return p.alterCommon(at, ObjectSubscription, name, canRename|canOwner)
	}
	return s
}

func (p *parser) alterTablespace(at Loc) Statement {
	name := p.nameNode()
	if p.oneOf(kwSet, kwReset) {
		s := &AlterTableSpaceOptionsStmt{Loc: at, Name: name.Parts[0], IsReset: p.t.kind == kwReset}
		p.advance()
		s.Options = p.relOptions()
		return s
	}
	return p.alterCommon(at, ObjectTablespace, name, canRename|canOwner)
}

func (p *parser) alterTextSearch(at Loc) Statement {
	kind := p.textSearchKind()
	name := p.anyName()
	switch {
	case kind == ObjectTSDictionary && p.t.kind == '(':
		return &AlterTSDictionaryStmt{Loc: at, Dictionary: name.Parts, Options: p.definition()}
	case kind == ObjectTSConfiguration && p.oneOf(kwAdd, kwAlter, kwDrop):
		return p.alterTSMapping(at, name)
	}
	allowed := canRename | canSchema
	if kind == ObjectTSDictionary || kind == ObjectTSConfiguration {
		allowed |= canOwner
	}
	return p.alterCommon(at, kind, name, allowed)
}

// alterTSMapping reads ADD, ALTER and DROP MAPPING.
func (p *parser) alterTSMapping(at Loc, name *ObjectName) Statement {
	s := &AlterTSConfigurationStmt{Loc: at, Configuration: name.Parts}
	word := p.t.kind
	p.advance()
	p.expect(kwMapping)
	switch word {
	case kwDrop:
		s.Action = TSDropMapping
		s.MissingOK = p.onlyIfExists()
		p.expect(kwFor)
		s.Tokens = p.names()
		return s
	case kwAlter:
		s.Action = TSAlterMapping
		if p.t.kind == kwReplace {
			p.replaceDictionary(s, TSReplaceDict)
			return s
		}
	}
	p.expect(kwFor)
	s.Tokens = p.names()
	if word == kwAlter && p.t.kind == kwReplace {
		p.replaceDictionary(s, TSReplaceDictForToken)
		return s
	}
	p.expectWith()
	s.Dictionaries = list(p, p.anyName)
	return s
}

func (p *parser) expectWith() {
	if !p.oneOf(kwWith, tokWithLA) {
		p.fail()
	}
	p.advance()
}

func (p *parser) replaceDictionary(s *AlterTSConfigurationStmt, action TSMappingAction) {
	s.Action = action
	p.advance()
	from := p.anyName()
	p.expectWith()
	s.Dictionaries = []*ObjectName{from, p.anyName()}
}
