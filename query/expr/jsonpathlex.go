package expr

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// pathToken is a token of a jsonpath.
type pathToken struct {
	kind tokenKind
	text string // of names and strings their value, of keywords the word in small letters, of the others themselves
	name string // of keywords as they are written
	near string // what an error shows; "" is the end, and what comes right behind a name without a blank
}

type tokenKind byte

const (
	pathEnd tokenKind = iota
	pathName
	pathKeyword
	pathString
	pathVariable
	pathInteger
	pathNumeric
	pathSymbol
)

// pathKeywords are keywords in any letters, but for those that say true.
var pathKeywords = map[string]bool{
	"is": false, "to": false, "abs": false, "lax": false, "flag": false, "last": false, "null": true, "size": false, "true": true, "type": false, "with": false,
	"false": true, "floor": false, "double": false, "exists": false, "starts": false, "strict": false, "ceiling": false, "unknown": false, "datetime": false,
	"keyvalue": false, "like_regex": false,
}

// pathLexer takes a jsonpath apart. After an error there are only ends.
type pathLexer struct {
	src string
	at  int
	err error
}

func (l *pathLexer) fail(message, near string) pathToken {
	if near == "" {
		l.err = pgerror.New(pgerror.SyntaxError, "%s at end of jsonpath input", message)
	} else {
		l.err = pgerror.New(pgerror.SyntaxError, "%s at or near \"%s\" of jsonpath input", message, near)
	}
	return pathToken{}
}

const pathSpecial = `?%$.[]{}()|&!=<>@#,*:-+/`

// isPathOther tells a byte that names are made of: neither an operator nor a blank, a quote or a backslash.
func isPathOther(c byte) bool {
	return !isPathBlank(c) && c != '\\' && c != '"' && strings.IndexByte(pathSpecial, c) < 0
}

func isPathBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' && c != '\v' }

func (l *pathLexer) next() pathToken {
	for l.err == nil && l.at < len(l.src) {
		rest := l.src[l.at:]
		switch {
		case isPathBlank(rest[0]):
			l.at++
			continue
		case strings.HasPrefix(rest, "/*"):
			if !l.comment() {
				return pathToken{}
			}
			continue
		case rest[0] == '"':
			l.at++
			return l.quoted(pathString)
		case strings.HasPrefix(rest, `$"`):
			l.at += 2
			return l.quoted(pathVariable)
		case rest[0] == '$' && len(rest) > 1 && isPathOther(rest[1]):
			l.at++
			name := l.others()
			return pathToken{kind: pathVariable, text: name, near: "$" + name}
		case rest[0] == '\\':
			return l.word()
		}
		for _, op := range []string{"&&", "||", "**", "<=", "==", "<>", "!=", ">="} {
			if strings.HasPrefix(rest, op) {
				l.at += 2
				return pathToken{kind: pathSymbol, text: op, near: op}
			}
		}
		if rest[0] >= '0' && rest[0] <= '9' || rest[0] == '.' {
			if t, ok := l.number(); ok {
				return t
			}
		}
		if strings.IndexByte(pathSpecial, rest[0]) >= 0 {
			l.at++
			return pathToken{kind: pathSymbol, text: rest[:1], near: rest[:1]}
		}
		return l.word()
	}
	return pathToken{}
}

func (l *pathLexer) comment() bool {
	end := strings.Index(l.src[l.at+2:], "*/")
	if end < 0 {
		l.at = len(l.src)
		l.fail("unexpected end of comment", "")
		return false
	}
	l.at += end + 4
	return true
}

func (l *pathLexer) others() string {
	start := l.at
	for l.at < len(l.src) && isPathOther(l.src[l.at]) {
		l.at++
	}
	return l.src[start:l.at]
}

