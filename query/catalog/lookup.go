package catalog

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// LookupType finds a type by its name as pg_type has it ("int4", not "integer"), along the path unless a schema is given; nil when there is none.
// It is an error for the schema not to exist.
func (s Scope) LookupType(name []string) (*TypeInfo, error) {
	schema, object, err := s.splitName(name)
	if err != nil {
		return nil, err
	}
	if schema != "" {
		in, err := s.explicitSchema(schema)
		if err != nil {
			return nil, err
		}
		return s.TypeIn(in, object), nil
	}
	for _, in := range s.path.schemas {
		if t := s.TypeIn(in, object); t != nil {
			return t, nil
		}
	}
	return nil, nil
}

// NoType is the error for a type that does not exist.
func NoType(name []string) error {
	return pgerror.New(pgerror.UndefinedObject, "type \"%s\" does not exist", strings.Join(name, "."))
}

// LookupRelation finds a table, view, sequence, index or system relation by name.
func (s Scope) LookupRelation(name []string) (OID, error) {
	if len(name) > 3 {
		return 0, pgerror.New(pgerror.SyntaxError, "improper relation name (too many dotted names): %s", strings.Join(name, ".")).Harden()
	}
	if len(name) == 3 && name[0] != DatabaseName {
		return 0, pgerror.New(pgerror.FeatureNotSupported, "cross-database references are not implemented: \"%s\"", strings.Join(name, ".")).Harden()
	}
	schema, bare, err := s.splitName(name)
	if err != nil {
		return 0, err
	}
	if oid := s.FindRelation(schema, bare); oid != 0 {
		return oid, nil
	}
	return 0, NoRelation(schema, bare)
}

// FindRelation is LookupRelation without the error: 0 when there is none. An empty schema means the path.
func (s Scope) FindRelation(schema, name string) OID {
	if schema != "" {
		if o := s.schemaNames[schema]; o != nil {
			return s.relationIn(o.OID, name)
		}
		return 0
	}
	for _, in := range s.path.schemas {
		if oid := s.relationIn(in, name); oid != 0 {
			return oid
		}
	}
	return 0
}

// FindRelationIn is the OID of the table, view, sequence, index or system relation of that name in a schema, or 0.
func (s *Snapshot) FindRelationIn(schema OID, name string) OID { return s.relationIn(schema, name) }

// NoRelation is the error for a relation that does not exist.
func NoRelation(schema, name string) error {
	if schema != "" {
		name = schema + "." + name
	}
	return pgerror.New(pgerror.UndefinedTable, "relation \"%s\" does not exist", name)
}

// ResolveTable finds the table, view or sequence of a user, or the system relation, that a name means; exactly one of both is set.
func (s Scope) ResolveTable(schema, name string) (*Table, *System, error) {
	oid := s.FindRelation(schema, name)
	if t := s.tables[oid]; t != nil {
		return t, nil, nil
	}
	if r := systemRelations().byOID[oid]; r != nil && r.Kind != KindIndex {
		return nil, r, nil
	}
	if oid != 0 {
		return nil, nil, pgerror.New(pgerror.WrongObjectType, "cannot open relation \"%s\"", name).WithDetail("This operation is not supported for indexes.")
	}
	return nil, nil, NoRelation(schema, name)
}

// LookupSchema finds a schema that must exist.
func (s *Snapshot) LookupSchema(name string) (*Schema, error) {
	if o := s.schemaNames[name]; o != nil {
		return o, nil
	}
	_, err := s.explicitSchema(name)
	return nil, err
}

// LookupRole finds a role that must exist.
func (s *Snapshot) LookupRole(name string) (OID, error) {
	if r := s.roleNames[name]; r != nil {
		return r.OID, nil
	}
	return 0, pgerror.New(pgerror.UndefinedObject, "role \"%s\" does not exist", name)
}

// LookupCollation finds a collation that must exist.
func (s Scope) LookupCollation(name []string) (OID, error) {
	schema, bare, err := s.splitName(name)
	if err != nil {
		return 0, err
	}
	if schema == "" || schema == "pg_catalog" {
		for _, c := range s.data.Collations() {
			if c.Name == bare {
				return c.OID, nil
			}
		}
	}
	return 0, pgerror.New(pgerror.UndefinedObject, "collation \"%s\" for encoding \"UTF8\" does not exist", strings.Join(name, "."))
}
