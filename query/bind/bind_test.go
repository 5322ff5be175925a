package bind

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

func bindText(t testing.TB, snapshot *catalog.Snapshot, sql string) *Statement {
	t.Helper()
	stmts, err := parse.Parse(sql)
	if err != nil {
		t.Fatal(err)
	}
	bound, err := Bind(stmts[0].Stmt, testOptions(snapshot, sql))
	if err != nil {
		t.Fatal(err)
	}
	return bound
}

// TestAccess checks which rights statements ask for.
func TestAccess(t *testing.T) {
	snapshot := testSnapshot(t)
	for _, c := range []struct{ sql, want string }{
		{"SELECT a FROM t1 WHERE b = 'x'", "t1 select[2 3]"},
		{"SELECT count(*) FROM t1", "t1 select[]"},
		{"SELECT t1 FROM t1", "t1 select[0]"},
		{"SELECT id FROM v1", "v1 select[1]; t1 select[1 3 5 2] as 15579"},
		{"INSERT INTO t1 (id, a) VALUES (1, 2)", "t1 insert[1 2]"},
		{"INSERT INTO t1 (id) VALUES (1) RETURNING a", "t1 insert[1] select[2]"},
		{"INSERT INTO t1 (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET a = excluded.b::int", "t1 insert[1] update[2] select[1]"},
		{"INSERT INTO t1 (id) SELECT a FROM t4", "t1 insert[1]; t4 select[1]"},
		{"UPDATE t1 SET a = 1", "t1 update[2]"},
		{"UPDATE t1 SET a = b::int WHERE id = 1", "t1 update[2] select[1 3]"},
		{"DELETE FROM t1", "t1 delete"},
		{"DELETE FROM t1 USING t4 WHERE t1.a = t4.a", "t1 delete select[2]; t4 select[1]"},
		{"SELECT id FROM t1 FOR UPDATE", "t1 update[] select[1]"},
		{"SELECT id FROM t1 JOIN t2 USING (id)", "t1 select[1]; t2 select[1]"},
	} {
		var parts []string
		for _, x := range bindText(t, snapshot, c.sql).Access {
			parts = append(parts, accessText(x))
		}
		if got := strings.Join(parts, "; "); got != c.want {
			t.Errorf("%s: %s, want %s", c.sql, got, c.want)
		}
	}
}

func accessText(x *Access) string {
	text := x.Name
	if x.Insert {
		text += fmt.Sprintf(" insert%v", x.Inserts)
	}
	if x.Update {
		text += fmt.Sprintf(" update%v", x.Updates)
	}
	if x.Delete {
		text += " delete"
	}
	if x.Select {
		text += fmt.Sprintf(" select%v", x.Reads)
	}
	if x.AsUser != 0 {
		text += fmt.Sprintf(" as %d", x.AsUser)
	}
	return text
}