// number reads the longest that begins here, as flex does: a number, one with something wrong at its end, or a name that begins with digits.
func (l *pathLexer) number() (pathToken, bool) {
	rest := l.src[l.at:]
	integer := pathDigits(rest, "0123456789")
	if rest[0] == '0' {
		integer = 1
	}
	decimal := 0
	if integer < len(rest) && rest[integer] == '.' {
		if decimal = integer + 1 + pathDigits(rest[integer+1:], "0123456789"); decimal == 1 {
			decimal = 0 // a point alone
		}
	}
	mantissa := max(integer, decimal)
	if mantissa == 0 {
		return pathToken{}, false
	}
	real, broken := 0, 0
	if mantissa < len(rest) && rest[mantissa]|0x20 == 'e' {
		exponent := mantissa + 1
		if exponent < len(rest) && (rest[exponent] == '+' || rest[exponent] == '-') {
			exponent++
			broken = exponent
		}
		if n := pathDigits(rest[exponent:], "0123456789"); n > 0 {
			real = exponent + n
		}
	}
	based := 0
	if integer == 1 && rest[0] == '0' && len(rest) > 1 {
		digits := map[byte]string{'x': "0123456789abcdefABCDEF", 'o': "01234567", 'b': "01"}[rest[1]|0x20]
		if n := pathDigits(rest[2:], digits); n > 0 {
			based = 2 + n
		}
	}
	junk := func(n int) int {
		if n > 0 && n < len(rest) && isPathOther(rest[n]) {
			return n + 1
		}
		return 0
	}
	name := 0
	for name < len(rest) && isPathOther(rest[name]) {
		name++
	}
	best, which := 0, 0
	for i, n := range []int{real, decimal, integer, based, broken, junk(integer), junk(decimal), junk(real), name} {
		if n > best {
			best, which = n, i
		}
	}
	text := rest[:best]
	l.at += best
	switch which {
	case 0, 1:
		return pathToken{kind: pathNumeric, text: text, near: text}, true
	case 2, 3:
		return pathToken{kind: pathInteger, text: text, near: text}, true
	case 4:
		return l.fail("invalid numeric literal", text), true
	case 8:
		l.at -= best
		return l.word(), true
	}
	return l.fail("trailing junk after numeric literal", text), true
}

// pathDigits counts the bytes of a run of digits, which single underscores may part.
func pathDigits(s, digits string) int {
	n := 0
	for n < len(s) {
		switch {
		case strings.IndexByte(digits, s[n]) >= 0:
			n++
		case s[n] == '_' && n > 0 && n+1 < len(s) && strings.IndexByte(digits, s[n+1]) >= 0:
			n += 2
		default:
			return n
		}
	}
	return n
}

// word reads a name or a keyword. A comment right behind it swallows it, as it does in PostgreSQL.
func (l *pathLexer) word() pathToken {
	var text []byte
	t := pathToken{kind: pathName}
	for l.at < len(l.src) {
		c := l.src[l.at]
		if isPathBlank(c) {
			start := l.at
			for l.at < len(l.src) && isPathBlank(l.src[l.at]) {
				l.at++
			}
			t.near = l.src[start:l.at]
			break
		}
		if strings.HasPrefix(l.src[l.at:], "/*") {
			if !l.comment() {
				return pathToken{}
			}
			return l.next()
		}
		if c == '\\' {
			var ok bool
			if text, ok = l.escape(text); !ok {
				return pathToken{}
			}
			continue
		}
		if !isPathOther(c) {
			break
		}
		text = append(text, l.others()...)
	}
	t.text = string(text)
	lower := strings.ToLower(t.text)
	if exact, ok := pathKeywords[lower]; ok && (!exact || lower == t.text) {
		t.kind, t.name, t.text = pathKeyword, t.text, lower
	}
	return t
}

// quoted reads a string, behind its first quote.
func (l *pathLexer) quoted(kind tokenKind) pathToken {
	var text []byte
	for l.at < len(l.src) {
		switch c := l.src[l.at]; c {
		case '"':
			l.at++
			return pathToken{kind: kind, text: string(text), near: `"`}
		case '\\':
			var ok bool
			if text, ok = l.escape(text); !ok {
				return pathToken{}
			}
		default:
			text = append(text, c)
			l.at++
		}
	}
	return l.fail("unterminated quoted string", "")
}

