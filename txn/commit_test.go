package txn

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/adjudicator"
	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/storage"
)

// movedClock tells the machine's time plus what it was moved by.
type movedClock struct{ by atomic.Int64 }

func (c *movedClock) Now() clock.Time { return clock.Now() + clock.Time(c.by.Load()) }

func (c *movedClock) move(d time.Duration) { c.by.Add(int64(d)) }

// A transaction older than the age limit does not commit, whether it wrote or only read; one just begun does, also when the
// newest commit is old.
func TestAgeLimit(t *testing.T) {
	c := &movedClock{}
	db := openMemory(t, Config{Clock: c, AgeLimit: time.Minute})
	first := begin(t, db)
	put(first, "k", "1")
	commit(t, first)
	writer, reader := begin(t, db), begin(t, db)
	put(writer, "k", "2")
	c.move(2 * time.Minute)
	for _, tx := range []*Txn{writer, reader} {
		if _, err := tx.Commit(context.Background()); !errors.Is(err, ErrTooOld) {
			t.Errorf("commit: %v", err)
		}
	}
	tx := begin(t, db)
	wantGet(t, tx, "k", "1")
	put(tx, "k", "3")
	commit(t, tx)
}

// An outcome that is not known is neither a conflict nor a success, and the next owner of the journal tells the truth.
func TestUnknownOutcome(t *testing.T) {
	j := journal.NewMemory()
	defer j.Close()
	a := adjudicator.New(adjudicator.Config{Journal: j, WaitMax: time.Millisecond})
	if err := a.Own(context.Background()); err != nil {
		t.Fatal(err)
	}
	db, err := Open(context.Background(), Config{
		Dir: "store", Storage: storage.Options{FS: vfs.NewMem()}, Journals: []journal.Journal{j}, Adjudicator: a,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	j.Inject(func([]journal.Commit) journal.Fault { return journal.FailRecorded })
	tx := begin(t, db)
	put(tx, "k", "1")
	if _, err := tx.Commit(context.Background()); !errors.Is(err, ErrUnknownOutcome) || errors.Is(err, ErrConflict) {
		t.Fatalf("commit: %v", err)
	}
	j.Inject(nil)
	if err := a.Own(context.Background()); err != nil {
		t.Fatal(err)
	}
	next := begin(t, db)
	put(next, "other", "1")
	commit(t, next)
	wantWalk(t, begin(t, db), Span{}, "k=1", "other=1")
}

// Without an adjudicator the database can be read only.
func TestReadOnly(t *testing.T) {
	j := journal.NewMemory()
	defer j.Close()
	db, err := Open(context.Background(), Config{
		Dir: "store", Storage: storage.Options{FS: vfs.NewMem()}, Journals: []journal.Journal{j},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx := begin(t, db)
	wantGet(t, tx, "k", "none")
	put(tx, "k", "1")
	if _, err := tx.Commit(context.Background()); !errors.Is(err, ErrReadOnly) {
		t.Fatalf("commit: %v", err)
	}
}

// BeginAt reads the past as it was, and the present as soon as it cannot change any more; the future is refused.
func TestBeginAt(t *testing.T) {
	db := openMemory(t, Config{})
	var times [3]clock.Time
	for i, value := range []string{"1", "2", "3"} {
		tx := begin(t, db)
		put(tx, "k", value)
		at, err := tx.Commit(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		times[i] = at
	}
	at := func(at clock.Time) *Txn {
		t.Helper()
		tx, err := db.BeginAt(context.Background(), at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tx.Rollback)
		return tx
	}
	wantGet(t, at(times[0]), "k", "1")
	wantGet(t, at(times[1]-1), "k", "1")
	wantGet(t, at(times[1]), "k", "2")
	now := clock.Now()
	present := at(now)
	wantGet(t, present, "k", "3")
	tx := begin(t, db)
	put(tx, "k", "4")
	if newer, err := tx.Commit(context.Background()); err != nil || newer <= now {
		t.Fatalf("committed at %d, the snapshot is of %d: %v", newer, now, err)
	}
	wantGet(t, present, "k", "3")
	if _, err := db.BeginAt(context.Background(), clock.Now()+clock.Time(time.Hour)); err == nil {
		t.Error("the future was served")
	}
}

// After a restart everything acknowledged is there, from the storage's files and the journal together.
func TestRestart(t *testing.T) {
	j := journal.NewMemory()
	defer j.Close()
	fs := vfs.NewCrashableMem()
	var written []string
	for range 4 {
		a := adjudicator.New(adjudicator.Config{Journal: j})
		if err := a.Own(context.Background()); err != nil {
			t.Fatal(err)
		}
		db, err := Open(context.Background(), Config{Dir: "store", Storage: storage.Options{FS: fs}, Journals: []journal.Journal{j}, Adjudicator: a})
		if err != nil {
			t.Fatal(err)
		}
		tx := begin(t, db)
		wantWalk(t, tx, Span{}, written...)
		key := string(rune('a' + len(written)))
		put(tx, key, "1")
		commit(t, tx)
		written = append(written, key+"=1")
		crashed := fs.CrashClone(vfs.CrashCloneCfg{})
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if len(written)%2 == 1 {
			fs = crashed
		}
	}
}

// The journal forgets what the storage made durable, as far as the adjudicator agrees, and the database opens from the rest.
func TestTrim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := journal.NewMemory()
		defer j.Close()
		fs := vfs.NewMem()
		reopen := func() *DB {
			a := adjudicator.New(adjudicator.Config{Journal: j})
			if err := a.Own(context.Background()); err != nil {
				t.Fatal(err)
			}
			db, err := Open(context.Background(), Config{Dir: "store", Storage: storage.Options{FS: fs}, Journals: []journal.Journal{j}, Adjudicator: a})
			if err != nil {
				t.Fatal(err)
			}
			return db
		}
		db := reopen()
		for range 20 {
			tx := begin(t, db)
			put(tx, "k", "1")
			commit(t, tx)
			<-time.After(time.Minute)
		}
		err := j.Read(context.Background(), 0, func([]journal.Entry) error { return nil })
		if !errors.Is(err, journal.ErrTrimmed) {
			t.Errorf("read from the beginning: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = reopen()
		tx := begin(t, db)
		wantWalk(t, tx, Span{}, "k=1")
		tx.Rollback()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// An iterator or a transaction that was ended says so instead of reading.
func TestEnded(t *testing.T) {
	db := openMemory(t, Config{})
	load(t, db, 10)
	tx := begin(t, db)
	it := tx.Scan(Span{})
	if !it.Next() {
		t.Fatal(it.Err())
	}
	tx.Rollback()
	if it.Next() || it.Close() != nil {
		t.Error("an iterator outlived its transaction")
	}
	if _, _, err := tx.Get(benchKey(1)); !errors.Is(err, ErrFinished) {
		t.Errorf("get: %v", err)
	}
	if it := tx.Scan(Span{}); it.Next() || !errors.Is(it.Close(), ErrFinished) {
		t.Error("scan after the end")
	}
	if _, err := tx.Commit(context.Background()); !errors.Is(err, ErrFinished) {
		t.Errorf("commit: %v", err)
	}
}

// A closed database begins nothing, and one with an open transaction does not close.
func TestClose(t *testing.T) {
	db, err := OpenMemory(context.Background(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Begin(context.Background()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("begin: %v", err)
	}
	if n := db.Transactions(); n != 0 {
		t.Errorf("%d transactions", n)
	}
	db, err = OpenMemory(context.Background(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	tx := begin(t, db)
	if err := db.Close(); err == nil {
		t.Error("closed under a transaction")
	}
	tx.Rollback()
}

// Marks on one key do not pile up, and the strongest one counts.
func TestRepeatedMarks(t *testing.T) {
	db := openMemory(t, Config{})
	tx := begin(t, db)
	for i := range 10 * marksCompactMin {
		tx.Mark(benchKey(i%3), journal.Strength(i%2))
		tx.EndStatement()
	}
	if len(tx.marks) > marksCompactMin {
		t.Errorf("%d marks of 3 keys", len(tx.marks))
	}
	tx.marksCompact = 0
	tx.marks = append(tx.marks, make([]journal.Mark, marksCompactMin)...)
	tx.compactMarks()
	for _, m := range tx.marks[1:] { // the first is the empty key's
		if m.Strength != journal.Change {
			t.Errorf("mark %x has strength %d", m.Key, m.Strength)
		}
	}
}
