package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// createStmt reads CREATE.
func (p *parser) createStmt() Statement {
	at := p.loc()
	p.advance()
	if p.t.kind == kwOr {
		p.advance()
		p.expect(kwReplace)
		return p.createOrReplace(at)
	}
	switch p.t.kind {
	case kwLocal, kwGlobal, kwTemp, kwTemporary, kwUnlogged, kwTable, kwSequence, kwView, kwRecursive:
		return p.createRelation(at)
	case kwMaterialized:
		p.advance()
		return p.createMatView(at, false)
	case kwUnique, kwIndex:
		return p.indexStmt(at)
	case kwRole:
		p.advance()
		return p.createRole(at, RoleStmtRole)
	case kwGroup:
		p.advance()
		return p.createRole(at, RoleStmtGroup)
	case kwUser:
		p.advance()
		if next := p.peek1(); p.t.kind == kwMapping && (next == kwFor || next == kwIf) {
			return p.createUserMapping(at)
		}
		return p.createRole(at, RoleStmtUser)
	case kwSchema:
		p.advance()
		return p.createSchema(at)
	case kwFunction, kwProcedure, kwAggregate, kwTrusted, kwProcedural, kwLanguage, kwTransform, kwRule, kwTrigger:
		return p.replaceable(at, false)
	case kwConstraint:
		return p.createTrigger(at, false)
	}
	if s := p.createTypeLike(at); s != nil {
		return s
	}
	return p.createOther(at)
}

func (p *parser) createOrReplace(at Loc) Statement {
	switch p.t.kind {
	case kwFunction, kwProcedure, kwAggregate, kwTrusted, kwProcedural, kwLanguage, kwTransform, kwRule, kwTrigger, kwConstraint:
		return p.replaceable(at, true)
	}
	persistence := p.persistence()
	return p.createView(at, true, persistence)
}

// replaceable reads what CREATE and CREATE OR REPLACE have in common.
func (p *parser) replaceable(at Loc, replace bool) Statement {
	switch p.t.kind {
	case kwFunction, kwProcedure:
		return p.createFunction(at, replace)
	case kwAggregate:
		return p.createAggregate(at, replace)
	case kwTransform:
		return p.createTransform(at, replace)
	case kwRule:
		return p.createRule(at, replace)
	case kwTrigger, kwConstraint:
		return p.createTrigger(at, replace)
	}
	return p.createLanguage(at, replace)
}

// createRelation reads CREATE of a table, a view or a sequence.
func (p *parser) createRelation(at Loc) Statement {
	if p.t.kind == kwUnlogged && p.peek(1) == kwMaterialized {
		p.advance()
		p.advance()
		return p.createMatView(at, true)
	}
	persistence := p.persistence()
	switch p.t.kind {
	case kwTable:
		return p.createTable(at, persistence, true)
	case kwSequence:
		return p.createSequence(at, persistence)
	}
	return p.createView(at, false, persistence)
}

// createOther reads CREATE of the objects that are neither relations nor types
// nor routines.
func (p *parser) createOther(at Loc) Statement {
	switch p.t.kind {
	case kwAccess:
		return p.createAccessMethod(at)
	case kwAssertion:
		p.advance()
		p.anyName()
		p.expect(kwCheck, '(')
		p.aExpr()
		p.expect(')')
		p.constraintAttributeSpec()
		p.notYet("CREATE ASSERTION is not yet implemented")
	case kwCast:
		return p.createCast(at)
	case kwDefault, kwConversion:
		return p.createConversion(at)
	case kwDatabase:
		p.advance()
		s := &CreatedbStmt{Loc: at, Name: p.colID()}
		p.optWith()
		s.Options = p.databaseOptions()
		return s
	case kwEvent:
		return p.createEventTrigger(at)
	case kwExtension:
		return p.createExtension(at)
	case kwForeign:
		return p.createForeign(at)
	case kwOperator:
		return p.createOperator(at)
	case kwPolicy:
		return p.createPolicy(at)
	case kwPublication:
		return p.createPublication(at)
	case kwServer:
		return p.createServer(at)
	case kwStatistics:
		return p.createStatistics(at)
	case kwSubscription:
		return p.createSubscription(at)
	case kwTablespace:
		return p.createTablespace(at)
	}
	p.fail()
	return nil
}

