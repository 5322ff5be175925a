package expr

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func arrayFunctions() []entry {
	length := func(source string, f func(a *sqltypes.Array, dim int) int64) entry {
		return fn2(source, func(_ *Env, a, b datum) (datum, error) {
			dim := b.Int()
			if dim < 1 || dim > int64(len(a.Array().Lengths)) {
				return sqltypes.Null, nil
			}
			return sqltypes.Int(f(a.Array(), int(dim-1))), nil
		})
	}
	return []entry{
		fnMake("array_append", func(call *CallInfo) (callFn, error) {
			element := arrayElementType(call, 0)
			return func(_ *Env, a []datum) (datum, error) { return extendArray(element, a[0], a[1], false) }, nil
		}),
		fnMake("array_prepend", func(call *CallInfo) (callFn, error) {
			element := arrayElementType(call, 1)
			return func(_ *Env, a []datum) (datum, error) { return extendArray(element, a[1], a[0], true) }, nil
		}),
		fn2("array_cat", arrayCat),
		length("array_length", func(a *sqltypes.Array, d int) int64 { return int64(a.Lengths[d]) }),
		length("array_lower", func(a *sqltypes.Array, d int) int64 { return int64(a.Lowers[d]) }),
		length("array_upper", func(a *sqltypes.Array, d int) int64 { return int64(a.Lowers[d]) + int64(a.Lengths[d]) - 1 }),
		fn1("array_ndims", func(_ *Env, a datum) (datum, error) {
			if len(a.Array().Lengths) == 0 {
				return sqltypes.Null, nil
			}
			return sqltypes.Int(int64(len(a.Array().Lengths))), nil
		}),
		fn1("array_cardinality", func(_ *Env, a datum) (datum, error) { return sqltypes.Int(int64(len(a.Array().Elements))), nil }),
		fn1("array_dims", arrayDims),
		fnN("array_position", arrayPosition), fnN("array_position_start", arrayPosition), fn2("array_positions", arrayPositions),
		fn2("array_remove", func(_ *Env, a, b datum) (datum, error) { return arrayRemove(a, b) }),
		fnN("array_replace", arrayReplace), fn2("trim_array", trimArray),
		fnMake("array_fill", arrayFill), fnMake("array_fill_with_lower_bounds", arrayFill),
		fnN("array_to_text", arrayToText), fnN("array_to_text_null", arrayToText),
		fn2("arraycontains", func(_ *Env, a, b datum) (datum, error) {
			return arrayContains(b.Array(), a.Array(), true)
		}),
		fn2("arraycontained", func(_ *Env, a, b datum) (datum, error) {
			return arrayContains(a.Array(), b.Array(), true)
		}),
		fn2("arrayoverlap", func(_ *Env, a, b datum) (datum, error) {
			return arrayContains(a.Array(), b.Array(), false)
		}),
		fn2("width_bucket_array", widthBucketArray),
		fn1("array_shuffle", func(env *Env, a datum) (datum, error) { return shuffle(env, a, len(rows(a.Array()))) }),
		fn2("array_sample", func(env *Env, a, b datum) (datum, error) {
			if n := int64(len(rows(a.Array()))); b.Int() < 0 || b.Int() > n {
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "sample size must be between 0 and %d", n)
			}
			return shuffle(env, a, int(b.Int()))
		}),
	}
}

func arrayElementType(call *CallInfo, arg int) oid {
	if element, ok := sqltypes.ElementOf(call.Result.OID); ok {
		return element
	}
	element, _ := sqltypes.ElementOf(call.Args[arg].OID)
	return element
}

