package query_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltest"
	"github.com/opendsql/opendsql/query"
	"github.com/opendsql/opendsql/txn"
)

// client is a session with what it answers.
type client struct {
	*query.Session
	t        testing.TB
	database *query.Database
	rec      sqltest.Recorder
}

func open(t testing.TB, l query.Limits) *query.Database {
	t.Helper()
	db, err := txn.OpenMemory(t.Context(), txn.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	d, err := query.OpenDatabase(t.Context(), db, l)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func connect(t testing.TB, d *query.Database) *client {
	t.Helper()
	s, err := d.NewSession(t.Context(), query.Who{User: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &client{Session: s, t: t, database: d}
}

// newClient is a session of a database of its own, with a table t of two rows.
func newClient(t testing.TB) *client {
	t.Helper()
	c := connect(t, open(t, query.Limits{}))
	c.simple("CREATE TABLE t (id int PRIMARY KEY, v text)")
	c.simple("INSERT INTO t VALUES (1, 'one'), (2, 'two')")
	return c
}

// answer gives what was answered since the last call, and the error behind it.
func (c *client) answer(err error) string {
	lines := c.rec.Lines
	if err != nil {
		lines = append(lines, sqltest.ErrorLines(err)...)
	}
	c.rec = sqltest.Recorder{}
	return strings.Join(lines, "; ")
}

func (c *client) simple(sql string) string {
	c.t.Helper()
	return c.answer(c.Simple(c.t.Context(), sql, &c.rec))
}

func (c *client) want(got, want string) {
	c.t.Helper()
	if got != want {
		c.t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTransactionAge(t *testing.T) {
	d := open(t, query.Limits{TransactionAge: 300 * time.Second})
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d.Now = func() time.Time { return now }
	c := connect(t, d)
	c.simple("CREATE TABLE t (id int PRIMARY KEY)")
	const old = "ERROR 54000: transaction age limit of 300s exceeded; DETAIL: Current transaction age 301s exceeds 300s"

	c.simple("BEGIN; INSERT INTO t VALUES (1)")
	now = now.Add(301 * time.Second)
	c.want(c.simple("SELECT 1"), old)
	c.want(c.simple("COMMIT"), "ROLLBACK")

	c.simple("BEGIN; INSERT INTO t VALUES (1)")
	now = now.Add(301 * time.Second)
	c.want(c.simple("COMMIT"), old)
	c.want(c.simple("SELECT count(*) FROM t"), "(count bigint); 0; SELECT 1")

	c.simple("BEGIN READ ONLY; SELECT 1")
	now = now.Add(301 * time.Second)
	c.want(c.simple("COMMIT"), old)

	// The age counts from the first statement.
	c.simple("BEGIN")
	now = now.Add(301 * time.Second)
	c.want(c.simple("INSERT INTO t VALUES (1); COMMIT"), "INSERT 0 1; COMMIT")

	c.simple("BEGIN; INSERT INTO t VALUES (2)")
	now = now.Add(300 * time.Second)
	c.want(c.simple("COMMIT"), "COMMIT")
}

func TestLimitsCanBeRehearsed(t *testing.T) {
	c := connect(t, open(t, query.Limits{TransactionRows: 2, TransactionBytes: 3 << 20}))
	c.simple("CREATE TABLE t (id int PRIMARY KEY, v bytea)")
	c.want(c.simple("INSERT INTO t (id) VALUES (1), (2)"), "INSERT 0 2")
	c.want(c.simple("INSERT INTO t (id) VALUES (3), (4), (5)"), "ERROR 54000: transaction row limit exceeded")
	c.simple("CREATE TABLE u (id int PRIMARY KEY, a text, b text)")
	c.want(c.simple("INSERT INTO u SELECT g, (SELECT string_agg(md5((g * i)::text), '') FROM generate_series(1, 30000) i), "+
		"(SELECT string_agg(md5((g + i)::text), '') FROM generate_series(1, 30000) i) FROM generate_series(1, 2) g"),
		"ERROR 54000: transaction size limit 3mb exceeded; DETAIL: Current transaction size 4mb > 3mb")
}

func TestStatus(t *testing.T) {
	c := newClient(t)
	for _, step := range []struct {
		sql    string
		status byte
	}{{"SELECT 1", 'I'}, {"SELECT 1/0", 'I'}, {"BEGIN", 'T'}, {"SELECT 1", 'T'}, {"SELECT 1/0", 'E'}, {"SELECT 1", 'E'}, {"ROLLBACK", 'I'},
		{"BEGIN; COMMIT", 'I'}, {"BEGIN; selec", 'I'}} {
		c.simple(step.sql)
		if got := c.Status(); got != step.status {
			t.Errorf("after %s: status %c, want %c", step.sql, got, step.status)
		}
	}
	c.want(c.simple(""), "EMPTY")
	c.want(c.simple(" ; -- nothing\n;"), "EMPTY")
	c.want(c.simple("SELECT $1"), "ERROR 42P02: there is no parameter $1 (at 8)")
}

func TestStartUpSettings(t *testing.T) {
	d := open(t, query.Limits{})
	for _, test := range []struct{ name, value, err string }{
		{"application_name", "x", ""},
		{"search_path", "a, b", ""},
		{"TimeZone", "Europe/Berlin", ""},
		{"DateStyle", "German", ""},
		{"extra_float_digits", "2", ""},
		{"client_encoding", "UTF8", ""},
		{"client_encoding", "'utf-8'", ""},
		{"amzn-cluster-id", "abc", ""},
		{"_pq_.option", "abc", ""},
		{"statement_timeout", "1", `FATAL 0A000: setting configuration parameter "statement_timeout" not supported`},
		{"client_min_messages", "warning", `FATAL 0A000: setting configuration parameter "client_min_messages" not supported`},
		{"default_transaction_read_only", "on", `FATAL 0A000: setting configuration parameter "default_transaction_read_only" not supported`},
		{"role", "admin", `FATAL 0A000: setting configuration parameter "role" not supported`},
		{"nope", "1", `FATAL 0A000: setting configuration parameter "nope" not supported`},
		{"TimeZone", "nowhere", `FATAL 22023: invalid value for parameter "TimeZone": "nowhere"`},
		{"client_encoding", "LATIN1", `FATAL 22023: invalid value for parameter "client_encoding": "LATIN1"`},
	} {
		s, err := d.NewSession(t.Context(), query.Who{User: "admin", Settings: map[string]string{test.name: test.value}})
		got := ""
		if err != nil {
			got = strings.Join(sqltest.ErrorLines(err), "; ")
		} else {
			s.Close()
		}
		if got != test.err {
			t.Errorf("%s=%s: %s, want %s", test.name, test.value, got, test.err)
		}
	}
	s, err := d.NewSession(t.Context(), query.Who{User: "admin", Settings: map[string]string{"timezone": "Asia/Tokyo", "application_name": "x"}})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{Session: s, t: t}
	c.simple("SET timezone = 'UTC'; SET application_name = 'y'")
	c.want(c.simple("RESET timezone; SHOW timezone"), "RESET; (TimeZone text); Asia/Tokyo; SHOW")
	c.want(c.simple("RESET ALL; SHOW application_name"), "RESET; (application_name text); x; SHOW")
}

// reporter keeps what the client is told of settings.
type reporter struct {
	sqltest.Recorder
	told []string
}

func (r *reporter) ParameterStatus(name, value string) error {
	r.told = append(r.told, name+"="+value)
	return nil
}

func TestReportedSettings(t *testing.T) {
	c := connect(t, open(t, query.Limits{}))
	names := []string{}
	for _, p := range c.Parameters() {
		names = append(names, p[0])
	}
	slices.Sort(names)
	c.want(strings.Join(names, " "), "DateStyle IntervalStyle TimeZone application_name client_encoding default_transaction_read_only in_hot_standby "+
		"integer_datetimes is_superuser scram_iterations server_encoding server_version session_authorization standard_conforming_strings")
	for _, test := range []struct{ sql, told string }{
		{"SET timezone = 'Asia/Tokyo'", "TimeZone=Asia/Tokyo"},
		{"SET datestyle = 'German'", "DateStyle=German, DMY"},
		{"SET search_path = x", ""},
		{"SET application_name = 'a'", "application_name=a"},
		{"BEGIN; SET application_name = 'b'", "application_name=b"},
		{"ROLLBACK", "application_name=a"},
		{"BEGIN; SET LOCAL application_name = 'c'", "application_name=c"},
		{"COMMIT", "application_name=a"},
		{"BEGIN; SET application_name = 'd'", "application_name=d"},
		{"SELECT 1/0", "application_name=a"},
		{"ROLLBACK", ""},
		{"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "default_transaction_read_only=on"},
	} {
		r := &reporter{}
		_ = c.Simple(t.Context(), test.sql, r)
		c.want(test.sql+": "+strings.Join(r.told, " "), test.sql+": "+test.told)
	}
}

func TestLoginIsAskedAtEveryTransaction(t *testing.T) {
	d := open(t, query.Limits{})
	var refused error
	s, err := d.NewSession(t.Context(), query.Who{User: "admin", Allowed: func() error { return refused }})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{Session: s, t: t}
	c.simple("BEGIN; SELECT 1")
	refused = pgerror.New(pgerror.InvalidAuthorizationSpecification, "unable to accept connection, access denied")
	c.want(c.simple("SELECT 2"), "(?column? integer); 2; SELECT 1")
	c.simple("COMMIT")
	c.want(c.simple("SELECT 3"), "ERROR 28000: unable to accept connection, access denied")
}

func TestCancel(t *testing.T) {
	c := newClient(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := c.Simple(ctx, "SELECT count(*) FROM generate_series(1, 10000000)", &c.rec)
	var e *pgerror.Error
	if !errors.As(err, &e) || e.Code != pgerror.QueryCanceled {
		t.Errorf("got %v", err)
	}
	c.rec = sqltest.Recorder{}
	c.want(c.simple("SELECT 1"), "(?column? integer); 1; SELECT 1")
}
