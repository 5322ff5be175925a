package parse

import "testing"

// FuzzParse demands that no text makes the parser panic, and that every tree
// survives being written and read again.
func FuzzParse(f *testing.F) {
	for _, sql := range seeds(f) {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		checkRoundTrip(t, sql)
		_, _ = ParseExpr(sql)
		_, _ = ParseTypeName(sql)
	})
}
