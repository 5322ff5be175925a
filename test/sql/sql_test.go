// Package sql runs the SQL files below this folder. Their expected output was written by PostgreSQL 16, but where a block says that it differs.
//
//	go test ./test/sql                                            check
//	OPENDSQL_ORACLE=postgres://… go test ./test/sql -rewrite      write the expected output anew
package sql

import (
	"context"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltest"
)

var rewrite = flag.Bool("rewrite", false, "write the expected output anew")

func TestFiles(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".test") {
			return err
		}
		t.Run(strings.TrimSuffix(path, ".test"), func(t *testing.T) { runFile(t, path) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func runFile(t *testing.T, path string) {
	ours, err := sqltest.NewMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	if !*rewrite {
		if err := sqltest.Check(path, ours); err != nil {
			t.Error(err)
		}
		return
	}
	var postgres sqltest.Runner
	if dsn := os.Getenv("OPENDSQL_ORACLE"); dsn != "" {
		p, err := sqltest.NewPostgres(context.Background(), dsn, "sqlfile_"+strings.NewReplacer("/", "_", "-", "_", ".", "_").Replace(path))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		postgres = p
	}
	if err := sqltest.Rewrite(path, ours, postgres); err != nil {
		t.Fatal(err)
	}
}
