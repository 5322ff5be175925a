package plan

import (
	"slices"
	"strconv"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// prepare brings every expression of the query into terms of its own relations' columns: values of enclosing queries become run-time
// parameters, join columns and whole rows their parts, sub-queries sub-plans. It then notes which columns are needed.
func (s *scope) prepare() error {
	if len(s.q.Rels) > relationsMax && s.q.SetOp == nil { // the members of set operations are not joined
		return pgerror.New(pgerror.StatementTooComplex, "a query with more than %d relations and joins is not supported", relationsMax)
	}
	q := *s.q
	s.q = &q
	s.needed = map[varKey]bool{}
	fix := &fixer{scope: s}
	s.pullUp(&q)
	// The order decides which of several errors in constants is told.
	q.Targets = fix.targets(q.Targets)
	q.Assign = fix.exprs(q.Assign)
	q.Returning = fix.targets(q.Returning)
	for i := range s.pulled {
		s.pulled[i].on = fix.condition(s.pulled[i].on)
	}
	q.From = fix.joins(q.From)
	q.Where = fix.condition(q.Where)
	q.GroupBy = fix.exprs(q.GroupBy)
	q.Having = fix.expr(q.Having)
	havingBelow(&q)
	q.Windows = slices.Clone(q.Windows)
	for i := range q.Windows {
		fix.window(&q.Windows[i])
	}
	q.Offset, q.Limit = fix.expr(q.Offset), fix.expr(q.Limit)
	fix.onConflict(&q)
	fix.rels()
	for _, l := range q.Locks {
		s.needed[varKey{l.Rel, rowKey}] = true
	}
	return fix.err
}

// fixer rewrites the expressions of one scope and keeps the first error.
type fixer struct {
	*scope
	err      error
	unlinked bool // sub-queries are left as they are
}

func (f *fixer) exprs(list []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = f.expr(e)
	}
	if list == nil {
		return nil
	}
	return out
}

func (f *fixer) targets(list []bind.Target) []bind.Target {
	out := slices.Clone(list)
	for i := range out {
		out[i].Expr = f.expr(out[i].Expr)
	}
	return out
}

func (f *fixer) onConflict(q *bind.Query) {
	if q.OnConflict == nil {
		return
	}
	c := *q.OnConflict
	c.Assign, c.Where = f.exprs(c.Assign), f.expr(c.Where)
	q.OnConflict = &c
}

func (f *fixer) window(w *bind.Window) {
	w.PartitionBy = f.exprs(w.PartitionBy)
	w.OrderBy = slices.Clone(w.OrderBy)
	for i := range w.OrderBy {
		w.OrderBy[i].Expr = f.expr(w.OrderBy[i].Expr)
	}
	w.Frame.Start.Offset = f.expr(w.Frame.Start.Offset)
	w.Frame.End.Offset = f.expr(w.Frame.End.Offset)
}

func (f *fixer) joins(list []bind.JoinNode) []bind.JoinNode {
	out := make([]bind.JoinNode, len(list))
	for i, n := range list {
		out[i] = f.join(n)
	}
	return out
}

func (f *fixer) join(n bind.JoinNode) bind.JoinNode {
	j, ok := n.(*bind.Join)
	if !ok {
		return n
	}
	c := *j
	c.Left, c.Right, c.On = f.join(j.Left), f.join(j.Right), f.condition(j.On)
	return &c
}

// rels rewrites the expressions inside range-table entries.
func (f *fixer) rels() {
	f.q.Rels = slices.Clone(f.q.Rels)
	for i, r := range f.q.Rels {
		c := *r
		switch r.Kind {
		case bind.ValuesRel:
			c.Values = make([][]expr.Expr, len(r.Values))
			for j, row := range r.Values {
				c.Values[j] = f.exprs(row)
			}
		case bind.FunctionRel:
			c.Functions = slices.Clone(r.Functions)
			for j := range c.Functions {
				c.Functions[j].Call = f.expr(c.Functions[j].Call)
			}
		default:
			continue
		}
		f.q.Rels[i] = &c
	}
}

