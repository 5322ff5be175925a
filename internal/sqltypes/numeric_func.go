package sqltypes

import (
	"math"
	"math/big"
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// NumericFromFloat8 keeps 15 significant digits, as PostgreSQL's cast does.
func NumericFromFloat8(f float64) Datum { return numericFromFloat(f, 15) }

// NumericFromFloat4 keeps 6 significant digits.
func NumericFromFloat4(f float64) Datum { return numericFromFloat(f, 6) }

func numericFromFloat(f float64, digits int) Datum {
	switch {
	case math.IsNaN(f):
		return NumericNaN()
	case math.IsInf(f, 0):
		return NumericInfinity(f < 0)
	}
	var buf [64]byte
	d, err := parseNumeric(string(appendG(buf[:0], f, digits)), -1)
	if err != nil {
		panic("sqltypes: the digits of a float are not a numeric: " + err.Error())
	}
	return d
}

// NumericToInt64 rounds half away from zero; out of range is "bigint out of range".
func NumericToInt64(d Datum) (int64, error) { return numericToInt(d, 64, "bigint") }

// NumericToInt32 is the same for integer.
func NumericToInt32(d Datum) (int64, error) { return numericToInt(d, 32, "integer") }

// NumericToInt16 is the same for smallint.
func NumericToInt16(d Datum) (int64, error) { return numericToInt(d, 16, "smallint") }

func numericToInt(d Datum, bits int, typeName string) (int64, error) {
	switch numericSpecial(d) {
	case 'n':
		return 0, pgerror.New(pgerror.FeatureNotSupported, "cannot convert NaN to %s", typeName)
	case '+', '-':
		return 0, pgerror.New(pgerror.FeatureNotSupported, "cannot convert infinity to %s", typeName)
	}
	r := NumericRound(d, 0)
	if r.kind != KindDecimal || r.number<<(64-bits)>>(64-bits) != r.number {
		return 0, pgerror.New(pgerror.NumericValueOutOfRange, "%s out of range", typeName)
	}
	return r.number, nil
}

// NumericToFloat8 is the nearest double precision.
func NumericToFloat8(d Datum) (float64, error) { return numericToFloat(d, 64, "double precision") }

// NumericToFloat4 is the nearest real.
func NumericToFloat4(d Datum) (float64, error) { return numericToFloat(d, 32, "real") }

func numericToFloat(d Datum, bits int, typeName string) (float64, error) {
	if d.kind == KindDecimal && d.aux == 0 && bits == 64 {
		return float64(d.number), nil
	}
	var buf [64]byte
	f, err := parseFloat(string(appendNumeric(buf[:0], d)), bits, typeName)
	if err != nil {
		return 0, err
	}
	return f.Float(), nil
}

// numericEstimate is the value as a float64 for choosing scales; too big is an infinity.
func numericEstimate(d Datum) float64 {
	f, _ := strconv.ParseFloat(string(appendNumeric(nil, d)), 64)
	return f
}

// NumericSqrt is the square root.
func NumericSqrt(a Datum) (Datum, error) {
	switch special := numericSpecial(a); {
	case special == 'n' || special == '+':
		return a, nil
	case NumericSign(a) < 0:
		return Null, pgerror.New(pgerror.InvalidArgumentForPowerFunction, "cannot take square root of a negative number")
	}
	weight, _ := leadingDigit(a)
	rootWeight := 0
	if weight >= 0 {
		rootWeight = weight*4/2 + 1
	} else {
		rootWeight = 1 - (1-weight*4)/2
	}
	return sqrtTo(a, clampScale(max(numericSignificant-rootWeight, int(NumericScale(a)))))
}

// sqrtTo is the root rounded to the scale: one digit more is computed than shown, and an exact root of integers makes it exact.
func sqrtTo(a Datum, scale int32) (Datum, error) {
	v, from := numericInt(a)
	want := 2 * (scale + 1)
	if want >= from {
		v.Mul(v, pow10Big(int(want-from)))
	} else {
		v.Quo(v, pow10Big(int(from-want)))
	}
	return numericChecked(roundInt(v.Sqrt(v), scale+1, scale), scale)
}

// fixed rounds an apd result to the scale.
func fixed(d *apd.Decimal, scale int32) (Datum, error) {
	v := new(big.Int).Set(d.Coeff.MathBigInt())
	if d.Negative {
		v.Neg(v)
	}
	return numericChecked(roundInt(v, -d.Exponent, scale), scale)
}

// apdContext computes with a number of significant digits.
func apdContext(digits int) *apd.Context {
	c := apd.BaseContext.WithPrecision(uint32(max(digits, 20)))
	c.Rounding = apd.RoundHalfUp
	c.Traps = 0
	return c
}

// NumericExp is e to the power of a.
func NumericExp(a Datum) (Datum, error) {
	switch numericSpecial(a) {
	case 'n', '+':
		return a, nil
	case '-':
		return SmallDecimal(0, 0), nil
	}
	weight := numericEstimate(a) * 0.434294481903252
	weight = min(max(weight, -numericExponentMax), numericExponentMax)
	scale := clampScale(max(numericSignificant-int(weight), int(NumericScale(a))))
	return expTo(a.decimal(), scale)
}

func expTo(a *apd.Decimal, scale int32) (Datum, error) {
	estimate, _ := a.Float64()
	if math.Abs(estimate) >= numericExponentMax*3 {
		if estimate > 0 {
			return Null, numericOverflow()
		}
		return SmallDecimal(0, scale), nil
	}
	// exp(a) = exp(a / 2^halvings)^(2^halvings): the series is short for a small argument.
	halvings := 0
	for part := math.Abs(estimate); part > 16; part /= 2 {
		halvings++
	}
	c := apdContext(int(max(estimate, 0)*0.4343) + int(scale) + 16 + halvings)
	var part, out apd.Decimal
	if _, err := c.Quo(&part, a, apd.New(1<<halvings, 0)); err != nil {
		return Null, err
	}
	if _, err := c.Exp(&out, &part); err != nil {
		return Null, err
	}
	for range halvings {
		if _, err := c.Mul(&out, &out, &out); err != nil {
			return Null, err
		}
	}
	return fixed(&out, scale)
}

// lnWeight estimates the decimal exponent of ln(a)'s first digit the way PostgreSQL does, which fixes the result's scale.
func lnWeight(a Datum) int {
	if NumericSign(a) <= 0 {
		return 0
	}
	if NumericCompare(a, SmallDecimal(9, 1)) >= 0 && NumericCompare(a, SmallDecimal(11, 1)) <= 0 {
		x, _ := NumericSub(a, SmallDecimal(1, 0))
		if NumericSign(x) == 0 {
			return 0
		}
		weight, digit := leadingDigit(x)
		return weight*4 + digitsUint64(uint64(digit)) - 1
	}
	weight, digit := leadingDigit(a)
	digits, exponent := float64(digit), weight*4
	if second := secondDigit(a, weight); second >= 0 {
		digits = digits*10000 + float64(second)
		exponent -= 4
	}
	return int(math.Log10(math.Abs(math.Log(digits) + float64(exponent)*2.302585092994046)))
}

// secondDigit is the base-10000 digit after the first, -1 when the number has no more.
func secondDigit(a Datum, weight int) int {
	shift := 4 * (weight - 1)
	v, scale := numericInt(a)
	// v × 10^-scale / 10^shift, whole part, modulo 10000; nothing behind the first digit means there is no second.
	exponent := int(scale) + shift
	first := exponent + 4
	if first <= 0 || new(big.Int).Rem(v, pow10Big(first)).Sign() == 0 {
		return -1
	}
	if exponent >= 0 {
		v.Quo(v, pow10Big(exponent))
	} else {
		v.Mul(v, pow10Big(-exponent))
	}
	return int(v.Rem(v, big.NewInt(10000)).Int64())
}

func lnDomain(a Datum) error {
	switch sign := NumericSign(a); {
	case sign < 0:
		return pgerror.New(pgerror.InvalidArgumentForLog, "cannot take logarithm of a negative number")
	case sign == 0:
		return pgerror.New(pgerror.InvalidArgumentForLog, "cannot take logarithm of zero")
	}
	return nil
}

// NumericLn is the natural logarithm.
func NumericLn(a Datum) (Datum, error) {
	if numericSpecial(a) == 'n' {
		return a, nil
	}
	if err := lnDomain(a); err != nil {
		return Null, err
	}
	if numericSpecial(a) != 0 {
		return a, nil
	}
	weight := lnWeight(a)
	scale := clampScale(max(numericSignificant-weight, int(NumericScale(a))))
	out, err := lnDigits(a, int(scale)+max(weight, 0)+12)
	if err != nil {
		return Null, err
	}
	return fixed(out, scale)
}

func lnDigits(a Datum, digits int) (*apd.Decimal, error) {
	out, d := new(apd.Decimal), a.decimal()
	exponent := int64(decimalDigits(d.Coeff.MathBigInt())) + int64(d.Exponent)
	if exponent > -50_000 && exponent < 50_000 {
		_, err := apdContext(digits).Ln(out, d)
		return out, err
	}
	// apd's exponents end near here: the logarithm of the digits, and the tens by themselves.
	c := apdContext(digits + 8)
	var digitsOf, tens apd.Decimal
	coefficient := new(big.Int).Set(d.Coeff.MathBigInt())
	if excess := decimalDigits(coefficient) - digits - 8; excess > 0 {
		coefficient = roundInt(coefficient, int32(excess), 0)
	}
	digitsOf.Coeff.SetMathBigInt(coefficient)
	digitsOf.Exponent = -int32(decimalDigits(coefficient))
	if _, err := c.Ln(out, &digitsOf); err != nil {
		return nil, err
	}
	if _, err := c.Ln(&tens, apd.New(10, 0)); err != nil {
		return nil, err
	}
	if _, err := c.Mul(&tens, &tens, apd.New(exponent, 0)); err != nil {
		return nil, err
	}
	_, err := c.Add(out, out, &tens)
	return out, err
}

// NumericLog is the logarithm of a to a base.
func NumericLog(base, a Datum) (Datum, error) {
	if numericSpecial(base) == 'n' || numericSpecial(a) == 'n' {
		return NumericNaN(), nil
	}
	operands := []Datum{base, a}
	if numericSpecial(base)|numericSpecial(a) != 0 && NumericSign(a) < 0 {
		operands = []Datum{a, base}
	}
	for _, d := range operands {
		if err := lnDomain(d); err != nil {
			return Null, err
		}
	}
	switch sb, sa := numericSpecial(base), numericSpecial(a); {
	case sb != 0 && sa != 0:
		return NumericNaN(), nil
	case sb != 0:
		return SmallDecimal(0, 0), nil
	case sa != 0:
		return a, nil
	}
	weight := lnWeight(a) - lnWeight(base)
	scale := clampScale(max(numericSignificant-weight, int(NumericScale(base)), int(NumericScale(a))))
	digits := int(scale) + max(weight, 0) + 16
	x, err := lnDigits(a, digits)
	if err != nil {
		return Null, err
	}
	y, err := lnDigits(base, digits)
	if err != nil {
		return Null, err
	}
	if y.IsZero() {
		return Null, divisionByZero()
	}
	var out apd.Decimal
	if _, err := apdContext(digits).Quo(&out, x, y); err != nil {
		return Null, err
	}
	return fixed(&out, scale)
}

func powerError(text string) error {
	return pgerror.New(pgerror.InvalidArgumentForPowerFunction, "%s", text)
}

const (
	errZeroToNegative = "zero raised to a negative power is undefined"
	errComplexPower   = "a negative number raised to a non-integer power yields a complex result"
)

// NumericPower is base to the power of exponent.
func NumericPower(base, exponent Datum) (Datum, error) {
	if numericSpecial(base)|numericSpecial(exponent) != 0 {
		return powerSpecial(base, exponent)
	}
	whole := NumericCompare(NumericTrunc(exponent, 0), exponent) == 0
	if NumericSign(base) == 0 && NumericSign(exponent) < 0 {
		return Null, powerError(errZeroToNegative)
	}
	if NumericSign(base) < 0 && !whole {
		return Null, powerError(errComplexPower)
	}
	if whole {
		if n := NumericTrunc(exponent, 0); n.kind == KindDecimal && int64(int32(n.number)) == n.number {
			return powerInt(base, n.number, int(NumericScale(exponent)))
		}
	}
	if NumericSign(base) == 0 {
		return SmallDecimal(0, numericSignificant), nil
	}
	negative := false
	if NumericSign(base) < 0 {
		v, _ := numericInt(NumericTrunc(exponent, 0))
		negative = v.Bit(0) == 1
		base = NumericNeg(base)
	}
	d, err := powerReal(base, exponent)
	if err == nil && negative {
		d = NumericNeg(d)
	}
	return d, err
}

// powerReal is exp(exponent × ln(base)) for a positive base.
func powerReal(base, exponent Datum) (Datum, error) {
	rough, err := lnDigits(base, 24)
	if err != nil {
		return Null, err
	}
	var product apd.Decimal
	if _, err := apdContext(24).Mul(&product, rough, exponent.decimal()); err != nil {
		return Null, err
	}
	estimate, _ := product.Float64()
	if math.Abs(estimate) > numericExponentMax*3.01 {
		if estimate > 0 {
			return Null, numericOverflow()
		}
		return SmallDecimal(0, numericDisplayMax), nil
	}
	weight := int(estimate * 0.434294481903252)
	scale := clampScale(max(numericSignificant-weight, int(NumericScale(base)), int(NumericScale(exponent))))
	digits := int(scale) + max(weight, 0) + 30
	exact, err := lnDigits(base, digits)
	if err != nil {
		return Null, err
	}
	if _, err := apdContext(digits).Mul(&product, exact, exponent.decimal()); err != nil {
		return Null, err
	}
	return expTo(&product, scale)
}

// powerWeight approximates the decimal exponent of base^n from the first 16 digits or so.
func powerWeight(base Datum, n int64) float64 {
	v, scale := numericInt(base)
	v.Abs(v)
	digits := decimalDigits(v)
	exponent := -int(scale)
	if digits > 17 {
		v.Quo(v, pow10Big(digits-17))
		exponent += digits - 17
	}
	f, _ := new(big.Float).SetInt(v).Float64()
	return float64(n) * (math.Log10(f) + float64(exponent))
}

func powerInt(base Datum, n int64, exponentScale int) (Datum, error) {
	weight := 0.0
	zero := NumericSign(base) == 0
	if !zero {
		weight = powerWeight(base, n)
	}
	if weight > NumericDigitsMax {
		return Null, numericOverflow()
	}
	if weight+1 < -numericDisplayMax {
		return SmallDecimal(0, numericDisplayMax), nil
	}
	scale := clampScale(max(numericSignificant-int(weight), int(NumericScale(base)), exponentScale))
	switch {
	case n == 0:
		return NumericRound(SmallDecimal(1, 0), int(scale)), nil
	case n == 1:
		return NumericRound(base, int(scale)), nil
	case n == -1:
		if zero {
			return Null, divisionByZero()
		}
		return divTo(SmallDecimal(1, 0), base, scale)
	case zero:
		return SmallDecimal(0, scale), nil
	}
	v, from := numericInt(base)
	if count := n; float64(absInt64(count))*float64(decimalDigits(v)) < 4000 || n == 2 || n > 0 && from == 0 && scale == 0 {
		p := new(big.Int).Exp(v, big.NewInt(absInt64(n)), nil)
		pScale := int(from) * int(absInt64(n))
		if n > 0 {
			return numericChecked(roundInt(p, int32(pScale), scale), scale)
		}
		return numericChecked(divRound(pow10Big(int(scale)+pScale), p), scale)
	}
	return powerLong(base, n, scale, weight)
}

func absInt64(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// longDecimal is a number of so many digits that apd's exponents would not do: m times a power of ten.
type longDecimal struct {
	m        *big.Int
	exponent int64
}

// times multiplies and keeps the given number of significant digits.
func (a longDecimal) times(b longDecimal, digits int) longDecimal {
	out := longDecimal{new(big.Int).Mul(a.m, b.m), a.exponent + b.exponent}
	if excess := decimalDigits(out.m) - digits; excess > 0 {
		out.m, out.exponent = roundInt(out.m, int32(excess), 0), out.exponent+int64(excess)
	}
	return out
}

// powerLong multiplies with as many significant digits as the result shows, and some to spare.
func powerLong(base Datum, n int64, scale int32, weight float64) (Datum, error) {
	digits := int(scale) + int(max(weight, 0)) + 24 + digitsUint64(uint64(absInt64(n)))
	v, from := numericInt(base)
	square, out := longDecimal{v, -int64(from)}, longDecimal{big.NewInt(1), 0}
	for k := absInt64(n); k > 0; k >>= 1 {
		if k&1 == 1 {
			out = out.times(square, digits)
		}
		if k > 1 {
			square = square.times(square, digits)
		}
	}
	if n < 0 {
		width := digits + decimalDigits(out.m)
		out = longDecimal{divRound(pow10Big(width), out.m), -int64(width) - out.exponent}
	}
	shift := out.exponent + int64(scale)
	switch {
	case shift >= 0:
		return numericChecked(new(big.Int).Mul(out.m, pow10Big(int(shift))), scale)
	case -shift > int64(decimalDigits(out.m))+1:
		return SmallDecimal(0, scale), nil
	}
	return numericChecked(roundInt(out.m, int32(-shift), 0), scale)
}

// powerSpecial follows POSIX's rules for pow with NaN and the infinities.
func powerSpecial(base, exponent Datum) (Datum, error) {
	one := SmallDecimal(1, 0)
	sb, se := numericSpecial(base), numericSpecial(exponent)
	switch {
	case sb == 'n':
		if se == 0 && NumericSign(exponent) == 0 {
			return one, nil
		}
		return NumericNaN(), nil
	case se == 'n':
		if sb == 0 && NumericCompare(base, one) == 0 {
			return one, nil
		}
		return NumericNaN(), nil
	case NumericSign(base) == 0 && NumericSign(exponent) < 0:
		return Null, powerError(errZeroToNegative)
	case sb == 0 && NumericCompare(base, one) == 0, se == 0 && NumericSign(exponent) == 0:
		return one, nil
	case NumericSign(base) == 0 && NumericSign(exponent) > 0:
		return SmallDecimal(0, 0), nil
	case se != 0:
		size := one
		if sb == 0 {
			size = NumericAbs(base)
		} else {
			size = NumericInfinity(false)
		}
		switch order := NumericCompare(size, one); {
		case order == 0:
			return one, nil
		case (order > 0) == (NumericSign(exponent) > 0):
			return NumericInfinity(false), nil
		}
		return SmallDecimal(0, 0), nil
	}
	return powerOfInfinity(sb, exponent)
}

func powerOfInfinity(base byte, exponent Datum) (Datum, error) {
	negative := false
	if base == '-' {
		t := NumericTrunc(exponent, 0)
		if NumericCompare(t, exponent) != 0 {
			return Null, powerError(errComplexPower)
		}
		v, _ := numericInt(t)
		negative = v.Bit(0) == 1
	}
	if NumericSign(exponent) < 0 {
		return SmallDecimal(0, 0), nil
	}
	return NumericInfinity(negative), nil
}
