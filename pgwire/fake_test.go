package pgwire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
)

// wire is a client that has said everything already; what it is answered is kept.
type wire struct {
	net.Conn
	in  *bytes.Reader
	out bytes.Buffer
}

func newWire(said []byte) *wire { return &wire{in: bytes.NewReader(said)} }

func (w *wire) Read(b []byte) (int, error)       { return w.in.Read(b) }
func (w *wire) Write(b []byte) (int, error)      { return w.out.Write(b) }
func (w *wire) Close() error                     { return nil }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }
func (w *wire) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// echo is a session that answers every statement with its own text; "fail" fails, "panic" panics, "copy" copies.
type echo struct {
	status     byte
	statements map[string]string
	portals    map[string]string
	copied     []byte
	failures   int
	closed     int
	stop       chan struct{}
}

func newEcho() *echo {
	return &echo{status: 'I', statements: map[string]string{}, portals: map[string]string{}, stop: make(chan struct{}, 1)}
}

var echoColumns = []query.Column{{Name: "text", Type: sqltypes.Type{OID: sqltypes.TextOID, Mod: -1}}}

func (e *echo) Parameters() [][2]string { return [][2]string{{"server_version", "16.15"}} }

func (e *echo) Simple(ctx context.Context, sql string, w query.Writer) error {
	return e.run(ctx, sql, true, w)
}

func (e *echo) run(ctx context.Context, sql string, describe bool, w query.Writer) error {
	switch sql {
	case "":
		return w.Empty()
	case "fail":
		return pgerror.New(pgerror.SyntaxError, "failed").WithDetail("on purpose").At(1)
	case "fatal":
		return pgerror.New(pgerror.AdminShutdown, "go").Fatal()
	case "begin", "commit":
		e.status = map[string]byte{"begin": 'T', "commit": 'I'}[sql]
		return w.Complete(sql)
	case "many":
		if err := w.Columns(echoColumns, describe, &sqltypes.Format{}); err != nil {
			return err
		}
		if err := w.Row([]sqltypes.Datum{sqltypes.String(sql)}); err != nil {
			return err
		}
		return w.Suspended()
	case "copy out":
		if err := errors.Join(w.CopyOut(false, 1), w.CopyData([]byte("1\n")), w.CopyDone()); err != nil {
			return err
		}
		return w.Complete("COPY 1")
	case "panic":
		panic("on purpose")
	case "wait":
		select {
		case <-e.stop:
			return pgerror.New(pgerror.QueryCanceled, "canceling statement due to user request")
		case <-ctx.Done():
			return ctx.Err()
		}
	case "copy":
		r, err := w.CopyIn(false, 1)
		if err != nil {
			return err
		}
		for {
			data, err := r.Next()
			if errors.Is(err, io.EOF) {
				return w.Complete("COPY")
			}
			if err != nil {
				return err
			}
			e.copied = append(e.copied, data...)
		}
	}
	if err := w.Columns(echoColumns, describe, &sqltypes.Format{}); err != nil {
		return err
	}
	if err := w.Row([]sqltypes.Datum{sqltypes.String(sql)}); err != nil {
		return err
	}
	return w.Complete("SELECT 1")
}

func (e *echo) Parse(_ context.Context, name, sql string, _ []sqltypes.OID, _ query.Writer) error {
	e.statements[name] = sql
	return nil
}

func (e *echo) Bind(_ context.Context, b *query.Bind) error {
	sql, ok := e.statements[b.Statement]
	if !ok {
		return pgerror.New(pgerror.InvalidSQLStatementName, "unnamed prepared statement does not exist")
	}
	e.portals[b.Portal] = sql
	return nil
}

func (e *echo) DescribeStatement(context.Context, string) ([]sqltypes.OID, []query.Column, bool, error) {
	return []sqltypes.OID{sqltypes.TextOID}, echoColumns, true, nil
}

func (e *echo) DescribePortal(context.Context, string) ([]query.Column, bool, error) {
	return nil, false, nil
}

func (e *echo) Execute(ctx context.Context, portal string, _ int, w query.Writer) error {
	return e.run(ctx, e.portals[portal], false, w)
}

func (e *echo) CloseStatement(name string)               { delete(e.statements, name) }
func (e *echo) ClosePortal(name string)                  { delete(e.portals, name) }
func (e *echo) Sync(context.Context, query.Writer) error { return nil }
func (e *echo) Failed()                                  { e.failures++ }
func (e *echo) Status() byte                             { return e.status }
func (e *echo) Cancel() {
	select {
	case e.stop <- struct{}{}:
	default:
	}
}
func (e *echo) Close() { e.closed++ }

// talk runs the loop of an open session over what a client says, and returns what it is answered.
func talk(said []byte) (answers []byte, session *echo) {
	w, e := newWire(said), newEcho()
	c := newConn(NewServer(Config{}), w)
	c.session = e
	c.ended(c.loop())
	_ = c.flush()
	return w.out.Bytes(), e
}
