// Package expr computes values: typed expressions, the functions and operators of PostgreSQL 16 attached to their pg_proc OIDs,
// and the compiler that turns an expression into something that runs.
//
// An expression says nothing about where rows come from. The binder makes it (Var, SubLink, Agg, WindowFunc refer to the query it
// stands in); the planner replaces those by Slot, ExecParam and External; only then can it be compiled.
package expr

import "github.com/opendsql/opendsql/internal/sqltypes"

// Expr is a typed expression. Its nodes are immutable once bound: rewriting makes new ones (see Rewrite).
type Expr interface {
	// Type is the type of the value, with its modifier.
	Type() sqltypes.Type
	// Pos is the byte offset in the statement's text, -1 when there is none.
	Pos() int
}

// Base carries what every node has.
type Base struct {
	Typ sqltypes.Type
	At  int
}

// Type is the type of the value.
func (b *Base) Type() sqltypes.Type { return b.Typ }

// Pos is the byte offset in the statement's text.
func (b *Base) Pos() int { return b.At }

// Const is a literal, or a value computed while planning.
type Const struct {
	Base
	Value sqltypes.Datum
}

// Param is $Number of the statement (1-based).
type Param struct {
	Base
	Number int
}

// Var is column Column (0-based) of range-table entry Rel of the query Level levels further out (0: this one).
// Column -1 is the whole row.
type Var struct {
	Base
	Rel, Column, Level int
	Name               string
}

// Slot is value Index of the input row of the operator that evaluates the expression (planner).
type Slot struct {
	Base
	Index int
	Name  string
}

// ExecParam is run-time parameter Index, set by an enclosing operator: a correlated value (planner).
type ExecParam struct {
	Base
	Index int
}

// External is a value that the executor computes: a sub-query that was planned (planner).
type External struct {
	Base
	ID    int    // of the sub-query among those of its plan
	Label string // for EXPLAIN: SubPlan 1, InitPlan 1 (returns $0)
	Args  []Expr // test expressions it needs from the current row
	Run   func(env *Env, args []sqltypes.Datum) (sqltypes.Datum, error)
}

// Func calls a function, an operator (Operator is its pg_operator OID then) or a cast function.
type Func struct {
	Base
	Proc       sqltypes.OID
	Name       string // as PostgreSQL prints it: function name or operator symbol
	Operator   sqltypes.OID
	Args       []Expr // coerced to the declared argument types; defaults filled in
	Variadic   bool   // the last argument is the array of a VARIADIC parameter
	ReturnsSet bool
	// RowNames and RowTypes are the columns of the records that a set-returning function with OUT parameters gives.
	RowNames []string
	RowTypes []sqltypes.Type
	JSON     JSONOptions
	Cast     CastForm // how it is written: a call, or an implicit or explicit cast
}

// JSONOptions are what JSON_OBJECT and JSON_ARRAY add to the function that they stand for.
type JSONOptions struct {
	Constructor              bool // it is one of the two, which are not computed while planning
	AbsentOnNull, UniqueKeys bool
}

// CastForm tells how a function call or relabel came about.
type CastForm uint8

// The forms.
const (
	NotCast CastForm = iota
	ImplicitCast
	ExplicitCast
)

// IsJSON is arg IS JSON for an argument of type text, json or jsonb.
type IsJSON struct {
	Base
	Arg    Expr
	Item   JSONItem
	Unique bool // no object in it may have a key twice
}

// JSONItem is the kind of JSON value that IS JSON asks for.
type JSONItem uint8

// The kinds.
const (
	AnyJSON JSONItem = iota
	JSONObject
	JSONArray
	JSONScalar
)

// Bool is AND or OR over Args, or NOT of Args[0].
type Bool struct {
	Base
	Op   BoolOp
	Args []Expr
	// Apart: the arguments of an AND are conditions of several queries that became one. Errors in constants of each are told, though another is false.
	Apart bool
}

// BoolOp is a Boolean connective.
type BoolOp uint8

// The connectives.
const (
	And BoolOp = iota
	Or
	Not
)

// NullTest is IS [NOT] NULL. For a row value (RowValue) every field counts.
type NullTest struct {
	Base
	Arg      Expr
	Not      bool
	RowValue bool
}

// BoolTest is IS [NOT] TRUE, FALSE, UNKNOWN.
type BoolTest struct {
	Base
	Arg  Expr
	Test BoolTestKind
}

// BoolTestKind is what a BoolTest asks.
type BoolTestKind uint8

// The tests.
const (
	IsTrue BoolTestKind = iota
	IsNotTrue
	IsFalse
	IsNotFalse
	IsUnknown
	IsNotUnknown
)

// DistinctFrom is IS [NOT] DISTINCT FROM by the equality function Proc.
type DistinctFrom struct {
	Base
	Proc        sqltypes.OID
	Operator    sqltypes.OID
	Left, Right Expr
	Not         bool
}

// NullIf is NULLIF by the equality function Proc; its type is Left's.
type NullIf struct {
	Base
	Proc        sqltypes.OID
	Left, Right Expr
}

// ArrayOp is Left op ANY|ALL (Right), Right an array; IN lists of constants too.
type ArrayOp struct {
	Base
	Proc        sqltypes.OID
	Operator    sqltypes.OID
	Name        string // operator symbol
	All         bool
	Left, Right Expr
}

