package parse

// Node is any part of a parsed statement.
type Node interface {
	// Pos is the byte offset of the node in the source text, or -1 when the
	// node has no place there. It is where PostgreSQL would put its cursor for
	// an error about the node: the operator of an OpExpr, the name of a
	// FuncCall, the start of a ColumnRef.
	Pos() int
}

// Statement is a node that can stand alone.
type Statement interface {
	Node
	stmt()
}

// Expr is a node that yields a value.
type Expr interface {
	Node
	expr()
}

// TableRef is an item of a FROM clause.
type TableRef interface {
	Node
	tableRef()
}

// TableElement is an item between the parentheses of CREATE TABLE.
type TableElement interface {
	Node
	tableElement()
}

// Loc is a byte offset into the source text; every node embeds one.
type Loc int32

// NoLoc marks a node that was not read from a text.
const NoLoc Loc = -1

// Pos returns the offset as Node demands it.
func (l Loc) Pos() int { return int(l) }

// RawStmt is one statement of a possibly longer text, which it occupies from
// byte Start up to but not including byte End.
type RawStmt struct {
	Stmt       Statement
	Start, End int
}

// ObjectName is a possibly qualified name of something that is not a table.
type ObjectName struct {
	Loc
	Parts []string
}

// TypeName is a type as written. The names PostgreSQL's grammar spells with
// keywords arrive resolved: INT is pg_catalog.int4, CHAR is pg_catalog.bpchar
// with the modifier 1, INTERVAL YEAR is pg_catalog.interval with the range
// mask as its first modifier (and the precision as the second one).
type TypeName struct {
	Loc
	Names       []string
	SetOf       bool
	PctType     bool // name%TYPE
	Mods        []Expr
	ArrayBounds []int // one entry a dimension, -1 where no bound was given
}

// DefElem is a named option; Arg is nil, a constant, a TypeName, an
// ObjectName, a RoleSpec or a DefList, as the statement allows.
type DefElem struct {
	Loc
	Namespace string
	Name      string
	Arg       Node
	Action    DefAction
}

// DefAction says what OPTIONS (...) of a foreign object does with an option.
type DefAction uint8

const (
	DefUnspecified DefAction = iota
	DefSet
	DefAdd
	DefDrop
)

// DefList is an option value that is itself a list.
type DefList struct {
	Loc
	Items []Node
}

// RoleSpec names a role.
type RoleSpec struct {
	Loc
	Kind RoleKind
	Name string // for RoleNamed
}

// RoleKind tells a plain role name from the words that stand for roles.
type RoleKind uint8

const (
	RoleNamed RoleKind = iota
	RoleCurrentRole
	RoleCurrentUser
	RoleSessionUser
	RolePublic
)

// Behavior is RESTRICT (the default) or CASCADE.
type Behavior uint8

const (
	Restrict Behavior = iota
	Cascade
)
