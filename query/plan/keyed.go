package plan

import (
	"math"
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// Keyed is another way to the values of a correlated sub-plan: one run gives those for all outer rows, by the keys that equalities compare with them.
// An outer row whose keys are not among them has the value that the sub-plan gives for no row at all, which is the same for all such rows.
type Keyed struct {
	Plan  Node           // the keys, then the value; of EXISTS the keys alone
	Keys  []expr.Expr    // over the sub-plan's Params: where to look
	Types []sqltypes.OID // by which keys are hashed
	After int            // runs of the sub-plan that cost as much as this
}

// keyed plans the keyed form of a sub-query, which child has planned already; nil when it has none.
func (f *fixer) keyed(l *expr.SubLink, q *bind.Query, child *scope, run Node) (*Keyed, error) {
	k, ok := newKeyedQuery(l.Kind, q)
	if !ok {
		return nil, nil
	}
	inner := &scope{planner: f.planner, q: k.query, parent: f.scope}
	node, err := inner.query()
	if err != nil || inner.correlated {
		return nil, err
	}
	fix := &fixer{scope: child}
	out := &Keyed{Plan: node, Keys: fix.exprs(k.outer), Types: k.types}
	each := f.effortOf(run)
	if l.Kind == expr.ExistsLink { // it ends at the first row
		each /= 1 + f.sizeOf(run)
	}
	whole := f.effortOf(node) + f.sizeOf(node)*effortGroup
	out.After = int(min(math.MaxInt32, max(1, whole/max(1, each))))
	return out, fix.err
}

// keyedQuery is a sub-query made to give its values for all outer rows.
type keyedQuery struct {
	query *bind.Query
	inner []expr.Expr // of its own columns: the keys
	outer []expr.Expr // what they are compared with, which reads the outer row only
	types []sqltypes.OID
}

// newKeyedQuery is the keyed form of a sub-query that reads the outer row in equalities of its WHERE, or of the conditions of its inner joins, alone.
func newKeyedQuery(kind expr.SubLinkKind, q *bind.Query) (*keyedQuery, bool) {
	if kind != expr.ExistsLink && kind != expr.ScalarLink || !keyable(q) {
		return nil, false
	}
	c := *q
	k := &keyedQuery{query: &c}
	c.CTEs, c.From, c.Where = nil, nil, nil
	conds := conjuncts(normalize(conjunction(conjuncts(q.Where))))
	for _, n := range q.From {
		c.From = append(c.From, innerParts(n, &conds)...)
	}
	var rest []expr.Expr
	for _, cond := range conds {
		if !k.take(cond) {
			rest = append(rest, cond)
		}
	}
	c.Where = conjunction(rest)
	if len(k.inner) == 0 {
		return nil, false
	}
	var ok bool
	if kind == expr.ExistsLink {
		ok = k.exists()
	} else {
		ok = k.scalar()
	}
	return k, ok && !reachesOut(k.query, 1)
}

// keyable tells whether a query is a plain or grouped SELECT without sub-queries in expressions.
func keyable(q *bind.Query) bool {
	if len(q.From) == 0 || q.SetOp != nil || q.SetReturning || len(q.Windows) > 0 || q.GroupingSets != nil || q.Offset != nil || q.WithTies || len(q.Locks) > 0 {
		return false
	}
	for _, w := range q.CTEs {
		if w.References > 0 || w.Recursive || w.Query.Command != bind.Select {
			return false
		}
	}
	return !anyDeep(q, 0, sought{node: func(n expr.Expr, _ int) bool { _, ok := n.(*expr.SubLink); return ok }})
}

// innerParts splits a member of FROM into those that inner joins join, and adds the joins' conditions to conds.
func innerParts(n bind.JoinNode, conds *[]expr.Expr) []bind.JoinNode {
	j, ok := n.(*bind.Join)
	if !ok || j.Kind != bind.Inner {
		return []bind.JoinNode{n}
	}
	*conds = append(*conds, conjuncts(j.On)...)
	return append(innerParts(j.Left, conds), innerParts(j.Right, conds)...)
}

// take makes a key of a condition, if it is an equality of the query's own columns with values of the outer row.
func (k *keyedQuery) take(cond expr.Expr) bool {
	left, right, t, ok := equality(cond)
	if !ok {
		return false
	}
	if readsLevel(left, 1) {
		left, right = right, left
	}
	if !readsLevel(left, 0) || readsLevel(left, 1) || !readsLevel(right, 1) || readsLevel(right, 0) {
		return false
	}
	k.inner, k.outer, k.types = append(k.inner, left), append(k.outer, right), append(k.types, t)
	return true
}

// readsLevel tells whether an expression without sub-queries reads the row of the query that is level levels further out.
func readsLevel(e expr.Expr, level int) bool {
	return has(e, func(n expr.Expr) bool { v, ok := n.(*expr.Var); return ok && v.Level == level })
}

// exists makes the query give the keys of all rows there are.
func (k *keyedQuery) exists() bool {
	q := k.query
	row, ok := anyRow(q)
	if !ok {
		return false
	}
	row.Targets, row.Distinct = k.targets(), true
	k.query = row
	return true
}

// scalar makes the query give the keys before its value: grouped by them where it groups, the first row of each where it wants the first.
func (k *keyedQuery) scalar() bool {
	q := k.query
	if len(q.DistinctOn) > 0 || q.Limit != nil && (q.Distinct || !onlyRow(q.Limit)) {
		return false
	}
	first := q.Limit != nil
	q.Limit = nil
	switch {
	case q.Aggregates && len(q.GroupBy) == 0: // one row, or none for HAVING
		q.Targets = q.Targets[:1:1]
		if value := &q.Targets[0]; q.Having != nil {
			*value = bind.Target{Name: value.Name, Expr: &expr.Case{Base: expr.Base{Typ: value.Expr.Type(), At: -1},
				Whens: []expr.When{{Cond: q.Having, Result: value.Expr}}, Default: noValue(value.Expr)}}
		}
		q.Having, q.Distinct, first = nil, false, false
		q.GroupBy = k.inner
	case q.Aggregates:
		q.GroupBy = append(slices.Clone(k.inner), q.GroupBy...)
	}
	keys := k.targets()
	if !first { // a second row is a mistake, so that order does not matter
		q.Targets, q.OrderBy = append(keys, q.Targets[0]), nil
		return true
	}
	order := make([]bind.SortItem, len(keys))
	for i := range keys {
		order[i].Target = i
		q.DistinctOn = append(q.DistinctOn, i)
	}
	for _, o := range q.OrderBy {
		o.Target += len(keys)
		order = append(order, o)
	}
	q.Targets, q.OrderBy = append(keys, q.Targets...), order
	return true
}

// targets are the keys as columns of a result.
func (k *keyedQuery) targets() []bind.Target {
	out := make([]bind.Target, len(k.inner), len(k.inner)+1)
	for i, e := range k.inner {
		out[i].Expr = e
		if v, ok := e.(*expr.Var); ok {
			out[i].Name = v.Name
		}
	}
	return out
}

// someRows and onlyRow recognise the LIMIT of one row or more, and of one row.
func someRows(limit expr.Expr) bool {
	c, ok := expr.FoldLate(limit, nil).(*expr.Const)
	return ok && (c.Value.IsNull() || c.Value.Int() > 0)
}

func onlyRow(limit expr.Expr) bool {
	c, ok := expr.FoldLate(limit, nil).(*expr.Const)
	return ok && !c.Value.IsNull() && c.Value.Int() == 1
}

// effortGroup is what putting a row into its group costs, in units of reading one: a scan under conditions looks at many rows in that time.
const effortGroup = 15.0

// effortOf estimates what it costs to run a plan, in the units that choices are made by.
func (p *planner) effortOf(n Node) float64 {
	if e, ok := p.efforts[n]; ok {
		return e
	}
	sum := 0.0
	for _, c := range n.Children() {
		sum += p.effortOf(c)
	}
	switch v := n.(type) {
	case *NestLoop:
		outer := p.sizeOf(v.Outer)
		if v.Rescan {
			return p.effortOf(v.Outer) + outer*p.effortOf(v.Inner)
		}
		return sum + outer*p.sizeOf(v.Inner)*effortPair
	case *HashJoin:
		return sum + p.sizeOf(v.Inner)*effortBuild + p.sizeOf(v.Outer)*effortProbe
	case *Aggregate:
		if v.Plain {
			return sum + p.sizeOf(v.Child)*effortGive
		}
		return sum + p.sizeOf(v.Child)*effortGroup
	case *HashDistinct:
		return sum + p.sizeOf(v.Child)*effortGroup
	case *Sort:
		rows := p.sizeOf(v.Child)
		return sum + rows*math.Log2(rows+2)*effortSort
	}
	if sum == 0 {
		return max(1, p.sizeOf(n))
	}
	return sum
}
