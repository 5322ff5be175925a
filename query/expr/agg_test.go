package expr

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// aggregates.txt holds groups of values with what PostgreSQL makes of them: OID, name, result type, argument types, rows, result.
func TestAggregates(t *testing.T) {
	data, err := os.ReadFile("testdata/aggregates.txt")
	if err != nil {
		t.Fatal(err)
	}
	types, session := typesByName(), goldenSession(t)
	session.Format = nil
	for line := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n") {
		f := strings.Split(line, "\t")
		n, _ := strconv.Atoi(f[0])
		call := &CallInfo{Proc: oid(n), Name: f[1], Result: sqltypes.T(types[f[2]])}
		argTypes := strings.Split(f[3], ",")
		for _, a := range argTypes {
			call.Args = append(call.Args, sqltypes.T(types[a]))
		}
		agg, err := LookupAggregate(call.Proc, call)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		got, err := runAggregate(&Env{Session: session}, agg, call, f[4])
		if err != nil {
			got = "ERROR " + err.Error()
		}
		if want := unescapeLine(f[5]); got != want && !nearFloats(got, want) {
			t.Errorf("%s(%s) over %s\n got %s\nwant %s", f[1], f[3], f[4], got, want)
		}
	}
}

func runAggregate(env *Env, agg Aggregate, call *CallInfo, rows string) (string, error) {
	state := agg.New()
	for row := range strings.SplitSeq(rows, "|") {
		if rows == "" {
			break
		}
		values := []string{row}
		if len(call.Args) > 1 {
			values = strings.SplitN(row, ",", 2)
		}
		var args []datum
		for i, v := range values {
			d := sqltypes.Null
			if v != `\N` {
				var err error
				if d, err = sqltypes.ParseText(call.Args[i], strings.ReplaceAll(v, `\c`, ","), nil); err != nil {
					return "", err
				}
			}
			args = append(args, d)
		}
		if err := state.Add(env, args); err != nil {
			return "", err
		}
	}
	v, err := state.Result(env)
	switch {
	case err != nil:
		return "", err
	case v.IsNull():
		return "NULL", nil
	case call.Result.OID == sqltypes.BoolOID:
		return strconv.FormatBool(v.Bool()), nil
	}
	return sqltypes.Text(call.Result.OID, v, nil), nil
}