// Case is CASE [Arg] WHEN … THEN … ELSE. With Arg the conditions hold a CaseTest where its value goes. Default is never nil.
type Case struct {
	Base
	Arg     Expr // nil for the searched form
	Whens   []When
	Default Expr
}

// When is one arm of a Case.
type When struct{ Cond, Result Expr }

// CaseTest is the value of the innermost enclosing Case's Arg, or of the element in an ArrayCoerce, or of the field in a RecordCoerce.
type CaseTest struct{ Base }

// Coalesce is COALESCE.
type Coalesce struct {
	Base
	Args []Expr
}

// MinMax is GREATEST or LEAST.
type MinMax struct {
	Base
	Least bool
	Args  []Expr
}

// ArrayExpr is ARRAY[…]. Nested: the elements are arrays of one more dimension.
type ArrayExpr struct {
	Base
	Element  sqltypes.OID
	Elements []Expr
	Nested   bool
}

// Row is ROW(…), or a whole row put together.
type Row struct {
	Base
	Fields []Expr
	Names  []string
}

// RowCompare is (a, b) < (c, d): compared field by field with the operators of one btree family.
type RowCompare struct {
	Base
	Op          CompareOp
	Left, Right []Expr
	Types       []sqltypes.OID // the btree input type of each column, after coercion
}

// CompareOp is one of the six comparisons.
type CompareOp uint8

// The comparisons.
const (
	LT CompareOp = iota
	LE
	EQ
	GE
	GT
	NE
)

// FieldSelect is (Arg).field; Field is 0-based.
type FieldSelect struct {
	Base
	Arg   Expr
	Field int
	Name  string
}

// Subscript is Arg[…] on an array (or jsonb): Slice uses Lowers and Uppers (nil entries: omitted bound), otherwise Uppers alone.
//
// With Assign, on jsonb only, it is Arg with the part at the subscripts replaced by that value; what is missing on the way there is made.
type Subscript struct {
	Base
	Arg            Expr
	Slice          bool
	Lowers, Uppers []Expr
	Assign         Expr
}

// Relabel gives a value another type of the same bytes.
type Relabel struct {
	Base
	Arg  Expr
	Cast CastForm
}

// CoerceIO converts through the text form: output function of the argument's type, input function of the result's.
type CoerceIO struct {
	Base
	Arg  Expr
	Cast CastForm
}

// CoerceTypmod applies a length, precision or scale: varchar(n), numeric(p,s), … The argument already has the base type.
type CoerceTypmod struct {
	Base
	Arg  Expr
	Cast CastForm
}

// ArrayCoerce converts every element by Element, an expression over a CaseTest.
type ArrayCoerce struct {
	Base
	Arg     Expr
	Element Expr
	Cast    CastForm
}

// SQLValue is CURRENT_DATE, CURRENT_USER and the like.
type SQLValue struct {
	Base
	Kind SQLValueKind
}

// SQLValueKind names an SQLValue.
type SQLValueKind uint8

// The SQL value functions.
const (
	CurrentDate SQLValueKind = iota
	CurrentTime
	CurrentTimestamp
	LocalTime
	LocalTimestamp
	CurrentRole
	CurrentUser
	User
	SessionUser
	CurrentCatalog
	CurrentSchema
)

// Agg is an aggregate call, computed by the grouping operator of the query Level levels further out.
type Agg struct {
	Base
	Proc     sqltypes.OID
	Name     string
	Args     []Expr // evaluated per input row
	Direct   []Expr // direct arguments of ordered-set aggregates
	Star     bool
	Distinct bool
	OrderBy  []SortKey
	Filter   Expr
	Within   bool // WITHIN GROUP: OrderBy are the aggregated arguments
	Variadic bool
	Level    int
}

// SortKey orders by an expression with its type's btree order.
type SortKey struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// WindowFunc is a call with OVER; Window indexes the query's windows.
type WindowFunc struct {
	Base
	Proc      sqltypes.OID
	Name      string
	Args      []Expr
	Star      bool
	Filter    Expr
	Window    int
	Aggregate bool
}

// Grouping is GROUPING(…): Args index the query's grouping expressions.
type Grouping struct {
	Base
	Args  []int
	Exprs []Expr
	Level int
}

// SubLink is a sub-query in an expression. Query is the binder's *bind.Query.
type SubLink struct {
	Base
	Kind  SubLinkKind
	Query any
	// Test is the left side of ANY and ALL, one expression a column; Combine compares it with the sub-query's columns, which stand in it
	// as SubColumn.
	Test    []Expr
	Combine Expr
}

// SubLinkKind is the kind of a sub-query.
type SubLinkKind uint8

// The kinds.
const (
	ExistsLink SubLinkKind = iota
	AnyLink                // x op ANY (SELECT …), x IN (SELECT …)
	AllLink
	ScalarLink
	RowLink // (a, b) = (SELECT x, y): one row at most
	ArrayLink
)

// SubColumn is column Index of the sub-query's current row inside SubLink.Combine.
type SubColumn struct {
	Base
	Index int
}

// Default is DEFAULT in INSERT or UPDATE before the binder replaced it.
type Default struct{ Base }
