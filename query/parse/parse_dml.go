package parse

// insertStmt reads INSERT.
func (p *parser) insertStmt(with *WithClause) *InsertStmt {
	s := &InsertStmt{Loc: p.loc(), With: with}
	p.advance()
	p.expect(kwInto)
	s.Relation = p.qualifiedName()
	if p.accept(kwAs) {
		s.Relation.Alias = &Alias{Name: p.colID()}
	}
	if p.accept(kwDefault) {
		p.expect(kwValues)
	} else {
		if p.t.kind == '(' && !p.selectBehindParen() {
			s.Columns = parenList(p, p.assignTarget)
		}
		s.Overriding = p.overriding()
		s.Select = p.selectStmt()
	}
	if p.t.kind == kwOn {
		s.OnConflict = p.onConflict()
	}
	s.Returning = p.returning()
	return s
}

// selectBehindParen tells whether the parenthesis here starts a query.
func (p *parser) selectBehindParen() bool {
	switch p.peek(1) {
	case '(', kwSelect, kwWith, tokWithLA, kwTable:
		return true
	case kwValues:
		return p.peek(2) == '('
	}
	return false
}

func (p *parser) overriding() Overriding {
	if !p.accept(kwOverriding) {
		return OverridingNone
	}
	kind := OverridingUser
	if p.t.kind == kwSystem {
		kind = OverridingSystem
	} else if p.t.kind != kwUser {
		p.fail()
	}
	p.advance()
	p.expect(kwValue)
	return kind
}

// assignTarget reads a column being assigned to.
func (p *parser) assignTarget() *AssignTarget {
	t := &AssignTarget{Loc: p.loc(), Name: p.colID()}
	if p.t.kind == '.' || p.t.kind == '[' {
		t.Steps = p.checkSteps(p.steps())
	}
	return t
}

func (p *parser) onConflict() *OnConflictClause {
	c := &OnConflictClause{Loc: p.loc()}
	p.advance()
	p.expect(kwConflict)
	at := p.loc()
	switch {
	case p.t.kind == '(':
		c.Infer = &InferClause{Loc: at, Elems: parenList(p, p.indexElem)}
		c.Infer.Where = p.whereClause()
	case p.accept2(kwOn, kwConstraint):
		c.Infer = &InferClause{Loc: at, Constraint: p.colID()}
	}
	p.expect(kwDo)
	if p.accept(kwNothing) {
		return c
	}
	p.expect(kwUpdate, kwSet)
	c.Update = true
	c.Set = list(p, p.assignment)
	c.Where = p.whereClause()
	return c
}

// assignment reads an item of SET.
func (p *parser) assignment() *Assignment {
	a := &Assignment{Loc: p.loc()}
	if p.t.kind == '(' {
		a.Multi = true
		a.Targets = parenList(p, p.assignTarget)
	} else {
		a.Targets = []*AssignTarget{p.assignTarget()}
	}
	p.expect('=')
	a.Value = p.aExpr()
	return a
}

func (p *parser) returning() []*ResTarget {
	if !p.accept(kwReturning) {
		return nil
	}
	return p.targetList()
}

// updateStmt reads UPDATE.
func (p *parser) updateStmt(with *WithClause) *UpdateStmt {
	s := &UpdateStmt{Loc: p.loc(), With: with}
	p.advance()
	s.Relation = p.relationOptAlias()
	p.expect(kwSet)
	s.Set = list(p, p.assignment)
	if p.accept(kwFrom) {
		s.From = list(p, p.tableRef)
	}
	s.Where = p.whereOrCurrent()
	s.Returning = p.returning()
	return s
}

// deleteStmt reads DELETE.
func (p *parser) deleteStmt(with *WithClause) *DeleteStmt {
	s := &DeleteStmt{Loc: p.loc(), With: with}
	p.advance()
	p.expect(kwFrom)
	s.Relation = p.relationOptAlias()
	if p.accept(kwUsing) {
		s.Using = list(p, p.tableRef)
	}
	s.Where = p.whereOrCurrent()
	s.Returning = p.returning()
	return s
}

// whereOrCurrent reads WHERE with a condition or with CURRENT OF.
func (p *parser) whereOrCurrent() Expr {
	if !p.accept(kwWhere) {
		return nil
	}
	if p.t.kind == kwCurrent && p.peek(1) == kwOf {
		at := p.loc()
		p.advance()
		p.advance()
		return &CurrentOf{Loc: at, Cursor: p.colID()}
	}
	return p.aExpr()
}

// mergeStmt reads MERGE.
func (p *parser) mergeStmt(with *WithClause) *MergeStmt {
	s := &MergeStmt{Loc: p.loc(), With: with}
	p.advance()
	p.expect(kwInto)
	s.Relation = p.relationOptAlias()
	p.expect(kwUsing)
	s.Source = p.tableRef()
	p.expect(kwOn)
	s.On = p.aExpr()
	if p.t.kind != kwWhen {
		p.fail()
	}
	for p.t.kind == kwWhen {
		s.Whens = append(s.Whens, p.mergeWhen())
	}
	return s
}

func (p *parser) mergeWhen() *MergeWhenClause {
	w := &MergeWhenClause{Loc: p.loc(), Matched: true}
	p.advance()
	if p.accept(kwNot) {
		w.Matched = false
	}
	p.expect(kwMatched)
	if p.accept(kwAnd) {
		w.Cond = p.aExpr()
	}
	p.expect(kwThen)
	switch {
	case p.accept2(kwDo, kwNothing):
		w.Action = MergeDoNothing
	case w.Matched && p.accept2(kwUpdate, kwSet):
		w.Action = MergeUpdate
		w.Set = list(p, p.assignment)
	case w.Matched && p.accept(kwDelete):
		w.Action = MergeDelete
	case !w.Matched && p.accept(kwInsert):
		w.Action = MergeInsert
		p.mergeInsert(w)
	default:
		p.fail()
	}
	return w
}

func (p *parser) mergeInsert(w *MergeWhenClause) {
	if p.accept2(kwDefault, kwValues) {
		return
	}
	if p.t.kind == '(' {
		w.Columns = parenList(p, p.assignTarget)
	}
	w.Overriding = p.overriding()
	p.expect(kwValues)
	w.Values = parenList(p, p.aExpr)
}
