package raft

import (
	"context"
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/journal"
)

// forgetfulFS behaves like a kernel whose sync failed: the written bytes can be read, count as clean, and are never written
// to the disk unless somebody writes them again.
type forgetfulFS struct {
	vfs.FS
	disk map[string][]byte // what a power loss leaves of each file
	fail bool              // the next sync of a segment fails
}

type forgetfulFile struct {
	vfs.File
	fs    *forgetfulFS
	name  string
	dirty []span
}

type span struct {
	at int64
	b  []byte
}

var errSync = errors.New("sync failed")

func (fs *forgetfulFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := fs.FS.OpenReadWrite(name, c, o...)
	if err != nil {
		return nil, err
	}
	return &forgetfulFile{File: f, fs: fs, name: name}, nil
}

func (f *forgetfulFile) WriteAt(b []byte, at int64) (int, error) {
	f.dirty = append(f.dirty, span{at, append([]byte(nil), b...)})
	return f.File.WriteAt(b, at)
}

func (f *forgetfulFile) Sync() error { return f.SyncData() }

func (f *forgetfulFile) SyncData() error {
	dirty := f.dirty
	f.dirty = nil
	if f.fs.fail {
		f.fs.fail = false
		return errSync
	}
	for _, s := range dirty {
		disk := f.fs.disk[f.name]
		if grow := int(s.at) + len(s.b) - len(disk); grow > 0 {
			disk = append(disk, make([]byte, grow)...)
		}
		copy(disk[s.at:], s.b)
		f.fs.disk[f.name] = disk
	}
	return nil
}

// After a failed sync, a restarted process sees the commit in the kernel's memory. If it tells anybody, the commit must be
// on the disk.
func TestFailedSyncIsNotForgotten(t *testing.T) {
	mem := vfs.NewMem()
	fs := &forgetfulFS{FS: mem, disk: map[string][]byte{}}
	j := mustOpen(t, fs, 1<<20)
	epoch, err := j.Own(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := appendCommits(j, epoch, 1, 3); err != nil {
		t.Fatal(err)
	}
	fs.fail = true
	if _, err := appendCommits(j, epoch, 4, 4); !errors.Is(err, journal.ErrUnknown) {
		t.Fatalf("append with a failed sync: %v", err)
	}
	if _, err := appendCommits(j, epoch, 4, 4); !errors.Is(err, journal.ErrStopped) {
		t.Fatalf("append after it: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = mustOpen(t, fs, 1<<20) // the process restarts, the machine does not
	if _, err = j.Own(context.Background()); err != nil {
		t.Fatal(err)
	}
	told := int(j.Last())
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for name, b := range fs.disk { // the power goes
		f, err := mem.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(b, 0); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	j = mustOpen(t, mem, 1<<20)
	defer j.Close()
	if int(j.Last()) != told || told != 4 {
		t.Fatalf("%d commits are there, %d were seen before the power went", j.Last(), told)
	}
}
