package parse

import "strconv"

// typeName writes a type, the system's ones by their SQL names.
func (d *deparser) typeName(t *TypeName) *deparser {
	d.when(t.SetOf, "SETOF")
	if text, ok := systemTypeText(t); ok {
		d.w(text)
	} else {
		d.w(typeIdents(t.Names))
		if t.PctType {
			d.raw("%TYPE")
		}
		if len(t.Mods) > 0 {
			d.call()
			each(d, t.Mods, func(e Expr) { d.expr(e) })
			d.close()
		}
	}
	for _, bound := range t.ArrayBounds {
		if bound < 0 {
			d.raw("[]")
		} else {
			d.raw("[" + strconv.Itoa(bound) + "]")
		}
	}
	return d
}

// typeIdents quotes a type's name: any keyword but one that can name a type.
func typeIdents(parts []string) string {
	first := parts[0]
	if kind := lookupKeyword(first); isPlainIdent(first) && kind.isTypeFuncName() && first != "double" && first != "none" {
		if kind == tokIdent || kind.category() == unreservedKeyword {
			return joinRest(first, parts[1:])
		}
	}
	return joinRest(`"`+quoteInner(first)+`"`, parts[1:])
}

func quoteInner(s string) string {
	q := QuoteIdent(s)
	if q[0] == '"' {
		return q[1 : len(q)-1]
	}
	return q
}

func joinRest(text string, rest []string) string {
	for _, part := range rest {
		text += "." + QuoteIdent(part)
	}
	return text
}

// systemTypeText is SQL's name of a type of pg_catalog, if writing it that way
// gives the same tree.
func systemTypeText(t *TypeName) (string, bool) {
	if len(t.Names) != 2 || t.Names[0] != "pg_catalog" || t.PctType {
		return "", false
	}
	name := t.Names[1]
	if len(t.Mods) == 0 {
		switch name {
		case "int4":
			return "integer", true
		case "int2":
			return "smallint", true
		case "int8":
			return "bigint", true
		case "float4":
			return "real", true
		case "float8":
			return "double precision", true
		case "bool":
			return "boolean", true
		case "numeric", "time", "timestamp", "interval":
			return name, true
		case "timetz":
			return "time with time zone", true
		case "timestamptz":
			return "timestamp with time zone", true
		case "varchar":
			return "character varying", true
		case "varbit":
			return "bit varying", true
		}
		return "", false
	}
	if name == "interval" {
		return intervalText(t.Mods)
	}
	if name == "numeric" {
		return numericText(t.Mods)
	}
	n, ok := smallInt(t.Mods[0])
	if !ok || len(t.Mods) != 1 {
		return "", false
	}
	mod := "(" + strconv.Itoa(n) + ")"
	switch name {
	case "bpchar":
		return "character" + mod, true
	case "varchar":
		return "character varying" + mod, true
	case "bit":
		return "bit" + mod, true
	case "varbit":
		return "bit varying" + mod, true
	case "time", "timestamp":
		return name + mod, true
	case "timetz":
		return "time" + mod + " with time zone", true
	case "timestamptz":
		return "timestamp" + mod + " with time zone", true
	}
	return "", false
}

// smallInt is the value of an integer constant a type's modifier may be.
func smallInt(e Expr) (int, bool) {
	c, ok := e.(*IntegerConst)
	if !ok || c.Value < 0 || c.Value > 1<<31-1 {
		return 0, false
	}
	return int(c.Value), true
}

func numericText(mods []Expr) (string, bool) {
	text := "numeric("
	for i, m := range mods {
		n, ok := smallInt(m)
		if !ok {
			return "", false
		}
		if i > 0 {
			text += ", "
		}
		text += strconv.Itoa(n)
	}
	return text + ")", true
}

func intervalText(mods []Expr) (string, bool) {
	mask, ok := smallInt(mods[0])
	if !ok || len(mods) > 2 {
		return "", false
	}
	precision := ""
	if len(mods) == 2 {
		n, ok := smallInt(mods[1])
		if !ok {
			return "", false
		}
		precision = "(" + strconv.Itoa(n) + ")"
	}
	if mask == intervalFull && precision != "" {
		return "interval" + precision, true
	}
	fields, ok := intervalWords[mask]
	if !ok || precision != "" && mask&intervalSecond == 0 {
		return "", false
	}
	return "interval " + fields + precision, true
}

var intervalWords = map[int]string{
	intervalYear: "year", intervalMonth: "month", intervalDay: "day", intervalHour: "hour",
	intervalMinute: "minute", intervalSecond: "second",
	intervalYear | intervalMonth:                                 "year to month",
	intervalDay | intervalHour:                                   "day to hour",
	intervalDay | intervalHour | intervalMinute:                  "day to minute",
	intervalDay | intervalHour | intervalMinute | intervalSecond: "day to second",
	intervalHour | intervalMinute:                                "hour to minute",
	intervalHour | intervalMinute | intervalSecond:               "hour to second",
	intervalMinute | intervalSecond:                              "minute to second",
}
