package catalog

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// baseScope sees a cluster without user objects through the path "public".
func baseScope() Scope {
	s := Base()
	return s.Scope(s.SearchPath([]string{"$user", "public"}, "admin"))
}

func typeOID(t *testing.T, s Scope, name string) OID {
	t.Helper()
	info, err := s.LookupType([]string{strings.Trim(name, `"`)})
	if err != nil || info == nil {
		t.Fatalf("no type %s: %v", name, err)
	}
	return info.OID
}

func readLines(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	r := bufio.NewScanner(f)
	for r.Scan() {
		lines = append(lines, r.Text())
	}
	return lines
}

func code(err error) string {
	var e *pgerror.Error
	if errors.As(err, &e) {
		return string(e.Code)
	}
	return err.Error()
}

// PostgreSQL's choice of operator for each pair of operand types, as gen/resolve.go has read it from a server.
func TestOperatorsAreThoseOfPostgreSQL(t *testing.T) {
	s := baseScope()
	lines := readLines(t, "testdata/operators.txt")
	types := strings.Fields(lines[0])[1:]
	failures := 0
	for _, line := range lines[1:] {
		f := strings.Fields(line)
		left := OID(0)
		if f[1] != "-" {
			left = typeOID(t, s, f[1])
		}
		for i, want := range f[2:] {
			if want == "42601" { // the grammar takes some operators only between operands
				continue
			}
			got := ""
			call, err := s.ResolveOperator([]string{f[0]}, left, typeOID(t, s, types[i]))
			if err != nil {
				got = code(err)
			} else {
				got = fmt.Sprint(call.OID)
			}
			if got != want {
				if failures++; failures < 20 {
					t.Errorf("%s %s %s: got %s, PostgreSQL takes %s", f[1], f[0], types[i], got, want)
				}
			}
		}
	}
	if failures > 0 {
		t.Errorf("%d operators differ", failures)
	}
}

// The same for calls of functions; lines end with the OID of the function and of its result, or an SQLSTATE.
func TestFunctionsAreThoseOfPostgreSQL(t *testing.T) {
	s := baseScope()
	failures := 0
	lines := readLines(t, "testdata/functions.txt")
	for _, line := range lines {
		head, want, _ := strings.Cut(line, " ")
		name, args, _ := strings.Cut(strings.TrimSuffix(head, ")"), "(")
		call := Call{Name: []string{name}}
		for _, a := range strings.FieldsFunc(args, func(r rune) bool { return r == ',' }) {
			call.Args = append(call.Args, typeOID(t, s, a))
		}
		got, err := s.ResolveFunction(call)
		answer := ""
		switch {
		case err != nil:
			answer = code(err)
		case got.Proc == nil:
			answer = fmt.Sprintf("cast %d", got.Result)
		default:
			answer = fmt.Sprintf("%d %d", got.OID, got.Result)
		}
		if strings.HasPrefix(want, "CONST") || head == "count()" { // a cast of NULL, and what the grammar of aggregates asks for
			continue
		}
		if want == "0A000" { // found, but a literal cannot be one of the pseudo-types it takes
			continue
		}
		if !sameAnswer(answer, want) {
			if failures++; failures < 30 {
				t.Errorf("%s: got %s, PostgreSQL takes %s", head, answer, want)
			}
		}
	}
	if failures > 0 {
		t.Errorf("%d of %d calls differ", failures, len(lines))
	}
}

func sameAnswer(got, want string) bool {
	_, result, ok := strings.Cut(want, " ")
	return got == want || ok && got == result
}

// errorOf gives an error the form "code: message / detail / hint".
func errorOf(err error) string {
	var e *pgerror.Error
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	text := string(e.Code) + ": " + e.Message
	for _, more := range []string{e.Detail, e.Hint} {
		if more != "" {
			text += " / " + more
		}
	}
	return text
}

