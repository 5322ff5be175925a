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
	cols  []*sqltypes.Vec
}

// vectorFilter compiles a condition over batches of the given width; nil for no condition.
func (b *builder) vectorFilter(cond expr.Expr, width int) (*vectorFilter, error) {
	if cond == nil {
		return nil, nil
	}
	f := &vectorFilter{rt: b.rt, cols: make([]*sqltypes.Vec, width)}
	var rest []expr.Expr
	for _, c := range conjuncts(cond) {
		if part, ok := expr.CompileFilter(c); ok {
			f.parts = append(f.parts, part)
		} else {
			rest = append(rest, c)
		}
	}
	if len(rest) == 0 {
		return f, nil
	}
	var err error
	f.rest, err = b.rowEval(width, allOf(rest))
	return f, err
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
	for i := range in.N {
		sel = append(sel, int32(i))
	}
	for i := range in.Cols {
		f.cols[i] = &in.Cols[i]
	}
	var err error
	for _, part := range f.parts {
		if sel, err = part(&f.rt.env, f.cols, sel); err != nil {
			return sel, err
		}
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
