package catalog

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
)

// standardTypes are the types that SQL has a spelling of its own for.
var standardTypes = map[OID]string{
	sqltypes.BitOID: "bit", sqltypes.BoolOID: "boolean", sqltypes.BPCharOID: "character", sqltypes.Float4OID: "real",
	sqltypes.Float8OID: "double precision", sqltypes.Int2OID: "smallint", sqltypes.Int4OID: "integer", sqltypes.Int8OID: "bigint",
	sqltypes.NumericOID: "numeric", sqltypes.IntervalOID: "interval", sqltypes.TimeOID: "time without time zone",
	sqltypes.TimeTZOID: "time with time zone", sqltypes.TimestampOID: "timestamp without time zone",
	sqltypes.TimestampTZOID: "timestamp with time zone", sqltypes.VarBitOID: "bit varying", sqltypes.VarCharOID: "character varying",
}

// TypeName writes a type's name without a modifier, as error messages do.
func (s Scope) TypeName(oid OID) string { return s.formatType(oid, nil, false) }

// FormatType writes a type's name with its modifier, as format_type(oid, mod) does. A nil mod is SQL's NULL.
func (s Scope) FormatType(oid OID, mod *int32) string { return s.formatType(oid, mod, false) }

// FormatColumnType writes a column's type; a modifier of -1 is a given one.
func (s Scope) FormatColumnType(t sqltypes.Type) string { return s.formatType(t.OID, &t.Mod, false) }

// QualifiedTypeName always writes the schema, except for types with a spelling of SQL's own.
func (s Scope) QualifiedTypeName(t sqltypes.Type) string { return s.formatType(t.OID, &t.Mod, true) }

func (s Scope) formatType(oid OID, mod *int32, qualify bool) string {
	if oid == 0 {
		return "-"
	}
	t := s.Type(oid)
	if t == nil {
		return "???"
	}
	array := t.IsTrueArray() && t.Storage != 'p'
	if array {
		element := s.Type(t.Elem)
		if element == nil {
			return "???[]"
		}
		t = element
	}
	name := s.formatPlain(t, mod, qualify)
	if array {
		name += "[]"
	}
	return name
}

func (s Scope) formatPlain(t *TypeInfo, mod *int32, qualify bool) string {
	standard, ok := standardTypes[t.OID]
	switch {
	case !ok:
	case mod == nil || *mod < 0 && t.OID != sqltypes.BPCharOID && t.OID != sqltypes.BitOID:
		return standard
	case *mod >= 0:
		return withModifier(t.OID, standard, *mod)
	case t.OID == sqltypes.BitOID:
		return `"bit"`
	}
	name := parse.QuoteIdent(t.Name)
	if t.OID == sqltypes.CharOID {
		name = `"char"`
	}
	if qualify || !s.TypeIsVisible(t.OID) {
		name = parse.QuoteIdent(s.SchemaName(t.Namespace)) + "." + name
	}
	if mod != nil && *mod >= 0 {
		name += "(" + strconv.Itoa(int(*mod)) + ")"
	}
	return name
}

// withModifier puts a modifier into a standard type's name.
func withModifier(oid OID, name string, mod int32) string {
	const headerBytes = 4
	switch oid {
	case sqltypes.BPCharOID, sqltypes.VarCharOID:
		if mod <= headerBytes {
			return name
		}
		return fmt.Sprintf("%s(%d)", name, mod-headerBytes)
	case sqltypes.BitOID, sqltypes.VarBitOID:
		return fmt.Sprintf("%s(%d)", name, mod)
	case sqltypes.NumericOID:
		precision, scale, ok := NumericModifier(mod)
		if !ok {
			return name
		}
		return fmt.Sprintf("%s(%d,%d)", name, precision, scale)
	case sqltypes.IntervalOID:
		return name + intervalModifier(mod)
	case sqltypes.TimeOID, sqltypes.TimeTZOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID:
		first, rest, _ := strings.Cut(name, " ")
		return fmt.Sprintf("%s(%d) %s", first, mod, rest)
	}
	return name
}

// NumericModifier takes numeric's modifier apart; false when it sets no limits.
func NumericModifier(mod int32) (precision, scale int, ok bool) {
	if mod < 4 {
		return 0, 0, false
	}
	mod -= 4
	return int(mod>>16) & 0xffff, (int(mod&0x7ff) ^ 1024) - 1024, true
}

// intervalFields are the field restrictions of interval's modifier.
var intervalFields = map[int32]string{
	1 << 2: " year", 1 << 1: " month", 1 << 3: " day", 1 << 10: " hour", 1 << 11: " minute", 1 << 12: " second",
	1<<2 | 1<<1: " year to month", 1<<3 | 1<<10: " day to hour", 1<<3 | 1<<10 | 1<<11: " day to minute",
	1<<3 | 1<<10 | 1<<11 | 1<<12: " day to second", 1<<10 | 1<<11: " hour to minute", 1<<10 | 1<<11 | 1<<12: " hour to second",
	1<<11 | 1<<12: " minute to second",
}

func intervalModifier(mod int32) string {
	const precisionNone = 0xffff
	text := intervalFields[mod>>16&0x7fff]
	if precision := mod & 0xffff; precision != precisionNone {
		text += fmt.Sprintf("(%d)", precision)
	}
	return text
}
