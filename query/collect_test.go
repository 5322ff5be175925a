package query_test

import (
	"context"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/sqltest"
	"github.com/opendsql/opendsql/query"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/txn"
)

// What a dropped table leaves behind is removed, and the next table of that name starts empty.
func TestDroppedTablesAreRemoved(t *testing.T) {
	ctx := context.Background()
	db, err := txn.OpenMemory(ctx, txn.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d, err := query.OpenDatabase(ctx, db, query.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s, err := d.NewSession(ctx, query.Who{User: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, sql := range []string{
		"CREATE TABLE t (a int PRIMARY KEY, b text UNIQUE)", "INSERT INTO t SELECT g, 'x' || g FROM generate_series(1, 2999) g", "DROP TABLE t",
		"CREATE TABLE t (a int PRIMARY KEY, b text UNIQUE)",
	} {
		if err := s.Simple(ctx, sql, &sqltest.Recorder{}); err != nil {
			t.Fatal(sql, err)
		}
	}
	deadline := time.Now().Add(30 * time.Second)
	for left := -1; left != 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d keys are left", left)
		}
		left = keysLeft(ctx, t, db)
	}
}

// keysLeft counts the keys of tables and the notes about dropped ones.
func keysLeft(ctx context.Context, t *testing.T, db *txn.DB) int {
	x, err := db.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Rollback()
	ids, err := catalog.Garbage(x)
	if err != nil {
		t.Fatal(err)
	}
	n := len(ids)
	it := x.Scan(txn.Span{Start: []byte{catalog.KeyTable}, End: []byte{catalog.KeyTable + 1}})
	defer it.Close()
	for it.Next() {
		n++
	}
	return n
}
