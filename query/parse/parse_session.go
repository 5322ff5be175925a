package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// transactionStmt reads BEGIN, COMMIT, SAVEPOINT and the like.
func (p *parser) transactionStmt() Statement {
	s := &TransactionStmt{Loc: p.loc()}
	kind := p.t.kind
	p.advance()
	switch kind {
	case kwBegin:
		p.workOrTransaction()
		s.Options = p.transactionModes(false)
	case kwStart:
		p.expect(kwTransaction)
		s.Kind = TransactionStart
		s.Options = p.transactionModes(false)
	case kwCommit, kwEnd:
		s.Kind = TransactionCommit
		if kind == kwCommit && p.accept(kwPrepared) {
			s.Kind, s.GID = TransactionCommitPrepared, p.sconst()
			return s
		}
		p.workOrTransaction()
		s.Chain = p.chain()
	case kwAbort:
		s.Kind = TransactionRollback
		p.workOrTransaction()
		s.Chain = p.chain()
	case kwRollback:
		p.rollback(s)
	case kwSavepoint:
		s.Kind, s.Savepoint = TransactionSavepoint, p.colID()
	case kwRelease:
		s.Kind, s.Savepoint = TransactionRelease, p.savepointName()
	}
	return s
}

func (p *parser) workOrTransaction() {
	if p.oneOf(kwWork, kwTransaction) {
		p.advance()
	}
}

// savepointName reads [SAVEPOINT] name; SAVEPOINT alone is the name.
func (p *parser) savepointName() string {
	if p.t.kind == kwSavepoint && p.peek(1).isColID() {
		p.advance()
	}
	return p.colID()
}

// chain reads [AND [NO] CHAIN].
func (p *parser) chain() bool {
	if !p.accept(kwAnd) {
		return false
	}
	no := p.accept(kwNo)
	p.expect(kwChain)
	return !no
}

func (p *parser) rollback(s *TransactionStmt) {
	s.Kind = TransactionRollback
	if p.accept(kwPrepared) {
		s.Kind, s.GID = TransactionRollbackPrepared, p.sconst()
		return
	}
	p.workOrTransaction()
	if p.accept(kwTo) {
		s.Kind, s.Savepoint = TransactionRollbackTo, p.savepointName()
		return
	}
	s.Chain = p.chain()
}

// explainStmt reads EXPLAIN.
func (p *parser) explainStmt() Statement {
	s := &ExplainStmt{Loc: p.loc()}
	p.advance()
	if p.t.kind == '(' && !p.selectBehindParen() {
		s.Options = p.utilityOptions()
	} else {
		if p.oneOf(kwAnalyze, kwAnalyse) {
			s.Options = append(s.Options, &DefElem{Loc: p.loc(), Name: "analyze"})
			p.advance()
		}
		if p.t.kind == kwVerbose {
			s.Options = append(s.Options, &DefElem{Loc: p.loc(), Name: "verbose"})
			p.advance()
		}
	}
	p.enter()
	s.Query = p.explainable()
	p.depth--
	return s
}

func (p *parser) explainable() Statement {
	switch p.t.kind {
	case kwDeclare:
		return p.declareCursorStmt()
	case kwExecute:
		return p.executeStmt()
	case kwRefresh:
		return p.refreshMatViewStmt()
	case kwCreate:
		at := p.loc()
		p.advance()
		if p.t.kind == kwMaterialized || p.t.kind == kwUnlogged && p.peek(1) == kwMaterialized {
			unlogged := p.accept(kwUnlogged)
			p.advance()
			return p.createMatView(at, unlogged)
		}
		persistence := p.persistence()
		p.expect(kwTable)
		t := &CreateTableStmt{Loc: at, IfNotExists: p.ifNotExists()}
		t.Relation = p.qualifiedName()
		t.Relation.Persistence = persistence
		return p.createTableAs(t)
	}
	return p.preparableStmt()
}

