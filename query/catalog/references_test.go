package catalog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Every OID in a catalog row that PostgreSQL says refers to another catalog has its row there.
func TestReferencesBetweenCatalogs(t *testing.T) {
	s := sampleSnapshot(t)
	type table struct {
		columns map[string]int
		rows    [][]sqltypes.Datum
		keys    map[string]map[string]bool
	}
	tables := map[string]*table{}
	load := func(name string) *table {
		if tables[name] == nil {
			c, rows := relationRows(t, s, "pg_catalog", name)
			tables[name] = &table{columns: c, rows: rows, keys: map[string]map[string]bool{}}
		}
		return tables[name]
	}
	has := func(to *table, columns string, key string) bool {
		if to.keys[columns] == nil {
			to.keys[columns] = map[string]bool{}
			for _, row := range to.rows {
				var parts []string
				for _, c := range strings.Split(columns, ",") {
					parts = append(parts, fmt.Sprint(row[to.columns[c]].Int()))
				}
				to.keys[columns][strings.Join(parts, ",")] = true
			}
		}
		return to.keys[columns][key]
	}
	name := func(relation sqltypes.Datum) string {
		_, name, _ := s.RelationName(OID(relation.Int()))
		return name
	}
	texts := func(d sqltypes.Datum) (list []string) {
		for _, e := range d.Array().Elements {
			list = append(list, e.Str())
		}
		return list
	}
	for _, f := range s.Scope(Path{}).References() {
		from, to := load(name(f[0])), load(name(f[2]))
		columns, isArray, optional := texts(f[1]), f[4].Bool(), f[5].Bool()
		last := columns[len(columns)-1]
		for _, row := range from.rows {
			value := row[from.columns[last]]
			values := []sqltypes.Datum{value}
			if value.IsNull() {
				continue
			}
			if isArray {
				values = value.Array().Elements
			}
			for _, d := range values {
				if optional && d.Int() == 0 || last == "collnamespace" {
					continue
				}
				key := fmt.Sprint(d.Int())
				for _, c := range columns[:len(columns)-1] {
					key = fmt.Sprint(row[from.columns[c]].Int()) + "," + key
				}
				if !has(to, strings.Join(texts(f[3]), ","), key) {
					t.Errorf("%s (%s) has %s, which is not in %s", name(f[0]), last, key, name(f[2]))
				}
			}
		}
	}
}

func TestOutputColumns(t *testing.T) {
	s := baseScope()
	for _, c := range []struct {
		call Call
		want string
	}{
		{Call{Name: []string{"information_schema", "_pg_expandarray"}, Args: []OID{sqltypes.Int2VectorOID}}, "[{x 21 -1} {n 23 -1}]"},
		{Call{Name: []string{"json_each"}, Args: []OID{sqltypes.JSONOID}}, "[{key 25 -1} {value 114 -1}]"},
		{Call{Name: []string{"unnest"}, Args: []OID{sqltypes.Int4ArrayOID}}, "[]"},
		{Call{Name: []string{"sys", "supported_datatypes"}}, "[{name 25 -1} {supported_in_pushdown 16 -1}]"},
		{Call{Name: []string{"json_to_record"}, Args: []OID{sqltypes.JSONOID}}, "[]"},
		{Call{Name: []string{"json_populate_record"}, Args: []OID{81, sqltypes.JSONOID}}, ""}, // the row type of pg_proc
	} {
		got, err := s.ResolveFunction(c.call)
		if err != nil {
			t.Errorf("%v: %v", c.call, err)
			continue
		}
		columns, err := s.OutputColumns(got, c.call.Args)
		if err != nil || c.want != "" && fmt.Sprint(columns) != c.want || c.want == "" && len(columns) != 30 {
			t.Errorf("%v: %v, %v", c.call, columns, err)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	s := baseScope()
	b.Run("operator", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.ResolveOperator([]string{"="}, sqltypes.Int8OID, sqltypes.Int4OID); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("literal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.ResolveOperator([]string{"||"}, sqltypes.VarCharOID, sqltypes.UnknownOID); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("function", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.ResolveFunction(Call{Name: []string{"lower"}, Args: []OID{sqltypes.VarCharOID}}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
