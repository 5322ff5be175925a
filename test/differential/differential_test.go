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
	mistakes   = flag.Int("mistakes", 500, "wrong statements")
	parameters = flag.Int("parameters", 300, "statements with parameters")
	shrinking  = flag.Duration("shrink", 20*time.Second, "how long a query with a difference is made shorter")
)

// TestSeedDecides generates the same statements twice.
func TestSeedDecides(t *testing.T) {
	write := func() (out []string) {
		r := rand.New(rand.NewSource(7))
		g := &generator{Rand: r, tables: newTables(r)}
		for range 200 {
			out = append(out, g.statement().sql)
		}
		return out
	}
	if a, b := write(), write(); !slices.Equal(a, b) {
		t.Error("one seed gave two programs")
	}
}

// TestShrink takes everything away that is not what a failure needs.
func TestShrink(t *testing.T) {
	sql := "WITH w AS (SELECT 1 AS a) SELECT x.a, nullif(x.a + 1, 2) FROM w AS x LEFT JOIN w AS y ON x.a = y.a WHERE x.a IN (SELECT 2) ORDER BY 1 LIMIT 3"
	got := shrink(sql, func(s string) bool { return strings.Contains(strings.ToLower(s), "nullif(") }, time.Minute)
	if want := "SELECT NULLIF(x, 2)"; got != want {
		t.Errorf("got %s, not %s", got, want)
	}
}

// TestTurnedValues turns the lists that are read, not those whose rows are inserted.
func TestTurnedValues(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT x FROM (VALUES (1), (2), (3)) AS v (x) WHERE x IN (SELECT y FROM (VALUES (5), (7)) AS w (y))": "SELECT x FROM (VALUES (3), (2), (1)) AS v (x) WHERE x IN (SELECT y FROM (VALUES (7), (5)) AS w (y))",
		"INSERT INTO t VALUES (1), (2)": "",
	} {
		if got := turnedValues(sql); got != want {
			t.Errorf("got %s, not %s", got, want)
		}
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
	var sum tally
	for i := range *rounds {
		s := *seed + int64(i)
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			p, err := sqltest.NewPostgres(context.Background(), dsn, fmt.Sprintf("differential_%d", os.Getpid()))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			sum.add(runRound(t, s, *statements, p))
		})
	}
	t.Log(sum)
}

