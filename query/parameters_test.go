package query_test

import (
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
)

// datums keeps the values of the last row as they are.
type datums struct {
	reporter
	row []sqltypes.Datum
}

func (d *datums) Row(values []sqltypes.Datum) error {
	d.row = append([]sqltypes.Datum{}, values...)
	return d.Recorder.Row(values)
}

// TestParametersOfEveryType sends a value as text, and what came of it in the binary form; both must read the same.
func TestParametersOfEveryType(t *testing.T) {
	c := newClient(t)
	for _, test := range []struct{ typ, in, out string }{
		{"bool", "yes", "t"}, {"int2", "-32768", ""}, {"int4", " 42 ", "42"}, {"int8", "9223372036854775807", ""}, {"float4", "1.5e10", "1.5000001e+10"},
		{"float8", "-Infinity", ""}, {"numeric", "-0001234567890.12340", "-1234567890.12340"}, {"numeric", "NaN", ""}, {"numeric(5,2)", "1.005", "1.01"},
		{"text", "äöü", ""}, {"varchar(2)", "abc", "ab"}, {"bpchar", "ab  ", "\"ab  \""}, {"char(4)", "ab", "\"ab  \""}, {"name", "x", ""},
		{"bytea", `\x00ff`, ""}, {"date", "2024-02-29", ""}, {"date", "infinity", ""}, {"time", "24:00", "24:00:00"}, {"timetz", "01:02:03.4+05:30", ""},
		{"timestamp", "2024-02-29 01:02:03.000004", ""}, {"timestamptz", "2024-02-29 01:02:03+02", "2024-02-28 23:02:03+00"},
		{"interval", "1 year 2 months 3 days 04:05:06.789", "1 year 2 mons 3 days 04:05:06.789"},
		{"uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{"json", `{"b" :1, "a":2}`, ""}, {"jsonb", `{"b" :1, "a":2}`, `{"a": 2, "b": 1}`}, {"oid", "4294967295", ""}, {"int4[]", "{1,NULL,3}", ""},
		{"text[]", `{"a b",c,"NULL"}`, ""}, {"int4[]", "{{1,2},{3,4}}", ""}, {"inet", "127.0.0.1", ""},
	} {
		c.parse("", "SELECT $1::"+test.typ)
		w := &datums{}
		for _, err := range []error{
			c.Bind(t.Context(), &query.Bind{Params: [][]byte{[]byte(test.in)}}), c.Execute(t.Context(), "", 0, w), c.Sync(t.Context(), w),
		} {
			if err != nil {
				t.Fatalf("%s %q: %v", test.typ, test.in, err)
			}
		}
		want := test.out
		if want == "" {
			want = test.in
		}
		if got := unquoteCell(w.Lines[1]); got != unquoteCell(want) {
			t.Errorf("%s %q as text: %s, want %s", test.typ, test.in, got, want)
		}
		params, _, _, err := c.DescribeStatement(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		data, err := sqltypes.AppendBinary(nil, params[0], w.row[0])
		if err != nil {
			t.Fatalf("%s: %v", test.typ, err)
		}
		again := &datums{}
		for _, err := range []error{
			c.Bind(t.Context(), &query.Bind{Params: [][]byte{data}, ParamFormats: []int16{1}, ResultFormats: []int16{1}}),
			c.Execute(t.Context(), "", 0, again), c.Sync(t.Context(), again),
		} {
			if err != nil {
				t.Fatalf("%s %q in binary form: %v", test.typ, test.in, err)
			}
		}
		if again.Lines[1] != w.Lines[1] {
			t.Errorf("%s %q in binary form: %s, want %s", test.typ, test.in, again.Lines[1], w.Lines[1])
		}
	}
}

// unquoteCell takes the quotes off that sqltest.Cell puts on.
func unquoteCell(s string) string {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}
