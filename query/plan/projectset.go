package plan

import "github.com/opendsql/opendsql/query/expr"

// projectSets computes targets in which set-returning functions stand. Calls that stand in the arguments of other calls are run by a ProjectSet of
// their own below: the rows of a level are the input of the next, and calls of one level run side by side, as in PostgreSQL.
func (s *scope) projectSets(child Node, exprs []expr.Expr) Node {
	for setDepth(exprs) > 1 {
		width := len(child.Header())
		below := make([]expr.Expr, width, width+len(exprs))
		for i, c := range child.Header() {
			below[i] = slotOf(c, i)
		}
		above := make([]expr.Expr, len(exprs))
		for i, e := range exprs {
			above[i] = expr.Rewrite(e, func(x expr.Expr) (expr.Expr, bool) {
				f, ok := x.(*expr.Func)
				if !ok || !f.ReturnsSet || setDepth(f.Args) > 0 {
					return x, false
				}
				below = append(below, f)
				return &expr.Slot{Base: f.Base, Index: len(below) - 1}, true
			})
		}
		out := s.targetOutput(below, child)
		for i := range out.Cols {
			out.Cols[i].Name = ""
			if i < width {
				out.Cols[i] = child.Header()[i]
			}
		}
		child, exprs = &ProjectSet{Output: out, Child: child, Exprs: below}, above
	}
	if setDepth(exprs) == 0 {
		return s.project(child, exprs)
	}
	return &ProjectSet{Output: s.targetOutput(exprs, child), Child: child, Exprs: exprs}
}

// setsBelow runs the set-returning functions of expressions below the operator that the expressions are for: it gives the node that runs them and
// what the expressions are over its rows, which have the columns of the child first.
func (s *scope) setsBelow(child Node, exprs []expr.Expr) (Node, []expr.Expr) {
	if setDepth(exprs) == 0 {
		return child, exprs
	}
	var rows []expr.Expr
	for i, c := range child.Header() {
		rows = append(rows, slotOf(c, i))
	}
	out := make([]expr.Expr, len(exprs))
	for i, e := range exprs {
		if out[i] = e; setDepth([]expr.Expr{e}) > 0 {
			out[i] = &expr.Slot{Base: expr.Base{Typ: e.Type(), At: e.Pos()}, Index: len(rows)}
			rows = append(rows, e)
		}
	}
	return s.projectSets(child, rows), out
}

// setDepth is how deep set-returning calls nest in each other.
func setDepth(exprs []expr.Expr) int {
	depth := 0
	for _, e := range exprs {
		expr.Walk(e, func(x expr.Expr) bool {
			f, ok := x.(*expr.Func)
			if !ok || !f.ReturnsSet {
				return true
			}
			depth = max(depth, 1+setDepth(f.Args))
			return false
		})
	}
	return depth
}