// escape reads what begins with a backslash; escapes of UTF-16 that follow each other belong together.
func (l *pathLexer) escape(dst []byte) ([]byte, bool) {
	rest := l.src[l.at:]
	if len(rest) == 1 || rest[1] == '\n' {
		l.fail("unexpected end after backslash", `\`)
		return nil, false
	}
	switch c := rest[1]; c {
	case 'b', 'f', 'n', 'r', 't', 'v':
		l.at += 2
		return append(dst, "\b\f\n\r\t\v"[strings.IndexByte("bfnrtv", c)]), true
	case 'u':
		return l.unicode(dst)
	case 'x':
		n := hexDigits(rest[2:], 2)
		if n < 2 {
			l.fail("invalid hexadecimal character sequence", rest[:2+n])
			return nil, false
		}
		l.at += 4
		return l.rune(dst, rest[2:4])
	}
	_, n := utf8.DecodeRuneInString(rest[1:])
	l.at += 1 + n
	return append(dst, rest[1:1+n]...), true
}

func hexDigits(s string, most int) int {
	n := 0
	for n < min(most, len(s)) && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
		n++
	}
	return n
}

// unicode reads a run of \uXXXX and \u{X…}.
func (l *pathLexer) unicode(dst []byte) ([]byte, bool) {
	run := l.src[l.at:]
	high := rune(-1)
	for strings.HasPrefix(l.src[l.at:], `\u`) {
		rest := l.src[l.at:]
		most, from, after := 4, 2, 0
		if len(rest) > 2 && rest[2] == '{' {
			most, from, after = 6, 3, 1
		}
		n := hexDigits(rest[from:], most)
		digits := rest[from : from+n]
		ok := n == 4
		if after == 1 {
			ok = n > 0 && strings.HasPrefix(rest[from+n:], "}")
		}
		if !ok {
			l.fail("invalid Unicode escape sequence", run[:len(run)-len(rest)+from+n])
			return nil, false
		}
		l.at += from + n + after
		v, _ := strconv.ParseUint(digits, 16, 32)
		c := rune(v)
		switch {
		case c >= 0xd800 && c < 0xdc00:
			if high >= 0 {
				l.surrogate("Unicode high surrogate must not follow a high surrogate.")
				return nil, false
			}
			high = c
			continue
		case c >= 0xdc00 && c < 0xe000:
			if high < 0 {
				l.surrogate("Unicode low surrogate must follow a high surrogate.")
				return nil, false
			}
			c, high = utf16.DecodeRune(high, c), -1
			digits = strconv.FormatInt(int64(c), 16)
		case high >= 0:
			l.surrogate("Unicode low surrogate must follow a high surrogate.")
			return nil, false
		}
		var fine bool
		if dst, fine = l.rune(dst, digits); !fine {
			return nil, false
		}
	}
	if high >= 0 {
		l.surrogate("Unicode low surrogate must follow a high surrogate.")
		return nil, false
	}
	return dst, true
}

func (l *pathLexer) surrogate(detail string) {
	l.err = pgerror.New(pgerror.InvalidTextRepresentation, "invalid input syntax for type jsonpath").WithDetail("%s", detail)
}

func (l *pathLexer) rune(dst []byte, digits string) ([]byte, bool) {
	v, _ := strconv.ParseUint(digits, 16, 32)
	switch {
	case v == 0:
		l.err = pgerror.New(pgerror.UntranslatableCharacter, "unsupported Unicode escape sequence").WithDetail(`\u0000 cannot be converted to text.`)
		return nil, false
	case v > utf8.MaxRune:
		l.err = pgerror.New(pgerror.SyntaxError, "invalid Unicode code point")
		return nil, false
	}
	return utf8.AppendRune(dst, rune(v)), true
}
