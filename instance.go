package opendsql

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"slices"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/cluster"
	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/pgwire"
)

// Options are the choices of an instance. The zero value of a field means its default.
type Options struct {
	DataDir        string // default ./opendsql-data
	SQLAddr        string // default 127.0.0.1:5432; port 0 picks a free one
	APIAddr        string // default 127.0.0.1:8006
	APITLS         bool   // serve the API over HTTPS with the local CA
	MetricsAddr    string // default: /metrics on the API's address; with an address of their own come Go's profiles, /debug/pprof/
	Region         string // of the first cluster; default us-east-1
	Account        string // default 000000000000
	ClusterName    string // the first cluster's tag Name
	StrictRouting  bool   // clients must name their cluster even while there is only one
	Limits         cluster.Limits
	APILimits      controlplane.Limits
	ConnectionLife time.Duration
	CacheBytes     int64
	IdleClose      time.Duration // how long an unused cluster stays open; default five minutes, negative: for good
	AutoAnalyze    time.Duration // how long changes of a table are gathered before it is analysed by itself; default ten seconds, negative: it is not
	Logger         *slog.Logger  // nil: nothing is logged

	fs   vfs.FS        // of journals and stores; tests put a failing one in
	pace time.Duration // of flushing and trimming; tests hurry
}

// Defaults of Options.
const (
	DefaultDataDir = "opendsql-data"
	DefaultSQLAddr = "127.0.0.1:5432"
	DefaultAPIAddr = "127.0.0.1:8006"
	DefaultRegion  = "us-east-1"
	DefaultAccount = "000000000000"
	// DefaultAutoAnalyze is long enough for most tables to be filled, and short beside the time they are used.
	DefaultAutoAnalyze = 10 * time.Second
)

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		to    *string
		value string
	}{{&o.DataDir, DefaultDataDir}, {&o.SQLAddr, DefaultSQLAddr}, {&o.APIAddr, DefaultAPIAddr}, {&o.Region, DefaultRegion}, {&o.Account, DefaultAccount}} {
		if *d.to == "" {
			*d.to = d.value
		}
	}
	if o.AutoAnalyze == 0 {
		o.AutoAnalyze = DefaultAutoAnalyze
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// The bounds of one HTTP exchange.
const (
	httpHeaderWait = 10 * time.Second
	httpReadWait   = 30 * time.Second
	httpWriteWait  = 60 * time.Second
	httpIdleWait   = 120 * time.Second
	httpHeadBytes  = 64 << 10
)

// Instance is a running database. Safe for concurrent use.
type Instance struct {
	options     Options
	log         *slog.Logger
	directory   *directory
	authority   *cluster.Authority
	credentials *iam.Store
	set         *cluster.Set
	api         *controlplane.API
	sql         *pgwire.Server
	http        []*http.Server
	sqlAddr     net.Addr
	apiAddr     net.Addr
	first       controlplane.Cluster // the oldest one: that made when the data directory was, as long as it lives; empty when there is none

	stop   context.CancelFunc
	work   sync.WaitGroup
	failed chan error
}

// Start opens the data directory, making everything in it when it is empty, and serves. It returns when connections are accepted.
func Start(ctx context.Context, o Options) (*Instance, error) {
	o = o.withDefaults()
	i := &Instance{options: o, log: o.Logger, failed: make(chan error, 4), stop: func() {}}
	if err := i.start(ctx); err != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return nil, errors.Join(err, i.Close(closing))
	}
	return i, nil
}

