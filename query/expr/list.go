package expr

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// setMin is from how many values on a list of whole numbers is searched as a set.
const setMin = 9

// list is the array that values are compared with by ANY or ALL.
type list struct {
	array   *sqltypes.Array    // nil: NULL
	set     map[int64]struct{} // of a long list of whole numbers, when equality is asked for; nil: there is none
	hasNull bool               // some element of the set's list
	filter  Filter             // over columns; nil: not made
}

func newList(value datum, asSet bool) *list {
	l := &list{}
	if value.IsNull() {
		return l
	}
	l.array = value.Array()
	kind, fixed := sqltypes.FixedKind(l.array.Element)
	if !asSet || !fixed || kind != sqltypes.KindInt || len(l.array.Elements) < setMin {
		return l
	}
	l.set = make(map[int64]struct{}, len(l.array.Elements))
	for _, d := range l.array.Elements {
		if d.IsNull() {
			l.hasNull = true
			continue
		}
		l.set[d.Int()] = struct{}{}
	}
	return l
}

// has tells whether the set has a value: NULL when it may be one of the list's NULLs.
func (l *list) has(a datum) datum {
	_, ok := l.set[a.Int()]
	if !ok && l.hasNull {
		return sqltypes.Null
	}
	return sqltypes.Bool(ok)
}

// Begin begins an execution: nothing computed in one before is used again.
func (env *Env) Begin() { env.lists, env.keeps = nil, true }

// End ends an execution: what it kept is let go.
func (env *Env) End() { env.lists, env.keeps = nil, false }

// list computes the array that a node compares with, once in an execution.
func (env *Env) list(e *ArrayOp, right Eval, asSet bool) (*list, error) {
	if l := env.lists[e]; l != nil {
		return l, nil
	}
	value, err := right(env)
	if err != nil {
		return nil, err
	}
	l := newList(value, asSet && env.keeps)
	if env.keeps {
		if env.lists == nil {
			env.lists = map[*ArrayOp]*list{}
		}
		env.lists[e] = l
	}
	return l, nil
}

// computedOnce tells whether an expression has one value for a whole execution: it reads no row, no run-time parameter and no sub-query,
// and nothing in it is volatile.
func computedOnce(e Expr) bool {
	once := true
	Walk(e, func(n Expr) bool {
		switch n.(type) {
		case *Slot, *Var, *ExecParam, *SubColumn, *CaseTest, *External, *SubLink:
			once = false
		}
		return once
	})
	return once && !ContainsVolatile(e)
}
