package main

import (
	"math/rand/v2"
	"strings"
)

// generator writes random sentences of the grammar.
type generator struct {
	g      *grammar
	rnd    *rand.Rand
	height []int // of the lowest derivation of each symbol
	used   []int // how often each rule was used
	skip   map[int]bool
}

func newGenerator(g *grammar, seed uint64) *generator {
	x := &generator{g: g, rnd: rand.New(rand.NewPCG(seed, 1)), used: make([]int, len(g.lhs))}
	x.skip = map[int]bool{}
	for r := range g.lhs {
		for _, s := range g.rhs[r] {
			switch g.names[s] {
			case "PARAM":
				// The library lets a parameter stand where PostgreSQL wants a
				// constant; PostgreSQL's own uses are c_expr's.
				if g.names[g.lhs[r]] != "c_expr" {
					x.skip[r] = true
				}
			case "error", "MODE_TYPE_NAME", "MODE_PLPGSQL_EXPR", "MODE_PLPGSQL_ASSIGN1", "MODE_PLPGSQL_ASSIGN2", "MODE_PLPGSQL_ASSIGN3":
				x.skip[r] = true
			}
		}
	}
	x.measure()
	return x
}

const far = 1 << 20

func (x *generator) measure() {
	x.height = make([]int, len(x.g.names))
	for i := range x.height {
		if i >= x.g.tokens {
			x.height[i] = far
		}
	}
	for changed := true; changed; {
		changed = false
		for r, l := range x.g.lhs {
			if x.skip[r] {
				continue
			}
			if h := x.ruleHeight(r) + 1; h < x.height[l] {
				x.height[l], changed = h, true
			}
		}
	}
}

func (x *generator) ruleHeight(r int) int {
	h := 0
	for _, s := range x.g.rhs[r] {
		h = max(h, x.height[s])
	}
	return h
}

// sentence derives a statement from the symbol, using the least used rules
// first, so that all of them come up.
func (x *generator) sentence(symbol int, depth int) []string {
	var out []string
	x.derive(symbol, depth, &out)
	return out
}

func (x *generator) derive(symbol, depth int, out *[]string) {
	if symbol < x.g.tokens {
		*out = append(*out, x.token(x.g.names[symbol]))
		return
	}
	var fit []int
	best := far
	for _, r := range x.g.byLHS[symbol] {
		if x.skip[r] {
			continue
		}
		h := x.ruleHeight(r)
		if h <= depth {
			fit = append(fit, r)
		}
		best = min(best, h)
	}
	if fit == nil {
		for _, r := range x.g.byLHS[symbol] {
			if !x.skip[r] && x.ruleHeight(r) == best {
				fit = append(fit, r)
			}
		}
	}
	r := fit[x.rnd.IntN(len(fit))]
	for range 2 {
		if other := fit[x.rnd.IntN(len(fit))]; x.used[other] < x.used[r] {
			r = other
		}
	}
	x.used[r]++
	for _, s := range x.g.rhs[r] {
		x.derive(s, depth-1, out)
	}
}

func (x *generator) pick(options ...string) string { return options[x.rnd.IntN(len(options))] }

// token is a text for a token of the grammar.
func (x *generator) token(name string) string {
	switch name {
	case "IDENT":
		return x.pick("a", "b", "t", "Foo", `"Q x"`, "é", "nologin", "permissive", "list", "path", "modulus", "hash", "u")
	case "FCONST":
		return x.pick("1.5", ".5", "1e3", "99999999999", "0xFFFFFFFFFF", "12.")
	case "ICONST":
		return x.pick("1", "0", "42", "0x1F", "1_000", "2147483647")
	case "SCONST":
		return x.pick("'s'", "''", "'it''s'", "E'a\\n'", "$$d$$", "$x$y$x$", "U&'\\0041'")
	case "BCONST":
		return "B'101'"
	case "XCONST":
		return "X'1F'"
	case "USCONST":
		return "U&'x'"
	case "UIDENT":
		return `U&"x"`
	case "PARAM":
		return x.pick("$1", "$2")
	case "Op":
		return x.pick("||", "~", "@>", "!~", "->>", "<->", "?", "@-")
	case "TYPECAST":
		return "::"
	case "DOT_DOT":
		return ".."
	case "COLON_EQUALS":
		return ":="
	case "EQUALS_GREATER":
		return "=>"
	case "LESS_EQUALS":
		return "<="
	case "GREATER_EQUALS":
		return ">="
	case "NOT_EQUALS":
		return x.pick("<>", "!=")
	}
	if len(name) == 1 {
		return name
	}
	word := strings.TrimSuffix(strings.TrimSuffix(name, "_LA"), "_P")
	if x.rnd.IntN(3) == 0 {
		return strings.ToLower(word)
	}
	return word
}

// mutate changes a few tokens of a statement.
func (x *generator) mutate(tokens []string, other []string) []string {
	out := append([]string(nil), tokens...)
	for n := 1 + x.rnd.IntN(2); n > 0 && len(out) > 0; n-- {
		i := x.rnd.IntN(len(out))
		switch x.rnd.IntN(6) {
		case 0:
			out = append(out[:i], out[i+1:]...)
		case 1:
			out = append(out[:i], append([]string{out[i]}, out[i:]...)...)
		case 2:
			j := x.rnd.IntN(len(out))
			out[i], out[j] = out[j], out[i]
		case 3:
			out[i] = other[x.rnd.IntN(len(other))]
		case 4:
			out = append(out[:i], append([]string{other[x.rnd.IntN(len(other))]}, out[i:]...)...)
		case 5:
			out = out[:i]
		}
	}
	return out
}

// join writes tokens with blanks between them, sometimes with none where that
// keeps them apart, sometimes with a comment or a line break.
func (x *generator) join(tokens []string) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 {
			switch x.rnd.IntN(12) {
			case 0:
				if strings.ContainsAny(t[:1], "(),;[]") || strings.ContainsAny(tokens[i-1][len(tokens[i-1])-1:], "(),;[]") {
					break
				}
				b.WriteString("\n")
			case 1:
				b.WriteString(" /* é */ ")
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteString(t)
	}
	return b.String()
}

// scribble changes a few characters of a statement.
func (x *generator) scribble(sql string) string {
	out := []rune(sql)
	for n := 1 + x.rnd.IntN(3); n > 0 && len(out) > 0; n-- {
		i := x.rnd.IntN(len(out))
		bits := []string{"'", "\"", "$", "\\", "e'", "U&'", "x'", "--", "/*", "*/", "\n", "0", "_", ".", "1e", "0x", "+", "-", "@", "é", "", " ", "uescape '!'", "\\u00e9", "::", ":", "$1"}
		insert := []rune(bits[x.rnd.IntN(len(bits))])
		rest := append(insert, out[i+x.rnd.IntN(2):]...)
		out = append(out[:i:i], rest...)
	}
	return string(out)
}