// prepareStmt reads PREPARE and PREPARE TRANSACTION.
func (p *parser) prepareStmt() Statement {
	at := p.loc()
	p.advance()
	if p.t.kind == kwTransaction && p.peek(1) == tokString {
		p.advance()
		return &TransactionStmt{Loc: at, Kind: TransactionPrepare, GID: p.sconst()}
	}
	s := &PrepareStmt{Loc: at, Name: p.colID()}
	if p.t.kind == '(' {
		s.ArgTypes = parenList(p, p.typeName)
	}
	p.expect(kwAs)
	s.Query = p.preparableStmt()
	return s
}

func (p *parser) executeStmt() Statement {
	s := &ExecuteStmt{Loc: p.loc()}
	p.advance()
	s.Name = p.colID()
	if p.t.kind == '(' {
		s.Params = parenList(p, p.aExpr)
	}
	return s
}

func (p *parser) deallocateStmt() Statement {
	s := &DeallocateStmt{Loc: p.loc()}
	p.advance()
	if p.t.kind == kwPrepare {
		if next := p.peek(1); next == kwAll || next.isColID() {
			p.advance()
		}
	}
	if !p.accept(kwAll) {
		s.Name = p.colID()
	}
	return s
}

// vacuumStmt reads VACUUM.
func (p *parser) vacuumStmt() Statement {
	s := &VacuumStmt{Loc: p.loc()}
	p.advance()
	if p.t.kind == '(' {
		s.Options = p.utilityOptions()
	} else {
		for _, o := range []struct {
			kind tok
			name string
		}{{kwFull, "full"}, {kwFreeze, "freeze"}, {kwVerbose, "verbose"}, {kwAnalyze, "analyze"}, {kwAnalyse, "analyze"}} {
			if p.t.kind == o.kind && (o.kind != kwAnalyse || !hasOption(s.Options, "analyze")) {
				s.Options = append(s.Options, &DefElem{Loc: p.loc(), Name: o.name})
				p.advance()
			}
		}
	}
	s.Relations = p.vacuumRelations()
	return s
}

func hasOption(options []*DefElem, name string) bool {
	for _, o := range options {
		if o.Name == name {
			return true
		}
	}
	return false
}

// analyzeStmt reads ANALYZE.
func (p *parser) analyzeStmt() Statement {
	s := &VacuumStmt{Loc: p.loc(), IsAnalyze: true}
	p.advance()
	if p.t.kind == '(' {
		s.Options = p.utilityOptions()
	} else if p.t.kind == kwVerbose {
		s.Options = []*DefElem{{Loc: p.loc(), Name: "verbose"}}
		p.advance()
	}
	s.Relations = p.vacuumRelations()
	return s
}

func (p *parser) vacuumRelations() []*VacuumRelation {
	if !p.t.kind.isColID() {
		return nil
	}
	return list(p, func() *VacuumRelation {
		r := &VacuumRelation{Loc: p.loc(), Relation: p.qualifiedName()}
		r.Columns = p.optParenNames()
		return r
	})
}

func (p *parser) callStmt() Statement {
	s := &CallStmt{Loc: p.loc()}
	p.advance()
	at := p.loc()
	s.Call, _ = p.funcApplication(p.funcNameOnly(), at)
	return s
}

func (p *parser) truncateStmt() Statement {
	s := &TruncateStmt{Loc: p.loc()}
	p.advance()
	p.accept(kwTable)
	s.Relations = list(p, p.relationExpr)
	switch p.t.kind {
	case kwContinue:
		p.advance()
		p.expect(kwIdentity)
	case kwRestart:
		p.advance()
		p.expect(kwIdentity)
		s.RestartSeqs = true
	}
	s.Behavior = p.behavior()
	return s
}

