package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/jackc/pgx/v5"

	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/test/server"
)

// calls are what clients of the API asked for and what they heard.
type calls struct {
	mu      sync.Mutex
	created map[string]string // client token: id, empty when nobody heard the answer
	deleted map[string]bool   // id: a deletion was asked for; true when it was acknowledged
}

func (c *calls) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

func client(p *server.Process) *dsql.Client {
	return dsql.New(dsql.Options{
		Region: p.Region, BaseEndpoint: aws.String(p.API), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(p.Root.AccessKeyID, p.Root.SecretAccessKey, ""),
	})
}

// live makes and removes clusters until the server does not answer any more.
func (c *calls) live(api *dsql.Client, r *rand.Rand, name string) {
	ctx := context.Background()
	for n := 0; ; n++ {
		token := fmt.Sprintf("%s-%d", name, n)
		c.set(func() { c.created[token] = "" })
		out, err := api.CreateCluster(ctx, &dsql.CreateClusterInput{ClientToken: &token, DeletionProtectionEnabled: aws.Bool(false)})
		var full *types.ServiceQuotaExceededException
		if errors.As(err, &full) { // the others make room, or the kill comes
			c.set(func() { delete(c.created, token) })
			continue
		}
		if err != nil {
			return
		}
		id := *out.Identifier
		c.set(func() { c.created[token] = id })
		if r.IntN(4) == 0 {
			continue // this one stays
		}
		if err := dsql.NewClusterActiveWaiter(api, func(o *dsql.ClusterActiveWaiterOptions) {
			o.MinDelay = time.Millisecond
			o.MaxDelay = 5 * time.Millisecond
		}).
			Wait(ctx, &dsql.GetClusterInput{Identifier: &id}, time.Minute); err != nil {
			return
		}
		c.set(func() { c.deleted[id] = false })
		if _, err := api.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: &id}); err != nil {
			return
		}
		c.set(func() { c.deleted[id] = true })
	}
}

// The server is killed at any moment of the lives of clusters. Afterwards the API knows each cluster it acknowledged and no other, what was to be
// deleted is gone, a repeated call is the same call, and the data directory holds what the API lists.
func TestKilledLifecycle(t *testing.T) {
	moments, binary, dir := begin(t, 1)
	p := start(t, binary, dir)
	first := p.Cluster
	creations, deletions := 0, 0
	for round := range *rounds {
		c := &calls{created: map[string]string{}, deleted: map[string]bool{}}
		var work sync.WaitGroup
		for w := range 3 {
			r, api := rand.New(rand.NewPCG(*seed+uint64(round), uint64(w))), client(p)
			work.Go(func() { c.live(api, r, fmt.Sprintf("round-%d-%d", round, w)) })
		}
		timer := time.AfterFunc(20*time.Millisecond+time.Duration(moments.Int64N(int64(600*time.Millisecond))), p.Kill)
		work.Wait()
		if timer.Stop() {
			t.Fatal("nobody was making clusters when the server was to be killed")
		}
		p.Kill() // its end may be later than that of its connections
		p = start(t, binary, dir)
		checkLifecycle(t, p, c, first)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
		creations, deletions = creations+len(c.created), deletions+len(c.deleted)
		removeOthers(t, p, first)
	}
	t.Logf("%d rounds, %d creations and %d deletions asked for", *rounds, creations, deletions)
	if creations < *rounds {
		t.Errorf("only %d clusters were asked for: this showed nothing", creations)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("clean stop: %v", err)
	}
}

