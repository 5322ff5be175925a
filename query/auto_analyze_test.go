package query_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/opendsql/opendsql/query"
	"github.com/opendsql/opendsql/txn"
)

// A table of which enough has changed is analysed by itself, once changes have been gathered for a while; what was rolled back does not count. sys.jobs tells.
func TestAutoAnalyze(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, err := txn.OpenMemory(t.Context(), txn.Config{TrimEvery: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		d, err := query.OpenDatabase(t.Context(), db, query.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		d.AutoAnalyze = 10 * time.Second
		c := connect(t, d)
		c.simple("CREATE TABLE t (id int PRIMARY KEY, v int)")
		c.simple("CREATE TABLE u (id int PRIMARY KEY)")
		c.simple("BEGIN; INSERT INTO t SELECT generate_series(1, 100); ROLLBACK")
		c.simple("INSERT INTO t SELECT generate_series(1, 50)")
		time.Sleep(time.Minute)
		c.want(c.rowsOf("SELECT * FROM t"), "1000000")

		c.simple("UPDATE t SET v = 1 WHERE id = 1")
		time.Sleep(9 * time.Second)
		c.want(c.rowsOf("SELECT * FROM t"), "1000000")
		time.Sleep(2 * time.Second)
		c.want(c.rowsOf("SELECT * FROM t"), "50")
		c.want(c.rowsOf("SELECT * FROM u"), "1000000")
		const jobs = "SELECT status, details, job_type, class_id, object_id = 't'::regclass AS t, object_name FROM sys.jobs"
		const one = "(status text, details text, job_type text, class_id oid, t boolean, object_name text); completed | NULL | ANALYZE | 1259 | t | public.t; SELECT 1"
		c.want(c.simple(jobs), one)

		// Then 50 rows and a tenth of the table are allowed; a WITH that writes and COPY count too.
		c.simple("WITH w AS (DELETE FROM t WHERE id <= 20 RETURNING id) INSERT INTO t SELECT id + 1000 FROM w")
		c.rec.Input = []byte("2001\n2002\n2003\n2004\n2005\n2006\n2007\n2008\n2009\n2010\n2011\n2012\n2013\n2014\n2015\n")
		c.want(c.simple("COPY t (id) FROM STDIN"), "COPY 15")
		time.Sleep(time.Minute)
		c.want(c.rowsOf("SELECT * FROM t"), "50")
		c.want(c.simple(jobs), one)
		c.simple("INSERT INTO t VALUES (3000)")
		time.Sleep(time.Minute)
		c.want(c.rowsOf("SELECT * FROM t"), "66")
		c.want(c.simple("SELECT count(*) FROM sys.jobs"), "(count bigint); 2; SELECT 1")

		// ANALYZE by hand starts the count again, but not that of some columns. Jobs go when another begins half an hour after their end.
		c.simple("DELETE FROM t WHERE id > 20")
		c.simple("ANALYZE t")
		time.Sleep(time.Hour)
		c.want(c.simple("SELECT count(*) FROM sys.jobs"), "(count bigint); 2; SELECT 1")
		c.simple("INSERT INTO t SELECT generate_series(1, 60)")
		c.simple("ANALYZE t (v)")
		time.Sleep(time.Minute)
		c.want(c.simple("SELECT count(*), count(object_name) FROM sys.jobs"), "(count bigint, count bigint); 1 | 1; SELECT 1")
		c.simple("INSERT INTO u SELECT generate_series(1, 51)") // and the database is closed meanwhile
	})
}
