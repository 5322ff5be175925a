package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// pairsMax is how many pairs of rows a join looks at before it hands on what it has.
const pairsMax = 4096

// hashJoin joins by equal keys. The rows of one side, build, are kept as columns with a table of their keys; the other side, probe, passes by a batch at
// a time. A step finds pairs of row numbers; columns are copied last, and only those that somebody above reads.
type hashJoin struct {
	rt           *runtime
	node         *plan.HashJoin
	build, probe joinSide
	on           *joinCondition
	wanted       []bool // which columns of outer row then inner row go into the output
	semi, anti   bool
	keepBuild    bool // give build rows without a partner, too
	keepProbe    bool

	rows    *Batch // of the build side
	table   joinTable
	built   bool
	nulls   bool   // a build row had a NULL key
	matched []bool // of each build row, where keepBuild or one-sided over build rows
	rest    int    // next build row to look at for those without a partner

	in     *Batch // current probe batch, nil: take the next one
	heads  []int32
	hashes []uint64
	at     int   // next row of in
	chain  int32 // next partner of row at, -1: start with the first one
	hit    bool  // row at has met a partner
	pairs  pairs
	out    *Batch
	own    []sqltypes.Vec // memory of out's columns
	used   usage

	buckets *int64 // of the table; nil: not wanted
}

// joinSide is one input of a join.
type joinSide struct {
	op    operator
	keys  *joinKeys
	first int // its first column in outer row then inner row
	width int
}

// pairs are rows of the probe side with their partners, -1 for none.
type pairs struct {
	probe, build []int32
}

func (p *pairs) reset() { p.probe, p.build = p.probe[:0], p.build[:0] }

func (p *pairs) add(probe, build int32) {
	p.probe, p.build = append(p.probe, probe), append(p.build, build)
}

func (b *builder) hashJoin(n *plan.HashJoin, wanted []int) (operator, error) {
	width := len(n.Outer.Header())
	full := width + len(n.Inner.Header())
	j := &hashJoin{rt: b.rt, node: n, out: newBatch(n.Cols), own: make([]sqltypes.Vec, len(n.Cols)), wanted: make([]bool, full)}
	for i := range n.Cols {
		j.wanted[i] = wanted == nil
	}
	for _, slot := range wanted {
		j.wanted[slot] = true
	}
	outer := joinSide{width: width}
	inner := joinSide{first: width, width: full - width}
	if err := b.joinSide(&outer, n.Outer, n.OuterKeys, n, j.wanted); err != nil {
		return nil, err
	}
	if err := b.joinSide(&inner, n.Inner, n.InnerKeys, n, j.wanted); err != nil {
		return nil, err
	}
	j.build, j.probe = inner, outer
	if n.BuildOuter {
		j.build, j.probe = outer, inner
	}
	j.semi, j.anti = n.Kind == bind.Semi, n.Kind == bind.Anti
	j.keepProbe = n.Kind == bind.Full || n.Kind == bind.Left && !n.BuildOuter
	j.keepBuild = n.Kind == bind.Full || n.Kind == bind.Left && n.BuildOuter || j.anti && n.BuildOuter
	var err error
	if n.On != nil {
		j.on, err = b.joinCondition(n.On, full)
	}
	return j, err
}

// joinSide builds an input, which needs to give only the columns that are wanted of the join, its keys and its condition.
func (b *builder) joinSide(s *joinSide, n plan.Node, keys []expr.Expr, join *plan.HashJoin, wanted []bool) error {
	slots := slotsOf(keys...)
	for _, slot := range slotsOf(join.On) {
		if slot >= s.first && slot < s.first+s.width {
			slots = append(slots, slot-s.first)
		}
	}
	for i := range s.width {
		if wanted[s.first+i] {
			slots = append(slots, i)
		}
	}
	var err error
	if s.op, err = b.buildFor(n, slots); err != nil {
		return err
	}
	s.keys, err = b.joinKeys(n.Header(), keys, join.KeyTypes)
	return err
}

// keeps tells whether column i of the build side must be kept for the output or the condition.
func (j *hashJoin) keeps(i int) bool {
	slot := j.build.first + i
	return j.wanted[slot] || j.on != nil && j.on.reads[slot]
}

func (j *hashJoin) open() error {
	j.forget()
	return nil
}

func (j *hashJoin) close() {
	j.build.op.close()
	j.probe.op.close()
	j.forget()
}

func (j *hashJoin) forget() {
	j.used.free(j.rt)
	j.rows, j.table, j.built, j.nulls, j.matched, j.rest = nil, joinTable{}, false, false, nil, 0
	j.in, j.at, j.chain, j.hit = nil, 0, -1, false
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
		if c, ok := j.build.keys.stands(i); ok && j.keeps(c) {
			t.keys[i] = j.rows.Cols[c]
		}
	}
	t.build()
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
	side := &j.build
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
	return j.rt.eachBatch(side.op, func(in *Batch) error {
		keys, err := side.keys.of(in)
		if err != nil {
			return err
		}
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
			if c, ok := side.keys.stands(i); !ok || !j.keeps(c) {
				keep(&j.table.keys[i], &keys[i])
			}
		}
		return j.used.add(j.rt, size)
	})
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
		if err := j.rt.check(); err != nil {
			return nil, err
		}
		if j.in == nil {
			in, err := j.probe.op.next()
			if err != nil {
				return nil, err
			}
			if in == nil {
				return j.lonely(), nil
			}
			keys, err := j.probe.keys.of(in)
			if err != nil {
				return nil, err
			}
			j.heads = j.table.probe(keys, in.N, j.heads, &j.hashes)
			j.in, j.at, j.chain, j.hit = in, 0, -1, false
			if j.node.NullAware {
				j.unknown(keys)
			}
		}
		in := j.in
		j.pairs.reset()
		if err := j.step(); err != nil {
			return nil, err
		}
		if j.at >= in.N {
			j.in = nil
		}
		if len(j.pairs.probe) > 0 {
			return j.give(in), nil
		}
	}
}

