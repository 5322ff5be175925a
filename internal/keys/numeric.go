package keys

import (
	"math/big"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// The first byte of a numeric in a key.
const (
	numericMinusInfinity = 0x03
	numericNegative      = 0x04
	numericZero          = 0x05
	numericPositive      = 0x06
	numericInfinity      = 0x07
	numericNaN           = 0x08
)

// appendNumeric writes a number as 0.d1d2d3… × 100^e: the sign, e, and the pairs of digits d without zeros at the end, each in one
// byte as 2d+1, the last one as 2d. Of a negative number all bytes behind the first are turned over.
func appendNumeric(dst []byte, d sqltypes.Datum) []byte {
	switch sqltypes.NumericSpecial(d) {
	case 'n':
		return append(dst, numericNaN)
	case '+':
		return append(dst, numericInfinity)
	case '-':
		return append(dst, numericMinusInfinity)
	}
	sign := sqltypes.NumericSign(d)
	if sign == 0 {
		return append(dst, numericZero)
	}
	var room [24]byte
	var digits []byte
	if d.Kind() == sqltypes.KindDecimal {
		digits = appendDigits(room[:0], d.Coefficient())
	} else {
		digits = d.Big().Coeff.Append(room[:0], 10)
	}
	// The point stands behind the first len(digits)-scale digits; an even number of digits before it makes it 100^e.
	point := len(digits) - int(sqltypes.NumericScale(d))
	exponent, pad := (point+1)>>1, point&1
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	if sign < 0 {
		dst = append(dst, numericNegative)
	} else {
		dst = append(dst, numericPositive)
	}
	start := len(dst)
	dst = appendInt(dst, int64(exponent))
	for i := -pad; i < len(digits); i += 2 {
		pair := byte(0)
		if i >= 0 {
			pair = (digits[i] - '0') * 10
		}
		if i+1 < len(digits) {
			pair += digits[i+1] - '0'
		}
		pair *= 2
		if i+2 < len(digits) {
			pair++
		}
		dst = append(dst, pair)
	}
	if sign < 0 {
		for i := start; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return dst
}

func appendDigits(dst []byte, n int64) []byte {
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	var b [20]byte
	at := len(b)
	for u > 0 {
		at--
		b[at] = byte('0' + u%10)
		u /= 10
	}
	return append(dst, b[at:]...)
}

// takeNumeric reads a numeric with the least scale that shows it, or the scale of the type's modifier.
func takeNumeric(first byte, b []byte, mod int32) (d sqltypes.Datum, rest []byte, ok bool) {
	switch first {
	case numericNaN:
		return sqltypes.NumericNaN(), b, true
	case numericInfinity, numericMinusInfinity:
		return sqltypes.NumericInfinity(first == numericMinusInfinity), b, true
	case numericZero:
		return withScale(sqltypes.SmallDecimal(0, 0), mod), b, true
	case numericPositive, numericNegative:
	default:
		return sqltypes.Null, nil, false
	}
	turn := byte(0)
	if first == numericNegative {
		turn = 0xFF
	}
	var room [9]byte
	head := room[:min(len(b), 9)]
	for i := range head {
		head[i] = b[i] ^ turn
	}
	exponent, tail, ok := takeInt(head)
	if !ok || exponent < -sqltypes.NumericScaleMax || exponent > sqltypes.NumericDigitsMax {
		return sqltypes.Null, nil, false
	}
	b = b[len(head)-len(tail):]
	var digitRoom [40]byte
	digits := digitRoom[:0]
	for i := 0; ; i++ {
		if i >= len(b) || i > sqltypes.NumericDigitsMax {
			return sqltypes.Null, nil, false
		}
		c := b[i] ^ turn
		if c > 199 {
			return sqltypes.Null, nil, false
		}
		digits = append(digits, '0'+c/2/10, '0'+c/2%10)
		if c&1 == 0 {
			b = b[i+1:]
			break
		}
	}
	d, ok = fromDigits(digits, 2*int(exponent), first == numericNegative)
	return withScale(d, mod), b, ok
}

// fromDigits is 0.digits × 10^point.
func fromDigits(digits []byte, point int, negative bool) (sqltypes.Datum, bool) {
	scale := len(digits) - point
	if scale > 0 && digits[len(digits)-1] == '0' {
		digits, scale = digits[:len(digits)-1], scale-1
	}
	if len(digits) <= 18 && scale >= 0 {
		n := int64(0)
		for _, c := range digits {
			n = n*10 + int64(c-'0')
		}
		if negative {
			n = -n
		}
		return sqltypes.SmallDecimal(n, int32(scale)), true
	}
	v, ok := new(big.Int).SetString(string(digits), 10)
	if !ok {
		return sqltypes.Null, false
	}
	if scale < 0 {
		v.Mul(v, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-scale)), nil))
		scale = 0
	}
	if negative {
		v.Neg(v)
	}
	d, err := sqltypes.NumericFromBigInt(v, int32(scale))
	return d, err == nil
}

// withScale shows a number with the scale that all values of the column have.
func withScale(d sqltypes.Datum, mod int32) sqltypes.Datum {
	if mod < 4 || d.IsNull() {
		return d
	}
	_, scale := sqltypes.NumericTypmod(mod)
	if scale <= int(sqltypes.NumericScale(d)) {
		return d
	}
	return sqltypes.NumericRound(d, scale)
}
