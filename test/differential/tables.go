package differential

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
)

// column is a column of a table or of a query's scope.
type column struct {
	name string // qualified in a scope
	typ  string
}

// table is a user's table.
type table struct {
	name    string
	columns []column
	key     []int // primary key
	unique  [][]int

	defaults  map[int]string // of columns
	notNull   map[int]bool
	checks    []string
	generated int // the column that is computed, or -1; then it is the last
}

// own are the columns that a statement may give values.
func (t *table) own() []column {
	if t.generated >= 0 {
		return t.columns[:t.generated]
	}
	return t.columns
}

// kinds are the types of columns; a type of the family "number" may be compared with any other of it.
var kinds = []string{"int2", "int4", "int8", "numeric(9,2)", "float4", "float8", "text", "varchar(8)", "char(4)", "bool", "date", "time", "timestamp",
	"timestamptz", "interval", "uuid", "bytea", "numeric(20,8)", "timetz", "jsonb"}

// valueKinds are those that no column has, but the values of a query.
var valueKinds = []string{"int4[]", "text[]", "int4range", "oid", "name", "daterange"}

// anyKind is a type of a query's column.
func anyKind(r *rand.Rand) string {
	if r.Intn(12) == 0 {
		return pick(r, valueKinds)
	}
	return pick(r, kinds)
}

// keyKinds may stand in keys.
var keyKinds = []string{"int4", "int4", "int8", "int2", "text", "varchar(8)", "numeric(9,2)", "date", "uuid", "timestamptz", "char(4)", "float8", "bool"}

// samples are the values of each type: few, so that joins meet, with the extremes among them.
var samples = map[string][]string{
	"int2":          {"0", "1", "2", "3", "5", "-1", "32767", "-32768"},
	"int4":          {"0", "1", "2", "3", "4", "5", "7", "-1", "-2", "2147483647", "-2147483648"},
	"int8":          {"0", "1", "2", "3", "5", "-1", "9223372036854775807", "-9223372036854775808"},
	"numeric(9,2)":  {"0", "1", "2", "2.5", "3.00", "-1.25", "9999999.99", "-9999999.99"},
	"float4":        {"0", "1", "2", "2.5", "-1.25", "'NaN'", "'Infinity'", "3"},
	"float8":        {"0", "1", "2", "2.5", "-1.25", "'NaN'", "'-Infinity'", "3", "1e300"},
	"text":          {"''", "'a'", "'b'", "'ab'", "'B'", "'a '", "'é'", "'%'", "'a_b'", "'1'", "'long text of some length'"},
	"varchar(8)":    {"''", "'a'", "'b'", "'ab'", "'B'", "'a '", "'2'"},
	"char(4)":       {"''", "'a'", "'b'", "'ab'", "'abcd'"},
	"bool":          {"true", "false"},
	"date":          {"'2020-01-01'", "'2020-02-29'", "'1999-12-31'", "'infinity'", "'0044-03-15 BC'"},
	"time":          {"'00:00'", "'12:34:56.789'", "'24:00'"},
	"timestamp":     {"'2020-01-01 00:00'", "'2020-02-29 12:34:56.5'", "'-infinity'", "'1999-12-31 23:59:59'"},
	"timestamptz":   {"'2020-01-01 00:00Z'", "'2020-02-29 12:34:56+02'", "'infinity'", "'1999-12-31 23:59:59Z'"},
	"interval":      {"'1 day'", "'1 month'", "'-3 hours'", "'0'", "'1 year 2 days 00:00:01.5'"},
	"uuid":          {"'00000000-0000-0000-0000-000000000000'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"},
	"numeric(20,8)": {"0", "1", "2", "2.5", "0.00000001", "-0.00000001", "999999999999.99999999", "-999999999999.99999999", "'NaN'", "3.10000000"},
	"timetz":        {"'00:00+00'", "'12:34:56.789-05'", "'24:00+14'", "'00:00-12'"},
	"jsonb":         {"'null'", "'1'", "'1.50'", "'\"a\"'", "'[]'", "'[1, \"a\", null, {\"b\": 2}]'", "'{}'", "'{\"a\": 1, \"b\": [true, 2.0]}'", "'{\"a\": {\"b\": null}}'", "'false'"},
	"int4[]":        {"'{}'", "'{1}'", "'{1,2,3}'", "'{NULL,2}'", "'{{1,2},{3,4}}'", "'[0:1]={5,6}'"},
	"text[]":        {"'{}'", "'{a,b}'", "'{NULL,\"a b\"}'", "'{\"\"}'"},
	"int4range":     {"'empty'", "'[1,5)'", "'(,3]'", "'[2,)'", "'(,)'", "'[1,1]'"},
	"daterange":     {"'empty'", "'[2020-01-01,2020-02-29)'", "'(,2020-02-29]'"},
	"oid":           {"0", "1", "2", "4294967295"},
	"name":          {"''", "'a'", "'b'"},
	"bytea":         {`'\x'`, `'\x00'`, `'\x00ff'`, `'\xff'`, `'abc'`},
}

