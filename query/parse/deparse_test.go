package parse

import (
	"os"
	"strings"
	"testing"
)

// seeds are the hand-written statements, accepted or not.
func seeds(t testing.TB) []string {
	text, err := os.ReadFile("testdata/seeds.sql")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			list = append(list, strings.ReplaceAll(line, `\n`, "\n"))
		}
	}
	return list
}

// checkRoundTrip demands that what Parse accepts is the same after Deparse.
func checkRoundTrip(t *testing.T, sql string) {
	t.Helper()
	stmts, err := Parse(sql)
	if err != nil {
		return
	}
	for _, s := range stmts {
		text := Deparse(s.Stmt)
		again, err := Parse(text)
		if err != nil {
			t.Errorf("%s\nwritten as %s\n%v", sql, text, err)
			continue
		}
		if len(again) != 1 || !Same(s.Stmt, again[0].Stmt) {
			t.Errorf("%s\nwritten as %s\nis another tree", sql, text)
		}
	}
}

func TestDeparseRoundTrip(t *testing.T) {
	for _, sql := range seeds(t) {
		checkRoundTrip(t, sql)
	}
}
