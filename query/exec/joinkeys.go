package exec

import (
	"math"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// joinKeys computes the keys of a side of a join for whole batches: as columns of the batch where keys are columns as they stand.
type joinKeys struct {
	*columnEval
	float []bool // equal floats may differ in their bits, so such keys are copied
}

// joinKeys compiles keys of the types given over batches of the columns.
func (b *builder) joinKeys(header []plan.Column, keys []expr.Expr, types []sqltypes.OID) (*joinKeys, error) {
	k := &joinKeys{}
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
	}
	var err error
	k.columnEval, err = b.typedColumns(len(header), bare, types)
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

// each gives a batch in parts that have their keys in out.
func (k *joinKeys) each(in *Batch, f func(part *Batch) error) error {
	return k.columnEval.each(in, func(part *Batch) error {
		k.normalize()
		return f(part)
	})
}

// compute computes the keys of the first rows of a batch, and tells of how many.
func (k *joinKeys) compute(in *Batch) (int, error) {
	n, err := k.columnEval.compute(in, nil)
	if err == nil {
		k.normalize()
	}
	return n, err
}

// normalize gives equal floats equal bits.
func (k *joinKeys) normalize() {
	for i, float := range k.float {
		if !float {
			continue
		}
		if k.plain[i] >= 0 {
			k.own[i].Words = append(k.own[i].Words[:0], k.out[i].Words...)
			k.own[i].Nulls = k.out[i].Nulls
			k.out[i] = k.own[i]
		}
		normalFloats(k.out[i].Words)
	}
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
