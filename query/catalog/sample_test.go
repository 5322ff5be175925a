package catalog

import (
	"context"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/txn"
)

func openDB(t testing.TB) *txn.DB {
	t.Helper()
	db, err := txn.OpenMemory(context.Background(), txn.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	commitWith(t, db, func(tx *txn.Txn) {
		if err := Bootstrap(context.Background(), tx); err != nil {
			t.Fatal(err)
		}
	})
	return db
}

// commitWith runs a transaction that must commit.
func commitWith(t testing.TB, db *txn.DB, do func(*txn.Txn)) {
	t.Helper()
	tx, err := db.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	do(tx)
	tx.EndStatement()
	if _, err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func load(t testing.TB, db *txn.DB) *Snapshot {
	t.Helper()
	var s *Snapshot
	commitWith(t, db, func(tx *txn.Txn) {
		var err error
		if s, err = Load(context.Background(), tx); err != nil {
			t.Fatal(err)
		}
	})
	return s
}

// edit runs one DDL.
func edit(t testing.TB, db *txn.DB, do func(*Edit)) *Snapshot {
	t.Helper()
	var s *Snapshot
	commitWith(t, db, func(tx *txn.Txn) {
		before, err := Load(context.Background(), tx)
		if err != nil {
			t.Fatal(err)
		}
		e := before.Edit(tx)
		do(e)
		if s, err = e.Finish(); err != nil {
			t.Fatal(err)
		}
	})
	return s
}

// sampleSnapshot is a cluster with something of every kind in it.
func sampleSnapshot(t testing.TB) *Snapshot {
	t.Helper()
	return load(t, sampleDB(t))
}

func sampleDB(t testing.TB) *txn.DB {
	db := openDB(t)
	edit(t, db, func(e *Edit) { makeSample(e) })
	return db
}

func makeSample(e *Edit) {
	app := &Schema{OID: e.NextOID(), Name: "app", Owner: AdminOID}
	e.PutSchema(app)
	reader := &Role{OID: e.NextOID(), Name: "reader", Inherit: true, Login: true, ConnLimit: -1}
	e.PutRole(reader)
	e.PutMembership(&Membership{OID: e.NextOID(), Role: reader.OID, Member: AdminOID, Grantor: AdminOID, Admin: true, Inherit: true, Set: true})
	e.PutMapping(&IAMMapping{OID: e.NextOID(), ARN: "arn:aws:iam::012345678912:role/example", Role: reader.OID, Grantor: AdminOID})
	parent := sampleParent(e, reader.OID)
	child := sampleChild(e, parent, app.OID)
	positive := e.Snapshot().DomainOver(sqltypes.Int4OID, -1)
	positive.OID, positive.Name, positive.Namespace, positive.Owner = e.NextOID(), "positive", PublicOID, AdminOID
	positive.Checks = []*Constraint{{OID: e.NextOID(), Name: "positive_check", Kind: 'c', Expr: "(VALUE > 0)", Validated: true}}
	e.PutDomain(positive)
	e.PutTable(&Table{OID: e.NextOID(), Schema: PublicOID, Name: "v", Kind: KindView, Owner: AdminOID, NextColumnID: 2, Updatable: true,
		Columns:   []Column{{ID: 1, Name: "id", Type: sqltypes.T(sqltypes.Int8OID)}},
		View:      " SELECT id\n   FROM p",
		DependsOn: []Dependency{{Class: ClassRelation, Object: parent.OID, Column: 1}}})
	e.PutProc(&Proc{OID: e.NextOID(), Name: "f2", Namespace: PublicOID, Owner: AdminOID, Language: sqlLanguage, Cost: 100, Kind: 'f', Volatile: 'i',
		Strict: true, Parallel: 'u', ReturnType: sqltypes.TextOID, ArgTypes: []OID{sqltypes.Int4OID, sqltypes.TextOID, sqltypes.Int4ArrayOID},
		AllArgTypes: []OID{sqltypes.Int4OID, sqltypes.TextOID, sqltypes.Int4ArrayOID}, ArgModes: "ibv", ArgNames: []string{"a", "b", "c"},
		Variadic: sqltypes.Int4OID, Defaults: 2, DefaultExprs: []string{"'q'::text", "'{}'::integer[]"}, Source: "select b"})
	e.PutExtendedStatistics(&ExtendedStatistics{OID: e.NextOID(), Name: "stx", Schema: PublicOID, Owner: AdminOID, Table: child.OID,
		Columns: []int16{1, 2}, Kinds: "dm", Target: -1})
	e.PutDefaultPrivileges(&DefaultPrivileges{OID: e.NextOID(), Role: AdminOID, Schema: app.OID, Kind: 'r',
		ACL: ACL{{Grantee: reader.OID, Grantor: AdminOID, Privileges: PrivSelect}}})
	e.SetComment(Comment{Object: parent.OID, Class: ClassRelation}, "a table")
	e.SetComment(Comment{Object: parent.OID, Class: ClassRelation, Ordinal: 2}, "a column")
	e.SetComment(Comment{Object: reader.OID, Class: ClassAuthID}, "a role")
}

func sampleParent(e *Edit, reader OID) *Table {
	table, sequence, key, unique := e.NextOID(), e.NextOID(), e.NextOID(), e.NextOID()
	keyConstraint, uniqueConstraint := e.NextOID(), e.NextOID()
	storage := e.NextStorageID()
	parent := &Table{
		OID: table, Schema: PublicOID, Name: "p", Kind: KindTable, Owner: AdminOID, StorageID: storage, NextColumnID: 7,
		Columns: []Column{
			{ID: 1, Name: "id", Type: sqltypes.T(sqltypes.Int8OID), NotNull: true},
			{ID: 2, Name: "a", Type: sqltypes.T(sqltypes.TextOID), NotNull: true, HasDefault: true, Default: "'x'::text"},
			{ID: 3, Name: "gone", Type: sqltypes.T(sqltypes.TextOID), Dropped: true},
			{ID: 4, Name: "b", Type: sqltypes.Type{OID: sqltypes.NumericOID, Mod: 10<<16 | 2 + 4}, ACL: ACL{{Grantee: reader, Grantor: AdminOID, Privileges: PrivUpdate}}},
			{ID: 5, Name: "g", Type: sqltypes.T(sqltypes.Int4OID), Generated: "(1 + 1)"},
			{ID: 6, Name: "Odd name", Type: sqltypes.T(sqltypes.Int8OID), NotNull: true, Identity: 'a', Sequence: sequence},
		},
		Indexes: []*Index{
			{OID: key, Name: "p_pkey", StorageID: storage, Unique: true, Primary: true, Valid: true, Ready: true,
				Keys: []IndexKey{{Column: 1, Type: sqltypes.T(sqltypes.Int8OID)}}, ConstraintOID: keyConstraint},
			{OID: unique, Name: "p_a_key", StorageID: e.NextStorageID(), Unique: true, Valid: true, Ready: true,
				Keys: []IndexKey{{Column: 2, Type: sqltypes.T(sqltypes.TextOID)}}, Include: []int16{4}, ConstraintOID: uniqueConstraint},
			{OID: e.NextOID(), Name: "p_expr_idx", StorageID: e.NextStorageID(), Ready: true, Predicate: "(id > 1)", Keys: []IndexKey{
				{Expr: "(id + 1)", Name: "expr", Type: sqltypes.T(sqltypes.Int8OID)}, {Expr: "lower(a)", Name: "lower", Type: sqltypes.T(sqltypes.TextOID), NullsFirst: true}}},
		},
		Constraints: []*Constraint{
			{OID: keyConstraint, Name: "p_pkey", Kind: 'p', Columns: []int16{1}, Index: key, Validated: true},
			{OID: uniqueConstraint, Name: "p_a_key", Kind: 'u', Columns: []int16{2}, Index: unique, Validated: true},
			{OID: e.NextOID(), Name: "p_b_check", Kind: 'c', Columns: []int16{4}, Expr: "(b > (0)::numeric)"},
		},
		ACL: ACL{{Grantee: AdminOID, Grantor: AdminOID, Privileges: allTablePrivileges},
			{Grantee: reader, Grantor: AdminOID, Privileges: PrivSelect, GrantOption: PrivSelect}},
	}
	e.PutTable(parent)
	e.PutTable(&Table{OID: sequence, Schema: PublicOID, Name: "p_Odd name_seq", Kind: KindSequence, Owner: AdminOID, StorageID: e.NextStorageID(),
		Columns: SequenceColumns(), NextColumnID: 4,
		Sequence: &Sequence{Start: 1, Increment: 1, Min: 1, Max: 1<<63 - 1, Cache: 1, OwnerTable: table, OwnerColumn: 6, Identity: true}})
	return parent
}

func sampleChild(e *Edit, parent *Table, schema OID) *Table {
	key, keyConstraint, storage := e.NextOID(), e.NextOID(), e.NextStorageID()
	child := &Table{
		OID: e.NextOID(), Schema: schema, Name: "child", Kind: KindTable, Owner: AdminOID, StorageID: storage, NextColumnID: 4,
		Columns: []Column{
			{ID: 1, Name: "id", Type: sqltypes.T(sqltypes.UUIDOID), NotNull: true, HasDefault: true, Default: "gen_random_uuid()"},
			{ID: 2, Name: "pid", Type: sqltypes.T(sqltypes.Int8OID)},
			{ID: 3, Name: "at", Type: sqltypes.Type{OID: sqltypes.TimestampTZOID, Mod: 3}},
		},
		Indexes: []*Index{{OID: key, Name: "child_pkey", StorageID: storage, Unique: true, Primary: true, Valid: true, Ready: true,
			Keys: []IndexKey{{Column: 1, Type: sqltypes.T(sqltypes.UUIDOID)}}, ConstraintOID: keyConstraint}},
		Constraints: []*Constraint{
			{OID: keyConstraint, Name: "child_pkey", Kind: 'p', Columns: []int16{1}, Index: key, Validated: true},
			{OID: e.NextOID(), Name: "child_pid_fkey", Kind: 'f', Columns: []int16{2}, Index: parent.Indexes[0].OID, Validated: true,
				RefTable: parent.OID, RefColumns: []int16{1}, OnDelete: 'c', Match: 's', Deferrable: true, Deferred: true},
		},
	}
	e.PutTable(child)
	return child
}
