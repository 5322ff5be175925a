package clients

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/test/server"
)

// boto3 does every operation, and the token it makes lets psql's protocol in.
func TestBoto3(t *testing.T) {
	t.Parallel()
	python := botoPython(t)
	if python == "" {
		return
	}
	p := server.Run(t, program)
	cmd := exec.Command(python, "testdata/operations.py")
	cmd.Env = append(p.Environment(t), declare(t, p)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Fields(string(out))
	if len(lines) != 2 || !strings.HasPrefix(lines[1], lines[0]+"/?Action=DbConnectAdmin&") {
		t.Fatalf("got %s", out)
	}
	useDatabase(t, connect(t, p, lines[0], lines[1]))
}
