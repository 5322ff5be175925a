package expr

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Equal tells whether two expressions are the same, positions and the way casts are written aside. Equal says nothing about
// volatility: two calls of random() are Equal. SubLinks are equal only to themselves.
func Equal(a, b Expr) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if a == b {
		return true
	}
	if a.Type() != b.Type() || !sameHead(a, b) {
		return false
	}
	left, right := children(a), children(b)
	if len(left) != len(right) {
		return false
	}
	for i := range left {
		if !Equal(left[i], right[i]) {
			return false
		}
	}
	return true
}

// Hash is the same for expressions that are Equal.
func Hash(e Expr) uint64 {
	if e == nil {
		return 0
	}
	const factor = 0x9E3779B97F4A7C15
	h := uint64(e.Type().OID)
	switch e := e.(type) {
	case *Func:
		h = h*factor + uint64(e.Proc)
	case *Var:
		h = (h*factor+uint64(e.Rel))*factor + uint64(e.Column)
	case *Const:
		if e.Value.Kind() == sqltypes.KindInt {
			h = h*factor + uint64(e.Value.Int())
		}
	}
	for _, c := range children(e) {
		h = h*factor + Hash(c)
	}
	return h
}

func children(e Expr) []Expr {
	switch e := e.(type) {
	case *Func:
		return e.Args
	case *Bool:
		return e.Args
	case *Var, *Const, *Slot:
		return nil
	}
	var out []Expr
	if s, ok := e.(*Subscript); ok { // omitted bounds count too
		return append(append(append(append(out, s.Arg), s.Lowers...), s.Uppers...), s.Assign)
	}
	mapChildren(e, func(c Expr) Expr {
		out = append(out, c)
		return c
	})
	return out
}

// sameHead compares everything of two nodes but their parts and their types.
func sameHead(a, b Expr) bool {
	switch a := a.(type) {
	case *Const:
		b, ok := b.(*Const)
		return ok && sameDatum(a.Typ.OID, a.Value, b.Value)
	case *Param:
		b, ok := b.(*Param)
		return ok && a.Number == b.Number
	case *Var:
		b, ok := b.(*Var)
		return ok && a.Rel == b.Rel && a.Column == b.Column && a.Level == b.Level
	case *Slot:
		b, ok := b.(*Slot)
		return ok && a.Index == b.Index
	case *ExecParam:
		b, ok := b.(*ExecParam)
		return ok && a.Index == b.Index
	case *SubColumn:
		b, ok := b.(*SubColumn)
		return ok && a.Index == b.Index
	case *External, *SubLink:
		return false
	case *Func:
		b, ok := b.(*Func)
		return ok && a.Proc == b.Proc && a.Variadic == b.Variadic && a.JSON == b.JSON
	case *Bool:
		b, ok := b.(*Bool)
		return ok && a.Op == b.Op
	case *NullTest:
		b, ok := b.(*NullTest)
		return ok && a.Not == b.Not && a.RowValue == b.RowValue
	case *BoolTest:
		b, ok := b.(*BoolTest)
		return ok && a.Test == b.Test
	case *DistinctFrom:
		b, ok := b.(*DistinctFrom)
		return ok && a.Proc == b.Proc && a.Not == b.Not
	case *NullIf:
		b, ok := b.(*NullIf)
		return ok && a.Proc == b.Proc
	case *ArrayOp:
		b, ok := b.(*ArrayOp)
		return ok && a.Proc == b.Proc && a.All == b.All
	case *Case:
		b, ok := b.(*Case)
		return ok && (a.Arg == nil) == (b.Arg == nil)
	}
	return sameConstructor(a, b)
}

func sameConstructor(a, b Expr) bool {
	switch a := a.(type) {
	case *CaseTest:
		_, ok := b.(*CaseTest)
		return ok
	case *IsJSON:
		b, ok := b.(*IsJSON)
		return ok && a.Item == b.Item && a.Unique == b.Unique
	case *Coalesce:
		_, ok := b.(*Coalesce)
		return ok
	case *MinMax:
		b, ok := b.(*MinMax)
		return ok && a.Least == b.Least
	case *ArrayExpr:
		b, ok := b.(*ArrayExpr)
		return ok && a.Element == b.Element && a.Nested == b.Nested
	case *Row:
		_, ok := b.(*Row)
		return ok
	case *RowCompare:
		b, ok := b.(*RowCompare)
		return ok && a.Op == b.Op
	case *FieldSelect:
		b, ok := b.(*FieldSelect)
		return ok && a.Field == b.Field
	case *Subscript:
		b, ok := b.(*Subscript)
		return ok && a.Slice == b.Slice && len(a.Uppers) == len(b.Uppers)
	case *Relabel:
		_, ok := b.(*Relabel)
		return ok
	case *CoerceIO:
		_, ok := b.(*CoerceIO)
		return ok
	case *CoerceTypmod:
		b, ok := b.(*CoerceTypmod)
		return ok && (a.Cast == ExplicitCast) == (b.Cast == ExplicitCast)
	case *ArrayCoerce:
		_, ok := b.(*ArrayCoerce)
		return ok
	case *SQLValue:
		b, ok := b.(*SQLValue)
		return ok && a.Kind == b.Kind
	case *Agg:
		b, ok := b.(*Agg)
		return ok && sameAgg(a, b)
	case *WindowFunc:
		b, ok := b.(*WindowFunc)
		return ok && a.Proc == b.Proc && a.Star == b.Star && a.Window == b.Window && (a.Filter == nil) == (b.Filter == nil)
	case *Grouping:
		b, ok := b.(*Grouping)
		return ok && a.Level == b.Level
	case *Default:
		_, ok := b.(*Default)
		return ok
	}
	return false
}

func sameAgg(a, b *Agg) bool {
	if a.Proc != b.Proc || a.Star != b.Star || a.Distinct != b.Distinct || a.Within != b.Within || a.Variadic != b.Variadic ||
		a.Level != b.Level || (a.Filter == nil) != (b.Filter == nil) || len(a.OrderBy) != len(b.OrderBy) || len(a.Direct) != len(b.Direct) {
		return false
	}
	for i := range a.OrderBy {
		if a.OrderBy[i].Desc != b.OrderBy[i].Desc || a.OrderBy[i].NullsFirst != b.OrderBy[i].NullsFirst {
			return false
		}
	}
	return true
}

// sameDatum tells whether two values look the same: 1.0 and 1.00 do not.
func sameDatum(t oid, a, b datum) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() && b.IsNull()
	}
	if a.Kind() != b.Kind() {
		return false
	}
	if a.Kind() == sqltypes.KindInt {
		return a.Int() == b.Int()
	}
	return sqltypes.Text(t, a, nil) == sqltypes.Text(t, b, nil)
}
