// Package clients shows that unmodified clients work: the AWS SDKs and CLI, pgx, psql.
package clients

import (
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

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
