package drivers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/opendsql/opendsql/test/server"
)

// kinds are the storable types with values at their edges, as PostgreSQL prints them.
var kinds = []struct {
	name   string
	values []string
}{
	{"smallint", []string{"-32768", "32767", "0"}},
	{"integer", []string{"-2147483648", "2147483647", "0"}},
	{"bigint", []string{"-9223372036854775808", "9223372036854775807", "0"}},
	{"real", []string{"1e-45", "3.4028235e+38", "-0", "NaN", "Infinity", "-Infinity", "1.5"}},
	{"double precision", []string{"5e-324", "1.7976931348623157e+308", "-0", "NaN", "Infinity", "-Infinity", "0.1"}},
	{"numeric", []string{"0", "-0.0001", "NaN", "Infinity", "-Infinity", "1" + strings.Repeat("0", 59), "0." + strings.Repeat("0", 40) + "1", "123456.7890", "10000", "0.00"}},
	{"numeric(20,4)", []string{"9999999999999999.9999", "-0.0001", "NaN"}},
	{"char(4)", []string{"    ", "ab  ", "žřč "}},
	{"varchar(5)", []string{"", "abcde", "☃    "}},
	{"bpchar", []string{"", "a "}},
	{"text", []string{"", " ", "☃\t\n\\", `{"a,b"}`, "NULL", strings.Repeat("long ", 5000)}},
	{"date", []string{"4713-01-01 BC", "5874897-12-31", "infinity", "-infinity", "2000-01-01", "2024-02-29"}},
	{"time", []string{"00:00:00", "24:00:00", "23:59:59.999999"}},
	{"time(0)", []string{"12:34:56"}},
	{"time with time zone", []string{"00:00:00+15:59:59", "24:00:00-15:59:59", "12:34:56.789+00"}},
	{"timestamp", []string{"4713-01-01 00:00:00 BC", "294276-12-31 23:59:59.999999", "infinity", "-infinity", "2000-01-01 00:00:00"}},
	{"timestamp with time zone", []string{"4713-01-01 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00", "infinity", "-infinity", "1999-12-31 23:59:59.999999+00"}},
	{"interval", []string{"00:00:00", "178000000 years", "-178000000 years", "1 mon -2 days +03:04:05.000006", "-00:00:00.000001"}},
	{"boolean", []string{"t", "f"}},
	{"bytea", []string{`\x`, `\x00ff5c27`}},
	{"uuid", []string{"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"}},
	{"json", []string{`{"a":  [1, null]}`, `"☃"`, "null"}},
	{"jsonb", []string{`{"a": [1, null], "b": {"c": 1.50}}`, `"☃\n"`, "null", "12345678901234567890.5"}},
}

// column is one execution of a query of one parameter, in chosen formats.
func column(t *testing.T, conn *pgx.Conn, sql string, param []byte, in, out int16) ([]byte, *pgconn.FieldDescription, error) {
	t.Helper()
	r := conn.PgConn().ExecParams(t.Context(), sql, [][]byte{param}, nil, []int16{in}, []int16{out}).Read()
	if r.Err != nil {
		return nil, nil, r.Err
	}
	if len(r.Rows) != 1 || len(r.Rows[0]) != 1 {
		t.Fatalf("%s gave %d rows", sql, len(r.Rows))
	}
	return r.Rows[0][0], &r.FieldDescriptions[0], nil
}

