package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// rxKind is a kind of node of a regular expression.
type rxKind uint8

const (
	rxEmpty rxKind = iota
	rxSet          // one character out of a set
	rxCat
	rxAlt
	rxRepeat
	rxGroup  // a capturing group
	rxBack   // a back-reference: once more what group holds; kids[0] is that group's content
	rxAssert // a condition on a place
)

// rxNode is a node of the tree a regular expression is parsed into. Its preference says which of several matches it takes.
type rxNode struct {
	kind     rxKind
	id       int
	set      rxRanges
	kids     []*rxNode
	min, max int // of a repeat; max -1: without bound
	group    int
	assert   byte // ^ $ A Z m M y Y, or = ! < > for what stands around (>: not behind)
	prefer   rxPreference
	captures bool
}

// rxPreference is PostgreSQL's greediness: none, longer, shorter.
type rxPreference uint8

const (
	preferNone rxPreference = iota
	preferLong
	preferShort
)

// rxRanges is a set of characters as sorted pairs of bounds.
type rxRanges []rune

// rxOptions are the embedded options and the flags of functions.
type rxOptions struct {
	fold        bool // i
	literal     bool // q
	expanded    bool // x
	dotNewline  bool // false: . and [^…] stop at a line's end
	lineAnchors bool // ^ and $ match at lines
	simple      bool // e: no escapes but of special characters
}

func regexpError(text string) error {
	return pgerror.New(pgerror.InvalidRegularExpression, "invalid regular expression: %s", text)
}

type rxParser struct {
	src    []rune
	at     int
	opt    rxOptions
	groups int
	closed map[int]*rxNode // groups that were read to their end
	backs  bool            // there are back-references
	around int             // conditions on what stands around that are being read
	nodes  int
	depth  int
}

// The bounds that keep a pattern's cost in hand.
const (
	rxRepeatMax = 255
	rxDepthMax  = 500
	rxStatesMax = 20000
)

func (p *rxParser) node(kind rxKind, kids ...*rxNode) *rxNode {
	n := &rxNode{kind: kind, id: p.nodes, kids: kids}
	p.nodes++
	for _, k := range kids {
		n.captures = n.captures || k.captures
	}
	return n
}

func parseRegexp(pattern string, opt rxOptions) (*rxNode, *rxParser, error) {
	if rest, ok := strings.CutPrefix(pattern, "***="); ok {
		pattern, opt.literal = rest, true
	} else if rest, ok := strings.CutPrefix(pattern, "***:"); ok {
		pattern = rest
	} else if strings.HasPrefix(pattern, "***") {
		return nil, nil, regexpError("invalid regexp (reg version 0.8)")
	}
	p := &rxParser{src: []rune(pattern), opt: opt}
	if p.opt.literal {
		var kids []*rxNode
		for _, r := range p.src {
			kids = append(kids, p.char(r))
		}
		return p.cat(kids), p, nil
	}
	if err := p.embeddedOptions(); err != nil {
		return nil, nil, err
	}
	root, err := p.alternatives()
	if err != nil {
		return nil, nil, err
	}
	if p.at < len(p.src) {
		return nil, nil, regexpError("parentheses () not balanced")
	}
	return root, p, nil
}

// embeddedOptions reads (?xyz) at the begin of a pattern.
func (p *rxParser) embeddedOptions() error {
	if len(p.src) < 3 || p.src[0] != '(' || p.src[1] != '?' || !isAlnum(byte(min(p.src[2], 127))) || p.src[2] > 127 {
		return nil
	}
	i := 2
	for ; i < len(p.src) && p.src[i] != ')'; i++ {
		if err := p.opt.set(p.src[i]); err != nil {
			return err
		}
	}
	if i >= len(p.src) {
		return regexpError("parentheses () not balanced")
	}
	p.at = i + 1
	if p.opt.literal {
		return nil
	}
	return nil
}

