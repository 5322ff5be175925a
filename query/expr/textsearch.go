package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

type (
	lexeme  = sqltypes.Lexeme
	place   = sqltypes.LexemePosition
	tsQuery = sqltypes.TSQuery
)

// textSearchFunctions are those of tsvector and tsquery that need no configuration.
func textSearchFunctions() []entry {
	out := comparisons(func(op string) string { return "tsvector_" + op }, sqltypes.CompareTSVector)
	mapped := func(source string, f func(l lexeme) (lexeme, bool)) {
		out = append(out, fn1(source, func(_ *Env, a datum) (datum, error) { return mapLexemes(a, f), nil }))
	}
	mapped("tsvector_strip", func(l lexeme) (lexeme, bool) { return lexeme{Word: l.Word}, true })
	out = append(out,
		fn2("tsvector_cmp", func(_ *Env, a, b datum) (datum, error) {
			return sqltypes.Int(int64(sqltypes.CompareTSVector(a, b))), nil
		}),
		fn1("tsvector_length", func(_ *Env, a datum) (datum, error) { return sqltypes.Int(int64(len(sqltypes.Lexemes(a)))), nil }),
		fn2("tsvector_concat", func(_ *Env, a, b datum) (datum, error) { return concatVectors(a, b), nil }),
		fn2("tsvector_setweight", func(_ *Env, a, b datum) (datum, error) { return setWeight(a, b, nil) }),
		fnN("tsvector_setweight_by_filter", func(_ *Env, a []datum) (datum, error) { return setWeight(a[0], a[1], a[2].Array()) }),
		fn2("tsvector_delete_str", func(_ *Env, a, b datum) (datum, error) {
			return mapLexemes(a, func(l lexeme) (lexeme, bool) { return l, l.Word != b.Str() }), nil
		}),
		fn2("tsvector_delete_arr", func(_ *Env, a, b datum) (datum, error) {
			words := wordSet(b.Array())
			return mapLexemes(a, func(l lexeme) (lexeme, bool) { return l, !words[l.Word] }), nil
		}),
		fn2("tsvector_filter", filterVector),
		fn1("tsvector_to_array", func(_ *Env, a datum) (datum, error) {
			var words []datum
			for _, l := range sqltypes.Lexemes(a) {
				words = append(words, sqltypes.String(l.Word))
			}
			return sqltypes.FromArray(newArray(sqltypes.TextOID, words)), nil
		}),
		fn1("array_to_tsvector", func(_ *Env, a datum) (datum, error) {
			var list []lexeme
			for _, e := range a.Array().Elements {
				switch {
				case e.IsNull():
					return sqltypes.Null, pgerror.New(pgerror.NullValueNotAllowed, "lexeme array may not contain nulls")
				case e.Str() == "":
					return sqltypes.Null, pgerror.New(pgerror.ZeroLengthCharacterString, "lexeme array may not contain empty strings")
				}
				list = append(list, lexeme{Word: e.Str()})
			}
			return sqltypes.TSVector(list), nil
		}),
		fn2("ts_match_vq", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(matchVector(a, b)), nil }),
		fn2("ts_match_qv", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(matchVector(b, a)), nil }),
	)
	return append(out, queryFunctions()...)
}

func mapLexemes(d datum, f func(l lexeme) (lexeme, bool)) datum {
	var out []lexeme
	for _, l := range sqltypes.Lexemes(d) {
		if l, ok := f(l); ok {
			out = append(out, l)
		}
	}
	return sqltypes.TSVector(out)
}

func wordSet(a *sqltypes.Array) map[string]bool {
	words := map[string]bool{}
	for _, e := range a.Elements {
		if !e.IsNull() {
			words[e.Str()] = true
		}
	}
	return words
}

func weightOf(d datum) (byte, error) {
	if w := strings.IndexByte("dcba", byte(d.Int())|0x20); w >= 0 {
		return byte(w), nil
	}
	return 0, pgerror.New(pgerror.InternalError, "unrecognized weight: %d", int8(d.Int()))
}

// filteredWeight is weightOf for setweight with a list of words, whose error shows the letter.
func filteredWeight(d datum) (byte, error) {
	w, err := weightOf(d)
	if err != nil {
		err = pgerror.New(pgerror.InternalError, "unrecognized weight: %s", sqltypes.Text(sqltypes.CharOID, d, nil))
	}
	return w, err
}

// setWeight gives every place, of all words or of those listed, a weight.
func setWeight(d, weight datum, words *sqltypes.Array) (datum, error) {
	w, err := weightOf(weight)
	if words != nil {
		w, err = filteredWeight(weight)
	}
	if err != nil {
		return sqltypes.Null, err
	}
	var only map[string]bool
	if words != nil {
		only = wordSet(words)
	}
	return mapLexemes(d, func(l lexeme) (lexeme, bool) {
		if words == nil || only[l.Word] {
			for i := range l.Positions {
				l.Positions[i].Weight = w
			}
		}
		return l, true
	}), nil
}

func filterVector(_ *Env, d, weights datum) (datum, error) {
	keep := byte(0)
	for _, e := range weights.Array().Elements {
		if e.IsNull() {
			return sqltypes.Null, pgerror.New(pgerror.NullValueNotAllowed, "weight array may not contain nulls")
		}
		w := strings.IndexByte("dcba", byte(e.Int())|0x20)
		if w < 0 {
			text, _, _ := strings.Cut(fmt.Sprintf("unrecognized weight: \"%c\"", rune(byte(e.Int()))), "\x00") // C's texts end there
			return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "%s", text)
		}
		keep |= 1 << w
	}
	return mapLexemes(d, func(l lexeme) (lexeme, bool) {
		l.Positions = slices.DeleteFunc(l.Positions, func(p place) bool { return keep>>p.Weight&1 == 0 })
		return l, len(l.Positions) > 0
	}), nil
}

