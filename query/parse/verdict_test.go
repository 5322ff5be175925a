package parse

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// verdictText is a verdict as testdata/verdicts.txt has it.
func verdictText(err error) string {
	if err == nil {
		return "ok"
	}
	e := pgerror.From(err)
	s := fmt.Sprintf("%s %q at %d", e.Code, e.Message, e.Position)
	if e.Hint != "" {
		s += fmt.Sprintf(" hint %q", e.Hint)
	}
	if e.Detail != "" {
		s += fmt.Sprintf(" detail %q", e.Detail)
	}
	return s
}

// TestVerdicts compares with what PostgreSQL 16 said; test/parseoracle writes
// the file.
func TestVerdicts(t *testing.T) {
	text, err := os.ReadFile("testdata/verdicts.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")[1:]
	for i := 0; i+1 < len(lines); i += 2 {
		sql, err := strconv.Unquote(lines[i])
		if err != nil {
			t.Fatalf("line %d: %v", i+2, err)
		}
		want := strings.TrimPrefix(lines[i+1], "\t")
		_, err = Parse(sql)
		if got := verdictText(err); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", sql, got, want)
		}
		checkRoundTrip(t, sql)
	}
}