func (o *rxOptions) set(c rune) error {
	switch c {
	case 'i':
		o.fold = true
	case 'c':
		o.fold = false
	case 'm', 'n':
		o.dotNewline, o.lineAnchors = false, true
	case 'p':
		o.dotNewline, o.lineAnchors = false, false
	case 'w':
		o.dotNewline, o.lineAnchors = true, true
	case 's':
		o.dotNewline, o.lineAnchors = true, false
	case 'q':
		o.literal = true
	case 'x':
		o.expanded = true
	case 't':
		o.expanded = false
	case 'e':
		o.simple = true
	case 'b':
		return pgerror.New(pgerror.FeatureNotSupported, "basic regular expressions not supported")
	default:
		return regexpError("invalid embedded option")
	}
	return nil
}

// skipBlanks leaves away comments, and white space in the expanded form.
func (p *rxParser) skipBlanks() {
	for p.at < len(p.src) {
		c := p.src[p.at]
		switch {
		case p.opt.expanded && (c == ' ' || c >= '\t' && c <= '\r'):
			p.at++
		case p.opt.expanded && c == '#':
			for p.at < len(p.src) && p.src[p.at] != '\n' {
				p.at++
			}
		case c == '(' && p.at+2 < len(p.src) && p.src[p.at+1] == '?' && p.src[p.at+2] == '#':
			for p.at < len(p.src) && p.src[p.at] != ')' {
				p.at++
			}
			p.at++
		default:
			return
		}
	}
}

func (p *rxParser) peek() rune {
	p.skipBlanks()
	if p.at >= len(p.src) {
		return -1
	}
	return p.src[p.at]
}

func (p *rxParser) alternatives() (*rxNode, error) {
	if p.depth++; p.depth > rxDepthMax {
		return nil, regexpError("regular expression is too complex")
	}
	defer func() { p.depth-- }()
	var list []*rxNode
	for {
		branch, err := p.branch()
		if err != nil {
			return nil, err
		}
		list = append(list, branch)
		if p.peek() != '|' {
			break
		}
		p.at++
	}
	if len(list) == 1 {
		return list[0], nil
	}
	n := p.node(rxAlt, list...)
	n.prefer = preferLong
	return n, nil
}

func (p *rxParser) branch() (*rxNode, error) {
	var kids []*rxNode
	for {
		switch c := p.peek(); c {
		case -1, '|', ')':
			if c == ')' && p.depth == 1 {
				return nil, regexpError("parentheses () not balanced")
			}
			return p.cat(kids), nil
		}
		n, err := p.quantified()
		if err != nil {
			return nil, err
		}
		kids = append(kids, n)
	}
}

func (p *rxParser) cat(kids []*rxNode) *rxNode {
	switch len(kids) {
	case 0:
		return p.node(rxEmpty)
	case 1:
		return kids[0]
	}
	n := p.node(rxCat, kids...)
	for _, k := range kids {
		if k.prefer != preferNone {
			n.prefer = k.prefer
			break
		}
	}
	return n
}

func (p *rxParser) quantified() (*rxNode, error) {
	atom, err := p.atom()
	if err != nil {
		return nil, err
	}
	low, high, exact := 1, 1, false
	switch c := p.peek(); {
	case c == '*':
		low, high = 0, -1
		p.at++
	case c == '+':
		low, high = 1, -1
		p.at++
	case c == '?':
		low, high = 0, 1
		p.at++
	case c == '{' && p.at+1 < len(p.src) && p.src[p.at+1] >= '0' && p.src[p.at+1] <= '9':
		if low, high, exact, err = p.bound(); err != nil {
			return nil, err
		}
	default:
		return atom, nil
	}
	if atom.kind == rxAssert {
		return nil, regexpError("quantifier operand invalid")
	}
	short := false
	if p.at < len(p.src) && p.src[p.at] == '?' {
		short = true
		p.at++
	}
	switch p.peek() {
	case '*', '+', '?':
		return nil, regexpError("quantifier operand invalid")
	case '{':
		if p.at+1 < len(p.src) && p.src[p.at+1] >= '0' && p.src[p.at+1] <= '9' {
			return nil, regexpError("quantifier operand invalid")
		}
	}
	n := p.node(rxRepeat, atom)
	n.min, n.max = low, high
	switch {
	case exact:
		n.prefer = atom.prefer
	case short:
		n.prefer = preferShort
	default:
		n.prefer = preferLong
	}
	return n, nil
}

