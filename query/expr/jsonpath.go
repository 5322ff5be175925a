package expr

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// pathNode is a node of a jsonpath's tree: a primary, an accessor applied to kids[0], an operator or a predicate.
type pathNode struct {
	op    string // $ @ $name literal last . .* .** [*] [] ? method, + - * / % neg pos, && || ! == … exists starts regex unknown
	text  string
	value jsonb
	kids  []*pathNode
	pairs [][2]*pathNode // of []: from and to
	low   int            // of .**
	high  int
	rx    rxOptions
}

// jsonPath is a parsed jsonpath.
type jsonPath struct {
	strict bool
	root   *pathNode
}

// pathParser follows PostgreSQL's grammar with one token of lookahead.
type pathParser struct {
	lexer pathLexer
	token pathToken // the next one
	depth int
}

// pathDepth is how deep operators and brackets may nest.
const pathDepth = 3000

func (p *pathParser) advance() { p.token = p.lexer.next() }

// fail reports that the next token cannot stand where it does.
func (p *pathParser) fail() error {
	if p.lexer.err == nil {
		p.lexer.fail("syntax error", p.token.near)
	}
	return p.lexer.err
}

func parseJSONPath(s string) (*jsonPath, error) {
	p := &pathParser{lexer: pathLexer{src: s}}
	p.advance()
	if p.token.kind == pathEnd && p.lexer.err == nil {
		return nil, pgerror.New(pgerror.InvalidTextRepresentation, "invalid input syntax for type jsonpath: \"%s\"", s)
	}
	out := &jsonPath{strict: p.word("strict")}
	if !out.strict {
		p.word("lax")
	}
	var err error
	if out.root, err = p.or(); err != nil {
		return nil, err
	}
	if p.token.kind != pathEnd || p.lexer.err != nil {
		return nil, p.fail()
	}
	return out, checkPath(out.root, false, false)
}

func (p *pathParser) isSymbol(s string) bool { return p.token.kind == pathSymbol && p.token.text == s }

// take goes on behind a symbol if it is the next token.
func (p *pathParser) take(s string) bool {
	ok := p.isSymbol(s)
	if ok {
		p.advance()
	}
	return ok
}

// takeAny goes on behind one of several symbols.
func (p *pathParser) takeAny(symbols ...string) string {
	for _, s := range symbols {
		if p.take(s) {
			return s
		}
	}
	return ""
}

func (p *pathParser) isWord(w string) bool { return p.token.kind == pathKeyword && p.token.text == w }

func (p *pathParser) word(w string) bool {
	ok := p.isWord(w)
	if ok {
		p.advance()
	}
	return ok
}

// expect goes on behind a symbol that has to be there.
func (p *pathParser) expect(s string) error {
	if !p.take(s) {
		return p.fail()
	}
	return nil
}

func (p *pathParser) or() (*pathNode, error) {
	return p.connected("||", func() (*pathNode, error) { return p.connected("&&", p.not) })
}

// connected parses what && or || connects.
func (p *pathParser) connected(op string, part func() (*pathNode, error)) (*pathNode, error) {
	if p.depth++; p.depth > pathDepth {
		return nil, pgerror.New(pgerror.StatementTooComplex, "stack depth limit exceeded")
	}
	defer func() { p.depth-- }()
	left, err := part()
	for err == nil && left.isPredicate() && p.take(op) {
		var right *pathNode
		if right, err = p.condition(part); err == nil {
			left = &pathNode{op: op, kids: []*pathNode{left, right}}
		}
	}
	return left, err
}

func (p *pathParser) not() (*pathNode, error) {
	if p.take("!") {
		if !p.isSymbol("(") && !p.isWord("exists") {
			return nil, p.fail()
		}
		kid, err := p.condition(p.primary)
		return &pathNode{op: "!", kids: []*pathNode{kid}}, err
	}
	return p.comparison()
}

// condition parses what has to be a predicate.
func (p *pathParser) condition(parse func() (*pathNode, error)) (*pathNode, error) {
	n, err := parse()
	if err == nil && !n.isPredicate() {
		err = p.fail()
	}
	return n, err
}

// operand parses what must not be a predicate.
func (p *pathParser) operand(parse func() (*pathNode, error)) (*pathNode, error) {
	n, err := parse()
	if err == nil && n.isPredicate() {
		err = p.fail()
	}
	return n, err
}

