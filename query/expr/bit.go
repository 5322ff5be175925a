package expr

import (
	"bytes"
	"math/bits"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Bit strings are rare: their functions work on the digits.
func digitsOf(d datum) string { return sqltypes.Text(sqltypes.VarBitOID, d, nil) }

func bitsOf(digits string) datum {
	packed := make([]byte, (len(digits)+7)/8)
	for i := range len(digits) {
		packed[i/8] |= (digits[i] - '0') << (7 - i%8)
	}
	return sqltypes.MakeBits(len(digits), packed)
}

func bitFunctions() []entry {
	logic := func(source, word string, f func(a, b byte) byte) entry {
		return fn2(source, func(_ *Env, a, b datum) (datum, error) {
			if sqltypes.BitLength(a) != sqltypes.BitLength(b) {
				return sqltypes.Null, pgerror.New(pgerror.StringDataLengthMismatch, "cannot %s bit strings of different sizes", word)
			}
			out := bytes.Clone(sqltypes.BitBytes(a))
			for i, c := range sqltypes.BitBytes(b) {
				out[i] = f(out[i], c)
			}
			return sqltypes.MakeBits(sqltypes.BitLength(a), out), nil
		})
	}
	length := func(source string, f func(n int) int) entry {
		return fn1(source, func(_ *Env, a datum) (datum, error) { return sqltypes.Int(int64(f(sqltypes.BitLength(a)))), nil })
	}
	mod := func(t oid) callFn {
		return func(_ *Env, a []datum) (datum, error) {
			switch n := a[1].Int(); {
			case n > maxInt32-7:
				return a[0], nil
			case t == sqltypes.BitOID && n > 8*textMax:
				return sqltypes.Null, pgerror.New(pgerror.InternalError, "invalid memory alloc request size %d", (n+7)/8+8)
			}
			return sqltypes.CoerceTypmod(sqltypes.Type{OID: t, Mod: int32(a[1].Int())}, a[0], a[2].Bool())
		}
	}
	out := []entry{
		logic("bit_and", "AND", func(a, b byte) byte { return a & b }), logic("bit_or", "OR", func(a, b byte) byte { return a | b }),
		logic("bitxor", "XOR", func(a, b byte) byte { return a ^ b }),
		length("bitlength", func(n int) int { return n }), length("bitoctetlength", func(n int) int { return (n + 7) / 8 }),
		length("sql_bit_length_1812", func(n int) int { return n }),
		fnN("bit", mod(sqltypes.BitOID)), fnN("varbit", mod(sqltypes.VarBitOID)),
		fn1("bitnot", func(_ *Env, a datum) (datum, error) {
			return bitsOf(strings.NewReplacer("0", "1", "1", "0").Replace(digitsOf(a))), nil
		}),
		fn2("bitcat", func(_ *Env, a, b datum) (datum, error) { return bitsOf(digitsOf(a) + digitsOf(b)), nil }),
		fn2("bitshiftleft", func(_ *Env, a, b datum) (datum, error) { return shiftBits(a, b.Int()), nil }),
		fn2("bitshiftright", func(_ *Env, a, b datum) (datum, error) { return shiftBits(a, -b.Int()), nil }),
		fnN("bitsubstr", func(_ *Env, a []datum) (datum, error) { return substringBits(a[0], a[1].Int(), a[2].Int(), true) }),
		fn2("bitsubstr_no_len", func(_ *Env, a, b datum) (datum, error) { return substringBits(a, b.Int(), 0, false) }),
		fn2("bitposition", func(_ *Env, a, b datum) (datum, error) {
			if sqltypes.BitLength(a) == 0 {
				return sqltypes.Int(0), nil
			}
			return sqltypes.Int(int64(strings.Index(digitsOf(a), digitsOf(b)) + 1)), nil
		}),
	}
	return append(out, bitAccessFunctions()...)
}

// bitAccessFunctions read and change single bits, and convert to numbers.
func bitAccessFunctions() []entry {
	return []entry{
		fn2("bitgetbit", func(_ *Env, a, b datum) (datum, error) {
			if err := checkBit(a, b.Int()); err != nil {
				return sqltypes.Null, err
			}
			return sqltypes.Int(int64(digitsOf(a)[b.Int()] - '0')), nil
		}),
		fnN("bitsetbit", func(_ *Env, a []datum) (datum, error) {
			if err := checkBit(a[0], a[1].Int()); err != nil {
				return sqltypes.Null, err
			}
			if v := a[2].Int(); v != 0 && v != 1 {
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "new bit must be 0 or 1")
			}
			digits := []byte(digitsOf(a[0]))
			digits[a[1].Int()] = '0' + byte(a[2].Int())
			return bitsOf(string(digits)), nil
		}),
		fn1("bit_bit_count", func(_ *Env, a datum) (datum, error) {
			n := 0
			for _, b := range sqltypes.BitBytes(a) {
				n += bits.OnesCount8(b)
			}
			return sqltypes.Int(int64(n)), nil
		}),
		fn2("bitfromint4", func(_ *Env, a, b datum) (datum, error) { return bitsFromInt(a.Int(), b.Int()), nil }),
		fn2("bitfromint8", func(_ *Env, a, b datum) (datum, error) { return bitsFromInt(a.Int(), b.Int()), nil }),
		fn1("bittoint4", func(_ *Env, a datum) (datum, error) { return bitsToInt(a, int4Width) }),
		fn1("bittoint8", func(_ *Env, a datum) (datum, error) { return bitsToInt(a, int8Width) }),
		fnN("bitoverlay", func(_ *Env, a []datum) (datum, error) { return overlayBits(a[0], a[1], a[2].Int(), a[3].Int()) }),
		fnN("bitoverlay_no_len", func(_ *Env, a []datum) (datum, error) {
			return overlayBits(a[0], a[1], a[2].Int(), int64(sqltypes.BitLength(a[1])))
		}),
	}
}

