package plan

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// comparison is a condition that an index can answer: of the form operand op value, where the value does not depend on the operand's relation.
type comparison struct {
	column  int       // the operand, as an index into Table.Columns; -1: it is an expression
	operand expr.Expr // relabelling aside
	kind    comparisonKind
	op      expr.CompareOp // of compares and comparesRows
	value   expr.Expr
	row     *expr.RowCompare // of comparesRows: with the relation's columns on its left
	qual    expr.Expr
	shown   expr.Expr // what it stands for in the plan
	part    bool      // rows it leads to must still meet qual
}

type comparisonKind uint8

// The kinds of comparisons.
const (
	compares     comparisonKind = iota // operand op value
	isAny                              // operand = ANY (value)
	isNull                             // operand IS NULL
	isNotNull                          // operand IS NOT NULL
	comparesRows                       // ROW(operand, …) op ROW(value, …)
)

func (c *comparison) equal() bool { return c.kind == compares && c.op == expr.EQ }

var compareOps = map[string]expr.CompareOp{"<": expr.LT, "<=": expr.LE, "=": expr.EQ, ">=": expr.GE, ">": expr.GT}

var compareNames = [...]string{expr.LT: "<", expr.LE: "<=", expr.EQ: "=", expr.GE: ">=", expr.GT: ">"}

var flipped = map[expr.CompareOp]expr.CompareOp{expr.LT: expr.GT, expr.LE: expr.GE, expr.EQ: expr.EQ, expr.GE: expr.LE, expr.GT: expr.LT}

// comparisonOf recognises a comparison of a column with a value or with any element of an array.
func comparisonOf(q expr.Expr, rel int, r *bind.Rel) (comparison, bool) {
	o := operands{rel: rel, r: r}
	c, ok := o.comparison(q)
	return c, ok && (c.kind == compares || c.kind == isAny)
}

// all gives the comparisons that follow from a condition.
func (o operands) all(q expr.Expr) []comparison {
	var list []comparison
	if c, ok := o.comparison(q); ok {
		list = append(list, c)
	} else {
		list = o.prefix(q)
	}
	if o.expressions {
		if c, ok := o.ofTruth(q); ok && (len(list) == 0 || !expr.Equal(c.operand, list[0].operand)) {
			list = append(list, c)
		}
	}
	return list
}

// operands tells what the operands of comparisons may be: columns of a relation, and where it has indexes over them, expressions.
type operands struct {
	rel         int
	r           *bind.Rel
	expressions bool
}

func (o operands) comparison(q expr.Expr) (comparison, bool) {
	c := comparison{qual: q, shown: q}
	switch v := q.(type) {
	case *expr.Func:
		return o.ofOperator(v)
	case *expr.ArrayOp:
		element, isArray := sqltypes.ElementOf(v.Right.Type().OID)
		if v.All || v.Name != "=" || !isArray || relsOf(v.Right).has(o.rel) || expr.ContainsVolatile(v.Right) {
			return c, false
		}
		c.kind, c.value = isAny, v.Right
		return c, o.operand(&c, v.Left) && sameKey(c.operand.Type().OID, element)
	case *expr.NullTest:
		c.kind = isNull
		if v.Not {
			c.kind = isNotNull
		}
		return c, !v.RowValue && o.operand(&c, v.Arg)
	case *expr.RowCompare:
		return o.ofRows(v)
	}
	return o.ofTruth(q)
}

// operand makes an expression the operand of a comparison, if it may be one.
func (o operands) operand(c *comparison, e expr.Expr) bool {
	if r, ok := e.(*expr.Relabel); ok && sameKey(r.Arg.Type().OID, r.Typ.OID) {
		e = r.Arg
	}
	c.operand, c.column = e, -1
	if v, ok := e.(*expr.Var); ok {
		c.column = v.Column
		return v.Rel == o.rel && v.Level == 0 && v.Column >= 0
	}
	return o.expressions && relsOf(e) == single(o.rel) && !expr.ContainsVolatile(e)
}

// ofOperator recognises operand op value, either way round.
func (o operands) ofOperator(f *expr.Func) (comparison, bool) {
	op, ok := compareOps[f.Name]
	if !ok || f.Operator == 0 || len(f.Args) != 2 {
		return comparison{}, false
	}
	c := comparison{op: op, value: f.Args[1], qual: f, shown: f}
	if o.operand(&c, f.Args[0]) && o.usable(&c) {
		return c, true
	}
	turned := *f
	turned.Name, turned.Args = compareNames[flipped[op]], []expr.Expr{f.Args[1], f.Args[0]}
	c = comparison{op: flipped[op], value: f.Args[0], qual: f, shown: &turned}
	return c, o.operand(&c, f.Args[1]) && o.usable(&c)
}

