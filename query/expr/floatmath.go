package expr

import (
	"math"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func floatOverflow() error {
	return pgerror.New(pgerror.NumericValueOutOfRange, "value out of range: overflow")
}

func floatUnderflow() error {
	return pgerror.New(pgerror.NumericValueOutOfRange, "value out of range: underflow")
}

func inputOutOfRange() error {
	return pgerror.New(pgerror.NumericValueOutOfRange, "input is out of range")
}

func isInf(f float64) bool { return math.IsInf(f, 0) }

func float8Add(_ *Env, a, b datum) (datum, error) {
	r := a.Float() + b.Float()
	if isInf(r) && !isInf(a.Float()) && !isInf(b.Float()) {
		return sqltypes.Null, floatOverflow()
	}
	return sqltypes.Float(r), nil
}

func float8Subtract(_ *Env, a, b datum) (datum, error) {
	r := a.Float() - b.Float()
	if isInf(r) && !isInf(a.Float()) && !isInf(b.Float()) {
		return sqltypes.Null, floatOverflow()
	}
	return sqltypes.Float(r), nil
}

func float8Multiply(_ *Env, a, b datum) (datum, error) {
	r := a.Float() * b.Float()
	if isInf(r) && !isInf(a.Float()) && !isInf(b.Float()) {
		return sqltypes.Null, floatOverflow()
	}
	if r == 0 && a.Float() != 0 && b.Float() != 0 {
		return sqltypes.Null, floatUnderflow()
	}
	return sqltypes.Float(r), nil
}

func float8Divide(_ *Env, a, b datum) (datum, error) {
	x, y := a.Float(), b.Float()
	if y == 0 && !math.IsNaN(x) {
		return sqltypes.Null, divisionByZero()
	}
	r := x / y
	if isInf(r) && !isInf(x) {
		return sqltypes.Null, floatOverflow()
	}
	if r == 0 && x != 0 && !isInf(y) {
		return sqltypes.Null, floatUnderflow()
	}
	return sqltypes.Float(r), nil
}

// single rounds a result to float4 and checks it against what went in.
func single(r float64, mayInf, mayZero bool) (datum, error) {
	f := float64(float32(r))
	if isInf(f) && !mayInf {
		return sqltypes.Null, floatOverflow()
	}
	if f == 0 && !mayZero {
		return sqltypes.Null, floatUnderflow()
	}
	return sqltypes.Float(f), nil
}

func float4Add(_ *Env, a, b datum) (datum, error) {
	return single(a.Float()+b.Float(), isInf(a.Float()) || isInf(b.Float()), true)
}

func float4Subtract(_ *Env, a, b datum) (datum, error) {
	return single(a.Float()-b.Float(), isInf(a.Float()) || isInf(b.Float()), true)
}

func float4Multiply(_ *Env, a, b datum) (datum, error) {
	return single(a.Float()*b.Float(), isInf(a.Float()) || isInf(b.Float()), a.Float() == 0 || b.Float() == 0)
}

func float4Divide(_ *Env, a, b datum) (datum, error) {
	if b.Float() == 0 && !math.IsNaN(a.Float()) {
		return sqltypes.Null, divisionByZero()
	}
	return single(a.Float()/b.Float(), isInf(a.Float()), a.Float() == 0 || isInf(b.Float()))
}

func floatFunctions() []entry {
	var out []entry
	for _, prefix := range []string{"float8", "float48", "float84"} {
		out = append(out, fn2(prefix+"pl", float8Add), fn2(prefix+"mi", float8Subtract), fn2(prefix+"mul", float8Multiply), fn2(prefix+"div", float8Divide))
	}
	out = append(out, fn2("float4pl", float4Add), fn2("float4mi", float4Subtract), fn2("float4mul", float4Multiply), fn2("float4div", float4Divide),
		fn1("float4up", same), fn1("float8up", same),
		fn1("ftod", same),
		fn1("dtof", func(_ *Env, a datum) (datum, error) { return single(a.Float(), isInf(a.Float()), a.Float() == 0) }),
		fn0("dpi", func(*Env) (datum, error) { return sqltypes.Float(math.Pi), nil }),
		fn2("dpow", power), fn1("dexp", exponential), fn1("dlog1", logarithm(naturalLog)), fn1("dlog10", logarithm(log10)),
		fn1("dsqrt", squareRoot), fn2("datan2", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Float(math.Atan2(a.Float(), b.Float())), nil }),
		fnN("width_bucket_float8", widthBucketFloat))
	for _, name := range []string{"float4", "float8"} {
		out = append(out, pure(name+"um", func(f float64) float64 { return -f }), pure(name+"abs", math.Abs))
	}
	for source, f := range map[string]func(float64) float64{
		"dround": math.RoundToEven, "dceil": math.Ceil, "dfloor": math.Floor, "dtrunc": math.Trunc, "dsign": signum, "dcbrt": math.Cbrt,
		"datan": math.Atan, "dtanh": math.Tanh, "dasinh": math.Asinh, "derf": math.Erf, "derfc": math.Erfc,
	} {
		out = append(out, pure(source, f))
	}
	out = append(out, fn1("radians", func(_ *Env, a datum) (datum, error) {
		f := a.Float() * (math.Pi / 180)
		if f == 0 && a.Float() != 0 {
			return sqltypes.Null, floatUnderflow()
		}
		return sqltypes.Float(f), nil
	}))
	out = append(out, fn1("degrees", func(_ *Env, a datum) (datum, error) {
		return float8Divide(nil, a, sqltypes.Float(math.Pi/180))
	}))
	out = append(out, finite("dsin", math.Sin), finite("dcos", math.Cos), finite("dtan", math.Tan),
		finite("dcot", func(f float64) float64 { return 1 / math.Tan(f) }),
		within("dasin", math.Asin, -1, 1), within("dacos", math.Acos, -1, 1),
		overflowing("dsinh", math.Sinh), overflowing("dcosh", math.Cosh),
		within("dacosh", math.Acosh, 1, math.Inf(1)), within("datanh", math.Atanh, -1, 1))
	return append(out, degreeFunctions()...)
}

