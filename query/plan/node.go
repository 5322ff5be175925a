// Package plan decides how a bound query is carried out: which index, which join order, which algorithm.
//
// A plan is immutable and holds no run-time state, so that one plan serves every execution of a prepared statement until the catalog
// changes. Its expressions read the input row by Slot, values of enclosing rows by ExecParam, and sub-queries by External.
package plan

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// Node is an operator of the plan.
type Node interface {
	// Header describes the rows it gives.
	Header() []Column
	// Estimate is what the planner expects of it.
	Estimate() *Estimate
	// Children are its inputs, outer first.
	Children() []Node
}

// Column is a column of an operator's output.
type Column struct {
	Name string
	Type sqltypes.Type
}

// Estimate is a node's cost and size in PostgreSQL's units.
type Estimate struct {
	Startup, Total float64
	Rows           float64
	Width          int
}

// Output is what every node has.
type Output struct {
	Cols []Column
	Est  Estimate
}

// Header describes the rows the node gives.
func (o *Output) Header() []Column { return o.Cols }

// Estimate is what the planner expects of the node.
func (o *Output) Estimate() *Estimate { return &o.Est }

// Plan is a whole statement's plan.
type Plan struct {
	Root Node
	// ExecParams is how many run-time parameters the executor must make room for; Subplans are found by External.
	ExecParams int
	Subplans   []*Subplan
	CTEs       int // how many CTE stores
	Command    bind.Command
	// Writes tells whether the statement modifies rows, in a CTE too. Locks: it marks rows by a locking clause.
	Writes, Locks bool
	// Params are the expressions of which something can be computed as soon as the values of parameters are known.
	Params []expr.Expr
}

// Subplan is a sub-query in an expression.
type Subplan struct {
	ID         int
	Number     int   // for EXPLAIN: its place among the WITH queries and sub-plans, in the order in which they were planned
	Returns    []int // of one that runs once: parameters whose numbers EXPLAIN calls its columns by
	Kind       expr.SubLinkKind
	Plan       Node
	Params     []int     // run-time parameters set from External.Args before a run
	Repeats    bool      // correlated, but the same Args always give the same value
	Correlated bool      // depends on run-time parameters: run for every row; otherwise its result is kept for the statement
	Test       int       // how many of the Args, behind Params, are the left side of ANY and ALL
	Combine    expr.Expr // over SubColumn, with the left side as ExecParams TestParams
	TestParams []int
	ArgTypes   []sqltypes.OID // of all Args
	// HashOuter and HashInner: Combine is equality of these, pair by pair, so that an uncorrelated ANY is answered from a hash table.
	HashOuter, HashInner []expr.Expr
	HashTypes            []sqltypes.OID
	Keyed                *Keyed // nil: there is no such form
	Type                 sqltypes.Type
}

// Result gives one row of expressions; with Once a condition decides whether it does.
type Result struct {
	Output
	Exprs []expr.Expr
	Once  expr.Expr
}

// Values gives rows of expressions.
type Values struct {
	Output
	Rows [][]expr.Expr
}

// Access is how the rows of a table are reached through one of its indexes (nil: the table itself has no primary key).
type Access struct {
	Table *catalog.Table
	Index *catalog.Index // the primary key, a secondary index, or nil
	// Ranges are what is read of the index; none: all of it. Where they overlap, rows are read once.
	Ranges  []KeyRange
	Reverse bool
}

// KeyRange is a part of an index: Equal fixes the leading key columns, the others bound the columns behind them. What it is computed of is evaluated once, when
// the scan opens.
type KeyRange struct {
	Equal        []Point
	Lower, Upper []Bound // all of them hold
	NotNull      bool    // the first column behind Equal is not NULL; it is not where there are bounds
}

// Point fixes a key column.
type Point struct {
	Expr expr.Expr // nil: to NULL
	Any  bool      // Expr is an array: to any of its elements
}

// Bound is one end of a range: of the columns behind the fixed ones, from the first on, compared as rows are. Rows whose later columns are NULL may be within.
type Bound struct {
	Exprs     []expr.Expr
	Inclusive bool
}

// Fixed is how many leading key columns have one value each.
func (a *Access) Fixed() int {
	if len(a.Ranges) != 1 {
		return 0
	}
	for i, p := range a.Ranges[0].Equal {
		if p.Any {
			return i
		}
	}
	return len(a.Ranges[0].Equal)
}

// byEqualKeys tells whether the access is one range, with one value of the first key column at least.
func (a *Access) byEqualKeys() bool { return a.Fixed() > 0 && a.Fixed() == len(a.Ranges[0].Equal) }

// Points tells whether the access names whole keys of a primary key, each of at most one row.
func (a *Access) Points() bool {
	if a.Index == nil || !a.Index.Primary || len(a.Ranges) == 0 {
		return false
	}
	for _, r := range a.Ranges {
		if len(r.Equal) != len(a.Index.Keys) {
			return false
		}
	}
	return true
}

