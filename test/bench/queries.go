package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// rangeRows is the length of the range of keys that is read.
const rangeRows = 10_000

// firstTime ends the names of cells that hold a query's first execution.
const firstTime = ", first time"

// query is one that both systems must answer alike.
type query struct {
	name    string
	text    string
	ordered []int // columns of the result that ORDER BY orders by, the first first; none: any order will do
	limited bool  // among rows that are equal in these columns, LIMIT may have chosen others
}

func (p *plan) analyticQueries() []query {
	return []query{
		{name: "count", text: "SELECT count(*) FROM facts"},
		{name: "filtered-count", text: "SELECT count(*) FROM facts WHERE amount < 1000"},
		{name: "numeric-sum", text: "SELECT sum(price), avg(price) FROM facts"},
		{name: "group-1k", text: "SELECT kind, count(*), sum(amount) FROM facts GROUP BY kind"},
		{name: "group-100k", text: "SELECT count(*), sum(n), max(total) FROM (SELECT owner, count(*) AS n, sum(amount) AS total FROM facts GROUP BY owner) g"},
		{name: "distinct", text: "SELECT count(*) FROM (SELECT DISTINCT owner FROM facts) d"},
		{name: "count-distinct", text: "SELECT count(DISTINCT owner) FROM facts"},
		{name: "hash-join", text: "SELECT count(*), sum(f.amount + o.rank) FROM facts f JOIN owners o ON o.id = f.owner"},
		{name: "join-group-sort", ordered: []int{1, 0}, text: "SELECT o.rank, sum(f.price) AS total FROM facts f JOIN owners o ON o.id = f.owner " +
			"GROUP BY o.rank ORDER BY total DESC, o.rank"},
		{name: "top-n", ordered: []int{1, 0}, text: "SELECT id, amount, label FROM facts ORDER BY amount DESC, id LIMIT 100"},
		{name: "sort", ordered: []int{1, 0}, text: fmt.Sprintf("SELECT id, amount FROM facts ORDER BY amount, id OFFSET %d", p.rows-10)},
		{name: "sort-and-read", text: "SELECT id, amount FROM facts ORDER BY label, id"},
		{name: "like", text: "SELECT count(*) FROM facts WHERE label LIKE '%green%'"},
		{name: "range", text: fmt.Sprintf("SELECT * FROM facts WHERE id BETWEEN %d AND %d", p.rows/2, p.rows/2+rangeRows-1)},
	}
}

// windowQueries are over all rows of facts; what they compute is summed up, so that sending it does not count.
func windowQueries() []query {
	over := func(name, result, function, window string) query {
		return query{name: name, text: fmt.Sprintf("SELECT count(*), %s FROM (SELECT %s OVER (%s) AS r FROM facts) s", result, function, window)}
	}
	return []query{
		over("row-number", "sum(r)", "row_number()", "PARTITION BY kind ORDER BY id"),
		over("rank", "sum(r)", "rank()", "PARTITION BY owner ORDER BY amount"),
		over("running-sum", "sum(r)", "sum(amount)", "PARTITION BY kind ORDER BY id"),
		over("moving-average", "sum(r)", "avg(amount)", "ORDER BY id ROWS 50 PRECEDING"),
		over("moving-max", "sum(r)", "max(amount)", "ORDER BY id ROWS 100 PRECEDING"),
		over("lag", "sum(r)", "lag(amount)", "PARTITION BY kind ORDER BY id"),
	}
}

func (b *bench) window(ctx context.Context) error { return b.queries(ctx, "window", windowQueries()) }

func (b *bench) analytic(ctx context.Context) error {
	return b.queries(ctx, "analytic", b.plan.analyticQueries())
}

func (b *bench) tpch(ctx context.Context) error { return b.queries(ctx, "tpch", tpchQueries) }

// queries runs each query warm on one connection of every system, in turn, and checks that the systems answer alike. A query that fails, or that they
// answer differently, does not keep the others from being measured.
func (b *bench) queries(ctx context.Context, workload string, list []query) (err error) {
	var failures []error
	for _, q := range list {
		q.name = workload + "/" + q.name
		if len(b.plan.only) > 0 && !slices.Contains(b.plan.only, q.name) && !slices.Contains(b.plan.only, workload) {
			continue
		}
		if err := b.repeat(ctx, q); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", q.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failures...)
}

// Bounds of time: slowQuery gives up one execution; a query that has taken enoughTime, all its executions in all systems together, is not repeated any
// further than once.
const (
	slowQuery  = 4 * time.Minute
	enoughTime = 30 * time.Second
)

func (b *bench) repeat(ctx context.Context, q query) (err error) {
	connections := make([]*pgx.Conn, len(b.targets))
	for i, t := range b.targets {
		if connections[i], err = t.connect(ctx); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		defer func() { err = errors.Join(err, connections[i].Close(context.WithoutCancel(ctx))) }()
	}
	var first *answer
	began := time.Now()
	for round := -1; round < b.plan.repeats && (round < 1 || time.Since(began) < enoughTime); round++ {
		for i, t := range b.targets {
			// The first time a system may have to read from files, and to decode, what it keeps in memory from then on.
			to := cell{q.name, 1, milliseconds}
			var kept *answer
			if round < 0 {
				to.Workload += firstTime
				kept = &answer{}
			}
			spent, err := read(ctx, connections[i], q.text, kept)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			b.report.add(to, max(round, 0), t.name, float64(spent.Microseconds())/1000)
			if kept == nil {
				continue
			}
			if i == 0 {
				if first = kept; len(first.rows) == 0 {
					return fmt.Errorf("%s answers no rows", t.name)
				}
			} else if err := first.same(kept, q); err != nil {
				return fmt.Errorf("%s against %s: %w", t.name, b.targets[0].name, err)
			}
		}
	}
	return nil
}

// read reads all rows of a query, and keeps them as text when it is asked to.
func read(ctx context.Context, c *pgx.Conn, text string, keep *answer) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, slowQuery)
	defer cancel()
	var arguments []any
	if keep != nil {
		arguments = append(arguments, pgx.QueryResultFormats{pgx.TextFormatCode})
	}
	began := time.Now()
	rows, err := c.Query(ctx, text, arguments...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		if keep != nil {
			keep.add(rows)
		}
	}
	return time.Since(began), rows.Err()
}
