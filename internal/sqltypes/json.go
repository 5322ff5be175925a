package sqltypes

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// JSONDepthMax bounds the nesting of json text.
const JSONDepthMax = 10000

// JSONToken is a kind of token of json text.
type JSONToken uint8

// The tokens.
const (
	JSONNothing JSONToken = iota // before the first token
	JSONEnd
	JSONObjectStart
	JSONObjectEnd
	JSONArrayStart
	JSONArrayEnd
	JSONComma
	JSONColon
	JSONStringToken
	JSONNumberToken
	JSONTrueToken
	JSONFalseToken
	JSONNullToken
)

// JSONLexer cuts json text into tokens and words its errors as PostgreSQL does. After Next the fields describe the token.
// Used by one goroutine.
type JSONLexer struct {
	Text       string
	Token      JSONToken
	Start, End int // the token in Text

	unescape  bool   // check and decode escapes
	value     []byte // the string, when it had escapes
	escaped   bool
	line      int
	lineStart int
}

// NewJSONLexer makes a lexer; with unescape strings are decoded for Str.
func NewJSONLexer(text string, unescape bool) *JSONLexer {
	return &JSONLexer{Text: text, unescape: unescape, line: 1}
}

// Str is the decoded text of a string token; it is valid until the next token.
func (l *JSONLexer) Str() string {
	if l.escaped {
		return string(l.value)
	}
	return l.Text[l.Start+1 : l.End-1]
}

func isJSONWord(c byte) bool { return isAlnum(c) || c == '_' || c >= 0x80 }

// Next reads the next token.
func (l *JSONLexer) Next() error {
	i := l.End
	for ; i < len(l.Text); i++ {
		c := l.Text[i]
		if c == '\n' {
			l.line++
			l.lineStart = i + 1
		} else if c != ' ' && c != '\t' && c != '\r' {
			break
		}
	}
	l.Start = i
	if i >= len(l.Text) {
		l.End, l.Token = i, JSONEnd
		return nil
	}
	switch c := l.Text[i]; {
	case c == '{':
		l.End, l.Token = i+1, JSONObjectStart
	case c == '}':
		l.End, l.Token = i+1, JSONObjectEnd
	case c == '[':
		l.End, l.Token = i+1, JSONArrayStart
	case c == ']':
		l.End, l.Token = i+1, JSONArrayEnd
	case c == ',':
		l.End, l.Token = i+1, JSONComma
	case c == ':':
		l.End, l.Token = i+1, JSONColon
	case c == '"':
		l.Token = JSONStringToken
		return l.lexString()
	case c == '-' || isDigit(c):
		l.Token = JSONNumberToken
		return l.lexNumber()
	default:
		return l.lexWord()
	}
	return nil
}

func (l *JSONLexer) lexWord() error {
	l.End = scan(l.Text, l.Start, isJSONWord)
	switch l.Text[l.Start:l.End] {
	case "true":
		l.Token = JSONTrueToken
	case "false":
		l.Token = JSONFalseToken
	case "null":
		l.Token = JSONNullToken
	default:
		l.End = max(l.End, l.Start+1)
		return l.fail(l.detail("Token \"%s\" is invalid."))
	}
	return nil
}

