package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// withClause reads WITH [RECURSIVE] ….
func (p *parser) withClause() *WithClause {
	w := &WithClause{Loc: p.loc()}
	plain := p.t.kind == kwWith
	p.advance()
	if plain && p.t.kind == kwRecursive && p.peek(1).isColID() {
		w.Recursive = true
		p.advance()
	}
	w.CTEs = list(p, p.cte)
	return w
}

func (p *parser) cte() *CommonTableExpr {
	c := &CommonTableExpr{Loc: p.loc(), Name: p.colID()}
	c.Columns = p.optParenNames()
	p.expect(kwAs)
	switch p.t.kind {
	case kwMaterialized:
		p.advance()
		c.Materialized = MaterializeAlways
	case kwNot:
		p.advance()
		p.expect(kwMaterialized)
		c.Materialized = MaterializeNever
	}
	p.expect('(')
	p.enter()
	c.Query = p.preparableStmt()
	p.depth--
	p.expect(')')
	if p.t.kind == kwSearch {
		c.Search = p.cteSearch()
	}
	if p.t.kind == kwCycle {
		c.Cycle = p.cteCycle()
	}
	return c
}

func (p *parser) cteSearch() *CTESearch {
	s := &CTESearch{Loc: p.loc()}
	p.advance()
	if p.accept(kwBreadth) {
		s.BreadthFirst = true
	} else {
		p.expect(kwDepth)
	}
	p.expect(kwFirst, kwBy)
	s.Columns = p.names()
	p.expect(kwSet)
	s.Sequence = p.colID()
	return s
}

func (p *parser) cteCycle() *CTECycle {
	c := &CTECycle{Loc: p.loc()}
	p.advance()
	c.Columns = p.names()
	p.expect(kwSet)
	c.Mark = p.colID()
	c.Value, c.Default = &BoolConst{Loc: NoLoc, Value: true}, &BoolConst{Loc: NoLoc}
	if p.accept(kwTo) {
		c.Value = p.constant()
		p.expect(kwDefault)
		c.Default = p.constant()
	}
	p.expect(kwUsing)
	c.Path = p.colID()
	return c
}

// constant reads an AexprConst.
func (p *parser) constant() Expr {
	switch p.t.kind {
	case tokIntConst, tokFloatConst, tokString, tokBitString, tokHexString, kwTrue, kwFalse, kwNull:
		return p.cExpr(0)
	}
	if e := p.typedConst(); e != nil {
		return e
	}
	if p.t.kind.isColID() && !p.t.kind.isTypeFuncName() && p.peek(1) != '.' && p.peek(1) != '[' {
		p.advance()
		p.fail()
	}
	at := p.loc()
	name := p.funcNameOnly()
	if p.t.kind != '(' {
		return p.constOfType(&TypeName{Loc: at, Names: name}, at)
	}
	if p.peek(1) == ')' {
		p.advance() // a type's modifiers are at least one
		p.fail()
	}
	call, mods := p.funcApplication(name, at)
	if !mods.possible || p.t.kind != tokString {
		p.fail()
	}
	return p.constOfModifiedType(call, mods)
}

// preparableStmt reads a query or a change of data.
func (p *parser) preparableStmt() Statement {
	var with *WithClause
	if p.oneOf(kwWith, tokWithLA) {
		with = p.withClause()
	}
	if s := p.dmlStmt(with); s != nil {
		return s
	}
	if with != nil {
		return p.selectWith(with)
	}
	return p.selectStmt()
}

// dmlStmt reads INSERT, UPDATE, DELETE or MERGE behind a WITH clause, nil if
// none of them starts here.
func (p *parser) dmlStmt(with *WithClause) Statement {
	switch p.t.kind {
	case kwInsert:
		return p.insertStmt(with)
	case kwUpdate:
		return p.updateStmt(with)
	case kwDelete:
		return p.deleteStmt(with)
	case kwMerge:
		return p.mergeStmt(with)
	}
	return nil
}

func (p *parser) windowDefinition() *WindowDef {
	name := p.colID()
	p.expect(kwAs)
	w := p.windowSpec()
	w.Name = name
	return w
}

