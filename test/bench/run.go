package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/opendsql/opendsql/test/server"
)

// clientsMax keeps pgbench within the connections a default PostgreSQL accepts.
const clientsMax = 90

// limits lets the measuring connect as often as it likes: the service's rate is a quota, not a property of the engine.
const limits = "--limit=connections=20000,connection-rate=100000,connection-burst=100000"

// bench is one run.
type bench struct {
	plan    plan
	dir     string
	binary  string
	dsql    *server.Process
	targets []*target // in the order of a round; the last is OpenDSQL
	report  report
}

// run measures everything in the plan and writes the report, also of a part when something failed.
func run(ctx context.Context, p plan) (err error) {
	dir, err := p.keep, error(nil)
	if dir == "" {
		if dir, err = os.MkdirTemp(p.dir, "opendsql-bench-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	b := &bench{plan: p, dir: dir, binary: p.binary}
	if b.binary == "" {
		if b.binary, err = server.Build(dir); err != nil {
			return err
		}
	}
	postgres, err := openPostgres(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, postgres.drop(context.WithoutCancel(ctx))) }()
	if b.report, err = newReport(ctx, p, postgres, dir); err != nil {
		return err
	}
	if b.dsql, err = server.Start(ctx, b.binary, dir+"/data", limits, "--log-level", "warn"); err != nil {
		return err
	}
	b.targets = postgres.targets(p.plain)
	b.targets = append(b.targets, openDSQL(b.dsql))
	measured := b.measure(ctx)
	stopped := b.dsql.Stop()
	if text := b.dsql.Output(); measured != nil || stopped != nil {
		fmt.Fprintln(os.Stderr, text)
	}
	return errors.Join(measured, stopped, b.report.write(p))
}

func (b *bench) measure(ctx context.Context) error {
	var failures []error
	var tables []table
	if b.plan.wantsTables() {
		tables = append(tables, b.tables()...)
	}
	if b.plan.wants("tpch") {
		tables = append(tables, tpchTables()...)
	}
	if len(tables) > 0 {
		if err := b.load(ctx, tables); err != nil {
			return fmt.Errorf("load: %w", err)
		}
	}
	for _, s := range []struct {
		name string
		run  func(context.Context) error
	}{{"analytic", b.analytic}, {"window", b.window}, {"tpch", b.tpch}, {"copy", b.copies}, {"pgbench", b.pgbench}, {"memory", b.memory}} {
		if s.name != "pgbench" && !b.plan.wants(s.name) {
			continue
		}
		if err := s.run(ctx); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", s.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failures...)
}
