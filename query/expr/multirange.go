package expr

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// A multirange is an array of ranges that are not empty, in order and apart from each other. What a range stands for is a multirange of at most one.

func spansOf(d datum) []*span {
	if d.Kind() == sqltypes.KindRange {
		if r := d.Range(); !r.Empty {
			return []*span{r}
		}
		return nil
	}
	elements := d.Array().Elements
	out := make([]*span, len(elements))
	for i, e := range elements {
		out[i] = e.Range()
	}
	return out
}

// spanType is the range type of a range or multirange.
func spanType(d datum) oid {
	if d.Kind() == sqltypes.KindRange {
		return d.Range().TypeOID
	}
	return d.Array().Element
}

func spansContain(a, b []*span) bool {
	return !slices.ContainsFunc(b, func(r *span) bool {
		return !slices.ContainsFunc(a, func(s *span) bool { return rangeContains(s, r) })
	})
}

func spansOverlap(a, b []*span) bool {
	for i, k := 0, 0; i < len(a) && k < len(b); {
		if rangesOverlap(a[i], b[k]) {
			return true
		}
		if sqltypes.CompareUpper(a[i], b[k]) < 0 {
			i++
		} else {
			k++
		}
	}
	return false
}

// multirangeTests are the operators between multiranges, and between ranges and multiranges, by the word in the middle of their sources.
var multirangeTests = map[string]func(a, b []*span) bool{
	"overlaps": spansOverlap,
	"contains": spansContain,
	"before": func(a, b []*span) bool {
		return len(a) > 0 && len(b) > 0 && sqltypes.CompareLowerUpper(b[0], a[len(a)-1]) > 0
	},
	"after": func(a, b []*span) bool {
		return len(a) > 0 && len(b) > 0 && sqltypes.CompareLowerUpper(a[0], b[len(b)-1]) > 0
	},
	"overleft": func(a, b []*span) bool {
		return len(a) > 0 && len(b) > 0 && sqltypes.CompareUpper(a[len(a)-1], b[len(b)-1]) <= 0
	},
	"overright": func(a, b []*span) bool {
		return len(a) > 0 && len(b) > 0 && sqltypes.CompareLower(a[0], b[0]) >= 0
	},
}

// multirangesAdjacent: one begins where the other ends. A range also touches a multirange in its middle only at its ends.
func multirangesAdjacent(a, b []*span) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	return rangesMeet(a[len(a)-1], b[0]) || rangesMeet(b[len(b)-1], a[0])
}

// multirangeFunctions are the constructors and operators of multiranges.
func multirangeFunctions() []entry {
	var out []entry
	test := func(source string, f func(a, b []*span) bool) {
		out = append(out, fn2(source, func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(f(spansOf(a), spansOf(b))), nil }))
	}
	for word, f := range multirangeTests {
		test("multirange_"+word+"_multirange", f)
		test("multirange_"+word+"_range", f)
		test("range_"+word+"_multirange", f)
	}
	containedBy := func(a, b []*span) bool { return spansContain(b, a) }
	test("multirange_contained_by_multirange", containedBy)
	test("multirange_contained_by_range", containedBy)
	test("range_contained_by_multirange", containedBy)
	test("multirange_adjacent_multirange", multirangesAdjacent)
	test("multirange_adjacent_range", multirangesAdjacent)
	test("range_adjacent_multirange", multirangesAdjacent)
	has := func(m []*span, d datum) bool {
		return slices.ContainsFunc(m, func(r *span) bool { return rangeHas(r, d) })
	}
	out = append(out,
		fn2("multirange_contains_elem", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(has(spansOf(a), b)), nil }),
		fn2("elem_contained_by_multirange", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(has(spansOf(b), a)), nil }),
		fn2("multirange_union", func(_ *Env, a, b datum) (datum, error) {
			return sqltypes.MakeMultirange(spanType(a), slices.Concat(spansOf(a), spansOf(b))), nil
		}),
		fn2("multirange_minus", func(_ *Env, a, b datum) (datum, error) { return multirangeMinus(a, b) }),
		fn2("multirange_intersect", func(_ *Env, a, b datum) (datum, error) { return multirangeIntersect(a, b), nil }),
		fn2("multirange_intersect_agg_transfn", func(*Env, datum, datum) (datum, error) {
			return sqltypes.Null, onlyInAggregate("multirange_intersect_agg_transfn")
		}),
		fn2("range_intersect_agg_transfn", func(*Env, datum, datum) (datum, error) {
			return sqltypes.Null, onlyInAggregate("range_intersect_agg_transfn")
		}),
		fn1("range_merge_from_multirange", func(_ *Env, a datum) (datum, error) {
			list := spansOf(a)
			if len(list) == 0 {
				return sqltypes.FromRange(&span{TypeOID: spanType(a), Empty: true}), nil
			}
			first, last := list[0], list[len(list)-1]
			return sqltypes.MakeRange(first.TypeOID, first.Lower, last.Upper, first.LowerInc, last.UpperInc)
		}),
	)
	return append(append(out, multirangeParts()...), canonicalFunctions()...)
}

