package differential

import (
	"fmt"
	"strings"
)

// shaped is a query of one of the rarer forms, with columns of the types.
func (g *generator) shaped(types []string, depth int, outer *scope) string {
	switch g.Intn(11) {
	case 9, 10:
		return g.valued(types, depth, outer)
	case 6:
		return g.framed(types, depth, outer)
	case 7:
		return g.traversed(types)
	case 8:
		return g.nestedWith(types, depth, outer)
	case 0:
		return g.windowed(types, depth, outer)
	case 1:
		return g.distinctOn(types, outer)
	case 2:
		return g.sets(types, depth, outer)
	case 3:
		return g.recursive(types)
	case 4:
		return g.groupingSets(types, outer)
	}
	return g.orderedSet(types, outer)
}

// names are the columns of a scope, as they are written.
func (s *scope) names() []string {
	var out []string
	for _, c := range s.columns {
		out = append(out, c.name)
	}
	return out
}

// over casts columns or values to the types: the given column where it fits, else what the scope has.
func (g *generator) over(types []string, s *scope) string {
	var targets []string
	for _, t := range types {
		targets = append(targets, g.cast(t, g.expression(t, 0, s)))
	}
	return strings.Join(targets, ", ")
}

// windowed is a query over a sub-query with window functions. Their frames end with peers, or the order is that of whole rows, so that every result
// is determined.
func (g *generator) windowed(types []string, depth int, outer *scope) string {
	from, s := g.from(min(depth-1, 0), outer)
	alias := g.newAlias()
	inner := &scope{outer: outer}
	var list []string
	add := func(e, typ string) {
		name := fmt.Sprintf("p%d", len(list))
		list = append(list, "("+e+") AS "+name)
		inner.columns = append(inner.columns, column{alias + "." + name, typ})
	}
	partition := ""
	if g.oneIn(2) {
		partition = "PARTITION BY " + pick(g.Rand, s.columns).name + " "
	}
	c, key := pick(g.Rand, s.columns), pick(g.Rand, s.columns)
	some := partition + "ORDER BY " + key.name + pick(g.Rand, []string{"", " DESC", " NULLS FIRST"})
	whole := partition + "ORDER BY " + strings.Join(s.names(), ", ")
	for range 1 + g.Intn(3) {
		switch g.Intn(7) {
		case 0:
			add(pick(g.Rand, []string{"rank()", "dense_rank()", "count(*)", "count(" + c.name + ")"})+" OVER ("+some+")", "int8")
		case 1:
			add("row_number() OVER ("+whole+")", "int8")
		case 2:
			add(pick(g.Rand, []string{"lag", "lead", "first_value", "last_value"})+"("+c.name+") OVER ("+whole+")", c.typ)
		case 3:
			add("ntile("+fmt.Sprint(1+g.Intn(4))+") OVER ("+whole+")", "int4")
		case 4:
			add("count(*) OVER ("+some+" GROUPS BETWEEN "+fmt.Sprint(g.Intn(3))+" PRECEDING AND "+fmt.Sprint(g.Intn(3))+" FOLLOWING"+
				pick(g.Rand, []string{"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"})+")", "int8")
		case 5:
			add("count("+c.name+") OVER ("+whole+" ROWS BETWEEN "+fmt.Sprint(g.Intn(3))+" PRECEDING AND UNBOUNDED FOLLOWING)", "int8")
		case 6:
			add("nth_value("+c.name+", "+fmt.Sprint(1+g.Intn(3))+") OVER ("+whole+")", c.typ)
		}
	}
	return "SELECT " + g.over(types, inner) + " FROM (SELECT " + strings.Join(list, ", ") + from + g.where(0, s) + ") AS " + alias
}

