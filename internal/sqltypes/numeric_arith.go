package sqltypes

import (
	"cmp"
	"math/big"
	"math/bits"

	"github.com/cockroachdb/apd/v3"

	"github.com/opendsql/opendsql/internal/pgerror"
)

func divisionByZero() error { return pgerror.New(pgerror.DivisionByZero, "division by zero") }

// NumericAdd is a + b; the result's scale is the greater of the two.
func NumericAdd(a, b Datum) (Datum, error) {
	if a.kind == KindDecimal && b.kind == KindDecimal {
		x, y, scale, ok := alignSmall(a, b)
		if sum := x + y; ok && (sum > x) == (y > 0) {
			return SmallDecimal(sum, scale), nil
		}
	}
	if sa, sb := numericSpecial(a), numericSpecial(b); sa|sb != 0 {
		switch {
		case sa == 'n' || sb == 'n' || sa != 0 && sb != 0 && sa != sb:
			return NumericNaN(), nil
		case sa != 0:
			return a, nil
		}
		return b, nil
	}
	x, y, scale := alignBig(a, b)
	return numericChecked(x.Add(x, y), scale)
}

// NumericSub is a - b.
func NumericSub(a, b Datum) (Datum, error) {
	if a.kind == KindDecimal && b.kind == KindDecimal {
		x, y, scale, ok := alignSmall(a, b)
		if diff := x - y; ok && (diff < x) == (y > 0) {
			return SmallDecimal(diff, scale), nil
		}
	}
	return NumericAdd(a, NumericNeg(b))
}

func alignSmall(a, b Datum) (x, y int64, scale int32, ok bool) {
	switch {
	case a.aux == b.aux:
		return a.number, b.number, a.aux, true
	case a.aux < b.aux:
		x, ok = mulPow10(a.number, b.aux-a.aux)
		return x, b.number, b.aux, ok
	}
	y, ok = mulPow10(b.number, a.aux-b.aux)
	return a.number, y, a.aux, ok
}

func alignBig(a, b Datum) (x, y *big.Int, scale int32) {
	x, sx := numericInt(a)
	y, sy := numericInt(b)
	switch {
	case sx < sy:
		x.Mul(x, pow10Big(int(sy-sx)))
		sx = sy
	case sy < sx:
		y.Mul(y, pow10Big(int(sx-sy)))
	}
	return x, y, sx
}

// NumericNeg is -a.
func NumericNeg(a Datum) Datum {
	if a.kind == KindDecimal && a.number != -1<<63 {
		return SmallDecimal(-a.number, a.aux)
	}
	switch numericSpecial(a) {
	case 'n':
		return a
	case '+', '-':
		return NumericInfinity(!a.Big().Negative)
	}
	v, scale := numericInt(a)
	return numericOf(v.Neg(v), scale)
}

// NumericAbs is |a|.
func NumericAbs(a Datum) Datum {
	if NumericSign(a) < 0 {
		return NumericNeg(a)
	}
	return a
}

// NumericMul is a × b; the result's scale is the sum of the two.
func NumericMul(a, b Datum) (Datum, error) {
	if a.kind == KindDecimal && b.kind == KindDecimal {
		if scale := a.aux + b.aux; scale <= NumericScaleMax {
			hi, lo := bits.Mul64(absUint64(a.number), absUint64(b.number))
			return numericOf128(hi, lo, scale, (a.number < 0) != (b.number < 0)), nil
		}
	}
	if sa, sb := numericSpecial(a), numericSpecial(b); sa|sb != 0 {
		sign := NumericSign(a) * NumericSign(b)
		if sa == 'n' || sb == 'n' || sign == 0 {
			return NumericNaN(), nil
		}
		return NumericInfinity(sign < 0), nil
	}
	x, sx := numericInt(a)
	y, sy := numericInt(b)
	return numericChecked(x.Mul(x, y), sx+sy)
}

// leadingDigit is the base-10000 exponent and digit that PostgreSQL's estimates of a result's size start from.
func leadingDigit(d Datum) (weight, digit int) {
	var digits int
	if d.kind == KindDecimal {
		if d.number == 0 {
			return 0, 0
		}
		u := absUint64(d.number)
		digits = digitsUint64(u)
		weight, keep := splitWeight(digits - 1 - int(d.aux))
		for ; digits > keep; digits-- {
			u /= 10
		}
		for ; digits < keep; digits++ {
			u *= 10
		}
		return weight, int(u)
	}
	v, scale := numericInt(d)
	v.Abs(v)
	digits = decimalDigits(v)
	weight, keep := splitWeight(digits - 1 - int(scale))
	if digits > keep {
		v.Quo(v, pow10Big(digits-keep))
	} else {
		v.Mul(v, pow10Big(keep-digits))
	}
	return weight, int(v.Int64())
}