func (p *rxParser) number() (int, bool) {
	n, start := 0, p.at
	for p.at < len(p.src) && p.src[p.at] >= '0' && p.src[p.at] <= '9' && n <= rxRepeatMax {
		n = n*10 + int(p.src[p.at]-'0')
		p.at++
	}
	return n, p.at > start
}

// bound reads {m}, {m,} or {m,n}; {m} alone has no preference of its own.
func (p *rxParser) bound() (low, high int, exact bool, err error) {
	p.at++
	low, _ = p.number()
	high, exact = low, true
	if low > rxRepeatMax {
		return 0, 0, false, regexpError("invalid repetition count(s)")
	}
	if p.at < len(p.src) && p.src[p.at] == ',' {
		p.at++
		ok := false
		exact = false
		if high, ok = p.number(); !ok {
			high = -1
		}
	}
	if p.at >= len(p.src) || p.src[p.at] != '}' {
		if p.at >= len(p.src) {
			return 0, 0, false, regexpError("braces {} not balanced")
		}
		return 0, 0, false, regexpError("invalid repetition count(s)")
	}
	p.at++
	if high > rxRepeatMax || high >= 0 && high < low {
		return 0, 0, false, regexpError("invalid repetition count(s)")
	}
	return low, high, exact, nil
}

func (p *rxParser) assertion(kind byte) *rxNode {
	n := p.node(rxAssert)
	n.assert = kind
	return n
}

func (p *rxParser) atom() (*rxNode, error) {
	c := p.src[p.at]
	p.at++
	switch c {
	case '(':
		return p.group()
	case '[':
		return p.bracket()
	case '.':
		n := p.node(rxSet)
		n.set = p.anything()
		return n, nil
	case '^':
		if p.opt.lineAnchors {
			return p.assertion('^'), nil
		}
		return p.assertion('A'), nil
	case '$':
		if p.opt.lineAnchors {
			return p.assertion('$'), nil
		}
		return p.assertion('Z'), nil
	case '*', '+', '?':
		return nil, regexpError("quantifier operand invalid")
	case '{':
		if p.at < len(p.src) && p.src[p.at] >= '0' && p.src[p.at] <= '9' {
			return nil, regexpError("quantifier operand invalid")
		}
	case '\\':
		return p.escape()
	}
	return p.char(c), nil
}

// anything is what . and [^…] may match besides what is excluded.
func (p *rxParser) anything() rxRanges {
	if p.opt.dotNewline {
		return rxRanges{0, utf8.MaxRune}
	}
	return rxRanges{0, '\n' - 1, '\n' + 1, utf8.MaxRune}
}

func (p *rxParser) char(r rune) *rxNode {
	n := p.node(rxSet)
	n.set = p.folded(rxRanges{r, r})
	return n
}

func (p *rxParser) group() (*rxNode, error) {
	if p.at < len(p.src) && p.src[p.at] == '?' && !p.opt.simple {
		rest := string(p.src[p.at:min(p.at+3, len(p.src))])
		kind := byte(0)
		skip := 2
		switch {
		case strings.HasPrefix(rest, "?:"):
		case strings.HasPrefix(rest, "?="):
			kind = '='
		case strings.HasPrefix(rest, "?!"):
			kind = '!'
		case rest == "?<=":
			kind, skip = '<', 3
		case rest == "?<!":
			kind, skip = '>', 3
		default:
			return nil, regexpError("quantifier operand invalid")
		}
		p.at += skip
		saved := p.groups
		if kind != 0 {
			p.around++
		}
		inner, err := p.groupBody()
		if kind != 0 {
			p.around--
		}
		if err != nil || kind == 0 {
			return inner, err
		}
		p.groups = saved // groups of a condition do not capture
		n := p.assertion(kind)
		n.kids = []*rxNode{inner}
		return n, nil
	}
	p.groups++
	number := p.groups
	inner, err := p.groupBody()
	if err != nil {
		return nil, err
	}
	n := p.node(rxGroup, inner)
	n.group, n.prefer, n.captures = number, inner.prefer, true
	if p.closed == nil {
		p.closed = map[int]*rxNode{}
	}
	p.closed[number] = n
	return n, nil
}

