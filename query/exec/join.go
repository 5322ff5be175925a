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
		j.on, err = b.rowEval(len(j.row), n.On)
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

// hashJoin joins by equal keys.
type hashJoin struct {
	rt                   *runtime
	node                 *plan.HashJoin
	outer, inner         operator
	outerKeys, innerKeys *rowEval
	on                   *rowEval
	out                  *Batch

	table   hashTable
	built   bool
	matched []bool // of each inner row, for FULL
	in      *Batch
	at      int
	row     []sqltypes.Datum
	width   int
	rest    int // FULL: next inner row to look at for those nobody matched
	keys    []sqltypes.Datum
	used    usage
}

func (b *builder) hashJoin(n *plan.HashJoin) (operator, error) {
	outer, err := b.build(n.Outer)
	if err != nil {
		return nil, err
	}
	inner, err := b.build(n.Inner)
	if err != nil {
		return nil, err
	}
	j := &hashJoin{rt: b.rt, node: n, outer: outer, inner: inner, out: newBatch(n.Cols), width: len(n.Outer.Header())}
	j.row = make([]sqltypes.Datum, j.width+len(n.Inner.Header()))
	j.keys = make([]sqltypes.Datum, len(n.KeyTypes))
	if j.outerKeys, err = b.rowEval(j.width, n.OuterKeys...); err != nil {
		return nil, err
	}
	if j.innerKeys, err = b.rowEval(len(n.Inner.Header()), n.InnerKeys...); err != nil {
		return nil, err
	}
	if n.On != nil {
		j.on, err = b.rowEval(len(j.row), n.On)
	}
	return j, err
}

func (j *hashJoin) open() error {
	j.used.free(j.rt)
	j.table, j.built, j.in, j.at, j.rest = hashTable{types: j.node.KeyTypes}, false, nil, 0, 0
	return nil
}

func (j *hashJoin) close() {
	j.used.free(j.rt)
	j.outer.close()
	j.inner.close()
	j.table = hashTable{types: j.node.KeyTypes}
}

// build reads the inner side into the table. Rows with a NULL key match nothing; only a FULL join still needs them.
func (j *hashJoin) build() error {
	if err := j.inner.open(); err != nil {
		return err
	}
	full := j.node.Kind == bind.Full
	err := j.rt.collect(j.inner, func(row []sqltypes.Datum) error {
		j.innerKeys.loadRow(row)
		keys := make([]sqltypes.Datum, len(j.keys))
		if err := j.innerKeys.all(keys); err != nil {
			return err
		}
		if anyNull(keys) && !full {
			return nil
		}
		j.table.add(keys, row)
		return j.used.add(j.rt, rowSize(row)+48+24*len(keys))
	})
	if err != nil {
		return err
	}
	j.inner.close()
	if full {
		j.matched = make([]bool, len(j.table.rows))
	}
	j.built = true
	return j.outer.open()
}

func anyNull(list []sqltypes.Datum) bool {
	for _, d := range list {
		if d.IsNull() {
			return true
		}
	}
	return false
}

func (j *hashJoin) next() (*Batch, error) {
	if !j.built {
		if err := j.build(); err != nil {
			return nil, err
		}
	}
	j.out.reset()
	for j.out.N < batchRows {
		if j.in == nil || j.at >= j.in.N {
			if j.out.N > 0 && j.in != nil {
				j.in = nil
				return j.out, nil
			}
			in, err := j.outer.next()
			if err != nil {
				return nil, err
			}
			if in == nil {
				j.unmatched()
				break
			}
			j.in, j.at = in, 0
		}
		j.in.row(j.at, j.row[:j.width])
		j.at++
		if err := j.probe(); err != nil {
			return nil, err
		}
	}
	if j.out.N == 0 {
		return nil, nil
	}
	return j.out, nil
}

// probe joins the current outer row with its partners.
func (j *hashJoin) probe() error {
	j.outerKeys.loadRow(j.row[:j.width])
	if err := j.outerKeys.all(j.keys); err != nil {
		return err
	}
	matched := false
	if !anyNull(j.keys) {
		for i := j.table.first(j.keys); i >= 0; i = j.table.following(i, j.keys) {
			copy(j.row[j.width:], j.table.rows[i])
			if j.on != nil {
				j.on.loadRow(j.row)
				ok, err := j.on.truth()
				if err != nil {
					return err
				}
				if !ok {
					continue
				}
			}
			matched = true
			if j.node.Kind == bind.Semi || j.node.Kind == bind.Anti {
				break
			}
			if j.node.Kind == bind.Full {
				j.matched[i] = true
			}
			j.out.append(j.row)
		}
	}
	switch {
	case j.node.Kind == bind.Semi && matched, j.node.Kind == bind.Anti && !matched:
		j.out.append(j.row[:j.width])
	case (j.node.Kind == bind.Left || j.node.Kind == bind.Full) && !matched:
		clear(j.row[j.width:])
		j.out.append(j.row)
	}
	return nil
}

// unmatched gives the inner rows of a FULL join that no outer row matched.
func (j *hashJoin) unmatched() {
	if j.node.Kind != bind.Full {
		return
	}
	clear(j.row[:j.width])
	for ; j.rest < len(j.table.rows) && j.out.N < batchRows; j.rest++ {
		if !j.matched[j.rest] {
			copy(j.row[j.width:], j.table.rows[j.rest])
			j.out.append(j.row)
		}
	}
}

// hashTable finds rows by keys. Rows with equal keys are chained, the latest first added first found.
type hashTable struct {
	types []sqltypes.OID
	heads map[uint64]int32 // hash → first row, by insertion
	tails map[uint64]int32
	nexts []int32
	keys  [][]sqltypes.Datum
	rows  [][]sqltypes.Datum
}

func (t *hashTable) hash(keys []sqltypes.Datum) uint64 {
	h := uint64(0x9E3779B97F4A7C15)
	for i, k := range keys {
		if k.IsNull() {
			h = h*31 + 1
			continue
		}
		h = sqltypes.Hash(t.types[i], h, k)
	}
	return h
}

func (t *hashTable) add(keys, row []sqltypes.Datum) int {
	if t.heads == nil {
		t.heads, t.tails = map[uint64]int32{}, map[uint64]int32{}
	}
	h := t.hash(keys)
	n := int32(len(t.rows))
	t.rows, t.keys, t.nexts = append(t.rows, row), append(t.keys, keys), append(t.nexts, -1)
	if tail, ok := t.tails[h]; ok {
		t.nexts[tail] = n
	} else {
		t.heads[h] = n
	}
	t.tails[h] = n
	return int(n)
}

// first gives the first row with the keys, -1 when there is none. NULL keys equal NULL keys here; joins never ask for them.
func (t *hashTable) first(keys []sqltypes.Datum) int {
	i, ok := t.heads[t.hash(keys)]
	if !ok {
		return -1
	}
	return t.matching(int(i), keys)
}

func (t *hashTable) following(i int, keys []sqltypes.Datum) int {
	return t.matching(int(t.nexts[i]), keys)
}

func (t *hashTable) matching(i int, keys []sqltypes.Datum) int {
	for ; i >= 0; i = int(t.nexts[i]) {
		if t.equal(t.keys[i], keys) {
			return i
		}
	}
	return -1
}

func (t *hashTable) equal(a, b []sqltypes.Datum) bool {
	for i := range a {
		an, bn := a[i].IsNull(), b[i].IsNull()
		if an != bn || !an && !sqltypes.Equal(t.types[i], a[i], b[i]) {
			return false
		}
	}
	return true
}
