package opendsql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/opendsql/opendsql/iam"
)

// admin connects to the first cluster.
func admin(t *testing.T, i *Instance) *pgx.Conn {
	t.Helper()
	s := i.Server()
	root, _ := i.credentials.Root()
	token, err := iam.SignToken(root, iam.TokenRequest{Host: s.Endpoint, Region: s.Region, User: iam.AdminUser}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	c, err := pgx.ParseConfig("postgres://localhost/postgres?sslmode=verify-full")
	if err != nil {
		t.Fatal(err)
	}
	c.Host, c.User, c.Password, c.Fallbacks, c.TLSConfig = s.Endpoint, iam.AdminUser, token, nil, &tls.Config{RootCAs: pool, ServerName: s.Endpoint}
	c.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	c.DialFunc = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.SQLAddr)
	}
	conn, err := pgx.ConnectConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// What a client meets when the disk below its cluster fails: writes end with an error that says so, reads and the connection go on, a stop stops, and
// after a start on a disk that works all that was acknowledged is there.
func TestFailingDisk(t *testing.T) {
	full := &os.PathError{Op: "write", Path: "a file", Err: syscall.ENOSPC}
	for name, fails := range map[string]func(errorfs.OpKind) error{
		"full": func(k errorfs.OpKind) error {
			if k.ReadOrWrite() == errorfs.OpIsWrite && k != errorfs.OpFileSync && k != errorfs.OpFileSyncData && k != errorfs.OpFileSyncTo {
				return full
			}
			return nil
		},
		"does not sync": func(k errorfs.OpKind) error {
			if k == errorfs.OpFileSync || k == errorfs.OpFileSyncData || k == errorfs.OpFileSyncTo {
				return syscall.EIO
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) { failingDisk(t, fails) })
	}
}

func failingDisk(t *testing.T, fails func(errorfs.OpKind) error) {
	var failing atomic.Bool
	disk := errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if failing.Load() && strings.Contains(op.Path, "clusters") {
			return fails(op.Kind)
		}
		return nil
	}))
	dir := t.TempDir()
	begin := func(disk vfs.FS) *Instance {
		i, err := Start(t.Context(), Options{DataDir: dir, SQLAddr: "127.0.0.1:0", APIAddr: "127.0.0.1:0", fs: disk})
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	i := begin(disk)
	conn := admin(t, i)
	write := func(n int) error {
		_, err := conn.Exec(t.Context(), fmt.Sprintf("INSERT INTO t VALUES (%d, repeat('x', 20000))", n))
		return err
	}
	if _, err := conn.Exec(t.Context(), "CREATE TABLE t (id int PRIMARY KEY, v text)"); err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	for ; acknowledged < 20; acknowledged++ {
		if err := write(acknowledged); err != nil {
			t.Fatal(err)
		}
	}
	failing.Store(true)
	for n := range 3 {
		checkUnavailable(t, write(1000+n), n > 0)
	}
	var rows int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM t WHERE id < 1000").Scan(&rows); err != nil || rows != acknowledged {
		t.Errorf("while the disk fails %d rows are read, %v", rows, err)
	}
	failing.Store(false)
	if err := write(2000); err == nil {
		t.Error("a journal that had stopped took a commit: it must read what is on disk first")
	}
	failing.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	began := time.Now()
	_ = i.Close(ctx) // it may say that the disk fails
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("the stop took %v", took)
	}
	failing.Store(false)

	i = begin(nil)
	conn = admin(t, i)
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM t WHERE id < 1000").Scan(&rows); err != nil || rows != acknowledged {
		t.Errorf("after a start %d rows are there, %d were acknowledged: %v", rows, acknowledged, err)
	}
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM t WHERE id > 1000").Scan(&rows); err != nil || rows != 0 {
		t.Errorf("after a start %d rows are there that were refused: %v", rows, err)
	}
	if err := write(3000); err != nil {
		t.Error(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := i.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// checkUnavailable checks the error of a commit on a failing disk; known tells whether it can be known that nothing was committed.
func checkUnavailable(t *testing.T, err error, known bool) {
	t.Helper()
	var e *pgconn.PgError
	if !errors.As(err, &e) || e.Code != "XX000" || e.Message != "server unavailable" || e.Severity != "ERROR" {
		t.Fatalf("a write on a failing disk: %+v", err)
	}
	if want := map[bool]string{true: "was not committed", false: "is not known"}[known]; !strings.Contains(e.Hint, want) {
		t.Errorf("hint %q, want %q", e.Hint, want)
	}
}

// A cluster can be deleted although its disk is full: that is how one makes room.
func TestDeleteOnFullDisk(t *testing.T) {
	var failing atomic.Bool
	disk := errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if failing.Load() && strings.Contains(op.Path, "clusters") && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return syscall.ENOSPC
		}
		return nil
	}))
	i, err := Start(t.Context(), Options{DataDir: t.TempDir(), SQLAddr: "127.0.0.1:0", APIAddr: "127.0.0.1:0", fs: disk})
	if err != nil {
		t.Fatal(err)
	}
	conn := admin(t, i)
	if _, err := conn.Exec(t.Context(), "CREATE TABLE t (id int PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	failing.Store(true)
	if _, err := conn.Exec(t.Context(), "INSERT INTO t VALUES (1)"); err == nil {
		t.Fatal("a full disk took a commit")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := i.set.Retire(ctx, i.first.ID); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(i.directory.file("clusters")); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := i.Close(ctx); err != nil {
		t.Error(err)
	}
}

// A row that is changed for ever takes no more and no more room: its old versions are removed, and so are the journal's records of them.
func TestUpdateLoopIsBounded(t *testing.T) {
	// A memtable's worth of versions and two segments of the journal may be there in the end, and a compaction on its way.
	const updates, valueBytes, boundBytes = 2500, 60_000, 90 << 20
	dir := t.TempDir()
	o := Options{DataDir: dir, SQLAddr: "127.0.0.1:0", APIAddr: "127.0.0.1:0", pace: 100 * time.Millisecond}
	o.Limits.Database.TransactionAge = time.Second
	i, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	conn := admin(t, i)
	if _, err := conn.Exec(t.Context(), "CREATE TABLE t (id int PRIMARY KEY, n int, v text)"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "INSERT INTO t VALUES (1, 0, '')"); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	value := make([]byte, valueBytes)
	for range updates {
		for b := 0; b < valueBytes; b += 8 { // text that no compression makes small
			binary.LittleEndian.PutUint64(value[b:], random.Uint64()&0x3f3f3f3f3f3f3f3f|0x4040404040404040)
		}
		if _, err := conn.Exec(t.Context(), "UPDATE t SET n = n + 1, v = $1 WHERE id = 1", string(value)); err != nil {
			t.Fatal(err)
		}
	}
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	size := sizeOf(t, dir)
	for n := 0; size > boundBytes && n < 600; n++ { // a busy machine takes a while to come to it
		<-look.C
		size = sizeOf(t, dir)
	}
	t.Logf("%d MiB were written, %d MiB are there", updates*valueBytes>>20, size>>20)
	if size > boundBytes {
		t.Errorf("%d MiB are there, of a row of 60 kB", size>>20)
	}
	var n, length int
	if err := conn.QueryRow(t.Context(), "SELECT n, length(v) FROM t").Scan(&n, &length); err != nil || n != updates || length != valueBytes {
		t.Errorf("read %d, %d, %v", n, length, err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := i.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func sizeOf(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreGone(err)
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return ignoreGone(err)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ignoreGone: files come and go while they are counted.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
