package cluster

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/opendsql/opendsql/internal/sealed"
	"github.com/opendsql/opendsql/query"
)

// slot is the place of one data plane and the clusters that it serves: one, or two that are linked. mu is held while it is being opened, closed or removed.
type slot struct {
	users atomic.Int64 // logins that are being let in; it grows only while mu is held

	mu       sync.Mutex
	data     *data // nil: not open
	clusters map[string]*Cluster
	used     time.Time // last seen in use
}

// data is an open data plane with its database.
type data struct {
	plane    *plane
	database *query.Database
	key      *sealed.Key // nil: not encrypted
}

func openData(ctx context.Context, o planeOptions, c *Config) (*data, error) {
	p, err := openPlane(ctx, o)
	if err != nil {
		return nil, err
	}
	d, err := query.OpenDatabase(ctx, p.db, c.Limits.Database)
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	d.AutoAnalyze = c.AutoAnalyze
	return &data{plane: p, database: d}, nil
}

func (d *data) close() error {
	d.database.Close()
	return d.plane.close()
}

// busy tells whether anybody uses the data plane, or it works by itself; mu is held.
func (p *slot) busy() bool {
	if p.users.Load() > 0 || p.data.plane.db.Transactions() > 0 || p.data.database.Busy() {
		return true
	}
	for _, c := range p.clusters {
		if c.Sessions() > 0 {
			return true
		}
	}
	return false
}

// end ends the sessions of every cluster of the slot, and closes the data plane; mu is held.
func (p *slot) end(ctx context.Context, patience time.Duration) error {
	for id, c := range p.clusters {
		if err := c.endSessions(ctx, patience); err != nil {
			return fmt.Errorf("end the sessions of cluster %s: %w", id, err)
		}
		delete(p.clusters, id)
	}
	if p.data == nil {
		return nil
	}
	err := p.data.close()
	p.data = nil
	return err
}

// closeIdle closes what nobody has used for a while. The next connection opens it again and finds everything as it was. What was closed is given back to the
// system at once: on a quiet node the collector would not come by for minutes.
func (s *Set) closeIdle(now time.Time) {
	closed := 0
	for name, p := range s.places() {
		if !p.mu.TryLock() { // somebody is at it
			continue
		}
		switch {
		case p.data == nil:
		case p.busy():
			p.used = now
		case now.Sub(p.used) >= s.config.Idle:
			if err := p.end(context.Background(), 0); err != nil {
				s.log.Warn("idle cluster did not close cleanly", "cluster", name, "error", err)
			} else {
				s.log.Info("idle cluster closed", "cluster", name)
			}
			closed++
		}
		p.mu.Unlock()
	}
	if closed > 0 {
		debug.FreeOSMemory()
	}
}

// watchIdle closes idle clusters until ctx ends.
func (s *Set) watchIdle(ctx context.Context) {
	ticker := time.NewTicker(max(s.config.Idle/8, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			s.closeIdle(now)
		}
	}
}