// sides are PostgreSQL, with a limit to a statement's time, and this engine; nil without PostgreSQL.
func sides(t *testing.T) (there *sqltest.Postgres, ours *sqltest.Memory) {
	dsn := os.Getenv("OPENDSQL_ORACLE")
	if dsn == "" {
		return nil, nil
	}
	there, err := sqltest.NewPostgres(context.Background(), dsn, fmt.Sprintf("differential_%d", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(there.Close)
	there.Run("", "SET statement_timeout = '"+timeThere+"'")
	if ours, err = sqltest.NewMemory(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ours.Close)
	return there, ours
}

// tally counts what became of statements.
type tally struct {
	same, errors   int // the same rows; the same error
	data           int // an error in data on either side, which depends on what is computed first
	planning       int // of data: one that a side alone finds while planning
	slow, slowHere int // more than PostgreSQL's time; less there, but more than ours here
	memory         int // more than the memory of a query here
	different      int
}

func (t *tally) add(o tally) {
	t.same, t.errors, t.data, t.planning = t.same+o.same, t.errors+o.errors, t.data+o.data, t.planning+o.planning
	t.slow, t.slowHere, t.memory, t.different = t.slow+o.slow, t.slowHere+o.slowHere, t.memory+o.memory, t.different+o.different
}

// String tells the counts.
func (t tally) String() string {
	return fmt.Sprintf("%d with the same rows, %d with the same error, %d with errors in data (%d while planning, on one side alone), %d too slow for PostgreSQL, %d too slow here, %d too large here, %d different",
		t.same, t.errors, t.data, t.planning, t.slow, t.slowHere, t.memory, t.different)
}

// The time a statement may take.
const (
	timeThere = "3s"
	timeHere  = 10 * time.Second
)

// round runs statements on both sides.
type round struct {
	*testing.T
	ours     *sqltest.Memory
	postgres sqltest.Runner // nil: ours alone
	tally
}

// check runs a statement and tells whether both sides are still in the same state.
func (r *round) check(s statement) bool {
	var want []string
	if r.postgres != nil {
		if want = r.postgres.Run("", s.sql); code(want) == "57014" {
			r.slow++
			return true // changed nothing
		}
	}
	cancel := time.AfterFunc(timeHere, func() { r.ours.Cancel("") })
	got := r.ours.Run("", s.sql)
	cancel.Stop()
	switch {
	case slices.ContainsFunc(got, func(l string) bool { return strings.Contains(l, " XX000: ") }):
		r.different++
		r.Errorf("%s;\n  %s", s.sql, strings.Join(got, "\n  "))
		return false
	case code(got) == "57014":
		r.slowHere++
		r.Logf("slow: %s", s.sql)
		return r.postgres == nil || code(want) != ""
	case code(got) == "54000":
		r.memory++
		r.Logf("large: %s", s.sql)
		return r.postgres == nil || code(want) != ""
	case r.postgres == nil:
		return true
	}
	verdict, difference := compare(want, got, s.ordered)
	if code(want) == "21000" && code(got) == "" && strings.Contains(s.sql, "WITH TIES") {
		verdict = dataError // PostgreSQL 16 gives its sub-queries of min and max by an index the statement's WITH TIES, and they more than one row
	}
	switch verdict {
	case sameRows:
		r.same++
	case sameError:
		r.errors++
	case dataError:
		r.data++
		switch {
		case (code(want) == "") != (code(got) == "") && r.whilePlanning(s.sql):
			r.planning++
			r.Logf("while planning: %s;\n  expected: %s\n  got:      %s", s.sql, short(want), short(got))
		case code(want) == "":
			r.Logf("only here: %s;\n  %s", s.sql, short(got))
		}
	case different:
		r.different++
		r.Errorf("%s;\n%s", s.sql, difference)
		if !s.modifies && *shrinking > 0 {
			r.shrink(s.sql, code(want), code(got))
		}
	}
	return verdict != different && code(want) == code(got)
}

// whilePlanning tells whether only one of the sides finds an error before any row is read: one in constants, in a part of the statement that one of the
// planners does away with.
func (r *round) whilePlanning(sql string) bool {
	there, here := r.postgres.Run("", "EXPLAIN "+sql), r.ours.Run("", "EXPLAIN "+sql)
	return isDataError(there) != isDataError(here)
}

// shrink shows a shorter query that differs in the same way.
func (r *round) shrink(sql, want, got string) {
	short := shrink(sql, func(sql string) bool {
		a := r.postgres.Run("", sql)
		if code(a) != want || want == "" && len(a) > 2000 {
			return false
		}
		cancel := time.AfterFunc(timeHere, func() { r.ours.Cancel("") })
		b := r.ours.Run("", sql)
		cancel.Stop()
		v, _ := compare(a, b, false)
		return v == different && code(b) == got
	}, *shrinking)
	_, difference := compare(r.postgres.Run("", short), r.ours.Run("", short), false)
	r.Logf("shorter: %s;\n%s", short, difference)
}

// runRound makes tables and runs n statements over them, until the two sides no longer hold the same rows.
func runRound(t *testing.T, seed int64, n int, postgres sqltest.Runner) tally {
	ours, err := sqltest.NewMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	random := rand.New(rand.NewSource(seed))
	g := &generator{Rand: random, tables: newTables(random)}
	r := &round{T: t, ours: ours, postgres: postgres}
	if postgres != nil {
		postgres.Run("", "SET statement_timeout = '"+timeThere+"'")
	}
	for _, tab := range g.tables {
		r.check(statement{sql: tab.create()})
		if !g.oneIn(6) {
			r.check(statement{sql: tab.fill(random)})
		}
	}
	for range n {
		s := g.statement()
		same := r.check(s)
		if !s.modifies {
			continue
		}
		if !same {
			break
		}
		for _, tab := range g.tables {
			if same = same && r.check(statement{sql: "SELECT * FROM " + tab.name}); !same {
				return r.tally
			}
		}
	}
	return r.tally
}
