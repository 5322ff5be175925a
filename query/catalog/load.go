package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/txn"
)

// entry is an object with the catalog version that wrote it.
type entry struct {
	version uint64
	object  any
}

// Bootstrap writes the catalog of a new cluster: version 1, in which users have made nothing. Schemas and roles that every cluster has are not
// stored, they are part of the program.
func Bootstrap(ctx context.Context, t *txn.Txn) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.Put(VersionKey(), encodeValue(1, uint64(1)))
	t.Mark(VersionKey(), journal.Replace)
	t.Put(countersKey(), encodeValue(1, counters{OID: FirstUserOID, StorageID: 1}))
	t.EndStatement()
	return nil
}

// Version reads the catalog version as of the transaction's start, or what the transaction itself made it. It is 0 before Bootstrap.
func Version(t *txn.Txn) (uint64, error) {
	value, ok, err := t.Get(VersionKey())
	if err != nil || !ok {
		return 0, err
	}
	version, _, err := splitValue(value)
	return version, err
}

// Load reads the whole catalog as the transaction sees it.
func Load(ctx context.Context, t *txn.Txn) (*Snapshot, error) { return Reload(ctx, t, nil) }

// Reload is Load that takes over from an older snapshot whatever has not been written since; old may be nil.
func Reload(ctx context.Context, t *txn.Txn, old *Snapshot) (*Snapshot, error) {
	version, err := Version(t)
	if err != nil {
		return nil, fmt.Errorf("read the catalog version: %w", err)
	}
	if old != nil && old.Version == version {
		return old, nil
	}
	count, err := loadCounters(t)
	if err != nil {
		return nil, err
	}
	entries := map[string]entry{}
	start, end := kindSpan(kindObjectsStart, kindObjectsEnd)
	it := t.Scan(txn.Span{Start: start, End: end})
	defer it.Close()
	for it.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		key := string(it.Key())
		stamp, _, err := splitValue(it.Value())
		if err != nil {
			return nil, fmt.Errorf("catalog key %q: %w", key, err)
		}
		if old != nil {
			if e, ok := old.entries[key]; ok && e.version == stamp {
				entries[key] = e
				continue
			}
		}
		object, _, err := decodeValue(key[1], it.Value())
		if err != nil {
			return nil, fmt.Errorf("catalog key %q: %w", key, err)
		}
		entries[key] = entry{version: stamp, object: object}
	}
	if err := it.Err(); err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	s := assemble(version, entries, count)
	return s, s.loadStatistics(t, old)
}

func loadCounters(t *txn.Txn) (c counters, err error) {
	value, ok, err := t.Get(countersKey())
	if err != nil || !ok {
		return counters{OID: FirstUserOID, StorageID: 1}, err
	}
	_, text, err := splitValue(value)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("%w: counters: %v", ErrFormat, err)
	}
	return c, nil
}

// assemble makes a snapshot of what every cluster has and the entries.
func assemble(version uint64, entries map[string]entry, count counters) *Snapshot {
	s := newSnapshot()
	s.Version, s.entries, s.nextOID, s.nextStorage = version, entries, count.OID, count.StorageID
	maps.Copy(s.schemas, Base().schemas)
	maps.Copy(s.schemaNames, Base().schemaNames)
	maps.Copy(s.roles, Base().roles)
	maps.Copy(s.roleNames, Base().roleNames)
	for _, m := range Base().members {
		s.addMembership(m)
	}
	for _, key := range slices.Sorted(maps.Keys(entries)) { // the same order every time, for lists by name
		s.add(entries[key].object)
	}
	return s
}

func (s *Snapshot) add(object any) {
	switch o := object.(type) {
	case *Schema:
		s.addSchema(o)
	case *Role:
		s.addRole(o)
	case *Table:
		s.addTable(o)
	case *TypeInfo:
		s.addType(o)
		if o.Array != 0 {
			s.addType(arrayOf(o, o.Array, o.ArrayName))
		}
	case *Proc:
		s.procs[o.OID] = o
		s.procNames[o.Name] = append(s.procNames[o.Name], o)
	case *Membership:
		s.addMembership(o)
	case *IAMMapping:
		s.mappings[o.OID] = o
	case *DefaultPrivileges:
		s.defaults[defaultsKey{o.Role, o.Schema, o.Kind}] = o
	case *ExtendedStatistics:
		s.statistics[o.OID] = o
	case *commentText:
		s.comments[o.Comment] = o.Text
	default:
		panic(fmt.Sprintf("catalog: no place for a %T", object))
	}
}

func (s *Snapshot) addType(t *TypeInfo) {
	s.types[t.OID] = t
	s.typeNames[t.Name] = append(s.typeNames[t.Name], t)
}

func (s *Snapshot) addTable(t *Table) {
	s.tables[t.OID] = t
	s.relations[relationName{t.Schema, t.Name}] = t.OID
	for _, i := range t.Indexes {
		s.indexTable[i.OID] = t
		s.relations[relationName{t.Schema, i.Name}] = i.OID
	}
	if t.RowType != 0 {
		row := rowTypeOf(t)
		s.addType(row)
		s.addType(arrayOf(row, t.RowArray, t.RowArrayName))
	}
}
