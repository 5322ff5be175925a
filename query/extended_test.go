package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltest"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
)

// failed ends a message as the protocol does: an error makes the session skip to Sync.
func (c *client) failed(err error) string {
	if err != nil {
		c.Failed()
	}
	return c.answer(err)
}

func (c *client) parse(name, sql string, types ...sqltypes.OID) string {
	return c.failed(c.Parse(c.t.Context(), name, sql, types, &c.rec))
}

// bind binds text parameters; "NULL" is NULL.
func (c *client) bind(portal, statement string, params ...string) string {
	b := query.Bind{Portal: portal, Statement: statement}
	for _, p := range params {
		v := []byte(p)
		if p == "NULL" {
			v = nil
		}
		b.Params = append(b.Params, v)
	}
	return c.failed(c.Bind(c.t.Context(), &b))
}

func (c *client) execute(portal string, rows int) string {
	return c.failed(c.Execute(c.t.Context(), portal, rows, &c.rec))
}

func (c *client) sync() string { return c.failed(c.Sync(c.t.Context(), &c.rec)) }

// once parses, binds and executes with unnamed statement and portal.
func (c *client) once(sql string, params ...string) string {
	c.t.Helper()
	for _, got := range []string{c.parse("", sql), c.bind("", "", params...)} {
		if got != "" {
			return got
		}
	}
	got := c.execute("", 0)
	if end := c.sync(); end != "" {
		got += "; SYNC " + end
	}
	return got
}

func TestExtended(t *testing.T) {
	c := newClient(t)
	c.want(c.once("SELECT * FROM t WHERE id = $1", "2"), "(id integer, v text); 2 | two; SELECT 1")
	c.want(c.once("INSERT INTO t VALUES ($1, $2) RETURNING id", "3", "NULL"), "(id integer); 3; INSERT 0 1")
	c.want(c.once("UPDATE t SET v = $2 WHERE id = $1", "3", "drei"), "(); UPDATE 1")
	c.want(c.once("SELECT count(*) FROM t WHERE v = ANY($1)", "{one,drei}"), "(count bigint); 2; SELECT 1")
	c.want(c.once(""), "EMPTY")
	c.want(c.once("BEGIN"), "BEGIN")
	c.want(c.once("COMMIT"), "COMMIT")
	c.want(c.once("SHOW timezone"), "(TimeZone text); UTC; SHOW")
	c.want(c.once("CREATE TABLE u (a int)"), "(); CREATE TABLE")
	c.want(c.once("SELECT 1; SELECT 2"), "ERROR 42601: cannot insert multiple commands into a prepared statement")
	c.want(c.once("SELECT 'x'::int"), `ERROR 22P02: invalid input syntax for type integer: "x" (at 8)`)
	c.want(c.once("SELECT $1::int", "x"), `ERROR 22P02: invalid input syntax for type integer: "x"`)
}

func TestStatementAndPortalNames(t *testing.T) {
	c := newClient(t)
	c.want(c.parse("s", "SELECT $1::int"), "")
	c.want(c.parse("s", "SELECT 1"), `ERROR 42P05: prepared statement "s" already exists`)
	c.want(c.parse("", "SELECT 1"), "")
	c.want(c.parse("", "SELECT 2"), "")
	c.want(c.bind("", "nope"), `ERROR 26000: prepared statement "nope" does not exist`)
	c.want(c.bind("", "s"), `ERROR 08P01: bind message supplies 0 parameters, but prepared statement "s" requires 1`)
	c.want(c.bind("", "", "1"), `ERROR 08P01: bind message supplies 1 parameters, but prepared statement "" requires 0`)
	c.want(c.bind("p", "s", "1"), "")
	c.want(c.bind("p", "s", "1"), `ERROR 42P03: cursor "p" already exists`)
	c.sync()
	c.want(c.execute("nope", 0), `ERROR 34000: portal "nope" does not exist`)
	c.want(c.bind("p", "s", "5"), "")
	c.want(c.execute("p", 0), "(int4 integer); 5; SELECT 1")
	c.sync()
	c.want(c.execute("p", 0), `ERROR 34000: portal "p" does not exist`)
	c.CloseStatement("s")
	c.want(c.bind("", "s"), `ERROR 26000: prepared statement "s" does not exist`)
	c.simple("SELECT 1")
	c.want(c.bind("", ""), `ERROR 26000: unnamed prepared statement does not exist`)
	c.parse("s", "SELECT 1")
	c.want(c.simple("DEALLOCATE ALL"), "DEALLOCATE ALL")
	c.want(c.bind("", "s"), `ERROR 26000: prepared statement "s" does not exist`)
	if _, _, _, err := c.DescribeStatement(t.Context(), "s"); err == nil {
		t.Error("a statement that is gone is described")
	}
	if _, _, err := c.DescribePortal(t.Context(), "p"); err == nil {
		t.Error("a portal that is gone is described")
	}
}

