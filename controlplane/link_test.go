package controlplane

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// inOhio is the tester in the other Region of the pairs.
func inOhio() caller {
	who := tester
	who.Region = "us-east-2"
	return who
}

// witnessed are multi-Region properties with the pairs' witness.
func witnessed(clusters ...string) *MultiRegionProperties {
	return &MultiRegionProperties{WitnessRegion: ptr("us-west-2"), Clusters: clusters}
}

// pending makes an unprotected cluster that waits for its peer, or names one at once.
func pending(t testing.TB, a *API, who caller, peers ...string) *CreateClusterOutput {
	t.Helper()
	out, err := a.CreateCluster(t.Context(), who, CreateClusterInput{MultiRegionProperties: witnessed(peers...), DeletionProtectionEnabled: ptr(false)})
	if err != nil || out.Status != StatusPendingSetup {
		t.Fatalf("%+v %v", out, err)
	}
	return out
}

// names makes a cluster name its peers.
func names(t testing.TB, a *API, who caller, id string, clusters ...string) {
	t.Helper()
	out, err := a.updateCluster(t.Context(), who, UpdateClusterInput{Identifier: id, MultiRegionProperties: witnessed(clusters...)})
	if err != nil || out.Status != StatusUpdating {
		t.Fatalf("%+v %v", out, err)
	}
}

func hasStatus(t testing.TB, a *API, want Status, clusters ...*CreateClusterOutput) {
	t.Helper()
	for _, c := range clusters {
		if got, _, err := a.ClusterByID(t.Context(), c.Identifier); err != nil || got.Status != want {
			t.Errorf("%s is %q, want %q (%v)", c.Arn, got.Status, want, err)
		}
	}
}

// linkedPair is a pair that is ACTIVE; the loop runs.
func linkedPair(t testing.TB, a *API) (one, two *CreateClusterOutput) {
	t.Helper()
	one = pending(t, a, tester)
	two = pending(t, a, inOhio(), one.Arn)
	names(t, a, tester, one.Identifier, two.Arn)
	for _, c := range []*CreateClusterOutput{one, two} {
		if got, _, err := a.AwaitSettled(t.Context(), c.Identifier); err != nil || got.Status != StatusActive {
			t.Fatalf("%+v %v", got, err)
		}
	}
	return one, two
}

// Each documented way of making a pair, from both sides.
func TestLinkRecipes(t *testing.T) {
	for _, recipe := range []string{"four steps", "three steps", "both ARNs"} {
		for _, first := range []int{0, 1} {
			t.Run(fmt.Sprint(recipe, first), func(t *testing.T) {
				p := &planes{}
				a := testAPI(t, func(c *Config) { c.Provisioner = p })
				who := []caller{tester, inOhio()}
				here, there := who[first], who[1-first]
				one := pending(t, a, here)
				var two *CreateClusterOutput
				switch recipe {
				case "four steps":
					two = pending(t, a, there)
					names(t, a, here, one.Identifier, two.Arn)
					hasStatus(t, a, StatusPendingSetup, one, two)
					names(t, a, there, two.Identifier, one.Arn)
				case "three steps":
					two = pending(t, a, there, one.Arn)
					names(t, a, here, one.Identifier, two.Arn)
				case "both ARNs":
					two = pending(t, a, there)
					names(t, a, here, one.Identifier, one.Arn, two.Arn)
					hasStatus(t, a, StatusPendingSetup, one, two)
					names(t, a, there, two.Identifier, one.Arn, two.Arn)
				}
				hasStatus(t, a, StatusCreating, one, two)
				run(t, a)
				for i, c := range []*CreateClusterOutput{one, two} {
					if _, _, err := a.AwaitSettled(t.Context(), c.Identifier); err != nil {
						t.Fatal(err)
					}
					hasStatus(t, a, StatusActive, c)
					got, err := a.getCluster(t.Context(), []caller{here, there}[i], GetClusterInput{c.Identifier})
					if err != nil || len(got.MultiRegionProperties.Clusters) != 2 || got.MultiRegionProperties.Clusters[0] != c.Arn {
						t.Errorf("%+v %v", got, err)
					}
					if want := min(one.Identifier, two.Identifier); p.plane(c.Identifier) != want {
						t.Errorf("%s has data plane %s, want %s", c.Identifier, p.plane(c.Identifier), want)
					}
				}
			})
		}
	}
}

