package functions

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
)

// generator makes calls. One seed makes the same calls always.
type generator struct {
	*rand.Rand
	data *catalog.Data
}

func newGenerator(seed, object uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, object)), data: catalog.Builtins()}
}

func (g *generator) oneIn(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *generator, list []T) T { return list[g.IntN(len(list))] }

// elements are what polymorphic parameters are called with.
var elements = []sqltypes.OID{sqltypes.Int4OID, sqltypes.TextOID, sqltypes.NumericOID, sqltypes.DateOID, sqltypes.BoolOID, sqltypes.Float8OID, sqltypes.UUIDOID,
	sqltypes.TimestampTZOID, sqltypes.Int8OID, sqltypes.IntervalOID, sqltypes.ByteaOID}

var rangeTypes = []sqltypes.OID{sqltypes.Int4RangeOID, sqltypes.NumRangeOID, sqltypes.DateRangeOID, sqltypes.Int8RangeOID, sqltypes.TSRangeOID, sqltypes.TSTZRangeOID}

// binding is what the polymorphic parameters of one call stand for; the compatible ones have their own.
type binding struct{ element, array, rng, multirange sqltypes.OID }

func (g *generator) bind(types []sqltypes.OID) binding {
	rng := pick(g, rangeTypes)
	b := binding{element: pick(g, elements), rng: rng}
	for _, t := range types {
		switch t {
		case sqltypes.AnyRangeOID, sqltypes.AnyMultirangeOID, sqltypes.AnyCompatibleRangeOID, sqltypes.AnyCompatibleMultirangeOID:
			b.element, _ = sqltypes.RangeSubtype(rng)
		}
	}
	b.array, _ = sqltypes.ArrayOf(b.element)
	for t := sqltypes.OID(1); t < 7000; t++ {
		if r, ok := sqltypes.MultirangeRange(t); ok && r == rng {
			b.multirange = t
		}
	}
	return b
}

// concrete is the type that a parameter of type t takes.
func (g *generator) concrete(t sqltypes.OID, b binding) sqltypes.OID {
	switch t {
	case sqltypes.AnyElementOID, sqltypes.AnyNonArrayOID, sqltypes.AnyCompatibleOID, sqltypes.AnyCompatibleNonArrayOID:
		return b.element
	case sqltypes.AnyArrayOID, sqltypes.AnyCompatibleArrayOID:
		return b.array
	case sqltypes.AnyRangeOID, sqltypes.AnyCompatibleRangeOID:
		return b.rng
	case sqltypes.AnyMultirangeOID, sqltypes.AnyCompatibleMultirangeOID:
		return b.multirange
	case sqltypes.AnyOID:
		return pick(g, elements)
	}
	return t
}

// text is a value of a type as its input takes it; false where there is none to take.
func (g *generator) text(t sqltypes.OID) (string, bool) {
	if element, ok := sqltypes.ElementOf(t); ok && t != sqltypes.OIDVectorOID && t != sqltypes.Int2VectorOID {
		return g.array(element)
	}
	list := values[sqltypes.BaseTypeName(t)]
	if t == sqltypes.VarCharOID {
		list = values["text"]
	}
	if len(list) == 0 {
		return "", false
	}
	return pick(g, list), true
}

