package expr

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Compile turns an expression without references to a query's tables into code. The code may be run by one goroutine at a time
// per Env; it keeps no state of its own.
func Compile(e Expr) (Eval, error) {
	switch e := e.(type) {
	case *Const:
		v := e.Value
		return func(*Env) (datum, error) { return v, nil }, nil
	case *Param:
		n := e.Number - 1
		return func(env *Env) (datum, error) { return env.Params[n], nil }, nil
	case *Slot:
		n := e.Index
		return func(env *Env) (datum, error) { return env.Row[n], nil }, nil
	case *ExecParam:
		n := e.Index
		return func(env *Env) (datum, error) { return env.Exec[n], nil }, nil
	case *SubColumn:
		n := e.Index
		return func(env *Env) (datum, error) { return env.Sub[n], nil }, nil
	case *CaseTest:
		return func(env *Env) (datum, error) { return env.Case, nil }, nil
	case *External:
		return compileExternal(e)
	case *Func:
		return compileFunc(e)
	case *Bool:
		return compileBool(e)
	case *NullTest:
		return compileNullTest(e)
	case *BoolTest:
		return compileBoolTest(e)
	case *DistinctFrom:
		return compileDistinct(e)
	case *NullIf:
		return compileNullIf(e)
	case *ArrayOp:
		return compileArrayOp(e)
	case *Case:
		return compileCase(e)
	case *Coalesce:
		return compileCoalesce(e)
	case *MinMax:
		return compileMinMax(e)
	}
	return compileConstructor(e)
}

// compileConstructor compiles the nodes that build, take apart or convert values.
func compileConstructor(e Expr) (Eval, error) {
	switch e := e.(type) {
	case *ArrayExpr:
		return compileArray(e)
	case *Row:
		return compileRow(e)
	case *RowCompare:
		return compileRowCompare(e)
	case *FieldSelect:
		return compileFieldSelect(e)
	case *Subscript:
		return compileSubscript(e)
	case *Relabel:
		return compileRelabel(e)
	case *CoerceIO:
		return compileCoerceIO(e)
	case *CoerceTypmod:
		return compileCoerceTypmod(e)
	case *ArrayCoerce:
		return compileArrayCoerce(e)
	case *IsJSON:
		return compileIsJSON(e)
	case *SQLValue:
		return compileSQLValue(e), nil
	}
	return nil, pgerror.New(pgerror.InternalError, "expression of kind %T cannot be computed here", e)
}

func compileAll(list []Expr) ([]Eval, error) {
	out := make([]Eval, len(list))
	for i, e := range list {
		f, err := Compile(e)
		if err != nil {
			return nil, err
		}
		out[i] = f
	}
	return out, nil
}

// runCall evaluates all args on the argument stack and hands them to f, unless it is strict and one of them is NULL.
func runCall(env *Env, args []Eval, strict bool, f callFn) (datum, error) {
	base, null := len(env.stack), false
	for _, a := range args {
		v, err := a(env)
		if err != nil {
			env.pop(base)
			return sqltypes.Null, err
		}
		null = null || v.IsNull()
		env.stack = append(env.stack, v)
	}
	if strict && null {
		env.pop(base)
		return sqltypes.Null, nil
	}
	top := len(env.stack)
	v, err := f(env, env.stack[base:top:top])
	env.pop(base)
	return v, err
}

func compileExternal(e *External) (Eval, error) {
	args, err := compileAll(e.Args)
	if err != nil {
		return nil, err
	}
	run := e.Run
	if run == nil {
		return nil, pgerror.New(pgerror.InternalError, "sub-query %s was not planned", e.Label)
	}
	if len(args) == 0 {
		return func(env *Env) (datum, error) { return run(env, nil) }, nil
	}
	return func(env *Env) (datum, error) { return runCall(env, args, false, run) }, nil
}

