package query_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltest"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
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
	// many joins n members made of a pattern, each with its number.
	many := func(n int, pattern, separator string) string {
		members := make([]string, n)
		for i := range members {
			members[i] = fmt.Sprintf(pattern, i)
		}
		return strings.Join(members, separator)
	}
	cases := []struct{ name, sql, want string }{
		{"50 joins", joins(50), "10"},
		{"400 joins", joins(400), "ERROR 54001"},
		{"10,000 values", "SELECT count(*) FROM t WHERE a IN (" + list + ")", "2"},
		{"10,000 rows of values", "SELECT count(*) FROM (VALUES " + strings.Repeat("(1), ", 9999) + "(2)) v", "10000"},
		{"deep parentheses", "SELECT " + strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000), "1"},
		{"too deep", "SELECT " + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000), "ERROR 54001"},
		{"long conjunction", "SELECT count(*) FROM t WHERE a > 0" + strings.Repeat(" AND b > 0", 3000), "10"},
		{"nested sub-queries", "SELECT count(*) FROM " + strings.Repeat("(SELECT * FROM ", 60) + "t" + strings.Repeat(") x", 60), "10"},
		{"1,600 columns", "SELECT count(*) FROM (SELECT " + strings.Repeat("a + 1, ", 1599) + "b FROM t GROUP BY a, b ORDER BY a LIMIT 5) x", "5"},
		{"2,000 values of a statement", "SELECT count(*) FROM t WHERE b IN (" + many(2000, "length(repeat('x', %d) || left(now()::text, 4)) - 4", ", ") + ")", "10"},
		{"2,000 values that may not be in", "SELECT count(*) FROM t WHERE b NOT IN (" + many(2000, "length(repeat('x', %d) || left(now()::text, 4)) + 1", ", ") + ")", "4"},
		{"2,000 values of a row", "SELECT count(*) FROM t WHERE a IN (" + many(2000, "b + %d", ", ") + ")", "10"},
		{"2,000 values of a row that may not be in", "SELECT count(*) FROM t WHERE a NOT IN (" + many(2000, "b + %d + 1", ", ") + ")", "10"},
		{"2,000 values, each time others", "SELECT count(*) FROM t WHERE a IN (" + many(2000, "(random() * -10)::int - %d", ", ") + ")", "0"},
		{"2,000 alternatives", "SELECT count(*) FROM t WHERE " + many(2000, "a = b + %d", " OR "), "10"},
		{"2,000 conditions", "SELECT count(*) FROM t WHERE " + many(2000, "a <> b - %d - 1", " AND "), "10"},
		{"2,000 cases", "SELECT sum(CASE a " + many(2000, "WHEN %[1]d THEN %[1]d", " ") + " END) FROM t", "55"},
		{"2,000 unions", "SELECT count(*) FROM (SELECT a FROM t UNION " + many(2000, "SELECT %d", " UNION ") + ") u", "2000"},
		{"2,000 unions of all", "SELECT count(*) FROM (" + many(2000, "SELECT %d", " UNION ALL ") + ") u", "2000"},
		{"2,000 unions in turn", "SELECT count(*) FROM (" + many(1000, "SELECT 1 UNION SELECT %d", " UNION ALL ") + ") u", "1000"},
		{"deep operators", "SELECT " + strings.Repeat("- ", 100000) + "1", "ERROR 54001"},
		{"deep calls", "SELECT " + strings.Repeat("abs(", 100000) + "1" + strings.Repeat(")", 100000), "ERROR 54001"},
		{"1,664 columns", "SELECT count(*) FROM (SELECT " + many(1664, "%d AS c%[1]d", ", ") + ") x", "1"},
		{"1,665 columns", "SELECT " + many(1665, "%d AS c%[1]d", ", "), "ERROR 54011"},
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
	ctx := t.Context()
	s := connect(t, open(t, query.Limits{}))
	for _, sql := range []string{
		"SELECT count(*) FROM (SELECT generate_series(1, 1000000000000)) x",
		"SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b, generate_series(1, 100000) c",
		"SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000) b WHERE a + b < 0",
		"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r",
		"SELECT count(*) FROM generate_series(1, 1000000) a WHERE EXISTS (SELECT 1 FROM generate_series(1, 1000000) b WHERE b = -a)",
		"SELECT pg_sleep(3600)",
		"SELECT count(*) FROM generate_series(1, 100000000000) g",
		"SELECT g % 10, count(*), sum(g * 1.5), min(g::text) FROM generate_series(1, 1000000000000) g GROUP BY 1",
		"SELECT DISTINCT g % 10 FROM generate_series(1, 1000000000000) g",
		"SELECT count(DISTINCT g % 10) FROM generate_series(1, 1000000000000) g",
		"SELECT g FROM generate_series(1, 1000000000000) g ORDER BY -g LIMIT 10",
		"SELECT g FROM generate_series(1, 1000000000000) g OFFSET 999999999999",
		"SELECT g FROM generate_series(1, 1000000000000) g WHERE (g || 'x') LIKE '%y%z%'",
		"SELECT 1 FROM generate_series(1, 3) a WHERE a IN (SELECT -g FROM generate_series(1, 1000000000000) g WHERE g % 2 = 3)",
		"SELECT g % 10 FROM generate_series(1, 1000000000000) g INTERSECT SELECT 11",
		"SELECT max(x) FROM (SELECT (SELECT max(b) FROM generate_series(1, 1000) b WHERE b <> a) AS x FROM generate_series(1, 1000000000) a) s",
		"SELECT count(*) FROM generate_series(1, 1000000000) a JOIN generate_series(1, 100) b ON a % 100 = b AND a < 0",
		"SELECT length(repeat(repeat('ab', 100000), 100) || g) FROM generate_series(1, 1000000000) g ORDER BY 1 LIMIT 1",
	} {
		done := make(chan error, 1)
		go func() { done <- s.Simple(ctx, sql, &sqltest.Recorder{}) }()
		// Long enough to be inside the loop; a cancellation that comes too early is tried again.
		again := time.NewTicker(50 * time.Millisecond)
		var err error
		began := time.Now()
		for ended := false; !ended; {
			select {
			case err = <-done:
				ended = true
			case <-again.C:
				s.Cancel()
			}
		}
		again.Stop()
		if spent := time.Since(began); spent > 10*time.Second { // a busy machine counts: it takes a tenth of a second on a quiet one
			t.Errorf("%s: cancelled after %v", sql, spent)
		}
		if !pgerror.HasCode(err, pgerror.QueryCanceled) {
			t.Errorf("%s: %v", sql, err)
		}
		if err := s.Simple(ctx, "SELECT 1", &sqltest.Recorder{}); err != nil {
			t.Errorf("after %s: %v", sql, err)
		}
	}
}

