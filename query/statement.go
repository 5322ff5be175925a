package query

import (
	"context"
	"strconv"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/exec"
	"github.com/opendsql/opendsql/query/parse"
	"github.com/opendsql/opendsql/query/plan"
)

// prepared is a parsed statement, and what is known of it under one catalog version.
type prepared struct {
	name   string
	sql    string
	stmt   parse.Statement // nil for an empty text
	params []sqltypes.OID
	plain  bool // it came in a Query message, which has no parameters
	made   time.Time

	version uint64                // of the catalog that the rest belongs to; 0: not planned
	stamp   uint64                // of the statistics
	known   []*catalog.Statistics // of the tables of bound.Access, when it was planned
	path    string
	role    string
	bound   *bind.Statement
	plan    *plan.Plan
	failed  error // of planning; a client hears of it when it binds or runs the statement, not when it describes it
	cols    []Column
	rows    bool // the statement gives rows
	program *exec.Program
	custom  int // executions that were planned with the values of their parameters

	copyWhere parse.Expr // of COPY FROM, whose INSERT this is
}

// isQuery tells whether the statement is bound and planned: SELECT, VALUES, INSERT, UPDATE, DELETE.
func isQuery(stmt parse.Statement) bool {
	switch stmt.(type) {
	case *parse.SelectStmt, *parse.InsertStmt, *parse.UpdateStmt, *parse.DeleteStmt:
		return true
	}
	return false
}

// analyze binds and plans a prepared query under the present catalog, unless that was done already.
func (s *Session) analyze(p *prepared) error {
	snapshot := s.snapshot()
	path := s.settings.pathText
	if p.failed == nil && p.version == snapshot.Version && p.path == path && p.role == s.role && p.version != 0 && (p.stamp == snapshot.StatisticsStamp() || p.isFresh(snapshot)) {
		return nil
	}
	if p.stmt == nil {
		return nil
	}
	if err := refuse(p.stmt); err != nil {
		return err
	}
	if !isQuery(p.stmt) {
		if v, ok := p.stmt.(*parse.ExplainStmt); ok && isQuery(v.Query) {
			inner := explained(p, v)
			if err := s.analyze(inner); err != nil {
				return err
			}
			p.params = inner.params
		}
		p.cols, p.rows = s.utilityColumns(p.stmt)
		p.version, p.path, p.role, p.stamp = snapshot.Version, path, s.role, snapshot.StatisticsStamp()
		return nil
	}
	options := s.bindOptions(p.sql, p.params)
	options.NoParams, options.CopyWhere = p.plain, p.copyWhere
	bound, err := bind.Bind(p.stmt, options)
	if err != nil {
		return err
	}
	planned, err := plan.Build(bound.Query, plan.Options{Snapshot: snapshot, Stats: tableStats{snapshot, s.db}, Session: &s.expr, Disabled: s.settings.disabled()})
	cols := columnsOf(bound.Query, snapshot)
	if p.version != 0 && !sameColumns(p.cols, cols) {
		e := pgerror.New(pgerror.FeatureNotSupported, "cached plan must not change result type")
		e.Routine = "RevalidateCachedQuery" // JDBC's driver prepares anew when it reads this
		return e
	}
	p.bound, p.plan, p.failed, p.program = bound, planned, err, nil
	p.params, p.cols = bound.ParamTypes, cols
	p.rows = bound.Query.Command == bind.Select || len(bound.Query.Returning) > 0
	p.version, p.path, p.role, p.stamp = snapshot.Version, path, s.role, snapshot.StatisticsStamp()
	p.known = p.known[:0]
	for _, a := range bound.Access {
		p.known = append(p.known, snapshot.StatisticsFor(a.Relation))
	}
	return nil
}

// isFresh tells whether the statistics of the statement's tables are still those it was planned with, now that there are newer ones of some table.
func (p *prepared) isFresh(snapshot *catalog.Snapshot) bool {
	if p.bound != nil {
		for i, a := range p.bound.Access {
			if snapshot.StatisticsFor(a.Relation) != p.known[i] {
				return false
			}
		}
	}
	p.stamp = snapshot.StatisticsStamp()
	return true
}

func (s *Session) bindOptions(sql string, params []sqltypes.OID) bind.Options {
	s.effectivePath()
	return bind.Options{
		Snapshot: s.snapshot(), SearchPath: s.expr.SearchPath, SQL: sql, ParamTypes: params, Session: &s.expr, User: s.userOID(),
		Notice: s.notice,
	}
}

