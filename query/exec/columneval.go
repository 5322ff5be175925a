package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

// columnEval computes expressions for whole batches, each as a column: where it is a column of the batch, as it stands; by code for columns where there is
// some; row by row otherwise. Columns that it computed are valid until the next call for the same expression.
type columnEval struct {
	rt      *runtime
	vectors []expr.Vector
	rows    *rowEval
	own     []sqltypes.Vec
	cols    []*sqltypes.Vec
	all     []int32 // every row of a batch
	scalar  bool    // some expression is computed row by row
}

// columnEval compiles expressions over batches of the given width.
func (b *builder) columnEval(width int, list ...expr.Expr) (*columnEval, error) {
	e := &columnEval{rt: b.rt, vectors: make([]expr.Vector, len(list)), cols: make([]*sqltypes.Vec, width)}
	for i, x := range list {
		e.own = append(e.own, sqltypes.NewVec(x.Type().OID, 0))
		if _, ok := x.(*expr.Slot); ok {
			continue
		}
		if v, ok := expr.CompileVector(x); ok {
			e.vectors[i] = v
		} else {
			e.scalar = true
		}
	}
	var err error
	e.rows, err = b.rowEval(width, list...)
	return e, err
}

// load makes a batch the one that is looked at.
func (e *columnEval) load(in *Batch) {
	for c := range in.Cols {
		e.cols[c] = &in.Cols[c]
	}
	for len(e.all) < in.N {
		e.all = append(e.all, int32(len(e.all)))
	}
}

// column computes expression i for the rows of the loaded batch that are chosen, nil for all.
func (e *columnEval) column(i int, in *Batch, chosen []int32) (*sqltypes.Vec, error) {
	own := &e.own[i]
	if slot := e.rows.plain[i]; slot >= 0 {
		if chosen == nil {
			return &in.Cols[slot], nil
		}
		pickColumn(own, &in.Cols[slot], chosen, false)
		return own, nil
	}
	if chosen == nil {
		chosen = e.all[:in.N]
	}
	if v := e.vectors[i]; v != nil {
		err := v(&e.rt.env, e.cols, chosen, own)
		if err == nil {
			return own, nil
		}
		// Row by row the first row that fails tells its error, which a step over all rows may not have come to first.
	}
	own.Reset()
	for n, row := range chosen {
		if n&31 == 31 {
			if err := e.rt.check(); err != nil {
				return nil, err
			}
		}
		e.rows.load(in, int(row))
		d, err := e.rows.at(i)
		if err != nil {
			return nil, err
		}
		own.Append(d)
	}
	return own, nil
}

// quick computes expression i of the loaded batch, which must be a column or have code for columns.
func (e *columnEval) quick(i int, in *Batch) (*sqltypes.Vec, error) {
	if slot := e.rows.plain[i]; slot >= 0 {
		return &in.Cols[slot], nil
	}
	return &e.own[i], e.vectors[i](&e.rt.env, e.cols, e.all[:in.N], &e.own[i])
}