func TestErrorsReadLikePostgreSQL(t *testing.T) {
	s := baseScope()
	int4, text, unknown := sqltypes.Int4OID, sqltypes.TextOID, sqltypes.UnknownOID
	const addCasts = "You might need to add explicit type casts."
	function := func(c Call) error { _, err := s.ResolveFunction(c); return err }
	operator := func(name string, l, r OID) error { _, err := s.ResolveOperator([]string{name}, l, r); return err }
	common := func(types ...OID) error { _, _, err := s.CommonType(types, "CASE"); return err }
	sort := func(o OID) error { _, err := s.SortOperators(o); return err }
	for _, c := range []struct {
		err  error
		want string
	}{
		{function(Call{Name: []string{"foo"}, Args: []OID{int4}}),
			"42883: function foo(integer) does not exist / No function matches the given name and argument types. " + addCasts},
		{function(Call{Name: []string{"pg_catalog", "foo"}, Args: []OID{int4, unknown}, ArgNames: []string{"b"}}),
			"42883: function pg_catalog.foo(integer, b => unknown) does not exist / No function matches the given name and argument types. " + addCasts},
		{function(Call{Name: []string{"nowhere", "foo"}}), "3F000: schema \"nowhere\" does not exist"},
		{function(Call{Name: []string{"unnest"}, Args: []OID{unknown}}),
			"42725: function unnest(unknown) is not unique / Could not choose a best candidate function. " + addCasts},
		{function(Call{Name: []string{"array_append"}, Args: []OID{sqltypes.Int4ArrayOID, sqltypes.BoolOID}}),
			"42883: function array_append(integer[], boolean) does not exist / No function matches the given name and argument types. " + addCasts},
		{function(Call{Name: []string{"array_length"}, Args: []OID{unknown, int4}}),
			"42804: could not determine polymorphic type because input has type unknown"},
		{operator("+", int4, text),
			"42883: operator does not exist: integer + text / No operator matches the given name and argument types. " + addCasts},
		{operator("-", 0, text), "42883: operator does not exist: - text / No operator matches the given name and argument type. You might need to add an explicit type cast."},
		{operator("+", unknown, unknown), "42725: operator is not unique: unknown + unknown / Could not choose a best candidate operator. " + addCasts},
		{common(int4, text), "42804: CASE types integer and text cannot be matched"},
		{sort(sqltypes.JSONOID), "42883: could not identify an ordering operator for type json / Use an explicit ordering operator or modify the query."},
		{sort(sqltypes.JSONArrayOID), "42883: could not identify an ordering operator for type json[] / Use an explicit ordering operator or modify the query."},
	} {
		if got := errorOf(c.err); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestCallsWithNamesDefaultsAndVariadic(t *testing.T) {
	s := baseScope()
	unknown, int4, text := sqltypes.UnknownOID, sqltypes.Int4OID, sqltypes.TextOID
	for _, c := range []struct {
		call                        Call
		oid, result                 OID
		args                        int
		defaults, variadic, ordered int
	}{
		{Call{Name: []string{"make_interval"}, Args: []OID{unknown}, ArgNames: []string{"days"}}, 3464, sqltypes.IntervalOID, 7, 6, 0, 3},
		{Call{Name: []string{"make_interval"}}, 3464, sqltypes.IntervalOID, 7, 7, 0, 0},
		{Call{Name: []string{"concat"}, Args: []OID{unknown, int4, text}}, 3058, text, 3, 0, 0, 0},
		{Call{Name: []string{"jsonb_extract_path"}, Args: []OID{sqltypes.JSONBOID, unknown, unknown}}, 3217, sqltypes.JSONBOID, 3, 0, 2, 0},
		{Call{Name: []string{"jsonb_extract_path"}, Args: []OID{sqltypes.JSONBOID, unknown}, Variadic: true}, 3217, sqltypes.JSONBOID, 2, 0, 0, 0},
		{Call{Name: []string{"jsonb_path_query"}, Args: []OID{sqltypes.JSONBOID, unknown}}, 4006, sqltypes.JSONBOID, 4, 2, 0, 0},
		{Call{Name: []string{"array_agg"}, Args: []OID{sqltypes.Int4ArrayOID}}, 4053, sqltypes.Int4ArrayOID, 1, 0, 0, 0},
		{Call{Name: []string{"array_agg"}, Args: []OID{int4}}, 2335, sqltypes.Int4ArrayOID, 1, 0, 0, 0},
	} {
		got, err := s.ResolveFunction(c.call)
		if err != nil {
			t.Errorf("%v: %v", c.call, err)
			continue
		}
		if got.OID != c.oid || got.Result != c.result || len(got.Args) != c.args || got.Defaults != c.defaults || got.Variadic != c.variadic {
			t.Errorf("%v: %d returns %d, %v, defaults %d, variadic %d", c.call, got.OID, got.Result, got.Args, got.Defaults, got.Variadic)
		}
		if c.ordered != 0 && (len(got.Order) == 0 || got.Order[0] != c.ordered) {
			t.Errorf("%v: order %v", c.call, got.Order)
		}
	}
}

func TestUnknownIsAType(t *testing.T) {
	if typeOID(t, baseScope(), "unknown") != sqltypes.UnknownOID {
		t.Error("unknown has another OID")
	}
}
