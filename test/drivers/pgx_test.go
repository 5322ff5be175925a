package drivers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/opendsql/opendsql/test/server"
)

// state is the SQLSTATE of an error of the server.
func state(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

// CopyFrom sends the binary format; what is wrong with a row undoes all of them.
func TestCopyFrom(t *testing.T) {
	t.Parallel()
	conn := server.Dial(t, server.Run(t, program).AdminConfig(t))
	must(t, conn, "CREATE TABLE item (id bigint PRIMARY KEY, name text, price numeric(12,2), at timestamptz, tags jsonb)")
	columns := []string{"id", "name", "price", "at", "tags"}
	row := func(i int) []any {
		return []any{i, fmt.Sprintf("☃ %d", i), fmt.Sprintf("%d.25", i), time.Unix(int64(i), 1000).UTC(), map[string]any{"n": i}}
	}
	rows := func(ids ...int) pgx.CopyFromSource {
		return pgx.CopyFromSlice(len(ids), func(i int) ([]any, error) { return row(ids[i]), nil })
	}
	ids := make([]int, 2000)
	for i := range ids {
		ids[i] = i + 1
	}
	if n, err := conn.CopyFrom(t.Context(), pgx.Identifier{"item"}, columns, rows(ids...)); n != 2000 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := conn.CopyFrom(t.Context(), pgx.Identifier{"public", "item"}, columns, rows(3000, 7)); state(err) != "23505" {
		t.Errorf("copy of a duplicate: %v", err)
	}
	failing := pgx.CopyFromFunc(func() ([]any, error) { return nil, errors.New("source fails") })
	if _, err := conn.CopyFrom(t.Context(), pgx.Identifier{"item"}, columns, failing); err == nil {
		t.Error("copy went on after its source failed")
	}
	var count int
	var price string
	if err := conn.QueryRow(t.Context(), "SELECT count(*), sum(price)::text FROM item").Scan(&count, &price); err != nil || count != 2000 || price != "2001500.00" {
		t.Error(count, price, err)
	}
	var out strings.Builder
	if tag, err := conn.PgConn().CopyTo(t.Context(), &out, "COPY (SELECT id, name FROM item WHERE id <= 2 ORDER BY id) TO STDOUT"); err != nil ||
		tag.RowsAffected() != 2 || out.String() != "1\t☃ 1\n2\t☃ 2\n" {
		t.Error(tag, out.String(), err)
	}
}

// A batch is one implicit transaction: an error in its middle undoes what came before and skips what comes behind.
func TestBatch(t *testing.T) {
	t.Parallel()
	p := server.Run(t, program)
	for mode, m := range modes {
		t.Run(mode, func(t *testing.T) {
			c := p.AdminConfig(t)
			c.DefaultQueryExecMode = m
			conn := server.Dial(t, c)
			must(t, conn, "DROP TABLE IF EXISTS item", "CREATE TABLE item (id int PRIMARY KEY, v int)")
			send := func(b *pgx.Batch, want ...string) {
				t.Helper()
				r := conn.SendBatch(t.Context(), b)
				for i, w := range want {
					tag, err := r.Exec()
					got := tag.String()
					if err != nil {
						got = state(err)
					}
					if got != w {
						t.Errorf("answer %d: got %s, want %s", i, got, w)
					}
				}
				_ = r.Close()
			}
			b := &pgx.Batch{}
			b.Queue("INSERT INTO item VALUES ($1, $2)", 1, 10)
			b.Queue("SELECT v FROM item WHERE id = $1", 1)
			b.Queue("UPDATE item SET v = v + $1", 5)
			send(b, "INSERT 0 1", "SELECT 1", "UPDATE 1")
			b = &pgx.Batch{}
			b.Queue("INSERT INTO item VALUES ($1, $2)", 2, 20)
			b.Queue("SELECT 1 / $1::int", 0)
			b.Queue("INSERT INTO item VALUES ($1, $2)", 3, 30)
			send(b, "INSERT 0 1", "22012")
			tx, err := conn.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			b = &pgx.Batch{}
			b.Queue("INSERT INTO item VALUES ($1, $2)", 4, 40)
			b.Queue("DELETE FROM item WHERE id = $1", 1)
			r := tx.SendBatch(t.Context(), b)
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if tx, err = conn.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
			b = &pgx.Batch{}
			b.Queue("INSERT INTO item VALUES ($1, $2)", 5, 50)
			b.Queue("INSERT INTO item VALUES ($1, $2)", 5, 50)
			if err := tx.SendBatch(t.Context(), b).Close(); state(err) != "23505" {
				t.Errorf("duplicate in a block: %v", err)
			}
			if _, err := tx.Exec(t.Context(), "SELECT 1"); state(err) != "25P02" {
				t.Errorf("after it: %v", err)
			}
			if err := tx.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			var ids string
			if err := conn.QueryRow(t.Context(), "SELECT string_agg(id::text || ':' || v, ' ' ORDER BY id) FROM item").Scan(&ids); err != nil || ids != "4:40" {
				t.Errorf("left are %q, %v", ids, err)
			}
		})
	}
}

// A pipeline of several Syncs goes on behind each of them.
func TestPipeline(t *testing.T) {
	t.Parallel()
	conn := server.Dial(t, server.Run(t, program).AdminConfig(t))
	p := conn.PgConn().StartPipeline(t.Context())
	query := func(sql string) { p.SendQueryParams(sql, nil, nil, nil, nil) }
	query("SELECT 1")
	query("SELECT nowhere")
	query("SELECT 2")
	if err := p.Sync(); err != nil {
		t.Fatal(err)
	}
	query("SELECT 3")
	if err := p.Sync(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for len(got) < 5 {
		r, err := p.GetResults()
		switch r := r.(type) {
		case *pgconn.ResultReader:
			x := r.Read()
			if x.Err != nil {
				got = append(got, state(x.Err))
			} else {
				got = append(got, string(x.Rows[0][0]))
			}
		case *pgconn.PipelineSync:
			got = append(got, "sync")
		default:
			got = append(got, state(err))
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if s := strings.Join(got, " "); s != "1 42703 sync 3 sync" {
		t.Errorf("got %s", s)
	}
}

// A statement that runs is interrupted by a cancel request, and the connection goes on.
func TestCancel(t *testing.T) {
	t.Parallel()
	conn := server.Dial(t, server.Run(t, program).AdminConfig(t))
	done := make(chan error, 1)
	go func() {
		_, err := conn.PgConn().Exec(context.Background(), "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b").ReadAll()
		done <- err
	}()
	for i := 0; ; i++ {
		if err := conn.PgConn().CancelRequest(t.Context()); err != nil && i == 0 {
			t.Error(err)
		}
		select {
		case err := <-done:
			if state(err) != "57014" {
				t.Errorf("got %v", err)
			}
			must(t, conn, "SELECT 1")
			return
		case <-time.After(50 * time.Millisecond): // a request that came before the statement reached nothing
		}
	}
}

// Statements prepared before others change the schema still run, and say so when their result would be another.
func TestPreparedAcrossChanges(t *testing.T) {
	t.Parallel()
	p := server.Run(t, program)
	conn, other := server.Dial(t, p.AdminConfig(t)), server.Dial(t, p.AdminConfig(t))
	must(t, other, "CREATE TABLE item (id int PRIMARY KEY, v int)", "INSERT INTO item VALUES (1, 10)")
	if _, err := conn.Prepare(t.Context(), "named", "SELECT v FROM item WHERE id = $1"); err != nil {
		t.Fatal(err)
	}
	for i, change := range []string{
		"SELECT 1", "CREATE TABLE beside (a int)", "CREATE SCHEMA s", "DROP TABLE beside", "DROP TABLE item", "CREATE TABLE item (v int, id int PRIMARY KEY)", "INSERT INTO item VALUES (10, 1)",
	} {
		must(t, other, change)
		for _, sql := range []string{"named", "SELECT v FROM item WHERE id = $1 AND true"} {
			var v int
			err := conn.QueryRow(t.Context(), sql, 1).Scan(&v)
			switch i {
			case 4:
				if state(err) != "42P01" {
					t.Errorf("%s after %s: %v", sql, change, err)
				}
			case 5:
				if !errors.Is(err, pgx.ErrNoRows) {
					t.Errorf("%s after %s: %d, %v", sql, change, v, err)
				}
			default:
				if err != nil || v != 10 {
					t.Errorf("%s after %s: %d, %v", sql, change, v, err)
				}
			}
		}
	}
	must(t, other, "DROP TABLE item", "CREATE TABLE item (id int PRIMARY KEY, v text)")
	if _, err := conn.Exec(t.Context(), "named", 1); state(err) != "0A000" {
		t.Errorf("a result of other types: %v", err)
	}
}

// Messages of the extended protocol that drivers use in ways of their own: portals read in pieces, COPY inside of it, a statement described
// whose parameters nobody can tell.
func TestExtendedMessages(t *testing.T) {
	t.Parallel()
	conn := server.Dial(t, server.Run(t, program).AdminConfig(t))
	must(t, conn, "CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item SELECT generate_series(1, 5)")
	h, err := conn.PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Conn.Close()
	sync, execute := &pgproto3.Sync{}, func(portal string, rows uint32) *pgproto3.Execute {
		return &pgproto3.Execute{Portal: portal, MaxRows: rows}
	}
	parse := func(sql string) *pgproto3.Parse { return &pgproto3.Parse{Query: sql} }
	bind := func(portal string) *pgproto3.Bind { return &pgproto3.Bind{DestinationPortal: portal} }
	const ids = "SELECT id FROM item ORDER BY id"
	for _, c := range []struct {
		name, want string
		say        []pgproto3.FrontendMessage
	}{
		{"in pieces", "1 2 D D s D D s D C:SELECT 1 Z:I", []pgproto3.FrontendMessage{parse(ids), bind("p"), execute("p", 2), execute("p", 2), execute("p", 2), sync}},
		{"a portal ends with its transaction", "1 2 D s Z:I E:34000 Z:I", []pgproto3.FrontendMessage{parse(ids), bind("p"), execute("p", 1), sync, execute("p", 1), sync}},
		{"a portal inside a block", "1 2 C:BEGIN 1 2 D s Z:T D s Z:T 3 E:34000 Z:E", []pgproto3.FrontendMessage{
			parse("BEGIN"), bind(""), execute("", 0), parse(ids), bind("p"), execute("p", 1), sync, execute("p", 1), sync,
			&pgproto3.Close{ObjectType: 'P', Name: "p"}, execute("p", 1), sync}},
		{"out of the block", "C:ROLLBACK Z:I", []pgproto3.FrontendMessage{&pgproto3.Query{String: "ROLLBACK"}}},
		{"types nobody can tell", "1 t:25,25 T:?column? Z:I", []pgproto3.FrontendMessage{
			parse("SELECT $1 || $2"), &pgproto3.Describe{ObjectType: 'S'}, sync}},
		{"a parameter of no type", "E:42P18 Z:I", []pgproto3.FrontendMessage{parse("SELECT 1 WHERE $1 IS NULL"), sync}},
		{"copy in", "1 2 n G C:COPY 2 Z:I", []pgproto3.FrontendMessage{
			parse("COPY item FROM STDIN"), bind(""), &pgproto3.Describe{ObjectType: 'P'}, execute("", 0), sync, &pgproto3.CopyData{Data: []byte("6\n7\n")}, &pgproto3.CopyDone{}, sync}},
		{"copy in that fails", "1 2 G E:23505 Z:I", []pgproto3.FrontendMessage{
			parse("COPY item FROM STDIN"), bind(""), execute("", 0), &pgproto3.CopyData{Data: []byte("8\n8\n")}, &pgproto3.CopyData{Data: []byte("9\n")}, &pgproto3.CopyDone{}, sync}},
		{"copy out", "1 2 H d d d d d d d c C:COPY 7 Z:I", []pgproto3.FrontendMessage{parse("COPY (" + ids + ") TO STDOUT"), bind(""), execute("", 0), sync}},
		{"function call", "E:0A000 Z:I", []pgproto3.FrontendMessage{&pgproto3.FunctionCall{Function: 1598}}},
		{"after an error until Sync", "1 E:42601 Z:I 1 2 T: D C:SELECT 1 Z:I", []pgproto3.FrontendMessage{
			parse("SELECT 1"), parse("SELEC"), bind(""), execute("", 0), &pgproto3.Flush{}, sync, parse("SELECT"), bind(""), &pgproto3.Describe{ObjectType: 'P'}, execute("", 0), sync}},
		{"close of what is not there", "3 3 Z:I", []pgproto3.FrontendMessage{&pgproto3.Close{ObjectType: 'S', Name: "no"}, &pgproto3.Close{ObjectType: 'P', Name: "no"}, sync}},
	} {
		for _, m := range c.say {
			h.Frontend.Send(m)
		}
		if err := h.Frontend.Flush(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for want := strings.Count(c.want, "Z:"); want > 0; {
			m, err := h.Frontend.Receive()
			if err != nil {
				t.Fatal(c.name, got, err)
			}
			word := answerWord(m)
			if strings.HasPrefix(word, "Z:") {
				want--
			}
			got = append(got, word)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: got %s, want %s", c.name, s, c.want)
		}
	}
}

// answerWord is a server's message in a word.
func answerWord(m pgproto3.BackendMessage) string {
	switch m := m.(type) {
	case *pgproto3.ErrorResponse:
		return "E:" + m.Code
	case *pgproto3.CommandComplete:
		return "C:" + string(m.CommandTag)
	case *pgproto3.ReadyForQuery:
		return "Z:" + string(m.TxStatus)
	case *pgproto3.ParameterDescription:
		return "t:" + strings.Trim(strings.ReplaceAll(fmt.Sprint(m.ParameterOIDs), " ", ","), "[]")
	case *pgproto3.RowDescription:
		names := make([]string, len(m.Fields))
		for i, f := range m.Fields {
			names[i] = string(f.Name)
		}
		return "T:" + strings.Join(names, ",")
	case *pgproto3.ParseComplete:
		return "1"
	case *pgproto3.BindComplete:
		return "2"
	case *pgproto3.CloseComplete:
		return "3"
	case *pgproto3.DataRow:
		return "D"
	case *pgproto3.NoData:
		return "n"
	case *pgproto3.PortalSuspended:
		return "s"
	case *pgproto3.CopyInResponse:
		return "G"
	case *pgproto3.CopyOutResponse:
		return "H"
	case *pgproto3.CopyData:
		return "d"
	case *pgproto3.CopyDone:
		return "c"
	}
	return fmt.Sprintf("%T", m)
}

// A message that is too long is refused in words before the connection ends, although its sender is still busy with it.
func TestTooLongMessage(t *testing.T) {
	t.Parallel()
	p := server.Run(t, program)
	conn := server.Dial(t, p.AdminConfig(t))
	_, err := conn.Exec(t.Context(), "SELECT length($1)", pgx.QueryExecModeExec, strings.Repeat("x", 12<<20))
	if state(err) != "08P01" {
		t.Errorf("got %.200v", err)
	}
	other := server.Dial(t, p.AdminConfig(t))
	var n int
	if err := other.QueryRow(t.Context(), "SELECT length($1)", pgx.QueryExecModeExec, strings.Repeat("x", 9<<20)).Scan(&n); err != nil || n != 9<<20 {
		t.Errorf("a message just below: %d, %v", n, err)
	}
}

// database/sql and a pool work over pgx as they do with PostgreSQL.
func TestDatabaseSQL(t *testing.T) {
	t.Parallel()
	p := server.Run(t, program)
	c := p.AdminConfig(t)
	db := stdlib.OpenDB(*c)
	defer db.Close()
	db.SetMaxOpenConns(4)
	ctx := t.Context()
	for _, s := range []string{"CREATE TABLE item (id int PRIMARY KEY, v text, at timestamptz)", "INSERT INTO item VALUES (1, 'a', '2024-01-01'), (2, NULL, NULL)"} {
		if _, err := db.ExecContext(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	statement, err := db.PrepareContext(ctx, "SELECT v, at FROM item WHERE id = $1")
	if err != nil {
		t.Fatal(err)
	}
	defer statement.Close()
	for id, want := range map[int]sql.NullString{1: {String: "a", Valid: true}, 2: {}} {
		var v sql.NullString
		var at sql.NullTime
		if err := statement.QueryRowContext(ctx, id).Scan(&v, &at); err != nil || v != want || at.Valid != want.Valid {
			t.Error(id, v, at, err)
		}
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM item"); state(err) != "25006" {
		t.Errorf("a write in a read-only transaction: %v", err)
	}
	_ = tx.Rollback()
	if _, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}); state(err) != "0A000" {
		t.Errorf("another isolation level: %v", err)
	}
	rows, err := db.QueryContext(ctx, "SELECT id, v, 1.5::numeric, true FROM item ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil || len(types) != 4 || types[0].DatabaseTypeName() != "INT4" || types[2].DatabaseTypeName() != "NUMERIC" {
		t.Error(types, err)
	}
	pools, err := pgxpool.ParseConfig("")
	if err != nil {
		t.Fatal(err)
	}
	pools.ConnConfig, pools.MaxConns = c, 4
	pool, err := pgxpool.NewWithConfig(ctx, pools)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.Ping(ctx); err != nil {
		t.Error(err)
	}
}

// A large result, whole and through portals of a few rows.
func TestLargeResult(t *testing.T) {
	t.Parallel()
	conn := server.Dial(t, server.Run(t, program).AdminConfig(t))
	n, sum := 0, 0
	rows, err := conn.Query(t.Context(), "SELECT i, repeat('x', 100) FROM generate_series(1, 100000) i")
	if err != nil {
		t.Fatal(err)
	}
	var i int
	var s string
	if _, err := pgx.ForEachRow(rows, []any{&i, &s}, func() error { n, sum = n+1, sum+i; return nil }); err != nil || n != 100000 || sum != 5000050000 || len(s) != 100 {
		t.Error(n, sum, err)
	}
	if err := conn.QueryRow(t.Context(), "SELECT repeat('y', 50000000)").Scan(&s); err != nil || len(s) != 50000000 {
		t.Error(len(s), err)
	}
	rows, err = conn.Query(t.Context(), "SELECT i FROM generate_series(1, 10000000) i")
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	if err := rows.Scan(&i); err != nil || i != 1 {
		t.Error(i, err)
	}
	_ = conn.PgConn().CancelRequest(t.Context()) // nobody wants the rest
	rows.Close()
	must(t, conn, "SELECT 1")
}
