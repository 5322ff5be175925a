package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

// vectorFilter decides which rows of a batch meet a condition. Its parts that can run over whole columns do; what is left is computed row by row,
// for the rows that are left.
type vectorFilter struct {
	rt    *runtime
	parts []expr.Filter
	rest  *rowEval // nil: nothing is left
	whole *rowEval // the whole condition
	left  *rowEval // what decide computes
	cols  []*sqltypes.Vec
}

// vectorFilter compiles a condition over batches of the given width; nil for no condition.
func (b *builder) vectorFilter(cond expr.Expr, width int) (*vectorFilter, error) {
	if cond == nil {
		return nil, nil
	}
	f := &vectorFilter{rt: b.rt, cols: make([]*sqltypes.Vec, width)}
	var err error
	if f.whole, err = b.condition(width, cond); err != nil {
		return nil, err
	}
	var rest []expr.Expr
	ordered := expr.ContainsVolatile(cond)
	for _, c := range conjuncts(cond) {
		if part, ok := expr.CompileFilter(c); ok && !ordered {
			f.parts = append(f.parts, part)
		} else {
			rest = append(rest, c)
		}
	}
	if len(rest) == 0 {
		return f, nil
	}
	f.rest, err = b.condition(width, allOf(rest))
	return f, err
}

// vectorTruth compiles a value over batches of the given width, to keep the rows for which it is true; nil for no value.
func (b *builder) vectorTruth(value expr.Expr, width int) (*vectorFilter, error) {
	if value == nil {
		return nil, nil
	}
	f := &vectorFilter{rt: b.rt, cols: make([]*sqltypes.Vec, width)}
	var err error
	if f.whole, err = b.rowEval(width, value); err != nil {
		return nil, err
	}
	if part, ok := expr.CompileFilter(value); ok && !expr.ContainsVolatile(value) {
		f.parts = []expr.Filter{part}
	} else {
		f.rest = f.whole
	}
	return f, nil
}

// allOf is the condition that all of a list hold; nil for none.
func allOf(list []expr.Expr) expr.Expr {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return &expr.Bool{Base: expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}, Op: expr.And, Args: list}
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

// apply appends the numbers of the rows that meet the condition to sel.
func (f *vectorFilter) apply(in *Batch, sel []int32) ([]int32, error) {
	sel, decided := f.narrow(in, sel)
	if decided {
		return sel, nil
	}
	kept := sel[:0]
	for {
		some, looked, err := f.decide(in, sel, -1)
		if err != nil {
			return kept, err
		}
		kept = append(kept, some...)
		if sel = sel[looked:]; len(sel) == 0 {
			return kept, nil
		}
	}
}

// narrow appends the numbers of the rows that meet the parts of the condition that run over columns; decided tells that there are no other parts.
func (f *vectorFilter) narrow(in *Batch, sel []int32) (_ []int32, decided bool) {
	for i := range in.N {
		sel = append(sel, int32(i))
	}
	for i := range in.Cols {
		f.cols[i] = &in.Cols[i]
	}
	f.rt.env.Room = f.rt.room()
	f.left = f.rest
	for _, part := range f.parts {
		var err error
		if sel, err = part(&f.rt.env, f.cols, sel); err != nil {
			// Row by row the first row that fails tells its error, which a step over all rows may not have come to first.
			sel = sel[:0]
			for i := range in.N {
				sel = append(sel, int32(i))
			}
			f.left = f.whole
			return sel, false
		}
		if len(sel) == 0 {
			return sel, true
		}
	}
	return sel, f.rest == nil
}

// decide keeps the rows that meet what is computed row by row, no more than so many (negative: all), and none behind one that fails. It tells how many rows
// it has looked at.
func (f *vectorFilter) decide(in *Batch, sel []int32, most int64) (kept []int32, looked int, err error) {
	kept = sel[:0]
	for i, row := range sel {
		if most >= 0 && int64(len(kept)) >= max(most, 1) {
			return kept, i, nil
		}
		if i&31 == 31 {
			if err := f.rt.check(); err != nil {
				return kept, i, err
			}
		}
		f.left.load(in, int(row))
		ok, err := f.left.truth()
		if err != nil && len(kept) > 0 {
			return kept, i, nil
		}
		if err != nil {
			return kept, i, err
		}
		if ok {
			kept = append(kept, row)
		}
	}
	return kept, len(sel), nil
}
