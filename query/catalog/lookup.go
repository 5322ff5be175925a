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
