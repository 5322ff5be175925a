package plan

import (
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// partsOf are comparisons that follow from a condition, which must be looked at again for the rows they lead to: the range of a pattern's fixed beginning,
// and that of the first column of a row comparison.
func partsOf(q expr.Expr, rel int, r *bind.Rel) []comparison {
	switch v := q.(type) {
	case *expr.Func:
		if v.Operator == 0 && v.Name != "starts_with" || len(v.Args) != 2 || v.Name != "~~" && v.Name != "^@" && v.Name != "starts_with" {
			return nil
		}
		c, ok := keyColumn(v.Args[0], rel)
		pattern, isConst := v.Args[1].(*expr.Const)
		if !ok || !isConst || keyFamily(r.Types[c].OID) != sqltypes.TextOID || pattern.Value.Kind() != sqltypes.KindBytes {
			return nil
		}
		prefix := pattern.Value.Str()
		if v.Name == "~~" {
			prefix, _ = likePrefix(prefix)
		}
		return prefixRange(q, c, v.Args[0], prefix)
	case *expr.RowCompare:
		if v.Op == expr.EQ || v.Op == expr.NE || len(v.Left) < 2 {
			return nil
		}
		op := v.Op
		column, value := v.Left[0], v.Right[0]
		c, ok := keyColumn(column, rel)
		if !ok {
			if c, ok = keyColumn(value, rel); !ok {
				return nil
			}
			column, value, op = value, column, flipped[op]
		}
		if !usableValue(value, rel, r.Types[c].OID) || v.Types[0] != column.Type().OID && !sameKey(v.Types[0], column.Type().OID) {
			return nil
		}
		if op == expr.LT {
			op = expr.LE // the columns behind decide where the first is equal
		} else if op == expr.GT {
			op = expr.GE
		}
		return []comparison{{column: c, op: op, value: value, qual: q, shown: q, part: true}}
	}
	return nil
}

// The comparisons of text that bound the range of a prefix: pg_proc and pg_operator rows of >= and <.
const (
	textGEProc, textGEOperator = sqltypes.OID(743), sqltypes.OID(667)
	textLTProc, textLTOperator = sqltypes.OID(740), sqltypes.OID(664)
)

// prefixRange are the bounds of the texts that begin with a prefix, in the order of bytes.
func prefixRange(q expr.Expr, column int, left expr.Expr, prefix string) []comparison {
	if prefix == "" {
		return nil
	}
	text := sqltypes.T(sqltypes.TextOID)
	bound := func(proc, operator sqltypes.OID, name, value string, op expr.CompareOp) comparison {
		c := &expr.Const{Base: expr.Base{Typ: text, At: -1}, Value: sqltypes.String(value)}
		f := &expr.Func{Base: expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}, Proc: proc, Operator: operator, Name: name, Args: []expr.Expr{left, c}}
		return comparison{column: column, op: op, value: c, qual: q, shown: f, part: true}
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
