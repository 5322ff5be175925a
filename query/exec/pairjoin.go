package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// pairsMax is how many pairs of rows a join looks at before it hands on what it has.
const pairsMax = 4096

// pairJoin is what the joins by equal keys have in common, however a row finds its partners. The rows of one side, build, are kept as columns; the other
// side, probe, passes by a batch at a time. For every row of the batch somebody finds the first of its partners, heads, and nexts leads to the others. A
// step finds pairs of row numbers; columns are copied last, and only those that somebody above reads.
type pairJoin struct {
	rt           *runtime
	cols         []plan.Column // of the output
	build, probe joinSide
	on           *joinCondition
	wanted       []bool // which columns of outer row then inner row go into the output
	semi, anti   bool
	buildOuter   bool // the build side is the outer one
	keepBuild    bool // give build rows without a partner, too
	keepProbe    bool

	rows    *Batch  // of the build side
	nexts   []int32 // the following row with the same keys, -1 at the end; nil while no two rows have the same
	matched []bool  // of each build row, where keepBuild or one-sided over build rows
	rest    int     // next build row to look at for those without a partner

	in    *Batch // current probe batch, nil: take the next one
	heads []int32
	at    int   // next row of in
	chain int32 // next partner of row at, -1: start with the first one
	hit   bool  // row at has met a partner
	pairs pairs
	out   *Batch
	own   []sqltypes.Vec // memory of out's columns
	used  usage
}

// joinSide is one input of a join.
type joinSide struct {
	op    operator
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

// joinForm says what a join by pairs is asked for.
type joinForm struct {
	kind         bind.JoinKind
	outer, inner plan.Node
	cols         []plan.Column
	on           expr.Expr
	buildOuter   bool
	reads        [2][]expr.Expr // what else is computed of the rows of either side
}

// pairJoin builds the inputs and the condition of a join.
func (b *builder) pairJoin(f joinForm, wanted []int) (pairJoin, error) {
	width := len(f.outer.Header())
	full := width + len(f.inner.Header())
	j := pairJoin{rt: b.rt, cols: f.cols, out: newBatch(f.cols), own: make([]sqltypes.Vec, len(f.cols)), wanted: make([]bool, full), buildOuter: f.buildOuter}
	for i := range f.cols {
		j.wanted[i] = wanted == nil
	}
	for _, slot := range wanted {
		j.wanted[slot] = true
	}
	outer := joinSide{width: width}
	inner := joinSide{first: width, width: full - width}
	if err := b.joinSide(&outer, f.outer, f.reads[0], f.on, j.wanted); err != nil {
		return j, err
	}
	if err := b.joinSide(&inner, f.inner, f.reads[1], f.on, j.wanted); err != nil {
		return j, err
	}
	j.build, j.probe = inner, outer
	if f.buildOuter {
		j.build, j.probe = outer, inner
	}
	j.semi, j.anti = f.kind == bind.Semi, f.kind == bind.Anti
	j.keepProbe = f.kind == bind.Full || f.kind == bind.Left && !f.buildOuter
	j.keepBuild = f.kind == bind.Full || f.kind == bind.Left && f.buildOuter || j.anti && f.buildOuter
	var err error
	if f.on != nil {
		j.on, err = b.joinCondition(f.on, full)
	}
	return j, err
}

// joinSide builds an input, which needs to give only the columns that are wanted of the join, and those that its condition and other expressions read.
func (b *builder) joinSide(s *joinSide, n plan.Node, reads []expr.Expr, on expr.Expr, wanted []bool) error {
	slots := slotsOf(reads...)
	for _, slot := range slotsOf(on) {
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
	s.op, err = b.buildFor(n, slots)
	return err
}

// keeps tells whether column i of the build side must be kept for the output or the condition.
func (j *pairJoin) keeps(i int) bool {
	slot := j.build.first + i
	return j.wanted[slot] || j.on != nil && j.on.reads[slot]
}

func (j *pairJoin) close() {
	j.build.op.close()
	j.probe.op.close()
	j.forget()
}

func (j *pairJoin) forget() {
	j.used.free(j.rt)
	j.rows, j.nexts, j.matched, j.rest = nil, nil, nil, 0
	j.in, j.at, j.chain, j.hit = nil, 0, -1, false
}

// begin takes a probe batch whose heads are found.
func (j *pairJoin) begin(in *Batch) { j.in, j.at, j.chain, j.hit = in, 0, -1, false }

// more gives the next rows that come of the current probe batch; nil, and no current batch, when there are none.
func (j *pairJoin) more() (*Batch, error) {
	for j.in != nil {
		if err := j.rt.check(); err != nil {
			return nil, err
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
	return nil, nil
}

// following is the next build row with the same keys, -1 when there is none.
func (j *pairJoin) following(row int32) int32 {
	if j.nexts == nil {
		return -1
	}
	return j.nexts[row]
}

// step gathers pairs of the current batch, up to their bound.
func (j *pairJoin) step() error {
	switch {
	case (j.semi || j.anti) && j.on != nil:
		return j.stepOneSided()
	case (j.semi || j.anti) && j.buildOuter:
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
func (j *pairJoin) stepPlain() {
	if j.nexts == nil && j.at == 0 && j.in.N <= pairsMax {
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
		for ; row >= 0; row = j.following(row) {
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
func (j *pairJoin) stepSingle() {
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
func (j *pairJoin) markBuild() {
	for ; j.at < j.in.N; j.at++ {
		row := j.heads[j.at]
		if row < 0 || j.matched[row] {
			continue // of a chain all are matched, or none
		}
		for ; row >= 0; row = j.following(row) {
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
func (j *pairJoin) lonely() *Batch {
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
func (j *pairJoin) give(in *Batch) *Batch {
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
func (j *pairJoin) probeColumn(in *Batch, i int) sqltypes.Vec {
	rows := j.pairs.probe
	if in == nil {
		own := &j.own[i]
		empty := sqltypes.NewVec(j.cols[i].Type.OID, 0)
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
