package exec

import (
	"math"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/plan"
)

// Values of a sub-plan are found again by the same arguments, NULLs among them, within bounds; arguments that never come again are soon given up.
func TestKnownValues(t *testing.T) {
	node := &plan.Subplan{Repeats: true, ArgTypes: []sqltypes.OID{sqltypes.Int4OID, sqltypes.TextOID}}
	k := newKnownValues(node)
	rt := &runtime{Input: Input{MemoryMax: 1 << 30}}
	args := func(n int64, s string) []sqltypes.Datum { return []sqltypes.Datum{sqltypes.Int(n), sqltypes.String(s)} }
	null := []sqltypes.Datum{sqltypes.Null, sqltypes.String("x")}
	k.add(rt, args(1, "x"), sqltypes.Int(11))
	k.add(rt, null, sqltypes.Null)
	if d, ok := k.value(args(1, "x")); !ok || d.Int() != 11 {
		t.Error("1, x is not known")
	}
	if d, ok := k.value(null); !ok || !d.IsNull() {
		t.Error("NULL, x is not known")
	}
	if _, ok := k.value(args(1, "y")); ok {
		t.Error("1, y is known")
	}
	k.forget()
	if _, ok := k.value(args(1, "x")); ok {
		t.Error("1, x is known after the statement")
	}
	for i := range int64(50_000) {
		k.value(args(i, ""))
		k.add(rt, args(i, ""), sqltypes.Int(i))
	}
	if len(k.values) > 1001 {
		t.Errorf("%d values that nobody asked for again are kept", len(k.values))
	}
	k.forget()
	big := make([]byte, 1<<20)
	for i := range int64(100) {
		k.add(rt, []sqltypes.Datum{sqltypes.Int(i), sqltypes.Bytes(big)}, sqltypes.Int(i))
	}
	if k.bytes > knownBytesMax {
		t.Errorf("%d bytes are kept", k.bytes)
	}
	for _, n := range []*plan.Subplan{{ArgTypes: node.ArgTypes}, {Repeats: true, ArgTypes: []sqltypes.OID{sqltypes.RecordOID}}} {
		if newKnownValues(n) != nil {
			t.Errorf("values of %+v are remembered", n)
		}
	}
}

// Equal arguments that can be told apart have values of their own.
func TestKnownValuesOfEqualArguments(t *testing.T) {
	k := newKnownValues(&plan.Subplan{Repeats: true, ArgTypes: []sqltypes.OID{sqltypes.NumericOID, sqltypes.BPCharOID, sqltypes.Float8OID, sqltypes.IntervalOID}})
	rt := &runtime{Input: Input{MemoryMax: 1 << 30}}
	month, days := &sqltypes.Interval{Months: 1}, &sqltypes.Interval{Days: 30}
	rows := [][]sqltypes.Datum{
		{sqltypes.SmallDecimal(10, 1), sqltypes.String("a"), sqltypes.Float(0), sqltypes.FromInterval(month)},
		{sqltypes.SmallDecimal(100, 2), sqltypes.String("a"), sqltypes.Float(0), sqltypes.FromInterval(month)},
		{sqltypes.SmallDecimal(10, 1), sqltypes.String("a "), sqltypes.Float(0), sqltypes.FromInterval(month)},
		{sqltypes.SmallDecimal(10, 1), sqltypes.String("a"), sqltypes.Float(math.Copysign(0, -1)), sqltypes.FromInterval(month)},
		{sqltypes.SmallDecimal(10, 1), sqltypes.String("a"), sqltypes.Float(0), sqltypes.FromInterval(days)},
	}
	for i, args := range rows {
		if d, ok := k.value(args); ok {
			t.Errorf("row %d is taken for row %d", i, d.Int())
		}
		k.add(rt, args, sqltypes.Int(int64(i)))
	}
	for i, args := range rows {
		if d, ok := k.value(args); !ok || d.Int() != int64(i) {
			t.Errorf("row %d has the value %d, %v", i, d.Int(), ok)
		}
	}
}
