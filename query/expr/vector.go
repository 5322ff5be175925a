package expr

import (
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Filter keeps the rows of a batch for which a condition is true: sel lists row numbers, and the answer is what is left of it, in sel's
// memory. Slot i of the condition is cols[i].
type Filter = func(env *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error)

// CompileFilter compiles a condition to run over batches: comparisons of columns with constants, parameters and each other, LIKE with a
// constant pattern, IN lists of whole numbers, IS NULL and AND. Anything else answers false: it is to be run row by row.
func CompileFilter(e Expr) (Filter, bool) {
	switch e := e.(type) {
	case *Bool:
		if e.Op == And {
			return filterAnd(e.Args)
		}
	case *NullTest:
		if slot, ok := e.Arg.(*Slot); ok && !e.RowValue {
			return filterNull(slot.Index, e.Not), true
		}
	case *Func:
		if len(e.Args) == 2 {
			return filterCompare(e)
		}
	case *ArrayOp:
		return filterIn(e)
	case *Slot:
		if e.Typ.OID == sqltypes.BoolOID {
			return filterInts(e.Index, func(a int64) bool { return a != 0 }), true
		}
	}
	return nil, false
}

func filterAnd(args []Expr) (Filter, bool) {
	parts := make([]Filter, len(args))
	for i, a := range args {
		f, ok := CompileFilter(a)
		if !ok {
			return nil, false
		}
		parts[i] = f
	}
	return func(env *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error) {
		for _, f := range parts {
			var err error
			if sel, err = f(env, cols, sel); err != nil || len(sel) == 0 {
				return sel, err
			}
		}
		return sel, nil
	}, true
}

func filterNull(slot int, not bool) Filter {
	return func(_ *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error) {
		v := cols[slot]
		out := sel[:0]
		for _, i := range sel {
			null := v.Nulls != nil && v.Nulls[i] || !v.Fixed && v.Datums[i].IsNull()
			if null != not {
				out = append(out, i)
			}
		}
		return out, nil
	}
}

// filterInts keeps the rows whose whole number passes the test.
func filterInts(slot int, test func(a int64) bool) Filter {
	return func(_ *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error) {
		v := cols[slot]
		out := sel[:0]
		for _, i := range sel {
			if (v.Nulls == nil || !v.Nulls[i]) && test(v.Words[i]) {
				out = append(out, i)
			}
		}
		return out, nil
	}
}

func filterIn(e *ArrayOp) (Filter, bool) {
	slot, ok := e.Left.(*Slot)
	c, isConst := e.Right.(*Const)
	if !ok || !isConst || e.All || !isEqualityProc(e.Proc) || c.Value.Kind() != sqltypes.KindArray {
		return nil, false
	}
	if kind, fixed := sqltypes.FixedKind(c.Value.Array().Element); !fixed || kind != sqltypes.KindInt {
		return nil, false
	}
	set := map[int64]struct{}{}
	for _, d := range c.Value.Array().Elements {
		if !d.IsNull() {
			set[d.Int()] = struct{}{}
		}
	}
	return filterInts(slot.Index, func(a int64) bool {
		_, ok := set[a]
		return ok
	}), true
}

// comparison tells what a pg_proc source compares: 'i' whole numbers, 'f' floats, 't' texts, 'l' LIKE, 'n' NOT LIKE.
func comparison(source string) (kind byte, op CompareOp, ok bool) {
	switch source {
	case "textlike":
		return 'l', EQ, true
	case "textnlike":
		return 'n', EQ, true
	}
	if len(source) < 3 {
		return 0, 0, false
	}
	family, suffix := source[:len(source)-2], source[len(source)-2:]
	op, ok = map[string]CompareOp{"eq": EQ, "ne": NE, "lt": LT, "le": LE, "gt": GT, "ge": GE}[suffix]
	switch family {
	case "int2", "int4", "int8", "int24", "int42", "int28", "int82", "int48", "int84", "oid", "bool", "date_", "timestamp_", "time_":
		return 'i', op, ok
	case "float4", "float8", "float48", "float84":
		return 'f', op, ok
	case "text", "text_", "bytea", "uuid_":
		return 't', op, ok
	}
	return 0, 0, false
}

// swapped is the comparison with its sides exchanged.
func (op CompareOp) swapped() CompareOp {
	return [...]CompareOp{LT: GT, LE: GE, EQ: EQ, GE: LE, GT: LT, NE: NE}[op]
}

func filterCompare(e *Func) (Filter, bool) {
	row, ok := findProc(e.Proc)
	if !ok {
		return nil, false
	}
	kind, op, ok := comparison(row.source)
	if !ok {
		return nil, false
	}
	left, right := e.Args[0], e.Args[1]
	slot, ok := left.(*Slot)
	if !ok {
		if slot, ok = right.(*Slot); !ok || kind == 'l' || kind == 'n' {
			return nil, false
		}
		right, op = left, op.swapped()
	}
	if other, ok := right.(*Slot); ok {
		return compareSlots(kind, op, slot.Index, other.Index)
	}
	switch right.(type) {
	case *Const, *Param, *ExecParam:
	default:
		return nil, false
	}
	value, err := Compile(right)
	if err != nil {
		return nil, false
	}
	index := slot.Index
	return func(env *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error) {
		d, err := value(env)
		if err != nil || d.IsNull() {
			return sel[:0], err
		}
		switch kind {
		case 'i':
			return compareInt(cols[index], op, d.Int(), sel), nil
		case 'f':
			return compareFloat(cols[index], op, d.Float(), sel), nil
		case 't':
			return compareText(cols[index], op, d.Str(), sel), nil
		}
		return filterLike(cols[index], d.Str(), kind == 'n', sel)
	}, true
}

// compareInt has a loop for every operator: this is where scans spend their time.
func compareInt(v *sqltypes.Vec, op CompareOp, b int64, sel []int32) []int32 {
	out := sel[:0]
	words := v.Words
	if v.Nulls != nil {
		for _, i := range sel {
			if !v.Nulls[i] && op.holds(compareInts(words[i], b)) {
				out = append(out, i)
			}
		}
		return out
	}
	switch op {
	case EQ:
		for _, i := range sel {
			if words[i] == b {
				out = append(out, i)
			}
		}
	case NE:
		for _, i := range sel {
			if words[i] != b {
				out = append(out, i)
			}
		}
	case LT:
		for _, i := range sel {
			if words[i] < b {
				out = append(out, i)
			}
		}
	case LE:
		for _, i := range sel {
			if words[i] <= b {
				out = append(out, i)
			}
		}
	case GT:
		for _, i := range sel {
			if words[i] > b {
				out = append(out, i)
			}
		}
	case GE:
		for _, i := range sel {
			if words[i] >= b {
				out = append(out, i)
			}
		}
	}
	return out
}

func compareFloat(v *sqltypes.Vec, op CompareOp, b float64, sel []int32) []int32 {
	out := sel[:0]
	for _, i := range sel {
		if v.Nulls != nil && v.Nulls[i] {
			continue
		}
		if op.holds(compareFloats(sqltypes.FromWord(sqltypes.KindFloat, v.Words[i]).Float(), b)) {
			out = append(out, i)
		}
	}
	return out
}

func compareText(v *sqltypes.Vec, op CompareOp, b string, sel []int32) []int32 {
	out := sel[:0]
	for _, i := range sel {
		d := v.Datums[i]
		if d.IsNull() {
			continue
		}
		keep := false
		switch op {
		case EQ:
			keep = d.Str() == b
		case NE:
			keep = d.Str() != b
		default:
			keep = op.holds(strings.Compare(d.Str(), b))
		}
		if keep {
			out = append(out, i)
		}
	}
	return out
}

func filterLike(v *sqltypes.Vec, pattern string, not bool, sel []int32) ([]int32, error) {
	test := likeTest(pattern)
	out := sel[:0]
	for _, i := range sel {
		d := v.Datums[i]
		if d.IsNull() {
			continue
		}
		ok, err := test(d.Str())
		if err != nil {
			return nil, err
		}
		if ok != not {
			out = append(out, i)
		}
	}
	return out, nil
}

// likeTest has short ways for 'abc%', '%abc' and '%abc%'.
func likeTest(pattern string) func(s string) (bool, error) {
	inner := strings.TrimSuffix(strings.TrimPrefix(pattern, "%"), "%")
	if !strings.ContainsAny(inner, `%_\`) && len(pattern) > len(inner) {
		starts, ends := strings.HasPrefix(pattern, "%"), strings.HasSuffix(pattern, "%")
		switch {
		case starts && ends:
			return func(s string) (bool, error) { return strings.Contains(s, inner), nil }
		case ends:
			return func(s string) (bool, error) { return strings.HasPrefix(s, inner), nil }
		case starts:
			return func(s string) (bool, error) { return strings.HasSuffix(s, inner), nil }
		}
	}
	return func(s string) (bool, error) { return matchLike(s, pattern, true) }
}

// compareSlots compares two columns.
func compareSlots(kind byte, op CompareOp, left, right int) (Filter, bool) {
	var cmp func(a, b datum) int
	switch kind {
	case 'i':
		cmp = func(a, b datum) int { return compareInts(a.Int(), b.Int()) }
	case 'f':
		cmp = func(a, b datum) int { return compareFloats(a.Float(), b.Float()) }
	case 't':
		cmp = func(a, b datum) int { return strings.Compare(a.Str(), b.Str()) }
	default:
		return nil, false
	}
	return func(_ *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error) {
		x, y := cols[left], cols[right]
		out := sel[:0]
		for _, i := range sel {
			a, b := x.At(int(i)), y.At(int(i))
			if !a.IsNull() && !b.IsNull() && op.holds(cmp(a, b)) {
				out = append(out, i)
			}
		}
		return out, nil
	}, true
}
