package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// BenchmarkBuild plans statements that are bound already.
func BenchmarkBuild(b *testing.B) {
	db := declare(b, `big 1000000: id int; a int; b text; n int notnull / pk id
small 100: id int; a int; b text; n int notnull / pk id
keyed 1000000: id int; a int; b text; n int notnull / pk id / index a`)
	var chain []string
	for i := 1; i < 9; i++ {
		chain = append(chain, strings.ReplaceAll("JOIN keyed kX ON kX.id = kY.a", "X", string(rune('0'+i))))
	}
	for i := range chain {
		chain[i] = strings.ReplaceAll(chain[i], "Y", string(rune('0'+i)))
	}
	star, line := "SELECT 1 FROM big", "SELECT 1 FROM small s0"
	for i := 1; i < 50; i++ {
		star += fmt.Sprintf(" JOIN small s%d ON s%[1]d.id = big.a", i)
		line += fmt.Sprintf(" LEFT JOIN small s%d ON s%[1]d.id = s%d.a", i, i-1)
	}
	for _, c := range []struct{ name, sql string }{
		{"point", "SELECT a, b FROM big WHERE id = 1"},
		{"join", "SELECT big.a, small.b FROM big JOIN small ON small.id = big.a WHERE big.id = 7"},
		{"sub-query", "SELECT * FROM (SELECT a AS x, b FROM big WHERE n > 1) s WHERE x = 3"},
		{"fifty equal", star},
		{"fifty outer", line},
		{"nine", "SELECT k0.id FROM keyed k0 " + strings.Join(chain, " ")},
	} {
		b.Run(c.name, func(b *testing.B) {
			stmts, err := parse.Parse(c.sql)
			if err != nil {
				b.Fatal(err)
			}
			bound, err := bind.Bind(stmts[0].Stmt, bind.Options{Snapshot: db.snapshot, SearchPath: []string{"public"}, SQL: c.sql})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Build(bound.Query, Options{Stats: db, Session: &expr.Session{}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
