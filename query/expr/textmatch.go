package expr

import (
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// matchVector tells whether a query is true of a vector. Operators of phrases look at places; a vector without places matches no phrase.
func matchVector(vector, query datum) bool {
	q := sqltypes.QueryOf(query)
	if q == nil {
		return false
	}
	list := sqltypes.Lexemes(vector)
	return matches(q, func(n *tsQuery) ([]int, bool, bool) { return placesOf(n, list) })
}

// finder tells where the words are that an operand asks for, whether there is one, and whether the places of all of them are known.
type finder func(q *tsQuery) (places []int, found, known bool)

func matches(q *tsQuery, find finder) bool {
	switch q.Op {
	case '!':
		return !matches(q.Left, find)
	case '&':
		return matches(q.Left, find) && matches(q.Right, find)
	case '|':
		return matches(q.Left, find) || matches(q.Right, find)
	case '<':
		_, ok := phrase(q, find)
		return ok
	}
	_, found, _ := find(q)
	return found
}

// placesOf finds in the words of a vector.
func placesOf(q *tsQuery, list []lexeme) (places []int, found, known bool) {
	known = true
	for _, l := range list {
		if l.Word != q.Word && !(q.Prefix && strings.HasPrefix(l.Word, q.Word)) {
			continue
		}
		if len(l.Positions) == 0 {
			known, found = false, true // its weight is not known either
			continue
		}
		for _, p := range l.Positions {
			if q.Weights == 0 || q.Weights>>p.Weight&1 != 0 {
				places, found = append(places, p.At), true
			}
		}
	}
	slices.Sort(places)
	return slices.Compact(places), found, known
}

// phraseMatch is where parts of a phrase end: at the places, or, negated, everywhere else; width is how far back they begin.
type phraseMatch struct {
	places  []int
	negated bool
	width   int
}

// phrase evaluates a part of a phrase; false when it matches nowhere.
func phrase(q *tsQuery, find finder) (m phraseMatch, ok bool) {
	switch q.Op {
	case 0:
		places, _, known := find(q)
		m.places = places
		return m, known && len(places) > 0
	case '!':
		inner, ok := phrase(q.Left, find)
		switch {
		case !ok:
			return phraseMatch{negated: true}, true
		case len(inner.places) > 0:
			inner.negated = !inner.negated
			return inner, true
		}
		return phraseMatch{}, !inner.negated // negated everywhere: nowhere
	}
	left, okLeft := phrase(q.Left, find)
	right, okRight := phrase(q.Right, find)
	if q.Op == '|' {
		if !okLeft && !okRight {
			return m, false
		}
		if !okLeft {
			return right, true
		}
		if !okRight {
			return left, true
		}
	} else if !okLeft || !okRight {
		return m, false
	}
	var shiftLeft, shiftRight int
	if q.Op == '<' {
		shiftLeft = q.Distance + right.width
		m.width = q.Distance + left.width + right.width
	} else {
		m.width = max(left.width, right.width)
		shiftLeft, shiftRight = m.width-left.width, m.width-right.width
	}
	onlyLeft, both, onlyRight := split3(left.places, right.places, shiftLeft, shiftRight)
	all := slices.Sorted(slices.Values(slices.Concat(onlyLeft, both, onlyRight)))
	switch {
	case q.Op == '|' && left.negated && right.negated:
		m.places, m.negated = both, true
	case q.Op == '|' && left.negated:
		m.places, m.negated = onlyLeft, true
	case q.Op == '|' && right.negated:
		m.places, m.negated = onlyRight, true
	case q.Op == '|':
		m.places = all
	case left.negated && right.negated:
		m.places, m.negated = all, true
	case left.negated:
		m.places = onlyRight
	case right.negated:
		m.places = onlyLeft
	default:
		m.places = both
	}
	return m, len(m.places) > 0 || m.negated
}

// split3 parts two sorted lists, each moved, into what is in one alone and what is in both.
func split3(a, b []int, shiftA, shiftB int) (onlyA, both, onlyB []int) {
	for i, k := 0, 0; i < len(a) || k < len(b); {
		switch {
		case k >= len(b) || i < len(a) && a[i]+shiftA < b[k]+shiftB:
			onlyA = append(onlyA, a[i]+shiftA)
			i++
		case i >= len(a) || a[i]+shiftA > b[k]+shiftB:
			onlyB = append(onlyB, b[k]+shiftB)
			k++
		default:
			both = append(both, a[i]+shiftA)
			i++
			k++
		}
	}
	return onlyA, both, onlyB
}
