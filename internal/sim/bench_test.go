package sim

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/opendsql/opendsql/adjudicator"
	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/journal/raft"
)

// BenchmarkCommit is decide, append, sync, answer on the machine's disk: 512-byte values, one mark each.
func BenchmarkCommit(b *testing.B) {
	for _, committers := range []int{1, 64} {
		b.Run(fmt.Sprintf("committers=%d", committers), func(b *testing.B) {
			j, err := raft.Open(b.TempDir(), raft.Options{})
			if err != nil {
				b.Fatal(err)
			}
			a := adjudicator.New(adjudicator.Config{Journal: j})
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- a.Run(ctx) }()
			var n atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range committers {
				wg.Go(func() {
					value := make([]byte, 512)
					for {
						i := n.Add(1)
						if i > int64(b.N) {
							return
						}
						key := binary.BigEndian.AppendUint64([]byte("table 1 "), uint64(i)*0x9e3779b97f4a7c15)
						c := adjudicator.Candidate{
							Start: clock.Now(), Marks: []journal.Mark{{Key: key, Strength: journal.Change}}, Writes: []journal.Write{{Key: key, Value: value}},
						}
						binary.BigEndian.PutUint64(c.ID[:], uint64(i))
						if o := a.Commit(ctx, c); o.Err != nil {
							b.Error(o.Err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			cancel()
			<-ended
			if err := j.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
