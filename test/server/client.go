package server

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/opendsql/opendsql/iam"
)

// Main is a test binary's main function: it builds the server, tells its path, and runs the tests.
func Main(m *testing.M, program *string) int {
	dir, err := os.MkdirTemp("", "opendsql")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if *program, err = Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// AdminConfig is how pgx connects to the first cluster as admin, ready to be changed.
func (p *Process) AdminConfig(t testing.TB) *pgx.ConnConfig {
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

// Dial connects, and disconnects when the test ends.
func Dial(t testing.TB, c *pgx.ConnConfig) *pgx.Conn {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Command runs the server's own program on the data directory, and returns what it prints.
func (p *Process) Command(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command(p.binary, append(args, "--data-dir", p.Dir)...).CombinedOutput()
	if err != nil {
		t.Fatalf("opendsql %q: %v %s", args, err, out)
	}
	return string(out)
}

// Environment is what the output of `opendsql env` sets, on top of this process's.
func (p *Process) Environment(t testing.TB) []string {
	t.Helper()
	env := os.Environ()
	for line := range strings.Lines(p.Command(t, "env")) {
		name, value, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "export ")), "=")
		env = append(env, name+"="+strings.Trim(value, "'"))
	}
	return env
}

// Show runs a client's program in an environment. The last line it prints must begin with done; the others are its report.
func Show(t testing.TB, env []string, done, command string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command, args...)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || !strings.HasPrefix(lines[len(lines)-1], done) {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, line := range lines[:len(lines)-1] {
		t.Log(line)
	}
}

// Installed says whether a program is there and passes a check; where it is not, the reason is printed and the test has nothing to show.
func Installed(t testing.TB, program string, check ...string) bool {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Logf("not shown: %s is not installed", program)
		return false
	}
	if len(check) > 0 {
		if err := exec.Command(program, check...).Run(); err != nil {
			t.Logf("not shown: %s %s: %v", program, strings.Join(check, " "), err)
			return false
		}
	}
	return true
}

// Python finds an interpreter that has the modules, or prints that there is none.
func Python(t testing.TB, modules string) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import "+modules).Run() == nil {
			return name
		}
	}
	t.Logf("not shown: no python3 has %s", modules)
	return ""
}