// distinctOn keeps the first row of each key in an order of whole rows.
func (g *generator) distinctOn(types []string, outer *scope) string {
	from, s := g.from(0, outer)
	names := s.names()
	g.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	on := names[:1+g.Intn(min(2, len(names)))]
	return "(SELECT DISTINCT ON (" + strings.Join(on, ", ") + ") " + g.over(types, s) + from + g.where(0, s) +
		" ORDER BY " + strings.Join(names, pick(g.Rand, []string{", ", " DESC, "})) + ")"
}

// sets is a query with set-returning functions in its select list, some of them in one another.
func (g *generator) sets(types []string, depth int, outer *scope) string {
	from, s := g.from(0, outer)
	inner := &scope{outer: outer, columns: s.columns}
	alias := g.newAlias()
	var list []string
	for i, c := range s.columns {
		if i < 3 {
			list = append(list, c.name+" AS p"+fmt.Sprint(i))
			inner.columns = append(inner.columns[:i:i], column{fmt.Sprintf("%s.p%d", alias, i), c.typ})
		}
	}
	inner.columns = inner.columns[:len(list)]
	typ := pick(g.Rand, kinds)
	n := fmt.Sprint(g.Intn(4))
	for _, e := range [][2]string{
		{"generate_series(1, " + n + ")", "int4"},
		{"generate_series(1, generate_series(" + n + ", 3))", "int4"},
		{"unnest(ARRAY[" + g.expression(typ, 0, s) + ", " + literal(g.Rand, typ) + "]::" + typ + "[])", typ},
		{"regexp_split_to_table('a b,c', '[ ,]')", "text"},
	}[g.Intn(3):] {
		if len(list) > 0 && g.oneIn(2) {
			continue
		}
		name := fmt.Sprintf("p%d", len(list))
		list = append(list, e[0]+" AS "+name)
		inner.columns = append(inner.columns, column{alias + "." + name, e[1]})
	}
	return "SELECT " + g.over(types, inner) + " FROM (SELECT " + strings.Join(list, ", ") + from + g.where(min(depth-1, 0), s) + ") AS " + alias + g.where(0, inner)
}

// recursive is a recursive query with an end.
func (g *generator) recursive(types []string) string {
	alias, name := g.newAlias(), g.newAlias()
	s := &scope{columns: []column{{alias + ".n", "int4"}, {alias + ".t", "text"}}}
	union := pick(g.Rand, []string{"UNION ALL", "UNION"})
	step := fmt.Sprintf("SELECT n + 1, t || chr(97 + n) FROM %s WHERE n < %d", name, 2+g.Intn(4))
	if union == "UNION" {
		step = fmt.Sprintf("SELECT (n + %d) %% 5, t FROM %s", 1+g.Intn(3), name)
	}
	return fmt.Sprintf("SELECT * FROM (WITH RECURSIVE %s(n, t) AS (SELECT 1, ''::text %s %s) SELECT %s FROM %s AS %s%s) AS %s",
		name, union, step, g.over(types, s), name, alias, g.where(0, s), g.newAlias())
}

// groupingSets groups by several sets of columns.
func (g *generator) groupingSets(types []string, outer *scope) string {
	from, s := g.from(0, outer)
	inner := &scope{outer: outer}
	var keys []string
	for range 2 {
		c := pick(g.Rand, s.columns)
		keys = append(keys, c.name)
		inner.columns = append(inner.columns, c)
	}
	inner.columns = append(inner.columns, g.aggregate(s), column{"GROUPING(" + keys[0] + ", " + keys[1] + ")", "int4"})
	if g.oneIn(3) {
		inner.columns = append(inner.columns, g.gathered(pick(g.Rand, s.columns), ""))
	}
	how := pick(g.Rand, []string{"GROUPING SETS ((%[1]s, %[2]s), (%[1]s), ())", "GROUPING SETS (%[1]s, %[2]s)", "%[1]s, ROLLUP (%[2]s)", "DISTINCT CUBE (%[1]s, %[2]s), %[1]s",
		"GROUPING SETS ((%[1]s), ROLLUP (%[2]s))", "GROUPING SETS ((), (%[2]s), (), (%[1]s, %[2]s))", "ROLLUP ((%[1]s, %[2]s), %[1]s)", "ALL ROLLUP (%[1]s), CUBE (%[2]s)",
		"GROUPING SETS (GROUPING SETS (%[1]s, ()), CUBE (%[2]s))", "DISTINCT ROLLUP (%[1]s), ROLLUP (%[1]s, %[2]s)"})
	having := ""
	if g.oneIn(4) {
		having = " HAVING " + pick(g.Rand, []string{"GROUPING(" + keys[1] + ") = 0", "count(*) > 1", g.condition(0, inner)})
	}
	return "SELECT " + g.over(types, inner) + from + g.where(0, s) + " GROUP BY " + fmt.Sprintf(how, keys[0], keys[1]) + having
}

