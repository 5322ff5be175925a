package expr

import "slices"

// Walk visits e and, while f answers true, what it is made of. Sub-queries inside SubLinks are not entered, their Test is.
func Walk(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	mapChildren(e, func(c Expr) Expr {
		Walk(c, f)
		return c
	})
}

// Rewrite builds a new expression from the top down. f answers the replacement of a node and whether it is final; the parts of a node
// that is not final are rewritten in turn. Nodes without a change are shared with e.
func Rewrite(e Expr, f func(Expr) (Expr, bool)) Expr {
	if e == nil {
		return nil
	}
	out, final := f(e)
	if final || out == nil {
		return out
	}
	return mapChildren(out, func(c Expr) Expr { return Rewrite(c, f) })
}

// mapChildren replaces the direct parts of a node; it answers the node itself when none changed.
func mapChildren(e Expr, f func(Expr) Expr) Expr {
	switch e := e.(type) {
	case *External:
		return withList(e, e.Args, f, func(c *External, l []Expr) { c.Args = l })
	case *Func:
		return withList(e, e.Args, f, func(c *Func, l []Expr) { c.Args = l })
	case *Bool:
		return withList(e, e.Args, f, func(c *Bool, l []Expr) { c.Args = l })
	case *NullTest:
		return with1(e, e.Arg, f, func(c *NullTest, x Expr) { c.Arg = x })
	case *BoolTest:
		return with1(e, e.Arg, f, func(c *BoolTest, x Expr) { c.Arg = x })
	case *IsJSON:
		return with1(e, e.Arg, f, func(c *IsJSON, x Expr) { c.Arg = x })
	case *DistinctFrom:
		return with2(e, e.Left, e.Right, f, func(c *DistinctFrom, l, r Expr) { c.Left, c.Right = l, r })
	case *NullIf:
		return with2(e, e.Left, e.Right, f, func(c *NullIf, l, r Expr) { c.Left, c.Right = l, r })
	case *ArrayOp:
		return with2(e, e.Left, e.Right, f, func(c *ArrayOp, l, r Expr) { c.Left, c.Right = l, r })
	case *Case:
		return mapCase(e, f)
	case *Coalesce:
		return withList(e, e.Args, f, func(c *Coalesce, l []Expr) { c.Args = l })
	case *MinMax:
		return withList(e, e.Args, f, func(c *MinMax, l []Expr) { c.Args = l })
	case *ArrayExpr:
		return withList(e, e.Elements, f, func(c *ArrayExpr, l []Expr) { c.Elements = l })
	case *Row:
		return withList(e, e.Fields, f, func(c *Row, l []Expr) { c.Fields = l })
	case *RowCompare:
		left, changed := mapList(e.Left, f)
		right, changed2 := mapList(e.Right, f)
		if !changed && !changed2 {
			return e
		}
		c := *e
		c.Left, c.Right = left, right
		return &c
	case *FieldSelect:
		return with1(e, e.Arg, f, func(c *FieldSelect, x Expr) { c.Arg = x })
	case *Relabel:
		return with1(e, e.Arg, f, func(c *Relabel, x Expr) { c.Arg = x })
	case *CoerceIO:
		return with1(e, e.Arg, f, func(c *CoerceIO, x Expr) { c.Arg = x })
	case *CoerceTypmod:
		return with1(e, e.Arg, f, func(c *CoerceTypmod, x Expr) { c.Arg = x })
	case *ArrayCoerce:
		return with2(e, e.Arg, e.Element, f, func(c *ArrayCoerce, l, r Expr) { c.Arg, c.Element = l, r })
	}
	return mapQueryNode(e, f)
}

// mapQueryNode is mapChildren for the nodes that refer to a query, and for subscripts.
func mapQueryNode(e Expr, f func(Expr) Expr) Expr {
	switch e := e.(type) {
	case *Subscript:
		arg := f(e.Arg)
		lowers, changed := mapList(e.Lowers, f)
		uppers, changed2 := mapList(e.Uppers, f)
		assign := e.Assign
		if assign != nil {
			assign = f(assign)
		}
		if arg == e.Arg && assign == e.Assign && !changed && !changed2 {
			return e
		}
		c := *e
		c.Arg, c.Lowers, c.Uppers, c.Assign = arg, lowers, uppers, assign
		return &c
	case *Agg:
		args, changed := mapList(e.Args, f)
		direct, changed2 := mapList(e.Direct, f)
		order, changed3 := mapKeys(e.OrderBy, f)
		filter := mapOne(e.Filter, f)
		if !changed && !changed2 && !changed3 && filter == e.Filter {
			return e
		}
		c := *e
		c.Args, c.Direct, c.OrderBy, c.Filter = args, direct, order, filter
		return &c
	case *WindowFunc:
		args, changed := mapList(e.Args, f)
		filter := mapOne(e.Filter, f)
		if !changed && filter == e.Filter {
			return e
		}
		c := *e
		c.Args, c.Filter = args, filter
		return &c
	case *Grouping:
		return withList(e, e.Exprs, f, func(c *Grouping, l []Expr) { c.Exprs = l })
	case *SubLink:
		test, changed := mapList(e.Test, f)
		combine := mapOne(e.Combine, f)
		if !changed && combine == e.Combine {
			return e
		}
		c := *e
		c.Test, c.Combine = test, combine
		return &c
	}
	return e
}

func mapOne(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	return f(e)
}

func mapList(list []Expr, f func(Expr) Expr) (out []Expr, changed bool) {
	out = list
	for i, e := range list {
		if e == nil {
			continue
		}
		if n := f(e); n != e {
			if !changed {
				out, changed = slices.Clone(list), true
			}
			out[i] = n
		}
	}
	return out, changed
}

func mapKeys(list []SortKey, f func(Expr) Expr) (out []SortKey, changed bool) {
	out = list
	for i, k := range list {
		if n := f(k.Expr); n != k.Expr {
			if !changed {
				out, changed = slices.Clone(list), true
			}
			out[i].Expr = n
		}
	}
	return out, changed
}

func mapCase(e *Case, f func(Expr) Expr) Expr {
	arg, changed := mapOne(e.Arg, f), false
	whens := e.Whens
	for i, w := range e.Whens {
		cond, result := f(w.Cond), f(w.Result)
		if cond == w.Cond && result == w.Result {
			continue
		}
		if !changed {
			whens, changed = slices.Clone(e.Whens), true
		}
		whens[i] = When{cond, result}
	}
	other := mapOne(e.Default, f)
	if arg == e.Arg && !changed && other == e.Default {
		return e
	}
	c := *e
	c.Arg, c.Whens, c.Default = arg, whens, other
	return &c
}

// node is a pointer to a node's struct.
type node[T any] interface {
	*T
	Expr
}

func withList[T any, P node[T]](e P, list []Expr, f func(Expr) Expr, set func(P, []Expr)) Expr {
	out, changed := mapList(list, f)
	if !changed {
		return e
	}
	c := *e
	set(&c, out)
	return P(&c)
}

func with1[T any, P node[T]](e P, arg Expr, f func(Expr) Expr, set func(P, Expr)) Expr {
	out := f(arg)
	if out == arg {
		return e
	}
	c := *e
	set(&c, out)
	return P(&c)
}

func with2[T any, P node[T]](e P, left, right Expr, f func(Expr) Expr, set func(P, Expr, Expr)) Expr {
	l, r := f(left), f(right)
	if l == left && r == right {
		return e
	}
	c := *e
	set(&c, l, r)
	return P(&c)
}
