package catalog

import (
	"maps"
	"slices"

	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/query/parse"
	"github.com/opendsql/opendsql/txn"
)

// Edit is one DDL statement at work: it begins at a snapshot, writes what changes into the transaction, and ends with the next snapshot, which is
// the catalog for the rest of that transaction. Used by one goroutine.
type Edit struct {
	t       *txn.Txn
	start   *Snapshot
	version uint64
	entries map[string]entry
	count   counters
	now     *Snapshot // nil after a change
}

// Edit begins to change the catalog in a transaction. The transaction conflicts with any other that changes it.
func (s *Snapshot) Edit(t *txn.Txn) *Edit {
	t.Rely(VersionKey())
	return &Edit{
		t: t, start: s, version: s.Version + 1, entries: maps.Clone(s.entries), count: counters{OID: s.nextOID, StorageID: s.nextStorage}, now: s,
	}
}

// Snapshot is the catalog as changed so far.
func (e *Edit) Snapshot() *Snapshot {
	if e.now == nil {
		e.now = assemble(e.version, maps.Clone(e.entries), e.count)
		e.now.columnStatistics, e.now.statisticsStamp = e.start.columnStatistics, e.start.statisticsStamp
	}
	return e.now
}

// NextOID gives out an OID.
func (e *Edit) NextOID() OID {
	e.count.OID++
	return e.count.OID - 1
}

// NextStorageID gives out a storage ID for a table or an index.
func (e *Edit) NextStorageID() uint64 {
	e.count.StorageID++
	return e.count.StorageID - 1
}

// Finish writes the new catalog version and returns its snapshot.
func (e *Edit) Finish() (*Snapshot, error) {
	e.now = nil
	e.t.Put(VersionKey(), encodeValue(e.version, e.version))
	e.t.Mark(VersionKey(), journal.Replace)
	e.t.Put(countersKey(), encodeValue(e.version, e.count))
	return e.Snapshot(), nil
}

func (e *Edit) put(key []byte, object any) {
	if e.entries == nil {
		e.entries = map[string]entry{}
	}
	e.entries[string(key)] = entry{version: e.version, object: object}
	e.now = nil
	e.t.Put(key, encodeValue(e.version, object))
}

func (e *Edit) delete(key []byte) {
	if _, ok := e.entries[string(key)]; !ok {
		return
	}
	delete(e.entries, string(key))
	e.now = nil
	e.t.Delete(key)
}

// PutSchema makes or replaces a schema.
func (e *Edit) PutSchema(o *Schema) { e.put(objectKey(kindSchema, o.OID), o) }

// DropSchema forgets a schema and its comment. What is in it must be gone.
func (e *Edit) DropSchema(oid OID) {
	e.delete(objectKey(kindSchema, oid))
	e.dropComments(oid)
}

// Clone is a copy of the table whose columns, indexes and constraints may be changed and put.
func (t *Table) Clone() *Table {
	c := *t
	c.Columns = slices.Clone(t.Columns)
	c.Indexes = make([]*Index, len(t.Indexes))
	for n, i := range t.Indexes {
		index := *i
		index.Keys, index.Include, index.Reads = slices.Clone(i.Keys), slices.Clone(i.Include), slices.Clone(i.Reads)
		c.Indexes[n] = &index
	}
	c.Constraints = make([]*Constraint, len(t.Constraints))
	for n, k := range t.Constraints {
		constraint := *k
		c.Constraints[n] = &constraint
	}
	c.ACL, c.ViewOptions, c.DependsOn = slices.Clone(t.ACL), slices.Clone(t.ViewOptions), slices.Clone(t.DependsOn)
	if t.Sequence != nil {
		sequence := *t.Sequence
		c.Sequence = &sequence
	}
	return &c
}

// PutTable makes or replaces a table, view or sequence; it must not be changed afterwards. A new one without row type gets it here.
func (e *Edit) PutTable(t *Table) {
	if t.RowType == 0 && t.Kind != KindSequence {
		t.RowType, t.RowArray = e.NextOID(), e.NextOID()
	}
	if t.RuleOID == 0 && t.Kind == KindView {
		t.RuleOID = e.NextOID()
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; c.DefaultOID == 0 && (c.HasDefault || c.Generated != "") {
			c.DefaultOID = e.NextOID()
		}
	}
	if t.RowType != 0 {
		t.RowArrayName = e.arrayTypeName(t.Schema, t.Name, t.RowArray)
	}
	e.put(objectKey(kindTable, t.OID), t)
}

