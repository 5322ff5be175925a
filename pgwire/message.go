package pgwire

import (
	"errors"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
)

// message serves one message. Its error ends the connection; what the client did wrong is answered.
func (c *conn) message(typ byte, body []byte) error {
	switch typ {
	case 'X':
		return errClosing
	case 'Q':
		c.skip = false
		return c.simple(body)
	case 'S':
		c.skip = false
		return c.sync()
	}
	if c.skip {
		return nil
	}
	var err error
	switch typ {
	case 'P':
		err = c.parse(body)
	case 'B':
		err = c.bind(body)
	case 'D':
		err = c.describe(body)
	case 'E':
		err = c.execute(body)
	case 'C':
		err = c.closeObject(body)
	case 'H':
		return c.flush()
	case 'd', 'c', 'f':
		return nil // of a COPY that ended in an error
	case 'F':
		err = pgerror.New(pgerror.FeatureNotSupported, "fastpath function calls are not supported")
		c.report(err)
		c.session.Failed()
		return c.sync()
	default:
		c.fatal(pgerror.New(pgerror.ProtocolViolation, "invalid frontend message type %d", typ))
		return errClosing
	}
	if err == nil {
		return c.flushIfLong()
	}
	if errors.Is(err, errClosing) {
		return err
	}
	c.report(err)
	c.session.Failed()
	c.skip = true
	return c.flushIfLong()
}

// report writes the error of a statement.
func (c *conn) report(err error) { c.out = appendError(c.out, pgerror.From(err)) }

func (c *conn) ready() {
	c.out = append(c.out, 'Z', 0, 0, 0, 5, c.session.Status())
}

// simple serves a Query message.
func (c *conn) simple(body []byte) error {
	sql, ok := cString(body)
	if !ok {
		return c.malformed()
	}
	c.writer.reset()
	if err := c.session.Simple(c.ctx, sql, &c.writer); err != nil {
		if c.writer.broken != nil {
			return c.writer.broken
		}
		c.report(err)
	}
	c.ready()
	return c.flush()
}

func (c *conn) sync() error {
	if err := c.session.Sync(c.ctx, &c.writer); err != nil {
		c.report(err)
	}
	c.ready()
	return c.flush()
}

// malformed ends a connection whose messages cannot be read.
func (c *conn) malformed() error {
	c.fatal(pgerror.New(pgerror.ProtocolViolation, "invalid message format"))
	return errClosing
}

func (c *conn) parse(body []byte) error {
	var m pgproto3.Parse
	if err := m.Decode(body); err != nil {
		return c.malformed()
	}
	params := make([]sqltypes.OID, len(m.ParameterOIDs))
	for i, o := range m.ParameterOIDs {
		params[i] = sqltypes.OID(o)
	}
	if err := c.session.Parse(c.ctx, m.Name, m.Query, params); err != nil {
		return err
	}
	c.out = append(c.out, '1', 0, 0, 0, 4)
	return nil
}

func (c *conn) bind(body []byte) error {
	b := &c.writer.bind
	if !decodeBind(b, body) {
		return c.malformed()
	}
	if err := c.session.Bind(c.ctx, b); err != nil {
		return err
	}
	c.out = append(c.out, '2', 0, 0, 0, 4)
	return nil
}

func (c *conn) describe(body []byte) error {
	if len(body) < 2 || body[0] != 'S' && body[0] != 'P' {
		return c.malformed()
	}
	name, ok := cString(body[1:])
	if !ok {
		return c.malformed()
	}
	var cols []query.Column
	var rows bool
	var err error
	if body[0] == 'S' {
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
	var m pgproto3.Execute
	if err := m.Decode(body); err != nil {
		return c.malformed()
	}
	c.writer.reset()
	err := c.session.Execute(c.ctx, m.Portal, int(int32(m.MaxRows)), &c.writer)
	if c.writer.broken != nil {
		return errClosing
	}
	return err
}

func (c *conn) closeObject(body []byte) error {
	if len(body) < 2 || body[0] != 'S' && body[0] != 'P' {
		return c.malformed()
	}
	name, ok := cString(body[1:])
	if !ok {
		return c.malformed()
	}
	if body[0] == 'S' {
		c.session.CloseStatement(name)
	} else {
		c.session.ClosePortal(name)
	}
	c.out = append(c.out, '3', 0, 0, 0, 4)
	return nil
}
