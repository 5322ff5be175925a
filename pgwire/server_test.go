package pgwire

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"
)

// opener lets everybody in.
type opener struct {
	mu     sync.Mutex
	logins []Login
}

func (o *opener) Route(context.Context, *Login) error { return nil }

func (o *opener) Open(_ context.Context, l *Login) (Session, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.logins = append(o.logins, *l)
	return newEcho(), nil
}

// No connection leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server with a certificate of its own making.
func serve(t *testing.T, change ...func(*Config)) (*Server, *opener, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"db.test"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	o := &opener{}
	config := Config{Opener: o, TLS: &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"postgresql"},
	}}
	for _, f := range change {
		f(&config)
	}
	s := NewServer(config)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		s.Shutdown(ctx)
		if err := <-ended; err != nil {
			t.Errorf("Serve ended with %v", err)
		}
	})
	return s, o, l.Addr().String()
}

func dial(t *testing.T, addr string) *pgconn.PgConn {
	t.Helper()
	config, err := pgconn.ParseConfig("postgres://admin:token@" + addr + "/postgres?sslmode=require")
	if err != nil {
		t.Fatal(err)
	}
	config.TLSConfig.ServerName = "db.test"
	conn, err := pgconn.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// A session that panics ends alone, and its client is told.
func TestPanicEndsOneSession(t *testing.T) {
	_, o, addr := serve(t)
	bad, good := dial(t, addr), dial(t, addr)
	_, err := bad.Exec(t.Context(), "panic").ReadAll()
	var told *pgconn.PgError
	if !errors.As(err, &told) || told.Code != "XX000" || told.Severity != "FATAL" || !bad.IsClosed() {
		t.Errorf("panic: %v", err)
	}
	if _, err := good.Exec(t.Context(), "select").ReadAll(); err != nil {
		t.Errorf("the other session: %v", err)
	}
	if l := o.logins[0]; l.ServerName != "db.test" || l.Token != "token" || l.TLS == nil || l.Database != "postgres" {
		t.Errorf("login %+v", l)
	}
}

// A cancel request with the right key reaches the statement that runs.
func TestCancelRequest(t *testing.T) {
	_, _, addr := serve(t)
	conn := dial(t, addr)
	done := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), "wait").ReadAll()
		done <- err
	}()
	if err := conn.CancelRequest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("the statement was not interrupted")
	}
}

// A login's End ends the connection politely while it is idle, and at once while a statement runs.
func TestEnd(t *testing.T) {
	_, o, addr := serve(t)
	for i, now := range []bool{false, true} {
		conn := dial(t, addr)
		statement := "wait"
		done := make(chan error, 1)
		if now {
			go func() {
				_, err := conn.Exec(context.Background(), statement).ReadAll()
				done <- err
			}()
		}
		o.mu.Lock()
		end := o.logins[i].End
		o.mu.Unlock()
		end(now)
		if !now {
			_, err := conn.ReceiveMessage(t.Context())
			done <- err
		}
		if err := <-done; err == nil {
			t.Errorf("now %v: the connection lives", now)
		}
	}
}

// Shutdown tells idle clients why they have to go.
func TestShutdown(t *testing.T) {
	s, _, addr := serve(t)
	conn := dial(t, addr)
	s.Shutdown(t.Context())
	_, err := conn.ReceiveMessage(t.Context())
	var e *pgconn.PgError
	if !errors.As(err, &e) || e.Code != "57P01" {
		t.Errorf("got %v", err)
	}
}
