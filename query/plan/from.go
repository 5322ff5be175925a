package plan

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// from plans the FROM list under the conditions of WHERE.
func (s *scope) from(list []bind.JoinNode, where expr.Expr) (*relation, error) {
	if len(list) == 0 {
		r := &Result{Once: where, Output: Output{Est: Estimate{Total: cpuTupleCost, Rows: 1}}}
		return &relation{node: r, layout: layout{}}, nil
	}
	if err := s.lateral(); err != nil {
		return nil, err
	}
	once, quals := onceOnly(conjuncts(where))
	if rel, single := asRef(list[0]); single && len(list) == 1 && len(s.pulled) == 0 && s.q.Rels[rel].Kind == bind.SubqueryRel && slices.ContainsFunc(quals, neverTrue) {
		return s.emptyRelation(rel), nil
	}
	list = s.joinPulled(list)
	simple := make([]bind.JoinNode, len(list))
	for i, n := range list {
		simple[i] = simplify(n, quals)
	}
	rel, err := s.group(simple, quals)
	switch {
	case err != nil:
	case slices.ContainsFunc(quals, neverTrue):
		rel.node = noRows(rel.node)
	case len(once) > 0:
		rel.node = &Gate{Output: outputOf(rel.node), Child: rel.node, Once: conjunction(once)}
	}
	return rel, err
}

// onceOnly parts the conditions that are the same for all rows from the others.
func onceOnly(quals []expr.Expr) (once, others []expr.Expr) {
	for _, q := range quals {
		if _, constant := q.(*expr.Const); !constant && relsOf(q).empty() && !expr.ContainsVolatile(q) {
			once = append(once, q)
		} else {
			others = append(others, q)
		}
	}
	return once, others
}

// neverTrue tells a condition that no row meets.
func neverTrue(e expr.Expr) bool {
	c, ok := e.(*expr.Const)
	return ok && (c.Value.IsNull() || !c.Value.Bool())
}

// emptyRelation stands for a sub-query of which no row is wanted, which is not planned.
func (s *scope) emptyRelation(rel int) *relation {
	r := &relation{layout: layout{}, rels: single(rel)}
	out := Output{}
	for i, t := range s.q.Rels[rel].Types {
		r.layout[varKey{rel, i}] = i
		out.Cols = append(out.Cols, Column{Name: s.q.Rels[rel].Names[i], Type: t})
	}
	r.node = noRows(&Result{Output: out})
	return r
}

// noRows has the columns of a node and reads nothing.
func noRows(n Node) Node {
	r := &Result{Output: outputOf(n), Exprs: []expr.Expr{}, Once: &expr.Const{Base: expr.Base{Typ: sqltypes.T(sqltypes.BoolOID)}, Value: sqltypes.Bool(false)}}
	r.Est = Estimate{}
	for _, c := range r.Cols {
		r.Exprs = append(r.Exprs, &expr.Const{Base: expr.Base{Typ: c.Type}, Value: sqltypes.Null})
	}
	return r
}

// deps are the neighbours whose values a base relation reads.
func (s *scope) deps(rel int) relset {
	r := s.q.Rels[rel]
	switch r.Kind {
	case bind.SubqueryRel:
		return s.subs[rel].deps
	case bind.FunctionRel:
		var set relset
		for _, f := range r.Functions {
			set = set.union(relsOf(f.Call))
		}
		return set
	case bind.ValuesRel:
		var set relset
		for _, row := range r.Values {
			for _, e := range row {
				set = set.union(relsOf(e))
			}
		}
		return set
	}
	return relset{}
}

// treeRels are the base relations below a member.
func treeRels(n bind.JoinNode) relset {
	switch v := n.(type) {
	case bind.RelRef:
		return single(v.Rel)
	case *bind.RelRef:
		return single(v.Rel)
	case *bind.Join:
		return treeRels(v.Left).union(treeRels(v.Right))
	}
	return relset{}
}

func asRef(n bind.JoinNode) (int, bool) {
	switch v := n.(type) {
	case bind.RelRef:
		return v.Rel, true
	case *bind.RelRef:
		return v.Rel, true
	}
	return 0, false
}

// base plans one base relation alone; quals are conditions over it and over relations in outer, whose values arrive as params.
func (s *scope) base(rel int, quals []expr.Expr, outer relset) (*relation, []ParamSet, error) {
	r := s.q.Rels[rel]
	b := &baseBuilder{scope: s, rel: rel, outer: outer.union(s.besideRels()), layout: layout{}}
	switch r.Kind {
	case bind.TableRel:
		return b.table(r, quals)
	case bind.SystemRel:
		return b.system(r, quals)
	case bind.SubqueryRel:
		return b.subquery(quals)
	case bind.ValuesRel:
		return b.values(r, quals)
	case bind.FunctionRel:
		return b.function(r, quals)
	case bind.CTERel:
		return b.cte(r, quals)
	}
	return nil, nil, pgerror.New(pgerror.InternalError, "relation kind %d cannot stand in FROM", r.Kind)
}

