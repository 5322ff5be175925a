package sqltypes

import (
	"math/big"
	"math/bits"
)

// NumericSum adds up numerics or bigints exactly, for sum and avg. It keeps 128 bits at the greatest scale seen and turns to
// big integers only when those overflow, so adding a row does not allocate. The zero value is an empty sum; used by one goroutine.
type NumericSum struct {
	Count  int64 // values added, the special ones too
	hi     int64 // the sum as hi × 2^64 + lo, times 10^-scale
	lo     uint64
	scale  int32
	large  *big.Int // what did not fit 128 bits, at the same scale
	nans   int64
	pluses int64
	minus  int64
}

// Held is the memory that the sum takes beside its own struct, in bytes.
func (s *NumericSum) Held() int {
	if s.large == nil {
		return 0
	}
	return s.large.BitLen() / 8
}

// AddInt64 adds a whole number.
func (s *NumericSum) AddInt64(n int64) {
	s.Count++
	s.addScaled(n, 0, 1)
}

// Add adds a numeric that is not NULL.
func (s *NumericSum) Add(d Datum) {
	if d.kind != KindDecimal || d.aux != s.scale || s.hi >= 1<<61 || s.hi <= -1<<61 {
		s.apply(d, 1)
		return
	}
	s.Count++
	lo, carry := bits.Add64(s.lo, uint64(d.number), 0)
	s.lo, s.hi = lo, s.hi+d.number>>63+int64(carry)
}

// Remove takes away a value added before (for moving window frames).
func (s *NumericSum) Remove(d Datum) { s.apply(d, -1) }

// RemoveInt64 takes away a whole number added before.
func (s *NumericSum) RemoveInt64(n int64) {
	s.Count--
	s.addScaled(n, 0, -1)
}

func (s *NumericSum) apply(d Datum, sign int64) {
	s.Count += sign
	if d.kind == KindDecimal {
		s.addScaled(d.number, d.aux, sign)
		return
	}
	switch numericSpecial(d) {
	case 'n':
		s.nans += sign
	case '+':
		s.pluses += sign
	case '-':
		s.minus += sign
	default:
		v, scale := numericInt(d)
		if sign < 0 {
			v.Neg(v)
		}
		s.addBig(v, scale)
	}
}

func (s *NumericSum) addScaled(n int64, scale int32, sign int64) {
	if scale > s.scale {
		s.rescaleTo(scale)
	}
	if scale < s.scale {
		up, ok := mulPow10(n, s.scale-scale)
		if !ok {
			v := big.NewInt(n)
			if sign < 0 {
				v.Neg(v)
			}
			s.addBig(v, scale)
			return
		}
		n = up
	}
	hi, lo := n>>63, uint64(n)
	if sign < 0 {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi = -hi - int64(borrow)
	}
	sum, carry := bits.Add64(s.lo, lo, 0)
	high := s.hi + hi + int64(carry)
	s.lo, s.hi = sum, high
	if high > 1<<62 || high < -1<<62 {
		s.spill()
	}
}

// spill moves the 128 bits into the big integer.
func (s *NumericSum) spill() {
	if s.large == nil {
		s.large = new(big.Int)
	}
	s.large.Add(s.large, s.small())
	s.hi, s.lo = 0, 0
}

func (s *NumericSum) small() *big.Int {
	v := new(big.Int).Lsh(big.NewInt(s.hi), 64)
	return v.Add(v, new(big.Int).SetUint64(s.lo))
}

func (s *NumericSum) rescaleTo(scale int32) {
	if s.hi != 0 || s.lo != 0 || s.large != nil {
		up, ok := int64(0), false
		if s.large == nil && s.hi == int64(s.lo)>>63 {
			up, ok = mulPow10(int64(s.lo), scale-s.scale)
		}
		if ok {
			s.hi, s.lo = up>>63, uint64(up)
		} else {
			s.spill()
			s.large.Mul(s.large, pow10Big(int(scale-s.scale)))
		}
	}
	s.scale = scale
}

func (s *NumericSum) addBig(v *big.Int, scale int32) {
	if scale > s.scale {
		s.rescaleTo(scale)
	}
	if scale < s.scale {
		v.Mul(v, pow10Big(int(s.scale-scale)))
	}
	if s.large == nil {
		s.large = new(big.Int)
	}
	s.large.Add(s.large, v)
}

