package catalog

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// How PostgreSQL writes types, functions and operators, as gen/resolve.go has read it from a server.
func TestNamesAreThoseOfPostgreSQL(t *testing.T) {
	s := baseScope()
	given := func(n int32) *int32 { return &n }
	lines := func(path, separator string, fields int, check func(oid OID, f []string)) {
		for _, line := range readLines(t, path) {
			f := strings.SplitN(line, separator, fields)
			n, err := strconv.ParseUint(f[0], 10, 32)
			if err != nil || len(f) != fields {
				t.Fatalf("%s: %q", path, line)
			}
			check(OID(n), f)
		}
	}
	same := func(oid OID, got, want string) {
		if got != want {
			t.Errorf("%d: got %q, PostgreSQL writes %q", oid, got, want)
		}
	}
	lines("testdata/types.txt", "|", 4, func(oid OID, f []string) {
		same(oid, s.RegText(sqltypes.RegTypeOID, oid), f[1])
		same(oid, s.FormatType(oid, given(-1)), f[2])
		same(oid, s.FormatType(oid, given(10)), f[3])
	})
	lines("testdata/signatures.txt", "|", 6, func(oid OID, f []string) {
		p := s.Proc(oid)
		result, _ := s.FunctionResult(p)
		same(oid, s.ProcText(oid), f[1])
		same(oid, s.ProcSignature(oid), f[2])
		same(oid, s.FunctionArguments(p), f[3])
		same(oid, s.FunctionIdentity(p), f[4])
		same(oid, result, f[5])
	})
	lines("testdata/operator_names.txt", " ", 3, func(oid OID, f []string) {
		same(oid, s.RegText(sqltypes.RegOperOID, oid), f[1])
		same(oid, s.RegText(sqltypes.RegOperatorOID, oid), f[2])
	})
}

// The equality and ordering operators of GROUP BY for each type, and whether it may hash.
func TestGroupingIsThatOfPostgreSQL(t *testing.T) {
	s := baseScope()
	for _, line := range readLines(t, "testdata/groupings.txt") {
		head, want, _ := strings.Cut(line, " ")
		n, err := strconv.ParseUint(head, 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		o, err := s.GroupOperators(OID(n))
		got := fmt.Sprintf("%d %d %v", o.Equal, o.Less, o.HashEqual == o.Equal && o.HashEqual != 0)
		if err != nil {
			got = code(err)
		}
		if got != want {
			t.Errorf("%s: got %s, PostgreSQL takes %s", s.TypeName(OID(n)), got, want)
		}
	}
}
