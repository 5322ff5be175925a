package expr

import (
	"strconv"
	"strings"

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

type pathParser struct {
	src   string
	at    int
	depth int
}

func (p *pathParser) fail() error {
	rest := strings.TrimLeft(p.src[min(p.at, len(p.src)):], " \t\n\r\f\v")
	if rest == "" {
		return pgerror.New(pgerror.SyntaxError, "syntax error at end of jsonpath input")
	}
	end := 1
	for end < len(rest) && isPathName(rest[end]) && (isPathName(rest[0]) || rest[0] == '$') {
		end++
	}
	for _, token := range []string{"==", "!=", "<>", "<=", ">=", "&&", "||", "**"} {
		if strings.HasPrefix(rest, token) {
			end = 2
		}
	}
	return pgerror.New(pgerror.SyntaxError, "syntax error at or near \"%s\" of jsonpath input", rest[:end])
}

func parseJSONPath(s string) (*jsonPath, error) {
	p := &pathParser{src: s}
	out := &jsonPath{}
	if p.space(); p.at == len(s) {
		return nil, pgerror.New(pgerror.InvalidTextRepresentation, "invalid input syntax for type jsonpath: \"%s\"", s)
	}
	if p.word("strict") {
		out.strict = true
	} else {
		p.word("lax")
	}
	var err error
	if out.root, err = p.or(); err != nil {
		return nil, err
	}
	if p.space(); p.at < len(s) {
		return nil, p.fail()
	}
	return out, checkPath(out.root, false, false)
}

func isPathName(c byte) bool { return c == '_' || c >= 0x80 || isAlnum(c) }

func (p *pathParser) space() {
	for p.at < len(p.src) {
		switch {
		case isSpaceByte(p.src[p.at]):
			p.at++
		case strings.HasPrefix(p.src[p.at:], "/*"):
			end := strings.Index(p.src[p.at+2:], "*/")
			if end < 0 {
				p.at = len(p.src)
				return
			}
			p.at += end + 4
		default:
			return
		}
	}
}

func (p *pathParser) take(s string) bool {
	p.space()
	if strings.HasPrefix(p.src[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *pathParser) word(w string) bool {
	p.space()
	rest := p.src[p.at:]
	if strings.HasPrefix(rest, w) && (len(rest) == len(w) || !isPathName(rest[len(w)])) {
		p.at += len(w)
		return true
	}
	return false
}

func (p *pathParser) or() (*pathNode, error) {
	if p.depth++; p.depth > 200 {
		return nil, pgerror.New(pgerror.StatementTooComplex, "stack depth limit exceeded")
	}
	defer func() { p.depth-- }()
	left, err := p.and()
	for err == nil && p.take("||") {
		var right *pathNode
		if !left.isPredicate() {
			p.at -= 2
			return nil, p.fail()
		}
		if right, err = p.condition(p.and); err == nil {
			left = &pathNode{op: "||", kids: []*pathNode{left, right}}
		}
	}
	return left, err
}

func (p *pathParser) and() (*pathNode, error) {
	left, err := p.not()
	for err == nil && p.take("&&") {
		var right *pathNode
		if !left.isPredicate() {
			p.at -= 2
			return nil, p.fail()
		}
		if right, err = p.condition(p.not); err == nil {
			left = &pathNode{op: "&&", kids: []*pathNode{left, right}}
		}
	}
	return left, err
}

func (p *pathParser) not() (*pathNode, error) {
	p.space()
	if strings.HasPrefix(p.src[p.at:], "!") && !strings.HasPrefix(p.src[p.at:], "!=") {
		p.at++
		if p.space(); !strings.HasPrefix(p.src[p.at:], "(") && !p.startsWord("exists") {
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

// number2 parses the second operand of arithmetic, which no predicate is.
func (p *pathParser) number2(parse func() (*pathNode, error)) (*pathNode, error) {
	n, err := parse()
	if err == nil && n.isPredicate() {
		err = p.fail()
	}
	return n, err
}

func (p *pathParser) startsWord(w string) bool {
	at := p.at
	defer func() { p.at = at }()
	return p.word(w)
}

func (p *pathParser) comparison() (*pathNode, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	if left.isPredicate() {
		if p.startsWord("is") && p.word("is") {
			if !p.word("unknown") {
				return nil, p.fail()
			}
			return &pathNode{op: "unknown", kids: []*pathNode{left}}, nil
		}
		return left, nil
	}
	for _, op := range []string{"==", "!=", "<>", "<=", ">=", "<", ">"} {
		if p.take(op) {
			right, err := p.sum()
			if op == "<>" {
				op = "!="
			}
			return &pathNode{op: op, kids: []*pathNode{left, right}}, err
		}
	}
	switch {
	case p.word("starts"):
		if !p.word("with") {
			return nil, p.fail()
		}
		right, err := p.primary()
		return &pathNode{op: "starts", kids: []*pathNode{left, right}}, err
	case p.word("like_regex"):
		return p.likeRegex(left)
	}
	return left, nil
}

func (p *pathParser) likeRegex(left *pathNode) (*pathNode, error) {
	pattern, ok, err := p.str()
	if err != nil || !ok {
		return nil, p.fail()
	}
	n := &pathNode{op: "regex", text: pattern, kids: []*pathNode{left}}
	n.rx = rxOptions{} // . stops at a newline unless the flag s is given, as XQuery has it
	if p.word("flag") {
		flags, ok, err := p.str()
		if err != nil || !ok {
			return nil, p.fail()
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
				return nil, pgerror.New(pgerror.FeatureNotSupported, "XQuery \"x\" flag (expanded regular expressions) is not implemented")
			default:
				return nil, pgerror.New(pgerror.SyntaxError, "invalid input syntax for type jsonpath").
					WithDetail("Unrecognized flag character \"%c\" in LIKE_REGEX predicate.", c)
			}
		}
	}
	_, err = compileRegexp(pattern, n.rx)
	return n, err
}

func (p *pathParser) sum() (*pathNode, error) {
	left, err := p.product()
	for err == nil {
		if left.isPredicate() {
			return left, nil
		}
		op := ""
		switch {
		case p.take("+"):
			op = "+"
		case p.take("-"):
			op = "-"
		default:
			return left, nil
		}
		var right *pathNode
		if right, err = p.number2(p.product); err == nil {
			left = &pathNode{op: op, kids: []*pathNode{left, right}}
		}
	}
	return left, err
}

func (p *pathParser) product() (*pathNode, error) {
	left, err := p.unary()
	for err == nil {
		if left.isPredicate() {
			return left, nil
		}
		op := ""
		for _, o := range []string{"*", "/", "%"} {
			if p.take(o) {
				op = o
				break
			}
		}
		if op == "" {
			return left, nil
		}
		var right *pathNode
		if right, err = p.number2(p.unary); err == nil {
			left = &pathNode{op: op, kids: []*pathNode{left, right}}
		}
	}
	return left, err
}

func (p *pathParser) unary() (*pathNode, error) {
	for _, op := range []string{"+", "-"} {
		if p.take(op) {
			kid, err := p.unary()
			if err == nil && kid.op == "literal" && kid.value.Type() == sqltypes.JSONNumber { // a number with a sign
				if op == "-" {
					kid = &pathNode{op: "literal", value: sqltypes.JSONBNumber(sqltypes.NumericNeg(kid.value.Number()))}
				}
				return kid, nil
			}
			return &pathNode{op: map[string]string{"+": "pos", "-": "neg"}[op], kids: []*pathNode{kid}}, err
		}
	}
	base, err := p.primary()
	if err != nil {
		return nil, err
	}
	return p.accessors(base)
}

// str reads a quoted string with JSON's escapes.
func (p *pathParser) str() (string, bool, error) {
	if p.space(); p.at >= len(p.src) || p.src[p.at] != '"' {
		return "", false, nil
	}
	end := p.at + 1
	for end < len(p.src) && p.src[end] != '"' {
		if p.src[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(p.src) {
		return "", false, p.fail()
	}
	l := sqltypes.NewJSONLexer(jsonEscapes(p.src[p.at:end+1]), true)
	if err := l.Next(); err != nil {
		return "", false, err
	}
	p.at = end + 1
	return l.Str(), true, nil
}

// jsonEscapes writes the escapes that jsonpath has and JSON has not as JSON does.
func jsonEscapes(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; {
		case c == 'x' && i+2 < len(s):
			out.WriteString(`\u00` + s[i+1:i+3])
			i += 2
		case c == 'v':
			out.WriteString(`\u000b`)
		case c == 'u' && i+1 < len(s) && s[i+1] == '{':
			digits, _, _ := strings.Cut(s[i+2:], "}")
			n, err := strconv.ParseUint(digits, 16, 21)
			if err != nil {
				out.WriteString(`\u{`)
				continue
			}
			out.WriteString(strings.Trim(strconv.Quote(string(rune(n))), `"`))
			i += len(digits) + 2
		case strings.IndexByte(`"\/bfnrtu`, c) >= 0:
			out.WriteString(s[i-1 : i+1])
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

func (p *pathParser) name() string {
	start := p.at
	for p.at < len(p.src) && isPathName(p.src[p.at]) {
		p.at++
	}
	return p.src[start:p.at]
}

func (p *pathParser) primary() (*pathNode, error) {
	if s, ok, err := p.str(); ok || err != nil {
		return &pathNode{op: "literal", value: sqltypes.JSONBString(s)}, err
	}
	switch {
	case p.take("("):
		inner, err := p.or()
		if err == nil && !p.take(")") {
			err = p.fail()
		}
		return inner, err
	case p.take("$"):
		if p.at < len(p.src) && p.src[p.at] == '"' {
			name, _, err := p.str()
			return &pathNode{op: "$name", text: name}, err
		}
		if name := p.name(); name != "" {
			return &pathNode{op: "$name", text: name}, nil
		}
		return &pathNode{op: "$"}, nil
	case p.take("@"):
		return &pathNode{op: "@"}, nil
	case p.word("last"):
		return &pathNode{op: "last"}, nil
	case p.word("true"):
		return &pathNode{op: "literal", value: sqltypes.JSONBBool(true)}, nil
	case p.word("false"):
		return &pathNode{op: "literal", value: sqltypes.JSONBBool(false)}, nil
	case p.word("null"):
		return &pathNode{op: "literal", value: sqltypes.JSONBNull()}, nil
	case p.word("exists"):
		if !p.take("(") {
			return nil, p.fail()
		}
		inner, err := p.or()
		if err == nil && !p.take(")") {
			err = p.fail()
		}
		return &pathNode{op: "exists", kids: []*pathNode{inner}}, err
	}
	return p.number()
}

func (p *pathParser) number() (*pathNode, error) {
	start := p.at
	if rest := p.src[p.at:]; len(rest) > 2 && rest[0] == '0' && strings.IndexByte("xXoObB", rest[1]) >= 0 {
		p.name()
	}
	for based := p.at > start; !based && p.at < len(p.src); p.at++ {
		c := p.src[p.at]
		exponent := (c == '+' || c == '-') && p.at > start && p.src[p.at-1]|0x20 == 'e'
		if !(c >= '0' && c <= '9' || c == '.' || c|0x20 == 'e' && p.at > start || exponent || c == '_' && p.at > start) {
			break
		}
	}
	d, err := sqltypes.ParseText(sqltypes.T(sqltypes.NumericOID), p.src[start:p.at], nil)
	if start == p.at || err != nil {
		p.at = start
		return nil, p.fail()
	}
	if p.at < len(p.src) && isPathName(p.src[p.at]) {
		return nil, pgerror.New(pgerror.SyntaxError, "trailing junk after numeric literal at or near \"%s\" of jsonpath input", p.src[start:p.at+1])
	}
	return &pathNode{op: "literal", value: sqltypes.JSONBNumber(d)}, nil
}

func (p *pathParser) accessors(base *pathNode) (*pathNode, error) {
	for {
		var err error
		kids := []*pathNode{base}
		switch {
		case p.take(".**"):
			base = &pathNode{op: ".**", kids: kids, high: maxInt32}
			err = p.levels(base)
		case p.take(".*"):
			base = &pathNode{op: ".*", kids: kids}
		case p.take("."):
			base, err = p.member(kids)
		case p.take("["):
			base, err = p.subscripts(kids)
		case p.take("?"):
			var inner *pathNode
			if !p.take("(") {
				return nil, p.fail()
			}
			if inner, err = p.condition(p.or); err == nil && !p.take(")") {
				err = p.fail()
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

func (p *pathParser) level() (int, bool) {
	if p.word("last") {
		return maxInt32, true
	}
	p.space()
	n, err := strconv.Atoi(p.name())
	return n, err == nil
}

func (p *pathParser) levels(n *pathNode) error {
	if !p.take("{") {
		return nil
	}
	var ok bool
	if n.low, ok = p.level(); !ok {
		return p.fail()
	}
	n.high = n.low
	if p.word("to") {
		if n.high, ok = p.level(); !ok {
			return p.fail()
		}
	}
	if !p.take("}") {
		return p.fail()
	}
	return nil
}

func (p *pathParser) member(kids []*pathNode) (*pathNode, error) {
	if s, ok, err := p.str(); ok || err != nil {
		return &pathNode{op: ".", text: s, kids: kids}, err
	}
	p.space()
	name := p.name()
	if name == "" {
		return nil, p.fail()
	}
	if name[0] >= '0' && name[0] <= '9' {
		digits := len(name) - len(strings.TrimLeft(name, "0123456789"))
		return nil, pgerror.New(pgerror.SyntaxError, "trailing junk after numeric literal at or near \".%s\" of jsonpath input", name[:min(digits+1, len(name))])
	}
	switch name {
	case "type", "size", "double", "ceiling", "floor", "abs", "keyvalue", "datetime":
		if p.take("(") {
			if s, ok, err := p.str(); ok && name == "datetime" || err != nil {
				if err == nil && !p.take(")") {
					err = p.fail()
				}
				return &pathNode{op: "method", text: name, kids: append(kids, &pathNode{op: "literal", value: sqltypes.JSONBString(s)})}, err
			}
			if !p.take(")") {
				return nil, p.fail()
			}
			return &pathNode{op: "method", text: name, kids: kids}, nil
		}
	}
	return &pathNode{op: ".", text: name, kids: kids}, nil
}

func (p *pathParser) subscripts(kids []*pathNode) (*pathNode, error) {
	if p.take("*") {
		if !p.take("]") {
			return nil, p.fail()
		}
		return &pathNode{op: "[*]", kids: kids}, nil
	}
	n := &pathNode{op: "[]", kids: kids}
	for {
		from, err := p.sum()
		if err != nil {
			return nil, err
		}
		var to *pathNode
		if p.word("to") {
			if to, err = p.sum(); err != nil {
				return nil, err
			}
		}
		n.pairs = append(n.pairs, [2]*pathNode{from, to})
		if p.take("]") {
			return n, nil
		}
		if !p.take(",") {
			return nil, p.fail()
		}
	}
}
