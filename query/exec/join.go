package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// nestLoop joins by running the inner side for every outer row. Inner rows that do not depend on the outer row are read once and kept.
type nestLoop struct {
	rt           *runtime
	node         *plan.NestLoop
	outer, inner operator
	params       *rowEval
	on           *rowEval
	out          *Batch
	wide         []int  // columns of out
	size         int    // of the values in out
	in           *Batch // current outer batch
	at           int    // its next row
	joining      bool   // the row before it has inner rows left, perhaps
	matched      bool   // one of them met the condition
	kept         [][]sqltypes.Datum
	keptAll      bool
	keptAt       int    // next of kept
	rows         *Batch // of the inner side, when it runs for every outer row
	rowsAt       int
	row          []sqltypes.Datum // outer row then inner row
	width        int              // of the outer row
	used         usage
	later        lateError
	unjoined     *int64 // counts the pairs that do not meet the condition; nil: not wanted
}

func (b *builder) nestLoop(n *plan.NestLoop) (operator, error) {
	outer, err := b.build(n.Outer)
	if err != nil {
		return nil, err
	}
	inner, err := b.build(n.Inner)
	if err != nil {
		return nil, err
	}
	j := &nestLoop{rt: b.rt, node: n, outer: outer, inner: inner, out: newBatch(n.Cols), wide: wideColumns(n.Cols), width: len(n.Outer.Header())}
	j.row = make([]sqltypes.Datum, j.width+len(n.Inner.Header()))
	params := &rowEval{rt: b.rt}
	if len(n.Params) > 0 {
		if params, err = b.rowEval(j.width, paramExprs(n.Params)...); err != nil {
			return nil, err
		}
	}
	j.params = params
	if n.On != nil {
		j.on, err = b.condition(len(j.row), n.On)
	}
	return j, err
}

func paramExprs(list []plan.ParamSet) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, p := range list {
		out[i] = p.Expr
	}
	return out
}

func (j *nestLoop) open() error {
	j.used.free(j.rt)
	j.in, j.at, j.joining, j.kept, j.keptAll, j.rows, j.later = nil, 0, false, nil, false, nil, lateError{}
	return j.outer.open()
}

func (j *nestLoop) close() {
	j.used.free(j.rt)
	j.outer.close()
	j.inner.close()
	j.kept, j.rows = nil, nil
}

func (j *nestLoop) next() (*Batch, error) {
	if err := j.later.err; err != nil {
		return nil, err
	}
	j.out.reset()
	j.size = 0
	for j.out.N < batchRows && j.size < batchBytesMax {
		if j.joining {
			if err := j.joinRow(); err != nil {
				return j.later.after(j.out, err)
			}
			continue
		}
		if j.in == nil || j.at >= j.in.N {
			if j.out.N > 0 && j.in != nil {
				// The rows given so far hold values of this outer batch: hand them on before it is replaced.
				j.in = nil
				return j.out, nil
			}
			in, err := j.outer.next()
			if err != nil {
				return nil, err
			}
			if in == nil {
				j.in = nil // no longer valid
				break
			}
			j.in, j.at = in, 0
		}
		if err := j.begin(); err != nil {
			return j.later.after(j.out, err)
		}
	}
	return j.out.orNil(), nil
}

// begin makes the next outer row the current one, and starts its inner rows.
func (j *nestLoop) begin() error {
	j.in.row(j.at, j.row[:j.width])
	j.at++
	j.joining, j.matched, j.keptAt, j.rows, j.rowsAt = true, false, 0, nil, 0
	if !j.node.Rescan {
		return j.keep()
	}
	for i, p := range j.node.Params {
		j.params.loadRow(j.row[:j.width])
		d, err := j.params.at(i)
		if err != nil {
			return err
		}
		j.rt.env.Exec[p.Index] = d
	}
	return j.inner.open()
}

// keep reads inner rows that are the same for every outer row.
func (j *nestLoop) keep() error {
	if j.keptAll {
		return nil
	}
	if err := j.inner.open(); err != nil {
		return err
	}
	if err := j.rt.collect(j.inner, func(row []sqltypes.Datum) error {
		j.kept = append(j.kept, row)
		return j.used.add(j.rt, rowSize(row))
	}); err != nil {
		return err
	}
	j.keptAll = true
	return nil
}

// joinRow joins the current outer row with its partners, until the batch is full.
func (j *nestLoop) joinRow() error {
	if err := j.rt.check(); err != nil {
		return err
	}
	one := j.node.Kind == bind.Semi || j.node.Kind == bind.Anti
	for steps := 1; j.out.N < batchRows && j.size < batchBytesMax; steps++ {
		if steps&1023 == 0 {
			if err := j.rt.check(); err != nil {
				return err
			}
		}
		more := false
		if !one || !j.matched {
			var err error
			if more, err = j.innerRow(j.row[j.width:]); err != nil {
				return err
			}
		}
		if !more {
			j.joining = false
			j.lonely()
			return nil
		}
		if j.on != nil {
			j.on.loadRow(j.row)
			ok, err := j.on.truth()
			if err != nil {
				return err
			}
			if !ok {
				if j.unjoined != nil {
					*j.unjoined++
				}
				continue
			}
		}
		if j.matched = true; !one {
			j.give(j.row)
		}
	}
	return nil
}

// lonely gives what a join gives for an outer row whose inner rows have been looked at.
func (j *nestLoop) lonely() {
	switch {
	case j.node.Kind == bind.Semi && j.matched, j.node.Kind == bind.Anti && !j.matched:
		j.give(j.row[:j.width])
	case j.node.Kind == bind.Left && !j.matched:
		clear(j.row[j.width:])
		j.give(j.row)
	}
}

func (j *nestLoop) give(row []sqltypes.Datum) {
	j.out.append(row)
	for _, c := range j.wide {
		j.size += row[c].Size()
	}
}

// innerRow copies the next inner row of the current outer one; false at their end.
func (j *nestLoop) innerRow(row []sqltypes.Datum) (bool, error) {
	if !j.node.Rescan {
		if j.keptAt >= len(j.kept) {
			return false, nil
		}
		copy(row, j.kept[j.keptAt])
		j.keptAt++
		return true, nil
	}
	for j.rows == nil || j.rowsAt >= j.rows.N {
		in, err := j.inner.next()
		if err != nil || in == nil {
			return false, err
		}
		j.rows, j.rowsAt = in, 0
	}
	j.rows.row(j.rowsAt, row)
	j.rowsAt++
	return true, nil
}
