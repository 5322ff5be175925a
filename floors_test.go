package opendsql

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/opendsql/opendsql"

// floors is the architecture: a package imports only packages on the lines above its own, never one on its line. A name that ends in /… stands for
// everything below it.
var floors = []string{
	"internal/clock internal/limits internal/pgerror internal/strictjson internal/sealed internal/wholefile",
	"internal/sqltypes internal/keyring",
	"internal/keys",
	"journal",
	"journal/raft adjudicator crossbar storage",
	"txn",
	"query/parse",
	"query/expr query/catalog",
	"query/bind",
	"query/plan",
	"query/exec",
	"query/ddl",
	"query",
	"iam",
	"pgwire controlplane",
	"cluster",
	".",
	"cmd/…",
}

// tests are packages that only tests use: they may import anything, and nobody else imports them.
var tests = []string{"internal/sqltest", "internal/sim", "test/…"}

// acquaintances says who may know whom, where the floors alone would allow more.
var acquaintances = map[string]string{
	"storage":      "txn cluster",
	"adjudicator":  "txn cluster",
	"crossbar":     "txn",
	"journal/raft": "cluster",
	"journal":      "journal/raft adjudicator crossbar storage txn cluster query/exec query/catalog query/ddl query",
	"query":        "pgwire cluster",
	"controlplane": "cluster .",
	"cluster":      ".  cmd/…",
}

type pkg struct {
	ImportPath string
	Imports    []string
}

// packages asks the go command what imports what, tests apart.
func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// local is a package's path in this module.
func local(path string) (string, bool) {
	if path == module {
		return ".", true
	}
	return strings.CutPrefix(path, module+"/")
}

func matches(pattern, name string) bool {
	below, ok := strings.CutSuffix(pattern, "…")
	return pattern == name || ok && strings.HasPrefix(name, below)
}

func among(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

// floor is the line a package stands on, -1 for none.
func floor(name string) int {
	return slices.IndexFunc(floors, func(line string) bool { return among(strings.Fields(line), name) })
}

func TestFloors(t *testing.T) {
	for _, p := range packages(t) {
		from, _ := local(p.ImportPath)
		if among(tests, from) {
			continue
		}
		at := floor(from)
		if at < 0 {
			t.Errorf("%s stands on no floor: give it a line here and a sentence in docs/ARCHITECTURE.md", from)
			continue
		}
		for _, path := range p.Imports {
			to, ours := local(path)
			switch {
			case !ours:
			case among(tests, to):
				t.Errorf("%s imports %s, which is for tests", from, to)
			case floor(to) >= at:
				t.Errorf("%s imports %s, which does not stand below it", from, to)
			}
			if allowed, ok := acquaintances[to]; ours && ok && !among(strings.Fields(allowed), from) {
				t.Errorf("%s imports %s, which only %s may know", from, to, allowed)
			}
		}
	}
}

// A rule that never fails shows nothing: these must.
func TestFloorsCatch(t *testing.T) {
	if floor("storage") >= floor("txn") || floor("query") <= floor("txn") || floor("nowhere") != -1 || !among([]string{"cmd/…"}, "cmd/opendsql") {
		t.Error("the floors are not ordered as they are read")
	}
}
