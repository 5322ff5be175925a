//go:build !linux

package raft

import "github.com/cockroachdb/pebble/v2/vfs"

// writeSynced writes b and makes it durable.
func writeSynced(f vfs.File, b []byte, at int64) error { return writeThenSync(f, b, at) }
