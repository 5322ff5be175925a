package expr

import "github.com/opendsql/opendsql/internal/sqltypes"

// tens are the powers of ten by which coefficients are brought to one scale without a look at overflow.
var tens = [...]int64{1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000}

// smallMax is a bound for coefficients below which a product with one of the tens, or with another such coefficient, fits 64 bits.
const smallMax = 1 << 31

// numericLoop is an operator over two columns of numerics; the values of out are there to be set.
type numericLoop func(env *Env, a, b []datum, n int, out *sqltypes.Vec) error

func numericLoopOf(source string) numericLoop {
	switch source {
	case "numeric_add":
		return func(env *Env, a, b []datum, n int, out *sqltypes.Vec) error { return addNumerics(env, a, b, n, 1, out) }
	case "numeric_sub":
		return func(env *Env, a, b []datum, n int, out *sqltypes.Vec) error {
			return addNumerics(env, a, b, n, -1, out)
		}
	case "numeric_mul":
		return multiplyNumerics
	}
	return nil
}

// small tells whether a value is a numeric in 64 bits with a coefficient below the bound.
func small(d datum) bool {
	c := d.Coefficient()
	return d.Kind() == sqltypes.KindDecimal && c < smallMax && c > -smallMax
}

func addNumerics(env *Env, a, b []datum, n int, sign int64, out *sqltypes.Vec) error {
	for i := range n {
		x, y := a[i], b[i]
		if small(x) && small(y) {
			p, q := x.Coefficient(), y.Coefficient()*sign
			s, t := x.Scale(), y.Scale()
			if s == t {
				out.Datums[i] = sqltypes.SmallDecimal(p+q, s)
				continue
			}
			if d := t - s; d > 0 && int(d) < len(tens) {
				out.Datums[i] = sqltypes.SmallDecimal(p*tens[d]+q, t)
				continue
			}
			if d := s - t; d > 0 && int(d) < len(tens) {
				out.Datums[i] = sqltypes.SmallDecimal(p+q*tens[d], s)
				continue
			}
		}
		if x.IsNull() || y.IsNull() {
			setNull(out, i)
			continue
		}
		f := sqltypes.NumericAdd
		if sign < 0 {
			f = sqltypes.NumericSub
		}
		d, err := f(x, y)
		if err != nil {
			return err
		}
		if err := env.put(out, i, d); err != nil {
			return err
		}
	}
	return nil
}

func multiplyNumerics(env *Env, a, b []datum, n int, out *sqltypes.Vec) error {
	for i := range n {
		x, y := a[i], b[i]
		if small(x) && small(y) {
			if scale := x.Scale() + y.Scale(); scale <= sqltypes.NumericScaleMax {
				out.Datums[i] = sqltypes.SmallDecimal(x.Coefficient()*y.Coefficient(), scale)
				continue
			}
		}
		if x.IsNull() || y.IsNull() {
			setNull(out, i)
			continue
		}
		d, err := sqltypes.NumericMul(x, y)
		if err != nil {
			return err
		}
		if err := env.put(out, i, d); err != nil {
			return err
		}
	}
	return nil
}

// compareNumericSmall compares two numerics, with a short way for small ones.
func compareNumericSmall(x, y datum) int {
	if small(x) && small(y) {
		p, q := x.Coefficient(), y.Coefficient()
		d := x.Scale() - y.Scale()
		switch {
		case d == 0:
			return compareInts(p, q)
		case d > 0 && int(d) < len(tens):
			return compareInts(p, q*tens[d])
		case d < 0 && int(-d) < len(tens):
			return compareInts(p*tens[-d], q)
		}
	}
	return sqltypes.NumericCompare(x, y)
}

// compareNumericConst compares a column of numerics with one value.
func compareNumericConst(v *sqltypes.Vec, op CompareOp, b datum, sel []int32) []int32 {
	out := sel[:0]
	less, equal, greater := op.holds(-1), op.holds(0), op.holds(1)
	for _, i := range sel {
		d := v.Datums[i]
		if d.IsNull() {
			continue
		}
		keep := equal
		switch c := compareNumericSmall(d, b); {
		case c < 0:
			keep = less
		case c > 0:
			keep = greater
		}
		if keep {
			out = append(out, i)
		}
	}
	return out
}
