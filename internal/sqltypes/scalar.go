package sqltypes

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

func parseBool(s string) (Datum, error) {
	word := strings.ToLower(trimSpace(s))
	n := len(word)
	if n > 0 {
		switch {
		case n <= 4 && "true"[:n] == word, n <= 3 && "yes"[:n] == word, word == "on", word == "1":
			return Bool(true), nil
		case n <= 5 && "false"[:n] == word, n <= 2 && "no"[:n] == word, n >= 2 && n <= 3 && "off"[:n] == word, word == "0":
			return Bool(false), nil
		}
	}
	return Null, invalidSyntax("boolean", s)
}

// parseInt reads an integer with PostgreSQL 16's bases and underscores.
func parseInt(s string, bits int, typeName string) (Datum, error) {
	p := trimSpace(s)
	negative := false
	if len(p) > 0 && (p[0] == '-' || p[0] == '+') {
		negative = p[0] == '-'
		p = p[1:]
	}
	magnitude, result := parseMagnitude(p, uint64(1)<<(bits-1))
	if result == magnitudeBad {
		return Null, invalidSyntax(typeName, s)
	}
	limit := uint64(1)<<(bits-1) - 1
	if negative {
		limit++
	}
	if result == magnitudeTooBig || magnitude > limit {
		return Null, pgerror.New(pgerror.NumericValueOutOfRange, "value \"%s\" is out of range for type %s", s, typeName)
	}
	if negative {
		return Int(int64(-magnitude)), nil
	}
	return Int(int64(magnitude)), nil
}

type magnitudeResult uint8

const (
	magnitudeGood magnitudeResult = iota
	magnitudeBad
	magnitudeTooBig
)

