package clients

import (
	"encoding/json"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/test/server"
)

// cli is the AWS CLI with the environment of a server.
type cli struct {
	t   *testing.T
	env []string
}

// openCLI starts a server for the CLI, if that is installed and has an operation.
func openCLI(t *testing.T, operation string) (*cli, *server.Process) {
	t.Parallel()
	if !server.Installed(t, "aws", "dsql", operation, "help") {
		return nil, nil
	}
	p := server.Run(t, program)
	return &cli{t, append(p.Environment(t), "AWS_PAGER=", "AWS_CLI_AUTO_PROMPT=off")}, p
}

func (c *cli) run(args ...string) (string, error) {
	cmd := exec.CommandContext(c.t.Context(), "aws", append([]string{"dsql", "--output", "json"}, args...)...)
	cmd.Env = c.env
	out, err := cmd.Output()
	return string(out), err
}

// do runs a command that must succeed, and puts its answer into what is not nil.
func (c *cli) do(answer any, args ...string) string {
	c.t.Helper()
	out, err := c.run(args...)
	if err == nil && answer != nil {
		err = json.Unmarshal([]byte(out), answer)
	}
	if err != nil {
		c.t.Fatalf("aws dsql %q: %v\n%s\n%s", args, err, out, stderr(err))
	}
	return out
}

// refused runs a command that must be refused with an exception.
func (c *cli) refused(exception string, args ...string) {
	c.t.Helper()
	if _, err := c.run(args...); !strings.Contains(stderr(err), "An error occurred ("+exception+") when calling the ") {
		c.t.Errorf("aws dsql %q: %v %s, want %s", args, err, stderr(err), exception)
	}
}

func stderr(err error) string {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return string(e.Stderr)
	}
	return ""
}

