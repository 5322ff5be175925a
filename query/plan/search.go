package plan

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// search finds the order in which the members of FROM are joined, and how. Sets of members are relsets over their numbers.
//
// Inner joins may be done in any order. Each outer, semi and anti join is noted as a special join with the least sets of members that must stand on its
// sides, as PostgreSQL does it: joins that break none of them are allowed, which lets outer joins whose conditions are strict change places.
type search struct {
	*scope
	members  []*member
	of       map[int]int // of a base relation
	specials []*special
	clauses  []*clause
	classes  []*class
	best     map[relset]*joined
	sizes    map[relset]size
	lookups  map[lookupKey]*path
	orders   map[relset][]*joined // further ways to join a set, each in an order that is of use
	equals   *equalColumns
	wants    joinWants
	order    []orderKey // what is wanted, without what has one value
	cross    bool       // joins without a condition are tried, because there is no other way
	on       []*clause  // of the join that is tried
	after    []*clause
	pairs    []mergePair // likewise
	keys     []mergeKey
	follows  map[expr.Expr][]expr.Expr // conditions on single members that were made of one on several
	single   bool                      // every table was analysed: what costs show is what choices are made by
}

// member is a base relation, or what is planned as a whole.
type member struct {
	rel     int // -1: none
	planned *relation
	tree    bind.JoinNode // planned for each row of the members that it reads
	rels    relset        // base relations
	deps    relset        // members whose rows it reads
	reads   relset        // base relations it reads, while the members are collected
	own     []expr.Expr   // conditions on it alone
	size    size
	cost    float64
}

// size is a number of rows: by what choices are made, and as costs show it.
type size struct{ likely, shown float64 }

// special is an outer, semi or anti join.
type special struct {
	kind              bind.JoinKind // Left, Semi, Anti
	left, right       relset        // what must be joined before
	allLeft, allRight relset        // what is written on its sides
	strict            bool          // its condition is not true for a left side of NULLs
	delays            bool          // a condition from above must be applied right after it
	distinct          []expr.Expr   // Semi: columns of the right side, without duplicates of which it is an inner join; nil: it cannot be one
}

// clause is a condition over several members.
type clause struct {
	cond        expr.Expr
	uses, needs relset   // members it reads, and all that must be joined before it is applied
	special     *special // it is a condition of that join
	left, right relset   // the members of the sides, for an equality of both
	sel         size
	folded      bool // its class stands for it
	filled      bool // an outer join below it may fill its members with NULLs
}

// group plans a list of FROM members that are inner-joined, under conditions that may be applied anywhere among them.
func (s *scope) group(list []bind.JoinNode, quals []expr.Expr) (*relation, error) {
	if len(list) == 1 {
		if j, ok := list[0].(*bind.Join); ok && j.NullAware {
			outer, err := s.group([]bind.JoinNode{j.Left}, quals)
			if err != nil {
				return nil, err
			}
			inner, err := s.group([]bind.JoinNode{j.Right}, nil)
			if err != nil {
				return nil, err
			}
			return s.nullAware(outer, inner, conjuncts(j.On))
		}
	}
	if rel, ok := asRef(list[0]); ok && len(list) == 1 && s.deps(rel).empty() {
		return s.only(rel, quals)
	}
	b := &search{scope: s, of: map[int]int{}, wants: s.wants}
	s.wants = joinWants{}
	var all relset
	for _, n := range list {
		scope, _, err := b.take(n)
		if err != nil {
			return nil, err
		}
		all = all.union(scope)
	}
	for _, q := range quals {
		b.add(q, all, nil, relset{})
	}
	if err := b.settle(); err != nil {
		return nil, err
	}
	rel, err := b.run(all)
	if err == nil && slices.ContainsFunc(b.clauses, func(c *clause) bool { return c.special == nil && c.needs == all && neverTrue(c.cond) }) {
		rel.node = noRows(rel.node)
	}
	return rel, err
}

// only plans a relation that is joined with no other.
func (s *scope) only(rel int, quals []expr.Expr) (*relation, error) {
	out, params, err := s.base(rel, quals, relset{})
	if err == nil {
		out.order = s.scanOrder(rel, out.node)
	}
	if err == nil && s.beside != nil {
		s.beside.params = append(s.beside.params, params...)
	}
	return out, err
}

