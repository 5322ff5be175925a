package storage

import (
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// formatFile names the layout of a store's directory; one of the texts is what this version writes into it.
const (
	formatFile    = "FORMAT"
	formatText    = "opendsql storage 1\n"
	formatSealed  = "opendsql storage 1, encrypted\n"
	formatTextMax = 256
)

func (o Options) formatText() string {
	if o.Key != nil {
		return formatSealed
	}
	return formatText
}

// ErrFormat: the directory was written by another version, or is not a store at all.
var ErrFormat = errors.New("storage: format of the directory is not known")

// checkFormat makes an empty directory a store's, and refuses one of another layout by name. A crash between
// the two writes leaves a directory that still counts as empty.
func checkFormat(o Options, dir string) error {
	fs := o.FS
	if err := fs.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make store directory: %w", err)
	}
	names, err := fs.List(dir)
	if err != nil {
		return fmt.Errorf("list store directory: %w", err)
	}
	others := 0
	for _, name := range names {
		switch name {
		case formatFile:
			return readFormat(fs, fs.PathJoin(dir, formatFile), o.formatText())
		case formatFile + ".new":
		default:
			others++
		}
	}
	if others > 0 {
		return fmt.Errorf("%w: %s has files but no %s", ErrFormat, dir, formatFile)
	}
	return writeFormat(fs, dir, o.formatText())
}

func readFormat(fs vfs.FS, path, want string) error {
	f, err := fs.Open(path)
	if err != nil {
		return fmt.Errorf("read store format: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, formatTextMax))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("read store format: %w", err)
	}
	switch found := string(text); {
	case found == want:
		return nil
	case found == formatSealed:
		return fmt.Errorf("%w: %s says that the store is encrypted, and its key was not given", ErrFormat, path)
	case found == formatText:
		return fmt.Errorf("%w: %s says that the store is not encrypted, and a key was given", ErrFormat, path)
	}
	return fmt.Errorf("%w: %s says %q, this version reads %q", ErrFormat, path, text, want)
}

func writeFormat(fs vfs.FS, dir, text string) error {
	path := fs.PathJoin(dir, formatFile)
	f, err := fs.Create(path+".new", vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("write store format: %w", err)
	}
	_, err = f.Write([]byte(text))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = fs.Rename(path+".new", path)
	}
	if err == nil {
		err = syncDir(fs, dir)
	}
	if err != nil {
		return fmt.Errorf("write store format: %w", err)
	}
	return nil
}

func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
