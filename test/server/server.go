// Package server runs the real opendsql binary for tests: built once, on a directory and free ports of its own, stopped or killed on demand.
package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/opendsql/opendsql"
	"github.com/opendsql/opendsql/iam"
)

// readyWait bounds a start; it is generous because test machines are busy.
const readyWait = time.Minute

// Build builds the binary into a directory and returns its path.
func Build(dir string) (string, error) {
	_, here, _, _ := runtime.Caller(0)
	path := filepath.Join(dir, "opendsql")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/opendsql")
	cmd.Dir = filepath.Join(filepath.Dir(here), "..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build opendsql: %w\n%s", err, out)
	}
	return path, nil
}

// Process is a running server.
type Process struct {
	opendsql.Server
	Root iam.Credential
	Dir  string

	binary string
	cmd    *exec.Cmd
	output *lines
	done   chan struct{}
	err    error
}

// lines keeps what a process prints. Safe for concurrent use.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Start runs the binary on a data directory and returns when it says that it is ready.
func Start(ctx context.Context, binary, dir string, args ...string) (*Process, error) {
	p := &Process{Dir: dir, binary: binary, output: &lines{}, done: make(chan struct{})}
	p.cmd = exec.Command(binary, append([]string{"start", "--data-dir", dir, "--sql-addr", "127.0.0.1:0", "--api-addr", "127.0.0.1:0"}, args...)...)
	p.cmd.Stderr = p.output
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan bool, 1)
	go func() {
		s := bufio.NewScanner(out)
		for s.Scan() {
			fmt.Fprintln(p.output, s.Text())
			if s.Text() == "opendsql is ready" {
				ready <- true
			}
		}
		_, _ = io.Copy(io.Discard, out)
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	timer := time.NewTimer(readyWait)
	defer timer.Stop()
	select {
	case <-ready:
	case <-p.done:
		return nil, fmt.Errorf("server ended before it was ready: %w\n%s", p.err, p.output)
	case <-timer.C:
		err = fmt.Errorf("server was not ready within %v\n%s", readyWait, p.output)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		err = p.readAccess()
	}
	if err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

func (p *Process) readAccess() error {
	var err error
	if p.Server, err = opendsql.ReadServer(p.Dir); err != nil {
		return err
	}
	store, err := iam.LoadStore(p.Credentials)
	if err != nil {
		return err
	}
	p.Root, _ = store.Root()
	return nil
}

// Run is Start for a test, which stops the server at its end.
func Run(t testing.TB, binary string, args ...string) *Process {
	t.Helper()
	p, err := Start(t.Context(), binary, t.TempDir(), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("server did not stop cleanly: %v\n%s", err, p.output)
		}
	})
	return p
}

// Stop asks the server to end and waits until it has.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.done
	return p.err
}

// Kill ends the server as a power cut would, but for the kernel's memory.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Output is what the server has printed.
func (p *Process) Output() string { return p.output.String() }

// TLS trusts the installation's CA for an endpoint.
func (p *Process) TLS(host string) (*tls.Config, error) {
	text, err := os.ReadFile(p.CAFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return &tls.Config{RootCAs: pool, ServerName: host}, nil
}

// Config is how pgx connects to an endpoint of this server with a token: by its name in TLS, by the server's address underneath.
func (p *Process) Config(host, user, token string) (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig("postgres://localhost/postgres?sslmode=verify-full")
	if err != nil {
		return nil, err
	}
	if c.TLSConfig, err = p.TLS(host); err != nil {
		return nil, err
	}
	c.Host, c.User, c.Password, c.Fallbacks = host, user, token, nil
	c.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	c.DialFunc = func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, p.SQLAddr)
	}
	return c, nil
}

// Token is a connection token for a user of the first cluster.
func (p *Process) Token(user string) (string, error) {
	return iam.SignToken(p.Root, iam.TokenRequest{Host: p.Endpoint, Region: p.Region, User: user}, time.Now())
}

// Connect connects to the first cluster as admin.
func (p *Process) Connect(ctx context.Context) (*pgx.Conn, error) {
	token, err := p.Token(iam.AdminUser)
	if err != nil {
		return nil, err
	}
	c, err := p.Config(p.Endpoint, iam.AdminUser, token)
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, c)
}
