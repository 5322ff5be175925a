package expr

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Fold computes in advance what does not depend on a row: immutable calls of constants, connectives with a constant that decides,
// CASE and COALESCE whose course is known. What fails to compute fails the statement, whether or not a row would ever reach it.
func Fold(e Expr, s *Session) (Expr, error) {
	f := folder{env: &Env{Session: s}}
	out := f.fold(e)
	if f.err != nil {
		return e, f.err
	}
	return out, nil
}

// FoldLate is Fold for what is planned before it is known to be needed: what fails to compute stays as it is, so that its error appears when,
// and only when, a row reaches it.
func FoldLate(e Expr, s *Session) Expr {
	f := folder{env: &Env{Session: s}, late: true}
	return f.fold(e)
}

// FoldStable is FoldLate that also computes stable calls: for estimates, never for results that outlive the statement.
func FoldStable(e Expr, s *Session) Expr {
	f := folder{env: &Env{Session: s}, stable: true, late: true}
	return f.fold(e)
}

// CheckStable gives the error of the stable and immutable calls in an expression that FoldStable would compute; nil: none fails.
func CheckStable(e Expr, s *Session) error {
	f := folder{env: &Env{Session: s}, stable: true}
	f.fold(e)
	return f.err
}

// CheckParams gives the error of Fold when the parameters have these values; nil: there is none.
func CheckParams(e Expr, s *Session, params []sqltypes.Datum) error {
	f := folder{env: &Env{Session: s}, params: params}
	f.fold(e)
	return f.err
}

// FoldsParams tells whether Fold computes anything of an expression once the values of parameters are known.
func FoldsParams(e Expr) bool {
	found := false
	Walk(e, func(n Expr) bool {
		if found || nodeVolatility(n) > Immutable {
			return !found
		}
		params := 0
		list := children(n)
		for _, c := range list {
			switch c.(type) {
			case *Param:
				params++
			case *Const:
			default:
				return true
			}
		}
		found = params > 0
		return !found
	})
	return found
}

type folder struct {
	env    *Env
	stable bool
	late   bool             // errors wait
	params []sqltypes.Datum // values of parameters; nil: not known
	err    error
}

func (f *folder) fold(e Expr) Expr {
	if f.err != nil {
		return e
	}
	switch n := e.(type) {
	case nil, *SubLink, *External, *Const:
		return e
	case *Case:
		return f.foldCase(n)
	case *Bool:
		if n.Op != Not {
			return f.foldBool(n)
		}
	case *Coalesce:
		return f.foldCoalesce(n)
	case *RowCompare:
		return f.foldRowCompare(n)
	}
	if n, ok := e.(*ArrayCoerce); ok { // Element stands over a CaseTest that only this node sets
		e = with1(n, n.Arg, f.fold, func(c *ArrayCoerce, x Expr) { c.Arg = x })
	} else {
		e = mapChildren(e, f.fold)
	}
	switch n := e.(type) {
	case *Func:
		if n.ReturnsSet {
			return e
		}
		if row, ok := findProc(n.Proc); ok && row.strict && row.result != sqltypes.RecordOID && hasNullConst(n.Args) {
			return &Const{Base: Base{Typ: n.Typ, At: n.At}, Value: sqltypes.Null}
		}
	case *NullTest:
		if row, ok := n.Arg.(*Row); ok && n.RowValue && slices.ContainsFunc(row.Fields, func(x Expr) bool { return decidesRow(x, n.Not) }) {
			return &Const{Base: Base{Typ: n.Typ, At: n.At}, Value: sqltypes.Bool(false)}
		}
	case *Param:
		if f.params != nil {
			return &Const{Base: n.Base, Value: f.params[n.Number-1]}
		}
		return e
	case *Agg, *WindowFunc, *Grouping, *Var, *Slot, *ExecParam, *SubColumn, *CaseTest, *Default:
		return e
	}
	if f.err != nil {
		return e
	}
	if f.mayCompute(e) {
		return f.compute(e)
	}
	if n, ok := e.(*Func); ok && n.Operator != 0 && (n.Proc == boolEqual || n.Proc == boolUnequal) {
		return boolEquality(n)
	}
	return e
}

