package plan

import (
	"strings"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
)

// ExplainOptions shape the description of a plan.
type ExplainOptions struct {
	Costs   bool
	Verbose bool
	// Buffers and WAL add PostgreSQL's counters to the structured formats. Nothing here goes through its buffers or log, so all are zero.
	Buffers, WAL bool
	// Measures are those of an execution, for EXPLAIN ANALYZE; Timing shows the times among them.
	Measures map[Node]*Measure
	Timing   bool
	// Query is what was planned: its relations decide whether columns carry their relation's name. Nil: the plan's own decide.
	Query *bind.Query
	// Schema names a schema, for VERBOSE.
	Schema func(catalog.OID) string
}

// Description is one operator as EXPLAIN shows it, whatever the format: the writers know nothing of operators.
type Description struct {
	Kind     string     // "Node Type" of the structured formats
	Title    string     // in TEXT
	Identity []Property // what Title says, for the structured formats
	Estimate *Estimate  // nil: costs are not wanted
	Actual   *Actual    // nil: nothing was executed
	Details  []Property
	Children []Child
	Storage  bool // a request to storage rather than an operator of the query processor
	Index    bool // of those, one to an index: under ANALYZE VERBOSE TEXT says its loops among the costs, too
}

// Child is an operator below another.
type Child struct {
	Relationship string // "Outer", "Inner", "Member", "InitPlan", "SubPlan"
	Name         string // of an InitPlan, a SubPlan or a CTE
	Node         *Description
}

// Actual is what an operator did, per loop. Without loops it was never executed.
type Actual struct {
	Loops          int64
	Rows           float64
	Startup, Total float64 // milliseconds
	Timed          bool
}

// Property is one thing said of an operator, or of the whole statement.
type Property struct {
	Label string
	Value any    // string, bool, int64, Number, []string, Group, []Group or Nested
	Line  string // TEXT says this instead of Label and Value; "-" nothing at all. Without a Label it is a line of TEXT alone
}

// Number is a value with a fixed number of decimals and a unit for TEXT.
type Number struct {
	Value    float64
	Decimals int
	Unit     string
}

// Group is a value made of properties. Item is what one of several is called.
type Group struct {
	Item       string
	Properties []Property
}

// Nested is a list of lists.
type Nested [][]string

// structured is a property that TEXT does not show.
func structured(label string, value any) Property {
	return Property{Label: label, Value: value, Line: "-"}
}

// Describe describes a plan in the service's terms: PostgreSQL's, with the storage requests of each scan below it.
func Describe(p *Plan, o ExplainOptions) *Description {
	e := newExplainer(p, o)
	return &e.query(p.Root).Description
}

// Explain writes a plan as text.
func Explain(p *Plan, o ExplainOptions) []string {
	return strings.Split(strings.TrimSuffix(WriteText(Describe(p, o), nil, o.Verbose && o.Measures != nil), "\n"), "\n")
}
