package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// Binding strengths of the operators, weakest first, as in PostgreSQL.
const (
	precNone = iota
	precOr
	precAnd
	precNot
	precIs
	precCompare
	precPattern // BETWEEN, IN, LIKE, ILIKE, SIMILAR
	precOp      // all other operators
	precAdd
	precMul
	precPower
	precAt
	precCollate
	precUnary
	precCast
)

// exprMode narrows what an expression may contain or how it may end.
type exprMode uint8

const (
	// modeB is b_expr: no AND, OR, NOT, IN, LIKE, BETWEEN, IS NULL, COLLATE.
	modeB exprMode = 1 << iota
	// modeLabel: a bare label may follow, so an operator's keyword is one
	// where no operand can follow it.
	modeLabel
	// modeSimilar: SIMILAR without TO ends the expression (SUBSTRING).
	modeSimilar
)

// aExpr reads an expression.
func (p *parser) aExpr() Expr { return p.expr(precNone, 0) }

// bExpr reads an expression of the restricted kind PostgreSQL uses where the
// full one would be ambiguous.
func (p *parser) bExpr() Expr { return p.expr(precNone, modeB) }

// expr reads an expression whose operators bind at least as strongly as min.
func (p *parser) expr(min int, mode exprMode) Expr {
	outer := p.height
	p.enter()
	p.height = 0
	left := p.exprPrefix(mode)
	e := p.exprRest(left, min, mode)
	p.depth--
	p.height = max(outer, p.height)
	return e
}

func (p *parser) exprPrefix(mode exprMode) Expr {
	at := p.loc()
	switch p.t.kind {
	case '-':
		p.advance()
		arg := p.expr(precUnary, mode&modeB)
		return negateExpr(arg, at)
	case '+':
		p.advance()
		return &OpExpr{Loc: at, Name: []string{"+"}, Right: p.expr(precUnary, mode&modeB)}
	case tokOp, kwOperator:
		if p.t.kind == kwOperator && p.peek(1) != '(' {
			break // a name
		}
		name := p.qualOp()
		return &OpExpr{Loc: at, Name: name, Right: p.expr(precOp+1, mode&modeB)}
	}
	if mode&modeB == 0 {
		switch p.t.kind {
		case kwNot, tokNotLA:
			p.advance()
			return &BoolExpr{Loc: at, Op: Not, Args: []Expr{p.expr(precNot, 0)}}
		case kwDefault:
			p.advance()
			return &SetToDefault{Loc: at}
		case kwUnique:
			p.advance()
			p.nullTreatment()
			p.selectWithParens()
			p.raise(pgerror.FeatureNotSupported, int(at), "UNIQUE predicate is not yet implemented")
		}
	}
	return p.cExpr(mode)
}

// negateExpr folds a minus sign into a number, as PostgreSQL does.
func negateExpr(arg Expr, at Loc) Expr {
	switch arg.(type) {
	case *IntegerConst, *FloatConst:
		return negate(arg, at)
	}
	return &OpExpr{Loc: at, Name: []string{"-"}, Right: arg}
}

// exprRest continues an expression after its first operand.
func (p *parser) exprRest(left Expr, min int, mode exprMode) Expr {
	height := p.height + 1
	blocked := -1 // the strength of the non-associative operator just passed
	for {
		prec := binaryPrec(p.t.kind, mode)
		if prec == precNone || prec < min {
			break
		}
		if prec == blocked {
			p.fail()
		}
		if mode&modeLabel != 0 && min == precNone && p.labelEndsExpr() {
			break
		}
		if mode&modeSimilar != 0 && min == precNone && p.t.kind == kwSimilar && p.peek(1) != kwTo {
			break
		}
		p.height = 0
		var trailing bool
		flat := isFlat(left, p.t.kind)
		left, trailing = p.binary(left, prec, mode&modeB)
		if flat {
			height = max(height, p.height+1)
		} else {
			height = max(height, p.height) + 1
		}
		if height > depthMax {
			p.tooDeep()
		}
		blocked = -1
		if trailing && (prec == precIs || prec == precCompare || prec == precPattern) {
			blocked = prec
		}
	}
	p.height = height
	return left
}

// isFlat tells whether AND or OR adds an argument to left instead of a level.
func isFlat(left Expr, kind tok) bool {
	b, ok := left.(*BoolExpr)
	return ok && (kind == kwAnd && b.Op == And || kind == kwOr && b.Op == Or)
}

// labelEndsExpr: the current operator keyword is a bare label, for what comes
// behind it ends the item of the select list.
func (p *parser) labelEndsExpr() bool {
	if !p.t.kind.isBareLabel() {
		return false
	}
	switch p.peek(1) {
	case tokEOF, ',', ';', ')', kwFrom, kwInto, kwWhere, kwGroup, kwHaving, kwWindow, kwUnion, kwIntersect, kwExcept,
		kwOrder, kwLimit, kwOffset, kwFetch, kwFor, kwWith, tokWithLA, kwOn, kwReturning:
		return true
	}
	return p.t.kind == kwAt && p.peek(1) != kwTime
}

