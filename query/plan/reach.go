package plan

import (
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// reachesOut tells whether a query, or a sub-query of it, reads the row of the query that is level levels further out.
func reachesOut(q *bind.Query, level int) bool {
	return anyDeep(q, level, sought{node: func(n expr.Expr, level int) bool { return levelOf(n) == level }})
}

// repeats tells whether a query gives the same rows whenever the values it takes from the row right around it are the same: it reads nothing further out,
// calls no volatile function, locks and writes nothing.
func repeats(q *bind.Query) bool {
	further := func(n expr.Expr, level int) bool { return levelOf(n) > level }
	return !anyDeep(q, 1, sought{whole: expr.ContainsVolatile, node: further}) && selfContained(q, 0)
}

// selfContained tells whether a query only reads, and only WITH queries of its own.
func selfContained(q *bind.Query, depth int) bool {
	if q.Command != bind.Select || len(q.Locks) > 0 {
		return false
	}
	for _, r := range q.Rels {
		if r.Kind == bind.CTERel && r.CTELevel > depth || r.Query != nil && !selfContained(r.Query, depth+1) {
			return false
		}
	}
	for _, c := range q.CTEs {
		if !selfContained(c.Query, depth+1) {
			return false
		}
	}
	return true
}

// levelOf is how many levels further out the row is that a node reads.
func levelOf(n expr.Expr) int {
	switch v := n.(type) {
	case *expr.Var:
		return v.Level
	case *expr.Agg:
		return v.Level
	case *expr.Grouping:
		return v.Level
	}
	return 0
}

// sought is what anyDeep looks for: among whole expressions, nil for nothing, and among their nodes.
type sought struct {
	whole func(e expr.Expr) bool
	node  func(n expr.Expr, level int) bool
	query func(q *bind.Query) bool // nil: none
}

// anyDeep tells whether what is sought is found in the query's expressions, or in its sub-queries', for which level is greater by their depth.
func anyDeep(q *bind.Query, level int, f sought) bool {
	found := f.query != nil && f.query(q)
	eachExpr(q, func(e expr.Expr) {
		if e == nil || found {
			return
		}
		if found = f.whole != nil && f.whole(e); found {
			return
		}
		expr.Walk(e, func(n expr.Expr) bool {
			found = found || f.node != nil && f.node(n, level)
			if link, ok := n.(*expr.SubLink); ok && !found {
				if sub, ok := link.Query.(*bind.Query); ok {
					found = anyDeep(sub, level+1, f)
				}
			}
			return !found
		})
	})
	for _, r := range q.Rels {
		found = found || r.Query != nil && anyDeep(r.Query, level+1, f)
	}
	for _, c := range q.CTEs {
		found = found || anyDeep(c.Query, level+1, f)
	}
	return found
}

// eachExpr gives the expressions of a query's own level.
func eachExpr(q *bind.Query, f func(expr.Expr)) {
	for i := range q.Targets {
		f(q.Targets[i].Expr)
	}
	for i := range q.Returning {
		f(q.Returning[i].Expr)
	}
	f(q.Where)
	f(q.Having)
	f(q.Limit)
	f(q.Offset)
	for _, list := range [2][]expr.Expr{q.GroupBy, q.Assign} {
		for _, e := range list {
			f(e)
		}
	}
	for _, w := range q.Windows {
		for _, e := range w.PartitionBy {
			f(e)
		}
		for _, k := range w.OrderBy {
			f(k.Expr)
		}
		f(w.Frame.Start.Offset)
		f(w.Frame.End.Offset)
	}
	for _, n := range q.From {
		eachOn(n, f)
	}
	for _, r := range q.Rels {
		for _, row := range r.Values {
			for _, e := range row {
				f(e)
			}
		}
		for _, call := range r.Functions {
			f(call.Call)
		}
		for _, e := range r.JoinVars {
			f(e)
		}
	}
}

func eachOn(n bind.JoinNode, f func(expr.Expr)) {
	if j, ok := n.(*bind.Join); ok {
		eachOn(j.Left, f)
		eachOn(j.Right, f)
		f(j.On)
	}
}
