package differential

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
)

// generator writes the statements of a round.
type generator struct {
	*rand.Rand
	tables []*table
	ctes   []*table
	alias  int
	plain  bool // the targets of the next query are what they are
}

// scope is what an expression may name: the columns of its query, then those of the queries around it.
type scope struct {
	columns []column
	outer   *scope
	rows    bool // whole rows of its relations may be named
}

func (g *generator) newAlias() string { g.alias++; return fmt.Sprintf("x%d", g.alias) }

// oneIn is true once in n times.
func (g *generator) oneIn(n int) bool { return g.Intn(n) == 0 }

// statement is a query or a modification.
type statement struct {
	sql      string
	ordered  bool // the order of its rows is total
	modifies bool
}

func (g *generator) statement() statement {
	g.alias, g.ctes = 0, nil
	if g.oneIn(7) {
		return statement{sql: g.modify(), modifies: true}
	}
	if g.oneIn(20) {
		return statement{sql: g.plainStatement()}
	}
	var types []string
	for range 1 + g.Intn(4) {
		types = append(types, anyKind(g.Rand))
	}
	with := ""
	if g.oneIn(5) {
		with = g.with()
	}
	g.plain = g.oneIn(2)
	sql := with + g.query(types, 3, nil)
	if g.oneIn(3) {
		return statement{sql: sql + g.orderBy(len(types)) + g.limit(), ordered: true}
	}
	return statement{sql: sql}
}

// with is a WITH clause whose queries the statement may read.
func (g *generator) with() string {
	var parts []string
	for i := range 1 + g.Intn(2) {
		var types []string
		t := &table{name: fmt.Sprintf("w%d", i)}
		for j := range 1 + g.Intn(3) {
			typ := anyKind(g.Rand)
			types = append(types, typ)
			t.columns = append(t.columns, column{fmt.Sprintf("c%d", j), typ})
		}
		how := pick(g.Rand, []string{"", "", "MATERIALIZED ", "NOT MATERIALIZED "})
		body := g.query(types, 2, nil)
		var names []string
		for _, c := range t.columns {
			names = append(names, c.name)
		}
		parts = append(parts, fmt.Sprintf("%s(%s) AS %s(%s)", t.name, strings.Join(names, ", "), how, body))
		g.ctes = append(g.ctes, t)
	}
	return "WITH " + strings.Join(parts, ", ") + " "
}

// orderBy orders by every column.
func (g *generator) orderBy(n int) string {
	var parts []string
	for _, i := range g.Perm(n) {
		parts = append(parts, fmt.Sprint(i+1)+pick(g.Rand, []string{"", "", " DESC", " ASC", " NULLS FIRST", " DESC NULLS LAST"}))
	}
	return " ORDER BY " + strings.Join(parts, ", ")
}

func (g *generator) limit() string {
	switch g.Intn(5) {
	case 0:
		return fmt.Sprintf(" LIMIT %d", g.Intn(20))
	case 1:
		return fmt.Sprintf(" LIMIT %d OFFSET %d", g.Intn(20), g.Intn(10))
	case 2:
		return fmt.Sprintf(" OFFSET %d FETCH FIRST %d ROWS WITH TIES", g.Intn(3), g.Intn(5))
	}
	return ""
}

