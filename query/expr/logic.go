package expr

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func compileBool(e *Bool) (Eval, error) {
	args, err := compileAll(e.Args)
	if err != nil {
		return nil, err
	}
	switch {
	case e.Op == Not:
		arg := args[0]
		return func(env *Env) (datum, error) {
			a, err := arg(env)
			if err != nil || a.IsNull() {
				return sqltypes.Null, err
			}
			return sqltypes.Bool(!a.Bool()), nil
		}, nil
	case len(args) == 2:
		return connective2(args[0], args[1], e.Op == Or), nil
	}
	return connective(args, e.Op == Or), nil
}

// CompileCondition is Compile for a condition on rows, whose members are looked at up to the first that is not true: an AND among values looks behind
// NULL as well, for what is false there or fails.
func CompileCondition(e Expr) (Eval, error) {
	and, ok := e.(*Bool)
	if !ok || and.Op != And {
		return Compile(e)
	}
	parts := make([]Eval, len(and.Args))
	for i, a := range and.Args {
		var err error
		if parts[i], err = CompileCondition(a); err != nil {
			return nil, err
		}
	}
	return func(env *Env) (datum, error) {
		for _, part := range parts {
			if a, err := part(env); err != nil || a.IsNull() || !a.Bool() {
				return a, err
			}
		}
		return sqltypes.Bool(true), nil
	}, nil
}

// connective is AND or OR: stop is the value that decides (false for AND, true for OR).
func connective(args []Eval, stop bool) Eval {
	return func(env *Env) (datum, error) {
		null := false
		for _, arg := range args {
			a, err := arg(env)
			if err != nil {
				return sqltypes.Null, err
			}
			if a.IsNull() {
				null = true
			} else if a.Bool() == stop {
				return a, nil
			}
		}
		if null {
			return sqltypes.Null, nil
		}
		return sqltypes.Bool(!stop), nil
	}
}

func connective2(left, right Eval, stop bool) Eval {
	return func(env *Env) (datum, error) {
		a, err := left(env)
		if err != nil || !a.IsNull() && a.Bool() == stop {
			return a, err
		}
		b, err := right(env)
		if err != nil || !b.IsNull() && b.Bool() == stop {
			return b, err
		}
		if a.IsNull() {
			return a, nil
		}
		return b, nil
	}
}

func compileNullTest(e *NullTest) (Eval, error) {
	arg, err := Compile(e.Arg)
	if err != nil {
		return nil, err
	}
	not, row := e.Not, e.RowValue
	return func(env *Env) (datum, error) {
		a, err := arg(env)
		if err != nil {
			return sqltypes.Null, err
		}
		if row && a.Kind() == sqltypes.KindRecord {
			for _, f := range a.Record().Fields {
				if f.IsNull() == not {
					return sqltypes.Bool(false), nil
				}
			}
			return sqltypes.Bool(true), nil
		}
		return sqltypes.Bool(a.IsNull() != not), nil
	}, nil
}

func compileBoolTest(e *BoolTest) (Eval, error) {
	arg, err := Compile(e.Arg)
	if err != nil {
		return nil, err
	}
	test := e.Test
	return func(env *Env) (datum, error) {
		a, err := arg(env)
		if err != nil {
			return sqltypes.Null, err
		}
		return sqltypes.Bool(boolTest(a, test)), nil
	}, nil
}

func boolTest(a datum, test BoolTestKind) bool {
	known := !a.IsNull()
	switch test {
	case IsTrue:
		return known && a.Bool()
	case IsNotTrue:
		return !known || !a.Bool()
	case IsFalse:
		return known && !a.Bool()
	case IsNotFalse:
		return !known || a.Bool()
	case IsUnknown:
		return !known
	}
	return known
}

// compile2 gives the code of a two-argument operator: an equality, or the operator of ANY and ALL.
func compile2(proc oid, name string, left, right, result sqltypes.Type) (func(env *Env, a, b datum) (datum, error), bool, error) {
	call := &CallInfo{Proc: proc, Name: name, Args: []sqltypes.Type{left, right}, Result: result}
	impl, err := findImpl(call)
	if err != nil {
		return nil, false, err
	}
	if impl.Call2 != nil {
		return impl.Call2, impl.Strict, nil
	}
	f, err := impl.For(call)
	if err != nil {
		return nil, false, err
	}
	return func(env *Env, a, b datum) (datum, error) {
		base := len(env.stack)
		env.stack = append(env.stack, a, b)
		v, err := f(env, env.stack[base:base+2:base+2])
		env.pop(base)
		return v, err
	}, impl.Strict, nil
}

