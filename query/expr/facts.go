package expr

import (
	"sort"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// procRow is what pg_proc says about a function; source names the code behind it, shared by functions that do the same.
type procRow struct {
	oid        sqltypes.OID
	name       string
	source     string
	kind       byte // prokind: f function, a aggregate, w window
	volatility byte // provolatile: i, s, v
	strict     bool
	set        bool
	args       int
	result     sqltypes.OID
}

func findProc(proc sqltypes.OID) (*procRow, bool) {
	i := sort.Search(len(procRows), func(i int) bool { return procRows[i].oid >= proc })
	if i < len(procRows) && procRows[i].oid == proc {
		return &procRows[i], true
	}
	return nil, false
}

// Volatility tells when a function or expression may be computed in advance.
type Volatility uint8

// The volatilities, from the strictest.
const (
	Immutable Volatility = iota
	Stable
	VolatileResult
)

// ProcVolatility is the volatility of a built-in function. Functions it does not know count as volatile.
func ProcVolatility(proc sqltypes.OID) Volatility {
	row, ok := findProc(proc)
	if !ok {
		return VolatileResult
	}
	switch row.volatility {
	case 'i':
		return Immutable
	case 's':
		return Stable
	}
	return VolatileResult
}

// ProcStrict tells whether a built-in function answers NULL for any NULL argument.
func ProcStrict(proc sqltypes.OID) bool {
	row, ok := findProc(proc)
	return ok && row.strict
}

// Volatile is the volatility of a whole expression: that of its most volatile part.
func Volatile(e Expr) Volatility {
	v := Immutable
	Walk(e, func(e Expr) bool {
		v = max(v, nodeVolatility(e))
		return v != VolatileResult
	})
	return v
}

// ContainsVolatile tells whether two evaluations of the expression on one row may differ within a statement.
func ContainsVolatile(e Expr) bool { return Volatile(e) == VolatileResult }

func nodeVolatility(e Expr) Volatility {
	switch e := e.(type) {
	case *Func:
		return ProcVolatility(e.Proc)
	case *DistinctFrom:
		return ProcVolatility(e.Proc)
	case *NullIf:
		return ProcVolatility(e.Proc)
	case *ArrayOp:
		return ProcVolatility(e.Proc)
	case *SQLValue:
		return Stable
	case *CoerceIO:
		return max(ioVolatility(e.Arg.Type().OID), ioVolatility(e.Typ.OID))
	}
	return Immutable
}

// ioVolatility is the volatility of a type's input and output functions.
func ioVolatility(t sqltypes.OID) Volatility {
	if element, ok := sqltypes.ElementOf(t); ok {
		return ioVolatility(element)
	}
	switch t {
	case sqltypes.DateOID, sqltypes.TimeOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID, sqltypes.TimeTZOID, sqltypes.IntervalOID,
		sqltypes.RegClassOID, sqltypes.RegProcOID, sqltypes.RegProcedureOID, sqltypes.RegOperOID, sqltypes.RegOperatorOID,
		sqltypes.RegTypeOID, sqltypes.RegRoleOID, sqltypes.RegNamespaceOID, sqltypes.RegConfigOID, sqltypes.RegDictionaryOID,
		sqltypes.RegCollationOID, sqltypes.RecordOID:
		return Stable
	}
	return Immutable
}