// Scan reads a table, through the primary key, a covering index, or an index and lookups.
type Scan struct {
	Output
	Access
	Alias string
	// Fetch are the table's columns it gives, as indexes into Table.Columns; RowKey (-1) gives the row's storage key as bytea.
	Fetch []int
	// Filter is evaluated where the rows are read, over the output slots.
	Filter expr.Expr
	// Covering: the index has every column of Fetch, no lookup of the row is needed.
	Covering bool
	// Point: the whole primary key is fixed to one value, at most one row.
	Point bool
	// Few: a LIMIT right above wants a few rows only.
	Few        bool
	Wanted     int64       // rows that the LIMIT wants; 0: all, or it is not known
	Reads      float64     // rows it is expected to read; Est.Rows pass the filter
	IndexConds []expr.Expr // what Ranges stand for, over the table's columns, for EXPLAIN
}

// RowKey in Scan.Fetch asks for the row's storage key.
const RowKey = -1

// SystemScan reads a relation of pg_catalog, information_schema or sys.
type SystemScan struct {
	Output
	System *catalog.System
	Alias  string
	Fetch  []int
	Filter expr.Expr
}

// FunctionScan calls functions in FROM side by side.
type FunctionScan struct {
	Output
	Alias      string
	Functions  []bind.TableFunc
	Ordinality bool
	Filter     expr.Expr
}

// CTEScan reads what a CTE gave; the first reader runs it.
type CTEScan struct {
	Output
	Store  int
	Alias  string
	Work   bool // the work table of a recursive CTE
	Filter expr.Expr
}

// With runs Child with fresh CTE stores. CTEs that write are run to their end even if nobody reads them.
type With struct {
	Output
	CTEs  []CTEPlan
	Child Node
}

// CTEPlan is one CTE of a With.
type CTEPlan struct {
	Store     int
	Number    int // see Subplan
	Name      string
	Plan      Node
	Modifying bool
}

// RecursiveUnion evaluates a recursive CTE.
type RecursiveUnion struct {
	Output
	Store      int // its own work table, read by CTEScan with Work
	Distinct   bool
	Base, Step Node
}

// Filter keeps the rows for which Cond is true.
type Filter struct {
	Output
	Child    Node
	Cond     expr.Expr
	Subquery string // Child is the sub-query of FROM with that name; "": it is not
}

// Gate gives its input's rows if a condition, evaluated once when it is opened, is true; else it reads nothing.
type Gate struct {
	Output
	Child Node
	Once  expr.Expr
}

// Project computes a row from each row.
type Project struct {
	Output
	Child Node
	Exprs []expr.Expr
}

// ProjectSet computes rows from each row: set-returning functions stand in Exprs.
type ProjectSet struct {
	Output
	Child Node
	Exprs []expr.Expr
}

// NestLoop joins by running Inner for every row of Outer, after setting the run-time parameters from it.
type NestLoop struct {
	Output
	Kind         bind.JoinKind // Inner, Left, Semi, Anti
	Outer, Inner Node
	Params       []ParamSet
	On           expr.Expr // over outer row then inner row
	OneRow       bool      // Inner gives at most one row for an outer row
	Rescan       bool      // Inner depends on Params; otherwise its rows are kept
	Batched      bool      // Inner, a Scan by equal keys, is read for many outer rows together
	Recheck      expr.Expr // Batched: the conditions that Inner's keys answer, over outer row then inner row, for EXPLAIN
}

// ParamSet sets run-time parameter Index from an expression over the outer row.
type ParamSet struct {
	Index int
	Expr  expr.Expr
}

// HashJoin joins by equal keys: the table is built from Inner, or from Outer with BuildOuter.
type HashJoin struct {
	Output
	Kind                 bind.JoinKind
	Outer, Inner         Node
	OuterKeys, InnerKeys []expr.Expr
	KeyTypes             []sqltypes.OID
	On                   expr.Expr // further condition over outer row then inner row
	NullAware            bool      // Anti join for NOT IN, with one key: a NULL on either side leaves the row out
	BuildOuter           bool      // the table is built from Outer (Left, Semi and Anti)
}

// MergeJoin joins by equal keys two inputs that come in the order of their keys.
type MergeJoin struct {
	Output
	Kind                 bind.JoinKind
	Outer, Inner         Node
	OuterKeys, InnerKeys []expr.Expr
	KeyTypes             []sqltypes.OID
	Keys                 []SortKey // the direction of each key
	On                   expr.Expr // further condition over outer row then inner row
}

// Aggregate groups rows. Output: the keys, then the aggregates; for grouping sets, then one int4 with the set's number.
type Aggregate struct {
	Output
	Child    Node
	Keys     []expr.Expr
	Sets     [][]int // indexes into Keys; nil: all keys as one set
	Aggs     []*expr.Agg
	Plain    bool             // no keys: one row always
	Sorted   bool             // rows with equal keys come one behind the other
	Grouping []*expr.Grouping // GROUPING calls, behind the aggregates
}

