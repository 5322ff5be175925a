package bind

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// TestCalls compares which functions (of operators, casts, aggregates too) a statement was found to call with those PostgreSQL found. With -rewrite
// and -oracle the statements are those of testdata/describe.
func TestCalls(t *testing.T) {
	snapshot := testSnapshot(t)
	const path = "testdata/calls.test"
	var list []testCase
	if *rewrite && *oracle != "" {
		list = takeCalls(t, snapshot)
		writeCases(t, path, list)
	} else {
		list = readCases(t, path)
	}
	for _, c := range list {
		if got := calls(t, snapshot, c.input); got != c.output {
			t.Errorf("%s:%d: %s\ngot:  %s\nwant: %s", path, c.line, c.input, got, c.output)
		}
	}
}

// callSet are the pg_proc OIDs called anywhere in a statement, views left closed.
type callSet map[oid]bool

func (s callSet) text() string {
	var list []oid
	for o := range s {
		list = append(list, o)
	}
	slices.Sort(list)
	return strings.Trim(fmt.Sprint(list), "[]")
}

func calls(t testing.TB, snapshot *catalog.Snapshot, sql string) string {
	set := callSet{}
	q := bindText(t, snapshot, sql).Query
	eachQuery(q, 0, func(q *Query, _ int) {
		for _, r := range q.Rels {
			if r.View {
				r.Query = &Query{}
			}
		}
		if q.SetOp != nil {
			q.SetOp = nil // PostgreSQL converts their columns when it plans
		}
	})
	walkQuery(q, 0, func(e expr.Expr, _ int) bool {
		set.add(snapshot, e)
		return true
	})
	return set.text()
}

func (s callSet) add(snapshot *catalog.Snapshot, e expr.Expr) {
	switch e := e.(type) {
	case *expr.Func:
		s[e.Proc] = true
	case *expr.Agg:
		s[e.Proc] = true
	case *expr.WindowFunc:
		s[e.Proc] = true
	case *expr.ArrayOp:
		s[e.Proc] = true
	case *expr.DistinctFrom:
		s[e.Proc] = true
	case *expr.NullIf:
		s[e.Proc] = true
	case *expr.CoerceTypmod:
		_, proc := snapshot.TypmodCoercion(e.Typ.OID)
		s[proc] = true
	}
}

var (
	callPattern = regexp.MustCompile(`:(opno|funcid|aggfnoid|winfnoid) (\d+)`)
	needsOther  = regexp.MustCompile(`(?i)json_object ?\(|json_array ?\(|json_objectagg|json_arrayagg|is (not )?json|limit|offset|counter|search (depth|breadth)|cycle |\(1,.*\) <|\(a, ?b\) <|\(a, id\) <`)
)

// takeCalls asks PostgreSQL about the SELECTs of testdata/describe that it can make a view of.
func takeCalls(t *testing.T, snapshot *catalog.Snapshot) (list []testCase) {
	conn := openOracle(t)
	files, err := filepath.Glob("testdata/describe/*.test")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if filepath.Base(path) == "functions.test" { // their OIDs are the server's own
			continue
		}
		for _, c := range readCases(t, path) {
			stmts, err := parse.Parse(c.input)
			if err != nil || strings.Contains(c.output, "ERROR") || strings.Contains(c.output, "params:") || needsOther.MatchString(c.input) {
				continue
			}
			if _, ok := stmts[0].Stmt.(*parse.SelectStmt); !ok || strings.Contains(c.comment, "differs:") {
				continue
			}
			if output, ok := oracleCalls(t, conn, c.input); ok {
				list = append(list, testCase{command: "calls", input: c.input, output: output})
			}
		}
	}
	list[0].comment = "# Which functions each statement calls, by their OIDs in pg_proc.\n"
	return list
}

func oracleCalls(t *testing.T, conn *pgconn.PgConn, sql string) (string, bool) {
	ctx := context.Background()
	if _, err := conn.Exec(ctx, "DROP VIEW IF EXISTS calls_view; CREATE VIEW calls_view AS SELECT 1 AS one FROM ("+sql+") AS q").ReadAll(); err != nil {
		return "", false
	}
	text := oracleValue(t, conn, "SELECT ev_action::text FROM pg_rewrite WHERE ev_class = 'calls_view'::regclass")
	set := callSet{}
	for _, m := range callPattern.FindAllStringSubmatch(text, -1) {
		if m[1] == "opno" {
			m[2] = oracleValue(t, conn, "SELECT oprcode::oid FROM pg_operator WHERE oid = "+m[2])
		}
		n, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		set[oid(n)] = true
	}
	return set.text(), true
}
