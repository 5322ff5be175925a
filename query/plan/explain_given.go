package plan

import (
	"slices"

	"github.com/opendsql/opendsql/query/expr"
)

// given notes of an operator and those below it which of their columns they give, when those marked of n are read above it. A column that nothing
// but the conditions of an operator reads is not among them.
func (e *explainer) given(n Node, read []bool) {
	switch v := n.(type) {
	case *Scan:
		e.gives[n] = read
	case *Project:
		below := unread(v.Child)
		for i, x := range v.Exprs {
			if read[i] || expr.ContainsVolatile(x) {
				readBy(below, x)
			}
		}
		e.given(v.Child, below)
	case *Filter:
		e.passes(n, v.Child, read, v.Cond)
	case *Gate:
		e.passes(n, v.Child, read)
	case *Limit:
		e.passes(n, v.Child, read)
	case *With:
		e.passes(n, v.Child, read)
	case *Sort:
		read = slices.Clone(read)
		for _, k := range v.Keys {
			read[k.Slot] = true
		}
		e.passes(n, v.Child, read)
	case *Aggregate:
		below := unread(v.Child)
		readBy(below, v.Keys...)
		for _, a := range v.Aggs {
			rows := *a
			rows.Direct = nil // they read the keys
			readBy(below, &rows)
		}
		e.given(v.Child, below)
	case *ProjectSet:
		below := unread(v.Child)
		readBy(below, v.Exprs...)
		e.given(v.Child, below)
	case *WindowAgg:
		exprs := slices.Concat(v.Partition, []expr.Expr{v.Frame.Start.Offset, v.Frame.End.Offset})
		for _, k := range v.Order {
			exprs = append(exprs, k.Expr)
		}
		for _, f := range v.Funcs {
			exprs = append(exprs, f)
		}
		e.passes(n, v.Child, read, exprs...)
	case *NestLoop:
		outer, inner := e.joined(n, v.Outer, v.Inner, read, v.On, v.Recheck)
		for _, p := range v.Params {
			readBy(outer, p.Expr)
		}
		e.given(v.Outer, outer)
		e.given(v.Inner, inner)
	case *HashJoin:
		e.joinedBy(n, v.Outer, v.Inner, read, v.OuterKeys, v.InnerKeys, v.On)
	case *MergeJoin:
		e.joinedBy(n, v.Outer, v.Inner, read, v.OuterKeys, v.InnerKeys, v.On)
	default:
		for _, child := range n.Children() {
			e.given(child, allRead(child))
		}
	}
}

// passes is given of an operator that gives its input's rows and reads conditions over them.
func (e *explainer) passes(n, child Node, read []bool, conds ...expr.Expr) {
	e.gives[n] = read
	below := unread(child)
	copy(below, read)
	readBy(below, conds...)
	e.given(child, below)
}

// joinedBy is joined for a join by keys, down into both sides.
func (e *explainer) joinedBy(n, outer, inner Node, read []bool, outerKeys, innerKeys []expr.Expr, on expr.Expr) {
	o, i := e.joined(n, outer, inner, read, on)
	readBy(o, outerKeys...)
	readBy(i, innerKeys...)
	e.given(outer, o)
	e.given(inner, i)
}

// joined splits what is read of a join's rows, and by its conditions, into what is read of either side.
func (e *explainer) joined(n, outer, inner Node, read []bool, conds ...expr.Expr) (ofOuter, ofInner []bool) {
	e.gives[n] = read
	left := len(outer.Header())
	row := make([]bool, left+len(inner.Header()))
	copy(row, read)
	readBy(row, conds...)
	return row[:left:left], row[left:]
}

func unread(n Node) []bool { return make([]bool, len(n.Header())) }

func allRead(n Node) []bool {
	all := unread(n)
	for i := range all {
		all[i] = true
	}
	return all
}

// readBy marks the slots that expressions read.
func readBy(read []bool, list ...expr.Expr) {
	for _, x := range list {
		expr.Walk(x, func(n expr.Expr) bool {
			if s, ok := n.(*expr.Slot); ok {
				read[s.Index] = true
			}
			return true
		})
	}
}

// givenOf are the columns of a list that an operator gives.
func (e *explainer) givenOf(n Node, list []expr.Expr) []expr.Expr {
	read, known := e.gives[n]
	if !known {
		return list
	}
	out := []expr.Expr{}
	for i, x := range list {
		if i >= len(read) || read[i] {
			out = append(out, x)
		}
	}
	return out
}
