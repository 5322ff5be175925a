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

// newKnownValues is nil where the same arguments may give another value, or where equal arguments may not be the same: 1.0 and 1.00 are equal.
func newKnownValues(n *plan.Subplan) *knownValues {
	if !n.Repeats {
		return nil
	}
	for _, t := range n.ArgTypes {
		kind, fixed := sqltypes.FixedKind(t)
		switch {
		case fixed && kind == sqltypes.KindInt:
		case t == sqltypes.TextOID, t == sqltypes.VarCharOID, t == sqltypes.UUIDOID, t == sqltypes.ByteaOID:
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
	if i := k.table.first(args); i >= 0 {
		k.met++
		return k.values[i], true
	}
	k.missed++
	return sqltypes.Null, false
}

// useless tells that arguments hardly ever come again.
func (k *knownValues) useless() bool { return k.missed > 1000 && k.met < k.missed/16 }

// add remembers a value, if there is room for it.
func (k *knownValues) add(rt *runtime, args []sqltypes.Datum, d sqltypes.Datum) {
	size := rowSize(args) + 24 + sizeOf(d) + 64
	if k.useless() || len(k.values) >= knownValuesMax || k.bytes+size > knownBytesMax || rt.memory+size > rt.MemoryMax {
		return
	}
	k.bytes += size
	k.table.add(slices.Clone(args), nil)
	k.values = append(k.values, d)
}