func onlyInAggregate(name string) error {
	return pgerror.New(pgerror.InternalError, "%s called in non-aggregate context", name)
}

// multirangeParts make multiranges and tell of their bounds.
func multirangeParts() []entry {
	is := func(source string, f func(list []*span) bool) entry {
		return fn1(source, func(_ *Env, a datum) (datum, error) { return sqltypes.Bool(f(spansOf(a))), nil })
	}
	rangeOf := func(call *CallInfo) oid {
		t, _ := sqltypes.MultirangeRange(call.Result.OID)
		return t
	}
	first := func(list []*span) *span {
		if len(list) == 0 {
			return &span{Empty: true}
		}
		return list[0]
	}
	last := func(list []*span) *span { return first(list[max(0, len(list)-1):]) }
	return []entry{
		fnMake("multirange_constructor0", func(call *CallInfo) (callFn, error) {
			t := rangeOf(call)
			return func(*Env, []datum) (datum, error) { return sqltypes.MakeMultirange(t, nil), nil }, nil
		}),
		fnMake("multirange_constructor1", func(call *CallInfo) (callFn, error) {
			t := rangeOf(call)
			return func(_ *Env, a []datum) (datum, error) { return sqltypes.MakeMultirange(t, []*span{a[0].Range()}), nil }, nil
		}),
		fnMake("multirange_constructor2", func(call *CallInfo) (callFn, error) {
			t := rangeOf(call)
			return func(_ *Env, a []datum) (datum, error) {
				array := a[0].Array()
				if len(array.Lengths) > 1 {
					return sqltypes.Null, pgerror.New(pgerror.CardinalityViolation, "multiranges cannot be constructed from multidimensional arrays")
				}
				var list []*span
				for _, e := range array.Elements {
					if e.IsNull() {
						return sqltypes.Null, pgerror.New(pgerror.NullValueNotAllowed, "multirange values cannot contain null members")
					}
					list = append(list, e.Range())
				}
				return sqltypes.MakeMultirange(t, list), nil
			}, nil
		}),
		is("multirange_empty", func(list []*span) bool { return len(list) == 0 }),
		is("multirange_lower_inc", func(list []*span) bool { return first(list).LowerInc }),
		is("multirange_upper_inc", func(list []*span) bool { return last(list).UpperInc }),
		is("multirange_lower_inf", func(list []*span) bool { return len(list) > 0 && first(list).Lower.IsNull() }),
		is("multirange_upper_inf", func(list []*span) bool { return len(list) > 0 && last(list).Upper.IsNull() }),
		fn1("multirange_lower", func(_ *Env, a datum) (datum, error) { return first(spansOf(a)).Lower, nil }),
		fn1("multirange_upper", func(_ *Env, a datum) (datum, error) { return last(spansOf(a)).Upper, nil }),
	}
}

func multirangeMinus(a, b datum) (datum, error) {
	var out []*span
	subtract := spansOf(b)
	for _, r := range spansOf(a) {
		left := []*span{r}
		for _, s := range subtract {
			var next []*span
			for _, r := range left {
				if !rangesOverlap(r, s) {
					next = append(next, r)
					continue
				}
				if sqltypes.CompareLower(r, s) < 0 {
					next = append(next, &span{TypeOID: r.TypeOID, Lower: r.Lower, LowerInc: r.LowerInc, Upper: s.Lower, UpperInc: !s.LowerInc && !s.Lower.IsNull()})
				}
				if sqltypes.CompareUpper(r, s) > 0 {
					next = append(next, &span{TypeOID: r.TypeOID, Lower: s.Upper, LowerInc: !s.UpperInc && !s.Upper.IsNull(), Upper: r.Upper, UpperInc: r.UpperInc})
				}
			}
			left = next
		}
		out = append(out, left...)
	}
	return canonicalMultirange(spanType(a), out)
}