// A pair goes from either side: the first to be deleted waits, asked as often as
// one likes, and both go when the second is deleted.
func TestDeletionOfAPair(t *testing.T) {
	for _, first := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			p := &planes{}
			a := testAPI(t, func(c *Config) { c.Provisioner = p })
			run(t, a)
			one, two := linkedPair(t, a)
			pair, who := []*CreateClusterOutput{one, two}, []caller{tester, inOhio()}
			kill := func(i int) {
				t.Helper()
				out, err := a.deleteCluster(t.Context(), who[i], DeleteClusterInput{Identifier: pair[i].Identifier})
				if err != nil || out.Status != StatusPendingDelete {
					t.Fatalf("%+v %v", out, err)
				}
			}
			for range 3 {
				kill(first)
				synctest.Wait()
				hasStatus(t, a, StatusPendingDelete, pair[first])
				hasStatus(t, a, StatusActive, pair[1-first])
			}
			if c, ok, err := a.AwaitSettled(t.Context(), pair[first].Identifier); !ok || err != nil || c.Status != StatusPendingDelete {
				t.Errorf("%+v %v", c, err)
			}
			if len(p.left()) != 2 {
				t.Errorf("one deletion removed data: %v", p.left())
			}
			kill(1 - first)
			for _, c := range pair {
				if _, ok, err := a.AwaitSettled(t.Context(), c.Identifier); ok || err != nil {
					t.Errorf("%s is not gone: %v", c.Identifier, err)
				}
			}
			if len(p.left()) != 0 {
				t.Errorf("left: %v", p.left())
			}
		})
	}
}

// What was answered to each call in each status of a linked pair, and of one that is being set up.
func TestCallsInEachStatus(t *testing.T) {
	const ok, busy, wrong = "", "ConflictException", "ValidationException"
	for _, tt := range []struct {
		status                                                   Status
		linked                                                   bool
		protect, unprotect, same, witness, unlink, other, remove string
		key                                                      string // of another one than it has; the one it has is as "same"
		removed                                                  Status
	}{
		{StatusPendingSetup, false, ok, ok, ok, wrong, ok, ok, ok, busy, StatusDeleting},
		{StatusCreating, true, busy, busy, busy, busy, busy, busy, busy, busy, ""},
		{StatusActive, true, ok, ok, ok, wrong, wrong, wrong, ok, ok, StatusPendingDelete},
		{StatusFailed, true, ok, ok, ok, busy, busy, busy, ok, busy, StatusPendingDelete},
		{StatusPendingDelete, true, busy, ok, ok, busy, busy, busy, ok, busy, StatusPendingDelete},
		{StatusDeleting, true, busy, busy, busy, busy, busy, busy, ok, busy, StatusDeleting},
	} {
		setUp := func() (*API, *CreateClusterOutput, *CreateClusterOutput, *CreateClusterOutput) {
			a := testAPI(t, func(c *Config) { c.Keys = &ring{} })
			one := pending(t, a, tester)
			two := pending(t, a, inOhio())
			third := pending(t, a, inOhio(), one.Arn) // fits, but for what one is
			names(t, a, tester, one.Identifier, two.Arn)
			if tt.linked {
				names(t, a, inOhio(), two.Identifier, one.Arn)
			}
			c, _, err := a.load(t.Context(), one.Identifier)
			if err != nil {
				t.Fatal(err)
			}
			c.Status = tt.status
			if err := a.records.Apply(t.Context(), []KeyValue{{clusterKey(c.ID), encodeRecord(c)}}, nil, nil); err != nil {
				t.Fatal(err)
			}
			return a, one, two, third
		}
		update := func(what, want string, in func(one, two, third *CreateClusterOutput) UpdateClusterInput) {
			t.Helper()
			a, one, two, third := setUp()
			u := in(one, two, third)
			u.Identifier = one.Identifier
			_, err := a.updateCluster(t.Context(), tester, u)
			checkType(t, string(tt.status)+" "+what, err, want)
		}
		properties := func(p *MultiRegionProperties) UpdateClusterInput { return UpdateClusterInput{MultiRegionProperties: p} }
		update("protect", tt.protect, func(_, _, _ *CreateClusterOutput) UpdateClusterInput {
			return UpdateClusterInput{DeletionProtectionEnabled: ptr(true)}
		})
		update("unprotect", tt.unprotect, func(_, _, _ *CreateClusterOutput) UpdateClusterInput {
			return UpdateClusterInput{DeletionProtectionEnabled: ptr(false)}
		})
		update("same", tt.same, func(one, two, _ *CreateClusterOutput) UpdateClusterInput {
			return properties(witnessed(two.Arn, one.Arn))
		})
		update("same key", tt.same, func(_, _, _ *CreateClusterOutput) UpdateClusterInput {
			return UpdateClusterInput{KmsEncryptionKey: ptr(awsOwnedKey)}
		})
		update("another key", tt.key, func(_, _, _ *CreateClusterOutput) UpdateClusterInput {
			return UpdateClusterInput{KmsEncryptionKey: ptr("alias/test")}
		})
		update("witness", tt.witness, func(_, _, _ *CreateClusterOutput) UpdateClusterInput {
			return properties(&MultiRegionProperties{WitnessRegion: ptr("us-east-2")})
		})
		update("unlink", tt.unlink, func(one, _, _ *CreateClusterOutput) UpdateClusterInput { return properties(witnessed(one.Arn)) })
		update("another peer", tt.other, func(_, _, third *CreateClusterOutput) UpdateClusterInput { return properties(witnessed(third.Arn)) })
		a, one, _, _ := setUp()
		out, err := a.deleteCluster(t.Context(), tester, DeleteClusterInput{Identifier: one.Identifier})
		checkType(t, string(tt.status)+" delete", err, tt.remove)
		if err == nil && out.Status != tt.removed {
			t.Errorf("%s: the deletion answers %s, want %s", tt.status, out.Status, tt.removed)
		}
		if got, err := a.getCluster(t.Context(), tester, GetClusterInput{one.Identifier}); err != nil || got.Identifier != one.Identifier {
			t.Errorf("%s: %+v %v", tt.status, got, err)
		}
	}
}

