package differential

import (
	"fmt"
	"slices"
	"strings"
)

// modify is an INSERT, UPDATE or DELETE whose effect does not depend on the order of rows.
func (g *generator) modify() string {
	t := pick(g.Rand, g.tables)
	s := &scope{}
	for _, c := range t.columns {
		s.columns = append(s.columns, column{t.name + "." + c.name, c.typ})
	}
	returning := ""
	if g.oneIn(2) {
		returning = " RETURNING " + pick(g.Rand, []string{"*", t.name, t.columns[0].name, t.columns[1].name + " IS NULL", "to_jsonb(" + t.name + ")",
			"(SELECT count(*) FROM " + t.name + " AS o WHERE o." + t.columns[0].name + " = " + t.name + "." + t.columns[0].name + ")"})
	}
	switch g.Intn(12) {
	case 7, 8, 9, 10, 11:
		return g.write(t, s, returning)
	case 0:
		return t.fill(g.Rand) + returning
	case 5:
		return g.upsert(t, s) + returning
	case 6:
		return "WITH gone AS (DELETE FROM " + t.name + " WHERE " + g.condition(1, s) + " AND " + g.condition(1, s) + " RETURNING *) SELECT count(*), count(" +
			t.columns[1].name + "), max(" + t.columns[0].name + "::text) FROM gone"
	case 1:
		return "DELETE FROM " + t.name + " WHERE " + g.condition(2, s) + " AND " + g.condition(1, s) + returning
	case 2:
		u := pick(g.Rand, g.tables)
		a := g.newAlias()
		var other []column
		for _, c := range u.columns {
			other = append(other, column{a + "." + c.name, c.typ})
		}
		both := &scope{columns: append(append([]column(nil), s.columns...), other...)}
		returning = strings.Replace(returning, "*", t.name+".*", 1)
		returning = strings.Replace(returning, "RETURNING c", "RETURNING "+t.name+".c", 1)
		return "DELETE FROM " + t.name + " USING " + u.name + " AS " + a + " WHERE " + g.equality(s.columns, other) + " AND " + g.condition(1, both) + " AND " + g.condition(1, s) + returning
	}
	var free []int
	for i := range t.own() {
		taken := slices.Contains(t.key, i)
		for _, u := range t.unique {
			taken = taken || slices.Contains(u, i)
		}
		if !taken {
			free = append(free, i)
		}
	}
	if len(free) == 0 {
		return t.fill(g.Rand) + returning
	}
	var sets []string
	for _, i := range free[:1+g.Intn(len(free))] {
		c := t.columns[i]
		sets = append(sets, fmt.Sprintf("%s = %s", c.name, g.cast(c.typ, g.expression(c.typ, 2, s))))
	}
	return "UPDATE " + t.name + " SET " + strings.Join(sets, ", ") + " WHERE " + g.condition(2, s) + returning
}

// upsert inserts rows and changes those that exist already; a row whose key comes twice is an error.
func (g *generator) upsert(t *table, s *scope) string {
	if t.key == nil {
		return t.fill(g.Rand)
	}
	key := t.key
	if len(t.unique) > 0 && g.oneIn(2) {
		key = pick(g.Rand, t.unique)
	}
	var on []string
	for _, i := range key {
		on = append(on, t.columns[i].name)
	}
	target := "(" + strings.Join(on, ", ") + ")"
	if slices.Equal(key, t.key) && g.oneIn(3) {
		target = "ON CONSTRAINT " + t.name + "_pkey"
	}
	last := t.own()[len(t.own())-1]
	set := last.name + " = " + pick(g.Rand, []string{"EXCLUDED." + last.name, "coalesce(" + t.name + "." + last.name + ", EXCLUDED." + last.name + ")",
		g.cast(last.typ, g.expression(last.typ, 1, s))})
	rows := t.fill(g.Rand)
	if g.oneIn(2) {
		rows, _, _ = strings.Cut(rows, "), (")
		rows = strings.TrimSuffix(rows, " ON CONFLICT DO NOTHING")
		rows = strings.TrimSuffix(rows, ")") + ")"
	}
	rows = strings.TrimSuffix(rows, " ON CONFLICT DO NOTHING")
	where := ""
	if g.oneIn(3) {
		where = " WHERE " + g.condition(0, s)
	}
	if g.oneIn(4) {
		return rows + " ON CONFLICT " + target + " DO NOTHING"
	}
	return rows + " ON CONFLICT " + target + " DO UPDATE SET " + set + where
}
