package differential

import (
	"fmt"
	"strings"
)

// using is a join of two sub-queries by columns of the same name, whose merged column has a name that nothing else has.
func (g *generator) using(depth int) (string, []column) {
	key, typ := "k"+g.newAlias(), anyKind(g.Rand)
	types := []string{typ, anyKind(g.Rand)}
	kind := pick(g.Rand, []string{"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"})
	var sides []string
	var columns []column
	for range 2 {
		alias := g.newAlias()
		from, s := g.from(0, nil)
		value := alias + "v"
		sides = append(sides, "(SELECT "+g.cast(typ, g.expression(typ, 0, s))+" AS "+key+", "+g.cast(types[1], g.expression(types[1], depth-1, s))+" AS "+value+
			from+g.where(0, s)+") AS "+alias)
		columns = append(columns, column{alias + "." + value, types[1]}, column{alias + "." + key, typ})
	}
	columns = append(columns, column{key, typ})
	if g.oneIn(3) {
		return "(" + sides[0] + " NATURAL " + kind + " " + sides[1] + ")", columns
	}
	if g.oneIn(4) {
		alias := g.newAlias()
		columns = append(columns, column{alias + "." + key, typ})
		return "(" + sides[0] + " " + kind + " " + sides[1] + " USING (" + key + ") AS " + alias + ")", columns
	}
	return "(" + sides[0] + " " + kind + " " + sides[1] + " USING (" + key + "))", columns
}

// lateralSet is a function of a neighbour's column that gives rows.
func (g *generator) lateralSet(left *scope, alias string) (string, []column) {
	number, text := g.expression("int4", 0, left), g.expression("text", 0, left)
	switch g.Intn(8) {
	case 5:
		return fmt.Sprintf("LATERAL ROWS FROM (jsonb_to_recordset(jsonb_build_array(jsonb_build_object('a', %s), jsonb_build_object('b', %s))) AS (a text, b text), generate_series(1, 3), unnest(ARRAY[%s], ARRAY[1, 2, NULL])) AS %s(l, m, n, o, p)",
			number, text, text, alias), []column{{alias + ".l", "text"}, {alias + ".m", "text"}, {alias + ".n", "int4"}, {alias + ".o", "text"}, {alias + ".p", "int4"}}
	case 6:
		return fmt.Sprintf("LATERAL json_to_recordset(json_build_array(json_build_object('a', %s), NULL)) WITH ORDINALITY AS %s(a, n)", number, alias), []column{{alias + ".n", "int8"}}
	case 0:
		return fmt.Sprintf("LATERAL generate_series(1, (%s) %% 4) AS %s(l)", number, alias), []column{{alias + ".l", "int4"}}
	case 1:
		return fmt.Sprintf("LATERAL unnest(string_to_array(%s, 'a')) WITH ORDINALITY AS %s(l, n)", text, alias), []column{{alias + ".l", "text"}, {alias + ".n", "int8"}}
	case 2:
		return fmt.Sprintf("LATERAL ROWS FROM (generate_series(0, (%s) %% 3), regexp_split_to_table(%s, 'b')) WITH ORDINALITY AS %s(l, m, n)", number, text, alias),
			[]column{{alias + ".l", "int4"}, {alias + ".m", "text"}, {alias + ".n", "int8"}}
	case 3:
		return fmt.Sprintf("LATERAL (VALUES (%s), ((%s) %% 5)) AS %s(l)", number, number, alias), []column{{alias + ".l", "int4"}}
	case 4:
		return fmt.Sprintf("LATERAL jsonb_to_record(jsonb_build_object('l', %s, 'm', %s)) AS %s(l int4, m text)", number, text, alias),
			[]column{{alias + ".l", "int4"}, {alias + ".m", "text"}}
	}
	return fmt.Sprintf("LATERAL jsonb_each_text(jsonb_build_object('l', %s, 'm', %s)) AS %s(l, m)", number, text, alias), []column{{alias + ".l", "text"}, {alias + ".m", "text"}}
}

