package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/opendsql/opendsql/test/server"
)

// idleConnections are opened to see what a connection costs.
const idleConnections = 1000

// memory measures a server of its own with one empty cluster: alone, with idle connections, and after each of them has run a statement.
func (b *bench) memory(ctx context.Context) (err error) {
	p, err := server.Start(ctx, b.binary, b.dir+"/idle", limits, "--log-level", "warn")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	idle, err := b.resident(ctx, p)
	if err != nil {
		return err
	}
	var connections []*pgx.Conn
	defer func() {
		for _, c := range connections {
			err = errors.Join(err, c.Close(context.WithoutCancel(ctx)))
		}
	}()
	for range idleConnections {
		c, err := p.Connect(ctx)
		if err != nil {
			return fmt.Errorf("connection %d: %w", len(connections)+1, err)
		}
		connections = append(connections, c)
	}
	connected, err := b.resident(ctx, p)
	if err != nil {
		return err
	}
	for _, c := range connections {
		if _, err := c.Exec(ctx, "SELECT 1"); err != nil {
			return err
		}
	}
	used, err := b.resident(ctx, p)
	if err != nil {
		return err
	}
	b.report.Memory = []measure{
		{"idle server, one empty cluster", idle, 60},
		{fmt.Sprintf("%d idle connections more", idleConnections), connected - idle, 40},
		{"the same after one statement each", used - idle, 40},
	}
	return nil
}

// resident lets the process rest and returns the median of its resident memory in MB meanwhile.
func (b *bench) resident(ctx context.Context, p *server.Process) (float64, error) {
	tick := time.NewTicker(b.plan.idle / 10)
	defer tick.Stop()
	var samples []float64
	for len(samples) < 10 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		n, err := residentMB(p.PID())
		if err != nil {
			return 0, err
		}
		samples = append(samples, n)
	}
	return median(samples[5:]), nil
}

// residentMB reads a process's resident memory, which Linux tells in KiB.
func residentMB(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib * 1024 / 1e6, err
		}
	}
	return 0, fmt.Errorf("process %d tells no resident memory", pid)
}

// median is the middle of the values, or the mean of the two in the middle.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
