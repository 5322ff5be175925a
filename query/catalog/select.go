package catalog

import "github.com/opendsql/opendsql/internal/sqltypes"

// candidate is a function or operator that may be meant.
type candidate struct {
	proc      *Proc
	operator  *Operator
	args      []OID // declared type for each argument of the call, then those of defaulted parameters
	order     []int // named notation: the parameter of each entry of args; nil when it is the identity
	pathPlace int
	variadic  int  // how many arguments a variadic parameter takes, 0 when it is not spread out
	spread    bool // the same for VARIADIC "any" too
	defaults  int
	ambiguous bool // several functions that cannot be told apart
}

// matching keeps the candidates that accept the arguments by implicit conversions.
func (s *Snapshot) matching(types []OID, candidates []*candidate) []*candidate {
	var kept []*candidate
	for _, c := range candidates {
		if s.CanCoerce(types, c.args[:len(types)], Implicit) {
			kept = append(kept, c)
		}
	}
	return kept
}

// best chooses among several matching candidates, nil when none is better than all others. The rules are those of chapter "Type Conversion": the
// most exact matches, the most preferred types, then what untyped literals are most likely to be.
func (s *Snapshot) best(types []OID, candidates []*candidate) *candidate {
	input := make([]OID, len(types))
	categories := make([]byte, len(types))
	unknowns := 0
	for i, t := range types {
		input[i] = t
		if t == sqltypes.UnknownOID {
			unknowns++
			continue
		}
		input[i] = s.BaseType(t)
		categories[i], _ = s.Category(input[i])
	}
	candidates = mostMatches(candidates, func(c *candidate) (n int) {
		for i, t := range input {
			if t != sqltypes.UnknownOID && c.args[i] == t {
				n++
			}
		}
		return n
	})
	if len(candidates) == 1 {
		return candidates[0]
	}
	candidates = mostMatches(candidates, func(c *candidate) (n int) {
		for i, t := range input {
			if t != sqltypes.UnknownOID && (c.args[i] == t || s.isPreferred(categories[i], c.args[i])) {
				n++
			}
		}
		return n
	})
	if len(candidates) == 1 {
		return candidates[0]
	}
	if unknowns == 0 {
		return nil
	}
	candidates = s.guessUnknowns(input, candidates)
	if len(candidates) == 1 {
		return candidates[0]
	}
	if unknowns < len(input) {
		return s.assumeSameType(input, candidates)
	}
	return nil
}

// mostMatches keeps the candidates with the highest count.
func mostMatches(candidates []*candidate, count func(*candidate) int) []*candidate {
	var kept []*candidate
	most := 0
	for _, c := range candidates {
		switch n := count(c); {
		case n > most || len(kept) == 0:
			kept, most = append(kept[:0:0], c), n
		case n == most:
			kept = append(kept, c)
		}
	}
	return kept
}

// guessUnknowns keeps the candidates whose parameters for untyped literals are of the category that all candidates agree on, or of strings when any
// candidate takes one; among those, the preferred types when there are any. When that leaves nothing, all stay.
func (s *Snapshot) guessUnknowns(input []OID, candidates []*candidate) []*candidate {
	categories := make([]byte, len(input))
	preferred := make([]bool, len(input))
	for i, t := range input {
		if t != sqltypes.UnknownOID {
			continue
		}
		conflict := false
		for k, c := range candidates {
			category, isPreferred := s.Category(c.args[i])
			switch {
			case k == 0:
				categories[i], preferred[i] = category, isPreferred
			case category == categories[i]:
				preferred[i] = preferred[i] || isPreferred
			case category == categoryString:
				categories[i], preferred[i] = category, isPreferred
			default:
				conflict = true
			}
		}
		if conflict && categories[i] != categoryString {
			return candidates
		}
	}
	var kept []*candidate
	for _, c := range candidates {
		keep := true
		for i, t := range input {
			if t != sqltypes.UnknownOID {
				continue
			}
			category, isPreferred := s.Category(c.args[i])
			if category != categories[i] || preferred[i] && !isPreferred {
				keep = false
			}
		}
		if keep {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return candidates
	}
	return kept
}

// assumeSameType takes untyped literals to be of the one type that all other arguments have, and returns the only candidate that accepts that.
func (s *Snapshot) assumeSameType(input []OID, candidates []*candidate) *candidate {
	known := OID(0)
	for _, t := range input {
		if t == sqltypes.UnknownOID {
			continue
		}
		if known != 0 && known != t {
			return nil
		}
		known = t
	}
	same := make([]OID, len(input))
	for i := range same {
		same[i] = known
	}
	if kept := s.matching(same, candidates); len(kept) == 1 {
		return kept[0]
	}
	return nil
}
