package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// mergeRowsMax is how many rows of the inner side a merge join keeps before it hands on what comes of them; rows of equal keys are kept together.
const mergeRowsMax = 8192

// mergeJoin joins by equal keys two sides that come in the order of the keys. It keeps the inner rows whose keys the current outer rows have, build, and
// of these no more than one group of equal keys when it is done with the outer rows: the next one may have the same keys.
type mergeJoin struct {
	pairJoin
	node      *plan.MergeJoin
	buildKeys *joinKeys
	probeKeys *joinKeys

	inner     *Batch // of the build side, nil: take the next one
	innerKeys []sqltypes.Vec
	innerAt   int
	innerEnd  bool
	group     []sqltypes.Datum // keys of the rows kept last; nil: none
	first     int              // their first row

	outer     *Batch // nil: take the next one
	outerKeys []sqltypes.Vec
	outerAt   int // next row to find partners of
	outerEnd  bool
	opened    bool
	slice     Batch
}

func (b *builder) mergeJoin(n *plan.MergeJoin, wanted []int) (operator, error) {
	form := joinForm{kind: n.Kind, outer: n.Outer, inner: n.Inner, cols: n.Cols, on: n.On}
	form.reads = [2][]expr.Expr{n.OuterKeys, n.InnerKeys}
	pairs, err := b.pairJoin(form, wanted)
	if err != nil {
		return nil, err
	}
	j := &mergeJoin{pairJoin: pairs, node: n}
	if j.buildKeys, err = b.joinKeys(n.Inner.Header(), n.InnerKeys, n.KeyTypes); err != nil {
		return nil, err
	}
	j.probeKeys, err = b.joinKeys(n.Outer.Header(), n.OuterKeys, n.KeyTypes)
	return j, err
}

func (j *mergeJoin) open() error {
	j.clear()
	return nil
}

func (j *mergeJoin) close() {
	j.pairJoin.close()
	j.clear()
}

func (j *mergeJoin) clear() {
	j.forget()
	j.inner, j.innerEnd, j.group, j.outer, j.outerEnd, j.opened = nil, false, nil, nil, false, false
}

// start opens both sides.
func (j *mergeJoin) start() error {
	j.rows, j.opened = newBatch(j.node.Inner.Header()), true
	if err := j.probe.op.open(); err != nil {
		return err
	}
	return j.build.op.open()
}

func (j *mergeJoin) next() (*Batch, error) {
	if !j.opened {
		if err := j.start(); err != nil {
			return nil, err
		}
	}
	for {
		if out, err := j.more(); out != nil || err != nil {
			return out, err
		}
		if out := j.unmatched(); out != nil {
			return out, nil
		}
		if err := j.drop(); err != nil {
			return nil, err
		}
		if j.outerEnd {
			return j.tail()
		}
		if err := j.advance(); err != nil {
			return nil, err
		}
	}
}

// unmatched gives the kept rows that found no partner and will find none; nil when there are no more.
func (j *mergeJoin) unmatched() *Batch {
	if !j.keepBuild {
		return nil
	}
	done := j.rows.N
	if j.group != nil && !j.outerEnd {
		done = j.first
	}
	j.pairs.reset()
	for ; j.rest < done && len(j.pairs.build) < pairsMax; j.rest++ {
		if !j.matched[j.rest] {
			j.pairs.add(-1, int32(j.rest))
		}
	}
	if len(j.pairs.build) == 0 {
		return nil
	}
	return j.give(nil)
}

// drop forgets the kept rows but for those of the last group.
func (j *mergeJoin) drop() error {
	from := j.rows.N
	if j.group != nil && !j.outerEnd {
		from = j.first
	}
	if from == 0 {
		return nil
	}
	before := j.rows
	j.rows = newBatch(j.node.Inner.Header())
	j.rows.N = before.N - from
	j.used.free(j.rt)
	size := 0
	for c := range before.Cols {
		if j.keeps(c) {
			appendColumn(&j.rows.Cols[c], &before.Cols[c], from, before.N)
			size += columnBytes(&j.rows.Cols[c], 0, j.rows.N)
		}
	}
	j.nexts = append(j.nexts[:0:0], j.nexts[from:]...)
	for i := range j.nexts {
		if j.nexts[i] >= 0 {
			j.nexts[i] -= int32(from)
		}
	}
	if j.matched != nil {
		j.matched = append(j.matched[:0:0], j.matched[from:]...)
	}
	j.first, j.rest = 0, 0
	return j.used.add(j.rt, size)
}

// advance finds the partners of the next outer rows.
func (j *mergeJoin) advance() error {
	if j.outer == nil || j.outerAt >= j.outer.N {
		in, err := j.probe.op.next()
		if err != nil {
			return err
		}
		if j.outer, j.outerAt, j.outerEnd = in, 0, in == nil; in == nil {
			return nil
		}
		if j.outerKeys, err = j.probeKeys.of(in); err != nil {
			return err
		}
	}
	from := j.outerAt
	j.heads = j.heads[:0]
	for ; j.outerAt < j.outer.N && j.rows.N < mergeRowsMax; j.outerAt++ {
		head, err := j.head(j.outerAt)
		if err != nil {
			return err
		}
		j.heads = append(j.heads, head)
	}
	if j.outerAt == from { // one group fills the room: row by row
		head, err := j.head(from)
		if err != nil {
			return err
		}
		j.heads = append(j.heads, head)
		j.outerAt++
	}
	j.slice.window(j.outer, from, j.outerAt)
	j.begin(&j.slice)
	return nil
}

