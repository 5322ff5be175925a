package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// startsSelect tells whether a query that is not in parentheses starts here.
func (p *parser) startsSelect() bool {
	switch p.t.kind {
	case kwSelect, kwWith, tokWithLA, kwTable:
		return true
	case kwValues:
		return p.peek(1) == '('
	}
	return false
}

// continuesSelect tells whether what follows can only belong to a query whose
// first part, in parentheses, was just read.
func (p *parser) continuesSelect() bool {
	return p.oneOf(kwUnion, kwIntersect, kwExcept, kwOrder, kwLimit, kwOffset, kwFetch, kwFor)
}

// selectStmt reads a query, in parentheses or not.
func (p *parser) selectStmt() *SelectStmt {
	if p.t.kind != '(' {
		return p.selectNoParens()
	}
	sel := p.selectWithParens()
	if p.continuesSelect() {
		return p.selectRest(sel)
	}
	return sel
}

// selectWithParens reads a query in one or more pairs of parentheses.
func (p *parser) selectWithParens() *SelectStmt {
	p.expect('(')
	p.enter()
	sel := p.selectStmt()
	p.depth--
	p.expect(')')
	return sel
}

// selectNoParens reads a query that does not consist of parentheses only.
func (p *parser) selectNoParens() *SelectStmt {
	var with *WithClause
	if p.oneOf(kwWith, tokWithLA) {
		with = p.withClause()
	}
	return p.selectWith(with)
}

// selectWith reads a query whose WITH clause, if any, has been read.
func (p *parser) selectWith(with *WithClause) *SelectStmt {
	outer := p.height
	p.enter()
	p.height = 0
	sel := p.setOperations(p.selectPrimary(), 0)
	p.selectOptions(sel, with)
	p.depth--
	p.height = max(outer, p.height+1)
	return sel
}

// selectRest continues a query behind its first, parenthesised part.
func (p *parser) selectRest(left *SelectStmt) *SelectStmt {
	sel := p.setOperations(left, 0)
	p.selectOptions(sel, nil)
	return sel
}

func setOpOf(kind tok) (op SetOp, prec int) {
	switch kind {
	case kwUnion:
		return SetUnion, 1
	case kwExcept:
		return SetExcept, 1
	case kwIntersect:
		return SetIntersect, 2
	}
	return SetNone, 0
}

// setOperations continues left with set operations that bind at least as
// strongly as min.
func (p *parser) setOperations(left *SelectStmt, min int) *SelectStmt {
	height := p.height
	for {
		op, prec := setOpOf(p.t.kind)
		if op == SetNone || prec < min {
			p.height = height
			return left
		}
		at := left.Loc
		p.advance()
		all := p.accept(kwAll)
		if !all {
			p.accept(kwDistinct)
		}
		p.height = 0
		right := p.setOperations(p.selectPrimary(), prec+1)
		left = &SelectStmt{Loc: at, Op: op, All: all, Left: left, Right: right}
		if height = max(height, p.height) + 1; height > depthMax {
			p.tooDeep()
		}
	}
}

// selectPrimary reads a query without set operations, or one in parentheses.
func (p *parser) selectPrimary() *SelectStmt {
	at := p.loc()
	switch p.t.kind {
	case '(':
		return p.selectWithParens()
	case kwSelect:
		return p.simpleSelect()
	case kwValues:
		p.advance()
		sel := &SelectStmt{Loc: at}
		sel.Values = append(sel.Values, parenList(p, p.aExpr))
		for p.accept(',') {
			sel.Values = append(sel.Values, parenList(p, p.aExpr))
		}
		return sel
	case kwTable:
		p.advance()
		star := &ResTarget{Loc: NoLoc, Value: &ColumnRef{Loc: NoLoc, Star: true}}
		return &SelectStmt{Loc: at, Targets: []*ResTarget{star}, From: []TableRef{p.relationExpr()}}
	}
	p.fail()
	return nil
}

