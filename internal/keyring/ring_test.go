package keyring

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/sealed"
)

var here = Scope{Region: "us-east-1", Account: "123456789012"}

// calendar is a clock that is set.
type calendar struct{ now time.Time }

func openRing(t *testing.T) (*Ring, *calendar, string) {
	c := &calendar{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	path := filepath.Join(t.TempDir(), "keys.json")
	r, err := Open(path, func() time.Time { return c.now })
	if err != nil {
		t.Fatal(err)
	}
	return r, c, path
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Every form of a key's name finds it, in its own account and Region only.
func TestNames(t *testing.T) {
	r, _, _ := openRing(t)
	k := must[Key](t)(r.Create(here, "for tests"))
	if err := r.SetAlias("alias/team/a", k.ID, here); err != nil {
		t.Fatal(err)
	}
	aliasARN := "arn:aws:kms:us-east-1:123456789012:alias/team/a"
	for _, name := range []string{k.ID, k.ARN(), "alias/team/a", aliasARN} {
		if got, err := r.Find(name, here); err != nil || got.ARN() != k.ARN() {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	elsewhere := Scope{Region: "us-east-2", Account: here.Account}
	for _, name := range []string{k.ID, "alias/team/a", "alias/none", "arn:aws:kms:us-east-2:123456789012:key/" + k.ID, "nonsense"} {
		if _, err := r.Find(name, elsewhere); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := must[Key](t)(r.Create(here, ""))
	if err := r.SetAlias("alias/team/a", other.ID, here); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Find(aliasARN, here); err != nil || got.ID != other.ID {
		t.Errorf("an alias that was moved: %v, %v", got, err)
	}
	if err := errors.Join(r.DeleteAlias("alias/team/a", here)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Find("alias/team/a", here); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	for _, bad := range []string{"team", "alias/", "alias/aws/dsql", "alias/a b"} {
		if err := r.SetAlias(bad, k.ID, here); err == nil {
			t.Errorf("alias %q was taken", bad)
		}
	}
}

// A key wraps while it is enabled, and again when it is enabled again; the file is its owner's only; another process sees every change.
func TestStates(t *testing.T) {
	r, c, path := openRing(t)
	k := must[Key](t)(r.Create(here, ""))
	data := sealed.NewKey()
	wrapped := must[[]byte](t)(r.Wrap(k.ARN(), data, "ctx"))
	other := must[*Ring](t)(Open(path, r.now))
	if got := must[*sealed.Key](t)(other.Unwrap(k.ARN(), wrapped, "ctx")); !bytes.Equal(got.Secret(), data.Secret()) {
		t.Fatal("another key")
	}
	if _, err := other.Unwrap("", wrapped, "ctx"); !errors.Is(err, sealed.ErrDamaged) {
		t.Error(err)
	}
	unusable := func(what string) {
		t.Helper()
		if _, err := other.Unwrap(k.ARN(), wrapped, "ctx"); !errors.Is(err, ErrInaccessible) {
			t.Errorf("%s: %v", what, err)
		}
	}
	must[Key](t)(r.Disable(k.ID, here))
	unusable("disabled")
	must[Key](t)(r.Enable(k.ID, here))
	must[*sealed.Key](t)(other.Unwrap(k.ARN(), wrapped, "ctx"))
	must[Key](t)(r.ScheduleDeletion(k.ID, here, 7))
	unusable("pending deletion")
	if _, err := r.Enable(k.ID, here); err == nil {
		t.Error("a key that is pending deletion was enabled")
	}
	must[Key](t)(r.CancelDeletion(k.ID, here))
	unusable("deletion cancelled")
	must[Key](t)(r.ScheduleDeletion(k.ID, here, 7))
	c.now = c.now.Add(8 * 24 * time.Hour)
	if _, err := r.Find(k.ID, here); !errors.Is(err, ErrNotFound) {
		t.Errorf("a deleted key: %v", err)
	}
	must[Key](t)(r.Create(here, "")) // writes the file without the deleted one
	if text := must[[]byte](t)(os.ReadFile(path)); bytes.Contains(text, []byte(k.ID)) {
		t.Error("a deleted key is still in the file")
	}
	if info := must[os.FileInfo](t)(os.Stat(path)); info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}
	must[[]byte](t)(r.Wrap("", data, "ctx"))
}

// Changes by several at a time are all there.
func TestConcurrentChanges(t *testing.T) {
	r, _, path := openRing(t)
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			own, err := Open(path, r.now)
			for range 3 {
				if err == nil {
					_, err = own.Create(here, "")
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if keys := must[[]Key](t)(r.Keys()); len(keys) != 12 {
		t.Errorf("%d keys", len(keys))
	}
}

// A file that is damaged or newer is an error, and is left alone.
func TestForeignFile(t *testing.T) {
	for _, text := range []string{"", "{", `{"format":2}`, `{"format":1,"node_key":"AAAA"}`} {
		path := filepath.Join(t.TempDir(), "keys.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, time.Now); err == nil {
			t.Errorf("%q was opened", text)
		}
		if got := must[[]byte](t)(os.ReadFile(path)); string(got) != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
