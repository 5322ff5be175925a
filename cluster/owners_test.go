package cluster

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/txn"
)

// put writes one key through a cluster's door; get reads it.
func put(t *testing.T, s *Set, id, key, value string) {
	t.Helper()
	c, err := s.Cluster(t.Context(), id)
	must(t, err)
	tx, err := c.database.DB.Begin(t.Context())
	must(t, err)
	defer tx.Rollback()
	tx.Put([]byte(key), []byte(value))
	tx.Mark([]byte(key), journal.Replace)
	_, err = tx.Commit(t.Context())
	must(t, err)
}

func get(t *testing.T, s *Set, id, key string) string {
	t.Helper()
	c, err := s.Cluster(t.Context(), id)
	must(t, err)
	tx, err := c.database.DB.Begin(t.Context())
	must(t, err)
	defer tx.Rollback()
	value, _, err := tx.Get([]byte(key))
	must(t, err)
	return string(value)
}

const key = "\xf0key"

func linked(id string) controlplane.ClusterSpec { return controlplane.ClusterSpec{ID: id, Plane: idA} }

// Two clusters share what both see, in every order of their being made and removed, with a restart between any two steps; only the last takes it along.
func TestSharedPlane(t *testing.T) {
	for _, order := range [][2]string{{idA, idB}, {idB, idA}} {
		for _, removal := range [][2]string{{idA, idB}, {idB, idA}} {
			dir, ctx := t.TempDir(), t.Context()
			s := openSet(t, dir, Limits{})
			reopen := func() {
				t.Helper()
				closeSet(t, s)
				s = openSet(t, dir, Limits{})
			}
			for _, id := range order {
				must(t, s.Provision(ctx, linked(id)))
				must(t, s.Provision(ctx, linked(id)))
				reopen()
			}
			put(t, s, order[0], key, "one")
			if got := get(t, s, order[1], key); got != "one" {
				t.Errorf("the other cluster reads %q", got)
			}
			if n := len(s.Measures()); n != 2 {
				t.Errorf("%d data planes measured, want 2", n)
			}
			reopen()
			gone, left := removal[0], removal[1]
			for range 2 {
				must(t, s.Retire(ctx, gone))
				checkGone(t, s, gone)
				if got := get(t, s, left, key); got != "one" {
					t.Errorf("%s reads %q once %s is gone", left, got, gone)
				}
				reopen()
				checkGone(t, s, gone)
			}
			must(t, s.Retire(ctx, left))
			checkGone(t, s, left)
			checkEmpty(t, s, dir)
			reopen()
			must(t, s.Retire(ctx, left))
			must(t, s.Retire(ctx, gone))
			checkEmpty(t, s, dir)
			closeSet(t, s)
		}
	}
}

func checkGone(t *testing.T, s *Set, id string) {
	t.Helper()
	if _, err := s.Cluster(t.Context(), id); !errors.Is(err, ErrGone) {
		t.Errorf("%s was retired, and opens: %v", id, err)
	}
}

func checkEmpty(t *testing.T, s *Set, dir string) {
	t.Helper()
	if list, err := os.ReadDir(dir + "/clusters"); err != nil || len(list) != 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
	if list, err := s.Records().List(t.Context(), ownershipPrefix); err != nil || len(list) != 0 {
		t.Errorf("ownership records left: %v, %v", list, err)
	}
}

// A kill behind any write of a removal leaves a state that the same removal completes.
func TestRemovalOfSharedPlaneResumes(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := openSet(t, dir, Limits{})
	must(t, s.Provision(ctx, linked(idA)))
	must(t, s.Provision(ctx, linked(idB)))
	must(t, s.Retire(ctx, idA))
	closeSet(t, s)
	must(t, os.RemoveAll(dir+"/clusters/"+idA)) // the kill came before the record went
	s = openSet(t, dir, Limits{})
	defer closeSet(t, s)
	checkGone(t, s, idB)
	must(t, s.Retire(ctx, idB))
	checkEmpty(t, s, dir)
}

// A cluster that has data keeps it: it does not come to share another's.
func TestDataOfItsOwn(t *testing.T) {
	ctx := t.Context()
	s := openSet(t, t.TempDir(), Limits{})
	defer closeSet(t, s)
	must(t, s.Provision(ctx, controlplane.ClusterSpec{ID: idA}))
	must(t, s.Provision(ctx, controlplane.ClusterSpec{ID: idB}))
	for _, id := range []string{idA, idB} {
		if err := s.Provision(ctx, linked(id)); err == nil {
			t.Errorf("%s has data and was linked", id)
		}
	}
	put(t, s, idB, key, "b")
	if got := get(t, s, idA, key); got != "" {
		t.Errorf("got %q", got)
	}
}

