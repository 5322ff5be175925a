package sqltest

import (
	"context"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/ddl"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// Index puts the indexes of CREATE INDEX ASYNC statements, one a line, into the catalog of an empty table, where nothing is left for a job to do.
func (m *Memory) Index(sql string) []string {
	r := &Recorder{}
	for _, line := range strings.Split(sql, "\n") {
		if err := m.index(line, r); err != nil {
			return append(r.Lines, ErrorLines(err)...)
		}
		r.Lines = append(r.Lines, "CREATE INDEX")
	}
	return r.Lines
}

func (m *Memory) index(sql string, r *Recorder) error {
	stmts, err := parse.Parse(sql)
	if err != nil {
		return err
	}
	t, err := m.db.Begin(m.ctx)
	if err != nil {
		return err
	}
	defer t.Rollback()
	snapshot, err := catalog.Load(m.ctx, t)
	if err != nil {
		return err
	}
	path := []string{"public"}
	session := &expr.Session{Format: &sqltypes.Format{}}
	c := ddl.New(ddl.Input{
		Context: m.ctx, Txn: t, Scope: snapshot.Scope(snapshot.SearchPath(path, "admin")), User: catalog.AdminOID, Session: session,
		Bind:   bind.Options{Snapshot: snapshot, SearchPath: path, SQL: sql, Session: session, User: catalog.AdminOID},
		Notice: func(n *pgerror.Error) { _ = r.Notice(n) },
	})
	changed, err := c.AddIndex(stmts[0].Stmt.(*parse.IndexStmt))
	if err != nil || changed == nil {
		return err
	}
	t.EndStatement()
	_, err = t.Commit(context.WithoutCancel(m.ctx))
	return err
}

// Index makes the same indexes in PostgreSQL.
func (p *Postgres) Index(sql string) (lines []string) {
	for _, line := range strings.Split(sql, "\n") {
		lines = append(lines, p.Run("", strings.Replace(line, "ASYNC", "     ", 1))...)
	}
	return lines
}
