package bind

import "github.com/opendsql/opendsql/query/expr"

// walk visits an expression and, through its sub-queries, everything in it. depth counts the queries entered; f answers whether to go on into a node.
func walk(e expr.Expr, depth int, f func(e expr.Expr, depth int) bool) {
	expr.Walk(e, func(e expr.Expr) bool {
		if e == nil || !f(e, depth) {
			return false
		}
		if s, ok := e.(*expr.SubLink); ok {
			walkQuery(s.Query.(*Query), depth+1, f)
		}
		return true
	})
}

// walkQuery visits every expression of a query and of the queries in it, in PostgreSQL's order, which decides what a client hears of first.
func walkQuery(q *Query, depth int, f func(e expr.Expr, depth int) bool) {
	visit := func(list ...expr.Expr) {
		for _, e := range list {
			if e != nil {
				walk(e, depth, f)
			}
		}
	}
	for _, t := range q.Targets {
		visit(t.Expr)
	}
	visit(q.GroupBy...)
	walkModify(q, visit)
	for _, n := range q.From {
		walkJoin(n, visit)
	}
	visit(q.Where)
	if q.SetOp != nil {
		walkSetOp(q.SetOp, visit)
	}
	visit(q.Having, q.Offset, q.Limit)
	for _, w := range q.Windows {
		visit(w.PartitionBy...)
		for _, k := range w.OrderBy {
			visit(k.Expr)
		}
		visit(w.Frame.Start.Offset, w.Frame.End.Offset)
	}
	for _, c := range q.CTEs {
		walkQuery(c.Query, depth+1, f)
	}
	for _, r := range q.Rels {
		walkRel(r, depth, f)
	}
}

func walkModify(q *Query, visit func(...expr.Expr)) {
	visit(q.Assign...)
	for _, t := range q.Returning {
		visit(t.Expr)
	}
	for _, c := range q.Checks {
		visit(c.Expr)
	}
	for _, g := range q.Generated {
		visit(g.Expr)
	}
	visit(q.CopyWhere)
	if o := q.OnConflict; o != nil {
		visit(o.Assign...)
		visit(o.Where)
		if o.Infer != nil {
			for _, e := range o.Infer.Elems {
				visit(e.Expr)
			}
			visit(o.Infer.Where)
		}
	}
}

func walkRel(r *Rel, depth int, f func(e expr.Expr, depth int) bool) {
	if r.Query != nil {
		walkQuery(r.Query, depth+1, f)
	}
	for _, row := range r.Values {
		for _, e := range row {
			walk(e, depth, f)
		}
	}
	for _, t := range r.Functions {
		walk(t.Call, depth, f)
	}
	for _, e := range r.JoinVars {
		walk(e, depth, f)
	}
}

func walkJoin(n JoinNode, visit func(...expr.Expr)) {
	if j, ok := n.(*Join); ok {
		walkJoin(j.Left, visit)
		walkJoin(j.Right, visit)
		visit(j.On)
	}
}

func walkSetOp(o *SetOp, visit func(...expr.Expr)) {
	if o.Kind == SetLeaf {
		visit(o.Coerce...)
		return
	}
	walkSetOp(o.Left, visit)
	walkSetOp(o.Right, visit)
}

// returnsSet tells whether a set-returning function stands anywhere in an expression of its own level.
func returnsSet(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(e expr.Expr) bool {
		if f, ok := e.(*expr.Func); ok && f.ReturnsSet {
			found = true
		}
		return !found
	})
	return found
}

// contains tells whether a node of an expression, sub-queries left aside, satisfies f.
func contains(e expr.Expr, f func(expr.Expr) bool) bool {
	found := false
	if e == nil {
		return false
	}
	expr.Walk(e, func(e expr.Expr) bool {
		if e != nil && f(e) {
			found = true
		}
		return !found
	})
	return found
}
