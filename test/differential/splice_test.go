package differential

import (
	"context"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/sqltest"
	"github.com/opendsql/opendsql/query/parse"
)

var (
	mutants = flag.Int("mutants", 20, "statements made of the parts of those of one SQL file")
	corpus  = flag.String("corpus", "query/*.test", "the SQL files, below test/sql")
)

// restless are statements whose answer depends on more than the tables.
var restless = regexp.MustCompile(`(?i)random|now\(|clock_|timestamp\(|timeofday|current_|localtime|pg_|_pid|uuid|txid|version|information_schema|tableoid|ctid|xmin|set_config|limit|tablesample|explain|oid|aurora|sys\.|reg\w+`)

// planners are settings of PostgreSQL under which a statement that says what it means answers the same.
var planners = []string{"enable_hashagg", "enable_hashjoin", "enable_mergejoin", "enable_seqscan"}

// TestSplice compares statements made of the parts of those of the SQL files.
func TestSplice(t *testing.T) {
	dsn := os.Getenv("OPENDSQL_ORACLE")
	files, err := filepath.Glob("../sql/" + *corpus)
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for i, path := range files {
		blocks, err := sqltest.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel("../sql", path)
		t.Run(name, func(t *testing.T) { spliceFile(t, dsn, *seed+int64(i), blocks) })
	}
}

// spliceFile runs a file, and then statements made of its parts; without PostgreSQL none may answer an internal error.
func spliceFile(t *testing.T, dsn string, seed int64, blocks []*sqltest.Block) {
	ours, err := sqltest.NewMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	var there *sqltest.Postgres
	if dsn != "" {
		if there, err = sqltest.NewPostgres(context.Background(), dsn, fmt.Sprintf("splice_%d", os.Getpid())); err != nil {
			t.Fatal(err)
		}
		defer there.Close()
		there.Run("", "SET statement_timeout = '"+timeThere+"'")
	}
	var statements []string
	for _, b := range blocks {
		for _, sql := range b.Statements() {
			if b.Session != "" || strings.HasPrefix(strings.ToLower(strings.TrimSpace(sql)), "drop") {
				continue
			}
			if b.Command == "exec" && !b.Differs {
				try(ours, sql)
				statements = append(statements, sql)
			}
			if there != nil && !b.Differs {
				there.Run("", sql)
			}
		}
	}
	s := newSplicer(rand.New(rand.NewSource(seed)), statements)
	if len(s.corpus) == 0 {
		return
	}
	r := &round{T: t, ours: ours}
	if there != nil && !sameTables(ours, there) {
		return // the time, or chance, is in them
	}
	for range *mutants {
		if sql := s.next(); sql != "" && !restless.MatchString(sql) {
			r.splice(sql, there)
		}
	}
	t.Log(r.tally)
}

// sameTables tells whether both sides hold the same rows.
func sameTables(ours, there sqltest.Runner) bool {
	list := there.Run("", "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
	for _, name := range list[1:max(len(list)-1, 1)] {
		sql := "SELECT * FROM " + parse.QuoteIdent(name)
		if a, b := there.Run("", sql), ours.Run("", sql); !slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))) {
			return false
		}
	}
	return true
}

// splice runs a statement on both sides and takes back what it did.
func (r *round) splice(sql string, there *sqltest.Postgres) {
	var want []string
	if there != nil {
		if want = back(there, sql); code(want) == "57014" {
			r.slow++
			return
		}
	}
	got := r.here(sql)
	switch {
	case slices.ContainsFunc(got, func(l string) bool { return strings.Contains(l, " XX000: ") || strings.HasPrefix(l, "PANIC") }):
		r.different++
		r.Errorf("%s;\n  %s", sql, strings.Join(got, "\n  "))
	case code(got) == "57014":
		r.slowHere++
		r.Logf("slow: %s", sql)
	case there == nil || r.sameAnswer(sql, want, got):
	case !steady(there, sql, want):
		r.data++
	default:
		r.different++
		short := shrink(sql, func(short string) bool {
			a := back(there, short)
			return code(a) == code(want) && len(a) < 2000 && !r.sameAnswer(short, a, r.here(short)) && steady(there, short, a)
		}, *shrinking/4)
		r.Errorf("%s;\n  postgres: %s\n  here:     %s", short, strings.Join(back(there, short), " / "), strings.Join(r.here(short), " / "))
	}
}

// here runs a statement in a block that is taken back.
func (r *round) here(sql string) []string {
	cancel := time.AfterFunc(timeHere, func() { r.ours.Cancel("") })
	defer cancel.Stop()
	return back(r.ours, sql)
}

// back runs a statement in a block that is taken back.
func back(r sqltest.Runner, sql string) []string {
	r.Run("", "BEGIN")
	defer r.Run("", "ROLLBACK")
	return try(r, sql)
}

// sameAnswer compares errors to the letter, those in data by being one (which row is looked at first is free), and rows as multisets.
func (r *round) sameAnswer(sql string, want, got []string) bool {
	switch a, b := code(want), code(got); {
	case inData(a) && inData(b) && a[:2]+b[:2] != "2323":
		r.data++
		return true
	case a != "" || b != "":
		if slices.Equal(want, got) {
			r.errors++
			return true
		}
		return b == "0A000" && a == "" && slices.ContainsFunc(got, func(l string) bool {
			return strings.Contains(l, "not supported") || strings.Contains(l, "not implemented")
		})
	}
	a, b := slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))
	if slices.Equal(a, b) {
		r.same++
		return true
	}
	return false
}

func inData(code string) bool { return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23") }

// steady tells whether PostgreSQL answers the same however it plans a statement, and in whatever order the rows of VALUES stand.
func steady(there *sqltest.Postgres, sql string, want []string) bool {
	want = slices.Sorted(slices.Values(want))
	if turned := turnedValues(sql); code(want) == "" && turned != "" && !slices.Equal(want, slices.Sorted(slices.Values(back(there, turned)))) {
		return false
	}
	for _, p := range planners {
		there.Run("", "SET "+p+" = off")
		again := back(there, sql)
		there.Run("", "RESET "+p)
		if !slices.Equal(want, slices.Sorted(slices.Values(again))) {
			return false
		}
	}
	return true
}
