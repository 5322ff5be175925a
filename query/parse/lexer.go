package parse

import (
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// identMax is the longest name in bytes; longer ones are cut.
const identMax = 63

// lexer cuts a text into tokens as PostgreSQL's scanner does with
// standard_conforming_strings on. After an error it must not be used again.
type lexer struct {
	src string
	pos int
	err *pgerror.Error
	cut []string // names that were longer than a name may be, as they were written
}

const (
	classSpace = 1 << iota
	classIdentStart
	classIdentCont
	classOp
	classDigit
	classSelf
)

var charClass = buildCharClass()

func buildCharClass() (table [256]uint8) {
	for _, c := range " \t\n\r\f\v" {
		table[c] |= classSpace
	}
	for c := 0; c < 256; c++ {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c >= 0x80:
			table[c] |= classIdentStart | classIdentCont
		case c >= '0' && c <= '9':
			table[c] |= classDigit | classIdentCont
		case c == '$':
			table[c] |= classIdentCont
		}
	}
	for _, c := range "~!@#^&|`?+-*/%<>=" {
		table[c] |= classOp
	}
	for _, c := range ",()[].;:+-*/%^<>=" {
		table[c] |= classSelf
	}
	return table
}

// at is the byte at offset i, 0 behind the end.
func (l *lexer) at(i int) byte {
	if i < len(l.src) {
		return l.src[i]
	}
	return 0
}

// fail records "message at or near text", the text being [start, end).
func (l *lexer) fail(message string, start, end int) token {
	return l.failWith(syntaxErrorNear(l.src, message, start, end), start, end)
}

func (l *lexer) failWith(err *pgerror.Error, start, end int) token {
	if l.err == nil {
		l.err = err
	}
	l.pos = len(l.src)
	return token{kind: tokError, start: int32(start), end: int32(end)}
}

// syntaxErrorNear makes the error PostgreSQL's parsers raise about a place.
func syntaxErrorNear(src, message string, start, end int) *pgerror.Error {
	if start >= len(src) {
		return pgerror.New(pgerror.SyntaxError, "%s at end of input", message).At(pgerror.Position(src, len(src)))
	}
	return pgerror.New(pgerror.SyntaxError, "%s at or near \"%s\"", message, src[start:end]).At(pgerror.Position(src, start))
}

// next returns the next token; at the end of the text it is tokEOF forever.
func (l *lexer) next() token {
	if bad, ok := l.skipBlanks(); !ok {
		return bad
	}
	start := l.pos
	if start >= len(l.src) {
		return token{kind: tokEOF, start: int32(len(l.src)), end: int32(len(l.src))}
	}
	c := l.src[start]
	switch class := charClass[c]; {
	case class&classIdentStart != 0:
		return l.word(start, c)
	case class&classDigit != 0:
		return l.number(start)
	case c == '\'':
		return l.quoted(start, start+1, tokString)
	case c == '"':
		return l.quotedIdent(start, start+1, tokIdent)
	case c == '$':
		return l.dollar(start)
	case c == '.':
		if charClass[l.at(start+1)]&classDigit != 0 {
			return l.number(start)
		}
		if l.at(start+1) == '.' {
			return l.emit(tokDotDot, start, start+2)
		}
		return l.emit('.', start, start+1)
	case c == ':':
		switch l.at(start + 1) {
		case ':':
			return l.emit(tokTypeCast, start, start+2)
		case '=':
			return l.emit(tokColonEquals, start, start+2)
		}
		return l.emit(':', start, start+1)
	case class&classOp != 0:
		return l.operator(start)
	default: // one of the self-standing characters, or one no rule accepts
		return l.emit(tok(c), start, start+1)
	}
}

func (l *lexer) emit(kind tok, start, end int) token {
	l.pos = end
	return token{kind: kind, start: int32(start), end: int32(end), val: l.src[start:end]}
}

// skipBlanks passes white space and comments.
func (l *lexer) skipBlanks() (token, bool) {
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch {
		case charClass[c]&classSpace != 0:
			l.pos++
		case c == '-' && l.at(l.pos+1) == '-':
			l.pos = l.lineEnd(l.pos)
		case c == '/' && l.at(l.pos+1) == '*':
			if bad, ok := l.blockComment(); !ok {
				return bad, false
			}
		default:
			return token{}, true
		}
	}
	return token{}, true
}

