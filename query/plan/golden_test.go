package plan

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
	"github.com/opendsql/opendsql/txn"
)

var rewriteGolden = flag.Bool("rewrite", false, "write the expected plans anew")

// TestPlans keeps the plans of queries. A file declares its tables first, one a line under the command "tables":
//
//	name rows: column type [notnull]; … / pk columns / unique columns / index columns
//
// and queries after it, under "plan". The short form of a plan is that of EXPLAIN without costs and without the requests to storage.
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/*.test")
	if err != nil || len(files) == 0 {
		t.Fatal("no test files", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) { checkPlans(t, path) })
	}
}

func checkPlans(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	var db *declared
	for i, block := range strings.Split(strings.TrimRight(string(data), "\n"), "\n\n") {
		if i > 0 {
			out.WriteString("\n\n")
		}
		input, want, _ := strings.Cut(block+"\n", "----\n")
		head, body := "", input
		for strings.HasPrefix(body, "#") {
			line, rest, _ := strings.Cut(body, "\n")
			head, body = head+line+"\n", rest
		}
		command, text, _ := strings.Cut(body, "\n")
		var got string
		switch command {
		case "tables":
			db = declare(t, text)
		case "plan":
			got = db.plan(t, strings.TrimSpace(text))
		case "keyed":
			got = db.keyed(t, strings.TrimSpace(text))
		case "":
			out.WriteString(strings.TrimRight(head, "\n"))
			continue
		default:
			t.Fatalf("%s: unknown command %q", path, command)
		}
		if want := strings.TrimRight(want, "\n"); !*rewriteGolden && got != want {
			t.Errorf("%s: %s\ngot:\n%s\nwant:\n%s", path, text, got, want)
		}
		out.WriteString(strings.TrimRight(input+"----\n"+got, "\n"))
	}
	if *rewriteGolden {
		if err := os.WriteFile(path, append(out.Bytes(), '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// declared is a catalog of declared tables with their sizes.
type declared struct {
	snapshot *catalog.Snapshot
	rows     map[string]float64
}

func (d *declared) Rows(t *catalog.Table) (float64, bool) { return d.rows[t.Name], true }

func (d *declared) Bytes(t *catalog.Table) int64 { return int64(d.rows[t.Name]) * 100 }

func (d *declared) Column(*catalog.Table, int16) *ColumnStats { return nil }

func declare(t testing.TB, text string) *declared {
	ctx := context.Background()
	db, err := txn.OpenMemory(ctx, txn.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	tx, err := db.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	e := catalog.Base().Edit(tx)
	d := &declared{rows: map[string]float64{}}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		head, rest, _ := strings.Cut(line, ": ")
		name, count, _ := strings.Cut(head, " ")
		rows, err := strconv.ParseFloat(count, 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		d.rows[name] = rows
		parts := strings.Split(rest, " / ")
		table := &catalog.Table{OID: e.NextOID(), Schema: catalog.PublicOID, Name: name, Kind: catalog.KindTable, Owner: catalog.AdminOID, StorageID: e.NextStorageID()}
		for i, c := range strings.Split(parts[0], "; ") {
			word := strings.Fields(c)
			table.Columns = append(table.Columns, catalog.Column{ID: int16(i + 1), Name: word[0], Type: typeNamed(t, word[1]), NotNull: len(word) > 2})
		}
		table.NextColumnID = int16(len(table.Columns) + 1)
		for _, k := range parts[1:] {
			addIndex(e, table, k)
		}
		e.PutTable(table)
	}
	d.snapshot = e.Snapshot()
	return d
}

func typeNamed(t testing.TB, name string) sqltypes.Type {
	oid, ok := map[string]sqltypes.OID{"int": sqltypes.Int4OID, "bigint": sqltypes.Int8OID, "text": sqltypes.TextOID, "varchar": sqltypes.VarCharOID, "numeric": sqltypes.NumericOID}[name]
	if !ok {
		t.Fatalf("no type %s in plan tests", name)
	}
	return sqltypes.T(oid)
}

func addIndex(e *catalog.Edit, t *catalog.Table, text string) {
	word, columns, _ := strings.Cut(text, " ")
	index := &catalog.Index{OID: e.NextOID(), Unique: word != "index", Valid: true, Ready: true, Primary: word == "pk", StorageID: e.NextStorageID()}
	index.Name = fmt.Sprintf("%s_%s", t.Name, word)
	for _, name := range strings.Split(columns, ", ") {
		column := t.ColumnByName(name)
		column.NotNull = column.NotNull || index.Primary
		index.Keys = append(index.Keys, catalog.IndexKey{Column: column.ID, Type: column.Type})
	}
	t.Indexes = append(t.Indexes, index)
}

// plan gives the plan of a query in the short form, or its error.
func (d *declared) plan(t *testing.T, sql string) string {
	p, err := d.build(t, sql)
	if err != nil {
		return "ERROR " + err.Error()
	}
	return short(p)
}

// keyed gives the keyed forms of a query's sub-plans, each behind the number of runs after which it is made.
func (d *declared) keyed(t *testing.T, sql string) string {
	p, err := d.build(t, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var out []string
	for _, s := range p.Subplans {
		if s.Keyed == nil {
			out = append(out, fmt.Sprintf("SubPlan %d: none", s.Number))
		} else {
			out = append(out, fmt.Sprintf("SubPlan %d after %d", s.Number, s.Keyed.After), short(&Plan{Root: s.Keyed.Plan}))
		}
	}
	return strings.Join(out, "\n")
}

func (d *declared) build(t *testing.T, sql string) (*Plan, error) {
	stmts, err := parse.Parse(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	bound, err := bind.Bind(stmts[0].Stmt, bind.Options{Snapshot: d.snapshot, SearchPath: []string{"public"}, SQL: sql})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return Build(bound.Query, Options{Snapshot: d.snapshot, Stats: d, Session: &expr.Session{}})
}

// short is EXPLAIN without costs and without the requests to storage.
func short(p *Plan) string {
	var lines []string
	request := false // the line before is a request's
	for _, line := range Explain(p, ExplainOptions{}) {
		word := strings.TrimSpace(line)
		of := request && strings.HasPrefix(word, "Index Cond:")
		request = strings.HasPrefix(word, "-> B-Tree")
		switch {
		case of, request, strings.HasPrefix(word, "-> Storage"), strings.HasPrefix(word, "Projections:"), strings.HasPrefix(word, "Limit:"):
		default:
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
