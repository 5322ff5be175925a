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
		returning = " RETURNING " + pick(g.Rand, []string{"*", t.name, t.columns[0].name, t.columns[1].name + " IS NULL"})
	}
	switch g.Intn(5) {
	case 0:
		return t.fill(g.Rand) + returning
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
	for i := range t.columns {
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
