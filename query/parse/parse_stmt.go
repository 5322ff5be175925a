package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// Parse reads a text of zero or more statements separated by semicolons. A
// mistake is a *pgerror.Error with its position.
func Parse(sql string) ([]RawStmt, error) { return ParseTelling(sql, func(*pgerror.Error) {}) }

// ParseTelling is Parse that tells of the names that are cut because they are too long, be the text right or wrong.
func ParseTelling(sql string, tell func(notice *pgerror.Error)) ([]RawStmt, error) {
	p := newParser(sql)
	var stmts []RawStmt
	err := p.run(func() { stmts = p.statements() })
	for _, name := range p.lex.cut {
		tell(NameCut(name))
	}
	if err != nil {
		return nil, err
	}
	return stmts, nil
}

// NameCut is the notice that a name is cut because it is too long.
func NameCut(name string) *pgerror.Error {
	return pgerror.Notice(pgerror.NameTooLong, "identifier \"%s\" will be truncated to \"%s\"", name, CutName(name))
}

// CutName cuts a name to the length that names may have.
func CutName(name string) string { return truncateIdent(name) }

// ParseExpr reads a single expression.
func ParseExpr(sql string) (Expr, error) {
	p := newParser(sql)
	var e Expr
	if err := p.run(func() { e = p.aExpr(); p.end() }); err != nil {
		return nil, err
	}
	return e, nil
}

// ParseTypeName reads a type.
func ParseTypeName(sql string) (*TypeName, error) {
	p := newParser(sql)
	var t *TypeName
	if err := p.run(func() { t = p.typeName(); p.end() }); err != nil {
		return nil, err
	}
	return t, nil
}

func (p *parser) end() {
	if p.t.kind != tokEOF {
		p.fail()
	}
}

func (p *parser) statements() []RawStmt {
	stmts := make([]RawStmt, 0, 1)
	for {
		start := int(p.t.start)
		if !p.oneOf(';', tokEOF) {
			s := p.topLevelStmt()
			stmts = append(stmts, RawStmt{Stmt: s, Start: start, End: int(p.t.start)})
		}
		if p.t.kind == tokEOF {
			return stmts
		}
		p.expect(';')
		p.forget()
	}
}

// forget drops the tokens of finished statements.
func (p *parser) forget() {
	p.toks = append(p.toks[:0], p.toks[p.i:]...)
	p.i = 0
	p.height, p.joined = 0, 0
}

func (p *parser) topLevelStmt() Statement {
	switch p.t.kind {
	case kwBegin, kwEnd:
		return p.transactionStmt()
	}
	return p.stmt()
}

// stmt reads any statement that may also stand in a function's body.
func (p *parser) stmt() Statement {
	p.enter()
	s := p.statement()
	p.depth--
	return s
}

func (p *parser) statement() Statement {
	switch p.t.kind {
	case kwSelect, kwValues, kwTable, '(', kwWith, tokWithLA, kwInsert, kwUpdate, kwDelete, kwMerge:
		return p.preparableStmt()
	case kwCreate:
		return p.createStmt()
	case kwAlter:
		return p.alterStmt()
	case kwDrop:
		return p.dropStmt()
	}
	if s := p.sessionStmt(); s != nil {
		return s
	}
	if s := p.otherStmt(); s != nil {
		return s
	}
	p.fail()
	return nil
}

func (p *parser) sessionStmt() Statement {
	switch p.t.kind {
	case kwStart, kwCommit, kwRollback, kwAbort, kwSavepoint, kwRelease:
		return p.transactionStmt()
	case kwSet:
		return p.setStmt()
	case kwReset:
		return p.resetStmt()
	case kwShow:
		return p.showStmt()
	case kwExplain:
		return p.explainStmt()
	case kwCopy:
		return p.copyStmt()
	case kwPrepare:
		return p.prepareStmt()
	case kwExecute:
		return p.executeStmt()
	case kwDeallocate:
		return p.deallocateStmt()
	case kwVacuum:
		return p.vacuumStmt()
	case kwAnalyze, kwAnalyse:
		return p.analyzeStmt()
	case kwCall:
		return p.callStmt()
	case kwTruncate:
		return p.truncateStmt()
	case kwGrant:
		return p.grantStmt(true)
	case kwRevoke:
		return p.revokeStmt()
	case kwAws:
		return p.awsStmt()
	}
	return nil
}