// Merge adds the values of another sum.
func (s *NumericSum) Merge(o *NumericSum) {
	s.Count += o.Count
	s.nans += o.nans
	s.pluses += o.pluses
	s.minus += o.minus
	s.addBig(o.total(), o.scale)
}

func (s *NumericSum) total() *big.Int {
	v := s.small()
	if s.large != nil {
		v.Add(v, s.large)
	}
	return v
}

func (s *NumericSum) special() (Datum, bool) {
	switch {
	case s.nans > 0 || s.pluses > 0 && s.minus > 0:
		return NumericNaN(), true
	case s.pluses > 0:
		return NumericInfinity(false), true
	case s.minus > 0:
		return NumericInfinity(true), true
	}
	return Null, false
}

// Sum is the sum, NULL when nothing was added.
func (s *NumericSum) Sum() (Datum, error) {
	if s.Count == 0 {
		return Null, nil
	}
	if d, ok := s.special(); ok {
		return d, nil
	}
	if s.large == nil && s.hi == int64(s.lo)>>63 {
		return SmallDecimal(int64(s.lo), s.scale), nil
	}
	return numericChecked(s.total(), s.scale)
}

// Avg is the average, NULL when nothing was added.
func (s *NumericSum) Avg() (Datum, error) {
	sum, err := s.Sum()
	if err != nil || s.Count == 0 {
		return Null, err
	}
	return NumericDiv(sum, SmallDecimal(s.Count, 0))
}

// NumericVariance adds up values and their squares, for var_pop, var_samp, stddev_pop and stddev_samp over numerics and integers.
type NumericVariance struct {
	values  NumericSum
	squares NumericSum
}

// Held is the memory that the sums take beside the struct, in bytes.
func (v *NumericVariance) Held() int { return v.values.Held() + v.squares.Held() }

// Count is the number of values added.
func (v *NumericVariance) Count() int64 { return v.values.Count }

// Add adds a numeric that is not NULL.
func (v *NumericVariance) Add(d Datum) {
	v.values.Add(d)
	v.squares.apply(square(d), 1)
}

// Remove takes away a value added before.
func (v *NumericVariance) Remove(d Datum) {
	v.values.Remove(d)
	v.squares.apply(square(d), -1)
}

// Merge adds the values of another one.
func (v *NumericVariance) Merge(o *NumericVariance) {
	v.values.Merge(&o.values)
	v.squares.Merge(&o.squares)
}

// square is exact, without the bound on the scale that a shown product has.
func square(d Datum) Datum {
	if d.kind == KindDecimal {
		if p, ok := mulInt64(d.number, d.number); ok {
			return SmallDecimal(p, 2*d.aux)
		}
	}
	if numericSpecial(d) != 0 {
		return d
	}
	n, scale := numericInt(d)
	return numericOf(n.Mul(n, n), 2*scale)
}

// Variance is the variance, of a sample or of the whole population; NULL when there are too few values.
func (v *NumericVariance) Variance(sample bool) (Datum, error) { return v.result(sample, false) }

// StdDev is the standard deviation.
func (v *NumericVariance) StdDev(sample bool) (Datum, error) { return v.result(sample, true) }

func (v *NumericVariance) result(sample, root bool) (Datum, error) {
	n := v.values.Count
	if n == 0 || sample && n == 1 {
		return Null, nil
	}
	if _, special := v.values.special(); special {
		return NumericNaN(), nil
	}
	// n × Σx² − (Σx)², at twice the scale of the sum.
	sum := v.values.total()
	sum.Mul(sum, sum)
	scale := 2 * v.values.scale
	squares := v.squares.total()
	if v.squares.scale < scale {
		squares.Mul(squares, pow10Big(int(scale-v.squares.scale)))
	}
	squares.Mul(squares, big.NewInt(n)).Sub(squares, sum)
	if squares.Sign() <= 0 {
		return SmallDecimal(0, 0), nil
	}
	other := n
	if sample {
		other--
	}
	divisor := numericOf(new(big.Int).Mul(big.NewInt(n), big.NewInt(other)), 0)
	dividend := numericOf(squares, scale)
	shown := divScale(dividend, divisor)
	d, err := divTo(dividend, divisor, shown)
	if err != nil || !root {
		return d, err
	}
	return sqrtTo(d, shown)
}
