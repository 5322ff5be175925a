package main

import (
	"testing"
	"time"

	"github.com/opendsql/opendsql"
)

func TestSetLimits(t *testing.T) {
	var o opendsql.Options
	if err := setLimits(&o, []string{"transaction-rows=50", "transaction-age=2s,query-memory=1MiB", "connection-life=10s connections=7", "clusters=3 multi-region-clusters=2,api-reads=10,api-changes=5"}); err != nil {
		t.Fatal(err)
	}
	if d := o.Limits.Database; d.TransactionRows != 50 || d.TransactionAge != 2*time.Second || d.QueryMemoryBytes != 1<<20 ||
		o.ConnectionLife != 10*time.Second || o.Limits.Connections != 7 ||
		o.APILimits.SingleRegionClusters != 3 || o.APILimits.MultiRegionClusters != 2 || o.APILimits.Reads.PerSecond != 10 || o.APILimits.Changes.PerSecond != 5 {
		t.Errorf("got %+v", o)
	}
	for _, bad := range []string{"transaction-rows", "rows=1", "transaction-rows=0", "transaction-rows=x", "transaction-age=5", "query-memory=99999999999GiB"} {
		if err := setLimits(&o, []string{bad}); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{"": "''", "abc": "abc", "a b": "'a b'", "it's": `'it'\''s'`, "/tmp/x.pem": "/tmp/x.pem", "a&b": "'a&b'", "$(x)": "'$(x)'"} {
		if got := shellQuote(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

// Text of any kind must be refused by an error or taken, never otherwise.
func FuzzParseCount(f *testing.F) {
	f.Add("10MiB")
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := parseCount(text); err == nil && n <= 0 {
			t.Errorf("%q gave %d", text, n)
		}
	})
}
