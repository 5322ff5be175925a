package bind

import (
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// leftmost is the smaller of two byte offsets, of which either may be missing (-1).
func leftmost(a, b int) int {
	switch {
	case a < 0:
		return b
	case b < 0:
		return a
	}
	return min(a, b)
}

// rawAt is where PostgreSQL points for an error about an expression: its leftmost part, mostly.
func rawAt(e parse.Expr) int {
	switch e := e.(type) {
	case nil:
		return -1
	case *parse.FuncCall:
		return leftmost(e.Pos(), rawListAt(e.Args))
	case *parse.NamedArg:
		return leftmost(e.Pos(), rawAt(e.Value))
	case *parse.OpExpr:
		return leftmost(e.Pos(), rawAt(e.Left))
	case *parse.BoolExpr:
		return leftmost(e.Pos(), rawListAt(e.Args))
	case *parse.NullTest:
		return leftmost(e.Pos(), rawAt(e.Arg))
	case *parse.BooleanTest:
		return leftmost(e.Pos(), rawAt(e.Arg))
	case *parse.BetweenExpr:
		return leftmost(e.Pos(), rawAt(e.Arg))
	case *parse.InExpr:
		return leftmost(e.Pos(), rawAt(e.Arg))
	case *parse.LikeExpr:
		return leftmost(e.Pos(), rawAt(e.Arg))
	case *parse.DistinctExpr:
		return leftmost(e.Pos(), rawAt(e.Left))
	case *parse.AnyAllExpr:
		return leftmost(e.Pos(), rawAt(e.Left))
	case *parse.NullIfExpr:
		return leftmost(e.Pos(), rawAt(e.Left))
	case *parse.SubLink:
		return leftmost(e.Pos(), rawAt(e.Test))
	case *parse.TypeCast:
		at := leftmost(rawAt(e.Arg), e.Pos())
		if e.Type != nil {
			at = leftmost(at, e.Type.Pos())
		}
		return at
	case *parse.CollateClause:
		return rawAt(e.Arg)
	case *parse.Indirection:
		return rawAt(e.Arg)
	}
	return e.Pos()
}

func rawListAt(list []parse.Expr) int {
	for _, e := range list {
		if at := rawAt(e); at >= 0 {
			return at
		}
	}
	return -1
}

// exprAt is rawAt for a bound expression.
func exprAt(e expr.Expr) int {
	switch e := e.(type) {
	case nil:
		return -1
	case *expr.Func:
		return leftmost(e.At, exprListAt(e.Args))
	case *expr.Bool:
		return leftmost(e.At, exprListAt(e.Args))
	case *expr.NullTest:
		return leftmost(e.At, exprAt(e.Arg))
	case *expr.BoolTest:
		return leftmost(e.At, exprAt(e.Arg))
	case *expr.IsJSON:
		return leftmost(e.At, exprAt(e.Arg))
	case *expr.DistinctFrom:
		return leftmost(e.At, exprAt(e.Left))
	case *expr.NullIf:
		return leftmost(e.At, exprAt(e.Left))
	case *expr.ArrayOp:
		return leftmost(e.At, exprAt(e.Left))
	case *expr.RowCompare:
		return exprListAt(e.Left)
	case *expr.FieldSelect:
		if e.At >= 0 { // of a sub-query that gives several columns their values
			return e.At
		}
		return exprAt(e.Arg)
	case *expr.Subscript:
		return exprAt(e.Arg)
	case *expr.Relabel:
		return leftmost(e.At, exprAt(e.Arg))
	case *expr.CoerceIO:
		return leftmost(e.At, exprAt(e.Arg))
	case *expr.CoerceTypmod:
		return leftmost(e.At, exprAt(e.Arg))
	case *expr.ArrayCoerce:
		return leftmost(e.At, exprAt(e.Arg))
	case *expr.SubLink:
		return leftmost(exprListAt(e.Test), e.At)
	}
	return e.Pos()
}

func exprListAt(list []expr.Expr) int {
	for _, e := range list {
		if at := exprAt(e); at >= 0 {
			return at
		}
	}
	return -1
}