// mixed is a set operation whose sides have other types of the same family, which it brings together itself.
func (g *generator) mixed(types []string, depth int, outer *scope) string {
	relative := func(typ string) string {
		for range 20 {
			if k := pick(g.Rand, kinds); family(k) == family(typ) {
				return k
			}
		}
		return typ
	}
	side := func() string {
		from, s := g.from(depth-2, nil)
		var targets []string
		for _, t := range types {
			switch e := g.expression(relative(t), 0, s); {
			case g.oneIn(10):
				targets = append(targets, "NULL")
			default:
				targets = append(targets, e)
			}
		}
		return "SELECT " + strings.Join(targets, ", ") + from + g.where(0, s)
	}
	alias := g.newAlias()
	inner := &scope{outer: outer}
	var names []string
	for i, t := range types {
		names = append(names, fmt.Sprintf("m%d", i))
		inner.columns = append(inner.columns, column{fmt.Sprintf("%s.m%d", alias, i), t})
	}
	body := "(" + side() + ") " + pick(g.Rand, []string{"UNION", "UNION ALL", "INTERSECT", "EXCEPT"}) + " (" + side() + ")"
	var targets []string
	for i, t := range types {
		targets = append(targets, g.cast(t, inner.columns[i].name))
	}
	return "SELECT " + strings.Join(targets, ", ") + " FROM (" + body + ") AS " + alias + "(" + strings.Join(names, ", ") + ")"
}

// rowCondition compares rows.
func (g *generator) rowCondition(depth int, s *scope) string {
	t1, t2 := pick(g.Rand, kinds), pick(g.Rand, kinds)
	row := "(" + g.expression(t1, 0, s) + ", " + g.expression(t2, depth-1, s) + ")"
	switch g.Intn(4) {
	case 0:
		return row + pick(g.Rand, []string{" < ", " <= ", " = ", " <> ", " >= ", " IS DISTINCT FROM "}) + "(" + g.expression(t1, 0, s) + ", " + g.expression(t2, 0, s) + ")"
	case 1:
		return row + pick(g.Rand, []string{" IN (", " NOT IN ("}) + g.query([]string{t1, t2}, 1, s) + ")"
	case 2:
		return row + pick(g.Rand, []string{" = ANY (", " <> ALL (", " < ANY (", " >= ALL ("}) + g.query([]string{t1, t2}, 1, s) + ")"
	}
	return row + " = (" + g.query([]string{t1, t2}, 1, s) + g.orderBy(2) + " LIMIT 1)"
}

// gathered is an aggregate that keeps its values in an order of their own.
func (g *generator) gathered(c column, filter string) column {
	text := "coalesce(" + c.name + "::text, 'n')"
	nulls := pick(g.Rand, []string{"", " NULL ON NULL", " ABSENT ON NULL"})
	switch g.Intn(10) {
	case 6:
		return column{"JSON_OBJECTAGG(" + text + ": " + c.name + nulls + " RETURNING jsonb)" + filter, "jsonb"}
	case 7:
		return column{"JSON_OBJECTAGG(" + text + " VALUE 1" + nulls + pick(g.Rand, []string{"", " WITH UNIQUE KEYS", " WITHOUT UNIQUE KEYS"}) + " RETURNING jsonb)" + filter, "jsonb"}
	case 8:
		return column{"JSON_ARRAYAGG(" + c.name + " ORDER BY " + c.name + " DESC" + nulls + pick(g.Rand, []string{"", " RETURNING text", " RETURNING jsonb"}) + ")" + filter + "::text", "text"}
	case 9:
		return column{"jsonb_object_agg(" + text + ", " + c.name + ")" + filter, "jsonb"}
	case 0:
		return column{"array_to_string(array_agg(" + c.name + " ORDER BY " + c.name + ")" + filter + ", ',', '*')", "text"}
	case 1:
		return column{"jsonb_agg(DISTINCT to_jsonb(" + c.name + "::text))" + filter, "jsonb"}
	case 2:
		return column{"json_arrayagg(" + c.name + "::text ORDER BY " + c.name + " NULL ON NULL RETURNING jsonb)" + filter, "jsonb"}
	case 3:
		return column{"string_agg(DISTINCT " + c.name + "::text, '|' ORDER BY " + c.name + "::text DESC)" + filter, "text"}
	case 4:
		return column{"count(DISTINCT (" + c.name + ", 1))" + filter, "int8"}
	}
	return column{"array_agg(length(" + c.name + "::text) ORDER BY length(" + c.name + "::text))" + filter, "int4[]"}
}
