package clients

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/test/server"
)

// psql connects with verify-full, and the commands people type first work.
func TestPsql(t *testing.T) {
	if !server.Installed(t, "psql") {
		return
	}
	p := server.Run(t, program)
	env := p.Environment(t)
	psql := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("psql", append([]string{"-X", "-v", "ON_ERROR_STOP=1"}, args...)...)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("psql %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	psql("-c", "CREATE TABLE shop (id bigint PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'corner', UNIQUE (name))",
		"-c", "CREATE SCHEMA stock", "-c", "CREATE TABLE stock.item (a int, b timestamptz)")
	for _, c := range []struct{ command, want string }{
		{"SELECT 40 + 2 AS answer", " answer \n--------\n     42\n(1 row)\n\n"},
		{`\dt`, "public | shop | table | admin"},
		{`\d shop`, " id     | bigint                |           | not null | \n name   | character varying(20) |           | not null | 'corner'::character varying\n"},
		{`\d shop`, `"shop_pkey" PRIMARY KEY`},
		{`\d stock.item`, "timestamp with time zone"},
		{`\l`, "postgres | admin | UTF8     | C       | C"},
		{`\dn`, "stock  | admin"},
		{`\di`, "shop_name_key"},
		{`\du`, "admin"},
		{`\conninfo`, "SSL connection"},
	} {
		if out := psql("-c", c.command); !strings.Contains(out, c.want) {
			t.Errorf("%s gave\n%s\nwithout\n%s", c.command, out, c.want)
		}
	}
	if out := psql("-c", `\copy shop FROM PROGRAM 'printf "7\tseven\n8\teight\n"'`, "-Atc", "TABLE shop ORDER BY id"); !strings.HasSuffix(out, "7|seven\n8|eight\n") {
		t.Errorf("copy gave %s", out)
	}
	plain := exec.Command("psql", "-X", "-c", "SELECT 1")
	plain.Env = append(env, "PGSSLMODE=disable", "PGSSLROOTCERT=")
	if out, err := plain.CombinedOutput(); err == nil || !strings.Contains(string(out), "FATAL:  unable to accept connection, SSL is mandatory. AWS Authentication is required.") {
		t.Errorf("psql in plain text: %v %s", err, out)
	}
}

// psql shows where in the statement a mistake is.
func TestPsqlErrorPosition(t *testing.T) {
	if !server.Installed(t, "psql") {
		return
	}
	p := server.Run(t, program)
	cmd := exec.Command("psql", "-X", "-c", "SELECT 1 FROM nowhere")
	cmd.Env = p.Environment(t)
	out, err := cmd.CombinedOutput()
	const want = "ERROR:  relation \"nowhere\" does not exist\nLINE 1: SELECT 1 FROM nowhere\n                      ^\n"
	if err == nil || string(out) != want {
		t.Errorf("got %v\n%s", err, out)
	}
}
