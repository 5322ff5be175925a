package plan

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

var decimals = regexp.MustCompile(`\d+\.\d\d+`)

// Plans as they were observed on the service, up to costs, times and widths. Two blanks stand before the costs of an operator, one before those of a
// request to storage.
func TestObservedPlans(t *testing.T) {
	db := declare(t, `
users 1000: id int; age int; name text / pk id
transactions 1000000: id int; payer_id int; payee_id int; amount numeric; created_at int / pk id / index payer_id
`)
	for _, c := range []struct{ sql, want string }{
		{"SELECT * FROM users", `
Index Only Scan using users_pk on users  (cost=#..# rows=# width=#) (actual time=#..# rows=1000 loops=1)
  -> Storage Scan on users_pk (cost=#..# rows=# width=#) (actual rows=1000 loops=1)
      Projections: id, age, name
      -> B-Tree Scan on users_pk (cost=#..# rows=# width=#) (actual rows=1000 loops=1)`},
		{"SELECT * FROM users WHERE name = 'a811'", `
Full Scan (btree-table) on users  (cost=#..# rows=# width=#) (actual time=#..# rows=1 loops=1)
  -> Storage Scan on users (cost=#..# rows=# width=#) (actual rows=1 loops=1)
      Projections: id, age, name
      Filters: (name = 'a811'::text)
      Rows Filtered: 999
      -> B-Tree Scan on users (cost=#..# rows=# width=#) (actual rows=1000 loops=1)`},
		{"SELECT * FROM transactions WHERE payer_id = 1 ORDER BY payer_id DESC LIMIT 3", `
Limit  (cost=#..# rows=# width=#) (actual time=#..# rows=3 loops=1)
  ->  Index Scan Backward using transactions_index on transactions  (cost=#..# rows=# width=#) (actual time=#..# rows=3 loops=1)
        Index Cond: (payer_id = 1)
        -> Storage Scan on transactions_index (cost=#..# rows=# width=#) (actual rows=3 loops=1)
            -> B-Tree Scan on transactions_index (cost=#..# rows=# width=#) (actual rows=3 loops=1)
                Index Cond: (payer_id = 1)
        -> Storage Lookup on transactions (cost=#..# rows=# width=#) (actual rows=3 loops=1)
            Projections: id, payer_id, payee_id, amount, created_at
            -> B-Tree Lookup on transactions (cost=#..# rows=# width=#) (actual rows=3 loops=1)`},
	} {
		stmts, err := parse.Parse(c.sql)
		if err != nil {
			t.Fatal(err)
		}
		bound, err := bind.Bind(stmts[0].Stmt, bind.Options{Snapshot: db.snapshot, SearchPath: []string{"public"}, SQL: c.sql})
		if err != nil {
			t.Fatal(err)
		}
		p, err := Build(bound.Query, Options{Stats: db, Session: &expr.Session{}})
		if err != nil {
			t.Fatal(err)
		}
		// What an execution would have measured.
		measures := map[Node]*Measure{}
		var measure func(n Node)
		measure = func(n Node) {
			m := &Measure{Loops: 1, Rows: 3, Total: time.Millisecond}
			if scan, ok := n.(*Scan); ok && scan.Table.Name == "users" {
				m.Rows = 1000
				if scan.Filter != nil {
					m.Rows, m.Removed = 1, 999
				}
			}
			measures[n] = m
			for _, child := range n.Children() {
				measure(child)
			}
		}
		measure(p.Root)
		lines := Explain(p, ExplainOptions{Costs: true, Timing: true, Measures: measures, Query: bound.Query})
		got := decimals.ReplaceAllString(strings.Join(lines, "\n"), "#")
		got = regexp.MustCompile(`rows=\d+ width=\d+`).ReplaceAllString(got, "rows=# width=#")
		if want := strings.TrimPrefix(c.want, "\n"); got != want {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", c.sql, got, want)
		}
	}
}