// createView reads CREATE [RECURSIVE] VIEW at that word.
func (p *parser) createView(at Loc, replace bool, persistence Persistence) Statement {
	recursive := p.accept(kwRecursive)
	p.expect(kwView)
	s := &ViewStmt{Loc: at, Replace: replace, View: p.qualifiedName()}
	s.View.Persistence = persistence
	if recursive {
		s.Columns = p.parenNames()
	} else {
		s.Columns = p.optParenNames()
	}
	s.Options = p.optRelOptions()
	p.expect(kwAs)
	s.Query = p.selectStmt()
	if recursive {
		s.Query = recursiveViewQuery(s.View.Name, s.Columns, s.Query)
	}
	if p.t.kind != kwWith {
		return s
	}
	checkAt := int(p.t.start)
	p.advance()
	s.CheckOption = CheckOptionCascaded
	if p.accept(kwLocal) {
		s.CheckOption = CheckOptionLocal
	} else {
		p.accept(kwCascaded)
	}
	p.expect(kwCheck, kwOption)
	if recursive {
		p.raise(pgerror.FeatureNotSupported, checkAt, "WITH CHECK OPTION not supported on recursive views")
	}
	return s
}

// recursiveViewQuery is what CREATE RECURSIVE VIEW stands for.
func recursiveViewQuery(name string, columns []string, query *SelectStmt) *SelectStmt {
	cte := &CommonTableExpr{Loc: NoLoc, Name: name, Columns: columns, Query: query}
	sel := &SelectStmt{Loc: NoLoc, With: &WithClause{Loc: NoLoc, Recursive: true, CTEs: []*CommonTableExpr{cte}}}
	for _, c := range columns {
		sel.Targets = append(sel.Targets, &ResTarget{Loc: NoLoc, Value: &ColumnRef{Loc: NoLoc, Fields: []string{c}}})
	}
	sel.From = []TableRef{&RangeVar{Loc: NoLoc, Name: name}}
	return sel
}

// createMatView reads CREATE MATERIALIZED VIEW behind MATERIALIZED.
func (p *parser) createMatView(at Loc, unlogged bool) Statement {
	p.expect(kwView)
	s := &CreateTableAsStmt{Loc: at, Kind: ObjectMaterializedView, IfNotExists: p.ifNotExists()}
	s.Into = &IntoClause{Loc: p.loc(), Relation: p.qualifiedName(), Columns: p.optParenNames()}
	if unlogged {
		s.Into.Relation.Persistence = Unlogged
	}
	if p.accept(kwUsing) {
		s.Into.AccessMethod = p.colID()
	}
	s.Into.Options = p.optRelOptions()
	s.Into.Tablespace = p.optTablespace()
	p.expect(kwAs)
	s.Query = p.selectStmt()
	s.Into.NoData = p.withNoData()
	return s
}

func (p *parser) createSequence(at Loc, persistence Persistence) Statement {
	p.advance()
	s := &CreateSeqStmt{Loc: at, IfNotExists: p.ifNotExists(), Sequence: p.qualifiedName()}
	s.Sequence.Persistence = persistence
	s.Options = p.sequenceOptions(false)
	return s
}

func (p *parser) createUserMapping(at Loc) Statement {
	p.advance()
	s := &CreateUserMappingStmt{Loc: at, IfNotExists: p.onlyIfNotExists()}
	p.expect(kwFor)
	s.User = p.mappedUser()
	p.expect(kwServer)
	s.Server = p.colID()
	s.Options = p.optGenericOptions()
	return s
}

