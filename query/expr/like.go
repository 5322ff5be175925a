package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func likeFunctions() []entry {
	var out []entry
	add := func(source string, fold, not bool) {
		out = append(out, fn2(source, func(_ *Env, a, b datum) (datum, error) {
			text, pattern := a.Str(), b.Str()
			if fold {
				text, pattern = lowerASCII(text), lowerASCII(pattern)
			}
			ok, err := matchLike(text, pattern, true)
			return sqltypes.Bool(ok != not), err
		}))
	}
	for _, prefix := range []string{"text", "name"} {
		add(prefix+"like", false, false)
		add(prefix+"nlike", false, true)
		add(prefix+"iclike", true, false)
		add(prefix+"icnlike", true, true)
	}
	for source, not := range map[string]bool{"bytealike": false, "byteanlike": true} {
		out = append(out, fn2(source, func(_ *Env, a, b datum) (datum, error) {
			ok, err := matchLike(a.Str(), b.Str(), false)
			return sqltypes.Bool(ok != not), err
		}))
	}
	return append(out,
		fn2("like_escape", func(_ *Env, a, b datum) (datum, error) { return likeEscape(a.Str(), b.Str(), true) }),
		fn2("like_escape_bytea", func(_ *Env, a, b datum) (datum, error) { return likeEscape(a.Str(), b.Str(), false) }),
		fn2("similar_escape", func(_ *Env, a, b datum) (datum, error) {
			if a.IsNull() {
				return sqltypes.Null, nil
			}
			if b.IsNull() {
				b = sqltypes.String(`\`)
			}
			return similarToRegexp(a.Str(), b.Str())
		}),
		fn2("similar_to_escape_2", func(_ *Env, a, b datum) (datum, error) { return similarToRegexp(a.Str(), b.Str()) }),
		fn1("similar_to_escape_1", func(_ *Env, a datum) (datum, error) { return similarToRegexp(a.Str(), `\`) }),
	)
}

func likeEndsInEscape() error {
	return pgerror.New(pgerror.InvalidEscapeSequence, "LIKE pattern must not end with escape character")
}

// matchLike matches a whole text with a pattern of %, _ and \-escapes. It goes back only to the last %, so its time is bounded by the
// product of the lengths. chars tells whether _ takes a character or a byte.
func matchLike(s, pattern string, chars bool) (bool, error) {
	at, p := 0, 0
	star, mark := -1, 0
	for at < len(s) {
		if p < len(pattern) {
			switch c := pattern[p]; {
			case c == '%':
				star, mark = p, at
				p++
				if p == len(pattern) {
					return true, nil
				}
				continue
			case c == '_':
				n := 1
				if chars && s[at] >= utf8.RuneSelf {
					_, n = utf8.DecodeRuneInString(s[at:])
				}
				at += n
				p++
				continue
			case c == '\\':
				if p+1 == len(pattern) {
					return false, likeEndsInEscape()
				}
				if pattern[p+1] == s[at] {
					p += 2
					at++
					continue
				}
			case c == s[at]:
				p++
				at++
				continue
			}
		}
		if star < 0 {
			return false, nil
		}
		n := 1
		if chars && s[mark] >= utf8.RuneSelf {
			_, n = utf8.DecodeRuneInString(s[mark:])
		}
		mark += n
		at, p = mark, star+1
	}
	for p < len(pattern) && pattern[p] == '%' {
		p++
	}
	return p == len(pattern), nil
}

// likeEscape rewrites a pattern with another escape character to one with a backslash.
func likeEscape(pattern, escape string, chars bool) (datum, error) {
	size := len(escape)
	if chars {
		size = utf8.RuneCountInString(escape)
	}
	if size > 1 {
		return sqltypes.Null, invalidEscape()
	}
	if escape == `\` {
		return str(pattern)
	}
	if escape == "" {
		return str(strings.ReplaceAll(pattern, `\`, `\\`))
	}
	var out strings.Builder
	after := false
	for len(pattern) > 0 {
		switch {
		case strings.HasPrefix(pattern, escape) && !after:
			out.WriteByte('\\')
			after = true
			pattern = pattern[len(escape):]
			continue
		case pattern[0] == '\\' && !after:
			out.WriteString(`\\`)
		default:
			out.WriteByte(pattern[0])
		}
		after = false
		pattern = pattern[1:]
	}
	return str(out.String())
}

func invalidEscape() error {
	return pgerror.New(pgerror.InvalidEscapeSequence, "invalid escape string").WithHint("Escape string must be empty or one character.")
}

// similarToRegexp turns a pattern of SIMILAR TO, or of SUBSTRING(… SIMILAR …), into a regular expression.
func similarToRegexp(pattern, escape string) (datum, error) {
	if utf8.RuneCountInString(escape) > 1 {
		return sqltypes.Null, invalidEscape()
	}
	var out strings.Builder
	out.WriteString("^(?:")
	after, inClass := false, false
	quotes := 0
	for len(pattern) > 0 {
		c := pattern[0]
		_, n := utf8.DecodeRuneInString(pattern)
		char := pattern[:n]
		pattern = pattern[n:]
		switch {
		case after:
			if c == '"' && !inClass {
				switch quotes {
				case 0:
					out.WriteString("){1,1}?(")
				case 1:
					out.WriteString("){1,1}(?:")
				default:
					return sqltypes.Null, pgerror.New(pgerror.InvalidUseOfEscapeCharacter, "SQL regular expression may not contain more than two escape-double-quote separators")
				}
				quotes++
			} else if c == '\\' || n == 1 {
				out.WriteString(`\` + char)
			} else {
				out.WriteString(`\` + char)
			}
			after = false
		case escape != "" && char == escape:
			after = true
		case inClass:
			if c == '\\' {
				out.WriteByte('\\')
			}
			out.WriteString(char)
			if c == ']' {
				inClass = false
			}
		case c == '[':
			out.WriteByte('[')
			inClass = true
		case c == '%':
			out.WriteString(".*")
		case c == '_':
			out.WriteByte('.')
		case c == '(':
			out.WriteString("(?:")
		case c == '\\' || c == '.' || c == '^' || c == '$':
			out.WriteString(`\` + char)
		default:
			out.WriteString(char)
		}
	}
	out.WriteString(")$")
	return str(out.String())
}
