package parse

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// escaped lexes E'…', whose contents start at open.
func (l *lexer) escaped(start, open int) token {
	var out []byte // nil as long as the value is a piece of the source
	checked := false
	piece := open
	for i := open; i < len(l.src); {
		switch c := l.src[i]; {
		case c == '\'' && l.at(i+1) == '\'':
			out = append(append(out, l.src[piece:i]...), '\'')
			i += 2
			piece = i
		case c == '\'':
			out = append(out, l.src[piece:i]...)
			again, ok := l.continuation(i + 1)
			if ok {
				i, piece = again, again
				continue
			}
			if checked {
				if bad := invalidUTF8(out); bad != "" {
					return l.failWith(pgerror.New(pgerror.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": %s", bad), start, i+1)
				}
			}
			l.pos = i + 1
			return token{kind: tokString, start: int32(start), end: int32(i + 1), val: string(out)}
		case c == '\\':
			out = append(out, l.src[piece:i]...)
			e, bad := l.escape(i)
			if bad.kind == tokError {
				return bad
			}
			out = append(out, e.text...)
			checked = checked || e.unchecked
			i += e.length
			piece = i
		default:
			i++
		}
	}
	return l.fail("unterminated quoted string", start, len(l.src))
}

// escapeValue is a decoded backslash escape; unchecked bytes may break UTF-8.
type escapeValue struct {
	text      string
	length    int
	unchecked bool
}

