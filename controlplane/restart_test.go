package controlplane

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// world is what survives a crash: the records and the data planes.
type world struct {
	records *MemoryRecords
	planes  *planes
}

// process is one life of the program over a world. It dies at a given step:
// from then on nothing it does has an effect.
type process struct {
	world world
	die   context.CancelCauseFunc

	mu   sync.Mutex
	step int // steps left to live; negative: lives on
	dead bool
}

var errDead = errors.New("the process is dead")

// pass is one point at which the process may die.
func (p *process) pass() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return errDead
	}
	if p.step == 0 {
		p.dead = true
		p.die(errDead)
		return errDead
	}
	p.step--
	return nil
}

// around does something with a point of death before and one after it.
func (p *process) around(do func() error) error {
	if err := p.pass(); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return p.pass()
}

func (p *process) Get(ctx context.Context, key string) ([]byte, bool, error) {
	return p.world.records.Get(ctx, key)
}

func (p *process) List(ctx context.Context, prefix string) ([]KeyValue, error) {
	return p.world.records.List(ctx, prefix)
}

func (p *process) Apply(_ context.Context, puts []KeyValue, deletes []string, expect []Expectation) error {
	return p.around(func() error { return p.world.records.Apply(context.Background(), puts, deletes, expect) })
}

func (p *process) Provision(ctx context.Context, c ClusterSpec) error {
	return p.around(func() error { return p.world.planes.Provision(ctx, c) })
}

func (p *process) Retire(ctx context.Context, id string) error {
	return p.around(func() error { return p.world.planes.Retire(ctx, id) })
}

func (p *process) FindKey(name, _, _ string) (string, error) { return name, nil }
func (p *process) KeyUsable(string) error                    { return nil }
func (p *process) MayRekey(string) error                     { return nil }

func (p *process) Rekey(id, arn string) error {
	return p.around(func() error {
		return p.world.planes.do(func(map[string]bool) {
			if p.world.planes.keys == nil {
				p.world.planes.keys = map[string]string{}
			}
			p.world.planes.keys[id] = arn
		})
	})
}

// live runs a process until do is done or the process is dead.
func (w world) live(t *testing.T, steps int, do func(ctx context.Context, a *API) error) error {
	t.Helper()
	ctx, die := context.WithCancelCause(context.Background())
	p := &process{world: w, die: die, step: steps}
	a := testAPI(t, func(c *Config) { c.Records, c.Provisioner, c.Keys = p, p, p })
	stopped := make(chan error, 1)
	go func() { stopped <- a.Run(ctx) }()
	err := do(ctx, a)
	die(nil)
	if runErr := <-stopped; runErr != nil {
		t.Errorf("Run ended with %v", runErr)
	}
	return err
}

// life is a whole life of a cluster as a client drives it, each call with its own
// token. Everything may be repeated from the start after a crash.
func life(w world, ids map[string]bool) func(ctx context.Context, a *API) error {
	return func(ctx context.Context, a *API) error {
		out, err := a.CreateCluster(ctx, tester, CreateClusterInput{ClientToken: ptr("create")})
		if err != nil {
			return err
		}
		id := out.Identifier
		ids[id] = true
		c, ok, err := a.AwaitSettled(ctx, id)
		if err != nil {
			return err
		}
		if ok && c.Status != StatusActive {
			return fmt.Errorf("cluster is %s", c.Status)
		}
		if err := changes(ctx, a, w, id); err != nil {
			return err
		}
		if _, err := a.updateCluster(ctx, tester, UpdateClusterInput{Identifier: id, DeletionProtectionEnabled: ptr(false), ClientToken: ptr("update")}); err != nil {
			return err
		}
		if _, err := a.deleteCluster(ctx, tester, DeleteClusterInput{Identifier: id, ClientToken: ptr("delete")}); err != nil {
			return err
		}
		if _, ok, err := a.AwaitSettled(ctx, id); ok || err != nil {
			return fmt.Errorf("cluster is not gone: %w", err)
		}
		return nil
	}
}

