package expr

import (
	"slices"
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
		inner, err := p.groupBody()
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
			if n > p.groups {
				return nil, regexpError("invalid backreference number")
			}
			return nil, pgerror.New(pgerror.FeatureNotSupported, "back-references in regular expressions not supported")
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

// bracket reads a bracket expression; its [ is behind us.
func (p *rxParser) bracket() (*rxNode, error) {
	unbalanced := regexpError("brackets [] not balanced")
	if rest := string(p.src[p.at:min(p.at+6, len(p.src))]); rest == "[:<:]]" || rest == "[:>:]]" {
		p.at += 6
		if rest[2] == '<' {
			return p.assertion('m'), nil
		}
		return p.assertion('M'), nil
	}
	not := p.at < len(p.src) && p.src[p.at] == '^'
	if not {
		p.at++
	}
	var set rxRanges
	for first := true; ; first = false {
		if p.at >= len(p.src) {
			return nil, unbalanced
		}
		if p.src[p.at] == ']' && !first {
			p.at++
			break
		}
		low, class, err := p.bracketItem()
		if err != nil {
			return nil, err
		}
		if p.at+1 < len(p.src) && p.src[p.at] == '-' && p.src[p.at+1] != ']' {
			if class != nil {
				return nil, regexpError("invalid character range")
			}
			p.at++
			high, class, err := p.bracketItem()
			switch {
			case err != nil:
				return nil, err
			case class != nil || high < low:
				return nil, regexpError("invalid character range")
			}
			set = append(set, low, high)
			continue
		}
		if class != nil {
			set = append(set, class...)
		} else {
			set = append(set, low, low)
		}
	}
	set = p.folded(set.normal())
	if not {
		set = set.negated()
		if !p.opt.dotNewline {
			set = set.without('\n')
		}
	}
	return p.setNode(set), nil
}

// bracketItem reads a character or a class of a bracket expression.
func (p *rxParser) bracketItem() (rune, rxRanges, error) {
	c := p.src[p.at]
	p.at++
	switch {
	case c == '\\' && !p.opt.simple:
		if p.at >= len(p.src) {
			return 0, nil, regexpError("invalid escape \\ sequence")
		}
		switch e := p.src[p.at]; e {
		case 'd', 's', 'w':
			p.at++
			return 0, classRanges(string(e)), nil
		case 'D', 'S', 'W':
			p.at++
			return 0, classRanges(string(e + 'a' - 'A')).negated(), nil
		}
		r, err := p.charEscape()
		return r, nil, err
	case c == '[' && p.at < len(p.src) && (p.src[p.at] == ':' || p.src[p.at] == '.' || p.src[p.at] == '='):
		kind := p.src[p.at]
		end := p.at + 1
		for end+1 < len(p.src) && !(p.src[end] == kind && p.src[end+1] == ']') {
			end++
		}
		if end+1 >= len(p.src) {
			return 0, nil, regexpError("brackets [] not balanced")
		}
		name := string(p.src[p.at+1 : end])
		p.at = end + 2
		if kind == ':' {
			set := classRanges(name)
			if set == nil {
				return 0, nil, regexpError("invalid character class")
			}
			return 0, set, nil
		}
		if r := []rune(name); len(r) == 1 {
			return r[0], nil, nil
		}
		if r, ok := collatingNames()[name]; ok {
			return r, nil, nil
		}
		return 0, nil, regexpError("invalid collating element")
	}
	return c, nil, nil
}

// classRanges are the character classes of the C locale: nothing outside ASCII belongs to one.
func classRanges(name string) rxRanges {
	switch name {
	case "d", "digit":
		return rxRanges{'0', '9'}
	case "s", "space":
		return rxRanges{'\t', '\r', ' ', ' '}
	case "w", "word":
		return rxRanges{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}
	case "alnum":
		return rxRanges{'0', '9', 'A', 'Z', 'a', 'z'}
	case "alpha":
		return rxRanges{'A', 'Z', 'a', 'z'}
	case "blank":
		return rxRanges{'\t', '\t', ' ', ' '}
	case "cntrl":
		return rxRanges{0, 31, 127, 127}
	case "graph":
		return rxRanges{33, 126}
	case "print":
		return rxRanges{32, 126}
	case "lower":
		return rxRanges{'a', 'z'}
	case "upper":
		return rxRanges{'A', 'Z'}
	case "punct":
		return rxRanges{33, 47, 58, 64, 91, 96, 123, 126}
	case "xdigit":
		return rxRanges{'0', '9', 'A', 'F', 'a', 'f'}
	case "ascii":
		return rxRanges{0, 127}
	}
	return nil
}

// folded adds the other case of every ASCII letter where case does not count.
func (p *rxParser) folded(set rxRanges) rxRanges {
	if !p.opt.fold {
		return set
	}
	out := slices.Clone(set)
	for i := 0; i < len(set); i += 2 {
		for _, letters := range [][2]rune{{'a', 'z'}, {'A', 'Z'}} {
			low, high := max(set[i], letters[0]), min(set[i+1], letters[1])
			if low <= high {
				out = append(out, low^0x20, high^0x20)
			}
		}
	}
	return out.normal()
}

// normal sorts and merges ranges.
func (s rxRanges) normal() rxRanges {
	type pair struct{ low, high rune }
	pairs := make([]pair, 0, len(s)/2)
	for i := 0; i+1 < len(s); i += 2 {
		pairs = append(pairs, pair{s[i], s[i+1]})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return int(a.low - b.low) })
	var out rxRanges
	for _, p := range pairs {
		if n := len(out); n > 0 && p.low <= out[n-1]+1 {
			out[n-1] = max(out[n-1], p.high)
			continue
		}
		out = append(out, p.low, p.high)
	}
	return out
}

