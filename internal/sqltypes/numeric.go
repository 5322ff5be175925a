package sqltypes

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// Big is a numeric that does not fit SmallDecimal: many digits, NaN or an infinity. Its display scale is -Exponent,
// which is never negative. A finite value whose coefficient fits an int64 is always a SmallDecimal.
type Big struct {
	apd.Decimal
}

// PostgreSQL's bounds of numeric.
const (
	NumericScaleMax     = 16383  // digits behind the point
	NumericDigitsMax    = 131072 // digits before the point
	numericSignificant  = 16     // digits a quotient, root or logarithm has at least
	numericDisplayMax   = 1000   // digits behind the point that such a result has at most
	numericExponentMax  = 2000   // bound of exp's result in decimal digits
	numericPrecisionMax = 1000
)

// NumericNaN, NumericInfinity and NumericNegativeInfinity make the special values.
func NumericNaN() Datum { return FromBig(&Big{apd.Decimal{Form: apd.NaN}}) }

// NumericInfinity is Infinity, or -Infinity.
func NumericInfinity(negative bool) Datum {
	return FromBig(&Big{apd.Decimal{Form: apd.Infinite, Negative: negative}})
}

// NumericFromInt64 makes a numeric of scale 0.
func NumericFromInt64(n int64) Datum { return SmallDecimal(n, 0) }

// NumericIsNaN tells whether d is NaN.
func NumericIsNaN(d Datum) bool { return d.kind == KindBig && d.Big().Form == apd.NaN }

// NumericIsInf tells whether d is an infinity.
func NumericIsInf(d Datum) bool { return d.kind == KindBig && d.Big().Form == apd.Infinite }

// numericSpecial is 0 for finite values, 'n' for NaN, '+' and '-' for the infinities.
func numericSpecial(d Datum) byte {
	if d.kind != KindBig {
		return 0
	}
	switch b := d.Big(); {
	case b.Form == apd.Finite:
		return 0
	case b.Form == apd.Infinite && b.Negative:
		return '-'
	case b.Form == apd.Infinite:
		return '+'
	}
	return 'n'
}

// NumericSign is -1, 0 or 1; NaN counts as 1.
func NumericSign(d Datum) int {
	if d.kind == KindDecimal {
		switch {
		case d.number > 0:
			return 1
		case d.number < 0:
			return -1
		}
		return 0
	}
	if b := d.Big(); b.Negative && b.Form != apd.NaN {
		return -1
	}
	return 1
}

// NumericScale is the display scale; 0 for the special values.
func NumericScale(d Datum) int32 {
	if d.kind == KindDecimal {
		return d.aux
	}
	if b := d.Big(); b.Form == apd.Finite {
		return -b.Exponent
	}
	return 0
}

// numericInt is the signed coefficient and the scale of a finite value.
func numericInt(d Datum) (*big.Int, int32) {
	if d.kind == KindDecimal {
		return big.NewInt(d.number), d.aux
	}
	b := d.Big()
	v := new(big.Int).Set(b.Coeff.MathBigInt())
	if b.Negative {
		v.Neg(v)
	}
	return v, -b.Exponent
}

// numericOf makes the Datum of coefficient × 10^-scale; it may keep v.
func numericOf(v *big.Int, scale int32) Datum {
	if v.IsInt64() {
		return SmallDecimal(v.Int64(), scale)
	}
	b := &Big{}
	b.Negative = v.Sign() < 0
	b.Exponent = -scale
	b.Coeff.SetMathBigInt(new(big.Int).Abs(v))
	return FromBig(b)
}

// NumericFromBigInt makes the numeric coefficient × 10^-scale, or says that it is too big.
func NumericFromBigInt(v *big.Int, scale int32) (Datum, error) {
	return numericChecked(new(big.Int).Set(v), scale)
}

