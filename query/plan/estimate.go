package plan

import (
	"math"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// PostgreSQL's default selectivities where nothing is known of the values.
const (
	equalSelectivity   = 0.005
	rangeSelectivity   = 0.3333333333333333
	betweenSelectivity = 0.005
	matchSelectivity   = 0.005
	isNullSelectivity  = 0.005
	defaultDistinct    = 200
	unanalysedLeast    = 1000 // a table that was never analysed may have got more rows than its size on disk tells
)

// estimator tells how many rows meet conditions. Of a table that was never analysed it takes the service's assumption as the number of rows, or, with
// bySize, what the table's size on disk makes likely: costs are shown by the one and choices are made by the other.
type estimator struct {
	*scope
	bySize bool
}

// selectivity estimates which part of the rows meets all conditions, as costs show it.
func (s *scope) selectivity(quals []expr.Expr) float64 { return estimator{scope: s}.all(quals) }

// likely is selectivity for choices.
func (s *scope) likely(quals []expr.Expr) float64 { return estimator{s, true}.all(quals) }

// variable is what is known of the values of an expression, mostly a column.
type variable struct {
	column *expr.Var
	stats  *ColumnStats // nil: nothing
	typ    sqltypes.OID
	rows   float64 // of its relation
	unique bool    // no two rows have the same value
}

// variableOf looks at an expression, relabelling aside.
func (e estimator) variableOf(x expr.Expr) (variable, bool) {
	for {
		r, ok := x.(*expr.Relabel)
		if !ok {
			break
		}
		x = r.Arg
	}
	v, ok := x.(*expr.Var)
	if !ok || v.Level != 0 || v.Column < 0 || v.Rel < 0 || v.Rel >= len(e.q.Rels) {
		return variable{}, false
	}
	r := e.q.Rels[v.Rel]
	out := variable{column: v, typ: v.Typ.OID, rows: 1000}
	switch r.Kind {
	case bind.TableRel:
		if v.Column >= len(r.Table.Columns) {
			return variable{}, false
		}
		id := r.Table.Columns[v.Column].ID
		out.rows = e.tableSize(r.Table)
		if e.options.Stats != nil {
			out.stats = e.options.Stats.Column(r.Table, id)
		}
		out.unique = uniqueColumn(r.Table, id)
	case bind.ValuesRel:
		out.rows = float64(len(r.Values))
	case bind.SubqueryRel:
		if sub := e.subs[v.Rel]; sub != nil && sub.node != nil {
			out.rows = sub.node.Estimate().Rows
			out.unique = uniqueTarget(r.Query, v.Column)
		}
	}
	return out, true
}

// uniqueColumn tells whether a unique index is over the column alone.
func uniqueColumn(t *catalog.Table, id int16) bool {
	for _, ix := range t.Indexes {
		if ix.Unique && ix.Valid && ix.Predicate == "" && len(ix.Keys) == 1 && ix.Keys[0].Column == id {
			return true
		}
	}
	return false
}

// uniqueTarget tells whether a query gives no value of the column twice, because it is all the query groups by.
func uniqueTarget(q *bind.Query, column int) bool {
	if q.Command != bind.Select || q.SetOp != nil || column >= len(q.Targets) || q.SetReturning {
		return false
	}
	if q.Distinct && len(q.Targets) == 1 {
		return true
	}
	return q.GroupingSets == nil && len(q.GroupBy) == 1 && expr.Equal(q.GroupBy[0], q.Targets[column].Expr)
}

// tableSize is the number of rows of a table.
func (e estimator) tableSize(t *catalog.Table) float64 {
	if e.options.Stats == nil {
		return unanalysedRows
	}
	rows, known := e.options.Stats.Rows(t)
	switch {
	case known:
		return max(rows, 1)
	case e.bySize:
		return max(float64(e.options.Stats.Bytes(t))/rowBytes, unanalysedLeast)
	}
	return unanalysedRows
}

// distinct estimates the number of values of a variable in its whole relation.
func (v variable) distinct() float64 {
	if v.unique {
		return max(1, v.rows*(1-v.nulls()))
	}
	if v.stats != nil {
		switch d := v.stats.Distinct; {
		case d > 0:
			return max(1, d)
		case d < 0:
			return max(1, -d*v.rows)
		}
	}
	if v.typ == sqltypes.BoolOID {
		return 2
	}
	return max(1, min(defaultDistinct, v.rows))
}

func (v variable) nulls() float64 {
	if v.stats == nil {
		return 0
	}
	return v.stats.NullFraction
}

// common is how many of the rows have one of the most common values.
func (v variable) common() (sum float64) {
	if v.stats != nil {
		for _, p := range v.stats.CommonParts {
			sum += p
		}
	}
	return sum
}

// all estimates conditions that must all hold. The two ends of a range of a column are taken together.
func (e estimator) all(quals []expr.Expr) float64 {
	sel := 1.0
	var ranges []*valueRange
	for _, q := range quals {
		if b, ok := q.(*expr.Bool); ok && b.Op == expr.And {
			sel *= e.all(b.Args)
			continue
		}
		if len(quals) > 1 && e.rangeEnd(q, &ranges) {
			continue
		}
		sel *= e.one(q)
	}
	for _, r := range ranges {
		sel *= r.part()
	}
	return clamp(sel)
}

func clamp(p float64) float64 { return min(1, max(0, p)) }

// valueRange is what conditions say of how a column compares with values.
type valueRange struct {
	column     *expr.Var
	low, high  float64
	lows, tops bool
	nulls      float64
}

// rangeEnd adds an inequality of a column and a value to the ranges; false when it is none.
func (e estimator) rangeEnd(q expr.Expr, ranges *[]*valueRange) bool {
	v, op, value, ok := e.comparison(q)
	if !ok || op == expr.EQ || op == expr.NE {
		return false
	}
	var r *valueRange
	for _, have := range *ranges {
		if have.column.Rel == v.column.Rel && have.column.Column == v.column.Column {
			r = have
		}
	}
	if r == nil {
		r = &valueRange{column: v.column, nulls: v.nulls()}
		*ranges = append(*ranges, r)
	}
	part := e.inequality(v, op, value)
	if op == expr.GT || op == expr.GE {
		if !r.lows || part < r.low {
			r.low, r.lows = part, true
		}
	} else if !r.tops || part < r.high {
		r.high, r.tops = part, true
	}
	return true
}

func (r *valueRange) part() float64 {
	switch {
	case !r.tops:
		return r.low
	case !r.lows:
		return r.high
	case r.low == rangeSelectivity || r.high == rangeSelectivity:
		return betweenSelectivity
	}
	part := r.low + r.high - 1 + r.nulls
	switch {
	case part > 0:
		return part
	case part < -0.01:
		return betweenSelectivity
	}
	return 1e-10
}

// comparison takes apart a comparison of a column with something that does not depend on the column's relation.
func (e estimator) comparison(q expr.Expr) (variable, expr.CompareOp, expr.Expr, bool) {
	switch f := q.(type) {
	case *expr.Func:
		op, ok := compareOps[f.Name]
		if f.Name == "<>" {
			op, ok = expr.NE, true
		}
		if !ok || f.Operator == 0 || len(f.Args) != 2 {
			return variable{}, 0, nil, false
		}
		if v, ok := e.variableOf(f.Args[0]); ok && !relsOf(f.Args[1]).has(v.column.Rel) {
			return v, op, f.Args[1], true
		}
		if v, ok := e.variableOf(f.Args[1]); ok && !relsOf(f.Args[0]).has(v.column.Rel) {
			if turned, ok := flipped[op]; ok {
				op = turned
			}
			return v, op, f.Args[0], true
		}
	case *expr.RowCompare:
		if v, ok := e.variableOf(f.Left[0]); ok && f.Op != expr.EQ && f.Op != expr.NE && !relsOf(f.Right[0]).has(v.column.Rel) {
			return v, f.Op, f.Right[0], true
		}
	}
	return variable{}, 0, nil, false
}

// one estimates a single condition.
func (e estimator) one(q expr.Expr) float64 {
	if v, op, value, ok := e.comparison(q); ok {
		if set := relsOf(value); !set.empty() {
			return e.join(q, v, op, value)
		}
		return e.compared(v, op, value)
	}
	switch x := q.(type) {
	case *expr.Const:
		if x.Value.IsNull() || !x.Value.Bool() {
			return 0
		}
		return 1
	case *expr.Func:
		return e.call(x)
	case *expr.NullTest:
		return e.nullTest(x)
	case *expr.ArrayOp:
		return e.array(x)
	case *expr.Bool:
		return e.connective(x)
	case *expr.BoolTest:
		return e.boolTest(x)
	case *expr.DistinctFrom:
		part := e.distinctFrom(x)
		if x.Not {
			return part
		}
		return 1 - part
	case *expr.Var:
		return e.isTrue(x)
	case *expr.RowCompare:
		if x.Op == expr.EQ {
			return math.Pow(equalSelectivity, float64(len(x.Left)))
		}
		return rangeSelectivity
	}
	return 0.5
}

// compared estimates a comparison of a column with a value.
func (e estimator) compared(v variable, op expr.CompareOp, value expr.Expr) float64 {
	switch op {
	case expr.EQ:
		return e.equal(v, value)
	case expr.NE:
		return clamp(1 - e.equal(v, value) - v.nulls())
	}
	return e.inequality(v, op, value)
}

// constant is the value of an expression that can be known while planning, brought to the variable's type.
func (e estimator) constant(v variable, x expr.Expr) (sqltypes.Datum, bool) {
	c, ok := x.(*expr.Const)
	if !ok {
		if has(x, func(n expr.Expr) bool {
			switch n.(type) {
			case *expr.Param, *expr.ExecParam, *expr.External, *expr.Var, *expr.Slot:
				return true
			}
			return false
		}) {
			return sqltypes.Datum{}, false
		}
		if c, ok = expr.FoldStable(x, e.options.Session).(*expr.Const); !ok {
			return sqltypes.Datum{}, false
		}
	}
	if c.Value.IsNull() || sameKey(v.typ, c.Typ.OID) {
		return c.Value, true
	}
	const day = 86400 * 1000000
	if v.typ == sqltypes.DateOID && (c.Typ.OID == sqltypes.TimestampOID || c.Typ.OID == sqltypes.TimestampTZOID) && c.Value.Kind() == sqltypes.KindInt {
		return sqltypes.Int(int64(math.Floor(float64(c.Value.Int()) / day))), true
	}
	if c.Typ.OID == sqltypes.DateOID && (v.typ == sqltypes.TimestampOID || v.typ == sqltypes.TimestampTZOID) && c.Value.Kind() == sqltypes.KindInt &&
		c.Value.Int() > math.MinInt32 && c.Value.Int() < math.MaxInt32 {
		return sqltypes.Int(c.Value.Int() * day), true
	}
	if (v.typ == sqltypes.TimestampOID || v.typ == sqltypes.TimestampTZOID) && (c.Typ.OID == sqltypes.TimestampOID || c.Typ.OID == sqltypes.TimestampTZOID) {
		return c.Value, true
	}
	return sqltypes.Datum{}, false
}

// equal estimates column = value.
func (e estimator) equal(v variable, x expr.Expr) float64 {
	if v.unique {
		return 1 / max(1, v.rows)
	}
	if v.stats == nil {
		return 1 / v.distinct()
	}
	value, known := e.constant(v, x)
	if known && value.IsNull() {
		return 0
	}
	if !known {
		part := (1 - v.nulls()) / v.distinct()
		if len(v.stats.CommonParts) > 0 {
			part = min(part, v.stats.CommonParts[0])
		}
		return clamp(part)
	}
	for i, c := range v.stats.Common {
		if c.Kind() == value.Kind() && sqltypes.Compare(v.typ, c, value) == 0 {
			return v.stats.CommonParts[i]
		}
	}
	part := clamp(1 - v.common() - v.nulls())
	if others := v.distinct() - float64(len(v.stats.Common)); others > 1 {
		part /= others
	}
	if n := len(v.stats.CommonParts); n > 0 {
		part = min(part, v.stats.CommonParts[n-1])
	}
	return part
}

// inequality estimates column < value and the like: among the most common values by comparing, among the rest by the histogram.
func (e estimator) inequality(v variable, op expr.CompareOp, x expr.Expr) float64 {
	if v.stats == nil {
		return rangeSelectivity
	}
	value, known := e.constant(v, x)
	if !known {
		return rangeSelectivity
	}
	if value.IsNull() {
		return 0
	}
	sum := 0.0
	for i, c := range v.stats.Common {
		if c.Kind() != value.Kind() && (c.Kind() == sqltypes.KindInt || value.Kind() == sqltypes.KindInt) {
			return rangeSelectivity
		}
		if holds(op, sqltypes.Compare(v.typ, c, value)) {
			sum += v.stats.CommonParts[i]
		}
	}
	rest := clamp(1 - v.common() - v.nulls())
	below, ok := v.below(value)
	switch {
	case !ok && len(v.stats.Common) > 0 && rest < 0.001:
		return clamp(sum)
	case !ok:
		return clamp(sum + rest*rangeSelectivity)
	case op == expr.GT || op == expr.GE:
		below = 1 - below
	}
	return clamp(sum + rest*below)
}

func holds(op expr.CompareOp, c int) bool {
	switch op {
	case expr.LT:
		return c < 0
	case expr.LE:
		return c <= 0
	case expr.GT:
		return c > 0
	case expr.GE:
		return c >= 0
	case expr.EQ:
		return c == 0
	}
	return c != 0
}

// below is the part of the histogram that lies below a value.
func (v variable) below(value sqltypes.Datum) (float64, bool) {
	h := v.stats.Histogram
	if len(h) < 2 {
		return 0, false
	}
	low, high := 0, len(h)
	for low < high { // the first bound that is not below the value
		mid := (low + high) / 2
		if sqltypes.Compare(v.typ, h[mid], value) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	bins := float64(len(h) - 1)
	margin := 0.01 / bins
	switch {
	case low == 0:
		return margin, true
	case low == len(h):
		return 1 - margin, true
	}
	part := between(v.typ, h[low-1], h[low], value)
	return min(1-margin, max(margin, (float64(low-1)+part)/bins)), true
}

// between is where between two bounds a value lies, from 0 to 1.
func between(t sqltypes.OID, low, high, value sqltypes.Datum) float64 {
	l, h, x, ok := scaled(t, low, high, value)
	if !ok || h <= l || math.IsInf(h-l, 0) || math.IsNaN(h-l) {
		return 0.5
	}
	return clamp((x - l) / (h - l))
}

// scaled makes numbers of three values of a type that stand in the order and, about, the distances of the values.
func scaled(t sqltypes.OID, low, high, value sqltypes.Datum) (l, h, x float64, ok bool) {
	switch low.Kind() {
	case sqltypes.KindInt:
		return float64(low.Int()), float64(high.Int()), float64(value.Int()), true
	case sqltypes.KindFloat:
		return low.Float(), high.Float(), value.Float(), true
	case sqltypes.KindDecimal, sqltypes.KindBig:
		if t != sqltypes.NumericOID {
			return 0, 0, 0, false
		}
		var err error
		var numbers [3]float64
		for i, d := range []sqltypes.Datum{low, high, value} {
			if numbers[i], err = sqltypes.NumericToFloat8(d); err != nil {
				return 0, 0, 0, false
			}
		}
		return numbers[0], numbers[1], numbers[2], true
	case sqltypes.KindBytes:
		a, b, c := low.Bytes(), high.Bytes(), value.Bytes()
		n := 0
		for n < len(a) && n < len(b) && n < len(c) && a[n] == b[n] && a[n] == c[n] {
			n++
		}
		return fraction(a[n:]), fraction(b[n:]), fraction(c[n:]), true
	}
	return 0, 0, 0, false
}

// fraction reads bytes as the digits behind the point of a number to base 256.
func fraction(b []byte) float64 {
	f, weight := 0.0, 1.0/256
	for _, c := range b[:min(len(b), 8)] {
		f += float64(c) * weight
		weight /= 256
	}
	return f
}