func (p *parser) createAccessMethod(at Loc) Statement {
	p.advance()
	p.expect(kwMethod)
	s := &CreateAmStmt{Loc: at, Name: p.colID()}
	p.expect(kwType)
	switch p.t.kind {
	case kwIndex:
		s.Type = 'i'
	case kwTable:
		s.Type = 't'
	default:
		p.fail()
	}
	p.advance()
	p.expect(kwHandler)
	s.Handler = p.anyNameParts()
	return s
}

// databaseOptions reads the options of CREATE and ALTER DATABASE.
func (p *parser) databaseOptions() []*DefElem {
	var options []*DefElem
	for {
		d := &DefElem{Loc: p.loc(), Name: p.t.val}
		switch p.t.kind {
		case kwConnection:
			p.advance()
			p.expect(kwLimit)
			d.Name = "connection_limit"
		case tokIdent, kwEncoding, kwLocation, kwOwner, kwTablespace, kwTemplate:
			p.advance()
		default:
			return options
		}
		p.accept('=')
		switch {
		case p.accept(kwDefault):
		case p.isNumericOnly():
			d.Arg = p.numericOnly()
		default:
			d.Arg = p.booleanOrString()
		}
		options = append(options, d)
	}
}

func (p *parser) createExtension(at Loc) Statement {
	p.advance()
	s := &CreateExtensionStmt{Loc: at, IfNotExists: p.ifNotExists(), Name: p.colID()}
	p.optWith()
	for {
		d := &DefElem{Loc: p.loc()}
		switch p.t.kind {
		case kwSchema:
			p.advance()
			d.Name, d.Arg = "schema", &StringConst{Loc: p.loc(), Value: p.t.val}
			p.colID()
		case kwVersion:
			p.advance()
			d.Name, d.Arg = "new_version", p.wordNode()
		case kwFrom:
			p.advance()
			p.wordNode()
			panic(p.errorAt(pgerror.FeatureNotSupported, int(d.Loc), "CREATE EXTENSION ... FROM is no longer supported"))
		case kwCascade:
			p.advance()
			d.Name, d.Arg = "cascade", boolNode(true)
		default:
			return s
		}
		s.Options = append(s.Options, d)
	}
}

// createLanguage reads CREATE [TRUSTED] [PROCEDURAL] LANGUAGE. Without a
// handler it means the extension of that name.
func (p *parser) createLanguage(at Loc, replace bool) Statement {
	trusted := p.accept(kwTrusted)
	p.accept(kwProcedural)
	p.expect(kwLanguage)
	name := p.colID()
	if !p.accept(kwHandler) {
		return &CreateExtensionStmt{Loc: at, Name: name, IfNotExists: replace}
	}
	s := &CreatePLangStmt{Loc: at, Replace: replace, Trusted: trusted, Name: name, Handler: p.anyNameParts()}
	if p.accept(kwInline) {
		s.Inline = p.anyNameParts()
	}
	switch p.t.kind {
	case kwValidator:
		p.advance()
		s.Validator = p.anyNameParts()
	case kwNo:
		p.advance()
		p.expect(kwValidator)
	}
	return s
}

func (p *parser) createTablespace(at Loc) Statement {
	p.advance()
	s := &CreateTableSpaceStmt{Loc: at, Name: p.colID()}
	if p.accept(kwOwner) {
		s.Owner = p.roleSpec()
	}
	p.expect(kwLocation)
	s.Location = p.sconst()
	s.Options = p.optRelOptions()
	return s
}