func extendArray(element oid, array, d datum, front bool) (datum, error) {
	out := &sqltypes.Array{Element: element, Lengths: []int32{1}, Lowers: []int32{1}, Elements: []datum{d}}
	if array.IsNull() || len(array.Array().Lengths) == 0 {
		return sqltypes.FromArray(out), nil
	}
	a := array.Array()
	if len(a.Lengths) != 1 {
		return sqltypes.Null, pgerror.New(pgerror.DataException, "argument must be empty or one-dimensional array")
	}
	out.Element = a.Element
	out.Lengths[0], out.Lowers[0] = a.Lengths[0]+1, a.Lowers[0]
	out.Elements = make([]datum, 0, len(a.Elements)+1)
	if front {
		out.Elements = append(append(out.Elements, d), a.Elements...)
	} else {
		out.Elements = append(append(out.Elements, a.Elements...), d)
	}
	return sqltypes.FromArray(out), nil
}

func arrayCat(_ *Env, x, y datum) (datum, error) {
	switch {
	case x.IsNull():
		return y, nil
	case y.IsNull():
		return x, nil
	}
	a, b := x.Array(), y.Array()
	switch {
	case len(a.Lengths) == 0:
		return y, nil
	case len(b.Lengths) == 0:
		return x, nil
	}
	fail := func(detail string, args ...any) (datum, error) {
		return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "cannot concatenate incompatible arrays").WithDetail(detail, args...)
	}
	out := &sqltypes.Array{Element: a.Element, Elements: slices.Concat(a.Elements, b.Elements)}
	switch len(a.Lengths) - len(b.Lengths) {
	case 0:
		if !equalInts(a.Lengths[1:], b.Lengths[1:]) || !equalInts(a.Lowers[1:], b.Lowers[1:]) {
			return fail("Arrays with differing element dimensions are not compatible for concatenation.")
		}
		out.Lengths, out.Lowers = slices.Clone(a.Lengths), slices.Clone(a.Lowers)
		out.Lengths[0] += b.Lengths[0]
	case -1:
		if !equalInts(a.Lengths, b.Lengths[1:]) || !equalInts(a.Lowers, b.Lowers[1:]) {
			return fail("Arrays with differing dimensions are not compatible for concatenation.")
		}
		out.Lengths, out.Lowers = slices.Clone(b.Lengths), slices.Clone(b.Lowers)
		out.Lengths[0]++
	case 1:
		if !equalInts(b.Lengths, a.Lengths[1:]) || !equalInts(b.Lowers, a.Lowers[1:]) {
			return fail("Arrays with differing dimensions are not compatible for concatenation.")
		}
		out.Lengths, out.Lowers = slices.Clone(a.Lengths), slices.Clone(a.Lowers)
		out.Lengths[0]++
	default:
		return fail("Arrays of %d and %d dimensions are not compatible for concatenation.", len(a.Lengths), len(b.Lengths))
	}
	return sqltypes.FromArray(out), nil
}

func arrayDims(_ *Env, d datum) (datum, error) {
	a := d.Array()
	if len(a.Lengths) == 0 {
		return sqltypes.Null, nil
	}
	var out strings.Builder
	for i, n := range a.Lengths {
		out.WriteString("[" + strconv.Itoa(int(a.Lowers[i])) + ":" + strconv.Itoa(int(a.Lowers[i]+n-1)) + "]")
	}
	return str(out.String())
}

// sameElement is IS NOT DISTINCT FROM of two elements.
func sameElement(t oid, a, b datum) (bool, error) {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() && b.IsNull(), nil
	}
	c, err := compareAlike(t, a, b, false)
	return c == 0, err
}

func oneDimension(a *sqltypes.Array) error {
	if len(a.Lengths) > 1 {
		return pgerror.New(pgerror.FeatureNotSupported, "searching for elements in multidimensional arrays is not supported")
	}
	return nil
}

func arrayPosition(_ *Env, args []datum) (datum, error) {
	if args[0].IsNull() {
		return sqltypes.Null, nil
	}
	a := args[0].Array()
	if err := oneDimension(a); err != nil {
		return sqltypes.Null, err
	}
	from := int64(minInt64)
	if len(args) > 2 {
		if args[2].IsNull() {
			return sqltypes.Null, pgerror.New(pgerror.NullValueNotAllowed, "initial position must not be null")
		}
		from = args[2].Int()
	}
	for i, e := range a.Elements {
		n := int64(a.Lowers[0]) + int64(i)
		if n < from {
			continue
		}
		if same, err := sameElement(a.Element, args[1], e); same || err != nil {
			return sqltypes.Int(n), err
		}
	}
	return sqltypes.Null, nil
}