// numericChecked is numericOf with PostgreSQL's bounds; extra digits behind the point are rounded off.
func numericChecked(v *big.Int, scale int32) (Datum, error) {
	if scale > NumericScaleMax {
		v, scale = roundInt(v, scale, NumericScaleMax), NumericScaleMax
	}
	if v.BitLen() > 64 {
		// 3.33 bits make a digit: only values near the bound are counted exactly.
		if digits := v.BitLen() * 30103 / 100000; digits-int(scale) > NumericDigitsMax-3 &&
			decimalDigits(v)-int(scale) > NumericDigitsMax {
			return Null, numericOverflow()
		}
	}
	return numericOf(v, scale), nil
}

func numericOverflow() error {
	return pgerror.New(pgerror.NumericValueOutOfRange, "value overflows numeric format")
}

// decimalDigits is the number of decimal digits of |v|; 0 has none.
func decimalDigits(v *big.Int) int {
	if v.Sign() == 0 {
		return 0
	}
	n := int(float64(v.BitLen()-1) * 0.30102999566398119521)
	if v.CmpAbs(pow10Big(n)) >= 0 {
		n++
		if v.CmpAbs(pow10Big(n)) >= 0 {
			n++
		}
	}
	return n
}

var pow10Table = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

func pow10Big(n int) *big.Int {
	if n < len(pow10Table) {
		return big.NewInt(pow10Table[n])
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// mulPow10 is c × 10^n, or false when that does not fit.
func mulPow10(c int64, n int32) (int64, bool) {
	if c == 0 {
		return 0, true
	}
	if n < 0 || int(n) >= len(pow10Table) {
		return 0, false
	}
	return mulInt64(c, pow10Table[n])
}

func mulInt64(a, b int64) (int64, bool) {
	negative := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(absUint64(a), absUint64(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if negative {
		return -int64(lo), true
	}
	return int64(lo), true
}

func absUint64(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

func digitsUint64(u uint64) int {
	n := 0
	for n < len(pow10Table) && u >= uint64(pow10Table[n]) {
		n++
	}
	if u >= 10_000_000_000_000_000_000 {
		n++
	}
	return n
}

// roundInt changes v's scale, rounding half away from zero.
func roundInt(v *big.Int, from, to int32) *big.Int {
	if to >= from {
		return new(big.Int).Mul(v, pow10Big(int(to-from)))
	}
	p := pow10Big(int(from - to))
	q, r := new(big.Int).QuoRem(v, p, new(big.Int))
	if r.Lsh(r.Abs(r), 1).Cmp(p) >= 0 {
		q.Add(q, big.NewInt(int64(v.Sign())))
	}
	return q
}

// appendNumeric writes the value with all digits of its display scale.
func appendNumeric(dst []byte, d Datum) []byte {
	if d.kind == KindDecimal {
		return appendDecimal(dst, d.number, int(d.aux))
	}
	b := d.Big()
	switch numericSpecial(d) {
	case 'n':
		return append(dst, "NaN"...)
	case '+':
		return append(dst, "Infinity"...)
	case '-':
		return append(dst, "-Infinity"...)
	}
	if b.Negative {
		dst = append(dst, '-')
	}
	start := len(dst)
	return insertPoint(b.Coeff.Append(dst, 10), start, int(-b.Exponent))
}

func appendDecimal(dst []byte, coefficient int64, scale int) []byte {
	if coefficient < 0 {
		dst = append(dst, '-')
	}
	start := len(dst)
	return insertPoint(strconv.AppendUint(dst, absUint64(coefficient), 10), start, scale)
}

// insertPoint puts a decimal point before the last scale digits of dst[start:], with zeros before them where needed.
func insertPoint(dst []byte, start, scale int) []byte {
	if scale == 0 {
		return dst
	}
	if missing := scale + 1 - (len(dst) - start); missing > 0 {
		for range missing {
			dst = append(dst, '0')
		}
		copy(dst[start+missing:], dst[start:])
		for i := range missing {
			dst[start+i] = '0'
		}
	}
	dst = append(dst, 0)
	point := len(dst) - 1 - scale
	copy(dst[point+1:], dst[point:])
	dst[point] = '.'
	return dst
}

// parseNumeric is numeric_in.
func parseNumeric(s string, mod int32) (Datum, error) {
	p := trimSpace(s)
	negative, rest := false, p
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		negative, rest = rest[0] == '-', rest[1:]
	}
	var d Datum
	var ok bool
	var err error
	switch {
	case len(rest) > 2 && rest[0] == '0' && strings.IndexByte("xXoObB", rest[1]) >= 0:
		d, ok = parseNumericBase(rest, negative)
	case rest != "" && (isDigit(rest[0]) || rest[0] == '.'):
		d, ok, err = parseDecimal(rest, negative)
		if ok && err != nil && mod >= 4 {
			err = fieldOverflow(mod)
		}
	case strings.EqualFold(p, "nan"):
		d, ok = NumericNaN(), true
	case strings.EqualFold(rest, "infinity") || strings.EqualFold(rest, "inf"):
		d, ok = NumericInfinity(negative), true
	}
	if err != nil {
		return Null, err
	}
	if !ok {
		return Null, invalidSyntax("numeric", s)
	}
	if mod < 4 {
		return d, nil
	}
	return coerceNumeric(mod, d)
}

func parseNumericBase(p string, negative bool) (Datum, bool) {
	base := map[byte]int{'x': 16, 'o': 8, 'b': 2}[p[1]|0x20]
	digits := make([]byte, 0, len(p))
	for i := 2; i < len(p); i++ {
		if p[i] == '_' {
			if i+1 >= len(p) {
				return Null, false
			}
			if _, ok := digitValue(p[i+1], uint64(base)); !ok {
				return Null, false
			}
			continue
		}
		if _, ok := digitValue(p[i], uint64(base)); !ok {
			return Null, false
		}
		digits = append(digits, p[i])
	}
	v, ok := new(big.Int).SetString(string(digits), base)
	if !ok {
		return Null, false
	}
	if negative {
		v.Neg(v)
	}
	return numericOf(v, 0), true
}

// parseDecimal reads digits with underscores between them, a point and an exponent.
// A number of too many digits before the point comes back as good with an error.
func parseDecimal(p string, negative bool) (d Datum, good bool, err error) {
	var small uint64
	digits, scale, i := 0, 0, 0
	point, plain := false, true
	for ; i < len(p); i++ {
		switch c := p[i]; {
		case isDigit(c):
			digits++
			if point {
				scale++
			}
			if digits <= 18 {
				small = small*10 + uint64(c-'0')
			}
			continue
		case c == '.' && !point:
			if i+1 < len(p) && p[i+1] == '_' {
				return Null, false, nil
			}
			point, plain = true, false
			continue
		case c == '_' && i > 0 && isDigit(p[i-1]) && i+1 < len(p) && isDigit(p[i+1]):
			plain = false
			continue
		}
		break
	}
	if digits == 0 {
		return Null, false, nil
	}
	mantissa := p[:i]
	if i < len(p) {
		exponent, ok := parseExponent(p[i:])
		if !ok {
			return Null, false, nil
		}
		if exponent >= math.MaxInt32/2 || exponent <= -math.MaxInt32/2 {
			return Null, false, numericOverflow()
		}
		scale -= exponent
	}
	if digits <= 18 && scale >= 0 && scale <= NumericScaleMax {
		n := int64(small)
		if negative {
			n = -n
		}
		return SmallDecimal(n, int32(scale)), true, nil
	}
	if !plain {
		mantissa = strings.NewReplacer(".", "", "_", "").Replace(mantissa)
	}
	return bigDecimal(mantissa, scale, negative)
}

// bigDecimal is the number of the digits with a scale that may be out of bounds.
func bigDecimal(digits string, scale int, negative bool) (Datum, bool, error) {
	digits = strings.TrimLeft(digits, "0")
	if scale > NumericScaleMax {
		return Null, false, numericOverflow()
	}
	if digits != "" && len(digits)-scale > NumericDigitsMax {
		return Null, true, numericOverflow()
	}
	v := new(big.Int)
	if digits != "" {
		v.SetString(digits, 10)
	}
	if scale < 0 {
		v.Mul(v, pow10Big(-scale))
		if v.Sign() == 0 {
			v.SetInt64(0)
		}
		scale = 0
	}
	if negative {
		v.Neg(v)
	}
	return numericOf(v, int32(scale)), true, nil
}

// parseExponent reads the whole of e, sign and digits; values out of range come back as ±MaxInt32.
func parseExponent(p string) (int, bool) {
	if p[0]|0x20 != 'e' || len(p) < 2 {
		return 0, false
	}
	negative, i := false, 1
	if p[1] == '-' || p[1] == '+' {
		negative, i = p[1] == '-', 2
	}
	if i >= len(p) || !isDigit(p[i]) {
		return 0, false
	}
	n := 0
	for ; i < len(p); i++ {
		if p[i] == '_' && isDigit(p[i-1]) && i+1 < len(p) && isDigit(p[i+1]) {
			continue
		}
		if !isDigit(p[i]) {
			return 0, false
		}
		n = min(n*10+int(p[i]-'0'), math.MaxInt32)
	}
	if negative {
		n = -n
	}
	return n, true
}

// coerceNumeric rounds to the scale of numeric(p,s) and checks the precision.
func coerceNumeric(mod int32, d Datum) (Datum, error) {
	precision, scale := NumericTypmod(mod)
	switch numericSpecial(d) {
	case 'n':
		return d, nil
	case '+', '-':
		return Null, pgerror.New(pgerror.NumericValueOutOfRange, "numeric field overflow").
			WithDetail("A field with precision %d, scale %d cannot hold an infinite value.", precision, scale)
	}
	if d.kind == KindDecimal && int(d.aux) == scale && digitsUint64(absUint64(d.number)) <= precision {
		return d, nil
	}
	d = NumericRound(d, scale)
	digits := 0
	if d.kind == KindDecimal {
		digits = digitsUint64(absUint64(d.number))
	} else {
		v, _ := numericInt(d)
		digits = decimalDigits(v)
	}
	if digits > 0 && digits-int(NumericScale(d)) > precision-scale {
		return Null, fieldOverflow(mod)
	}
	return d, nil
}

func fieldOverflow(mod int32) error {
	precision, scale := NumericTypmod(mod)
	limit := "1"
	if precision != scale {
		limit = "10^" + strconv.Itoa(precision-scale)
	}
	return pgerror.New(pgerror.NumericValueOutOfRange, "numeric field overflow").
		WithDetail("A field with precision %d, scale %d must round to an absolute value less than %s.", precision, scale, limit)
}

// stripZeros divides v by the greatest power of ten that leaves no rest, and tells which power.
func stripZeros(v *big.Int) (*big.Int, int) {
	if v.Sign() == 0 {
		return v, 0
	}
	steps := 1
	for steps*4 < v.BitLen() {
		steps *= 2
	}
	zeros := 0
	q, r := new(big.Int), new(big.Int)
	for ; steps > 0; steps /= 2 {
		if v.TrailingZeroBits() < uint(steps) {
			continue
		}
		if q.QuoRem(v, pow10Big(steps), r); r.Sign() == 0 {
			v, q = q, new(big.Int)
			zeros += steps
		}
	}
	return v, zeros
}

// NumericParts are the signed coefficient and the scale of a finite numeric. The number is the caller's own.
func NumericParts(d Datum) (coefficient *big.Int, scale int32) { return numericInt(d) }

// NumericSpecial is 0 for finite values, 'n' for NaN, '+' and '-' for the infinities.
func NumericSpecial(d Datum) byte { return numericSpecial(d) }

// NumericUnchecked is coefficient × 10^-scale for parts that came from a numeric; it may keep the coefficient.
func NumericUnchecked(coefficient *big.Int, scale int32) Datum { return numericOf(coefficient, scale) }