func compileFunc(e *Func) (Eval, error) {
	if refusedFunction(e.Name) {
		return nil, pgerror.New(pgerror.FeatureNotSupported, "function %s not supported", e.Name)
	}
	call := &CallInfo{Proc: e.Proc, Name: e.Name, Result: e.Typ, Variadic: e.Variadic, JSON: e.JSON}
	for _, a := range e.Args {
		call.Args = append(call.Args, a.Type())
	}
	if len(e.Args) > 0 {
		_, call.Stored = bare(e.Args[0]).(*Slot)
	}
	impl, err := findImpl(call)
	if err != nil {
		return nil, err
	}
	args, err := compileAll(e.Args)
	if err != nil {
		return nil, err
	}
	if row, ok := findProc(e.Proc); ok && row.result == sqltypes.Int4OID && e.Typ.OID != sqltypes.Int4OID && !row.set {
		// The function of a cast whose result stands for another type of the same bytes: smallint to oid.
		f, err := impl.For(call)
		if err != nil {
			return nil, err
		}
		strict := impl.Strict
		return unsignedRelabel(func(env *Env) (datum, error) { return runCall(env, args, strict, f) }, sqltypes.Int4OID, e.Typ.OID), nil
	}
	switch {
	case impl.Call0 != nil && len(args) == 0:
		return Eval(impl.Call0), nil
	case impl.Call1 != nil && len(args) == 1:
		return compileUnary(impl, args[0]), nil
	case impl.Call2 != nil && len(args) == 2:
		return compileBinary(impl, e.Args, args), nil
	}
	f, err := impl.For(call)
	if err != nil {
		return nil, err
	}
	strict := impl.Strict
	return func(env *Env) (datum, error) { return runCall(env, args, strict, f) }, nil
}

// findImpl is Builtin, or a call of the session's catalog for the functions that ask it.
func findImpl(call *CallInfo) (*Impl, error) {
	if impl, ok := Builtin(call.Proc); ok {
		return impl, nil
	}
	row, known := findProc(call.Proc)
	name := call.Name
	if known {
		name = row.name
		if !isCatalogFunction(row) {
			return nil, notSupported(call.Proc, name)
		}
	}
	proc := call.Proc
	return &Impl{Strict: known && row.strict, Call: func(env *Env, args []datum) (datum, error) {
		if env.Session == nil || env.Session.Catalog == nil {
			return sqltypes.Null, notSupported(proc, name)
		}
		return env.Session.Catalog.Call(proc, name, args)
	}}, nil
}

func compileUnary(impl *Impl, arg Eval) Eval {
	f := impl.Call1
	if !impl.Strict {
		return func(env *Env) (datum, error) {
			a, err := arg(env)
			if err != nil {
				return sqltypes.Null, err
			}
			return f(env, a)
		}
	}
	return func(env *Env) (datum, error) {
		a, err := arg(env)
		if err != nil || a.IsNull() {
			return sqltypes.Null, err
		}
		return f(env, a)
	}
}

// compileBinary has the common shapes column-constant and column-column of their own: they save two indirect calls a row.
func compileBinary(impl *Impl, nodes []Expr, args []Eval) Eval {
	f, left, right := impl.Call2, args[0], args[1]
	if !impl.Strict {
		return func(env *Env) (datum, error) {
			a, err := left(env)
			if err != nil {
				return sqltypes.Null, err
			}
			b, err := right(env)
			if err != nil {
				return sqltypes.Null, err
			}
			return f(env, a, b)
		}
	}
	if slot, ok := nodes[0].(*Slot); ok {
		i := slot.Index
		if c, ok := nodes[1].(*Const); ok && !c.Value.IsNull() {
			b := c.Value
			return func(env *Env) (datum, error) {
				a := env.Row[i]
				if a.IsNull() {
					return sqltypes.Null, nil
				}
				return f(env, a, b)
			}
		}
		if other, ok := nodes[1].(*Slot); ok {
			j := other.Index
			return func(env *Env) (datum, error) {
				a, b := env.Row[i], env.Row[j]
				if a.IsNull() || b.IsNull() {
					return sqltypes.Null, nil
				}
				return f(env, a, b)
			}
		}
	}
	return func(env *Env) (datum, error) {
		a, err := left(env)
		if err != nil {
			return sqltypes.Null, err
		}
		b, err := right(env)
		if err != nil || a.IsNull() || b.IsNull() {
			return sqltypes.Null, err
		}
		return f(env, a, b)
	}
}
