package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// hashJoin joins by equal keys, with a table of the keys of one side, build.
type hashJoin struct {
	pairJoin
	node      *plan.HashJoin
	buildKeys *joinKeys
	probeKeys *joinKeys
	table     joinTable
	built     bool
	nulls     bool // a build row had a NULL key
	hashes    []uint64
	some      []int32 // heads of a part of a batch
	buckets   *int64  // of the table; nil: not wanted
}

func (b *builder) hashJoin(n *plan.HashJoin, wanted []int) (operator, error) {
	form := joinForm{kind: n.Kind, outer: n.Outer, inner: n.Inner, cols: n.Cols, on: n.On, buildOuter: n.BuildOuter}
	form.reads = [2][]expr.Expr{n.OuterKeys, n.InnerKeys}
	pairs, err := b.pairJoin(form, wanted)
	if err != nil {
		return nil, err
	}
	j := &hashJoin{pairJoin: pairs, node: n}
	if j.buildKeys, err = b.joinKeys(n.Inner.Header(), n.InnerKeys, n.KeyTypes); err != nil {
		return nil, err
	}
	if j.probeKeys, err = b.joinKeys(n.Outer.Header(), n.OuterKeys, n.KeyTypes); err != nil {
		return nil, err
	}
	if n.BuildOuter {
		j.buildKeys, j.probeKeys = j.probeKeys, j.buildKeys
	}
	return j, nil
}

func (j *hashJoin) open() error {
	j.forget()
	return nil
}

func (j *hashJoin) close() {
	j.pairJoin.close()
	j.forget()
}

func (j *hashJoin) forget() {
	j.pairJoin.forget()
	j.table, j.built, j.nulls = joinTable{}, false, false
}

// prepare reads the build side and begins the other one.
func (j *hashJoin) prepare() error {
	if err := j.build.op.open(); err != nil {
		return err
	}
	if err := j.collect(); err != nil {
		return err
	}
	j.build.op.close()
	t := &j.table
	t.rows = j.rows.N
	for i := range t.keys {
		if c, ok := j.buildKeys.stands(i); ok && j.keeps(c) {
			t.keys[i] = j.rows.Cols[c]
		}
	}
	t.build()
	j.nexts = t.nexts
	size := t.bytes()
	if j.keepBuild || j.node.BuildOuter && j.semi {
		j.matched = make([]bool, t.rows)
		size += t.rows
	}
	if j.buckets != nil {
		*j.buckets = max(*j.buckets, int64(t.buckets()))
	}
	j.built = true
	if err := j.used.add(j.rt, size); err != nil {
		return err
	}
	return j.probe.op.open()
}

// collect keeps the rows and keys of the build side. Rows with a NULL key match nothing and are kept only to be given without a partner.
func (j *hashJoin) collect() error {
	header := j.node.Inner.Header()
	if j.node.BuildOuter {
		header = j.node.Outer.Header()
	}
	j.rows = newBatch(header)
	j.table = joinTable{types: j.node.KeyTypes, keys: make([]sqltypes.Vec, len(j.node.KeyTypes))}
	for i := range j.table.keys {
		j.table.keys[i] = sqltypes.NewVec(j.node.KeyTypes[i], 0)
	}
	var known []int32
	var picked sqltypes.Vec
	add := func(in *Batch) error {
		keys := j.buildKeys.out
		known = knownKeys(keys, in.N, known[:0])
		all := len(known) == in.N
		j.nulls = j.nulls || !all
		if all = all || j.keepBuild; all {
			j.rows.N += in.N
		} else {
			j.rows.N += len(known)
		}
		size := 0
		keep := func(dst, src *sqltypes.Vec) {
			n := dst.Len()
			if all {
				appendColumn(dst, src, 0, in.N)
			} else {
				pickColumn(&picked, src, known, false)
				appendColumn(dst, &picked, 0, len(known))
			}
			size += columnBytes(dst, n, dst.Len())
		}
		for c := range in.Cols {
			if j.keeps(c) {
				keep(&j.rows.Cols[c], &in.Cols[c])
			}
		}
		for i := range keys {
			if c, ok := j.buildKeys.stands(i); !ok || !j.keeps(c) {
				keep(&j.table.keys[i], &keys[i])
			}
		}
		return j.used.add(j.rt, size)
	}
	return j.rt.eachBatch(j.build.op, func(in *Batch) error { return j.buildKeys.each(in, add) })
}

// knownKeys appends the rows without a NULL among their keys.
func knownKeys(keys []sqltypes.Vec, n int, rows []int32) []int32 {
	for i := range n {
		rows = append(rows, int32(i))
	}
	for k := range keys {
		if keys[k].Nulls == nil {
			continue
		}
		kept := rows[:0]
		for _, row := range rows {
			if !keys[k].Nulls[row] {
				kept = append(kept, row)
			}
		}
		rows = kept
	}
	return rows
}

func (j *hashJoin) next() (*Batch, error) {
	if !j.built {
		if err := j.prepare(); err != nil {
			return nil, err
		}
	}
	if j.hopeless() {
		return nil, nil
	}
	for {
		if out, err := j.more(); out != nil || err != nil {
			return out, err
		}
		in, err := j.probe.op.next()
		if err != nil {
			return nil, err
		}
		if in == nil {
			return j.lonely(), nil
		}
		if err := j.probeBatch(in); err != nil {
			return nil, err
		}
		j.begin(in)
	}
}

// probeBatch finds the first partner of each row.
func (j *hashJoin) probeBatch(in *Batch) error {
	j.heads = j.heads[:0]
	return j.probeKeys.each(in, func(part *Batch) error {
		keys := j.probeKeys.out
		j.some = j.table.probe(keys, part.N, j.some, &j.hashes)
		if j.node.NullAware {
			j.unknown(keys, j.some)
		}
		j.heads = append(j.heads, j.some...)
		return nil
	})
}

// hopeless tells that no row can come out, whatever the probe side has.
func (j *hashJoin) hopeless() bool {
	if j.node.NullAware && j.nulls {
		return true // x NOT IN (…, NULL, …) is never true
	}
	return j.rows.N == 0 && !j.keepProbe && !(j.anti && !j.node.BuildOuter)
}

// unknown takes rows with a NULL key for matched: NULL NOT IN (…) is not true, unless there is nothing to compare with.
func (j *hashJoin) unknown(keys []sqltypes.Vec, heads []int32) {
	if j.rows.N == 0 {
		return
	}
	for k := range keys {
		for i := range heads {
			if nullAt(&keys[k], i) {
				heads[i] = 0
			}
		}
	}
}
