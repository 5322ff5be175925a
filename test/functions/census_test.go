package functions

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the census in docs/differences.md, and the recorded answers, anew")

const (
	differencesPath = "../../docs/differences.md"
	censusBegins    = "<!-- made of the catalog by go test ./test/functions -run TestCensus -rewrite -->"
	censusEnds      = "<!-- end of the census -->"
)

// TestCensus counts the functions, operators, casts and aggregates with code, holds the counts to what was reached, and checks that the page of
// differences tells of the others.
func TestCensus(t *testing.T) {
	c := takeCensus()
	t.Logf("functions %s, sets %s, aggregates %s, windows %s, operators %s, casts %s; not there yet: %d %v", c.functions, c.sets, c.aggregates, c.windows, c.operators, c.casts,
		c.count[notYet], c.without[notYet])
	for _, held := range []struct {
		name        string
		have, least int
	}{
		{"functions", c.functions.with, 1850}, {"set-returning functions", c.sets.with, 40}, {"aggregates", c.aggregates.with, 145}, {"window functions", c.windows.with, 15},
		{"operators", c.operators.with, 604}, {"casts", c.casts.with, 204}, {"reasons other than " + notYet, -c.count[notYet], -57},
	} {
		if held.have < held.least {
			t.Errorf("%s: %d, were %d", held.name, held.have, held.least)
		}
	}
	page, err := os.ReadFile(differencesPath)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), censusBegins)
	_, after, ends := strings.Cut(rest, censusEnds)
	if !begins || !ends {
		t.Fatalf("%s has no place for the census: %q … %q", differencesPath, censusBegins, censusEnds)
	}
	made := before + censusBegins + "\n" + c.table() + censusEnds + after
	switch {
	case made == string(page):
	case *rewrite:
		if err := os.WriteFile(differencesPath, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not current: go test ./test/functions -run TestCensus -rewrite", differencesPath)
	}
}
