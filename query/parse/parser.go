package parse

import (
	"github.com/opendsql/opendsql/internal/pgerror"
)

// depthMax bounds the nesting of expressions, queries and types, and the
// length of chains that nest to the left (a + b + c …). It keeps every
// recursive walk over a tree, here and in later stages, within the stack.
const depthMax = 4000

// parser reads one text. Mistakes are raised as *pgerror.Error panics by its
// methods and turned into errors at the package's entry points only.
type parser struct {
	src    string
	lex    lexer
	toks   []token // cooked tokens read so far, since the last statement
	i      int     // index of t in toks
	t      token   // the current token
	held   []token // raw tokens read ahead of the cooked ones
	depth  int
	joined int // number of joins of the current statement
	height int // of the tallest expression completed in the current context
	inline [40]token
}

func newParser(sql string) *parser {
	p := &parser{src: sql, lex: lexer{src: sql}}
	p.toks = p.inline[:0]
	p.fill()
	p.t = p.toks[0]
	return p
}

// run calls f and returns the mistake it raises, if any.
func (p *parser) run(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*pgerror.Error)
			if !ok {
				panic(r)
			}
			err = e
		}
	}()
	f()
	return nil
}

// advance moves to the next token.
func (p *parser) advance() {
	p.i++
	if p.i == len(p.toks) {
		p.fill()
	}
	p.t = p.toks[p.i]
}

// peek is the kind of the token n behind the current one.
func (p *parser) peek(n int) tok {
	for p.i+n >= len(p.toks) {
		p.fill()
	}
	return p.toks[p.i+n].kind
}

func (p *parser) raw() token {
	if n := len(p.held); n > 0 {
		t := p.held[0]
		p.held = p.held[1:]
		return t
	}
	return p.lex.next()
}

func (p *parser) peekRaw() token {
	if len(p.held) == 0 {
		p.held = append(p.held, p.lex.next())
	}
	return p.held[0]
}

// fill appends the next token, looking one ahead where the grammar needs it.
func (p *parser) fill() {
	t := p.raw()
	switch t.kind {
	case kwNot, kwNulls, kwWith, kwWithout, kwFormat:
		next := p.peekRaw().kind
		if next == tokError {
			t.kind = tokError
			break
		}
		t.kind = lookaheadKind(t.kind, next)
	case tokUnicodeIdent, tokUnicodeString:
		t = p.resolveUnicode(t)
	}
	p.toks = append(p.toks, t)
}

func lookaheadKind(kind, next tok) tok {
	switch kind {
	case kwNot:
		switch next {
		case kwBetween, kwIn, kwLike, kwIlike, kwSimilar:
			return tokNotLA
		}
	case kwNulls:
		if next == kwFirst || next == kwLast {
			return tokNullsLA
		}
	case kwWith:
		if next == kwTime || next == kwOrdinality {
			return tokWithLA
		}
	case kwWithout:
		if next == kwTime {
			return tokWithoutLA
		}
	case kwFormat:
		if next == kwJson {
			return tokFormatLA
		}
	}
	return kind
}

// resolveUnicode decodes U&'…' and U&"…" with the UESCAPE clause behind it.
func (p *parser) resolveUnicode(t token) token {
	escape := byte('\\')
	next := p.peekRaw()
	if next.kind == tokError {
		t.kind = tokError
		return t
	}
	if next.kind == kwUescape {
		p.raw()
		arg := p.peekRaw()
		switch {
		case arg.kind == tokError:
			t.kind = tokError
			return t
		case arg.kind != tokString:
			return p.lex.failWith(syntaxErrorNear(p.src, "UESCAPE must be followed by a simple string literal", int(arg.start), int(arg.end)), int(arg.start), int(arg.end))
		case len(arg.val) != 1 || !validUescape(arg.val[0]):
			return p.lex.failWith(syntaxErrorNear(p.src, "invalid Unicode escape character", int(arg.start), int(arg.end)), int(arg.start), int(arg.end))
		}
		p.raw()
		escape = arg.val[0]
		t.end = arg.end
	}
	val, err := decodeUnicode(p.src, t, escape)
	if err != nil {
		return p.lex.failWith(err, int(t.start), int(t.end))
	}
	t.val = val
	if t.kind == tokUnicodeIdent {
		t.kind = tokIdent
		t.val = p.lex.truncate(val)
	} else {
		t.kind = tokString
	}
	return t
}

func validUescape(c byte) bool {
	return !isDigit(c, 16) && c != '+' && c != '\'' && c != '"' && charClass[c]&classSpace == 0
}

// fail raises the syntax error at the current token.
func (p *parser) fail() {
	p.failAt(p.t)
}

func (p *parser) failAt(t token) {
	if t.kind == tokError {
		panic(p.lex.err)
	}
	panic(syntaxErrorNear(p.src, "syntax error", int(t.start), int(t.end)))
}

// raise reports a mistake the grammar's rules find, at byte offset at.
func (p *parser) raise(code pgerror.Code, at int, format string, args ...any) {
	p.lookedAhead()
	panic(p.errorAt(code, at, format, args...))
}

// lookedAhead raises the lexer's mistake at the current token, if it has one.
// Where a rule's end shows only by the token behind it, PostgreSQL has read
// that token before it finds fault with the rule.
func (p *parser) lookedAhead() {
	if p.t.kind == tokError {
		panic(p.lex.err)
	}
}

func (p *parser) errorAt(code pgerror.Code, at int, format string, args ...any) *pgerror.Error {
	e := pgerror.New(code, format, args...)
	if at >= 0 {
		e.At(pgerror.Position(p.src, at))
	}
	return e
}

