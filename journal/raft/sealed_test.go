package raft

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/internal/sealed"
)

// An encrypted journal shows no key and no value, reads back with its key, and opens with no other and not without.
func TestEncrypted(t *testing.T) {
	fs, key := vfs.NewMem(), testKey(t)
	j, err := Open("dir", Options{FS: fs, Key: key, SegmentBytes: 4 << 10})
	if err != nil {
		t.Fatal(err)
	}
	epoch, err := j.Own(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	const commits = 200
	if _, err := appendCommits(j, epoch, 1, commits); err != nil {
		t.Fatal(err)
	}
	if n, err := readAllCommits(j, 0); n != commits || err != nil {
		t.Fatal(n, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	c := commitNo(commits / 2)
	if secret := c.Writes[0].Key; appears(t, fs, secret) {
		t.Fatalf("%q stands readable on the disk", secret)
	}
	for _, other := range []struct {
		key  *sealed.Key
		want string
	}{{nil, "encrypted, and its key was not given"}, {sealed.NewKey(), "another key"}} {
		if _, err := Open("dir", Options{FS: fs, Key: other.key}); err == nil || !strings.Contains(err.Error(), other.want) {
			t.Errorf("%v, want %s", err, other.want)
		}
	}
	if j, err = Open("dir", Options{FS: fs, Key: key}); err != nil {
		t.Fatal(err)
	}
	if n, err := readAllCommits(j, 0); n != commits || err != nil {
		t.Fatal(n, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if j, err = Open("plain", Options{FS: fs}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("plain", Options{FS: fs, Key: key}); err == nil {
		t.Error("a readable journal was opened with a key")
	}
}

// appears looks for bytes in every file of the directory.
func appears(t *testing.T, fs vfs.FS, secret []byte) bool {
	names, err := fs.List("dir")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f, err := fs.Open("dir/" + name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, secret) {
			return true
		}
	}
	return false
}