// rowCounter is a client that takes rows and forgets them. Now and then it looks at the memory in use.
type rowCounter struct {
	sqltest.Recorder
	rows int64
	heap uint64 // the most seen
}

func (c *rowCounter) Row([]sqltypes.Datum) error {
	if c.rows++; c.rows%500_000 == 0 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		c.heap = max(c.heap, m.HeapAlloc)
	}
	return nil
}

// Results of ten million rows pass through: what is held is some batches.
func TestResultsStream(t *testing.T) {
	ctx := t.Context()
	s := connect(t, open(t, query.Limits{TransactionRows: 100_000}))
	for _, sql := range []string{"CREATE TABLE wide (id int PRIMARY KEY, t text)", "INSERT INTO wide SELECT g, repeat('x', 50) FROM generate_series(1, 100000) g"} {
		if err := s.Simple(ctx, sql, &sqltest.Recorder{}); err != nil {
			t.Fatal(err)
		}
	}
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for _, sql := range []string{
		"SELECT g, g + 1, 'row ' || g FROM generate_series(1, 10000000) g",
		"SELECT generate_series(1, 10000000) AS g",
		"SELECT w.id + g, w.t || g FROM wide w, generate_series(1, 100) g",
		"SELECT * FROM wide a UNION ALL SELECT b.id, b.t || g FROM wide b JOIN generate_series(1, 99) g ON g < 1000",
	} {
		var c rowCounter
		if err := s.Simple(ctx, sql, &c); err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if grown := int64(c.heap) - int64(before.HeapAlloc); c.rows != 10_000_000 || grown > 64<<20 {
			t.Errorf("%s: %d rows, %d MB more memory in use", sql, c.rows, grown>>20)
		}
	}
}

// Whatever must keep more rows than the query's bound of memory ends with the service's error, not with the machine's memory.
func TestMemoryBound(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	m, err := sqltest.NewMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const rows = "generate_series(1, 20000000) g"
	for _, sql := range []string{
		"SELECT count(*) FROM (SELECT g FROM " + rows + " ORDER BY -g OFFSET 1) s",
		"SELECT count(*) FROM (SELECT DISTINCT g FROM " + rows + ") s",
		"SELECT count(DISTINCT g) FROM " + rows,
		"SELECT count(DISTINCT g::float8) FROM " + rows,
		"SELECT g, count(*) FROM " + rows + " GROUP BY g",
		"SELECT max(cardinality(array_agg)) FROM (SELECT array_agg(g) FROM " + rows + ") s",
		"SELECT length(string_agg(g::text, ',')) FROM " + rows,
		"SELECT length(jsonb_agg(g)::text) FROM " + rows,
		"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY g) FROM " + rows,
		"SELECT sum(g) OVER () FROM " + rows,
		"SELECT count(*) FROM (SELECT g FROM " + rows + " INTERSECT SELECT g FROM " + rows + ") s",
		"SELECT count(*) FROM (SELECT g FROM " + rows + " EXCEPT SELECT 1) s",
		"WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT n + 1 FROM r) SELECT count(*) FROM r",
		"WITH c AS MATERIALIZED (SELECT g FROM " + rows + ") SELECT count(*) FROM c a, c b WHERE a.g = b.g",
		"SELECT count(*) FROM " + rows + " JOIN generate_series(1, 20000000) h ON g = h",
		"SELECT count(*) FROM " + rows + " WHERE g NOT IN (SELECT h FROM generate_series(1, 20000000) h)",
		"SELECT count(*) FROM (SELECT 1) x(a) JOIN (SELECT g FROM " + rows + ") y ON y.g > x.a JOIN (SELECT g FROM " + rows + ") z ON z.g > y.g",
		"SELECT cardinality(ARRAY(SELECT g FROM " + rows + "))",
	} {
		began := time.Now()
		lines := m.Run("", sql)
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "ERROR 54000") || time.Since(began) > 2*time.Minute {
			t.Errorf("%s: %.200q after %v", sql, lines, time.Since(began))
		}
	}
}
