package differential

import (
	"context"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/sqltest"
)

var (
	seed       = flag.Int64("seed", 1, "the first round's seed")
	rounds     = flag.Int("rounds", 3, "rounds, each with tables of its own")
	statements = flag.Int("statements", 150, "statements of a round")
)

// TestSeedDecides generates the same statements twice.
func TestSeedDecides(t *testing.T) {
	write := func() (out []string) {
		r := rand.New(rand.NewSource(7))
		g := &generator{Rand: r, tables: newTables(r)}
		for range 200 {
			sql, _ := g.statement()
			out = append(out, sql)
		}
		return out
	}
	if a, b := write(), write(); !slices.Equal(a, b) {
		t.Error("one seed gave two programs")
	}
}

// TestEngine runs random statements through this engine alone: none may answer an internal error.
func TestEngine(t *testing.T) {
	runRound(t, 42, 60, nil)
}

// TestPostgres compares with PostgreSQL.
func TestPostgres(t *testing.T) {
	dsn := os.Getenv("OPENDSQL_ORACLE")
	if dsn == "" {
		return
	}
	for i := range *rounds {
		s := *seed + int64(i)
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			p, err := sqltest.NewPostgres(context.Background(), dsn, fmt.Sprintf("differential_%d", os.Getpid()))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			runRound(t, s, *statements, p)
		})
	}
}

func runRound(t *testing.T, seed int64, n int, postgres sqltest.Runner) {
	ours, err := sqltest.NewMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	r := rand.New(rand.NewSource(seed))
	g := &generator{Rand: r, tables: newTables(r)}
	var setup []string
	if postgres != nil {
		postgres.Run("", "SET statement_timeout = '3s'")
	}
	check := func(sql string, ordered bool) bool {
		var want []string
		if postgres != nil {
			if want = postgres.Run("", sql); code(want) == "57014" {
				return true // too much for PostgreSQL, which changed nothing
			}
		}
		slow := time.AfterFunc(10*time.Second, func() { t.Logf("slow: %s", sql) })
		got := ours.Run("", sql)
		slow.Stop()
		if slices.ContainsFunc(got, func(l string) bool { return strings.Contains(l, " XX000: ") }) {
			t.Errorf("%s;\n  %s", sql, strings.Join(got, "\n  "))
			return false
		}
		if postgres == nil {
			return true
		}
		if difference := compare(want, got, ordered); difference != "" {
			t.Errorf("%s\n%s;\n%s", strings.Join(setup, ""), sql, difference)
			return false
		}
		return code(want) == code(got)
	}
	for _, tab := range g.tables {
		check(tab.create(), false)
		if !g.oneIn(6) {
			check(tab.fill(r), false)
		}
	}
	for range n {
		sql, ordered := g.statement()
		same := check(sql, ordered)
		if modifies := !strings.HasPrefix(sql, "SELECT") && !strings.HasPrefix(sql, "(") && !strings.HasPrefix(sql, "WITH w"); modifies && !same {
			return // what the tables hold is no longer the same
		} else if modifies {
			for _, tab := range g.tables {
				if !check("SELECT * FROM "+tab.name, false) {
					return
				}
			}
		}
	}
}