func arrayPositions(_ *Env, x, y datum) (datum, error) {
	if x.IsNull() {
		return sqltypes.Null, nil
	}
	a := x.Array()
	if err := oneDimension(a); err != nil {
		return sqltypes.Null, err
	}
	var out []datum
	for i, e := range a.Elements {
		same, err := sameElement(a.Element, y, e)
		if err != nil {
			return sqltypes.Null, err
		}
		if same {
			out = append(out, sqltypes.Int(int64(a.Lowers[0])+int64(i)))
		}
	}
	return sqltypes.FromArray(newArray(sqltypes.Int4OID, out)), nil
}

func arrayRemove(x, y datum) (datum, error) {
	if x.IsNull() {
		return x, nil
	}
	a := x.Array()
	if len(a.Lengths) > 1 {
		return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "removing elements from multidimensional arrays is not supported")
	}
	var kept []datum
	for _, e := range a.Elements {
		same, err := sameElement(a.Element, e, y)
		if err != nil {
			return sqltypes.Null, err
		}
		if !same {
			kept = append(kept, e)
		}
	}
	if len(kept) == len(a.Elements) {
		return x, nil
	}
	out := newArray(a.Element, kept)
	if len(kept) > 0 {
		out.Lowers[0] = a.Lowers[0]
	}
	return sqltypes.FromArray(out), nil
}

func arrayReplace(_ *Env, args []datum) (datum, error) {
	if args[0].IsNull() {
		return sqltypes.Null, nil
	}
	out := *args[0].Array()
	out.Elements = slices.Clone(out.Elements)
	for i, e := range out.Elements {
		same, err := sameElement(out.Element, e, args[1])
		if err != nil {
			return sqltypes.Null, err
		}
		if same {
			out.Elements[i] = args[2]
		}
	}
	return sqltypes.FromArray(&out), nil
}

func trimArray(_ *Env, x, y datum) (datum, error) {
	a, n := x.Array(), y.Int()
	length := int64(0)
	if len(a.Lengths) > 0 {
		length = int64(a.Lengths[0])
	}
	if n < 0 || n > length {
		return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "number of elements to trim must be between 0 and %d", length)
	}
	if length == 0 {
		return x, nil
	}
	lower, upper := make([]bound, 1), make([]bound, 1)
	upper[0] = bound{int64(a.Lowers[0]) + length - n - 1, true}
	return sqltypes.FromArray(arraySlice(a, lower, upper)), nil
}

func arrayFill(call *CallInfo) (callFn, error) {
	element := arrayElementType(call, 0)
	if element == 0 {
		element = call.Args[0].OID
	}
	return func(_ *Env, a []datum) (datum, error) {
		if a[1].IsNull() || len(a) > 2 && a[2].IsNull() {
			return sqltypes.Null, pgerror.New(pgerror.NullValueNotAllowed, "dimension array or low bound array cannot be null")
		}
		dims := a[1].Array()
		if len(dims.Lengths) > 1 {
			return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "wrong number of array subscripts").
				WithDetail("Dimension array must be one dimensional.")
		}
		if hasNull(dims.Elements) {
			return sqltypes.Null, pgerror.New(pgerror.NullValueNotAllowed, "dimension values cannot be null")
		}
		var lowers []datum
		if len(a) > 2 {
			lowers = a[2].Array().Elements
			if len(a[2].Array().Lengths) > 1 {
				return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "wrong number of array subscripts").
					WithDetail("Dimension array must be one dimensional.")
			}
		}
		switch {
		case hasNull(lowers):
			return sqltypes.Null, pgerror.New(pgerror.NullValueNotAllowed, "dimension values cannot be null")
		case len(a) > 2 && len(lowers) != len(dims.Elements):
			return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "wrong number of array subscripts").
				WithDetail("Low bound array has different size than dimensions array.")
		}
		out := &sqltypes.Array{Element: element}
		count := int64(1)
		for i, n := range dims.Elements {
			lower := int32(1)
			if len(a) > 2 {
				lower = int32(lowers[i].Int())
			}
			count *= n.Int()
			if n.Int() < 0 || count > 134217727 {
				return sqltypes.Null, pgerror.New(pgerror.ProgramLimitExceeded, "array size exceeds the maximum allowed (134217727)")
			}
			out.Lengths, out.Lowers = append(out.Lengths, int32(n.Int())), append(out.Lowers, lower)
		}
		if count == 0 || len(dims.Elements) == 0 {
			return sqltypes.FromArray(&sqltypes.Array{Element: element}), nil
		}
		out.Elements = make([]datum, count)
		for i := range out.Elements {
			out.Elements[i] = a[0]
		}
		return sqltypes.FromArray(out), nil
	}, nil
}

