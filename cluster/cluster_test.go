package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/pgwire"
)

const (
	idA = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	idB = "bbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func openSet(t *testing.T, dir string, l Limits) *Set {
	t.Helper()
	s, err := Open(t.Context(), Config{Dir: dir, Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeSet(t *testing.T, s *Set) {
	t.Helper()
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Records are what they were after a restart, and an expectation that does not hold writes nothing.
func TestRecords(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := openSet(t, dir, Limits{})
	r := s.Records()
	put := func(k, v string) controlplane.KeyValue { return controlplane.KeyValue{Key: k, Value: []byte(v)} }
	must(t, r.Apply(ctx, []controlplane.KeyValue{put("a/2", "two"), put("a/1", "one"), put("b/1", "other")}, nil, []controlplane.Expectation{{Key: "a/1"}}))
	for _, e := range []controlplane.Expectation{{Key: "a/1"}, {Key: "a/1", Value: []byte("two")}, {Key: "a/3", Value: []byte("x")}} {
		if err := r.Apply(ctx, []controlplane.KeyValue{put("a/1", "changed")}, nil, []controlplane.Expectation{e}); !errors.Is(err, controlplane.ErrConflict) {
			t.Errorf("%+v: %v", e, err)
		}
	}
	must(t, r.Apply(ctx, nil, []string{"b/1", "nothing"}, []controlplane.Expectation{{Key: "a/1", Value: []byte("one")}}))
	closeSet(t, s)
	s = openSet(t, dir, Limits{})
	defer closeSet(t, s)
	list, err := s.Records().List(ctx, "a/")
	if err != nil || len(list) != 2 || list[0].Key != "a/1" || string(list[1].Value) != "two" {
		t.Errorf("got %v, %v", list, err)
	}
	if _, ok, err := s.Records().Get(ctx, "b/1"); ok || err != nil {
		t.Errorf("a deleted record: %v, %v", ok, err)
	}
}

// Of many who change one record under an expectation, each change counts once.
func TestRecordsConcurrently(t *testing.T) {
	s := openSet(t, t.TempDir(), Limits{})
	defer closeSet(t, s)
	r, ctx := s.Records(), t.Context()
	must(t, r.Apply(ctx, []controlplane.KeyValue{{Key: "n", Value: []byte("0")}}, nil, nil))
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for done := 0; done < 25; {
				old, _, err := r.Get(ctx, "n")
				if err != nil {
					t.Error(err)
					return
				}
				var n int
				_, _ = fmt.Sscan(string(old), &n)
				err = r.Apply(ctx, []controlplane.KeyValue{{Key: "n", Value: fmt.Append(nil, n+1)}}, nil, []controlplane.Expectation{{Key: "n", Value: old}})
				if err == nil {
					done++
				} else if !errors.Is(err, controlplane.ErrConflict) {
					t.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
	if v, _, err := r.Get(ctx, "n"); string(v) != "100" || err != nil {
		t.Errorf("got %s, %v", v, err)
	}
}

// A cluster is opened once, is there after a restart, and is gone for good when it is retired.
func TestLifecycle(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := openSet(t, dir, Limits{})
	if _, err := s.Cluster(ctx, idA); !errors.Is(err, ErrGone) {
		t.Errorf("a cluster that was never made: %v", err)
	}
	for range 2 {
		must(t, s.Provision(ctx, controlplane.ClusterSpec{ID: idA}))
	}
	must(t, s.Provision(ctx, controlplane.ClusterSpec{ID: idB}))
	var work sync.WaitGroup
	found := make([]*Cluster, 8)
	for i := range found {
		work.Go(func() { found[i], _ = s.Cluster(ctx, idA) })
	}
	work.Wait()
	if len(slices.Compact(found)) != 1 || found[0] == nil {
		t.Error("opened more than once")
	}
	if n := len(s.Measures()); n != 3 {
		t.Errorf("%d data planes measured, want 3", n)
	}
	closeSet(t, s)
	s = openSet(t, dir, Limits{})
	defer closeSet(t, s)
	if _, err := s.Cluster(ctx, idA); err != nil {
		t.Error(err)
	}
	for range 2 {
		must(t, s.Retire(ctx, idA))
	}
	must(t, s.Retire(ctx, idB)) // not open in this process
	if list, err := os.ReadDir(dir + "/clusters"); err != nil || len(list) != 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
	if err := s.Provision(ctx, controlplane.ClusterSpec{ID: idA}); !errors.Is(err, ErrGone) {
		t.Errorf("a retired cluster was made again: %v", err)
	}
}

// clusters is a directory of clusters.
type clusters []controlplane.Cluster

func (d clusters) ClusterByID(_ context.Context, id string) (controlplane.Cluster, bool, error) {
	for _, c := range d {
		if c.ID == id {
			return c, true, nil
		}
	}
	return controlplane.Cluster{}, false, nil
}

func (d clusters) Clusters(context.Context) ([]controlplane.Cluster, error) { return d, nil }

const account = "123456789012"

func active(id string) controlplane.Cluster {
	return controlplane.Cluster{ID: id, ARN: "arn:aws:dsql:us-east-1:" + account + ":cluster/" + id, Account: account, Region: "us-east-1", Status: controlplane.StatusActive, Endpoint: id + ".dsql.us-east-1.on.aws"}
}

func TestRoute(t *testing.T) {
	creating, deleting := active(idB), active(idB)
	creating.Status, deleting.Status = controlplane.StatusCreating, controlplane.StatusDeleting
	here, there := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}
	const denied, unnamed = "unable to accept connection, access denied", "unable to accept connection, sni was not received"
	for _, c := range []struct {
		name, server, option string
		remote               net.Addr
		exist                clusters
		strict               bool
		want                 string // an error's message
	}{
		{name: "server name", server: idA + ".dsql.us-east-1.on.aws", remote: there, exist: clusters{active(idA), active(idB)}},
		{name: "upper case and a final dot", server: "AAAAAAAAAAAAAAAAAAAAAAAAAA.DSQL.us-east-1.on.aws.", remote: there, exist: clusters{active(idA)}},
		{name: "private link", server: idA + ".dsql-fnh4.us-east-1.on.aws", remote: there, exist: clusters{active(idA), active(idB)}},
		{name: "option", option: idA, remote: there, exist: clusters{active(idA), active(idB)}},
		{name: "option and another name", server: "localhost", option: idA, remote: there, exist: clusters{active(idA), active(idB)}},
		{name: "both", server: idA + ".dsql.us-east-1.on.aws", option: idA, remote: there, exist: clusters{active(idA)}},
		{name: "both, different", server: idA + ".dsql.us-east-1.on.aws", option: idB, remote: there, exist: clusters{active(idA), active(idB)}, want: denied},
		{name: "the only one", server: "localhost", remote: here, exist: clusters{active(idA)}},
		{name: "the only one, strictly", remote: here, exist: clusters{active(idA)}, strict: true, want: unnamed},
		{name: "the only one, from elsewhere", remote: there, exist: clusters{active(idA)}, want: unnamed},
		{name: "one of two", remote: here, exist: clusters{active(idA), active(idB)}, want: unnamed},
		{name: "unknown", server: idB + ".dsql.us-east-1.on.aws", remote: here, exist: clusters{active(idA)}, want: denied},
		{name: "creating", option: idB, remote: here, exist: clusters{creating}, want: "unable to accept connection, waking up cluster, please retry later"},
		{name: "deleting", option: idB, remote: here, exist: clusters{deleting}, want: denied},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &Door{Directory: c.exist, Lenient: !c.strict}
			l := &pgwire.Login{ServerName: c.server, Options: map[string]string{}, Remote: c.remote}
			if c.option != "" {
				l.Options[idOption] = c.option
			}
			err := d.Route(t.Context(), l)
			var e *pgerror.Error
			if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &e) || e.Message != c.want || e.Severity != pgerror.SeverityFatal) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A door lets in who has a good token, counts them, and ends their sessions when the cluster is retired.
func TestDoor(t *testing.T) {
	ctx := t.Context()
	s := openSet(t, t.TempDir(), Limits{Connections: 2})
	defer closeSet(t, s)
	must(t, s.Provision(ctx, controlplane.ClusterSpec{ID: idA}))
	root := iam.NewRootCredential(account)
	store := &iam.Store{}
	must(t, store.Put(root))
	d := &Door{Set: s, Directory: clusters{active(idA)}, Credentials: store}
	ended := make(chan bool, 8)
	login := func(user string) *pgwire.Login {
		token, err := iam.SignToken(root, iam.TokenRequest{Host: active(idA).Endpoint, Region: "us-east-1", User: user}, time.Now())
		must(t, err)
		return &pgwire.Login{
			ServerName: active(idA).Endpoint, User: user, Database: "postgres", Token: token, Remote: &net.TCPAddr{},
			Parameters: map[string]string{"application_name": "test"}, Options: map[string]string{idOption: idA},
			End: func(now bool) { ended <- now },
		}
	}
	one, err := d.Open(ctx, login("admin"))
	must(t, err)
	two, err := d.Open(ctx, login("admin"))
	must(t, err)
	if _, err := d.Open(ctx, login("admin")); !pgerror.HasCode(err, pgerror.TooManyConnections) {
		t.Errorf("third of two connections: %v", err)
	}
	two.Close()
	if _, err := d.Open(ctx, login("bob")); !pgerror.HasCode(err, pgerror.InvalidAuthorizationSpecification) {
		t.Errorf("a role that does not exist: %v", err)
	}
	elsewhere := login("admin")
	elsewhere.Database = "shop"
	if _, err := d.Open(ctx, elsewhere); !pgerror.HasCode(err, pgerror.InvalidCatalogName) {
		t.Errorf("another database: %v", err)
	}
	retired := make(chan error, 1)
	go func() { retired <- s.Retire(ctx, idA) }()
	if now := <-ended; now {
		t.Error("the session was not asked politely first")
	}
	if now := <-ended; !now {
		t.Error("the session was not cut off")
	}
	one.Close()
	must(t, <-retired)
	if _, err := d.Open(ctx, login("admin")); !pgerror.HasCode(err, pgerror.InvalidAuthorizationSpecification) {
		t.Errorf("a retired cluster: %v", err)
	}
}

// loginOf is admin's, with a good token.
func loginOf(t *testing.T, root iam.Credential, host string) *pgwire.Login {
	t.Helper()
	token, err := iam.SignToken(root, iam.TokenRequest{Host: host, Region: "us-east-1", User: "admin"}, time.Now())
	must(t, err)
	return &pgwire.Login{
		ServerName: host, User: "admin", Database: "postgres", Token: token, Remote: &net.TCPAddr{}, Parameters: map[string]string{}, Options: map[string]string{},
		End: func(bool) {},
	}
}

func TestMappable(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:iam::1:role/app":                          "arn:aws:iam::1:role/app",
		"arn:aws:sts::1:assumed-role/app/session":          "arn:aws:iam::1:role/app",
		"arn:aws-cn:sts::1:assumed-role/app/session":       "arn:aws-cn:iam::1:role/app",
		"arn:aws:sts::1:federated-user/bob":                "arn:aws:sts::1:federated-user/bob",
		"arn:aws:iam::1:root":                              "arn:aws:iam::1:root",
		"":                                                 "",
		"arn:aws:sts::1:assumed-role/app/odd/session/name": "arn:aws:iam::1:role/app",
	} {
		if got := mappable(iam.Identity{PrincipalARN: arn}); got != want {
			t.Errorf("%s: got %s, want %s", arn, got, want)
		}
	}
}

func TestBucket(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBucket(3, 2, now)
	take := func() (n int) {
		for b.take(now) {
			n++
		}
		return n
	}
	for i, want := range []int{3, 2, 2, 3} {
		if got := take(); got != want {
			t.Errorf("step %d: %d tokens, want %d", i, got, want)
		}
		now = now.Add([]time.Duration{time.Second, time.Second, time.Hour, 0}[i])
	}
}

// One authority, read again, signs for every Region's endpoints and for this machine, and its certificates verify.
func TestAuthority(t *testing.T) {
	dir := t.TempDir()
	regions := []string{"us-east-1", "eu-west-1"}
	first, err := OpenAuthority(dir, regions, time.Now)
	must(t, err)
	a, err := OpenAuthority(dir, regions, time.Now)
	must(t, err)
	if !a.cert.Equal(first.cert) {
		t.Error("the authority changed")
	}
	if info, err := os.Stat(dir + "/" + authorityKeyFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info, err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	for _, name := range []string{idA + ".dsql.us-east-1.on.aws", idB + ".dsql.eu-west-1.on.aws", "localhost", "127.0.0.1"} {
		leaf, err := a.TLS("postgresql").GetCertificate(&tls.ClientHelloInfo{ServerName: name})
		must(t, err)
		if _, err := leaf.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 3 {
		if _, err := a.leaf("x.dsql.mars-1.on.aws"); err != nil {
			t.Error(err)
		}
	}
	if len(a.leaves) != 3 {
		t.Errorf("%d certificates for two Regions and this machine", len(a.leaves))
	}
}