// windowSpec reads ( … ) of OVER or WINDOW.
func (p *parser) windowSpec() *WindowDef {
	w := &WindowDef{Loc: p.loc()}
	p.expect('(')
	if p.t.kind.isColID() && !p.oneOf(kwPartition, kwRange, kwRows, kwGroups) {
		w.RefName = p.take()
	}
	if p.accept2(kwPartition, kwBy) {
		w.PartitionBy = list(p, p.aExpr)
	}
	if p.t.kind == kwOrder {
		w.OrderBy = p.sortClause()
	}
	if p.oneOf(kwRange, kwRows, kwGroups) {
		w.Frame = p.windowFrame()
	}
	p.expect(')')
	return w
}

func (p *parser) windowFrame() *WindowFrame {
	f := &WindowFrame{End: FrameBound{Kind: CurrentRow}}
	switch p.t.kind {
	case kwRows:
		f.Mode = FrameRows
	case kwGroups:
		f.Mode = FrameGroups
	}
	p.advance()
	f.Between = p.t.kind == kwBetween && !p.betweenIsColumn()
	if f.Between {
		p.advance()
		startAt := int(p.t.start)
		f.Start = p.frameBound()
		p.expect(kwAnd)
		endAt := int(p.t.start)
		f.End = p.frameBound()
		p.checkFrame(f, startAt, endAt)
	} else {
		at := int(p.t.start)
		f.Start = p.frameBound()
		switch f.Start.Kind {
		case UnboundedFollowing:
			p.raise(pgerror.WindowingError, at, "frame start cannot be UNBOUNDED FOLLOWING")
		case OffsetFollowing:
			p.raise(pgerror.WindowingError, at, "frame starting from following row cannot end with current row")
		}
	}
	f.Exclusion = p.frameExclusion()
	return f
}

// betweenIsColumn: BETWEEN is a column here, with which the offset of a bound
// starts. PostgreSQL's grammar decides by the strength of the next token.
func (p *parser) betweenIsColumn() bool {
	switch p.peek(1) {
	case '.', '[', tokTypeCast, '*', '/', '%', '^', '<', '>', '=', tokLessEquals, tokGreaterEquals, tokNotEquals,
		kwIs, kwIsnull, kwNotnull, kwIn, kwAnd, kwOr, kwCollate:
		return true
	case kwLike, kwIlike, kwSimilar, tokNotLA, kwBetween:
		p.advance()
		p.fail()
	}
	return false
}

func (p *parser) checkFrame(f *WindowFrame, startAt, endAt int) {
	switch {
	case f.Start.Kind == UnboundedFollowing:
		p.raise(pgerror.WindowingError, startAt, "frame start cannot be UNBOUNDED FOLLOWING")
	case f.End.Kind == UnboundedPreceding:
		p.raise(pgerror.WindowingError, endAt, "frame end cannot be UNBOUNDED PRECEDING")
	case f.Start.Kind == CurrentRow && f.End.Kind == OffsetPreceding:
		p.raise(pgerror.WindowingError, endAt, "frame starting from current row cannot have preceding rows")
	case f.Start.Kind == OffsetFollowing && f.End.Kind == OffsetPreceding,
		f.Start.Kind == OffsetFollowing && f.End.Kind == CurrentRow:
		p.raise(pgerror.WindowingError, endAt, "frame starting from following row cannot have preceding rows")
	}
}

func (p *parser) frameBound() FrameBound {
	next := p.peek(1)
	switch {
	case p.t.kind == kwUnbounded && next == kwPreceding:
		p.advance()
		p.advance()
		return FrameBound{Kind: UnboundedPreceding}
	case p.t.kind == kwUnbounded && next == kwFollowing:
		p.advance()
		p.advance()
		return FrameBound{Kind: UnboundedFollowing}
	case p.t.kind == kwCurrent && next == kwRow:
		p.advance()
		p.advance()
		return FrameBound{Kind: CurrentRow}
	}
	offset := p.aExpr()
	if p.accept(kwPreceding) {
		return FrameBound{Kind: OffsetPreceding, Offset: offset}
	}
	p.expect(kwFollowing)
	return FrameBound{Kind: OffsetFollowing, Offset: offset}
}

func (p *parser) frameExclusion() FrameExclusion {
	if !p.accept(kwExclude) {
		return ExcludeNone
	}
	switch p.t.kind {
	case kwCurrent:
		p.advance()
		p.expect(kwRow)
		return ExcludeCurrentRow
	case kwGroup:
		p.advance()
		return ExcludeGroup
	case kwTies:
		p.advance()
		return ExcludeTies
	}
	p.expect(kwNo, kwOthers)
	return ExcludeNone
}