func arrayToText(env *Env, args []datum) (datum, error) {
	if args[0].IsNull() || args[1].IsNull() {
		return sqltypes.Null, nil
	}
	var out []byte
	first := true
	a := args[0].Array()
	for _, e := range a.Elements {
		if e.IsNull() && (len(args) < 3 || args[2].IsNull()) {
			continue
		}
		if !first {
			out = append(out, args[1].Bytes()...)
		}
		first = false
		if e.IsNull() {
			out = append(out, args[2].Bytes()...)
		} else {
			out = append(out, outputText(env, a.Element, e)...)
		}
	}
	return sqltypes.Bytes(out), nil
}

// arrayContains tells whether all elements of a, or any, are in b. NULLs equal nothing.
func arrayContains(a, b *sqltypes.Array, all bool) (datum, error) {
	for _, e := range a.Elements {
		found := false
		for i := 0; i < len(b.Elements) && !found && !e.IsNull(); i++ {
			if o := b.Elements[i]; !o.IsNull() {
				var err error
				if found, err = sameElement(a.Element, e, o); err != nil {
					return sqltypes.Null, err
				}
			}
		}
		if found != all {
			return sqltypes.Bool(found), nil
		}
	}
	return sqltypes.Bool(all), nil
}

func widthBucketArray(_ *Env, x, y datum) (datum, error) {
	a := y.Array()
	if len(a.Lengths) > 1 {
		return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError, "thresholds must be one-dimensional array")
	}
	for _, e := range a.Elements {
		if e.IsNull() {
			return sqltypes.Null, pgerror.New(pgerror.NullValueNotAllowed, "thresholds array must not contain NULLs")
		}
	}
	low, high := 0, len(a.Elements)
	for low < high {
		mid := (low + high) / 2
		if compareValues(a.Element, x, a.Elements[mid]) < 0 {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return sqltypes.Int(int64(low)), nil
}

// rows cuts an array into the parts of its first dimension.
func rows(a *sqltypes.Array) [][]datum {
	if len(a.Lengths) == 0 {
		return nil
	}
	n := int(a.Lengths[0])
	size := len(a.Elements) / n
	out := make([][]datum, n)
	for i := range out {
		out[i] = a.Elements[i*size : (i+1)*size]
	}
	return out
}

// shuffle keeps the first n parts of a random order.
func shuffle(env *Env, d datum, n int) (datum, error) {
	a := d.Array()
	list := rows(a)
	out := &sqltypes.Array{Element: a.Element}
	if n == 0 {
		return sqltypes.FromArray(out), nil
	}
	for i := range n {
		j := i + int(env.Session.Random()*float64(len(list)-i))
		list[i], list[j] = list[j], list[i]
	}
	out.Lengths, out.Lowers = slices.Clone(a.Lengths), slices.Clone(a.Lowers)
	out.Lengths[0], out.Lowers[0] = int32(n), 1
	out.Elements = slices.Concat(list[:n]...)
	return sqltypes.FromArray(out), nil
}
