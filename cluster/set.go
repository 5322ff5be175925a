package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/internal/keyring"
	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/internal/wholefile"
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
	// What all clusters keep in memory together is bounded: CacheBytes of blocks of files and BlockBytes of decoded ranges, zero for 256 MiB each, and
	// RowBytes of single rows, zero for 160 MiB.
	CacheBytes, BlockBytes, RowBytes int64
	// Pace is how often stores are flushed and journals trimmed; tests hurry. Zero: each at its own default.
	Pace time.Duration
	// Idle is how long a data plane stays open that nobody uses. Zero: five minutes; negative: for good.
	Idle time.Duration
	// AutoAnalyze is how long changes of a table are gathered before it is analysed by itself. Zero: it is not.
	AutoAnalyze time.Duration
	// FS is the file system of journals and stores; tests put a failing one in. Nil: the machine's.
	FS vfs.FS
}

const (
	cacheBytesDefault = 256 << 20
	idleDefault       = 5 * time.Minute
	// endPatience is how long the sessions of a cluster that is retired have to finish their transactions.
	endPatience = time.Second
	// The records of the control plane are few and small.
	controlMemtableBytes = 1 << 20
	controlCacheBytes    = 1 << 20
	controlRowBytes      = 8 << 20
)

// Set is every data plane on this node: the control plane's own and those of its clusters. Safe for concurrent use.
type Set struct {
	config  Config
	log     *slog.Logger
	cache   *storage.Cache
	control *plane
	keys    keys

	owners *owners
	stop   context.CancelFunc // of watching for idle clusters and for keys
	watch  sync.WaitGroup

	mu     sync.Mutex
	closed bool
	slots  map[string]*slot // by the name of the data plane
	gone   map[string]bool  // clusters that were retired, for good
}

// Open opens the control plane's data plane in a directory, making it when it is not there. Clusters are opened when they are first asked for.
func Open(ctx context.Context, c Config) (*Set, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.CacheBytes == 0 {
		c.CacheBytes = cacheBytesDefault
	}
	if c.Idle == 0 {
		c.Idle = idleDefault
	}
	c.Limits = c.Limits.withDefaults()
	s := &Set{config: c, log: c.Logger, slots: map[string]*slot{}, gone: map[string]bool{}}
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
	own := ""
	key, _, err := s.keys.open(copyOf{controlDir, "control", "control"}, &own)
	if err != nil {
		return nil, fmt.Errorf("open the control plane's records: %w", err)
	}
	s.control, err = openPlane(ctx, planeOptions{
		dir:     controlDir,
		storage: storage.Options{FS: c.FS, Key: key, CacheSizes: storage.CacheSizes{FileBytes: controlCacheBytes, BlockBytes: -1, RowBytes: controlRowBytes}, MemtableBytes: controlMemtableBytes},
		log:     c.Logger.With("cluster", "control"),
	})
	if err != nil {
		return nil, fmt.Errorf("open the control plane's records: %w", err)
	}
	if s.owners, err = loadOwners(ctx, s.Records()); err != nil {
		return nil, errors.Join(err, s.control.close())
	}
	s.cache = storage.NewCache(storage.CacheSizes{FileBytes: c.CacheBytes, BlockBytes: c.BlockBytes, RowBytes: c.RowBytes})
	watching, stop := context.WithCancel(context.Background())
	s.stop = stop
	if c.Idle > 0 {
		s.watch.Go(func() { s.watchIdle(watching) })
	}
	s.watch.Go(func() { s.watchKeys(watching) })
	return s, nil
}

// Records are the control plane's.
func (s *Set) Records() controlplane.Records { return &records{db: s.control.db} }

func (s *Set) dir(plane string) string { return filepath.Join(s.config.Dir, "clusters", plane) }

// slot finds the place of a cluster's data plane, whether that exists or not.
func (s *Set) slot(id string) (p *slot, plane string, err error) {
	plane, owner := s.owners.plane(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, "", fmt.Errorf("%w: the node is shutting down", ErrGone)
	case s.gone[id] || !owner:
		return nil, "", fmt.Errorf("%w: %s was deleted", ErrGone, id)
	}
	p = s.slots[plane]
	if p == nil {
		p = &slot{clusters: map[string]*Cluster{}}
		s.slots[plane] = p
	}
	return p, plane, nil
}

// places are the slots there are now.
func (s *Set) places() map[string]*slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.slots)
}

// Provision makes a cluster's data plane, or finds it made, and opens it. Linked clusters share one: the first to come makes it.
func (s *Set) Provision(ctx context.Context, c controlplane.ClusterSpec) error {
	if c.Plane != "" {
		if err := s.share(ctx, c.ID, c.Plane); err != nil {
			return err
		}
	}
	_, err := s.open(ctx, c.ID, &c, nil)
	return err
}

// share makes a cluster an owner of a data plane, before either has data.
func (s *Set) share(ctx context.Context, id, plane string) error {
	s.mu.Lock()
	gone := s.gone[id]
	s.mu.Unlock()
	if gone {
		return fmt.Errorf("%w: %s was deleted", ErrGone, id)
	}
	if _, owner := s.owners.plane(id); owner && !s.owners.shares(id) {
		if _, err := os.Stat(s.dir(id)); err == nil {
			return fmt.Errorf("cluster: %s has data of its own and cannot share that of %s", id, plane)
		}
	}
	return s.owners.join(ctx, id, plane)
}

