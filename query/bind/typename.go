package bind

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/parse"
)

// ResolveTypeName finds the type a name means, with its modifier.
func ResolveTypeName(tn *parse.TypeName, o Options) (t sqltypes.Type, err error) {
	defer recoverAbort(&err)
	return newAnalyzer(o).resolveType(tn), nil
}

// resolveType is ResolveTypeName within an analysis.
func (a *analyzer) resolveType(tn *parse.TypeName) sqlType {
	t := a.namedType(tn)
	if len(tn.Mods) > 0 {
		t.Mod = a.typeModifier(tn, t.OID)
	}
	if len(tn.ArrayBounds) > 0 {
		array := a.arrayOf(t.OID)
		if info := a.typeInfo(t.OID); array == 0 && info != nil && info.IsTrueArray() {
			array = t.OID
		}
		if array == 0 {
			a.noType(tn)
		}
		t.OID = array
	}
	return t
}

func (a *analyzer) namedType(tn *parse.TypeName) sqlType {
	if tn.PctType {
		return a.columnType(tn)
	}
	if len(tn.Names) > 3 {
		a.fail(pgerror.SyntaxError, tn.Pos(), "improper qualified name (too many dotted names): %s", strings.Join(tn.Names, "."))
	}
	info, err := a.cs.LookupType(tn.Names)
	a.check(err, tn.Pos())
	if info == nil {
		a.noType(tn)
	}
	if !info.Defined {
		a.fail(pgerror.UndefinedObject, tn.Pos(), "type \"%s\" is only a shell", typeText(tn))
	}
	return sqltypes.T(info.OID)
}

func (a *analyzer) noType(tn *parse.TypeName) {
	a.fail(pgerror.UndefinedObject, tn.Pos(), "type \"%s\" does not exist", typeText(tn))
}

func typeText(tn *parse.TypeName) string {
	text := strings.Join(tn.Names, ".")
	if tn.PctType {
		text += "%TYPE"
	}
	if len(tn.ArrayBounds) > 0 {
		text += "[]"
	}
	return text
}

// columnType is table.column%TYPE.
func (a *analyzer) columnType(tn *parse.TypeName) sqlType {
	n := len(tn.Names)
	if n < 2 {
		a.fail(pgerror.SyntaxError, tn.Pos(), "improper %%TYPE reference (too few dotted names): %s", strings.Join(tn.Names, "."))
	}
	schema := ""
	if n > 2 {
		schema = tn.Names[n-3]
	}
	table, system, err := a.cs.ResolveTable(schema, tn.Names[n-2])
	a.check(err, tn.Pos())
	var columns []catalog.Column
	if table != nil {
		columns = table.Columns
	} else {
		columns = system.Columns
	}
	for i := range columns {
		if columns[i].Name == tn.Names[n-1] && !columns[i].Dropped {
			return columns[i].Type
		}
	}
	a.fail(pgerror.UndefinedColumn, tn.Pos(), "column \"%s\" of relation \"%s\" does not exist", tn.Names[n-1], tn.Names[n-2])
	return sqlType{}
}

// typeModifier computes the modifier from what stands in parentheses behind a type.
func (a *analyzer) typeModifier(tn *parse.TypeName, t oid) int32 {
	if info := a.typeInfo(t); info.ModIn == 0 {
		a.fail(pgerror.SyntaxError, tn.Pos(), "type modifier is not allowed for type \"%s\"", typeText(&parse.TypeName{Names: tn.Names}))
	}
	var words []string
	for _, m := range tn.Mods {
		words = append(words, a.modifierWord(m, tn.Pos()))
	}
	var mods []int
	for _, w := range words {
		mods = append(mods, a.modifierNumber(w, tn.Pos()))
	}
	wrong := func(format string, args ...any) { a.fail(pgerror.InvalidParameterValue, tn.Pos(), format, args...) }
	switch t {
	case sqltypes.VarCharOID:
		return a.lengthModifier(mods, "varchar", charactersMax, tn.Pos()) + 4
	case sqltypes.BPCharOID:
		return a.lengthModifier(mods, "char", charactersMax, tn.Pos()) + 4
	case sqltypes.BitOID:
		return a.lengthModifier(mods, "bit", bitsMax, tn.Pos())
	case sqltypes.VarBitOID:
		return a.lengthModifier(mods, "varbit", bitsMax, tn.Pos())
	case sqltypes.NumericOID:
		return a.numericModifier(mods, tn.Pos())
	case sqltypes.IntervalOID:
		return a.intervalModifier(mods, tn.Pos())
	case sqltypes.TimeOID, sqltypes.TimeTZOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID:
		if len(mods) != 1 {
			wrong("invalid type modifier")
		}
		if mods[0] < 0 {
			wrong("%s precision must not be negative", precise(t, mods[0]))
		}
		return a.precision(t, mods[0], tn.Pos())
	}
	a.fail(pgerror.SyntaxError, tn.Pos(), "type modifier is not allowed for type \"%s\"", typeText(tn))
	return -1
}