func compileDistinct(e *DistinctFrom) (Eval, error) {
	equal, _, err := compile2(e.Proc, "=", e.Left.Type(), e.Right.Type(), sqltypes.T(sqltypes.BoolOID))
	if err != nil {
		return nil, err
	}
	left, err := Compile(e.Left)
	if err != nil {
		return nil, err
	}
	right, err := Compile(e.Right)
	if err != nil {
		return nil, err
	}
	not := e.Not
	return func(env *Env) (datum, error) {
		a, err := left(env)
		if err != nil {
			return sqltypes.Null, err
		}
		b, err := right(env)
		if err != nil {
			return sqltypes.Null, err
		}
		if a.IsNull() || b.IsNull() {
			return sqltypes.Bool((a.IsNull() != b.IsNull()) != not), nil
		}
		v, err := equal(env, a, b)
		if err != nil {
			return sqltypes.Null, err
		}
		return sqltypes.Bool(!v.Bool() != not), nil
	}, nil
}

func compileNullIf(e *NullIf) (Eval, error) {
	equal, _, err := compile2(e.Proc, "=", e.Left.Type(), e.Right.Type(), sqltypes.T(sqltypes.BoolOID))
	if err != nil {
		return nil, err
	}
	left, err := Compile(e.Left)
	if err != nil {
		return nil, err
	}
	right, err := Compile(e.Right)
	if err != nil {
		return nil, err
	}
	return func(env *Env) (datum, error) {
		a, err := left(env)
		if err != nil {
			return sqltypes.Null, err
		}
		b, err := right(env)
		if err != nil || a.IsNull() || b.IsNull() {
			return a, err
		}
		v, err := equal(env, a, b)
		if err != nil || v.Bool() {
			return sqltypes.Null, err
		}
		return a, nil
	}, nil
}

func compileArrayOp(e *ArrayOp) (Eval, error) {
	element := sqltypes.T(sqltypes.UnknownOID)
	if o, ok := sqltypes.ElementOf(e.Right.Type().OID); ok {
		element.OID = o
	}
	op, strict, err := compile2(e.Proc, e.Name, e.Left.Type(), element, sqltypes.T(sqltypes.BoolOID))
	if err != nil {
		return nil, err
	}
	left, err := Compile(e.Left)
	if err != nil {
		return nil, err
	}
	right, err := Compile(e.Right)
	if err != nil {
		return nil, err
	}
	all, asSet := e.All, !e.All && isEqualityProc(e.Proc)
	c, isConst := e.Right.(*Const)
	if isConst && asSet && c.Value.Kind() == sqltypes.KindArray {
		if l := newList(c.Value, true); l.set != nil {
			return func(env *Env) (datum, error) {
				a, err := left(env)
				if err != nil || a.IsNull() {
					return sqltypes.Null, err
				}
				return l.has(a), nil
			}, nil
		}
	}
	once := !isConst && computedOnce(e.Right)
	return func(env *Env) (datum, error) {
		a, err := left(env)
		if err != nil {
			return sqltypes.Null, err
		}
		if once {
			l, err := env.list(e, right, asSet)
			if err != nil || l.array == nil {
				return sqltypes.Null, err
			}
			if l.set != nil && !a.IsNull() {
				return l.has(a), nil
			}
			return quantified(env, op, strict, all, a, l.array.Elements)
		}
		b, err := right(env)
		if err != nil || b.IsNull() {
			return sqltypes.Null, err
		}
		return quantified(env, op, strict, all, a, b.Array().Elements)
	}, nil
}

// quantified is a op ANY|ALL (list).
func quantified(env *Env, op func(env *Env, a, b datum) (datum, error), strict, all bool, a datum, list []datum) (datum, error) {
	if len(list) > 0 && strict && a.IsNull() {
		return sqltypes.Null, nil
	}
	null := false
	for _, b := range list {
		if strict && b.IsNull() {
			null = true
			continue
		}
		v, err := op(env, a, b)
		if err != nil {
			return sqltypes.Null, err
		}
		if v.IsNull() {
			null = true
		} else if v.Bool() != all {
			return v, nil
		}
	}
	if null {
		return sqltypes.Null, nil
	}
	return sqltypes.Bool(all), nil
}

