package plan

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// Options are what planning depends on beside the query.
type Options struct {
	Stats    Stats
	Snapshot *catalog.Snapshot
	Session  *expr.Session // for folding constants
	// Disabled planner methods, as enable_hashjoin = off and the like; keyed by the parameter's name.
	Disabled map[string]bool
}

// Build plans a bound query.
func Build(q *bind.Query, o Options) (*Plan, error) {
	p := &planner{options: o, plan: &Plan{Command: q.Command}}
	q = flatten(q)
	s := &scope{planner: p, q: q}
	root, err := s.query()
	if err != nil {
		return nil, err
	}
	p.plan.Root = root
	p.plan.ExecParams = p.params
	p.plan.CTEs = p.stores
	return p.plan, nil
}

// planner is the state of planning one statement.
type planner struct {
	options Options
	plan    *Plan
	params  int
	stores  int
	planned int              // WITH queries and sub-plans so far
	sizes   map[Node]float64 // rows that were estimated for choices
	efforts map[Node]float64 // what reading was estimated to cost, for choices
}

func (p *planner) newParam() int { p.params++; return p.params - 1 }

func (p *planner) nextNumber() int { p.planned++; return p.planned }

func (p *planner) newStore() int { p.stores++; return p.stores - 1 }

// scope plans one query level.
type scope struct {
	*planner
	q      *bind.Query
	parent *scope
	// args are the values of the parent's row that this query needs, each with the run-time parameter that carries it.
	args []outerArg
	// correlated: the query depends on some enclosing row, its parent's or one further out.
	correlated bool
	ctes       []cteState
	recursive  *cteState       // this query is a recursive WITH query
	needed     map[varKey]bool // columns of its own relations that its expressions read
	subs       map[int]*subquery
	gone       relset      // relations that were left out of FROM
	witness    map[int]int // of relations that were made sub-queries: the column that is NULL only where there is no row
	beside     *beside     // while a tree of joins in a LATERAL place is planned
	pulled     []pulled
	order      *wanted              // what ORDER BY asks of the only table; nil: nothing
	joinVars   map[varKey]expr.Expr // what columns of joins stand for, rewritten
	indexes    [][]*tableIndex      // of tables, by relation
	wants      joinWants            // what is done with the rows of the joins of FROM
}

// outerArg is a value of the parent's level.
type outerArg struct {
	param int
	value expr.Expr
}

// cteState is what became of one CTE of the scope.
type cteState struct {
	store   int
	planned bool
	work    bool // while its recursive term is planned
	est     Estimate
	cols    []Column
}

// varKey is a column of a relation of the scope; column rowKey is the row's storage key.
type varKey struct{ rel, column int }

const rowKey = -2

// layout tells in which slot a column stands.
type layout map[varKey]int

// relation is a planned part of the FROM list.
type relation struct {
	node   Node
	layout layout
	rels   relset
	order  []slotOrder // of its rows; nil: nothing is known
}

// query plans the scope's query whole: its CTEs, its body, and what is done with the result.
func (s *scope) query() (Node, error) {
	withs, err := s.planCTEs()
	if err != nil {
		return nil, err
	}
	var body Node
	switch {
	case s.q.Command != bind.Select:
		body, err = s.modify()
	case s.q.SetOp != nil:
		body, err = s.setOperation()
	default:
		body, err = s.selectBody()
	}
	if err != nil {
		return nil, err
	}
	if len(withs) == 0 {
		return body, nil
	}
	return &With{Output: outputOf(body), CTEs: withs, Child: body}, nil
}

// selectBody plans a plain SELECT from FROM to LIMIT.
func (s *scope) selectBody() (Node, error) {
	s.minMax()
	if err := s.prepare(); err != nil {
		return nil, err
	}
	if err := s.reduceJoins(); err != nil {
		return nil, err
	}
	s.wantOrder()
	s.wantJoinOrder()
	rel, err := s.from(s.q.From, s.q.Where)
	if err != nil {
		return nil, err
	}
	s.shortenOrder()
	targets := make([]expr.Expr, len(s.q.Targets))
	for i, t := range s.q.Targets {
		targets[i] = t.Expr
	}
	if s.q.Aggregates {
		if rel, targets, err = s.aggregate(rel, targets); err != nil {
			return nil, err
		}
	}
	if len(s.q.Windows) > 0 {
		if rel, targets, err = s.windows(rel, targets); err != nil {
			return nil, err
		}
	}
	return s.finish(rel, targets)
}