// list is every cluster of the API, by id.
func list(t *testing.T, api *dsql.Client) (ids []string) {
	t.Helper()
	pages := dsql.NewListClustersPaginator(api, &dsql.ListClustersInput{MaxResults: aws.Int32(3)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Clusters {
			ids = append(ids, *c.Identifier)
		}
	}
	slices.Sort(ids)
	return ids
}

// settled waits until no cluster is on its way, and returns those that are.
func settled(t *testing.T, api *dsql.Client) []string {
	t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for range 12000 {
		ids, moving := list(t, api), false
		for _, id := range ids {
			out, err := api.GetCluster(t.Context(), &dsql.GetClusterInput{Identifier: &id})
			var gone *types.ResourceNotFoundException
			if errors.As(err, &gone) {
				moving = true
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			moving = moving || out.Status != types.ClusterStatusActive
		}
		if !moving {
			return ids
		}
		<-look.C
	}
	t.Fatal("clusters did not settle within a minute")
	return nil
}

func checkLifecycle(t *testing.T, p *server.Process, c *calls, first string) {
	t.Helper()
	api := client(p)
	settled(t, api)
	want := []string{first}
	for token, id := range c.created {
		out, err := api.CreateCluster(t.Context(), &dsql.CreateClusterInput{ClientToken: &token, DeletionProtectionEnabled: aws.Bool(false)})
		var full *types.ServiceQuotaExceededException
		if id == "" && errors.As(err, &full) {
			continue // it was not recorded before the kill, and others have taken the room
		}
		if err != nil {
			t.Errorf("creation %s asked for again: %v", token, err)
			continue
		}
		if id != "" && *out.Identifier != id {
			t.Errorf("creation %s was answered with %s and is now %s", token, id, *out.Identifier)
		}
		want = append(want, *out.Identifier)
	}
	ids := settled(t, api)
	for id, acknowledged := range c.deleted {
		if acknowledged && slices.Contains(ids, id) {
			t.Errorf("cluster %s was deleted and is there", id)
		}
		if !slices.Contains(ids, id) { // done, heard or not
			want = slices.DeleteFunc(want, func(w string) bool { return w == id })
		}
	}
	slices.Sort(want)
	if !slices.Equal(ids, want) {
		t.Errorf("the API lists %v, want %v", ids, want)
	}
	if on := directories(t, p); !slices.Equal(on, ids) {
		t.Errorf("the data directory holds %v, the API lists %v", on, ids)
	}
	for _, id := range ids {
		if err := reach(t.Context(), p, id); err != nil {
			t.Errorf("cluster %s is ACTIVE and does not work: %v", id, err)
		}
	}
}

func directories(t *testing.T, p *server.Process) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(p.DataDir, "clusters"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// dialIn connects to a cluster of a Region.
func dialIn(ctx context.Context, p *server.Process, region, id string) (*pgx.Conn, error) {
	host := id + ".dsql." + region + ".on.aws"
	token, err := iam.SignToken(p.Root, iam.TokenRequest{Host: host, Region: region, User: iam.AdminUser}, time.Now())
	if err != nil {
		return nil, err
	}
	config, err := p.Config(host, iam.AdminUser, token)
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, config)
}

// reach uses a cluster.
func reach(ctx context.Context, p *server.Process, id string) error {
	return reachIn(ctx, p, p.Region, id)
}

func reachIn(ctx context.Context, p *server.Process, region, id string) error {
	conn, err := dialIn(ctx, p, region, id)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS used (id int PRIMARY KEY)")
	return err
}

// removeOthers removes what a round left, so that the next one stays below the quota.
func removeOthers(t *testing.T, p *server.Process, first string) {
	t.Helper()
	api := client(p)
	for _, id := range list(t, api) {
		if id == first {
			continue
		}
		if _, err := api.DeleteCluster(t.Context(), &dsql.DeleteClusterInput{Identifier: &id}); err != nil {
			t.Fatal(err)
		}
	}
	if ids := settled(t, api); !slices.Equal(ids, []string{first}) {
		t.Errorf("after everything was deleted there are %v", ids)
	}
}

// A first start that is killed at any moment is begun again by the next one: one cluster, one key, and both work.
func TestKilledFirstStart(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("seed %d (repeat with -seed=%d)", *seed, *seed)
	moments := rand.New(rand.NewPCG(*seed, 2))
	binary, err := server.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 * *rounds {
		dir := t.TempDir()
		cmd := exec.Command(binary, "start", "--data-dir", dir, "--sql-addr", "127.0.0.1:0", "--api-addr", "127.0.0.1:0")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(moments.Int64N(int64(200*time.Millisecond))), func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // it was killed
		timer.Stop()
		p := start(t, binary, dir)
		if ids := settled(t, client(p)); len(ids) != 1 || ids[0] != p.Cluster || !slices.Equal(directories(t, p), ids) {
			t.Errorf("clusters %v, directories %v, first %q", ids, directories(t, p), p.Cluster)
		}
		if err := reach(t.Context(), p, p.Cluster); err != nil {
			t.Error(err)
		}
		if err := p.Stop(); err != nil {
			t.Errorf("clean stop: %v", err)
		}
	}
}
