package parse

import (
	"strconv"
	"strings"
)

// digits passes digits of the base with single underscores between them (and,
// where lead is set, before the first). It returns i itself if there is none.
func (l *lexer) digits(i int, base byte, lead bool) int {
	end := i
	for {
		j := end
		if l.at(j) == '_' && (lead || end > i) {
			j++
		}
		if !isDigit(l.at(j), base) {
			return end
		}
		end = j + 1
	}
}

func isDigit(c, base byte) bool {
	switch base {
	case 16:
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
	default:
		return c >= '0' && c < '0'+base
	}
}

// number lexes a number. As in PostgreSQL's scanner the longest match wins: a
// part of a number directly followed by something like a name is one piece of
// junk if that is longer than the number.
func (l *lexer) number(start int) token {
	if l.src[start] == '0' {
		if base, name := numberBase(l.at(start + 1)); base != 0 {
			return l.prefixedInteger(start, base, name)
		}
	}
	junk := l.junkEnd(start)
	end := l.digits(start, 10, false)
	integer := true
	if l.at(end) == '.' && (end == start || l.at(end+1) != '.') {
		integer = false
		junk = max(junk, l.junkEnd(end+1))
		end = l.digits(end+1, 10, false)
	}
	if c := l.at(end); c == 'e' || c == 'E' {
		i := end + 1
		signed := l.at(i) == '+' || l.at(i) == '-'
		if signed {
			i++
		}
		switch e := l.digits(i, 10, false); {
		case e > i:
			integer, end = false, e
			junk = max(junk, l.junkEnd(i))
		case signed:
			junk = max(junk, i)
		}
	}
	switch {
	case junk > end:
		return l.fail(numberJunk, start, junk)
	case integer:
		return l.integer(start, end)
	}
	return l.emit(tokFloatConst, start, end)
}

const numberJunk = "trailing junk after numeric literal"

// junkEnd is where digits from i on and a name directly behind them end, 0 if
// no name follows.
func (l *lexer) junkEnd(i int) int {
	for charClass[l.at(i)]&classDigit != 0 {
		i++
	}
	if charClass[l.at(i)]&classIdentStart == 0 {
		return 0
	}
	return l.identEnd(i)
}

// prefixedInteger lexes 0x1F, 0o17 and 0b11.
func (l *lexer) prefixedInteger(start int, base byte, name string) token {
	end := l.digits(start+2, base, true)
	junk := l.identEnd(start + 2)
	switch {
	case end > start+2 && junk == end:
		return l.integer(start, end)
	case end == start+2 && (junk == end || junk == end+1 && l.src[end] == '_'):
		return l.fail("invalid "+name+" integer", start, junk)
	}
	return l.fail(numberJunk, start, junk)
}

func numberBase(c byte) (byte, string) {
	switch c {
	case 'x', 'X':
		return 16, "hexadecimal"
	case 'o', 'O':
		return 8, "octal"
	case 'b', 'B':
		return 2, "binary"
	}
	return 0, ""
}

func (l *lexer) integer(start, end int) token {
	t := l.emit(tokIntConst, start, end)
	if v, ok := parseInteger(t.val); !ok || v > 1<<31-1 {
		t.kind = tokFloatConst
	}
	return t
}

// parseInteger reads an integer literal that fits int64.
func parseInteger(text string) (int64, bool) {
	if len(text) < 19 {
		v := int64(0)
		plain := true
		for i := 0; i < len(text); i++ {
			if text[i] < '0' || text[i] > '9' {
				plain = false
				break
			}
			v = v*10 + int64(text[i]-'0')
		}
		if plain {
			return v, true
		}
	}
	v, ok := parseUnsigned(text)
	return int64(v), ok && v < 1<<63
}

// parseUnsigned reads an integer literal that fits uint64.
func parseUnsigned(text string) (uint64, bool) {
	base := 10
	if len(text) > 2 && text[0] == '0' {
		if b, _ := numberBase(text[1]); b != 0 {
			base, text = int(b), text[2:]
		}
	}
	v, err := strconv.ParseUint(strings.ReplaceAll(text, "_", ""), base, 64)
	return v, err == nil
}
