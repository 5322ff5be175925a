package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/internal/keyring"
	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/query"
	"github.com/opendsql/opendsql/storage"
)

// ErrGone: no such cluster is on this node.
var ErrGone = errors.New("cluster: not on this node")

// Limits are the quotas of a cluster that can be rehearsed with other values. The zero value of a field means the service's.
type Limits struct {
	Database        query.Limits
	Connections     int // open at the same time
	ConnectionRate  int // new ones each second, once the burst is used up
	ConnectionBurst int
}

func (l Limits) withDefaults() Limits {
	if l.Connections == 0 {
		l.Connections = limits.Connections
	}
	if l.ConnectionRate == 0 {
		l.ConnectionRate = limits.ConnectionRate
	}
	if l.ConnectionBurst == 0 {
		l.ConnectionBurst = limits.ConnectionBurst
	}
	return l
}

// Config is what a Set needs.
type Config struct {
	Dir    string // holds keys.json, control/ and clusters/
	Limits Limits
	Logger *slog.Logger // nil: nothing is logged
	// CacheBytes bounds the blocks of files that all clusters keep in memory together, BlockBytes the decoded ranges of each. Zero: 256 MiB.
	CacheBytes, BlockBytes int64
	// Pace is how often stores are flushed and journals trimmed; tests hurry. Zero: each at its own default.
	Pace time.Duration
	// FS is the file system of journals and stores; tests put a failing one in. Nil: the machine's.
	FS vfs.FS
}

const (
	cacheBytesDefault = 256 << 20
	// endPatience is how long the sessions of a cluster that is retired have to finish their transactions.
	endPatience = time.Second
	// The records of the control plane are few and small.
	controlMemtableBytes = 1 << 20
	controlCacheBytes    = 1 << 20
)

// Set is every data plane on this node: the control plane's own and those of its clusters. Safe for concurrent use.
type Set struct {
	config  Config
	log     *slog.Logger
	cache   *storage.Cache
	control *plane
	keys    keys
	forget  context.CancelFunc // ends the watch over keys,
	watched chan struct{}      // and this tells that it has ended

	mu     sync.Mutex
	closed bool
	slots  map[string]*slot
}

// slot is the place of one cluster. Its lock is held while the cluster is being opened, retired or closed.
type slot struct {
	mu      sync.Mutex
	cluster *Cluster // nil: not open
	gone    bool     // retired, for good
}

// Open opens the control plane's data plane in a directory, making it when it is not there. Clusters are opened when they are first asked for.
func Open(ctx context.Context, c Config) (*Set, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.CacheBytes == 0 {
		c.CacheBytes = cacheBytesDefault
	}
	c.Limits = c.Limits.withDefaults()
	s := &Set{config: c, log: c.Logger, slots: map[string]*slot{}, watched: make(chan struct{})}
	controlDir := filepath.Join(c.Dir, "control")
	for _, dir := range []string{filepath.Join(c.Dir, "clusters"), controlDir} {
		if err := makeDir(dir); err != nil {
			return nil, err
		}
	}
	var err error
	if s.keys.ring, err = keyring.Open(filepath.Join(c.Dir, keyring.FileName), time.Now); err != nil {
		return nil, err
	}
	key, _, err := s.keys.open(controlDir, "control", "")
	if err != nil {
		return nil, fmt.Errorf("open the control plane's records: %w", err)
	}
	s.control, err = openPlane(ctx, planeOptions{
		dir:     controlDir,
		storage: storage.Options{FS: c.FS, Key: key, CacheBytes: controlCacheBytes, BlockBytes: -1, MemtableBytes: controlMemtableBytes},
		log:     c.Logger.With("cluster", "control"),
	})
	if err != nil {
		return nil, fmt.Errorf("open the control plane's records: %w", err)
	}
	s.cache = storage.NewCache(c.CacheBytes)
	background, stop := context.WithCancel(context.Background())
	s.forget = stop
	go s.watchKeys(background)
	return s, nil
}

// Records are the control plane's.
func (s *Set) Records() controlplane.Records { return &records{db: s.control.db} }

func (s *Set) dir(id string) string { return filepath.Join(s.config.Dir, "clusters", id) }

