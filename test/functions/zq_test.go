package functions

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltest"
)

func TestZQ(t *testing.T) {
	data, _ := os.ReadFile("/tmp/q.sql")
	m, _ := sqltest.NewMemory(context.Background())
	p, _ := sqltest.NewPostgres(context.Background(), os.Getenv("OPENDSQL_ORACLE"), "h_funcs_q")
	defer p.Close()
	for l := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n") {
		a, b := strings.Join(p.Run("", l), "\n    "), strings.Join(m.Run("", l), "\n    ")
		if a == b {
			fmt.Println("= " + l + "\n    " + a)
		} else {
			fmt.Println("X " + l + "\n  P " + a + "\n  O " + b)
		}
	}
}
