package plan

import (
	"math"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// wanted is the order in which a query of a single table wants its rows, and how many of them.
type wanted struct {
	rel   int
	keys  []wantedKey
	limit float64 // rows, 0 for all
}

// wantedKey is a column or an expression of ORDER BY.
type wantedKey struct {
	column           int // of the table, -1 for an expression
	e                expr.Expr
	desc, nullsFirst bool
}

// wantOrder notes what ORDER BY and LIMIT ask of the one table that the query reads, if its rows become the query's as they are, or those that DISTINCT ON leaves
// of them.
func (s *scope) wantOrder() {
	q := s.q
	s.order = nil
	if len(q.OrderBy) == 0 || len(q.From) != 1 || q.Aggregates || q.SetReturning || q.Distinct || len(s.pulled) > 0 {
		return
	}
	rel, ok := asRef(q.From[0])
	if !ok || q.Rels[rel].Kind != bind.TableRel || len(q.Windows) > 0 {
		return
	}
	o := s.operandsOf(rel, q.Rels[rel])
	w := &wanted{rel: rel}
	for _, item := range q.OrderBy {
		var c comparison
		if !o.operand(&c, q.Targets[item.Target].Expr) {
			return
		}
		w.keys = append(w.keys, wantedKey{column: c.column, e: c.operand, desc: item.Desc, nullsFirst: item.NullsFirst})
	}
	if len(q.DistinctOn) == 0 {
		w.limit = limitOf(q)
	}
	s.order = w
}

// limitOf is how many rows LIMIT and OFFSET want at most; 0 when there is no LIMIT, and below 0 when it is not known, for a tenth of the rows.
func limitOf(q *bind.Query) float64 {
	if q.Limit == nil {
		return 0
	}
	n := 0.0
	for _, e := range []expr.Expr{q.Limit, q.Offset} {
		if e == nil {
			continue
		}
		c, ok := e.(*expr.Const)
		if !ok {
			return -1
		}
		if c.Value.IsNull() {
			if e == q.Limit {
				return 0
			}
			continue
		}
		n += float64(c.Value.Int())
	}
	return max(1, n)
}

// pathChoice compares the ways to read a table, for choices.
type pathChoice struct {
	*baseBuilder
	table *catalog.Table
	order *wanted // nil: any order will do
	rows  float64 // that meet all conditions

	conditions bool // there are some
}

func (b *baseBuilder) choice(r *bind.Rel, quals []expr.Expr) pathChoice {
	c := pathChoice{baseBuilder: b, table: r.Table, conditions: len(quals) > 0}
	if b.order != nil && b.order.rel == b.rel {
		c.order = b.order
		c.rows = max(1, estimator{b.scope, true}.tableSize(r.Table)*b.likely(quals))
	}
	return c
}

// effort is what reading along a path costs, and sorting what was read if it must be.
func (c pathChoice) effort(p *path) float64 {
	effort := p.effort()
	if p.cost.Total >= disabledCost {
		effort += disabledCost
	}
	if c.order == nil {
		return effort
	}
	if ordered, _ := c.indexOrder(c.rel, &p.access, c.order.keys); !ordered {
		return effort + c.rows*math.Log2(c.rows+2)*effortSort
	}
	part := 1.0
	switch limit := c.order.limit; {
	case limit > 0:
		part = min(1, limit/c.rows)
	case limit < 0:
		part = 0.1
	}
	if c.conditions && p.matched == 0 {
		part = min(1, part*c.risk()) // the rows wanted may all stand at the other end
	}
	return effortOpen + (effort-effortOpen)*part
}

// risk is by how much the rows that are read in vain may be more than estimates tell, where rows are read in order until enough of them meet the conditions.
func (c pathChoice) risk() float64 {
	if c.options.Stats != nil {
		if _, known := c.options.Stats.Rows(c.table); known {
			return 3
		}
	}
	return 20
}

// effortSort is what sorting costs for each row and each doubling of the rows, and effortEntry what reading an entry of a secondary index costs.
const (
	effortSort  = 0.3
	effortEntry = 3
)

// effort is what reading along a path costs, for choices.
func (p *path) effort() float64 {
	rows := p.size
	switch {
	case p.lookups:
		rows *= effortEntry + effortFetch
	case p.access.Index != nil && !p.access.Index.Primary:
		rows *= effortEntry
	}
	if p.matched == 0 {
		return rows
	}
	return effortOpen + rows
}

// indexOrder tells whether reading along an index gives the order, and whether it must be read backward for that.
func (s *scope) indexOrder(rel int, a *Access, order []wantedKey) (ok, reverse bool) {
	ix := s.indexOf(rel, a.Index)
	if ix == nil {
		return false, false
	}
	fixed := a.Fixed()
	next, decided := 0, false
	for _, o := range order {
		for next < fixed && !ix.same(next, o.column, o.e) {
			next++ // fixed to one value: its place in the order does not matter
		}
		if next >= len(ix.columns) {
			if !s.oneRowEach(rel, ix) {
				return false, false
			}
			break // no two rows have the same key, so what follows orders nothing
		}
		if !ix.same(next, o.column, o.e) {
			if ix.before(max(next, fixed), o) {
				continue // it has one value, or stands before already
			}
			return false, false
		}
		if next < fixed {
			next++
			if !decided {
				reverse = o.desc // one value: any direction will do
			}
			continue
		}
		if decided && o.desc != reverse {
			return false, false
		}
		if s.mayBeNull(rel, ix.columns[next]) && o.nullsFirst != (o.desc != ix.nullsFirst(next)) {
			return false, false
		}
		reverse, decided = o.desc, true
		next++
	}
	return true, reverse
}

// before tells whether one of the first n keys is what ORDER BY asks for.
func (t *tableIndex) before(n int, o wantedKey) bool {
	for k := range n {
		if t.same(k, o.column, o.e) {
			return true
		}
	}
	return false
}

func (s *scope) mayBeNull(rel, column int) bool {
	return column < 0 || !s.q.Rels[rel].Table.Columns[column].NotNull
}

// oneRowEach tells whether no two rows have the same key in an index: NULLs of a unique index may be many.
func (s *scope) oneRowEach(rel int, ix *tableIndex) bool {
	if len(ix.columns) > len(ix.keys) {
		return true // the primary key is part of it
	}
	if !ix.Unique {
		return false
	}
	for _, c := range ix.columns {
		if s.mayBeNull(rel, c) && !ix.NullsNotDistinct {
			return false
		}
	}
	return true
}

// orderedScan makes the scan give its rows in the order of ORDER BY where its index has that order, and tells whether it does.
func (s *scope) orderedScan(rel *relation) (ok bool) {
	node := rel.node
	if g, isGate := node.(*Gate); isGate {
		node = g.Child
	}
	scan, isScan := node.(*Scan)
	if !isScan || s.order == nil {
		return false
	}
	ok, scan.Reverse = s.indexOrder(s.order.rel, &scan.Access, s.order.keys)
	return ok
}