// take collects the members and conditions below a member of the tree of joins. It gives the members, and those that are inner-joined.
func (b *search) take(n bind.JoinNode) (scope, inner relset, err error) {
	if rel, ok := asRef(n); ok {
		return b.member(&member{rel: rel, rels: single(rel), reads: b.deps(rel)}), relset{}, nil
	}
	j, ok := n.(*bind.Join)
	if !ok {
		return scope, inner, pgerror.New(pgerror.InternalError, "unexpected member of FROM: %T", n)
	}
	if j.Kind == bind.Right {
		turned := *j
		turned.Kind, turned.Left, turned.Right = bind.Left, j.Right, j.Left
		j = &turned
	}
	if j.Kind != bind.Inner {
		if deps := b.treeDeps(j); !b.besideRels().contains(deps) {
			return b.member(&member{rel: -1, tree: j, rels: treeRels(j), reads: deps}), relset{}, nil
		}
	}
	switch {
	case j.NullAware:
		planned, err := b.group([]bind.JoinNode{j}, nil)
		if err != nil {
			return scope, inner, err
		}
		return b.member(&member{rel: -1, planned: planned, rels: planned.rels}), relset{}, nil
	case j.Kind == bind.Full:
		planned, err := b.fullJoin(j)
		if err != nil {
			return scope, inner, err
		}
		return b.member(&member{rel: -1, planned: planned, rels: planned.rels}), relset{}, nil
	}
	left, leftInner, err := b.take(j.Left)
	if err != nil {
		return scope, inner, err
	}
	right, rightInner, err := b.takeRight(j)
	if err != nil {
		return scope, inner, err
	}
	scope = left.union(right)
	if j.Kind == bind.Inner {
		for _, q := range conjuncts(j.On) {
			b.add(q, scope, nil, relset{})
		}
		return scope, scope, nil
	}
	inner = leftInner.union(rightInner)
	on := conjuncts(j.On)
	sp := b.special(j.Kind, left, right, inner, on)
	for _, q := range on {
		b.add(q, scope, sp, left)
	}
	b.specials = append(b.specials, sp)
	return scope, inner, nil
}

// takeRight is take for the right side of a join; a tree that reads the left side's rows is planned for each of them.
func (b *search) takeRight(j *bind.Join) (scope, inner relset, err error) {
	_, isRef := asRef(j.Right)
	if j.Kind == bind.Inner || isRef {
		return b.take(j.Right)
	}
	if deps := b.treeDeps(j.Right); deps.overlaps(treeRels(j.Left)) {
		return b.member(&member{rel: -1, tree: j.Right, rels: treeRels(j.Right), reads: deps}), relset{}, nil
	}
	return b.take(j.Right)
}

// fullJoin plans a full join: nothing moves across it.
func (s *scope) fullJoin(j *bind.Join) (*relation, error) {
	outer, err := s.group([]bind.JoinNode{j.Left}, nil)
	if err != nil {
		return nil, err
	}
	inner, err := s.group([]bind.JoinNode{j.Right}, nil)
	if err != nil {
		return nil, err
	}
	return s.joinRelations(bind.Full, outer, inner, conjuncts(j.On))
}

func (b *search) member(m *member) relset {
	i := len(b.members)
	b.members = append(b.members, m)
	for rel := range m.rels.members() {
		b.of[rel] = i
	}
	return single(i)
}

// membersOf are the members that hold base relations.
func (b *search) membersOf(rels relset) (set relset) {
	for rel := range rels.members() {
		if i, ok := b.of[rel]; ok {
			set = set.union(single(i))
		}
	}
	return set
}

// relsIn are the base relations of members.
func (b *search) relsIn(set relset) (rels relset) {
	for i := range set.members() {
		rels = rels.union(b.members[i].rels)
	}
	return rels
}

