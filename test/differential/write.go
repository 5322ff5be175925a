package differential

import (
	"fmt"
	"strings"
)

// write is one of the rarer forms of modification. Where rows of a source could collide, each target row is met by one of them at most.
func (g *generator) write(t *table, s *scope, returning string) string {
	switch g.Intn(8) {
	case 6:
		return g.chained(t, s)
	case 0:
		return g.insertSelect(t) + returning
	case 1:
		return g.updateFrom(t, s) + g.qualified(t, returning)
	case 2:
		return g.updateSubquery(t, s) + returning
	case 3:
		return g.moving(t, s)
	case 4:
		return g.twice(t, s)
	case 5:
		return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s), (%s) ON CONFLICT DO NOTHING RETURNING *, (SELECT count(*) FROM %s)", t.name, t.columns[0].name,
			literal(g.Rand, t.columns[0].typ), literal(g.Rand, t.columns[0].typ), t.name)
	}
	return "INSERT INTO " + t.name + " DEFAULT VALUES ON CONFLICT DO NOTHING" + returning
}

func (g *generator) qualified(t *table, returning string) string {
	returning = strings.Replace(returning, "*", t.name+".*", 1)
	return strings.Replace(returning, "RETURNING c", "RETURNING "+t.name+".c", 1)
}

// free are the columns that no key has.
func (t *table) free() (out []column) {
	taken := map[int]bool{}
	for _, u := range append([][]int{t.key}, t.unique...) {
		for _, i := range u {
			taken[i] = true
		}
	}
	for i, c := range t.own() {
		if !taken[i] {
			out = append(out, c)
		}
	}
	return out
}

// insertSelect inserts at most one row for each value of every key: one row in all where the table has keys.
func (g *generator) insertSelect(t *table) string {
	var types, names []string
	for _, c := range t.own() {
		types, names = append(types, c.typ), append(names, c.name)
	}
	tail := " ON CONFLICT DO NOTHING"
	limit := ""
	if t.key != nil || t.unique != nil {
		limit = g.orderBy(len(types)) + " LIMIT 1"
	} else {
		tail = ""
		limit = g.orderBy(len(types)) + " LIMIT 20"
	}
	with := ""
	if g.oneIn(3) {
		with = g.with()
	}
	return with + "INSERT INTO " + t.name + " (" + strings.Join(names, ", ") + ") " + g.query(types, 2, nil) + limit + tail
}

// updateFrom joins with a sub-query that has one row for each value.
func (g *generator) updateFrom(t *table, s *scope) string {
	free := t.free()
	if len(free) == 0 {
		return g.insertSelect(t)
	}
	u, alias := pick(g.Rand, g.tables), g.newAlias()
	c := pick(g.Rand, u.columns)
	mine, ok := "", false
	for range 20 {
		m := pick(g.Rand, t.columns)
		if family(m.typ) == family(c.typ) {
			mine, ok = t.name+"."+m.name, true
			break
		}
	}
	if !ok {
		return g.insertSelect(t)
	}
	target := pick(g.Rand, free)
	both := &scope{columns: append([]column{{alias + ".k", c.typ}, {alias + ".n", "int8"}}, s.columns...)}
	return fmt.Sprintf("UPDATE %s SET %s = %s FROM (SELECT %s AS k, count(*) AS n FROM %s GROUP BY %s) AS %s WHERE %s = %s.k AND %s", t.name, target.name,
		g.cast(target.typ, g.expression(target.typ, 1, both)), c.name, u.name, c.name, alias, mine, alias, g.condition(1, both))
}

// updateSubquery sets several columns from one row.
func (g *generator) updateSubquery(t *table, s *scope) string {
	free := t.free()
	if len(free) < 2 {
		return g.insertSelect(t)
	}
	types := []string{free[0].typ, free[1].typ}
	set := fmt.Sprintf("(%s, %s) = ", free[0].name, free[1].name)
	switch g.Intn(3) {
	case 0:
		set += "(" + g.query(types, 1, s) + g.orderBy(2) + " LIMIT 1)"
	case 1:
		set += "ROW(" + g.cast(types[0], g.expression(types[0], 1, s)) + ", DEFAULT)"
	default:
		set += "(" + g.cast(types[0], g.expression(types[0], 1, s)) + ", " + g.cast(types[1], g.expression(types[1], 1, s)) + ")"
	}
	return "UPDATE " + t.name + " SET " + set + " WHERE " + g.condition(2, s)
}

