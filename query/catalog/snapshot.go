package catalog

import "sync"

// Snapshot is everything that exists at one catalog version: PostgreSQL's own objects and the users'. It is immutable and safe for concurrent use.
type Snapshot struct {
	Version uint64

	data *Data

	schemas     map[OID]*Schema
	schemaNames map[string]*Schema
	tables      map[OID]*Table
	indexTable  map[OID]*Table // the table of an index
	relations   map[relationName]OID
	types       map[OID]*TypeInfo
	typeNames   map[string][]*TypeInfo
	procs       map[OID]*Proc
	procNames   map[string][]*Proc
	roles       map[OID]*Role
	roleNames   map[string]*Role
	members     map[membershipKey]*Membership
	memberOf    map[OID][]*Membership // by member
	reach       *sync.Map             // reachKey → map[OID]bool
	mappings    map[OID]*IAMMapping
	comments    map[Comment]string
	defaults    map[defaultsKey]*DefaultPrivileges
	statistics  map[OID]*ExtendedStatistics
	nextOID     OID
	nextStorage uint64

	entries          map[string]entry // what users have made, by key
	columnStatistics map[OID]*Statistics
	statisticsStamp  uint64 // of the newest of columnStatistics
}

// relationName is a name in a schema. Tables, views, sequences and indexes share one space of names.
type relationName struct {
	schema OID
	name   string
}

var base = sync.OnceValue(func() *Snapshot {
	s := newSnapshot()
	for _, o := range builtinSchemas() {
		s.addSchema(o)
	}
	for _, r := range builtinRoles() {
		s.addRole(r)
	}
	for _, m := range builtinMemberships() {
		s.addMembership(m)
	}
	return s
})

// Base is the snapshot of a cluster in which no user has made anything yet.
func Base() *Snapshot { return base() }

func newSnapshot() *Snapshot {
	return &Snapshot{
		data:    Builtins(),
		schemas: map[OID]*Schema{}, schemaNames: map[string]*Schema{},
		tables: map[OID]*Table{}, indexTable: map[OID]*Table{}, relations: map[relationName]OID{},
		types: map[OID]*TypeInfo{}, typeNames: map[string][]*TypeInfo{},
		procs: map[OID]*Proc{}, procNames: map[string][]*Proc{},
		roles: map[OID]*Role{}, roleNames: map[string]*Role{},
		members: map[membershipKey]*Membership{}, memberOf: map[OID][]*Membership{}, reach: &sync.Map{}, mappings: map[OID]*IAMMapping{}, comments: map[Comment]string{},
		defaults: map[defaultsKey]*DefaultPrivileges{}, statistics: map[OID]*ExtendedStatistics{},
		nextOID: FirstUserOID, nextStorage: 1,
	}
}

// Builtins is PostgreSQL's own part of the snapshot.
func (s *Snapshot) Builtins() *Data { return s.data }

// Type is the type with the OID, or nil.
func (s *Snapshot) Type(oid OID) *TypeInfo {
	if t := s.data.types[oid]; t != nil {
		return t
	}
	return s.types[oid]
}

// TypeIn finds a type in a schema, or nil.
func (s *Snapshot) TypeIn(schema OID, name string) *TypeInfo {
	for _, t := range s.data.typeNames[name] {
		if t.Namespace == schema {
			return t
		}
	}
	for _, t := range s.typeNames[name] {
		if t.Namespace == schema {
			return t
		}
	}
	return nil
}

// Proc is the function with the OID, or nil.
func (s *Snapshot) Proc(oid OID) *Proc {
	if p := s.data.procs[oid]; p != nil {
		return p
	}
	return s.procs[oid]
}

// Operator is the operator with the OID, or nil. Users make none.
func (s *Snapshot) Operator(oid OID) *Operator { return s.data.operators[oid] }

// Table is the table, view or sequence with the OID, or nil.
func (s *Snapshot) Table(oid OID) *Table { return s.tables[oid] }

// Index finds an index and its table; nil, nil when there is none.
func (s *Snapshot) Index(oid OID) (*Table, *Index) {
	t := s.indexTable[oid]
	if t == nil {
		return nil, nil
	}
	return t, t.IndexByOID(oid)
}

// Schema is the schema with the OID, or nil.
func (s *Snapshot) Schema(oid OID) *Schema { return s.schemas[oid] }

// SchemaByName finds a schema, or nil.
func (s *Snapshot) SchemaByName(name string) *Schema { return s.schemaNames[name] }

// SchemaName is the name of a schema, or "" when there is none.
func (s *Snapshot) SchemaName(oid OID) string {
	if o := s.schemas[oid]; o != nil {
		return o.Name
	}
	return ""
}

// IndexByOID is the index with the OID, or nil.
func (t *Table) IndexByOID(oid OID) *Index {
	for _, i := range t.Indexes {
		if i.OID == oid {
			return i
		}
	}
	return nil
}

// Column is the column with the ID, dropped or not, or nil.
func (t *Table) Column(id int16) *Column {
	for i := range t.Columns {
		if t.Columns[i].ID == id {
			return &t.Columns[i]
		}
	}
	return nil
}

// ColumnByName is the live column of that name, or nil.
func (t *Table) ColumnByName(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name && !t.Columns[i].Dropped {
			return &t.Columns[i]
		}
	}
	return nil
}

// PrimaryKey is the primary key's index, or nil.
func (t *Table) PrimaryKey() *Index {
	if len(t.Indexes) > 0 && t.Indexes[0].Primary {
		return t.Indexes[0]
	}
	return nil
}

// ConstraintByName is the constraint of that name, or nil.
func (t *Table) ConstraintByName(name string) *Constraint {
	for _, c := range t.Constraints {
		if c.Name == name {
			return c
		}
	}
	return nil
}