func (l *lexer) escape(i int) (escapeValue, token) {
	c := l.at(i + 1)
	switch {
	case i+1 >= len(l.src):
		return escapeValue{text: `\`, length: 1}, token{}
	case c >= '0' && c <= '7':
		n := 1
		for n < 3 && isDigit(l.at(i+1+n), 8) {
			n++
		}
		v, _ := strconv.ParseUint(l.src[i+1:i+1+n], 8, 16)
		return byteEscape(byte(v), n+1), token{}
	case c == 'x' && isDigit(l.at(i+2), 16):
		n := 1
		if isDigit(l.at(i+3), 16) {
			n = 2
		}
		v, _ := strconv.ParseUint(l.src[i+2:i+2+n], 16, 8)
		return byteEscape(byte(v), n+2), token{}
	case c == 'u' || c == 'U':
		return l.unicodeEscape(i)
	}
	if n := strings.IndexByte("bfnrt", c); n >= 0 {
		return escapeValue{text: "\b\f\n\r\t"[n : n+1], length: 2}, token{}
	}
	_, size := utf8.DecodeRuneInString(l.src[i+1:])
	return escapeValue{text: l.src[i+1 : i+1+size], length: 1 + size}, token{}
}

func byteEscape(b byte, length int) escapeValue {
	return escapeValue{text: string([]byte{b}), length: length, unchecked: b == 0 || b >= 0x80}
}

// unicodeEscape decodes \uXXXX or \UXXXXXXXX at i, and the second one of a
// surrogate pair.
func (l *lexer) unicodeEscape(i int) (escapeValue, token) {
	v, end, bad := l.unicodeUnit(i)
	if bad.kind == tokError {
		return escapeValue{}, bad
	}
	const pair = "invalid Unicode surrogate pair"
	switch {
	case v >= 0xD800 && v < 0xDC00:
		if l.at(end) != '\\' || l.at(end+1) != 'u' && l.at(end+1) != 'U' {
			if end >= len(l.src) {
				return escapeValue{}, l.fail(pair, end, end)
			}
			return escapeValue{}, l.fail(pair, end, end+1)
		}
		low, lowEnd, bad := l.unicodeUnit(end)
		if bad.kind == tokError {
			return escapeValue{}, bad
		}
		if low < 0xDC00 || low > 0xDFFF {
			return escapeValue{}, l.fail(pair, end, lowEnd)
		}
		r := (v-0xD800)<<10 + (low - 0xDC00) + 0x10000
		return escapeValue{text: string(rune(r)), length: lowEnd - i}, token{}
	case v >= 0xDC00 && v <= 0xDFFF:
		return escapeValue{}, l.fail(pair, i, end)
	case v == 0 || v > utf8.MaxRune:
		return escapeValue{}, l.fail("invalid Unicode escape value", i, end)
	}
	return escapeValue{text: string(rune(v)), length: end - i}, token{}
}

func (l *lexer) unicodeUnit(i int) (value uint32, end int, bad token) {
	digits := 4
	if l.at(i+1) == 'U' {
		digits = 8
	}
	end = i + 2
	for end < i+2+digits && isDigit(l.at(end), 16) {
		end++
	}
	if end < i+2+digits {
		return 0, 0, l.failWith(pgerror.New(pgerror.InvalidEscapeSequence, "invalid Unicode escape").
			WithHint(`Unicode escapes must be \uXXXX or \UXXXXXXXX.`).
			At(pgerror.Position(l.src, i)), i, end)
	}
	v, _ := strconv.ParseUint(l.src[i+2:end], 16, 32)
	return uint32(v), end, token{}
}

// invalidUTF8 names the first bytes of b that PostgreSQL rejects, in its
// notation; it returns "" when there are none.
func invalidUTF8(b []byte) string {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if b[i] != 0 && (r != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		n := 1
		switch c := b[i]; {
		case c&0xE0 == 0xC0:
			n = 2
		case c&0xF0 == 0xE0:
			n = 3
		case c&0xF8 == 0xF0:
			n = 4
		}
		var text strings.Builder
		for j := i; j < i+n && j < len(b); j++ {
			if j > i {
				text.WriteByte(' ')
			}
			fmt.Fprintf(&text, "0x%02x", b[j])
		}
		return text.String()
	}
	return ""
}

// decodeUnicode resolves the escapes of a U&'…' or U&"…" token whose contents
// are val; escape is the escape character.
func decodeUnicode(src string, t token, escape byte) (string, *pgerror.Error) {
	val := t.val
	if strings.IndexByte(val, escape) < 0 {
		return val, nil
	}
	var out []byte
	high := uint32(0)
	fail := func(i int, message, hint string) (string, *pgerror.Error) {
		e := pgerror.New(pgerror.SyntaxError, "%s", message).At(pgerror.Position(src, int(t.start)+3) + utf8.RuneCountInString(val[:i]))
		e.Hint = hint
		return "", e
	}
	const pair = "invalid Unicode surrogate pair"
	for i := 0; i < len(val); {
		if val[i] != escape {
			if high != 0 {
				return fail(i, pair, "")
			}
			out = append(out, val[i])
			i++
			continue
		}
		if i+1 < len(val) && val[i+1] == escape {
			if high != 0 {
				return fail(i, pair, "")
			}
			out = append(out, escape)
			i += 2
			continue
		}
		digits, skip := 4, 1
		if i+1 < len(val) && val[i+1] == '+' {
			digits, skip = 6, 2
		}
		n := 0
		for n < digits && i+skip+n < len(val) && isDigit(val[i+skip+n], 16) {
			n++
		}
		if n < digits {
			return fail(i, "invalid Unicode escape", `Unicode escapes must be \XXXX or \+XXXXXX.`)
		}
		v64, _ := strconv.ParseUint(val[i+skip:i+skip+n], 16, 32)
		v := uint32(v64)
		if v == 0 || v > utf8.MaxRune {
			return fail(i, "invalid Unicode escape value", "")
		}
		low := v >= 0xDC00 && v <= 0xDFFF
		if low != (high != 0) {
			return fail(i, pair, "")
		}
		switch {
		case low:
			out = utf8.AppendRune(out, rune((high-0xD800)<<10+(v-0xDC00)+0x10000))
			high = 0
		case v >= 0xD800 && v < 0xDC00:
			high = v
		default:
			out = utf8.AppendRune(out, rune(v))
		}
		i += skip + n
	}
	if high != 0 {
		return fail(len(val), pair, "")
	}
	return string(out), nil
}
