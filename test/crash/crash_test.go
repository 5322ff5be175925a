// Package crash kills the real server under load, again and again, and looks for what must not be missing and what must not be there.
//
// Every acknowledged transaction must be there after the restart, no transaction half, and the sum of the balances as it was.
package crash

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/opendsql/opendsql/test/server"
)

var (
	rounds = flag.Int("rounds", 5, "how often the server is killed")
	seed   = flag.Uint64("seed", 0, "of the moments of death; 0 picks one")
)

const (
	accounts = 50
	balance  = 1000
	workers  = 8
	// A round's load runs for at least killMin and at most killMin + killSpread.
	killMin    = 100 * time.Millisecond
	killSpread = 900 * time.Millisecond
)

// memory is what clients were told.
type memory struct {
	mu           sync.Mutex
	acknowledged map[int64]bool // transactions whose COMMIT was answered
	refused      map[int64]bool // whose COMMIT was refused
	next         int64
}

func (m *memory) begin() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	return m.next
}

// learn notes how a transaction ended; an outcome nobody heard is in neither set.
func (m *memory) learn(id int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var e *pgconn.PgError
	switch {
	case err == nil:
		m.acknowledged[id] = true
	case errors.As(err, &e) && e.Code == "40001":
		m.refused[id] = true
	}
}

// begin gives what a test of kills needs: the random moments of the seed, each test its own, the program, and a data directory.
func begin(t *testing.T, stream uint64) (moments *rand.Rand, binary, dir string) {
	t.Helper()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("seed %d (repeat with -seed=%d)", *seed, *seed)
	binary, err := server.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return rand.New(rand.NewPCG(*seed, stream)), binary, t.TempDir()
}

func TestKilledServer(t *testing.T) {
	moments, binary, dir := begin(t, 0)
	m := &memory{acknowledged: map[int64]bool{}, refused: map[int64]bool{}}
	p := start(t, binary, dir)
	prepare(t, p)
	for round := range *rounds {
		load(t, p, m, uint64(round), killMin+time.Duration(moments.Int64N(int64(killSpread))))
		p = start(t, binary, dir)
		check(t, p, m)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	t.Logf("%d rounds, %d transactions acknowledged, %d refused, %d begun", *rounds, len(m.acknowledged), len(m.refused), m.next)
	if len(m.acknowledged) < *rounds {
		t.Errorf("only %d transactions were acknowledged: this showed nothing", len(m.acknowledged))
	}
	if err := p.Stop(); err != nil {
		t.Errorf("clean stop: %v", err)
	}
}

func start(t *testing.T, binary, dir string) *server.Process {
	t.Helper()
	p, err := server.Start(t.Context(), binary, dir, "--limit", "connection-burst=100000", "--log-level", "warn")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

func prepare(t *testing.T, p *server.Process) {
	t.Helper()
	conn := dial(t, p)
	defer conn.Close(context.Background())
	for _, sql := range []string{
		"CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL)",
		"CREATE TABLE entry (txn bigint, part int, amount bigint NOT NULL, PRIMARY KEY (txn, part))",
		fmt.Sprintf("INSERT INTO account SELECT i, %d FROM generate_series(1, %d) AS g(i)", balance, accounts),
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func dial(t *testing.T, p *server.Process) *pgx.Conn {
	t.Helper()
	conn, err := p.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// load runs transfers on several connections until the server is killed under them.
func load(t *testing.T, p *server.Process, m *memory, round uint64, life time.Duration) {
	t.Helper()
	var work sync.WaitGroup
	for w := range workers {
		conn := dial(t, p)
		r := rand.New(rand.NewPCG(*seed+round, uint64(w)))
		work.Go(func() {
			defer conn.Close(context.Background())
			for !conn.IsClosed() {
				id := m.begin()
				m.learn(id, transfer(conn, r, id))
			}
		})
	}
	timer := time.AfterFunc(life, p.Kill)
	defer timer.Stop()
	work.Wait()
}

// transfer moves an amount between two accounts and books both parts under the transaction's number.
func transfer(conn *pgx.Conn, r *rand.Rand, id int64) error {
	ctx := context.Background()
	from, to, amount := r.IntN(accounts)+1, r.IntN(accounts)+1, r.IntN(10)+1
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE account SET balance = balance - $1 WHERE id = $2", []any{amount, from}},
		{"UPDATE account SET balance = balance + $1 WHERE id = $2", []any{amount, to}},
		{"INSERT INTO entry VALUES ($1, 1, $2)", []any{id, -amount}},
		{"INSERT INTO entry VALUES ($1, 2, $2)", []any{id, amount}},
	} {
		if _, err := tx.Exec(ctx, s.sql, s.args...); err != nil {
			_ = tx.Rollback(ctx)
			return err
		}
	}
	return tx.Commit(ctx)
}

// check reads everything and compares it with what clients were told.
func check(t *testing.T, p *server.Process, m *memory) {
	t.Helper()
	conn := dial(t, p)
	defer conn.Close(context.Background())
	var sum int64
	if err := conn.QueryRow(t.Context(), "SELECT sum(balance)::bigint FROM account").Scan(&sum); err != nil {
		t.Fatal(err)
	}
	if sum != accounts*balance {
		t.Errorf("the sum of the balances is %d, want %d", sum, accounts*balance)
	}
	rows, err := conn.Query(t.Context(), "SELECT txn, count(*), sum(amount)::bigint FROM entry GROUP BY txn")
	if err != nil {
		t.Fatal(err)
	}
	found := map[int64]bool{}
	var txn, parts, amount int64
	_, err = pgx.ForEachRow(rows, []any{&txn, &parts, &amount}, func() error {
		found[txn] = true
		if parts != 2 || amount != 0 {
			t.Errorf("transaction %d is there half: %d parts, sum %d", txn, parts, amount)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for id := range m.acknowledged {
		if !found[id] {
			t.Errorf("transaction %d was acknowledged and is missing", id)
		}
	}
	for id := range m.refused {
		if found[id] {
			t.Errorf("transaction %d was refused and is there", id)
		}
	}
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(m.Run())
}