// expr rewrites one expression, folds its constants, and notes the columns it reads.
func (f *fixer) expr(e expr.Expr) expr.Expr {
	if e == nil || f.err != nil {
		return e
	}
	if b, ok := e.(*expr.Bool); ok && b.Apart {
		return expr.FoldLate(conjunction(f.exprs(b.Args)), f.options.Session) // what it holds is folded
	}
	if has(e, isSubLink) { // of sub-queries only those that folding leaves are planned
		f.unlinked = true
		e = f.rewrite(e)
		f.unlinked = false
		if f.err == nil {
			e, f.err = expr.Fold(e, f.options.Session)
		}
	}
	out := f.rewrite(e)
	if f.err != nil {
		return e
	}
	if out, f.err = expr.Fold(out, f.options.Session); f.err != nil {
		return e
	}
	if expr.FoldsParams(out) {
		f.plan.Params = append(f.plan.Params, out)
	}
	f.note(out)
	return out
}

// condition is expr for a condition, which it brings into the form that joins and scans look for.
func (f *fixer) condition(e expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	in := f.expr(e)
	out := selfEqualities(normalize(in))
	if out != in {
		out = expr.FoldLate(out, f.options.Session) // what it holds is folded
	}
	if f.err == nil {
		f.err = f.checkEstimates(out)
	}
	return out
}

// checkEstimates gives the error of what a condition compares columns with, if that is the same for all rows: PostgreSQL computes it to estimate how many
// rows meet the condition.
func (s *scope) checkEstimates(e expr.Expr) error {
	var sides []expr.Expr
	switch v := e.(type) {
	case *expr.Bool:
		for _, a := range v.Args {
			if err := s.checkEstimates(a); err != nil {
				return err
			}
		}
	case *expr.Func:
		if v.Operator != 0 {
			sides = v.Args
		}
	case *expr.DistinctFrom:
		sides = []expr.Expr{v.Left, v.Right}
	case *expr.ArrayOp:
		sides = []expr.Expr{v.Left, v.Right}
	}
	if len(sides) != 2 {
		return nil
	}
	for i, side := range sides {
		if !relsOf(side).empty() || relsOf(sides[1-i]).empty() || isConstant(side) {
			continue
		}
		if err := expr.CheckStable(side, s.options.Session); err != nil {
			return err
		}
	}
	return nil
}

// note records which columns an expression reads.
func (s *scope) note(e expr.Expr) {
	expr.Walk(e, func(n expr.Expr) bool {
		if v, ok := n.(*expr.Var); ok && v.Level == 0 {
			s.needed[varKey{v.Rel, v.Column}] = true
		}
		return true
	})
}

func (f *fixer) rewrite(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
		if f.err != nil {
			return n, true
		}
		switch v := n.(type) {
		case *expr.Var:
			return f.variable(v), true
		case *expr.Agg:
			if v.Level > 0 {
				return f.outerValue(v, v.Level), true
			}
		case *expr.Grouping:
			if v.Level > 0 {
				return f.outerValue(v, v.Level), true
			}
		case *expr.SubLink:
			if f.unlinked {
				return n, true
			}
			out, err := f.sublink(v)
			if err != nil {
				f.err = err
				return n, true
			}
			return out, true
		}
		return n, false
	})
}

// variable brings a column reference into terms of the scope's base relations.
func (f *fixer) variable(v *expr.Var) expr.Expr {
	if v.Level > 0 {
		return f.outerValue(v, v.Level)
	}
	rel := f.q.Rels[v.Rel]
	if v.Column == -1 {
		return f.wholeRow(v, rel)
	}
	if rel.Kind == bind.JoinRel {
		if v.Column >= len(rel.JoinVars) {
			f.err = pgerror.New(pgerror.InternalError, "join column %d out of range", v.Column)
			return v
		}
		key := varKey{v.Rel, v.Column}
		if e, ok := f.joinVars[key]; ok {
			return e // one sub-query in it stays one
		}
		if f.unlinked && has(rel.JoinVars[v.Column], isSubLink) {
			return v
		}
		e := f.rewrite(rel.JoinVars[v.Column])
		if f.unlinked {
			return e
		}
		if f.joinVars == nil {
			f.joinVars = map[varKey]expr.Expr{}
		}
		f.joinVars[key] = e
		return e
	}
	return v
}

