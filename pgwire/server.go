// Package pgwire speaks PostgreSQL's protocol on one side and to a Session on the other.
//
// It promises: a connection is encrypted before anything else is said; nothing that arrived in plain text is taken for something said inside
// TLS; no message is longer than the service allows; a session that panics ends alone. It knows neither SQL nor clusters: an Opener turns a
// login into a session, or refuses it.
package pgwire

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
)

// Login is who wants to connect where.
type Login struct {
	ServerName string            // TLS server name (SNI), empty when the client sent none
	User       string            // start-up parameter user
	Database   string            // start-up parameter database; the user's name when absent
	Parameters map[string]string // all other start-up parameters
	Options    map[string]string // settings out of the options parameter (-c name=value), amzn-cluster-id among them
	Token      string            // the password message
	Remote     net.Addr
	TLS        *tls.ConnectionState
	// End ends the connection: as soon as it is idle, or now. Safe for concurrent use.
	End func(now bool)
}

// Opener turns a login into a session, or refuses it. (declared here, fulfilled in package cluster)
type Opener interface {
	// Route finds the cluster of a login before its token is asked for; the token is still empty.
	Route(ctx context.Context, l *Login) error
	Open(ctx context.Context, l *Login) (Session, error)
}

// Session is one connection's state behind the protocol. Used by one goroutine, but for Cancel.
type Session interface {
	// Parameters are the settings reported at start-up, in order.
	Parameters() [][2]string
	// Simple runs the statements of a Query message. Its error is the statement's; what was complete before it has been written.
	Simple(ctx context.Context, sql string, w query.Writer) error
	Parse(ctx context.Context, name, sql string, params []sqltypes.OID, w query.Writer) error
	Bind(ctx context.Context, b *query.Bind) error
	// DescribeStatement gives the parameters' types, and the columns of a statement that gives rows (rows false: it gives none).
	DescribeStatement(ctx context.Context, name string) (params []sqltypes.OID, cols []query.Column, rows bool, err error)
	DescribePortal(ctx context.Context, name string) (cols []query.Column, rows bool, err error)
	Execute(ctx context.Context, portal string, maxRows int, w query.Writer) error
	CloseStatement(name string)
	ClosePortal(name string)
	// Sync ends an implicit transaction; after a failure it rolls it back.
	Sync(ctx context.Context, w query.Writer) error
	// Failed tells the session that the message before ended in an error.
	Failed()
	// Status is I (idle), T (in a transaction) or E (in a failed one).
	Status() byte
	// Cancel interrupts the statement that runs; safe for concurrent use.
	Cancel()
	Close()
}

// Config is what a Server needs.
type Config struct {
	TLS    *tls.Config // NextProtos must hold "postgresql"
	Opener Opener
	Logger *slog.Logger
	// ConnectionLife bounds a session; a transaction begun before may last TransactionAge longer. Zero: the service's.
	ConnectionLife time.Duration
	TransactionAge time.Duration
	MessageBytes   int
	// HandshakeTime bounds everything before the session begins. Zero: 30 s.
	HandshakeTime time.Duration
}

// Server accepts connections. Safe for concurrent use.
type Server struct {
	config Config

	mu       sync.Mutex
	closed   bool
	conns    map[*conn]struct{}
	cancels  map[cancelKey]*conn
	sessions sync.WaitGroup
	listener []net.Listener
	done     chan struct{} // closed by Shutdown
	buffers  sync.Pool     // of *buffer
}

type cancelKey struct{ process, secret uint32 }

// NewServer makes a server.
func NewServer(c Config) *Server {
	if c.ConnectionLife == 0 {
		c.ConnectionLife = limits.ConnectionLife
	}
	if c.TransactionAge == 0 {
		c.TransactionAge = limits.TransactionAge
	}
	if c.MessageBytes == 0 {
		c.MessageBytes = limits.MessageBytes
	}
	if c.HandshakeTime == 0 {
		c.HandshakeTime = 30 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Server{config: c, conns: map[*conn]struct{}{}, cancels: map[cancelKey]*conn{}, done: make(chan struct{})}
}

// Serve accepts connections until the listener is closed or Shutdown is called. What else goes wrong with a listener is taken for passing.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return l.Close()
	}
	s.listener = append(s.listener, l)
	s.mu.Unlock()
	for {
		nc, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			s.config.Logger.Error("accepting a connection failed", "error", err)
			if !s.pause(acceptPause) {
				return nil
			}
			continue
		}
		if !s.start(nc) {
			_ = nc.Close()
		}
	}
}

// acceptPause is how long a server out of file descriptors, say, waits for things to become better.
const acceptPause = 100 * time.Millisecond

// pause waits; false when the server is shut down meanwhile.
func (s *Server) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.done:
		return false
	}
}

// take gives a page of memory, give takes it back.
func (s *Server) take() *buffer {
	if b, ok := s.buffers.Get().(*buffer); ok {
		return b
	}
	return new(buffer)
}

func (s *Server) give(b *buffer) { s.buffers.Put(b) }

// start runs a connection on goroutines of its own.
func (s *Server) start(nc net.Conn) bool {
	c := newConn(s, nc)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[c] = struct{}{}
	s.sessions.Add(1)
	go c.run(func() {
		s.mu.Lock()
		delete(s.conns, c)
		delete(s.cancels, c.key)
		s.mu.Unlock()
		s.sessions.Done()
	})
	return true
}

// Shutdown stops accepting, tells idle sessions to go and waits for the busy ones until ctx ends; then it cuts them off.
func (s *Server) Shutdown(ctx context.Context) {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	for _, l := range s.listener {
		_ = l.Close()
	}
	for c := range s.conns {
		c.drain()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.sessions.Wait(); close(done) }()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	s.mu.Lock()
	for c := range s.conns {
		c.cut()
	}
	s.mu.Unlock()
	<-done
}

// CloseSessions ends every session for which match is true, as when its cluster is deleted.
func (s *Server) CloseSessions(match func(Session) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if session := c.opened.Load(); session != nil && match(*session) {
			c.drain()
		}
	}
}

func (s *Server) register(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancels[c.key] = c
}

func (s *Server) cancel(key cancelKey) {
	s.mu.Lock()
	c := s.cancels[key]
	s.mu.Unlock()
	if c != nil {
		if session := c.opened.Load(); session != nil {
			(*session).Cancel()
		}
	}
}