func TestRowLimits(t *testing.T) {
	c := newClient(t)
	c.parse("", "SELECT g FROM generate_series(1, 5) g")
	c.bind("", "")
	const head = "(g integer); "
	c.want(c.execute("", 2), head+"1; 2; SUSPENDED")
	c.want(c.execute("", 2), head+"3; 4; SUSPENDED")
	c.want(c.execute("", 2), head+"5; SELECT 1")
	c.want(c.execute("", 2), head+"SELECT 0")
	c.sync()
	// A limit that is met exactly leaves the portal suspended; so PostgreSQL does.
	c.parse("", "SELECT g FROM generate_series(1, 2) g")
	c.bind("", "")
	c.want(c.execute("", 2), head+"1; 2; SUSPENDED")
	c.want(c.execute("", 2), head+"SELECT 0")
	c.sync()
	// Two portals of one statement go on side by side, and end with the transaction.
	c.simple("BEGIN")
	c.parse("s", "SELECT g FROM generate_series(1, 3) g")
	c.bind("a", "s")
	c.bind("b", "s")
	c.want(c.execute("a", 1), head+"1; SUSPENDED")
	c.want(c.execute("b", 2), head+"1; 2; SUSPENDED")
	c.sync()
	c.want(c.execute("a", 0), head+"2; 3; SELECT 2")
	c.ClosePortal("b")
	c.want(c.execute("b", 0), `ERROR 34000: portal "b" does not exist`)
	c.sync()
	c.simple("ROLLBACK")
	// What a suspended portal has not reached yet is read from its own snapshot.
	c.simple("BEGIN")
	c.parse("", "SELECT id FROM t ORDER BY id")
	c.bind("p", "")
	c.want(c.execute("p", 1), "(id integer); 1; SUSPENDED")
	c.want(c.execute("p", 1), "(id integer); 2; SUSPENDED")
	c.want(c.execute("p", 1), "(id integer); SELECT 0")
	c.simple("COMMIT")
}

