package differential

import (
	"fmt"
	"strings"
)

// frame is a frame clause for an order by the key alone, and whether the rows it holds are determined when keys are equal.
func (g *generator) frame(key column) string {
	offset := fmt.Sprint(g.Intn(4))
	mode := pick(g.Rand, []string{"GROUPS", "RANGE"})
	ranged := map[string][]string{
		"int2": {"1", "2::int8", "0"}, "int4": {"1", "2::int2", "5::int8"}, "int8": {"1", "1000000000000"}, "numeric(9,2)": {"1.5", "0"}, "numeric(20,8)": {"0.00000001", "1e12"},
		"float4": {"1.5::float8", "'infinity'::float8"}, "float8": {"1.5", "'infinity'"}, "date": {"'1 day'::interval", "'2 months'::interval"},
		"timestamp": {"'1 day'::interval", "'20 years'::interval"}, "timestamptz": {"'1 hour'::interval"}, "interval": {"'1 day'::interval", "'1 mon'::interval"},
		"time": {"'2 hours'::interval"}, "timetz": {"'5 hours'::interval"},
	}
	if list := ranged[key.typ]; mode == "RANGE" && list != nil && !g.oneIn(4) {
		offset = pick(g.Rand, list)
	} else if mode == "RANGE" {
		return pick(g.Rand, []string{"RANGE UNBOUNDED PRECEDING", "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", "RANGE CURRENT ROW", "RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"}) +
			pick(g.Rand, []string{"", " EXCLUDE GROUP", " EXCLUDE NO OTHERS"})
	}
	bounds := []string{"UNBOUNDED PRECEDING", offset + " PRECEDING", "CURRENT ROW", offset + " FOLLOWING", "UNBOUNDED FOLLOWING"}
	from := g.Intn(4)
	to := max(1, from+g.Intn(5-from))
	return mode + " BETWEEN " + bounds[from] + " AND " + bounds[to] + pick(g.Rand, []string{"", "", " EXCLUDE GROUP", " EXCLUDE NO OTHERS"})
}

// framed is a query with aggregates over frames of every kind. Frames hold whole groups of peers, and the aggregates do not depend on the order in them.
func (g *generator) framed(types []string, depth int, outer *scope) string {
	from, s := g.from(min(depth-1, 0), outer)
	alias := g.newAlias()
	inner := &scope{outer: outer}
	var list, defs []string
	add := func(e, typ string) {
		name := fmt.Sprintf("p%d", len(list))
		list = append(list, "("+e+") AS "+name)
		inner.columns = append(inner.columns, column{alias + "." + name, typ})
	}
	for i := range 1 + g.Intn(3) {
		key := pick(g.Rand, s.columns)
		partition := ""
		if g.oneIn(2) {
			partition = "PARTITION BY " + pick(g.Rand, s.columns).name + " "
		}
		order := "ORDER BY " + key.name + pick(g.Rand, []string{"", " DESC", " NULLS FIRST", " DESC NULLS LAST"})
		over := "(" + partition + order + " " + g.frame(key) + ")"
		switch g.Intn(3) {
		case 0:
			defs = append(defs, fmt.Sprintf("w%d AS (%s%s)", i, partition, order))
			over = fmt.Sprintf("(w%d %s)", i, g.frame(key))
		case 1:
			defs = append(defs, fmt.Sprintf("w%d AS %s", i, over))
			over = fmt.Sprintf("w%d", i)
		}
		c := pick(g.Rand, s.columns)
		filter := ""
		if g.oneIn(4) {
			filter = " FILTER (WHERE " + g.condition(0, &scope{columns: s.columns}) + ")"
		}
		switch {
		case c.typ == "int2" || c.typ == "int4":
			add(pick(g.Rand, []string{"sum", "min", "max", "bit_or"})+"("+c.name+")"+filter+" OVER "+over, "int8")
		case c.typ == "numeric(20,8)":
			add(pick(g.Rand, []string{"sum", "avg", "max"})+"("+c.name+")"+filter+" OVER "+over, "numeric")
		case c.typ == "bool":
			add("bool_or("+c.name+")"+filter+" OVER "+over, "bool")
		case c.typ == "interval":
			add(pick(g.Rand, []string{"sum", "max"})+"("+c.name+")"+filter+" OVER "+over, "interval")
		case c.typ == "text" || c.typ == "date" || c.typ == "timestamp" || c.typ == "float8":
			add(pick(g.Rand, []string{"min", "max"})+"("+c.name+")"+filter+" OVER "+over, c.typ)
		default:
			add("count("+c.name+")"+filter+" OVER "+over, "int8")
		}
	}
	window := ""
	if len(defs) > 0 {
		window = " WINDOW " + strings.Join(defs, ", ")
	}
	return "SELECT " + g.over(types, inner) + " FROM (SELECT " + strings.Join(list, ", ") + from + g.where(0, s) + window + ") AS " + alias
}

// traversed is a recursive walk through a small graph with SEARCH or CYCLE.
func (g *generator) traversed(types []string) string {
	alias, name := g.newAlias(), g.newAlias()
	var edges []string
	for range 2 + g.Intn(6) {
		edges = append(edges, fmt.Sprintf("(%d, %d)", g.Intn(5), g.Intn(5)))
	}
	s := &scope{columns: []column{{alias + ".a", "int4"}, {alias + ".b", "int4"}}}
	clause := ""
	union := pick(g.Rand, []string{"UNION ALL", "UNION"})
	if g.oneIn(2) {
		clause = pick(g.Rand, []string{" SEARCH DEPTH FIRST BY a, b SET o", " SEARCH BREADTH FIRST BY b SET o"})
		s.columns = append(s.columns, column{alias + ".o::text", "text"})
	}
	clause += pick(g.Rand, []string{" CYCLE a, b SET c USING p", " CYCLE b SET c TO 1 DEFAULT 0 USING p"})
	s.columns = append(s.columns, column{alias + ".c::text", "text"}, column{alias + ".p::text", "text"})
	return fmt.Sprintf("SELECT * FROM (WITH RECURSIVE e(a, b) AS (VALUES %s), %s(a, b) AS (SELECT a, b FROM e WHERE a = %d %s SELECT e.a, e.b FROM e JOIN %s ON e.a = %s.b)%s SELECT %s FROM %s AS %s%s) AS %s",
		strings.Join(edges, ", "), name, g.Intn(5), union, name, name, clause, g.over(types, s), name, alias, g.where(0, s), g.newAlias())
}

// nestedWith is a query with a WITH of its own that hides those around it.
func (g *generator) nestedWith(types []string, depth int, outer *scope) string {
	saved := g.ctes
	defer func() { g.ctes = saved }()
	with := g.with()
	return "SELECT * FROM (" + with + g.query(types, min(depth-1, 2), outer) + ") AS " + g.newAlias()
}