// isEqualityProc tells whether a function compares two values of KindInt for equality as numbers.
func isEqualityProc(proc oid) bool {
	row, ok := findProc(proc)
	if !ok {
		return false
	}
	switch row.source {
	case "int2eq", "int4eq", "int8eq", "int24eq", "int42eq", "int28eq", "int82eq", "int48eq", "int84eq", "oideq", "date_eq",
		"timestamp_eq", "time_eq", "chareq", "booleq":
		return true
	}
	return false
}

func compileCase(e *Case) (Eval, error) {
	var arg Eval
	if e.Arg != nil {
		var err error
		if arg, err = Compile(e.Arg); err != nil {
			return nil, err
		}
	}
	type arm struct{ cond, result Eval }
	arms := make([]arm, len(e.Whens))
	for i, w := range e.Whens {
		var err error
		if arms[i].cond, err = Compile(w.Cond); err != nil {
			return nil, err
		}
		if arms[i].result, err = Compile(w.Result); err != nil {
			return nil, err
		}
	}
	other, err := Compile(e.Default)
	if err != nil {
		return nil, err
	}
	return func(env *Env) (datum, error) {
		if arg != nil {
			saved := env.Case
			v, err := arg(env)
			if err != nil {
				return sqltypes.Null, err
			}
			env.Case = v
			defer func() { env.Case = saved }()
		}
		for i := range arms {
			v, err := arms[i].cond(env)
			if err != nil {
				return sqltypes.Null, err
			}
			if v.Bool() {
				return arms[i].result(env)
			}
		}
		return other(env)
	}, nil
}

func compileCoalesce(e *Coalesce) (Eval, error) {
	args, err := compileAll(e.Args)
	if err != nil {
		return nil, err
	}
	return func(env *Env) (datum, error) {
		for _, arg := range args {
			if v, err := arg(env); err != nil || !v.IsNull() {
				return v, err
			}
		}
		return sqltypes.Null, nil
	}, nil
}

func compileMinMax(e *MinMax) (Eval, error) {
	args, err := compileAll(e.Args)
	if err != nil {
		return nil, err
	}
	t, sign := e.Typ.OID, 1
	if e.Least {
		sign = -1
	}
	return func(env *Env) (datum, error) {
		best := sqltypes.Null
		for _, arg := range args {
			v, err := arg(env)
			if err != nil {
				return sqltypes.Null, err
			}
			if v.IsNull() {
				continue
			}
			c := sign
			if !best.IsNull() {
				if c, err = compareAlike(t, best, v, true); err != nil {
					return sqltypes.Null, err
				}
				c = -c
			}
			if c*sign > 0 {
				best = v
			}
		}
		return best, nil
	}, nil
}

func compileRowCompare(e *RowCompare) (Eval, error) {
	left, err := compileAll(e.Left)
	if err != nil {
		return nil, err
	}
	right, err := compileAll(e.Right)
	if err != nil {
		return nil, err
	}
	types, op := e.Types, e.Op
	return func(env *Env) (datum, error) {
		null := false
		for i := range left {
			a, err := left[i](env)
			if err != nil {
				return sqltypes.Null, err
			}
			b, err := right[i](env)
			if err != nil {
				return sqltypes.Null, err
			}
			if a.IsNull() || b.IsNull() {
				if op != EQ && op != NE {
					return sqltypes.Null, nil
				}
				null = true
				continue
			}
			if c, err := compareAlike(types[i], a, b, true); c != 0 || err != nil {
				return sqltypes.Bool(op.holds(c)), err
			}
		}
		if null {
			return sqltypes.Null, nil
		}
		return sqltypes.Bool(op.holds(0)), nil
	}, nil
}

// holds tells whether the comparison is true of values that compare as c.
func (op CompareOp) holds(c int) bool {
	switch op {
	case LT:
		return c < 0
	case LE:
		return c <= 0
	case EQ:
		return c == 0
	case GE:
		return c >= 0
	case GT:
		return c > 0
	}
	return c != 0
}
