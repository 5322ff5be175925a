package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/internal/keyring"
)

var ringScope = keyring.Scope{Region: "us-east-1", Account: "123456789012"}

// A cluster that was made before there was encryption is opened as it is, and its key cannot be changed.
func TestOlderPlane(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := openSet(t, dir, Limits{})
	must(t, os.MkdirAll(s.dir(idA), 0o700))
	old, err := openPlane(ctx, planeOptions{dir: s.dir(idA), log: s.log})
	must(t, err)
	must(t, old.close())
	for range 2 {
		c, err := s.Cluster(ctx, idA)
		must(t, err)
		if c == nil || c.kmsKey.Load() != nil || s.places()[idA].data.key != nil {
			t.Error("an older cluster has a key")
		}
		if err := s.MayRekey(idA); !errors.Is(err, controlplane.ErrNotEncrypted) {
			t.Error(err)
		}
		closeSet(t, s)
		s = openSet(t, dir, Limits{})
	}
	closeSet(t, s)
}

// A key file that is damaged, of another cluster, or gone opens nothing, and says so.
func TestForeignKeyFile(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := openSet(t, dir, Limits{})
	for _, id := range []string{idA, idB} {
		must(t, s.Provision(ctx, controlplane.ClusterSpec{ID: id}))
	}
	closeSet(t, s)
	path := filepath.Join(s.dir(idA), keyFile)
	good, err := os.ReadFile(path)
	must(t, err)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	other, err := os.ReadFile(filepath.Join(s.dir(idB), keyFile))
	must(t, err)
	opened := func(want string) {
		t.Helper()
		s := openSet(t, dir, Limits{})
		defer closeSet(t, s)
		if _, err := s.Cluster(ctx, idA); err == nil && want != "" || err != nil && (want == "" || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for text, want := range map[string]string{string(other): "damaged, or sealed with another key", "{}": "format 0", "": "key file"} {
		must(t, os.WriteFile(path, []byte(text), 0o600))
		opened(want)
	}
	must(t, os.Remove(path))
	opened("the journal is encrypted, and its key was not given")
	must(t, os.WriteFile(path, good, 0o600))
	opened("")
}

// A key that is taken away closes the cluster; a change of the key is complete when it is done twice; a deleted key is no key.
func TestRekey(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s, err := Open(ctx, Config{Dir: dir, Pace: 5 * time.Millisecond})
	must(t, err)
	defer func() { must(t, s.Close(context.Background())) }()
	k, err := s.keys.ring.Create(ringScope, "")
	must(t, err)
	arn, err := s.FindKey(k.ID, ringScope.Region, ringScope.Account)
	must(t, err)
	must(t, s.Provision(ctx, controlplane.ClusterSpec{ID: idA, KmsKeyArn: arn}))
	_, err = s.keys.ring.Disable(arn, ringScope)
	must(t, err)
	if _, err := s.Cluster(ctx, idA); !errors.Is(err, ErrKeyInaccessible) {
		t.Error(err)
	}
	if err := s.Rekey(idA, ""); !errors.Is(err, ErrKeyInaccessible) {
		t.Error(err)
	}
	if _, err := s.FindKey(arn, ringScope.Region, ringScope.Account); !errors.Is(err, controlplane.ErrKeyInaccessible) {
		t.Error(err)
	}
	isOpen := func() bool {
		p := s.places()[idA]
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.data != nil
	}
	for isOpen() {
		if ctx.Err() != nil {
			t.Fatal("the cluster is still open")
		}
		time.Sleep(time.Millisecond)
	}
	_, err = s.keys.ring.Enable(arn, ringScope)
	must(t, err)
	_, err = s.Cluster(ctx, idA)
	must(t, err)
	must(t, s.Rekey(idA, ""))
	must(t, s.Rekey(idA, ""))
	_, err = s.keys.ring.Disable(arn, ringScope)
	must(t, err)
	_, err = s.Cluster(ctx, idA)
	must(t, err)
	if _, err := s.FindKey("alias/none", ringScope.Region, ringScope.Account); !errors.Is(err, controlplane.ErrNoKey) {
		t.Error(err)
	}
}

// Each of two linked clusters has a key of its own: the loss of one closes its door alone, also over a restart, and a change of one leaves the other.
func TestKeysOfAPair(t *testing.T) {
	for _, first := range []string{idA, idB} { // which of them makes the data
		dir, ctx := t.TempDir(), t.Context()
		s := openSet(t, dir, Limits{})
		defer func() { closeSet(t, s) }()
		arns := map[string]string{}
		newKey := func(id string) {
			t.Helper()
			k, err := s.keys.ring.Create(ringScope, "")
			must(t, err)
			arns[id] = k.ARN()
		}
		newKey(idA)
		newKey(idB)
		second := idB
		if first == idB {
			second = idA
		}
		provision := func(id string) {
			t.Helper()
			spec := linked(id)
			spec.KmsKeyArn = arns[id]
			must(t, s.Provision(ctx, spec))
		}
		provision(first)
		put(t, s, first, key, "one")
		lose := func(id string) {
			t.Helper()
			_, err := s.keys.ring.Disable(arns[id], ringScope)
			must(t, err)
		}
		find := func(id string) {
			t.Helper()
			_, err := s.keys.ring.Enable(arns[id], ringScope)
			must(t, err)
		}
		doors := func(open ...string) {
			t.Helper()
			for _, id := range []string{idA, idB} {
				if slices.Contains(open, id) {
					if got := get(t, s, id, key); got != "one" {
						t.Errorf("%s reads %q", id, got)
					}
				} else if _, err := s.Cluster(ctx, id); !errors.Is(err, ErrKeyInaccessible) {
					t.Errorf("%s is open without its key: %v", id, err)
				}
			}
		}
		lose(first) // while the data is open nobody needs it
		provision(second)
		provision(second)
		doors(second)
		for range 2 {
			closeSet(t, s)
			s = openSet(t, dir, Limits{})
			doors(second)
		}
		if err := s.Rekey(first, ""); !errors.Is(err, ErrKeyInaccessible) {
			t.Errorf("a key was changed without the one before it: %v", err)
		}
		find(first)
		doors(first, second)
		old := arns[second]
		newKey(second)
		must(t, s.Rekey(second, arns[second]))
		must(t, s.Rekey(second, arns[second]))
		_, err := s.keys.ring.Disable(old, ringScope)
		must(t, err)
		doors(first, second)
		lose(second)
		doors(first)
		lose(first)
		doors()
		closeSet(t, s)
		s = openSet(t, dir, Limits{})
		doors()
		find(second)
		doors(second)
		find(first)
		must(t, s.Retire(ctx, first))
		must(t, s.Retire(ctx, second))
		if list, err := os.ReadDir(filepath.Join(dir, "clusters")); err != nil || len(list) != 0 {
			t.Errorf("left: %v %v", list, err)
		}
	}
}

// The watch ends the sessions at the door whose key is lost, and no others.
func TestLockOutOfAPair(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := openSet(t, dir, Limits{})
	defer closeSet(t, s)
	k, err := s.keys.ring.Create(ringScope, "")
	must(t, err)
	one, two := linked(idA), linked(idB)
	one.KmsKeyArn = k.ARN()
	must(t, s.Provision(ctx, one))
	must(t, s.Provision(ctx, two))
	a, err := s.Cluster(ctx, idA)
	must(t, err)
	b, err := s.Cluster(ctx, idB)
	must(t, err)
	ended := map[*Cluster]bool{}
	for _, c := range []*Cluster{a, b} {
		in, err := c.admit()
		must(t, err)
		c.adopt(in, nil, func(bool) {
			ended[c] = true
			go c.forget(in)
		})
	}
	_, err = s.keys.ring.Disable(k.ARN(), ringScope)
	must(t, err)
	p := s.places()[idA]
	must(t, s.lockOut(ctx, idA, p))
	if !ended[a] || ended[b] || a.Sessions() != 0 || b.Sessions() != 1 || p.data == nil {
		t.Errorf("ended %v, %d and %d sessions", ended, a.Sessions(), b.Sessions())
	}
	if got := get(t, s, idB, key); got != "" {
		t.Error(got)
	}
	b.end(false)
}

// Two clusters that were linked when both had one copy of the key go on with it, each until its key is changed.
func TestKeysOfAnOlderPair(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := openSet(t, dir, Limits{})
	defer func() { closeSet(t, s) }()
	must(t, s.Provision(ctx, linked(idA)))
	must(t, s.Provision(ctx, linked(idB)))
	put(t, s, idA, key, "one")
	own := s.copyOf(idA, idB).path()
	must(t, os.Remove(own))
	closeSet(t, s)
	s = openSet(t, dir, Limits{})
	for _, id := range []string{idB, idA} {
		if got := get(t, s, id, key); got != "one" {
			t.Errorf("%s reads %q", id, got)
		}
		must(t, s.MayRekey(id))
	}
	k, err := s.keys.ring.Create(ringScope, "")
	must(t, err)
	must(t, s.Rekey(idB, k.ARN()))
	if w, err := readKeyFile(own); err != nil || w.KmsKeyArn != k.ARN() {
		t.Errorf("%+v %v", w, err)
	}
	_, err = s.keys.ring.Disable(k.ARN(), ringScope)
	must(t, err)
	if got := get(t, s, idA, key); got != "one" {
		t.Error(got)
	}
	if _, err := s.Cluster(ctx, idB); !errors.Is(err, ErrKeyInaccessible) {
		t.Error(err)
	}
}