func (p *parser) simpleSelect() *SelectStmt {
	sel := &SelectStmt{Loc: p.loc()}
	p.advance()
	if p.accept(kwDistinct) {
		sel.Distinct = true
		if p.accept(kwOn) {
			sel.DistinctOn = parenList(p, p.aExpr)
		}
		sel.Targets = p.targetList()
	} else {
		p.accept(kwAll)
		if p.startsTarget() {
			sel.Targets = p.targetList()
		}
	}
	if p.t.kind == kwInto {
		sel.Into = p.intoClause()
	}
	if p.accept(kwFrom) {
		sel.From = list(p, p.tableRef)
	}
	sel.Where = p.whereClause()
	if p.accept(kwGroup) {
		p.expect(kwBy)
		sel.GroupDistinct = p.accept(kwDistinct)
		if !sel.GroupDistinct {
			p.accept(kwAll)
		}
		sel.GroupBy = list(p, p.groupByItem)
	}
	if p.accept(kwHaving) {
		sel.Having = p.aExpr()
	}
	if p.accept(kwWindow) {
		sel.Windows = list(p, p.windowDefinition)
	}
	return sel
}

// startsTarget tells whether an item of a select list can start here.
func (p *parser) startsTarget() bool {
	switch p.t.kind {
	case '*', '(', '+', '-', tokOp, kwOperator, tokIntConst, tokFloatConst, tokString, tokBitString, tokHexString,
		tokParam, kwNot, tokNotLA, kwUnique, kwDefault, kwCase, kwArray, kwTrue, kwFalse, kwNull, kwCast,
		kwCurrentDate, kwCurrentTime, kwCurrentTimestamp, kwLocaltime, kwLocaltimestamp, kwCurrentRole,
		kwCurrentUser, kwSessionUser, kwSystemUser, kwUser, kwCurrentCatalog:
		return true
	}
	return p.t.kind.isNonReserved()
}

func (p *parser) targetList() []*ResTarget {
	items := make([]*ResTarget, 1, 4)
	items[0] = p.target()
	for p.accept(',') {
		items = append(items, p.target())
	}
	return items
}

// target reads an item of a select list.
func (p *parser) target() *ResTarget {
	t := &ResTarget{Loc: p.loc()}
	if p.t.kind == '*' {
		p.advance()
		t.Value = &ColumnRef{Loc: t.Loc, Star: true}
		return t
	}
	t.Value = p.expr(precNone, modeLabel)
	switch {
	case p.t.kind == kwAs:
		p.advance()
		t.Name = p.colLabel()
	case p.t.kind.isBareLabel():
		t.Name = p.take()
	}
	return t
}

// intoClause reads INTO [TEMP] [TABLE] name.
func (p *parser) intoClause() *IntoClause {
	into := &IntoClause{Loc: p.loc()}
	p.advance()
	persistence := p.intoPersistence()
	p.accept(kwTable)
	into.Relation = p.qualifiedName()
	into.Relation.Persistence = persistence
	return into
}

func (p *parser) intoPersistence() Persistence {
	next := p.peek(1)
	switch p.t.kind {
	case kwLocal, kwGlobal:
		if next != kwTemp && next != kwTemporary {
			return Permanent
		}
		p.advance()
		p.advance()
		return Temporary
	case kwTemp, kwTemporary:
		if next == kwTable || next.isColID() {
			p.advance()
			return Temporary
		}
	case kwUnlogged:
		if next == kwTable || next.isColID() {
			p.advance()
			return Unlogged
		}
	}
	return Permanent
}

func (p *parser) whereClause() Expr {
	if !p.accept(kwWhere) {
		return nil
	}
	return p.aExpr()
}

// groupByItem reads an item of GROUP BY.
func (p *parser) groupByItem() Expr {
	at := p.loc()
	next := tokEOF
	switch p.t.kind {
	case '(', kwCube, kwRollup, kwGrouping:
		next = p.peek(1)
	}
	switch {
	case p.t.kind == '(' && next == ')':
		p.advance()
		p.advance()
		return &GroupingSet{Loc: at, Kind: GroupingEmpty}
	case p.t.kind == kwCube && next == '(':
		p.advance()
		return &GroupingSet{Loc: at, Kind: GroupingCube, Content: parenList(p, p.aExpr)}
	case p.t.kind == kwRollup && next == '(':
		p.advance()
		return &GroupingSet{Loc: at, Kind: GroupingRollup, Content: parenList(p, p.aExpr)}
	case p.t.kind == kwGrouping && next == kwSets:
		p.enter()
		p.advance()
		p.advance()
		s := &GroupingSet{Loc: at, Kind: GroupingSets, Content: parenList(p, p.groupByItem)}
		p.depth--
		return s
	}
	return p.aExpr()
}

