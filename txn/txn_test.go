package txn

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/opendsql/opendsql/journal"
)

func openMemory(t testing.TB, cfg Config) *DB {
	t.Helper()
	db, err := OpenMemory(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func begin(t testing.TB, db *DB) *Txn {
	t.Helper()
	tx, err := db.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tx.Rollback)
	return tx
}

func commit(t testing.TB, tx *Txn) {
	t.Helper()
	if _, err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// walk lists a span as "key=value" words.
func walk(t rapid.TB, tx *Txn, s Span) (out []string) {
	t.Helper()
	it := tx.Scan(s)
	defer it.Close()
	for it.Next() {
		out = append(out, fmt.Sprintf("%s=%s", it.Key(), it.Value()))
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func wantGet(t testing.TB, tx *Txn, key, want string) {
	t.Helper()
	value, ok, err := tx.Get([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	got := "none"
	if ok {
		got = string(value)
	}
	if got != want {
		t.Fatalf("get %s: %s, want %s", key, got, want)
	}
}

func wantWalk(t testing.TB, tx *Txn, s Span, want ...string) {
	t.Helper()
	if got := walk(t, tx, s); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("scan: %v, want %v", got, want)
	}
}

func put(tx *Txn, key, value string) {
	tx.Put([]byte(key), []byte(value))
	tx.Mark([]byte(key), journal.Replace)
}

// A statement does not see its own writes in reads; the next one does; a check for duplicates sees them at once.
func TestStatementsSeeEarlierStatements(t *testing.T) {
	db := openMemory(t, Config{})
	tx := begin(t, db)
	put(tx, "b", "1")
	wantGet(t, tx, "b", "none")
	wantWalk(t, tx, Span{})
	if v, ok, err := tx.GetLatest([]byte("b")); err != nil || !ok || string(v) != "1" {
		t.Fatalf("latest: %s %v %v", v, ok, err)
	}
	tx.EndStatement()
	wantGet(t, tx, "b", "1")
	put(tx, "a", "2")
	tx.Delete([]byte("b"))
	wantWalk(t, tx, Span{}, "b=1")
	tx.AbortStatement()
	tx.EndStatement()
	wantWalk(t, tx, Span{}, "b=1")
	if !tx.Wrote() || tx.Bytes() != 2 {
		t.Fatalf("wrote %v, %d bytes", tx.Wrote(), tx.Bytes())
	}
	commit(t, tx)
	wantWalk(t, begin(t, db), Span{}, "b=1")
}

// An iterator keeps the writes it began with, whatever later statements write.
func TestOpenIteratorIgnoresLaterStatements(t *testing.T) {
	for _, rows := range []int{3, 30} {
		db := openMemory(t, Config{})
		tx := begin(t, db)
		for i := range rows {
			put(tx, fmt.Sprintf("k%02d", i), "old")
		}
		tx.EndStatement()
		it := tx.Scan(Span{})
		for i := range rows {
			put(tx, fmt.Sprintf("k%02d", i), "new")
			put(tx, fmt.Sprintf("k%02dx", i), "more")
		}
		tx.EndStatement()
		n := 0
		for ; it.Next(); n++ {
			if string(it.Value()) != "old" {
				t.Fatalf("saw %s=%s", it.Key(), it.Value())
			}
		}
		if n != rows || it.Close() != nil {
			t.Fatalf("%d rows of %d, %v", n, rows, it.Err())
		}
		tx.Rollback()
	}
}

// The second of two writers of a key is told so, with the key; one that relied on a changed key is told differently.
func TestConflicts(t *testing.T) {
	db := openMemory(t, Config{})
	first, second, reader := begin(t, db), begin(t, db), begin(t, db)
	put(first, "k", "1")
	put(second, "k", "2")
	put(reader, "other", "1")
	reader.Rely([]byte("k"))
	commit(t, first)
	_, err := second.Commit(context.Background())
	var conflict *ConflictError
	if !errors.Is(err, ErrConflict) || errors.Is(err, ErrStaleRead) || !errors.As(err, &conflict) || string(conflict.Key) != "k" {
		t.Fatalf("second writer: %v", err)
	}
	if _, err := reader.Commit(context.Background()); !errors.Is(err, ErrStaleRead) {
		t.Fatalf("relied: %v", err)
	}
	wantWalk(t, begin(t, db), Span{}, "k=1")
}

// What was acknowledged is visible to the next transaction, and a snapshot does not move.
func TestAcknowledgedIsVisible(t *testing.T) {
	db := openMemory(t, Config{})
	old := begin(t, db)
	for i := range 200 {
		tx := begin(t, db)
		if i > 0 {
			wantGet(t, tx, "k", fmt.Sprint(i-1))
		}
		put(tx, "k", fmt.Sprint(i))
		commit(t, tx)
	}
	wantGet(t, old, "k", "none")
}