// The functions of = and <> of booleans.
const (
	boolEqual   = 60
	boolUnequal = 84
)

// boolEquality writes a comparison with true or false as the value that is compared or its negation.
func boolEquality(f *Func) Expr {
	for i, a := range f.Args {
		c, ok := a.(*Const)
		if !ok || c.Value.IsNull() {
			continue
		}
		other := f.Args[1-i]
		if c.Value.Bool() == (f.Proc == boolEqual) {
			return other
		}
		return &Bool{Base: f.Base, Op: Not, Args: []Expr{other}}
	}
	return f
}

// decidesRow tells whether a field is a constant that makes IS NULL, or with not IS NOT NULL, of its row false.
func decidesRow(field Expr, not bool) bool {
	c, ok := field.(*Const)
	return ok && c.Value.IsNull() == not
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
	if n, ok := e.(*Func); nodeVolatility(e) > limit || ok && n.JSON.Constructor {
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
		if !f.late {
			f.err = err
		}
		return e
	}
	return &Const{Base: Base{Typ: e.Type(), At: e.Pos()}, Value: v}
}

// foldBool looks at the members of AND or OR in their order, and at none behind one that decides.
func (f *folder) foldBool(e *Bool) Expr {
	stop := e.Op == Or
	var rest []Expr
	var null Expr
	changed := false
	for _, a := range e.Args {
		out := f.fold(a)
		changed = changed || out != a
		c, ok := out.(*Const)
		switch {
		case !ok:
			rest = append(rest, out)
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
	case len(rest) == len(e.Args) && !changed:
		return e
	}
	return &Bool{Base: e.Base, Op: e.Op, Args: rest}
}

// foldCoalesce looks at no argument behind one that is known not to be NULL.
func (f *folder) foldCoalesce(e *Coalesce) Expr {
	var rest []Expr
	changed := false
	for _, a := range e.Args {
		out := f.fold(a)
		changed = changed || out != a
		c, ok := out.(*Const)
		if ok && c.Value.IsNull() {
			continue
		}
		rest = append(rest, out)
		if ok {
			break
		}
	}
	switch {
	case len(rest) == 0:
		return &Const{Base: e.Base, Value: sqltypes.Null}
	case len(rest) == 1:
		return rest[0]
	case len(rest) == len(e.Args) && !changed:
		return e
	}
	return &Coalesce{Base: e.Base, Args: rest}
}

// foldRowCompare looks at no pair behind one that decides an equality of rows: it is an AND of the pairs' equalities, and its opposite an OR.
func (f *folder) foldRowCompare(e *RowCompare) Expr {
	out := *e
	out.Left, out.Right = slices.Clone(e.Left), slices.Clone(e.Right)
	changed, known, null := false, true, false
	for i := range e.Left {
		l, r := f.fold(e.Left[i]), f.fold(e.Right[i])
		changed = changed || l != e.Left[i] || r != e.Right[i]
		out.Left[i], out.Right[i] = l, r
		a, ok := l.(*Const)
		b, ok2 := r.(*Const)
		switch {
		case !ok || !ok2 || e.Op != EQ && e.Op != NE:
			known = false
		case a.Value.IsNull() || b.Value.IsNull():
			null = true
		case compareValues(e.Types[i], a.Value, b.Value) != 0:
			return &Const{Base: e.Base, Value: sqltypes.Bool(e.Op == NE)}
		}
	}
	switch {
	case known && null:
		return &Const{Base: e.Base, Value: sqltypes.Null}
	case known:
		return &Const{Base: e.Base, Value: sqltypes.Bool(e.Op == EQ)}
	case changed:
		return &out
	}
	return e
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
