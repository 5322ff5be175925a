package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// chunkRows is the most one transaction of the service may change; PostgreSQL gets the same chunks.
const chunkRows = 3000

// table is made and filled the same in both systems.
type table struct {
	name    string
	columns string
	rows    int
	row     func(b *bytes.Buffer, id int, r *rand.Rand) // appends the row after its key, each column behind a tab
}

func (b *bench) tables() []table {
	filler := "\t" + strings.Repeat("x", 84)
	return []table{
		{"accounts", "aid int PRIMARY KEY, bid int, abalance int, filler char(84)", b.plan.rows, func(to *bytes.Buffer, id int, _ *rand.Rand) {
			fmt.Fprintf(to, "\t%d\t0", id/100_000+1)
			to.WriteString(filler)
		}},
		{"facts", "id int PRIMARY KEY, kind int, owner int, amount int, note char(84)", b.plan.rows, func(to *bytes.Buffer, _ int, r *rand.Rand) {
			fmt.Fprintf(to, "\t%d\t%d\t%d", r.IntN(1000), r.IntN(b.plan.rows/10)+1, r.IntN(10_000))
			to.WriteString(filler)
		}},
		{"owners", "id int PRIMARY KEY, rank int, name text", b.plan.rows / 10, func(to *bytes.Buffer, id int, r *rand.Rand) {
			fmt.Fprintf(to, "\t%d\towner %d", r.IntN(100), id)
		}},
		{"history", "tid int, bid int, aid int, delta int, mtime timestamp, filler char(22)", 0, nil},
		{"events", "id uuid PRIMARY KEY, aid int, delta int, at timestamptz", 0, nil},
	}
}

// load makes all tables in every system. The big ones are samples of the COPY workload.
func (b *bench) load(ctx context.Context) error {
	for round, t := range b.tables() {
		for _, to := range b.systems() {
			rate, err := t.load(ctx, to, 1)
			if err != nil {
				return fmt.Errorf("%s into %s: %w", t.name, to.name, err)
			}
			if t.rows == b.plan.rows && b.plan.wants("copy") {
				b.report.add(cell{"copy", 1, rowsPerSecond}, round, to.name, rate)
			}
		}
	}
	// PostgreSQL gets the statistics, and the visibility its autovacuum would give it in time.
	c, err := b.targets[0].connect(ctx)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, "VACUUM ANALYZE")
	return errors.Join(err, c.Close(ctx))
}

// systems are the targets without the second way to PostgreSQL.
func (b *bench) systems() []*target { return []*target{b.targets[0], b.targets[len(b.targets)-1]} }

// copies loads a table several times over, by one and by four connections.
func (b *bench) copies(ctx context.Context) error {
	for round := range b.plan.copies {
		for _, streams := range []int{1, 4} {
			for _, to := range b.targets {
				t := b.tables()[0]
				t.name = "copied"
				rate, err := t.load(ctx, to, streams)
				if err != nil {
					return fmt.Errorf("%s: %w", to.name, err)
				}
				b.report.add(cell{"copy", streams, rowsPerSecond}, 10+round, to.name, rate)
				if err := drop(ctx, to, t.name); err != nil {
					return fmt.Errorf("%s: %w", to.name, err)
				}
			}
		}
	}
	return nil
}

func drop(ctx context.Context, at *target, name string) error {
	c, err := at.connect(ctx)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, "DROP TABLE "+name)
	return errors.Join(err, c.Close(ctx))
}

// load makes the table and fills it by several connections, and returns the rows each second of the time the connections were copying.
func (t table) load(ctx context.Context, to *target, streams int) (float64, error) {
	c, err := to.connect(ctx)
	if err != nil {
		return 0, err
	}
	_, err = c.Exec(ctx, "CREATE TABLE "+t.name+" ("+t.columns+")")
	if err := errors.Join(err, c.Close(ctx)); err != nil || t.rows == 0 {
		return 0, err
	}
	var work sync.WaitGroup
	times, errs := make([]time.Duration, streams), make([]error, streams)
	share := (t.rows + streams - 1) / streams
	for i := range streams {
		work.Go(func() { times[i], errs[i] = t.copy(ctx, to, i*share+1, min((i+1)*share, t.rows)) })
	}
	work.Wait()
	var longest time.Duration
	for _, d := range times {
		longest = max(longest, d)
	}
	return float64(t.rows) / longest.Seconds(), errors.Join(errs...)
}

// copy sends the rows of a range of keys, a transaction each chunk. The time it takes to make up the rows does not count.
func (t table) copy(ctx context.Context, to *target, first, last int) (spent time.Duration, err error) {
	c, err := to.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	random := rand.New(rand.NewPCG(uint64(first), 7))
	var b bytes.Buffer
	for from := first; from <= last; from += chunkRows {
		b.Reset()
		until := min(from+chunkRows-1, last)
		for id := from; id <= until; id++ {
			fmt.Fprintf(&b, "%d", id)
			t.row(&b, id, random)
			b.WriteByte('\n')
		}
		began := time.Now()
		tag, err := c.PgConn().CopyFrom(ctx, &b, "COPY "+t.name+" FROM STDIN")
		if err != nil {
			return spent, err
		}
		spent += time.Since(began)
		if want := int64(until - from + 1); tag.RowsAffected() != want {
			return spent, fmt.Errorf("copied %d rows of %d", tag.RowsAffected(), want)
		}
	}
	return spent, nil
}
