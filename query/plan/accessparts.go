package plan

import (
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

// prefix are the comparisons that follow from the match of a pattern: the range of its fixed beginning. Rows in it must still match.
func (o operands) prefix(q expr.Expr) []comparison {
	f, ok := q.(*expr.Func)
	if !ok || f.Operator == 0 && f.Name != "starts_with" || len(f.Args) != 2 || f.Name != "~~" && f.Name != "^@" && f.Name != "starts_with" {
		return nil
	}
	c := comparison{qual: q, part: true}
	pattern, isConst := f.Args[1].(*expr.Const)
	if !o.operand(&c, f.Args[0]) || !isConst || keyFamily(c.operand.Type().OID) != sqltypes.TextOID || pattern.Value.Kind() != sqltypes.KindBytes {
		return nil
	}
	prefix := pattern.Value.Str()
	if f.Name == "~~" {
		prefix, _ = likePrefix(prefix)
	}
	return prefixRange(c, f.Args[0], prefix)
}

// The comparisons of text that bound the range of a prefix: pg_proc and pg_operator rows of >= and <.
const (
	textGEProc, textGEOperator = sqltypes.OID(743), sqltypes.OID(667)
	textLTProc, textLTOperator = sqltypes.OID(740), sqltypes.OID(664)
)

// prefixRange are the bounds of the texts that begin with a prefix, in the order of bytes.
func prefixRange(of comparison, left expr.Expr, prefix string) []comparison {
	if prefix == "" {
		return nil
	}
	text := sqltypes.T(sqltypes.TextOID)
	bound := func(proc, operator sqltypes.OID, name, value string, op expr.CompareOp) comparison {
		c := &expr.Const{Base: expr.Base{Typ: text, At: -1}, Value: sqltypes.String(value)}
		f := &expr.Func{Base: expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}, Proc: proc, Operator: operator, Name: name, Args: []expr.Expr{left, c}}
		of.op, of.value, of.shown = op, c, f
		return of
	}
	out := []comparison{bound(textGEProc, textGEOperator, ">=", prefix, expr.GE)}
	if next := afterPrefix(prefix); next != "" {
		out = append(out, bound(textLTProc, textLTOperator, "<", next, expr.LT))
	}
	return out
}

// afterPrefix is the first text behind all that begin with the prefix; empty when there is none.
func afterPrefix(prefix string) string {
	for prefix != "" {
		last, n := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-n]
		switch {
		case last == utf8.RuneError && n <= 1, last == utf8.MaxRune:
			continue
		case last == 0xD7FF:
			last = 0xDFFF // what lies between is no text
		}
		return prefix + string(last+1)
	}
	return ""
}