func checkBit(d datum, n int64) error {
	if length := int64(sqltypes.BitLength(d)); n < 0 || n >= length {
		return pgerror.New(pgerror.ArraySubscriptError, "bit index %d out of valid range (0..%d)", n, length-1)
	}
	return nil
}

// shiftBits moves to the left, for negative n to the right; the length stays.
func shiftBits(d datum, n int64) datum {
	digits := digitsOf(d)
	length := int64(len(digits))
	switch n = max(-length, min(length, n)); {
	case n >= 0:
		digits = digits[n:] + strings.Repeat("0", int(n))
	default:
		digits = strings.Repeat("0", int(-n)) + digits[:length+n]
	}
	return bitsOf(digits)
}

func substringBits(d datum, start, length int64, hasLength bool) (datum, error) {
	from, count, err := sliceRange(start, length, hasLength)
	if err != nil {
		return sqltypes.Null, err
	}
	digits := digitsOf(d)
	from = min(from, int64(len(digits)))
	return bitsOf(digits[from : from+min(count, int64(len(digits))-from)]), nil
}

func overlayBits(d, by datum, start, length int64) (datum, error) {
	if start <= 0 {
		return sqltypes.Null, pgerror.New(pgerror.SubstringError, "negative substring length not allowed")
	}
	if start+length > maxInt32 {
		return sqltypes.Null, int4Width.outOfRange()
	}
	before, err := substringBits(d, 1, start-1, true)
	if err != nil {
		return sqltypes.Null, err
	}
	after, err := substringBits(d, start+length, 0, false)
	return bitsOf(digitsOf(before) + digitsOf(by) + digitsOf(after)), err
}

// bitsFromInt gives the lowest bits, the sign repeated in front of a wider string.
func bitsFromInt(n, length int64) datum {
	if length < 1 || length > maxInt32-7 {
		length = 1
	}
	out := make([]byte, (length+7)/8)
	for i := range length {
		out[i/8] |= byte(n>>min(length-1-i, 63)&1) << (7 - i%8)
	}
	return sqltypes.MakeBits(int(length), out)
}

func bitsToInt(d datum, w intWidth) (datum, error) {
	if sqltypes.BitLength(d) > w.bits {
		return sqltypes.Null, w.outOfRange()
	}
	if sqltypes.BitLength(d) == 0 {
		return sqltypes.Int(0), nil
	}
	n, err := strconv.ParseUint(digitsOf(d), 2, 64)
	if err != nil {
		return sqltypes.Null, w.outOfRange()
	}
	shift := 64 - w.bits
	return sqltypes.Int(int64(n) << shift >> shift), nil
}
