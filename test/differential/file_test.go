package differential

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltest"
)

var file = flag.String("file", "", "statements to compare to the letter, each ended by a semicolon at the end of a line; lines with -- are passed over")

// TestFile compares the statements of a file: rows in their order, and all fields of errors.
func TestFile(t *testing.T) {
	dsn := os.Getenv("OPENDSQL_ORACLE")
	if dsn == "" || *file == "" {
		return
	}
	text, err := os.ReadFile(*file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := sqltest.NewPostgres(context.Background(), dsn, fmt.Sprintf("differential_%d", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ours, err := sqltest.NewMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	same := 0
	for _, sql := range split(string(text)) {
		want, got := p.Run("", strings.Replace(sql, "index async", "index", 1)), try(indexer{ours}, sql)
		if slices.Equal(want, got) {
			same++
			continue
		}
		if slices.Equal(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))) {
			t.Logf("another order: %s", sql)
			continue
		}
		t.Errorf("%s\n  postgres: %s\n  here:     %s", sql, strings.Join(want, "\n            "), strings.Join(got, "\n            "))
	}
	t.Logf("%d statements are the same", same)
}

// indexer makes indexes at once.
type indexer struct{ *sqltest.Memory }

func (m indexer) Run(session, sql string) []string {
	if strings.Contains(sql, "index async") {
		return m.Index(sql)
	}
	return m.Memory.Run(session, sql)
}

// try runs a statement that may panic.
func try(r sqltest.Runner, sql string) (lines []string) {
	defer func() {
		if p := recover(); p != nil {
			lines = []string{fmt.Sprintf("PANIC: %v\n%s", p, debug.Stack())}
		}
	}()
	return r.Run("", sql)
}

// split parts a text into statements.
func split(text string) (out []string) {
	var part []string
	for _, l := range strings.Split(text, "\n") {
		if strings.TrimSpace(l) == "" || strings.HasPrefix(l, "--") {
			continue
		}
		part = append(part, l)
		if before, ok := strings.CutSuffix(strings.TrimRight(l, " "), ";"); ok {
			part[len(part)-1] = before
			out = append(out, strings.Join(part, "\n"))
			part = nil
		}
	}
	return out
}