// lineEnd is the offset of the line break at or behind i.
func (l *lexer) lineEnd(i int) int {
	if n := strings.IndexAny(l.src[i:], "\n\r"); n >= 0 {
		return i + n
	}
	return len(l.src)
}

func (l *lexer) blockComment() (token, bool) {
	start, depth := l.pos, 0
	for i := l.pos; i < len(l.src); {
		switch {
		case l.src[i] == '/' && l.at(i+1) == '*':
			depth++
			i += 2
		case l.src[i] == '*' && l.at(i+1) == '/':
			depth--
			i += 2
			if depth == 0 {
				l.pos = i
				return token{}, true
			}
		default:
			i++
		}
	}
	return l.fail("unterminated /* comment", start, len(l.src)), false
}

// word lexes what starts with a letter: a name, a keyword, or a string with a
// letter in front of it.
func (l *lexer) word(start int, c byte) token {
	switch next := l.at(start + 1); {
	case next == '\'':
		switch c {
		case 'b', 'B':
			return l.bitString(start, tokBitString)
		case 'x', 'X':
			return l.bitString(start, tokHexString)
		case 'e', 'E':
			return l.escaped(start, start+2)
		case 'n', 'N':
			t := l.emit(kwNchar, start, start+1)
			t.val = "nchar"
			return t
		}
	case next == '&' && (c == 'u' || c == 'U'):
		switch l.at(start + 2) {
		case '\'':
			return l.quoted(start, start+3, tokUnicodeString)
		case '"':
			return l.quotedIdent(start, start+3, tokUnicodeIdent)
		}
	}
	end := start + 1
	lower := c < 'A' || c > 'Z'
	for end < len(l.src) && charClass[l.src[end]]&classIdentCont != 0 {
		if b := l.src[end]; b >= 'A' && b <= 'Z' {
			lower = false
		}
		end++
	}
	l.pos = end
	t := token{start: int32(start), end: int32(end)}
	if lower {
		t.val = l.src[start:end]
		t.kind = lookupKeyword(t.val)
	} else {
		t.kind, t.val = foldWord(l.src[start:end])
	}
	if t.kind == tokIdent {
		t.val = l.truncate(t.val)
	}
	return t
}

