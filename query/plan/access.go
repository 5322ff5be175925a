package plan

import (
	"math"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// comparison is a condition of the form column op value, where value does not depend on the column's relation.
type comparison struct {
	column int // index into Table.Columns
	op     expr.CompareOp
	value  expr.Expr
	in     bool // value is an array: column = ANY (value)
	qual   expr.Expr
	shown  expr.Expr // what it stands for in the plan
	part   bool      // rows it leads to must still meet qual
}

var compareOps = map[string]expr.CompareOp{"<": expr.LT, "<=": expr.LE, "=": expr.EQ, ">=": expr.GE, ">": expr.GT}

var flipped = map[expr.CompareOp]expr.CompareOp{expr.LT: expr.GT, expr.LE: expr.GE, expr.EQ: expr.EQ, expr.GE: expr.LE, expr.GT: expr.LT}

// comparisonOf recognises a condition that an index on the column can answer.
func comparisonOf(q expr.Expr, rel int, r *bind.Rel) (comparison, bool) {
	switch v := q.(type) {
	case *expr.Func:
		op, ok := compareOps[v.Name]
		if !ok || v.Operator == 0 || len(v.Args) != 2 {
			return comparison{}, false
		}
		if c, ok := keyColumn(v.Args[0], rel); ok && usableValue(v.Args[1], rel, r.Types[c].OID) {
			return comparison{column: c, op: op, value: v.Args[1], qual: q, shown: q}, true
		}
		if c, ok := keyColumn(v.Args[1], rel); ok && usableValue(v.Args[0], rel, r.Types[c].OID) {
			return comparison{column: c, op: flipped[op], value: v.Args[0], qual: q, shown: q}, true
		}
	case *expr.ArrayOp:
		if v.All || v.Name != "=" {
			return comparison{}, false
		}
		c, ok := keyColumn(v.Left, rel)
		element, isArray := sqltypes.ElementOf(v.Right.Type().OID)
		if ok && isArray && sameKey(r.Types[c].OID, element) && !relsOf(v.Right).has(rel) && !expr.ContainsVolatile(v.Right) {
			return comparison{column: c, op: expr.EQ, value: v.Right, in: true, qual: q, shown: q}, true
		}
	}
	return comparison{}, false
}

// keyColumn is the column an expression is, relabelling of text types aside.
func keyColumn(e expr.Expr, rel int) (int, bool) {
	if r, ok := e.(*expr.Relabel); ok && sameKey(r.Arg.Type().OID, r.Typ.OID) {
		e = r.Arg
	}
	v, ok := e.(*expr.Var)
	if !ok || v.Rel != rel || v.Level != 0 || v.Column < 0 {
		return 0, false
	}
	return v.Column, true
}

func usableValue(e expr.Expr, rel int, column sqltypes.OID) bool {
	return sameKey(column, e.Type().OID) && !relsOf(e).has(rel) && !expr.ContainsVolatile(e)
}

// sameKey tells whether values of the two types compare by the same key bytes.
func sameKey(a, b sqltypes.OID) bool { return keyFamily(a) == keyFamily(b) }

func keyFamily(t sqltypes.OID) sqltypes.OID {
	switch t {
	case sqltypes.Int2OID, sqltypes.Int4OID:
		return sqltypes.Int8OID
	case sqltypes.VarCharOID:
		return sqltypes.TextOID
	}
	return t
}

// equality recognises left = right on types that hash alike, and gives the type to hash them by.
func equality(q expr.Expr) (left, right expr.Expr, t sqltypes.OID, ok bool) {
	f, isFunc := q.(*expr.Func)
	if !isFunc || f.Name != "=" || f.Operator == 0 || len(f.Args) != 2 {
		return nil, nil, 0, false
	}
	a, b := f.Args[0].Type().OID, f.Args[1].Type().OID
	if a == sqltypes.Float4OID {
		a = sqltypes.Float8OID
	}
	if b == sqltypes.Float4OID {
		b = sqltypes.Float8OID
	}
	if keyFamily(a) != keyFamily(b) {
		return nil, nil, 0, false
	}
	return f.Args[0], f.Args[1], keyFamily(a), true
}

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

// paths chooses the cheapest way to read a table under the conditions that can be used when the relations of outer are known.
func (b *baseBuilder) bestPath(r *bind.Rel, quals []expr.Expr) *path {
	total := b.tableRows(r.Table)
	var comparisons []comparison
	known := b.outer.union(single(b.rel))
	for _, q := range quals {
		if c, ok := comparisonOf(q, b.rel, r); ok {
			if known.contains(relsOf(q)) {
				comparisons = append(comparisons, c)
			}
		} else if more := partsOf(q, b.rel, r); len(more) > 0 && known.contains(relsOf(q)) {
			comparisons = append(comparisons, more...)
		}
	}
	likely := estimator{b.scope, true}.tableSize(r.Table)
	best := &path{access: Access{Table: r.Table}, used: map[expr.Expr]bool{}, rows: total, size: likely}
	for _, ix := range r.Table.Indexes {
		if ix.Primary {
			best.access.Index = ix
		}
	}
	best.cost = Estimate{Startup: 100 + 0.125*total, Total: 100 + 0.125*total + total*cpuTupleCost}
	if b.options.Disabled["enable_seqscan"] {
		best.cost.Startup, best.cost.Total = best.cost.Startup+disabledCost, best.cost.Total+disabledCost
	}
	choice := b.choice(r, quals)
	least := choice.effort(best)
	for _, ix := range r.Table.Indexes {
		if !ix.Valid || ix.Predicate != "" {
			continue
		}
		p := b.indexPath(r, ix, comparisons, total, likely)
		if p == nil {
			continue
		}
		if p.lookups && b.options.Disabled["enable_indexscan"] || !p.lookups && b.options.Disabled["enable_indexonlyscan"] {
			p.cost.Startup, p.cost.Total = p.cost.Startup+disabledCost, p.cost.Total+disabledCost
		}
		if effort := choice.effort(p); effort < least {
			best, least = p, effort
		}
	}
	return best
}

// indexPath matches the comparisons with the index's leading columns; nil when none matches.
func (b *baseBuilder) indexPath(r *bind.Rel, ix *catalog.Index, list []comparison, total, likely float64) *path {
	p := &path{access: Access{Table: r.Table, Index: ix}, used: map[expr.Expr]bool{}, rows: total}
	use := func(c comparison) {
		if c.part {
			p.parts = true
		} else {
			p.used[c.qual] = true
		}
		if !containsExpr(p.conds, c.shown) {
			p.conds = append(p.conds, c.shown)
		}
		p.matched++
	}
	for _, key := range ix.Keys {
		column := columnIndex(r.Table, key.Column)
		if key.Column == 0 || column < 0 {
			break
		}
		if c, ok := find(list, column, func(c comparison) bool { return c.op == expr.EQ && !c.in }); ok {
			p.access.Equal = append(p.access.Equal, c.value)
			use(c)
			continue
		}
		if c, ok := find(list, column, func(c comparison) bool { return c.in }); ok {
			p.access.In = c.value
			use(c)
			break
		}
		if c, ok := find(list, column, func(c comparison) bool { return c.op == expr.GT || c.op == expr.GE }); ok {
			p.access.Lower = &Bound{Expr: c.value, Inclusive: c.op == expr.GE}
			use(c)
		}
		if c, ok := find(list, column, func(c comparison) bool { return c.op == expr.LT || c.op == expr.LE }); ok {
			p.access.Upper = &Bound{Expr: c.value, Inclusive: c.op == expr.LE}
			use(c)
		}
		break
	}
	if p.matched == 0 && (b.order == nil || ix.Primary) {
		return nil
	}
	p.unique = ix.Unique && len(p.access.Equal) == len(ix.Keys)
	p.rows, p.size = max(1, total*b.selectivity(p.conds)), max(1, likely*b.likely(p.conds))
	switch {
	case p.unique:
		p.rows, p.size = 1, 1
	case ix.Unique && p.access.In != nil && len(p.access.Equal)+1 == len(ix.Keys):
		p.rows = arrayLength(p.access.In)
		p.size = min(p.rows, likely)
	}
	lookups := 0.0
	if !ix.Primary && !b.covers(r, ix) {
		lookups, p.lookups = p.rows*4, true
	}
	p.cost = Estimate{Startup: 100 + 0.125*p.rows, Total: 100 + 0.125*p.rows + p.rows*cpuTupleCost + lookups}
	return p
}

// arrayLength estimates the number of elements of an array expression.
func arrayLength(e expr.Expr) float64 {
	switch v := e.(type) {
	case *expr.ArrayExpr:
		return float64(len(v.Elements))
	case *expr.Const:
		if v.Value.Kind() == sqltypes.KindArray {
			return float64(len(v.Value.Array().Elements))
		}
	}
	return 10
}

func find(list []comparison, column int, ok func(comparison) bool) (comparison, bool) {
	for _, c := range list {
		if c.column == column && ok(c) {
			return c, true
		}
	}
	return comparison{}, false
}

func columnIndex(t *catalog.Table, id int16) int {
	for i := range t.Columns {
		if t.Columns[i].ID == id {
			return i
		}
	}
	return -1
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
	p := b.bestPath(r, quals)
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
	for _, c := range cols {
		scan.Est.Width += width(c.Type)
	}
	b.bindAccess(&scan.Access)
	scan.Covering = scan.Index == nil || scan.Index.Primary || b.covers(r, scan.Index)
	scan.Point = scan.Index != nil && scan.Index.Primary && p.unique
	for _, c := range p.conds {
		// A condition on a column that is not fetched is shown by EXPLAIN only; it stands over the table's own columns.
		scan.IndexConds = append(scan.IndexConds, b.outerToParams(c))
	}
	return b.done(scan)
}

// bindAccess turns the values of an access into expressions over run-time parameters.
func (b *baseBuilder) bindAccess(a *Access) {
	for i, e := range a.Equal {
		a.Equal[i] = b.outerToParams(e)
	}
	if a.Lower != nil {
		a.Lower.Expr = b.outerToParams(a.Lower.Expr)
	}
	if a.Upper != nil {
		a.Upper.Expr = b.outerToParams(a.Upper.Expr)
	}
	a.In = b.outerToParams(a.In)
}
