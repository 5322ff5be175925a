package storage

import (
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// formatFile names the layout of a store's directory; formatText is what this version writes into it.
const (
	formatFile    = "FORMAT"
	formatText    = "opendsql storage 1\n"
	formatTextMax = 256
)

// ErrFormat: the directory was written by another version, or is not a store at all.
var ErrFormat = errors.New("storage: format of the directory is not known")

// checkFormat makes an empty directory a store's, and refuses one of another layout by name. A crash between
// the two writes leaves a directory that still counts as empty.
func checkFormat(fs vfs.FS, dir string) error {
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
			return readFormat(fs, fs.PathJoin(dir, formatFile))
		case formatFile + ".new":
		default:
			others++
		}
	}
	if others > 0 {
		return fmt.Errorf("%w: %s has files but no %s", ErrFormat, dir, formatFile)
	}
	return writeFormat(fs, dir)
}

func readFormat(fs vfs.FS, path string) error {
	f, err := fs.Open(path)
	if err != nil {
		return fmt.Errorf("read store format: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, formatTextMax))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("read store format: %w", err)
	}
	if string(text) != formatText {
		return fmt.Errorf("%w: %s says %q, this version reads %q", ErrFormat, path, text, formatText)
	}
	return nil
}

func writeFormat(fs vfs.FS, dir string) error {
	path := fs.PathJoin(dir, formatFile)
	f, err := fs.Create(path+".new", vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("write store format: %w", err)
	}
	_, err = f.Write([]byte(formatText))
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
