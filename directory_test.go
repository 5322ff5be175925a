package opendsql

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// readyWithin is generous: the promise is one second, and test machines are busy.
const readyWithin = 5 * time.Second

// A new directory is ready soon, and its secrets are its owner's.
func TestNewDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	began := time.Now()
	i, err := Start(t.Context(), Options{DataDir: dir, SQLAddr: "127.0.0.1:0", APIAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	t.Logf("ready after %v", took)
	if took > readyWithin {
		t.Errorf("ready after %v", took)
	}
	for name, mode := range map[string]os.FileMode{".": 0o700, credentialsFile: 0o600, "ca-key.pem": 0o600, authorityFile: 0o644, "clusters": 0o700, "control": 0o700} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != mode && runtime.GOOS != "windows" { // which has no such modes
			t.Errorf("%s: %v, want %v (%v)", name, info.Mode(), mode, err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, versionFile)); err != nil || string(text) != versionText {
		t.Errorf("%q, %v", text, err)
	}
	_, err = Start(t.Context(), Options{DataDir: dir, SQLAddr: "127.0.0.1:0", APIAddr: "127.0.0.1:0"})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), i.Server().SQLAddr) {
		t.Errorf("a second start in the same process: %v", err)
	}
	if _, err := ReadServer(dir); err != nil {
		t.Errorf("the refused start took the announcement away: %v", err)
	}
	if err := i.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := ReadServer(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the stop: %v", err)
	}
}

// What a first start can leave when it is cut off is no reason to refuse the next one; anything else is.
func TestUnfinishedDirectory(t *testing.T) {
	for name, good := range map[string]bool{"credentials.123": true, "iam.yaml.123": true, ".credentials-123": false, "ca-key.pem.123": true, "VERSION.123": true, "server.json": true, "LOCK": true, ".bashrc": false, "notes.txt": false} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		i, err := Start(t.Context(), Options{DataDir: dir, SQLAddr: "127.0.0.1:0", APIAddr: "127.0.0.1:0"})
		if (err == nil) != good {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			err = i.Close(context.Background())
		} else if !strings.Contains(err.Error(), "is not an OpenDSQL data directory") {
			t.Errorf("%s: %v", name, err)
		}
		if good && err != nil {
			t.Error(err)
		}
	}
}