// columnsOf describes the result. Clients are told the types below domains, as PostgreSQL does.
func columnsOf(q *bind.Query, snapshot *catalog.Snapshot) []Column {
	targets := q.Targets
	if q.Command != bind.Select {
		targets = q.Returning
	}
	cols := make([]Column, 0, len(targets))
	for _, t := range targets {
		if t.Hidden {
			continue
		}
		typ := t.Expr.Type()
		typ.OID, typ.Mod = snapshot.BaseTypeMod(typ.OID, typ.Mod)
		cols = append(cols, Column{Name: t.Name, Table: t.Table, Attr: t.Column, Type: typ})
	}
	return cols
}

func sameColumns(a, b []Column) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Type != b[i].Type || a[i].Name != b[i].Name {
			return false
		}
	}
	return true
}

// compiled gives a program of the plan that is free to run.
func (p *prepared) compiled() (*exec.Program, error) {
	if p.program != nil && !p.program.Busy() {
		return p.program, nil
	}
	prog, err := exec.Compile(p.plan)
	if err == nil && p.program == nil {
		p.program = prog
	}
	return prog, err
}

// start opens an execution of a planned query.
func (s *Session) start(ctx context.Context, p *prepared, params []sqltypes.Datum) (*exec.Program, error) {
	if p.failed != nil {
		return nil, p.failed
	}
	if err := s.checkAccess(p.bound); err != nil {
		return nil, err
	}
	if p.plan.Writes || p.plan.Locks {
		if p.plan.Writes && s.tx.readOnly {
			return nil, pgerror.New(pgerror.ReadOnlySQLTransaction, "cannot execute %s in a read-only transaction", commandName(p.plan.Command))
		}
		if p.plan.Locks && s.tx.readOnly {
			return nil, pgerror.New(pgerror.ReadOnlySQLTransaction, "cannot execute SELECT %s in a read-only transaction", lockWords(p.bound.Query))
		}
		if err := s.markDML(); err != nil {
			return nil, err
		}
	}
	prog, err := p.compiled()
	if err != nil {
		return nil, err
	}
	s.effectivePath()
	in := exec.Input{
		Context: ctx, Txn: s.tx.txn, Params: params, Session: &s.expr, Snapshot: s.tx.snapshot, Info: s.info,
		Modified: &s.tx.modified, Changes: &s.tx.changes, RowsMax: s.db.Limits.TransactionRows, MemoryMax: s.db.Limits.QueryMemoryBytes,
	}
	if err := prog.Open(in); err != nil {
		return nil, s.translate(err)
	}
	return prog, nil
}

// lockWords is the locking clause of a query as it is written.
func lockWords(q *bind.Query) string {
	for _, l := range q.Locks {
		if !l.KeyShare {
			return "FOR UPDATE"
		}
	}
	return "FOR KEY SHARE"
}

func commandName(c bind.Command) string {
	switch c {
	case bind.Insert:
		return "INSERT"
	case bind.Update:
		return "UPDATE"
	case bind.Delete:
		return "DELETE"
	}
	return "SELECT"
}

// runQuery executes a planned query to its end and writes its rows. It gives the command tag.
func (s *Session) runQuery(ctx context.Context, p *prepared, params []sqltypes.Datum, w Writer) (string, error) {
	prog, err := s.start(ctx, p, params)
	if err != nil {
		return "", err
	}
	defer prog.Close()
	row := make([]sqltypes.Datum, len(p.cols))
	n := 0
	for {
		batch, err := prog.Next()
		if err != nil {
			return "", s.translate(err)
		}
		if batch == nil {
			break
		}
		n += batch.N
		if !p.rows {
			continue
		}
		for i := range batch.N {
			for c := range row {
				row[c] = batch.Cols[c].At(i)
			}
			if err := w.Row(row); err != nil {
				return "", err
			}
		}
	}
	s.tx.txn.EndStatement()
	return tagOf(p.plan.Command, n, prog.Affected()), nil
}

// tagOf is the command tag of a finished query.
func tagOf(c bind.Command, rows int, affected int64) string {
	switch c {
	case bind.Select:
		return "SELECT " + strconv.Itoa(rows)
	case bind.Insert:
		return "INSERT 0 " + strconv.FormatInt(affected, 10)
	}
	return commandName(c) + " " + strconv.FormatInt(affected, 10)
}