// TestColumnExpr binds expressions of table definitions; the errors are PostgreSQL's for CREATE TABLE and CREATE INDEX.
func TestColumnExpr(t *testing.T) {
	snapshot := testSnapshot(t)
	scope := snapshot.Scope(snapshot.SearchPath([]string{"public"}, ""))
	table, _, err := scope.ResolveTable("", "t3")
	if err != nil {
		t.Fatal(err)
	}
	int4 := sqltypes.T(sqltypes.Int4OID)
	for _, c := range []struct {
		kind      ColumnExprKind
		sql, want string
	}{
		{DefaultExpr, "'5'", "'5':int4"},
		{DefaultExpr, "1.5", "int4#1744('1.5':numeric)~:int4"},
		{DefaultExpr, "k", "0A000 cannot use column reference in DEFAULT expression"},
		{DefaultExpr, "count(*)", "42803 aggregate functions are not allowed in DEFAULT expressions"},
		{DefaultExpr, "row_number() over ()", "42P20 window functions are not allowed in DEFAULT expressions"},
		{DefaultExpr, "(select 1)", "0A000 cannot use subquery in DEFAULT expression"},
		{DefaultExpr, "generate_series(1, 2)", "0A000 set-returning functions are not allowed in DEFAULT expressions"},
		{DefaultExpr, "true", "42804 column \"c\" is of type integer but default expression is of type boolean"},
		{DefaultExpr, "$1", "42P02 there is no parameter $1"},
		{CheckExpr, "k > 0", ">#147($0.1:int4, '0':int4):bool"},
		{CheckExpr, "k", "42804 argument of CHECK must be type boolean, not type integer"},
		{CheckExpr, "nope > 0", "42703 column \"nope\" does not exist"},
		{CheckExpr, "count(*) > 0", "42803 aggregate functions are not allowed in check constraints"},
		{CheckExpr, "exists (select 1)", "0A000 cannot use subquery in check constraint"},
		{GeneratedExpr, "k * 2", "*#141($0.1:int4, '2':int4):int4"},
		{GeneratedExpr, "g * 2", "42P17 cannot use generated column \"g\" in column generation expression"},
		{GeneratedExpr, "n", "42804 column \"c\" is of type integer but generation expression is of type text"},
		{GeneratedExpr, "t3.k + (t3.*)::text::int", "42P17 cannot use whole-row variable in column generation expression"},
		{IndexExpr, "lower(n)", "lower#870($0.3:text):text"},
		{IndexExpr, "sum(k)", "42803 aggregate functions are not allowed in index expressions"},
		{PredicateExpr, "k > 5 AND n IS NOT NULL", "Bool(>#147($0.1:int4, '5':int4):bool, NullTest($0.3:text, not true):bool):bool"},
		{PredicateExpr, "k", "42804 argument of WHERE must be type boolean, not type integer"},
	} {
		e, err := parse.ParseExpr(c.sql)
		if err != nil {
			t.Fatal(err)
		}
		bound, err := BindColumnExpr(e, table, testOptions(snapshot, c.sql), &int4, c.kind, "c")
		got := ""
		if err != nil {
			p := pgerror.From(err)
			got = string(p.Code) + " " + p.Message
		} else {
			got = fingerprint(bound)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.sql, got, c.want)
		}
	}
}

// TestCoerceTo converts what is bound already.
func TestCoerceTo(t *testing.T) {
	o := testOptions(testSnapshot(t), "")
	one := &expr.Const{Base: expr.Base{Typ: sqltypes.T(sqltypes.Int4OID), At: -1}, Value: sqltypes.Int(1)}
	e, err := CoerceTo(one, sqltypes.Type{OID: sqltypes.VarCharOID, Mod: 7}, catalog.Assignment, o)
	if err != nil || fingerprint(e) != "CoerceTypmod(CoerceIO('1':int4, cast 1):varchar, cast 1):varchar(7)" {
		t.Error(fingerprint(e), err)
	}
	if _, err = CoerceTo(one, sqltypes.T(sqltypes.UUIDOID), catalog.Explicit, o); !pgerror.HasCode(err, pgerror.CannotCoerce) {
		t.Error(err)
	}
}

// TestLevenshtein checks the distance behind spelling hints.
func TestLevenshtein(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"kitten", "sitting", 3}, {"naïve", "naive", 1}, {"ab", "ba", 2}} {
		if got := levenshtein(c.a, c.b); got != c.want {
			t.Errorf("%q %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// FuzzBind looks for statements that bring the binder down, and for trees the walkers cannot walk.
func FuzzBind(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.test")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		for i, c := range readSeeds(f, path) {
			if i%5 == 0 {
				f.Add(c)
			}
		}
	}
	snapshot := testSnapshot(f)
	f.Fuzz(func(t *testing.T, sql string) {
		stmts, err := parse.Parse(sql)
		if err != nil {
			return
		}
		for _, s := range stmts {
			bound, err := Bind(s.Stmt, testOptions(snapshot, sql))
			if err == nil {
				Dump(bound.Query)
			}
		}
	})
}

func BenchmarkBind(b *testing.B) {
	snapshot := testSnapshot(b)
	for _, c := range []struct{ name, sql string }{
		{"point", "SELECT a, b FROM t1 WHERE id = $1"},
		{"insert", "INSERT INTO t1 (id, a, b) VALUES ($1, $2, $3)"},
		{"update", "UPDATE t1 SET a = a + $1 WHERE id = $2"},
		{"join", "SELECT t1.id, sum(t2.x) FROM t1 JOIN t2 ON t2.t1_id = t1.id WHERE t1.a > 5 GROUP BY t1.id ORDER BY 2 DESC LIMIT 10"},
	} {
		stmts, err := parse.Parse(c.sql)
		if err != nil {
			b.Fatal(err)
		}
		o := testOptions(snapshot, c.sql)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Bind(stmts[0].Stmt, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
