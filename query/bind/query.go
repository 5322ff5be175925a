// Package bind gives a parsed statement its meaning: names become columns, functions and operators by PostgreSQL's rules, every
// expression gets its type and every coercion its place. What comes out depends on one catalog snapshot.
package bind

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// Command is what a Query does.
type Command uint8

// The commands.
const (
	Select Command = iota
	Insert
	Update
	Delete
)

// Query is a bound SELECT, VALUES, INSERT, UPDATE or DELETE, or one inside another.
type Query struct {
	Command Command

	CTEs      []*CTE
	Recursive bool
	Rels      []*Rel     // the range table; expr.Var.Rel indexes it
	From      []JoinNode // the FROM list; its members are cross-joined
	Where     expr.Expr  // nil: none

	Targets []Target // hidden ones last
	// GroupBy holds the grouping expressions; GroupingSets the sets as indexes into it (nil: one set of all; only with GROUP BY).
	GroupBy      []expr.Expr
	GroupingSets [][]int
	Having       expr.Expr
	Aggregates   bool // an aggregate, GROUP BY or HAVING of this query's own level
	SetReturning bool // a set-returning function stands in Targets
	Windows      []Window
	Distinct     bool
	DistinctOn   []int // indexes of Targets
	OrderBy      []SortItem
	Limit        expr.Expr // int8; nil: none
	Offset       expr.Expr // int8
	WithTies     bool
	SetOp        *SetOp // not nil: Rels holds the leaf queries, Targets are Vars over the result columns (Rel -1… see SetOp)
	Locks        []Lock

	// INSERT, UPDATE, DELETE:
	Target     int         // index in Rels of the table that is written
	Columns    []int       // INSERT and UPDATE: written columns, indexes into Rels[Target].Table.Columns, one for each Assign
	Assign     []expr.Expr // value of each of Columns: for INSERT over the source's row (Var of Rels[Source]), for UPDATE over From and the target
	Source     int         // INSERT: index in Rels of the sub-query or VALUES that gives the rows; -1: one row of defaults
	OnConflict *OnConflict
	Returning  []Target // over the new row (old row for DELETE), which is Var of Rel Target
	// Checks are CHECK constraints and generated columns of the target, over Var of Rel Target.
	Checks    []Check
	Generated []Assignment
	CopyWhere expr.Expr // COPY FROM: the condition of its WHERE, over the new row; nil: none
}

// RelKind is what a range-table entry is.
type RelKind uint8

// The kinds.
const (
	TableRel    RelKind = iota // a user's table
	SystemRel                  // a relation of pg_catalog, information_schema or sys: rows come from the catalog
	SubqueryRel                // a sub-query or view
	ValuesRel                  // VALUES lists
	FunctionRel                // functions in FROM
	CTERel                     // a reference to a CTE
	JoinRel                    // a join with an alias of its own, or its USING columns
	ResultRel                  // EXCLUDED: the row proposed for insertion
)

// Rel is a range-table entry.
type Rel struct {
	Kind    RelKind
	Alias   string // the name it goes by
	Names   []string
	Types   []sqltypes.Type
	Lateral bool

	Table      *catalog.Table // TableRel, ResultRel: Names and Types follow its Columns one to one, dropped ones included
	System     *catalog.System
	Query      *Query        // SubqueryRel
	View       bool          // the sub-query is a view's
	Values     [][]expr.Expr // ValuesRel
	Functions  []TableFunc   // FunctionRel
	Ordinality bool          // WITH ORDINALITY: one int8 column more, the last
	CTE        int           // CTERel: index of Query.CTEs …
	CTELevel   int           // … of the query this many levels further out
	JoinVars   []expr.Expr   // JoinRel: what each column stands for
	Nullable   bool          // JoinRel of a sub-query that the planner pulled up to the side of an outer join that may be missing
	Indexes    []IndexExprs  // TableRel: parallel to Table.Indexes; nil when all of them are plain
	// Privileges: columns read (indexes), for the check of rights.
	Reads       []int
	Inheritance bool
}

// IndexExprs are the expressions of an index, over Vars of entry 0.
type IndexExprs struct {
	Keys      []expr.Expr // parallel to the index's keys: nil where the key is a column
	Predicate expr.Expr   // nil: there is an entry for every row
}

// TableFunc is one function of ROWS FROM with the columns it gives.
type TableFunc struct {
	Call         expr.Expr
	Columns      int
	DefinedNames []string // column definition list
	DefinedTypes []sqltypes.Type
}

// CTE is a WITH query.
type CTE struct {
	Name         string
	Query        *Query
	Names        []string
	Types        []sqltypes.Type
	Materialized *bool // as written; nil: neither
	Recursive    bool  // refers to itself: Query.SetOp is UNION, its right leaf the recursive term
	References   int
}

