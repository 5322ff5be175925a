package controlplane

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/opendsql/opendsql/iam"
)

// Config is what an API works with. Records, Provisioner and Credentials are required.
type Config struct {
	Records     Records
	Provisioner Provisioner
	Credentials *iam.Store
	Keys        Keys             // nil: there are no customer keys
	Now         func() time.Time // nil: time.Now
	Authorizer  Authorizer       // nil: Credentials decides
	Targets     Targets          // of streams; nil: none can be written
	Logger      *slog.Logger     // nil: nothing is logged
	Regions     []string         // nil: ServiceRegions
	Limits      Limits
	Random      io.Reader // source of ids; nil: the system's
}

// API is the cluster API of every Region it is configured with, and the loop that
// carries its wishes out. It is safe for concurrent use.
type API struct {
	records     Records
	provisioner Provisioner
	credentials *iam.Store
	authorizer  Authorizer
	targets     Targets
	keys        Keys
	now         func() time.Time
	log         *slog.Logger
	regions     []string
	limits      Limits
	random      io.Reader
	operations  []operation
	throttle    throttle

	// writing lets one mutation of this process at a time read, judge and write;
	// others processes are held off by the expectations of Apply alone.
	writing chan struct{}
	// woken has room for one signal: there is a new wish.
	woken chan struct{}
	// changed is closed and replaced whenever this process changed a cluster.
	mu      sync.Mutex
	changed chan struct{}
}

// New makes an API; nothing happens before ServeHTTP and Run are called.
func New(cfg Config) *API {
	if cfg.Records == nil || cfg.Provisioner == nil || cfg.Credentials == nil {
		panic("controlplane: Config needs Records, Provisioner and Credentials")
	}
	a := &API{
		records: cfg.Records, provisioner: cfg.Provisioner, credentials: cfg.Credentials, keys: cfg.Keys,
		now: cfg.Now, log: cfg.Logger, regions: cfg.Regions, limits: cfg.Limits.withDefaults(), random: cfg.Random, operations: operations(),
		writing: make(chan struct{}, 1), woken: make(chan struct{}, 1), changed: make(chan struct{}),
	}
	if a.authorizer = cfg.Authorizer; a.authorizer == nil {
		a.authorizer = cfg.Credentials
	}
	if a.targets = cfg.Targets; a.targets == nil {
		a.targets = noTargets{}
	}
	if a.keys == nil {
		a.keys = ownKeyOnly{}
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.regions == nil {
		a.regions = ServiceRegions()
	}
	if a.random == nil {
		a.random = rand.Reader
	}
	return a
}

// Cluster is what routing a connection needs to know.
type Cluster struct {
	ID        string
	ARN       string
	Account   string
	Region    string
	Status    Status
	Endpoint  string
	CreatedAt time.Time
	Tags      map[string]string // what a login's permission may depend on; not to be changed
	Policy    []byte            // the resource policy, nil if there is none
}

// ClusterByID finds a cluster of any account and Region; one that is gone is not found.
func (a *API) ClusterByID(ctx context.Context, id string) (Cluster, bool, error) {
	c, _, err := a.load(ctx, id)
	if err != nil || c == nil {
		return Cluster{}, false, err
	}
	return c.public(), true, nil
}

// Clusters lists the clusters of all accounts and Regions that are not gone, by id.
func (a *API) Clusters(ctx context.Context) ([]Cluster, error) {
	list, err := a.records.List(ctx, clusterPrefix)
	if err != nil {
		return nil, err
	}
	clusters := make([]Cluster, 0, len(list))
	for _, kv := range list {
		c, err := decodeCluster(kv.Key, kv.Value)
		if err != nil {
			return nil, err
		}
		clusters = append(clusters, c.public())
	}
	return clusters, nil
}

// AwaitSettled waits until a cluster is in a state only a caller moves it out of,
// which needs Run to be running in this process. A cluster that is gone gives ok false.
func (a *API) AwaitSettled(ctx context.Context, id string) (c Cluster, ok bool, err error) {
	for {
		changed := a.changes()
		record, _, err := a.load(ctx, id)
		if err != nil || record == nil {
			return Cluster{}, false, err
		}
		c = record.public()
		if record.settled() {
			return c, true, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return c, true, context.Cause(ctx)
		}
	}
}

// changes is closed at the next change; take it before reading.
func (a *API) changes() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.changed
}

// announce tells waiters that a cluster changed.
func (a *API) announce() {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.changed)
	a.changed = make(chan struct{})
}

// wake makes the loop look for wishes now.
func (a *API) wake() {
	select {
	case a.woken <- struct{}{}:
	default: // it is going to look anyway
	}
}