// Conflicts are found between transactions of the two clusters.
func TestConflictAcrossClusters(t *testing.T) {
	ctx := t.Context()
	s := openSet(t, t.TempDir(), Limits{})
	defer closeSet(t, s)
	var begun []*txn.Txn
	for _, id := range []string{idA, idB} {
		must(t, s.Provision(ctx, linked(id)))
	}
	for _, id := range []string{idA, idB} {
		c, err := s.Cluster(ctx, id)
		must(t, err)
		tx, err := c.database.DB.Begin(ctx)
		must(t, err)
		tx.Put([]byte(key), []byte(id))
		tx.Mark([]byte(key), journal.Replace)
		begun = append(begun, tx)
	}
	_, err := begun[0].Commit(ctx)
	must(t, err)
	if _, err := begun[1].Commit(ctx); !errors.Is(err, txn.ErrConflict) {
		t.Errorf("got %v", err)
	}
}

// What nobody uses is closed after a while, and comes back with the next connection; what somebody uses stays open.
func TestIdleClose(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, Config{Dir: t.TempDir(), Idle: time.Hour})
	must(t, err)
	defer closeSet(t, s)
	must(t, s.Provision(ctx, linked(idA)))
	must(t, s.Provision(ctx, linked(idB)))
	put(t, s, idA, key, "kept")
	open := func() bool { return len(s.Measures()) == 2 }
	now := time.Now()
	later := func() time.Time { now = now.Add(time.Hour + time.Minute); return now }
	s.closeIdle(now.Add(time.Minute))
	if !open() {
		t.Fatal("closed before it was idle for long")
	}
	root := iam.NewRootCredential(account)
	store := &iam.Store{}
	must(t, store.Put(root))
	there := active(idB)
	d := &Door{Set: s, Directory: clusters{there}, Credentials: store}
	session, err := d.Open(ctx, loginOf(t, root, there.Endpoint))
	must(t, err)
	s.closeIdle(later())
	s.closeIdle(later())
	if !open() {
		t.Fatal("closed under a session")
	}
	session.Close()
	s.closeIdle(now.Add(time.Minute))
	if !open() {
		t.Fatal("closed as soon as the session ended")
	}
	stale, err := s.Cluster(ctx, idA)
	must(t, err)
	s.closeIdle(later())
	if open() {
		t.Fatal("idle, and not closed")
	}
	if _, err := stale.admit(); !errors.Is(err, errLeaving) {
		t.Errorf("a closed cluster lets in: %v", err)
	}
	if session, err = d.Open(ctx, loginOf(t, root, there.Endpoint)); err != nil || !open() {
		t.Fatalf("not woken: %v", err)
	}
	session.Close()
	if got := get(t, s, idA, key); got != "kept" {
		t.Errorf("got %q after the rest", got)
	}
	_, done, err := s.use(ctx, idA)
	must(t, err)
	s.closeIdle(later())
	if !open() {
		t.Error("closed under a login")
	}
	done()
	s.closeIdle(later())
	must(t, s.Retire(ctx, idA)) // asleep
	must(t, s.Retire(ctx, idB))
}

// Connections that come while idle clusters are being closed get in all the same.
func TestIdleCloseAndConnectionsTogether(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, Config{Dir: t.TempDir(), Idle: time.Nanosecond})
	must(t, err)
	defer closeSet(t, s)
	must(t, s.Provision(ctx, controlplane.ClusterSpec{ID: idA}))
	root := iam.NewRootCredential(account)
	store := &iam.Store{}
	must(t, store.Put(root))
	d := &Door{Set: s, Directory: clusters{active(idA)}, Credentials: store}
	stop, closing := context.WithCancel(ctx)
	ended := make(chan bool)
	go func() {
		defer close(ended)
		for stop.Err() == nil {
			s.closeIdle(time.Now().Add(time.Second))
		}
	}()
	for range 50 {
		session, err := d.Open(ctx, loginOf(t, root, active(idA).Endpoint))
		if err != nil {
			t.Fatal(err)
		}
		session.Close()
	}
	closing()
	<-ended
}