// The AWS CLI makes a cluster and a token that lets psql's protocol in, and does what else there is to do with a cluster.
func TestCLI(t *testing.T) {
	c, p := openCLI(t, "create-cluster")
	if c == nil {
		return
	}
	var made struct{ Identifier, Endpoint, Status, Arn string }
	if c.do(&made, "create-cluster", "--no-deletion-protection-enabled", "--tags", "Name=cli"); made.Status != "CREATING" {
		t.Fatal(made)
	}
	c.do(nil, "wait", "cluster-active", "--identifier", made.Identifier)
	var token string
	if server.Installed(t, "aws", "dsql", "generate-db-connect-admin-auth-token", "help") { // version 1 of the CLI has no such command
		token = strings.TrimSpace(c.do(nil, "generate-db-connect-admin-auth-token", "--hostname", made.Endpoint))
	} else {
		var err error
		if token, err = iam.SignToken(p.Root, iam.TokenRequest{Host: made.Endpoint, Region: p.Region, User: "admin"}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	useDatabase(t, connect(t, p, made.Endpoint, token))
	of := func(operation string, args ...string) []string {
		return append([]string{operation, "--identifier", made.Identifier}, args...)
	}

	var tags struct{ Tags map[string]string }
	c.do(nil, "tag-resource", "--resource-arn", made.Arn, "--tags", "a=1,b=")
	c.do(nil, "untag-resource", "--resource-arn", made.Arn, "--tag-keys", "a", "none")
	if c.do(&tags, "list-tags-for-resource", "--resource-arn", made.Arn); len(tags.Tags) != 2 || tags.Tags["Name"] != "cli" {
		t.Errorf("tags are %v", tags.Tags)
	}
	var vpc struct{ ServiceName, ClusterVpcEndpoint string }
	if c.do(&vpc, of("get-vpc-endpoint-service-name")...); !strings.HasPrefix(vpc.ServiceName, "com.amazonaws.us-east-1.dsql-") || vpc.ClusterVpcEndpoint == "" {
		t.Errorf("%+v", vpc)
	}
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"dsql:DbConnect","Resource":"*"}]}`
	var put, got struct{ Policy, PolicyVersion string }
	c.do(&put, of("put-cluster-policy", "--policy", policy)...)
	if c.do(&got, of("get-cluster-policy")...); got.Policy != policy || got.PolicyVersion != put.PolicyVersion {
		t.Errorf("%+v after %+v", got, put)
	}
	c.refused("ConflictException", of("delete-cluster-policy", "--expected-policy-version", "x")...)
	c.do(nil, of("delete-cluster-policy")...)
	c.refused("ResourceNotFoundException", of("get-cluster-policy")...)

	c.do(nil, of("update-cluster", "--deletion-protection-enabled")...)
	c.refused("ValidationException", of("delete-cluster")...)
	c.do(nil, of("update-cluster", "--no-deletion-protection-enabled")...)
	c.do(nil, of("delete-cluster")...)
	c.do(nil, "wait", "cluster-not-exists", "--identifier", made.Identifier)
	c.refused("ResourceNotFoundException", of("get-cluster")...)
}

// Streams with the AWS CLI, by pages.
func TestCLIStreams(t *testing.T) {
	c, p := openCLI(t, "create-stream")
	if c == nil {
		return
	}
	cluster, _, _ := strings.Cut(p.Endpoint, ".")
	var ids []string
	for range 3 {
		var made struct{ StreamIdentifier, Status string }
		c.do(&made, "create-stream", "--cluster-identifier", cluster, "--ordering", "UNORDERED", "--format", "JSON",
			"--target-definition", "kinesis={streamArn="+kinesisARN+",roleArn="+writerARN+"}")
		ids = append(ids, made.StreamIdentifier)
	}
	var list struct {
		Streams   []struct{ StreamIdentifier string }
		NextToken string
	}
	c.do(&list, "list-streams", "--cluster-identifier", cluster, "--page-size", "1")
	var seen []string
	for _, s := range list.Streams {
		seen = append(seen, s.StreamIdentifier)
	}
	if !slices.Equal(seen, ids) {
		t.Errorf("streams %v, want %v", seen, ids)
	}
	list.NextToken = ""
	if c.do(&list, "list-streams", "--cluster-identifier", cluster, "--max-items", "2"); len(list.Streams) != 2 || list.NextToken == "" {
		t.Errorf("first page %+v", list)
	}
	of := func(operation string) []string {
		return []string{operation, "--cluster-identifier", cluster, "--stream-identifier", ids[0]}
	}
	var got struct {
		TargetDefinition struct {
			Kinesis struct{ StreamArn, RoleArn string }
		}
	}
	if c.do(&got, of("get-stream")...); got.TargetDefinition.Kinesis.StreamArn != kinesisARN || got.TargetDefinition.Kinesis.RoleArn != writerARN {
		t.Errorf("%+v", got)
	}
	c.do(nil, of("delete-stream")...)
	c.do(nil, "wait", "stream-not-exists", "--cluster-identifier", cluster, "--stream-identifier", ids[0])
	c.refused("ResourceNotFoundException", of("get-stream")...)
}

// Two clusters of two Regions become one with the AWS CLI.
func TestCLILink(t *testing.T) {
	c, _ := openCLI(t, "update-cluster")
	if c == nil {
		return
	}
	var sides [2]struct{ Identifier, Arn, Status string }
	in := func(i int, args ...string) []string {
		return append(args, "--region", []string{east, ohioRegion}[i])
	}
	for i := range sides {
		properties := `{"witnessRegion":"us-west-2"}`
		if i == 1 {
			properties = `{"witnessRegion":"us-west-2","clusters":["` + sides[0].Arn + `"]}`
		}
		c.do(&sides[i], in(i, "create-cluster", "--no-deletion-protection-enabled", "--multi-region-properties", properties)...)
	}
	c.do(nil, in(0, "update-cluster", "--identifier", sides[0].Identifier, "--multi-region-properties", "witnessRegion=us-west-2,clusters="+sides[1].Arn)...)
	for i, s := range sides {
		c.do(nil, in(i, "wait", "cluster-active", "--identifier", s.Identifier)...)
	}
	for i, s := range sides {
		if c.do(&s, in(i, "delete-cluster", "--identifier", s.Identifier)...); s.Status != "PENDING_DELETE" {
			t.Errorf("%+v", s)
		}
	}
	for i, s := range sides {
		c.do(nil, in(i, "wait", "cluster-not-exists", "--identifier", s.Identifier)...)
	}
}
