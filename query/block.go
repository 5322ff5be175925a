package query

import (
	"context"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/parse"
)

// transactionStatement runs BEGIN, COMMIT, ROLLBACK and refuses their kin.
func (s *Session) transactionStatement(ctx context.Context, t *parse.TransactionStmt, w Writer) (string, error) {
	switch t.Kind {
	case parse.TransactionBegin, parse.TransactionStart:
		return s.beginBlock(ctx, t, w)
	case parse.TransactionCommit:
		return s.commitBlock(ctx, t, w)
	case parse.TransactionRollback:
		return s.rollbackBlock(t, w)
	}
	if s.block == blockFailed && t.Kind != parse.TransactionRollbackTo {
		return "", errAborted()
	}
	return "", pgerror.New(pgerror.FeatureNotSupported, "unsupported transaction statement: %s", transactionWords[t.Kind])
}

var transactionWords = map[parse.TransactionKind]string{
	parse.TransactionSavepoint: "SAVEPOINT", parse.TransactionRelease: "RELEASE", parse.TransactionRollbackTo: "ROLLBACK TO",
	parse.TransactionPrepare: "PREPARE TRANSACTION", parse.TransactionCommitPrepared: "COMMIT PREPARED",
	parse.TransactionRollbackPrepared: "ROLLBACK PREPARED",
}

func (s *Session) beginBlock(ctx context.Context, t *parse.TransactionStmt, w Writer) (string, error) {
	tag := "BEGIN"
	if t.Kind == parse.TransactionStart {
		tag = "START TRANSACTION"
	}
	if s.block == blockFailed {
		return "", errAborted()
	}
	readOnly, err := s.transactionModes(t.Options)
	if err != nil {
		return "", err
	}
	if s.block == blockOpen {
		return tag, w.Notice(warning(pgerror.ActiveSQLTransaction, "there is already a transaction in progress"))
	}
	s.block = blockOpen
	s.settings.blockReadOnly = s.settings.readOnly()
	if readOnly != nil {
		s.settings.blockReadOnly = *readOnly
	}
	if s.tx != nil { // statements of the same message before BEGIN belong to the block
		s.tx.readOnly = s.settings.blockReadOnly
	}
	return tag, nil
}

func warning(code pgerror.Code, format string, args ...any) *pgerror.Error {
	e := pgerror.New(code, format, args...)
	e.Severity = pgerror.SeverityWarning
	return e
}

// transactionModes reads the modes of BEGIN. The only isolation level is REPEATABLE READ.
func (s *Session) transactionModes(options []*parse.DefElem) (readOnly *bool, err error) {
	for _, o := range options {
		switch o.Name {
		case "transaction_isolation":
			level := defText(o)
			if level != "repeatable read" {
				return nil, pgerror.New(pgerror.FeatureNotSupported, "Unsupported isolation level: %s", upper(level))
			}
		case "transaction_read_only":
			v := defBool(o)
			readOnly = &v
		case "transaction_deferrable":
			return nil, pgerror.New(pgerror.FeatureNotSupported, "unsupported transaction mode: DEFERRABLE")
		}
	}
	return readOnly, nil
}

func (s *Session) commitBlock(ctx context.Context, t *parse.TransactionStmt, w Writer) (string, error) {
	if t.Chain {
		return "", pgerror.New(pgerror.FeatureNotSupported, "unsupported transaction statement: COMMIT AND CHAIN")
	}
	switch s.block {
	case blockFailed:
		s.rollback()
		return "ROLLBACK", nil
	case blockNone: // it ends what the message did so far, if anything
		if err := w.Notice(warning(pgerror.NoActiveSQLTransaction, "there is no transaction in progress")); err != nil {
			return "", err
		}
	}
	return "COMMIT", s.commit(ctx)
}

func (s *Session) rollbackBlock(t *parse.TransactionStmt, w Writer) (string, error) {
	if t.Chain {
		return "", pgerror.New(pgerror.FeatureNotSupported, "unsupported transaction statement: ROLLBACK AND CHAIN")
	}
	var err error
	if s.block == blockNone {
		err = w.Notice(warning(pgerror.NoActiveSQLTransaction, "there is no transaction in progress"))
	}
	s.rollback()
	return "ROLLBACK", err
}