// copyStmt reads COPY.
func (p *parser) copyStmt() Statement {
	s := &CopyStmt{Loc: p.loc()}
	p.advance()
	if p.accept('(') {
		s.Query = p.preparableStmt()
		p.expect(')')
		toAt := int(p.t.start)
		p.expect(kwTo)
		p.copyFile(s)
		p.copyOptions(s)
		p.checkCopyFile(s, toAt)
		return s
	}
	if p.t.kind == kwBinary {
		s.Options = append(s.Options, &DefElem{Loc: p.loc(), Name: "format", Arg: &StringConst{Loc: NoLoc, Value: "binary"}})
		p.advance()
	}
	s.Relation = p.qualifiedName()
	s.Columns = p.optParenNames()
	s.IsFrom = p.accept(kwFrom)
	if !s.IsFrom {
		p.expect(kwTo)
	}
	p.copyFile(s)
	delimiterAt := -1
	if p.oneOf(kwUsing, kwDelimiters) {
		usingAt := int(p.t.start)
		if p.accept(kwUsing) {
			delimiterAt = usingAt
		}
		at := p.loc()
		p.expect(kwDelimiters)
		s.Options = append(s.Options, &DefElem{Loc: at, Name: "delimiter", Arg: p.stringNode()})
	}
	p.copyOptions(s)
	whereAt := int(p.t.start)
	s.Where = p.whereClause()
	p.checkCopyFile(s, delimiterAt)
	if s.Where != nil && !s.IsFrom {
		p.raise(pgerror.SyntaxError, whereAt, "WHERE clause not allowed with COPY TO")
	}
	return s
}

func (p *parser) checkCopyFile(s *CopyStmt, at int) {
	if s.Program && !s.HasFilename {
		p.raise(pgerror.SyntaxError, at, "STDIN/STDOUT not allowed with PROGRAM")
	}
}

func (p *parser) copyFile(s *CopyStmt) {
	s.Program = p.accept(kwProgram)
	switch p.t.kind {
	case kwStdin, kwStdout:
		p.advance()
	default:
		s.Filename = p.sconst()
		s.HasFilename = true
	}
}

// copyOptions reads [WITH] options in the old form or the one in parentheses.
func (p *parser) copyOptions(s *CopyStmt) {
	if p.oneOf(kwWith, tokWithLA) {
		p.advance()
	}
	if p.t.kind == '(' {
		s.Options = append(s.Options, parenList(p, p.copyOption)...)
		return
	}
	for {
		d := p.oldCopyOption()
		if d == nil {
			return
		}
		s.Options = append(s.Options, d)
	}
}

func (p *parser) copyOption() *DefElem {
	d := &DefElem{Loc: p.loc(), Name: p.colLabel()}
	at := p.loc()
	switch {
	case p.t.kind == '*':
		p.advance()
		d.Arg = &ColumnRef{Loc: at, Star: true}
	case p.t.kind == '(':
		d.Arg = &DefList{Loc: at, Items: parenList(p, func() Node { return p.booleanOrString() })}
	case p.isNumericOnly():
		d.Arg = p.numericOnly()
	case p.startsBooleanOrString():
		d.Arg = p.booleanOrString()
	}
	return d
}

func (p *parser) oldCopyOption() *DefElem {
	d := &DefElem{Loc: p.loc()}
	kind := p.t.kind
	word := func(name, value string) {
		p.advance()
		d.Name, d.Arg = name, &StringConst{Loc: NoLoc, Value: value}
	}
	text := func(name string) {
		p.advance()
		p.accept(kwAs)
		d.Name, d.Arg = name, p.stringNode()
	}
	switch kind {
	case kwBinary:
		word("format", "binary")
	case kwCsv:
		word("format", "csv")
	case kwFreeze, kwHeader:
		d.Name = p.take() // without a value, as in the new form
	case kwDelimiter:
		text("delimiter")
	case kwNull:
		text("null")
	case kwQuote:
		text("quote")
	case kwEscape:
		text("escape")
	case kwEncoding:
		p.advance()
		d.Name, d.Arg = "encoding", p.stringNode()
	case kwForce:
		p.advance()
		p.forceOption(d)
	default:
		return nil
	}
	return d
}

func (p *parser) forceOption(d *DefElem) {
	switch p.t.kind {
	case kwQuote:
		p.advance()
		d.Name = "force_quote"
		if p.t.kind == '*' {
			d.Arg = &ColumnRef{Loc: p.loc(), Star: true}
			p.advance()
			return
		}
	case kwNot:
		p.advance()
		p.expect(kwNull)
		d.Name = "force_not_null"
	case kwNull:
		p.advance()
		d.Name = "force_null"
	default:
		p.fail()
	}
	l := &DefList{Loc: p.loc()}
	for {
		at := p.loc()
		l.Items = append(l.Items, &StringConst{Loc: at, Value: p.colID()})
		if !p.accept(',') {
			break
		}
	}
	d.Arg = l
}