func checkType(t *testing.T, what string, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = asError(err).Type
	}
	if got != want {
		t.Errorf("%s: got %v, want %q", what, err, want)
	}
}

// A linked cluster takes no third one in, from wherever it is asked.
func TestNoThird(t *testing.T) {
	a := testAPI(t, nil)
	run(t, a)
	one, two := linkedPair(t, a)
	third := pending(t, a, inOhio())
	_, err := a.CreateCluster(t.Context(), inOhio(), CreateClusterInput{MultiRegionProperties: witnessed(one.Arn)})
	checkMessage(t, err, "must be a cluster in status PENDING_SETUP")
	_, err = a.updateCluster(t.Context(), inOhio(), UpdateClusterInput{Identifier: third.Identifier, MultiRegionProperties: witnessed(one.Arn)})
	checkMessage(t, err, "must be a cluster in status PENDING_SETUP")
	_, err = a.updateCluster(t.Context(), tester, UpdateClusterInput{Identifier: one.Identifier, MultiRegionProperties: witnessed(third.Arn)})
	checkMessage(t, err, "must not change once the clusters are linked; it is "+two.Arn)
	_, err = a.updateCluster(t.Context(), tester, UpdateClusterInput{Identifier: one.Identifier, MultiRegionProperties: witnessed()})
	if err != nil { // no list was given: nothing is asked
		t.Error(err)
	}
	_, err = a.updateCluster(t.Context(), tester, UpdateClusterInput{Identifier: one.Identifier, MultiRegionProperties: &MultiRegionProperties{Clusters: []string{}}})
	checkMessage(t, err, "must not change once the clusters are linked")
	hasStatus(t, a, StatusActive, one, two)
	// Naming one that has named another.
	fourth := pending(t, a, tester, third.Arn)
	fifth := pending(t, a, tester)
	names(t, a, inOhio(), third.Identifier, fourth.Arn)
	for _, c := range []*CreateClusterOutput{third, fourth} {
		if _, _, err := a.AwaitSettled(t.Context(), c.Identifier); err != nil {
			t.Fatal(err)
		}
	}
	_, err = a.updateCluster(t.Context(), tester, UpdateClusterInput{Identifier: fifth.Identifier, MultiRegionProperties: witnessed(third.Arn)})
	checkMessage(t, err, "must be a cluster in status PENDING_SETUP")
	sixth := pending(t, a, inOhio(), fifth.Arn)
	seventh := pending(t, a, tester)
	_, err = a.updateCluster(t.Context(), tester, UpdateClusterInput{Identifier: seventh.Identifier, MultiRegionProperties: witnessed(sixth.Arn)})
	checkMessage(t, err, "must not be set up with another cluster")
}

func checkMessage(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) || asError(err).Type != "ValidationException" || asError(err).Reason != reasonFieldValidation {
		t.Errorf("got %v, want a ValidationException: %q", err, part)
	}
}