func (p *pathParser) comparison() (*pathNode, error) {
	bracket := p.isSymbol("(")
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	if left.isPredicate() {
		if bracket && p.word("is") {
			if !p.word("unknown") {
				return nil, p.fail()
			}
			return &pathNode{op: "unknown", kids: []*pathNode{left}}, nil
		}
		return left, nil
	}
	if op := p.takeAny("==", "!=", "<>", "<=", ">=", "<", ">"); op != "" {
		right, err := p.operand(p.sum)
		if op == "<>" {
			op = "!="
		}
		return &pathNode{op: op, kids: []*pathNode{left, right}}, err
	}
	switch {
	case p.word("starts"):
		if !p.word("with") || p.token.kind != pathString && p.token.kind != pathVariable {
			return nil, p.fail()
		}
		right, err := p.primary()
		return &pathNode{op: "starts", kids: []*pathNode{left, right}}, err
	case p.word("like_regex"):
		return p.likeRegex(left)
	}
	return left, nil
}

// str reads a string that has to be there.
func (p *pathParser) str() (string, error) {
	if p.token.kind != pathString {
		return "", p.fail()
	}
	s := p.token.text
	p.advance()
	return s, nil
}

func (p *pathParser) likeRegex(left *pathNode) (*pathNode, error) {
	pattern, err := p.str()
	if err != nil {
		return nil, err
	}
	n := &pathNode{op: "regex", text: pattern, kids: []*pathNode{left}}
	n.rx = rxOptions{} // . stops at a newline unless the flag s is given, as XQuery has it
	if p.word("flag") {
		flags, err := p.str()
		if err != nil {
			return nil, err
		}
		for _, c := range flags {
			switch c {
			case 'i':
				n.rx.fold = true
			case 's':
				n.rx.dotNewline = true
			case 'm':
				n.rx.lineAnchors = true
			case 'q':
				n.rx.literal = true
			case 'x':
				n.rx.expanded = true
			default:
				return nil, pgerror.New(pgerror.SyntaxError, "invalid input syntax for type jsonpath").
					WithDetail("Unrecognized flag character \"%c\" in LIKE_REGEX predicate.", c)
			}
		}
	}
	if n.rx.expanded && !n.rx.literal {
		return nil, pgerror.New(pgerror.FeatureNotSupported, "XQuery \"x\" flag (expanded regular expressions) is not implemented")
	}
	_, err = compileRegexp(pattern, n.rx.ofPath())
	return n, err
}

// ofPath is what the flags of a path mean together: with q the others but i mean nothing.
func (o rxOptions) ofPath() rxOptions {
	if o.literal {
		return rxOptions{literal: true, fold: o.fold}
	}
	return o
}

func (p *pathParser) sum() (*pathNode, error) {
	return p.calculation(func() (*pathNode, error) { return p.calculation(p.unary, "*", "/", "%") }, "+", "-")
}

func (p *pathParser) calculation(part func() (*pathNode, error), ops ...string) (*pathNode, error) {
	left, err := part()
	for err == nil && !left.isPredicate() {
		op := p.takeAny(ops...)
		if op == "" {
			break
		}
		var right *pathNode
		if right, err = p.operand(part); err == nil {
			left = &pathNode{op: op, kids: []*pathNode{left, right}}
		}
	}
	return left, err
}

func (p *pathParser) unary() (*pathNode, error) {
	op := p.takeAny("+", "-")
	if op == "" {
		base, err := p.primary()
		if err != nil {
			return nil, err
		}
		return p.accessors(base)
	}
	if p.depth++; p.depth > pathDepth {
		return nil, pgerror.New(pgerror.StatementTooComplex, "stack depth limit exceeded")
	}
	defer func() { p.depth-- }()
	kid, err := p.operand(p.unary)
	if err == nil && kid.op == "literal" && kid.value.Type() == sqltypes.JSONNumber { // a number with a sign
		if op == "-" {
			kid = &pathNode{op: "literal", value: sqltypes.JSONBNumber(sqltypes.NumericNeg(kid.value.Number()))}
		}
		return kid, nil
	}
	return &pathNode{op: map[string]string{"+": "pos", "-": "neg"}[op], kids: []*pathNode{kid}}, err
}