// sortClause reads ORDER BY ….
func (p *parser) sortClause() []*SortBy {
	p.expect(kwOrder, kwBy)
	return list(p, p.sortBy)
}

func (p *parser) sortBy() *SortBy {
	s := &SortBy{Loc: NoLoc, Expr: p.aExpr()}
	switch p.t.kind {
	case kwAsc:
		p.advance()
		s.Dir = SortAsc
	case kwDesc:
		p.advance()
		s.Dir = SortDesc
	case kwUsing:
		p.advance()
		s.Loc = p.loc()
		s.Dir = SortUsing
		s.Using = p.qualAllOp()
	}
	s.Nulls = p.nullsOrder()
	return s
}

func (p *parser) nullsOrder() NullsOrder {
	if !p.accept(tokNullsLA) {
		return NullsDefault
	}
	first := p.t.kind == kwFirst
	p.advance()
	if first {
		return NullsFirst
	}
	return NullsLast
}

// selectOptions reads ORDER BY, LIMIT, OFFSET, FETCH and FOR UPDATE and adds
// them, and the WITH clause, to sel.
func (p *parser) selectOptions(sel *SelectStmt, with *WithClause) {
	var order []*SortBy
	if p.t.kind == kwOrder {
		order = p.sortClause()
	}
	var limit limitClauses
	var locking []*LockingClause
	if p.t.kind == kwFor {
		locking = p.lockingClauses()
		p.limitClauses(&limit)
	} else if p.oneOf(kwLimit, kwOffset, kwFetch) {
		p.limitClauses(&limit)
		if p.t.kind == kwFor {
			locking = p.lockingClauses()
		}
	}
	if order != nil {
		if sel.OrderBy != nil {
			p.raise(pgerror.SyntaxError, ExprLocation(order[0]), "multiple ORDER BY clauses not allowed")
		}
		sel.OrderBy = order
	}
	sel.Locking = append(sel.Locking, locking...)
	p.addLimit(sel, &limit)
	if with != nil {
		if sel.With != nil {
			p.raise(pgerror.SyntaxError, int(with.Loc), "multiple WITH clauses not allowed")
		}
		sel.With = with
	}
}

// limitClauses is what LIMIT, FETCH and OFFSET say.
type limitClauses struct {
	limit, offset Expr
	withTies      bool
}

func (p *parser) limitClauses(c *limitClauses) {
	seenLimit, seenOffset := false, false
	for {
		switch {
		case p.t.kind == kwLimit && !seenLimit:
			seenLimit = true
			p.limitClause(c)
		case p.t.kind == kwFetch && !seenLimit:
			seenLimit = true
			p.fetchClause(c)
		case p.t.kind == kwOffset && !seenOffset:
			seenOffset = true
			p.offsetClause(c)
		default:
			return
		}
	}
}

func (p *parser) limitClause(c *limitClauses) {
	at := p.loc()
	p.advance()
	if p.t.kind == kwAll {
		c.limit = &NullConst{Loc: p.loc()}
		p.advance()
	} else {
		c.limit = p.aExpr()
	}
	if p.accept(',') {
		p.aExpr()
		p.lookedAhead()
		panic(p.errorAt(pgerror.SyntaxError, int(at), "LIMIT #,# syntax is not supported").
			WithHint("Use separate LIMIT and OFFSET clauses."))
	}
}

// fetchClause reads FETCH FIRST [n] ROWS ONLY | WITH TIES.
func (p *parser) fetchClause(c *limitClauses) {
	p.advance()
	if !p.oneOf(kwFirst, kwNext) {
		p.fail()
	}
	p.advance()
	if next := p.peek(1); p.oneOf(kwRow, kwRows) && (next == kwOnly || next == kwWith || next == tokWithLA) {
		c.limit = &IntegerConst{Loc: NoLoc, Value: 1}
	} else {
		c.limit = p.fetchCount()
	}
	if !p.oneOf(kwRow, kwRows) {
		p.fail()
	}
	p.advance()
	if p.accept(kwWith) {
		p.expect(kwTies)
		c.withTies = true
		return
	}
	p.expect(kwOnly)
}