// JoinNode is a member of the FROM tree: a RelRef or a Join.
type JoinNode interface{ joinNode() }

// RelRef is a range-table entry in the FROM tree.
type RelRef struct{ Rel int }

// Join joins two members.
type Join struct {
	Kind        JoinKind
	Left, Right JoinNode
	On          expr.Expr // nil: none (cross join)
	Rel         int       // the JoinRel entry, -1 when it needs none
	NullAware   bool      // Anti, made by the planner of NOT IN: a NULL on either side leaves a row out
}

func (RelRef) joinNode() {}
func (*Join) joinNode()  {}

// JoinKind is a kind of join.
type JoinKind uint8

// The kinds of joins. Semi and Anti are the planner's.
const (
	Inner JoinKind = iota
	Left
	Right
	Full
	Semi
	Anti
)

// Target is a column of the result.
type Target struct {
	Expr   expr.Expr
	Name   string
	Hidden bool // only for ORDER BY, DISTINCT ON or GROUP BY
	// Table and Column are the origin of a plain column, for RowDescription: OID of the table, attnum; zero otherwise.
	Table  sqltypes.OID
	Column int16
}

// SortItem orders the result by Targets[Target].
type SortItem struct {
	Target     int
	Desc       bool
	NullsFirst bool
}

// Window is one window definition.
type Window struct {
	Name        string
	PartitionBy []expr.Expr
	OrderBy     []expr.SortKey
	Frame       Frame
	framed      bool // it has a frame clause of its own
}

// Frame is a window's frame. The default is RANGE UNBOUNDED PRECEDING.
type Frame struct {
	Mode       FrameMode
	Start, End FrameBound
	Exclude    FrameExclude
}

// FrameMode, FrameBoundKind and FrameExclude are the frame clause's words.
type (
	FrameMode      uint8
	FrameBoundKind uint8
	FrameExclude   uint8
)

// The words of a frame clause.
const (
	FrameRange FrameMode = iota
	FrameRows
	FrameGroups
)

// The bounds of a frame, in the order they may stand.
const (
	UnboundedPreceding FrameBoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// What a frame leaves out.
const (
	ExcludeNone FrameExclude = iota
	ExcludeCurrentRow
	ExcludeGroup
	ExcludeTies
)

// FrameBound is one end of a frame. Add and Compare (in_range) are resolved by the executor from the order key's type.
type FrameBound struct {
	Kind   FrameBoundKind
	Offset expr.Expr
}

// SetOp is a tree of UNION, INTERSECT and EXCEPT over sub-queries. Query.Targets of a set operation are Vars with Rel = the leftmost leaf's
// entry and the common types; the planner reads them as the set operation's result columns.
type SetOp struct {
	Kind        SetOpKind
	All         bool
	Left, Right *SetOp // nil for a leaf
	Rel         int    // leaf: the SubqueryRel entry
	// Coerce gives, for a leaf, the expressions over its columns (Var of Rel) that have the common types.
	Coerce []expr.Expr
	Types  []sqltypes.Type
}

// SetOpKind is a set operation.
type SetOpKind uint8

// The set operations.
const (
	SetLeaf SetOpKind = iota
	Union
	Intersect
	Except
)

// Lock is FOR UPDATE or FOR KEY SHARE on a range-table entry.
type Lock struct {
	Rel      int
	KeyShare bool
}

// OnConflict is ON CONFLICT. Without Arbiter and Infer, which only DO NOTHING may be, it is about every unique index.
type OnConflict struct {
	DoUpdate bool
	Arbiter  *catalog.Index // of the constraint that is named
	Infer    *Inference
	Columns  []int       // DO UPDATE SET
	Assign   []expr.Expr // over Var of Rel Target (existing row) and Rel Excluded
	Excluded int
	Where    expr.Expr
}

// Inference says what the unique indexes are over whose conflicts ON CONFLICT is about.
type Inference struct {
	Elems []InferenceElem
	Where expr.Expr // what the predicate of a partial index must follow from; nil: nothing
}

// InferenceElem is a key that an index must have: a Var of Rel Target or an expression over them.
type InferenceElem struct {
	Expr      expr.Expr
	Collation sqltypes.OID     // 0: any
	Class     *catalog.OpClass // nil: any
}

// Check is a CHECK constraint of the target, or of the domain that a column's type is (Domain is its name then; an empty Name is its NOT NULL).
type Check struct {
	Name   string
	Expr   expr.Expr
	Domain string
	Column int  // with Domain: the column, an index into the table's
	View   bool // WITH CHECK OPTION of the view that Name names
}

// Assignment gives a column its computed value.
type Assignment struct {
	Column int
	Expr   expr.Expr
}
