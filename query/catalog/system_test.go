package catalog

import (
	"context"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

func info(s *Snapshot) SessionInfo {
	return SessionInfo{User: AdminOID, SessionUser: AdminOID, Path: s.SearchPath([]string{"public"}, "admin"), Now: time.Unix(1_700_000_000, 0)}
}

// relationRows reads a whole system relation.
func relationRows(t testing.TB, s *Snapshot, schema, name string) (columns map[string]int, rows [][]sqltypes.Datum) {
	t.Helper()
	_, r, err := baseScope().ResolveTable(schema, name)
	if err != nil || r == nil {
		t.Fatalf("%s.%s: %v", schema, name, err)
	}
	columns = map[string]int{}
	for i, c := range r.Columns {
		columns[c.Name] = i
	}
	err = r.Rows(context.Background(), s, info(s), func(row []sqltypes.Datum) error {
		rows = append(rows, row)
		return nil
	})
	if err != nil {
		t.Fatalf("%s.%s: %v", schema, name, err)
	}
	return columns, rows
}

// kindOf is how values of a column's type are kept.
func kindOf(s *Snapshot, oid OID) sqltypes.Kind {
	oid = s.BaseType(oid)
	if k, ok := sqltypes.FixedKind(oid); ok {
		return k
	}
	t := s.Type(oid)
	switch {
	case t.Elem != 0 && t.Len == -1, oid == sqltypes.AnyArrayOID:
		return sqltypes.KindArray
	case oid == sqltypes.IntervalOID:
		return sqltypes.KindInterval
	}
	return sqltypes.KindBytes
}

// Every row of every system relation has a value of the right kind for each column, for a cluster with and without user objects.
func TestRowsFitTheirColumns(t *testing.T) {
	for _, s := range []*Snapshot{Base(), sampleSnapshot(t)} {
		for _, r := range SystemRelations() {
			if len(r.Columns) == 0 {
				t.Errorf("%s has no columns", r.Name)
			}
			err := r.Rows(context.Background(), s, info(s), func(row []sqltypes.Datum) error {
				if len(row) != len(r.Columns) {
					t.Fatalf("%s: %d values for %d columns", r.Name, len(row), len(r.Columns))
				}
				for i, d := range row {
					if want := kindOf(s, r.Columns[i].Type.OID); !d.IsNull() && d.Kind() != want {
						t.Fatalf("%s.%s: kind %d, want %d", r.Name, r.Columns[i].Name, d.Kind(), want)
					}
					if d.IsNull() && r.Columns[i].NotNull {
						t.Fatalf("%s.%s is null", r.Name, r.Columns[i].Name)
					}
				}
				return nil
			})
			if err != nil {
				t.Errorf("%s: %v", r.Name, err)
			}
		}
	}
}

func BenchmarkPgAttribute(b *testing.B) {
	s := Base()
	r, _ := SystemRelation(1249)
	for b.Loop() {
		n := 0
		if err := r.Rows(context.Background(), s, info(s), func([]sqltypes.Datum) error { n++; return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
