package bind

import (
	"path/filepath"
	"testing"

	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/parse"
)

// TestTree keeps the bound trees of statements.
func TestTree(t *testing.T) {
	snapshot := testSnapshot(t)
	files, err := filepath.Glob("testdata/bind/*.test")
	if err != nil || len(files) == 0 {
		t.Fatal("no test files", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			list := readCases(t, path)
			for i := range list {
				c := &list[i]
				got := tree(snapshot, c.input)
				if *rewrite {
					c.output = got
				}
				if got != c.output {
					t.Errorf("%s:%d: %s\ngot:\n%s\nwant:\n%s", path, c.line, c.input, got, c.output)
				}
			}
			if *rewrite {
				writeCases(t, path, list)
			}
		})
	}
}

func tree(snapshot *catalog.Snapshot, sql string) string {
	stmts, err := parse.Parse(sql)
	if err != nil {
		return errorText(err)
	}
	bound, err := Bind(stmts[0].Stmt, testOptions(snapshot, sql))
	if err != nil {
		return errorText(err)
	}
	text := Dump(bound.Query)
	return text[:len(text)-1]
}