// enter guards recursion; each call is paired with p.depth--.
func (p *parser) enter() {
	p.depth++
	if p.depth > depthMax {
		p.tooDeep()
	}
}

func (p *parser) tooDeep() {
	panic(pgerror.New(pgerror.StatementTooComplex, "stack depth limit exceeded").
		WithHint("Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the platform's stack depth limit is adequate."))
}

// loc is the position of the current token.
func (p *parser) loc() Loc { return Loc(p.t.start) }

// accept passes the current token if it is of the kind.
func (p *parser) accept(kind tok) bool {
	if p.t.kind != kind {
		return false
	}
	p.advance()
	return true
}

// expect passes the tokens of the kinds, one after the other, or fails.
func (p *parser) expect(kinds ...tok) {
	for _, kind := range kinds {
		if p.t.kind != kind {
			p.fail()
		}
		p.advance()
	}
}

// accept2 passes two tokens if the first is of kind a; then the second must
// be of kind b.
func (p *parser) accept2(a, b tok) bool {
	if p.t.kind != a {
		return false
	}
	p.advance()
	p.expect(b)
	return true
}

// oneOf tells whether the current token is of one of the kinds.
func (p *parser) oneOf(kinds ...tok) bool {
	for _, kind := range kinds {
		if p.t.kind == kind {
			return true
		}
	}
	return false
}

// take passes the current token and returns its text.
func (p *parser) take() string {
	val := p.t.val
	p.advance()
	return val
}

// colID reads a ColId.
func (p *parser) colID() string {
	if !p.t.kind.isColID() {
		p.fail()
	}
	return p.take()
}

func (p *parser) colLabel() string {
	if !p.t.kind.isColLabel() {
		p.fail()
	}
	return p.take()
}

func (p *parser) nonReserved() string {
	if !p.t.kind.isNonReserved() {
		p.fail()
	}
	return p.take()
}

func (p *parser) typeFuncName() string {
	if !p.t.kind.isTypeFuncName() {
		p.fail()
	}
	return p.take()
}

// sconst reads a string constant.
func (p *parser) sconst() string {
	if p.t.kind != tokString {
		p.fail()
	}
	return p.take()
}

func (p *parser) nonReservedOrString() string {
	if p.t.kind == tokString {
		return p.take()
	}
	return p.nonReserved()
}

// iconst reads an integer constant.
func (p *parser) iconst() int {
	if p.t.kind != tokIntConst {
		p.fail()
	}
	v, _ := parseInteger(p.t.val)
	p.advance()
	return int(v)
}

// signedIconst reads an integer constant that may have a sign.
func (p *parser) signedIconst() int {
	if p.accept('-') {
		return -p.iconst()
	}
	p.accept('+')
	return p.iconst()
}

// numericOnly reads a number that may have a sign.
func (p *parser) numericOnly() Expr {
	at := p.loc()
	negative := p.accept('-')
	if !negative {
		p.accept('+')
	}
	if !p.oneOf(tokIntConst, tokFloatConst) {
		p.fail()
	}
	e := numberConst(p.t.val, at)
	p.advance()
	if negative {
		return negate(e, at)
	}
	return e
}

func (p *parser) isNumericOnly() bool { return p.oneOf('+', '-', tokIntConst, tokFloatConst) }

// names reads a comma-separated list of ColIds.
func (p *parser) names() []string {
	list := []string{p.colID()}
	for p.accept(',') {
		list = append(list, p.colID())
	}
	return list
}

// parenNames reads ( names ).
func (p *parser) parenNames() []string {
	p.expect('(')
	list := p.names()
	p.expect(')')
	return list
}

// optParenNames reads ( names ) or nothing.
func (p *parser) optParenNames() []string {
	if p.t.kind == '(' {
		return p.parenNames()
	}
	return nil
}

// anyName reads a possibly qualified name.
func (p *parser) anyName() *ObjectName {
	n := &ObjectName{Loc: p.loc()}
	n.Parts = p.anyNameParts()
	return n
}

func (p *parser) anyNameParts() []string {
	parts := []string{p.colID()}
	for p.accept('.') {
		parts = append(parts, p.colLabel())
	}
	return parts
}

func (p *parser) nameNode() *ObjectName {
	at := p.loc()
	return &ObjectName{Loc: at, Parts: []string{p.colID()}}
}

// list reads one or more items separated by commas.
func list[T any](p *parser, item func() T) []T {
	items := []T{item()}
	for p.accept(',') {
		items = append(items, item())
	}
	return items
}

// parenList reads ( items ).
func parenList[T any](p *parser, item func() T) []T {
	p.expect('(')
	items := list(p, item)
	p.expect(')')
	return items
}

// ifExists passes IF EXISTS.
func (p *parser) ifExists() bool {
	if p.t.kind != kwIf || p.peek(1) != kwExists {
		return false
	}
	p.advance()
	p.advance()
	return true
}

// onlyIfExists is ifExists where no name can follow instead.
func (p *parser) onlyIfExists() bool { return p.accept2(kwIf, kwExists) }

// onlyIfNotExists is ifNotExists where no name can follow instead.
func (p *parser) onlyIfNotExists() bool {
	if !p.accept(kwIf) {
		return false
	}
	p.expect(kwNot, kwExists)
	return true
}

// ifNotExists passes IF NOT EXISTS.
func (p *parser) ifNotExists() bool {
	if p.t.kind != kwIf || p.peek(1) != kwNot {
		return false
	}
	p.advance()
	p.expect(kwNot, kwExists)
	return true
}

func (p *parser) behavior() Behavior {
	if p.accept(kwCascade) {
		return Cascade
	}
	p.accept(kwRestrict)
	return Restrict
}