// outerValue is the run-time parameter that carries a value of the query level levels further out (at least 1), or what that value is in every row.
func (s *scope) outerValue(e expr.Expr, level int) expr.Expr {
	if v, ok := e.(*expr.Var); ok {
		if c := s.outerConstant(v, level); c != nil {
			return c
		}
	}
	s.correlated = true
	if s.parent == nil {
		return e
	}
	if level > 1 {
		return s.parent.outerValue(e, level-1)
	}
	value := atLevelZero(e)
	for _, a := range s.args {
		if expr.Equal(a.value, value) {
			return &expr.ExecParam{Base: expr.Base{Typ: e.Type(), At: e.Pos()}, Index: a.param}
		}
	}
	index := s.newParam()
	s.args = append(s.args, outerArg{param: index, value: value})
	return &expr.ExecParam{Base: expr.Base{Typ: e.Type(), At: e.Pos()}, Index: index}
}

// outerConstant is what a sub-query, now part of a query further out, computes for a column of constants alone; nil: it is none.
func (s *scope) outerConstant(v *expr.Var, level int) expr.Expr {
	for range level {
		if s = s.parent; s == nil {
			return nil
		}
	}
	for v.Column >= 0 && s.q.Rels[v.Rel].Kind == bind.JoinRel && v.Column < len(s.q.Rels[v.Rel].JoinVars) {
		e := s.q.Rels[v.Rel].JoinVars[v.Column]
		of, ok := e.(*expr.Var)
		if !ok && !has(e, readsRow) && !expr.ContainsVolatile(e) {
			return e
		}
		if !ok || of.Level > 0 {
			return nil
		}
		v = of
	}
	return nil
}

// readsRow tells the nodes whose value is not that of the nodes below them alone.
func readsRow(e expr.Expr) bool {
	switch e.(type) {
	case *expr.Var, *expr.SubLink, *expr.External, *expr.ExecParam, *expr.Agg, *expr.WindowFunc, *expr.Grouping:
		return true
	}
	return false
}

// atLevelZero is the expression as the query it belongs to writes it.
func atLevelZero(e expr.Expr) expr.Expr {
	switch v := e.(type) {
	case *expr.Var:
		c := *v
		c.Level = 0
		return &c
	case *expr.Agg:
		depth := v.Level
		c := *lowerVars(v, depth).(*expr.Agg)
		c.Level = 0
		return &c
	case *expr.Grouping:
		c := *v
		c.Level = 0
		return &c
	}
	return e
}

// lowerVars moves the columns in an aggregate's arguments from the sub-query's point of view to that of the aggregate's own query.
func lowerVars(e expr.Expr, depth int) expr.Expr {
	return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
		if v, ok := n.(*expr.Var); ok {
			c := *v
			c.Level -= depth
			return &c, true
		}
		return n, false
	})
}

func isSubLink(e expr.Expr) bool { _, ok := e.(*expr.SubLink); return ok }