// special notes an outer, semi or anti join: which members must be joined on its sides before it. The joins below it, which were noted before, keep their
// place below it where its condition would see other rows, or rows it must not see, if they changed places.
func (b *search) special(kind bind.JoinKind, left, right, inner relset, on []expr.Expr) *special {
	sp := &special{kind: kind, allLeft: left, allRight: right}
	var uses, strict relset
	for _, q := range on {
		uses = uses.union(b.membersOf(relsOf(q)))
	}
	for i := range uses.members() {
		if rejectsNulls(on, b.members[i].rels) {
			strict = strict.union(single(i))
		}
	}
	sp.strict = strict.overlaps(left)
	sp.left = uses.intersect(left)
	sp.right = uses.union(inner).intersect(right)
	for i := range right.members() {
		sp.left = sp.left.union(b.membersOf(b.members[i].reads).intersect(left))
	}
	rigid := kind != bind.Left
	for _, o := range b.specials {
		both := o.allLeft.union(o.allRight)
		if left.overlaps(o.allRight) && uses.overlaps(o.allRight) && (rigid || !strict.overlaps(o.right)) {
			sp.left = sp.left.union(both)
		}
		if right.overlaps(o.allRight) && (rigid || o.kind != bind.Left || uses.overlaps(o.allRight) || !uses.overlaps(o.left) || !o.strict || o.delays) {
			sp.right = sp.right.union(both)
		}
	}
	if sp.left.empty() {
		sp.left = left
	}
	if sp.right.empty() {
		sp.right = right
	}
	if kind == bind.Semi {
		sp.distinct = b.distinctColumns(on, right)
	}
	return sp
}

// distinctColumns are the columns of a semi join's right side when its conditions, but for those on the right side alone, are equalities with them.
func (b *search) distinctColumns(on []expr.Expr, right relset) []expr.Expr {
	var columns []expr.Expr
	for _, q := range on {
		uses := b.membersOf(relsOf(q))
		if right.contains(uses) {
			continue
		}
		l, r, _, ok := equality(q)
		if !ok || expr.ContainsVolatile(q) {
			return nil
		}
		if b.membersOf(relsOf(l)).overlaps(right) {
			l, r = r, l
		}
		for {
			x, isRelabel := r.(*expr.Relabel)
			if !isRelabel {
				break
			}
			r = x.Arg
		}
		v, isVar := r.(*expr.Var)
		if !isVar || v.Column < 0 || !right.contains(b.membersOf(relsOf(r))) || b.membersOf(relsOf(l)).overlaps(right) || relsOf(l).empty() {
			return nil
		}
		if !containsExpr(columns, v) {
			columns = append(columns, v)
		}
	}
	return columns
}

// add notes a condition that stands over the members of scope: sp is the special join whose condition it is, whose left side is kept.
func (b *search) add(q expr.Expr, scope relset, sp *special, kept relset) {
	if sp == nil {
		for _, c := range implied(q) {
			if uses := b.membersOf(relsOf(c)); b.delayed(uses, false) == uses {
				b.clauses = append(b.clauses, &clause{cond: c, uses: uses, needs: uses})
				if b.follows == nil {
					b.follows = map[expr.Expr][]expr.Expr{}
				}
				b.follows[q] = append(b.follows[q], c)
			}
		}
	}
	c := &clause{cond: q, uses: b.membersOf(relsOf(q))}
	needs := c.uses
	switch {
	case sp == nil && c.uses.empty(), sp == nil && expr.ContainsVolatile(q):
		needs = scope
	case sp == nil:
		c.filled = slices.ContainsFunc(b.specials, func(o *special) bool { return o.kind == bind.Left && needs.overlaps(o.right) })
		needs = b.delayed(needs, true)
	case sp.kind == bind.Semi && c.uses.overlaps(sp.allLeft) != c.uses.overlaps(sp.allRight):
		needs = b.delayed(needs, true)
	case sp.kind != bind.Semi && !c.uses.empty() && !c.uses.overlaps(kept) && !expr.ContainsVolatile(q):
		needs = b.delayed(needs, true)
	case sp.kind == bind.Semi && !c.uses.empty():
		c.special, needs = sp, b.delayed(needs, false)
	default:
		c.special = sp
		needs = sp.left.union(sp.right) // it is applied by that join and no other
	}
	c.needs = needs
	if l, r, _, ok := equality(q); ok && !expr.ContainsVolatile(q) {
		c.left, c.right = b.membersOf(relsOf(l)), b.membersOf(relsOf(r))
	}
	b.clauses = append(b.clauses, c)
}

// delayed adds to the members of a condition those of the outer joins below it that may fill them with NULLs: it is true or not of the rows after these.
func (b *search) delayed(needs relset, above bool) relset {
	for again := true; again; {
		again = false
		for _, o := range b.specials {
			if o.kind != bind.Left || !needs.overlaps(o.right) {
				continue
			}
			if above {
				o.delays = true
			}
			if both := o.left.union(o.right); !needs.contains(both) {
				needs, again = needs.union(both), true
			}
		}
	}
	return needs
}

