//go:build unix

package storage

import (
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// BenchmarkLoad fills an empty table in key order, as a bulk load does, and waits until the engine has come to rest. It says how much
// of it was written, and how often, and what processor time all of that took.
func BenchmarkLoad(b *testing.B) {
	const rows = 1_000_000
	for b.Loop() {
		s, err := Open("bench", Options{FS: vfs.NewMem()})
		if err != nil {
			b.Fatal(err)
		}
		fill(b, s, rows, 3000)
		if err := s.Flush(); err != nil {
			b.Fatal(err)
		}
		for s.db.Metrics().Compact.NumInProgress > 0 {
			time.Sleep(time.Millisecond)
		}
		m := s.db.Metrics().Total()
		b.ReportMetric(float64(m.TableBytesFlushed)/rows, "flushed-B/row")
		b.ReportMetric(float64(m.TableBytesCompacted)/rows, "compacted-B/row")
		if testing.Verbose() {
			b.Log(s.db.Metrics().String())
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(usage.Utime.Nano()+usage.Stime.Nano())/float64(b.N*rows), "cpu-ns/row")
}
