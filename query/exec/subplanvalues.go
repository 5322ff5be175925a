package exec

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/plan"
)

// Bounds of what is remembered of one sub-plan, in values and in bytes. Beyond them the sub-plan runs for every row.
const (
	knownValuesMax = 10_000
	knownBytesMax  = 4 << 20
)

// knownValues remembers the values of a correlated sub-plan by its arguments, for the length of a statement.
type knownValues struct {
	table  hashTable
	values []sqltypes.Datum
	bytes  int
	missed int // arguments that were not known
	met    int // arguments that were
}

// newKnownValues is nil where the same arguments may give another value, or where they have no hash.
func newKnownValues(n *plan.Subplan) *knownValues {
	if !n.Repeats {
		return nil
	}
	for _, t := range n.ArgTypes {
		_, fixed := sqltypes.FixedKind(t)
		switch {
		case fixed:
		case t == sqltypes.TextOID, t == sqltypes.VarCharOID, t == sqltypes.BPCharOID, t == sqltypes.NameOID, t == sqltypes.UUIDOID, t == sqltypes.ByteaOID,
			t == sqltypes.NumericOID, t == sqltypes.IntervalOID, t == sqltypes.TimeTZOID, t == sqltypes.JSONBOID:
		default:
			return nil
		}
	}
	return &knownValues{table: hashTable{types: n.ArgTypes}}
}

func (k *knownValues) forget() { *k = knownValues{table: hashTable{types: k.table.types}} }

func (k *knownValues) value(args []sqltypes.Datum) (sqltypes.Datum, bool) {
	if k.useless() {
		return sqltypes.Null, false
	}
	for i := k.table.first(args); i >= 0; i = k.table.matching(int(k.table.nexts[i]), args) {
		if identical(k.table.keys[i], args) {
			k.met++
			return k.values[i], true
		}
	}
	k.missed++
	return sqltypes.Null, false
}

// identical tells rows that nothing can tell apart from those that are only equal, as 1.0 and 1.00 are.
func identical(a, b []sqltypes.Datum) bool {
	for i := range a {
		if !sqltypes.Identical(a[i], b[i]) {
			return false
		}
	}
	return true
}

// useless tells that arguments hardly ever come again.
func (k *knownValues) useless() bool { return k.missed > 1000 && k.met < k.missed/16 }

// add remembers a value, if there is room for it.
func (k *knownValues) add(rt *runtime, args []sqltypes.Datum, d sqltypes.Datum) {
	size := rowSize(args) + 24 + d.Size() + 64
	if k.useless() || len(k.values) >= knownValuesMax || k.bytes+size > knownBytesMax || rt.memory+size > rt.MemoryMax {
		return
	}
	k.bytes += size
	k.table.add(slices.Clone(args), nil)
	k.values = append(k.values, d)
}
