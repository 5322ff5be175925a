package exec

import (
	"math"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// joinKeys computes the keys of a side of a join for whole batches: as columns of the batch where keys are columns as they stand.
type joinKeys struct {
	rt      *runtime
	plain   []int         // the column a key is, -1: it is computed
	vectors []expr.Vector // computes a key column by column, nil: row by row
	rows    *rowEval
	float   []bool // equal floats may differ in their bits, so their keys are copied
	own     []sqltypes.Vec
	out     []sqltypes.Vec
	cols    []*sqltypes.Vec
	all     []int32 // every row of a batch
}

// joinKeys compiles keys of the types given over batches of the columns.
func (b *builder) joinKeys(header []plan.Column, keys []expr.Expr, types []sqltypes.OID) (*joinKeys, error) {
	width := len(header)
	k := &joinKeys{rt: b.rt, cols: make([]*sqltypes.Vec, width), out: make([]sqltypes.Vec, len(keys))}
	bare := make([]expr.Expr, len(keys))
	for i, e := range keys {
		for {
			r, ok := e.(*expr.Relabel)
			if !ok {
				break
			}
			e = r.Arg
		}
		bare[i] = e
		kind, fixed := sqltypes.FixedKind(types[i])
		k.float = append(k.float, fixed && kind == sqltypes.KindFloat)
		k.own = append(k.own, sqltypes.NewVec(types[i], 0))
		k.plain, k.vectors = append(k.plain, -1), append(k.vectors, nil)
		if s, ok := e.(*expr.Slot); ok && sameForm(header[s.Index].Type.OID, types[i]) {
			k.plain[i] = s.Index
		} else if v, ok := expr.CompileVector(e); ok {
			k.vectors[i] = v
		}
	}
	var err error
	k.rows, err = b.rowEval(width, bare...)
	return k, err
}

// sameForm tells whether values of the two types stand in columns alike.
func sameForm(a, b sqltypes.OID) bool {
	x, xFixed := sqltypes.FixedKind(a)
	y, yFixed := sqltypes.FixedKind(b)
	return xFixed == yFixed && x == y
}

// stands tells whether key i is a column of the batch, and which.
func (k *joinKeys) stands(i int) (column int, ok bool) {
	return k.plain[i], k.plain[i] >= 0 && !k.float[i]
}

// of gives the keys of a batch. They are valid until the next call, and as long as the batch is.
func (k *joinKeys) of(in *Batch) ([]sqltypes.Vec, error) {
	for i := range k.out {
		if c, ok := k.stands(i); ok {
			k.out[i] = in.Cols[c]
			continue
		}
		if err := k.compute(i, in); err != nil {
			return nil, err
		}
		if k.float[i] {
			normalFloats(k.own[i].Words)
		}
		k.out[i] = k.own[i]
	}
	return k.out, nil
}

func (k *joinKeys) compute(i int, in *Batch) error {
	own := &k.own[i]
	if k.vectors[i] != nil {
		for len(k.all) < in.N {
			k.all = append(k.all, int32(len(k.all)))
		}
		for c := range in.Cols {
			k.cols[c] = &in.Cols[c]
		}
		if err := k.vectors[i](&k.rt.env, k.cols, k.all[:in.N], own); err == nil {
			return nil
		}
		// Row by row the first row that fails tells its error, if any does.
	}
	own.Reset()
	for row := range in.N {
		k.rows.load(in, row)
		d, err := k.rows.at(i)
		if err != nil {
			return err
		}
		own.Append(d)
	}
	return nil
}

// normalFloats gives equal floats equal bits: both zeros are equal, and so is every NaN.
func normalFloats(words []int64) {
	for i, w := range words {
		switch f := math.Float64frombits(uint64(w)); {
		case f == 0:
			words[i] = 0
		case f != f:
			words[i] = int64(math.Float64bits(math.NaN()))
		}
	}
}
