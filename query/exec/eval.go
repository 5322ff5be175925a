package exec

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

// rowEval computes expressions for a row of a batch. It copies only the columns they read into the row they see.
type rowEval struct {
	rt    *runtime
	evals []expr.Eval
	plain []int // slot of an expression that is a column as it stands, -1 otherwise
	slots []int
	row   []sqltypes.Datum
}

// slotsOf are the input columns that the expressions read, in order.
func slotsOf(list ...expr.Expr) []int {
	var slots []int
	for _, e := range list {
		if e == nil {
			continue
		}
		expr.Walk(e, func(n expr.Expr) bool {
			if s, ok := n.(*expr.Slot); ok && !slices.Contains(slots, s.Index) {
				slots = append(slots, s.Index)
			}
			return true
		})
	}
	slices.Sort(slots)
	return slots
}

// rowEval compiles expressions over rows of the given width.
func (b *builder) rowEval(width int, list ...expr.Expr) (*rowEval, error) {
	r := &rowEval{rt: b.rt, slots: slotsOf(list...), row: make([]sqltypes.Datum, width)}
	for _, e := range list {
		if s, ok := e.(*expr.Slot); ok {
			r.evals, r.plain = append(r.evals, nil), append(r.plain, s.Index)
			continue
		}
		eval, err := b.compile(e)
		if err != nil {
			return nil, err
		}
		r.evals, r.plain = append(r.evals, eval), append(r.plain, -1)
	}
	return r, nil
}

// condition compiles a condition on rows of the given width.
func (b *builder) condition(width int, cond expr.Expr) (*rowEval, error) {
	r, err := b.rowEval(width, cond)
	if err == nil && r.evals[0] != nil {
		r.evals[0], err = expr.CompileCondition(cond)
	}
	return r, err
}

func (b *builder) compile(e expr.Expr) (expr.Eval, error) {
	if e == nil {
		return nil, nil
	}
	return expr.Compile(e)
}

func (b *builder) compileAll(list []expr.Expr) ([]expr.Eval, error) {
	out := make([]expr.Eval, len(list))
	for i, e := range list {
		eval, err := b.compile(e)
		if err != nil {
			return nil, err
		}
		out[i] = eval
	}
	return out, nil
}

// load makes row i of the batch the row that the expressions see.
func (r *rowEval) load(b *Batch, i int) {
	b.slots(i, r.slots, r.row)
	r.rt.env.Row = r.row
}

// loadRow makes row the row that the expressions see.
func (r *rowEval) loadRow(row []sqltypes.Datum) { r.rt.env.Row = row }

// at computes expression i over the loaded row.
func (r *rowEval) at(i int) (sqltypes.Datum, error) {
	if r.plain[i] >= 0 {
		return r.rt.env.Row[r.plain[i]], nil
	}
	return r.evals[i](&r.rt.env)
}

// all computes every expression over the loaded row.
func (r *rowEval) all(dst []sqltypes.Datum) error {
	row := r.rt.env.Row
	for i := range r.evals {
		r.rt.env.Row = row // a sub-query among the expressions leaves another row behind
		d, err := r.at(i)
		if err != nil {
			return err
		}
		dst[i] = d
	}
	return nil
}

// truth computes expression 0 as a condition.
func (r *rowEval) truth() (bool, error) {
	d, err := r.at(0)
	return d.Bool(), err
}

// constant computes an expression that reads no row.
func (rt *runtime) constant(eval expr.Eval) (sqltypes.Datum, error) {
	rt.env.Row = nil
	return eval(&rt.env)
}
