package expr

import (
	"slices"
	"unicode/utf8"
)

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
