package catalog

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/txn"
)

// withFunctions is a cluster in which the schemas one and two have these functions: "schema.name(types) defaults variadic".
func withFunctions(functions ...Proc) *Snapshot {
	s := newSnapshot()
	maps.Copy(s.schemas, Base().schemas)
	maps.Copy(s.schemaNames, Base().schemaNames)
	s.addSchema(&Schema{OID: 20001, Name: "one"})
	s.addSchema(&Schema{OID: 20002, Name: "two"})
	for i := range functions {
		p := functions[i]
		p.OID, p.Kind, p.ReturnType = OID(30000+i), 'f', sqltypes.TextOID
		s.add(&p)
	}
	return s
}

// Rules that only functions of users meet; PostgreSQL 16 answers the same.
func TestChoiceAmongOverloads(t *testing.T) {
	int4, int8, int2, text := sqltypes.Int4OID, sqltypes.Int8OID, sqltypes.Int2OID, sqltypes.TextOID
	array := sqltypes.Int4ArrayOID
	list := func(o ...OID) []OID { return o }
	s := withFunctions(
		Proc{Name: "va", Namespace: 20001, ArgTypes: list(int4, array), Variadic: int4},                                       // 0
		Proc{Name: "va", Namespace: 20001, ArgTypes: list(array), Variadic: int4},                                             // 1
		Proc{Name: "va2", Namespace: 20001, ArgTypes: list(int4, int4)},                                                       // 2
		Proc{Name: "va2", Namespace: 20001, ArgTypes: list(array), Variadic: int4},                                            // 3
		Proc{Name: "de", Namespace: 20001, ArgTypes: list(int4)},                                                              // 4
		Proc{Name: "de", Namespace: 20001, ArgTypes: list(int4, int4), Defaults: 1},                                           // 5
		Proc{Name: "de", Namespace: 20002, ArgTypes: list(int4)},                                                              // 6
		Proc{Name: "de2", Namespace: 20001, ArgTypes: list(int4, text), Defaults: 1},                                          // 7
		Proc{Name: "de2", Namespace: 20001, ArgTypes: list(int8)},                                                             // 8
		Proc{Name: "de3", Namespace: 20001, ArgTypes: list(int4, array), Defaults: 1, Variadic: int4},                         // 9
		Proc{Name: "de4", Namespace: 20001, ArgTypes: list(int4, int4, text), Defaults: 3, ArgNames: []string{"a", "b", "c"}}, // 10
		Proc{Name: "de5", Namespace: 20001, ArgTypes: list(text)},                                                             // 11
		Proc{Name: "de5", Namespace: 20001, ArgTypes: list(sqltypes.AnyElementOID)},                                           // 12
	)
	for _, c := range []struct {
		path string
		call Call
		want int // number of the function, or -1 for 42725, -2 for 42883
	}{
		{"one", Call{Name: []string{"va"}, Args: list(int4, int4)}, -1},
		{"one", Call{Name: []string{"va"}, Args: list(int4)}, 1},
		{"one", Call{Name: []string{"va"}, Args: list(array), Variadic: true}, 1},
		{"one", Call{Name: []string{"va"}, Args: list(int4, array), Variadic: true}, 0},
		{"one", Call{Name: []string{"va2"}, Args: list(int4, int4)}, 2},
		{"one", Call{Name: []string{"va2"}, Args: list(int4)}, 3},
		{"one", Call{Name: []string{"de"}, Args: list(int4)}, -1},
		{"two,one", Call{Name: []string{"de"}, Args: list(int4)}, 6},
		{"one,two", Call{Name: []string{"de"}, Args: list(int4)}, -1},
		{"one", Call{Name: []string{"two", "de"}, Args: list(int4)}, 6},
		{"one", Call{Name: []string{"de2"}, Args: list(int4)}, 7},
		{"one", Call{Name: []string{"de2"}, Args: list(int2)}, -1},
		{"one", Call{Name: []string{"de3"}, Args: list(int4)}, 9},
		{"one", Call{Name: []string{"de3"}, Args: list(int4, int4)}, 9},
		{"one", Call{Name: []string{"de4"}, Args: list(sqltypes.UnknownOID, int4), ArgNames: []string{"c", "a"}}, 10},
		{"one", Call{Name: []string{"de4"}, Args: list(int4, int4), ArgNames: []string{"a"}}, -2},
		{"one", Call{Name: []string{"de5"}, Args: list(sqltypes.UnknownOID)}, 11},
		{"one", Call{Name: []string{"de5"}, Args: list(int4)}, 12},
		{"one", Call{Name: []string{"de5"}, Args: list(sqltypes.VarCharOID)}, 11},
		{"one", Call{Name: []string{"de5"}, Args: list(sqltypes.NameOID)}, 11},
		{"public", Call{Name: []string{"de5"}, Args: list(int4)}, -2},
	} {
		scope := s.Scope(s.SearchPath(strings.Split(c.path, ","), "admin"))
		got, err := scope.ResolveFunction(c.call)
		switch {
		case err != nil && c.want >= 0, err == nil && c.want < 0:
			t.Errorf("path %s: %v: %v %v", c.path, c.call, got.Proc, err)
		case err != nil:
			if want := map[int]string{-1: "42725", -2: "42883"}[c.want]; code(err) != want {
				t.Errorf("path %s: %v: %v", c.path, c.call, err)
			}
		case got.OID != OID(30000+c.want):
			t.Errorf("path %s: %v: function %d, want %d", c.path, c.call, got.OID-30000, c.want)
		}
	}
}