// moving deletes rows of one table and reads what was deleted, or inserts it into a table without keys.
func (g *generator) moving(t *table, s *scope) string {
	gone := "WITH gone AS (DELETE FROM " + t.name + " WHERE " + g.condition(1, s) + " AND " + g.condition(1, s) + " RETURNING *)"
	inner := &scope{}
	for _, c := range t.columns {
		inner.columns = append(inner.columns, column{"gone." + c.name, c.typ})
	}
	for _, u := range g.tables {
		if u.key == nil && u.unique == nil && g.oneIn(2) {
			var names, values []string
			for _, c := range u.own() {
				names, values = append(names, c.name), append(values, g.cast(c.typ, g.expression(c.typ, 0, inner)))
			}
			return gone + " INSERT INTO " + u.name + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM gone RETURNING *"
		}
	}
	c := pick(g.Rand, t.columns)
	return gone + " SELECT " + c.name + ", (SELECT count(*) FROM " + t.name + "), count(*) FROM gone GROUP BY " + c.name
}

// twice changes a table in WITH and reads it beside: the snapshot is that of the statement's begin.
func (g *generator) twice(t *table, s *scope) string {
	free := t.free()
	if len(free) == 0 {
		return g.insertSelect(t)
	}
	c := pick(g.Rand, free)
	change := fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s RETURNING %s AS v", t.name, c.name, g.cast(c.typ, g.expression(c.typ, 1, s)), g.condition(1, s), c.name)
	if g.oneIn(2) {
		return "WITH w AS (" + change + ") SELECT (SELECT count(v) FROM w), (SELECT count(" + c.name + ") FROM " + t.name + ")"
	}
	return "WITH w AS (" + change + "), d AS (DELETE FROM " + t.name + " WHERE " + g.condition(1, s) +
		" RETURNING 1) SELECT (SELECT count(*) FROM w), (SELECT count(*) FROM d), (SELECT count(*) FROM " + t.name + ")"
}

// chained changes several tables in one statement; what one returns decides what the next one changes.
func (g *generator) chained(t *table, s *scope) string {
	u := pick(g.Rand, g.tables)
	free := t.free()
	if len(free) == 0 || u == t {
		return g.twice(t, s)
	}
	c, other := pick(g.Rand, free), pick(g.Rand, u.columns)
	alias := g.newAlias()
	in := &scope{columns: []column{{alias + ".v", c.typ}, {alias + ".w", "text"}, {u.name + "." + other.name, other.typ}}}
	first := fmt.Sprintf("WITH a AS (UPDATE %s AS x SET %s = %s WHERE %s RETURNING %s AS v, x::text AS w)", t.name, c.name,
		g.cast(c.typ, g.expression(c.typ, 1, &scope{columns: []column{{"x." + c.name, c.typ}}})), g.condition(1, &scope{columns: []column{{"x." + c.name, c.typ}, {"x." + t.columns[0].name, t.columns[0].typ}}}), c.name)
	second := fmt.Sprintf("b AS (DELETE FROM %s USING a AS %s WHERE %s AND %s RETURNING %s.*)", u.name, alias, g.condition(0, in), g.condition(0, in), u.name)
	tail := "SELECT (SELECT count(w) FROM a), (SELECT count(*) FROM b), (SELECT max(v::text) FROM a), (SELECT count(*) FROM " + u.name + "), (SELECT min(b::text) FROM b)"
	for _, w := range g.tables {
		if w != t && w != u && w.key == nil && w.unique == nil {
			var names, values []string
			for _, k := range w.own() {
				names, values = append(names, k.name), append(values, g.cast(k.typ, g.expression(k.typ, 0, &scope{columns: []column{{"a.v", c.typ}, {"a.w", "text"}}})))
			}
			return first + ", " + second + ", c AS (INSERT INTO " + w.name + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM a RETURNING *) " + tail + ", (SELECT count(*) FROM c)"
		}
	}
	return first + ", " + second + " " + tail
}
