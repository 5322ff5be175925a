package sql

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// differencesPath is the page whose table is made of the reasons in the SQL files. What stands around the table is written by hand.
const differencesPath = "../../docs/differences.md"

const (
	tableBegins = "<!-- made of the SQL files by go test ./test/sql -run TestDifferences -rewrite -->"
	tableEnds   = "<!-- end of what is made -->"
)

// TestDifferences checks that the table of differences from PostgreSQL is the one that the SQL files make.
func TestDifferences(t *testing.T) {
	table, err := differences()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(differencesPath)
	if os.IsNotExist(err) && *rewrite {
		page, err = []byte("# Differences from PostgreSQL 16\n\n"+tableBegins+"\n"+tableEnds+"\n"), nil
	}
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		if !*rewrite {
			t.Fatalf("%s has no place for the table: %q … %q", differencesPath, tableBegins, tableEnds)
		}
		before, after = strings.TrimRight(string(page), "\n")+"\n\n", "\n"
	}
	made := before + tableBegins + "\n" + table + tableEnds + after
	if made == string(page) {
		return
	}
	if !*rewrite {
		t.Fatalf("%s is not current: go test ./test/sql -run TestDifferences -rewrite", differencesPath)
	}
	if err := os.WriteFile(differencesPath, []byte(made), 0o644); err != nil {
		t.Fatal(err)
	}
}

// differences is a table of the reasons: a line for each file and reason.
func differences() (string, error) {
	var out strings.Builder
	out.WriteString("\n| Where | Reason |\n|---|---|\n")
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".test") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		told := map[string]bool{}
		where := filepath.ToSlash(strings.TrimSuffix(path, ".test"))
		for line := range strings.Lines(string(data)) {
			reason, ok := differenceReason(line)
			if !ok || told[reason] {
				continue
			}
			told[reason] = true
			fmt.Fprintf(&out, "| `%s` | %s |\n", where, strings.ReplaceAll(reason, "|", `\|`))
		}
		return nil
	})
	out.WriteString("\n")
	return out.String(), err
}

// differenceReason takes the reason out of a comment that says "differs:" or, of a whole file, "all differ:".
func differenceReason(line string) (string, bool) {
	text, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
	if !ok {
		return "", false
	}
	text = strings.TrimSpace(text)
	for _, word := range []string{"differs:", "all differ:"} {
		if reason, ok := strings.CutPrefix(text, word); ok {
			return strings.TrimSpace(reason), true
		}
	}
	return "", false
}
