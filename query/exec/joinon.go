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
	c.row, err = b.condition(width, on)
	return c, err
}

// stepFiltered pairs each row with those rows of equal keys that meet the condition.
func (j *pairJoin) stepFiltered() error {
	c := j.on
	c.pairs.reset()
	from := j.at
	for ; j.at < j.in.N; j.at++ {
		row := j.chain
		if row < 0 {
			row = j.heads[j.at]
		}
		for ; row >= 0 && len(c.pairs.probe) < pairsMax; row = j.following(row) {
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
func (c *joinCondition) apply(j *pairJoin) error {
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
func (j *pairJoin) merge(from int) {
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

// chainMax is up to how many partners of a row a semi or anti join looks at together. With more it looks at one after the other, as the first that
// meets the condition is enough.
const chainMax = 64

// stepOneSided is the step of a semi or anti join with a condition. Candidates of many rows are looked at together.
func (j *pairJoin) stepOneSided() error {
	c := j.on
	c.pairs.reset()
	from := j.at
	for ; j.at < j.in.N && len(c.pairs.probe) < pairsMax; j.at++ {
		if j.candidates() {
			continue
		}
		if j.at > from {
			break // the next step's first row
		}
		err := j.oneSidedRow()
		j.at++
		return err
	}
	before := int64(0)
	if c.failed != nil {
		before = *c.failed
	}
	if err := c.apply(j); err != nil {
		// One pair after the other: it may be that none that is needed fails.
		if c.failed != nil {
			*c.failed = before
		}
		to := j.at
		for j.at = from; j.at < to; j.at++ {
			if err := j.oneSidedRow(); err != nil {
				return err
			}
		}
		return nil
	}
	k := 0
	for i := from; i < j.at; i++ {
		found := false
		for ; k < len(c.sel) && int(c.pairs.probe[c.sel[k]]) == i; k++ {
			found = true
			if j.buildOuter {
				j.mark(c.pairs.build[c.sel[k]])
			}
		}
		if !j.buildOuter && found == j.semi {
			j.pairs.add(int32(i), -1)
		}
	}
	return nil
}

// candidates adds the partners of a row; false when there are too many.
func (j *pairJoin) candidates() bool {
	p := &j.on.pairs
	had := len(p.probe)
	for row := j.heads[j.at]; row >= 0; row = j.following(row) {
		if j.buildOuter && j.matched[row] {
			continue
		}
		if len(p.probe)-had == chainMax {
			p.probe, p.build = p.probe[:had], p.build[:had]
			return false
		}
		p.add(int32(j.at), row)
	}
	return true
}

// mark notes that a build row has a partner. A semi join gives it at the first.
func (j *pairJoin) mark(row int32) {
	if j.matched[row] {
		return
	}
	j.matched[row] = true
	if j.semi {
		j.pairs.add(-1, row)
	}
}

// oneSidedRow looks at one pair of a row after the other, and stops at the first that meets the condition.
func (j *pairJoin) oneSidedRow() error {
	if err := j.rt.check(); err != nil {
		return err
	}
	found, steps := false, 0
	for row := j.heads[j.at]; row >= 0 && !found; row = j.following(row) {
		if j.buildOuter && j.matched[row] {
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
			continue
		}
		if found = !j.buildOuter; !found {
			j.mark(row)
		}
	}
	if !j.buildOuter && found == j.semi {
		j.pairs.add(int32(j.at), -1)
	}
	return nil
}

// meets computes the condition for one pair of rows.
func (c *joinCondition) meets(j *pairJoin, probe, build int) (bool, error) {
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
