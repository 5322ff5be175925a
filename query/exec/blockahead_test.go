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

// A first scan decodes ahead of itself on a second goroutine, and still gives every row once and in order: the transaction's own changes, too. It may be
// given up at any row.
func TestScanAhead(t *testing.T) {
	if procs.GOMAXPROCS(0) < 2 {
		defer procs.GOMAXPROCS(procs.GOMAXPROCS(2))
	}
	const rows, perCommit = 150_000, 30_000
	ctx := context.Background()
	db, err := txn.OpenMemory(ctx, txn.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	int4 := sqltypes.T(sqltypes.Int4OID)
	table := &catalog.Table{StorageID: 7777, Name: "t", Columns: []catalog.Column{{ID: 1, Name: "id", Type: int4}, {ID: 2, Name: "n", Type: int4}},
		Indexes: []*catalog.Index{{Primary: true, Unique: true, Valid: true, Ready: true, Keys: []catalog.IndexKey{{Column: 1}}}}}
	codec := newTableCodec(table)
	begin := func() *txn.Txn {
		tx, err := db.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	put := func(tx *txn.Txn, id, n int) {
		row := []sqltypes.Datum{sqltypes.Int(int64(id)), sqltypes.Int(int64(n))}
		tx.Put(codec.appendKey(nil, row, nil), codec.appendValue(nil, row))
	}
	for from := 0; from < rows; from += perCommit {
		tx := begin()
		for id := from; id < from+perCommit; id++ {
			put(tx, id, id)
		}
		tx.EndStatement()
		if _, err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	tx := begin()
	defer tx.Rollback()
	for id := 0; id < rows; id += 5000 { // not yet committed
		put(tx, id, -1)
	}
	tx.EndStatement()
	open := func(fetch ...int) (*Program, *blockScan) {
		n := &plan.Scan{Access: plan.Access{Table: table, Index: table.Indexes[0]}, Fetch: fetch}
		for _, f := range fetch {
			n.Cols = append(n.Cols, plan.Column{Name: table.Columns[f].Name, Type: int4})
		}
		prog, err := Compile(&plan.Plan{Root: n})
		if err != nil {
			t.Fatal(err)
		}
		modified := 0
		in := Input{Context: ctx, Txn: tx, Modified: &modified}
		Defaults(&in)
		if err := prog.Open(in); err != nil {
			t.Fatal(err)
		}
		return prog, prog.root.(*blockScan)
	}
	read := func(prog *Program, most int) (id int) {
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
				if id%5000 == 0 {
					want = -1
				}
				if got := b.Cols[len(b.Cols)-1].Words[i]; got != want {
					t.Fatalf("row %d: %d", id, got)
				}
				id++
			}
		}
		return id
	}
	// The first layout leaves tiles, at whose bounds the scans of others are divided: in memory there are no files.
	prog, _ := open()
	for {
		if b, err := prog.Next(); err != nil {
			t.Fatal(err)
		} else if b == nil {
			break
		}
	}
	prog.Close()
	prog, scan := open(0, 1)
	if n := read(prog, 40_000); scan.ahead == nil {
		t.Errorf("nothing is decoded ahead after %d rows", n)
	}
	prog.Close()
	prog, scan = open(1)
	if n := read(prog, rows+1); n != rows {
		t.Errorf("%d rows", n)
	}
	if scan.ahead == nil {
		t.Error("nothing is decoded ahead")
	}
	prog.Close()
}
