package query_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltest"
	"github.com/opendsql/opendsql/query"
	"github.com/opendsql/opendsql/txn"
)

// Each operator that keeps rows or values ends with the service's error when they are more than a query may keep, and so does a value that is larger. The
// session goes on, and what was kept is given back: the same operator has room again.
func TestSmallMemory(t *testing.T) {
	ctx := context.Background()
	db, err := txn.OpenMemory(ctx, txn.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d, err := query.OpenDatabase(ctx, db, query.Limits{QueryMemoryBytes: 2 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s, err := d.NewSession(ctx, query.Who{User: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
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
