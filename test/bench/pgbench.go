package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// triesMax bounds how often a transaction that met a conflict runs again.
const triesMax = 100

// connectClients is how many clients connect at once in the connect workload.
const connectClients = 8

// script is a workload of pgbench.
type script struct {
	name string
	text string
}

// scripts are the workloads; %d is the number of rows of accounts.
var scripts = []script{
	{"select", `\set aid random(1, %d)
SELECT abalance FROM accounts WHERE aid = :aid;
`},
	{"update", `\set aid random(1, %d)
\set delta random(-5000, 5000)
UPDATE accounts SET abalance = abalance + :delta WHERE aid = :aid;
`},
	{"insert", `\set aid random(1, %d)
\set delta random(-5000, 5000)
INSERT INTO events (id, aid, delta, at) VALUES (gen_random_uuid(), :aid, :delta, CURRENT_TIMESTAMP);
`},
	{"simple-update", `\set aid random(1, %d)
\set delta random(-5000, 5000)
BEGIN;
UPDATE accounts SET abalance = abalance + :delta WHERE aid = :aid;
SELECT abalance FROM accounts WHERE aid = :aid;
INSERT INTO history (tid, bid, aid, delta, mtime) VALUES (1, 1, :aid, :delta, CURRENT_TIMESTAMP);
END;
`},
	{"connect", "SELECT 1;\n"},
}

// pgbench runs every script that is asked for, by every number of clients, the systems in turn.
func (b *bench) pgbench(ctx context.Context) error {
	var failures []error
	for _, s := range scripts {
		if !b.plan.wants(s.name) {
			continue
		}
		clients, mode, unit := b.plan.clients, []string{"-M", "prepared"}, transactionsPerSecond
		text := s.text
		if s.name == "connect" {
			clients, mode, unit = []int{connectClients}, []string{"-C"}, connectionsPerSecond
		} else {
			text = fmt.Sprintf(s.text, b.plan.rows)
		}
		file := filepath.Join(b.dir, s.name+".sql")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		for _, n := range clients {
			sample := pgbenchSample{program: b.plan.pgbench, args: append(mode, "-f", file), clients: n}
			if err := b.alternate(ctx, sample, cell{s.name, n, unit}); err != nil {
				failures = append(failures, fmt.Errorf("%s, %d clients: %w", s.name, n, err))
			}
			if ctx.Err() != nil {
				return errors.Join(failures...)
			}
		}
	}
	return errors.Join(failures...)
}

// alternate warms every system up for a second and then samples them in turn.
func (b *bench) alternate(ctx context.Context, s pgbenchSample, c cell) error {
	for round := -1; round < b.plan.rounds; round++ {
		for _, t := range b.targets {
			s.seconds = b.plan.seconds
			if round < 0 {
				s.seconds = 1
			}
			rate, again, err := s.run(ctx, t)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			if round >= 0 {
				b.report.add(c, round, t.name, rate)
				b.report.conflicts(c, t.name, again)
			}
		}
	}
	return nil
}

// pgbenchSample is one run of the program.
type pgbenchSample struct {
	program          string
	args             []string
	clients, seconds int
}

var (
	tpsLine     = regexp.MustCompile(`(?m)^tps = ([0-9.]+) `)
	retriesLine = regexp.MustCompile(`(?m)^total number of retries: ([0-9]+)`)
	failedLine  = regexp.MustCompile(`(?m)^number of failed transactions: ([0-9]+)`)
)

// run returns the transactions that succeeded each second, and what became of those that met a conflict.
func (s pgbenchSample) run(ctx context.Context, t *target) (rate float64, again conflicts, err error) {
	password, err := t.password()
	if err != nil {
		return 0, again, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.seconds)*time.Second+time.Minute)
	defer cancel()
	threads := min(2, s.clients)
	args := append([]string{"-n", "-c", strconv.Itoa(s.clients), "-j", strconv.Itoa(threads), "-T", strconv.Itoa(s.seconds),
		"--max-tries", strconv.Itoa(triesMax)}, s.args...)
	cmd := exec.CommandContext(ctx, s.program, append(args, t.conninfo)...)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, again, fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
	}
	tps := tpsLine.FindSubmatch(out)
	if tps == nil {
		return 0, again, fmt.Errorf("pgbench printed no tps:\n%s", out)
	}
	if rate, err = strconv.ParseFloat(string(tps[1]), 64); err != nil {
		return 0, again, err
	}
	for _, c := range []struct {
		line *regexp.Regexp
		to   *int
	}{{retriesLine, &again.Retries}, {failedLine, &again.Failed}} {
		if m := c.line.FindSubmatch(out); m != nil {
			if *c.to, err = strconv.Atoi(string(m[1])); err != nil {
				return 0, again, err
			}
		}
	}
	return rate, again, nil
}
