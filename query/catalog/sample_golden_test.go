package catalog

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// goldenSkipped are types whose values differ from server to server.
var goldenSkipped = []OID{sqltypes.OIDOID, sqltypes.OIDVectorOID, sqltypes.OIDArrayOID, sqltypes.RegProcOID, sqltypes.PgNodeTreeOID, sqltypes.XIDOID}

// goldenText writes a value as a cast to text does.
func goldenText(s Scope, typ OID, d sqltypes.Datum) string {
	switch typ = s.BaseType(typ); {
	case d.IsNull():
		return "~"
	case typ == sqltypes.BoolOID:
		return strconv.FormatBool(d.Bool())
	case typ == sqltypes.CharOID:
		return strings.Trim(string([]byte{byte(d.Int())}), "\x00")
	case typ == sqltypes.RegTypeOID:
		return s.RegText(typ, OID(d.Int()))
	case d.Kind() == sqltypes.KindInt:
		return strconv.FormatInt(d.Int(), 10)
	case d.Kind() == sqltypes.KindFloat:
		return strconv.FormatFloat(d.Float(), 'g', -1, 32)
	case d.Kind() == sqltypes.KindArray:
		var parts []string
		for _, e := range d.Array().Elements {
			parts = append(parts, goldenText(s, d.Array().Element, e))
		}
		if typ == sqltypes.Int2VectorOID {
			return strings.Join(parts, " ")
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return d.Str()
}

var goldenNumbers = regexp.MustCompile(`(\d+_)+(\d+_not_null)|f2_\d+|relpages=\d+\|reltuples=-?\d+\|`)

// goldenLine takes out of a line what PostgreSQL and the service must differ in: OIDs in names, sizes, the owner's name, the compression of text, the
// name of the index method.
func goldenLine(line string) string {
	return strings.NewReplacer("admin", "postgres", "attcompression=l", "attcompression=", " btree_index ", " btree ").
		Replace(goldenNumbers.ReplaceAllString(line, "N_$2"))
}

// isCompared tells whether a row is about an object of a user, and not about a primary key's index: the service's includes the other columns.
func isCompared(s *Snapshot, r *System, row []sqltypes.Datum) bool {
	if r.Schema == PgCatalogOID && r.Columns[0].Type.OID == sqltypes.OIDOID {
		oid := OID(row[0].Int())
		_, index := s.Index(oid)
		if index != nil && index.Primary {
			return r.Name == "pg_attribute" && int(row[4].Int()) <= len(index.Keys)
		}
		return oid >= FirstUserOID || r.Name == "pg_attrdef"
	}
	for i, c := range r.Columns {
		if strings.Contains(c.Name, "schema") && !row[i].IsNull() {
			return row[i].Str() == "app" || row[i].Str() == "public" && c.Name != "schema_name"
		}
	}
	return false
}

// The catalog says of the sample what PostgreSQL 16 says of the same objects (gen/sample.go), but for what the service does otherwise.
func TestCatalogOfSampleIsThatOfPostgreSQL(t *testing.T) {
	s := sampleSnapshot(t)
	scope := baseScopeOf(s)
	want := map[string]map[string]int{} // how often each line comes
	for _, line := range readLines(t, "testdata/sample.txt") {
		relation, _, _ := strings.Cut(line, ": ")
		if want[relation] == nil {
			want[relation] = map[string]int{}
		}
		want[relation][goldenLine(line)]++
	}
	for _, relation := range slices.Sorted(maps.Keys(want)) {
		schema, name, _ := strings.Cut(relation, ".")
		_, r, err := scope.ResolveTable(schema, name)
		if err != nil {
			t.Fatal(err)
		}
		_, rows := relationRows(t, s, schema, name)
		for _, row := range rows {
			if !isCompared(s, r, row) {
				continue
			}
			var parts []string
			for i, c := range r.Columns {
				if !slices.Contains(goldenSkipped, c.Type.OID) {
					parts = append(parts, c.Name+"="+goldenText(scope, c.Type.OID, row[i]))
				}
			}
			line := goldenLine(relation + ": " + strings.ReplaceAll(strings.Join(parts, "|"), "\n", " "))
			want[relation][line]--
		}
		for _, line := range slices.Sorted(maps.Keys(want[relation])) {
			if n := want[relation][line]; n != 0 && !strings.Contains(line, "_pkey") && !strings.Contains(line, "indisprimary=true") {
				t.Errorf("PostgreSQL has %d more: %s", n, line)
			}
		}
	}
}
