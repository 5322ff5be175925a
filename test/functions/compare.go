package functions

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// sameSigns tells whether two answers of a function that compares say the same: how much one value is more than another is the C library's.
func sameSigns(about, want, got string) bool {
	switch about {
	case "bttextcmp", "btnametextcmp", "bttextnamecmp", "btnamecmp", "bttext_pattern_cmp", "byteacmp", "btbpchar_pattern_cmp", "bitcmp", "varbitcmp":
	default:
		return false
	}
	header, a, ok := strings.Cut(want, " ⏎ ")
	x, err := strconv.Atoi(a)
	b, isInt := strings.CutPrefix(got, header+" ⏎ ")
	y, err2 := strconv.Atoi(b)
	return ok && isInt && err == nil && err2 == nil && cmp.Compare(x, 0) == cmp.Compare(y, 0)
}

// sameFloats tells whether two answers differ only in the last places of floating-point numbers that a library computed: C's libraries do not agree on
// them either.
func sameFloats(want, got string) bool {
	header, _, _ := strings.Cut(want, "⏎")
	if !strings.HasPrefix(header, "(") || !strings.Contains(header, "double precision") {
		return false
	}
	a, b := strings.Fields(want), strings.Fields(got)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		x, err := strconv.ParseFloat(a[i], 64)
		y, err2 := strconv.ParseFloat(b[i], 64)
		if err != nil || err2 != nil || math.Abs(x-y) > 1e-14*math.Abs(y) {
			return false
		}
	}
	return true
}
