package catalog

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// formatJSON is the version byte of a value whose rest is JSON. A reader refuses any other.
const formatJSON = 1

// valueHead is how many bytes stand before the JSON: the format, and the catalog version that wrote the value.
const valueHead = 1 + 8

// ErrFormat: a catalog value is not of a format this program knows.
var ErrFormat = errors.New("catalog: unknown format")

// commentText is the value of a comment's key.
type commentText struct {
	Comment
	Text string
}

// objectOf is what an object's key and kind promise its value to be.
func objectOf(kind byte) any {
	switch kind {
	case kindSchema:
		return &Schema{}
	case kindTable:
		return &Table{}
	case kindDomain:
		return &TypeInfo{}
	case kindProc:
		return &Proc{}
	case kindRole:
		return &Role{}
	case kindMembership:
		return &Membership{}
	case kindMapping:
		return &IAMMapping{}
	case kindDefaults:
		return &DefaultPrivileges{}
	case kindExtended:
		return &ExtendedStatistics{}
	case kindComment:
		return &commentText{}
	}
	return nil
}

// encodeValue writes an object as it is kept.
func encodeValue(version uint64, object any) []byte {
	text, err := json.Marshal(object)
	if err != nil {
		panic(fmt.Sprintf("catalog: encode %T: %v", object, err)) // descriptors are plain data
	}
	value := make([]byte, 0, valueHead+len(text))
	value = append(value, formatJSON)
	value = binary.BigEndian.AppendUint64(value, version)
	return append(value, text...)
}

// splitValue takes the head off a value.
func splitValue(value []byte) (version uint64, text []byte, err error) {
	if len(value) < valueHead || value[0] != formatJSON {
		return 0, nil, ErrFormat
	}
	return binary.BigEndian.Uint64(value[1:]), value[valueHead:], nil
}

// decodeValue reads what encodeValue wrote under a key of the kind.
func decodeValue(kind byte, value []byte) (object any, version uint64, err error) {
	version, text, err := splitValue(value)
	if err != nil {
		return nil, 0, err
	}
	object = objectOf(kind)
	if object == nil {
		return nil, 0, fmt.Errorf("%w: object of kind %q", ErrFormat, kind)
	}
	if err := json.Unmarshal(text, object); err != nil {
		return nil, 0, fmt.Errorf("%w: %T: %v", ErrFormat, object, err)
	}
	return object, version, nil
}

// counters are the next numbers to give out.
type counters struct {
	OID       OID
	StorageID uint64
}