func (p *pathParser) primary() (*pathNode, error) {
	t := p.token
	n := &pathNode{op: "literal"}
	switch t.kind {
	case pathString:
		n.value = sqltypes.JSONBString(t.text)
	case pathVariable:
		n.op, n.text = "$name", t.text
	case pathInteger, pathNumeric:
		d, err := sqltypes.ParseText(sqltypes.T(sqltypes.NumericOID), t.text, nil)
		if err != nil {
			return nil, err
		}
		n.value = sqltypes.JSONBNumber(d)
	case pathSymbol:
		switch t.text {
		case "(":
			p.advance()
			inner, err := p.or()
			if err == nil {
				err = p.expect(")")
			}
			return inner, err
		case "$", "@":
			n.op = t.text
		default:
			return nil, p.fail()
		}
	case pathKeyword:
		switch t.text {
		case "last":
			n.op = "last"
		case "true", "false":
			n.value = sqltypes.JSONBBool(t.text == "true")
		case "null":
			n.value = sqltypes.JSONBNull()
		case "exists":
			p.advance()
			if err := p.expect("("); err != nil {
				return nil, err
			}
			inner, err := p.operand(p.or)
			if err == nil {
				err = p.expect(")")
			}
			return &pathNode{op: "exists", kids: []*pathNode{inner}}, err
		default:
			return nil, p.fail()
		}
	default:
		return nil, p.fail()
	}
	p.advance()
	return n, nil
}

func (p *pathParser) accessors(base *pathNode) (*pathNode, error) {
	if base.op == "exists" {
		return base, nil
	}
	for {
		var err error
		kids := []*pathNode{base}
		switch {
		case p.take("."):
			base, err = p.member(kids)
		case p.take("["):
			base, err = p.subscripts(kids)
		case p.take("?"):
			if err = p.expect("("); err != nil {
				return nil, err
			}
			var inner *pathNode
			if inner, err = p.condition(p.or); err == nil {
				err = p.expect(")")
			}
			base = &pathNode{op: "?", kids: append(kids, inner)}
		default:
			return base, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// level is one of .**'s.
func (p *pathParser) level() (int, error) {
	if p.word("last") {
		return maxInt32, nil
	}
	if p.token.kind != pathInteger {
		return 0, p.fail()
	}
	d, err := sqltypes.ParseText(sqltypes.T(sqltypes.Int4OID), p.token.text, nil)
	if err != nil {
		return 0, err
	}
	p.advance()
	return int(d.Int()), nil
}

func (p *pathParser) levels(n *pathNode) (err error) {
	if !p.take("{") {
		return nil
	}
	if n.low, err = p.level(); err != nil {
		return err
	}
	n.high = n.low
	if p.word("to") {
		if n.high, err = p.level(); err != nil {
			return err
		}
	}
	return p.expect("}")
}

func (p *pathParser) member(kids []*pathNode) (*pathNode, error) {
	t := p.token
	switch {
	case t.kind == pathString || t.kind == pathName:
		p.advance()
		return &pathNode{op: ".", text: t.text, kids: kids}, nil
	case p.take("*"):
		return &pathNode{op: ".*", kids: kids}, nil
	case p.take("**"):
		n := &pathNode{op: ".**", kids: kids, high: maxInt32}
		return n, p.levels(n)
	case t.kind != pathKeyword:
		return nil, p.fail()
	}
	p.advance()
	switch t.text {
	case "type", "size", "double", "ceiling", "floor", "abs", "keyvalue", "datetime":
		if p.take("(") {
			if p.token.kind == pathString && t.text == "datetime" {
				kids = append(kids, &pathNode{op: "literal", value: sqltypes.JSONBString(p.token.text)})
				p.advance()
			}
			return &pathNode{op: "method", text: t.text, kids: kids}, p.expect(")")
		}
	}
	return &pathNode{op: ".", text: t.name, kids: kids}, nil
}

func (p *pathParser) subscripts(kids []*pathNode) (*pathNode, error) {
	if p.take("*") {
		return &pathNode{op: "[*]", kids: kids}, p.expect("]")
	}
	n := &pathNode{op: "[]", kids: kids}
	for {
		from, err := p.operand(p.sum)
		if err != nil {
			return nil, err
		}
		var to *pathNode
		if p.word("to") {
			if to, err = p.operand(p.sum); err != nil {
				return nil, err
			}
		}
		n.pairs = append(n.pairs, [2]*pathNode{from, to})
		if p.take("]") {
			return n, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}
