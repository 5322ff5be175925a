//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
)

// device is the number of the disk a path is on, or 0.
func device(path string) uint64 {
	info, err := os.Stat(filepath.Clean(path))
	if err != nil {
		return 0
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return uint64(s.Dev)
}
