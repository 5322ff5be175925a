package sqltypes

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func drawSmall(t *rapid.T, label string) Datum {
	n := rapid.SampledFrom([]int64{0, 1, -1, 10, math.MaxInt64, math.MinInt64, math.MaxInt64 / 10, 1e18, -1e18, 999999999, rapid.Int64().Draw(t, label+" n")}).Draw(t, label)
	return SmallDecimal(n, rapid.SampledFrom([]int32{0, 1, 2, 6, 18, 19, 30}).Draw(t, label+" scale"))
}

func rat(d Datum) *big.Rat {
	v, scale := numericInt(d)
	return new(big.Rat).SetFrac(v, pow10Big(int(scale)))
}

// TestFastPaths compares arithmetic on int64 coefficients with exact fractions, at the edges of what fits.
func TestFastPaths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSmall(t, "a"), drawSmall(t, "b")
		check := func(name string, d Datum, err error, want *big.Rat, scale int32) {
			if err != nil || rat(d).Cmp(want) != 0 || NumericScale(d) != scale {
				t.Fatalf("%s %s %s is %s (%v)", Text(NumericOID, a, nil), name, Text(NumericOID, b, nil), Text(NumericOID, d, nil), err)
			}
			if d.Kind() == KindBig && d.Big().Coeff.IsInt64() {
				t.Fatalf("%s fits a small decimal", Text(NumericOID, d, nil))
			}
		}
		scale := max(a.Scale(), b.Scale())
		sum, err := NumericAdd(a, b)
		check("+", sum, err, new(big.Rat).Add(rat(a), rat(b)), scale)
		difference, err := NumericSub(a, b)
		check("-", difference, err, new(big.Rat).Sub(rat(a), rat(b)), scale)
		product, err := NumericMul(a, b)
		check("*", product, err, new(big.Rat).Mul(rat(a), rat(b)), a.Scale()+b.Scale())
		if got, want := NumericCompare(a, b), rat(a).Cmp(rat(b)); got != want {
			t.Fatalf("compare says %d, want %d", got, want)
		}
		if NumericSign(b) == 0 {
			return
		}
		quotient, err := NumericDiv(a, b)
		if err != nil {
			t.Fatal(err)
		}
		x, y, _ := alignBig(a, b)
		x.Mul(x, pow10Big(int(NumericScale(quotient))))
		check("/", quotient, nil, rat(numericOf(divRound(x, y), NumericScale(quotient))), divScale(a, b))
		remainder, err := NumericMod(a, b)
		x, y, _ = alignBig(a, b)
		check("%", remainder, err, rat(numericOf(x.Rem(x, y), scale)), scale)
		if Hash(NumericOID, 5, a) != Hash(NumericOID, 5, NumericRound(a, int(a.Scale())+7)) {
			t.Fatal("the hash depends on the scale")
		}
	})
}
