package pgwire

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// errClosing ends the session loop without anything more to say.
var errClosing = errors.New("pgwire: connection is closing")

// conn is one client's connection. Used by one goroutine, but for drain and cut.
type conn struct {
	server  *Server
	raw     net.Conn // as it was accepted; never changes
	net     net.Conn // raw, or TLS over it once that is done
	reader  *bufio.Reader
	body    []byte // of the message last read
	out     []byte // messages not yet sent
	session Session
	opened  atomic.Pointer[Session]
	key     cancelKey
	login   Login
	ctx     context.Context
	stop    context.CancelFunc
	ends    time.Time
	leaving atomic.Bool
	writer  writer
	skip    bool // after an error in the extended protocol, until Sync
}

const (
	readBuffer  = 4 << 10
	flushAt     = 32 << 10
	keepBuffer  = 8 << 10 // a longer buffer is given back when the session goes idle
	messageHead = 5
)

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{server: s, raw: nc, net: nc}
	c.login.End = c.end
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.reader = bufio.NewReaderSize(nc, readBuffer)
	c.writer.conn = c
	c.newKey()
	return c
}

// newKey draws the key that a cancel request must name.
func (c *conn) newKey() {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	c.key = cancelKey{process: binary.BigEndian.Uint32(b) & 0x7FFFFFFF, secret: binary.BigEndian.Uint32(b[4:])}

}

// run serves the connection to its end. A panic ends this connection and no other.
func (c *conn) run() {
	defer c.net.Close()
	defer c.stop()
	defer func() {
		if c.session != nil {
			c.session.Close()
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			c.server.config.Logger.Error("session panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			c.fatal(pgerror.New(pgerror.InternalError, "internal error"))
		}
	}()
	_ = c.net.SetDeadline(time.Now().Add(c.server.config.HandshakeTime))
	if err := c.startUp(); err != nil {
		c.endStartUp(err)
		return
	}
	_ = c.net.SetDeadline(time.Time{})
	c.ends = time.Now().Add(c.server.config.ConnectionLife)
	c.loop()
}

// endStartUp tells the client why it is refused.
func (c *conn) endStartUp(err error) {
	var refused *pgerror.Error
	if errors.As(err, &refused) {
		c.fatal(refused)
		return
	}
	if !errors.Is(err, errClosing) && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		c.server.config.Logger.Debug("connection ended during start-up", "error", err)
	}
}

// fatal sends a FATAL error and everything before it.
func (c *conn) fatal(e *pgerror.Error) {
	copied := *e
	copied.Severity = pgerror.SeverityFatal
	c.out = appendError(c.out, &copied)
	_ = c.net.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_ = c.flush()
}

// loop serves messages until the client or the server ends the session.
func (c *conn) loop() {
	for {
		_ = c.net.SetReadDeadline(c.ends)
		if c.leaving.Load() && c.session.Status() == 'I' {
			c.fatal(pgerror.New(pgerror.AdminShutdown, "terminating connection due to administrator command"))
			return
		}
		typ, body, err := c.read()
		if err != nil {
			if c.readFailed(err) {
				continue
			}
			return
		}
		if err := c.message(typ, body); err != nil {
			return
		}
	}
}

// readFailed decides about a read that gave no message: true to go on.
func (c *conn) readFailed(err error) bool {
	var refused *pgerror.Error
	if errors.As(err, &refused) {
		c.fatal(refused)
		return false
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	if c.leaving.Load() && c.session.Status() == 'I' {
		c.fatal(pgerror.New(pgerror.AdminShutdown, "terminating connection due to administrator command"))
		return false
	}
	if time.Now().Before(c.ends) {
		return c.reader.Buffered() == 0
	}
	// The connection's time is up. A transaction begun before may still finish.
	if c.session.Status() != 'I' && time.Now().Before(c.ends.Add(c.server.config.TransactionAge)) && c.reader.Buffered() == 0 {
		c.ends = c.ends.Add(c.server.config.TransactionAge)
		c.leaving.Store(true)
		return true
	}
	c.fatal(pgerror.New(pgerror.AdminShutdown, "terminating connection due to connection duration limit"))
	return false
}

// drain ends the session as soon as it is idle.
func (c *conn) drain() {
	c.leaving.Store(true)
	_ = c.raw.SetReadDeadline(time.Now())
}

// end is the connection's end as others may ask for it.
func (c *conn) end(now bool) {
	if now {
		c.cut()
		return
	}
	c.drain()
}

// cut ends the connection now.
func (c *conn) cut() {
	c.stop()
	_ = c.raw.Close()
}

// read gives the next message. The body is valid until the next call.
func (c *conn) read() (byte, []byte, error) {
	head, err := c.reader.Peek(messageHead)
	if err != nil {
		return 0, nil, err
	}
	typ := head[0]
	n := int(binary.BigEndian.Uint32(head[1:])) - 4
	if n < 0 || n > c.server.config.MessageBytes {
		return 0, nil, pgerror.New(pgerror.ProtocolViolation, "invalid message length")
	}
	if _, err := c.reader.Discard(messageHead); err != nil {
		return 0, nil, err
	}
	// A message that has begun must come whole; the client has the handshake's time for each part of it.
	if c.reader.Buffered() < n {
		_ = c.net.SetReadDeadline(time.Now().Add(c.server.config.TransactionAge))
	}
	body, err := c.readBody(n)
	return typ, body, err
}

// readBody reads n bytes. Memory grows with what has arrived, not with what the client announced.
func (c *conn) readBody(n int) ([]byte, error) {
	if cap(c.body) > 64<<10 && n < keepBuffer {
		c.body = nil
	}
	c.body = c.body[:0]
	for len(c.body) < n {
		step := min(n-len(c.body), 64<<10)
		at := len(c.body)
		if cap(c.body) < at+step {
			grown := make([]byte, at, max(at+step, min(n, 2*cap(c.body))))
			copy(grown, c.body)
			c.body = grown
		}
		c.body = c.body[:at+step]
		if _, err := io.ReadFull(c.reader, c.body[at:]); err != nil {
			return nil, err
		}
	}
	return c.body, nil
}

// flush sends what has been written.
func (c *conn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.net.Write(c.out)
	if cap(c.out) > flushAt*2 {
		c.out = nil
	}
	c.out = c.out[:0]
	return err
}

// flushIfLong sends what has been written once it is worth a packet.
func (c *conn) flushIfLong() error {
	if len(c.out) < flushAt {
		return nil
	}
	return c.flush()
}

// upgrade continues the connection inside TLS.
func (c *conn) upgrade(under net.Conn) error {
	t := tls.Server(under, c.server.config.TLS)
	if err := t.HandshakeContext(c.ctx); err != nil {
		return err
	}
	state := t.ConnectionState()
	c.login.ServerName, c.login.TLS = state.ServerName, &state
	c.net = t
	c.reader = bufio.NewReaderSize(t, readBuffer)
	return nil
}
