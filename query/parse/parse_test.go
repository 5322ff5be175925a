package parse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// parseOne parses a text that holds one statement.
func parseOne(t *testing.T, sql string) Statement {
	t.Helper()
	stmts, err := Parse(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if len(stmts) != 1 {
		t.Fatalf("%s: %d statements", sql, len(stmts))
	}
	return stmts[0].Stmt
}

// The service's own statements, and the words they reserve.
func TestServiceSyntax(t *testing.T) {
	index := parseOne(t, "CREATE UNIQUE INDEX ASYNC IF NOT EXISTS i ON s.t (a DESC) INCLUDE (b) NULLS NOT DISTINCT").(*IndexStmt)
	if !index.Async || !index.Unique || !index.IfNotExists || index.Concurrent || index.Name != "i" {
		t.Errorf("index: %+v", index)
	}
	if index := parseOne(t, "CREATE INDEX ASYNC ON t (a)").(*IndexStmt); !index.Async || index.Name != "" {
		t.Errorf("unnamed index: %+v", index)
	}
	table := parseOne(t, "ALTER TABLE ASYNC IF EXISTS t VALIDATE CONSTRAINT c").(*AlterTableStmt)
	if !table.Async || !table.MissingOK || table.Cmds[0].Kind != AlterValidateConstraint || table.Cmds[0].Name != "c" {
		t.Errorf("alter table: %+v", table)
	}
	grant := parseOne(t, "AWS IAM GRANT bob TO 'arn:aws:iam::1:role/x'").(*AwsIamGrantStmt)
	if !grant.IsGrant || grant.Role.Name != "bob" || grant.ARN != "arn:aws:iam::1:role/x" || grant.ARNLoc != 21 {
		t.Errorf("grant: %+v", grant)
	}
	if revoke := parseOne(t, "aws iam revoke bob from 'x'").(*AwsIamGrantStmt); revoke.IsGrant {
		t.Errorf("revoke: %+v", revoke)
	}
	for _, sql := range []string{"SELECT 1 async", `SELECT "async" FROM t`, "SELECT 1 AS async", "SELECT aws, iam FROM aws.iam"} {
		parseOne(t, sql)
		checkRoundTrip(t, sql)
	}
	for _, sql := range []string{"CREATE INDEX ASYNC i ON t (a)", "ALTER TABLE ASYNC t VALIDATE CONSTRAINT c", "AWS IAM REVOKE bob FROM 'x'"} {
		checkRoundTrip(t, sql)
	}
}

func TestServiceSyntaxErrors(t *testing.T) {
	cases := []struct{ sql, want string }{
		{"CREATE INDEX ASYNC s.i ON t (a)", `42601 "syntax error at or near \".\"" at 21`},
		{"CREATE INDEX ASYNC CONCURRENTLY i ON t (a)", `42601 "syntax error at or near \"CONCURRENTLY\"" at 20`},
		{"SELECT async", `42601 "syntax error at or near \"async\"" at 8`},
		{"CREATE TABLE async (a int)", `42601 "syntax error at or near \"async\"" at 14`},
		{"ALTER TABLE ASYNC t ADD a int", `42601 "syntax error at or near \"ADD\"" at 21`},
		{"AWS GRANT bob TO 'x'", `42601 "syntax error at or near \"GRANT\"" at 5`},
		{"AWS IAM GRANT bob FROM 'x'", `42601 "syntax error at or near \"FROM\"" at 19`},
		{"AWS IAM GRANT bob TO x", `42601 "syntax error at or near \"x\"" at 22`},
		{"SELECT * FROM é WHERE x = = 1", `42601 "syntax error at or near \"=\"" at 27`},
	}
	for _, c := range cases {
		_, err := Parse(c.sql)
		if got := verdictText(err); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.sql, got, c.want)
		}
	}
}

func TestStatementRanges(t *testing.T) {
	sql := " SELECT 1 ;; -- x\nBEGIN;SELECT ';' ; "
	stmts, err := Parse(sql)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range stmts {
		got = append(got, sql[s.Start:s.End])
	}
	if want := "SELECT 1 |BEGIN|SELECT ';' "; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", strings.Join(got, "|"), want)
	}
}

// Positions are where PostgreSQL's cursor would be for an error about a node.
func TestPositions(t *testing.T) {
	sel := parseOne(t, "SELECT a + f(b), c::int FROM s.t WHERE x IN (1) AND y LIKE 'z'").(*SelectStmt)
	sum := sel.Targets[0].Value.(*OpExpr)
	cast := sel.Targets[1].Value.(*TypeCast)
	where := sel.Where.(*BoolExpr)
	cases := []struct {
		what string
		node Node
		want int
	}{
		{"operator", sum, 9}, {"column", sum.Left, 7}, {"call", sum.Right, 11}, {"cast", cast, 18}, {"type", cast.Type, 20},
		{"relation", sel.From[0], 29}, {"AND", where, 48}, {"IN", where.Args[0], 41}, {"LIKE", where.Args[1], 54},
	}
	for _, c := range cases {
		if got := c.node.Pos(); got != c.want {
			t.Errorf("%s at %d, want %d", c.what, got, c.want)
		}
	}
	if got := ExprLocation(sum); got != 7 {
		t.Errorf("sum starts at %d, want 7", got)
	}
}