// changes give a cluster tags, a policy and another key, and look for them until its deletion has begun.
func changes(ctx context.Context, a *API, w world, id string) error {
	c, _, err := a.load(ctx, id)
	if err != nil {
		return err
	}
	if c != nil && c.Status != StatusDeleting {
		r := resource{region: tester.Region, account: tester.Account, cluster: id}
		if _, err := a.tagResource(ctx, tester, TagResourceInput{Resource: r, Tags: map[string]string{"k": "v"}}); err != nil {
			return err
		}
	}
	policy := denying(`"*"`, `"dsql:DbConnect"`, "")
	if _, err := a.putClusterPolicy(ctx, tester, PutClusterPolicyInput{Identifier: id, Policy: policy, ClientToken: ptr("policy")}); err != nil {
		return err
	}
	if _, err := a.updateCluster(ctx, tester, UpdateClusterInput{Identifier: id, KmsEncryptionKey: ptr(testKeyARN), ClientToken: ptr("key")}); err != nil {
		return err
	}
	if _, _, err := a.AwaitSettled(ctx, id); err != nil {
		return err
	}
	c, _, err = a.load(ctx, id)
	if err != nil || c == nil || c.Status == StatusDeleting {
		return err
	}
	if c.Status != StatusActive || c.Rekeying || c.KmsKeyArn != testKeyARN || w.planes.keys[id] != testKeyARN || c.Tags["k"] != "v" || c.Policy != policy || c.PolicyVersion != 1 {
		return fmt.Errorf("after its changes the cluster is %+v, its key %q", c, w.planes.keys[id])
	}
	return nil
}

// The process dies at every step of a cluster's life; the next one carries on,
// and in the end exactly one cluster has lived and nothing of it is left.
func TestRestartAtEveryStep(t *testing.T) {
	for step := 0; ; step++ {
		w, ids := world{&MemoryRecords{}, &planes{}}, map[string]bool{}
		crash := w.live(t, step, life(w, ids))
		if crash != nil {
			if !errors.Is(crash, errDead) && !errors.Is(crash, context.Canceled) {
				t.Fatalf("step %d: %v", step, crash)
			}
			if err := w.live(t, -1, life(w, ids)); err != nil {
				t.Fatalf("step %d: the next process ended with %v", step, err)
			}
		}
		checkNothingLeft(t, step, w)
		if len(ids) != 1 {
			t.Errorf("step %d: %d clusters lived", step, len(ids))
		}
		if crash == nil {
			if step < 22 {
				t.Errorf("only %d steps", step)
			}
			return
		}
	}
}

// The process dies somewhere behind the write that records the wish; without any
// further call the next process makes the cluster ACTIVE.
func TestRestartResumesWithoutCalls(t *testing.T) {
	for step := 1; step <= 5; step++ {
		w := world{&MemoryRecords{}, &planes{}}
		_ = w.live(t, step, func(ctx context.Context, a *API) error { // the answer may be lost, the wish is not
			out, err := a.CreateCluster(ctx, tester, CreateClusterInput{})
			if err != nil {
				return err
			}
			_, _, err = a.AwaitSettled(ctx, out.Identifier)
			return err
		})
		err := w.live(t, -1, func(ctx context.Context, a *API) error {
			all, err := a.Clusters(ctx)
			if err != nil || len(all) != 1 {
				t.Fatalf("step %d: %v %v", step, all, err)
			}
			c, ok, err := a.AwaitSettled(ctx, all[0].ID)
			if !ok || c.Status != StatusActive || !w.planes.living[c.ID] {
				t.Errorf("step %d: %+v", step, c)
			}
			return err
		})
		if err != nil {
			t.Errorf("step %d: %v", step, err)
		}
	}
}

func checkNothingLeft(t *testing.T, step int, w world) {
	t.Helper()
	if len(w.planes.living) != 0 {
		t.Errorf("step %d: data planes left: %v", step, w.planes.living)
	}
	for _, prefix := range []string{clusterPrefix, workPrefix, orderPrefix} {
		if left, _ := w.records.List(t.Context(), prefix); len(left) != 0 {
			t.Errorf("step %d: records left: %v", step, left)
		}
	}
	scopes, _ := w.records.List(t.Context(), scopePrefix)
	for _, kv := range scopes {
		var s scopeRecord
		if err := decodeRecord(kv.Key, kv.Value, &s); err != nil || s.SingleRegion != 0 || s.MultiRegion != 0 || s.Sequence != 1 {
			t.Errorf("step %d: %s: %+v %v", step, kv.Key, s, err)
		}
	}
	if len(scopes) == 0 {
		t.Errorf("step %d: nothing was ever made", step)
	}
}