func pure(source string, f func(float64) float64) entry {
	return fn1(source, func(_ *Env, a datum) (datum, error) { return sqltypes.Float(f(a.Float())), nil })
}

func signum(f float64) float64 {
	switch {
	case f > 0:
		return 1
	case f < 0:
		return -1
	}
	return 0
}

// finite refuses infinities, as the periodic functions do.
func finite(source string, f func(float64) float64) entry {
	return fn1(source, func(_ *Env, a datum) (datum, error) {
		if isInf(a.Float()) {
			return sqltypes.Null, inputOutOfRange()
		}
		r := f(a.Float())
		if isInf(r) && source != "dcot" {
			return sqltypes.Null, floatOverflow()
		}
		return sqltypes.Float(r), nil
	})
}

func within(source string, f func(float64) float64, low, high float64) entry {
	return fn1(source, func(_ *Env, a datum) (datum, error) {
		if x := a.Float(); x < low || x > high {
			return sqltypes.Null, inputOutOfRange()
		}
		return sqltypes.Float(f(a.Float())), nil
	})
}

func overflowing(source string, f func(float64) float64) entry {
	return fn1(source, func(_ *Env, a datum) (datum, error) { return sqltypes.Float(f(a.Float())), nil })
}

func power(_ *Env, a, b datum) (datum, error) {
	x, y := a.Float(), b.Float()
	switch {
	case math.IsNaN(x):
		if y == 0 {
			return sqltypes.Float(1), nil
		}
		return a, nil
	case math.IsNaN(y):
		if x == 1 {
			return sqltypes.Float(1), nil
		}
		return b, nil
	case x == 0 && y < 0:
		return sqltypes.Null, pgerror.New(pgerror.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined")
	case x < 0 && !isInf(y) && math.Floor(y) != y:
		return sqltypes.Null, pgerror.New(pgerror.InvalidArgumentForPowerFunction, "a negative number raised to a non-integer power yields a complex result")
	}
	r := powerOf(x, y)
	if isInf(y) && x == -1 {
		r = 1
	}
	if isInf(x) || isInf(y) {
		return sqltypes.Float(r), nil
	}
	if isInf(r) {
		return sqltypes.Null, floatOverflow()
	}
	if r == 0 && x != 0 {
		return sqltypes.Null, floatUnderflow()
	}
	return sqltypes.Float(r), nil
}

// smallestNormal is the least number with all of its bits. The standard library's logarithm takes smaller ones for it.
const smallestNormal = 1 << 52 * math.SmallestNonzeroFloat64

// normalShift is by how many bits smaller numbers are made larger.
const normalShift = 54

func naturalLog(x float64) float64 {
	if x > 0 && x < smallestNormal {
		return math.Log(math.Ldexp(x, normalShift)) - normalShift*math.Ln2
	}
	return math.Log(x)
}

func powerOf(x, y float64) float64 {
	if a := math.Abs(x); a > 0 && a < smallestNormal {
		return math.Pow(math.Ldexp(x, normalShift), y) * math.Pow(2, -normalShift*y)
	}
	return math.Pow(x, y)
}

func exponential(_ *Env, a datum) (datum, error) {
	r := math.Exp(a.Float())
	if isInf(a.Float()) || math.IsNaN(a.Float()) {
		return sqltypes.Float(r), nil
	}
	if isInf(r) {
		return sqltypes.Null, floatOverflow()
	}
	if r == 0 {
		return sqltypes.Null, floatUnderflow()
	}
	return sqltypes.Float(r), nil
}

func logarithm(f func(float64) float64) func(*Env, datum) (datum, error) {
	return func(_ *Env, a datum) (datum, error) {
		if a.Float() == 0 {
			return sqltypes.Null, pgerror.New(pgerror.InvalidArgumentForLog, "cannot take logarithm of zero")
		}
		if a.Float() < 0 {
			return sqltypes.Null, pgerror.New(pgerror.InvalidArgumentForLog, "cannot take logarithm of a negative number")
		}
		return sqltypes.Float(f(a.Float())), nil
	}
}

// log10 is exact for the numbers below the normal ones too.
func log10(f float64) float64 {
	if f < 0x1p-1022 {
		return math.Log10(f*0x1p54) - 54*math.Log10(2)
	}
	return math.Log10(f)
}

func squareRoot(_ *Env, a datum) (datum, error) {
	if a.Float() < 0 {
		return sqltypes.Null, pgerror.New(pgerror.InvalidArgumentForPowerFunction, "cannot take square root of a negative number")
	}
	return sqltypes.Float(math.Sqrt(a.Float())), nil
}

func bucketError(message string) error {
	return pgerror.New(pgerror.InvalidArgumentForWidthBucketFunction, "%s", message)
}

func widthBucketFloat(_ *Env, args []datum) (datum, error) {
	x, low, high, count := args[0].Float(), args[1].Float(), args[2].Float(), args[3].Int()
	switch {
	case count <= 0:
		return sqltypes.Null, bucketError("count must be greater than zero")
	case math.IsNaN(x) || math.IsNaN(low) || math.IsNaN(high):
		return sqltypes.Null, bucketError("operand, lower bound, and upper bound cannot be NaN")
	case isInf(low) || isInf(high):
		return sqltypes.Null, bucketError("lower and upper bounds must be finite")
	case low == high:
		return sqltypes.Null, bucketError("lower bound cannot equal upper bound")
	}
	up := low < high
	var n int64
	switch {
	case up && x < low || !up && x > low:
		return sqltypes.Int(0), nil
	case up && x >= high || !up && x <= high:
		return int4Width.check(count + 1)
	case !isInf(high - low):
		n = int64(float64(count) * ((x - low) / (high - low)))
	default:
		n = int64(float64(count) * ((x/2 - low/2) / (high/2 - low/2)))
	}
	return sqltypes.Int(min(n, count-1) + 1), nil
}

// degreeFunctions are the trigonometric functions over degrees, exact at multiples of 30, 45 and 60.
func degreeFunctions() []entry {
	return []entry{
		finite("dsind", sinDegrees), finite("dcosd", cosDegrees),
		fn1("dtand", func(_ *Env, a datum) (datum, error) {
			if isInf(a.Float()) {
				return sqltypes.Null, inputOutOfRange()
			}
			return sqltypes.Float(tanDegrees(a.Float(), false)), nil
		}),
		fn1("dcotd", func(_ *Env, a datum) (datum, error) {
			if isInf(a.Float()) {
				return sqltypes.Null, inputOutOfRange()
			}
			return sqltypes.Float(tanDegrees(a.Float(), true)), nil
		}),
		within("dasind", func(x float64) float64 {
			if x >= 0 {
				return asinQuadrant(x)
			}
			return -asinQuadrant(-x)
		}, -1, 1),
		within("dacosd", func(x float64) float64 {
			if x >= 0 {
				return acosQuadrant(x)
			}
			return 90 + asinQuadrant(-x)
		}, -1, 1),
		pure("datand", func(x float64) float64 { return math.Atan(x) / math.Atan(1) * 45 }),
		fn2("datan2d", func(_ *Env, a, b datum) (datum, error) {
			return sqltypes.Float(math.Atan2(a.Float(), b.Float()) / math.Atan(1) * 45), nil
		}),
	}
}

func radiansOf(f float64) float64 { return f * (math.Pi / 180) }

func sin0to30(x float64) float64 { return math.Sin(radiansOf(x)) / math.Sin(radiansOf(30)) / 2 }

func cos0to60(x float64) float64 {
	return 1 - (1-math.Cos(radiansOf(x)))/(1-math.Cos(radiansOf(60)))/2
}

func sinQuadrant(x float64) float64 {
	if x <= 30 {
		return sin0to30(x)
	}
	return cos0to60(90 - x)
}

func cosQuadrant(x float64) float64 {
	if x <= 60 {
		return cos0to60(x)
	}
	return sin0to30(90 - x)
}

func sinDegrees(x float64) float64 {
	if math.IsNaN(x) {
		return x
	}
	x, sign := math.Mod(x, 360), 1.0
	if x < 0 {
		x, sign = -x, -sign
	}
	if x > 180 {
		x, sign = 360-x, -sign
	}
	if x > 90 {
		x = 180 - x
	}
	return sign * sinQuadrant(x)
}

func cosDegrees(x float64) float64 {
	if math.IsNaN(x) {
		return x
	}
	x, sign := math.Abs(math.Mod(x, 360)), 1.0
	if x > 180 {
		x = 360 - x
	}
	if x > 90 {
		x, sign = 180-x, -sign
	}
	return sign * cosQuadrant(x)
}

func tanDegrees(x float64, cot bool) float64 {
	if math.IsNaN(x) {
		return x
	}
	x, sign := math.Mod(x, 360), 1.0
	if x < 0 {
		x, sign = -x, -sign
	}
	if x > 180 {
		x, sign = 360-x, -sign
	}
	if x > 90 {
		x, sign = 180-x, -sign
	}
	tan45 := sinQuadrant(45) / cosQuadrant(45)
	r := sinQuadrant(x) / cosQuadrant(x) / tan45
	if cot {
		r = cosQuadrant(x) / sinQuadrant(x) / (cosQuadrant(45) / sinQuadrant(45))
	}
	r *= sign
	if r == 0 {
		return 0
	}
	return r
}

func asinQuadrant(x float64) float64 {
	if x <= 0.5 {
		return math.Asin(x) / math.Asin(0.5) * 30
	}
	return 90 - math.Acos(x)/math.Acos(0.5)*60
}

func acosQuadrant(x float64) float64 {
	if x <= 0.5 {
		return 90 - math.Asin(x)/math.Asin(0.5)*30
	}
	return math.Acos(x) / math.Acos(0.5) * 60
}