// hopeless tells that no row can come out, whatever the probe side has.
func (j *hashJoin) hopeless() bool {
	if j.node.NullAware && j.nulls {
		return true // x NOT IN (…, NULL, …) is never true
	}
	return j.rows.N == 0 && !j.keepProbe && !(j.anti && !j.node.BuildOuter)
}

// unknown takes rows with a NULL key for matched: NULL NOT IN (…) is not true, unless there is nothing to compare with.
func (j *hashJoin) unknown(keys []sqltypes.Vec) {
	if j.rows.N == 0 {
		return
	}
	for k := range keys {
		for i := range j.heads {
			if nullAt(&keys[k], i) {
				j.heads[i] = 0
			}
		}
	}
}

// step gathers pairs of the current batch, up to their bound.
func (j *hashJoin) step() error {
	switch {
	case (j.semi || j.anti) && j.on != nil:
		return j.stepOneSided()
	case (j.semi || j.anti) && j.node.BuildOuter:
		j.markBuild()
	case j.semi || j.anti:
		for i, head := range j.heads {
			if (head >= 0) == j.semi {
				j.pairs.add(int32(i), -1)
			}
		}
		j.at = j.in.N
	case j.on != nil:
		return j.stepFiltered()
	default:
		j.stepPlain()
	}
	return nil
}

// stepPlain pairs each row with every row of equal keys.
func (j *hashJoin) stepPlain() {
	if j.table.nexts == nil && j.at == 0 && j.in.N <= pairsMax {
		j.stepSingle()
		return
	}
	for ; j.at < j.in.N; j.at++ {
		row := j.chain
		if row < 0 {
			row = j.heads[j.at]
			if row < 0 && j.keepProbe {
				j.pairs.add(int32(j.at), -1)
			}
		}
		for ; row >= 0; row = j.table.following(row) {
			if len(j.pairs.probe) >= pairsMax {
				j.chain = row
				return
			}
			j.pairs.add(int32(j.at), row)
			if j.matched != nil {
				j.matched[row] = true
			}
		}
		j.chain = -1
	}
}

// stepSingle is stepPlain for a table in which every key has one row.
func (j *hashJoin) stepSingle() {
	probe, build := j.pairs.probe, j.pairs.build
	for i, row := range j.heads {
		if row < 0 && !j.keepProbe {
			continue
		}
		probe, build = append(probe, int32(i)), append(build, row)
		if row >= 0 && j.matched != nil {
			j.matched[row] = true
		}
	}
	j.pairs = pairs{probe, build}
	j.at = j.in.N
}

// markBuild is the step of a semi or anti join whose kept rows are the ones to give: a semi join gives a row when it meets the first partner, an anti
// join notes that there is one.
func (j *hashJoin) markBuild() {
	for ; j.at < j.in.N; j.at++ {
		row := j.heads[j.at]
		if row < 0 || j.matched[row] {
			continue // of a chain all are matched, or none
		}
		for ; row >= 0; row = j.table.following(row) {
			j.matched[row] = true
			if j.semi {
				j.pairs.add(-1, row)
			}
		}
		if len(j.pairs.probe) >= pairsMax {
			j.at++
			return
		}
	}
}

// lonely gives the build rows without a partner, a batch at a time; nil at their end.
func (j *hashJoin) lonely() *Batch {
	if !j.keepBuild {
		return nil
	}
	j.pairs.reset()
	for ; j.rest < j.rows.N && len(j.pairs.build) < pairsMax; j.rest++ {
		if !j.matched[j.rest] {
			j.pairs.add(-1, int32(j.rest))
		}
	}
	if len(j.pairs.build) == 0 {
		return nil
	}
	return j.give(nil)
}

// give makes the output of the pairs. Without a probe batch all probe columns are NULL.
func (j *hashJoin) give(in *Batch) *Batch {
	n := len(j.pairs.probe)
	j.out.N = n
	for i := range j.out.Cols {
		if !j.wanted[i] {
			j.out.Cols[i].Reset()
		} else if c := i - j.build.first; c >= 0 && c < j.build.width {
			pickColumn(&j.own[i], &j.rows.Cols[c], j.pairs.build, j.keepProbe)
			j.out.Cols[i] = j.own[i]
		} else {
			j.out.Cols[i] = j.probeColumn(in, i)
		}
	}
	return j.out
}

// probeColumn is column i of the output, from the probe side: where it stands when every row of a run has one partner.
func (j *hashJoin) probeColumn(in *Batch, i int) sqltypes.Vec {
	rows := j.pairs.probe
	if in == nil {
		own := &j.own[i]
		empty := sqltypes.NewVec(j.node.Cols[i].Type.OID, 0)
		pickColumn(own, &empty, rows, true)
		return *own
	}
	src := &in.Cols[i-j.probe.first]
	first, last := rows[0], rows[len(rows)-1]
	if int(last-first) == len(rows)-1 && isRun(rows) {
		return windowColumn(src, int(first), int(last)+1)
	}
	pickColumn(&j.own[i], src, rows, false)
	return j.own[i]
}

// isRun tells whether rows, which rise or stay, go up by one each.
func isRun(rows []int32) bool {
	for i, row := range rows {
		if row != rows[0]+int32(i) {
			return false
		}
	}
	return true
}
