package crossbar

import (
	"context"
	"testing"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// BenchmarkCommitToVisible is the way of a commit from the journal to a waiting reader.
func BenchmarkCommitToVisible(b *testing.B) {
	j := journal.NewMemory()
	defer j.Close()
	epoch, err := j.Own(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	c, err := New(&shelf{t: b}, []Source{j})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	commits := make([]journal.Commit, 1)
	durable := make(chan error, 1)
	done := func(_ journal.Position, err error) { durable <- err }
	at := clock.Time(0)
	for b.Loop() {
		at++
		commits[0].At = at
		j.Append(epoch, commits, done)
		if err := <-durable; err != nil {
			b.Fatal(err)
		}
		if err := c.WaitApplied(context.Background(), at); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNoWait is what a reader pays when everything is visible.
func BenchmarkNoWait(b *testing.B) {
	j := journal.NewMemory()
	defer j.Close()
	c, err := New(&shelf{t: b}, []Source{j})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for b.Loop() {
		if err := c.WaitApplied(context.Background(), 0); err != nil {
			b.Fatal(err)
		}
	}
}