// What a DDL leaves in its transaction is what the next transaction loads.
func TestEditThenLoad(t *testing.T) {
	db := openDB(t)
	empty := load(t, db)
	if empty.Version != 1 || len(empty.Tables()) != 0 {
		t.Fatalf("new cluster: version %d, %d tables", empty.Version, len(empty.Tables()))
	}
	edited := edit(t, db, makeSample)
	loaded := load(t, db)
	if edited.Version != 2 || loaded.Version != 2 {
		t.Fatalf("versions %d and %d", edited.Version, loaded.Version)
	}
	if a, b := dump(edited), dump(loaded); a != b {
		t.Errorf("after the edit\n%s\nloaded\n%s", a, b)
	}
	scope := loaded.Scope(loaded.SearchPath([]string{"public"}, "admin"))
	p, _, err := scope.ResolveTable("", "p")
	if err != nil || p.RowArrayName != "_p" || loaded.Type(p.RowArray).Elem != p.RowType || loaded.Type(p.RowType).Relation != p.OID {
		t.Fatalf("table p: %+v, %v", p, err)
	}
	after := edit(t, db, func(e *Edit) { e.DropTable(p.OID) })
	if after.Table(p.OID) != nil || after.CommentOn(Comment{Object: p.OID, Class: ClassRelation}) != "" || len(after.Tables()) != len(loaded.Tables())-1 {
		t.Error("the dropped table or its comment is still there")
	}
	if again := load(t, db); dump(again) != dump(after) || again.Version != 3 {
		t.Error("the drop was not stored")
	}
	if loaded.Table(p.OID) == nil {
		t.Error("an old snapshot changed")
	}
	child, _, _ := baseScopeOf(after).ResolveTable("app", "child")
	renamed := edit(t, db, func(e *Edit) {
		c := child.Clone()
		c.Name, c.Columns[0].Name, c.Indexes[0].Name = "kid", "key", "kid_pkey"
		e.PutTable(c)
	})
	kid := renamed.Table(child.OID)
	if kid.Name != "kid" || kid.RowArrayName != "_kid" || renamed.FindRelationIn(child.Schema, "child_pkey") != 0 || renamed.FindRelationIn(child.Schema, "kid_pkey") == 0 {
		t.Errorf("renamed table: %+v", kid)
	}
	if child.Name != "child" || child.Columns[0].Name != "id" || child.Indexes[0].Name != "child_pkey" {
		t.Error("the clone shares memory")
	}
}

// dump writes everything of users' in a snapshot.
func dump(s *Snapshot) string {
	var b strings.Builder
	for _, key := range sortedKeys(s.entries) {
		b.WriteString(key[1:2] + " ")
		b.Write(encodeValue(s.entries[key].version, s.entries[key].object)[valueHead:])
		b.WriteByte('\n')
	}
	return b.String()
}

func TestReloadKeepsWhatHasNotChanged(t *testing.T) {
	db := sampleDB(t)
	before := load(t, db)
	edit(t, db, func(e *Edit) { e.PutRole(&Role{OID: e.NextOID(), Name: "other"}) })
	commitWith(t, db, func(tx *txn.Txn) {
		after, err := Reload(context.Background(), tx, before)
		if err != nil {
			t.Fatal(err)
		}
		if after.RoleByName("other") == nil {
			t.Error("the new role is missing")
		}
		for _, table := range before.Tables() {
			if after.Table(table.OID) != table {
				t.Errorf("%s was read again", table.Name)
			}
		}
	})
}

// Of two DDLs at the same time one commits; so does a transaction that only relied on the catalog lose to a DDL.
func TestDDLConflicts(t *testing.T) {
	ctx := context.Background()
	db := openDB(t)
	begin := func() *txn.Txn {
		tx, err := db.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tx.Rollback)
		return tx
	}
	first, second, reader := begin(), begin(), begin()
	for i, tx := range []*txn.Txn{first, second} {
		s, err := Load(ctx, tx)
		if err != nil {
			t.Fatal(err)
		}
		e := s.Edit(tx)
		e.PutRole(&Role{OID: e.NextOID(), Name: []string{"a", "b"}[i]})
		if _, err := e.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	reader.Rely(VersionKey())
	reader.Put(TablePrefix(1), []byte("row"))
	if _, err := first.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Commit(ctx); !errors.Is(err, txn.ErrStaleRead) {
		t.Errorf("second DDL: %v", err)
	}
	if _, err := reader.Commit(ctx); !errors.Is(err, txn.ErrStaleRead) {
		t.Errorf("writer that relied on the old catalog: %v", err)
	}
}