// No text may exhaust the stack, here or in a later walk over the tree.
func TestDepthIsBounded(t *testing.T) {
	const n = 20_000
	deep := []string{
		"SELECT " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n),
		"SELECT " + strings.Repeat("- ", n) + "a",
		"SELECT " + strings.Repeat("NOT ", n) + "a",
		"SELECT a" + strings.Repeat(" + a", n),
		"SELECT a" + strings.Repeat("::int", n),
		"SELECT " + strings.Repeat("(SELECT ", n) + "1" + strings.Repeat(")", n),
		"SELECT 1" + strings.Repeat(" UNION SELECT 1", n),
		"SELECT ARRAY" + strings.Repeat("[", n) + strings.Repeat("]", n),
		"SELECT * FROM " + strings.Repeat("(", n) + "a",
		"SELECT * FROM a" + strings.Repeat(" CROSS JOIN a", n),
		"SELECT " + strings.Repeat("f(", n) + strings.Repeat(")", n),
		"SELECT a::" + strings.Repeat("x(1::", n),
		"SELECT " + strings.Repeat("CASE WHEN ", n),
	}
	for _, sql := range deep {
		if _, err := Parse(sql); !pgerror.HasCode(err, pgerror.StatementTooComplex) {
			t.Errorf("%.40s…: %v", sql, err)
		}
	}
	wide := []string{
		"SELECT a" + strings.Repeat(" AND a", n),
		"SELECT 1" + strings.Repeat(", 1", n),
		"SELECT a IN (1" + strings.Repeat(", 1", n) + ")",
		"INSERT INTO t VALUES (1 + 1)" + strings.Repeat(", (1 + 1)", n),
	}
	for _, sql := range wide {
		if _, err := Parse(sql); err != nil {
			t.Errorf("%.40s…: %v", sql, err)
		}
	}
}

func TestParseExprAndTypeName(t *testing.T) {
	e, err := ParseExpr("lower(a) || 'x'")
	if err != nil || Deparse(e) != "lower(a) || 'x'" {
		t.Errorf("%v, %v", e, err)
	}
	if _, err := ParseExpr("a b"); verdictText(err) != `42601 "syntax error at or near \"b\"" at 3` {
		t.Error(err)
	}
	ty, err := ParseTypeName("timestamp(3) with time zone[]")
	if err != nil || fmt.Sprint(ty.Names, ty.ArrayBounds) != "[pg_catalog timestamptz] [-1]" {
		t.Errorf("%v, %v", ty, err)
	}
	if _, err := ParseTypeName("int)"); err == nil {
		t.Error("no error")
	}
}

func TestConstants(t *testing.T) {
	cases := []struct{ sql, want string }{
		{"2147483648", "*parse.IntegerConst 2147483648"},
		{"-2147483648", "*parse.IntegerConst -2147483648"},
		{"-9223372036854775808", "*parse.IntegerConst -9223372036854775808"},
		{"- -9223372036854775808", "*parse.FloatConst 9223372036854775808"},
		{"9223372036854775808", "*parse.FloatConst 9223372036854775808"},
		{"0x7f", "*parse.IntegerConst 127"},
		{"1_000", "*parse.IntegerConst 1000"},
		{"1_000.5", "*parse.FloatConst 1_000.5"},
		{"0x8000000000000000", "*parse.FloatConst 0x8000000000000000"},
	}
	for _, c := range cases {
		e, err := ParseExpr(c.sql)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		switch x := e.(type) {
		case *IntegerConst:
			got = fmt.Sprintf("%T %d", x, x.Value)
		case *FloatConst:
			got = fmt.Sprintf("%T %s", x, x.Text)
		}
		if got != c.want {
			t.Errorf("%s is %s, want %s", c.sql, got, c.want)
		}
	}
}

func TestQuoteIdent(t *testing.T) {
	for in, want := range map[string]string{
		"a": "a", "a1_": "a1_", "A": `"A"`, "select": `"select"`, "name": "name", "time": `"time"`,
		`x"y`: `"x""y"`, "1a": `"1a"`, "": `""`, "é": `"é"`, "async": `"async"`, "a b": `"a b"`, "left": `"left"`,
	} {
		if got := QuoteIdent(in); got != want {
			t.Errorf("%q is written %s, want %s", in, got, want)
		}
	}
}