// binaryPrec is the strength of the operator a token starts, precNone for
// tokens that start none.
func binaryPrec(kind tok, mode exprMode) int {
	switch kind {
	case '+', '-':
		return precAdd
	case '*', '/', '%':
		return precMul
	case '^':
		return precPower
	case '<', '>', '=', tokLessEquals, tokGreaterEquals, tokNotEquals:
		return precCompare
	case tokOp, kwOperator:
		return precOp
	case tokTypeCast:
		return precCast
	case kwIs:
		return precIs
	}
	if mode&modeB != 0 {
		return precNone
	}
	switch kind {
	case kwOr:
		return precOr
	case kwAnd:
		return precAnd
	case kwIsnull, kwNotnull:
		return precIs
	case kwBetween, kwIn, kwLike, kwIlike, kwSimilar, tokNotLA:
		return precPattern
	case kwAt:
		return precAt
	case kwCollate:
		return precCollate
	}
	return precNone
}

// binary reads the operator at the current token and what follows it. It
// tells whether the result ends in an operand, to which a further operator
// could lay claim.
func (p *parser) binary(left Expr, prec int, mode exprMode) (e Expr, trailing bool) {
	at := p.loc()
	switch kind := p.t.kind; kind {
	case tokTypeCast:
		p.advance()
		return &TypeCast{Loc: at, Arg: left, Type: p.typeName()}, false
	case kwAnd, kwOr:
		p.advance()
		return flatBool(left, p.expr(prec+1, 0), kind, at), true
	case kwIs:
		return p.isTest(left, mode)
	case kwIsnull, kwNotnull:
		p.advance()
		return &NullTest{Loc: at, Arg: left, Not: kind == kwNotnull}, false
	case kwBetween, kwIn, kwLike, kwIlike, kwSimilar, tokNotLA:
		return p.patternTest(left)
	case kwAt:
		p.advance()
		p.expect(kwTime, kwZone)
		zone := p.expr(precAt+1, 0)
		return sysFunc(at, "timezone", zone, left), true
	case kwCollate:
		p.advance()
		return &CollateClause{Loc: at, Arg: left, Name: p.anyNameParts()}, false
	}
	name := p.qualAllOp()
	if mode&modeB == 0 && p.oneOf(kwAny, kwSome, kwAll) {
		return p.anyAll(left, name, at), false
	}
	return &OpExpr{Loc: at, Name: name, Left: left, Right: p.expr(prec+1, mode)}, true
}

// flatBool is "left AND right" or "left OR right", adding to left if it is of
// that kind already.
func flatBool(left, right Expr, kind tok, at Loc) Expr {
	op := And
	if kind == kwOr {
		op = Or
	}
	if b, ok := left.(*BoolExpr); ok && b.Op == op {
		b.Args = append(b.Args, right)
		return b
	}
	return &BoolExpr{Loc: at, Op: op, Args: []Expr{left, right}}
}

// isTest reads what follows IS.
func (p *parser) isTest(left Expr, mode exprMode) (e Expr, trailing bool) {
	at := p.loc()
	p.advance()
	not := p.accept(kwNot)
	switch p.t.kind {
	case kwDistinct:
		p.advance()
		p.expect(kwFrom)
		return &DistinctExpr{Loc: at, Left: left, Right: p.expr(precIs+1, mode), Not: not}, true
	case kwDocument:
		p.advance()
		return negated(&XMLExpr{Loc: at, Op: XMLIsDocument, Args: []Expr{left}}, not, at), false
	}
	if mode&modeB != 0 {
		p.fail()
	}
	switch p.t.kind {
	case kwNull:
		p.advance()
		return &NullTest{Loc: at, Arg: left, Not: not}, false
	case kwTrue:
		p.advance()
		return &BooleanTest{Loc: at, Arg: left, Kind: IsTrue + booleanTestNot(not)}, false
	case kwFalse:
		p.advance()
		return &BooleanTest{Loc: at, Arg: left, Kind: IsFalse + booleanTestNot(not)}, false
	case kwUnknown:
		p.advance()
		return &BooleanTest{Loc: at, Arg: left, Kind: IsUnknown + booleanTestNot(not)}, false
	case kwNormalized:
		p.advance()
		return negated(sysFunc(at, "is_normalized", left), not, at), false
	case kwNfc, kwNfd, kwNfkc, kwNfkd:
		form := &StringConst{Loc: p.loc(), Value: normalForm(p.t.kind)}
		p.advance()
		p.expect(kwNormalized)
		return negated(sysFunc(at, "is_normalized", left, form), not, at), false
	case kwJson:
		p.advance()
		start := Loc(ExprLocation(left))
		return negated(p.isJSON(left, start), not, start), false
	}
	p.fail()
	return nil, false
}