// finish computes the targets and applies DISTINCT, ORDER BY, locks and LIMIT.
func (s *scope) finish(rel *relation, targets []expr.Expr) (Node, error) {
	q := s.q
	exprs := make([]expr.Expr, len(targets))
	for i, t := range targets {
		e, err := resolve(t, rel.layout)
		if err != nil {
			return nil, err
		}
		exprs[i] = e
	}
	visible := len(targets)
	for visible > 0 && q.Targets[visible-1].Hidden {
		visible--
	}
	locks, exprs := s.lockSlots(rel, exprs)
	var node Node
	sorted := s.orderedScan(rel)
	ordered := s.presorted(rel, exprs)
	sorted = sorted || len(q.OrderBy) > 0 && ordered == len(q.OrderBy)
	if q.SetReturning {
		node = s.projectSets(rel.node, exprs)
	} else {
		node = s.project(rel.node, exprs)
	}
	var err error
	if q.Distinct || len(q.DistinctOn) > 0 {
		node = s.distinct(node, targets[:visible], &sorted)
		ordered = 0
	}
	if len(q.OrderBy) > 0 && !sorted {
		sort := s.sort(node, true)
		if !s.options.Disabled["enable_incremental_sort"] {
			sort.Presorted = ordered
		}
		node = sort
	}
	if len(locks) > 0 {
		node = &LockRows{Output: outputOf(node), Child: node, Locks: locks, Keep: len(targets)}
		trimOutput(node.(*LockRows), len(targets))
		s.plan.Locks = true
	}
	if node, err = s.limit(node); err != nil {
		return nil, err
	}
	return trim(node, visible), nil
}

// presorted is how many keys of ORDER BY the rows of a relation are ordered by already.
func (s *scope) presorted(rel *relation, targets []expr.Expr) int {
	if s.q.SetReturning || s.q.Distinct || len(s.q.DistinctOn) > 0 {
		return 0
	}
	var keys []SortKey
	for _, o := range s.q.OrderBy {
		slot, ok := plainSlot(targets[o.Target])
		if !ok {
			break
		}
		keys = append(keys, SortKey{Slot: slot, Desc: o.Desc, NullsFirst: o.NullsFirst})
	}
	return presorted(rel.order, keys)
}

// trim leaves the first n columns.
func trim(node Node, n int) Node {
	cols := node.Header()
	if len(cols) == n {
		return node
	}
	exprs := make([]expr.Expr, n)
	for i := range exprs {
		exprs[i] = slotOf(cols[i], i)
	}
	out := Output{Cols: cols[:n], Est: *node.Estimate()}
	return &Project{Output: out, Child: node, Exprs: exprs}
}

func trimOutput(n *LockRows, keep int) { n.Cols = n.Cols[:keep] }

func slotOf(c Column, i int) *expr.Slot {
	return &expr.Slot{Base: expr.Base{Typ: c.Type, At: -1}, Index: i, Name: c.Name}
}

// project computes exprs from the node's rows; it is left out where it would change nothing, and put into the node where that is free.
func (s *scope) project(child Node, exprs []expr.Expr) Node {
	if isIdentity(exprs, child.Header()) {
		return child
	}
	out := s.targetOutput(exprs, child)
	if r, ok := child.(*Result); ok && r.Exprs == nil {
		return &Result{Output: out, Exprs: exprs, Once: r.Once}
	}
	return &Project{Output: out, Child: child, Exprs: exprs}
}

func isIdentity(exprs []expr.Expr, cols []Column) bool {
	if len(exprs) != len(cols) {
		return false
	}
	for i, e := range exprs {
		if slot, ok := e.(*expr.Slot); !ok || slot.Index != i {
			return false
		}
	}
	return true
}

// targetOutput describes rows of exprs computed over child's rows.
func (s *scope) targetOutput(exprs []expr.Expr, child Node) Output {
	est := Estimate{Rows: 1}
	if child != nil {
		est = *child.Estimate()
	}
	est.Total += est.Rows * cpuOperatorCost * float64(len(exprs)) / 2
	out := Output{Cols: make([]Column, len(exprs)), Est: est}
	out.Est.Width = 0
	for i, e := range exprs {
		out.Cols[i] = Column{Name: exprName(e, s.q, i), Type: e.Type()}
		out.Est.Width += width(e.Type())
	}
	return out
}

func exprName(e expr.Expr, q *bind.Query, i int) string {
	if i < len(q.Targets) {
		return q.Targets[i].Name
	}
	if slot, ok := e.(*expr.Slot); ok {
		return slot.Name
	}
	return ""
}

func outputOf(n Node) Output { return Output{Cols: n.Header(), Est: *n.Estimate()} }

func widthOf(cols []Column) (sum int) {
	for _, c := range cols {
		sum += width(c.Type)
	}
	return sum
}

func width(t sqltypes.Type) int {
	if _, ok := sqltypes.FixedKind(t.OID); ok {
		switch t.OID {
		case sqltypes.BoolOID, sqltypes.CharOID:
			return 1
		case sqltypes.Int2OID:
			return 2
		case sqltypes.Int4OID, sqltypes.Float4OID, sqltypes.OIDOID, sqltypes.DateOID:
			return 4
		}
		return 8
	}
	return 32
}