func (p *parser) otherStmt() Statement {
	switch p.t.kind {
	case kwCheckpoint:
		s := &CheckPointStmt{Loc: p.loc()}
		p.advance()
		return s
	case kwClose:
		s := &ClosePortalStmt{Loc: p.loc()}
		p.advance()
		if !p.accept(kwAll) {
			s.Name = p.colID()
		}
		return s
	case kwCluster:
		return p.clusterStmt()
	case kwComment:
		return p.commentStmt()
	case kwDeclare:
		return p.declareCursorStmt()
	case kwDiscard:
		return p.discardStmt()
	case kwDo:
		return p.doStmt()
	case kwFetch, kwMove:
		return p.fetchStmt()
	case kwImport:
		return p.importForeignSchema()
	case kwListen:
		s := &ListenStmt{Loc: p.loc()}
		p.advance()
		s.Channel = p.colID()
		return s
	case kwLoad:
		s := &LoadStmt{Loc: p.loc()}
		p.advance()
		s.Filename = p.sconst()
		return s
	case kwLock:
		return p.lockStmt()
	case kwNotify:
		return p.notifyStmt()
	case kwReassign:
		s := &ReassignOwnedStmt{Loc: p.loc()}
		p.advance()
		p.expect(kwOwned, kwBy)
		s.Roles = p.roleList()
		p.expect(kwTo)
		s.NewRole = p.roleSpec()
		return s
	case kwRefresh:
		return p.refreshMatViewStmt()
	case kwReindex:
		return p.reindexStmt()
	case kwSecurity:
		return p.secLabelStmt()
	case kwUnlisten:
		s := &UnlistenStmt{Loc: p.loc()}
		p.advance()
		if !p.accept('*') {
			s.Channel = p.colID()
		}
		return s
	}
	return nil
}

func (p *parser) discardStmt() Statement {
	s := &DiscardStmt{Loc: p.loc()}
	p.advance()
	switch p.t.kind {
	case kwAll:
		s.Target = "all"
	case kwTemp, kwTemporary:
		s.Target = "temp"
	case kwPlans:
		s.Target = "plans"
	case kwSequences:
		s.Target = "sequences"
	default:
		p.fail()
	}
	p.advance()
	return s
}

func (p *parser) notifyStmt() Statement {
	s := &NotifyStmt{Loc: p.loc()}
	p.advance()
	s.Channel = p.colID()
	if p.accept(',') {
		s.Payload, s.HasPayload = p.sconst(), true
	}
	return s
}

func (p *parser) doStmt() Statement {
	s := &DoStmt{Loc: p.loc()}
	p.advance()
	for {
		d := &DefElem{Loc: p.loc()}
		switch p.t.kind {
		case tokString:
			d.Name, d.Arg = "as", p.stringNode()
		case kwLanguage:
			p.advance()
			d.Name, d.Arg = "language", p.wordNode()
		default:
			if s.Options == nil {
				p.fail()
			}
			return s
		}
		s.Options = append(s.Options, d)
	}
}

func (p *parser) lockStmt() Statement {
	s := &LockStmt{Loc: p.loc(), Mode: 8}
	p.advance()
	p.accept(kwTable)
	s.Relations = list(p, p.relationExpr)
	if p.accept(kwIn) {
		s.Mode = p.lockMode()
		p.expect(kwMode)
	}
	s.NoWait = p.accept(kwNowait)
	return s
}

func (p *parser) lockMode() int {
	switch p.t.kind {
	case kwAccess:
		p.advance()
		if p.accept(kwShare) {
			return 1
		}
		p.expect(kwExclusive)
		return 8
	case kwRow:
		p.advance()
		if p.accept(kwShare) {
			return 2
		}
		p.expect(kwExclusive)
		return 3
	case kwShare:
		p.advance()
		switch p.t.kind {
		case kwUpdate:
			p.advance()
			p.expect(kwExclusive)
			return 4
		case kwRow:
			p.advance()
			p.expect(kwExclusive)
			return 6
		}
		return 5
	}
	p.expect(kwExclusive)
	return 7
}

func (p *parser) declareCursorStmt() Statement {
	s := &DeclareCursorStmt{Loc: p.loc()}
	p.advance()
	s.Name = p.colID()
	for {
		switch p.t.kind {
		case kwNo:
			p.advance()
			p.expect(kwScroll)
			s.Options |= CursorNoScroll
			continue
		case kwScroll:
			s.Options |= CursorScroll
		case kwBinary:
			s.Options |= CursorBinary
		case kwAsensitive:
			s.Options |= CursorAsensitive
		case kwInsensitive:
			s.Options |= CursorInsensitive
		default:
			p.expect(kwCursor)
			switch p.t.kind {
			case kwWith:
				p.advance()
				p.expect(kwHold)
				s.Options |= CursorHold
			case kwWithout:
				p.advance()
				p.expect(kwHold)
			}
			p.expect(kwFor)
			s.Query = p.selectStmt()
			return s
		}
		p.advance()
	}
}