// Sort orders rows; Limit > 0 expressions keep only the first rows (top-N).
type Sort struct {
	Output
	Child       Node
	Keys        []SortKey
	Presorted   int       // rows come in the order of so many of the keys
	Bound       expr.Expr // count of rows needed at most; nil: all
	BoundOffset expr.Expr
	Ties        bool // rows that are equal to the last one needed are needed, too
}

// SortKey orders by a slot of the child.
type SortKey struct {
	Slot       int
	Desc       bool
	NullsFirst bool
}

// Unique drops rows equal to the row before on the slots.
type Unique struct {
	Output
	Child Node
	Slots []int
}

// HashDistinct drops rows seen before.
type HashDistinct struct {
	Output
	Child Node
}

// Limit skips and counts. TieKeys are the sort keys for WITH TIES.
type Limit struct {
	Output
	Child         Node
	Count, Offset expr.Expr
	WithTies      bool
	TieKeys       []SortKey
}

// Append gives the rows of its inputs one after the other.
type Append struct {
	Output
	Inputs []Node
}

// SetOp is INTERSECT or EXCEPT.
type SetOp struct {
	Output
	Except      bool
	All         bool
	Left, Right Node
	Selects     [2]int // the numbers of the SELECTs that Left and Right are, from 1; 0: another set operation
}

// WindowAgg adds the window functions of one window as further columns. Its input is sorted by Partition, then Order.
type WindowAgg struct {
	Output
	Child     Node
	Partition []expr.Expr
	Order     []expr.SortKey
	Frame     bind.Frame
	Funcs     []*expr.WindowFunc
}

// LockRows marks the rows it passes on, by the row keys in the slots.
type LockRows struct {
	Output
	Child Node
	Locks []RowLock
	Keep  int // the child's leading columns that are passed on
}

// RowLock is one locked table.
type RowLock struct {
	Table    *catalog.Table
	Slot     int // of the row key
	KeyShare bool
}

// Modify inserts, updates or deletes. Child's columns: for INSERT the values of Columns in order; for UPDATE and DELETE the row key, the old row's
// columns (all of Table.Columns that are not dropped, in order), then for UPDATE the values of Columns, then what Returning needs.
type Modify struct {
	Output
	Command   bind.Command
	Table     *catalog.Table
	Alias     string
	Child     Node
	Columns   []int             // indexes into Table.Columns
	Checks    []bind.Check      // over the new row: Slot i is Table.Columns[i]
	Generated []bind.Assignment // likewise
	CopyWhere expr.Expr         // likewise; nil: every row
	Indexes   []bind.IndexExprs // likewise, parallel to Table.Indexes; nil: all of them are plain
	Conflict  *Conflict
	Returning []expr.Expr // over: new row (Slot i is Table.Columns[i]), then the child's row behind it
	Extra     int         // where the child's row begins for Returning: len(Table.Columns)
}

// Conflict is ON CONFLICT.
type Conflict struct {
	DoUpdate bool
	Arbiters []*catalog.Index
	Columns  []int
	Assign   []expr.Expr // over existing row, then proposed row, each of len(Table.Columns) slots
	Where    expr.Expr
}

// Children of each node, outer first.
func (*Result) Children() []Node           { return nil }
func (*Values) Children() []Node           { return nil }
func (*Scan) Children() []Node             { return nil }
func (*SystemScan) Children() []Node       { return nil }
func (*FunctionScan) Children() []Node     { return nil }
func (*CTEScan) Children() []Node          { return nil }
func (n *With) Children() []Node           { return []Node{n.Child} }
func (n *RecursiveUnion) Children() []Node { return []Node{n.Base, n.Step} }
func (n *Filter) Children() []Node         { return []Node{n.Child} }
func (n *Gate) Children() []Node           { return []Node{n.Child} }
func (n *Project) Children() []Node        { return []Node{n.Child} }
func (n *ProjectSet) Children() []Node     { return []Node{n.Child} }
func (n *NestLoop) Children() []Node       { return []Node{n.Outer, n.Inner} }
func (n *HashJoin) Children() []Node       { return []Node{n.Outer, n.Inner} }
func (n *MergeJoin) Children() []Node      { return []Node{n.Outer, n.Inner} }
func (n *Aggregate) Children() []Node      { return []Node{n.Child} }
func (n *Sort) Children() []Node           { return []Node{n.Child} }
func (n *Unique) Children() []Node         { return []Node{n.Child} }
func (n *HashDistinct) Children() []Node   { return []Node{n.Child} }
func (n *Limit) Children() []Node          { return []Node{n.Child} }
func (n *Append) Children() []Node         { return n.Inputs }
func (n *SetOp) Children() []Node          { return []Node{n.Left, n.Right} }
func (n *WindowAgg) Children() []Node      { return []Node{n.Child} }
func (n *LockRows) Children() []Node       { return []Node{n.Child} }
func (n *Modify) Children() []Node {
	if n.Child == nil {
		return nil
	}
	return []Node{n.Child}
}
