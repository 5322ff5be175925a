package storage

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/opendsql/opendsql/internal/clock"
)

// versions lists the versions of a key that are still stored, newest first.
func (s *Store) versions(key []byte) (times []clock.Time, err error) {
	it, err := s.db.NewIter(nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	prefix := appendPrefix(nil, key)
	for valid := it.SeekGE(prefix); valid; valid = it.Next() {
		raw := it.Key()
		if len(raw) < len(prefix)+suffixLen || !bytes.Equal(raw[:len(raw)-suffixLen], prefix) {
			break
		}
		times = append(times, clock.Time(binary.BigEndian.Uint64(raw[len(prefix):])))
	}
	return times, it.Error()
}