func (p *rxParser) groupBody() (*rxNode, error) {
	inner, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.peek() != ')' {
		return nil, regexpError("parentheses () not balanced")
	}
	p.at++
	return inner, nil
}

func (p *rxParser) setNode(set rxRanges) *rxNode {
	n := p.node(rxSet)
	n.set = set
	return n
}

func (p *rxParser) escape() (*rxNode, error) {
	if p.at >= len(p.src) {
		return nil, regexpError("invalid escape \\ sequence")
	}
	c := p.src[p.at]
	if p.opt.simple || c > 127 || !isAlnum(byte(c)) {
		p.at++
		return p.char(c), nil
	}
	switch c {
	case 'A', 'm', 'M', 'y', 'Y', 'Z':
		p.at++
		return p.assertion(byte(c)), nil
	case 'd', 's', 'w':
		p.at++
		return p.setNode(classRanges(string(c))), nil
	case 'D', 'S', 'W':
		p.at++
		set := classRanges(string(c + 'a' - 'A')).negated()
		if !p.opt.dotNewline && c != 'S' {
			set = set.without('\n')
		}
		return p.setNode(set), nil
	}
	if c >= '1' && c <= '9' {
		start := p.at
		n, _ := p.number()
		if n <= 9 || n <= p.groups {
			group := p.closed[n]
			if group == nil || p.around > 0 {
				return nil, regexpError("invalid backreference number")
			}
			p.backs = true
			back := p.node(rxBack, group.kids[0])
			back.group, back.captures = n, true
			return back, nil
		}
		p.at = start
	}
	r, err := p.charEscape()
	if err != nil {
		return nil, err
	}
	return p.char(r), nil
}

// charEscape reads an escape that stands for one character; the backslash is behind us.
func (p *rxParser) charEscape() (rune, error) {
	c := p.src[p.at]
	p.at++
	invalid := regexpError("invalid escape \\ sequence")
	hex := func(digits int) (rune, error) {
		n, count := rune(0), 0
		for p.at < len(p.src) && count < digits && p.src[p.at] < 128 {
			v, ok := hexDigit(byte(p.src[p.at]))
			if !ok {
				break
			}
			n = n<<4 | rune(v)
			p.at++
			count++
		}
		if count == 0 || digits < 100 && count < digits || n > utf8.MaxRune {
			return 0, invalid
		}
		return n, nil
	}
	switch c {
	case 'a':
		return 7, nil
	case 'b':
		return 8, nil
	case 'B':
		return '\\', nil
	case 'c':
		if p.at >= len(p.src) {
			return 0, invalid
		}
		p.at++
		return p.src[p.at-1] & 31, nil
	case 'e':
		return 27, nil
	case 'f':
		return 12, nil
	case 'n':
		return 10, nil
	case 'r':
		return 13, nil
	case 't':
		return 9, nil
	case 'v':
		return 11, nil
	case 'u':
		return hex(4)
	case 'U':
		return hex(8)
	case 'x':
		return hex(255)
	}
	if c >= '0' && c <= '7' {
		n := c - '0'
		for k := 0; k < 2 && p.at < len(p.src) && p.src[p.at] >= '0' && p.src[p.at] <= '7'; k++ {
			n = n*8 + p.src[p.at] - '0'
			p.at++
		}
		return n, nil
	}
	if c < 128 && isAlnum(byte(c)) {
		return 0, invalid
	}
	return c, nil
}