func (s rxRanges) negated() rxRanges {
	var out rxRanges
	next := rune(0)
	for i := 0; i < len(s); i += 2 {
		if s[i] > next {
			out = append(out, next, s[i]-1)
		}
		next = s[i+1] + 1
	}
	if next <= utf8.MaxRune {
		out = append(out, next, utf8.MaxRune)
	}
	return out
}

func (s rxRanges) without(r rune) rxRanges {
	return append(append(rxRanges{}, s.negated()...), r, r).normal().negated()
}

func (s rxRanges) has(r rune) bool {
	if len(s) <= 8 {
		for i := 0; i < len(s); i += 2 {
			if r >= s[i] && r <= s[i+1] {
				return true
			}
		}
		return false
	}
	low, high := 0, len(s)/2
	for low < high {
		mid := (low + high) / 2
		if s[2*mid+1] < r {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low < len(s)/2 && s[2*low] <= r
}

// collatingNames are the names of characters that [[.name.]] knows.
func collatingNames() map[string]rune {
	return map[string]rune{
		"NUL": 0, "alert": 7, "backspace": 8, "tab": 9, "newline": 10, "vertical-tab": 11, "form-feed": 12, "carriage-return": 13, "space": ' ',
		"exclamation-mark": '!', "quotation-mark": '"', "number-sign": '#', "dollar-sign": '$', "percent-sign": '%', "ampersand": '&',
		"apostrophe": '\'', "left-parenthesis": '(', "right-parenthesis": ')', "asterisk": '*', "plus-sign": '+', "comma": ',', "hyphen": '-',
		"hyphen-minus": '-', "period": '.', "full-stop": '.', "slash": '/', "solidus": '/', "zero": '0', "one": '1', "two": '2', "three": '3',
		"four": '4', "five": '5', "six": '6', "seven": '7', "eight": '8', "nine": '9', "colon": ':', "semicolon": ';', "less-than-sign": '<',
		"equals-sign": '=', "greater-than-sign": '>', "question-mark": '?', "commercial-at": '@', "left-square-bracket": '[', "backslash": '\\',
		"reverse-solidus": '\\', "right-square-bracket": ']', "circumflex": '^', "circumflex-accent": '^', "underscore": '_', "low-line": '_',
		"grave-accent": '`', "left-brace": '{', "left-curly-bracket": '{', "vertical-line": '|', "right-brace": '}', "right-curly-bracket": '}',
		"tilde": '~', "DEL": 127,
	}
}