func TestPipeline(t *testing.T) {
	c := newClient(t)
	// What comes before Sync is one transaction.
	c.parse("i", "INSERT INTO t VALUES ($1, 'x')")
	c.bind("", "i", "10")
	c.want(c.execute("", 0), "(); INSERT 0 1")
	c.bind("", "i", "11")
	c.want(c.execute("", 0), "(); INSERT 0 1")
	c.bind("", "i", "10")
	c.want(c.execute("", 0), `(); ERROR 23505: duplicate key value violates unique constraint "t_pkey"; DETAIL: Key (id)=(10) already exists.`)
	c.sync()
	c.want(c.simple("SELECT count(*) FROM t WHERE id >= 10"), "(count bigint); 0; SELECT 1")
	c.bind("", "i", "10")
	c.execute("", 0)
	c.bind("", "i", "11")
	c.execute("", 0)
	c.sync()
	c.want(c.simple("SELECT count(*) FROM t WHERE id >= 10"), "(count bigint); 2; SELECT 1")
	// An error in a block leaves it failed over Sync.
	c.simple("BEGIN")
	c.want(c.parse("", "SELECT nope"), `ERROR 42703: column "nope" does not exist (at 8)`)
	c.sync()
	if c.Status() != 'E' {
		t.Errorf("status %c", c.Status())
	}
	const aborted = "ERROR 25P02: current transaction is aborted, commands ignored until end of transaction block"
	c.want(c.parse("", "SELECT 1"), aborted)
	c.want(c.bind("", "i", "12"), aborted)
	c.sync()
	c.want(c.once("COMMIT"), "ROLLBACK")
	c.want(c.once("SELECT 1"), "(?column? integer); 1; SELECT 1")
	// A conflict is told by Sync, where the transaction ends.
	d := connect(t, c.database)
	c.bind("", "i", "20")
	c.execute("", 0)
	d.simple("INSERT INTO t VALUES (20, 'y')")
	c.want(c.sync(), "ERROR 40001: change conflicts with another transaction, please retry: (OC000)")
	c.want(c.once("SELECT v FROM t WHERE id = 20"), "(v text); y; SELECT 1")
}

