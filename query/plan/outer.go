package plan

import (
	"slices"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// simplify makes outer joins inner, or full joins one-sided, where some condition that is applied to their result anyway is never true for the
// rows that they fill with NULLs. quals are such conditions, from WHERE and from joins above.
func simplify(n bind.JoinNode, quals []expr.Expr) bind.JoinNode {
	j, ok := n.(*bind.Join)
	if !ok {
		return n
	}
	c := *j
	left, right := rejectsNulls(quals, treeRels(j.Left)), rejectsNulls(quals, treeRels(j.Right))
	switch {
	case j.Kind == bind.Left && right, j.Kind == bind.Right && left, j.Kind == bind.Full && left && right:
		c.Kind = bind.Inner
	case j.Kind == bind.Full && left:
		c.Kind = bind.Left
	case j.Kind == bind.Full && right:
		c.Kind = bind.Right
	}
	on := conjuncts(c.On)
	both := append(on[:len(on):len(on)], quals...)
	switch c.Kind {
	case bind.Inner:
		c.Left, c.Right = simplify(c.Left, both), simplify(c.Right, both)
	case bind.Left:
		c.Left, c.Right = simplify(c.Left, quals), simplify(c.Right, both)
	case bind.Right:
		c.Left, c.Right = simplify(c.Left, both), simplify(c.Right, quals)
	case bind.Semi:
		c.Left, c.Right = simplify(c.Left, both), simplify(c.Right, on)
	case bind.Anti:
		c.Left, c.Right = simplify(c.Left, quals), simplify(c.Right, on)
	default:
		c.Left, c.Right = simplify(c.Left, nil), simplify(c.Right, nil)
	}
	return &c
}

// fullJoinable tells whether PostgreSQL's methods could carry out a full join: an equality of both sides, or nothing but constants.
func fullJoinable(on []expr.Expr, outer, inner relset) bool {
	constant := true
	for _, q := range on {
		if _, ok := q.(*expr.Const); ok {
			continue
		}
		constant = false
		f, ok := q.(*expr.Func)
		if !ok || f.Name != "=" || f.Operator == 0 || len(f.Args) != 2 {
			continue
		}
		a, b := relsOf(f.Args[0]), relsOf(f.Args[1])
		if a.empty() || b.empty() {
			continue
		}
		if outer.contains(a) && inner.contains(b) || outer.contains(b) && inner.contains(a) {
			return true
		}
	}
	return constant
}

// treeDeps are the relations outside a member whose values relations below it read.
func (s *scope) treeDeps(n bind.JoinNode) relset {
	var deps relset
	own := treeRels(n)
	for rel := range own.members() {
		deps = deps.union(s.deps(rel))
	}
	return deps.minus(own)
}

// beside is what a tree of joins that stands in a LATERAL place reads of the rows joined before it.
type beside struct {
	rels   relset
	params []ParamSet
}

// besideRels are the relations whose rows are joined before the tree that is being planned.
func (s *scope) besideRels() relset {
	if s.beside == nil {
		return relset{}
	}
	return s.beside.rels
}

// nestTree joins a tree of joins by running it for every outer row, with values of that row in it.
func (s *scope) nestTree(kind bind.JoinKind, outer *relation, tree bind.JoinNode, own, on []expr.Expr) (*relation, error) {
	before := s.beside
	s.beside = &beside{rels: outer.rels}
	if before != nil {
		s.beside.rels = s.beside.rels.union(before.rels)
	}
	inner, err := s.group([]bind.JoinNode{tree}, own)
	params := s.beside.params
	s.beside = before
	if err != nil {
		return nil, err
	}
	if params, err = s.resolveParams(params, outer); err != nil {
		return nil, err
	}
	return s.nest(kind, outer, inner, params, on)
}

// resolveParams resolves run-time parameters over the outer row. Those that read relations further out are handed on to whoever joins those.
func (s *scope) resolveParams(params []ParamSet, outer *relation) ([]ParamSet, error) {
	var own []ParamSet
	for _, p := range params {
		if s.beside != nil && !outer.rels.contains(relsOf(p.Expr)) {
			s.beside.params = append(s.beside.params, p)
			continue
		}
		e, err := resolve(p.Expr, outer.layout)
		if err != nil {
			return nil, err
		}
		own = append(own, ParamSet{Index: p.Index, Expr: e})
	}
	return own, nil
}

// rejectsNulls tells whether some condition cannot be true when all columns of the relations are NULL.
func rejectsNulls(quals []expr.Expr, rels relset) bool {
	for _, q := range quals {
		if strictOn(q, columnsOfRels(rels)) {
			return true
		}
	}
	return false
}

// columnsOfRels recognises the columns of relations.
func columnsOfRels(rels relset) func(*expr.Var) bool {
	return func(v *expr.Var) bool { return v.Level == 0 && v.Column >= 0 && rels.has(v.Rel) }
}

// strictOn tells whether a Boolean expression is not true whenever certain columns are NULL.
func strictOn(e expr.Expr, columns func(*expr.Var) bool) bool {
	switch v := e.(type) {
	case *expr.Func:
		return nullOn(v, columns)
	case *expr.NullTest:
		return v.Not && !v.RowValue && nullOn(v.Arg, columns)
	case *expr.ArrayOp:
		return !v.All && nullOn(v.Left, columns) // ALL over an empty array is true
	case *expr.Bool:
		for _, a := range v.Args {
			strict := strictOn(a, columns)
			if v.Op == expr.And && strict {
				return true
			}
			if v.Op != expr.And && !strict {
				return false
			}
		}
		return v.Op == expr.Or && len(v.Args) > 0
	}
	return nullOn(e, columns)
}

// nullOn tells whether a value is NULL whenever certain columns are.
func nullOn(e expr.Expr, columns func(*expr.Var) bool) bool {
	switch v := e.(type) {
	case *expr.Var:
		return columns(v)
	case *expr.Func:
		if v.ReturnsSet || !expr.ProcStrict(v.Proc) {
			return false
		}
		for _, a := range v.Args {
			if nullOn(a, columns) {
				return true
			}
		}
	case *expr.Relabel:
		return nullOn(v.Arg, columns)
	case *expr.CoerceIO:
		return nullOn(v.Arg, columns)
	case *expr.CoerceTypmod:
		return nullOn(v.Arg, columns)
	case *expr.Case: // a value of a sub-query that an outer join fills with NULLs, for one
		c, ok := v.Default.(*expr.Const)
		return v.Arg == nil && (v.Default == nil || ok && c.Value.IsNull()) &&
			!slices.ContainsFunc(v.Whens, func(w expr.When) bool { return !strictOn(w.Cond, columns) })
	}
	return false
}