func (g *generator) array(element sqltypes.OID) (string, bool) {
	if g.oneIn(8) {
		return "{}", true
	}
	one := func() (string, bool) {
		if g.oneIn(6) {
			return "NULL", true
		}
		s, ok := g.text(element)
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`, ok
	}
	row := func(n int) (string, bool) {
		var list []string
		for range n {
			s, ok := one()
			if !ok {
				return "", false
			}
			list = append(list, s)
		}
		return "{" + strings.Join(list, ",") + "}", true
	}
	n := 1 + g.IntN(4)
	s, ok := row(n)
	if ok && g.oneIn(5) { // two dimensions
		other, _ := row(n)
		s = "{" + s + "," + other + "}"
	} else if ok && g.oneIn(5) {
		s = fmt.Sprintf("[%d:%d]=%s", -1, n-2, s)
	}
	return s, ok
}

// value is an expression of a type.
func (g *generator) value(t sqltypes.OID) (string, bool) {
	switch t {
	case sqltypes.CStringOID:
		return literal(pick(g, values[pick(g, []string{"text", "integer", "numeric", "date", "interval", "double precision", "json"})])), true
	case sqltypes.RecordOID:
		return pick(g, []string{"ROW(1, 'a'::text)", "ROW(2, NULL::text)", "ROW(1, 'b'::text)", "ROW(NULL::int, 'a'::text)"}), true
	case 71:
		return "(SELECT t FROM pg_type t WHERE t.oid = 23)", true
	case 75:
		return "(SELECT a FROM pg_attribute a WHERE a.attrelid = 1247 AND a.attname = 'typname')", true
	}
	name := sqltypes.TypeName(sqltypes.T(t))
	s, ok := g.text(t)
	if !ok {
		return "", false
	}
	if g.oneIn(14) {
		return "NULL::" + name, true
	}
	return literal(s) + "::" + name, true
}

// pools are the words for parameters of functions of these names, by number; a number of -1 is the last.
var pools = map[string]map[int]string{
	"date_part": {0: "field"}, "extract": {0: "field"}, "date_trunc": {0: "field", 2: "zone"}, "timezone": {0: "zone"}, "encode": {1: "encoding"}, "decode": {1: "encoding"},
	"to_date": {1: "date format"}, "to_timestamp": {1: "date format"}, "to_number": {1: "number format"}, "convert": {1: "charset", 2: "charset"}, "convert_to": {1: "charset"},
	"convert_from": {1: "charset"}, "length": {1: "charset"}, "regexp_match": {1: "regexp", 2: "flags"}, "regexp_matches": {1: "regexp", 2: "flags"},
	"regexp_replace": {1: "regexp", -1: "flags"}, "regexp_split_to_table": {1: "regexp", 2: "flags"}, "regexp_split_to_array": {1: "regexp", 2: "flags"},
	"regexp_count": {1: "regexp", 3: "flags"}, "regexp_instr": {1: "regexp", 5: "flags"}, "regexp_like": {1: "regexp", 2: "flags"}, "regexp_substr": {1: "regexp", 4: "flags"},
	"textregexeq": {1: "regexp"}, "textregexne": {1: "regexp"}, "texticregexeq": {1: "regexp"}, "texticregexne": {1: "regexp"}, "nameregexeq": {1: "regexp"},
	"pg_input_is_valid": {1: "type"}, "pg_input_error_info": {1: "type"}, "pg_size_bytes": {0: "unit"}, "make_timestamptz": {6: "zone"}, "date_add": {2: "zone"},
	"date_subtract": {2: "zone"}, "generate_series": {3: "zone"}, "pg_char_to_encoding": {0: "charset"}, "similar_to_escape": {0: "regexp"}, "to_regtype": {0: "type"},
}

// argument is an expression for a parameter: one with a meaning there, or any value of the type.
func (g *generator) argument(p *catalog.Proc, n int, t sqltypes.OID) (string, bool) {
	if t != sqltypes.TextOID && t != sqltypes.NameOID || g.oneIn(10) {
		return g.value(t)
	}
	pool := pools[p.Name][n]
	if n == len(p.ArgTypes)-1 && pool == "" {
		pool = pools[p.Name][-1]
	}
	if strings.HasPrefix(p.Name, "has_") && n == len(p.ArgTypes)-1 {
		pool = "privilege"
	}
	if p.Name == "to_char" && n == 1 {
		if pool = "date format"; sqltypes.Category(p.ArgTypes[0]) == 'N' {
			pool = "number format"
		}
	}
	if pool == "" {
		return g.value(t)
	}
	return literal(pick(g, words[pool])) + "::" + sqltypes.BaseTypeName(t), true
}

// arguments are those of one call of a function; false where a parameter has no values.
func (g *generator) arguments(p *catalog.Proc) ([]string, bool) {
	b := g.bind(p.ArgTypes)
	var list []string
	types := slices.Clone(p.ArgTypes)
	if p.Variadic != 0 {
		types = types[:len(types)-1]
		if p.Variadic == sqltypes.AnyOID || g.oneIn(2) {
			for range 1 + g.IntN(3) {
				types = append(types, p.Variadic)
			}
		} else {
			types = append(types, p.ArgTypes[len(p.ArgTypes)-1])
		}
	} else if p.Defaults > 0 {
		types = types[:len(types)-g.IntN(p.Defaults+1)]
	}
	for i, t := range types {
		s, ok := g.argument(p, i, g.concrete(t, b))
		if !ok {
			return nil, false
		}
		if p.Variadic != 0 && p.Variadic != sqltypes.AnyOID && i == len(p.ArgTypes)-1 && t == p.ArgTypes[i] {
			s = "VARIADIC " + s
		}
		list = append(list, s)
	}
	return list, true
}

// function is a call of a function, aggregate or window function.
func (g *generator) function(p *catalog.Proc) (string, bool) {
	if p.Kind == 'a' {
		return g.aggregate(p)
	}
	args, ok := g.arguments(p)
	if !ok {
		return "", false
	}
	name := quoteName(p.Name)
	if g.data.Types() != nil && p.Namespace != catalog.PgCatalogOID {
		name = "information_schema." + name
	} else {
		name = "pg_catalog." + name
	}
	call := name + "(" + strings.Join(args, ", ") + ")"
	switch {
	case p.Kind == 'w':
		return "SELECT " + call + " OVER (ORDER BY x) FROM (VALUES (1), (2), (2), (4), (NULL)) v(x)", true
	case p.ReturnType == sqltypes.RecordOID && p.ArgModes == "" && strings.Contains(p.Name, "_to_record"):
		return "SELECT * FROM " + call + " AS t(a int, b text, c jsonb) LIMIT 20", true
	case p.ReturnType == sqltypes.RecordOID && p.ArgModes != "":
		return "SELECT * FROM " + call + " LIMIT 20", true
	case p.ReturnsSet:
		return "SELECT " + call + " LIMIT 20", true
	}
	return "SELECT " + call, true
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// aggregate is a call of an aggregate over a few rows.
func (g *generator) aggregate(p *catalog.Proc) (string, bool) {
	a := g.data.Aggregate(p.OID)
	b := g.bind(p.ArgTypes)
	types := slices.Clone(p.ArgTypes)
	direct := 0
	if a.Kind != 'n' {
		direct = a.DirectArgs
	}
	hypothetical := a.Kind == 'h'
	if p.Variadic != 0 {
		types[len(types)-1] = p.Variadic
		if hypothetical {
			direct = len(types)
			types = append(types, types[direct-1])
		}
	}
	for i := range types {
		types[i] = g.concrete(types[i], b)
		if hypothetical {
			types[i] = types[0]
		}
	}
	var rows [][]string
	for range g.IntN(7) {
		var row []string
		for _, t := range types {
			s, ok := g.value(t)
			if !ok {
				return "", false
			}
			row = append(row, s)
		}
		rows = append(rows, row)
	}
	var names, directs []string
	for i, t := range types {
		names = append(names, fmt.Sprintf("x%d", i))
		if i < direct {
			s, ok := g.value(t)
			if t == sqltypes.Float8OID {
				s = pick(g, []string{"0.5", "0", "1", "0.25", "1.5", "NULL::float8"})
			}
			if !ok {
				return "", false
			}
			directs = append(directs, s)
		}
	}
	from := ""
	for i, row := range rows {
		if i > 0 {
			from += ", "
		}
		from += "(" + strings.Join(row, ", ") + ")"
	}
	switch {
	case len(types) == 0 && len(rows) == 0:
		from = "(SELECT 1 WHERE false) v"
	case len(types) == 0:
		from = fmt.Sprintf("generate_series(1, %d) v", len(rows))
	case len(rows) == 0:
		var nulls []string
		for _, t := range types {
			if t == sqltypes.RecordOID {
				return "", false
			}
			nulls = append(nulls, "NULL::"+sqltypes.TypeName(sqltypes.T(t)))
		}
		from = "(SELECT " + strings.Join(nulls, ", ") + " WHERE false) v(" + strings.Join(names, ", ") + ")"
	default:
		from = "(VALUES " + from + ") v(" + strings.Join(names, ", ") + ")"
	}
	call := quoteName(p.Name) + "("
	switch {
	case a.Kind != 'n':
		call += strings.Join(directs, ", ") + ") WITHIN GROUP (ORDER BY " + strings.Join(names[direct:], ", ") + ")"
	case len(types) == 0:
		call += "*)"
	case g.oneIn(5):
		call += "DISTINCT " + strings.Join(names, ", ") + " ORDER BY " + strings.Join(names, ", ") + ")"
	case g.oneIn(4):
		call += strings.Join(names, ", ") + " ORDER BY x0 DESC)"
	default:
		call += strings.Join(names, ", ") + ")"
	}
	return "SELECT " + call + " FROM " + from, true
}

// operator is a use of an operator.
func (g *generator) operator(o *catalog.Operator) (string, bool) {
	types := []sqltypes.OID{o.Left, o.Right}
	b := g.bind(types)
	right, ok := g.value(g.concrete(o.Right, b))
	if !ok {
		return "", false
	}
	if o.Left == 0 {
		return "SELECT " + o.Name + " (" + right + ")", true
	}
	left, ok := g.value(g.concrete(o.Left, b))
	return "SELECT (" + left + ") " + o.Name + " (" + right + ")", ok
}

// cast is a use of a cast, from source to target, with or without a modifier.
func (g *generator) cast(source, target sqltypes.OID) (string, bool) {
	s, ok := g.value(source)
	name := sqltypes.TypeName(sqltypes.T(target))
	switch target {
	case sqltypes.VarCharOID, sqltypes.BPCharOID, sqltypes.BitOID, sqltypes.VarBitOID:
		name = strings.Trim(name, `"`)
		if g.oneIn(2) {
			name += fmt.Sprintf("(%d)", 1+g.IntN(5))
		}
	case sqltypes.NumericOID:
		name += pick(g, []string{"", "(5)", "(10,2)", "(3,-2)", "(4,6)", "(1000,0)"})
	case sqltypes.TimestampOID, sqltypes.TimestampTZOID, sqltypes.TimeOID, sqltypes.TimeTZOID:
		if p := g.IntN(9); p < 7 {
			first, rest, _ := strings.Cut(name, " ")
			name = fmt.Sprintf("%s(%d) %s", first, p, rest)
		}
	case sqltypes.IntervalOID:
		name += pick(g, []string{"", "(0)", "(3)", " year", " month", " day", " hour", " minute", " second", " second(2)", " year to month", " day to second(1)", " hour to minute"})
	}
	return "SELECT (" + s + ")::" + name, ok
}

