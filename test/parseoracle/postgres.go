package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// server asks a PostgreSQL server. In an aborted transaction the server parses
// a text and then refuses to run it, so nothing is changed.
type server struct {
	conn *pgconn.PgConn
	dsn  string
}

func connect(ctx context.Context, dsn string) (*server, error) {
	s := &server{dsn: dsn}
	return s, s.open(ctx)
}

func (s *server) open(ctx context.Context) error {
	conn, err := pgconn.Connect(ctx, s.dsn)
	if err != nil {
		return err
	}
	s.conn = conn
	return s.abort(ctx)
}

// abort opens a transaction and makes it fail.
func (s *server) abort(ctx context.Context) error {
	_, err := s.conn.Exec(ctx, "BEGIN; SELECT 1/0").ReadAll()
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) {
		return fmt.Errorf("abort: %w", err)
	}
	return nil
}

// theirs is PostgreSQL's verdict. Statements that would end the transaction are
// followed by one that fails first, so ask must not be given several.
func (s *server) theirs(ctx context.Context, sql string) (verdict, error) {
	_, err := s.conn.Exec(ctx, "LISTEN x; "+sql).ReadAll()
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) {
		return verdict{}, fmt.Errorf("%q: unexpected answer %v", sql, err)
	}
	if s.conn.TxStatus() != 'E' {
		return verdict{}, fmt.Errorf("%q: transaction is no longer aborted", sql)
	}
	if refusal.Code == "25P02" {
		return verdict{}, nil
	}
	v := verdict{code: refusal.Code, message: refusal.Message, hint: refusal.Hint, detail: refusal.Detail, position: int(refusal.Position)}
	// Where PostgreSQL forgot a node's place, it names the text's first byte.
	if v.position > len("LISTEN x; ") {
		v.position -= len("LISTEN x; ")
	}
	return v, nil
}

func comparePostgres(ctx context.Context, dsn string, corpus []string, show int) error {
	s, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	different, accepted := 0, 0
	for _, sql := range corpus {
		want, err := s.theirs(ctx, sql)
		if err != nil {
			return err
		}
		if want.code == "" {
			accepted++
		}
		if got := ours(sql); got != want && !serviceWord(sql) {
			if different++; different <= show {
				fmt.Printf("%s\n  postgres: %v\n  ours:     %v\n", sql, want, got)
			}
		}
	}
	fmt.Printf("%d statements, %d accepted, %d different\n", len(corpus), accepted, different)
	if different > 0 {
		return errors.New("the parsers differ")
	}
	return nil
}

// serviceWord tells whether a statement has a word the service's grammar
// treats otherwise than PostgreSQL's.
func serviceWord(sql string) bool {
	lower := strings.ToLower(sql)
	return strings.Contains(lower, "async") || strings.Contains(lower, "aws ")
}

// writeGolden writes what PostgreSQL says about the corpus.
func writeGolden(ctx context.Context, dsn string, corpus []string) error {
	s, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("# PostgreSQL 16's verdict on each statement: both are quoted, a line each.\n")
	for _, sql := range corpus {
		if serviceWord(sql) {
			continue
		}
		v, err := s.theirs(ctx, sql)
		if err != nil {
			return err
		}
		b.WriteString(strconv.Quote(sql) + "\n\t" + v.String() + "\n")
	}
	path := filepath.Join("..", "..", "query", "parse", "testdata", "verdicts.txt")
	return os.WriteFile(path, []byte(b.String()), 0o644)
}
