package plan

import (
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// class is a set of expressions that are equal in every row of the join: a = b and b = c make one of a, b and c, and any two of them may be compared.
type class struct {
	terms    []term
	constant expr.Expr  // nil: none
	pattern  *expr.Func // an equality of two of them
	given    []*clause
	made     []*clause // of each pair of terms, that of term i with term j at i × terms + j; nil: not made
}

// term is an expression over one member.
type term struct {
	e      expr.Expr
	member int
}

// makeClasses collects the classes of the conditions. Those with a constant become conditions on single members; those of three terms or more stand for the
// equalities that were written, since any of their pairs may be needed; a class of two terms is no more than its condition.
func (b *search) makeClasses() {
	for _, c := range b.clauses {
		b.classify(c)
	}
	kept := b.classes[:0]
	for _, k := range b.classes {
		if k.constant == nil && len(k.terms) < 3 {
			continue
		}
		for _, c := range k.given {
			c.folded = c.needs.size() > 1
		}
		b.withinMembers(k)
		if k.constant == nil {
			kept = append(kept, k)
		}
	}
	b.spreadConstants()
	b.classes = kept
}

// classify puts an equality into a class, if it is one that holds in every row and whose sides are of one type.
func (b *search) classify(c *clause) {
	f, ok := c.cond.(*expr.Func)
	if !ok || c.special != nil || c.filled || c.needs != c.uses || expr.ContainsVolatile(f) {
		return
	}
	left, right, _, ok := equality(f)
	if !ok || left.Type().OID != right.Type().OID || hasExternal(f) {
		return
	}
	l, lok := b.termOf(left)
	r, rok := b.termOf(right)
	switch {
	case lok && rok && !expr.Equal(l.e, r.e):
		k, other := b.classOf(l), b.classOf(r)
		switch {
		case k == nil && other == nil:
			k = &class{pattern: f}
			b.classes = append(b.classes, k)
		case k == nil:
			k = other
		case other != nil && other != k:
			b.merge(k, other)
		}
		k.include(l)
		k.include(r)
		k.given = append(k.given, c)
	case lok && relsOf(right).empty():
		b.constantTerm(l, right, f, c)
	case rok && relsOf(left).empty():
		b.constantTerm(r, left, f, c)
	}
}

func (b *search) termOf(e expr.Expr) (term, bool) {
	rels := relsOf(e)
	m, ok := b.membersOf(rels).only()
	if !ok || !b.members[m].rels.contains(rels) {
		return term{}, false
	}
	return term{e, m}, true
}

func (b *search) classOf(t term) *class {
	for _, k := range b.classes {
		if k.has(t) {
			return k
		}
	}
	return nil
}

func (k *class) has(t term) bool {
	for _, have := range k.terms {
		if expr.Equal(have.e, t.e) {
			return true
		}
	}
	return false
}

func (k *class) include(t term) {
	if !k.has(t) {
		k.terms = append(k.terms, t)
	}
}

func (b *search) merge(k, other *class) {
	for _, t := range other.terms {
		k.include(t)
	}
	k.given = append(k.given, other.given...)
	if k.constant == nil {
		k.constant = other.constant
	}
	for i, have := range b.classes {
		if have == other {
			b.classes = append(b.classes[:i:i], b.classes[i+1:]...)
			return
		}
	}
}

// constantTerm notes that an expression has one value. A second value for the same class stays a condition, which then is never true, or always.
func (b *search) constantTerm(t term, value expr.Expr, f *expr.Func, c *clause) {
	k := b.classOf(t)
	if k == nil {
		k = &class{pattern: f}
		b.classes = append(b.classes, k)
		k.include(t)
	}
	if k.constant == nil {
		k.constant = value
	}
}

// equals is the equality of two expressions of the class.
func (k *class) equals(a, b expr.Expr) expr.Expr {
	f := *k.pattern
	f.Args = []expr.Expr{a, b}
	return &f
}

// withinMembers adds the conditions of a class on single members: with its constant, and of two terms of one member.
func (b *search) withinMembers(k *class) {
	for i, t := range k.terms {
		var cond expr.Expr
		if k.constant != nil {
			cond = k.equals(t.e, k.constant)
		} else {
			for _, before := range k.terms[:i] {
				if before.member == t.member {
					cond = k.equals(before.e, t.e)
					break
				}
			}
		}
		if cond == nil || b.stated(cond) {
			continue
		}
		uses := single(t.member)
		b.clauses = append(b.clauses, &clause{cond: cond, uses: uses, needs: uses})
	}
}

// stated tells whether a condition is among the clauses, either way round.
func (b *search) stated(cond expr.Expr) bool {
	f := cond.(*expr.Func)
	for _, c := range b.clauses {
		g, ok := c.cond.(*expr.Func)
		if ok && g.Proc == f.Proc && len(g.Args) == 2 && (expr.Equal(g.Args[0], f.Args[0]) && expr.Equal(g.Args[1], f.Args[1]) ||
			expr.Equal(g.Args[0], f.Args[1]) && expr.Equal(g.Args[1], f.Args[0])) && c.special == nil {
			return true
		}
	}
	return false
}

// spreadConstants gives the right side of outer, semi and anti joins the constants of the left side that it is compared with: rows with other values find
// no partner anyway.
func (b *search) spreadConstants() {
	for _, c := range b.clauses {
		if c.special == nil || c.special.kind == bind.Full {
			continue
		}
		f, ok := c.cond.(*expr.Func)
		left, right, _, isEqual := equality(c.cond)
		if !ok || !isEqual || left.Type().OID != right.Type().OID || hasExternal(f) || expr.ContainsVolatile(f) {
			continue
		}
		l, lok := b.termOf(left)
		r, rok := b.termOf(right)
		if !lok || !rok {
			continue
		}
		if c.special.allRight.has(l.member) {
			l, r = r, l
		}
		if !c.special.allLeft.has(l.member) || !c.special.allRight.has(r.member) {
			continue
		}
		k := b.classOf(l)
		uses := single(r.member)
		if k == nil || k.constant == nil || b.delayed(uses, false) != uses && b.nullableInside(c.special, r.member) {
			continue
		}
		e := *f
		e.Args = []expr.Expr{r.e, k.constant}
		if !b.stated(&e) {
			b.clauses = append(b.clauses, &clause{cond: &e, uses: uses, needs: uses})
		}
	}
}

// nullableInside tells whether a join inside the right side of a special join may fill a member with NULLs.
func (b *search) nullableInside(sp *special, member int) bool {
	for _, o := range b.specials {
		if o != sp && o.kind == bind.Left && sp.allRight.contains(o.allRight) && o.allRight.has(member) {
			return true
		}
	}
	return false
}

// connects tells whether the class has terms on both sides of a join, and gives the first of either.
func (k *class) connects(outer, inner relset) (o, i int, ok bool) {
	o, i = -1, -1
	for n, t := range k.terms {
		if o < 0 && outer.has(t.member) {
			o = n
		}
		if i < 0 && inner.has(t.member) {
			i = n
		}
	}
	return o, i, o >= 0 && i >= 0
}

// between gives the clause of a class for a join of two sets; nil when it has no terms on both sides.
func (b *search) between(k *class, outer, inner relset) *clause {
	o, i, ok := k.connects(outer, inner)
	if !ok {
		return nil
	}
	n := len(k.terms)
	if k.made == nil {
		k.made = make([]*clause, n*n)
	}
	c := &k.made[o*n+i]
	if *c == nil {
		*c = b.classClause(k.equality(k.terms[o].e, k.terms[i].e))
	}
	return *c
}

// equality is the condition that was written of two terms, or one like it.
func (k *class) equality(a, c expr.Expr) expr.Expr {
	for _, g := range k.given {
		f := g.cond.(*expr.Func)
		if expr.Equal(f.Args[0], a) && expr.Equal(f.Args[1], c) || expr.Equal(f.Args[0], c) && expr.Equal(f.Args[1], a) {
			return f
		}
	}
	return k.equals(a, c)
}
