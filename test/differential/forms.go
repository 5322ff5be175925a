package differential

import (
	"fmt"
	"regexp"
	"strings"
)

// compared are the operators of quantified comparisons.
var compared = []string{"=", "<>", "<", "<=", ">", ">=", "!="}

// quantified compares a value with some or all of an array or of the rows of a query.
func (g *generator) quantified(a, typ string, s *scope) string {
	op, how := pick(g.Rand, compared), pick(g.Rand, []string{" ANY ", " ALL ", " SOME "})
	if typ == "text" && g.oneIn(2) {
		op = pick(g.Rand, []string{"LIKE", "NOT LIKE", "ILIKE", "~", "!~", "~*", "||'a' =", "^@"})
	}
	switch g.Intn(4) {
	case 0:
		return a + " " + op + how + "(ARRAY[" + literal(g.Rand, typ) + ", " + g.expression(typ, 0, s) + ", " + literal(g.Rand, typ) + "])"
	case 1:
		return a + " " + op + how + "((NULL::" + typ + "[]))"
	case 2:
		return a + " " + op + how + "(SELECT array_agg(" + literal(g.Rand, typ) + "))"
	}
	return a + " " + op + how + "(" + g.query([]string{typ}, 1, s) + ")"
}

var qualified = regexp.MustCompile(`^((?:x|t)\d+)\.\w+$`)

