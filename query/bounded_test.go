package query_test

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltest"
	"github.com/opendsql/opendsql/query"
)

// Each operator that keeps rows or values ends with the service's error when they are more than a query may keep, and so does a value that is larger. The
// session goes on, and what was kept is given back: the same operator has room again.
func TestSmallMemory(t *testing.T) {
	ctx := t.Context()
	s := connect(t, open(t, query.Limits{QueryMemoryBytes: 2 << 20}))
	for _, sql := range []string{ // %d is a number of rows
		"SELECT count(*) FROM (SELECT g FROM generate_series(1, %d) g ORDER BY -g OFFSET 1) s",
		"SELECT count(*) FROM (SELECT g FROM generate_series(1, %[1]d) g ORDER BY -g LIMIT %[1]d) s",
		"SELECT count(*) FROM (SELECT g FROM generate_series(1, %d) g ORDER BY g / 1000000 FETCH FIRST 5 ROWS WITH TIES) s",
		"SELECT count(*) FROM (SELECT DISTINCT g FROM generate_series(1, %d) g) s",
		"SELECT count(*) FROM (SELECT g::text FROM generate_series(1, %d) g UNION SELECT 'x') s",
		"SELECT count(*) FROM (SELECT g FROM generate_series(1, 5) g INTERSECT SELECT g FROM generate_series(1, %d) g) s",
		"SELECT count(*) FROM (SELECT g FROM generate_series(1, %d) g EXCEPT SELECT 5) s",
		"SELECT count(*) FROM (SELECT 5 EXCEPT ALL SELECT g FROM generate_series(1, %d) g) s",
		"SELECT count(*) FROM (SELECT g, count(*), min(g::text) FROM generate_series(1, %d) g GROUP BY g) s",
		"SELECT count(*) FROM (SELECT count(*) FROM generate_series(1, %d) g GROUP BY CUBE (g, g %% 3)) s",
		"SELECT count(DISTINCT g) FROM generate_series(1, %d) g",
		"SELECT count(DISTINCT g * 1.5) FROM generate_series(1, %d) g",
		"SELECT cardinality(array_agg(g)) FROM generate_series(1, %d) g",
		"SELECT cardinality(array_agg(g ORDER BY -g)) FROM generate_series(1, %d) g",
		"SELECT length(string_agg(repeat('x', 50), ',')) FROM generate_series(1, %d) g",
		"SELECT length(string_agg(DISTINCT g::text, ',')) FROM generate_series(1, %d) g",
		"SELECT length(json_agg(g)::text) FROM generate_series(1, %d) g",
		"SELECT length(jsonb_object_agg(g, g)::text) FROM generate_series(1, %d) g",
		"SELECT mode() WITHIN GROUP (ORDER BY g) FROM generate_series(1, %d) g",
		"SELECT max(s) FROM (SELECT sum(g) OVER (ORDER BY -g) AS s FROM generate_series(1, %d) g) s",
		"SELECT max(c) FROM (SELECT count(*) OVER () AS c FROM generate_series(1, %d) g) s",
		"SELECT max(c) FROM (SELECT cardinality(array_agg(g) OVER ()) AS c FROM generate_series(1, %d) g) s",
		"SELECT max(m) FROM (SELECT max(-g) OVER (ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS m FROM generate_series(1, %d) g) s",
		"WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT n + 1 FROM r WHERE n < %d) SELECT count(*) FROM r",
		"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < %d) SELECT count(*) FROM r",
		"WITH RECURSIVE r(n) AS (SELECT g FROM generate_series(1, %d) g UNION ALL SELECT n + 1 FROM r WHERE n < 0) SELECT count(*) FROM r",
		"WITH c AS MATERIALIZED (SELECT g FROM generate_series(1, %d) g) SELECT count(*) FROM c WHERE g > 0",
		"SELECT count(*) FROM generate_series(1, 10) a JOIN generate_series(1, %[1]d) b ON a = b JOIN generate_series(1, %[1]d) c ON b = c",
		"SELECT count(*) FROM generate_series(1, 3) a, generate_series(1, %d) b WHERE a > b",
		"SELECT count(*) FROM generate_series(1, 3) a WHERE a <> ALL (SELECT -g FROM generate_series(1, %d) g)",
		"SELECT count(*) FROM generate_series(1, 3) a WHERE a > ALL (SELECT -g FROM generate_series(1, %d) g)",
		"SELECT cardinality(ARRAY(SELECT g FROM generate_series(1, %d) g))",
		"SELECT repeat('0123456789', %d)",
		"SELECT repeat('0123456789', %d) || g FROM generate_series(1, 1) g",
		"SELECT * FROM (VALUES (repeat('0123456789', %d)), ('x')) v",
	} {
		for _, c := range []struct {
			rows int
			code pgerror.Code
		}{{10, ""}, {300_000, pgerror.ProgramLimitExceeded}, {1000, ""}} {
			err := s.Simple(ctx, fmt.Sprintf(sql, c.rows), &sqltest.Recorder{})
			switch {
			case c.code == "" && err != nil, c.code != "" && !pgerror.HasCode(err, c.code):
				t.Errorf("%s, %d rows: %v", sql, c.rows, err)
			case err != nil && !strings.Contains(err.Error(), "allowed temp space of 2048 KB"):
				t.Errorf("%s, %d rows: %v", sql, c.rows, err)
			}
		}
	}
}