// precisionMax is how many digits of seconds are kept.
const precisionMax = 6

// precision is a precision asked for, reduced to what there is.
func (a *analyzer) precision(t oid, n, at int) int32 {
	if n > precisionMax {
		a.warn(pgerror.InvalidParameterValue, at, "%s precision reduced to maximum allowed, %d", precise(t, n), precisionMax)
	}
	return int32(min(n, precisionMax))
}

// precise is the name of a type of times with a precision, as messages have it.
func precise(t oid, n int) string {
	switch t {
	case sqltypes.TimeOID:
		return fmt.Sprintf("TIME(%d)", n)
	case sqltypes.TimeTZOID:
		return fmt.Sprintf("TIME(%d) WITH TIME ZONE", n)
	case sqltypes.TimestampTZOID:
		return fmt.Sprintf("TIMESTAMP(%d) WITH TIME ZONE", n)
	case sqltypes.IntervalOID:
		return fmt.Sprintf("INTERVAL(%d)", n)
	}
	return fmt.Sprintf("TIMESTAMP(%d)", n)
}

// The limits of declared lengths.
const (
	charactersMax = 10485760
	bitsMax       = 83886080
)

// modifierWord is a modifier as it is written.
func (a *analyzer) modifierWord(e parse.Expr, at int) string {
	switch e := e.(type) {
	case *parse.IntegerConst:
		return strconv.FormatInt(e.Value, 10)
	case *parse.FloatConst:
		return e.Text
	case *parse.StringConst:
		return e.Value
	case *parse.ColumnRef:
		if len(e.Fields) == 1 && !e.Star {
			return e.Fields[0]
		}
	}
	a.fail(pgerror.SyntaxError, at, "type modifiers must be simple constants or identifiers")
	return ""
}

func (a *analyzer) modifierNumber(text string, at int) int {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		a.fail(pgerror.InvalidTextRepresentation, at, "invalid input syntax for type integer: \"%s\"", text)
	case n > math.MaxInt32 || n < math.MinInt32:
		a.fail(pgerror.NumericValueOutOfRange, at, "value \"%s\" is out of range for type integer", text)
	}
	return int(n)
}

func (a *analyzer) lengthModifier(mods []int, name string, most, at int) int32 {
	switch {
	case len(mods) != 1:
		a.fail(pgerror.InvalidParameterValue, at, "invalid type modifier")
	case mods[0] < 1:
		a.fail(pgerror.InvalidParameterValue, at, "length for type %s must be at least 1", name)
	case mods[0] > most:
		a.fail(pgerror.InvalidParameterValue, at, "length for type %s cannot exceed %d", name, most)
	}
	return int32(mods[0])
}

// numericMax bounds the precision and the scale of numeric.
const numericMax = 1000

func (a *analyzer) numericModifier(mods []int, at int) int32 {
	if len(mods) > 2 {
		a.fail(pgerror.InvalidParameterValue, at, "invalid NUMERIC type modifier")
	}
	scale := 0
	if len(mods) == 2 {
		scale = mods[1]
	}
	if mods[0] < 1 || mods[0] > numericMax {
		a.fail(pgerror.InvalidParameterValue, at, "NUMERIC precision %d must be between 1 and %d", mods[0], numericMax)
	}
	if scale < -numericMax || scale > numericMax {
		a.fail(pgerror.InvalidParameterValue, at, "NUMERIC scale %d must be between %d and %d", scale, -numericMax, numericMax)
	}
	return int32(mods[0])<<16 | int32(scale)&0x7FF + 4
}

func (a *analyzer) intervalModifier(mods []int, at int) int32 {
	if len(mods) > 2 {
		a.fail(pgerror.InvalidParameterValue, at, "invalid INTERVAL type modifier")
	}
	if len(mods) == 1 {
		if mods[0] == sqltypes.IntervalFullRange {
			return -1
		}
		return sqltypes.MakeIntervalTypmod(mods[0], sqltypes.IntervalFullPrecision)
	}
	if mods[1] < 0 {
		a.fail(pgerror.InvalidParameterValue, at, "INTERVAL(%d) precision must not be negative", mods[1])
	}
	return sqltypes.MakeIntervalTypmod(mods[0], int(a.precision(sqltypes.IntervalOID, mods[1], at)))
}
