package differential

import (
	"bufio"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltest"
)

var record = flag.Bool("record", false, "with OPENDSQL_ORACLE: write anew what PostgreSQL answers to the recorded slice of statements")

// The recorded slice: statements of some rounds and what PostgreSQL 16 answered, so that the comparison runs where there is no PostgreSQL.
// A statement has one line with a mark before it, its answer the lines behind it, and an empty line ends it. Answers of many lines are a digest.
const (
	goldenPath   = "testdata/golden.txt"
	goldenRounds = 8
	goldenEach   = 180 // statements of a round
	goldenWrong  = 60  // wrong statements of a round
	goldenLines  = 12  // of an answer, before it is a digest
	goldenLength = 900 // of a query; longer ones are left out

	markRound     = "# round "
	markOrdered   = "> "
	markUnordered = "= "
	markExact     = "! " // an error, to the letter
)

// TestGolden replays the recorded slice.
func TestGolden(t *testing.T) {
	if dsn := os.Getenv("OPENDSQL_ORACLE"); dsn != "" && *record {
		recordGolden(t, dsn)
	}
	file, err := os.Open(goldenPath)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var ours *sqltest.Memory
	defer func() { ours.Close() }()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		first := lines.Text()
		if strings.HasPrefix(first, markRound) {
			if ours != nil {
				ours.Close()
			}
			if ours, err = sqltest.NewMemory(context.Background()); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var want []string
		for lines.Scan() && lines.Text() != "" {
			want = append(want, lines.Text())
		}
		if !strings.HasPrefix(first, markUnordered+"SELECT * FROM t") {
			n++
		}
		replay(t, ours, first[:2], first[2:], want)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if n < 500 {
		t.Errorf("%d statements are recorded, not 500", n)
	}
}

func replay(t *testing.T, ours *sqltest.Memory, mark, sql string, want []string) {
	got := ours.Run("", sql)
	switch {
	case mark == markExact:
		if !slices.Equal(want, got) {
			t.Errorf("%s;\n  expected: %s\n  got:      %s", sql, strings.Join(want, " / "), strings.Join(got, " / "))
		}
	case len(want) == 1 && strings.HasPrefix(want[0], "#"):
		if d := digest(got, mark == markOrdered); d != want[0] && !strings.HasPrefix(code(got), "22") {
			t.Errorf("%s;\n  expected: %s\n  got:      %s: %s", sql, want[0], d, short(got))
		}
	default:
		if verdict, difference := compare(want, got, mark == markOrdered); verdict == different {
			t.Errorf("%s;\n%s", sql, difference)
		}
	}
}

// digest stands for an answer of many lines.
func digest(lines []string, ordered bool) string {
	if !ordered {
		lines = slices.Sorted(slices.Values(lines))
	}
	return fmt.Sprintf("#%d %.8x", len(lines), sha256.Sum256([]byte(strings.Join(lines, "\n"))))
}

// recordGolden writes the slice. Statements that differ, or take too long, are left out: they are for TestPostgres to show.
func recordGolden(t *testing.T, dsn string) {
	var out strings.Builder
	for i := range goldenRounds {
		p, err := sqltest.NewPostgres(context.Background(), dsn, fmt.Sprintf("differential_%d", os.Getpid()))
		if err != nil {
			t.Fatal(err)
		}
		recordRound(t, &out, *seed+int64(i), p)
		p.Close()
	}
	if err := os.WriteFile(goldenPath, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func recordRound(t *testing.T, out *strings.Builder, seed int64, p sqltest.Runner) {
	ours, err := sqltest.NewMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	p.Run("", "SET statement_timeout = '"+timeThere+"'")
	r := rand.New(rand.NewSource(seed))
	g := &generator{Rand: r, tables: newTables(r)}
	fmt.Fprintf(out, "%s%d\n", markRound, seed)
	// both runs a statement on both sides and writes it down; false where they differ.
	both := func(s statement, most int) bool {
		want, got := p.Run("", s.sql), ours.Run("", s.sql)
		if v, _ := compare(want, got, s.ordered); v == different || v == dataError && code(want) != code(got) {
			return false
		}
		mark := markUnordered
		if s.ordered {
			mark = markOrdered
		}
		if len(want) > most {
			want = []string{digest(want, s.ordered)}
		}
		fmt.Fprintf(out, "%s%s\n%s\n\n", mark, s.sql, strings.Join(want, "\n"))
		return true
	}
	for _, tab := range g.tables {
		both(statement{sql: tab.create()}, goldenLines)
		both(statement{sql: tab.fill(r)}, goldenLines)
	}
	for range goldenEach {
		s := g.statement()
		if !s.modifies && len(s.sql) > goldenLength {
			continue
		}
		if same := both(s, goldenLines); s.modifies && !same {
			return
		} else if s.modifies {
			for _, tab := range g.tables {
				both(statement{sql: "SELECT * FROM " + tab.name}, 1)
			}
		}
	}
	for range goldenWrong {
		sql := g.wrong()
		if len(sql) > goldenLength {
			continue
		}
		p.Run("", "BEGIN")
		want := p.Run("", sql)
		p.Run("", "ROLLBACK")
		if c := code(want); c != "" && c != "57014" && !strings.HasPrefix(c, "22") && slices.Equal(want, try(ours, sql)) {
			fmt.Fprintf(out, "%s%s\n%s\n\n", markExact, sql, strings.Join(want, "\n"))
		}
	}
}
