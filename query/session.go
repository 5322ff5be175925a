package query

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	crand "crypto/rand"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// Who is a session's login, verified.
type Who struct {
	User        string
	Application string
	Settings    map[string]string // start-up settings
	TLS         catalog.TLSInfo
	MultiRegion bool // what is written goes to another Region, too
	// Allowed is asked at the start of every transaction whether the login still holds; nil: always.
	Allowed func() error
}

// Session is one connection to a database. Used by one goroutine, but for Cancel.
type Session struct {
	db       *Database
	who      Who
	role     string // current_user; the login's unless SET ROLE changed it
	settings *settings
	format   sqltypes.Format
	expr     expr.Session
	id       string
	random   *rand.Rand
	pathOf   *catalog.Snapshot // the catalog that expr.SearchPath was made with; nil: not up to date
	alone    bool              // the statement that runs is the only one of its message
	writer   Writer            // of the message being served
	text     string            // of the statements being served
	notice   func(*pgerror.Error)

	tx         *transaction // nil: none is open
	block      blockState
	statements map[string]*prepared
	portals    map[string]*portal
	now        time.Time // of the statement

	mu     sync.Mutex
	live   context.Context // of messages, made from liveOf
	liveOf context.Context
	cancel context.CancelFunc // of live
	busy   bool               // a message is being served
	closed atomic.Bool
}

// NewSession opens a session for a login. Settings that may not be set are refused as the service does at start-up: FATAL.
func (d *Database) NewSession(ctx context.Context, who Who) (*Session, error) {
	s := &Session{db: d, who: who, role: who.User, statements: map[string]*prepared{}, portals: map[string]*portal{}}
	id := make([]byte, 16)
	_, _ = crand.Read(id)
	s.id = hex.EncodeToString(id)
	s.random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	s.settings, s.notice = newSettings(s), s.tell
	s.expr = expr.Session{
		Format: &s.format, User: who.User, SessionUser: who.User, Database: databaseName, SessionID: s.id,
		Now:     func() int64 { return postgresMicros(d.Now()) },
		Setting: s.settings.show, SetSetting: s.setConfig,
		Random: s.random.Float64, SetSeed: s.setSeed,
	}
	s.expr.Catalog = &information{session: s}
	s.format.ObjectName, s.format.ObjectOID, s.format.Notice = s.expr.Catalog.RegOut, s.expr.Catalog.RegIn, s.notice
	s.settings.apply()
	for name, value := range who.Settings {
		if name == "amzn-cluster-id" || strings.HasPrefix(name, "_pq_") {
			continue
		}
		if err := s.settings.startUp(name, value); err != nil {
			return nil, pgerror.From(err).Fatal()
		}
	}
	return s, nil
}

// databaseName is the only database of a cluster.
const databaseName = "postgres"

var postgresEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func postgresMicros(t time.Time) int64 { return t.Sub(postgresEpoch).Microseconds() }

func (s *Session) setSeed(seed float64) {
	s.random = rand.New(rand.NewPCG(uint64(seed*(1<<52)), 0))
	s.expr.Random = s.random.Float64
}

// Parameters are the settings that a PostgreSQL 16 server reports at start-up, in its order.
func (s *Session) Parameters() [][2]string {
	var out [][2]string
	for _, name := range reportedSettings {
		value, _ := s.settings.show(name)
		out = append(out, [2]string{name, value})
	}
	return out
}

// tell sends the client a notice.
func (s *Session) tell(n *pgerror.Error) {
	if s.writer != nil {
		_ = s.writer.Notice(n) // a connection that is gone shows when the answer is written
	}
}

// Status is the transaction status of ReadyForQuery.
func (s *Session) Status() byte {
	switch {
	case s.block == blockFailed:
		return 'E'
	case s.block == blockOpen:
		return 'T'
	}
	return 'I'
}

// Cancel interrupts the statement that runs.
func (s *Session) Cancel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		s.cancel()
	}
}

// running gives the context of a message, which Cancel ends. One context serves message after message until it is cancelled.
func (s *Session) running(ctx context.Context) (context.Context, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil || s.liveOf != ctx || s.live.Err() != nil {
		if s.cancel != nil {
			s.cancel()
		}
		s.liveOf = ctx
		s.live, s.cancel = context.WithCancel(ctx)
	}
	s.busy = true
	return s.live, s.idle
}

// idle ends what running began.
func (s *Session) idle() {
	s.mu.Lock()
	s.busy = false
	s.mu.Unlock()
}

// Close ends the session; an open transaction is rolled back.
func (s *Session) Close() {
	s.closePortals()
	s.rollback()
	s.closed.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel()
	}
}

// scope is the transaction's catalog seen through the session's search path.
func (s *Session) scope() catalog.Scope {
	return s.snapshot().Scope(s.path())
}

// path is the search path as far as its schemas exist.
func (s *Session) path() catalog.Path { return s.snapshot().SearchPath(s.settings.searchPath, s.role) }

// effectivePath tells the functions that ask for the search path which of its schemas exist.
func (s *Session) effectivePath() {
	snapshot := s.snapshot()
	if s.pathOf == snapshot {
		return
	}
	s.pathOf = snapshot
	s.expr.SearchPath = nil
	for _, oid := range s.path().Schemas(false) {
		s.expr.SearchPath = append(s.expr.SearchPath, snapshot.SchemaName(oid))
	}
}

// snapshot is the catalog of the open transaction, or the newest one known.
func (s *Session) snapshot() *catalog.Snapshot {
	if s.tx != nil {
		return s.tx.snapshot
	}
	return s.db.current.Load()
}

// userOID is the OID of current_user.
func (s *Session) userOID() sqltypes.OID {
	if r := s.snapshot().RoleByName(s.role); r != nil {
		return r.OID
	}
	return 0
}

// info is what system relations may know of the session.
func (s *Session) info() catalog.SessionInfo {
	snapshot := s.snapshot()
	info := catalog.SessionInfo{
		User: s.userOID(), Path: s.path(), Now: s.now, Setting: s.settings.show, TLS: s.who.TLS, Activity: s.activityOf,
	}
	if r := snapshot.RoleByName(s.who.User); r != nil {
		info.SessionUser = r.OID
	}
	if s.tx != nil {
		t := s.tx.txn
		info.Jobs = func(context.Context) ([]*catalog.Job, error) { return catalog.Jobs(t) }
	}
	for name, p := range s.statements {
		if name != "" {
			info.Prepared = append(info.Prepared, catalog.PreparedStatement{Name: name, Statement: p.sql, Prepared: p.made, Parameters: p.params})
		}
	}
	return info
}
