package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opendsql/opendsql"
)

// limit is a quota that can be rehearsed with another value.
type limit struct {
	name string
	set  func(o *opendsql.Options, value string) error
}

func rehearsable() []limit {
	count := func(field func(*opendsql.Options) *int) func(*opendsql.Options, string) error {
		return func(o *opendsql.Options, value string) (err error) {
			*field(o), err = parseCount(value)
			return err
		}
	}
	duration := func(field func(*opendsql.Options) *time.Duration) func(*opendsql.Options, string) error {
		return func(o *opendsql.Options, value string) error {
			d, err := time.ParseDuration(value)
			if err != nil || d <= 0 {
				return fmt.Errorf("%q is not a duration such as 10s", value)
			}
			*field(o) = d
			return nil
		}
	}
	return []limit{
		{"transaction-rows", count(func(o *opendsql.Options) *int { return &o.Limits.Database.TransactionRows })},
		{"transaction-bytes", count(func(o *opendsql.Options) *int { return &o.Limits.Database.TransactionBytes })},
		{"transaction-age", duration(func(o *opendsql.Options) *time.Duration { return &o.Limits.Database.TransactionAge })},
		{"query-memory", count(func(o *opendsql.Options) *int { return &o.Limits.Database.QueryMemoryBytes })},
		{"connections", count(func(o *opendsql.Options) *int { return &o.Limits.Connections })},
		{"connection-rate", count(func(o *opendsql.Options) *int { return &o.Limits.ConnectionRate })},
		{"connection-burst", count(func(o *opendsql.Options) *int { return &o.Limits.ConnectionBurst })},
		{"connection-life", duration(func(o *opendsql.Options) *time.Duration { return &o.ConnectionLife })},
		{"clusters", count(func(o *opendsql.Options) *int { return &o.APILimits.SingleRegionClusters })},
		{"multi-region-clusters", count(func(o *opendsql.Options) *int { return &o.APILimits.MultiRegionClusters })},
		{"api-reads", count(func(o *opendsql.Options) *int { return &o.APILimits.Reads.PerSecond })},
		{"api-changes", count(func(o *opendsql.Options) *int { return &o.APILimits.Changes.PerSecond })},
	}
}

func limitNames() string {
	var names []string
	for _, l := range rehearsable() {
		names = append(names, l.name)
	}
	return strings.Join(names, ", ")
}

// setLimits puts name=value pairs into the options. One argument may hold several, as it must in an environment variable.
func setLimits(o *opendsql.Options, args []string) error {
	known := rehearsable()
	for _, arg := range args {
		for _, pair := range strings.FieldsFunc(arg, func(r rune) bool { return r == ',' || r == ' ' }) {
			name, value, ok := strings.Cut(pair, "=")
			at := slices.IndexFunc(known, func(l limit) bool { return l.name == name })
			if !ok || at < 0 {
				return fmt.Errorf("--limit %s: give name=value with one of %s", pair, limitNames())
			}
			if err := known[at].set(o, value); err != nil {
				return fmt.Errorf("--limit %s: %w", pair, err)
			}
		}
	}
	return nil
}

// parseCount reads 50, 64KiB, 10MiB or 1GiB.
func parseCount(text string) (int, error) {
	number, factor := text, 1
	for _, u := range []struct {
		unit   string
		factor int
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}} {
		if n, ok := strings.CutSuffix(text, u.unit); ok {
			number, factor = n, u.factor
		}
	}
	n, err := strconv.Atoi(number)
	if err != nil || n <= 0 || n > int(^uint(0)>>1)/factor {
		return 0, fmt.Errorf("%q is not a positive number", text)
	}
	return n * factor, nil
}
