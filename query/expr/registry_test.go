package expr

import "testing"

// Every source named in a table exists in pg_proc, and Count sees what the tables hold.
func TestTablesNameKnownFunctions(t *testing.T) {
	for _, source := range theRegistry().unknown {
		t.Errorf("pg_proc has no function with source %q", source)
	}
	functions, sets, aggregates, windows := Count()
	t.Logf("%d functions, %d sets, %d aggregates, %d windows", functions, sets, aggregates, windows)
	if functions < 1000 || sets < 40 || aggregates < 130 || windows != 15 {
		t.Errorf("too few: %d functions, %d sets, %d aggregates, %d windows", functions, sets, aggregates, windows)
	}
}
