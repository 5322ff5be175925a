package expr

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Fold computes in advance what does not depend on a row: immutable calls of constants, connectives with a constant that decides,
// CASE and COALESCE whose course is known. What fails to compute stays as it is, so that its error appears when, and only when, it
// is reached.
func Fold(e Expr, s *Session) Expr {
	f := folder{env: &Env{Session: s}}
	return f.fold(e)
}

// FoldStable is Fold that also computes stable calls: for estimates, never for results that outlive the statement.
func FoldStable(e Expr, s *Session) Expr {
	f := folder{env: &Env{Session: s}, stable: true}
	return f.fold(e)
}

type folder struct {
	env    *Env
	stable bool
}

func (f *folder) fold(e Expr) Expr {
	switch n := e.(type) {
	case nil, *SubLink, *External, *Const:
		return e
	case *Case:
		return f.foldCase(n)
	case *ArrayCoerce: // Element stands over a CaseTest that only this node sets
		e = with1(n, n.Arg, f.fold, func(c *ArrayCoerce, x Expr) { c.Arg = x })
	default:
		e = mapChildren(e, f.fold)
	}
	switch n := e.(type) {
	case *Bool:
		return f.foldBool(n)
	case *Coalesce:
		return f.foldCoalesce(n)
	case *Func:
		if n.ReturnsSet {
			return e
		}
		if row, ok := findProc(n.Proc); ok && row.strict && hasNullConst(n.Args) && (f.stable || nodeVolatility(n) != VolatileResult) {
			return &Const{Base: Base{Typ: n.Typ, At: n.At}, Value: sqltypes.Null}
		}
	case *Agg, *WindowFunc, *Grouping, *Var, *Slot, *Param, *ExecParam, *SubColumn, *CaseTest, *Default:
		return e
	}
	if !f.mayCompute(e) {
		return e
	}
	return f.compute(e)
}

func hasNullConst(list []Expr) bool {
	for _, a := range list {
		if c, ok := a.(*Const); ok && c.Value.IsNull() {
			return true
		}
	}
	return false
}

// mayCompute tells whether a node's own function allows it and all its parts are constants.
func (f *folder) mayCompute(e Expr) bool {
	limit := Immutable
	if f.stable && f.env.Session != nil {
		limit = Stable
	}
	if nodeVolatility(e) > limit {
		return false
	}
	list := children(e)
	if c, ok := e.(*ArrayCoerce); ok {
		if Volatile(c.Element) > limit {
			return false
		}
		list = []Expr{c.Arg}
	}
	for _, c := range list {
		if _, ok := c.(*Const); !ok && c != nil {
			return false
		}
	}
	return true
}

func (f *folder) compute(e Expr) Expr {
	run, err := Compile(e)
	if err != nil {
		return e
	}
	v, err := run(f.env)
	f.env.stack = f.env.stack[:0]
	if err != nil {
		return e
	}
	return &Const{Base: Base{Typ: e.Type(), At: e.Pos()}, Value: v}
}

func (f *folder) foldBool(e *Bool) Expr {
	if e.Op == Not {
		if f.mayCompute(e) {
			return f.compute(e)
		}
		return e
	}
	stop := e.Op == Or
	var rest []Expr
	var null Expr
	for _, a := range e.Args {
		c, ok := a.(*Const)
		switch {
		case !ok:
			rest = append(rest, a)
		case c.Value.IsNull():
			if null == nil {
				null = c
				rest = append(rest, c)
			}
		case c.Value.Bool() == stop:
			return &Const{Base: e.Base, Value: sqltypes.Bool(stop)}
		}
	}
	switch {
	case len(rest) == 0:
		return &Const{Base: e.Base, Value: sqltypes.Bool(!stop)}
	case len(rest) == 1:
		return rest[0]
	case len(rest) == len(e.Args):
		return e
	}
	return &Bool{Base: e.Base, Op: e.Op, Args: rest}
}

func (f *folder) foldCoalesce(e *Coalesce) Expr {
	var rest []Expr
	for _, a := range e.Args {
		c, ok := a.(*Const)
		if ok && c.Value.IsNull() {
			continue
		}
		rest = append(rest, a)
		if ok {
			break
		}
	}
	switch {
	case len(rest) == 0:
		return &Const{Base: e.Base, Value: sqltypes.Null}
	case len(rest) == 1:
		return rest[0]
	case len(rest) == len(e.Args):
		return e
	}
	return &Coalesce{Base: e.Base, Args: rest}
}

// foldCase leaves away arms that cannot be reached, so that an error in them never shows.
func (f *folder) foldCase(e *Case) Expr {
	arg := e.Arg
	if arg != nil {
		arg = f.fold(arg)
	}
	known, isConst := arg.(*Const)
	out := &Case{Base: e.Base, Arg: arg}
	for _, w := range e.Whens {
		cond := w.Cond
		if isConst {
			cond = Rewrite(cond, func(x Expr) (Expr, bool) {
				switch x.(type) {
				case *CaseTest:
					return known, true
				case *Case, *ArrayCoerce:
					return x, true
				}
				return x, false
			})
		}
		cond = f.fold(cond)
		if c, ok := cond.(*Const); ok {
			if c.Value.IsNull() || !c.Value.Bool() {
				continue
			}
			result := f.fold(w.Result)
			if len(out.Whens) == 0 {
				return result
			}
			out.Default = result
			return out
		}
		out.Whens = append(out.Whens, When{cond, f.fold(w.Result)})
	}
	out.Default = f.fold(e.Default)
	if len(out.Whens) == 0 {
		return out.Default
	}
	return out
}
