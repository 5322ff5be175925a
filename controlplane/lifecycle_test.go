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
	for status, want := range map[Status]action{StatusCreating: provision, StatusDeleting: retire, StatusActive: rest, StatusFailed: rest, StatusPendingSetup: rest, StatusPendingDelete: rest} {
		c := &clusterRecord{Status: status, MultiRegion: &multiRegion{}}
		if got := next(c); got != want || c.settled() != (want == rest) {
			t.Errorf("%s: %s", status, got)
		}
	}
	if c := (&clusterRecord{Status: StatusPendingDelete, MultiRegion: &multiRegion{Ending: true}}); next(c) != conclude || c.settled() {
		t.Errorf("both deleted: %s", next(c))
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
	// A pair that was set up long after it was created has its time from the link on.
	linked := &clusterRecord{Status: StatusCreating, MultiRegion: &multiRegion{LinkedMs: time.Hour.Milliseconds()}}
	if _, retry := provisioned(linked, errBroken, time.UnixMilli(0).Add(time.Hour+time.Minute-1), time.Minute); !retry {
		t.Error("a linked cluster was given up too early")
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
		if c, _, _ := a.ClusterByID(t.Context(), id); c.Status != StatusActive || p.count() != 4 {
			t.Errorf("%s after %d attempts", c.Status, p.count())
		}
		if took := time.Since(began); took != (50+100+200)*time.Millisecond {
			t.Errorf("took %v", took)
		}
		p.failWith(func() error { return errBroken })
		id = settled(t, a, CreateClusterInput{})
		if c, _, _ := a.ClusterByID(t.Context(), id); c.Status != StatusFailed {
			t.Errorf("%s after %v", c.Status, time.Since(began))
		}
		p.failWith(nil)
		if _, err := a.updateCluster(t.Context(), tester, UpdateClusterInput{Identifier: id, DeletionProtectionEnabled: ptr(false)}); err != nil {
			t.Errorf("a failed cluster cannot be unprotected: %v", err)
		}
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
		p.failWith(func() error {
			if failures--; failures >= 0 {
				return errBroken
			}
			return nil
		})
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
		if _, ok, err := a.AwaitSettled(t.Context(), id); ok || err != nil || len(p.left()) != 0 {
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
		<-time.After(24*time.Hour - time.Millisecond)
		if again := settled(t, a, in); again != first {
			t.Error("the token was forgotten too early")
		}
		<-time.After(time.Millisecond)
		if again := settled(t, a, in); again == first {
			t.Error("the token lives too long")
		}
		<-time.After(26 * time.Hour)
		synctest.Wait()
		if left, err := a.records.List(t.Context(), tokenPrefix); err != nil || len(left) != 0 {
			t.Errorf("token records left: %v %v", left, err)
		}
	})
}

// A token's second use is judged by what was asked for: the same in other words is the same; no peers and nothing said about peers are different.
func TestSameRequest(t *testing.T) {
	a := testAPI(t, nil)
	one := pending(t, a, tester)
	two := pending(t, a, inOhio())
	for i, tt := range []struct {
		first, second string
		same          bool
	}{
		{`"multiRegionProperties":{}`, `"multiRegionProperties":{}`, true},
		{`"multiRegionProperties":{"clusters":[]}`, `"multiRegionProperties":{"clusters":[]}`, true},
		{`"multiRegionProperties":{"clusters":[]}`, `"multiRegionProperties":{}`, false},
		{`"multiRegionProperties":{"clusters":null}`, `"multiRegionProperties":{}`, true},
		{`"multiRegionProperties":{"clusters":["ONE","TWO"]}`, `"multiRegionProperties":{"clusters":["TWO","ONE"]}`, true},
		{`"multiRegionProperties":{"clusters":["TWO"]}`, `"multiRegionProperties":{"clusters":[]}`, false},
		{`"deletionProtectionEnabled":false`, `"deletionProtectionEnabled":null`, false},
		{`"unknown":1`, `"unknown":2`, true},
	} {
		ask := func(members string) int {
			members = strings.NewReplacer("ONE", one.Arn, "TWO", two.Arn).Replace(members)
			w, _ := ask(t, a, "POST", "/cluster/"+one.Identifier, fmt.Sprintf(`{"clientToken":"t%d",%s}`, i, members))
			return w.Code
		}
		if first, second := ask(tt.first), ask(tt.second); first != 200 || second != map[bool]int{true: 200, false: 409}[tt.same] {
			t.Errorf("%s, then %s: %d, %d", tt.first, tt.second, first, second)
		}
	}
}

// Records that cannot be read do not end the loop, and it stops when told to.
func TestRunSurvivesBrokenRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := testAPI(t, func(c *Config) { c.Records = brokenRecords{} })
		run(t, a)
		<-time.After(3 * time.Hour)
	})
}

// Several processes over the same records: expectations alone keep them apart.
func TestSeveralProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
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
				out, err := processes[i%3].CreateCluster(t.Context(), tester, in)
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
		<-time.After(lookEvery) // whichever process is left with a conflict looks again
		synctest.Wait()
		for id := range made {
			if c, ok, err := processes[0].ClusterByID(t.Context(), id); !ok || err != nil || c.Status != StatusActive {
				t.Errorf("%+v %v", c, err)
			}
		}
	})
}

// unsureRecords writes, and then claims not to know whether it did.
type unsureRecords struct {
	*MemoryRecords
	unsure int // so many times
}

func (u *unsureRecords) Apply(ctx context.Context, puts []KeyValue, deletes []string, expect []Expectation) error {
	err := u.MemoryRecords.Apply(ctx, puts, deletes, expect)
	if u.unsure--; err == nil && u.unsure >= 0 {
		return errBroken
	}
	return err
}

// A wish whose write had an unknown outcome is carried out at once all the same,
// and asking again with the same token gives the same cluster.
func TestUnknownOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := testAPI(t, func(c *Config) { c.Records = &unsureRecords{&MemoryRecords{}, 1} })
		run(t, a)
		in := CreateClusterInput{ClientToken: ptr("t")}
		if _, err := a.CreateCluster(t.Context(), tester, in); asError(err).Type != "InternalServerException" {
			t.Fatal(err)
		}
		synctest.Wait()
		all, err := a.Clusters(t.Context())
		if err != nil || len(all) != 1 || all[0].Status != StatusActive {
			t.Fatal(all, err)
		}
		if id := settled(t, a, in); id != all[0].ID {
			t.Error("asking again made another cluster")
		}
	})
}

// contendedRecords always conflict.
type contendedRecords struct{ *MemoryRecords }

func (contendedRecords) Apply(context.Context, []KeyValue, []string, []Expectation) error {
	return ErrConflict
}

func TestThrottling(t *testing.T) {
	a := testAPI(t, func(c *Config) { c.Records = contendedRecords{&MemoryRecords{}} })
	w, m := ask(t, a, "POST", "/cluster", `{}`)
	asked(t, w, "ThrottlingException", 429, "", "Too many requests")
	if w.Header().Get("Retry-After") != "1" || m["retryAfterSeconds"] != nil || m["serviceCode"] != "dsql" {
		t.Errorf("%v %v", w.Header(), m)
	}
}

// A caller who leaves while others write is no failure of ours.
func TestAbandonedCall(t *testing.T) {
	a := testAPI(t, nil)
	a.writing <- struct{}{} // somebody else's turn
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := a.CreateCluster(ctx, tester, CreateClusterInput{}); asError(err).Type != "RequestAbortedException" {
		t.Errorf("got %v", err)
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