// pairLife is a whole life of two linked clusters as a client drives it; deleteFirst
// tells which of the two is deleted first.
func pairLife(w world, ids map[string]bool, deleteFirst int) func(ctx context.Context, a *API) error {
	return func(ctx context.Context, a *API) error {
		var pair [2]*CreateClusterOutput
		for i, who := range []caller{tester, inOhio()} {
			out, err := a.CreateCluster(ctx, who, CreateClusterInput{MultiRegionProperties: witnessed(), DeletionProtectionEnabled: ptr(false), ClientToken: ptr("create")})
			if err != nil {
				return err
			}
			pair[i], ids[out.Identifier] = out, true
		}
		for i, who := range []caller{tester, inOhio()} {
			in := UpdateClusterInput{Identifier: pair[i].Identifier, MultiRegionProperties: witnessed(pair[1-i].Arn), ClientToken: ptr("link")}
			if _, err := a.updateCluster(ctx, who, in); err != nil {
				return err
			}
		}
		for _, c := range pair {
			got, ok, err := a.AwaitSettled(ctx, c.Identifier)
			if err != nil {
				return err
			}
			if ok && got.Status != StatusActive && got.Status != StatusPendingDelete {
				return fmt.Errorf("cluster is %s", got.Status)
			}
		}
		order := []int{deleteFirst, 1 - deleteFirst}
		for n, i := range order {
			out, err := a.deleteCluster(ctx, []caller{tester, inOhio()}[i], DeleteClusterInput{Identifier: pair[i].Identifier, ClientToken: ptr("delete")})
			if err != nil {
				return err
			}
			if out.Status != StatusPendingDelete {
				return fmt.Errorf("deletion %d answers %s", n, out.Status)
			}
		}
		for _, c := range pair {
			if _, ok, err := a.AwaitSettled(ctx, c.Identifier); ok || err != nil {
				return fmt.Errorf("cluster is not gone: %w", err)
			}
		}
		return nil
	}
}

// The process dies at every step of the life of two linked clusters, whichever
// of them is deleted first.
func TestRestartAtEveryStepOfAPair(t *testing.T) {
	for step, deleteFirst := 0, 0; ; step++ {
		w, ids := world{&MemoryRecords{}, &planes{}}, map[string]bool{}
		crash := w.live(t, step, pairLife(w, ids, deleteFirst))
		if crash != nil {
			if !errors.Is(crash, errDead) && !errors.Is(crash, context.Canceled) {
				t.Fatalf("step %d: %v", step, crash)
			}
			if err := w.live(t, -1, pairLife(w, ids, deleteFirst)); err != nil {
				t.Fatalf("step %d: the next process ended with %v", step, err)
			}
		}
		checkNothingLeft(t, step, w)
		if len(ids) != 2 {
			t.Errorf("step %d: %d clusters lived", step, len(ids))
		}
		if crash == nil {
			if step < 24 {
				t.Errorf("only %d steps", step)
			}
			if deleteFirst == 1 {
				return
			}
			step, deleteFirst = -1, 1
		}
	}
}

// A process dies behind the second deletion, whose answer is lost; without any
// further call the next one removes both.
func TestRestartResumesPairWithoutCalls(t *testing.T) {
	w := world{&MemoryRecords{}, &planes{}}
	ctx := t.Context()
	a := testAPI(t, func(c *Config) { c.Records, c.Provisioner = w.records, w.planes }) // its loop never runs
	one, two := pending(t, a, tester), pending(t, a, inOhio())
	for _, side := range []struct {
		who       caller
		own, peer *CreateClusterOutput
	}{{tester, one, two}, {inOhio(), two, one}} {
		if _, err := a.updateCluster(ctx, side.who, UpdateClusterInput{Identifier: side.own.Identifier, MultiRegionProperties: witnessed(side.peer.Arn)}); err != nil {
			t.Fatal(err)
		}
	}
	both := func(want Status) func(context.Context, *API) error {
		return func(ctx context.Context, a *API) error {
			for _, id := range []string{one.Identifier, two.Identifier} {
				c, _, err := a.AwaitSettled(ctx, id)
				if err != nil {
					return err
				}
				if c.Status != want {
					return fmt.Errorf("%s is %q, want %q", id, c.Status, want)
				}
			}
			return nil
		}
	}
	if err := w.live(t, -1, both(StatusActive)); err != nil {
		t.Fatal(err)
	}
	for who, c := range map[*CreateClusterOutput]caller{one: tester, two: inOhio()} {
		if _, err := a.deleteCluster(ctx, c, DeleteClusterInput{Identifier: who.Identifier}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.live(t, -1, both("")); err != nil {
		t.Fatal(err)
	}
	checkNothingLeft(t, 0, w)
}
