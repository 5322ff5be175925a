package clients

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/test/server"
)

// A cluster's life in boto3: create, wait, get, token, delete, wait.
const boto = `
import boto3
c = boto3.client("dsql")
made = c.create_cluster(deletionProtectionEnabled=False, tags={"Name": "boto"})
c.get_waiter("cluster_active").wait(identifier=made["identifier"], WaiterConfig={"Delay": 1})
got = c.get_cluster(identifier=made["identifier"])
assert got["status"] == "ACTIVE" and got["tags"] == {"Name": "boto"}, got
assert made["identifier"] in [x["identifier"] for x in c.list_clusters()["clusters"]]
try:
    c.get_cluster(identifier="a" * 26)
    raise SystemExit("a cluster that is not there was found")
except c.exceptions.ResourceNotFoundException as e:
    assert e.response["resourceId"] == "a" * 26, e.response
print(got["endpoint"])
print(c.generate_db_connect_admin_auth_token(got["endpoint"], c.meta.region_name))
c.delete_cluster(identifier=made["identifier"])
c.get_waiter("cluster_not_exists").wait(identifier=made["identifier"], WaiterConfig={"Delay": 1})
`

func TestBoto3(t *testing.T) {
	if !server.Installed(t, "python3", "-c", "import boto3; boto3.client('dsql', region_name='us-east-1')") {
		return
	}
	p := server.Run(t, program)
	cmd := exec.Command("python3", "-c", boto)
	cmd.Env = p.Environment(t)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, p.Output())
	}
	if lines := strings.Fields(string(out)); len(lines) != 2 || !strings.HasPrefix(lines[1], lines[0]+"/?Action=DbConnectAdmin&") {
		t.Errorf("got %s", out)
	}
}

// The AWS CLI makes a cluster and a token that lets psql's protocol in.
func TestCLI(t *testing.T) {
	if !server.Installed(t, "aws", "dsql", "help") {
		return
	}
	p := server.Run(t, program)
	env := append(p.Environment(t), "AWS_PAGER=", "AWS_CLI_AUTO_PROMPT=off")
	aws := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("aws", append([]string{"dsql", "--output", "json"}, args...)...)
		cmd.Env = env
		var errs strings.Builder
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("aws dsql %q: %v\n%s\n%s", args, err, out, errs.String())
		}
		return string(out)
	}
	var made struct{ Identifier, Endpoint, Status string }
	if err := json.Unmarshal([]byte(aws("create-cluster", "--no-deletion-protection-enabled")), &made); err != nil || made.Status != "CREATING" {
		t.Fatal(made, err)
	}
	aws("wait", "cluster-active", "--identifier", made.Identifier)
	var token string
	if server.Installed(t, "aws", "dsql", "generate-db-connect-admin-auth-token", "help") { // version 1 of the CLI has no such command
		token = strings.TrimSpace(aws("generate-db-connect-admin-auth-token", "--hostname", made.Endpoint))
	} else {
		var err error
		if token, err = iam.SignToken(p.Root, iam.TokenRequest{Host: made.Endpoint, Region: p.Region, User: "admin"}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	conn := connect(t, p, made.Endpoint, token)
	useDatabase(t, conn)
	aws("delete-cluster", "--identifier", made.Identifier)
}
