package query

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/txn"
)

// clusterSizeLimit is the storage quota of a cluster in bytes. Source: service quotas, "storage per cluster".
const clusterSizeLimit = 10 << 40

// size answers the functions about how much space relations take; ok is false for any other function.
func (i *information) size(name string, args []datum) (d datum, ok bool, err error) {
	var ids []uint64
	switch name {
	case "pg_database_size", "cluster_size":
		n, err := i.session.db.DB.Size(txn.Span{Start: []byte{catalog.KeyTable}, End: []byte{catalog.KeyTable + 1}})
		return sqltypes.Int(n), true, err
	case "cluster_size_limit":
		return sqltypes.Int(clusterSizeLimit), true, nil
	case "pg_relation_size", "pg_table_size", "pg_indexes_size", "pg_total_relation_size":
		found := false
		if ids, found = i.storageIDs(name, catalog.OID(args[0].Int())); !found {
			return sqltypes.Null, true, nil
		}
	default:
		return sqltypes.Null, false, nil
	}
	total := int64(0)
	for _, id := range ids {
		start, end := catalog.TableSpan(id)
		n, err := i.session.db.DB.Size(txn.Span{Start: start, End: end})
		if err != nil {
			return sqltypes.Null, true, err
		}
		total += n
	}
	return sqltypes.Int(total), true, nil
}

// storageIDs are those that a size function adds up; false for a relation that does not exist. Relations of the system take no space of their own.
func (i *information) storageIDs(name string, oid catalog.OID) (ids []uint64, ok bool) {
	snapshot := i.session.snapshot()
	if t, ix := snapshot.Index(oid); ix != nil {
		if ix.Primary {
			return []uint64{t.StorageID}, true
		}
		return []uint64{ix.StorageID}, true
	}
	t := snapshot.Table(oid)
	if t == nil {
		_, _, ok := snapshot.RelationName(oid)
		return nil, ok
	}
	if name != "pg_indexes_size" {
		ids = append(ids, t.StorageID)
	}
	if name == "pg_indexes_size" || name == "pg_total_relation_size" {
		for _, ix := range t.Indexes {
			if !ix.Primary {
				ids = append(ids, ix.StorageID)
			}
		}
	}
	return ids, true
}