// orderedSet uses aggregates with an order of their own.
func (g *generator) orderedSet(types []string, outer *scope) string {
	from, s := g.from(0, outer)
	c, key := pick(g.Rand, s.columns), pick(g.Rand, s.columns)
	inner := &scope{outer: outer, columns: []column{key}}
	for range 2 {
		filter := ""
		if g.oneIn(4) {
			filter = " FILTER (WHERE " + g.condition(0, &scope{columns: s.columns}) + ")"
		}
		switch g.Intn(9) {
		case 5:
			e := pick(g.Rand, []string{"dense_rank", "rank"})
			inner.columns = append(inner.columns, column{fmt.Sprintf("%s(%s, %s) WITHIN GROUP (ORDER BY %s DESC NULLS LAST, %s)%s", e, literal(g.Rand, c.typ), literal(g.Rand, key.typ), c.name, key.name, filter), "int8"})
		case 6:
			e := pick(g.Rand, []string{"percent_rank", "cume_dist"})
			inner.columns = append(inner.columns, column{fmt.Sprintf("%s(%s) WITHIN GROUP (ORDER BY %s DESC)%s", e, literal(g.Rand, c.typ), c.name, filter), "float8"})
		case 7:
			number := g.expression(pick(g.Rand, []string{"float8", "int4", "numeric(9,2)"}), 0, &scope{columns: s.columns})
			inner.columns = append(inner.columns, column{fmt.Sprintf("percentile_cont(%g) WITHIN GROUP (ORDER BY %s)%s", float64(g.Intn(5))/4, number, filter), "float8"},
				column{fmt.Sprintf("percentile_cont(ARRAY[0.5, NULL, 0, 1]) WITHIN GROUP (ORDER BY %s)%s::text", number, filter), "text"})
		case 8:
			inner.columns = append(inner.columns, column{fmt.Sprintf("percentile_disc(ARRAY[[0, 0.3], [0.75, 1]]) WITHIN GROUP (ORDER BY %s DESC)%s::text", c.name, filter), "text"})
		case 0:
			inner.columns = append(inner.columns, column{"mode() WITHIN GROUP (ORDER BY " + c.name + ")", c.typ})
		case 1:
			inner.columns = append(inner.columns, column{fmt.Sprintf("percentile_disc(%g) WITHIN GROUP (ORDER BY %s)", float64(g.Intn(5))/4, c.name), c.typ})
		case 2:
			inner.columns = append(inner.columns, column{"string_agg(" + c.name + "::text, ',' ORDER BY " + c.name + ")", "text"})
		case 3:
			inner.columns = append(inner.columns, column{"array_to_string(array_agg(DISTINCT " + c.name + "), ',', '*')", "text"})
		case 4:
			inner.columns = append(inner.columns, column{fmt.Sprintf("rank(%s) WITHIN GROUP (ORDER BY %s)", literal(g.Rand, c.typ), c.name), "int8"})
		}
	}
	return "SELECT " + g.over(types, inner) + from + g.where(0, s) + " GROUP BY " + key.name
}
