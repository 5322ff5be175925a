// Package wholefile replaces small files whole or not at all, durably, and lets processes take turns at changing one.
package wholefile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Private is the mode of files that hold secrets: only their owner may read them.
const Private fs.FileMode = 0o600

// Replace gives the file at path a new content. Whoever reads the path finds the old content or the new one, whenever the machine stops; after
// Replace has returned it is the new one. What a crash leaves behind is called like the file, with a dot and a number after it.
func Replace(path string, content []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if mode != Private {
		err = errors.Join(err, f.Chmod(mode))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes the names in a directory durable.
func SyncDir(dir string) error {
	d, err := vfs.Default.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

const (
	lockPatience = 10 * time.Second
	lockPause    = 5 * time.Millisecond
)

// Lock waits until nobody else has the lock of a path, of this process or another, but not for ever. It ends with its process.
func Lock(ctx context.Context, path string) (io.Closer, error) {
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	retry := time.NewTicker(lockPause)
	defer retry.Stop()
	for {
		lock, err := vfs.Default.Lock(path)
		var unusable *fs.PathError // the file itself could not be made or opened: waiting would not help
		if err == nil || errors.As(err, &unusable) {
			return lock, err
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
	}
}