// splitWeight turns the decimal exponent of the first digit into a base-10000 exponent and the number of decimal digits in its digit.
func splitWeight(exponent int) (weight, keep int) {
	weight = exponent >> 2
	return weight, exponent - 4*weight + 1
}

func clampScale(scale int) int32 {
	return int32(min(max(scale, 0), numericDisplayMax))
}

// divScale is the scale PostgreSQL gives a quotient: 16 significant digits, and no less than either operand has.
func divScale(a, b Datum) int32 {
	wa, da := leadingDigit(a)
	wb, db := leadingDigit(b)
	weight := wa - wb
	if da <= db {
		weight--
	}
	return clampScale(max(numericSignificant-weight*4, int(NumericScale(a)), int(NumericScale(b))))
}

// NumericDiv is a / b.
func NumericDiv(a, b Datum) (Datum, error) {
	if sa, sb := numericSpecial(a), numericSpecial(b); sa|sb != 0 {
		switch {
		case sa == 'n' || sb == 'n' || sa != 0 && sb != 0:
			return NumericNaN(), nil
		case sa == 0:
			return SmallDecimal(0, 0), nil
		case NumericSign(b) == 0:
			return Null, divisionByZero()
		}
		return NumericInfinity(NumericSign(a)*NumericSign(b) < 0), nil
	}
	if NumericSign(b) == 0 {
		return Null, divisionByZero()
	}
	return divTo(a, b, divScale(a, b))
}

// divTo is a / b rounded to a scale.
func divTo(a, b Datum, scale int32) (Datum, error) {
	if a.kind == KindDecimal && b.kind == KindDecimal {
		if d, ok := divSmall(a, b, scale); ok {
			return d, nil
		}
	}
	x, sx := numericInt(a)
	y, sy := numericInt(b)
	if shift := int(scale + sy - sx); shift >= 0 {
		x.Mul(x, pow10Big(shift))
	} else {
		y.Mul(y, pow10Big(-shift))
	}
	return numericChecked(divRound(x, y), scale)
}

// divRound is x / y rounded half away from zero.
func divRound(x, y *big.Int) *big.Int {
	sign := int64(x.Sign() * y.Sign())
	q, r := new(big.Int).QuoRem(x, y, new(big.Int))
	if r.Lsh(r.Abs(r), 1).CmpAbs(y) >= 0 {
		q.Add(q, big.NewInt(sign))
	}
	return q
}

// divSmall divides 128 bits by 64 without allocating; false when the operands or the quotient do not fit.
func divSmall(a, b Datum, scale int32) (Datum, bool) {
	shift := int(scale + b.aux - a.aux)
	if shift < 0 || shift > 36 {
		return Null, false
	}
	hi, lo := uint64(0), absUint64(a.number)
	for shift > 0 {
		step := min(shift, 18)
		p := uint64(pow10Table[step])
		h1, l1 := bits.Mul64(lo, p)
		h2, l2 := bits.Mul64(hi, p)
		sum, carry := bits.Add64(l2, h1, 0)
		if h2 != 0 || carry != 0 {
			return Null, false
		}
		hi, lo = sum, l1
		shift -= step
	}
	divisor := absUint64(b.number)
	qHi := hi / divisor
	q, r := bits.Div64(hi%divisor, lo, divisor)
	if r >= divisor-r {
		var carry uint64
		q, carry = bits.Add64(q, 1, 0)
		qHi += carry
	}
	return numericOf128(qHi, q, scale, (a.number < 0) != (b.number < 0)), true
}

// numericOf128 is the number of a coefficient of 128 bits.
func numericOf128(hi, lo uint64, scale int32, negative bool) Datum {
	if hi == 0 && lo < 1<<63 {
		n := int64(lo)
		if negative {
			n = -n
		}
		return SmallDecimal(n, scale)
	}
	if negative && hi == 0 && lo == 1<<63 {
		return SmallDecimal(-1<<63, scale)
	}
	b := &Big{}
	b.Negative, b.Exponent = negative, -scale
	if hi != 0 {
		var low apd.BigInt
		low.SetUint64(lo)
		b.Coeff.SetUint64(hi)
		b.Coeff.Lsh(&b.Coeff, 64)
		b.Coeff.Or(&b.Coeff, &low)
	} else {
		b.Coeff.SetUint64(lo)
	}
	return FromBig(b)
}

// NumericDivTrunc is the function div: the quotient's integer part.
func NumericDivTrunc(a, b Datum) (Datum, error) {
	if numericSpecial(a)|numericSpecial(b) != 0 {
		return NumericDiv(a, b)
	}
	if NumericSign(b) == 0 {
		return Null, divisionByZero()
	}
	x, y, _ := alignBig(a, b)
	return numericChecked(x.Quo(x, y), 0)
}

