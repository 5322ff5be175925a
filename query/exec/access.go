package exec

import (
	"bytes"
	"slices"

	"github.com/opendsql/opendsql/internal/keys"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
	"github.com/opendsql/opendsql/txn"
)

// access computes the spans of keys that an Access stands for.
type access struct {
	rt     *runtime
	prefix []byte
	key    []indexColumn
	ranges []keyRange
}

// keyRange is a plan.KeyRange that can be computed.
type keyRange struct {
	equal        []point
	lower, upper []bound
	notNull      bool
}

type point struct {
	eval expr.Eval // nil: NULL
	any  bool
}

type bound struct {
	evals     []expr.Eval
	inclusive bool
}

// access prepares to read the table's own keys, or those of an index.
func (b *builder) access(n *plan.Access, table *tableCodec, index *indexCodec) (*access, error) {
	a := &access{rt: b.rt, prefix: table.prefix}
	if index != nil {
		a.prefix, a.key = index.prefix, index.key
	} else {
		for _, i := range table.key {
			a.key = append(a.key, indexColumn{column: i, typ: table.table.Columns[i].Type})
		}
	}
	a.ranges = make([]keyRange, len(n.Ranges))
	for i, r := range n.Ranges {
		out := &a.ranges[i]
		out.notNull = r.NotNull
		for _, p := range r.Equal {
			eval, err := b.compile(p.Expr)
			if err != nil {
				return nil, err
			}
			out.equal = append(out.equal, point{eval, p.Any})
		}
		var err error
		if out.lower, err = b.bounds(r.Lower); err != nil {
			return nil, err
		}
		if out.upper, err = b.bounds(r.Upper); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (b *builder) bounds(list []plan.Bound) ([]bound, error) {
	var out []bound
	for _, l := range list {
		evals, err := b.compileAll(l.Exprs)
		if err != nil {
			return nil, err
		}
		out = append(out, bound{evals, l.Inclusive})
	}
	return out, nil
}

// spans computes the spans of keys, in ascending order, without overlaps. None: the conditions cannot be met.
func (a *access) spans() ([]txn.Span, error) {
	if len(a.ranges) == 0 {
		return []txn.Span{{Start: a.prefix, End: prefixEnd(a.prefix)}}, nil
	}
	var spans []txn.Span
	for i := range a.ranges {
		r := &a.ranges[i]
		prefixes, err := a.prefixes(r)
		if err != nil {
			return nil, err
		}
		if len(prefixes) == 0 {
			continue
		}
		ends, err := a.ends(r)
		if err != nil {
			return nil, err
		}
		if len(a.ranges) == 1 && len(prefixes) == 1 {
			if span := ends.span(prefixes[0]); bytes.Compare(span.Start, span.End) < 0 {
				return []txn.Span{span}, nil
			}
			return nil, nil
		}
		spans = slices.Grow(spans, len(prefixes))
		for _, p := range prefixes {
			if span := ends.span(p); bytes.Compare(span.Start, span.End) < 0 {
				spans = append(spans, span)
			}
		}
	}
	return joined(spans), nil
}

// joined sorts spans and makes one of those that overlap or touch.
func joined(spans []txn.Span) []txn.Span {
	if len(spans) < 2 {
		return spans
	}
	slices.SortFunc(spans, func(x, y txn.Span) int { return bytes.Compare(x.Start, y.Start) })
	out := spans[:1]
	for _, s := range spans[1:] {
		last := &out[len(out)-1]
		switch {
		case bytes.Compare(s.Start, last.End) > 0:
			out = append(out, s)
		case bytes.Compare(s.End, last.End) > 0:
			last.End = s.End
		}
	}
	return out
}

// prefixes are the beginnings of keys that the fixed columns of a range stand for.
func (a *access) prefixes(r *keyRange) ([][]byte, error) {
	list := [][]byte{append(make([]byte, 0, len(a.prefix)+32), a.prefix...)}
	for i, p := range r.equal {
		d := sqltypes.Null
		if p.eval != nil {
			var err error
			if d, err = a.rt.constant(p.eval); err != nil || d.IsNull() {
				return nil, err
			}
		}
		if !p.any {
			for j := range list {
				list[j] = a.appendKey(list[j], i, d)
			}
			continue
		}
		var next [][]byte
		for _, prefix := range list {
			for _, e := range d.Array().Elements {
				if !e.IsNull() {
					next = append(next, a.appendKey(slices.Clip(prefix), i, e))
				}
			}
		}
		list = next
	}
	return list, nil
}

func (a *access) appendKey(dst []byte, column int, d sqltypes.Datum) []byte {
	k := &a.key[column]
	return keys.AppendKey(dst, k.typ.OID, d, k.nullsFirst)
}

// ends are the bytes behind a prefix at which a range begins and ends.
type ends struct {
	low, high   []byte
	after, upTo bool // the range begins behind all keys with low, it ends behind all with high
	none        bool
}

func (e *ends) span(prefix []byte) txn.Span {
	if e.none {
		return txn.Span{}
	}
	start, end := append(slices.Clip(prefix), e.low...), append(slices.Clip(prefix), e.high...)
	if e.after {
		start = prefixEnd(start)
	}
	if e.upTo {
		end = prefixEnd(end)
	}
	return txn.Span{Start: start, End: end}
}

// ends computes the bounds of a range, the closest of those that there are. NULLs of the first column that is bounded are outside.
func (a *access) ends(r *keyRange) (ends, error) {
	i := len(r.equal)
	if len(r.lower) == 0 && len(r.upper) == 0 && !r.notNull {
		return ends{upTo: true}, nil
	}
	null := a.appendKey(nil, i, sqltypes.Null)
	out := ends{high: null}
	if a.key[i].nullsFirst {
		out = ends{low: null, after: true, upTo: true}
	}
	for _, b := range r.lower {
		key, after, ok, err := a.bound(i, b, !b.inclusive, true)
		if err != nil || !ok {
			return ends{none: true}, err
		}
		if closer(key, after, out.low, out.after) {
			out.low, out.after = key, after
		}
	}
	for _, b := range r.upper {
		key, upTo, ok, err := a.bound(i, b, b.inclusive, false)
		if err != nil || !ok {
			return ends{none: true}, err
		}
		if len(out.high) == 0 || closer(out.high, out.upTo, key, upTo) {
			out.high, out.upTo = key, upTo
		}
	}
	return out, nil
}

// closer tells whether one place behind a prefix comes after another: a place is before all keys with some bytes, or after them.
func closer(key []byte, after bool, than []byte, thanAfter bool) bool {
	at, other := key, than
	if after {
		at = prefixEnd(key)
	}
	if thanAfter {
		other = prefixEnd(than)
	}
	return bytes.Compare(at, other) > 0
}

// bound computes the bytes of a bound; ok is false when nothing is within it. behind tells whether its place is after all keys with them. Of a NULL nothing is
// known: rows equal in the columns before it are outside, for which the place is behind them or not.
func (a *access) bound(i int, b bound, behind, outside bool) (key []byte, after, ok bool, err error) {
	for n, eval := range b.evals {
		d, err := a.rt.constant(eval)
		if err != nil {
			return nil, false, false, err
		}
		if d.IsNull() {
			return key, outside, n > 0, nil
		}
		key = a.appendKey(key, i+n, d)
	}
	return key, behind, true, nil
}
