package pgwire

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// errClosing ends the session loop without anything more to say.
var errClosing = errors.New("pgwire: connection is closing")

// conn is one client's connection. Used by one goroutine, but for what end, expire and cut do.
type conn struct {
	server  *Server
	raw     net.Conn // as it was accepted; never changes
	net     net.Conn // raw, or TLS over it once that is done
	reader  reader
	out     []byte  // messages not yet sent
	page    *buffer // that out began in; nil while idle
	names   names
	session Session
	opened  atomic.Pointer[Session]
	key     cancelKey
	login   Login
	ctx     context.Context
	stop    context.CancelFunc
	writer  writer
	leaving atomic.Bool // to end as soon as it is idle
	expired atomic.Bool // its life is over; an open transaction may finish
	overdue atomic.Bool // nor may that any more
	inside  bool        // serving a message
	pending bool        // messages of the extended protocol came since the last Sync
	skip    bool        // after an error in the extended protocol, until Sync
}

const (
	flushAt  = 32 << 10
	farewell = 5 * time.Second // for the last words to reach the client
)

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{server: s, raw: nc, net: nc}
	c.login.End = c.end
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.reader.conn = c
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

// run serves the connection to its end, then calls finished. A panic ends this connection and no other. The session goes on in a goroutine of its
// own: the stack that a TLS handshake needs is several times what a session needs later, and a goroutine does not give it back while it waits.
func (c *conn) run(finished func()) {
	opened := false
	c.guard(func() { opened = c.open() })
	if !opened {
		c.close(finished)
		return
	}
	go func() {
		c.guard(c.serve)
		c.close(finished)
	}()
}

func (c *conn) close(finished func()) {
	c.guard(func() {
		if c.session != nil {
			c.session.Close()
		}
	})
	c.reader.drop()
	_ = c.net.Close()
	c.stop()
	finished()
}

// guard calls f and turns its panic into the end of the connection.
func (c *conn) guard(f func()) {
	defer func() {
		if p := recover(); p != nil {
			c.server.config.Logger.Error("session panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			c.fatal(pgerror.New(pgerror.InternalError, "internal error"))
		}
	}()
	f()
}

// open leads the connection to an open session, or tells the client why not.
func (c *conn) open() bool {
	_ = c.net.SetDeadline(time.Now().Add(c.server.config.HandshakeTime))
	if err := c.startUp(); err != nil {
		c.ended(err)
		return false
	}
	_ = c.net.SetDeadline(time.Time{})
	return true
}

// serve answers the session's messages.
func (c *conn) serve() {
	config := &c.server.config
	defer time.AfterFunc(config.ConnectionLife, c.expire).Stop()
	defer time.AfterFunc(config.ConnectionLife+config.TransactionAge, c.overrun).Stop()
	c.ended(c.loop())
}

// ended tells the client why its connection ends, if the reason is the server's.
func (c *conn) ended(err error) {
	var refused *pgerror.Error
	switch {
	case errors.As(err, &refused):
		c.fatal(refused)
	case errors.Is(err, errClosing), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
	default:
		c.server.config.Logger.Debug("connection lost", "error", err)
	}
}

// fatal sends a FATAL error and everything before it.
func (c *conn) fatal(e *pgerror.Error) {
	copied := *e
	copied.Severity = pgerror.SeverityFatal
	c.out = appendError(c.out, &copied)
	_ = c.net.SetWriteDeadline(time.Now().Add(farewell))
	_ = c.flush()
}

// loop serves messages until the client or the server ends the session, and returns why.
func (c *conn) loop() error {
	for {
		if err := c.mustLeave(); err != nil {
			return err
		}
		typ, body, err := c.reader.next(c.server.config.MessageBytes)
		if err != nil {
			return err
		}
		if c.page == nil {
			c.page = c.server.take()
			c.out = append(c.page[:0], c.out...)
		}
		c.inside = true
		err = c.message(typ, body)
		c.inside = false
		if err != nil {
			return err
		}
	}
}

// mustLeave is the reason to end the session now, between two messages; nil to go on.
func (c *conn) mustLeave() error {
	if c.inside || c.session == nil {
		return nil
	}
	busy := c.pending || c.session.Status() != 'I'
	switch {
	case c.overdue.Load(), c.expired.Load() && !busy:
		return pgerror.New(pgerror.AdminShutdown, "terminating connection due to connection duration limit")
	case c.leaving.Load() && !busy:
		return pgerror.New(pgerror.AdminShutdown, "terminating connection due to administrator command")
	}
	return nil
}

// wake makes a read that waits look at the flags again.
func (c *conn) wake() { _ = c.raw.SetReadDeadline(time.Now()) }

// drain ends the session as soon as it is idle.
func (c *conn) drain() {
	c.leaving.Store(true)
	c.wake()
}

// expire ends the session's life: at once when it is idle, else with its transaction.
func (c *conn) expire() {
	c.expired.Store(true)
	c.wake()
}

// overrun ends a session whose transaction outlived the session's life by the age of a transaction.
func (c *conn) overrun() {
	c.overdue.Store(true)
	c.stop()
	_ = c.raw.SetWriteDeadline(time.Now().Add(farewell))
	c.wake()
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

// flush sends what has been written.
func (c *conn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.net.Write(c.out)
	if c.page != nil && cap(c.out) > flushAt*2 {
		c.out = c.page[:0]
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

// rest gives back the memory that an idle session does not need.
func (c *conn) rest() {
	if len(c.out) > 0 {
		return
	}
	if c.page != nil {
		c.server.give(c.page)
	}
	c.page, c.out = nil, nil
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
	c.reader.forget()
	return nil
}
