package expr

import (
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Filter keeps the rows of a batch for which a condition is true: sel lists row numbers, and the answer is what is left of it, in sel's
// memory. Slot i of the condition is cols[i].
type Filter = func(env *Env, cols []*sqltypes.Vec, sel []int32) ([]int32, error)

// CompileFilter compiles a condition to run over batches: comparisons, LIKE, IN lists of constants, IS NULL, AND, OR, and everything that
// CompileVector can compute. Anything else answers false: it is to be run row by row.
func CompileFilter(e Expr) (Filter, bool) {
	switch e := e.(type) {
	case *Bool:
		switch e.Op {
		case And:
			return filterAnd(e.Args)
		case Or:
			return filterOr(e.Args)
		}
		return filterNot(e.Args[0])
	case *NullTest:
		if slot, ok := bare(e.Arg).(*Slot); ok && !e.RowValue {
			return filterNull(slot.Index, e.Not), true
		}
	case *Func:
		if len(e.Args) == 2 {
			if f, ok := filterCompare(e); ok {
				return f, true
			}
		}
		return filterTruth(e, true)
	case *ArrayOp:
		return filterIn(e)
	case *Slot:
		if e.Typ.OID == sqltypes.BoolOID {
			return filterInts(e.Index, func(a int64) bool { return a != 0 }), true
		}
	}
	return nil, false
}

// filterAnd passes over what stands behind a NULL, which is to be looked at in case it fails: it takes only what cannot.
func filterAnd(args []Expr) (Filter, bool) {
	parts := make([]Filter, len(args))
	for i, a := range args {
		f, ok := CompileFilter(a)
		if !ok || i > 0 && !neverFails(a) {
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

// neverFails tells whether a condition gives an answer for every row: comparisons of columns and constants do.
func neverFails(e Expr) bool {
	switch e := bare(e).(type) {
	case *Slot, *Const, *Param, *ExecParam:
		return true
	case *NullTest:
		return neverFails(e.Arg)
	case *Bool:
		return allNeverFail(e.Args)
	case *ArrayOp:
		return comparesOnly(e.Proc) && allNeverFail([]Expr{e.Left, e.Right})
	case *Func:
		return (comparesOnly(e.Proc) || likeConstant(e)) && allNeverFail(e.Args)
	}
	return false
}

// likeConstant tells whether a call is LIKE with a pattern that does not end amiss.
func likeConstant(e *Func) bool {
	row, ok := findProc(e.Proc)
	if !ok || row.source != "textlike" && row.source != "textnlike" {
		return false
	}
	pattern, ok := bare(e.Args[1]).(*Const)
	return ok && (pattern.Value.IsNull() || !strings.HasSuffix(pattern.Value.Str(), `\`))
}

func allNeverFail(list []Expr) bool {
	return !slices.ContainsFunc(list, func(e Expr) bool { return !neverFails(e) })
}

// comparesOnly tells whether a function is a comparison.
func comparesOnly(proc oid) bool {
	row, ok := findProc(proc)
	if !ok {
		return false
	}
	kind, _, ok := comparison(strings.Replace(row.source, "_timestamp", "", 1))
	return ok && kind != 'l' && kind != 'n'
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

// comparison tells what a pg_proc source compares: 'i' whole numbers, 'f' floats, 't' texts, 'b' texts padded with blanks, 'd' numerics, 'l' LIKE, 'n' NOT LIKE.
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
	case "numeric_":
		return 'd', op, ok
	case "bpchar":
		return 'b', op, ok
	}
	return 0, 0, false
}

// swapped is the comparison with its sides exchanged.
func (op CompareOp) swapped() CompareOp {
	return [...]CompareOp{LT: GT, LE: GE, EQ: EQ, GE: LE, GT: LT, NE: NE}[op]
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
	if pieces := strings.Split(inner, "%"); !strings.ContainsAny(inner, `_\`) && len(pattern) == len(inner)+2 {
		return func(s string) (bool, error) {
			for _, p := range pieces {
				at := strings.Index(s, p)
				if at < 0 {
					return false, nil
				}
				s = s[at+len(p):]
			}
			return true, nil
		}
	}
	return func(s string) (bool, error) { return matchLike(s, pattern, true) }
}
