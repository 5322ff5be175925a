package differential

import (
	"fmt"
	"strings"
)

// column picks a column of the type from the scope or those around it.
func (g *generator) column(typ string, s *scope) (string, bool) {
	for ; s != nil; s = s.outer {
		var names []string
		for _, c := range s.columns {
			if c.typ == typ {
				names = append(names, c.name)
			}
		}
		if len(names) > 0 && (s.outer == nil || !g.oneIn(3)) {
			return pick(g.Rand, names), true
		}
	}
	return "", false
}

// expression is an expression of the type.
func (g *generator) expression(typ string, depth int, s *scope) string {
	if !g.oneIn(3) || depth <= 0 {
		if name, ok := g.column(typ, s); ok {
			return name
		}
	}
	if depth <= 0 {
		return literal(g.Rand, typ)
	}
	switch g.Intn(11) {
	case 9, 10:
		if f, ok := g.function(typ, depth, s); ok {
			return f
		}
	case 0:
		return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", g.condition(depth-1, s), g.expression(typ, depth-1, s), g.expression(typ, depth-1, s))
	case 1:
		return fmt.Sprintf("coalesce(%s, %s)", g.expression(typ, depth-1, s), g.expression(typ, depth-1, s))
	case 2:
		return fmt.Sprintf("nullif(%s, %s)", g.expression(typ, depth-1, s), g.expression(typ, depth-1, s))
	case 3:
		return "(" + g.query([]string{typ}, 1, s) + g.orderBy(1) + " LIMIT 1)"
	case 4:
		if typ != "bool" {
			return fmt.Sprintf("greatest(%s, %s)", g.expression(typ, depth-1, s), g.expression(typ, depth-1, s))
		}
	case 5:
		return g.operation(typ, depth, s)
	}
	return literal(g.Rand, typ)
}

// operation is an operator or function that gives the type and does not fail on extremes.
func (g *generator) operation(typ string, depth int, s *scope) string {
	arg := func(t string) string { return g.expression(t, depth-1, s) }
	switch typ {
	case "bool":
		return "(" + g.condition(depth-1, s) + ")"
	case "text", "varchar(8)":
		return pick(g.Rand, []string{"upper(" + arg("text") + ")", "left(" + arg("text") + ", 3)", "lower(" + arg("varchar(8)") + ")",
			"substr(" + arg("text") + " || '!' , 1, 6)", "replace(" + arg("text") + ", 'a', 'zz')", "(" + arg("int4") + ")::text", "md5(" + arg("text") + ")"})
	case "int4":
		return pick(g.Rand, []string{"length(" + arg("text") + ")", arg("int2") + " % 7", "sign(" + arg("int4") + ")::int4", "-(" + arg("int2") + "::int4)",
			arg("int2") + " + 1::int4", "octet_length(" + arg("bytea") + ")"})
	case "int8":
		return pick(g.Rand, []string{arg("int4") + "::int8 * " + arg("int2"), arg("int4") + "::int8 + 1", "(" + arg("int4") + ")::int8 % 5"})
	case "numeric(9,2)":
		return "(" + arg("numeric(9,2)") + " / 10)"
	case "float8":
		return pick(g.Rand, []string{arg("float4") + "::float8", arg("int4") + "::float8", "abs(" + arg("float8") + ")"})
	case "date":
		return arg("timestamp") + "::date"
	case "timestamp":
		return pick(g.Rand, []string{arg("date") + "::timestamp", "date_trunc('month', " + arg("timestamp") + ")"})
	}
	return literal(g.Rand, typ)
}

// comparable picks two expressions that compare.
func (g *generator) comparable(depth int, s *scope) (a, b, typ string) {
	typ = anyKind(g.Rand)
	if len(s.columns) > 0 && !g.oneIn(4) {
		c := pick(g.Rand, s.columns)
		typ, a = c.typ, c.name
		if typ == "numeric" {
			typ = "numeric(20,8)"
		}
	} else {
		a = g.expression(typ, depth, s)
	}
	other := typ
	if g.oneIn(3) {
		for range 10 {
			if k := pick(g.Rand, kinds); family(k) == family(typ) {
				other = k
				break
			}
		}
	}
	return a, g.expression(other, depth, s), typ
}

// condition is a Boolean expression.
func (g *generator) condition(depth int, s *scope) string {
	a, b, typ := g.comparable(depth-1, s)
	ops := []string{"=", "=", "=", "<", "<=", ">", ">=", "<>"}
	switch k := g.Intn(20); {
	case k < 8:
		return a + " " + pick(g.Rand, ops) + " " + b
	case k == 8:
		return a + pick(g.Rand, []string{" IS NULL", " IS NOT NULL"})
	case k == 9:
		return a + pick(g.Rand, []string{" IN (", " NOT IN ("}) + strings.Join([]string{b, literal(g.Rand, typ), literal(g.Rand, typ)}, ", ") + ")"
	case k == 10:
		return a + pick(g.Rand, []string{" BETWEEN ", " NOT BETWEEN "}) + b + " AND " + literal(g.Rand, typ)
	case k == 11:
		return a + pick(g.Rand, []string{" IS DISTINCT FROM ", " IS NOT DISTINCT FROM "}) + b
	case k == 12:
		return "NOT (" + g.condition(depth-1, s) + ")"
	case k == 13:
		return "(" + g.condition(depth-1, s) + pick(g.Rand, []string{" AND ", " OR "}) + g.condition(depth-1, s) + ")"
	case k == 14:
		if e, ok := g.rowTest(s); ok {
			return e
		}
		return g.isJSON(s)
	case k == 15 && typ == "text":
		return a + pick(g.Rand, []string{" LIKE ", " NOT LIKE ", " ~ "}) + pick(g.Rand, []string{"'a%'", "'%b'", "'_'", "'a'"})
	case depth > 0 && k >= 16:
		return g.subCondition(depth, s, a, typ)
	}
	return a + " = " + literal(g.Rand, typ)
}

// subCondition is a condition with a sub-query.
func (g *generator) subCondition(depth int, s *scope, a, typ string) string {
	sub := "(" + g.query([]string{typ}, 1, s) + ")"
	switch g.Intn(9) {
	case 6:
		return g.rowCondition(depth, s)
	case 7:
		return a + " IS NOT DISTINCT FROM (" + g.query([]string{typ}, 1, s) + g.orderBy(1) + " LIMIT 1)"
	case 8:
		return a + pick(g.Rand, []string{" = ANY (ARRAY", " <> ALL (ARRAY", " >= SOME (ARRAY"}) + sub + ")"
	case 4:
		return g.quantified(a, typ, s)
	case 0:
		return "EXISTS " + sub
	case 1:
		return "NOT EXISTS " + sub
	case 2:
		return a + " IN " + sub
	case 3:
		return a + " NOT IN " + sub
	}
	return "(" + g.condition(depth-1, s) + " OR EXISTS " + sub + ")"
}
