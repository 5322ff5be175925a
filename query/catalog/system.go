package catalog

import "sync"

// System is a relation of pg_catalog, information_schema or sys.
type System struct {
	OID    OID
	Schema OID
	Name   string
	Kind   byte // r, v, i
}

type systemIndex struct {
	byOID  map[OID]*System
	byName map[relationName]*System
}

var systemRelations = sync.OnceValue(func() *systemIndex {
	x := &systemIndex{byOID: map[OID]*System{}, byName: map[relationName]*System{}}
	return x
})