// sublink plans a sub-query in an expression.
func (f *fixer) sublink(l *expr.SubLink) (expr.Expr, error) {
	q, ok := l.Query.(*bind.Query)
	if !ok {
		return nil, pgerror.New(pgerror.InternalError, "sub-query was not bound")
	}
	if l.Kind == expr.ExistsLink {
		q = rowsOnly(q)
	}
	child := &scope{planner: f.planner, q: q, parent: f.scope}
	sub := &Subplan{ID: len(f.plan.Subplans), Kind: l.Kind, Type: l.Typ}
	f.plan.Subplans = append(f.plan.Subplans, sub)
	node, err := child.query()
	if err != nil {
		return nil, err
	}
	sub.Plan, sub.Correlated, sub.Number = node, child.correlated, f.nextNumber()
	if isInitPlan(sub) {
		width := len(node.Header())
		if l.Kind == expr.ExistsLink {
			width = 1
		}
		for range width {
			sub.Returns = append(sub.Returns, f.newParam())
		}
	}
	sub.Repeats = sub.Correlated && repeats(q)
	if sub.Repeats {
		if sub.Keyed, err = f.keyed(l, q, child, node); err != nil {
			return nil, err
		}
	}
	ext := &expr.External{Base: l.Base, ID: sub.ID, Label: subplanLabel(sub), Run: runSubplan(sub)}
	for _, a := range child.args {
		sub.Params = append(sub.Params, a.param)
		ext.Args = append(ext.Args, f.rewrite(a.value))
	}
	defer func() {
		for _, a := range ext.Args {
			sub.ArgTypes = append(sub.ArgTypes, a.Type().OID)
		}
	}()
	if l.Kind != expr.AnyLink && l.Kind != expr.AllLink && l.Kind != expr.RowLink {
		return ext, f.err
	}
	for range l.Test {
		sub.TestParams = append(sub.TestParams, f.newParam())
	}
	for _, t := range l.Test {
		if t = f.rewrite(t); f.err == nil {
			t, f.err = expr.Fold(t, f.options.Session)
		}
		ext.Args = append(ext.Args, t)
	}
	sub.Test = len(l.Test)
	sub.Combine = f.combine(l, sub)
	sub.hashKeys()
	return ext, f.err
}

// rowsOnly is a query of which nobody looks at more than whether it has rows: what it computes for each, and their order, are left out where they
// cannot change how many there are to none.
func rowsOnly(q *bind.Query) *bind.Query {
	if q.Command != bind.Select || q.SetOp != nil || q.Aggregates || len(q.Windows) > 0 || q.SetReturning || q.Having != nil || q.GroupingSets != nil ||
		q.Limit != nil || q.Offset != nil || len(q.Locks) > 0 {
		return q
	}
	c := *q
	c.Targets, c.GroupBy, c.Distinct, c.DistinctOn, c.OrderBy = nil, nil, false, nil, nil
	return &c
}

// combine is the comparison of an ANY, ALL or row sub-query with its left side read from run-time parameters.
func (f *fixer) combine(l *expr.SubLink, sub *Subplan) expr.Expr {
	e := expr.Rewrite(l.Combine, func(n expr.Expr) (expr.Expr, bool) {
		for i, t := range l.Test {
			if n == t || expr.Equal(n, t) {
				return &expr.ExecParam{Base: expr.Base{Typ: t.Type(), At: t.Pos()}, Index: sub.TestParams[i]}, true
			}
		}
		return n, false
	})
	return f.rewrite(e)
}

// hashKeys notes whether the comparison is equality column by column, so that a hash table can answer it.
func (sub *Subplan) hashKeys() {
	if sub.Correlated || sub.Kind != expr.AnyLink {
		return
	}
	for _, c := range conjuncts(sub.Combine) {
		left, right, t, ok := equality(c)
		if !ok {
			sub.HashOuter, sub.HashInner, sub.HashTypes = nil, nil, nil
			return
		}
		if hasSubColumn(left) {
			left, right = right, left
		}
		if hasSubColumn(left) || !hasSubColumn(right) || hasExecParam(right) {
			sub.HashOuter, sub.HashInner, sub.HashTypes = nil, nil, nil
			return
		}
		sub.HashOuter, sub.HashInner, sub.HashTypes = append(sub.HashOuter, left), append(sub.HashInner, right), append(sub.HashTypes, t)
	}
}

func hasSubColumn(e expr.Expr) bool {
	return has(e, func(n expr.Expr) bool { _, ok := n.(*expr.SubColumn); return ok })
}

func hasExecParam(e expr.Expr) bool {
	return has(e, func(n expr.Expr) bool { _, ok := n.(*expr.ExecParam); return ok })
}

func has(e expr.Expr, f func(expr.Expr) bool) bool {
	found := false
	expr.Walk(e, func(n expr.Expr) bool {
		found = found || f(n)
		return !found
	})
	return found
}

