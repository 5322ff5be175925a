package sqltest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Postgres is a Runner over a real PostgreSQL 16, in a database of its own. It writes the expected output of SQL files.
type Postgres struct {
	ctx      context.Context
	dsn      string
	name     string
	admin    *pgconn.PgConn
	sessions map[string]*pgconn.PgConn
	notices  map[string]*[]string
}

// NewPostgres makes an empty database on the server.
func NewPostgres(ctx context.Context, dsn, name string) (*Postgres, error) {
	admin, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	p := &Postgres{ctx: ctx, dsn: dsn, name: name, admin: admin, sessions: map[string]*pgconn.PgConn{}, notices: map[string]*[]string{}}
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name + " TEMPLATE template0"} {
		if _, err := admin.Exec(ctx, sql).ReadAll(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *Postgres) session(name string) (*pgconn.PgConn, error) {
	if c := p.sessions[name]; c != nil && !c.IsClosed() {
		return c, nil
	}
	cfg, err := pgconn.ParseConfig(p.dsn)
	if err != nil {
		return nil, err
	}
	notices := &[]string{}
	p.notices[name] = notices
	cfg.Database = p.name
	cfg.RuntimeParams["TimeZone"] = "UTC"
	cfg.RuntimeParams["default_transaction_isolation"] = "repeatable read"
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		*notices = append(*notices, fmt.Sprintf("%s: %s", n.Severity, n.Message))
	}
	c, err := pgconn.ConnectConfig(p.ctx, cfg)
	p.sessions[name] = c
	return c, err
}

// Run sends one message.
func (p *Postgres) Run(session, sql string) []string {
	c, err := p.session(session)
	if err != nil {
		return []string{"connection: " + err.Error()}
	}
	sql, input := splitInput(sql)
	if input != nil {
		tag, err := c.CopyFrom(p.ctx, strings.NewReader(string(input)), sql)
		if err != nil {
			return postgresError(err)
		}
		return []string{tag.String()}
	}
	if copyOut.MatchString(sql) {
		return p.copyTo(c, sql)
	}
	var lines []string
	notices := p.notices[session]
	*notices = nil
	results := c.Exec(p.ctx, sql)
	for results.NextResult() {
		lines = append(lines, *notices...)
		*notices = nil
		result, err := readResult(results.ResultReader())
		if err == nil { // an error takes the place of an incomplete result
			lines = append(lines, result...)
		}
	}
	lines = append(lines, *notices...)
	if err := results.Close(); err != nil {
		lines = append(lines, postgresError(err)...)
	}
	return lines
}

var copyOut = regexp.MustCompile(`(?is)^\s*copy\s.*\bto\s+stdout\b`)

// dataLines keeps COPY data, a line a message.
type dataLines []string

// Write takes a message.
func (d *dataLines) Write(data []byte) (int, error) {
	*d = append(*d, fmt.Sprintf("%q", data))
	return len(data), nil
}

// copyTo sends a message that is one COPY TO STDOUT.
func (p *Postgres) copyTo(c *pgconn.PgConn, sql string) []string {
	var lines dataLines
	tag, err := c.CopyTo(p.ctx, &lines, sql)
	if err != nil {
		return postgresError(err)
	}
	return append(lines, tag.String())
}

func readResult(r *pgconn.ResultReader) ([]string, error) {
	var lines []string
	if fields := r.FieldDescriptions(); fields != nil {
		var names []string
		for _, f := range fields {
			names = append(names, f.Name+" "+sqltypes.TypeName(sqltypes.T(sqltypes.OID(f.DataTypeOID))))
		}
		lines = append(lines, "("+strings.Join(names, ", ")+")")
	}
	for r.NextRow() {
		var parts []string
		for _, v := range r.Values() {
			if v == nil {
				parts = append(parts, "NULL")
			} else {
				parts = append(parts, Cell(string(v)))
			}
		}
		lines = append(lines, rowLine(parts))
	}
	tag, err := r.Close()
	return append(lines, tag.String()), err
}

func postgresError(err error) []string {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return []string{err.Error()}
	}
	return ErrorLines(&pgerror.Error{
		Severity: pgerror.Severity(e.Severity), Code: pgerror.Code(e.Code), Message: e.Message, Detail: e.Detail, Hint: e.Hint, Position: int(e.Position),
	})
}

// Close drops the database.
func (p *Postgres) Close() {
	for _, c := range p.sessions {
		if c != nil {
			_ = c.Close(p.ctx)
		}
	}
	_, _ = p.admin.Exec(p.ctx, "DROP DATABASE IF EXISTS "+p.name+" WITH (FORCE)").ReadAll()
	_ = p.admin.Close(p.ctx)
}
