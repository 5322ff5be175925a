package plan

import (
	"math"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// method is how two sides are joined.
type method uint8

const (
	alone    method = iota // a member by itself
	byHash                 // the table is built from the right side
	byHashed               // the table is built from the left side
	byLookup               // the right member is read for each row of the left side, through an index
	byBatch                // likewise, for many rows of the left side together
	byRow                  // the right member reads the left side's row
	byMerge                // both sides come in the order of the keys
	byLoop                 // every row of the left side with every row of the right side, which is kept
)

// joined is a set of members joined in some way.
type joined struct {
	set         relset
	size        size
	cost        float64
	member      *member // alone
	method      method
	kind        bind.JoinKind
	special     *special
	left, right *joined
	distinct    *special // the right side of this semi join without duplicates: an inner join is left to do

	order   []orderKey // of its rows, as far as that is of use
	startup float64    // the part of cost that comes before the first row
	path    *path      // alone: how the table is read; nil: in the cheapest way
	reverse bool
	merge   []mergeKey // byMerge
	sorts   [2]bool    // byMerge: the left, the right side must be sorted
}

// exhaustiveMax is how many members are joined in the best of all orders; of more, two by two in the order that gives the fewest rows.
const exhaustiveMax = 10

// The efforts that choices are made by, in units of reading one row in order. BenchmarkEffort of package query measures them. Reading in order is cheap
// while the columns of a table are kept decoded, and several times dearer the first time; what is compared with it stands between the two.
const (
	effortOpen   = 3.0  // beginning to read along an index, once
	effortLookup = 25.0 // likewise, again for one row of many
	effortSorted = 18.0 // likewise, at a place behind the one before
	effortFetch  = 15.0 // finding a row that an index points to
	effortBuild  = 1.5  // putting a row into a hash table
	effortProbe  = 0.6
	effortGive   = 0.3 // making a row of a join
	effortPair   = 1.0 // looking at a pair of rows
	effortMerge  = 4.0 // comparing a row with those of the other side
	effortBatch  = 50  // making ready to look up rows together
	disabledCost = 1e10
)

// run finds the best way to join all members and plans it.
func (b *search) run(all relset) (*relation, error) {
	b.best, b.sizes, b.lookups, b.orders = map[relset]*joined{}, map[relset]size{}, map[lookupKey]*path{}, map[relset][]*joined{}
	b.makeEquals()
	for i, m := range b.members {
		set := single(i)
		b.best[set] = &joined{set: set, size: m.size, cost: m.cost, member: m}
		b.orderedMembers(i)
	}
	n := len(b.members)
	var done *joined
	if n <= exhaustiveMax {
		done = b.exhaustive(all, n)
		if done == nil {
			b.cross = true
			done = b.exhaustive(all, n)
		}
	} else {
		done = b.greedy()
	}
	if done == nil {
		return nil, pgerror.New(pgerror.InternalError, "no order was found to join %d relations", n)
	}
	done = b.cheapest(done.set)
	rel, err := b.build(done)
	if err == nil {
		rel.order = b.slotOrders(done.order, rel.layout)
	}
	return rel, err
}

// exhaustive builds the best plan for every set of members from those of its parts.
func (b *search) exhaustive(all relset, n int) *joined {
	for bits := uint64(1); bits < 1<<n; bits++ {
		if bits&(bits-1) == 0 {
			continue
		}
		set := relset{bits}
		low := bits & -bits
		for part := (bits - 1) & bits; part > 0; part = (part - 1) & bits {
			if part&low == 0 {
				continue
			}
			l, r := b.best[relset{part}], b.best[relset{bits &^ part}]
			if l == nil || r == nil {
				continue
			}
			b.try(set, l, r)
		}
	}
	return b.best[all]
}

// greedy joins the two sets whose join gives the fewest rows, again and again.
func (b *search) greedy() *joined {
	var sets []*joined
	for i := range b.members {
		sets = append(sets, b.best[single(i)])
	}
	tried := map[relset]bool{}
	for len(sets) > 1 {
		var found *joined
		at, with := 0, 0
		for i, l := range sets {
			for j := i + 1; j < len(sets); j++ {
				set := l.set.union(sets[j].set)
				if b.cross || !tried[set] { // the union of two sets of the list is that of no other two, now or later
					tried[set] = true
					b.try(set, l, sets[j])
				}
				if c := b.best[set]; c != nil && (found == nil || c.size.likely < found.size.likely || c.size.likely == found.size.likely && c.cost < found.cost) {
					found, at, with = c, i, j
				}
			}
		}
		if found == nil {
			if b.cross {
				return nil
			}
			b.cross = true
			continue
		}
		b.cross = false
		sets[at] = found
		sets = append(sets[:with], sets[with+1:]...)
	}
	return sets[0]
}

// try joins two sets in every way there is and keeps the best for their union.
func (b *search) try(set relset, l, r *joined) {
	how, ok := b.legal(l, r)
	if !ok || !b.cross && (how.special == nil || how.distinct && !how.semi) && !b.connected(l, r) {
		return
	}
	switch {
	case how.special == nil:
		b.methods(set, l, r, bind.Inner, nil, nil)
		b.methods(set, r, l, bind.Inner, nil, nil)
	case how.distinct:
		outer, inner := l, r
		if how.turned {
			outer, inner = r, l
		}
		if how.semi {
			b.methods(set, outer, inner, bind.Semi, how.special, nil)
		}
		b.methods(set, outer, inner, bind.Inner, how.special, how.special)
		b.methods(set, inner, outer, bind.Inner, how.special, how.special)
	case how.turned:
		b.methods(set, r, l, how.special.kind, how.special, nil)
	default:
		b.methods(set, l, r, how.special.kind, how.special, nil)
	}
}

// way is which special join the join of two sets carries out.
type way struct {
	special  *special
	turned   bool // the second set is its left side
	semi     bool // it can be a semi join
	distinct bool // it can be an inner join with the right side without duplicates
}

// legal tells whether two sets may be joined, and which special join that is.
func (b *search) legal(l, r *joined) (w way, ok bool) {
	if !b.readable(l, r) {
		return w, false
	}
	set := l.set.union(r.set)
	mustBeLeft := false
	for _, sp := range b.specials {
		if !sp.right.overlaps(set) || sp.right.contains(set) {
			continue
		}
		if l.set.contains(sp.left) && l.set.contains(sp.right) || r.set.contains(sp.left) && r.set.contains(sp.right) {
			continue
		}
		if sp.kind == bind.Semi && (l.set.contains(sp.allRight) && l.set != sp.allRight || r.set.contains(sp.allRight) && r.set != sp.allRight) {
			continue // joined before, as an inner join
		}
		here := way{special: sp}
		switch {
		case l.set.contains(sp.left) && r.set.contains(sp.right):
			here.semi, here.distinct = true, sp.distinct != nil && r.set == sp.allRight
		case r.set.contains(sp.left) && l.set.contains(sp.right):
			here.turned, here.semi, here.distinct = true, true, sp.distinct != nil && l.set == sp.allRight
		case sp.distinct != nil && r.set == sp.allRight:
			here.distinct = true
		case sp.distinct != nil && l.set == sp.allRight:
			here.turned, here.distinct = true, true
		case l.set.overlaps(sp.right) && r.set.overlaps(sp.right):
			continue // a join before, which was found to be right, put the two apart
		case sp.kind != bind.Left || set.overlaps(sp.left):
			return w, false
		default:
			mustBeLeft = true
			continue
		}
		if w.special != nil {
			return w, false
		}
		w = here
	}
	if mustBeLeft && (w.special == nil || w.special.kind != bind.Left || !w.special.strict) {
		return w, false
	}
	return w, !b.turnedReader(w, l, r)
}

// readable tells whether a set that reads the other's rows is a member by itself, and the other has all it reads.
func (b *search) readable(l, r *joined) bool {
	a, c := reads(l), reads(r)
	return (a.empty() || c.empty()) && l.set.contains(c) && r.set.contains(a)
}

// reads are the members whose rows a member by itself reads.
func reads(c *joined) relset {
	if c.member == nil {
		return relset{}
	}
	return c.member.deps
}

// turnedReader tells whether the side of a special join that would have to be read first reads the other.
func (b *search) turnedReader(w way, l, r *joined) bool {
	if w.special == nil {
		return false
	}
	outer := l
	if w.turned {
		outer = r
	}
	return !reads(outer).empty()
}

// connected tells whether a condition, or a value that one side reads, connects two sets.
func (b *search) connected(l, r *joined) bool {
	if !reads(l).empty() || !reads(r).empty() {
		return true
	}
	set := l.set.union(r.set)
	for _, c := range b.clauses {
		if c.uses.overlaps(l.set) && c.uses.overlaps(r.set) && set.contains(c.uses) {
			return true
		}
	}
	for _, k := range b.classes {
		if _, _, ok := k.connects(l.set, r.set); ok {
			return true
		}
	}
	return false
}

// conditions adds to on and after the conditions that a join of two sets applies, as the join's own and on its rows.
func (b *search) conditions(set relset, l, r *joined, sp *special, on, after []*clause) (_, _ []*clause) {
	for _, c := range b.clauses {
		if !set.contains(c.needs) || l.set.contains(c.needs) || r.set.contains(c.needs) {
			continue
		}
		if c.special != sp && sp != nil && sp.kind != bind.Semi {
			after = append(after, c)
		} else {
			on = append(on, c)
		}
	}
	for _, k := range b.classes {
		if c := b.between(k, l.set, r.set); c != nil {
			on = append(on, c)
		}
	}
	return on, after
}

// classClause is a clause made of a class.
func (b *search) classClause(e expr.Expr) *clause {
	l, r, _, _ := equality(e)
	c := &clause{cond: e, left: b.membersOf(relsOf(l)), right: b.membersOf(relsOf(r))}
	c.uses = c.left.union(c.right)
	c.needs, c.sel = c.uses, b.sel([]expr.Expr{e})
	return c
}

// methods tries every method to join two sets, the left one being the outer one, and keeps the best.
func (b *search) methods(set relset, l, r *joined, kind bind.JoinKind, sp, distinct *special) {
	if !reads(l).empty() {
		return
	}
	j := &joint{set: set, left: l, right: r, kind: kind, special: sp, distinct: distinct}
	b.on, b.after = b.conditions(set, l, r, sp, b.on[:0], b.after[:0])
	j.on, j.after = b.on, b.after
	j.out = b.outSize(set, l, r, kind, j.on, j.after, distinct)
	j.give = j.out.likely * effortGive
	b.methodsOf(j)
	if distinct != nil && distinct.allRight == l.set {
		return
	}
	for _, ordered := range b.orders[l.set] {
		o := *j
		o.left = ordered
		b.methodsOf(&o)
	}
}

// joint is the join of two sets, one of the ways to have each.
type joint struct {
	set               relset
	left, right       *joined
	kind              bind.JoinKind
	special, distinct *special
	on, after         []*clause
	out               size
	give              float64
}

// keep offers a method to carry out a join, with the order of the left side's rows where it keeps that. It gives what is kept of it: nil, if it is not.
func (b *search) keep(j *joint, m method, startup, cost float64, order []orderKey) *joined {
	order = b.useful(j.set, order)
	if !b.worth(j.set, cost, order) {
		return nil
	}
	c := &joined{set: j.set, size: j.out, startup: startup, cost: cost, method: m, kind: j.kind, special: j.special, left: j.left, right: j.right,
		distinct: j.distinct, order: order}
	b.offer(c)
	return c
}

// methodsOf tries every method for a join.
func (b *search) methodsOf(j *joint) {
	l, r := j.left, j.right
	if !reads(l).empty() {
		return
	}
	if !reads(r).empty() {
		b.keep(j, byRow, l.startup, l.cost+l.size.likely*(effortOpen+r.cost)+j.give, l.order)
		return
	}
	left, right, order := l, r, l.order
	if j.distinct != nil { // the side made distinct costs a hash table more
		d := func(c *joined) *joined {
			if c.set != j.distinct.allRight {
				return c
			}
			made := *c
			made.cost += c.size.likely * effortBuild
			made.startup = made.cost
			n := b.distinctSize(j.distinct, c)
			made.size = size{n, n}
			return &made
		}
		left, right = d(l), d(r)
		if left != l {
			order = nil
		}
	}
	base := left.cost + right.cost + j.give
	if b.hasKeys(j) {
		penalty := b.penalty("enable_hashjoin")
		build := right.cost + right.size.likely*effortBuild
		b.keep(j, byHash, left.startup+build+penalty, left.cost+build+j.give+left.size.likely*effortProbe+penalty, order)
		if j.kind != bind.Inner && l == b.best[l.set] {
			cost := base + left.size.likely*effortBuild*1.2 + right.size.likely*effortProbe + penalty
			b.keep(j, byHashed, cost, cost, nil)
		}
		if j.distinct == nil {
			b.merges(j)
		}
	}
	penalty := b.penalty("enable_nestloop")
	b.keep(j, byLoop, left.startup+right.cost+penalty, base+left.size.likely*right.size.likely*effortPair+right.size.likely+penalty, order)
	if right == r && r.member != nil && r.path == nil && r.member.rel >= 0 && len(j.on) > 0 {
		b.byIndex(j, left, order, penalty)
	}
}

// byIndex reads the right side, a table, through an index that conditions of the join lead to.
func (b *search) byIndex(j *joint, left *joined, order []orderKey, penalty float64) {
	r := j.right
	p := b.lookup(r, j.on, j.left)
	if p == nil {
		return
	}
	rows := p.effort() - effortOpen // of one loop
	if p.batchable() && !b.options.Disabled["dsql.enable_batched_nestloop"] {
		b.keep(j, byBatch, left.startup+effortBatch+penalty, left.cost+j.give+effortBatch+left.size.likely*(effortSorted+effortProbe+rows)+penalty, order)
	}
	if j.kind == bind.Semi { // it ends at the first partner
		rows /= 1 + p.size*b.likely(b.unanswered(p, r.member, j.on))
	}
	b.keep(j, byLookup, left.startup+penalty, left.cost+j.give+left.size.likely*(effortLookup+rows)+penalty, order)
}

// hasKeys tells whether a condition of a join is an equality of its sides.
func (b *search) hasKeys(j *joint) bool {
	l, r := j.left.set, j.right.set
	for _, c := range j.on {
		if !c.left.empty() && !c.right.empty() && (l.contains(c.left) && r.contains(c.right) || l.contains(c.right) && r.contains(c.left)) {
			return true
		}
	}
	return false
}

// batchable tells whether a path can be followed for many outer rows together: by equal keys, which answer what they are used for.
func (p *path) batchable() bool { return p.access.byEqualKeys() && !p.parts }

// unanswered are the conditions on the rows of a path that it does not answer by itself.
func (b *search) unanswered(p *path, m *member, on []*clause) []expr.Expr {
	var rest []expr.Expr
	for _, q := range append(condsOf(on), m.own...) {
		if !p.used[q] {
			rest = append(rest, q)
		}
	}
	return rest
}

func (b *search) penalty(name string) float64 {
	if b.options.Disabled[name] {
		return disabledCost
	}
	return 0
}

// distinctSize estimates the rows of a semi join's right side without duplicates.
func (b *search) distinctSize(sp *special, c *joined) float64 {
	return estimator{b.scope, true}.groups(sp.distinct, c.size.likely)
}

// lookupKey is a member and the members whose rows its scan depends on.
type lookupKey struct {
	member *member
	from   relset
}

// lookup is the way to read a member for each row of other members by an index; nil when none of the conditions on both leads to one.
func (b *search) lookup(r *joined, on []*clause, l *joined) *path {
	m := r.member
	table := b.q.Rels[m.rel]
	if table.Kind != bind.TableRel {
		return nil
	}
	key := lookupKey{member: m}
	quals := m.own[:len(m.own):len(m.own)]
	for _, c := range on {
		key.from = key.from.union(c.uses.minus(r.set))
		quals = append(quals, c.cond)
	}
	if p, ok := b.lookups[key]; ok {
		return p
	}
	builder := &baseBuilder{scope: b.scope, rel: m.rel, outer: b.relsIn(key.from)}
	p := builder.bestPath(table, quals)
	uses := false
	for _, c := range on {
		uses = uses || p.used[c.cond]
	}
	if !uses {
		p = nil
	}
	b.lookups[key] = p
	return p
}

// outSize estimates the rows of a join. It is the same for a set however it is joined, but for where that decides it.
func (b *search) outSize(set relset, l, r *joined, kind bind.JoinKind, on, after []*clause, distinct *special) size {
	if have, ok := b.sizes[set]; ok {
		return have
	}
	out := size{l.size.likely * r.size.likely, l.size.shown * r.size.shown}
	if distinct != nil {
		inner, outer := r, l
		if l.set == distinct.allRight {
			inner, outer = l, r
		}
		n := b.distinctSize(distinct, inner)
		out = size{outer.size.likely * n, outer.size.shown * min(n, inner.size.shown)}
	}
	for _, c := range on {
		out.likely, out.shown = out.likely*c.sel.likely, out.shown*c.sel.shown
	}
	switch kind {
	case bind.Left:
		out = size{max(out.likely, l.size.likely), max(out.shown, l.size.shown)}
	case bind.Semi, bind.Anti:
		p := b.matched(r, on)
		if kind == bind.Anti {
			p = 1 - p
		}
		out = size{l.size.likely * p, l.size.shown * p}
	default:
		if n := b.partners(l, r, on); n < math.Inf(1) {
			out.likely, out.shown = min(out.likely, n), min(out.shown, max(l.size.shown, r.size.shown))
		}
	}
	for _, c := range after {
		out.likely, out.shown = out.likely*c.sel.likely, out.shown*c.sel.shown
	}
	out = size{max(1, out.likely), max(1, out.shown)}
	b.sizes[set] = out
	return out
}

// partners bounds the rows of a join by those of one side, when the conditions fix a unique key of the other.
func (b *search) partners(l, r *joined, on []*clause) float64 {
	n := math.Inf(1)
	for _, side := range [][2]*joined{{l, r}, {r, l}} {
		m := side[1].member
		if m == nil || m.rel < 0 {
			continue
		}
		var conds []expr.Expr
		for _, c := range on {
			conds = append(conds, c.cond)
		}
		if b.uniqueOn(m.rel, append(conds, m.own...)) {
			n = min(n, side[0].size.likely)
		}
	}
	return n
}

// matched estimates which part of the outer rows has a partner.
func (b *search) matched(r *joined, on []*clause) float64 {
	e := estimator{b.scope, true}
	p := 1.0
	for _, c := range on {
		if left, right, _, ok := equality(c.cond); ok && !c.left.empty() && !c.right.empty() {
			if r.set.contains(c.left) {
				left, right = right, left
			}
			p *= e.matching(left, right, r.size.likely)
		} else if c.uses.overlaps(r.set) {
			p *= max(0.5, c.sel.likely) // any of the partners will do
		} else {
			p *= c.sel.likely
		}
	}
	return min(1, max(p, 1e-6))
}