// Every storable type, and arrays of it, go to the server and back in text and in binary, in all four combinations.
func TestFormats(t *testing.T) {
	t.Parallel()
	p := server.Run(t, program)
	conn := server.Dial(t, p.AdminConfig(t))
	const text, binary = 0, 1
	for _, k := range kinds {
		for _, name := range []string{k.name, k.name + "[]"} {
			sql := fmt.Sprintf("SELECT $1::%s", name)
			values := k.values
			if strings.HasSuffix(name, "[]") {
				values = []string{"{}", "{NULL}", arrayOf(k.values), "{" + arrayOf(k.values) + "," + arrayOf(k.values) + "}", "[-2:-2]={NULL}"}
			}
			for _, value := range values {
				bytes, _, err := column(t, conn, sql, []byte(value), text, binary)
				if err != nil {
					t.Fatalf("%s %q to binary: %v", name, value, err)
				}
				for _, out := range []int16{text, binary} {
					for in, param := range [][]byte{[]byte(value), bytes} {
						got, field, err := column(t, conn, sql, param, int16(in), out)
						want := value
						if out == binary {
							want = string(bytes)
						}
						if err != nil || string(got) != want && !strings.HasSuffix(name, "[]") || field.Format != out {
							t.Errorf("%s %.50q from format %d to %d: got %.50q, want %.50q, %v", name, value, in, out, got, want, err)
						}
					}
				}
			}
			if got, _, err := column(t, conn, sql, nil, binary, binary); err != nil || got != nil {
				t.Errorf("%s NULL: got %q, %v", name, got, err)
			}
		}
	}
}

func arrayOf(values []string) string {
	quoted := make([]string, len(values), len(values)+1)
	for i, v := range values {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
	}
	return "{" + strings.Join(append(quoted, "NULL"), ",") + "}"
}

var modes = map[string]pgx.QueryExecMode{
	"cache statement": pgx.QueryExecModeCacheStatement, "cache describe": pgx.QueryExecModeCacheDescribe, "describe exec": pgx.QueryExecModeDescribeExec,
	"exec": pgx.QueryExecModeExec, "simple protocol": pgx.QueryExecModeSimpleProtocol,
}

// Every type is stored and read back in each of pgx's modes, whichever formats a mode uses.
func TestModes(t *testing.T) {
	t.Parallel()
	p := server.Run(t, program)
	names, columns := make([]string, len(kinds)), make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = fmt.Sprintf("c%d", i)
		columns[i] = names[i] + " " + k.name
	}
	create := "CREATE TABLE kinds (id text PRIMARY KEY, " + strings.Join(columns, ", ") + ")"
	must(t, server.Dial(t, p.AdminConfig(t)), strings.Replace(create, "c5 numeric,", "c5 numeric(120,60),", 1))
	for mode, m := range modes {
		t.Run(mode, func(t *testing.T) {
			c := p.AdminConfig(t)
			c.DefaultQueryExecMode = m
			conn := server.Dial(t, c)
			for i, k := range kinds {
				write := fmt.Sprintf("INSERT INTO kinds (id, %s) VALUES ($1, $2) RETURNING %s::text", names[i], names[i])
				read := fmt.Sprintf("SELECT %s FROM kinds WHERE id = $1", names[i])
				for n, value := range append([]string{""}, k.values...) {
					if k.name == "numeric" && strings.HasSuffix(value, "Infinity") {
						continue // a numeric with a precision has none
					}
					id := fmt.Sprintf("%s %d %d", mode, i, n)
					var param any = value
					if n == 0 {
						param = nil
					}
					var back *string
					if err := conn.QueryRow(t.Context(), write, id, param).Scan(&back); err != nil {
						t.Errorf("%s %.50q: %v", k.name, value, err)
						continue
					}
					var got any
					if err := conn.QueryRow(t.Context(), read, id).Scan(&got); err != nil && !outOfGo(value) {
						t.Errorf("%s %.50q read: %v", k.name, value, err)
					}
					if (got == nil) != (n == 0) && !outOfGo(value) && value != "null" {
						t.Errorf("%s %.50q read as %v", k.name, value, got)
					}
				}
			}
		})
	}
}

// outOfGo tells whether a value is none that Go's own types can hold.
func outOfGo(value string) bool {
	return strings.Contains(value, "BC") || strings.HasPrefix(value, "5874897") || strings.HasPrefix(value, "294276") || strings.HasPrefix(value, "24:00")
}
