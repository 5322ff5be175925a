package iam

import (
	"strings"
	"unicode/utf8"
)

// Special runes of an expanded pattern; no text contains them.
const (
	anyText rune = -1 // *
	anyOne  rune = -2 // ?
)

// template is a text of a policy: literals, wildcards, and variables that the request fills in.
type template struct {
	pieces []piece
	fixed  []rune // the whole of it, when it has no variables
}

// piece is a run of literals and wildcards, or a variable.
type piece struct {
	text       []rune
	variable   string // lower case; empty: text counts
	fallback   string
	hasDefault bool
}

// newTemplate reads a text. Wildcards and variables are literal text where they are not wanted, and so is a variable without its end.
// ${*}, ${?} and ${$} stand for the character.
func newTemplate(text string, wildcards, variables bool) template {
	var t template
	var run []rune
	for rest := text; rest != ""; {
		if variables && strings.HasPrefix(rest, "${") {
			if end := variableEnd(rest); end > 0 {
				inner := rest[2 : end-1]
				rest = rest[end:]
				if inner == "*" || inner == "?" || inner == "$" {
					run = append(run, rune(inner[0]))
					continue
				}
				if run != nil {
					t.pieces = append(t.pieces, piece{text: run})
					run = nil
				}
				t.pieces = append(t.pieces, newVariable(inner))
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
		switch {
		case wildcards && r == '*':
			r = anyText
		case wildcards && r == '?':
			r = anyOne
		}
		run = append(run, r)
	}
	if t.pieces == nil {
		t.fixed = run
		if run == nil {
			t.fixed = []rune{}
		}
		return t
	}
	if run != nil {
		t.pieces = append(t.pieces, piece{text: run})
	}
	return t
}

// variableEnd is where the variable at the start of text ends, behind its brace; 0 when it does not. A brace inside the default's quotes does not end it.
func variableEnd(text string) int {
	quoted := false
	for i := 2; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
		case c == '}' && !quoted:
			if i == 2 {
				return 0
			}
			return i + 1
		}
	}
	return 0
}

// newVariable reads "key" or "key, 'default'".
func newVariable(inner string) piece {
	key, rest, comma := strings.Cut(inner, ",")
	p := piece{variable: strings.ToLower(strings.TrimSpace(key))}
	if rest = strings.TrimSpace(rest); comma && len(rest) >= 2 && rest[0] == '\'' && rest[len(rest)-1] == '\'' {
		p.fallback, p.hasDefault = rest[1:len(rest)-1], true
	}
	return p
}

// expand fills the variables in. What they stand for is literal, wildcards too.
// ok is false when one of them has no single value and no default.
func (t template) expand(keys facts) (expanded []rune, ok bool) {
	if t.fixed != nil {
		return t.fixed, true
	}
	for _, p := range t.pieces {
		if p.variable == "" {
			expanded = append(expanded, p.text...)
			continue
		}
		switch values := keys[p.variable]; {
		case len(values) == 1:
			expanded = append(expanded, []rune(values[0])...)
		case p.hasDefault:
			expanded = append(expanded, []rune(p.fallback)...)
		default:
			return nil, false
		}
	}
	return expanded, true
}

// Match matches a pattern in which * is any text and ? any character. It takes
// time proportional to the product of the lengths at worst.
func Match(pattern, text string) bool {
	return match(newTemplate(pattern, true, false).fixed, []rune(text))
}

func match(pattern, text []rune) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == anyText:
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == anyOne || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == anyText {
		p++
	}
	return p == len(pattern)
}

// arnParts is how many parts an ARN has; the last one may contain colons.
const arnParts = 6

// splitARN cuts at the first five colons.
func splitARN(text []rune) ([][]rune, bool) {
	var parts [][]rune
	for len(parts) < arnParts-1 {
		at := indexRune(text, ':')
		if at < 0 {
			return nil, false
		}
		parts, text = append(parts, text[:at]), text[at+1:]
	}
	return append(parts, text), true
}

func indexRune(text []rune, r rune) int {
	for i, c := range text {
		if c == r {
			return i
		}
	}
	return -1
}

// matchARN matches part by part: no wildcard reaches beyond its colon, but in the last part.
func matchARN(pattern, text []rune) bool {
	p, ok := splitARN(pattern)
	if !ok {
		return len(pattern) == 1 && pattern[0] == anyText
	}
	t, ok := splitARN(text)
	if !ok || string(t[0]) != "arn" {
		return false
	}
	for i := range p {
		if !match(p[i], t[i]) {
			return false
		}
	}
	return true
}

// matchResource matches the pattern of a Resource element, whose wildcards may
// reach beyond a colon. Parts that an ARN lacks at its end match anything.
func matchResource(pattern, text []rune) bool {
	if match(pattern, text) {
		return true
	}
	colons := 0
	for _, r := range pattern {
		if r == ':' {
			colons++
		}
	}
	if colons >= arnParts-1 || len(pattern) < 4 || string(pattern[:4]) != "arn:" {
		return false
	}
	longer := append([]rune(nil), pattern...)
	for ; colons < arnParts-1; colons++ {
		longer = append(longer, ':', anyText)
	}
	return match(longer, text)
}
