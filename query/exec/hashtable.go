package exec

import "github.com/opendsql/opendsql/internal/sqltypes"

// hashTable finds rows by keys. Rows with equal keys are chained, the latest first added first found.
type hashTable struct {
	types []sqltypes.OID
	heads map[uint64]int32 // hash → first row, by insertion
	tails map[uint64]int32
	nexts []int32
	keys  [][]sqltypes.Datum
	rows  [][]sqltypes.Datum
}

func (t *hashTable) hash(keys []sqltypes.Datum) uint64 {
	h := uint64(0x9E3779B97F4A7C15)
	for i, k := range keys {
		if k.IsNull() {
			h = h*31 + 1
			continue
		}
		h = sqltypes.Hash(t.types[i], h, k)
	}
	return h
}

func (t *hashTable) add(keys, row []sqltypes.Datum) int {
	if t.heads == nil {
		t.heads, t.tails = map[uint64]int32{}, map[uint64]int32{}
	}
	h := t.hash(keys)
	n := int32(len(t.rows))
	t.rows, t.keys, t.nexts = append(t.rows, row), append(t.keys, keys), append(t.nexts, -1)
	if tail, ok := t.tails[h]; ok {
		t.nexts[tail] = n
	} else {
		t.heads[h] = n
	}
	t.tails[h] = n
	return int(n)
}

// first gives the first row with the keys, -1 when there is none. NULL keys equal NULL keys here; joins never ask for them.
func (t *hashTable) first(keys []sqltypes.Datum) int {
	i, ok := t.heads[t.hash(keys)]
	if !ok {
		return -1
	}
	return t.matching(int(i), keys)
}

func (t *hashTable) matching(i int, keys []sqltypes.Datum) int {
	for ; i >= 0; i = int(t.nexts[i]) {
		if t.equal(t.keys[i], keys) {
			return i
		}
	}
	return -1
}

func (t *hashTable) equal(a, b []sqltypes.Datum) bool {
	for i := range a {
		an, bn := a[i].IsNull(), b[i].IsNull()
		if an != bn || !an && !sqltypes.Equal(t.types[i], a[i], b[i]) {
			return false
		}
	}
	return true
}

func anyNull(list []sqltypes.Datum) bool {
	for _, d := range list {
		if d.IsNull() {
			return true
		}
	}
	return false
}
