package catalog

import (
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// staticRelations have embedded rows that are shown as they are.
var staticRelations = []string{
	"pg_type", "pg_proc", "pg_operator", "pg_cast", "pg_aggregate", "pg_opclass", "pg_opfamily", "pg_amop", "pg_amproc", "pg_collation", "pg_am",
	"pg_range", "pg_language", "pg_conversion", "pg_class", "pg_attribute", "pg_index", "pg_constraint", "pg_description",
	"pg_timezone_abbrevs", "sql_features", "sql_implementation_info", "sql_parts", "sql_sizing",
}

// datumRows turns an embedded relation into rows of values.
func datumRows(s *System) [][]sqltypes.Datum {
	r := openRows(s.Name)
	if len(r.columns) != len(s.Columns) {
		panic("embedded " + s.Name + " has another number of columns than the relation")
	}
	width := len(s.Columns)
	types := make([]OID, width)
	for i := range types {
		types[i] = Base().BaseType(s.Columns[i].Type.OID)
	}
	all := make([]sqltypes.Datum, 0, r.count()*width)
	list := make([][]sqltypes.Datum, 0, r.count())
	for r.next() {
		start := len(all)
		for _, t := range types {
			all = append(all, r.datum(t))
		}
		list = append(list, all[start:len(all):len(all)])
	}
	return list
}

// datum takes the next field as a value of the type.
func (r *rows) datum(t OID) sqltypes.Datum {
	text, ok := r.field()
	if !ok {
		return sqltypes.Null
	}
	switch t {
	case sqltypes.PgNodeTreeOID:
		if r.name == "pg_proc" { // defaults, one text each
			text = joinComma(splitArray(text))
		}
		return sqltypes.String(text)
	case sqltypes.BoolOID:
		return sqltypes.Bool(text == "t")
	case sqltypes.CharOID:
		if text == "" {
			return sqltypes.Int(0)
		}
		return sqltypes.Int(int64(text[0]))
	case sqltypes.Int2OID, sqltypes.Int4OID, sqltypes.Int8OID, sqltypes.OIDOID, sqltypes.RegProcOID, sqltypes.XIDOID:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			panic("embedded " + r.name + ": " + err.Error())
		}
		return sqltypes.Int(n)
	case sqltypes.Float4OID:
		f, err := strconv.ParseFloat(text, 32)
		if err != nil {
			panic("embedded " + r.name + ": " + err.Error())
		}
		return sqltypes.Float(f)
	case sqltypes.IntervalOID:
		return sqltypes.FromInterval(zoneOffset(text))
	case sqltypes.OIDVectorOID:
		return numberVector(sqltypes.OIDOID, strings.Fields(text), 0)
	case sqltypes.Int2VectorOID:
		return numberVector(sqltypes.Int2OID, strings.Fields(text), 0)
	case sqltypes.OIDArrayOID:
		return numberVector(sqltypes.OIDOID, splitArray(text), 1)
	case sqltypes.Int2ArrayOID:
		return numberVector(sqltypes.Int2OID, splitArray(text), 1)
	case sqltypes.TextArrayOID:
		return textArray(sqltypes.TextOID, splitArray(text))
	case sqltypes.ACLItemArrayOID:
		return textArray(sqltypes.ACLItemOID, splitArray(text))
	case sqltypes.CharArrayOID:
		return charArray(joinModes(text))
	}
	return sqltypes.String(text) // name, text, pg_node_tree
}

// zoneOffset reads "-05:00:00".
func zoneOffset(text string) *sqltypes.Interval {
	digits, negative := strings.CutPrefix(text, "-")
	micros := int64(0)
	for _, part := range strings.Split(digits, ":") {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			panic("embedded offset " + text)
		}
		micros = micros*60 + n
	}
	micros *= 1e6
	if negative {
		micros = -micros
	}
	return &sqltypes.Interval{Micros: micros}
}

func numberVector(element OID, parts []string, lower int32) sqltypes.Datum {
	list := make([]sqltypes.Datum, len(parts))
	for i, p := range parts {
		n, err := strconv.ParseInt(p, 10, 64)
		if err != nil {
			panic("embedded list: " + err.Error())
		}
		list[i] = sqltypes.Int(n)
	}
	return arrayDatum(element, list, lower)
}

// arrayDatum makes a one-dimensional array. Vectors have the lower bound 0 and keep their dimension when empty.
func arrayDatum(element OID, list []sqltypes.Datum, lower int32) sqltypes.Datum {
	a := &sqltypes.Array{Element: element, Elements: list}
	if len(list) > 0 || lower == 0 {
		a.Lengths, a.Lowers = []int32{int32(len(list))}, []int32{lower}
	}
	return sqltypes.FromArray(a)
}

func textArray(element OID, parts []string) sqltypes.Datum {
	list := make([]sqltypes.Datum, len(parts))
	for i, p := range parts {
		list[i] = sqltypes.String(p)
	}
	return arrayDatum(element, list, 1)
}

func charArray(letters string) sqltypes.Datum {
	list := make([]sqltypes.Datum, len(letters))
	for i := range list {
		list[i] = sqltypes.Int(int64(letters[i]))
	}
	return arrayDatum(sqltypes.CharOID, list, 1)
}

// The constructors below keep the row makers short.

func oidDatum(o OID) sqltypes.Datum { return sqltypes.Int(int64(o)) }

func intDatum[T int | int16 | int32 | int64](n T) sqltypes.Datum { return sqltypes.Int(int64(n)) }

func charDatum(c byte) sqltypes.Datum { return sqltypes.Int(int64(c)) }

func textOrNull(s string) sqltypes.Datum {
	if s == "" {
		return sqltypes.Null
	}
	return sqltypes.String(s)
}

func oidsOrNull(list []OID) sqltypes.Datum {
	if list == nil {
		return sqltypes.Null
	}
	return oidList(sqltypes.OIDOID, list, 1)
}

func oidList(element OID, list []OID, lower int32) sqltypes.Datum {
	data := make([]sqltypes.Datum, len(list))
	for i, o := range list {
		data[i] = oidDatum(o)
	}
	return arrayDatum(element, data, lower)
}

func int2List(list []int16, lower int32) sqltypes.Datum {
	data := make([]sqltypes.Datum, len(list))
	for i, n := range list {
		data[i] = intDatum(n)
	}
	return arrayDatum(sqltypes.Int2OID, data, lower)
}

func int2sOrNull(list []int16) sqltypes.Datum {
	if len(list) == 0 {
		return sqltypes.Null
	}
	return int2List(list, 1)
}
