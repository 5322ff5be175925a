package cluster

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query"
)

// Cluster is one cluster's door to its open data plane, which a linked one has a door to as well: sessions and their bounds are each cluster's own,
// everything in the database is shared. Safe for concurrent use.
type Cluster struct {
	id       string
	database *query.Database
	arrivals *bucket
	most     int // connections
	linked   bool
	// kmsKey is the ARN of the key that wraps the cluster's copy of the data key, empty for the node's own; nil: not encrypted.
	kmsKey atomic.Pointer[string]

	mu       sync.Mutex
	leaving  bool
	sessions map[*session]struct{}
	empty    chan struct{} // closed when leaving and the last session is gone
}

// session is a database session that its cluster knows of.
type session struct {
	*query.Session
	cluster *Cluster
	end     func(now bool) // ends the connection: as soon as it is idle, or now
}

// Close ends the session.
func (s *session) Close() {
	s.Session.Close()
	s.cluster.forget(s)
}

func newCluster(id string, d *data, l Limits) *Cluster {
	return &Cluster{
		id: id, database: d.database, arrivals: newBucket(l.ConnectionBurst, l.ConnectionRate, time.Now()), most: l.Connections,
		sessions: map[*session]struct{}{}, empty: make(chan struct{}),
	}
}

// errLeaving is what a connection hears that comes while its cluster is being closed.
var errLeaving = pgerror.New(pgerror.CannotConnectNow, "unable to accept connection, waking up cluster, please retry later").Fatal()

// admit keeps a place for a session. The place must be taken by adopt or given back by forget.
func (c *Cluster) admit() (*session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaving {
		return nil, errLeaving
	}
	if len(c.sessions) >= c.most {
		return nil, pgerror.New(pgerror.TooManyConnections, "Unable to accept connection, too many open connections.").Fatal()
	}
	s := &session{cluster: c}
	c.sessions[s] = struct{}{}
	return s, nil
}

// adopt fills an admitted session in. It is false when the cluster is being closed.
func (c *Cluster) adopt(s *session, open *query.Session, end func(now bool)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Session, s.end = open, end
	return !c.leaving
}

func (c *Cluster) forget(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sessions, s)
	if c.leaving && len(c.sessions) == 0 {
		c.signalEmpty()
	}
}

// signalEmpty tells whoever closes the cluster; mu is held.
func (c *Cluster) signalEmpty() {
	select {
	case <-c.empty:
	default:
		close(c.empty)
	}
}

// endSessions lets nobody in any more and ends every session: politely at first, by force after a while. It returns when none is left.
func (c *Cluster) endSessions(ctx context.Context, patience time.Duration) error {
	c.end(false)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-c.empty:
			return nil
		case <-timer.C:
			c.end(true)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (c *Cluster) end(now bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaving = true
	for s := range c.sessions {
		if s.end != nil {
			s.end(now)
		}
	}
	if len(c.sessions) == 0 {
		c.signalEmpty()
	}
}

// Sessions is how many are open.
func (c *Cluster) Sessions() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sessions)
}