// foldWord lowers the ASCII letters of a word; for a keyword the table's own
// string is returned, so nothing is allocated.
func foldWord(word string) (tok, string) {
	var buf [identMax]byte
	if len(word) > len(buf) {
		return tokIdent, lowerASCII(word)
	}
	n := copy(buf[:], word)
	for i, b := range buf[:n] {
		if b >= 'A' && b <= 'Z' {
			buf[i] = b + 'a' - 'A'
		}
	}
	if kind := lookupKeyword(string(buf[:n])); kind != tokIdent {
		return kind, keywords[kind-tokKeywordFirst].word
	}
	return tokIdent, string(buf[:n])
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// truncate cuts a name that is too long, and remembers it.
func (l *lexer) truncate(s string) string {
	if len(s) > identMax {
		l.cut = append(l.cut, s)
	}
	return truncateIdent(s)
}

// truncateIdent cuts a name to identMax bytes without splitting a character.
func truncateIdent(s string) string {
	if len(s) <= identMax {
		return s
	}
	n := identMax
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func (l *lexer) quotedIdent(start, open int, kind tok) token {
	i := open
	for {
		n := strings.IndexByte(l.src[i:], '"')
		if n < 0 {
			return l.fail("unterminated quoted identifier", start, len(l.src))
		}
		i += n
		if l.at(i+1) != '"' {
			break
		}
		i += 2
	}
	val := l.src[open:i]
	if val == "" {
		return l.fail("zero-length delimited identifier", start, i+1)
	}
	if strings.Contains(val, `""`) {
		val = strings.ReplaceAll(val, `""`, `"`)
	}
	if kind == tokIdent {
		val = l.truncate(val)
	}
	l.pos = i + 1
	return token{kind: kind, start: int32(start), end: int32(i + 1), val: val}
}

// quoted lexes a string without backslash escapes whose contents start at
// open, joined with its continuations on later lines.
func (l *lexer) quoted(start, open int, kind tok) token {
	var joined []byte
	doubled := false
	i := open
	for {
		n := strings.IndexByte(l.src[i:], '\'')
		if n < 0 {
			return l.fail("unterminated quoted string", start, len(l.src))
		}
		i += n
		if l.at(i+1) == '\'' {
			doubled = true
			i += 2
			continue
		}
		again, ok := l.continuation(i + 1)
		if !ok {
			break
		}
		joined = append(joined, l.src[open:i]...)
		open, i = again, again
	}
	val := l.src[open:i]
	if joined != nil {
		val = string(append(joined, val...))
	}
	if doubled {
		val = strings.ReplaceAll(val, "''", "'")
	}
	l.pos = i + 1
	return token{kind: kind, start: int32(start), end: int32(i + 1), val: val}
}

// continuation looks behind a closing quote for white space with a line break
// and another quote; it returns the offset behind that quote.
func (l *lexer) continuation(i int) (int, bool) {
	newline := false
	for i < len(l.src) {
		c := l.src[i]
		switch {
		case c == '\n' || c == '\r':
			newline = true
			i++
		case charClass[c]&classSpace != 0:
			i++
		case c == '-' && l.at(i+1) == '-':
			// A comment must end in a line break to be part of the white space.
			if i = l.lineEnd(i); i == len(l.src) {
				return 0, false
			}
		case c == '\'' && newline:
			return i + 1, true
		default:
			return 0, false
		}
	}
	return 0, false
}

func (l *lexer) bitString(start int, kind tok) token {
	what := "unterminated bit string literal"
	if kind == tokHexString {
		what = "unterminated hexadecimal string literal"
	}
	var joined string
	open := start + 2
	for {
		n := strings.IndexByte(l.src[open:], '\'')
		if n < 0 {
			return l.fail(what, start, len(l.src))
		}
		joined += l.src[open : open+n]
		again, ok := l.continuation(open + n + 1)
		if !ok {
			l.pos = open + n + 1
			return token{kind: kind, start: int32(start), end: int32(l.pos), val: joined}
		}
		open = again
	}
}

// dollar lexes a parameter or a dollar-quoted string.
func (l *lexer) dollar(start int) token {
	i := start + 1
	if charClass[l.at(i)]&classDigit != 0 {
		for charClass[l.at(i)]&classDigit != 0 {
			i++
		}
		if charClass[l.at(i)]&classIdentStart != 0 {
			return l.fail("trailing junk after parameter", start, l.identEnd(i))
		}
		return l.emit(tokParam, start, i)
	}
	if charClass[l.at(i)]&classIdentStart != 0 {
		for i++; i < len(l.src) && l.src[i] != '$' && charClass[l.src[i]]&classIdentCont != 0; {
			i++
		}
	}
	if l.at(i) != '$' {
		return l.emit('$', start, start+1)
	}
	tag := l.src[start : i+1]
	n := strings.Index(l.src[i+1:], tag)
	if n < 0 {
		return l.fail("unterminated dollar-quoted string", start, len(l.src))
	}
	open := i + 1
	l.pos = open + n + len(tag)
	return token{kind: tokString, start: int32(start), end: int32(l.pos), val: l.src[open : open+n]}
}

func (l *lexer) identEnd(i int) int {
	for i < len(l.src) && charClass[l.src[i]]&classIdentCont != 0 {
		i++
	}
	return i
}

// operator lexes an operator by PostgreSQL's rules: it ends where a comment
// starts, and a trailing + or - belongs to it only if it has one of the
// characters that cannot appear in SQL's own operators.
func (l *lexer) operator(start int) token {
	end := start
	special := false
	for end < len(l.src) && charClass[l.src[end]]&classOp != 0 {
		c := l.src[end]
		if n := l.at(end + 1); c == '-' && n == '-' || c == '/' && n == '*' {
			break
		}
		if strings.IndexByte("~!@#^&|`?%", c) >= 0 {
			special = true
		}
		end++
	}
	if !special {
		for end > start+1 && (l.src[end-1] == '+' || l.src[end-1] == '-') {
			end--
		}
	}
	switch end - start {
	case 1:
		if charClass[l.src[start]]&classSelf != 0 {
			return l.emit(tok(l.src[start]), start, end)
		}
	case 2:
		switch l.src[start:end] {
		case "=>":
			return l.emit(tokEqualsGreater, start, end)
		case ">=":
			return l.emit(tokGreaterEquals, start, end)
		case "<=":
			return l.emit(tokLessEquals, start, end)
		case "<>":
			return l.emit(tokNotEquals, start, end)
		case "!=":
			t := l.emit(tokNotEquals, start, end)
			t.val = "<>"
			return t
		}
	}
	if end-start > identMax {
		return l.fail("operator too long", start, end)
	}
	return l.emit(tokOp, start, end)
}