// input is a text given to the input of a type: one of its own values, one of another type's, or one changed a little.
func (g *generator) input(t sqltypes.OID) string {
	s, ok := g.text(t)
	if !ok || g.oneIn(3) {
		s = pick(g, values[pick(g, inputFrom)])
	}
	if g.oneIn(3) && len(s) > 0 {
		s = g.spoil(s)
	}
	return "SELECT " + literal(s) + "::" + sqltypes.TypeName(sqltypes.T(t))
}

var inputFrom = []string{"integer", "numeric", "double precision", "text", "date", "timestamp with time zone", "interval", "json", "inet", "uuid", "time with time zone", "boolean", "int4range", "bit"}

// spoil changes a text a little: a character less, more, twice or another.
func (g *generator) spoil(s string) string {
	r := []rune(s)
	i := g.IntN(len(r))
	switch g.IntN(6) {
	case 0:
		return string(slices.Delete(r, i, i+1))
	case 1:
		return string(slices.Insert(r, i, r[i]))
	case 2:
		return string(slices.Insert(r, i, pick(g, []rune(" 0-+.,:eE{}[]()\"'\\xXyT/"))))
	case 3:
		return "  " + s + " "
	case 4:
		return strings.ToUpper(s)
	}
	r[i] = pick(g, []rune(" 019-+.,:{}[]\"ZzT"))
	return string(r)
}
