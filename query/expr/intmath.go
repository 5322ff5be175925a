package expr

import (
	"math"
	"math/bits"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func divisionByZero() error { return pgerror.New(pgerror.DivisionByZero, "division by zero") }

// intWidth is an integer type: its bits and its name in messages.
type intWidth struct {
	bits int
	name string
}

var int2Width, int4Width, int8Width = intWidth{16, "smallint"}, intWidth{32, "integer"}, intWidth{64, "bigint"}

func (w intWidth) outOfRange() error {
	return pgerror.New(pgerror.NumericValueOutOfRange, "%s out of range", w.name)
}

// check gives n back as a Datum if it fits the type.
func (w intWidth) check(n int64) (datum, error) {
	if shift := 64 - w.bits; n<<shift>>shift != n {
		return sqltypes.Null, w.outOfRange()
	}
	return sqltypes.Int(n), nil
}

func (w intWidth) add(_ *Env, a, b datum) (datum, error) {
	n := a.Int() + b.Int()
	if w.bits == 64 && (a.Int() >= 0) == (b.Int() >= 0) && (n >= 0) != (a.Int() >= 0) {
		return sqltypes.Null, w.outOfRange()
	}
	return w.check(n)
}

func (w intWidth) subtract(_ *Env, a, b datum) (datum, error) {
	n := a.Int() - b.Int()
	if w.bits == 64 && (a.Int() >= 0) != (b.Int() >= 0) && (n >= 0) != (a.Int() >= 0) {
		return sqltypes.Null, w.outOfRange()
	}
	return w.check(n)
}

func (w intWidth) multiply(_ *Env, a, b datum) (datum, error) {
	n, ok := multiply64(a.Int(), b.Int())
	if !ok {
		return sqltypes.Null, w.outOfRange()
	}
	return w.check(n)
}

func multiply64(a, b int64) (int64, bool) {
	high, low := bits.Mul64(uint64(a), uint64(b))
	if a < 0 {
		high -= uint64(b)
	}
	if b < 0 {
		high -= uint64(a)
	}
	return int64(low), int64(high) == int64(low)>>63
}

func add64(a, b int64) (int64, bool) {
	n := a + b
	return n, !((a >= 0) == (b >= 0) && (n >= 0) != (a >= 0))
}

func (w intWidth) divide(_ *Env, a, b datum) (datum, error) {
	switch b.Int() {
	case 0:
		return sqltypes.Null, divisionByZero()
	case -1:
		if a.Int() == math.MinInt64 {
			return sqltypes.Null, w.outOfRange()
		}
		return w.check(-a.Int())
	}
	return sqltypes.Int(a.Int() / b.Int()), nil
}

func (w intWidth) mod(_ *Env, a, b datum) (datum, error) {
	switch b.Int() {
	case 0:
		return sqltypes.Null, divisionByZero()
	case -1:
		return sqltypes.Int(0), nil
	}
	return sqltypes.Int(a.Int() % b.Int()), nil
}

func (w intWidth) negate(_ *Env, a datum) (datum, error) {
	if a.Int() == math.MinInt64 {
		return sqltypes.Null, w.outOfRange()
	}
	return w.check(-a.Int())
}

func (w intWidth) abs(env *Env, a datum) (datum, error) {
	if a.Int() < 0 {
		return w.negate(env, a)
	}
	return a, nil
}

func (w intWidth) cast(_ *Env, a datum) (datum, error) { return w.check(a.Int()) }

// shift counts modulo the width, as the machines PostgreSQL runs on do; a smallint is shifted as an integer.
func (w intWidth) shiftLeft(_ *Env, a, b datum) (datum, error) {
	count := uint(b.Int()) & uint(max(w.bits, 32)-1)
	shift := 64 - w.bits
	return sqltypes.Int(a.Int() << count << shift >> shift), nil
}

func (w intWidth) shiftRight(_ *Env, a, b datum) (datum, error) {
	return sqltypes.Int(a.Int() >> (uint(b.Int()) & uint(max(w.bits, 32)-1))), nil
}

func (w intWidth) fromFloat(_ *Env, a datum) (datum, error) {
	f := math.RoundToEven(a.Float())
	limit := math.Ldexp(1, w.bits-1)
	if !(f >= -limit && f < limit) {
		return sqltypes.Null, w.outOfRange()
	}
	return sqltypes.Int(int64(f)), nil
}

func intFunctions() []entry {
	var out []entry
	for prefix, w := range map[string]intWidth{
		"int2": int2Width, "int4": int4Width, "int8": int8Width, "int24": int4Width, "int42": int4Width,
		"int28": int8Width, "int82": int8Width, "int48": int8Width, "int84": int8Width,
	} {
		out = append(out, fn2(prefix+"pl", w.add), fn2(prefix+"mi", w.subtract), fn2(prefix+"mul", w.multiply), fn2(prefix+"div", w.divide))
	}
	for prefix, w := range map[string]intWidth{"int2": int2Width, "int4": int4Width, "int8": int8Width} {
		out = append(out,
			fn2(prefix+"mod", w.mod), fn1(prefix+"um", w.negate), fn1(prefix+"abs", w.abs), fn1(prefix+"up", same),
			fn2(prefix+"and", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Int(a.Int() & b.Int()), nil }),
			fn2(prefix+"or", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Int(a.Int() | b.Int()), nil }),
			fn2(prefix+"xor", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Int(a.Int() ^ b.Int()), nil }),
			fn1(prefix+"not", func(_ *Env, a datum) (datum, error) { return sqltypes.Int(^a.Int()), nil }),
			fn2(prefix+"shl", w.shiftLeft), fn2(prefix+"shr", w.shiftRight))
	}
	one := sqltypes.Int(1)
	return append(out,
		fn1("int4inc", func(env *Env, a datum) (datum, error) { return int4Width.add(env, a, one) }),
		fn1("int8inc", func(env *Env, a datum) (datum, error) { return int8Width.add(env, a, one) }),
		fn1("int8dec", func(env *Env, a datum) (datum, error) { return int8Width.subtract(env, a, one) }),
		fn1("i4toi2", int2Width.cast), fn1("int82", int2Width.cast), fn1("int84", int4Width.cast),
		fn1("i2toi4", same), fn1("int28", same), fn1("int48", same),
		fn1("dtoi2", int2Width.fromFloat), fn1("ftoi2", int2Width.fromFloat), fn1("dtoi4", int4Width.fromFloat),
		fn1("ftoi4", int4Width.fromFloat), fn1("dtoi8", int8Width.fromFloat), fn1("ftoi8", int8Width.fromFloat),
		fn1("i2tod", toFloat), fn1("i4tod", toFloat), fn1("i8tod", toFloat),
		fn1("i2tof", toFloat4), fn1("i4tof", toFloat4), fn1("i8tof", toFloat4),
		fn1("i8tooid", func(_ *Env, a datum) (datum, error) {
			if a.Int() < 0 || a.Int() > math.MaxUint32 {
				return sqltypes.Null, pgerror.New(pgerror.NumericValueOutOfRange, "OID out of range")
			}
			return a, nil
		}),
		fn1("oidtoi8", same),
		fn1("int4_bool", func(_ *Env, a datum) (datum, error) { return sqltypes.Bool(a.Int() != 0), nil }),
		fn1("bool_int4", same),
		fn1("chartoi4", func(_ *Env, a datum) (datum, error) { return sqltypes.Int(int64(int8(a.Int()))), nil }),
		fn1("i4tochar", func(_ *Env, a datum) (datum, error) {
			if a.Int() < math.MinInt8 || a.Int() > math.MaxInt8 {
				return sqltypes.Null, pgerror.New(pgerror.NumericValueOutOfRange, "\"char\" out of range")
			}
			return sqltypes.Int(int64(uint8(a.Int()))), nil
		}),
		fn2("int4gcd", func(_ *Env, a, b datum) (datum, error) { return int4Width.gcd(a, b) }),
		fn2("int8gcd", func(_ *Env, a, b datum) (datum, error) { return int8Width.gcd(a, b) }),
		fn2("int4lcm", func(_ *Env, a, b datum) (datum, error) { return int4Width.lcm(a, b) }),
		fn2("int8lcm", func(_ *Env, a, b datum) (datum, error) { return int8Width.lcm(a, b) }),
		fn2("booland_statefunc", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(a.Bool() && b.Bool()), nil }),
		fn2("boolor_statefunc", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(a.Bool() || b.Bool()), nil }),
	)
}

func same(_ *Env, a datum) (datum, error) { return a, nil }

func toFloat(_ *Env, a datum) (datum, error) { return sqltypes.Float(float64(a.Int())), nil }

func toFloat4(_ *Env, a datum) (datum, error) {
	return sqltypes.Float(float64(float32(a.Int()))), nil
}

func absolute(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func gcd64(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (w intWidth) gcd(a, b datum) (datum, error) {
	g := gcd64(absolute(a.Int()), absolute(b.Int()))
	if g > uint64(1)<<(w.bits-1)-1 {
		return sqltypes.Null, w.outOfRange()
	}
	return sqltypes.Int(int64(g)), nil
}

func (w intWidth) lcm(a, b datum) (datum, error) {
	x, y := absolute(a.Int()), absolute(b.Int())
	if x == 0 || y == 0 {
		return sqltypes.Int(0), nil
	}
	high, low := bits.Mul64(x/gcd64(x, y), y)
	if high != 0 || low > uint64(1)<<(w.bits-1)-1 {
		return sqltypes.Null, w.outOfRange()
	}
	return sqltypes.Int(int64(low)), nil
}
