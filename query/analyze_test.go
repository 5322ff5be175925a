package query_test

import (
	"regexp"
	"testing"

	"github.com/opendsql/opendsql/query"
)

// rowsOf is the estimate of a query's rows.
func (c *client) rowsOf(sql string) string {
	c.t.Helper()
	if found := regexp.MustCompile(`rows=(\d+)`).FindStringSubmatch(c.simple("EXPLAIN " + sql)); found != nil {
		return found[1]
	}
	return "none"
}

// A table that was never analysed is taken to have a million rows. What ANALYZE counts is what every session plans with from its next statement on, after
// changes of the schema too, and when the database is opened again.
func TestPlansFollowAnalyze(t *testing.T) {
	d := open(t, query.Limits{})
	c, other := connect(t, d), connect(t, d)
	c.simple("CREATE TABLE t (id int PRIMARY KEY, v int)")
	c.simple("INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 300) i")
	c.want(c.rowsOf("SELECT * FROM t"), "1000000")
	c.want(other.rowsOf("SELECT * FROM t"), "1000000")
	c.want(c.simple("ANALYZE t"), "ANALYZE")
	c.want(c.rowsOf("SELECT * FROM t"), "300")
	c.want(other.rowsOf("SELECT * FROM t"), "300")
	c.simple("CREATE TABLE u (id int PRIMARY KEY)")
	c.simple("INSERT INTO t SELECT i, i % 10 FROM generate_series(301, 400) i")
	c.want(other.rowsOf("SELECT * FROM t"), "300")
	again, err := query.OpenDatabase(t.Context(), d.DB, query.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	late := connect(t, again)
	c.want(late.rowsOf("SELECT * FROM t"), "300")
	other.simple("ANALYZE t (v)")
	for _, s := range []*client{c, other, late} {
		c.want(s.rowsOf("SELECT * FROM t"), "400")
	}
	c.simple("DROP TABLE t")
	c.simple("CREATE TABLE t (id int PRIMARY KEY)")
	c.want(late.rowsOf("SELECT * FROM t"), "1000000")
}

// ANALYZE stands in nobody's way: what writes or reads in a transaction meanwhile goes on and commits.
func TestAnalyzeConflictsWithNobody(t *testing.T) {
	c := newClient(t)
	writer, reader := connect(t, c.database), connect(t, c.database)
	writer.want(writer.simple("BEGIN; UPDATE t SET v = 'uno' WHERE id = 1"), "BEGIN; UPDATE 1")
	reader.want(reader.simple("BEGIN; SELECT count(*) FROM t"), "BEGIN; (count bigint); 2; SELECT 1")
	c.want(c.simple("ANALYZE t"), "ANALYZE")
	writer.want(writer.simple("INSERT INTO t VALUES (3, 'three')"), "INSERT 0 1")
	writer.want(writer.simple("COMMIT"), "COMMIT")
	reader.want(reader.simple("SELECT count(*) FROM t; COMMIT"), "(count bigint); 2; SELECT 1; COMMIT")
	c.want(c.simple("SELECT reltuples FROM pg_class WHERE relname = 't'"), "(reltuples real); 2; SELECT 1")
}