// slot finds a cluster's place, whether the cluster exists or not.
func (s *Set) slot(id string) (*slot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("%w: the node is shutting down", ErrGone)
	}
	p := s.slots[id]
	if p == nil {
		p = &slot{}
		s.slots[id] = p
	}
	return p, nil
}

// Provision makes a cluster's data plane, or finds it made, and opens it.
func (s *Set) Provision(ctx context.Context, c controlplane.ClusterSpec) error {
	_, err := s.open(ctx, c.ID, &c)
	return err
}

// Cluster gives a cluster that was provisioned, opening it if it is not open.
func (s *Set) Cluster(ctx context.Context, id string) (*Cluster, error) {
	return s.open(ctx, id, nil)
}

// open opens a cluster that is not open, making it when spec tells what it is to be.
func (s *Set) open(ctx context.Context, id string, spec *controlplane.ClusterSpec) (*Cluster, error) {
	p, err := s.slot(id)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.gone:
		return nil, fmt.Errorf("%w: %s was deleted", ErrGone, id)
	case p.cluster != nil:
		return p.cluster, s.accessible(p.cluster)
	}
	kmsKey := ""
	if spec == nil {
		if _, err := os.Stat(s.dir(id)); err != nil {
			return nil, fmt.Errorf("%w: %s has no data here: %w", ErrGone, id, err)
		}
	} else {
		kmsKey = spec.KmsKeyArn
		if err := makeDir(s.dir(id)); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	key, kmsKey, err := s.keys.open(s.dir(id), id, kmsKey)
	if err != nil {
		return nil, fmt.Errorf("open cluster %s: %w", id, err)
	}
	c, err := newCluster(ctx, id, planeOptions{
		dir:      s.dir(id),
		pace:     s.config.Pace,
		storage:  storage.Options{FS: s.config.FS, Key: key, FlushEvery: s.config.Pace, Cache: s.cache, BlockBytes: s.config.BlockBytes},
		ageLimit: s.config.Limits.Database.TransactionAge,
		log:      s.log.With("cluster", id),
	}, s.config.Limits)
	if err != nil {
		return nil, fmt.Errorf("open cluster %s: %w", id, err)
	}
	if key != nil {
		c.kmsKey.Store(&kmsKey)
	}
	p.cluster = c
	s.log.Info("cluster opened", "cluster", id, "duration", time.Since(began))
	return c, nil
}

// Retire ends a cluster's sessions, closes it and removes everything it has on disk. Nobody can open it afterwards.
func (s *Set) Retire(ctx context.Context, id string) error {
	p, err := s.slot(id)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	if p.cluster != nil {
		if err := p.cluster.endSessions(ctx, endPatience); err != nil {
			return fmt.Errorf("end the sessions of cluster %s: %w", id, err)
		}
		p.cluster.database.Close()
		err := p.cluster.plane.close()
		p.cluster = nil
		if err != nil {
			s.log.Warn("cluster to be removed did not close cleanly", "cluster", id, "error", err)
		}
	}
	if err := os.RemoveAll(s.dir(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(filepath.Dir(s.dir(id)))
}

// living are the clusters that are open now.
func (s *Set) living() map[string]*Cluster {
	s.mu.Lock()
	places := make(map[string]*slot, len(s.slots))
	for id, p := range s.slots {
		places[id] = p
	}
	s.mu.Unlock()
	list := map[string]*Cluster{}
	for id, p := range places {
		if p.mu.TryLock() { // one that is being opened or closed has nothing to measure
			if p.cluster != nil {
				list[id] = p.cluster
			}
			p.mu.Unlock()
		}
	}
	return list
}

// Close closes everything. Sessions must have ended; those that have not are ended until ctx does.
func (s *Set) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	places := s.slots
	s.mu.Unlock()
	s.forget()
	<-s.watched
	var all error
	for id, p := range places {
		p.mu.Lock()
		if p.cluster != nil {
			err := p.cluster.endSessions(ctx, 0)
			if err == nil {
				p.cluster.database.Close()
				err = p.cluster.plane.close()
			}
			if err != nil {
				all = errors.Join(all, fmt.Errorf("close cluster %s: %w", id, err))
			}
			p.cluster = nil
		}
		p.mu.Unlock()
	}
	all = errors.Join(all, s.control.close())
	s.cache.Close()
	return all
}