func (o operands) usable(c *comparison) bool {
	return sameKey(c.operand.Type().OID, c.value.Type().OID) && !relsOf(c.value).has(o.rel) && !expr.ContainsVolatile(c.value)
}

// The operator = of booleans: its rows of pg_proc and pg_operator.
const boolEqProc, boolEqOperator = sqltypes.OID(60), sqltypes.OID(91)

// ofTruth recognises a boolean that stands alone, or behind NOT, or is tested.
func (o operands) ofTruth(q expr.Expr) (comparison, bool) {
	want, e := true, q
	switch v := q.(type) {
	case *expr.Bool:
		if v.Op != expr.Not {
			return comparison{}, false
		}
		want, e = false, v.Args[0]
	case *expr.BoolTest:
		if v.Test != expr.IsTrue && v.Test != expr.IsFalse {
			return comparison{}, false
		}
		want, e = v.Test == expr.IsTrue, v.Arg
	}
	boolean := expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}
	c := comparison{op: expr.EQ, value: &expr.Const{Base: boolean, Value: sqltypes.Bool(want)}, qual: q}
	c.shown = &expr.Func{Base: boolean, Proc: boolEqProc, Operator: boolEqOperator, Name: "=", Args: []expr.Expr{e, c.value}}
	return c, e.Type().OID == sqltypes.BoolOID && o.operand(&c, e)
}

// ofRows recognises the comparison of a row that begins with a column with a row of values.
func (o operands) ofRows(v *expr.RowCompare) (comparison, bool) {
	if v.Op == expr.EQ || v.Op == expr.NE {
		return comparison{}, false
	}
	c := comparison{kind: comparesRows, op: v.Op, row: v, value: v.Right[0], qual: v, shown: v}
	if !o.operand(&c, v.Left[0]) {
		turned := *v
		turned.Op, turned.Left, turned.Right = flipped[v.Op], v.Right, v.Left
		c = comparison{kind: comparesRows, op: turned.Op, row: &turned, value: turned.Right[0], qual: v, shown: &turned}
		if !o.operand(&c, turned.Left[0]) {
			return c, false
		}
	}
	return c, o.comparable(&c, v.Types[0])
}

// comparable tells whether a part of a row comparison is made by the type that keys are ordered by.
func (o operands) comparable(c *comparison, by sqltypes.OID) bool {
	return o.usable(c) && sameKey(by, c.operand.Type().OID)
}

// rowPart is the comparison of the n-th columns of compared rows.
func (o operands) rowPart(row *expr.RowCompare, n int) (comparison, bool) {
	c := comparison{value: row.Right[n]}
	return c, o.operand(&c, row.Left[n]) && o.comparable(&c, row.Types[n])
}

// sameKey tells whether values of the two types compare by the same key bytes.
func sameKey(a, b sqltypes.OID) bool { return keyFamily(a) == keyFamily(b) }

func keyFamily(t sqltypes.OID) sqltypes.OID {
	switch t {
	case sqltypes.Int2OID, sqltypes.Int4OID:
		return sqltypes.Int8OID
	case sqltypes.VarCharOID:
		return sqltypes.TextOID
	}
	return t
}

// equality recognises left = right on types that hash alike, and gives the type to hash them by.
func equality(q expr.Expr) (left, right expr.Expr, t sqltypes.OID, ok bool) {
	f, isFunc := q.(*expr.Func)
	if !isFunc || f.Name != "=" || f.Operator == 0 || len(f.Args) != 2 {
		return nil, nil, 0, false
	}
	a, b := f.Args[0].Type().OID, f.Args[1].Type().OID
	if a == sqltypes.Float4OID {
		a = sqltypes.Float8OID
	}
	if b == sqltypes.Float4OID {
		b = sqltypes.Float8OID
	}
	if keyFamily(a) != keyFamily(b) || a == sqltypes.RecordOID || a == sqltypes.RecordArrayOID {
		return nil, nil, 0, false // rows of unknown types may not compare, which is an error
	}
	return f.Args[0], f.Args[1], keyFamily(a), true
}