func TestDescribe(t *testing.T) {
	c := newClient(t)
	for _, test := range []struct{ sql, params, cols string }{
		{"SELECT id, v, id + 1 FROM t", "", "id integer 1, v text 2, ?column? integer 0"},
		{"SELECT $1", "text", "?column? text 0"},
		{"SELECT $1 + 1, $2 || 'x'", "integer text", "?column? integer 0, ?column? text 0"},
		{"SELECT * FROM t WHERE id = $1 AND v LIKE $2", "integer text", "id integer 1, v text 2"},
		{"INSERT INTO t VALUES ($1, $2)", "integer text", "none"},
		{"INSERT INTO t VALUES ($2, $1) RETURNING v", "text integer", "v text 2"},
		{"UPDATE t SET v = $1 WHERE id IN ($2, $3)", "text integer integer", "none"},
		{"SELECT $1::date, $2::numeric(5,2), now() - $3::interval", "date numeric interval",
			"date date 0, numeric numeric 0, ?column? timestamp with time zone 0"},
		{"SELECT CASE WHEN $1 THEN $2 ELSE 1.5 END", "boolean numeric", "case numeric 0"},
		{"SELECT * FROM generate_series($1::int, $2) LIMIT $3", "integer integer bigint", "generate_series integer 0"},
		{"SELECT ARRAY[$1, 2], $2 = ANY($3::text[])", "integer text text[]", "array integer[] 0, ?column? boolean 0"},
		{"SHOW timezone", "", "TimeZone text 0"},
		{"EXPLAIN SELECT 1", "", "QUERY PLAN text 0"},
		{"CREATE TABLE x (a int)", "", "none"},
		{"BEGIN", "", "none"},
		{"SELECT", "", ""},
	} {
		if got := c.parse("", test.sql); got != "" {
			t.Errorf("%s: %s", test.sql, got)
			continue
		}
		params, cols, rows, err := c.DescribeStatement(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if got := describeTypes(params); got != test.params {
			t.Errorf("%s: parameters %s, want %s", test.sql, got, test.params)
		}
		got := "none"
		if rows {
			var list []string
			for _, col := range cols {
				list = append(list, fmt.Sprintf("%s %s %d", col.Name, sqltypes.TypeName(sqltypes.T(col.Type.OID)), col.Attr))
			}
			got = strings.Join(list, ", ")
		}
		if got != test.cols {
			t.Errorf("%s: columns %s, want %s", test.sql, got, test.cols)
		}
	}
	// Types that Parse names are taken; those it leaves open are found.
	c.parse("", "SELECT $1, $2", sqltypes.Int8OID, 0)
	params, _, _, err := c.DescribeStatement(t.Context(), "")
	if err != nil || describeTypes(params) != "bigint text" {
		t.Errorf("%s, %v", describeTypes(params), err)
	}
	c.want(c.parse("", "SELECT $2"), "ERROR 42P18: could not determine data type of parameter $1")
	c.want(c.parse("", "SELECT $1 IS NULL"), "ERROR 42P18: could not determine data type of parameter $1")
	c.want(c.parse("", "SELECT $0"), "ERROR 42P02: there is no parameter $0 (at 8)")
}

func describeTypes(list []sqltypes.OID) string {
	var names []string
	for _, t := range list {
		names = append(names, sqltypes.TypeName(sqltypes.T(t)))
	}
	return strings.Join(names, " ")
}

func TestPreparedAcrossDDL(t *testing.T) {
	c := newClient(t)
	c.parse("star", "SELECT * FROM t WHERE id = $1")
	c.parse("v", "SELECT v FROM t WHERE id = $1")
	run := func(name string) string {
		if got := c.bind("", name, "1"); got != "" {
			c.sync()
			return got
		}
		got := c.execute("", 0)
		c.sync()
		return got
	}
	c.want(run("star"), "(id integer, v text); 1 | one; SELECT 1")
	c.simple("DROP TABLE t")
	c.want(run("v"), `ERROR 42P01: relation "t" does not exist (at 15)`)
	c.simple("CREATE TABLE t (n int, v text, id int PRIMARY KEY)")
	c.simple("INSERT INTO t VALUES (7, 'sieben', 1)")
	c.want(run("v"), "(v text); sieben; SELECT 1")
	c.want(run("star"), "ERROR 0A000: cached plan must not change result type")
	c.simple("CREATE SCHEMA s")
	c.simple("CREATE TABLE s.t (id int PRIMARY KEY, v text)")
	c.simple("INSERT INTO s.t VALUES (1, 'other')")
	c.simple("SET search_path = s")
	c.want(run("v"), "(v text); other; SELECT 1")
	c.simple("RESET search_path")
	c.want(run("v"), "(v text); sieben; SELECT 1")
}

func TestMessageErrors(t *testing.T) {
	c := newClient(t)
	ctx := t.Context()
	c.parse("s", "SELECT $1::int, $2::text")
	for _, test := range []struct {
		b    query.Bind
		want string
	}{
		{query.Bind{Statement: "s", Params: [][]byte{nil, nil}, ParamFormats: []int16{0, 0, 0}},
			"ERROR 08P01: bind message has 3 parameter formats but 2 parameters"},
		{query.Bind{Statement: "s", Params: [][]byte{nil, nil}, ResultFormats: []int16{0, 0, 0}},
			"ERROR 08P01: bind message has 3 result formats but query has 2 columns"},
		{query.Bind{Statement: "s", Params: [][]byte{[]byte("1"), nil}, ParamFormats: []int16{2}}, "ERROR 22023: unsupported format code: 2"},
		{query.Bind{Statement: "s", Params: [][]byte{nil, nil}, ResultFormats: []int16{3}}, "ERROR 22023: unsupported format code: 3"},
		{query.Bind{Statement: "s", Params: [][]byte{{1, 2}, nil}, ParamFormats: []int16{1}},
			"ERROR 08P01: insufficient data left in message"},
		{query.Bind{Statement: "s", Params: [][]byte{{0, 0, 0, 1, 2}, nil}, ParamFormats: []int16{1}},
			"ERROR 22P03: incorrect binary data format in bind parameter 1"},
		{query.Bind{Statement: "s", Params: [][]byte{nil, {0xFF}}}, `ERROR 22021: invalid byte sequence for encoding "UTF8": 0xff`},
		{query.Bind{Statement: "s", Params: [][]byte{nil, {'a', 0}}}, `ERROR 22021: invalid byte sequence for encoding "UTF8": 0x00`},
		{query.Bind{Statement: "s", Params: [][]byte{[]byte("99999999999"), nil}},
			`ERROR 22003: value "99999999999" is out of range for type integer`},
	} {
		err := c.Bind(ctx, &test.b)
		c.want(c.failed(err), test.want)
		c.sync()
	}
	var rec sqltest.Recorder
	_ = c.Bind(ctx, &query.Bind{Statement: "s", Params: [][]byte{{0, 0, 0, 7}, []byte("x")}, ParamFormats: []int16{1}})
	if err := c.Execute(ctx, "", 0, &rec); err != nil || strings.Join(rec.Lines, "; ") != "(int4 integer, text text); 7 | x; SELECT 1" {
		t.Errorf("%v %v", rec.Lines, err)
	}
}

// What a client is told of a statement's text and types, it is told when the statement is parsed, and not again when it runs.
func TestNoticesOfParse(t *testing.T) {
	c := newClient(t)
	long := strings.Repeat("a", 64)
	want := "NOTICE: identifier \"" + long + "\" will be truncated to \"" + long[:63] + "\"; WARNING: TIMESTAMP(7) precision reduced to maximum allowed, 6"
	c.want(c.parse("s", "SELECT NULL::timestamp(7) AS "+long), want)
	c.want(c.bind("", "s"), "")
	c.want(c.execute("", 0), "("+long[:63]+" timestamp without time zone); NULL; SELECT 1")
}

// TestParametersAreComputedAtBind shows that what depends on parameters alone fails the first executions of a statement even when there is no row, as
// PostgreSQL plans these with the values.
func TestParametersAreComputedAtBind(t *testing.T) {
	c := newClient(t)
	const zero = "ERROR 22012: division by zero"
	for _, test := range []struct{ sql, want string }{
		{"SELECT 10/$1 FROM t WHERE id = 9", zero},
		{"SELECT CASE WHEN $1 = 0 THEN 1 ELSE 10/$1 END FROM t WHERE id = 9", "(case integer); SELECT 0"},
		{"SELECT 1 FROM t WHERE $1 <> 0 AND id = 10/$1", "(?column? integer); SELECT 0"},
		{"SELECT 1 FROM t WHERE id = 10/$1 AND $1 <> 0", zero},
		{"SELECT id/$1 FROM t WHERE id = 9", "(?column? integer); SELECT 0"},
		{"SELECT (SELECT 10/$1 FROM t WHERE id = 9)", zero},
		{"SELECT sum(10/$1) FROM t WHERE id = 9", zero},
		{"SELECT 1 FROM t WHERE id = ANY (ARRAY[9, 10/$1])", zero},
		{"SELECT coalesce(1, 10/$1)", "(coalesce integer); 1; SELECT 1"},
		{"INSERT INTO t SELECT 10/$1 WHERE false", zero},
	} {
		if got := c.once(test.sql, "0"); got != test.want {
			t.Errorf("%s: %s, want %s", test.sql, got, test.want)
		}
	}
	c.want(c.parse("s", "SELECT 10/$1 FROM t WHERE id = 9"), "")
	for range 5 {
		c.want(c.bind("", "s", "1"), "")
	}
	c.want(c.bind("", "s", "0"), "")
	c.want(c.execute("", 0), "(?column? integer); SELECT 0")
}

// An execution that met records of unlike types does not spoil the next one of the same statement.
func TestUnlikeRecordsOnce(t *testing.T) {
	c := newClient(t)
	c.want(c.parse("s", "SELECT r FROM (SELECT CASE WHEN g < $1 THEN row(g) ELSE row(g::text) END AS r FROM generate_series(1, 3) g) x ORDER BY r"), "")
	const unlike = "(r record); ERROR 42804: cannot compare dissimilar column types integer and text at record column 1"
	for i := range 8 {
		limit, want := "9", "(r record); (1); (2); (3); SELECT 3"
		if i%2 == 0 {
			limit, want = "2", unlike
		}
		c.want(c.bind("", "s", limit), "")
		c.want(c.execute("", 0), want)
		c.want(c.sync(), "")
	}
}
