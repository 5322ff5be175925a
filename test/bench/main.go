// Command bench compares OpenDSQL with PostgreSQL: in turn, on the same machine and disk, in one run, both durable and both over TLS.
//
// It starts the opendsql program itself, on a directory of its own, and makes a database of its own in the PostgreSQL it is given; both are gone
// when it ends. Samples alternate between the systems, so that a busy moment of the machine touches all of them; a ratio is the median of the
// ratios within each round. Above 1 OpenDSQL is faster, whatever the unit.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// plan is what a run does.
type plan struct {
	postgres  string // connection string
	pgbench   string // program
	binary    string // of opendsql; empty: built from this checkout
	dir       string // where OpenDSQL keeps its data
	workloads []string
	clients   []int
	seconds   int // of one pgbench sample
	rounds    int
	plain     bool // measure PostgreSQL without TLS as well
	rows      int  // of each big table
	repeats   int  // of each query
	copies    int  // further rounds of COPY
	idle      time.Duration
	only      []string // workloads and queries, by name; empty: all of the workloads
	keep      string   // directory of data that stays for the next run
	json      string
	markdown  string
}

var allWorkloads = []string{"select", "update", "insert", "simple-update", "connect", "copy", "analytic", "window", "tpch", "memory"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p, err := parseFlags(os.Args[1:])
	if err == nil {
		err = run(ctx, p)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parseFlags(args []string) (plan, error) {
	var p plan
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	mode := f.String("mode", "quick", "quick (under two minutes) or full; the flags below change parts of it")
	f.StringVar(&p.postgres, "postgres", os.Getenv("OPENDSQL_ORACLE"), "connection string of a PostgreSQL 16 on this machine (default $OPENDSQL_ORACLE)")
	f.StringVar(&p.pgbench, "pgbench", "pgbench", "the pgbench program, version 15 or newer")
	f.StringVar(&p.binary, "binary", "", "the opendsql program (default: built from this checkout)")
	f.StringVar(&p.dir, "dir", "", "directory for OpenDSQL's data, on PostgreSQL's disk (default: a temporary one)")
	workloads := f.String("workloads", strings.Join(allWorkloads, ","), "what to measure")
	only := f.String("only", "", "workloads, or queries of analytic, window and tpch as tpch/q9 or analytic/like, instead of --workloads")
	f.StringVar(&p.keep, "keep", "", "directory for the data that is kept, like the database in PostgreSQL, for the next run with the same flags")
	clients := f.String("clients", "", "numbers of pgbench clients (quick 8,32; full 1,8,32)")
	f.IntVar(&p.seconds, "seconds", 0, "length of a pgbench sample (quick 2, full 10)")
	f.IntVar(&p.rounds, "rounds", 0, "samples of each system (quick 2, full 5)")
	f.BoolVar(&p.plain, "plain", false, "measure PostgreSQL in plain text as well (full: always)")
	f.IntVar(&p.rows, "rows", 1_000_000, "rows of each big table")
	f.IntVar(&p.repeats, "repeats", 0, "executions of each query (quick 7, full 21)")
	f.StringVar(&p.json, "json", "", "file for the numbers")
	f.StringVar(&p.markdown, "markdown", "", "file for the table (default: standard output)")
	if err := f.Parse(args); err != nil {
		return p, err
	}
	defaults := plan{clients: []int{8, 32}, seconds: 2, rounds: 2, repeats: 7, copies: 0, idle: 2 * time.Second}
	switch *mode {
	case "quick":
	case "full":
		defaults = plan{clients: []int{1, 8, 32}, seconds: 10, rounds: 5, repeats: 21, copies: 3, idle: 15 * time.Second}
		p.plain = true
	default:
		return p, fmt.Errorf("--mode: %q is not quick or full", *mode)
	}
	for _, d := range []struct {
		to    *int
		value int
	}{{&p.seconds, defaults.seconds}, {&p.rounds, defaults.rounds}, {&p.repeats, defaults.repeats}, {&p.copies, defaults.copies}} {
		if *d.to == 0 {
			*d.to = d.value
		}
	}
	p.idle, p.clients = defaults.idle, defaults.clients
	if *only != "" {
		*workloads = p.choose(*only)
	}
	return p, p.lists(*workloads, *clients)
}

// choose turns --only into workloads, and notes the queries it names.
func (p *plan) choose(only string) (workloads string) {
	var list []string
	for name := range strings.SplitSeq(only, ",") {
		workload, _, _ := strings.Cut(name, "/")
		p.only = append(p.only, name)
		if !slices.Contains(list, workload) {
			list = append(list, workload)
		}
	}
	return strings.Join(list, ",")
}

// lists reads the flags that hold several values.
func (p *plan) lists(workloads, clients string) error {
	p.workloads = strings.Split(workloads, ",")
	for _, w := range p.workloads {
		if !slices.Contains(allWorkloads, w) {
			return fmt.Errorf("--workloads: %q is not one of %s", w, strings.Join(allWorkloads, ","))
		}
	}
	if clients == "" {
		return nil
	}
	p.clients = nil
	for c := range strings.SplitSeq(clients, ",") {
		n, err := strconv.Atoi(c)
		if err != nil || n < 1 || n > clientsMax {
			return fmt.Errorf("--clients: %q is not a number from 1 to %d", c, clientsMax)
		}
		p.clients = append(p.clients, n)
	}
	return nil
}

func (p *plan) wants(workload string) bool { return slices.Contains(p.workloads, workload) }

// wantsTables says whether anything reads the big tables.
func (p *plan) wantsTables() bool {
	return slices.ContainsFunc(p.workloads, func(w string) bool { return w != "connect" && w != "memory" && w != "tpch" })
}
