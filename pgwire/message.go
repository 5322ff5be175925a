package pgwire

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
)

// message serves one message. Its error ends the connection; what the client did wrong is answered.
func (c *conn) message(typ byte, body []byte) error {
	switch typ {
	case 'X':
		return errClosing
	case 'S':
		c.skip, c.pending = false, false
		return c.sync(body)
	case 'Q', 'F', 'P', 'B', 'D', 'E', 'C', 'H', 'd', 'c', 'f':
	default:
		return pgerror.New(pgerror.ProtocolViolation, "invalid frontend message type %d", typ)
	}
	if c.skip {
		return nil
	}
	switch typ {
	case 'Q':
		c.pending = false
		return c.simple(body)
	case 'F':
		return c.refuse(pgerror.New(pgerror.FeatureNotSupported, "fastpath function calls are not supported"))
	case 'd', 'c', 'f':
		return nil // of a COPY that ended in an error
	}
	c.pending = true
	err := c.extended(typ, body)
	if err == nil {
		return c.flushIfLong()
	}
	c.skip = true
	if err := c.report(err); err != nil {
		return err
	}
	c.session.Failed()
	return c.flush()
}

// extended serves a message of the extended protocol.
func (c *conn) extended(typ byte, body []byte) error {
	switch typ {
	case 'P':
		return c.parse(body)
	case 'B':
		return c.bind(body)
	case 'D':
		return c.describe(body)
	case 'E':
		return c.execute(body)
	case 'C':
		return c.closeObject(body)
	}
	f := fields{rest: body}
	if err := f.close(); err != nil {
		return err
	}
	return c.flush()
}

// report writes the error of a message. It gives one back when the connection cannot go on.
func (c *conn) report(err error) error {
	if c.writer.broken != nil {
		return c.writer.broken
	}
	e := pgerror.From(err)
	if e.Severity == pgerror.SeverityFatal || e.Severity == pgerror.SeverityPanic {
		return e
	}
	c.out = appendError(c.out, e)
	return nil
}

// answer ends what a client may wait for: its error, if it failed, and the session's state.
func (c *conn) answer(err error) error {
	if err != nil {
		if err := c.report(err); err != nil {
			return err
		}
	}
	if c.writer.broken != nil {
		return c.writer.broken
	}
	c.ready()
	return c.flush()
}

func (c *conn) ready() {
	c.out = append(c.out, 'Z', 0, 0, 0, 5, c.session.Status())
}

// simple serves a Query message.
func (c *conn) simple(body []byte) error {
	f := fields{rest: body}
	sql := f.text()
	if err := f.close(); err != nil {
		return c.refuse(err)
	}
	c.writer.reset()
	return c.answer(c.session.Simple(c.ctx, sql, &c.writer))
}

// refuse answers a message that the session never saw. It ends the implicit transaction, as an error of the session's would.
func (c *conn) refuse(err error) error {
	c.session.Failed()
	_ = c.session.Sync(c.ctx, &c.writer)
	return c.answer(err)
}

// sync serves a Sync message.
func (c *conn) sync(body []byte) error {
	f := fields{rest: body}
	malformed := f.close()
	if malformed != nil {
		c.session.Failed()
	}
	err := c.session.Sync(c.ctx, &c.writer)
	if malformed != nil {
		err = malformed
	}
	return c.answer(err)
}

func (c *conn) parse(body []byte) error {
	name, sql, params, err := decodeParse(body, &c.names)
	if err != nil {
		return err
	}
	if err := c.session.Parse(c.ctx, name, sql, params, &c.writer); err != nil {
		return err
	}
	c.out = append(c.out, '1', 0, 0, 0, 4)
	return nil
}

// bindParamsMax is how many parameters' places are kept for the next Bind.
const bindParamsMax = 1000

func (c *conn) bind(body []byte) error {
	b := &c.writer.bind
	err := decodeBind(b, body, &c.names)
	if err == nil {
		err = c.session.Bind(c.ctx, b)
	}
	clear(b.Params) // they would keep the message
	if cap(b.Params) > bindParamsMax {
		*b = query.Bind{}
	}
	if err != nil {
		return err
	}
	c.out = append(c.out, '2', 0, 0, 0, 4)
	return nil
}

// object reads what Describe and Close name: a statement (S) or a portal (P).
func (c *conn) object(body []byte, message string) (kind byte, name string, err error) {
	f := fields{rest: body}
	kind, name = f.byte(), c.names.of(f.bytes())
	if err := f.close(); err != nil {
		return 0, "", err
	}
	if kind != 'S' && kind != 'P' {
		return 0, "", pgerror.New(pgerror.ProtocolViolation, "invalid %s message subtype %d", message, kind)
	}
	return kind, name, nil
}

func (c *conn) describe(body []byte) error {
	kind, name, err := c.object(body, "DESCRIBE")
	if err != nil {
		return err
	}
	var cols []query.Column
	var rows bool
	if kind == 'S' {
		var params []sqltypes.OID
		params, cols, rows, err = c.session.DescribeStatement(c.ctx, name)
		if err != nil {
			return err
		}
		c.out = appendParameters(c.out, params)
	} else if cols, rows, err = c.session.DescribePortal(c.ctx, name); err != nil {
		return err
	}
	if !rows {
		c.out = append(c.out, 'n', 0, 0, 0, 4)
		return nil
	}
	c.out = appendColumns(c.out, cols)
	return nil
}

func (c *conn) execute(body []byte) error {
	f := fields{rest: body}
	portal := c.names.of(f.bytes())
	rowsMax := max(0, int(int32(f.long()))) // PostgreSQL takes a negative limit for none
	if err := f.close(); err != nil {
		return err
	}
	c.writer.reset()
	err := c.session.Execute(c.ctx, portal, rowsMax, &c.writer)
	if err == nil {
		err = c.writer.broken
	}
	return err
}

func (c *conn) closeObject(body []byte) error {
	kind, name, err := c.object(body, "CLOSE")
	if err != nil {
		return err
	}
	if kind == 'S' {
		c.session.CloseStatement(name)
	} else {
		c.session.ClosePortal(name)
	}
	c.out = append(c.out, '3', 0, 0, 0, 4)
	return nil
}