func TestStatisticsAndJobsAreData(t *testing.T) {
	db := sampleDB(t)
	before := load(t, db)
	p, _, _ := baseScopeOf(before).ResolveTable("", "p")
	id := JobID{1, 2, 3}
	commitWith(t, db, func(tx *txn.Txn) {
		PutStatistics(tx, &Statistics{Table: p.OID, Rows: 42, Pages: 3, Columns: []ColumnStatistics{{Column: 2, Common: []string{"x"}, CommonParts: []float32{0.5}}}}, 1)
		PutJob(tx, &Job{ID: id, Status: "submitted", Type: "INDEX_BUILD", Class: ClassRelation, Object: p.Indexes[1].OID})
	})
	after := load(t, db)
	if after.Version != before.Version {
		t.Error("statistics made a new catalog version")
	}
	columns, rows := relationRows(t, after, "pg_catalog", "pg_class")
	for _, r := range rows {
		if r[columns["relname"]].Str() == "p" && r[columns["reltuples"]].Float() != 42 {
			t.Errorf("reltuples %v", r[columns["reltuples"]].Float())
		}
	}
	if _, rows := relationRows(t, after, "pg_catalog", "pg_stats"); len(rows) != 1 {
		t.Errorf("%d rows in pg_stats", len(rows))
	}
	commitWith(t, db, func(tx *txn.Txn) {
		jobs, err := Jobs(tx)
		if err != nil || len(jobs) != 1 || jobs[0].ID.String() != "aebagaaaaaaaaaaaaaaaaaaaaa" {
			t.Errorf("jobs %v, %v", jobs, err)
		}
		DropJob(tx, id)
	})
	commitWith(t, db, func(tx *txn.Txn) {
		if j, err := GetJob(tx, id); j != nil || err != nil {
			t.Errorf("dropped job: %v, %v", j, err)
		}
	})
}

// A catalog at its limit of tables, loaded whole and after one change.
func BenchmarkLoad(b *testing.B) {
	ctx := context.Background()
	db := openDB(b)
	s := edit(b, db, func(e *Edit) {
		for i := range 1000 {
			t := &Table{OID: e.NextOID(), Schema: PublicOID, Name: "t" + itoa(OID(i)), Kind: KindTable, Owner: AdminOID, StorageID: e.NextStorageID(),
				RowType: e.NextOID(), RowArray: e.NextOID()}
			for c := range 20 {
				t.Columns = append(t.Columns, Column{ID: int16(c + 1), Name: "column" + itoa(OID(c)), Type: sqltypes.T(sqltypes.TextOID)})
			}
			t.RowArrayName = "_" + t.Name
			e.put(objectKey(kindTable, t.OID), t)
		}
	})
	tx, err := db.Begin(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	older := *s
	older.Version--
	for name, from := range map[string]*Snapshot{"whole": nil, "again": &older} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Reload(ctx, tx, from); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func baseScopeOf(s *Snapshot) Scope { return s.Scope(s.SearchPath([]string{"public"}, "admin")) }

func FuzzDecodeValue(f *testing.F) {
	f.Add(kindTable, encodeValue(7, &Table{OID: 1, Name: "t", Columns: []Column{{ID: 1, Name: "a"}}}))
	f.Add(kindRole, []byte{formatJSON, 0, 0, 0, 0, 0, 0, 0, 1, '{', '}'})
	f.Add(byte('?'), []byte{})
	f.Fuzz(func(t *testing.T, kind byte, value []byte) {
		object, version, err := decodeValue(kind, value)
		if err != nil {
			return
		}
		again, _, err := decodeValue(kind, encodeValue(version, object))
		if err != nil || string(encodeValue(version, again)) != string(encodeValue(version, object)) {
			t.Fatalf("%c %q: %v", kind, value, err)
		}
	})
}

func FuzzParseReg(f *testing.F) {
	for _, text := range []string{"p", `public."Odd"`, "lower(text)", "+(int4,none)", "timestamp(3) with time zone[]", "-", "12", `"`, "a.b.c.d", "(", "numeric(10,2)"} {
		f.Add(text)
	}
	s := baseScope()
	f.Fuzz(func(t *testing.T, text string) {
		for _, typ := range []OID{sqltypes.RegClassOID, sqltypes.RegTypeOID, sqltypes.RegProcOID, sqltypes.RegProcedureOID, sqltypes.RegOperOID,
			sqltypes.RegOperatorOID, sqltypes.RegNamespaceOID, sqltypes.RegRoleOID, sqltypes.RegCollationOID} {
			oid, err := s.ParseReg(typ, text, nil)
			if err != nil || oid == 0 {
				continue
			}
			if again, err := s.ParseReg(typ, s.RegText(typ, oid), nil); err != nil && typ != sqltypes.RegOperOID && typ != sqltypes.RegProcOID || err == nil && again != oid {
				t.Fatalf("%q is %d, written %q, which is %d, %v", text, oid, s.RegText(typ, oid), again, err)
			}
		}
		ParseSearchPath(text)
	})
}
