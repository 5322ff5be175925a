package catalog

import (
	"context"
	"errors"
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// visible tells whether looking the name up along the path finds an object of this schema first.
func (s Scope) visible(schema OID, exists func(schema OID) bool) bool {
	for _, o := range s.path.schemas {
		if o == schema {
			return true
		}
		if exists(o) {
			return false
		}
	}
	return false
}

// TypeIsVisible tells whether the type's bare name means this type.
func (s Scope) TypeIsVisible(oid OID) bool {
	t := s.Type(oid)
	return t != nil && s.visible(t.Namespace, func(schema OID) bool { return s.TypeIn(schema, t.Name) != nil })
}

// RelationIsVisible tells whether the bare name of a table, view, sequence, index or system relation means this one.
func (s Scope) RelationIsVisible(oid OID) bool {
	schema, name, ok := s.RelationName(oid)
	return ok && s.visible(schema, func(schema OID) bool { return s.relationIn(schema, name) != 0 })
}

// ProcIsVisible tells whether the function's bare name and argument types mean this function.
func (s Scope) ProcIsVisible(oid OID) bool {
	p := s.Proc(oid)
	return p != nil && s.visible(p.Namespace, func(schema OID) bool {
		for _, other := range s.ProcsByName(p.Name) {
			if other.Namespace == schema && equalOIDs(other.ArgTypes, p.ArgTypes) {
				return true
			}
		}
		return false
	})
}

// OperatorIsVisible tells whether the operator's bare name and operand types mean this operator.
func (s Scope) OperatorIsVisible(oid OID) bool {
	o := s.Operator(oid)
	return o != nil && s.visible(o.Namespace, func(OID) bool { return false })
}

// StatisticsIsVisible tells whether the bare name of a statistics object means this one.
func (s Scope) StatisticsIsVisible(oid OID) bool {
	x := s.statistics[oid]
	return x != nil && s.visible(x.Schema, func(schema OID) bool {
		for _, other := range s.statistics {
			if other.Schema == schema && other.Name == x.Name {
				return true
			}
		}
		return false
	})
}

// SystemObjectIsVisible tells whether what users cannot make is found by its bare name: operator classes and families, collations, conversions,
// which are all in pg_catalog.
func (s Scope) SystemObjectIsVisible() bool {
	return s.visible(PgCatalogOID, func(OID) bool { return false })
}

// RelationName finds the schema and name of anything that pg_class lists.
func (s *Snapshot) RelationName(oid OID) (schema OID, name string, ok bool) {
	if t := s.tables[oid]; t != nil {
		return t.Schema, t.Name, true
	}
	if t, i := s.Index(oid); i != nil {
		return t.Schema, i.Name, true
	}
	if r := systemRelations().byOID[oid]; r != nil {
		return r.Schema, r.Name, true
	}
	return 0, "", false
}

// relationIn is the OID of the relation or index of that name in a schema, or 0.
func (s *Snapshot) relationIn(schema OID, name string) OID {
	if schema < FirstUserOID && schema != PublicOID {
		if r := systemRelations().byName[relationName{schema, name}]; r != nil {
			return r.OID
		}
		return 0
	}
	return s.relations[relationName{schema, name}]
}

// ProcsByName are the functions of that name in every schema; not to be changed.
func (s *Snapshot) ProcsByName(name string) []*Proc {
	own := s.procNames[name]
	if len(own) == 0 {
		return s.data.procNames[name]
	}
	builtin := s.data.procNames[name]
	return append(builtin[:len(builtin):len(builtin)], own...)
}

func equalOIDs(a, b []OID) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// SchemaIsSearched tells whether names without a schema are looked up in this one.
func (s Scope) SchemaIsSearched(oid OID) bool { return slices.Contains(s.path.schemas, oid) }

// SystemRows gives all rows of a system relation of pg_catalog.
func (s Scope) SystemRows(ctx context.Context, relation string, info SessionInfo) (rows [][]sqltypes.Datum, err error) {
	r := systemRelations().byName[relationName{PgCatalogOID, relation}]
	err = r.Rows(ctx, s.Snapshot, info, func(row []sqltypes.Datum) error {
		rows = append(rows, row)
		return nil
	})
	return rows, err
}

// SystemRow finds the first row of a system relation of pg_catalog that match is true of; nil: there is none.
func (s Scope) SystemRow(ctx context.Context, relation string, match func(row []sqltypes.Datum) bool) (row []sqltypes.Datum, columns []Column, err error) {
	r := systemRelations().byName[relationName{PgCatalogOID, relation}]
	found := errors.New("found")
	err = r.Rows(ctx, s.Snapshot, SessionInfo{Path: s.path}, func(d []sqltypes.Datum) error {
		if !match(d) {
			return nil
		}
		row = d
		return found
	})
	if errors.Is(err, found) {
		err = nil
	}
	return row, r.Columns, err
}
