// Package clients shows that unmodified clients work: the AWS SDKs and CLI, pgx, psql.
package clients

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/test/server"
)

var program string

func TestMain(m *testing.M) { os.Exit(server.Main(m, &program)) }

// refusal is the server's error in a client's.
func refusal(t *testing.T, err error) *pgconn.PgError {
	t.Helper()
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an error of the server", err)
	}
	return e
}

// sdkClient is a client of the Go SDK that does not try again.
func sdkClient(p *server.Process, region string, c iam.Credential) *dsql.Client {
	return dsql.New(dsql.Options{
		Region: region, BaseEndpoint: &p.API, Retryer: aws.NopRetryer{}, Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
	})
}

// awaitActive waits as the SDK does, but for its pauses.
func awaitActive(t *testing.T, api *dsql.Client, id string) {
	t.Helper()
	active := dsql.NewClusterActiveWaiter(api, func(o *dsql.ClusterActiveWaiterOptions) { o.MinDelay = 10 * time.Millisecond })
	if err := active.Wait(t.Context(), &dsql.GetClusterInput{Identifier: &id}, time.Minute); err != nil {
		t.Fatal(err)
	}
}
