package expr

import (
	"math"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Vector computes an expression for the rows in sel, and puts one value for each into out, in sel's order. out is emptied first.
type Vector = func(env *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error

// CompileVector compiles columns, constants, parameters, calls of functions that give the same each time, CASE and COALESCE to run over batches. What it
// cannot do is to be computed row by row. An error is that of some row: the first row in order may have another.
func CompileVector(e Expr) (Vector, bool) {
	e = bare(e)
	kind, fixed := sqltypes.FixedKind(e.Type().OID)
	switch e := e.(type) {
	case *Slot:
		return gather(e.Index), true
	case *Const, *Param, *ExecParam:
		value, err := Compile(e)
		if err != nil {
			return nil, false
		}
		return func(env *Env, _ []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error {
			d, err := value(env)
			if err != nil {
				return err
			}
			out.Reset()
			for range sel {
				out.Append(d)
			}
			return nil
		}, true
	case *Func:
		if fixed {
			if v, ok := vectorCall(e, kind); ok {
				return v, true
			}
		}
		return vectorFunc(e)
	case *Case:
		return vectorCase(e)
	case *Coalesce:
		return vectorCoalesce(e)
	}
	return nil, false
}

func gather(slot int) Vector {
	return func(_ *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error {
		v := cols[slot]
		out.Reset()
		if v.Fixed && out.Fixed && v.Nulls == nil {
			for _, i := range sel {
				out.Words = append(out.Words, v.Words[i])
			}
			return nil
		}
		for _, i := range sel {
			out.Append(v.At(int(i)))
		}
		return nil
	}
}

// wordOp is an operator over the words of two values that are not NULL.
type wordOp func(a, b int64) (int64, error)

func vectorCall(e *Func, kind sqltypes.Kind) (Vector, bool) {
	row, ok := findProc(e.Proc)
	if !ok {
		return nil, false
	}
	var op wordOp
	if kind == sqltypes.KindInt {
		op = intWordOp(row.source)
	} else {
		op = floatWordOp(row.source)
	}
	if op == nil || len(e.Args) != 2 {
		return nil, false
	}
	left, ok := operandOf(e.Args[0])
	if !ok {
		return nil, false
	}
	right, ok := operandOf(e.Args[1])
	if !ok {
		return nil, false
	}
	return func(env *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error {
		a, err := left.values(env, cols, sel)
		if err != nil {
			return err
		}
		b, err := right.values(env, cols, sel)
		if err != nil {
			return err
		}
		room(out, len(sel))
		x, y, words := a.Words[:len(sel)], b.Words[:len(sel)], out.Words
		nulls := a.Nulls != nil || b.Nulls != nil
		for i := range words {
			if nulls && (unknown(a, i) || unknown(b, i)) {
				setNull(out, i)
				continue
			}
			w, err := op(x[i], y[i])
			if err != nil {
				return err
			}
			words[i] = w
		}
		return nil
	}, true
}

func intWordOp(source string) wordOp {
	width, ok := map[string]intWidth{"int2": int2Width, "int4": int4Width, "int8": int8Width, "int24": int4Width, "int42": int4Width,
		"int28": int8Width, "int82": int8Width, "int48": int8Width, "int84": int8Width}[strings.TrimRight(source, "abcdefghijklmnopqrstuvwxyz")]
	if !ok {
		return nil
	}
	var f func(_ *Env, a, b datum) (datum, error)
	switch strings.TrimLeft(source[3:], "0123456789") {
	case "pl":
		if width.bits < 64 {
			return func(a, b int64) (int64, error) {
				n := a + b
				if shift := 64 - width.bits; n<<shift>>shift != n {
					return 0, width.outOfRange()
				}
				return n, nil
			}
		}
		f = width.add
	case "mi":
		f = width.subtract
	case "mul":
		f = width.multiply
	case "div":
		f = width.divide
	case "mod":
		f = width.mod
	default:
		return nil
	}
	return func(a, b int64) (int64, error) {
		d, err := f(nil, sqltypes.Int(a), sqltypes.Int(b))
		return d.Word(), err
	}
}

func floatWordOp(source string) wordOp {
	var f func(_ *Env, a, b datum) (datum, error)
	switch source {
	case "float8pl", "float48pl", "float84pl":
		f = float8Add
	case "float8mi", "float48mi", "float84mi":
		f = float8Subtract
	case "float8mul", "float48mul", "float84mul":
		f = float8Multiply
	case "float8div", "float48div", "float84div":
		f = float8Divide
	case "float4pl":
		f = float4Add
	case "float4mi":
		f = float4Subtract
	case "float4mul":
		f = float4Multiply
	case "float4div":
		f = float4Divide
	default:
		return nil
	}
	return func(a, b int64) (int64, error) {
		d, err := f(nil, sqltypes.Float(math.Float64frombits(uint64(a))), sqltypes.Float(math.Float64frombits(uint64(b))))
		return d.Word(), err
	}
}
