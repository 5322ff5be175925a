package catalog

import (
	"encoding/binary"
)

// Every key of a cluster begins with one byte that says what it belongs to.
const (
	// KeyCatalog begins the keys of this package; docs/formats/catalog.md has the rest of their form.
	KeyCatalog byte = 0x01
	// KeyTable begins the keys of rows and index entries: 8 bytes of storage ID follow, big-endian, then what internal/keys makes of them.
	KeyTable byte = 0x02
	// KeySequence begins the keys of sequences' states: 4 bytes of OID follow, big-endian.
	KeySequence byte = 0x03
)

// The kinds of catalog keys: the second byte.
const (
	kindVersion       byte = 'V'
	kindCounters      byte = 'N'
	kindSchema        byte = 's'
	kindTable         byte = 't'
	kindDomain        byte = 'd'
	kindProc          byte = 'f'
	kindRole          byte = 'r'
	kindMembership    byte = 'm'
	kindMapping       byte = 'i'
	kindDefaults      byte = 'p'
	kindExtended      byte = 'x'
	kindComment       byte = 'c'
	kindStatistics    byte = 'A' // data about data: kept apart from the versioned objects
	kindJob           byte = 'J' // likewise
	kindObjectsStart  byte = 'a'
	kindObjectsEnd    byte = 'z' + 1
	storageIDBytes         = 8
	tablePrefixBytes       = 1 + storageIDBytes
	oidBytes               = 4
	catalogPrefixSize      = 2
)

// VersionKey is the key that every DDL writes. A transaction that used the catalog relies on it.
func VersionKey() []byte { return []byte{KeyCatalog, kindVersion} }

func countersKey() []byte { return []byte{KeyCatalog, kindCounters} }

// TablePrefix begins all keys stored under a storage ID, of a table or of an index.
func TablePrefix(storageID uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{KeyTable}, storageID)
}

// TableSpan is the range of all keys stored under a storage ID.
func TableSpan(storageID uint64) (start, end []byte) {
	return TablePrefix(storageID), TablePrefix(storageID + 1)
}

// StorageIDOf is the storage ID that a key of KeyTable stands under; false for other keys.
func StorageIDOf(key []byte) (uint64, bool) {
	if len(key) < tablePrefixBytes || key[0] != KeyTable {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[1:]), true
}

// SequenceStateKey is where the state of a sequence is kept.
func SequenceStateKey(oid OID) []byte {
	return binary.BigEndian.AppendUint32([]byte{KeySequence}, uint32(oid))
}

// objectKey is the key of an object: its kind and the OIDs that name it.
func objectKey(kind byte, ids ...OID) []byte {
	key := make([]byte, catalogPrefixSize, catalogPrefixSize+oidBytes*len(ids))
	key[0], key[1] = KeyCatalog, kind
	for _, id := range ids {
		key = binary.BigEndian.AppendUint32(key, uint32(id))
	}
	return key
}

// kindSpan is the range of all keys of the kinds from first up to, not including, end.
func kindSpan(first, end byte) (start, stop []byte) {
	return []byte{KeyCatalog, first}, []byte{KeyCatalog, end}
}
