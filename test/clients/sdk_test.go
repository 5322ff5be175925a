package clients

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/dsql/auth"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/jackc/pgx/v5"

	"github.com/opendsql/opendsql/test/server"
)

// An application's whole life with the AWS SDK for Go: make a cluster, wait, connect with the SDK's token, use it, remove it, wait.
func TestGoSDK(t *testing.T) {
	ctx := t.Context()
	p := server.Run(t, program)
	t.Setenv("AWS_ENDPOINT_URL_DSQL", p.API)
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion("eu-west-1"),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(p.Root.AccessKeyID, p.Root.SecretAccessKey, "")))
	if err != nil {
		t.Fatal(err)
	}
	api := dsql.NewFromConfig(cfg)
	made, err := api.CreateCluster(ctx, &dsql.CreateClusterInput{DeletionProtectionEnabled: aws.Bool(false), Tags: map[string]string{"Name": "sdk"}})
	if err != nil {
		t.Fatal(err)
	}
	id := &dsql.GetClusterInput{Identifier: made.Identifier}
	active := dsql.NewClusterActiveWaiter(api, func(o *dsql.ClusterActiveWaiterOptions) { o.MinDelay = 10 * time.Millisecond })
	if err := active.Wait(ctx, id, time.Minute); err != nil {
		t.Fatal(err)
	}
	got, err := api.GetCluster(ctx, id)
	if err != nil || got.Status != types.ClusterStatusActive || got.Tags["Name"] != "sdk" {
		t.Fatalf("got %+v, %v", got, err)
	}
	host := aws.ToString(got.Endpoint)
	token, err := auth.GenerateDBConnectAdminAuthToken(ctx, host, cfg.Region, cfg.Credentials)
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, p, host, token)
	useDatabase(t, conn)
	if _, err := api.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: made.Identifier}); err != nil {
		t.Fatal(err)
	}
	gone := dsql.NewClusterNotExistsWaiter(api, func(o *dsql.ClusterNotExistsWaiterOptions) { o.MinDelay = 10 * time.Millisecond })
	if err := gone.Wait(ctx, id, time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := conn.Ping(ctx); err == nil {
		t.Error("a session outlived its cluster")
	}
	var missing *types.ResourceNotFoundException
	if _, err := api.GetCluster(ctx, id); !errors.As(err, &missing) || aws.ToString(missing.ResourceId) != *made.Identifier {
		t.Errorf("GetCluster of a cluster that is gone: %v", err)
	}
}

// connect connects to an endpoint as admin with a token.
func connect(t *testing.T, p *server.Process, host, token string) *pgx.Conn {
	t.Helper()
	c, err := p.Config(host, "admin", token)
	if err != nil {
		t.Fatal(err)
	}
	return server.Dial(t, c)
}

// useDatabase makes a table, writes, reads, and loses a conflict.
func useDatabase(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	ctx := t.Context()
	for _, sql := range []string{
		"CREATE TABLE account (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), owner text NOT NULL, balance numeric(12,2) DEFAULT 0)",
		"INSERT INTO account (owner, balance) VALUES ('ann', 10.50), ('bob', 20)",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	tag, err := conn.Exec(ctx, "UPDATE account SET balance = balance + $1 WHERE owner = $2", "1.25", "ann")
	if err != nil || tag.RowsAffected() != 1 {
		t.Fatalf("update: %v, %v", tag, err)
	}
	var sum string
	if err := conn.QueryRow(ctx, "SELECT sum(balance)::text FROM account").Scan(&sum); err != nil || sum != "31.75" {
		t.Fatalf("sum %q, %v", sum, err)
	}
}

// A cluster protected from deletion says so, and can be deleted once it is not.
func TestDeletionProtection(t *testing.T) {
	ctx := t.Context()
	p := server.Run(t, program)
	api := sdkClient(p, p.Region, p.Root)
	made, err := api.CreateCluster(ctx, &dsql.CreateClusterInput{})
	if err != nil {
		t.Fatal(err)
	}
	awaitActive(t, api, *made.Identifier)
	var refused *types.ValidationException
	if _, err := api.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: made.Identifier}); !errors.As(err, &refused) {
		t.Fatalf("delete of a protected cluster: %v", err)
	}
	if _, err := api.UpdateCluster(ctx, &dsql.UpdateClusterInput{Identifier: made.Identifier, DeletionProtectionEnabled: aws.Bool(false)}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: made.Identifier}); err != nil {
		t.Fatal(err)
	}
}
