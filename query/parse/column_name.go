package parse

// ColumnName is the name PostgreSQL gives to the column of a select list whose
// item is e and has no label. What a star stands for is not known here: the
// column of (SELECT * FROM t) is "?column?".
func ColumnName(e Expr) string {
	if name, _ := figureName(e); name != "" {
		return name
	}
	return "?column?"
}

// figureName finds a name for e and how good it is: 2 for a name that stands
// in e itself, 1 for one made up from its kind, which a better one replaces.
func figureName(n Expr) (name string, strength int) {
	switch e := n.(type) {
	case *ColumnRef:
		if len(e.Fields) > 0 {
			return e.Fields[len(e.Fields)-1], 2
		}
	case *Indirection:
		for i := len(e.Steps) - 1; i >= 0; i-- {
			if e.Steps[i].Kind == FieldStep {
				return e.Steps[i].Name, 2
			}
		}
		return figureName(e.Arg)
	case *FuncCall:
		return e.Name[len(e.Name)-1], 2
	case *NullIfExpr:
		return "nullif", 2
	case *TypeCast:
		name, strength = figureName(e.Arg)
		if strength <= 1 && e.Type != nil {
			return e.Type.Names[len(e.Type.Names)-1], 1
		}
		return name, strength
	case *CollateClause:
		return figureName(e.Arg)
	case *GroupingFunc:
		return "grouping", 2
	case *SubLink:
		return subLinkName(e)
	case *CaseExpr:
		if name, strength = figureName(e.Else); strength <= 1 {
			return "case", 1
		}
		return name, strength
	case *ArrayExpr:
		return "array", 2
	case *RowExpr:
		return "row", 2
	case *CoalesceExpr:
		return "coalesce", 2
	case *MinMaxExpr:
		if e.Greatest {
			return "greatest", 2
		}
		return "least", 2
	case *SQLValueFunction:
		return valueFunctionWords[e.Func], 2
	case *XMLExpr:
		if e.Op == XMLIsDocument {
			return "", 0
		}
		return xmlOpWords[e.Op], 2
	case *XMLSerialize:
		return "xmlserialize", 2
	case *JSONObjectConstructor:
		return "json_object", 2
	case *JSONArrayConstructor, *JSONArrayQueryConstructor:
		return "json_array", 2
	case *JSONObjectAgg:
		return "json_objectagg", 2
	case *JSONArrayAgg:
		return "json_arrayagg", 2
	}
	return "", 0
}

func subLinkName(e *SubLink) (string, int) {
	switch e.Kind {
	case ExistsSubLink:
		return "exists", 2
	case ArraySubLink:
		return "array", 2
	case ExprSubLink:
		// The name of the query's single column; of a set operation or a
		// VALUES list, of its first part.
		sel := e.Select
		for sel.Op != SetNone {
			sel = sel.Left
		}
		switch {
		case len(sel.Values) > 0:
			return "column1", 2
		case len(sel.Targets) > 0:
			if sel.Targets[0].Name != "" {
				return sel.Targets[0].Name, 2
			}
			return ColumnName(sel.Targets[0].Value), 2
		}
	}
	return "", 0
}

// valueFunctionWords are the names of the functions without parentheses.
var valueFunctionWords = [...]string{
	CurrentDate: "current_date", CurrentTime: "current_time", CurrentTimestamp: "current_timestamp",
	LocalTime: "localtime", LocalTimestamp: "localtimestamp", CurrentRole: "current_role",
	CurrentUser: "current_user", User: "user", SessionUser: "session_user",
	CurrentCatalog: "current_catalog", CurrentSchema: "current_schema",
}

var xmlOpWords = [...]string{
	XMLConcat: "xmlconcat", XMLElement: "xmlelement", XMLForest: "xmlforest", XMLParse: "xmlparse",
	XMLPI: "xmlpi", XMLRoot: "xmlroot", XMLIsDocument: "",
}
