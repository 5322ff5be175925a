package expr

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

type span = sqltypes.Range

// rangeFunctions are the constructors and operators of ranges.
func rangeFunctions() []entry {
	test := func(source string, f func(a, b *span) bool) entry {
		return fn2(source, func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(f(a.Range(), b.Range())), nil })
	}
	is := func(source string, f func(r *span) bool) entry {
		return fn1(source, func(_ *Env, a datum) (datum, error) { return sqltypes.Bool(f(a.Range())), nil })
	}
	make2 := func(call *CallInfo) (callFn, error) {
		t := call.Result.OID
		return func(_ *Env, a []datum) (datum, error) { return sqltypes.MakeRange(t, a[0], a[1], true, false) }, nil
	}
	return []entry{
		fnMake("range_constructor2", make2), fnMake("range_constructor3", func(call *CallInfo) (callFn, error) {
			t := call.Result.OID
			return func(_ *Env, a []datum) (datum, error) { return makeRange3(t, a) }, nil
		}),
		is("range_empty", func(r *span) bool { return r.Empty }),
		is("range_lower_inc", func(r *span) bool { return !r.Empty && r.LowerInc }),
		is("range_upper_inc", func(r *span) bool { return !r.Empty && r.UpperInc }),
		is("range_lower_inf", func(r *span) bool { return !r.Empty && r.Lower.IsNull() }),
		is("range_upper_inf", func(r *span) bool { return !r.Empty && r.Upper.IsNull() }),
		fn1("range_lower", func(_ *Env, a datum) (datum, error) { return a.Range().Lower, nil }),
		fn1("range_upper", func(_ *Env, a datum) (datum, error) { return a.Range().Upper, nil }),
		test("range_contains", rangeContains), test("range_contained_by", func(a, b *span) bool { return rangeContains(b, a) }),
		fn2("range_contains_elem", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(rangeHas(a.Range(), b)), nil }),
		fn2("elem_contained_by_range", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(rangeHas(b.Range(), a)), nil }),
		test("range_overlaps", rangesOverlap),
		test("range_before", func(a, b *span) bool { return !a.Empty && !b.Empty && sqltypes.CompareLowerUpper(b, a) > 0 }),
		test("range_after", func(a, b *span) bool { return !a.Empty && !b.Empty && sqltypes.CompareLowerUpper(a, b) > 0 }),
		test("range_overleft", func(a, b *span) bool { return !a.Empty && !b.Empty && sqltypes.CompareUpper(a, b) <= 0 }),
		test("range_overright", func(a, b *span) bool { return !a.Empty && !b.Empty && sqltypes.CompareLower(a, b) >= 0 }),
		test("range_adjacent", rangesAdjacent),
		fn2("range_union", func(_ *Env, a, b datum) (datum, error) { return rangeUnion(a, b, true) }),
		fn2("range_merge", func(_ *Env, a, b datum) (datum, error) { return rangeUnion(a, b, false) }),
		fn2("range_intersect", func(_ *Env, a, b datum) (datum, error) {
			return sqltypes.FromRange(rangeIntersect(a.Range(), b.Range())), nil
		}),
		fn2("range_minus", rangeMinus),
	}
}

func makeRange3(t oid, a []datum) (datum, error) {
	if a[2].IsNull() {
		return sqltypes.Null, pgerror.New(pgerror.DataException, "range constructor flags argument must not be null")
	}
	switch a[2].Str() {
	case "[]", "[)", "(]", "()":
		return sqltypes.MakeRange(t, a[0], a[1], a[2].Str()[0] == '[', a[2].Str()[1] == ']')
	}
	return sqltypes.Null, pgerror.New(pgerror.SyntaxError, "invalid range bound flags").
		WithHint("Valid values are \"[]\", \"[)\", \"(]\", and \"()\".")
}

func rangeContains(a, b *span) bool {
	switch {
	case b.Empty:
		return true
	case a.Empty:
		return false
	}
	return sqltypes.CompareLower(a, b) <= 0 && sqltypes.CompareUpper(a, b) >= 0
}

func rangeHas(r *span, d datum) bool {
	if r.Empty {
		return false
	}
	t, _ := sqltypes.RangeSubtype(r.TypeOID)
	if !r.Lower.IsNull() {
		if c := compareValues(t, d, r.Lower); c < 0 || c == 0 && !r.LowerInc {
			return false
		}
	}
	if !r.Upper.IsNull() {
		if c := compareValues(t, d, r.Upper); c > 0 || c == 0 && !r.UpperInc {
			return false
		}
	}
	return true
}

func rangesOverlap(a, b *span) bool {
	return !a.Empty && !b.Empty && sqltypes.CompareLowerUpper(a, b) <= 0 && sqltypes.CompareLowerUpper(b, a) <= 0
}

// rangesAdjacent: one ends where the other begins, with exactly one of the two bounds included.
func rangesAdjacent(a, b *span) bool {
	if a.Empty || b.Empty {
		return false
	}
	return rangesMeet(a, b) || rangesMeet(b, a)
}

// rangesMeet: x ends where y begins, with exactly one of the two bounds included.
func rangesMeet(x, y *span) bool {
	t, _ := sqltypes.RangeSubtype(x.TypeOID)
	return !x.Upper.IsNull() && !y.Lower.IsNull() && compareValues(t, x.Upper, y.Lower) == 0 && x.UpperInc != y.LowerInc
}

func rangeUnion(x, y datum, contiguous bool) (datum, error) {
	a, b := x.Range(), y.Range()
	switch {
	case a.Empty:
		return y, nil
	case b.Empty:
		return x, nil
	case contiguous && !rangesOverlap(a, b) && !rangesAdjacent(a, b):
		return sqltypes.Null, pgerror.New(pgerror.DataException, "result of range union would not be contiguous")
	}
	low, high := a, a
	if sqltypes.CompareLower(b, a) < 0 {
		low = b
	}
	if sqltypes.CompareUpper(b, a) > 0 {
		high = b
	}
	return sqltypes.MakeRange(a.TypeOID, low.Lower, high.Upper, low.LowerInc, high.UpperInc)
}

func rangeIntersect(a, b *span) *span {
	if !rangesOverlap(a, b) {
		return &span{TypeOID: a.TypeOID, Empty: true}
	}
	low, high := a, a
	if sqltypes.CompareLower(b, a) > 0 {
		low = b
	}
	if sqltypes.CompareUpper(b, a) < 0 {
		high = b
	}
	return &span{TypeOID: a.TypeOID, Lower: low.Lower, Upper: high.Upper, LowerInc: low.LowerInc, UpperInc: high.UpperInc}
}

func rangeMinus(_ *Env, x, y datum) (datum, error) {
	a, b := x.Range(), y.Range()
	if !rangesOverlap(a, b) {
		return x, nil
	}
	lower, upper := sqltypes.CompareLower(a, b), sqltypes.CompareUpper(a, b)
	switch {
	case lower < 0 && upper > 0:
		return sqltypes.Null, pgerror.New(pgerror.DataException, "result of range difference would not be contiguous")
	case lower >= 0 && upper <= 0:
		return sqltypes.FromRange(&span{TypeOID: a.TypeOID, Empty: true}), nil
	case lower < 0:
		return sqltypes.MakeRange(a.TypeOID, a.Lower, b.Lower, a.LowerInc, !b.LowerInc)
	}
	return sqltypes.MakeRange(a.TypeOID, b.Upper, a.Upper, !b.UpperInc, a.UpperInc)
}
