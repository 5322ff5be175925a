package plan

import (
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// rangesMax is the most ranges of keys that lists of values and alternatives may come to.
const rangesMax = 10000

// keyMatch is what comparisons make of an index: a range of it, and the comparisons that it answers.
type keyMatch struct {
	KeyRange
	used []comparison
}

// match finds the range of an index that comparisons leave: as many leading columns as can be fixed are, and the one behind is bounded.
func (o operands) match(ix *tableIndex, list []comparison) keyMatch {
	var m keyMatch
	ranges := 1.0
	for k := range ix.keys {
		of := func(ok func(*comparison) bool) *comparison {
			for i := range list {
				if c := &list[i]; ix.same(k, c.column, c.operand) && ok(c) {
					return c
				}
			}
			return nil
		}
		c := of(func(c *comparison) bool { return c.equal() })
		if c == nil {
			c = of(func(c *comparison) bool { return c.kind == isNull })
		}
		if c == nil {
			if c = of(func(c *comparison) bool { return c.kind == isAny && ranges*listLength(c.value) <= rangesMax }); c != nil {
				ranges *= listLength(c.value)
			}
		}
		if c == nil {
			o.bound(ix, k, list, &m)
			break
		}
		m.Equal = append(m.Equal, Point{Expr: c.value, Any: c.kind == isAny})
		m.used = append(m.used, *c)
	}
	return m
}

// bound bounds the key behind those that are fixed.
func (o operands) bound(ix *tableIndex, k int, list []comparison, m *keyMatch) {
	for _, c := range list {
		if !ix.same(k, c.column, c.operand) {
			continue
		}
		b := Bound{Exprs: []expr.Expr{c.value}, Inclusive: c.op == expr.LE || c.op == expr.GE}
		switch c.kind {
		case isNotNull:
			if c.column >= 0 && o.r.Table.Columns[c.column].NotNull {
				continue
			}
			m.NotNull = true
			m.used = append(m.used, c)
			continue
		case comparesRows:
			o.rows(ix, k, &c, &b)
		case compares:
		default:
			continue
		}
		switch c.op {
		case expr.LT, expr.LE:
			m.Upper = append(m.Upper, b)
		case expr.GT, expr.GE:
			m.Lower = append(m.Lower, b)
		default:
			continue
		}
		m.used = append(m.used, c)
	}
}

// rows extends a bound by the further columns of a row comparison that the index has behind the first one. Where it has not all of them, rows equal in those it
// has are within; and in a later column that may be NULL, NULL stands for a value that is greater or less, which the comparison knows nothing of.
func (o operands) rows(ix *tableIndex, k int, c *comparison, b *Bound) {
	n := 1
	for ; n < len(c.row.Left) && k+n < len(ix.keys); n++ {
		part, ok := o.rowPart(c.row, n)
		if !ok || !ix.same(k+n, part.column, part.operand) || ix.nullsFirst(k+n) != ix.nullsFirst(k) {
			break
		}
		b.Exprs = append(b.Exprs, part.value)
		c.part = c.part || part.column < 0 || !o.r.Table.Columns[part.column].NotNull
	}
	if n < len(c.row.Left) {
		b.Inclusive, c.part = true, true
	}
}

// alternatives finds the ranges of an index that the arms of an OR leave; ok is false when one of them leaves the whole index.
func (o operands) alternatives(ix *tableIndex, or *expr.Bool, list []comparison) (ranges []KeyRange, whole, ok bool) {
	whole = true
	n := 0.0
	for _, arm := range or.Args {
		var own []comparison
		conds := conjuncts(arm)
		for _, q := range conds {
			own = append(own, o.all(q)...)
		}
		m := o.match(ix, append(own[:len(own):len(own)], list...))
		used := map[expr.Expr]bool{}
		leads := false
		for _, c := range m.used {
			used[c.qual] = used[c.qual] || !c.part
			for i := range own {
				leads = leads || own[i].qual == c.qual
			}
		}
		if !leads {
			return nil, false, false
		}
		for _, q := range conds {
			whole = whole && used[q]
		}
		arm := 1.0
		for _, p := range m.Equal {
			if p.Any {
				arm *= listLength(p.Expr)
			}
		}
		if n += arm; n > rangesMax {
			return nil, false, false
		}
		ranges = append(ranges, m.KeyRange)
	}
	return ranges, whole, true
}

// listLength is how many elements an array has; of one that is not known yet it is taken to be that many that nothing may be multiplied by it.
func listLength(e expr.Expr) float64 {
	if list, ok := elementsOf(e); ok {
		return max(1, float64(len(list)))
	}
	return rangesMax
}

// unique tells whether a range holds at most one entry for each value of its lists.
func (m *keyMatch) unique(ix *tableIndex) bool {
	if !ix.Unique || len(m.Equal) != len(ix.keys) {
		return false
	}
	for _, p := range m.Equal {
		if p.Expr == nil && !ix.NullsNotDistinct {
			return false
		}
	}
	return true
}

// operandsOf tells what the comparisons with a relation's indexes may be of.
func (s *scope) operandsOf(rel int, r *bind.Rel) operands {
	return operands{rel: rel, r: r, expressions: hasExpressions(s.indexesOf(rel))}
}
