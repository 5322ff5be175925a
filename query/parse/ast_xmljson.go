package parse

// XMLOp names an XML expression.
type XMLOp uint8

const (
	XMLConcat XMLOp = iota
	XMLElement
	XMLForest
	XMLParse
	XMLPI
	XMLRoot
	XMLIsDocument
)

// XMLExpr is one of SQL/XML's expressions, laid out as PostgreSQL does it:
// XMLROOT has the arguments value, version and standalone (an integer 0 to 3
// for yes, no, no value, omitted); XMLPARSE has the value and the boolean
// "preserve whitespace".
type XMLExpr struct {
	Loc
	Op         XMLOp
	Name       string
	Attributes []*ResTarget // XMLATTRIBUTES, and the items of XMLFOREST
	Args       []Expr
	Document   bool // DOCUMENT rather than CONTENT
}

// XMLSerialize is XMLSERIALIZE(DOCUMENT|CONTENT arg AS type).
type XMLSerialize struct {
	Loc
	Document bool
	Arg      Expr
	Type     *TypeName
	Indent   bool
}

// JSONFormat is FORMAT JSON [ENCODING name].
type JSONFormat struct {
	Loc
	JSON     bool   // false when the clause is absent
	Encoding string // "", "utf8", "utf16" or "utf32"
}

// JSONValueExpr is value [FORMAT JSON].
type JSONValueExpr struct {
	Loc
	Value  Expr
	Format JSONFormat
}

// JSONOutput is RETURNING type [FORMAT JSON].
type JSONOutput struct {
	Type   *TypeName
	Format JSONFormat
}

// JSONKeyValue is one key and value of an object under construction.
type JSONKeyValue struct {
	Loc
	Key   Expr
	Value *JSONValueExpr
}

// JSONObjectConstructor is JSON_OBJECT(…) in SQL's own form.
type JSONObjectConstructor struct {
	Loc
	Pairs        []*JSONKeyValue
	Output       *JSONOutput
	AbsentOnNull bool
	Unique       bool
}

// JSONArrayConstructor is JSON_ARRAY(values).
type JSONArrayConstructor struct {
	Loc
	Values       []*JSONValueExpr
	Output       *JSONOutput
	AbsentOnNull bool
}

// JSONArrayQueryConstructor is JSON_ARRAY(SELECT …).
type JSONArrayQueryConstructor struct {
	Loc
	Query        *SelectStmt
	Format       JSONFormat
	Output       *JSONOutput
	AbsentOnNull bool
}

// JSONObjectAgg is JSON_OBJECTAGG(…).
type JSONObjectAgg struct {
	Loc
	Pair         *JSONKeyValue
	Output       *JSONOutput
	Filter       Expr
	Over         *WindowDef
	AbsentOnNull bool
	Unique       bool
}

// JSONArrayAgg is JSON_ARRAYAGG(…).
type JSONArrayAgg struct {
	Loc
	Value        *JSONValueExpr
	OrderBy      []*SortBy
	Output       *JSONOutput
	Filter       Expr
	Over         *WindowDef
	AbsentOnNull bool
}

// JSONItemType is what IS JSON asks for.
type JSONItemType uint8

const (
	JSONAny JSONItemType = iota
	JSONObject
	JSONArray
	JSONScalar
)

// JSONIsPredicate is IS JSON [VALUE|OBJECT|ARRAY|SCALAR] [WITH UNIQUE KEYS];
// IS NOT JSON is a BoolExpr around it.
type JSONIsPredicate struct {
	Loc
	Arg    Expr
	Format JSONFormat
	Item   JSONItemType
	Unique bool
}
