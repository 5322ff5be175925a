package expr

import (
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

func benchCondition() Expr {
	return &Bool{Base: Base{Typ: sqltypes.T(sqltypes.BoolOID)}, Op: And, Args: []Expr{
		intOp(66, "<", sqltypes.BoolOID, intSlot(0), intConst(500)), intOp(147, ">", sqltypes.BoolOID, intSlot(1), intConst(10)),
	}}
}

func BenchmarkConditionByRow(b *testing.B) {
	run, err := Compile(benchCondition())
	if err != nil {
		b.Fatal(err)
	}
	env := &Env{Row: []datum{sqltypes.Int(5), sqltypes.Int(70)}}
	for b.Loop() {
		if _, err := run(env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConditionByBatch(b *testing.B) {
	filter, ok := CompileFilter(benchCondition())
	if !ok {
		b.Fatal("no filter")
	}
	x, y := sqltypes.NewVec(sqltypes.Int4OID, 1024), sqltypes.NewVec(sqltypes.Int4OID, 1024)
	sel := make([]int32, 1024)
	for i := range sel {
		x.Append(sqltypes.Int(int64(i)))
		y.Append(sqltypes.Int(int64(i % 100)))
	}
	cols := []*sqltypes.Vec{&x, &y}
	for b.Loop() {
		for i := range sel {
			sel[i] = int32(i)
		}
		if _, err := filter(&Env{}, cols, sel); err != nil {
			b.Fatal(err)
		}
	}
}
