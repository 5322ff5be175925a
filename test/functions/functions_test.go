package functions

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/sqltest"
)

var (
	seed   = flag.Uint64("seed", 1, "the seed that calls are made from")
	calls  = flag.Int("calls", 4, "calls of each function, operator, cast and type")
	only   = flag.String("only", "", "only functions, operators, casts and types whose name contains this")
	report = flag.String("report", "", "a file to write the differences to")
	keep   = flag.Bool("keep", false, "record PostgreSQL's answers, those that this engine gives too, anew from the seed")
)

// TestRecorded makes the recorded calls and compares the answers with those PostgreSQL gave.
func TestRecorded(t *testing.T) {
	list, err := load()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 10000 {
		t.Errorf("only %d answers are recorded", len(list))
	}
	memory, err := sqltest.NewMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	ours, different := newRunner(memory), 0
	for _, r := range list {
		if got := escape(answerOf(ours, r.statement)); got != r.answer && !sameFloats(r.answer, got) && !sameSigns(r.about, r.answer, got) {
			if different++; different <= 50 {
				t.Errorf("%s (session %d)\n  %s\n  want %.500s\n  got  %.500s", r.about, r.session, r.sql, r.answer, got)
			}
		}
	}
	t.Logf("%d calls, %d answered otherwise", len(list), different)
}

// TestPostgres makes calls from the seed and compares the answers with PostgreSQL's.
func TestPostgres(t *testing.T) {
	dsn := os.Getenv("OPENDSQL_ORACLE")
	if dsn == "" {
		return
	}
	postgres, err := sqltest.NewPostgres(context.Background(), dsn, fmt.Sprintf("functions_%d", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	defer postgres.Close()
	memory, err := sqltest.NewMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	theirs, ours := newRunner(postgres), newRunner(memory)
	for _, s := range sessions {
		postgres.Run(s, "SET statement_timeout = '3s'")
	}
	t.Logf("seed %d", *seed)
	var out strings.Builder
	made, different := 0, 0
	var agreed []recorded
	for _, s := range statements(*seed, *calls) {
		if !strings.Contains(s.about, *only) {
			continue
		}
		want := theirs.answer(s)
		if strings.HasPrefix(want, "ERROR 57014") {
			continue // too much for PostgreSQL
		}
		made++
		slow := time.AfterFunc(5*time.Second, func() { t.Logf("slow: %s", s.sql) })
		got := answerOf(ours, s)
		slow.Stop()
		if want == got || sameFloats(want, got) || sameSigns(s.about, want, got) {
			if len(want) < 4000 && !strings.ContainsAny(s.sql, "\n\t") {
				agreed = append(agreed, recorded{s, want})
			}
			continue
		}
		different++
		fmt.Fprintf(&out, "%s\t%d\n  %s\n  want %.2000s\n  got  %.2000s\n", s.about, s.session, s.sql, want, got)
	}
	if *report != "" {
		_ = os.WriteFile(*report, []byte(out.String()), 0o644)
	} else if different > 0 {
		t.Error(out.String())
	}
	t.Logf("seed %d: %d calls, %d answered otherwise", *seed, made, different)
	if *keep {
		if err := save(agreed); err != nil {
			t.Error(err)
		}
		return
	}
	if different > 0 {
		t.Fail()
	}
}

// answerOf is answer, with a panic as an answer.
func answerOf(r *runner, s statement) (out string) {
	defer func() {
		if p := recover(); p != nil {
			out = fmt.Sprintf("panic: %v", p)
		}
	}()
	return r.answer(s)
}