// head is the first kept row with the keys of an outer row, -1 when there is none.
func (j *mergeJoin) head(row int) (int32, error) {
	for k := range j.outerKeys {
		if nullAt(&j.outerKeys[k], row) {
			return -1, nil
		}
	}
	if j.group != nil {
		if c := j.compareGroup(j.outerKeys, row); c == 0 {
			return int32(j.first), nil
		} else if c < 0 {
			return -1, nil
		}
	}
	for {
		more, err := j.peek()
		if err != nil || !more {
			return -1, err
		}
		if j.innerNull() {
			if err := j.skip(); err != nil {
				return -1, err
			}
			continue
		}
		switch c := j.compareRows(row); {
		case c < 0:
			return -1, nil
		case c == 0:
			err := j.take()
			return int32(j.first), err
		}
		if err := j.skip(); err != nil {
			return -1, err
		}
	}
}

// peek makes sure that there is a current inner row; false at their end.
func (j *mergeJoin) peek() (bool, error) {
	for !j.innerEnd && (j.inner == nil || j.innerAt >= j.inner.N) {
		if err := j.rt.check(); err != nil {
			return false, err
		}
		in, err := j.build.op.next()
		if err != nil {
			return false, err
		}
		if j.inner, j.innerAt, j.innerEnd = in, 0, in == nil; in == nil {
			break
		}
		if j.innerKeys, err = j.buildKeys.of(in); err != nil {
			return false, err
		}
	}
	return !j.innerEnd, nil
}

func (j *mergeJoin) innerNull() bool {
	for k := range j.innerKeys {
		if nullAt(&j.innerKeys[k], j.innerAt) {
			return true
		}
	}
	return false
}

// skip leaves an inner row that has no partner.
func (j *mergeJoin) skip() error {
	if !j.keepBuild {
		j.innerAt++
		return nil
	}
	j.group = nil
	return j.keep(j.innerAt, j.innerAt+1)
}

// take keeps the current inner row and those behind it with the same keys.
func (j *mergeJoin) take() error {
	j.first = j.rows.N
	j.group = j.group[:0]
	for k := range j.innerKeys {
		j.group = append(j.group, j.innerKeys[k].At(j.innerAt))
	}
	for {
		from := j.innerAt
		to := from
		for to < j.inner.N && j.compareGroup(j.innerKeys, to) == 0 {
			to++
		}
		if err := j.keep(from, to); err != nil || to < j.inner.N {
			return err
		}
		if more, err := j.peek(); err != nil || !more {
			return err
		}
		if j.innerNull() || j.compareGroup(j.innerKeys, j.innerAt) != 0 {
			return nil
		}
	}
}

// keep adds rows of the inner batch to those kept, and links them with the group.
func (j *mergeJoin) keep(from, to int) error {
	size := 0
	for c := range j.inner.Cols {
		if j.keeps(c) {
			appendColumn(&j.rows.Cols[c], &j.inner.Cols[c], from, to)
			size += columnBytes(&j.inner.Cols[c], from, to)
		}
	}
	for range to - from {
		if n := len(j.nexts); j.group != nil && n > j.first {
			j.nexts[n-1] = int32(n)
		}
		j.nexts = append(j.nexts, -1)
		if j.keepBuild {
			j.matched = append(j.matched, false)
		}
	}
	j.rows.N += to - from
	j.innerAt = to
	return j.used.add(j.rt, size)
}

// tail gives the inner rows that are left when the outer side has ended.
func (j *mergeJoin) tail() (*Batch, error) {
	j.group = nil
	if !j.keepBuild {
		return nil, nil
	}
	more, err := j.peek()
	if err != nil || !more {
		return nil, err
	}
	if err := j.keep(j.innerAt, j.inner.N); err != nil {
		return nil, err
	}
	return j.unmatched(), nil
}

// compareGroup orders a row of keys before or behind the group.
func (j *mergeJoin) compareGroup(keys []sqltypes.Vec, row int) int {
	for k := range keys {
		v := &keys[k]
		if nullAt(v, row) {
			return 1
		}
		if c := j.compare(k, v.At(row), j.group[k]); c != 0 {
			return c
		}
	}
	return 0
}

// compareRows orders an outer row before or behind the current inner one.
func (j *mergeJoin) compareRows(row int) int {
	for k := range j.outerKeys {
		if c := j.compare(k, j.outerKeys[k].At(row), j.innerKeys[k].At(j.innerAt)); c != 0 {
			return c
		}
	}
	return 0
}

func (j *mergeJoin) compare(key int, a, b sqltypes.Datum) int {
	var c int
	if a.Kind() == sqltypes.KindInt && b.Kind() == sqltypes.KindInt {
		switch x, y := a.Int(), b.Int(); {
		case x < y:
			c = -1
		case x > y:
			c = 1
		}
	} else {
		c = j.rt.compare(j.node.KeyTypes[key], a, b)
	}
	if j.node.Keys[key].Desc {
		return -c
	}
	return c
}
