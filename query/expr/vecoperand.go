package expr

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// operand is a part of an expression over columns. A column of the batch is looked at where it stands when every row of the batch is asked for.
type operand struct {
	typ      oid
	slot     int    // -1: not a column of the batch
	constant Eval   // nil: not constant
	run      Vector // of everything else
	value    datum  // what own is filled with, for a constant
	filled   bool
	own      sqltypes.Vec
}

// operandOf compiles a part of an expression.
func operandOf(e Expr) (*operand, bool) {
	e = bare(e)
	o := &operand{typ: e.Type().OID, slot: -1, own: sqltypes.NewVec(e.Type().OID, 0)}
	switch e := e.(type) {
	case *Slot:
		o.slot = e.Index
		return o, true
	case *Const, *Param, *ExecParam:
		value, err := Compile(e)
		o.constant = value
		return o, err == nil
	}
	run, ok := CompileVector(e)
	o.run = run
	return o, ok
}

// bare is what a change of the type's name is about: the value is the same.
func bare(e Expr) Expr {
	for {
		r, ok := e.(*Relabel)
		if !ok {
			return e
		}
		if _, isArray := sqltypes.ElementOf(r.Typ.OID); isArray {
			return e // an array says its type
		}
		if a, b := r.Arg.Type().OID, r.Typ.OID; !sameWords(a, b) {
			return e
		}
		e = r.Arg
	}
}

// sameWords tells whether values of two types stand in columns alike.
func sameWords(a, b oid) bool {
	x, xFixed := sqltypes.FixedKind(a)
	y, yFixed := sqltypes.FixedKind(b)
	return x == y && xFixed == yFixed
}

// values computes the operand for the rows in sel: one value for each.
func (o *operand) values(env *Env, cols []*sqltypes.Vec, sel []int32) (*sqltypes.Vec, error) {
	switch {
	case o.slot >= 0:
		v := cols[o.slot]
		if v.Len() == len(sel) {
			return v, nil // sel is a part of the batch, in order
		}
		pickRows(&o.own, v, sel)
		return &o.own, nil
	case o.constant != nil:
		return o.repeat(env, len(sel))
	}
	err := o.run(env, cols, sel, &o.own)
	return &o.own, err
}

// repeat gives a constant n times. It is filled in when it has changed only.
func (o *operand) repeat(env *Env, n int) (*sqltypes.Vec, error) {
	d, err := o.constant(env)
	if err != nil {
		return nil, err
	}
	if !o.filled || d != o.value || o.own.Len() < n {
		o.filled, o.value = true, d
		n := max(n, o.own.Len())
		o.own.Reset()
		for range n {
			o.own.Append(d)
		}
	}
	return &o.own, nil
}

// pickRows makes dst, which owns its memory, the chosen rows of a column.
func pickRows(dst, src *sqltypes.Vec, sel []int32) {
	dst.Kind, dst.Fixed, dst.Nulls = src.Kind, src.Fixed, nil
	if src.Fixed {
		dst.Words = slices.Grow(dst.Words[:0], len(sel))[:len(sel)]
		for i, row := range sel {
			dst.Words[i] = src.Words[row]
		}
	} else {
		dst.Datums = slices.Grow(dst.Datums[:0], len(sel))[:len(sel)]
		for i, row := range sel {
			dst.Datums[i] = src.Datums[row]
		}
	}
	if src.Nulls == nil {
		return
	}
	dst.Nulls = make([]bool, len(sel))
	for i, row := range sel {
		dst.Nulls[i] = src.Nulls[row]
	}
}

// room makes a column of n values to be set one by one.
func room(out *sqltypes.Vec, n int) {
	out.Reset()
	if out.Fixed {
		out.Words = slices.Grow(out.Words, n)[:n]
	} else {
		out.Datums = slices.Grow(out.Datums, n)[:n]
	}
}

// setNull makes one value of a column NULL.
func setNull(out *sqltypes.Vec, i int) {
	if out.Nulls == nil {
		out.Nulls = make([]bool, out.Len())
	}
	out.Nulls[i] = true
	if out.Fixed {
		out.Words[i] = 0
	} else {
		out.Datums[i] = sqltypes.Null
	}
}

// set puts a value into a column that has room for it.
func set(out *sqltypes.Vec, i int, d datum) {
	switch {
	case d.IsNull():
		setNull(out, i)
	case out.Fixed:
		out.Words[i] = d.Word()
	default:
		out.Datums[i] = d
	}
}

// unknown tells whether a value of a column is NULL.
func unknown(v *sqltypes.Vec, i int) bool { return v.Nulls != nil && v.Nulls[i] }
