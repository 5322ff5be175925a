package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/jackc/pgx/v5"
)

// rangeRows is the length of the range of keys that is read.
const rangeRows = 10_000

type query struct {
	name string
	text string
}

func (p *plan) queries() []query {
	return []query{
		{"count(*)", "SELECT count(*) FROM facts"},
		{"filtered count", "SELECT count(*) FROM facts WHERE amount < 1000"},
		{"group by 1,000 groups", "SELECT kind, count(*), sum(amount) FROM facts GROUP BY kind"},
		{"hash join 1M × 100k", "SELECT count(*), sum(f.amount + o.rank) FROM facts f JOIN owners o ON o.id = f.owner"},
		{"10k-row key range", fmt.Sprintf("SELECT * FROM facts WHERE id BETWEEN %d AND %d", p.rows/2, p.rows/2+rangeRows-1)},
	}
}

// queries runs each query warm on one connection of every system, in turn, and checks that the systems answer alike.
func (b *bench) queries(ctx context.Context) (err error) {
	connections := make([]*pgx.Conn, len(b.targets))
	for i, t := range b.targets {
		if connections[i], err = t.connect(ctx); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		defer func() { err = errors.Join(err, connections[i].Close(context.WithoutCancel(ctx))) }()
	}
	for _, q := range b.plan.queries() {
		if err := b.repeat(ctx, q, connections); err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
	}
	return nil
}

func (b *bench) repeat(ctx context.Context, q query, connections []*pgx.Conn) error {
	var first answer
	for round := -1; round < b.plan.repeats; round++ {
		for i, t := range b.targets {
			began := time.Now()
			a, err := read(ctx, connections[i], q.text, round < 0)
			spent := time.Since(began)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			if round >= 0 {
				b.report.add(cell{q.name, 1, milliseconds}, round, t.name, float64(spent.Microseconds())/1000)
				continue
			}
			// The first time a system may have to read from files, and to decode, what it keeps in memory from then on.
			b.report.add(cell{q.name + ", first time", 1, milliseconds}, 0, t.name, float64(spent.Microseconds())/1000)
			if i == 0 {
				first = a
			}
			if a != first {
				return fmt.Errorf("%s answers %d rows (sum %x), %s %d (sum %x)", t.name, a.rows, a.sum, b.targets[0].name, first.rows, first.sum)
			}
		}
	}
	return nil
}

// answer is what a query returned, whatever the order.
type answer struct {
	rows int
	sum  uint64
}

// read reads all rows of a query, and looks at their values when it is asked to.
func read(ctx context.Context, c *pgx.Conn, text string, look bool) (answer, error) {
	rows, err := c.Query(ctx, text)
	if err != nil {
		return answer{}, err
	}
	defer rows.Close()
	var a answer
	for rows.Next() {
		a.rows++
		if !look {
			continue
		}
		h := fnv.New64a()
		for _, v := range rows.RawValues() {
			fmt.Fprintf(h, "%d:%s", len(v), v)
		}
		a.sum += h.Sum64()
	}
	return a, rows.Err()
}
