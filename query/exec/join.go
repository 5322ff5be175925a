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
	in           *Batch // current outer batch
	at           int
	kept         [][]sqltypes.Datum
	keptAll      bool
	row          []sqltypes.Datum // outer row then inner row
	width        int              // of the outer row
	used         usage
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
	j := &nestLoop{rt: b.rt, node: n, outer: outer, inner: inner, out: newBatch(n.Cols), width: len(n.Outer.Header())}
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
	j.in, j.at, j.kept, j.keptAll = nil, 0, nil, false
	return j.outer.open()
}

func (j *nestLoop) close() {
	j.used.free(j.rt)
	j.outer.close()
	j.inner.close()
	j.kept = nil
}

func (j *nestLoop) next() (*Batch, error) {
	j.out.reset()
	for j.out.N < batchRows {
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
				break
			}
			j.in, j.at = in, 0
		}
		j.in.row(j.at, j.row[:j.width])
		j.at++
		if err := j.joinRow(); err != nil {
			return nil, err
		}
	}
	if j.out.N == 0 {
		return nil, nil
	}
	return j.out, nil
}

// joinRow joins the current outer row with its partners.
func (j *nestLoop) joinRow() error {
	if err := j.rt.check(); err != nil {
		return err
	}
	matched := false
	each := func(inner []sqltypes.Datum) (bool, error) {
		copy(j.row[j.width:], inner)
		if j.on != nil {
			j.on.loadRow(j.row)
			ok, err := j.on.truth()
			if err != nil || !ok {
				if j.unjoined != nil {
					*j.unjoined++
				}
				return true, err
			}
		}
		matched = true
		switch j.node.Kind {
		case bind.Semi, bind.Anti:
			return false, nil
		}
		j.out.append(j.row)
		return true, nil
	}
	if err := j.eachInner(each); err != nil {
		return err
	}
	switch {
	case j.node.Kind == bind.Semi && matched, j.node.Kind == bind.Anti && !matched:
		j.out.append(j.row[:j.width])
	case j.node.Kind == bind.Left && !matched:
		clear(j.row[j.width:])
		j.out.append(j.row)
	}
	return nil
}

// eachInner gives the inner rows of the current outer row until f has enough.
func (j *nestLoop) eachInner(f func([]sqltypes.Datum) (bool, error)) error {
	if !j.node.Rescan {
		if !j.keptAll {
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
		}
		for i, row := range j.kept {
			if i&1023 == 1023 {
				if err := j.rt.check(); err != nil {
					return err
				}
			}
			if more, err := f(row); err != nil || !more {
				return err
			}
		}
		return nil
	}
	return j.rescan(f)
}

// rescan runs the inner side for the current outer row.
func (j *nestLoop) rescan(f func([]sqltypes.Datum) (bool, error)) error {
	for i, p := range j.node.Params {
		j.params.loadRow(j.row[:j.width])
		d, err := j.params.at(i)
		if err != nil {
			return err
		}
		j.rt.env.Exec[p.Index] = d
	}
	if err := j.inner.open(); err != nil {
		return err
	}
	inner := make([]sqltypes.Datum, len(j.row)-j.width)
	for {
		in, err := j.inner.next()
		if err != nil || in == nil {
			return err
		}
		for i := range in.N {
			in.row(i, inner)
			if more, err := f(inner); err != nil || !more {
				return err
			}
		}
	}
}
