package plan

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

// normalize brings a condition into the form that the planner looks for: NOT stands at the leaves, what all arms of an OR have in common stands outside of
// it, equalities of one value with several constants are one list, and a list of one value is an equality.
func normalize(e expr.Expr) expr.Expr {
	switch v := e.(type) {
	case *expr.Bool:
		switch v.Op {
		case expr.Not:
			if out := negated(v.Args[0]); out != nil {
				return normalize(out)
			}
			return e
		case expr.And:
			return conjunction(conjunctsOf(v))
		default:
			return normalizeOr(v)
		}
	case *expr.ArrayOp:
		if out := oneElement(v); out != nil {
			return out
		}
	}
	return e
}

// selfEqualities writes those conditions that compare a value with itself as the tests for NULL that they are.
func selfEqualities(e expr.Expr) expr.Expr {
	list := conjuncts(e)
	changed := false
	for i, c := range list {
		left, right, _, ok := equality(c)
		if ok && expr.Equal(left, right) && !expr.ContainsVolatile(left) && left.Type().OID != sqltypes.RecordOID && !relsOf(left).empty() {
			list[i], changed = &expr.NullTest{Base: expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}, Arg: left, Not: true}, true
		}
	}
	if !changed {
		return e
	}
	return conjunction(list)
}

// conjunctsOf are the members of a conjunction in their forms, each once.
func conjunctsOf(v *expr.Bool) []expr.Expr {
	var out []expr.Expr
	have := map[uint64][]expr.Expr{}
	for _, a := range conjuncts(v) {
		for _, c := range conjuncts(normalize(a)) {
			h := expr.Hash(c)
			if !containsExpr(have[h], c) || expr.ContainsVolatile(c) {
				out = append(out, c)
				have[h] = append(have[h], c)
			}
		}
	}
	return out
}

// negated is the opposite of a condition without a NOT around it; nil when there is no such form.
func negated(e expr.Expr) expr.Expr {
	switch v := e.(type) {
	case *expr.Bool:
		if v.Op == expr.Not {
			return v.Args[0]
		}
		c := *v
		c.Op = expr.And + expr.Or - v.Op
		c.Args = slices.Clone(v.Args)
		for i, a := range c.Args {
			if n := negated(a); n != nil {
				c.Args[i] = n
			} else {
				c.Args[i] = &expr.Bool{Base: v.Base, Op: expr.Not, Args: []expr.Expr{a}}
			}
		}
		return &c
	case *expr.NullTest:
		if v.RowValue {
			return nil // a row of NULLs and others is neither
		}
		c := *v
		c.Not = !v.Not
		return &c
	case *expr.BoolTest:
		c := *v
		c.Test = [...]expr.BoolTestKind{expr.IsTrue: expr.IsNotTrue, expr.IsNotTrue: expr.IsTrue, expr.IsFalse: expr.IsNotFalse, expr.IsNotFalse: expr.IsFalse,
			expr.IsUnknown: expr.IsNotUnknown, expr.IsNotUnknown: expr.IsUnknown}[v.Test]
		return &c
	case *expr.DistinctFrom:
		c := *v
		c.Not = !v.Not
		return &c
	}
	return nil
}

// oneElement is the comparison that a list of one value stands for.
func oneElement(a *expr.ArrayOp) expr.Expr {
	var value expr.Expr
	switch r := a.Right.(type) {
	case *expr.ArrayExpr:
		if len(r.Elements) == 1 && !r.Nested {
			value = r.Elements[0]
		}
	case *expr.Const:
		if r.Value.Kind() == sqltypes.KindArray && len(r.Value.Array().Elements) == 1 {
			if element, ok := sqltypes.ElementOf(r.Typ.OID); ok {
				value = &expr.Const{Base: expr.Base{Typ: sqltypes.T(element), At: r.At}, Value: r.Value.Array().Elements[0]}
			}
		}
	}
	if value == nil || a.Operator == 0 {
		return nil
	}
	return &expr.Func{Base: a.Base, Proc: a.Proc, Operator: a.Operator, Name: a.Name, Args: []expr.Expr{a.Left, value}}
}