// A half-made setup binds nobody: the named one can be deleted, and the one that named it set up anew.
func TestUnpeeredDeletion(t *testing.T) {
	a := testAPI(t, nil)
	run(t, a)
	one := pending(t, a, tester)
	two := pending(t, a, inOhio(), one.Arn)
	out, err := a.deleteCluster(t.Context(), tester, DeleteClusterInput{Identifier: one.Identifier})
	if err != nil || out.Status != StatusDeleting {
		t.Fatalf("%+v %v", out, err)
	}
	if _, ok, err := a.AwaitSettled(t.Context(), one.Identifier); ok || err != nil {
		t.Error("not gone", err)
	}
	three := pending(t, a, tester)
	names(t, a, inOhio(), two.Identifier, three.Arn)
	names(t, a, tester, three.Identifier, two.Arn)
	for _, c := range []*CreateClusterOutput{two, three} {
		if got, _, err := a.AwaitSettled(t.Context(), c.Identifier); err != nil || got.Status != StatusActive {
			t.Errorf("%+v %v", got, err)
		}
	}
}

// Both sides name each other at the same moment, in different processes: the link is made, whoever was first.
func TestLinkConcurrently(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			records, p := &MemoryRecords{}, &planes{}
			var processes [2]*API
			for i := range processes {
				processes[i] = testAPI(t, func(c *Config) { c.Records, c.Provisioner = records, p })
				run(t, processes[i])
			}
			pair := [2]*CreateClusterOutput{pending(t, processes[0], tester), pending(t, processes[1], inOhio())}
			both := func(do func(ctx context.Context, i int) error) {
				var work sync.WaitGroup
				for i := range pair {
					work.Go(func() {
						if err := do(t.Context(), i); err != nil {
							t.Error(err)
						}
					})
				}
				work.Wait()
			}
			who := []caller{tester, inOhio()}
			both(func(ctx context.Context, i int) error {
				_, err := processes[i].updateCluster(ctx, who[i], UpdateClusterInput{Identifier: pair[i].Identifier, MultiRegionProperties: witnessed(pair[1-i].Arn)})
				return err
			})
			<-time.After(2 * lookEvery)
			synctest.Wait()
			hasStatus(t, processes[0], StatusActive, pair[:]...)
			both(func(ctx context.Context, i int) error {
				_, err := processes[i].deleteCluster(ctx, who[i], DeleteClusterInput{Identifier: pair[i].Identifier})
				return err
			})
			<-time.After(2 * lookEvery)
			synctest.Wait()
			if len(p.left()) != 0 {
				t.Errorf("left: %v", p.left())
			}
			hasStatus(t, processes[1], "", pair[:]...)
		})
	}
}

// interposed lets something happen between what a call judges and what it writes, once.
type interposed struct {
	*MemoryRecords
	between func()
}

func (r *interposed) Apply(ctx context.Context, puts []KeyValue, deletes []string, expect []Expectation) error {
	if do := r.between; do != nil {
		r.between = nil
		do()
	}
	return r.MemoryRecords.Apply(ctx, puts, deletes, expect)
}

// The peer names us, or is deleted, after we have looked at it and before we write: we look again.
func TestPeerMovesMeanwhile(t *testing.T) {
	records, p := &MemoryRecords{}, &planes{}
	mine := &interposed{MemoryRecords: records}
	here := testAPI(t, func(c *Config) { c.Records, c.Provisioner = mine, p })
	there := testAPI(t, func(c *Config) { c.Records, c.Provisioner = records, p })
	one, two := pending(t, here, tester), pending(t, there, inOhio())
	mine.between = func() { names(t, there, inOhio(), two.Identifier, one.Arn) }
	names(t, here, tester, one.Identifier, two.Arn)
	hasStatus(t, here, StatusCreating, one, two)
	run(t, here)
	for _, c := range []*CreateClusterOutput{one, two} {
		if _, _, err := here.AwaitSettled(t.Context(), c.Identifier); err != nil {
			t.Fatal(err)
		}
	}
	mine.between = func() {
		if _, err := there.deleteCluster(t.Context(), inOhio(), DeleteClusterInput{Identifier: two.Identifier}); err != nil {
			t.Error(err)
		}
	}
	if _, err := here.deleteCluster(t.Context(), tester, DeleteClusterInput{Identifier: one.Identifier}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*CreateClusterOutput{one, two} {
		if _, ok, err := here.AwaitSettled(t.Context(), c.Identifier); ok || err != nil {
			t.Errorf("%s is not gone: %v", c.Identifier, err)
		}
	}
}
