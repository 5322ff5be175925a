package clients

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/dsql/auth"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/jackc/pgx/v5"

	"github.com/opendsql/opendsql/test/server"
)

// side is one of two linked clusters, and the SDK's client in its Region.
type side struct {
	region, id, arn, host string
	api                   *dsql.Client
}

// regions are two Regions of one server, as an application with the AWS SDK for Go sees them.
type regions struct {
	t          *testing.T
	dir        string
	p          *server.Process
	east, ohio side
}

const witness = "us-west-2"

func openRegions(t *testing.T) *regions {
	r := &regions{t: t, dir: t.TempDir(), east: side{region: "us-east-1"}, ohio: side{region: "us-east-2"}}
	r.restart()
	t.Cleanup(func() {
		if err := r.p.Stop(); err != nil {
			t.Errorf("server did not stop cleanly: %v\n%s", err, r.p.Output())
		}
	})
	return r
}

// restart kills the server, if one runs, and starts another on the same data.
func (r *regions) restart() {
	r.t.Helper()
	if r.p != nil {
		r.p.Kill()
	}
	p, err := server.Start(r.t.Context(), program, r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	r.p = p
	for _, s := range []*side{&r.east, &r.ohio} {
		s.api = sdkClient(p, s.region, p.Root)
	}
}

func properties(clusters ...string) *types.MultiRegionProperties {
	return &types.MultiRegionProperties{WitnessRegion: aws.String(witness), Clusters: clusters}
}

func (r *regions) create(s *side, peers ...string) {
	r.t.Helper()
	out, err := s.api.CreateCluster(r.t.Context(), &dsql.CreateClusterInput{DeletionProtectionEnabled: aws.Bool(false), MultiRegionProperties: properties(peers...)})
	if err != nil {
		r.t.Fatal(err)
	}
	s.id, s.arn, s.host = *out.Identifier, *out.Arn, *out.Endpoint
	if out.Status != types.ClusterStatusPendingSetup {
		r.t.Fatalf("%s was created as %s", s.arn, out.Status)
	}
}

func (r *regions) name(s *side, clusters ...string) {
	r.t.Helper()
	out, err := s.api.UpdateCluster(r.t.Context(), &dsql.UpdateClusterInput{Identifier: &s.id, MultiRegionProperties: properties(clusters...)})
	if err != nil || out.Status != types.ClusterStatusUpdating {
		r.t.Fatalf("%+v, %v", out, err)
	}
}

func (r *regions) status(s *side) types.ClusterStatus {
	r.t.Helper()
	out, err := s.api.GetCluster(r.t.Context(), &dsql.GetClusterInput{Identifier: &s.id})
	if err != nil {
		r.t.Fatal(err)
	}
	return out.Status
}

func (r *regions) awaitActive() {
	r.t.Helper()
	for _, s := range []*side{&r.east, &r.ohio} {
		w := dsql.NewClusterActiveWaiter(s.api, func(o *dsql.ClusterActiveWaiterOptions) { o.MinDelay = 10 * time.Millisecond })
		out, err := w.WaitForOutput(r.t.Context(), &dsql.GetClusterInput{Identifier: &s.id}, time.Minute)
		if err != nil {
			r.t.Fatal(err)
		}
		if want := []string{r.east.arn, r.ohio.arn}; !sameSet(out.MultiRegionProperties.Clusters, want) {
			r.t.Errorf("%s has %v, want %v", s.arn, out.MultiRegionProperties.Clusters, want)
		}
	}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// dial connects to a side's endpoint as a user, with the SDK's token.
func (r *regions) dial(s *side, user string) (*pgx.Conn, error) {
	r.t.Helper()
	ctx, generate := r.t.Context(), auth.GenerateDbConnectAuthToken
	if user == "admin" {
		generate = auth.GenerateDBConnectAdminAuthToken
	}
	token, err := generate(ctx, s.host, s.region, credentials.NewStaticCredentialsProvider(r.p.Root.AccessKeyID, r.p.Root.SecretAccessKey, ""))
	if err != nil {
		r.t.Fatal(err)
	}
	c, err := r.p.Config(s.host, user, token)
	if err != nil {
		r.t.Fatal(err)
	}
	conn, err := pgx.ConnectConfig(ctx, c)
	if err == nil {
		r.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	}
	return conn, err
}

func (r *regions) connect(s *side, user string) *pgx.Conn {
	r.t.Helper()
	conn, err := r.dial(s, user)
	if err != nil {
		r.t.Fatal(err)
	}
	return conn
}

func (r *regions) exec(c *pgx.Conn, sql ...string) {
	r.t.Helper()
	for _, s := range sql {
		if _, err := c.Exec(r.t.Context(), s); err != nil {
			r.t.Fatalf("%s: %v", s, err)
		}
	}
}

func (r *regions) value(c *pgx.Conn, sql string) (v string) {
	r.t.Helper()
	if err := c.QueryRow(r.t.Context(), sql).Scan(&v); err != nil {
		r.t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// remove deletes a side, which then waits for the other one.
func (r *regions) remove(s *side) {
	r.t.Helper()
	out, err := s.api.DeleteCluster(r.t.Context(), &dsql.DeleteClusterInput{Identifier: &s.id})
	if err != nil || out.Status != types.ClusterStatusPendingDelete {
		r.t.Fatalf("%+v, %v", out, err)
	}
}

func (r *regions) awaitGone() {
	r.t.Helper()
	for _, s := range []*side{&r.east, &r.ohio} {
		w := dsql.NewClusterNotExistsWaiter(s.api, func(o *dsql.ClusterNotExistsWaiterOptions) { o.MinDelay = 10 * time.Millisecond })
		if err := w.Wait(r.t.Context(), &dsql.GetClusterInput{Identifier: &s.id}, time.Minute); err != nil {
			r.t.Fatal(err)
		}
		var missing *types.ResourceNotFoundException
		if _, err := s.api.GetCluster(r.t.Context(), &dsql.GetClusterInput{Identifier: &s.id}); !errors.As(err, &missing) {
			r.t.Errorf("%s: %v", s.arn, err)
		}
	}
	// The first cluster of the data directory is all that is left on disk.
	left, err := os.ReadDir(filepath.Join(r.dir, "clusters"))
	if err != nil || len(left) != 1 || !strings.HasPrefix(r.p.Endpoint, left[0].Name()) {
		r.t.Errorf("left on disk: %v, %v", left, err)
	}
}

// Two linked clusters are one database with two endpoints: tables, rows, roles and conflicts are the same at both, after a kill too; and it goes with the
// second of its clusters, whichever that is.
func TestLinkedRegions(t *testing.T) {
	r := openRegions(t)
	ctx := t.Context()
	r.create(&r.east)
	r.create(&r.ohio, r.east.arn)
	_, err := r.dial(&r.east, "admin")
	if e := refusal(t, err); e.Code != "57P03" {
		t.Errorf("connection to a cluster that is being set up: %v", e)
	}
	r.restart()
	for _, s := range []*side{&r.east, &r.ohio} {
		if got := r.status(s); got != types.ClusterStatusPendingSetup {
			t.Fatalf("%s is %s after a restart", s.arn, got)
		}
	}
	r.name(&r.east, r.ohio.arn)
	r.restart()
	r.awaitActive()

	east, ohio := r.connect(&r.east, "admin"), r.connect(&r.ohio, "admin")
	r.exec(east, "CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL)", "INSERT INTO account VALUES (1, 10), (2, 20)")
	r.exec(ohio, "UPDATE account SET balance = balance + 1 WHERE id = 1")
	if got := r.value(east, "SELECT sum(balance)::text FROM account"); got != "31" {
		t.Errorf("read %s at the other endpoint, want 31", got)
	}
	r.conflict(east, ohio)
	r.conflict(ohio, east)
	r.exec(ohio, "CREATE ROLE app WITH LOGIN", "GRANT SELECT ON account TO app", "AWS IAM GRANT app TO 'arn:aws:iam::000000000000:role/app'")
	const mapped = "SELECT string_agg(pg_role_name || ' ' || arn, ',') FROM sys.iam_pg_role_mappings"
	if got := r.value(east, mapped); got != "app arn:aws:iam::000000000000:role/app" {
		t.Errorf("the other endpoint has the mappings %q", got)
	}
	if got := r.value(east, "SELECT has_table_privilege('app', 'account', 'SELECT')::text || has_table_privilege('app', 'account', 'DELETE')::text"); got != "truefalse" {
		t.Errorf("the other endpoint has the privileges %q", got)
	}

	r.restart()
	want := r.value(r.connect(&r.east, "admin"), "SELECT sum(balance)::text FROM account")
	if got := r.value(r.connect(&r.ohio, "admin"), "SELECT sum(balance)::text FROM account"); got != want || got == "31" {
		t.Errorf("after a kill %s here and %s there", want, got)
	}

	var refused *types.ValidationException
	_, err = r.east.api.UpdateCluster(ctx, &dsql.UpdateClusterInput{Identifier: &r.east.id, MultiRegionProperties: properties(r.east.arn)})
	if !errors.As(err, &refused) || refused.Reason != types.ValidationExceptionReasonFieldValidationFailed {
		t.Errorf("unlinking: %v", err)
	}
	r.remove(&r.ohio)
	r.restart()
	if got := r.status(&r.ohio); got != types.ClusterStatusPendingDelete {
		t.Errorf("the deleted side is %s", got)
	}
	if _, err := r.dial(&r.ohio, "admin"); refusal(t, err).Code != "28000" {
		t.Errorf("connection to a deleted side: %v", err)
	}
	if got := r.value(r.connect(&r.east, "admin"), "SELECT sum(balance)::text FROM account"); got != want {
		t.Errorf("%s is left at the living side, want %s", got, want)
	}
	r.remove(&r.east)
	r.restart()
	r.awaitGone()
}

// conflict has two sessions change one row at the same time: the second to commit is told to retry.
func (r *regions) conflict(first, second *pgx.Conn) {
	r.t.Helper()
	ctx := r.t.Context()
	r.exec(first, "BEGIN", "UPDATE account SET balance = balance + 100 WHERE id = 2")
	r.exec(second, "BEGIN", "UPDATE account SET balance = balance + 1000 WHERE id = 2")
	r.exec(first, "COMMIT")
	_, err := second.Exec(ctx, "COMMIT")
	if e := refusal(r.t, err); e.Code != "40001" || !strings.Contains(e.Message, "OC000") {
		r.t.Errorf("got %v", e)
	}
}

// The other way around: linked from the other side in four steps, and the side that was made first deleted first, without kills.
func TestLinkedRegionsFromTheOtherSide(t *testing.T) {
	r := openRegions(t)
	r.create(&r.east)
	r.create(&r.ohio)
	r.name(&r.ohio, r.east.arn, r.ohio.arn)
	if east, ohio := r.status(&r.east), r.status(&r.ohio); east != types.ClusterStatusPendingSetup || ohio != types.ClusterStatusPendingSetup {
		t.Errorf("one side named the other: %s, %s", east, ohio)
	}
	r.name(&r.east, r.east.arn, r.ohio.arn)
	r.awaitActive()
	old := r.connect(&r.east, "admin")
	r.exec(old, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (1)")
	r.remove(&r.east)
	if got := r.value(r.connect(&r.ohio, "admin"), "SELECT n::text FROM t"); got != "1" {
		t.Errorf("got %s", got)
	}
	r.remove(&r.ohio)
	r.awaitGone()
	if err := old.Ping(t.Context()); err == nil {
		t.Error("a session outlived both clusters")
	}
}
