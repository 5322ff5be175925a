package query

import (
	"context"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/parse"
)

// Simple runs the statements of a Query message. Without BEGIN they are one transaction, which ends with the last of them.
func (s *Session) Simple(ctx context.Context, sql string, w Writer) error {
	ctx, done := s.running(ctx)
	defer done()
	s.stamp()
	s.writer, s.text = w, sql
	delete(s.statements, "")
	s.dropPortal("")
	statements, err := parse.ParseTelling(sql, s.notice)
	if err != nil {
		s.fail()
		return err
	}
	if len(statements) == 0 {
		return w.Empty()
	}
	s.alone = len(statements) == 1
	for i, raw := range statements {
		last := i == len(statements)-1
		if err := s.simpleStatement(ctx, raw.Stmt, sql, last, w); err != nil {
			s.fail()
			s.report(w)
			return err
		}
	}
	if s.block == blockNone && s.tx != nil {
		if err := s.commit(ctx); err != nil {
			return err
		}
	}
	s.report(w)
	return nil
}

// stamp fixes the time of a message's statements.
func (s *Session) stamp() {
	s.now = s.db.Now()
	s.expr.StatementStart = postgresMicros(s.now)
}

// report tells the client which reported settings have changed.
func (s *Session) report(w Writer) {
	for _, name := range s.settings.notify {
		value, _ := s.settings.show(name)
		_ = w.ParameterStatus(name, value)
	}
	s.settings.notify = s.settings.notify[:0]
}

// simpleStatement runs one statement. The last one of an implicit transaction commits before it is called complete.
func (s *Session) simpleStatement(ctx context.Context, stmt parse.Statement, sql string, last bool, w Writer) error {
	if t, ok := stmt.(*parse.TransactionStmt); ok {
		tag, err := s.transactionStatement(ctx, t, w)
		if err != nil {
			return err
		}
		return w.Complete(tag)
	}
	if err := s.mayRun(ctx, stmt); err != nil {
		return err
	}
	p := &prepared{sql: sql, stmt: stmt, plain: true}
	if err := s.analyze(p); err != nil {
		return err
	}
	if p.rows {
		if err := w.Columns(p.cols, true, &s.format); err != nil {
			return err
		}
	}
	tag, err := s.run(ctx, p, nil, w)
	if err != nil {
		return err
	}
	if last && s.block == blockNone {
		if err := s.commit(ctx); err != nil {
			return err
		}
	}
	if s.tx != nil {
		s.tx.txn.EndStatement()
	}
	return w.Complete(tag)
}

// mayRun opens a transaction for a statement, unless the block has failed.
func (s *Session) mayRun(ctx context.Context, stmt parse.Statement) error {
	if s.block == blockFailed {
		return errAborted()
	}
	return s.begin(ctx)
}

func errAborted() error {
	return pgerror.New(pgerror.InFailedSQLTransaction, "current transaction is aborted, commands ignored until end of transaction block")
}
