package catalog

import (
	"encoding/binary"

	"github.com/opendsql/opendsql/txn"
)

// kindGarbage begins the keys that name what is stored for nobody: the rows and entries of dropped tables and indexes.
const kindGarbage byte = 'G'

func garbageKey(storageID uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{KeyCatalog, kindGarbage}, storageID)
}

// discard leaves what is stored under an ID to be removed in the background.
func (e *Edit) discard(storageID uint64) {
	if storageID != 0 {
		e.t.Put(garbageKey(storageID), []byte{})
	}
}

// Garbage lists the storage IDs whose keys belong to nobody any more.
func Garbage(t *txn.Txn) ([]uint64, error) {
	start, end := kindSpan(kindGarbage, kindGarbage+1)
	it := t.Scan(txn.Span{Start: start, End: end})
	defer it.Close()
	var ids []uint64
	for it.Next() {
		if key := it.Key(); len(key) == catalogPrefixSize+storageIDBytes {
			ids = append(ids, binary.BigEndian.Uint64(key[catalogPrefixSize:]))
		}
	}
	return ids, it.Err()
}

// Collected notes that nothing is stored under an ID of Garbage any more.
func Collected(t *txn.Txn, storageID uint64) { t.Delete(garbageKey(storageID)) }
