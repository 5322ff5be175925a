package parse

// ColumnRef is a name, possibly qualified; with Star, "qualifier.*" or "*".
type ColumnRef struct {
	Loc
	Fields []string
	Star   bool
}

// ParamRef is $Number.
type ParamRef struct {
	Loc
	Number int
}

// IntegerConst is an integer literal (a sign directly before it is folded in):
// int4 when the value fits there, else int8.
type IntegerConst struct {
	Loc
	Value int64
}

// FloatConst is a number that is no int64: numeric. Text is as written, so it
// may hold underscores and, for integers, a 0x, 0o or 0b prefix.
type FloatConst struct {
	Loc
	Text string
}

// StringConst is a quoted string, its escapes resolved: type unknown.
type StringConst struct {
	Loc
	Value string
}

// BitConst is B'Text' or, with Hex, X'Text'.
type BitConst struct {
	Loc
	Hex  bool
	Text string
}

// BoolConst is TRUE or FALSE.
type BoolConst struct {
	Loc
	Value bool
}

// NullConst is NULL.
type NullConst struct {
	Loc
}

// FuncCall is a call of a function, an aggregate or a window function.
// SQLSyntax marks calls written in one of SQL's own forms (EXTRACT, OVERLAY,
// AT TIME ZONE, …), which arrive as the pg_catalog calls they stand for.
type FuncCall struct {
	Loc
	Name        []string
	Args        []Expr // NamedArg for name => value
	OrderBy     []*SortBy
	Filter      Expr
	Over        *WindowDef
	Star        bool // f(*)
	Distinct    bool
	Variadic    bool // the last argument is VARIADIC
	WithinGroup bool // OrderBy is that of WITHIN GROUP
	SQLSyntax   bool
}

// NamedArg is name => value in an argument list.
type NamedArg struct {
	Loc
	Name  string
	Value Expr
}

// OpExpr is an operator with its operands; Left is nil for a prefix operator.
// Name has more than one part for OPERATOR(schema.op). The position is that of
// the operator.
type OpExpr struct {
	Loc
	Name        []string
	Left, Right Expr
}

// BoolOp is AND, OR or NOT.
type BoolOp uint8

const (
	And BoolOp = iota
	Or
	Not
)

// BoolExpr is AND or OR over two or more arguments, or NOT over one.
type BoolExpr struct {
	Loc
	Op   BoolOp
	Args []Expr
}

// NullTest is IS [NOT] NULL.
type NullTest struct {
	Loc
	Arg Expr
	Not bool
}

// BooleanTest is IS [NOT] TRUE, FALSE or UNKNOWN.
type BooleanTest struct {
	Loc
	Arg  Expr
	Kind BooleanTestKind
}

// BooleanTestKind is the right-hand side of a BooleanTest.
type BooleanTestKind uint8

const (
	IsTrue BooleanTestKind = iota
	IsNotTrue
	IsFalse
	IsNotFalse
	IsUnknown
	IsNotUnknown
)

// BetweenExpr is [NOT] BETWEEN [SYMMETRIC].
type BetweenExpr struct {
	Loc
	Arg, Low, High Expr
	Not            bool
	Symmetric      bool
}

// InExpr is [NOT] IN over a list of values; IN over a subquery is a SubLink.
type InExpr struct {
	Loc
	Arg  Expr
	List []Expr
	Not  bool
}

// LikeKind tells LIKE, ILIKE and SIMILAR TO apart.
type LikeKind uint8

const (
	Like LikeKind = iota
	ILike
	SimilarTo
)

// LikeExpr is a pattern match; Escape is nil without an ESCAPE clause.
type LikeExpr struct {
	Loc
	Kind                 LikeKind
	Not                  bool
	Arg, Pattern, Escape Expr
}

// DistinctExpr is IS [NOT] DISTINCT FROM.
type DistinctExpr struct {
	Loc
	Left, Right Expr
	Not         bool
}

// AnyAllExpr is "left op ANY (array)" or, with All, "left op ALL (array)".
type AnyAllExpr struct {
	Loc
	Left     Expr
	Operator []string
	All      bool
	Right    Expr
}

// SubLinkKind says what a subquery in an expression yields.
type SubLinkKind uint8

const (
	ExprSubLink SubLinkKind = iota
	ExistsSubLink
	AnySubLink
	AllSubLink
	ArraySubLink
)

// SubLink is a subquery in an expression. For AnySubLink a nil Operator is IN;
// NOT IN is a BoolExpr around it.
type SubLink struct {
	Loc
	Kind     SubLinkKind
	Test     Expr
	Operator []string
	Select   *SelectStmt
}

// CaseExpr is CASE; Arg is nil for the searched form, Else for no ELSE.
type CaseExpr struct {
	Loc
	Arg   Expr
	Whens []*CaseWhen
	Else  Expr
}

// CaseWhen is one WHEN … THEN ….
type CaseWhen struct {
	Loc
	Cond, Result Expr
}

// CoalesceExpr is COALESCE(…).
type CoalesceExpr struct {
	Loc
	Args []Expr
}

// MinMaxExpr is GREATEST(…) or LEAST(…).
type MinMaxExpr struct {
	Loc
	Greatest bool
	Args     []Expr
}

// NullIfExpr is NULLIF(left, right).
type NullIfExpr struct {
	Loc
	Left, Right Expr
}

// ArrayExpr is ARRAY[…]; an inner [ … ] is an ArrayExpr as well.
type ArrayExpr struct {
	Loc
	Elements []Expr
}

// RowExpr is ROW(…) or, when not Explicit, (a, b, …).
type RowExpr struct {
	Loc
	Fields   []Expr
	Explicit bool
}

// TypeCast is CAST(arg AS type), arg::type or type 'string'.
type TypeCast struct {
	Loc
	Arg  Expr
	Type *TypeName
}

// CollateClause is arg COLLATE name; Arg is nil where it qualifies a column.
type CollateClause struct {
	Loc
	Arg  Expr
	Name []string
}

// IndirectionKind says what one step of an Indirection does.
type IndirectionKind uint8

const (
	FieldStep     IndirectionKind = iota // .name
	StarStep                             // .*
	SubscriptStep                        // [upper]
	SliceStep                            // [lower:upper], either may be nil
)

// IndirectionStep is one .field, .*, [subscript] or [slice].
type IndirectionStep struct {
	Kind         IndirectionKind
	Name         string
	Lower, Upper Expr
}

// Indirection applies steps to a value.
type Indirection struct {
	Loc
	Arg   Expr
	Steps []IndirectionStep
}

// GroupingFunc is GROUPING(…).
type GroupingFunc struct {
	Loc
	Args []Expr
}

// ValueFunction is one of SQL's functions without parentheses.
type ValueFunction uint8

const (
	CurrentDate ValueFunction = iota
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

// SQLValueFunction is CURRENT_DATE and its kin; Precision is -1 when not given.
type SQLValueFunction struct {
	Loc
	Func      ValueFunction
	Precision int
}

// SetToDefault is the word DEFAULT in place of a value.
type SetToDefault struct {
	Loc
}

// CurrentOf is WHERE CURRENT OF cursor.
type CurrentOf struct {
	Loc
	Cursor string
}

// GroupingSetKind says how a GroupingSet makes its sets.
type GroupingSetKind uint8

const (
	GroupingEmpty GroupingSetKind = iota // ()
	GroupingRollup
	GroupingCube
	GroupingSets
)

// GroupingSet is an item of GROUP BY that stands for several groupings.
type GroupingSet struct {
	Loc
	Kind    GroupingSetKind
	Content []Expr
}
