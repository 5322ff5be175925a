package plan

import (
	"math"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// path is one way to read a table.
type path struct {
	access  Access
	used    map[expr.Expr]bool // conditions it answers completely
	rows    float64            // rows it reads, as costs show it
	size    float64            // likewise, for choices
	lookups bool               // each row is looked up
	parts   bool               // it answers some condition in part
	cost    Estimate
	unique  bool
	conds   []expr.Expr
	matched int
}

// bestPath chooses the cheapest way to read a table under the conditions that can be used when the relations of outer are known.
func (b *baseBuilder) bestPath(r *bind.Rel, quals []expr.Expr) *path {
	a := b.accessTo(r, quals)
	best := &path{access: Access{Table: r.Table}, used: map[expr.Expr]bool{}, rows: a.total, size: a.likely}
	for _, ix := range r.Table.Indexes {
		if ix.Primary {
			best.access.Index = ix
		}
	}
	best.cost = Estimate{Startup: 100 + 0.125*a.total, Total: 100 + 0.125*a.total + a.total*cpuTupleCost}
	if b.options.Disabled["enable_seqscan"] {
		best.cost.Startup, best.cost.Total = best.cost.Startup+disabledCost, best.cost.Total+disabledCost
	}
	choice := b.choice(r, quals)
	least := choice.effort(best)
	for _, ix := range b.indexesOf(b.rel) {
		for _, p := range a.paths(ix) {
			if p.lookups && b.options.Disabled["enable_indexscan"] || !p.lookups && b.options.Disabled["enable_indexonlyscan"] {
				p.cost.Startup, p.cost.Total = p.cost.Startup+disabledCost, p.cost.Total+disabledCost
			}
			if effort := choice.effort(p); effort < least {
				best, least = p, effort
			}
		}
	}
	return best
}

// tableAccess is what is known of a table and the conditions on it when its paths are looked for.
type tableAccess struct {
	*baseBuilder
	operands
	table         *bind.Rel
	known         []expr.Expr // conditions that can be used
	list          []comparison
	ors           []*expr.Bool
	total, likely float64
}

func (b *baseBuilder) accessTo(r *bind.Rel, quals []expr.Expr) *tableAccess {
	a := &tableAccess{baseBuilder: b, operands: b.operandsOf(b.rel, r), table: r, total: b.tableRows(r.Table), likely: estimator{b.scope, true}.tableSize(r.Table)}
	known := b.outer.union(single(b.rel))
	for _, q := range quals {
		if !known.contains(relsOf(q)) {
			continue
		}
		a.known = append(a.known, q)
		a.list = append(a.list, a.all(q)...)
		if or, ok := q.(*expr.Bool); ok && or.Op == expr.Or {
			a.ors = append(a.ors, or)
		}
	}
	return a
}

// paths are the ways to read the table by an index: along the range that the comparisons leave, and along those that the arms of an OR leave.
func (a *tableAccess) paths(ix *tableIndex) (list []*path) {
	if ix.predicate != nil && !impliedBy(ix.predicate, a.known) {
		return nil
	}
	m := a.match(ix, a.list)
	if len(m.used) > 0 || a.order != nil && !ix.Primary || ix.predicate != nil {
		list = append(list, a.path(ix, m, nil))
	}
	for _, or := range a.ors {
		ranges, whole, ok := a.alternatives(ix, or, a.list)
		if !ok {
			continue
		}
		p := a.path(ix, keyMatch{used: []comparison{{qual: or, shown: or, part: !whole}}}, ranges)
		list = append(list, p)
	}
	return list
}

// path is the way along the range of a match, or else along several ranges.
func (a *tableAccess) path(ix *tableIndex, m keyMatch, ranges []KeyRange) *path {
	p := &path{access: Access{Table: a.table.Table, Index: ix.Index, Ranges: ranges}, used: map[expr.Expr]bool{}, matched: len(m.used)}
	if ranges == nil && len(m.used) > 0 {
		p.access.Ranges = []KeyRange{m.KeyRange}
	}
	for i := range m.used {
		c := &m.used[i]
		p.used[c.qual] = true
		if !containsExpr(p.conds, c.shown) {
			p.conds = append(p.conds, c.shown)
		}
	}
	for i := range m.used {
		if c := &m.used[i]; c.part {
			p.parts = true
			delete(p.used, c.qual)
		}
	}
	sized := p.conds[:len(p.conds):len(p.conds)]
	if ix.predicate != nil {
		sized = append(sized, conjuncts(ix.predicate)...)
		for _, q := range a.known {
			if !expr.ContainsVolatile(q) && impliedBy(q, conjuncts(ix.predicate)) {
				p.used[q] = true
			}
		}
	}
	p.rows, p.size = max(1, a.total*a.selectivity(sized)), max(1, a.likely*a.baseBuilder.likely(sized))
	if m.unique(ix) {
		p.rows = m.lists()
		p.unique = p.rows == 1
		p.size = min(p.rows, a.likely)
	}
	lookups := 0.0
	if !ix.Primary && !a.covers(a.table, ix.Index) {
		lookups, p.lookups = p.rows*4, true
	}
	p.cost = Estimate{Startup: 100 + 0.125*p.rows, Total: 100 + 0.125*p.rows + p.rows*cpuTupleCost + lookups}
	return p
}

// lists estimates how many keys the lists of values come to.
func (m *keyMatch) lists() float64 {
	n := 1.0
	for _, p := range m.Equal {
		if p.Any {
			n *= max(1, arrayLength(p.Expr))
		}
	}
	return n
}

// arrayLength estimates the number of elements of an array expression.
func arrayLength(e expr.Expr) float64 {
	if list, ok := elementsOf(e); ok {
		return float64(len(list))
	}
	return 10
}

// covers tells whether the index alone has every column needed of the relation.
func (b *baseBuilder) covers(r *bind.Rel, ix *catalog.Index) bool {
	if ix.Primary {
		return true
	}
	have := map[int]bool{}
	for _, k := range ix.Keys {
		if k.Column != 0 {
			have[columnIndex(r.Table, k.Column)] = true
		}
	}
	for _, id := range ix.Include {
		have[columnIndex(r.Table, id)] = true
	}
	for _, other := range r.Table.Indexes {
		if other.Primary {
			for _, k := range other.Keys {
				have[columnIndex(r.Table, k.Column)] = true
			}
		}
	}
	for key := range b.needed {
		if key.rel == b.rel && key.column >= 0 && !have[key.column] {
			return false
		}
	}
	return true
}

// table plans the read of a user's table.
func (b *baseBuilder) table(r *bind.Rel, quals []expr.Expr) (*relation, []ParamSet, error) {
	p := b.along
	if p == nil {
		p = b.bestPath(r, quals)
	}
	fetch, cols := b.fetch(r)
	if b.needed[varKey{b.rel, rowKey}] {
		b.layout[varKey{b.rel, rowKey}] = len(fetch)
		fetch = append(fetch, RowKey)
		cols = append(cols, Column{Name: "key", Type: sqltypes.T(sqltypes.ByteaOID)})
	}
	var rest []expr.Expr
	for _, q := range quals {
		if !p.used[q] {
			rest = append(rest, q)
		}
	}
	cond, err := b.conditions(rest)
	if err != nil {
		return nil, nil, err
	}
	scan := &Scan{Output: Output{Cols: cols, Est: p.cost}, Access: p.access, Alias: r.Alias, Fetch: fetch, Filter: cond}
	if scan.Est.Rows = p.rows * b.selectivity(rest); p.parts {
		scan.Est.Rows = min(p.rows, b.tableRows(r.Table)*b.selectivity(quals))
	}
	scan.Est.Rows = max(1, math.Round(scan.Est.Rows))
	scan.Reads = p.rows
	if b.efforts == nil {
		b.efforts = map[Node]float64{}
	}
	b.efforts[scan] = p.effort()
	for _, c := range cols {
		scan.Est.Width += width(c.Type)
	}
	b.bindAccess(&scan.Access)
	scan.Covering = scan.Index == nil || scan.Index.Primary || b.covers(r, scan.Index)
	scan.Point = p.unique && scan.Index.Primary
	for _, c := range p.conds {
		scan.IndexConds = append(scan.IndexConds, b.outerToParams(c))
	}
	return b.done(scan)
}

// bindAccess turns the values of an access into expressions over run-time parameters.
func (b *baseBuilder) bindAccess(a *Access) {
	for i := range a.Ranges {
		r := &a.Ranges[i]
		for j := range r.Equal {
			r.Equal[j].Expr = b.outerToParams(r.Equal[j].Expr)
		}
		for _, list := range [2][]Bound{r.Lower, r.Upper} {
			for j := range list {
				for k, e := range list[j].Exprs {
					list[j].Exprs[k] = b.outerToParams(e)
				}
			}
		}
	}
}
