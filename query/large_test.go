package query_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltest"
	"github.com/opendsql/opendsql/query"
	"github.com/opendsql/opendsql/txn"
)

// Large statements end in a result, or in an error that says why: never in a panic.
func TestLargeStatements(t *testing.T) {
	m, err := sqltest.NewMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	m.Run("", "CREATE TABLE t (a int PRIMARY KEY, b int)")
	m.Run("", "INSERT INTO t SELECT g, g FROM generate_series(1, 10) g")
	joins := func(n int) string {
		var b strings.Builder
		b.WriteString("SELECT count(*) FROM t t0")
		for i := 1; i < n; i++ {
			fmt.Fprintf(&b, " JOIN t t%d ON t%d.a = t%d.b", i, i, i-1)
		}
		return b.String()
	}
	list := strings.Repeat("7, ", 9999) + "8"
	cases := []struct{ name, sql, want string }{
		{"50 joins", joins(50), "10"},
		{"400 joins", joins(400), "ERROR 54001"},
		{"10,000 values", "SELECT count(*) FROM t WHERE a IN (" + list + ")", "2"},
		{"10,000 rows of values", "SELECT count(*) FROM (VALUES " + strings.Repeat("(1), ", 9999) + "(2)) v", "10000"},
		{"deep parentheses", "SELECT " + strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000), "1"},
		{"too deep", "SELECT " + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000), "ERROR 54001"},
		{"long conjunction", "SELECT count(*) FROM t WHERE a > 0" + strings.Repeat(" AND b > 0", 3000), "10"},
		{"nested sub-queries", "SELECT count(*) FROM " + strings.Repeat("(SELECT * FROM ", 60) + "t" + strings.Repeat(") x", 60), "10"},
		{"200 unions", "SELECT count(*) FROM (SELECT 1" + strings.Repeat(" UNION ALL SELECT 1", 199) + ") u", "200"},
	}
	for _, c := range cases {
		lines := m.Run("", c.sql)
		found := false
		for _, l := range lines {
			found = found || l == c.want || strings.HasPrefix(c.want, "ERROR") && strings.HasPrefix(l, c.want)
		}
		if !found {
			t.Errorf("%s: want %s, got %q", c.name, c.want, lines)
		}
	}
}

// A statement that would run for hours ends when it is cancelled, wherever it loops, and the session goes on.
func TestCancelLoops(t *testing.T) {
	ctx := context.Background()
	db, err := txn.OpenMemory(ctx, txn.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d, err := query.OpenDatabase(ctx, db, query.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s, err := d.NewSession(ctx, query.Who{User: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, sql := range []string{
		"SELECT count(*) FROM (SELECT generate_series(1, 1000000000000)) x",
		"SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b, generate_series(1, 100000) c",
		"SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000) b WHERE a + b < 0",
		"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r",
		"SELECT count(*) FROM generate_series(1, 1000000) a WHERE EXISTS (SELECT 1 FROM generate_series(1, 1000000) b WHERE b = -a)",
		"SELECT pg_sleep(3600)",
	} {
		done := make(chan error, 1)
		go func() { done <- s.Simple(ctx, sql, &sqltest.Recorder{}) }()
		// Long enough to be inside the loop; a cancellation that comes too early is tried again.
		again := time.NewTicker(50 * time.Millisecond)
		var err error
		for ended := false; !ended; {
			select {
			case err = <-done:
				ended = true
			case <-again.C:
				s.Cancel()
			}
		}
		again.Stop()
		if !pgerror.HasCode(err, pgerror.QueryCanceled) {
			t.Errorf("%s: %v", sql, err)
		}
		if err := s.Simple(ctx, "SELECT 1", &sqltest.Recorder{}); err != nil {
			t.Errorf("after %s: %v", sql, err)
		}
	}
}