// family groups types that compare with each other.
func family(t string) string {
	switch t {
	case "int2", "int4", "int8", "numeric(9,2)", "numeric(20,8)", "numeric", "float4", "float8":
		return "number"
	case "text", "varchar(8)", "char(4)":
		return "string"
	case "date", "timestamp", "timestamptz":
		return "moment"
	}
	return t
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.Intn(len(list))] }

// literal is a value of the type, now and then NULL.
func literal(r *rand.Rand, typ string) string {
	if r.Intn(12) == 0 {
		return "NULL::" + typ
	}
	return pick(r, samples[typ]) + "::" + typ
}

// newTables makes the tables of a round.
func newTables(r *rand.Rand) []*table {
	var tables []*table
	for i := range 4 + r.Intn(3) {
		t := &table{name: fmt.Sprintf("t%d", i), generated: -1, defaults: map[int]string{}, notNull: map[int]bool{}}
		for j := range 3 + r.Intn(6) {
			typ := pick(r, kinds)
			if j < 3 {
				typ = pick(r, keyKinds)
			}
			t.columns = append(t.columns, column{fmt.Sprintf("c%d", j), typ})
		}
		switch r.Intn(4) {
		case 0, 1:
			t.key = []int{0}
		case 2:
			t.key = []int{1, 0}
		}
		for range r.Intn(3) {
			t.unique = append(t.unique, r.Perm(3)[:1+r.Intn(2)])
		}
		t.rules(r)
		tables = append(tables, t)
	}
	return tables
}

// rules gives some columns defaults, constraints, and a value computed from others.
func (t *table) rules(r *rand.Rand) {
	for i, c := range t.columns {
		if r.Intn(4) == 0 {
			t.defaults[i] = pick(r, samples[c.typ])
		}
		if r.Intn(8) == 0 {
			t.notNull[i] = true
		}
		if c.typ == "int4" && r.Intn(6) == 0 {
			t.checks = append(t.checks, c.name+" <> 6")
		}
	}
	if first := t.columns[0]; r.Intn(3) == 0 && (first.typ == "int4" || first.typ == "int2" || first.typ == "text") {
		t.generated = len(t.columns)
		typ := "int8"
		if first.typ == "text" {
			typ = "text"
		}
		t.columns = append(t.columns, column{fmt.Sprintf("c%d", t.generated), typ})
	}
}

// create is the statement that makes the table.
func (t *table) create() string {
	var parts []string
	for i, c := range t.columns {
		part := c.name + " " + c.typ
		if d := t.defaults[i]; d != "" {
			part += " DEFAULT " + d
		}
		if t.notNull[i] {
			part += " NOT NULL"
		}
		if i == t.generated && c.typ == "text" {
			part += " GENERATED ALWAYS AS (upper(c0) || '!') STORED"
		} else if i == t.generated {
			part += " GENERATED ALWAYS AS (c0::int8 * 2 + 1) STORED"
		}
		parts = append(parts, part)
	}
	for _, c := range t.checks {
		parts = append(parts, "CHECK ("+c+")")
	}
	list := func(columns []int) string {
		var names []string
		for _, i := range columns {
			names = append(names, t.columns[i].name)
		}
		return "(" + strings.Join(names, ", ") + ")"
	}
	if t.key != nil {
		parts = append(parts, "PRIMARY KEY "+list(t.key))
	}
	for _, u := range t.unique {
		parts = append(parts, "UNIQUE "+list(u))
	}
	return "CREATE TABLE " + t.name + " (" + strings.Join(parts, ", ") + ")"
}

// fill is a statement that inserts random rows, those that collide aside.
func (t *table) fill(r *rand.Rand) string {
	var rows []string
	for range 1 + r.Intn(60) {
		rows = append(rows, t.row(r))
	}
	return "INSERT INTO " + t.name + t.into() + " VALUES " + strings.Join(rows, ", ") + " ON CONFLICT DO NOTHING"
}

// into is the list of columns that an INSERT into a table with a computed one names.
func (t *table) into() string {
	if t.generated < 0 {
		return ""
	}
	var names []string
	for _, c := range t.own() {
		names = append(names, c.name)
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// row is a row of VALUES.
func (t *table) row(r *rand.Rand) string {
	var values []string
	for i, c := range t.own() {
		v := pick(r, samples[c.typ])
		if slices.Contains([]string{"int4", "int8", "int2"}, c.typ) && r.Intn(2) == 0 {
			v = fmt.Sprint(r.Intn(40))
		}
		if !slices.Contains(t.key, i) && !t.notNull[i] && r.Intn(6) == 0 {
			v = "NULL"
		} else if t.defaults[i] != "" && r.Intn(10) == 0 {
			v = "DEFAULT"
		}
		values = append(values, v)
	}
	return "(" + strings.Join(values, ", ") + ")"
}
