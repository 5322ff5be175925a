package catalog

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
)

// ParseTypeName reads a type as a cast would have it: "timestamp(3) with time zone", "int4[]", "public.t". A mistake of grammar has its position
// within text and tells the text as its context. Warnings go to warn, which may be nil.
func (s Scope) ParseTypeName(text string, warn func(*pgerror.Error)) (sqltypes.Type, error) {
	tn, err := parseTypeName(text)
	if err != nil {
		return sqltypes.Type{}, err
	}
	return s.ResolveTypeName(tn, warn)
}

func parseTypeName(text string) (*parse.TypeName, error) {
	invalid := pgerror.New(pgerror.SyntaxError, "invalid type name \"%s\"", text)
	if strings.Trim(text, spaces) == "" {
		return nil, invalid
	}
	tn, err := parse.ParseTypeName(text)
	if err != nil {
		e := pgerror.From(err).Harden()
		e.Where = invalid.Message
		return nil, e
	}
	if tn.SetOf {
		return nil, invalid
	}
	return tn, nil
}

// ResolveTypeName finds the type a name means, with its modifier. Errors have no position: all of them are about the name as a whole. Warnings go
// to warn, which may be nil.
func (s Scope) ResolveTypeName(tn *parse.TypeName, warn func(*pgerror.Error)) (sqltypes.Type, error) {
	t, err := s.namedType(tn)
	if err != nil {
		return t, err
	}
	if len(tn.Mods) > 0 {
		if t.Mod, err = s.typeModifier(tn, t.OID, warn); err != nil {
			return t, pgerror.From(err).Harden()
		}
	}
	if len(tn.ArrayBounds) > 0 {
		array := s.ArrayType(t.OID)
		if info := s.Type(t.OID); array == 0 && info != nil && info.IsTrueArray() {
			array = t.OID
		}
		if array == 0 {
			return t, noType(tn)
		}
		t.OID = array
	}
	return t, nil
}

func (s Scope) namedType(tn *parse.TypeName) (t sqltypes.Type, err error) {
	if tn.PctType {
		return s.columnType(tn)
	}
	info, err := s.LookupType(tn.Names)
	switch {
	case err != nil:
		return t, err
	case info == nil:
		return t, noType(tn)
	case !info.Defined:
		return t, pgerror.New(pgerror.UndefinedObject, "type \"%s\" is only a shell", typeText(tn))
	}
	return sqltypes.T(info.OID), nil
}

