package sqltypes

import (
	"strings"
	"testing"
)

// Logarithms and powers of numbers near the end of the range have PostgreSQL's digits.
func TestLongNumerics(t *testing.T) {
	long := mustNumeric(t, "1"+strings.Repeat("0", 131000))
	two := SmallDecimal(2, 0)
	for _, c := range []struct {
		name, want string
		f          func() (Datum, error)
	}{
		{"log10", "131000.00000000000", func() (Datum, error) { return NumericLog(SmallDecimal(10, 0), long) }},
		{"log2", "435172.58043024447", func() (Datum, error) { return NumericLog(SmallDecimal(20, 1), long) }},
		{"modulus of a power", "0", func() (Datum, error) {
			p, err := NumericPower(two, SmallDecimal(400000, 0))
			if err != nil {
				return Null, err
			}
			return NumericMod(p, two)
		}},
	} {
		d, err := c.f()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got, _, _ := strings.Cut(Text(NumericOID, d, nil), "000000000000000000000"); got != c.want && strings.Trim(got, "0.") != strings.Trim(c.want, "0.") {
			t.Errorf("%s: %.60s, want %s", c.name, got, c.want)
		}
	}
}
