package parse

import "testing"

func TestSameTree(t *testing.T) {
	cases := []struct {
		a, b string
		same bool
	}{
		{"SELECT a + 1", "select  (a)+1", true},
		{"SELECT a + 1", "SELECT a + 2", false},
		{"SELECT a + b + c", "SELECT a + (b + c)", false},
		{"SELECT a FROM t", "SELECT a FROM t AS t", false},
		{"SELECT a AND b AND c", "SELECT (a AND b) AND c", true},
		{"SELECT a AND b AND c", "SELECT a AND (b AND c)", false},
		{"INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1), (2)", false},
	}
	for _, c := range cases {
		a, errA := Parse(c.a)
		b, errB := Parse(c.b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if got := Same(a[0].Stmt, b[0].Stmt); got != c.same {
			t.Errorf("%s and %s: same %v, want %v", c.a, c.b, got, c.same)
		}
	}
}
