package bind

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

var (
	rewrite = flag.Bool("rewrite", false, "write what the tests got into their files")
	oracle  = flag.String("oracle", "", "with -rewrite: the PostgreSQL 16 server that describes the statements")
)

// testCase is a command of a test file: its comment, its input, the expected output.
type testCase struct {
	comment, command, input, output string
	line                            int
}

func readSeeds(t testing.TB, path string) (list []string) {
	for _, c := range readCases(t, path) {
		list = append(list, c.input)
	}
	return list
}

func readCases(t testing.TB, path string) (list []testCase) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	var c testCase
	for i := 0; i < len(lines); i++ {
		switch {
		case lines[i] == "":
		case strings.HasPrefix(lines[i], "#"):
			c.comment += lines[i] + "\n"
		default:
			c.command, c.line = lines[i], i+1
			var input, output []string
			for i++; i < len(lines) && lines[i] != "----"; i++ {
				input = append(input, lines[i])
			}
			for i++; i < len(lines) && lines[i] != ""; i++ {
				output = append(output, lines[i])
			}
			c.input, c.output = strings.Join(input, "\n"), strings.Join(output, "\n")
			list = append(list, c)
			c = testCase{}
		}
	}
	return list
}

func writeCases(t *testing.T, path string, list []testCase) {
	var b strings.Builder
	for i, c := range list {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s%s\n%s\n----\n%s\n", c.comment, c.command, c.input, c.output)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestDescribe compares what a statement's parameters, columns or error are with what PostgreSQL said. A case whose comment says "differs:" is ours.
func TestDescribe(t *testing.T) {
	snapshot := testSnapshot(t)
	var conn *pgconn.PgConn
	if *rewrite && *oracle != "" {
		conn = openOracle(t)
	}
	files, err := filepath.Glob("testdata/describe/*.test")
	if err != nil || len(files) == 0 {
		t.Fatal("no test files", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			list := readCases(t, path)
			for i := range list {
				c := &list[i]
				got := describe(snapshot, c.input)
				if conn != nil && !strings.Contains(c.comment, "differs:") {
					c.output = describeOracle(t, conn, c.input)
				} else if *rewrite {
					c.output = got
				}
				if got != c.output {
					t.Errorf("%s:%d: %s\ngot:\n%s\nwant:\n%s", path, c.line, c.input, got, c.output)
				}
			}
			if *rewrite {
				writeCases(t, path, list)
			}
		})
	}
}

func testOptions(snapshot *catalog.Snapshot, sql string) Options {
	return Options{Snapshot: snapshot, SearchPath: []string{"public"}, SQL: sql, User: catalog.AdminOID, Session: &expr.Session{Format: &sqltypes.Format{}}}
}

// describe is our answer to Parse and Describe.
func describe(snapshot *catalog.Snapshot, sql string) string {
	stmts, err := parse.Parse(sql)
	if err != nil {
		return errorText(err)
	}
	bound, err := Bind(stmts[0].Stmt, testOptions(snapshot, sql))
	if err != nil {
		return errorText(err)
	}
	scope := snapshot.Scope(snapshot.SearchPath([]string{"public"}, ""))
	var lines []string
	if len(bound.ParamTypes) > 0 {
		var names []string
		for _, p := range bound.ParamTypes {
			names = append(names, scope.TypeName(p))
		}
		lines = append(lines, "params: "+strings.Join(names, ", "))
	}
	list := bound.Query.Targets
	if bound.Query.Command != Select {
		list = bound.Query.Returning
	}
	for _, c := range list {
		if c.Hidden {
			continue
		}
		typ := c.Expr.Type() // clients are told what a domain is over
		typ.OID, typ.Mod = snapshot.BaseTypeMod(typ.OID, typ.Mod)
		line := c.Name + " " + scope.FormatColumnType(typ)
		if c.Table != 0 {
			_, name, _ := snapshot.RelationName(c.Table)
			line += fmt.Sprintf(" (%s %d)", name, c.Column)
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return "no columns"
	}
	return strings.Join(lines, "\n")
}

func errorText(err error) string {
	e := pgerror.From(err)
	return formatError(string(e.Code), e.Message, e.Detail, e.Hint, e.Position)
}

func formatError(code, message, detail, hint string, position int) string {
	text := fmt.Sprintf("ERROR %s: %s", code, message)
	if position > 0 {
		text += fmt.Sprintf("\nAT %d", position)
	}
	if detail != "" {
		text += "\nDETAIL: " + detail
	}
	if hint != "" {
		text += "\nHINT: " + hint
	}
	return text
}

// openOracle makes the tables of the tests in the schema public, whose other contents are lost: the server's database is to be one for this alone.
func openOracle(t *testing.T) *pgconn.PgConn {
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, *oracle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(ctx) })
	setup := "DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public; SET TimeZone = 'UTC';\n"
	if _, err := conn.Exec(ctx, setup+ddl()).ReadAll(); err != nil {
		t.Fatal(err)
	}
	return conn
}

func describeOracle(t *testing.T, conn *pgconn.PgConn, sql string) string {
	ctx := context.Background()
	sd, err := conn.Prepare(ctx, "", sql, nil)
	if err != nil {
		var e *pgconn.PgError
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		return formatError(e.Code, e.Message, e.Detail, e.Hint, int(e.Position))
	}
	var lines []string
	if len(sd.ParamOIDs) > 0 {
		var names []string
		for _, p := range sd.ParamOIDs {
			names = append(names, oracleValue(t, conn, fmt.Sprintf("SELECT format_type(%d, NULL)", p)))
		}
		lines = append(lines, "params: "+strings.Join(names, ", "))
	}
	for _, f := range sd.Fields {
		line := f.Name + " " + oracleValue(t, conn, fmt.Sprintf("SELECT format_type(%d, %d)", f.DataTypeOID, f.TypeModifier))
		if f.TableOID != 0 {
			line += fmt.Sprintf(" (%s %d)", oracleValue(t, conn, fmt.Sprintf("SELECT relname FROM pg_class WHERE oid = %d", f.TableOID)), int16(f.TableAttributeNumber))
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return "no columns"
	}
	return strings.Join(lines, "\n")
}

func oracleValue(t *testing.T, conn *pgconn.PgConn, sql string) string {
	results, err := conn.Exec(context.Background(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return string(results[0].Rows[0][0])
}