// canonicalMultirange brings the ranges to the form they are kept in.
func canonicalMultirange(t oid, list []*span) (datum, error) {
	for i, r := range list {
		d, err := sqltypes.MakeRange(t, r.Lower, r.Upper, r.LowerInc, r.UpperInc)
		if err != nil {
			return sqltypes.Null, err
		}
		list[i] = d.Range()
	}
	return sqltypes.MakeMultirange(t, list), nil
}

func multirangeIntersect(a, b datum) datum {
	var out []*span
	x, y := spansOf(a), spansOf(b)
	for i, k := 0, 0; i < len(x) && k < len(y); {
		if r := rangeIntersect(x[i], y[k]); !r.Empty {
			out = append(out, r)
		}
		if sqltypes.CompareUpper(x[i], y[k]) < 0 {
			i++
		} else {
			k++
		}
	}
	return sqltypes.MakeMultirange(spanType(a), out)
}

// canonicalFunctions are the support functions of range types.
func canonicalFunctions() []entry {
	var out []entry
	for _, source := range []string{"int4range_canonical", "int8range_canonical", "daterange_canonical"} {
		out = append(out, fn1(source, func(_ *Env, a datum) (datum, error) { return a, nil }))
	}
	for source, scale := range map[string]float64{"int4range_subdiff": 1, "int8range_subdiff": 1, "daterange_subdiff": 1, "tsrange_subdiff": 1e6, "tstzrange_subdiff": 1e6} {
		out = append(out, fn2(source, func(_ *Env, a, b datum) (datum, error) {
			if scale == 1e6 {
				return sqltypes.Float((float64(a.Int()) - float64(b.Int())) / scale), nil
			}
			return sqltypes.Float(float64(a.Int()) - float64(b.Int())), nil
		}))
	}
	return append(out, fn2("numrange_subdiff", func(_ *Env, a, b datum) (datum, error) {
		d, err := sqltypes.NumericSub(a, b)
		if err != nil {
			return sqltypes.Null, err
		}
		f, err := sqltypes.NumericToFloat8(d)
		return sqltypes.Float(f), err
	}))
}

// multirangeRows are the ranges of a multirange.
func multirangeRows(_ *Env, args []datum) (RowSource, error) {
	out := &sliceRows{}
	for _, r := range spansOf(args[0]) {
		out.add(sqltypes.FromRange(r))
	}
	return out, nil
}

// addRangeAggregates adds range_agg and range_intersect_agg.
func addRangeAggregates(out map[oid]func(*CallInfo) (Aggregate, error)) {
	out[4301] = simple(func() AggState { return &rangeAgg{} })
	out[6227] = out[4301]
	out[4450] = simple(func() AggState { return &rangeIntersection{} })
	out[4389] = out[4450]
}

// rangeAgg unites ranges or multiranges to one multirange.
type rangeAgg struct {
	oneWay
	t    oid
	list []*span
	held int
	any  bool
}

func (s *rangeAgg) Add(_ *Env, args []datum) error {
	if args[0].IsNull() {
		return nil
	}
	s.t, s.any = spanType(args[0]), true
	s.list = append(s.list, spansOf(args[0])...)
	s.held += 8 + args[0].Size()
	return nil
}

func (s *rangeAgg) Held() int { return s.held }

func (s *rangeAgg) Result(*Env, ...datum) (datum, error) {
	if !s.any {
		return sqltypes.Null, nil
	}
	return sqltypes.MakeMultirange(s.t, s.list), nil
}

// rangeIntersection is what all ranges or all multiranges have in common.
type rangeIntersection struct {
	oneWay
	all datum
}

func (s *rangeIntersection) Add(_ *Env, args []datum) error {
	switch d := args[0]; {
	case d.IsNull():
	case s.all.IsNull():
		s.all = d
	case d.Kind() == sqltypes.KindRange:
		s.all = sqltypes.FromRange(rangeIntersect(s.all.Range(), d.Range()))
	default:
		s.all = multirangeIntersect(s.all, d)
	}
	return nil
}

func (s *rangeIntersection) Result(*Env, ...datum) (datum, error) { return s.all, nil }

func (s *rangeIntersection) Held() int { return s.all.Size() }
