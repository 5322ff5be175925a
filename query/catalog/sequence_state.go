package catalog

import (
	"encoding/binary"
	"fmt"
)

// SequenceState is where a sequence stands.
type SequenceState struct {
	Last   int64 // last value given out (to a session's cache)
	Called bool  // Last has been given out; otherwise it is the next
}

// EncodeSequenceState and DecodeSequenceState are the value under SequenceStateKey: a version byte, 8 bytes, and 1 for called.
func EncodeSequenceState(st SequenceState) []byte {
	value := binary.BigEndian.AppendUint64([]byte{formatJSON}, uint64(st.Last))
	if st.Called {
		return append(value, 1)
	}
	return append(value, 0)
}

// DecodeSequenceState reads what EncodeSequenceState wrote.
func DecodeSequenceState(value []byte) (SequenceState, error) {
	const size = 1 + 8 + 1
	if len(value) != size || value[0] != formatJSON || value[size-1] > 1 {
		return SequenceState{}, fmt.Errorf("%w: sequence state", ErrFormat)
	}
	return SequenceState{Last: int64(binary.BigEndian.Uint64(value[1:])), Called: value[size-1] == 1}, nil
}