// fetchCount reads an operand or a signed number.
func (p *parser) fetchCount() Expr {
	at := p.loc()
	switch p.t.kind {
	case '+', '-':
		sign := p.take()
		if !p.oneOf(tokIntConst, tokFloatConst) {
			p.fail()
		}
		e := numberConst(p.t.val, p.loc())
		p.advance()
		if sign == "-" {
			return negate(e, at)
		}
		return &OpExpr{Loc: at, Name: []string{"+"}, Right: e}
	}
	return p.cExpr(0)
}

func (p *parser) offsetClause(c *limitClauses) {
	p.advance()
	if p.oneOf('+', '-') {
		if n, rows := p.peek(1), p.peek(2); (n == tokIntConst || n == tokFloatConst) && (rows == kwRow || rows == kwRows) {
			c.offset = p.fetchCount()
			p.advance()
			return
		}
	}
	outer := p.height
	p.height = 0
	plain, e := p.plainExpr(kwRow, kwRows)
	p.height = max(outer, p.height)
	c.offset = e
	if plain {
		p.advance()
	}
}

// plainExpr reads an expression; it stops, and returns true, where one of the
// tokens follows an operand without operators.
func (p *parser) plainExpr(ends ...tok) (plain bool, e Expr) {
	p.enter()
	defer func() { p.depth-- }()
	switch p.t.kind {
	case '-', '+', tokOp, kwNot, tokNotLA, kwDefault, kwUnique:
		return false, p.exprRest(p.exprPrefix(0), precNone, 0)
	case kwOperator:
		if p.peek(1) == '(' {
			return false, p.exprRest(p.exprPrefix(0), precNone, 0)
		}
	}
	operand := p.cExpr(0)
	if p.oneOf(ends...) {
		return true, operand
	}
	return false, p.exprRest(operand, precNone, 0)
}

// addLimit adds the clauses to sel, as far as sel has none of its own.
func (p *parser) addLimit(sel *SelectStmt, c *limitClauses) {
	if c.offset != nil {
		if sel.Offset != nil {
			p.raise(pgerror.SyntaxError, ExprLocation(c.offset), "multiple OFFSET clauses not allowed")
		}
		sel.Offset = c.offset
	}
	if c.limit == nil {
		return
	}
	if sel.Limit != nil {
		p.raise(pgerror.SyntaxError, ExprLocation(c.limit), "multiple LIMIT clauses not allowed")
	}
	sel.Limit = c.limit
	if !c.withTies {
		return
	}
	if sel.OrderBy == nil {
		p.raise(pgerror.SyntaxError, -1, "WITH TIES cannot be specified without ORDER BY clause")
	}
	for _, l := range sel.Locking {
		if l.Wait == LockSkip {
			p.raise(pgerror.SyntaxError, -1, "SKIP LOCKED and WITH TIES options cannot be used together")
		}
	}
	sel.WithTies = true
}

// lockingClauses reads FOR READ ONLY or one or more FOR UPDATE and the like.
func (p *parser) lockingClauses() []*LockingClause {
	if p.peek(1) == kwRead {
		p.advance()
		p.advance()
		p.expect(kwOnly)
		return nil
	}
	var clauses []*LockingClause
	for p.t.kind == kwFor {
		clauses = append(clauses, p.lockingClause())
	}
	return clauses
}

func (p *parser) lockingClause() *LockingClause {
	c := &LockingClause{Loc: p.loc()}
	p.advance()
	switch p.t.kind {
	case kwUpdate:
		p.advance()
		c.Strength = ForUpdate
	case kwNo:
		p.advance()
		p.expect(kwKey, kwUpdate)
		c.Strength = ForNoKeyUpdate
	case kwShare:
		p.advance()
		c.Strength = ForShare
	case kwKey:
		p.advance()
		p.expect(kwShare)
		c.Strength = ForKeyShare
	default:
		p.fail()
	}
	if p.accept(kwOf) {
		c.Relations = list(p, p.qualifiedName)
	}
	switch p.t.kind {
	case kwNowait:
		p.advance()
		c.Wait = LockError
	case kwSkip:
		p.advance()
		p.expect(kwLocked)
		c.Wait = LockSkip
	}
	return c
}
