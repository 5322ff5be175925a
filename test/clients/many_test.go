package clients

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/jackc/pgx/v5"

	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/test/server"
)

// The bounds are part of what the project promises: times are medians on a quiet machine. The test, which must pass on a busy one, allows for far more.
const (
	clustersAlive = 200
	createWithin  = 100 * time.Millisecond // from CreateCluster to an answer of SQL
	wakeWithin    = 50 * time.Millisecond  // from connecting to an answer
	aliveMiB      = 1536                   // all in use
	asleepKiB     = 512                    // each
	slack         = 20
)

// Many clusters live in one process: made quickly, small together, next to nothing when idle, and there again at once.
func TestManyClusters(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Logf("not shown: resident memory is read from /proc, which %s has not", runtime.GOOS)
		return
	}
	p := server.Run(t, program, "--idle-close", "2s")
	m := &many{p: p, clients: map[string]*dsql.Client{}}
	before := residentKiB(t, p.PID())
	var made []time.Duration
	for i := range clustersAlive {
		began := time.Now()
		m.create(t, controlplane.ServiceRegions()[i/19])
		if took := time.Since(began); i < 50 {
			made = append(made, took)
		}
	}
	alive := residentKiB(t, p.PID())
	t.Logf("CreateCluster until SQL answers: median %v of 50, worst %v", median(made), slices.Max(made))
	t.Logf("%d clusters: %d MiB resident, %d before", clustersAlive, alive>>10, before>>10)
	if alive > aliveMiB<<10 {
		t.Errorf("%d clusters take %d MiB, promised are %d", clustersAlive, alive>>10, aliveMiB)
	}
	m.leave()
	m.awaitSleep(t)
	asleep := residentKiB(t, p.PID())
	t.Logf("asleep: %d MiB resident, %d KiB for each cluster", asleep>>10, (asleep-before)/clustersAlive)
	if each := (asleep - before) / clustersAlive; each > asleepKiB {
		t.Errorf("a cluster that is asleep takes %d KiB, promised are %d", each, asleepKiB)
	}
	var woken []time.Duration
	for i := range 50 {
		began := time.Now()
		m.answer(t, i)
		m.leave()
		woken = append(woken, time.Since(began))
	}
	t.Logf("connecting to a cluster that is asleep: median %v of 50, worst %v", median(woken), slices.Max(woken))
	if median(made) > slack*createWithin || median(woken) > slack*wakeWithin {
		t.Errorf("promised are %v and %v", createWithin, wakeWithin)
	}
}

func median(d []time.Duration) time.Duration { return slices.Sorted(slices.Values(d))[len(d)/2] }

// many are clusters of many Regions.
type many struct {
	p       *server.Process
	clients map[string]*dsql.Client
	list    []*dsql.CreateClusterOutput
	regions []string
	open    []*pgx.Conn
}

// leave ends all connections.
func (m *many) leave() {
	for _, conn := range m.open {
		_ = conn.Close(context.Background())
	}
	m.open = nil
}

// awaitSleep returns when no cluster has measures any more, and the server has had the time to give back what they took.
func (m *many) awaitSleep(t *testing.T) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		answer, err := http.Get(m.p.API + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		open := strings.Count(string(text), "\nopendsql_sessions{")
		if open == 1 { // the control plane's own
			time.Sleep(time.Second)
			return
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("%d clusters are still open", open-1)
		}
	}
}

// create makes a cluster and returns once it answers SQL; the connection stays.
func (m *many) create(t *testing.T, region string) {
	t.Helper()
	ctx := t.Context()
	if m.clients[region] == nil {
		m.clients[region] = sdkClient(m.p, region, m.p.Root)
	}
	out, err := m.clients[region].CreateCluster(ctx, &dsql.CreateClusterInput{})
	if err != nil {
		t.Fatal(err)
	}
	for status := out.Status; status != types.ClusterStatusActive; time.Sleep(2 * time.Millisecond) {
		got, err := m.clients[region].GetCluster(ctx, &dsql.GetClusterInput{Identifier: out.Identifier})
		if err != nil {
			t.Fatal(err)
		}
		status = got.Status
	}
	m.list, m.regions = append(m.list, out), append(m.regions, region)
	m.answer(t, len(m.list)-1)
}

// answer connects to a cluster and has it answer once.
func (m *many) answer(t *testing.T, i int) {
	t.Helper()
	host := aws.ToString(m.list[i].Endpoint)
	token, err := iam.SignToken(m.p.Root, iam.TokenRequest{Host: host, Region: m.regions[i], User: iam.AdminUser}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c, err := m.p.Config(host, iam.AdminUser, token)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.ConnectConfig(t.Context(), c)
	if err != nil {
		t.Fatal(fmt.Errorf("cluster %d: %w", i, err))
	}
	m.open = append(m.open, conn)
	if err := conn.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
}