// createForeign reads CREATE FOREIGN DATA WRAPPER and FOREIGN TABLE.
func (p *parser) createForeign(at Loc) Statement {
	p.advance()
	if p.accept(kwData) {
		p.expect(kwWrapper)
		s := &CreateFdwStmt{Loc: at, Name: p.colID()}
		s.FuncOptions = p.fdwOptions()
		s.Options = p.optGenericOptions()
		return s
	}
	p.expect(kwTable)
	t := &CreateTableStmt{Loc: at, IfNotExists: p.ifNotExists(), Relation: p.qualifiedName()}
	if p.t.kind == kwPartition {
		p.partitionOf(t)
	} else {
		p.expect('(')
		if p.t.kind != ')' {
			t.Elements = list(p, p.tableElement)
		}
		p.expect(')')
		if p.accept(kwInherits) {
			t.Inherits = parenList(p, p.qualifiedName)
		}
	}
	p.expect(kwServer)
	return &CreateForeignTableStmt{Loc: at, Table: t, Server: p.colID(), Options: p.optGenericOptions()}
}

// fdwOptions reads the functions of a foreign data wrapper.
func (p *parser) fdwOptions() []*DefElem {
	var options []*DefElem
	for p.oneOf(kwHandler, kwValidator, kwNo) {
		d := &DefElem{Loc: p.loc()}
		no := p.accept(kwNo)
		if !p.oneOf(kwHandler, kwValidator) {
			p.fail()
		}
		d.Name = p.take()
		if !no {
			d.Arg = p.anyName()
		}
		options = append(options, d)
	}
	return options
}

func (p *parser) createServer(at Loc) Statement {
	p.advance()
	s := &CreateForeignServerStmt{Loc: at, IfNotExists: p.ifNotExists(), Name: p.colID()}
	if p.accept(kwType) {
		s.Type = p.stringNode()
	}
	if p.accept(kwVersion) && !p.accept(kwNull) {
		s.Version = p.stringNode()
	}
	p.expect(kwForeign, kwData, kwWrapper)
	s.Wrapper = p.colID()
	s.Options = p.optGenericOptions()
	return s
}

// createPolicy reads CREATE POLICY.
func (p *parser) createPolicy(at Loc) Statement {
	p.advance()
	s := &CreatePolicyStmt{Loc: at, Name: p.colID(), Permissive: true, Command: "all"}
	p.expect(kwOn)
	s.Table = p.qualifiedName()
	if p.accept(kwAs) {
		where := int(p.t.start)
		if p.t.kind != tokIdent {
			p.fail()
		}
		word := p.take()
		s.Permissive = word == "permissive"
		if !s.Permissive && word != "restrictive" {
			panic(p.errorAt(pgerror.SyntaxError, where, "unrecognized row security option \"%s\"", word).
				WithHint("Only PERMISSIVE or RESTRICTIVE policies are supported currently."))
		}
	}
	if p.accept(kwFor) {
		if !p.oneOf(kwAll, kwSelect, kwInsert, kwUpdate, kwDelete) {
			p.fail()
		}
		s.Command = p.take()
	}
	s.Roles = p.optToRoles()
	s.Using, s.WithCheck = p.policyExprs()
	return s
}

func (p *parser) optToRoles() []*RoleSpec {
	if !p.accept(kwTo) {
		return nil
	}
	return p.roleList()
}

// policyExprs reads [USING (…)] [WITH CHECK (…)].
func (p *parser) policyExprs() (using, check Expr) {
	if p.accept(kwUsing) {
		p.expect('(')
		using = p.aExpr()
		p.expect(')')
	}
	if p.accept(kwWith) {
		p.expect(kwCheck, '(')
		check = p.aExpr()
		p.expect(')')
	}
	return using, check
}

func (p *parser) createStatistics(at Loc) Statement {
	p.advance()
	s := &CreateStatsStmt{Loc: at, IfNotExists: p.ifNotExists()}
	if s.IfNotExists || p.t.kind.isColID() {
		s.Name = p.anyNameParts()
	}
	s.Kinds = p.optParenNames()
	p.expect(kwOn)
	s.Elems = list(p, func() *StatsElem {
		e := &StatsElem{Loc: p.loc()}
		e.Name, e.Expr = p.nameOrExpr()
		return e
	})
	p.expect(kwFrom)
	s.Relations = list(p, p.tableRef)
	return s
}
