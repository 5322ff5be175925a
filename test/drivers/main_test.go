// Package drivers shows that the clients people use take OpenDSQL for PostgreSQL: pgx in all its modes, JDBC, psycopg, asyncpg, SQLAlchemy,
// node-postgres and what is built on it. A driver that is not installed is not shown, and the reason is printed; Go's always are.
package drivers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/test/server"
)

var program string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "opendsql")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if program, err = server.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// config is how pgx connects to a server, ready to be changed.
func config(t *testing.T, p *server.Process) *pgx.ConnConfig {
	t.Helper()
	token, err := p.Token(iam.AdminUser)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Config(p.Endpoint, iam.AdminUser, token)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func dial(t *testing.T, c *pgx.ConnConfig) *pgx.Conn {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func must(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// environment is what the output of `opendsql env` sets, on top of this process's.
func environment(t *testing.T, p *server.Process) []string {
	t.Helper()
	out, err := exec.Command(program, "env", "--data-dir", p.Dir).CombinedOutput()
	if err != nil {
		t.Fatalf("opendsql env: %v %s", err, out)
	}
	env := os.Environ()
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "export ")), "=")
		env = append(env, name+"="+strings.Trim(value, "'"))
	}
	return env
}

// show runs a client's program on a server of its own. The last line it prints must begin with done.
func show(t *testing.T, done, command string, args ...string) {
	t.Helper()
	p := server.Run(t, program)
	cmd := exec.Command(command, args...)
	cmd.Env = environment(t, p)
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || !strings.HasPrefix(lines[len(lines)-1], done) {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, line := range lines[:len(lines)-1] {
		t.Log(line)
	}
}

// python finds an interpreter that has the modules.
func python(t *testing.T, modules string) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import "+modules).Run() == nil {
			return name
		}
	}
	t.Logf("not shown: no python3 has %s", modules)
	return ""
}

func TestPsycopg3(t *testing.T) {
	t.Parallel()
	if p := python(t, "psycopg"); p != "" {
		show(t, "ok", p, "testdata/psycopg3.py")
	}
}

func TestAsyncpg(t *testing.T) {
	t.Parallel()
	if p := python(t, "asyncpg"); p != "" {
		show(t, "ok", p, "testdata/asyncpg_client.py")
	}
}

func TestSQLAlchemy(t *testing.T) {
	t.Parallel()
	if p := python(t, "psycopg2, sqlalchemy"); p != "" {
		show(t, "ok", p, "testdata/alchemy.py")
	}
}

func TestNode(t *testing.T) {
	t.Parallel()
	if err := exec.Command("node", "-e", "require('pg')").Run(); err != nil {
		t.Logf("not shown: node with the package pg (NODE_PATH names other folders to look in): %v", err)
		return
	}
	script, err := filepath.Abs("testdata/client.js")
	if err != nil {
		t.Fatal(err)
	}
	show(t, "ok", "node", "--no-deprecation", script)
}

// jdbcJar is where Debian's package libpostgresql-jdbc-java puts the driver.
const jdbcJar = "/usr/share/java/postgresql.jar"

func TestJDBC(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(jdbcJar); err != nil {
		t.Logf("not shown: JDBC's driver: %v", err)
		return
	}
	if _, err := exec.LookPath("java"); err != nil {
		t.Logf("not shown: %v", err)
		return
	}
	for _, line := range []string{"-version", "--list-modules"} {
		if out, err := exec.Command("java", line).CombinedOutput(); err != nil || line == "--list-modules" && !strings.Contains(string(out), "jdk.compiler") {
			t.Logf("not shown: java %s: %v, or it has no compiler", line, err)
			return
		}
	}
	show(t, "checks: no faults", "java", "-XX:TieredStopAtLevel=1", "-cp", jdbcJar, "testdata/Driver.java")
}
