package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

// joinCondition is the condition of a join besides its keys, over outer row then inner row.
type joinCondition struct {
	filter *vectorFilter
	row    *rowEval
	reads  []bool // which columns it reads
	batch  Batch  // candidates
	rows   []sqltypes.Datum
	sel    []int32
	pairs  pairs
	failed *int64 // counts the pairs that do not meet it; nil: not wanted
}

func (b *builder) joinCondition(on expr.Expr, width int) (*joinCondition, error) {
	c := &joinCondition{reads: make([]bool, width), batch: Batch{Cols: make([]sqltypes.Vec, width)}, rows: make([]sqltypes.Datum, width)}
	for _, slot := range slotsOf(on) {
		c.reads[slot] = true
	}
	var err error
	if c.filter, err = b.vectorFilter(on, width); err != nil {
		return nil, err
	}
	c.row, err = b.rowEval(width, on)
	return c, err
}

// stepFiltered pairs each row with those rows of equal keys that meet the condition.
func (j *hashJoin) stepFiltered() error {
	c := j.on
	c.pairs.reset()
	from := j.at
	for ; j.at < j.in.N; j.at++ {
		row := j.chain
		if row < 0 {
			row = j.heads[j.at]
		}
		for ; row >= 0 && len(c.pairs.probe) < pairsMax; row = j.table.following(row) {
			c.pairs.add(int32(j.at), row)
		}
		if j.chain = row; row >= 0 {
			break
		}
	}
	if err := c.apply(j); err != nil {
		return err
	}
	j.merge(from)
	return nil
}

// apply finds which candidates meet the condition.
func (c *joinCondition) apply(j *hashJoin) error {
	c.batch.N = len(c.pairs.probe)
	for i, reads := range c.reads {
		if !reads {
			continue
		}
		if k := i - j.build.first; k >= 0 && k < j.build.width {
			pickColumn(&c.batch.Cols[i], &j.rows.Cols[k], c.pairs.build, false)
		} else {
			pickColumn(&c.batch.Cols[i], &j.in.Cols[i-j.probe.first], c.pairs.probe, false)
		}
	}
	var err error
	c.sel, err = c.filter.apply(&c.batch, c.sel[:0])
	if c.failed != nil {
		*c.failed += int64(c.batch.N - len(c.sel))
	}
	return err
}

// merge takes the candidates that met the condition for pairs, and gives rows from the given one on that met none without a partner where the join
// keeps them. The row the step stopped at is not done while some of its chain is left.
func (j *hashJoin) merge(from int) {
	c := j.on
	k := 0
	for i := from; i <= j.at && i < j.in.N; i++ {
		for ; k < len(c.sel) && int(c.pairs.probe[c.sel[k]]) == i; k++ {
			row := c.pairs.build[c.sel[k]]
			j.pairs.add(int32(i), row)
			j.hit = true
			if j.matched != nil {
				j.matched[row] = true
			}
		}
		if i == j.at {
			return // some of its chain is left
		}
		if j.keepProbe && !j.hit {
			j.pairs.add(int32(i), -1)
		}
		j.hit = false
	}
}

// stepOneSided is the step of a semi or anti join with a condition. It looks at one pair after the other and stops at the first that meets it.
func (j *hashJoin) stepOneSided() error {
	for ; j.at < j.in.N && len(j.pairs.probe) < pairsMax; j.at++ {
		if j.at&255 == 255 {
			if err := j.rt.check(); err != nil {
				return err
			}
		}
		found, steps := false, 0
		for row := j.heads[j.at]; row >= 0 && !found; row = j.table.following(row) {
			if j.node.BuildOuter && j.matched[row] {
				continue
			}
			if steps++; steps&1023 == 0 {
				if err := j.rt.check(); err != nil {
					return err
				}
			}
			ok, err := j.on.meets(j, j.at, int(row))
			if err != nil {
				return err
			}
			if !ok {
				if j.on.failed != nil {
					*j.on.failed++
				}
				continue
			}
			if found = !j.node.BuildOuter; found {
				continue
			}
			j.matched[row] = true
			if j.semi {
				j.pairs.add(-1, row)
			}
		}
		if !j.node.BuildOuter && found == j.semi {
			j.pairs.add(int32(j.at), -1)
		}
	}
	return nil
}

// meets computes the condition for one pair of rows.
func (c *joinCondition) meets(j *hashJoin, probe, build int) (bool, error) {
	for _, i := range c.row.slots {
		if k := i - j.build.first; k >= 0 && k < j.build.width {
			c.rows[i] = j.rows.Cols[k].At(build)
		} else {
			c.rows[i] = j.in.Cols[i-j.probe.first].At(probe)
		}
	}
	c.row.loadRow(c.rows)
	return c.row.truth()
}