// Cluster gives a cluster that was provisioned, opening it if it is not open. It may be closed again as soon as nobody has used it for a while.
func (s *Set) Cluster(ctx context.Context, id string) (*Cluster, error) {
	return s.open(ctx, id, nil, nil)
}

// use gives a cluster that stays open until done is called.
func (s *Set) use(ctx context.Context, id string) (c *Cluster, done func(), err error) {
	var in *slot
	c, err = s.open(ctx, id, nil, func(p *slot) {
		p.users.Add(1)
		in = p
	})
	if err != nil {
		return nil, nil, err
	}
	return c, func() { in.users.Add(-1) }, nil
}

// open opens a cluster unless it is open, making it when spec tells what it is to be. keep is called while nothing can close it.
func (s *Set) open(ctx context.Context, id string, spec *controlplane.ClusterSpec, keep func(*slot)) (*Cluster, error) {
	p, plane, err := s.slot(id)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, _, err := s.slot(id); err != nil { // retired or closed meanwhile
		return nil, err
	}
	p.used = time.Now()
	c := p.clusters[id]
	if c == nil {
		c, err = s.openIn(ctx, p, id, plane, spec)
	} else {
		err = s.accessible(c)
	}
	if err != nil {
		return nil, err
	}
	if keep != nil {
		keep(p)
	}
	return c, nil
}

// openIn opens a cluster in its slot, whose lock is held.
func (s *Set) openIn(ctx context.Context, p *slot, id, plane string, spec *controlplane.ClusterSpec) (*Cluster, error) {
	if spec == nil {
		if _, err := os.Stat(s.dir(plane)); err != nil {
			return nil, fmt.Errorf("%w: %s has no data here: %w", ErrGone, id, err)
		}
	}
	arn, err := s.openPlane(ctx, p, id, plane, spec)
	if err != nil {
		return nil, fmt.Errorf("open cluster %s: %w", id, err)
	}
	c := newCluster(id, p.data, s.config.Limits)
	c.kmsKey.Store(arn)
	c.linked = s.owners.shares(id)
	p.clusters[id] = c
	return c, nil
}

// openPlane opens the data plane of a slot for a cluster, with its key, unless it is open. It returns the ARN of the key that the cluster's copy of the data
// key is wrapped with, nil when the data is not encrypted.
func (s *Set) openPlane(ctx context.Context, p *slot, id, plane string, spec *controlplane.ClusterSpec) (arn *string, err error) {
	began := time.Now()
	own := s.copyOf(plane, id)
	var ask *string
	if spec != nil {
		ask = &spec.KmsKeyArn
		if err := makeDir(s.dir(plane)); err != nil {
			return nil, err
		}
		if p.data != nil && p.data.key != nil {
			if err := s.keys.join(own, *ask, p.data.key); err != nil {
				return nil, err
			}
		}
	}
	key, wrappedBy, err := s.keys.open(own, ask)
	if err != nil {
		return nil, err
	}
	if key != nil {
		arn = &wrappedBy
	}
	if p.data != nil {
		return arn, nil
	}
	d, err := openData(ctx, planeOptions{
		dir:      s.dir(plane),
		pace:     s.config.Pace,
		storage:  storage.Options{FS: s.config.FS, Key: key, FlushEvery: s.config.Pace, Cache: s.cache},
		ageLimit: s.config.Limits.Database.TransactionAge,
		log:      s.log.With("cluster", plane),
	}, &s.config)
	if err != nil {
		return nil, err
	}
	d.key = key
	p.data = d
	s.log.Info("cluster opened", "cluster", id, "duration", time.Since(began))
	return arn, nil
}

// Retire ends a cluster's sessions, closes it and removes everything it has on disk, but for what it shares with another. Nobody can open it afterwards.
func (s *Set) Retire(ctx context.Context, id string) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return fmt.Errorf("%w: the node is shutting down", ErrGone)
	}
	s.gone[id] = true
	plane, owner := s.owners.plane(id)
	p := s.slots[plane]
	if p == nil {
		p = &slot{clusters: map[string]*Cluster{}}
		s.slots[plane] = p
	}
	s.mu.Unlock()
	if !owner {
		return nil // it left in a former process, and others live on in the data that bears its name
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.clusters[id]; c != nil {
		if err := c.endSessions(ctx, endPatience); err != nil {
			return fmt.Errorf("end the sessions of cluster %s: %w", id, err)
		}
		delete(p.clusters, id)
	}
	if others, err := s.owners.leave(ctx, id); others || err != nil {
		return err
	}
	if err := p.end(ctx, endPatience); err != nil {
		s.log.Warn("cluster to be removed did not close cleanly", "cluster", id, "error", err)
	}
	if err := os.RemoveAll(s.dir(plane)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := wholefile.SyncDir(filepath.Dir(s.dir(plane))); err != nil {
		return err
	}
	if err := s.owners.forget(ctx, plane); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.slots, plane)
	s.mu.Unlock()
	return nil
}

// Close closes everything. Sessions must have ended; those that have not are ended until ctx does.
func (s *Set) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.watch.Wait()
	var all error
	for name, p := range s.places() {
		p.mu.Lock()
		if err := p.end(ctx, 0); err != nil {
			all = errors.Join(all, fmt.Errorf("close cluster %s: %w", name, err))
		}
		p.mu.Unlock()
	}
	all = errors.Join(all, s.control.close())
	s.cache.Close()
	return all
}
