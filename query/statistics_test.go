package query

import (
	"errors"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/exec"
	"github.com/opendsql/opendsql/query/plan"
	"github.com/opendsql/opendsql/txn"
)

// The planner gets values of the column's type, and the texts are read once.
func TestColumnStatsOfTable(t *testing.T) {
	table := &catalog.Table{OID: 20000, Columns: []catalog.Column{
		{ID: 1, Name: "n", Type: sqltypes.T(sqltypes.Int4OID)}, {ID: 2, Name: "gone", Type: sqltypes.T(sqltypes.Int4OID), Dropped: true},
		{ID: 3, Name: "d", Type: sqltypes.T(sqltypes.DateOID)},
	}}
	snapshot := catalog.Base().WithStatistics(&catalog.Statistics{Table: 20000, Rows: 5, Columns: []catalog.ColumnStatistics{
		{Column: 1, NullFraction: 0.25, Width: 4, Distinct: -0.5, Common: []string{"7"}, CommonParts: []float32{0.5}, Histogram: []string{"1", "9"},
			Correlation: 0.5, HasCorrelated: true},
		{Column: 2, Common: []string{"1"}, CommonParts: []float32{1}},
		{Column: 3, Histogram: []string{"2024-01-31", "not a date"}},
	}})
	stats := tableStats{snapshot, &Database{}}
	got := stats.Column(table, 1)
	if got == nil {
		t.Fatal("nothing known of the column")
	}
	if got.NullFraction != 0.25 || got.Width != 4 || got.Distinct != -0.5 || got.Correlation != 0.5 || !got.Ordered || got.CommonParts[0] != 0.5 {
		t.Errorf("numbers: %+v", got)
	}
	if got.Common[0].Int() != 7 || got.Histogram[0].Int() != 1 || got.Histogram[1].Int() != 9 {
		t.Errorf("values: %+v", got)
	}
	if again := stats.Column(table, 1); again != got {
		t.Error("the texts were read again")
	}
	for _, attr := range []int16{2, 3, 4} {
		if got := stats.Column(table, attr); got != nil {
			t.Errorf("column %d: %+v", attr, got)
		}
	}
	newer := tableStats{snapshot.WithStatistics(&catalog.Statistics{Table: 20000, Columns: []catalog.ColumnStatistics{{Column: 1, Common: []string{"8"}}}}), stats.db}
	if got := newer.Column(table, 1); got.Common[0].Int() != 8 {
		t.Errorf("newer statistics: %+v", got)
	}
}

// A prepared statement is planned anew when a table of its was analysed, and not when another was.
func TestPreparedStatementsFollowAnalyze(t *testing.T) {
	_, s, run := openQuiet(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE TABLE t (id int PRIMARY KEY)")
	run("CREATE TABLE u (id int PRIMARY KEY)")
	run("INSERT INTO t SELECT generate_series(1, 50)")
	must(s.Parse(ctx, "p", "SELECT * FROM t", nil, silent{}))
	planned := func() (first *plan.Plan) {
		t.Helper()
		must(s.Bind(ctx, &Bind{Statement: "p"}))
		must(s.Execute(ctx, "", 0, silent{}))
		must(s.Sync(ctx, silent{}))
		return s.statements["p"].plan
	}
	first := planned()
	if planned() != first {
		t.Fatal("planned anew for no reason")
	}
	run("ANALYZE u")
	if planned() != first {
		t.Error("planned anew because another table was analysed")
	}
	run("ANALYZE t")
	second := planned()
	if rows := second.Root.Estimate().Rows; second == first || rows != 50 {
		t.Errorf("after ANALYZE it is planned for %v rows", rows)
	}
	if planned() != second {
		t.Error("planned anew once more")
	}
}

// Statistics are not kept when the catalog has changed since they were computed: the table may be gone.
func TestStatisticsOfOldCatalog(t *testing.T) {
	ctx := t.Context()
	d, _, _ := openQuiet(t)
	version := d.current.Load().Version
	st := &catalog.Statistics{Table: 20000}
	if err := d.putStatistics(ctx, version-1, st); !errors.Is(err, txn.ErrStaleRead) {
		t.Errorf("of an older catalog: %v", err)
	}
	if err := d.putStatistics(ctx, version, st); err != nil {
		t.Error(err)
	}
}

// Statistics of very many or very large values are committed in several transactions, and found whole.
func TestLargeStatistics(t *testing.T) {
	ctx := t.Context()
	d, _, _ := openQuiet(t)
	st := &catalog.Statistics{Table: 20000, Rows: 1}
	for c := range 200 {
		column := catalog.ColumnStatistics{Column: int16(c + 1)}
		for range 100 {
			column.Histogram = append(column.Histogram, strings.Repeat("h", 1000))
		}
		st.Columns = append(st.Columns, column)
	}
	if err := d.putStatistics(ctx, d.current.Load().Version, st); err != nil {
		t.Fatal(err)
	}
	tx, err := d.DB.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	snapshot, err := d.catalog(ctx, tx)
	if err != nil {
		t.Fatal(err)
	}
	if got := snapshot.StatisticsFor(20000); got == nil || len(got.Columns) != 200 || got.Columns[199].Column != 200 {
		t.Errorf("%+v", got)
	}
}

// Counting what a transaction wrote takes no memory.
func TestCountingChanges(t *testing.T) {
	d, _, run := openQuiet(t)
	run("CREATE TABLE t (id int PRIMARY KEY)")
	run("INSERT INTO t VALUES (1), (2), (3)")
	table := d.current.Load().Tables()[0].OID
	if got := d.activity.changes(table); got != 3 {
		t.Fatalf("%d changes", got)
	}
	var done transaction
	done.snapshot = d.current.Load()
	if n := testing.AllocsPerRun(100, func() {
		done.changes = exec.Changes{}
		done.changes.Add(table, bind.Insert, 2)
		done.changes.Add(table, bind.Delete, 1)
		d.noteChanges(&done)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if got := d.activity.changes(table); got != 3+101*3 {
		t.Errorf("%d changes", got)
	}
}

// openQuiet opens a database and a session, and gives what runs statements that must succeed.
func openQuiet(t *testing.T) (*Database, *Session, func(sql string)) {
	t.Helper()
	db, err := txn.OpenMemory(t.Context(), txn.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	d, err := OpenDatabase(t.Context(), db, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	s, err := d.NewSession(t.Context(), Who{User: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	run := func(sql string) {
		t.Helper()
		if err := s.Simple(t.Context(), sql, silent{}); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	run("SELECT 1")
	return d, s, run
}

// silent is a Writer for statements whose answers do not matter. It has no COPY.
type silent struct{ Writer }

func (silent) Columns([]Column, bool, *sqltypes.Format) error { return nil }
func (silent) Row([]sqltypes.Datum) error                     { return nil }
func (silent) Complete(string) error                          { return nil }
func (silent) Notice(*pgerror.Error) error                    { return nil }
