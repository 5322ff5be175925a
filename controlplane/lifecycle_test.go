package controlplane

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// brokenRecords fails every call.
type brokenRecords struct{}

var errBroken = errors.New("the disk is gone")

func (brokenRecords) Get(context.Context, string) ([]byte, bool, error) { return nil, false, errBroken }

func (brokenRecords) List(context.Context, string) ([]KeyValue, error) { return nil, errBroken }

func (brokenRecords) Apply(context.Context, []KeyValue, []string, []Expectation) error {
	return errBroken
}

func TestNext(t *testing.T) {
	for status, want := range map[Status]action{StatusCreating: provision, StatusDeleting: retire, StatusActive: rest, StatusFailed: rest, StatusPendingSetup: rest} {
		if got := next(&clusterRecord{Status: status}); got != want || status.settled() != (want == rest) {
			t.Errorf("%s: %s", status, got)
		}
	}
}

func TestProvisioned(t *testing.T) {
	c := &clusterRecord{Status: StatusCreating, CreatedMs: 0}
	for _, tt := range []struct {
		failure error
		after   time.Duration
		status  Status
		retry   bool
	}{
		{nil, 0, StatusActive, false},
		{nil, time.Hour, StatusActive, false},
		{errBroken, 0, StatusCreating, true},
		{errBroken, time.Minute - 1, StatusCreating, true},
		{errBroken, time.Minute, StatusFailed, false},
	} {
		got, retry := provisioned(c, tt.failure, time.UnixMilli(0).Add(tt.after), time.Minute)
		if got.Status != tt.status || retry != tt.retry {
			t.Errorf("%+v: %s %v", tt, got.Status, retry)
		}
	}
	if c.Status != StatusCreating {
		t.Error("the record was changed in place")
	}
}

func TestBackoff(t *testing.T) {
	last := time.Duration(0)
	for n := 1; n < 100; n++ {
		d := backoff(n)
		if d < last || d > retryMax || n == 1 && d != retryFirst {
			t.Errorf("after %d failures: %v", n, d)
		}
		last = d
	}
	if last != retryMax {
		t.Errorf("ends at %v", last)
	}
}

// A data plane that fails at first is tried again, later and later; one that
// never works fails the cluster, which can then be deleted.
func TestProvisionRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := 3
		p := &planes{failure: func() error {
			if failures--; failures >= 0 {
				return errBroken
			}
			return nil
		}}
		a := testAPI(t, func(c *Config) { c.Provisioner = p })
		run(t, a)
		began := time.Now()
		id := settled(t, a, CreateClusterInput{})
		if c, _, _ := a.ClusterByID(t.Context(), id); c.Status != StatusActive || p.calls != 4 {
			t.Errorf("%s after %d attempts", c.Status, p.calls)
		}
		if took := time.Since(began); took != (50+100+200)*time.Millisecond {
			t.Errorf("took %v", took)
		}
		p.failure = func() error { return errBroken }
		id = settled(t, a, CreateClusterInput{DeletionProtectionEnabled: ptr(false)})
		if c, _, _ := a.ClusterByID(t.Context(), id); c.Status != StatusFailed {
			t.Errorf("%s after %v", c.Status, time.Since(began))
		}
		if _, err := a.updateCluster(t.Context(), tester, UpdateClusterInput{Identifier: id, DeletionProtectionEnabled: ptr(true)}); asError(err).Type != "ConflictException" {
			t.Errorf("a failed cluster is updated: %v", err)
		}
		p.failure = nil
		if _, err := a.deleteCluster(t.Context(), tester, DeleteClusterInput{Identifier: id}); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := a.AwaitSettled(t.Context(), id); ok || err != nil {
			t.Error("not gone", err)
		}
	})
}