// Runner runs a sub-plan (declared here, fulfilled by the executor, which puts itself into expr.Env.Runtime).
type Runner interface {
	RunSubplan(env *expr.Env, sub *Subplan, args []sqltypes.Datum) (sqltypes.Datum, error)
}

func runSubplan(sub *Subplan) func(*expr.Env, []sqltypes.Datum) (sqltypes.Datum, error) {
	return func(env *expr.Env, args []sqltypes.Datum) (sqltypes.Datum, error) {
		return env.Runtime.(Runner).RunSubplan(env, sub, args)
	}
}

// conjuncts splits an AND into its parts; nil has none.
func conjuncts(e expr.Expr) []expr.Expr {
	if e == nil {
		return nil
	}
	return flattened(e, expr.And, nil)
}

// flattened adds the members of an AND or OR, and of those in it, to a list; what is none is its own member.
func flattened(e expr.Expr, op expr.BoolOp, list []expr.Expr) []expr.Expr {
	b, ok := e.(*expr.Bool)
	if !ok || b.Op != op {
		return append(list, e)
	}
	for _, a := range b.Args {
		list = flattened(a, op, list)
	}
	return list
}

// conjunction is the reverse of conjuncts; nil for none.
func conjunction(list []expr.Expr) expr.Expr {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return &expr.Bool{Base: expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}, Op: expr.And, Args: list}
}

// levels is the conjunction of the conditions of several queries that become one; nil ones are left out.
func levels(list ...expr.Expr) expr.Expr {
	var args []expr.Expr
	for _, e := range list {
		if b, ok := e.(*expr.Bool); ok && b.Apart {
			args = append(args, b.Args...)
		} else if e != nil {
			args = append(args, e)
		}
	}
	out := conjunction(args)
	if len(args) > 1 {
		out.(*expr.Bool).Apart = true
	}
	return out
}

// remaining is a conjunction without some of its conditions; nil: none is left.
func remaining(e expr.Expr, drop func(expr.Expr) bool) expr.Expr {
	b, ok := e.(*expr.Bool)
	if !ok || b.Op != expr.And {
		if drop(e) {
			return nil
		}
		return e
	}
	var args []expr.Expr
	for _, a := range b.Args {
		if a = remaining(a, drop); a != nil {
			args = append(args, a)
		}
	}
	if b.Apart {
		return levels(args...)
	}
	return conjunction(args)
}

// resolve replaces the columns in e by the slots they stand in.
func resolve(e expr.Expr, l layout) (expr.Expr, error) {
	if e == nil {
		return nil, nil
	}
	var missing *expr.Var
	out := expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
		v, ok := n.(*expr.Var)
		if !ok {
			return n, false
		}
		slot, ok := l[varKey{v.Rel, v.Column}]
		if !ok {
			missing = v
			return n, true
		}
		return &expr.Slot{Base: v.Base, Index: slot, Name: v.Name}, true
	})
	if missing != nil {
		return nil, pgerror.New(pgerror.InternalError, "column %q (relation %d, column %d) is not available to its operator",
			missing.Name, missing.Rel, missing.Column)
	}
	return out, nil
}

func resolveAll(list []expr.Expr, l layout) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		r, err := resolve(e, l)
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}

// relsOf is the set of the scope's relations that an expression reads.
func relsOf(e expr.Expr) relset {
	var set relset
	if e == nil {
		return set
	}
	expr.Walk(e, func(n expr.Expr) bool {
		if v, ok := n.(*expr.Var); ok && v.Level == 0 {
			set = set.union(single(v.Rel))
		}
		return true
	})
	return set
}

// subplanLabel is how EXPLAIN names a sub-query where it is used.
func subplanLabel(s *Subplan) string {
	if s.Correlated || s.Kind == expr.AnyLink || s.Kind == expr.AllLink {
		return "SubPlan " + strconv.Itoa(s.ID+1)
	}
	return "InitPlan " + strconv.Itoa(s.ID+1)
}
