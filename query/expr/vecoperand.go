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
	held     int // how much of the environment's room own takes
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
	room := env.Room
	err := o.run(env, cols, sel, &o.own)
	o.held = room - env.Room
	return &o.own, err
}

// done lets go of the values: nobody looks at them again.
func (o *operand) done(env *Env) {
	env.Room += o.held
	o.passed()
}

// passed lets go of values that stand in another column now, which takes their room.
func (o *operand) passed() {
	if o.held > 0 {
		clear(o.own.Datums)
		o.held = 0
	}
}

// lettingGo makes a function of its arguments' values let go of them.
func lettingGo(args []*operand, v Vector) Vector {
	fixed := func(o *operand) bool { return o.run == nil || o.own.Fixed }
	args = slices.DeleteFunc(slices.Clone(args), fixed)
	if len(args) == 0 {
		return v
	}
	return func(env *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error {
		err := v(env, cols, sel, out)
		for _, o := range args {
			o.done(env)
		}
		return err
	}
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
	if n < len(out.Datums) {
		clear(out.Datums[n:]) // what stands behind the end is not kept alive
	}
	out.Nulls = nil
	if out.Fixed {
		out.Words = slices.Grow(out.Words[:0], n)[:n]
	} else {
		out.Datums = slices.Grow(out.Datums[:0], n)[:n]
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

// put puts a value into a column that has room for it, and takes the room of its bytes.
func (env *Env) put(out *sqltypes.Vec, i int, d datum) error {
	set(out, i, d)
	if !out.Fixed && !env.keep(d) {
		return ErrRoom
	}
	return nil
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