// fetchStmt reads FETCH and MOVE.
func (p *parser) fetchStmt() Statement {
	s := &FetchStmt{Loc: p.loc(), IsMove: p.t.kind == kwMove, Count: 1}
	p.advance()
	if next := p.peek1(); p.t.kind.isColID() && (next == tokEOF || next == ';' || next == ')') {
		s.Cursor = p.colID()
		return s
	}
	switch p.t.kind {
	case kwNext:
		p.advance()
	case kwPrior:
		p.advance()
		s.Direction = FetchBackward
	case kwFirst:
		p.advance()
		s.Direction = FetchAbsolute
	case kwLast:
		p.advance()
		s.Direction, s.Count = FetchAbsolute, -1
	case kwAbsolute:
		p.advance()
		s.Direction, s.Count = FetchAbsolute, int64(p.signedIconst())
	case kwRelative:
		p.advance()
		s.Direction, s.Count = FetchRelative, int64(p.signedIconst())
	case kwForward, kwBackward:
		if p.t.kind == kwBackward {
			s.Direction = FetchBackward
		}
		p.advance()
		switch {
		case p.accept(kwAll):
			s.Count = FetchAll
		case p.oneOf('+', '-', tokIntConst):
			s.Count = int64(p.signedIconst())
		}
	case kwAll:
		p.advance()
		s.Count = FetchAll
	case '+', '-', tokIntConst:
		s.Count = int64(p.signedIconst())
	}
	if p.oneOf(kwFrom, kwIn) {
		p.advance()
	}
	s.Cursor = p.colID()
	return s
}

func (p *parser) clusterStmt() Statement {
	s := &ClusterStmt{Loc: p.loc()}
	p.advance()
	switch {
	case p.t.kind == '(':
		s.Options = p.utilityOptions()
		s.Relation = p.qualifiedName()
	default:
		if p.t.kind == kwVerbose {
			s.Options = []*DefElem{{Loc: p.loc(), Name: "verbose"}}
			p.advance()
		}
		if !p.t.kind.isColID() {
			return s
		}
		if p.peek(1) == kwOn {
			s.Index = p.colID()
			p.advance()
			s.Relation = p.qualifiedName()
			return s
		}
		s.Relation = p.qualifiedName()
	}
	if p.accept(kwUsing) {
		s.Index = p.colID()
	}
	return s
}

func (p *parser) reindexStmt() Statement {
	s := &ReindexStmt{Loc: p.loc()}
	p.advance()
	if p.t.kind == '(' {
		s.Options = p.utilityOptions()
	}
	switch p.t.kind {
	case kwIndex:
		s.Kind = ReindexIndex
	case kwTable:
		s.Kind = ReindexTable
	case kwSchema:
		s.Kind = ReindexSchema
	case kwSystem:
		s.Kind = ReindexSystem
	case kwDatabase:
		s.Kind = ReindexDatabase
	default:
		p.fail()
	}
	p.advance()
	if p.t.kind == kwConcurrently {
		s.Options = append(s.Options, &DefElem{Loc: p.loc(), Name: "concurrently"})
		p.advance()
	}
	switch s.Kind {
	case ReindexIndex, ReindexTable:
		s.Relation = p.qualifiedName()
	case ReindexSchema:
		s.Name = p.colID()
	default:
		if p.t.kind.isColID() {
			s.Name = p.colID()
		}
	}
	return s
}

func (p *parser) refreshMatViewStmt() Statement {
	s := &RefreshMatViewStmt{Loc: p.loc()}
	p.advance()
	p.expect(kwMaterialized, kwView)
	s.Concurrent = p.accept(kwConcurrently)
	s.Relation = p.qualifiedName()
	s.NoData = p.withNoData()
	return s
}

func (p *parser) importForeignSchema() Statement {
	s := &ImportForeignSchemaStmt{Loc: p.loc()}
	p.advance()
	p.expect(kwForeign, kwSchema)
	s.RemoteSchema = p.colID()
	switch p.t.kind {
	case kwLimit:
		p.advance()
		p.expect(kwTo)
		s.List = ImportLimitTo
	case kwExcept:
		p.advance()
		s.List = ImportExcept
	}
	if s.List != ImportAll {
		s.Tables = parenList(p, p.relationExpr)
	}
	p.expect(kwFrom, kwServer)
	s.Server = p.colID()
	p.expect(kwInto)
	s.LocalSchema = p.colID()
	s.Options = p.optGenericOptions()
	return s
}

// notYet raises the refusal of a statement PostgreSQL parses but lacks.
func (p *parser) notYet(message string) {
	p.raise(pgerror.FeatureNotSupported, -1, "%s", message)
}
