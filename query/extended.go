package query

import (
	"context"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/exec"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// portal is a prepared statement with its parameters, on its way through its rows.
type portal struct {
	name      string
	statement *prepared
	params    []sqltypes.Datum
	cols      []Column // with the formats asked for

	program *exec.Program // open while rows are left
	batch   *exec.Batch
	at      int
	done    bool
}

// Parse prepares a statement. A name may be used once; the empty name again and again.
func (s *Session) Parse(ctx context.Context, name, sql string, params []sqltypes.OID, w Writer) error {
	ctx, done := s.running(ctx)
	defer done()
	s.stamp()
	s.writer = w
	statements, err := parse.ParseTelling(sql, s.notice)
	if err != nil {
		return err
	}
	if len(statements) > 1 {
		return pgerror.New(pgerror.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	if _, taken := s.statements[name]; taken && name != "" {
		return pgerror.New(pgerror.DuplicatePstatement, "prepared statement \"%s\" already exists", name)
	}
	p := &prepared{name: name, sql: sql, params: params, made: s.db.Now()}
	if len(statements) == 1 {
		p.stmt = statements[0].Stmt
	}
	if err := s.inspect(ctx, p); err != nil {
		return err
	}
	s.statements[name] = p
	return nil
}

// inspect analyses a statement outside of its execution. It does not begin a transaction: the start time is fixed by the first statement that runs.
func (s *Session) inspect(ctx context.Context, p *prepared) error {
	if p.stmt == nil {
		return nil
	}
	if s.block == blockFailed && !endsBlock(p.stmt) {
		return errAborted()
	}
	if _, ok := p.stmt.(*parse.TransactionStmt); ok {
		return nil
	}
	if s.tx == nil {
		if err := s.refresh(ctx); err != nil {
			return err
		}
	}
	return s.analyze(p)
}

// refresh makes the newest catalog the one that statements outside of a transaction are analysed under.
func (s *Session) refresh(ctx context.Context) error {
	t, err := s.db.DB.Begin(ctx)
	if err != nil {
		return s.translate(err)
	}
	defer t.Rollback()
	_, err = s.db.catalog(ctx, t)
	return s.translate(err)
}

// endsBlock tells whether the statement may run in a failed block.
func endsBlock(stmt parse.Statement) bool {
	t, ok := stmt.(*parse.TransactionStmt)
	return ok && (t.Kind == parse.TransactionCommit || t.Kind == parse.TransactionRollback || t.Kind == parse.TransactionRollbackTo)
}

func (s *Session) statement(name string) (*prepared, error) {
	p, ok := s.statements[name]
	if !ok {
		if name == "" {
			return nil, pgerror.New(pgerror.UndefinedPstatement, "unnamed prepared statement does not exist")
		}
		return nil, pgerror.New(pgerror.UndefinedPstatement, "prepared statement \"%s\" does not exist", name)
	}
	return p, nil
}

// DescribeStatement gives the parameters and columns of a prepared statement.
func (s *Session) DescribeStatement(ctx context.Context, name string) (params []sqltypes.OID, cols []Column, rows bool, err error) {
	p, err := s.statement(name)
	if err != nil {
		return nil, nil, false, err
	}
	if err := s.inspect(ctx, p); err != nil {
		return nil, nil, false, err
	}
	return p.params, p.cols, p.rows, nil
}

// DescribePortal gives the columns of a portal.
func (s *Session) DescribePortal(_ context.Context, name string) (cols []Column, rows bool, err error) {
	o, err := s.portal(name)
	if err != nil {
		return nil, false, err
	}
	return o.cols, o.statement.rows, nil
}

func (s *Session) portal(name string) (*portal, error) {
	o, ok := s.portals[name]
	if !ok {
		return nil, pgerror.New(pgerror.UndefinedCursor, "portal \"%s\" does not exist", name)
	}
	return o, nil
}

// Bind makes a portal of a prepared statement.
func (s *Session) Bind(ctx context.Context, b *Bind) error {
	p, err := s.statement(b.Statement)
	if err != nil {
		return err
	}
	if _, taken := s.portals[b.Portal]; taken && b.Portal != "" {
		return pgerror.New(pgerror.DuplicateCursor, "cursor \"%s\" already exists", b.Portal)
	}
	if len(b.ParamFormats) > 1 && len(b.ParamFormats) != len(b.Params) {
		return pgerror.New(pgerror.ProtocolViolation, "bind message has %d parameter formats but %d parameters", len(b.ParamFormats), len(b.Params))
	}
	if len(b.Params) != len(p.params) {
		return pgerror.New(pgerror.ProtocolViolation, "bind message supplies %d parameters, but prepared statement \"%s\" requires %d",
			len(b.Params), p.name, len(p.params))
	}
	if s.block == blockFailed && p.stmt != nil && !endsBlock(p.stmt) {
		return errAborted()
	}
	o := &portal{name: b.Portal, statement: p}
	if o.params, err = s.parameters(p, b); err != nil {
		return err
	}
	if p.failed != nil {
		return p.failed
	}
	if err := s.checkParams(p, o.params); err != nil {
		return err
	}
	if o.cols, err = resultFormats(p.cols, b.ResultFormats); err != nil {
		return err
	}
	s.dropPortal(b.Portal)
	s.portals[b.Portal] = o
	return nil
}

// customPlans is how many executions of a prepared statement PostgreSQL plans with the values of the parameters, before it takes to a plan that serves all.
const customPlans = 5

// checkParams computes what of the statement depends on nothing but parameters, for what fails of it fails the statement before any row is read.
func (s *Session) checkParams(p *prepared, params []sqltypes.Datum) error {
	if p.plan == nil || len(params) == 0 || p.custom >= customPlans {
		return nil
	}
	for _, e := range p.plan.Params {
		if err := expr.CheckParams(e, &s.expr, params); err != nil {
			return s.translate(err)
		}
	}
	p.custom++
	return nil
}

// parameters decodes the values of a Bind message into memory of their own.
func (s *Session) parameters(p *prepared, b *Bind) ([]sqltypes.Datum, error) {
	total := 0
	for _, v := range b.Params {
		total += len(v)
	}
	own := make([]byte, 0, total)
	out := make([]sqltypes.Datum, len(b.Params))
	for i, v := range b.Params {
		if v == nil {
			continue
		}
		from := len(own)
		own = append(own, v...)
		value := own[from:len(own):len(own)]
		format := int16(0)
		switch {
		case len(b.ParamFormats) == 1:
			format = b.ParamFormats[0]
		case len(b.ParamFormats) > 1:
			format = b.ParamFormats[i]
		}
		var err error
		switch format {
		case 0:
			out[i], err = s.textParameter(p.params[i], value)
		case 1:
			out[i], err = sqltypes.ParseBinary(sqltypes.T(p.params[i]), value)
		default:
			err = pgerror.New(pgerror.InvalidParameterValue, "unsupported format code: %d", format)
		}
		if err != nil {
			e := *pgerror.From(err)
			if e.Message == "incorrect binary data format" {
				e.Message += " in bind parameter " + itoa(i+1)
			}
			if e.Where == "" {
				e.Where = portalContext(b.Portal, i)
			}
			return nil, &e
		}
	}
	return out, nil
}

// portalContext says which parameter an error is about.
func portalContext(portal string, i int) string {
	if portal == "" {
		return "unnamed portal parameter $" + itoa(i+1)
	}
	return "portal \"" + portal + "\" parameter $" + itoa(i+1)
}

func (s *Session) textParameter(t sqltypes.OID, value []byte) (sqltypes.Datum, error) {
	if err := checkUTF8(value); err != nil {
		return sqltypes.Null, err
	}
	text := string(value)
	if isReg(t) {
		return s.expr.Catalog.RegIn(t, text)
	}
	return sqltypes.ParseText(sqltypes.T(t), text, &s.format)
}

// resultFormats gives the columns the formats asked for: none (text), one for all, or one each.
func resultFormats(cols []Column, formats []int16) ([]Column, error) {
	if len(formats) > 1 && len(formats) != len(cols) {
		return nil, pgerror.New(pgerror.ProtocolViolation, "bind message has %d result formats but query has %d columns", len(formats), len(cols))
	}
	all := true
	for _, f := range formats {
		if f != 0 && f != 1 {
			return nil, pgerror.New(pgerror.InvalidParameterValue, "unsupported format code: %d", f)
		}
		all = all && f == 0
	}
	if all {
		return cols, nil
	}
	out := make([]Column, len(cols))
	copy(out, cols)
	for i := range out {
		out[i].Format = formats[min(i, len(formats)-1)]
	}
	return out, nil
}

// Execute runs a portal, for at most maxRows rows when that is above 0.
func (s *Session) Execute(ctx context.Context, name string, maxRows int, w Writer) error {
	ctx, done := s.running(ctx)
	defer done()
	s.stamp()
	s.writer = w
	s.alone = true
	o, err := s.portal(name)
	if err != nil {
		return err
	}
	p := o.statement
	s.text = p.sql
	if p.stmt == nil {
		return w.Empty()
	}
	if t, ok := p.stmt.(*parse.TransactionStmt); ok {
		tag, err := s.transactionStatement(ctx, t, w)
		if err != nil {
			return err
		}
		s.report(w)
		return w.Complete(tag)
	}
	if err := s.mayRun(ctx, p.stmt); err != nil {
		return err
	}
	if o.program == nil && !o.done {
		if err := s.analyze(p); err != nil {
			return err
		}
	}
	if err := w.Columns(o.cols, false, &s.format); err != nil {
		return err
	}
	if !isQuery(p.stmt) {
		tag, err := s.run(ctx, p, o.params, w)
		if err != nil {
			return err
		}
		s.report(w)
		return w.Complete(tag)
	}
	return s.executeQuery(ctx, o, maxRows, w)
}

// executeQuery gives a portal's next rows.
func (s *Session) executeQuery(ctx context.Context, o *portal, maxRows int, w Writer) error {
	p := o.statement
	if maxRows <= 0 && o.program == nil && !o.done {
		tag, err := s.runQuery(ctx, p, o.params, w)
		if err != nil {
			return err
		}
		o.done = true
		return w.Complete(tag)
	}
	if o.program == nil && !o.done {
		prog, err := s.start(ctx, p, o.params)
		if err != nil {
			return err
		}
		o.program = prog
	} else if o.program != nil {
		o.program.Resume(ctx)
	}
	sent, err := s.portalRows(o, maxRows, w)
	if err != nil {
		return err
	}
	if !o.done {
		return w.Suspended()
	}
	var affected int64
	if o.program != nil {
		affected = o.program.Affected()
		o.program.Close()
		o.program = nil
		s.tx.txn.EndStatement()
	}
	return w.Complete(tagOf(p.plan.Command, sent, affected))
}

// portalRows writes rows until maxRows are sent or none are left.
func (s *Session) portalRows(o *portal, maxRows int, w Writer) (sent int, err error) {
	row := make([]sqltypes.Datum, len(o.cols))
	for !o.done {
		if maxRows > 0 && sent >= maxRows { // even if none are left: that shows when more are asked for
			return sent, nil
		}
		if o.batch == nil || o.at >= o.batch.N {
			if o.batch, err = o.program.Next(); err != nil {
				return sent, s.translate(err)
			}
			o.at = 0
			if o.batch == nil {
				o.done = true
				break
			}
		}
		for ; o.at < o.batch.N; o.at++ {
			if maxRows > 0 && sent >= maxRows {
				return sent, nil
			}
			sent++
			if !o.statement.rows {
				continue
			}
			for c := range row {
				row[c] = o.batch.Cols[c].At(o.at)
			}
			if err := w.Row(row); err != nil {
				return sent, err
			}
		}
	}
	return sent, nil
}

// Sync ends an implicit transaction.
func (s *Session) Sync(ctx context.Context, w Writer) error {
	if s.block != blockNone {
		s.report(w)
		return nil
	}
	if s.tx == nil {
		s.closePortals()
		s.report(w)
		return nil
	}
	ctx, done := s.running(ctx)
	defer done()
	err := s.commit(ctx)
	s.report(w)
	return err
}

// Failed tells that the message before ended in an error: the block has failed, or the implicit transaction is rolled back.
func (s *Session) Failed() { s.fail() }

// CloseStatement forgets a prepared statement.
func (s *Session) CloseStatement(name string) { delete(s.statements, name) }

// ClosePortal forgets a portal.
func (s *Session) ClosePortal(name string) { s.dropPortal(name) }

func (s *Session) dropPortal(name string) {
	if o := s.portals[name]; o != nil && o.program != nil {
		o.program.Close()
	}
	delete(s.portals, name)
}

func (s *Session) closePortals() {
	for name := range s.portals {
		s.dropPortal(name)
	}
}