// Deleting again while the data plane resists succeeds and changes nothing.
func TestDeleteIsIdempotent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &planes{}
		a := testAPI(t, func(c *Config) { c.Provisioner = p })
		run(t, a)
		id := settled(t, a, CreateClusterInput{DeletionProtectionEnabled: ptr(false)})
		failures := 5
		p.failure = func() error {
			if failures--; failures >= 0 {
				return errBroken
			}
			return nil
		}
		for range 3 {
			out, err := a.deleteCluster(t.Context(), tester, DeleteClusterInput{Identifier: id})
			if err != nil || out.Status != StatusDeleting {
				t.Fatalf("%+v %v", out, err)
			}
			synctest.Wait()
		}
		got, err := a.getCluster(t.Context(), tester, GetClusterInput{id})
		if err != nil || got.Status != StatusDeleting {
			t.Fatalf("%+v %v", got, err)
		}
		if list, err := a.listClusters(t.Context(), tester, ListClustersInput{MaxResults: 1}); err != nil || len(list.Clusters) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		if _, err := a.updateCluster(t.Context(), tester, UpdateClusterInput{Identifier: id}); asError(err).Type != "ConflictException" {
			t.Errorf("%v", err)
		}
		if _, ok, err := a.AwaitSettled(t.Context(), id); ok || err != nil || len(p.living) != 0 {
			t.Error("not gone", err)
		}
	})
}

func TestClientTokenLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := testAPI(t, nil)
		run(t, a)
		in := CreateClusterInput{ClientToken: ptr("t")}
		first := settled(t, a, in)
		time.Sleep(24*time.Hour - time.Millisecond)
		if again := settled(t, a, in); again != first {
			t.Error("the token was forgotten too early")
		}
		time.Sleep(time.Millisecond)
		if again := settled(t, a, in); again == first {
			t.Error("the token lives too long")
		}
		time.Sleep(26 * time.Hour)
		synctest.Wait()
		if left, err := a.records.List(t.Context(), tokenPrefix); err != nil || len(left) != 0 {
			t.Errorf("token records left: %v %v", left, err)
		}
	})
}

// Records that cannot be read do not end the loop, and it stops when told to.
func TestRunSurvivesBrokenRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := testAPI(t, func(c *Config) { c.Records = brokenRecords{} })
		run(t, a)
		time.Sleep(3 * time.Hour)
	})
}

// Two processes over the same records: expectations alone keep them apart.
func TestSeveralProcesses(t *testing.T) {
	records, p := &MemoryRecords{}, &planes{}
	var processes []*API
	for range 3 {
		a := testAPI(t, func(c *Config) { c.Records, c.Provisioner, c.Limits.SingleRegionClusters = records, p, 10 })
		run(t, a)
		processes = append(processes, a)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	made, refused := map[string]int{}, 0
	for i := range 30 {
		all.Go(func() {
			in := CreateClusterInput{ClientToken: ptr(fmt.Sprint("token-", i/2)), DeletionProtectionEnabled: ptr(false)}
			out, err := processes[i%3].CreateCluster(context.Background(), tester, in)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made[out.Identifier]++
			case asError(err).Type == "ServiceQuotaExceededException":
				refused++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(made) != 10 || refused != 10 {
		t.Errorf("%d clusters, %d refused", len(made), refused)
	}
	for id := range made {
		for _, a := range processes {
			a.wake() // each of them may be the one that is told last
		}
		if c := poll(t, records, processes[0], id); c.Status != StatusActive {
			t.Errorf("%+v", c)
		}
	}
}

// poll waits on the records, since another process may have settled the cluster.
func poll(t *testing.T, records *MemoryRecords, a *API, id string) Cluster {
	t.Helper()
	for {
		c, ok, err := a.ClusterByID(t.Context(), id)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if c.Status.settled() {
			return c
		}
		if left, _ := records.List(t.Context(), workKey(id)); len(left) == 0 {
			c, _, _ := a.ClusterByID(t.Context(), id)
			return c
		}
		a.wake()
	}
}

func TestNewerRecordIsRefused(t *testing.T) {
	a := testAPI(t, nil)
	out, err := a.CreateCluster(t.Context(), tester, CreateClusterInput{})
	if err != nil {
		t.Fatal(err)
	}
	c, _, _ := a.load(t.Context(), out.Identifier)
	c.Format = recordFormat + 1
	if err := a.records.Apply(t.Context(), []KeyValue{{clusterKey(c.ID), encodeRecord(c)}}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.ClusterByID(t.Context(), c.ID); err == nil || !strings.Contains(err.Error(), "format is 2") {
		t.Errorf("got %v", err)
	}
}