func (i *Instance) start(ctx context.Context) (err error) {
	o := i.options
	if i.directory, err = openDirectory(o.DataDir); err != nil {
		return err
	}
	if i.credentials, err = i.directory.credentials(o.Account); err != nil {
		return err
	}
	if err = i.credentials.Follow(i.directory.file(iam.RegistryFile), o.Logger); err != nil {
		return fmt.Errorf("principals: %w", err)
	}
	if i.authority, err = cluster.OpenAuthority(i.directory.path, controlplane.ServiceRegions(), time.Now); err != nil {
		return err
	}
	sqlListener, apiListener, err := i.listen(ctx)
	if err != nil {
		return err
	}
	if i.set, err = cluster.Open(ctx, cluster.Config{
		Dir: i.directory.path, Limits: o.Limits, Logger: o.Logger, CacheBytes: o.CacheBytes, Idle: o.IdleClose, AutoAnalyze: o.AutoAnalyze, FS: o.fs, Pace: o.pace,
	}); err != nil {
		return errors.Join(err, sqlListener.Close(), apiListener.Close())
	}
	i.api = controlplane.New(controlplane.Config{Records: i.set.Records(), Provisioner: i.set, Credentials: i.credentials, Keys: i.set, Limits: o.APILimits, Logger: o.Logger})
	door := &cluster.Door{Set: i.set, Directory: i.api, Credentials: i.credentials, Logger: o.Logger, Lenient: !o.StrictRouting}
	i.sql = pgwire.NewServer(pgwire.Config{
		TLS: i.authority.TLS("postgresql"), Opener: door, Logger: o.Logger,
		ConnectionLife: o.ConnectionLife, TransactionAge: o.Limits.Database.TransactionAge,
	})
	background, stop := context.WithCancel(context.Background())
	i.stop = stop
	i.serve("cluster lifecycle", func() error { return i.api.Run(background) })
	if err := i.firstCluster(ctx); err != nil {
		return errors.Join(err, sqlListener.Close(), apiListener.Close())
	}
	i.serve("SQL server", func() error { return i.sql.Serve(sqlListener) })
	if err := i.serveHTTP(apiListener); err != nil {
		return err
	}
	return i.directory.announce(i.Server())
}

// listen takes the two addresses before anything else is done, so that one in use is told at once.
func (i *Instance) listen(ctx context.Context) (sqlListener, apiListener net.Listener, err error) {
	var lc net.ListenConfig
	if sqlListener, err = lc.Listen(ctx, "tcp", i.options.SQLAddr); err != nil {
		return nil, nil, fmt.Errorf("SQL address (--sql-addr): %w", err)
	}
	if apiListener, err = lc.Listen(ctx, "tcp", i.options.APIAddr); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("API address (--api-addr): %w", err), sqlListener.Close())
	}
	i.sqlAddr, i.apiAddr = sqlListener.Addr(), apiListener.Addr()
	return sqlListener, apiListener, nil
}

// serve runs a part of the instance on a goroutine of its own.
func (i *Instance) serve(what string, run func() error) {
	i.work.Go(func() {
		err := run()
		if err != nil && !errors.Is(err, http.ErrServerClosed) {
			i.log.Error("a part of the server has ended", "part", what, "error", err)
			i.failed <- fmt.Errorf("%s: %w", what, err)
		}
	})
}

// serveHTTP serves the API, and the measures beside it or on an address of their own.
func (i *Instance) serveHTTP(api net.Listener) error {
	measures := measuresHandler(i.set)
	handler := withSTS(i.api, &iam.STS{Store: i.credentials, Regions: controlplane.ServiceRegions(), Logger: i.log})
	if i.options.MetricsAddr == "" {
		handler = beside(handler, measures)
	} else {
		l, err := net.Listen("tcp", i.options.MetricsAddr)
		if err != nil {
			return errors.Join(fmt.Errorf("measures' address (--metrics-addr): %w", err), api.Close())
		}
		own := http.NewServeMux()
		own.Handle("GET /metrics", measures)
		own.HandleFunc("GET /debug/pprof/", pprof.Index)
		own.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		own.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
		i.serveOn("measures", l, own)
	}
	if i.options.APITLS {
		api = tls.NewListener(api, i.authority.TLS("http/1.1"))
	}
	i.serveOn("API server", api, handler)
	return nil
}

