// Package drivers shows that the clients people use take OpenDSQL for PostgreSQL: pgx in all its modes, JDBC, psycopg, asyncpg, SQLAlchemy,
// node-postgres and what is built on it. A driver that is not installed is not shown, and the reason is printed; Go's always are.
package drivers

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/opendsql/opendsql/test/server"
)

var program string

func TestMain(m *testing.M) { os.Exit(server.Main(m, &program)) }

func must(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// show runs a client's program on a server of its own. The last line it prints must begin with done.
func show(t *testing.T, done, command string, args ...string) {
	t.Helper()
	server.Show(t, server.Run(t, program).Environment(t), done, command, args...)
}

func TestPsycopg3(t *testing.T) {
	t.Parallel()
	if p := server.Python(t, "psycopg"); p != "" {
		show(t, "ok", p, "testdata/psycopg3.py")
	}
}

func TestAsyncpg(t *testing.T) {
	t.Parallel()
	if p := server.Python(t, "asyncpg"); p != "" {
		show(t, "ok", p, "testdata/asyncpg_client.py")
	}
}

func TestSQLAlchemy(t *testing.T) {
	t.Parallel()
	if p := server.Python(t, "psycopg2, sqlalchemy"); p != "" {
		show(t, "ok", p, "testdata/alchemy.py")
	}
}

func TestNode(t *testing.T) {
	t.Parallel()
	path, ok := server.NodePath(t, "pg")
	if !ok {
		return
	}
	env := append(server.Run(t, program).Environment(t), "NODE_PATH="+path)
	server.Show(t, env, "ok", "node", "--no-deprecation", "testdata/client.js")
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
