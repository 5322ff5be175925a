package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// mergeRowsMax and mergeBytesMax are how many rows of the inner side a merge join keeps, and of what size, before it hands on what comes of them; rows of
// equal keys are kept together.
const (
	mergeRowsMax  = 8192
	mergeBytesMax = 16 << 20
)

// mergeJoin joins by equal keys two sides that come in the order of the keys. It keeps the inner rows whose keys the current outer rows have, build, and
// of these no more than one group of equal keys when it is done with the outer rows: the next one may have the same keys.
type mergeJoin struct {
	pairJoin
	node   *plan.MergeJoin
	inner  mergeSide        // the build side
	outer  mergeSide        // the probe side: at is the next row to find partners of
	group  []sqltypes.Datum // keys of the rows kept last; nil: none
	first  int              // their first row
	opened bool
	slice  Batch
}

// mergeSide walks one side of a merge join.
type mergeSide struct {
	keys  *joinKeys
	in    *Batch // from the operator; nil: take the next one
	begun int    // its first row that no part has
	part  Batch  // rows of it whose keys are computed
	at    int    // the current row of part
	ended bool
}

func (s *mergeSide) clear() { *s = mergeSide{keys: s.keys} }

// peek makes sure that there is a current row; false at their end.
func (s *mergeSide) peek(op operator) (bool, error) {
	for !s.ended && s.at >= s.part.N {
		if s.in == nil || s.begun >= s.in.N {
			if err := s.keys.rt.check(); err != nil {
				return false, err
			}
			in, err := op.next()
			if err != nil {
				return false, err
			}
			s.in, s.begun, s.ended = in, 0, in == nil
			if s.part.N, s.at = 0, 0; in == nil {
				break
			}
		}
		s.part.window(s.in, s.begun, s.in.N)
		n, err := s.keys.compute(&s.part)
		if err != nil {
			return false, err
		}
		if n < s.part.N {
			s.part.window(s.in, s.begun, s.begun+n)
		}
		s.at, s.begun = 0, s.begun+n
	}
	return !s.ended, nil
}

// null tells whether a row of the part has a NULL among its keys.
func (s *mergeSide) null(row int) bool {
	for k := range s.keys.out {
		if nullAt(&s.keys.out[k], row) {
			return true
		}
	}
	return false
}

func (b *builder) mergeJoin(n *plan.MergeJoin, wanted []int) (operator, error) {
	form := joinForm{kind: n.Kind, outer: n.Outer, inner: n.Inner, cols: n.Cols, on: n.On}
	form.reads = [2][]expr.Expr{n.OuterKeys, n.InnerKeys}
	pairs, err := b.pairJoin(form, wanted)
	if err != nil {
		return nil, err
	}
	j := &mergeJoin{pairJoin: pairs, node: n}
	if j.inner.keys, err = b.joinKeys(n.Inner.Header(), n.InnerKeys, n.KeyTypes); err != nil {
		return nil, err
	}
	j.outer.keys, err = b.joinKeys(n.Outer.Header(), n.OuterKeys, n.KeyTypes)
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
	j.inner.clear()
	j.outer.clear()
	j.group, j.opened = nil, false
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
		if j.outer.ended {
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
	if j.group != nil && !j.outer.ended {
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
	if j.group != nil && !j.outer.ended {
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
	if more, err := j.outer.peek(j.probe.op); err != nil || !more {
		return err
	}
	from := j.outer.at
	j.heads = j.heads[:0]
	// When one group fills the room, this goes row by row.
	for j.outer.at < j.outer.part.N && (j.outer.at == from || j.rows.N < mergeRowsMax && j.used.bytes < mergeBytesMax) {
		head, err := j.head(j.outer.at)
		if err != nil {
			return err
		}
		j.heads = append(j.heads, head)
		j.outer.at++
	}
	j.slice.window(&j.outer.part, from, j.outer.at)
	j.begin(&j.slice)
	return nil
}

// head is the first kept row with the keys of an outer row, -1 when there is none.
func (j *mergeJoin) head(row int) (int32, error) {
	if j.outer.null(row) {
		return -1, nil
	}
	if j.group != nil {
		if c := j.compareGroup(j.outer.keys.out, row); c == 0 {
			return int32(j.first), nil
		} else if c < 0 {
			return -1, nil
		}
	}
	for {
		more, err := j.inner.peek(j.build.op)
		if err != nil || !more {
			return -1, err
		}
		if j.inner.null(j.inner.at) {
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

// skip leaves an inner row that has no partner.
func (j *mergeJoin) skip() error {
	if !j.keepBuild {
		j.inner.at++
		return nil
	}
	j.group = nil
	return j.keep(j.inner.at, j.inner.at+1)
}

// take keeps the current inner row and those behind it with the same keys.
func (j *mergeJoin) take() error {
	side := &j.inner
	j.first = j.rows.N
	j.group = j.group[:0]
	for k := range side.keys.out {
		j.group = append(j.group, side.keys.out[k].At(side.at))
	}
	for {
		to := side.at
		for to < side.part.N && j.compareGroup(side.keys.out, to) == 0 {
			to++
		}
		if err := j.keep(side.at, to); err != nil || to < side.part.N {
			return err
		}
		if more, err := side.peek(j.build.op); err != nil || !more {
			return err
		}
		if side.null(side.at) || j.compareGroup(side.keys.out, side.at) != 0 {
			return nil
		}
	}
}

// keep adds rows of the inner batch to those kept, and links them with the group.
func (j *mergeJoin) keep(from, to int) error {
	size := 0
	for c := range j.inner.part.Cols {
		if j.keeps(c) {
			appendColumn(&j.rows.Cols[c], &j.inner.part.Cols[c], from, to)
			size += columnBytes(&j.inner.part.Cols[c], from, to)
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
	j.inner.at = to
	return j.used.add(j.rt, size)
}

// tail gives the inner rows that are left when the outer side has ended.
func (j *mergeJoin) tail() (*Batch, error) {
	j.group = nil
	if !j.keepBuild {
		return nil, nil
	}
	more, err := j.inner.peek(j.build.op)
	if err != nil || !more {
		return nil, err
	}
	if err := j.keep(j.inner.at, j.inner.part.N); err != nil {
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
	for k := range j.outer.keys.out {
		if c := j.compare(k, j.outer.keys.out[k].At(row), j.inner.keys.out[k].At(j.inner.at)); c != 0 {
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