// concatVectors lets the second vector's places follow the last one of the first. Nothing follows a word's place that is the last there can be.
func concatVectors(a, b datum) datum {
	list, last, full := sqltypes.Lexemes(a), 0, map[string]bool{}
	for _, l := range list {
		for _, p := range l.Positions {
			last = max(last, p.At)
			full[l.Word] = p.At == sqltypes.LexemePositionMax
		}
	}
	for _, l := range sqltypes.Lexemes(b) {
		if full[l.Word] {
			continue
		}
		for i := range l.Positions {
			if l.Positions[i].At = min(l.Positions[i].At+last, sqltypes.LexemePositionMax); l.Positions[i].At == sqltypes.LexemePositionMax {
				l.Positions = l.Positions[:i+1]
				break
			}
		}
		list = append(list, l)
	}
	return sqltypes.TSVector(list)
}

// vectorRows are the words of a tsvector with their places and weights.
func vectorRows(_ *Env, args []datum) (RowSource, error) {
	out := &sliceRows{}
	for _, l := range sqltypes.Lexemes(args[0]) {
		if len(l.Positions) == 0 {
			out.add(sqltypes.String(l.Word), sqltypes.Null, sqltypes.Null)
			continue
		}
		var places, weights []datum
		for _, p := range l.Positions {
			places, weights = append(places, sqltypes.Int(int64(p.At))), append(weights, sqltypes.String("DCBA"[p.Weight:p.Weight+1]))
		}
		out.add(sqltypes.String(l.Word), sqltypes.FromArray(newArray(sqltypes.Int2OID, places)), sqltypes.FromArray(newArray(sqltypes.TextOID, weights)))
	}
	return out, nil
}

func queryFunctions() []entry {
	join := func(op byte, a, b datum, distance int) datum {
		x, y := sqltypes.QueryOf(a), sqltypes.QueryOf(b)
		switch {
		case x == nil:
			return b
		case y == nil:
			return a
		}
		return (&tsQuery{Op: op, Left: x, Right: y, Distance: distance}).Datum()
	}
	words := func(d datum) map[string]bool {
		out := map[string]bool{}
		sqltypes.QueryOf(d).EachWord(func(q *tsQuery) { out[q.Word] = true })
		return out
	}
	contains := func(a, b datum) (datum, error) {
		have := words(a)
		for w := range words(b) {
			if !have[w] {
				return sqltypes.Bool(false), nil
			}
		}
		return sqltypes.Bool(true), nil
	}
	out := append(comparisons(func(op string) string { return "tsquery_" + op }, sqltypes.CompareTSQuery), rankFunctions()...)
	return append(out,
		fn2("tsquery_cmp", func(_ *Env, a, b datum) (datum, error) {
			return sqltypes.Int(int64(sqltypes.CompareTSQuery(a, b))), nil
		}),
		fnN("tsquery_rewrite", rewriteQuery),
		fn2("tsquery_and", func(_ *Env, a, b datum) (datum, error) { return join('&', a, b, 0), nil }),
		fn2("tsquery_or", func(_ *Env, a, b datum) (datum, error) { return join('|', a, b, 0), nil }),
		fn2("tsquery_phrase", func(_ *Env, a, b datum) (datum, error) { return join('<', a, b, 1), nil }),
		fnN("tsquery_phrase_distance", func(_ *Env, a []datum) (datum, error) {
			n := a[2].Int()
			if n < 0 || n > 1<<14 {
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "distance in phrase operator must be an integer value between zero and %d inclusive", 1<<14)
			}
			return join('<', a[0], a[1], int(n)), nil
		}),
		fn1("tsquery_not", func(_ *Env, a datum) (datum, error) {
			q := sqltypes.QueryOf(a)
			if q == nil {
				return a, nil
			}
			return (&tsQuery{Op: '!', Left: q}).Datum(), nil
		}),
		fn1("tsquery_numnode", func(_ *Env, a datum) (datum, error) {
			n := 0
			sqltypes.QueryOf(a).Each(func(*tsQuery) { n++ })
			return sqltypes.Int(int64(n)), nil
		}),
		fn1("tsquerytree", func(_ *Env, a datum) (datum, error) {
			q := sqltypes.QueryOf(a)
			if q == nil {
				return str("")
			}
			if q = withoutNot(q); q == nil {
				return str("T")
			}
			return str(string(q.Append(nil)))
		}),
		fn2("tsq_mcontains", func(_ *Env, a, b datum) (datum, error) { return contains(a, b) }),
		fn2("tsq_mcontained", func(_ *Env, a, b datum) (datum, error) { return contains(b, a) }),
	)
}

// withoutNot leaves of a query what an index can look for; nil: nothing, as every document may match.
func withoutNot(q *tsQuery) *tsQuery {
	if q.Op == 0 {
		return q
	}
	if q.Op == '!' {
		return nil
	}
	left, right := withoutNot(q.Left), withoutNot(q.Right)
	switch {
	case left != nil && right != nil:
		return &tsQuery{Op: q.Op, Left: left, Right: right, Distance: q.Distance}
	case q.Op == '|':
		return nil
	case left == nil:
		return right
	}
	return left
}