// normalizeOr takes the conditions out of an OR that all of its arms have.
func normalizeOr(v *expr.Bool) expr.Expr {
	var arms [][]expr.Expr
	for _, a := range flattened(v, expr.Or, nil) {
		for _, arm := range flattened(normalize(a), expr.Or, nil) {
			arms = append(arms, conjuncts(arm))
		}
	}
	var common []expr.Expr
	if !expr.ContainsVolatile(v) {
		for _, c := range arms[0] {
			if !slices.ContainsFunc(arms[1:], func(arm []expr.Expr) bool { return !containsExpr(arm, c) }) {
				common = append(common, c)
			}
		}
	}
	var rest []expr.Expr
	for _, arm := range arms {
		arm = slices.DeleteFunc(slices.Clone(arm), func(c expr.Expr) bool { return containsExpr(common, c) })
		if len(arm) == 0 {
			return conjunction(common) // the other arms ask for more
		}
		rest = append(rest, conjunction(arm))
	}
	return conjunction(append(common, listed(&expr.Bool{Base: v.Base, Op: expr.Or, Args: rest})))
}

// listed makes one list of equalities of the same value with constants in an OR.
func listed(v *expr.Bool) expr.Expr {
	type list struct {
		first    *expr.Func
		at       int
		elements []expr.Expr
	}
	var lists []*list
	var args []expr.Expr
	for _, a := range v.Args {
		f, ok := a.(*expr.Func)
		if !ok || f.Name != "=" || f.Operator == 0 || len(f.Args) != 2 || !isConstant(f.Args[1]) || isConstant(f.Args[0]) || expr.ContainsVolatile(f.Args[0]) {
			args = append(args, a)
			continue
		}
		i := slices.IndexFunc(lists, func(l *list) bool { return l.first.Proc == f.Proc && expr.Equal(l.first.Args[0], f.Args[0]) })
		if i < 0 {
			lists = append(lists, &list{first: f, at: len(args), elements: []expr.Expr{f.Args[1]}})
			args = append(args, a)
		} else {
			lists[i].elements = append(lists[i].elements, f.Args[1])
		}
	}
	for _, l := range lists {
		t := l.elements[0].Type().OID
		array, ok := sqltypes.ArrayOf(t)
		if len(l.elements) == 1 {
			continue
		}
		if !ok {
			return v
		}
		right := &expr.ArrayExpr{Base: expr.Base{Typ: sqltypes.T(array), At: -1}, Element: t, Elements: l.elements}
		args[l.at] = &expr.ArrayOp{Base: l.first.Base, Proc: l.first.Proc, Operator: l.first.Operator, Name: "=", Left: l.first.Args[0], Right: right}
	}
	if len(args) == 1 {
		return args[0]
	}
	return &expr.Bool{Base: v.Base, Op: expr.Or, Args: args}
}

func isConstant(e expr.Expr) bool {
	switch e.(type) {
	case *expr.Const, *expr.Param, *expr.ExecParam:
		return true
	}
	return false
}

// implied are conditions on single relations that follow from an OR over several: each of its arms says something of the relation.
func implied(e expr.Expr) []expr.Expr {
	v, ok := e.(*expr.Bool)
	if !ok || v.Op != expr.Or || expr.ContainsVolatile(e) {
		return nil
	}
	rels := relsOf(e)
	if rels.size() < 2 {
		return nil
	}
	var out []expr.Expr
	for rel := range rels.members() {
		var arms []expr.Expr
		for _, a := range v.Args {
			var own []expr.Expr
			for _, c := range conjuncts(a) {
				if relsOf(c) == single(rel) && !hasExternal(c) {
					own = append(own, c)
				}
			}
			if len(own) == 0 {
				arms = nil
				break
			}
			arms = append(arms, conjunction(own))
		}
		if len(arms) > 0 {
			out = append(out, listed(&expr.Bool{Base: v.Base, Op: expr.Or, Args: arms}))
		}
	}
	return out
}
