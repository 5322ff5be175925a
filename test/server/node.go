package server

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// packages says which clients for Node the tests use, in which versions and with which hashes. The addresses they come from are npm's own settings.
//
//go:embed node/package.json node/package-lock.json
var packages embed.FS

// installMax bounds an installation, which a machine without a way to the registry must not wait for.
const installMax = 2 * time.Minute

// NodePath is the value of NODE_PATH under which node finds packages: the present one if it has them, else that of an installation of our
// lock file, made on first use in the user's cache directory. Where neither is to be had, the reason is printed.
func NodePath(t testing.TB, names ...string) (string, bool) {
	t.Helper()
	if !Installed(t, "node") {
		return "", false
	}
	has := func(path string) error {
		cmd := exec.Command("node", "-e", "for (const name of process.argv.slice(1)) require(name)", "--")
		cmd.Args = append(cmd.Args, names...)
		cmd.Env = append(os.Environ(), "NODE_PATH="+path)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("node with %s: %w %s", strings.Join(names, ", "), err, firstLine(out, "Error"))
		}
		return nil
	}
	if path := os.Getenv("NODE_PATH"); has(path) == nil {
		return path, true
	}
	path, err := installOnce()
	if err == nil {
		err = has(path)
	}
	if err != nil {
		t.Logf("not shown: %v", err)
		return "", false
	}
	return path, true
}

// firstLine is the first line with a word.
func firstLine(text []byte, word string) string {
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, word) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

var installOnce = sync.OnceValues(install)

// install makes an installation of the lock file and returns its folder of packages. Whoever makes it first makes it for all: it is renamed into its place
// when it is whole.
func install() (string, error) {
	text, err := packages.ReadFile("node/package-lock.json")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	place := filepath.Join(cache, "opendsql-tests", "node-"+hex.EncodeToString(sum[:8]))
	modules := filepath.Join(place, "node_modules")
	if _, err := os.Stat(modules); err == nil {
		return modules, nil
	}
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return "", err
	}
	making, err := os.MkdirTemp(filepath.Dir(place), "making-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(making)
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := packages.ReadFile("node/" + name)
		if err == nil {
			err = os.WriteFile(filepath.Join(making, name), text, 0o644)
		}
		if err != nil {
			return "", err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), installMax)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	cmd.Dir = making
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w %s", err, firstLine(out, "npm error"))
	}
	if err := os.Rename(making, place); err != nil {
		if _, there := os.Stat(modules); there != nil { // nobody else made it meanwhile
			return "", err
		}
	}
	return modules, nil
}