// NumericMod is the remainder of the truncated quotient; it has a's sign.
func NumericMod(a, b Datum) (Datum, error) {
	if sa, sb := numericSpecial(a), numericSpecial(b); sa|sb != 0 {
		switch {
		case sa == 'n' || sb == 'n':
			return NumericNaN(), nil
		case sa == 0:
			return a, nil
		case NumericSign(b) == 0:
			return Null, divisionByZero()
		}
		return NumericNaN(), nil
	}
	if NumericSign(b) == 0 {
		return Null, divisionByZero()
	}
	if a.kind == KindDecimal && b.kind == KindDecimal {
		if x, y, scale, ok := alignSmall(a, b); ok {
			if y == -1 {
				return SmallDecimal(0, scale), nil
			}
			return SmallDecimal(x%y, scale), nil
		}
	}
	x, y, scale := alignBig(a, b)
	return numericChecked(x.Rem(x, y), scale)
}

// NumericCompare is PostgreSQL's order: -Infinity, the numbers, Infinity, NaN; 1.0 equals 1.00.
func NumericCompare(a, b Datum) int {
	if a.kind == KindDecimal && b.kind == KindDecimal {
		x, y, _, ok := alignSmall(a, b)
		switch {
		case ok:
			return cmp.Compare(x, y)
		case a.aux < b.aux: // a is too big to be shown with b's scale, so it is farther from zero
			return cmp.Compare(a.number, 0)
		}
		return cmp.Compare(0, b.number)
	}
	if sa, sb := numericSpecial(a), numericSpecial(b); sa|sb != 0 {
		return cmp.Compare(specialRank(sa), specialRank(sb))
	}
	if sa, sb := NumericSign(a), NumericSign(b); sa != sb {
		return cmp.Compare(sa, sb)
	}
	x, y, _ := alignBig(a, b)
	return x.Cmp(y)
}

func specialRank(special byte) int {
	switch special {
	case '-':
		return -1
	case '+':
		return 1
	case 'n':
		return 2
	}
	return 0
}

// NumericRound rounds half away from zero to scale digits behind the point; a negative scale rounds to tens, hundreds, ….
func NumericRound(a Datum, scale int) Datum {
	scale = min(max(scale, -NumericDigitsMax), NumericScaleMax)
	return rescale(a, scale, roundInt)
}

// NumericTrunc cuts off at scale digits behind the point.
func NumericTrunc(a Datum, scale int) Datum {
	scale = min(max(scale, -NumericDigitsMax), NumericScaleMax)
	return rescale(a, scale, func(v *big.Int, from, to int32) *big.Int {
		if to >= from {
			return roundInt(v, from, to)
		}
		return new(big.Int).Quo(v, pow10Big(int(from-to)))
	})
}

func rescale(a Datum, scale int, cut func(v *big.Int, from, to int32) *big.Int) Datum {
	if numericSpecial(a) != 0 {
		return a
	}
	if a.kind == KindDecimal {
		if int(a.aux) == scale {
			return a
		}
		if up, ok := mulPow10(a.number, int32(scale)-a.aux); ok && scale >= 0 {
			return SmallDecimal(up, int32(scale))
		}
	}
	v, from := numericInt(a)
	v = cut(v, from, int32(scale))
	if scale < 0 {
		v.Mul(v, pow10Big(-scale))
		scale = 0
	}
	return numericOf(v, int32(scale))
}

// NumericCeil is the least whole number not below a.
func NumericCeil(a Datum) Datum { return roundTowards(a, 1) }

// NumericFloor is the greatest whole number not above a.
func NumericFloor(a Datum) Datum { return roundTowards(a, -1) }

func roundTowards(a Datum, direction int) Datum {
	t := NumericTrunc(a, 0)
	if numericSpecial(a) == 0 && NumericSign(a) == direction && NumericCompare(t, a) != 0 {
		v, _ := numericInt(t)
		return numericOf(v.Add(v, big.NewInt(int64(direction))), 0)
	}
	return t
}

// NumericTrimScale removes the zeros that end the fraction.
func NumericTrimScale(a Datum) Datum {
	return NumericRound(a, NumericMinScale(a))
}

// NumericMinScale is the least scale that shows a exactly.
func NumericMinScale(a Datum) int {
	if numericSpecial(a) != 0 {
		return 0
	}
	if a.kind == KindDecimal {
		n, scale := a.number, int(a.aux)
		for ; scale > 0 && n%10 == 0; scale-- {
			n /= 10
			if n == 0 {
				return 0
			}
		}
		return scale
	}
	v, scale := numericInt(a)
	_, zeros := stripZeros(v)
	return max(0, int(scale)-zeros)
}

// decimal is a copy of a finite value for apd's functions.
func (d Datum) decimal() *apd.Decimal {
	out := new(apd.Decimal)
	if d.kind == KindDecimal {
		return out.SetFinite(d.number, -d.aux)
	}
	return out.Set(&d.Big().Decimal)
}
