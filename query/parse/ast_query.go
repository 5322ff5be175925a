package parse

// SetOp is the set operation of a SelectStmt.
type SetOp uint8

const (
	SetNone SetOp = iota
	SetUnion
	SetIntersect
	SetExcept
)

// SelectStmt is SELECT, VALUES (then only Values of the leaf fields is set),
// TABLE name (as SELECT * FROM name) or, when Op is not SetNone, a set operation over Left and Right. With,
// OrderBy, Limit, Offset and Locking apply to all forms.
type SelectStmt struct {
	Loc
	With *WithClause

	Op          SetOp
	All         bool
	Left, Right *SelectStmt

	Distinct   bool   // SELECT DISTINCT, also when DistinctOn is set
	DistinctOn []Expr // DISTINCT ON (…)
	Targets    []*ResTarget
	Into       *IntoClause
	From       []TableRef
	Where      Expr

	GroupBy       []Expr // may hold GroupingSet
	GroupDistinct bool
	Having        Expr
	Windows       []*WindowDef

	Values [][]Expr // VALUES (…), (…)

	OrderBy  []*SortBy
	Offset   Expr
	Limit    Expr // nil: none; NullConst: LIMIT ALL
	WithTies bool
	Locking  []*LockingClause
}

// ResTarget is an item of a select list, a RETURNING list or an XML list: the
// value and its label, empty when not given.
type ResTarget struct {
	Loc
	Name  string
	Value Expr
}

// AssignTarget is a column to be assigned to, with what follows its name.
type AssignTarget struct {
	Loc
	Name  string
	Steps []IndirectionStep
}

// Assignment is column = value or, with Multi, (columns) = row.
type Assignment struct {
	Loc
	Targets []*AssignTarget
	Multi   bool
	Value   Expr
}

// IntoClause is the target of SELECT INTO or CREATE TABLE AS.
type IntoClause struct {
	Loc
	Relation     *RangeVar
	Columns      []string
	AccessMethod string
	Options      []*DefElem
	OnCommit     OnCommit
	Tablespace   string
	NoData       bool
}

// SortDir is the direction of an ORDER BY item.
type SortDir uint8

const (
	SortDefault SortDir = iota
	SortAsc
	SortDesc
	SortUsing
)

// NullsOrder says where nulls sort.
type NullsOrder uint8

const (
	NullsDefault NullsOrder = iota
	NullsFirst
	NullsLast
)

// SortBy is an item of ORDER BY; the position is that of the USING operator,
// else -1.
type SortBy struct {
	Loc
	Expr  Expr
	Dir   SortDir
	Nulls NullsOrder
	Using []string // the operator of USING
}

// LockStrength is the row lock a LockingClause asks for, weakest first.
type LockStrength uint8

const (
	ForKeyShare LockStrength = iota + 1
	ForShare
	ForNoKeyUpdate
	ForUpdate
)

// LockWait says what to do about rows locked by others.
type LockWait uint8

const (
	LockBlock LockWait = iota
	LockSkip
	LockError
)

// LockingClause is FOR UPDATE and its kin; no Relations means all of them.
type LockingClause struct {
	Loc
	Relations []*RangeVar
	Strength  LockStrength
	Wait      LockWait
}

// WithClause is WITH [RECURSIVE] ….
type WithClause struct {
	Loc
	Recursive bool
	CTEs      []*CommonTableExpr
}

// Materialize is the MATERIALIZED option of a CTE.
type Materialize uint8

const (
	MaterializeDefault Materialize = iota
	MaterializeAlways
	MaterializeNever
)

// CommonTableExpr is one named query of a WITH clause.
type CommonTableExpr struct {
	Loc
	Name         string
	Columns      []string
	Materialized Materialize
	Query        Statement // SelectStmt, InsertStmt, UpdateStmt, DeleteStmt or MergeStmt
	Search       *CTESearch
	Cycle        *CTECycle
}

// CTESearch is SEARCH … FIRST BY … SET ….
type CTESearch struct {
	Loc
	BreadthFirst bool
	Columns      []string
	Sequence     string
}

// CTECycle is CYCLE … SET … [TO … DEFAULT …] USING …. Value and Default are
// the booleans true and false when not given.
type CTECycle struct {
	Loc
	Columns        []string
	Mark           string
	Value, Default Expr
	Path           string
}

// Alias is [AS] Name [(Columns)].
type Alias struct {
	Name    string
	Columns []string
}

// Persistence is that of a relation being created or named.
type Persistence uint8

const (
	Permanent Persistence = iota
	Temporary
	Unlogged
)

// RangeVar is a relation by name.
type RangeVar struct {
	Loc
	Catalog, Schema, Name string
	Only                  bool // ONLY name: no inheritance children
	Persistence           Persistence
	Alias                 *Alias
}

// RangeSubselect is (SELECT …) in FROM.
type RangeSubselect struct {
	Loc
	Lateral bool
	Query   *SelectStmt
	Alias   *Alias
}

// RangeFunction is a function call or ROWS FROM (…) in FROM.
type RangeFunction struct {
	Loc
	Lateral    bool
	Ordinality bool
	RowsFrom   bool
	Functions  []RangeFunctionItem
	Alias      *Alias
	ColumnDefs []*ColumnDef // AS (name type, …)
}