// baseBuilder plans one base relation.
type baseBuilder struct {
	*scope
	rel    int
	outer  relset
	layout layout
	params []ParamSet
	along  *path // how to read the table; nil: in the cheapest way
}

// fetch assigns slots to the needed columns of the relation.
func (b *baseBuilder) fetch(r *bind.Rel) (columns []int, cols []Column) {
	for i := range r.Types {
		if b.needed[varKey{b.rel, i}] {
			b.layout[varKey{b.rel, i}] = len(columns)
			columns = append(columns, i)
			cols = append(cols, Column{Name: r.Names[i], Type: r.Types[i]})
		}
	}
	return columns, cols
}

// outerToParams replaces the columns of relations joined earlier by run-time parameters.
func (b *baseBuilder) outerToParams(e expr.Expr) expr.Expr {
	if e == nil || b.outer.empty() {
		return e
	}
	return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
		v, ok := n.(*expr.Var)
		if !ok || v.Rel == b.rel {
			return n, false
		}
		for _, p := range b.params {
			if expr.Equal(p.Expr, v) {
				return &expr.ExecParam{Base: v.Base, Index: p.Index}, true
			}
		}
		index := b.newParam()
		b.params = append(b.params, ParamSet{Index: index, Expr: v})
		return &expr.ExecParam{Base: v.Base, Index: index}, true
	})
}

// conditions are the quals over the relation's slots.
func (b *baseBuilder) conditions(quals []expr.Expr) (expr.Expr, error) {
	var list []expr.Expr
	for _, q := range quals {
		e, err := resolve(b.outerToParams(q), b.layout)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return filterOf(list), nil
}

func (b *baseBuilder) done(n Node) (*relation, []ParamSet, error) {
	return &relation{node: n, layout: b.layout, rels: single(b.rel)}, b.params, nil
}

func (b *baseBuilder) system(r *bind.Rel, quals []expr.Expr) (*relation, []ParamSet, error) {
	fetch, cols := b.fetch(r)
	cond, err := b.conditions(quals)
	if err != nil {
		return nil, nil, err
	}
	est := b.scanEstimate(1000, quals)
	est.Width = widthOf(cols)
	return b.done(&SystemScan{Output: Output{Cols: cols, Est: est}, System: r.System, Alias: r.Alias, Fetch: fetch, Filter: cond})
}

func (b *baseBuilder) filtered(n Node, quals []expr.Expr) (*relation, []ParamSet, error) {
	cond, err := b.conditions(quals)
	if err != nil {
		return nil, nil, err
	}
	if cond != nil {
		out := outputOf(n)
		out.Est.Rows = max(1, out.Est.Rows*b.selectivity(quals))
		f := &Filter{Output: out, Child: n, Cond: cond}
		if r := b.q.Rels[b.rel]; r.Kind == bind.SubqueryRel {
			f.Subquery = r.Alias
			f.Cols = slices.Clone(f.Cols)
			for i := range f.Cols {
				f.Cols[i].Name = r.Names[i]
			}
		}
		n = f
	}
	return b.done(n)
}

func (b *baseBuilder) allColumns(n int) {
	for i := range n {
		b.layout[varKey{b.rel, i}] = i
	}
}

func (b *baseBuilder) subquery(quals []expr.Expr) (*relation, []ParamSet, error) {
	quals, err := b.planSubquery(b.rel, quals)
	if err != nil {
		return nil, nil, err
	}
	sub := b.subs[b.rel]
	b.params = append(b.params, sub.params...)
	b.allColumns(len(sub.node.Header()))
	return b.filtered(sub.node, quals)
}

func (b *baseBuilder) values(r *bind.Rel, quals []expr.Expr) (*relation, []ParamSet, error) {
	v := &Values{Output: Output{Cols: columnsOf(r), Est: Estimate{Rows: float64(len(r.Values)), Total: float64(len(r.Values)) * cpuTupleCost}}}
	v.Est.Width = widthOf(v.Cols)
	for _, row := range r.Values {
		var exprs []expr.Expr
		for _, e := range row {
			exprs = append(exprs, b.outerToParams(e))
		}
		v.Rows = append(v.Rows, exprs)
	}
	b.allColumns(len(r.Types))
	return b.filtered(v, quals)
}

func columnsOf(r *bind.Rel) []Column {
	cols := make([]Column, len(r.Types))
	for i, t := range r.Types {
		cols[i] = Column{Name: r.Names[i], Type: t}
	}
	return cols
}

func (b *baseBuilder) function(r *bind.Rel, quals []expr.Expr) (*relation, []ParamSet, error) {
	f := &FunctionScan{Output: Output{Cols: columnsOf(r), Est: Estimate{Rows: 1000, Total: 10}}, Alias: r.Alias, Ordinality: r.Ordinality}
	f.Est.Width = widthOf(f.Cols)
	for _, call := range r.Functions {
		call.Call = b.outerToParams(call.Call)
		f.Functions = append(f.Functions, call)
	}
	b.allColumns(len(r.Types))
	return b.filtered(f, quals)
}
