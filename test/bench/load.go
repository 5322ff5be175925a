package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// chunkRows is the most one transaction of the service may change; PostgreSQL gets the same chunks.
const chunkRows = 3000

// table is made and filled the same in both systems.
type table struct {
	name    string
	columns string
	rows    int                                             // how often row is called, with numbers from 1 on
	each    int                                             // rows that a call makes at most
	row     func(b *bytes.Buffer, id int, r *rand.Rand) int // writes the lines of COPY's text format and tells how many
}

func (b *bench) tables() []table {
	filler := strings.Repeat("x", 84)
	return []table{
		{name: "accounts", columns: "aid int PRIMARY KEY, bid int, abalance int, filler char(84)", rows: b.plan.rows, each: 1,
			row: func(to *bytes.Buffer, id int, _ *rand.Rand) int {
				fields(to, id, id/100_000+1, 0, filler)
				return 1
			}},
		{name: "facts", columns: "id int PRIMARY KEY, kind int, owner int, amount int, price numeric(12,2), label text, note char(84)", rows: b.plan.rows, each: 1,
			row: func(to *bytes.Buffer, id int, r *rand.Rand) int {
				fields(to, id, r.IntN(1000), r.IntN(b.plan.rows/10)+1, r.IntN(10_000), cents(r.IntN(1_000_000)), pick(r, tpchWords)+" "+pick(r, tpchColors)+" "+pick(r, tpchWords), filler)
				return 1
			}},
		{name: "owners", columns: "id int PRIMARY KEY, rank int, name text", rows: b.plan.rows / 10, each: 1,
			row: func(to *bytes.Buffer, id int, r *rand.Rand) int {
				fields(to, id, r.IntN(100), fmt.Sprintf("owner %d", id))
				return 1
			}},
		{name: "history", columns: "tid int, bid int, aid int, delta int, mtime timestamp, filler char(22)"},
		{name: "events", columns: "id uuid PRIMARY KEY, aid int, delta int, at timestamptz"},
	}
}

// load makes tables in every system, those that an earlier run has kept aside. The big ones of the first list are samples of the COPY workload.
func (b *bench) load(ctx context.Context, tables []table) error {
	for round, t := range tables {
		if b.kept(t.name) {
			continue
		}
		for _, to := range b.systems() {
			rate, err := t.load(ctx, to, 1)
			if err != nil {
				return fmt.Errorf("%s into %s: %w", t.name, to.name, err)
			}
			if t.rows == b.plan.rows && b.plan.wants("copy") {
				b.report.add(cell{"copy", 1, rowsPerSecond}, round, to.name, rate)
			}
		}
		if err := b.keep(t.name); err != nil {
			return err
		}
	}
	// PostgreSQL gets the statistics, and the visibility its autovacuum would give it in time.
	if err := execute(ctx, b.targets[0], "VACUUM ANALYZE"); err != nil {
		return err
	}
	for _, t := range tables {
		err := execute(ctx, b.targets[len(b.targets)-1], "ANALYZE "+t.name)
		if refused := (*pgconn.PgError)(nil); errors.As(err, &refused) && refused.Code == "0A000" {
			fmt.Fprintf(os.Stderr, "OpenDSQL plans without statistics: %s\n", refused.Message)
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// kept tells whether an earlier run into the same directory has made a table.
func (b *bench) kept(name string) bool {
	if b.plan.keep == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(b.dir, "made-"+name))
	return err == nil
}

// keep notes that a table is made.
func (b *bench) keep(name string) error {
	if b.plan.keep == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(b.dir, "made-"+name), nil, 0o600)
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
				if err := execute(ctx, to, "DROP TABLE "+t.name); err != nil {
					return fmt.Errorf("%s: %w", to.name, err)
				}
			}
		}
	}
	return nil
}

// execute runs a statement on a connection of its own.
func execute(ctx context.Context, at *target, statement string) error {
	c, err := at.connect(ctx)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, statement)
	return errors.Join(err, c.Close(ctx))
}

// load makes the table and fills it by several connections, and returns the rows each second of the time the connections were copying.
func (t table) load(ctx context.Context, to *target, streams int) (float64, error) {
	if err := execute(ctx, to, "CREATE TABLE "+t.name+" ("+t.columns+")"); err != nil || t.rows == 0 {
		return 0, err
	}
	var work sync.WaitGroup
	times, errs, rows := make([]time.Duration, streams), make([]error, streams), make([]int64, streams)
	share := (t.rows + streams - 1) / streams
	for i := range streams {
		work.Go(func() { rows[i], times[i], errs[i] = t.copy(ctx, to, i*share+1, min((i+1)*share, t.rows)) })
	}
	work.Wait()
	var longest time.Duration
	var all int64
	for i, d := range times {
		longest = max(longest, d)
		all += rows[i]
	}
	return float64(all) / longest.Seconds(), errors.Join(errs...)
}

// copy sends the rows of a range of numbers, a transaction each chunk. The time it takes to make up the rows does not count.
func (t table) copy(ctx context.Context, to *target, first, last int) (rows int64, spent time.Duration, err error) {
	c, err := to.connect(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	random := rand.New(rand.NewPCG(uint64(first), 7))
	var b bytes.Buffer
	for id := first; id <= last; {
		b.Reset()
		chunk := 0
		for ; id <= last && chunk+t.each <= chunkRows; id++ {
			chunk += t.row(&b, id, random)
		}
		began := time.Now()
		tag, err := c.PgConn().CopyFrom(ctx, &b, "COPY "+t.name+" FROM STDIN")
		if err != nil {
			return rows, spent, err
		}
		spent += time.Since(began)
		if tag.RowsAffected() != int64(chunk) {
			return rows, spent, fmt.Errorf("copied %d rows of %d", tag.RowsAffected(), chunk)
		}
		rows += int64(chunk)
	}
	return rows, spent, nil
}