func (l *JSONLexer) lexNumber() error {
	s, i, bad := l.Text, l.Start, false
	if s[i] == '-' {
		i++
	}
	digits := func() {
		end := scan(s, i, isDigit)
		bad = bad || end == i
		i = end
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else {
		digits()
	}
	if i < len(s) && s[i] == '.' {
		i++
		digits()
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		digits()
	}
	l.End = scan(s, i, isJSONWord)
	if bad || l.End != i {
		return l.fail(l.detail("Token \"%s\" is invalid."))
	}
	return nil
}

// lexString checks a string and decodes its escapes when asked to.
func (l *JSONLexer) lexString() error {
	s := l.Text
	l.escaped, l.value = false, l.value[:0]
	high := rune(-1)
	copied := l.Start + 1
	for i := l.Start + 1; ; {
		if i >= len(s) {
			l.End = len(s)
			return l.fail(l.detail("Token \"%s\" is invalid."))
		}
		switch c := s[i]; {
		case c == '"':
			l.End = i + 1
			if high >= 0 {
				return l.fail(lowSurrogateDetail)
			}
			if l.escaped {
				l.value = append(l.value, s[copied:i]...)
			}
			return nil
		case c < 0x20:
			l.End = i
			if high >= 0 {
				l.End = i + 1
				return l.fail(lowSurrogateDetail)
			}
			return l.fail(fmt.Sprintf("Character with value 0x%02x must be escaped.", c))
		case c != '\\':
			if high >= 0 {
				l.End = i + charSize(s[i:])
				return l.fail(lowSurrogateDetail)
			}
			i++
			continue
		}
		if l.unescape {
			l.escaped = true
			l.value = append(l.value, s[copied:i]...)
		}
		next, err := l.lexEscape(i+1, &high)
		if err != nil {
			return err
		}
		i, copied = next, next
	}
}

const (
	lowSurrogateDetail  = "Unicode low surrogate must follow a high surrogate."
	highSurrogateDetail = "Unicode high surrogate must not follow a high surrogate."
)

func charSize(s string) int {
	if s == "" {
		return 0
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// lexEscape reads what follows a backslash; high is a first surrogate that waits for its second, or -1.
func (l *JSONLexer) lexEscape(i int, high *rune) (next int, err error) {
	s := l.Text
	if i >= len(s) {
		l.End = len(s)
		return 0, l.fail(l.detail("Token \"%s\" is invalid."))
	}
	if s[i] == 'u' {
		return l.lexUnicode(i+1, high)
	}
	at := strings.IndexByte(`"\/bfnrt`, s[i])
	if l.unescape && *high >= 0 {
		l.End = i + charSize(s[i:])
		return 0, l.fail(lowSurrogateDetail)
	}
	if at < 0 {
		l.Start, l.End = i, i+charSize(s[i:])
		return 0, l.fail(l.detail("Escape sequence \"\\%s\" is invalid."))
	}
	if l.unescape {
		l.value = append(l.value, "\"\\/\b\f\n\r\t"[at])
	}
	return i + 1, nil
}

func (l *JSONLexer) lexUnicode(i int, high *rune) (next int, err error) {
	s := l.Text
	var r rune
	for end := i + 4; i < end; i++ {
		if i >= len(s) {
			l.End = len(s)
			return 0, l.fail(l.detail("Token \"%s\" is invalid."))
		}
		v, ok := digitValue(s[i], 16)
		if !ok {
			l.End = i + charSize(s[i:])
			return 0, l.fail("\"\\u\" must be followed by four hexadecimal digits.")
		}
		r = r<<4 | rune(v)
	}
	if !l.unescape {
		return i, nil
	}
	l.End = i
	switch {
	case r >= 0xD800 && r < 0xDC00:
		if *high >= 0 {
			return 0, l.fail(highSurrogateDetail)
		}
		*high = r
		return i, nil
	case r >= 0xDC00 && r < 0xE000:
		if *high < 0 {
			return 0, l.fail(lowSurrogateDetail)
		}
		r = (*high-0xD800)<<10 + r - 0xDC00 + 0x10000
		*high = -1
	case *high >= 0:
		return 0, l.fail(lowSurrogateDetail)
	case r == 0:
		return 0, l.failWith(pgerror.New(pgerror.UntranslatableCharacter, "unsupported Unicode escape sequence").
			WithDetail("\\u0000 cannot be converted to text."))
	}
	l.value = utf8.AppendRune(l.value, r)
	return i, nil
}

// detail fills the token's text into a format.
func (l *JSONLexer) detail(format string) string {
	return strings.Replace(format, "%s", l.Text[l.Start:l.End], 1)
}

func (l *JSONLexer) fail(detail string) error {
	e := pgerror.New(pgerror.InvalidTextRepresentation, "invalid input syntax for type json")
	e.Detail = detail
	return l.failWith(e)
}

// failWith adds the context: the end of the line up to the token.
func (l *JSONLexer) failWith(e *pgerror.Error) error {
	start := l.lineStart
	for l.End-start >= 50 {
		start += max(charSize(l.Text[start:]), 1)
	}
	if start-l.lineStart <= 3 {
		start = l.lineStart
	}
	prefix, suffix := "", ""
	if start > l.lineStart {
		prefix = "..."
	}
	if l.Token != JSONEnd && l.End < len(l.Text) && l.Text[l.End] != '\n' && l.Text[l.End] != '\r' {
		suffix = "..."
	}
	e.Where = fmt.Sprintf("JSON data, line %d: %s%s%s", l.line, prefix, l.Text[min(start, l.End):l.End], suffix)
	return e
}

// Unexpected is the error of a token that cannot stand where it does; wanted is what could: `JSON value`, `","`.
func (l *JSONLexer) Unexpected(wanted string) error {
	if l.Token == JSONEnd {
		return l.fail("The input string ended unexpectedly.")
	}
	return l.fail("Expected " + wanted + ", but found \"" + l.Text[l.Start:l.End] + "\".")
}

func jsonTooDeep() error {
	return pgerror.New(pgerror.StatementTooComplex, "stack depth limit exceeded").
		WithHint("Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the platform's stack depth limit is adequate.")
}

// ValidateJSON tells whether s is what type json accepts.
func ValidateJSON(s string) error {
	p := jsonParser{l: JSONLexer{Text: s, line: 1}}
	return p.parse()
}

// UniqueJSON tells whether s is what type json accepts, without an object that has a key twice.
func UniqueJSON(s string) bool {
	p := jsonParser{l: JSONLexer{Text: s, line: 1, unescape: true}, unique: true}
	return p.parse() == nil
}

var errRepeatedKey = errors.New("a key is repeated")

// jsonParser walks json text; with a builder it makes jsonb of it.
type jsonParser struct {
	l     JSONLexer
	build *jsonbBuilder
	depth int

	unique bool
	keys   map[string]struct{} // with unique, those of the innermost object
}

func (p *jsonParser) parse() error {
	if err := p.l.Next(); err != nil {
		return err
	}
	if err := p.value(); err != nil {
		return err
	}
	if p.l.Token != JSONEnd {
		return p.l.Unexpected("end of input")
	}
	return nil
}

func (p *jsonParser) value() error {
	switch p.l.Token {
	case JSONObjectStart:
		return p.nested(true)
	case JSONArrayStart:
		return p.nested(false)
	case JSONStringToken, JSONNumberToken, JSONTrueToken, JSONFalseToken, JSONNullToken:
		if p.build != nil {
			if err := p.build.scalar(&p.l); err != nil {
				return err
			}
		}
		return p.l.Next()
	}
	return p.l.Unexpected("JSON value")
}

func (p *jsonParser) nested(object bool) error {
	if p.depth++; p.depth > JSONDepthMax {
		return jsonTooDeep()
	}
	if err := p.l.Next(); err != nil {
		return err
	}
	var err error
	if object {
		err = p.object()
	} else {
		err = p.array()
	}
	p.depth--
	if err != nil {
		return err
	}
	return p.l.Next()
}

func (p *jsonParser) array() error {
	if p.build != nil {
		p.build.open()
	}
	if p.l.Token != JSONArrayEnd {
		for {
			if err := p.value(); err != nil {
				return err
			}
			if p.build != nil {
				p.build.endElement()
			}
			if p.l.Token != JSONComma {
				break
			}
			if err := p.l.Next(); err != nil {
				return err
			}
		}
	}
	if p.l.Token != JSONArrayEnd {
		return p.l.Unexpected(`"," or "]"`)
	}
	if p.build != nil {
		p.build.closeArray()
	}
	return nil
}

func (p *jsonParser) object() error {
	if p.build != nil {
		p.build.open()
	}
	if p.unique {
		outer := p.keys
		defer func() { p.keys = outer }()
		p.keys = map[string]struct{}{}
	}
	if p.l.Token != JSONObjectEnd {
		for wanted := `string or "}"`; ; wanted = "string" {
			if p.l.Token != JSONStringToken {
				return p.l.Unexpected(wanted)
			}
			if err := p.pair(); err != nil {
				return err
			}
			if p.l.Token != JSONComma {
				break
			}
			if err := p.l.Next(); err != nil {
				return err
			}
		}
	}
	if p.l.Token != JSONObjectEnd {
		return p.l.Unexpected(`"," or "}"`)
	}
	if p.build != nil {
		p.build.closeObject()
	}
	return nil
}

func (p *jsonParser) pair() error {
	if p.build != nil {
		p.build.key(p.l.Str())
	}
	if p.unique {
		key := strings.Clone(p.l.Str())
		if _, again := p.keys[key]; again {
			return errRepeatedKey
		}
		p.keys[key] = struct{}{}
	}
	if err := p.l.Next(); err != nil {
		return err
	}
	if p.l.Token != JSONColon {
		return p.l.Unexpected(`":"`)
	}
	if err := p.l.Next(); err != nil {
		return err
	}
	if err := p.value(); err != nil {
		return err
	}
	if p.build != nil {
		p.build.endPair()
	}
	return nil
}

// AppendJSONString writes s as a json string.
func AppendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', '0'+c>>4, "0123456789abcdef"[c&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}
