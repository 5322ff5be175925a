package differential

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// verdict is what a comparison found.
type verdict int

const (
	sameRows verdict = iota
	sameError
	dataError // on either side: which row is computed first is free
	different
)

// compare tells whether two outputs are the same, and how they differ. Rows compare as multisets where the order is not total. Of errors the
// SQLSTATE counts.
func compare(want, got []string, ordered bool) (verdict, string) {
	wantCode, gotCode := code(want), code(got)
	switch {
	case isDataError(want), isDataError(got) && wantCode == "":
		return dataError, ""
	case wantCode == "0A000" && strings.Contains(want[0], "FULL JOIN is only supported"):
		return dataError, "" // PostgreSQL cannot do it
	case wantCode != "" && wantCode == gotCode:
		return sameError, ""
	case wantCode != "" || gotCode != "":
		return different, fmt.Sprintf("  expected: %s\n  got:      %s", short(want), short(got))
	}
	a, b := slices.Clone(want), slices.Clone(got)
	if !ordered {
		slices.Sort(a)
		slices.Sort(b)
	}
	if slices.Equal(a, b) {
		return sameRows, ""
	}
	return different, fmt.Sprintf("  only expected: %s\n  only got:      %s", short(minus(a, b)), short(minus(b, a)))
}

// isDataError tells whether the values of some row failed. What has no number fails with another class of error, and so do rows of other types.
func isDataError(lines []string) bool {
	c := code(lines)
	return strings.HasPrefix(c, "22") || c == "42804" && strings.Contains(lines[len(lines)-1], "cannot compare") || c == "0A000" && (strings.Contains(lines[0], "cannot convert NaN to") || strings.Contains(lines[0], "cannot convert infinity to"))
}

var errorLine = regexp.MustCompile(`^ERROR (\w{5}): `)

func code(lines []string) string {
	for _, l := range lines {
		if m := errorLine.FindStringSubmatch(l); m != nil {
			return m[1]
		}
	}
	return ""
}

func minus(a, b []string) []string {
	left := map[string]int{}
	for _, l := range b {
		left[l]++
	}
	var out []string
	for _, l := range a {
		if left[l]--; left[l] < 0 {
			out = append(out, l)
		}
	}
	return out
}

func short(lines []string) string {
	if len(lines) > 6 {
		lines = append(slices.Clone(lines[:6]), fmt.Sprintf("… %d more", len(lines)-6))
	}
	return strings.Join(lines, " / ")
}