// query is a SELECT or set operation with columns of the types.
func (g *generator) query(types []string, depth int, outer *scope) string {
	defer func() { g.plain = false }()
	if depth > 1 && g.oneIn(16) {
		return g.mixed(types, depth, outer)
	}
	if depth > 1 && g.oneIn(6) {
		op := pick(g.Rand, []string{"UNION", "UNION ALL", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"})
		return "(" + g.query(types, depth-1, outer) + ") " + op + " (" + g.query(types, depth-1, outer) + ")"
	}
	if depth > 1 && g.oneIn(5) {
		return g.grouped(types, depth, outer)
	}
	if depth > 1 && g.oneIn(4) {
		return g.shaped(types, depth, outer)
	}
	from, s := g.from(depth, outer)
	distinct := ""
	if g.oneIn(6) {
		distinct = "DISTINCT "
	}
	var targets []string
	plain := g.plain
	g.plain = false
	for _, t := range types {
		e := g.expression(t, depth, s)
		if !plain {
			e = g.cast(t, e)
		}
		targets = append(targets, e)
	}
	return "SELECT " + distinct + strings.Join(targets, ", ") + from + g.where(depth, s)
}

// cast gives the expression the type itself, so that both sides agree on typmods.
func (g *generator) cast(typ, e string) string { return "(" + e + ")::" + typ }

func (g *generator) where(depth int, s *scope) string {
	if g.oneIn(4) {
		return ""
	}
	return " WHERE " + g.condition(depth, s)
}

// grouped is a query with GROUP BY.
func (g *generator) grouped(types []string, depth int, outer *scope) string {
	from, s := g.from(depth, outer)
	var keys []string
	inner := &scope{outer: outer}
	for range g.Intn(3) {
		c := pick(g.Rand, s.columns)
		keys = append(keys, c.name)
		inner.columns = append(inner.columns, c)
	}
	for range 1 + g.Intn(2) {
		inner.columns = append(inner.columns, g.aggregate(s))
	}
	var targets []string
	for _, t := range types {
		targets = append(targets, g.cast(t, g.expression(t, 0, inner)))
	}
	sql := "SELECT " + strings.Join(targets, ", ") + from + g.where(depth-1, s)
	if len(keys) > 0 {
		switch g.Intn(8) {
		case 0:
			sql += " GROUP BY ROLLUP (" + strings.Join(keys, ", ") + ")"
		case 1:
			sql += " GROUP BY CUBE (" + strings.Join(keys, ", ") + ")"
		default:
			sql += " GROUP BY " + strings.Join(keys, ", ")
		}
	}
	if g.oneIn(3) {
		sql += " HAVING " + g.condition(0, inner)
	}
	return sql
}

// aggregate is an aggregate over the scope as a column.
func (g *generator) aggregate(s *scope) column {
	c := pick(g.Rand, s.columns)
	distinct := pick(g.Rand, []string{"", "", "DISTINCT "})
	filter := ""
	if g.oneIn(4) {
		filter = " FILTER (WHERE " + g.condition(0, &scope{columns: s.columns}) + ")"
	}
	switch {
	case g.oneIn(3):
		return column{"count(" + distinct + c.name + ")" + filter, "int8"}
	case g.oneIn(4):
		return column{"count(*)" + filter, "int8"}
	case c.typ == "int2" || c.typ == "int4":
		return column{pick(g.Rand, []string{"sum", "max", "min"}) + "(" + distinct + c.name + ")" + filter, "int8"}
	case c.typ == "bool":
		return column{pick(g.Rand, []string{"bool_and", "bool_or", "every"}) + "(" + c.name + ")" + filter, "bool"}
	case g.oneIn(8):
		return g.gathered(c, filter)
	case c.typ == "uuid" || c.typ == "bytea" || c.typ == "jsonb" || slices.Contains(valueKinds, c.typ):
		return column{"count(" + distinct + c.name + ")" + filter, "int8"}
	}
	if c.typ == "interval" || c.typ == "numeric(20,8)" || c.typ == "numeric(9,2)" {
		return column{pick(g.Rand, []string{"max", "min", "sum", "avg"}) + "(" + distinct + c.name + ")" + filter, strings.Replace(strings.Replace(c.typ, "(20,8)", "", 1), "(9,2)", "", 1)}
	}
	return column{pick(g.Rand, []string{"max", "min"}) + "(" + c.name + ")" + filter, c.typ}
}

// from is a FROM clause and what it brings into scope.
func (g *generator) from(depth int, outer *scope) (string, *scope) {
	s := &scope{outer: outer, rows: true}
	sql, columns := g.member(depth, s)
	s.columns = columns
	for n := g.Intn(3); n > 0; n-- {
		right, more := "", []column(nil)
		if depth > 0 && g.oneIn(10) {
			right, more = g.lateral(s)
		} else {
			right, more = g.member(depth, s)
		}
		both := &scope{columns: append(append([]column(nil), columns...), more...), outer: outer}
		lateral := strings.HasPrefix(right, "LATERAL")
		switch k := g.Intn(10); {
		case k < 3:
			sql += " JOIN " + right + " ON " + g.joinCondition(columns, more, both)
		case k < 6:
			sql += " LEFT JOIN " + right + " ON " + g.joinCondition(columns, more, both)
		case k == 6 && !lateral:
			sql += " RIGHT JOIN " + right + " ON " + g.joinCondition(columns, more, both)
		case k == 7 && !lateral:
			sql += " FULL JOIN " + right + " ON " + g.equality(columns, more)
		case k == 8:
			sql += " CROSS JOIN " + right
		default:
			sql += ", " + right
			n = 0
		}
		columns = both.columns
		s.columns = columns
	}
	return " FROM " + sql, s
}

// member is one relation of FROM; a joined pair in parentheses now and then.
func (g *generator) member(depth int, outer *scope) (string, []column) {
	alias := g.newAlias()
	qualify := func(columns []column) (out []column) {
		for _, c := range columns {
			out = append(out, column{alias + "." + c.name, c.typ})
		}
		return out
	}
	switch {
	case depth > 1 && g.oneIn(5):
		var types []string
		var columns []column
		var names []string
		for i := range 1 + g.Intn(3) {
			c := column{fmt.Sprintf("s%d", i), anyKind(g.Rand)}
			types, columns, names = append(types, c.typ), append(columns, c), append(names, c.name)
		}
		tail := ""
		if g.oneIn(4) {
			tail = g.orderBy(len(types)) + g.limit()
		}
		return "(" + g.query(types, depth-1, nil) + tail + ") AS " + alias + "(" + strings.Join(names, ", ") + ")", qualify(columns)
	case depth > 0 && g.oneIn(9):
		return g.using(depth)
	case depth > 1 && g.oneIn(8):
		left, a := g.member(0, outer)
		right, b := g.member(0, outer)
		both := append(append([]column(nil), a...), b...)
		kind := pick(g.Rand, []string{" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "})
		return "(" + left + kind + right + " ON " + g.equality(a, b) + ")", both
	case g.oneIn(12):
		columns := []column{{"n", "int4"}}
		return fmt.Sprintf("generate_series(%d, %d) AS %s(n)", g.Intn(3), g.Intn(6), alias), qualify(columns)
	case g.oneIn(12):
		typ := pick(g.Rand, kinds)
		return fmt.Sprintf("(VALUES (%s), (%s), (%s)) AS %s(v)", literal(g.Rand, typ), literal(g.Rand, typ), literal(g.Rand, typ), alias),
			qualify([]column{{"v", typ}})
	case len(g.ctes) > 0 && g.oneIn(2):
		t := pick(g.Rand, g.ctes)
		return t.name + " AS " + alias, qualify(t.columns)
	}
	t := pick(g.Rand, g.tables)
	return t.name + " AS " + alias, qualify(t.columns)
}

// lateral is a sub-query that reads its neighbours on the left.
func (g *generator) lateral(left *scope) (string, []column) {
	alias, typ := g.newAlias(), pick(g.Rand, kinds)
	if g.oneIn(3) {
		return g.lateralSet(left, alias)
	}
	if g.oneIn(4) { // a join of its own in which the neighbours are named
		from, s := g.from(1, left)
		s.outer = left
		return "LATERAL (SELECT " + g.cast(typ, g.expression(typ, 1, s)) + from + g.where(0, s) + ") AS " + alias + "(l)", []column{{alias + ".l", typ}}
	}
	return "LATERAL (" + g.query([]string{typ}, 1, left) + ") AS " + alias + "(l)", []column{{alias + ".l", typ}}
}

// joinCondition is an equality of the two sides most often, with more beside it.
func (g *generator) joinCondition(left, right []column, both *scope) string {
	e := g.equality(left, right)
	switch g.Intn(5) {
	case 0:
		return e + " AND " + g.condition(0, both)
	case 1:
		return g.condition(0, both)
	}
	return e
}

// equality equates a column of each side, or is a constant where none compare.
func (g *generator) equality(left, right []column) string {
	for range 20 {
		a, b := pick(g.Rand, left), pick(g.Rand, right)
		if family(a.typ) == family(b.typ) {
			return a.name + " = " + b.name
		}
	}
	return pick(g.Rand, []string{"true", "false"})
}
