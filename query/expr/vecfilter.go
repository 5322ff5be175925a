package expr

import (
	"math"
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// filterOr keeps the rows for which one of the conditions is true. A condition sees only the rows that none before has kept.
func filterOr(args []Expr) (Filter, bool) {
	parts := make([]Filter, len(args))
	for i, a := range args {
		f, ok := CompileFilter(a)
		if !ok {
			return nil, false
		}
		parts[i] = f
	}
	var left, kept, met []int32
	return func(env *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error) {
		left, met = append(left[:0], sel...), met[:0]
		for _, f := range parts {
			if len(left) == 0 {
				break
			}
			var err error
			if kept, err = f(env, cols, append(kept[:0], left...)); err != nil {
				return sel[:0], err
			}
			if len(kept) == 0 {
				continue
			}
			met = append(met, kept...)
			rest, at := left[:0], 0
			for _, row := range left {
				if at < len(kept) && kept[at] == row {
					at++
					continue
				}
				rest = append(rest, row)
			}
			left = rest
		}
		slices.Sort(met)
		return append(sel[:0], met...), nil
	}, true
}

// filterNot keeps the rows for which a condition is false: not those for which it is NULL.
func filterNot(arg Expr) (Filter, bool) {
	if f, ok := arg.(*Func); ok {
		return filterTruth(f, false)
	}
	return nil, false
}

// filterTruth keeps the rows for which a computed boolean is true, or false.
func filterTruth(e Expr, want bool) (Filter, bool) {
	value, ok := operandOf(e)
	if !ok || value.typ != sqltypes.BoolOID {
		return nil, false
	}
	return func(env *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error) {
		v, err := value.values(env, cols, sel)
		if err != nil {
			return sel[:0], err
		}
		out := sel[:0]
		for i, row := range sel {
			if !unknown(v, i) && (v.Words[i] != 0) == want {
				out = append(out, row)
			}
		}
		return out, nil
	}, true
}

// over runs a filter of one column over an operand: a column of the batch by the rows' own numbers, a computed one by its places.
func (o *operand) over(f func(env *Env, v *sqltypes.Vec, sel []int32) ([]int32, error)) Filter {
	if o.slot >= 0 {
		slot := o.slot
		return func(env *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error) { return f(env, cols[slot], sel) }
	}
	var places []int32
	return func(env *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error) {
		v, err := o.values(env, cols, sel)
		if err != nil {
			return sel[:0], err
		}
		places = places[:0]
		for i := range sel {
			places = append(places, int32(i))
		}
		kept, err := f(env, v, places)
		o.done(env)
		if err != nil {
			return sel[:0], err
		}
		for i, p := range kept {
			sel[i] = sel[p] // p ≥ i
		}
		return sel[:len(kept)], nil
	}
}

func isConstant(e Expr) bool {
	switch e.(type) {
	case *Const, *Param, *ExecParam:
		return true
	}
	return false
}

func filterCompare(e *Func) (Filter, bool) {
	row, ok := findProc(e.Proc)
	if !ok {
		return nil, false
	}
	if f, ok := filterDay(row.source, e.Args); ok {
		return f, true
	}
	kind, op, ok := comparison(row.source)
	if !ok {
		return nil, false
	}
	left, right := bare(e.Args[0]), bare(e.Args[1])
	like := kind == 'l' || kind == 'n'
	if isConstant(left) && !isConstant(right) && !like {
		left, right, op = right, left, op.swapped()
	}
	o, ok := operandOf(left)
	if !ok {
		return nil, false
	}
	if !isConstant(right) {
		if like {
			return nil, false
		}
		other, ok := operandOf(right)
		if !ok {
			return nil, false
		}
		return compareOperands(kind, op, o, other)
	}
	value, err := Compile(right)
	if err != nil {
		return nil, false
	}
	return o.over(func(env *Env, v *sqltypes.Vec, sel []int32) ([]int32, error) {
		d, err := value(env)
		if err != nil || d.IsNull() {
			return sel[:0], err
		}
		switch kind {
		case 'i':
			return compareInt(v, op, d.Int(), sel), nil
		case 'f':
			return compareFloat(v, op, d.Float(), sel), nil
		case 't':
			return compareText(v, op, d.Str(), sel), nil
		case 'b':
			return comparePadded(v, op, trimBlanks(d.Str()), sel), nil
		case 'd':
			return compareNumericConst(v, op, d, sel), nil
		}
		return filterLike(v, d.Str(), kind == 'n', sel)
	}), true
}

// filterDay compares dates with a timestamp that is the same for all rows: by the days before and behind it.
func filterDay(source string, args []Expr) (Filter, bool) {
	middle := strings.TrimSuffix(strings.TrimPrefix(source, "date_"), "_timestamp")
	if source != "date_"+middle+"_timestamp" {
		return nil, false
	}
	op, ok := map[string]CompareOp{"eq": EQ, "ne": NE, "lt": LT, "le": LE, "gt": GT, "ge": GE}[middle]
	if !ok || !isConstant(bare(args[1])) {
		return nil, false
	}
	o, ok := operandOf(args[0])
	if !ok {
		return nil, false
	}
	value, err := Compile(args[1])
	if err != nil {
		return nil, false
	}
	return o.over(func(env *Env, v *sqltypes.Vec, sel []int32) ([]int32, error) {
		d, err := value(env)
		if err != nil || d.IsNull() {
			return sel[:0], err
		}
		return compareInt(v, op, dayBound(op, d.Int()), sel), nil
	}), true
}

// dayBound is the day that a date compares with as it does with a timestamp. There is none for equality inside a day: no date is that number.
func dayBound(op CompareOp, t int64) int64 {
	switch t {
	case sqltypes.TimestampInfinity:
		return sqltypes.DateInfinity
	case sqltypes.TimestampMinusInfinity:
		return sqltypes.DateMinusInfinity
	}
	day, rest := t/sqltypes.MicrosPerDay, t%sqltypes.MicrosPerDay
	if rest < 0 {
		day, rest = day-1, rest+sqltypes.MicrosPerDay
	}
	if rest != 0 {
		switch op {
		case EQ, NE:
			return math.MaxInt64
		case LT, GE:
			return day + 1
		}
	}
	return day
}

// comparePadded compares texts padded with blanks with one whose blanks at the end are gone.
func comparePadded(v *sqltypes.Vec, op CompareOp, b string, sel []int32) []int32 {
	out := sel[:0]
	for _, i := range sel {
		d := v.Datums[i]
		if d.IsNull() {
			continue
		}
		keep := false
		switch s := d.Str(); op {
		case EQ, NE:
			keep = (strings.HasPrefix(s, b) && len(trimBlanks(s[len(b):])) == 0) == (op == EQ)
		default:
			keep = op.holds(strings.Compare(trimBlanks(s), b))
		}
		if keep {
			out = append(out, i)
		}
	}
	return out
}

// compareOperands compares two columns.
func compareOperands(kind byte, op CompareOp, left, right *operand) (Filter, bool) {
	less, equal, greater := op.holds(-1), op.holds(0), op.holds(1)
	holds := func(c int) bool { return c < 0 && less || c == 0 && equal || c > 0 && greater }
	var test func(a, b *sqltypes.Vec, i int) bool
	switch kind {
	case 'i':
		test = func(a, b *sqltypes.Vec, i int) bool {
			x, y := a.Words[i], b.Words[i]
			return x < y && less || x == y && equal || x > y && greater
		}
	case 'f':
		test = func(a, b *sqltypes.Vec, i int) bool { return holds(compareFloats(a.At(i).Float(), b.At(i).Float())) }
	case 't':
		test = func(a, b *sqltypes.Vec, i int) bool {
			return holds(strings.Compare(a.Datums[i].Str(), b.Datums[i].Str()))
		}
	case 'b':
		test = func(a, b *sqltypes.Vec, i int) bool {
			return holds(strings.Compare(trimBlanks(a.Datums[i].Str()), trimBlanks(b.Datums[i].Str())))
		}
	case 'd':
		test = func(a, b *sqltypes.Vec, i int) bool { return holds(compareNumericSmall(a.Datums[i], b.Datums[i])) }
	default:
		return nil, false
	}
	direct := left.slot >= 0 && right.slot >= 0
	return func(env *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error) {
		if direct {
			a, b := cols[left.slot], cols[right.slot]
			out := sel[:0]
			for _, row := range sel {
				if i := int(row); !unknown(a, i) && !unknown(b, i) && test(a, b, i) {
					out = append(out, row)
				}
			}
			return out, nil
		}
		a, err := left.values(env, cols, sel)
		if err != nil {
			return sel[:0], err
		}
		b, err := right.values(env, cols, sel)
		if err != nil {
			return sel[:0], err
		}
		out := sel[:0]
		for i, row := range sel {
			if !unknown(a, i) && !unknown(b, i) && test(a, b, i) {
				out = append(out, row)
			}
		}
		left.done(env)
		right.done(env)
		return out, nil
	}, true
}

// fewMax is up to how many values of an IN list are looked at one by one.
const fewMax = 8

// filterIn is x = ANY and x <> ALL over an array that is the same for every row.
func filterIn(e *ArrayOp) (Filter, bool) {
	row, ok := findProc(e.Proc)
	if !ok {
		return nil, false
	}
	kind, op, ok := comparison(row.source)
	if !ok || e.All != (op == NE) || op != EQ && op != NE {
		return nil, false
	}
	left, ok := operandOf(e.Left)
	if !ok {
		return nil, false
	}
	if c, ok := e.Right.(*Const); ok {
		if c.Value.Kind() != sqltypes.KindArray {
			return nil, false
		}
		return filterAmong(left, kind, c.Value.Array().Elements, e.All)
	}
	if kind != 'i' && kind != 't' && kind != 'b' || !computedOnce(e.Right) {
		return nil, false
	}
	right, err := Compile(e.Right)
	if err != nil {
		return nil, false
	}
	asSet := !e.All && isEqualityProc(e.Proc)
	return func(env *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error) {
		if len(sel) == 0 {
			return sel, nil
		}
		l, err := env.list(e, right, asSet)
		if err != nil || l.array == nil {
			return sel[:0], err
		}
		if l.filter == nil {
			l.filter, _ = filterAmong(left, kind, l.array.Elements, e.All)
		}
		return l.filter(env, cols, sel)
	}, true
}

// filterAmong keeps the rows whose operand is among the elements, or with not those where it is not.
func filterAmong(left *operand, kind byte, elements []datum, not bool) (Filter, bool) {
	nulls := false
	elements = slices.DeleteFunc(slices.Clone(elements), func(d datum) bool { nulls = nulls || d.IsNull(); return d.IsNull() })
	if not && nulls {
		return func(_ *Env, _ []*sqltypes.Vec, sel []int32) ([]int32, error) { return sel[:0], nil }, true // never true
	}
	if len(elements) == 0 {
		return func(_ *Env, _ []*sqltypes.Vec, sel []int32) ([]int32, error) {
			if not {
				return sel, nil // even for NULL
			}
			return sel[:0], nil
		}, true
	}
	has, ok := membership(kind, elements)
	if !ok {
		return nil, false
	}
	return left.over(func(_ *Env, v *sqltypes.Vec, sel []int32) ([]int32, error) {
		out := sel[:0]
		for _, i := range sel {
			if !unknown(v, int(i)) && has(v, int(i)) != not {
				out = append(out, i)
			}
		}
		return out, nil
	}), true
}

// membership tests whether a value of a column is among those given.
func membership(kind byte, elements []datum) (func(v *sqltypes.Vec, i int) bool, bool) {
	switch kind {
	case 'i':
		words := make([]int64, len(elements))
		for i, d := range elements {
			words[i] = d.Int()
		}
		if len(words) <= fewMax {
			return func(v *sqltypes.Vec, i int) bool { return slices.Contains(words, v.Words[i]) }, true
		}
		set := map[int64]struct{}{}
		for _, w := range words {
			set[w] = struct{}{}
		}
		return func(v *sqltypes.Vec, i int) bool { _, ok := set[v.Words[i]]; return ok }, true
	case 't', 'b':
		trim := func(s string) string { return s }
		if kind == 'b' {
			trim = trimBlanks
		}
		texts := make([]string, len(elements))
		for i, d := range elements {
			texts[i] = trim(d.Str())
		}
		if len(texts) <= fewMax {
			return func(v *sqltypes.Vec, i int) bool { return slices.Contains(texts, trim(v.Datums[i].Str())) }, true
		}
		set := map[string]struct{}{}
		for _, s := range texts {
			set[s] = struct{}{}
		}
		return func(v *sqltypes.Vec, i int) bool { _, ok := set[trim(v.Datums[i].Str())]; return ok }, true
	case 'd':
		if len(elements) > fewMax {
			return nil, false
		}
		return func(v *sqltypes.Vec, i int) bool {
			return slices.ContainsFunc(elements, func(d datum) bool { return compareNumericSmall(v.Datums[i], d) == 0 })
		}, true
	}
	return nil, false
}

// FixedSlot tells whether a condition holds for one value of a column only, by an equality of words or of texts: the column, and the expression of the
// value, which reads no column and is the same each time.
func FixedSlot(e Expr) (slot int, value Expr, ok bool) {
	f, isFunc := e.(*Func)
	if !isFunc || len(f.Args) != 2 {
		return 0, nil, false
	}
	row, known := findProc(f.Proc)
	if !known || !isEqualityProc(f.Proc) && row.source != "texteq" && row.source != "nameeq" && row.source != "nameeqtext" && row.source != "texteqname" {
		return 0, nil, false
	}
	left, right := bare(f.Args[0]), bare(f.Args[1])
	s, isSlot := left.(*Slot)
	if !isSlot {
		left, right = right, left
		if s, isSlot = left.(*Slot); !isSlot {
			return 0, nil, false
		}
	}
	Walk(right, func(n Expr) bool {
		switch n.(type) {
		case *Slot, *External:
			isSlot = false
		}
		return isSlot
	})
	return s.Index, right, isSlot && !ContainsVolatile(right)
}