// DropTable forgets a table, view or sequence with its indexes, constraints, extended statistics and comments. Its rows become Garbage.
func (e *Edit) DropTable(oid OID) {
	t, ok := e.entries[string(objectKey(kindTable, oid))].object.(*Table)
	if !ok {
		return
	}
	e.delete(objectKey(kindTable, oid))
	e.dropComments(oid)
	e.discard(t.StorageID)
	for _, i := range t.Indexes {
		e.dropComments(i.OID)
		if !i.Primary {
			e.discard(i.StorageID)
		}
	}
	for _, c := range t.Constraints {
		e.dropComments(c.OID)
	}
	for _, x := range e.start.StatisticsOf(oid) {
		e.DropExtendedStatistics(x.OID)
	}
	dropStatistics(e.t, t)
}

// PutDomain makes or replaces a domain. A new one without array type gets it here.
func (e *Edit) PutDomain(t *TypeInfo) {
	if t.Array == 0 {
		t.Array = e.NextOID()
	}
	t.ArrayName = e.arrayTypeName(t.Namespace, t.Name, t.Array)
	e.put(objectKey(kindDomain, t.OID), t)
}

// DropDomain forgets a domain and its comment.
func (e *Edit) DropDomain(oid OID) {
	e.delete(objectKey(kindDomain, oid))
	e.dropComments(oid)
}

// PutProc makes or replaces a function.
func (e *Edit) PutProc(p *Proc) { e.put(objectKey(kindProc, p.OID), p) }

// DropProc forgets a function and its comment.
func (e *Edit) DropProc(oid OID) {
	e.delete(objectKey(kindProc, oid))
	e.dropComments(oid)
}

// PutRole makes or replaces a role.
func (e *Edit) PutRole(r *Role) { e.put(objectKey(kindRole, r.OID), r) }

// DropRole forgets a role, its memberships, its default privileges and its comment.
func (e *Edit) DropRole(oid OID) {
	s := e.Snapshot()
	for k := range s.members {
		if k.role == oid || k.member == oid {
			e.DropMembership(k.role, k.member)
		}
	}
	for k := range s.defaults {
		if k.role == oid {
			e.DropDefaultPrivileges(k.role, k.schema, k.kind)
		}
	}
	e.delete(objectKey(kindRole, oid))
	e.dropComments(oid)
}

// PutMembership makes a role a member of another.
func (e *Edit) PutMembership(m *Membership) { e.put(objectKey(kindMembership, m.Role, m.Member), m) }

// DropMembership ends it.
func (e *Edit) DropMembership(role, member OID) { e.delete(objectKey(kindMembership, role, member)) }

// PutMapping lets an IAM principal be a role.
func (e *Edit) PutMapping(m *IAMMapping) { e.put(objectKey(kindMapping, m.OID), m) }

// DropMapping ends it.
func (e *Edit) DropMapping(oid OID) { e.delete(objectKey(kindMapping, oid)) }

// PutDefaultPrivileges sets what a role's new objects grant.
func (e *Edit) PutDefaultPrivileges(d *DefaultPrivileges) {
	e.put(objectKey(kindDefaults, d.Role, d.Schema, OID(d.Kind)), d)
}

// DropDefaultPrivileges goes back to the built-in ones.
func (e *Edit) DropDefaultPrivileges(role, schema OID, kind byte) {
	e.delete(objectKey(kindDefaults, role, schema, OID(kind)))
}

// PutExtendedStatistics makes or replaces a statistics object.
func (e *Edit) PutExtendedStatistics(x *ExtendedStatistics) { e.put(objectKey(kindExtended, x.OID), x) }

// DropExtendedStatistics forgets it.
func (e *Edit) DropExtendedStatistics(oid OID) {
	e.delete(objectKey(kindExtended, oid))
	e.dropComments(oid)
}

// SetComment sets the comment on an object; an empty text removes it.
func (e *Edit) SetComment(c Comment, text string) {
	key := objectKey(kindComment, c.Object, c.Class, OID(c.Ordinal))
	if text == "" {
		e.delete(key)
		return
	}
	e.put(key, &commentText{Comment: c, Text: text})
}

func (e *Edit) dropComments(object OID) {
	for c := range e.start.comments {
		if c.Object == object {
			e.SetComment(c, "")
		}
	}
}

// arrayTypeName chooses PostgreSQL's name for an array type: the element's behind an underscore, and more of them while the name is taken.
func (e *Edit) arrayTypeName(schema OID, name string, array OID) string {
	s := e.Snapshot()
	for {
		name = parse.CutName("_" + name)
		t := s.TypeIn(schema, name)
		if t == nil || t.OID == array {
			return name
		}
	}
}