func noType(tn *parse.TypeName) error {
	return pgerror.New(pgerror.UndefinedObject, "type \"%s\" does not exist", typeText(tn))
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
func (s Scope) columnType(tn *parse.TypeName) (sqltypes.Type, error) {
	n := len(tn.Names)
	if n < 2 {
		return sqltypes.Type{}, pgerror.New(pgerror.SyntaxError, "improper %%TYPE reference (too few dotted names): %s", strings.Join(tn.Names, ".")).Harden()
	}
	schema := ""
	if n > 2 {
		schema = tn.Names[n-3]
	}
	table, system, err := s.ResolveTable(schema, tn.Names[n-2])
	if err != nil {
		return sqltypes.Type{}, err
	}
	var columns []Column
	if table != nil {
		columns = table.Columns
	} else {
		columns = system.Columns
	}
	for i := range columns {
		if columns[i].Name == tn.Names[n-1] && !columns[i].Dropped {
			return columns[i].Type, nil
		}
	}
	return sqltypes.Type{}, pgerror.New(pgerror.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", tn.Names[n-1], tn.Names[n-2])
}

// typeModifier computes the modifier from what stands in parentheses behind a type.
func (s Scope) typeModifier(tn *parse.TypeName, t OID, warn func(*pgerror.Error)) (int32, error) {
	name := typeText(&parse.TypeName{Names: tn.Names})
	if s.Type(t).ModIn == 0 {
		return -1, pgerror.New(pgerror.SyntaxError, "type modifier is not allowed for type \"%s\"", name)
	}
	var words []string
	for _, m := range tn.Mods {
		w, ok := modifierWord(m)
		if !ok {
			return -1, pgerror.New(pgerror.SyntaxError, "type modifiers must be simple constants or identifiers")
		}
		words = append(words, w)
	}
	var mods []int
	for _, w := range words {
		n, err := modifierNumber(w)
		if err != nil {
			return -1, err
		}
		mods = append(mods, n)
	}
	switch t {
	case sqltypes.VarCharOID:
		n, err := lengthMods(mods, "varchar", charactersMax)
		return n + 4, err
	case sqltypes.BPCharOID:
		n, err := lengthMods(mods, "char", charactersMax)
		return n + 4, err
	case sqltypes.BitOID:
		return lengthMods(mods, "bit", bitsMax)
	case sqltypes.VarBitOID:
		return lengthMods(mods, "varbit", bitsMax)
	case sqltypes.NumericOID:
		return numericMods(mods)
	case sqltypes.IntervalOID:
		return intervalMods(mods, warn)
	case sqltypes.TimeOID, sqltypes.TimeTZOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID:
		if len(mods) != 1 {
			return -1, pgerror.New(pgerror.InvalidParameterValue, "invalid type modifier")
		}
		if mods[0] < 0 {
			return -1, pgerror.New(pgerror.InvalidParameterValue, "%s precision must not be negative", precise(t, mods[0]))
		}
		return Precision(t, mods[0], warn), nil
	}
	return -1, pgerror.New(pgerror.SyntaxError, "type modifier is not allowed for type \"%s\"", name)
}

// precisionMax is how many digits of seconds are kept.
const precisionMax = 6

// Precision is a precision asked for, reduced to what there is.
func Precision(t OID, n int, warn func(*pgerror.Error)) int32 {
	if n > precisionMax && warn != nil {
		e := pgerror.New(pgerror.InvalidParameterValue, "%s precision reduced to maximum allowed, %d", precise(t, n), precisionMax)
		e.Severity = pgerror.SeverityWarning
		warn(e)
	}
	return int32(min(n, precisionMax))
}

// precise is the name of a type of times with a precision, as messages have it.
func precise(t OID, n int) string {
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
func modifierWord(e parse.Expr) (word string, ok bool) {
	switch e := e.(type) {
	case *parse.IntegerConst:
		return strconv.FormatInt(e.Value, 10), true
	case *parse.FloatConst:
		return e.Text, true
	case *parse.StringConst:
		return e.Value, true
	case *parse.ColumnRef:
		if len(e.Fields) == 1 && !e.Star {
			return e.Fields[0], true
		}
	}
	return "", false
}

func modifierNumber(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return 0, pgerror.New(pgerror.InvalidTextRepresentation, "invalid input syntax for type integer: \"%s\"", text)
	case n > math.MaxInt32 || n < math.MinInt32:
		return 0, pgerror.New(pgerror.NumericValueOutOfRange, "value \"%s\" is out of range for type integer", text)
	}
	return int(n), nil
}

func lengthMods(mods []int, name string, most int) (int32, error) {
	switch {
	case len(mods) != 1:
		return -1, pgerror.New(pgerror.InvalidParameterValue, "invalid type modifier")
	case mods[0] < 1:
		return -1, pgerror.New(pgerror.InvalidParameterValue, "length for type %s must be at least 1", name)
	case mods[0] > most:
		return -1, pgerror.New(pgerror.InvalidParameterValue, "length for type %s cannot exceed %d", name, most)
	}
	return int32(mods[0]), nil
}

// numericMax bounds the precision and the scale of numeric.
const numericMax = 1000

func numericMods(mods []int) (int32, error) {
	if len(mods) > 2 {
		return -1, pgerror.New(pgerror.InvalidParameterValue, "invalid NUMERIC type modifier")
	}
	scale := 0
	if len(mods) == 2 {
		scale = mods[1]
	}
	if mods[0] < 1 || mods[0] > numericMax {
		return -1, pgerror.New(pgerror.InvalidParameterValue, "NUMERIC precision %d must be between 1 and %d", mods[0], numericMax)
	}
	if scale < -numericMax || scale > numericMax {
		return -1, pgerror.New(pgerror.InvalidParameterValue, "NUMERIC scale %d must be between %d and %d", scale, -numericMax, numericMax)
	}
	return int32(mods[0])<<16 | int32(scale)&0x7FF + 4, nil
}

func intervalMods(mods []int, warn func(*pgerror.Error)) (int32, error) {
	if len(mods) > 2 {
		return -1, pgerror.New(pgerror.InvalidParameterValue, "invalid INTERVAL type modifier")
	}
	if len(mods) == 1 {
		if mods[0] == sqltypes.IntervalFullRange {
			return -1, nil
		}
		return sqltypes.MakeIntervalTypmod(mods[0], sqltypes.IntervalFullPrecision), nil
	}
	if mods[1] < 0 {
		return -1, pgerror.New(pgerror.InvalidParameterValue, "INTERVAL(%d) precision must not be negative", mods[1])
	}
	return sqltypes.MakeIntervalTypmod(mods[0], int(Precision(sqltypes.IntervalOID, mods[1], warn))), nil
}
