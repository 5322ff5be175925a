package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
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
		if c == nil || s.places()[idA].data.kmsKey.Load() != nil {
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
