package expr

import (
	"math"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Vector computes an expression for the rows in sel, and puts one value for each into out, in sel's order. out is emptied first.
type Vector = func(env *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error

// CompileVector compiles columns, constants, parameters and the arithmetic of whole numbers and floats to run over batches.
func CompileVector(e Expr) (Vector, bool) {
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
			return vectorCall(e, kind)
		}
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
	left, ok := CompileVector(e.Args[0])
	if !ok {
		return nil, false
	}
	right, ok := CompileVector(e.Args[1])
	if !ok {
		return nil, false
	}
	lt, rt := e.Args[0].Type().OID, e.Args[1].Type().OID
	return func(env *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error {
		a, b := sqltypes.NewVec(lt, len(sel)), sqltypes.NewVec(rt, len(sel))
		if err := left(env, cols, sel, &a); err != nil {
			return err
		}
		if err := right(env, cols, sel, &b); err != nil {
			return err
		}
		out.Reset()
		for i := range sel {
			if a.Nulls != nil && a.Nulls[i] || b.Nulls != nil && b.Nulls[i] {
				out.Append(sqltypes.Null)
				continue
			}
			w, err := op(a.Words[i], b.Words[i])
			if err != nil {
				return err
			}
			if out.Nulls == nil {
				out.Words = append(out.Words, w)
			} else {
				out.Append(sqltypes.FromWord(kind, w))
			}
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
