package raft

import (
	"errors"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"
)

// writeSynced writes b and makes it durable: in one call of the system where the file is one of the machine's, which is an entry to the kernel
// less for each commit.
func writeSynced(f vfs.File, b []byte, at int64) error {
	if fd := f.Fd(); fd != vfs.InvalidFd {
		n, err := unix.Pwritev2(int(fd), [][]byte{b}, at, unix.RWF_DSYNC)
		switch {
		case err == nil && n == len(b):
			return nil
		case err == nil, errors.Is(err, unix.EINTR), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL):
			// Nothing has failed on the disk: the whole is written the long way.
		default:
			return err
		}
	}
	return writeThenSync(f, b, at)
}
