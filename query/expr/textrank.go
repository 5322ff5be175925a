package expr

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// usualWeights are what a place of weight D, C, B and A counts.
var usualWeights = [4]float32{0.1, 0.2, 0.4, 1}

// How a rank is divided: by the document's length, or by other measures of it.
const (
	byLogLength = 1 << iota
	byLength
	byExtents
	byWords
	byLogWords
	byItselfPlusOne
)

// farthest is the distance of places that are not known.
const farthest = 1 << 14

// rankFunctions are ts_rank and ts_rank_cd with and without weights and a way to divide.
func rankFunctions() []entry {
	var out []entry
	for source, rank := range map[string]func(weights [4]float32, list []lexeme, q *tsQuery, method int64) float32{"ts_rank_": rankWords, "ts_rankcd_": rankCovers} {
		for _, form := range []string{"wttf", "wtt", "ttf", "tt"} {
			out = append(out, fnN(source+form, func(_ *Env, args []datum) (datum, error) {
				weights, method := usualWeights, int64(0)
				if form[0] == 'w' {
					var err error
					if weights, err = rankWeights(args[0]); err != nil {
						return sqltypes.Null, err
					}
					args = args[1:]
				}
				if len(args) > 2 {
					method = args[2].Int()
				}
				list, q := sqltypes.Lexemes(args[0]), sqltypes.QueryOf(args[1])
				if len(list) == 0 || q == nil {
					return sqltypes.Float(0), nil
				}
				return sqltypes.Float(float64(rank(weights, list, q, method))), nil
			}))
		}
	}
	return out
}

// rankWeights reads the weights of D, C, B and A; negative ones are the usual ones.
func rankWeights(d datum) (weights [4]float32, err error) {
	a := d.Array()
	switch {
	case len(a.Lengths) != 1:
		return weights, pgerror.New(pgerror.ArraySubscriptError, "array of weight must be one-dimensional")
	case len(a.Elements) < len(weights):
		return weights, pgerror.New(pgerror.ArraySubscriptError, "array of weight is too short")
	case slices.ContainsFunc(a.Elements, datum.IsNull):
		return weights, pgerror.New(pgerror.NullValueNotAllowed, "array of weight must not contain nulls")
	}
	for i := range weights {
		if weights[i] = float32(a.Elements[i].Float()); !(weights[i] >= 0) {
			weights[i] = usualWeights[i]
		}
		if weights[i] > 1 {
			return weights, pgerror.New(pgerror.InvalidParameterValue, "weight out of range")
		}
	}
	return weights, nil
}

// wordsFor are the words of a document that an operand asks for.
func wordsFor(q *tsQuery, list []lexeme) []lexeme {
	at, found := slices.BinarySearchFunc(list, q.Word, func(l lexeme, word string) int { return strings.Compare(l.Word, word) })
	end := at
	if found {
		end++
	}
	if q.Prefix {
		for end = at; end < len(list) && strings.HasPrefix(list[end].Word, q.Word); {
			end++
		}
	}
	return list[at:end]
}

// operandsOf are the different words of a query, in order.
func operandsOf(q *tsQuery) []*tsQuery {
	var out []*tsQuery
	q.EachWord(func(n *tsQuery) { out = append(out, n) })
	slices.SortStableFunc(out, func(a, b *tsQuery) int { return strings.Compare(a.Word, b.Word) })
	return slices.CompactFunc(out, func(a, b *tsQuery) bool { return a.Word == b.Word })
}

// documentLength counts the places of all words.
func documentLength(list []lexeme) int {
	n := 0
	for _, l := range list {
		n += max(1, len(l.Positions))
	}
	return n
}

// rankWords is ts_rank: it counts how often the words are there and, where all of them must be, how near to each other.
func rankWords(weights [4]float32, list []lexeme, q *tsQuery, method int64) float32 {
	var rank float32
	if operands := operandsOf(q); (q.Op == '&' || q.Op == '<') && len(operands) > 1 {
		rank = nearness(weights, list, operands)
	} else {
		rank = frequency(weights, list, operands)
	}
	if rank < 0 {
		rank = 1e-20
	}
	if method&byLogLength != 0 {
		rank = float32(float64(rank) / (math.Log(float64(documentLength(list)+1)) / math.Ln2))
	}
	if method&byLength != 0 {
		rank /= float32(documentLength(list))
	}
	if method&byWords != 0 {
		rank /= float32(len(list))
	}
	if method&byLogWords != 0 {
		rank = float32(float64(rank) / (math.Log(float64(len(list)+1)) / math.Ln2))
	}
	if method&byItselfPlusOne != 0 {
		rank /= rank + 1
	}
	return rank
}

func frequency(weights [4]float32, list []lexeme, operands []*tsQuery) float32 {
	var rank float32
	for _, q := range operands {
		for _, l := range wordsFor(q, list) {
			places := l.Positions
			if len(places) == 0 {
				places = []place{{}}
			}
			sum, best, at := float32(0), float32(-1), 0
			for i, p := range places {
				w := weights[p.Weight]
				sum += w / float32((i+1)*(i+1))
				if w > best {
					best, at = w, i
				}
			}
			const all = 1.64493406685 // the sum of 1/i²
			rank = float32(float64(rank) + float64(best+sum-best/float32((at+1)*(at+1)))/all)
		}
	}
	return rank / float32(len(operands))
}