// parseMagnitude reads digits in base 10, or 2, 8, 16 after a prefix, with single underscores between digits.
// Like PostgreSQL it complains about a number above limit as soon as a digit shows that, whatever follows.
func parseMagnitude(p string, limit uint64) (uint64, magnitudeResult) {
	base := uint64(10)
	start := 0
	if len(p) > 1 && p[0] == '0' {
		switch p[1] | 0x20 {
		case 'x':
			base, start = 16, 2
		case 'o':
			base, start = 8, 2
		case 'b':
			base, start = 2, 2
		}
	}
	var n uint64
	digits := 0
	for i := start; i < len(p); i++ {
		c := p[i]
		v := uint64(99)
		switch {
		case isDigit(c):
			v = uint64(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			v = uint64(c|0x20-'a') + 10
		case c == '_':
			if i == 0 || i+1 >= len(p) {
				return 0, magnitudeBad
			}
			if _, ok := digitValue(p[i+1], base); !ok {
				return 0, magnitudeBad
			}
			continue
		}
		if v >= base {
			return 0, magnitudeBad
		}
		digits++
		if n > limit/base {
			return 0, magnitudeTooBig
		}
		n = n*base + v
	}
	if digits == 0 {
		return 0, magnitudeBad
	}
	return n, magnitudeGood
}

func digitValue(c byte, base uint64) (uint64, bool) {
	v := uint64(99)
	switch {
	case isDigit(c):
		v = uint64(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		v = uint64(c|0x20-'a') + 10
	}
	return v, v < base
}

// cUnsigned reads a number as C's strtoul(base 0) does; end is where it stopped, 0 when there was none.
func cUnsigned(s string, bits int) (n uint64, end int, overflow bool) {
	i := 0
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	negative := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	base := uint64(10)
	if i < len(s) && s[i] == '0' {
		base = 8
		if i+2 < len(s) && s[i+1]|0x20 == 'x' {
			if _, ok := digitValue(s[i+2], 16); ok {
				base = 16
				i += 2
			}
		}
	}
	start := i
	for ; i < len(s); i++ {
		v, ok := digitValue(s[i], base)
		if !ok {
			break
		}
		if n > (math.MaxUint64-v)/base {
			overflow = true
			continue
		}
		n = n*base + v
	}
	if i == start {
		return 0, 0, false
	}
	if overflow {
		return math.MaxUint64, i, true
	}
	if negative {
		n = -n
	}
	return n, i, false
}

// parseUint32 is oidin: C's strtoul, with values from -2^31 taken as their unsigned twins.
func parseUint32(s, typeName string) (Datum, error) {
	n, end, overflow := cUnsigned(s, 64)
	if end == 0 || !overflow && trimSpace(s[end:]) != "" {
		return Null, invalidSyntax(typeName, s)
	}
	if signed := int64(n); overflow || uint64(uint32(n)) != n && int64(int32(n)) != signed {
		return Null, pgerror.New(pgerror.NumericValueOutOfRange, "value \"%s\" is out of range for type %s", s, typeName)
	}
	return Int(int64(uint32(n))), nil
}

// parseXID is xidin, cidin and xid8in: like oid, in 32 or 64 bits.
func parseXID(s string, bits int, typeName string) (Datum, error) {
	if bits == 32 {
		return parseUint32(s, typeName)
	}
	n, end, overflow := cUnsigned(s, 64)
	if end == 0 || !overflow && trimSpace(s[end:]) != "" {
		return Null, invalidSyntax(typeName, s)
	}
	if overflow {
		return Null, pgerror.New(pgerror.NumericValueOutOfRange, "value \"%s\" is out of range for type %s", s, typeName)
	}
	return Int(int64(n)), nil
}

// parseChar reads a "char": one byte, or \ooo in octal.
func parseChar(s string) byte {
	if len(s) == 4 && s[0] == '\\' && isOctal(s[1]) && isOctal(s[2]) && isOctal(s[3]) {
		return (s[1]-'0')<<6 | (s[2]-'0')<<3 | (s[3] - '0')
	}
	if s == "" {
		return 0
	}
	return s[0]
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

func appendChar(dst []byte, c byte) []byte {
	switch {
	case c >= 0x80:
		return append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
	case c == 0:
		return dst
	}
	return append(dst, c)
}

// appendFloat writes the shortest digits that read back exactly, or with fewer > 0 as many significant digits as
// PostgreSQL gives at extra_float_digits = 1 - fewer.
func appendFloat(dst []byte, v float64, bits, fewer int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	}
	if fewer == 0 {
		return appendShortest(dst, v, bits)
	}
	precision := 15
	if bits == 32 {
		precision = 6
	}
	return appendG(dst, v, max(1, precision+1-fewer))
}

// appendShortest uses an exponent below 1e-4 and from 1e15 (float8) or 1e6 (float4).
func appendShortest(dst []byte, v float64, bits int) []byte {
	lower, upper, exact := 1e-4, 1e15, float64(1<<51)
	if bits == 32 {
		lower, upper, exact = float64(float32(1e-4)), 1e6, 1<<22
	}
	a := math.Abs(v)
	if a != 0 && (a < lower || a >= upper) {
		start := len(dst)
		dst = strconv.AppendFloat(dst, v, 'e', -1, bits)
		if a >= exact && a < 1e42 && evenMantissa(v, bits) && onBoundary(string(dst[start:]), v, bits) {
			dst = appendInside(dst[:start], v, bits)
		}
		return dst
	}
	return strconv.AppendFloat(dst, v, 'f', -1, bits)
}

// evenMantissa tells whether the numbers halfway to the neighbours are rounded to v.
func evenMantissa(v float64, bits int) bool {
	if bits == 32 {
		return math.Float32bits(float32(v))&1 == 0
	}
	return math.Float64bits(v)&1 == 0
}

// onBoundary tells whether the number lies exactly between two neighbouring floats. PostgreSQL does not print such a number, because
// not every reader rounds it to the even neighbour.
func onBoundary(number string, v float64, bits int) bool {
	printed, _ := new(big.Rat).SetString(number)
	for _, towards := range []float64{math.Inf(1), math.Inf(-1)} {
		next := math.Nextafter(v, towards)
		if bits == 32 {
			next = float64(math.Nextafter32(float32(v), float32(towards)))
		}
		if math.IsInf(next, 0) {
			continue
		}
		middle := new(big.Rat).SetFloat64(v)
		middle.Add(middle, new(big.Rat).SetFloat64(next)).Mul(middle, big.NewRat(1, 2))
		if middle.Cmp(printed) == 0 {
			return true
		}
	}
	return false
}

// appendInside writes the shortest number that reads back as v and is no boundary.
func appendInside(dst []byte, v float64, bits int) []byte {
	for precision := 0; ; precision++ {
		text := strconv.FormatFloat(v, 'e', precision, bits)
		back, err := strconv.ParseFloat(text, bits)
		if precision >= 17 || err == nil && back == v && !onBoundary(text, v, bits) {
			return append(dst, text...)
		}
	}
}

// appendG is C's %.*g.
func appendG(dst []byte, v float64, precision int) []byte {
	var buf [32]byte
	b := strconv.AppendFloat(buf[:0], v, 'e', precision-1, 64)
	mark := len(b) - 1
	for b[mark] != 'e' {
		mark--
	}
	exponent, _ := strconv.Atoi(string(b[mark+1:]))
	if v == 0 || exponent >= -4 && exponent < precision {
		start := len(dst)
		dst = strconv.AppendFloat(dst, v, 'f', max(0, precision-1-exponent), 64)
		return trimZeros(dst, start)
	}
	start := len(dst)
	dst = trimZeros(append(dst, b[:mark]...), start)
	return append(dst, b[mark:]...)
}

// trimZeros removes the zeros that end the fraction in dst[start:].
func trimZeros(dst []byte, start int) []byte {
	if !strings.Contains(string(dst[start:]), ".") {
		return dst
	}
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	if dst[len(dst)-1] == '.' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

func parseFloat(s string, bits int, typeName string) (Datum, error) {
	p := s
	for len(p) > 0 && isSpace(p[0]) {
		p = p[1:]
	}
	n, hexFloat := floatPrefix(p)
	if n == 0 {
		v, length := floatWord(p)
		if length == 0 || trimSpace(p[length:]) != "" {
			return Null, invalidSyntax(typeName, s)
		}
		return Float(v), nil
	}
	number := p[:n]
	if hexFloat && !strings.ContainsAny(number, "pP") {
		number += "p0"
	}
	v, err := strconv.ParseFloat(number, bits)
	if err != nil || v == 0 && !zeroDigits(number) {
		return Null, pgerror.New(pgerror.NumericValueOutOfRange, "\"%s\" is out of range for type %s", p[:n], typeName)
	}
	if trimSpace(p[n:]) != "" {
		return Null, invalidSyntax(typeName, s)
	}
	return Float(v), nil
}

// nanBits is the NaN that C makes, which the binary form shows.
const nanBits = 0x7FF8000000000000

// floatWord reads NaN and the infinities.
func floatWord(p string) (float64, int) {
	sign, i := 1.0, 0
	if len(p) > 0 && (p[0] == '-' || p[0] == '+') {
		if p[0] == '-' {
			sign = -1
		}
		i = 1
	}
	for _, word := range []string{"infinity", "inf", "nan"} {
		if len(p) >= i+len(word) && strings.EqualFold(p[i:i+len(word)], word) {
			if word == "nan" {
				return math.Copysign(math.Float64frombits(nanBits), sign), i + len(word)
			}
			return math.Inf(int(sign)), i + len(word)
		}
	}
	return 0, 0
}

// floatPrefix is the length of the longest prefix that C's strtod takes as a number.
func floatPrefix(p string) (n int, hexFloat bool) {
	i := 0
	if i < len(p) && (p[i] == '-' || p[i] == '+') {
		i++
	}
	base, marker := uint64(10), byte('e')
	if i+2 < len(p) && p[i] == '0' && p[i+1]|0x20 == 'x' {
		_, ok := digitValue(p[i+2], 16)
		if !ok && p[i+2] == '.' && i+3 < len(p) {
			_, ok = digitValue(p[i+3], 16)
		}
		if ok {
			base, marker, hexFloat = 16, 'p', true
			i += 2
		}
	}
	digits := 0
	for point := false; i < len(p); i++ {
		if p[i] == '.' && !point {
			point = true
			continue
		}
		if _, ok := digitValue(p[i], base); !ok {
			break
		}
		digits++
	}
	if digits == 0 {
		return 0, false
	}
	if i+1 < len(p) && p[i]|0x20 == marker {
		j := i + 1
		if p[j] == '-' || p[j] == '+' {
			j++
		}
		if j < len(p) && isDigit(p[j]) {
			for j < len(p) && isDigit(p[j]) {
				j++
			}
			i = j
		}
	}
	return i, hexFloat
}

// zeroDigits tells whether all digits before the exponent are zero.
func zeroDigits(number string) bool {
	for i := 0; i < len(number); i++ {
		switch c := number[i]; {
		case c == 'e' || c == 'E' || c == 'p' || c == 'P':
			return true
		case c == 'x' || c == 'X':
		case c != '0' && c != '.' && c != '-' && c != '+':
			return false
		}
	}
	return true
}

func appendBytea(dst, b []byte, escape bool) []byte {
	if !escape {
		return hex.AppendEncode(append(dst, '\\', 'x'), b)
	}
	for _, c := range b {
		switch {
		case c == '\\':
			dst = append(dst, '\\', '\\')
		case c < 0x20 || c > 0x7E:
			dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func parseBytea(s string) (Datum, error) {
	if strings.HasPrefix(s, `\x`) {
		b, err := parseHex(s[2:])
		return Bytes(b), err
	}
	if !strings.Contains(s, `\`) {
		return Bytes([]byte(s)), nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		switch {
		case s[i] != '\\':
			out = append(out, s[i])
			i++
		case i+3 < len(s) && s[i+1] >= '0' && s[i+1] <= '3' && isOctal(s[i+2]) && isOctal(s[i+3]):
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 4
		case i+1 < len(s) && s[i+1] == '\\':
			out = append(out, '\\')
			i += 2
		default:
			return Null, pgerror.New(pgerror.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
	}
	return Bytes(out), nil
}

// parseHex reads pairs of hexadecimal digits with white space between pairs.
func parseHex(s string) ([]byte, error) {
	out := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); {
		if c := s[i]; c == ' ' || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		high, ok := digitValue(s[i], 16)
		if !ok {
			return nil, invalidHexDigit(s[i:])
		}
		if i+1 >= len(s) {
			return nil, pgerror.New(pgerror.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		low, ok := digitValue(s[i+1], 16)
		if !ok {
			return nil, invalidHexDigit(s[i+1:])
		}
		out = append(out, byte(high<<4|low))
		i += 2
	}
	return out, nil
}

func invalidHexDigit(s string) error {
	return pgerror.New(pgerror.InvalidParameterValue, "invalid hexadecimal digit: \"%s\"", firstChar(s))
}

// firstChar is the first character of s with all its bytes.
func firstChar(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func appendUUID(dst, b []byte) []byte {
	dst = hex.AppendEncode(dst, b[:4])
	for i := 4; i <= 10; i += 2 {
		end := i + 2
		if i == 10 {
			end = 16
		}
		dst = hex.AppendEncode(append(dst, '-'), b[i:end])
	}
	return dst
}

// parseUUID takes hyphens after any group of four digits and braces around the whole.
func parseUUID(s string) (Datum, error) {
	p, braces := s, false
	if strings.HasPrefix(p, "{") {
		p, braces = p[1:], true
	}
	b := make([]byte, 16)
	for i := range b {
		if len(p) < 2 {
			return Null, invalidSyntax("uuid", s)
		}
		high, ok1 := digitValue(p[0], 16)
		low, ok2 := digitValue(p[1], 16)
		if !ok1 || !ok2 {
			return Null, invalidSyntax("uuid", s)
		}
		b[i] = byte(high<<4 | low)
		p = p[2:]
		if i%2 == 1 && i < 15 && strings.HasPrefix(p, "-") {
			p = p[1:]
		}
	}
	if braces && p != "}" || !braces && p != "" {
		return Null, invalidSyntax("uuid", s)
	}
	return Bytes(b), nil
}
