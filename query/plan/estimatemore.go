package plan

import (
	"math"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

func (e estimator) nullTest(x *expr.NullTest) float64 {
	part := isNullSelectivity
	if v, ok := e.variableOf(x.Arg); ok && v.stats != nil {
		part = v.nulls()
	}
	if x.Not {
		return 1 - part
	}
	return part
}

// isTrue estimates a column that is a condition by itself.
func (e estimator) isTrue(x expr.Expr) float64 {
	v, ok := e.variableOf(x)
	if !ok || v.stats == nil {
		return 0.5
	}
	for i, c := range v.stats.Common {
		if c.Bool() {
			return v.stats.CommonParts[i]
		}
	}
	return clamp(1 - v.common() - v.nulls())
}

func (e estimator) boolTest(x *expr.BoolTest) float64 {
	part := e.one(x.Arg)
	nulls := 0.0
	if v, ok := e.variableOf(x.Arg); ok {
		nulls = v.nulls()
	}
	switch x.Test {
	case expr.IsTrue:
		return part
	case expr.IsNotTrue:
		return 1 - part
	case expr.IsFalse:
		return clamp(1 - part - nulls)
	case expr.IsNotFalse:
		return clamp(part + nulls)
	case expr.IsUnknown:
		return max(nulls, isNullSelectivity)
	}
	return 1 - max(nulls, isNullSelectivity)
}

func (e estimator) connective(x *expr.Bool) float64 {
	switch x.Op {
	case expr.And:
		return e.all(x.Args)
	case expr.Or:
		miss := 1.0
		for _, a := range x.Args {
			miss *= 1 - e.one(a)
		}
		return clamp(1 - miss)
	}
	nulls := 0.0
	if v, ok := e.variableOf(x.Args[0]); ok {
		nulls = v.nulls()
	}
	return clamp(1 - e.one(x.Args[0]) - nulls)
}

// distinctFrom estimates IS NOT DISTINCT FROM.
func (e estimator) distinctFrom(x *expr.DistinctFrom) float64 {
	v, ok := e.variableOf(x.Left)
	other := x.Right
	if !ok {
		v, ok = e.variableOf(x.Right)
		other = x.Left
	}
	if !ok {
		return equalSelectivity
	}
	if value, known := e.constant(v, other); known && value.IsNull() {
		return v.nulls()
	}
	return e.equal(v, other)
}

// listedMax is how many values of a list are looked up one by one.
const listedMax = 200

// array estimates column op ANY (array) and ALL.
func (e estimator) array(x *expr.ArrayOp) float64 {
	n := arrayLength(x.Right)
	v, ok := e.variableOf(x.Left)
	if !ok {
		if part, ok := e.sampled(x); ok {
			return part
		}
	}
	if !ok || x.Name != "=" && x.Name != "<>" {
		each := rangeSelectivity
		if x.Name == "=" {
			each = equalSelectivity
		}
		if x.All {
			return math.Pow(each, n)
		}
		return clamp(1 - math.Pow(1-each, n))
	}
	any := e.anyOf(v, x, n)
	switch {
	case x.Name == "=" && !x.All:
		return any
	case x.Name == "<>" && x.All:
		return clamp(1 - any - v.nulls())
	case x.Name == "=":
		return math.Pow(e.equal(v, x.Right), n)
	}
	return 1 - v.nulls()
}

// anyOf is which part of a column's values is among those of an array.
func (e estimator) anyOf(v variable, x *expr.ArrayOp, n float64) float64 {
	unknown := &expr.ExecParam{}
	if v.stats == nil || n > listedMax {
		return clamp(n * e.equal(v, unknown))
	}
	sum := 0.0
	switch a := x.Right.(type) {
	case *expr.Const:
		if a.Value.Kind() == sqltypes.KindArray {
			element, _ := sqltypes.ElementOf(a.Typ.OID)
			for _, d := range a.Value.Array().Elements {
				sum += e.equal(v, &expr.Const{Base: expr.Base{Typ: sqltypes.T(element)}, Value: d})
			}
			return clamp(sum)
		}
	case *expr.ArrayExpr:
		for _, d := range a.Elements {
			sum += e.equal(v, d)
		}
		return clamp(sum)
	}
	return clamp(n * e.equal(v, unknown))
}

// call estimates a condition that is the call of a function or of an operator that compares no column.
func (e estimator) call(f *expr.Func) float64 {
	if part, ok := e.columnOrder(f); ok {
		return part
	}
	if part, ok := e.sampled(f); ok {
		return part
	}
	switch f.Name {
	case "=":
		return equalSelectivity
	case "<>":
		return 1 - equalSelectivity
	case "<", "<=", ">", ">=":
		return rangeSelectivity
	}
	base := rangeSelectivity
	not := false
	switch f.Name {
	case "~~", "~", "~~*", "~*", "^@":
		base = matchSelectivity
	case "!~~", "!~", "!~~*", "!~*":
		base, not = 1-matchSelectivity, true
	}
	if f.Operator == 0 || base != rangeSelectivity {
		if v, ok := e.patternRange(f); ok && !not {
			return v
		}
	}
	return base
}

// sampled evaluates a condition over one analysed column for the values that are known of it.
func (e estimator) sampled(f expr.Expr) (float64, bool) {
	if expr.Volatile(f) != expr.Immutable || setDepth([]expr.Expr{f}) > 0 {
		return 0, false
	}
	var column *expr.Var
	single := true
	expr.Walk(f, func(n expr.Expr) bool {
		switch v := n.(type) {
		case *expr.Var:
			single = single && (column == nil || expr.Equal(column, v))
			column = v
		case *expr.Param, *expr.ExecParam, *expr.External, *expr.Slot:
			single = false
		}
		return single
	})
	if !single || column == nil {
		return 0, false
	}
	v, ok := e.variableOf(column)
	if !ok || v.stats == nil || len(v.stats.Common)+len(v.stats.Histogram) < 10 {
		return 0, false
	}
	meets := func(d sqltypes.Datum) bool {
		out := expr.FoldLate(expr.Rewrite(f, func(n expr.Expr) (expr.Expr, bool) {
			if x, ok := n.(*expr.Var); ok {
				return &expr.Const{Base: x.Base, Value: d}, true
			}
			return n, false
		}), e.options.Session)
		c, ok := out.(*expr.Const)
		return ok && !c.Value.IsNull() && c.Value.Bool()
	}
	sum := 0.0
	for i, d := range v.stats.Common {
		if meets(d) {
			sum += v.stats.CommonParts[i]
		}
	}
	rest := clamp(1 - v.common() - v.nulls())
	hits, n := 0.0, float64(len(v.stats.Histogram))
	for _, d := range v.stats.Histogram {
		if meets(d) {
			hits++
		}
	}
	part := matchSelectivity
	if n > 0 {
		part = max(hits/n, 0.1/n)
	}
	return clamp(sum + rest*part), true
}

// patternRange estimates a pattern with a fixed beginning, of a column of which nothing was sampled, as PostgreSQL does a range of text.
func (e estimator) patternRange(f *expr.Func) (float64, bool) {
	if len(f.Args) != 2 || f.Name != "~~" {
		return 0, false
	}
	c, ok := f.Args[1].(*expr.Const)
	if !ok || c.Value.IsNull() || c.Value.Kind() != sqltypes.KindBytes {
		return 0, false
	}
	prefix, exact := likePrefix(c.Value.Str())
	switch {
	case exact:
		return equalSelectivity, true
	case prefix == "":
		return matchSelectivity, true
	}
	return betweenSelectivity, true
}

// join estimates a comparison of columns of two relations.
func (e estimator) join(q expr.Expr, v variable, op expr.CompareOp, other expr.Expr) float64 {
	if op != expr.EQ {
		if op == expr.NE {
			return 1 - e.equalColumns(v, other)
		}
		if b, ok := e.variableOf(other); ok {
			return e.ordered(v, op, b)
		}
		return rangeSelectivity
	}
	return e.equalColumns(v, other)
}

// columnOrder estimates an inequality of two columns.
func (e estimator) columnOrder(f *expr.Func) (float64, bool) {
	op, ok := compareOps[f.Name]
	if !ok || op == expr.EQ || f.Operator == 0 || len(f.Args) != 2 {
		return 0, false
	}
	a, ok := e.variableOf(f.Args[0])
	b, ok2 := e.variableOf(f.Args[1])
	if !ok || !ok2 {
		return 0, false
	}
	return e.ordered(a, op, b), true
}

// ordered estimates which part of all pairs of values of two columns stand in an order: over the values that are known of the first one, each with what is
// known of the second, as if no value decided about the other.
func (e estimator) ordered(a variable, op expr.CompareOp, b variable) float64 {
	if a.stats == nil || b.stats == nil || !sameKey(a.typ, b.typ) || len(b.stats.Common)+len(b.stats.Histogram) < 2 {
		return rangeSelectivity
	}
	base := expr.Base{Typ: sqltypes.T(b.typ)}
	of := func(d sqltypes.Datum) float64 { return e.inequality(b, flipped[op], &expr.Const{Base: base, Value: d}) }
	sum := 0.0
	for i, d := range a.stats.Common {
		sum += a.stats.CommonParts[i] * of(d)
	}
	n := len(a.stats.Histogram)
	rest := clamp(1 - a.common() - a.nulls())
	if n == 0 {
		return clamp(sum + rest*rangeSelectivity)
	}
	part := 0.0
	for _, d := range a.stats.Histogram {
		part += of(d)
	}
	return clamp(sum + rest*part/float64(n))
}

// equalColumns estimates which part of all pairs of rows is equal: the most common values of both sides with each other, the others spread evenly.
func (e estimator) equalColumns(a variable, other expr.Expr) float64 {
	b, ok := e.variableOf(other)
	if !ok {
		return 1 / max(a.distinct(), 1)
	}
	n1, n2 := a.distinct(), b.distinct()
	if a.stats == nil || b.stats == nil || len(a.stats.Common) == 0 || len(b.stats.Common) == 0 || !sameKey(a.typ, b.typ) {
		return clamp((1 - a.nulls()) * (1 - b.nulls()) / max(n1, n2))
	}
	both, matched1, matched2, matches := 0.0, 0.0, 0.0, 0.0
	for i, x := range a.stats.Common {
		for j, y := range b.stats.Common {
			if x.Kind() == y.Kind() && sqltypes.Compare(a.typ, x, y) == 0 {
				both += a.stats.CommonParts[i] * b.stats.CommonParts[j]
				matched1 += a.stats.CommonParts[i]
				matched2 += b.stats.CommonParts[j]
				matches++
				break
			}
		}
	}
	unmatched1, unmatched2 := clamp(a.common()-matched1), clamp(b.common()-matched2)
	rest1, rest2 := clamp(1-a.nulls()-a.common()), clamp(1-b.nulls()-b.common())
	c1, c2 := float64(len(a.stats.Common)), float64(len(b.stats.Common))
	from := func(unmatched, rest, otherUnmatched, otherRest, n, common float64) float64 {
		total := both
		if n > common {
			total += unmatched * otherRest / (n - common)
		}
		if n > matches {
			total += rest * (otherRest + otherUnmatched) / (n - matches)
		}
		return total
	}
	return clamp(min(from(unmatched1, rest1, unmatched2, rest2, n2, c2), from(unmatched2, rest2, unmatched1, rest1, n1, c1)))
}

// matching estimates which part of the outer rows has a partner among the rows of the inner side, by an equality.
func (e estimator) matching(outer, inner expr.Expr, innerRows float64) float64 {
	a, ok := e.variableOf(outer)
	b, ok2 := e.variableOf(inner)
	if !ok || !ok2 {
		return 0.5
	}
	n1, n2 := a.distinct(), min(left(b.distinct(), b.rows, innerRows), max(innerRows, 1))
	if n1 <= n2 {
		return 1 - a.nulls()
	}
	return (n2 / n1) * (1 - a.nulls())
}

// groups estimates the number of combinations of values among some rows.
func (e estimator) groups(keys []expr.Expr, rows float64) float64 {
	product := 1.0
	perRel := map[int]float64{}
	limit := map[int]float64{}
	var seen []expr.Expr
	for _, k := range keys {
		for _, x := range e.groupVariables(k) {
			if containsExpr(seen, x) {
				continue
			}
			seen = append(seen, x)
			v, ok := e.variableOf(x)
			if !ok {
				product *= defaultDistinct
				continue
			}
			if perRel[v.column.Rel] == 0 {
				perRel[v.column.Rel] = 1
			}
			nd := v.distinct()
			if v.nulls() > 0 {
				nd++
			}
			perRel[v.column.Rel] *= nd
			limit[v.column.Rel] = v.rows
		}
	}
	for rel, nd := range perRel {
		product *= max(1, left(nd, limit[rel], rows))
	}
	return max(1, min(product, rows))
}

// left estimates how many of the values of n rows are left among some of the rows.
func left(values, n, rows float64) float64 {
	n = max(1, n)
	values = min(values, n)
	if rows < n && values > 0 {
		values *= 1 - math.Pow((n-rows)/n, n/values)
	}
	return values
}

// groupVariables are the expressions whose values decide that of a key: the key itself where something is known of it, else its columns.
func (e estimator) groupVariables(k expr.Expr) []expr.Expr {
	if _, ok := e.variableOf(k); ok {
		return []expr.Expr{k}
	}
	if k.Type().OID == sqltypes.BoolOID {
		return nil
	}
	var out []expr.Expr
	expr.Walk(k, func(n expr.Expr) bool {
		if v, ok := n.(*expr.Var); ok && v.Level == 0 {
			out = append(out, v)
		}
		return true
	})
	return out
}

func containsExpr(list []expr.Expr, x expr.Expr) bool {
	for _, have := range list {
		if expr.Equal(have, x) {
			return true
		}
	}
	return false
}

// likePrefix is the fixed beginning of a LIKE pattern, and whether the pattern is nothing else.
func likePrefix(pattern string) (prefix string, exact bool) {
	var out []byte
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '%', '_':
			return string(out), false
		case '\\':
			i++
			if i == len(pattern) {
				return string(out), false
			}
		}
		out = append(out, pattern[i])
	}
	return string(out), true
}
