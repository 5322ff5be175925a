package exec

import (
	"cmp"
	"math"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

// vectorFilter decides which rows of a batch meet a condition. Comparisons of a fixed-width column with a value that is the same for all rows run over
// the whole column; what is left of the condition is computed row by row, for the rows that are left.
type vectorFilter struct {
	rt      *runtime
	kernels []compareKernel
	rest    *rowEval // nil: nothing is left
}

// compareKernel is column op value.
type compareKernel struct {
	slot  int
	op    expr.CompareOp
	float bool
	value expr.Eval
}

var vectorOps = map[string]expr.CompareOp{"<": expr.LT, "<=": expr.LE, "=": expr.EQ, ">=": expr.GE, ">": expr.GT, "<>": expr.NE}

var mirrored = map[expr.CompareOp]expr.CompareOp{
	expr.LT: expr.GT, expr.LE: expr.GE, expr.EQ: expr.EQ, expr.GE: expr.LE, expr.GT: expr.LT, expr.NE: expr.NE,
}

// vectorFilter compiles a condition over batches of the given width; nil for no condition.
func (b *builder) vectorFilter(cond expr.Expr, width int) (*vectorFilter, error) {
	if cond == nil {
		return nil, nil
	}
	f := &vectorFilter{rt: b.rt}
	var rest []expr.Expr
	for _, c := range conjuncts(cond) {
		k, ok, err := b.kernel(c)
		if err != nil {
			return nil, err
		}
		if ok {
			f.kernels = append(f.kernels, k)
		} else {
			rest = append(rest, c)
		}
	}
	if len(rest) == 0 {
		return f, nil
	}
	if len(rest) == 1 {
		cond = rest[0]
	} else {
		cond = &expr.Bool{Base: expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}, Op: expr.And, Args: rest}
	}
	var err error
	f.rest, err = b.rowEval(width, cond)
	return f, err
}

func conjuncts(e expr.Expr) []expr.Expr {
	and, ok := e.(*expr.Bool)
	if !ok || and.Op != expr.And {
		return []expr.Expr{e}
	}
	var out []expr.Expr
	for _, a := range and.Args {
		out = append(out, conjuncts(a)...)
	}
	return out
}

// kernel recognises a comparison that can run over a column.
func (b *builder) kernel(e expr.Expr) (k compareKernel, ok bool, err error) {
	f, isFunc := e.(*expr.Func)
	if !isFunc || f.Operator == 0 || len(f.Args) != 2 {
		return k, false, nil
	}
	op, known := vectorOps[f.Name]
	if !known {
		return k, false, nil
	}
	column, value := f.Args[0], f.Args[1]
	if _, isSlot := column.(*expr.Slot); !isSlot {
		column, value, op = value, column, mirrored[op]
	}
	slot, isSlot := column.(*expr.Slot)
	if !isSlot || len(slotsOf(value)) > 0 || expr.ContainsVolatile(value) || !sameWords(slot.Typ.OID, value.Type().OID) {
		return k, false, nil
	}
	kind, _ := sqltypes.FixedKind(slot.Typ.OID)
	eval, err := b.compile(value)
	return compareKernel{slot: slot.Index, op: op, float: kind == sqltypes.KindFloat, value: eval}, err == nil, err
}

// sameWords tells whether values of the two types compare by their words.
func sameWords(a, b sqltypes.OID) bool {
	isInt := func(t sqltypes.OID) bool {
		return t == sqltypes.Int2OID || t == sqltypes.Int4OID || t == sqltypes.Int8OID
	}
	isFloat := func(t sqltypes.OID) bool { return t == sqltypes.Float4OID || t == sqltypes.Float8OID }
	if isInt(a) && isInt(b) || isFloat(a) && isFloat(b) {
		return true
	}
	if a != b {
		return false
	}
	switch a {
	case sqltypes.BoolOID, sqltypes.DateOID, sqltypes.TimeOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID, sqltypes.OIDOID:
		return true
	}
	return false
}

// apply appends the numbers of the rows that meet the condition to sel.
func (f *vectorFilter) apply(in *Batch, sel []int32) ([]int32, error) {
	for i := range in.N {
		sel = append(sel, int32(i))
	}
	for i := range f.kernels {
		k := &f.kernels[i]
		d, err := f.rt.constant(k.value)
		if err != nil {
			return sel, err
		}
		if d.IsNull() {
			return sel[:0], nil
		}
		sel = k.run(&in.Cols[k.slot], d, sel)
	}
	if f.rest == nil {
		return sel, nil
	}
	kept := sel[:0]
	for _, row := range sel {
		f.rest.load(in, int(row))
		ok, err := f.rest.truth()
		if err != nil {
			return kept, err
		}
		if ok {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

// run keeps the rows of sel whose value compares as wanted. NULLs never do.
func (k *compareKernel) run(c *sqltypes.Vec, d sqltypes.Datum, sel []int32) []int32 {
	if c.Nulls != nil {
		kept := sel[:0]
		for _, row := range sel {
			if !c.Nulls[row] {
				kept = append(kept, row)
			}
		}
		sel = kept
	}
	if k.float {
		return compareFloats(c.Words, d.Float(), k.op, sel)
	}
	return compareWords(c.Words, d.Word(), k.op, sel)
}

func compareWords(words []int64, v int64, op expr.CompareOp, sel []int32) []int32 {
	kept := sel[:0]
	switch op {
	case expr.LT:
		for _, row := range sel {
			if words[row] < v {
				kept = append(kept, row)
			}
		}
	case expr.LE:
		for _, row := range sel {
			if words[row] <= v {
				kept = append(kept, row)
			}
		}
	case expr.EQ:
		for _, row := range sel {
			if words[row] == v {
				kept = append(kept, row)
			}
		}
	case expr.GE:
		for _, row := range sel {
			if words[row] >= v {
				kept = append(kept, row)
			}
		}
	case expr.GT:
		for _, row := range sel {
			if words[row] > v {
				kept = append(kept, row)
			}
		}
	default:
		for _, row := range sel {
			if words[row] != v {
				kept = append(kept, row)
			}
		}
	}
	return kept
}

// compareFloats orders NaN above every other number and equal to itself, as PostgreSQL does.
func compareFloats(words []int64, v float64, op expr.CompareOp, sel []int32) []int32 {
	kept := sel[:0]
	for _, row := range sel {
		x := math.Float64frombits(uint64(words[row]))
		c := -cmp.Compare(v, x)
		if math.IsNaN(x) && !math.IsNaN(v) {
			c = 1
		} else if math.IsNaN(v) && !math.IsNaN(x) {
			c = -1
		}
		ok := false
		switch op {
		case expr.LT:
			ok = c < 0
		case expr.LE:
			ok = c <= 0
		case expr.EQ:
			ok = c == 0
		case expr.GE:
			ok = c >= 0
		case expr.GT:
			ok = c > 0
		default:
			ok = c != 0
		}
		if ok {
			kept = append(kept, row)
		}
	}
	return kept
}