// settle finds out what each member depends on, gives it the conditions on it alone, and plans and sizes it.
func (b *search) settle() error {
	b.single = b.allAnalysed()
	for _, m := range b.members {
		// A LATERAL reference goes to the left, into a kept side: whatever reads across an outer join is one member with it, or runs beside what it reads.
		m.deps = b.membersOf(m.reads.minus(b.besideRels()).minus(m.rels))
	}
	b.makeClasses()
	rest := b.clauses[:0]
	for _, c := range b.clauses {
		if n, one := c.needs.only(); c.special == nil && one {
			b.members[n].own = append(b.members[n].own, c.cond)
		} else if !c.folded {
			rest = append(rest, c)
		}
	}
	b.clauses = rest
	for _, m := range b.members {
		if err := b.settleMember(m); err != nil {
			return err
		}
	}
	for _, c := range b.clauses {
		c.sel = b.sel([]expr.Expr{c.cond})
		if made := b.follows[c.cond]; len(made) > 0 { // they were counted for their members already
			s := b.sel(made)
			c.sel = size{min(1, c.sel.likely/max(s.likely, 1e-9)), min(1, c.sel.shown/max(s.shown, 1e-9))}
		}
	}
	return nil
}

// allAnalysed tells whether all that is known of tables' sizes is what costs show.
func (b *search) allAnalysed() bool {
	if b.options.Stats == nil {
		return true
	}
	for _, m := range b.members {
		if m.rel < 0 {
			return false
		}
		r := b.q.Rels[m.rel]
		if r.Kind == bind.SubqueryRel {
			return false
		}
		if r.Kind == bind.TableRel {
			if _, known := b.options.Stats.Rows(r.Table); !known {
				return false
			}
		}
	}
	return true
}

// sel is the selectivity of conditions in both sizes.
func (b *search) sel(quals []expr.Expr) size {
	shown := b.selectivity(quals)
	if b.single {
		return size{shown, shown}
	}
	return size{b.likely(quals), shown}
}

// settleMember plans what is planned by itself, and estimates the rows of a member under its conditions.
func (b *search) settleMember(m *member) error {
	switch {
	case m.tree != nil:
		m.size, m.cost = size{1000, 1000}, 1000
		return nil
	case m.rel < 0:
		sel := b.sel(m.own)
		n := b.sizeOf(m.planned.node)
		m.size = size{max(1, n*sel.likely), max(1, m.planned.node.Estimate().Rows*sel.shown)}
		m.cost = n
		return nil
	}
	r := b.q.Rels[m.rel]
	switch r.Kind {
	case bind.TableRel:
		builder := &baseBuilder{scope: b.scope, rel: m.rel}
		p := builder.bestPath(r, m.own)
		sel := b.sel(m.own)
		m.size = size{estimator{b.scope, true}.tableSize(r.Table) * sel.likely, b.tableRows(r.Table) * sel.shown}
		if p.unique {
			m.size = size{min(1, m.size.likely), min(1, m.size.shown)}
		}
		m.cost = p.effort()
	case bind.SubqueryRel:
		rest, err := b.planSubquery(m.rel, m.own)
		if err != nil {
			return err
		}
		m.own = rest
		node := b.subs[m.rel].node
		n, sel := b.sizeOf(node), b.sel(rest)
		m.size = size{n * sel.likely, node.Estimate().Rows * sel.shown}
		m.cost = n
	default:
		n := 1000.0
		if r.Kind == bind.ValuesRel {
			n = float64(len(r.Values))
		}
		if r.Kind == bind.CTERel {
			n = b.cteRows(r)
		}
		sel := b.sel(m.own)
		m.size, m.cost = size{n * sel.likely, n * sel.shown}, n
	}
	m.size = size{max(1, m.size.likely), max(1, m.size.shown)}
	return nil
}

// cteRows estimates the rows of a WITH query that has a store.
func (s *scope) cteRows(r *bind.Rel) float64 {
	owner := s
	for range r.CTELevel {
		owner = owner.parent
	}
	return max(1, owner.ctes[r.CTE].est.Rows)
}