// distinct drops duplicates: DISTINCT ON by sorting on its keys first, DISTINCT by a hash table.
func (s *scope) distinct(node Node, targets []expr.Expr, sorted *bool) Node {
	q := s.q
	if len(q.DistinctOn) == 0 {
		hidden := false
		for _, t := range q.Targets {
			hidden = hidden || t.Hidden
		}
		if !hidden {
			out := outputOf(node)
			out.Est.Rows = estimator{scope: s}.groups(targets, out.Est.Rows)
			*sorted = false
			return &HashDistinct{Output: out, Child: node}
		}
	}
	slots := q.DistinctOn
	if len(slots) == 0 {
		for i, t := range q.Targets {
			if !t.Hidden {
				slots = append(slots, i)
			}
		}
	}
	if !*sorted {
		node = s.sortFor(node, slots)
		*sorted = s.startsWithOrder(slots)
	}
	return &Unique{Output: outputOf(node), Child: node, Slots: slots}
}

// startsWithOrder tells whether sorting for DISTINCT ON also gave the order of ORDER BY.
func (s *scope) startsWithOrder(slots []int) bool { return len(s.q.OrderBy) > 0 }

// sortFor sorts by ORDER BY, and by those of the slots that are not in it.
func (s *scope) sortFor(node Node, slots []int) Node {
	keys := s.orderKeys()
	have := map[int]bool{}
	for _, k := range keys {
		have[k.Slot] = true
	}
	if len(keys) < len(slots) || !coversPrefix(keys, slots) {
		for _, slot := range slots {
			if !have[slot] {
				keys = append(keys, SortKey{Slot: slot})
				have[slot] = true
			}
		}
	}
	return newSort(node, keys)
}

func coversPrefix(keys []SortKey, slots []int) bool {
	in := map[int]bool{}
	for _, k := range keys {
		in[k.Slot] = true
	}
	for _, slot := range slots {
		if !in[slot] {
			return false
		}
	}
	return true
}

func (s *scope) orderKeys() []SortKey {
	var keys []SortKey
	for _, o := range s.q.OrderBy {
		keys = append(keys, SortKey{Slot: o.Target, Desc: o.Desc, NullsFirst: o.NullsFirst})
	}
	return keys
}

// sort orders by ORDER BY, keeping only the rows LIMIT can want.
func (s *scope) sort(node Node, bounded bool) *Sort {
	sort := newSort(node, s.orderKeys())
	if bounded && s.q.Limit != nil && len(s.q.Locks) == 0 {
		sort.Bound, sort.BoundOffset, sort.Ties = s.q.Limit, s.q.Offset, s.q.WithTies
	}
	return sort
}

func newSort(node Node, keys []SortKey) *Sort {
	out := outputOf(node)
	out.Est.Startup = out.Est.Total + sortCost(out.Est.Rows)
	out.Est.Total = out.Est.Startup + out.Est.Rows*cpuOperatorCost
	return &Sort{Output: out, Child: node, Keys: keys}
}

// limit applies LIMIT and OFFSET.
func (s *scope) limit(node Node) (Node, error) {
	q := s.q
	if q.Limit == nil && q.Offset == nil {
		return node, nil
	}
	out := outputOf(node)
	if c, ok := q.Limit.(*expr.Const); ok && !c.Value.IsNull() && q.Limit != nil {
		n := float64(c.Value.Int())
		if n < out.Est.Rows {
			out.Est.Total = out.Est.Startup + (out.Est.Total-out.Est.Startup)*n/max(out.Est.Rows, 1)
			out.Est.Rows = max(n, 1)
		}
	}
	if out.Est.Rows <= fewRows {
		markFew(node)
		if rows := limitOf(q); rows > 0 && !q.WithTies {
			markWanted(node, int64(rows))
		}
	}
	l := &Limit{Output: out, Child: node, Count: q.Limit, Offset: q.Offset, WithTies: q.WithTies}
	if q.WithTies {
		l.TieKeys = s.orderKeys()
	}
	return l, nil
}

// fewRows is a LIMIT up to which reading row after row is better than decoding whole blocks.
const fewRows = 1000

// markFew tells the scan right below a LIMIT that a few rows will do.
func markFew(n Node) {
	for {
		switch v := n.(type) {
		case *Scan:
			v.Few = true
			return
		case *Project:
			n = v.Child
		case *Filter:
			n = v.Child
		case *Gate:
			n = v.Child
		default:
			return
		}
	}
}

// markWanted tells the scan whose rows a LIMIT counts how many of them it wants, if storage alone decides which rows those are.
func markWanted(n Node, rows int64) {
	switch v := n.(type) {
	case *Project:
		markWanted(v.Child, rows)
	case *Scan:
		if _, own := PushedDown(v.Filter); len(own) == 0 {
			v.Wanted = rows
		}
	}
}

// lockSlots adds the row keys of the locked relations to the expressions.
func (s *scope) lockSlots(rel *relation, exprs []expr.Expr) ([]RowLock, []expr.Expr) {
	var locks []RowLock
	for _, l := range s.q.Locks {
		slot, ok := rel.layout[varKey{l.Rel, rowKey}]
		if !ok {
			continue
		}
		locks = append(locks, RowLock{Table: s.q.Rels[l.Rel].Table, Slot: len(exprs), KeyShare: l.KeyShare})
		exprs = append(exprs, slotOf(Column{Type: sqltypes.T(sqltypes.ByteaOID)}, slot))
	}
	return locks, exprs
}
