package raft

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// BenchmarkAppend is the commit rate on the machine's disk, 512-byte values.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			j, err := Open(b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer j.Close()
			epoch, err := j.Own(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			var mu sync.Mutex
			at, left := clock.Time(0), b.N
			var wg sync.WaitGroup
			b.ResetTimer()
			for w := range writers {
				wg.Go(func() {
					key, value := fmt.Appendf(nil, "writer %d", w), make([]byte, 512)
					done := make(chan error, 1)
					answer := func(_ journal.Position, err error) { done <- err }
					for {
						c := journal.Commit{Writes: []journal.Write{{Key: key, Value: value}}, Marks: []journal.Mark{{Key: key, Strength: journal.Change}}}
						mu.Lock()
						if left--; left < 0 {
							mu.Unlock()
							return
						}
						at++
						c.At = at
						j.Append(epoch, []journal.Commit{c}, answer)
						mu.Unlock()
						if err := <-done; err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			s := j.Stats()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(float64(s.Commits)/float64(s.Groups), "commits/sync")
		})
	}
}

// BenchmarkOpen is what a cluster's journal costs to make and to open again.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		for range 2 {
			j, err := Open(dir, Options{})
			if err != nil {
				b.Fatal(err)
			}
			if err := j.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