func booleanTestNot(not bool) BooleanTestKind {
	if not {
		return 1
	}
	return 0
}

// negated wraps e in NOT if not is set.
func negated(e Expr, not bool, at Loc) Expr {
	if !not {
		return e
	}
	return &BoolExpr{Loc: at, Op: Not, Args: []Expr{e}}
}

func normalForm(kind tok) string {
	switch kind {
	case kwNfc:
		return "NFC"
	case kwNfd:
		return "NFD"
	case kwNfkc:
		return "NFKC"
	default:
		return "NFKD"
	}
}

// patternTest reads [NOT] BETWEEN, IN, LIKE, ILIKE or SIMILAR TO and its
// right-hand side.
func (p *parser) patternTest(left Expr) (e Expr, trailing bool) {
	at := p.loc()
	not := p.accept(tokNotLA)
	switch kind := p.t.kind; kind {
	case kwBetween:
		p.advance()
		symmetric := p.accept(kwSymmetric)
		if !symmetric {
			p.accept(kwAsymmetric)
		}
		low := p.bExpr()
		p.expect(kwAnd)
		high := p.expr(precPattern+1, 0)
		return &BetweenExpr{Loc: at, Arg: left, Low: low, High: high, Not: not, Symmetric: symmetric}, true
	case kwIn:
		p.advance()
		return p.inTest(left, not, at), false
	case kwSimilar:
		p.advance()
		p.expect(kwTo)
		return p.like(left, SimilarTo, not, at), true
	default:
		p.advance()
		like, op := Like, "~~"
		if kind == kwIlike {
			like, op = ILike, "~~*"
		}
		if p.oneOf(kwAny, kwSome, kwAll) {
			if not {
				op = "!" + op
			}
			return p.anyAll(left, []string{op}, at), false
		}
		return p.like(left, like, not, at), true
	}
}

func (p *parser) like(left Expr, kind LikeKind, not bool, at Loc) Expr {
	e := &LikeExpr{Loc: at, Kind: kind, Not: not, Arg: left, Pattern: p.expr(precPattern+1, 0)}
	if p.accept(kwEscape) {
		e.Escape = p.expr(precPattern+1, 0)
	}
	return e
}

func (p *parser) inTest(left Expr, not bool, at Loc) Expr {
	p.expect('(')
	sel, items := p.parenContent(false)
	if sel != nil {
		return negated(&SubLink{Loc: at, Kind: AnySubLink, Test: left, Select: sel}, not, at)
	}
	return &InExpr{Loc: at, Arg: left, List: items, Not: not}
}

// anyAll reads ANY, SOME or ALL and the array or query behind it.
func (p *parser) anyAll(left Expr, op []string, at Loc) Expr {
	all := p.t.kind == kwAll
	p.advance()
	p.expect('(')
	sel, items := p.parenContent(true)
	if sel == nil {
		return &AnyAllExpr{Loc: at, Left: left, Operator: op, All: all, Right: items[0]}
	}
	kind := AnySubLink
	if all {
		kind = AllSubLink
	}
	return &SubLink{Loc: at, Kind: kind, Test: left, Operator: op, Select: sel}
}

// qualOp reads an operator of qual_Op.
func (p *parser) qualOp() []string {
	if p.t.kind == kwOperator {
		return p.operatorClause()
	}
	if p.t.kind != tokOp {
		p.fail()
	}
	return []string{p.take()}
}

// qualAllOp reads any operator.
func (p *parser) qualAllOp() []string {
	if p.t.kind == kwOperator {
		return p.operatorClause()
	}
	return []string{p.allOp()}
}

// operatorClause reads OPERATOR(schema.op).
func (p *parser) operatorClause() []string {
	p.advance()
	p.expect('(')
	name := p.anyOperator()
	p.expect(')')
	return name
}

// anyOperator reads a possibly qualified operator.
func (p *parser) anyOperator() []string {
	var name []string
	for p.t.kind.isColID() {
		name = append(name, p.take())
		p.expect('.')
	}
	return append(name, p.allOp())
}

// allOp reads an operator's symbol.
func (p *parser) allOp() string {
	if !isOperator(p.t.kind) {
		p.fail()
	}
	return p.take()
}

func isOperator(kind tok) bool {
	switch kind {
	case tokOp, '+', '-', '*', '/', '%', '^', '<', '>', '=', tokLessEquals, tokGreaterEquals, tokNotEquals:
		return true
	}
	return false
}
