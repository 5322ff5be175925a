package parse

import (
	"strconv"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// cExpr reads an operand: a constant, a name, a call, something in
// parentheses.
func (p *parser) cExpr(mode exprMode) Expr {
	at := p.loc()
	switch p.t.kind {
	case tokIntConst, tokFloatConst:
		e := numberConst(p.t.val, at)
		p.advance()
		return e
	case tokString:
		return &StringConst{Loc: at, Value: p.take()}
	case tokBitString, tokHexString:
		hex := p.t.kind == tokHexString
		return &BitConst{Loc: at, Hex: hex, Text: p.take()}
	case kwTrue, kwFalse:
		e := &BoolConst{Loc: at, Value: p.t.kind == kwTrue}
		p.advance()
		return e
	case kwNull:
		p.advance()
		return &NullConst{Loc: at}
	case tokParam:
		e := &ParamRef{Loc: at, Number: paramNumber(p.t.val)}
		p.advance()
		return p.indirectionOf(e)
	case '(':
		p.advance()
		return p.parenOperand(at, mode)
	case kwCase:
		return p.caseExpr()
	case kwArray:
		return p.arrayExpr()
	case kwExists:
		if p.peek(1) == '(' {
			p.advance()
			return &SubLink{Loc: at, Kind: ExistsSubLink, Select: p.selectWithParens()}
		}
	case kwRow:
		if p.peek(1) == '(' {
			return p.overlaps(p.explicitRow(), mode)
		}
	case kwGrouping:
		if p.peek(1) == '(' {
			p.advance()
			return &GroupingFunc{Loc: at, Args: parenList(p, p.aExpr)}
		}
	}
	if e := p.commonFunc(); e != nil {
		return e
	}
	if e := p.typedConst(); e != nil {
		return e
	}
	return p.nameExpr()
}

// numberConst makes the constant of a number's text.
func numberConst(text string, at Loc) Expr {
	if v, ok := parseInteger(text); ok {
		return &IntegerConst{Loc: at, Value: v}
	}
	return &FloatConst{Loc: at, Text: text}
}

// negate changes the sign of a number; a second sign cancels the first.
func negate(e Expr, at Loc) Expr {
	switch c := e.(type) {
	case *IntegerConst:
		if c.Value == -1<<63 {
			return &FloatConst{Loc: at, Text: "9223372036854775808"}
		}
		return &IntegerConst{Loc: at, Value: -c.Value}
	case *FloatConst:
		if c.Text[0] == '-' {
			return &FloatConst{Loc: at, Text: c.Text[1:]}
		}
		if v, ok := parseNegative(c.Text); ok {
			return &IntegerConst{Loc: at, Value: v}
		}
		return &FloatConst{Loc: at, Text: "-" + c.Text}
	}
	panic("parse: negate of a node that is no number")
}

// parseNegative tells whether minus text is the one integer whose absolute
// value does not fit int64.
func parseNegative(text string) (int64, bool) {
	v, ok := parseUnsigned(text)
	return -1 << 63, ok && v == 1<<63
}

// paramNumber is PostgreSQL's reading of $n, which wraps around like int4.
func paramNumber(text string) int {
	v, err := strconv.ParseInt(text[1:], 10, 64)
	if err != nil {
		v = 1<<63 - 1
	}
	return int(int32(v))
}

// parenOperand reads what follows an opening parenthesis that starts an
// operand.
func (p *parser) parenOperand(open Loc, mode exprMode) Expr {
	sel, items := p.parenContent(false)
	switch {
	case sel != nil:
		return p.indirectionOf(&SubLink{Loc: open, Kind: ExprSubLink, Select: sel})
	case len(items) > 1:
		return p.overlaps(&RowExpr{Loc: open, Fields: items}, mode)
	}
	return p.indirectionOf(items[0])
}

// parenContent reads up to and including the closing parenthesis, the opening
// one having been passed: a query, or expressions (just one if single is set).
func (p *parser) parenContent(single bool) (*SelectStmt, []Expr) {
	p.enter()
	defer func() { p.depth-- }()
	var first Expr
	switch {
	case p.startsSelect():
		sel := p.selectNoParens()
		p.expect(')')
		return sel, nil
	case p.t.kind == '(':
		outer := p.height
		p.height = 0
		at := p.loc()
		p.advance()
		sel, items := p.parenContent(false)
		switch {
		case sel == nil && len(items) == 1:
			first = p.indirectionOf(items[0])
		case sel == nil:
			first = p.overlaps(&RowExpr{Loc: at, Fields: items}, 0)
		case p.t.kind == ')':
			p.advance()
			p.height = max(outer, p.height)
			return sel, nil
		case p.continuesSelect():
			sel = p.selectRest(sel)
			p.expect(')')
			p.height = max(outer, p.height)
			return sel, nil
		default:
			first = p.indirectionOf(&SubLink{Loc: at, Kind: ExprSubLink, Select: sel})
		}
		first = p.exprRest(first, precNone, 0)
		p.height = max(outer, p.height)
	default:
		first = p.aExpr()
	}
	items := []Expr{first}
	for !single && p.accept(',') {
		items = append(items, p.aExpr())
	}
	p.expect(')')
	return nil, items
}

// overlaps continues a row with OVERLAPS, if that follows.
func (p *parser) overlaps(left *RowExpr, mode exprMode) Expr {
	if p.t.kind != kwOverlaps || mode&modeB != 0 {
		return left
	}
	if mode&modeLabel != 0 && p.labelEndsExpr() {
		return left
	}
	at := p.loc()
	p.advance()
	var right *RowExpr
	open := p.loc()
	if p.t.kind == kwRow {
		right = p.explicitRow()
	} else {
		p.expect('(')
		items := []Expr{p.aExpr()}
		p.expect(',')
		items = append(items, list(p, p.aExpr)...)
		p.expect(')')
		right = &RowExpr{Loc: open, Fields: items}
	}
	if len(left.Fields) != 2 {
		p.raise(pgerror.SyntaxError, int(left.Loc), "wrong number of parameters on left side of OVERLAPS expression")
	}
	if len(right.Fields) != 2 {
		p.raise(pgerror.SyntaxError, int(right.Loc), "wrong number of parameters on right side of OVERLAPS expression")
	}
	return sysFunc(at, "overlaps", left.Fields[0], left.Fields[1], right.Fields[0], right.Fields[1])
}

// explicitRow reads ROW(…).
func (p *parser) explicitRow() *RowExpr {
	row := &RowExpr{Loc: p.loc(), Explicit: true}
	p.expect(kwRow, '(')
	if !p.accept(')') {
		row.Fields = list(p, p.aExpr)
		p.expect(')')
	}
	return row
}

func (p *parser) caseExpr() Expr {
	e := &CaseExpr{Loc: p.loc()}
	p.advance()
	if p.t.kind != kwWhen {
		e.Arg = p.aExpr()
	}
	if p.t.kind != kwWhen {
		p.fail()
	}
	for p.t.kind == kwWhen {
		w := &CaseWhen{Loc: p.loc()}
		p.advance()
		w.Cond = p.aExpr()
		p.expect(kwThen)
		w.Result = p.aExpr()
		e.Whens = append(e.Whens, w)
	}
	if p.accept(kwElse) {
		e.Else = p.aExpr()
	}
	p.expect(kwEnd)
	return e
}

// arrayExpr reads ARRAY(query) or ARRAY[…].
func (p *parser) arrayExpr() Expr {
	at := p.loc()
	p.advance()
	if p.t.kind == '(' {
		return &SubLink{Loc: at, Kind: ArraySubLink, Select: p.selectWithParens()}
	}
	a := p.arrayItems()
	a.Loc = at
	return a
}

// arrayItems reads [ … ], nested arrays included.
func (p *parser) arrayItems() *ArrayExpr {
	a := &ArrayExpr{Loc: p.loc()}
	p.expect('[')
	p.enter()
	switch p.t.kind {
	case ']':
	case '[':
		outer := p.height
		for _, inner := range list(p, p.arrayItems) {
			a.Elements = append(a.Elements, inner)
		}
		p.height = max(outer, p.height)
	default:
		a.Elements = list(p, p.aExpr)
	}
	p.depth--
	p.expect(']')
	return a
}

// steps reads .field, .*, [subscript] and [lower:upper] as often as they come.
func (p *parser) steps() []IndirectionStep {
	var steps []IndirectionStep
	for {
		switch p.t.kind {
		case '.':
			p.advance()
			if p.accept('*') {
				steps = append(steps, IndirectionStep{Kind: StarStep})
				continue
			}
			steps = append(steps, IndirectionStep{Kind: FieldStep, Name: p.colLabel()})
		case '[':
			p.advance()
			steps = append(steps, p.subscript())
		default:
			return steps
		}
	}
}

func (p *parser) subscript() IndirectionStep {
	s := IndirectionStep{Kind: SubscriptStep}
	if p.t.kind != ':' {
		s.Upper = p.aExpr()
	}
	if p.accept(':') {
		s.Kind = SliceStep
		s.Lower, s.Upper = s.Upper, nil
		if p.t.kind != ']' {
			s.Upper = p.aExpr()
		}
	}
	p.expect(']')
	return s
}

// checkSteps refuses a star that is not the last step.
func (p *parser) checkSteps(steps []IndirectionStep) []IndirectionStep {
	for i, s := range steps {
		if s.Kind == StarStep && i < len(steps)-1 {
			p.ruleFail("improper use of \"*\"")
		}
	}
	return steps
}

// ruleFail raises "message at or near" the current token, as PostgreSQL does
// for mistakes noticed when a rule is complete.
func (p *parser) ruleFail(message string) { p.ruleFailAt(message, p.t) }

func (p *parser) ruleFailAt(message string, t token) {
	if t.kind == tokError {
		panic(p.lex.err)
	}
	panic(syntaxErrorNear(p.src, message, int(t.start), int(t.end)))
}

func (p *parser) indirectionOf(e Expr) Expr {
	if p.t.kind != '.' && p.t.kind != '[' {
		return e
	}
	at := Loc(ExprLocation(e))
	return &Indirection{Loc: at, Arg: e, Steps: p.checkSteps(p.steps())}
}

// nameExpr reads what starts with a name: a column, a call, or a constant of
// a named type.
func (p *parser) nameExpr() Expr {
	at := p.loc()
	kind := p.t.kind
	if !kind.isColID() {
		if !kind.isTypeFuncName() {
			p.fail()
		}
		name := []string{p.take()}
		return p.callOrConst(name, at)
	}
	word := p.take()
	switch p.t.kind {
	case '(', tokString:
		if !kind.isTypeFuncName() {
			p.fail()
		}
		return p.callOrConst([]string{word}, at)
	case '.', '[':
	default:
		return &ColumnRef{Loc: at, Fields: []string{word}}
	}
	steps := p.steps()
	if p.t.kind == '(' || p.t.kind == tokString {
		return p.callOrConst(p.funcName(word, steps), at)
	}
	return p.columnRef(word, steps, at)
}

// funcName turns a name and its steps into a function's name.
func (p *parser) funcName(word string, steps []IndirectionStep) []string {
	name := make([]string, 1, len(steps)+1)
	name[0] = word
	for _, s := range steps {
		if s.Kind != FieldStep {
			p.ruleFail("syntax error")
		}
		name = append(name, s.Name)
	}
	return name
}

// columnRef splits a name and its steps into a column reference and, from the
// first subscript on, an Indirection.
func (p *parser) columnRef(word string, steps []IndirectionStep, at Loc) Expr {
	c := &ColumnRef{Loc: at, Fields: make([]string, 1, len(steps)+1)}
	c.Fields[0] = word
	for i, s := range steps {
		switch s.Kind {
		case FieldStep:
			c.Fields = append(c.Fields, s.Name)
		case StarStep:
			p.checkSteps(steps)
			c.Star = true
		default:
			return &Indirection{Loc: at, Arg: c, Steps: p.checkSteps(steps[i:])}
		}
	}
	return c
}

// ExprLocation is where PostgreSQL puts the cursor for an error about the
// whole of e: its leftmost token as far as the tree knows it, -1 if unknown.
func ExprLocation(n Node) int {
	switch e := n.(type) {
	case nil:
		return -1
	case *OpExpr:
		return leftmost(e.Pos(), e.Left)
	case *BoolExpr:
		return leftmost(e.Pos(), e.Args[0])
	case *NullTest:
		return leftmost(e.Pos(), e.Arg)
	case *BooleanTest:
		return leftmost(e.Pos(), e.Arg)
	case *BetweenExpr:
		return leftmost(e.Pos(), e.Arg)
	case *InExpr:
		return leftmost(e.Pos(), e.Arg)
	case *LikeExpr:
		return leftmost(e.Pos(), e.Arg)
	case *DistinctExpr:
		return leftmost(e.Pos(), e.Left)
	case *AnyAllExpr:
		return leftmost(e.Pos(), e.Left)
	case *SubLink:
		return leftmost(e.Pos(), e.Test)
	case *TypeCast:
		if e.Type != nil {
			return leftmost(min2(e.Pos(), e.Type.Pos()), e.Arg)
		}
		return leftmost(e.Pos(), e.Arg)
	case *CollateClause:
		return leftmost(e.Pos(), e.Arg)
	case *FuncCall:
		for _, a := range e.Args {
			if at := ExprLocation(a); at >= 0 {
				return min2(e.Pos(), at)
			}
		}
		return e.Pos()
	case *SortBy:
		return ExprLocation(e.Expr)
	case *ResTarget:
		if e.Pos() >= 0 {
			return e.Pos()
		}
		return ExprLocation(e.Value)
	}
	return n.Pos()
}

func leftmost(at int, e Expr) int {
	if e == nil {
		return at
	}
	return min2(at, ExprLocation(e))
}

// min2 is the smaller of two positions, ignoring unknown ones.
func min2(a, b int) int {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}
