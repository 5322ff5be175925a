package expr

import (
	"math/big"
	"strconv"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func numericFunctions() []entry {
	two := func(source string, f func(a, b datum) (datum, error)) entry {
		return fn2(source, func(_ *Env, a, b datum) (datum, error) { return f(a, b) })
	}
	one := func(source string, f func(a datum) datum) entry {
		return fn1(source, func(_ *Env, a datum) (datum, error) { return f(a), nil })
	}
	try := func(source string, f func(a datum) (datum, error)) entry {
		return fn1(source, func(_ *Env, a datum) (datum, error) { return f(a) })
	}
	toInt := func(source string, f func(a datum) (int64, error)) entry {
		return fn1(source, func(_ *Env, a datum) (datum, error) {
			n, err := f(a)
			return sqltypes.Int(n), err
		})
	}
	fromInt := func(a datum) datum { return sqltypes.NumericFromInt64(a.Int()) }
	ten := sqltypes.NumericFromInt64(10)
	return []entry{
		two("numeric_add", sqltypes.NumericAdd), two("numeric_sub", sqltypes.NumericSub), two("numeric_mul", sqltypes.NumericMul),
		two("numeric_div", sqltypes.NumericDiv), two("numeric_div_trunc", sqltypes.NumericDivTrunc), two("numeric_mod", sqltypes.NumericMod),
		two("numeric_power", sqltypes.NumericPower), two("numeric_log", sqltypes.NumericLog),
		try("numeric_exp", sqltypes.NumericExp), try("numeric_ln", sqltypes.NumericLn), try("numeric_sqrt", sqltypes.NumericSqrt),
		try("sql_log_1741", func(a datum) (datum, error) { return sqltypes.NumericLog(ten, a) }),
		try("sql_log10_1481", func(a datum) (datum, error) { return sqltypes.NumericLog(ten, a) }),
		one("numeric_uminus", sqltypes.NumericNeg), one("numeric_abs", sqltypes.NumericAbs), fn1("numeric_uplus", same),
		one("numeric_ceil", sqltypes.NumericCeil), one("numeric_floor", sqltypes.NumericFloor), one("numeric_sign", numericSign),
		one("numeric_trim_scale", sqltypes.NumericTrimScale), try("numeric_inc", func(a datum) (datum, error) {
			return sqltypes.NumericAdd(a, sqltypes.NumericFromInt64(1))
		}),
		one("int2_numeric", fromInt), one("int4_numeric", fromInt), one("int8_numeric", fromInt),
		toInt("numeric_int2", sqltypes.NumericToInt16), toInt("numeric_int4", sqltypes.NumericToInt32), toInt("numeric_int8", sqltypes.NumericToInt64),
		one("float4_numeric", func(a datum) datum { return sqltypes.NumericFromFloat4(a.Float()) }),
		one("float8_numeric", func(a datum) datum { return sqltypes.NumericFromFloat8(a.Float()) }),
		try("numeric_float4", func(a datum) (datum, error) {
			f, err := sqltypes.NumericToFloat4(a)
			return sqltypes.Float(f), err
		}),
		try("numeric_float8", func(a datum) (datum, error) {
			f, err := sqltypes.NumericToFloat8(a)
			return sqltypes.Float(f), err
		}),
		two("numeric_round", func(a, b datum) (datum, error) { return sqltypes.NumericRound(a, clampScale(b)), nil }),
		two("numeric_trunc", func(a, b datum) (datum, error) { return sqltypes.NumericTrunc(a, clampScale(b)), nil }),
		one("sql_round_1708", func(a datum) datum { return sqltypes.NumericRound(a, 0) }),
		one("sql_trunc_1710", func(a datum) datum { return sqltypes.NumericTrunc(a, 0) }),
		two("numeric", func(a, b datum) (datum, error) {
			return sqltypes.CoerceTypmod(sqltypes.Type{OID: sqltypes.NumericOID, Mod: int32(b.Int())}, a, false)
		}),
		one("numeric_scale", func(a datum) datum {
			if isSpecial(a) {
				return sqltypes.Null
			}
			return sqltypes.Int(int64(sqltypes.NumericScale(a)))
		}),
		one("numeric_min_scale", func(a datum) datum {
			if isSpecial(a) {
				return sqltypes.Null
			}
			return sqltypes.Int(int64(sqltypes.NumericMinScale(a)))
		}),
		two("numeric_gcd", numericGCD), two("numeric_lcm", numericLCM), fn1("numeric_fac", factorial),
		fnN("width_bucket_numeric", widthBucketNumeric),
	}
}

func isSpecial(a datum) bool { return sqltypes.NumericIsNaN(a) || sqltypes.NumericIsInf(a) }

// clampScale keeps the scale argument of round and trunc within PostgreSQL's bounds.
func clampScale(b datum) int {
	return int(max(-sqltypes.NumericDigitsMax, min(sqltypes.NumericScaleMax, b.Int())))
}

func numericSign(a datum) datum {
	if sqltypes.NumericIsNaN(a) {
		return a
	}
	return sqltypes.NumericFromInt64(int64(sqltypes.NumericSign(a)))
}

// numericParts is a finite numeric as coefficient × 10^-scale.
func numericParts(a datum) (*big.Int, int32) {
	if a.Kind() == sqltypes.KindDecimal {
		return big.NewInt(a.Coefficient()), a.Scale()
	}
	b := a.Big()
	v := new(big.Int).Set(b.Coeff.MathBigInt())
	if b.Negative {
		v.Neg(v)
	}
	return v, -b.Exponent
}

func alignNumerics(a, b datum) (x, y *big.Int, scale int32) {
	x, sx := numericParts(a)
	y, sy := numericParts(b)
	scale = max(sx, sy)
	x.Mul(x, powerOfTen(scale-sx))
	y.Mul(y, powerOfTen(scale-sy))
	return x.Abs(x), y.Abs(y), scale
}

func powerOfTen(n int32) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func numericGCD(a, b datum) (datum, error) {
	if isSpecial(a) || isSpecial(b) {
		return sqltypes.NumericNaN(), nil
	}
	x, y, scale := alignNumerics(a, b)
	return sqltypes.NumericFromBigInt(x.GCD(nil, nil, x, y), scale)
}

func numericLCM(a, b datum) (datum, error) {
	if isSpecial(a) || isSpecial(b) {
		return sqltypes.NumericNaN(), nil
	}
	x, y, scale := alignNumerics(a, b)
	if x.Sign() == 0 || y.Sign() == 0 {
		return sqltypes.NumericFromBigInt(new(big.Int), scale)
	}
	g := new(big.Int).GCD(nil, nil, x, y)
	return sqltypes.NumericFromBigInt(x.Mul(x.Div(x, g), y), scale)
}

func factorial(env *Env, a datum) (datum, error) {
	n := a.Int()
	if n < 0 {
		return sqltypes.Null, pgerror.New(pgerror.NumericValueOutOfRange, "factorial of a negative number is undefined")
	}
	if n > 32177 {
		return sqltypes.Null, pgerror.New(pgerror.NumericValueOutOfRange, "value overflows numeric format")
	}
	return sqltypes.NumericFromBigInt(new(big.Int).MulRange(1, max(n, 1)), 0)
}

func widthBucketNumeric(_ *Env, args []datum) (datum, error) {
	x, low, high, count := args[0], args[1], args[2], args[3].Int()
	switch {
	case count <= 0:
		return sqltypes.Null, bucketError("count must be greater than zero")
	case sqltypes.NumericIsNaN(x) || sqltypes.NumericIsNaN(low) || sqltypes.NumericIsNaN(high):
		return sqltypes.Null, bucketError("operand, lower bound, and upper bound cannot be NaN")
	case sqltypes.NumericIsInf(low) || sqltypes.NumericIsInf(high):
		return sqltypes.Null, bucketError("lower and upper bounds must be finite")
	}
	order := sqltypes.NumericCompare(low, high)
	if order == 0 {
		return sqltypes.Null, bucketError("lower bound cannot equal upper bound")
	}
	fromLow, fromHigh := sqltypes.NumericCompare(x, low), sqltypes.NumericCompare(x, high)
	switch {
	case fromLow*order > 0:
		return sqltypes.Int(0), nil
	case fromHigh*order <= 0:
		return int4Width.check(count + 1)
	}
	offset, err := sqltypes.NumericSub(x, low)
	if err != nil {
		return sqltypes.Null, err
	}
	width, err := sqltypes.NumericSub(high, low)
	if err != nil {
		return sqltypes.Null, err
	}
	a, b, _ := alignNumerics(offset, width)
	a.Mul(a, big.NewInt(count))
	return int4Width.check(min(a.Div(a, b).Int64(), count-1) + 1)
}

// formatInt is strconv.FormatInt in base 10.
func formatInt(n int64) string { return strconv.FormatInt(n, 10) }
