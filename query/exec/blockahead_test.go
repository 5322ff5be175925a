package exec

import (
	"context"
	procs "runtime"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/plan"
	"github.com/opendsql/opendsql/txn"
)

// aheadRows is how many rows the table of TestScanAhead has; every aheadOwn-th is changed by the transaction that scans.
const (
	aheadRows = 150_000
	aheadOwn  = 5000
)

// aheadTable makes a table of ids that repeat in a second and a third column, and a transaction that has set some of these to -1.
func aheadTable(t *testing.T) (*catalog.Table, *txn.Txn) {
	ctx := context.Background()
	db, err := txn.OpenMemory(ctx, txn.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	int4 := sqltypes.T(sqltypes.Int4OID)
	table := &catalog.Table{StorageID: 7777, Name: "t", Columns: []catalog.Column{{ID: 1, Name: "id", Type: int4}, {ID: 2, Name: "n", Type: int4}, {ID: 3, Name: "m", Type: int4}},
		Indexes: []*catalog.Index{{Primary: true, Unique: true, Valid: true, Ready: true, Keys: []catalog.IndexKey{{Column: 1}}}}}
	codec := newTableCodec(table)
	put := func(tx *txn.Txn, id, n int) {
		row := []sqltypes.Datum{sqltypes.Int(int64(id)), sqltypes.Int(int64(n)), sqltypes.Int(int64(n))}
		tx.Put(codec.appendKey(nil, row, nil), codec.appendValue(nil, row))
	}
	const perCommit = 30_000
	for from := 0; ; from += perCommit {
		tx, err := db.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if from >= aheadRows {
			t.Cleanup(tx.Rollback)
			for id := 0; id < aheadRows; id += aheadOwn {
				put(tx, id, -1)
			}
			tx.EndStatement()
			return table, tx
		}
		for id := from; id < from+perCommit; id++ {
			put(tx, id, id)
		}
		tx.EndStatement()
		if _, err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// openScan begins to read columns of a table.
func openScan(t *testing.T, table *catalog.Table, tx *txn.Txn, fetch ...int) (*Program, *blockScan) {
	n := &plan.Scan{Access: plan.Access{Table: table, Index: table.Indexes[0]}, Fetch: fetch}
	for _, f := range fetch {
		n.Cols = append(n.Cols, plan.Column{Name: table.Columns[f].Name, Type: table.Columns[f].Type})
	}
	prog, err := Compile(&plan.Plan{Root: n})
	if err != nil {
		t.Fatal(err)
	}
	modified := 0
	in := Input{Context: context.Background(), Txn: tx, Modified: &modified}
	Defaults(&in)
	if err := prog.Open(in); err != nil {
		t.Fatal(err)
	}
	return prog, prog.root.(*blockScan)
}

// readIDs reads rows up to a number and checks the last column of each.
func readIDs(t *testing.T, prog *Program, most int) (id int) {
	for id < most {
		b, err := prog.Next()
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			break
		}
		for i := range b.N {
			want := int64(id)
			if id%aheadOwn == 0 {
				want = -1
			}
			if len(b.Cols) > 0 && b.Cols[len(b.Cols)-1].Words[i] != want {
				t.Fatalf("row %d: %d", id, b.Cols[len(b.Cols)-1].Words[i])
			}
			id++
		}
	}
	return id
}

// A first scan decodes ahead of itself on a second goroutine, and still gives every row once and in order: the transaction's own changes, too. It may be
// given up at any row.
func TestScanAhead(t *testing.T) {
	if procs.GOMAXPROCS(0) < 2 {
		defer procs.GOMAXPROCS(procs.GOMAXPROCS(2))
	}
	table, tx := aheadTable(t)
	// The first scan leaves tiles, at whose bounds the scans of others are divided: in memory there are no files.
	prog, _ := openScan(t, table, tx)
	readIDs(t, prog, aheadRows+1)
	prog.Close()
	prog, scan := openScan(t, table, tx, 0, 1)
	if n := readIDs(t, prog, 40_000); scan.ahead == nil {
		t.Errorf("nothing is decoded ahead after %d rows", n)
	}
	prog.Close()
	prog, scan = openScan(t, table, tx, 2)
	if n := readIDs(t, prog, aheadRows+1); n != aheadRows {
		t.Errorf("%d rows", n)
	}
	if scan.ahead == nil {
		t.Error("nothing is decoded ahead")
	}
	prog.Close()
}