// liveHeap is how much memory was reachable when the collector last looked, in bytes.
func liveHeap() uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// Queries over 400 texts of 1 MB hold a part of them at a time: each ends in its result or in the service's error, and never keeps much more alive than a
// query may keep. What a prepared program kept is let go at its end.
func TestLargeValues(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	const bound = 32 << 20
	ctx := t.Context()
	s := connect(t, open(t, query.Limits{QueryMemoryBytes: bound}))
	for _, sql := range []string{"CREATE TABLE big (k int PRIMARY KEY, t text)", "CREATE TABLE g (id int PRIMARY KEY, k int, s text)",
		"INSERT INTO big VALUES (1, repeat('x1', 500000)), (2, repeat('y1', 500000))", "INSERT INTO g SELECT x, 1, 's' || x FROM generate_series(1, 400) x"} {
		if err := s.Simple(ctx, sql, &sqltest.Recorder{}); err != nil {
			t.Fatal(err)
		}
	}
	const (
		joined   = "FROM big JOIN g USING (k)"
		tooLarge = "more than allowed temp space"
		seven    = "(SELECT 7::numeric ^ 100000 AS n) x, generate_series(1, 2000) g" // 35 KB each
	)
	before := liveHeap()
	for _, c := range []struct{ sql, want string }{
		{"SELECT sum(length(upper(t))) " + joined, "400000000"},
		{"SELECT sum(length(upper(lower(t) || id))) " + joined, "400001092"},
		{"SELECT sum(length(repeat(s, 300000))) " + joined, "447600000"},
		{"SELECT count(*) FROM (SELECT upper(t) AS u, id " + joined + ") x WHERE length(u) + id > 5", "400"},
		{"SELECT count(*) " + joined + " WHERE upper(t || id) > lower(t)", "0"},
		{"SELECT count(*) FROM (SELECT CASE WHEN id > 7 THEN upper(t) ELSE coalesce(lower(t), t) END AS c " + joined + ") x WHERE length(c) > 0", "400"},
		{"SELECT count(*) " + joined + " GROUP BY upper(t)", "400"},
		{"SELECT count(*) FROM (SELECT count(*) FROM g GROUP BY repeat(s, 300000)) x", tooLarge},
		{"SELECT count(*) FROM g GROUP BY left(repeat('x', 1000000) || s, 1000000)", "400"},
		{"SELECT count(DISTINCT upper(t)) " + joined, "1"},
		{"SELECT count(DISTINCT upper(t || id)) " + joined, tooLarge},
		{"SELECT length(max(upper(t || id))) " + joined, "1000002"},
		{"SELECT count(m) FROM (SELECT max(t || id) AS m " + joined + " GROUP BY id) x", tooLarge},
		{"SELECT count(m) FROM (SELECT any_value(t || id) AS m " + joined + " GROUP BY id) x", tooLarge},
		{"SELECT count(m) FROM (SELECT bit_or((repeat('1', 2000000) || '0')::varbit) AS m FROM g GROUP BY id) x", tooLarge},
		{"SELECT length(string_agg(t, ',')) " + joined, tooLarge},
		{"SELECT count(a) FROM (SELECT string_agg(t, ',') AS a " + joined + " GROUP BY id) x", tooLarge},
		{"SELECT cardinality(array_agg(t || id)) " + joined, tooLarge},
		{"SELECT length(jsonb_agg(t)::text) " + joined, tooLarge},
		{"SELECT length(json_agg(x)::text) FROM (SELECT t " + joined + ") x", tooLarge},
		{"SELECT length(jsonb_object_agg(id, t)::text) " + joined, tooLarge},
		{"SELECT length(string_agg(t || id, ',' ORDER BY id)) " + joined, tooLarge},
		{"SELECT length(mode() WITHIN GROUP (ORDER BY t || id)) " + joined, tooLarge},
		{"SELECT count(*) FROM (SELECT t || id AS u " + joined + " ORDER BY u OFFSET 1) x", tooLarge},
		{"SELECT length(u) FROM (SELECT t || id AS u " + joined + " ORDER BY u LIMIT 1) x", "1000001"},
		{"SELECT sum(length(u)) FROM (SELECT t || id AS u " + joined + " ORDER BY u LIMIT 3) x", "3000006"},
		{"SELECT count(*) FROM (SELECT max(t || id) OVER () AS m " + joined + ") x WHERE length(m) > 3", tooLarge},
		{"SELECT count(*) FROM (SELECT max(t || id) OVER (ORDER BY id ROWS BETWEEN 300 PRECEDING AND CURRENT ROW) AS m " + joined + ") x WHERE length(m) > 3", tooLarge},
		{"SELECT count(*) FROM (SELECT min(t || id) OVER (ORDER BY id ROWS BETWEEN 300 PRECEDING AND CURRENT ROW) AS m " + joined + ") x WHERE length(m) > 3", tooLarge},
		{"SELECT count(*) FROM (SELECT max(t) OVER (ORDER BY id ROWS BETWEEN 300 PRECEDING AND CURRENT ROW) AS m FROM (SELECT substr(t, 2) AS t, id " + joined + " WHERE id < 9) y) x", "8"},
		{"SELECT count(*) FROM (SELECT string_agg(t, ',') OVER (ORDER BY id) AS m " + joined + ") x WHERE length(m) > 3", tooLarge},
		{"SELECT count(*) FROM (SELECT lag(upper(t)) OVER (ORDER BY id) AS m " + joined + ") x WHERE length(m) > 3", tooLarge},
		{"SELECT count(*) FROM (SELECT upper(t || id) " + joined + " UNION SELECT 'x') x", tooLarge},
		{"SELECT count(*) FROM (SELECT 'x' INTERSECT SELECT upper(t || id) " + joined + ") x", tooLarge},
		{"SELECT count(*) FROM (SELECT upper(t || id) " + joined + " EXCEPT ALL SELECT 'x') x", "400"},
		{"SELECT count(*) FROM (SELECT t || id AS u " + joined + ") y JOIN g ON upper(y.u) = g.s", "0"},
		{"SELECT count(*) FROM g JOIN (SELECT t || id AS u, id AS i " + joined + ") y ON y.i = g.id AND length(upper(y.u || g.s)) > 3", "400"},
		{"SELECT count(*) FROM g, LATERAL (SELECT upper(t || g.id) AS u FROM big OFFSET 0) x WHERE u > 'a'", "0"},
		{"SELECT count(*) FROM big x LEFT JOIN g ON length(x.t || g.s) > 3", "800"},
		{"SELECT count(*) FROM generate_series(1, 2) a, LATERAL generate_series(a, 3000000) b WHERE b > a", "5999997"},
		{"WITH c AS MATERIALIZED (SELECT t || id AS u " + joined + ") SELECT count(*) FROM c WHERE length(u) > 3", tooLarge},
		{"WITH RECURSIVE r(n, u) AS (SELECT 1, t FROM big WHERE k = 1 UNION ALL SELECT n + 1, u || n FROM r WHERE n < 400) SELECT max(length(u)) FROM r", tooLarge},
		{"SELECT cardinality(ARRAY(SELECT t || id " + joined + "))", tooLarge},
		{"SELECT count(*) FROM g a WHERE a.s <> ALL (SELECT t || id " + joined + ")", tooLarge},
		{"SELECT length(trunc(sum(n + n))::text) FROM " + seven, "84514"},
		{"SELECT count(m) FROM (SELECT sum(n) AS m FROM " + seven + " GROUP BY g) x", tooLarge},
		{"SELECT count(m) FROM (SELECT max(n) AS m FROM " + seven + " GROUP BY g) x", tooLarge},
		{"SELECT count(m) FROM (SELECT stddev(n) AS m FROM " + seven + " GROUP BY g) x", tooLarge},
		{"SELECT count(*) FROM (SELECT n + g AS m FROM " + seven + " ORDER BY m OFFSET 1) x", tooLarge},
		{"SELECT isempty(range_agg(numrange(n + 2 * g, n + 2 * g + 1))) FROM " + seven, tooLarge},
	} {
		var stop atomic.Bool
		most, ended := uint64(0), make(chan struct{})
		go func() {
			defer close(ended)
			for !stop.Load() {
				most = max(most, liveHeap())
				time.Sleep(2 * time.Millisecond)
			}
		}()
		var r sqltest.Recorder
		err := s.Simple(ctx, c.sql, &r)
		stop.Store(true)
		<-ended
		if most > before+5*bound { // a text that grows is there twice, once with room to grow
			t.Errorf("%s: held %d MB", c.sql, (most-before)>>20)
		}
		got := strings.Join(r.Lines, " ")
		if err != nil {
			got = err.Error()
		}
		if c.want == tooLarge && !strings.Contains(got, tooLarge) || c.want != tooLarge && (len(r.Lines) < 2 || r.Lines[1] != c.want) {
			t.Errorf("%s: %.200s, not %s", c.sql, got, c.want)
		}
	}
}
