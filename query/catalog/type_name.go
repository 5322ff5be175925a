package catalog

import (
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// spelledTypes are SQL's own names of types, which are not those of pg_type.
var spelledTypes = map[string]OID{
	"bigint": sqltypes.Int8OID, "bit": sqltypes.BitOID, "bit varying": sqltypes.VarBitOID, "boolean": sqltypes.BoolOID,
	"char": sqltypes.BPCharOID, "character": sqltypes.BPCharOID, "char varying": sqltypes.VarCharOID, "character varying": sqltypes.VarCharOID,
	"national character": sqltypes.BPCharOID, "national char": sqltypes.BPCharOID, "nchar": sqltypes.BPCharOID,
	"national character varying": sqltypes.VarCharOID, "dec": sqltypes.NumericOID, "decimal": sqltypes.NumericOID,
	"double precision": sqltypes.Float8OID, "float": sqltypes.Float8OID, "int": sqltypes.Int4OID, "integer": sqltypes.Int4OID,
	"real": sqltypes.Float4OID, "smallint": sqltypes.Int2OID, "time without time zone": sqltypes.TimeOID,
	"time with time zone": sqltypes.TimeTZOID, "timestamp without time zone": sqltypes.TimestampOID,
	"timestamp with time zone": sqltypes.TimestampTZOID,
}

// ParseTypeName reads a type as a cast would have it: "timestamp(3) with time zone", "int4[]", "public.t". The modifier is -1 unless the type is
// one of character, bit, numeric or time with numbers behind it.
func (s Scope) ParseTypeName(text string) (sqltypes.Type, error) {
	words, modifier, dimensions, ok := splitTypeName(text)
	if !ok {
		return sqltypes.Type{}, pgerror.New(pgerror.SyntaxError, "invalid type name \"%s\"", text)
	}
	folded := strings.ToLower(strings.Join(strings.Fields(words), " "))
	t := sqltypes.T(spelledTypes[folded])
	if t.OID == 0 {
		name, err := SplitQualified(words)
		if err != nil {
			return t, pgerror.New(pgerror.SyntaxError, "invalid type name \"%s\"", text)
		}
		info, err := s.LookupType(name)
		if err != nil {
			return t, err
		}
		if info == nil {
			return t, NoType(name)
		}
		t.OID = info.OID
	}
	t.Mod = typeModifier(t.OID, modifier)
	if dimensions {
		array := s.ArrayType(t.OID)
		if array == 0 {
			return t, pgerror.New(pgerror.UndefinedObject, "type \"%s[]\" does not exist", words)
		}
		t.OID = array
	}
	return t, nil
}

// splitTypeName takes "words(1,2) more words[]" apart.
func splitTypeName(text string) (words string, modifier []int32, array, ok bool) {
	text = strings.TrimSpace(text)
	for strings.HasSuffix(text, "]") {
		open := strings.LastIndexByte(text, '[')
		if open < 0 || strings.Trim(text[open+1:len(text)-1], "0123456789 ") != "" {
			return "", nil, false, false
		}
		text, array = strings.TrimSpace(text[:open]), true
	}
	if base, found := strings.CutSuffix(strings.ToLower(text), " array"); found {
		text, array = text[:len(base)], true
	}
	if open := strings.IndexByte(text, '('); open >= 0 && !strings.Contains(text, `"`) {
		end := strings.IndexByte(text, ')')
		if end < open {
			return "", nil, false, false
		}
		for _, part := range strings.Split(text[open+1:end], ",") {
			n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 32)
			if err != nil {
				return "", nil, false, false
			}
			modifier = append(modifier, int32(n))
		}
		text = text[:open] + " " + text[end+1:]
	}
	return strings.TrimSpace(text), modifier, array, strings.TrimSpace(text) != ""
}

// typeModifier is what the numbers behind a type's name make of its modifier.
func typeModifier(oid OID, numbers []int32) int32 {
	const headerBytes = 4
	if len(numbers) == 0 {
		return -1
	}
	switch oid {
	case sqltypes.BPCharOID, sqltypes.VarCharOID:
		return numbers[0] + headerBytes
	case sqltypes.NumericOID:
		scale := int32(0)
		if len(numbers) > 1 {
			scale = numbers[1]
		}
		return (numbers[0]<<16 | scale&0x7ff) + headerBytes
	case sqltypes.BitOID, sqltypes.VarBitOID, sqltypes.TimeOID, sqltypes.TimeTZOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID:
		return numbers[0]
	}
	return -1
}
