package plan

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// planCTEs plans the queries of WITH that were not put where they are read: each gets a store of rows.
func (s *scope) planCTEs() ([]CTEPlan, error) {
	var out []CTEPlan
	s.ctes = make([]cteState, len(s.q.CTEs))
	for i, c := range s.q.CTEs {
		st := &s.ctes[i]
		modifying := c.Query.Command != bind.Select
		if !modifying && !c.Recursive {
			if c.References == 0 {
				continue
			}
		}
		st.store = s.newStore()
		for j, name := range c.Names {
			st.cols = append(st.cols, Column{Name: name, Type: c.Types[j]})
		}
		node, err := s.planCTE(c, st)
		if err != nil {
			return nil, err
		}
		st.planned, st.est = true, *node.Estimate()
		out = append(out, CTEPlan{Store: st.store, Number: s.nextNumber(), Name: c.Name, Plan: node, Modifying: modifying})
	}
	return out, nil
}

// planCTE plans one query of WITH that has a store.
func (s *scope) planCTE(c *bind.CTE, st *cteState) (Node, error) {
	child := &scope{planner: s.planner, q: c.Query, parent: s}
	if c.Recursive {
		child.recursive = st
	}
	return child.query()
}

// cte reads a WITH query, of this query or of an enclosing one.
func (b *baseBuilder) cte(r *bind.Rel, quals []expr.Expr) (*relation, []ParamSet, error) {
	owner := b.scope
	for range r.CTELevel {
		owner = owner.parent
	}
	st := &owner.ctes[r.CTE]
	c := owner.q.CTEs[r.CTE]
	b.allColumns(len(r.Types))
	if !st.planned && !st.work {
		return nil, nil, pgerror.New(pgerror.FeatureNotSupported, "WITH query %q is read before it is planned", c.Name)
	}
	est := st.est
	est.Rows = max(est.Rows, 1)
	scan := &CTEScan{Output: Output{Cols: columnsOf(r), Est: est}, Store: st.store, Alias: r.Alias, Work: st.work}
	return b.filtered(scan, quals)
}

// setOperation plans UNION, INTERSECT and EXCEPT.
func (s *scope) setOperation() (Node, error) {
	if err := s.prepare(); err != nil {
		return nil, err
	}
	var node Node
	var err error
	if s.recursive != nil {
		node, err = s.recursiveUnion()
	} else {
		node, err = s.setNode(s.q.SetOp)
	}
	if err != nil {
		return nil, err
	}
	for i := range node.Header() {
		if i < len(s.q.Targets) {
			node.Header()[i].Name = s.q.Targets[i].Name
		}
	}
	if len(s.q.OrderBy) > 0 {
		node = s.sort(node, true)
	}
	return s.limit(node)
}

// recursiveUnion plans a recursive WITH query: its first term, then the second over the rows of the step before.
func (s *scope) recursiveUnion() (Node, error) {
	op, st := s.q.SetOp, s.recursive
	if op.Kind != bind.Union || op.Left == nil || op.Right == nil {
		return nil, pgerror.New(pgerror.InternalError, "recursive query is no UNION")
	}
	base, err := s.setNode(op.Left)
	if err != nil {
		return nil, err
	}
	st.est = *base.Estimate()
	st.work = true
	step, err := s.setNode(op.Right)
	st.work = false
	if err != nil {
		return nil, err
	}
	out := Output{Cols: append([]Column(nil), base.Header()...), Est: *base.Estimate()}
	out.Est.Rows *= 10
	out.Est.Total += 10 * step.Estimate().Total
	return &RecursiveUnion{Output: out, Store: st.store, Distinct: !op.All, Base: base, Step: step}, nil
}

// setNode plans one node of the tree of set operations.
func (s *scope) setNode(op *bind.SetOp) (Node, error) {
	if op.Kind == bind.SetLeaf {
		return s.setLeaf(op)
	}
	if op.Kind == bind.Union {
		return s.union(op)
	}
	left, err := s.setNode(op.Left)
	if err != nil {
		return nil, err
	}
	right, err := s.setNode(op.Right)
	if err != nil {
		return nil, err
	}
	out := setOutput(op, []Node{left, right})
	out.Est.Rows = left.Estimate().Rows
	n := &SetOp{Output: out, Except: op.Kind == bind.Except, All: op.All, Left: left, Right: right}
	for i, side := range []*bind.SetOp{op.Left, op.Right} {
		if side.Kind == bind.SetLeaf {
			n.Selects[i] = side.Rel + 1
		}
	}
	return n, nil
}

// union plans UNION of all the members of a chain of it in one step: what drops duplicates need not be told of those dropped before.
func (s *scope) union(op *bind.SetOp) (Node, error) {
	members, err := s.unionMembers(op, op.Left, nil)
	if err == nil {
		members, err = s.unionMembers(op, op.Right, members)
	}
	if err != nil {
		return nil, err
	}
	a := &Append{Output: setOutput(op, members), Inputs: members}
	if op.All {
		return a, nil
	}
	return &HashDistinct{Output: outputOf(a), Child: a}, nil
}

// unionMembers plans a side of a UNION, top: as members of their own those of a UNION of the same types whose duplicates are top's matter.
func (s *scope) unionMembers(top, side *bind.SetOp, members []Node) ([]Node, error) {
	if side.Kind == bind.Union && (side.All || !top.All) && slices.Equal(side.Types, top.Types) {
		members, err := s.unionMembers(top, side.Left, members)
		if err != nil {
			return nil, err
		}
		return s.unionMembers(top, side.Right, members)
	}
	n, err := s.setNode(side)
	if err != nil {
		return nil, err
	}
	if inner, ok := n.(*Append); ok {
		return append(members, inner.Inputs...), nil
	}
	return append(members, n), nil
}

// setOutput is the output of a set operation that keeps all rows of its members.
func setOutput(op *bind.SetOp, members []Node) Output {
	out := Output{Cols: append([]Column(nil), members[0].Header()...), Est: Estimate{Width: members[0].Estimate().Width}}
	for _, m := range members {
		out.Est.Total += m.Estimate().Total
		out.Est.Rows += m.Estimate().Rows
	}
	for i := range out.Cols {
		out.Cols[i].Type = op.Types[i]
	}
	return out
}

// setLeaf plans one of the sub-queries and brings its columns to the common types.
func (s *scope) setLeaf(op *bind.SetOp) (Node, error) {
	child := &scope{planner: s.planner, q: s.q.Rels[op.Rel].Query, parent: s}
	node, err := child.query()
	if err != nil {
		return nil, err
	}
	if len(child.args) > 0 {
		return nil, pgerror.New(pgerror.InternalError, "a set operation's member refers to the set operation")
	}
	l := layout{}
	for i := range node.Header() {
		l[varKey{op.Rel, i}] = i
	}
	fix := &fixer{scope: s}
	exprs, err := resolveAll(fix.exprs(op.Coerce), l)
	if err != nil {
		return nil, err
	}
	if fix.err != nil {
		return nil, fix.err
	}
	if isIdentity(exprs, node.Header()) {
		return node, nil
	}
	return &Project{Output: s.targetOutput(exprs, node), Child: node, Exprs: exprs}, nil
}