// withSTS serves the security token service where the API has no operation: at the root path.
func withSTS(api http.Handler, sts *iam.STS) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sts.Serves(r) {
			sts.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// beside serves the measures at /metrics and the API everywhere else. A ServeMux would do so too, but redirect paths that it finds untidy: the API's
// paths are signed as they are.
func beside(api, measures http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			measures.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

func (i *Instance) serveOn(what string, l net.Listener, h http.Handler) {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: httpHeaderWait, ReadTimeout: httpReadWait, WriteTimeout: httpWriteWait, IdleTimeout: httpIdleWait,
		MaxHeaderBytes: httpHeadBytes, ErrorLog: slog.NewLogLogger(i.log.Handler(), slog.LevelDebug),
	}
	i.http = append(i.http, s)
	i.serve(what, func() error { return s.Serve(l) })
}

// firstCluster makes the cluster of a new data directory. In an older one it finds the oldest cluster, and opens it when it is the only one;
// otherwise all are left asleep until somebody connects.
func (i *Instance) firstCluster(ctx context.Context) error {
	if i.directory.fresh {
		root, _ := i.credentials.Root()
		who := iam.Identity{Account: root.Account, PrincipalARN: root.PrincipalARN, AccessKeyID: root.AccessKeyID, Region: i.options.Region}
		if err := i.create(ctx, who); err != nil {
			return fmt.Errorf("make the first cluster: %w", err)
		}
		return i.directory.finish()
	}
	list, err := i.api.Clusters(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	i.first = slices.MinFunc(list, func(a, b controlplane.Cluster) int { return a.CreatedAt.Compare(b.CreatedAt) })
	if len(list) > 1 || i.first.Status != controlplane.StatusActive {
		return nil
	}
	if _, err = i.set.Cluster(ctx, i.first.ID); errors.Is(err, cluster.ErrKeyInaccessible) {
		i.log.Warn("the cluster stays closed until its key is accessible", "cluster", i.first.ID, "error", err)
		return nil
	}
	return err
}

// create makes the first cluster. Its client token makes one cluster of several tries that were cut off.
func (i *Instance) create(ctx context.Context, who iam.Identity) error {
	token, protected := "opendsql-first-cluster", false
	in := controlplane.CreateClusterInput{ClientToken: &token, DeletionProtectionEnabled: &protected}
	if i.options.ClusterName != "" {
		in.Tags = map[string]string{"Name": i.options.ClusterName}
	}
	out, err := i.api.CreateCluster(ctx, who, in)
	if err != nil {
		return err
	}
	c, ok, err := i.api.AwaitSettled(ctx, out.Identifier)
	if err != nil {
		return err
	}
	if !ok || c.Status != controlplane.StatusActive {
		return fmt.Errorf("cluster %s became %s", out.Identifier, c.Status)
	}
	i.first = c
	return nil
}

// Failed gives the reason when a part of the instance ended by itself.
func (i *Instance) Failed() <-chan error { return i.failed }

// CreateCluster makes a further cluster for the root account in a Region, and returns when it is ACTIVE.
func (i *Instance) CreateCluster(ctx context.Context, region string, in controlplane.CreateClusterInput) (controlplane.Cluster, error) {
	root, _ := i.credentials.Root()
	who := iam.Identity{Account: root.Account, PrincipalARN: root.PrincipalARN, AccessKeyID: root.AccessKeyID, Region: region}
	out, err := i.api.CreateCluster(ctx, who, in)
	if err != nil {
		return controlplane.Cluster{}, err
	}
	c, _, err := i.api.AwaitSettled(ctx, out.Identifier)
	return c, err
}

// Close drains the connections and stops. What does not end by itself before ctx does is cut off; what then still holds a disk that does not answer
// is left behind, with the lock of the data directory, until the process ends.
func (i *Instance) Close(ctx context.Context) error {
	closed := make(chan error, 1)
	go func() { closed <- i.close(ctx) }()
	select {
	case err := <-closed:
		return err
	case <-ctx.Done():
	}
	// Everything was told to end at this moment or before: it mostly needs no more than a moment.
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	select {
	case err := <-closed:
		return err
	case <-timer.C:
		return fmt.Errorf("stop: not everything had ended in time: %w", context.Cause(ctx))
	}
}

// closeGrace is how long Close waits beyond its context.
const closeGrace = 100 * time.Millisecond

func (i *Instance) close(ctx context.Context) error {
	var err error
	if i.directory != nil {
		i.directory.withdraw()
	}
	polite, cancel := withPart(ctx, 3, 5)
	defer cancel()
	for _, s := range i.http {
		if s.Shutdown(polite) != nil {
			_ = s.Close() // cut off; what was asked is on record
		}
	}
	if i.sql != nil {
		i.sql.Shutdown(polite)
	}
	i.stop()
	i.work.Wait()
	if i.set != nil {
		err = i.set.Close(ctx)
	}
	if i.directory != nil {
		err = errors.Join(err, i.directory.close())
	}
	return err
}

// withPart is a context that ends after a part of the time ctx has left.
func withPart(ctx context.Context, part, of int) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)*time.Duration(part)/time.Duration(of))
}