// RangeFunctionItem is one call of ROWS FROM with its column definitions.
// Call is mostly a FuncCall, but func_expr_common_subexpr allows others, such
// as COALESCE.
type RangeFunctionItem struct {
	Call       Expr
	ColumnDefs []*ColumnDef
}

// RangeTableSample is TABLESAMPLE method (args) [REPEATABLE (seed)].
type RangeTableSample struct {
	Loc
	Relation   TableRef
	Method     []string
	Args       []Expr
	Repeatable Expr
}

// RangeTableFunc is XMLTABLE(…) in FROM.
type RangeTableFunc struct {
	Loc
	Lateral    bool
	Namespaces []*ResTarget
	Row, Doc   Expr
	Columns    []*RangeTableFuncCol
	Alias      *Alias
}

// RangeTableFuncCol is a column of XMLTABLE.
type RangeTableFuncCol struct {
	Loc
	Name          string
	ForOrdinality bool
	Type          *TypeName
	NotNull       bool
	Path, Default Expr
}

// JoinKind is the kind of a join; CROSS JOIN is an inner join without
// condition.
type JoinKind uint8

const (
	JoinInner JoinKind = iota
	JoinLeft
	JoinFull
	JoinRight
)

// JoinExpr is a join of two table references. At most one of Natural, Using
// and On is set.
type JoinExpr struct {
	Loc
	Kind        JoinKind
	Natural     bool
	Left, Right TableRef
	Using       []string
	UsingAlias  string
	On          Expr
	Alias       *Alias
}

// WindowDef is a window definition: an item of WINDOW (then it has a Name) or
// the OVER clause of a call. OVER name sets only Name; OVER (name …) sets
// RefName.
type WindowDef struct {
	Loc
	Name        string
	RefName     string
	PartitionBy []Expr
	OrderBy     []*SortBy
	Frame       *WindowFrame // nil: the default frame
}

// FrameMode is ROWS, RANGE or GROUPS.
type FrameMode uint8

const (
	FrameRange FrameMode = iota
	FrameRows
	FrameGroups
)

// FrameExclusion is the EXCLUDE clause of a frame.
type FrameExclusion uint8

const (
	ExcludeNone FrameExclusion = iota
	ExcludeCurrentRow
	ExcludeGroup
	ExcludeTies
)

// FrameBoundKind is one end of a frame.
type FrameBoundKind uint8

const (
	UnboundedPreceding FrameBoundKind = iota
	OffsetPreceding
	CurrentRow
	OffsetFollowing
	UnboundedFollowing
)

// FrameBound is one end of a frame with its offset, if it has one.
type FrameBound struct {
	Kind   FrameBoundKind
	Offset Expr
}

// WindowFrame is the frame clause; without BETWEEN, End is CURRENT ROW.
type WindowFrame struct {
	Mode       FrameMode
	Between    bool
	Start, End FrameBound
	Exclusion  FrameExclusion
}

// Overriding is the OVERRIDING clause of INSERT.
type Overriding uint8

const (
	OverridingNone Overriding = iota
	OverridingUser
	OverridingSystem
)

// InsertStmt is INSERT; Select is nil for DEFAULT VALUES.
type InsertStmt struct {
	Loc
	With       *WithClause
	Relation   *RangeVar
	Columns    []*AssignTarget
	Overriding Overriding
	Select     *SelectStmt
	OnConflict *OnConflictClause
	Returning  []*ResTarget
}

// OnConflictClause is ON CONFLICT …; without Update it is DO NOTHING.
type OnConflictClause struct {
	Loc
	Infer  *InferClause
	Update bool
	Set    []*Assignment
	Where  Expr
}

// InferClause is the conflict target: index elements or a constraint's name.
type InferClause struct {
	Loc
	Elems      []*IndexElem
	Where      Expr
	Constraint string
}

// UpdateStmt is UPDATE.
type UpdateStmt struct {
	Loc
	With      *WithClause
	Relation  *RangeVar
	Set       []*Assignment
	From      []TableRef
	Where     Expr
	Returning []*ResTarget
}

// DeleteStmt is DELETE.
type DeleteStmt struct {
	Loc
	With      *WithClause
	Relation  *RangeVar
	Using     []TableRef
	Where     Expr
	Returning []*ResTarget
}

// MergeStmt is MERGE.
type MergeStmt struct {
	Loc
	With     *WithClause
	Relation *RangeVar
	Source   TableRef
	On       Expr
	Whens    []*MergeWhenClause
}

// MergeAction is what a MergeWhenClause does.
type MergeAction uint8

const (
	MergeUpdate MergeAction = iota
	MergeDelete
	MergeInsert
	MergeDoNothing
)

// MergeWhenClause is WHEN [NOT] MATCHED [AND cond] THEN ….
type MergeWhenClause struct {
	Loc
	Matched    bool
	Cond       Expr
	Action     MergeAction
	Set        []*Assignment
	Columns    []*AssignTarget
	Overriding Overriding
	Values     []Expr // nil for DEFAULT VALUES
}