func nearness(weights [4]float32, list []lexeme, operands []*tsQuery) float32 {
	unknownPlace := []place{{At: farthest - 1}}
	places, unknown := make([][]place, len(operands)), make([]bool, len(operands))
	rank := float32(-1)
	for i, q := range operands {
		for _, l := range wordsFor(q, list) {
			places[i], unknown[i] = l.Positions, len(l.Positions) == 0
			if unknown[i] {
				places[i] = unknownPlace
			}
			for k := range i {
				for _, a := range places[i] {
					for _, b := range places[k] {
						distance := max(a.At-b.At, b.At-a.At)
						if distance == 0 && !unknown[i] && !unknown[k] {
							continue
						}
						if distance == 0 {
							distance = farthest
						}
						near := float32(math.Sqrt(float64(weights[a.Weight] * weights[b.Weight] * distanceWeight(distance))))
						if rank < 0 {
							rank = near
						} else {
							rank = float32(1 - (1-float64(rank))*(1-float64(near)))
						}
					}
				}
			}
		}
	}
	return rank
}

func distanceWeight(distance int) float32 {
	if distance > 100 {
		return 1e-30
	}
	return float32(1 / (1.005 + 0.05*math.Exp(float64(float32(distance))/1.5-2)))
}

// occurrence is a place of the document with the operands that ask for the word there.
type occurrence struct {
	place
	word     int // its number
	operands []*tsQuery
}

// occurrences are the places that a query asks for, in order.
func occurrences(list []lexeme, q *tsQuery) []occurrence {
	var all []occurrence
	number := map[string]int{}
	for i, l := range list {
		number[l.Word] = i
	}
	q.EachWord(func(n *tsQuery) {
		for _, l := range wordsFor(n, list) {
			for _, p := range l.Positions {
				if n.Weights == 0 || n.Weights>>p.Weight&1 != 0 {
					all = append(all, occurrence{p, number[l.Word], []*tsQuery{n}})
				}
			}
		}
	})
	slices.SortStableFunc(all, func(a, b occurrence) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Weight, b.Weight), cmp.Compare(a.word, b.word))
	})
	var out []occurrence
	for _, o := range all {
		if n := len(out); n > 0 && out[n-1].place == o.place && out[n-1].word == o.word {
			out[n-1].operands = append(out[n-1].operands, o.operands...)
		} else {
			out = append(out, o)
		}
	}
	return out
}

// cover is a shortest part of a document that meets a query: occurrences first to last.
type cover struct{ first, last int }

// nextCover finds the first cover from an occurrence on; false for none. It tells from where to look for the one behind it.
func nextCover(all []occurrence, q *tsQuery, from int) (c cover, next int, ok bool) {
	for ; from < len(all); from++ {
		last := -1
		seen := map[*tsQuery][]int{}
		for i := from; i < len(all) && last < 0; i++ {
			see(seen, all[i])
			if meets(q, seen) {
				last = i
			}
		}
		if last < 0 || all[last].At <= 0 {
			return c, 0, false
		}
		clear(seen)
		for i := last; i >= from; i-- {
			see(seen, all[i])
			if meets(q, seen) {
				return cover{i, last}, i + 1, true
			}
		}
	}
	return c, 0, false
}

func see(seen map[*tsQuery][]int, o occurrence) {
	for _, q := range o.operands {
		seen[q] = append(seen[q], o.At)
	}
}

// meets tells whether a query is true of the words seen.
func meets(q *tsQuery, seen map[*tsQuery][]int) bool {
	return matches(q, func(n *tsQuery) (places []int, found, known bool) {
		places = slices.Clone(seen[n])
		slices.Sort(places)
		return slices.Compact(places), len(places) > 0, true
	})
}

// rankCovers is ts_rank_cd: it counts the covers of the query, the shorter the more.
func rankCovers(weights [4]float32, list []lexeme, q *tsQuery, method int64) float32 {
	all := occurrences(list, q)
	rank, distances, before := 0.0, 0.0, 0.0
	extents := 0
	for from := 0; ; {
		c, next, ok := nextCover(all, q, from)
		if !ok {
			break
		}
		from = next
		inverse := 0.0
		for _, o := range all[c.first : c.last+1] {
			inverse += 1 / float64(weights[o.Weight])
		}
		first, last := all[c.first].At, all[c.last].At
		noise := last - first - (c.last - c.first)
		if noise < 0 {
			noise = (c.last - c.first) / 2
		}
		rank += float64(c.last-c.first+1) / inverse / float64(1+noise)
		middle := float64(first+last) / 2
		if extents > 0 && middle > before {
			distances += 1 / (middle - before)
		}
		before = middle
		extents++
	}
	if len(all) == 0 {
		return 0
	}
	if method&byLogLength != 0 {
		rank /= math.Log(float64(documentLength(list) + 1))
	}
	if method&byLength != 0 {
		rank /= float64(documentLength(list))
	}
	if method&byExtents != 0 && extents > 0 && distances > 0 {
		rank /= float64(extents) / distances
	}
	if method&byWords != 0 {
		rank /= float64(len(list))
	}
	if method&byLogWords != 0 {
		rank /= math.Log(float64(len(list)+1)) / math.Ln2
	}
	if method&byItselfPlusOne != 0 {
		rank /= rank + 1
	}
	return float32(rank)
}