// wholeRow is the alias of a relation in the scope itself.
func (g *generator) wholeRow(s *scope) (string, bool) {
	if !s.rows {
		return "", false
	}
	m := qualified.FindStringSubmatch(pick(g.Rand, s.columns).name)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// rowText is a text made of a whole row, or of a row of values.
func (g *generator) rowText(s *scope) string {
	row, ok := g.wholeRow(s)
	if !ok {
		row = "ROW(" + g.expression("int4", 0, s) + ", " + g.expression("text", 0, s) + ", NULL)"
	}
	return pick(g.Rand, []string{"(" + row + ")::text", "row_to_json(" + row + ")::text", "to_jsonb(" + row + ")::text", "concat(" + row + ", '!')", "format('%s', " + row + ")",
		"(SELECT string_agg(e.key, ',' ORDER BY e.key) FROM jsonb_each_text(to_jsonb(" + row + ")) AS e)", "json_build_array(" + row + ")::text", "pg_typeof(" + row + ")::text"})
}

// rowTest is a condition over a whole row.
func (g *generator) rowTest(s *scope) (string, bool) {
	row, ok := g.wholeRow(s)
	if !ok {
		return "", false
	}
	other, _ := g.wholeRow(s)
	return pick(g.Rand, []string{row + " IS NULL", row + " IS NOT NULL", row + " IS DISTINCT FROM NULL", row + " IS NOT DISTINCT FROM " + other, row + " = " + other,
		row + " IN (" + row + ", " + other + ")", row + "::text = " + other + "::text", row + " *= " + other,
		"EXISTS (SELECT " + row + " WHERE " + row + " IS NOT NULL)"}), true
}

// jsonText is a text that a constructor of SQL/JSON makes.
func (g *generator) jsonText(s *scope) string {
	value := func() string {
		e := g.expression(pick(g.Rand, kinds), 0, s)
		return pick(g.Rand, []string{e, e, e, "'[1, {}]'::text FORMAT JSON", "'{\"a\": 1}'::jsonb", "NULL"})
	}
	key := func() string {
		return pick(g.Rand, []string{"'a'", "'b'", "'c' || " + g.expression("int2", 0, s), "coalesce(" + g.expression("text", 0, s) + ", 'n')", g.expression("int4", 0, s) + " + 0"})
	}
	colon := pick(g.Rand, []string{": ", " VALUE "})
	entry := func() string { return "(" + key() + ")" + colon + value() }
	nulls := pick(g.Rand, []string{"", " NULL ON NULL", " ABSENT ON NULL"})
	unique := pick(g.Rand, []string{"", "", " WITHOUT UNIQUE", " WITH UNIQUE KEYS"})
	returning := pick(g.Rand, []string{"", "", " RETURNING jsonb", " RETURNING json", " RETURNING text", " RETURNING text FORMAT JSON", " RETURNING bytea FORMAT JSON ENCODING UTF8", " RETURNING varchar(8)"})
	switch g.Intn(6) {
	case 0, 1:
		return "JSON_OBJECT(" + entry() + ", " + entry() + nulls + unique + returning + ")::text"
	case 2:
		return "JSON_ARRAY(" + value() + ", " + value() + ", " + value() + nulls + returning + ")::text"
	case 3:
		return "JSON_ARRAY(" + g.query([]string{pick(g.Rand, kinds)}, 1, s) + g.orderBy(1) + pick(g.Rand, []string{"", " FORMAT JSON"}) + returning + ")::text"
	case 4:
		return "JSON_OBJECT(" + returning + ")::text"
	}
	return "jsonb_pretty(JSON_OBJECT(" + entry() + nulls + " RETURNING jsonb))"
}

// isJSON is a condition about the form of a text.
func (g *generator) isJSON(s *scope) string {
	text := pick(g.Rand, []string{g.expression("text", 0, s), g.expression("jsonb", 0, s), g.expression("bytea", 0, s), "'{\"a\": 1, \"a\": 2}'", "'[1, {\"a\": 1, \"a\": 2}]'::json", "'[1'", "''", "' 12 '", "NULL",
		"('{\"a\": ' || coalesce(" + g.expression("text", 0, s) + ", '1') || '}')"})
	return text + pick(g.Rand, []string{" IS JSON", " IS NOT JSON"}) + pick(g.Rand, []string{"", " VALUE", " ARRAY", " OBJECT", " SCALAR"}) +
		pick(g.Rand, []string{"", "", " WITH UNIQUE KEYS", " WITHOUT UNIQUE KEYS", " WITH UNIQUE"})
}

// valued is a query with window functions over the rows of frames of every kind, in an order of whole rows.
func (g *generator) valued(types []string, depth int, outer *scope) string {
	from, s := g.from(min(depth-1, 0), outer)
	alias := g.newAlias()
	inner := &scope{outer: outer}
	var list []string
	partition := ""
	if g.oneIn(2) {
		partition = "PARTITION BY " + pick(g.Rand, s.columns).name + " "
	}
	order := "ORDER BY " + strings.Join(s.names(), pick(g.Rand, []string{", ", " DESC, ", " NULLS FIRST, "}))
	for range 1 + g.Intn(3) {
		c := pick(g.Rand, s.columns)
		filter := ""
		if g.oneIn(4) {
			filter = " FILTER (WHERE " + g.condition(0, &scope{columns: s.columns}) + ")"
		}
		n := fmt.Sprint(g.Intn(4))
		e, typ := "", c.typ
		switch g.Intn(10) {
		case 0:
			e = pick(g.Rand, []string{"lag", "lead"}) + "(" + c.name + ", " + n + ")"
		case 1:
			e = pick(g.Rand, []string{"lag", "lead"}) + "(" + c.name + ", " + n + ", " + literal(g.Rand, c.typ) + ")"
		case 2:
			e, typ = pick(g.Rand, []string{"percent_rank", "cume_dist"})+"()", "float8"
		case 3:
			e = pick(g.Rand, []string{"first_value", "last_value"}) + "(" + c.name + ")"
		case 4:
			e = "nth_value(" + c.name + ", 1 + " + n + ")"
		case 5:
			e, typ = "string_agg("+c.name+"::text, '-')"+filter, "text"
		case 6:
			e, typ = "array_agg("+c.name+"::text)"+filter, "text[]"
		case 7:
			e, typ = "count(*)"+filter, "int8"
		default:
			e, typ = g.windowedAggregate(c)
			e += filter
		}
		name := fmt.Sprintf("p%d", len(list))
		list = append(list, "("+e+" OVER ("+partition+order+" "+g.rowsFrame()+")) AS "+name)
		inner.columns = append(inner.columns, column{alias + "." + name, typ})
	}
	return "SELECT " + g.over(types, inner) + " FROM (SELECT " + strings.Join(list, ", ") + from + g.where(0, s) + ") AS " + alias
}

// windowedAggregate is an aggregate whose value does not depend on the order of its input.
func (g *generator) windowedAggregate(c column) (e, typ string) {
	switch c.typ {
	case "int2", "int4":
		return pick(g.Rand, []string{"sum", "min", "max", "bit_and", "bit_xor"}) + "(" + c.name + ")", "int8"
	case "int8", "numeric(9,2)", "numeric(20,8)":
		return pick(g.Rand, []string{"sum", "avg", "min", "max", "var_pop"}) + "(" + c.name + "::numeric)", "numeric"
	case "interval", "time":
		return pick(g.Rand, []string{"sum", "avg"}) + "(" + c.name + "::interval)", "interval"
	case "bool":
		return pick(g.Rand, []string{"bool_and", "bool_or"}) + "(" + c.name + ")", "bool"
	case "uuid", "bytea", "jsonb", "int4range", "daterange":
		return "count(" + c.name + ")", "int8"
	}
	return pick(g.Rand, []string{"min", "max"}) + "(" + c.name + "::text)", "text"
}

// rowsFrame is a frame that counts rows, or groups of them, with every way to leave rows out.
func (g *generator) rowsFrame() string {
	if g.oneIn(6) {
		return ""
	}
	n := g.Intn(4)
	bounds := []string{"UNBOUNDED PRECEDING", fmt.Sprintf("%d PRECEDING", n), "CURRENT ROW", fmt.Sprintf("%d FOLLOWING", g.Intn(4)), "UNBOUNDED FOLLOWING"}
	mode := pick(g.Rand, []string{"ROWS", "ROWS", "GROUPS"})
	exclude := pick(g.Rand, []string{"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES", " EXCLUDE NO OTHERS"})
	from := g.Intn(4)
	if g.oneIn(4) {
		return mode + " " + bounds[min(from, 2)] + exclude
	}
	return mode + " BETWEEN " + bounds[from] + " AND " + bounds[max(1, from+g.Intn(5-from))] + exclude
}

// plainStatement is a statement that is all of a VALUES, a TABLE, or a SELECT of what there is.
func (g *generator) plainStatement() string {
	t, u := pick(g.Rand, g.tables).name, pick(g.Rand, g.tables).name
	a, b := anyKind(g.Rand), anyKind(g.Rand)
	values := fmt.Sprintf("VALUES (%s, %s), (%s, NULL), (NULL, %s)", literal(g.Rand, a), literal(g.Rand, b), literal(g.Rand, a), literal(g.Rand, b))
	return pick(g.Rand, []string{
		"TABLE " + t, values, "SELECT FROM " + t, "SELECT *, " + t + " FROM " + t, "SELECT x1.*, x2.* FROM " + t + " AS x1, " + u + " AS x2",
		"SELECT x1, x2 FROM " + t + " AS x1 FULL JOIN " + u + " AS x2 ON x1.c0::text = x2.c0::text", "SELECT (x1).* FROM " + t + " AS x1", "SELECT (x1.x2).* FROM (SELECT x2 FROM " + t + " AS x2) AS x1",
		"TABLE " + t + " UNION ALL TABLE " + t, values + " UNION " + values, "SELECT * FROM (" + values + ") AS v", "SELECT count(x1), count(DISTINCT x1), count(x1.*) FROM " + t + " AS x1",
		"SELECT x1 FROM " + t + " AS x1 EXCEPT SELECT x2 FROM " + t + " AS x2", "SELECT DISTINCT x1 FROM " + t + " AS x1", "SELECT x1, count(*) FROM " + t + " AS x1 GROUP BY x1",
		"SELECT array_agg(x1 ORDER BY x1) FROM " + t + " AS x1", "SELECT (array_agg(x1 ORDER BY x1))[1].c0 FROM " + t + " AS x1", "SELECT json_agg(x1 ORDER BY x1) FROM " + t + " AS x1",
		"SELECT x1.c0, x2.* FROM " + t + " AS x1 NATURAL JOIN " + t + " AS x2", "SELECT * FROM " + t + " AS x1 JOIN " + t + " AS x2 USING (c0, c1) AS j",
		"SELECT c0 AS a, c1 AS b FROM " + t + " ORDER BY b DESC NULLS FIRST, a, " + t, "SELECT c0 FROM " + t + " ORDER BY c0 USING >",
		"SELECT max(x1.c0::text) OVER w, x1 FROM " + t + " AS x1 WINDOW w AS (PARTITION BY x1.c1)",
	})
}
