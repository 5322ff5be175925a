package exec

import (
	"errors"
	"math"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

// columnEval computes expressions for batches, each as a column: where it is a column of the batch, as it stands; by code for columns where there is
// some; row by row otherwise. It computes fewer rows at a time when their values are large. The columns are valid until the next call.
type columnEval struct {
	rt      *runtime
	vectors []expr.Vector // nil: the expression is computed row by row, or a column
	plain   []int         // the column an expression is, -1: it is computed
	rows    *rowEval
	cols    []*sqltypes.Vec
	own     []sqltypes.Vec
	out     []sqltypes.Vec
	all     []int32 // every row of a batch
	part    Batch
	scalar  bool // some expression is computed row by row
	most    int  // how many rows the values had room for when they had none for more
	fitted  int  // how often they had since
}

// columnEval compiles expressions over batches of the given width.
func (b *builder) columnEval(width int, list ...expr.Expr) (*columnEval, error) {
	types := make([]sqltypes.OID, len(list))
	for i, x := range list {
		types[i] = x.Type().OID
	}
	return b.typedColumns(width, list, types)
}

// typedColumns compiles expressions to be columns of the types given, which have their values in the same form.
func (b *builder) typedColumns(width int, list []expr.Expr, types []sqltypes.OID) (*columnEval, error) {
	e := &columnEval{rt: b.rt, vectors: make([]expr.Vector, len(list)), cols: make([]*sqltypes.Vec, width), out: make([]sqltypes.Vec, len(list)), most: math.MaxInt}
	for i, x := range list {
		e.own, e.plain = append(e.own, sqltypes.NewVec(types[i], 0)), append(e.plain, -1)
		if s, ok := x.(*expr.Slot); ok && sameForm(s.Typ.OID, types[i]) {
			e.plain[i] = s.Index
		} else if v, ok := expr.CompileVector(x); ok {
			e.vectors[i] = v
		} else {
			e.scalar = true
		}
	}
	var err error
	e.rows, err = b.rowEval(width, list...)
	return e, err
}

// inOrder has whatever is not a column computed row by row: with volatile functions the order counts.
func (e *columnEval) inOrder() {
	clear(e.vectors)
	e.scalar = true
}

// roomPart of a query's memory is for the values that the expressions of one operator compute at a time.
const roomPart = 16

// room is how many bytes such values may take: no more than is left of the query's memory, but for those of a batch of the usual size.
func (rt *runtime) room() int {
	return min(rt.MemoryMax/roomPart, max(rt.MemoryMax-rt.memory, batchBytesMax))
}

// each computes the expressions for a batch, and gives it to f in one or more parts: with the columns of part's rows in out.
func (e *columnEval) each(in *Batch, f func(part *Batch) error) error {
	for at := 0; at < in.N; {
		part := in
		if at > 0 {
			e.part.window(in, at, in.N)
			part = &e.part
		}
		n, err := e.compute(part, nil)
		if err != nil {
			return err
		}
		if n < part.N {
			e.part.window(in, at, at+n)
			part = &e.part
		}
		if err := f(part); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// compute computes the expressions for the rows of a batch that are chosen, nil for all. It tells for how many of them, from the first on.
func (e *columnEval) compute(in *Batch, chosen []int32) (int, error) {
	for c := range in.Cols {
		e.cols[c] = &in.Cols[c]
	}
	for len(e.all) < in.N {
		e.all = append(e.all, int32(len(e.all)))
	}
	whole := chosen == nil
	if whole {
		chosen = e.all[:in.N]
	}
	n, err := e.byColumn(chosen)
	switch {
	case err != nil:
		// Row by row the first row that fails tells its error, which a step over all rows may not have come to first.
		n, err = e.byRow(in, chosen, func(i int) bool { return e.plain[i] < 0 })
	case e.scalar:
		n, err = e.byRow(in, chosen[:n], func(i int) bool { return e.plain[i] < 0 && e.vectors[i] == nil })
	}
	if err != nil {
		return 0, err
	}
	for i, slot := range e.plain {
		switch {
		case slot < 0:
			e.out[i] = e.own[i]
			if e.out[i].Len() > n {
				e.out[i] = windowColumn(&e.own[i], 0, n)
			}
		case whole && n == in.N:
			e.out[i] = in.Cols[slot]
		case whole:
			e.out[i] = windowColumn(&in.Cols[slot], 0, n)
		default:
			pickColumn(&e.own[i], &in.Cols[slot], chosen[:n], false)
			e.out[i] = e.own[i]
		}
	}
	return n, nil
}

// moreAfter is after how many times that values had room a few more rows are tried.
const moreAfter = 8

// byColumn computes the expressions that have code for columns, for as many rows as their values have room for.
func (e *columnEval) byColumn(rows []int32) (int, error) {
	n := min(len(rows), e.most)
	for {
		err := e.run(rows[:n])
		if !errors.Is(err, expr.ErrRoom) || n == 1 {
			if e.fitted++; err == nil && n == e.most && e.fitted >= moreAfter {
				e.most, e.fitted = e.most+1+e.most/8, 0
			}
			return n, err
		}
		n = max(1, n/2)
		e.most, e.fitted = n, 0
	}
}

func (e *columnEval) run(rows []int32) error {
	rt := e.rt
	env, room := &rt.env, rt.room()
	env.Room = room
	defer func() { rt.peak = max(rt.peak, rt.memory+room-env.Room) }()
	for i, v := range e.vectors {
		if v == nil {
			continue
		}
		if err := v(env, e.cols, rows, &e.own[i]); err != nil {
			return err
		}
	}
	return nil
}

// batchBytesMax is about how large values a batch may hold in all.
const batchBytesMax = 1 << 20

// byRow computes some of the expressions row by row, until the values get large, or up to the first row that fails: who stops before it does not hear of it.
func (e *columnEval) byRow(in *Batch, rows []int32, some func(i int) bool) (int, error) {
	var list []int
	for i := range e.own {
		if some(i) {
			clear(e.own[i].Datums)
			e.own[i].Reset()
			list = append(list, i)
		}
	}
	size := 0
	for n, row := range rows {
		if size >= batchBytesMax {
			return n, nil
		}
		if n&31 == 31 {
			if err := e.rt.check(); err != nil {
				return n, err
			}
		}
		for _, i := range list {
			e.rows.load(in, int(row))
			d, err := e.rows.at(i)
			if err != nil && n > 0 {
				return n, nil
			}
			if err != nil {
				return 0, err
			}
			e.own[i].Append(d)
			size += d.Size()
			if err := e.rt.hold(size); err != nil {
				return n, err
			}
		}
	}
	return len(rows), nil
}
