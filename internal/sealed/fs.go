package sealed

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// fs seals the contents of files. Names, sizes and directories stay readable.
type fs struct {
	vfs.FS
	key *Key
}

// NewFS gives a file system whose files are sealed with the key and lie on another. A file is written once, from its beginning to its end, and
// read anywhere.
func NewFS(inner vfs.FS, key *Key) vfs.FS { return &fs{FS: inner, key: key} }

var errInPlace = errors.New("sealed: a file cannot be changed in place")

// Create makes an empty file to be written.
func (s *fs) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := s.FS.Create(name, category)
	if err != nil {
		return nil, err
	}
	w, err := newWriter(f, s.key, name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

// Open opens a file for reading.
func (s *fs) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := s.FS.Open(name, opts...)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		return f, nil
	}
	var r *reader
	if err == nil {
		r, err = openReader(f, s.key, name, info.Size())
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// OpenReadWrite is refused: sealed files are not changed in place.
func (s *fs) OpenReadWrite(name string, _ vfs.DiskWriteCategory, _ ...vfs.OpenOption) (vfs.File, error) {
	return nil, fmt.Errorf("%w: %s", errInPlace, name)
}

// ReuseForWrite makes a new file and removes the old one: bytes sealed for one file are of no use to another.
func (s *fs) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := s.FS.Remove(oldname); err != nil {
		return nil, err
	}
	return s.Create(newname, category)
}

// Stat describes a file; its size is that of the contents.
func (s *fs) Stat(name string) (vfs.FileInfo, error) {
	info, err := s.FS.Stat(name)
	if err != nil || info.IsDir() || info.Size() == 0 {
		return info, err
	}
	f, err := s.Open(name)
	if err != nil {
		return nil, err
	}
	info, err = f.Stat()
	return info, errors.Join(err, f.Close())
}

// Unwrap is the file system below.
func (s *fs) Unwrap() vfs.FS { return s.FS }

// sizedInfo is a file's description with the size of its contents.
type sizedInfo struct {
	vfs.FileInfo
	size int64
}

func (i sizedInfo) Size() int64 { return i.size }
