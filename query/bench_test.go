package query_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/sqltest"
	"github.com/opendsql/opendsql/query"
	"github.com/opendsql/opendsql/txn"
)

// The tables of BenchmarkQuery: facts refer to one owner in ten facts.
const (
	benchFacts  = 300_000
	benchOwners = benchFacts / 10
)

// benchSession opens a session on a database in memory that holds the tables of the benchmarks.
func benchSession(b *testing.B, c txn.Config) *query.Session {
	ctx := context.Background()
	db, err := txn.OpenMemory(ctx, c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	d, err := query.OpenDatabase(ctx, db, query.Limits{TransactionRows: benchFacts, TransactionBytes: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	s, err := d.NewSession(ctx, query.Who{User: "admin"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	run := func(sql string) {
		if err := s.Simple(ctx, sql, &sqltest.Recorder{}); err != nil {
			b.Fatalf("%s: %v", sql, err)
		}
	}
	run("CREATE TABLE facts (id int PRIMARY KEY, kind int, owner int, label text, amount int, note char(84))")
	run("CREATE TABLE owners (id int PRIMARY KEY, label text, rank int)")
	for from := 1; from <= benchFacts; from += 50_000 {
		run(fmt.Sprintf(`INSERT INTO facts SELECT g, g %% 1000, g::bigint * 7919 %% %d + 1, 'owner ' || g::bigint * 7919 %% %[1]d + 1, g %% 10007, 'note'
			FROM generate_series(%d, %d) g`, benchOwners, from, from+50_000-1))
	}
	run(fmt.Sprintf("INSERT INTO owners SELECT g, 'owner ' || g, g %% 100 FROM generate_series(1, %d) g", benchOwners))
	return s
}

// BenchmarkQuery runs queries over many rows whose columns were decoded before.
func BenchmarkQuery(b *testing.B) {
	s := benchSession(b, txn.Config{})
	for _, c := range []struct{ name, sql string }{
		{"count", "SELECT count(*) FROM facts"},
		{"group", "SELECT kind, count(*), sum(amount) FROM facts GROUP BY kind"},
		{"join", "SELECT count(*), sum(f.amount + o.rank) FROM facts f JOIN owners o ON o.id = f.owner"},
		{"join-text", "SELECT count(*), sum(f.amount + o.rank) FROM facts f JOIN owners o ON o.label = f.label"},
		{"join-two-keys", "SELECT count(*), sum(f.amount + o.rank) FROM facts f JOIN owners o ON o.id = f.owner AND o.label = f.label"},
		{"join-residual", "SELECT count(*), sum(f.amount + o.rank) FROM facts f JOIN owners o ON o.id = f.owner AND o.rank < f.kind"},
		{"left-join", "SELECT count(*), sum(f.amount + o.rank) FROM facts f LEFT JOIN owners o ON o.id = f.owner AND o.rank < 50"},
		{"semi", "SELECT count(*) FROM facts f WHERE EXISTS (SELECT FROM owners o WHERE o.id = f.owner AND o.rank < 50)"},
		{"scalar", "SELECT sum((SELECT o.rank FROM owners o WHERE o.id = f.kind + 1)) FROM facts f WHERE f.id <= 20000"},
		{"not-in", "SELECT count(*) FROM facts f WHERE f.owner NOT IN (SELECT o.id FROM owners o WHERE o.rank < 50)"},
	} {
		b.Run(c.name, func(b *testing.B) {
			run := func() {
				if err := s.Simple(context.Background(), c.sql, &sqltest.Recorder{}); err != nil {
					b.Fatal(err)
				}
			}
			run()
			for b.Loop() {
				run()
			}
		})
	}
}

// BenchmarkFirstScan runs queries whose columns were never decoded: the cache has no room to keep them.
func BenchmarkFirstScan(b *testing.B) {
	var config txn.Config
	config.Storage.CacheSizes.BlockBytes = 1
	config.Storage.FlushEvery = 100 * time.Millisecond // the rows are in files when they are read
	s := benchSession(b, config)
	for _, c := range []struct{ name, sql string }{
		{"count", "SELECT count(*) FROM facts"},
		{"filtered", "SELECT count(*) FROM facts WHERE amount < 1000"},
		{"key", "SELECT sum(id) FROM facts"},
		{"group", "SELECT kind, count(*), sum(amount) FROM facts GROUP BY kind"},
		{"text", "SELECT max(label) FROM facts"},
		{"join", "SELECT count(*), sum(f.amount + o.rank) FROM facts f JOIN owners o ON o.id = f.owner"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := s.Simple(context.Background(), c.sql, &sqltest.Recorder{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEffort measures what the planner's efforts stand for: nanoseconds for each row that an operator reads, keeps or looks up. Reading a row that
// was decoded is the unit that the others are compared with.
func BenchmarkEffort(b *testing.B) {
	s := benchSession(b, txn.Config{})
	run := func(sql string) {
		if err := s.Simple(context.Background(), sql, &sqltest.Recorder{}); err != nil {
			b.Fatalf("%s: %v", sql, err)
		}
	}
	run("CREATE TABLE keyed (id int PRIMARY KEY, owner int, amount int, UNIQUE (owner, id))")
	run("INSERT INTO keyed SELECT id, owner, amount FROM facts WHERE id <= 100000")
	const few, many = benchOwners, benchFacts
	lookups := "SET enable_hashjoin = off; SET enable_mergejoin = off; "
	for _, c := range []struct {
		name, set, sql string
		rows           float64
	}{
		{"read", "", "SELECT count(*) FROM facts WHERE amount < 1000", many},
		{"read two columns", "", "SELECT sum(amount), sum(kind) FROM facts", many},
		{"sort", "", "SELECT id FROM facts ORDER BY amount, kind OFFSET 299999", many},
		{"build", "", "SELECT count(*) FROM (SELECT id FROM owners OFFSET 0) o RIGHT JOIN (SELECT 1 AS id OFFSET 0) p ON o.id = p.id", few},
		{"build text", "", "SELECT count(*) FROM (SELECT label FROM owners OFFSET 0) o RIGHT JOIN (SELECT '' AS label OFFSET 0) p ON o.label = p.label", few},
		{"probe", "", "SELECT count(*) FROM facts f JOIN owners o ON o.id = f.owner", many},
		{"probe text", "", "SELECT count(*) FROM facts f JOIN owners o ON o.label = f.label", many},
		{"entry and row", "SET enable_seqscan = off; ", "SELECT sum(amount) FROM keyed WHERE owner BETWEEN 1 AND 15000", 5e4},
		{"lookup", lookups + "SET dsql.enable_batched_nestloop = off; ", "SELECT count(o.rank) FROM facts f LEFT JOIN owners o ON o.id = f.owner WHERE f.kind < 100", many / 10},
		{"batched lookup", lookups, "SELECT count(o.rank) FROM facts f LEFT JOIN owners o ON o.id = f.owner WHERE f.kind < 100", many / 10},
		{"pair", lookups, "SELECT count(*) FROM (SELECT id FROM owners WHERE id <= 1000) o JOIN (SELECT id FROM facts WHERE id <= 1000) f ON o.id < f.id", 1e6},
	} {
		b.Run(c.name, func(b *testing.B) {
			run("RESET ALL; " + c.set)
			run(c.sql)
			for b.Loop() {
				run(c.sql)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/c.rows, "ns/row")
		})
	}
}
